//! Contours as RT Structure Set objects (PS3.3 A.19.3).
//!
//! Every polygon is a `CLOSED_PLANAR` contour in the frame of reference of
//! its image series.
//! Polygons of one structure in one plane are combined by the even-odd rule,
//! as readers do: a hole is a polygon inside another.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use sirt_image::{Contour, FrameOfReference, PatientPoint, PatientVector};

use super::data_set::{DataSet, DicomFile, reference_item};
use super::study::{put_series_time, series_data_set};
use super::{Code, InstanceReference, SeriesContext, SourceReference, StudyContext};
use crate::DicomError;

const OBJECT: &str = "structure set";

/// Largest distance of a contour from the plane of the slice that it names, mm.
const ON_SLICE_MM: f64 = 0.1;

/// RT Referenced Study component, the class that the structure set's study
/// reference has had since that class was retired (PS3.3 C.8.8.5).
const STUDY_CLASS_UID: &str = "1.2.840.10008.3.1.2.3.1";

/// What a structure is for, (3006,00A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoiPurpose {
    /// `ORGAN`
    Organ,
    /// `GTV`: gross tumour volume
    Tumour,
    /// `EXTERNAL`: the patient's outline
    External,
    /// `TREATED_VOLUME`: perfused territory
    TreatedVolume,
    /// No interpretation.
    Unstated,
}

/// One structure of a structure set.
#[derive(Debug, Clone)]
pub struct RoiRecord<'a> {
    /// ROI number, unique in the set.
    pub number: u32,
    /// Name, at most 64 characters.
    pub name: String,
    /// Closed polygons.
    pub contours: &'a [Contour],
    /// What the structure is for.
    pub purpose: RoiPurpose,
    /// Kind of structure, for example [`Code::LIVER`].
    pub code: Option<Code>,
    /// Colour for display, red, green, blue.
    pub colour: Option<[u8; 3]>,
    /// Whether a program drew it.
    pub automatic: bool,
}

/// Contours as an RT Structure Set that refers to an image series, where
/// there is one in DICOM.
///
/// `label` is the short name of the set, at most 16 characters.
///
/// # Errors
/// [`DicomError::NotWritable`] for structures that share a number, polygons
/// of fewer than three corners, corners that are not finite, a source without
/// instances, and texts over DICOM's limits.
pub fn encode_structure_set(
    study: &StudyContext,
    series: &SeriesContext,
    label: &str,
    rois: &[RoiRecord<'_>],
    frame_of_reference: &FrameOfReference,
    source: Option<&SourceReference>,
) -> Result<DicomFile, DicomError> {
    check(rois, source)?;
    let mut data = series_data_set(study, series, "RTSTRUCT");
    put_series_time(&mut data, series);
    data.integer(tags::INSTANCE_NUMBER, 1)
        .text(tags::STRUCTURE_SET_LABEL, VR::SH, label)
        .date(tags::STRUCTURE_SET_DATE, series.created.date())
        .time(tags::STRUCTURE_SET_TIME, series.created.time())
        .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &frame_of_reference.0)
        .empty(tags::POSITION_REFERENCE_INDICATOR, VR::LO);
    data.sequence(
        tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE,
        vec![referenced_frame(frame_of_reference, source)],
    );
    data.sequence(
        tags::STRUCTURE_SET_ROI_SEQUENCE,
        rois.iter()
            .map(|roi| roi_item(roi, frame_of_reference))
            .collect(),
    )
    .sequence(
        tags::ROI_CONTOUR_SEQUENCE,
        rois.iter().map(|roi| contour_item(roi, source)).collect(),
    )
    .sequence(
        tags::RTROI_OBSERVATIONS_SEQUENCE,
        rois.iter().map(observation_item).collect(),
    );
    // Implicit VR: the corners of a large contour are one decimal string of
    // more than the 65534 bytes that explicit VR allows.
    data.seal(
        uids::RT_STRUCTURE_SET_STORAGE,
        series,
        uids::IMPLICIT_VR_LITTLE_ENDIAN,
    )
}

fn check(rois: &[RoiRecord<'_>], source: Option<&SourceReference>) -> Result<(), DicomError> {
    let refuse = |reason: String| Err(DicomError::not_writable(OBJECT, reason));
    if source.is_some_and(|source| source.instances.is_empty()) {
        return refuse("the image series that it refers to has no instance".to_owned());
    }
    let mut numbers: Vec<u32> = rois.iter().map(|roi| roi.number).collect();
    numbers.sort_unstable();
    if let Some(pair) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        return refuse(format!("two structures have number {}", pair[0]));
    }
    for roi in rois {
        for contour in roi.contours {
            if contour.points.len() < 3 {
                return refuse(format!(
                    "structure {} has a contour of {} corners, at least 3 are needed",
                    roi.number,
                    contour.points.len()
                ));
            }
            if !contour
                .points
                .iter()
                .all(|point| point.0.iter().all(|x| x.is_finite()))
            {
                return refuse(format!(
                    "structure {} has a corner that is not finite",
                    roi.number
                ));
            }
        }
    }
    Ok(())
}

