//! Structures as DICOM Segmentation objects (PS3.3 A.51, C.8.20).
//!
//! `BINARY` stores one bit for each voxel, set where the weight is at least
//! one half; frames follow each other without padding, least significant bit
//! first (PS3.5 8.1.1).
//! `FRACTIONAL` of type `OCCUPANCY` stores `round(255 · weight)`, so that the
//! volume of a structure survives to 0.2 % of one voxel for each voxel.
//! Only slices that a segment touches become frames.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use sirt_image::{FrameOfReference, Grid, WeightMask};

use super::data_set::{DataSet, DicomFile, code_item, reference_item};
use super::frames::Frames;
use super::study::{
    put_common_references, put_content_time, put_frame_of_reference, put_series_time,
    series_data_set,
};
use super::{Code, SeriesContext, SourceReference, StudyContext};
use crate::DicomError;

const OBJECT: &str = "segmentation";

/// Largest stored value of a fractional segmentation.
const FULL: u8 = 255;

/// Largest distance of two grids that are called the same, mm.
const SAME_GRID_MM: f64 = 0.01;

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentationKind {
    /// One bit: in or out at one half.
    Binary,
    /// Eight bits: the part of the voxel that belongs to the structure.
    FractionalOccupancy,
}

/// One structure of a segmentation.
#[derive(Debug, Clone)]
pub struct SegmentRecord<'a> {
    /// Name, at most 64 characters.
    pub label: String,
    /// The region.
    pub mask: &'a WeightMask,
    /// Category, for example [`Code::ANATOMICAL_STRUCTURE`].
    pub category: Code,
    /// Kind of structure, for example [`Code::LIVER`].
    pub property: Code,
    /// Organ that a lesion is in.
    pub region: Option<Code>,
    /// Identity over time: name for people and UID for programs.
    pub tracking: Option<(String, String)>,
    /// Algorithm, at most 64 characters; `None` for outlines drawn by hand.
    pub algorithm: Option<String>,
    /// Colour for display, red, green, blue.
    pub colour: Option<[u8; 3]>,
}

/// The image series that a segmentation belongs to.
#[derive(Debug, Clone)]
pub struct SegmentationSource<'a> {
    /// The series.
    pub reference: &'a SourceReference,
    /// Whether its instances are the slices of the segmentation's grid, in
    /// the order of the third index axis: each frame then names its slice.
    pub same_slices: bool,
}

