//! What the images of a case say: shunt, volumes, T/N, extrahepatic activity,
//! and the dose of a gigabecquerel voxel by voxel.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_dosimetry::{
    DecayData, ExtrahepaticFocus, ExtrahepaticOrgan, ExtrahepaticSearch, ImagingUncertainty,
    LungMass, NamedMask, NamedOrgan, OrganUptake, PointSpread, RegionalCounts, Role, ShuntEstimate,
    TerritoryRegions, TissueTable, TomographicShunt, VoxelFigures, VoxelPrediction,
    extrahepatic_foci, is_cut_by_image, joined_regions, lung_mass_from_ct, organ_uptake,
    shared_region, swapped_lobes_mm, uniform_liver_parts,
};
use sirt_image::{Counts, Hounsfield, PixelUnits, Structure, Volume, WeightMask};
use sirt_quantity::{Capacity, Density, Length, LungShuntFraction};
use sirt_store::{Case, DoseMethod, ImageDifference, Images, Lobe, StructureRole, Territory};

use super::maa;
use super::voxel_dose::{PredictedTerritory, VoxelDose};
use crate::inputs::KnownCt;
use crate::result::Finding;
use crate::settled_by::SettledBy;
use crate::structure_input::Place;
use crate::{inputs, structure_input};

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
/// How the images of a work-up are read.
pub(super) struct Settings<'a> {
    /// What structures are, where their names do not tell.
    pub(super) roles: &'a [(String, Role)],
    /// Volume of both lungs as a person states it.
    pub(super) stated_lungs: Option<Capacity>,
    pub(super) settled_by: SettledBy,
}

/// The images of a case on the grid of its SPECT.
pub(crate) struct WorkUpImages {
    pub(crate) counts: Volume<Counts>,
    pub(crate) masks: Vec<NamedMask>,
    liver: Option<WeightMask>,
    lungs: Option<WeightMask>,
    spread: PointSpread,
    voxel_dose: VoxelDose,
    /// Volume of both lungs, where an image or a person tells it.
    whole_lungs: Option<Capacity>,
    pub(crate) findings: Vec<Finding>,
    /// Where it was read, in the frame of the SPECT.
    pub(crate) ct: Option<KnownCt>,
    /// By a CT that shows all of the lungs.
    pub(crate) lung_mass: Option<LungMass>,
    /// Of the part of the lungs that a CT shows which ends inside them.
    pub(crate) cut_lungs: Option<LungMass>,
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
    /// How it was computed.
    pub(crate) voxel_method: Option<String>,
    /// Mean of each tumour and of normal liver as drawn, in the territory or
    /// not, by the voxel prediction, Gy/GBq.
    #[serde(skip)]
    pub(crate) structure_gy_per_gbq: Vec<(String, f64)>,
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
    /// Those of a case; none where it has no SPECT.
    pub(super) fn read(case: &Case, folder: &Path) -> anyhow::Result<Option<Self>> {
        let roles: Vec<(String, Role)> = case
            .structures
            .iter()
            .map(|structure| (structure.name.clone(), structure.role.role()))
            .collect();
        Self::of(
            &case.images.in_folder(folder),
            &Settings {
                roles: &roles,
                stated_lungs: case.lungs.as_ref().map(sirt_store::TissueMass::volume),
                settled_by: SettledBy::Case,
            },
        )
    }

