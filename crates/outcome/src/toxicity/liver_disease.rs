//! Liver disease after radiation: RILD, classic or not, and REILD.
//!
//! Definitions, with their windows and limits, are data
//! (`data/liver_disease.toml`), each with its source; they are recalled and
//! marked doubtful. A definition whose signs are all there and whose exclusions
//! (progression, obstruction of bile ducts) nobody has looked for is
//! `possible`, never met.
//! Sources: lawrence1995, sangro2008reild, gilalzugaray2013.
//!
//! The grade (braat2019): 0 none; 1 only ALT, AST, ALP, GGT up to a new grade
//! 1; 2 moderate and self-limiting; 3 treated without, 4 with an invasive
//! measure; 5 fatal.

use serde::Deserialize;

use crate::OutcomeError;

const TABLE: &str = "table of liver disease";

/// What was found at an onset after treatment; what nobody looked for is none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LiverEvent {
    /// Days from the treatment to the onset.
    pub days_after_treatment: i32,
    /// Bilirubin, mg/dL.
    pub bilirubin_mg_per_dl: Option<f64>,
    /// Upper limit of normal of bilirubin, mg/dL.
    pub bilirubin_limit_mg_per_dl: Option<f64>,
    /// Jaundice as seen.
    pub jaundice: Option<bool>,
    /// Ascites, clinical or on images.
    pub ascites: Option<bool>,
    /// ALP in multiples of its limit, or of an abnormal baseline.
    pub alp_multiple: Option<f64>,
    /// The higher of ALT and AST in multiples of its limit.
    pub transaminase_multiple: Option<f64>,
    /// Points of Child-Pugh more than at baseline.
    pub child_pugh_rise: Option<i8>,
    /// Whether the tumour progressed.
    pub progression: Option<bool>,
    /// Whether bile ducts are obstructed.
    pub obstruction: Option<bool>,
}

/// A named definition.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiverDiseaseDefinition {
    /// Name in files.
    pub name: String,
    /// In words.
    pub title: String,
    /// Days from treatment to onset, both included.
    pub window_days: [i32; 2],
    #[serde(default)]
    ascites: bool,
    #[serde(default)]
    jaundice: bool,
    #[serde(default)]
    bilirubin_not_high: bool,
    bilirubin_from: Option<f64>,
    alp_above: Option<f64>,
    transaminases_above: Option<f64>,
    child_pugh_rise: Option<i8>,
    #[serde(default)]
    exclude_obstruction: bool,
    /// Where it stands.
    pub source: String,
    /// Whether it was recalled.
    #[serde(default)]
    pub doubtful: bool,
}

#[derive(Debug, Deserialize)]
struct Written {
    definition: Vec<LiverDiseaseDefinition>,
}

/// Definitions of liver disease after radiation.
#[derive(Debug, Clone, PartialEq)]
pub struct LiverDiseaseDefinitions {
    definitions: Vec<LiverDiseaseDefinition>,
}

/// Whether a definition is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefinitionVerdict {
    /// All signs, and all exclusions looked for.
    Met,
    /// All known signs fit, and these are not known.
    Possible {
        /// What nobody looked for.
        missing: Vec<String>,
    },
    /// It does not fit.
    NotMet {
        /// What does not.
        because: String,
    },
}

impl LiverDiseaseDefinitions {
    /// Those that OpenSIRT carries.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] when the table is damaged, which a unit test rules out.
    pub fn built_in() -> Result<Self, OutcomeError> {
        Self::from_toml(include_str!("../../data/liver_disease.toml"))
    }

