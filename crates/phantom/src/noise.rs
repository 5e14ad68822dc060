//! Random numbers that are the same bits on every machine.
//!
//! ChaCha with 8 rounds, one stream for each slice of an image, so that the
//! result does not depend on threads. Logarithm, exponential and the gamma
//! function come from the `libm` crate in software, since those of operating
//! systems differ in the last bit and a rejection step would turn that into
//! another image.
//!
//! - Normal: polar method (Marsaglia and Bray 1964).
//! - Poisson: for means below 12 products of uniform numbers (Knuth), above
//!   transformed rejection with squeeze (Hörmann 1993, algorithm PTRS).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Which image the numbers are for: images of one seed share no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoiseOf {
    Ct,
    Pet,
    Spect,
    AnteriorView,
    PosteriorView,
}

/// A stream of random numbers.
pub(crate) struct Stream {
    generator: ChaCha8Rng,
    spare_normal: Option<f64>,
}

impl Stream {
    /// The stream of one slice of one image at one month.
    pub(crate) fn new(seed: u64, image: NoiseOf, month: f64, slice: usize) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = match image {
            NoiseOf::Ct => 1,
            NoiseOf::Pet => 2,
            NoiseOf::Spect => 3,
            NoiseOf::AnteriorView => 4,
            NoiseOf::PosteriorView => 5,
        };
        key[16..24].copy_from_slice(&month.to_bits().to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(slice as u64);
        Self {
            generator,
            spare_normal: None,
        }
    }

    /// Uniform in [0, 1), 53 bits.
    pub(crate) fn uniform(&mut self) -> f64 {
        /// 2⁻⁵³.
        const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;
        (self.generator.next_u64() >> 11) as f64 * STEP
    }

    /// Normal with mean 0 and standard deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * libm::log(square) / square).sqrt();
                self.spare_normal = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// Poisson with this mean; 0 for a mean of 0 or less.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        if mean <= 0.0 {
            0.0
        } else if mean < 12.0 {
            self.poisson_by_products(mean)
        } else {
            self.poisson_by_rejection(mean)
        }
    }

    fn poisson_by_products(&mut self, mean: f64) -> f64 {
        let limit = libm::exp(-mean);
        let mut product = self.uniform();
        let mut count = 0.0;
        while product > limit {
            product *= self.uniform();
            count += 1.0;
        }
        count
    }

    /// Constants as printed in Hörmann 1993, PTRS.
    fn poisson_by_rejection(&mut self, mean: f64) -> f64 {
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        let log_mean = libm::log(mean);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let accept = libm::log(v * inverse_alpha / (a / (us * us) + b));
            if accept <= k * log_mean - mean - libm::lgamma(k + 1.0) {
                return k;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let draws = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..draws {
            let value = draw();
            sum += value;
            squares += value * value;
        }
        let mean = sum / f64::from(draws);
        (mean, squares / f64::from(draws) - mean * mean)
    }

    #[test]
    fn poisson_has_its_mean_as_variance() {
        let mut stream = Stream::new(1, NoiseOf::Pet, 0.0, 0);
        for mean in [0.3, 3.0, 11.9, 12.1, 60.0, 1500.0] {
            let (found, variance) = mean_and_variance(|| stream.poisson(mean));
            // Five standard errors of mean and variance from 200 000 draws:
            // sqrt(m/n) and about sqrt((2 m^2 + m)/n).
            let n = 200_000.0_f64;
            assert!(
                (found - mean).abs() < 5.0 * (mean / n).sqrt(),
                "{mean}: {found}"
            );
            let error = 5.0 * ((2.0 * mean * mean + mean) / n).sqrt();
            assert!((variance - mean).abs() < error, "{mean}: {variance}");
        }
        assert!(stream.poisson(0.0).abs() < f64::EPSILON);
    }

    #[test]
    fn normal_has_mean_0_and_variance_1() {
        let mut stream = Stream::new(1, NoiseOf::Ct, 0.0, 0);
        let (mean, variance) = mean_and_variance(|| stream.normal());
        // Five standard errors: 1/sqrt(n) and sqrt(2/n).
        assert!(mean.abs() < 0.0112 && (variance - 1.0).abs() < 0.0159);
    }

    #[test]
    fn streams_of_slices_images_and_months_differ() {
        let first = |seed, image, month, slice| Stream::new(seed, image, month, slice).uniform();
        let numbers = [
            first(1, NoiseOf::Ct, 0.0, 0),
            first(2, NoiseOf::Ct, 0.0, 0),
            first(1, NoiseOf::Pet, 0.0, 0),
            first(1, NoiseOf::Ct, 3.0, 0),
            first(1, NoiseOf::Ct, 0.0, 1),
        ];
        for (at, number) in numbers.iter().enumerate() {
            assert!(
                numbers[..at]
                    .iter()
                    .all(|other| (other - number).abs() > 1e-12)
            );
        }
    }
}
