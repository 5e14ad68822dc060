//! DICOM to volumes, structures and dose, and back.
//!
//! The only crate that names a tag.

mod error;
mod finding;
mod read;
mod write;

pub use error::DicomError;
pub use finding::{Finding, Severity};
pub use read::{
    Catalogue, PlanarImage, PlanarImages, Series, SeriesKind, SkippedFile, read_activity, read_ct,
    read_planar, scan, scan_bytes,
};
pub use write::{
    BedRecord, Code, CtRecord, DicomFile, DicomSeries, DoseRecord, DoseWord, GammaCameraRecord,
    Heterogeneity, HistogramRecord, InstanceReference, PatientSex, PetRecord, PlanarRecord,
    PlanarView, RadiopharmaceuticalRecord, RoiPurpose, RoiRecord, SegmentRecord, SegmentationKind,
    SegmentationSource, SeriesContext, SourceReference, StudyContext, TomogramRecord, UidSeed,
    encode_absorbed_dose, encode_bed, encode_ct_series, encode_nm_planar, encode_nm_tomogram,
    encode_pet_series, encode_segmentation, encode_structure_set,
};
