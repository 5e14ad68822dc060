//! Reading NIfTI-1 and NIfTI-2, `.nii` and `.nii.gz`.
//!
//! Orientation: the sform is used when its code is above 0, else the qform
//! when its code is above 0, as nibabel does; a file with neither is refused
//! unless [`ReadOptions::accept_missing_orientation`] is set.
//! Where both are present and disagree, a note says so.
//! A sheared sform is refused. NIfTI is RAS; x and y are turned to LPS here.
//! Numbers are `scl_slope · stored + scl_inter`, unscaled for a slope of 0.
//! Label names are read from a header extension of code 0 that holds an XML
//! label table, as TotalSegmentator writes it.
//! Source: NIfTI-1 and NIfTI-2 headers, nifti.nimh.nih.gov (nifti1.h, nifti2.h).

use crate::stored::{
    ByteOrder, Layout, Packing, ScalarType, inflate_exactly, inflate_up_to, is_gzip,
};
use crate::volume_file::{LabelName, ReadOptions, VolumeFile, grid_of_steps, volume_file};
use crate::{ImageError, PatientPoint, PatientVector};

/// Bytes of a NIfTI-1 header.
pub(crate) const HEADER_1_BYTES: usize = 348;
/// Bytes of a NIfTI-2 header.
pub(crate) const HEADER_2_BYTES: usize = 540;

/// Largest distance of a corner between sform and qform that is no note, mm.
const FORMS_AGREE_MM: f64 = 0.1;

/// Most bytes between header and data that are searched for label names.
const EXTENSION_BYTES: usize = 1 << 22;

const FORMAT: &str = "NIfTI";

fn wrong(field: &str, reason: impl Into<String>) -> ImageError {
    ImageError::Format {
        format: FORMAT,
        field: field.to_owned(),
        reason: reason.into(),
    }
}

/// Whether bytes begin with a NIfTI header, uncompressed.
pub(crate) fn has_signature(bytes: &[u8]) -> bool {
    let magic = |at: usize| bytes.get(at..at + 3);
    let known = |magic: Option<&[u8]>| matches!(magic, Some(b"n+1" | b"ni1" | b"n+2" | b"ni2"));
    known(magic(344)) || known(magic(4))
}

/// Reads a NIfTI file, compressed or not.
///
/// # Errors
/// [`ImageError::Format`] for a file that is cut off, has more than three
/// dimensions with more than one element, a number type other than integers
/// and floats of 8 to 64 bits, no orientation, or a sheared one.
pub fn read_nifti(bytes: &[u8], options: &ReadOptions) -> Result<VolumeFile, ImageError> {
    if bytes.is_empty() {
        return Err(wrong("file", "the file is empty"));
    }
    let packed = is_gzip(bytes);
    let head = if packed {
        inflate_up_to(bytes, Packing::Gzip, HEADER_2_BYTES, |reason| {
            wrong("gzip stream", reason)
        })?
    } else {
        bytes[..bytes.len().min(HEADER_2_BYTES)].to_vec()
    };
    let header = Header::parse(&head)?;
    let mut notes = Vec::new();
    let size = header.size()?;
    let layout = header.layout()?;
    let count = size
        .iter()
        .try_fold(1_usize, |count, n| count.checked_mul(*n))
        .and_then(|count| layout.bytes_of(count))
        .ok_or_else(|| {
            wrong(
                "dim",
                format!("{size:?} has more voxels than can be counted"),
            )
        })?;
    let end = header
        .data_at
        .checked_add(count)
        .ok_or_else(|| wrong("vox_offset", format!("{} is too large", header.data_at)))?;
    let inflated;
    let all = if packed {
        inflated = inflate_exactly(bytes, Packing::Gzip, end, |reason| {
            wrong("gzip stream", reason)
        })?;
        inflated.as_slice()
    } else {
        bytes
    };
    let data = all.get(header.data_at..end).ok_or_else(|| {
        wrong(
            "data",
            format!(
                "the file has {} bytes where dim {size:?} and datatype need {end}",
                all.len()
            ),
        )
    })?;
    let unit_mm = header.unit_mm(&mut notes)?;
    let (steps, origin) = header.placement(size, unit_mm, options, &mut notes)?;
    let grid = grid_of_steps(FORMAT, header.orientation_field(), size, steps, origin)?;
    let values = match header.scaling(&mut notes) {
        None => layout.decode(data),
        Some((slope, intercept)) => layout.decode_scaled(data, slope, intercept),
    };
    let mut file = volume_file(grid, values, notes)?;
    let extension_end = header.data_at.min(header.bytes + EXTENSION_BYTES);
    if let Some(extensions) = all.get(header.bytes..extension_end) {
        file.labels = label_table(extensions, header.order);
    }
    Ok(file)
}

