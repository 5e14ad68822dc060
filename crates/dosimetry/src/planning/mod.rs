//! From the work-up to an activity: what each method says, and how sure it is.

mod compartment_uncertainty;
mod course;
mod method_card;
mod method_question;
mod plan_method;
mod planned_delivered;
mod voxel_prediction;

pub use compartment_uncertainty::{PlanTissue, PlanUncertainty, SampledDoses};
pub use course::{CourseDoses, course_doses};
pub use method_card::{
    CardGoals, CardPatient, CardTerritory, MethodRow, Verdict, VoxelFigures, method_card,
    row_of_activity,
};
pub use method_question::{MethodQuestion, method_question};
pub use plan_method::PlanMethod;
pub use planned_delivered::{
    MeanDose, PlannedDelivered, PlannedShare, joint_mean_dose, planned_delivered,
};
pub use voxel_prediction::{VoxelPrediction, predicted_dose};
