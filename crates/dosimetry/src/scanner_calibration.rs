//! The scanner's own calibration, brought to administration.
//!
//! Decay from administration to the reference of the numbers, frame by frame
//! where nothing was corrected; a wrong half-life and a wrong positron fraction
//! are undone and redone.
//! Equations and sources in the head of `calibration`.

use jiff::civil::DateTime;
use sirt_image::{ActivityAcquisition, DecayCorrection, FrameTiming, InstantOf, Recorded};
use sirt_quantity::{NuclideLibrary, TimeSpan, decay_factor, frame_average_factor};

use crate::calibration::{field_of, nuclide_in_words, unsettled};
use crate::decay_reference::{elapsed, recorded_reference};
use crate::{Calibration, Decision, DosimetryError, Settlement};

/// Half-lives that agree to this relative difference are one half-life:
/// the published ones of Y-90 spread over 0.25 %.
const SAME_HALF_LIFE: f64 = 0.005;
/// Positron fractions that agree to this are one: QUEST states 1.5 %
/// (willowson2015quest).
const SAME_POSITRON_FRACTION: f64 = 0.02;

pub(crate) fn scanner_calibration(
    mut calibration: Calibration,
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
    unit_factor: f64,
) -> Result<Calibration, DosimetryError> {
    let positron = positron_correction(&mut calibration, acquisition, settlement)?;
    let correction = decay_correction(acquisition, settlement);
    let scale = unit_factor * positron;
    let half_life = calibration.half_life;
    calibration.imaged_factor = Some(scale);
    let wrong_half_life = wrong_half_life(&calibration, acquisition)?;
    let factors = match correction {
        Some(DecayCorrection::None) => {
            let since = since_frame_starts(acquisition, settlement)?;
            calibration.decisions.push(Decision {
                about: "decay",
                value:
                    "each frame from its own start to administration, mean over the frame undone"
                        .to_owned(),
                source: correction_source(acquisition, settlement),
            });
            if acquisition
                .frames
                .iter()
                .any(|frame| frame.duration.is_none())
            {
                calibration.decisions.push(Decision {
                    about: "frame duration",
                    value: "not recorded: decay within the frame is not corrected (0.3 % for 30 min of Y-90)".to_owned(),
                    source: "(0018,1242) ActualFrameDuration is missing".to_owned(),
                });
            }
            calibration.since_administration = since.first().copied();
            let durations = acquisition
                .frames
                .iter()
                .map(|frame| frame.duration.unwrap_or(TimeSpan::ZERO));
            since
                .iter()
                .zip(durations.chain(std::iter::repeat(TimeSpan::ZERO)))
                .map(|(since, duration)| {
                    scale
                        / decay_factor(*since, half_life)
                        / frame_average_factor(duration, half_life)
                })
                .collect()
        }
        Some(DecayCorrection::Administration) => {
            if let Some(stated) = settlement
                .since_administration
                .filter(|span| span.as_hours().abs() > 0.0)
            {
                return Err(unsettled(
                    &correction_source(acquisition, settlement),
                    &format!(
                        "the numbers are already corrected to administration, and --since-administration {stated} would correct them again"
                    ),
                    "no --since-administration, or --decay-correction start",
                ));
            }
            calibration.since_administration = Some(TimeSpan::ZERO);
            calibration.decisions.push(Decision {
                about: "decay",
                value: "numbers are at administration".to_owned(),
                source: correction_source(acquisition, settlement),
            });
            match wrong_half_life {
                None => vec![scale],
                Some(scanner) => {
                    // The instant that frames are counted from is administration
                    // itself, and no span moves it.
                    let settlement = Settlement {
                        since_administration: None,
                        ..settlement.clone()
                    };
                    let middles = since_frame_middles(acquisition, &settlement)
                        .map_err(|error| settled_with(error, "--administration-time"))?;
                    note_half_life(&mut calibration.decisions, &scanner, half_life);
                    middles
                        .iter()
                        .map(|since| scale * redo(*since, scanner.value, half_life))
                        .collect()
                }
            }
        }
        Some(DecayCorrection::Start) | None => {
            // Without facts (NIfTI, NRRD), a stated span names the reference.
            let stated =
                settlement.since_administration.is_some() || settlement.reference_time.is_some();
            if correction.is_none() && !stated {
                return Err(unsettled(
                    if acquisition.modality == "PT" {
                        "(0054,1102) DecayCorrection"
                    } else {
                        "decay correction"
                    },
                    "the image does not say to which instant its numbers refer",
                    "--since-administration SPAN (0h if they are at administration), or --reference-time with --administration-time, or --administered ACTIVITY for relative calibration",
                ));
            }
            if let (None, Some(scanner)) = (correction, &wrong_half_life) {
                return Err(unsettled(
                    "decay correction",
                    &format!(
                        "the image does not say whether decay was corrected with the scanner's half-life of {:.2}",
                        scanner.value
                    ),
                    "--decay-correction none, start or admin",
                ));
            }
            let since = since_reference(acquisition, settlement, &mut calibration.decisions)?;
            calibration.since_administration = Some(since);
            let to_administration = scale / decay_factor(since, half_life);
            match wrong_half_life {
                None => vec![to_administration],
                Some(scanner) => {
                    // What the scanner undid runs from the reference that it
                    // used, whatever the span to administration is.
                    let reference = match settlement.reference_time {
                        Some(stated) => stated,
                        None => {
                            recorded_reference(acquisition)
                                .map_err(|error| {
                                    settled_with(
                                        error,
                                        "--reference-time, with --administration-time where the image does not date it",
                                    )
                                })?
                                .instant
                        }
                    };
                    let middles = frame_middles(acquisition)?;
                    note_half_life(&mut calibration.decisions, &scanner, half_life);
                    middles
                        .into_iter()
                        .map(|(start, half)| {
                            let middle = elapsed(reference, start) + half;
                            to_administration * redo(middle, scanner.value, half_life)
                        })
                        .collect()
                }
            }
        }
    };
    calibration.slice_factors = Some(factors);
    Ok(calibration)
}

