//! The question of the method card: would another published method change
//! the activity by more than 20 %, or the decision?
//!
//! The decision is the [`Verdict`] of a row: within the goals, tumour below
//! its goal, or a limit passed.

use serde::Serialize;

use super::method_card::{MethodRow, Verdict};
use super::plan_method::PlanMethod;

/// Difference of activity from the chosen method that is worth a question.
const WORTH_A_QUESTION: f64 = 0.20;

/// The question of the card: would another published method change anything?
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodQuestion {
    /// Territory.
    pub territory: String,
    /// The method that was chosen.
    pub chosen: PlanMethod,
    /// Methods whose activity differs by more than 20 %, with the difference in %.
    pub other_activity: Vec<(PlanMethod, f64)>,
    /// Methods whose verdict differs, with theirs.
    pub other_verdict: Vec<(PlanMethod, Verdict)>,
    /// The answer in a sentence.
    pub answer: String,
}

/// Would another published method change the activity by more than 20 %, or
/// the decision?
///
/// `chosen` is the row of the activity that is meant to be given; `rows` are
/// those of the card.
#[must_use]
pub fn method_question(chosen: &MethodRow, rows: &[MethodRow]) -> Option<MethodQuestion> {
    let activity = chosen.activity_gbq?;
    let others = || {
        rows.iter()
            .filter(|row| row.territory == chosen.territory)
            .filter_map(|row| row.activity_gbq.map(|other| (row, other)))
    };
    let other_activity: Vec<(PlanMethod, f64)> = others()
        .map(|(row, other)| (row.name, other / activity - 1.0))
        .filter(|(_, difference)| difference.abs() > WORTH_A_QUESTION)
        .map(|(name, difference)| (name, difference * 100.0))
        .collect();
    let other_verdict: Vec<(PlanMethod, Verdict)> = others()
        .filter(|(row, _)| row.verdict != chosen.verdict)
        .filter_map(|(row, _)| row.verdict.map(|verdict| (row.name, verdict)))
        .collect();
    let compared = others().count();
    let list = |texts: Vec<String>| texts.join(", ");
    let mut answer = if other_activity.is_empty() {
        format!(
            "None of {compared} methods changes the activity of {activity:.2} GBq by more than {:.0} %",
            WORTH_A_QUESTION * 100.0
        )
    } else {
        format!(
            "Yes: against {activity:.2} GBq, {}",
            list(
                other_activity
                    .iter()
                    .map(|(name, percent)| format!("{} {percent:+.0} %", name.name()))
                    .collect()
            )
        )
    };
    match (other_verdict.is_empty(), chosen.verdict) {
        (_, None) => answer.push_str("; without goals there is no decision to compare."),
        (true, Some(verdict)) => {
            answer.push_str(&format!("; all agree: {}.", verdict.in_words()));
        }
        (false, Some(verdict)) => answer.push_str(&format!(
            "; the decision ({}) changes with {}.",
            verdict.in_words(),
            list(
                other_verdict
                    .iter()
                    .map(|(name, other)| format!("{} ({})", name.name(), other.in_words()))
                    .collect()
            )
        )),
    }
    Some(MethodQuestion {
        territory: chosen.territory.clone(),
        chosen: chosen.name,
        other_activity,
        other_verdict,
        answer,
    })
}
