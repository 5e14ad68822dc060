//! Newton's rule on a concave log-likelihood, with steps halved until it rises.

use nalgebra::{DMatrix, DVector};

/// Halvings after which a step is below rounding.
const MOST_HALVINGS: usize = 30;

/// A log-likelihood at one place, with its derivatives.
#[derive(Debug, Clone)]
pub(super) struct Likelihood {
    /// The log-likelihood.
    pub(super) logarithm: f64,
    /// Its first derivative.
    pub(super) score: DVector<f64>,
    /// Its negative second derivative, whole.
    pub(super) information: DMatrix<f64>,
}

impl Likelihood {
    /// That of nothing, to add to.
    pub(super) fn zero(coefficients: usize) -> Self {
        Self {
            logarithm: 0.0,
            score: DVector::zeros(coefficients),
            information: DMatrix::zeros(coefficients, coefficients),
        }
    }
}

/// Where the steps ended.
pub(super) struct Maximum<E> {
    /// The place.
    pub(super) beta: Vec<f64>,
    /// The likelihood there.
    pub(super) at: Likelihood,
    /// What was worked out with it.
    pub(super) with: E,
    /// The step that was last worked out; 0 where none was.
    pub(super) step: DVector<f64>,
    /// Steps taken.
    pub(super) iterations: usize,
    /// Whether they came to rest.
    pub(super) converged: bool,
    /// Whether they ended where the information has no inverse.
    pub(super) singular: bool,
}

/// Climbs from 0, where the likelihood is `start`, in at most so many steps.
///
/// It rests where the rise that a step promises is below 1e-16 for each
/// coefficient and one more (twice that is the squared distance from the
/// maximum in standard errors), and where no step rises by more than rounding.
///
/// `likelihood` may give something more, which is kept of the last place.
pub(super) fn maximum<E>(
    (start, with): (Likelihood, E),
    most_iterations: usize,
    likelihood: impl Fn(&[f64]) -> (Likelihood, E),
) -> Maximum<E> {
    let p = start.score.len();
    let mut found = Maximum {
        beta: vec![0.0; p],
        at: start,
        with,
        step: DVector::zeros(p),
        iterations: 0,
        converged: false,
        singular: false,
    };
    while found.iterations < most_iterations {
        let Some(factor) = found.at.information.clone().cholesky() else {
            found.singular = true;
            break;
        };
        found.step = factor.solve(&found.at.score);
        if found.step.dot(&found.at.score) < 1e-16 * (1.0 + p as f64) {
            found.converged = true;
            break;
        }
        found.iterations += 1;
        let before = found.at.logarithm;
        let slack = 1e-12 * before.abs();
        let mut length = 1.0;
        let next = (0..MOST_HALVINGS).find_map(|_| {
            let tried: Vec<f64> = found
                .beta
                .iter()
                .zip(found.step.iter())
                .map(|(beta, step)| beta + length * step)
                .collect();
            length *= 0.5;
            let (at, with) = likelihood(&tried);
            let rises = at.logarithm.is_finite() && at.logarithm >= before - slack;
            rises.then_some((tried, at, with))
        });
        let Some((beta, at, with)) = next else {
            // No step rises any more: this is the top to within rounding.
            found.converged = true;
            break;
        };
        found.beta = beta;
        found.at = at;
        found.with = with;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y successes of n with the logarithm of the odds as the only coefficient,
    /// and the odds.
    fn binomial(y: f64, n: f64, scale: f64) -> impl Fn(&[f64]) -> (Likelihood, f64) {
        move |beta| {
            let odds = (scale * beta[0]).exp();
            let p = 1.0 / (1.0 + 1.0 / odds);
            let likelihood = Likelihood {
                logarithm: y * p.ln() + (n - y) * (1.0 - p).ln(),
                score: DVector::from_element(1, scale * (y - n * p)),
                information: DMatrix::from_element(1, 1, scale * scale * n * p * (1.0 - p)),
            };
            (likelihood, odds)
        }
    }

    #[test]
    fn finds_the_odds_of_a_share() {
        // The maximum is the logarithm of y/(n - y).
        for (y, n) in [(3.0, 4.0), (1.0, 1000.0), (999.0, 1000.0)] {
            let likelihood = binomial(y, n, 1.0);
            let found = maximum(likelihood(&[0.0]), 50, &likelihood);
            assert!(found.converged && !found.singular);
            let expected = (y / (n - y)).ln();
            // Steps rest within 1e-8 standard errors, of at most 1.2.
            assert!((found.beta[0] - expected).abs() < 1e-7, "{}", found.beta[0]);
            // What comes with the likelihood is that of the same place.
            assert!((found.with.ln() - found.beta[0]).abs() < 1e-12);
        }
    }

    #[test]
    fn says_where_it_has_no_step_and_stops_in_time() {
        let flat = binomial(3.0, 4.0, 0.0);
        assert!(maximum(flat(&[0.0]), 50, &flat).singular);
        // All of all: the odds run away, and each step goes on.
        let all = binomial(4.0, 4.0, 1.0);
        let found = maximum(all(&[0.0]), 5, &all);
        assert!(!found.converged && found.iterations == 5 && found.beta[0] > 4.0);
    }
}
