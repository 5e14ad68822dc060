//! Whose image, in which study and series: what every object carries.

use std::path::Path;

use dicom_core::VR;
use dicom_dictionary_std::tags;
use jiff::civil::{Date, DateTime};
use sirt_image::{FrameOfReference, PatientPoint, Volume, VoxelQuantity};

use super::data_set::{DataSet, DicomFile, reference_item};
use crate::DicomError;

/// Sex as DICOM knows it, (0010,0040).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatientSex {
    /// `M`
    Male,
    /// `F`
    Female,
    /// `O`
    Other,
}

/// Patient and study that new series are added to.
///
/// Nothing is filled in from the surroundings: dates, times and identifiers
/// are those of the source study, or the caller's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StudyContext {
    /// Patient's name in DICOM form, `Family^Given`.
    pub patient_name: String,
    /// Patient ID.
    pub patient_id: String,
    /// Date of birth.
    pub patient_birth_date: Option<Date>,
    /// Sex.
    pub patient_sex: Option<PatientSex>,
    /// Weight, kg.
    pub patient_weight_kg: Option<f64>,
    /// Height, m.
    pub patient_height_m: Option<f64>,
    /// Study Instance UID.
    pub study_uid: String,
    /// Study ID, at most 16 characters.
    pub study_id: String,
    /// Start of the study.
    pub study_start: Option<DateTime>,
    /// Accession number, at most 16 characters.
    pub accession_number: String,
    /// Description of the study, at most 64 characters.
    pub description: String,
}

/// The series that a writer makes.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesContext {
    /// Series Instance UID; see [`super::UidSeed`].
    pub series_uid: String,
    /// Series number.
    pub number: u32,
    /// Description, at most 64 characters.
    pub description: String,
    /// When the series was made: series, content and structure-set date.
    pub created: DateTime,
}

/// A reference to one instance.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceReference {
    /// SOP Class UID.
    pub sop_class_uid: String,
    /// SOP Instance UID.
    pub sop_instance_uid: String,
    /// Image Position (Patient), where it is a single slice: lets contours
    /// name the slice they were drawn on.
    pub position: Option<PatientPoint>,
}

/// The series that an object was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceReference {
    /// Study Instance UID.
    pub study_uid: String,
    /// Series Instance UID.
    pub series_uid: String,
    /// Its instances.
    pub instances: Vec<InstanceReference>,
}

/// A written series of one file for each slice.
#[derive(Debug, Clone)]
pub struct DicomSeries {
    /// The files in the order of their instance numbers.
    pub files: Vec<DicomFile>,
    /// How other objects refer to the series: its instances in the order of
    /// the volume's slices.
    pub reference: SourceReference,
}

impl DicomSeries {
    /// `reversed` says that the files run against the volume's slices.
    pub(super) fn new(
        study: &StudyContext,
        series: &SeriesContext,
        files: Vec<DicomFile>,
        reversed: bool,
    ) -> Self {
        let mut instances: Vec<_> = files.iter().map(|file| file.reference().clone()).collect();
        if reversed {
            instances.reverse();
        }
        Self {
            files,
            reference: SourceReference {
                study_uid: study.study_uid.clone(),
                series_uid: series.series_uid.clone(),
                instances,
            },
        }
    }

    /// Writes the files as `0001.dcm`, `0002.dcm`, … into an existing folder.
    ///
    /// # Errors
    /// [`DicomError::WriteFile`] for the first file that cannot be written.
    pub fn write_to(&self, folder: impl AsRef<Path>) -> Result<(), DicomError> {
        for (at, file) in self.files.iter().enumerate() {
            file.write_to(folder.as_ref().join(format!("{:04}.dcm", at + 1)))?;
        }
        Ok(())
    }
}

