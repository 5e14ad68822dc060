//! ALBI, a score of liver function from two laboratory values.
//!
//! `ALBI = 0.66·log₁₀(b) − 0.085·a` with bilirubin `b` (µmol/L) and albumin
//! `a` (g/L); lower is better.
//! Grade 1 up to −2.60, grade 2 up to −1.39, grade 3 past it; the modified
//! grades (mALBI) part grade 2 at −2.27 into 2a and 2b.
//! Made from patients with hepatocellular carcinoma; both values also move
//! for reasons outside the liver (haemolysis, bile duct stones, nutrition).
//! Sources: johnson2015albi (score and grades); hiraoka2017malbi (2a and 2b,
//! recalled, marked doubtful).

use serde::Serialize;
use sirt_quantity::{Albumin, Bilirubin};

use super::LiverFunctionTable;
use super::laboratory::{check_albumin, check_bilirubin};
use crate::OutcomeError;

/// Weight of log₁₀ of bilirubin in µmol/L (johnson2015albi).
const PER_DECADE_OF_BILIRUBIN: f64 = 0.66;
/// Weight of albumin in g/L (johnson2015albi).
const PER_ALBUMIN: f64 = -0.085;

/// ALBI of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Albi {
    /// The score; lower is better, most are in −4..0.
    pub score: f64,
    /// Its grade.
    pub grade: AlbiGrade,
    /// Its modified grade.
    pub modified_grade: ModifiedAlbiGrade,
    /// Whether the cut point of the modified grade was not checked against its source.
    pub modified_grade_doubtful: bool,
}

/// Grade of ALBI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum AlbiGrade {
    /// Grade 1, the best.
    #[serde(rename = "1")]
    One,
    /// Grade 2.
    #[serde(rename = "2")]
    Two,
    /// Grade 3.
    #[serde(rename = "3")]
    Three,
}

impl std::fmt::Display for AlbiGrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
        })
    }
}

/// Modified grade of ALBI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum ModifiedAlbiGrade {
    /// Grade 1, the best.
    #[serde(rename = "1")]
    One,
    /// Grade 2a.
    #[serde(rename = "2a")]
    TwoA,
    /// Grade 2b.
    #[serde(rename = "2b")]
    TwoB,
    /// Grade 3.
    #[serde(rename = "3")]
    Three,
}

impl std::fmt::Display for ModifiedAlbiGrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::One => "1",
            Self::TwoA => "2a",
            Self::TwoB => "2b",
            Self::Three => "3",
        })
    }
}

/// ALBI and its grades.
///
/// # Errors
/// [`OutcomeError::Implausible`] for values that no patient has.
pub fn albi(
    bilirubin: Bilirubin,
    albumin: Albumin,
    table: &LiverFunctionTable,
) -> Result<Albi, OutcomeError> {
    check_bilirubin(bilirubin)?;
    check_albumin(albumin)?;
    let score = PER_DECADE_OF_BILIRUBIN * bilirubin.as_umol_per_l().log10()
        + PER_ALBUMIN * albumin.as_g_per_l();
    let cuts = &table.albi;
    let (grade, modified_grade) = if score <= cuts.grade_1_to.value {
        (AlbiGrade::One, ModifiedAlbiGrade::One)
    } else if score <= cuts.grade_2a_to.value {
        (AlbiGrade::Two, ModifiedAlbiGrade::TwoA)
    } else if score <= cuts.grade_2_to.value {
        (AlbiGrade::Two, ModifiedAlbiGrade::TwoB)
    } else {
        (AlbiGrade::Three, ModifiedAlbiGrade::Three)
    };
    Ok(Albi {
        score,
        grade,
        modified_grade,
        modified_grade_doubtful: cuts.grade_2a_to.doubtful,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(bilirubin_umol_per_l: f64, albumin_g_per_l: f64) -> Result<Albi, OutcomeError> {
        albi(
            Bilirubin::from_umol_per_l(bilirubin_umol_per_l),
            Albumin::from_g_per_l(albumin_g_per_l),
            &LiverFunctionTable::built_in()?,
        )
    }

    #[test]
    fn reproduces_the_five_patients_of_the_table() {
        // TV-E2 [C], four decimals; the modified grades follow from −2.27.
        for (bilirubin, albumin, score, grade, modified) in [
            (17.1, 40.0, -2.5862, AlbiGrade::Two, ModifiedAlbiGrade::TwoA),
            (10.0, 42.0, -2.9100, AlbiGrade::One, ModifiedAlbiGrade::One),
            (34.2, 35.0, -1.9625, AlbiGrade::Two, ModifiedAlbiGrade::TwoB),
            (
                51.3,
                28.0,
                -1.2513,
                AlbiGrade::Three,
                ModifiedAlbiGrade::Three,
            ),
            (20.5, 38.0, -2.3642, AlbiGrade::Two, ModifiedAlbiGrade::TwoA),
        ] {
            let found = of(bilirubin, albumin).unwrap();
            assert!((found.score - score).abs() <= 0.5e-4 + 1e-12, "{found:?}");
            assert_eq!((found.grade, found.modified_grade), (grade, modified));
            assert!(found.modified_grade_doubtful);
        }
    }

    #[test]
    fn a_cut_point_belongs_to_the_grade_below_it() {
        // 10 umol/L leaves 0.66 − 0.085·a; the table is moved to the score met.
        let mut table = LiverFunctionTable::built_in().unwrap();
        let bilirubin = Bilirubin::from_umol_per_l(10.0);
        let albumin = Albumin::from_g_per_l(38.0);
        let score = albi(bilirubin, albumin, &table).unwrap().score;
        table.albi.grade_1_to.value = score;
        let at = albi(bilirubin, albumin, &table).unwrap();
        assert_eq!(at.grade, AlbiGrade::One);
        table.albi.grade_1_to.value = score - 1e-9;
        let past = albi(bilirubin, albumin, &table).unwrap();
        assert_eq!(past.modified_grade, ModifiedAlbiGrade::TwoA);
    }

    #[test]
    fn refuses_what_no_patient_has() {
        assert_eq!(
            of(0.0, 40.0).unwrap_err().to_string(),
            "bilirubin 0 umol/L is outside 1..=1500 umol/L; is the unit right?"
        );
        assert_eq!(
            of(17.1, 4.0).unwrap_err().to_string(),
            "albumin 4 g/L is outside 10..=70 g/L; is the unit right?"
        );
    }

    proptest! {
        #[test]
        fn more_bilirubin_and_less_albumin_are_never_better(
            bilirubin in 1.0..700.0_f64,
            albumin in 15.0..70.0_f64,
        ) {
            let here = of(bilirubin, albumin).unwrap();
            let worse = of(bilirubin * 2.0, albumin - 5.0).unwrap();
            prop_assert!(worse.score > here.score);
            prop_assert!(worse.grade >= here.grade);
            prop_assert!(worse.modified_grade >= here.modified_grade);
        }
    }
}
