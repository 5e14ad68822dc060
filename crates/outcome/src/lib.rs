//! Scores of the patient's condition, what became of the patient, and the
//! evidence of cohorts; sees no pixel.
//!
//! This crate opens no file, reads no clock and holds no global: data tables
//! are built in, others come as text.

mod biochemical;
mod error;
pub mod evidence;
mod liver_function;
mod liver_volume;
mod response;
mod sex;
mod time_to_event;
mod toxicity;

pub use biochemical::{
    AnalogueChange, AnaloguePrescription, MarkerDefinition, MarkerDefinitions, MarkerNotEvaluable,
    MarkerValue, MarkerVerdict, SymptomResponse, SymptomValue, analogue_change, symptom_response,
};
pub use error::OutcomeError;
pub use liver_function::{
    Albi, AlbiGrade, Ascites, CITATIONS, ChildPugh, ChildPughClass, Cited, Encephalopathy,
    LaboratoryValues, LiverFunctionTable, Meld, ModifiedAlbiGrade, albi, child_pugh, meld, meld_3,
    meld_sodium,
};
pub use liver_volume::{VolumeChange, VolumeOnDay, volume_changes};
pub use response::{
    Assessment, Attenuation, BestReason, BestResponse, CauseOfDeath, Certainty, ChangeLimit,
    CompleteThenPartial, CriterionResult, CriterionRules, Day, DayScale, Diameter, Discordance,
    Glycolysis, Lesion, LesionFinding, LesionKind, LesionResponse, LesionRole, LesionState,
    LesionVolume, Level, Measurability, Measure, Modality, NewLesion, NewLesionEvidence,
    NewLesionVerdict, NotComputed, Organ, PatientMarker, PatientRecord, PetReference,
    ProgressionOf, ProgressionReference, RecordFinding, RecordRule, Region, Response,
    ResponseCriteria, Severity, StatedNonTarget, Status, Step, SumUnit, TICKS, TimePoint, Timeline,
    TraceRule, Tracer, Treatment, TreatmentKind, Uptake, VisualUptake, discordances,
    measurable_uptake, overall_response,
};
pub use sex::Sex;
pub use time_to_event::{
    EndpointRules, EventOf, OtherTreatment, TimeToEvent, built_in_endpoints, endpoints_from_toml,
};
pub use toxicity::{
    AdverseEvent, Attribution, DefinitionVerdict, EventKind, EventLink, EventWindow, EventWindows,
    ExtrahepaticSite, GradedValue, LaboratoryGrade, LaboratoryGrades, LaboratoryGrading,
    LiverDiseaseDefinition, LiverDiseaseDefinitions, LiverEvent, LiverTreatment,
    liver_toxicity_grade,
};
