//! Elastic scattering by atoms: the single collision and its Legendre moments.
//!
//! Screened Rutherford cross section times Mott's spin correction in the form
//! of McKinley and Feshbach (mckinley1948), in `μ = (1 − cos θ)/2`:
//! `dσ/dμ = 4π (r_e/(2γβ²))² [Z² R(μ)/(μ + η)² + Z s(μ)/(μ + η_e)²]`,
//! `R = 1 − β²μ ± π α β Z √μ (1 − √μ)` (plus for electrons),
//! `η = ¼ (α mc Z^⅓/(0.88534 p))² (1.13 + 3.76 (αZ/β)²)` (moliere1947).
//! The term in `Z` is scattering by atomic electrons, up to the angle at which
//! a collision costs the cut (`s = 1` below it): above, it is a hard collision
//! and deflects there. Atomic electrons are screened less than the nucleus:
//! `ln(η/η_e) = ln[0.160 Z^(−⅔) (1 + 3.33 (αZ/β)²)] + u` with `u` 3.6 for
//! hydrogen and 5.0 beyond lithium (fano1954).
//! R holds to 1 % for αZ < 0.15 (calcium); iodine deviates more, at angles that
//! are rare.

use crate::constants::{
    AVOGADRO, ELECTRON_MASS_MEV, ELECTRON_RADIUS_CM, FINE_STRUCTURE, beta_squared,
};
use crate::element::Element;
use crate::{Charge, hard_collision};

/// Points of a quadrature over the cross section: `μ` and weight in cm²/g.
#[derive(Debug, Clone)]
pub(crate) struct ElasticQuadrature {
    points: Vec<(f64, f64)>,
}

/// Three-point Gauss rule on −1..1.
const GAUSS: [(f64, f64); 3] = [
    (-0.774_596_669_241_483_4, 5.0 / 9.0),
    (0.0, 8.0 / 9.0),
    (0.774_596_669_241_483_4, 5.0 / 9.0),
];

impl ElasticQuadrature {
    /// The cross section of a material at an energy, for collisions that cost
    /// less than `cut_mev`.
    pub(crate) fn new(
        elements: &[(&Element, f64)],
        charge: Charge,
        energy_mev: f64,
        cut_mev: f64,
    ) -> Self {
        let beta2 = beta_squared(energy_mev);
        let beta = beta2.sqrt();
        let gamma = energy_mev / ELECTRON_MASS_MEV + 1.0;
        let momentum = beta * gamma;
        let scale = 4.0
            * std::f64::consts::PI
            * (ELECTRON_RADIUS_CM / (2.0 * gamma * beta2)).powi(2)
            * AVOGADRO;
        let sign = match charge {
            Charge::Negative => 1.0,
            Charge::Positive => -1.0,
        };
        let terms: Vec<(f64, f64, f64, f64)> = elements
            .iter()
            .map(|(element, w)| {
                let z = f64::from(element.z);
                let screening = 0.25
                    * (FINE_STRUCTURE * libm::cbrt(z) / (0.885_34 * momentum)).powi(2)
                    * (1.13 + 3.76 * (FINE_STRUCTURE * z / beta).powi(2));
                let coupling = (FINE_STRUCTURE * z / beta).powi(2);
                let excess =
                    libm::log(0.160 * (1.0 + 3.33 * coupling) / libm::cbrt(z * z)) + inelastic(z);
                let electron_screening = screening * libm::exp(-excess);
                (
                    z,
                    screening,
                    electron_screening,
                    scale * w / element.atomic_weight,
                )
            })
            .collect();
        let smallest = terms.iter().map(|t| t.1).fold(1.0, f64::min);
        let smallest_electron = terms.iter().map(|t| t.2).fold(1.0, f64::min);
        let nucleus = |mu: f64| -> f64 {
            terms
                .iter()
                .map(|(z, eta, _, c)| {
                    let root = mu.sqrt();
                    let spin = 1.0 - beta2 * mu
                        + sign
                            * std::f64::consts::PI
                            * FINE_STRUCTURE
                            * beta
                            * z
                            * root
                            * (1.0 - root);
                    c * z * z * spin / ((mu + eta) * (mu + eta))
                })
                .sum()
        };
        let electrons = |mu: f64| -> f64 {
            terms
                .iter()
                .map(|(z, _, eta, c)| c * z / ((mu + eta) * (mu + eta)))
                .sum()
        };
        let mut points = Vec::new();
        panels(&mut points, smallest, 1.0, nucleus);
        panels(
            &mut points,
            smallest_electron,
            soft_limit(charge, energy_mev, cut_mev),
            electrons,
        );
        Self { points }
    }

