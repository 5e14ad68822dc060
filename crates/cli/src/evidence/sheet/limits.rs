//! What the data of a sheet do not say, in words; and its methods.

use sirt_outcome::evidence::cohort::{Endpoint, Figure, Point, Population};
use sirt_report::{Block, Section};

use super::tables::chosen;
use crate::evidence::run::Computed;
use crate::report::references::Library;

/// Below this an interval is wider than half of all shares.
const FEW_PATIENTS: u64 = 15;

/// Limits that follow from the cohort, and how figures were made.
pub(super) fn section(computed: &Computed, library: &Library) -> Section {
    let judged = &computed.input.judged;
    let mut limits = vec![
        "One cohort without a control: no effect of a treatment can be told from it.".to_owned(),
    ];
    if let Some(mark) = &computed.input.synthetic {
        limits.insert(
            0,
            format!("{mark}: the patients are made up so that they print given figures; nothing here is evidence of a treatment."),
        );
    }
    if !judged.course.treated.contains(&true) {
        limits.push(
            "No treatment is on record: days are counted from the baseline, and no rate is of the treated."
                .to_owned(),
        );
    }
    if !judged.refused.is_empty() {
        limits.push(format!(
            "{} of {} patients are refused; if they differ from the others, every rate is biased.",
            judged.refused.len(),
            judged.refused.len() + judged.len()
        ));
    }
    limits.extend(changing_denominators(computed));
    let few = chosen(computed, |figure| {
        matches!(
            figure,
            Figure::Response {
                population: Population::AtTimePoint,
                point: Point::Months(_),
                ..
            }
        )
    })
    .into_iter()
    .filter_map(|endpoint| Some((endpoint.time_point.clone()?, endpoint.total?)))
    .filter(|(_, total)| (1..FEW_PATIENTS).contains(total))
    .map(|(point, _)| point)
    .collect::<std::collections::BTreeSet<_>>();
    if !few.is_empty() {
        limits.push(format!(
            "Fewer than {FEW_PATIENTS} patients could be judged at {}: the intervals are wide, and a single patient moves the rate by several per cent.",
            few.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    for endpoint in chosen(computed, |figure| matches!(figure, Figure::Survival { .. })) {
        if endpoint.not_reached.contains(&"estimate") && endpoint.total.is_some_and(|n| n > 0) {
            limits.push(format!(
                "The median of {} is not reached: {} events in {} patients.",
                endpoint.name,
                endpoint.n.unwrap_or(0),
                endpoint.total.unwrap_or(0)
            ));
        }
    }
    if judged.time_points.iter().any(|point| point.doubtful) {
        limits.push(format!(
            "The windows of the time points are our choice: {}.",
            judged
                .time_points
                .iter()
                .map(|point| {
                    let [from, to] = point.window();
                    format!("{} is day {from} to {to}", point.name())
                })
                .collect::<Vec<_>>()
                .join("; ")
        ));
    }
    if !computed.input.notes.is_empty() {
        limits.push(format!(
            "{} rows or values of the tables were left out; `sirt evidence run` lists them.",
            computed.input.notes.len()
        ));
    }
    let mut methods = vec![
        library.cited("Intervals of proportions: exact clopper1934 unless another is named."),
        library.cited(
            "Curves: product limit kaplan1958, variance greenwood1926, log-log intervals; medians with intervals brookmeyer1982; follow-up by the reverse curve schemper1996.",
        ),
    ];
    for rules in &computed.input.rules.criteria {
        methods.push(library.cited(&format!("{}: {}", rules.title, rules.source)));
    }
    Section {
        heading: "Limits and methods".to_owned(),
        blocks: vec![
            Block::Subheading("What these data do not say".to_owned()),
            Block::List(limits),
            Block::Subheading("How figures were made".to_owned()),
            Block::List(methods),
        ],
    }
}

/// A rate that is of fewer patients at a later time point, and yet higher.
fn changing_denominators(computed: &Computed) -> Vec<String> {
    let mut found = Vec::new();
    let rates = chosen(computed, |figure| {
        matches!(
            figure,
            Figure::Response {
                category: sirt_outcome::evidence::cohort::Category::Control,
                population: Population::AtTimePoint,
                point: Point::Months(_),
                ..
            }
        )
    });
    for pair in rates.windows(2) {
        let [early, late]: [&Endpoint; 2] = [pair[0], pair[1]];
        let (Some(before), Some(after)) = (early.estimate, late.estimate) else {
            continue;
        };
        if early.criterion == late.criterion && late.total < early.total && after > before {
            found.push(format!(
                "Disease control rises from {:.0} % at {} to {:.0} % at {} while N falls from {} to {}: those who can still be judged are not those of before.",
                100.0 * before,
                early.time_point.as_deref().unwrap_or_default(),
                100.0 * after,
                late.time_point.as_deref().unwrap_or_default(),
                early.total.unwrap_or(0),
                late.total.unwrap_or(0)
            ));
        }
    }
    found
}
