//! Logistic dose-response of lesions or patients, with lesions of one patient
//! taken together.
//!
//! `logit P = a + b D`; errors from the information, or from the scores summed
//! by patient with the factor m/(m − 1) (liang1986). D50 = −a/b, its interval by
//! Fieller's theorem (fieller1954), which is open where b is not clearly apart
//! from 0. The area under the curve is of predictions for patients left out of
//! the fit, by turns.

use nalgebra::{Matrix2, Vector2};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::check_level;
use super::proportion::standard_normal_quantile;
use super::survival::{check_length, order_by, value_error};
use crate::OutcomeError;

const METHOD: &str = "logistic dose-response";
const MOST_ITERATIONS: usize = 100;

/// The dose at which half respond.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HalfResponse {
    /// The dose, in the unit of the column.
    pub estimate: f64,
    /// Lower end; none where the interval is open.
    pub lower: Option<f64>,
    /// Upper end; none where the interval is open.
    pub upper: Option<f64>,
}

/// A fitted dose-response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoseResponse {
    /// Rows.
    pub n: usize,
    /// Rows that responded.
    pub responses: usize,
    /// Clusters; none where rows stand for themselves.
    pub clusters: Option<usize>,
    /// Logit of response without dose.
    pub intercept: f64,
    /// Change of the logit with one unit of dose.
    pub slope: f64,
    /// Standard errors of intercept and slope.
    pub errors: [f64; 2],
    /// Their covariance.
    pub covariance: f64,
    /// Two-sided probability of this slope or a larger one where dose does nothing.
    pub p: f64,
    /// The dose at which half respond.
    pub d50: HalfResponse,
    /// Logarithm of the likelihood.
    pub log_likelihood: f64,
    /// Area under the curve of predictions for those left out; none where too
    /// few respond.
    pub cross_validated_auc: Option<f64>,
}

/// Fits the dose-response; `cluster` numbers the patients of lesions from 0.
///
/// # Errors
/// [`OutcomeError::ColumnLength`], [`OutcomeError::ColumnValue`];
/// [`OutcomeError::NotEstimable`] where all or none respond, doses are one, or
/// a dose parts those who respond from those who do not.
pub fn dose_response(
    dose: &[f64],
    response: &[bool],
    cluster: Option<&[u32]>,
    level: f64,
) -> Result<DoseResponse, OutcomeError> {
    check_level(level)?;
    check_length("response", response.len(), dose.len())?;
    if let Some(row) = dose.iter().position(|dose| !dose.is_finite()) {
        return Err(value_error("dose", row, dose[row], "a finite number"));
    }
    if let Some(cluster) = cluster {
        check_length("cluster", cluster.len(), dose.len())?;
    }
    let all = vec![true; dose.len()];
    let fit = fitted(dose, response, &all)?;
    let covariance = match cluster {
        None => fit.inverse,
        Some(cluster) => robust(dose, response, cluster, &fit)?,
    };
    let z = standard_normal_quantile(0.5 + level / 2.0);
    let slope_error = covariance[(1, 1)].sqrt();
    Ok(DoseResponse {
        n: dose.len(),
        responses: response.iter().filter(|response| **response).count(),
        clusters: cluster.map(|cluster| distinct(cluster).len()),
        intercept: fit.beta[0],
        slope: fit.beta[1],
        errors: [covariance[(0, 0)].sqrt(), slope_error],
        covariance: covariance[(0, 1)],
        p: 2.0 * Normal::standard().sf((fit.beta[1] / slope_error).abs()),
        d50: half_response(&fit.beta, &covariance, z),
        log_likelihood: fit.log_likelihood,
        cross_validated_auc: cross_validated(dose, response, cluster),
    })
}

struct Fit {
    beta: Vector2<f64>,
    inverse: Matrix2<f64>,
    log_likelihood: f64,
}

