//! Whether activity, CT, structures and dose are of one patient.

use std::path::Path;

use anyhow::bail;
use sirt_dicom::{PatientMark, SeriesKind};

use crate::dicom_inputs;
use crate::failure;
use crate::inputs;
use crate::result::Finding;

/// Kinds of objects that a path is read for, with their word.
pub(crate) struct Input<'a> {
    pub(crate) what: &'static str,
    pub(crate) path: &'a Path,
    pub(crate) kinds: &'static [SeriesKind],
}

/// Whether a user accepts another patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acceptance {
    /// The option was not given.
    NotGiven,
    /// The option was given.
    Given,
}

impl Acceptance {
    /// By whether the option was given.
    pub(crate) fn by_option(given: bool) -> Self {
        if given { Self::Given } else { Self::NotGiven }
    }
}

/// Refuses inputs of another patient than `first`, which is called `whose`;
/// where that is accepted it is told instead.
///
/// Formats without a patient are of any.
pub(crate) fn require_one(
    whose: &str,
    first: Option<PatientMark>,
    others: &[Input<'_>],
    accepted: Acceptance,
) -> anyhow::Result<Option<Finding>> {
    let Some(first) = first else {
        return Ok(None);
    };
    let mut foreign = Vec::new();
    for input in others {
        let marks = marks_of(input.path, input.kinds)?;
        if marks.iter().any(|mark| mark.is_another_than(&first)) {
            foreign.push(format!(
                "{} ({})",
                input.what,
                inputs::file_name(input.path)
            ));
        }
    }
    if foreign.is_empty() {
        return Ok(None);
    }
    let rule = format!(
        "another patient than the {whose}, by (0010,0020) PatientID or (0010,0010) PatientName: {}",
        foreign.join(", ")
    );
    let wanted = "give images and structures of one patient";
    match accepted {
        Acceptance::Given => {}
        Acceptance::NotGiven => bail!(failure::Ambiguous(format!(
            "{rule}; {wanted}, or --accept-other-patient if it is one under two identifiers"
        ))),
    }
    Ok(Some(Finding {
        severity: "weakens",
        subject: "patient".to_owned(),
        rule: format!("{rule}; accepted by --accept-other-patient"),
        fix: "none needed if it is one patient under two identifiers".to_owned(),
    }))
}

/// The patients of all series of some kinds; none for what cannot be read,
/// which the reading itself will tell.
pub(crate) fn marks_of(path: &Path, kinds: &[SeriesKind]) -> anyhow::Result<Vec<PatientMark>> {
    if inputs::volume_format(path)?.is_some() {
        return Ok(Vec::new());
    }
    Ok(dicom_inputs::patients(path, kinds))
}
