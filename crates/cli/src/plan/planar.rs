//! Lung shunt of planar views: which frame is which view, and its regions.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sirt_dicom::{PlanarDirection, PlanarImage};
use sirt_dosimetry::{
    PlanarView, ShuntEstimate, lung_shunt_of_views, planar_grid, polygons_on_view,
};
use sirt_image::{Grid, Volume, WeightMask};
use sirt_quantity::Energy;
use sirt_store::{Case, PlanarRegionRole, PlanarRegions, PlanarUnit, PlanarViewName};

use super::maa;
use crate::dicom_inputs::{self, PlanarSeries};
use crate::failure;
use crate::inputs::file_name;
use crate::result::Finding;

/// What planar views say of the lung shunt.
pub(super) struct PlanarWorkUp {
    /// None where no regions are given.
    pub(super) shunt: Option<ShuntEstimate>,
    pub(super) findings: Vec<Finding>,
}

/// Planar views and how their frames are told apart.
pub(super) struct PlanarInputs<'a> {
    pub(super) paths: &'a [PathBuf],
    pub(super) regions: &'a Path,
    /// Views of all frames in their order; empty where the files say them.
    pub(super) views: &'a [PlanarViewName],
    /// What states the order of the views.
    pub(super) views_key: &'static str,
}

/// One frame with where it comes from.
struct Frame {
    file: String,
    number: usize,
    image: PlanarImage,
    spacing_mm: Option<[f64; 2]>,
}

impl PlanarWorkUp {
    /// Of a case; none where it has no planar views.
    pub(super) fn of_case(case: &Case, folder: &Path) -> anyhow::Result<Option<Self>> {
        let images = case.images.in_folder(folder);
        if images.maa_planar.is_empty() {
            return Ok(None);
        }
        let Some(regions) = &images.maa_planar_regions else {
            return Ok(Some(Self {
                shunt: None,
                findings: vec![Finding {
                    severity: "note",
                    subject: "planar views".to_owned(),
                    rule: "not measured: no regions are given".to_owned(),
                    fix: "maa_planar_regions in [images], or counts in [work_up.planar_counts]"
                        .to_owned(),
                }],
            }));
        };
        Self::read(&PlanarInputs {
            paths: &images.maa_planar,
            regions,
            views: &images.maa_planar_views,
            views_key: "maa_planar_views in [images]",
        })
        .map(Some)
    }

    /// Reads views and regions and measures the lung shunt.
    pub(super) fn read(inputs: &PlanarInputs<'_>) -> anyhow::Result<Self> {
        let regions = PlanarRegions::read(inputs.regions)?;
        let mut frames = Vec::new();
        for path in inputs.paths {
            for series in dicom_inputs::read_planar(path)? {
                require_technetium(&series)?;
                let file = file_name(path);
                let spacing_mm = series.images.spacing_mm;
                frames.extend(
                    series
                        .images
                        .views
                        .into_iter()
                        .enumerate()
                        .map(|(at, image)| Frame {
                            file: file.clone(),
                            number: at + 1,
                            image,
                            spacing_mm,
                        }),
                );
            }
        }
        let photon = maa::photon()?;
        let peak = Photopeak::of(frames, photon)?;
        let [front, back] = front_and_back(&peak, inputs)?;
        let anterior = view(front, PlanarViewName::Anterior, &regions)?;
        let posterior = view(back, PlanarViewName::Posterior, &regions)?;
        let shunt =
            lung_shunt_of_views(&anterior, &posterior).context("lung shunt by planar views")?;
        let is_mirrored = regions
            .outlines
            .iter()
            .any(|outline| outline.view.is_none());
        let findings = not_as_seen_from_behind(front, back)
            .filter(|_| is_mirrored)
            .into_iter()
            .chain(peak.finding(photon))
            .collect();
        Ok(Self {
            shunt: Some(shunt),
            findings,
        })
    }
}

fn require_technetium(series: &PlanarSeries) -> anyhow::Result<()> {
    let Some(nuclide) = &series.nuclide else {
        return Ok(());
    };
    if !maa::is_nuclide_of_maa(nuclide)? {
        bail!(
            "planar views ({}): the radionuclide is {nuclide}, allowed is Tc-99m",
            series.label
        );
    }
    Ok(())
}

