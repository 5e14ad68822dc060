//! The administered radiopharmaceutical, as PET and NM objects tell it
//! (PS3.3 C.8.9.2, C.8.4.10).

use dicom_core::VR;
use dicom_dictionary_std::tags;
use jiff::civil::DateTime;
use sirt_quantity::{Activity, TimeSpan};

use super::Code;
use super::data_set::{DataSet, code_item};

/// What was given, how much and when.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiopharmaceuticalRecord {
    /// Name, at most 64 characters.
    pub name: String,
    /// The substance with its code.
    pub substance: Code,
    /// The nuclide with its code.
    pub nuclide: Code,
    /// Half-life.
    pub half_life: TimeSpan,
    /// Positrons per decay; `None` for a nuclide that is not imaged by PET.
    pub positron_fraction: Option<f64>,
    /// Administered activity, at the start of the administration.
    pub administered: Activity,
    /// Start of the administration, local time.
    pub administration_start: DateTime,
    /// Route with its code, usually [`Code::INTRA_ARTERIAL`].
    pub route: Code,
}

/// Unit of Radionuclide Total Dose (0018,1074): it differs between objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TotalDoseUnit {
    /// PET: Bq.
    Becquerel,
    /// NM: MBq.
    Megabecquerel,
}

/// The Radiopharmaceutical Information Sequence.
pub(super) fn put_radiopharmaceutical(
    data: &mut DataSet,
    record: &RadiopharmaceuticalRecord,
    unit: TotalDoseUnit,
) {
    let mut item = DataSet::new();
    item.text(tags::RADIOPHARMACEUTICAL, VR::LO, &record.name)
        .code(tags::RADIOPHARMACEUTICAL_CODE_SEQUENCE, &record.substance)
        .code(tags::RADIONUCLIDE_CODE_SEQUENCE, &record.nuclide)
        .code(tags::ADMINISTRATION_ROUTE_CODE_SEQUENCE, &record.route)
        .time(
            tags::RADIOPHARMACEUTICAL_START_TIME,
            record.administration_start.time(),
        )
        .decimals(
            tags::RADIONUCLIDE_TOTAL_DOSE,
            &[match unit {
                TotalDoseUnit::Becquerel => record.administered.as_bq(),
                TotalDoseUnit::Megabecquerel => record.administered.as_mbq(),
            }],
        )
        .date_time(
            tags::RADIOPHARMACEUTICAL_START_DATE_TIME,
            record.administration_start,
        );
    if unit == TotalDoseUnit::Becquerel {
        item.decimals(
            tags::RADIONUCLIDE_HALF_LIFE,
            &[record.half_life.as_seconds()],
        );
        if let Some(fraction) = record.positron_fraction {
            item.decimals(tags::RADIONUCLIDE_POSITRON_FRACTION, &[fraction]);
        }
    }
    data.sequence(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, vec![item]);
}

/// How the patient lay: supine, head first.
pub(super) fn put_supine_head_first(data: &mut DataSet) {
    let mut lying = code_item(&Code::RECUMBENT);
    lying.code(
        tags::PATIENT_ORIENTATION_MODIFIER_CODE_SEQUENCE,
        &Code::SUPINE,
    );
    data.sequence(tags::PATIENT_ORIENTATION_CODE_SEQUENCE, vec![lying])
        .code(
            tags::PATIENT_GANTRY_RELATIONSHIP_CODE_SEQUENCE,
            &Code::HEADFIRST,
        );
}
