//! Pooling by inverse variances.
//!
//! With `w = 1/(v + τ²)` the mean is `Σ w y/Σ w`. τ² by moments
//! (dersimonian1986, eq. 8), so that Q meets its expectation (paule1982), or by
//! Fisher scoring of the restricted likelihood (viechtbauer2005, eq. 12). I² is
//! τ² over τ² and the typical variance of a study (higgins2002, eq. 9 and 10).

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Between, ForestStudy, METHOD, PoolOptions, Pooled, Scale};
use crate::OutcomeError;
use crate::evidence::ProportionInterval;
use crate::evidence::proportion::standard_normal_quantile;
use crate::evidence::survival::chi_square_tail;

/// Steps of a search; each halves, or squares an error.
const MOST_STEPS: usize = 500;

struct Studies {
    value: Vec<f64>,
    variance: Vec<f64>,
}

impl Studies {
    fn weights(&self, tau_squared: f64) -> Vec<f64> {
        self.variance
            .iter()
            .map(|v| 1.0 / (v + tau_squared))
            .collect()
    }

    /// Mean, sum of weights, and Q, at a τ².
    fn at(&self, tau_squared: f64) -> (f64, f64, f64) {
        let weights = self.weights(tau_squared);
        let sum: f64 = weights.iter().sum();
        let mean = weights
            .iter()
            .zip(&self.value)
            .map(|(w, y)| w * y)
            .sum::<f64>()
            / sum;
        let q = weights
            .iter()
            .zip(&self.value)
            .map(|(w, y)| w * (y - mean) * (y - mean))
            .sum();
        (mean, sum, q)
    }

    fn degrees_of_freedom(&self) -> f64 {
        self.value.len() as f64 - 1.0
    }

    fn moments(&self) -> f64 {
        let weights = self.weights(0.0);
        let sum: f64 = weights.iter().sum();
        let squares: f64 = weights.iter().map(|w| w * w).sum();
        ((self.at(0.0).2 - self.degrees_of_freedom()) / (sum - squares / sum)).max(0.0)
    }

    fn paule_mandel(&self) -> f64 {
        let target = self.degrees_of_freedom();
        if self.at(0.0).2 <= target {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, 1.0);
        while self.at(high).2 > target && high < 1e12 {
            high *= 2.0;
        }
        for _ in 0..MOST_STEPS {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.at(middle).2 > target {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    fn restricted_likelihood(&self) -> Result<f64, OutcomeError> {
        let mut tau_squared = self.moments();
        for _ in 0..MOST_STEPS {
            let weights = self.weights(tau_squared);
            let (mean, sum, _) = self.at(tau_squared);
            let squares: f64 = weights.iter().map(|w| w * w).sum();
            let cubes: f64 = weights.iter().map(|w| w * w * w).sum();
            let residuals: f64 = weights
                .iter()
                .zip(&self.value)
                .map(|(w, y)| w * w * (y - mean) * (y - mean))
                .sum();
            // Score and information of the restricted likelihood, halves left out.
            let score = residuals - (sum - squares / sum);
            let information = squares - 2.0 * cubes / sum + (squares / sum) * (squares / sum);
            let next = (tau_squared + score / information).max(0.0);
            // A steady relative change below rounding of the sums.
            if (next - tau_squared).abs() <= 1e-13 * (next + f64::MIN_POSITIVE) {
                return Ok(next);
            }
            tau_squared = next;
        }
        // Slow near 0: the likelihood is flat there, and 1e-9 of a variance is nothing.
        if tau_squared < 1e-9 {
            return Ok(0.0);
        }
        Err(OutcomeError::NotEstimable {
            method: METHOD,
            reason: "the restricted likelihood came to no rest; take paule-mandel".to_owned(),
        })
    }
}

pub(super) fn pool(
    k: &[u64],
    n: &[u64],
    intervals: Vec<ProportionInterval>,
    options: &PoolOptions,
) -> Result<Pooled, OutcomeError> {
    let scale = options.scale;
    let (value, variance): (Vec<f64>, Vec<f64>) =
        k.iter().zip(n).map(|(k, n)| scale.of(*k, *n)).unzip();
    let studies = Studies { value, variance };
    let count = studies.value.len();
    let tau_squared = match options.between {
        _ if count == 1 => 0.0,
        Between::Fixed | Between::Glmm => 0.0,
        Between::DerSimonianLaird => studies.moments(),
        Between::PauleMandel => studies.paule_mandel(),
        Between::Reml => studies.restricted_likelihood()?,
    };
    let (_, _, q) = studies.at(0.0);
    let (mean, sum, q_here) = studies.at(tau_squared);
    let df = studies.degrees_of_freedom();
    let mut error = (1.0 / sum).sqrt();
    let mut quantile = standard_normal_quantile(0.5 + options.level / 2.0);
    if options.hartung_knapp {
        if count < 2 {
            return Err(OutcomeError::NotEstimable {
                method: METHOD,
                reason: "hartung-knapp needs two studies".to_owned(),
            });
        }
        error *= (q_here / df).sqrt();
        quantile = student_quantile(0.5 + options.level / 2.0, df);
    }
    let size = count as f64 / n.iter().map(|n| 1.0 / *n as f64).sum::<f64>();
    let back = |value: f64| scale.proportion(value, size);
    let wide = (error * error + tau_squared).sqrt();
    let weights = studies.weights(tau_squared);
    let fixed = studies.weights(0.0);
    let (first, second) = (
        fixed.iter().sum::<f64>(),
        fixed.iter().map(|w| w * w).sum::<f64>(),
    );
    let i_squared = if count == 1 {
        0.0
    } else if options.between == Between::Fixed {
        (100.0 * (q - df) / q).max(0.0)
    } else {
        let typical = df * first / (first * first - second);
        100.0 * tau_squared / (tau_squared + typical)
    };
    Ok(Pooled {
        method: method(options),
        studies: count,
        level: options.level,
        estimate: back(mean),
        lower: back(mean - quantile * error),
        upper: back(mean + quantile * error),
        prediction: (options.between != Between::Fixed && count > 1)
            .then(|| [back(mean - quantile * wide), back(mean + quantile * wide)]),
        mean,
        error,
        tau_squared,
        q,
        degrees_of_freedom: count - 1,
        q_p: if count > 1 {
            chi_square_tail(q, count - 1)
        } else {
            1.0
        },
        i_squared,
        forest: intervals
            .into_iter()
            .enumerate()
            .map(|(study, interval)| ForestStudy {
                interval,
                value: studies.value[study],
                error: studies.variance[study].sqrt(),
                weight: Some(100.0 * weights[study] / sum),
            })
            .collect(),
    })
}

fn method(options: &PoolOptions) -> String {
    let interval = if options.hartung_knapp {
        "Hartung-Knapp interval with Student's t"
    } else {
        "normal interval"
    };
    let half = if options.scale == Scale::DoubleArcsine {
        "turned back with the harmonic mean of the sizes"
    } else {
        "0.5 added where nobody or everybody has it"
    };
    format!(
        "inverse variances of the {}, between studies {}, {interval}, {half}",
        options.scale.name(),
        options.between.name()
    )
}

/// Quantile of Student's t, sharpened by Newton's rule on the distribution.
fn student_quantile(p: f64, df: f64) -> f64 {
    let Ok(student) = StudentsT::new(0.0, 1.0, df) else {
        return f64::NAN;
    };
    let mut x = student.inverse_cdf(p);
    for _ in 0..3 {
        let density = statrs::distribution::Continuous::pdf(&student, x);
        if density > 0.0 {
            x -= (student.cdf(x) - p) / density;
        }
    }
    x
}
