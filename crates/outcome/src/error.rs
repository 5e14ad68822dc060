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
    /// A criterion of response that stands in no table.
    #[error("criterion `{name}` is unknown; known are {known}")]
    UnknownCriterion {
        /// The name as given.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// A time point that stands in no table.
    #[error("there is no time point at {months} months; known are {known}")]
    UnknownTimePoint {
        /// Months from treatment.
        months: f64,
        /// The time points that are known.
        known: String,
    },
    /// A key of a figure that cannot be.
    #[error("figure `{key}`: {reason}")]
    FigureKey {
        /// The key as given.
        key: String,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A text that is no day of the calendar.
    #[error("`{text}` is no date; expected YYYY-MM-DD")]
    Day {
        /// The text.
        text: String,
    },
    /// A text or number that is no amount.
    #[error("{what} `{text}` is no number of {unit} from 0 to 400000 with a decimal point")]
    Amount {
        /// What is measured.
        what: &'static str,
        /// The text as given.
        text: String,
        /// Its unit.
        unit: &'static str,
    },
    /// A record that breaks a rule, so that nothing is concluded from it.
    #[error("{rule}: {reason}")]
    Record {
        /// The rule by its id.
        rule: &'static str,
        /// What breaks it, with days and values.
        reason: String,
    },
    /// A data table that cannot be read.
    #[error("{table}: {reason}")]
    DataTable {
        /// The table by name.
        table: &'static str,
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
    /// A column of a table that holds what cannot be.
    #[error("column `{column}`, row {row}: {value} is not allowed; allowed is {allowed}")]
    ColumnValue {
        /// The column by name.
        column: &'static str,
        /// The row, counted from 1.
        row: usize,
        /// The value as it stands there.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Columns of one table that are not equally long.
    #[error("column `{column}` has {found} rows, the table has {expected}")]
    ColumnLength {
        /// The column by name.
        column: &'static str,
        /// Its rows.
        found: usize,
        /// The rows of the table.
        expected: usize,
    },
    /// An argument of a method that cannot be.
    #[error("{what} {value} is not allowed; allowed is {allowed}")]
    Argument {
        /// The argument by name.
        what: &'static str,
        /// The value as given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Printed claims for which no patients can be found.
    #[error("these claims cannot hold at once: {claims}; {advice}")]
    Irreconcilable {
        /// The claims by id, with what is printed and why.
        claims: String,
        /// What can be done.
        advice: String,
    },
    /// Data from which the method gives no number.
    #[error("{method}: {reason}")]
    NotEstimable {
        /// The method by name.
        method: &'static str,
        /// What is missing, with the columns or values concerned.
        reason: String,
    },
}
