//! What the images of a case say: shunt, volumes, T/N, extrahepatic activity,
//! and the dose of a gigabecquerel voxel by voxel.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_dosimetry::{
    DecayData, ExtrahepaticFocus, ExtrahepaticSearch, ImagingUncertainty, LungMass, Medium, Method,
    NamedMask, NamedOrgan, OrganUptake, PointSpread, RegionalCounts, Role, ShuntEstimate,
    TissueTable, TomographicShunt, VoxelFigures, VoxelPrediction, extrahepatic_foci,
    lung_mass_from_ct, organ_uptake,
};
use sirt_image::{Counts, PixelUnits, Volume, WeightMask};
use sirt_quantity::{Capacity, Density, Length, LungShuntFraction, NuclideLibrary};
use sirt_store::{Case, Lobe, StructureRole, Territory};

use crate::patients::Acceptance;
use crate::result::Finding;
use crate::{dicom_inputs, inputs, patients, structure_input};

/// Margin around the liver that lungs are left out in (recalled, about 2 cm;
/// docs/methods/lung_shunt.md).
const LUNG_MARGIN: Length = Length::from_mm(20.0);
/// Margin, threshold and deviations of the search outside of liver and lungs
/// (ours; docs/methods/extrahepatic.md).
const SEARCH_MARGIN_PER_FWHM: f64 = 1.5;
const SMALLEST_SEARCH_MARGIN: Length = Length::from_mm(15.0);
const SEARCH_THRESHOLD: f64 = 0.1;
const SEARCH_DEVIATIONS: f64 = 5.0;
/// A focus with less than this part of the liver's counts is noise.
const SEARCH_LEAST_FRACTION: f64 = 1e-3;
/// Part of the smaller territory that two may share by outlines on a grid.
const UNDECLARED_OVERLAP: f64 = 0.02;
/// Smaller parts of tumours outside of a territory are rounding.
const SMALLEST_REGION_ML: f64 = 0.05;
/// A tumour belongs to a territory that holds at least this part of it.
const PART_IN_TERRITORY: f64 = 0.5;

/// The images of a case on the grid of its SPECT.
pub(crate) struct WorkUpImages {
    pub(crate) counts: Volume<Counts>,
    pub(crate) masks: Vec<NamedMask>,
    liver: Option<WeightMask>,
    lungs: Option<WeightMask>,
    spread: PointSpread,
    pub(crate) findings: Vec<Finding>,
    pub(crate) lung_mass: Option<LungMass>,
}

/// Uptake of one tumour.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TumourFigures {
    pub(crate) name: String,
    pub(crate) volume_ml: f64,
    /// Concentration over that of normal liver in its territory.
    pub(crate) tumour_to_normal: f64,
    /// By counting, k = 1.
    pub(crate) standard_uncertainty: f64,
    /// Mean by the voxel prediction, Gy/GBq.
    pub(crate) gy_per_gbq: Option<f64>,
}

/// What the images say of a territory.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TerritoryFigures {
    pub(crate) name: String,
    pub(crate) volume_ml: f64,
    pub(crate) tumour_volume_ml: f64,
    /// Of all its tumours together; none without tumour.
    pub(crate) tumour_to_normal: Option<f64>,
    /// By counting, relative, k = 1.
    pub(crate) relative_counting: f64,
    pub(crate) tumours: Vec<TumourFigures>,
    pub(crate) voxel: Option<VoxelFigures>,
    /// Energy accounted for in the voxel prediction; 1 is perfect.
    pub(crate) energy_closure: Option<f64>,
    /// Dose of a gigabecquerel, voxel by voxel.
    #[serde(skip)]
    pub(crate) prediction: Option<Arc<VoxelPrediction>>,
}

/// Activity outside of liver and lungs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Extrahepatic {
    pub(crate) foci: Vec<ExtrahepaticFocus>,
    pub(crate) organs: Vec<OrganUptake>,
    /// Smaller foci, by counts over those of the liver, were left out.
    pub(crate) least_fraction: f64,
    /// Around liver and lungs, where blur hides everything that is in no drawn organ.
    pub(crate) not_searched_ml: f64,
    pub(crate) threshold_over_liver: f64,
    pub(crate) margin_mm: f64,
}

