//! The endpoints of a cohort for people.

use sirt_outcome::evidence::cohort::{
    Endpoint, EndpointUnit, EstimateUnit, Figure, Point, Population, PrintedComparison, ToxicityRow,
};

use super::Computed;
use super::result::{EndpointResult, Flow, RunResult};
use crate::table::{TERMINAL, Table};

pub(super) fn text(result: &RunResult, computed: &Computed) -> String {
    let mut text = String::new();
    if let Some(mark) = &result.synthetic {
        text.push_str(&format!("{mark}: these patients are made up\n\n"));
    }
    text.push_str(&flow(&result.population_flow));
    let of = |wanted: fn(&Figure) -> bool| -> Vec<&EndpointResult> {
        result
            .endpoints
            .iter()
            .filter(|found| {
                found
                    .endpoint
                    .key
                    .parse::<Figure>()
                    .is_ok_and(|figure| wanted(&figure))
            })
            .collect()
    };
    for criterion in &computed.input.judged.criteria {
        let rows: Vec<&EndpointResult> = of(|figure| {
            matches!(
                figure,
                Figure::Response { .. } | Figure::Lesion { .. } | Figure::Assessed { .. }
            )
        })
        .into_iter()
        .filter(|found| found.endpoint.criterion.as_deref() == Some(criterion.name.as_str()))
        .filter(|found| is_told(&found.endpoint, &result.endpoints))
        .collect();
        section(&mut text, &format!("response, {}", criterion.title), &rows);
    }
    section(
        &mut text,
        "tumour markers",
        &of(|figure| matches!(figure, Figure::Marker { .. })),
    );
    section(
        &mut text,
        "symptoms and somatostatin analogue",
        &of(|figure| {
            matches!(
                figure,
                Figure::Symptom { .. } | Figure::Analogue { .. } | Figure::Composite { .. }
            )
        }),
    );
    section(
        &mut text,
        "patients, status and treatments",
        &of(|figure| {
            matches!(
                figure,
                Figure::Enrolled
                    | Figure::Treated
                    | Figure::Attribute { .. }
                    | Figure::Alive
                    | Figure::Deaths { .. }
                    | Figure::DeathMonths { .. }
                    | Figure::FollowUpMedian
                    | Figure::FollowUpRange
                    | Figure::LastAssessment
                    | Figure::LesionMean { .. }
                    | Figure::Treatments
                    | Figure::Activities
            )
        }),
    );
    survival(
        &mut text,
        &of(|figure| matches!(figure, Figure::Survival { .. })),
    );
    toxicity(&mut text, &result.toxicity);
    section(
        &mut text,
        "toxicity in all",
        &of(|figure| matches!(figure, Figure::Toxicity { .. })),
    );
    if let Some(claims) = &result.claims {
        text.push_str(&format!("\n{}", compared(claims)));
    }
    for note in &result.notes {
        text.push_str(&format!("left out: {note}\n"));
    }
    text
}

/// Whether the text tells a rate: not where nobody was judged at its time
/// point, and single categories of those at the time point alone. JSON has all.
fn is_told(endpoint: &Endpoint, all: &[EndpointResult]) -> bool {
    let Ok(Figure::Response {
        category,
        point,
        population,
        ..
    }) = endpoint.key.parse::<Figure>()
    else {
        return true;
    };
    let Point::Months(_) = point else {
        return category.is_group() || population == Population::Evaluable;
    };
    let judged = all.iter().any(|other| {
        other.endpoint.criterion == endpoint.criterion
            && other.endpoint.months == endpoint.months
            && other.endpoint.denominator.as_deref() == Some(Population::AtTimePoint.words())
            && other.endpoint.total.is_some_and(|total| total > 0)
    });
    judged && (category.is_group() || population == Population::AtTimePoint)
}

fn flow(flow: &Flow) -> String {
    let mut text = format!(
        "patients: {} read, {} judged ({} of them treated), {} refused\n",
        flow.read,
        flow.judged,
        flow.treated,
        flow.read - flow.judged
    );
    for refused in &flow.refused {
        text.push_str(&format!(
            "  {} refused: {}\n",
            refused.count, refused.reason
        ));
    }
    for (reason, ids) in flow.refused_patients.iter().flatten() {
        text.push_str(&format!("  {reason}: {}\n", ids.join(", ")));
    }
    text
}

