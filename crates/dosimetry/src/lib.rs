//! Absorbed dose from activity, and what is read from it.
//!
//! This crate opens no file, reads no clock and holds no global: data tables
//! are built in, others come as text.

mod accumulation;
mod calibration;
mod decay_reference;
mod dvh;
mod equivalent_uniform_dose;
mod error;
mod point_kernel;
mod radiobiology;
mod recovery;
mod subvoxel;
mod tissue;
mod tumour_control;
mod voxel_s;

pub use accumulation::{AccumulatedDose, Treatment, TreatmentInteraction, accumulate};
pub use calibration::{Calibration, CalibrationKind, Decision, Settlement, calibrate, relative_factor};
pub use dvh::{DoseStatistics, DoseVolumeHistogram, SampledHistogram, Weighting};
pub use equivalent_uniform_dose::{
    generalised_equivalent_uniform_dose, log_surviving_fraction, survival_equivalent_uniform_dose,
};
pub use error::DosimetryError;
pub use point_kernel::{KernelMedium, MediumKernel, PointKernel};
pub use radiobiology::{
    TissueResponse, biologically_effective_dose, cross_term_factor,
    dose_for_biologically_effective_dose, equieffective_dose, lea_catcheside_factor,
};
pub use recovery::{RecoveryCurve, RecoveryPoint, RecoveryTable, recovery_coefficient};
pub use subvoxel::{SUBVOXEL_POINTS, subvoxel_samples};
pub use tumour_control::{
    DoseResponseModel, ResponseCurve, ResponseDose, ResponseEstimate, logistic_coefficients,
    logistic_d50_and_gamma50, logistic_probability, lyman_probability, poisson_control,
};
pub use tissue::{ClassFraction, TissueTable};
pub use voxel_s::VoxelKernel;
