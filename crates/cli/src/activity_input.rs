//! Activity images: from stored numbers to concentration at administration.

use anyhow::{Context as _, bail};
use sirt_dosimetry::{
    Calibration, CalibrationKind, NamedMask, Settlement, calibrate, relative_factor,
};
use sirt_image::{DecayCorrection, PixelUnits, Recorded, Unspecified, Volume};
use sirt_quantity::{Activity, ActivityConcentration, NuclideLibrary};

use crate::arguments::{ActivityArguments, DecayArgument, Units};
use crate::inputs::ActivityImage;
use crate::result::Finding;

/// Negative numbers beyond this share of the positive ones weaken a result.
const NEGATIVE_SHARE_WORTH_A_FINDING: f64 = 1e-3;
/// Image and stated activity further apart than this are worth a finding:
/// the tolerance of an administration (DOMAIN B.11).
const ADMINISTERED_TOLERANCE: f64 = 0.1;

/// The same for the activity in the header: residual, lung shunt and field of
/// view leave less in the image, and nothing leaves more.
const BESIDE_RECORDED: std::ops::RangeInclusive<f64> = 0.5..=1.1;

/// Activity at administration and how it was obtained.
pub(crate) struct CalibratedActivity {
    /// Concentration at administration.
    pub(crate) concentration: Volume<ActivityConcentration>,
    /// In the image as it was, MBq.
    pub(crate) imaged_mbq: f64,
    /// In the image at administration, MBq.
    pub(crate) at_administration_mbq: f64,
    /// Sum of the numbers as stored, without negative ones.
    pub(crate) image_sum: f64,
    /// Negative over positive sum before negatives were set to zero.
    pub(crate) negative_fraction: f64,
    /// The decisions.
    pub(crate) calibration: Calibration,
    /// What weakens the result.
    pub(crate) findings: Vec<Finding>,
}

/// What the command line settles.
pub(crate) fn settlement(arguments: &ActivityArguments) -> Settlement {
    Settlement {
        units: arguments.units.map(|units| match units {
            Units::Concentration(_) => PixelUnits::BecquerelPerMl,
            Units::Counts => PixelUnits::Counts,
        }),
        unit_factor: arguments.units.and_then(|units| match units {
            Units::Concentration(factor) => Some(factor),
            Units::Counts => None,
        }),
        nuclide: arguments.nuclide.clone(),
        half_life: arguments.half_life,
        scanner_positron_fraction: arguments.scanner_positron_fraction,
        decay_correction: arguments
            .decay_correction
            .map(|correction| match correction {
                DecayArgument::None => DecayCorrection::None,
                DecayArgument::Start => DecayCorrection::Start,
                DecayArgument::Admin => DecayCorrection::Administration,
            }),
        reference_time: arguments.reference_time,
        administration_time: arguments.administration_time,
        since_administration: arguments.since_administration,
        administered: arguments.administered,
        lung_shunt: arguments.lung_shunt,
    }
}

