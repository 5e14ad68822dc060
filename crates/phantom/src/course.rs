//! How lesions and liver change after treatment.
//!
//! A lesion of volume `V₀` with mean dose `D`, `m` months after treatment:
//!
//! `V(m)/V₀ = s·2^(m/T_d) + (1 − s)·(f + (1 − f)·2^(−m/T_c))`, `s = e^(−D/D₀)`
//!
//! The part `s` survives and grows on with doubling time `T_d`; the rest is
//! cleared with half-time `T_c` down to a scar `f`.
//! A lesion that appears later is untreated (`s = 1`) from its first month.
//!
//! The right lobe, with mean dose `D_R` to its liver outside tumours, shrinks,
//! and the left one takes over a share `h` of what it lost:
//!
//! `V_R(m) = V_R0·(1 − a·(1 − e^(−D_R/D_a))·(1 − 2^(−m/T_a)))`,
//! `V_L(m) = V_L0 + h·(V_R0 − V_R(m))`.
//!
//! The constants are stated, not fitted: they give a course with partial
//! response, regrowth, progression and a new lesion. They are no model of
//! patients.

use sirt_quantity::AbsorbedDose;

use crate::PhantomError;
use crate::anatomy::{Changes, lobe_capacity_at_treatment_mm3};
use crate::lesion::{LESIONS, Lobe, TREATED_LESIONS};

/// Months after treatment at which the date series has an image.
pub const FOLLOW_UP_MONTHS: [f64; 6] = [0.0, 3.0, 6.0, 12.0, 18.0, 26.0];

/// Constants of the course.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CourseLaw {
    /// `D₀`: dose after which 1/e of a lesion survives, Gy.
    pub survival_dose_gy: f64,
    /// `T_d`: doubling time of what survives, months.
    pub doubling_months: f64,
    /// `T_c`: half-time of clearance, months.
    pub clearance_months: f64,
    /// `f`: what is left of a killed lesion, fraction of its volume.
    pub scar_fraction: f64,
    /// `a`: largest loss of the right lobe, fraction of its volume.
    pub largest_atrophy: f64,
    /// `D_a`: dose to the lobe at which 1 − 1/e of that loss comes, Gy.
    pub atrophy_dose_gy: f64,
    /// `T_a`: half-time of atrophy and hypertrophy, months.
    pub atrophy_months: f64,
    /// `h`: share of the loss that the left lobe takes over.
    pub hypertrophy_share: f64,
}

impl CourseLaw {
    /// The law of the built-in patient.
    pub const BUILT_IN: Self = Self {
        survival_dose_gy: 35.0,
        doubling_months: 12.0,
        clearance_months: 2.5,
        scar_fraction: 0.10,
        largest_atrophy: 0.30,
        atrophy_dose_gy: 40.0,
        atrophy_months: 4.0,
        hypertrophy_share: 0.5,
    };

    /// Volume of a treated lesion over that at treatment.
    #[must_use]
    pub fn relative_lesion_capacity(&self, dose: AbsorbedDose, months: f64) -> f64 {
        let surviving = libm::exp(-dose.as_gy() / self.survival_dose_gy);
        let cleared = libm::exp2(-months / self.clearance_months);
        surviving * self.untreated_growth(months)
            + (1.0 - surviving) * (self.scar_fraction + (1.0 - self.scar_fraction) * cleared)
    }

    /// Volume of an untreated lesion over that when first seen.
    #[must_use]
    pub fn untreated_growth(&self, months: f64) -> f64 {
        libm::exp2(months / self.doubling_months)
    }

    /// Volume of the right and the left lobe over that at treatment.
    #[must_use]
    pub fn relative_lobe_capacities(&self, right_dose: AbsorbedDose, months: f64) -> [f64; 2] {
        let loss = self.largest_atrophy
            * (1.0 - libm::exp(-right_dose.as_gy() / self.atrophy_dose_gy))
            * (1.0 - libm::exp2(-months / self.atrophy_months));
        let right_to_left = lobe_capacity_at_treatment_mm3(Lobe::Right)
            / lobe_capacity_at_treatment_mm3(Lobe::Left);
        [
            1.0 - loss,
            1.0 + self.hypertrophy_share * loss * right_to_left,
        ]
    }
}

