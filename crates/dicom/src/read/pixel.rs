//! Stored pixels to numbers.
//!
//! `number = slope × stored + intercept`, where the stored integer is the
//! `bits stored` below and including the `high bit` of each word of
//! `bits allocated`, in two's complement when signed (DICOM PS3.3 C.7.6.3).
//! Bits above are overlays or noise and are cut off.

use std::borrow::Cow;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::codec::decode_frame;
use super::element::{DataSet, Value};
use super::object::{Object, missing, refused};
use crate::DicomError;

/// Most pixels of one frame, 16384 x 16384.
const LARGEST_FRAME: usize = 1 << 28;

/// Most pixels for each compressed byte: an empty frame of 1024 x 1024 takes
/// 150 bytes in JPEG 2000. More is a claim that memory is not taken for.
pub(crate) const MOST_PIXELS_PER_BYTE: usize = 16_384;

/// Explicit VR big endian, retired and still in archives.
pub(crate) const EXPLICIT_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// Shape of the pixels of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelLayout {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) frames: usize,
    pub(crate) bits_allocated: u16,
    pub(crate) bits_stored: u16,
    pub(crate) high_bit: u16,
    pub(crate) signed: bool,
}

/// Slope and intercept of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rescale {
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
}

impl Rescale {
    pub(crate) const STORED: Self = Self {
        slope: 1.0,
        intercept: 0.0,
    };
}

