//! DICOM files and folders to what the commands work on.

use std::path::Path;

use anyhow::{Context as _, bail};
use sirt_dicom::{
    Catalogue, PatientMark, Registration, Series, SeriesKind, SkippedFile, SourceReference,
    StudyContext,
};
use sirt_image::{Hounsfield, Structure, Volume};
use sirt_quantity::AbsorbedDose;

use crate::failure;
use crate::inputs::ActivityImage;
use crate::result::Finding;
use crate::settled_by::SettledBy;

/// The series that new objects refer to, with its patient and study.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) study: StudyContext,
    pub(crate) reference: SourceReference,
}

/// Kinds of series that are activity images.
pub(crate) const ACTIVITY_KINDS: [SeriesKind; 3] =
    [SeriesKind::Pet, SeriesKind::EnhancedPet, SeriesKind::Nm];
/// Kinds of series that are a CT.
pub(crate) const CT_KINDS: [SeriesKind; 2] = [SeriesKind::Ct, SeriesKind::EnhancedCt];
/// Kinds of series that are a dose.
pub(crate) const DOSE_KINDS: [SeriesKind; 1] = [SeriesKind::Dose];
pub(crate) const STRUCTURE_KINDS: [SeriesKind; 2] =
    [SeriesKind::StructureSet, SeriesKind::Segmentation];

/// Reads the activity image of a file or folder.
pub(crate) fn read_activity(
    path: &Path,
    wanted: Option<&str>,
    settled_by: SettledBy,
    accept_missing_slices: bool,
) -> anyhow::Result<ActivityImage> {
    let catalogue = scanned(path)?;
    let series = the_one(
        &catalogue,
        path,
        &ACTIVITY_KINDS,
        "activity image (PET, NM)",
        wanted,
        settled_by,
    )?;
    let (volume, acquisition) =
        sirt_dicom::read_activity(series).with_context(|| place(&catalogue, path))?;
    let mut found = damaged_files(&catalogue);
    for finding in &series.findings {
        found.push(
            settled_by
                .finding(finding, accept_missing_slices)
                .with_context(|| place(&catalogue, path))?,
        );
    }
    Ok(ActivityImage {
        label: label(series),
        volume,
        acquisition,
        findings: found,
        patient: series.patient(),
        source: Some(source(series)?),
    })
}

/// Planar views of one series, with what tells whose they are.
pub(crate) struct PlanarSeries {
    pub(crate) label: String,
    pub(crate) images: sirt_dicom::PlanarImages,
    pub(crate) nuclide: Option<String>,
}

