//! Activity concentration as a classic PET series (PS3.3 A.21): one file for
//! each slice.
//!
//! A stored value times the slice's Rescale Slope is Bq/mL; the slope is the
//! slice's maximum over 65535, so a value is off by at most 7.6e-6 of the
//! maximum of its slice.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use sirt_image::{DecayCorrection, FrameTiming, Volume};
use sirt_quantity::ActivityConcentration;

use super::data_set::{DataSet, DicomFile, decimal_string};
use super::frames::Frames;
use super::radiopharmaceutical::{
    RadiopharmaceuticalRecord, TotalDoseUnit, put_radiopharmaceutical, put_supine_head_first,
};
use super::study::{
    DicomSeries, frame_of, put_content_time, put_frame_of_reference, series_data_set,
};
use super::{SeriesContext, StudyContext};
use crate::DicomError;

const OBJECT: &str = "pet";

/// Largest stored value: unsigned 16 bits.
const LEVELS: f64 = 65_535.0;

/// Slope of a slice without activity. Not 1: ITK takes the type of a whole
/// series from its first slice, and a slope of 1 would make that integers.
const EMPTY_SLICE_SLOPE: f64 = 1.0 / LEVELS;

/// How a PET was acquired and corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct PetRecord {
    /// What was given.
    pub radiopharmaceutical: RadiopharmaceuticalRecord,
    /// The instant that values are corrected to.
    pub decay_correction: DecayCorrection,
    /// Start of the series: the instant that `START` means, local time.
    pub series_start: jiff::civil::DateTime,
    /// Timing of each slice, in the order of the volume's slices; start,
    /// frame reference and duration are needed, and the decay factor unless
    /// nothing was corrected.
    pub slices: Vec<FrameTiming>,
    /// Corrections made, as (0028,0051) spells them (`ATTN`, `SCAT`, `DECY`, …).
    pub corrections: Vec<String>,
    /// Reconstruction, at most 64 characters.
    pub reconstruction: String,
    /// Attenuation correction, at most 64 characters.
    pub attenuation_correction: String,
    /// Scatter correction, at most 64 characters.
    pub scatter_correction: String,
}

/// A PET volume as one file for each slice.
///
/// # Errors
/// [`DicomError::NotWritable`] without a frame of reference, for a value that
/// is negative or not finite, when there is not one complete timing for each
/// slice, and for texts over DICOM's limits.
pub fn encode_pet_series(
    study: &StudyContext,
    series: &SeriesContext,
    pet: &Volume<ActivityConcentration>,
    record: &PetRecord,
) -> Result<DicomSeries, DicomError> {
    let frames = Frames::new(pet.grid());
    if record.slices.len() != frames.count() {
        return Err(DicomError::not_writable(
            OBJECT,
            format!(
                "{} slice timings for {} slices",
                record.slices.len(),
                frames.count()
            ),
        ));
    }
    let files = (0..frames.count())
        .map(|frame| slice(study, series, pet, record, &frames, frame))
        .collect::<Result<_, _>>()?;
    Ok(DicomSeries::new(study, series, files, frames.reversed()))
}

fn slice(
    study: &StudyContext,
    series: &SeriesContext,
    pet: &Volume<ActivityConcentration>,
    record: &PetRecord,
    frames: &Frames<'_>,
    frame: usize,
) -> Result<DicomFile, DicomError> {
    let mut data = series_data_set(study, series, "PT");
    put_content_time(&mut data, series);
    put_frame_of_reference(&mut data, frame_of(pet, OBJECT)?);
    put_series(&mut data, record, frames.count());
    put_radiopharmaceutical(
        &mut data,
        &record.radiopharmaceutical,
        TotalDoseUnit::Becquerel,
    );
    put_supine_head_first(&mut data);
    put_timing(
        &mut data,
        &record.slices[frames.slice(frame)],
        record.decay_correction,
    )?;
    data.texts(tags::IMAGE_TYPE, VR::CS, &["ORIGINAL", "PRIMARY"])
        .text(tags::BODY_PART_EXAMINED, VR::CS, "ABDOMEN")
        .integer(tags::INSTANCE_NUMBER, frame + 1)
        .words(
            tags::IMAGE_INDEX,
            &[u16::try_from(frame + 1).unwrap_or(u16::MAX)],
        );
    frames.put_plane(&mut data, frame);
    put_pixels(&mut data, frames, frames.values(pet, frame))?;
    let file = data.seal(
        uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE,
        series,
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
    )?;
    Ok(file.placed(frames.position(frame)))
}