impl PixelLayout {
    /// Reads and checks the image pixel attributes of `set`.
    pub(crate) fn read(file: &str, set: &DataSet<'_>) -> Result<Self, DicomError> {
        let count =
            |tag: Tag, allowed: &str| set.count(tag).ok_or_else(|| missing(file, tag, allowed));
        let samples = set.count(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        if samples != 1 {
            return Err(refused(
                file,
                tags::SAMPLES_PER_PIXEL,
                samples,
                "1 (grey values; colour holds no quantity)",
            ));
        }
        let size = |tag: Tag| -> Result<usize, DicomError> {
            match count(tag, "1..=65535")? {
                0 => Err(refused(file, tag, 0, "1..=65535")),
                pixels if pixels > 65535 => Err(refused(file, tag, pixels, "1..=65535")),
                pixels => Ok(pixels),
            }
        };
        let (rows, columns) = (size(tags::ROWS)?, size(tags::COLUMNS)?);
        if rows * columns > LARGEST_FRAME {
            return Err(refused(
                file,
                tags::ROWS,
                format!("{rows} with {columns} columns"),
                "up to 268435456 pixels in a frame",
            ));
        }
        let frames = match set.get(tags::NUMBER_OF_FRAMES) {
            None => 1,
            Some(_) => count(tags::NUMBER_OF_FRAMES, "1 or more")?,
        };
        if frames == 0 {
            return Err(refused(file, tags::NUMBER_OF_FRAMES, 0, "1 or more"));
        }
        let bits_allocated = count(tags::BITS_ALLOCATED, "1, 8, 16 or 32")?;
        let bits_stored = set.count(tags::BITS_STORED).unwrap_or(bits_allocated);
        let high_bit = set
            .count(tags::HIGH_BIT)
            .unwrap_or(bits_stored.saturating_sub(1));
        if !matches!(bits_allocated, 1 | 8 | 16 | 32) {
            return Err(refused(
                file,
                tags::BITS_ALLOCATED,
                bits_allocated,
                "1, 8, 16 or 32",
            ));
        }
        if bits_stored == 0 || bits_stored > bits_allocated {
            return Err(refused(
                file,
                tags::BITS_STORED,
                bits_stored,
                "1 up to bits allocated",
            ));
        }
        if high_bit >= bits_allocated || high_bit + 1 < bits_stored {
            return Err(refused(
                file,
                tags::HIGH_BIT,
                high_bit,
                "bits stored - 1 up to bits allocated - 1",
            ));
        }
        let signed = match set.count(tags::PIXEL_REPRESENTATION) {
            None | Some(0) => false,
            Some(1) => true,
            Some(other) => return Err(refused(file, tags::PIXEL_REPRESENTATION, other, "0 or 1")),
        };
        Ok(Self {
            rows,
            columns,
            frames,
            // All are at most 32.
            bits_allocated: bits_allocated as u16,
            bits_stored: bits_stored as u16,
            high_bit: high_bit as u16,
            signed,
        })
    }

    pub(crate) fn pixels_per_frame(&self) -> usize {
        self.rows * self.columns
    }

    /// Bytes of `frames` uncompressed frames.
    pub(crate) fn native_bytes(&self, frames: usize) -> Option<usize> {
        let bits = self
            .pixels_per_frame()
            .checked_mul(usize::from(self.bits_allocated))?
            .checked_mul(frames)?;
        Some(bits.div_ceil(8))
    }
}

/// Whether pixels of a transfer syntax stand uncompressed in the file.
pub(crate) fn is_native(transfer_syntax: &str) -> bool {
    matches!(
        transfer_syntax,
        uids::IMPLICIT_VR_LITTLE_ENDIAN
            | uids::EXPLICIT_VR_LITTLE_ENDIAN
            | EXPLICIT_BIG_ENDIAN
            | uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    )
}

/// Numbers of one frame's uncompressed bytes into `out`.
///
/// `bytes` must hold the frame; single bits are not read here.
pub(crate) fn numbers_into(
    layout: &PixelLayout,
    big_endian: bool,
    bytes: &[u8],
    rescale: Rescale,
    out: &mut [f32],
) {
    let Rescale { slope, intercept } = rescale;
    let number = |stored: f64| (stored * slope + intercept) as f32;
    let up = u32::from(layout.bits_allocated - 1 - layout.high_bit);
    let down = u32::from(layout.bits_allocated - layout.bits_stored);
    match (layout.bits_allocated, layout.signed) {
        (8, false) => fill(out, bytes, |[byte]: [u8; 1]| {
            number(f64::from((byte << up) >> down))
        }),
        (8, true) => fill(out, bytes, |[byte]: [u8; 1]| {
            number(f64::from((byte << up).cast_signed() >> down))
        }),
        // The common CT: a loop without shifts runs at the memory's speed, and
        // whole Hounsfield units below 2^24 are exact in single precision.
        (16, true) if !big_endian && up + down == 0 => {
            let whole = slope.fract() == 0.0 && intercept.fract() == 0.0;
            if whole && slope.abs() * 32768.0 + intercept.abs() < 16_777_216.0 {
                let (slope, intercept) = (slope as f32, intercept as f32);
                fill(out, bytes, |pair| {
                    f32::from(i16::from_le_bytes(pair)) * slope + intercept
                });
            } else {
                fill(out, bytes, |pair| {
                    number(f64::from(i16::from_le_bytes(pair)))
                });
            }
        }
        (16, signed) => {
            let word = |pair: [u8; 2]| {
                let word = if big_endian {
                    u16::from_be_bytes(pair)
                } else {
                    u16::from_le_bytes(pair)
                };
                word << up
            };
            if signed {
                fill(out, bytes, |pair| {
                    number(f64::from(word(pair).cast_signed() >> down))
                });
            } else {
                fill(out, bytes, |pair| number(f64::from(word(pair) >> down)));
            }
        }
        (_, signed) => {
            let long = |four: [u8; 4]| {
                let long = if big_endian {
                    u32::from_be_bytes(four)
                } else {
                    u32::from_le_bytes(four)
                };
                long << up
            };
            if signed {
                fill(out, bytes, |four| {
                    number(f64::from(long(four).cast_signed() >> down))
                });
            } else {
                fill(out, bytes, |four| number(f64::from(long(four) >> down)));
            }
        }
    }
}

fn fill<const N: usize>(out: &mut [f32], bytes: &[u8], number: impl Fn([u8; N]) -> f32) {
    let (words, _) = bytes.as_chunks::<N>();
    for (place, word) in out.iter_mut().zip(words) {
        *place = number(*word);
    }
}

/// Room for `count` voxels, or an error where memory has none.
pub(crate) fn empty_voxels(file: &str, count: usize) -> Result<Vec<f32>, DicomError> {
    // Asked for once in vain rather than ended by the allocator; the zeroed
    // vector itself comes untouched from the system.
    Vec::<f32>::new()
        .try_reserve_exact(count)
        .map_err(|_| DicomError::Pixels {
            file: file.to_owned(),
            reason: format!("{count} voxels do not fit into memory"),
        })?;
    Ok(vec![0.0; count])
}

/// The frames of an object that is wholly in memory.
pub(crate) struct PixelFrames<'a> {
    pub(crate) layout: PixelLayout,
    file: &'a str,
    transfer_syntax: &'a str,
    big_endian: bool,
    store: FrameStore<'a>,
}

