//! Values of attributes by type, and attributes by name.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

use super::element::{DataSet, Element, Value};

/// An attribute as messages name it, for example `(0028,0010) Rows`.
pub(crate) fn attribute_name(tag: Tag) -> String {
    let name = StandardDataDictionary
        .by_tag(tag)
        .map_or("", |entry| entry.alias());
    format!("({:04X},{:04X}) {name}", tag.0, tag.1)
        .trim_end()
        .to_owned()
}

impl<'a> DataSet<'a> {
    pub(crate) fn get(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().find(|element| element.tag == tag)
    }

    /// Bytes of a value; `None` when absent, a sequence or empty.
    pub(crate) fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        match self.get(tag)?.value {
            Value::Bytes(bytes) if !bytes.is_empty() => Some(bytes),
            _ => None,
        }
    }

    /// Text in the default character set, without padding; `None` when absent or empty.
    pub(crate) fn text(&self, tag: Tag) -> Option<String> {
        let text = String::from_utf8_lossy(self.bytes(tag)?);
        let trimmed = text.trim_matches(is_padding);
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// Text in the character set `charset`, the value of (0008,0005).
    pub(crate) fn label(&self, tag: Tag, charset: Option<&str>) -> Option<String> {
        let bytes = self.bytes(tag)?;
        let text = charset
            .and_then(|code| code.split('\\').find(|part| !part.trim().is_empty()))
            .and_then(|code| SpecificCharacterSet::from_code(code.trim()))
            .and_then(|codec| codec.decode(bytes).ok())
            .unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned());
        let trimmed = text.trim_matches(is_padding);
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// The parts of a text of several values.
    pub(crate) fn texts(&self, tag: Tag) -> Vec<String> {
        self.text(tag).map_or_else(Vec::new, |text| {
            text.split('\\')
                .map(|part| part.trim_matches(is_padding).to_owned())
                .collect()
        })
    }

    /// Numbers, whether written in text or in binary; `None` when absent or
    /// when any is no finite number.
    pub(crate) fn numbers(&self, tag: Tag) -> Option<Vec<f64>> {
        let element = self.get(tag)?;
        let Value::Bytes(bytes) = element.value else {
            return None;
        };
        let big_endian = self.big_endian;
        let numbers: Vec<f64> = match element.vr {
            VR::US => words(bytes, big_endian).map(f64::from).collect(),
            VR::SS => words(bytes, big_endian)
                .map(|word| f64::from(word.cast_signed()))
                .collect(),
            VR::UL => longs(bytes, big_endian).map(f64::from).collect(),
            VR::SL => longs(bytes, big_endian)
                .map(|long| f64::from(long.cast_signed()))
                .collect(),
            VR::FL | VR::OF => longs(bytes, big_endian)
                .map(|long| f64::from(f32::from_bits(long)))
                .collect(),
            VR::FD | VR::OD => bytes
                .chunks_exact(8)
                .map(|chunk| {
                    let eight: [u8; 8] = std::array::from_fn(|i| chunk[i]);
                    if big_endian {
                        f64::from_be_bytes(eight)
                    } else {
                        f64::from_le_bytes(eight)
                    }
                })
                .collect(),
            _ => std::str::from_utf8(bytes)
                .ok()?
                .trim_matches(is_padding)
                .split('\\')
                .map(|part| part.trim_matches(is_padding).parse().ok())
                .collect::<Option<_>>()?,
        };
        let usable = !numbers.is_empty() && numbers.iter().all(|number| number.is_finite());
        usable.then_some(numbers)
    }

    /// The first number of a value.
    pub(crate) fn number(&self, tag: Tag) -> Option<f64> {
        self.numbers(tag)?.first().copied()
    }

    /// A value of exactly `N` numbers.
    pub(crate) fn array<const N: usize>(&self, tag: Tag) -> Option<[f64; N]> {
        self.numbers(tag)?.try_into().ok()
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self, tag: Tag) -> Option<usize> {
        let number = self.number(tag)?;
        // Counts of DICOM are 32-bit at most.
        let whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        whole.then_some(number as usize)
    }

    /// Whole numbers that are not negative.
    pub(crate) fn counts(&self, tag: Tag) -> Option<Vec<usize>> {
        self.numbers(tag)?
            .into_iter()
            .map(|number| {
                let whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
                whole.then_some(number as usize)
            })
            .collect()
    }

    /// Items of a sequence; none when absent.
    pub(crate) fn items(&self, tag: Tag) -> &[DataSet<'a>] {
        match self.get(tag).map(|element| &element.value) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    /// First item of a sequence.
    pub(crate) fn item(&self, tag: Tag) -> Option<&DataSet<'a>> {
        self.items(tag).first()
    }

    /// Value of (0008,0005).
    pub(crate) fn character_set(&self) -> Option<String> {
        self.text(tags::SPECIFIC_CHARACTER_SET)
    }

    /// A private element: offset `element` in the block of `creator`.
    pub(crate) fn private(&self, group: u16, creator: &str, element: u8) -> Option<Tag> {
        self.elements
            .iter()
            .find(|found| {
                found.tag.0 == group
                    && (0x0010..=0x00FF).contains(&found.tag.1)
                    && self.text(found.tag).as_deref() == Some(creator)
            })
            .map(|block| Tag(group, block.tag.1 << 8 | u16::from(element)))
            .filter(|tag| self.get(*tag).is_some())
    }

    /// Code value, scheme and meaning of the first item of a code sequence.
    pub(crate) fn code(&self, tag: Tag) -> Option<CodedConcept> {
        let item = self.item(tag)?;
        Some(CodedConcept {
            value: item
                .text(tags::CODE_VALUE)
                .or_else(|| item.text(tags::LONG_CODE_VALUE))?,
            scheme: item
                .text(tags::CODING_SCHEME_DESIGNATOR)
                .unwrap_or_default(),
            meaning: item.text(tags::CODE_MEANING).unwrap_or_default(),
        })
    }
}

