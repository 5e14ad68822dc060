//! Cox's proportional hazards.
//!
//! Partial likelihood with ties after Efron, Breslow or exactly (discrete
//! time), strata, weights, entry times (and so covariates that change, a row
//! an interval), Newton's rule with halved steps; robust errors by clusters
//! from score residuals (lin1989); concordance; Schoenfeld and martingale
//! residuals; the score test of proportional hazards (grambsch1994).

mod concordance;
mod exact;
mod fit;
mod proportional_hazards;
mod residuals;
mod risk_set;

pub use concordance::{Concordance, concordance};
pub use fit::{Cox, CoxOptions, CoxTerm, CoxTest, cox};
pub use proportional_hazards::{
    ProportionalHazards, ProportionalHazardsTest, TimeTransform, proportional_hazards_test,
};
pub use residuals::{
    SchoenfeldResiduals, martingale_residuals, schoenfeld_residuals, score_residuals,
};

use serde::{Deserialize, Serialize};

use super::survival::{SurvivalColumns, check_length, value_error};
use crate::OutcomeError;

pub(crate) const METHOD: &str = "Cox model";

/// What is done about events at one time.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Ties {
    /// Efron's mean over the orders (efron1977).
    #[default]
    Efron,
    /// All against the whole risk set (breslow1974).
    Breslow,
    /// The conditional likelihood of discrete time (cox1972, section 6).
    Exact,
}

impl Ties {
    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Efron => "efron",
            Self::Breslow => "breslow",
            Self::Exact => "exact",
        }
    }
}

/// Columns of a Cox model, borrowed from any table.
#[derive(Debug, Clone, Copy)]
pub struct CoxColumns<'a> {
    /// Times, events, entries and weights.
    pub survival: SurvivalColumns<'a>,
    /// Names of the covariates.
    pub names: &'a [String],
    /// A column a covariate.
    pub covariates: &'a [Vec<f64>],
    /// Strata by number: each has its own baseline.
    pub strata: Option<&'a [u32]>,
    /// Clusters by number, for robust errors.
    pub cluster: Option<&'a [u32]>,
}

impl CoxColumns<'_> {
    /// Refuses columns of unequal length and values that cannot be.
    ///
    /// # Errors
    /// [`OutcomeError::ColumnLength`], [`OutcomeError::ColumnValue`], and
    /// [`OutcomeError::NotEstimable`] without events or covariates.
    pub fn check(&self) -> Result<(), OutcomeError> {
        self.survival.check()?;
        let rows = self.survival.len();
        check_length(
            "names of covariates",
            self.names.len(),
            self.covariates.len(),
        )?;
        if self.covariates.is_empty() {
            return Err(OutcomeError::NotEstimable {
                method: METHOD,
                reason: "there is no covariate".to_owned(),
            });
        }
        for (name, covariate) in self.names.iter().zip(self.covariates) {
            check_length("covariate", covariate.len(), rows)?;
            if let Some(row) = covariate.iter().position(|value| !value.is_finite()) {
                return Err(OutcomeError::NotEstimable {
                    method: METHOD,
                    reason: value_error("covariate", row, covariate[row], "a finite number")
                        .to_string()
                        .replace("`covariate`", &format!("`{name}`")),
                });
            }
        }
        if let Some(strata) = self.strata {
            check_length("strata", strata.len(), rows)?;
        }
        if let Some(cluster) = self.cluster {
            check_length("cluster", cluster.len(), rows)?;
        }
        let counted = |row: usize| self.survival.event[row] && self.survival.weight_of(row) > 0.0;
        if !(0..rows).any(counted) {
            return Err(OutcomeError::NotEstimable {
                method: METHOD,
                reason: "no row has the event".to_owned(),
            });
        }
        Ok(())
    }
}
