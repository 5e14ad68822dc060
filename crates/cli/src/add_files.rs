//! The files of a sum of doses: NIfTI, the record, and DICOM where all doses are.

use std::path::Path;

use anyhow::Context as _;
use sirt_dicom::{
    Code, DoseSumRecord, DoseWord, SeriesContext, SourceReference, UidSeed, encode_dose_sum,
};
use sirt_dosimetry::AccumulatedDose;
use sirt_image::{Compression, write_nifti};
use sirt_quantity::TimeSpan;

use crate::add::AddResult;
use crate::dicom_inputs::Source;
use crate::dose_dicom::now;
use crate::dose_files::write;
use crate::output_folder::{self, OutputFolder};
use crate::result::Finding;

/// The record of a run, which lists its files.
const RECORD: &str = "sum.json";
const DOSE: &str = "dose_sum.nii.gz";
const DOSE_DICOM: &str = "dose_sum.dcm";
const BED: &str = "bed_sum_liver.nii.gz";
/// All files that a run may write.
const FILES: [&str; 4] = [DOSE, DOSE_DICOM, BED, RECORD];
/// Series number of the sum: behind those of a single dose (901 to 904).
const SERIES_NUMBER: u32 = 905;

/// Refuses a folder with files that only look like those of an earlier run.
///
/// # Errors
/// Names the file and what to do.
pub(crate) fn require_ours(out: &Path) -> anyhow::Result<()> {
    output_folder::require_ours(out, RECORD, &FILES)
}

/// Writes everything, in place of the files of an earlier run, and lists the
/// names in the result.
///
/// `sources` are the doses that were added, as far as they are DICOM.
pub(crate) fn write_all(
    result: &mut AddResult,
    sum: &AccumulatedDose,
    begins: &[TimeSpan],
    sources: &[Option<Source>],
    out: &Path,
) -> anyhow::Result<()> {
    let output = OutputFolder::begin(out)?;
    let folder = &output.folder();
    let dose = write_nifti(&sum.dose, "sum of absorbed doses, Gy", Compression::Gzip)?;
    write(folder, DOSE, &dose)?;
    let bed = write_nifti(
        &sum.bed,
        "BED with the parameters of liver, Gy",
        Compression::Gzip,
    )?;
    write(folder, BED, &bed)?;
    if let Some(sources) = sources
        .iter()
        .map(Option::as_ref)
        .collect::<Option<Vec<_>>>()
    {
        write_dicom(sum, begins, &sources, folder)?;
    }
    let mut files = output.written()?;
    files.push(RECORD.to_owned());
    result.files = files;
    let json = serde_json::to_vec_pretty(result).context("cannot express the result as JSON")?;
    write(folder, RECORD, &json)?;
    require_ours(out)?;
    output.publish(RECORD, &output_folder::earlier(out, RECORD, &FILES))
}

/// The sum as RTDOSE, in the study of the first dose.
fn write_dicom(
    sum: &AccumulatedDose,
    begins: &[TimeSpan],
    sources: &[&Source],
    folder: &Path,
) -> anyhow::Result<()> {
    let (Some(first), Some(_)) = (sources.first(), sum.dose.frame_of_reference()) else {
        return Ok(());
    };
    // Same numbers of the same doses, same identifiers.
    let mut seed = b"sum".to_vec();
    for (source, begin) in sources.iter().zip(begins) {
        seed.extend(source.reference.series_uid.bytes());
        seed.extend(begin.as_hours().to_le_bytes());
    }
    seed.extend(sum.dose.sum().to_le_bytes());
    let references: Vec<SourceReference> = sources
        .iter()
        .map(|source| source.reference.clone())
        .collect();
    encode_dose_sum(
        &first.study,
        &SeriesContext {
            series_uid: UidSeed::new(&seed).uid("sum of doses"),
            number: SERIES_NUMBER,
            description: "OpenSIRT sum of doses".to_owned(),
            created: now(),
        },
        &sum.dose,
        &DoseSumRecord {
            begins: begins.to_vec(),
            derivation: format!("OpenSIRT {}", env!("CARGO_PKG_VERSION")),
            site: Code::LIVER,
            sources: references,
            word: DoseWord::Bits16,
        },
    )?
    .write_to(folder.join(DOSE_DICOM))?;
    Ok(())
}

/// Doses whose patients have different identifiers; which ones is not told.
pub(crate) fn other_patient(sources: &[Option<Source>]) -> Option<Finding> {
    let mut ids: Vec<&str> = sources
        .iter()
        .flatten()
        .map(|source| source.study.patient_id.as_str())
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    (ids.len() > 1).then(|| Finding {
        severity: "weakens",
        subject: "(0010,0020) PatientID".to_owned(),
        rule: format!(
            "the doses have {} different ones; {DOSE_DICOM} has that of the first",
            ids.len()
        ),
        fix: "check that all doses are of one patient".to_owned(),
    })
}
