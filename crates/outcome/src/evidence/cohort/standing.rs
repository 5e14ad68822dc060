//! How each patient stands to an endpoint, and the share that comes of it.
//!
//! Every proportion of a cohort is a column of [`Standing`], a row a patient:
//! counted or not, or left out with the reason. Nobody is dropped:
//! rows = N + left out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::OutcomeError;
use crate::evidence::{ProportionInterval, ProportionMethod, proportion_interval};

/// How a patient (or a lesion) stands to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the denominator, with the property.
    Yes,
    /// In the denominator, without it.
    No,
    /// Not in the denominator, and why.
    Out(&'static str),
}

/// Rows that are not in a denominator, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Why.
    pub reason: String,
    /// How many.
    pub count: usize,
    /// Their rows, from 0.
    #[serde(skip)]
    pub rows: Vec<u32>,
}

/// A share of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Rows with the property.
    pub counted: Vec<u32>,
    /// Rows of the denominator.
    pub within: Vec<u32>,
    /// Rows that are left out.
    pub left_out: Vec<LeftOut>,
    /// The proportion with its interval; none of nobody.
    pub interval: Option<ProportionInterval>,
}

/// The share of those in the denominator who have the property.
///
/// # Errors
/// [`OutcomeError::Argument`] for a level outside of 0 to 1.
pub fn share(
    column: &[Standing],
    level: f64,
    method: ProportionMethod,
) -> Result<Share, OutcomeError> {
    let mut counted = Vec::new();
    let mut within = Vec::new();
    let mut reasons: BTreeMap<&'static str, Vec<u32>> = BTreeMap::new();
    for (row, standing) in (0_u32..).zip(column) {
        match standing {
            Standing::Yes => {
                counted.push(row);
                within.push(row);
            }
            Standing::No => within.push(row),
            Standing::Out(reason) => reasons.entry(reason).or_default().push(row),
        }
    }
    let interval = if within.is_empty() {
        None
    } else {
        Some(proportion_interval(
            counted.len() as u64,
            within.len() as u64,
            level,
            method,
        )?)
    };
    Ok(Share {
        counted,
        within,
        left_out: left_out(reasons),
        interval,
    })
}

/// Rows by reason, in the order of the reasons.
pub(super) fn left_out<R: Into<String>>(
    reasons: impl IntoIterator<Item = (R, Vec<u32>)>,
) -> Vec<LeftOut> {
    reasons
        .into_iter()
        .map(|(reason, rows)| LeftOut {
            reason: reason.into(),
            count: rows.len(),
            rows,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_dropped() {
        use Standing::{No, Out, Yes};
        let column = [Yes, Out("not treated"), No, No, Out("died"), Out("died")];
        let found = share(&column, 0.95, ProportionMethod::ClopperPearson).unwrap();
        assert_eq!((found.counted.len(), found.within.len()), (1, 3));
        let out: usize = found.left_out.iter().map(|left_out| left_out.count).sum();
        assert_eq!(found.within.len() + out, column.len());
        assert_eq!(found.left_out[0].reason, "died");
        assert_eq!(found.left_out[0].rows, [4, 5]);
        // binom.test(1, 3)$conf.int: 0.008403759 0.905700658.
        let interval = found.interval.unwrap();
        assert!((interval.lower - 0.008_403_759).abs() < 1e-9);
        assert!((interval.upper - 0.905_700_658).abs() < 1e-6);
        let nobody = share(&column[1..2], 0.95, ProportionMethod::ClopperPearson).unwrap();
        assert!(nobody.interval.is_none());
    }
}
