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
pub(crate) const LANES: usize = 64;

/// Stretch of a cell whose material is not one to replay in.
pub(crate) const NOT_HERE: f32 = -1.0;
/// Stretch of a cell outside of the world.
pub(crate) const NOWHERE: f32 = -2.0;

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
    pub batch: &'a mut BatchTally,
}

impl pulp::WithSimd for Replay<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        self.lanes
            .replay(self.track, self.start_mev, self.world, self.batch);
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
        batch: &mut BatchTally,
    ) {
        self.now = self.start.clone();
        self.saved.clear();
        self.pending = [0.0; LANES];
        for lane in 0..LANES {
            let here = batch.stretch(self.now.cell[lane]);
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
                    self.fly(way, loss, kinetic, world, batch);
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
        // All lanes move; what a lane was that meets a border is kept beside.
        let before = self.now.at;
        let before_pending = self.pending;
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
                x[lane] = nx;
                y[lane] = ny;
                z[lane] = nz;
                self.pending[lane] += loss * self.now.alive[lane];
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
                let at = std::array::from_fn(|axis| before[axis][lane]);
                let moved = std::array::from_fn(|axis| moved[axis][lane]);
                let way = Crossing {
                    at,
                    moved,
                    pending: before_pending[lane],
                    loss,
                    kinetic,
                    way,
                };
                self.cross(lane, way, world, batch);
            }
        }
    }

    /// A way of one lane that meets borders.
    #[expect(clippy::float_cmp, reason = "marks and unchanged values are exact")]
    #[inline(always)]
    fn cross(&mut self, lane: usize, crossing: Crossing, world: &World, batch: &mut BatchTally) {
        let Crossing {
            mut at,
            mut moved,
            mut pending,
            loss,
            kinetic,
            way,
        } = crossing;
        let stride = world.stride();
        let mut cell = self.now.cell[lane];
        let mut here = self.now.stretch[lane];
        let up: [bool; 3] = std::array::from_fn(|a| moved[a] >= 0.0);
        // Where the wall is that will be met, what the cell's number grows by
        // there, and where the next cell is entered.
        let wall: [f32; 3] = std::array::from_fn(|a| if up[a] { self.edge[a] } else { 0.0 });
        let entry: [f32; 3] = std::array::from_fn(|a| if up[a] { 0.0 } else { self.below_edge[a] });
        let step: [u32; 3] = std::array::from_fn(|a| {
            if up[a] {
                stride[a]
            } else {
                stride[a].wrapping_neg()
            }
        });
        // Zero is made positive: a way along a wall meets it never.
        let mut inverse = moved.map(|m| 1.0 / (m + 0.0));
        let mut rest = 1.0_f32;
        loop {
            let mut share = rest;
            let mut axis = 3;
            for a in 0..3 {
                let t = (wall[a] - at[a]) * inverse[a];
                let nearer = t < share;
                share = if nearer { t } else { share };
                axis = if nearer { a } else { axis };
            }
            share = share.max(0.0);
            for a in 0..3 {
                at[a] = (at[a] + moved[a] * share).max(0.0).min(self.below_edge[a]);
            }
            pending += loss * share;
            rest -= share;
            if axis == 3 {
                break;
            }
            flush(&mut pending, cell, batch);
            at[axis] = entry[axis];
            cell = cell.wrapping_add(step[axis]);
            let next = batch.stretch(cell);
            if next != here {
                if next < 0.0 {
                    self.leave(
                        lane,
                        next,
                        cell,
                        at,
                        kinetic - loss * (1.0 - rest),
                        way,
                        batch,
                    );
                    return;
                }
                let ratio = next / here;
                here = next;
                moved = moved.map(|m| m * ratio);
                inverse = moved.map(|m| 1.0 / (m + 0.0));
            }
        }
        for a in 0..3 {
            self.now.at[a][lane] = at[a];
        }
        self.now.cell[lane] = cell;
        self.now.stretch[lane] = here;
        self.pending[lane] = pending;
    }

    /// A lane comes to where it is not replayed, or out of the world.
    #[expect(clippy::too_many_arguments, reason = "the state of one lane")]
    #[inline(never)]
    fn leave(
        &mut self,
        lane: usize,
        mark: f32,
        cell: u32,
        at: [f32; 3],
        energy_mev: f32,
        way: [f32; 3],
        batch: &mut BatchTally,
    ) {
        self.pending[lane] = 0.0;
        for a in 0..3 {
            self.now.at[a][lane] = at[a];
        }
        if mark == NOWHERE {
            batch.escape(f64::from(energy_mev));
            self.now.alive[lane] = 0.0;
            self.now.stretch[lane] = 0.0;
            return;
        }
        self.now.cell[lane] = cell;
        let length = way.iter().map(|w| w * w).sum::<f32>().sqrt();
        self.depart(
            lane,
            f64::from(energy_mev),
            way.map(|w| f64::from(w / length)),
        );
    }
}

/// A way of one lane that meets a border.
#[derive(Debug, Clone, Copy)]
struct Crossing {
    /// Where it starts in its cell, cm.
    at: [f32; 3],
    /// The whole way as it would be in this cell, cm.
    moved: [f32; 3],
    /// Energy already left in the cell, MeV.
    pending: f32,
    /// Energy that the whole way leaves, MeV.
    loss: f32,
    /// Energy of the particle at the start, MeV.
    kinetic: f32,
    /// The way as the track has it, g/cm².
    way: [f32; 3],
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
