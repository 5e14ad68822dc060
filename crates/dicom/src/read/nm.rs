//! Nuclear medicine images: tomograms and planar views.
//!
//! An NM object keeps its geometry once, for the first frame, in the detector
//! information (0054,0022) or at the top level; slices follow from (0054,0080)
//! SliceVector and (0018,0088) SpacingBetweenSlices, whose *sign* is the
//! direction of stacking along row x column (DICOM PS3.3 C.8.4.15): positive
//! is along the normal.
//! Source: DICOM PS3.3 C.8.4.8 to C.8.4.16.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use jiff::civil::DateTime;
use sirt_image::{FrameOfReference, Grid, PixelUnits, Recorded, Unspecified, Volume};
use sirt_quantity::{Energy, TimeSpan};

use super::attribute::CodedConcept;
use super::ct::stack_frames;
use super::element::{DataSet, Extent};
use super::instance::{Instance, SeriesKind};
use super::object::{Object, refused};
use super::pixel::{PixelFrames, Rescale};
use super::plane::{plane_directions, plane_position, plane_spacing};
use super::radiopharmaceutical::real_world;
use super::series::Series;
use crate::DicomError;

/// A reconstructed tomogram.
pub(crate) struct Tomogram {
    pub(crate) volume: Volume<Unspecified>,
    pub(crate) units: Option<Recorded<PixelUnits>>,
    pub(crate) duration: Option<TimeSpan>,
}

/// Planar views of a gamma camera.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarImages {
    /// One image for each frame, in the order of the object.
    pub views: Vec<PlanarImage>,
    /// Distance of pixels along a row and along a column, mm.
    pub spacing_mm: Option<[f64; 2]>,
    /// Start of the acquisition, local time.
    pub acquisition_start: Option<DateTime>,
}

/// One planar view.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarImage {
    /// Columns and rows.
    pub size: [usize; 2],
    /// Counts, the column fastest.
    pub counts: Vec<f32>,
    /// Number of the detector in (0054,0020), from 1.
    pub detector: usize,
    /// Number of the energy window in (0054,0010), from 1.
    pub energy_window: usize,
    /// Lower and upper bound of the energy window.
    pub energy_range: Option<[Energy; 2]>,
    /// View as recorded, for example `Anterior`.
    pub view: Option<String>,
    /// From where the detector looks, where (0054,0220) ViewCodeSequence says it.
    pub direction: Option<PlanarDirection>,
    /// Duration of the frame.
    pub duration: Option<TimeSpan>,
}

/// From where a planar view looks at the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanarDirection {
    /// From the front.
    Anterior,
    /// From behind.
    Posterior,
}

impl PlanarDirection {
    /// By code (SNOMED CT of CID 26), else by what it is said to mean; none
    /// for lateral and oblique views.
    fn of(code: &CodedConcept) -> Option<Self> {
        match code.value.as_str() {
            "399321004" => return Some(Self::Anterior),
            "399001007" => return Some(Self::Posterior),
            _ => {}
        }
        let meaning = code.meaning.to_lowercase();
        let has = |words: &[&str]| {
            meaning
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| words.contains(&word))
        };
        if has(&["oblique", "lateral", "left", "right", "antero", "postero"]) {
            return None;
        }
        match (has(&["anterior", "ant"]), has(&["posterior", "post"])) {
            (true, false) => Some(Self::Anterior),
            (false, true) => Some(Self::Posterior),
            _ => None,
        }
    }
}

