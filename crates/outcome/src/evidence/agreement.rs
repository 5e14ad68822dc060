//! Agreement of readers: kappa for categories, limits of agreement for numbers.
//!
//! Cohen's kappa with weights (cohen1960, cohen1968; large-sample variance of
//! fleiss1969), Fleiss' kappa for several readers (fleiss1971), and the limits
//! of agreement of two measurements (bland1999).

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::check_level;
use super::proportion::standard_normal_quantile;
use super::survival::{check_length, value_error};
use crate::OutcomeError;

/// How far apart two categories are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum KappaWeights {
    /// The same or not.
    #[default]
    None,
    /// By steps between ordered categories.
    Linear,
    /// By squared steps.
    Quadratic,
}

/// A kappa with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kappa {
    /// Subjects.
    pub n: usize,
    /// Observed agreement, weighted.
    pub observed: f64,
    /// Agreement expected by chance, weighted.
    pub expected: f64,
    /// Kappa.
    pub estimate: f64,
    /// Its standard error.
    pub error: f64,
    /// Lower end, normal.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Kappa of two readers who put each subject into categories 0, 1, …
///
/// # Errors
/// [`OutcomeError::ColumnLength`]; [`OutcomeError::Argument`] for the level;
/// [`OutcomeError::NotEstimable`] without subjects, and where both readers put
/// all of them into one category: kappa is undefined there.
pub fn cohen_kappa(
    first: &[u32],
    second: &[u32],
    weights: KappaWeights,
    level: f64,
) -> Result<Kappa, OutcomeError> {
    check_level(level)?;
    check_length("second reader", second.len(), first.len())?;
    let size = first
        .iter()
        .chain(second)
        .max()
        .map_or(0, |top| *top as usize + 1);
    let n = first.len() as f64;
    // All in one category: chance alone agrees wholly, and 0/0 is left. Told by
    // the categories, as sums of shares miss 1 by their rounding.
    let mut seen = first.iter().chain(second);
    if seen
        .next()
        .is_none_or(|one| seen.all(|category| category == one))
    {
        return Err(OutcomeError::NotEstimable {
            method: "Cohen's kappa",
            reason: if first.is_empty() {
                "there are no subjects".to_owned()
            } else {
                "it is undefined where both readers put all subjects into one category".to_owned()
            },
        });
    }
    let mut share = vec![vec![0.0; size]; size];
    for (row, column) in first.iter().zip(second) {
        share[*row as usize][*column as usize] += 1.0;
    }
    for share in share.iter_mut().flatten() {
        *share /= n;
    }
    let rows: Vec<f64> = share.iter().map(|row| row.iter().sum()).collect();
    let columns: Vec<f64> = (0..size)
        .map(|c| share.iter().map(|row| row[c]).sum())
        .collect();
    let weight = |row: usize, column: usize| {
        let steps = row.abs_diff(column) as f64 / (size.max(2) - 1) as f64;
        match weights {
            KappaWeights::None => f64::from(u8::from(row == column)),
            KappaWeights::Linear => 1.0 - steps,
            KappaWeights::Quadratic => 1.0 - steps * steps,
        }
    };
    let (mut observed, mut expected) = (0.0, 0.0);
    let (mut by_row, mut by_column) = (vec![0.0; size], vec![0.0; size]);
    for row in 0..size {
        for column in 0..size {
            let w = weight(row, column);
            observed += w * share[row][column];
            expected += w * rows[row] * columns[column];
            by_row[row] += w * columns[column];
            by_column[column] += w * rows[row];
        }
    }
    let estimate = (observed - expected) / (1.0 - expected);
    let mut sum = 0.0;
    for row in 0..size {
        for column in 0..size {
            let part = weight(row, column) - (by_row[row] + by_column[column]) * (1.0 - estimate);
            sum += share[row][column] * part * part;
        }
    }
    let last = estimate - expected * (1.0 - estimate);
    let error = ((sum - last * last).max(0.0) / n).sqrt() / (1.0 - expected);
    Ok(with_interval(
        first.len(),
        observed,
        expected,
        estimate,
        error,
        level,
    ))
}