enum FrameStore<'a> {
    Native(&'a [u8]),
    /// Compressed stream of each frame.
    Streams(Vec<Cow<'a, [u8]>>),
}

impl<'a> PixelFrames<'a> {
    /// Frames of `object`, whose claimed size must be there in bytes.
    pub(crate) fn open(object: &'a Object<'a>) -> Result<Self, DicomError> {
        let layout = PixelLayout::read(object.file, &object.set)?;
        let element = object
            .set
            .get(tags::PIXEL_DATA)
            .ok_or_else(|| object.missing(tags::PIXEL_DATA, "pixels as integers"))?;
        let damaged = |reason: String| DicomError::Pixels {
            file: object.file.to_owned(),
            reason,
        };
        let store = match &element.value {
            Value::Bytes(bytes) if is_native(object.transfer_syntax) => {
                let wanted = layout.native_bytes(layout.frames).unwrap_or(usize::MAX);
                if bytes.len() < wanted {
                    return Err(DicomError::Truncated {
                        file: object.file.to_owned(),
                        tag: super::attribute::attribute_name(tags::PIXEL_DATA),
                        wanted,
                        left: bytes.len(),
                    });
                }
                FrameStore::Native(bytes)
            }
            Value::Fragments(fragments) if !is_native(object.transfer_syntax) => {
                let extended = object
                    .set
                    .bytes(tags::EXTENDED_OFFSET_TABLE)
                    .unwrap_or_default();
                let streams = frame_streams(fragments, extended, layout.frames).map_err(damaged)?;
                let pixels = layout.pixels_per_frame();
                if let Some(short) = streams
                    .iter()
                    .find(|stream| stream.len().saturating_mul(MOST_PIXELS_PER_BYTE) < pixels)
                {
                    return Err(damaged(format!(
                        "a frame of {} bytes claims {pixels} pixels",
                        short.len()
                    )));
                }
                FrameStore::Streams(streams)
            }
            _ => {
                return Err(damaged(format!(
                    "transfer syntax {} does not go with pixels {} fragments",
                    object.transfer_syntax,
                    if is_native(object.transfer_syntax) {
                        "in"
                    } else {
                        "without"
                    }
                )));
            }
        };
        Ok(Self {
            layout,
            file: object.file,
            transfer_syntax: object.transfer_syntax,
            big_endian: object.set.big_endian,
            store,
        })
    }

    /// Name of the file, for messages.
    pub(crate) fn file(&self) -> &str {
        self.file
    }

    /// Uncompressed bytes of a frame of whole bytes, and whether they are big endian.
    fn frame_bytes(&self, frame: usize) -> Result<(Cow<'_, [u8]>, bool), DicomError> {
        let size = self.layout.native_bytes(1).unwrap_or(usize::MAX);
        match &self.store {
            FrameStore::Native(bytes) => {
                // `open` has made sure that all frames are there.
                let start = frame.saturating_mul(size);
                let bytes = bytes
                    .get(start..start.saturating_add(size))
                    .ok_or_else(|| {
                        self.damaged(format!("frame {} is outside the pixels", frame + 1))
                    })?;
                Ok((Cow::Borrowed(bytes), self.big_endian))
            }
            FrameStore::Streams(streams) => {
                let stream = streams.get(frame).ok_or_else(|| {
                    self.damaged(format!("frame {} has no code stream", frame + 1))
                })?;
                let bytes = decode_frame(self.transfer_syntax, &self.layout, stream)
                    .map_err(|reason| self.damaged(format!("frame {}: {reason}", frame + 1)))?;
                Ok((Cow::Owned(bytes), false))
            }
        }
    }

    /// Numbers of a frame into `out`, which has a place for each pixel.
    pub(crate) fn numbers_into(
        &self,
        frame: usize,
        rescale: Rescale,
        out: &mut [f32],
    ) -> Result<(), DicomError> {
        if self.layout.bits_allocated == 1 {
            for (place, bit) in out.iter_mut().zip(self.bits(frame)?) {
                *place = (f64::from(u8::from(bit)) * rescale.slope + rescale.intercept) as f32;
            }
            return Ok(());
        }
        let (bytes, big_endian) = self.frame_bytes(frame)?;
        numbers_into(&self.layout, big_endian, &bytes, rescale, out);
        Ok(())
    }

    /// Bits of a frame: packed lowest first and, from the second frame on, not
    /// at the start of a byte (DICOM PS3.5 8.1.1).
    pub(crate) fn bits(&self, frame: usize) -> Result<impl Iterator<Item = bool> + '_, DicomError> {
        let FrameStore::Native(bytes) = &self.store else {
            return Err(self.damaged("compressed single bits, allowed uncompressed".to_owned()));
        };
        let pixels = self.layout.pixels_per_frame();
        // `open` has made sure that all bits are there.
        let start = frame.saturating_mul(pixels);
        if start.saturating_add(pixels) > bytes.len().saturating_mul(8) {
            return Err(self.damaged(format!("frame {} is outside the pixels", frame + 1)));
        }
        Ok((start..start + pixels).map(|bit| bytes[bit / 8] >> (bit % 8) & 1 == 1))
    }

    fn damaged(&self, reason: String) -> DicomError {
        DicomError::Pixels {
            file: self.file.to_owned(),
            reason,
        }
    }
}

