//! Where a plane of pixels stands in the patient.
//!
//! Position, directions and pixel spacing stand in the object, in a detector's
//! item or in the functional groups of a frame; they mean the same everywhere
//! (DICOM PS3.3 C.7.6.2).

use dicom_dictionary_std::tags;
use sirt_image::{PatientPoint, PatientVector};

use super::element::DataSet;
use super::instance::orientation;
use super::object::Object;
use crate::DicomError;

/// Planes nearer than this are at one place, mm: positions are printed with two
/// decimals or more.
pub(crate) const SAME_PLACE_MM: f64 = 0.01;

/// Shift within the plane over the whole stack, in pixels, that still is rectangular.
pub(crate) const SHEAR_IN_PIXELS: f64 = 0.25;

/// Relative difference of pixel spacings that is rounding.
const SAME_PIXEL_SPACING: f64 = 1e-3;

/// (0020,0032): the centre of the first pixel.
pub(crate) fn plane_position(
    object: &Object<'_>,
    item: Option<&DataSet<'_>>,
) -> Result<PatientPoint, DicomError> {
    let tag = tags::IMAGE_POSITION_PATIENT;
    item.and_then(|item| item.array(tag))
        .map(PatientPoint)
        .ok_or_else(|| object.unusable(item, tag, "three numbers in mm"))
}

/// (0020,0037): directions of increasing column and of increasing row.
pub(crate) fn plane_directions(
    object: &Object<'_>,
    item: Option<&DataSet<'_>>,
) -> Result<[PatientVector; 2], DicomError> {
    let tag = tags::IMAGE_ORIENTATION_PATIENT;
    item.and_then(|item| item.array(tag))
        .and_then(orientation)
        .ok_or_else(|| object.unusable(item, tag, "two perpendicular directions"))
}

/// (0028,0030): between rows, between columns, mm.
pub(crate) fn plane_spacing(
    object: &Object<'_>,
    item: Option<&DataSet<'_>>,
) -> Result<[f64; 2], DicomError> {
    let tag = tags::PIXEL_SPACING;
    item.and_then(|item| item.array::<2>(tag))
        .filter(|spacing| spacing.iter().all(|d| *d > 0.0))
        .ok_or_else(|| object.unusable(item, tag, "two positive numbers in mm"))
}

/// Whether two pixel spacings differ by no more than rounding.
pub(crate) fn is_same_spacing(spacing: [f64; 2], other: [f64; 2]) -> bool {
    spacing
        .iter()
        .zip(other)
        .all(|(x, y)| (x - y).abs() <= SAME_PIXEL_SPACING * x.abs())
}
