//! CT numbers as a classic CT series (PS3.3 A.3): one file for each slice.
//!
//! Values are rounded to whole Hounsfield units and stored as signed 16-bit
//! numbers with slope 1 and intercept 0.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use jiff::civil::DateTime;
use sirt_image::{Hounsfield, Volume};

use super::data_set::DicomFile;
use super::frames::Frames;
use super::study::{
    DicomSeries, frame_of, put_content_time, put_frame_of_reference, put_series_time,
    series_data_set,
};
use super::{SeriesContext, StudyContext};
use crate::DicomError;

const OBJECT: &str = "ct";

/// How a CT was acquired.
#[derive(Debug, Clone, PartialEq)]
pub struct CtRecord {
    /// Start of the acquisition.
    pub acquired: DateTime,
    /// Peak voltage, kV.
    pub peak_kilovoltage: Option<f64>,
    /// Contrast agent, where one was given.
    pub contrast_agent: Option<String>,
    /// Convolution kernel.
    pub convolution_kernel: Option<String>,
}

/// A CT volume as one file for each slice.
///
/// # Errors
/// [`DicomError::NotWritable`] without a frame of reference, for a value that
/// is not finite or outside -32768..=32767 HU, and for texts over DICOM's
/// limits.
pub fn encode_ct_series(
    study: &StudyContext,
    series: &SeriesContext,
    ct: &Volume<Hounsfield>,
    record: &CtRecord,
) -> Result<DicomSeries, DicomError> {
    let frames = Frames::new(ct.grid());
    let files = (0..frames.count())
        .map(|frame| slice(study, series, ct, record, &frames, frame))
        .collect::<Result<_, _>>()?;
    Ok(DicomSeries::new(study, series, files, frames.reversed()))
}

fn slice(
    study: &StudyContext,
    series: &SeriesContext,
    ct: &Volume<Hounsfield>,
    record: &CtRecord,
    frames: &Frames<'_>,
    frame: usize,
) -> Result<DicomFile, DicomError> {
    let mut data = series_data_set(study, series, "CT");
    put_series_time(&mut data, series);
    put_content_time(&mut data, series);
    put_frame_of_reference(&mut data, frame_of(ct, OBJECT)?);
    data.texts(tags::IMAGE_TYPE, VR::CS, &["ORIGINAL", "PRIMARY", "AXIAL"])
        .date(tags::ACQUISITION_DATE, record.acquired.date())
        .time(tags::ACQUISITION_TIME, record.acquired.time())
        .integer(tags::ACQUISITION_NUMBER, 1)
        .integer(tags::INSTANCE_NUMBER, frame + 1)
        .text(tags::BODY_PART_EXAMINED, VR::CS, "ABDOMEN")
        .text(tags::PATIENT_POSITION, VR::CS, "HFS")
        .empty(tags::PATIENT_ORIENTATION, VR::CS);
    match record.peak_kilovoltage {
        Some(kilovolt) => data.decimals(tags::KVP, &[kilovolt]),
        None => data.empty(tags::KVP, VR::DS),
    };
    if let Some(agent) = &record.contrast_agent {
        data.text(tags::CONTRAST_BOLUS_AGENT, VR::LO, agent);
    }
    if let Some(kernel) = &record.convolution_kernel {
        data.text(tags::CONVOLUTION_KERNEL, VR::SH, kernel);
    }
    frames.put_plane(&mut data, frame);
    data.image_pixel(frames.plane(), 16, true)?
        .decimals(tags::RESCALE_INTERCEPT, &[0.0])
        .decimals(tags::RESCALE_SLOPE, &[1.0])
        .text(tags::RESCALE_TYPE, VR::LO, "HU")
        .decimals(tags::WINDOW_CENTER, &[40.0])
        .decimals(tags::WINDOW_WIDTH, &[400.0]);
    let pixels = frames
        .values(ct, frame)
        .iter()
        .map(|value| {
            let rounded = value.round();
            if (f32::from(i16::MIN)..=f32::from(i16::MAX)).contains(&rounded) {
                Ok((rounded as i16).cast_unsigned())
            } else {
                Err(DicomError::not_writable(
                    OBJECT,
                    format!("value {value} HU is outside -32768..=32767"),
                ))
            }
        })
        .collect::<Result<_, _>>()?;
    data.pixels_u16(pixels);
    let file = data.seal(
        uids::CT_IMAGE_STORAGE,
        series,
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
    )?;
    Ok(file.placed(frames.position(frame)))
}
