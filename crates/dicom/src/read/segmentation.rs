//! Segmentations (SEG) to structures with masks.
//!
//! Binary frames (one bit a pixel, packed across frames), fractional ones
//! (value / (0062,000E)) and label maps (the value is the segment number), in
//! any order of frames; a plane without a frame is empty, and segments may
//! overlap (DICOM PS3.3 C.8.20).

use std::collections::BTreeMap;

use dicom_dictionary_std::{tags, uids};
use sirt_image::{FrameOfReference, Grid, Outline, Structure, WeightMask};

use super::element::{DataSet, Extent};
use super::enhanced::{FramePlane, frame_plane, group, like_planes};
use super::instance::Instance;
use super::object::Object;
use super::pixel::{PixelFrames, Rescale};
use super::plane::{SAME_PLACE_MM, SHEAR_IN_PIXELS};
use super::structure_set::Structures;
use crate::{DicomError, Finding};

/// A frame may be off its plane by this part of the spacing: positions are
/// printed with few decimals.
const OFF_PLANE: f64 = 0.1;

/// Planes between the outermost frames of a segment, for each of its frames:
/// more are taken for a damaged file before memory is taken for them.
const MOST_PLANES_PER_FRAME: usize = 64;

/// Reads all segments.
pub(crate) fn read(instance: &Instance) -> Result<Structures, DicomError> {
    let bytes = instance.bytes()?;
    let bytes = instance.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let frames = PixelFrames::open(&object)?;
    let count = frames.layout.frames;
    let kind = kind(&object)?;
    let planes: Vec<FramePlane> = (0..count)
        .map(|frame| frame_plane(&object, frame))
        .collect::<Result<_, _>>()?;
    let lattice = Lattice::of(&object, &planes, &frames)?;
    let mut places = Vec::with_capacity(count);
    for plane in &planes {
        places.push(lattice.index(&object, plane)?);
    }
    let scale = match kind {
        Kind::Fractional => {
            let largest = object
                .set
                .number(tags::MAXIMUM_FRACTIONAL_VALUE)
                .filter(|value| *value >= 1.0)
                .ok_or_else(|| object.missing(tags::MAXIMUM_FRACTIONAL_VALUE, "1 up to 255"))?;
            Rescale {
                slope: 1.0 / largest,
                intercept: 0.0,
            }
        }
        Kind::Binary | Kind::LabelMap => Rescale::STORED,
    };
    // A label map may name another value than 0 for what is in no segment.
    let background = object
        .set
        .count(tags::PIXEL_PADDING_VALUE)
        .and_then(|value| u32::try_from(value).ok())
        .unwrap_or(0);
    let mut painted: BTreeMap<u32, Painted> = BTreeMap::new();
    let mut pixels = vec![0.0_f32; frames.layout.pixels_per_frame()];
    for (frame, place) in places.iter().enumerate() {
        frames.numbers_into(frame, scale, &mut pixels)?;
        if kind == Kind::LabelMap {
            paint_labels(&mut painted, &pixels, *place, background);
        } else {
            painted
                .entry(frame_segment(&object, frame)?)
                .or_default()
                .paint(pixels.iter().copied().enumerate(), *place);
        }
    }
    let mut result = structures(&object, instance, &lattice, painted, kind)?;
    let fractional = object.set.text(tags::SEGMENTATION_FRACTIONAL_TYPE);
    if kind == Kind::Fractional && fractional.as_deref() != Some("OCCUPANCY") {
        result.findings.push(Finding::weakens(
            tags::SEGMENTATION_FRACTIONAL_TYPE,
            format!(
                "is {}, not OCCUPANCY: its values are used as the part of the voxel inside",
                fractional.as_deref().unwrap_or("missing")
            ),
            "give the segmentation as OCCUPANCY or BINARY",
        ));
    }
    Ok(result)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Binary,
    Fractional,
    LabelMap,
}

