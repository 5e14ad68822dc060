//! MELD, MELD-Na and MELD 3.0: risk of death while waiting for a liver.
//!
//! With bilirubin `b`, creatinine `c` (mg/dL), INR `i`, sodium `n` (mmol/L),
//! albumin `a` (g/dL), natural logarithms:
//!
//! ```text
//! MELD     = 3.78·ln b + 11.2·ln i + 9.57·ln c + 6.43
//! MELD-Na  = M + 1.32·(137 − n) − 0.033·M·(137 − n),   M the rounded MELD, only if M > 11
//! MELD 3.0 = 1.33 (female) + 4.56·ln b + 0.82·(137 − n) − 0.24·(137 − n)·ln b
//!            + 9.09·ln i + 11.14·ln c + 1.85·(3.5 − a) − 1.83·(3.5 − a)·ln c + 6
//! ```
//!
//! `b`, `i` and `c` are at least 1; `c` at most 4.0 (MELD, MELD-Na) or 3.0
//! (MELD 3.0), and that under dialysis; `n` is held to 125..137 and `a` to
//! 1.5..3.5. The score is rounded to a whole number of 6 to 40.
//! For adults: candidates of 12 to 17 years get the 1.33 whatever their sex
//! (recalled), which is not done here.
//! Sources: kamath2001meld, kim2008hyponatremia, kim2021meld. Formulas with
//! log₁₀, with 7.33 for the constant of MELD 3.0 or with ln(140 − n) are
//! around and are wrong.

use serde::Serialize;
use sirt_quantity::{Albumin, Bilirubin, Creatinine, Inr, Sodium};

use super::laboratory::{
    check_albumin, check_bilirubin, check_creatinine, check_inr, check_sodium,
};
use crate::{OutcomeError, Sex};

/// Largest creatinine of MELD and MELD-Na, mg/dL.
const CREATININE_TO_MG_PER_DL: f64 = 4.0;
/// Largest creatinine of MELD 3.0, mg/dL (kim2021meld).
const CREATININE_TO_OF_MELD_3_MG_PER_DL: f64 = 3.0;
/// Sodium that adds nothing, mmol/L.
const SODIUM_REFERENCE_MMOL_PER_L: f64 = 137.0;
/// Albumin that adds nothing, g/dL (kim2021meld).
const ALBUMIN_REFERENCE_G_PER_DL: f64 = 3.5;
/// Sodium changes MELD-Na only where MELD is above this.
const SODIUM_COUNTS_ABOVE: u8 = 11;

/// A score of the family.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Meld {
    /// What the formula gives.
    pub unrounded: f64,
    /// Rounded and held to 6..=40.
    pub score: u8,
}

impl Meld {
    fn of(unrounded: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 6..=40 before the cast"
        )]
        let score = unrounded.round().clamp(6.0, 40.0) as u8;
        Self { unrounded, score }
    }
}

/// MELD; `dialysis` when it was done twice or more in the week before.
///
/// # Errors
/// [`OutcomeError::Implausible`] for values that no patient has.
pub fn meld(
    bilirubin: Bilirubin,
    inr: Inr,
    creatinine: Creatinine,
    dialysis: bool,
) -> Result<Meld, OutcomeError> {
    let logs = Logarithms::of(
        bilirubin,
        inr,
        creatinine,
        dialysis,
        CREATININE_TO_MG_PER_DL,
    )?;
    Ok(Meld::of(
        3.78 * logs.bilirubin + 11.2 * logs.inr + 9.57 * logs.creatinine + 6.43,
    ))
}

