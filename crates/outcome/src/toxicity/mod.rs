//! What a treatment did beside its purpose: grades of laboratory values, liver
//! disease after radiation, events outside of the liver.

mod ctcae;
mod events;
mod liver_disease;

pub use ctcae::{GradedValue, LaboratoryGrade, LaboratoryGrades, LaboratoryGrading};
pub use events::{
    AdverseEvent, Attribution, EventKind, EventLink, EventWindow, EventWindows, ExtrahepaticSite,
};
pub use liver_disease::{
    DefinitionVerdict, LiverDiseaseDefinition, LiverDiseaseDefinitions, LiverEvent, LiverTreatment,
    liver_toxicity_grade,
};
