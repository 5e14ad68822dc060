//! What a step needs to know, by energy: length, angles, hard events, range.
//!
//! A step costs a fixed share of the energy by soft losses (collisions below
//! the cut and photons below theirs), so one energy gives one length
//! `s = ∫ dE/L(E)` in g/cm² and one distribution of angles.
//! Energies lie 16 to an octave; the node and the place between two nodes are
//! read off the bits of the number.

use crate::bremsstrahlung::{self, PhotonEnergyTable};
use crate::elastic::ElasticQuadrature;
use crate::multiple_scattering::AngleTable;
use crate::random::Stream;
use crate::stopping_power::StoppingPower;
use crate::{Charge, Material, MaterialLibrary, TransportError, hard_collision};

/// Lowest energy of the tables, MeV (2⁻⁸).
pub(crate) const LOWEST_MEV: f64 = 0.003_906_25;
/// Highest energy of the tables, MeV (2²).
pub(crate) const HIGHEST_MEV: f64 = 4.0;
/// Octaves between them.
const OCTAVES: usize = 10;
/// Nodes in an octave.
const PER_OCTAVE: usize = 16;
/// Exponent bits of the lowest energy, with the top four bits of the mantissa.
const FIRST: u32 = (127 - 8) << 4;
/// Exponents past this damp a term of the series to nothing.
const ENOUGH: f64 = 25.0;
/// Terms of the series at most.
const TERMS: usize = 1500;

/// Cuts and step length: what is sampled one by one, and what is condensed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSettings {
    /// Collisions with electrons that cost more are sampled one by one, MeV.
    pub collision_cut_mev: f64,
    /// Bremsstrahlung photons above are sampled one by one, MeV.
    pub photon_cut_mev: f64,
    /// Share of the energy that soft losses take in a step.
    pub loss_per_step: f64,
}

impl Default for StepSettings {
    /// 10 keV, 10 keV and 3 %: the cuts of the reference tables, and a step
    /// whose halving moves no voxel S value of 3 mm by more than 0.3 %.
    fn default() -> Self {
        Self {
            collision_cut_mev: 0.01,
            photon_cut_mev: 0.01,
            loss_per_step: 0.03,
        }
    }
}

impl StepSettings {
    pub(crate) fn check(&self) -> Result<(), TransportError> {
        let cuts = 0.002..=0.5;
        if !(cuts.contains(&self.collision_cut_mev)
            && cuts.contains(&self.photon_cut_mev)
            && (0.005..=0.3).contains(&self.loss_per_step))
        {
            return Err(TransportError::OutOfRange {
                what: "cuts and loss per step",
                value: format!("{self:?}"),
                allowed: "0.002..=0.5 MeV and 0.005..=0.3",
            });
        }
        Ok(())
    }
}

/// What is known at an energy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// Length of a step, g/cm².
    pub step: f64,
    /// Mean number of hard events in a step.
    pub hard_events: f64,
    /// Share of photons among hard events.
    pub photon_share: f64,
    /// Mean length of the rest of the track, g/cm².
    pub range: f64,
    /// Stopping power by all losses, MeV cm²/g.
    pub stopping: f64,
    /// First transport cross section, cm²/g.
    pub transport: f64,
    /// How much later than the middle the hinge lies on average, as a share of
    /// the step. Scattering grows along it about as `E^-1.7`: `1.7 f/12` later;
    /// the mean way forward, `(1 − e^-K)/K` of the step with `K` its exponent
    /// of the first moment, is met when it lies `K/12` earlier.
    pub late_hinge: f64,
}

/// Tables of one material for electrons or positrons.
#[derive(Debug, Clone)]
pub struct ElectronTable {
    pub(crate) charge: Charge,
    pub(crate) settings: StepSettings,
    nodes: Vec<Node>,
    angles: Vec<AngleTable>,
    photons: Vec<PhotonEnergyTable>,
}

fn node_energy(at: usize) -> f64 {
    let octave = (1_u64 << (at / PER_OCTAVE)) as f64;
    LOWEST_MEV * octave * (1.0 + (at % PER_OCTAVE) as f64 / PER_OCTAVE as f64)
}

