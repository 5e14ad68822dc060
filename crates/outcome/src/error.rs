//! What can be wrong with a score.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutcomeError {
    /// A laboratory value that no patient has, most often one in another unit.
    #[error("{what} {value} is outside {allowed}; is the unit right?")]
    Implausible {
        /// The laboratory value by name.
        what: &'static str,
        /// The value with its unit.
        value: String,
        /// The allowed range with its unit.
        allowed: String,
    },
    /// A score that lacks one of its values.
    #[error("{score} needs {missing}")]
    MissingValue {
        /// The score by name.
        score: &'static str,
        /// The values that are not there.
        missing: String,
    },
    /// A name that stands in no list.
    #[error("{what} `{name}` is unknown; known are {known}")]
    UnknownName {
        /// What is named.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The names that are known.
        known: &'static str,
    },
    /// A data table that cannot be read.
    #[error("{table}: {reason}")]
    DataTable {
        /// The table by name.
        table: &'static str,
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
}
