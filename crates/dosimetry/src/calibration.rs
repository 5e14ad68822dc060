//! From stored numbers to activity concentration at administration.
//!
//! One state machine for every activity image.
//! Its input are the facts that the image records ([`ActivityAcquisition`])
//! and what the user settled ([`Settlement`]); its output is one factor for
//! each slice, `C_adm = f_slice · stored`, and the list of decisions behind it.
//!
//! ```text
//! units    BQML            C = stored
//!          GML (SUVbw)     C_adm = SUV · A_adm / weight        (START and ADMIN;
//!                          module `standardised_uptake`)
//!          CNTS, PROPCNTS  relative: C_adm = c · A_adm·(1 − L) / (Σc · v)
//! decay    START           C_adm = C · 2^(t/T),  t from administration to the reference
//!          ADMIN           C_adm = C
//!          NONE            C_adm = C · 2^(t_k/T) / m_k, each frame from its own start t_k,
//!                          m = (1 − e^(−λΔt))/(λΔt)
//! scanner  half-life T′    · 2^(δ_k/T − δ_k/T′), δ_k from the reference to the
//!                          middle of the frame; the reference of ADMIN is administration
//!          positrons p′    · p′/p
//! ```
//!
//! `T` half-life (h), `L` lung shunt fraction, `v` voxel volume (mL), `p`
//! positrons per decay.
//! Source: DICOM PS3.3 C.8.9.1 (units, decay correction), DOMAIN C.1 and C.2;
//! relative calibration after chiesa2021sop.
//!
//! What is missing or contradictory is refused with the field and the option
//! that settles it; nothing is assumed in silence.

use jiff::civil::DateTime;
use serde::Serialize;
use sirt_image::{ActivityAcquisition, DecayCorrection, PixelUnits};
use sirt_quantity::{Activity, Nuclide, NuclideLibrary, TimeSpan};

use crate::scanner_calibration::{decay_correction, scanner_calibration};
use crate::standardised_uptake::standardised_uptake;
use crate::{Device, DeviceLibrary, DosimetryError};

/// What a user states because the image does not, or says it wrongly.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settlement {
    /// Unit of the stored numbers (`--units`).
    pub units: Option<PixelUnits>,
    /// Multiplies stored numbers to the unit above (kBq/mL: 1000).
    pub unit_factor: Option<f64>,
    /// Nuclide that was administered, or is to be (`--nuclide`).
    pub nuclide: Option<String>,
    /// Half-life to compute with (`--half-life`).
    pub half_life: Option<TimeSpan>,
    /// Positrons per decay that the scanner divided by (`--scanner-positron-fraction`).
    pub scanner_positron_fraction: Option<f64>,
    /// Decay correction of the stored numbers (`--decay-correction`).
    pub decay_correction: Option<DecayCorrection>,
    /// Instant that the stored numbers refer to (`--reference-time`).
    pub reference_time: Option<DateTime>,
    /// Instant of administration (`--administration-time`).
    pub administration_time: Option<DateTime>,
    /// From administration to the reference instant (`--since-administration`).
    pub since_administration: Option<TimeSpan>,
    /// Activity that was administered (`--administered`).
    pub administered: Option<Activity>,
    /// Lung shunt fraction of the administered activity, 0..1 (`--lung-shunt`).
    pub lung_shunt: Option<f64>,
}

/// How numbers become activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationKind {
    /// The scanner's own calibration.
    Scanner,
    /// The administered activity, shared out in proportion to the numbers.
    Relative,
}

/// One thing that was decided, and on what ground.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// What was decided, for example `units`.
    pub about: &'static str,
    /// The value in words.
    pub value: String,
    /// The field or option it rests on.
    pub source: String,
}

/// How one image is turned into activity at administration.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Whose calibration it is.
    pub kind: CalibrationKind,
    /// The nuclide that the dose is computed for.
    pub nuclide: Nuclide,
    /// Its half-life as used.
    pub half_life: TimeSpan,
    /// Factor from stored numbers to Bq/mL as imaged; `None` for counts.
    pub imaged_factor: Option<f64>,
    /// Factors from stored numbers to Bq/mL at administration: one for all
    /// slices, or one each.  `None` where [`relative_factor`] must set it
    /// from the sum of the image.
    pub slice_factors: Option<Vec<f64>>,
    /// From administration to the reference instant, where known.
    pub since_administration: Option<TimeSpan>,
    /// Activity that was administered, where known.
    pub administered: Option<Activity>,
    /// Activity to share out in relative calibration.
    pub to_distribute: Option<Activity>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
}

