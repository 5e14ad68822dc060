//! `sirt evidence import`: a plain spreadsheet to the tables that `run` reads.
//!
//! Without a mapping the names of the columns are read, and what they seem to
//! mean is written as a mapping to be looked at; nothing is imported.

mod mapping;
mod patients;
mod spreadsheet;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_store::{write_cohort, write_whole};

use self::mapping::{Mapping, Proposal};
use self::patients::Imported;
use self::spreadsheet::Spreadsheet;
use crate::evidence_cohort_arguments::ImportArguments;
use crate::result::Program;
use crate::table;

/// Exit code of what an option settles: here `--mapping`.
const TO_BE_SETTLED: u8 = 3;
/// Refused cells that the text names.
const NAMED_REFUSALS: usize = 20;

#[derive(Serialize)]
struct ImportResult {
    program: Program,
    file: String,
    rows: usize,
    /// What each column was taken for; null of those that were not understood.
    columns: Vec<(String, Option<String>)>,
    /// The mapping that was proposed, where none was given.
    proposed: Option<String>,
    patients: usize,
    /// Rows whose cells cannot be read, with row, column and reason.
    refused: Vec<String>,
    files: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let mapping = arguments
        .mapping
        .as_deref()
        .map(Mapping::read)
        .transpose()?;
    let sheet = mapping
        .as_ref()
        .and_then(|mapping| mapping.sheet.as_deref());
    let table = Spreadsheet::read(&arguments.file, sheet)?;
    let Some(mapping) = mapping else {
        return propose(arguments, &table);
    };
    mapping.check(&table)?;
    let Imported { patients, refused } = patients::of(&table, &mapping)?;
    if !refused.is_empty() && !arguments.leave_out_refused {
        let more = refused.len().saturating_sub(NAMED_REFUSALS);
        let mut named: Vec<String> = refused.into_iter().take(NAMED_REFUSALS).collect();
        if more > 0 {
            named.push(format!("and {more} more"));
        }
        bail!(
            "{}: cells that cannot be read; --leave-out-refused goes on without their rows\n  {}",
            table.file,
            named.join("\n  ")
        );
    }
    if patients.is_empty() {
        bail!("{}: no patient is left", table.file);
    }
    let occupied = std::fs::read_dir(&arguments.out)
        .is_ok_and(|mut entries| entries.next().is_some_and(|_| true));
    if occupied {
        bail!(
            "{}: not empty; an import is put into a folder of its own",
            arguments.out.display()
        );
    }
    let result = ImportResult {
        program: Program::THIS,
        rows: table.rows.len(),
        columns: mapping.taken(&table),
        proposed: None,
        patients: patients.len(),
        refused,
        files: write_cohort(&arguments.out, &patients, None)?,
        file: table.file,
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes what the columns seem to mean.
fn propose(arguments: &ImportArguments, table: &Spreadsheet) -> anyhow::Result<ExitCode> {
    let proposal = Proposal::of(table);
    std::fs::create_dir_all(&arguments.out)
        .with_context(|| format!("cannot make the folder {}", arguments.out.display()))?;
    let file = arguments.out.join("mapping.toml");
    if file.exists() {
        bail!("{}: there already; give it as --mapping", file.display());
    }
    write_whole(&file, proposal.to_toml().as_bytes())?;
    let result = ImportResult {
        program: Program::THIS,
        rows: table.rows.len(),
        columns: proposal.taken(table),
        proposed: Some(file.display().to_string()),
        patients: 0,
        refused: proposal.open.clone(),
        files: Vec::new(),
        file: table.file.clone(),
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::from(TO_BE_SETTLED))
}

fn text(result: &ImportResult) -> String {
    let mut text = format!("{}: {} rows\n", result.file, result.rows);
    let mut columns = table::Table::new(&[("column", ""), ("taken for", "")]);
    for (name, taken) in &result.columns {
        columns.row([
            name.clone(),
            taken.clone().unwrap_or_else(|| "not understood".to_owned()),
        ]);
    }
    text.push_str(&columns.to_text());
    for refused in &result.refused {
        text.push_str(&format!("refused: {refused}\n"));
    }
    match &result.proposed {
        Some(file) => text.push_str(&format!(
            "a mapping is proposed in {file}; look at it, move it out of the folder, and run again with --mapping\n"
        )),
        None => text.push_str(&format!(
            "{} patients in {}\n",
            result.patients,
            result.files.join(", ")
        )),
    }
    text
}
