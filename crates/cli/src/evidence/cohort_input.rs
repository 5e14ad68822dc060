//! A cohort from its folder, judged by what the command line asks for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sirt_outcome::evidence::claim::Study as PrintedStudy;
use sirt_outcome::evidence::cohort::{
    Cohort, CohortRules, EndpointOptions, Figure, JudgedCohort, Point, RefusedPatient, TimePoint,
    TimePoints,
};
use sirt_outcome::evidence::survival::KaplanMeierOptions;
use sirt_outcome::{
    CriterionRules, EventWindows, LaboratoryGrades, MarkerDefinitions, ResponseCriteria,
    built_in_endpoints,
};
use sirt_store::Study;

use super::filter::Filter;
use crate::evidence_cohort_arguments::{CohortArguments, ReadingArguments};

/// The criterion where nobody names one.
const USUAL_CRITERION: &str = "recist-1.1";

/// A cohort that was read.
pub(super) struct CohortInput {
    pub(super) judged: JudgedCohort,
    pub(super) options: EndpointOptions,
    pub(super) rules: CohortRules,
    /// Domain and name of every file.
    pub(super) files: Vec<(String, String)>,
    /// What was left out of tables.
    pub(super) notes: Vec<String>,
    /// The mark of made-up patients.
    pub(super) synthetic: Option<String>,
}

/// Reads and judges the cohort of a command.
pub(super) fn read(
    arguments: &CohortArguments,
    printed: Option<&PrintedStudy>,
    figures: &[Figure],
) -> anyhow::Result<CohortInput> {
    let folder = arguments.cohort.display().to_string();
    let cannot_read = || format!("cannot read {folder}");
    // A folder of cases, else one of a study's tables.
    let study = match Study::of_cases(&arguments.cohort).with_context(cannot_read)? {
        Some(cases) => cases,
        None => Study::read(&arguments.cohort).with_context(cannot_read)?,
    };
    let mut asked: Vec<Figure> = figures.to_vec();
    if let Some(printed) = printed {
        asked.extend(claimed(printed)?);
    }
    let rules = rules(
        &arguments.criteria,
        &arguments.markers,
        &arguments.months,
        printed,
        &asked,
    )?;
    let mut cohort = study.cohort(arguments.reader.as_deref());
    if let Some(condition) = &arguments.filter {
        filtered(&mut cohort, condition)?;
    }
    if let Some(name) = &arguments.reader
        && cohort.patients.iter().all(|patient| {
            !patient
                .record
                .readers
                .iter()
                .any(|reader| reader.eq_ignore_ascii_case(name))
        })
    {
        bail!("{folder}: no results by the reader `{name}`");
    }
    let judged = JudgedCohort::of(&cohort, &rules).with_context(|| folder.clone())?;
    if judged.is_empty() {
        let why = judged
            .refused
            .first()
            .map_or("there is none", |refused| refused.reason.as_str());
        bail!("{folder}: no patient can be judged: {why}");
    }
    let mut notes = study.notes;
    if judged.events.before > 0 {
        notes.push(format!(
            "{} adverse events began before treatment, or are of patients without one: they are no toxicity",
            judged.events.before
        ));
    }
    Ok(CohortInput {
        options: options(arguments),
        judged,
        rules,
        files: study.files,
        notes,
        synthetic: study.synthetic,
    })
}

/// Leaves out who does not fulfil a condition, with the reason.
fn filtered(cohort: &mut Cohort, condition: &str) -> anyhow::Result<()> {
    let columns: BTreeSet<String> = cohort
        .patients
        .iter()
        .flat_map(|patient| patient.attributes.keys().cloned())
        .collect();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let filter = Filter::parse(condition, &names)?;
    let mut kept = Vec::new();
    for patient in std::mem::take(&mut cohort.patients) {
        let reason = match filter.holds(&patient.attributes)? {
            Some(true) => {
                kept.push(patient);
                continue;
            }
            Some(false) => "left out by --where",
            None => "left out by --where: without a value that it asks for",
        };
        cohort.refused.push(RefusedPatient {
            id: patient.record.id,
            reason: reason.to_owned(),
        });
    }
    cohort.patients = kept;
    Ok(())
}

