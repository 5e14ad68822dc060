//! A plan on the terminal.

use sirt_dosimetry::{MethodRow, Outcome, RuleResult};

use super::{PlanResult, ShuntResult, SigningStatus};
use crate::table::{Table, digits, findings_text};

/// All of a plan.
pub(super) fn plan(result: &PlanResult) -> String {
    let mut text = format!(
        "plan of {}: {}, {} ({}), {}\n{} half-life {} h ({}), dose factor {} Gy kg/GBq ({})\n",
        result.case.pseudonym,
        result.case.tumour_type,
        result.product.name,
        result.case.device,
        result.case.scenario.replace('_', " "),
        result.product.nuclide,
        result.product.half_life_h,
        result.product.half_life_source,
        result.product.dose_factor_gy_kg_per_gbq,
        result.product.dose_factor_source,
    );
    text.push('\n');
    text.push_str(&shunt(&result.shunt));
    text.push_str("\nterritories:\n");
    let mut table = Table::new(&[
        ("territory", ""),
        ("volume", "mL"),
        ("tumour", "mL"),
        ("mass", "g"),
        ("T/N", ""),
    ]);
    for territory in &result.territories {
        table.row([
            territory.name.clone(),
            digits(territory.volume_ml),
            digits(territory.tumour_volume_ml),
            digits(territory.mass_g),
            optional(territory.tumour_to_normal),
        ]);
        for tumour in territory.images.iter().flat_map(|images| &images.tumours) {
            table.row([
                format!("  {}", tumour.name),
                String::new(),
                digits(tumour.volume_ml),
                String::new(),
                format!(
                    "{} ± {}",
                    digits(tumour.tumour_to_normal),
                    digits(2.0 * tumour.standard_uncertainty)
                ),
            ]);
        }
    }
    text.push_str(&table.to_text());
    text.push_str("\nmethods (doses by one model for all; ± is k = 2):\n");
    text.push_str(&methods(&result.methods, &result.chosen));
    for row in result.methods.iter().filter(|row| row.missing.is_some()) {
        text.push_str(&format!(
            "  {} / {}: {}\n",
            row.territory,
            row.name.name(),
            row.missing.as_deref().unwrap_or_default()
        ));
    }
    text.push('\n');
    for question in &result.questions {
        text.push_str(&format!(
            "{}: would another method change it? {}\n",
            question.territory, question.answer
        ));
    }
    if let Some(course) = &result.course {
        text.push_str(&format!(
            "\nall territories: {} GBq; lungs {} Gy; normal liver {} Gy perfused, {} Gy whole; tumour {} Gy\n",
            digits(course.total_activity_gbq),
            digits(course.lung_gy),
            optional(course.normal_perfused_gy),
            optional(course.normal_whole_gy),
            optional(course.tumour_gy),
        ));
    }
    text.push_str(&limits(result));
    text.push_str("\nrules:\n");
    text.push_str(&rules(&result.rules));
    text.push_str(if result.blocked {
        "BLOCKED: a stop stands that nobody has cleared or overridden\n"
    } else {
        "not blocked\n"
    });
    text.push_str(match result.signing.status {
        SigningStatus::Draft => {
            "draft: nobody has signed it (sirt report CASE --sign NAME --role ROLE)\n"
        }
        SigningStatus::Signed => "signed\n",
        SigningStatus::Changed => "draft again: what was signed has changed since\n",
    });
    text.push_str(&vials(result));
    for delivered in &result.delivered {
        text.push_str(&format!(
            "delivered to {}: {} GBq of {} GBq intended, {:+.1} %{}\n",
            delivered.territory,
            digits(delivered.activity.delivered.as_gbq()),
            digits(delivered.activity.intended.as_gbq()),
            delivered.activity.difference_percent,
            if delivered.within_tolerance {
                ""
            } else {
                " (outside the tolerance)"
            }
        ));
    }
    if !result.assumptions.is_empty() {
        text.push_str("\nassumed or preferred:\n");
        for assumption in &result.assumptions {
            text.push_str(&format!("  {assumption}\n"));
        }
    }
    text.push_str(&findings_text(&result.findings));
    text
}

/// The lung shunt by every way.
pub(super) fn shunt(result: &ShuntResult) -> String {
    let mut text = String::from("lung shunt:\n");
    let mut table = Table::new(&[("method", ""), ("shunt", "%"), ("±", "%"), ("source", "")]);
    for (at, estimate) in result.estimates.iter().enumerate() {
        let name = serde_json::to_value(estimate.method)
            .ok()
            .and_then(|value| value.as_str().map(|name| name.replace('_', " ")))
            .unwrap_or_default();
        table.row([
            if at == 0 {
                format!("{name} (used)")
            } else {
                name
            },
            format!("{:.2}", estimate.fraction.as_percent()),
            estimate
                .standard_uncertainty
                .map_or_else(String::new, |sigma| format!("{:.2}", 200.0 * sigma)),
            estimate.reference.clone(),
        ]);
    }
    text.push_str(&table.to_text());
    text.push_str("± is counting alone, k = 2\n");
    for estimate in &result.estimates {
        for note in &estimate.notes {
            text.push_str(&format!("  {note}\n"));
        }
    }
    text
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), digits)
}

