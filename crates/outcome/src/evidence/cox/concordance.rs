//! Harrell's concordance: how often who has the event first had the higher risk.
//!
//! Pairs of one stratum of whom one has the event while the other is still at
//! risk (harrell1982); a pair counts with the product of its weights; equal
//! predictors count half. A tree of sums over the ranks makes it n log n.

use serde::Serialize;

use super::CoxColumns;
use super::risk_set::RiskSets;
use crate::OutcomeError;
use crate::evidence::survival::{check_length, order_by};

/// Concordance with the pairs behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Concordance {
    /// Concordant pairs and half of the tied ones, of all; none without pairs.
    pub estimate: Option<f64>,
    /// Pairs in which the higher predictor has the event first.
    pub concordant: f64,
    /// Pairs the other way round.
    pub discordant: f64,
    /// Pairs with equal predictors.
    pub tied_predictor: f64,
    /// Pairs with the event at one time.
    pub tied_time: f64,
}

/// Concordance of a predictor, high for early events, in the rows of a table.
///
/// # Errors
/// As [`CoxColumns::check`], for times, strata and weights.
pub fn concordance(
    columns: &CoxColumns<'_>,
    predictor: &[f64],
) -> Result<Concordance, OutcomeError> {
    columns.survival.check()?;
    check_length("predictor", predictor.len(), columns.survival.len())?;
    let sets = RiskSets::new(&CoxColumns {
        covariates: &[],
        names: &[],
        ..*columns
    });
    let sorted: Vec<f64> = sets
        .row
        .iter()
        .map(|row| predictor[*row as usize])
        .collect();
    Ok(concordance_of(&sets, &sorted))
}

/// Concordance of predictors in the sorted order.
pub(super) fn concordance_of(sets: &RiskSets, eta: &[f64]) -> Concordance {
    let mut rank = vec![0_u32; eta.len()];
    let mut ranks = 0_u32;
    let mut last = None;
    for position in order_by(eta) {
        let value = eta[position as usize];
        if last.is_some_and(|last| value > last) {
            ranks += 1;
        }
        last = Some(value);
        rank[position as usize] = ranks;
    }
    let mut tree = SumTree::new(ranks as usize + 1);
    let mut found = Concordance {
        estimate: None,
        concordant: 0.0,
        discordant: 0.0,
        tied_predictor: 0.0,
        tied_time: 0.0,
    };
    let mut start = 0;
    for end in &sets.stratum_ends {
        let mut left = start;
        let mut position = start;
        let mut waiting: Vec<usize> = Vec::new();
        while position < *end {
            let time = sets.time[position];
            waiting.clear();
            // Who is censored at this time is still at risk at it.
            while position < *end && sets.time[position] >= time {
                if sets.event[position] {
                    waiting.push(position);
                } else {
                    tree.add(rank[position], sets.weight[position]);
                }
                position += 1;
            }
            if waiting.is_empty() {
                continue;
            }
            while !sets.entry.is_empty() && left < *end {
                let leaving = sets.by_entry[left] as usize;
                if sets.entry[leaving] < time {
                    break;
                }
                tree.add(rank[leaving], -sets.weight[leaving]);
                left += 1;
            }
            let all = tree.total;
            let mut together = 0.0;
            for death in &waiting {
                let weight = sets.weight[*death];
                let below = tree.below(rank[*death]);
                let equal = tree.at[rank[*death] as usize];
                found.concordant += weight * below;
                found.tied_predictor += weight * equal;
                found.discordant += weight * (all - below - equal);
                found.tied_time += weight * together;
                together += weight;
            }
            for death in &waiting {
                tree.add(rank[*death], sets.weight[*death]);
            }
        }
        tree.clear();
        start = *end;
    }
    let pairs = found.concordant + found.discordant + found.tied_predictor;
    if pairs > 0.0 {
        found.estimate = Some((found.concordant + 0.5 * found.tied_predictor) / pairs);
    }
    found
}

/// Sums over ranks below any one, in the logarithm of their number (fenwick1994).
struct SumTree {
    nodes: Vec<f64>,
    at: Vec<f64>,
    total: f64,
}

impl SumTree {
    fn new(ranks: usize) -> Self {
        Self {
            nodes: vec![0.0; ranks + 1],
            at: vec![0.0; ranks],
            total: 0.0,
        }
    }

    fn clear(&mut self) {
        self.nodes.fill(0.0);
        self.at.fill(0.0);
        self.total = 0.0;
    }

    fn add(&mut self, rank: u32, weight: f64) {
        self.at[rank as usize] += weight;
        self.total += weight;
        let mut node = rank as usize + 1;
        while node < self.nodes.len() {
            self.nodes[node] += weight;
            node += node & node.wrapping_neg();
        }
    }

    fn below(&self, rank: u32) -> f64 {
        let mut sum = 0.0;
        let mut node = rank as usize;
        while node > 0 {
            sum += self.nodes[node];
            node -= node & node.wrapping_neg();
        }
        sum
    }
}
