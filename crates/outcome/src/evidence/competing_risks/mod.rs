//! Competing risks: cumulative incidence, its test between groups, its regression.
//!
//! Causes are numbered from 1; 0 is censored. A Kaplan-Meier curve that takes
//! other causes for censoring overstates the incidence.

mod aalen_johansen;
mod fine_gray;
mod gray;

pub use aalen_johansen::{CumulativeIncidence, IncidenceStep, cumulative_incidence};
pub use fine_gray::{FineGray, FineGrayTerm, fine_gray};
pub use gray::{GrayTest, gray_test};

use super::survival::{check_length, value_error};
use crate::OutcomeError;

/// Refuses times and causes that cannot be.
fn check(time: &[f64], cause: &[u8]) -> Result<(), OutcomeError> {
    check_length("cause", cause.len(), time.len())?;
    match time.iter().position(|time| !time.is_finite()) {
        Some(row) => Err(value_error("time", row, time[row], "a finite number")),
        None => Ok(()),
    }
}

/// Share of the variance that ties leave, of so many events among so many.
fn of_ties(events: f64, among: f64) -> f64 {
    if events > 1.0 {
        1.0 - (events - 1.0) / (among - 1.0)
    } else {
        1.0
    }
}
