//! The scanner's own calibration, brought to administration.
//!
//! Decay from administration to the reference of the numbers, frame by frame
//! where nothing was corrected; a wrong half-life and a wrong positron fraction
//! are undone and redone.
//! Equations and sources in the head of `calibration`.

use jiff::civil::DateTime;
use sirt_image::{ActivityAcquisition, DecayCorrection, InstantOf};
use sirt_quantity::{NuclideLibrary, TimeSpan, decay_factor, frame_average_factor};

use crate::calibration::{field_of, unsettled};
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
    let scanner_half_life = acquisition
        .half_life
        .as_ref()
        .filter(|fact| (fact.value / half_life - 1.0).abs() > SAME_HALF_LIFE);
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
            match scanner_half_life {
                None => vec![scale],
                Some(scanner) => {
                    let frames = since_frame_starts(acquisition, settlement)?;
                    note_half_life(
                        &mut calibration.decisions,
                        scanner.value,
                        half_life,
                        &scanner.field,
                    );
                    frames
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
                    "decay correction",
                    "the image does not say to which instant its numbers refer",
                    "--since-administration SPAN (0h if they are at administration), or --reference-time with --administration-time, or --administered ACTIVITY for relative calibration",
                ));
            }
            let since = since_reference(acquisition, settlement, &mut calibration.decisions)?;
            calibration.since_administration = Some(since);
            let to_administration = scale / decay_factor(since, half_life);
            match scanner_half_life {
                None => vec![to_administration],
                Some(scanner) => {
                    note_half_life(
                        &mut calibration.decisions,
                        scanner.value,
                        half_life,
                        &scanner.field,
                    );
                    let reference = recorded_reference(acquisition)?;
                    acquisition
                        .frames
                        .iter()
                        .map(|frame| {
                            let start = frame
                                .acquisition_start
                                .map_or(TimeSpan::ZERO, |start| elapsed(reference.instant, start));
                            let middle = start + frame.duration.unwrap_or(TimeSpan::ZERO) / 2.0;
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

/// Undoes decay over `span` with the scanner's half-life and redoes it with the right one.
fn redo(span: TimeSpan, scanner: TimeSpan, half_life: TimeSpan) -> f64 {
    decay_factor(span, scanner) / decay_factor(span, half_life)
}

fn note_half_life(decisions: &mut Vec<Decision>, scanner: TimeSpan, used: TimeSpan, field: &str) {
    decisions.push(Decision {
        about: "scanner half-life",
        value: format!("{scanner:.2} undone, {used} applied"),
        source: field.to_owned(),
    });
}

/// Ratio of the positron fraction that the scanner divided by to the true one.
fn positron_correction(
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
            .and_then(|known| known.named(&fact.value).ok())
            .is_none_or(|nuclide| nuclide.symbol != calibration.nuclide.symbol)
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

fn since_frame_starts(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
) -> Result<Vec<TimeSpan>, DosimetryError> {
    if let (Some(stated), true) = (
        settlement.since_administration,
        acquisition.frames.is_empty(),
    ) {
        return Ok(vec![stated]);
    }
    let starts: Option<Vec<DateTime>> = acquisition
        .frames
        .iter()
        .map(|frame| frame.acquisition_start)
        .collect();
    let starts = starts.filter(|starts| !starts.is_empty()).ok_or_else(|| {
        unsettled(
            "(0008,0032) AcquisitionTime",
            "without decay correction each frame needs the start of its acquisition",
            "--decay-correction start with --since-administration",
        )
    })?;
    let first = starts.iter().min().copied().unwrap_or(starts[0]);
    let offset = match settlement.since_administration {
        Some(stated) => stated,
        None => elapsed(administration(acquisition, settlement)?.0, first),
    };
    if offset.as_hours() < 0.0 {
        return Err(unsettled(
            "(0018,1078) RadiopharmaceuticalStartDateTime",
            "administration is after the acquisition",
            "--administration-time or --since-administration",
        ));
    }
    Ok(starts
        .into_iter()
        .map(|start| offset + elapsed(first, start))
        .collect())
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
