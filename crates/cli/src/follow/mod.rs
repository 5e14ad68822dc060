//! `sirt follow`: what became of patients, by every criterion.

mod case;
mod case_text;
mod condition_text;
pub(crate) mod course;
mod files;
mod lesions;
mod liver;
pub(crate) mod pictures;
pub(crate) mod result;
mod text;
mod toxicity;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rayon::prelude::*;
use sirt_outcome::{
    CriterionResult, CriterionRules, EndpointRules, EventWindows, ExtrahepaticSite,
    LaboratoryGrades, MarkerDefinitions, PatientRecord, ResponseCriteria, Timeline,
    built_in_endpoints, discordances,
};
use sirt_store::{Study, StudyReader, StudySubject};

pub(crate) use self::case::{of_case, written};
pub(crate) use self::case_text::summary;
use self::result::{
    AgreementResult, CriterionJson, DiscordanceJson, EndpointJson, FollowResult, LeftOutJson,
    RecordFindingJson, SubjectResult,
};
use crate::follow_arguments::FollowArguments;
use crate::result::Program;
use crate::table;

/// Runs the command.
pub(crate) fn run(arguments: &FollowArguments) -> anyhow::Result<ExitCode> {
    let table = ResponseCriteria::built_in()?;
    match (&arguments.case, &arguments.sdtm) {
        (Some(case), _) => case::run(case, arguments, &table)?,
        (None, Some(folder)) => study(folder, arguments, &table)?,
        // The parser asks for one of both.
        (None, None) => bail!("a case or --sdtm DIR is needed"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Follows the patients of a study's tables.
fn study(
    folder: &Path,
    arguments: &FollowArguments,
    table: &ResponseCriteria,
) -> anyhow::Result<()> {
    let tables = Tables::new(table, &arguments.criteria, "recist-1.1")?;
    let study =
        Study::read(folder).with_context(|| format!("cannot follow {}", folder.display()))?;
    let (chosen, left_out) = readers(&study, arguments)?;
    let subjects: Vec<SubjectResult> = chosen
        .par_iter()
        .map(|(subject, reader)| follow(subject, reader, &tables, None))
        .collect();
    let result = FollowResult {
        program: Program::THIS,
        criteria: tables
            .criteria
            .iter()
            .map(|rules| result::rules(rules))
            .collect(),
        read: study.files,
        files: Vec::new(),
        agreement: agreement(&subjects),
        subjects,
        left_out,
        notes: study.notes,
    };
    if arguments.json {
        table::print_json(&result)
    } else {
        text::print(&result)
    }
}

/// What patients are judged by.
struct Tables<'a> {
    criteria: Vec<&'a CriterionRules>,
    endpoints: Vec<EndpointRules>,
    markers: MarkerDefinitions,
    grades: LaboratoryGrades,
    windows: EventWindows,
}

impl<'a> Tables<'a> {
    /// The built-in tables, with the criteria that are asked for.
    fn new(table: &'a ResponseCriteria, asked: &[String], without: &str) -> anyhow::Result<Self> {
        let default = [without.to_owned()];
        let asked = if asked.is_empty() { &default } else { asked };
        Ok(Self {
            criteria: criteria(table, asked)?,
            endpoints: built_in_endpoints()?,
            markers: MarkerDefinitions::built_in()?,
            grades: LaboratoryGrades::built_in()?,
            windows: EventWindows::built_in()?,
        })
    }
}

/// The criteria that are asked for, each once.
fn criteria<'a>(
    table: &'a ResponseCriteria,
    names: &[String],
) -> anyhow::Result<Vec<&'a CriterionRules>> {
    let mut chosen: Vec<&CriterionRules> = Vec::new();
    for name in names {
        let named: Vec<&CriterionRules> = if name == "all" {
            table.iter().collect()
        } else {
            vec![table.named(name.trim())?]
        };
        for rules in named {
            if !chosen.iter().any(|known| known.name == rules.name) {
                chosen.push(rules);
            }
        }
    }
    Ok(chosen)
}

/// A patient with the reader that counts.
type Read<'a> = (&'a StudySubject, &'a StudyReader);

