//! A dose or an activity against the rows that were chosen for it.
//!
//! A value on a bound keeps to it unless the source prints `<` or `>`.
//! A missed limit that applies stops, or warns where its row says so; a missed
//! target and a borrowed row warn.
//! Rows whose condition is undecided warn when some are missed, and stop when
//! every one of them is, since then no fact could save the plan.

use super::dose_limit::{Compartment, LimitQuantity, Purpose, Severity};
use super::rule::{Outcome, RuleResult, RuleValue, SafetyRule, Said, number, short};
use super::safety_facts::{ChosenLimit, ChosenLimits};

/// What stands in place of a source where nothing was chosen.
pub(super) const NO_ROW: &str = "no limit was chosen";

/// A value against the rows of one compartment.
pub(super) struct Judged<'a> {
    pub(super) outcome: Outcome,
    /// The row that decides: the first missed one of the gravest kind, else
    /// the strictest.
    pub(super) row: &'a ChosenLimit,
    pub(super) message: String,
}

pub(super) fn rows(
    limits: &ChosenLimits,
    compartment: Compartment,
    quantity: LimitQuantity,
) -> Vec<&ChosenLimit> {
    limits
        .0
        .iter()
        .filter(|row| {
            let limit = &row.selected.limit;
            limit.compartment == compartment
                && limit.quantity == quantity
                && limit.purpose != Purpose::Evidence
                && limit.statistic == "mean"
                && limit.bound.holds(0.0).is_some()
        })
        .collect()
}

/// `None` without a row that compares.
pub(super) fn against<'a>(value: f64, unit: &str, rows: &[&'a ChosenLimit]) -> Option<Judged<'a>> {
    let misses = |row: &ChosenLimit| row.selected.limit.bound.holds(value) == Some(false);
    let stops =
        |row: &ChosenLimit| !row.borrowed && row.selected.limit.severity() == Severity::Stop;
    let upper = |row: &ChosenLimit| row.selected.limit.bound.upper().unwrap_or(f64::INFINITY);
    let mut by_strictness: Vec<&ChosenLimit> = rows.to_vec();
    by_strictness.sort_by(|a, b| upper(a).total_cmp(&upper(b)));
    let strictest = *by_strictness.first()?;
    let undecided: Vec<&ChosenLimit> = by_strictness
        .iter()
        .copied()
        .filter(|row| stops(row) && !row.selected.applies())
        .collect();
    let all_undecided_missed = !undecided.is_empty() && undecided.iter().all(|row| misses(row));
    let (outcome, row) = if let Some(row) = by_strictness
        .iter()
        .find(|row| misses(row) && stops(row) && row.selected.applies())
    {
        (Outcome::Stop, *row)
    } else if all_undecided_missed && let Some(row) = undecided.last() {
        (Outcome::Stop, *row)
    } else if let Some(row) = by_strictness.iter().find(|row| misses(row)) {
        (Outcome::Warn, *row)
    } else {
        (Outcome::Pass, strictest)
    };
    let told: Vec<String> = by_strictness
        .iter()
        .map(|row| {
            let limit = &row.selected.limit;
            let mut text = format!(
                "{} {} ({}",
                if misses(row) { "misses" } else { "keeps" },
                limit.bound_text(),
                limit.id
            );
            if row.borrowed {
                text += &format!(", borrowed from {}", limit.population);
            }
            for why in &row.selected.undecided {
                text += &format!(", undecided: {why}");
            }
            text + ")"
        })
        .collect();
    Some(Judged {
        outcome,
        row,
        message: format!("{} {unit} {}", short(value), told.join("; ")),
    })
}

pub(super) fn of_judged(
    rule: SafetyRule,
    value: f64,
    unit: &'static str,
    judged: Judged<'_>,
) -> RuleResult {
    let limit = &judged.row.selected.limit;
    let bound = match limit.bound.upper() {
        Some(upper) => number(upper, limit.quantity.unit()),
        None => Some(RuleValue::Text(limit.bound_text())),
    };
    Said::new(judged.outcome, number(value, unit), bound, judged.message).of(
        rule,
        &limit.source,
        limit.doubtful,
    )
}