/// The stream of each frame from the fragments, by the offset tables where one
/// frame may have several.
fn frame_streams<'a>(
    fragments: &[&'a [u8]],
    extended_table: &[u8],
    frames: usize,
) -> Result<Vec<Cow<'a, [u8]>>, String> {
    let Some((table, fragments)) = fragments.split_first() else {
        return Err("compressed pixels without fragments".to_owned());
    };
    if fragments.len() == frames {
        return Ok(fragments.iter().map(|one| Cow::Borrowed(*one)).collect());
    }
    if fragments.len() < frames {
        return Err(format!(
            "{} fragments where the object has {frames} frames",
            fragments.len()
        ));
    }
    if frames == 1 {
        return Ok(vec![Cow::Owned(fragments.concat())]);
    }
    let starts: Vec<u64> = if extended_table.len() == 8 * frames {
        extended_table
            .chunks_exact(8)
            .map(|eight| u64::from_le_bytes(std::array::from_fn(|i| eight[i])))
            .collect()
    } else if table.len() == 4 * frames {
        table
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes(std::array::from_fn(|i| four[i])).into())
            .collect()
    } else {
        starts_by_marker(fragments)
    };
    if starts.len() != frames {
        return Err(format!(
            "{} fragments for {frames} frames without an offset table",
            fragments.len()
        ));
    }
    let mut streams: Vec<Vec<u8>> = Vec::new();
    let mut offset = 0_u64;
    for fragment in fragments {
        if starts.get(streams.len()) == Some(&offset) {
            streams.push(Vec::new());
        }
        streams
            .last_mut()
            .ok_or("no frame starts at the first fragment")?
            .extend_from_slice(fragment);
        offset += fragment.len() as u64 + 8;
    }
    if streams.len() != frames {
        return Err(format!(
            "the offset table finds {} of {frames} frames",
            streams.len()
        ));
    }
    Ok(streams.into_iter().map(Cow::Owned).collect())
}

