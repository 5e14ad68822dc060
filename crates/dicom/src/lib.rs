//! DICOM to volumes, structures and dose, and back.
//!
//! The only crate that names a tag.

mod error;
mod write;

pub use error::DicomError;
pub use write::{
    BedRecord, Code, CtRecord, DicomFile, DicomSeries, DoseRecord, DoseWord, Heterogeneity,
    HistogramRecord, InstanceReference, PatientSex, RoiPurpose, RoiRecord, SegmentRecord,
    SegmentationKind, SegmentationSource, SeriesContext, SourceReference, StudyContext, UidSeed,
    encode_absorbed_dose, encode_bed, encode_ct_series, encode_segmentation, encode_structure_set,
};
