//! What makes a finished dose hard to believe: numbers beyond what patients are
//! given, activity in air, borders to lung.
//!
//! Each rule compares one value with one limit; nothing here changes a dose.
//! The energy below a density `ρ_limit` is a share of all that is deposited:
//!
//! `f = Σ_{ρ_v < ρ_limit} D_v·ρ_v / Σ_v D_v·ρ_v`
//!
//! with dose `D_v` (Gy) and density `ρ_v` (g/mL) of each voxel.
//! Limits are wide: what they pass may still be wrong, what they catch is
//! almost always a wrong unit, time, image or registration.

use sirt_image::{Volume, VoxelQuantity};
use sirt_quantity::{AbsorbedDose, Activity, Density, Sourced, TimeSpan};

use crate::{Calibration, Decision, DoseDistribution, EnergyBalance, Medium, NamedMask, Role};

/// Largest vial of microspheres: 20 GBq of glass (DOMAIN A.5).
pub const LARGEST_VIAL: Activity = Activity::from_mbq(20_000.0);
/// Least activity that is seen as a treatment: a hundredth of the smallest
/// prescription on record, 1.01 GBq (DOMAIN B.1).
pub const LEAST_TREATMENT: Activity = Activity::from_mbq(10.0);
/// Half-lives relatively closer than this are one nuclide's: evaluations of
/// Y-90 lie within 0.7 % of each other (DOMAIN A.1, the outlier included).
pub const SAME_HALF_LIFE: f64 = 0.01;
/// Dose of a voxel that no treatment is known to have reached: twenty-five
/// times what radiation segmentectomy aims at (400 Gy, DOMAIN B.9).
pub const BEYOND_TREATMENT: AbsorbedDose = AbsorbedDose::from_gy(10_000.0);

/// Energy in air beyond this share of what was emitted is doubtful: the share
/// past which an energy balance fails.
const IN_AIR: f64 = 5e-3;
/// Part of a solid structure that may lie in air: partial voxels at its edge.
const STRUCTURE_IN_AIR: f64 = 0.02;
/// Energy in tissue of lung's density beyond this share is doubtful: lungs
/// then hold or border on activity.
const IN_LUNG: f64 = 1e-3;
/// Lung is this part of the kernel's density or less: inflated lung 0.26,
/// deflated 0.5 against soft tissue 1.05 g/mL (ICRU 46 as in DOMAIN C.1).
const LUNG_DENSITY: f64 = 0.5;
/// Density that lung is told from where no kernel has one: soft tissue.
const SOFT_TISSUE: Density = Density::from_g_per_ml(1.05);

/// A reason to doubt a result, with the value that gave it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Doubt {
    /// The activity is outside [`LEAST_TREATMENT`] to [`LARGEST_VIAL`].
    Activity {
        /// In the image at administration.
        at_administration: Activity,
    },
    /// The half-life is not the nuclide's, by more than [`SAME_HALF_LIFE`].
    HalfLife {
        /// The one computed with.
        stated: TimeSpan,
        /// The nuclide's.
        known: TimeSpan,
        /// The nuclide.
        nuclide: String,
    },
    /// A positron fraction was taken from the image, which is right only if
    /// the scanner divided by it.
    PositronFraction {
        /// What was decided, and from what.
        decision: Decision,
    },
    /// A voxel is over [`BEYOND_TREATMENT`].
    Dose {
        /// The largest dose.
        largest: AbsorbedDose,
    },
    /// Energy falls in air or outside the CT, and gives no dose.
    EnergyInAir {
        /// Share of what was emitted.
        fraction: f64,
    },
    /// A structure of tissue lies in air, which lowers its mean dose.
    StructureInAir {
        /// Its name.
        name: String,
        /// Part of it.
        fraction: f64,
    },
    /// Energy lies where betas reach further than the dose assumes.
    EnergyInLung {
        /// Share of what was deposited.
        fraction: f64,
        /// Density below which tissue counts as lung.
        limit: Density,
        /// Density of the kernel; `None` for local deposition.
        kernel: Option<Density>,
    },
}