fn kind(object: &Object<'_>) -> Result<Kind, DicomError> {
    if object.sop_class().as_deref() == Some(uids::LABEL_MAP_SEGMENTATION_STORAGE) {
        return Ok(Kind::LabelMap);
    }
    match object.set.text(tags::SEGMENTATION_TYPE).as_deref() {
        Some("BINARY") => Ok(Kind::Binary),
        Some("FRACTIONAL") => Ok(Kind::Fractional),
        Some("LABELMAP") => Ok(Kind::LabelMap),
        other => Err(object.refused(
            tags::SEGMENTATION_TYPE,
            other.unwrap_or("missing"),
            "BINARY, FRACTIONAL or LABELMAP",
        )),
    }
}

fn frame_segment(object: &Object<'_>, frame: usize) -> Result<u32, DicomError> {
    group(object, frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE)
        .and_then(|item| item.count(tags::REFERENCED_SEGMENT_NUMBER))
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| object.missing(tags::REFERENCED_SEGMENT_NUMBER, "a segment number"))
}

/// Pixels of a segment that are not zero, by plane.
#[derive(Default)]
struct Painted {
    planes: BTreeMap<usize, Vec<(usize, f32)>>,
    frames: usize,
}

impl Painted {
    fn paint(&mut self, pixels: impl Iterator<Item = (usize, f32)>, place: usize) {
        self.frames += 1;
        let plane = self.planes.entry(place).or_default();
        plane.extend(pixels.filter(|(_, weight)| *weight > 0.0));
    }
}

fn paint_labels(
    painted: &mut BTreeMap<u32, Painted>,
    pixels: &[f32],
    place: usize,
    background: u32,
) {
    let mut of_label: BTreeMap<u32, Vec<(usize, f32)>> = BTreeMap::new();
    for (at, value) in pixels.iter().enumerate() {
        // Labels are whole numbers of at most 16 bits.
        let label = *value as u32;
        if label != background {
            of_label.entry(label).or_default().push((at, 1.0));
        }
    }
    for (label, found) in of_label {
        painted
            .entry(label)
            .or_default()
            .paint(found.into_iter(), place);
    }
}

/// The planes that frames stand on.
struct Lattice {
    reference: FramePlane,
    /// Place of plane 0 along the normal, mm.
    start: f64,
    spacing: f64,
    grid: Grid,
}

impl Lattice {
    fn of(
        object: &Object<'_>,
        planes: &[FramePlane],
        frames: &PixelFrames<'_>,
    ) -> Result<Self, DicomError> {
        let first = like_planes(object, planes)?;
        let mut places: Vec<f64> = planes
            .iter()
            .map(|plane| first.place(plane.position))
            .collect();
        places.sort_by(f64::total_cmp);
        let nearest = places
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .filter(|d| *d > SAME_PLACE_MM)
            .fold(f64::INFINITY, f64::min);
        let recorded = first.slice_spacing.filter(|d| *d > SAME_PLACE_MM);
        let spacing = recorded
            .filter(|d| nearest.is_infinite() || *d < 1.5 * nearest)
            .or_else(|| nearest.is_finite().then_some(nearest))
            .or_else(|| first.thickness.filter(|d| *d > SAME_PLACE_MM))
            .ok_or_else(|| object.missing(tags::SLICE_THICKNESS, "a positive number in mm"))?;
        let (start, end) = (places[0], places[places.len() - 1]);
        let slices = ((end - start) / spacing).round() + 1.0;
        if !(1.0..=65536.0).contains(&slices) {
            return Err(object.refused(
                tags::IMAGE_POSITION_PATIENT,
                format!("{slices} planes between the outermost frames"),
                "up to 65536",
            ));
        }
        let lowest = planes
            .iter()
            .min_by(|a, b| first.place(a.position).total_cmp(&first.place(b.position)))
            .unwrap_or(&first);
        // The spacing over the whole stack goes before the printed one.
        let spacing = if slices > 1.5 {
            (end - start) / (slices - 1.0)
        } else {
            spacing
        };
        Ok(Self {
            grid: Grid::new(
                [frames.layout.columns, frames.layout.rows, slices as usize],
                [first.spacing[1], first.spacing[0], spacing],
                lowest.position,
                [first.row, first.column, first.normal()],
            )?,
            reference: first,
            start,
            spacing,
        })
    }

