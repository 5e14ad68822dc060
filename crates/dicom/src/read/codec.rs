//! Compressed frames to stored numbers.
//!
//! RLE is decoded here (DICOM PS3.5 annex G); JPEG, JPEG-LS and JPEG 2000 go
//! to the codecs of the transfer syntax registry.
//! Before a codec is called, the size in the code stream's own header must be
//! the size in the object, so that a stream can neither write past a frame nor
//! ask for more memory than the frame has.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom_core::value::C;
use dicom_dictionary_std::uids;
use dicom_encoding::Codec;
use dicom_encoding::adapters::{PixelDataObject, RawPixelData};
use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::pixel::PixelLayout;

/// Most pixels of a compressed frame, 8192 x 8192: no tomograph makes more.
const LARGEST_FRAME: usize = 1 << 26;

/// Bytes of a frame, little endian, `pixels × bits allocated / 8`.
pub(crate) fn decode_frame(
    transfer_syntax: &str,
    layout: &PixelLayout,
    stream: &[u8],
) -> Result<Vec<u8>, String> {
    if layout.pixels_per_frame() > LARGEST_FRAME {
        return Err(format!(
            "compressed frame of {} pixels, allowed up to {LARGEST_FRAME}",
            layout.pixels_per_frame()
        ));
    }
    if transfer_syntax == uids::RLE_LOSSLESS {
        return decode_rle(layout, stream);
    }
    if !matches!(layout.bits_allocated, 8 | 16) {
        return Err(format!(
            "compressed pixels of {} bits, allowed 8 or 16",
            layout.bits_allocated
        ));
    }
    let reader = TransferSyntaxRegistry
        .get(transfer_syntax)
        .and_then(|syntax| match syntax.codec() {
            Codec::EncapsulatedPixelData(Some(reader), _) => Some(reader),
            _ => None,
        })
        .ok_or_else(|| {
            format!(
                "transfer syntax {transfer_syntax} has no decoder; allowed are uncompressed, \
                 deflated, RLE, JPEG, JPEG-LS and JPEG 2000"
            )
        })?;
    let stream_bits = check_stream_size(layout, stream)?;
    if transfer_syntax == uids::JPEG_EXTENDED12_BIT && stream_bits > 8 {
        return Err(format!(
            "JPEG with loss of {stream_bits} bits is not decoded, allowed 8; JPEG without loss \
             may have 16"
        ));
    }
    let frame = SingleFrame {
        transfer_syntax,
        layout,
        stream,
    };
    let mut decoded = Vec::new();
    // The codecs index by what the stream says; a damaged stream may panic
    // inside them, which is an unreadable frame and no bug of the caller.
    catch_unwind(AssertUnwindSafe(|| {
        reader.decode_frame(&frame, 0, &mut decoded)
    }))
    .map_err(|_| "the decoder gave up on a damaged code stream".to_owned())?
    .map_err(|error| format!("the decoder says: {error}"))?;
    let wanted = layout.pixels_per_frame() * usize::from(layout.bits_allocated / 8);
    // Streams of up to 8 bits in an object of 16 come out as bytes.
    if layout.bits_allocated == 16 && stream_bits <= 8 && decoded.len() == layout.pixels_per_frame()
    {
        decoded = decoded.into_iter().flat_map(|byte| [byte, 0]).collect();
    }
    if decoded.len() != wanted {
        return Err(format!(
            "decoded to {} bytes where the frame has {wanted}",
            decoded.len()
        ));
    }
    Ok(decoded)
}

/// Compares the stream's own size with the object's; returns bits per sample.
fn check_stream_size(layout: &PixelLayout, stream: &[u8]) -> Result<u8, String> {
    let (bits, rows, columns, components) = jpeg_size(stream)
        .or_else(|| jpeg2000_size(stream))
        .ok_or("the code stream has no frame header")?;
    let wanted = (layout.rows as u64, layout.columns as u64, 1);
    if (rows, columns, components) != wanted {
        return Err(format!(
            "the code stream has {rows} rows, {columns} columns and {components} components \
             where the object has {wanted:?}"
        ));
    }
    if u16::from(bits) > layout.bits_allocated {
        return Err(format!(
            "the code stream has {bits} bits where {} are allocated",
            layout.bits_allocated
        ));
    }
    Ok(bits)
}

