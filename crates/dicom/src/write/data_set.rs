//! Data sets while they are being filled, and the files that they become.

use std::path::Path;

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::{FileDicomObject, FileMetaTableBuilder, InMemDicomObject};
use jiff::civil::{Date, DateTime, Time};

use super::limits;
use super::uid::instance_uid;
use super::{Code, InstanceReference, SeriesContext};
use crate::DicomError;

/// Our implementation class, as PS3.7 D.3.3.2 wants it: a UID of the software.
const IMPLEMENTATION_CLASS_UID: &str = "2.25.295180024554416831975759334714968617883";

/// Version name beside it, at most 16 characters.
const IMPLEMENTATION_VERSION: &str = concat!("OPENSIRT_", env!("CARGO_PKG_VERSION"));

/// A data set being filled; elements may come in any order.
#[derive(Debug, Clone)]
pub(super) struct DataSet(InMemDicomObject);

impl DataSet {
    pub(super) fn new() -> Self {
        Self(InMemDicomObject::new_empty())
    }

    fn put(&mut self, tag: Tag, vr: VR, value: PrimitiveValue) -> &mut Self {
        self.0.put(DataElement::new(tag, vr, value));
        self
    }

    /// One text value; limits of its representation are checked when sealed.
    pub(super) fn text(&mut self, tag: Tag, vr: VR, value: &str) -> &mut Self {
        self.put(tag, vr, PrimitiveValue::from(value))
    }

    /// Several text values.
    pub(super) fn texts<S: AsRef<str>>(&mut self, tag: Tag, vr: VR, values: &[S]) -> &mut Self {
        let values = values
            .iter()
            .map(|value| value.as_ref().to_owned())
            .collect();
        self.put(tag, vr, PrimitiveValue::Strs(values))
    }

    /// An element without a value.
    pub(super) fn empty(&mut self, tag: Tag, vr: VR) -> &mut Self {
        if vr == VR::SQ {
            return self.sequence(tag, Vec::new());
        }
        self.put(tag, vr, PrimitiveValue::Empty)
    }

    /// Decimal strings (DS).
    pub(super) fn decimals(&mut self, tag: Tag, values: &[f64]) -> &mut Self {
        let texts: Vec<String> = values.iter().map(|value| decimal_string(*value)).collect();
        self.texts(tag, VR::DS, &texts)
    }

    /// An integer string (IS).
    pub(super) fn integer(&mut self, tag: Tag, value: usize) -> &mut Self {
        self.text(tag, VR::IS, &value.to_string())
    }

    /// Unsigned 16-bit numbers (US).
    pub(super) fn words(&mut self, tag: Tag, values: &[u16]) -> &mut Self {
        self.put(tag, VR::US, PrimitiveValue::U16(values.into()))
    }

    /// Unsigned 32-bit numbers (UL).
    pub(super) fn longs(&mut self, tag: Tag, values: &[u32]) -> &mut Self {
        self.put(tag, VR::UL, PrimitiveValue::U32(values.into()))
    }

    /// Names of attributes (AT).
    pub(super) fn pointers(&mut self, tag: Tag, values: &[Tag]) -> &mut Self {
        self.put(tag, VR::AT, PrimitiveValue::Tags(values.into()))
    }

    /// A date (DA).
    pub(super) fn date(&mut self, tag: Tag, value: Date) -> &mut Self {
        self.text(tag, VR::DA, &value.strftime("%Y%m%d").to_string())
    }

    /// A time of day (TM), with a fraction only where there is one.
    pub(super) fn time(&mut self, tag: Tag, value: Time) -> &mut Self {
        self.text(tag, VR::TM, &time_string(value))
    }

    /// A date and time (DT).
    pub(super) fn date_time(&mut self, tag: Tag, value: DateTime) -> &mut Self {
        let text = format!(
            "{}{}",
            value.date().strftime("%Y%m%d"),
            time_string(value.time())
        );
        self.text(tag, VR::DT, &text)
    }

