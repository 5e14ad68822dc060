//! Coupled electron, photon and positron transport by Monte Carlo.
//!
//! A world of voxels with a material and a density each, a source, and what
//! the radiation leaves in every voxel, with its statistical uncertainty.
//! It reads like a textbook: [`MaterialLibrary`], [`StoppingPower`], then
//! scattering, single tracks, the world, the tally.
//! Knows no medicine. Opens no file, reads no clock, holds no global.

mod constants;
mod element;
mod error;
mod material;
mod random;
mod stopping_power;

pub use error::TransportError;
pub use material::{Material, MaterialLibrary};
pub use random::Stream;
pub use stopping_power::{Charge, StoppingPower};
