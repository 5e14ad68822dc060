//! The record of one track in a medium without end: straight pieces in mass
//! length, branches of knocked-on electrons, photons that start on the way.
//!
//! A track of one particle can be flown again from other places in other
//! directions (see `replay`): lengths in g/cm² do not know the density.

use crate::electron::Flight;

/// A piece of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece {
    /// A straight way: displacement (g/cm²), energy left on it, energy of the
    /// particle at its start (MeV).
    Way {
        way: [f32; 3],
        loss: f32,
        kinetic: f32,
    },
    /// Energy left on the spot, MeV.
    Spot(f32),
    /// Another particle starts; its track follows.
    Branch,
    /// Back to where the last branch began.
    Rejoin,
    /// A photon starts: energy and direction.
    Photon { energy: f64, direction: [f64; 3] },
}

/// A recorded track.
#[derive(Debug)]
pub(crate) struct Track {
    pub pieces: Vec<Piece>,
    material: usize,
    short: f64,
    /// Ways shorter than this (g/cm²) are joined to one straight way.
    joined: f64,
    /// The last piece may be made longer: its direction and length so far.
    open: Option<([f64; 3], f64)>,
}

impl Track {
    /// An empty record in a material; ways below `short` (g/cm²) do not
    /// matter, and below `joined` they need not be told apart.
    pub(crate) fn new(material: usize, short: f64, joined: f64) -> Self {
        Self {
            pieces: Vec::with_capacity(256),
            material,
            short,
            joined,
            open: None,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.open = None;
    }
}

impl Flight for Track {
    fn material(&self) -> usize {
        self.material
    }

    fn short(&self) -> f64 {
        self.short
    }

    #[expect(clippy::float_cmp, reason = "an unchanged direction is the same bits")]
    fn fly(&mut self, u: [f64; 3], length: f64, loss_mev: f64, energy_mev: f64) -> bool {
        // The second part of a step and the first of the next are one way, and
        // so are short ways: their chord, with the energy of all.
        if let Some((direction, so_far)) = self.open
            && (direction == u || so_far + length <= self.joined)
            && let Some(Piece::Way { way, loss, .. }) = self.pieces.last_mut()
        {
            for (w, c) in way.iter_mut().zip(u) {
                *w += (c * length) as f32;
            }
            *loss += loss_mev as f32;
            self.open = Some((u, so_far + length));
            return true;
        }
        self.pieces.push(Piece::Way {
            way: u.map(|c| (c * length) as f32),
            loss: loss_mev as f32,
            kinetic: energy_mev as f32,
        });
        self.open = Some((u, length));
        true
    }

    fn deposit(&mut self, energy_mev: f64) {
        if let Some((_, so_far)) = self.open
            && so_far <= self.joined
            && let Some(Piece::Way { loss, .. }) = self.pieces.last_mut()
        {
            *loss += energy_mev as f32;
            return;
        }
        self.open = None;
        self.pieces.push(Piece::Spot(energy_mev as f32));
    }

    fn escape(&mut self, _energy_mev: f64) {}

    fn photon(&mut self, energy_mev: f64, direction: [f64; 3]) {
        self.open = None;
        self.pieces.push(Piece::Photon {
            energy: energy_mev,
            direction,
        });
    }

    fn branch(&mut self) {
        self.open = None;
        self.pieces.push(Piece::Branch);
    }

    fn rejoin(&mut self) {
        self.open = None;
        self.pieces.push(Piece::Rejoin);
    }
}
