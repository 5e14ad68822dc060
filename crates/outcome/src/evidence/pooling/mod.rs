//! Pooling of proportions over studies.
//!
//! Inverse variances on a scale (logit, log, double arcsine), fixed or with a
//! variance between studies, or the binomial counts themselves with a normal
//! logit between studies. What is pooled is not made alike by it: the
//! heterogeneity and the interval for a new study say how far it is.

mod binomial;
mod inverse_variance;
mod scale;

pub use scale::Scale;

use serde::{Deserialize, Serialize};

use super::check_level;
use super::proportion::{ProportionInterval, ProportionMethod, proportion_interval};
use super::survival::check_length;
use crate::OutcomeError;

const METHOD: &str = "pooling";

/// How the variance between studies is estimated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Between {
    /// None: one proportion for all.
    Fixed,
    /// Moments (dersimonian1986).
    DerSimonianLaird,
    /// Restricted maximum likelihood (viechtbauer2005).
    #[default]
    Reml,
    /// Q at its expectation (paule1982).
    PauleMandel,
    /// Binomial counts with a normal logit, maximum likelihood (stijnen2010).
    Glmm,
}

impl Between {
    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::DerSimonianLaird => "dersimonian-laird",
            Self::Reml => "reml",
            Self::PauleMandel => "paule-mandel",
            Self::Glmm => "glmm",
        }
    }
}

/// How studies are pooled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoolOptions {
    /// The scale.
    pub scale: Scale,
    /// The variance between studies.
    pub between: Between,
    /// Interval after Hartung and Knapp (hartung2001), with Student's t.
    pub hartung_knapp: bool,
    /// Two-sided level.
    pub level: f64,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            scale: Scale::Logit,
            between: Between::Reml,
            hartung_knapp: false,
            level: 0.95,
        }
    }
}

/// A pooled proportion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pooled {
    /// The method in words.
    pub method: String,
    /// Studies.
    pub studies: usize,
    /// Two-sided level.
    pub level: f64,
    /// The pooled proportion, 0..=1.
    pub estimate: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Interval in which the proportion of a new study lies.
    pub prediction: Option<[f64; 2]>,
    /// The mean on the scale.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// Variance between studies on the scale.
    pub tau_squared: f64,
    /// Cochran's Q.
    pub q: f64,
    /// Its degrees of freedom.
    pub degrees_of_freedom: usize,
    /// Probability of this Q or more where all studies have one proportion.
    pub q_p: f64,
    /// Share of the variance that lies between studies, %.
    pub i_squared: f64,
    /// Study by study.
    pub forest: Vec<ForestStudy>,
}

/// A line of a forest plot; value and error on the scale are a funnel plot's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ForestStudy {
    /// The study's own exact interval.
    pub interval: ProportionInterval,
    /// Its value on the scale.
    pub value: f64,
    /// Its standard error there.
    pub error: f64,
    /// Its share of the weights, %; none for binomial counts.
    pub weight: Option<f64>,
}

/// Pools k of n.
///
/// # Errors
/// [`OutcomeError::ColumnLength`]; [`OutcomeError::Argument`] for counts over
/// their denominators, options that do not go together, or the level;
/// [`OutcomeError::NotEstimable`] without studies or where no estimate exists.
pub fn pool(k: &[u64], n: &[u64], options: &PoolOptions) -> Result<Pooled, OutcomeError> {
    check_level(options.level)?;
    check_length("total", n.len(), k.len())?;
    if k.is_empty() {
        return Err(OutcomeError::NotEstimable {
            method: METHOD,
            reason: "there is no study".to_owned(),
        });
    }
    let intervals: Vec<ProportionInterval> = k
        .iter()
        .zip(n)
        .map(|(k, n)| proportion_interval(*k, *n, options.level, ProportionMethod::ClopperPearson))
        .collect::<Result<_, _>>()?;
    if options.between == Between::Glmm {
        if options.scale != Scale::Logit || options.hartung_knapp {
            return Err(OutcomeError::Argument {
                what: "scale or interval with binomial counts",
                value: options.scale.name().to_owned(),
                allowed: "logit, without hartung-knapp",
            });
        }
        return binomial::pool(k, n, intervals, options.level);
    }
    inverse_variance::pool(k, n, intervals, options)
}
