//! Child-Pugh: five findings of one to three points each.
//!
//! | points | 1 | 2 | 3 |
//! |---|---|---|---|
//! | bilirubin (mg/dL) | < 2 | 2 to 3 | > 3 |
//! | the same in PBC and PSC | < 4 | 4 to 10 | > 10 |
//! | albumin (g/dL) | > 3.5 | 2.8 to 3.5 | < 2.8 |
//! | INR | < 1.7 | 1.7 to 2.3 | > 2.3 |
//! | ascites | none | slight or controlled | moderate to severe |
//! | encephalopathy | none | grade 1 to 2 | grade 3 to 4 |
//!
//! Class A is 5 to 6 points, B 7 to 9, C 10 to 15.
//! Limits are compared in mg/dL; tables in µmol/L print 34 and 50, which are
//! 1.99 and 2.92 mg/dL, so that values between differ by a point.
//! Made for cirrhosis: without it the class says little.
//! Source: pugh1973; the whole table is recalled and marked doubtful.

use serde::{Deserialize, Serialize};
use sirt_quantity::{Albumin, Bilirubin, Inr};

use super::LiverFunctionTable;
use super::laboratory::{check_albumin, check_bilirubin, check_inr};
use crate::OutcomeError;

/// Fluid in the abdomen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ascites {
    /// None.
    None,
    /// Slight, or controlled by diuretics.
    Slight,
    /// Moderate to severe.
    ModerateOrSevere,
}

/// Hepatic encephalopathy by its grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encephalopathy {
    /// None.
    None,
    /// Grade 1 or 2.
    #[serde(rename = "grade_1_or_2")]
    Grade1Or2,
    /// Grade 3 or 4.
    #[serde(rename = "grade_3_or_4")]
    Grade3Or4,
}

/// Class of Child-Pugh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum ChildPughClass {
    /// 5 or 6 points.
    A,
    /// 7 to 9 points.
    B,
    /// 10 to 15 points.
    C,
}

impl std::fmt::Display for ChildPughClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        })
    }
}

/// Child-Pugh of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChildPugh {
    /// Sum of points, 5 to 15.
    pub points: u8,
    /// Its class.
    pub class: ChildPughClass,
    /// Whether a cut point used was not checked against its source.
    pub doubtful: bool,
}

/// Points and class; `cholestatic` takes the limits of bilirubin for primary
/// biliary cholangitis and primary sclerosing cholangitis.
///
/// # Errors
/// [`OutcomeError::Implausible`] for values that no patient has.
pub fn child_pugh(
    bilirubin: Bilirubin,
    albumin: Albumin,
    inr: Inr,
    ascites: Ascites,
    encephalopathy: Encephalopathy,
    cholestatic: bool,
    table: &LiverFunctionTable,
) -> Result<ChildPugh, OutcomeError> {
    check_bilirubin(bilirubin)?;
    check_albumin(albumin)?;
    check_inr(inr)?;
    let cuts = &table.child_pugh;
    let bilirubin_cuts = if cholestatic {
        &cuts.cholestatic_bilirubin_mg_per_dl
    } else {
        &cuts.bilirubin_mg_per_dl
    };
    // Compared as quantities, so that `3 mg/dL` meets the limit of 3 mg/dL exactly.
    let points = points_of_rising(
        bilirubin,
        bilirubin_cuts.value.map(Bilirubin::from_mg_per_dl),
    ) + points_of_falling(
        albumin,
        cuts.albumin_g_per_dl.value.map(Albumin::from_g_per_dl),
    ) + points_of_rising(inr.as_ratio(), cuts.inr.value)
        + match ascites {
            Ascites::None => 1,
            Ascites::Slight => 2,
            Ascites::ModerateOrSevere => 3,
        }
        + match encephalopathy {
            Encephalopathy::None => 1,
            Encephalopathy::Grade1Or2 => 2,
            Encephalopathy::Grade3Or4 => 3,
        };
    let [a_to, b_to] = cuts.class_to.value;
    let class = if points <= a_to {
        ChildPughClass::A
    } else if points <= b_to {
        ChildPughClass::B
    } else {
        ChildPughClass::C
    };
    Ok(ChildPugh {
        points,
        class,
        doubtful: bilirubin_cuts.doubtful
            || cuts.albumin_g_per_dl.doubtful
            || cuts.inr.doubtful
            || cuts.class_to.doubtful,
    })
}