/// Calibrates an image to activity at administration.
pub(crate) fn calibrated(
    image: ActivityImage,
    settlement: &Settlement,
) -> anyhow::Result<CalibratedActivity> {
    let calibration = calibrate(&image.acquisition, settlement, &NuclideLibrary::built_in()?)
        .with_context(|| format!("activity image {}", image.label))?;
    let (volume, negative_fraction) = without_negatives(image.volume, &image.label)?;
    let voxel_ml = volume.grid().voxel_capacity().as_ml();
    let (factors, imaged_factor) = factors(&calibration, &volume, voxel_ml)
        .with_context(|| format!("activity image {}", image.label))?;
    let image_sum = volume.sum();
    let imaged_mbq = image_sum * voxel_ml * imaged_factor * 1e-6;
    let concentration = scaled(volume, &factors)?;
    let at_administration_mbq = concentration.sum() * voxel_ml * 1e-6;
    if at_administration_mbq <= 0.0 || !at_administration_mbq.is_finite() {
        bail!(
            "activity image {}: total activity {at_administration_mbq} MBq is outside what is allowed, above 0 MBq",
            image.label
        );
    }
    let mut findings = image.findings;
    if let (CalibrationKind::Scanner, None, Some(recorded)) = (
        calibration.kind,
        calibration.administered,
        &image.acquisition.administered,
    ) {
        findings.extend(beside_recorded(at_administration_mbq, recorded));
    }
    if negative_fraction > NEGATIVE_SHARE_WORTH_A_FINDING {
        findings.push(Finding {
            severity: "weakens",
            subject: "negative numbers".to_owned(),
            rule: format!(
                "activity is not negative; {:.2} % of the positive sum was negative and was set to 0",
                negative_fraction * 100.0
            ),
            fix: "reconstruct with a positivity constraint".to_owned(),
        });
    }
    if let (CalibrationKind::Scanner, Some(administered)) =
        (calibration.kind, calibration.administered)
    {
        let ratio = at_administration_mbq / administered.as_mbq();
        if (ratio - 1.0).abs() > ADMINISTERED_TOLERANCE {
            findings.push(Finding {
                severity: "weakens",
                subject: "administered activity".to_owned(),
                rule: format!("the image holds {:.1} % of the administered activity; 90 to 110 % are expected when the liver and lungs are in the field of view", ratio * 100.0),
                fix: "check calibration, residual and field of view, or use relative calibration (--units counts)".to_owned(),
            });
        }
    }
    if let (CalibrationKind::Relative, Some(_), Some(administered)) = (
        calibration.kind,
        calibration.imaged_factor,
        calibration.administered,
    ) {
        findings.push(Finding {
            severity: "weakens",
            subject: "calibration".to_owned(),
            rule: format!(
                "the image holds {imaged_mbq:.1} MBq, {:.1} % of the {administered:.1} administered; no instant of administration is known, so its own calibration was set aside and the administered activity shared out over it",
                imaged_mbq / administered.as_mbq() * 100.0
            ),
            fix: "--since-administration, to compute from what the image holds".to_owned(),
        });
    }
    for (given, option) in [
        (
            settlement.since_administration.is_some(),
            "--since-administration",
        ),
        (
            settlement.administration_time.is_some(),
            "--administration-time",
        ),
        (settlement.reference_time.is_some(), "--reference-time"),
    ] {
        if given && calibration.kind == CalibrationKind::Relative {
            findings.push(Finding {
                severity: "note",
                subject: option.to_owned(),
                rule:
                    "not used: the administered activity is shared out as it was at administration"
                        .to_owned(),
                fix: "none needed if that is meant".to_owned(),
            });
        }
    }
    if settlement.lung_shunt.is_some() && calibration.kind == CalibrationKind::Scanner {
        bail!(
            "--lung-shunt: the image is calibrated by the scanner and shows where the activity is; allowed with relative calibration only (--units counts --administered ACTIVITY)"
        );
    }
    Ok(CalibratedActivity {
        concentration,
        image_sum,
        imaged_mbq,
        at_administration_mbq,
        negative_fraction,
        calibration,
        findings,
    })
}

impl CalibratedActivity {
    /// Relative calibration by the counts in one structure (DOMAIN C.2,
    /// `chiesa2021sop`): scatter and free pertechnetate outside of it take no
    /// activity away from it.
    pub(crate) fn share_within(&mut self, name: &str, masks: &[NamedMask]) -> anyhow::Result<()> {
        let Some(wanted) = self
            .calibration
            .to_distribute
            .filter(|_| self.calibration.kind == CalibrationKind::Relative)
        else {
            bail!(
                "--share-within {name}: the image is not calibrated by the administered activity, allowed is counts (--units counts --administered ACTIVITY)"
            );
        };
        let Some(named) = masks.iter().find(|mask| mask.name == name) else {
            let known: Vec<_> = masks.iter().map(|mask| mask.name.as_str()).collect();
            bail!(
                "--share-within {name}: no such structure, allowed are: {}",
                known.join(", ")
            );
        };
        let values = self.concentration.values();
        let inside: f64 = named
            .mask
            .iter()
            .map(|(at, weight)| f64::from(weight) * f64::from(values[at]))
            .sum();
        let all = self.concentration.sum();
        if !(inside.is_finite() && inside > 0.0) {
            bail!("--share-within {name}: no counts in the structure, above 0 are needed");
        }
        let factor = all / inside;
        for value in self.concentration.values_mut() {
            *value = (f64::from(*value) * factor) as f32;
        }
        if self.calibration.imaged_factor.is_none() {
            self.imaged_mbq *= factor;
        }
        self.at_administration_mbq *= factor;
        for decision in &mut self.calibration.decisions {
            if decision.about == "calibration" {
                decision.value = format!(
                    "relative: {wanted:.1} shared out over {name}, which holds {:.1} % of the image's counts",
                    100.0 / factor
                );
                decision.source.push_str(", --share-within");
            }
        }
        Ok(())
    }
}

