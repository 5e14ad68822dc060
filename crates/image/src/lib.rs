//! Frames, grids, volumes, structures, resampling and volume file formats.
//!
//! Inside, everything is LPS and millimetres, and values run with the first
//! index axis fastest; formats that differ are turned when they are read.
//! This crate opens no file: readers take bytes, writers return them.

mod acquisition;
mod contour;
mod contour_grid;
mod error;
mod frame;
mod grid;
mod mask;
mod overlap;
mod polygon;
mod resample;
mod sampling;
mod structure;
mod volume;

pub use acquisition::{
    ActivityAcquisition, DecayCorrection, FrameTiming, InstantOf, PixelUnits, Recorded,
};
pub use contour::{Contour, ContourFinding, ContourPlane, ContourStack};
pub use error::ImageError;
pub use frame::{FrameOfReference, PatientPoint, PatientVector, RigidTransform};
pub use grid::Grid;
pub use mask::WeightMask;
pub use resample::{
    Averaged, Conserved, resample_conserving, resample_mask, resample_mean, sample_linear,
};
pub use structure::{Outline, Structure};
pub use volume::{Counts, Hounsfield, Unspecified, Volume, VoxelQuantity};
