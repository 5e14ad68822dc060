//! A run: batches of histories from a source through a world into a tally.
//!
//! A batch is one stream of random numbers. Its histories come in groups of
//! 32: one track in the material that holds most of the activity, flown from
//! 32 places in 32 orientations (`replay`). Within a batch places, energies
//! and orientations are spread evenly (`lattice`), which halves the noise and
//! more; the statistics know, because the batch counts as one sample.
//! Materials that scatter otherwise than that of the tracks are crossed step
//! by step, as are all electrons that photons make, and positrons.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::electron::{ElectronTables, follow};
use crate::electron_table::ElectronTable;
use crate::lattice::Lattice;
use crate::photon::{Fate, PhotonTables, next_collision};
use crate::photon_table::PhotonTable;
use crate::random::Stream;
use crate::replay::{LANES, Lanes, Replay};
use crate::rotation::{Quaternion, spiral, uniform};
use crate::tally::{BatchTally, Tally};
use crate::track::Track;
use crate::voxel_flight::{Photon, VoxelFlight};
use crate::world::{OUTSIDE, Place, World};
use crate::{
    Charge, Emission, MaterialLibrary, Source, StepSettings, StoppingPower, TransportError,
};

/// How a run is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunSettings {
    /// Seed of the random streams.
    pub seed: u64,
    /// Cuts and step length.
    pub steps: StepSettings,
    /// Way that does not matter, as a share of the smallest edge of a voxel: a
    /// particle with less range stops on the spot.
    pub short_share: f64,
    /// Whether tracks are replayed at all; without, everything is followed
    /// step by step, some thirty times slower.
    pub replay: bool,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            steps: StepSettings::default(),
            short_share: 0.02,
            replay: true,
        }
    }
}

/// A run that can be made and gone on with.
#[derive(Debug)]
pub struct Simulation {
    world: World,
    source: Source,
    emission: Emission,
    settings: RunSettings,
    electrons: ElectronTables,
    photons: PhotonTables,
    /// cm for each g/cm² of a track, by cell.
    stretch: Vec<f32>,
    /// Number of the material of the tracks.
    reference: usize,
    /// Way that does not matter, cm.
    short_cm: f64,
    /// Density where the activity is, and the smallest of the world, g/cm³.
    reference_density: f64,
    thinnest: f64,
    fixed: [Quaternion; LANES],
    /// Groups of a batch.
    groups: u64,
    /// Cells of each region with their weights.
    regions: Vec<Vec<(u32, f32)>>,
    /// Collision stopping power of water over that of each material, 0.5 MeV.
    water_factors: Vec<f64>,
}

/// Largest deviation of scattering per energy loss from the tracks' material
/// at which a material is still replayed in.
const SAME_SCATTERING: f64 = 0.015;
/// Energies at which that is judged, MeV.
const JUDGED_AT: [f64; 4] = [0.1, 0.3, 1.0, 2.0];

/// Ways of a track are joined up to this many times the way that does not
/// matter: a 25th of a voxel by default.
const JOINED: f64 = 2.0;

/// Histories of a batch for each active voxel.
const PER_VOXEL: u64 = 16;
/// Fewest and most groups of a batch: enough to spread evenly, few enough that
/// a run has many batches.
const GROUPS: std::ops::RangeInclusive<u64> = 64..=4096;

impl Simulation {
    /// Prepares a run: tables of all materials of the world.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] for settings of no use,
    /// [`TransportError::Unknown`] for an element without tables.
    pub fn new(
        world: World,
        source: Source,
        emission: Emission,
        library: &MaterialLibrary,
        settings: RunSettings,
    ) -> Result<Self, TransportError> {
        if !(1e-4..=0.2).contains(&settings.short_share) {
            return Err(TransportError::OutOfRange {
                what: "share of a voxel that does not matter",
                value: settings.short_share.to_string(),
                allowed: "1e-4..=0.2",
            });
        }
        let tables = |charge: Charge| -> Result<Vec<ElectronTable>, TransportError> {
            world
                .materials()
                .par_iter()
                .map(|material| ElectronTable::new(material, library, charge, settings.steps))
                .collect()
        };
        let electrons = ElectronTables {
            electrons: tables(Charge::Negative)?,
            positrons: if emission.needs_positrons() {
                tables(Charge::Positive)?
            } else {
                Vec::new()
            },
        };
        let photons = world
            .materials()
            .iter()
            .map(|material| PhotonTable::new(material, library))
            .collect::<Result<_, _>>()?;
        let photons = PhotonTables::new(photons, &world);
        let (reference, reference_density) = reference(&world, &source);
        let stretch = stretch(&world, &electrons, reference, settings.replay);
        let thinnest = world
            .contents()
            .filter(|(material, _)| *material != OUTSIDE)
            .map(|(_, density)| f64::from(density))
            .fold(f64::INFINITY, f64::min);
        let short_cm =
            settings.short_share * world.edge_cm().into_iter().fold(f64::INFINITY, f64::min);
        let water = StoppingPower::new(library.get("water")?, library)?;
        let water_factors = world
            .materials()
            .iter()
            .map(|material| {
                let ours = StoppingPower::new(material, library)?;
                Ok(water.collision(Charge::Negative, 0.5) / ours.collision(Charge::Negative, 0.5))
            })
            .collect::<Result<_, TransportError>>()?;
        let groups = (source.cells().len() as u64 * PER_VOXEL / LANES as u64)
            .clamp(*GROUPS.start(), *GROUPS.end());
        Ok(Self {
            groups,
            regions: Vec::new(),
            water_factors,
            world,
            source,
            emission,
            settings,
            electrons,
            photons,
            stretch,
            reference,
            short_cm,
            reference_density,
            thinnest,
            fixed: std::array::from_fn(|lane| spiral(lane, LANES)),
        })
    }

