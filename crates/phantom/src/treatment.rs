//! How much activity was given and where it went.
//!
//! Each part holds its activity in uniform concentration, so that every
//! total has a closed form. With the administered activity `A`, the lung
//! shunt fraction `L`, the extrahepatic fraction `E`, the volumes `V` of both
//! lobes outside tumours and `V_i` of tumours with their ratios `r_i` to the
//! liver of their own lobe, and the ratio `q` of right to left liver:
//!
//! `c_left = A·(1 − L − E) / (q·(V_right + Σ_right r_i·V_i) + V_left + Σ_left r_i·V_i)`,
//! `c_right = q·c_left`, `c_i = r_i·c_lobe`, `c_lung = A·L/V_lung`.

use sirt_image::PatientPoint;
use sirt_quantity::{Activity, ActivityConcentration, Capacity, Length};

use crate::PhantomError;
use crate::anatomy::{Anatomy, Part, lobe_capacity_at_treatment_mm3};
use crate::lesion::{LESIONS, Lobe, TREATED_LESIONS};

/// Microspheres outside liver and lung: a sphere, as in the wall of a bowel.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ExtrahepaticDeposit {
    /// Centre.
    pub centre: PatientPoint,
    /// Diameter, 2 to 60 mm.
    pub diameter: Length,
    /// Fraction of the administered activity, above 0 and at most 0.5.
    pub fraction: f64,
}

/// One administration to the whole liver.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Treatment {
    /// Y-90 that reached the patient.
    pub administered: Activity,
    /// Tc-99m of the MAA that reached the patient.
    pub maa_administered: Activity,
    /// Fraction of either that goes to the lungs, 0..=0.5.
    pub lung_shunt: f64,
    /// Concentration of the right lobe over the left, both outside tumours.
    pub right_to_left: f64,
    /// Concentration of Y-90 in each treated lesion over the liver of its lobe.
    pub tumour_to_normal: [f64; TREATED_LESIONS],
    /// The same of MAA, which predicts the spheres well but not perfectly.
    pub maa_tumour_to_normal: [f64; TREATED_LESIONS],
    /// A deposit outside the liver, if any.
    pub extrahepatic: Option<ExtrahepaticDeposit>,
}

impl Treatment {
    /// The treatment of the built-in patient: 1.8 GBq, 4 % lung shunt, the
    /// fourth tumour colder than the liver.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            administered: Activity::from_gbq(1.8),
            maa_administered: Activity::from_mbq(150.0),
            lung_shunt: 0.04,
            right_to_left: 1.5,
            tumour_to_normal: [5.0, 3.5, 6.0, 0.6, 4.0, 3.0],
            maa_tumour_to_normal: [4.2, 4.0, 6.5, 0.9, 3.2, 3.0],
            extrahepatic: None,
        }
    }

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<(), PhantomError> {
        let wrong = |name, value: String, allowed| {
            Err(PhantomError::Setting {
                name,
                value,
                allowed,
            })
        };
        for (name, activity) in [
            ("administered Y-90", self.administered),
            ("administered Tc-99m", self.maa_administered),
        ] {
            if !(activity.as_mbq() > 0.0 && activity.as_gbq() <= 100.0) {
                return wrong(name, format!("{activity}"), "above 0, at most 100 GBq");
            }
        }
        if !(0.0..=0.5).contains(&self.lung_shunt) {
            return wrong(
                "lung shunt fraction",
                format!("{}", self.lung_shunt),
                "0..=0.5",
            );
        }
        let ratios = [self.right_to_left]
            .into_iter()
            .chain(self.tumour_to_normal)
            .chain(self.maa_tumour_to_normal);
        for ratio in ratios {
            if !(0.0..=100.0).contains(&ratio) {
                return wrong("concentration ratio", format!("{ratio}"), "0..=100");
            }
        }
        if let Some(deposit) = &self.extrahepatic {
            if !(deposit.fraction > 0.0 && deposit.fraction <= 0.5) {
                let value = format!("{}", deposit.fraction);
                return wrong("extrahepatic fraction", value, "above 0, at most 0.5");
            }
            if !(2.0..=60.0).contains(&deposit.diameter.as_mm()) {
                let value = format!("{}", deposit.diameter);
                return wrong("diameter of the extrahepatic deposit", value, "2..=60 mm");
            }
            if !deposit.centre.0.iter().all(|x| x.abs() <= 200.0) {
                let value = format!("{:?} mm", deposit.centre.0);
                return wrong("centre of the extrahepatic deposit", value, "±200 mm");
            }
        }
        Ok(())
    }

    /// Concentration of each part at administration.
    pub(crate) fn concentrations(&self, activity: Activity, ratios: &[f64]) -> Concentrations {
        let liver = activity * (1.0 - self.lung_shunt - self.extrahepatic_fraction());
        let mut weighted_ml = [Lobe::Right, Lobe::Left].map(liver_outside_tumours_ml);
        for (design, ratio) in LESIONS.iter().zip(ratios) {
            weighted_ml[usize::from(design.lobe == Lobe::Left)] +=
                ratio * sphere_ml(design.diameter_mm);
        }
        let left = liver.as_bq() / (self.right_to_left * weighted_ml[0] + weighted_ml[1]);
        let lobes = [self.right_to_left * left, left];
        let lesions = LESIONS.iter().zip(ratios);
        let lungs = activity * self.lung_shunt;
        Concentrations {
            lobes: lobes.map(ActivityConcentration::from_bq_per_ml),
            lesions: lesions
                .map(|(design, ratio)| {
                    let lobe = lobes[usize::from(design.lobe == Lobe::Left)];
                    ActivityConcentration::from_bq_per_ml(ratio * lobe)
                })
                .collect(),
            lungs: ActivityConcentration::from_bq_per_ml(lungs.as_bq() / lungs_ml()),
            deposit: ActivityConcentration::from_bq_per_ml(
                self.extrahepatic.as_ref().map_or(0.0, |deposit| {
                    deposit.fraction * activity.as_bq() / sphere_ml(deposit.diameter.as_mm())
                }),
            ),
        }
    }

    fn extrahepatic_fraction(&self) -> f64 {
        self.extrahepatic
            .as_ref()
            .map_or(0.0, |deposit| deposit.fraction)
    }
}

