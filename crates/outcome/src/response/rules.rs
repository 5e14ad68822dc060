//! Criteria and their variants as data (`data/response_criteria.toml`).

use serde::{Deserialize, Serialize};

use super::{ChangeLimit, Diameter};
use crate::OutcomeError;

const TABLE: &str = "table of response criteria";

/// What a criterion sums over its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Longest diameter; of nodes the short axis where the criterion says so.
    Diameter,
    /// Product of the longest diameter and the one across.
    Product,
    /// Longest diameter of what enhances in the arterial phase.
    EnhancingDiameter,
    /// Product of the diameters of what enhances.
    EnhancingProduct,
    /// Volume of what enhances.
    EnhancingVolume,
    /// Volume.
    Volume,
    /// Longest diameter, and mean density beside it.
    DiameterAndDensity,
    /// SULpeak of the hottest lesion.
    HottestUptake,
    /// Sum of SUVmax.
    TotalUptake,
    /// Uptake as seen.
    Visual,
}

/// What a verdict is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The patient.
    #[default]
    Patient,
    /// Each lesion.
    Lesion,
}

/// Where targets are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Everywhere.
    #[default]
    Body,
    /// In the liver alone; what lies elsewhere is followed as other lesions.
    Liver,
}

/// What progression counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgressionReference {
    /// The smallest earlier sum, baseline included.
    Nadir,
    /// Baseline.
    Baseline,
}

/// What has to rise for progression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgressionOf {
    /// The sum over the targets.
    Sum,
    /// Any one target, over its own reference.
    AnyLesion,
}

/// What a complete response becomes whose next assessment is a partial one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompleteThenPartial {
    /// Stable disease when it lasted long enough, else progression: what came back is progression.
    SdOrPd,
    /// Partial response: the complete one was none.
    Pr,
}

/// All that makes a criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriterionRules {
    /// Name in files and options.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Where the rules stand: a key of the bibliography, or words.
    pub source: String,
    /// Keys that were recalled, or that sources give differently.
    #[serde(default)]
    pub doubtful: Vec<String>,
    /// What is summed.
    pub measure: Measure,
    /// What a verdict is about.
    #[serde(default)]
    pub level: Level,
    /// Where targets are looked for.
    #[serde(default)]
    pub region: Region,
    /// Whether nodes count by their short axis.
    pub nodes_by_short_axis: bool,
    /// Most targets.
    pub targets: u8,
    /// Most targets in one organ.
    pub targets_per_organ: u8,
    /// Smallest target on CT or MRI.
    #[serde(with = "written_mm")]
    pub minimum_mm: Diameter,
    /// Smallest target in thicknesses of a slice, where the thickness is known.
    pub minimum_slices: u8,
    /// Smallest target on a radiograph.
    #[serde(with = "written_mm")]
    pub minimum_radiograph_mm: Diameter,
    /// Smallest target on CT that is not spiral.
    #[serde(with = "written_mm")]
    pub minimum_conventional_mm: Diameter,
    /// Smallest target node.
    #[serde(with = "written_mm")]
    pub node_minimum_mm: Diameter,
    /// Smallest target node at the hepatic hilum, where it differs.
    #[serde(with = "written_optional_mm", default)]
    pub hilar_node_minimum_mm: Option<Diameter>,
    /// A node below this is normal.
    #[serde(with = "written_mm")]
    pub node_normal_below_mm: Diameter,
    /// What a lesion counts that is too small to measure.
    #[serde(with = "written_mm")]
    pub too_small_mm: Diameter,
    /// Fall from baseline that is partial response.
    pub response: ChangeLimit,
    /// Fall of uptake that it needs besides, g/mL.
    #[serde(with = "written_optional_mm", default)]
    pub response_absolute: Option<Diameter>,
    /// Fall from baseline that is minor response, where there is one.
    #[serde(default)]
    pub minor: Option<ChangeLimit>,
    /// Fall of density that is partial response, where it counts.
    #[serde(default)]
    pub density_response: Option<ChangeLimit>,
    /// Rise that is progression.
    pub progression: ChangeLimit,
    /// What progression counts from.
    pub progression_reference: ProgressionReference,
    /// What has to rise.
    pub progression_of: ProgressionOf,
    /// Rise that it needs besides, mm (g/mL of uptake).
    #[serde(with = "written_mm")]
    pub progression_absolute_mm: Diameter,
    /// Rise of glycolysis that is progression.
    #[serde(default)]
    pub glycolysis_progression: Option<ChangeLimit>,
    /// Rise of the extent of uptake that is progression.
    #[serde(default)]
    pub extent_progression: Option<ChangeLimit>,
    /// Change of the reference uptake past which scans are not comparable.
    #[serde(default)]
    pub reference_change: Option<ChangeLimit>,
    /// The same in g/mL, reached or passed.
    #[serde(with = "written_optional_mm", default)]
    pub reference_absolute: Option<Diameter>,
    /// Minutes from injection to scan that may differ by less than this.
    #[serde(default)]
    pub uptake_minutes_apart: Option<u16>,
    /// Whether a target that is there again after complete response is progression.
    pub reappearance_is_progression: bool,
    /// Whether complete response needs a normal marker where one was high.
    pub complete_needs_marker: bool,
    /// Days after which a second assessment confirms a response.
    pub confirmation_days: u16,
    /// Days from baseline that stable disease has to last.
    pub stable_days: u16,
    /// What a complete response becomes whose next assessment is a partial one.
    pub cr_then_pr: CompleteThenPartial,
    /// Assessments between a response and its confirmation that may be not evaluable.
    pub missed_between: u8,
}