fn options(arguments: &CohortArguments) -> EndpointOptions {
    EndpointOptions {
        level: arguments.level,
        proportion: arguments.interval.into(),
        survival: KaplanMeierOptions {
            level: arguments.level,
            ..KaplanMeierOptions::default()
        },
    }
}

/// Figures of the claims of a study.
pub(super) fn claimed(printed: &PrintedStudy) -> anyhow::Result<Vec<Figure>> {
    Ok(printed
        .claims
        .iter()
        .flat_map(|claim| &claim.figures)
        .map(|key| key.parse())
        .collect::<Result<_, _>>()?)
}

/// What a cohort is judged by: what is named, else what figures need.
pub(super) fn rules(
    criteria: &[String],
    markers: &[String],
    months: &[f64],
    printed: Option<&PrintedStudy>,
    figures: &[Figure],
) -> anyhow::Result<CohortRules> {
    let table = ResponseCriteria::built_in()?;
    let mut names: Vec<&str> = criteria.iter().map(|name| name.trim()).collect();
    let computed_by = printed.map_or(&[][..], |printed| &printed.protocol.computed_by);
    if names.is_empty() {
        names = computed_by.iter().map(String::as_str).collect();
    }
    if names.is_empty() {
        names.push(USUAL_CRITERION);
    }
    let definitions = MarkerDefinitions::built_in()?;
    let points = TimePoints::built_in()?;
    let mut marker_names: Vec<&str> = markers.iter().map(|name| name.trim()).collect();
    let mut wanted: Vec<f64> = if months.is_empty() {
        points.usual().map(|point| point.months).collect()
    } else {
        months.to_vec()
    };
    for figure in figures {
        match figure {
            Figure::Response {
                criterion, point, ..
            } => {
                names.push(criterion);
                wanted.extend(months_of(*point));
            }
            Figure::Assessed { criterion, months }
            | Figure::Lesion {
                criterion, months, ..
            }
            | Figure::LesionMean { criterion, months } => {
                names.push(criterion);
                wanted.push(*months);
            }
            Figure::Marker {
                definition, point, ..
            } => {
                marker_names.push(definition);
                wanted.extend(months_of(*point));
            }
            _ => {}
        }
    }
    let mut chosen: Vec<CriterionRules> = Vec::new();
    for name in names {
        let named: Vec<&CriterionRules> = if name == "all" {
            table.iter().collect()
        } else {
            vec![table.named(name)?]
        };
        for rules in named {
            if !chosen.iter().any(|known| known.name == rules.name) {
                chosen.push(rules.clone());
            }
        }
    }
    let mut chosen_markers = Vec::new();
    for name in marker_names {
        let definition = definitions.named(name)?;
        if !chosen_markers.contains(definition) {
            chosen_markers.push(definition.clone());
        }
    }
    wanted.sort_by(f64::total_cmp);
    wanted.dedup_by(|one, other| one.total_cmp(other).is_eq());
    let time_points: Vec<TimePoint> = wanted
        .into_iter()
        .map(|months| points.of_months(months).cloned())
        .collect::<Result<_, _>>()?;
    Ok(CohortRules {
        criteria: chosen,
        markers: chosen_markers,
        endpoints: built_in_endpoints()?
            .into_iter()
            // Duration and time of response are of responders alone.
            .filter(|endpoint| endpoint.name != "ttr")
            .collect(),
        time_points,
        grades: LaboratoryGrades::built_in()?,
        windows: EventWindows::built_in()?,
    })
}

const fn months_of(point: Point) -> Option<f64> {
    match point {
        Point::Months(months) => Some(months),
        Point::Best | Point::Confirmed => None,
    }
}

/// The file of a study: itself, or `study.toml` in its folder.
pub(super) fn study_file(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join("study.toml")
    } else {
        path.to_owned()
    }
}

/// A printed study, its claims as they are to be read.
pub(super) fn printed_study(
    path: &Path,
    readings: &ReadingArguments,
) -> anyhow::Result<PrintedStudy> {
    let file = study_file(path);
    let name = || file.display().to_string();
    let text = std::fs::read_to_string(&file).with_context(name)?;
    PrintedStudy::from_toml(&text)
        .and_then(|study| {
            study.read_as(
                &readings.leave_out,
                &readings.of_evaluable,
                &readings.truncated,
            )
        })
        .with_context(name)
}
