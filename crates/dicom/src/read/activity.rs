//! Activity images with what they say about units, decay and nuclide.

use sirt_image::{ActivityAcquisition, FrameTiming, Unspecified, Volume};

use super::ct::slices;
use super::enhanced;
use super::instance::{Instance, SeriesKind};
use super::nm;
use super::radiopharmaceutical::RadiopharmaceuticalFacts;
use super::series::Series;
use crate::{DicomError, Severity, Topic};

/// Reads PET (classic or enhanced), SPECT stored as PET, or an NM tomogram, as
/// stored value x slope + intercept, with the facts that its headers record.
///
/// What the numbers mean is not judged here: findings about units and decay do
/// not stop the reading, findings about geometry and pixels do.
///
/// # Errors
/// [`DicomError::WrongKind`] for another kind of series,
/// [`DicomError::Refused`] with the first finding about geometry or pixels
/// that stops it, and whatever makes a file unreadable.
pub fn read_activity(
    series: &Series,
) -> Result<(Volume<Unspecified>, ActivityAcquisition), DicomError> {
    let kinds = [SeriesKind::Pet, SeriesKind::EnhancedPet, SeriesKind::Nm];
    let first = series.require_kind(&kinds, "a PET or NM series")?;
    refuse_unreadable(series)?;
    let facts = first.radiopharmaceutical.as_deref().cloned();
    let facts = facts.unwrap_or_default();
    match series.kind {
        SeriesKind::EnhancedPet => {
            let image = enhanced::read(first)?;
            let mut acquisition = acquisition(first, &facts);
            // The mapping was applied to the numbers: its unit goes first.
            acquisition.units = image.units.or(acquisition.units);
            acquisition.frames = image
                .timing
                .into_iter()
                .map(|(start, duration)| FrameTiming {
                    acquisition_start: start.or(first.acquisition_start),
                    duration: duration.or(facts.frame_duration),
                    ..FrameTiming::default()
                })
                .collect();
            Ok((image.volume, acquisition))
        }
        SeriesKind::Nm => {
            let tomogram = nm::read_tomogram(first)?;
            let mut acquisition = acquisition(first, &facts);
            acquisition.units = tomogram.units.or(acquisition.units);
            let timing = FrameTiming {
                acquisition_start: first.acquisition_start,
                duration: tomogram.duration,
                ..FrameTiming::default()
            };
            acquisition.frames = vec![timing; tomogram.volume.grid().size()[2]];
            Ok((tomogram.volume, acquisition))
        }
        _ => {
            let volume = slices(series)?;
            Ok((volume, of_slices(series, first, &facts)))
        }
    }
}

/// What the headers of an activity series record, without its pixels where
/// each slice is a file.
///
/// # Errors
/// As [`read_activity`].
pub fn activity_acquisition(series: &Series) -> Result<ActivityAcquisition, DicomError> {
    if series.kind != SeriesKind::Pet {
        return read_activity(series).map(|(_, acquisition)| acquisition);
    }
    let first = series.require_kind(&[SeriesKind::Pet], "a PET series")?;
    refuse_unreadable(series)?;
    let facts = first.radiopharmaceutical.as_deref().cloned();
    Ok(of_slices(series, first, &facts.unwrap_or_default()))
}

fn of_slices(
    series: &Series,
    first: &Instance,
    facts: &RadiopharmaceuticalFacts,
) -> ActivityAcquisition {
    ActivityAcquisition {
        frames: series.instances.iter().map(slice_timing).collect(),
        ..acquisition(first, facts)
    }
}

/// What stops the reading itself: everything that is not about units,
/// calibration and missing slices, which a user may settle.
fn refuse_unreadable(series: &Series) -> Result<(), DicomError> {
    let stop = series
        .findings
        .iter()
        .find(|finding| finding.severity == Severity::Stops && finding.topic == Topic::Other);
    stop.map_or(Ok(()), |finding| {
        Err(DicomError::Refused {
            finding: finding.clone(),
        })
    })
}

fn slice_timing(instance: &Instance) -> FrameTiming {
    let facts = instance.radiopharmaceutical.as_deref();
    FrameTiming {
        acquisition_start: instance.acquisition_start,
        frame_reference: facts.and_then(|facts| facts.frame_reference),
        duration: facts.and_then(|facts| facts.frame_duration),
        decay_factor: facts.and_then(|facts| facts.decay_factor),
    }
}

fn acquisition(first: &Instance, facts: &RadiopharmaceuticalFacts) -> ActivityAcquisition {
    let facts = facts.clone();
    ActivityAcquisition {
        modality: first.modality.clone(),
        units: facts.units,
        suv_type: facts.suv_type,
        decay_correction: facts.decay_correction,
        decay_reference: facts.decay_reference,
        series_start: first.series_start.map(|start| {
            sirt_image::Recorded::new(start, "(0008,0021) SeriesDate, (0008,0031) SeriesTime")
        }),
        nuclide: facts.nuclide,
        half_life: facts.half_life,
        positron_fraction: facts.positron_fraction,
        administered: facts.administered,
        administration_start: facts.administration_start,
        patient_weight_kg: facts.patient_weight_kg,
        corrections: facts.corrections,
        frames: Vec::new(),
    }
}