/// Precision, rows, columns and components of a JPEG or JPEG-LS stream.
fn jpeg_size(stream: &[u8]) -> Option<(u8, u64, u64, u64)> {
    if !stream.starts_with(&[0xFF, 0xD8]) {
        return None;
    }
    let mut at = 2;
    loop {
        let [prefix, marker, high, low] = *stream.get(at..at + 4)? else {
            return None;
        };
        if prefix != 0xFF {
            return None;
        }
        if marker == 0xFF {
            at += 1;
            continue;
        }
        let start_of_frame =
            matches!(marker, 0xC0..=0xCF | 0xF7) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
        if start_of_frame {
            let [bits, r1, r0, c1, c0, components] = *stream.get(at + 4..at + 10)? else {
                return None;
            };
            return Some((
                bits,
                u16::from_be_bytes([r1, r0]).into(),
                u16::from_be_bytes([c1, c0]).into(),
                components.into(),
            ));
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

/// Precision, rows, columns and components of a JPEG 2000 code stream, bare or
/// in a JP2 box.
fn jpeg2000_size(stream: &[u8]) -> Option<(u8, u64, u64, u64)> {
    let head = stream.get(..stream.len().min(4096))?;
    let at = head
        .windows(4)
        .position(|four| four == [0xFF, 0x4F, 0xFF, 0x51])?;
    let siz = stream.get(at + 8..)?;
    let long = |k: usize| -> Option<u64> {
        let four = siz.get(4 * k..4 * k + 4)?;
        Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]).into())
    };
    let components = u16::from_be_bytes([*siz.get(32)?, *siz.get(33)?]);
    let bits = (siz.get(34)? & 0x7F) + 1;
    let subsampled = siz.get(35..37)? != [1, 1];
    let (width, height) = (
        long(0)?.checked_sub(long(2)?)?,
        long(1)?.checked_sub(long(3)?)?,
    );
    // Tiles far smaller than the image would multiply the decoder's tables.
    let tiles = width.div_ceil(long(4)?.max(1)) * height.div_ceil(long(5)?.max(1));
    (!subsampled && tiles <= 4096).then_some((bits, height, width, components.into()))
}

/// RLE: a header of 16 longs, then one byte plane per segment, highest first.
fn decode_rle(layout: &PixelLayout, stream: &[u8]) -> Result<Vec<u8>, String> {
    let planes = usize::from(layout.bits_allocated / 8);
    if planes == 0 {
        return Err("RLE of single bits, allowed 8, 16 or 32".to_owned());
    }
    let header: Vec<usize> = stream
        .get(..64)
        .ok_or("RLE frame is shorter than its header of 64 bytes")?
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize)
        .collect();
    if header[0] != planes {
        return Err(format!(
            "RLE frame has {} segments, allowed {planes}",
            header[0]
        ));
    }
    let pixels = layout.pixels_per_frame();
    // A run is at most 128 bytes from 2: a frame that could not fill is refused
    // before it is allocated.
    if stream.len().saturating_mul(64) < pixels {
        return Err(format!(
            "RLE frame of {} bytes cannot hold {pixels} pixels",
            stream.len()
        ));
    }
    let mut decoded = vec![0; pixels * planes];
    for plane in 0..planes {
        let end = if plane + 1 < planes {
            header[plane + 2]
        } else {
            stream.len()
        };
        let segment = stream
            .get(header[plane + 1]..end)
            .ok_or_else(|| format!("RLE segment {plane} is outside its frame"))?;
        let filled = unpack_bits(segment, &mut decoded, planes - 1 - plane, planes);
        if filled != pixels {
            return Err(format!(
                "RLE segment {plane} has {filled} bytes where the frame has {pixels} pixels"
            ));
        }
    }
    Ok(decoded)
}