/// The attributes of patient, study, series and equipment.
pub(super) fn series_data_set(
    study: &StudyContext,
    series: &SeriesContext,
    modality: &str,
) -> DataSet {
    let mut data = DataSet::new();
    data.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");

    data.text(tags::PATIENT_NAME, VR::PN, &study.patient_name)
        .text(tags::PATIENT_ID, VR::LO, &study.patient_id);
    match study.patient_birth_date {
        Some(date) => data.date(tags::PATIENT_BIRTH_DATE, date),
        None => data.empty(tags::PATIENT_BIRTH_DATE, VR::DA),
    };
    match study.patient_sex {
        Some(PatientSex::Male) => data.text(tags::PATIENT_SEX, VR::CS, "M"),
        Some(PatientSex::Female) => data.text(tags::PATIENT_SEX, VR::CS, "F"),
        Some(PatientSex::Other) => data.text(tags::PATIENT_SEX, VR::CS, "O"),
        None => data.empty(tags::PATIENT_SEX, VR::CS),
    };
    if let Some(weight_kg) = study.patient_weight_kg {
        data.decimals(tags::PATIENT_WEIGHT, &[weight_kg]);
    }
    if let Some(height_m) = study.patient_height_m {
        data.decimals(tags::PATIENT_SIZE, &[height_m]);
    }

    data.text(tags::STUDY_INSTANCE_UID, VR::UI, &study.study_uid)
        .text(tags::STUDY_ID, VR::SH, &study.study_id)
        .text(tags::ACCESSION_NUMBER, VR::SH, &study.accession_number)
        .empty(tags::REFERRING_PHYSICIAN_NAME, VR::PN);
    match study.study_start {
        Some(start) => data
            .date(tags::STUDY_DATE, start.date())
            .time(tags::STUDY_TIME, start.time()),
        None => data
            .empty(tags::STUDY_DATE, VR::DA)
            .empty(tags::STUDY_TIME, VR::TM),
    };
    if !study.description.is_empty() {
        data.text(tags::STUDY_DESCRIPTION, VR::LO, &study.description);
    }

    data.text(tags::MODALITY, VR::CS, modality)
        .text(tags::SERIES_INSTANCE_UID, VR::UI, &series.series_uid)
        .integer(tags::SERIES_NUMBER, series.number as usize)
        .text(tags::SERIES_DESCRIPTION, VR::LO, &series.description)
        .empty(tags::OPERATORS_NAME, VR::PN)
        .text(tags::MANUFACTURER, VR::LO, "OpenSIRT")
        .text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "OpenSIRT")
        .text(tags::DEVICE_SERIAL_NUMBER, VR::LO, "none")
        .text(tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"));
    data
}

/// Date and time of the series itself.
pub(super) fn put_series_time(data: &mut DataSet, series: &SeriesContext) {
    data.date(tags::SERIES_DATE, series.created.date())
        .time(tags::SERIES_TIME, series.created.time());
}

/// Date and time of the content.
pub(super) fn put_content_time(data: &mut DataSet, series: &SeriesContext) {
    data.date(tags::CONTENT_DATE, series.created.date())
        .time(tags::CONTENT_TIME, series.created.time());
}

/// The patient frame; an object without one cannot be laid over another.
pub(super) fn put_frame_of_reference(data: &mut DataSet, frame: &FrameOfReference) {
    data.text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &frame.0)
        .empty(tags::POSITION_REFERENCE_INDICATOR, VR::LO);
}

pub(super) fn frame_of<'a, Q: VoxelQuantity>(
    volume: &'a Volume<Q>,
    object: &'static str,
) -> Result<&'a FrameOfReference, DicomError> {
    volume.frame_of_reference().ok_or_else(|| {
        DicomError::not_writable(
            object,
            format!(
                "the {} volume has no frame of reference; give it the one of its source, or a new one",
                Q::NAME
            ),
        )
    })
}

/// The common instance reference module: which series of this and of other
/// studies are referred to.
pub(super) fn put_common_references(
    data: &mut DataSet,
    study: &StudyContext,
    sources: &[&SourceReference],
) {
    let series_item = |source: &&SourceReference| {
        let mut item = DataSet::new();
        item.text(tags::SERIES_INSTANCE_UID, VR::UI, &source.series_uid)
            .references(tags::REFERENCED_INSTANCE_SEQUENCE, &source.instances);
        item
    };
    let (own, other): (Vec<_>, Vec<_>) = sources
        .iter()
        .partition(|source| source.study_uid == study.study_uid);
    if !own.is_empty() {
        data.sequence(
            tags::REFERENCED_SERIES_SEQUENCE,
            own.into_iter().map(series_item).collect(),
        );
    }
    if !other.is_empty() {
        // One item for each study, in the order given.
        let mut studies: Vec<(&str, Vec<DataSet>)> = Vec::new();
        for source in other {
            let item = series_item(source);
            match studies.iter_mut().find(|(uid, _)| *uid == source.study_uid) {
                Some((_, series)) => series.push(item),
                None => studies.push((&source.study_uid, vec![item])),
            }
        }
        let items = studies
            .into_iter()
            .map(|(uid, series)| {
                let mut item = DataSet::new();
                item.text(tags::STUDY_INSTANCE_UID, VR::UI, uid)
                    .sequence(tags::REFERENCED_SERIES_SEQUENCE, series);
                item
            })
            .collect();
        data.sequence(
            tags::STUDIES_CONTAINING_OTHER_REFERENCED_INSTANCES_SEQUENCE,
            items,
        );
    }
}

/// References to source instances with the purpose that they serve.
pub(super) fn purpose_items(sources: &[SourceReference], purpose: &super::Code) -> Vec<DataSet> {
    sources
        .iter()
        .flat_map(|source| &source.instances)
        .map(|instance| {
            let mut item = reference_item(instance);
            item.code(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, purpose);
            item
        })
        .collect()
}