/// Diameters as strings of a decimal number of mm.
mod written_mm {
    use super::Diameter;
    use crate::response::amount::shown_ticks;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &Diameter, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&shown_ticks(i64::from(value.ticks())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Diameter, D::Error> {
        let text = String::deserialize(from)?;
        Diameter::parse(&text).map_err(D::Error::custom)
    }
}

/// The same where there may be none.
mod written_optional_mm {
    use super::Diameter;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Diameter>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::written_mm::serialize(value, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Diameter>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| Diameter::parse(&text).map_err(D::Error::custom))
            .transpose()
    }
}

/// All criteria.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseCriteria {
    criteria: Vec<CriterionRules>,
}

impl ResponseCriteria {
    /// Those that OpenSIRT carries.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, OutcomeError> {
        Self::from_toml(include_str!("../../data/response_criteria.toml"))
    }

    /// Reads a table in the form of `data/response_criteria.toml`, for
    /// instance with a protocol's own variants.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for text that is no such table, a name that
    /// stands twice, a `like` that names nothing before it, and doubtful keys
    /// that no criterion has.
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let table: toml::Table = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let entries = table
            .get("criterion")
            .and_then(toml::Value::as_array)
            .ok_or_else(|| wrong("there is no [[criterion]]".to_owned()))?;
        let mut whole: Vec<toml::Table> = Vec::new();
        let mut criteria: Vec<CriterionRules> = Vec::new();
        for entry in entries {
            let entry = entry
                .as_table()
                .ok_or_else(|| wrong("a criterion is no table".to_owned()))?;
            let name = entry
                .get("name")
                .and_then(toml::Value::as_str)
                .ok_or_else(|| wrong("a criterion has no name".to_owned()))?;
            let mut filled = match entry.get("like").and_then(toml::Value::as_str) {
                None => toml::Table::new(),
                Some(like) => whole
                    .iter()
                    .find(|other| other.get("name").and_then(toml::Value::as_str) == Some(like))
                    .cloned()
                    .ok_or_else(|| {
                        wrong(format!(
                            "{name} is like `{like}`, which stands nowhere before it"
                        ))
                    })?,
            };
            for (key, value) in entry {
                if key != "like" {
                    filled.insert(key.clone(), value.clone());
                }
            }
            let rules: CriterionRules = filled
                .clone()
                .try_into()
                .map_err(|error: toml::de::Error| wrong(format!("{name}: {}", error.message())))?;
            if criteria.iter().any(|other| other.name == rules.name) {
                return Err(wrong(format!("{name} stands there twice")));
            }
            if let Some(key) = rules
                .doubtful
                .iter()
                .find(|key| !filled.contains_key(key.as_str()) && key.as_str() != "minor")
            {
                return Err(wrong(format!("{name}: `{key}` is doubtful and not there")));
            }
            whole.push(filled);
            criteria.push(rules);
        }
        Ok(Self { criteria })
    }

    /// Every criterion, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &CriterionRules> {
        self.criteria.iter()
    }

    /// A criterion by name.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownCriterion`] with the names that are known.
    pub fn named(&self, name: &str) -> Result<&CriterionRules, OutcomeError> {
        self.criteria
            .iter()
            .find(|rules| rules.name == name)
            .ok_or_else(|| OutcomeError::UnknownCriterion {
                name: name.to_owned(),
                known: self
                    .criteria
                    .iter()
                    .map(|rules| rules.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_every_criterion_and_its_variants() {
        let criteria = ResponseCriteria::built_in().unwrap();
        for name in [
            "recist-1.1",
            "recist-1.0",
            "who",
            "minor-response",
            "mrecist",
            "easl",
            "qeasl",
            "choi",
            "volumetric",
            "percist-1.0",
            "eortc",
            "pet-visual",
            "lesion-level",
        ] {
            assert_eq!(criteria.named(name).unwrap().name, name);
        }
        let liver = criteria.named("recist-1.1-liver").unwrap();
        assert_eq!((liver.targets, liver.targets_per_organ), (5, 5));
        assert_eq!(liver.region, Region::Liver);
        // DOMAIN D.3: caps of 1.0 and 1.1.
        let old = criteria.named("recist-1.0").unwrap();
        assert_eq!((old.targets, old.targets_per_organ), (10, 5));
        assert_eq!(old.progression_absolute_mm, Diameter::ZERO);
    }

    #[test]
    fn volumetric_limits_are_those_of_a_sphere() {
        // 1 - 0.7^3 = 0.657 and 1.2^3 - 1 = 0.728 exactly.
        let criteria = ResponseCriteria::built_in().unwrap();
        let volumetric = criteria.named("volumetric").unwrap();
        assert_eq!(volumetric.response.to_string(), ">= 65.7");
        assert_eq!(volumetric.progression.to_string(), ">= 72.8");
    }

    #[test]
    fn refuses_what_is_no_table() {
        let said = |text: &str| ResponseCriteria::from_toml(text).unwrap_err().to_string();
        assert_eq!(
            said("[[criterion]]\nname = \"x\"\nlike = \"y\"\n"),
            "table of response criteria: x is like `y`, which stands nowhere before it"
        );
        assert_eq!(
            said("a = 1"),
            "table of response criteria: there is no [[criterion]]"
        );
        let table = include_str!("../../data/response_criteria.toml");
        assert!(said(&table.replacen("\">= 30\"", "\"30\"", 1)).contains("recist-1.1: "));
        assert!(
            ResponseCriteria::built_in()
                .unwrap()
                .named("recist")
                .unwrap_err()
                .to_string()
                .starts_with("criterion `recist` is unknown; known are recist-1.1, ")
        );
    }
}
