//! `sirt follow CASE` for people, in lines of at most a hundred letters.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::case::TRACED;
use super::course::CourseResult;
use super::result::{CriterionJson, DiscordanceJson, FollowResult, SubjectResult};
use crate::table::{self, Table, digits};

/// Letters in a line.
const WIDTH: usize = 100;
/// Scans beside each other in the table of responses.
const SCANS: usize = 5;
/// What stands where there is nothing.
const DASH: &str = "-";

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

fn dash<T>(value: Option<T>, shown: impl Fn(T) -> String) -> String {
    value.map_or_else(|| DASH.to_owned(), shown)
}

fn percent(value: f64) -> String {
    format!("{value:+.1}")
}

fn heading(text: &mut String, heading: &str) {
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
                f64::from(days) / DAYS_IN_MONTH
            );
        }
        let cause = status.cause_in_words.as_deref().or(status.cause);
        if let Some(cause) = cause.filter(|_| status.state == "dead") {
            let _ = write!(line, ": {cause}");
        }
        let _ = writeln!(text, "{line}");
    }
}

/// Mean length of a month of the Gregorian calendar, days.
pub(crate) const DAYS_IN_MONTH: f64 = 365.2425 / 12.0;

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
        .filter(|(_, criterion)| criterion.not_computed.is_none() && !criterion.best.is_empty())
        .collect();
    if !computed.is_empty() && !dates.is_empty() {
        heading(
            text,
            "responses, with the change of the sum from baseline in %",
        );
        let dates: Vec<String> = dates.into_iter().collect();
        for (block, some) in dates.chunks(SCANS).enumerate() {
            let is_last = (block + 1) * SCANS >= dates.len();
            let mut columns: Vec<(&str, &str)> = vec![("criterion", "")];
            columns.extend(some.iter().map(|date| (date.as_str(), "")));
            if is_last {
                columns.extend([("best", ""), ("confirmed", "")]);
            }
            let mut table = Table::new(&columns);
            for (name, criterion) in &computed {
                let mut row = vec![(*name).clone()];
                row.extend(some.iter().map(|date| cell(criterion, date)));
                if is_last {
                    let of_lesions = !criterion.lesions.is_empty();
                    for best in [criterion.best, criterion.best_confirmed] {
                        row.push(if of_lesions { DASH } else { best }.to_owned());
                    }
                }
                table.row(row);
            }
            text.push_str(&table.to_text());
        }
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

fn when(point: &super::result::TimePointJson) -> String {
    point
        .date
        .clone()
        .unwrap_or_else(|| format!("day {}", point.day))
}

/// `PR -42` of a date; of single lesions how many have which response.
fn cell(criterion: &CriterionJson, date: &str) -> String {
    let Some(point) = criterion
        .timepoints
        .iter()
        .find(|point| when(point) == date)
    else {
        return DASH.to_owned();
    };
    if let Some(counts) = criterion.counts_on(date) {
        return counts;
    }
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
        ("smallest", ""),
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

fn markers(subject: &SubjectResult, course: &CourseResult, text: &mut String) {
    for marker in &course.marker_values {
        heading(text, &format!("marker {}", marker.marker));
        let definitions: Vec<_> = subject
            .markers
            .iter()
            .filter(|definition| definition.marker == marker.marker)
            .collect();
        let mut columns = vec![
            ("date", ""),
            ("value", ""),
            ("limits", "× ULN"),
            ("change", "%"),
        ];
        columns.extend(
            definitions
                .iter()
                .map(|definition| (definition.definition.as_str(), "")),
        );
        let mut table = Table::new(&columns);
        let mut reasons = BTreeSet::new();
        for point in &marker.values {
            let verdict = |at: usize| {
                definitions
                    .get(at)?
                    .values
                    .iter()
                    .find(|verdict| verdict.date == point.date)
            };
            let mut row = vec![
                point.date.clone(),
                format!("{} {}", digits(point.value), point.unit),
                dash(point.over_limit, digits),
                dash(
                    verdict(0).and_then(|verdict| verdict.change_from_baseline),
                    percent,
                ),
            ];
            for at in 0..definitions.len() {
                let said = verdict(at);
                reasons.extend(said.and_then(|said| said.reason));
                row.push(said.map_or(DASH, |said| said.response).to_owned());
            }
            table.row(row);
        }
        text.push_str(&table.to_text_within(WIDTH));
        for reason in reasons {
            let _ = writeln!(text, "NE: {reason}");
        }
        for point in &marker.values {
            if let Some(by) = &point.confounded_by {
                let _ = writeln!(text, "{}: raised by {by} as well", point.date);
            }
        }
    }
    if course.marker_values.is_empty() {
        return;
    }
    text.push_str(
        "definitions of response of a marker are recalled usage (docs/methods/marker.md)\n",
    );
}

fn symptoms(course: &CourseResult, text: &mut String) {
    if !course.symptoms.is_empty() {
        heading(text, "symptoms");
        let mut table = Table::new(&[
            ("symptom", ""),
            ("date", ""),
            ("grade", ""),
            ("a day", ""),
            ("against baseline", ""),
        ]);
        for symptom in &course.symptoms {
            for point in &symptom.values {
                table.row([
                    symptom.symptom.clone(),
                    point.date.clone(),
                    dash(point.grade, |grade| grade.to_string()),
                    dash(point.per_day, digits),
                    point
                        .response
                        .unwrap_or(if Some(&point.date) == symptom.baseline.as_ref() {
                            "baseline"
                        } else {
                            DASH
                        })
                        .to_owned(),
                ]);
            }
        }
        text.push_str(&table.to_text_within(WIDTH));
    }
    if !course.analogues.is_empty() {
        heading(text, "somatostatin analogue");
        let mut table = Table::new(&[
            ("from", ""),
            ("drug", ""),
            ("dose", "mg/28 d"),
            ("at treatment", "%"),
            ("days", ""),
            ("change", ""),
        ]);
        for row in &course.analogues {
            table.row([
                row.date.clone(),
                row.drug.clone(),
                digits(row.mg_per_28_days),
                dash(row.of_treatment_percent, |part| format!("{part:.0}")),
                dash(row.days, |days| days.to_string()),
                row.change.unwrap_or("before treatment").to_owned(),
            ]);
        }
        text.push_str(&table.to_text_within(WIDTH));
    }
    if !course.performance.is_empty() {
        let said: Vec<String> = course
            .performance
            .iter()
            .map(|row| {
                let ecog = row.ecog.map(|ecog| format!("ECOG {ecog}"));
                let karnofsky = row.karnofsky.map(|part| format!("Karnofsky {part} %"));
                let both: Vec<String> = ecog.into_iter().chain(karnofsky).collect();
                format!("{} {}", row.date, both.join(", "))
            })
            .collect();
        let _ = writeln!(text, "\nperformance: {}", said.join("; "));
    }
}

fn toxicity(subject: &SubjectResult, text: &mut String) {
    if subject.toxicity.is_empty() {
        return;
    }
    heading(
        text,
        "toxicity: worst grade of each test after treatment, and events",
    );
    let mut table = Table::new(&[
        ("term", ""),
        ("grade", ""),
        ("date", ""),
        ("days", ""),
        ("why", ""),
    ]);
    for row in &subject.toxicity {
        let mut why = match (row.value, &row.unit) {
            (Some(value), Some(unit)) => format!("{} {unit}; {}", digits(value), row.reason),
            _ => row.reason.clone(),
        };
        if let Some(attribution) = row.attribution {
            why = format!("{attribution}: {why}");
        }
        if let Some(site) = row.site {
            let _ = write!(why, " ({site})");
        }
        if let Some(stated) = &row.stated {
            let told = [
                stated.attribution.map(|word| format!("stated: {word}")),
                stated
                    .finding
                    .as_ref()
                    .map(|finding| format!("by {finding}")),
                stated.cleared.clone(),
                stated.ended.as_ref().map(|day| format!("ended {day}")),
                stated.note.clone(),
            ];
            for part in told.into_iter().flatten() {
                let _ = write!(why, "; {part}");
            }
        }
        table.row([
            row.term.clone(),
            dash(row.grade, |grade| grade.to_string()),
            row.date.clone(),
            dash(row.days_after_treatment, |days| days.to_string()),
            why,
        ]);
    }
    text.push_str(&table.to_text_within(WIDTH));
}

fn function(course: &CourseResult, text: &mut String) {
    if !course.liver_function.is_empty() {
        heading(text, "liver function");
        let mut table = Table::new(&[
            ("date", ""),
            ("ALBI", ""),
            ("grade", ""),
            ("Child-Pugh", ""),
            ("MELD", ""),
        ]);
        for row in &course.liver_function {
            let class = row.child_pugh_class.as_deref().unwrap_or_default();
            table.row([
                row.date.clone(),
                dash(row.albi, |score| format!("{score:.2}")),
                row.albi_grade.clone().unwrap_or_else(|| DASH.to_owned()),
                dash(row.child_pugh, |points| format!("{points} {class}")),
                dash(row.meld, |score| score.to_string()),
            ]);
        }
        text.push_str(&table.to_text());
    }
    for row in &course.liver_disease {
        let _ = write!(
            text,
            "{}: {} on {}, {} days after treatment",
            row.title, row.verdict, row.date, row.days_after_treatment
        );
        if !row.missing.is_empty() {
            let _ = write!(text, "; nobody looked for {}", row.missing.join(", "));
        }
        text.push('\n');
    }
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
