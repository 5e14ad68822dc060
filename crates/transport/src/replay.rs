//! One track flown at many places at once.
//!
//! Lanes are places in the world with an orientation each; a recorded track
//! is turned into each and flown through the voxels, its lengths divided by
//! their density and by the ratio of stopping powers. Lanes lie side by side,
//! so that most of the work is the same instruction on eight of them; only a
//! lane that meets a border is taken alone.
//! A lane that comes into a material whose scattering differs from that of the
//! track's leaves the replay and is followed step by step from there.

use crate::rotation::{Quaternion, matrix, product};
use crate::tally::BatchTally;
use crate::track::{Piece, Track};
use crate::voxel_flight::Photon;
use crate::world::{Place, World};

/// Lanes of a group.
pub(crate) const LANES: usize = 32;

/// Stretch of a cell whose material is not one to replay in.
pub(crate) const NOT_HERE: f32 = -1.0;
/// Stretch of a cell outside of the world.
pub(crate) const NOWHERE: f32 = -2.0;

/// Lengths in the cells: cm for each g/cm² of the track.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub cm_per_mass: Vec<f32>,
}

/// A particle that left the replay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Departure {
    pub energy_mev: f64,
    pub place: Place,
    pub direction: [f64; 3],
}

/// A replay with the vector instructions of the machine.
pub(crate) struct Replay<'a> {
    pub lanes: &'a mut Lanes,
    pub track: &'a Track,
    pub start_mev: f64,
    pub world: &'a World,
    pub stretch: &'a Stretch,
    pub batch: &'a mut BatchTally,
}

impl pulp::WithSimd for Replay<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        self.lanes.replay(
            self.track,
            self.start_mev,
            self.world,
            self.stretch,
            self.batch,
        );
    }
}

/// State of the lanes that changes along a track.
#[derive(Debug, Clone)]
struct Positions {
    /// In the voxel from its lowest corner, cm.
    at: [[f32; LANES]; 3],
    cell: [u32; LANES],
    /// cm for each g/cm² here; 0 when the lane is gone.
    stretch: [f32; LANES],
    /// 1, or 0 when the lane is gone.
    alive: [f32; LANES],
}

/// The lanes of a group.
#[derive(Debug)]
pub(crate) struct Lanes {
    now: Positions,
    start: Positions,
    saved: Vec<Positions>,
    turn: [[f32; LANES]; 9],
    /// Energy left in the voxel where each lane is, not yet tallied, MeV.
    pending: [f32; LANES],
    pub departures: Vec<Departure>,
    pub photons: Vec<Photon>,
    edge: [f32; 3],
    /// Just inside of the upper walls.
    below_edge: [f32; 3],
}

impl Lanes {
    pub(crate) fn new(world: &World) -> Self {
        let positions = Positions {
            at: [[0.0; LANES]; 3],
            cell: [0; LANES],
            stretch: [0.0; LANES],
            alive: [0.0; LANES],
        };
        let edge = world.edge_cm().map(|edge| edge as f32);
        Self {
            now: positions.clone(),
            start: positions,
            saved: Vec::new(),
            turn: [[0.0; LANES]; 9],
            pending: [0.0; LANES],
            departures: Vec::new(),
            photons: Vec::new(),
            edge,
            below_edge: edge.map(|edge| edge * (1.0 - 1.0 / 4_194_304.0)),
        }
    }

    /// Sets where a lane starts.
    #[inline(always)]
    pub(crate) fn set_start(&mut self, lane: usize, cell: u32, share: [f32; 3]) {
        for axis in 0..3 {
            self.start.at[axis][lane] = (share[axis] * self.edge[axis]).min(self.below_edge[axis]);
        }
        self.start.cell[lane] = cell;
    }

    /// Where a lane starts.
    pub(crate) fn start_place(&self, lane: usize) -> Place {
        place_of(&self.start, lane)
    }

    /// Orients the lanes: each by its fixed rotation, all by a random one.
    #[inline(always)]
    pub(crate) fn orient(&mut self, fixed: &[Quaternion; LANES], random: Quaternion) {
        for (lane, rotation) in fixed.iter().enumerate() {
            let m = matrix(product(random, *rotation));
            for (row, value) in self.turn.iter_mut().zip(m) {
                row[lane] = value;
            }
        }
    }

