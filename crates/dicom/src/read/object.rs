//! A file as an object: preamble, file meta, transfer syntax, data set.
//!
//! Files without preamble and files without file meta (DICOM PS3.10 section 7)
//! are accepted when their first bytes are elements.

use std::borrow::Cow;
use std::io::Read;

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::attribute::attribute_name;
use super::element::{DataSet, ElementError, Encoding, Extent, PixelPlace, parse};
use crate::DicomError;

/// Bytes that a deflated data set may grow to.
const LARGEST_INFLATED: u64 = 2 << 30;

/// Bytes of one object, inflated where its transfer syntax says so.
pub(crate) struct ObjectBytes<'a> {
    file: &'a str,
    transfer_syntax: String,
    /// File meta's (0002,0002), for files whose data set lacks (0008,0016).
    media_class: Option<String>,
    encoding: Encoding,
    /// The data set, without preamble and file meta.
    data: Cow<'a, [u8]>,
    /// Where `data` starts in the file; `None` for inflated data.
    data_offset: Option<usize>,
}

/// A parsed object.
pub(crate) struct Object<'a> {
    pub(crate) file: &'a str,
    pub(crate) transfer_syntax: &'a str,
    pub(crate) set: DataSet<'a>,
    pub(crate) pixels: Option<PixelPlace>,
    /// Place of the pixels' value counted from the start of the file.
    pub(crate) pixel_file_offset: Option<usize>,
    media_class: Option<&'a str>,
}

impl<'a> ObjectBytes<'a> {
    /// Finds transfer syntax and data set in the bytes of `file`.
    pub(crate) fn open(file: &'a str, bytes: &'a [u8]) -> Result<Self, DicomError> {
        let not_dicom = |reason: &str| DicomError::NotDicom {
            file: file.to_owned(),
            reason: reason.to_owned(),
        };
        if bytes.is_empty() {
            return Err(DicomError::EmptyFile {
                file: file.to_owned(),
            });
        }
        let start = if bytes.get(128..132) == Some(b"DICM") {
            132
        } else if bytes.starts_with(b"DICM") {
            4
        } else if looks_like_elements(bytes) {
            0
        } else {
            return Err(not_dicom(
                "neither DICM at byte 128 nor elements of group 0002 or 0008 at the start",
            ));
        };
        let rest = &bytes[start..];
        let meta_encoding = Encoding {
            explicit: true,
            big_endian: false,
        };
        let (meta, used) = if rest.starts_with(&[0x02, 0x00]) {
            let (meta, _, used) = parse(rest, meta_encoding, Extent::Meta)
                .map_err(|error| element_error(file, error))?;
            (Some(meta), used)
        } else {
            (None, 0)
        };
        let data = rest.get(used..).unwrap_or_default();
        let named = meta
            .as_ref()
            .and_then(|meta| meta.text(tags::TRANSFER_SYNTAX_UID));
        let transfer_syntax = named.unwrap_or_else(|| {
            // Without file meta only the bytes can tell.
            let explicit = data
                .get(4..6)
                .is_some_and(|vr| VR::from_binary([vr[0], vr[1]]).is_some());
            if explicit {
                uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned()
            } else {
                uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned()
            }
        });
        let encoding = Encoding {
            explicit: transfer_syntax != uids::IMPLICIT_VR_LITTLE_ENDIAN,
            big_endian: transfer_syntax == super::pixel::EXPLICIT_BIG_ENDIAN,
        };
        let deflated = transfer_syntax == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN;
        Ok(Self {
            file,
            media_class: meta
                .as_ref()
                .and_then(|meta| meta.text(tags::MEDIA_STORAGE_SOP_CLASS_UID)),
            encoding,
            data: if deflated {
                Cow::Owned(inflate(file, data)?)
            } else {
                Cow::Borrowed(data)
            },
            data_offset: (!deflated).then_some(start + used),
            transfer_syntax,
        })
    }

    /// The data set as it is encoded, inflated, without file meta.
    pub(crate) fn data_set(&self) -> &[u8] {
        &self.data
    }

    /// Whether the data set is compressed as a whole.
    pub(crate) fn is_deflated(&self) -> bool {
        self.data_offset.is_none()
    }

