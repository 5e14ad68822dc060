//! The fit: Newton's rule on the partial likelihood, tests and intervals.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::risk_set::{RiskSets, mirror};
use super::{CoxColumns, METHOD, Ties, concordance::concordance_of, exact, residuals};
use crate::OutcomeError;
use crate::evidence::check_level;
use crate::evidence::cox::Concordance;
use crate::evidence::newton::{Likelihood, Maximum, maximum};
use crate::evidence::proportion::standard_normal_quantile;
use crate::evidence::survival::chi_square_tail;

/// How a model is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoxOptions {
    /// What is done about events at one time.
    pub ties: Ties,
    /// Two-sided level of the intervals.
    pub level: f64,
    /// Robust errors; the rows by themselves where there are no clusters.
    pub robust: bool,
    /// Most steps of Newton's rule.
    pub most_iterations: usize,
}

impl Default for CoxOptions {
    fn default() -> Self {
        Self {
            ties: Ties::Efron,
            level: 0.95,
            robust: false,
            most_iterations: 50,
        }
    }
}

/// A coefficient with what is made of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoxTerm {
    /// The covariate.
    pub name: String,
    /// Logarithm of the hazard ratio for one more of it.
    pub coefficient: f64,
    /// Standard error; the robust one where it was asked for.
    pub error: f64,
    /// Standard error from the information.
    pub model_error: f64,
    /// Hazard ratio for one more.
    pub hazard_ratio: f64,
    /// Lower end of the hazard ratio.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Coefficient over error.
    pub z: f64,
    /// Two-sided probability of this or more where the coefficient is 0.
    pub p: f64,
    /// Whether the likelihood has no maximum in this direction: the coefficient
    /// runs away and its error and interval say nothing.
    pub infinite: bool,
}

/// A test of all coefficients at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CoxTest {
    /// The chi-square.
    pub chi_square: f64,
    /// Degrees of freedom.
    pub degrees_of_freedom: usize,
    /// Probability of this or more where all coefficients are 0.
    pub p: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Cox {
    /// Rows of weight over 0.
    pub n: usize,
    /// Those of them with the event.
    pub events: usize,
    /// What was done about ties.
    pub ties: Ties,
    /// Whether errors are robust.
    pub robust: bool,
    /// Level of the intervals.
    pub level: f64,
    /// The coefficients in the order of the covariates.
    pub terms: Vec<CoxTerm>,
    /// Covariance of the coefficients; the robust one where it was asked for.
    pub covariance: DMatrix<f64>,
    /// Covariance from the information.
    pub model_covariance: DMatrix<f64>,
    /// Log partial likelihood with all coefficients 0.
    pub null_log_likelihood: f64,
    /// Log partial likelihood of the fit.
    pub log_likelihood: f64,
    /// Likelihood ratio.
    pub likelihood_ratio: CoxTest,
    /// Score test.
    pub score: CoxTest,
    /// Wald's test, with the covariance that is reported.
    pub wald: CoxTest,
    /// Harrell's concordance of the linear predictor.
    pub concordance: Concordance,
    /// Steps of Newton's rule.
    pub iterations: usize,
    /// Whether they came to rest.
    pub converged: bool,
}

impl Cox {
    /// The coefficients.
    #[must_use]
    pub fn coefficients(&self) -> Vec<f64> {
        self.terms.iter().map(|term| term.coefficient).collect()
    }

    /// The method in words.
    #[must_use]
    pub fn method(&self) -> String {
        format!(
            "Cox, ties after {}, {} errors, normal intervals of the logarithm",
            self.ties.name(),
            if self.robust { "robust" } else { "model" }
        )
    }
}

/// The partial likelihood, in scaled covariates; of the information, the lower
/// triangle is filled until it is mirrored at the end.
pub(super) fn likelihood(sets: &RiskSets, beta: &[f64], ties: Ties) -> Likelihood {
    let p = sets.p;
    let eta = sets.linear_predictors(beta);
    let risk: Vec<f64> = eta
        .iter()
        .zip(&sets.weight)
        .map(|(eta, weight)| weight * eta.exp())
        .collect();
    let mut sum = Likelihood::zero(p);
    sets.visit(&risk, |at| {
        if ties == Ties::Exact && at.deaths.len() > 1 {
            exact::add(sets, at, &eta, &risk, &mut sum);
            return;
        }
        for death in at.deaths {
            let weight = sets.weight[*death];
            sum.logarithm += weight * eta[*death];
            for (score, x) in sum.score.iter_mut().zip(sets.x_of(*death)) {
                *score += weight * x;
            }
        }
        let steps = at.sums(ties);
        sum.logarithm -= steps.logarithm;
        let several = at.deaths.len() > 1;
        let mut place = 0;
        for row in 0..p {
            let a = at.all.first[row];
            let b = if several { at.dying.first[row] } else { 0.0 };
            sum.score[row] -= a * steps.hazard - b * steps.gone;
            for column in 0..=row {
                let other = at.all.first[column];
                let mut part = at.all.second[place] * steps.hazard - a * other * steps.square;
                if several {
                    let dying = at.dying.first[column];
                    part += (a * dying + b * other) * steps.square_gone
                        - b * dying * steps.square_gone_gone
                        - at.dying.second[place] * steps.gone;
                }
                sum.information[(row, column)] += part;
                place += 1;
            }
        }
    });
    mirror(&mut sum.information);
    sum
}

