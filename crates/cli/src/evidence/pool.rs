//! `sirt evidence pool`: proportions of several studies together.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_outcome::evidence::pooling::{Between, PoolOptions, Pooled, pool};
use sirt_report::plot::{ForestPlot, ForestRow};

use super::columns::{Columns, Rows};
use super::plots;
use crate::evidence_arguments::PoolArguments;
use crate::failure::WrongUse;
use crate::result::Program;
use crate::table::{self, Table};

#[derive(Serialize)]
struct PoolResult {
    program: Program,
    rows: Rows,
    /// Names of the studies, in the order of the forest.
    names: Vec<String>,
    #[serde(flatten)]
    pooled: Pooled,
}

/// Runs the command.
pub(crate) fn run(arguments: &PoolArguments) -> anyhow::Result<ExitCode> {
    let result = computed(arguments)?;
    if let Some(out) = &arguments.out {
        plots::write_svg(out, &sirt_report::plot::forest(&forest(&result))?)?;
    }
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn computed(arguments: &PoolArguments) -> anyhow::Result<PoolResult> {
    let mut wanted = vec![arguments.events.as_str(), arguments.total.as_str()];
    wanted.extend(arguments.study.as_deref());
    let columns = Columns::read(&arguments.file, &wanted)?;
    let counts = |name: &str| -> anyhow::Result<Vec<u64>> {
        columns
            .numbers(name)?
            .into_iter()
            .zip(columns.row_numbers())
            .map(|(number, row)| {
                // 2^53: past it not every whole number has a floating one.
                if number >= 0.0 && number.fract() <= 0.0 && number < 9e15 {
                    Ok(number as u64)
                } else {
                    bail!(
                        "{}: column `{name}`, row {row}: {number} is not allowed; allowed are whole numbers, 0 or more",
                        columns.file()
                    )
                }
            })
            .collect()
    };
    let between: Between = arguments.method.into();
    if between == Between::Glmm && (arguments.hartung_knapp || arguments.scale.is_some()) {
        return Err(WrongUse(
            "--method glmm pools the counts on the logit: it takes neither --scale nor --hartung-knapp"
                .to_owned(),
        )
        .into());
    }
    let options = PoolOptions {
        scale: arguments.scale.map(Into::into).unwrap_or_default(),
        between,
        hartung_knapp: arguments.hartung_knapp,
        level: arguments.level,
    };
    let pooled = pool(
        &counts(&arguments.events)?,
        &counts(&arguments.total)?,
        &options,
    )
    .with_context(|| columns.file())?;
    let names = match &arguments.study {
        Some(name) => columns.words(name).into_iter().map(str::to_owned).collect(),
        None => columns.row_numbers().iter().map(usize::to_string).collect(),
    };
    Ok(PoolResult {
        program: Program::THIS,
        rows: columns.rows(),
        names,
        pooled,
    })
}

/// The forest of a pool.
fn forest(result: &PoolResult) -> ForestPlot {
    let pooled = &result.pooled;
    ForestPlot {
        label: "Proportion [%]".to_owned(),
        studies: result
            .names
            .iter()
            .zip(&pooled.forest)
            .map(|(name, study)| ForestRow {
                name: name.clone(),
                counts: format!("{}/{}", study.interval.k, study.interval.n),
                share: study.interval.estimate,
                interval: [study.interval.lower, study.interval.upper],
                weight: study
                    .weight
                    .map_or(1.0 / pooled.studies as f64, |weight| weight / 100.0),
            })
            .collect(),
        pool: ForestRow {
            name: "together".to_owned(),
            counts: String::new(),
            share: pooled.estimate,
            interval: [pooled.lower, pooled.upper],
            weight: 1.0,
        },
        prediction: pooled.prediction,
    }
}

fn text(result: &PoolResult) -> String {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let mut studies = Table::new(&[
        ("study", ""),
        ("k", ""),
        ("n", ""),
        ("share", "%"),
        ("lower", "%"),
        ("upper", "%"),
        ("weight", "%"),
    ]);
    let pooled = &result.pooled;
    for (name, study) in result.names.iter().zip(&pooled.forest) {
        let own = study.interval;
        studies.row([
            name.clone(),
            own.k.to_string(),
            own.n.to_string(),
            percent(own.estimate),
            percent(own.lower),
            percent(own.upper),
            study
                .weight
                .map_or_else(|| "-".to_owned(), |weight| format!("{weight:.1}")),
        ]);
    }
    let mut text = studies.to_text();
    text.push_str(&format!(
        "together: {} % ({} to {})",
        percent(pooled.estimate),
        percent(pooled.lower),
        percent(pooled.upper)
    ));
    if let Some([lower, upper]) = pooled.prediction {
        text.push_str(&format!(
            "; a new study: {} to {} %",
            percent(lower),
            percent(upper)
        ));
    }
    text.push_str(&format!(
        "\nQ = {:.2} on {} degrees of freedom, p = {:.4}; I² = {:.1} %; tau² = {:.4}\n{}\nstudies' own intervals: clopper-pearson\n{}",
        pooled.q,
        pooled.degrees_of_freedom,
        pooled.q_p,
        pooled.i_squared,
        pooled.tau_squared,
        pooled.method,
        result.rows.text()
    ));
    text
}