/// The fields of either header that matter here.
#[derive(Debug)]
struct Header {
    order: ByteOrder,
    bytes: usize,
    dim: [i64; 8],
    datatype: i16,
    pixdim: [f64; 8],
    data_at: usize,
    slope: f64,
    intercept: f64,
    qform_code: i64,
    sform_code: i64,
    quaternion: [f64; 3],
    qoffset: [f64; 3],
    sform: [[f64; 4]; 3],
    units: i64,
}

/// Reads numbers at fixed places of a header.
struct Fields<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
}

impl Fields<'_> {
    fn take<const N: usize>(&self, at: usize) -> Result<[u8; N], ImageError> {
        let mut taken: [u8; N] = self
            .bytes
            .get(at..at + N)
            .and_then(|part| part.try_into().ok())
            .ok_or_else(|| {
                wrong(
                    "header",
                    format!("cut off after {} bytes", self.bytes.len()),
                )
            })?;
        if self.order == ByteOrder::Big {
            taken.reverse();
        }
        Ok(taken)
    }

    fn i16(&self, at: usize) -> Result<i16, ImageError> {
        self.take(at).map(i16::from_le_bytes)
    }

    fn i32(&self, at: usize) -> Result<i64, ImageError> {
        self.take(at).map(|bytes| i32::from_le_bytes(bytes).into())
    }

    fn i64(&self, at: usize) -> Result<i64, ImageError> {
        self.take(at).map(i64::from_le_bytes)
    }

    fn f32(&self, at: usize) -> Result<f64, ImageError> {
        self.take(at).map(|bytes| f32::from_le_bytes(bytes).into())
    }

    fn f64(&self, at: usize) -> Result<f64, ImageError> {
        self.take(at).map(f64::from_le_bytes)
    }

    fn each<const N: usize, T: Default + Copy>(
        &self,
        read: impl Fn(&Self, usize) -> Result<T, ImageError>,
        at: usize,
        width: usize,
    ) -> Result<[T; N], ImageError> {
        let mut values = [T::default(); N];
        for (place, value) in values.iter_mut().enumerate() {
            *value = read(self, at + place * width)?;
        }
        Ok(values)
    }
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, ImageError> {
        let first: [u8; 4] = bytes
            .get(..4)
            .and_then(|part| part.try_into().ok())
            .ok_or_else(|| wrong("header", format!("cut off after {} bytes", bytes.len())))?;
        let fields = |order| Fields { bytes, order };
        match (i32::from_le_bytes(first), i32::from_be_bytes(first)) {
            (348, _) => Self::version_1(&fields(ByteOrder::Little)),
            (_, 348) => Self::version_1(&fields(ByteOrder::Big)),
            (540, _) => Self::version_2(&fields(ByteOrder::Little)),
            (_, 540) => Self::version_2(&fields(ByteOrder::Big)),
            (found, _) => Err(wrong(
                "sizeof_hdr",
                format!("{found} is neither 348 (NIfTI-1) nor 540 (NIfTI-2)"),
            )),
        }
    }

    fn version_1(fields: &Fields<'_>) -> Result<Self, ImageError> {
        require_magic(fields.bytes, 344, b"n+1\0", b"ni1\0")?;
        Ok(Self {
            order: fields.order,
            bytes: HEADER_1_BYTES,
            dim: fields.each::<8, i16>(Fields::i16, 40, 2)?.map(i64::from),
            datatype: fields.i16(70)?,
            pixdim: fields.each(Fields::f32, 76, 4)?,
            data_at: data_offset(fields.f32(108)?, HEADER_1_BYTES)?,
            slope: fields.f32(112)?,
            intercept: fields.f32(116)?,
            units: i64::from(fields.take::<1>(123)?[0]),
            qform_code: fields.i16(252)?.into(),
            sform_code: fields.i16(254)?.into(),
            quaternion: fields.each(Fields::f32, 256, 4)?,
            qoffset: fields.each(Fields::f32, 268, 4)?,
            sform: rows(fields.each(Fields::f32, 280, 4)?),
        })
    }

    fn version_2(fields: &Fields<'_>) -> Result<Self, ImageError> {
        require_magic(fields.bytes, 4, b"n+2\0", b"ni2\0")?;
        Ok(Self {
            order: fields.order,
            bytes: HEADER_2_BYTES,
            dim: fields.each(Fields::i64, 16, 8)?,
            datatype: fields.i16(12)?,
            pixdim: fields.each(Fields::f64, 104, 8)?,
            data_at: data_offset(fields.i64(168)? as f64, HEADER_2_BYTES)?,
            slope: fields.f64(176)?,
            intercept: fields.f64(184)?,
            units: fields.i32(500)?,
            qform_code: fields.i32(344)?,
            sform_code: fields.i32(348)?,
            quaternion: fields.each(Fields::f64, 352, 8)?,
            qoffset: fields.each(Fields::f64, 376, 8)?,
            sform: rows(fields.each(Fields::f64, 400, 8)?),
        })
    }

    fn size(&self) -> Result<[usize; 3], ImageError> {
        let dim = self.dim;
        if !(1..=7).contains(&dim[0]) {
            return Err(wrong("dim[0]", format!("{} is outside 1..=7", dim[0])));
        }
        if dim[0] < 3 {
            return Err(wrong(
                "dim[0]",
                format!("{} dimensions where 3 are needed", dim[0]),
            ));
        }
        let used = dim[0] as usize;
        for (axis, n) in dim.iter().enumerate().take(used + 1).skip(1) {
            if *n < 1 {
                return Err(wrong(
                    &format!("dim[{axis}]"),
                    format!("{n} is not positive"),
                ));
            }
            if axis > 3 && *n > 1 {
                return Err(wrong(
                    &format!("dim[{axis}]"),
                    format!("{n} volumes in one file where 1 is allowed; extract one first"),
                ));
            }
        }
        let mut size = [0; 3];
        for axis in 0..3 {
            size[axis] = usize::try_from(dim[axis + 1])
                .map_err(|_| wrong("dim", format!("{} is too large", dim[axis + 1])))?;
        }
        Ok(size)
    }

    fn layout(&self) -> Result<Layout, ImageError> {
        let scalar = match self.datatype {
            2 => ScalarType::U8,
            4 => ScalarType::I16,
            8 => ScalarType::I32,
            16 => ScalarType::F32,
            64 => ScalarType::F64,
            256 => ScalarType::I8,
            512 => ScalarType::U16,
            768 => ScalarType::U32,
            1024 => ScalarType::I64,
            1280 => ScalarType::U64,
            other => {
                return Err(wrong(
                    "datatype",
                    format!(
                        "{other} is none of 2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280 (integers and floats of 8 to 64 bits)"
                    ),
                ));
            }
        };
        Ok(Layout {
            scalar,
            order: self.order,
        })
    }

    /// Millimetres per unit of space.
    fn unit_mm(&self, notes: &mut Vec<String>) -> Result<f64, ImageError> {
        match self.units & 7 {
            0 => {
                notes.push("xyzt_units names no unit of length; mm taken".to_owned());
                Ok(1.0)
            }
            1 => Ok(1e3),
            2 => Ok(1.0),
            3 => Ok(1e-3),
            other => Err(wrong(
                "xyzt_units",
                format!("{other} is none of 1 (m), 2 (mm), 3 (um)"),
            )),
        }
    }

    /// Slope and intercept; `None` for stored numbers as they are.
    fn scaling(&self, notes: &mut Vec<String>) -> Option<(f64, f64)> {
        if !(self.slope.is_finite() && self.intercept.is_finite()) {
            notes.push("scl_slope or scl_inter is not finite; numbers as stored".to_owned());
            return None;
        }
        let unscaled = self.slope.abs() <= 0.0
            || ((self.slope - 1.0).abs() <= 0.0 && self.intercept.abs() <= 0.0);
        (!unscaled).then_some((self.slope, self.intercept))
    }

    fn orientation_field(&self) -> &'static str {
        match (self.sform_code > 0, self.qform_code > 0) {
            (true, _) => "sform (srow_x, srow_y, srow_z)",
            (false, true) => "qform (quatern_b, quatern_c, quatern_d)",
            (false, false) => "pixdim",
        }
    }

    /// Step along each axis and centre of the first voxel, LPS, mm.
    fn placement(
        &self,
        size: [usize; 3],
        unit_mm: f64,
        options: &ReadOptions,
        notes: &mut Vec<String>,
    ) -> Result<([PatientVector; 3], PatientPoint), ImageError> {
        let sform = (self.sform_code > 0).then_some(self.sform);
        let qform = if self.qform_code > 0 {
            Some(self.qform_matrix()?)
        } else {
            None
        };
        let matrix = match (sform, qform) {
            (Some(sform), Some(qform)) => {
                let apart = corners_apart(&sform, &qform, size) * unit_mm;
                if apart > FORMS_AGREE_MM {
                    notes.push(format!(
                        "sform and qform place a corner {apart:.2} mm apart; the sform was used"
                    ));
                }
                sform
            }
            (Some(form), None) | (None, Some(form)) => form,
            (None, None) if options.accept_missing_orientation => {
                notes.push(
                    "neither sform nor qform: axes taken to run to left, posterior, superior"
                        .to_owned(),
                );
                let [_, dx, dy, dz, ..] = self.pixdim;
                [
                    [-dx.abs(), 0.0, 0.0, 0.0],
                    [0.0, -dy.abs(), 0.0, 0.0],
                    [0.0, 0.0, dz.abs(), 0.0],
                ]
            }
            (None, None) => {
                return Err(wrong(
                    "sform_code and qform_code",
                    "both 0: the file does not say how it lies in the patient; write its orientation into the file first",
                ));
            }
        };
        // RAS to LPS: x and y turn their sign.
        let turn = [-unit_mm, -unit_mm, unit_mm];
        let column = |column: usize| std::array::from_fn(|row| matrix[row][column] * turn[row]);
        Ok((
            [0, 1, 2].map(|axis| PatientVector(column(axis))),
            PatientPoint(column(3)),
        ))
    }

    /// The qform as rows of an affine matrix, RAS, in the file's unit.
    fn qform_matrix(&self) -> Result<[[f64; 4]; 3], ImageError> {
        let [b, c, d] = self.quaternion;
        let square = b * b + c * c + d * d;
        if !square.is_finite() || square > 1.0 + 1e-3 {
            return Err(wrong(
                "quatern_b, quatern_c, quatern_d",
                format!("sum of squares {square} is outside 0..=1"),
            ));
        }
        let (a, b, c, d) = if square > 1.0 {
            let length = square.sqrt();
            (0.0, b / length, c / length, d / length)
        } else {
            ((1.0 - square).sqrt(), b, c, d)
        };
        let rotation = [
            [
                a * a + b * b - c * c - d * d,
                2.0 * (b * c - a * d),
                2.0 * (b * d + a * c),
            ],
            [
                2.0 * (b * c + a * d),
                a * a + c * c - b * b - d * d,
                2.0 * (c * d - a * b),
            ],
            [
                2.0 * (b * d - a * c),
                2.0 * (c * d + a * b),
                a * a + d * d - b * b - c * c,
            ],
        ];
        // pixdim[0] is the handedness; 0 counts as 1.
        let hand = if self.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
        let spacing = [self.pixdim[1], self.pixdim[2], self.pixdim[3] * hand];
        Ok(std::array::from_fn(|row| {
            [
                rotation[row][0] * spacing[0],
                rotation[row][1] * spacing[1],
                rotation[row][2] * spacing[2],
                self.qoffset[row],
            ]
        }))
    }
}