/// Node below an energy and the place between it and the next, 0..1.
#[inline(always)]
fn place(energy_mev: f64) -> (usize, f32) {
    let clamped = energy_mev.clamp(LOWEST_MEV, HIGHEST_MEV * 0.999_999);
    let bits = (clamped as f32).to_bits();
    let at = (bits >> 19).saturating_sub(FIRST) as usize;
    let t = (bits & 0x7_ffff) as f32 * (1.0 / 524_288.0);
    (at.min(OCTAVES * PER_OCTAVE - 1), t)
}

impl ElectronTable {
    /// Builds the tables of a material.
    ///
    /// # Errors
    /// [`TransportError::Unknown`] for an element without tables,
    /// [`TransportError::OutOfRange`] for settings of no use.
    pub fn new(
        material: &Material,
        library: &MaterialLibrary,
        charge: Charge,
        settings: StepSettings,
    ) -> Result<Self, TransportError> {
        settings.check()?;
        let elements = material.elements(&library.elements)?;
        let stopping = StoppingPower::from_elements(material, &library.elements)?;
        let z_over_a = stopping.z_over_a();
        // Mean charge of bremsstrahlung: weighted by Z².
        let weigh = |power: i32| -> f64 {
            elements
                .iter()
                .map(|(e, w)| w / e.atomic_weight * f64::from(e.z).powi(power))
                .sum()
        };
        let mean_charge = weigh(3) / weigh(2);
        let cuts = (settings.collision_cut_mev, settings.photon_cut_mev);
        let soft = |energy: f64| -> (f64, f64, f64, PhotonEnergyTable) {
            let (rate, loss) = hard_collision::above_cut(charge, energy, cuts.0);
            let radiative = stopping.radiative(energy);
            let (photons, below, table) =
                bremsstrahlung::above_cut(energy, cuts.1, mean_charge, radiative);
            let collision = stopping.collision(charge, energy) - loss * z_over_a;
            (collision + below, rate * z_over_a, photons, table)
        };
        let count = OCTAVES * PER_OCTAVE + 1;
        let soft_loss: Vec<(f64, f64)> = (0..8 * PER_OCTAVE + count)
            .map(|i| {
                // Eight more octaves below for steps that reach under the tables.
                let energy = if i < 8 * PER_OCTAVE {
                    LOWEST_MEV / 256.0
                        * (1_u64 << (i / PER_OCTAVE)) as f64
                        * (1.0 + (i % PER_OCTAVE) as f64 / PER_OCTAVE as f64)
                } else {
                    node_energy(i - 8 * PER_OCTAVE)
                };
                (energy, 1.0 / soft(energy.max(0.001)).0)
            })
            .collect();
        let mut nodes: Vec<Node> = Vec::with_capacity(count);
        let mut angles = Vec::with_capacity(count);
        let mut photons = Vec::with_capacity(count);
        for at in 0..count {
            let energy = node_energy(at);
            let total = stopping.collision(charge, energy) + stopping.radiative(energy);
            // Simpson's rule over the energies of the step.
            let (top, bottom) = (energy, energy * (1.0 - settings.loss_per_step));
            let inverse = |e: f64| crate::element::linear(&soft_loss, e);
            let step = (top - bottom) / 6.0
                * (inverse(top) + 4.0 * inverse(0.5 * (top + bottom)) + inverse(bottom));
            let middle = 0.5 * (top + bottom);
            let events = |e: f64| -> (f64, f64) {
                let (_, rate, photon_rate, _) = soft(e);
                (rate * inverse(e), photon_rate * inverse(e))
            };
            let mean = |a: f64, b: f64, c: f64| (top - bottom) / 6.0 * (a + 4.0 * b + c);
            let (at_top, at_middle, at_bottom) = (events(top), events(middle), events(bottom));
            let collisions = mean(at_top.0, at_middle.0, at_bottom.0);
            let photon_events = mean(at_top.1, at_middle.1, at_bottom.1);
            let (_, _, _, table) = soft(middle);
            let range = match nodes.last() {
                // Below the tables S is nearly proportional to E^-0.8.
                None => energy / total / 1.8,
                Some(last) => {
                    let before = node_energy(at - 1);
                    last.range + (energy - before) * 0.5 * (1.0 / total + 1.0 / last.stopping)
                }
            };
            let quadrature = ElasticQuadrature::new(
                &elements,
                charge,
                0.5 * (top + bottom),
                settings.collision_cut_mev,
            );
            let exponents: Vec<f64> = quadrature
                .moments(ENOUGH / step, TERMS)
                .iter()
                .map(|g| g * step)
                .collect();
            angles.push(AngleTable::new(&exponents));
            photons.push(table);
            nodes.push(Node {
                step,
                hard_events: collisions + photon_events,
                photon_share: if collisions + photon_events > 0.0 {
                    photon_events / (collisions + photon_events)
                } else {
                    0.0
                },
                range,
                stopping: total,
                transport: quadrature.transport(),
                late_hinge: (1.7 * settings.loss_per_step - exponents[1]) / 12.0,
            });
        }
        Ok(Self {
            charge,
            settings,
            nodes,
            angles,
            photons,
        })
    }