/// Frames of the photopeak, and what was left out.
struct Photopeak {
    frames: Vec<Frame>,
    /// Frames of other windows, in words.
    left_out: Vec<String>,
}

impl Photopeak {
    /// Keeps the frames of the energy window around a photon. Frames of a window
    /// that does not hold it are left out; where a file has several windows,
    /// so are those whose window is not known.
    fn of(frames: Vec<Frame>, photon: Energy) -> anyhow::Result<Self> {
        let window = |frame: &Frame| (frame.file.clone(), frame.image.energy_window);
        let of_several: Vec<bool> = frames
            .iter()
            .map(|frame| {
                frames
                    .iter()
                    .any(|other| other.file == frame.file && window(other) != window(frame))
            })
            .collect();
        let mut peak = Vec::new();
        let mut left_out = Vec::new();
        for (frame, of_several) in frames.into_iter().zip(of_several) {
            let place = format!("frame {} of {}", frame.number, frame.file);
            match frame.image.energy_range {
                Some([lower, upper]) if lower > photon || photon > upper => left_out.push(format!(
                    "{place} ({} to {} keV)",
                    lower.as_kev(),
                    upper.as_kev()
                )),
                None if of_several => {
                    left_out.push(format!("{place} (one of several windows, not told)"))
                }
                _ => peak.push(frame),
            }
        }
        let overlapping = peak.iter().any(|frame| {
            peak.iter()
                .any(|other| other.file == frame.file && window(other) != window(frame))
        });
        if peak.is_empty() || overlapping {
            bail!(
                "planar views: of the energy windows {} hold {} keV by (0054,0013) EnergyWindowRangeSequence, allowed is one of each file{}; export the photopeak window alone",
                if peak.is_empty() {
                    "none"
                } else {
                    "more than one"
                },
                photon.as_kev(),
                without(&left_out)
            );
        }
        Ok(Self {
            frames: peak,
            left_out,
        })
    }

    /// That frames were left out.
    fn finding(&self, photon: Energy) -> Option<Finding> {
        (!self.left_out.is_empty()).then(|| Finding {
            severity: "note",
            subject: "planar views".to_owned(),
            rule: format!(
                "left out: {}; by (0054,0013) EnergyWindowRangeSequence their window does not hold {} keV",
                self.left_out.join(", "),
                photon.as_kev()
            ),
            fix: "none needed where these are windows for scatter".to_owned(),
        })
    }
}

/// The frames that were left out, for the end of a message.
fn without(left_out: &[String]) -> String {
    if left_out.is_empty() {
        String::new()
    } else {
        format!(
            " (left out by their energy window: {})",
            left_out.join(", ")
        )
    }
}

/// The anterior and the posterior frame.
fn front_and_back<'a>(
    Photopeak { frames, left_out }: &'a Photopeak,
    inputs: &PlanarInputs<'_>,
) -> anyhow::Result<[&'a Frame; 2]> {
    let key = inputs.views_key;
    let left_out = without(left_out);
    if !inputs.views.is_empty() && inputs.views.len() != frames.len() {
        bail!(
            "planar views: {key} names {} view(s) where there are {} frames{left_out}; name one for each, in their order",
            inputs.views.len(),
            frames.len()
        );
    }
    let mut named = Vec::with_capacity(frames.len());
    for (at, frame) in frames.iter().enumerate() {
        let coded = frame.image.direction.map(|direction| match direction {
            PlanarDirection::Anterior => PlanarViewName::Anterior,
            PlanarDirection::Posterior => PlanarViewName::Posterior,
        });
        let place = || format!("planar views: frame {} of {}", frame.number, frame.file);
        let view = match (coded, inputs.views.get(at).copied()) {
            (Some(coded), Some(stated)) if coded != stated => bail!(
                "{} is {coded} by (0054,0220) ViewCodeSequence and {stated} by {key}; correct the one that is wrong",
                place()
            ),
            (coded, stated) => coded.or(stated),
        };
        let Some(view) = view else {
            bail!(failure::Ambiguous(format!(
                "{}: (0054,0220) ViewCodeSequence is {}, allowed is anterior or posterior; state the views in the order of the frames ({key})",
                place(),
                frame.image.view.as_deref().unwrap_or("missing")
            )));
        };
        named.push((view, frame));
    }
    let the_one = |wanted: PlanarViewName| {
        let of_view: Vec<&Frame> = named
            .iter()
            .filter(|(view, _)| *view == wanted)
            .map(|(_, frame)| *frame)
            .collect();
        match of_view.as_slice() {
            [one] => Ok(*one),
            several => bail!(
                "planar views: {} {wanted} views among {} frames{left_out}, allowed is one; give the file or files of one view from the front and one from behind",
                several.len(),
                frames.len()
            ),
        }
    };
    Ok([
        the_one(PlanarViewName::Anterior)?,
        the_one(PlanarViewName::Posterior)?,
    ])
}