/// The half-life that the scanner corrected with, where it is another one: as
/// recorded, or that of the other nuclide that is recorded.
pub(crate) fn wrong_half_life(
    calibration: &Calibration,
    acquisition: &ActivityAcquisition,
) -> Result<Option<Recorded<TimeSpan>>, DosimetryError> {
    let by_nuclide = || -> Result<Option<Recorded<TimeSpan>>, DosimetryError> {
        let Some(fact) = acquisition
            .nuclide
            .as_ref()
            .filter(|_| acquisition.modality == "PT" && wrong_isotope(calibration, acquisition))
        else {
            return Ok(None);
        };
        let library = NuclideLibrary::built_in()?;
        let scanner = nuclide_in_words(&fact.value, &library)?.ok_or_else(|| {
            unsettled(
                "(0018,1075) RadionuclideHalfLife",
                "the scanner was set to another isotope and does not say with which half-life it corrected decay",
                "images that record it, or --units counts with --administered ACTIVITY (relative calibration)",
            )
        })?;
        let (scanner, _) = scanner;
        Ok(Some(Recorded::new(
            scanner.half_life(),
            format!("{} {}", fact.field, scanner.symbol),
        )))
    };
    let used = match &acquisition.half_life {
        Some(fact) => Some(fact.clone()),
        None => by_nuclide()?,
    };
    Ok(used.filter(|fact| (fact.value / calibration.half_life - 1.0).abs() > SAME_HALF_LIFE))
}

/// An error about what is not settled, with the options that do settle it here.
fn settled_with(error: DosimetryError, options: &str) -> DosimetryError {
    match error {
        DosimetryError::Unsettled { field, reason, .. } => unsettled(&field, &reason, options),
        other => other,
    }
}

/// Undoes decay over `span` with the scanner's half-life and redoes it with the right one.
pub(crate) fn redo(span: TimeSpan, scanner: TimeSpan, half_life: TimeSpan) -> f64 {
    decay_factor(span, scanner) / decay_factor(span, half_life)
}

pub(crate) fn note_half_life(
    decisions: &mut Vec<Decision>,
    scanner: &Recorded<TimeSpan>,
    used: TimeSpan,
) {
    decisions.push(Decision {
        about: "scanner half-life",
        value: format!("{:.2} undone, {used} applied", scanner.value),
        source: scanner.field.clone(),
    });
}

