//! What can be wrong with a dose calculation or an evaluation of dose.

use sirt_image::ImageError;

use crate::Device;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DosimetryError {
    /// Monte Carlo transport says no.
    #[error(transparent)]
    Transport(#[from] sirt_transport::TransportError),
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
    /// A part that does not fit into its whole.
    #[error("{part} {part_value} is larger than {whole} {whole_value}")]
    PartLargerThanWhole {
        /// The part by name.
        part: &'static str,
        /// Its size with unit.
        part_value: String,
        /// The whole by name.
        whole: &'static str,
        /// Its size with unit.
        whole_value: String,
    },
    /// A goal that no activity reaches.
    #[error("no activity gives {goal}: {reason}")]
    Unreachable {
        /// What was asked for, with its value.
        goal: String,
        /// Why it cannot be reached.
        reason: String,
    },
    /// Perfused volumes that share tissue, where means are to be added.
    #[error(
        "perfused volumes `{first}` and `{second}` overlap: doses add voxel by voxel there, their means do not"
    )]
    OverlappingVolumes {
        /// Name of one.
        first: String,
        /// Name of the other.
        second: String,
    },
    /// More than one dose factor in one plan.
    #[error("dose factors {first} and {other} Gy kg/GBq in one plan: use one for all volumes")]
    DifferentDoseFactors {
        /// That of the first volume, Gy·kg/GBq.
        first: f64,
        /// The one that differs, Gy·kg/GBq.
        other: f64,
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
    /// An activity that says no instant.
    #[error(
        "`{text}` is no dated activity: {reason}; expected such as `1.85GBq@2026-03-02T09:00+01:00`"
    )]
    UndatedActivity {
        /// The text as given.
        text: String,
        /// What is missing or cannot be read.
        reason: String,
    },
    /// Two instants in the wrong order.
    #[error("{what} at {at} is before {other} at {other_at}")]
    InstantsOutOfOrder {
        /// What has to be later.
        what: &'static str,
        /// When it is said to be.
        at: jiff::Timestamp,
        /// What has to be earlier.
        other: &'static str,
        /// When that is.
        other_at: jiff::Timestamp,
    },
    /// A vial past the end of its window.
    #[error("{vial} is expired at {at}; it may be given from {from} to {until}")]
    VialExpired {
        /// Device, size and calibration.
        vial: String,
        /// When it would be given.
        at: jiff::Timestamp,
        /// Start of the window.
        from: jiff::Timestamp,
        /// End of the window.
        until: jiff::Timestamp,
    },
    /// A vial before the start of its window.
    #[error("{vial} may not be given yet at {at}; it may be given from {from} to {until}")]
    VialNotYetUsable {
        /// Device, size and calibration.
        vial: String,
        /// When it would be given.
        at: jiff::Timestamp,
        /// Start of the window.
        from: jiff::Timestamp,
        /// End of the window.
        until: jiff::Timestamp,
    },
    /// More to be drawn than a vial holds.
    #[error(
        "{vial} holds {held_gbq:.4} GBq at {at}, less than the {needed_gbq:.4} GBq to be drawn"
    )]
    VialHoldsTooLittle {
        /// Device, size and calibration.
        vial: String,
        /// When it would be drawn.
        at: jiff::Timestamp,
        /// What is in the vial, earlier draws taken off, GBq.
        held_gbq: f64,
        /// What is needed, GBq.
        needed_gbq: f64,
    },
    /// A draw from a vial that is given whole.
    #[error("{vial} is given whole; no part of it can be drawn")]
    VialIndivisible {
        /// Device, size and calibration.
        vial: String,
    },
    /// Vials of several products in one order.
    #[error("the vials on offer are of {first} and {second}; an order is for one device")]
    MixedDevices {
        /// The first device.
        first: crate::Device,
        /// Another one.
        second: crate::Device,
    },
    /// A quantity or nuclide that is none.
    #[error(transparent)]
    Quantity(#[from] sirt_quantity::QuantityError),
    /// An image operation that failed.
    #[error(transparent)]
    Image(#[from] ImageError),
}
