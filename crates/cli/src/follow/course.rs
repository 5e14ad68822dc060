//! What stands beside responses of a patient of a case: treatments, markers
//! with their limits, symptoms, analogues, performance and the end.

use serde::Serialize;
use sirt_outcome::{
    AnalogueChange, CauseOfDeath, Day, OutcomeError, PatientRecord, Status, SymptomResponse,
    SymptomValue, analogue_change, symptom_response,
};
use sirt_store::{Case, CaseCourse, StatedStatus};

use super::lesions::LesionCourse;
use super::liver::{LiverDiseaseJson, LiverFunctionJson, LiverToxicityJson, LiverVolumeJson};

/// What stands beside responses.
#[derive(Debug, Serialize)]
pub(crate) struct CourseResult {
    /// Day that times are counted from: the first treatment, else baseline.
    pub(crate) start: Option<String>,
    pub(crate) treatments: Vec<TreatmentJson>,
    pub(crate) status: Option<StatusJson>,
    /// Each lesion with its dose and its fate.
    pub(crate) lesions: Vec<LesionCourse>,
    /// Volumes of liver, lobes, tumours and future remnant.
    pub(crate) liver_volumes: Vec<LiverVolumeJson>,
    /// Values of markers with the limits of their assays.
    pub(crate) marker_values: Vec<MarkerCourse>,
    pub(crate) symptoms: Vec<SymptomCourse>,
    pub(crate) analogues: Vec<AnalogueJson>,
    pub(crate) performance: Vec<PerformanceJson>,
    pub(crate) liver_function: Vec<LiverFunctionJson>,
    /// Definitions of liver disease after radiation that fit, or may fit, on a day.
    pub(crate) liver_disease: Vec<LiverDiseaseJson>,
    /// Toxicity of the liver as it is graded after radioembolisation.
    pub(crate) liver_toxicity: Option<LiverToxicityJson>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TreatmentJson {
    pub(crate) date: String,
    pub(crate) name: String,
    pub(crate) radioembolisation: bool,
    pub(crate) territory: Option<String>,
    pub(crate) activity_gbq: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct StatusJson {
    /// `alive` or `dead`.
    pub(crate) state: &'static str,
    /// Day of death or of the last contact; a range where no day is known.
    pub(crate) date: String,
    pub(crate) cause: Option<&'static str>,
    pub(crate) cause_in_words: Option<String>,
    /// Days from the first treatment.
    pub(crate) days: Option<i32>,
}

/// A marker over time.
#[derive(Debug, Serialize)]
pub(crate) struct MarkerCourse {
    pub(crate) marker: String,
    pub(crate) values: Vec<MarkerPoint>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MarkerPoint {
    pub(crate) date: String,
    #[serde(skip)]
    pub(crate) day: Day,
    pub(crate) value: f64,
    pub(crate) unit: String,
    pub(crate) upper_limit: Option<f64>,
    /// Multiple of the upper limit of normal.
    pub(crate) over_limit: Option<f64>,
    pub(crate) assay: Option<String>,
    pub(crate) confounded_by: Option<String>,
}

/// A symptom over time.
#[derive(Debug, Serialize)]
pub(crate) struct SymptomCourse {
    pub(crate) symptom: String,
    pub(crate) scale: Option<String>,
    /// Day that is compared with: the last at or before the first treatment.
    pub(crate) baseline: Option<String>,
    pub(crate) values: Vec<SymptomPoint>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SymptomPoint {
    pub(crate) date: String,
    pub(crate) grade: Option<u8>,
    pub(crate) per_day: Option<f64>,
    /// After baseline: resolved, improved, same, worse or not evaluable.
    pub(crate) response: Option<&'static str>,
}

/// The analogue from a day on, against that at the first treatment.
#[derive(Debug, Serialize)]
pub(crate) struct AnalogueJson {
    pub(crate) date: String,
    pub(crate) drug: String,
    pub(crate) mg_per_28_days: f64,
    /// Before treatment none.
    pub(crate) change: Option<&'static str>,
    /// Part of the dose at treatment, per cent.
    pub(crate) of_treatment_percent: Option<f64>,
    /// Days until the next row, or until the last that is known.
    pub(crate) days: Option<i32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct PerformanceJson {
    pub(crate) date: String,
    pub(crate) ecog: Option<u8>,
    pub(crate) karnofsky: Option<u8>,
}

/// The first treatment that response is asked of, else the baseline of a reader.
pub(super) fn start(record: &PatientRecord) -> Option<Day> {
    record.first_treatment().or_else(|| record.baseline_day(0))
}

pub(super) fn treatments(course: &CaseCourse) -> Vec<TreatmentJson> {
    course
        .treatments
        .iter()
        .map(|treatment| TreatmentJson {
            date: treatment.day.to_string(),
            name: treatment.name.clone(),
            radioembolisation: treatment.is_radioembolisation(),
            territory: treatment.territory.clone(),
            activity_gbq: treatment.activity.map(|activity| activity.as_gbq()),
        })
        .collect()
}

pub(super) fn status(stated: &StatedStatus, start: Option<Day>) -> StatusJson {
    let cause_name = |cause| match cause {
        CauseOfDeath::LiverDisease => "liver disease",
        CauseOfDeath::ExtrahepaticDisease => "extrahepatic disease",
        CauseOfDeath::Treatment => "treatment",
        CauseOfDeath::Other => "other",
        CauseOfDeath::Unknown => "unknown",
    };
    let (state, date, day, cause) = match stated.status {
        Status::Alive { last_contact } => {
            ("alive", last_contact.to_string(), Some(last_contact), None)
        }
        Status::Dead { day, cause } => ("dead", day.to_string(), Some(day), Some(cause)),
        Status::DeadOnUnknownDay { within, cause } => {
            let date = within.map_or_else(
                || "unknown day".to_owned(),
                |[first, last]| format!("{first} to {last}"),
            );
            ("dead", date, None, Some(cause))
        }
    };
    StatusJson {
        state,
        date,
        cause: cause.map(cause_name),
        cause_in_words: stated.cause_in_words.clone(),
        days: day.zip(start).map(|(day, start)| day.since(start)),
    }
}

/// The last day of which anything is known.
pub(super) fn last_day(case: &Case, record: &PatientRecord) -> Option<Day> {
    let status = match record.status {
        Some(Status::Alive { last_contact }) => Some(last_contact),
        Some(Status::Dead { day, .. }) => Some(day),
        _ => None,
    };
    let follow_up = &case.follow_up;
    status.or_else(|| {
        let scans = record.assessments.iter().map(|scan| scan.day);
        scans
            .chain(follow_up.liver_volumes.iter().map(|row| row.day))
            .chain(follow_up.markers.iter().map(|row| row.value.day))
            .chain(follow_up.symptoms.iter().map(|row| row.value.day))
            .chain(follow_up.performance.iter().map(|row| row.day))
            .max()
    })
}

pub(super) fn markers(case: &Case) -> Vec<MarkerCourse> {
    let mut found: Vec<MarkerCourse> = Vec::new();
    for sample in &case.follow_up.markers {
        let value = &sample.value;
        let point = MarkerPoint {
            date: value.day.to_string(),
            day: value.day,
            value: value.value,
            unit: value.unit.clone(),
            upper_limit: value.upper_limit,
            over_limit: value.upper_limit.map(|limit| value.value / limit),
            assay: value.assay.clone(),
            confounded_by: sample.confounded_by.clone(),
        };
        match found.iter_mut().find(|known| known.marker == sample.name) {
            Some(known) => known.values.push(point),
            None => found.push(MarkerCourse {
                marker: sample.name.clone(),
                values: vec![point],
            }),
        }
    }
    found
}

pub(super) fn symptoms(case: &Case, start: Option<Day>) -> Vec<SymptomCourse> {
    let mut names: Vec<&str> = Vec::new();
    for report in &case.follow_up.symptoms {
        if !names.contains(&&*report.name) {
            names.push(&report.name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let reports: Vec<_> = case
                .follow_up
                .symptoms
                .iter()
                .filter(|report| report.name == name)
                .collect();
            let baseline = reports
                .iter()
                .rev()
                .find(|report| start.is_some_and(|start| report.value.day <= start));
            SymptomCourse {
                symptom: name.to_owned(),
                scale: reports.iter().find_map(|report| report.scale.clone()),
                baseline: baseline.map(|report| report.value.day.to_string()),
                values: reports
                    .iter()
                    .map(|report| {
                        let now = report.value;
                        let later = baseline
                            .filter(|baseline| now.day > baseline.value.day)
                            .map(|baseline| {
                                if baseline.scale == report.scale {
                                    symptom_response(baseline.value, now, 1)
                                } else {
                                    // Grades of two scales are not compared.
                                    let ungraded = |value| SymptomValue {
                                        grade: None,
                                        ..value
                                    };
                                    symptom_response(ungraded(baseline.value), ungraded(now), 1)
                                }
                            });
                        SymptomPoint {
                            date: now.day.to_string(),
                            grade: now.grade,
                            per_day: now.per_day,
                            response: later.map(|response| match response {
                                SymptomResponse::Resolved => "resolved",
                                SymptomResponse::Improved => "improved",
                                SymptomResponse::Same => "same",
                                SymptomResponse::Worse => "worse",
                                SymptomResponse::NotEvaluable => "not evaluable",
                            }),
                        }
                    })
                    .collect(),
            }
        })
        .collect()
}

pub(super) fn analogues(
    case: &Case,
    start: Option<Day>,
    last: Option<Day>,
) -> Result<Vec<AnalogueJson>, OutcomeError> {
    let given = &case.follow_up.analogues;
    let mut found = Vec::with_capacity(given.len());
    for (at, row) in given.iter().enumerate() {
        let until = given.get(at + 1).map(|next| next.from).or(last);
        let change = match start.filter(|start| row.from > *start) {
            Some(start) => Some(analogue_change(given, start, row.from)?),
            None => None,
        };
        let part = match change {
            Some(
                AnalogueChange::Halved { fraction }
                | AnalogueChange::Reduced { fraction }
                | AnalogueChange::Increased { fraction },
            ) => Some(100.0 * fraction),
            Some(AnalogueChange::Same) => Some(100.0),
            Some(AnalogueChange::Stopped { .. }) => Some(0.0),
            _ => None,
        };
        found.push(AnalogueJson {
            date: row.from.to_string(),
            drug: row.drug.clone(),
            mg_per_28_days: row.monthly_mg()?,
            change: change.map(|change| match change {
                AnalogueChange::NotGiven => "none at treatment",
                AnalogueChange::OtherDrug => "another drug, not compared",
                AnalogueChange::Stopped { .. } => "stopped",
                AnalogueChange::Halved { .. } => "reduced by half or more",
                AnalogueChange::Reduced { .. } => "reduced by less than half",
                AnalogueChange::Same => "as at treatment",
                AnalogueChange::Increased { .. } => "increased",
            }),
            of_treatment_percent: part,
            days: until
                .filter(|until| *until >= row.from)
                .map(|until| until.since(row.from)),
        });
    }
    Ok(found)
}

pub(super) fn performance(case: &Case) -> Vec<PerformanceJson> {
    case.follow_up
        .performance
        .iter()
        .map(|row| PerformanceJson {
            date: row.day.to_string(),
            ecog: row.ecog,
            karnofsky: row.karnofsky,
        })
        .collect()
}
