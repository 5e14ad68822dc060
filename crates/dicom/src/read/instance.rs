//! What is kept of one file after its header was read.

use std::path::PathBuf;
use std::sync::Arc;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use jiff::civil::DateTime;
use sirt_image::{PatientPoint, PatientVector};

use super::element::Extent;
use super::object::{Object, ObjectBytes, missing};
use super::patient::PatientMark;
use super::pixel::{PixelFrames, PixelLayout, Rescale, is_native};
use super::radiopharmaceutical::RadiopharmaceuticalFacts;
use crate::DicomError;

/// Where the bytes of an object are.
#[derive(Clone)]
pub(crate) enum Source {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

/// Kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeriesKind {
    /// CT, one slice in a file.
    Ct,
    /// CT, many frames in a file.
    EnhancedCt,
    /// PET (or SPECT stored as PET), one slice in a file.
    Pet,
    /// PET, many frames in a file.
    EnhancedPet,
    /// Nuclear medicine: planar views or a tomogram in one file.
    Nm,
    /// Magnetic resonance.
    Mr,
    /// RT structure set.
    StructureSet,
    /// Segmentation.
    Segmentation,
    /// Spatial registration, rigid or not.
    Registration,
    /// RT dose.
    Dose,
    /// Anything else.
    Other,
}

impl SeriesKind {
    fn of(sop_class: Option<&str>, modality: &str, frames: usize) -> Self {
        match sop_class {
            Some(uids::CT_IMAGE_STORAGE) => Self::Ct,
            Some(
                uids::ENHANCED_CT_IMAGE_STORAGE | uids::LEGACY_CONVERTED_ENHANCED_CT_IMAGE_STORAGE,
            ) => Self::EnhancedCt,
            Some(uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE) => Self::Pet,
            Some(
                uids::ENHANCED_PET_IMAGE_STORAGE
                | uids::LEGACY_CONVERTED_ENHANCED_PET_IMAGE_STORAGE,
            ) => Self::EnhancedPet,
            Some(uids::NUCLEAR_MEDICINE_IMAGE_STORAGE) => Self::Nm,
            Some(uids::MR_IMAGE_STORAGE) => Self::Mr,
            Some(uids::RT_STRUCTURE_SET_STORAGE) => Self::StructureSet,
            Some(uids::SEGMENTATION_STORAGE | uids::LABEL_MAP_SEGMENTATION_STORAGE) => {
                Self::Segmentation
            }
            Some(
                uids::SPATIAL_REGISTRATION_STORAGE | uids::DEFORMABLE_SPATIAL_REGISTRATION_STORAGE,
            ) => Self::Registration,
            Some(uids::RT_DOSE_STORAGE) => Self::Dose,
            Some(_) => Self::Other,
            // Anonymisers remove even the SOP class; the modality remains.
            None => match (modality, frames) {
                ("CT", 1) => Self::Ct,
                ("CT", _) => Self::EnhancedCt,
                ("PT", 1) => Self::Pet,
                ("PT", _) => Self::EnhancedPet,
                ("NM", _) => Self::Nm,
                ("MR", _) => Self::Mr,
                ("RTSTRUCT", _) => Self::StructureSet,
                ("SEG", _) => Self::Segmentation,
                ("REG", _) => Self::Registration,
                ("RTDOSE", _) => Self::Dose,
                _ => Self::Other,
            },
        }
    }

    /// Whether a volume is made of several files of this kind.
    #[must_use]
    pub fn is_slices(self) -> bool {
        matches!(self, Self::Ct | Self::Pet | Self::Mr)
    }
}

/// Header facts of one object.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) source: Source,
    pub(crate) file: String,
    pub(crate) kind: SeriesKind,
    pub(crate) sop_class: Option<String>,
    pub(crate) sop_instance: Option<String>,
    pub(crate) study: Option<String>,
    pub(crate) series: Option<String>,
    pub(crate) series_number: Option<usize>,
    pub(crate) acquisition_number: Option<usize>,
    pub(crate) frame_of_reference: Option<String>,
    pub(crate) modality: String,
    pub(crate) description: Option<String>,
    pub(crate) image_type: Vec<String>,
    pub(crate) series_start: Option<DateTime>,
    pub(crate) acquisition_start: Option<DateTime>,
    pub(crate) transfer_syntax: String,
    /// Image shape; `None` for objects without pixels or with pixels that
    /// cannot be numbers, for the reason in `layout_problem`.
    pub(crate) layout: Option<PixelLayout>,
    pub(crate) layout_problem: Option<String>,
    pub(crate) position: Option<PatientPoint>,
    /// Directions of increasing column and of increasing row.
    pub(crate) orientation: Option<[PatientVector; 2]>,
    /// Distance of rows and of columns, mm, as in the file.
    pub(crate) pixel_spacing: Option<[f64; 2]>,
    pub(crate) thickness: Option<f64>,
    pub(crate) slice_spacing: Option<f64>,
    pub(crate) gantry_tilt: Option<f64>,
    pub(crate) rescale: Option<Rescale>,
    pub(crate) rescale_type: Option<String>,
    pub(crate) has_modality_table: bool,
    pub(crate) lossy: bool,
    /// First byte of uncompressed pixels in the file, and how many are there.
    pub(crate) native_pixels: Option<(u64, u64)>,
    /// Size of the whole file.
    pub(crate) file_bytes: u64,
    /// Whether the header was read up to the pixels.
    pub(crate) pixels_seen: bool,
    pub(crate) big_endian: bool,
    pub(crate) radiopharmaceutical: Option<Box<RadiopharmaceuticalFacts>>,
    pub(crate) patient: PatientMark,
}