    /// Adds a region whose energy is tallied as a whole, with its own
    /// uncertainty; returns its number. `weights` are the shares of the voxels
    /// that belong to it, in the order of a volume's values.
    ///
    /// Regions are added before the first tally is made.
    ///
    /// # Errors
    /// [`TransportError::GridMismatch`] for weights that are not as many as the
    /// voxels.
    pub fn add_region(&mut self, weights: &[f32]) -> Result<usize, TransportError> {
        if weights.len() != self.world.grid().voxel_count() {
            return Err(TransportError::GridMismatch {
                what: "weights of a region and world",
            });
        }
        self.regions.push(
            weights
                .iter()
                .enumerate()
                .filter(|(_, weight)| **weight > 0.0)
                .map(|(voxel, weight)| (self.world.cell(voxel), *weight))
                .collect(),
        );
        Ok(self.regions.len() - 1)
    }

    pub(crate) fn region_count(&self) -> usize {
        self.regions.len()
    }

    /// Mean energy per history in a region and its standard deviation, MeV;
    /// none for a region that is not there.
    #[must_use]
    pub fn region_energy_mev(&self, tally: &Tally, region: usize) -> Option<(f64, f64)> {
        tally.region_energy_mev(region)
    }

    /// Mass of a region, g; none for a region that is not there.
    #[must_use]
    pub fn region_mass_g(&self, region: usize) -> Option<f64> {
        let volume: f64 = self.world.edge_cm().iter().product();
        self.regions.get(region).map(|cells| {
            cells
                .iter()
                .map(|(cell, weight)| f64::from(*weight) * self.world.density_at(*cell) * volume)
                .sum()
        })
    }

    pub(crate) fn water_factors(&self) -> &[f64] {
        &self.water_factors
    }

    /// A tally that was kept as bytes.
    ///
    /// # Errors
    /// [`TransportError::ForeignState`] for bytes that another run made.
    pub fn tally_from_bytes(&self, bytes: &[u8]) -> Result<Tally, TransportError> {
        Tally::from_bytes(bytes, self.world.cells(), self.regions.len())
    }

    pub(crate) fn check_tally(&self, tally: &Tally) -> Result<(), TransportError> {
        if tally.cells.len() == self.world.cells() && tally.regions() == self.regions.len() {
            return Ok(());
        }
        Err(TransportError::ForeignState {
            reason: format!(
                "it has {} cells and {} regions, the run {} and {}",
                tally.cells.len(),
                tally.regions(),
                self.world.cells(),
                self.regions.len()
            ),
        })
    }

    /// Another seed for tallies that are begun from now on.
    pub const fn set_seed(&mut self, seed: u64) {
        self.settings.seed = seed;
    }

    /// The world of the run.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The source of the run.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// What a decay emits.
    #[must_use]
    pub const fn emission(&self) -> &Emission {
        &self.emission
    }

    /// Mean energy per history in a voxel and its standard deviation, MeV.
    #[must_use]
    pub fn energy_per_history_mev(&self, tally: &Tally, voxel: usize) -> (f64, f64) {
        tally.energy_per_history_mev(self.world.cell(voxel))
    }

    /// Names of the materials in which tracks are replayed.
    pub fn replayed_materials(&self) -> impl Iterator<Item = &str> {
        let factors = factors(&self.electrons, self.reference, self.settings.replay);
        self.world
            .materials()
            .iter()
            .zip(factors)
            .filter(|(_, factor)| *factor > 0.0)
            .map(|(material, _)| material.name())
    }

    /// Histories of a batch.
    #[must_use]
    pub const fn histories_per_batch(&self) -> u64 {
        self.groups * LANES as u64
    }

