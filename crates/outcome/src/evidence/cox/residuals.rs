//! Residuals of a fitted model: score, martingale, Schoenfeld.
//!
//! Score: `Lᵢ = ∫ (xᵢ − x̄) dMᵢ`; times the covariance it is the change of the
//! coefficients when a row is left out. With Efron's ties each of d deaths
//! takes part in the step k of its time with `1 − k/d` (therneau2000,
//! sections 4.2, 4.3, 6.2 and 7.1).

use nalgebra::DMatrix;
use serde::Serialize;

use super::risk_set::RiskSets;
use super::{Cox, CoxColumns, METHOD, Ties};
use crate::OutcomeError;

/// The hazard of a stratum at its event times, summed up in the order of time.
struct CumulativeHazard {
    time: Vec<f64>,
    /// Hazard up to and with each time.
    hazard: Vec<f64>,
    /// The same times mean covariates, p each.
    weighted: Vec<f64>,
    /// Of the time by itself: hazard that the dying are spared, p + 1 each
    /// (hazard, then times mean covariates).
    spared: Vec<f64>,
    /// Mean covariates over the steps of the time, p each.
    mean: Vec<f64>,
}

impl CumulativeHazard {
    /// Number of event times at or before a time.
    fn until(&self, time: f64) -> usize {
        self.time.partition_point(|event| *event <= time)
    }
}

fn cumulative_hazards(sets: &RiskSets, risk: &[f64], ties: Ties) -> Vec<CumulativeHazard> {
    let p = sets.p;
    let mut hazards: Vec<CumulativeHazard> = sets
        .stratum_ends
        .iter()
        .map(|_| CumulativeHazard {
            time: Vec::new(),
            hazard: Vec::new(),
            weighted: Vec::new(),
            spared: Vec::new(),
            mean: Vec::new(),
        })
        .collect();
    let mut mean = vec![0.0; p];
    sets.visit(risk, |at| {
        let hazard = &mut hazards[at.stratum];
        let (mut sum, mut weighted) = (0.0, vec![0.0; p]);
        let (mut spared, mut overall) = (vec![0.0; p + 1], vec![0.0; p]);
        for step in at.steps(ties) {
            at.mean(&step, &mut mean);
            sum += step.hazard;
            spared[0] += step.gone * step.hazard;
            let share = step.weight / at.weight;
            for number in 0..p {
                weighted[number] += step.hazard * mean[number];
                spared[number + 1] += step.gone * step.hazard * mean[number];
                overall[number] += share * mean[number];
            }
        }
        hazard.time.push(at.time);
        hazard.hazard.push(sum);
        hazard.weighted.extend(weighted);
        hazard.spared.extend(spared);
        hazard.mean.extend(overall);
    });
    for hazard in &mut hazards {
        hazard.time.reverse();
        hazard.hazard.reverse();
        reverse_lines(&mut hazard.weighted, p);
        reverse_lines(&mut hazard.spared, p + 1);
        reverse_lines(&mut hazard.mean, p);
        for number in 1..hazard.hazard.len() {
            hazard.hazard[number] += hazard.hazard[number - 1];
        }
        for place in p..hazard.weighted.len() {
            hazard.weighted[place] += hazard.weighted[place - p];
        }
    }
    hazards
}

fn reverse_lines(values: &mut [f64], width: usize) {
    values.reverse();
    for line in values.chunks_exact_mut(width) {
        line.reverse();
    }
}

/// What every residual starts from.
struct Ingredients {
    sets: RiskSets,
    beta: Vec<f64>,
}

fn ingredients(columns: &CoxColumns<'_>, fit: &Cox) -> Result<Ingredients, OutcomeError> {
    columns.check()?;
    if fit.ties == Ties::Exact {
        return Err(OutcomeError::NotEstimable {
            method: METHOD,
            reason: "exact ties have no residuals here; take efron or breslow".to_owned(),
        });
    }
    let sets = RiskSets::new(columns);
    let beta = fit
        .coefficients()
        .iter()
        .zip(&sets.scale)
        .map(|(coefficient, scale)| coefficient * scale)
        .collect();
    Ok(Ingredients { sets, beta })
}

/// Exponentials of the linear predictors, and those times weights.
fn risks(sets: &RiskSets, beta: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let relative: Vec<f64> = sets
        .linear_predictors(beta)
        .iter()
        .map(|eta| eta.exp())
        .collect();
    let risk = relative
        .iter()
        .zip(&sets.weight)
        .map(|(relative, weight)| relative * weight)
        .collect();
    (relative, risk)
}

fn for_each_row(
    sets: &RiskSets,
    hazards: &[CumulativeHazard],
    mut visit: impl FnMut(usize, &CumulativeHazard, usize, usize),
) {
    let mut start = 0;
    for (stratum, end) in sets.stratum_ends.iter().enumerate() {
        let hazard = &hazards[stratum];
        for position in start..*end {
            let until = hazard.until(sets.time[position]);
            let from = if sets.entry.is_empty() {
                0
            } else {
                hazard.until(sets.entry[position])
            };
            visit(position, hazard, from, until);
        }
        start = *end;
    }
}

/// Score residuals in scaled covariates, unweighted, in the sorted order.
pub(super) fn scaled_scores(sets: &RiskSets, beta: &[f64], ties: Ties) -> Vec<f64> {
    let p = sets.p;
    let (relative, risk) = risks(sets, beta);
    let hazards = cumulative_hazards(sets, &risk, ties);
    let mut scores = vec![0.0; sets.row.len() * p];
    for_each_row(sets, &hazards, |position, hazard, from, until| {
        let x = sets.x_of(position);
        let part = |until: usize, number: usize| {
            let Some(last) = until.checked_sub(1) else {
                return 0.0;
            };
            x[number] * hazard.hazard[last] - hazard.weighted[last * p + number]
        };
        let score = &mut scores[position * p..(position + 1) * p];
        for (number, score) in score.iter_mut().enumerate() {
            *score -= relative[position] * (part(until, number) - part(from, number));
        }
        if sets.event[position] {
            let own = until - 1;
            let spared = &hazard.spared[own * (p + 1)..(own + 1) * (p + 1)];
            for number in 0..p {
                score[number] += x[number] - hazard.mean[own * p + number]
                    + relative[position] * (x[number] * spared[0] - spared[number + 1]);
            }
        }
    });
    scores
}