    /// Total cross section, cm²/g.
    #[cfg(test)]
    fn total(&self) -> f64 {
        self.points.iter().map(|(_, w)| w).sum()
    }

    /// First transport cross section `∫ 2μ dσ`, cm²/g.
    pub(crate) fn transport(&self) -> f64 {
        self.points.iter().map(|(mu, w)| 2.0 * mu * w).sum()
    }

    /// Moments `∫ (1 − P_l) dσ`, cm²/g, for `l = 0, 1, ...` until they are past
    /// `enough`, no more than `most`.
    pub(crate) fn moments(&self, enough: f64, most: usize) -> Vec<f64> {
        let mut previous = vec![1.0_f64; self.points.len()];
        let mut current: Vec<f64> = self.points.iter().map(|(mu, _)| 1.0 - 2.0 * mu).collect();
        let mut moments = vec![0.0, self.transport()];
        for l in 1..most {
            let n = l as f64;
            let mut sum = 0.0;
            for ((mu, w), (p0, p1)) in self
                .points
                .iter()
                .zip(previous.iter_mut().zip(current.iter_mut()))
            {
                let x = 1.0 - 2.0 * mu;
                let next = ((2.0 * n + 1.0) * x * *p1 - n * *p0) / (n + 1.0);
                *p0 = *p1;
                *p1 = next;
                sum += (1.0 - next) * w;
            }
            moments.push(sum);
            if sum > enough {
                break;
            }
        }
        moments
    }
}

/// Fano's `−u_in` of an element.
fn inelastic(z: f64) -> f64 {
    if z < 1.5 { 3.6 } else { 5.0 }
}

/// `μ` at which a collision with an electron costs the cut.
fn soft_limit(charge: Charge, energy_mev: f64, cut_mev: f64) -> f64 {
    let loss = cut_mev.min(hard_collision::largest_loss(charge, energy_mev) * 0.999);
    let m2 = 2.0 * ELECTRON_MASS_MEV;
    let rest = energy_mev - loss;
    let cosine = (rest * (energy_mev + m2) / (energy_mev * (rest + m2)))
        .max(0.0)
        .sqrt();
    0.5 * (1.0 - cosine)
}

/// Adds the points of a Gauss rule in `ln(μ + η)` between 0 and `top`.
fn panels(points: &mut Vec<(f64, f64)>, eta: f64, top: f64, density: impl Fn(f64) -> f64) {
    const PANELS: usize = 100;
    let low = libm::log(0.3 * eta);
    let width = (libm::log(top + 0.3 * eta) - low) / PANELS as f64;
    for panel in 0..PANELS {
        let middle = low + (panel as f64 + 0.5) * width;
        for (node, weight) in GAUSS {
            let shifted = libm::exp(middle + 0.5 * width * node);
            let mu = (shifted - 0.3 * eta).clamp(0.0, 1.0);
            points.push((mu, 0.5 * width * weight * shifted * density(mu)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::ElementLibrary;

    #[test]
    fn total_agrees_with_the_closed_form() {
        // Without spin, ∫₀¹ dμ/(μ+η)² = 1/(η(1+η)); the spin correction is
        // below 1e-3 of the total, which small angles make.
        let library = ElementLibrary::built_in().unwrap();
        let oxygen = library.get(8).unwrap();
        let energy = 1.0;
        let beta2 = beta_squared(energy);
        let gamma = energy / ELECTRON_MASS_MEV + 1.0;
        let momentum = beta2.sqrt() * gamma;
        let eta = 0.25
            * (FINE_STRUCTURE * 2.0 / (0.885_34 * momentum)).powi(2)
            * (1.13 + 3.76 * (FINE_STRUCTURE * 8.0).powi(2) / beta2);
        let scale = 4.0
            * std::f64::consts::PI
            * (ELECTRON_RADIUS_CM / (2.0 * gamma * beta2)).powi(2)
            * AVOGADRO
            / 15.9994;
        let excess =
            libm::log(0.160 / 4.0 * (1.0 + 3.33 * (FINE_STRUCTURE * 8.0).powi(2) / beta2)) + 5.0;
        let closed = scale * (64.0 + 8.0 * libm::exp(excess)) / eta;
        let ours = ElasticQuadrature::new(&[(oxygen, 1.0)], Charge::Negative, energy, 0.01).total();
        assert!((ours / closed - 1.0).abs() < 2e-3, "{ours} {closed}");
    }
}