/// Reads the planar views of an NM object (static or whole body).
///
/// # Errors
/// [`DicomError::WrongKind`] for a tomogram or another kind of object, and
/// whatever makes the file unreadable.
pub fn read_planar(series: &Series) -> Result<PlanarImages, DicomError> {
    let first = series.require_kind(&[SeriesKind::Nm], "a planar NM object")?;
    if is_tomographic(first) {
        return Err(DicomError::WrongKind {
            found: format!("{} ({})", first.file, first.image_type.join("\\")),
            wanted: "a planar NM object",
        });
    }
    let bytes = first.bytes()?;
    let bytes = first.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let frames = PixelFrames::open(&object)?;
    let layout = frames.layout;
    let vector =
        |tag: Tag| -> Result<Vec<usize>, DicomError> { frame_vector(&object, tag, layout.frames) };
    let detectors = vector(tags::DETECTOR_VECTOR)?;
    let windows = vector(tags::ENERGY_WINDOW_VECTOR)?;
    let mut views = Vec::with_capacity(layout.frames);
    for (frame, (detector, window)) in detectors.into_iter().zip(windows).enumerate() {
        let mut counts = vec![0.0; layout.pixels_per_frame()];
        frames.numbers_into(frame, first.rescale.unwrap_or(Rescale::STORED), &mut counts)?;
        let item = object
            .set
            .items(tags::DETECTOR_INFORMATION_SEQUENCE)
            .get(detector - 1);
        let code = item.and_then(|item| item.code(tags::VIEW_CODE_SEQUENCE));
        views.push(PlanarImage {
            size: [layout.columns, layout.rows],
            counts,
            detector,
            energy_window: window,
            energy_range: energy_range(&object.set, window),
            direction: code.as_ref().and_then(PlanarDirection::of),
            view: code.map(|code| code.meaning),
            duration: item
                .and_then(|item| item.number(tags::ACTUAL_FRAME_DURATION))
                .or_else(|| object.set.number(tags::ACTUAL_FRAME_DURATION))
                .map(|ms| TimeSpan::from_seconds(ms / 1000.0)),
        });
    }
    Ok(PlanarImages {
        views,
        spacing_mm: first.pixel_spacing.map(|[rows, columns]| [columns, rows]),
        acquisition_start: first.acquisition_start,
    })
}

/// Whether the third value of (0008,0008) names a tomogram.
fn is_tomographic(instance: &Instance) -> bool {
    instance
        .image_type
        .get(2)
        .is_some_and(|value| value.contains("TOMO"))
}

/// Reads a reconstructed tomogram.
pub(crate) fn read_tomogram(instance: &Instance) -> Result<Tomogram, DicomError> {
    let kind = instance.image_type.get(2).map_or("", String::as_str);
    if kind != "RECON TOMO" {
        let recorded = instance.image_type.join("\\");
        return Err(refused(
            &instance.file,
            tags::IMAGE_TYPE,
            if recorded.is_empty() {
                "missing"
            } else {
                &recorded
            },
            "RECON TOMO as third value; projections, planar views and gates have no volume",
        ));
    }
    let bytes = instance.bytes()?;
    let bytes = instance.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let frames = PixelFrames::open(&object)?;
    let count = frames.layout.frames;
    for (tag, what) in [
        (tags::ENERGY_WINDOW_VECTOR, "energy window"),
        (tags::DETECTOR_VECTOR, "detector"),
    ] {
        let vector = frame_vector(&object, tag, count)?;
        if vector.iter().any(|one| *one != vector[0]) {
            return Err(object.refused(
                tag,
                format!("more than one {what}"),
                "one; export the windows as separate objects",
            ));
        }
    }
    // Without the vector frames stand in the order of slices.
    let slices = if object.set.get(tags::SLICE_VECTOR).is_none() {
        (1..=count).collect()
    } else {
        frame_vector(&object, tags::SLICE_VECTOR, count)?
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|frame| slices[*frame]);
    if order
        .iter()
        .enumerate()
        .any(|(at, frame)| slices[*frame] != at + 1)
    {
        return Err(object.refused(
            tags::SLICE_VECTOR,
            "slices missing or repeated",
            "every slice from 1 to the number of frames once",
        ));
    }
    let grid = tomogram_grid(&object, &frames, &mut order)?;
    let (rescale, units) = real_world(
        &object,
        object.set.items(tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE),
    )?
    .map_or(
        (instance.rescale.unwrap_or(Rescale::STORED), None),
        |(rescale, units)| (rescale, Some(units)),
    );
    let scaled: Vec<_> = order.iter().map(|frame| (*frame, rescale)).collect();
    let values = stack_frames(&frames, &scaled, &grid)?;
    Ok(Tomogram {
        volume: Volume::new(
            grid,
            instance.frame_of_reference.clone().map(FrameOfReference),
            values,
        )?,
        units,
        duration: rotation_time(&object.set),
    })
}