    /// A tally without histories.
    #[must_use]
    pub fn empty_tally(&self) -> Tally {
        Tally::new(self.world.cells(), self.regions.len())
    }

    /// Makes `batches` more batches of histories and adds them to a tally.
    ///
    /// The result is the same bits however the batches are divided over calls
    /// and threads.
    pub fn run(&self, tally: &mut Tally, batches: u64) {
        let mut workers = self.workers();
        self.run_with(&mut workers, tally, batches);
    }

    /// Work space for each thread.
    pub(crate) fn workers(&self) -> Vec<Worker> {
        (0..rayon::current_num_threads().max(1))
            .map(|_| Worker::new(self))
            .collect()
    }

    pub(crate) fn run_with(&self, workers: &mut [Worker], tally: &mut Tally, batches: u64) {
        let first = tally.batches;
        let next = AtomicU64::new(0);
        let tally = Mutex::new(tally);
        workers.par_iter_mut().for_each(|worker| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= batches {
                    return;
                }
                worker.batch(self, first + at);
                // Sums of whole numbers: their order does not matter.
                let mut tally = match tally.lock() {
                    Ok(tally) => tally,
                    Err(poisoned) => poisoned.into_inner(),
                };
                worker
                    .batch
                    .close(self.histories_per_batch(), &self.regions, &mut tally);
            }
        });
    }
}

/// Work space of one thread.
#[derive(Debug)]
pub(crate) struct Worker {
    batch: BatchTally,
    lanes: Lanes,
    track: Track,
    photons: Vec<Photon>,
    stack: Vec<Place>,
    energies: Vec<f64>,
    arch: pulp::Arch,
}

impl Worker {
    fn new(simulation: &Simulation) -> Self {
        Self {
            batch: BatchTally::new(&simulation.stretch),
            lanes: Lanes::new(&simulation.world),
            track: Track::new(
                simulation.reference,
                simulation.short_cm * simulation.reference_density,
                JOINED * simulation.short_cm * simulation.reference_density,
            ),
            photons: Vec::new(),
            stack: Vec::new(),
            energies: Vec::new(),
            arch: pulp::Arch::new(),
        }
    }

    /// One batch of histories.
    fn batch(&mut self, simulation: &Simulation, number: u64) {
        let mut stream = Stream::new(simulation.settings.seed, number);
        let lattice = Lattice::new(&mut stream);
        let source = &simulation.source;
        let groups = simulation.groups;
        let weight = source.total_weight() / (groups * LANES as u64) as f64;
        let start = stream.uniform();
        // Each lane goes through a part of the source of its own.
        let weight_at =
            |lane: usize, group: u64| ((lane as u64 * groups + group) as f64 + start) * weight;
        let mut at: [usize; LANES] = std::array::from_fn(|lane| source.find(weight_at(lane, 0)));
        for group in 0..groups {
            for lane in 0..LANES {
                at[lane] = source.advance(at[lane], weight_at(lane, group));
                let cell = source.cells()[at[lane]];
                let share = lattice.place(lane as u64 * groups + group);
                self.lanes.set_start(lane, cell, share);
            }
            self.group(simulation, &lattice, group, &mut stream);
        }
    }

    /// One group of histories, whose places are set.
    fn group(
        &mut self,
        simulation: &Simulation,
        lattice: &Lattice,
        group: u64,
        stream: &mut Stream,
    ) {
        let mut energies = std::mem::take(&mut self.energies);
        energies.clear();
        simulation
            .emission
            .sample_electrons(lattice.energy(group), stream, |energy| {
                energies.push(energy);
            });
        self.lanes
            .orient(&simulation.fixed, uniform(lattice.orientation(group)));
        for energy in energies.drain(..) {
            self.electron(simulation, energy, stream);
        }
        if simulation.emission.has_others() {
            for lane in 0..LANES {
                self.others(simulation, lane, &mut energies, stream);
            }
        }
        self.energies = energies;
        while let Some(photon) = self.photons.pop() {
            self.photon(simulation, photon, stream);
        }
    }

    /// Positrons and photons of one history.
    fn others(
        &mut self,
        simulation: &Simulation,
        lane: usize,
        energies: &mut Vec<f64>,
        stream: &mut Stream,
    ) {
        let place = self.lanes.start_place(lane);
        simulation
            .emission
            .sample_positrons(stream, |energy| energies.push(energy));
        for energy in energies.drain(..) {
            self.batch
                .emit(energy + 2.0 * crate::constants::ELECTRON_MASS_MEV);
            let direction = stream.direction();
            self.step_by_step(
                simulation,
                Charge::Positive,
                energy,
                place,
                direction,
                stream,
            );
        }
        simulation
            .emission
            .sample_photons(stream, |energy| energies.push(energy));
        for energy_mev in energies.drain(..) {
            self.batch.emit(energy_mev);
            self.photons.push(Photon {
                energy_mev,
                place,
                direction: stream.direction(),
            });
        }
    }

