//! An endpoint as it is told: n and N apart, the interval with its method, and
//! who is left out.

use serde::Serialize;

use super::standing::{LeftOut, Share};
use crate::evidence::survival::{KaplanMeier, SurvivalQuantile};
use crate::evidence::{ProportionInterval, ProportionMethod};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointUnit {
    /// Patients.
    Patient,
    /// Lesions: several of one patient are not independent.
    Lesion,
    /// Adverse events, of which a patient can have several.
    Event,
    /// Treatments.
    Treatment,
}

/// What the estimate is a number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EstimateUnit {
    /// A share, 0 to 1.
    Share,
    /// Months of 30.4375 days.
    Months,
    /// A count.
    Count,
    /// Per cent.
    Percent,
    /// Gigabecquerel.
    Gbq,
}

/// A survival curve at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtRisk {
    /// Months from the start.
    pub months: f64,
    /// At risk at that time: neither event nor censoring came before it.
    pub at_risk: u64,
    /// The share without the event; none past the last time that is known.
    pub survival: Option<f64>,
    /// Lower end.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// A figure of a cohort.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Endpoint {
    /// The key that computes it again.
    pub key: String,
    /// In words.
    pub name: String,
    /// The criterion or definition.
    pub criterion: Option<String>,
    /// `3 months`, `best`, `best, confirmed`.
    pub time_point: Option<String>,
    /// Months of the time point.
    pub months: Option<f64>,
    /// What is counted.
    pub unit: EndpointUnit,
    /// Of whom, in words.
    pub denominator: Option<String>,
    /// Those with the property, or with the event.
    pub n: Option<u64>,
    /// All that could have it.
    #[serde(rename = "N")]
    pub total: Option<u64>,
    /// The share, the median, the count; none where there is none.
    pub estimate: Option<f64>,
    /// What the estimate is a number of.
    pub estimate_unit: EstimateUnit,
    /// Interval of the estimate; an end that is not reached is none.
    pub ci: Option<[Option<f64>; 2]>,
    /// Its level.
    pub level: Option<f64>,
    /// How estimate and interval were made.
    pub method: String,
    /// Which of `estimate`, `lower` and `upper` a curve does not reach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_reached: Vec<&'static str>,
    /// A list of numbers, where the figure is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f64>,
    /// Numbers at risk under a curve.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_risk: Vec<AtRisk>,
    /// Median follow-up of a curve by the reverse curve, months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<SurvivalQuantile>,
    /// Patients that are not in it, by reason.
    pub left_out: Vec<LeftOut>,
    /// What is to be kept in mind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Patients counted in n, by row of the cohort.
    #[serde(skip)]
    pub counted: Vec<u32>,
    /// Patients of N, by row of the cohort.
    #[serde(skip)]
    pub within: Vec<u32>,
    /// The curve, for plots.
    #[serde(skip)]
    pub curve: Option<KaplanMeier>,
}

impl Endpoint {
    /// An endpoint with no figure yet.
    pub(super) fn named(key: String, name: impl Into<String>) -> Self {
        Self {
            key,
            name: name.into(),
            criterion: None,
            time_point: None,
            months: None,
            unit: EndpointUnit::Patient,
            denominator: None,
            n: None,
            total: None,
            estimate: None,
            estimate_unit: EstimateUnit::Share,
            ci: None,
            level: None,
            method: String::new(),
            not_reached: Vec::new(),
            values: Vec::new(),
            at_risk: Vec::new(),
            follow_up: None,
            left_out: Vec::new(),
            note: None,
            counted: Vec::new(),
            within: Vec::new(),
            curve: None,
        }
    }

    /// With a share and its interval.
    pub(super) fn with_share(mut self, share: Share, denominator: &str) -> Self {
        self.n = Some(share.counted.len() as u64);
        self.total = Some(share.within.len() as u64);
        self.denominator = Some(denominator.to_owned());
        self.counted = share.counted;
        self.within = share.within;
        self.left_out = share.left_out;
        self.with_interval(share.interval)
    }

    /// With the interval of n of N.
    pub(super) fn with_interval(mut self, interval: Option<ProportionInterval>) -> Self {
        self.method = match interval {
            Some(interval) => {
                self.estimate = Some(interval.estimate);
                self.ci = Some([Some(interval.lower), Some(interval.upper)]);
                self.level = Some(interval.level);
                match interval.method {
                    ProportionMethod::ClopperPearson => "exact (Clopper-Pearson)".to_owned(),
                    other => other.name().to_owned(),
                }
            }
            None => "no estimate of nobody".to_owned(),
        };
        self
    }
}
