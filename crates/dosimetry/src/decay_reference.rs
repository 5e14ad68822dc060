//! The instant that decay-corrected numbers refer to.
//!
//! DICOM lets `START` mean the start of the acquisition, and a re-processed
//! series has a later SeriesTime (DICOM PS3.3 C.8.9.1.1.5; QIBA's SUV rules).
//! The series' date and time are taken only when they equal the earliest
//! AcquisitionTime, or when the FrameReferenceTime of the frames confirms one
//! of the two; anything else is refused.

use jiff::civil::DateTime;
use sirt_image::ActivityAcquisition;
use sirt_quantity::TimeSpan;

use crate::DosimetryError;
use crate::calibration::unsettled;

/// Instants closer than this are one: scanners write the series before the
/// first bed position starts; 60 s of Y-90 are 0.02 %.
const SAME_INSTANT_S: f64 = 60.0;

/// An instant and the fields that it rests on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    pub(crate) instant: DateTime,
    pub(crate) source: String,
}

/// Signed time from `earlier` to `later`, both on the same local clock.
pub(crate) fn elapsed(earlier: DateTime, later: DateTime) -> TimeSpan {
    TimeSpan::from_seconds(later.duration_since(earlier).as_secs_f64())
}

/// The reference of the numbers by what the image records.
pub(crate) fn recorded_reference(
    acquisition: &ActivityAcquisition,
) -> Result<Reference, DosimetryError> {
    if let Some(stated) = &acquisition.decay_reference {
        return Ok(Reference {
            instant: stated.value,
            source: stated.field.clone(),
        });
    }
    let first = acquisition.earliest_frame_start().ok_or_else(|| {
        unsettled(
            "(0008,0032) AcquisitionTime",
            "not every frame records the start of its acquisition, and SeriesTime alone may be that of a re-processing",
            "--reference-time or --since-administration",
        )
    })?;
    let earliest = Reference {
        instant: first,
        source: "earliest (0008,0032) AcquisitionTime".to_owned(),
    };
    let Some(series) = &acquisition.series_start else {
        return Ok(earliest);
    };
    if apart(series.value, first) <= SAME_INSTANT_S {
        return Ok(earliest);
    }
    match frame_reference_origin(acquisition) {
        Some(origin) if apart(origin, first) <= SAME_INSTANT_S => Ok(Reference {
            source: format!(
                "{} (the series time is that of a later processing)",
                earliest.source
            ),
            ..earliest
        }),
        Some(origin) if apart(origin, series.value) <= SAME_INSTANT_S => Ok(Reference {
            instant: series.value,
            source: format!(
                "{}, confirmed by (0054,1300) FrameReferenceTime",
                series.field
            ),
        }),
        _ => Err(unsettled(
            &series.field,
            &format!(
                "series and earliest acquisition start {:.1} min apart, and (0054,1300) FrameReferenceTime confirms neither",
                apart(series.value, first) / 60.0
            ),
            "--reference-time or --since-administration",
        )),
    }
}

/// The instant that FrameReferenceTime counts from: middle of a frame less its reference.
fn frame_reference_origin(acquisition: &ActivityAcquisition) -> Option<DateTime> {
    acquisition
        .frames
        .iter()
        .map(|frame| {
            let middle = frame.duration? / 2.0;
            let shift = middle - frame.frame_reference?;
            let shift = jiff::SignedDuration::try_from_secs_f64(shift.as_seconds()).ok()?;
            frame.acquisition_start?.checked_add(shift).ok()
        })
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .min()
}

fn apart(a: DateTime, b: DateTime) -> f64 {
    elapsed(a, b).as_seconds().abs()
}