fn require_magic(
    bytes: &[u8],
    at: usize,
    single: &[u8; 4],
    pair: &[u8; 4],
) -> Result<(), ImageError> {
    match bytes.get(at..at + 4) {
        Some(magic) if magic == single => Ok(()),
        Some(magic) if magic == pair => Err(wrong(
            "magic",
            "header and data in two files (.hdr and .img); only single files are read",
        )),
        Some(magic) => Err(wrong(
            "magic",
            format!(
                "`{}` is not `{}`",
                magic.escape_ascii(),
                single.escape_ascii()
            ),
        )),
        None => Err(wrong(
            "header",
            format!("cut off after {} bytes", bytes.len()),
        )),
    }
}

fn data_offset(offset: f64, header: usize) -> Result<usize, ImageError> {
    let least = (header + 4) as f64;
    // Zero stands for `right after the header` in files of old writers.
    let offset = if offset.abs() <= 0.0 { least } else { offset };
    if !(least..=1e15).contains(&offset) || offset.fract().abs() > 0.0 {
        return Err(wrong(
            "vox_offset",
            format!("{offset} is not a whole number from {least} on"),
        ));
    }
    Ok(offset as usize)
}

fn rows(values: [f64; 12]) -> [[f64; 4]; 3] {
    std::array::from_fn(|row| std::array::from_fn(|column| values[4 * row + column]))
}

