//! From a cohort to figures with intervals, and from printed figures back to counts.
//!
//! Every function works on columns of numbers, so that any table engine can
//! call it, and names its method in what it returns.
//! Knows nothing of images, files or the clock.

pub mod agreement;
mod beta;
pub mod claim;
pub mod cohort;
pub mod competing_risks;
pub mod cox;
pub mod dose_response;
mod newton;
pub mod pooling;
pub mod proportion;
pub mod reconstruction;
pub mod survival;

pub use proportion::{ProportionInterval, ProportionMethod, proportion_interval};

use crate::OutcomeError;

/// A two-sided confidence level as it is allowed.
pub(crate) fn check_level(level: f64) -> Result<(), OutcomeError> {
    if level > 0.0 && level < 1.0 {
        Ok(())
    } else {
        Err(OutcomeError::Argument {
            what: "confidence level",
            value: level.to_string(),
            allowed: "over 0 and under 1",
        })
    }
}