/// What the image holds beside the administered activity in its header, which
/// is typed in and often before the residual in the vial.
fn beside_recorded(image_mbq: f64, recorded: &Recorded<Activity>) -> Option<Finding> {
    let ratio = image_mbq / recorded.value.as_mbq();
    (!BESIDE_RECORDED.contains(&ratio)).then(|| Finding {
        severity: "weakens",
        subject: recorded.field.clone(),
        rule: format!(
            "{:.1} were given by the header, and the image holds {:.1} % of them at administration; {:.0} to {:.0} % are expected when liver and lungs are in the field of view",
            recorded.value,
            ratio * 100.0,
            BESIDE_RECORDED.start() * 100.0,
            BESIDE_RECORDED.end() * 100.0
        ),
        fix: "check calibration, instants, residual and field of view; state --administered if the header is wrong".to_owned(),
    })
}

/// Sets negative numbers to zero and says how much that was; refuses what is
/// no number.
fn without_negatives(
    mut volume: Volume<Unspecified>,
    label: &str,
) -> anyhow::Result<(Volume<Unspecified>, f64)> {
    let (mut positive, mut negative) = (0.0_f64, 0.0_f64);
    let mut not_finite = 0_usize;
    for value in volume.values_mut() {
        if !value.is_finite() {
            not_finite += 1;
        } else if *value < 0.0 {
            negative -= f64::from(*value);
            *value = 0.0;
        } else {
            positive += f64::from(*value);
        }
    }
    if not_finite > 0 {
        bail!(
            "activity image {label}: {not_finite} voxels are NaN or infinite, allowed are finite numbers"
        );
    }
    if positive <= 0.0 {
        bail!("activity image {label}: no voxel is above 0, so there is no activity");
    }
    Ok((volume, negative / positive))
}

/// Factors to Bq/mL at administration (one, or one for each slice) and to
/// Bq/mL as imaged.
fn factors(
    calibration: &Calibration,
    volume: &Volume<Unspecified>,
    voxel_ml: f64,
) -> anyhow::Result<(Vec<f64>, f64)> {
    if let Some(factors) = &calibration.slice_factors {
        return Ok((factors.clone(), calibration.imaged_factor.unwrap_or(1.0)));
    }
    let to_distribute = calibration
        .to_distribute
        .context("calibration without factor and without activity")?;
    let factor = relative_factor(to_distribute, volume.sum(), voxel_ml)?;
    Ok((vec![factor], calibration.imaged_factor.unwrap_or(factor)))
}

fn scaled(
    mut volume: Volume<Unspecified>,
    factors: &[f64],
) -> anyhow::Result<Volume<ActivityConcentration>> {
    let [nx, ny, nz] = volume.grid().size();
    if let [factor] = factors {
        let factor = *factor;
        return Ok(volume.map(|value| (f64::from(value) * factor) as f32));
    }
    if factors.len() != nz {
        bail!("{} decay factors for {nz} slices", factors.len());
    }
    for (slice, factor) in volume.values_mut().chunks_exact_mut(nx * ny).zip(factors) {
        for value in slice {
            *value = (f64::from(*value) * factor) as f32;
        }
    }
    Ok(volume.reinterpret())
}