impl WorkUpImages {
    /// Reads SPECT, structures and CT; none where the case has no SPECT.
    pub(super) fn read(case: &Case, folder: &Path) -> anyhow::Result<Option<Self>> {
        let images = case.images.in_folder(folder);
        let Some(path) = &images.maa_spect else {
            return Ok(None);
        };
        let image = inputs::read_activity(path, None)?;
        require_one_patient(&images, image.patient)?;
        let mut findings = image.findings;
        let recorded = image.acquisition.units.as_ref().map(|fact| &fact.value);
        let stated = images.maa_spect_units.map(|units| units.pixel_units().0);
        let counted = stated.as_ref().or(recorded) == Some(&PixelUnits::Counts);
        if !counted {
            findings.push(Finding {
                severity: "note",
                subject: "counting".to_owned(),
                rule: "the numbers of the SPECT are not said to be counts, so that the uncertainty by counting is one of order only".to_owned(),
                fix: "maa_spect_units = \"counts\" in [images], where they are".to_owned(),
            });
        }
        if let Some(recorded) = image.acquisition.nuclide.as_ref() {
            let nuclides = NuclideLibrary::built_in()?;
            let is_technetium = nuclides
                .named(&recorded.value)
                .is_ok_and(|nuclide| nuclide.symbol == "Tc-99m");
            if !is_technetium {
                bail!(
                    "SPECT of the work-up: {} is {}, allowed is Tc-99m; give the MAA image as maa_spect and that after treatment as y90",
                    recorded.field,
                    recorded.value
                );
            }
        }
        let registration = images
            .registration
            .as_deref()
            .map(inputs::read_registration)
            .transpose()?;
        let counts: Volume<Counts> = image.volume.reinterpret();
        let frame = counts.frame_of_reference().cloned();
        let grid = counts.grid().clone();
        if images.structures.is_empty() {
            bail!(
                "[images]: a SPECT without structures says nothing of liver and tumours; give structures"
            );
        }
        let roles: Vec<(String, Role)> = case
            .structures
            .iter()
            .map(|structure| (structure.name.clone(), structure.role.role()))
            .collect();
        let (masks, of_structures) = structure_input::on_grid(
            &images.structures,
            &grid,
            frame.as_ref(),
            registration.as_ref(),
            &roles,
        )?;
        findings.extend(of_structures);
        let of_role = |role: Role| {
            masks
                .iter()
                .filter(move |named| named.role == role && named.derived.is_none())
        };
        let liver = joined(of_role(Role::Liver))?;
        let lungs = joined(of_role(Role::Lung))?;
        let lung_mass = match (&images.ct, &lungs) {
            (Some(path), Some(_)) => Some(lung_mass(
                path,
                &images.structures,
                frame.as_ref(),
                registration.as_ref(),
                &roles,
            )?),
            _ => None,
        };
        Ok(Some(Self {
            counts,
            masks,
            liver,
            lungs,
            spread: PointSpread {
                fwhm: images.maa_spect_resolution.unwrap_or(Length::ZERO),
                filter_fwhm: images.maa_spect_filter.unwrap_or(Length::ZERO),
            },
            findings,
            lung_mass,
        }))
    }

    /// Volume of liver and of all tumours in it.
    pub(super) fn liver_volumes(&self) -> Option<(Capacity, Capacity)> {
        let liver = self.liver.as_ref()?;
        Some((
            liver.capacity(),
            self.tumours().map(|t| t.mask.capacity()).sum(),
        ))
    }

    fn tumours(&self) -> impl Iterator<Item = &NamedMask> {
        self.masks.iter().filter(|named| named.role == Role::Tumour)
    }

    /// Lung shunt by every way that the images allow.
    pub(super) fn shunts(&self) -> anyhow::Result<Vec<ShuntEstimate>> {
        let (Some(liver), Some(lungs)) = (&self.liver, &self.lungs) else {
            return Ok(Vec::new());
        };
        let spect = TomographicShunt {
            image: &self.counts,
            lungs,
            liver,
            whole_lungs: self.lung_mass.map(LungMass::capacity),
        };
        let mut found = vec![
            spect
                .with_margin(LUNG_MARGIN)
                .context("lung shunt by SPECT")?,
        ];
        if self.spread.fwhm > Length::ZERO {
            let parts = self.liver_parts(liver)?;
            let parts: Vec<&WeightMask> = parts.iter().collect();
            found.push(
                spect
                    .corrected(&parts, self.spread)
                    .context("lung shunt by SPECT, corrected for resolution")?,
            );
        }
        Ok(found)
    }