/// Where frames start, counted as in an offset table: at the fragments that begin
/// with the start marker of JPEG, which cannot stand in compressed data, or with
/// that of JPEG 2000 and the marker behind it, four bytes that hardly can.
fn starts_by_marker(fragments: &[&[u8]]) -> Vec<u64> {
    const JPEG_START: &[u8] = &[0xFF, 0xD8, 0xFF];
    const JPEG_2000_START: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51];
    let mut starts = Vec::new();
    let mut offset = 0;
    for fragment in fragments {
        if fragment.starts_with(JPEG_START) || fragment.starts_with(JPEG_2000_START) {
            starts.push(offset);
        }
        offset += fragment.len() as u64 + 8;
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(bits_allocated: u16, bits_stored: u16, high_bit: u16, signed: bool) -> PixelLayout {
        PixelLayout {
            rows: 1,
            columns: 2,
            frames: 1,
            bits_allocated,
            bits_stored,
            high_bit,
            signed,
        }
    }

    fn read(layout: PixelLayout, big_endian: bool, bytes: &[u8]) -> Vec<f32> {
        let mut out = vec![0.0; 2];
        numbers_into(&layout, big_endian, bytes, Rescale::STORED, &mut out);
        out
    }

    #[test]
    fn twelve_signed_bits_in_sixteen_are_extended_and_overlay_bits_cut() {
        // 0xFFF is -1 in 12 bits; 0xA001 has overlay bits above 0x001.
        let bytes = [0xFF, 0x0F, 0x01, 0xA0];
        assert_eq!(read(layout(16, 12, 11, true), false, &bytes), [-1.0, 1.0]);
        assert_eq!(
            read(layout(16, 12, 11, false), false, &bytes),
            [4095.0, 1.0]
        );
        // High bit 15: the same numbers one nibble up.
        let bytes = [0xF0, 0xFF, 0x10, 0x00];
        assert_eq!(read(layout(16, 12, 15, true), false, &bytes), [-1.0, 1.0]);
    }

    #[test]
    fn every_width_and_byte_order() {
        assert_eq!(read(layout(8, 8, 7, true), false, &[0xFE, 3]), [-2.0, 3.0]);
        assert_eq!(
            read(layout(16, 16, 15, true), true, &[0xFF, 0xFE, 0, 7]),
            [-2.0, 7.0]
        );
        assert_eq!(
            read(
                layout(32, 32, 31, false),
                false,
                &[0, 0, 0, 0x80, 1, 0, 0, 0]
            ),
            [2_147_483_648.0, 1.0]
        );
    }

    #[test]
    fn fragments_are_joined_by_the_offset_table() {
        let table: Vec<u8> = [0_u32, 20].iter().flat_map(|o| o.to_le_bytes()).collect();
        let fragments: Vec<&[u8]> = vec![&table, &[1, 2], &[3, 4], &[5, 6]];
        // Fragments of 2 + 8 bytes: the second frame starts at 20.
        let streams = frame_streams(&fragments, &[], 2).unwrap();
        assert_eq!(streams[0].as_ref(), [1, 2, 3, 4]);
        assert_eq!(streams[1].as_ref(), [5, 6]);
        assert!(frame_streams(&fragments[..2], &[], 2).is_err());
    }

    #[test]
    fn without_an_offset_table_the_start_marker_begins_a_frame() {
        let start: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51, 9];
        let fragments: Vec<&[u8]> = vec![&[], start, &[3, 4], start, &[5], &[6]];
        let streams = frame_streams(&fragments, &[], 2).unwrap();
        assert_eq!(streams[0].as_ref(), [0xFF, 0x4F, 0xFF, 0x51, 9, 3, 4]);
        assert_eq!(streams[1].as_ref(), [0xFF, 0x4F, 0xFF, 0x51, 9, 5, 6]);
        // Two starts make no three frames, and what stands before is of none.
        assert!(frame_streams(&fragments, &[], 3).is_err());
        let before: Vec<&[u8]> = vec![&[], &[3, 4], start, start];
        assert!(frame_streams(&before, &[], 2).is_err());
    }
}