/// Uniform concentration of each part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Concentrations {
    lobes: [ActivityConcentration; 2],
    lesions: Vec<ActivityConcentration>,
    lungs: ActivityConcentration,
    deposit: ActivityConcentration,
}

impl Concentrations {
    pub(crate) fn of(&self, part: Part) -> ActivityConcentration {
        match part {
            Part::Liver(lobe) => self.lobes[usize::from(lobe == Lobe::Left)],
            Part::Lesion(number) => self
                .lesions
                .get(number)
                .copied()
                .unwrap_or(ActivityConcentration::ZERO),
            Part::RightLung | Part::LeftLung => self.lungs,
            Part::Deposit => self.deposit,
            _ => ActivityConcentration::ZERO,
        }
    }
}

/// Volume of a sphere, mL.
pub(crate) fn sphere_ml(diameter_mm: f64) -> f64 {
    Capacity::from_mm3(std::f64::consts::PI / 6.0 * diameter_mm * diameter_mm * diameter_mm).as_ml()
}

/// Both lungs, mL.
pub(crate) fn lungs_ml() -> f64 {
    let mm3 = Anatomy::lung_capacity_mm3(Lobe::Right) + Anatomy::lung_capacity_mm3(Lobe::Left);
    Capacity::from_mm3(mm3).as_ml()
}

/// A lobe at treatment outside its tumours, mL.
pub(crate) fn liver_outside_tumours_ml(lobe: Lobe) -> f64 {
    let tumours: f64 = LESIONS[..TREATED_LESIONS]
        .iter()
        .filter(|design| design.lobe == lobe)
        .map(|design| sphere_ml(design.diameter_mm))
        .sum();
    Capacity::from_mm3(lobe_capacity_at_treatment_mm3(lobe)).as_ml() - tumours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concentrations_times_volumes_are_the_administered_activity() {
        let mut treatment = Treatment::built_in();
        treatment.extrahepatic = Some(ExtrahepaticDeposit {
            centre: PatientPoint([40.0, -40.0, -120.0]),
            diameter: Length::from_mm(15.0),
            fraction: 0.02,
        });
        let c = treatment.concentrations(treatment.administered, &treatment.tumour_to_normal);
        let activity = |part, ml: f64| (c.of(part) * Capacity::from_ml(ml)).as_mbq();
        let mut total = 0.0;
        for lobe in [Lobe::Right, Lobe::Left] {
            total += activity(Part::Liver(lobe), liver_outside_tumours_ml(lobe));
        }
        for (number, design) in LESIONS.iter().enumerate() {
            total += activity(Part::Lesion(number), sphere_ml(design.diameter_mm));
        }
        let lungs = activity(Part::RightLung, lungs_ml());
        let deposit = activity(Part::Deposit, sphere_ml(15.0));
        assert!((lungs - 0.04 * 1800.0).abs() < 1e-9);
        assert!((deposit - 0.02 * 1800.0).abs() < 1e-9);
        assert!((total + lungs + deposit - 1800.0).abs() < 1e-9);
    }

    #[test]
    fn refuses_what_has_no_meaning() {
        let mut treatment = Treatment::built_in();
        treatment.lung_shunt = 1.34;
        let error = treatment.check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "lung shunt fraction 1.34 is outside 0..=0.5"
        );
        treatment.lung_shunt = f64::NAN;
        assert!(treatment.check().is_err());
        let mut treatment = Treatment::built_in();
        treatment.administered = Activity::ZERO;
        assert!(treatment.check().is_err());
    }
}
