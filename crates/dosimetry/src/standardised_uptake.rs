//! Standardised uptake values, undone.
//!
//! A scanner makes `SUV = C′·w/A′` with the weight `w` (g), and with the
//! concentration `C′` (Bq/mL) and the activity `A′` (Bq) at one instant, both
//! by the half-life `T′` that it was told.
//! From the administered activity `A_adm` and the time `t_k` from administration
//! to the middle of frame `k`, the concentration at administration is, after
//! START and ADMIN alike,
//!
//! ```text
//! C_adm = SUV · A_adm/w · 2^(t_k/T − t_k/T′) · p′/p
//! ```
//!
//! with the right half-life `T` and the positron fractions `p′` of the scanner
//! and `p` of the nuclide.
//! With the right isotope on the scanner the decay cancels.
//!
//! `A_adm` is the one that the SUV were made with, right or wrong: the image's
//! own goes before a stated one, which then scales nothing.
//! SUV by another measure than body weight are refused, since the images do not
//! say which formula gave the measure.
//! Source: DICOM PS3.3 C.8.9.1 (units, SUV type: body weight where it is not
//! named), DOMAIN C.1.

use sirt_image::{ActivityAcquisition, DecayCorrection, InstantOf};
use sirt_quantity::{TimeSpan, decay_factor};

use crate::calibration::unsettled;
use crate::scanner_calibration::{
    decay_correction, note_half_life, positron_correction, redo, since_frame_middles,
    since_frame_starts, wrong_half_life,
};
use crate::{Calibration, Decision, DosimetryError, Settlement};

/// Activities closer than this are one, printed twice.
const SAME_ACTIVITY: f64 = 1e-3;
/// What else gives an activity image.
const BEFORE_CONVERSION: &str = "--units Bq/mL on the images before SUV conversion";

pub(crate) fn standardised_uptake(
    mut calibration: Calibration,
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
) -> Result<Calibration, DosimetryError> {
    require_body_weight(acquisition)?;
    let weight = acquisition
        .patient_weight_kg
        .as_ref()
        .filter(|fact| fact.value > 0.0)
        .ok_or_else(|| {
            unsettled(
                "(0010,1030) PatientWeight",
                "SUV cannot be undone without the weight that they were made with",
                BEFORE_CONVERSION,
            )
        })?
        .clone();
    let administered = match (&acquisition.administered, settlement.administered) {
        (Some(used), stated) => {
            if let Some(stated) =
                stated.filter(|stated| (*stated / used.value - 1.0).abs() > SAME_ACTIVITY)
            {
                calibration.decisions.push(Decision {
                    about: "administered activity",
                    value: format!(
                        "SUV undone with {:.1}, which they were made with; the stated {stated:.1} scale nothing and are what the image is compared with",
                        used.value
                    ),
                    source: format!("{}, --administered", used.field),
                });
            }
            used.value
        }
        (None, Some(stated)) => stated,
        (None, None) => {
            return Err(unsettled(
                "(0018,1074) RadionuclideTotalDose",
                "SUV cannot be undone without the administered activity that they were made with",
                "--administered ACTIVITY",
            ));
        }
    };
    let corrected = match decay_correction(acquisition, settlement) {
        Some(DecayCorrection::Start | DecayCorrection::Administration) => Ok(()),
        Some(DecayCorrection::None) => Err("SUV of numbers that were not corrected for decay"),
        None => Err("SUV of numbers that do not say how they were corrected for decay"),
    };
    corrected.map_err(|what| {
        unsettled(
            "(0054,1102) DecayCorrection",
            &format!("{what} cannot be undone"),
            "--decay-correction start or admin",
        )
    })?;
    let positron = positron_correction(&mut calibration, acquisition, settlement)?;
    let scanner = wrong_half_life(&calibration, acquisition)?;
    require_no_idle_instant(acquisition, settlement, scanner.is_some())?;
    let factor = administered.as_bq() / (weight.value * 1e3) * positron;
    let scanner_half_life = scanner
        .as_ref()
        .map_or(calibration.half_life, |fact| fact.value);
    // What the image holds at the instant of its numbers, where that is dated.
    let since =
        match decay_correction(acquisition, settlement) {
            Some(DecayCorrection::Start) => since_frame_starts(acquisition, settlement)
                .ok()
                .and_then(|starts| {
                    starts
                        .into_iter()
                        .reduce(|a, b| if b.as_hours() < a.as_hours() { b } else { a })
                }),
            _ => Some(TimeSpan::ZERO),
        };
    calibration.since_administration = since;
    calibration.imaged_factor =
        Some(factor * since.map_or(1.0, |since| decay_factor(since, scanner_half_life)));
    calibration.slice_factors = Some(match scanner {
        None => vec![factor],
        Some(scanner) => {
            let middles = since_frame_middles(acquisition, settlement)?;
            note_half_life(&mut calibration.decisions, &scanner, calibration.half_life);
            middles
                .into_iter()
                .map(|since| factor * redo(since, scanner.value, calibration.half_life))
                .collect()
        }
    });
    calibration.decisions.push(Decision {
        about: "calibration",
        value: format!(
            "SUV by body weight undone: C = SUV x {administered:.1} / {} kg",
            weight.value
        ),
        source: match &acquisition.suv_type {
            Some(kind) => format!("{}, {}", kind.field, weight.field),
            None => format!(
                "body weight, since (0054,1006) SUVType is not there; {}",
                weight.field
            ),
        },
    });
    Ok(calibration)
}

fn require_body_weight(acquisition: &ActivityAcquisition) -> Result<(), DosimetryError> {
    match &acquisition.suv_type {
        Some(kind) if kind.value != "BW" => Err(unsettled(
            &kind.field,
            &format!(
                "SUV of type `{}` cannot be undone, allowed is BW (body weight)",
                kind.value
            ),
            BEFORE_CONVERSION,
        )),
        _ => Ok(()),
    }
}

/// Refuses instants that nothing would come of.
fn require_no_idle_instant(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
    redone: bool,
) -> Result<(), DosimetryError> {
    let dated = acquisition
        .administration_start
        .as_ref()
        .is_some_and(|fact| matches!(fact.value, InstantOf::DateTime(_)));
    let reason = if !redone {
        "SUV were made with concentration and activity at one instant, so the decay cancels and a stated instant would change nothing"
    } else if dated {
        "SUV were made with the administration that the image records, which goes before a stated one"
    } else {
        "what is redone for SUV runs from administration to the frames"
    };
    for (given, option, of_use) in [
        (
            settlement.since_administration.is_some(),
            "--since-administration",
            redone && !dated,
        ),
        (
            settlement.administration_time.is_some(),
            "--administration-time",
            redone && !dated,
        ),
        (
            settlement.reference_time.is_some(),
            "--reference-time",
            false,
        ),
    ] {
        if given && !of_use {
            return Err(unsettled(
                option,
                reason,
                &format!("no {option}, or {BEFORE_CONVERSION}"),
            ));
        }
    }
    Ok(())
}
