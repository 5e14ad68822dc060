//! A cohort as columns: every patient judged once, by all that was asked for.
//!
//! This is where records end and tables begin: endpoints know columns alone,
//! so that another engine can hand in its own.

use std::collections::{BTreeMap, BTreeSet};

use super::at_time_point::{CourseColumns, DayColumns};
use super::laboratory::worst_grades;
use super::time_point::TimePoint;
use super::{Cohort, CohortPatient};
use crate::OutcomeError;
use crate::biochemical::{
    AnalogueChange, MarkerDefinition, SymptomResponse, analogue_change, symptom_response,
};
use crate::response::{
    CauseOfDeath, CriterionResult, CriterionRules, Day, Level, Response, Status, Timeline,
};
use crate::time_to_event::EndpointRules;
use crate::toxicity::{Attribution, EventWindows, LaboratoryGrades};

/// What a cohort is judged by.
#[derive(Debug, Clone)]
pub struct CohortRules {
    /// Criteria of response; times to events follow the first.
    pub criteria: Vec<CriterionRules>,
    /// Definitions of marker response.
    pub markers: Vec<MarkerDefinition>,
    /// Times to events.
    pub endpoints: Vec<EndpointRules>,
    /// Time points of rates.
    pub time_points: Vec<TimePoint>,
    /// Grades of laboratory values.
    pub grades: LaboratoryGrades,
    /// When events are to be expected after treatment.
    pub windows: EventWindows,
}

/// What one criterion says of a cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct CriterionColumns {
    /// The criterion by name.
    pub name: String,
    /// In words.
    pub title: String,
    /// Whether it judges lesions one by one.
    pub of_lesions: bool,
    /// Overall responses by day.
    pub responses: DayColumns<Response>,
    /// Best overall response without confirmation, by patient.
    pub best: Vec<Result<Response, &'static str>>,
    /// Best overall response with confirmation, by patient.
    pub best_confirmed: Vec<Result<Response, &'static str>>,
    /// Why the criterion cannot judge a patient at all.
    pub barred: Vec<Option<&'static str>>,
    /// Single lesions by day.
    pub lesions: LesionColumns,
    /// Sums of targets by day, a share of the sum at baseline.
    pub sums: SumColumns,
}

/// Sums of targets, a row a patient and day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SumColumns {
    /// The patient.
    pub patient: Vec<u32>,
    /// Days from the first treatment.
    pub day: Vec<i32>,
    /// The sum over that of baseline.
    pub of_baseline: Vec<f64>,
}

/// Single lesions, a row a lesion and day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LesionColumns {
    /// The patient.
    pub patient: Vec<u32>,
    /// The lesion, by its place in the patient's record.
    pub lesion: Vec<u32>,
    /// Days from the first treatment.
    pub day: Vec<i32>,
    /// What became of it.
    pub response: Vec<Response>,
    /// Its measure now, in ticks; none where it was not evaluable.
    pub value: Vec<Option<i64>>,
    /// Its measure at baseline, in ticks.
    pub baseline: Vec<i64>,
}

/// What a definition says of a marker of a cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerColumns {
    /// The marker by name.
    pub marker: String,
    /// The definition by name.
    pub definition: String,
    /// Whether the definition was recalled.
    pub doubtful: bool,
    /// Responses by day.
    pub responses: DayColumns<Response>,
    /// Why a patient cannot be judged at all.
    pub barred: Vec<Option<&'static str>>,
}

/// Symptoms of a cohort.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SymptomColumns {
    /// Responses of every symptom by day.
    pub responses: DayColumns<SymptomResponse>,
    /// The worst grade at baseline; a symptom by frequency alone is of grade 1.
    pub baseline_grade: Vec<Option<u8>>,
}

/// Adverse events, a row an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventColumns {
    /// The patient.
    pub patient: Vec<u32>,
    /// The term of the record.
    pub term: Vec<String>,
    /// The organ system; empty where it is not said.
    pub system: Vec<String>,
    /// Grade of CTCAE.
    pub grade: Vec<Option<u8>>,
    /// How it stands to the treatment: as the record says, else as proposed.
    pub attribution: Vec<Attribution>,
    /// Whether the record says so.
    pub stated: Vec<bool>,
    /// Events that began before treatment, or without one: in no row.
    pub before: usize,
}

/// Worst grades of laboratory values after treatment, a row a patient and term.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaboratoryColumns {
    /// The patient.
    pub patient: Vec<u32>,
    /// The term of CTCAE.
    pub term: Vec<String>,
    /// The worst grade; none where no value of the patient can be graded.
    pub grade: Vec<Option<u8>>,
}

