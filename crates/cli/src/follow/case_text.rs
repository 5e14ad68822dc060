//! `sirt follow CASE` for people, in lines of at most a hundred letters.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sirt_outcome::evidence::cohort::months;

use super::case::TRACED;
use super::condition_text::{function, markers, symptoms, toxicity};
use super::course::CourseResult;
use super::result::{CriterionJson, DiscordanceJson, FollowResult, SubjectResult};
use crate::table::{self, Table, digits};

/// Letters in a line.
pub(super) const WIDTH: usize = 100;
/// Most scans beside each other in the table of responses.
const SCANS: usize = 6;
/// What stands where there is nothing.
pub(super) const DASH: &str = "-";

/// All that is said of a case.
pub(super) fn text(result: &FollowResult) -> String {
    let mut text = format!(
        "{} {}: follow-up of one patient by {} criteria\n",
        result.program.name,
        result.program.version,
        result.criteria.len()
    );
    for subject in &result.subjects {
        of_subject(subject, &mut text);
    }
    if !result.files.is_empty() {
        let _ = write!(text, "\nwritten: {}\n", result.files.join(", "));
    }
    table::within(&text, WIDTH)
}

/// Responses, lesions and volumes alone.
pub(crate) fn summary(subject: &SubjectResult) -> String {
    let mut text = String::new();
    responses(subject, &mut text);
    if let Some(course) = &subject.course {
        lesions(course, &mut text);
        volumes(course, &mut text);
    }
    text
}

fn of_subject(subject: &SubjectResult, text: &mut String) {
    let _ = write!(text, "\n{} by {}\n", subject.id, subject.reader);
    if subject.readers.len() > 1 {
        let _ = writeln!(text, "read by {}", subject.readers.join(", "));
    }
    if let Some(refused) = &subject.refused {
        let _ = writeln!(text, "refused: {refused}");
    }
    if let Some(course) = &subject.course {
        treatments(course, text);
    }
    responses(subject, text);
    if let Some(course) = &subject.course {
        lesions(course, text);
        volumes(course, text);
        markers(subject, course, text);
        symptoms(course, text);
    }
    toxicity(subject, text);
    if let Some(course) = &subject.course {
        function(course, text);
    }
    endpoints(subject, text);
    discordance(subject, text);
    trace(subject, text);
    for finding in &subject.findings {
        let _ = writeln!(
            text,
            "{} {}: {}",
            finding.severity, finding.rule, finding.what
        );
    }
    for note in &subject.notes {
        let _ = writeln!(text, "note: {note}");
    }
}

pub(super) fn dash<T>(value: Option<T>, shown: impl Fn(T) -> String) -> String {
    value.map_or_else(|| DASH.to_owned(), shown)
}

pub(super) fn percent(value: f64) -> String {
    format!("{value:+.1}")
}

pub(super) fn heading(text: &mut String, heading: &str) {
    let _ = write!(text, "\n== {heading}\n");
}

fn treatments(course: &CourseResult, text: &mut String) {
    let mut table = Table::new(&[
        ("date", ""),
        ("treatment", ""),
        ("territory", ""),
        ("GBq", ""),
    ]);
    for treatment in &course.treatments {
        table.row([
            treatment.date.clone(),
            treatment.name.clone(),
            treatment
                .territory
                .clone()
                .unwrap_or_else(|| DASH.to_owned()),
            dash(treatment.activity_gbq, |gbq| format!("{gbq:.2}")),
        ]);
    }
    if !course.treatments.is_empty() {
        heading(text, "treatments");
        text.push_str(&table.to_text());
    }
    if let Some(status) = &course.status {
        let mut line = format!("{} on {}", status.state, status.date);
        if let Some(days) = status.days {
            let _ = write!(
                line,
                ", {days} days ({:.1} months) after the first treatment",
                months(days)
            );
        }
        let cause = status.cause_in_words.as_deref().or(status.cause);
        if let Some(cause) = cause.filter(|_| status.state == "dead") {
            let _ = write!(line, ": {cause}");
        }
        let _ = writeln!(text, "{line}");
    }
}

