//! The laboratory values of one day, and whether a patient can have them.
//!
//! The ranges are ours and wider than what is seen in living patients; they
//! are there to catch mg/dL for µmol/L and g/dL for g/L, which the number
//! alone does not show, and judge nobody's health.

use serde::Serialize;
use sirt_quantity::{Albumin, Bilirubin, Creatinine, Inr, PlateletCount, Sodium};

use super::{
    Albi, Ascites, ChildPugh, Encephalopathy, LiverFunctionTable, Meld, albi, child_pugh, meld,
    meld_3, meld_sodium,
};
use crate::{OutcomeError, Sex};

/// The laboratory values of one day with what is seen at the bed; what was
/// not measured is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LaboratoryValues {
    /// Total bilirubin.
    pub bilirubin: Option<Bilirubin>,
    /// Albumin.
    pub albumin: Option<Albumin>,
    /// International normalised ratio.
    pub inr: Option<Inr>,
    /// Creatinine.
    pub creatinine: Option<Creatinine>,
    /// Sodium.
    pub sodium: Option<Sodium>,
    /// Platelets.
    pub platelets: Option<PlateletCount>,
    /// Ascites.
    pub ascites: Option<Ascites>,
    /// Hepatic encephalopathy.
    pub encephalopathy: Option<Encephalopathy>,
    /// Whether the patient was dialysed twice or more in the week before.
    pub dialysis: bool,
}

impl LaboratoryValues {
    /// Refuses values that no patient has.
    ///
    /// # Errors
    /// [`OutcomeError::Implausible`] with the range.
    pub fn check(&self) -> Result<(), OutcomeError> {
        self.bilirubin.map_or(Ok(()), check_bilirubin)?;
        self.albumin.map_or(Ok(()), check_albumin)?;
        self.inr.map_or(Ok(()), check_inr)?;
        self.creatinine.map_or(Ok(()), check_creatinine)?;
        self.sodium.map_or(Ok(()), check_sodium)?;
        self.platelets.map_or(Ok(()), check_platelets)
    }

    /// ALBI of these values.
    ///
    /// # Errors
    /// [`OutcomeError::MissingValue`], and those of [`albi`].
    pub fn albi(&self, table: &LiverFunctionTable) -> Result<Albi, OutcomeError> {
        match (self.bilirubin, self.albumin) {
            (Some(bilirubin), Some(albumin)) => albi(bilirubin, albumin, table),
            _ => Err(self.missing("ALBI", &["bilirubin", "albumin"])),
        }
    }

    /// Child-Pugh of these values; `cholestatic` for PBC and PSC.
    ///
    /// # Errors
    /// [`OutcomeError::MissingValue`], and those of [`child_pugh`].
    pub fn child_pugh(
        &self,
        cholestatic: bool,
        table: &LiverFunctionTable,
    ) -> Result<ChildPugh, OutcomeError> {
        match (
            self.bilirubin,
            self.albumin,
            self.inr,
            self.ascites,
            self.encephalopathy,
        ) {
            (Some(bilirubin), Some(albumin), Some(inr), Some(ascites), Some(encephalopathy)) => {
                child_pugh(
                    bilirubin,
                    albumin,
                    inr,
                    ascites,
                    encephalopathy,
                    cholestatic,
                    table,
                )
            }
            _ => Err(self.missing(
                "Child-Pugh",
                &["bilirubin", "albumin", "inr", "ascites", "encephalopathy"],
            )),
        }
    }

    /// MELD of these values.
    ///
    /// # Errors
    /// [`OutcomeError::MissingValue`], and those of [`meld`].
    pub fn meld(&self) -> Result<Meld, OutcomeError> {
        match (self.bilirubin, self.inr, self.creatinine) {
            (Some(bilirubin), Some(inr), Some(creatinine)) => {
                meld(bilirubin, inr, creatinine, self.dialysis)
            }
            _ => Err(self.missing("MELD", &["bilirubin", "inr", "creatinine"])),
        }
    }

