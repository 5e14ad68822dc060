//! The rows at risk at each event time, summed while time runs backwards.

use nalgebra::DMatrix;

use super::{CoxColumns, Ties};

/// Rows sorted by stratum and, within, from the last time to the first.
///
/// Rows of weight 0 are left out: they are nobody.
pub(crate) struct RiskSets {
    /// Covariates.
    pub(crate) p: usize,
    /// The caller's row of each sorted row.
    pub(crate) row: Vec<u32>,
    pub(crate) time: Vec<f64>,
    pub(crate) event: Vec<bool>,
    pub(crate) weight: Vec<f64>,
    /// Empty where all enter at the start.
    pub(crate) entry: Vec<f64>,
    /// Centred and scaled covariates, a row after the other.
    pub(crate) x: Vec<f64>,
    /// Ends of the strata in the sorted rows.
    pub(crate) stratum_ends: Vec<usize>,
    /// Sorted rows of each stratum from the last entry to the first.
    pub(crate) by_entry: Vec<u32>,
    /// Mean absolute deviation of each covariate, by which it is divided.
    pub(crate) scale: Vec<f64>,
}

impl RiskSets {
    pub(crate) fn new(columns: &CoxColumns<'_>) -> Self {
        let survival = &columns.survival;
        let p = columns.covariates.len();
        let mut keyed: Vec<(u32, u64, u32)> = (0_u32..)
            .zip(survival.time)
            .filter(|(row, _)| survival.weight_of(*row as usize) > 0.0)
            .map(|(row, time)| {
                let stratum = columns.strata.map_or(0, |strata| strata[row as usize]);
                (stratum, descending(*time), row)
            })
            .collect();
        keyed.sort_unstable();
        let row: Vec<u32> = keyed.iter().map(|(_, _, row)| *row).collect();
        let mut stratum_ends = Vec::new();
        for position in 1..=keyed.len() {
            if position == keyed.len() || keyed[position].0 != keyed[position - 1].0 {
                stratum_ends.push(position);
            }
        }
        drop(keyed);
        let gather =
            |column: &[f64]| -> Vec<f64> { row.iter().map(|row| column[*row as usize]).collect() };
        let weight: Vec<f64> = row
            .iter()
            .map(|row| survival.weight_of(*row as usize))
            .collect();
        let total: f64 = weight.iter().sum();
        let mut x = vec![0.0; row.len() * p];
        let mut scale = vec![1.0; p];
        for (number, covariate) in columns.covariates.iter().enumerate() {
            let sorted = gather(covariate);
            let mean = sorted.iter().zip(&weight).map(|(x, w)| x * w).sum::<f64>() / total;
            let spread = sorted
                .iter()
                .zip(&weight)
                .map(|(x, w)| (x - mean).abs() * w)
                .sum::<f64>()
                / total;
            scale[number] = if spread > 0.0 { spread } else { 1.0 };
            for (position, value) in sorted.iter().enumerate() {
                x[position * p + number] = (value - mean) / scale[number];
            }
        }
        let entry = survival.entry.map_or_else(Vec::new, gather);
        let mut by_entry = Vec::new();
        if !entry.is_empty() {
            let mut start = 0;
            for end in &stratum_ends {
                let mut keyed: Vec<(u64, u32)> = (start..*end)
                    .map(|position| (descending(entry[position]), position as u32))
                    .collect();
                keyed.sort_unstable();
                by_entry.extend(keyed.into_iter().map(|(_, position)| position));
                start = *end;
            }
        }
        Self {
            p,
            time: gather(survival.time),
            event: row
                .iter()
                .map(|row| survival.event[*row as usize])
                .collect(),
            weight,
            entry,
            x,
            stratum_ends,
            by_entry,
            scale,
            row,
        }
    }

    /// Covariates of a sorted row.
    pub(crate) fn x_of(&self, position: usize) -> &[f64] {
        &self.x[position * self.p..(position + 1) * self.p]
    }

