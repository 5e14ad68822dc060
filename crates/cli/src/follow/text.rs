//! `sirt follow` for people: a table of time points, and what is beside it.

use super::result::{FollowResult, SubjectResult};
use crate::table::{self, Table};

/// Prints what was found.
pub(crate) fn print(result: &FollowResult) -> anyhow::Result<()> {
    let mut text = format!(
        "{} {}: response of {} patients by {}\n",
        result.program.name,
        result.program.version,
        result.subjects.len(),
        result
            .criteria
            .iter()
            .map(|rules| rules.name())
            .collect::<Vec<_>>()
            .join(", ")
    );
    for subject in &result.subjects {
        text.push_str(&of_subject(subject));
    }
    if let Some(agreement) = &result.agreement {
        text.push_str(&format!(
            "\nthe table of responses says the same at {} of {} time points\n",
            agreement.same, agreement.compared
        ));
        for difference in &agreement.differences {
            text.push_str(&format!(
                "  {} by {}, {}: {} here, {} there\n",
                difference.id,
                difference.reader,
                difference
                    .visit
                    .as_deref()
                    .or(difference.date.as_deref())
                    .unwrap_or("no visit"),
                difference.ours.as_deref().unwrap_or("-"),
                difference.stated
            ));
        }
    }
    if !result.left_out.is_empty() {
        text.push_str(&format!(
            "\n{} patients are not followed; what is said of the others alone may be biased\n",
            result.left_out.len()
        ));
        for left_out in &result.left_out {
            text.push_str(&format!("  {}: {}\n", left_out.id, left_out.reason));
        }
    }
    for note in &result.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    table::print(&text)
}

fn of_subject(subject: &SubjectResult) -> String {
    let mut text = format!("\n{} by {}\n", subject.id, subject.reader);
    if let Some(refused) = &subject.refused {
        text.push_str(&format!("refused: {refused}\n"));
        return text;
    }
    let mut table = Table::new(&[
        ("criterion", ""),
        ("visit", ""),
        ("date", ""),
        ("sum", ""),
        ("baseline", "%"),
        ("nadir", "%"),
        ("targets", ""),
        ("others", ""),
        ("new", ""),
        ("overall", ""),
    ]);
    let dash = || "-".to_owned();
    for (name, criterion) in &subject.criteria {
        for point in &criterion.timepoints {
            let percent =
                |value: Option<f64>| value.map_or_else(dash, |value| format!("{value:+.1}"));
            table.row([
                name.clone(),
                point.visit.clone().unwrap_or_else(dash),
                point
                    .date
                    .clone()
                    .unwrap_or_else(|| format!("day {}", point.day)),
                point
                    .sum
                    .map_or_else(dash, |sum| format!("{sum:.1} {}", criterion.unit)),
                percent(point.change_from_baseline),
                percent(point.change_from_nadir),
                point.target.unwrap_or("-").to_owned(),
                point.non_target.unwrap_or("-").to_owned(),
                point.new_lesions.to_owned(),
                point.overall.clone().unwrap_or_else(dash),
            ]);
        }
    }
    text.push_str(&table.to_text());
    for (name, criterion) in &subject.criteria {
        match criterion.not_computed {
            Some(why) => text.push_str(&format!("{name}: not computed, {why}\n")),
            None => text.push_str(&format!(
                "{name}: best {}, confirmed {}\n",
                criterion.best, criterion.best_confirmed
            )),
        }
    }
    for endpoint in &subject.endpoints {
        let days = endpoint
            .days
            .map_or_else(dash, |days| format!("{days} days"));
        text.push_str(&format!(
            "{}: {days} ({})\n",
            endpoint.name, endpoint.reason
        ));
    }
    for toxicity in &subject.toxicity {
        let grade = toxicity
            .grade
            .map_or_else(dash, |grade| format!("grade {grade}"));
        text.push_str(&format!(
            "{}: {grade} on {} ({})\n",
            toxicity.term, toxicity.date, toxicity.reason
        ));
    }
    for finding in &subject.findings {
        text.push_str(&format!("finding {}: {}\n", finding.rule, finding.what));
    }
    text
}
