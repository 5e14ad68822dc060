//! Reduction of a prescription by the lung shunt, as a table (resin).
//!
//! `A = f(L)·A₀` with the activity `A₀` of a formula that knows no shunt, the
//! lung shunt fraction `L` and the factor `f` of the table; past its last band
//! the treatment is contraindicated, which is an outcome and no error.
//! Applies to the body surface and the empiric method alone: the dose models
//! contain `1 − L` already, and only [`ActivityBeforeShunt`] can be reduced.
//! The label prints 10, 15 and 20 % in two bands each; which band they are in
//! stands in `data/shunt_reduction.toml`, and a shunt that near to a border is
//! marked, since another measurement could fall on the other side.
//! Source: label of the resin microspheres, recalled; the factors 0.8 and 0.6
//! are used in Grosser 2015 (`grosser2015`).

use serde::{Deserialize, Serialize};
use sirt_quantity::{Activity, LungShuntFraction};

use crate::DosimetryError;

const TABLE: &str = "table of lung shunt reductions";
/// Rounding of a difference of fractions, so that a border's margin is closed.
const ROUNDING: f64 = 1e-12;

/// An activity by a formula that knows no lung shunt.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct ActivityBeforeShunt(Activity);

impl ActivityBeforeShunt {
    pub(super) const fn new(activity: Activity) -> Self {
        Self(activity)
    }

    /// The activity as the formula gives it.
    #[must_use]
    pub const fn activity(self) -> Activity {
        self.0
    }
}

/// A band of the table, from the end of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReductionBand {
    /// Its end, percent.
    pub up_to_percent: f64,
    /// Whether the end belongs to it.
    pub end_included: bool,
    /// What the activity is multiplied by.
    pub factor: f64,
}

/// Reduction factors by lung shunt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShuntReductionTable {
    /// Bibliography key with place, or words.
    pub source: String,
    /// Whether a value was not checked against its source.
    pub doubtful: bool,
    /// What is in doubt; empty where nothing is.
    #[serde(default)]
    pub doubt: String,
    /// How near to a border a shunt is marked, percentage points.
    pub border_margin_points: f64,
    /// The bands, rising; past the last the treatment is contraindicated.
    #[serde(rename = "band")]
    pub bands: Vec<ReductionBand>,
}

/// A border of the table that a shunt is near to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShuntBoundary {
    /// The border, percent.
    pub percent: f64,
    /// The factor on its other side; none where that is contraindicated.
    pub other_factor: Option<f64>,
}

/// What the table says of a lung shunt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShuntReduction {
    /// What the activity is multiplied by; none where the treatment is
    /// contraindicated.
    pub factor: Option<f64>,
    /// The border that the shunt is near to.
    pub boundary: Option<ShuntBoundary>,
}

impl ShuntReduction {
    /// The reduced activity; none where the treatment is contraindicated.
    #[must_use]
    pub fn apply(&self, activity: ActivityBeforeShunt) -> Option<Activity> {
        self.factor.map(|factor| activity.0 * factor)
    }

    /// The activity before the reduction; the inverse of
    /// [`ShuntReduction::apply`].
    #[must_use]
    pub fn before(&self, reduced: Activity) -> Option<ActivityBeforeShunt> {
        self.factor
            .map(|factor| ActivityBeforeShunt(reduced / factor))
    }
}

