//! The rows of a case file: what may stand where.
//!
//! The schema is made from these types; the first sentence of each field is
//! what a person is told when the key is missing.

mod course;
mod lesion;
mod patient;
mod treatment;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::schema::SCHEMA_VERSION;

pub(crate) use self::course::{
    AnalogueRow, EventRow, FollowUpRow, LaterTherapyRow, LiverVolumeRow, MarkerRow, NormalRangeRow,
    PerformanceRow, StatusRow, SymptomRow,
};
pub(crate) use self::lesion::{LesionRow, MeasurementRow, ScanRow};
pub(crate) use self::patient::{
    DeviceRow, DiseaseRow, ImagesRow, LaboratoryRow, LiverRow, LungsRow, PatientRow,
    PlanarCountsRow, PriorTherapyRow, StructureRow, TerritoryRow, WorkUpRow,
};
pub(crate) use self::treatment::{
    AdministrationRow, CalibrationRow, ClearanceRow, DeliveredImageRow, GoalsRow, OverrideRow,
    PrescriptionRow, SessionRow, SignatureRow, TimedActivityRow, VialRow,
};

/// A case of selective internal radiation therapy.
///
/// Every quantity carries its unit, every activity its instant with the
/// offset from UTC, every mass its density.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "OpenSIRT case")]
pub(crate) struct CaseRow {
    /// Kind and version of the file.
    #[schemars(schema_with = "version")]
    #[expect(dead_code, reason = "checked before the rows are read")]
    schema: String,
    /// The patient, by pseudonym.
    pub(crate) patient: PatientRow,
    /// The disease that is treated.
    pub(crate) disease: DiseaseRow,
    /// The microspheres.
    pub(crate) device: DeviceRow,
    /// What was done before.
    #[serde(default)]
    pub(crate) prior_therapy: Vec<PriorTherapyRow>,
    /// Laboratory values, one table for each day.
    #[serde(default)]
    pub(crate) laboratory: Vec<LaboratoryRow>,
    /// The liver as a whole.
    pub(crate) liver: Option<LiverRow>,
    /// Both lungs.
    pub(crate) lungs: Option<LungsRow>,
    /// Where the images are.
    pub(crate) images: Option<ImagesRow>,
    /// What structures of the images are.
    #[serde(default)]
    pub(crate) structure: Vec<StructureRow>,
    /// Parts of the liver that are treated from one position of the catheter.
    #[serde(default)]
    pub(crate) territory: Vec<TerritoryRow>,
    /// The work-up with MAA (or a scout dose).
    pub(crate) work_up: Option<WorkUpRow>,
    /// Findings that a person looked at and cleared.
    #[serde(default)]
    pub(crate) clearance: Vec<ClearanceRow>,
    /// The doses to reach and to stay below.
    pub(crate) goals: Option<GoalsRow>,
    /// What is to be given.
    #[serde(default)]
    pub(crate) prescription: Vec<PrescriptionRow>,
    /// When the room is booked.
    #[serde(default)]
    pub(crate) session: Vec<SessionRow>,
    /// Calibration instants on offer, with the sizes of vials.
    #[serde(default)]
    pub(crate) calibration: Vec<CalibrationRow>,
    /// Vials that are ordered or there.
    #[serde(default)]
    pub(crate) vial: Vec<VialRow>,
    /// What was given.
    #[serde(default)]
    pub(crate) administration: Vec<AdministrationRow>,
    /// What follow-up is counted from, and its files.
    pub(crate) follow_up: Option<FollowUpRow>,
    /// Lesions with an identity that lasts.
    #[serde(default)]
    pub(crate) lesion: Vec<LesionRow>,
    /// Scans as a whole.
    #[serde(default)]
    pub(crate) scan: Vec<ScanRow>,
    /// Lesions on days by readers.
    #[serde(default)]
    pub(crate) measurement: Vec<MeasurementRow>,
    /// Volumes of liver, lobes, tumours and future remnant.
    #[serde(default)]
    pub(crate) liver_volume: Vec<LiverVolumeRow>,
    /// Tumour markers.
    #[serde(default)]
    pub(crate) marker: Vec<MarkerRow>,
    /// Symptoms.
    #[serde(default)]
    pub(crate) symptom: Vec<SymptomRow>,
    /// Somatostatin analogues.
    #[serde(default)]
    pub(crate) analogue: Vec<AnalogueRow>,
    /// What is normal by the laboratory.
    #[serde(default)]
    pub(crate) normal_range: Vec<NormalRangeRow>,
    /// Adverse events.
    #[serde(default)]
    pub(crate) event: Vec<EventRow>,
    /// Performance status.
    #[serde(default)]
    pub(crate) performance: Vec<PerformanceRow>,
    /// Treatments after the radioembolisations.
    #[serde(default)]
    pub(crate) later_therapy: Vec<LaterTherapyRow>,
    /// Alive or dead.
    pub(crate) status: Option<StatusRow>,
    /// Rules that a person set aside.
    #[serde(default, rename = "override")]
    pub(crate) overrides: Vec<OverrideRow>,
    /// Who signed, and what.
    #[serde(default)]
    pub(crate) signature: Vec<SignatureRow>,
}

fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "const": SCHEMA_VERSION })
}