impl Instance {
    /// Facts of a header; `file_bytes` is the size of the whole file.
    pub(crate) fn read(object: &Object<'_>, source: Source, file_bytes: u64) -> Self {
        let set = &object.set;
        let sop_class = object.sop_class();
        let modality = set.text(tags::MODALITY).unwrap_or_default();
        let frames = set.count(tags::NUMBER_OF_FRAMES).unwrap_or(1);
        let kind = SeriesKind::of(sop_class.as_deref(), &modality, frames);
        let (layout, layout_problem) = if set.get(tags::ROWS).is_some() {
            match PixelLayout::read(object.file, set) {
                Ok(layout) => (Some(layout), None),
                Err(error) => (None, Some(error.to_string())),
            }
        } else {
            (None, None)
        };
        let charset = set.character_set();
        let date = |date: Tag, time: Tag| set.date_and_time(date, time);
        let slope = set.number(tags::RESCALE_SLOPE);
        let rescale = slope.map(|slope| Rescale {
            slope,
            intercept: set.number(tags::RESCALE_INTERCEPT).unwrap_or(0.0),
        });
        let native_pixels = object
            .pixel_file_offset
            .filter(|_| is_native(object.transfer_syntax))
            .map(|offset| {
                let offset = offset as u64;
                let claimed = object
                    .pixels
                    .and_then(|place| place.length)
                    .map_or(0, u64::from);
                (offset, claimed.min(file_bytes.saturating_sub(offset)))
            });
        let is_activity = matches!(
            kind,
            SeriesKind::Pet | SeriesKind::EnhancedPet | SeriesKind::Nm
        );
        Self {
            file: object.file.to_owned(),
            kind,
            sop_instance: set.text(tags::SOP_INSTANCE_UID),
            study: set.text(tags::STUDY_INSTANCE_UID),
            series: set.text(tags::SERIES_INSTANCE_UID),
            series_number: set.count(tags::SERIES_NUMBER),
            acquisition_number: set.count(tags::ACQUISITION_NUMBER),
            frame_of_reference: set.text(tags::FRAME_OF_REFERENCE_UID),
            description: set.label(tags::SERIES_DESCRIPTION, charset.as_deref()),
            image_type: set.texts(tags::IMAGE_TYPE),
            series_start: date(tags::SERIES_DATE, tags::SERIES_TIME)
                .or_else(|| date(tags::STUDY_DATE, tags::STUDY_TIME)),
            acquisition_start: set
                .local_date_time(tags::ACQUISITION_DATE_TIME, set.zone_minutes())
                .or_else(|| date(tags::ACQUISITION_DATE, tags::ACQUISITION_TIME)),
            transfer_syntax: object.transfer_syntax.to_owned(),
            layout,
            layout_problem,
            position: set.array(tags::IMAGE_POSITION_PATIENT).map(PatientPoint),
            orientation: set
                .array::<6>(tags::IMAGE_ORIENTATION_PATIENT)
                .and_then(orientation),
            pixel_spacing: set.array(tags::PIXEL_SPACING),
            thickness: set.number(tags::SLICE_THICKNESS),
            slice_spacing: set.number(tags::SPACING_BETWEEN_SLICES),
            gantry_tilt: set.number(tags::GANTRY_DETECTOR_TILT),
            rescale,
            rescale_type: set.text(tags::RESCALE_TYPE),
            has_modality_table: !set.items(tags::MODALITY_LUT_SEQUENCE).is_empty(),
            lossy: set.text(tags::LOSSY_IMAGE_COMPRESSION).as_deref() == Some("01")
                || is_lossy(object.transfer_syntax),
            native_pixels,
            file_bytes,
            pixels_seen: object.pixels.is_some(),
            big_endian: set.big_endian,
            radiopharmaceutical: is_activity
                .then(|| RadiopharmaceuticalFacts::read(set, kind, sop_class.as_deref()))
                .map(Box::new),
            patient: PatientMark::read(set),
            modality,
            sop_class,
            source,
        }
    }