/// Ratio of the positron fraction that the scanner divided by to the true one.
pub(crate) fn positron_correction(
    calibration: &mut Calibration,
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
) -> Result<f64, DosimetryError> {
    let Some(truth) = calibration
        .nuclide
        .positron_fraction
        .as_ref()
        .map(|sourced| sourced.value)
    else {
        return Ok(1.0);
    };
    let (used, source) = match (
        settlement.scanner_positron_fraction,
        &acquisition.positron_fraction,
    ) {
        (Some(stated), _) => (stated, "--scanner-positron-fraction".to_owned()),
        (None, Some(fact)) => (fact.value, fact.field.clone()),
        (None, None)
            if acquisition.modality == "PT"
                && acquisition.nuclide.is_some()
                && wrong_isotope(calibration, acquisition) =>
        {
            return Err(unsettled(
                "(0018,1076) RadionuclidePositronFraction",
                "the scanner was set to another isotope and does not say which positron fraction it divided by",
                "--scanner-positron-fraction FRACTION",
            ));
        }
        (None, None) => return Ok(1.0),
    };
    if !(used.is_finite() && used > 0.0 && used <= 1.0) {
        return Err(DosimetryError::OutOfRange {
            what: "positron fraction",
            value: used.to_string(),
            allowed: "above 0 and up to 1",
        });
    }
    if (used / truth - 1.0).abs() <= SAME_POSITRON_FRACTION {
        return Ok(1.0);
    }
    let settled = settlement.scanner_positron_fraction.is_some()
        || (settlement.nuclide.is_some() && wrong_isotope(calibration, acquisition));
    if !settled {
        return Err(unsettled(
            &source,
            &format!(
                "positron fraction {used} is not the {truth:.3e} of {}: either the images were scaled with it, or only the tag is wrong",
                calibration.nuclide.symbol
            ),
            "--scanner-positron-fraction with the fraction that the scanner divided by",
        ));
    }
    calibration.decisions.push(Decision {
        about: "positron fraction",
        value: format!("{used} undone, {truth:.4e} applied"),
        source,
    });
    Ok(used / truth)
}

fn wrong_isotope(calibration: &Calibration, acquisition: &ActivityAcquisition) -> bool {
    let known = NuclideLibrary::built_in();
    acquisition.nuclide.as_ref().is_some_and(|fact| {
        known
            .as_ref()
            .ok()
            .and_then(|known| nuclide_in_words(&fact.value, known).ok().flatten())
            .is_none_or(|(nuclide, _)| nuclide.symbol != calibration.nuclide.symbol)
    })
}

/// From administration to the instant that the stored numbers refer to.
fn since_reference(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
    decisions: &mut Vec<Decision>,
) -> Result<TimeSpan, DosimetryError> {
    if let Some(stated) = settlement.since_administration {
        if !stated.is_finite() || stated.as_hours() < 0.0 {
            return Err(DosimetryError::OutOfRange {
                what: "time since administration",
                value: stated.to_string(),
                allowed: "0 h or more",
            });
        }
        decisions.push(Decision {
            about: "decay",
            value: format!("{stated} from administration to the reference of the numbers"),
            source: "--since-administration".to_owned(),
        });
        return Ok(stated);
    }
    let (reference, reference_source) = match settlement.reference_time {
        Some(stated) => (stated, "--reference-time".to_owned()),
        None => {
            let reference = recorded_reference(acquisition)?;
            (reference.instant, reference.source)
        }
    };
    let (administration, administration_source) = administration(acquisition, settlement)?;
    let since = elapsed(administration, reference);
    if since.as_hours() < 0.0 {
        return Err(unsettled(
            &administration_source,
            &format!(
                "administration is {:.2} h after the reference of the numbers",
                -since.as_hours()
            ),
            "--administration-time or --since-administration",
        ));
    }
    decisions.push(Decision {
        about: "decay",
        value: format!("{since:.3} from administration to the reference of the numbers"),
        source: format!("{administration_source}; {reference_source}"),
    });
    Ok(since)
}

