//! What one structure received: the row of a dose report.
//!
//! Volume, mass and activity are sums over partial-voxel weights; dose figures
//! come from the exact histogram; BED is taken voxel by voxel and then
//! averaged, since it is not linear in dose.
//! The mean by mass (energy over mass) stands beside the mean by volume where
//! a CT gives the density of each voxel.

use serde::{Deserialize, Serialize};
use sirt_image::{Volume, WeightMask};
use sirt_quantity::{AbsorbedDose, ActivityConcentration, TimeSpan};

use crate::{
    ClassFraction, DoseStatistics, DoseVolumeHistogram, DosimetryError, Medium, TissueResponse,
    TissueTable,
};

/// What a structure is to a liver treatment; it chooses the parameters of BED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A tumour or a part of one.
    Tumour,
    /// Liver without tumour.
    NormalLiver,
    /// Liver with tumour in it.
    Liver,
    /// Lung.
    Lung,
    /// Anything else.
    Other,
}

impl Role {
    /// The role that the words of a name tell; [`Role::Other`] when none does.
    ///
    /// Reports show the role beside the name, and it can be stated instead.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let lower = name.to_lowercase();
        let words: Vec<&str> = lower
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .collect();
        let has = |stems: &[&str]| {
            words
                .iter()
                .any(|word| stems.iter().any(|stem| word.starts_with(stem)))
        };
        let is = |whole: &[&str]| words.iter().any(|word| whole.contains(word));
        if has(&["normal", "nontumo", "healthy"])
            || (is(&["non", "minus", "without"]) && has(&["tumo"]))
        {
            return Self::NormalLiver;
        }
        if has(&["tumo", "lesion", "metasta", "neoplas"])
            || is(&["met", "mets", "gtv", "hcc", "icc"])
        {
            return Self::Tumour;
        }
        // A lobe or segment is a part of the liver, and not what tumours are taken from.
        if is(&["liver", "hepar", "leber", "foie"]) && !has(&["lobe", "segment", "seg"]) {
            return Self::Liver;
        }
        if is(&["lung", "lungs", "pulmo"]) {
            return Self::Lung;
        }
        Self::Other
    }

    /// Name of the parameter set of `data/radiobiology.toml` for the role.
    #[must_use]
    pub fn tissue(self) -> &'static str {
        match self {
            Self::Tumour => "tumour",
            _ => "liver",
        }
    }
}

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

/// Normal liver as liver less all tumours, where the structures have a liver
/// and tumours but no normal liver of their own.
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
    let ([liver], None, Some(_)) = (
        livers.as_slice(),
        of_role(Role::NormalLiver).next(),
        of_role(Role::Tumour).next(),
    ) else {
        return Ok(None);
    };
    let mut mask = liver.mask.clone();
    for tumour in of_role(Role::Tumour) {
        mask = mask.without(&tumour.mask)?;
    }
    Ok(Some(NamedMask {
        name: "Normal liver".to_owned(),
        role: Role::NormalLiver,
        derived: Some(format!("{} less all structures of role tumour", liver.name)),
        outline_volume_ml: None,
        mask,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_real_files_tell_their_role() {
        for (name, role) in [
            ("Tumor 1", Role::Tumour),
            ("GTV_Mass", Role::Tumour),
            ("Metastasis 3", Role::Tumour),
            ("Liver", Role::Liver),
            ("whole liver normal", Role::NormalLiver),
            ("Normal Tissue", Role::NormalLiver),
            ("non-tumour liver", Role::NormalLiver),
            ("Lt Lung", Role::Lung),
            ("perfused volume", Role::Other),
            ("Liver right lobe", Role::Other),
            ("gallbladder", Role::Other),
            ("Mettre", Role::Other),
        ] {
            assert_eq!(Role::of_name(name), role, "{name}");
        }
    }
}
