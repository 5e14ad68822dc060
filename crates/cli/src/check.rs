//! `sirt check`: the program against known answers.

use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;
use sirt_transport::{ComparedPoint, Effort, ValidationCase};

use crate::arguments::{CheckArguments, CheckCommand, CheckTransportArguments};
use crate::failure;
use crate::progress::Stages;
use crate::result::Program;
use crate::table::{self, Table};

/// What `sirt check transport` prints.
#[derive(Debug, Serialize)]
struct CheckResult {
    program: Program,
    effort: f64,
    cases: Vec<CaseResult>,
    passes: bool,
}

#[derive(Debug, Serialize)]
struct CaseResult {
    name: &'static str,
    title: &'static str,
    reference: &'static str,
    limit: &'static str,
    seconds: f64,
    passes: bool,
    /// Place of the point that is nearest to its limit, or furthest past it.
    worst: Option<usize>,
    points: Vec<PointResult>,
}

#[derive(Debug, Serialize)]
struct PointResult {
    at: String,
    ours: f64,
    reference: f64,
    difference: f64,
    allowed: f64,
    sigma: f64,
}

impl From<&ComparedPoint> for PointResult {
    fn from(point: &ComparedPoint) -> Self {
        Self {
            at: point.at.clone(),
            ours: point.ours,
            reference: point.reference,
            difference: point.difference(),
            allowed: point.allowed,
            sigma: point.sigma,
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        CheckCommand::Transport(arguments) => transport(arguments),
    }
}

fn transport(arguments: &CheckTransportArguments) -> anyhow::Result<ExitCode> {
    let effort = Effort::of(arguments.effort)
        .map_err(|error| failure::WrongUse(format!("--effort: {error}")))?;
    let chosen = chosen(&arguments.case)?;
    let stages = Stages::new();
    let mut cases = Vec::new();
    for (number, case) in chosen.iter().enumerate() {
        stages.begin(format!(
            "{} ({} of {})",
            case.title,
            number + 1,
            chosen.len()
        ));
        let started = Instant::now();
        let outcome = case.run(effort)?;
        let worst = outcome.worst();
        cases.push(CaseResult {
            name: case.name,
            title: case.title,
            reference: case.reference,
            limit: case.limit,
            seconds: started.elapsed().as_secs_f64(),
            passes: outcome.passes(),
            worst: worst.and_then(|worst| outcome.points.iter().position(|point| point == worst)),
            points: outcome.points.iter().map(PointResult::from).collect(),
        });
    }
    drop(stages);
    let result = CheckResult {
        program: Program::THIS,
        effort: arguments.effort,
        passes: cases.iter().all(|case| case.passes),
        cases,
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(if result.passes {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(failure::BELOW_REQUIRED)
    })
}

/// The cases of some names, all where none is given.
fn chosen(names: &[String]) -> anyhow::Result<Vec<ValidationCase>> {
    if names.is_empty() {
        return Ok(ValidationCase::ALL.to_vec());
    }
    names
        .iter()
        .map(|name| {
            ValidationCase::ALL
                .iter()
                .find(|case| case.name == name)
                .copied()
                .ok_or_else(|| {
                    let known: Vec<&str> =
                        ValidationCase::ALL.iter().map(|case| case.name).collect();
                    failure::WrongUse(format!(
                        "--case {name}: no such case; there are {}",
                        known.join(", ")
                    ))
                    .into()
                })
        })
        .collect()
}

fn text(result: &CheckResult) -> String {
    let mut table = Table::new(&[
        ("case", ""),
        ("points", ""),
        ("nearest to its limit", ""),
        ("reference", ""),
        ("ours", ""),
        ("off", "%"),
        ("allowed", "%"),
        ("3 sigma", "%"),
        ("time", "s"),
        ("", ""),
    ]);
    for case in &result.cases {
        let worst = case.worst.map(|at| &case.points[at]);
        let of = |value: fn(&PointResult) -> String| worst.map_or_else(String::new, value);
        table.row([
            case.name.to_owned(),
            case.points.len().to_string(),
            of(|point| point.at.clone()),
            of(|point| significant(point.reference)),
            of(|point| significant(point.ours)),
            of(|point| percent(point.difference, point.reference)),
            of(|point| percent(point.allowed, point.reference)),
            of(|point| percent(3.0 * point.sigma, point.reference)),
            format!("{:.1}", case.seconds),
            if case.passes { "pass" } else { "FAIL" }.to_owned(),
        ]);
    }
    let mut text = table.to_text();
    text.push('\n');
    for case in &result.cases {
        text.push_str(&format!(
            "{}: {}; against {}; allowed {}\n",
            case.name, case.title, case.reference, case.limit
        ));
    }
    let failed = result.cases.iter().filter(|case| !case.passes).count();
    text.push_str(&format!(
        "\n{} of {} cases pass; off and allowed are parts of the reference (of 1 where that is 0)\n",
        result.cases.len() - failed,
        result.cases.len()
    ));
    text
}

/// A number with five digits, small ones with an exponent.
fn significant(value: f64) -> String {
    if value == 0.0 || (1e-3..1e4).contains(&value.abs()) {
        format!("{value:.5}")
    } else {
        format!("{value:.4e}")
    }
}

/// A part of a reference in percent; of 1 where that is 0.
fn percent(part: f64, reference: f64) -> String {
    let whole = if reference == 0.0 { 1.0 } else { reference };
    let value = 100.0 * part / whole;
    if value != 0.0 && value.abs() < 0.01 {
        format!("{value:.0e}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_found_by_their_names() {
        assert_eq!(chosen(&[]).unwrap().len(), ValidationCase::ALL.len());
        let two = chosen(&["fano".to_owned(), "energy".to_owned()]).unwrap();
        assert_eq!([two[0].name, two[1].name], ["fano", "energy"]);
        let said = chosen(&["kernel".to_owned()]).unwrap_err().to_string();
        assert!(said.contains("kernel") && said.contains("fano"), "{said}");
    }

    #[test]
    fn parts_are_of_the_reference() {
        assert_eq!(percent(0.003, 0.6), "0.50");
        assert_eq!(percent(-2e-9, 1.0), "-2e-7");
        assert_eq!(percent(0.05, 0.0), "5.00");
        assert_eq!(significant(0.285_536_2), "0.28554");
        assert_eq!(significant(2.5e-5), "2.5000e-5");
    }
}
