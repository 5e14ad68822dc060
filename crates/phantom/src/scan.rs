//! What every count image shares: decay, and a way from activity to counts.
//!
//! Mean counts of a voxel: `n = c·V·2^(−t/T)·g·y·Δt` with the concentration
//! `c` at administration (Bq/mL), the voxel `V` (mL), the start `t` of the
//! frame after administration, the half-life `T`, the mean `g` of the decay
//! over the frame of length `Δt` (s), and the yield `y`: counts that end in
//! the image for each decay.
//!
//! A reconstructed image is made in three steps: the activity blurred by
//! `w₁`, Poisson counts of each voxel, and the counts blurred by `w₂`, with
//! `w₁² + w₂² = w²` for the whole resolution `w`. The last step gives noise
//! its grain and keeps it from going below 0; the mean stays exact.
//! Scatter, randoms and artefacts of attenuation correction are not made.

use jiff::civil::DateTime;
use sirt_image::{ActivityAcquisition, Grid, gaussian_blur};
use sirt_quantity::{Length, NuclideLibrary, TimeSpan};

use crate::PhantomError;
use crate::anatomy::Region;
use crate::noise::{NoiseOf, Stream};
use crate::raster::rasterise_values;
use crate::treatment::Concentrations;

/// An activity image with what its scanner recorded about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityImage<Q> {
    /// The image.
    pub volume: sirt_image::Volume<Q>,
    /// Units, decay and nuclide as recorded.
    pub acquisition: ActivityAcquisition,
    /// Start of the series.
    pub started: DateTime,
    /// Half-life that decay was computed with.
    pub half_life: TimeSpan,
}

/// Decay over a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FrameDecay {
    /// Activity at the start of the frame over that at the reference.
    pub(crate) at_start: f64,
    /// Mean over the frame over that at its start.
    pub(crate) mean_over_frame: f64,
    /// When the activity is equal to its mean, after the frame's start.
    pub(crate) mean_time: TimeSpan,
}

impl FrameDecay {
    /// Of a frame of `duration` that starts `after` the reference.
    pub(crate) fn new(after: TimeSpan, duration: TimeSpan, half_life: TimeSpan) -> Self {
        let exponent = std::f64::consts::LN_2 * (duration / half_life);
        let mean_over_frame = if exponent > 1e-12 {
            -libm::expm1(-exponent) / exponent
        } else {
            1.0
        };
        Self {
            at_start: libm::exp2(-(after / half_life)),
            mean_over_frame,
            mean_time: half_life * -libm::log2(mean_over_frame),
        }
    }
}

/// Half-life and positron fraction of a nuclide of the table.
pub(crate) fn nuclide_facts(symbol: &str) -> Result<(TimeSpan, Option<f64>), PhantomError> {
    let library = NuclideLibrary::built_in()?;
    let nuclide = library.named(symbol)?;
    let positron_fraction = nuclide.positron_fraction.as_ref();
    Ok((
        nuclide.half_life(),
        positron_fraction.map(|fraction| fraction.value),
    ))
}

/// Resolution and noise of a reconstructed image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reconstruction {
    pub(crate) resolution_fwhm_mm: f64,
    pub(crate) filter_fwhm_mm: f64,
    pub(crate) noise: bool,
    pub(crate) seed: u64,
    pub(crate) image: NoiseOf,
}

impl Reconstruction {
    /// Refuses a filter wider than the resolution that it is part of.
    pub(crate) fn check(&self) -> Result<(), PhantomError> {
        let (w, filter) = (self.resolution_fwhm_mm, self.filter_fwhm_mm);
        if !((0.0..=50.0).contains(&w) && (0.0..=w).contains(&filter)) {
            return Err(PhantomError::Setting {
                name: "resolution and filter",
                value: format!("{w} mm and {filter} mm"),
                allowed: "0 <= filter <= resolution <= 50 mm FWHM",
            });
        }
        Ok(())
    }

    /// Concentration at administration as the scanner sees it, Bq/mL.
    /// `counts_per_unit` of a slice turns 1 Bq/mL into mean counts of a voxel.
    pub(crate) fn see(
        &self,
        grid: &Grid,
        regions: &[Region],
        concentrations: &Concentrations,
        counts_per_unit: &(impl Fn(usize) -> f64 + Sync),
    ) -> Vec<f64> {
        let mut image = self.means(grid, regions, concentrations);
        self.count(&mut image, grid, counts_per_unit);
        image
    }

    /// The first step: means of what is counted, Bq/mL.
    pub(crate) fn means(
        &self,
        grid: &Grid,
        regions: &[Region],
        concentrations: &Concentrations,
    ) -> Vec<f64> {
        let values: Vec<f64> = regions
            .iter()
            .map(|region| concentrations.of(region.part).as_bq_per_ml())
            .collect();
        let mut image = rasterise_values(grid, regions, &values, 0.0);
        let (whole, filter) = (self.resolution_fwhm_mm, self.filter_fwhm_mm);
        let first = Length::from_mm((whole * whole - filter * filter).sqrt());
        gaussian_blur(&mut image, grid, first);
        image
    }

    /// The second and third step, in place: counts, and their filter.
    pub(crate) fn count(
        &self,
        image: &mut [f64],
        grid: &Grid,
        counts_per_unit: &(impl Fn(usize) -> f64 + Sync),
    ) {
        use rayon::prelude::*;
        if self.noise {
            let [nx, ny, _] = grid.size();
            image
                .par_chunks_mut(nx * ny)
                .enumerate()
                .for_each(|(k, slice)| {
                    let mut stream = Stream::new(self.seed, self.image, 0.0, k);
                    let counts = counts_per_unit(k);
                    for value in slice {
                        *value = stream.poisson(*value * counts) / counts;
                    }
                });
        }
        gaussian_blur(image, grid, Length::from_mm(self.filter_fwhm_mm));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_half_an_hour() {
        let decay = FrameDecay::new(
            TimeSpan::from_hours(24.0),
            TimeSpan::from_hours(0.5),
            TimeSpan::from_hours(64.1),
        );
        // DOMAIN A.3: 0.7714 after 24 h; C.1 step 4: 0.99730 over 0.5 h.
        assert!((decay.at_start - 0.7714).abs() < 0.5e-4);
        assert!((decay.mean_over_frame - 0.99730).abs() < 0.5e-5);
        // The mean of a short frame is near its middle.
        assert!((decay.mean_time.as_minutes() - 15.0).abs() < 0.05);
    }
}