/// Each patient with the reader, or the readers, that are asked for, and those
/// of whom nobody, or not this reader, has results.
fn readers<'a>(
    study: &'a Study,
    arguments: &FollowArguments,
) -> anyhow::Result<(Vec<Read<'a>>, Vec<LeftOutJson>)> {
    let mut chosen = Vec::new();
    let mut left_out: Vec<LeftOutJson> = study
        .left_out
        .iter()
        .map(|left_out| LeftOutJson {
            id: left_out.id.clone(),
            reason: left_out.reason.clone(),
        })
        .collect();
    for subject in &study.subjects {
        if arguments.all_readers {
            chosen.extend(subject.readers.iter().map(|reader| (subject, reader)));
            continue;
        }
        let reader = match &arguments.reader {
            None => subject.default_reader(),
            Some(name) => subject
                .readers
                .iter()
                .find(|reader| reader.name.eq_ignore_ascii_case(name)),
        };
        match reader {
            Some(reader) => chosen.push((subject, reader)),
            None => left_out.push(LeftOutJson {
                id: subject.id.clone(),
                reason: format!(
                    "no results by the reader `{}`; read by {}",
                    arguments.reader.as_deref().unwrap_or_default(),
                    subject
                        .readers
                        .iter()
                        .map(|reader| reader.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            }),
        }
    }
    left_out.sort_by(|one, other| one.id.cmp(&other.id));
    if chosen.is_empty() {
        let mut known: Vec<&str> = study
            .subjects
            .iter()
            .flat_map(|subject| subject.readers.iter().map(|reader| reader.name.as_str()))
            .collect();
        known.sort_unstable();
        known.dedup();
        bail!(
            "no results by the reader `{}`; the tables have {}",
            arguments.reader.as_deref().unwrap_or_default(),
            known.join(", ")
        );
    }
    Ok((chosen, left_out))
}

/// One patient by one reader.
fn follow(
    subject: &StudySubject,
    reader: &StudyReader,
    tables: &Tables<'_>,
    sites: Option<&[ExtrahepaticSite]>,
) -> SubjectResult {
    let mut result = SubjectResult {
        id: subject.id.clone(),
        reader: reader.name.clone(),
        readers: subject
            .readers
            .iter()
            .map(|reader| reader.name.clone())
            .collect(),
        refused: None,
        criteria: BTreeMap::new(),
        endpoints: Vec::new(),
        discordance: Vec::new(),
        markers: Vec::new(),
        toxicity: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        course: None,
    };
    let record = match &reader.record {
        Ok(record) => record,
        Err(reason) => {
            result.refused = Some(reason.clone());
            return result;
        }
    };
    result.findings = record.check().iter().map(RecordFindingJson::of).collect();
    if let Err(error) = record.checked() {
        result.refused = Some(error.to_string());
        return result;
    }
    judge(record, reader, tables, &mut result);
    let mut notes = Vec::new();
    result.markers = toxicity::markers(record, &tables.markers, &mut notes);
    result.toxicity = toxicity::toxicity(
        subject,
        record,
        &tables.grades,
        (&tables.windows, sites),
        &mut notes,
    );
    result.notes = notes;
    result
}

/// What every criterion says of a record.
fn assessed(record: &PatientRecord, criteria: &[&CriterionRules]) -> Vec<CriterionResult> {
    criteria
        .iter()
        .map(|rules| rules.assess(&Timeline::of_measure(record, 0, rules.measure)))
        .collect()
}

fn judge(
    record: &PatientRecord,
    reader: &StudyReader,
    tables: &Tables<'_>,
    result: &mut SubjectResult,
) {
    let criteria = &tables.criteria;
    let results = assessed(record, criteria);
    for found in &results {
        result.criteria.insert(
            found.criterion.clone(),
            CriterionJson::of(found, record, &reader.stated),
        );
    }
    result.discordance = discordances(&results)
        .iter()
        .map(|found| DiscordanceJson::of(found, record))
        .collect();
    // Times to an event follow the first criterion that is asked for.
    if let (Some(rules), Some(found)) = (criteria.first(), results.first()) {
        let in_liver = rules.assess(&Timeline::of_measure_in_liver(record, 0, rules.measure));
        result.endpoints = tables
            .endpoints
            .iter()
            .map(|endpoint| {
                EndpointJson::of(
                    endpoint,
                    &rules.name,
                    endpoint.time(record, found, &in_liver),
                    record,
                )
            })
            .collect();
    }
}

/// How often the table of responses says the same by RECIST 1.1.
fn agreement(subjects: &[SubjectResult]) -> Option<AgreementResult> {
    let mut compared = 0;
    let mut differences = Vec::new();
    for subject in subjects {
        let Some(criterion) = subject.criteria.get("recist-1.1") else {
            continue;
        };
        for point in &criterion.timepoints {
            let Some(stated) = &point.stated else {
                continue;
            };
            compared += 1;
            if point.overall.as_deref() != Some(stated.as_str()) {
                differences.push(result::Difference {
                    id: subject.id.clone(),
                    reader: subject.reader.clone(),
                    visit: point.visit.clone(),
                    date: point.date.clone(),
                    ours: point.overall.clone(),
                    stated: stated.clone(),
                });
            }
        }
    }
    (compared > 0).then(|| AgreementResult {
        compared,
        same: compared - differences.len(),
        differences,
    })
}