fn referenced_frame(frame: &FrameOfReference, source: Option<&SourceReference>) -> DataSet {
    let mut item = DataSet::new();
    item.text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &frame.0);
    let Some(source) = source else { return item };
    let mut series = DataSet::new();
    series
        .text(tags::SERIES_INSTANCE_UID, VR::UI, &source.series_uid)
        .references(tags::CONTOUR_IMAGE_SEQUENCE, &source.instances);
    let mut study = DataSet::new();
    study
        .text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, STUDY_CLASS_UID)
        .text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &source.study_uid)
        .sequence(tags::RT_REFERENCED_SERIES_SEQUENCE, vec![series]);
    item.sequence(tags::RT_REFERENCED_STUDY_SEQUENCE, vec![study]);
    item
}

fn roi_item(roi: &RoiRecord<'_>, frame: &FrameOfReference) -> DataSet {
    let mut item = DataSet::new();
    item.integer(tags::ROI_NUMBER, roi.number as usize)
        .text(tags::REFERENCED_FRAME_OF_REFERENCE_UID, VR::UI, &frame.0)
        .text(tags::ROI_NAME, VR::LO, &roi.name)
        .text(
            tags::ROI_GENERATION_ALGORITHM,
            VR::CS,
            if roi.automatic { "AUTOMATIC" } else { "MANUAL" },
        );
    item
}

fn contour_item(roi: &RoiRecord<'_>, source: Option<&SourceReference>) -> DataSet {
    let contours: Vec<DataSet> = roi
        .contours
        .iter()
        .map(|contour| {
            let corners: Vec<f64> = contour.points.iter().flat_map(|point| point.0).collect();
            let mut item = DataSet::new();
            item.text(tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, "CLOSED_PLANAR")
                .integer(tags::NUMBER_OF_CONTOUR_POINTS, contour.points.len())
                .decimals(tags::CONTOUR_DATA, &rounded(&corners));
            if let Some(slice) = source.and_then(|source| slice_of(contour, source)) {
                item.sequence(tags::CONTOUR_IMAGE_SEQUENCE, vec![reference_item(slice)]);
            }
            item
        })
        .collect();
    let mut item = DataSet::new();
    item.integer(tags::REFERENCED_ROI_NUMBER, roi.number as usize);
    if let Some(colour) = roi.colour {
        item.texts(
            tags::ROI_DISPLAY_COLOR,
            VR::IS,
            &colour.map(|component| component.to_string()),
        );
    }
    if !contours.is_empty() {
        item.sequence(tags::CONTOUR_SEQUENCE, contours);
    }
    item
}

/// Corners to a ten-thousandth of a millimetre: a third of the file's size
/// and a hundred times finer than any voxel grid is placed.
fn rounded(corners: &[f64]) -> Vec<f64> {
    corners
        .iter()
        .map(|corner| {
            let near = (corner * 1e4).round() / 1e4;
            // Minus zero would be printed with its sign.
            near + 0.0
        })
        .collect()
}

/// The slice that a contour was drawn on, where one lies in its plane.
fn slice_of<'a>(contour: &Contour, source: &'a SourceReference) -> Option<&'a InstanceReference> {
    let normal = contour_normal(&contour.points)?;
    let corner = *contour.points.first()?;
    source.instances.iter().find(|instance| {
        instance
            .position
            .is_some_and(|position| (position - corner).dot(normal).abs() < ON_SLICE_MM)
    })
}

/// Unit normal of a planar polygon (Newell's method).
fn contour_normal(points: &[PatientPoint]) -> Option<PatientVector> {
    let first = *points.first()?;
    points
        .windows(2)
        .map(|pair| (pair[0] - first).cross(pair[1] - first))
        .fold(PatientVector::default(), |sum, area| sum + area)
        .direction()
}

fn observation_item(roi: &RoiRecord<'_>) -> DataSet {
    let mut item = DataSet::new();
    item.integer(tags::OBSERVATION_NUMBER, roi.number as usize)
        .integer(tags::REFERENCED_ROI_NUMBER, roi.number as usize)
        .empty(tags::ROI_INTERPRETER, VR::PN);
    match roi.purpose {
        RoiPurpose::Organ => item.text(tags::RTROI_INTERPRETED_TYPE, VR::CS, "ORGAN"),
        RoiPurpose::Tumour => item.text(tags::RTROI_INTERPRETED_TYPE, VR::CS, "GTV"),
        RoiPurpose::External => item.text(tags::RTROI_INTERPRETED_TYPE, VR::CS, "EXTERNAL"),
        RoiPurpose::TreatedVolume => {
            item.text(tags::RTROI_INTERPRETED_TYPE, VR::CS, "TREATED_VOLUME")
        }
        RoiPurpose::Unstated => item.empty(tags::RTROI_INTERPRETED_TYPE, VR::CS),
    };
    if let Some(code) = &roi.code {
        item.code(tags::RTROI_IDENTIFICATION_CODE_SEQUENCE, code);
    }
    item
}
