//! Several perfused volumes: the doses of all injections together.
//!
//! For the volumes `i`, each a partition with its own activity, ratio, masses,
//! shunt and residual:
//!
//! `D_N,perfused = k·Σ A_N,i/Σ m_N,i`, `D_N,whole = k·Σ A_N,i/(Σ m_N,i + m_0)`,
//! `D_T = k·Σ A_T,i/Σ m_T,i`, `D_lungs = k·Σ A_L,i/m_lungs`
//!
//! with the activities `A` (GBq) that [`crate::Partition::doses`] gives, the
//! masses `m` (kg), normal liver that nothing perfuses `m_0` and the dose
//! factor `k` (Gy·kg/GBq), one for all.
//! A published limit means the perfused or the whole normal liver: both are
//! given, and neither stands for the other.
//! Assumes that no tissue belongs to two volumes: where they overlap, or one
//! is treated again, doses add voxel by voxel and means do not, so declared
//! overlaps are refused.
//! Source: MIRD Pamphlet 29 (`mird29`).

use sirt_quantity::{AbsorbedDose, Activity, Mass};

use super::{Partition, PartitionDoses, allowed_range};
use crate::DosimetryError;

/// A perfused volume with the activity of its vial.
#[derive(Debug, Clone, PartialEq)]
pub struct PerfusedVolume {
    /// Name, such as the artery.
    pub name: String,
    /// In the vial at administration.
    pub activity: Activity,
    /// Masses, ratio, shunt and residual.
    pub partition: Partition,
}

/// Doses of several perfused volumes.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiCompartmentDoses {
    /// Each volume by itself, in the order given.
    pub volumes: Vec<PartitionDoses>,
    /// Mean dose of all perfused normal liver.
    pub perfused_normal: AbsorbedDose,
    /// Mean dose of all normal liver, perfused or not.
    pub whole_normal: AbsorbedDose,
    /// Mean dose of all perfused tumour.
    pub tumour: AbsorbedDose,
    /// Mean dose of the lungs.
    pub lungs: AbsorbedDose,
}

/// A mean dose of several perfused volumes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MultiCompartmentGoal {
    /// Of all perfused normal liver.
    PerfusedNormal(AbsorbedDose),
    /// Of all normal liver.
    WholeNormal(AbsorbedDose),
    /// Of all perfused tumour.
    Tumour(AbsorbedDose),
    /// Of the lungs.
    Lungs(AbsorbedDose),
}

/// Doses of several perfused volumes, of the normal liver that none of them
/// perfuses (0 g or more) and of the lungs.
///
/// `overlaps` names pairs of volumes that share tissue.
///
/// # Errors
/// [`DosimetryError::OverlappingVolumes`] for any overlap, a volume named
/// twice included; [`DosimetryError::UnknownName`] for an overlap of a volume
/// that is not there; [`DosimetryError::DifferentDoseFactors`];
/// [`DosimetryError::OutOfRange`] for no volumes, or a mass or activity that
/// cannot be.
pub fn multi_compartment_doses(
    volumes: &[PerfusedVolume],
    unperfused_normal: Mass,
    lung_mass: Mass,
    overlaps: &[(&str, &str)],
) -> Result<MultiCompartmentDoses, DosimetryError> {
    let Some(first) = volumes.first() else {
        return Err(DosimetryError::OutOfRange {
            what: "number of perfused volumes",
            value: "0".to_owned(),
            allowed: "at least 1",
        });
    };
    refuse_overlaps(volumes, overlaps)?;
    let factor = first.partition.delivery().dose_factor();
    if !(unperfused_normal.is_finite() && unperfused_normal >= Mass::ZERO) {
        return Err(DosimetryError::OutOfRange {
            what: "mass of unperfused normal liver",
            value: unperfused_normal.to_string(),
            allowed: "finite values from 0 g",
        });
    }
    let lung_mass = allowed_range::mass("lung mass", lung_mass)?;
    let mut doses = Vec::new();
    for volume in volumes {
        let other = volume.partition.delivery().dose_factor();
        let relative = other.as_gy_kg_per_gbq() / factor.as_gy_kg_per_gbq() - 1.0;
        if relative.abs() > f64::EPSILON {
            return Err(DosimetryError::DifferentDoseFactors {
                first: factor.as_gy_kg_per_gbq(),
                other: other.as_gy_kg_per_gbq(),
            });
        }
        doses.push(volume.partition.doses(volume.activity)?);
    }
    let normal_mass: Mass = volumes
        .iter()
        .map(|volume| volume.partition.normal_mass())
        .sum();
    let tumour_mass: Mass = volumes
        .iter()
        .map(|volume| volume.partition.tumour_mass())
        .sum();
    let in_normal: Activity = doses.iter().map(|dose| dose.normal_activity).sum();
    let in_tumour: Activity = doses.iter().map(|dose| dose.tumour_activity).sum();
    let in_lungs: Activity = doses.iter().map(|dose| dose.lung_activity).sum();
    Ok(MultiCompartmentDoses {
        volumes: doses,
        perfused_normal: factor.dose(in_normal, normal_mass),
        whole_normal: factor.dose(in_normal, normal_mass + unperfused_normal),
        tumour: factor.dose(in_tumour, tumour_mass),
        lungs: factor.dose(in_lungs, lung_mass),
    })
}

