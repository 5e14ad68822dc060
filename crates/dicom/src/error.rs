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
    /// A file or folder that cannot be opened.
    #[error("{file} cannot be read")]
    ReadFile {
        /// Name of the file, without its folders.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that is not DICOM.
    #[error("{file} is not DICOM: {reason}")]
    NotDicom {
        /// Name of the file.
        file: String,
        /// What was expected.
        reason: String,
    },
    /// A file without a byte, as a copy that broke off leaves it.
    #[error("{file} is not DICOM: the file is empty (0 bytes)")]
    EmptyFile {
        /// Name of the file.
        file: String,
    },
    /// A file that ends too early.
    #[error("{file} is truncated: {tag} needs {wanted} bytes where {left} are left")]
    Truncated {
        /// Name of the file.
        file: String,
        /// The element at the end.
        tag: String,
        /// Bytes that it claims.
        wanted: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Elements that contradict themselves.
    #[error("{file} is damaged at {tag}: {reason}")]
    Malformed {
        /// Name of the file.
        file: String,
        /// The element.
        tag: String,
        /// What is wrong.
        reason: String,
    },
    /// An attribute that is missing or has a value that is not allowed.
    #[error("{file}: {tag} is {value}, allowed: {allowed}")]
    Attribute {
        /// Name of the file.
        file: String,
        /// The attribute with its name.
        tag: String,
        /// The value, or `missing`.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// Pixels that cannot be turned into numbers.
    #[error("{file}: pixels: {reason}")]
    Pixels {
        /// Name of the file.
        file: String,
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
    /// Another kind of object than asked for.
    #[error("{found} where {wanted} is wanted")]
    WrongKind {
        /// What it is.
        found: String,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A series that cannot become a volume; the finding says why and what to do.
    #[error("series refused: {finding}")]
    Refused {
        /// The first thing that stops it.
        finding: crate::Finding,
    },
    /// Nothing of the wanted kind is there.
    #[error("no {wanted} among {files} DICOM files")]
    NothingFound {
        /// What was asked for.
        wanted: &'static str,
        /// Files that were looked at.
        files: usize,
    },
    /// Values that make no image.
    #[error("image")]
    Image(#[from] sirt_image::ImageError),
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