    /// MELD-Na of these values.
    ///
    /// # Errors
    /// [`OutcomeError::MissingValue`], and those of [`meld_sodium`].
    pub fn meld_sodium(&self) -> Result<Meld, OutcomeError> {
        match (self.bilirubin, self.inr, self.creatinine, self.sodium) {
            (Some(bilirubin), Some(inr), Some(creatinine), Some(sodium)) => {
                meld_sodium(bilirubin, inr, creatinine, sodium, self.dialysis)
            }
            _ => Err(self.missing("MELD-Na", &["bilirubin", "inr", "creatinine", "sodium"])),
        }
    }

    /// MELD 3.0 of these values.
    ///
    /// # Errors
    /// [`OutcomeError::MissingValue`], and those of [`meld_3`].
    pub fn meld_3(&self, sex: Sex) -> Result<Meld, OutcomeError> {
        match (
            self.bilirubin,
            self.inr,
            self.creatinine,
            self.sodium,
            self.albumin,
        ) {
            (Some(bilirubin), Some(inr), Some(creatinine), Some(sodium), Some(albumin)) => meld_3(
                bilirubin,
                inr,
                creatinine,
                sodium,
                albumin,
                sex,
                self.dialysis,
            ),
            _ => Err(self.missing(
                "MELD 3.0",
                &["bilirubin", "inr", "creatinine", "sodium", "albumin"],
            )),
        }
    }

    fn missing(&self, score: &'static str, needed: &[&'static str]) -> OutcomeError {
        let absent = |name: &&&str| match **name {
            "bilirubin" => self.bilirubin.is_none(),
            "albumin" => self.albumin.is_none(),
            "inr" => self.inr.is_none(),
            "creatinine" => self.creatinine.is_none(),
            "sodium" => self.sodium.is_none(),
            "ascites" => self.ascites.is_none(),
            _ => self.encephalopathy.is_none(),
        };
        OutcomeError::MissingValue {
            score,
            missing: needed
                .iter()
                .filter(absent)
                .copied()
                .collect::<Vec<_>>()
                .join(", "),
        }
    }
}

fn within(
    what: &'static str,
    unit: &'static str,
    value: f64,
    low: f64,
    high: f64,
) -> Result<(), OutcomeError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let space = if unit.is_empty() { "" } else { " " };
    Err(OutcomeError::Implausible {
        what,
        value: format!("{value}{space}{unit}"),
        allowed: format!("{low}..={high}{space}{unit}"),
    })
}

/// 1 to 1500 µmol/L (0.06 to 88 mg/dL).
pub(super) fn check_bilirubin(value: Bilirubin) -> Result<(), OutcomeError> {
    within("bilirubin", "umol/L", value.as_umol_per_l(), 1.0, 1500.0)
}

/// 10 to 70 g/L.
pub(super) fn check_albumin(value: Albumin) -> Result<(), OutcomeError> {
    within("albumin", "g/L", value.as_g_per_l(), 10.0, 70.0)
}

/// 0.5 to 20.
pub(super) fn check_inr(value: Inr) -> Result<(), OutcomeError> {
    within("INR", "", value.as_ratio(), 0.5, 20.0)
}

/// 10 to 3000 µmol/L (0.11 to 34 mg/dL).
pub(super) fn check_creatinine(value: Creatinine) -> Result<(), OutcomeError> {
    within("creatinine", "umol/L", value.as_umol_per_l(), 10.0, 3000.0)
}

/// 90 to 200 mmol/L.
pub(super) fn check_sodium(value: Sodium) -> Result<(), OutcomeError> {
    within("sodium", "mmol/L", value.as_mmol_per_l(), 90.0, 200.0)
}