/// Times to an event, a row a patient.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeColumns {
    /// The endpoint by name.
    pub name: String,
    /// In words.
    pub title: String,
    /// Days and whether the event came; an error says why there is none.
    pub time: Vec<Result<(i32, bool), String>>,
}

/// A cohort as columns; every column has a row a patient unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedCohort {
    /// Identities, for whoever asks for the patients of a figure.
    pub ids: Vec<String>,
    /// Treatment, death, last contact.
    pub course: CourseColumns,
    /// By criterion.
    pub criteria: Vec<CriterionColumns>,
    /// By marker and definition.
    pub markers: Vec<MarkerColumns>,
    /// Symptoms.
    pub symptoms: SymptomColumns,
    /// The dose of the analogue when the patient was last known of.
    pub analogue: Vec<Result<AnalogueChange, &'static str>>,
    /// Adverse events.
    pub events: EventColumns,
    /// Laboratory values.
    pub laboratory: LaboratoryColumns,
    /// By endpoint.
    pub times: Vec<TimeColumns>,
    /// Causes of death.
    pub cause: Vec<Option<CauseOfDeath>>,
    /// Treatments that response is asked of: days from the first, site, GBq.
    pub treatments: Vec<Vec<GivenTreatment>>,
    /// Days from the first treatment to each assessment.
    pub assessed: Vec<Vec<i32>>,
    /// What patients were before treatment, by name.
    pub attributes: BTreeMap<String, Vec<Option<String>>>,
    /// Time points of rates.
    pub time_points: Vec<TimePoint>,
    /// Patients that were refused, with reasons.
    pub refused: Vec<super::RefusedPatient>,
}

/// A treatment as columns know it.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenTreatment {
    /// Days from the first treatment.
    pub day: i32,
    /// Where, in the words of the record.
    pub site: Option<String>,
    /// Activity at administration, GBq.
    pub activity_gbq: Option<f64>,
}

impl JudgedCohort {
    /// Judges every patient. Records that break a rule are refused with the rule.
    ///
    /// # Errors
    /// [`OutcomeError`] of values that cannot be, such as a negative dose.
    pub fn of(cohort: &Cohort, rules: &CohortRules) -> Result<Self, OutcomeError> {
        let mut refused = cohort.refused.clone();
        let mut patients: Vec<(&CohortPatient, Day)> = Vec::new();
        for patient in &cohort.patients {
            match patient.record.checked() {
                Err(error) => refused.push(super::RefusedPatient {
                    id: patient.record.id.clone(),
                    reason: error.to_string(),
                }),
                // Who was enrolled and neither treated nor scanned has no days
                // to count, and stands in every denominator of those enrolled.
                Ok(_) => {
                    let known = patient.last_known().map(|(day, _)| day);
                    let origin = patient.origin().or(known).unwrap_or_default();
                    patients.push((patient, origin));
                }
            }
        }
        refused.sort_by(|one, other| one.id.cmp(&other.id));
        let mut judged = Self {
            ids: patients
                .iter()
                .map(|(patient, _)| patient.record.id.clone())
                .collect(),
            course: CourseColumns::default(),
            criteria: Vec::new(),
            markers: markers(&patients, rules)?,
            symptoms: symptoms(&patients),
            analogue: Vec::new(),
            events: events(&patients, &rules.windows),
            laboratory: LaboratoryColumns::default(),
            times: Vec::new(),
            cause: Vec::new(),
            treatments: Vec::new(),
            assessed: Vec::new(),
            attributes: attributes(&patients),
            time_points: rules.time_points.clone(),
            refused,
        };
        for (patient, origin) in &patients {
            judged.add_course(patient, *origin)?;
        }
        for (row, (patient, origin)) in (0_u32..).zip(&patients) {
            for (term, grade) in worst_grades(&patient.laboratory, *origin, &rules.grades)? {
                judged.laboratory.patient.push(row);
                judged.laboratory.term.push(term);
                judged.laboratory.grade.push(grade);
            }
        }
        let (criteria, times) = responses(&patients, rules);
        judged.criteria = criteria;
        judged.times = times;
        Ok(judged)
    }

