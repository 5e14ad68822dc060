//! What can be wrong with a table.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// A text that is no table.
    #[error("table: {reason}")]
    Table {
        /// What is wrong, with line and value.
        reason: String,
    },
}
