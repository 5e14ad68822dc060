//! Partition in the form of predictive dosimetry (Kao 2013): ratios of totals,
//! and a lung shunt that is counted against the tumour alone.
//!
//! `A = A_T + A_N + A_L`, `ρ = A_T/A_N`, `s = A_L/(A_T + A_L)`, hence
//!
//! `A_T = A/(1 + 1/ρ + s/(1−s))`, `D_T = k·A_T/m_T`, `A = D_T·m_T/k·(1 + 1/ρ + s/(1−s))`
//!
//! with delivered activities `A` (GBq), the ratio of totals `ρ`, the
//! tumour-to-lung shunt fraction `s` (TLSF) and the dose factor `k`
//! (Gy·kg/GBq; 50 as printed).
//! Assumes that what passes to the lungs passes through the tumour, so `s`
//! exceeds the usual lung shunt fraction `L = A_L/A` of the same image and is
//! no [`sirt_quantity::LungShuntFraction`].
//! Source: Kao 2013 (`kao2013predictive`).

use sirt_quantity::{
    AbsorbedDose, Activity, DoseFactor, LungShuntFraction, Mass, ResidualFraction,
};

use super::{ActivityRatio, Delivery, Partition, allowed_range};
use crate::DosimetryError;

/// Part of the activity of tumour and lungs together that is in the lungs.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct TumourLungShuntFraction(f64);

impl TumourLungShuntFraction {
    /// From a value of 0 to below 1.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a value outside.
    pub fn from_fraction(value: f64) -> Result<Self, DosimetryError> {
        if (0.0..1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(DosimetryError::OutOfRange {
                what: "tumour-to-lung shunt fraction",
                value: value.to_string(),
                allowed: "0 to below 1",
            })
        }
    }

    /// The value, 0 to below 1.
    #[must_use]
    pub const fn as_fraction(self) -> f64 {
        self.0
    }
}

/// A perfused volume with ratios of totals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictivePartition {
    ratio: ActivityRatio,
    shunt: TumourLungShuntFraction,
    dose_factor: DoseFactor,
}

/// Activities of the compartments; doses follow from their masses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictivePartitionDoses {
    /// Activity in the tumour.
    pub tumour_activity: Activity,
    /// Activity in normal liver.
    pub normal_activity: Activity,
    /// Activity in the lungs.
    pub lung_activity: Activity,
    /// Mean dose of the tumour.
    pub tumour: AbsorbedDose,
}

impl PredictivePartition {
    /// From the ratio of totals, the shunt and the dose factor.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a dose factor that is not finite and over 0.
    pub fn new(
        ratio: ActivityRatio,
        shunt: TumourLungShuntFraction,
        dose_factor: DoseFactor,
    ) -> Result<Self, DosimetryError> {
        allowed_range::ratio("dose factor", dose_factor.as_gy_kg_per_gbq())?;
        Ok(Self {
            ratio,
            shunt,
            dose_factor,
        })
    }

    /// Activities and tumour dose from a delivered activity.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not
    /// finite, or a mass that is not over 0.
    pub fn doses(
        &self,
        delivered: Activity,
        tumour_mass: Mass,
    ) -> Result<PredictivePartitionDoses, DosimetryError> {
        let mass = allowed_range::mass("tumour mass", tumour_mass)?;
        let tumour_activity = allowed_range::activity(delivered)? / self.total_per_tumour();
        Ok(PredictivePartitionDoses {
            tumour_activity,
            normal_activity: tumour_activity / self.ratio.as_ratio(),
            lung_activity: tumour_activity * self.lungs_per_tumour(),
            tumour: self.dose_factor.dose(tumour_activity, mass),
        })
    }

    /// A delivered activity that gives the tumour a mean dose; the inverse of
    /// [`PredictivePartition::doses`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a dose or mass that is not over 0.
    pub fn activity_for_tumour(
        &self,
        dose: AbsorbedDose,
        tumour_mass: Mass,
    ) -> Result<Activity, DosimetryError> {
        let mass = allowed_range::mass("tumour mass", tumour_mass)?;
        let dose = allowed_range::dose("tumour dose", dose)?;
        Ok(self.dose_factor.activity(dose, mass) * self.total_per_tumour())
    }

    /// The usual lung shunt fraction that the same activities have.
    ///
    /// # Errors
    /// None for the values that this type holds.
    pub fn lung_shunt(&self) -> Result<LungShuntFraction, DosimetryError> {
        let fraction = self.lungs_per_tumour() / self.total_per_tumour();
        Ok(LungShuntFraction::from_fraction(fraction)?)
    }

