//! Coupled electron, photon and positron transport by Monte Carlo.
//!
//! A world of voxels with a material and a density each, a source, and what
//! the radiation leaves in every voxel, with its statistical uncertainty.
//! It reads like a textbook: [`MaterialLibrary`], [`StoppingPower`], then
//! scattering, single tracks, the world, the tally.
//! Knows no medicine. Opens no file, reads no clock, holds no global.

#![expect(
    clippy::needless_range_loop,
    reason = "axes and lanes are indices into several arrays at once"
)]

mod bremsstrahlung;
mod constants;
mod dose;
mod elastic;
mod electron;
mod electron_table;
mod element;
mod emission;
mod error;
mod hard_collision;
mod lattice;
mod material;
mod multiple_scattering;
mod photon;
mod photon_table;
mod random;
mod replay;
mod rotation;
mod run;
mod shells;
mod simulation;
mod source;
mod stopping_power;
mod tally;
mod track;
mod validation;
mod voxel_flight;
mod world;

pub use dose::{DosePerDecay, DoseTo};
pub use electron_table::{ElectronTable, StepSettings};
pub use emission::Emission;
pub use error::TransportError;
pub use material::{Material, MaterialLibrary};
pub use random::Stream;
pub use run::{Goal, Progress};
pub use shells::{ShellEnergy, shell_energy};
pub use simulation::{RunSettings, Simulation};
pub use source::Source;
pub use stopping_power::{Charge, StoppingPower};
pub use tally::Tally;
pub use validation::{ComparedPoint, Effort, ValidationCase, ValidationOutcome};
pub use world::World;
