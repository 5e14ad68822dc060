//! Cumulative incidence, Gray's test and Fine-Gray against R's cmprsk.

use sirt_outcome::evidence::competing_risks::{cumulative_incidence, fine_gray, gray_test};

use super::r;

struct Cohort {
    name: String,
    time: Vec<f64>,
    cause: Vec<u8>,
    case: serde_json::Value,
}

fn cohorts() -> Vec<Cohort> {
    let document = r::run("competing_risks.R");
    let cases = document.as_array().unwrap();
    assert!(cases.len() >= 5);
    cases
        .iter()
        .map(|case| Cohort {
            name: case["name"].as_str().unwrap().to_owned(),
            time: r::column(&case["time"]),
            cause: r::column(&case["cause"])
                .iter()
                .map(|cause| *cause as u8)
                .collect(),
            case: case.clone(),
        })
        .collect()
}

#[test]
fn incidences_are_those_of_cuminc() {
    for Cohort {
        name,
        time,
        cause,
        case,
    } in cohorts()
    {
        for expected in case["incidences"].as_array().unwrap() {
            let of = r::number(&expected["cause"]).unwrap() as u8;
            let curve = cumulative_incidence(&time, &cause, of, 0.95).unwrap();
            let at = r::column(&expected["at"]);
            let estimate = r::column(&expected["estimate"]);
            let variance = r::column(&expected["variance"]);
            for ((at, estimate), variance) in at.iter().zip(estimate).zip(variance) {
                let step = curve.at(*at);
                let what = format!("{name}: incidence {of} at {at}");
                // Closed formulas in the same arithmetic.
                r::assert_close(
                    &what,
                    step.map_or(0.0, |step| step.incidence),
                    estimate,
                    1e-9,
                );
                r::assert_close(
                    &what,
                    step.map_or(0.0, |step| step.error.powi(2)),
                    variance,
                    1e-7,
                );
            }
        }
    }
}

#[test]
fn tests_between_groups_are_those_of_cuminc() {
    for Cohort {
        name,
        time,
        cause,
        case,
    } in cohorts()
    {
        let group: Vec<u32> = r::column(&case["group"])
            .iter()
            .map(|group| *group as u32)
            .collect();
        for expected in case["tests"].as_array().unwrap() {
            let get = |key: &str| r::number(&expected[key]).unwrap();
            let found = gray_test(&time, &cause, &group, get("cause") as u8, get("rho")).unwrap();
            r::assert_close(
                &format!("{name}: Gray"),
                found.chi_square,
                get("statistic"),
                1e-7,
            );
            r::assert_close(&format!("{name}: Gray"), found.p, get("p"), 1e-6);
        }
    }
}

#[test]
fn models_are_those_of_crr() {
    for Cohort {
        name,
        time,
        cause,
        case,
    } in cohorts()
    {
        let names: Vec<String> = ["x1", "x2", "x3"].map(str::to_owned).to_vec();
        let covariates: Vec<Vec<f64>> = names
            .iter()
            .map(|name| r::column(&case["x"][name]))
            .collect();
        for expected in case["models"].as_array().unwrap() {
            let of = r::number(&expected["cause"]).unwrap() as u8;
            let fit = fine_gray(&time, &cause, of, &names, &covariates, 0.95).unwrap();
            assert!(fit.converged);
            // R stops at a gradient of 1e-10: both are within 1e-7 of the maximum.
            for (term, coefficient) in fit.terms.iter().zip(r::column(&expected["coef"])) {
                r::assert_close(
                    &format!("{name}: {}", term.name),
                    term.coefficient,
                    coefficient,
                    1e-6,
                );
            }
            for (term, error) in fit.terms.iter().zip(r::column(&expected["se"])) {
                r::assert_close(
                    &format!("{name}: error of {}", term.name),
                    term.error,
                    error,
                    1e-6,
                );
            }
            r::assert_close(
                &name,
                fit.log_likelihood,
                r::number(&expected["log_likelihood"]).unwrap(),
                1e-9,
            );
        }
    }
}
