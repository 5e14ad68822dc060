//! Stored numbers: their type, their byte order and their compression.
//!
//! Sizes in a header are claims; nothing is allocated on a claim.
//! Raw data must be present before it is decoded, and what is inflated is
//! bounded by the size that the header announces and by what its compressed
//! bytes can hold at most (deflate packs no more than 1032 to 1).

use std::io::Read;

use rayon::prelude::*;

use crate::ImageError;

/// Most bytes that one byte of a deflate stream can stand for.
const DEFLATE_RATIO: usize = 1032;

/// Type of a stored number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScalarType {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl ScalarType {
    /// Bytes of one number.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }
}

/// Order of the bytes of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

/// How stored numbers are laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Layout {
    pub(crate) scalar: ScalarType,
    pub(crate) order: ByteOrder,
}

macro_rules! each_number {
    ($layout:expr, $convert:ident) => {
        match ($layout.scalar, $layout.order) {
            (ScalarType::I8, _) => $convert!(i8, from_le_bytes, 1),
            (ScalarType::U8, _) => $convert!(u8, from_le_bytes, 1),
            (ScalarType::I16, ByteOrder::Little) => $convert!(i16, from_le_bytes, 2),
            (ScalarType::I16, ByteOrder::Big) => $convert!(i16, from_be_bytes, 2),
            (ScalarType::U16, ByteOrder::Little) => $convert!(u16, from_le_bytes, 2),
            (ScalarType::U16, ByteOrder::Big) => $convert!(u16, from_be_bytes, 2),
            (ScalarType::I32, ByteOrder::Little) => $convert!(i32, from_le_bytes, 4),
            (ScalarType::I32, ByteOrder::Big) => $convert!(i32, from_be_bytes, 4),
            (ScalarType::U32, ByteOrder::Little) => $convert!(u32, from_le_bytes, 4),
            (ScalarType::U32, ByteOrder::Big) => $convert!(u32, from_be_bytes, 4),
            (ScalarType::I64, ByteOrder::Little) => $convert!(i64, from_le_bytes, 8),
            (ScalarType::I64, ByteOrder::Big) => $convert!(i64, from_be_bytes, 8),
            (ScalarType::U64, ByteOrder::Little) => $convert!(u64, from_le_bytes, 8),
            (ScalarType::U64, ByteOrder::Big) => $convert!(u64, from_be_bytes, 8),
            (ScalarType::F32, ByteOrder::Little) => $convert!(f32, from_le_bytes, 4),
            (ScalarType::F32, ByteOrder::Big) => $convert!(f32, from_be_bytes, 4),
            (ScalarType::F64, ByteOrder::Little) => $convert!(f64, from_le_bytes, 8),
            (ScalarType::F64, ByteOrder::Big) => $convert!(f64, from_be_bytes, 8),
        }
    };
}

impl Layout {
    /// Bytes that `count` numbers take; `None` where that cannot be counted.
    pub(crate) fn bytes_of(self, count: usize) -> Option<usize> {
        count.checked_mul(self.scalar.width())
    }

    /// All numbers, as stored.
    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        macro_rules! convert {
            ($number:ty, $read:ident, $width:literal) => {
                bytes
                    .as_chunks::<$width>()
                    .0
                    .par_iter()
                    .map(|bytes| <$number>::$read(*bytes) as f32)
                    .collect()
            };
        }
        each_number!(self, convert)
    }

    /// All numbers through `slope · x + intercept` in double precision.
    pub(crate) fn decode_scaled(self, bytes: &[u8], slope: f64, intercept: f64) -> Vec<f32> {
        macro_rules! convert {
            ($number:ty, $read:ident, $width:literal) => {
                bytes
                    .as_chunks::<$width>()
                    .0
                    .par_iter()
                    .map(|bytes| {
                        let stored = <$number>::$read(*bytes) as f64;
                        (slope * stored + intercept) as f32
                    })
                    .collect()
            };
        }
        each_number!(self, convert)
    }

    /// Every `stride`th number from `start` on as a label; `None` when one is
    /// not a whole number in 0..=65535.
    pub(crate) fn decode_labels(
        self,
        bytes: &[u8],
        start: usize,
        stride: usize,
    ) -> Option<Vec<u16>> {
        macro_rules! convert {
            ($number:ty, $read:ident, $width:literal) => {{
                let numbers = bytes.as_chunks::<$width>().0.get(start..)?;
                let label = |bytes: &[[u8; $width]]| {
                    let stored = <$number>::$read(bytes[0]) as f64;
                    (stored as u16, stored)
                };
                // Negative, large and broken numbers do not come back.
                // Looked at first: two passes over an indexed iterator
                // are faster than one that may stop.
                let whole = numbers.par_chunks(stride.max(1)).all(|bytes| {
                    let (label, stored) = label(bytes);
                    (f64::from(label) - stored).abs() <= 0.0
                });
                whole.then(|| {
                    numbers
                        .par_chunks(stride.max(1))
                        .map(|bytes| label(bytes).0)
                        .collect()
                })
            }};
        }
        each_number!(self, convert)
    }
}

