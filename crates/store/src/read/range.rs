//! Refusals of values outside of what is possible, at their place.

use sirt_quantity::Activity;

use crate::StoreError;
use crate::case::TimedActivity;
use crate::place::{Places, joined};
use crate::row::TimedActivityRow;
use crate::written_number::shortest;

/// Refuses a number outside of `low..=high`.
pub(super) fn within(
    value: f64,
    [low, high]: [f64; 2],
    unit: &str,
    path: &str,
    places: &Places,
) -> Result<(), StoreError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let space = if unit.is_empty() { "" } else { " " };
    Err(StoreError::OutOfRange {
        place: places.at(path),
        value: format!("{}{space}{unit}", shortest(value)),
        allowed: format!("{}..={}{space}{unit}", shortest(low), shortest(high)),
    })
}

/// Refuses a number that is not above 0 and at most `high`.
pub(super) fn above_zero(
    value: f64,
    high: f64,
    unit: &str,
    path: &str,
    places: &Places,
) -> Result<(), StoreError> {
    if value > 0.0 && value <= high {
        return Ok(());
    }
    Err(StoreError::OutOfRange {
        place: places.at(path),
        value: format!("{} {unit}", shortest(value)),
        allowed: format!("above 0, at most {high} {unit}"),
    })
}

/// An activity of a treatment: above 0, at most 100 GBq.
pub(super) fn therapeutic(
    activity: Activity,
    path: &str,
    places: &Places,
) -> Result<Activity, StoreError> {
    above_zero(activity.as_gbq(), 100.0, "GBq", path, places).map(|()| activity)
}

pub(super) fn timed(
    row: &TimedActivityRow,
    [low, high]: [f64; 2],
    path: &str,
    places: &Places,
) -> Result<TimedActivity, StoreError> {
    let activity = row.activity.0;
    let inner = joined(path, "activity");
    if low > 0.0 {
        above_zero(activity.as_gbq(), high, "GBq", &inner, places)?;
    } else {
        within(activity.as_gbq(), [low, high], "GBq", &inner, places)?;
    }
    Ok(TimedActivity {
        activity,
        at: row.at.0,
    })
}

/// Any activity above 0 GBq that a patient receives.
pub(super) const GIVEN_GBQ: [f64; 2] = [f64::MIN_POSITIVE, 100.0];
/// Any activity above 0 of Tc-99m, or of a scout dose.
pub(super) const WORK_UP_GBQ: [f64; 2] = [f64::MIN_POSITIVE, 1.0];
/// What may be left, nothing included.
pub(super) const LEFT_GBQ: [f64; 2] = [0.0, 100.0];