/// Fits a model.
///
/// # Errors
/// As [`CoxColumns::check`]; [`OutcomeError::NotEstimable`] for a covariate
/// that is constant or a combination of others (named), for weights with
/// exact ties, and where the likelihood cannot be computed.
pub fn cox(columns: &CoxColumns<'_>, options: &CoxOptions) -> Result<Cox, OutcomeError> {
    columns.check()?;
    check_level(options.level)?;
    let refuse = |reason: String| OutcomeError::NotEstimable {
        method: METHOD,
        reason,
    };
    if options.ties == Ties::Exact {
        let weighted = columns.survival.weight.is_some_and(|weights| {
            weights
                .iter()
                .any(|weight| *weight > 0.0 && (*weight - 1.0).abs() > 0.0)
        });
        if weighted {
            return Err(refuse(
                "exact ties take no weights; take efron or breslow".to_owned(),
            ));
        }
        if options.robust || columns.cluster.is_some() {
            return Err(refuse(
                "exact ties have no robust errors; take efron or breslow".to_owned(),
            ));
        }
    }
    let sets = RiskSets::new(columns);
    let p = sets.p;
    let null = likelihood(&sets, &vec![0.0; p], options.ties);
    if let Some(dependent) = dependent_column(&null.information) {
        return Err(refuse(format!(
            "covariate `{}` does not vary within the risk sets or is a combination of others",
            columns.names[dependent]
        )));
    }
    let Maximum {
        beta,
        at: current,
        step,
        iterations,
        converged,
        ..
    } = maximum((null.clone(), ()), options.most_iterations, |beta| {
        (likelihood(&sets, beta, options.ties), ())
    });
    // A direction without a maximum: every step is as long as the last, or the
    // information has run out (1e-8 of that at the start; at a maximum the risk
    // sets never narrow so far).
    let infinite: Vec<bool> = (0..p)
        .map(|number| {
            let moving = !converged || step[number].abs() > 1e-4 * beta[number].abs().max(1e-2);
            let spent =
                current.information[(number, number)] < 1e-8 * null.information[(number, number)];
            (moving || spent) && beta[number].abs() > 1.0
        })
        .collect();
    let inverse = current
        .information
        .clone()
        .cholesky()
        .map(|factor| factor.inverse())
        .or_else(|| current.information.clone().pseudo_inverse(1e-14).ok())
        .ok_or_else(|| refuse("the information has no inverse at the last step".to_owned()))?;
    let model_covariance = DMatrix::from_fn(p, p, |row, column| {
        inverse[(row, column)] / (sets.scale[row] * sets.scale[column])
    });
    let robust = options.robust || columns.cluster.is_some();
    let covariance = if robust {
        let scores = residuals::scaled_scores(&sets, &beta, options.ties);
        let influence = residuals::influence(&sets, &scores, &inverse, columns.cluster);
        DMatrix::from_fn(p, p, |row, column| {
            influence
                .chunks_exact(p)
                .map(|one| one[row] * one[column])
                .sum::<f64>()
                / (sets.scale[row] * sets.scale[column])
        })
    } else {
        model_covariance.clone()
    };
    let coefficients: Vec<f64> = beta
        .iter()
        .zip(&sets.scale)
        .map(|(beta, scale)| beta / scale)
        .collect();
    let z_level = standard_normal_quantile(0.5 + options.level / 2.0);
    let normal = Normal::standard();
    let terms = (0..p)
        .map(|number| {
            let coefficient = coefficients[number];
            let error = covariance[(number, number)].sqrt();
            let z = coefficient / error;
            CoxTerm {
                name: columns.names[number].clone(),
                coefficient,
                error,
                model_error: model_covariance[(number, number)].sqrt(),
                hazard_ratio: coefficient.exp(),
                lower: (coefficient - z_level * error).exp(),
                upper: (coefficient + z_level * error).exp(),
                z,
                p: 2.0 * normal.sf(z.abs()),
                infinite: infinite[number],
            }
        })
        .collect();
    let test = |chi_square: f64| CoxTest {
        chi_square,
        degrees_of_freedom: p,
        p: chi_square_tail(chi_square.max(0.0), p),
    };
    let quadratic = |matrix: &DMatrix<f64>, vector: &DVector<f64>| {
        matrix
            .clone()
            .cholesky()
            .map_or(f64::NAN, |factor| factor.solve(vector).dot(vector))
    };
    let eta = sets.linear_predictors(&beta);
    Ok(Cox {
        n: sets.row.len(),
        events: sets.event.iter().filter(|event| **event).count(),
        ties: options.ties,
        robust,
        level: options.level,
        null_log_likelihood: null.logarithm,
        log_likelihood: current.logarithm,
        likelihood_ratio: test(2.0 * (current.logarithm - null.logarithm)),
        score: test(quadratic(&null.information, &null.score)),
        wald: test(quadratic(
            &covariance,
            &DVector::from_column_slice(&coefficients),
        )),
        terms,
        covariance,
        model_covariance,
        concordance: concordance_of(&sets, &eta),
        iterations,
        converged,
    })
}

/// A column whose information is spent by those before it, by the pivots of
/// the Cholesky factor; the covariates are scaled, so the limit is one for all.
fn dependent_column(information: &DMatrix<f64>) -> Option<usize> {
    let p = information.nrows();
    let mut rest = information.clone();
    for pivot in 0..p {
        let value = rest[(pivot, pivot)];
        // Rounding of sums over a million rows stays under 1e-10 of the pivot.
        if !(value > 1e-10 * information[(pivot, pivot)] && value > 1e-12) {
            return Some(pivot);
        }
        for row in pivot + 1..p {
            let factor = rest[(row, pivot)] / value;
            for column in pivot + 1..p {
                let part = factor * rest[(pivot, column)];
                rest[(row, column)] -= part;
            }
        }
    }
    None
}