    /// Linear predictors of scaled coefficients, the largest 0.
    ///
    /// A constant cancels in the likelihood; the largest at 0 keeps the
    /// exponential finite.
    pub(crate) fn linear_predictors(&self, beta: &[f64]) -> Vec<f64> {
        let mut eta: Vec<f64> = self
            .x
            .chunks_exact(self.p)
            .map(|x| x.iter().zip(beta).map(|(x, b)| x * b).sum())
            .collect();
        let largest = eta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for eta in &mut eta {
            *eta -= largest;
        }
        eta
    }

    /// Visits the event times from the last to the first of each stratum.
    ///
    /// `risk` is weight times exponential of the linear predictor.
    pub(crate) fn visit(&self, risk: &[f64], mut visitor: impl FnMut(&EventTime<'_>)) {
        let p = self.p;
        let mut all = Moments::new(p);
        let mut dying = Moments::new(p);
        let mut start = 0;
        let mut deaths = Vec::new();
        for (stratum, end) in self.stratum_ends.iter().enumerate() {
            all.clear();
            let mut left = start;
            let mut position = start;
            while position < *end {
                let time = self.time[position];
                deaths.clear();
                while position < *end && self.time[position] >= time {
                    all.add(risk[position], self.x_of(position));
                    if self.event[position] {
                        deaths.push(position);
                    }
                    position += 1;
                }
                if deaths.is_empty() {
                    continue;
                }
                while !self.entry.is_empty() && left < *end {
                    let leaving = self.by_entry[left] as usize;
                    if self.entry[leaving] < time {
                        break;
                    }
                    all.add(-risk[leaving], self.x_of(leaving));
                    left += 1;
                }
                let mut weight = 0.0;
                for death in &deaths {
                    weight += self.weight[*death];
                }
                if deaths.len() > 1 {
                    dying.clear();
                    for death in &deaths {
                        dying.add(risk[*death], self.x_of(*death));
                    }
                }
                visitor(&EventTime {
                    stratum,
                    time,
                    first: start,
                    past: position,
                    deaths: &deaths,
                    weight,
                    all: &all,
                    dying: &dying,
                });
            }
            start = *end;
        }
    }
}

/// Whole numbers in the falling order of the finite numbers.
fn descending(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 {
        !(bits | 1 << 63)
    } else {
        bits
    }
}

/// An event time of a stratum with the sums over its risk set.
pub(crate) struct EventTime<'a> {
    pub(crate) stratum: usize,
    pub(crate) time: f64,
    /// First sorted row of the stratum.
    pub(crate) first: usize,
    /// First sorted row of an earlier time: those before it have not left yet.
    pub(crate) past: usize,
    /// Sorted rows with the event.
    pub(crate) deaths: &'a [usize],
    /// Their weights summed.
    pub(crate) weight: f64,
    pub(crate) all: &'a Moments,
    /// Of the rows with the event; only where they are more than one.
    pub(crate) dying: &'a Moments,
}

/// A step of the hazard: Breslow has one a time, Efron one a death.
pub(crate) struct HazardStep {
    /// Share of the dying that has left the risk set already.
    pub(crate) gone: f64,
    /// Weight over the risk set's sum.
    pub(crate) hazard: f64,
    /// Weight of the step.
    pub(crate) weight: f64,
    pub(crate) denominator: f64,
}

impl EventTime<'_> {
    /// The steps of the hazard at this time.
    pub(crate) fn steps(&self, ties: Ties) -> impl Iterator<Item = HazardStep> + '_ {
        let deaths = self.deaths.len();
        let steps = if ties == Ties::Efron { deaths } else { 1 };
        let weight = self.weight / steps as f64;
        (0..steps).map(move |step| {
            let gone = step as f64 / deaths as f64;
            let denominator = if step == 0 {
                self.all.zeroth
            } else {
                self.all.zeroth - gone * self.dying.zeroth
            };
            HazardStep {
                gone,
                hazard: weight / denominator,
                weight,
                denominator,
            }
        })
    }

    /// Mean covariates of a step's risk set.
    pub(crate) fn mean(&self, step: &HazardStep, mean: &mut [f64]) {
        for (number, mean) in mean.iter_mut().enumerate() {
            let dying = if step.gone > 0.0 {
                step.gone * self.dying.first[number]
            } else {
                0.0
            };
            *mean = (self.all.first[number] - dying) / step.denominator;
        }
    }

    /// Adds `factor` times the covariance of the covariates in a step's risk set.
    pub(crate) fn add_covariance(
        &self,
        step: &HazardStep,
        mean: &[f64],
        factor: f64,
        sum: &mut DMatrix<f64>,
    ) {
        let mut place = 0;
        for row in 0..mean.len() {
            for column in 0..=row {
                let dying = if step.gone > 0.0 {
                    step.gone * self.dying.second[place]
                } else {
                    0.0
                };
                let second = (self.all.second[place] - dying) / step.denominator;
                sum[(row, column)] += factor * (second - mean[row] * mean[column]);
                place += 1;
            }
        }
    }
}