/// Shapes of one month from the doses of the treatment.
pub(crate) fn changes_at(
    law: &CourseLaw,
    lesion_doses: &[AbsorbedDose],
    right_lobe_dose: AbsorbedDose,
    month: f64,
) -> Result<Changes, PhantomError> {
    if lesion_doses.len() != TREATED_LESIONS {
        return Err(PhantomError::DoseCount {
            expected: TREATED_LESIONS,
            found: lesion_doses.len(),
        });
    }
    if !(0.0..=LAST_MONTH).contains(&month) {
        return Err(PhantomError::Setting {
            name: "month",
            value: format!("{month}"),
            allowed: "0..=36 months after treatment",
        });
    }
    let wrong = |dose: &&AbsorbedDose| !(dose.as_gy().is_finite() && dose.as_gy() >= 0.0);
    if let Some(dose) = lesion_doses.iter().chain([&right_lobe_dose]).find(wrong) {
        return Err(PhantomError::Setting {
            name: "mean dose",
            value: format!("{dose}"),
            allowed: "0 Gy and above",
        });
    }
    let mut diameters_mm = [None; LESIONS.len()];
    for (number, design) in LESIONS.iter().enumerate() {
        let since = month - design.appears_at_month;
        if since < 0.0 {
            continue;
        }
        let relative = lesion_doses.get(number).map_or_else(
            || law.untreated_growth(since),
            |dose| law.relative_lesion_capacity(*dose, since),
        );
        diameters_mm[number] = Some(design.diameter_mm * libm::cbrt(relative));
    }
    Ok(Changes {
        lobes: law.relative_lobe_capacities(right_lobe_dose, month),
        diameters_mm,
        deposit: None,
    })
}

/// Past this the largest lesions could leave their lobe.
const LAST_MONTH: f64 = 36.0;

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: CourseLaw = CourseLaw::BUILT_IN;

    #[test]
    fn starts_at_one_and_ends_at_scar_or_growth() {
        for dose in [0.0, 20.0, 200.0] {
            let start = LAW.relative_lesion_capacity(AbsorbedDose::from_gy(dose), 0.0);
            assert!((start - 1.0).abs() < 1e-12);
        }
        // s = e^(-10) of 350 Gy is 4.54e-5; after 12 months 2 s + (1 - s)(0.1 + 0.9/2^4.8) = 0.13239.
        let killed = LAW.relative_lesion_capacity(AbsorbedDose::from_gy(350.0), 12.0);
        assert!((killed - 0.132_39).abs() < 1e-4, "{killed}");
        // Without dose it doubles in 12 months.
        let untreated = LAW.relative_lesion_capacity(AbsorbedDose::from_gy(0.0), 12.0);
        assert!((untreated - 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_left_lobe_takes_over_half_of_what_the_right_one_loses() {
        let [right, left] = LAW.relative_lobe_capacities(AbsorbedDose::from_gy(40.0), 8.0);
        // Loss 0.3·(1 − 1/e)·(1 − 1/4) = 0.142227; the lobes stand 2 to 1.
        assert!((right - (1.0 - 0.142_227)).abs() < 1e-6);
        assert!((left - (1.0 + 0.5 * 0.142_227 * 2.0)).abs() < 1e-6);
    }

    #[test]
    fn refuses_a_month_before_treatment_and_a_missing_dose() {
        let doses = [AbsorbedDose::from_gy(100.0); TREATED_LESIONS];
        let dose = AbsorbedDose::from_gy(30.0);
        assert!(changes_at(&LAW, &doses, dose, -1.0).is_err());
        assert!(changes_at(&LAW, &doses[1..], dose, 3.0).is_err());
        assert!(changes_at(&LAW, &doses, AbsorbedDose::from_gy(f64::NAN), 3.0).is_err());
    }
}
