//! `sirt evidence guyot`: times of single patients from a published curve.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_outcome::evidence::survival::{
    KaplanMeierOptions, PublishedCurve, SurvivalColumns, SurvivalQuantile, kaplan_meier,
    reconstruct_curve,
};

use super::columns::Columns;
use crate::evidence_arguments::GuyotArguments;
use crate::result::Program;
use crate::table;

/// The mark of rows that no patient stands behind.
const MARK: &str = "RECONSTRUCTED";

#[derive(Serialize)]
struct GuyotResult {
    program: Program,
    method: &'static str,
    n: usize,
    events: usize,
    /// Median of the times made, with its interval.
    median: SurvivalQuantile,
    /// Largest distance of the curve made from the clicks.
    largest_difference: f64,
    /// At each number at risk, how many there are less those printed.
    risk_difference: Vec<i64>,
    file: Option<String>,
    /// Rows, where no file is written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<(f64, u8)>,
}

/// Runs the command.
pub(crate) fn run(arguments: &GuyotArguments) -> anyhow::Result<ExitCode> {
    let result = computed(arguments)?;
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn computed(arguments: &GuyotArguments) -> anyhow::Result<GuyotResult> {
    let clicks = Columns::read(&arguments.file, &[&arguments.time, &arguments.survival])?;
    let risk = Columns::read(&arguments.at_risk, &[&arguments.time, &arguments.number])?;
    let mut survival = clicks.numbers(&arguments.survival)?;
    if arguments.percent {
        for share in &mut survival {
            *share /= 100.0;
        }
    }
    let at_risk = risk
        .numbers(&arguments.number)?
        .into_iter()
        .zip(risk.row_numbers())
        .map(|(number, row)| {
            // 2^53: past it not every whole number has a floating one.
            if number >= 0.0 && number.fract() <= 0.0 && number < 9e15 {
                Ok(number as u64)
            } else {
                bail!(
                    "{}: column `{}`, row {row}: {number} is not allowed; allowed are whole numbers, 0 or more",
                    risk.file(),
                    arguments.number
                )
            }
        })
        .collect::<anyhow::Result<Vec<u64>>>()?;
    let found = reconstruct_curve(&PublishedCurve {
        time: &clicks.numbers(&arguments.time)?,
        survival: &survival,
        risk_time: &risk.numbers(&arguments.time)?,
        at_risk: &at_risk,
        events: arguments.events,
    })
    .with_context(|| clicks.file())?;
    let curve = kaplan_meier(
        &SurvivalColumns::new(&found.time, &found.event),
        &KaplanMeierOptions::default(),
    )?;
    let rows: Vec<(f64, u8)> = found
        .time
        .iter()
        .zip(&found.event)
        .map(|(time, event)| (*time, u8::from(*event)))
        .collect();
    if let Some(out) = &arguments.out {
        write(out, &rows)?;
    }
    Ok(GuyotResult {
        program: Program::THIS,
        method: "Guyot 2012",
        n: found.time.len(),
        events: curve.events,
        median: curve.median(),
        largest_difference: found.largest_difference,
        risk_difference: found.risk_difference,
        file: arguments.out.as_ref().map(|out| out.display().to_string()),
        rows: if arguments.out.is_some() {
            Vec::new()
        } else {
            rows
        },
    })
}

/// Rows that `sirt evidence km` and `cox` read, each with its mark.
fn write(out: &Path, rows: &[(f64, u8)]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["time", "event", "origin"])?;
    for (time, event) in rows {
        writer.write_record([time.to_string().as_str(), &event.to_string(), MARK])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(sirt_store::write_whole(out, &bytes)?)
}

fn text(result: &GuyotResult) -> String {
    let end = |time: sirt_outcome::evidence::survival::SurvivalTime| {
        time.reached()
            .map_or_else(|| "not reached".to_owned(), |time| format!("{time:.2}"))
    };
    let mut text = format!(
        "{MARK}: {} times with {} events draw the curve to within {:.3}\nmedian {} ({} to {})\n",
        result.n,
        result.events,
        result.largest_difference,
        end(result.median.estimate),
        end(result.median.lower),
        end(result.median.upper)
    );
    let apart: Vec<String> = result
        .risk_difference
        .iter()
        .map(|apart| format!("{apart:+}"))
        .collect();
    text.push_str(&format!(
        "at risk here less printed: {}\n",
        apart.join(", ")
    ));
    if let Some(file) = &result.file {
        text.push_str(&format!("{file}\n"));
    } else {
        text.push_str("time,event\n");
        for (time, event) in &result.rows {
            text.push_str(&format!("{time},{event}\n"));
        }
    }
    text
}