/// One point below the lower limit, three past the upper one.
fn points_of_rising<T: PartialOrd>(value: T, [lower, upper]: [T; 2]) -> u8 {
    if value < lower {
        1
    } else if value <= upper {
        2
    } else {
        3
    }
}

/// One point past the upper limit, three below the lower one.
fn points_of_falling<T: PartialOrd>(value: T, limits: [T; 2]) -> u8 {
    4 - points_of_rising(value, limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(bilirubin_mg_per_dl: f64, albumin_g_per_dl: f64, inr: f64, cholestatic: bool) -> u8 {
        child_pugh(
            Bilirubin::from_mg_per_dl(bilirubin_mg_per_dl),
            Albumin::from_g_per_dl(albumin_g_per_dl),
            Inr::from_ratio(inr).unwrap(),
            Ascites::None,
            Encephalopathy::None,
            cholestatic,
            &LiverFunctionTable::built_in().unwrap(),
        )
        .unwrap()
        .points
    }

    #[test]
    fn counts_points_at_and_beside_every_limit() {
        // DOMAIN E.4: two points from limit to limit, both included; 5 is the least.
        for (bilirubin, expected) in [(1.9, 5), (2.0, 6), (3.0, 6), (3.1, 7)] {
            assert_eq!(points(bilirubin, 4.0, 1.0, false), expected, "{bilirubin}");
        }
        for (bilirubin, expected) in [(3.9, 5), (4.0, 6), (10.0, 6), (10.1, 7)] {
            assert_eq!(points(bilirubin, 4.0, 1.0, true), expected, "{bilirubin}");
        }
        for (albumin, expected) in [(3.6, 5), (3.5, 6), (2.8, 6), (2.7, 7)] {
            assert_eq!(points(1.0, albumin, 1.0, false), expected, "{albumin}");
        }
        for (inr, expected) in [(1.6, 5), (1.7, 6), (2.3, 6), (2.4, 7)] {
            assert_eq!(points(1.0, 4.0, inr, false), expected, "{inr}");
        }
    }

    #[test]
    fn classes_end_at_six_and_nine_points() {
        let table = LiverFunctionTable::built_in().unwrap();
        let class = |bilirubin: f64, ascites, encephalopathy| {
            let found = child_pugh(
                Bilirubin::from_mg_per_dl(bilirubin),
                Albumin::from_g_per_dl(3.0),
                Inr::from_ratio(1.0).unwrap(),
                ascites,
                encephalopathy,
                false,
                &table,
            )
            .unwrap();
            assert!(found.doubtful);
            (found.points, found.class)
        };
        let none = Encephalopathy::None;
        assert_eq!(class(1.0, Ascites::None, none), (6, ChildPughClass::A));
        assert_eq!(class(1.0, Ascites::Slight, none), (7, ChildPughClass::B));
        assert_eq!(
            class(2.5, Ascites::ModerateOrSevere, none),
            (9, ChildPughClass::B)
        );
        assert_eq!(
            class(2.5, Ascites::ModerateOrSevere, Encephalopathy::Grade1Or2),
            (10, ChildPughClass::C)
        );
        assert_eq!(
            class(4.0, Ascites::ModerateOrSevere, Encephalopathy::Grade3Or4),
            (12, ChildPughClass::C)
        );
    }

    #[test]
    fn refuses_what_no_patient_has() {
        let said = child_pugh(
            Bilirubin::from_mg_per_dl(1.0),
            Albumin::from_g_per_dl(4.0),
            Inr::from_ratio(30.0).unwrap(),
            Ascites::None,
            Encephalopathy::None,
            false,
            &LiverFunctionTable::built_in().unwrap(),
        )
        .unwrap_err()
        .to_string();
        assert_eq!(said, "INR 30 is outside 0.5..=20; is the unit right?");
    }
}
