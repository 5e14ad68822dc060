//! A case on disk: a folder with a file that a person reads and writes; and
//! tables of a study ([`Study`]).
//!
//! A case is a folder that holds `case.toml` and, beside it, the folders of
//! its images. The file is described in `docs/case.md` and by the JSON Schema
//! in `docs/schema/case.schema.json`, which is made from the types that read
//! it ([`json_schema`]).
//!
//! ```text
//! case.toml ──▶ places (line of each key) ──▶ names and kinds against the schema
//!           ──▶ rows (values with units) ──▶ what tables say of each other ──▶ Case
//! ```
//!
//! Whatever is wrong is refused with file, line, key and what is allowed;
//! nothing is guessed. The pseudonym never enters an error.
//! Rows of the file and the types of a [`Case`] are apart, and only the
//! latter are public.

mod agreement;
mod case;
mod case_cohort;
mod check;
mod course;
mod document;
mod error;
mod follow_up;
mod follow_words;
mod images;
mod instant;
mod new_case;
mod place;
mod planar_regions;
mod read;
mod row;
mod rows_file;
mod schema;
mod sdtm;
mod vocabulary;
mod whole_file;
mod written;
mod written_amount;
mod written_number;

pub use case::{
    Administration, Age, CalibrationOffer, Case, Clearance, DeviceChoice, Disease, Goal, Goals,
    Laboratory, Liver, Override, Patient, PlanarCounts, Prescription, PriorTherapy, Pseudonym,
    Session, Signature, StatedShunt, Structure, Territory, TimedActivity, TissueMass, Vial, WorkUp,
};
pub use course::{CaseCourse, CourseFinding, CourseRule};
pub use document::{CASE_FILE, CaseDocument};
pub use error::StoreError;
pub use follow_up::{
    BloodTests, CaseEvent, FollowUp, FollowedLesion, LaterTherapy, LiverVolumes, MarkerSample,
    Measurement, NormalRange, Performance, Scan, StatedStatus, SymptomReport,
};
pub use images::{
    AcceptedDifferences, DeliveredImage, DeliveredSource, DoseMethod, ImageUnits, Images,
};
pub use instant::Instant;
pub use new_case::NewCase;
pub use place::Place;
pub use planar_regions::{PLANAR_REGIONS_VERSION, PlanarOutline, PlanarRegions};
pub use schema::{SCHEMA_VERSION, json_schema};
pub use sdtm::{
    LeftOutSubject, SYNTHETIC, Study, StudyEvent, StudyLaboratory, StudyReader, StudySubject,
    write_cohort,
};
pub use vocabulary::{
    ImageDifference, Intent, LaboratoryTest, Lobe, PlanarRegionRole, PlanarUnit, PlanarViewName,
    PrescriptionMethod, Segment, StatedAttribution, StructureRole, TherapyKind, ToxicityTreatment,
    TumourType,
};
pub use whole_file::write_whole;
