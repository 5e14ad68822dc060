//! From the work-up to an activity: what each method says, and how sure it is.

mod compartment_uncertainty;
mod course;
mod method_card;
mod voxel_prediction;

pub use compartment_uncertainty::{PlanTissue, PlanUncertainty, SampledDoses};
pub use course::{CourseDoses, course_doses};
pub use method_card::{
    CardGoals, CardPatient, CardTerritory, MethodQuestion, MethodRow, PlanMethod, Verdict,
    VoxelFigures, method_card, method_question, row_of_activity,
};
pub use voxel_prediction::{VoxelPrediction, predicted_dose};
