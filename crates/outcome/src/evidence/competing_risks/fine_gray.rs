//! Proportional hazards of the subdistribution (fine1999).
//!
//! Who had another cause stays in the risk set with the weight
//! `G(t−)/G(X−)`, G the Kaplan-Meier curve of censoring; ties after Breslow.
//! Errors take in that G is estimated (fine1999, eq. 7 and 8).
//! All sums run once over the sorted rows.

use nalgebra::DMatrix;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::check;
use crate::OutcomeError;
use crate::evidence::check_level;
use crate::evidence::newton::{Likelihood, Maximum, maximum};
use crate::evidence::proportion::standard_normal_quantile;
use crate::evidence::survival::{check_length, order_by, value_error};

const METHOD: &str = "Fine-Gray model";
const MOST_ITERATIONS: usize = 50;

/// A coefficient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FineGrayTerm {
    /// The covariate.
    pub name: String,
    /// Logarithm of the subdistribution hazard ratio for one more of it.
    pub coefficient: f64,
    /// Standard error.
    pub error: f64,
    /// Hazard ratio.
    pub hazard_ratio: f64,
    /// Lower end of the hazard ratio.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Two-sided probability of this or more where the coefficient is 0.
    pub p: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct FineGray {
    /// Rows.
    pub n: usize,
    /// Events of the cause.
    pub events: usize,
    /// Events of other causes.
    pub others: usize,
    /// The coefficients.
    pub terms: Vec<FineGrayTerm>,
    /// Their covariance.
    pub covariance: DMatrix<f64>,
    /// Log pseudo-likelihood.
    pub log_likelihood: f64,
    /// Steps of Newton's rule.
    pub iterations: usize,
    /// Whether they came to rest.
    pub converged: bool,
}

/// The rows in the order of time, and G just before each.
struct Sorted {
    p: usize,
    time: Vec<f64>,
    cause: Vec<u8>,
    /// G(X−).
    censoring: Vec<f64>,
    x: Vec<f64>,
    /// First row of each distinct time, and the number of rows at the end.
    starts: Vec<usize>,
}

/// Sums over the weighted risk set of an event time.
struct Risk {
    /// Place in `starts`.
    group: usize,
    events: f64,
    zeroth: f64,
    first: Vec<f64>,
}

/// Fits the model of a cause.
///
/// # Errors
/// Those of [`super::cumulative_incidence`], [`OutcomeError::ColumnValue`] for
/// covariates, and [`OutcomeError::NotEstimable`] without events or with
/// covariates that depend on each other.
pub fn fine_gray(
    time: &[f64],
    cause: &[u8],
    of: u8,
    names: &[String],
    covariates: &[Vec<f64>],
    level: f64,
) -> Result<FineGray, OutcomeError> {
    check(time, cause)?;
    check_level(level)?;
    check_length("names of covariates", names.len(), covariates.len())?;
    for covariate in covariates {
        check_length("covariate", covariate.len(), time.len())?;
        if let Some(row) = covariate.iter().position(|value| !value.is_finite()) {
            return Err(value_error(
                "covariate",
                row,
                covariate[row],
                "a finite number",
            ));
        }
    }
    let refuse = |reason: &str| OutcomeError::NotEstimable {
        method: METHOD,
        reason: reason.to_owned(),
    };
    let events = cause.iter().filter(|cause| **cause == of).count();
    if of == 0 || events == 0 || covariates.is_empty() {
        return Err(refuse(
            "a cause of 1 or more with events, and covariates, are needed",
        ));
    }
    let rows = sorted(time, cause, covariates);
    let p = rows.p;
    let start = likelihood(&rows, &vec![0.0; p], of);
    let Maximum {
        beta,
        at: current,
        with: risks,
        iterations,
        converged,
        singular,
        ..
    } = maximum(start, MOST_ITERATIONS, |beta| likelihood(&rows, beta, of));
    if singular {
        return Err(refuse(
            "a covariate does not vary or is a combination of others",
        ));
    }
    let inverse = current
        .information
        .clone()
        .cholesky()
        .map(|factor| factor.inverse())
        .ok_or_else(|| refuse("the information has no inverse at the last step"))?;
    let middle = middle(&rows, &beta, of, &risks);
    let covariance = &inverse * middle * &inverse;
    let z = standard_normal_quantile(0.5 + level / 2.0);
    let normal = Normal::standard();
    let terms = (0..p)
        .map(|number| {
            let coefficient = beta[number];
            let error = covariance[(number, number)].sqrt();
            FineGrayTerm {
                name: names[number].clone(),
                coefficient,
                error,
                hazard_ratio: coefficient.exp(),
                lower: (coefficient - z * error).exp(),
                upper: (coefficient + z * error).exp(),
                p: 2.0 * normal.sf((coefficient / error).abs()),
            }
        })
        .collect();
    Ok(FineGray {
        n: time.len(),
        events,
        others: cause
            .iter()
            .filter(|cause| **cause != of && **cause != 0)
            .count(),
        terms,
        covariance,
        log_likelihood: current.logarithm,
        iterations,
        converged,
    })
}