    /// Reads SPECT, structures and CT; none where there is no SPECT.
    pub(super) fn of(images: &Images, settings: &Settings<'_>) -> anyhow::Result<Option<Self>> {
        let Some(path) = &images.maa_spect else {
            return Ok(None);
        };
        let settled_by = settings.settled_by;
        let image = inputs::read_activity(
            path,
            None,
            settled_by,
            images.accepted.holds(ImageDifference::MissingSlices),
        )?;
        let mut findings = image.findings;
        let recorded = image.acquisition.units.as_ref().map(|fact| &fact.value);
        let stated = images.maa_spect_units.map(|units| units.pixel_units().0);
        let counted = stated.as_ref().or(recorded) == Some(&PixelUnits::Counts);
        if !counted {
            findings.push(Finding {
                severity: "note",
                subject: "counting".to_owned(),
                rule: "the numbers of the SPECT are not said to be counts, so that the uncertainty by counting is one of order only".to_owned(),
                fix: match settled_by {
                    SettledBy::Case | SettledBy::Administration => {
                        "maa_spect_units = \"counts\" in [images], where they are"
                    }
                    SettledBy::Options | SettledBy::ShuntOptions => {
                        "--units counts, where they are"
                    }
                }
                .to_owned(),
            });
        }
        if let Some(recorded) = image.acquisition.nuclide.as_ref()
            && !maa::is_nuclide_of_maa(&recorded.value)?
        {
            bail!(
                "SPECT of the work-up: {} is {}, allowed is Tc-99m; {}",
                recorded.field,
                recorded.value,
                match settled_by {
                    SettledBy::Case | SettledBy::Administration =>
                        "give the MAA image as maa_spect and that after treatment as y90",
                    SettledBy::Options | SettledBy::ShuntOptions => "give the MAA image (--spect)",
                }
            );
        }
        let registration = images
            .registration
            .as_deref()
            .map(inputs::read_registration)
            .transpose()?;
        let counts: Volume<Counts> = image.volume.reinterpret();
        let frame = counts.frame_of_reference().cloned();
        if images.structures.is_empty() {
            bail!(
                "a SPECT without structures says nothing of liver and tumours; give structures ({})",
                settled_by.structures()
            );
        }
        let (structures, of_files) = structure_input::read(&images.structures)?;
        findings.extend(of_files);
        let place = Place {
            grid: counts.grid(),
            frame: frame.as_ref(),
            registration: registration.as_ref(),
        };
        let (masks, of_structures) =
            structure_input::weighted(&structures, place, settings.roles, settled_by)?;
        findings.extend(of_structures);
        let liver = joined(&masks, Role::Liver)?;
        let lungs = joined(&masks, Role::Lung)?;
        // For the lungs, and for Monte Carlo.
        let wanted = lungs.is_some() || images.maa_spect_method == Some(DoseMethod::Transport);
        let ct = images
            .ct
            .as_ref()
            .filter(|_| wanted)
            .map(|path| {
                KnownCt::read(
                    path,
                    frame.as_ref(),
                    images.registration.as_deref().zip(registration.as_ref()),
                    settled_by,
                )
            })
            .transpose()?;
        let by_ct = ct
            .as_ref()
            .filter(|_| lungs.is_some())
            .map(|ct| lungs_by_ct(&ct.volume, &structures, place, settings))
            .transpose()?;
        let voxel_dose = VoxelDose::new(
            images.maa_spect_method,
            ct.as_ref().map(|ct| &*ct.volume),
            counts.grid(),
            &mut findings,
        )?;
        let whole_lungs = match by_ct {
            Some(LungsByCt::Whole(lungs)) => Some(lungs.capacity()),
            _ => settings.stated_lungs,
        };
        findings.extend(lungs_not_whole(
            by_ct,
            lungs.as_ref(),
            whole_lungs,
            settled_by,
        ));
        Ok(Some(Self {
            counts,
            masks,
            liver,
            lungs,
            spread: PointSpread {
                fwhm: images.maa_spect_resolution.unwrap_or(Length::ZERO),
                filter_fwhm: images.maa_spect_filter.unwrap_or(Length::ZERO),
            },
            voxel_dose,
            whole_lungs,
            findings,
            ct,
            lung_mass: match by_ct {
                Some(LungsByCt::Whole(lungs)) => Some(lungs),
                _ => None,
            },
            cut_lungs: match by_ct {
                Some(LungsByCt::Part(lungs)) => Some(lungs),
                _ => None,
            },
        }))
    }

    /// Where the images lie.
    pub(super) fn frame(&self) -> Option<&sirt_image::FrameOfReference> {
        self.counts.frame_of_reference()
    }