    /// What is known at an energy, linear between nodes.
    #[inline(always)]
    pub(crate) fn at(&self, energy_mev: f64) -> Node {
        let (at, t) = place(energy_mev);
        let t = f64::from(t);
        let (a, b) = (&self.nodes[at], &self.nodes[at + 1]);
        Node {
            step: a.step + (b.step - a.step) * t,
            hard_events: a.hard_events + (b.hard_events - a.hard_events) * t,
            photon_share: a.photon_share + (b.photon_share - a.photon_share) * t,
            range: a.range + (b.range - a.range) * t,
            stopping: a.stopping + (b.stopping - a.stopping) * t,
            transport: a.transport + (b.transport - a.transport) * t,
            late_hinge: a.late_hinge + (b.late_hinge - a.late_hinge) * t,
        }
    }

    /// Mean length of a track from an energy to rest, g/cm² (continuous slowing down).
    #[must_use]
    pub fn range(&self, energy_mev: f64) -> f64 {
        if energy_mev < LOWEST_MEV {
            return self.nodes[0].range * (energy_mev / LOWEST_MEV).powf(1.8);
        }
        self.at(energy_mev).range
    }

    /// Cosine of the angle of a whole step.
    #[inline(always)]
    pub(crate) fn step_cosine(&self, energy_mev: f64, stream: &mut Stream) -> f64 {
        let (at, t) = place(energy_mev);
        let (u, choice) = stream.uniform_pair();
        let row = if choice < t { at + 1 } else { at };
        1.0 - 2.0 * f64::from(self.angles[row].sample(u))
    }

    /// Energy of a bremsstrahlung photon, MeV.
    pub(crate) fn photon_energy(&self, energy_mev: f64, stream: &mut Stream) -> f64 {
        let (at, t) = place(energy_mev);
        let row = if stream.uniform() < f64::from(t) {
            at + 1
        } else {
            at
        };
        self.photons[row].sample(energy_mev, self.settings.photon_cut_mev, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_between_their_nodes() {
        for energy in [0.0039063, 0.01, 0.0333, 0.5, 0.99, 1.0, 2.28, 3.99] {
            let (at, t) = place(energy);
            let (low, high) = (node_energy(at), node_energy(at + 1));
            let back = low + (high - low) * f64::from(t);
            assert!((back / energy - 1.0).abs() < 1e-6, "{energy} {back}");
        }
    }

    #[test]
    fn ranges_are_those_of_nist() {
        let library = MaterialLibrary::built_in().unwrap();
        let table = ElectronTable::new(
            library.get("water").unwrap(),
            &library,
            Charge::Negative,
            StepSettings::default(),
        )
        .unwrap();
        // NIST ESTAR, CSDA range in water, g/cm2, recalled: 0.1 MeV 1.431e-2,
        // 1 MeV 0.4367, 2 MeV 0.9785. Trapezoids of 16 to an octave: 0.3 %.
        for (energy, expected) in [(0.1, 1.431e-2), (1.0, 0.4367), (2.0, 0.9785)] {
            let ours = table.range(energy);
            assert!((ours / expected - 1.0).abs() < 3e-3, "{energy}: {ours}");
        }
    }
}