/// Changes of the scaled coefficients, summed by cluster, p each.
pub(super) fn influence(
    sets: &RiskSets,
    scores: &[f64],
    inverse: &DMatrix<f64>,
    cluster: Option<&[u32]>,
) -> Vec<f64> {
    let p = sets.p;
    let clusters = cluster.map_or(sets.row.len(), |cluster| {
        cluster.iter().max().map_or(0, |last| *last as usize + 1)
    });
    let mut sums = vec![0.0; clusters * p];
    for (position, score) in scores.chunks_exact(p).enumerate() {
        let place = cluster.map_or(position, |cluster| {
            cluster[sets.row[position] as usize] as usize
        });
        for (sum, score) in sums[place * p..(place + 1) * p].iter_mut().zip(score) {
            *sum += sets.weight[position] * score;
        }
    }
    let mut influence = vec![0.0; sums.len()];
    for (line, sum) in influence.chunks_exact_mut(p).zip(sums.chunks_exact(p)) {
        for (number, value) in line.iter_mut().enumerate() {
            *value = sum
                .iter()
                .enumerate()
                .map(|(other, sum)| inverse[(number, other)] * sum)
                .sum();
        }
    }
    influence
}

/// Score residuals, a line of p a row of the table; 0 for rows of weight 0.
///
/// # Errors
/// As [`CoxColumns::check`]; [`OutcomeError::NotEstimable`] for exact ties.
pub fn score_residuals(columns: &CoxColumns<'_>, fit: &Cox) -> Result<Vec<Vec<f64>>, OutcomeError> {
    let Ingredients { sets, beta } = ingredients(columns, fit)?;
    let scores = scaled_scores(&sets, &beta, fit.ties);
    let mut lines = vec![vec![0.0; sets.p]; columns.survival.len()];
    for (position, score) in scores.chunks_exact(sets.p).enumerate() {
        lines[sets.row[position] as usize] = score
            .iter()
            .zip(&sets.scale)
            .map(|(score, scale)| score * scale)
            .collect();
    }
    Ok(lines)
}

/// Martingale residuals, observed less expected events of each row; 0 for rows
/// of weight 0.
///
/// # Errors
/// As [`score_residuals`].
pub fn martingale_residuals(columns: &CoxColumns<'_>, fit: &Cox) -> Result<Vec<f64>, OutcomeError> {
    let Ingredients { sets, beta } = ingredients(columns, fit)?;
    let (relative, risk) = risks(&sets, &beta);
    let hazards = cumulative_hazards(&sets, &risk, fit.ties);
    let mut found = vec![0.0; columns.survival.len()];
    for_each_row(&sets, &hazards, |position, hazard, from, until| {
        let part = |until: usize| until.checked_sub(1).map_or(0.0, |last| hazard.hazard[last]);
        let mut residual = -relative[position] * (part(until) - part(from));
        if sets.event[position] {
            let spared = hazard.spared[(until - 1) * (sets.p + 1)];
            residual += 1.0 + relative[position] * spared;
        }
        found[sets.row[position] as usize] = residual;
    });
    Ok(found)
}

/// Schoenfeld residuals: a line an event, in the order of time within strata.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SchoenfeldResiduals {
    /// The row of the table, from 0.
    pub row: Vec<usize>,
    /// Its time.
    pub time: Vec<f64>,
    /// Covariates less their mean in the risk set.
    pub residual: Vec<Vec<f64>>,
}

/// Schoenfeld residuals of a fit.
///
/// # Errors
/// As [`score_residuals`].
pub fn schoenfeld_residuals(
    columns: &CoxColumns<'_>,
    fit: &Cox,
) -> Result<SchoenfeldResiduals, OutcomeError> {
    let Ingredients { sets, beta } = ingredients(columns, fit)?;
    let (_, risk) = risks(&sets, &beta);
    let hazards = cumulative_hazards(&sets, &risk, fit.ties);
    let p = sets.p;
    let mut lines = Vec::new();
    for_each_row(&sets, &hazards, |position, hazard, _, until| {
        if !sets.event[position] {
            return;
        }
        let own = until - 1;
        let residual = (0..p)
            .map(|number| {
                (sets.x_of(position)[number] - hazard.mean[own * p + number]) * sets.scale[number]
            })
            .collect();
        lines.push((position, residual));
    });
    // Sorted rows run backwards in time within a stratum.
    let mut found = SchoenfeldResiduals {
        row: Vec::new(),
        time: Vec::new(),
        residual: Vec::new(),
    };
    let mut from = 0;
    for end in &sets.stratum_ends {
        let to = lines.partition_point(|(position, _): &(usize, Vec<f64>)| position < end);
        let mut stratum: Vec<_> = lines[from..to].to_vec();
        stratum.sort_by(|(one, _), (other, _)| {
            sets.time[*one]
                .total_cmp(&sets.time[*other])
                .then(sets.row[*one].cmp(&sets.row[*other]))
        });
        for (position, residual) in stratum {
            found.row.push(sets.row[position] as usize);
            found.time.push(sets.time[position]);
            found.residual.push(residual);
        }
        from = to;
    }
    Ok(found)
}