/// Structures on one grid as a Segmentation object.
///
/// # Errors
/// [`DicomError::NotWritable`] without segments, when no segment has a voxel,
/// when masks are on different grids, and for texts over DICOM's limits.
pub fn encode_segmentation(
    study: &StudyContext,
    series: &SeriesContext,
    segments: &[SegmentRecord<'_>],
    frame_of_reference: &FrameOfReference,
    kind: SegmentationKind,
    source: Option<&SegmentationSource<'_>>,
) -> Result<DicomFile, DicomError> {
    let grid = common_grid(segments)?;
    let frames = Frames::new(grid);
    let placed = placed_frames(segments, &frames, kind);
    if placed.is_empty() {
        return Err(DicomError::not_writable(
            OBJECT,
            format!("none of {} segments has a voxel", segments.len()),
        ));
    }
    let source = source.filter(|source| !source.reference.instances.is_empty());
    if let Some(source) = source
        && source.same_slices
        && source.reference.instances.len() != frames.count()
    {
        return Err(DicomError::not_writable(
            OBJECT,
            format!(
                "source has {} instances where the grid has {} slices",
                source.reference.instances.len(),
                frames.count()
            ),
        ));
    }

    let mut data = series_data_set(study, series, "SEG");
    put_series_time(&mut data, series);
    put_content_time(&mut data, series);
    put_frame_of_reference(&mut data, frame_of_reference);
    data.integer(tags::INSTANCE_NUMBER, 1)
        .texts(tags::IMAGE_TYPE, VR::CS, &["DERIVED", "PRIMARY"])
        .text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00")
        .text(tags::CONTENT_LABEL, VR::CS, "SEGMENTATION")
        .text(
            tags::CONTENT_DESCRIPTION,
            VR::LO,
            "Structures of a dose calculation",
        )
        .empty(tags::CONTENT_CREATOR_NAME, VR::PN)
        .text(
            tags::SEGMENTATION_TYPE,
            VR::CS,
            match kind {
                SegmentationKind::Binary => "BINARY",
                SegmentationKind::FractionalOccupancy => "FRACTIONAL",
            },
        )
        .integer(tags::NUMBER_OF_FRAMES, placed.len());
    match kind {
        SegmentationKind::Binary => data.image_pixel(frames.plane(), 1, false)?,
        SegmentationKind::FractionalOccupancy => data
            .image_pixel(frames.plane(), 8, false)?
            .text(tags::SEGMENTATION_FRACTIONAL_TYPE, VR::CS, "OCCUPANCY")
            .words(tags::MAXIMUM_FRACTIONAL_VALUE, &[u16::from(FULL)]),
    };
    let items = segments
        .iter()
        .zip(1_u16..)
        .map(|(segment, number)| segment_item(segment, number))
        .collect();
    data.sequence(tags::SEGMENT_SEQUENCE, items);
    put_dimensions(&mut data, series);
    put_functional_groups(&mut data, &frames, &placed, source);
    if let Some(source) = source {
        put_common_references(&mut data, study, &[source.reference]);
    }
    data.pixels_u8(match kind {
        SegmentationKind::Binary => packed_bits(segments, &frames, &placed),
        SegmentationKind::FractionalOccupancy => fractions(segments, &frames, &placed),
    });
    data.seal(
        uids::SEGMENTATION_STORAGE,
        series,
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
    )
}

/// A frame of the object: which segment, and which frame of the grid.
#[derive(Debug, Clone, Copy)]
struct PlacedFrame {
    segment: usize,
    frame: usize,
}

fn common_grid<'a>(segments: &[SegmentRecord<'a>]) -> Result<&'a Grid, DicomError> {
    let first = segments
        .first()
        .ok_or_else(|| DicomError::not_writable(OBJECT, "no segment is given".to_owned()))?;
    if segments.len() > usize::from(u16::MAX) {
        return Err(DicomError::not_writable(
            OBJECT,
            format!("{} segments are more than 65535", segments.len()),
        ));
    }
    let grid = first.mask.grid();
    for (at, segment) in segments.iter().enumerate() {
        if !grid.matches(segment.mask.grid(), SAME_GRID_MM) {
            return Err(DicomError::not_writable(
                OBJECT,
                format!("segment {} is on another grid than segment 1", at + 1),
            ));
        }
    }
    Ok(grid)
}

