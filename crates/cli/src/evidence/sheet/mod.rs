//! `sirt evidence sheet`: the evidence of a cohort as one document.

mod figures;
mod limits;
mod tables;

use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use sirt_outcome::evidence::cohort::{PrintedComparison, compare_claim};
use sirt_report::{Alignment, Cell, Column, Fact, Report, Row, Section, Status, Table};

use super::cohort_input;
use super::run::{Computed, compute};
use crate::evidence_cohort_arguments::SheetArguments;
use crate::report::references::{Library, plain};
use crate::report::{Form, made_at, require_replaceable, write_report};
use crate::result::Program;
use crate::table;

const NOTICE: &str = "For research. OpenSIRT is not a medical device. Rates are of the patients named in each line; nothing is extrapolated.";

#[derive(Serialize)]
struct SheetResult {
    program: Program,
    file: String,
    /// The mark of made-up patients.
    synthetic: Option<String>,
    tables: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &SheetArguments) -> anyhow::Result<ExitCode> {
    let form = Form::of(&arguments.out)?;
    require_replaceable(&arguments.out)?;
    let printed = arguments
        .study
        .as_deref()
        .map(|path| cohort_input::printed_study(path, &arguments.cohort.readings))
        .transpose()?;
    let input = cohort_input::read(&arguments.cohort, printed.as_ref(), &[])?;
    let computed = compute(input, &[])?;
    let claims: Vec<PrintedComparison> = printed
        .iter()
        .flat_map(|study| study.claims.iter().map(move |claim| (study, claim)))
        .map(|(study, claim)| {
            compare_claim(
                study,
                claim,
                &computed.input.judged,
                &computed.input.options,
            )
            .with_context(|| format!("claim `{}`", claim.id))
        })
        .collect::<anyhow::Result<_>>()?;
    let name = arguments.name.clone().unwrap_or_else(|| {
        let folder = std::path::absolute(&arguments.cohort.cohort);
        folder
            .ok()
            .and_then(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "cohort".to_owned())
    });
    let report = document(&computed, &claims, &name)?;
    write_report(&report, form, &arguments.out)?;
    let tables = match &arguments.tables {
        Some(folder) => tables::write_csv(&computed, folder)?,
        None => Vec::new(),
    };
    let result = SheetResult {
        program: Program::THIS,
        file: arguments.out.display().to_string(),
        synthetic: computed.input.synthetic.clone(),
        tables,
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        let mark = result
            .synthetic
            .as_deref()
            .map_or_else(String::new, |mark| format!("{mark} patients; "));
        let more = if result.tables.is_empty() {
            String::new()
        } else {
            format!(", tables {}", result.tables.join(", "))
        };
        table::print(&format!("{mark}evidence sheet: {}{more}\n", result.file))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The sheet.
fn document(
    computed: &Computed,
    claims: &[PrintedComparison],
    name: &str,
) -> anyhow::Result<Report> {
    let library = Library::built_in()?;
    let input = &computed.input;
    let mut sections = vec![tables::population(computed)];
    sections.push(figures::response(computed)?);
    sections.extend(figures::markers(computed)?);
    sections.extend(tables::symptoms(computed));
    sections.extend(figures::times(computed)?);
    sections.extend(tables::toxicity(computed));
    if !claims.is_empty() {
        sections.push(compared(claims));
    }
    sections.push(limits::section(computed, &library));
    let mut report = Report {
        title: "Evidence sheet".to_owned(),
        subject: plain(name),
        made_at: made_at(),
        program: format!("{} {}", Program::THIS.name, Program::THIS.version),
        notice: NOTICE.to_owned(),
        status: Status::Sheet {
            mark: input.synthetic.clone(),
        },
        facts: facts(computed),
        sections,
        references: Vec::new(),
        signatures: Vec::new(),
    };
    report.references = library.of_report(&report);
    Ok(report)
}

fn facts(computed: &Computed) -> Vec<Fact> {
    let input = &computed.input;
    let judged = &input.judged;
    let fact = |label: &str, value: String| Fact {
        label: label.to_owned(),
        value,
        source: None,
    };
    let treated = judged
        .course
        .treated
        .iter()
        .filter(|treated| **treated)
        .count();
    let mut facts = vec![
        fact(
            "Patients",
            format!(
                "{} read, {} judged, {treated} treated",
                judged.len() + judged.refused.len(),
                judged.len()
            ),
        ),
        fact(
            "Criteria",
            input
                .rules
                .criteria
                .iter()
                .map(|rules| rules.title.clone())
                .collect::<Vec<_>>()
                .join("; "),
        ),
        fact(
            "Intervals",
            format!(
                "{} %, {} for proportions",
                100.0 * input.options.level,
                input.options.proportion
            ),
        ),
        fact(
            "Tables read",
            input
                .files
                .iter()
                .map(|(domain, _)| domain.clone())
                .collect::<Vec<_>>()
                .join(", "),
        ),
    ];
    if let Some(mark) = &input.synthetic {
        facts.insert(
            0,
            fact(
                &plain(mark),
                "These patients are made up: figures of this sheet are of no patient.".to_owned(),
            ),
        );
    }
    facts
}

fn compared(claims: &[PrintedComparison]) -> Section {
    let columns = vec![
        column("Claim", Alignment::Left),
        column("Printed", Alignment::Left),
        column("Computed", Alignment::Left),
        column("", Alignment::Left),
    ];
    let rows = claims
        .iter()
        .map(|claim| Row {
            cells: vec![
                cell(&format!("{} ({})", claim.endpoint, claim.id)),
                cell(&claim.printed),
                cell(&claim.computed),
                Cell::Mark(
                    if claim.equal {
                        sirt_report::Mark::Pass
                    } else {
                        sirt_report::Mark::Stop
                    },
                    if claim.equal {
                        "as printed".to_owned()
                    } else {
                        plain(claim.reason.as_deref().unwrap_or("differs"))
                    },
                ),
            ],
            strong: false,
        })
        .collect();
    Section {
        heading: "Printed claims beside these patients".to_owned(),
        blocks: vec![sirt_report::Block::Table(Table {
            caption: "Every printed figure, and what the patients of this sheet give for it"
                .to_owned(),
            columns,
            rows,
            note: None,
        })],
    }
}

/// A column of a table.
fn column(name: &str, alignment: Alignment) -> Column {
    Column {
        name: name.to_owned(),
        unit: None,
        alignment,
        width: 0,
    }
}

/// A cell with a text of the data.
fn cell(text: &str) -> Cell {
    if text.is_empty() {
        Cell::Empty
    } else {
        Cell::Text(plain(text))
    }
}