/// MELD-Na, from the rounded MELD.
///
/// # Errors
/// [`OutcomeError::Implausible`] for values that no patient has.
pub fn meld_sodium(
    bilirubin: Bilirubin,
    inr: Inr,
    creatinine: Creatinine,
    sodium: Sodium,
    dialysis: bool,
) -> Result<Meld, OutcomeError> {
    let without_sodium = meld(bilirubin, inr, creatinine, dialysis)?;
    let lack = sodium_lack(sodium)?;
    let rounded = f64::from(without_sodium.score);
    if without_sodium.score <= SODIUM_COUNTS_ABOVE {
        return Ok(Meld::of(rounded));
    }
    Ok(Meld::of(rounded + 1.32 * lack - 0.033 * rounded * lack))
}

/// MELD 3.0 of an adult.
///
/// # Errors
/// [`OutcomeError::Implausible`] for values that no patient has.
pub fn meld_3(
    bilirubin: Bilirubin,
    inr: Inr,
    creatinine: Creatinine,
    sodium: Sodium,
    albumin: Albumin,
    sex: Sex,
    dialysis: bool,
) -> Result<Meld, OutcomeError> {
    let logs = Logarithms::of(
        bilirubin,
        inr,
        creatinine,
        dialysis,
        CREATININE_TO_OF_MELD_3_MG_PER_DL,
    )?;
    let lack = sodium_lack(sodium)?;
    check_albumin(albumin)?;
    let albumin_lack =
        ALBUMIN_REFERENCE_G_PER_DL - albumin.as_g_per_dl().clamp(1.5, ALBUMIN_REFERENCE_G_PER_DL);
    let of_sex = match sex {
        Sex::Female => 1.33,
        Sex::Male => 0.0,
    };
    Ok(Meld::of(
        of_sex + 4.56 * logs.bilirubin + 0.82 * lack - 0.24 * lack * logs.bilirubin
            + 9.09 * logs.inr
            + 11.14 * logs.creatinine
            + 1.85 * albumin_lack
            - 1.83 * albumin_lack * logs.creatinine
            + 6.0,
    ))
}

/// Natural logarithms of the values within their bounds.
struct Logarithms {
    bilirubin: f64,
    inr: f64,
    creatinine: f64,
}

impl Logarithms {
    fn of(
        bilirubin: Bilirubin,
        inr: Inr,
        creatinine: Creatinine,
        dialysis: bool,
        creatinine_to_mg_per_dl: f64,
    ) -> Result<Self, OutcomeError> {
        check_bilirubin(bilirubin)?;
        check_inr(inr)?;
        check_creatinine(creatinine)?;
        let creatinine = if dialysis {
            creatinine_to_mg_per_dl
        } else {
            creatinine
                .as_mg_per_dl()
                .clamp(1.0, creatinine_to_mg_per_dl)
        };
        Ok(Self {
            bilirubin: bilirubin.as_mg_per_dl().max(1.0).ln(),
            inr: inr.as_ratio().max(1.0).ln(),
            creatinine: creatinine.ln(),
        })
    }
}

