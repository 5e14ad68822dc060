//! Pooling of the counts themselves: binomial within studies, normal logit
//! between them, maximum likelihood (stijnen2010, section 3).
//!
//! The integral over a study's own logit is by Gauss and Hermite around its
//! mode; the mean is found by Newton's rule for each standard deviation, and
//! the deviation where the derivative of the likelihood is 0.

use nalgebra::{DMatrix, SymmetricEigen};

use super::{ForestStudy, METHOD, Pooled, Scale};
use crate::OutcomeError;
use crate::evidence::ProportionInterval;
use crate::evidence::proportion::standard_normal_quantile;
use crate::evidence::survival::chi_square_tail;

/// Points of the quadrature; 41 leave errors far below 1e-8 for any counts.
const POINTS: usize = 41;
const MOST_STEPS: usize = 200;

/// Points and logarithms of weights for ∫ exp(−x²) f(x) dx, from the
/// eigenvalues of the recurrence (golub1969).
fn hermite() -> Vec<(f64, f64)> {
    let recurrence = DMatrix::from_fn(POINTS, POINTS, |row, column| {
        if row.abs_diff(column) == 1 {
            (row.max(column) as f64 / 2.0).sqrt()
        } else {
            0.0
        }
    });
    let eigen = SymmetricEigen::new(recurrence);
    let total = std::f64::consts::PI.sqrt();
    let mut points: Vec<(f64, f64)> = (0..POINTS)
        .map(|number| {
            let first = eigen.eigenvectors[(0, number)];
            (eigen.eigenvalues[number], (total * first * first).ln())
        })
        .collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}

struct Counts<'a> {
    k: &'a [u64],
    n: &'a [u64],
    points: Vec<(f64, f64)>,
}

/// Derivatives of the log likelihood by mean and deviation.
struct Gradient {
    mean: f64,
    deviation: f64,
}

impl Counts<'_> {
    fn gradient(&self, mean: f64, deviation: f64) -> Gradient {
        let mut sum = Gradient {
            mean: 0.0,
            deviation: 0.0,
        };
        for (k, n) in self.k.iter().zip(self.n) {
            let (k, n) = (*k as f64, *n as f64);
            // Mode of the study's standardised logit.
            let mut mode = 0.0;
            let mut curvature = 1.0;
            for _ in 0..MOST_STEPS {
                let p = expit(mean + deviation * mode);
                let slope = deviation * (k - n * p) - mode;
                curvature = deviation * deviation * n * p * (1.0 - p) + 1.0;
                let step = slope / curvature;
                // A step is never over one unit: the slope is far from straight in the tails.
                mode += step.clamp(-1.0, 1.0);
                if step.abs() < 1e-12 {
                    break;
                }
            }
            let width = (2.0 / curvature).sqrt();
            let logarithm = |z: f64| {
                let eta = mean + deviation * z;
                k * eta - n * softplus(eta) - 0.5 * z * z
            };
            let top = logarithm(mode);
            let (mut all, mut by_mean, mut by_deviation) = (0.0, 0.0, 0.0);
            for (point, weight) in &self.points {
                let z = mode + width * point;
                let density = (logarithm(z) - top + point * point + weight).exp();
                let residual = k - n * expit(mean + deviation * z);
                all += density;
                by_mean += density * residual;
                by_deviation += density * residual * z;
            }
            sum.mean += by_mean / all;
            sum.deviation += by_deviation / all;
        }
        sum
    }

    /// The mean that is best with a deviation.
    fn mean_at(&self, deviation: f64, start: f64) -> f64 {
        let (mut low, mut high) = (start - 1.0, start + 1.0);
        while self.gradient(low, deviation).mean < 0.0 && low > -200.0 {
            low -= 2.0 * (start - low);
        }
        while self.gradient(high, deviation).mean > 0.0 && high < 200.0 {
            high += 2.0 * (high - start);
        }
        root(low, high, |mean| self.gradient(mean, deviation).mean)
    }
}

/// Where a falling function is 0, by the rule of Ridders in a bracket.
fn root(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let (mut at_low, mut at_high) = (function(low), function(high));
    if at_low <= 0.0 {
        return low;
    }
    if at_high >= 0.0 {
        return high;
    }
    for _ in 0..MOST_STEPS {
        let middle = 0.5 * (low + high);
        let at_middle = function(middle);
        let scale = (at_middle * at_middle - at_low * at_high).sqrt();
        let next = middle + (middle - low) * at_middle / scale;
        let at_next = function(next);
        for (place, value) in [(middle, at_middle), (next, at_next)] {
            if value > 0.0 && place > low {
                (low, at_low) = (place, value);
            } else if value <= 0.0 && place < high {
                (high, at_high) = (place, value);
            }
        }
        if high - low <= 1e-13 * (1.0 + high.abs()) || at_next.abs() <= 0.0 {
            break;
        }
    }
    0.5 * (low + high)
}