    /// Flies a track in all lanes.
    #[inline(always)]
    pub(crate) fn replay(
        &mut self,
        track: &Track,
        start_mev: f64,
        world: &World,
        stretch: &Stretch,
        batch: &mut BatchTally,
    ) {
        self.now = self.start.clone();
        self.saved.clear();
        self.pending = [0.0; LANES];
        for lane in 0..LANES {
            let here = stretch.cm_per_mass[self.now.cell[lane] as usize];
            self.now.alive[lane] = 1.0;
            self.now.stretch[lane] = here;
            if here < 0.0 {
                // The source itself lies in a material not to replay in.
                self.depart(lane, start_mev, [0.0, 0.0, 1.0]);
            }
        }
        for piece in &track.pieces {
            match *piece {
                Piece::Way { way, loss, kinetic } => {
                    self.fly(way, loss, kinetic, world, stretch, batch);
                }
                Piece::Spot(energy) => {
                    for lane in 0..LANES {
                        self.pending[lane] += energy * self.now.alive[lane];
                    }
                }
                Piece::Branch => self.saved.push(self.now.clone()),
                Piece::Rejoin => {
                    if let Some(before) = self.saved.pop() {
                        for lane in 0..LANES {
                            if before.cell[lane] != self.now.cell[lane] {
                                flush(&mut self.pending[lane], self.now.cell[lane], batch);
                            }
                        }
                        self.now = before;
                    }
                }
                Piece::Photon { energy, direction } => self.emit(energy, direction),
            }
        }
        for lane in 0..LANES {
            flush(&mut self.pending[lane], self.now.cell[lane], batch);
        }
    }

    /// Starts a photon in each lane.
    #[inline(never)]
    fn emit(&mut self, energy_mev: f64, direction: [f64; 3]) {
        for lane in 0..LANES {
            if self.now.alive[lane] > 0.0 {
                let photon = Photon {
                    energy_mev,
                    place: place_of(&self.now, lane),
                    direction: self.turned(lane, direction),
                };
                self.photons.push(photon);
            }
        }
    }

    fn turned(&self, lane: usize, u: [f64; 3]) -> [f64; 3] {
        let v: [f64; 3] = std::array::from_fn(|row| {
            (0..3)
                .map(|c| f64::from(self.turn[3 * row + c][lane]) * u[c])
                .sum()
        });
        let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
        v.map(|c| c / length)
    }

    /// A lane leaves the replay with an energy; `u` is the track's direction.
    #[inline(never)]
    fn depart(&mut self, lane: usize, energy_mev: f64, u: [f64; 3]) {
        let departure = Departure {
            energy_mev,
            place: place_of(&self.now, lane),
            direction: self.turned(lane, u),
        };
        self.departures.push(departure);
        self.now.alive[lane] = 0.0;
        self.now.stretch[lane] = 0.0;
    }

    /// A straight way in all lanes.
    #[inline(always)]
    fn fly(
        &mut self,
        way: [f32; 3],
        loss: f32,
        kinetic: f32,
        world: &World,
        stretch: &Stretch,
        batch: &mut BatchTally,
    ) {
        let mut moved = [[0.0_f32; LANES]; 3];
        for axis in 0..3 {
            let [a, b, c] = [
                &self.turn[3 * axis],
                &self.turn[3 * axis + 1],
                &self.turn[3 * axis + 2],
            ];
            for lane in 0..LANES {
                moved[axis][lane] = (a[lane] * way[0] + b[lane] * way[1] + c[lane] * way[2])
                    * self.now.stretch[lane];
            }
        }
        let mut crosses = [0_u8; LANES];
        {
            let [x, y, z] = &mut self.now.at;
            let [hx, hy, hz] = self.edge;
            for lane in 0..LANES {
                let (nx, ny, nz) = (
                    x[lane] + moved[0][lane],
                    y[lane] + moved[1][lane],
                    z[lane] + moved[2][lane],
                );
                let inside =
                    (nx >= 0.0) & (nx < hx) & (ny >= 0.0) & (ny < hy) & (nz >= 0.0) & (nz < hz);
                x[lane] = if inside { nx } else { x[lane] };
                y[lane] = if inside { ny } else { y[lane] };
                z[lane] = if inside { nz } else { z[lane] };
                self.pending[lane] += if inside { loss * self.now.alive[lane] } else { 0.0 };
                crosses[lane] = u8::from(!inside);
            }
        }
        for (eight, bytes) in crosses.chunks_exact(8).enumerate() {
            let mut bits = bytes
                .iter()
                .enumerate()
                .fold(0_u64, |bits, (i, byte)| bits | u64::from(*byte) << (8 * i));
            while bits != 0 {
                let lane = eight * 8 + bits.trailing_zeros() as usize / 8;
                bits &= bits - 1;
                let moved = [moved[0][lane], moved[1][lane], moved[2][lane]];
                self.cross(lane, moved, loss, kinetic, way, world, stretch, batch);
            }
        }
    }

