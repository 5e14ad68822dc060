//! What a plan may not do: limits of dose, rules of safety, and what earlier
//! treatments left.

mod dose_limit;
#[cfg(test)]
mod good_plan;
mod judgement;
mod limit_selection;
mod lung_rules;
mod overriding;
mod plan_rules;
mod rule;
mod safety_facts;
mod safety_rules;
mod treatment_history;

pub use dose_limit::{
    Bound, Compartment, Condition, DoseLimit, DoseLimitTable, LimitQuantity, Purpose, Scenario,
    Scope, Severity, Standing, TumourType,
};
pub use limit_selection::{BorrowedLimit, LimitFacts, LimitSelection, SelectedLimit};
pub use overriding::{OverriddenRules, Override, RuleOverride, UnusedOverride, apply_overrides};
pub use rule::{Outcome, RuleResult, RuleValue, SafetyRule, is_blocked};
pub use safety_facts::{
    ChosenLimit, ChosenLimits, Clearance, ExtrahepaticFinding, SafetyFacts, SafetyThresholds,
};
pub use safety_rules::safety_rules;
pub use treatment_history::{
    AccumulatedVolume, RemainingTolerance, TreatedVolume, accumulate_volumes, remaining_tolerance,
    untreated_fraction, whole_organ_dose,
};
