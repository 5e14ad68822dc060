//! Liver disease after radiation: RILD, classic or not, and REILD.
//!
//! | name | definition |
//! |---|---|
//! | classic RILD | ascites, ALP above twice the limit (or an abnormal baseline), bilirubin not high, 14 to 120 days after treatment, no progression |
//! | non-classic RILD | ALT or AST above 5 times the limit, or Child-Pugh worse by 2, within 90 days, no progression |
//! | REILD (Sangro) | jaundice and ascites 30 to 60 days after treatment, no progression, no obstruction |
//! | REILD (Gil-Alzugaray) | bilirubin from 3 mg/dL and ascites, 30 to 60 days after treatment, no progression, no obstruction |
//!
//! A definition whose signs are all there and whose exclusions (progression,
//! obstruction of bile ducts) nobody has looked for is `possible`, never met.
//! Sources: lawrence1995, sangro2008reild, gilalzugaray2013; windows and
//! limits are recalled and marked doubtful.
//!
//! The grade (braat2019): 0 none; 1 only ALT, AST, ALP, GGT up to a new grade
//! 1; 2 moderate and self-limiting; 3 treated without, 4 with an invasive
//! measure; 5 fatal.

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiverDiseaseDefinition {
    /// Classic RILD.
    ClassicRild,
    /// Non-classic RILD.
    NonClassicRild,
    /// REILD by Sangro 2008.
    ReildSangro,
    /// REILD by Gil-Alzugaray 2013.
    ReildGilAlzugaray,
}

/// Whether a definition is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefinitionVerdict {
    /// All signs, and all exclusions looked for.
    Met,
    /// All known signs fit, and these are not known.
    Possible {
        /// What nobody looked for.
        missing: Vec<&'static str>,
    },
    /// It does not fit.
    NotMet {
        /// What does not.
        because: &'static str,
    },
}

/// Days after treatment in which a definition looks, both included.
pub const CANDIDATE_WINDOW: [i32; 2] = [14, 120];
const REILD_WINDOW: [i32; 2] = [30, 60];
const NON_CLASSIC_WINDOW: [i32; 2] = [0, 90];

impl LiverDiseaseDefinition {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ClassicRild,
        Self::NonClassicRild,
        Self::ReildSangro,
        Self::ReildGilAlzugaray,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClassicRild => "classic RILD",
            Self::NonClassicRild => "non-classic RILD",
            Self::ReildSangro => "REILD (Sangro 2008)",
            Self::ReildGilAlzugaray => "REILD (Gil-Alzugaray 2013)",
        }
    }

    /// Whether an event meets it.
    #[must_use]
    pub fn judge(self, event: &LiverEvent) -> DefinitionVerdict {
        let [from, to] = match self {
            Self::ClassicRild => CANDIDATE_WINDOW,
            Self::NonClassicRild => NON_CLASSIC_WINDOW,
            Self::ReildSangro | Self::ReildGilAlzugaray => REILD_WINDOW,
        };
        if !(from..=to).contains(&event.days_after_treatment) {
            return DefinitionVerdict::NotMet {
                because: "outside of its window after treatment",
            };
        }
        let high = event
            .bilirubin_mg_per_dl
            .zip(event.bilirubin_limit_mg_per_dl)
            .map(|(value, limit)| value > limit);
        let signs: Vec<(Option<bool>, &'static str)> = match self {
            Self::ClassicRild => vec![
                (event.ascites, "ascites"),
                (
                    event.alp_multiple.map(|of| of > 2.0),
                    "ALP above twice its limit",
                ),
                (high.map(|high| !high), "bilirubin that is not high"),
            ],
            Self::NonClassicRild => {
                let enzymes = event.transaminase_multiple.map(|of| of > 5.0);
                let points = event.child_pugh_rise.map(|rise| rise >= 2);
                let either = match (enzymes, points) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                vec![(
                    either,
                    "transaminases above 5 times the limit or Child-Pugh worse by 2",
                )]
            }
            Self::ReildSangro => vec![
                (event.jaundice.or(high), "jaundice"),
                (event.ascites, "ascites"),
            ],
            Self::ReildGilAlzugaray => vec![
                (
                    event.bilirubin_mg_per_dl.map(|value| value >= 3.0),
                    "bilirubin from 3 mg/dL",
                ),
                (event.ascites, "ascites"),
            ],
        };
        let mut exclusions = vec![(event.progression.map(|found| !found), "no progression")];
        if matches!(self, Self::ReildSangro | Self::ReildGilAlzugaray) {
            exclusions.push((
                event.obstruction.map(|found| !found),
                "no obstruction of bile ducts",
            ));
        }
        let mut missing = Vec::new();
        for (holds, what) in signs.into_iter().chain(exclusions) {
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

    #[test]
    fn meets_reild_only_with_everything_looked_for() {
        // DOMAIN E.3.
        let by = LiverDiseaseDefinition::ReildGilAlzugaray;
        assert_eq!(by.judge(&reild()), DefinitionVerdict::Met);
        assert_eq!(
            LiverDiseaseDefinition::ReildSangro.judge(&reild()),
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
                missing: vec!["no progression", "no obstruction of bile ducts"]
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
        let by = LiverDiseaseDefinition::ClassicRild;
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
        let by = LiverDiseaseDefinition::NonClassicRild;
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
