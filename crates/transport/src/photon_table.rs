//! Photon cross sections of materials by energy, and what samples angles.
//!
//! Mass attenuation by Bragg's additivity from XCOM (key xcom), 16 energies to
//! an octave, linear in between: absorption edges are smeared by 4 % of their
//! energy. Coherent scattering follows `F²` of the form factors, incoherent
//! scattering Klein and Nishina times the scattering function (hubbell1975).

use crate::constants::{AVOGADRO, HC_MEV_ANGSTROM};
use crate::element::Element;
use crate::{Material, MaterialLibrary, TransportError};

/// Lowest photon energy that is followed, MeV.
pub(crate) const LOWEST_PHOTON_MEV: f64 = 0.001;
const FIRST: u32 = (127 - 10) << 4;
const NODES: usize = 12 * 16 + 1;

/// Node below an energy and the place between it and the next.
pub(crate) fn place(energy_mev: f64) -> (usize, f64) {
    let bits = (energy_mev.clamp(0.000_977, 3.999_99) as f32).to_bits();
    let at = (bits >> 19).saturating_sub(FIRST) as usize;
    (
        at.min(NODES - 2),
        f64::from(bits & 0x7_ffff) / f64::from(1 << 19),
    )
}

fn node_energy(at: usize) -> f64 {
    (1_u64 << (at / 16)) as f64 / 1024.0 * (1.0 + (at % 16) as f64 / 16.0)
}

/// Photon data of one material.
#[derive(Debug, Clone)]
pub(crate) struct PhotonTable {
    /// Coherent, incoherent, photoelectric, pair: cm²/g.
    nodes: Vec<[f64; 4]>,
    /// Momentum transfer squared (1/Å²), cumulative of `F²`.
    coherent: Vec<(f64, f64)>,
    /// Momentum transfer (1/Å), scattering function per electron.
    incoherent: Vec<(f64, f64)>,
}

impl PhotonTable {
    pub(crate) fn new(
        material: &Material,
        library: &MaterialLibrary,
    ) -> Result<Self, TransportError> {
        let elements = material.elements(&library.elements)?;
        let nodes = (0..NODES)
            .map(|at| {
                let energy = node_energy(at).max(0.001);
                std::array::from_fn(|process| {
                    elements
                        .iter()
                        .map(|(e, w)| {
                            w / e.atomic_weight * AVOGADRO * 1e-24 * e.photon_barn(process, energy)
                        })
                        .sum()
                })
            })
            .collect();
        let weighted = |at: usize, of: &dyn Fn(&Element, usize) -> f64| -> f64 {
            elements
                .iter()
                .map(|(e, w)| w / e.atomic_weight * of(e, at))
                .sum()
        };
        let points = elements
            .iter()
            .map(|(e, _)| e.form.len())
            .min()
            .unwrap_or(0);
        let momentum: Vec<f64> = elements
            .first()
            .map(|(e, _)| e.form.iter().map(|row| row[0]).collect())
            .unwrap_or_default();
        let squared: Vec<f64> = (0..points)
            .map(|at| weighted(at, &|e, at| e.form[at][1] * e.form[at][1]))
            .collect();
        let mut coherent = vec![(0.0, 0.0)];
        for at in 1..points {
            let (a, b) = (momentum[at - 1].powi(2), momentum[at].powi(2));
            let before = coherent.last().map_or(0.0, |point: &(f64, f64)| point.1);
            coherent.push((b, before + (b - a) * 0.5 * (squared[at - 1] + squared[at])));
        }
        let electrons = weighted(0, &|e, _| f64::from(e.z));
        let incoherent = (0..points)
            .map(|at| {
                (
                    momentum[at],
                    weighted(at, &|e, at| e.form[at][2]) / electrons,
                )
            })
            .collect();
        Ok(Self {
            nodes,
            coherent,
            incoherent,
        })
    }

    /// Cross sections at an energy, cm²/g.
    pub(crate) fn at(&self, energy_mev: f64) -> [f64; 4] {
        let (at, t) = place(energy_mev);
        std::array::from_fn(|process| {
            let (a, b) = (self.nodes[at][process], self.nodes[at + 1][process]);
            a + (b - a) * t
        })
    }

    /// Largest total at the nodes around a node, cm²/g: a bound between them.
    pub(crate) fn bound(&self, at: usize) -> f64 {
        let total = |at: usize| self.nodes[at].iter().sum::<f64>();
        total(at).max(total((at + 1).min(NODES - 1)))
    }

    /// Number of nodes.
    pub(crate) const fn len() -> usize {
        NODES
    }

    /// Scattering function per electron at an angle.
    pub(crate) fn scattering_function(&self, energy_mev: f64, cosine: f64) -> f64 {
        let x = (0.5 * (1.0 - cosine)).max(0.0).sqrt() * energy_mev / HC_MEV_ANGSTROM;
        crate::element::linear(&self.incoherent, x).min(1.0)
    }

    /// Cosine of a coherent scattering before the weight `(1 + cos²)/2`.
    pub(crate) fn coherent_cosine(&self, energy_mev: f64, u: f64) -> f64 {
        let top = (energy_mev / HC_MEV_ANGSTROM).powi(2);
        let wanted = u * crate::element::linear(&self.coherent, top);
        let above = self
            .coherent
            .partition_point(|point| point.1 <= wanted)
            .clamp(1, self.coherent.len() - 1);
        let ((x0, c0), (x1, c1)) = (self.coherent[above - 1], self.coherent[above]);
        let x = if c1 > c0 {
            x0 + (x1 - x0) * (wanted - c0) / (c1 - c0)
        } else {
            x1
        };
        (1.0 - 2.0 * x / top).clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attenuation_of_water_is_that_of_nist() {
        let library = MaterialLibrary::built_in().unwrap();
        let table = PhotonTable::new(library.get("water").unwrap(), &library).unwrap();
        // NIST mass attenuation of water with coherent scattering, cm2/g:
        // hubbell2004, recalled.
        for (energy, expected) in [
            (0.03, 0.3756),
            (0.1, 0.1707),
            (0.5, 0.09687),
            (1.0, 0.07072),
        ] {
            let ours: f64 = table.at(energy).iter().sum();
            // Linear between 16 energies to an octave.
            assert!((ours / expected - 1.0).abs() < 5e-3, "{energy}: {ours}");
        }
    }
}
