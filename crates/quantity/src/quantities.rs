//! The quantities of microsphere dosimetry.

use crate::quantity_macro::quantity;

quantity! {
    /// Activity of a nuclide at some instant.
    ///
    /// An activity alone is not a datum: the instant and the half-life that
    /// belong to it are kept beside it by whoever stores it.
    Activity, "an activity",
    {
        from_mbq as_mbq "MBq" 1.0,
        from_bq as_bq "Bq" 1e-6,
        from_kbq as_kbq "kBq" 1e-3,
        from_gbq as_gbq "GBq" 1e3,
    }
}

quantity! {
    /// Activity in a volume of tissue.
    ActivityConcentration, "an activity concentration",
    {
        from_bq_per_ml as_bq_per_ml "Bq/mL" 1.0,
        from_kbq_per_ml as_kbq_per_ml "kBq/mL" 1e3,
        from_mbq_per_ml as_mbq_per_ml "MBq/mL" 1e6,
    }
}

quantity! {
    /// Physical absorbed dose.
    ///
    /// Never converts to [`Bed`] or [`Eqd2`] without α/β and kinetics.
    AbsorbedDose, "an absorbed dose",
    {
        from_gy as_gy "Gy" 1.0,
        from_mgy as_mgy "mGy" 1e-3,
        from_cgy as_cgy "cGy" 1e-2,
    }
}

quantity! {
    /// Biologically effective dose of the linear-quadratic model.
    Bed, "a biologically effective dose",
    { from_gy as_gy "Gy" 1.0 }
}

quantity! {
    /// Equieffective dose in 2 Gy fractions.
    Eqd2, "an equieffective dose in 2 Gy fractions",
    { from_gy as_gy "Gy" 1.0 }
}

quantity! {
    /// Ratio α/β of the linear-quadratic model.
    AlphaBeta, "an alpha/beta ratio",
    { from_gy as_gy "Gy" 1.0 }
}

quantity! {
    /// Energy.
    Energy, "an energy",
    {
        from_mev as_mev "MeV" 1.0,
        from_kev as_kev "keV" 1e-3,
        from_joule as_joule "J" 1.0 / crate::MEV_IN_JOULE,
    }
}

quantity! {
    /// Mass of tissue.
    Mass, "a mass",
    {
        from_g as_g "g" 1.0,
        from_kg as_kg "kg" 1e3,
    }
}

quantity! {
    /// Mass density of tissue.
    Density, "a density",
    {
        from_g_per_ml as_g_per_ml "g/mL" 1.0,
        from_g_per_cm3 as_g_per_cm3 "g/cm3" 1.0,
        from_kg_per_m3 as_kg_per_m3 "kg/m3" 1e-3,
    }
}

quantity! {
    /// Space that a structure takes up (named so because an image is a volume too).
    Capacity, "a volume",
    {
        from_ml as_ml "mL" 1.0,
        from_mm3 as_mm3 "mm3" 1e-3,
        from_l as_l "L" 1e3,
    }
}

quantity! {
    /// Length.
    Length, "a length",
    {
        from_mm as_mm "mm" 1.0,
        from_cm as_cm "cm" 10.0,
        from_m as_m "m" 1e3,
    }
}

quantity! {
    /// Area, such as that of the body's surface.
    Area, "an area",
    {
        from_m2 as_m2 "m2" 1.0,
        from_cm2 as_cm2 "cm2" 1e-4,
    }
}

quantity! {
    /// Signed span of time: positive is later.
    TimeSpan, "a span of time",
    {
        from_hours as_hours "h" 1.0,
        from_minutes as_minutes "min" 1.0 / 60.0,
        from_seconds as_seconds "s" 1.0 / 3600.0,
        from_days as_days "d" 24.0,
    }
}

impl std::ops::Mul<Capacity> for Density {
    type Output = Mass;
    fn mul(self, volume: Capacity) -> Mass {
        Mass::from_g(self.as_g_per_ml() * volume.as_ml())
    }
}

impl std::ops::Div<Capacity> for Mass {
    type Output = Density;
    fn div(self, volume: Capacity) -> Density {
        Density::from_g_per_ml(self.as_g() / volume.as_ml())
    }
}

impl std::ops::Mul<Capacity> for ActivityConcentration {
    type Output = Activity;
    fn mul(self, volume: Capacity) -> Activity {
        Activity::from_bq(self.as_bq_per_ml() * volume.as_ml())
    }
}

impl std::ops::Div<Mass> for Energy {
    type Output = AbsorbedDose;
    fn div(self, mass: Mass) -> AbsorbedDose {
        AbsorbedDose::from_gy(self.as_joule() / mass.as_kg())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QuantityError;

    #[test]
    fn reads_a_number_with_its_unit() {
        assert_eq!("1.4GBq".parse(), Ok(Activity::from_mbq(1400.0)));
        assert_eq!(" 20.4 h ".parse(), Ok(TimeSpan::from_hours(20.4)));
        assert_eq!("1.05g/mL".parse(), Ok(Density::from_g_per_ml(1.05)));
        assert_eq!("1e3Bq".parse(), Ok(Activity::from_kbq(1.0)));
        assert_eq!("-2d".parse(), Ok(TimeSpan::from_hours(-48.0)));
    }

    #[test]
    fn refuses_a_missing_or_foreign_unit_and_says_what_is_allowed() {
        for (text, expected) in [
            (
                "1400",
                "`1400` is not an activity: unit `` is not one of MBq, Bq, kBq, GBq",
            ),
            (
                "3 h",
                "`3 h` is not an activity: unit `h` is not one of MBq, Bq, kBq, GBq",
            ),
            (
                "GBq",
                "`GBq` is not an activity: expected a number and a unit, one of MBq, Bq, kBq, GBq",
            ),
            (
                "nanGBq",
                "`nanGBq` is not an activity: expected a number and a unit, one of MBq, Bq, kBq, GBq",
            ),
            (
                "1e999GBq",
                "`1e999GBq` is not an activity: expected a number and a unit, one of MBq, Bq, kBq, GBq",
            ),
        ] {
            let error: Result<Activity, QuantityError> = text.parse();
            assert_eq!(
                error.map_err(|error| error.to_string()),
                Err(expected.to_owned())
            );
        }
    }

    #[test]
    fn only_physical_products_are_operators() {
        let mass = Density::from_g_per_ml(1.03) * Capacity::from_ml(1200.0);
        // TV-B5: 1200 mL at 1.03 g/mL is 1.236 kg.
        assert!((mass.as_kg() - 1.236).abs() < 1e-12);
        let dose = Energy::from_joule(2.0) / Mass::from_kg(0.5);
        assert!((dose.as_gy() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn prints_the_stored_unit_with_the_wanted_precision() {
        assert_eq!(format!("{:.1}", Activity::from_gbq(1.4)), "1400.0 MBq");
        assert_eq!(TimeSpan::from_minutes(90.0).to_string(), "1.5 h");
    }
}