impl MultiCompartmentDoses {
    /// The factor by which all activities together are to be multiplied so that
    /// a goal is reached: doses are linear in them. The inverse of
    /// [`multi_compartment_doses`] at a fixed share of the volumes.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a goal that is not over 0 Gy;
    /// [`DosimetryError::Unreachable`] where the activities give the tissue none.
    pub fn activity_factor_for(&self, goal: MultiCompartmentGoal) -> Result<f64, DosimetryError> {
        let (tissue, wanted, reached) = match goal {
            MultiCompartmentGoal::PerfusedNormal(dose) => {
                ("perfused normal liver dose", dose, self.perfused_normal)
            }
            MultiCompartmentGoal::WholeNormal(dose) => {
                ("whole normal liver dose", dose, self.whole_normal)
            }
            MultiCompartmentGoal::Tumour(dose) => ("tumour dose", dose, self.tumour),
            MultiCompartmentGoal::Lungs(dose) => ("lung dose", dose, self.lungs),
        };
        let wanted = allowed_range::dose(tissue, wanted)?;
        if reached > AbsorbedDose::ZERO {
            Ok(wanted / reached)
        } else {
            Err(DosimetryError::Unreachable {
                goal: format!("a {tissue} of {wanted}"),
                reason: "none of the volumes brings activity there".to_owned(),
            })
        }
    }
}

