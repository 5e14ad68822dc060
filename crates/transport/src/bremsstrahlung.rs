//! Bremsstrahlung: photon energies and directions.
//!
//! The spectrum has the shape of Bethe and Heitler in the Born approximation,
//! integrated over angles (formula 3BN of koch1959), times Elwert's Coulomb
//! factor (elwert1939) at the material's mean charge; its scale is set by the
//! radiative stopping power of NIST ESTAR, so the energy in photons is right.
//! Screening is left out: it matters below 1 % of the electron's energy.
//! Directions: `p(cos θ) ∝ (1 − β cos θ)⁻²`, the leading term.

use crate::constants::{ELECTRON_MASS_MEV, FINE_STRUCTURE, beta_squared};
use crate::random::Stream;

/// Number of intervals of an inverse distribution.
const QUANTILES: usize = 64;

/// Photon energies above a cut at one energy of the electron.
#[derive(Debug, Clone)]
pub(crate) struct PhotonEnergyTable {
    /// `ln(k/cut)/ln(E/cut)` at equal steps of probability.
    quantiles: [f32; QUANTILES + 1],
}

/// `k dσ/dk` in arbitrary units, at energies in units of `mc²`.
fn scaled_shape(kinetic: f64, k: f64, z: f64) -> f64 {
    let e0 = kinetic + 1.0;
    let e = e0 - k;
    if e <= 1.0 {
        return 0.0;
    }
    let (p0, p) = ((e0 * e0 - 1.0).sqrt(), (e * e - 1.0).sqrt());
    let l = 2.0 * libm::log((e0 * e + p0 * p - 1.0) / k);
    let eps0 = libm::log((e0 + p0) / (e0 - p0));
    let eps = libm::log((e + p) / (e - p));
    let bracket = 4.0 / 3.0 - 2.0 * e0 * e * (p * p + p0 * p0) / (p0 * p0 * p * p)
        + eps0 * e / p0.powi(3)
        + eps * e0 / p.powi(3)
        - eps * eps0 / (p0 * p)
        + l * (8.0 * e0 * e / (3.0 * p0 * p)
            + k * k / (p0 * p).powi(3) * (e0 * e0 * e * e + p0 * p0 * p * p)
            + k / (2.0 * p0 * p)
                * ((e0 * e + p0 * p0) / p0.powi(3) * eps0 - (e0 * e + p * p) / p.powi(3) * eps
                    + 2.0 * k * e0 * e / (p * p * p0 * p0)));
    let (beta0, beta) = (p0 / e0, p / e);
    let az = 2.0 * std::f64::consts::PI * FINE_STRUCTURE * z;
    let elwert = beta0 * (1.0 - libm::exp(-az / beta0)) / (beta * (1.0 - libm::exp(-az / beta)));
    (p / p0 * bracket * elwert).max(0.0)
}

/// Number of photons above `cut_mev` per g/cm², the stopping power by photons
/// below it (MeV cm²/g), and the table of energies above.
pub(crate) fn above_cut(
    energy_mev: f64,
    cut_mev: f64,
    z: f64,
    radiative_stopping: f64,
) -> (f64, f64, PhotonEnergyTable) {
    let m = ELECTRON_MASS_MEV;
    let flat = PhotonEnergyTable {
        quantiles: std::array::from_fn(|i| i as f32 / QUANTILES as f32),
    };
    if energy_mev <= cut_mev * 1.001 {
        return (0.0, radiative_stopping, flat);
    }
    let shape = |k_mev: f64| scaled_shape(energy_mev / m, k_mev / m, z);
    // Below the cut k dσ/dk is smooth: midpoints, linear in k.
    let below: f64 = (0..50)
        .map(|i| shape(cut_mev * (f64::from(i) + 0.5) / 50.0))
        .sum::<f64>()
        * cut_mev
        / 50.0;
    // Above: midpoints in ln k.
    const FINE: usize = 512;
    let span = libm::log(energy_mev / cut_mev);
    let mut cumulative = vec![0.0];
    let (mut number, mut energy) = (0.0, 0.0);
    for at in 0..FINE {
        let k = cut_mev * libm::exp(span * (at as f64 + 0.5) / FINE as f64);
        let value = shape(k) * span / FINE as f64;
        number += value;
        energy += value * k;
        cumulative.push(number);
    }
    let scale = radiative_stopping / (below + energy);
    let quantiles = std::array::from_fn(|i| {
        let wanted = number * i as f64 / QUANTILES as f64;
        let above = cumulative.partition_point(|c| *c < wanted).clamp(1, FINE);
        let (c0, c1) = (cumulative[above - 1], cumulative[above]);
        let t = if c1 > c0 {
            (wanted - c0) / (c1 - c0)
        } else {
            0.0
        };
        ((above as f64 - 1.0 + t) / FINE as f64) as f32
    });
    (
        number * scale,
        below * scale,
        PhotonEnergyTable { quantiles },
    )
}

impl PhotonEnergyTable {
    /// A photon energy, MeV, for an electron of `energy_mev`.
    pub(crate) fn sample(&self, energy_mev: f64, cut_mev: f64, stream: &mut Stream) -> f64 {
        let x = stream.uniform() * QUANTILES as f64;
        let at = (x as usize).min(QUANTILES - 1);
        let t = x - at as f64;
        let (a, b) = (self.quantiles[at], self.quantiles[at + 1]);
        let fraction = f64::from(a) + f64::from(b - a) * t;
        cut_mev * libm::exp(fraction * libm::log((energy_mev / cut_mev).max(1.0)))
    }
}

/// Cosine between electron and photon.
pub(crate) fn photon_cosine(energy_mev: f64, stream: &mut Stream) -> f64 {
    let beta = beta_squared(energy_mev).sqrt();
    let x = 2.0 * stream.uniform() - 1.0;
    (x + beta) / (x * beta + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_above_and_below_the_cut_add_up() {
        let (number, below, table) = above_cut(1.0, 0.01, 7.0, 0.0128);
        let mut stream = Stream::new(5, 5);
        let n = 200_000;
        let mean: f64 = (0..n)
            .map(|_| table.sample(1.0, 0.01, &mut stream))
            .sum::<f64>()
            / f64::from(n);
        // Sampling noise of 0.3 % and the table's linear pieces.
        assert!((number * mean + below) / 0.0128 - 1.0 < 0.01);
        assert!((number * mean + below) / 0.0128 - 1.0 > -0.01);
    }
}