/// Kappa of several readers: how many put each subject into each category.
///
/// The error is that under chance alone (fleiss1971, eq. 17 as corrected in
/// fleiss1979), for a test against 0.
///
/// # Errors
/// [`OutcomeError::NotEstimable`] where subjects have different numbers of
/// readers, fewer than two of them, or all are in one category.
pub fn fleiss_kappa(counts: &[Vec<u64>], level: f64) -> Result<Kappa, OutcomeError> {
    check_level(level)?;
    let refuse = |reason: &str| OutcomeError::NotEstimable {
        method: "Fleiss' kappa",
        reason: reason.to_owned(),
    };
    let readers: u64 = counts.first().map_or(0, |subject| subject.iter().sum());
    let size = counts.first().map_or(0, Vec::len);
    let alike =
        |subject: &Vec<u64>| subject.len() == size && subject.iter().sum::<u64>() == readers;
    if readers < 2 || !counts.iter().all(alike) {
        return Err(refuse(
            "every subject needs the same number of readers, two or more",
        ));
    }
    let (n, m) = (counts.len() as f64, readers as f64);
    let share: Vec<f64> = (0..size)
        .map(|category| {
            counts
                .iter()
                .map(|subject| subject[category] as f64)
                .sum::<f64>()
                / (n * m)
        })
        .collect();
    let observed = counts
        .iter()
        .map(|subject| {
            let squares: f64 = subject.iter().map(|count| (*count as f64).powi(2)).sum();
            (squares - m) / (m * (m - 1.0))
        })
        .sum::<f64>()
        / n;
    let expected: f64 = share.iter().map(|p| p * p).sum();
    if expected >= 1.0 {
        return Err(refuse(
            "it is undefined where all readers put all subjects into one category",
        ));
    }
    let spread: f64 = share.iter().map(|p| p * (1.0 - p)).sum();
    let skew: f64 = share.iter().map(|p| p * (1.0 - p) * (1.0 - 2.0 * p)).sum();
    let error = (2.0 * (spread * spread - skew) / (spread * spread * n * m * (m - 1.0))).sqrt();
    let estimate = (observed - expected) / (1.0 - expected);
    Ok(with_interval(
        counts.len(),
        observed,
        expected,
        estimate,
        error,
        level,
    ))
}

fn with_interval(
    n: usize,
    observed: f64,
    expected: f64,
    estimate: f64,
    error: f64,
    level: f64,
) -> Kappa {
    let half = standard_normal_quantile(0.5 + level / 2.0) * error;
    Kappa {
        n,
        observed,
        expected,
        estimate,
        error,
        lower: estimate - half,
        upper: (estimate + half).min(1.0),
    }
}

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The number.
    pub estimate: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Limits of agreement of two measurements of each subject.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LimitsOfAgreement {
    /// Subjects.
    pub n: usize,
    /// Mean of first less second.
    pub bias: Estimate,
    /// Standard deviation of the differences.
    pub deviation: f64,
    /// Bias less 1.96 deviations.
    pub lower_limit: Estimate,
    /// Bias and 1.96 deviations.
    pub upper_limit: Estimate,
}

/// Limits between which 95 % of differences lie, with intervals by Student's t
/// and the variance of a limit `(1/n + 1.96²/(2(n − 1))) s²` (bland1999, section 2.1).
///
/// # Errors
/// [`OutcomeError::ColumnLength`], [`OutcomeError::ColumnValue`];
/// [`OutcomeError::NotEstimable`] for fewer than two subjects.
pub fn limits_of_agreement(
    first: &[f64],
    second: &[f64],
    level: f64,
) -> Result<LimitsOfAgreement, OutcomeError> {
    check_level(level)?;
    check_length("second measurement", second.len(), first.len())?;
    let differences: Vec<f64> = first
        .iter()
        .zip(second)
        .map(|(one, other)| one - other)
        .collect();
    if let Some(row) = differences
        .iter()
        .position(|difference| !difference.is_finite())
    {
        return Err(value_error(
            "difference",
            row,
            differences[row],
            "a finite number",
        ));
    }
    let n = differences.len() as f64;
    let refuse = || OutcomeError::NotEstimable {
        method: "limits of agreement",
        reason: "two subjects are needed".to_owned(),
    };
    if differences.len() < 2 {
        return Err(refuse());
    }
    let bias = differences.iter().sum::<f64>() / n;
    let deviation = (differences
        .iter()
        .map(|d| (d - bias) * (d - bias))
        .sum::<f64>()
        / (n - 1.0))
        .sqrt();
    let t = StudentsT::new(0.0, 1.0, n - 1.0)
        .map_err(|_| refuse())?
        .inverse_cdf(0.5 + level / 2.0);
    let z = standard_normal_quantile(0.975);
    let with = |estimate: f64, error: f64| Estimate {
        estimate,
        lower: estimate - t * error,
        upper: estimate + t * error,
    };
    let limit = deviation * (1.0 / n + z * z / (2.0 * (n - 1.0))).sqrt();
    Ok(LimitsOfAgreement {
        n: differences.len(),
        bias: with(bias, deviation / n.sqrt()),
        deviation,
        lower_limit: with(bias - z * deviation, limit),
        upper_limit: with(bias + z * deviation, limit),
    })
}