/// The grid; turns `order` round where slices are stacked against the normal.
fn tomogram_grid(
    object: &Object<'_>,
    frames: &PixelFrames<'_>,
    order: &mut [usize],
) -> Result<Grid, DicomError> {
    let set = &object.set;
    let detector = set.item(tags::DETECTOR_INFORMATION_SEQUENCE);
    // In the detector's item, or at the top level.
    let holder = |tag: Tag| {
        let item = detector.filter(|item| item.numbers(tag).is_some());
        item.or(Some(set))
    };
    let mut origin = plane_position(object, holder(tags::IMAGE_POSITION_PATIENT))?;
    let [row, column] = plane_directions(object, holder(tags::IMAGE_ORIENTATION_PATIENT))?;
    let [between_rows, between_columns] = plane_spacing(object, Some(set))?;
    let step = set
        .number(tags::SPACING_BETWEEN_SLICES)
        .filter(|d| *d != 0.0)
        .ok_or_else(|| {
            object.missing(
                tags::SPACING_BETWEEN_SLICES,
                "a number in mm that is not 0; its sign is the direction of stacking",
            )
        })?;
    let normal = row.cross(column);
    if step < 0.0 {
        order.reverse();
        origin = origin + normal * (step * (order.len() as f64 - 1.0));
    }
    Ok(Grid::new(
        [frames.layout.columns, frames.layout.rows, order.len()],
        [between_columns, between_rows, step.abs()],
        origin,
        [row, column, normal],
    )?)
}

/// A vector with an entry from 1 on for each frame; all 1 when absent.
fn frame_vector(object: &Object<'_>, tag: Tag, frames: usize) -> Result<Vec<usize>, DicomError> {
    if object.set.get(tag).is_none() {
        return Ok(vec![1; frames]);
    }
    let vector = object.set.counts(tag).unwrap_or_default();
    if vector.len() != frames || vector.contains(&0) {
        return Err(object.refused(
            tag,
            format!("{} values", vector.len()),
            "one number from 1 on for each frame",
        ));
    }
    Ok(vector)
}

/// Lower and upper bound of an energy window, counted from 1.
fn energy_range(set: &DataSet<'_>, window: usize) -> Option<[Energy; 2]> {
    let range = set
        .items(tags::ENERGY_WINDOW_INFORMATION_SEQUENCE)
        .get(window.checked_sub(1)?)?
        .item(tags::ENERGY_WINDOW_RANGE_SEQUENCE)?;
    Some([
        Energy::from_kev(range.number(tags::ENERGY_WINDOW_LOWER_LIMIT)?),
        Energy::from_kev(range.number(tags::ENERGY_WINDOW_UPPER_LIMIT)?),
    ])
}

/// Time of a rotation: frames in it times the duration of one.
fn rotation_time(set: &DataSet<'_>) -> Option<TimeSpan> {
    let rotation = set.item(tags::ROTATION_INFORMATION_SEQUENCE)?;
    let frames = rotation.number(tags::NUMBER_OF_FRAMES_IN_ROTATION)?;
    let each = rotation.number(tags::ACTUAL_FRAME_DURATION)?;
    Some(TimeSpan::from_seconds(frames * each / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_told_by_its_code_or_by_what_it_means() {
        let of = |value: &str, meaning: &str| {
            PlanarDirection::of(&CodedConcept {
                value: value.to_owned(),
                scheme: String::new(),
                meaning: meaning.to_owned(),
            })
        };
        assert_eq!(of("399321004", ""), Some(PlanarDirection::Anterior));
        assert_eq!(of("399001007", ""), Some(PlanarDirection::Posterior));
        assert_eq!(of("X", "POST"), Some(PlanarDirection::Posterior));
        assert_eq!(of("X", "Anterior"), Some(PlanarDirection::Anterior));
        assert_eq!(of("X", "Left anterior oblique"), None);
        // A beam through the patient, not a side that a camera stands on.
        assert_eq!(of("X", "antero-posterior"), None);
        assert_eq!(of("X", "right lateral"), None);
    }
}