/// Decides how to calibrate an image.
///
/// # Errors
/// [`DosimetryError::Unsettled`] with the field, the reason and the options
/// that settle it; [`DosimetryError::Quantity`] for an unknown nuclide.
pub fn calibrate(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
    nuclides: &NuclideLibrary,
) -> Result<Calibration, DosimetryError> {
    let mut decisions = Vec::new();
    let units = decide_units(acquisition, settlement, &mut decisions)?;
    let nuclide = decide_nuclide(acquisition, settlement, nuclides, &units, &mut decisions)?;
    let half_life = decide_half_life(&nuclide, settlement, &mut decisions)?;
    let administered = settlement.administered.or(acquisition
        .administered
        .as_ref()
        .filter(|_| units == PixelUnits::GramPerMl)
        .map(|fact| fact.value));
    let unit_factor = settlement.unit_factor.unwrap_or(1.0);
    let base = Calibration {
        kind: CalibrationKind::Scanner,
        nuclide,
        half_life,
        imaged_factor: None,
        slice_factors: None,
        since_administration: settlement.since_administration,
        administered,
        to_distribute: None,
        decisions,
    };
    match units {
        PixelUnits::BecquerelPerMl => {
            let timed = settlement.since_administration.is_some()
                || settlement.administration_time.is_some()
                || acquisition.administration_start.is_some()
                || decay_correction(acquisition, settlement)
                    == Some(DecayCorrection::Administration);
            match settlement.administered {
                // Without any instant, the administered activity is what settles it.
                // What the image holds stays what its own unit says.
                Some(activity) if !timed => relative(
                    Calibration {
                        imaged_factor: Some(unit_factor),
                        ..base
                    },
                    settlement,
                    activity,
                    "--administered, since no instant of administration is known",
                ),
                _ => scanner_calibration(base, acquisition, settlement, unit_factor),
            }
        }
        PixelUnits::GramPerMl => standardised_uptake(base, acquisition, settlement),
        PixelUnits::Counts | PixelUnits::ProportionalToCounts => {
            let activity = settlement.administered.ok_or_else(|| {
                unsettled(
                    &field_of(
                        acquisition.units.as_ref().map(|fact| fact.field.as_str()),
                        "units",
                    ),
                    "counts carry no activity of their own",
                    "--administered ACTIVITY (relative calibration) or --units if the numbers are Bq/mL",
                )
            })?;
            relative(base, settlement, activity, "--administered")
        }
        PixelUnits::Other(unit) if unit.to_ascii_lowercase().contains("{suv") => Err(unsettled(
            &field_of(
                acquisition.units.as_ref().map(|fact| fact.field.as_str()),
                "units",
            ),
            &format!(
                "SUV in `{unit}` are made with another measure than body weight, allowed is g/ml{{SUVbw}}"
            ),
            "--units Bq/mL on the images before SUV conversion",
        )),
        PixelUnits::Other(unit) => Err(unsettled(
            &field_of(
                acquisition.units.as_ref().map(|fact| fact.field.as_str()),
                "units",
            ),
            &format!("unit `{unit}` is not one of BQML, CNTS, PROPCNTS, GML"),
            "--units Bq/mL, kBq/mL, MBq/mL or counts",
        )),
    }
}

/// Everything that keeps an image from being calibrated by what it records
/// alone, in the order in which it is met.
///
/// [`calibrate`] stops at the first; what comes behind it is found by settling
/// each in turn, in a way that serves the search only.
#[must_use]
pub fn calibration_refusals(
    acquisition: &ActivityAcquisition,
    nuclides: &NuclideLibrary,
) -> Vec<DosimetryError> {
    let mut settlement = Settlement::default();
    let mut found = Vec::new();
    while let Err(error) = calibrate(acquisition, &settlement, nuclides) {
        let settled = match &error {
            DosimetryError::Unsettled { settle_with, .. } => {
                settle_one(&mut settlement, settle_with, acquisition, nuclides)
            }
            _ => false,
        };
        found.push(error);
        if !settled {
            break;
        }
    }
    found
}

