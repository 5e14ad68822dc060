//! What can be wrong with an image.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A lattice that is none.
    #[error("grid: {reason}")]
    Grid {
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
    /// More or fewer values than voxels.
    #[error("volume has {found} values where its grid has {expected} voxels")]
    ValueCount {
        /// Voxels of the grid.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A weight that is no fraction.
    #[error("weight {weight} of voxel {voxel:?} is outside 0..=1")]
    Weight {
        /// Index of the voxel.
        voxel: [usize; 3],
        /// The weight.
        weight: f32,
    },
    /// Two things on different grids where one grid is needed.
    #[error("the two masks are on different grids")]
    GridMismatch,
    /// A matrix that is no rigid motion.
    #[error(
        "matrix is not rigid: R'R deviates from 1 by {deviation:.3e}{}",
        if *mirrored { ", and it mirrors" } else { "" }
    )]
    NotRigid {
        /// Largest deviation of `RᵀR` from the unit matrix.
        deviation: f64,
        /// Whether the determinant is negative.
        mirrored: bool,
    },
    /// Contours that bound no volume.
    #[error("contours: {reason}")]
    Contours {
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
    /// A volume whose numbers name no structures.
    #[error("an image and no label map: {reason}")]
    NotLabelMap {
        /// The value that is no label, and what is allowed.
        reason: String,
    },
    /// A volume file that cannot be read.
    #[error("{format}: {field}: {reason}")]
    Format {
        /// The file format by name.
        format: &'static str,
        /// The header field or part of the file.
        field: String,
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
}
