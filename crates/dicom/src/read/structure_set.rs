//! RT structure sets to structures.
//!
//! Closed planar contours in patient coordinates (LPS, mm), grouped by ROI
//! (DICOM PS3.3 C.8.8.5 and C.8.8.6).
//! Inner contours, keyholes and exclusive-or contours all follow the even-odd
//! rule of `sirt-image`.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;
use sirt_image::{
    Contour, ContourFinding, ContourStack, FrameOfReference, ImageError, Outline, PatientPoint,
    Structure,
};
use sirt_quantity::Length;

use super::element::{DataSet, Extent};
use super::instance::SeriesKind;
use super::scan::Catalogue;
use super::segmentation;
use super::series::Series;
use crate::{DicomError, Finding};

/// Part of a structure's volume that may hang on crossings without weakening
/// it: brushes leave slivers.
const LOST_TO_CROSSINGS: f64 = 0.01;

/// Structures with what was found on the way.
#[derive(Debug, Clone, Default)]
pub struct Structures {
    /// The structures in the order of the object.
    pub structures: Vec<Structure>,
    /// What was left out or changed, and why.
    pub findings: Vec<Finding>,
}

/// Reads an RT structure set or a segmentation.
///
/// # Errors
/// [`DicomError::WrongKind`] for another kind of object, and whatever makes
/// the file unreadable. A structure that cannot be used is a finding; so is
/// one on a single plane, whose thickness [`read_structures_on`] finds.
pub fn read_structures(series: &Series) -> Result<Structures, DicomError> {
    read(series, None)
}

/// As [`read_structures`]; a structure on a single plane takes its thickness
/// from the slice spacing of an image of `images` in the same frame of
/// reference.
///
/// # Errors
/// As [`read_structures`].
pub fn read_structures_on(series: &Series, images: &Catalogue) -> Result<Structures, DicomError> {
    read(series, Some(images))
}

fn read(series: &Series, images: Option<&Catalogue>) -> Result<Structures, DicomError> {
    let first = series.require_kind(
        &[SeriesKind::StructureSet, SeriesKind::Segmentation],
        "an RT structure set or a segmentation",
    )?;
    if series.kind == SeriesKind::Segmentation {
        return segmentation::read(first);
    }
    let bytes = first.bytes()?;
    let bytes = first.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let set = &object.set;
    let charset = set.character_set();
    let mut contours_of: BTreeMap<usize, &DataSet<'_>> = BTreeMap::new();
    for item in set.items(tags::ROI_CONTOUR_SEQUENCE) {
        if let Some(number) = item.count(tags::REFERENCED_ROI_NUMBER) {
            contours_of.insert(number, item);
        }
    }
    let rois = set.items(tags::STRUCTURE_SET_ROI_SEQUENCE);
    if rois.is_empty() {
        return Err(object.missing(tags::STRUCTURE_SET_ROI_SEQUENCE, "one item or more"));
    }
    let common_frame = set
        .item(tags::REFERENCED_FRAME_OF_REFERENCE_SEQUENCE)
        .and_then(|item| item.text(tags::FRAME_OF_REFERENCE_UID))
        .or_else(|| set.text(tags::FRAME_OF_REFERENCE_UID));
    let mut result = Structures::default();
    let mut frameless = 0;
    for roi in rois {
        let number = roi
            .count(tags::ROI_NUMBER)
            .ok_or_else(|| object.missing(tags::ROI_NUMBER, "a whole number"))?;
        let name = roi
            .label(tags::ROI_NAME, charset.as_deref())
            .unwrap_or_else(|| format!("ROI {number}"));
        let frame = roi
            .text(tags::REFERENCED_FRAME_OF_REFERENCE_UID)
            .or_else(|| common_frame.clone())
            .map(FrameOfReference);
        frameless += usize::from(frame.is_none());
        let item = contours_of.get(&number).copied();
        let contours = closed_contours(item, &name, &mut result.findings);
        if contours.is_empty() {
            result.findings.push(Finding::weakens(
                tags::CONTOUR_SEQUENCE,
                format!("structure {name:?} has no closed contour and is left out"),
                "draw it, or ignore this if it is not needed",
            ));
            continue;
        }
        match stack_of(contours, frame.as_ref(), images) {
            Ok(stack) => {
                contour_findings(&name, &stack, &mut result.findings);
                result.structures.push(Structure {
                    name,
                    number: u32::try_from(number).unwrap_or(u32::MAX),
                    colour: item.and_then(colour),
                    tracking_uid: None,
                    frame_of_reference: frame,
                    outline: Outline::Contours(stack),
                });
            }
            Err(error) => result.findings.push(Finding::weakens(
                tags::CONTOUR_DATA,
                format!("structure {name:?} is left out: {error}"),
                "draw it again on parallel planes",
            )),
        }
    }
    if frameless > 0 {
        result.findings.push(Finding::weakens(
            tags::REFERENCED_FRAME_OF_REFERENCE_UID,
            format!(
                "missing for {frameless} of {} structures: nothing says that they lie in the frame of any image",
                rois.len()
            ),
            "export them with the images that they were drawn on, or check the overlay by eye",
        ));
    }
    Ok(result)
}

