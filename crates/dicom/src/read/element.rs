//! The elements of a data set, read in place.
//!
//! A data set is a list of (tag, value representation, length, value); a value
//! is bytes, a sequence of data sets, or the fragments of compressed pixels
//! (DICOM PS3.5 sections 7 and A).
//! Values stay slices of the file, so that no length that a file claims is
//! ever allocated: a length past the end of the bytes is an error, and the
//! memory of the element list is bounded by the bytes that were read.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;

/// Sequences nested deeper than this are taken for a damaged file.
const DEEPEST_SEQUENCE: usize = 32;

const UNDEFINED_LENGTH: u32 = u32::MAX;
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// How the elements of a data set are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
}

impl Encoding {
    /// That of a sequence whose value representation is UN, in any transfer
    /// syntax (PS3.5 6.2.2).
    const OF_UNKNOWN: Self = Self {
        explicit: false,
        big_endian: false,
    };
}

/// One element.
#[derive(Debug, Clone)]
pub(crate) struct Element<'a> {
    pub(crate) tag: Tag,
    pub(crate) vr: VR,
    pub(crate) value: Value<'a>,
}

/// The value of an element.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Bytes(&'a [u8]),
    Items(Vec<DataSet<'a>>),
    /// Compressed pixels: offset table, then fragments.
    Fragments(Vec<&'a [u8]>),
}

/// Elements of an object or of a sequence item.
#[derive(Debug, Clone)]
pub(crate) struct DataSet<'a> {
    pub(crate) elements: Vec<Element<'a>>,
    pub(crate) big_endian: bool,
}

/// Where the pixels of an object stand in its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelPlace {
    pub(crate) tag: Tag,
    /// First byte of the value, counted from the start of the parsed bytes.
    pub(crate) offset: usize,
    /// Bytes that the element claims; `None` for fragments.
    pub(crate) length: Option<u32>,
}

/// What stops the reading of elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ElementError {
    /// The bytes end inside this element.
    EndOfBytes {
        tag: Option<Tag>,
        wanted: usize,
        left: usize,
    },
    /// The bytes are no elements.
    Malformed { tag: Tag, reason: String },
}

/// Whether to read past the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Stop before the value of the pixels, which may not be there.
    Header,
    /// Read all; uncompressed pixels that are cut short are returned as far as
    /// they go.
    Whole,
    /// Only the file meta group 0002.
    Meta,
}

/// Elements of `bytes`, the place of the pixels, and the number of bytes used.
pub(crate) fn parse<'a>(
    bytes: &'a [u8],
    encoding: Encoding,
    extent: Extent,
) -> Result<(DataSet<'a>, Option<PixelPlace>, usize), ElementError> {
    let mut reader = Reader {
        bytes,
        at: 0,
        encoding,
    };
    let mut elements = Vec::new();
    let mut place = None;
    while reader.at < bytes.len() {
        let start = reader.at;
        if extent == Extent::Meta && reader.peek_group()? != 0x0002 {
            break;
        }
        // Some writers pad files with zeros behind the last element.
        if start > 0 && bytes[start..].iter().take(8).all(|byte| *byte == 0) {
            break;
        }
        let header = reader.element_header()?;
        if is_pixels(header.tag) && extent != Extent::Meta {
            let found = PixelPlace {
                tag: header.tag,
                offset: reader.at,
                length: (header.length != UNDEFINED_LENGTH).then_some(header.length),
            };
            place = Some(found);
            if extent == Extent::Header {
                break;
            }
            let value = match found.length {
                Some(length) => Value::Bytes(reader.take_up_to(length as usize)),
                None => Value::Fragments(reader.fragments(header.tag)?),
            };
            elements.push(Element {
                tag: header.tag,
                vr: header.vr,
                value,
            });
            continue;
        }
        elements.push(reader.element(header, 0)?);
    }
    Ok((
        DataSet {
            elements,
            big_endian: encoding.big_endian,
        },
        place,
        reader.at,
    ))
}

/// Pixel data as integers, floats or doubles.
fn is_pixels(tag: Tag) -> bool {
    matches!(
        tag,
        Tag(0x7FE0, 0x0010) | Tag(0x7FE0, 0x0008) | Tag(0x7FE0, 0x0009)
    )
}

/// Value representation by the dictionary, for files that do not write it.
fn dictionary_vr(tag: Tag) -> VR {
    // Private creators name their block; everything else private is unknown.
    if tag.0 % 2 == 1 {
        return if (0x0010..=0x00FF).contains(&tag.1) {
            VR::LO
        } else {
            VR::UN
        };
    }
    StandardDataDictionary
        .by_tag(tag)
        .map_or(VR::UN, |entry| entry.vr().relaxed())
}

struct ElementHeader {
    tag: Tag,
    vr: VR,
    length: u32,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    encoding: Encoding,
}

