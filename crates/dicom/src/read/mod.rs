//! DICOM objects to series, volumes, structures, registrations and doses.
//!
//! [`scan`] reads headers and sorts files into [`Series`]; the `read_*`
//! functions turn one series into values.

mod activity;
mod activity_findings;
mod attribute;
mod codec;
mod ct;
mod element;
mod enhanced;
mod instance;
mod instant;
mod nm;
mod object;
mod pixel;
mod radiopharmaceutical;
mod scan;
mod series;
mod stack;

pub use activity::read_activity;
pub(crate) use attribute::attribute_name;
pub use ct::read_ct;
pub use instance::SeriesKind;
pub use nm::{PlanarImage, PlanarImages, read_planar};
pub use scan::{Catalogue, SkippedFile, scan, scan_bytes};
pub use series::Series;
