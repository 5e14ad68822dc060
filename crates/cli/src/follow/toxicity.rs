//! Markers and toxicity of a patient, from laboratory values and events.

use std::collections::BTreeMap;

use serde::Serialize;
use sirt_outcome::{
    AdverseEvent, Attribution, Day, EventKind, EventWindows, ExtrahepaticSite, GradedValue,
    LaboratoryGrade, LaboratoryGrades, MarkerDefinitions, OutcomeError, PatientRecord, Treatment,
    TreatmentKind,
};
use sirt_store::{StudyLaboratory, StudySubject};

/// Days of radioembolisations; of all treatments that are studied where there is none.
pub(super) fn treated_days(record: &PatientRecord) -> Vec<Day> {
    let of = |wanted: fn(&Treatment) -> bool| -> Vec<Day> {
        record
            .treatments
            .iter()
            .filter(|treatment| wanted(treatment))
            .map(|treatment| treatment.day)
            .collect()
    };
    let radioembolised = of(|treatment| treatment.kind == TreatmentKind::Radioembolisation);
    if radioembolised.is_empty() {
        of(Treatment::is_studied)
    } else {
        radioembolised
    }
}

/// A marker by one definition.
#[derive(Debug, Serialize)]
pub(crate) struct MarkerJson {
    pub(crate) marker: String,
    pub(crate) definition: String,
    pub(crate) doubtful: bool,
    pub(crate) values: Vec<MarkerValueJson>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MarkerValueJson {
    pub(crate) date: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// Per cent.
    pub(crate) change_from_baseline: Option<f64>,
    /// CR, PR, SD, PD or NE.
    pub(crate) response: &'static str,
    /// Why it is not evaluable.
    pub(crate) reason: Option<&'static str>,
}

/// The worst grade of a laboratory value, or an event.
#[derive(Debug, Serialize)]
pub(crate) struct ToxicityJson {
    /// `laboratory` or `event`.
    pub(crate) kind: &'static str,
    pub(crate) term: String,
    pub(crate) grade: Option<u8>,
    pub(crate) date: String,
    /// The value that has the grade.
    pub(crate) value: Option<f64>,
    pub(crate) unit: Option<String>,
    /// What a value was compared with; how an event stands to the treatment.
    pub(crate) reason: String,
    /// Of an event: probable, possible or unlikely.
    pub(crate) attribution: Option<&'static str>,
    pub(crate) days_after_treatment: Option<i32>,
    /// Of an event: where the work-up showed uptake that fits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) site: Option<&'static str>,
    /// Of an event of a case: what a person said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stated: Option<StatedEvent>,
    /// Of a laboratory value: how many of them there are after treatment.
    values: Option<usize>,
    /// How many of these have no grade; the reason says why.
    not_graded: Option<usize>,
    pub(crate) doubtful: bool,
}

/// What a person said of an event.
#[derive(Debug, Serialize)]
pub(crate) struct StatedEvent {
    pub(crate) attribution: Option<&'static str>,
    pub(crate) organ: Option<String>,
    /// The finding of the work-up that it goes back to.
    pub(crate) finding: Option<String>,
    /// Who cleared that finding, and why.
    pub(crate) cleared: Option<String>,
    pub(crate) ended: Option<String>,
    pub(crate) treatment: Option<&'static str>,
    pub(crate) note: Option<String>,
}

const fn site_name(site: ExtrahepaticSite) -> &'static str {
    match site {
        ExtrahepaticSite::Stomach => "stomach",
        ExtrahepaticSite::Bowel => "bowel",
        ExtrahepaticSite::Pancreas => "pancreas",
        ExtrahepaticSite::Gallbladder => "gallbladder",
        ExtrahepaticSite::Lung => "lung",
    }
}

/// The day after which values are those of follow-up.
fn start(record: &PatientRecord) -> Option<Day> {
    record.first_treatment().or_else(|| record.baseline_day(0))
}

/// Every marker by every definition; one that cannot be judged is a note.
pub(super) fn markers(
    record: &PatientRecord,
    definitions: &MarkerDefinitions,
    notes: &mut Vec<String>,
) -> Vec<MarkerJson> {
    let Some(start) = start(record) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for marker in &record.markers {
        for definition in definitions.iter() {
            let verdicts = match definition.judge(&marker.values, start) {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    notes.push(format!("{} by {}: {error}", marker.name, definition.name));
                    continue;
                }
            };
            found.push(MarkerJson {
                marker: marker.name.clone(),
                definition: definition.name.clone(),
                doubtful: definition.doubtful,
                values: verdicts
                    .into_iter()
                    .map(|verdict| MarkerValueJson {
                        date: verdict.day.to_string(),
                        value: verdict.value,
                        unit: verdict.unit,
                        change_from_baseline: verdict
                            .change_from_baseline
                            .map(|change| 100.0 * change),
                        response: verdict.response.map_or("NE", sirt_outcome::Response::name),
                        reason: verdict.response.err().map(|why| why.reason()),
                    })
                    .collect(),
            });
        }
    }
    found
}

