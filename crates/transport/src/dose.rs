//! From energy in voxels to absorbed dose.

use sirt_image::{Unspecified, Volume};
use sirt_quantity::{AbsorbedDose, MEV_IN_JOULE};

use crate::simulation::Simulation;
use crate::{Tally, TransportError};

/// What the dose is absorbed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoseTo {
    /// The material of each voxel.
    Medium,
    /// A small piece of water in it: dose to medium times the ratio of
    /// collision stopping powers at 0.5 MeV, which varies by less than 1 % from
    /// 0.1 to 2 MeV in tissues and bone (cavity of Bragg and Gray).
    Water,
}

/// Dose in every voxel, for each decay.
#[derive(Debug, Clone)]
pub struct DosePerDecay {
    /// Mean dose, Gy for each decay of the source.
    pub mean: Volume<AbsorbedDose>,
    /// Standard deviation of the mean, relative to it; 0 where the dose is 0.
    pub relative_uncertainty: Volume<Unspecified>,
}

impl Simulation {
    /// Dose in every voxel for each decay of the source.
    ///
    /// # Errors
    /// [`TransportError::ForeignState`] for a tally of another world.
    pub fn dose_per_decay(
        &self,
        tally: &Tally,
        to: DoseTo,
    ) -> Result<DosePerDecay, TransportError> {
        self.check_tally(tally)?;
        let count = self.world().grid().voxel_count();
        let factors = self.water_factors();
        let mut mean = Vec::with_capacity(count);
        let mut relative = Vec::with_capacity(count);
        for voxel in 0..count {
            let (energy, sigma) = self.energy_per_history_mev(tally, voxel);
            let factor = match to {
                DoseTo::Medium => 1.0,
                DoseTo::Water => factors[self.world().material_at(self.world().cell(voxel))],
            };
            // MeV to J, g to kg.
            let dose = energy * MEV_IN_JOULE / (self.world().mass_g(voxel) * 1e-3) * factor;
            mean.push(dose as f32);
            relative.push(if energy > 0.0 {
                (sigma / energy) as f32
            } else {
                0.0
            });
        }
        let grid = self.world().grid();
        Ok(DosePerDecay {
            mean: Volume::new(grid.clone(), None, mean)?,
            relative_uncertainty: Volume::new(grid.clone(), None, relative)?,
        })
    }
}