/// Reasons to doubt the activity itself.
#[must_use]
pub fn doubts_about_activity(at_administration: Activity, calibration: &Calibration) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if !(LEAST_TREATMENT.as_mbq()..=LARGEST_VIAL.as_mbq()).contains(&at_administration.as_mbq()) {
        doubts.push(Doubt::Activity { at_administration });
    }
    let nuclide = &calibration.nuclide;
    let is_that_of = |known: &Sourced<TimeSpan>| {
        (calibration.half_life / known.value - 1.0).abs() <= SAME_HALF_LIFE
    };
    if !nuclide.half_lives.iter().any(is_that_of) {
        doubts.push(Doubt::HalfLife {
            stated: calibration.half_life,
            known: nuclide.half_life(),
            nuclide: nuclide.symbol.clone(),
        });
    }
    if let Some(decision) = calibration.decisions.iter().find(|decision| {
        decision.about == "positron fraction" && decision.source != "--scanner-positron-fraction"
    }) {
        doubts.push(Doubt::PositronFraction {
            decision: decision.clone(),
        });
    }
    doubts
}

/// Reasons to doubt a dose, most of them on a CT; `air_limit` is the largest
/// density that is air.
#[must_use]
pub fn doubts_about_distribution(
    distribution: &DoseDistribution,
    medium: Medium<'_>,
    balance: &EnergyBalance,
    masks: &[NamedMask],
    air_limit: Density,
) -> Vec<Doubt> {
    let mut doubts: Vec<_> = doubt_about_dose(&distribution.dose).into_iter().collect();
    let Medium::Heterogeneous(density) = medium else {
        return doubts;
    };
    let in_air = balance.in_air_j / balance.emitted_j;
    if in_air > IN_AIR {
        doubts.push(Doubt::EnergyInAir { fraction: in_air });
    }
    for named in masks.iter().filter(|named| named.role != Role::Other) {
        let fraction = part_below(density, named, air_limit);
        if fraction > STRUCTURE_IN_AIR {
            doubts.push(Doubt::StructureInAir {
                name: named.name.clone(),
                fraction,
            });
        }
    }
    let around = distribution.kernel_density.unwrap_or(SOFT_TISSUE);
    let limit = Density::from_g_per_ml(LUNG_DENSITY * around.as_g_per_ml());
    let fraction = energy_share_below(&distribution.dose, density, limit);
    // Monte Carlo follows the betas into lung.
    if fraction > IN_LUNG && distribution.statistics.is_none() {
        doubts.push(Doubt::EnergyInLung {
            fraction,
            limit,
            kernel: distribution.kernel_density,
        });
    }
    doubts
}

/// A dose beyond any treatment: another quantity was taken for dose.
#[must_use]
pub fn doubt_about_dose(dose: &Volume<AbsorbedDose>) -> Option<Doubt> {
    let largest = dose.values().iter().copied().fold(0.0_f32, f32::max);
    let largest = AbsorbedDose::from_gy(f64::from(largest));
    (largest > BEYOND_TREATMENT).then_some(Doubt::Dose { largest })
}

/// Part of a structure whose density is below a limit.
fn part_below<Q: VoxelQuantity>(volume: &Volume<Q>, named: &NamedMask, limit: Density) -> f64 {
    let limit = limit.as_g_per_ml() as f32;
    let (mut below, mut all) = (0.0, 0.0);
    for (at, weight) in named.mask.iter() {
        all += f64::from(weight);
        if volume.values()[at] < limit {
            below += f64::from(weight);
        }
    }
    below / all
}

