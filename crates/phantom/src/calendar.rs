//! When things happened to the built-in patient.
//!
//! Fixed instants in the local time of the hospital, long ago, so that
//! nothing here depends on the day on which the phantom is made.

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Span};
use sirt_quantity::TimeSpan;

use crate::PhantomError;
use crate::phantom::Phantom;

/// Instants of the treatment.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Calendar {
    /// Planning CT: the date of month 0.
    pub planning: DateTime,
    /// Injection of the MAA.
    pub maa_administration: DateTime,
    /// Administration of the Y-90 microspheres.
    pub administration: DateTime,
}

impl Calendar {
    /// Planning CT, MAA a day later, microspheres two weeks after that.
    pub const BUILT_IN: Self = Self {
        planning: date(2000, 2, 15).at(10, 0, 0, 0),
        maa_administration: date(2000, 2, 16).at(9, 30, 0, 0),
        administration: date(2000, 3, 1).at(14, 0, 0, 0),
    };
}

impl Phantom {
    /// When the CT of this date was taken: the planning CT at month 0, else
    /// whole months after the administration, at 10 h.
    ///
    /// # Errors
    /// [`PhantomError::Calendar`] past the end of the calendar.
    pub fn imaged_at(&self) -> Result<DateTime, PhantomError> {
        let calendar = Calendar::BUILT_IN;
        if self.month() <= 0.0 {
            return Ok(calendar.planning);
        }
        // Months are 0 to 36; a part of a month is counted in days of 1/30.
        let whole = self.month().floor();
        let days = ((self.month() - whole) * 30.0).round();
        calendar
            .administration
            .date()
            .checked_add(Span::new().months(whole as i32).days(days as i32))
            .map(|day| day.at(10, 0, 0, 0))
            .map_err(|error| PhantomError::Calendar {
                reason: error.to_string(),
            })
    }
}

/// An instant moved by a span, to the nearest second.
pub(crate) fn later(instant: DateTime, span: TimeSpan) -> Result<DateTime, PhantomError> {
    let seconds = span.as_seconds().round();
    instant
        .checked_add(SignedDuration::from_secs(seconds as i64))
        .map_err(|error| PhantomError::Calendar {
            reason: error.to_string(),
        })
}
