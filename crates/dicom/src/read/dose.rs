//! RT dose: the grid of doses and the histograms that come with it.
//!
//! `dose = stored x (3004,000E) DoseGridScaling`, 16 or 32 bits without sign.
//! Frames stand at (3004,000C) GridFrameOffsetVector along the normal: from
//! the image position when the first offset is 0, and as patient z when the
//! first offset is the position's z on axial frames (DICOM PS3.3 C.8.8.3.2).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use sirt_image::{FrameOfReference, Grid, PatientPoint, PatientVector, Volume};
use sirt_quantity::{AbsorbedDose, Bed};

use super::ct::{refuse_stopped, stack_frames};
use super::element::{DataSet, Extent};
use super::instance::SeriesKind;
use super::object::Object;
use super::pixel::{PixelFrames, Rescale};
use super::plane::{plane_directions, plane_position, plane_spacing};
use super::series::Series;
use crate::{DicomError, Finding};

/// Relative difference of frame offsets that still is one grid.
const UNEQUAL_OFFSETS: f64 = 0.01;

/// A dose with its histograms.
#[derive(Debug, Clone)]
pub struct RecordedDose {
    /// Doses on their grid; `None` for an object of histograms alone.
    pub volume: Option<DoseVolume>,
    /// (3004,000A) DoseSummationType.
    pub summation: String,
    /// (3004,0006) DoseComment.
    pub comment: String,
    /// (3004,0050) DVHSequence.
    pub histograms: Vec<RecordedHistogram>,
}

impl RecordedDose {
    /// The grid of the doses.
    #[must_use]
    pub fn grid(&self) -> Option<&Grid> {
        match self.volume.as_ref()? {
            DoseVolume::Physical(volume) => Some(volume.grid()),
            DoseVolume::Effective(volume) => Some(volume.grid()),
        }
    }

    /// What weakens the dose where it is not that of a whole treatment.
    #[must_use]
    pub fn summation_finding(&self) -> Option<Finding> {
        let whole = ["", "PLAN", "MULTI_PLAN", "PLAN_OVERVIEW"];
        (!whole.contains(&self.summation.as_str())).then(|| {
            Finding::weakens(
                tags::DOSE_SUMMATION_TYPE,
                format!(
                    "is {}: the dose may be that of a part of the treatment",
                    self.summation
                ),
                "give the dose of the whole plan (PLAN or MULTI_PLAN), or add up the parts",
            )
        })
    }

    /// The absorbed dose; `None` for an effective dose or histograms alone.
    #[must_use]
    pub fn into_physical(self) -> Option<Volume<AbsorbedDose>> {
        match self.volume? {
            DoseVolume::Physical(volume) => Some(volume),
            DoseVolume::Effective(_) => None,
        }
    }
}

/// What (3004,0004) DoseType says that the numbers are.
#[derive(Debug, Clone, PartialEq)]
pub enum DoseVolume {
    /// `PHYSICAL`: absorbed dose, Gy.
    Physical(Volume<AbsorbedDose>),
    /// `EFFECTIVE`: after a radiobiological model, Gy.
    Effective(Volume<Bed>),
}

/// A dose-volume histogram as recorded.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RecordedHistogram {
    /// Numbers of the ROIs that were included.
    pub included_rois: Vec<u32>,
    /// Numbers of the ROIs that were cut out.
    pub excluded_rois: Vec<u32>,
    /// (3004,0001): `CUMULATIVE`, `DIFFERENTIAL` or `NATURAL`.
    pub kind: String,
    /// (3004,0002): `GY` or `RELATIVE`.
    pub dose_units: String,
    /// (3004,0054): `CM3` or `PERCENT`.
    pub volume_units: String,
    /// Width of each bin, in the dose unit, and the volume that belongs to it.
    pub bins: Vec<[f64; 2]>,
    /// Smallest dose.
    pub minimum: Option<f64>,
    /// Largest dose.
    pub maximum: Option<f64>,
    /// Mean dose.
    pub mean: Option<f64>,
}