/// Largest distance between the places that two affine matrices give a corner.
fn corners_apart(a: &[[f64; 4]; 3], b: &[[f64; 4]; 3], size: [usize; 3]) -> f64 {
    (0..8_usize)
        .map(|corner| {
            let place = |matrix: &[[f64; 4]; 3]| {
                PatientVector(matrix.map(|row| {
                    (0..3).fold(row[3], |sum, axis| {
                        let index = if corner >> axis & 1 == 1 {
                            size[axis] - 1
                        } else {
                            0
                        };
                        sum + row[axis] * index as f64
                    })
                }))
            };
            (place(a) - place(b)).length()
        })
        .fold(0.0, f64::max)
}

/// Names from the XML label table of a header extension.
///
/// Looks for `<Label Key="5" Red="0.0" …><![CDATA[liver]]></Label>` only; what
/// is no such table is passed over.
fn label_table(extensions: &[u8], order: ByteOrder) -> Vec<LabelName> {
    let mut labels = Vec::new();
    // Four bytes say whether extensions follow; each has size and code.
    let Some((flag, mut rest)) = extensions.split_at_checked(4) else {
        return labels;
    };
    if flag[0] == 0 {
        return labels;
    }
    while let Some((head, _)) = rest.split_at_checked(8) {
        let size: [u8; 4] = [head[0], head[1], head[2], head[3]];
        let size = match order {
            ByteOrder::Little => u32::from_le_bytes(size),
            ByteOrder::Big => u32::from_be_bytes(size),
        } as usize;
        let Some(body) = rest.get(8..size) else {
            break;
        };
        let text = String::from_utf8_lossy(body);
        for element in text.split("<Label ").skip(1) {
            labels.extend(label_name(element));
        }
        rest = &rest[size..];
    }
    labels
}

fn label_name(element: &str) -> Option<LabelName> {
    let (attributes, content) = element.split_once('>')?;
    let attribute = |name: &str| {
        let (_, after) = attributes.split_once(&format!("{name}=\""))?;
        after.split_once('"').map(|(value, _)| value)
    };
    let (content, _) = content.split_once("</Label>")?;
    let name = content
        .trim()
        .trim_start_matches("<![CDATA[")
        .trim_end_matches("]]>")
        .trim();
    let channel = |name: &str| {
        let share: f64 = attribute(name)?.parse().ok()?;
        Some((share.clamp(0.0, 1.0) * 255.0).round() as u8)
    };
    let colour = match (channel("Red"), channel("Green"), channel("Blue")) {
        (Some(red), Some(green), Some(blue)) => Some([red, green, blue]),
        _ => None,
    };
    (!name.is_empty()).then_some(())?;
    Some(LabelName {
        value: attribute("Key")?.trim().parse().ok()?,
        name: name.to_owned(),
        colour,
    })
}
