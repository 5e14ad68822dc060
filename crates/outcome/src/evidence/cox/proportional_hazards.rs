//! Whether hazards are proportional: a score test for coefficients that move
//! with a function of time (grambsch1994), not its approximation by
//! correlations.
//!
//! With g(t) centred over the events the model `β + γ g(t)` has at γ = 0 the
//! score `Σ g (x − x̄)` and the information of β and γ together,
//! `[Σ V, Σ g V; Σ g V, Σ g² V]`, V the covariance in the risk set.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::risk_set::{RiskSets, mirror};
use super::{Cox, CoxColumns, METHOD, Ties};
use crate::OutcomeError;
use crate::evidence::survival::{KaplanMeierOptions, chi_square_tail, kaplan_meier, order_by};

/// The function of time.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum TimeTransform {
    /// 1 − S(t−) of all rows together.
    #[default]
    KaplanMeier,
    /// The rank of the time among all rows.
    Rank,
    /// Time itself.
    Identity,
    /// Its logarithm.
    Log,
}

/// A test of one covariate or of all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProportionalHazardsTest {
    /// The covariate; `all` for all together.
    pub name: String,
    /// The chi-square.
    pub chi_square: f64,
    /// Degrees of freedom.
    pub degrees_of_freedom: usize,
    /// Probability of this or more under proportional hazards.
    pub p: f64,
}

/// The tests of a fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProportionalHazards {
    /// The function of time.
    pub transform: TimeTransform,
    /// One for each covariate, in their order.
    pub terms: Vec<ProportionalHazardsTest>,
    /// All together.
    pub all: ProportionalHazardsTest,
}

/// Tests a fit.
///
/// # Errors
/// As [`CoxColumns::check`]; [`OutcomeError::NotEstimable`] for exact ties, for
/// the logarithm of times not over 0, and where all events are at one time.
pub fn proportional_hazards_test(
    columns: &CoxColumns<'_>,
    fit: &Cox,
    transform: TimeTransform,
) -> Result<ProportionalHazards, OutcomeError> {
    columns.check()?;
    let refuse = |reason: &str| OutcomeError::NotEstimable {
        method: METHOD,
        reason: reason.to_owned(),
    };
    if fit.ties == Ties::Exact {
        return Err(refuse(
            "exact ties have no test of proportional hazards here",
        ));
    }
    let sets = RiskSets::new(columns);
    let p = sets.p;
    let moved = transformed(columns, transform)?;
    let (mut sum, mut events) = (0.0, 0.0);
    for (position, row) in sets.row.iter().enumerate() {
        if sets.event[position] {
            sum += moved[*row as usize];
            events += 1.0;
        }
    }
    let centre = sum / events;
    let beta: Vec<f64> = fit
        .coefficients()
        .iter()
        .zip(&sets.scale)
        .map(|(coefficient, scale)| coefficient * scale)
        .collect();
    let risk: Vec<f64> = sets
        .linear_predictors(&beta)
        .iter()
        .zip(&sets.weight)
        .map(|(eta, weight)| weight * eta.exp())
        .collect();
    let mut plain = DMatrix::zeros(p, p);
    let mut mixed = DMatrix::zeros(p, p);
    let mut squared = DMatrix::zeros(p, p);
    let mut score = DVector::zeros(p);
    let mut mean = vec![0.0; p];
    sets.visit(&risk, |at| {
        let g = moved[sets.row[at.deaths[0]] as usize] - centre;
        for death in at.deaths {
            for (score, x) in score.iter_mut().zip(sets.x_of(*death)) {
                *score += g * sets.weight[*death] * x;
            }
        }
        for step in at.steps(fit.ties) {
            at.mean(&step, &mut mean);
            for (score, mean) in score.iter_mut().zip(&mean) {
                *score -= g * step.weight * mean;
            }
            at.add_covariance(&step, &mean, step.weight, &mut plain);
            at.add_covariance(&step, &mean, step.weight * g, &mut mixed);
            at.add_covariance(&step, &mean, step.weight * g * g, &mut squared);
        }
    });
    for matrix in [&mut plain, &mut mixed, &mut squared] {
        mirror(matrix);
    }
    let test = |name: &str, tested: &[usize]| {
        let size = p + tested.len();
        let information = DMatrix::from_fn(size, size, |row, column| {
            match (row.checked_sub(p), column.checked_sub(p)) {
                (None, None) => plain[(row, column)],
                (Some(row), None) => mixed[(tested[row], column)],
                (None, Some(column)) => mixed[(row, tested[column])],
                (Some(row), Some(column)) => squared[(tested[row], tested[column])],
            }
        });
        let scores = DVector::from_fn(size, |row, _| {
            row.checked_sub(p).map_or(0.0, |row| score[tested[row]])
        });
        let chi_square = information
            .cholesky()
            .map(|factor| factor.solve(&scores).dot(&scores))
            .ok_or_else(|| refuse("the events do not spread over time"))?;
        Ok(ProportionalHazardsTest {
            name: name.to_owned(),
            chi_square,
            degrees_of_freedom: tested.len(),
            p: chi_square_tail(chi_square, tested.len()),
        })
    };
    let everything: Vec<usize> = (0..p).collect();
    Ok(ProportionalHazards {
        transform,
        terms: everything
            .iter()
            .map(|number| test(&columns.names[*number], &[*number]))
            .collect::<Result<_, OutcomeError>>()?,
        all: test("all", &everything)?,
    })
}

/// g of each row's time.
fn transformed(
    columns: &CoxColumns<'_>,
    transform: TimeTransform,
) -> Result<Vec<f64>, OutcomeError> {
    let time = columns.survival.time;
    Ok(match transform {
        TimeTransform::Identity => time.to_vec(),
        TimeTransform::Log => {
            if time.iter().any(|time| *time <= 0.0) {
                return Err(OutcomeError::NotEstimable {
                    method: METHOD,
                    reason: "the logarithm of time needs times over 0".to_owned(),
                });
            }
            time.iter().map(|time| time.ln()).collect()
        }
        TimeTransform::Rank => {
            let order = order_by(time);
            let mut ranks = vec![0.0; time.len()];
            let mut from = 0;
            while from < order.len() {
                let value = time[order[from] as usize];
                let to = from + order[from..].partition_point(|row| time[*row as usize] <= value);
                for row in &order[from..to] {
                    ranks[*row as usize] = (from + to + 1) as f64 / 2.0;
                }
                from = to;
            }
            ranks
        }
        TimeTransform::KaplanMeier => {
            let unweighted = super::super::survival::SurvivalColumns {
                weight: None,
                ..columns.survival
            };
            let curve = kaplan_meier(&unweighted, &KaplanMeierOptions::default())?;
            time.iter()
                .map(|time| {
                    let before = curve.steps.partition_point(|step| step.time < *time);
                    before
                        .checked_sub(1)
                        .map_or(0.0, |last| 1.0 - curve.steps[last].survival)
                })
                .collect()
        }
    })
}
