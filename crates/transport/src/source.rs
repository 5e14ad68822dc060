//! Where decays happen: voxels by their activity, uniform in each.
//!
//! Voxels are sampled by the alias method (vose1991): two table entries for
//! any number of voxels.

use sirt_image::Volume;
use sirt_quantity::ActivityConcentration;

use crate::random::Stream;
use crate::{TransportError, World};

/// Decays by voxel.
#[derive(Debug, Clone)]
pub struct Source {
    entries: Vec<Entry>,
    /// Sum of the weights.
    total: f64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Probability of the own voxel rather than the alias, 0..1.
    keep: f32,
    alias: u32,
    voxel: u32,
    index: [u16; 3],
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
        let active: Vec<(u32, f64)> = weights
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > 0.0)
            .map(|(voxel, weight)| (voxel as u32, f64::from(*weight)))
            .collect();
        let total: f64 = active.iter().map(|(_, weight)| weight).sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(TransportError::OutOfRange {
                what: "total activity",
                value: total.to_string(),
                allowed: "above 0",
            });
        }
        let mean = total / active.len() as f64;
        let mut share: Vec<f64> = active.iter().map(|(_, weight)| weight / mean).collect();
        let mut entries: Vec<Entry> = active
            .iter()
            .enumerate()
            .map(|(at, (voxel, _))| Entry {
                keep: 1.0,
                alias: at as u32,
                voxel: *voxel,
                index: world.grid().index(*voxel as usize).map(|i| i as u16),
            })
            .collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) =
            (0..share.len()).partition(|at| share[*at] < 1.0);
        while let (Some(p), Some(r)) = (poor.pop(), rich.last().copied()) {
            entries[p].keep = share[p] as f32;
            entries[p].alias = r as u32;
            share[r] -= 1.0 - share[p];
            if share[r] < 1.0 {
                rich.pop();
                poor.push(r);
            }
        }
        Ok(Self { entries, total })
    }

    /// Sum of the weights.
    #[must_use]
    pub const fn total_weight(&self) -> f64 {
        self.total
    }

    /// Voxels with their share of the decays.
    pub(crate) fn voxels(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().map(|entry| entry.voxel)
    }

    /// Voxel of a decay.
    #[inline(always)]
    pub(crate) fn sample(&self, stream: &mut Stream) -> ([i32; 3], u32) {
        let bits = stream.next_u64();
        let at = ((u128::from(bits) * self.entries.len() as u128) >> 64) as usize;
        let entry = &self.entries[at];
        let (u, _) = stream.uniform_pair();
        let entry = if u < entry.keep {
            entry
        } else {
            &self.entries[entry.alias as usize]
        };
        (entry.index.map(i32::from), entry.voxel)
    }
}
