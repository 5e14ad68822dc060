//! Reading NRRD, attached and detached.
//!
//! Encodings raw, gzip, ascii and hex; number types of 8 to 64 bits in either
//! byte order; spaces LPS, RAS and LAS, axes in any direction; a list axis
//! (direction `none`) for the layers of a segmentation.
//! A file with a segment table becomes [`FileContent::Structures`], any other
//! a volume.
//! Data of a detached header are asked for by name.

mod header;
mod segments;
mod write;

pub use write::{write_nrrd, write_seg_nrrd};

use header::{Axis, DataPlace, Encoding, Header, wrong};

use crate::stored::{ByteOrder, Layout, Packing, inflate_exactly};
use crate::volume_file::{Companion, companion_bytes, grid_of_steps, volume_file};
use crate::{FileContent, ImageError, ReadOptions};

/// Reads a NRRD header and its data.
///
/// # Errors
/// [`ImageError::Format`] for a field that is missing or not understood, data
/// that are cut off or damaged, an encoding other than raw, gzip, ascii and
/// hex, a file without orientation (see [`ReadOptions`]) or not of three
/// dimensions of space.
pub fn read_nrrd(
    bytes: &[u8],
    options: &ReadOptions,
    companion: &mut Companion<'_>,
) -> Result<FileContent, ImageError> {
    let header = Header::parse(bytes, options.accept_missing_orientation)?;
    let mut size = Vec::new();
    let mut steps = Vec::new();
    let mut list: Option<ListAxis> = None;
    let mut stride = 1_usize;
    for (n, axis) in header.sizes.iter().zip(&header.axes) {
        match axis {
            Axis::Space(step) => {
                size.push(*n);
                steps.push(*step);
            }
            Axis::List if *n == 1 => {}
            Axis::List if list.is_none() => {
                list = Some(ListAxis { layers: *n, stride });
            }
            Axis::List => {
                return Err(wrong("space directions", "more than one axis of a list"));
            }
        }
        stride = stride
            .checked_mul(*n)
            .ok_or_else(|| wrong("sizes", "more numbers than can be counted"))?;
    }
    let (Ok(size), Ok(steps)) = (<[usize; 3]>::try_from(size), steps.try_into()) else {
        return Err(wrong(
            "space directions",
            "not three axes of space, which a volume has",
        ));
    };
    let grid = grid_of_steps("NRRD", "space directions", size, steps, header.origin)?;
    let wanted = header
        .layout
        .bytes_of(stride)
        .ok_or_else(|| wrong("sizes", "more bytes than can be counted"))?;
    let segments = segments::table(&header.pairs)?;
    let (layout, data) = numbers(&header, bytes, wanted, companion)?;
    let data = data.as_ref();
    if !segments.is_empty() {
        let list = list.unwrap_or(ListAxis {
            layers: 1,
            stride: 1,
        });
        return segments::structures(&grid, &segments, &list, layout, data)
            .map(FileContent::Structures);
    }
    if let Some(list) = list {
        return Err(wrong(
            "sizes",
            format!(
                "{} numbers for each voxel and no segment table; 1 is allowed",
                list.layers
            ),
        ));
    }
    volume_file(grid, layout.decode(data), header.notes).map(FileContent::Volume)
}

/// The axis of layers: how many, and the distance of neighbours in the data.
struct ListAxis {
    layers: usize,
    stride: usize,
}

/// The numbers as stored bytes, exactly `wanted` of them, and their layout.
fn numbers<'a>(
    header: &Header,
    bytes: &'a [u8],
    wanted: usize,
    companion: &mut Companion<'_>,
) -> Result<(Layout, std::borrow::Cow<'a, [u8]>), ImageError> {
    let names = match &header.data {
        DataPlace::Attached(at) => {
            let data = unpacked(header, &bytes[*at..], wanted)?;
            return Ok(data);
        }
        DataPlace::Files(names) => names,
    };
    let parts = names.len();
    if let [name] = names.as_slice() {
        let file = companion_bytes(companion, "NRRD", "data file", name)?;
        let (layout, data) = unpacked(header, &file, wanted)?;
        return Ok((layout, std::borrow::Cow::Owned(data.into_owned())));
    }
    let slowest = header.sizes.last().copied().unwrap_or(1);
    if slowest % parts != 0 {
        return Err(wrong(
            "data file",
            format!("{parts} files for a last axis of {slowest}"),
        ));
    }
    let mut all = Vec::new();
    let mut layout = header.layout;
    for name in names {
        let file = companion_bytes(companion, "NRRD", "data file", name)?;
        let (found, data) = unpacked(header, &file, wanted / parts)?;
        layout = found;
        all.extend_from_slice(&data);
    }
    Ok((layout, std::borrow::Cow::Owned(all)))
}

