//! A plan on the terminal.

use sirt_dosimetry::{EndOfInfusion, MethodRow, Outcome, RuleResult};

use super::history::TreatmentHistory;
use super::{PlanResult, ShuntResult, SigningStatus};
use crate::table::{TERMINAL, Table, digits, findings_text, within};

/// All of a plan, no line wider than a terminal.
pub(super) fn plan(result: &PlanResult) -> String {
    within(&unbroken(result), TERMINAL)
}

fn unbroken(result: &PlanResult) -> String {
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
    text.push_str(&methods(result));
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
            "{} (→ by {}): would another method change it? {}\n",
            question.territory,
            question.chosen.name(),
            question.answer
        ));
    }
    if let Some(course) = &result.course {
        text.push_str(&format!(
            "\nall territories: {} GBq in the vials; lungs {} Gy; normal liver {} Gy perfused, {} Gy whole; tumour {} Gy\n",
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
        "BLOCKED: a stop stands that nobody has cleared or overridden (exit code 6)\n"
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
    text.push_str(&delivered(result));
    text.push_str(&history(&result.history));
    if !result.assumptions.is_empty() {
        text.push_str("\nassumed or preferred:\n");
        for assumption in &result.assumptions {
            text.push_str(&format!("  {assumption}\n"));
        }
    }
    text.push_str(&findings_text(&result.findings));
    text
}

/// The short way through a plan: shunt, what is prescribed, verdict, and what was delivered.
pub(super) fn summary(result: &PlanResult) -> String {
    let mut text = String::from("== work-up ==\n");
    text.push_str(&shunt(&result.shunt));
    text.push_str("\n== plan ==\n");
    text.push_str(&methods(result));
    text.push_str(if result.blocked {
        "BLOCKED: a stop stands that nobody has cleared or overridden\n"
    } else {
        "not blocked: every rule passes or warns\n"
    });
    let told: Vec<&RuleResult> = result
        .rules
        .iter()
        .filter(|rule| matches!(rule.outcome, Outcome::Warn | Outcome::Stop))
        .collect();
    if !told.is_empty() {
        text.push_str(&rules(told));
    }
    text.push_str(&vials(result));
    text.push_str(&delivered(result));
    within(&text, TERMINAL)
}

/// What was delivered, activity by infusion and dose by structure.
fn delivered(result: &PlanResult) -> String {
    if result.delivered.is_empty() {
        return String::new();
    }
    let mut text = String::from("\ndelivered (by the assays; doses by the model of the plan):\n");
    let mut table = Table::new(&[
        ("territory", ""),
        ("intended", "GBq"),
        ("delivered", "GBq"),
        ("off", "%"),
        ("residual", "%"),
        ("tumour", "Gy"),
        ("normal", "Gy"),
        ("lungs", "Gy"),
        ("", ""),
    ]);
    for delivered in &result.delivered {
        let activity = &delivered.activity;
        let doses = delivered.doses.as_ref();
        let mut remarks = Vec::new();
        match activity.end {
            EndOfInfusion::Stasis => remarks.push("stasis"),
            EndOfInfusion::Stopped => remarks.push("stopped"),
            EndOfInfusion::Complete => {}
        }
        if !delivered.within_tolerance {
            remarks.push("outside the tolerance");
        }
        table.row([
            delivered.territory.clone(),
            digits(activity.intended.as_gbq()),
            digits(activity.delivered.as_gbq()),
            format!("{:+.1}", activity.difference_percent),
            format!("{:.1}", activity.residual_fraction.as_percent()),
            optional(doses.and_then(|row| row.tumour_gy)),
            optional(doses.and_then(|row| row.normal_liver_gy)),
            optional(doses.and_then(|row| row.lung_gy)),
            remarks.join(", "),
        ]);
    }
    text.push_str(&table.to_text());
    text.push_str("\nplanned against delivered, mean doses (k = 2):\n");
    let mut table = Table::new(&[
        ("structure", ""),
        ("planned", "Gy"),
        ("expected", "Gy"),
        ("delivered", "Gy"),
        ("difference", "Gy"),
        ("", "%"),
        ("activity", "Gy"),
        ("distribution", "Gy"),
        ("", ""),
    ]);
    let signed = |gy: f64| {
        let sign = if gy < 0.0 { "-" } else { "+" };
        format!("{sign}{}", digits(gy.abs()))
    };
    for row in &result.comparison {
        let doses = &row.doses;
        let around = |dose: f64, interval: Option<[f64; 2]>| match interval {
            Some([lower, upper]) => {
                format!("{} ({}–{})", digits(dose), digits(lower), digits(upper))
            }
            None => digits(dose),
        };
        table.row([
            row.structure.clone(),
            around(doses.planned_gy, doses.planned_interval_gy),
            digits(doses.expected_gy),
            doses.delivered_gy.map_or_else(
                || "–".to_owned(),
                |dose| around(dose, doses.delivered_interval_gy),
            ),
            signed(doses.difference_gy),
            doses
                .difference_percent
                .map_or_else(|| "–".to_owned(), |percent| format!("{percent:+.0}")),
            signed(doses.by_activity_gy),
            match (
                doses.by_distribution_gy,
                doses.by_distribution_uncertainty_gy,
            ) {
                (Some(by), Some(uncertainty)) => {
                    format!("{} ± {}", signed(by), digits(uncertainty))
                }
                (Some(by), None) => signed(by),
                (None, _) => "–".to_owned(),
            },
            match doses.agrees {
                Some(true) => "agrees",
                Some(false) => "differs",
                None => "",
            }
            .to_owned(),
        ]);
    }
    text.push_str(&table.to_text());
    text.push_str("expected: planned for the activity that was delivered; the difference to planned is by activity and by distribution\n");
    for image in &result.delivered_images {
        text.push_str(&format!(
            "  {} by {}, {} method: {} GBq in it, {:.0} % of what was delivered\n",
            image.territories.join(", "),
            image.source,
            image.method,
            digits(image.activity_gbq),
            100.0 * image.over_delivered
        ));
    }
    let blurred: Vec<String> = result
        .comparison
        .iter()
        .filter_map(|row| Some((row, row.blur?)))
        .map(|(row, blur)| {
            format!(
                "{} {:.0} % at {} mm",
                row.structure,
                100.0 * blur.recovery,
                blur.resolution_fwhm_mm
            )
        })
        .collect();
    if !blurred.is_empty() {
        text.push_str(&format!(
            "  blur is part of what differs; a sphere of the volume shows in cold surroundings:\n    {}\n",
            blurred.join(", ")
        ));
    }
    for row in &result.comparison {
        for note in &row.notes {
            text.push_str(&format!("  {}: {note}\n", row.structure));
        }
    }
    for note in &result.comparison_notes {
        text.push_str(&format!("  {note}\n"));
    }
    text
}

/// What earlier treatments leave.
fn history(history: &TreatmentHistory) -> String {
    let mut text = String::from("\nover all treatments (earlier, given and planned):\n");
    let mut table = Table::new(&[
        ("volume", ""),
        ("treatments", ""),
        ("dose", "Gy"),
        ("BED", "Gy"),
        ("EQD2", "Gy"),
    ]);
    for volume in &history.accumulated {
        table.row([
            volume.volume.clone(),
            volume.treatments.to_string(),
            digits(volume.dose.as_gy()),
            digits(volume.bed.as_gy()),
            digits(volume.eqd2.as_gy()),
        ]);
    }
    text.push_str(&table.to_text());
    let mut table = Table::new(&[
        ("limit of", ""),
        ("limit", "Gy"),
        ("for", ""),
        ("earlier", "Gy"),
        ("this", "Gy"),
        ("remain", "Gy"),
        ("source", ""),
    ]);
    for tolerance in &history.tolerance {
        let scope = if tolerance.cumulative { "all" } else { "each" };
        table.row([
            tolerance.volume.clone(),
            digits(tolerance.limit_gy),
            format!(
                "{scope} treatment{}",
                if tolerance.cumulative { "s" } else { "" }
            ),
            optional(tolerance.earlier_gy),
            digits(tolerance.this_gy),
            tolerance
                .remaining_gy
                .map_or_else(|| "unknown".to_owned(), digits),
            tolerance.source.clone(),
        ]);
    }
    if !history.tolerance.is_empty() {
        text.push_str(&table.to_text_within(TERMINAL));
    }
    for tolerance in &history.tolerance {
        if let Some(note) = &tolerance.note {
            text.push_str(&format!(
                "  {} ({}): {note}\n",
                tolerance.volume, tolerance.limit_id
            ));
        }
    }
    for note in &history.notes {
        text.push_str(&format!("  {note}\n"));
    }
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

fn methods(result: &PlanResult) -> String {
    let mut text = String::new();
    for territory in &result.territories {
        let rest = 1.0 - territory.residual_percent / 100.0;
        let of_territory = |row: &&MethodRow| row.territory == territory.name;
        let mut table = Table::new(&[
            ("method", ""),
            ("in vial", "GBq"),
            ("to reach", "GBq"),
            ("tumour", "Gy"),
            ("normal", "Gy"),
            ("perfused", "Gy"),
            ("lungs", "Gy"),
            ("P(T)", "%"),
            ("P(N)", "%"),
            ("verdict", ""),
        ]);
        let going_on = if result.prescribed.contains(&territory.name) {
            "→ prescribed"
        } else {
            "→ proposed"
        };
        let marked = result
            .methods
            .iter()
            .filter(of_territory)
            .filter(|row| row.activity_gbq.is_some())
            .map(|row| (row, row.name.name()))
            .chain(
                result
                    .chosen
                    .iter()
                    .filter(of_territory)
                    .map(|row| (row, going_on)),
            );
        for (row, name) in marked {
            table.row([
                name.to_owned(),
                optional(row.activity_gbq),
                optional(row.activity_gbq.map(|gbq| gbq * rest)),
                with_interval(row.tumour_gy, row.tumour_interval_gy),
                with_interval(row.normal_liver_gy, row.normal_liver_interval_gy),
                optional(row.perfused_gy),
                optional(row.lung_gy),
                percent(row.probability_tumour_reaches_goal),
                percent(row.probability_normal_within_limit),
                row.verdict
                    .map_or_else(|| "–".to_owned(), |verdict| verdict.in_words().to_owned()),
            ]);
        }
        text.push_str(&format!(
            "{}:\n{}",
            territory.name,
            table.to_text_within(TERMINAL)
        ));
    }
    text.push_str(
        "→ what the plan goes on with; in vial: at administration, before what stays behind; to reach: the territory and, shunted, the lungs; P: probability that tumour reaches its goal, normal liver stays within its limit\n",
    );
    text
}

fn with_interval(dose: Option<f64>, interval: Option<[f64; 2]>) -> String {
    match (dose, interval) {
        (Some(dose), Some([lower, upper])) => {
            format!("{} ({}–{})", digits(dose), digits(lower), digits(upper))
        }
        (dose, _) => optional(dose),
    }
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.0}", value * 100.0))
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
    text.push_str(&table.to_text_within(TERMINAL));
    text
}

fn rules<'a>(results: impl IntoIterator<Item = &'a RuleResult>) -> String {
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
    table.to_text_within(TERMINAL)
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
            ("vial*", "GBq"),
            ("calibrated", ""),
            ("infusion", ""),
            ("to reach", "GBq"),
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
        text.push_str(
            "*: at its calibration; to reach: the territory at the hour of infusion; instants in UTC\n",
        );
    }
    for obstacle in &outcome.obstacles {
        text.push_str(&format!(
            "  {}: no vial on offer serves it\n",
            obstacle.territory
        ));
    }
    for late in &result.order.two_hours_late {
        text.push_str(&format!(
            "  {} two hours late: {} GBq reach it, {:+.1} %{}\n",
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
            "  {} stopped at 60 %: {} GBq reach it, {:+.1} %, doses × {:.2}\n",
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