fn sorted(time: &[f64], cause: &[u8], covariates: &[Vec<f64>]) -> Sorted {
    let order = order_by(time);
    let p = covariates.len();
    let mut rows = Sorted {
        p,
        time: order.iter().map(|row| time[*row as usize]).collect(),
        cause: order.iter().map(|row| cause[*row as usize]).collect(),
        censoring: vec![1.0; time.len()],
        x: Vec::with_capacity(time.len() * p),
        starts: Vec::new(),
    };
    for row in &order {
        rows.x
            .extend(covariates.iter().map(|covariate| covariate[*row as usize]));
    }
    let n = time.len();
    let mut censoring = 1.0;
    let mut position = 0;
    while position < n {
        rows.starts.push(position);
        let at_risk = (n - position) as f64;
        let mut end = position;
        let mut censored = 0.0;
        while end < n && rows.time[end] <= rows.time[position] {
            rows.censoring[end] = censoring;
            censored += f64::from(u8::from(rows.cause[end] == 0));
            end += 1;
        }
        censoring *= 1.0 - censored / at_risk;
        position = end;
    }
    rows.starts.push(n);
    rows
}

fn relative_risks(rows: &Sorted, beta: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let eta: Vec<f64> = rows
        .x
        .chunks_exact(rows.p)
        .map(|x| x.iter().zip(beta).map(|(x, b)| x * b).sum())
        .collect();
    let risk = eta.iter().map(|eta: &f64| eta.exp()).collect();
    (eta, risk)
}

/// The pseudo-likelihood, and the risk sets of its event times.
fn likelihood(rows: &Sorted, beta: &[f64], of: u8) -> (Likelihood, Vec<Risk>) {
    let p = rows.p;
    let square = p * p;
    let width = 1 + p + square;
    let (eta, risk) = relative_risks(rows, beta);
    let add = |sum: &mut [f64], position: usize, factor: f64| {
        let x = &rows.x[position * p..(position + 1) * p];
        let weight = factor * risk[position];
        sum[0] += weight;
        for row in 0..p {
            sum[1 + row] += weight * x[row];
            for column in 0..p {
                sum[1 + p + row * p + column] += weight * x[row] * x[column];
            }
        }
    };
    let groups = rows.starts.len() - 1;
    // Backwards: those still under observation at each event time.
    let mut at_risk = vec![0.0; width];
    let mut sums: Vec<(usize, f64, Vec<f64>)> = Vec::new();
    for group in (0..groups).rev() {
        let mut events = 0.0;
        for position in rows.starts[group]..rows.starts[group + 1] {
            add(&mut at_risk, position, 1.0);
            events += f64::from(u8::from(rows.cause[position] == of));
        }
        if events > 0.0 {
            sums.push((group, events, at_risk.clone()));
        }
    }
    sums.reverse();
    // Forwards: those who had another cause before, over their G.
    let mut gone = vec![0.0; width];
    let mut next = 0;
    let mut found = Likelihood::zero(p);
    let mut risks = Vec::with_capacity(sums.len());
    for (group, events, mut sum) in sums {
        let start = rows.starts[group];
        while next < start {
            if rows.cause[next] != of && rows.cause[next] != 0 {
                add(&mut gone, next, 1.0 / rows.censoring[next]);
            }
            next += 1;
        }
        for (sum, gone) in sum.iter_mut().zip(&gone) {
            *sum += rows.censoring[start] * gone;
        }
        let end = rows.starts[group + 1];
        for (position, eta) in eta.iter().enumerate().take(end).skip(start) {
            if rows.cause[position] == of {
                found.logarithm += eta;
                for number in 0..p {
                    found.score[number] += rows.x[position * p + number];
                }
            }
        }
        let zeroth = sum[0];
        let mean: Vec<f64> = (0..p).map(|number| sum[1 + number] / zeroth).collect();
        found.logarithm -= events * zeroth.ln();
        for row in 0..p {
            found.score[row] -= events * mean[row];
            for column in 0..p {
                found.information[(row, column)] +=
                    events * (sum[1 + p + row * p + column] / zeroth - mean[row] * mean[column]);
            }
        }
        risks.push(Risk {
            group,
            events,
            zeroth,
            first: mean,
        });
    }
    (found, risks)
}

