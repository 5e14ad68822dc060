//! The JSON of `sirt follow`.

use std::collections::BTreeMap;

use serde::Serialize;
use sirt_outcome::{
    CriterionResult, CriterionRules, Day, DayScale, Discordance, EndpointRules, OutcomeError,
    PatientRecord, RecordFinding, Response, Severity, Step, SumUnit, TimePoint, TimeToEvent,
};

use super::course::CourseResult;
use super::toxicity::{MarkerJson, ToxicityJson};
use crate::result::Program;

/// What `--json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct FollowResult {
    pub(crate) program: Program,
    /// The criteria that were asked for, with source and doubts.
    pub(crate) criteria: Vec<RulesJson>,
    /// Domain and name of every file that was read.
    pub(crate) read: Vec<(String, String)>,
    /// Names of the files that were written.
    pub(crate) files: Vec<String>,
    pub(crate) subjects: Vec<SubjectResult>,
    /// Patients of the study of whom nothing is said.
    pub(crate) left_out: Vec<LeftOutJson>,
    /// Overall responses by RECIST 1.1 beside those that the tables state.
    pub(crate) agreement: Option<AgreementResult>,
    /// What was left out.
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LeftOutJson {
    pub(crate) id: String,
    /// Why.
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct RulesJson {
    name: String,
    title: String,
    source: String,
    doubtful: Vec<String>,
}

impl RulesJson {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

pub(crate) fn rules(rules: &CriterionRules) -> RulesJson {
    RulesJson {
        name: rules.name.clone(),
        title: rules.title.clone(),
        source: rules.source.clone(),
        doubtful: rules.doubtful.clone(),
    }
}

/// A patient by one reader.
#[derive(Debug, Serialize)]
pub(crate) struct SubjectResult {
    pub(crate) id: String,
    pub(crate) reader: String,
    /// All readers of the patient.
    pub(crate) readers: Vec<String>,
    /// The rule that forbids to judge, and why.
    pub(crate) refused: Option<String>,
    pub(crate) criteria: BTreeMap<String, CriterionJson>,
    pub(crate) endpoints: Vec<EndpointJson>,
    pub(crate) discordance: Vec<DiscordanceJson>,
    pub(crate) markers: Vec<MarkerJson>,
    pub(crate) toxicity: Vec<ToxicityJson>,
    pub(crate) findings: Vec<RecordFindingJson>,
    /// What could not be graded, and why.
    pub(crate) notes: Vec<String>,
    /// Of a case: what stands beside responses.
    #[serde(flatten)]
    pub(crate) course: Option<CourseResult>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CriterionJson {
    /// The date of baseline, or none where days are numbers.
    pub(crate) baseline_date: Option<String>,
    baseline_day: Option<i32>,
    pub(crate) baseline_sum: Option<f64>,
    /// mm, mm², mL, g/mL or empty.
    pub(crate) unit: &'static str,
    pub(crate) targets: Vec<String>,
    pub(crate) non_targets: Vec<String>,
    /// Why nothing is said.
    pub(crate) not_computed: Option<&'static str>,
    pub(crate) timepoints: Vec<TimePointJson>,
    /// Best overall response without confirmation.
    pub(crate) best: &'static str,
    best_date: Option<String>,
    best_reason: &'static str,
    /// Best overall response with confirmation.
    pub(crate) best_confirmed: &'static str,
    best_confirmed_date: Option<String>,
    best_confirmed_reason: &'static str,
    /// Criteria of single lesions alone: each lesion at each time point.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lesions: Vec<LesionJson>,
    /// How the targets were chosen.
    selection: Vec<TraceJson>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TimePointJson {
    pub(crate) date: Option<String>,
    /// Days of a study; where there are dates, days from baseline.
    pub(crate) day: i32,
    pub(crate) visit: Option<String>,
    /// Sum over the targets, in the criterion's unit.
    pub(crate) sum: Option<f64>,
    /// Per cent of the sum at baseline.
    pub(crate) change_from_baseline: Option<f64>,
    /// Per cent of the smallest sum before, baseline included.
    pub(crate) change_from_nadir: Option<f64>,
    pub(crate) target: Option<&'static str>,
    pub(crate) non_target: Option<&'static str>,
    /// Whether a new lesion is progression here.
    pub(crate) new: bool,
    /// `none`, `equivocal`, `equivocal, confirmed later` or `unequivocal`.
    pub(crate) new_lesions: &'static str,
    pub(crate) overall: Option<String>,
    /// What the table of responses says, by RECIST 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stated: Option<String>,
    pub(crate) trace: Vec<TraceJson>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TraceJson {
    pub(crate) rule: &'static str,
    pub(crate) text: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct LesionJson {
    pub(crate) lesion: String,
    date: Option<String>,
    day: i32,
    value: Option<f64>,
    change_from_baseline: Option<f64>,
    pub(crate) response: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct EndpointJson {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The criterion that progression and response are by.
    pub(crate) criterion: String,
    pub(crate) days: Option<i32>,
    pub(crate) event: Option<bool>,
    start: Option<String>,
    end: Option<String>,
    pub(crate) reason: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct DiscordanceJson {
    pub(crate) first: String,
    pub(crate) second: String,
    pub(crate) since: String,
    pub(crate) first_says: &'static str,
    pub(crate) second_says: &'static str,
    pub(crate) different: usize,
    pub(crate) compared: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct RecordFindingJson {
    pub(crate) rule: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) what: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct AgreementResult {
    pub(crate) compared: usize,
    pub(crate) same: usize,
    pub(crate) differences: Vec<Difference>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Difference {
    pub(crate) id: String,
    pub(crate) reader: String,
    pub(crate) visit: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) ours: Option<String>,
    pub(crate) stated: String,
}

/// A date, where days are dates.
fn date(day: Day, record: &PatientRecord) -> Option<String> {
    (record.scale == DayScale::Calendar).then(|| day.to_string())
}

/// The change of integers in per cent; none over nothing.
fn percent(now: i64, reference: i64, unit: SumUnit) -> Option<f64> {
    (reference > 0).then(|| {
        let (now, reference) = (unit.value(now), unit.value(reference));
        100.0 * (now - reference) / reference
    })
}

fn trace(steps: &[Step], unit: SumUnit, record: &PatientRecord) -> Vec<TraceJson> {
    steps
        .iter()
        .map(|step| TraceJson {
            rule: step.rule.id(),
            text: step.text(unit, record),
        })
        .collect()
}

impl CriterionJson {
    /// Of single lesions: how many of which response on a date, such as `1 CR 4 PR`.
    pub(crate) fn counts_on(&self, date: &str) -> Option<String> {
        let of_day: Vec<&str> = self
            .lesions
            .iter()
            .filter(|lesion| lesion.date.as_deref() == Some(date))
            .map(|lesion| lesion.response)
            .collect();
        let counts: Vec<String> = ["CR", "PR", "MR", "SD", "PD", "NE"]
            .into_iter()
            .map(|name| (name, of_day.iter().filter(|said| **said == name).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        (!counts.is_empty()).then(|| counts.join(" "))
    }

    /// How the targets were chosen.
    pub(crate) fn selection(&self) -> &[TraceJson] {
        &self.selection
    }

    pub(crate) const fn best_reason(&self) -> &'static str {
        self.best_reason
    }

    pub(crate) const fn best_confirmed_reason(&self) -> &'static str {
        self.best_confirmed_reason
    }

    pub(crate) fn of(
        found: &CriterionResult,
        record: &PatientRecord,
        stated: &[Option<String>],
    ) -> Self {
        let names = |lesions: &[u32]| {
            lesions
                .iter()
                .map(|lesion| record.lesion_name(*lesion).to_owned())
                .collect()
        };
        Self {
            baseline_date: found.baseline_day.and_then(|day| date(day, record)),
            baseline_day: found
                .baseline_day
                .filter(|_| record.scale == DayScale::Study)
                .map(Day::number),
            baseline_sum: found.baseline_sum.map(|sum| found.unit.value(sum)),
            unit: found.unit.symbol(),
            targets: names(&found.targets),
            non_targets: names(&found.non_targets),
            not_computed: found.not_computed.map(|why| why.reason()),
            timepoints: found
                .time_points
                .iter()
                .map(|point| TimePointJson::of(point, found, record, stated))
                .collect(),
            best: found.best.response.name(),
            best_date: found.best.day.and_then(|day| date(day, record)),
            best_reason: found.best.reason.text(),
            best_confirmed: found.best_confirmed.response.name(),
            best_confirmed_date: found.best_confirmed.day.and_then(|day| date(day, record)),
            best_confirmed_reason: found.best_confirmed.reason.text(),
            lesions: found
                .lesions
                .iter()
                .map(|lesion| LesionJson {
                    lesion: record.lesion_name(lesion.lesion).to_owned(),
                    date: date(lesion.day, record),
                    day: day_number(lesion.day, found, record),
                    value: lesion.value.map(|value| found.unit.value(value)),
                    change_from_baseline: lesion
                        .value
                        .and_then(|value| percent(value, lesion.baseline, found.unit)),
                    response: lesion.response.name(),
                })
                .collect(),
            selection: trace(found.selection_trace(), found.unit, record),
        }
    }
}

/// The number of a study's day; of a date the days from baseline.
fn day_number(day: Day, found: &CriterionResult, record: &PatientRecord) -> i32 {
    match (record.scale, found.baseline_day) {
        (DayScale::Calendar, Some(baseline)) => day.since(baseline),
        _ => day.number(),
    }
}

impl TimePointJson {
    fn of(
        point: &TimePoint,
        found: &CriterionResult,
        record: &PatientRecord,
        stated: &[Option<String>],
    ) -> Self {
        let place = usize::try_from(point.assessment).unwrap_or(usize::MAX);
        let change = |reference: Option<i64>| {
            point
                .sum
                .zip(reference)
                .and_then(|(now, reference)| percent(now, reference, found.unit))
        };
        Self {
            date: date(point.day, record),
            day: day_number(point.day, found, record),
            visit: record
                .assessments
                .get(place)
                .and_then(|assessment| assessment.visit.clone()),
            sum: point.sum.map(|sum| found.unit.value(sum)),
            change_from_baseline: change(found.baseline_sum),
            change_from_nadir: change(point.nadir),
            target: point.target.map(Response::name),
            non_target: point.non_target.map(Response::name),
            new: point.new.is_progression(),
            new_lesions: point.new.name(),
            overall: point.overall.map(|overall| overall.name().to_owned()),
            stated: (found.criterion == "recist-1.1")
                .then(|| stated.get(place).cloned().flatten())
                .flatten(),
            trace: trace(found.trace(point), found.unit, record),
        }
    }
}

impl EndpointJson {
    pub(crate) fn of(
        rules: &EndpointRules,
        criterion: &str,
        time: Result<TimeToEvent, OutcomeError>,
        record: &PatientRecord,
    ) -> Self {
        let mut json = Self {
            name: rules.name.clone(),
            title: rules.title.clone(),
            criterion: criterion.to_owned(),
            days: None,
            event: None,
            start: None,
            end: None,
            reason: String::new(),
        };
        match time {
            Ok(time) => {
                json.days = Some(time.days);
                json.event = Some(time.event);
                json.start = Some(time.start.shown(record.scale));
                json.end = Some(time.end.shown(record.scale));
                json.reason = time.reason;
            }
            Err(error) => json.reason = error.to_string(),
        }
        json
    }
}

impl DiscordanceJson {
    pub(crate) fn of(found: &Discordance, record: &PatientRecord) -> Self {
        Self {
            first: found.first.clone(),
            second: found.second.clone(),
            since: found.since.shown(record.scale),
            first_says: found.first_says.name(),
            second_says: found.second_says.name(),
            different: found.different,
            compared: found.compared,
        }
    }
}

impl RecordFindingJson {
    pub(crate) fn of(finding: &RecordFinding) -> Self {
        Self {
            rule: finding.rule.id(),
            severity: match finding.rule.severity() {
                Severity::Flagged => "flagged",
                Severity::Refused => "refused",
            },
            what: finding.reason.clone(),
        }
    }
}
