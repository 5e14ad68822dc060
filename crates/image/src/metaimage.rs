//! Reading MetaImage, `.mha` and `.mhd`.
//!
//! The header is `Key = Value` lines and ends with `ElementDataFile`: `LOCAL`
//! for data in the same file, a name, a `LIST` of names or a pattern.
//! Row `i` of `TransformMatrix` is the direction of index axis `i`, `Offset`
//! the centre of the first voxel; both are LPS and mm, as ITK reads and writes
//! them. `CenterOfRotation` and `AnatomicalOrientation` change nothing.
//! Compressed data are zlib or gzip streams.
//! Source: MetaIO documentation, itk.org/Wiki/MetaIO/Documentation.

use crate::stored::{ByteOrder, Layout, Packing, ScalarType, inflate_exactly, is_gzip};
use crate::volume_file::{
    Companion, ReadOptions, VolumeFile, companion_bytes, grid_of_steps, volume_file,
};
use crate::{ImageError, PatientPoint, PatientVector};

const FORMAT: &str = "MetaImage";

/// Longest header.
const HEADER_BYTES: usize = 1 << 20;

/// Most files that a header may name.
const DATA_FILES: usize = 100_000;

fn wrong(field: &str, reason: impl Into<String>) -> ImageError {
    ImageError::Format {
        format: FORMAT,
        field: field.to_owned(),
        reason: reason.into(),
    }
}

/// Whether bytes begin with a field that opens MetaImage headers.
pub(crate) fn has_signature(bytes: &[u8]) -> bool {
    ["ObjectType", "NDims", "Comment"].iter().any(|field| {
        bytes
            .strip_prefix(field.as_bytes())
            .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
    })
}

/// Reads a MetaImage header and its data.
///
/// # Errors
/// [`ImageError::Format`] for a field that is missing or not understood, data
/// that are cut off or damaged, several numbers for a voxel, other than three
/// dimensions, or a file without orientation (see [`ReadOptions`]).
pub fn read_metaimage(
    bytes: &[u8],
    options: &ReadOptions,
    companion: &mut Companion<'_>,
) -> Result<VolumeFile, ImageError> {
    let header = Fields::split(bytes)?;
    let mut notes = Vec::new();
    let size = header.size()?;
    let layout = header.layout()?;
    let wanted = size
        .iter()
        .try_fold(1_usize, |count, n| count.checked_mul(*n))
        .and_then(|count| layout.bytes_of(count))
        .ok_or_else(|| {
            wrong(
                "DimSize",
                format!("{size:?} has more voxels than can be counted"),
            )
        })?;
    let (steps, origin) = header.placement(options, &mut notes)?;
    let grid = grid_of_steps(FORMAT, "TransformMatrix", size, steps, origin)?;
    let data = header.data(bytes, wanted, size[2], companion)?;
    let slope = header.number("ElementToIntensityFunctionSlope")?;
    let intercept = header.number("ElementToIntensityFunctionOffset")?;
    let values = match (slope, intercept) {
        (None, None) => layout.decode(&data),
        (slope, intercept) => {
            layout.decode_scaled(&data, slope.unwrap_or(1.0), intercept.unwrap_or(0.0))
        }
    };
    volume_file(grid, values, notes)
}

/// The header as text.
struct Fields {
    fields: Vec<(String, String)>,
    /// Names after `ElementDataFile = LIST`.
    list: Vec<String>,
    /// First byte after the header.
    end: usize,
}