/// Scans by date, criteria below each other.
fn responses(subject: &SubjectResult, text: &mut String) {
    let dates: BTreeSet<String> = subject
        .criteria
        .values()
        .flat_map(|criterion| &criterion.timepoints)
        .map(when)
        .collect();
    let computed: Vec<(&String, &CriterionJson)> = subject
        .criteria
        .iter()
        .filter(|(_, criterion)| criterion.not_computed.is_none())
        .collect();
    let [of_lesions, of_patient]: [Vec<(&String, &CriterionJson)>; 2] =
        [true, false].map(|wanted| {
            computed
                .iter()
                .filter(|(_, criterion)| criterion.lesions.is_empty() != wanted)
                .copied()
                .collect()
        });
    let dates: Vec<String> = dates.into_iter().collect();
    if !of_patient.is_empty() && !dates.is_empty() {
        heading(
            text,
            "responses, with the change of the sum from baseline in %",
        );
        // As many scans beside each other as fit.
        let blocks = (1..=SCANS)
            .rev()
            .map(|beside| matrix(&of_patient, &dates, beside))
            .find(|blocks| {
                blocks
                    .lines()
                    .all(|line| table::printed_width(line) <= WIDTH)
            })
            .unwrap_or_else(|| matrix(&of_patient, &dates, 1));
        text.push_str(&blocks);
    }
    for (name, criterion) in of_lesions {
        let counts: Vec<String> = dates
            .iter()
            .filter_map(|date| Some(format!("{date} {}", criterion.counts_on(date)?)))
            .collect();
        let _ = writeln!(text, "{name}: {}", counts.join("; "));
    }
    let mut why: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, criterion) in &subject.criteria {
        if let Some(reason) = criterion.not_computed {
            match why.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push(name),
                None => why.push((reason, vec![name])),
            }
        }
    }
    for (reason, names) in why {
        let _ = writeln!(text, "not computed, {reason}: {}", names.join(", "));
    }
}

/// Criteria by scans, so many scans beside each other.
fn matrix(criteria: &[(&String, &CriterionJson)], dates: &[String], beside: usize) -> String {
    let mut text = String::new();
    for (block, some) in dates.chunks(beside).enumerate() {
        let is_last = (block + 1) * beside >= dates.len();
        let mut columns: Vec<(&str, &str)> = vec![("criterion", "")];
        columns.extend(some.iter().map(|date| (date.as_str(), "")));
        if is_last {
            columns.extend([("best", ""), ("confirmed", "")]);
        }
        let mut table = Table::new(&columns);
        for (name, criterion) in criteria {
            let mut row = vec![(*name).clone()];
            row.extend(some.iter().map(|date| cell(criterion, date)));
            if is_last {
                row.push(criterion.best.to_owned());
                row.push(criterion.best_confirmed.to_owned());
            }
            table.row(row);
        }
        text.push_str(&table.to_text());
    }
    text
}

fn when(point: &super::result::TimePointJson) -> String {
    point
        .date
        .clone()
        .unwrap_or_else(|| format!("day {}", point.day))
}

/// `PR -42` of a date.
fn cell(criterion: &CriterionJson, date: &str) -> String {
    let Some(point) = criterion
        .timepoints
        .iter()
        .find(|point| when(point) == date)
    else {
        return DASH.to_owned();
    };
    let said = point.overall.as_deref().unwrap_or(DASH);
    match point.change_from_baseline {
        Some(change) => format!("{said} {change:+.0}"),
        None => said.to_owned(),
    }
}

fn lesions(course: &CourseResult, text: &mut String) {
    if course.lesions.is_empty() {
        return;
    }
    heading(text, "lesions: dose beside fate");
    let mut table = Table::new(&[
        ("lesion", ""),
        ("organ", ""),
        ("axis", ""),
        ("dose", "Gy"),
        ("first", ""),
        ("least", ""),
        ("last", ""),
        ("last", "%"),
        ("response", ""),
        ("fate", ""),
    ]);
    for lesion in &course.lesions {
        table.row([
            lesion.lesion.clone(),
            lesion.organ.clone(),
            lesion.measure.map_or_else(
                || DASH.to_owned(),
                |name| format!("{} {}", name.trim_end_matches(" axis"), lesion.unit),
            ),
            dash(lesion.dose_gy, digits),
            dash(lesion.baseline, |value| format!("{value:.1}")),
            dash(lesion.smallest, |value| format!("{value:.1}")),
            dash(lesion.last, |value| format!("{value:.1}")),
            dash(lesion.last_change, percent),
            lesion.response.unwrap_or(DASH).to_owned(),
            lesion.fate.clone(),
        ]);
    }
    text.push_str(&table.to_text_within(WIDTH));
    let mut sources: Vec<&str> = course
        .lesions
        .iter()
        .filter_map(|lesion| lesion.dose_source.as_deref())
        .collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.is_empty() {
        text.push_str("no lesion has a dose: state it in [[lesion]], name a result of `sirt dose` in [administration.image], or add --images\n");
    } else {
        let _ = writeln!(text, "doses: {}", sources.join("; "));
    }
}

