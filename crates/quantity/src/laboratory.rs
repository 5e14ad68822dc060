//! Laboratory values of the blood, each with its units.
//!
//! Hospitals print bilirubin and creatinine as amounts (µmol/L) or as masses
//! (mg/dL): 1 mg/dL of bilirubin is 17.1 µmol/L, 1 mg/dL of creatinine is
//! 88.4 µmol/L, the rounded factors that laboratories print.
//! A number without its unit is refused, since a factor of 17 or 88 is not
//! seen in the number itself.
//! Whether a value can be that of a patient is asked where it is used.

use crate::QuantityError;
use crate::quantity_macro::quantity;

quantity! {
    /// Total bilirubin in serum.
    Bilirubin, "a bilirubin concentration",
    {
        from_umol_per_l as_umol_per_l "umol/L" 1.0,
        from_mg_per_dl as_mg_per_dl "mg/dL" 17.1,
    }
}

quantity! {
    /// Albumin in serum.
    Albumin, "an albumin concentration",
    {
        from_g_per_l as_g_per_l "g/L" 1.0,
        from_g_per_dl as_g_per_dl "g/dL" 10.0,
    }
}

quantity! {
    /// Creatinine in serum.
    Creatinine, "a creatinine concentration",
    {
        from_umol_per_l as_umol_per_l "umol/L" 1.0,
        from_mg_per_dl as_mg_per_dl "mg/dL" 88.4,
    }
}

quantity! {
    /// Sodium in serum.
    Sodium, "a sodium concentration",
    {
        from_mmol_per_l as_mmol_per_l "mmol/L" 1.0,
        from_meq_per_l as_meq_per_l "mEq/L" 1.0,
    }
}

quantity! {
    /// Platelets in blood.
    PlateletCount, "a platelet count",
    {
        from_billion_per_l as_billion_per_l "10^9/L" 1.0,
        from_giga_per_l as_giga_per_l "G/L" 1.0,
        from_per_nl as_per_nl "/nL" 1.0,
        from_per_ul as_per_ul "/uL" 1e-3,
        from_per_l as_per_l "/L" 1e-9,
    }
}

quantity! {
    /// Activity of an enzyme in serum: ALT, AST, ALP, GGT, lipase, amylase.
    ///
    /// 1 µkat/L is 60 U/L by definition of both units.
    EnzymeActivity, "an activity of an enzyme",
    {
        from_u_per_l as_u_per_l "U/L" 1.0,
        from_iu_per_l as_iu_per_l "IU/L" 1.0,
        from_ukat_per_l as_ukat_per_l "ukat/L" 60.0,
    }
}

quantity! {
    /// Haemoglobin in blood.
    Haemoglobin, "a haemoglobin concentration",
    {
        from_g_per_l as_g_per_l "g/L" 1.0,
        from_g_per_dl as_g_per_dl "g/dL" 10.0,
    }
}

quantity! {
    /// Lymphocytes in blood.
    LymphocyteCount, "a lymphocyte count",
    {
        from_per_mm3 as_per_mm3 "/mm3" 1.0,
        from_per_ul as_per_ul "/uL" 1.0,
        from_billion_per_l as_billion_per_l "10^9/L" 1e3,
        from_giga_per_l as_giga_per_l "G/L" 1e3,
        from_per_nl as_per_nl "/nL" 1e3,
    }
}

/// International normalised ratio of the prothrombin time; has no unit.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, serde::Serialize)]
#[serde(transparent)]
pub struct Inr(f64);

impl Inr {
    /// From the ratio.
    ///
    /// # Errors
    /// [`QuantityError::OutOfRange`] for a number that is not above 0.
    pub fn from_ratio(value: f64) -> Result<Self, QuantityError> {
        if value.is_finite() && value > 0.0 {
            Ok(Self(value))
        } else {
            Err(QuantityError::OutOfRange {
                what: "INR",
                value: value.to_string(),
                allowed: ">0",
            })
        }
    }

    /// The ratio.
    #[must_use]
    pub const fn as_ratio(self) -> f64 {
        self.0
    }
}

impl std::fmt::Display for Inr {
    /// The number; honours a precision (`{:.1}`).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_units_of_the_laboratory() {
        // DOMAIN E.4: 2 mg/dL of bilirubin is 34 umol/L (34.2 at 17.1).
        assert_eq!("2 mg/dL".parse(), Ok(Bilirubin::from_umol_per_l(34.2)));
        assert_eq!("34.2 umol/L".parse(), Ok(Bilirubin::from_mg_per_dl(2.0)));
        assert_eq!("3.5 g/dL".parse(), Ok(Albumin::from_g_per_l(35.0)));
        assert_eq!("1 mg/dL".parse(), Ok(Creatinine::from_umol_per_l(88.4)));
        assert_eq!("137 mEq/L".parse(), Ok(Sodium::from_mmol_per_l(137.0)));
    }

    #[test]
    fn takes_either_micro_sign_for_the_letter_u() {
        let plain: Result<Bilirubin, _> = "20.5 umol/L".parse();
        assert!(plain.is_ok());
        for text in ["20.5 \u{b5}mol/L", "20.5 \u{3bc}mol/L"] {
            assert_eq!(text.parse::<Bilirubin>(), plain, "{text}");
        }
    }

    #[test]
    fn reads_platelets_as_laboratories_write_them() {
        for text in ["150 10^9/L", "150 G/L", "150e9/L", "150 /nL", "150000/uL"] {
            let count: PlateletCount = text.parse().unwrap();
            assert!((count.as_billion_per_l() - 150.0).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn reads_enzymes_cells_and_haemoglobin() {
        assert_eq!("0.5 ukat/L".parse(), Ok(EnzymeActivity::from_u_per_l(30.0)));
        assert_eq!(
            "1.2 10^9/L".parse(),
            Ok(LymphocyteCount::from_per_mm3(1200.0))
        );
        assert_eq!("13.5 g/dL".parse(), Ok(Haemoglobin::from_g_per_l(135.0)));
        assert!("35".parse::<EnzymeActivity>().is_err());
    }

    #[test]
    fn refuses_a_missing_unit_and_a_ratio_of_nothing() {
        assert_eq!(
            "17".parse::<Bilirubin>().map_err(|error| error.to_string()),
            Err(
                "`17` is not a bilirubin concentration: unit `` is not one of umol/L, mg/dL"
                    .to_owned()
            )
        );
        for value in [0.0, -1.0, f64::NAN] {
            assert!(Inr::from_ratio(value).is_err());
        }
        assert_eq!(
            Inr::from_ratio(0.0).map_err(|error| error.to_string()),
            Err("INR 0 is outside >0".to_owned())
        );
    }
}
