//! The header of a NRRD file: fields, key/value pairs, where the data are.
//!
//! Source: "Definition of NRRD file format", teem.sourceforge.net/nrrd/format.html.

use crate::stored::{ByteOrder, Layout, ScalarType};
use crate::{ImageError, PatientPoint, PatientVector};

/// Longest header; segment tables of hundreds of segments stay far below.
const HEADER_BYTES: usize = 1 << 22;

/// Most files that a detached header may name.
const DATA_FILES: i64 = 100_000;

pub(super) fn wrong(field: &str, reason: impl Into<String>) -> ImageError {
    ImageError::Format {
        format: "NRRD",
        field: field.to_owned(),
        reason: reason.into(),
    }
}

/// How the numbers are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Raw,
    Gzip,
    Ascii,
    Hex,
}

/// Where the numbers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DataPlace {
    /// After the header, from this byte on.
    Attached(usize),
    /// In files by name, each an equal part along the slowest axis.
    Files(Vec<String>),
}

/// Step of one array axis in the patient, LPS, mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Axis {
    Space(PatientVector),
    /// A list: layers, components.
    List,
}

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) layout: Layout,
    pub(super) encoding: Encoding,
    pub(super) sizes: Vec<usize>,
    pub(super) axes: Vec<Axis>,
    pub(super) origin: PatientPoint,
    pub(super) line_skip: usize,
    /// Bytes to skip; `None` stands for −1, counted from the end.
    pub(super) byte_skip: Option<usize>,
    pub(super) data: DataPlace,
    pub(super) pairs: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
}

/// Fields and pairs as text.
struct Lines {
    fields: Vec<(String, String)>,
    pairs: Vec<(String, String)>,
    list: Vec<String>,
    end: usize,
}

impl Lines {
    fn split(bytes: &[u8]) -> Result<Self, ImageError> {
        let magic = bytes.starts_with(b"NRRD000")
            && bytes
                .get(7)
                .is_some_and(|version| (b'1'..=b'5').contains(version));
        if !magic {
            return Err(wrong(
                "magic",
                if bytes.is_empty() {
                    "the file is empty".to_owned()
                } else {
                    "the file does not begin with NRRD0001 to NRRD0005".to_owned()
                },
            ));
        }
        let mut lines = Self {
            fields: Vec::new(),
            pairs: Vec::new(),
            list: Vec::new(),
            end: 0,
        };
        let mut in_list = false;
        let mut first = true;
        while lines.end < bytes.len() {
            if lines.end > HEADER_BYTES {
                return Err(wrong("header", format!("longer than {HEADER_BYTES} bytes")));
            }
            let rest = &bytes[lines.end..];
            let length = rest
                .iter()
                .take(HEADER_BYTES + 1)
                .position(|byte| *byte == b'\n');
            let (line, used) = match length {
                Some(length) => (&rest[..length], length + 1),
                None => (&rest[..rest.len().min(HEADER_BYTES + 1)], rest.len()),
            };
            lines.end += used;
            let line = String::from_utf8_lossy(line);
            let line = line.trim_end_matches('\r');
            if std::mem::take(&mut first) || line.starts_with('#') {
                continue;
            }
            if in_list {
                if !line.trim().is_empty() {
                    lines.list.push(line.trim().to_owned());
                }
                if lines.list.len() as u64 > DATA_FILES.unsigned_abs() {
                    return Err(wrong("data file", format!("over {DATA_FILES} names")));
                }
                continue;
            }
            if line.is_empty() {
                break;
            }
            if let Some((key, value)) = line.split_once(":=") {
                lines.pairs.push((
                    key.to_owned(),
                    value.replace("\\n", "\n").replace("\\\\", "\\"),
                ));
            } else if let Some((field, value)) = line.split_once(": ").or(line.split_once(':')) {
                let field = field.trim().to_ascii_lowercase();
                in_list = field == "data file" && value.trim().starts_with("LIST")
                    || field == "datafile" && value.trim().starts_with("LIST");
                lines.fields.push((field, value.trim().to_owned()));
            } else {
                return Err(wrong(
                    "header",
                    format!(
                        "line {} is neither `field: value` nor `key:=value`",
                        lines.fields.len() + lines.pairs.len() + 2
                    ),
                ));
            }
        }
        Ok(lines)
    }