impl<'a> Reader<'a> {
    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, length: usize, tag: Option<Tag>) -> Result<&'a [u8], ElementError> {
        if length > self.left() {
            return Err(ElementError::EndOfBytes {
                tag,
                wanted: length,
                left: self.left(),
            });
        }
        let taken = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(taken)
    }

    fn take_up_to(&mut self, length: usize) -> &'a [u8] {
        let taken = &self.bytes[self.at..self.at + length.min(self.left())];
        self.at += taken.len();
        taken
    }

    fn u16(&mut self, tag: Option<Tag>) -> Result<u16, ElementError> {
        let pair = self.take(2, tag)?;
        let pair = [pair[0], pair[1]];
        Ok(if self.encoding.big_endian {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        })
    }

    fn u32(&mut self, tag: Option<Tag>) -> Result<u32, ElementError> {
        let four = self.take(4, tag)?;
        let four = [four[0], four[1], four[2], four[3]];
        Ok(if self.encoding.big_endian {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }

    fn tag(&mut self) -> Result<Tag, ElementError> {
        let group = self.u16(None)?;
        Ok(Tag(group, self.u16(None)?))
    }

    fn peek_group(&self) -> Result<u16, ElementError> {
        Reader {
            bytes: self.bytes,
            at: self.at,
            encoding: self.encoding,
        }
        .u16(None)
    }

    fn element_header(&mut self) -> Result<ElementHeader, ElementError> {
        let tag = self.tag()?;
        let known = Some(tag);
        if tag.0 == 0xFFFE || !self.encoding.explicit {
            let length = self.u32(known)?;
            return Ok(ElementHeader {
                tag,
                vr: dictionary_vr(tag),
                length,
            });
        }
        let letters = self.take(2, known)?;
        let vr =
            VR::from_binary([letters[0], letters[1]]).ok_or_else(|| ElementError::Malformed {
                tag,
                reason: format!("value representation {letters:02x?} does not exist"),
            })?;
        let long = matches!(
            vr,
            VR::OB
                | VR::OD
                | VR::OF
                | VR::OL
                | VR::OV
                | VR::OW
                | VR::SQ
                | VR::SV
                | VR::UC
                | VR::UN
                | VR::UR
                | VR::UT
                | VR::UV
        );
        let length = if long {
            self.take(2, known)?;
            self.u32(known)?
        } else {
            u32::from(self.u16(known)?)
        };
        Ok(ElementHeader { tag, vr, length })
    }

    fn element(
        &mut self,
        header: ElementHeader,
        depth: usize,
    ) -> Result<Element<'a>, ElementError> {
        let ElementHeader { tag, vr, length } = header;
        let value = if length == UNDEFINED_LENGTH {
            if is_pixels(tag) || matches!(vr, VR::OB | VR::OW) {
                // An icon image inside a sequence may be compressed too.
                Value::Fragments(self.fragments(tag)?)
            } else {
                let outer = self.encoding;
                if vr == VR::UN {
                    self.encoding = Encoding::OF_UNKNOWN;
                }
                let items = self.items(tag, None, depth + 1);
                self.encoding = outer;
                Value::Items(items?)
            }
        } else if vr == VR::SQ || (vr == VR::UN && dictionary_vr(tag) == VR::SQ) {
            let content = self.take(length as usize, Some(tag))?;
            let mut inner = Reader {
                bytes: content,
                at: 0,
                encoding: if vr == VR::UN {
                    Encoding::OF_UNKNOWN
                } else {
                    self.encoding
                },
            };
            Value::Items(
                inner
                    .items(tag, Some(content.len()), depth + 1)
                    .map_err(|error| match error {
                        // The length of the sequence lies, not the file's end.
                        ElementError::EndOfBytes { tag: inside, .. } => ElementError::Malformed {
                            tag: inside.unwrap_or(tag),
                            reason: "item reaches past the end of its sequence".to_owned(),
                        },
                        other => other,
                    })?,
            )
        } else {
            Value::Bytes(self.take(length as usize, Some(tag))?)
        };
        let vr = match (&value, vr) {
            (Value::Items(_), _) => VR::SQ,
            // Gateways that lack an attribute in their dictionary write UN; the
            // bytes are little endian then (PS3.5 6.2.2).
            (Value::Bytes(_), VR::UN) if !self.encoding.big_endian => dictionary_vr(tag),
            _ => vr,
        };
        Ok(Element { tag, vr, value })
    }

    /// Items up to `length` bytes, or to the sequence delimiter.
    fn items(
        &mut self,
        sequence: Tag,
        length: Option<usize>,
        depth: usize,
    ) -> Result<Vec<DataSet<'a>>, ElementError> {
        if depth > DEEPEST_SEQUENCE {
            return Err(ElementError::Malformed {
                tag: sequence,
                reason: format!("sequences are nested deeper than {DEEPEST_SEQUENCE}"),
            });
        }
        let end = length.map(|length| self.at + length);
        let mut items = Vec::new();
        while end.is_none_or(|end| self.at < end) {
            let tag = self.tag()?;
            let length = self.u32(Some(sequence))?;
            match tag {
                SEQUENCE_END => break,
                ITEM => items.push(self.item(sequence, length, depth)?),
                other => {
                    return Err(ElementError::Malformed {
                        tag: other,
                        reason: "stands where an item of a sequence is expected".to_owned(),
                    });
                }
            }
        }
        Ok(items)
    }

    fn item(
        &mut self,
        sequence: Tag,
        length: u32,
        depth: usize,
    ) -> Result<DataSet<'a>, ElementError> {
        let mut elements = Vec::new();
        if length == UNDEFINED_LENGTH {
            loop {
                let header = self.element_header()?;
                if header.tag == ITEM_END {
                    break;
                }
                elements.push(self.element(header, depth)?);
            }
        } else {
            let content = self.take(length as usize, Some(sequence))?;
            let mut inner = Reader {
                bytes: content,
                at: 0,
                encoding: self.encoding,
            };
            while inner.at < content.len() {
                let header = inner.element_header()?;
                elements.push(inner.element(header, depth)?);
            }
        }
        Ok(DataSet {
            elements,
            big_endian: self.encoding.big_endian,
        })
    }

    /// Offset table and fragments of `pixels`; the delimiter may be missing at
    /// the end of the bytes.
    fn fragments(&mut self, pixels: Tag) -> Result<Vec<&'a [u8]>, ElementError> {
        let mut fragments = Vec::new();
        while let (Ok(tag), Ok(length)) = (self.tag(), self.u32(None)) {
            if tag != ITEM {
                break;
            }
            fragments.push(self.take(length as usize, Some(pixels))?);
        }
        Ok(fragments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPLICIT: Encoding = Encoding {
        explicit: true,
        big_endian: false,
    };

    #[test]
    fn a_length_past_the_end_is_an_error_and_no_allocation() {
        // (0010,4000) UT claiming 4 GB less 2.
        let bytes = [
            0x10, 0x00, 0x00, 0x40, b'U', b'T', 0, 0, 0xFE, 0xFF, 0xFF, 0xFF,
        ];
        let error = parse(&bytes, EXPLICIT, Extent::Whole).unwrap_err();
        assert_eq!(
            error,
            ElementError::EndOfBytes {
                tag: Some(Tag(0x0010, 0x4000)),
                wanted: 0xFFFF_FFFE,
                left: 0
            }
        );
    }

    #[test]
    fn sequences_nested_without_end_are_refused() {
        let mut bytes = Vec::new();
        for _ in 0..100 {
            bytes.extend([0x40, 0x00, 0x75, 0x02, b'S', b'Q', 0, 0, 255, 255, 255, 255]);
            bytes.extend([0xFE, 0xFF, 0x00, 0xE0, 255, 255, 255, 255]);
        }
        let error = parse(&bytes, EXPLICIT, Extent::Whole).unwrap_err();
        assert!(matches!(error, ElementError::Malformed { .. }), "{error:?}");
    }

    #[test]
    fn unknown_of_undefined_length_is_an_implicit_sequence() {
        let mut bytes = vec![0x09, 0x00, 0x10, 0x10, b'U', b'N', 0, 0, 255, 255, 255, 255];
        bytes.extend([0xFE, 0xFF, 0x00, 0xE0, 255, 255, 255, 255]);
        // (0028,0010) in implicit VR: tag, 32-bit length, value.
        bytes.extend([0x28, 0x00, 0x10, 0x00, 2, 0, 0, 0, 7, 0]);
        bytes.extend([0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0]);
        bytes.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        let (set, _, used) = parse(&bytes, EXPLICIT, Extent::Whole).unwrap();
        assert_eq!(used, bytes.len());
        let Value::Items(items) = &set.elements[0].value else {
            panic!("no sequence");
        };
        assert_eq!(items[0].elements[0].tag, Tag(0x0028, 0x0010));
    }

    #[test]
    fn a_known_sequence_written_as_unknown_is_implicit_and_little_endian() {
        // (0054,0016) of 26 bytes: an item of 18 with (0018,1074) and a number.
        let content = [
            0xFE, 0xFF, 0x00, 0xE0, 18, 0, 0, 0, 0x18, 0x00, 0x74, 0x10, 10, 0, 0, 0,
        ];
        for big_endian in [false, true] {
            let mut bytes = if big_endian {
                vec![0x00, 0x54, 0x00, 0x16, b'U', b'N', 0, 0, 0, 0, 0, 26]
            } else {
                vec![0x54, 0x00, 0x16, 0x00, b'U', b'N', 0, 0, 26, 0, 0, 0]
            };
            bytes.extend(content);
            bytes.extend(*b"1400.50000");
            let encoding = Encoding {
                explicit: true,
                big_endian,
            };
            let (set, _, _) = parse(&bytes, encoding, Extent::Whole).unwrap();
            let item = set.item(Tag(0x0054, 0x0016)).unwrap();
            assert_eq!(item.number(Tag(0x0018, 0x1074)), Some(1400.5));
        }
    }
}
