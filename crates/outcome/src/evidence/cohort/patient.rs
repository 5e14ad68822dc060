//! A patient of a cohort: the record with what stands beside it.

use std::collections::BTreeMap;

use crate::biochemical::{AnaloguePrescription, SymptomValue};
use crate::response::{Day, PatientRecord, Status};
use crate::toxicity::{AdverseEvent, Attribution};

/// A symptom of a patient by days.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PatientSymptom {
    /// Its name.
    pub name: String,
    /// Its values, in any order.
    pub values: Vec<SymptomValue>,
}

/// An adverse event with what the record says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortEvent {
    /// The event.
    pub event: AdverseEvent,
    /// The organ system, where the record says it.
    pub system: Option<String>,
    /// How the record says that it stands to the treatment.
    pub stated: Option<Attribution>,
}

/// A laboratory value that may have a grade.
#[derive(Debug, Clone, PartialEq)]
pub struct LaboratoryValue {
    /// The test by the name that grades know.
    pub test: String,
    /// The day of the sample.
    pub day: Day,
    /// The value, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Lower limit of normal.
    pub lower_limit: Option<f64>,
    /// Upper limit of normal.
    pub upper_limit: Option<f64>,
}

/// A patient of a cohort.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CohortPatient {
    /// What became of the patient, by the reader that counts.
    pub record: PatientRecord,
    /// Symptoms.
    pub symptoms: Vec<PatientSymptom>,
    /// Somatostatin analogues, in any order.
    pub analogue: Vec<AnaloguePrescription>,
    /// Adverse events.
    pub events: Vec<CohortEvent>,
    /// Laboratory values.
    pub laboratory: Vec<LaboratoryValue>,
    /// What the patient was before treatment, by name: `line`, `grade`, `sex`.
    pub attributes: BTreeMap<String, String>,
}

impl CohortPatient {
    /// The day that all times are counted from: the first treatment, without
    /// one the baseline.
    #[must_use]
    pub fn origin(&self) -> Option<Day> {
        self.record
            .first_treatment()
            .or_else(|| self.record.baseline_day(0))
    }

    /// The last day on which the patient is known to have lived, and whether
    /// death came on it.
    #[must_use]
    pub fn last_known(&self) -> Option<(Day, bool)> {
        let scanned = self
            .record
            .assessments
            .iter()
            .map(|assessment| assessment.day)
            .max();
        match self.record.status {
            Some(Status::Dead { day, .. }) => Some((day, true)),
            Some(Status::Alive { last_contact }) => Some((
                scanned.map_or(last_contact, |day| day.max(last_contact)),
                false,
            )),
            Some(Status::DeadOnUnknownDay { .. }) | None => scanned.map(|day| (day, false)),
        }
    }
}

/// A patient of whom nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedPatient {
    /// Identity in the study.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// Patients that belong together, each in or refused with its reason.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cohort {
    /// Patients whose records can be judged.
    pub patients: Vec<CohortPatient>,
    /// All others.
    pub refused: Vec<RefusedPatient>,
}
