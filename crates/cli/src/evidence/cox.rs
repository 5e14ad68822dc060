//! `sirt evidence cox`: proportional hazards on a table.

use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use sirt_outcome::evidence::cox::{
    Concordance, Cox, CoxColumns, CoxOptions, CoxTest, ProportionalHazards, Ties, cox,
    proportional_hazards_test,
};

use super::columns::{Columns, Rows};
use super::subjects::Subjects;
use crate::evidence_arguments::CoxArguments;
use crate::result::Program;
use crate::table::{self, Table, digits};

#[derive(Serialize)]
struct CoxResult {
    program: Program,
    method: String,
    ties: &'static str,
    level: f64,
    rows: Rows,
    n: usize,
    events: usize,
    terms: Vec<Term>,
    /// Harrell's concordance; null without comparable pairs.
    concordance: Option<f64>,
    concordance_pairs: Concordance,
    null_log_likelihood: f64,
    log_likelihood: f64,
    likelihood_ratio: CoxTest,
    score: CoxTest,
    wald: CoxTest,
    /// Null with exact ties, and where events do not spread over time.
    proportional_hazards: Option<ProportionalHazards>,
    /// Why there is none.
    proportional_hazards_missing: Option<String>,
    iterations: usize,
    converged: bool,
    findings: Vec<String>,
}

#[derive(Serialize)]
struct Term {
    name: String,
    coef: f64,
    se: f64,
    /// Standard error from the information, beside a robust one.
    model_se: f64,
    hr: f64,
    lower: f64,
    upper: f64,
    z: f64,
    p: f64,
    infinite: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &CoxArguments) -> anyhow::Result<ExitCode> {
    let result = computed(arguments)?;
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Columns of numbers and of words as the model takes them.
fn covariates(
    columns: &Columns,
    wanted: &[String],
) -> anyhow::Result<(Vec<String>, Vec<Vec<f64>>)> {
    let (mut names, mut covariates) = (Vec::new(), Vec::new());
    for name in wanted {
        if columns.is_numeric(name) {
            names.push(name.clone());
            covariates.push(columns.numbers(name)?);
            continue;
        }
        let (levels, words) = columns.levels(name);
        for (number, word) in (0_u32..).zip(&words).skip(1) {
            names.push(format!("{name}={word}"));
            covariates.push(
                levels
                    .iter()
                    .map(|level| f64::from(u8::from(*level == number)))
                    .collect(),
            );
        }
    }
    Ok((names, covariates))
}

fn computed(arguments: &CoxArguments) -> anyhow::Result<CoxResult> {
    let mut wanted = Subjects::wanted(&arguments.subjects);
    wanted.extend(arguments.covariates.iter().map(String::as_str));
    wanted.extend(arguments.strata.as_deref());
    wanted.extend(arguments.cluster.as_deref());
    let columns = Columns::read(&arguments.subjects.file, &wanted)?;
    let subjects = Subjects::of(&columns, &arguments.subjects)?;
    let (names, covariates) = covariates(&columns, &arguments.covariates)?;
    let levels = |name: &Option<String>| name.as_ref().map(|name| columns.levels(name).0);
    let (strata, cluster) = (levels(&arguments.strata), levels(&arguments.cluster));
    let model = CoxColumns {
        survival: subjects.columns(),
        names: &names,
        covariates: &covariates,
        strata: strata.as_deref(),
        cluster: cluster.as_deref(),
    };
    let options = CoxOptions {
        ties: arguments.ties.into(),
        level: arguments.subjects.level,
        robust: arguments.robust,
        ..CoxOptions::default()
    };
    let fit = cox(&model, &options).with_context(|| columns.file())?;
    let (proportional_hazards, proportional_hazards_missing) = if options.ties == Ties::Exact {
        let reason = "the test of proportional hazards takes no exact ties; take efron or breslow";
        (None, Some(reason.to_owned()))
    } else {
        match proportional_hazards_test(&model, &fit, arguments.transform.into()) {
            Ok(test) => (Some(test), None),
            Err(error) => (None, Some(error.to_string())),
        }
    };
    Ok(CoxResult {
        program: Program::THIS,
        method: fit.method(),
        ties: fit.ties.name(),
        level: fit.level,
        rows: columns.rows(),
        n: fit.n,
        events: fit.events,
        terms: fit
            .terms
            .iter()
            .map(|term| Term {
                name: term.name.clone(),
                coef: term.coefficient,
                se: term.error,
                model_se: term.model_error,
                hr: term.hazard_ratio,
                lower: term.lower,
                upper: term.upper,
                z: term.z,
                p: term.p,
                infinite: term.infinite,
            })
            .collect(),
        concordance: fit.concordance.estimate,
        concordance_pairs: fit.concordance,
        null_log_likelihood: fit.null_log_likelihood,
        log_likelihood: fit.log_likelihood,
        likelihood_ratio: fit.likelihood_ratio,
        score: fit.score,
        wald: fit.wald,
        proportional_hazards,
        proportional_hazards_missing,
        iterations: fit.iterations,
        converged: fit.converged,
        findings: findings(&fit, subjects.time.len()),
    })
}

fn findings(fit: &Cox, rows: usize) -> Vec<String> {
    let mut found: Vec<String> = fit
        .terms
        .iter()
        .filter(|term| term.infinite)
        .map(|term| {
            format!(
                "the likelihood has no maximum in `{}`: its coefficient is infinite, its error and interval say nothing",
                term.name
            )
        })
        .collect();
    if !fit.converged {
        found.push(format!("no rest after {} steps", fit.iterations));
    }
    if fit.n < rows {
        found.push(format!("{} rows of weight 0 are nobody", rows - fit.n));
    }
    found
}

fn text(result: &CoxResult) -> String {
    let mut terms = Table::new(&[
        ("covariate", ""),
        ("coef", ""),
        ("se", ""),
        ("HR", ""),
        ("lower", ""),
        ("upper", ""),
        ("p", ""),
        ("PH test p", ""),
    ]);
    for (number, term) in result.terms.iter().enumerate() {
        let hazards = result.proportional_hazards.as_ref().map_or_else(
            || "-".to_owned(),
            |test| format!("{:.4}", test.terms[number].p),
        );
        terms.row([
            term.name.clone(),
            format!("{:.4}", term.coef),
            format!("{:.4}", term.se),
            digits(term.hr),
            digits(term.lower),
            digits(term.upper),
            format!("{:.4}", term.p),
            hazards,
        ]);
    }
    let mut text = terms.to_text();
    text.push_str(&format!(
        "n = {}, {} events; concordance {}\nlikelihood ratio {:.3}, score {:.3}, Wald {:.3} on {} degrees of freedom, p = {:.2e}, {:.2e}, {:.2e}\n{}\n{}",
        result.n,
        result.events,
        result.concordance.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}")),
        result.likelihood_ratio.chi_square,
        result.score.chi_square,
        result.wald.chi_square,
        result.wald.degrees_of_freedom,
        result.likelihood_ratio.p,
        result.score.p,
        result.wald.p,
        result.method,
        result.rows.text()
    ));
    if let Some(reason) = &result.proportional_hazards_missing {
        text.push_str(&format!("no PH test: {reason}\n"));
    }
    for finding in &result.findings {
        text.push_str(&format!("! {finding}\n"));
    }
    text
}
