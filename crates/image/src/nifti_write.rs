//! Writing NIfTI-1, `.nii` and `.nii.gz`.
//!
//! Volumes as 32-bit floats, label maps as unsigned bytes; sform and qform
//! both set (code 1, scanner), RAS, millimetres.
//! The qform stores a rotation as three numbers of a quaternion with the
//! handedness in `pixdim[0]`; readers that know only one of the two forms
//! place the image alike.

use std::io::Write;

use crate::{Compression, Grid, ImageError, Volume, VoxelQuantity, WeightMask};

const FORMAT: &str = "NIfTI";
/// Header and the four bytes that say that no extension follows.
const DATA_AT: usize = 352;

/// A volume as a NIfTI-1 file.
///
/// `description` goes into `descrip` (79 bytes at most, the rest is cut);
/// never put an identifier of the patient there.
///
/// # Errors
/// [`ImageError::Format`] when an axis has over 32 767 voxels, which NIfTI-1
/// cannot hold.
pub fn write_nifti<Q: VoxelQuantity>(
    volume: &Volume<Q>,
    description: &str,
    compression: Compression,
) -> Result<Vec<u8>, ImageError> {
    let mut bytes = header(volume.grid(), 16, 32, description)?;
    bytes.reserve(4 * volume.values().len());
    bytes.extend(volume.values().iter().flat_map(|value| value.to_le_bytes()));
    compression.packed(bytes, FORMAT)
}

/// Structures as a NIfTI-1 label map of bytes: structure `n` (from 1) where
/// its weight is one half or more; a later structure covers an earlier one.
///
/// # Errors
/// As [`write_nifti`]; [`ImageError::GridMismatch`] when a structure is on
/// another grid; [`ImageError::Format`] for more than 255 structures.
pub fn write_nifti_labels(
    grid: &Grid,
    structures: &[&WeightMask],
    description: &str,
    compression: Compression,
) -> Result<Vec<u8>, ImageError> {
    let mut bytes = header(grid, 2, 8, description)?;
    bytes.extend(label_map(grid, structures, FORMAT)?);
    compression.packed(bytes, FORMAT)
}

/// One byte for each voxel: the number of the last structure with a weight of
/// one half or more.
pub(crate) fn label_map(
    grid: &Grid,
    structures: &[&WeightMask],
    format: &'static str,
) -> Result<Vec<u8>, ImageError> {
    let mut labels = vec![0_u8; grid.voxel_count()];
    for (at, mask) in structures.iter().enumerate() {
        let label = u8::try_from(at + 1).map_err(|_| ImageError::Format {
            format,
            field: "structures".to_owned(),
            reason: format!("{} where a label map of bytes holds 255", structures.len()),
        })?;
        if !mask.grid().matches(grid, 0.01) {
            return Err(ImageError::GridMismatch);
        }
        for (voxel, weight) in mask.iter() {
            if weight >= 0.5 {
                labels[voxel] = label;
            }
        }
    }
    Ok(labels)
}

fn header(grid: &Grid, datatype: i16, bits: i16, description: &str) -> Result<Vec<u8>, ImageError> {
    let mut header = vec![0_u8; DATA_AT];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348_i32.to_le_bytes());
    put(40, &3_i16.to_le_bytes());
    for (axis, n) in grid.size().into_iter().enumerate() {
        let n = i16::try_from(n).map_err(|_| ImageError::Format {
            format: FORMAT,
            field: format!("dim[{}]", axis + 1),
            reason: format!("{n} voxels where NIfTI-1 holds 32767"),
        })?;
        put(42 + 2 * axis, &n.to_le_bytes());
    }
    for axis in 4..8 {
        put(40 + 2 * axis, &1_i16.to_le_bytes());
    }
    put(70, &datatype.to_le_bytes());
    put(72, &bits.to_le_bytes());
    let (quaternion, hand) = quaternion(grid);
    put(76, &(hand as f32).to_le_bytes());
    for (axis, spacing) in grid.spacing_mm().into_iter().enumerate() {
        put(80 + 4 * axis, &(spacing as f32).to_le_bytes());
    }
    for axis in 4..8 {
        put(76 + 4 * axis, &1.0_f32.to_le_bytes());
    }
    put(108, &(DATA_AT as f32).to_le_bytes());
    put(112, &1.0_f32.to_le_bytes());
    // Millimetres.
    put(123, &[2]);
    let mut cut = description.len().min(79);
    while !description.is_char_boundary(cut) {
        cut -= 1;
    }
    put(148, &description.as_bytes()[..cut]);
    put(252, &1_i16.to_le_bytes());
    put(254, &1_i16.to_le_bytes());
    for (at, part) in quaternion.into_iter().enumerate() {
        put(256 + 4 * at, &(part as f32).to_le_bytes());
    }
    let origin = grid.origin().0;
    for (row, turn) in [-1.0, -1.0, 1.0].into_iter().enumerate() {
        put(268 + 4 * row, &((turn * origin[row]) as f32).to_le_bytes());
        for axis in 0..3 {
            let step = turn * grid.directions()[axis].0[row] * grid.spacing_mm()[axis];
            put(280 + 16 * row + 4 * axis, &(step as f32).to_le_bytes());
        }
        put(292 + 16 * row, &((turn * origin[row]) as f32).to_le_bytes());
    }
    put(344, b"n+1\0");
    Ok(header)
}