fn placed_frames(
    segments: &[SegmentRecord<'_>],
    frames: &Frames<'_>,
    kind: SegmentationKind,
) -> Vec<PlacedFrame> {
    let least = match kind {
        SegmentationKind::Binary => 0.5,
        // The smallest weight that is stored as more than 0.
        SegmentationKind::FractionalOccupancy => 0.5 / f32::from(FULL),
    };
    let mut placed = Vec::new();
    for (segment, record) in segments.iter().enumerate() {
        let (lower, size) = record.mask.bounding_box();
        let plane = size[0] * size[1];
        for frame in 0..frames.count() {
            let Some(at) = frames.slice(frame).checked_sub(lower[2]) else {
                continue;
            };
            let touched = at < size[2]
                && record.mask.box_weights()[at * plane..(at + 1) * plane]
                    .iter()
                    .any(|weight| *weight >= least);
            if touched {
                placed.push(PlacedFrame { segment, frame });
            }
        }
    }
    placed
}

fn segment_item(segment: &SegmentRecord<'_>, number: u16) -> DataSet {
    let mut item = DataSet::new();
    item.words(tags::SEGMENT_NUMBER, &[number])
        .text(tags::SEGMENT_LABEL, VR::LO, &segment.label)
        .code(
            tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE,
            &segment.category,
        )
        .code(
            tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE,
            &segment.property,
        );
    match &segment.algorithm {
        Some(name) => item
            .text(tags::SEGMENT_ALGORITHM_TYPE, VR::CS, "AUTOMATIC")
            .text(tags::SEGMENT_ALGORITHM_NAME, VR::LO, name),
        None => item.text(tags::SEGMENT_ALGORITHM_TYPE, VR::CS, "MANUAL"),
    };
    if let Some(region) = &segment.region {
        item.code(tags::ANATOMIC_REGION_SEQUENCE, region);
    }
    if let Some((id, uid)) = &segment.tracking {
        item.text(tags::TRACKING_ID, VR::UT, id)
            .text(tags::TRACKING_UID, VR::UI, uid);
    }
    if let Some(colour) = segment.colour {
        item.words(
            tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE,
            &cie_lab_words(colour),
        );
    }
    item
}

fn put_dimensions(data: &mut DataSet, series: &SeriesContext) {
    let organization = super::UidSeed::new(series.series_uid.as_bytes()).uid("dimensions");
    let mut named = DataSet::new();
    named.text(tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organization);
    let index = |pointer, group, label: &str| {
        let mut item = DataSet::new();
        item.text(tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organization)
            .pointers(tags::DIMENSION_INDEX_POINTER, &[pointer])
            .pointers(tags::FUNCTIONAL_GROUP_POINTER, &[group])
            .text(tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label);
        item
    };
    data.sequence(tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![named])
        .sequence(
            tags::DIMENSION_INDEX_SEQUENCE,
            vec![
                index(
                    tags::REFERENCED_SEGMENT_NUMBER,
                    tags::SEGMENT_IDENTIFICATION_SEQUENCE,
                    "Segment Number",
                ),
                index(
                    tags::IMAGE_POSITION_PATIENT,
                    tags::PLANE_POSITION_SEQUENCE,
                    "Image Position Patient",
                ),
            ],
        );
}

fn put_functional_groups(
    data: &mut DataSet,
    frames: &Frames<'_>,
    placed: &[PlacedFrame],
    source: Option<&SegmentationSource<'_>>,
) {
    let mut orientation = DataSet::new();
    orientation.decimals(tags::IMAGE_ORIENTATION_PATIENT, &frames.orientation());
    let mut measures = DataSet::new();
    measures
        .decimals(tags::PIXEL_SPACING, &frames.pixel_spacing())
        .decimals(tags::SLICE_THICKNESS, &[frames.spacing_mm()])
        .decimals(tags::SPACING_BETWEEN_SLICES, &[frames.spacing_mm()]);
    let mut shared = DataSet::new();
    shared
        .sequence(tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation])
        .sequence(tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
    data.sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared]);

    // Position indices count only positions that occur, from 1.
    let mut used: Vec<usize> = placed.iter().map(|frame| frame.frame).collect();
    used.sort_unstable();
    used.dedup();
    let items = placed
        .iter()
        .map(|frame| {
            let position = used.partition_point(|other| *other < frame.frame) + 1;
            frame_item(frames, *frame, position, source)
        })
        .collect();
    data.sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, items);
}

fn frame_item(
    frames: &Frames<'_>,
    placed: PlacedFrame,
    position_index: usize,
    source: Option<&SegmentationSource<'_>>,
) -> DataSet {
    let mut content = DataSet::new();
    content.longs(
        tags::DIMENSION_INDEX_VALUES,
        &[placed.segment as u32 + 1, position_index as u32],
    );
    let mut position = DataSet::new();
    position.decimals(
        tags::IMAGE_POSITION_PATIENT,
        &frames.position(placed.frame).0,
    );
    let mut segment = DataSet::new();
    segment.words(
        tags::REFERENCED_SEGMENT_NUMBER,
        &[(placed.segment + 1) as u16],
    );
    let mut item = DataSet::new();
    item.sequence(tags::FRAME_CONTENT_SEQUENCE, vec![content])
        .sequence(tags::PLANE_POSITION_SEQUENCE, vec![position])
        .sequence(tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![segment]);
    if let Some(source) = source.filter(|source| source.same_slices) {
        let slice = &source.reference.instances[frames.slice(placed.frame)];
        let mut image = reference_item(slice);
        image
            .code(
                tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
                &Code::SOURCE_FOR_DERIVATION,
            )
            .text(tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, "YES");
        let mut derivation = DataSet::new();
        derivation
            .sequence(tags::SOURCE_IMAGE_SEQUENCE, vec![image])
            .sequence(
                tags::DERIVATION_CODE_SEQUENCE,
                vec![code_item(&Code::SEGMENTATION)],
            );
        item.sequence(tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation]);
    }
    item
}