    /// Parts of uniform uptake: tumours, and normal liver of each lobe that is drawn.
    fn liver_parts(&self, liver: &WeightMask) -> anyhow::Result<Vec<WeightMask>> {
        let tumours: Vec<&WeightMask> = self.tumours().map(|named| &named.mask).collect();
        let mut rest = liver.clone();
        let mut parts: Vec<WeightMask> = Vec::new();
        for tumour in tumours {
            rest = rest.without(tumour)?;
            parts.push(tumour.clone());
        }
        for named in &self.masks {
            let lower = named.name.to_lowercase();
            if lower.contains("lobe") && named.role == Role::Other {
                let lobe = shared(&named.mask, &rest)?;
                if lobe.capacity().as_ml() > 1.0 {
                    rest = rest.without(&lobe)?;
                    parts.push(lobe);
                }
            }
        }
        // Under a millilitre is the rounding of outlines on the grid.
        if rest.capacity().as_ml() > 1.0 {
            parts.push(rest);
        }
        Ok(parts)
    }

    /// Activity outside of liver and lungs.
    pub(super) fn extrahepatic(&self, case: &Case) -> anyhow::Result<Option<Extrahepatic>> {
        let Some(liver) = &self.liver else {
            return Ok(None);
        };
        // Noise is smoothed and blur kept clear of also where no resolution is stated.
        let resolution = if self.spread.fwhm > Length::ZERO {
            self.spread.fwhm
        } else {
            let typical = ImagingUncertainty::built_in()?;
            Length::from_mm(typical.of_modality("NM")?.resolution_fwhm_mm)
        };
        let margin = Length::from_mm(
            (resolution * SEARCH_MARGIN_PER_FWHM)
                .as_mm()
                .max(SMALLEST_SEARCH_MARGIN.as_mm()),
        );
        let search = ExtrahepaticSearch {
            image: &self.counts,
            liver,
            lungs: self.lungs.as_ref(),
            margin,
            resolution,
            threshold: SEARCH_THRESHOLD,
            deviations: SEARCH_DEVIATIONS,
            least_fraction: SEARCH_LEAST_FRACTION,
        };
        let organs: Vec<NamedOrgan<'_>> = self
            .masks
            .iter()
            .filter(|named| is_organ(case, &named.name))
            .map(|named| NamedOrgan {
                name: &named.name,
                mask: &named.mask,
            })
            .collect();
        let (foci, hidden) =
            extrahepatic_foci(&search, &organs).context("search outside of liver and lungs")?;
        let parts = self.liver_parts(liver)?;
        let parts: Vec<&WeightMask> = parts.iter().collect();
        let organs = if self.spread.fwhm > Length::ZERO {
            organ_uptake(&search, &parts, &organs).context("uptake of organs")?
        } else {
            // As imaged, spill from the liver would be taken for uptake.
            Vec::new()
        };
        Ok(Some(Extrahepatic {
            foci,
            organs,
            not_searched_ml: hidden.as_ml(),
            least_fraction: SEARCH_LEAST_FRACTION,
            threshold_over_liver: SEARCH_THRESHOLD,
            margin_mm: margin.as_mm(),
        }))
    }

    /// Where a territory lies; none where it is not drawn.
    pub(crate) fn mask_of(&self, territory: &Territory) -> anyhow::Result<Option<&WeightMask>> {
        let Some(name) = &territory.structure else {
            return Ok(match territory.lobe {
                Lobe::Whole => self.liver.as_ref(),
                _ => None,
            });
        };
        let named = self
            .masks
            .iter()
            .find(|named| named.name == *name)
            .with_context(|| {
                let known: Vec<_> = self.masks.iter().map(|m| m.name.as_str()).collect();
                format!(
                    "territory `{}`: structure `{name}` is not in the images; structures are {}",
                    territory.name,
                    known.join(", ")
                )
            })?;
        Ok(Some(&named.mask))
    }