    /// The same volume as a partition by concentrations and lung shunt.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for masses that are not over 0.
    pub fn as_partition(
        &self,
        tumour_mass: Mass,
        normal_mass: Mass,
        residual: ResidualFraction,
    ) -> Result<Partition, DosimetryError> {
        let ratio = self.ratio.tumour_to_normal(tumour_mass, normal_mass)?;
        let delivery = Delivery::new(self.dose_factor, self.lung_shunt()?, residual)?;
        Partition::new(ratio, tumour_mass, normal_mass, delivery)
    }

    /// `A_L/A_T`.
    fn lungs_per_tumour(&self) -> f64 {
        self.shunt.0 / (1.0 - self.shunt.0)
    }

    /// `A/A_T`.
    fn total_per_tumour(&self) -> f64 {
        1.0 + 1.0 / self.ratio.as_ratio() + self.lungs_per_tumour()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn model(ratio: f64, shunt: f64) -> PredictivePartition {
        PredictivePartition::new(
            ActivityRatio::from_ratio(ratio).unwrap(),
            TumourLungShuntFraction::from_fraction(shunt).unwrap(),
            DoseFactor::from_gy_kg_per_gbq(50.0),
        )
        .unwrap()
    }

    #[test]
    fn shares_by_hand() {
        // A_T = 8, A_N = 4, A_L = 2 of 14: ρ = 2, s = 2/10, L = 2/14.
        let plan = model(2.0, 0.2);
        let doses = plan
            .doses(Activity::from_gbq(1.4), Mass::from_kg(0.4))
            .unwrap();
        assert!((doses.tumour_activity.as_gbq() - 0.8).abs() < 1e-12);
        assert!((doses.normal_activity.as_gbq() - 0.4).abs() < 1e-12);
        assert!((doses.lung_activity.as_gbq() - 0.2).abs() < 1e-12);
        // 50 Gy kg/GBq · 0.8 GBq/0.4 kg.
        assert!((doses.tumour.as_gy() - 100.0).abs() < 1e-9);
        let usual = plan.lung_shunt().unwrap().as_fraction();
        assert!((usual - 2.0 / 14.0).abs() < 1e-12);
    }

    #[test]
    fn refuses_shunts_that_leave_no_tumour() {
        for shunt in [1.0, -0.1, 20.0, f64::NAN] {
            assert_eq!(
                TumourLungShuntFraction::from_fraction(shunt)
                    .unwrap_err()
                    .to_string(),
                format!("tumour-to-lung shunt fraction {shunt} is outside 0 to below 1")
            );
        }
        let said = model(2.0, 0.2).doses(Activity::from_gbq(1.4), Mass::ZERO);
        assert_eq!(
            said.unwrap_err().to_string(),
            "tumour mass 0 g is outside finite values over 0 g"
        );
    }

    proptest! {
        #[test]
        fn agrees_with_the_partition_by_concentrations(
            ratio in 0.05..20.0_f64,
            shunt in 0.0..0.9_f64,
            tumour_kg in 0.005..2.0_f64,
            normal_kg in 0.05..3.0_f64,
            gbq in 0.01..20.0_f64,
        ) {
            let plan = model(ratio, shunt);
            let (tumour_mass, delivered) = (Mass::from_kg(tumour_kg), Activity::from_gbq(gbq));
            let doses = plan.doses(delivered, tumour_mass).unwrap();
            let other = plan
                .as_partition(tumour_mass, Mass::from_kg(normal_kg), ResidualFraction::ZERO)
                .unwrap()
                .doses(delivered)
                .unwrap();
            prop_assert!((doses.tumour / other.tumour - 1.0).abs() < 1e-9);
            prop_assert!((doses.normal_activity / other.normal_activity - 1.0).abs() < 1e-9);
            let lungs = (doses.lung_activity - other.lung_activity).as_gbq();
            prop_assert!(lungs.abs() < 1e-9 * gbq);
            let sum = doses.tumour_activity + doses.normal_activity + doses.lung_activity;
            prop_assert!((sum / delivered - 1.0).abs() < 1e-9);
            let back = plan.activity_for_tumour(doses.tumour, tumour_mass).unwrap();
            prop_assert!((back / delivered - 1.0).abs() < 1e-9);
        }
    }
}
