//! The patient's condition for people: markers, symptoms, analogue, toxicity,
//! liver function.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::case_text::{DASH, WIDTH, dash, heading, percent};
use super::course::CourseResult;
use super::result::SubjectResult;
use crate::table::{Table, digits};

pub(super) fn markers(subject: &SubjectResult, course: &CourseResult, text: &mut String) {
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

pub(super) fn symptoms(course: &CourseResult, text: &mut String) {
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

pub(super) fn toxicity(subject: &SubjectResult, text: &mut String) {
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

pub(super) fn function(course: &CourseResult, text: &mut String) {
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
    if let Some(toxicity) = &course.liver_toxicity {
        let _ = writeln!(
            text,
            "toxicity of the liver, 0 to 5: {} ({})",
            toxicity.grade.map_or_else(
                || match toxicity.at_least {
                    0 => "not known".to_owned(),
                    least => format!("at least {least}"),
                },
                |grade| grade.to_string()
            ),
            toxicity.why
        );
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
