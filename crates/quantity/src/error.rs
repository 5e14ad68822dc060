//! What can be wrong with a quantity.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// Text without a number in front.
    #[error("`{text}` is not {quantity}: expected a number and a unit, one of {allowed}")]
    NotANumber {
        /// The text as given.
        text: String,
        /// The quantity with its article, for example `an activity`.
        quantity: &'static str,
        /// The units that would have been accepted.
        allowed: String,
    },
    /// A number without a unit, or with a unit of another quantity.
    #[error("`{text}` is not {quantity}: unit `{unit}` is not one of {allowed}")]
    UnknownUnit {
        /// The text as given.
        text: String,
        /// The quantity with its article.
        quantity: &'static str,
        /// The unit as given, possibly empty.
        unit: String,
        /// The units that would have been accepted.
        allowed: String,
    },
    /// Text that is no part of a whole.
    #[error("`{text}` is not a {what}: expected a fraction such as 0.05, or percent such as 5 %")]
    NotAFraction {
        /// The text as given.
        text: String,
        /// The quantity by name.
        what: &'static str,
    },
    /// A number past 1 where a fraction is meant.
    #[error("{what} {value} is outside 0..=1; write `{value} %` for percent")]
    PercentForFraction {
        /// The quantity by name.
        what: &'static str,
        /// The number as given.
        value: f64,
    },
    /// A value outside of what is physically possible.
    #[error("{what} {value} is outside {allowed}")]
    OutOfRange {
        /// The quantity by name.
        what: &'static str,
        /// The value with its unit.
        value: String,
        /// The allowed range with its unit.
        allowed: &'static str,
    },
    /// A nuclide that the library does not hold.
    #[error("nuclide `{name}` is unknown; known are {known}")]
    UnknownNuclide {
        /// The name as given.
        name: String,
        /// The names of the library.
        known: String,
    },
    /// A nuclide table that cannot be read.
    #[error("nuclide table: {reason}")]
    NuclideTable {
        /// What the TOML reader said.
        reason: String,
    },
}
