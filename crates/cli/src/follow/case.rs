//! `sirt follow CASE`: one patient, from the case folder.

use std::path::Path;

use anyhow::{Context as _, bail};
use sirt_outcome::{Day, PatientRecord, ResponseCriteria};
use sirt_store::{Case, CaseCourse, StudyReader};

use super::course::{self, CourseResult};
use super::lesions::{self, StructureDoses};
use super::result::{self, CriterionJson, FollowResult, RecordFindingJson, SubjectResult};
use super::toxicity::StatedEvent;
use super::{Tables, assessed, case_text, files, follow, liver};
use crate::follow_arguments::FollowArguments;
use crate::plan::{ComparisonRow, planned_with_images};
use crate::result::Program;
use crate::table;

/// Criterion of which the trace stands in the text.
pub(super) const TRACED: &str = "recist-1.1";

/// Runs the command for a case.
pub(super) fn run(
    folder: &Path,
    arguments: &FollowArguments,
    table: &ResponseCriteria,
) -> anyhow::Result<()> {
    if let Some(out) = &arguments.out {
        files::require_ours(out)?;
    }
    let case = Case::read(folder).with_context(|| format!("cannot follow {}", folder.display()))?;
    let compared = if arguments.images {
        planned_with_images(folder)?.result.comparison
    } else {
        Vec::new()
    };
    let mut result = followed(&case, folder, &compared, arguments, table)?;
    if let Some(out) = &arguments.out {
        files::write_all(&mut result, out)?;
    }
    if arguments.json {
        table::print_json(&result)
    } else {
        table::print(&case_text::text(&result))
    }
}

/// Follows a case by all criteria and the reader that counts, and writes what
/// `--out` would; none without follow-up.
pub(crate) fn written(
    case: &Case,
    folder: &Path,
    compared: &[ComparisonRow],
    out: &Path,
) -> anyhow::Result<Option<SubjectResult>> {
    if case.course().is_none() {
        return Ok(None);
    }
    files::require_ours(out)?;
    let table = ResponseCriteria::built_in()?;
    let mut result = followed(case, folder, compared, &FollowArguments::default(), &table)?;
    files::write_all(&mut result, out)?;
    Ok(result.subjects.pop())
}

/// A case by all criteria and the reader that counts; none without follow-up.
pub(crate) fn of_case(
    case: &Case,
    folder: &Path,
    compared: &[ComparisonRow],
) -> anyhow::Result<Option<SubjectResult>> {
    let Some(course) = case.course() else {
        return Ok(None);
    };
    let table = ResponseCriteria::built_in()?;
    let tables = Tables::new(&table, &[], "all")?;
    let doses = doses(case, folder, compared)?;
    let Some(reader) = course.subject.readers.get(course.reader) else {
        return Ok(None);
    };
    Ok(Some(subject(case, &course, reader, &tables, &doses)?))
}

fn followed(
    case: &Case,
    folder: &Path,
    compared: &[ComparisonRow],
    arguments: &FollowArguments,
    table: &ResponseCriteria,
) -> anyhow::Result<FollowResult> {
    let tables = Tables::new(table, &arguments.criteria, "all")?;
    let Some(course) = case.course() else {
        bail!(
            "{}: the case has no follow-up: no [[measurement]], [[scan]], [[liver_volume]], [[marker]], [[symptom]], [[event]], [[performance]] or [status] (docs/case.md)",
            folder.display()
        );
    };
    let doses = doses(case, folder, compared)?;
    let readers = readers(&course, arguments)?;
    let subjects = readers
        .into_iter()
        .map(|reader| subject(case, &course, reader, &tables, &doses))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(FollowResult {
        program: Program::THIS,
        criteria: tables
            .criteria
            .iter()
            .map(|rules| result::rules(rules))
            .collect(),
        read: std::iter::once(sirt_store::CASE_FILE)
            .chain(case.follow_up.files.iter().map(String::as_str))
            .map(|name| ("case".to_owned(), name.to_owned()))
            .collect(),
        files: Vec::new(),
        agreement: super::agreement(&subjects),
        subjects,
        left_out: Vec::new(),
        notes: Vec::new(),
    })
}

fn doses(case: &Case, folder: &Path, compared: &[ComparisonRow]) -> anyhow::Result<StructureDoses> {
    if compared.is_empty() {
        StructureDoses::filed(case, folder)
    } else {
        Ok(StructureDoses::compared(compared))
    }
}