    /// A sequence.
    pub(super) fn sequence(&mut self, tag: Tag, items: Vec<DataSet>) -> &mut Self {
        let items: Vec<InMemDicomObject> = items.into_iter().map(|item| item.0).collect();
        self.0
            .put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
        self
    }

    /// A sequence of one coded concept.
    pub(super) fn code(&mut self, tag: Tag, code: &Code) -> &mut Self {
        self.sequence(tag, vec![code_item(code)])
    }

    /// A sequence of references to instances.
    pub(super) fn references(&mut self, tag: Tag, instances: &[InstanceReference]) -> &mut Self {
        self.sequence(tag, instances.iter().map(reference_item).collect())
    }

    /// Pixel data of 8 bits or fewer for each sample.
    pub(super) fn pixels_u8(&mut self, mut values: Vec<u8>) -> &mut Self {
        if values.len() % 2 == 1 {
            values.push(0);
        }
        self.put(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(values.into()))
    }

    /// Pixel data of 16-bit samples.
    pub(super) fn pixels_u16(&mut self, values: Vec<u16>) -> &mut Self {
        self.put(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into()))
    }

    /// Pixel data of 32-bit samples, as the pairs of 16-bit words of OW.
    pub(super) fn pixels_u32(&mut self, values: &[u32]) -> &mut Self {
        let words: Vec<u16> = values
            .iter()
            .flat_map(|value| [(value & 0xffff) as u16, (value >> 16) as u16])
            .collect();
        self.pixels_u16(words)
    }

    /// The image-pixel attributes of one monochrome sample.
    pub(super) fn image_pixel(
        &mut self,
        [columns, rows]: [usize; 2],
        bits: u16,
        signed: bool,
    ) -> Result<&mut Self, DicomError> {
        let side = |name, voxels: usize| {
            u16::try_from(voxels).map_err(|_| {
                DicomError::not_writable(
                    "image",
                    format!("{voxels} {name} are more than the 65535 that DICOM allows"),
                )
            })
        };
        let (rows, columns) = (side("rows", rows)?, side("columns", columns)?);
        self.words(tags::SAMPLES_PER_PIXEL, &[1])
            .text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2")
            .words(tags::ROWS, &[rows])
            .words(tags::COLUMNS, &[columns])
            .words(tags::BITS_ALLOCATED, &[bits])
            .words(tags::BITS_STORED, &[bits])
            .words(tags::HIGH_BIT, &[bits - 1])
            .words(tags::PIXEL_REPRESENTATION, &[u16::from(signed)]);
        Ok(self)
    }

    /// Checks the data set, names it by its content and closes it.
    pub(super) fn seal(
        mut self,
        sop_class_uid: &str,
        series: &SeriesContext,
        transfer_syntax: &str,
    ) -> Result<DicomFile, DicomError> {
        self.text(tags::SOP_CLASS_UID, VR::UI, sop_class_uid);
        limits::check(&self.0)?;
        let syntax = dicom_transfer_syntax_registry::TransferSyntaxRegistry
            .get(transfer_syntax)
            .ok_or_else(|| {
                DicomError::not_writable(
                    "data set",
                    format!("transfer syntax {transfer_syntax} is unknown"),
                )
            })?;
        let mut content = Vec::new();
        self.0
            .write_dataset_with_ts(&mut content, syntax)
            .map_err(DicomError::encoding)?;
        let uid = instance_uid(&series.series_uid, &content);
        drop(content);
        self.text(tags::SOP_INSTANCE_UID, VR::UI, &uid);
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(transfer_syntax)
            .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
            .implementation_version_name(IMPLEMENTATION_VERSION);
        let object = self.0.with_meta(meta).map_err(DicomError::encoding)?;
        Ok(DicomFile {
            object,
            reference: InstanceReference {
                sop_class_uid: sop_class_uid.to_owned(),
                sop_instance_uid: uid,
                position: None,
            },
        })
    }
}

