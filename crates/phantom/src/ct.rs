//! The contrast CT.
//!
//! Each voxel is the mean CT number of what it holds (partial voxels), plus
//! independent Gaussian noise, rounded to whole HU as a scanner stores it and
//! kept to −1024..=3071 HU (12 bits).

use rayon::prelude::*;
use sirt_image::{Grid, Hounsfield, Volume};

use crate::PhantomError;
use crate::anatomy::Region;
use crate::noise::{NoiseOf, Stream};
use crate::phantom::{Phantom, centred_grid};
use crate::raster::rasterise_values;
use crate::tissue::Tissue;

/// How the CT is made.
#[derive(Debug, Clone, PartialEq)]
pub struct CtSettings {
    /// Voxels.
    pub grid: Grid,
    /// Standard deviation of the noise, HU, 0 or more.
    pub noise_hu: f64,
    /// Seed of the noise.
    pub seed: u64,
}

impl CtSettings {
    /// The whole trunk: 320 × 240 × 130 voxels of 1.17 × 1.17 × 3 mm, 10 HU.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn whole_trunk(seed: u64) -> Result<Self, PhantomError> {
        Ok(Self {
            grid: Phantom::grid([320, 240], [1.17, 1.17, 3.0])?,
            noise_hu: 10.0,
            seed,
        })
    }

    /// Liver and spleen alone, for follow-up: as the whole trunk but 64 slices.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn upper_abdomen(seed: u64) -> Result<Self, PhantomError> {
        Ok(Self {
            // Slices coincide with slices 21 to 84 of the whole trunk.
            grid: centred_grid([320, 240, 64], [1.17, 1.17, 3.0], -36.0)?,
            noise_hu: 10.0,
            seed,
        })
    }
}

impl Phantom {
    /// The portal venous CT at this date.
    ///
    /// # Errors
    /// [`PhantomError::Setting`] for noise below 0 or not finite.
    pub fn ct(&self, settings: &CtSettings) -> Result<Volume<Hounsfield>, PhantomError> {
        if !(settings.noise_hu >= 0.0 && settings.noise_hu.is_finite()) {
            return Err(PhantomError::Setting {
                name: "noise",
                value: format!("{} HU", settings.noise_hu),
                allowed: "0 HU and above",
            });
        }
        let regions = self.anatomy().regions();
        let numbers: Vec<f64> = regions
            .iter()
            .map(|region: &Region| region.tissue.hounsfield)
            .collect();
        let grid = &settings.grid;
        let mut means = rasterise_values(grid, regions, &numbers, Tissue::AIR.hounsfield);
        let [nx, ny, _] = grid.size();
        means
            .par_chunks_mut(nx * ny)
            .enumerate()
            .for_each(|(k, slice)| {
                let mut stream = Stream::new(settings.seed, NoiseOf::Ct, self.month(), k);
                for value in slice {
                    let noisy = *value + settings.noise_hu * stream.normal();
                    *value = noisy.round().clamp(-1024.0, 3071.0);
                }
            });
        let values = means.into_iter().map(|value| value as f32).collect();
        Ok(Volume::new(grid.clone(), None, values)?)
    }
}