    /// Number of a frame's plane.
    fn index(&self, object: &Object<'_>, plane: &FramePlane) -> Result<usize, DicomError> {
        let steps = (self.reference.place(plane.position) - self.start) / self.spacing;
        let across = plane.position - self.grid.origin();
        let normal = self.reference.normal();
        let shift = (across - normal * across.dot(normal)).length();
        let allowed = SHEAR_IN_PIXELS * plane.spacing[0].min(plane.spacing[1]);
        if (steps - steps.round()).abs() > OFF_PLANE || shift > allowed {
            return Err(object.refused(
                tags::IMAGE_POSITION_PATIENT,
                format!(
                    "a frame off the planes by {:.2} spacings, shifted by {shift:.2} mm",
                    (steps - steps.round()).abs()
                ),
                "frames on equally spaced planes above each other",
            ));
        }
        Ok((steps.round().max(0.0) as usize).min(self.grid.size()[2] - 1))
    }
}

fn structures(
    object: &Object<'_>,
    instance: &Instance,
    lattice: &Lattice,
    painted: BTreeMap<u32, Painted>,
    kind: Kind,
) -> Result<Structures, DicomError> {
    let charset = object.set.character_set();
    let described: BTreeMap<usize, &DataSet<'_>> = object
        .set
        .items(tags::SEGMENT_SEQUENCE)
        .iter()
        .filter_map(|item| Some((item.count(tags::SEGMENT_NUMBER)?, item)))
        .collect();
    let mut result = Structures::default();
    let empty: Vec<usize> = described
        .keys()
        .filter(|number| {
            let drawn = u32::try_from(**number)
                .ok()
                .and_then(|number| painted.get(&number))
                .is_some_and(|one| one.planes.values().any(|plane| !plane.is_empty()));
            !drawn && **number > 0
        })
        .copied()
        .collect();
    if !empty.is_empty() {
        result.findings.push(without_pixels(&empty, kind));
    }
    for (number, paint) in painted {
        if paint.planes.values().all(Vec::is_empty) {
            continue;
        }
        let Some(item) = described.get(&(number as usize)) else {
            result.findings.push(Finding::weakens(
                tags::REFERENCED_SEGMENT_NUMBER,
                format!("segment {number} is drawn and not described; it is left out"),
                "write the segmentation again",
            ));
            continue;
        };
        result.structures.push(Structure {
            name: item
                .label(tags::SEGMENT_LABEL, charset.as_deref())
                .unwrap_or_else(|| format!("segment {number}")),
            number,
            colour: item
                .array::<3>(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE)
                .map(rgb_of_lab),
            tracking_uid: item.text(tags::TRACKING_UID),
            frame_of_reference: instance.frame_of_reference.clone().map(FrameOfReference),
            outline: Outline::Mask(mask(object, lattice, &paint)?),
        });
    }
    Ok(result)
}

/// Segments that are described and not drawn, in one finding.
fn without_pixels(numbers: &[usize], kind: Kind) -> Finding {
    const SHOWN: usize = 8;
    let (tag, fix) = (
        tags::SEGMENT_NUMBER,
        "draw it, or ignore this if it is not needed",
    );
    let rule = match numbers {
        [one] => format!("segment {one} has no pixel and is left out"),
        several => {
            let shown: Vec<_> = several.iter().take(SHOWN).map(usize::to_string).collect();
            format!(
                "{} segments have no pixel and are left out: {}{}",
                several.len(),
                shown.join(", "),
                if several.len() > SHOWN { ", …" } else { "" }
            )
        }
    };
    // A label map may describe more labels than it holds (PS3.3 C.8.20.2.3).
    if kind == Kind::LabelMap {
        Finding::note(tag, rule, fix)
    } else {
        Finding::weakens(tag, rule, fix)
    }
}

