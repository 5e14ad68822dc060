//! Intervals of a proportion k/n, the method named in each.
//!
//! Exact: quantiles of the beta distribution (clopper1934).
//! Wilson: the score test turned round (wilson1927).
//! Agresti-Coull: Wilson's centre with the plain width (agresti1998).
//! Jeffreys: equal tails of the posterior with prior Beta(½, ½), and the end
//! itself where k is 0 or n (brown2001, section 4.1.2).

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::beta::beta_quantile;
use super::check_level;
use crate::OutcomeError;

/// How an interval of a proportion is made.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProportionMethod {
    /// Exact; covers at least its level whatever the proportion.
    #[default]
    ClopperPearson,
    /// Score interval without continuity correction.
    Wilson,
    /// Agresti and Coull, cut to 0..=1.
    AgrestiCoull,
    /// Posterior of Jeffreys' prior.
    Jeffreys,
}

impl ProportionMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ClopperPearson,
        Self::Wilson,
        Self::AgrestiCoull,
        Self::Jeffreys,
    ];

    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClopperPearson => "clopper-pearson",
            Self::Wilson => "wilson",
            Self::AgrestiCoull => "agresti-coull",
            Self::Jeffreys => "jeffreys",
        }
    }
}

impl std::fmt::Display for ProportionMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A proportion with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProportionInterval {
    /// Those with the property.
    pub k: u64,
    /// All that could have it.
    pub n: u64,
    /// k/n.
    pub estimate: f64,
    /// Lower end, 0..=1.
    pub lower: f64,
    /// Upper end, 0..=1.
    pub upper: f64,
    /// Two-sided confidence level.
    pub level: f64,
    /// How the ends were made.
    pub method: ProportionMethod,
}

/// The interval of k of n at a two-sided level.
///
/// # Errors
/// [`OutcomeError::Argument`] for n = 0, k over n, or a level outside of 0 to 1.
pub fn proportion_interval(
    k: u64,
    n: u64,
    level: f64,
    method: ProportionMethod,
) -> Result<ProportionInterval, OutcomeError> {
    check_level(level)?;
    if n == 0 {
        return Err(OutcomeError::Argument {
            what: "denominator",
            value: n.to_string(),
            allowed: "1 or more",
        });
    }
    if k > n {
        return Err(OutcomeError::Argument {
            what: "count",
            value: format!("{k} of {n}"),
            allowed: "0 to the denominator",
        });
    }
    let (count, size) = (k as f64, n as f64);
    let estimate = count / size;
    let tail = (1.0 - level) / 2.0;
    let (lower, upper) = match method {
        ProportionMethod::ClopperPearson => (
            if k == 0 {
                0.0
            } else {
                beta_quantile(tail, count, size - count + 1.0)
            },
            if k == n {
                1.0
            } else {
                beta_quantile(1.0 - tail, count + 1.0, size - count)
            },
        ),
        ProportionMethod::Jeffreys => (
            if k == 0 {
                0.0
            } else {
                beta_quantile(tail, count + 0.5, size - count + 0.5)
            },
            if k == n {
                1.0
            } else {
                beta_quantile(1.0 - tail, count + 0.5, size - count + 0.5)
            },
        ),
        ProportionMethod::Wilson | ProportionMethod::AgrestiCoull => {
            let z = standard_normal_quantile(1.0 - tail);
            let square = z * z;
            let centre = (count + square / 2.0) / (size + square);
            let half = if method == ProportionMethod::Wilson {
                z / (size + square) * (count * (size - count) / size + square / 4.0).sqrt()
            } else {
                z * (centre * (1.0 - centre) / (size + square)).sqrt()
            };
            let lower = if k == 0 {
                0.0
            } else {
                (centre - half).max(0.0)
            };
            let upper = if k == n {
                1.0
            } else {
                (centre + half).min(1.0)
            };
            (lower, upper)
        }
    };
    Ok(ProportionInterval {
        k,
        n,
        estimate,
        lower,
        upper,
        level,
        method,
    })
}