    /// The structure of normal liver, as drawn or derived.
    pub(super) fn normal_liver(&self) -> Option<&NamedMask> {
        self.masks
            .iter()
            .find(|named| named.role == Role::NormalLiver)
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
            whole_lungs: self.whole_lungs,
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
        let lobes: Vec<&WeightMask> = self
            .masks
            .iter()
            .filter(|named| named.role == Role::Other && named.name.to_lowercase().contains("lobe"))
            .map(|named| &named.mask)
            .collect();
        Ok(uniform_liver_parts(liver, &tumours, &lobes)?)
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
        let organs = if self.spread.fwhm > Length::ZERO {
            let parts = self.liver_parts(liver)?;
            let parts: Vec<&WeightMask> = parts.iter().collect();
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
    /// outlines, unless the case declares that they overlap, and lobes that
    /// are swapped.
    pub(super) fn require_declared_overlaps(&self, case: &Case) -> anyhow::Result<()> {
        self.require_lobes_on_their_sides(case)?;
        for (at, one) in case.territories.iter().enumerate() {
            for other in &case.territories[at + 1..] {
                let (Some(first), Some(second)) = (self.mask_of(one)?, self.mask_of(other)?) else {
                    continue;
                };
                let common_ml = shared_region(first, second)?.capacity().as_ml();
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

    /// Refuses a right lobe whose structure lies to the left of that of the
    /// left lobe.
    fn require_lobes_on_their_sides(&self, case: &Case) -> anyhow::Result<()> {
        let of_lobe = |lobe: Lobe| case.territories.iter().filter(move |t| t.lobe == lobe);
        for right in of_lobe(Lobe::Right) {
            for left in of_lobe(Lobe::Left) {
                let (Some(first), Some(second)) = (self.mask_of(right)?, self.mask_of(left)?)
                else {
                    continue;
                };
                if let Some(mm) = swapped_lobes_mm(first, second) {
                    bail!(
                        "territories `{}` and `{}`: the structure of the right lobe lies {mm:.0} mm to the patient's left of that of the left lobe; are the lobes swapped? correct `lobe` or `structure`, or the orientation of the images",
                        right.name,
                        left.name
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
        let all: Vec<&NamedMask> = self.tumours().collect();
        let mut belonging = Vec::new();
        for name in &territory.tumours {
            let at = all.iter().position(|named| named.name == *name);
            belonging.push(at.with_context(|| {
                let known: Vec<_> = all.iter().map(|named| named.name.as_str()).collect();
                format!(
                    "territory `{}`: tumour `{name}` is not among the tumours of the images, which are {}",
                    territory.name,
                    known.join(", ")
                )
            })?);
        }
        let masks: Vec<&WeightMask> = all.iter().map(|named| &named.mask).collect();
        let cut = TerritoryRegions::new(
            mask,
            self.liver.as_ref(),
            &masks,
            (!belonging.is_empty()).then_some(belonging.as_slice()),
        )?;
        if let Some((at, _)) = cut.tumours.iter().find(|(_, part)| part.is_empty()) {
            bail!(
                "territory `{}`: tumour `{}` lies wholly outside of its structure",
                territory.name,
                all[*at].name
            );
        }
        if cut.normal.is_empty() {
            bail!(
                "territory `{}` holds no normal liver in the images",
                territory.name
            );
        }
        let (inside, normal) = (&cut.tumours, &cut.normal);
        let mut regions: Vec<&WeightMask> = inside.iter().map(|(_, mask)| mask).collect();
        regions.push(normal);
        let at_normal = inside.len();
        regions.extend(&cut.outside);
        regions.extend(self.lungs.as_ref());
        let counts = RegionalCounts::new(&self.counts, &regions, self.spread)
            .with_context(|| format!("counts of territory `{}`", territory.name))?;
        let positions: Vec<usize> = (0..at_normal).collect();
        let together = if positions.is_empty() {
            None
        } else {
            Some(counts.concentration_ratio(&positions, &[at_normal])?)
        };
        let prediction = self
            .voxel_dose
            .predicted(
                &self.counts,
                &PredictedTerritory {
                    mask,
                    shunt,
                    density,
                },
                data,
                tissue,
            )
            .with_context(|| format!("territory `{}`", territory.name))?;
        let tumours = inside
            .iter()
            .enumerate()
            .map(|(at, (tumour, mask))| {
                let (ratio, sigma) = counts.concentration_ratio(&[at], &[at_normal])?;
                Ok(TumourFigures {
                    name: all[*tumour].name.clone(),
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
            normal_liver_gy_per_gbq: prediction.mean_per_gbq(normal)?,
            perfused_gy_per_gbq: prediction.mean_per_gbq(mask)?,
        };
        let structure_gy_per_gbq = self
            .masks
            .iter()
            .filter(|named| matches!(named.role, Role::Tumour | Role::NormalLiver))
            .map(|named| Ok((named.name.clone(), prediction.mean_per_gbq(&named.mask)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Some(TerritoryFigures {
            structure_gy_per_gbq,
            name: territory.name.clone(),
            volume_ml: mask.capacity().as_ml(),
            tumour_volume_ml,
            tumour_to_normal: together.map(|(ratio, _)| ratio),
            relative_counting: together.map_or(0.0, |(ratio, sigma)| sigma / ratio),
            tumours,
            voxel: Some(voxel),
            energy_closure: Some(prediction.balance.closure),
            voxel_method: Some(self.voxel_dose.named(&prediction)),
            prediction: Some(Arc::new(prediction)),
        }))
    }
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
    ExtrahepaticOrgan::by_name(name).is_some()
}

/// All structures of a role together, but for derived ones.
fn joined(masks: &[NamedMask], role: Role) -> anyhow::Result<Option<WeightMask>> {
    Ok(joined_regions(
        masks
            .iter()
            .filter(|named| named.role == role && named.derived.is_none())
            .map(|named| &named.mask),
    )?)
}

/// Lungs as a CT shows them.
#[derive(Clone, Copy)]
enum LungsByCt {
    Whole(LungMass),
    /// The CT ends inside them.
    Part(LungMass),
}

/// Mass of the lungs on the CT's own grid.
fn lungs_by_ct(
    ct: &Volume<Hounsfield>,
    structures: &[Structure],
    place: Place<'_>,
    settings: &Settings<'_>,
) -> anyhow::Result<LungsByCt> {
    let settled_by = settings.settled_by;
    let on_ct = Place {
        grid: ct.grid(),
        frame: ct.frame_of_reference(),
        registration: place.registration,
    };
    let lungs: Vec<Structure> = structures
        .iter()
        .filter(|structure| {
            let stated = structure_input::stated_role(settings.roles, &structure.name);
            stated.unwrap_or_else(|| Role::of_name(&structure.name)) == Role::Lung
        })
        .cloned()
        .collect();
    let roles: Vec<(String, Role)> = lungs
        .iter()
        .map(|structure| (structure.name.clone(), Role::Lung))
        .collect();
    let (masks, _) = structure_input::weighted(&lungs, on_ct, &roles, settled_by)?;
    let lungs = joined(&masks, Role::Lung)?.context("no lung on the grid of the CT")?;
    let mass = lung_mass_from_ct(ct, &lungs).context("mass of the lungs by CT")?;
    Ok(if is_cut_by_image(&lungs) {
        LungsByCt::Part(mass)
    } else {
        LungsByCt::Whole(mass)
    })
}

/// What is missing of the lungs in CT and SPECT.
fn lungs_not_whole(
    by_ct: Option<LungsByCt>,
    lungs: Option<&WeightMask>,
    whole: Option<Capacity>,
    settled_by: SettledBy,
) -> Vec<Finding> {
    let fix = match settled_by {
        SettledBy::Case | SettledBy::Administration => {
            "a CT of the whole chest, or mass or volume with density of both lungs in [lungs]"
        }
        SettledBy::Options | SettledBy::ShuntOptions => "a CT of the whole chest (--ct)",
    };
    let mut findings = Vec::new();
    if let Some(LungsByCt::Part(part)) = by_ct {
        findings.push(Finding {
            severity: "weakens",
            subject: "lungs".to_owned(),
            rule: format!(
                "the CT ends inside the lungs (they reach its first or last slice): the {:.0} g and {:.0} mL in it are a part and are not used",
                part.mass().as_g(),
                part.capacity().as_ml()
            ),
            fix: fix.to_owned(),
        });
    }
    if whole.is_none() && lungs.is_some_and(is_cut_by_image) {
        findings.push(Finding {
            severity: "weakens",
            subject: "lungs".to_owned(),
            rule: "the SPECT ends inside the lungs and nothing tells their whole volume: what lies beyond it is in no count, so that the lung shunt reads low".to_owned(),
            fix: fix.to_owned(),
        });
    }
    findings
}
