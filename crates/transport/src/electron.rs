//! Electrons and positrons, step by step.
//!
//! Condensed history with a random hinge (fernandezvarea1993, sempau2000): in
//! a step the particle flies a random part ξ of the step's length straight on,
//! turns there by the angle of the whole step, and flies the rest. Mean
//! positions and their spread are right to the second order in the step, and
//! no step ends at a border: what lies between is flown through straight.
//! Hard events happen at the hinge, as many as their rate makes along the step.

use crate::constants::ELECTRON_MASS_MEV;
use crate::electron_table::ElectronTable;
use crate::random::{Stream, turned, turned_by};
use crate::{Charge, bremsstrahlung, hard_collision};

/// Tables of the materials of a world, in the order of their numbers.
#[derive(Debug, Clone)]
pub(crate) struct ElectronTables {
    pub electrons: Vec<ElectronTable>,
    /// Empty when the source makes no positrons.
    pub positrons: Vec<ElectronTable>,
}

impl ElectronTables {
    #[inline(always)]
    pub(crate) fn of(&self, charge: Charge, material: usize) -> &ElectronTable {
        match charge {
            Charge::Negative => &self.electrons[material],
            Charge::Positive => &self.positrons[material],
        }
    }
}

/// Where a charged particle flies: a medium, or a record of its track.
pub(crate) trait Flight {
    /// Number of the material here.
    fn material(&self) -> usize;
    /// Length (g/cm²) that is too short to matter here: particles with less
    /// range stop on the spot.
    fn short(&self) -> f64;
    /// Flies a length (g/cm² of the material here) and leaves `loss_mev` on it;
    /// false when the particle is gone. `energy_mev` is what it has at the start.
    fn fly(&mut self, direction: [f64; 3], length: f64, loss_mev: f64, energy_mev: f64) -> bool;
    /// Leaves an energy here.
    fn deposit(&mut self, energy_mev: f64);
    /// Energy that leaves the world with a particle that is gone.
    fn escape(&mut self, energy_mev: f64);
    /// A photon starts here.
    fn photon(&mut self, energy_mev: f64, direction: [f64; 3]);
    /// Another particle starts here; what follows is its track.
    fn branch(&mut self);
    /// Back to where the last branch began.
    fn rejoin(&mut self);
}

/// Follows a particle until it stops or is gone.
pub(crate) fn follow(
    tables: &ElectronTables,
    charge: Charge,
    start_mev: f64,
    start_direction: [f64; 3],
    flight: &mut impl Flight,
    stream: &mut Stream,
) {
    let (mut energy, mut u) = (start_mev, start_direction);
    let mut until_hard = stream.exponential();
    loop {
        let table = tables.of(charge, flight.material());
        let node = table.at(energy);
        if node.range <= flight.short() || energy <= crate::electron_table::LOWEST_MEV {
            flight.deposit(energy);
            if charge == Charge::Positive {
                annihilate(flight, stream);
            }
            return;
        }
        let loss = table.settings.loss_per_step * energy;
        let xi = hinge(stream.uniform(), node.late_hinge);
        if !flight.fly(u, node.step * xi, loss * xi, energy) {
            return gone(charge, flight);
        }
        // The medium at the hinge scatters.
        let here = tables.of(charge, flight.material());
        let (node, here_step) = if std::ptr::eq(here, table) {
            (node, node.step)
        } else {
            let other = here.at(energy);
            (other, other.step)
        };
        let cosine = here.step_cosine(energy, stream);
        u = turned(u, cosine, stream);
        until_hard -= node.hard_events;
        let mut now = energy - loss * xi;
        while until_hard < 0.0 {
            until_hard += stream.exponential();
            if stream.uniform() < node.photon_share {
                now = emit(here, now, u, flight, stream);
            } else {
                (now, u) = knock_on(tables, here, now, u, flight, stream);
            }
        }
        let rest = (loss * (1.0 - xi)).min(now);
        if !flight.fly(u, here_step * (1.0 - xi), rest, now) {
            return gone(charge, flight);
        }
        energy = now - rest;
    }
}

/// Where in a step the hinge lies, for a uniform number: density
/// `1 + g (t − ½)` with `g = 12 late`, its inverse to the first order.
#[inline(always)]
fn hinge(u: f64, late: f64) -> f64 {
    u + 6.0 * late * u * (1.0 - u)
}

/// The rest energy that a lost positron takes along.
fn gone(charge: Charge, flight: &mut impl Flight) {
    if charge == Charge::Positive {
        flight.escape(2.0 * ELECTRON_MASS_MEV);
    }
}

/// A bremsstrahlung photon; the energy left.
fn emit(
    table: &ElectronTable,
    energy: f64,
    u: [f64; 3],
    flight: &mut impl Flight,
    stream: &mut Stream,
) -> f64 {
    if energy <= table.settings.photon_cut_mev {
        return energy;
    }
    let photon = table.photon_energy(energy, stream).min(energy);
    let cosine = bremsstrahlung::photon_cosine(energy, stream);
    flight.photon(photon, turned(u, cosine, stream));
    energy - photon
}

/// A hard collision; energy and direction after it.
fn knock_on(
    tables: &ElectronTables,
    table: &ElectronTable,
    energy: f64,
    u: [f64; 3],
    flight: &mut impl Flight,
    stream: &mut Stream,
) -> (f64, [f64; 3]) {
    let cut = table.settings.collision_cut_mev;
    let Some(collision) = hard_collision::sample(table.charge, energy, cut, stream) else {
        return (energy, u);
    };
    let (c, s) = stream.azimuth();
    let sine = |cosine: f64| (1.0 - cosine * cosine).max(0.0).sqrt();
    let material = flight.material();
    if tables
        .of(Charge::Negative, material)
        .range(collision.loss_mev)
        <= flight.short()
    {
        flight.deposit(collision.loss_mev);
    } else {
        let cosine = collision.secondary_cosine;
        let direction = turned_by(u, cosine, sine(cosine), -c, -s);
        flight.branch();
        follow(
            tables,
            Charge::Negative,
            collision.loss_mev,
            direction,
            flight,
            stream,
        );
        flight.rejoin();
    }
    let cosine = collision.primary_cosine;
    (
        energy - collision.loss_mev,
        turned_by(u, cosine, sine(cosine), c, s),
    )
}

/// Two photons back to back from a positron at rest.
fn annihilate(flight: &mut impl Flight, stream: &mut Stream) {
    let u = stream.direction();
    flight.photon(ELECTRON_MASS_MEV, u);
    flight.photon(ELECTRON_MASS_MEV, [-u[0], -u[1], -u[2]]);
}