/// Settles the first of the options in `settle_with` that is still open.
fn settle_one(
    settlement: &mut Settlement,
    settle_with: &str,
    acquisition: &ActivityAcquisition,
    nuclides: &NuclideLibrary,
) -> bool {
    let named = |option: &str| settle_with.contains(option);
    let before = settlement.clone();
    if named("--nuclide") && settlement.nuclide.is_none() {
        settlement.nuclide = Some("Y-90".to_owned());
    } else if named("--units") && settlement.units.is_none() {
        settlement.units = Some(if acquisition.modality == "NM" {
            PixelUnits::Counts
        } else {
            PixelUnits::BecquerelPerMl
        });
    } else if named("--scanner-positron-fraction") && settlement.scanner_positron_fraction.is_none()
    {
        settlement.scanner_positron_fraction = nuclides
            .named("Y-90")
            .ok()
            .and_then(|nuclide| nuclide.positron_fraction.as_ref())
            .map(|sourced| sourced.value);
    } else if named("--decay-correction") && settlement.decay_correction.is_none() {
        settlement.decay_correction = Some(DecayCorrection::Start);
    } else if named("--administration-time") && settlement.administration_time.is_none() {
        // Before all that is recorded, so that no order is wrong.
        settlement.administration_time = Some(DateTime::MIN);
    } else if named("--reference-time") && settlement.reference_time.is_none() {
        settlement.reference_time = Some(DateTime::MAX);
    } else if named("--since-administration") && settlement.since_administration.is_none() {
        settlement.since_administration = Some(TimeSpan::ZERO);
    } else if named("--administered") && settlement.administered.is_none() {
        settlement.administered = Some(Activity::from_gbq(1.0));
    }
    *settlement != before
}

/// Factor from stored numbers to Bq/mL that shares `activity` out over an
/// image whose numbers add up to `sum`, on voxels of `voxel_ml`.
///
/// `f = A / (Σc · v)`; DOMAIN C.2, chiesa2021sop.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] when the numbers do not add up to something positive.
pub fn relative_factor(activity: Activity, sum: f64, voxel_ml: f64) -> Result<f64, DosimetryError> {
    if sum.is_finite() && sum > 0.0 {
        Ok(activity.as_bq() / (sum * voxel_ml))
    } else {
        Err(DosimetryError::OutOfRange {
            what: "sum of counts",
            value: format!("{sum}"),
            allowed: "above 0",
        })
    }
}

fn decide_units(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
    decisions: &mut Vec<Decision>,
) -> Result<PixelUnits, DosimetryError> {
    let (units, source) = match (&settlement.units, &acquisition.units) {
        (Some(stated), recorded) => {
            let against = recorded
                .as_ref()
                .filter(|fact| fact.value != *stated)
                .map(|fact| format!(", against {} {}", fact.field, fact.value));
            (
                stated.clone(),
                format!("--units{}", against.unwrap_or_default()),
            )
        }
        (None, Some(fact)) => (fact.value.clone(), fact.field.clone()),
        (None, None) => {
            return Err(unsettled(
                "units",
                "the image does not say what its numbers are",
                "--units Bq/mL, kBq/mL, MBq/mL or counts",
            ));
        }
    };
    decisions.push(Decision {
        about: "units",
        value: units.to_string(),
        source,
    });
    Ok(units)
}

fn decide_nuclide(
    acquisition: &ActivityAcquisition,
    settlement: &Settlement,
    nuclides: &NuclideLibrary,
    units: &PixelUnits,
    decisions: &mut Vec<Decision>,
) -> Result<Nuclide, DosimetryError> {
    let recorded = acquisition.nuclide.as_ref();
    let (nuclide, source) = if let Some(name) = &settlement.nuclide {
        (nuclides.named(name)?, "--nuclide".to_owned())
    } else if let Some(fact) = recorded {
        match nuclide_in_words(&fact.value, nuclides)? {
            Some((nuclide, product)) if nuclide.dose_factor().is_some() => (
                nuclide,
                match product {
                    None => fact.field.clone(),
                    Some(product) => format!("{} names {product}", fact.field),
                },
            ),
            // An imaging nuclide under counts is a surrogate: MAA for microspheres.
            Some((nuclide, _)) if counted(units) => (
                nuclides.named("Y-90")?,
                format!(
                    "default for microspheres; the image shows {} as a surrogate",
                    nuclide.symbol
                ),
            ),
            known => {
                return Err(unsettled(
                    &fact.field,
                    &match known {
                        Some((nuclide, _)) => format!(
                            "nuclide {} (`{}`) is not one that treats",
                            nuclide.symbol, fact.value
                        ),
                        None => format!("`{}` names no nuclide that is known", fact.value),
                    },
                    "--nuclide Y-90 if that was given",
                ));
            }
        }
    } else {
        (
            nuclides.named("Y-90")?,
            "default; the image names no nuclide".to_owned(),
        )
    };
    if nuclide.dose_factor().is_none() {
        return Err(unsettled(
            "nuclide",
            &format!("{} is only imaged and has no dose factor", nuclide.symbol),
            "--nuclide with one that treats, for example Y-90",
        ));
    }
    decisions.push(Decision {
        about: "nuclide",
        value: nuclide.symbol.clone(),
        source,
    });
    Ok(nuclide.clone())
}

