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
mod monte_carlo;
mod planning;
mod plausibility;
mod point_kernel;
mod prescription;
mod radiobiology;
mod recovery;
mod row_sums;
mod safety;
mod scanner_calibration;
mod separable;
mod separable_sweep;
mod sparse_convolution;
mod sphere_load;
mod standardised_uptake;
mod structure_dose;
mod structure_role;
mod subvoxel;
mod tissue;
mod tissue_composition;
mod tumour_control;
mod uncertainty;
mod vial;
mod volume_uncertainty;
mod voxel_s;
mod work_up;

pub use absorbed_dose::{DecayData, DoseDistribution, Method};
pub use accumulation::{
    AccumulatedDose, DoseOnGrid, DoseResampling, Treatment, TreatmentInteraction, accumulate,
    dose_on_grid_of,
};
pub use calibration::{
    Calibration, CalibrationKind, Decision, Settlement, calibrate, calibration_refusals,
    relative_factor,
};
pub use convolution::Convolution;
pub use device::{Cited, Device, DeviceData, DeviceLibrary, SizeSteps};
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
pub use monte_carlo::{MonteCarlo, TransportStatistics, USUAL_VOXEL_UNCERTAINTY};
pub use planning::{
    CardGoals, CardPatient, CardTerritory, CourseDoses, MeanDose, MethodQuestion, MethodRow,
    PlanMethod, PlanTissue, PlanUncertainty, PlannedDelivered, PlannedShare, SampledDoses, Verdict,
    VoxelFigures, VoxelPrediction, course_doses, joint_mean_dose, method_card, method_question,
    planned_delivered, predicted_dose, row_of_activity,
};
pub use plausibility::{
    BEYOND_TREATMENT, Doubt, LARGEST_VIAL, LEAST_TREATMENT, SAME_HALF_LIFE, doubt_about_dose,
    doubts_about_activity, doubts_about_distribution,
};
pub use point_kernel::{KernelMedium, MediumKernel, PointKernel};
pub use prescription::{
    ActivityBeforeShunt, ActivityRatio, BodySurfaceForm, BodySurfacePrescription, Delivery,
    DoseGoal, EmpiricBand, EmpiricTable, HolmiumFormula, InvolvedVolume, LimitedActivity,
    LobarForm, MultiCompartmentDoses, MultiCompartmentGoal, Partition, PartitionDoses,
    PerfusedVolume, PredictivePartition, PredictivePartitionDoses, ReductionBand, ShuntBoundary,
    ShuntReduction, ShuntReductionTable, SingleCompartment, SinglePrescriptionCheck,
    SurfaceFormula, TumourLungShuntFraction, TumourToNormal, conventional_lung_mass,
    lung_dose_at_liver_limit, lung_shunt_bound, multi_compartment_doses, single_prescription_check,
};
pub use radiobiology::{
    TissueResponse, biologically_effective_dose, cross_term_factor,
    dose_for_biologically_effective_dose, equieffective_dose, lea_catcheside_factor,
};
pub use recovery::{RecoveryCurve, RecoveryPoint, RecoveryTable, recovery_coefficient};
pub use safety::{
    AccumulatedVolume, BorrowedLimit, Bound, ChosenLimit, ChosenLimits, Clearance, Compartment,
    Condition, DoseLimit, DoseLimitTable, ExtrahepaticFinding, LimitFacts, LimitQuantity,
    LimitSelection, Outcome, OverriddenRules, Override, Purpose, RemainingTolerance, RuleOverride,
    RuleResult, RuleValue, SafetyFacts, SafetyRule, SafetyThresholds, Scenario, Scope,
    SelectedLimit, Severity, Standing, TreatedVolume, TumourType, UnusedOverride,
    accumulate_volumes, apply_overrides, is_blocked, remaining_tolerance, safety_rules,
    untreated_fraction, whole_organ_dose,
};
pub use sirt_transport::{Goal as TransportGoal, Progress as TransportProgress};
pub use sphere_load::{SphereLoad, SphereMaterial};
pub use structure_dose::{NamedMask, StructureBed, StructureDose, derived_normal_liver};
pub use structure_role::{Role, RoleByName};
pub use subvoxel::{SUBVOXEL_POINTS, subvoxel_samples};
pub use tissue::{ClassFraction, TissueTable};
pub use tissue_composition::TissueComposition;
pub use tumour_control::{
    DoseResponseModel, ResponseCurve, ResponseDose, ResponseEstimate, logistic_coefficients,
    logistic_d50_and_gamma50, logistic_probability, lyman_probability, poisson_control,
};
pub use uncertainty::{
    COVERAGE_FACTOR, CountsOnVolume, DEFAULT_SAMPLES, DoseUncertainty, NamedUncertainty,
    SampledUncertainty, UncertaintyBudget, UncertaintyComponent, VolumeSensitivity,
};
pub use vial::{
    ActivityMeterReading, CalibrationNeed, CalibrationSchedule, DatedActivity, DeliveredActivity,
    Draw, EarlyEnd, EndOfInfusion, InfusionLimit, InfusionOrder, InfusionWindow, LateStart,
    MeasuredResidual, OfferFit, OrderConstraints, OrderObstacle, OrderOutcome, OrderPlan,
    OtherHour, PlannedInfusion, PlannedVial, Spheres, Vial, VialPair, WasteJarReading,
    WorkingHours, activity_at_calibration, activity_given, activity_in_draw, activity_to_dispense,
    compare_offers, plan_orders, usual_activity_tolerance, vial_offers, volume_to_draw,
    waste_jar_residual,
};
pub use volume_uncertainty::{
    blurred_sphere_recovery, blurred_sphere_surface, boundary_to_mean_ratio, diameter_uncertainty,
    relative_volume_uncertainty, sphere_diameter,
};
pub use voxel_s::VoxelKernel;
pub use work_up::{
    ExtrahepaticFocus, ExtrahepaticOrgan, ExtrahepaticSearch, LungMass, NamedOrgan, OrganUptake,
    PlanarRegion, PlanarView, PointSpread, RegionalCounts, RegionalTransfer, ShuntEstimate,
    ShuntMethod, TerritoryRegions, TomographicShunt, ViewCounts, WorkUpImageTolerance,
    centre_of_region, extrahepatic_foci, is_cut_by_image, joined_regions, lung_mass_from_ct,
    lung_shunt_of_views, organ_uptake, planar_grid, planar_lung_shunt, polygons_on_view,
    shared_region, swapped_lobes_mm, uniform_liver_parts,
};