impl Fields {
    fn split(bytes: &[u8]) -> Result<Self, ImageError> {
        if bytes.is_empty() {
            return Err(wrong("file", "the file is empty"));
        }
        let mut found = Self {
            fields: Vec::new(),
            list: Vec::new(),
            end: 0,
        };
        while found.end < bytes.len().min(HEADER_BYTES) {
            let rest = &bytes[found.end..bytes.len().min(found.end + HEADER_BYTES)];
            let (line, used) = match rest.iter().position(|byte| *byte == b'\n') {
                Some(length) => (&rest[..length], length + 1),
                None => (rest, rest.len()),
            };
            found.end += used;
            let line = String::from_utf8_lossy(line);
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                return Err(wrong(
                    "header",
                    format!("line {} is not `Key = Value`", found.fields.len() + 1),
                ));
            };
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            let last = key == "ElementDataFile";
            let list = last && value.starts_with("LIST");
            found.fields.push((key, value));
            if list {
                let text = String::from_utf8_lossy(&bytes[found.end..]);
                found.list = text
                    .lines()
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .take(DATA_FILES + 1)
                    .map(str::to_owned)
                    .collect();
            }
            if last {
                return Ok(found);
            }
        }
        Err(wrong("ElementDataFile", "the field is missing"))
    }

    fn text(&self, names: &[&str]) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| names.contains(&key.as_str()))
            .map(|(_, value)| value.as_str())
    }

    fn truth(&self, names: &[&str]) -> Result<Option<bool>, ImageError> {
        self.text(names)
            .map(|text| match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Ok(true),
                "false" | "0" | "no" => Ok(false),
                _ => Err(wrong(
                    names[0],
                    format!("`{text}` is neither True nor False"),
                )),
            })
            .transpose()
    }

    fn numbers<const N: usize>(&self, names: &[&str]) -> Result<Option<[f64; N]>, ImageError> {
        let Some(text) = self.text(names) else {
            return Ok(None);
        };
        let numbers: Vec<f64> = text
            .split_whitespace()
            .map(|number| number.parse().ok().filter(|x: &f64| x.is_finite()))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong(names[0], format!("`{text}` holds what is no finite number")))?;
        numbers
            .try_into()
            .map(Some)
            .map_err(|_| wrong(names[0], format!("`{text}` has not {N} numbers")))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, ImageError> {
        Ok(self.numbers::<1>(&[name])?.map(|[number]| number))
    }

    fn size(&self) -> Result<[usize; 3], ImageError> {
        if let Some(kind) = self.text(&["ObjectType"])
            && kind != "Image"
        {
            return Err(wrong("ObjectType", format!("`{kind}` is not Image")));
        }
        let dimensions = self
            .text(&["NDims"])
            .ok_or_else(|| wrong("NDims", "the field is missing"))?;
        if dimensions != "3" {
            return Err(wrong("NDims", format!("{dimensions} where 3 is needed")));
        }
        let text = self
            .text(&["DimSize"])
            .ok_or_else(|| wrong("DimSize", "the field is missing"))?;
        let size: Option<Vec<usize>> = text
            .split_whitespace()
            .map(|n| n.parse().ok().filter(|n| *n > 0))
            .collect();
        size.and_then(|size| size.try_into().ok()).ok_or_else(|| {
            wrong(
                "DimSize",
                format!("`{text}` are not three whole positive numbers"),
            )
        })
    }

    fn layout(&self) -> Result<Layout, ImageError> {
        let text = self
            .text(&["ElementType"])
            .ok_or_else(|| wrong("ElementType", "the field is missing"))?;
        let scalar = match text {
            "MET_CHAR" => ScalarType::I8,
            "MET_UCHAR" => ScalarType::U8,
            "MET_SHORT" => ScalarType::I16,
            "MET_USHORT" => ScalarType::U16,
            "MET_INT" => ScalarType::I32,
            "MET_UINT" => ScalarType::U32,
            "MET_LONG_LONG" => ScalarType::I64,
            "MET_ULONG_LONG" => ScalarType::U64,
            "MET_FLOAT" => ScalarType::F32,
            "MET_DOUBLE" => ScalarType::F64,
            "MET_LONG" | "MET_ULONG" => {
                return Err(wrong(
                    "ElementType",
                    format!(
                        "`{text}` has 4 or 8 bytes depending on the writer; MET_INT or MET_LONG_LONG are clear"
                    ),
                ));
            }
            other => {
                return Err(wrong(
                    "ElementType",
                    format!("`{other}` is no integer or float of 8 to 64 bits"),
                ));
            }
        };
        if let Some(channels) = self.number("ElementNumberOfChannels")?
            && (channels - 1.0).abs() > 0.0
        {
            return Err(wrong(
                "ElementNumberOfChannels",
                format!("{channels} where 1 is allowed"),
            ));
        }
        if self.truth(&["BinaryData"])? == Some(false) {
            return Err(wrong("BinaryData", "False: text data are not read"));
        }
        let msb = self.truth(&["BinaryDataByteOrderMSB", "ElementByteOrderMSB"])?;
        let order = match msb {
            Some(true) => ByteOrder::Big,
            Some(false) => ByteOrder::Little,
            None if scalar.width() == 1 => ByteOrder::Little,
            None => {
                return Err(wrong(
                    "BinaryDataByteOrderMSB",
                    format!("missing, and numbers have {} bytes", scalar.width()),
                ));
            }
        };
        Ok(Layout { scalar, order })
    }

    /// Step along each axis and centre of the first voxel, LPS, mm.
    fn placement(
        &self,
        options: &ReadOptions,
        notes: &mut Vec<String>,
    ) -> Result<([PatientVector; 3], PatientPoint), ImageError> {
        let spacing = match self.numbers::<3>(&["ElementSpacing"])? {
            Some(spacing) => spacing,
            None => match self.numbers::<3>(&["ElementSize"])? {
                Some(size) => {
                    notes.push("no ElementSpacing; ElementSize taken".to_owned());
                    size
                }
                None => return Err(wrong("ElementSpacing", "the field is missing")),
            },
        };
        let matrix = self.numbers::<9>(&["TransformMatrix", "Orientation", "Rotation"])?;
        let offset = self.numbers::<3>(&["Offset", "Position", "Origin"])?;
        if !options.accept_missing_orientation && (matrix.is_none() || offset.is_none()) {
            let field = if matrix.is_none() {
                "TransformMatrix"
            } else {
                "Offset"
            };
            return Err(wrong(
                field,
                "missing: the file does not say how it lies in the patient; write its orientation into the file first",
            ));
        }
        if matrix.is_none() {
            notes.push(
                "no TransformMatrix: axes taken to run to left, posterior, superior".to_owned(),
            );
        }
        if offset.is_none() {
            notes.push("no Offset: first voxel taken at (0, 0, 0) mm".to_owned());
        }
        let matrix = matrix.unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        let steps = [0, 1, 2].map(|axis: usize| {
            PatientVector([0, 1, 2].map(|row: usize| matrix[3 * axis + row] * spacing[axis]))
        });
        Ok((steps, PatientPoint(offset.unwrap_or_default())))
    }

    /// The stored numbers, exactly `wanted` bytes.
    fn data<'a>(
        &self,
        bytes: &'a [u8],
        wanted: usize,
        slices: usize,
        companion: &mut Companion<'_>,
    ) -> Result<std::borrow::Cow<'a, [u8]>, ImageError> {
        let field = "ElementDataFile";
        let place = self.text(&[field]).unwrap_or_default();
        if place == "LOCAL" {
            return self.unpacked(&bytes[self.end..], wanted);
        }
        let names = if place.starts_with("LIST") {
            if self.list.is_empty() || self.list.len() > DATA_FILES {
                return Err(wrong(
                    field,
                    format!(
                        "LIST of {} names, allowed are 1 to {DATA_FILES}",
                        self.list.len()
                    ),
                ));
            }
            self.list.clone()
        } else if place.contains('%') {
            return Err(wrong(
                field,
                format!("`{place}` is a pattern; LOCAL, a name and LIST are read"),
            ));
        } else {
            vec![place.to_owned()]
        };
        if names.len() > 1 && names.len() != slices {
            return Err(wrong(
                field,
                format!("{} names for {slices} slices", names.len()),
            ));
        }
        let mut all = Vec::new();
        for name in &names {
            let file = companion_bytes(companion, FORMAT, field, name)?;
            all.extend_from_slice(&self.unpacked(&file, wanted / names.len())?);
        }
        Ok(std::borrow::Cow::Owned(all))
    }

    fn unpacked<'a>(
        &self,
        bytes: &'a [u8],
        wanted: usize,
    ) -> Result<std::borrow::Cow<'a, [u8]>, ImageError> {
        let short = |found: usize| {
            wrong(
                "data",
                format!("{found} bytes where DimSize and ElementType need {wanted}"),
            )
        };
        let packed = self.truth(&["CompressedData"])? == Some(true);
        let skip =
            match self.number("HeaderSize")? {
                None => 0,
                Some(skip) if (skip + 1.0).abs() <= 0.0 && !packed => bytes
                    .len()
                    .checked_sub(wanted)
                    .ok_or_else(|| short(bytes.len()))?,
                Some(skip) if skip >= 0.0 && skip.fract().abs() <= 0.0 => skip as usize,
                Some(skip) => {
                    return Err(wrong(
                        "HeaderSize",
                        format!("{skip} is neither -1 (raw data) nor a whole number from 0 on"),
                    ));
                }
            };
        let rest = bytes.get(skip..).ok_or_else(|| short(0))?;
        if packed {
            let packing = if is_gzip(rest) {
                Packing::Gzip
            } else {
                Packing::Zlib
            };
            return inflate_exactly(rest, packing, wanted, |reason| wrong("data", reason))
                .map(std::borrow::Cow::Owned);
        }
        rest.get(..wanted)
            .map(std::borrow::Cow::Borrowed)
            .ok_or_else(|| short(rest.len()))
    }
}
