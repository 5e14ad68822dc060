//! What can be wrong with a report.

/// An error of this crate.
///
/// Sections, tables and figures are told by their number, as printed; the
/// subject of a report never enters an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A citation of a work that is not in the list.
    #[error("{place}: [@{key}] cites no reference of the list; it holds {known}")]
    UnknownCitation {
        /// "section 2", "table 3".
        place: String,
        /// What was cited.
        key: String,
        /// The keys of the list, or "none".
        known: String,
    },
    /// Two works with one key.
    #[error("references: the key {key} stands twice; a key names one work")]
    RepeatedReference {
        /// The key.
        key: String,
    },
    /// A table without columns.
    #[error("table {table} has no columns; at least one is needed")]
    NoColumns {
        /// Its number.
        table: usize,
    },
    /// A row with too few or too many cells.
    #[error("table {table}, row {row}: {cells} cells; its {columns} columns need one each")]
    RaggedTable {
        /// The number of the table.
        table: usize,
        /// The row, from 1.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The columns of the table.
        columns: usize,
    },
    /// A picture that is not what it says.
    #[error("figure {figure}: {reason}")]
    Picture {
        /// The number of the figure.
        figure: usize,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// A letter that would be printed as a box.
    #[error(
        "the letter {letter:?} (U+{:04X}) is in none of the document's fonts, Noto Sans and \
         DejaVu Sans; Latin, Greek and Cyrillic letters are", u32::from(*letter)
    )]
    NoGlyph {
        /// The letter.
        letter: char,
    },
    /// Values that cannot be drawn.
    #[error("{plot}: {reason}")]
    Plot {
        /// Which plot.
        plot: &'static str,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// A document that cannot be laid out.
    #[error("the document cannot be laid out: {reason}")]
    Layout {
        /// What the layout says.
        reason: String,
    },
}
