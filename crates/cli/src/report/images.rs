//! The images of the work-up with contours, and the dose that they predict.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use sirt_dosimetry::{DoseVolumeHistogram, NamedMask, Role, predicted_dose};
use sirt_image::{Hounsfield, Volume, VoxelQuantity, WeightMask};
use sirt_quantity::{AbsorbedDose, Activity, ResidualFraction};
use sirt_report::plot::{DvhCurve, dose_volume};
use sirt_report::{Block, Figure, FigureWidth, Picture, Section, Table};

use super::figures::{gy, ml};
use super::material::{Material, numbers, row, words};
use super::references::plain;
use crate::colour::structure_colour;
use crate::dose_files::middle;
use crate::inputs;
use crate::plan::WorkUpImages;
use crate::preview::{ColourScale, OutlinedStructure, PAGE_WIDTH, Preview, Underlay, preview_png};
use crate::settled_by::SettledBy;

/// Steps of a curve: fine enough for a page.
const CURVE_STEPS: u32 = 240;
/// Parts of the volume whose dose is told.
const TOLD_FRACTIONS: [f64; 3] = [0.98, 0.70, 0.02];

/// A structure to outline and to tell the dose of.
struct Region<'a> {
    name: String,
    mask: &'a WeightMask,
    tumour: bool,
}

/// What the sections on images hold.
pub(super) struct ImageSections {
    pub(super) work_up: Section,
    pub(super) predicted: Option<Section>,
}

pub(super) fn sections(material: &Material<'_>, folder: &Path) -> anyhow::Result<ImageSections> {
    let Some(images) = &material.planned.images else {
        return Ok(ImageSections {
            work_up: Section {
                heading: "Images of the work-up".to_owned(),
                blocks: vec![Block::Paragraph(
                    "The case has no SPECT of the work-up: nothing here was measured in images, and extrahepatic activity was not searched for.".to_owned(),
                )],
            },
            predicted: None,
        });
    };
    let regions = regions(material, images)?;
    let ct = ct(material, images, folder)?;
    let ct = ct.as_deref();
    let mut blocks = vec![Block::Figure(picture(
        images,
        &images.counts,
        ColourScale::Counts,
        ct,
        &regions,
        if ct.is_some() {
            "MAA SPECT over CT"
        } else {
            "MAA SPECT"
        },
        "Counts of the MAA SPECT with liver, territories and tumours, through the tumour with the highest uptake; the patient's right is on the left.",
    )?)];
    if ct.is_none() {
        blocks.push(Block::Paragraph("The case has no CT.".to_owned()));
    }
    Ok(ImageSections {
        work_up: Section {
            heading: "Images of the work-up".to_owned(),
            blocks,
        },
        predicted: predicted(material, images, ct, &regions)?,
    })
}

/// Liver, lungs left out, territories and tumours: what a reader looks for.
fn regions<'a>(
    material: &Material<'_>,
    images: &'a WorkUpImages,
) -> anyhow::Result<Vec<Region<'a>>> {
    let mut regions = Vec::new();
    for territory in &material.case.territories {
        if let Some(mask) = images.mask_of(territory)? {
            regions.push(Region {
                name: format!("territory {}", territory.name),
                mask,
                tumour: false,
            });
        }
    }
    let drawn = |named: &&NamedMask| named.derived.is_none();
    for named in images.masks.iter().filter(drawn) {
        let tumour = named.role == Role::Tumour;
        let is_territory = material
            .case
            .territories
            .iter()
            .any(|territory| territory.structure.as_deref() == Some(named.name.as_str()));
        if tumour || (named.role == Role::Liver && !is_territory) {
            regions.push(Region {
                name: named.name.clone(),
                mask: &named.mask,
                tumour,
            });
        }
    }
    Ok(regions)
}

/// The CT of the work-up, read here where the plan had no need of it.
fn ct(
    material: &Material<'_>,
    images: &WorkUpImages,
    folder: &Path,
) -> anyhow::Result<Option<Arc<Volume<Hounsfield>>>> {
    if let Some(known) = &images.ct {
        return Ok(Some(Arc::clone(&known.volume)));
    }
    let paths = material.case.images.in_folder(folder);
    let Some(path) = &paths.ct else {
        return Ok(None);
    };
    let registration = paths
        .registration
        .as_deref()
        .map(inputs::read_registration)
        .transpose()?;
    let (ct, _) = inputs::read_ct(
        path,
        images.counts.frame_of_reference(),
        registration.as_ref(),
        SettledBy::Case,
    )?;
    Ok(Some(Arc::new(ct)))
}

/// The middle of the tumour with the highest mean, or the hottest voxel.
fn focus<Q: VoxelQuantity>(volume: &Volume<Q>, regions: &[Region<'_>]) -> [usize; 3] {
    let mean = |mask: &WeightMask| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (at, weight) in mask.iter() {
            sum += f64::from(weight) * f64::from(volume.values()[at]);
            weights += f64::from(weight);
        }
        if weights > 0.0 { sum / weights } else { 0.0 }
    };
    regions
        .iter()
        .filter(|region| region.tumour)
        .map(|region| (region, mean(region.mask)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .and_then(|(region, _)| middle(region.mask))
        .unwrap_or_else(|| {
            let hottest = volume
                .values()
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1));
            volume.grid().index(hottest.map_or(0, |(at, _)| at))
        })
}

