//! What can be asked of the phantom and not be given.

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PhantomError {
    /// A setting outside its range.
    #[error("{name} {value} is outside {allowed}")]
    Setting {
        /// The setting in words.
        name: &'static str,
        /// The value given, with its unit.
        value: String,
        /// The range allowed, with its unit.
        allowed: &'static str,
    },
    /// The course gives something else than one dose for each lesion.
    #[error("{found} lesion doses were given where the phantom has {expected} treated lesions")]
    DoseCount {
        /// Treated lesions.
        expected: usize,
        /// Doses given.
        found: usize,
    },
    /// An activity image after the nuclide has decayed.
    #[error("month {month} has no activity: activity images belong to month 0")]
    NoActivity {
        /// The month of this phantom.
        month: f64,
    },
    /// Contours on planes that are not axial.
    #[error(
        "contours need a grid whose third axis runs along the body, found direction {direction:?}"
    )]
    NotAxial {
        /// Direction of the third axis.
        direction: [f64; 3],
    },
    /// A grid or an image that cannot be made.
    #[error(transparent)]
    Image(#[from] sirt_image::ImageError),
    /// A nuclide that is missing from the table.
    #[error(transparent)]
    Quantity(#[from] sirt_quantity::QuantityError),
    /// An instant out of the calendar.
    #[error("instant is out of the calendar: {reason}")]
    Calendar {
        /// What the calendar says.
        reason: String,
    },
}