fn refuse_overlaps(
    volumes: &[PerfusedVolume],
    overlaps: &[(&str, &str)],
) -> Result<(), DosimetryError> {
    let mut names: Vec<&str> = Vec::new();
    for volume in volumes {
        let name = volume.name.as_str();
        if names.contains(&name) {
            return Err(DosimetryError::OverlappingVolumes {
                first: name.to_owned(),
                second: name.to_owned(),
            });
        }
        names.push(name);
    }
    for (first, second) in overlaps {
        for name in [first, second] {
            if !names.contains(name) {
                return Err(DosimetryError::UnknownName {
                    what: "perfused volume",
                    name: (*name).to_owned(),
                    known: names.join(", "),
                });
            }
        }
    }
    overlaps.first().map_or(Ok(()), |(first, second)| {
        Err(DosimetryError::OverlappingVolumes {
            first: (*first).to_owned(),
            second: (*second).to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::{DoseFactor, LungShuntFraction, ResidualFraction};

    use super::*;
    use crate::prescription::{Delivery, TumourToNormal};

    fn volume(name: &str, factor: f64, values: [f64; 5]) -> PerfusedVolume {
        let [ratio, tumour_kg, normal_kg, lung_shunt, gbq] = values;
        let delivery = Delivery::new(
            DoseFactor::from_gy_kg_per_gbq(factor),
            LungShuntFraction::from_fraction(lung_shunt).unwrap(),
            ResidualFraction::ZERO,
        )
        .unwrap();
        PerfusedVolume {
            name: name.to_owned(),
            activity: Activity::from_gbq(gbq),
            partition: Partition::new(
                TumourToNormal::from_ratio(ratio).unwrap(),
                Mass::from_kg(tumour_kg),
                Mass::from_kg(normal_kg),
                delivery,
            )
            .unwrap(),
        }
    }

    fn example() -> [PerfusedVolume; 2] {
        [
            volume("right", 49.67, [5.0, 0.35, 0.65, 0.06, 1.4]),
            volume("left", 49.67, [3.0, 0.05, 0.45, 0.04, 0.5]),
        ]
    }

    const UNPERFUSED: Mass = Mass::from_kg(0.2);
    const LUNGS: Mass = Mass::from_kg(1.0);

    #[test]
    fn right_and_left_lobe_of_the_worked_example() {
        // TV-B12.
        let doses = multi_compartment_doses(&example(), UNPERFUSED, LUNGS, &[]).unwrap();
        let [right, left] = doses.volumes.as_slice() else {
            panic!("two volumes give two doses");
        };
        for (got, expected, digit) in [
            (right.tumour.as_gy(), 136.179, 1e-3),
            (right.normal_liver.as_gy(), 27.236, 1e-3),
            (right.normal_activity.as_gbq(), 0.35642, 1e-5),
            (left.tumour.as_gy(), 119.208, 1e-3),
            (left.normal_liver.as_gy(), 39.736, 1e-3),
            (left.normal_activity.as_gbq(), 0.36, 1e-5),
            (doses.perfused_normal.as_gy(), 32.349, 1e-3),
            (doses.whole_normal.as_gy(), 27.373, 1e-3),
            (doses.lungs.as_gy(), 5.166, 1e-3),
            (doses.tumour.as_gy(), 134.057, 1e-3),
        ] {
            assert!((got - expected).abs() <= digit / 2.0, "{got} {expected}");
        }
    }

    #[test]
    fn refuses_overlaps_and_what_is_no_plan() {
        let said = |volumes: &[PerfusedVolume], overlaps: &[(&str, &str)]| {
            multi_compartment_doses(volumes, UNPERFUSED, LUNGS, overlaps)
                .unwrap_err()
                .to_string()
        };
        let example = example();
        assert_eq!(
            said(&example, &[("right", "left")]),
            "perfused volumes `right` and `left` overlap: doses add voxel by voxel there, their means do not"
        );
        let again = [example[0].clone(), example[0].clone()];
        assert_eq!(
            said(&again, &[]),
            "perfused volumes `right` and `right` overlap: doses add voxel by voxel there, their means do not"
        );
        assert_eq!(
            said(&example, &[("right", "caudate")]),
            "perfused volume `caudate` is unknown; known are right, left"
        );
        assert_eq!(
            said(&[], &[]),
            "number of perfused volumes 0 is outside at least 1"
        );
        let mixed = [
            example[0].clone(),
            volume("left", 50.0, [3.0, 0.05, 0.45, 0.04, 0.5]),
        ];
        assert_eq!(
            said(&mixed, &[]),
            "dose factors 49.67 and 50 Gy kg/GBq in one plan: use one for all volumes"
        );
        let masses = |unperfused: f64, lungs: f64| {
            multi_compartment_doses(&example, Mass::from_g(unperfused), Mass::from_g(lungs), &[])
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            masses(-1.0, 1000.0),
            "mass of unperfused normal liver -1 g is outside finite values from 0 g"
        );
        assert_eq!(
            masses(0.0, 0.0),
            "lung mass 0 g is outside finite values over 0 g"
        );
    }

    #[test]
    fn lungs_without_shunt_cannot_be_a_goal() {
        let volumes = [volume("right", 49.67, [5.0, 0.35, 0.65, 0.0, 1.4])];
        let doses = multi_compartment_doses(&volumes, UNPERFUSED, LUNGS, &[]).unwrap();
        let goal = MultiCompartmentGoal::Lungs(AbsorbedDose::from_gy(30.0));
        assert_eq!(
            doses.activity_factor_for(goal).unwrap_err().to_string(),
            "no activity gives a lung dose of 30 Gy: none of the volumes brings activity there"
        );
    }

    proptest! {
        #[test]
        fn conserves_energy_and_scales_back(
            first in (0.2..10.0_f64, 0.01..1.0_f64, 0.1..1.5_f64, 0.001..0.5_f64, 0.1..5.0_f64),
            second in (0.2..10.0_f64, 0.01..1.0_f64, 0.1..1.5_f64, 0.001..0.5_f64, 0.1..5.0_f64),
            factor in 0.1..5.0_f64,
        ) {
            let mut volumes = [("right", first), ("left", second)]
                .map(|(name, (r, t, n, l, a))| volume(name, 49.67, [r, t, n, l, a]));
            let doses = multi_compartment_doses(&volumes, UNPERFUSED, LUNGS, &[]).unwrap();
            let deposited = doses.tumour.as_gy() * (first.1 + second.1)
                + doses.perfused_normal.as_gy() * (first.2 + second.2)
                + doses.lungs.as_gy();
            prop_assert!((deposited / (49.67 * (first.4 + second.4)) - 1.0).abs() < 1e-9);
            for volume in &mut volumes {
                volume.activity = volume.activity * factor;
            }
            let scaled = multi_compartment_doses(&volumes, UNPERFUSED, LUNGS, &[]).unwrap();
            for goal in [
                MultiCompartmentGoal::PerfusedNormal(scaled.perfused_normal),
                MultiCompartmentGoal::WholeNormal(scaled.whole_normal),
                MultiCompartmentGoal::Tumour(scaled.tumour),
                MultiCompartmentGoal::Lungs(scaled.lungs),
            ] {
                let back = doses.activity_factor_for(goal).unwrap();
                prop_assert!((back / factor - 1.0).abs() < 1e-9, "{:?}", goal);
            }
            // One volume alone is its own partition.
            let alone = multi_compartment_doses(&volumes[..1], Mass::ZERO, LUNGS, &[]).unwrap();
            prop_assert!((alone.tumour / scaled.volumes[0].tumour - 1.0).abs() < 1e-12);
            prop_assert!((alone.whole_normal / scaled.volumes[0].normal_liver - 1.0).abs() < 1e-12);
        }
    }
}
