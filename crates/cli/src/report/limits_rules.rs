//! Limits and targets that apply, and what each rule of safety says.

use sirt_dosimetry::{DoseLimit, Outcome, RuleResult, RuleValue};
use sirt_report::{Block, Callout, Cell, Mark, Row, Section, Table};

use super::figures::{gbq, gy};
use super::material::{Material, capital, row, spaced, text, words};
use super::references::plain;

pub(super) fn limits(material: &Material<'_>) -> Section {
    let limits = &material.plan.limits;
    let mut blocks = Vec::new();
    if !limits.consensus {
        blocks.push(Block::Callout(Callout {
            mark: Mark::Note,
            heading: "No consensus value for this tumour and device".to_owned(),
            texts: vec![
                "What others use is shown as borrowed; none of it was made for this patient."
                    .to_owned(),
            ],
        }));
    }
    let mut rows: Vec<Row> = Vec::new();
    for (what, goal) in [
        ("tumour", &material.case.goals.tumour),
        ("perfused", &material.case.goals.perfused),
        ("normal liver", &material.case.goals.normal_liver),
        ("lung", &material.case.goals.lung),
    ] {
        if let Some(goal) = goal {
            let bound = if matches!(what, "tumour" | "perfused") {
                "≥"
            } else {
                "≤"
            };
            rows.push(row(
                [
                    capital(what),
                    format!("{bound} {} Gy", gy(goal.dose.as_gy())),
                    "this patient".to_owned(),
                    goal.source.as_deref().map_or_else(
                        || "case.toml, [goals]".to_owned(),
                        |source| material.cited(source),
                    ),
                ],
                true,
            ));
        }
    }
    let line = |limit: &DoseLimit, undecided: &[String], mut made_for: String| {
        if !undecided.is_empty() {
            made_for.push_str(&format!("; if {}", undecided.join(" and ")));
        }
        let mut source = material.cited(&limit.source);
        if limit.doubtful {
            source.push_str(" (not read again in the source)");
        }
        row(
            [
                capital(&spaced(limit.compartment.name())),
                limit.bound_text(),
                made_for,
                source,
            ],
            false,
        )
    };
    rows.extend(limits.own.iter().map(|own| {
        line(
            &own.limit,
            &own.undecided,
            format!("this tumour: {}", own.limit.population),
        )
    }));
    rows.extend(limits.borrowed.iter().map(|borrowed| {
        let from: Vec<&str> = borrowed.from.iter().map(|tumour| tumour.name()).collect();
        line(
            &borrowed.selected.limit,
            &borrowed.selected.undecided,
            format!(
                "borrowed from {}: {}",
                from.join(", "),
                borrowed.selected.limit.population
            ),
        )
    }));
    blocks.push(Block::Table(Table {
        caption: "Targets and limits".to_owned(),
        columns: vec![
            words("Compartment", 0),
            words("Bound", 0),
            words("Made for", 0),
            words("Source", 0),
        ],
        rows,
        note: Some("Mean doses unless it says otherwise. Doses of resin, glass and Ho-166 do not stand for each other.".to_owned()),
    }));
    if !limits.reasons.is_empty() {
        blocks.push(Block::List(
            limits
                .reasons
                .iter()
                .map(|reason| capital(&material.cited(reason)))
                .collect(),
        ));
    }
    Section {
        heading: "Targets and limits".to_owned(),
        blocks,
    }
}

/// A value of a rule with the digits of its unit.
fn value(value: Option<&RuleValue>) -> String {
    match value {
        Some(RuleValue::Number { number, unit }) => {
            let digits = match *unit {
                "Gy" => gy(*number),
                "GBq" => gbq(*number),
                "%" => format!("{number:.1}"),
                _ => value_of_other_unit(*number),
            };
            format!("{} {unit}", digits.replace('-', "−"))
                .trim()
                .to_owned()
        }
        Some(RuleValue::Text(text)) => plain(text),
        None => String::new(),
    }
}

fn value_of_other_unit(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn rules(material: &Material<'_>) -> Section {
    let mut results: Vec<&RuleResult> = material.plan.rules.iter().collect();
    // What needs a person first.
    results.sort_by_key(|rule| match rule.outcome {
        Outcome::Stop => 0,
        Outcome::Warn => 1,
        Outcome::Unknown => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable => 4,
    });
    let rows = results
        .iter()
        .map(|rule| {
            let mut why = plain(&rule.message);
            if let Some(given) = &rule.overridden {
                why.push_str(&format!(
                    " — set aside by {} on {}: {}",
                    plain(&given.by),
                    jiff::tz::Offset::UTC.to_datetime(given.at).date(),
                    plain(&given.reason)
                ));
            }
            let mut reference = material.cited(&rule.reference);
            if rule.doubtful {
                reference.push_str(" (doubtful)");
            }
            Row {
                cells: vec![
                    match rule.outcome {
                        Outcome::Pass => Cell::Mark(Mark::Pass, "pass".to_owned()),
                        Outcome::Warn => Cell::Mark(Mark::Warn, "warn".to_owned()),
                        Outcome::Stop => Cell::Mark(Mark::Stop, "stop".to_owned()),
                        Outcome::Unknown => Cell::Mark(Mark::Note, "not known".to_owned()),
                        Outcome::NotApplicable => Cell::Text("not applicable".to_owned()),
                    },
                    text(rule.id.to_owned()),
                    text(value(rule.value.as_ref())),
                    text(value(rule.limit.as_ref())),
                    text(why),
                    text(reference),
                ],
                strong: rule.blocks(),
            }
        })
        .collect();
    let mut blocks = vec![Block::Table(Table {
        caption: "What each rule says".to_owned(),
        columns: vec![
            words("Says", 0),
            words("Rule", 0),
            words("Value", 0),
            words("Limit", 0),
            words("Why", 0),
            words("Source", 0),
        ],
        rows,
        note: Some("A stop is lifted by an override with name and reason where the rule allows one; that stays here. A rule marked doubtful has a limit that is this program's own or was not read again in its source.".to_owned()),
    })];
    if !material.plan.unused_overrides.is_empty() {
        blocks.push(Block::List(
            material
                .plan
                .unused_overrides
                .iter()
                .map(|unused| {
                    format!(
                        "The override of {} by {} changes nothing: {}",
                        plain(&unused.given.rule),
                        plain(&unused.given.by),
                        plain(&unused.why)
                    )
                })
                .collect(),
        ));
    }
    Section {
        heading: "Safety rules".to_owned(),
        blocks,
    }
}