/// Quantile of the standard normal distribution.
pub(crate) fn standard_normal_quantile(p: f64) -> f64 {
    // Newton's step on the library's own distribution: its quantile alone is
    // good to 1e-9 only.
    let normal = Normal::standard();
    let mut x = normal.inverse_cdf(p);
    for _ in 0..2 {
        let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        let error = if x > 0.0 {
            (1.0 - p) - normal.sf(x)
        } else {
            normal.cdf(x) - p
        };
        if density > 0.0 {
            x -= error / density;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reproduces_the_intervals_of_the_leaflet() {
        // DOMAIN F [C], printed to 0.1 %.
        for (k, n, lower, upper) in [
            (25, 36, 51.9, 83.7),
            (18, 25, 50.6, 87.9),
            (4, 25, 4.5, 36.1),
            (3, 10, 6.7, 65.2),
            (7, 10, 34.8, 93.3),
            (0, 10, 0.0, 30.8),
            (4, 10, 12.2, 73.8),
            (16, 18, 65.3, 98.6),
            (0, 18, 0.0, 18.5),
        ] {
            let found = proportion_interval(k, n, 0.95, ProportionMethod::ClopperPearson).unwrap();
            assert!(
                (found.lower * 100.0 - lower).abs() <= 0.05 + 1e-9,
                "{found:?}"
            );
            assert!(
                (found.upper * 100.0 - upper).abs() <= 0.05 + 1e-9,
                "{found:?}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_proportion() {
        let exact = ProportionMethod::ClopperPearson;
        assert_eq!(
            proportion_interval(0, 0, 0.95, exact)
                .unwrap_err()
                .to_string(),
            "denominator 0 is not allowed; allowed is 1 or more"
        );
        assert_eq!(
            proportion_interval(5, 4, 0.95, exact)
                .unwrap_err()
                .to_string(),
            "count 5 of 4 is not allowed; allowed is 0 to the denominator"
        );
        assert!(proportion_interval(1, 4, 95.0, exact).is_err());
    }

    /// Probability that the interval of a binomial count holds `p`.
    fn coverage(n: u64, p: f64, method: ProportionMethod) -> f64 {
        let mut probability = (1.0 - p).powi(i32::try_from(n).unwrap());
        let mut sum = 0.0;
        for k in 0..=n {
            let found = proportion_interval(k, n, 0.95, method).unwrap();
            if found.lower <= p && p <= found.upper {
                sum += probability;
            }
            probability *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
        }
        sum
    }

    #[test]
    fn exact_intervals_cover_and_the_others_cover_on_average() {
        // All counts summed, no simulation: the coverage itself.
        for method in ProportionMethod::ALL {
            let mut mean = 0.0;
            let grid: Vec<f64> = (1..200).map(|i| f64::from(i) / 200.0).collect();
            for p in &grid {
                let covered = coverage(34, *p, method);
                if method == ProportionMethod::ClopperPearson {
                    assert!(covered >= 0.95, "{p}: {covered}");
                }
                mean += covered / grid.len() as f64;
            }
            if method != ProportionMethod::ClopperPearson {
                assert!((0.94..0.97).contains(&mean), "{method}: {mean}");
            }
        }
    }

    proptest! {
        #[test]
        fn mirrored_counts_have_mirrored_intervals(n in 1_u64..3000, share in 0.0..=1.0_f64) {
            let k = (share * n as f64) as u64;
            for method in ProportionMethod::ALL {
                let here = proportion_interval(k, n, 0.95, method).unwrap();
                let there = proportion_interval(n - k, n, 0.95, method).unwrap();
                prop_assert!((here.lower - (1.0 - there.upper)).abs() < 1e-12);
                prop_assert!(here.lower <= here.estimate && here.estimate <= here.upper);
            }
        }
    }
}
