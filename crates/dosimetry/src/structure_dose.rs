//! What one structure received: the row of a dose report.
//!
//! Volume, mass and activity are sums over partial-voxel weights; dose figures
//! come from the exact histogram; BED is taken voxel by voxel and then
//! averaged, since it is not linear in dose.
//! The mean by mass (energy over mass) stands beside the mean by volume where
//! a CT gives the density of each voxel.

use serde::Serialize;
use sirt_image::{Volume, WeightMask};
use sirt_quantity::{AbsorbedDose, ActivityConcentration, TimeSpan};

use crate::{
    ClassFraction, DoseStatistics, DoseVolumeHistogram, DosimetryError, Medium, Role,
    TissueResponse, TissueTable,
};

/// Biologically effective dose of a structure with its parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StructureBed {
    /// Mean over the structure, Gy.
    pub mean: f64,
    /// Mean of the equieffective dose in 2 Gy fractions, Gy.
    pub eqd2_mean: f64,
    /// Name of the parameter set.
    pub tissue: String,
    /// α/β, Gy.
    pub alpha_beta_gy: f64,
    /// Half-time of repair, h.
    pub repair_half_time_h: f64,
}

/// What one structure received.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StructureDose {
    /// Name as the source has it.
    pub name: String,
    /// What it is to the treatment.
    pub role: Role,
    /// How it was made, where the program made it from others.
    pub derived: Option<String>,
    /// Volume by partial-voxel weights on the dose grid, mL.
    pub volume_ml: f64,
    /// Volume as the source outlines it, mL.
    pub outline_volume_ml: Option<f64>,
    /// Mass, g.
    pub mass_g: f64,
    /// Activity at administration, MBq.
    pub activity_mbq: f64,
    /// Figures of the histogram, weighted by volume, Gy.
    pub dose_gy: DoseStatistics,
    /// Energy over mass, Gy; differs from the mean by volume where density varies.
    pub mean_by_mass_gy: f64,
    /// Biologically effective dose.
    pub bed_gy: StructureBed,
    /// Tissue classes by volume; empty without CT.
    pub tissue: Vec<ClassFraction>,
}

/// A structure on the dose grid with the name and role that it is reported under.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedMask {
    /// Name as the source has it.
    pub name: String,
    /// What it is to the treatment.
    pub role: Role,
    /// How it was made, where the program made it from others.
    pub derived: Option<String>,
    /// Volume as the source outlines it, mL.
    pub outline_volume_ml: Option<f64>,
    /// The weights.
    pub mask: WeightMask,
}

impl StructureDose {
    /// The row of one structure.
    ///
    /// # Errors
    /// As [`DoseVolumeHistogram::of_structure`]: another grid, or no voxel.
    pub fn new(
        structure: &NamedMask,
        dose: &Volume<AbsorbedDose>,
        activity: &Volume<ActivityConcentration>,
        medium: Medium<'_>,
        half_life: TimeSpan,
        tissue: &TissueTable,
    ) -> Result<Self, DosimetryError> {
        let histogram = DoseVolumeHistogram::of_structure(dose, &structure.mask)?;
        let response = TissueResponse::named(structure.role.tissue())?;
        let voxel_ml = dose.grid().voxel_capacity().as_ml();
        let density = |at: usize| medium.density_g_per_ml(at);
        let mut sums = [0.0; 3];
        for (at, weight) in structure.mask.iter() {
            let volume_ml = f64::from(weight) * voxel_ml;
            let mass_g = volume_ml * density(at);
            sums[0] += mass_g;
            sums[1] += f64::from(activity.values()[at]) * volume_ml * 1e-6;
            sums[2] += f64::from(dose.values()[at]) * mass_g;
        }
        let [mass_g, activity_mbq, dose_mass] = sums;
        Ok(Self {
            name: structure.name.clone(),
            role: structure.role,
            derived: structure.derived.clone(),
            volume_ml: structure.mask.capacity().as_ml(),
            outline_volume_ml: structure.outline_volume_ml,
            mass_g,
            activity_mbq,
            dose_gy: histogram.statistics(),
            mean_by_mass_gy: dose_mass / mass_g,
            bed_gy: mean_bed(&histogram, &response, half_life),
            tissue: match medium {
                Medium::Homogeneous(_) => Vec::new(),
                Medium::Heterogeneous(_) => tissue.class_fractions(
                    structure
                        .mask
                        .iter()
                        .map(|(at, weight)| (density(at), f64::from(weight))),
                ),
            },
        })
    }
}

