//! Frames, grids, volumes, structures, resampling and volume file formats.
//!
//! Inside, everything is LPS and millimetres, and values run with the first
//! index axis fastest; formats that differ are turned when they are read.
//! This crate opens no file: readers take bytes, writers return them.

mod acquisition;
mod contour;
mod contour_grid;
mod distance;
mod error;
mod frame;
mod gaussian_blur;
mod grid;
mod mask;
mod metaimage;
mod nifti;
mod nifti_write;
mod nrrd;
mod outline;
mod overlap;
mod polygon;
mod resample;
mod sampling;
mod stored;
mod structure;
mod volume;
mod volume_file;

pub use acquisition::{
    ActivityAcquisition, DecayCorrection, FrameTiming, InstantOf, PixelUnits, Recorded,
};
pub use contour::{Contour, ContourFinding, ContourPlane, ContourStack};
pub use error::ImageError;
pub use frame::{FrameOfReference, PatientPoint, PatientVector, RigidTransform};
pub use gaussian_blur::gaussian_blur;
pub use grid::Grid;
pub use mask::WeightMask;
pub use metaimage::read_metaimage;
pub use nifti::read_nifti;
pub use nifti_write::{write_nifti, write_nifti_labels};
pub use nrrd::{read_nrrd, write_nrrd, write_seg_nrrd};
pub use outline::mask_contours;
pub use resample::{
    Averaged, Conserved, resample_conserving, resample_mask, resample_mean, sample_linear,
};
pub use structure::{Outline, Structure};
pub use volume::{Counts, Hounsfield, Unspecified, Volume, VoxelQuantity};
pub use volume_file::{
    Companion, Compression, FileContent, FileFormat, LabelName, ReadOptions, VolumeFile,
    detect_format, read_volume_file,
};