    /// Patients that are judged.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn add_course(&mut self, patient: &CohortPatient, origin: Day) -> Result<(), OutcomeError> {
        let record = &patient.record;
        let last = patient.last_known();
        self.course.treated.push(record.first_treatment().is_some());
        self.course.death.push(match record.status {
            Some(Status::Dead { day, .. }) => Some(day.since(origin)),
            _ => None,
        });
        self.course
            .last
            .push(last.map(|(day, _)| day.since(origin)));
        self.cause.push(match record.status {
            Some(Status::Dead { cause, .. } | Status::DeadOnUnknownDay { cause, .. }) => {
                Some(cause)
            }
            _ => None,
        });
        self.treatments.push(
            record
                .treatments
                .iter()
                .filter(|treatment| treatment.is_studied())
                .map(|treatment| GivenTreatment {
                    day: treatment.day.since(origin),
                    site: treatment.site.clone(),
                    activity_gbq: treatment.activity_gbq,
                })
                .collect(),
        );
        self.assessed.push(
            record
                .assessments
                .iter()
                .map(|assessment| assessment.day.since(origin))
                .collect(),
        );
        self.analogue.push(match last {
            _ if patient.analogue.is_empty() => Err("no analogue on record"),
            None => Err("not followed"),
            Some((day, _)) if day <= origin => Err("not followed after treatment"),
            Some((day, _)) => Ok(analogue_change(&patient.analogue, origin, day)?),
        });
        Ok(())
    }
}

/// Criteria and times to events: each patient is judged by a criterion once.
fn responses(
    patients: &[(&CohortPatient, Day)],
    rules: &CohortRules,
) -> (Vec<CriterionColumns>, Vec<TimeColumns>) {
    let mut criteria: Vec<CriterionColumns> = rules
        .criteria
        .iter()
        .map(|criterion| CriterionColumns {
            name: criterion.name.clone(),
            title: criterion.title.clone(),
            of_lesions: criterion.level == Level::Lesion,
            responses: DayColumns::default(),
            best: Vec::new(),
            best_confirmed: Vec::new(),
            barred: Vec::new(),
            lesions: LesionColumns::default(),
            sums: SumColumns::default(),
        })
        .collect();
    let mut times: Vec<TimeColumns> = rules
        .endpoints
        .iter()
        .map(|endpoint| TimeColumns {
            name: endpoint.name.clone(),
            title: endpoint.title.clone(),
            time: Vec::new(),
        })
        .collect();
    for (row, (patient, origin)) in (0_u32..).zip(patients) {
        let timeline = Timeline::of(&patient.record, 0);
        for (number, (criterion, columns)) in rules.criteria.iter().zip(&mut criteria).enumerate() {
            let result = criterion.assess(&timeline);
            if number == 0 {
                let in_liver = criterion.assess(&Timeline::of_liver(&patient.record, 0));
                for (endpoint, column) in rules.endpoints.iter().zip(&mut times) {
                    column.time.push(
                        endpoint
                            .time(&patient.record, &result, &in_liver)
                            .map(|time| (time.days, time.event))
                            .map_err(|error| error.to_string()),
                    );
                }
            }
            columns.add(row, *origin, &result);
        }
    }
    (criteria, times)
}

impl CriterionColumns {
    fn add(&mut self, row: u32, origin: Day, result: &CriterionResult) {
        const NOT_EVALUABLE: &str = "not evaluable";
        const NEVER: &str = "no time point after treatment that can be judged";
        let mut can_be_judged = false;
        for point in &result.time_points {
            let day = point.day.since(origin);
            if let (Some(sum), Some(baseline)) = (point.sum, result.baseline_sum)
                && baseline > 0
            {
                self.sums.patient.push(row);
                self.sums.day.push(day);
                self.sums
                    .of_baseline
                    .push(result.unit.value(sum) / result.unit.value(baseline));
            }
            let Some(overall) = point.overall else {
                continue;
            };
            let value = match overall {
                Response::NotEvaluable => Err(NOT_EVALUABLE),
                judged => Ok(judged),
            };
            can_be_judged |= value.is_ok();
            self.responses.push(row, day, value);
        }
        for lesion in &result.lesions {
            can_be_judged |= lesion.response != Response::NotEvaluable;
            self.lesions.patient.push(row);
            self.lesions.lesion.push(lesion.lesion);
            self.lesions.day.push(lesion.day.since(origin));
            self.lesions.response.push(lesion.response);
            self.lesions.value.push(lesion.value);
            self.lesions.baseline.push(lesion.baseline);
        }
        let barred = result
            .not_computed
            .map(|why| why.reason())
            .or((!can_be_judged).then_some(NEVER));
        self.barred.push(barred);
        let best = |response: Response| match (barred, response) {
            (Some(reason), _) => Err(reason),
            (None, Response::NotEvaluable) => Err(NOT_EVALUABLE),
            (None, response) => Ok(response),
        };
        self.best.push(best(result.best.response));
        self.best_confirmed
            .push(best(result.best_confirmed.response));
    }
}

