//! DICOM to volumes, structures and dose, and back.
//!
//! The only crate that names a tag.

mod error;
mod finding;
mod read;
mod write;

pub use error::DicomError;
pub use finding::{Finding, Severity, Topic};
pub use read::{
    Catalogue, DoseVolume, PatientMark, PlanarDirection, PlanarImage, PlanarImages, RecordedDose,
    RecordedHistogram, Registration, Series, SeriesKind, SkippedFile, Structures,
    activity_acquisition, read_activity, read_ct, read_dose, read_planar, read_registration,
    read_structures, read_structures_on, scan, scan_bytes, study_context,
};
pub use write::{
    BedRecord, Code, CtRecord, DicomFile, DicomSeries, DoseRecord, DoseSumRecord, DoseWord,
    GammaCameraRecord, Heterogeneity, HistogramRecord, InstanceReference, PatientSex, PetRecord,
    PlanarRecord, PlanarView, RadiopharmaceuticalRecord, RoiPurpose, RoiRecord, SegmentRecord,
    SegmentationKind, SegmentationSource, SeriesContext, SourceReference, StudyContext,
    TomogramRecord, UidSeed, encode_absorbed_dose, encode_bed, encode_ct_series, encode_dose_sum,
    encode_nm_planar, encode_nm_tomogram, encode_pet_series, encode_segmentation,
    encode_structure_set,
};
