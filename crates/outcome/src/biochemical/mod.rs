//! Response without images: tumour markers, symptoms, the dose of the analogue.

mod analogue_dose;
mod marker;
mod symptom;

pub use analogue_dose::{AnalogueChange, AnaloguePrescription, analogue_change};
pub use marker::{
    MarkerDefinition, MarkerDefinitions, MarkerNotEvaluable, MarkerValue, MarkerVerdict,
};
pub use symptom::{SymptomResponse, SymptomValue, symptom_response};
