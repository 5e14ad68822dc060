//! Gray's test that groups have one cumulative incidence (gray1988).
//!
//! Compares subdistribution hazards: the risk set of a group is
//! `R = n (1 − F₁(t−))/S(t−)`, and `Σ w (d₁ − R d₁./R.)` its score, with
//! `w = (1 − F₁⁰(t−))^ρ`. The variance follows from how deaths of either cause
//! move the subdistribution hazards, with the incidence of all groups together
//! for the cause; deaths at one time take from it as in a finite sample.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use super::{check, of_ties};
use crate::OutcomeError;
use crate::evidence::survival::{check_length, chi_square_tail, order_by};

const METHOD: &str = "Gray's test";

/// A test between groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GrayTest {
    /// Power in the weights.
    pub rho: f64,
    /// Scores of the groups.
    pub scores: Vec<f64>,
    /// The chi-square.
    pub chi_square: f64,
    /// Degrees of freedom.
    pub degrees_of_freedom: usize,
    /// Probability of this or more under one incidence.
    pub p: f64,
}

/// Tests groups 0, 1, … for a cause.
///
/// # Errors
/// Those of [`super::cumulative_incidence`]; [`OutcomeError::NotEstimable`]
/// for fewer than two groups or without events of the cause.
pub fn gray_test(
    time: &[f64],
    cause: &[u8],
    group: &[u32],
    of: u8,
    rho: f64,
) -> Result<GrayTest, OutcomeError> {
    check(time, cause)?;
    check_length("group", group.len(), time.len())?;
    let groups = group.iter().max().map_or(0, |last| *last as usize + 1);
    if groups < 2 || of == 0 || !cause.contains(&of) {
        return Err(OutcomeError::NotEstimable {
            method: METHOD,
            reason: "two groups and events of a cause of 1 or more are needed".to_owned(),
        });
    }
    let steps = swept(time, cause, group, groups, of, rho);
    let mut scores = vec![0.0; groups];
    for step in steps.iter().filter(|step| step.died > 0.0) {
        let all: f64 = step.risk.iter().sum();
        for (one, score) in scores.iter_mut().enumerate() {
            *score += step.weight * (step.events[one] - step.died * step.risk[one] / all);
        }
    }
    let variance = variance(&steps, groups);
    let free = groups - 1;
    let score = DVector::from_fn(free, |row, _| scores[row]);
    let chi_square = variance
        .view((0, 0), (free, free))
        .into_owned()
        .cholesky()
        .map(|factor| factor.solve(&score).dot(&score))
        .ok_or_else(|| OutcomeError::NotEstimable {
            method: METHOD,
            reason: "no event time has subjects of two groups at risk".to_owned(),
        })?;
    Ok(GrayTest {
        rho,
        scores,
        chi_square,
        degrees_of_freedom: free,
        p: chi_square_tail(chi_square, free),
    })
}

/// A time with an event of any cause.
struct Step {
    weight: f64,
    /// Events of the cause in all groups.
    died: f64,
    /// 1 − F₁⁰ before and after the time.
    free_before: f64,
    free_after: f64,
    events: Vec<f64>,
    others: Vec<f64>,
    at_risk: Vec<f64>,
    /// h = n/S(t−): who would be at risk without any event.
    without: Vec<f64>,
    /// R = h (1 − F₁(t−)).
    risk: Vec<f64>,
    /// S just before and after, by group.
    before: Vec<f64>,
    after: Vec<f64>,
}

impl Step {
    /// What a group's subdistribution hazard adds to the score of another,
    /// over 1 − F₁⁰.
    fn share(&self, of: usize, from: usize) -> f64 {
        let all: f64 = self.without.iter().sum();
        let same = if of == from { 1.0 } else { 0.0 };
        self.weight * self.without[of] * (same - self.without[from] / all)
    }

    /// Increment of the subdistribution hazard of all groups.
    fn hazard(&self) -> f64 {
        let all: f64 = self.without.iter().sum();
        self.died / (all * self.free_before)
    }
}