/// All frames one after the other without padding, first voxel lowest bit.
fn packed_bits(
    segments: &[SegmentRecord<'_>],
    frames: &Frames<'_>,
    placed: &[PlacedFrame],
) -> Vec<u8> {
    let [columns, rows] = frames.plane();
    let plane = columns * rows;
    let mut bytes = vec![0_u8; (placed.len() * plane).div_ceil(8)];
    for (at, frame) in placed.iter().enumerate() {
        for_each_weight(segments, frames, *frame, |pixel, weight| {
            if weight >= 0.5 {
                let bit = at * plane + pixel;
                bytes[bit / 8] |= 1 << (bit % 8);
            }
        });
    }
    bytes
}

fn fractions(
    segments: &[SegmentRecord<'_>],
    frames: &Frames<'_>,
    placed: &[PlacedFrame],
) -> Vec<u8> {
    let [columns, rows] = frames.plane();
    let plane = columns * rows;
    let mut bytes = vec![0_u8; placed.len() * plane];
    for (at, frame) in placed.iter().enumerate() {
        for_each_weight(segments, frames, *frame, |pixel, weight| {
            bytes[at * plane + pixel] = (weight * f32::from(FULL)).round() as u8;
        });
    }
    bytes
}

/// Calls `visit` with the position in the plane and the weight of each voxel
/// of a frame inside the mask's box.
fn for_each_weight(
    segments: &[SegmentRecord<'_>],
    frames: &Frames<'_>,
    placed: PlacedFrame,
    mut visit: impl FnMut(usize, f32),
) {
    let mask = segments[placed.segment].mask;
    let (lower, size) = mask.bounding_box();
    let columns = frames.plane()[0];
    let slice = frames.slice(placed.frame) - lower[2];
    for j in 0..size[1] {
        let start = size[0] * (j + size[1] * slice);
        for i in 0..size[0] {
            let pixel = lower[0] + i + columns * (lower[1] + j);
            visit(pixel, mask.box_weights()[start + i]);
        }
    }
}

/// sRGB as DICOM's 16-bit CIE L*a*b* (PS3.3 C.10.7.1.1), D50 white by the
/// Bradford-adapted matrix of the ICC sRGB profile.
fn cie_lab_words(colour: [u8; 3]) -> [u16; 3] {
    let [r, g, b] = colour.map(|component| {
        let c = f64::from(component) / 255.0;
        if c <= 0.040_45 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    let white = [0.964_22, 1.0, 0.825_21];
    let xyz = [
        0.436_074_7 * r + 0.385_064_9 * g + 0.143_080_4 * b,
        0.222_504_5 * r + 0.716_878_6 * g + 0.060_616_9 * b,
        0.013_932_2 * r + 0.097_104_5 * g + 0.714_173_3 * b,
    ];
    let [fx, fy, fz]: [f64; 3] = std::array::from_fn(|axis| {
        let t: f64 = xyz[axis] / white[axis];
        if t > (6.0_f64 / 29.0).powi(3) {
            t.cbrt()
        } else {
            t * (29.0_f64 / 6.0).powi(2) / 3.0 + 4.0 / 29.0
        }
    });
    let lightness = 116.0 * fy - 16.0;
    let (a, b) = (500.0 * (fx - fy), 200.0 * (fy - fz));
    let word = |fraction: f64| (fraction * 65535.0).round().clamp(0.0, 65535.0) as u16;
    [
        word(lightness / 100.0),
        word((a + 128.0) / 255.0),
        word((b + 128.0) / 255.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_and_black_have_no_hue() {
        let [l, a, b] = cie_lab_words([255; 3]);
        assert!(l > 65500, "{l}");
        // a* = b* = 0 is stored as 128/255 of the range; one hundredth of a
        // unit of a* is 2.6 steps.
        for component in [a, b] {
            assert!(component.abs_diff(32896) < 10, "{component}");
        }
        assert_eq!(cie_lab_words([0; 3])[0], 0);
    }
}