/// Reads all planar views of a file or folder, in the order of its series.
pub(crate) fn read_planar(path: &Path) -> anyhow::Result<Vec<PlanarSeries>> {
    let catalogue = scanned(path)?;
    let mut found = Vec::new();
    let mut first_error = None;
    for series in catalogue.of_kind(&[SeriesKind::Nm]) {
        match sirt_dicom::read_planar(series) {
            Ok(images) => found.push(PlanarSeries {
                label: label(series),
                images,
                nuclide: series.nuclide.clone(),
            }),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    if found.is_empty() {
        let place = place(&catalogue, path);
        return Err(match first_error {
            Some(error) => {
                anyhow::Error::new(error).context(format!("{place}: no planar view in it"))
            }
            None => anyhow::anyhow!(
                "{place}: no planar view (NM, static) in it, but {}",
                described(&catalogue)
            ),
        });
    }
    Ok(found)
}

/// Whose a series is and when it was made; the study holds a name and an
/// identifier, which go nowhere.
pub(crate) struct Identity {
    pub(crate) patient: Option<PatientMark>,
    pub(crate) study: StudyContext,
    pub(crate) start: Option<jiff::civil::DateTime>,
    pub(crate) nuclide: Option<String>,
}

/// Identities of the series of some kinds; none for what is no DICOM, which
/// the reading itself will tell.
///
/// # Errors
/// For a series whose patient cannot be read: that it is of another one is
/// then not known.
pub(crate) fn identities(path: &Path, kinds: &[SeriesKind]) -> anyhow::Result<Vec<Identity>> {
    let Ok(catalogue) = sirt_dicom::scan(path) else {
        return Ok(Vec::new());
    };
    catalogue
        .of_kind(kinds)
        .map(|series| {
            Ok(Identity {
                patient: series.patient(),
                study: sirt_dicom::study_context(series).with_context(|| {
                    format!(
                        "{}: whose it is cannot be read ({})",
                        place(&catalogue, path),
                        label(series)
                    )
                })?,
                start: series.start,
                nuclide: series.nuclide.clone(),
            })
        })
        .collect()
}

/// Patients of the series of some kinds.
pub(crate) fn patients(path: &Path, kinds: &[SeriesKind]) -> Vec<PatientMark> {
    sirt_dicom::scan(path).map_or_else(
        |_| Vec::new(),
        |catalogue| {
            catalogue
                .of_kind(kinds)
                .filter_map(Series::patient)
                .collect()
        },
    )
}

/// Reads the CT of a file or folder.
pub(crate) fn read_ct(path: &Path) -> anyhow::Result<(Volume<Hounsfield>, Vec<Finding>)> {
    let catalogue = scanned(path)?;
    let series = the_one(&catalogue, path, &CT_KINDS, "CT", None, SettledBy::Options)?;
    let ct = sirt_dicom::read_ct(series).with_context(|| place(&catalogue, path))?;
    Ok((ct, findings_of(series, &catalogue)))
}

/// Reads every structure set and segmentation of a file or folder.
pub(crate) fn read_structures(path: &Path) -> anyhow::Result<(Vec<Structure>, Vec<Finding>)> {
    let catalogue = scanned(path)?;
    let (structures, found) = structures_of(&catalogue, path)?;
    if structures.is_empty() {
        bail!(
            "{}: no structure in it (RTSTRUCT, SEG) among {}{}",
            place(&catalogue, path),
            described(&catalogue),
            reasons(&found)
        );
    }
    Ok((structures, found))
}

/// Why none of the structures can be used: the first findings that weaken or stop.
fn reasons(found: &[Finding]) -> String {
    const SHOWN: usize = 3;
    let worth: Vec<_> = found
        .iter()
        .filter(|finding| finding.severity != "note")
        .collect();
    let more = worth.len().saturating_sub(SHOWN);
    let mut text: String = worth
        .iter()
        .take(SHOWN)
        .map(|finding| format!("; {}: {}", finding.subject, finding.rule))
        .collect();
    if more > 0 {
        text.push_str(&format!("; and {more} more (sirt info)"));
    }
    text
}

/// As [`read_structures`], for a folder that may hold none.
pub(crate) fn read_structures_if_any(
    path: &Path,
) -> anyhow::Result<(Vec<Structure>, Vec<Finding>)> {
    let catalogue = sirt_dicom::scan(path).with_context(|| path.display().to_string())?;
    structures_of(&catalogue, path)
}

fn structures_of(
    catalogue: &Catalogue,
    path: &Path,
) -> anyhow::Result<(Vec<Structure>, Vec<Finding>)> {
    let mut structures = Vec::new();
    let mut found = damaged_files(catalogue);
    for series in catalogue.of_kind(&STRUCTURE_KINDS) {
        let read = sirt_dicom::read_structures_on(series, catalogue)
            .with_context(|| place(catalogue, path))?;
        structures.extend(read.structures);
        found.extend(findings(series));
        found.extend(read.findings.iter().map(finding));
    }
    Ok((structures, found))
}

/// Whether a file or folder has a series of some kinds.
pub(crate) fn holds(path: &Path, kinds: &[SeriesKind]) -> anyhow::Result<bool> {
    let catalogue = sirt_dicom::scan(path).with_context(|| path.display().to_string())?;
    Ok(catalogue.of_kind(kinds).next().is_some())
}

/// Reads an RTDOSE, and what new objects refer to it by.
pub(crate) fn read_dose(
    path: &Path,
) -> anyhow::Result<(Volume<AbsorbedDose>, Vec<Finding>, Source)> {
    let catalogue = scanned(path)?;
    let series = the_one(
        &catalogue,
        path,
        &DOSE_KINDS,
        "RTDOSE",
        None,
        SettledBy::Options,
    )?;
    let recorded = sirt_dicom::read_dose(series).with_context(|| place(&catalogue, path))?;
    let of_part = recorded.summation_finding();
    let dose = recorded.into_physical().with_context(|| {
        format!(
            "{}: (3004,0004) DoseType is not PHYSICAL, or the object holds histograms alone",
            path.display()
        )
    })?;
    let mut found = findings_of(series, &catalogue);
    found.extend(of_part.as_ref().map(finding));
    Ok((dose, found, source(series)?))
}

fn source(series: &Series) -> anyhow::Result<Source> {
    Ok(Source {
        study: sirt_dicom::study_context(series)?,
        reference: series.source_reference(),
    })
}

/// Reads a rigid registration.
pub(crate) fn read_registration(path: &Path) -> anyhow::Result<Registration> {
    let catalogue = scanned(path)?;
    let series = the_one(
        &catalogue,
        path,
        &[SeriesKind::Registration],
        "REG",
        None,
        SettledBy::Options,
    )?;
    sirt_dicom::read_registration(series).with_context(|| place(&catalogue, path))
}

/// Headers of a file or folder; an error when there is no DICOM at all.
fn scanned(path: &Path) -> anyhow::Result<Catalogue> {
    let catalogue = sirt_dicom::scan(path).with_context(|| path.display().to_string())?;
    if catalogue.series.is_empty() {
        bail!(
            "{}: neither DICOM nor NIfTI, NRRD or MetaImage; {}",
            path.display(),
            first_skipped(&catalogue.skipped)
                .unwrap_or_else(|| "the folder holds no file".to_owned())
        );
    }
    Ok(catalogue)
}

/// The first files that are not used, with their reasons; `None` without any.
pub(crate) fn first_skipped(skipped: &[SkippedFile]) -> Option<String> {
    let shown: Vec<_> = skipped.iter().take(3).map(ToString::to_string).collect();
    (!shown.is_empty()).then(|| shown.join("; "))
}

/// The only series of some kinds, or the one that the user named.
fn the_one<'a>(
    catalogue: &'a Catalogue,
    path: &Path,
    kinds: &'a [SeriesKind],
    what: &str,
    wanted: Option<&str>,
    settled_by: SettledBy,
) -> anyhow::Result<&'a Series> {
    let candidates: Vec<&Series> = catalogue
        .of_kind(kinds)
        .filter(|series| wanted.is_none_or(|wanted| series.series_uid.ends_with(wanted)))
        .collect();
    match candidates.as_slice() {
        [one] => Ok(one),
        [] => bail!(
            "{}: no {what} in it, but {}",
            place(catalogue, path),
            described(catalogue)
        ),
        several => bail!(failure::Ambiguous(format!(
            "{}: {} series of {what}: {}; {}",
            place(catalogue, path),
            several.len(),
            several
                .iter()
                .map(|series| {
                    let stop = series
                        .first_stop()
                        .map_or_else(String::new, |stop| format!(": {} {}", stop.tag, stop.rule));
                    format!("{} ({}{stop})", series.series_uid, label(series))
                })
                .collect::<Vec<_>>()
                .join(", "),
            how_to_choose(several, kinds, settled_by)
        ))),
    }
}