    fn field(&self, names: &[&str]) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| names.contains(&field.as_str()))
            .map(|(_, value)| value.as_str())
    }

    fn required(&self, names: &[&str]) -> Result<&str, ImageError> {
        self.field(names)
            .ok_or_else(|| wrong(names[0], "the field is missing"))
    }
}

impl Header {
    pub(super) fn parse(
        bytes: &[u8],
        accept_missing_orientation: bool,
    ) -> Result<Self, ImageError> {
        let lines = Lines::split(bytes)?;
        let mut notes = Vec::new();
        let scalar = scalar_type(lines.required(&["type"])?)?;
        let encoding = encoding(lines.required(&["encoding"])?)?;
        let order = match lines
            .field(&["endian"])
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("little") => ByteOrder::Little,
            Some("big") => ByteOrder::Big,
            Some(other) => {
                return Err(wrong(
                    "endian",
                    format!("`{other}` is neither little nor big"),
                ));
            }
            None if scalar.width() == 1 || matches!(encoding, Encoding::Ascii) => ByteOrder::Little,
            None => {
                return Err(wrong(
                    "endian",
                    format!("missing, and numbers have {} bytes", scalar.width()),
                ));
            }
        };
        let sizes = sizes(&lines)?;
        let (axes, origin) = placement(&lines, &sizes, accept_missing_orientation, &mut notes)?;
        if lines.field(&["block size", "blocksize"]).is_some() {
            return Err(wrong("block size", "blocks are not read, numbers only"));
        }
        let skip = |names: &[&str]| {
            lines.field(names).map_or(Ok(0), |text| {
                text.parse::<i64>()
                    .map_err(|_| wrong(names[0], format!("`{text}` is not a whole number")))
            })
        };
        let line_skip = usize::try_from(skip(&["line skip", "lineskip"])?)
            .map_err(|_| wrong("line skip", "a negative number of lines"))?;
        let byte_skip = match skip(&["byte skip", "byteskip"])? {
            -1 => None,
            bytes => Some(
                usize::try_from(bytes)
                    .map_err(|_| wrong("byte skip", format!("{bytes} is below -1")))?,
            ),
        };
        let data = match lines.field(&["data file", "datafile"]) {
            None => DataPlace::Attached(lines.end),
            Some(value) => DataPlace::Files(data_files(value, &lines.list, sizes.len())?),
        };
        Ok(Self {
            layout: Layout { scalar, order },
            encoding,
            sizes,
            axes,
            origin,
            line_skip,
            byte_skip,
            data,
            pairs: lines.pairs,
            notes,
        })
    }
}

fn scalar_type(name: &str) -> Result<ScalarType, ImageError> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "signed char" | "int8" | "int8_t" => ScalarType::I8,
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => ScalarType::U8,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => {
            ScalarType::I16
        }
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => {
            ScalarType::U16
        }
        "int" | "signed int" | "int32" | "int32_t" => ScalarType::I32,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => ScalarType::U32,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => ScalarType::I64,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => {
            ScalarType::U64
        }
        "float" => ScalarType::F32,
        "double" => ScalarType::F64,
        other => {
            return Err(wrong(
                "type",
                format!("`{other}` is no integer or float of 8 to 64 bits"),
            ));
        }
    })
}

