//! `sirt evidence check`: which counts printed figures can stand for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_outcome::evidence::claim::{
    CheckedClaim, CheckedRelation, CheckedStudy, FigureCheck, Finding, Solution, Study, Verdict,
    check_figure, check_study,
};

use crate::evidence_arguments::CheckArguments;
use crate::result::Program;
use crate::table::{self, Table};

/// Counts that the text names before it says how many there are.
const NAMED_SOLUTIONS: usize = 60;

#[derive(Serialize)]
struct StudiesResult {
    program: Program,
    studies: Vec<StudyResult>,
    /// The claims of all studies.
    claims: Vec<CheckedClaim>,
}

#[derive(Serialize)]
struct StudyResult {
    name: String,
    title: String,
    file: String,
    n: u64,
    source: String,
    relations: Vec<CheckedRelation>,
    findings: Vec<Finding>,
    ambiguous: Vec<String>,
}

#[derive(Serialize)]
struct FigureResult {
    program: Program,
    verdict: Verdict,
    /// Counts of exactly the denominator that print so rounded.
    solutions: Vec<Solution>,
    #[serde(flatten)]
    figure: FigureCheck,
}

/// Runs the command.
pub(crate) fn run(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    match (&arguments.path, &arguments.percent, arguments.of) {
        (None, Some(percent), Some(of)) => {
            let figure = check_figure(percent, of)?;
            if arguments.json {
                table::print_json(&figure_result(figure))?;
            } else {
                table::print(&figure_text(&figure))?;
            }
        }
        (Some(path), _, _) => {
            let studies = checked(path)?;
            if arguments.json {
                table::print_json(&studies_result(studies))?;
            } else {
                table::print(&studies_text(&studies))?;
            }
        }
        _ => bail!("a PATH, or --percent and --of, is needed"),
    }
    Ok(ExitCode::SUCCESS)
}

fn figure_result(figure: FigureCheck) -> FigureResult {
    let solutions = figure.equal.rounded();
    FigureResult {
        program: Program::THIS,
        verdict: Verdict::of(&solutions),
        solutions,
        figure,
    }
}

fn figure_text(figure: &FigureCheck) -> String {
    let named = |solutions: &[Solution], count: u64| {
        if solutions.is_empty() {
            return "none".to_owned();
        }
        let words: Vec<String> = solutions
            .iter()
            .take(NAMED_SOLUTIONS)
            .map(Solution::to_string)
            .collect();
        let rest = if solutions.len() > NAMED_SOLUTIONS {
            format!(" … ({count} in all)")
        } else {
            String::new()
        };
        format!("{}{rest}", words.join(" "))
    };
    let mut text = format!(
        "{} % of {}: {}\n",
        figure.percent,
        figure.of,
        Verdict::of(&figure.equal.rounded())
    );
    let mut rules = Table::new(&[("rule", ""), ("of exactly n", ""), ("of n or fewer", "")]);
    let (equal, at_most) = (&figure.equal, &figure.at_most);
    for (rule, equal, of_equal, at_most, of_at_most) in [
        (
            "half up",
            &equal.half_up,
            equal.counts.half_up,
            &at_most.half_up,
            at_most.counts.half_up,
        ),
        (
            "half even",
            &equal.half_even,
            equal.counts.half_even,
            &at_most.half_even,
            at_most.counts.half_even,
        ),
        (
            "truncated",
            &equal.truncated,
            equal.counts.truncated,
            &at_most.truncated,
            at_most.counts.truncated,
        ),
    ] {
        rules.row([
            rule.to_owned(),
            named(equal, of_equal),
            named(at_most, of_at_most),
        ]);
    }
    text.push_str(&rules.to_text());
    for beside in &figure.neighbours {
        text.push_str(&format!(
            "{}/{} is {:.2} %\n",
            beside.k, beside.n, beside.percent
        ));
    }
    text
}

/// Study files of a path: itself, or those in it and in its folders.
fn study_files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    // A study lies at most two folders below: studies/NAME/study.toml.
    for _ in 0..3 {
        let mut below = Vec::new();
        for folder in &folders {
            let entries =
                std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
            for entry in entries {
                let entry = entry.with_context(|| folder.display().to_string())?.path();
                if entry.is_dir() {
                    below.push(entry);
                } else if entry
                    .extension()
                    .is_some_and(|extension| extension == "toml")
                {
                    files.push(entry);
                }
            }
        }
        folders = below;
    }
    files.sort();
    if files.is_empty() {
        bail!("{}: no study (.toml) in it", path.display());
    }
    Ok(files)
}

fn checked(path: &Path) -> anyhow::Result<Vec<(PathBuf, CheckedStudy)>> {
    study_files(path)?
        .into_iter()
        .map(|file| {
            let name = || file.display().to_string();
            let text = std::fs::read_to_string(&file).with_context(name)?;
            let study = Study::from_toml(&text).with_context(name)?;
            let checked = check_study(&study).with_context(name)?;
            Ok((file, checked))
        })
        .collect()
}

fn studies_result(studies: Vec<(PathBuf, CheckedStudy)>) -> StudiesResult {
    let mut result = StudiesResult {
        program: Program::THIS,
        studies: Vec::new(),
        claims: Vec::new(),
    };
    for (file, study) in studies {
        result.studies.push(StudyResult {
            name: study.name,
            title: study.title,
            file: file.display().to_string(),
            n: study.n,
            source: study.source,
            relations: study.relations,
            findings: study.findings,
            ambiguous: study.ambiguous,
        });
        result.claims.extend(study.claims);
    }
    result
}

fn studies_text(studies: &[(PathBuf, CheckedStudy)]) -> String {
    let mut text = String::new();
    for (_, study) in studies {
        text.push_str(&format!(
            "{}: {} (n = {})\n",
            study.name, study.title, study.n
        ));
        let mut claims = Table::new(&[
            ("claim", ""),
            ("printed", ""),
            ("verdict", ""),
            ("95 % exact", ""),
            ("why", ""),
        ]);
        for claim in &study.claims {
            let interval = claim.interval.map_or_else(String::new, |interval| {
                format!(
                    "{:.1}–{:.1}",
                    interval.lower * 100.0,
                    interval.upper * 100.0
                )
            });
            claims.row([
                claim.id.clone(),
                claim.printed.clone(),
                claim.verdict.to_string(),
                interval,
                claim.reason.clone(),
            ]);
        }
        text.push_str(&claims.to_text());
        for relation in &study.relations {
            let found = if relation.holds {
                let more = if relation.more { " or more" } else { "" };
                format!(
                    "holds, {}{more} joint solutions with n = {}",
                    relation.solutions,
                    short(&relation.denominators)
                )
            } else {
                "no counts fit".to_owned()
            };
            text.push_str(&format!("= {}: {found}\n", relation.relation));
        }
        for finding in &study.findings {
            let of = if finding.claims.is_empty() {
                String::new()
            } else {
                format!(" ({})", finding.claims.join(", "))
            };
            text.push_str(&format!("! {}{of}\n", finding.rule));
        }
        for open in &study.ambiguous {
            text.push_str(&format!("? {open}\n"));
        }
        text.push('\n');
    }
    text
}

fn short(numbers: &[u64]) -> String {
    const NAMED: usize = 20;
    let words: Vec<String> = numbers.iter().take(NAMED).map(u64::to_string).collect();
    let dots = if numbers.len() > NAMED { ", …" } else { "" };
    format!("{}{dots}", words.join(", "))
}
