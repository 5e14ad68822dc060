//! For tests: a plan against which nothing speaks, and what a rule says after
//! one change of it.

use sirt_quantity::{
    AbsorbedDose, Activity, Area, Capacity, DoseFactor, Fraction, LungShuntFraction, TimeSpan,
};

use super::dose_limit::{DoseLimitTable, Scenario, TumourType};
use super::limit_selection::LimitFacts;
use super::rule::{Outcome, RuleResult, SafetyRule};
use super::safety_facts::{ChosenLimits, SafetyFacts, SafetyThresholds};
use super::safety_rules::safety_rules;
use crate::Device;

pub(super) fn gy(value: f64) -> Option<AbsorbedDose> {
    Some(AbsorbedDose::from_gy(value))
}

pub(super) fn gbq(value: f64) -> Option<Activity> {
    Some(Activity::from_gbq(value))
}

pub(super) fn shunt(percent: f64) -> Option<LungShuntFraction> {
    LungShuntFraction::from_percent(percent).ok()
}

pub(super) fn ml(value: f64) -> Capacity {
    Capacity::from_ml(value)
}

/// A plan of a colorectal bilobar treatment against which nothing speaks.
pub(super) fn facts(device: Device) -> SafetyFacts {
    SafetyFacts {
        device,
        scenario: Some(Scenario::Bilobar),
        reduced_by_shunt_table: Some(true),
        lung_shunt: shunt(5.0),
        planar_lung_shunt: shunt(7.0),
        spect_lung_shunt: shunt(5.0),
        lung_dose: gy(5.0),
        earlier_lung_dose: gy(0.0),
        further_lung_dose: gy(0.0),
        lung_activity: gbq(0.1),
        extrahepatic: Some(Vec::new()),
        normal_perfused_dose: gy(25.0),
        normal_whole_dose: gy(25.0),
        hepatic_reserve: Fraction::from_percent(0.0).ok(),
        bilirubin_mg_per_dl: Some(0.7),
        bilirubin_reversible: None,
        albi_grade: Some(1),
        child_pugh_points: Some(5),
        liver_volume: Some(ml(1800.0)),
        tumour_volume: Some(ml(450.0)),
        territory_volumes: Some(vec![ml(1200.0), ml(600.0)]),
        declared_overlap: None,
        tumour_to_normal_ratio: Some(4.0),
        methods_computed: Some(3),
        recorded_activity: gbq(1.86),
        body_surface: Some(Area::from_m2(1.81)),
        prescribed_activity: gbq(1.8),
        vial_activity: gbq(1.85),
        delivered_activity: gbq(1.73764),
        administered_after_calibration: Some(TimeSpan::from_hours(2.0)),
        vial_window: Some((TimeSpan::from_hours(-72.0), TimeSpan::from_hours(24.0))),
        dose_factor: Some(DoseFactor::from_gy_kg_per_gbq(49.67)),
        half_life: Some(TimeSpan::from_hours(64.1)),
    }
}

pub(super) fn limits(facts: &SafetyFacts, known: &LimitFacts) -> ChosenLimits {
    let table = DoseLimitTable::built_in().unwrap();
    let scenario = facts.scenario.unwrap_or(Scenario::Bilobar);
    ChosenLimits::from_selection(&table.applicable(facts.device, TumourType::Mcrc, scenario, known))
}

pub(super) fn run(facts: &SafetyFacts, limits: &ChosenLimits) -> Vec<RuleResult> {
    safety_rules(facts, limits, &SafetyThresholds::built_in().unwrap()).unwrap()
}

pub(super) fn one(rule: SafetyRule, facts: &SafetyFacts) -> RuleResult {
    let known = LimitFacts {
        bilirubin_mg_per_dl: facts.bilirubin_mg_per_dl,
        pretreated: Some(false),
        compromised_liver_function: Some(false),
        ..LimitFacts::default()
    };
    let results = run(facts, &limits(facts, &known));
    results
        .into_iter()
        .find(|result| result.id == rule.id())
        .unwrap()
}

/// The outcome of a rule after a change of resin's good plan.
pub(super) fn after(rule: SafetyRule, change: impl FnOnce(&mut SafetyFacts)) -> Outcome {
    let mut changed = facts(Device::Resin);
    change(&mut changed);
    one(rule, &changed).outcome
}
