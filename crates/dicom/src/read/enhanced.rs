//! Multi-frame objects with functional groups: enhanced CT and PET, and the
//! geometry of segmentations.
//!
//! What all frames share stands in (5200,9229), what differs in (5200,9230);
//! a frame's own group goes first (DICOM PS3.3 C.7.6.16).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use jiff::civil::DateTime;
use sirt_image::{
    FrameOfReference, Grid, PatientPoint, PatientVector, PixelUnits, Recorded, Unspecified, Volume,
};
use sirt_quantity::TimeSpan;

use super::ct::stack_frames;
use super::element::{DataSet, Extent};
use super::instance::{Instance, SeriesKind};
use super::object::Object;
use super::pixel::{PixelFrames, Rescale};
use super::plane::{
    SAME_PLACE_MM, SHEAR_IN_PIXELS, is_same_spacing, plane_directions, plane_position,
    plane_spacing,
};
use super::radiopharmaceutical::real_world;
use crate::DicomError;

/// A multi-frame image as a volume.
pub(crate) struct EnhancedImage {
    pub(crate) volume: Volume<Unspecified>,
    /// Unit of the real-world value mapping that was applied.
    pub(crate) units: Option<Recorded<PixelUnits>>,
    /// Start and duration of each slice.
    pub(crate) timing: Vec<(Option<DateTime>, Option<TimeSpan>)>,
}

/// Place and size of one frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FramePlane {
    pub(crate) position: PatientPoint,
    pub(crate) row: PatientVector,
    pub(crate) column: PatientVector,
    /// Between rows, between columns, mm.
    pub(crate) spacing: [f64; 2],
    pub(crate) thickness: Option<f64>,
    pub(crate) slice_spacing: Option<f64>,
}

impl FramePlane {
    pub(crate) fn normal(&self) -> PatientVector {
        self.row.cross(self.column)
    }

    /// Distance from the patient origin along the normal of `self`.
    pub(crate) fn place(&self, position: PatientPoint) -> f64 {
        self.normal().dot(PatientVector(position.0))
    }
}

/// Looks an item up in a frame's groups, then in the shared ones.
pub(crate) fn group<'o, 'a>(
    object: &'o Object<'a>,
    frame: usize,
    macro_tag: Tag,
) -> Option<&'o DataSet<'a>> {
    group_items(&object.set, frame, macro_tag).first()
}

/// All items of a macro in a frame's groups, else in the shared ones.
pub(crate) fn group_items<'o, 'a>(
    set: &'o DataSet<'a>,
    frame: usize,
    macro_tag: Tag,
) -> &'o [DataSet<'a>] {
    let own = set
        .items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
        .get(frame)
        .map_or(&[][..], |groups| groups.items(macro_tag));
    if !own.is_empty() {
        return own;
    }
    set.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
        .map_or(&[], |groups| groups.items(macro_tag))
}

/// Geometry of a frame.
pub(crate) fn frame_plane(object: &Object<'_>, frame: usize) -> Result<FramePlane, DicomError> {
    let at = |tag| group(object, frame, tag);
    let [row, column] = plane_directions(object, at(tags::PLANE_ORIENTATION_SEQUENCE))?;
    let measures = at(tags::PIXEL_MEASURES_SEQUENCE);
    Ok(FramePlane {
        position: plane_position(object, at(tags::PLANE_POSITION_SEQUENCE))?,
        row,
        column,
        spacing: plane_spacing(object, measures)?,
        thickness: measures.and_then(|item| item.number(tags::SLICE_THICKNESS)),
        slice_spacing: measures
            .and_then(|item| item.number(tags::SPACING_BETWEEN_SLICES))
            .map(f64::abs),
    })
}

/// Reads enhanced CT or PET.
pub(crate) fn read(instance: &Instance) -> Result<EnhancedImage, DicomError> {
    let bytes = instance.bytes()?;
    let bytes = instance.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let frames = PixelFrames::open(&object)?;
    let count = frames.layout.frames;
    let listed = object
        .set
        .items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
        .len();
    if listed != count {
        return Err(object.refused(
            tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
            format!("{listed} items"),
            "one item for each frame",
        ));
    }
    let planes: Vec<FramePlane> = (0..count)
        .map(|frame| frame_plane(&object, frame))
        .collect::<Result<_, _>>()?;
    let (order, grid) = frame_grid(
        &object,
        &planes,
        [frames.layout.columns, frames.layout.rows],
    )?;
    let scales = order
        .iter()
        .map(|frame| frame_rescale(&object, *frame, instance.kind))
        .collect::<Result<Vec<_>, _>>()?;
    let units = scales.first().and_then(|(_, units)| units.clone());
    if scales.iter().any(|(_, unit)| *unit != units) {
        return Err(object.refused(
            tags::MEASUREMENT_UNITS_CODE_SEQUENCE,
            "different between frames",
            "one unit for all frames",
        ));
    }
    let scaled: Vec<_> = order
        .iter()
        .zip(&scales)
        .map(|(frame, (rescale, _))| (*frame, *rescale))
        .collect();
    let values = stack_frames(&frames, &scaled, &grid)?;
    let zone = object.set.zone_minutes();
    let timing = order
        .iter()
        .map(|frame| {
            let content = group(&object, *frame, tags::FRAME_CONTENT_SEQUENCE);
            (
                content
                    .and_then(|item| item.local_date_time(tags::FRAME_ACQUISITION_DATE_TIME, zone)),
                content
                    .and_then(|item| item.number(tags::FRAME_ACQUISITION_DURATION))
                    .map(|ms| TimeSpan::from_seconds(ms / 1000.0)),
            )
        })
        .collect();
    Ok(EnhancedImage {
        volume: Volume::new(
            grid,
            instance.frame_of_reference.clone().map(FrameOfReference),
            values,
        )?,
        units,
        timing,
    })
}

