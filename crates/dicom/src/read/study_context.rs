//! Patient and study of a series, for objects that are added to it.
//!
//! The one place where a patient's name is read: it goes into the new object
//! and nowhere else.

use dicom_dictionary_std::tags;

use super::element::Extent;
use super::instant::parse_date;
use super::series::Series;
use crate::{DicomError, PatientSex, StudyContext};

/// Patient and study that a series belongs to.
///
/// What the series does not hold stays empty.
///
/// # Errors
/// Those of opening its first file again.
pub fn study_context(series: &Series) -> Result<StudyContext, DicomError> {
    let Some(first) = series.instances.first() else {
        return Ok(StudyContext::default());
    };
    let bytes = first.bytes()?;
    let opened = first.open(&bytes)?;
    let object = opened.parse(Extent::Header)?;
    let data = &object.set;
    let charset = data.character_set();
    let label = |tag| data.label(tag, charset.as_deref()).unwrap_or_default();
    Ok(StudyContext {
        patient_name: label(tags::PATIENT_NAME),
        patient_id: label(tags::PATIENT_ID),
        patient_birth_date: data
            .text(tags::PATIENT_BIRTH_DATE)
            .and_then(|text| parse_date(&text)),
        patient_sex: match data.text(tags::PATIENT_SEX).as_deref() {
            Some("M") => Some(PatientSex::Male),
            Some("F") => Some(PatientSex::Female),
            Some("O") => Some(PatientSex::Other),
            _ => None,
        },
        patient_weight_kg: data.number(tags::PATIENT_WEIGHT),
        patient_height_m: data.number(tags::PATIENT_SIZE),
        study_uid: series.study_uid.clone(),
        study_id: label(tags::STUDY_ID),
        study_start: data.date_and_time(tags::STUDY_DATE, tags::STUDY_TIME),
        accession_number: label(tags::ACCESSION_NUMBER),
        description: label(tags::STUDY_DESCRIPTION),
    })
}