fn methods(rows: &[MethodRow], chosen: &[MethodRow]) -> String {
    let mut table = Table::new(&[
        ("territory", ""),
        ("method", ""),
        ("activity", "GBq"),
        ("tumour", "Gy"),
        ("normal", "Gy"),
        ("perfused", "Gy"),
        ("lungs", "Gy"),
        ("P tumour", "%"),
        ("P normal", "%"),
        ("verdict", ""),
    ]);
    let interval = |dose: Option<f64>, interval: Option<[f64; 2]>| match (dose, interval) {
        (Some(dose), Some([lower, upper])) => {
            format!("{} ({}–{})", digits(dose), digits(lower), digits(upper))
        }
        (dose, _) => optional(dose),
    };
    let percent = |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{:.0}", value * 100.0))
    };
    let marked = rows
        .iter()
        .filter(|row| row.activity_gbq.is_some())
        .map(|row| (row, row.name.name().to_owned()))
        .chain(
            chosen
                .iter()
                .map(|row| (row, format!("→ {}", row.name.name()))),
        );
    for (row, name) in marked {
        table.row([
            row.territory.clone(),
            name,
            optional(row.activity_gbq),
            interval(row.tumour_gy, row.tumour_interval_gy),
            interval(row.normal_liver_gy, row.normal_liver_interval_gy),
            optional(row.perfused_gy),
            optional(row.lung_gy),
            percent(row.probability_tumour_reaches_goal),
            percent(row.probability_normal_within_limit),
            row.verdict
                .map_or_else(|| "–".to_owned(), |verdict| verdict.in_words().to_owned()),
        ]);
    }
    format!(
        "{}→ what the plan goes on with; P: probability to reach the goal, to stay within the limit\n",
        table.to_text()
    )
}

fn limits(result: &PlanResult) -> String {
    let limits = &result.limits;
    let mut text = String::from("\nlimits and targets:\n");
    if !limits.consensus {
        text.push_str("no consensus value for this tumour and device; what others use:\n");
    }
    let mut table = Table::new(&[
        ("compartment", ""),
        ("bound", ""),
        ("for", ""),
        ("source", ""),
    ]);
    let own = limits.own.iter().map(|row| (row, "this tumour".to_owned()));
    let borrowed = limits.borrowed.iter().map(|row| {
        let from: Vec<_> = row.from.iter().map(|tumour| tumour.name()).collect();
        (&row.selected, format!("borrowed: {}", from.join(", ")))
    });
    for (row, origin) in own.chain(borrowed) {
        let mut origin = origin;
        if !row.undecided.is_empty() {
            origin.push_str(&format!("; if {}", row.undecided.join(" and ")));
        }
        table.row([
            row.limit.compartment.name().replace('_', " "),
            row.limit.bound_text(),
            origin,
            row.limit.source.clone(),
        ]);
    }
    text.push_str(&table.to_text());
    text
}

fn rules(results: &[RuleResult]) -> String {
    let mut table = Table::new(&[("says", ""), ("rule", ""), ("why", "")]);
    for result in results {
        let symbol = match result.outcome {
            Outcome::Pass => "pass",
            Outcome::Warn => "WARN",
            Outcome::Stop => "STOP",
            Outcome::NotApplicable => "–",
            Outcome::Unknown => "?",
        };
        let mut message = shortened(&result.message);
        if let Some(given) = &result.overridden {
            message.push_str(&format!(" [overridden by {}: {}]", given.by, given.reason));
        }
        table.row([symbol.to_owned(), result.id.to_owned(), message]);
    }
    table.to_text()
}

/// A message that fits on a screen; JSON holds all of it.
fn shortened(message: &str) -> String {
    const LONGEST: usize = 200;
    if message.chars().count() <= LONGEST {
        return message.to_owned();
    }
    let start: String = message.chars().take(LONGEST).collect();
    format!("{start} … (all with --json)")
}

fn vials(result: &PlanResult) -> String {
    let mut text = String::from("\nvials:\n");
    let Some(outcome) = &result.order.outcome else {
        for note in &result.order.notes {
            text.push_str(&format!("  {note}\n"));
        }
        return text;
    };
    if let Some(plan) = &outcome.plan {
        let mut table = Table::new(&[
            ("territory", ""),
            ("vial", "GBq"),
            ("calibrated", ""),
            ("planned", ""),
            ("given", "GBq"),
            ("off", "%"),
            ("draw", "mL"),
            ("earliest", ""),
            ("latest", ""),
        ]);
        for infusion in &plan.infusions {
            let vial = &plan.vials[infusion.vial].vial;
            table.row([
                infusion.order.territory.clone(),
                digits(vial.size.as_gbq()),
                minutes(vial.calibrated_at),
                minutes(infusion.order.planned_at),
                digits(infusion.given.as_gbq()),
                format!("{:+.1}", infusion.deviation_percent),
                infusion
                    .draw
                    .as_ref()
                    .map_or_else(|| "whole".to_owned(), |draw| digits(draw.volume.as_ml())),
                minutes(infusion.window.earliest),
                minutes(infusion.window.latest),
            ]);
        }
        text.push_str(&table.to_text());
        text.push_str("instants in UTC\n");
    }
    for obstacle in &outcome.obstacles {
        text.push_str(&format!(
            "  {}: no vial on offer serves it\n",
            obstacle.territory
        ));
    }
    for late in &result.order.two_hours_late {
        text.push_str(&format!(
            "  {} two hours late: {} GBq, {:+.1} %{}\n",
            late.territory,
            digits(late.given.as_gbq()),
            late.deviation_percent,
            if late.within_tolerance {
                ""
            } else {
                ", outside the tolerance"
            }
        ));
    }
    for end in &result.order.stopped_at_60_percent {
        text.push_str(&format!(
            "  {} stopped at 60 %: {} GBq delivered, {:+.1} %, doses × {:.2}\n",
            end.territory,
            digits(end.delivered.as_gbq()),
            end.deviation_percent,
            end.dose_scale
        ));
    }
    for note in &result.order.notes {
        text.push_str(&format!("  {note}\n"));
    }
    text
}

/// An instant to the minute, UTC.
fn minutes(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