/// Every marker of the cohort by every definition.
fn markers(
    patients: &[(&CohortPatient, Day)],
    rules: &CohortRules,
) -> Result<Vec<MarkerColumns>, OutcomeError> {
    let names: BTreeSet<&str> = patients
        .iter()
        .flat_map(|(patient, _)| &patient.record.markers)
        .map(|marker| marker.name.as_str())
        .collect();
    let mut found = Vec::new();
    for name in names {
        for definition in &rules.markers {
            let mut columns = MarkerColumns {
                marker: name.to_owned(),
                definition: definition.name.clone(),
                doubtful: definition.doubtful,
                responses: DayColumns::default(),
                barred: Vec::new(),
            };
            for (row, (patient, origin)) in (0_u32..).zip(patients) {
                let marker = patient
                    .record
                    .markers
                    .iter()
                    .find(|marker| marker.name == name);
                let verdicts = match marker {
                    Some(marker) => definition.judge(&marker.values, *origin)?,
                    None => Vec::new(),
                };
                let mut barred = Some("no value of the marker after treatment");
                for verdict in verdicts {
                    let value = verdict.response.map_err(|why| why.reason());
                    barred = match (value, barred) {
                        (Ok(_), _) | (_, None) => None,
                        (Err(reason), _) => Some(reason),
                    };
                    columns
                        .responses
                        .push(row, verdict.day.since(*origin), value);
                }
                columns.barred.push(barred);
            }
            found.push(columns);
        }
    }
    Ok(found)
}

/// Every symptom against its last value at or before the first treatment.
fn symptoms(patients: &[(&CohortPatient, Day)]) -> SymptomColumns {
    let mut found = SymptomColumns::default();
    for (row, (patient, origin)) in (0_u32..).zip(patients) {
        let mut worst: Option<u8> = None;
        for symptom in &patient.symptoms {
            let mut values: Vec<_> = symptom.values.iter().collect();
            values.sort_by_key(|value| value.day);
            let baseline = values.iter().rev().find(|value| value.day <= *origin);
            let Some(baseline) = baseline else {
                continue;
            };
            let grade = match (baseline.grade, baseline.per_day) {
                (Some(grade), _) => grade,
                (None, Some(often)) => u8::from(often > 0.0),
                (None, None) => 0,
            };
            worst = worst.max(Some(grade));
            for value in values.iter().filter(|value| value.day > *origin) {
                let response = symptom_response(**baseline, **value, 1);
                let value_of = match response {
                    SymptomResponse::NotEvaluable => Err("no symptom at baseline"),
                    response => Ok(response),
                };
                found
                    .responses
                    .push(row, value.day.since(*origin), value_of);
            }
        }
        found.baseline_grade.push(worst.filter(|grade| *grade > 0));
    }
    found
}

fn events(patients: &[(&CohortPatient, Day)], windows: &EventWindows) -> EventColumns {
    let mut found = EventColumns::default();
    for (row, (patient, _)) in (0_u32..).zip(patients) {
        let treated: Vec<Day> = patient
            .record
            .treatments
            .iter()
            .filter(|treatment| treatment.is_studied())
            .map(|treatment| treatment.day)
            .collect();
        let first = treated.iter().min();
        for event in &patient.events {
            // What began before treatment, or without one, is none of its toxicity.
            if first.is_none_or(|first| event.event.onset < *first) {
                found.before += 1;
                continue;
            }
            found.patient.push(row);
            found.term.push(event.event.term.clone());
            found.system.push(event.system.clone().unwrap_or_default());
            found.grade.push(event.event.grade);
            found.stated.push(event.stated.is_some());
            found.attribution.push(
                event
                    .stated
                    .unwrap_or_else(|| windows.link(&event.event, &treated, None).attribution),
            );
        }
    }
    found
}

fn attributes(patients: &[(&CohortPatient, Day)]) -> BTreeMap<String, Vec<Option<String>>> {
    let mut found: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for (row, (patient, _)) in patients.iter().enumerate() {
        for (name, value) in &patient.attributes {
            let column = found
                .entry(name.clone())
                .or_insert_with(|| vec![None; patients.len()]);
            column[row] = Some(value.clone());
        }
    }
    found
}
