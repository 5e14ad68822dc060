//! Whether two objects are of one patient, without saying of whom.
//!
//! Identifier and name are kept as hashes only, which cannot be printed and
//! are compared and nothing else.

use std::hash::{DefaultHasher, Hash, Hasher};

use dicom_dictionary_std::tags;

use super::element::DataSet;

/// What tells one patient from another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PatientMark {
    id: Option<u64>,
    name: Option<u64>,
}

impl PatientMark {
    pub(crate) fn read(set: &DataSet<'_>) -> Self {
        let hash = |text: String| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        };
        let name = set.text(tags::PATIENT_NAME).map(|name| {
            // Empty components and case differ between exports of one name.
            name.trim_matches(['^', '=', ' ']).to_uppercase()
        });
        Self {
            id: set.text(tags::PATIENT_ID).map(hash),
            name: name.filter(|name| !name.is_empty()).map(hash),
        }
    }

    /// Whether the two are of different patients: by (0010,0020) PatientID, or
    /// by (0010,0010) PatientName where one has no identifier.
    ///
    /// What has neither is taken to be of any patient.
    #[must_use]
    pub fn is_another_than(&self, other: &Self) -> bool {
        let differ = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a != b);
        differ(self.id, other.id)
            .or_else(|| differ(self.name, other.name))
            .unwrap_or(false)
    }
}

impl std::fmt::Debug for PatientMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PatientMark")
    }
}
