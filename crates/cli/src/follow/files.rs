//! What `sirt follow CASE --out DIR` writes: the result, the lesions as a
//! table, and the pictures.

use std::path::Path;

use anyhow::Context as _;

use super::pictures;
use super::result::{FollowResult, SubjectResult};
use crate::dose_files::write;
use crate::output_folder::{self, OutputFolder};

/// The record of a run, which lists its files.
const RECORD: &str = "result.json";
const LESIONS: &str = "lesions.csv";

/// All files that a run may write.
fn known() -> Vec<&'static str> {
    let mut known = vec![RECORD, LESIONS];
    known.extend(pictures::NAMES);
    known
}

/// Refuses a folder with files that only look like those of an earlier run.
///
/// # Errors
/// Names the file and what to do.
pub(super) fn require_ours(out: &Path) -> anyhow::Result<()> {
    output_folder::require_ours(out, RECORD, &known())
}

/// Writes everything, in place of the files of an earlier run, and lists the
/// names in the result.
pub(super) fn write_all(result: &mut FollowResult, out: &Path) -> anyhow::Result<()> {
    let output = OutputFolder::begin(out)?;
    let folder = &output.folder();
    if let Some(subject) = result.subjects.first() {
        if let Some(table) = lesions(subject)? {
            write(folder, LESIONS, &table)?;
        }
        for (name, picture) in pictures::of(subject)? {
            write(folder, name, picture.as_bytes())?;
        }
    }
    let mut files = output.written()?;
    files.push(RECORD.to_owned());
    result.files = files;
    let json = serde_json::to_vec_pretty(result).context("cannot express the result as JSON")?;
    write(folder, RECORD, &json)?;
    require_ours(out)?;
    output.publish(RECORD, &output_folder::earlier(out, RECORD, &known()))
}

/// Each lesion on each day; none without lesions.
fn lesions(subject: &SubjectResult) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(course) = subject
        .course
        .as_ref()
        .filter(|course| !course.lesions.is_empty())
    else {
        return Ok(None);
    };
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "lesion",
        "organ",
        "site",
        "territory",
        "dose_gy",
        "dose_uncertainty_gy",
        "measure",
        "unit",
        "date",
        "state",
        "new",
        "value",
        "change_from_baseline_percent",
    ])?;
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
    for lesion in &course.lesions {
        for point in &lesion.values {
            table.write_record([
                lesion.lesion.clone(),
                lesion.organ.clone(),
                lesion.site.clone().unwrap_or_default(),
                lesion.territory.clone().unwrap_or_default(),
                number(lesion.dose_gy),
                number(lesion.dose_uncertainty_gy),
                lesion.measure.unwrap_or_default().to_owned(),
                lesion.unit.to_owned(),
                point.date.clone(),
                point.state.to_owned(),
                point.new.to_string(),
                number(point.value),
                number(point.change_from_baseline),
            ])?;
        }
    }
    Ok(Some(table.into_inner()?))
}