/// Sum of squares of each row's part in the score, with that of its censoring.
fn middle(rows: &Sorted, beta: &[f64], of: u8, risks: &[Risk]) -> DMatrix<f64> {
    let p = rows.p;
    let n = rows.time.len();
    let groups = rows.starts.len() - 1;
    let (_, risk) = relative_risks(rows, beta);
    // Hazard, and hazard times mean covariates, by group of equal times: summed
    // up to it, and with G from it to the end.
    let mut until = vec![vec![0.0; 1 + p]; groups + 1];
    let mut after = vec![vec![0.0; 1 + p]; groups + 1];
    let mut means: Vec<Option<&[f64]>> = vec![None; groups];
    let mut steps = vec![vec![0.0; 1 + p]; groups];
    for found in risks {
        let hazard = found.events / found.zeroth;
        steps[found.group][0] = hazard;
        for number in 0..p {
            steps[found.group][1 + number] = hazard * found.first[number];
        }
        means[found.group] = Some(&found.first);
    }
    for group in 0..groups {
        for place in 0..=p {
            until[group + 1][place] = until[group][place] + steps[group][place];
        }
    }
    for group in (0..groups).rev() {
        let censoring = rows.censoring[rows.starts[group]];
        for place in 0..=p {
            after[group][place] = after[group + 1][place] + censoring * steps[group][place];
        }
    }
    let mut scores = vec![0.0; n * p];
    for group in 0..groups {
        for position in rows.starts[group]..rows.starts[group + 1] {
            let x = &rows.x[position * p..(position + 1) * p];
            let score = &mut scores[position * p..(position + 1) * p];
            let other = rows.cause[position] != of && rows.cause[position] != 0;
            for number in 0..p {
                let mut expected = x[number] * until[group + 1][0] - until[group + 1][1 + number];
                if other {
                    let later = &after[group + 1];
                    expected +=
                        (x[number] * later[0] - later[1 + number]) / rows.censoring[position];
                }
                score[number] -= risk[position] * expected;
                if rows.cause[position] == of
                    && let Some(mean) = means[group]
                {
                    score[number] += x[number] - mean[number];
                }
            }
        }
    }
    // Censoring: q(u)/π(u) over each row's martingale of censoring.
    let mut gone = vec![0.0; 1 + p];
    let mut summed = vec![0.0; p];
    for (group, later) in after.iter().enumerate().take(groups) {
        let (start, end) = (rows.starts[group], rows.starts[group + 1]);
        let at_risk = (n - start) as f64;
        let censored = rows.cause[start..end]
            .iter()
            .filter(|cause| **cause == 0)
            .count();
        if censored > 0 {
            // Events at the time itself are in the integral, as in R's cmprsk.
            let part: Vec<f64> = (0..p)
                .map(|number| (gone[1 + number] * later[0] - gone[0] * later[1 + number]) / at_risk)
                .collect();
            let hazard = censored as f64 / at_risk;
            for number in 0..p {
                summed[number] += part[number] * hazard;
            }
            for position in start..end {
                if rows.cause[position] == 0 {
                    for number in 0..p {
                        scores[position * p + number] += part[number];
                    }
                }
            }
        }
        for position in start..end {
            for number in 0..p {
                scores[position * p + number] -= summed[number];
            }
            if rows.cause[position] != of && rows.cause[position] != 0 {
                let weight = risk[position] / rows.censoring[position];
                gone[0] += weight;
                for number in 0..p {
                    gone[1 + number] += weight * rows.x[position * p + number];
                }
            }
        }
    }
    let mut middle = DMatrix::zeros(p, p);
    for score in scores.chunks_exact(p) {
        for row in 0..p {
            for column in 0..p {
                middle[(row, column)] += score[row] * score[column];
            }
        }
    }
    middle
}