/// BED of each dose of a histogram, averaged by its weights.
fn mean_bed(
    histogram: &DoseVolumeHistogram,
    response: &TissueResponse,
    half_life: TimeSpan,
) -> StructureBed {
    let (mut bed, mut eqd2) = (0.0, 0.0);
    for (dose, weight) in histogram.iter() {
        let of_voxel = response.bed(AbsorbedDose::from_gy(dose), half_life);
        bed += of_voxel.as_gy() * weight;
        eqd2 += response.eqd2(of_voxel).as_gy() * weight;
    }
    StructureBed {
        mean: bed / histogram.total(),
        eqd2_mean: eqd2 / histogram.total(),
        tissue: response.name.clone(),
        alpha_beta_gy: response.alpha_beta.as_gy(),
        repair_half_time_h: response.repair_half_time.as_hours(),
    }
}

/// Dice coefficient from which two structures are one, drawn or exported twice:
/// observers who draw the same liver agree to about this.
const SAME_STRUCTURE: f64 = 0.95;

/// Normal liver as liver less all tumours, where the structures have a liver
/// and tumours but no normal liver of their own.
///
/// Several livers are taken for one when each has a Dice coefficient of 0.95
/// or more with the first, which then stands for them; otherwise none is made,
/// nor where tumours cover all of the liver.
///
/// # Errors
/// [`DosimetryError::Image`] when masks are on different grids.
pub fn derived_normal_liver(structures: &[NamedMask]) -> Result<Option<NamedMask>, DosimetryError> {
    let of_role = |role| {
        structures
            .iter()
            .filter(move |structure| structure.role == role)
    };
    let livers: Vec<_> = of_role(Role::Liver).collect();
    let ([liver, others @ ..], None, Some(_)) = (
        livers.as_slice(),
        of_role(Role::NormalLiver).next(),
        of_role(Role::Tumour).next(),
    ) else {
        return Ok(None);
    };
    for other in others {
        if dice_coefficient(&liver.mask, &other.mask)? < SAME_STRUCTURE {
            return Ok(None);
        }
    }
    let mut mask = liver.mask.clone();
    for tumour in of_role(Role::Tumour) {
        mask = mask.without(&tumour.mask)?;
    }
    if mask.is_empty() {
        return Ok(None);
    }
    Ok(Some(NamedMask {
        name: "Normal liver".to_owned(),
        role: Role::NormalLiver,
        derived: Some(if others.is_empty() {
            format!("{} less all structures of role tumour", liver.name)
        } else {
            format!(
                "{}, the first of {} structures that are the same liver, less all structures of role tumour",
                liver.name,
                livers.len()
            )
        }),
        outline_volume_ml: None,
        mask,
    }))
}

/// Twice what two structures share over the sum of both, by weights.
fn dice_coefficient(a: &WeightMask, b: &WeightMask) -> Result<f64, DosimetryError> {
    let (of_a, of_b) = (a.capacity().as_ml(), b.capacity().as_ml());
    let shared = of_a - a.without(b)?.capacity().as_ml();
    Ok(2.0 * shared / (of_a + of_b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::{Grid, PatientPoint};

    /// A structure of the voxels from `first` to before `end` of a row of 100.
    fn part(name: &str, role: Role, first: usize, end: usize) -> NamedMask {
        let grid = Grid::axis_aligned([100, 1, 1], [10.0; 3], PatientPoint::default()).unwrap();
        let weights: Vec<f32> = (0..100)
            .map(|at| f32::from(u8::from((first..end).contains(&at))))
            .collect();
        NamedMask {
            name: name.to_owned(),
            role,
            derived: None,
            outline_volume_ml: None,
            mask: WeightMask::from_weights(grid, &weights).unwrap(),
        }
    }

    #[test]
    fn a_liver_given_twice_is_one_and_two_livers_are_none() {
        let tumour = part("Tumour", Role::Tumour, 10, 20);
        let liver = part("Liver", Role::Liver, 0, 80);
        let derived = |livers: &[&NamedMask]| {
            let all: Vec<_> = livers
                .iter()
                .chain([&&tumour])
                .map(|one| (*one).clone())
                .collect();
            derived_normal_liver(&all).unwrap()
        };
        let one = derived(&[&liver]).unwrap();
        // 80 voxels of 1 mL less 10.
        assert!((one.mask.capacity().as_ml() - 70.0).abs() < 1e-9);
        // Dice of 80 and 78 voxels, all of them shared: 2 * 78 / 158 = 0.987.
        let again = part("Liver", Role::Liver, 0, 78);
        let twice = derived(&[&liver, &again]).unwrap();
        assert!((twice.mask.capacity().as_ml() - 70.0).abs() < 1e-9);
        assert!(twice.derived.unwrap().contains("the first of 2 structures"));
        // 2 * 60 / 140 = 0.857.
        assert!(derived(&[&liver, &part("Liver 2", Role::Liver, 0, 60)]).is_none());
        // Nothing is left of a liver that is all tumour.
        assert!(derived(&[&part("Liver", Role::Liver, 10, 20)]).is_none());
    }
}