/// Quaternion parts b, c, d of the directions in RAS, and the handedness that
/// the third axis is turned by.
fn quaternion(grid: &Grid) -> ([f64; 3], f64) {
    let hand = if grid.is_right_handed() { 1.0 } else { -1.0 };
    // Two signs turn from LPS to RAS, which keeps the handedness.
    let turn = [-1.0, -1.0, 1.0];
    let r: [[f64; 3]; 3] = std::array::from_fn(|row| {
        std::array::from_fn(|axis| {
            let hand = if axis == 2 { hand } else { 1.0 };
            turn[row] * hand * grid.directions()[axis].0[row]
        })
    });
    // The largest of the four parts is found first, so that no small number
    // is divided by.
    let trace = r[0][0] + r[1][1] + r[2][2];
    let [a, b, c, d] = if trace > 0.0 {
        let s = 2.0 * (1.0 + trace).sqrt();
        [
            0.25 * s,
            (r[2][1] - r[1][2]) / s,
            (r[0][2] - r[2][0]) / s,
            (r[1][0] - r[0][1]) / s,
        ]
    } else if r[0][0] > r[1][1] && r[0][0] > r[2][2] {
        let s = 2.0 * (1.0 + r[0][0] - r[1][1] - r[2][2]).max(0.0).sqrt();
        [
            (r[2][1] - r[1][2]) / s,
            0.25 * s,
            (r[0][1] + r[1][0]) / s,
            (r[0][2] + r[2][0]) / s,
        ]
    } else if r[1][1] > r[2][2] {
        let s = 2.0 * (1.0 + r[1][1] - r[0][0] - r[2][2]).max(0.0).sqrt();
        [
            (r[0][2] - r[2][0]) / s,
            (r[0][1] + r[1][0]) / s,
            0.25 * s,
            (r[1][2] + r[2][1]) / s,
        ]
    } else {
        let s = 2.0 * (1.0 + r[2][2] - r[0][0] - r[1][1]).max(0.0).sqrt();
        [
            (r[1][0] - r[0][1]) / s,
            (r[0][2] + r[2][0]) / s,
            (r[1][2] + r[2][1]) / s,
            0.25 * s,
        ]
    };
    // The file holds b, c, d and takes a to be positive.
    let sign = if a < 0.0 { -1.0 } else { 1.0 };
    ([sign * b, sign * c, sign * d], hand)
}

impl Compression {
    pub(crate) fn packed(
        self,
        bytes: Vec<u8>,
        format: &'static str,
    ) -> Result<Vec<u8>, ImageError> {
        match self {
            Self::None => Ok(bytes),
            Self::Gzip => {
                let failed = |error: std::io::Error| ImageError::Format {
                    format,
                    field: "gzip".to_owned(),
                    reason: error.to_string(),
                };
                // Level 1: higher ones take several times as long for a few percent.
                let level = flate2::Compression::fast();
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 2), level);
                encoder.write_all(&bytes).map_err(failed)?;
                encoder.finish().map_err(failed)
            }
        }
    }
}
