//! Volumes, structures and doses as DICOM objects.
//!
//! Every writer takes plain values and returns a [`DicomFile`] or a
//! [`DicomSeries`]; nothing is read from a clock or drawn at random, so the
//! same input gives the same bytes.
//! Instances are named by their content, series by the caller's
//! [`UidSeed`].

mod code;
mod ct;
mod data_set;
mod frames;
mod limits;
mod nm;
mod pet;
mod radiopharmaceutical;
mod rtdose;
mod segmentation;
mod structure_set;
mod study;
mod uid;

pub use code::Code;
pub use ct::{CtRecord, encode_ct_series};
pub use data_set::DicomFile;
pub use nm::{
    GammaCameraRecord, PlanarRecord, PlanarView, TomogramRecord, encode_nm_planar,
    encode_nm_tomogram,
};
pub use pet::{PetRecord, encode_pet_series};
pub use radiopharmaceutical::RadiopharmaceuticalRecord;
pub use rtdose::{
    BedRecord, DoseRecord, DoseSumRecord, DoseWord, Heterogeneity, HistogramRecord,
    encode_absorbed_dose, encode_bed, encode_dose_sum,
};
pub use segmentation::{SegmentRecord, SegmentationKind, SegmentationSource, encode_segmentation};
pub use structure_set::{RoiPurpose, RoiRecord, encode_structure_set};
pub use study::{
    DicomSeries, InstanceReference, PatientSex, SeriesContext, SourceReference, StudyContext,
};
pub use uid::UidSeed;