/// How far sodium is below its reference, 0 to 12 mmol/L.
fn sodium_lack(sodium: Sodium) -> Result<f64, OutcomeError> {
    check_sodium(sodium)?;
    Ok(SODIUM_REFERENCE_MMOL_PER_L
        - sodium
            .as_mmol_per_l()
            .clamp(125.0, SODIUM_REFERENCE_MMOL_PER_L))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// MELD, MELD-Na and MELD 3.0 of bilirubin (mg/dL), INR, creatinine
    /// (mg/dL), sodium (mmol/L), albumin (g/dL).
    fn all(values: [f64; 5], sex: Sex, dialysis: bool) -> [Meld; 3] {
        let bilirubin = Bilirubin::from_mg_per_dl(values[0]);
        let inr = Inr::from_ratio(values[1]).unwrap();
        let creatinine = Creatinine::from_mg_per_dl(values[2]);
        let sodium = Sodium::from_mmol_per_l(values[3]);
        let albumin = Albumin::from_g_per_dl(values[4]);
        [
            meld(bilirubin, inr, creatinine, dialysis).unwrap(),
            meld_sodium(bilirubin, inr, creatinine, sodium, dialysis).unwrap(),
            meld_3(bilirubin, inr, creatinine, sodium, albumin, sex, dialysis).unwrap(),
        ]
    }

    #[test]
    fn reproduces_the_patients_of_the_table() {
        // TV-E3 [C], three decimals.
        for (values, sex, expected) in [
            (
                [1.9, 1.2, 1.3, 137.0, 3.0],
                Sex::Female,
                [13.409, 13.0, 15.522],
            ),
            (
                [1.9, 1.2, 1.3, 137.0, 3.0],
                Sex::Male,
                [13.409, 13.0, 14.192],
            ),
            (
                [2.0, 1.5, 1.0, 130.0, 2.5],
                Sex::Female,
                [13.591, 20.006, 20.602],
            ),
            (
                [5.0, 2.0, 2.0, 128.0, 2.0],
                Sex::Male,
                [26.910, 30.861, 32.137],
            ),
            ([0.8, 1.0, 0.7, 140.0, 4.2], Sex::Male, [6.43, 6.0, 6.0]),
            ([0.8, 1.0, 0.7, 140.0, 4.2], Sex::Female, [6.43, 6.0, 7.33]),
        ] {
            let found = all(values, sex, false);
            for (score, expected) in found.iter().zip(expected) {
                assert!(
                    (score.unrounded - expected).abs() <= 0.5e-3 + 1e-9,
                    "{values:?} {sex}: {score:?}, expected {expected}"
                );
            }
        }
    }

    #[test]
    fn dialysis_is_the_largest_creatinine() {
        let usual = [2.0, 1.5, 1.0, 130.0, 2.5];
        let high = [2.0, 1.5, 9.0, 130.0, 2.5];
        assert_eq!(all(usual, Sex::Male, true), all(high, Sex::Male, false));
        // 9.57·ln 4 = 13.267 more than with 1.0.
        let [with, ..] = all(usual, Sex::Male, true);
        let [without, ..] = all(usual, Sex::Male, false);
        assert!((with.unrounded - without.unrounded - 13.267).abs() < 0.5e-3);
    }

    #[test]
    fn refuses_what_no_patient_has() {
        let inr = Inr::from_ratio(1.0).unwrap();
        let said = |bilirubin: f64, creatinine: f64, sodium: f64| {
            meld_sodium(
                Bilirubin::from_mg_per_dl(bilirubin),
                inr,
                Creatinine::from_mg_per_dl(creatinine),
                Sodium::from_mmol_per_l(sodium),
                false,
            )
            .unwrap_err()
            .to_string()
        };
        assert_eq!(
            said(-1.0, 1.0, 137.0),
            "bilirubin -17.1 umol/L is outside 1..=1500 umol/L; is the unit right?"
        );
        assert_eq!(
            said(1.0, 50.0, 137.0),
            "creatinine 4420 umol/L is outside 10..=3000 umol/L; is the unit right?"
        );
        assert_eq!(
            said(1.0, 1.0, 13.7),
            "sodium 13.7 mmol/L is outside 90..=200 mmol/L; is the unit right?"
        );
    }

    proptest! {
        #[test]
        fn scores_are_whole_numbers_of_6_to_40_and_rise_with_inr(
            bilirubin in 0.1..60.0_f64,
            inr in 0.6..9.0_f64,
            creatinine in 0.2..30.0_f64,
            sodium in 95.0..190.0_f64,
            albumin in 1.1..6.5_f64,
        ) {
            let values = [bilirubin, inr, creatinine, sodium, albumin];
            let here = all(values, Sex::Female, false);
            let worse = all([bilirubin, inr * 2.0, creatinine, sodium, albumin], Sex::Female, false);
            for (here, worse) in here.iter().zip(&worse) {
                prop_assert!((6..=40).contains(&here.score));
                prop_assert!(worse.score >= here.score);
            }
        }
    }
}