/// 1 to 3000·10⁹/L.
fn check_platelets(value: PlateletCount) -> Result<(), OutcomeError> {
    within("platelets", "10^9/L", value.as_billion_per_l(), 1.0, 3000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(values: &LaboratoryValues) -> String {
        values.check().unwrap_err().to_string()
    }

    #[test]
    fn refuses_values_in_the_wrong_unit_and_says_the_range() {
        let none = LaboratoryValues::default();
        assert_eq!(none.check(), Ok(()));
        for (values, expected) in [
            (
                LaboratoryValues {
                    bilirubin: Some(Bilirubin::from_umol_per_l(0.9)),
                    ..none.clone()
                },
                "bilirubin 0.9 umol/L is outside 1..=1500 umol/L; is the unit right?",
            ),
            (
                LaboratoryValues {
                    albumin: Some(Albumin::from_g_per_dl(40.0)),
                    ..none.clone()
                },
                "albumin 400 g/L is outside 10..=70 g/L; is the unit right?",
            ),
            (
                LaboratoryValues {
                    inr: Some(Inr::from_ratio(104.0).unwrap()),
                    ..none.clone()
                },
                "INR 104 is outside 0.5..=20; is the unit right?",
            ),
            (
                LaboratoryValues {
                    creatinine: Some(Creatinine::from_umol_per_l(1.2)),
                    ..none.clone()
                },
                "creatinine 1.2 umol/L is outside 10..=3000 umol/L; is the unit right?",
            ),
            (
                LaboratoryValues {
                    sodium: Some(Sodium::from_mmol_per_l(-140.0)),
                    ..none.clone()
                },
                "sodium -140 mmol/L is outside 90..=200 mmol/L; is the unit right?",
            ),
            (
                LaboratoryValues {
                    platelets: Some(PlateletCount::from_billion_per_l(150_000.0)),
                    ..none.clone()
                },
                "platelets 150000 10^9/L is outside 1..=3000 10^9/L; is the unit right?",
            ),
        ] {
            assert_eq!(said(&values), expected);
        }
    }

    #[test]
    fn says_which_values_a_score_lacks() {
        let table = LiverFunctionTable::built_in().unwrap();
        let values = LaboratoryValues {
            bilirubin: Some(Bilirubin::from_umol_per_l(17.1)),
            inr: Inr::from_ratio(1.0).ok(),
            ..LaboratoryValues::default()
        };
        let texts = [
            values.albi(&table).map(|_| ()),
            values.child_pugh(false, &table).map(|_| ()),
            values.meld().map(|_| ()),
            values.meld_sodium().map(|_| ()),
            values.meld_3(Sex::Male).map(|_| ()),
        ]
        .map(|outcome| outcome.unwrap_err().to_string());
        assert_eq!(
            texts,
            [
                "ALBI needs albumin",
                "Child-Pugh needs albumin, ascites, encephalopathy",
                "MELD needs creatinine",
                "MELD-Na needs creatinine, sodium",
                "MELD 3.0 needs creatinine, sodium, albumin",
            ]
        );
    }

    #[test]
    fn gives_every_score_of_a_full_sample() {
        let table = LiverFunctionTable::built_in().unwrap();
        // TV-E3, first row, and the points of DOMAIN E.4 by hand: 1 + 2 + 1 + 2 + 1.
        let values = LaboratoryValues {
            bilirubin: Some(Bilirubin::from_mg_per_dl(1.9)),
            albumin: Some(Albumin::from_g_per_dl(3.0)),
            inr: Inr::from_ratio(1.2).ok(),
            creatinine: Some(Creatinine::from_mg_per_dl(1.3)),
            sodium: Some(Sodium::from_mmol_per_l(137.0)),
            ascites: Some(Ascites::Slight),
            encephalopathy: Some(Encephalopathy::None),
            ..LaboratoryValues::default()
        };
        assert_eq!(values.meld().unwrap().score, 13);
        assert_eq!(values.meld_sodium().unwrap().score, 13);
        assert_eq!(values.meld_3(Sex::Female).unwrap().score, 16);
        assert_eq!(values.child_pugh(false, &table).unwrap().points, 7);
        // 0.66·log10(32.49) − 0.085·30 = 0.99775 − 2.55.
        let score = values.albi(&table).unwrap().score;
        assert!((score + 1.5522).abs() < 0.5e-4, "{score}");
    }
}