/// What the steps of one time add up to; `g` is the share of the dying that is gone.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StepSums {
    /// Weight times logarithm of the denominator.
    pub(crate) logarithm: f64,
    /// Hazard, and times g.
    pub(crate) hazard: f64,
    pub(crate) gone: f64,
    /// Hazard over denominator, times g, times g².
    pub(crate) square: f64,
    pub(crate) square_gone: f64,
    pub(crate) square_gone_gone: f64,
}

impl EventTime<'_> {
    /// Sums over the steps: with them a time costs its covariates once, however
    /// many died at it.
    pub(crate) fn sums(&self, ties: Ties) -> StepSums {
        let mut sums = StepSums::default();
        for step in self.steps(ties) {
            let square = step.hazard / step.denominator;
            sums.logarithm += step.weight * step.denominator.ln();
            sums.hazard += step.hazard;
            sums.gone += step.gone * step.hazard;
            sums.square += square;
            sums.square_gone += step.gone * square;
            sums.square_gone_gone += step.gone * step.gone * square;
        }
        sums
    }
}

/// Sums of risk, risk times covariates, and risk times their products (the
/// lower triangle, row by row).
pub(crate) struct Moments {
    pub(crate) zeroth: f64,
    pub(crate) first: Vec<f64>,
    pub(crate) second: Vec<f64>,
}

impl Moments {
    fn new(p: usize) -> Self {
        Self {
            zeroth: 0.0,
            first: vec![0.0; p],
            second: vec![0.0; p * (p + 1) / 2],
        }
    }

    fn clear(&mut self) {
        self.zeroth = 0.0;
        self.first.fill(0.0);
        self.second.fill(0.0);
    }

    #[inline]
    fn add(&mut self, risk: f64, x: &[f64]) {
        self.zeroth += risk;
        // Loops of known length are unrolled and stay in registers.
        match x.len() {
            1 => self.add_fixed::<1>(risk, x),
            2 => self.add_fixed::<2>(risk, x),
            3 => self.add_fixed::<3>(risk, x),
            4 => self.add_fixed::<4>(risk, x),
            5 => self.add_fixed::<5>(risk, x),
            6 => self.add_fixed::<6>(risk, x),
            7 => self.add_fixed::<7>(risk, x),
            8 => self.add_fixed::<8>(risk, x),
            _ => {
                let mut place = 0;
                for (number, value) in x.iter().enumerate() {
                    let part = risk * value;
                    self.first[number] += part;
                    for other in &x[..=number] {
                        self.second[place] += part * other;
                        place += 1;
                    }
                }
            }
        }
    }

    #[inline]
    fn add_fixed<const P: usize>(&mut self, risk: f64, x: &[f64]) {
        let (Some(x), Some(first)) = (x.first_chunk::<P>(), self.first.first_chunk_mut::<P>())
        else {
            return;
        };
        let second = &mut self.second[..P * (P + 1) / 2];
        let mut place = 0;
        for row in 0..P {
            let part = risk * x[row];
            first[row] += part;
            for other in &x[..=row] {
                second[place] += part * other;
                place += 1;
            }
        }
    }
}

/// Copies the lower triangle to the upper one.
pub(crate) fn mirror(matrix: &mut DMatrix<f64>) {
    for row in 0..matrix.nrows() {
        for column in 0..row {
            matrix[(column, row)] = matrix[(row, column)];
        }
    }
}