fn swept(time: &[f64], cause: &[u8], group: &[u32], groups: usize, of: u8, rho: f64) -> Vec<Step> {
    let order = order_by(time);
    let mut at_risk = vec![0.0; groups];
    for member in group {
        at_risk[*member as usize] += 1.0;
    }
    let mut survival = vec![1.0_f64; groups];
    let mut incidence = vec![0.0; groups];
    let mut free = 1.0_f64;
    let mut steps = Vec::new();
    let mut position = 0;
    while position < order.len() {
        let now = time[order[position] as usize];
        let mut events = vec![0.0; groups];
        let mut others = vec![0.0; groups];
        let mut leaving = vec![0.0; groups];
        while position < order.len() && time[order[position] as usize] <= now {
            let row = order[position] as usize;
            let member = group[row] as usize;
            leaving[member] += 1.0;
            if cause[row] == of {
                events[member] += 1.0;
            } else if cause[row] != 0 {
                others[member] += 1.0;
            }
            position += 1;
        }
        let died: f64 = events.iter().sum();
        if died + others.iter().sum::<f64>() > 0.0 {
            let without: Vec<f64> = at_risk
                .iter()
                .zip(&survival)
                .map(|(n, s)| if *n > 0.0 { n / s } else { 0.0 })
                .collect();
            let risk = without
                .iter()
                .zip(&incidence)
                .map(|(h, f)| h * (1.0 - f))
                .collect();
            let free_before = free;
            free -= died / without.iter().sum::<f64>();
            let before = survival.clone();
            for one in (0..groups).filter(|one| at_risk[*one] > 0.0) {
                incidence[one] += survival[one] * events[one] / at_risk[one];
                survival[one] *= (at_risk[one] - events[one] - others[one]) / at_risk[one];
            }
            steps.push(Step {
                weight: free_before.powf(rho),
                died,
                free_before,
                free_after: free,
                events,
                others,
                at_risk: at_risk.clone(),
                without,
                risk,
                before,
                after: survival.clone(),
            });
        }
        for (at_risk, leaving) in at_risk.iter_mut().zip(&leaving) {
            *at_risk -= leaving;
        }
    }
    steps
}

fn variance(steps: &[Step], groups: usize) -> DMatrix<f64> {
    let mut variance = DMatrix::zeros(groups, groups);
    // What a change of a group's incidence now does to the scores later.
    let mut later = DMatrix::<f64>::zeros(groups, groups);
    for step in steps.iter().rev() {
        let all: f64 = step.without.iter().sum();
        for from in (0..groups).filter(|from| step.at_risk[*from] > 0.0) {
            let (before, after) = (step.before[from], step.after[from]);
            let ratio = if after > 0.0 {
                step.free_after / after
            } else {
                0.0
            };
            if step.died > 0.0 {
                let spread = of_ties(step.died, all * before) * before * step.died
                    / (all * step.at_risk[from]);
                let parts: Vec<f64> = (0..groups)
                    .map(|of| step.share(of, from) + (1.0 - ratio) * later[(of, from)])
                    .collect();
                add_square(&mut variance, &parts, spread);
            }
            let others = step.others[from];
            if others > 0.0 && after > 0.0 {
                let spread = of_ties(others, step.at_risk[from]) * before * before * others
                    / (step.at_risk[from] * step.at_risk[from]);
                let parts: Vec<f64> = (0..groups).map(|of| ratio * later[(of, from)]).collect();
                add_square(&mut variance, &parts, spread);
            }
        }
        if step.died > 0.0 {
            for of in 0..groups {
                for from in 0..groups {
                    later[(of, from)] += step.share(of, from) * step.hazard();
                }
            }
        }
    }
    variance
}

fn add_square(sum: &mut DMatrix<f64>, parts: &[f64], factor: f64) {
    for (row, one) in parts.iter().enumerate() {
        for (column, other) in parts.iter().enumerate() {
            sum[(row, column)] += factor * one * other;
        }
    }
}