/// A compressed stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zlib,
}

/// Whether bytes begin like a gzip stream.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The first `wanted` bytes of a compressed stream; fewer when it ends before.
///
/// Memory grows with what is really there: at most the stream's length times
/// the largest ratio of deflate.
pub(crate) fn inflate_up_to(
    bytes: &[u8],
    packing: Packing,
    wanted: usize,
    wrong: impl Fn(String) -> ImageError,
) -> Result<Vec<u8>, ImageError> {
    let possible = bytes.len().saturating_mul(DEFLATE_RATIO);
    let mut inflated = Vec::with_capacity(wanted.min(possible));
    let limit = u64::try_from(wanted).unwrap_or(u64::MAX);
    let read = match packing {
        Packing::Gzip => flate2::read::MultiGzDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut inflated),
        Packing::Zlib => flate2::read::ZlibDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut inflated),
    };
    read.map_err(|error| wrong(format!("compressed data are damaged: {error}")))?;
    Ok(inflated)
}

/// Exactly `wanted` bytes of a compressed stream.
pub(crate) fn inflate_exactly(
    bytes: &[u8],
    packing: Packing,
    wanted: usize,
    wrong: impl Fn(String) -> ImageError,
) -> Result<Vec<u8>, ImageError> {
    if bytes.len().saturating_mul(DEFLATE_RATIO) < wanted {
        return Err(wrong(format!(
            "{} compressed bytes cannot hold the {wanted} bytes that the header announces",
            bytes.len()
        )));
    }
    let inflated = inflate_up_to(bytes, packing, wanted, &wrong)?;
    if inflated.len() < wanted {
        return Err(wrong(format!(
            "compressed data hold {} bytes where the header announces {wanted}",
            inflated.len()
        )));
    }
    Ok(inflated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn wrong(reason: String) -> ImageError {
        ImageError::Format {
            format: "test",
            field: "data".to_owned(),
            reason,
        }
    }

    #[test]
    fn both_byte_orders_and_all_widths() {
        let layout = |scalar, order| Layout { scalar, order };
        let bits = |values: Vec<f32>| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let expect = |values: &[f32]| bits(values.to_vec());
        let little = layout(ScalarType::I16, ByteOrder::Little);
        assert_eq!(
            bits(little.decode(&[0xfe, 0xff, 1, 2])),
            expect(&[-2.0, 513.0])
        );
        let big = layout(ScalarType::I16, ByteOrder::Big);
        assert_eq!(
            bits(big.decode(&[0xff, 0xfe, 2, 1])),
            expect(&[-2.0, 513.0])
        );
        let double = layout(ScalarType::F64, ByteOrder::Big);
        assert_eq!(
            bits(double.decode(&(-0.125_f64).to_be_bytes())),
            expect(&[-0.125])
        );
        assert_eq!(bits(big.decode_scaled(&[0, 4], 0.5, -1.0)), expect(&[1.0]));
    }

    #[test]
    fn labels_are_whole_and_small() {
        let short = Layout {
            scalar: ScalarType::I16,
            order: ByteOrder::Little,
        };
        assert_eq!(
            short.decode_labels(&[1, 0, 2, 0, 3, 0, 4, 0], 1, 2),
            Some(vec![2, 4])
        );
        assert_eq!(short.decode_labels(&[0xff, 0xff], 0, 1), None);
        let float = Layout {
            scalar: ScalarType::F32,
            order: ByteOrder::Little,
        };
        assert_eq!(
            float.decode_labels(&7.0_f32.to_le_bytes(), 0, 1),
            Some(vec![7])
        );
        assert_eq!(float.decode_labels(&7.5_f32.to_le_bytes(), 0, 1), None);
        assert_eq!(float.decode_labels(&f32::NAN.to_le_bytes(), 0, 1), None);
    }

    #[test]
    fn a_bomb_is_cut_at_the_announced_size() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 10_000_000]).unwrap();
        let packed = encoder.finish().unwrap();
        let inflated = inflate_exactly(&packed, Packing::Gzip, 100, wrong).unwrap();
        assert_eq!(inflated.len(), 100);
        assert!(inflated.capacity() <= 1000);
        // And a header that announces terabytes allocates nothing.
        let error = inflate_exactly(&packed, Packing::Gzip, 1 << 42, wrong).unwrap_err();
        assert!(error.to_string().contains("cannot hold"), "{error}");
    }
}
