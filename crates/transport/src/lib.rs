//! Coupled electron, photon and positron transport by Monte Carlo.
//!
//! A world of voxels with a material and a density each, a source, and what
//! the radiation leaves in every voxel, with its statistical uncertainty.
//! It reads like a textbook: [`MaterialLibrary`], [`StoppingPower`], then
//! scattering, single tracks, the world, the tally.
//! Knows no medicine. Opens no file, reads no clock, holds no global.

mod bremsstrahlung;
mod constants;
mod elastic;
mod electron;
mod electron_table;
mod element;
mod error;
mod hard_collision;
mod material;
mod multiple_scattering;
mod random;
mod shells;
mod stopping_power;

pub use electron_table::{ElectronTable, StepSettings};
pub use error::TransportError;
pub use material::{Material, MaterialLibrary};
pub use random::Stream;
pub use shells::{ShellEnergy, shell_energy};
pub use stopping_power::{Charge, StoppingPower};