/// The nuclide of a symbol, of free text, or of a product of microspheres,
/// with the product's name.
pub(crate) fn nuclide_in_words<'a>(
    text: &str,
    nuclides: &'a NuclideLibrary,
) -> Result<Option<(&'a Nuclide, Option<String>)>, DosimetryError> {
    if let Some(nuclide) = nuclides.named(text).ok().or(nuclides.mentioned_in(text)) {
        return Ok(Some((nuclide, None)));
    }
    let letters = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let products = DeviceLibrary::built_in()?;
    let named = Device::ALL
        .into_iter()
        .map(|device| products.data(device))
        // In the singular too: SIR-Sphere.
        .find(|data| letters(text).contains(letters(&data.name).trim_end_matches('s')));
    named
        .map(|data| Ok((nuclides.named(&data.nuclide)?, Some(data.name.clone()))))
        .transpose()
}

fn decide_half_life(
    nuclide: &Nuclide,
    settlement: &Settlement,
    decisions: &mut Vec<Decision>,
) -> Result<TimeSpan, DosimetryError> {
    let (half_life, source) = match settlement.half_life {
        Some(stated) => (stated, "--half-life".to_owned()),
        None => (nuclide.half_life(), nuclide.half_lives[0].source.clone()),
    };
    if !(half_life.as_hours() > 0.0 && half_life.is_finite()) {
        return Err(DosimetryError::OutOfRange {
            what: "half-life",
            value: half_life.to_string(),
            allowed: "above 0 h",
        });
    }
    decisions.push(Decision {
        about: "half-life",
        value: half_life.to_string(),
        source,
    });
    Ok(half_life)
}

fn relative(
    mut calibration: Calibration,
    settlement: &Settlement,
    administered: Activity,
    source: &str,
) -> Result<Calibration, DosimetryError> {
    let lung_shunt = settlement.lung_shunt.unwrap_or(0.0);
    for (what, value, allowed, good) in [
        (
            "administered activity",
            administered.to_string(),
            "above 0 MBq",
            administered.as_mbq() > 0.0 && administered.is_finite(),
        ),
        (
            "lung shunt fraction",
            lung_shunt.to_string(),
            "0..1",
            (0.0..1.0).contains(&lung_shunt),
        ),
    ] {
        if !good {
            return Err(DosimetryError::OutOfRange {
                what,
                value,
                allowed,
            });
        }
    }
    let to_distribute = administered * (1.0 - lung_shunt);
    calibration.kind = CalibrationKind::Relative;
    calibration.administered = Some(administered);
    calibration.to_distribute = Some(to_distribute);
    calibration.decisions.push(Decision {
        about: "calibration",
        value: format!("relative: {to_distribute:.1} shared out over the image"),
        source: source.to_owned(),
    });
    calibration.decisions.push(Decision {
        about: "lung shunt",
        value: lung_shunt.to_string(),
        source: if settlement.lung_shunt.is_some() {
            "--lung-shunt".to_owned()
        } else {
            "none stated: all of the administered activity is shared out over the image".to_owned()
        },
    });
    Ok(calibration)
}

fn counted(units: &PixelUnits) -> bool {
    matches!(units, PixelUnits::Counts | PixelUnits::ProportionalToCounts)
}

pub(crate) fn field_of(field: Option<&str>, otherwise: &str) -> String {
    field.unwrap_or(otherwise).to_owned()
}

pub(crate) fn unsettled(field: &str, reason: &str, settle_with: &str) -> DosimetryError {
    DosimetryError::Unsettled {
        field: field.to_owned(),
        reason: reason.to_owned(),
        settle_with: settle_with.to_owned(),
    }
}