fn put_series(data: &mut DataSet, record: &PetRecord, slices: usize) {
    data.date(tags::SERIES_DATE, record.series_start.date())
        .time(tags::SERIES_TIME, record.series_start.time())
        .texts(tags::SERIES_TYPE, VR::CS, &["WHOLE BODY", "IMAGE"])
        .words(
            tags::NUMBER_OF_SLICES,
            &[u16::try_from(slices).unwrap_or(u16::MAX)],
        )
        .text(tags::UNITS, VR::CS, "BQML")
        .text(tags::COUNTS_SOURCE, VR::CS, "EMISSION")
        .texts(tags::CORRECTED_IMAGE, VR::CS, &record.corrections)
        .text(
            tags::DECAY_CORRECTION,
            VR::CS,
            match record.decay_correction {
                DecayCorrection::None => "NONE",
                DecayCorrection::Start => "START",
                DecayCorrection::Administration => "ADMIN",
            },
        )
        .text(tags::COLLIMATOR_TYPE, VR::CS, "NONE")
        .text(tags::RECONSTRUCTION_METHOD, VR::LO, &record.reconstruction)
        .text(
            tags::ATTENUATION_CORRECTION_METHOD,
            VR::LO,
            &record.attenuation_correction,
        )
        .text(
            tags::SCATTER_CORRECTION_METHOD,
            VR::LO,
            &record.scatter_correction,
        );
}

fn put_timing(
    data: &mut DataSet,
    timing: &FrameTiming,
    correction: DecayCorrection,
) -> Result<(), DicomError> {
    let missing =
        |what: &str| DicomError::not_writable(OBJECT, format!("a slice timing has no {what}"));
    let start = timing
        .acquisition_start
        .ok_or_else(|| missing("acquisition start"))?;
    let reference = timing
        .frame_reference
        .ok_or_else(|| missing("frame reference time"))?;
    let duration = timing.duration.ok_or_else(|| missing("duration"))?;
    data.date(tags::ACQUISITION_DATE, start.date())
        .time(tags::ACQUISITION_TIME, start.time())
        .decimals(
            tags::FRAME_REFERENCE_TIME,
            &[reference.as_seconds() * 1000.0],
        )
        .integer(
            tags::ACTUAL_FRAME_DURATION,
            (duration.as_seconds() * 1000.0).round() as usize,
        );
    if correction != DecayCorrection::None {
        let factor = timing.decay_factor.ok_or_else(|| missing("decay factor"))?;
        data.decimals(tags::DECAY_FACTOR, &[factor]);
    }
    Ok(())
}

fn put_pixels(data: &mut DataSet, frames: &Frames<'_>, values: &[f32]) -> Result<(), DicomError> {
    let mut maximum = 0.0_f32;
    for value in values {
        if !value.is_finite() || *value < 0.0 {
            return Err(DicomError::not_writable(
                OBJECT,
                format!("value {value} Bq/mL is not a finite concentration from 0"),
            ));
        }
        maximum = maximum.max(*value);
    }
    let printed = decimal_string(if maximum > 0.0 {
        f64::from(maximum) / LEVELS
    } else {
        EMPTY_SLICE_SLOPE
    });
    let slope: f64 = printed.parse().map_err(|_| {
        DicomError::not_writable(OBJECT, format!("rescale slope {printed} is no number"))
    })?;
    data.image_pixel(frames.plane(), 16, false)?
        .text(tags::RESCALE_SLOPE, VR::DS, &printed)
        .decimals(tags::RESCALE_INTERCEPT, &[0.0])
        .pixels_u16(
            values
                .iter()
                .map(|value| (f64::from(*value) / slope).round().clamp(0.0, LEVELS) as u16)
                .collect(),
        );
    Ok(())
}