/// An estimate in few words, its interval beside it.
pub(crate) fn estimate(endpoint: &Endpoint) -> (String, String) {
    let listed = |decimals: usize| {
        endpoint
            .values
            .iter()
            .map(|value| format!("{value:.decimals$}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (endpoint.estimate_unit, endpoint.estimate) {
        (EstimateUnit::Share, Some(share)) => (
            format!("{:.1} %", 100.0 * share),
            endpoint.ci.map_or_else(String::new, |ci| match ci {
                [Some(lower), Some(upper)] => {
                    format!("{:.1} to {:.1}", 100.0 * lower, 100.0 * upper)
                }
                _ => String::new(),
            }),
        ),
        (EstimateUnit::Share, None) => ("-".to_owned(), String::new()),
        (EstimateUnit::Months, estimate) if endpoint.values.is_empty() => {
            let end = |value: Option<f64>| {
                value.map_or_else(|| "not reached".to_owned(), |value| format!("{value:.1}"))
            };
            (
                if estimate.is_none() && endpoint.not_reached.is_empty() {
                    "-".to_owned()
                } else {
                    end(estimate)
                },
                endpoint.ci.map_or_else(String::new, |ci| match ci {
                    [None, None] => "not reached".to_owned(),
                    [lower, upper] => format!("{} to {}", end(lower), end(upper)),
                }),
            )
        }
        (EstimateUnit::Months, _) => (listed(1), String::new()),
        (EstimateUnit::Percent, _) => (format!("{} %", listed(1)), String::new()),
        (EstimateUnit::Gbq, _) => (format!("{} GBq", listed(3)), String::new()),
        (EstimateUnit::Count, estimate) => (
            estimate.map_or_else(String::new, |count| format!("{count:.0}")),
            String::new(),
        ),
    }
}

fn section(text: &mut String, heading: &str, rows: &[&EndpointResult]) {
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        (heading, ""),
        ("time point", ""),
        ("of", ""),
        ("n", ""),
        ("N", ""),
        ("estimate", ""),
        ("interval", ""),
        ("left out", ""),
    ]);
    for found in rows {
        let endpoint = &found.endpoint;
        let (estimate, interval) = estimate(endpoint);
        let number = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
        let unit = match endpoint.unit {
            EndpointUnit::Lesion => " (lesions)",
            EndpointUnit::Event => " (events)",
            EndpointUnit::Patient | EndpointUnit::Treatment => "",
        };
        table.row([
            format!("{}{unit}", endpoint.name),
            endpoint.time_point.clone().unwrap_or_default(),
            endpoint.denominator.clone().unwrap_or_default(),
            number(endpoint.n),
            number(endpoint.total),
            estimate,
            interval,
            left_out(endpoint),
        ]);
    }
    text.push_str(&format!("\n{}", table.to_text_within(TERMINAL + 40)));
    patients(text, rows);
}

fn left_out(endpoint: &Endpoint) -> String {
    endpoint
        .left_out
        .iter()
        .map(|left_out| format!("{} {}", left_out.count, left_out.reason))
        .collect::<Vec<_>>()
        .join("; ")
}

fn patients(text: &mut String, rows: &[&EndpointResult]) {
    for found in rows {
        if let Some(patients) = &found.patients {
            text.push_str(&format!(
                "  {}: {}\n",
                found.endpoint.key,
                if patients.counted.is_empty() {
                    "none".to_owned()
                } else {
                    patients.counted.join(", ")
                }
            ));
        }
    }
}

fn survival(text: &mut String, rows: &[&EndpointResult]) {
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        ("time to event", "months"),
        ("events", ""),
        ("N", ""),
        ("median", ""),
        ("interval", ""),
        ("follow-up", "reverse curve"),
        ("left out", ""),
    ]);
    for found in rows {
        let endpoint = &found.endpoint;
        let (median, interval) = estimate(endpoint);
        table.row([
            endpoint.name.clone(),
            endpoint.n.unwrap_or(0).to_string(),
            endpoint.total.unwrap_or(0).to_string(),
            median,
            interval,
            endpoint.follow_up.map_or_else(String::new, |follow_up| {
                follow_up
                    .estimate
                    .reached()
                    .map_or_else(|| "not reached".to_owned(), |months| format!("{months:.1}"))
            }),
            left_out(endpoint),
        ]);
    }
    text.push_str(&format!("\n{}", table.to_text_within(TERMINAL + 40)));
    for found in rows {
        let endpoint = &found.endpoint;
        if endpoint.at_risk.is_empty() {
            continue;
        }
        let at: Vec<String> = endpoint
            .at_risk
            .iter()
            .map(|row| {
                let share = row
                    .survival
                    .map_or_else(String::new, |share| format!(" {:.0} %", 100.0 * share));
                format!("{}: {}{share}", row.months, row.at_risk)
            })
            .collect();
        text.push_str(&format!(
            "at risk by month, {}: {}\n",
            endpoint.name,
            at.join(", ")
        ));
    }
    patients(text, rows);
}

fn toxicity(text: &mut String, rows: &[ToxicityRow]) {
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        ("toxicity, patients by worst grade", ""),
        ("events", ""),
        ("patients", ""),
        ("no grade", ""),
        ("0", ""),
        ("1", ""),
        ("2", ""),
        ("3", ""),
        ("4", ""),
        ("5", ""),
        ("probable", ""),
        ("possible", ""),
        ("unlikely", ""),
    ]);
    for row in rows {
        let mut cells = vec![
            row.term.clone(),
            row.events
                .map_or_else(|| "-".to_owned(), |events| events.to_string()),
            row.patients.to_string(),
        ];
        cells.extend(row.by_grade.iter().map(usize::to_string));
        cells.extend(row.by_attribution.iter().map(|count| {
            if row.events.is_some() {
                count.to_string()
            } else {
                "-".to_owned()
            }
        }));
        table.row(cells);
    }
    text.push_str(&format!("\n{}", table.to_text()));
}

fn compared(claims: &[PrintedComparison]) -> String {
    let mut table = Table::new(&[
        ("claim", ""),
        ("printed", ""),
        ("computed", ""),
        ("", ""),
        ("why", ""),
    ]);
    for claim in claims {
        table.row([
            claim.id.clone(),
            claim.printed.clone(),
            claim.computed.clone(),
            if claim.equal { "equal" } else { "DIFFERS" }.to_owned(),
            claim.reason.clone().unwrap_or_default(),
        ]);
    }
    let equal = claims.iter().filter(|claim| claim.equal).count();
    format!(
        "{}{equal} of {} claims come out as printed\n",
        table.to_text(),
        claims.len()
    )
}
