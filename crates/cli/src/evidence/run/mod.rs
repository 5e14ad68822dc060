//! `sirt evidence run`: the endpoints of a cohort, and printed claims beside them.

mod result;
mod text;

use std::process::ExitCode;

use anyhow::Context as _;
use sirt_outcome::evidence::cohort::{
    Endpoint, Figure, PrintedComparison, ToxicityRow, compare_claim, toxicity_table, usual_figures,
};

use self::result::RunResult;
pub(super) use self::result::flow;
pub(super) use self::text::estimate;
use super::cohort_input::{self, CohortInput};
use crate::evidence_cohort_arguments::RunArguments;
use crate::table;

/// A cohort with all its figures.
pub(super) struct Computed {
    pub(super) input: CohortInput,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) toxicity: Vec<ToxicityRow>,
}

/// Runs the command.
pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let printed = arguments
        .study
        .as_deref()
        .map(|path| cohort_input::printed_study(path, &arguments.cohort.readings))
        .transpose()?;
    let figures: Vec<Figure> = arguments
        .figure
        .iter()
        .map(|key| key.parse())
        .collect::<Result<_, _>>()?;
    let input = cohort_input::read(&arguments.cohort, printed.as_ref(), &figures)?;
    let computed = compute(input, &figures)?;
    let claims: Option<Vec<PrintedComparison>> = printed
        .map(|study| {
            study
                .claims
                .iter()
                .map(|claim| {
                    compare_claim(
                        &study,
                        claim,
                        &computed.input.judged,
                        &computed.input.options,
                    )
                    .with_context(|| format!("claim `{}`", claim.id))
                })
                .collect::<anyhow::Result<_>>()
        })
        .transpose()?;
    let result = RunResult::of(&computed, claims, arguments.patients);
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text::text(&result, &computed))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// All figures of a cohort: those of every cohort, and those asked for.
pub(super) fn compute(input: CohortInput, asked: &[Figure]) -> anyhow::Result<Computed> {
    let mut figures = usual_figures(&input.judged);
    for figure in asked {
        if !figures.contains(figure) {
            figures.push(figure.clone());
        }
    }
    let endpoints = figures
        .iter()
        .map(|figure| {
            input
                .judged
                .endpoint(figure, &input.options)
                .with_context(|| format!("figure `{figure}`"))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Computed {
        toxicity: toxicity_table(&input.judged.events, &input.judged.laboratory),
        endpoints,
        input,
    })
}