    /// All bytes of the object.
    pub(crate) fn bytes(&self) -> Result<std::borrow::Cow<'_, [u8]>, DicomError> {
        match &self.source {
            Source::Memory(bytes) => Ok(std::borrow::Cow::Borrowed(bytes)),
            Source::File(path) => std::fs::read(path)
                .map(std::borrow::Cow::Owned)
                .map_err(|source| self.unreadable(source)),
        }
    }

    /// The bytes with their transfer syntax found.
    pub(crate) fn open<'a>(&'a self, bytes: &'a [u8]) -> Result<ObjectBytes<'a>, DicomError> {
        ObjectBytes::open(&self.file, bytes)
    }

    pub(crate) fn unreadable(&self, source: std::io::Error) -> DicomError {
        DicomError::ReadFile {
            file: self.file.clone(),
            source,
        }
    }

    pub(crate) fn missing(&self, tag: Tag, allowed: &str) -> DicomError {
        missing(&self.file, tag, allowed)
    }

    /// Whether two files of one object hold the same.  Slices may be encoded in
    /// two ways and differ in what no volume is made of; objects of other kinds
    /// keep places, scales and segments in their sequences and must be the same
    /// in all elements.  What cannot be read is not the same.
    pub(crate) fn holds_the_same_as(&self, other: &Self) -> bool {
        let (Ok(ours), Ok(theirs)) = (self.bytes(), other.bytes()) else {
            return false;
        };
        if ours == theirs {
            return true;
        }
        let (Ok(ours), Ok(theirs)) = (self.open(&ours), other.open(&theirs)) else {
            return false;
        };
        if ours.data_set() == theirs.data_set() {
            return true;
        }
        self.kind.is_slices()
            && self.is_read_like(other)
            && matches!(
                (ours.parse(Extent::Whole), theirs.parse(Extent::Whole)),
                (Ok(ours), Ok(theirs)) if has_same_pixels(&ours, &theirs)
            )
    }

    /// Whether the headers of two slices give the same volume and facts, where
    /// the pixels are the same.
    fn is_read_like(&self, other: &Self) -> bool {
        let image = |one: &Self| {
            (
                one.layout,
                one.position,
                one.orientation,
                one.pixel_spacing,
                one.rescale,
            )
        };
        let activity = |one: &Self| {
            let facts = one.radiopharmaceutical.clone()?;
            Some((facts, one.series_start, one.acquisition_start))
        };
        image(self) == image(other)
            && self.rescale_type == other.rescale_type
            && activity(self) == activity(other)
    }

    /// Unit normal of the slice: row direction x column direction.
    pub(crate) fn normal(&self) -> Option<PatientVector> {
        let [row, column] = self.orientation?;
        row.cross(column).direction()
    }
}

/// Whether two objects of one layout have the same stored numbers.
fn has_same_pixels(a: &Object<'_>, b: &Object<'_>) -> bool {
    let (Ok(a), Ok(b)) = (PixelFrames::open(a), PixelFrames::open(b)) else {
        return false;
    };
    let mut numbers = [
        vec![0.0; a.layout.pixels_per_frame()],
        vec![0.0; a.layout.pixels_per_frame()],
    ];
    let [ours, theirs] = &mut numbers;
    a.layout == b.layout
        && (0..a.layout.frames).all(|frame| {
            a.numbers_into(frame, Rescale::STORED, ours).is_ok()
                && b.numbers_into(frame, Rescale::STORED, theirs).is_ok()
                && ours == theirs
        })
}

/// Two unit directions from (0020,0037), when they are perpendicular to 1e-3.
pub(crate) fn orientation(cosines: [f64; 6]) -> Option<[PatientVector; 2]> {
    let [a, b, c, d, e, f] = cosines;
    let row = PatientVector([a, b, c]).direction()?;
    let column = PatientVector([d, e, f]).direction()?;
    (row.dot(column).abs() < 1e-3).then_some([row, column])
}

/// Transfer syntaxes that lose information by definition.
fn is_lossy(transfer_syntax: &str) -> bool {
    matches!(
        transfer_syntax,
        uids::JPEG_BASELINE8_BIT | uids::JPEG_EXTENDED12_BIT
    )
}