pub(super) fn pool(
    k: &[u64],
    n: &[u64],
    intervals: Vec<ProportionInterval>,
    level: f64,
) -> Result<Pooled, OutcomeError> {
    let (with, all) = (k.iter().sum::<u64>(), n.iter().sum::<u64>());
    let refuse = |reason: &str| OutcomeError::NotEstimable {
        method: METHOD,
        reason: reason.to_owned(),
    };
    if with == 0 || with == all {
        return Err(refuse(
            "nobody or everybody of all studies has it; the logit is infinite",
        ));
    }
    let counts = Counts {
        k,
        n,
        points: hermite(),
    };
    let fixed = (with as f64 / (all - with) as f64).ln();
    // The derivative by the deviation is 0 at 0 by symmetry: look just beside it.
    let slope = |deviation: f64| {
        let mean = counts.mean_at(deviation, fixed);
        counts.gradient(mean, deviation).deviation
    };
    const SMALLEST: f64 = 1e-3;
    let deviation = if k.len() == 1 || slope(SMALLEST) <= 0.0 {
        0.0
    } else {
        let mut high = 1.0;
        while slope(high) > 0.0 {
            high *= 2.0;
            if high > 64.0 {
                return Err(refuse("the variance between studies has no maximum"));
            }
        }
        root(SMALLEST, high, slope)
    };
    let mean = counts.mean_at(deviation, fixed);
    // Second derivatives from differences of exact first ones.
    const STEP: f64 = 1e-4;
    let difference = |plus: Gradient, minus: Gradient| {
        [
            (plus.mean - minus.mean) / (2.0 * STEP),
            (plus.deviation - minus.deviation) / (2.0 * STEP),
        ]
    };
    let by_mean = difference(
        counts.gradient(mean + STEP, deviation),
        counts.gradient(mean - STEP, deviation),
    );
    let variance = if deviation > 0.0 {
        let by_deviation = difference(
            counts.gradient(mean, deviation + STEP),
            counts.gradient(mean, deviation - STEP),
        );
        let determinant = by_mean[0] * by_deviation[1] - by_mean[1] * by_deviation[0];
        -by_deviation[1] / determinant
    } else {
        -1.0 / by_mean[0]
    };
    if !(variance.is_finite() && variance > 0.0) {
        return Err(refuse("the likelihood has no maximum in the mean"));
    }
    let error = variance.sqrt();
    let tau_squared = deviation * deviation;
    let quantile = standard_normal_quantile(0.5 + level / 2.0);
    let wide = (variance + tau_squared).sqrt();
    let values: Vec<(f64, f64)> = k
        .iter()
        .zip(n)
        .map(|(k, n)| Scale::Logit.of(*k, *n))
        .collect();
    let sum: f64 = values.iter().map(|(_, v)| 1.0 / v).sum();
    let squares: f64 = values.iter().map(|(_, v)| 1.0 / (v * v)).sum();
    let centre = values.iter().map(|(y, v)| y / v).sum::<f64>() / sum;
    let q: f64 = values
        .iter()
        .map(|(y, v)| (y - centre) * (y - centre) / v)
        .sum();
    let df = k.len() - 1;
    let typical = df as f64 * sum / (sum * sum - squares);
    Ok(Pooled {
        method:
            "binomial counts, normal logit between studies, maximum likelihood, normal interval"
                .to_owned(),
        studies: k.len(),
        level,
        estimate: expit(mean),
        lower: expit(mean - quantile * error),
        upper: expit(mean + quantile * error),
        prediction: (df > 0)
            .then(|| [expit(mean - quantile * wide), expit(mean + quantile * wide)]),
        mean,
        error,
        tau_squared,
        q,
        degrees_of_freedom: df,
        q_p: if df > 0 { chi_square_tail(q, df) } else { 1.0 },
        i_squared: if df > 0 {
            100.0 * tau_squared / (tau_squared + typical)
        } else {
            0.0
        },
        forest: intervals
            .into_iter()
            .zip(values)
            .map(|(interval, (value, variance))| ForestStudy {
                interval,
                value,
                error: variance.sqrt(),
                weight: None,
            })
            .collect(),
    })
}

fn expit(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// ln(1 + exp(x)) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
