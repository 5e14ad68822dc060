//! Until when a run goes on, and what it tells on the way.
//!
//! Rounds of batches follow each other until the goal is met or the caller
//! says stop; between rounds the caller sees where the run stands. The number
//! of batches in a round depends on the batches made so far alone, so a run
//! that meets its goal is the same bits on any machine, and a run that was
//! stopped goes on from its [`Tally`] to the same bits.

use std::ops::ControlFlow;

use crate::simulation::Simulation;
use crate::{Tally, TransportError};

/// What a run is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// So many histories, rounded up to whole batches.
    Histories(u64),
    /// A mean relative standard deviation over the voxels that hold more than
    /// half of the largest energy per mass.
    VoxelUncertainty(f64),
    /// A relative standard deviation of the mean dose of a region, by its
    /// number.
    RegionUncertainty {
        /// Number of the region.
        region: usize,
        /// Relative standard deviation to reach.
        relative: f64,
    },
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Histories so far.
    pub histories: u64,
    /// Batches so far.
    pub batches: u64,
    /// The uncertainty that the goal names, or that of voxels; absent before
    /// there are enough batches.
    pub uncertainty: Option<f64>,
}

/// Fewest batches from which an uncertainty is told: with fewer it is not
/// known to a third.
const FEWEST_BATCHES: u64 = 10;
/// Batches of the first round, and most of a round.
const ROUND: std::ops::RangeInclusive<u64> = 4..=64;

impl Simulation {
    /// Goes on with a tally until the goal is met or `progress` breaks.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] for a goal that cannot be met and a region
    /// that is not there; [`TransportError::ForeignState`] for a tally of
    /// another world.
    pub fn run_until(
        &self,
        tally: &mut Tally,
        goal: Goal,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<(), TransportError> {
        self.check_goal(goal)?;
        self.check_tally(tally)?;
        let mut workers = self.workers();
        loop {
            let uncertainty = self.uncertainty(tally, goal);
            let left = match goal {
                Goal::Histories(histories) => histories
                    .saturating_sub(tally.histories())
                    .div_ceil(self.histories_per_batch()),
                Goal::VoxelUncertainty(wanted)
                | Goal::RegionUncertainty {
                    relative: wanted, ..
                } => {
                    if uncertainty.is_some_and(|reached| reached <= wanted) {
                        0
                    } else {
                        u64::MAX
                    }
                }
            };
            let report = Progress {
                histories: tally.histories(),
                batches: tally.batches(),
                uncertainty,
            };
            if progress(&report).is_break() || left == 0 {
                return Ok(());
            }
            let round = (tally.batches() / 4).clamp(*ROUND.start(), *ROUND.end());
            self.run_with(&mut workers, tally, round.min(left));
        }
    }

    fn check_goal(&self, goal: Goal) -> Result<(), TransportError> {
        let relative = match goal {
            Goal::Histories(_) => return Ok(()),
            Goal::VoxelUncertainty(relative) => relative,
            Goal::RegionUncertainty { region, relative } => {
                if region >= self.region_count() {
                    return Err(TransportError::OutOfRange {
                        what: "number of a region",
                        value: region.to_string(),
                        allowed: "the regions of the run",
                    });
                }
                relative
            }
        };
        if (1e-5..=1.0).contains(&relative) {
            return Ok(());
        }
        Err(TransportError::OutOfRange {
            what: "relative uncertainty",
            value: relative.to_string(),
            allowed: "1e-5..=1",
        })
    }

    fn uncertainty(&self, tally: &Tally, goal: Goal) -> Option<f64> {
        if tally.batches() < FEWEST_BATCHES {
            return None;
        }
        match goal {
            Goal::RegionUncertainty { region, .. } => {
                let (mean, sigma) = self.region_energy_mev(tally, region)?;
                (mean > 0.0).then(|| sigma / mean)
            }
            _ => self.voxel_uncertainty(tally),
        }
    }

    /// Mean relative standard deviation over the voxels that hold more than
    /// half of the largest energy per mass.
    #[must_use]
    pub fn voxel_uncertainty(&self, tally: &Tally) -> Option<f64> {
        let count = self.world().grid().voxel_count();
        let dose =
            |voxel: usize| self.energy_per_history_mev(tally, voxel).0 / self.world().mass_g(voxel);
        let largest = (0..count).map(dose).fold(0.0, f64::max);
        let (mut sum, mut voxels) = (0.0, 0.0);
        for voxel in 0..count {
            if dose(voxel) > 0.5 * largest {
                let (mean, sigma) = self.energy_per_history_mev(tally, voxel);
                sum += sigma / mean;
                voxels += 1.0;
            }
        }
        (voxels > 0.0).then_some(sum / voxels)
    }
}
