//! What can be wrong with a run.

/// Error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// A table that is compiled in, or given, cannot be read.
    #[error("{table}: {reason}")]
    DataTable {
        /// Which table.
        table: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A name that no material, element or nuclide has.
    #[error("there is no {what} `{name}`; there are {known}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name.
        name: String,
        /// What there is.
        known: String,
    },
    /// A number outside of its range.
    #[error("{what} {value} is outside {allowed}")]
    OutOfRange {
        /// What it is.
        what: &'static str,
        /// The number with its unit.
        value: String,
        /// The range with its unit.
        allowed: &'static str,
    },
    /// Volumes that lie on different grids.
    #[error("{what} are not on the same grid")]
    GridMismatch {
        /// Which volumes.
        what: &'static str,
    },
    /// A state that belongs to another run.
    #[error("the state belongs to another run: {reason}")]
    ForeignState {
        /// What differs.
        reason: String,
    },
    /// A volume that cannot be made.
    #[error(transparent)]
    Image(#[from] sirt_image::ImageError),
}