fn expit(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn fitted(dose: &[f64], response: &[bool], used: &[bool]) -> Result<Fit, OutcomeError> {
    let refuse = |reason: &str| OutcomeError::NotEstimable {
        method: METHOD,
        reason: reason.to_owned(),
    };
    let rows = || {
        dose.iter()
            .zip(response)
            .zip(used)
            .filter(|(_, used)| **used)
            .map(|((dose, response), _)| (*dose, f64::from(u8::from(*response))))
    };
    let n = rows().count() as f64;
    let with = rows().map(|(_, y)| y).sum::<f64>();
    if with < 1.0 || with >= n {
        return Err(refuse("all or none respond"));
    }
    let centre = rows().map(|(dose, _)| dose).sum::<f64>() / n;
    let spread = rows().map(|(dose, _)| (dose - centre).abs()).sum::<f64>() / n;
    if spread <= 1e-12 * centre.abs() {
        return Err(refuse("all doses are one"));
    }
    // Centred and scaled, then turned back.
    let mut beta = Vector2::new((with / (n - with)).ln(), 0.0);
    let likelihood = |beta: &Vector2<f64>| {
        rows()
            .map(|(dose, y)| {
                let eta = beta[0] + beta[1] * (dose - centre) / spread;
                y * eta - eta.max(0.0) - (-eta.abs()).exp().ln_1p()
            })
            .sum::<f64>()
    };
    let mut value = likelihood(&beta);
    let mut inverse = Matrix2::zeros();
    let mut at_rest = false;
    for _ in 0..MOST_ITERATIONS {
        let mut score = Vector2::zeros();
        let mut information = Matrix2::zeros();
        for (dose, y) in rows() {
            let x = Vector2::new(1.0, (dose - centre) / spread);
            let p = expit(beta.dot(&x));
            score += x * (y - p);
            information += x * x.transpose() * (p * (1.0 - p));
        }
        inverse = information
            .try_inverse()
            .ok_or_else(|| refuse("a dose parts those who respond from those who do not"))?;
        let step: Vector2<f64> = inverse * score;
        if step.dot(&score) < 1e-20 {
            at_rest = true;
            break;
        }
        let mut length = 1.0;
        // At the top the likelihood moves by rounding alone.
        let least = value - 1e-12 * value.abs();
        while length > 1e-9 && likelihood(&(beta + step * length)) < least {
            length *= 0.5;
        }
        beta += step * length;
        value = likelihood(&beta);
        // A probability of 1e-12 on either side of a dose: it parts them.
        if beta[1].abs() > 200.0 {
            break;
        }
    }
    if !at_rest || value > -1e-6 {
        return Err(refuse(
            "a dose parts those who respond from those who do not",
        ));
    }
    let turn = Matrix2::new(1.0, -centre / spread, 0.0, 1.0 / spread);
    Ok(Fit {
        beta: turn * beta,
        inverse: turn * inverse * turn.transpose(),
        log_likelihood: value,
    })
}

fn distinct(cluster: &[u32]) -> Vec<u32> {
    let mut numbers = cluster.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn robust(
    dose: &[f64],
    response: &[bool],
    cluster: &[u32],
    fit: &Fit,
) -> Result<Matrix2<f64>, OutcomeError> {
    let numbers = distinct(cluster);
    if numbers.len() < 2 {
        return Err(OutcomeError::NotEstimable {
            method: METHOD,
            reason: "robust errors need two clusters".to_owned(),
        });
    }
    let mut scores = vec![Vector2::zeros(); numbers.len()];
    for ((dose, response), cluster) in dose.iter().zip(response).zip(cluster) {
        let x = Vector2::new(1.0, *dose);
        let residual = f64::from(u8::from(*response)) - expit(fit.beta.dot(&x));
        let place = numbers.partition_point(|number| number < cluster);
        scores[place] += x * residual;
    }
    let middle: Matrix2<f64> = scores.iter().map(|score| score * score.transpose()).sum();
    let m = numbers.len() as f64;
    Ok(fit.inverse * middle * fit.inverse * (m / (m - 1.0)))
}

fn half_response(beta: &Vector2<f64>, covariance: &Matrix2<f64>, z: f64) -> HalfResponse {
    // Doses d with (a + b d)² ≤ z² var(a + b d): a quadratic in d.
    let square = z * z;
    let a = beta[1] * beta[1] - square * covariance[(1, 1)];
    let b = beta[0] * beta[1] - square * covariance[(0, 1)];
    let c = beta[0] * beta[0] - square * covariance[(0, 0)];
    let root = b * b - a * c;
    let ends = (a > 0.0 && root >= 0.0).then(|| [(-b - root.sqrt()) / a, (-b + root.sqrt()) / a]);
    HalfResponse {
        estimate: -beta[0] / beta[1],
        lower: ends.map(|[lower, _]| lower),
        upper: ends.map(|[_, upper]| upper),
    }
}

/// Ten parts of patients, each predicted by a fit to the other nine, in the
/// order of the patients' numbers: no chance is needed for it.
const PARTS: usize = 10;

fn cross_validated(dose: &[f64], response: &[bool], cluster: Option<&[u32]>) -> Option<f64> {
    let own: Vec<u32>;
    let cluster = match cluster {
        Some(cluster) => cluster,
        None => {
            own = (0..dose.len() as u32).collect();
            &own
        }
    };
    let numbers = distinct(cluster);
    let parts = PARTS.min(numbers.len());
    let part: Vec<usize> = cluster
        .iter()
        .map(|cluster| numbers.partition_point(|number| number < cluster) % parts)
        .collect();
    let mut predicted = vec![0.0; dose.len()];
    for left_out in 0..parts {
        let used: Vec<bool> = part.iter().map(|part| *part != left_out).collect();
        let fit = fitted(dose, response, &used).ok()?;
        for row in (0..dose.len()).filter(|row| part[*row] == left_out) {
            predicted[row] = fit.beta[0] + fit.beta[1] * dose[row];
        }
    }
    area_under_curve(&predicted, response)
}

/// Probability that one who responds has the higher prediction, ties half.
#[must_use]
pub fn area_under_curve(predicted: &[f64], response: &[bool]) -> Option<f64> {
    let order = order_by(predicted);
    let (mut below, mut sum, mut with) = (0.0, 0.0, 0.0);
    let mut position = 0;
    while position < order.len() {
        let value = predicted[order[position] as usize];
        let (mut yes, mut no) = (0.0, 0.0);
        while position < order.len() && predicted[order[position] as usize] <= value {
            if response[order[position] as usize] {
                yes += 1.0;
            } else {
                no += 1.0;
            }
            position += 1;
        }
        sum += yes * (below + 0.5 * no);
        below += no;
        with += yes;
    }
    (with > 0.0 && below > 0.0).then(|| sum / (with * below))
}