/// Every `step`-th byte from `first` on, from a PackBits segment; returns how many.
fn unpack_bits(segment: &[u8], out: &mut [u8], first: usize, step: usize) -> usize {
    let mut places = out.iter_mut().skip(first).step_by(step);
    let (mut at, mut filled) = (0, 0);
    while let Some(control) = segment.get(at) {
        let control = usize::from(*control);
        at += 1;
        let run = match control {
            0..=127 => control + 1,
            128 => continue,
            _ => 257 - control,
        };
        for step in 0..run {
            let from = if control < 128 { at + step } else { at };
            let (Some(byte), Some(place)) = (segment.get(from), places.next()) else {
                return filled;
            };
            *place = *byte;
            filled += 1;
        }
        at += if control < 128 { run } else { 1 };
    }
    filled
}

/// One frame in the shape that the codecs ask for.
struct SingleFrame<'a> {
    transfer_syntax: &'a str,
    layout: &'a PixelLayout,
    stream: &'a [u8],
}

impl PixelDataObject for SingleFrame<'_> {
    fn transfer_syntax_uid(&self) -> &str {
        self.transfer_syntax
    }
    fn rows(&self) -> Option<u16> {
        u16::try_from(self.layout.rows).ok()
    }
    fn cols(&self) -> Option<u16> {
        u16::try_from(self.layout.columns).ok()
    }
    fn samples_per_pixel(&self) -> Option<u16> {
        Some(1)
    }
    fn bits_allocated(&self) -> Option<u16> {
        Some(self.layout.bits_allocated)
    }
    fn bits_stored(&self) -> Option<u16> {
        Some(self.layout.bits_stored)
    }
    fn photometric_interpretation(&self) -> Option<&str> {
        Some("MONOCHROME2")
    }
    fn number_of_frames(&self) -> Option<u32> {
        Some(1)
    }
    fn number_of_fragments(&self) -> Option<u32> {
        Some(1)
    }
    fn fragment(&self, fragment: usize) -> Option<Cow<'_, [u8]>> {
        (fragment == 0).then_some(Cow::Borrowed(self.stream))
    }
    fn offset_table(&self) -> Option<Cow<'_, [u32]>> {
        None
    }
    fn raw_pixel_data(&self) -> Option<RawPixelData> {
        Some(RawPixelData {
            fragments: C::from_elem(self.stream.to_vec(), 1),
            offset_table: C::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> PixelLayout {
        PixelLayout {
            rows: 1,
            columns: 4,
            frames: 1,
            bits_allocated: 16,
            bits_stored: 16,
            high_bit: 15,
            signed: false,
        }
    }

    #[test]
    fn rle_planes_run_from_the_highest_byte() {
        // Annex G: two segments; 4 high bytes as a run, 4 low bytes literal.
        let mut stream = vec![0_u8; 64];
        stream[0] = 2;
        stream[4] = 64;
        stream[8] = 66;
        stream.extend([253, 0x01]); // -3: four times 0x01
        stream.extend([3, 0x0A, 0x0B, 0x0C, 0x0D]);
        let decoded = decode_rle(&layout(), &stream).unwrap();
        assert_eq!(decoded, [0x0A, 0x01, 0x0B, 0x01, 0x0C, 0x01, 0x0D, 0x01]);
        // A segment count that the object does not have.
        stream[0] = 3;
        assert!(decode_rle(&layout(), &stream).is_err());
    }

    #[test]
    fn a_stream_of_another_size_is_refused_before_decoding() {
        // SOI, SOF3 of 16 bits, 2 rows, 60000 columns.
        let stream = [
            0xFF, 0xD8, 0xFF, 0xC3, 0, 11, 16, 0, 2, 0xEA, 0x60, 1, 1, 0x11, 0,
        ];
        let error = decode_frame(uids::JPEG_LOSSLESS_SV1, &layout(), &stream).unwrap_err();
        assert!(error.contains("60000 columns"), "{error}");
    }
}
