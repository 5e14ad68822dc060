//! `sirt evidence reconstruct`: patients that print every claim of a study.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_outcome::evidence::claim::Study as PrintedStudy;
use sirt_outcome::evidence::cohort::{EndpointOptions, Figure, PrintedComparison};
use sirt_outcome::evidence::reconstruction::{Reconstruction, reconstruct};
use sirt_store::{SYNTHETIC, write_cohort};

use super::cohort_input;
use crate::evidence_cohort_arguments::ReconstructArguments;
use crate::result::Program;
use crate::table::{self, Table};

/// What `--json` prints.
#[derive(Serialize)]
struct ReconstructResult {
    program: Program,
    /// The mark of every file.
    synthetic: &'static str,
    study: String,
    sets: Vec<SetResult>,
    /// The claims of the first set; those of the others are equal as well.
    claims: Vec<PrintedComparison>,
    /// What figures give over all sets.
    ranges: Vec<Range>,
}

#[derive(Serialize)]
struct SetResult {
    folder: String,
    seed: u64,
    files: Vec<String>,
}

/// A figure over all sets that print the claims.
#[derive(Serialize)]
struct Range {
    key: String,
    name: String,
    /// Denominators.
    #[serde(rename = "N")]
    total: Option<[u64; 2]>,
    /// Estimates; a set without one counts in `none`.
    estimate: Option<[f64; 2]>,
    /// Sets without an estimate.
    none: usize,
}

/// Runs the command.
pub(crate) fn run(arguments: &ReconstructArguments) -> anyhow::Result<ExitCode> {
    let study = cohort_input::printed_study(&arguments.study, &arguments.readings)?;
    require_empty(&arguments.out)?;
    let asked: Vec<Figure> = arguments
        .figure
        .iter()
        .map(|key| key.parse())
        .collect::<Result<_, _>>()?;
    let mut figures = cohort_input::claimed(&study)?;
    figures.extend(asked.iter().cloned());
    let rules = cohort_input::rules(&[], &["half".to_owned()], &[], Some(&study), &figures)?;
    let sets = reconstruct(&study, &rules, arguments.seed, arguments.sets)
        .with_context(|| format!("study {}", study.name))?;
    let result = ReconstructResult {
        program: Program::THIS,
        synthetic: SYNTHETIC,
        study: study.name.clone(),
        ranges: ranges(&study, &sets, &asked)?,
        sets: written(&sets, &arguments.out)?,
        claims: sets
            .into_iter()
            .next()
            .map_or_else(Vec::new, |set| set.claims),
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a folder in which something is.
fn require_empty(folder: &Path) -> anyhow::Result<()> {
    let Ok(mut entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    if entries.next().is_some() {
        bail!(
            "{}: not empty; made-up patients are not put among other files",
            folder.display()
        );
    }
    Ok(())
}

/// One set lies in the folder itself, several in a folder each.
fn written(sets: &[Reconstruction], out: &Path) -> anyhow::Result<Vec<SetResult>> {
    let width = sets.len().to_string().len().max(3);
    sets.iter()
        .enumerate()
        .map(|(number, set)| {
            let folder = if sets.len() == 1 {
                out.to_owned()
            } else {
                out.join(format!("set-{:0width$}", number + 1))
            };
            let files = write_cohort(&folder, &set.cohort.patients, Some(SYNTHETIC))?;
            Ok(SetResult {
                folder: folder.display().to_string(),
                seed: set.seed,
                files,
            })
        })
        .collect()
}

/// What is not printed, over all sets: denominators of claims, and figures asked for.
fn ranges(
    study: &PrintedStudy,
    sets: &[Reconstruction],
    asked: &[Figure],
) -> anyhow::Result<Vec<Range>> {
    let mut figures = cohort_input::claimed(study)?;
    figures.extend(asked.iter().cloned());
    let mut found: Vec<Range> = Vec::new();
    let mut seen = BTreeSet::new();
    for figure in &figures {
        if !seen.insert(figure.to_string()) {
            continue;
        }
        let mut range = Range {
            key: figure.to_string(),
            name: String::new(),
            total: None,
            estimate: None,
            none: 0,
        };
        for set in sets {
            let endpoint = set.judged.endpoint(figure, &EndpointOptions::default())?;
            range.name.clone_from(&endpoint.name);
            if let Some(total) = endpoint.total {
                let [least, most] = range.total.unwrap_or([total, total]);
                range.total = Some([least.min(total), most.max(total)]);
            }
            match endpoint.estimate {
                Some(value) => {
                    let [least, most] = range.estimate.unwrap_or([value, value]);
                    range.estimate = Some([least.min(value), most.max(value)]);
                }
                None => range.none += 1,
            }
        }
        // A list of numbers has no range.
        if range.estimate.is_some() || range.total.is_some_and(|[least, most]| least != most) {
            found.push(range);
        }
    }
    Ok(found)
}

fn text(result: &ReconstructResult) -> String {
    let mut text = format!(
        "{SYNTHETIC}: made-up patients that print the claims of {}\n",
        result.study
    );
    for set in &result.sets {
        text.push_str(&format!(
            "seed {}: {} ({} files)\n",
            set.seed,
            set.folder,
            set.files.len()
        ));
    }
    let mut claims = Table::new(&[("claim", ""), ("printed", ""), ("made", "")]);
    for claim in &result.claims {
        claims.row([
            claim.id.clone(),
            claim.printed.clone(),
            claim.computed.clone(),
        ]);
    }
    text.push_str(&format!("\n{}", claims.to_text()));
    let mut ranges = Table::new(&[
        ("over all sets", ""),
        ("least N", ""),
        ("most N", ""),
        ("least", ""),
        ("most", ""),
        ("none", ""),
    ]);
    for range in &result.ranges {
        let number = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
        let estimate =
            |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
        ranges.row([
            range.key.clone(),
            number(range.total.map(|[least, _]| least)),
            number(range.total.map(|[_, most]| most)),
            estimate(range.estimate.map(|[least, _]| least)),
            estimate(range.estimate.map(|[_, most]| most)),
            if range.none == 0 {
                String::new()
            } else {
                range.none.to_string()
            },
        ]);
    }
    text.push_str(&format!("\n{}", ranges.to_text()));
    text
}