/// Share of the deposited energy in voxels below a density.
fn energy_share_below(
    dose: &Volume<AbsorbedDose>,
    density: &Volume<Density>,
    limit: Density,
) -> f64 {
    let (mut below, mut all) = (0.0, 0.0);
    for (dose, density) in dose.values().iter().zip(density.values()) {
        let energy = f64::from(*dose) * f64::from(*density);
        all += energy;
        if f64::from(*density) < limit.as_g_per_ml() {
            below += energy;
        }
    }
    if all > 0.0 { below / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use sirt_image::{ActivityAcquisition, Grid, PatientPoint, PixelUnits, WeightMask};
    use sirt_quantity::NuclideLibrary;

    use super::*;
    use crate::{DecayData, Method, Settlement, TissueTable, calibrate};

    fn calibration(half_life: Option<TimeSpan>) -> Calibration {
        let settlement = Settlement {
            units: Some(PixelUnits::BecquerelPerMl),
            since_administration: Some(TimeSpan::ZERO),
            half_life,
            ..Settlement::default()
        };
        calibrate(
            &ActivityAcquisition::default(),
            &settlement,
            &NuclideLibrary::built_in().unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn activities_of_treatments_are_believed_and_others_are_not() {
        let calibration = calibration(None);
        let about = |mbq: f64| doubts_about_activity(Activity::from_mbq(mbq), &calibration);
        // DOMAIN B.1: 1.01 GBq; A.5: vials up to 20 GBq.
        assert!(about(1010.0).is_empty() && about(20_000.0).is_empty());
        for mbq in [9.0, 20_001.0] {
            let at_administration = Activity::from_mbq(mbq);
            assert_eq!(about(mbq), [Doubt::Activity { at_administration }]);
        }
    }

    #[test]
    fn a_half_life_of_another_nuclide_is_not_believed() {
        let about = |hours: f64| {
            let stated = Some(TimeSpan::from_hours(hours));
            doubts_about_activity(Activity::from_mbq(1000.0), &calibration(stated))
        };
        // DOMAIN A.1: evaluations from 64.0 to 64.6 h.
        assert!(about(64.0).is_empty() && about(64.6).is_empty());
        assert!(matches!(
            about(66.0).as_slice(),
            [Doubt::HalfLife { nuclide, .. }] if nuclide == "Y-90"
        ));
    }

    /// Local deposition in two voxels, the second of another density.
    fn in_two_voxels(activity: [f32; 2], densities: [f32; 2]) -> Vec<Doubt> {
        let grid = Grid::axis_aligned([2, 1, 1], [4.0; 3], PatientPoint::default()).unwrap();
        let activity = Volume::new(grid.clone(), None, activity.to_vec()).unwrap();
        let density = Volume::new(grid.clone(), None, densities.to_vec()).unwrap();
        let medium = Medium::Heterogeneous(&density);
        let nuclides = NuclideLibrary::built_in().unwrap();
        let y90 = nuclides.named("Y-90").unwrap();
        let data = DecayData {
            nuclide: y90.symbol.clone(),
            half_life: y90.half_life(),
            dose_factor: y90.dose_factor().unwrap(),
            beta_kernel: y90.beta_kernel.clone(),
        };
        let tissue = TissueTable::built_in().unwrap();
        let distribution = Method::LocalDeposition
            .absorbed_dose(&activity, medium, &data, &tissue)
            .unwrap();
        let mask = WeightMask::from_weights(grid, &[1.0, 1.0]).unwrap();
        let named = NamedMask {
            name: "Tumour".to_owned(),
            role: Role::Tumour,
            derived: None,
            outline_volume_ml: None,
            mask,
        };
        let balance =
            EnergyBalance::new(&distribution, medium, &[("Tumour", &named.mask)]).unwrap();
        doubts_about_distribution(
            &distribution,
            medium,
            &balance,
            &[named],
            tissue.air_limit(),
        )
    }

    #[test]
    fn energy_in_lung_and_in_air_is_told_by_its_share() {
        assert!(in_two_voxels([1e6, 1e6], [1.05, 1.05]).is_empty());
        let lung = in_two_voxels([3e6, 1e6], [1.05, 0.26]);
        let [
            Doubt::EnergyInLung {
                fraction,
                limit,
                kernel: None,
            },
        ] = lung.as_slice()
        else {
            panic!("{lung:?}");
        };
        // By local deposition energy is where the activity is: a quarter.
        assert!((fraction - 0.25).abs() < 1e-6);
        assert!((limit.as_g_per_ml() - 0.525).abs() < 1e-12);
        let air = in_two_voxels([3e6, 1e6], [1.05, 0.001]);
        let [
            Doubt::EnergyInAir { fraction },
            Doubt::StructureInAir {
                name,
                fraction: part,
            },
        ] = air.as_slice()
        else {
            panic!("{air:?}");
        };
        assert!((fraction - 0.25).abs() < 1e-6 && (part - 0.5).abs() < 1e-6);
        assert_eq!(name, "Tumour");
    }

    #[test]
    fn a_dose_beyond_any_treatment_is_another_quantity() {
        let grid = Grid::axis_aligned([2, 1, 1], [4.0; 3], PatientPoint::default()).unwrap();
        let of =
            |gy: f32| doubt_about_dose(&Volume::new(grid.clone(), None, vec![0.0, gy]).unwrap());
        assert_eq!(of(9_999.0), None);
        assert!(matches!(of(10_001.0), Some(Doubt::Dose { .. })));
    }
}
