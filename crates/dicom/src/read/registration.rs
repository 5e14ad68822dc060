//! Rigid spatial registrations.
//!
//! Each item of (0070,0308) has a frame of reference and a matrix `M` (row
//! major, mm) that takes coordinates of *that* frame into the frame of the
//! registration object, (0020,0052).
//! From one frame to another: `T = M_to⁻¹ · M_from` (DICOM PS3.3 C.20.2).

use dicom_dictionary_std::{tags, uids};
use sirt_image::{FrameOfReference, RigidTransform};

use super::element::{DataSet, Extent};
use super::instance::SeriesKind;
use super::object::Object;
use super::series::Series;
use crate::DicomError;

/// Largest deviation from a rotation: matrices are printed with six digits or so.
const RIGID_TOLERANCE: f64 = 1e-3;

/// Frames of reference joined by rigid motions.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Frame of the registration object.
    pub frame_of_reference: FrameOfReference,
    /// Each frame with the motion from it into the object's frame.
    pub into_object_frame: Vec<(FrameOfReference, RigidTransform)>,
}

impl Registration {
    /// The motion that takes points of `from` to `to`; `None` when the object
    /// does not join them.
    #[must_use]
    pub fn between(
        &self,
        from: &FrameOfReference,
        to: &FrameOfReference,
    ) -> Option<RigidTransform> {
        let into = |frame: &FrameOfReference| {
            self.into_object_frame
                .iter()
                .find(|(known, _)| known == frame)
                .map(|(_, motion)| *motion)
                .or_else(|| (frame == &self.frame_of_reference).then_some(RigidTransform::IDENTITY))
        };
        Some(into(to)?.inverse().after(&into(from)?))
    }
}

/// Reads a rigid spatial registration.
///
/// # Errors
/// [`DicomError::WrongKind`] for another kind of object or a deformable
/// registration, [`DicomError::Attribute`] for a matrix that is missing, not
/// rigid, or one of several in a chain, and whatever makes the file unreadable.
pub fn read_registration(series: &Series) -> Result<Registration, DicomError> {
    let first = series.require_kind(&[SeriesKind::Registration], "a spatial registration")?;
    let bytes = first.bytes()?;
    let bytes = first.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let set = &object.set;
    let deformable = object.sop_class().as_deref()
        == Some(uids::DEFORMABLE_SPATIAL_REGISTRATION_STORAGE)
        || set.get(tags::DEFORMABLE_REGISTRATION_SEQUENCE).is_some();
    if deformable {
        return Err(DicomError::WrongKind {
            found: format!("{} (deformable)", first.file),
            wanted: "a rigid registration; a deformation changes volumes and with them doses",
        });
    }
    let own = set
        .text(tags::FRAME_OF_REFERENCE_UID)
        .ok_or_else(|| object.missing(tags::FRAME_OF_REFERENCE_UID, "a UID"))?;
    let items = set.items(tags::REGISTRATION_SEQUENCE);
    if items.is_empty() {
        return Err(object.missing(tags::REGISTRATION_SEQUENCE, "one item or more"));
    }
    let mut joined: Vec<(FrameOfReference, RigidTransform)> = Vec::new();
    for item in items {
        // An item may name images alone; without a frame it joins nothing.
        let Some(frame) = item.text(tags::FRAME_OF_REFERENCE_UID) else {
            continue;
        };
        let frame = FrameOfReference(frame);
        let motion = item_motion(&object, item)?;
        if let Some((_, other)) = joined.iter().find(|(known, _)| *known == frame) {
            if *other != motion {
                return Err(object.refused(
                    tags::FRAME_OF_REFERENCE_UID,
                    "one frame with two motions",
                    "one motion for each frame",
                ));
            }
            continue;
        }
        joined.push((frame, motion));
    }
    if joined.is_empty() {
        return Err(object.missing(tags::FRAME_OF_REFERENCE_UID, "a UID in an item"));
    }
    Ok(Registration {
        frame_of_reference: FrameOfReference(own),
        into_object_frame: joined,
    })
}

/// The motion of an item; matrices of identity in a chain change nothing.
fn item_motion(object: &Object<'_>, item: &DataSet<'_>) -> Result<RigidTransform, DicomError> {
    let tag = tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX;
    let mut motion = RigidTransform::IDENTITY;
    for registration in item.items(tags::MATRIX_REGISTRATION_SEQUENCE) {
        for matrix in registration.items(tags::MATRIX_SEQUENCE) {
            let kind = matrix.text(tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX_TYPE);
            if kind.as_deref().is_some_and(|kind| kind != "RIGID") {
                return Err(object.refused(
                    tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX_TYPE,
                    kind.unwrap_or_default(),
                    "RIGID",
                ));
            }
            let numbers: [f64; 16] = matrix
                .array(tag)
                .ok_or_else(|| object.missing(tag, "16 numbers"))?;
            let next = RigidTransform::from_matrix(&numbers, RIGID_TOLERANCE)
                .map_err(|error| object.refused(tag, error, "a rotation and a shift"))?;
            if next == RigidTransform::IDENTITY {
                continue;
            }
            // Readers differ in the order of a chain; it is refused, not guessed.
            if motion != RigidTransform::IDENTITY {
                return Err(object.refused(
                    tags::MATRIX_SEQUENCE,
                    "several matrices",
                    "one matrix that is not the identity",
                ));
            }
            motion = next;
        }
    }
    Ok(motion)
}