/// A frame with its regions.
fn view(
    frame: &Frame,
    name: PlanarViewName,
    regions: &PlanarRegions,
) -> anyhow::Result<PlanarView> {
    let size = frame.image.size;
    let spacing_mm = match (frame.spacing_mm, regions.unit) {
        (Some(spacing), _) => spacing,
        // Pixels need no size.
        (None, PlanarUnit::Pixel) => [1.0, 1.0],
        (None, PlanarUnit::Mm) => bail!(
            "{}: (0028,0030) PixelSpacing is missing, which regions in mm need; write the regions in pixels",
            frame.file
        ),
    };
    let grid = planar_grid(size, spacing_mm)?;
    let image = Volume::new(grid.clone(), None, frame.image.counts.clone())?;
    let mask = |role| of_role(regions, role, name, &grid);
    let both = mask(PlanarRegionRole::Background)?;
    let background = |of| Ok::<_, anyhow::Error>(mask(of)?.or_else(|| both.clone()));
    let needed = |role: PlanarRegionRole| {
        mask(role)?.with_context(|| format!("planar regions: no {role} in the {name} view"))
    };
    Ok(PlanarView {
        image,
        lungs: needed(PlanarRegionRole::Lungs)?,
        liver: needed(PlanarRegionRole::Liver)?,
        lung_background: background(PlanarRegionRole::LungsBackground)?,
        liver_background: background(PlanarRegionRole::LiverBackground)?,
    })
}

fn of_role(
    regions: &PlanarRegions,
    role: PlanarRegionRole,
    name: PlanarViewName,
    grid: &Grid,
) -> anyhow::Result<Option<WeightMask>> {
    let [across, down, _] = grid.spacing_mm();
    let [mm_x, mm_y] = match regions.unit {
        PlanarUnit::Mm => [1.0, 1.0],
        PlanarUnit::Pixel => [across, down],
    };
    let width = across * grid.size()[0] as f64 / mm_x;
    let polygons: Vec<Vec<[f64; 2]>> = regions
        .in_view(role, name, width)
        .into_iter()
        .map(|polygon| {
            polygon
                .into_iter()
                .map(|[x, y]| [x * mm_x, y * mm_y])
                .collect()
        })
        .collect();
    polygons_on_view(grid, &polygons)
        .with_context(|| format!("planar regions: {role} in the {name} view"))
}

/// A finding where the posterior view looks more like the anterior one as it
/// is than mirrored: then mirrored regions lie on the wrong side.
fn not_as_seen_from_behind(front: &Frame, back: &Frame) -> Option<Finding> {
    if front.image.size != back.image.size {
        return None;
    }
    let across = front.image.size[0];
    let rows = || {
        front
            .image
            .counts
            .chunks_exact(across)
            .zip(back.image.counts.chunks_exact(across))
    };
    let product = |a: &f32, b: &f32| f64::from(*a) * f64::from(*b);
    let straight: f64 = rows()
        .flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| product(a, b)))
        .sum();
    let mirrored: f64 = rows()
        .flat_map(|(a, b)| a.iter().zip(b.iter().rev()).map(|(a, b)| product(a, b)))
        .sum();
    (straight > mirrored).then(|| Finding {
        severity: "weakens",
        subject: format!("planar views: frame {} of {}", back.number, back.file),
        rule: "the posterior view looks like the anterior one as it is rather than mirrored, so that regions without `view` lie on the wrong side of it".to_owned(),
        fix: "give view = \"posterior\" to outlines of their own, or check which view it is".to_owned(),
    })
}
