//! How much more a tumour takes up than normal liver, in two meanings that
//! differ by the masses.
//!
//! `r = (A_T/m_T)/(A_N/m_N)`, a ratio of concentrations ([`TumourToNormal`]),
//! and `ρ = A_T/A_N`, a ratio of totals ([`ActivityRatio`]); `ρ = r·m_T/m_N`.
//!
//! Both are called "T/N" or "R" in print; here one never stands for the other.
//! Counts stand for activities where both come from one image of uniform
//! sensitivity; blur of a small tumour makes `r` too low.
//! Source: Ho 1996 (`ho1996partition`) for `r`, Kao 2013
//! (`kao2013predictive`) for `ρ`.

use sirt_quantity::Mass;

use super::allowed_range;
use crate::DosimetryError;

/// Tumour-to-normal ratio of activity concentrations.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct TumourToNormal(f64);

impl TumourToNormal {
    /// From a ratio of concentrations, over 0.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a ratio that is not finite and over 0.
    pub fn from_ratio(ratio: f64) -> Result<Self, DosimetryError> {
        allowed_range::ratio("tumour-to-normal ratio", ratio).map(Self)
    }

    /// From counts (or activities) and masses of tumour and normal liver.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for counts or masses that are not finite and over 0.
    pub fn from_counts(
        tumour_counts: f64,
        tumour_mass: Mass,
        normal_counts: f64,
        normal_mass: Mass,
    ) -> Result<Self, DosimetryError> {
        let tumour = allowed_range::ratio("counts of the tumour", tumour_counts)?
            / allowed_range::mass("tumour mass", tumour_mass)?.as_g();
        let normal = allowed_range::ratio("counts of the normal liver", normal_counts)?
            / allowed_range::mass("normal liver mass", normal_mass)?.as_g();
        Self::from_ratio(tumour / normal)
    }

    /// The ratio.
    #[must_use]
    pub const fn as_ratio(self) -> f64 {
        self.0
    }

    /// Whether the tumour takes up less than normal liver: then no activity
    /// spares the liver, and the measurement is to be doubted.
    #[must_use]
    pub fn is_hypovascular(self) -> bool {
        self.0 < 1.0
    }

    /// The ratio of totals that it means for these masses.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for masses that are not finite and over 0.
    pub fn activity_ratio(
        self,
        tumour_mass: Mass,
        normal_mass: Mass,
    ) -> Result<ActivityRatio, DosimetryError> {
        let masses = allowed_range::mass("tumour mass", tumour_mass)?
            / allowed_range::mass("normal liver mass", normal_mass)?;
        ActivityRatio::from_ratio(self.0 * masses)
    }
}

/// Ratio of the activities in tumour and in normal liver.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct ActivityRatio(f64);

impl ActivityRatio {
    /// From a ratio of activities, over 0.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a ratio that is not finite and over 0.
    pub fn from_ratio(ratio: f64) -> Result<Self, DosimetryError> {
        allowed_range::ratio("ratio of tumour to normal activity", ratio).map(Self)
    }

    /// The ratio.
    #[must_use]
    pub const fn as_ratio(self) -> f64 {
        self.0
    }

    /// The ratio of concentrations that it means for these masses; the inverse
    /// of [`TumourToNormal::activity_ratio`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for masses that are not finite and over 0.
    pub fn tumour_to_normal(
        self,
        tumour_mass: Mass,
        normal_mass: Mass,
    ) -> Result<TumourToNormal, DosimetryError> {
        let masses = allowed_range::mass("tumour mass", tumour_mass)?
            / allowed_range::mass("normal liver mass", normal_mass)?;
        TumourToNormal::from_ratio(self.0 / masses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUMOUR: Mass = Mass::from_g(300.0);
    const NORMAL: Mass = Mass::from_g(1200.0);

    #[test]
    fn from_counts_and_masses() {
        // TV-B11: 120 000 in 300 g and 160 000 in 1200 g are r = 3.0.
        let ratio = TumourToNormal::from_counts(120_000.0, TUMOUR, 160_000.0, NORMAL).unwrap();
        assert!((ratio.as_ratio() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn totals_and_concentrations_differ_by_the_masses() {
        let ratio = TumourToNormal::from_ratio(4.0).unwrap();
        let totals = ratio.activity_ratio(TUMOUR, NORMAL).unwrap();
        // TV-B7 has A_T = A_N at r = 4.
        assert!((totals.as_ratio() - 1.0).abs() < 1e-12);
        let back = totals.tumour_to_normal(TUMOUR, NORMAL).unwrap();
        assert!((back.as_ratio() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn below_one_is_hypovascular() {
        let flag = |ratio| TumourToNormal::from_ratio(ratio).map(TumourToNormal::is_hypovascular);
        assert_eq!(flag(0.9), Ok(true));
        assert_eq!(flag(1.0), Ok(false));
    }

    #[test]
    fn refuses_what_is_no_ratio() {
        for ratio in [0.0, -4.0, f64::NAN, f64::INFINITY] {
            assert_eq!(
                TumourToNormal::from_ratio(ratio).unwrap_err().to_string(),
                format!("tumour-to-normal ratio {ratio} is outside finite values over 0")
            );
            assert_eq!(
                ActivityRatio::from_ratio(ratio).unwrap_err().to_string(),
                format!(
                    "ratio of tumour to normal activity {ratio} is outside finite values over 0"
                )
            );
        }
        let said = |counts: [f64; 2], masses: [Mass; 2]| {
            TumourToNormal::from_counts(counts[0], masses[0], counts[1], masses[1])
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said([0.0, 1.0], [TUMOUR, NORMAL]),
            "counts of the tumour 0 is outside finite values over 0"
        );
        assert_eq!(
            said([1.0, -1.0], [TUMOUR, NORMAL]),
            "counts of the normal liver -1 is outside finite values over 0"
        );
        assert_eq!(
            said([1.0, 1.0], [TUMOUR, Mass::ZERO]),
            "normal liver mass 0 g is outside finite values over 0 g"
        );
    }
}
