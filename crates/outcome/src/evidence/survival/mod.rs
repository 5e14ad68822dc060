//! Time to event: product-limit curves, tests between groups, restricted
//! means, landmarks.
//!
//! Columns come as slices of equal length, a row a subject (or an interval of
//! one). Times have any one unit and are compared exactly: whoever divides
//! days by 30.4375 divides all of them alike.
//! Deaths come before censorings at the same time, and who enters at a time is
//! not at risk at it.

mod guyot;
mod kaplan_meier;
mod landmark;
mod log_rank;
mod quantile;
mod restricted_mean;

pub use guyot::{PublishedCurve, ReconstructedCurve, reconstruct_curve};
pub use kaplan_meier::{
    KaplanMeier, KaplanMeierOptions, KaplanMeierStep, SurvivalInterval, kaplan_meier,
    reverse_kaplan_meier,
};
pub use landmark::{Landmark, landmark};
pub(crate) use log_rank::chi_square_tail;
pub use log_rank::{LogRank, LogRankGroup, log_rank};
pub use quantile::{SurvivalQuantile, SurvivalTime};
pub use restricted_mean::RestrictedMean;

use crate::OutcomeError;

/// Columns of subjects, borrowed from any table.
#[derive(Debug, Clone, Copy)]
pub struct SurvivalColumns<'a> {
    /// Time of entry (left truncation); none where all enter at the start.
    pub entry: Option<&'a [f64]>,
    /// Time of the event or of censoring.
    pub time: &'a [f64],
    /// Whether the event happened.
    pub event: &'a [bool],
    /// Weights, 0 or more; none where all count once.
    pub weight: Option<&'a [f64]>,
}

impl<'a> SurvivalColumns<'a> {
    /// Columns without entry times and weights.
    #[must_use]
    pub const fn new(time: &'a [f64], event: &'a [bool]) -> Self {
        Self {
            entry: None,
            time,
            event,
            weight: None,
        }
    }

    /// Rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    pub(crate) fn weight_of(&self, row: usize) -> f64 {
        self.weight.map_or(1.0, |weights| weights[row])
    }

    /// Refuses columns of unequal length and values that cannot be.
    ///
    /// # Errors
    /// [`OutcomeError::ColumnLength`] and [`OutcomeError::ColumnValue`] with the row.
    pub fn check(&self) -> Result<(), OutcomeError> {
        let rows = self.time.len();
        check_length("event", self.event.len(), rows)?;
        for (row, time) in self.time.iter().enumerate() {
            if !time.is_finite() {
                return Err(value_error("time", row, *time, "a finite number"));
            }
        }
        if let Some(entry) = self.entry {
            check_length("entry", entry.len(), rows)?;
            for (row, (start, stop)) in entry.iter().zip(self.time).enumerate() {
                if !(start.is_finite() && start < stop) {
                    return Err(value_error(
                        "entry",
                        row,
                        *start,
                        "a finite number below the time of the same row",
                    ));
                }
            }
        }
        if let Some(weights) = self.weight {
            check_weights(weights, rows)?;
        }
        Ok(())
    }
}

pub(crate) fn check_weights(weights: &[f64], rows: usize) -> Result<(), OutcomeError> {
    check_length("weight", weights.len(), rows)?;
    for (row, weight) in weights.iter().enumerate() {
        if !(weight.is_finite() && *weight >= 0.0) {
            return Err(value_error(
                "weight",
                row,
                *weight,
                "a finite number, 0 or more",
            ));
        }
    }
    Ok(())
}

pub(crate) fn check_length(
    column: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), OutcomeError> {
    if found == expected {
        Ok(())
    } else {
        Err(OutcomeError::ColumnLength {
            column,
            found,
            expected,
        })
    }
}

pub(crate) fn value_error(
    column: &'static str,
    row: usize,
    value: f64,
    allowed: &'static str,
) -> OutcomeError {
    OutcomeError::ColumnValue {
        column,
        row: row + 1,
        value: value.to_string(),
        allowed,
    }
}

/// Rows in the order of a column, equal values in the order of the rows.
pub(crate) fn order_by(values: &[f64]) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = (0_u32..)
        .zip(values)
        .map(|(row, value)| (sortable(*value), row))
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// Whole numbers in the order of the finite numbers; −0 and 0 are one.
fn sortable(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

/// The number of [`sortable`].
fn unsortable(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 {
        key & !(1 << 63)
    } else {
        !key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_numbers_of_both_signs_and_keeps_ties_in_place() {
        assert_eq!(
            order_by(&[3.0, -1.0, 0.0, -0.0, -2.5, 3.0]),
            [4, 1, 2, 3, 0, 5]
        );
        for number in [3.25, -1.5, 0.0] {
            assert_eq!(unsortable(sortable(number)).to_bits(), f64::to_bits(number));
        }
    }

    #[test]
    fn names_column_and_row_of_what_cannot_be() {
        let columns = SurvivalColumns {
            entry: Some(&[0.0, 2.0]),
            ..SurvivalColumns::new(&[1.0, 2.0], &[true, false])
        };
        assert_eq!(
            columns.check().unwrap_err().to_string(),
            "column `entry`, row 2: 2 is not allowed; allowed is a finite number below the \
             time of the same row"
        );
        assert_eq!(
            SurvivalColumns::new(&[1.0, 2.0], &[true])
                .check()
                .unwrap_err()
                .to_string(),
            "column `event` has 1 rows, the table has 2"
        );
    }
}
