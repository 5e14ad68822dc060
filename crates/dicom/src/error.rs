//! What can be wrong with a DICOM object.

use std::path::PathBuf;

/// An error of this crate; never holds an identifier of a patient.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DicomError {
    /// Content that a DICOM object cannot hold.
    #[error("{object} cannot be written: {reason}")]
    NotWritable {
        /// What was to be written.
        object: &'static str,
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
    /// A data set that cannot be turned into bytes.
    #[error("dicom encoding")]
    Encoding {
        /// What the encoder says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that cannot be written.
    #[error("writing {}", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl DicomError {
    pub(crate) fn not_writable(object: &'static str, reason: String) -> Self {
        Self::NotWritable { object, reason }
    }

    pub(crate) fn encoding(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Encoding {
            source: Box::new(source),
        }
    }
}