    /// Reads a table in the form of `data/liver_disease.toml`.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for text that is no such table, windows that
    /// end before they begin, and definitions without a sign.
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let written: Written = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for definition in &written.definition {
            let [from, to] = definition.window_days;
            if from > to {
                return Err(wrong(format!(
                    "window_days of {} ends before it begins",
                    definition.name
                )));
            }
            if definition.signs(&LiverEvent::default()).is_empty() {
                return Err(wrong(format!("{} has no sign", definition.name)));
            }
        }
        Ok(Self {
            definitions: written.definition,
        })
    }

    /// Every definition.
    pub fn iter(&self) -> impl Iterator<Item = &LiverDiseaseDefinition> {
        self.definitions.iter()
    }

    /// A definition by name.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownCriterion`] with the names that are known.
    pub fn named(&self, name: &str) -> Result<&LiverDiseaseDefinition, OutcomeError> {
        self.definitions
            .iter()
            .find(|definition| definition.name == name)
            .ok_or_else(|| OutcomeError::UnknownCriterion {
                name: name.to_owned(),
                known: self
                    .definitions
                    .iter()
                    .map(|definition| definition.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

impl LiverDiseaseDefinition {
    /// What it asks for, with whether it is there; none where nobody looked.
    fn signs(&self, event: &LiverEvent) -> Vec<(Option<bool>, String)> {
        let high = event
            .bilirubin_mg_per_dl
            .zip(event.bilirubin_limit_mg_per_dl)
            .map(|(value, limit)| value > limit);
        let mut signs = Vec::new();
        if self.jaundice {
            signs.push((event.jaundice.or(high), "jaundice".to_owned()));
        }
        if let Some(from) = self.bilirubin_from {
            signs.push((
                event.bilirubin_mg_per_dl.map(|value| value >= from),
                format!("bilirubin from {from} mg/dL"),
            ));
        }
        if self.ascites {
            signs.push((event.ascites, "ascites".to_owned()));
        }
        if let Some(above) = self.alp_above {
            signs.push((
                event.alp_multiple.map(|of| of > above),
                format!("ALP above {above} times its limit"),
            ));
        }
        if self.bilirubin_not_high {
            signs.push((
                high.map(|high| !high),
                "bilirubin that is not high".to_owned(),
            ));
        }
        let enzymes = self.transaminases_above.map(|above| {
            (
                event.transaminase_multiple.map(|of| of > above),
                format!("transaminases above {above} times the limit"),
            )
        });
        let points = self.child_pugh_rise.map(|least| {
            (
                event.child_pugh_rise.map(|rise| rise >= least),
                format!("Child-Pugh worse by {least}"),
            )
        });
        signs.extend(match (enzymes, points) {
            (Some((enzymes, one)), Some((points, other))) => {
                let either = match (enzymes, points) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                Some((either, format!("{one} or {other}")))
            }
            (enzymes, points) => enzymes.or(points),
        });
        signs
    }

    /// Whether an event meets it.
    #[must_use]
    pub fn judge(&self, event: &LiverEvent) -> DefinitionVerdict {
        let [from, to] = self.window_days;
        if !(from..=to).contains(&event.days_after_treatment) {
            return DefinitionVerdict::NotMet {
                because: "outside of its window after treatment".to_owned(),
            };
        }
        let mut asked = self.signs(event);
        asked.push((
            event.progression.map(|found| !found),
            "no progression".to_owned(),
        ));
        if self.exclude_obstruction {
            asked.push((
                event.obstruction.map(|found| !found),
                "no obstruction of bile ducts".to_owned(),
            ));
        }
        let mut missing = Vec::new();
        for (holds, what) in asked {
            match holds {
                Some(false) => return DefinitionVerdict::NotMet { because: what },
                None => missing.push(what),
                Some(true) => {}
            }
        }
        if missing.is_empty() {
            DefinitionVerdict::Met
        } else {
            DefinitionVerdict::Possible { missing }
        }
    }
}

/// What was done about liver toxicity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiverTreatment {
    /// Nothing: it went away.
    None,
    /// Diuretics, ursodeoxycholic acid, steroids.
    NonInvasive,
    /// Paracentesis, transfusion, dialysis, a shunt.
    Invasive,
}

/// The grade of liver toxicity after radioembolisation, 0 to 5.
///
/// `enzymes_new_grade` and `other_new_grade` are the largest CTCAE grades that
/// are higher than at baseline, of ALT, AST, ALP and GGT and of everything
/// else of the liver; 0 for none.
#[must_use]
pub fn liver_toxicity_grade(
    enzymes_new_grade: u8,
    other_new_grade: u8,
    treatment: LiverTreatment,
    fatal: bool,
) -> u8 {
    if fatal {
        return 5;
    }
    match treatment {
        LiverTreatment::Invasive => 4,
        LiverTreatment::NonInvasive => 3,
        LiverTreatment::None if other_new_grade > 0 || enzymes_new_grade > 1 => 2,
        LiverTreatment::None if enzymes_new_grade == 1 => 1,
        LiverTreatment::None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reild() -> LiverEvent {
        LiverEvent {
            days_after_treatment: 45,
            bilirubin_mg_per_dl: Some(3.0),
            bilirubin_limit_mg_per_dl: Some(1.2),
            ascites: Some(true),
            progression: Some(false),
            obstruction: Some(false),
            ..LiverEvent::default()
        }
    }

    fn definition(name: &str) -> LiverDiseaseDefinition {
        LiverDiseaseDefinitions::built_in()
            .unwrap()
            .named(name)
            .unwrap()
            .clone()
    }

    #[test]
    fn the_table_has_four_definitions_and_a_damaged_one_is_refused() {
        let table = LiverDiseaseDefinitions::built_in().unwrap();
        assert_eq!(table.iter().count(), 4);
        assert!(table.iter().all(|definition| definition.doubtful));
        assert!(table.named("reild").is_err());
        let text = |rest: &str| {
            LiverDiseaseDefinitions::from_toml(&format!(
                "[[definition]]\nname = 'a'\ntitle = 'A'\nsource = 'b'\n{rest}"
            ))
        };
        assert!(text("window_days = [1, 2]\nascites = true").is_ok());
        for wrong in [
            "window_days = [1, 2]",
            "window_days = [3, 2]\nascites = true",
            "ascites = true",
            "window_days = [1, 2]\nascites = true\ncolour = 'yellow'",
        ] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn meets_reild_only_with_everything_looked_for() {
        // DOMAIN E.3.
        let by = definition("reild-gil-alzugaray");
        assert_eq!(by.judge(&reild()), DefinitionVerdict::Met);
        assert_eq!(
            definition("reild-sangro").judge(&reild()),
            DefinitionVerdict::Met
        );
        let unknown = LiverEvent {
            progression: None,
            obstruction: None,
            ..reild()
        };
        assert_eq!(
            by.judge(&unknown),
            DefinitionVerdict::Possible {
                missing: vec![
                    "no progression".to_owned(),
                    "no obstruction of bile ducts".to_owned()
                ]
            }
        );
        for (event, because) in [
            (
                LiverEvent {
                    bilirubin_mg_per_dl: Some(2.99),
                    ..reild()
                },
                "bilirubin from 3 mg/dL",
            ),
            (
                LiverEvent {
                    obstruction: Some(true),
                    ..reild()
                },
                "no obstruction of bile ducts",
            ),
            (
                LiverEvent {
                    days_after_treatment: 61,
                    ..reild()
                },
                "outside of its window after treatment",
            ),
            (
                LiverEvent {
                    days_after_treatment: 29,
                    ..reild()
                },
                "outside of its window after treatment",
            ),
        ] {
            let because = because.to_owned();
            assert_eq!(by.judge(&event), DefinitionVerdict::NotMet { because });
        }
    }

    #[test]
    fn classic_rild_is_not_yellow_and_non_classic_asks_for_enzymes_or_points() {
        let classic = LiverEvent {
            days_after_treatment: 30,
            ascites: Some(true),
            alp_multiple: Some(2.1),
            bilirubin_mg_per_dl: Some(1.0),
            bilirubin_limit_mg_per_dl: Some(1.2),
            progression: Some(false),
            ..LiverEvent::default()
        };
        let by = definition("classic-rild");
        assert_eq!(by.judge(&classic), DefinitionVerdict::Met);
        let yellow = LiverEvent {
            bilirubin_mg_per_dl: Some(1.3),
            ..classic
        };
        assert!(matches!(
            by.judge(&yellow),
            DefinitionVerdict::NotMet { .. }
        ));
        let twice = LiverEvent {
            alp_multiple: Some(2.0),
            ..classic
        };
        assert!(matches!(by.judge(&twice), DefinitionVerdict::NotMet { .. }));
        let other = LiverEvent {
            days_after_treatment: 90,
            transaminase_multiple: Some(5.1),
            progression: Some(false),
            ..LiverEvent::default()
        };
        let by = definition("non-classic-rild");
        assert_eq!(by.judge(&other), DefinitionVerdict::Met);
        let points = LiverEvent {
            transaminase_multiple: Some(5.0),
            child_pugh_rise: Some(2),
            ..other
        };
        assert_eq!(by.judge(&points), DefinitionVerdict::Met);
        let neither = LiverEvent {
            child_pugh_rise: Some(1),
            ..points
        };
        assert!(matches!(
            by.judge(&neither),
            DefinitionVerdict::NotMet { .. }
        ));
    }

    #[test]
    fn grades_from_none_to_fatal() {
        use LiverTreatment::{Invasive, NonInvasive, None};
        for (given, grade) in [
            ((0, 0, None, false), 0),
            ((1, 0, None, false), 1),
            ((2, 0, None, false), 2),
            ((1, 1, None, false), 2),
            ((1, 3, NonInvasive, false), 3),
            ((1, 3, Invasive, false), 4),
            ((1, 3, Invasive, true), 5),
        ] {
            assert_eq!(
                liver_toxicity_grade(given.0, given.1, given.2, given.3),
                grade
            );
        }
    }
}
