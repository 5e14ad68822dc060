//! Collisions with single electrons that cost more than the cut.
//!
//! Møller scattering for electrons, Bhabha scattering for positrons, target
//! electrons free and at rest (moller1932, bhabha1936 in the form of
//! salvat2019): `dσ/dW = C (Z/A) β⁻² g(W)/W²` for each unit of mass length.
//! An electron gives up to half of its energy (the faster one is the primary),
//! a positron all of it.

use crate::Charge;
use crate::constants::{COLLISION_SCALE, ELECTRON_MASS_MEV, beta_squared};
use crate::random::Stream;

/// Largest energy that a collision can cost.
pub(crate) fn largest_loss(charge: Charge, energy_mev: f64) -> f64 {
    match charge {
        Charge::Negative => 0.5 * energy_mev,
        Charge::Positive => energy_mev,
    }
}

/// `g(W)`: what the cross section is over `1/W²`.
#[inline]
fn shape(charge: Charge, energy: f64, loss: f64) -> f64 {
    let m = ELECTRON_MASS_MEV;
    match charge {
        Charge::Negative => {
            let total = energy + m;
            let c = m * (2.0 * energy + m) / (total * total);
            let ratio = loss / (energy - loss);
            1.0 + ratio * ratio + loss * loss / (total * total) - c * ratio
        }
        Charge::Positive => {
            let gamma = energy / m + 1.0;
            let k = loss / energy;
            let g1 = gamma + 1.0;
            let a = (gamma - 1.0) * (gamma - 1.0) / (gamma * gamma);
            let b1 = a * (2.0 * g1 * g1 - 1.0) / (gamma * gamma - 1.0);
            let b2 = a * (3.0 * g1 * g1 + 1.0) / (g1 * g1);
            let b3 = a * 2.0 * gamma * (gamma - 1.0) / (g1 * g1);
            let b4 = a * (gamma - 1.0) * (gamma - 1.0) / (g1 * g1);
            1.0 - b1 * k + b2 * k * k - b3 * k * k * k + b4 * k * k * k * k
        }
    }
}

/// Rate (per g/cm²) and stopping power (MeV cm²/g) of collisions that cost
/// more than `cut`, for one mole of electrons per gram.
pub(crate) fn above_cut(charge: Charge, energy_mev: f64, cut_mev: f64) -> (f64, f64) {
    let top = largest_loss(charge, energy_mev);
    if top <= cut_mev {
        return (0.0, 0.0);
    }
    let scale = COLLISION_SCALE / beta_squared(energy_mev);
    // Simpson's rule in ln W, where the integrands are smooth.
    const PANELS: usize = 200;
    let width = libm::log(top / cut_mev) / PANELS as f64;
    let (mut rate, mut loss) = (0.0, 0.0);
    for at in 0..=PANELS {
        let w = cut_mev * libm::exp(width * at as f64);
        let weight = match at {
            0 | PANELS => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let g = shape(charge, energy_mev, w.min(top)) * weight;
        rate += g / w;
        loss += g;
    }
    (rate * scale * width / 3.0, loss * scale * width / 3.0)
}

/// A collision: energy lost, cosines of the primary and of the knocked-on electron.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Collision {
    pub loss_mev: f64,
    pub primary_cosine: f64,
    pub secondary_cosine: f64,
}

/// Samples a collision that costs more than `cut_mev`.
pub(crate) fn sample(
    charge: Charge,
    energy_mev: f64,
    cut_mev: f64,
    stream: &mut Stream,
) -> Option<Collision> {
    let top = largest_loss(charge, energy_mev);
    if top <= cut_mev {
        return None;
    }
    // g is largest at one of the ends.
    let bound = shape(charge, energy_mev, top)
        .max(shape(charge, energy_mev, cut_mev))
        .max(1.0);
    let loss_mev = loop {
        // 1/W² between cut and top.
        let w = cut_mev * top / (top - stream.uniform() * (top - cut_mev));
        if stream.uniform() * bound < shape(charge, energy_mev, w) {
            break w;
        }
    };
    let m2 = 2.0 * ELECTRON_MASS_MEV;
    let rest = energy_mev - loss_mev;
    Some(Collision {
        loss_mev,
        primary_cosine: (rest * (energy_mev + m2) / (energy_mev * (rest + m2)))
            .max(0.0)
            .sqrt(),
        secondary_cosine: (loss_mev * (energy_mev + m2) / (energy_mev * (loss_mev + m2)))
            .min(1.0)
            .sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_agrees_with_the_closed_form() {
        // Antiderivative of the Møller cross section (salvat2019).
        let (e, cut) = (1.0_f64, 0.01_f64);
        let m = ELECTRON_MASS_MEV;
        let total = e + m;
        let c = m * (2.0 * e + m) / (total * total);
        let closed = 1.0 / cut - 1.0 / (e - cut)
            + (0.5 * e - cut) / (total * total)
            + c / e * libm::log(cut / (e - cut));
        let closed = COLLISION_SCALE / beta_squared(e) * closed;
        let (rate, _) = above_cut(Charge::Negative, e, cut);
        assert!((rate / closed - 1.0).abs() < 1e-6, "{rate} {closed}");
    }

    #[test]
    fn samples_have_the_mean_of_the_integral() {
        for charge in [Charge::Negative, Charge::Positive] {
            let (rate, loss) = above_cut(charge, 1.0, 0.05);
            let mut stream = Stream::new(3, 3);
            let n = 100_000;
            let (mut sum, mut square) = (0.0, 0.0);
            for _ in 0..n {
                let w = sample(charge, 1.0, 0.05, &mut stream).unwrap().loss_mev;
                sum += w;
                square += w * w;
            }
            let mean = sum / f64::from(n);
            let sigma = ((square / f64::from(n) - mean * mean) / f64::from(n)).sqrt();
            assert!(
                (mean - loss / rate).abs() < 4.0 * sigma,
                "{mean} {}",
                loss / rate
            );
        }
    }
}
