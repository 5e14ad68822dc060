//! DICOM objects to series, volumes, structures, registrations and doses.
//!
//! [`scan`] reads headers and sorts files into [`Series`]; the `read_*`
//! functions turn one series into values.

mod activity;
mod activity_findings;
mod attribute;
mod codec;
mod ct;
mod dose;
mod element;
mod enhanced;
mod instance;
mod instant;
mod nm;
mod object;
mod patient;
mod pixel;
mod plane;
mod radiopharmaceutical;
mod registration;
mod scan;
mod segmentation;
mod series;
mod stack;
mod structure_set;
mod study_context;

pub use activity::{activity_acquisition, read_activity};
pub(crate) use attribute::attribute_name;
pub use ct::read_ct;
pub use dose::{DoseVolume, RecordedDose, RecordedHistogram, read_dose};
pub use instance::SeriesKind;
pub use nm::{PlanarDirection, PlanarImage, PlanarImages, read_planar};
pub use patient::PatientMark;
pub use registration::{Registration, read_registration};
pub use scan::{Catalogue, SkippedFile, scan, scan_bytes};
pub use series::Series;
pub use structure_set::{Structures, read_structures, read_structures_on};
pub use study_context::study_context;