/// Reads an RT dose.
///
/// # Errors
/// [`DicomError::WrongKind`] for another kind of object,
/// [`DicomError::Attribute`] for relative doses, unequal frames or missing
/// geometry, and whatever makes the file unreadable.
pub fn read_dose(series: &Series) -> Result<RecordedDose, DicomError> {
    let first = series.require_kind(&[SeriesKind::Dose], "an RT dose")?;
    refuse_stopped(series)?;
    let bytes = first.bytes()?;
    let bytes = first.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let set = &object.set;
    let volume = if set.get(tags::PIXEL_DATA).is_some() {
        Some(dose_volume(&object)?)
    } else {
        None
    };
    let histograms: Vec<_> = set
        .items(tags::DVH_SEQUENCE)
        .iter()
        .map(|item| histogram(&object, item))
        .collect::<Result<_, _>>()?;
    if volume.is_none() && histograms.is_empty() {
        return Err(object.missing(tags::PIXEL_DATA, "doses or a histogram"));
    }
    let charset = set.character_set();
    Ok(RecordedDose {
        volume,
        summation: set.text(tags::DOSE_SUMMATION_TYPE).unwrap_or_default(),
        comment: set
            .label(tags::DOSE_COMMENT, charset.as_deref())
            .unwrap_or_default(),
        histograms,
    })
}

fn dose_volume(object: &Object<'_>) -> Result<DoseVolume, DicomError> {
    let set = &object.set;
    match set.text(tags::DOSE_UNITS).as_deref() {
        Some("GY") => {}
        other => {
            return Err(object.refused(
                tags::DOSE_UNITS,
                other.unwrap_or("missing"),
                "GY; relative doses have no scale here",
            ));
        }
    }
    let scaling = set
        .number(tags::DOSE_GRID_SCALING)
        .filter(|scaling| *scaling > 0.0)
        .ok_or_else(|| object.missing(tags::DOSE_GRID_SCALING, "a positive number"))?;
    let frames = PixelFrames::open(object)?;
    if !matches!(frames.layout.bits_allocated, 16 | 32) {
        return Err(object.refused(
            tags::BITS_ALLOCATED,
            frames.layout.bits_allocated,
            "16 or 32",
        ));
    }
    let (order, grid) = dose_grid(object, &frames)?;
    let rescale = Rescale {
        slope: scaling,
        intercept: 0.0,
    };
    let scaled: Vec<_> = order.into_iter().map(|frame| (frame, rescale)).collect();
    let values = stack_frames(&frames, &scaled, &grid)?;
    let frame = set.text(tags::FRAME_OF_REFERENCE_UID).map(FrameOfReference);
    match set.text(tags::DOSE_TYPE).as_deref() {
        Some("PHYSICAL") => Ok(DoseVolume::Physical(Volume::new(grid, frame, values)?)),
        Some("EFFECTIVE") => Ok(DoseVolume::Effective(Volume::new(grid, frame, values)?)),
        other => Err(object.refused(
            tags::DOSE_TYPE,
            other.unwrap_or("missing"),
            "PHYSICAL or EFFECTIVE",
        )),
    }
}