/// The box of a segment with its weights.
fn mask(object: &Object<'_>, lattice: &Lattice, paint: &Painted) -> Result<WeightMask, DicomError> {
    let columns = lattice.grid.size()[0];
    let (mut lower, mut upper) = ([usize::MAX; 3], [0; 3]);
    for (plane, found) in &paint.planes {
        for (at, _) in found {
            let index = [at % columns, at / columns, *plane];
            for axis in 0..3 {
                lower[axis] = lower[axis].min(index[axis]);
                upper[axis] = upper[axis].max(index[axis] + 1);
            }
        }
    }
    let size: [usize; 3] = std::array::from_fn(|axis| upper[axis].saturating_sub(lower[axis]));
    if size[2] > MOST_PLANES_PER_FRAME * (paint.frames + 4) {
        return Err(object.refused(
            tags::IMAGE_POSITION_PATIENT,
            format!("{} frames over {} planes", paint.frames, size[2]),
            "frames near each other",
        ));
    }
    let mut weights = vec![0.0_f32; size.iter().product()];
    for (plane, found) in &paint.planes {
        for (at, weight) in found {
            let (i, j) = (at % columns - lower[0], at / columns - lower[1]);
            let place = &mut weights[i + size[0] * (j + size[1] * (plane - lower[2]))];
            *place = place.max(weight.min(1.0));
        }
    }
    Ok(WeightMask::from_box(
        lattice.grid.clone(),
        lower,
        size,
        weights,
    )?)
}

/// CIELab in DICOM's 16-bit scale to sRGB (D50 white turned by Bradford to D65;
/// DICOM PS3.3 C.10.7.1.1, IEC 61966-2-1).
fn rgb_of_lab(scaled: [f64; 3]) -> [u8; 3] {
    let lightness = scaled[0] / 65535.0 * 100.0;
    let a = scaled[1] / 65535.0 * 255.0 - 128.0;
    let b = scaled[2] / 65535.0 * 255.0 - 128.0;
    let fy = (lightness + 16.0) / 116.0;
    let (fx, fz) = (fy + a / 500.0, fy - b / 200.0);
    let cube = |t: f64| {
        if t > 6.0 / 29.0 {
            t.powi(3)
        } else {
            3.0 * (6.0_f64 / 29.0).powi(2) * (t - 4.0 / 29.0)
        }
    };
    let (x, y, z) = (0.96422 * cube(fx), cube(fy), 0.82521 * cube(fz));
    // Bradford D50 -> D65 followed by XYZ -> linear sRGB.
    let linear = [
        3.133_856_1 * x - 1.616_866_7 * y - 0.490_614_6 * z,
        -0.978_768_4 * x + 1.916_141_5 * y + 0.033_454_0 * z,
        0.071_945_3 * x - 0.228_991_4 * y + 1.405_242_7 * z,
    ];
    linear.map(|value| {
        let value = value.clamp(0.0, 1.0);
        let curved = if value <= 0.003_130_8 {
            12.92 * value
        } else {
            1.055 * value.powf(1.0 / 2.4) - 0.055
        };
        (255.0 * curved).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_of_srgb_red_comes_back_red() {
        // sRGB (255, 0, 0) is Lab (D50) 54.29, 80.80, 69.89: the inverse of the
        // matrices above, as colour tables print it.
        let scale = |value: f64, low: f64, range: f64| (value - low) / range * 65535.0;
        let red = rgb_of_lab([
            scale(54.29, 0.0, 100.0),
            scale(80.80, -128.0, 255.0),
            scale(69.89, -128.0, 255.0),
        ]);
        assert!(red[0] >= 253 && red[1] <= 4 && red[2] <= 4, "{red:?}");
    }
}