    /// The elements, with or without pixels.
    pub(crate) fn parse(&self, extent: Extent) -> Result<Object<'_>, DicomError> {
        let (set, pixels, _) = parse(&self.data, self.encoding, extent)
            .map_err(|error| element_error(self.file, error))?;
        if set.elements.is_empty() {
            return Err(DicomError::NotDicom {
                file: self.file.to_owned(),
                reason: "the data set has no elements".to_owned(),
            });
        }
        Ok(Object {
            file: self.file,
            transfer_syntax: &self.transfer_syntax,
            pixel_file_offset: pixels.and_then(|place| Some(place.offset + self.data_offset?)),
            pixels,
            set,
            media_class: self.media_class.as_deref(),
        })
    }
}

impl Object<'_> {
    /// SOP class, from the data set or else the file meta.
    pub(crate) fn sop_class(&self) -> Option<String> {
        self.set
            .text(tags::SOP_CLASS_UID)
            .or_else(|| self.media_class.map(str::to_owned))
    }

    /// An error for an attribute of the object that is missing, or is there
    /// with numbers that are not allowed.
    pub(crate) fn missing(&self, tag: dicom_core::Tag, allowed: &str) -> DicomError {
        self.unusable(Some(&self.set), tag, allowed)
    }

    /// As [`Object::missing`], for an attribute of an item, which may be
    /// missing itself.
    pub(crate) fn unusable(
        &self,
        item: Option<&DataSet<'_>>,
        tag: dicom_core::Tag,
        allowed: &str,
    ) -> DicomError {
        match item.and_then(|item| item.numbers(tag)) {
            Some(numbers) => refused(self.file, tag, format!("{numbers:?}"), allowed),
            None => missing(self.file, tag, allowed),
        }
    }

    /// An error for an attribute whose value is not allowed.
    pub(crate) fn refused(
        &self,
        tag: dicom_core::Tag,
        value: impl std::fmt::Display,
        allowed: &str,
    ) -> DicomError {
        refused(self.file, tag, value, allowed)
    }
}

pub(crate) fn missing(file: &str, tag: dicom_core::Tag, allowed: &str) -> DicomError {
    refused(file, tag, "missing", allowed)
}

pub(crate) fn refused(
    file: &str,
    tag: dicom_core::Tag,
    value: impl std::fmt::Display,
    allowed: &str,
) -> DicomError {
    DicomError::Attribute {
        file: file.to_owned(),
        tag: attribute_name(tag),
        value: value.to_string(),
        allowed: allowed.to_owned(),
    }
}

/// First element of group 0002 or 0008 with a plausible length.
fn looks_like_elements(bytes: &[u8]) -> bool {
    let Some(head) = bytes.get(..8) else {
        return false;
    };
    let group = u16::from_le_bytes([head[0], head[1]]);
    let element = u16::from_le_bytes([head[2], head[3]]);
    let explicit = VR::from_binary([head[4], head[5]]).is_some();
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    matches!(group, 0x0002 | 0x0008) && element <= 0x0100 && (explicit || length <= 256)
}

fn inflate(file: &str, data: &[u8]) -> Result<Vec<u8>, DicomError> {
    let mut inflated = Vec::new();
    let mut reader = flate2::read::DeflateDecoder::new(data).take(LARGEST_INFLATED + 1);
    // A stream that breaks off is reported by the element that is cut short.
    let ended = reader.read_to_end(&mut inflated);
    if inflated.len() as u64 > LARGEST_INFLATED {
        return Err(DicomError::Pixels {
            file: file.to_owned(),
            reason: format!("the deflated data set is larger than {LARGEST_INFLATED} bytes"),
        });
    }
    match ended {
        Err(error) if inflated.is_empty() => Err(DicomError::NotDicom {
            file: file.to_owned(),
            reason: format!("the deflated data set cannot be inflated ({error})"),
        }),
        _ => Ok(inflated),
    }
}

fn element_error(file: &str, error: ElementError) -> DicomError {
    match error {
        ElementError::EndOfBytes { tag, wanted, left } => DicomError::Truncated {
            file: file.to_owned(),
            tag: tag.map_or_else(|| "element header".to_owned(), attribute_name),
            wanted,
            left,
        },
        ElementError::Malformed { tag, reason } => DicomError::Malformed {
            file: file.to_owned(),
            tag: attribute_name(tag),
            reason,
        },
    }
}
