//! Cut points of the scores, as data with source.

use serde::{Deserialize, Serialize};

use crate::OutcomeError;

const TABLE: &str = "table of liver function";

/// A value of the table with its source, and whether it was only recalled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cited<T> {
    /// The value.
    pub value: T,
    /// Bibliography key, or words.
    pub source: String,
    /// Whether the value was not checked against its source.
    #[serde(default)]
    pub doubtful: bool,
}

/// Cut points of ALBI and Child-Pugh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiverFunctionTable {
    /// Those of ALBI.
    pub albi: AlbiCuts,
    /// Those of Child-Pugh.
    pub child_pugh: ChildPughCuts,
}

/// Cut points of ALBI; each belongs to the grade below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlbiCuts {
    /// Largest score of grade 1.
    pub grade_1_to: Cited<f64>,
    /// Largest score of grade 2.
    pub grade_2_to: Cited<f64>,
    /// Largest score of grade 2a of the modified grades.
    pub grade_2a_to: Cited<f64>,
}

/// Cut points of Child-Pugh; both ends belong to two points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildPughCuts {
    /// Bilirubin with two points, mg/dL.
    pub bilirubin_mg_per_dl: Cited<[f64; 2]>,
    /// The same in cholestatic disease (PBC, PSC), mg/dL.
    pub cholestatic_bilirubin_mg_per_dl: Cited<[f64; 2]>,
    /// Albumin with two points, g/dL.
    pub albumin_g_per_dl: Cited<[f64; 2]>,
    /// INR with two points.
    pub inr: Cited<[f64; 2]>,
    /// Largest sum of points of classes A and B.
    pub class_to: Cited<[u8; 2]>,
}

impl LiverFunctionTable {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, OutcomeError> {
        Self::from_toml(include_str!("../../data/liver_function.toml"))
    }

    /// Reads a table in the form of `data/liver_function.toml`.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for text that is no such table, or cut
    /// points that do not rise.
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let albi = &table.albi;
        let cuts = &table.child_pugh;
        for (what, [low, high]) in [
            (
                "ALBI grades",
                [albi.grade_1_to.value, albi.grade_2_to.value],
            ),
            (
                "modified ALBI grades",
                [albi.grade_1_to.value, albi.grade_2a_to.value],
            ),
            (
                "modified ALBI grades",
                [albi.grade_2a_to.value, albi.grade_2_to.value],
            ),
            ("bilirubin", cuts.bilirubin_mg_per_dl.value),
            (
                "cholestatic bilirubin",
                cuts.cholestatic_bilirubin_mg_per_dl.value,
            ),
            ("albumin", cuts.albumin_g_per_dl.value),
            ("INR", cuts.inr.value),
            ("class", cuts.class_to.value.map(f64::from)),
        ] {
            if !(low.is_finite() && high.is_finite() && low < high) {
                return Err(wrong(format!(
                    "cut points {low} and {high} of {what} do not rise"
                )));
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_its_cut_points_with_source() {
        let table = LiverFunctionTable::built_in().unwrap();
        assert!(!table.albi.grade_1_to.doubtful);
        assert!(table.albi.grade_2a_to.doubtful);
        assert_eq!(table.child_pugh.class_to.value, [6, 9]);
    }

    #[test]
    fn refuses_cut_points_that_do_not_rise() {
        let text =
            include_str!("../../data/liver_function.toml").replace("[2.8, 3.5]", "[3.5, 2.8]");
        assert_eq!(
            LiverFunctionTable::from_toml(&text)
                .unwrap_err()
                .to_string(),
            "table of liver function: cut points 3.5 and 2.8 of albumin do not rise"
        );
        assert!(LiverFunctionTable::from_toml("albi = 1").is_err());
    }
}
