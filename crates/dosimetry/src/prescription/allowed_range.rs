//! The ranges that every prescription method holds its inputs to.

use sirt_quantity::{AbsorbedDose, Activity, Mass};

use crate::DosimetryError;

/// A mass that is finite and over 0.
pub(super) fn mass(what: &'static str, mass: Mass) -> Result<Mass, DosimetryError> {
    if mass.is_finite() && mass > Mass::ZERO {
        Ok(mass)
    } else {
        Err(DosimetryError::OutOfRange {
            what,
            value: mass.to_string(),
            allowed: "finite values over 0 g",
        })
    }
}

/// An activity that is finite and not negative.
pub(super) fn activity(activity: Activity) -> Result<Activity, DosimetryError> {
    if activity.is_finite() && activity >= Activity::ZERO {
        Ok(activity)
    } else {
        Err(DosimetryError::OutOfRange {
            what: "activity",
            value: format!("{} GBq", activity.as_gbq()),
            allowed: "finite values from 0 GBq",
        })
    }
}

/// A dose that is finite and over 0.
pub(super) fn dose(what: &'static str, dose: AbsorbedDose) -> Result<AbsorbedDose, DosimetryError> {
    if dose.is_finite() && dose > AbsorbedDose::ZERO {
        Ok(dose)
    } else {
        Err(DosimetryError::OutOfRange {
            what,
            value: dose.to_string(),
            allowed: "finite values over 0 Gy",
        })
    }
}

/// A ratio that is finite and over 0.
pub(super) fn ratio(what: &'static str, value: f64) -> Result<f64, DosimetryError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(DosimetryError::OutOfRange {
            what,
            value: value.to_string(),
            allowed: "finite values over 0",
        })
    }
}
