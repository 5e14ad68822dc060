//! Tests that groups have one hazard: log-rank and its weighted family.
//!
//! `Σ w(t)(d_j − n_j d/n)` against its hypergeometric variance, with
//! `w = S(t−)^ρ` from the curve of all groups together (harrington1982): ρ = 0
//! is log-rank, ρ = 1 Peto and Peto's Wilcoxon. Strata add up, each with its own
//! curve. Groups without anybody at risk at an event are left out of the
//! degrees of freedom.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{SurvivalColumns, check_length, order_by};
use crate::OutcomeError;

const METHOD: &str = "log-rank test";

/// What a test says of one group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LogRankGroup {
    /// Rows.
    pub n: usize,
    /// Events, weighted by the curve where ρ is not 0.
    pub observed: f64,
    /// Events expected under one hazard, weighted alike.
    pub expected: f64,
}

/// A test between groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogRank {
    /// Power of the curve in the weights.
    pub rho: f64,
    /// The groups in the order of their numbers.
    pub groups: Vec<LogRankGroup>,
    /// The test's chi-square.
    pub chi_square: f64,
    /// Its degrees of freedom.
    pub degrees_of_freedom: usize,
    /// Probability of this or more under one hazard.
    pub p: f64,
}

/// Compares groups 0, 1, … of the rows, perhaps in strata 0, 1, …
///
/// # Errors
/// As [`SurvivalColumns::check`]; [`OutcomeError::Argument`] for weights, which
/// this test has no variance for; [`OutcomeError::NotEstimable`] without two
/// groups at risk at events.
pub fn log_rank(
    columns: &SurvivalColumns<'_>,
    group: &[u32],
    strata: Option<&[u32]>,
    rho: f64,
) -> Result<LogRank, OutcomeError> {
    columns.check()?;
    check_length("group", group.len(), columns.len())?;
    if columns.weight.is_some() {
        return Err(OutcomeError::Argument {
            what: "weights of the log-rank test",
            value: "given".to_owned(),
            allowed: "none; a Cox model takes weights",
        });
    }
    if !rho.is_finite() {
        return Err(OutcomeError::Argument {
            what: "rho",
            value: rho.to_string(),
            allowed: "a finite number",
        });
    }
    let groups = group.iter().max().map_or(0, |last| *last as usize + 1);
    let mut sums = Sums {
        observed: vec![0.0; groups],
        expected: vec![0.0; groups],
        variance: DMatrix::zeros(groups, groups),
    };
    let order = order_by(columns.time);
    let entries = columns.entry.map(order_by);
    if let Some(strata) = strata {
        check_length("strata", strata.len(), columns.len())?;
        let count = strata.iter().max().map_or(0, |last| *last as usize + 1);
        let by_stratum = |order: &[u32]| {
            let mut lists = vec![Vec::new(); count];
            for row in order {
                lists[strata[*row as usize] as usize].push(*row);
            }
            lists
        };
        let orders = by_stratum(&order);
        let entries = entries.map(|entries| by_stratum(&entries));
        for (stratum, order) in orders.iter().enumerate() {
            let entries = entries.as_ref().map(|entries| entries[stratum].as_slice());
            sums.add(columns, group, order, entries, rho);
        }
    } else {
        sums.add(columns, group, &order, entries.as_deref(), rho);
    }
    let mut rows = vec![0; groups];
    for member in group {
        rows[*member as usize] += 1;
    }
    let taking_part: Vec<usize> = (0..groups)
        .filter(|group| sums.expected[*group] > 0.0)
        .collect();
    if taking_part.len() < 2 {
        return Err(OutcomeError::NotEstimable {
            method: METHOD,
            reason: format!(
                "{} of {groups} groups have subjects at risk at an event; two are needed",
                taking_part.len()
            ),
        });
    }
    let free = &taking_part[1..];
    let difference = DVector::from_iterator(
        free.len(),
        free.iter()
            .map(|group| sums.observed[*group] - sums.expected[*group]),
    );
    let variance = DMatrix::from_fn(free.len(), free.len(), |row, column| {
        sums.variance[(free[row], free[column])]
    });
    let chi_square = variance
        .cholesky()
        .map(|factor| factor.solve(&difference).dot(&difference))
        .ok_or_else(|| OutcomeError::NotEstimable {
            method: METHOD,
            reason: "no event time has subjects of two groups at risk".to_owned(),
        })?;
    Ok(LogRank {
        rho,
        groups: (0..groups)
            .map(|group| LogRankGroup {
                n: rows[group],
                observed: sums.observed[group],
                expected: sums.expected[group],
            })
            .collect(),
        chi_square,
        degrees_of_freedom: free.len(),
        p: chi_square_tail(chi_square, free.len()),
    })
}

/// Probability over a chi-square.
pub(crate) fn chi_square_tail(chi_square: f64, degrees_of_freedom: usize) -> f64 {
    ChiSquared::new(degrees_of_freedom as f64)
        .map_or(f64::NAN, |distribution| distribution.sf(chi_square))
}

struct Sums {
    observed: Vec<f64>,
    expected: Vec<f64>,
    variance: DMatrix<f64>,
}

impl Sums {
    /// Adds a stratum, given by its rows in the order of time and of entry.
    fn add(
        &mut self,
        columns: &SurvivalColumns<'_>,
        group: &[u32],
        order: &[u32],
        entries: Option<&[u32]>,
        rho: f64,
    ) {
        let groups = self.observed.len();
        let mut at_risk = vec![0_u64; groups];
        if entries.is_none() {
            for row in order {
                at_risk[group[*row as usize] as usize] += 1;
            }
        }
        let mut entered = 0;
        let mut survival = 1.0_f64;
        let mut position = 0;
        let mut events = vec![0_u64; groups];
        let mut leaving = vec![0_u64; groups];
        while position < order.len() {
            let time = columns.time[order[position] as usize];
            if let (Some(entries), Some(entry)) = (entries, columns.entry) {
                while entered < entries.len() && entry[entries[entered] as usize] < time {
                    at_risk[group[entries[entered] as usize] as usize] += 1;
                    entered += 1;
                }
            }
            events.fill(0);
            leaving.fill(0);
            while position < order.len() && columns.time[order[position] as usize] <= time {
                let row = order[position] as usize;
                let member = group[row] as usize;
                leaving[member] += 1;
                events[member] += u64::from(columns.event[row]);
                position += 1;
            }
            let died = events.iter().sum::<u64>() as f64;
            let all = at_risk.iter().sum::<u64>() as f64;
            if died > 0.0 {
                let weight = survival.powf(rho);
                let spread = if all > 1.0 {
                    weight * weight * died * (all - died) / (all * (all - 1.0))
                } else {
                    0.0
                };
                for one in 0..groups {
                    let share = at_risk[one] as f64 / all;
                    self.observed[one] += weight * events[one] as f64;
                    self.expected[one] += weight * died * share;
                    for other in 0..groups {
                        let same = if one == other { 1.0 } else { 0.0 };
                        self.variance[(one, other)] +=
                            spread * at_risk[one] as f64 * (same - at_risk[other] as f64 / all);
                    }
                }
                survival *= (all - died) / all;
            }
            for (at_risk, leaving) in at_risk.iter_mut().zip(&leaving) {
                *at_risk -= leaving;
            }
        }
    }
}