fn encoding(name: &str) -> Result<Encoding, ImageError> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "raw" => Encoding::Raw,
        "gzip" | "gz" => Encoding::Gzip,
        "ascii" | "text" | "txt" => Encoding::Ascii,
        "hex" => Encoding::Hex,
        other => {
            return Err(wrong(
                "encoding",
                format!("`{other}` is none of raw, gzip, ascii, hex"),
            ));
        }
    })
}

fn sizes(lines: &Lines) -> Result<Vec<usize>, ImageError> {
    let dimension: usize = lines
        .required(&["dimension"])?
        .parse()
        .ok()
        .filter(|dimension| (1..=16).contains(dimension))
        .ok_or_else(|| wrong("dimension", "not a whole number in 1..=16"))?;
    let text = lines.required(&["sizes"])?;
    let sizes: Vec<usize> = text
        .split_whitespace()
        .map(|n| n.parse().ok().filter(|n| *n > 0))
        .collect::<Option<_>>()
        .ok_or_else(|| wrong("sizes", format!("`{text}` are not whole positive numbers")))?;
    if sizes.len() != dimension {
        return Err(wrong(
            "sizes",
            format!("{} numbers where dimension is {dimension}", sizes.len()),
        ));
    }
    Ok(sizes)
}

/// Signs that turn the header's space to LPS; `None` when it names none.
fn space_signs(lines: &Lines) -> Result<Option<[f64; 3]>, ImageError> {
    let Some(space) = lines.field(&["space"]) else {
        return Ok(None);
    };
    let signs = match space.to_ascii_lowercase().as_str() {
        "left-posterior-superior" | "lps" => [1.0, 1.0, 1.0],
        "right-anterior-superior" | "ras" => [-1.0, -1.0, 1.0],
        "left-anterior-superior" | "las" => [1.0, -1.0, 1.0],
        other => {
            return Err(wrong(
                "space",
                format!(
                    "`{other}` is none of left-posterior-superior, right-anterior-superior, left-anterior-superior"
                ),
            ));
        }
    };
    Ok(Some(signs))
}

/// Millimetres per unit along each axis of space.
fn space_units(lines: &Lines) -> Result<[f64; 3], ImageError> {
    let Some(text) = lines.field(&["space units"]) else {
        return Ok([1.0; 3]);
    };
    let units: Vec<f64> = text
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|unit| match unit.trim() {
            "mm" | "millimeter" | "millimeters" => Some(1.0),
            "cm" => Some(10.0),
            "m" => Some(1e3),
            "um" | "micron" | "microns" => Some(1e-3),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| wrong("space units", format!("`{text}` are none of mm, cm, m, um")))?;
    units
        .try_into()
        .map_err(|_| wrong("space units", format!("`{text}` are not three units")))
}