/// One stream of data after its skips and its encoding.
fn unpacked<'a>(
    header: &Header,
    bytes: &'a [u8],
    wanted: usize,
) -> Result<(Layout, std::borrow::Cow<'a, [u8]>), ImageError> {
    let mut rest = bytes;
    for _ in 0..header.line_skip {
        let end = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| wrong("line skip", "more lines than the data have"))?;
        rest = &rest[end + 1..];
    }
    let skipped = |rest: &'a [u8], skip: usize| {
        rest.get(skip..).ok_or_else(|| {
            wrong(
                "byte skip",
                format!("{skip} bytes where the data have {}", rest.len()),
            )
        })
    };
    let short = |found: usize| {
        wrong(
            "data",
            format!("{found} bytes where sizes and type need {wanted}"),
        )
    };
    match header.encoding {
        Encoding::Raw => {
            let skip = match header.byte_skip {
                Some(skip) => skip,
                None => rest
                    .len()
                    .checked_sub(wanted)
                    .ok_or_else(|| short(rest.len()))?,
            };
            let data = skipped(rest, skip)?;
            let data = data.get(..wanted).ok_or_else(|| short(data.len()))?;
            Ok((header.layout, std::borrow::Cow::Borrowed(data)))
        }
        Encoding::Gzip => {
            // Bytes are skipped after inflating; lines before it.
            let skip = header
                .byte_skip
                .ok_or_else(|| wrong("byte skip", "-1 is for raw data only"))?;
            let all = wanted
                .checked_add(skip)
                .ok_or_else(|| wrong("byte skip", format!("{skip} is too large")))?;
            let mut data =
                inflate_exactly(rest, Packing::Gzip, all, |reason| wrong("data", reason))?;
            data.drain(..skip);
            Ok((header.layout, std::borrow::Cow::Owned(data)))
        }
        Encoding::Hex => {
            let mut digits = rest
                .iter()
                .filter(|byte| !byte.is_ascii_whitespace())
                .map(|byte| char::from(*byte).to_digit(16));
            let possible = wanted.min(rest.len() / 2 + 1);
            let mut data = Vec::with_capacity(possible);
            while data.len() < wanted {
                match (digits.next(), digits.next()) {
                    (Some(Some(high)), Some(Some(low))) => data.push((16 * high + low) as u8),
                    (None, _) | (_, None) => return Err(short(data.len())),
                    _ => return Err(wrong("data", "not hexadecimal digits")),
                }
            }
            Ok((header.layout, std::borrow::Cow::Owned(data)))
        }
        Encoding::Ascii => {
            let text = std::str::from_utf8(rest).map_err(|_| wrong("data", "not ascii"))?;
            let count = wanted / header.layout.scalar.width();
            // As doubles: whole numbers up to 2^53 stay whole.
            let mut data = Vec::with_capacity((8 * count).min(8 * rest.len()));
            let mut found = 0;
            for word in text.split_ascii_whitespace().take(count) {
                let number: f64 = word
                    .parse()
                    .map_err(|_| wrong("data", "holds what is no number"))?;
                data.extend_from_slice(&number.to_le_bytes());
                found += 1;
            }
            if found < count {
                return Err(wrong(
                    "data",
                    format!("{found} numbers where sizes need {count}"),
                ));
            }
            let layout = Layout {
                scalar: crate::stored::ScalarType::F64,
                order: ByteOrder::Little,
            };
            Ok((layout, std::borrow::Cow::Owned(data)))
        }
    }
}