/// The closed contours of an ROI; others become findings.
fn closed_contours(
    item: Option<&DataSet<'_>>,
    name: &str,
    findings: &mut Vec<Finding>,
) -> Vec<Contour> {
    let mut contours = Vec::new();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for contour in item.map_or(&[][..], |item| item.items(tags::CONTOUR_SEQUENCE)) {
        let kind = contour
            .text(tags::CONTOUR_GEOMETRIC_TYPE)
            .unwrap_or_else(|| "missing".to_owned());
        let numbers = contour.numbers(tags::CONTOUR_DATA).unwrap_or_default();
        let closed = matches!(kind.as_str(), "CLOSED_PLANAR" | "CLOSEDPLANAR_XOR");
        if closed && !numbers.is_empty() && numbers.len() % 3 == 0 {
            contours.push(Contour {
                points: numbers
                    .chunks_exact(3)
                    .map(|xyz| PatientPoint([xyz[0], xyz[1], xyz[2]]))
                    .collect(),
            });
        } else if closed {
            *others
                .entry("CLOSED_PLANAR without triplets of numbers".to_owned())
                .or_default() += 1;
        } else {
            *others.entry(kind).or_default() += 1;
        }
    }
    for (kind, count) in others {
        findings.push(Finding::weakens(
            tags::CONTOUR_GEOMETRIC_TYPE,
            format!(
                "structure {name:?} has {count} contours of type {kind}, which bound no volume"
            ),
            "draw closed planar contours",
        ));
    }
    contours
}

/// A stack; a single plane takes the slice spacing of an image in its frame.
fn stack_of(
    contours: Vec<Contour>,
    frame: Option<&FrameOfReference>,
    images: Option<&Catalogue>,
) -> Result<ContourStack, ImageError> {
    let spacing = images.and_then(|catalogue| {
        catalogue
            .series
            .iter()
            .filter(|series| frame.is_some() && series.frame_of_reference.as_ref() == frame)
            .find_map(|series| series.spacing_mm)
    });
    match spacing {
        Some([_, _, thickness]) => {
            ContourStack::with_single_plane_thickness(contours, Length::from_mm(thickness))
        }
        None => ContourStack::new(contours),
    }
}

fn contour_findings(name: &str, stack: &ContourStack, findings: &mut Vec<Finding>) {
    // One line for each kind with the first as example; a brush may leave hundreds.
    let mut kinds: Vec<(&ContourFinding, usize)> = Vec::new();
    for one in stack.findings() {
        let same = |other: &&mut (&ContourFinding, usize)| {
            std::mem::discriminant(other.0) == std::mem::discriminant(one)
        };
        match kinds.iter_mut().find(same) {
            Some((_, count)) => *count += 1,
            None => kinds.push((one, 1)),
        }
    }
    for (example, count) in kinds {
        let more = if count > 1 {
            format!(" and {} more", count - 1)
        } else {
            String::new()
        };
        let rule = format!("structure {name:?}: {example}{more}");
        let lost = lost_to_crossings(stack);
        let is_crossing = matches!(example, ContourFinding::Crossing { .. });
        findings.push(if is_crossing && lost > LOST_TO_CROSSINGS {
            Finding::weakens(
                tags::CONTOUR_DATA,
                format!(
                    "{rule}; what overlaps is outside by the standard's even-odd rule, {:.1} % of the volume differ",
                    100.0 * lost
                ),
                "join the parts that overlap into one contour if both were meant",
            )
        } else {
            Finding::note(tags::CONTOUR_DATA, rule, "look at the contours")
        });
    }
}

/// Area that the even-odd rule leaves out, or in, against contours that only
/// nest, over the area of all planes.
fn lost_to_crossings(stack: &ContourStack) -> f64 {
    let differing: f64 = stack
        .findings()
        .iter()
        .map(|finding| match finding {
            ContourFinding::Crossing {
                even_odd_mm2,
                nested_mm2,
                ..
            } => (even_odd_mm2 - nested_mm2).abs(),
            _ => 0.0,
        })
        .sum();
    let all: f64 = stack.planes().iter().map(|plane| plane.area_mm2).sum();
    differing / all
}

/// (3006,002A): three numbers of 0 to 255.
fn colour(item: &DataSet<'_>) -> Option<[u8; 3]> {
    let rgb = item.array::<3>(tags::ROI_DISPLAY_COLOR)?;
    rgb.iter()
        .all(|part| (0.0..=255.0).contains(part))
        .then(|| rgb.map(|part| part as u8))
}
