//! Where decays happen: voxels by their activity, uniform in each.
//!
//! A batch shares its decays out over the activity evenly (systematic sampling
//! with one random start): each voxel gets its expected number of them, rounded
//! up or down.

use sirt_image::Volume;
use sirt_quantity::ActivityConcentration;

use crate::{TransportError, World};

/// Decays by voxel.
#[derive(Debug, Clone)]
pub struct Source {
    cells: Vec<u32>,
    /// Sum of the weights up to and with each voxel.
    cumulative: Vec<f64>,
}

impl Source {
    /// A source with the activity of a volume on the grid of a world.
    ///
    /// Negative values, which reconstructions make, count as none.
    ///
    /// # Errors
    /// [`TransportError::GridMismatch`] for another grid,
    /// [`TransportError::OutOfRange`] without any activity.
    pub fn new(
        world: &World,
        activity: &Volume<ActivityConcentration>,
    ) -> Result<Self, TransportError> {
        // A hundredth of a millimetre is rounding in files.
        if !activity.grid().matches(world.grid(), 0.01) {
            return Err(TransportError::GridMismatch {
                what: "activity and world",
            });
        }
        Self::from_weights(world, activity.values())
    }

    /// A source with a weight for each voxel.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub fn from_weights(world: &World, weights: &[f32]) -> Result<Self, TransportError> {
        if weights.len() != world.grid().voxel_count() {
            return Err(TransportError::GridMismatch {
                what: "weights and world",
            });
        }
        let mut cells = Vec::new();
        let mut cumulative = Vec::new();
        let mut total = 0.0;
        for (voxel, weight) in weights.iter().enumerate() {
            if *weight > 0.0 {
                total += f64::from(*weight);
                cells.push(world.cell(voxel));
                cumulative.push(total);
            }
        }
        if !(total > 0.0 && total.is_finite()) {
            return Err(TransportError::OutOfRange {
                what: "total activity",
                value: total.to_string(),
                allowed: "above 0",
            });
        }
        Ok(Self { cells, cumulative })
    }

    /// Sum of the weights.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or(0.0)
    }

    /// Cells with activity.
    pub(crate) fn cells(&self) -> &[u32] {
        &self.cells
    }

    /// Position in [`Source::cells`] of a part of the total weight, at or
    /// after a position.
    #[inline(always)]
    pub(crate) fn advance(&self, mut at: usize, weight: f64) -> usize {
        while at + 1 < self.cumulative.len() && self.cumulative[at] <= weight {
            at += 1;
        }
        at
    }

    /// Position in [`Source::cells`] of a part of the total weight.
    pub(crate) fn find(&self, weight: f64) -> usize {
        self.cumulative
            .partition_point(|sum| *sum <= weight)
            .min(self.cells.len() - 1)
    }
}
