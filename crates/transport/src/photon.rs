//! Photons through the world, by Woodcock's method.
//!
//! Distances are sampled with the largest attenuation of the world at the
//! photon's energy; a collision is real with the share of the local one
//! (woodcock1965). Photoelectric absorption leaves the whole energy to the
//! electron (no fluorescence), Compton scattering follows Klein and Nishina
//! with the scattering function, Rayleigh scattering the form factors, pairs
//! share their energy evenly at random. Photons below 1 keV stop.

use crate::Charge;
use crate::constants::ELECTRON_MASS_MEV;
use crate::photon_table::{LOWEST_PHOTON_MEV, PhotonTable, place};
use crate::random::{Stream, turned, turned_by};
use crate::voxel_flight::Photon;
use crate::world::World;

/// Photon data of a world.
#[derive(Debug, Clone)]
pub(crate) struct PhotonTables {
    pub materials: Vec<PhotonTable>,
    /// Largest attenuation in the world at each node, 1/cm.
    largest: Vec<f64>,
}

/// A charged particle set free by a photon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charged {
    pub charge: Charge,
    pub energy_mev: f64,
    pub direction: [f64; 3],
}

impl PhotonTables {
    pub(crate) fn new(materials: Vec<PhotonTable>, world: &World) -> Self {
        let mut densest = vec![0.0_f64; materials.len()];
        for (material, density) in world.contents() {
            if let Some(top) = densest.get_mut(usize::from(material)) {
                *top = top.max(f64::from(density));
            }
        }
        let largest = (0..PhotonTable::len())
            .map(|at| {
                materials
                    .iter()
                    .zip(&densest)
                    .map(|(table, density)| table.bound(at) * density)
                    .fold(0.0, f64::max)
            })
            .collect();
        Self { materials, largest }
    }
}

/// What becomes of a photon.
pub(crate) enum Fate {
    /// It left the world with an energy.
    Escaped(f64),
    /// It stopped; the energy stays in the voxel.
    Stopped(f64),
    /// It met something: charged particles start there, and it may go on.
    Collided {
        charged: [Option<Charged>; 2],
        scattered: Option<(f64, [f64; 3])>,
    },
}

/// Flies a photon to its next real collision; its place is where that is.
pub(crate) fn next_collision(
    world: &World,
    tables: &PhotonTables,
    photon: &mut Photon,
    stream: &mut Stream,
) -> Fate {
    let energy = photon.energy_mev;
    if energy <= LOWEST_PHOTON_MEV {
        return Fate::Stopped(energy);
    }
    let (at, _) = place(energy);
    let largest = tables.largest[at];
    loop {
        let way = stream.exponential() / largest;
        if !photon.place.jump(world, photon.direction, way) {
            return Fate::Escaped(energy);
        }
        let cell = photon.place.cell;
        let table = &tables.materials[world.material_at(cell)];
        let cross_sections = table.at(energy);
        let total: f64 = cross_sections.iter().sum();
        let mut choice = stream.uniform() * largest / world.density_at(cell);
        if choice >= total {
            continue;
        }
        for (process, section) in cross_sections.iter().enumerate() {
            if choice < *section {
                return collide(process, table, photon, stream);
            }
            choice -= section;
        }
    }
}

fn collide(process: usize, table: &PhotonTable, photon: &Photon, stream: &mut Stream) -> Fate {
    let (energy, u) = (photon.energy_mev, photon.direction);
    match process {
        0 => {
            let cosine = loop {
                let cosine = table.coherent_cosine(energy, stream.uniform());
                if stream.uniform() < 0.5 * (1.0 + cosine * cosine) {
                    break cosine;
                }
            };
            Fate::Collided {
                charged: [None, None],
                scattered: Some((energy, turned(u, cosine, stream))),
            }
        }
        1 => compton(table, energy, u, stream),
        2 => Fate::Collided {
            charged: [
                Some(Charged {
                    charge: Charge::Negative,
                    energy_mev: energy,
                    direction: stream.direction(),
                }),
                None,
            ],
            scattered: None,
        },
        _ => pair(energy, u, stream),
    }
}

fn compton(table: &PhotonTable, energy: f64, u: [f64; 3], stream: &mut Stream) -> Fate {
    let k = energy / ELECTRON_MASS_MEV;
    let smallest = 1.0 / (1.0 + 2.0 * k);
    // Ratio of energies by composition of 1/ε and ε, rejection by the rest.
    let (a1, a2) = (-libm::log(smallest), 0.5 * (1.0 - smallest * smallest));
    let (ratio, cosine) = loop {
        let ratio = if stream.uniform() * (a1 + a2) < a1 {
            libm::exp(-a1 * stream.uniform())
        } else {
            (smallest * smallest + (1.0 - smallest * smallest) * stream.uniform()).sqrt()
        };
        let t = (1.0 - ratio) / (k * ratio);
        let sine2 = t * (2.0 - t);
        let cosine = 1.0 - t;
        let accept = (1.0 - ratio * sine2 / (1.0 + ratio * ratio))
            * table.scattering_function(energy, cosine);
        if stream.uniform() < accept {
            break (ratio, cosine);
        }
    };
    let (c, s) = stream.azimuth();
    let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
    let scattered = energy * ratio;
    let kinetic = energy - scattered;
    let momentum = (kinetic * (kinetic + 2.0 * ELECTRON_MASS_MEV))
        .max(1e-30)
        .sqrt();
    let electron_cosine = ((energy - scattered * cosine) / momentum).clamp(-1.0, 1.0);
    let electron_sine = (1.0 - electron_cosine * electron_cosine).max(0.0).sqrt();
    Fate::Collided {
        charged: [
            Some(Charged {
                charge: Charge::Negative,
                energy_mev: kinetic,
                direction: turned_by(u, electron_cosine, electron_sine, -c, -s),
            }),
            None,
        ],
        scattered: Some((scattered, turned_by(u, cosine, sine, c, s))),
    }
}

fn pair(energy: f64, u: [f64; 3], stream: &mut Stream) -> Fate {
    let kinetic = (energy - 2.0 * ELECTRON_MASS_MEV).max(0.0);
    let share = stream.uniform();
    let mut particle = |charge: Charge, energy_mev: f64| {
        let cosine = crate::bremsstrahlung::photon_cosine(energy_mev.max(1e-3), stream);
        Some(Charged {
            charge,
            energy_mev,
            direction: turned(u, cosine, stream),
        })
    };
    Fate::Collided {
        charged: [
            particle(Charge::Negative, kinetic * share),
            particle(Charge::Positive, kinetic * (1.0 - share)),
        ],
        scattered: None,
    }
}
