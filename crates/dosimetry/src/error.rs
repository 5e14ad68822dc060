//! What can be wrong with a dose calculation or an evaluation of dose.

use sirt_image::ImageError;

use crate::Device;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DosimetryError {
    /// A structure in which no voxel has a weight over zero.
    #[error("structure has no voxel with a weight over 0")]
    EmptyStructure,
    /// A value outside of what is physically possible or allowed.
    #[error("{what} {value} is outside {allowed}")]
    OutOfRange {
        /// The quantity by name.
        what: &'static str,
        /// The value with its unit.
        value: String,
        /// The allowed range with its unit.
        allowed: &'static str,
    },
    /// Two things on different grids where one grid is needed.
    #[error("{what} are on different grids")]
    GridMismatch {
        /// The two things by name.
        what: &'static str,
    },
    /// Two things in different frames of reference, without a registration.
    #[error("{what} are in different patient frames; register them first")]
    FrameMismatch {
        /// The two things by name.
        what: &'static str,
    },
    /// A data table that cannot be read.
    #[error("{table}: {reason}")]
    DataTable {
        /// The table by name.
        table: &'static str,
        /// What is wrong, with the value and what is allowed.
        reason: String,
    },
    /// A name that stands in no list.
    #[error("{what} `{name}` is unknown; known are {known}")]
    UnknownName {
        /// What is named.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// A dose limit of another device than the plan's.
    #[error("dose limit `{limit}` is for {made_for}, not for {device}")]
    OtherDevice {
        /// The limit by its id.
        limit: String,
        /// Devices it was made for.
        made_for: String,
        /// Device of the plan.
        device: Device,
    },
    /// An override that cannot stand.
    #[error("override of rule `{rule}`: {reason}")]
    Override {
        /// The rule by its id.
        rule: String,
        /// What is missing or not allowed.
        reason: String,
    },
    /// Mean doses of different masses, which do not add.
    #[error(
        "mean doses of {what} are over {first_g} g and {other_g} g and do not add; weight them by mass over the whole organ"
    )]
    UnequalMasses {
        /// The volume by name.
        what: String,
        /// Mass of the first, g.
        first_g: f64,
        /// Mass of the one that differs, g.
        other_g: f64,
    },
    /// Something that the image leaves open or contradicts itself in.
    #[error("{field}: {reason}; settle it with {settle_with}")]
    Unsettled {
        /// The field or fact.
        field: String,
        /// Why it is not clear.
        reason: String,
        /// The options that settle it.
        settle_with: String,
    },
    /// A nuclide whose betas no kernel describes.
    #[error("no beta point kernel for {nuclide}; use --method local")]
    NoKernel {
        /// Symbol of the nuclide.
        nuclide: String,
    },
    /// Energy that is lost or made from nothing.
    #[error(
        "energy is not closed: {:.3} % of what was emitted is accounted for, allowed is 100 % to 0.5 %",
        closure * 100.0
    )]
    EnergyNotClosed {
        /// Energy accounted for over energy emitted.
        closure: f64,
    },
    /// A quantity or nuclide that is none.
    #[error(transparent)]
    Quantity(#[from] sirt_quantity::QuantityError),
    /// An image operation that failed.
    #[error(transparent)]
    Image(#[from] ImageError),
}
