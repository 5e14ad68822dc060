//! Mean survival time up to a horizon.
//!
//! The area under the curve from 0 to τ, with variance
//! `Σ (∫ S from tᵢ to τ)² dᵢ/(nᵢ(nᵢ − dᵢ))` (klein2003, eq. 4.5.1 and 4.5.2).
//! A curve that ends before τ is carried on level, as R does; `beyond_data`
//! says so.

use serde::Serialize;

use super::KaplanMeier;
use crate::OutcomeError;
use crate::evidence::proportion::standard_normal_quantile;

/// A restricted mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RestrictedMean {
    /// The horizon τ.
    pub horizon: f64,
    /// The mean time without event up to τ.
    pub estimate: f64,
    /// Its standard error.
    pub error: f64,
    /// Lower end, normal.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Whether the last time of the data is before τ while survival is over 0.
    pub beyond_data: bool,
}

impl KaplanMeier {
    /// Mean time without event from 0 to a horizon.
    ///
    /// # Errors
    /// [`OutcomeError::Argument`] for a horizon that is not over 0.
    pub fn restricted_mean(&self, horizon: f64) -> Result<RestrictedMean, OutcomeError> {
        if !(horizon.is_finite() && horizon > 0.0) {
            return Err(OutcomeError::Argument {
                what: "horizon",
                value: horizon.to_string(),
                allowed: "a finite number over 0",
            });
        }
        let until = self.steps.partition_point(|step| step.time <= horizon);
        let steps = &self.steps[..until];
        let (mut estimate, mut variance) = (0.0, 0.0);
        // From the right: the area behind each step.
        let mut end = horizon;
        for step in steps.iter().rev() {
            estimate += (end - step.time) * step.survival;
            let staying = step.at_risk - step.events;
            if step.events > 0.0 && step.survival > 0.0 {
                variance += estimate * estimate * step.events / (step.at_risk * staying);
            }
            end = step.time;
        }
        estimate += end;
        let error = variance.sqrt();
        let half = error * standard_normal_quantile(0.5 + self.level / 2.0);
        Ok(RestrictedMean {
            horizon,
            estimate,
            error,
            lower: estimate - half,
            upper: estimate + half,
            beyond_data: self
                .steps
                .last()
                .is_none_or(|last| last.time < horizon && last.survival > 0.0),
        })
    }
}