    /// A way of one lane that meets borders.
    #[expect(clippy::float_cmp, reason = "marks and unchanged values are exact")]
    #[expect(clippy::too_many_arguments, reason = "the state of one way, in registers")]
    #[inline(always)]
    fn cross(
        &mut self,
        lane: usize,
        moved: [f32; 3],
        loss: f32,
        kinetic: f32,
        way: [f32; 3],
        world: &World,
        stretch: &Stretch,
        batch: &mut BatchTally,
    ) {
        let stride = world.stride();
        let mut at: [f32; 3] = std::array::from_fn(|axis| self.now.at[axis][lane]);
        let mut cell = self.now.cell[lane];
        let mut pending = self.pending[lane];
        let mut here = self.now.stretch[lane];
        // Way per mass length in this lane, to be stretched anew in each voxel.
        let per_mass = moved.map(|m| m / here);
        let mut inverse = moved.map(|m| 1.0 / m);
        let mut moved = moved;
        let mut rest = 1.0_f32;
        loop {
            let mut share = rest;
            let mut axis = 3;
            for a in 0..3 {
                let wall = if moved[a] > 0.0 { self.edge[a] } else { 0.0 };
                let t = (wall - at[a]) * inverse[a];
                // A way along a wall never meets it.
                if t < share && moved[a] != 0.0 {
                    share = t;
                    axis = a;
                }
            }
            share = share.max(0.0);
            for a in 0..3 {
                at[a] = (at[a] + moved[a] * share).clamp(0.0, self.below_edge[a]);
            }
            pending += loss * share;
            rest -= share;
            if axis == 3 {
                break;
            }
            flush(&mut pending, cell, batch);
            if moved[axis] > 0.0 {
                at[axis] = 0.0;
                cell += stride[axis];
            } else {
                at[axis] = self.below_edge[axis];
                cell -= stride[axis];
            }
            let next = stretch.cm_per_mass[cell as usize];
            if next != here {
                if next < 0.0 {
                    self.pending[lane] = 0.0;
                    let left = f64::from(kinetic - loss * (1.0 - rest));
                    if next == NOWHERE {
                        batch.escape(left);
                        self.now.alive[lane] = 0.0;
                        self.now.stretch[lane] = 0.0;
                        return;
                    }
                    for a in 0..3 {
                        self.now.at[a][lane] = at[a];
                    }
                    self.now.cell[lane] = cell;
                    let length = way.iter().map(|w| w * w).sum::<f32>().sqrt();
                    self.depart(lane, left, way.map(|w| f64::from(w / length)));
                    return;
                }
                here = next;
                moved = per_mass.map(|m| m * here);
                inverse = moved.map(|m| 1.0 / m);
            }
        }
        for a in 0..3 {
            self.now.at[a][lane] = at[a];
        }
        self.now.cell[lane] = cell;
        self.now.stretch[lane] = here;
        self.pending[lane] = pending;
    }
}

/// Tallies what is pending in a voxel.
#[inline(always)]
fn flush(pending: &mut f32, cell: u32, batch: &mut BatchTally) {
    if *pending > 0.0 {
        batch.deposit(cell, *pending);
        *pending = 0.0;
    }
}

fn place_of(positions: &Positions, lane: usize) -> Place {
    Place {
        cell: positions.cell[lane],
        at: std::array::from_fn(|axis| f64::from(positions.at[axis][lane])),
    }
}
