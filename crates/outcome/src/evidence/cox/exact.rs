//! The conditional likelihood of discrete time.
//!
//! The risk of those who died over the sum of that of all sets of as many:
//! an elementary symmetric function, by the recursion over the risk set
//! (gail1981), with its derivatives. Exponentials are scaled by deaths over
//! their sum, which keeps the function near e to the number of deaths.

use super::risk_set::{EventTime, RiskSets};
use crate::evidence::newton::Likelihood;

/// Adds an event time to the likelihood and its derivatives.
pub(super) fn add(
    sets: &RiskSets,
    at: &EventTime<'_>,
    eta: &[f64],
    risk: &[f64],
    likelihood: &mut Likelihood,
) {
    let p = sets.p;
    let deaths = at.deaths.len();
    let square = p * (p + 1) / 2;
    let scale = deaths as f64 / at.all.zeroth;
    // Index by the number of subjects chosen.
    let mut zeroth = vec![0.0; deaths + 1];
    let mut first = vec![0.0; (deaths + 1) * p];
    let mut second = vec![0.0; (deaths + 1) * square];
    zeroth[0] = 1.0;
    let at_risk = (at.first..at.past)
        .filter(|position| sets.entry.is_empty() || sets.entry[*position] < at.time);
    for (seen, position) in at_risk.enumerate() {
        let x = sets.x_of(position);
        let r = risk[position] * scale;
        for chosen in (1..=deaths.min(seen + 1)).rev() {
            let (from, to) = ((chosen - 1) * square, chosen * square);
            let (below, above) = second.split_at_mut(to);
            let (before, here) = first.split_at_mut(chosen * p);
            let before = &before[(chosen - 1) * p..];
            let fewer = zeroth[chosen - 1];
            let mut place = 0;
            for row in 0..p {
                for column in 0..=row {
                    above[place] += r
                        * (below[from + place]
                            + x[row] * before[column]
                            + x[column] * before[row]
                            + x[row] * x[column] * fewer);
                    place += 1;
                }
            }
            for (number, value) in x.iter().enumerate() {
                here[number] += r * (before[number] + value * fewer);
            }
            zeroth[chosen] += r * fewer;
        }
    }
    let all = zeroth[deaths];
    likelihood.logarithm -= all.ln() - deaths as f64 * scale.ln();
    let mean: Vec<f64> = (0..p)
        .map(|number| first[deaths * p + number] / all)
        .collect();
    let mut place = deaths * square;
    for row in 0..p {
        for column in 0..=row {
            likelihood.information[(row, column)] += second[place] / all - mean[row] * mean[column];
            place += 1;
        }
        likelihood.score[row] -= mean[row];
    }
    for death in at.deaths {
        likelihood.logarithm += eta[*death];
        for (score, x) in likelihood.score.iter_mut().zip(sets.x_of(*death)) {
            *score += x;
        }
    }
}