pub(super) fn code_item(code: &Code) -> DataSet {
    let mut item = DataSet::new();
    item.text(tags::CODE_VALUE, VR::SH, code.value)
        .text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, code.scheme)
        .text(tags::CODE_MEANING, VR::LO, code.meaning);
    item
}

pub(super) fn reference_item(instance: &InstanceReference) -> DataSet {
    let mut item = DataSet::new();
    item.text(
        tags::REFERENCED_SOP_CLASS_UID,
        VR::UI,
        &instance.sop_class_uid,
    )
    .text(
        tags::REFERENCED_SOP_INSTANCE_UID,
        VR::UI,
        &instance.sop_instance_uid,
    );
    item
}

/// One DICOM instance, complete and named, not yet on disk.
#[derive(Debug, Clone)]
pub struct DicomFile {
    object: FileDicomObject<InMemDicomObject>,
    reference: InstanceReference,
}

impl DicomFile {
    /// The attributes with their file meta information.
    #[must_use]
    pub fn object(&self) -> &FileDicomObject<InMemDicomObject> {
        &self.object
    }

    /// How other objects refer to this one.
    #[must_use]
    pub fn reference(&self) -> &InstanceReference {
        &self.reference
    }

    pub(super) fn placed(mut self, position: sirt_image::PatientPoint) -> Self {
        self.reference.position = Some(position);
        self
    }

    /// The file as bytes: preamble, meta information and data set.
    ///
    /// # Errors
    /// [`DicomError::Encoding`] when a text does not fit the character set.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DicomError> {
        let mut bytes = Vec::new();
        self.object
            .write_all(&mut bytes)
            .map_err(DicomError::encoding)?;
        Ok(bytes)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`DicomError::WriteFile`] when the file cannot be made or filled.
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<(), DicomError> {
        let path = path.as_ref();
        std::fs::write(path, self.to_bytes()?).map_err(|source| DicomError::WriteFile {
            path: path.to_path_buf(),
            source,
        })
    }
}

/// A number as a decimal string: at most 16 characters, as many digits as fit.
pub(super) fn decimal_string(value: f64) -> String {
    const LONGEST: usize = 16;
    let plain = format!("{value}");
    if plain.len() <= LONGEST {
        return plain;
    }
    let fixed = (1e-4..1e15)
        .contains(&value.abs())
        .then(|| shortest(|digits| format!("{value:.digits$}")));
    fixed
        .flatten()
        .or_else(|| shortest(|digits| format!("{value:.digits$e}")))
        .unwrap_or(plain)
}

/// The most precise of the forms that fit a decimal string.
fn shortest(form: impl Fn(usize) -> String) -> Option<String> {
    (0..=15).rev().map(form).find(|text| text.len() <= 16)
}

fn time_string(value: Time) -> String {
    let seconds = value.strftime("%H%M%S").to_string();
    let microseconds = value.subsec_nanosecond() / 1000;
    if microseconds == 0 {
        seconds
    } else {
        format!("{seconds}.{microseconds:06}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_strings_fit_and_keep_their_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.5, "-0.5"),
            (1.0 / 3.0, "0.33333333333333"),
            (-1.0 / 3.0, "-0.3333333333333"),
            (1234567.0 / 7.0, "176366.714285714"),
        ] {
            assert_eq!(decimal_string(value), expected);
        }
        for value in [1.0 / 3.0e9, -1.234_567_890_123_4e-12, 6.02e23 / 7.0, -1e300] {
            let text = decimal_string(value);
            assert!(text.len() <= 16, "{text}");
            let back: f64 = text.parse().unwrap();
            // 16 characters less sign, point and a four-character exponent
            // leave nine digits after the first.
            assert!((back / value - 1.0).abs() < 1e-8, "{text} for {value}");
        }
    }

    #[test]
    fn times_have_a_fraction_only_where_there_is_one() {
        assert_eq!(time_string(jiff::civil::time(9, 5, 0, 0)), "090500");
        assert_eq!(
            time_string(jiff::civil::time(23, 59, 59, 250_000_000)),
            "235959.250000"
        );
    }
}
