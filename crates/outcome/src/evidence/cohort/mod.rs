//! Endpoints of a cohort.
//!
//! ```text
//! Cohort (records) ──judge──▶ JudgedCohort (columns) ──Figure──▶ Endpoint (n, N, estimate, interval, who is out and why)
//! ```
//!
//! Patients in = patients in each endpoint + patients left out with the
//! reason. Per lesion and per patient are never mixed: an endpoint has its
//! unit. Endpoints are functions over columns, so that another engine than
//! this one can call them.

mod at_time_point;
mod category;
mod compute;
mod endpoint;
mod figure;
mod judged;
mod laboratory;
mod lesion;
mod list;
mod patient;
mod printed_values;
mod standing;
mod survival;
mod time_point;
mod toxicity_table;

pub use at_time_point::{CourseColumns, DayColumns, Population, standing_at};
pub use category::Category;
pub use compute::EndpointOptions;
pub use endpoint::{AtRisk, Endpoint, EndpointUnit, EstimateUnit};
pub use figure::{
    AnalogueFall, Composite, CompositePart, EventCount, Figure, GradeLimit, Point, cause_name,
};
pub use judged::{
    CohortRules, CriterionColumns, EventColumns, GivenTreatment, JudgedCohort, LaboratoryColumns,
    LesionColumns, MarkerColumns, SumColumns, SymptomColumns, TimeColumns,
};
pub use list::usual_figures;
pub use patient::{
    Cohort, CohortEvent, CohortPatient, LaboratoryValue, PatientSymptom, RefusedPatient,
};
pub(crate) use printed_values::numbers;
pub use printed_values::{PrintedComparison, compare_claim};
pub use standing::{LeftOut, Share, Standing, share};
pub use time_point::{DAYS_PER_MONTH, TimePoint, TimePoints, days, months};
pub use toxicity_table::{ToxicityRow, toxicity_table};