/// The first of parallel frames with pixels of one size; other frames are refused.
pub(crate) fn like_planes(
    object: &Object<'_>,
    planes: &[FramePlane],
) -> Result<FramePlane, DicomError> {
    let Some(first) = planes.first().copied() else {
        return Err(object.missing(tags::NUMBER_OF_FRAMES, "1 or more"));
    };
    let parallel = |plane: &FramePlane| {
        plane.row.dot(first.row) > 0.9999 && plane.column.dot(first.column) > 0.9999
    };
    if !planes.iter().all(parallel) {
        return Err(object.refused(
            tags::IMAGE_ORIENTATION_PATIENT,
            "different between frames",
            "parallel frames",
        ));
    }
    let other = planes
        .iter()
        .find(|plane| !is_same_spacing(first.spacing, plane.spacing));
    match other {
        Some(plane) => Err(object.refused(
            tags::PIXEL_SPACING,
            format!(
                "{:?} and {:?} mm in one object",
                first.spacing, plane.spacing
            ),
            "one pixel spacing for all frames",
        )),
        None => Ok(first),
    }
}

/// Frames in the order of the normal, and their grid.
fn frame_grid(
    object: &Object<'_>,
    planes: &[FramePlane],
    size: [usize; 2],
) -> Result<(Vec<usize>, Grid), DicomError> {
    let refused =
        |value: String, allowed: &str| object.refused(tags::IMAGE_POSITION_PATIENT, value, allowed);
    let first = like_planes(object, planes)?;
    let mut order: Vec<usize> = (0..planes.len()).collect();
    let place = |at: usize| first.place(planes[at].position);
    order.sort_by(|a, b| place(*a).total_cmp(&place(*b)));
    let distances: Vec<f64> = order
        .windows(2)
        .map(|pair| place(pair[1]) - place(pair[0]))
        .collect();
    let spacing = match distances.as_slice() {
        [] => first
            .slice_spacing
            .or(first.thickness)
            .filter(|d| *d > 0.0)
            .ok_or_else(|| object.missing(tags::SPACING_BETWEEN_SLICES, "a positive number"))?,
        distances => distances.iter().sum::<f64>() / distances.len() as f64,
    };
    let worst = distances
        .iter()
        .map(|d| (d - spacing).abs())
        .fold(0.0, f64::max);
    let doubles = distances.iter().filter(|d| **d < SAME_PLACE_MM).count();
    if doubles > 0 {
        return Err(refused(
            format!(
                "that of another frame in {doubles} of {} frames",
                planes.len()
            ),
            "one frame on each plane; export time points, gates and energies separately",
        ));
    }
    if spacing < SAME_PLACE_MM || worst > 0.02 * spacing {
        return Err(refused(
            format!("frames apart by {spacing:.3} mm on average, off by up to {worst:.3} mm"),
            "one frame on each plane, equally spaced to 2 %",
        ));
    }
    let lowest = planes[order[0]];
    let across = planes[order[order.len() - 1]].position - lowest.position;
    let shift = (across - first.normal() * across.dot(first.normal())).length();
    if shift > SHEAR_IN_PIXELS * first.spacing[0].min(first.spacing[1]) {
        return Err(refused(
            format!("frames sheared by {shift:.2} mm over the stack"),
            "frames on one normal",
        ));
    }
    let grid = Grid::new(
        [size[0], size[1], planes.len()],
        [first.spacing[1], first.spacing[0], spacing],
        lowest.position,
        [first.row, first.column, first.normal()],
    )?;
    Ok((order, grid))
}

/// The real-world value mapping in a physical unit where there is one, else
/// the rescale values, whose unit is that of the object.
fn frame_rescale(
    object: &Object<'_>,
    frame: usize,
    kind: SeriesKind,
) -> Result<(Rescale, Option<Recorded<PixelUnits>>), DicomError> {
    let mappings = group_items(&object.set, frame, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE);
    if kind == SeriesKind::EnhancedPet
        && let Some((rescale, units)) = real_world(object, mappings)?
    {
        return Ok((rescale, Some(units)));
    }
    let values = group(object, frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
    let slope = values
        .and_then(|item| item.number(tags::RESCALE_SLOPE))
        .ok_or_else(|| object.unusable(values, tags::RESCALE_SLOPE, "a number"))?;
    let unit = values.and_then(|item| item.text(tags::RESCALE_TYPE));
    if kind == SeriesKind::EnhancedCt
        && let Some(unit) = unit.filter(|unit| unit != "HU")
    {
        return Err(object.refused(
            tags::RESCALE_TYPE,
            unit,
            "HU; give the CT in Hounsfield units",
        ));
    }
    let intercept = values
        .and_then(|item| item.number(tags::RESCALE_INTERCEPT))
        .unwrap_or(0.0);
    Ok((Rescale { slope, intercept }, None))
}
