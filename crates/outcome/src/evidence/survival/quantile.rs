//! Times by which a share has had the event, with intervals.
//!
//! The first time at which the curve is at or below 1 − p; where the curve is
//! level at 1 − p, half way to the next drop. The interval is where the
//! curve's own interval holds 1 − p (brookmeyer1982), read off the same way.
//! A level end of the curve at 1 − p gives half way to the last time, as R
//! does: nothing later is known.

use serde::{Serialize, Serializer};

use super::KaplanMeier;

/// A time on a curve, or that the curve did not come so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SurvivalTime {
    /// The time.
    Reached(f64),
    /// The curve, or its interval, stays above.
    NotReached,
}

impl SurvivalTime {
    /// The time, if it was reached.
    #[must_use]
    pub const fn reached(self) -> Option<f64> {
        match self {
            Self::Reached(time) => Some(time),
            Self::NotReached => None,
        }
    }
}

impl std::fmt::Display for SurvivalTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reached(time) => write!(f, "{time}"),
            Self::NotReached => f.write_str("not reached"),
        }
    }
}

impl Serialize for SurvivalTime {
    /// The number, or null.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.reached().serialize(serializer)
    }
}

/// A quantile of survival time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SurvivalQuantile {
    /// The share that has had the event, 0 to 1.
    pub probability: f64,
    /// The time.
    pub estimate: SurvivalTime,
    /// Lower end.
    pub lower: SurvivalTime,
    /// Upper end.
    pub upper: SurvivalTime,
}

/// Survivals closer than this are one: products of fractions that are equal on
/// paper differ by rounding (square root of the machine's precision, as in R).
const SAME_SURVIVAL: f64 = 1.490_116_119_384_765_6e-8;

impl KaplanMeier {
    /// The time by which a share `probability` (over 0, under 1) has had the event.
    #[must_use]
    pub fn quantile(&self, probability: f64) -> SurvivalQuantile {
        let level = 1.0 - probability;
        let first = |value: &dyn Fn(usize) -> Option<f64>| self.first_at_or_below(level, value);
        SurvivalQuantile {
            probability,
            estimate: first(&|step| Some(self.steps[step].survival)),
            lower: first(&|step| self.steps[step].lower),
            upper: first(&|step| self.steps[step].upper),
        }
    }

    /// The median with its interval.
    #[must_use]
    pub fn median(&self) -> SurvivalQuantile {
        self.quantile(0.5)
    }

    fn first_at_or_below(&self, level: f64, value: &dyn Fn(usize) -> Option<f64>) -> SurvivalTime {
        let at_or_below = |bound: f64| {
            (0..self.steps.len()).find(|step| value(*step).is_some_and(|value| value <= bound))
        };
        let Some(first) = at_or_below(level + SAME_SURVIVAL) else {
            return SurvivalTime::NotReached;
        };
        let from = self.steps[first].time;
        let is_level = value(first).is_some_and(|value| value > level - SAME_SURVIVAL);
        if !is_level {
            return SurvivalTime::Reached(from);
        }
        // The end of the level: the next drop, or the last time with a value.
        let until = at_or_below(level - SAME_SURVIVAL)
            .or_else(|| (0..self.steps.len()).rfind(|step| value(*step).is_some()))
            .unwrap_or(first);
        SurvivalTime::Reached(0.5 * (from + self.steps[until].time))
    }
}