/// Numbers of a vector `(a,b,c)`.
fn vector(field: &str, text: &str) -> Result<[f64; 3], ImageError> {
    let inner = text
        .trim()
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .ok_or_else(|| wrong(field, format!("`{text}` is no vector `(a,b,c)`")))?;
    let numbers: Vec<f64> = inner
        .split(',')
        .map(|number| number.trim().parse().ok().filter(|x: &f64| x.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(|| wrong(field, format!("`{text}` holds what is no finite number")))?;
    numbers
        .try_into()
        .map_err(|_| wrong(field, format!("`{text}` has not three numbers")))
}

/// The vectors and `none` of `space directions`, where blanks may stand in vectors.
fn directions(text: &str) -> Result<Vec<Option<[f64; 3]>>, ImageError> {
    let field = "space directions";
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with('(') {
            let end = rest
                .find(')')
                .ok_or_else(|| wrong(field, format!("`{text}` has an open bracket")))?;
            found.push(Some(vector(field, &rest[..=end])?));
            rest = rest[end + 1..].trim_start();
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            if !rest[..end].eq_ignore_ascii_case("none") {
                return Err(wrong(
                    field,
                    format!("`{}` is neither a vector nor none", &rest[..end]),
                ));
            }
            found.push(None);
            rest = rest[end..].trim_start();
        }
    }
    Ok(found)
}

fn placement(
    lines: &Lines,
    sizes: &[usize],
    accept_missing: bool,
    notes: &mut Vec<String>,
) -> Result<(Vec<Axis>, PatientPoint), ImageError> {
    let signs = space_signs(lines)?;
    let units = space_units(lines)?;
    let Some(signs) = signs else {
        if !accept_missing {
            return Err(wrong(
                "space",
                "missing: the file does not say how it lies in the patient; write its orientation into the file first",
            ));
        }
        return unoriented(lines, sizes, notes);
    };
    let text = lines.required(&["space directions"])?;
    let directions = directions(text)?;
    if directions.len() != sizes.len() {
        return Err(wrong(
            "space directions",
            format!("{} entries for {} axes", directions.len(), sizes.len()),
        ));
    }
    let turned =
        |vector: [f64; 3]| std::array::from_fn(|row| vector[row] * signs[row] * units[row]);
    let axes = directions
        .into_iter()
        .map(|direction| {
            direction.map_or(Axis::List, |step| Axis::Space(PatientVector(turned(step))))
        })
        .collect();
    let origin = match lines.field(&["space origin"]) {
        Some(text) => PatientPoint(turned(vector("space origin", text)?)),
        None if accept_missing => {
            notes.push("no space origin: first voxel taken at (0, 0, 0) mm".to_owned());
            PatientPoint::default()
        }
        None => {
            return Err(wrong(
                "space origin",
                "missing: the file does not say where it lies in the patient",
            ));
        }
    };
    Ok((axes, origin))
}

/// Axes of a file that names no space, from its spacings.
fn unoriented(
    lines: &Lines,
    sizes: &[usize],
    notes: &mut Vec<String>,
) -> Result<(Vec<Axis>, PatientPoint), ImageError> {
    let text = lines.required(&["spacings"])?;
    let spacings: Vec<f64> = text
        .split_whitespace()
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()
        .ok_or_else(|| wrong("spacings", format!("`{text}` are not numbers")))?;
    if spacings.len() != sizes.len() {
        return Err(wrong(
            "spacings",
            format!("{} numbers for {} axes", spacings.len(), sizes.len()),
        ));
    }
    let mut row = 0;
    let axes = spacings
        .into_iter()
        .map(|spacing| {
            if !spacing.is_finite() || row > 2 {
                return Axis::List;
            }
            let mut step = [0.0; 3];
            step[row] = spacing.abs();
            row += 1;
            Axis::Space(PatientVector(step))
        })
        .collect();
    notes.push(
        "no space: axes taken to run to left, posterior, superior from (0, 0, 0) mm".to_owned(),
    );
    Ok((axes, PatientPoint::default()))
}

/// Names of the data files: one, a LIST, or a pattern `%03d.raw 1 24 1`.
fn data_files(value: &str, list: &[String], dimension: usize) -> Result<Vec<String>, ImageError> {
    let whole_slices = |subdimension: Option<&str>| match subdimension.map(str::parse::<usize>) {
        None => Ok(()),
        Some(Ok(found)) if found + 1 == dimension => Ok(()),
        Some(_) => Err(wrong(
            "data file",
            format!("each file must hold {} axes", dimension.saturating_sub(1)),
        )),
    };
    if let Some(rest) = value.strip_prefix("LIST") {
        whole_slices(rest.split_whitespace().next())?;
        if list.is_empty() {
            return Err(wrong("data file", "LIST without names"));
        }
        return Ok(list.to_vec());
    }
    let words: Vec<&str> = value.split_whitespace().collect();
    if !(value.contains('%') && (4..=5).contains(&words.len())) {
        return Ok(vec![value.to_owned()]);
    }
    whole_slices(words.get(4).copied())?;
    let number = |text: &str| {
        text.parse::<i64>()
            .ok()
            .filter(|n| n.unsigned_abs() < 1 << 40)
            .ok_or_else(|| wrong("data file", format!("`{text}` is not a whole number")))
    };
    let [first, last, step] = [number(words[1])?, number(words[2])?, number(words[3])?];
    if step == 0 || (last - first) / step >= DATA_FILES || (last - first) * step.signum() < 0 {
        return Err(wrong(
            "data file",
            format!("`{value}` does not run from {first} to {last} in at most {DATA_FILES} steps"),
        ));
    }
    (0..=(last - first) / step)
        .map(|at| numbered(words[0], first + at * step))
        .collect()
}

/// A name with its number in place of `%d` or `%03d`.
fn numbered(pattern: &str, number: i64) -> Result<String, ImageError> {
    let unknown = || wrong("data file", format!("`{pattern}` holds no `%d` or `%03d`"));
    let (before, rest) = pattern.split_once('%').ok_or_else(unknown)?;
    let (width, after) = rest.split_once('d').ok_or_else(unknown)?;
    let digits: usize = if width.is_empty() {
        0
    } else {
        width
            .parse()
            .ok()
            .filter(|n| *n <= 20)
            .ok_or_else(unknown)?
    };
    Ok(if width.starts_with('0') {
        format!("{before}{number:0digits$}{after}")
    } else {
        format!("{before}{number:digits$}{after}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, ImageError> {
        Header::parse(text.as_bytes(), false)
    }

    const BASE: &str = "NRRD0005\ntype: float\nendian: little\ndimension: 3\nsizes: 2 2 4\nspace: RAS\nspace directions: (1, 0, 0) (0,2,0)  (0,0,-3)\nspace origin: (1,2,3)\n";

    #[test]
    fn turns_its_space_to_lps() {
        let header = header(&format!("{BASE}encoding: raw\nkey:=a\\nb\n\n")).unwrap();
        assert_eq!(
            header.axes,
            [[-1.0, 0.0, 0.0], [0.0, -2.0, 0.0], [0.0, 0.0, -3.0]]
                .map(|step| Axis::Space(PatientVector(step)))
        );
        assert_eq!(header.origin, PatientPoint([-1.0, -2.0, 3.0]));
        assert_eq!(header.pairs, [("key".to_owned(), "a\nb".to_owned())]);
        assert!(matches!(header.data, DataPlace::Attached(at) if at > 100));
    }

    #[test]
    fn names_data_files() {
        let files = |line: &str| match header(&format!("{BASE}encoding: raw\ndata file: {line}\n"))
        {
            Ok(Header {
                data: DataPlace::Files(files),
                ..
            }) => files,
            other => panic!("{other:?}"),
        };
        assert_eq!(files("a b.raw"), ["a b.raw"]);
        assert_eq!(files("LIST\nx.raw\ny.raw"), ["x.raw", "y.raw"]);
        assert_eq!(files("s%02d.raw 8 10 2"), ["s08.raw", "s10.raw"]);
        assert_eq!(files("s%d.raw 3 1 -1 2"), ["s3.raw", "s2.raw", "s1.raw"]);
    }

    #[test]
    fn refuses_by_name_of_the_field() {
        for (line, field) in [
            ("encoding: bzip2\n", "encoding"),
            ("encoding: raw\nblock size: 3\n", "block size"),
            ("encoding: raw\ndata file: s%d.raw 1 9 0\n", "data file"),
            ("encoding: raw\nline skip: -2\n", "line skip"),
            (
                "encoding: raw\nspace units: \"mm\" \"mm\" \"furlong\"\n",
                "space units",
            ),
        ] {
            let error = header(&format!("{BASE}{line}")).unwrap_err().to_string();
            assert!(error.starts_with(&format!("NRRD: {field}")), "{error}");
        }
        let error = header("NRRD0004\ntype: short\nencoding: raw\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "NRRD: endian: missing, and numbers have 2 bytes"
        );
        assert!(header("").is_err());
    }
}
