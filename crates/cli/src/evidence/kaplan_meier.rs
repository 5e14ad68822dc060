//! `sirt evidence km`: curves, medians, restricted means and the log-rank test.

use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use sirt_outcome::OutcomeError;
use sirt_outcome::evidence::survival::{
    KaplanMeier, KaplanMeierOptions, KaplanMeierStep, LogRank, RestrictedMean, SurvivalQuantile,
    SurvivalTime, kaplan_meier, landmark, log_rank, reverse_kaplan_meier,
};
use sirt_report::plot::{SurvivalPlot, survival_curve};

use super::columns::{Columns, Rows};
use super::plots;
use super::subjects::Subjects;
use crate::evidence_arguments::KaplanMeierArguments;
use crate::result::Program;
use crate::table::{self, Table, digits};

/// Shares of subjects with the event at which times are given.
const QUANTILES: [f64; 3] = [0.25, 0.5, 0.75];

#[derive(Serialize)]
struct KaplanMeierResult {
    program: Program,
    method: String,
    interval: &'static str,
    level: f64,
    landmark: Option<f64>,
    rows: Rows,
    groups: Vec<Group>,
    log_rank: Option<LogRankResult>,
    /// Why groups are not compared; null without groups.
    log_rank_missing: Option<String>,
}

#[derive(Serialize)]
struct Group {
    /// The group's value; null without groups.
    group: Option<String>,
    n: usize,
    events: usize,
    median: SurvivalTime,
    lower: SurvivalTime,
    upper: SurvivalTime,
    /// Which of median, lower and upper are not reached.
    not_reached: Vec<&'static str>,
    quantiles: Vec<SurvivalQuantile>,
    /// Median follow-up by the reverse curve.
    follow_up: SurvivalQuantile,
    restricted_mean: Option<RestrictedMean>,
    table: Vec<Step>,
}

/// A line of the table under a curve.
#[derive(Serialize)]
struct Step {
    #[serde(flatten)]
    step: KaplanMeierStep,
    /// Standard error of survival itself.
    error: Option<f64>,
}