/// The reader that is asked for, or all.
fn readers<'a>(
    course: &'a CaseCourse,
    arguments: &FollowArguments,
) -> anyhow::Result<Vec<&'a StudyReader>> {
    let all = &course.subject.readers;
    if arguments.all_readers {
        return Ok(all.iter().collect());
    }
    let found = match &arguments.reader {
        None => all.get(course.reader),
        Some(name) => all
            .iter()
            .find(|reader| reader.name.eq_ignore_ascii_case(name)),
    };
    found.map(|reader| vec![reader]).with_context(|| {
        format!(
            "no results by the reader `{}`; the case has {}",
            arguments.reader.as_deref().unwrap_or_default(),
            all.iter()
                .map(|reader| reader.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        )
    })
}

/// A patient by one reader, with what stands beside responses.
fn subject(
    case: &Case,
    course: &CaseCourse,
    reader: &StudyReader,
    tables: &Tables<'_>,
    doses: &StructureDoses,
) -> anyhow::Result<SubjectResult> {
    let mut result = follow(&course.subject, reader, tables, course.sites.as_deref());
    result
        .findings
        .extend(course.findings.iter().map(|finding| RecordFindingJson {
            rule: finding.rule.id(),
            severity: "flagged",
            what: finding.reason.clone(),
        }));
    if let Some(partial) = &doses.partial {
        result.findings.push(RecordFindingJson {
            rule: "dose.partial",
            severity: "flagged",
            what: format!(
                "doses of structures are those {partial}, which is all only for lesions in the territories that these went to: give each [administration.image], or the dose of each [[lesion]]"
            ),
        });
    }
    let Ok(record) = &reader.record else {
        return Ok(result);
    };
    state_events(case, &mut result);
    let by_lesion = by_lesion(record)?;
    let start = course::start(record);
    let last: Option<Day> = course::last_day(case, record);
    result.course = Some(CourseResult {
        start: start.map(|day| day.to_string()),
        treatments: course::treatments(course),
        status: case
            .follow_up
            .status
            .as_ref()
            .map(|stated| course::status(stated, start)),
        lesions: lesions::lesions(case, record, doses, by_lesion.as_ref()),
        liver_volumes: liver::volumes(case, course)?,
        marker_values: course::markers(case),
        symptoms: course::symptoms(case, start),
        analogues: course::analogues(case, start, last)?,
        performance: course::performance(case),
        liver_function: liver::function(case)?,
        liver_disease: disease(case, course, record, tables)?,
        liver_toxicity: liver::toxicity(case, course, record, &tables.grades),
    });
    Ok(result)
}

/// What the criterion of single lesions says, whether it was asked for or not.
fn by_lesion(record: &PatientRecord) -> anyhow::Result<Option<CriterionJson>> {
    if record.checked().is_err() {
        return Ok(None);
    }
    let table = ResponseCriteria::built_in()?;
    let found = assessed(record, &[table.named("lesion-level")?]);
    Ok(found
        .first()
        .map(|found| CriterionJson::of(found, record, &[])))
}

fn disease(
    case: &Case,
    course: &CaseCourse,
    record: &PatientRecord,
    tables: &Tables<'_>,
) -> anyhow::Result<Vec<liver::LiverDiseaseJson>> {
    let usable = record.checked().is_ok();
    let found = tables
        .criteria
        .first()
        .filter(|_| usable)
        .map(|rules| assessed(record, &[rules]));
    let found = found.as_ref().and_then(|results| results.first());
    Ok(liver::disease(
        case,
        record,
        &course.subject.laboratory,
        found,
    )?)
}

/// Lays what a person said of events beside what their windows say.
fn state_events(case: &Case, result: &mut SubjectResult) {
    let events = result.toxicity.iter_mut().filter(|row| row.kind == "event");
    for (row, event) in events.zip(&case.follow_up.events) {
        let cleared = event.finding.as_ref().and_then(|finding| {
            case.clearances
                .iter()
                .find(|clearance| clearance.finding == *finding)
                .map(|clearance| {
                    format!(
                        "cleared by {} on {}: {}",
                        clearance.by, clearance.date, clearance.reason
                    )
                })
        });
        row.stated = Some(StatedEvent {
            attribution: event.attribution.map(sirt_store::StatedAttribution::name),
            organ: event.organ.clone(),
            finding: event.finding.clone(),
            cleared,
            ended: event.resolved.map(|day| day.to_string()),
            treatment: event.treatment.map(sirt_store::ToxicityTreatment::name),
            note: event.note.clone(),
        });
    }
}
