//! Cumulative incidence after Aalen and Johansen (aalen1978).
//!
//! `F₁(t) = Σ S(s−) d₁/n`, S the survival from all causes. Its variance sums
//! what the deaths at each s do to it, those of the cause and the others apart,
//! each with the variance of a finite sample (as R's cmprsk).
//! Intervals on ln(−ln(1 − F)) keep to 0..=1.

use serde::Serialize;

use super::{check, of_ties};
use crate::OutcomeError;
use crate::evidence::check_level;
use crate::evidence::proportion::standard_normal_quantile;
use crate::evidence::survival::order_by;

/// The incidence at a time of an event of the cause.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IncidenceStep {
    /// The time.
    pub time: f64,
    /// At risk just before it.
    pub at_risk: usize,
    /// Events of the cause at it.
    pub events: usize,
    /// Events of other causes at it.
    pub others: usize,
    /// Cumulative incidence from this time on.
    pub incidence: f64,
    /// Its standard error.
    pub error: f64,
    /// Lower end; none where the incidence is 0 or 1.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// A curve of cumulative incidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CumulativeIncidence {
    /// The cause.
    pub cause: u8,
    /// Rows.
    pub n: usize,
    /// Events of the cause.
    pub events: usize,
    /// Events of other causes.
    pub others: usize,
    /// Level of the intervals.
    pub level: f64,
    /// The steps, at every time of an event of any cause.
    pub steps: Vec<IncidenceStep>,
}

impl CumulativeIncidence {
    /// The last step at or before a time; none before the first.
    #[must_use]
    pub fn at(&self, time: f64) -> Option<&IncidenceStep> {
        let after = self.steps.partition_point(|step| step.time <= time);
        after.checked_sub(1).map(|last| &self.steps[last])
    }
}

/// Cumulative incidence of a cause (1 or more).
///
/// # Errors
/// [`OutcomeError::ColumnLength`], [`OutcomeError::ColumnValue`];
/// [`OutcomeError::Argument`] for cause 0 or the level.
pub fn cumulative_incidence(
    time: &[f64],
    cause: &[u8],
    of: u8,
    level: f64,
) -> Result<CumulativeIncidence, OutcomeError> {
    check(time, cause)?;
    check_level(level)?;
    if of == 0 {
        return Err(OutcomeError::Argument {
            what: "cause",
            value: of.to_string(),
            allowed: "1 or more; 0 is censored",
        });
    }
    let z = standard_normal_quantile(0.5 + level / 2.0);
    let order = order_by(time);
    let mut found = CumulativeIncidence {
        cause: of,
        n: time.len(),
        events: cause.iter().filter(|cause| **cause == of).count(),
        others: cause
            .iter()
            .filter(|cause| **cause != of && **cause != 0)
            .count(),
        level,
        steps: Vec::new(),
    };
    let mut at_risk = time.len();
    let (mut survival, mut incidence) = (1.0_f64, 0.0_f64);
    // The variance is a polynomial in the incidence at the end.
    let (mut square, mut line, mut constant) = (0.0, 0.0, 0.0);
    let mut position = 0;
    while position < order.len() {
        let now = time[order[position] as usize];
        let (mut events, mut others, mut leaving) = (0_usize, 0_usize, 0_usize);
        while position < order.len() && time[order[position] as usize] <= now {
            let cause = cause[order[position] as usize];
            events += usize::from(cause == of);
            others += usize::from(cause != of && cause != 0);
            leaving += 1;
            position += 1;
        }
        let died = events + others;
        if died > 0 {
            let n = at_risk as f64;
            let before = survival;
            incidence += before * events as f64 / n;
            survival *= (n - died as f64) / n;
            // A death at s moves F(t) by (F(s) − F(t))/S(s), one of the cause by 1 more.
            for (deaths, own) in [(others, 0.0), (events, 1.0)] {
                if deaths == 0 || (own < 1.0 && survival <= 0.0) {
                    continue;
                }
                let spread = of_ties(deaths as f64, n) * before * before * deaths as f64 / (n * n);
                let slope = if survival > 0.0 { 1.0 / survival } else { 0.0 };
                let offset = own + slope * incidence;
                square += slope * slope * spread;
                line += slope * offset * spread;
                constant += offset * offset * spread;
            }
            let variance = square * incidence * incidence - 2.0 * line * incidence + constant;
            let error = variance.max(0.0).sqrt();
            let open = incidence > 0.0 && incidence < 1.0;
            let logarithm = (1.0 - incidence).ln();
            let power = (z * error / ((1.0 - incidence) * logarithm.abs())).exp();
            found.steps.push(IncidenceStep {
                time: now,
                at_risk,
                events,
                others,
                incidence,
                error,
                lower: open.then(|| 1.0 - (logarithm / power).exp()),
                upper: open.then(|| 1.0 - (logarithm * power).exp()),
            });
        }
        at_risk -= leaving;
    }
    Ok(found)
}