    /// An electron of each history, of one energy.
    fn electron(&mut self, simulation: &Simulation, energy: f64, stream: &mut Stream) {
        self.batch.emit(energy * LANES as f64);
        self.track.clear();
        if simulation.settings.replay {
            follow(
                &simulation.electrons,
                Charge::Negative,
                energy,
                [0.0, 0.0, 1.0],
                &mut self.track,
                stream,
            );
        }
        self.arch.dispatch(Replay {
            lanes: &mut self.lanes,
            track: &self.track,
            start_mev: energy,
            world: &simulation.world,
            batch: &mut self.batch,
        });
        self.photons.append(&mut self.lanes.photons);
        let mut departures = std::mem::take(&mut self.lanes.departures);
        for departure in departures.drain(..) {
            self.step_by_step(
                simulation,
                Charge::Negative,
                departure.energy_mev,
                departure.place,
                departure.direction,
                stream,
            );
        }
        self.lanes.departures = departures;
    }

    fn step_by_step(
        &mut self,
        simulation: &Simulation,
        charge: Charge,
        energy: f64,
        place: Place,
        direction: [f64; 3],
        stream: &mut Stream,
    ) {
        let mut flight = VoxelFlight {
            world: &simulation.world,
            tables: &simulation.electrons,
            place,
            batch: &mut self.batch,
            photons: &mut self.photons,
            stack: &mut self.stack,
            short: simulation.short_cm * simulation.thinnest,
        };
        follow(
            &simulation.electrons,
            charge,
            energy,
            direction,
            &mut flight,
            stream,
        );
    }

    fn photon(&mut self, simulation: &Simulation, mut photon: Photon, stream: &mut Stream) {
        loop {
            match next_collision(&simulation.world, &simulation.photons, &mut photon, stream) {
                Fate::Escaped(energy) => {
                    self.batch.escape(energy);
                    return;
                }
                Fate::Stopped(energy) => {
                    self.batch.deposit(photon.place.cell, energy as f32);
                    return;
                }
                Fate::Collided { charged, scattered } => {
                    for particle in charged.into_iter().flatten() {
                        self.step_by_step(
                            simulation,
                            particle.charge,
                            particle.energy_mev,
                            photon.place,
                            particle.direction,
                            stream,
                        );
                    }
                    let Some((energy, direction)) = scattered else {
                        return;
                    };
                    photon.energy_mev = energy;
                    photon.direction = direction;
                }
            }
        }
    }
}

/// Material that holds most of the active voxels, and their mean density.
fn reference(world: &World, source: &Source) -> (usize, f64) {
    let mut count = vec![(0_u64, 0.0_f64); world.materials().len()];
    for &cell in source.cells() {
        let entry = &mut count[world.material_at(cell)];
        entry.0 += 1;
        entry.1 += world.density_at(cell);
    }
    let best = count
        .iter()
        .enumerate()
        .max_by_key(|(at, (n, _))| (*n, usize::MAX - at))
        .map_or(0, |(at, _)| at);
    let (n, sum) = count[best];
    (best, sum / n.max(1) as f64)
}

/// Ratio of stopping powers of the tracks' material to each; −1 for those that
/// scatter otherwise.
fn factors(electrons: &ElectronTables, reference: usize, replay: bool) -> Vec<f64> {
    let ours = &electrons.electrons[reference];
    electrons
        .electrons
        .iter()
        .map(|table| {
            if !replay {
                return -1.0;
            }
            let ratio = |energy: f64| ours.at(energy).stopping / table.at(energy).stopping;
            let factor = ratio(0.6);
            let same = JUDGED_AT.iter().all(|energy| {
                let (a, b) = (ours.at(*energy), table.at(*energy));
                let scattering = (b.transport / b.stopping) / (a.transport / a.stopping);
                (scattering - 1.0).abs() <= SAME_SCATTERING
                    && (ratio(*energy) / factor - 1.0).abs() <= SAME_SCATTERING
            });
            if same { factor } else { -1.0 }
        })
        .collect()
}

fn stretch(world: &World, electrons: &ElectronTables, reference: usize, replay: bool) -> Vec<f32> {
    let factors = factors(electrons, reference, replay);
    world
        .contents()
        .map(
            |(material, density)| match factors.get(usize::from(material)) {
                None => crate::replay::NOWHERE,
                Some(factor) if *factor > 0.0 => (factor / f64::from(density)) as f32,
                Some(_) => crate::replay::NOT_HERE,
            },
        )
        .collect()
}