fn picture<Q: VoxelQuantity>(
    images: &WorkUpImages,
    overlay: &Volume<Q>,
    scale: ColourScale,
    ct: Option<&Volume<Hounsfield>>,
    regions: &[Region<'_>],
    title: &str,
    caption: &str,
) -> anyhow::Result<Figure> {
    let structures: Vec<OutlinedStructure<'_>> = regions
        .iter()
        .enumerate()
        .map(|(at, region)| OutlinedStructure {
            name: &region.name,
            colour: structure_colour(at),
            mask: region.mask,
            tumour: region.tumour,
        })
        .collect();
    // Without CT the counts themselves show where the patient is.
    let png = preview_png(&Preview {
        overlay,
        scale,
        underlay: ct.map_or(Underlay::Counts(&images.counts), Underlay::Ct),
        structures: &structures,
        focus: focus(overlay, regions),
        title,
        subtitle: "axial, coronal, sagittal",
        width: PAGE_WIDTH,
    })
    .with_context(|| format!("picture `{title}`"))?;
    let names: Vec<&str> = regions.iter().map(|region| region.name.as_str()).collect();
    Ok(Figure {
        caption: caption.to_owned(),
        alternative: plain(&format!(
            "{title}: three slices with the outlines of {}",
            names.join(", ")
        )),
        picture: Picture::Png(png),
        width: FigureWidth::Full,
    })
}

/// Dose of the chosen activities, voxel by voxel; none where a territory has no
/// prediction or no activity.
fn predicted(
    material: &Material<'_>,
    images: &WorkUpImages,
    ct: Option<&Volume<Hounsfield>>,
    regions: &[Region<'_>],
) -> anyhow::Result<Option<Section>> {
    let mut parts = Vec::new();
    for territory in &material.plan.territories {
        let prediction = territory
            .images
            .as_ref()
            .and_then(|figures| figures.prediction.as_deref());
        let activity = material
            .plan
            .chosen
            .iter()
            .find(|row| row.territory == territory.name)
            .and_then(|row| row.activity_gbq);
        let (Some(prediction), Some(activity)) = (prediction, activity) else {
            return Ok(None);
        };
        parts.push((
            prediction,
            Activity::from_gbq(activity),
            ResidualFraction::from_fraction(territory.residual_percent / 100.0)?,
        ));
    }
    if parts.is_empty() {
        return Ok(None);
    }
    let dose: Volume<AbsorbedDose> = predicted_dose(&parts)?;
    let mut curves = Vec::new();
    let mut rows = Vec::new();
    for region in regions {
        let histogram = DoseVolumeHistogram::of_structure(&dose, region.mask)
            .with_context(|| format!("structure `{}`", region.name))?;
        let top = histogram.max();
        let points = (0..=CURVE_STEPS)
            .map(|step| {
                let dose = top * f64::from(step) / f64::from(CURVE_STEPS);
                (dose, 100.0 * histogram.fraction_at_dose(dose))
            })
            .collect();
        curves.push(DvhCurve {
            structure: region.name.clone(),
            points,
        });
        let at_fraction = |fraction: f64| gy(histogram.dose_at_fraction(fraction));
        rows.push(row(
            [
                plain(&region.name),
                ml(region.mask.capacity().as_ml()),
                gy(histogram.mean()),
                at_fraction(TOLD_FRACTIONS[0]),
                at_fraction(TOLD_FRACTIONS[1]),
                at_fraction(TOLD_FRACTIONS[2]),
            ],
            region.tumour,
        ));
    }
    let blocks = vec![
        Block::Figure(picture(
            images,
            &dose,
            ColourScale::Dose,
            ct,
            regions,
            "Predicted dose",
            "Dose of the planned activities, predicted voxel by voxel from the MAA SPECT, through the tumour with the highest dose.",
        )?),
        Block::Figure(Figure {
            caption: "Dose-volume histograms of the prediction: part of the volume that receives a dose or more.".to_owned(),
            alternative: "Cumulative dose-volume histograms of territories and tumours".to_owned(),
            picture: Picture::Svg(dose_volume(&curves)?),
            width: FigureWidth::Medium,
        }),
        Block::Table(Table {
            caption: "Predicted doses of structures".to_owned(),
            columns: vec![
                words("Structure", 4),
                numbers("Volume", "mL"),
                numbers("Mean", "Gy"),
                numbers("D98", "Gy"),
                numbers("D70", "Gy"),
                numbers("D2", "Gy"),
            ],
            rows,
            note: Some("As imaged: blur of the SPECT lowers small tumours and smooths every histogram; territories and liver hold their tumours. Spheres may go elsewhere than MAA did [@chiesa2021sop].".to_owned()),
        }),
    ];
    Ok(Some(Section {
        heading: "Dose to expect, voxel by voxel".to_owned(),
        blocks,
    }))
}