fn dose_grid(
    object: &Object<'_>,
    frames: &PixelFrames<'_>,
) -> Result<(Vec<usize>, Grid), DicomError> {
    let set = &object.set;
    let count = frames.layout.frames;
    let position = plane_position(object, Some(set))?;
    let [row, column] = plane_directions(object, Some(set))?;
    let [between_rows, between_columns] = plane_spacing(object, Some(set))?;
    let normal = row.cross(column);
    let offsets = frame_offsets(object, count, position, normal)?;
    let (mut order, mut steps): (Vec<usize>, Vec<f64>) = ((0..count).collect(), offsets);
    let spacing = match steps.as_slice() {
        [] | [_] => set
            .number(tags::SLICE_THICKNESS)
            .filter(|d| *d > 0.0)
            .ok_or_else(|| object.missing(tags::SLICE_THICKNESS, "a positive number in mm"))?,
        _ => {
            let mean = (steps[count - 1] - steps[0]) / (count as f64 - 1.0);
            let worst = steps
                .windows(2)
                .map(|pair| (pair[1] - pair[0] - mean).abs())
                .fold(0.0, f64::max);
            if mean == 0.0 || worst > UNEQUAL_OFFSETS * mean.abs() {
                return Err(object.refused(
                    tags::GRID_FRAME_OFFSET_VECTOR,
                    format!("steps of {mean:.3} mm on average, off by up to {worst:.3} mm"),
                    "equal steps",
                ));
            }
            if mean < 0.0 {
                order.reverse();
                steps.reverse();
            }
            mean.abs()
        }
    };
    let origin = position + normal * steps.first().copied().unwrap_or(0.0);
    let grid = Grid::new(
        [frames.layout.columns, frames.layout.rows, count],
        [between_columns, between_rows, spacing],
        origin,
        [row, column, normal],
    )?;
    Ok((order, grid))
}

/// Offsets from the image position along the normal, mm.
fn frame_offsets(
    object: &Object<'_>,
    count: usize,
    position: PatientPoint,
    normal: PatientVector,
) -> Result<Vec<f64>, DicomError> {
    let tag: Tag = tags::GRID_FRAME_OFFSET_VECTOR;
    let offsets = match object.set.numbers(tag) {
        Some(offsets) => offsets,
        None if count == 1 => vec![0.0],
        None => return Err(object.missing(tag, "one number in mm for each frame")),
    };
    if offsets.len() != count {
        return Err(object.refused(
            tag,
            format!("{} numbers", offsets.len()),
            "one number for each frame",
        ));
    }
    let first = offsets[0];
    let axial = normal.0[2].abs() > 0.9999;
    if first.abs() < 1e-3 {
        Ok(offsets)
    } else if axial && (first - position.0[2]).abs() < 1e-2 {
        Ok(offsets
            .into_iter()
            .map(|z| (z - position.0[2]) * normal.0[2].signum())
            .collect())
    } else {
        Err(object.refused(
            tag,
            format!("starts with {first}"),
            "0 (relative), or the image position's z on axial frames (absolute)",
        ))
    }
}

fn histogram(object: &Object<'_>, item: &DataSet<'_>) -> Result<RecordedHistogram, DicomError> {
    let scaling = item.number(tags::DVH_DOSE_SCALING).unwrap_or(1.0);
    let data = item
        .numbers(tags::DVH_DATA)
        .filter(|data| data.len() % 2 == 0)
        .ok_or_else(|| object.missing(tags::DVH_DATA, "pairs of bin width and volume"))?;
    let rois = |kind: &str| -> Vec<u32> {
        item.items(tags::DVH_REFERENCED_ROI_SEQUENCE)
            .iter()
            .filter(|roi| {
                roi.text(tags::DVHROI_CONTRIBUTION_TYPE)
                    .as_deref()
                    .unwrap_or("INCLUDED")
                    == kind
            })
            .filter_map(|roi| u32::try_from(roi.count(tags::REFERENCED_ROI_NUMBER)?).ok())
            .collect()
    };
    Ok(RecordedHistogram {
        included_rois: rois("INCLUDED"),
        excluded_rois: rois("EXCLUDED"),
        kind: item.text(tags::DVH_TYPE).unwrap_or_default(),
        dose_units: item.text(tags::DOSE_UNITS).unwrap_or_default(),
        volume_units: item.text(tags::DVH_VOLUME_UNITS).unwrap_or_default(),
        bins: data
            .chunks_exact(2)
            .map(|pair| [pair[0] * scaling, pair[1]])
            .collect(),
        minimum: item.number(tags::DVH_MINIMUM_DOSE),
        maximum: item.number(tags::DVH_MAXIMUM_DOSE),
        mean: item.number(tags::DVH_MEAN_DOSE),
    })
}
