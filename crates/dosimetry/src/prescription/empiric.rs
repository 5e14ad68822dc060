//! Empiric prescription: an activity by the tumour involvement of the whole
//! liver (resin; historical, not recommended).
//!
//! A table from `V_T/V_liver` to gigabecquerel, `data/empiric.toml`.
//! It knows neither the size of the patient nor that of the liver, and there
//! is no form of it for a lobe: the whole liver only.
//! The lung shunt comes in by a table of its own
//! ([`crate::ShuntReductionTable`]).
//! Source: older label of the resin microspheres, recalled.

use serde::{Deserialize, Serialize};
use sirt_quantity::{Activity, Fraction};

use super::ActivityBeforeShunt;
use crate::DosimetryError;

const TABLE: &str = "empiric table";

/// A band of the table, from the end of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmpiricBand {
    /// Its end, percent of the liver; it belongs to the band.
    pub up_to_percent: f64,
    /// The activity, GBq.
    pub activity_gbq: f64,
}

/// Activities by tumour involvement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmpiricTable {
    /// Bibliography key with place, or words.
    pub source: String,
    /// Whether a value was not checked against its source.
    pub doubtful: bool,
    /// What is in doubt; empty where nothing is.
    #[serde(default)]
    pub doubt: String,
    /// The bands, rising to 100 %.
    #[serde(rename = "band")]
    pub bands: Vec<EmpiricBand>,
}

impl EmpiricTable {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../../data/empiric.toml"))
    }

    /// Reads a table in the form of `data/empiric.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, bands that
    /// do not rise to 100 %, or activities that are not over 0 and rising.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let (mut end, mut activity) = (0.0, 0.0);
        for band in &table.bands {
            if !(band.up_to_percent > end && band.up_to_percent <= 100.0) {
                return Err(wrong(format!(
                    "band up to {} % does not come after {end} % within 100 %",
                    band.up_to_percent
                )));
            }
            if !(band.activity_gbq > activity && band.activity_gbq.is_finite()) {
                return Err(wrong(format!(
                    "activity {} GBq up to {} % is outside values over {activity} GBq",
                    band.activity_gbq, band.up_to_percent
                )));
            }
            (end, activity) = (band.up_to_percent, band.activity_gbq);
        }
        if end < 100.0 {
            return Err(wrong(format!(
                "the last band ends at {end} %, needed is 100 %"
            )));
        }
        Ok(table)
    }

    /// The activity for the whole liver, before any reduction for the lung shunt.
    ///
    /// # Errors
    /// None for a table that was read.
    pub fn activity(&self, involvement: Fraction) -> Result<ActivityBeforeShunt, DosimetryError> {
        self.bands
            .iter()
            .find(|band| involvement.as_fraction() <= band.up_to_percent / 100.0)
            .map(|band| ActivityBeforeShunt::new(Activity::from_gbq(band.activity_gbq)))
            .ok_or_else(|| DosimetryError::DataTable {
                table: TABLE,
                reason: format!("no band holds an involvement of {involvement}"),
            })
    }

    /// The involvements that are given an activity, over the first and up to
    /// the second; the inverse of [`EmpiricTable::activity`].
    ///
    /// # Errors
    /// [`DosimetryError::UnknownName`] for an activity that is not in the table.
    pub fn involvement_for(
        &self,
        activity: ActivityBeforeShunt,
    ) -> Result<(Fraction, Fraction), DosimetryError> {
        let gbq = activity.activity().as_gbq();
        let mut begin = Fraction::ZERO;
        for band in &self.bands {
            let end = Fraction::from_percent(band.up_to_percent)?;
            if (gbq / band.activity_gbq - 1.0).abs() < 1e-9 {
                return Ok((begin, end));
            }
            begin = end;
        }
        Err(DosimetryError::UnknownName {
            what: "empiric activity",
            name: format!("{gbq} GBq"),
            known: self
                .bands
                .iter()
                .map(|band| format!("{:?} GBq", band.activity_gbq))
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_bands_with_their_ends() {
        // DOMAIN B.2: up to 25 % 2.0 GBq, up to 50 % 2.5 GBq, over it 3.0 GBq.
        let table = EmpiricTable::built_in().unwrap();
        assert!(table.doubtful);
        for (involvement, expected) in [
            ("0", 2.0),
            ("25%", 2.0),
            ("25.1%", 2.5),
            ("50%", 2.5),
            ("50.1%", 3.0),
            ("100%", 3.0),
        ] {
            let activity = table.activity(involvement.parse().unwrap()).unwrap();
            assert!((activity.activity().as_gbq() - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn refuses_activities_that_it_does_not_hold() {
        let table = EmpiricTable::built_in().unwrap();
        let other = ActivityBeforeShunt::new(Activity::from_gbq(4.0));
        assert_eq!(
            table.involvement_for(other).unwrap_err().to_string(),
            "empiric activity `4 GBq` is unknown; known are 2.0 GBq, 2.5 GBq, 3.0 GBq"
        );
    }

    #[test]
    fn refuses_tables_that_are_none() {
        let said = |bands: &[(f64, f64)]| {
            let mut text = "source = \"x\"\ndoubtful = false\n".to_owned();
            for (end, gbq) in bands {
                text += &format!("[[band]]\nup_to_percent = {end:?}\nactivity_gbq = {gbq:?}\n");
            }
            EmpiricTable::from_toml(&text).unwrap_err().to_string()
        };
        assert_eq!(
            said(&[(25.0, 2.0), (50.0, 2.5)]),
            "empiric table: the last band ends at 50 %, needed is 100 %"
        );
        assert_eq!(
            said(&[(50.0, 2.0), (25.0, 2.5)]),
            "empiric table: band up to 25 % does not come after 50 % within 100 %"
        );
        assert_eq!(
            said(&[(50.0, 2.5), (100.0, 2.0)]),
            "empiric table: activity 2 GBq up to 100 % is outside values over 2.5 GBq"
        );
    }

    proptest! {
        #[test]
        fn the_band_of_an_activity_holds_its_involvement(percent in 0.0..=100.0_f64) {
            let table = EmpiricTable::built_in().unwrap();
            let involvement = Fraction::from_percent(percent).unwrap();
            let activity = table.activity(involvement).unwrap();
            let (over, up_to) = table.involvement_for(activity).unwrap();
            prop_assert!(involvement <= up_to);
            prop_assert!(involvement > over || over == Fraction::ZERO);
        }
    }
}