/// A coded concept of a code sequence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct CodedConcept {
    pub(crate) value: String,
    pub(crate) scheme: String,
    pub(crate) meaning: String,
}

fn is_padding(character: char) -> bool {
    character == '\0' || character.is_whitespace()
}

fn words(bytes: &[u8], big_endian: bool) -> impl Iterator<Item = u16> + '_ {
    bytes.chunks_exact(2).map(move |pair| {
        if big_endian {
            u16::from_be_bytes([pair[0], pair[1]])
        } else {
            u16::from_le_bytes([pair[0], pair[1]])
        }
    })
}

fn longs(bytes: &[u8], big_endian: bool) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(move |four| {
        let four = [four[0], four[1], four[2], four[3]];
        if big_endian {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_carry_their_dictionary_name() {
        assert_eq!(
            attribute_name(tags::IMAGE_POSITION_PATIENT),
            "(0020,0032) ImagePositionPatient"
        );
        assert_eq!(attribute_name(Tag(0x0009, 0x100D)), "(0009,100D)");
    }

    #[test]
    fn decimal_text_with_padding_is_numbers_and_nonsense_is_none() {
        let set = |bytes: &'static [u8]| DataSet {
            elements: vec![Element {
                tag: tags::PIXEL_SPACING,
                vr: VR::DS,
                value: Value::Bytes(bytes),
            }],
            big_endian: false,
        };
        assert_eq!(
            set(b"0.5\\ +1e1 ").numbers(tags::PIXEL_SPACING),
            Some(vec![0.5, 10.0])
        );
        assert_eq!(set(b"0.5\\wide").numbers(tags::PIXEL_SPACING), None);
        assert_eq!(set(b"nan").numbers(tags::PIXEL_SPACING), None);
        assert_eq!(set(b"1\\2\\3").array::<2>(tags::PIXEL_SPACING), None);
    }
}