/// How one of several series is named to the command that reads it.
fn how_to_choose(several: &[&Series], kinds: &[SeriesKind], settled_by: SettledBy) -> &'static str {
    let one_uid = several
        .iter()
        .all(|series| series.series_uid == several[0].series_uid);
    if one_uid {
        "they have one UID, so no UID tells them apart: give a folder with the files of one"
    } else if kinds == ACTIVITY_KINDS {
        settled_by.series()
    } else {
        "give the folder or the files of one"
    }
}

fn described(catalogue: &Catalogue) -> String {
    let labels: Vec<_> = catalogue.series.iter().take(8).map(label).collect();
    if labels.is_empty() {
        "nothing that is known".to_owned()
    } else {
        labels.join(", ")
    }
}

/// A series in words, without anything about the patient.
pub(crate) fn label(series: &Series) -> String {
    format!(
        "{} series of {} file(s), first {}",
        series.modality, series.files, series.first_file
    )
}

/// The path, with the damaged files in it: one of them may be the reason of
/// what follows.
fn place(catalogue: &Catalogue, path: &Path) -> String {
    let mut damaged = damaged(catalogue);
    match damaged.next() {
        None => path.display().to_string(),
        Some(first) => format!(
            "{} ({} damaged file(s) not used, first {first})",
            path.display(),
            1 + damaged.count(),
        ),
    }
}

fn damaged(catalogue: &Catalogue) -> impl Iterator<Item = &SkippedFile> {
    catalogue.skipped.iter().filter(|skipped| skipped.damaged)
}

/// What weakens a result because files beside the series could not be read.
fn damaged_files(catalogue: &Catalogue) -> Vec<Finding> {
    damaged(catalogue)
        .map(|skipped| Finding {
            severity: "weakens",
            subject: skipped.file.clone(),
            rule: format!("not used: {}", skipped.reason),
            fix: "copy or export the file again; a slice may be missing at an end of the series"
                .to_owned(),
        })
        .collect()
}

fn findings_of(series: &Series, catalogue: &Catalogue) -> Vec<Finding> {
    let mut found = damaged_files(catalogue);
    found.extend(findings(series));
    found
}

pub(crate) fn findings(series: &Series) -> Vec<Finding> {
    series.findings.iter().map(finding).collect()
}

pub(crate) fn finding(finding: &sirt_dicom::Finding) -> Finding {
    Finding {
        severity: match finding.severity {
            sirt_dicom::Severity::Stops => "stops",
            sirt_dicom::Severity::Weakens => "weakens",
            sirt_dicom::Severity::Note => "note",
        },
        subject: finding.tag.clone(),
        rule: finding.rule.clone(),
        fix: finding.fix.clone(),
    }
}
