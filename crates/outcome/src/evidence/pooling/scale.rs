//! The scales on which proportions are pooled.

use serde::{Deserialize, Serialize};

/// A scale.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// ln(p/(1 − p)).
    #[default]
    Logit,
    /// ln p.
    Log,
    /// Half the sum of two arcsines (freeman1950), turned back with the
    /// harmonic mean of the sizes (miller1978).
    DoubleArcsine,
}

impl Scale {
    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logit => "logit",
            Self::Log => "log",
            Self::DoubleArcsine => "double-arcsine",
        }
    }

    /// Value and variance of k of n; on logit and log a study with nobody or
    /// everybody gets half a patient on either side.
    pub(super) fn of(self, k: u64, n: u64) -> (f64, f64) {
        let (mut with, mut without) = (k as f64, (n - k) as f64);
        if self != Self::DoubleArcsine && (k == 0 || k == n) {
            with += 0.5;
            without += 0.5;
        }
        let all = with + without;
        match self {
            Self::Logit => ((with / without).ln(), 1.0 / with + 1.0 / without),
            Self::Log => ((with / all).ln(), 1.0 / with - 1.0 / all),
            Self::DoubleArcsine => (double_arcsine(with, all), 1.0 / (4.0 * all + 2.0)),
        }
    }

    /// Back to a proportion; `size` is the harmonic mean of the sizes.
    pub(super) fn proportion(self, value: f64, size: f64) -> f64 {
        match self {
            Self::Logit => 1.0 / (1.0 + (-value).exp()),
            Self::Log => value.exp().min(1.0),
            Self::DoubleArcsine => {
                if value <= double_arcsine(0.0, size) {
                    return 0.0;
                }
                if value >= double_arcsine(size, size) {
                    return 1.0;
                }
                let (sine, cosine) = (2.0 * value).sin_cos();
                let inner = sine + (sine - 1.0 / sine) / size;
                0.5 * (1.0 - cosine.signum() * (1.0 - inner * inner).max(0.0).sqrt())
            }
        }
    }
}

fn double_arcsine(k: f64, n: f64) -> f64 {
    0.5 * ((k / (n + 1.0)).sqrt().asin() + ((k + 1.0) / (n + 1.0)).sqrt().asin())
}
