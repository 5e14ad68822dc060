//! Absorbed dose from activity, and what is read from it.
//!
//! This crate opens no file, reads no clock and holds no global: data tables
//! are built in, others come as text.

mod absorbed_dose;
mod accumulation;
mod calibration;
mod convolution;
mod decay_reference;
mod device;
mod dvh;
mod energy_balance;
mod equivalent_uniform_dose;
mod error;
mod gamma;
mod imaging_uncertainty;
mod medium;
mod point_kernel;
mod radiobiology;
mod recovery;
mod row_sums;
mod scanner_calibration;
mod separable;
mod separable_sweep;
mod sparse_convolution;
mod standardised_uptake;
mod structure_dose;
mod structure_role;
mod subvoxel;
mod tissue;
mod tumour_control;
mod uncertainty;
mod volume_uncertainty;
mod voxel_s;
mod work_up;

pub use absorbed_dose::{DecayData, DoseDistribution, Method};
pub use accumulation::{AccumulatedDose, Treatment, TreatmentInteraction, accumulate};
pub use calibration::{
    Calibration, CalibrationKind, Decision, Settlement, calibrate, calibration_refusals,
    relative_factor,
};
pub use convolution::Convolution;
pub use device::{Cited, Device, DeviceData, DeviceLibrary};
pub use dvh::{DoseStatistics, DoseVolumeHistogram, SampledHistogram, Weighting};
pub use energy_balance::{CLOSURE_LIMIT, CLOSURE_TOLERANCE, EnergyBalance, EnergyPart};
pub use equivalent_uniform_dose::{
    generalised_equivalent_uniform_dose, log_surviving_fraction, survival_equivalent_uniform_dose,
};
pub use error::DosimetryError;
pub use gamma::{
    GammaComparison, GammaCriteria, GammaIndex, GammaNormalisation, GammaSummary, gamma_index,
};
pub use imaging_uncertainty::{ImagingUncertainty, ModalityUncertainty, PhysicsUncertainty};
pub use medium::Medium;
pub use point_kernel::{KernelMedium, MediumKernel, PointKernel};
pub use radiobiology::{
    TissueResponse, biologically_effective_dose, cross_term_factor,
    dose_for_biologically_effective_dose, equieffective_dose, lea_catcheside_factor,
};
pub use recovery::{RecoveryCurve, RecoveryPoint, RecoveryTable, recovery_coefficient};
pub use structure_dose::{NamedMask, StructureBed, StructureDose, derived_normal_liver};
pub use structure_role::{Role, RoleByName};
pub use subvoxel::{SUBVOXEL_POINTS, subvoxel_samples};
pub use tissue::{ClassFraction, TissueTable};
pub use tumour_control::{
    DoseResponseModel, ResponseCurve, ResponseDose, ResponseEstimate, logistic_coefficients,
    logistic_d50_and_gamma50, logistic_probability, lyman_probability, poisson_control,
};
pub use uncertainty::{
    COVERAGE_FACTOR, CountsOnVolume, DEFAULT_SAMPLES, DoseUncertainty, NamedUncertainty,
    SampledUncertainty, UncertaintyBudget, UncertaintyComponent, VolumeSensitivity,
};
pub use volume_uncertainty::{
    blurred_sphere_recovery, blurred_sphere_surface, boundary_to_mean_ratio, diameter_uncertainty,
    relative_volume_uncertainty, sphere_diameter,
};
pub use voxel_s::VoxelKernel;
pub use work_up::{
    ExtrahepaticFocus, ExtrahepaticSearch, LungMass, NamedOrgan, OrganUptake, PlanarRegion,
    PointSpread, RegionalCounts, ShuntEstimate, ShuntMethod, TomographicShunt, extrahepatic_foci,
    lung_mass_from_ct, organ_uptake, planar_lung_shunt,
};
