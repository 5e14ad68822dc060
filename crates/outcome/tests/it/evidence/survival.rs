//! Curves, quantiles, restricted means and tests against R's survival.

use serde_json::Value;
use sirt_outcome::evidence::survival::{
    KaplanMeierOptions, SurvivalColumns, SurvivalInterval, kaplan_meier, log_rank,
    reverse_kaplan_meier,
};

use super::r;

/// Closed formulas: only rounding is between R and this, 1e-9 is far above it
/// and far under the 1e-6 that is asked for.
const CLOSE: f64 = 1e-9;

struct Rows {
    entry: Option<Vec<f64>>,
    time: Vec<f64>,
    event: Vec<bool>,
    weight: Option<Vec<f64>>,
}

impl Rows {
    fn of(case: &Value) -> Self {
        let some = |key: &str| case.get(key).map(r::column);
        Self {
            entry: some("entry"),
            time: some("time").unwrap(),
            event: some("event")
                .unwrap()
                .iter()
                .map(|event| *event > 0.5)
                .collect(),
            weight: some("weight"),
        }
    }

    fn columns(&self) -> SurvivalColumns<'_> {
        SurvivalColumns {
            entry: self.entry.as_deref(),
            time: &self.time,
            event: &self.event,
            weight: self.weight.as_deref(),
        }
    }
}

fn levels(value: &Value) -> Vec<u32> {
    r::column(value).iter().map(|level| *level as u32).collect()
}

#[test]
fn curves_and_quantiles_are_those_of_survfit() {
    let document = r::run("kaplan_meier.R");
    let cases = document.as_array().unwrap();
    assert!(cases.len() >= 15);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let rows = Rows::of(case);
        for interval in [
            SurvivalInterval::LogLog,
            SurvivalInterval::Log,
            SurvivalInterval::Plain,
        ] {
            let options = KaplanMeierOptions {
                interval,
                level: 0.95,
            };
            let curve = kaplan_meier(&rows.columns(), &options).unwrap();
            let expected = &case["fits"][interval.name()];
            let what = format!("{name}, {interval}");
            let time = r::column(&expected["time"]);
            assert_eq!(curve.steps.len(), time.len(), "{what}");
            let get = |key: &str| r::numbers(&expected[key]);
            for (key, column) in [
                ("time", get("time")),
                ("risk", get("risk")),
                ("events", get("events")),
                ("censored", get("censored")),
                ("survival", get("survival")),
                ("error", get("error")),
                ("lower", get("lower")),
                ("upper", get("upper")),
            ] {
                for (step, expected) in curve.steps.iter().zip(column) {
                    let found = match key {
                        "time" => Some(step.time),
                        "risk" => Some(step.at_risk),
                        "events" => Some(step.events),
                        "censored" => Some(step.censored),
                        "survival" => Some(step.survival),
                        "error" => step.log_error,
                        "lower" => step.lower,
                        _ => step.upper,
                    };
                    let expected = expected.filter(|value| value.is_finite());
                    r::assert_same(
                        &format!("{what}: {key} at {}", step.time),
                        found,
                        expected,
                        CLOSE,
                    );
                }
            }
            for quantile in expected["quantiles"].as_array().unwrap() {
                let probability = r::number(&quantile["p"]).unwrap();
                let found = curve.quantile(probability);
                for (key, found) in [
                    ("estimate", found.estimate),
                    ("lower", found.lower),
                    ("upper", found.upper),
                ] {
                    r::assert_same(
                        &format!("{what}: {key} of quantile {probability}"),
                        found.reached(),
                        r::number(&quantile[key]),
                        CLOSE,
                    );
                }
            }
            for mean in expected["means"].as_array().into_iter().flatten() {
                let horizon = r::number(&mean["horizon"]).unwrap();
                let found = curve.restricted_mean(horizon).unwrap();
                let what = format!("{what}: mean to {horizon}");
                r::assert_close(
                    &what,
                    found.estimate,
                    r::number(&mean["estimate"]).unwrap(),
                    CLOSE,
                );
                r::assert_close(
                    &what,
                    found.error,
                    r::number(&mean["error"]).unwrap(),
                    CLOSE,
                );
            }
        }
        let follow_up =
            reverse_kaplan_meier(&rows.columns(), &KaplanMeierOptions::default()).unwrap();
        r::assert_same(
            &format!("{name}: follow-up"),
            follow_up.median().estimate.reached(),
            r::number(&case["follow_up"]),
            CLOSE,
        );
    }
}

#[test]
fn tests_between_groups_are_those_of_survdiff() {
    let document = r::run("log_rank.R");
    let cases = document.as_array().unwrap();
    assert!(cases.len() >= 10);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let rows = Rows::of(case);
        let strata = case.get("strata").map(levels);
        let found = log_rank(
            &rows.columns(),
            &levels(&case["group"]),
            strata.as_deref(),
            r::number(&case["rho"]).unwrap(),
        )
        .unwrap();
        let get = |key: &str| r::number(&case[key]).unwrap();
        r::assert_close(name, found.chi_square, get("chi_square"), CLOSE);
        assert_eq!(found.degrees_of_freedom, get("df") as usize, "{name}");
        // The library's gamma function is good to some 1e-12.
        r::assert_close(name, found.p, get("p"), 1e-8);
        for (group, expected) in found.groups.iter().zip(r::column(&case["observed"])) {
            r::assert_close(name, group.observed, expected, CLOSE);
        }
        for (group, expected) in found.groups.iter().zip(r::column(&case["expected"])) {
            r::assert_close(name, group.expected, expected, CLOSE);
        }
    }
}