impl ShuntReductionTable {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../../data/shunt_reduction.toml"))
    }

    /// Reads a table in the form of `data/shunt_reduction.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, no bands,
    /// bands that do not rise within 0 to 100 %, factors that are not in 0 to 1
    /// or rise, or a margin that is negative.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if table.bands.is_empty() {
            return Err(wrong("no bands, at least one is needed".to_owned()));
        }
        if !(table.border_margin_points.is_finite() && table.border_margin_points >= 0.0) {
            return Err(wrong(format!(
                "margin {} is outside finite values from 0 points",
                table.border_margin_points
            )));
        }
        let (mut end, mut factor) = (0.0, 1.0);
        for band in &table.bands {
            if !(band.up_to_percent > end && band.up_to_percent <= 100.0) {
                return Err(wrong(format!(
                    "band up to {} % does not come after {end} % within 100 %",
                    band.up_to_percent
                )));
            }
            if !(band.factor > 0.0 && band.factor <= factor) {
                return Err(wrong(format!(
                    "factor {} up to {} % is outside 0 to {factor}",
                    band.factor, band.up_to_percent
                )));
            }
            (end, factor) = (band.up_to_percent, band.factor);
        }
        Ok(table)
    }

    /// What the table says of a lung shunt.
    #[must_use]
    pub fn reduction(&self, lung_shunt: LungShuntFraction) -> ShuntReduction {
        let shunt = lung_shunt.as_fraction();
        let inside = |band: &ReductionBand| {
            let end = band.up_to_percent / 100.0;
            shunt < end || (band.end_included && shunt <= end)
        };
        let at = self.bands.iter().position(inside);
        let factor_of = |index: usize| self.bands.get(index).map(|band| band.factor);
        let margin = self.border_margin_points / 100.0 + ROUNDING;
        let boundary = self
            .bands
            .iter()
            .enumerate()
            .find(|(_, band)| (shunt - band.up_to_percent / 100.0).abs() <= margin)
            .map(|(index, band)| ShuntBoundary {
                percent: band.up_to_percent,
                other_factor: if at.is_some_and(|at| at <= index) {
                    factor_of(index + 1)
                } else {
                    factor_of(index)
                },
            });
        ShuntReduction {
            factor: at.and_then(factor_of),
            boundary,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::{Capacity, Length, Mass};

    use super::*;
    use crate::prescription::{BodySurfacePrescription, InvolvedVolume, SurfaceFormula};

    fn reduction(fraction: f64) -> ShuntReduction {
        ShuntReductionTable::built_in()
            .unwrap()
            .reduction(LungShuntFraction::from_fraction(fraction).unwrap())
    }

    #[test]
    fn reduces_the_worked_prescription() {
        // TV-B6: 1.8597 GBq at 12, 17 and 21 %.
        let liver =
            InvolvedVolume::of_liver(Capacity::from_ml(1800.0), Capacity::from_ml(450.0)).unwrap();
        // TV-B2: 170 cm and 70 kg.
        let area = SurfaceFormula::DuBois
            .area(Length::from_cm(170.0), Mass::from_kg(70.0))
            .unwrap();
        let plan = BodySurfacePrescription::whole_liver(area, liver).unwrap();
        let reduced = |fraction: f64| {
            reduction(fraction)
                .apply(plan.activity())
                .map(sirt_quantity::Activity::as_gbq)
        };
        assert!((reduced(0.12).unwrap() - 1.4877).abs() <= 0.5e-4);
        assert!((reduced(0.17).unwrap() - 1.1158).abs() <= 0.5e-4);
        assert_eq!(reduced(0.21), None);
    }

    #[test]
    fn borders_belong_where_the_convention_says() {
        // DOMAIN B.4: [0,10) full; [10,15) 0.8; [15,20] 0.6; over 20 not.
        for (percent, factor) in [
            ("0%", Some(1.0)),
            ("9.99%", Some(1.0)),
            ("10%", Some(0.8)),
            ("14.99%", Some(0.8)),
            ("15%", Some(0.6)),
            ("20%", Some(0.6)),
            ("20.01%", None),
            ("100%", None),
        ] {
            let shunt: LungShuntFraction = percent.parse().unwrap();
            assert_eq!(reduction(shunt.as_fraction()).factor, factor, "{percent}");
        }
    }

    #[test]
    fn marks_shunts_within_half_a_point_of_a_border() {
        let boundary = |fraction: f64| reduction(fraction).boundary;
        assert_eq!(boundary(0.094), None);
        let near = |percent: f64, other_factor: Option<f64>| {
            Some(ShuntBoundary {
                percent,
                other_factor,
            })
        };
        assert_eq!(boundary(0.095), near(10.0, Some(0.8)));
        assert_eq!(boundary(0.105), near(10.0, Some(1.0)));
        assert_eq!(boundary(0.145), near(15.0, Some(0.6)));
        assert_eq!(boundary(0.15), near(15.0, Some(0.8)));
        assert_eq!(boundary(0.195), near(20.0, None));
        assert_eq!(boundary(0.2), near(20.0, None));
        assert_eq!(boundary(0.205), near(20.0, Some(0.6)));
        assert_eq!(boundary(0.206), None);
    }

    #[test]
    fn refuses_tables_that_are_none() {
        let said = |bands: &str| {
            let head = "source = \"x\"\ndoubtful = false\nborder_margin_points = 0.5\n";
            ShuntReductionTable::from_toml(&(head.to_owned() + bands))
                .unwrap_err()
                .to_string()
        };
        let band = |end: f64, factor: f64| {
            format!(
                "[[band]]\nup_to_percent = {end:?}\nend_included = false\nfactor = {factor:?}\n"
            )
        };
        assert_eq!(
            said("band = []\n"),
            "table of lung shunt reductions: no bands, at least one is needed"
        );
        assert_eq!(
            said(&(band(10.0, 1.0) + &band(10.0, 0.8))),
            "table of lung shunt reductions: band up to 10 % does not come after 10 % within 100 %"
        );
        assert_eq!(
            said(&(band(10.0, 0.8) + &band(15.0, 0.9))),
            "table of lung shunt reductions: factor 0.9 up to 15 % is outside 0 to 0.8"
        );
        assert_eq!(
            said(&band(10.0, 0.0)),
            "table of lung shunt reductions: factor 0 up to 10 % is outside 0 to 1"
        );
        let text = "source = \"x\"\ndoubtful = false\nborder_margin_points = -0.5\n".to_owned()
            + &band(10.0, 1.0);
        assert_eq!(
            ShuntReductionTable::from_toml(&text)
                .unwrap_err()
                .to_string(),
            "table of lung shunt reductions: margin -0.5 is outside finite values from 0 points"
        );
    }

    proptest! {
        #[test]
        fn more_shunt_never_gives_more_and_the_reduction_can_be_undone(
            low in 0.0..0.2_f64,
            more in 0.0..0.2_f64,
            gbq in 0.1..4.0_f64,
        ) {
            let before = ActivityBeforeShunt::new(Activity::from_gbq(gbq));
            let table = ShuntReductionTable::built_in().unwrap();
            let at = |fraction: f64| {
                table.reduction(LungShuntFraction::from_fraction(fraction).unwrap())
            };
            let reduced = at(low).apply(before).unwrap();
            if let Some(further) = at(low + more).apply(before) {
                prop_assert!(further <= reduced);
            }
            let back = at(low).before(reduced).unwrap().activity();
            prop_assert!((back.as_gbq() / gbq - 1.0).abs() < 1e-9);
        }
    }
}