/// Names of tests that are no markers, each once and in order.
fn names(subject: &StudySubject) -> Vec<String> {
    let mut names: Vec<String> = subject
        .laboratory
        .iter()
        .filter(|row| !row.is_marker)
        .map(|row| row.test.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The worst grade of each laboratory value after treatment, and every event.
pub(super) fn toxicity(
    subject: &StudySubject,
    record: &PatientRecord,
    grades: &LaboratoryGrades,
    (windows, sites): (&EventWindows, Option<&[ExtrahepaticSite]>),
    notes: &mut Vec<String>,
) -> Vec<ToxicityJson> {
    let mut found = Vec::new();
    if let Some(start) = start(record) {
        for name in names(subject) {
            match worst(subject, &name, start, grades) {
                Ok(worst) => found.extend(worst),
                Err(error) => notes.push(format!("{name} has no grade: {error}")),
            }
        }
    }
    let treated = treated_days(record);
    for event in &subject.events {
        let event = AdverseEvent {
            kind: EventKind::of_term(&event.term),
            term: event.term.clone(),
            grade: event.grade,
            onset: event.onset,
            resolved: event.resolved,
        };
        let link = windows.link(&event, &treated, sites);
        found.push(ToxicityJson {
            kind: "event",
            term: event.term,
            grade: event.grade,
            date: event.onset.to_string(),
            value: None,
            unit: None,
            reason: link.reason.to_owned(),
            attribution: Some(match link.attribution {
                Attribution::Probable => "probable",
                Attribution::Possible => "possible",
                Attribution::Unlikely => "unlikely",
            }),
            days_after_treatment: link.days_after,
            site: link.site.map(site_name),
            stated: None,
            values: None,
            not_graded: None,
            doubtful: link.doubtful,
        });
    }
    found
}

/// Why a value has no grade.
fn lack(error: &OutcomeError) -> String {
    match error {
        OutcomeError::MissingValue { .. } => "no reference range".to_owned(),
        other => other.to_string(),
    }
}

/// The first of the highest grades of a test after `start`, with the count of
/// values that have none; none without values after `start`.
fn worst(
    subject: &StudySubject,
    name: &str,
    start: Day,
    grades: &LaboratoryGrades,
) -> Result<Option<ToxicityJson>, OutcomeError> {
    let term = &grades.named(name)?.term;
    let mut rows: Vec<&StudyLaboratory> = subject
        .laboratory
        .iter()
        .filter(|row| row.test == name)
        .collect();
    rows.sort_by_key(|row| row.day);
    let baseline = rows.iter().rev().find(|row| row.day <= start).copied();
    rows.retain(|row| row.day > start);
    let mut worst: Option<(&StudyLaboratory, LaboratoryGrade)> = None;
    let mut lacks: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        let same_unit = baseline.filter(|baseline| baseline.unit == row.unit);
        let given = GradedValue {
            value: row.value,
            lower_limit: row.lower_limit,
            upper_limit: row.upper_limit,
            baseline: same_unit.map(|row| row.value),
            baseline_upper_limit: same_unit.and_then(|row| row.upper_limit),
            symptomatic: false,
            anticoagulated: false,
        };
        match grades.grade(name, given) {
            Ok(grade) => {
                if worst
                    .as_ref()
                    .is_none_or(|(_, worst)| worst.grade < grade.grade)
                {
                    worst = Some((row, grade));
                }
            }
            Err(error) => *lacks.entry(lack(&error)).or_default() += 1,
        }
    }
    // Without any grade the first value stands for all.
    let Some(shown) = worst
        .as_ref()
        .map(|(row, _)| *row)
        .or(rows.first().copied())
    else {
        return Ok(None);
    };
    let mut reasons: Vec<String> = worst
        .iter()
        .map(|(_, grade)| format!("compared with {}", grade.compared_with))
        .collect();
    reasons.extend(
        lacks.iter().map(|(why, count)| {
            format!("cannot be graded: {why} ({count} of {} values)", rows.len())
        }),
    );
    Ok(Some(ToxicityJson {
        kind: "laboratory",
        term: term.clone(),
        grade: worst.as_ref().map(|(_, grade)| grade.grade),
        date: shown.day.to_string(),
        value: Some(shown.value),
        unit: Some(shown.unit.clone()),
        reason: reasons.join("; "),
        attribution: None,
        days_after_treatment: Some(shown.day.since(start)),
        site: None,
        stated: None,
        values: Some(rows.len()),
        not_graded: Some(lacks.values().sum()),
        doubtful: worst.is_some_and(|(_, grade)| grade.doubtful),
    }))
}
