//! Landmark analysis: who is still at risk at a time, counted from there.
//!
//! Groups that form after the start (responders, say) may only be compared
//! from a time at which everybody's group is known (anderson1983).

use serde::Serialize;

use super::SurvivalColumns;
use crate::OutcomeError;

/// The rows of a landmark analysis, and those left out with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Landmark {
    /// Rows that are at risk past the landmark, in their order, from 0.
    pub kept: Vec<usize>,
    /// Rows with the event at the landmark or before.
    pub event_before: Vec<usize>,
    /// Rows censored at the landmark or before.
    pub censored_before: Vec<usize>,
    /// Rows that enter after the landmark.
    pub entered_after: Vec<usize>,
}

/// Splits the rows at a landmark; every row is in one of the lists.
///
/// # Errors
/// As [`SurvivalColumns::check`], and [`OutcomeError::Argument`] for a
/// landmark that is no number.
pub fn landmark(columns: &SurvivalColumns<'_>, at: f64) -> Result<Landmark, OutcomeError> {
    columns.check()?;
    if !at.is_finite() {
        return Err(OutcomeError::Argument {
            what: "landmark",
            value: at.to_string(),
            allowed: "a finite number",
        });
    }
    let mut split = Landmark {
        kept: Vec::new(),
        event_before: Vec::new(),
        censored_before: Vec::new(),
        entered_after: Vec::new(),
    };
    for row in 0..columns.len() {
        let list = if columns.time[row] <= at {
            if columns.event[row] {
                &mut split.event_before
            } else {
                &mut split.censored_before
            }
        } else if columns.entry.is_some_and(|entry| entry[row] > at) {
            &mut split.entered_after
        } else {
            &mut split.kept
        };
        list.push(row);
    }
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_list() {
        let time = [1.0, 3.0, 3.0, 6.0, 9.0];
        let event = [true, true, false, true, false];
        let columns = SurvivalColumns {
            entry: Some(&[0.0, 0.0, 0.0, 0.0, 4.0]),
            ..SurvivalColumns::new(&time, &event)
        };
        let split = landmark(&columns, 3.0).unwrap();
        assert_eq!(split.kept, [3]);
        assert_eq!(split.event_before, [0, 1]);
        assert_eq!(split.censored_before, [2]);
        assert_eq!(split.entered_after, [4]);
    }
}
