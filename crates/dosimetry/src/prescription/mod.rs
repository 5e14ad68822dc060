//! Activity prescription: from a wanted dose to an activity, and back.
//!
//! A method per file, forward and inverse together.

mod allowed_range;
mod body_surface_area;
mod delivery;
mod dose_goal;
mod empiric;
mod holmium;
mod multi_compartment;
mod partition;
mod predictive_partition;
mod shunt_bound;
mod shunt_reduction;
mod single_compartment;
mod tumour_involvement;
mod tumour_to_normal;

pub use body_surface_area::{
    BodySurfaceForm, BodySurfacePrescription, LobarForm, SinglePrescriptionCheck, SurfaceFormula,
    single_prescription_check,
};
pub use delivery::{Delivery, conventional_lung_mass};
pub use dose_goal::{DoseGoal, LimitedActivity};
pub use empiric::{EmpiricBand, EmpiricTable};
pub use holmium::HolmiumFormula;
pub use multi_compartment::{
    MultiCompartmentDoses, MultiCompartmentGoal, PerfusedVolume, multi_compartment_doses,
};
pub use partition::{Partition, PartitionDoses};
pub use predictive_partition::{
    PredictivePartition, PredictivePartitionDoses, TumourLungShuntFraction,
};
pub use shunt_bound::{lung_dose_at_liver_limit, lung_shunt_bound};
pub use shunt_reduction::{
    ActivityBeforeShunt, ReductionBand, ShuntBoundary, ShuntReduction, ShuntReductionTable,
};
pub use single_compartment::SingleCompartment;
pub use tumour_involvement::InvolvedVolume;
pub use tumour_to_normal::{ActivityRatio, TumourToNormal};