fn volumes(course: &CourseResult, text: &mut String) {
    if course.liver_volumes.is_empty() {
        return;
    }
    heading(text, "volumes");
    let mut table = Table::new(&[
        ("volume", ""),
        ("date", ""),
        ("mL", ""),
        ("of baseline", "%"),
        ("change", "%"),
        ("from prior Tx", "%"),
        ("prior Tx", ""),
    ]);
    for volume in &course.liver_volumes {
        for point in &volume.values {
            table.row([
                volume.volume.to_owned(),
                point.date.clone(),
                digits(point.ml),
                dash(point.of_baseline, |part| format!("{part:.1}")),
                dash(point.change_from_baseline, percent),
                dash(point.change_from_prior_treatment, percent),
                match (&point.prior_treatment, point.prior_treatment_gbq) {
                    (Some(day), Some(gbq)) => format!("{day}, {gbq:.2} GBq"),
                    (Some(day), None) => day.clone(),
                    (None, _) => DASH.to_owned(),
                },
            ]);
        }
    }
    text.push_str(&table.to_text_within(WIDTH));
}

fn endpoints(subject: &SubjectResult, text: &mut String) {
    if subject.endpoints.is_empty() {
        return;
    }
    let criterion = &subject.endpoints[0].criterion;
    heading(text, &format!("times to events, by {criterion}"));
    let mut table = Table::new(&[("", ""), ("days", ""), ("event", ""), ("why", "")]);
    for endpoint in &subject.endpoints {
        table.row([
            endpoint.name.clone(),
            dash(endpoint.days, |days| days.to_string()),
            match endpoint.event {
                Some(true) => "yes",
                Some(false) => "censored",
                None => DASH,
            }
            .to_owned(),
            endpoint.reason.clone(),
        ]);
    }
    text.push_str(&table.to_text_within(WIDTH));
}

/// Where the first criterion disagrees with others, those that say the same
/// of the same day together; every pair is in the JSON.
fn discordance(subject: &SubjectResult, text: &mut String) {
    let Some(first) = subject.discordance.first() else {
        return;
    };
    heading(text, "where criteria disagree (all pairs: --json)");
    let of_first = || {
        subject
            .discordance
            .iter()
            .filter(|found| found.first == first.first)
    };
    let says = |found: &DiscordanceJson| {
        format!(
            "since {}: {} says {}, {} by",
            found.since, found.first, found.first_says, found.second_says
        )
    };
    let mut said: Vec<String> = of_first().map(says).collect();
    said.sort();
    said.dedup();
    for line in said {
        let names: Vec<&str> = of_first()
            .filter(|found| says(found) == line)
            .map(|found| found.second.as_str())
            .collect();
        let _ = writeln!(text, "{line} {}", names.join(", "));
    }
}

/// How a verdict came about, step by step.
fn trace(subject: &SubjectResult, text: &mut String) {
    let traced = subject
        .criteria
        .get_key_value(TRACED)
        .or_else(|| subject.criteria.iter().next());
    let Some((name, criterion)) = traced.filter(|(_, criterion)| criterion.not_computed.is_none())
    else {
        return;
    };
    heading(
        text,
        &format!("how {name} came to it (others: --criteria NAME, or --json)"),
    );
    for step in criterion.selection() {
        let _ = writeln!(text, "  {}", step.text);
    }
    for point in &criterion.timepoints {
        let _ = writeln!(
            text,
            "{}: {}",
            when(point),
            point.overall.as_deref().unwrap_or(DASH)
        );
        for step in &point.trace {
            let _ = writeln!(text, "  {}", step.text);
        }
    }
    let _ = writeln!(
        text,
        "best {} ({}); confirmed {} ({})",
        criterion.best,
        criterion.best_reason(),
        criterion.best_confirmed,
        criterion.best_confirmed_reason()
    );
}
