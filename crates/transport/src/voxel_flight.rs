//! A charged particle flying step by step through the world.
//!
//! Electrons that cannot leave their voxel stop at once (range rejection): the
//! energy stays where it would be, but for bremsstrahlung that they would
//! still make, below 0.3 % of it at the energies where a range is less than
//! half of a voxel.

use crate::electron::{ElectronTables, Flight};
use crate::tally::BatchTally;
use crate::world::{Place, World};

/// A photon to be followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Photon {
    pub energy_mev: f64,
    pub place: Place,
    pub direction: [f64; 3],
}

/// The flight of a particle in the world.
pub(crate) struct VoxelFlight<'a> {
    pub world: &'a World,
    pub tables: &'a ElectronTables,
    pub place: Place,
    pub batch: &'a mut BatchTally,
    pub photons: &'a mut Vec<Photon>,
    /// Where branches began.
    pub stack: &'a mut Vec<Place>,
    /// Way that does not matter, g/cm²: the same in all voxels, or particles
    /// would stop sooner on one side of a border than on the other.
    pub short: f64,
}

impl Flight for VoxelFlight<'_> {
    fn material(&self) -> usize {
        self.world.material_at(self.place.cell)
    }

    fn short(&self) -> f64 {
        (self.place.nearest_wall(self.world) * self.world.density_at(self.place.cell))
            .max(self.short)
    }

    fn fly(&mut self, u: [f64; 3], length: f64, loss_mev: f64, energy_mev: f64) -> bool {
        let first = self.world.material_at(self.place.cell);
        let stopping = |material: usize| self.tables.electrons[material].at(energy_mev).stopping;
        let (mut material, mut ratio) = (first, 1.0);
        // Rest of the way, as a share of it.
        let mut rest = 1.0;
        let mut left = 0.0;
        loop {
            let cell = self.place.cell;
            let here = self.world.material_at(cell);
            if here != material {
                material = here;
                // The same loss, in this material.
                ratio = stopping(first) / stopping(here);
            }
            let whole_cm = length * ratio / self.world.density_at(cell);
            if whole_cm <= 0.0 {
                self.batch.deposit(cell, (loss_mev * rest) as f32);
                return true;
            }
            let (way, inside) = self.place.fly(self.world, u, whole_cm * rest);
            let share = way / whole_cm;
            let stopped = self.place.cell == cell && inside;
            let part = if stopped { rest } else { share.min(rest) };
            self.batch.deposit(cell, (loss_mev * part) as f32);
            left += loss_mev * part;
            if stopped {
                return true;
            }
            if !inside {
                self.batch.escape(energy_mev - left);
                return false;
            }
            rest -= part;
        }
    }

    fn deposit(&mut self, energy_mev: f64) {
        self.batch.deposit(self.place.cell, energy_mev as f32);
    }

    fn escape(&mut self, energy_mev: f64) {
        self.batch.escape(energy_mev);
    }

    fn photon(&mut self, energy_mev: f64, direction: [f64; 3]) {
        self.photons.push(Photon {
            energy_mev,
            place: self.place,
            direction,
        });
    }

    fn branch(&mut self) {
        self.stack.push(self.place);
    }

    fn rejoin(&mut self) {
        if let Some(place) = self.stack.pop() {
            self.place = place;
        }
    }
}
