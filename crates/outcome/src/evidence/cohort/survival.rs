//! Times to events of a cohort: the curve, the numbers at risk under it, and
//! the follow-up by the reverse curve.

use std::collections::BTreeMap;

use super::endpoint::{AtRisk, Endpoint, EstimateUnit};
use super::judged::TimeColumns;
use super::standing::left_out;
use super::time_point::months;
use crate::OutcomeError;
use crate::evidence::survival::{
    KaplanMeier, KaplanMeierOptions, SurvivalColumns, SurvivalTime, kaplan_meier,
    reverse_kaplan_meier,
};

/// Steps of the grid of numbers at risk, months: the first that gives few enough.
const GRID_MONTHS: [f64; 6] = [1.0, 3.0, 6.0, 12.0, 24.0, 60.0];
/// Times of the grid beside the start.
const MOST_GRID: f64 = 8.0;

/// The endpoint of a column of times.
pub(super) fn survival_endpoint(
    key: String,
    column: &TimeColumns,
    options: &KaplanMeierOptions,
) -> Result<Endpoint, OutcomeError> {
    let mut endpoint = Endpoint::named(key, column.title.clone());
    endpoint.estimate_unit = EstimateUnit::Months;
    endpoint.denominator = Some("with a time to the event or to censoring".to_owned());
    let mut time = Vec::new();
    let mut event = Vec::new();
    let mut reasons: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (row, value) in (0_u32..).zip(&column.time) {
        match value {
            // Two dates in the wrong order are no time.
            Ok((days, _)) if *days < 0 => reasons
                .entry("the time ends before it starts".to_owned())
                .or_default()
                .push(row),
            Ok((days, came)) => {
                time.push(months(*days));
                event.push(*came);
                endpoint.within.push(row);
                if *came {
                    endpoint.counted.push(row);
                }
            }
            Err(reason) => reasons.entry(reason.clone()).or_default().push(row),
        }
    }
    endpoint.left_out = left_out(reasons);
    endpoint.n = Some(endpoint.counted.len() as u64);
    endpoint.total = Some(endpoint.within.len() as u64);
    if time.is_empty() {
        endpoint.method = "no curve of nobody".to_owned();
        return Ok(endpoint);
    }
    let columns = SurvivalColumns::new(&time, &event);
    let curve = kaplan_meier(&columns, options)?;
    let median = curve.median();
    endpoint.estimate = median.estimate.reached();
    endpoint.ci = Some([median.lower.reached(), median.upper.reached()]);
    endpoint.level = Some(options.level);
    for (name, end) in [
        ("estimate", median.estimate),
        ("lower", median.lower),
        ("upper", median.upper),
    ] {
        if end == SurvivalTime::NotReached {
            endpoint.not_reached.push(name);
        }
    }
    endpoint.method = format!(
        "median; {}; interval after Brookmeyer and Crowley",
        curve.method()
    );
    endpoint.follow_up = Some(reverse_kaplan_meier(&columns, options)?.median());
    endpoint.at_risk = numbers_at_risk(&curve, &time);
    endpoint.curve = Some(curve);
    Ok(endpoint)
}

/// The curve on a grid of round months, the last at or before its end.
#[must_use]
fn numbers_at_risk(curve: &KaplanMeier, time: &[f64]) -> Vec<AtRisk> {
    let last = time.iter().copied().fold(0.0, f64::max);
    let step = GRID_MONTHS
        .into_iter()
        .find(|step| last / step <= MOST_GRID)
        .unwrap_or(120.0);
    let mut grid = Vec::new();
    let mut at = 0.0;
    while at <= last {
        let reached = curve.at(at);
        grid.push(AtRisk {
            months: at,
            at_risk: time.iter().filter(|time| **time >= at).count() as u64,
            survival: Some(reached.map_or(1.0, |step| step.survival)),
            lower: reached.and_then(|step| step.lower),
            upper: reached.and_then(|step| step.upper),
        });
        at += step;
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_counts_who_is_still_there() {
        // Days 365, 730, 913 are 11.99, 23.98 and 30.0 months.
        let column = TimeColumns {
            name: "os".to_owned(),
            title: "overall survival".to_owned(),
            time: vec![
                Ok((365, true)),
                Ok((730, false)),
                Ok((913, false)),
                Err("no date".to_owned()),
                Ok((-1, true)),
            ],
        };
        let found = survival_endpoint(
            "survival/os".to_owned(),
            &column,
            &KaplanMeierOptions::default(),
        )
        .unwrap();
        assert_eq!((found.n, found.total), (Some(1), Some(3)));
        let out: usize = found.left_out.iter().map(|left_out| left_out.count).sum();
        assert_eq!(found.within.len() + out, column.time.len());
        assert_eq!(found.estimate, None);
        assert!(found.not_reached.contains(&"estimate"));
        let at_risk: Vec<(f64, u64)> = found
            .at_risk
            .iter()
            .map(|row| (row.months, row.at_risk))
            .collect();
        assert_eq!(
            at_risk,
            [(0.0, 3), (6.0, 3), (12.0, 2), (18.0, 2), (24.0, 1)]
        );
        // By hand: one of three died.
        let at_18 = found.at_risk[3].survival.unwrap();
        assert!((at_18 - 2.0 / 3.0).abs() < 1e-12);
    }
}