    /// Refuses territories whose structures share more than the rounding of
    /// outlines, unless the case declares that they overlap.
    pub(super) fn require_declared_overlaps(&self, case: &Case) -> anyhow::Result<()> {
        for (at, one) in case.territories.iter().enumerate() {
            for other in &case.territories[at + 1..] {
                let (Some(first), Some(second)) = (self.mask_of(one)?, self.mask_of(other)?) else {
                    continue;
                };
                let common_ml = shared(first, second)?.capacity().as_ml();
                let smaller_ml = first.capacity().as_ml().min(second.capacity().as_ml());
                if common_ml > UNDECLARED_OVERLAP * smaller_ml && !one.overlaps(other) {
                    bail!(
                        "territories `{}` and `{}` share {common_ml:.0} mL in the images; declare it (overlaps_with) or give structures that do not overlap",
                        one.name,
                        other.name
                    );
                }
            }
        }
        Ok(())
    }

    /// What the images say of a territory; none where it is not drawn.
    pub(super) fn territory(
        &self,
        territory: &Territory,
        shunt: LungShuntFraction,
        density: Density,
        data: &DecayData,
        tissue: &TissueTable,
    ) -> anyhow::Result<Option<TerritoryFigures>> {
        let Some(mask) = self.mask_of(territory)? else {
            return Ok(None);
        };
        let mut inside: Vec<(String, WeightMask)> = Vec::new();
        for name in &territory.tumours {
            if !self.tumours().any(|named| named.name == *name) {
                let known: Vec<_> = self.tumours().map(|m| m.name.as_str()).collect();
                bail!(
                    "territory `{}`: tumour `{name}` is not among the tumours of the images, which are {}",
                    territory.name,
                    known.join(", ")
                );
            }
        }
        for named in self.tumours() {
            let part = shared(&named.mask, mask)?;
            let taken = if territory.tumours.is_empty() {
                part.capacity() / named.mask.capacity() >= PART_IN_TERRITORY
            } else {
                territory.tumours.contains(&named.name)
            };
            if taken && part.is_empty() {
                bail!(
                    "territory `{}`: tumour `{}` lies wholly outside of its structure",
                    territory.name,
                    named.name
                );
            }
            if taken {
                inside.push((named.name.clone(), part));
            }
        }
        // Tumours of others that reach into the territory are not normal liver.
        let mut normal = mask.clone();
        for named in self.tumours() {
            normal = normal.without(&named.mask)?;
        }
        if normal.is_empty() {
            bail!(
                "territory `{}` holds no normal liver in the images",
                territory.name
            );
        }
        let mut regions: Vec<&WeightMask> = inside.iter().map(|(_, mask)| mask).collect();
        regions.push(&normal);
        let at_normal = inside.len();
        // What lies outside is no one region: its tumours are as hot as these.
        let mut outside: Vec<WeightMask> = Vec::new();
        if let Some(liver) = &self.liver {
            let mut rest = liver.without(mask)?;
            for (_, tumour) in &inside {
                rest = rest.without(tumour)?;
            }
            for named in self.tumours() {
                let part = shared(&named.mask, &rest)?;
                if !part.is_empty() {
                    rest = rest.without(&part)?;
                    outside.push(part);
                }
            }
            // Under a millilitre is the rounding of outlines on the grid.
            if rest.capacity().as_ml() > 1.0 {
                outside.push(rest);
            }
            outside.retain(|part| part.capacity().as_ml() > SMALLEST_REGION_ML);
        }
        regions.extend(&outside);
        regions.extend(self.lungs.as_ref());
        let counts = RegionalCounts::new(&self.counts, &regions, self.spread)
            .with_context(|| format!("counts of territory `{}`", territory.name))?;
        let all: Vec<usize> = (0..at_normal).collect();
        let together = if all.is_empty() {
            None
        } else {
            Some(counts.concentration_ratio(&all, &[at_normal])?)
        };
        let prediction = VoxelPrediction::new(
            &self.counts,
            mask,
            shunt,
            Method::Kernel,
            Medium::Homogeneous(density),
            data,
            tissue,
        )
        .or_else(|error| match error {
            // Ho-166 has no kernel here: its betas are short, and local deposition is told.
            sirt_dosimetry::DosimetryError::NoKernel { .. } => VoxelPrediction::new(
                &self.counts,
                mask,
                shunt,
                Method::LocalDeposition,
                Medium::Homogeneous(density),
                data,
                tissue,
            ),
            other => Err(other),
        })
        .with_context(|| format!("voxel prediction of territory `{}`", territory.name))?;
        let tumours = inside
            .iter()
            .enumerate()
            .map(|(at, (name, mask))| {
                let (ratio, sigma) = counts.concentration_ratio(&[at], &[at_normal])?;
                Ok(TumourFigures {
                    name: name.clone(),
                    volume_ml: mask.capacity().as_ml(),
                    tumour_to_normal: ratio,
                    standard_uncertainty: sigma,
                    gy_per_gbq: Some(prediction.mean_per_gbq(mask)?),
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let tumour_volume_ml: f64 = tumours.iter().map(|tumour| tumour.volume_ml).sum();
        let voxel = VoxelFigures {
            tumour_gy_per_gbq: (tumour_volume_ml > 0.0).then(|| {
                tumours
                    .iter()
                    .map(|tumour| tumour.gy_per_gbq.unwrap_or(0.0) * tumour.volume_ml)
                    .sum::<f64>()
                    / tumour_volume_ml
            }),
            normal_liver_gy_per_gbq: prediction.mean_per_gbq(&normal)?,
            perfused_gy_per_gbq: prediction.mean_per_gbq(mask)?,
        };
        Ok(Some(TerritoryFigures {
            name: territory.name.clone(),
            volume_ml: mask.capacity().as_ml(),
            tumour_volume_ml,
            tumour_to_normal: together.map(|(ratio, _)| ratio),
            relative_counting: together.map_or(0.0, |(ratio, sigma)| sigma / ratio),
            tumours,
            voxel: Some(voxel),
            energy_closure: Some(prediction.balance.closure),
            prediction: Some(Arc::new(prediction)),
        }))
    }
}

/// Refuses CT or structures of another patient than the SPECT.
fn require_one_patient(
    images: &sirt_store::Images,
    patient: Option<sirt_dicom::PatientMark>,
) -> anyhow::Result<()> {
    let ct = images.ct.iter().map(|path| patients::Input {
        what: "CT",
        path,
        kinds: &dicom_inputs::CT_KINDS,
    });
    let structures = images.structures.iter().map(|path| patients::Input {
        what: "structures",
        path,
        kinds: &dicom_inputs::STRUCTURE_KINDS,
    });
    let others: Vec<_> = ct.chain(structures).collect();
    patients::require_one(
        "SPECT of the work-up",
        patient,
        &others,
        Acceptance::NotOffered,
    )?;
    Ok(())
}

/// Organs that activity must not lie in, by the case or by their name.
fn is_organ(case: &Case, name: &str) -> bool {
    let stated = case
        .structures
        .iter()
        .find(|structure| structure.name == name);
    if let Some(structure) = stated {
        return !matches!(
            structure.role,
            StructureRole::Tumour
                | StructureRole::Liver
                | StructureRole::NormalLiver
                | StructureRole::Territory
                | StructureRole::Lung
                | StructureRole::Other
        );
    }
    let lower = name.to_lowercase();
    [
        "stomach",
        "gastr",
        "duoden",
        "gallbladder",
        "pancrea",
        "bowel",
        "colon",
        "falciform",
        "spleen",
        "kidney",
        "thyroid",
    ]
    .iter()
    .any(|stem| lower.contains(stem))
}

/// What two structures share: the smaller weight of each voxel.
fn shared(one: &WeightMask, other: &WeightMask) -> anyhow::Result<WeightMask> {
    let outside = one.without(other)?;
    Ok(one.without(&outside)?)
}

fn joined<'a>(masks: impl Iterator<Item = &'a NamedMask>) -> anyhow::Result<Option<WeightMask>> {
    let mut joined: Option<WeightMask> = None;
    for named in masks {
        joined = Some(match joined {
            None => named.mask.clone(),
            Some(before) => before.union(&named.mask)?,
        });
    }
    Ok(joined)
}

/// Mass of the lungs on the CT's own grid.
fn lung_mass(
    path: &Path,
    structures: &[std::path::PathBuf],
    frame: Option<&sirt_image::FrameOfReference>,
    registration: Option<&sirt_dicom::Registration>,
    roles: &[(String, Role)],
) -> anyhow::Result<LungMass> {
    let (ct, _) = inputs::read_ct(path, frame, registration)?;
    let frame = ct.frame_of_reference().cloned();
    let (masks, _) =
        structure_input::on_grid(structures, ct.grid(), frame.as_ref(), registration, roles)?;
    let lungs = joined(
        masks
            .iter()
            .filter(|named| named.role == Role::Lung && named.derived.is_none()),
    )?
    .context("no lung on the grid of the CT")?;
    lung_mass_from_ct(&ct, &lungs).context("mass of the lungs by CT")
}