/// From administration to the start of each frame.
pub(crate) fn since_frame_starts(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
) -> Result<Vec<TimeSpan>, DosimetryError> {
    if let (Some(stated), true) = (
        settlement.since_administration,
        acquisition.frames.is_empty(),
    ) {
        return Ok(vec![stated]);
    }
    let starts = frame_starts(acquisition)?;
    let first = starts.iter().min().copied().unwrap_or(starts[0]);
    let (offset, source) = match settlement.since_administration {
        Some(stated) => (stated, "--since-administration".to_owned()),
        None => {
            let (instant, source) = administration(acquisition, settlement)?;
            (elapsed(instant, first), source)
        }
    };
    if offset.as_hours() < 0.0 {
        return Err(unsettled(
            &source,
            &format!(
                "administration is {:.2} h after the acquisition",
                -offset.as_hours()
            ),
            "--administration-time or --since-administration",
        ));
    }
    Ok(starts
        .into_iter()
        .map(|start| offset + elapsed(first, start))
        .collect())
}

/// From administration to the middle of each frame.
pub(crate) fn since_frame_middles(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
) -> Result<Vec<TimeSpan>, DosimetryError> {
    let halves = frame_middles(acquisition)?;
    let starts = since_frame_starts(acquisition, settlement)?;
    Ok(starts
        .into_iter()
        .zip(halves)
        .map(|(start, (_, half))| start + half)
        .collect())
}

/// Start of each frame.
fn frame_starts(acquisition: &ActivityAcquisition) -> Result<Vec<DateTime>, DosimetryError> {
    acquisition
        .frames
        .iter()
        .map(|frame| frame.acquisition_start)
        .collect::<Option<Vec<_>>>()
        .filter(|starts| !starts.is_empty())
        .ok_or_else(|| {
            unsettled(
                "(0008,0032) AcquisitionTime",
                "decay is corrected frame by frame here, and not every frame records its start",
                "images that record it, or --units counts with --administered ACTIVITY (relative calibration)",
            )
        })
}

/// Start and half of the duration of each frame.
fn frame_middles(
    acquisition: &ActivityAcquisition,
) -> Result<Vec<(DateTime, TimeSpan)>, DosimetryError> {
    let half = |frame: &FrameTiming| frame.duration.map(|duration| duration / 2.0);
    let halves: Option<Vec<_>> = acquisition.frames.iter().map(half).collect();
    let halves = halves.ok_or_else(|| {
        unsettled(
            "(0018,1242) ActualFrameDuration",
            "another half-life is undone over the time to the middle of each frame, which is not known without it",
            "images that record it, or --units counts with --administered ACTIVITY (relative calibration)",
        )
    })?;
    Ok(frame_starts(acquisition)?.into_iter().zip(halves).collect())
}

fn administration(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
) -> Result<(DateTime, String), DosimetryError> {
    if let Some(stated) = settlement.administration_time {
        return Ok((stated, "--administration-time".to_owned()));
    }
    match acquisition.administration_start.as_ref() {
        Some(fact) => match fact.value {
            InstantOf::DateTime(instant) => Ok((instant, fact.field.clone())),
            InstantOf::TimeOnly(_) => Err(unsettled(
                &fact.field,
                "a time without date is ambiguous by whole days, and 24 h are a factor of 1.296 for Y-90",
                "--administration-time or --since-administration",
            )),
        },
        None => Err(unsettled(
            "(0018,1078) RadiopharmaceuticalStartDateTime",
            "the instant of administration is not recorded",
            "--administration-time, --since-administration, or --administered ACTIVITY for relative calibration",
        )),
    }
}

pub(crate) fn decay_correction(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
) -> Option<DecayCorrection> {
    settlement
        .decay_correction
        .or(acquisition.decay_correction.as_ref().map(|fact| fact.value))
}

fn correction_source(acquisition: &ActivityAcquisition, settlement: &Settlement) -> String {
    if settlement.decay_correction.is_some() {
        "--decay-correction".to_owned()
    } else {
        field_of(
            acquisition
                .decay_correction
                .as_ref()
                .map(|fact| fact.field.as_str()),
            "decay correction",
        )
    }
}