#[derive(Serialize)]
struct LogRankResult {
    method: String,
    strata: Option<String>,
    #[serde(flatten)]
    test: LogRank,
    /// The groups in the order of the test's.
    names: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &KaplanMeierArguments) -> anyhow::Result<ExitCode> {
    let result = computed(arguments)?;
    if let Some(out) = &arguments.out {
        plots::write_svg(out, &plot(&result, &arguments.subjects.time)?)?;
    }
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn computed(arguments: &KaplanMeierArguments) -> anyhow::Result<KaplanMeierResult> {
    let mut wanted = Subjects::wanted(&arguments.subjects);
    wanted.extend(arguments.by.as_deref());
    wanted.extend(arguments.strata.as_deref());
    let mut columns = Columns::read(&arguments.subjects.file, &wanted)?;
    let file = columns.file();
    if let Some(at) = arguments.landmark {
        let subjects = Subjects::of(&columns, &arguments.subjects)?;
        let split = landmark(&subjects.columns(), at).with_context(|| file.clone())?;
        let numbers = columns.row_numbers();
        for (places, reason) in [
            (&split.event_before, "event at the landmark or before"),
            (&split.censored_before, "censored at the landmark or before"),
            (&split.entered_after, "entered after the landmark"),
        ] {
            let rows: Vec<usize> = places.iter().map(|place| numbers[*place]).collect();
            columns.exclude(&rows, reason);
        }
    }
    let mut subjects = Subjects::of(&columns, &arguments.subjects)?;
    if let Some(at) = arguments.landmark {
        for time in subjects
            .time
            .iter_mut()
            .chain(subjects.entry.iter_mut().flatten())
        {
            *time -= at;
        }
    }
    let options = KaplanMeierOptions {
        interval: arguments.ci.into(),
        level: arguments.subjects.level,
    };
    let mut groups = Vec::new();
    let mut test = None;
    let mut test_missing = None;
    let mut method = String::new();
    let mut curve_of = |name: Option<String>, subjects: &Subjects| -> anyhow::Result<()> {
        let curve = kaplan_meier(&subjects.columns(), &options)?;
        let follow_up = reverse_kaplan_meier(&subjects.columns(), &options)?;
        method = curve.method();
        let mean = arguments
            .horizon
            .map(|horizon| curve.restricted_mean(horizon))
            .transpose()?;
        groups.push(group(name, curve, follow_up.median(), mean));
        Ok(())
    };
    match &arguments.by {
        None => curve_of(None, &subjects).with_context(|| file.clone())?,
        Some(by) => {
            let (levels, names) = columns.levels(by);
            for (number, name) in (0_u32..).zip(&names) {
                let places: Vec<usize> = (0..levels.len())
                    .filter(|place| levels[*place] == number)
                    .collect();
                curve_of(Some(name.clone()), &subjects.chosen(&places))
                    .with_context(|| format!("{file}: group {name}"))?;
            }
            let strata = arguments
                .strata
                .as_ref()
                .map(|strata| columns.levels(strata).0);
            let found = log_rank(
                &subjects.columns(),
                &levels,
                strata.as_deref(),
                arguments.rho,
            );
            match found {
                Ok(found) => {
                    test = Some(LogRankResult {
                        method: log_rank_method(arguments),
                        strata: arguments.strata.clone(),
                        test: found,
                        names,
                    });
                }
                // Curves without a test are a result of their own.
                Err(error @ OutcomeError::NotEstimable { .. }) => {
                    test_missing = Some(error.to_string());
                }
                Err(_) if subjects.weight.is_some() => {
                    test_missing =
                        Some("the log-rank test takes no weights; a Cox model does".to_owned());
                }
                Err(error) => return Err(error).with_context(|| file.clone()),
            }
        }
    }
    Ok(KaplanMeierResult {
        program: Program::THIS,
        method,
        interval: options.interval.name(),
        level: options.level,
        landmark: arguments.landmark,
        rows: columns.rows(),
        groups,
        log_rank: test,
        log_rank_missing: test_missing,
    })
}

fn log_rank_method(arguments: &KaplanMeierArguments) -> String {
    let strata = arguments
        .strata
        .as_ref()
        .map_or_else(String::new, |strata| format!(", stratified by {strata}"));
    format!("log-rank family, rho {}{strata}", arguments.rho)
}

fn group(
    name: Option<String>,
    curve: KaplanMeier,
    follow_up: SurvivalQuantile,
    restricted_mean: Option<RestrictedMean>,
) -> Group {
    let median = curve.median();
    let not_reached = [
        ("median", median.estimate),
        ("lower", median.lower),
        ("upper", median.upper),
    ]
    .into_iter()
    .filter(|(_, time)| time.reached().is_none())
    .map(|(name, _)| name)
    .collect();
    Group {
        group: name,
        n: curve.n,
        events: curve.events,
        median: median.estimate,
        lower: median.lower,
        upper: median.upper,
        not_reached,
        quantiles: QUANTILES.map(|share| curve.quantile(share)).to_vec(),
        follow_up,
        restricted_mean,
        table: curve
            .steps
            .into_iter()
            .map(|step| Step {
                error: step.log_error.map(|error| error * step.survival),
                step,
            })
            .collect(),
    }
}

/// The curves of all groups, with the numbers at risk under them.
fn plot(result: &KaplanMeierResult, time: &str) -> anyhow::Result<String> {
    let last = result
        .groups
        .iter()
        .flat_map(|group| &group.table)
        .map(|step| step.step.time)
        .fold(0.0, f64::max);
    let grid = plots::grid(last);
    let curves = result
        .groups
        .iter()
        .map(|group| {
            let steps: Vec<KaplanMeierStep> = group.table.iter().map(|step| step.step).collect();
            plots::curve(group.group.as_deref().unwrap_or("all"), &steps, &grid)
        })
        .collect();
    Ok(survival_curve(&SurvivalPlot {
        time: time.to_owned(),
        share: "Without the event [%]".to_owned(),
        grid,
        curves,
    })?)
}

fn text(result: &KaplanMeierResult) -> String {
    let mut groups = Table::new(&[
        ("group", ""),
        ("n", ""),
        ("events", ""),
        ("median", ""),
        ("lower", ""),
        ("upper", ""),
        ("follow-up", ""),
    ]);
    let time = |time: SurvivalTime| {
        time.reached()
            .map_or_else(|| "not reached".to_owned(), digits)
    };
    for group in &result.groups {
        groups.row([
            group.group.clone().unwrap_or_else(|| "all".to_owned()),
            group.n.to_string(),
            group.events.to_string(),
            time(group.median),
            time(group.lower),
            time(group.upper),
            time(group.follow_up.estimate),
        ]);
    }
    let mut text = groups.to_text();
    for group in &result.groups {
        if let Some(mean) = &group.restricted_mean {
            let beyond = if mean.beyond_data {
                "; the data end before it"
            } else {
                ""
            };
            text.push_str(&format!(
                "mean to {}, {}: {} ({} to {}){beyond}\n",
                mean.horizon,
                group.group.as_deref().unwrap_or("all"),
                digits(mean.estimate),
                digits(mean.lower),
                digits(mean.upper)
            ));
        }
    }
    for group in &result.groups {
        let mut steps = Table::new(&[
            ("time", ""),
            ("at risk", ""),
            ("events", ""),
            ("censored", ""),
            ("survival", ""),
            ("lower", ""),
            ("upper", ""),
        ]);
        let end =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |end| format!("{end:.4}"));
        for Step { step, .. } in group.table.iter().filter(|step| step.step.events > 0.0) {
            steps.row([
                step.time.to_string(),
                step.at_risk.to_string(),
                step.events.to_string(),
                step.censored.to_string(),
                format!("{:.4}", step.survival),
                end(step.lower),
                end(step.upper),
            ]);
        }
        text.push_str(&format!(
            "\n{} (times with events)\n{}",
            group.group.as_deref().unwrap_or("all"),
            steps.to_text()
        ));
    }
    if let Some(found) = &result.log_rank {
        text.push_str(&format!(
            "\n{}: chi-square {:.4} on {} degrees of freedom, p = {:.4}\n",
            found.method, found.test.chi_square, found.test.degrees_of_freedom, found.test.p
        ));
    }
    if let Some(reason) = &result.log_rank_missing {
        text.push_str(&format!("\ngroups are not compared: {reason}\n"));
    }
    text.push_str(&format!("\n{}\n{}", result.method, result.rows.text()));
    text
}
