//! Rules on whether a plan is consistent with itself: volumes, methods,
//! activities, the vial and the constants.
//!
//! Volumes: `V_tumour ≤ V_liver`, `ΣV_territory ≤ V_liver + V_overlap` (mL).
//! Activities: `|A − A_prescribed| ≤ 10 % · A_prescribed` (GBq).
//! BSA: a whole-liver activity is `BSA − 0.2 + TI ≤ BSA + 0.8` (GBq, m²), so
//! more than that is no single prescription by BSA; it may be the sum of
//! several sessions, or another method.

use sirt_quantity::{Activity, Capacity};

use super::rule::{Outcome, RuleResult, RuleValue, SafetyRule, Said, number, short, unknown};
use super::safety_facts::{SafetyFacts, SafetyThresholds};
use crate::Device;

/// Relative difference that sums of volumes and activities may have from rounding.
const ROUNDING: f64 = 1e-9;

const CONSISTENCY: &str = "ours: consistency of the record";

/// The names of facts that are missing.
fn missing<const N: usize>(facts: [(&'static str, bool); N]) -> Vec<&'static str> {
    facts
        .into_iter()
        .filter(|(_, known)| !known)
        .map(|(what, _)| what)
        .collect()
}

pub(super) fn liver_volumes(facts: &SafetyFacts) -> RuleResult {
    let rule = SafetyRule::LiverVolumes;
    let (Some(liver), Some(tumour)) = (facts.liver_volume, facts.tumour_volume) else {
        return unknown(
            rule,
            CONSISTENCY,
            false,
            &missing([
                ("liver volume", facts.liver_volume.is_some()),
                ("tumour volume", facts.tumour_volume.is_some()),
            ]),
        );
    };
    let fits = tumour.as_ml() >= 0.0 && tumour.as_ml() <= liver.as_ml() * (1.0 + ROUNDING);
    Said::new(
        if fits { Outcome::Pass } else { Outcome::Stop },
        number(tumour.as_ml(), "mL"),
        number(liver.as_ml(), "mL"),
        format!(
            "tumour of {} mL {} a liver of {} mL",
            short(tumour.as_ml()),
            if fits { "fits into" } else { "cannot be in" },
            short(liver.as_ml())
        ),
    )
    .of(rule, CONSISTENCY, false)
}

pub(super) fn territory_volumes(facts: &SafetyFacts) -> RuleResult {
    let rule = SafetyRule::TerritoryVolumes;
    let (Some(liver), Some(territories)) = (facts.liver_volume, &facts.territory_volumes) else {
        return unknown(
            rule,
            CONSISTENCY,
            false,
            &missing([
                ("liver volume", facts.liver_volume.is_some()),
                ("volumes of territories", facts.territory_volumes.is_some()),
            ]),
        );
    };
    let sum_ml: f64 = territories.iter().copied().map(Capacity::as_ml).sum();
    let overlap_ml = facts.declared_overlap.map_or(0.0, Capacity::as_ml);
    let room_ml = liver.as_ml() + overlap_ml;
    let fits = sum_ml <= room_ml * (1.0 + ROUNDING);
    Said::new(
        if fits { Outcome::Pass } else { Outcome::Stop },
        number(sum_ml, "mL"),
        number(room_ml, "mL"),
        if fits {
            format!(
                "territories of {} mL fit into {} mL",
                short(sum_ml),
                short(room_ml)
            )
        } else {
            format!(
                "territories of {} mL are more than the liver of {} mL with a declared overlap of {} mL; declare what they share",
                short(sum_ml),
                short(liver.as_ml()),
                short(overlap_ml)
            )
        },
    )
    .of(rule, CONSISTENCY, false)
}

pub(super) fn tumour_to_normal_ratio(
    facts: &SafetyFacts,
    thresholds: &SafetyThresholds,
) -> RuleResult {
    let rule = SafetyRule::TumourToNormalRatio;
    let threshold = &thresholds.tumour_to_normal_ratio;
    let Some(ratio) = facts.tumour_to_normal_ratio else {
        return unknown(
            rule,
            &threshold.source,
            threshold.doubtful,
            &["tumour-to-normal ratio"],
        );
    };
    // A ratio that is no number is not warm either.
    let warm = ratio >= threshold.value;
    Said::new(
        if warm { Outcome::Pass } else { Outcome::Warn },
        number(ratio, ""),
        number(threshold.value, ""),
        if warm {
            format!("tumour-to-normal ratio of {}", short(ratio))
        } else {
            format!(
                "a tumour-to-normal ratio of {} is that of a hypovascular tumour; normal liver gets more than the tumour",
                short(ratio)
            )
        },
    )
    .of(rule, &threshold.source, threshold.doubtful)
}

pub(super) fn methods_compared(facts: &SafetyFacts, thresholds: &SafetyThresholds) -> RuleResult {
    let rule = SafetyRule::MethodsCompared;
    let threshold = &thresholds.methods_to_compare;
    let Some(count) = facts.methods_computed else {
        return unknown(
            rule,
            &threshold.source,
            threshold.doubtful,
            &["number of methods computed"],
        );
    };
    let enough = count as f64 >= threshold.value;
    Said::new(
        if enough { Outcome::Pass } else { Outcome::Warn },
        number(count as f64, "methods"),
        number(threshold.value, "methods"),
        format!(
            "{count} methods stand beside each other; at least {} should",
            threshold.value
        ),
    )
    .of(rule, &threshold.source, threshold.doubtful)
}

pub(super) fn single_bsa_prescription(
    facts: &SafetyFacts,
    thresholds: &SafetyThresholds,
) -> RuleResult {
    let rule = SafetyRule::SingleBsaPrescription;
    let over = &thresholds.bsa_activity_over_surface_gbq;
    let largest = &thresholds.largest_body_surface_m2;
    if facts.device != Device::Resin {
        return Said::not_applicable("BSA is a method of resin").of(
            rule,
            &over.source,
            over.doubtful,
        );
    }
    let Some(activity) = facts.recorded_activity else {
        return unknown(rule, &over.source, over.doubtful, &["recorded activity"]);
    };
    let surface_m2 = facts.body_surface.map(sirt_quantity::Area::as_m2);
    let ceiling_gbq = surface_m2.unwrap_or(largest.value) + over.value;
    let gbq = activity.as_gbq();
    let (source, doubtful) = match surface_m2 {
        Some(_) => (over.source.clone(), over.doubtful),
        None => (format!("{}; {}", over.source, largest.source), true),
    };
    let possible = gbq <= ceiling_gbq * (1.0 + ROUNDING);
    if possible && surface_m2.is_none() {
        return unknown(rule, &source, doubtful, &["body surface area"]);
    }
    Said::new(
        if possible {
            Outcome::Pass
        } else {
            Outcome::Warn
        },
        number(gbq, "GBq"),
        number(ceiling_gbq, "GBq"),
        if possible {
            format!(
                "{} GBq can be a single BSA prescription, which ends at {} GBq",
                short(gbq),
                short(ceiling_gbq)
            )
        } else {
            format!(
                "{} GBq is no single BSA prescription, which ends at {} GBq{}: several sessions, or another method",
                short(gbq),
                short(ceiling_gbq),
                if surface_m2.is_none() {
                    " for the largest body"
                } else {
                    ""
                }
            )
        },
    )
    .of(rule, &source, doubtful)
}

/// An activity against the prescribed one.
pub(super) fn activity(
    rule: SafetyRule,
    what: &'static str,
    prescribed: Option<Activity>,
    given: Option<Activity>,
    thresholds: &SafetyThresholds,
) -> RuleResult {
    let threshold = &thresholds.activity_tolerance_percent;
    let reference = (&threshold.source[..], threshold.doubtful);
    let prescribed = prescribed.filter(|activity| activity.as_gbq() > 0.0);
    let (Some(prescribed), Some(given)) = (prescribed, given) else {
        return unknown(
            rule,
            reference.0,
            reference.1,
            &missing([
                ("prescribed activity", prescribed.is_some()),
                (what, given.is_some()),
            ]),
        );
    };
    let percent = (given / prescribed - 1.0) * 100.0;
    let within = percent.abs() <= threshold.value * (1.0 + ROUNDING);
    Said::new(
        if within { Outcome::Pass } else { Outcome::Warn },
        number(percent, "%"),
        number(threshold.value, "%"),
        format!(
            "{what} of {} GBq is {percent:+.2} % from the prescribed {} GBq; within {} % is intended",
            short(given.as_gbq()),
            short(prescribed.as_gbq()),
            threshold.value
        ),
    )
    .of(rule, reference.0, reference.1)
}

pub(super) fn vial_window(facts: &SafetyFacts) -> RuleResult {
    let rule = SafetyRule::VialWindow;
    let reference = "label of the vial";
    let (Some(after), Some((first, last))) =
        (facts.administered_after_calibration, facts.vial_window)
    else {
        return unknown(
            rule,
            reference,
            false,
            &missing([
                (
                    "hours from calibration to administration",
                    facts.administered_after_calibration.is_some(),
                ),
                ("window of the vial", facts.vial_window.is_some()),
            ]),
        );
    };
    let (after_h, first_h, last_h) = (after.as_hours(), first.as_hours(), last.as_hours());
    let (outcome, message) = if after_h < first_h - ROUNDING {
        (
            Outcome::Warn,
            format!(
                "administration is {} h before the vial may be used",
                short(first_h - after_h)
            ),
        )
    } else if after_h <= last_h + ROUNDING {
        (
            Outcome::Pass,
            format!(
                "administration is {} h from calibration, within {} h to {} h",
                short(after_h),
                short(first_h),
                short(last_h)
            ),
        )
    } else {
        (
            Outcome::Stop,
            format!(
                "the vial expired {} h before administration",
                short(after_h - last_h)
            ),
        )
    };
    Said::new(
        outcome,
        number(after_h, "h"),
        Some(RuleValue::Text(format!(
            "{} h to {} h",
            short(first_h),
            short(last_h)
        ))),
        message,
    )
    .of(rule, reference, false)
}

pub(super) fn constants_disclosed(facts: &SafetyFacts) -> RuleResult {
    let rule = SafetyRule::ConstantsDisclosed;
    let reference = "ours: plans of different constants are not compared in silence";
    let (Some(factor), Some(half_life)) = (facts.dose_factor, facts.half_life) else {
        return unknown(
            rule,
            reference,
            false,
            &missing([
                ("dose factor", facts.dose_factor.is_some()),
                ("half-life", facts.half_life.is_some()),
            ]),
        );
    };
    let text = format!(
        "dose factor {} Gy kg/GBq, half-life {} h",
        short(factor.as_gy_kg_per_gbq()),
        short(half_life.as_hours())
    );
    Said::new(
        Outcome::Pass,
        Some(RuleValue::Text(text.clone())),
        None,
        text,
    )
    .of(rule, reference, false)
}

#[cfg(test)]
mod tests {
    use sirt_quantity::{Area, TimeSpan};

    use super::super::good_plan::{after, facts, gbq, ml, one};
    use super::*;

    #[test]
    fn the_leaflets_case_is_no_single_bsa_prescription_and_a_delivered_record() {
        // 2.5 GBq right and 1.5 GBq left, no height and weight: 4.0 GBq; a BSA
        // activity ends at BSA + 0.8, 2.8 GBq at 2.0 m² (DOMAIN B.1).
        let mut leaflet = SafetyFacts::of(Device::Resin);
        leaflet.recorded_activity = gbq(2.5 + 1.5);
        let result = one(SafetyRule::SingleBsaPrescription, &leaflet);
        assert_eq!(result.outcome, Outcome::Warn);
        assert!(result.doubtful && result.message.contains("several sessions"));
        leaflet.body_surface = Some(Area::from_m2(2.0));
        let result = one(SafetyRule::SingleBsaPrescription, &leaflet);
        assert_eq!(result.outcome, Outcome::Warn);
        assert_eq!(result.limit, number(2.8, "GBq"));
        let rule = SafetyRule::SingleBsaPrescription;
        let outcome = |activity: f64, surface: Option<f64>| {
            after(rule, |facts| {
                facts.recorded_activity = gbq(activity);
                facts.body_surface = surface.map(Area::from_m2);
            })
        };
        assert_eq!(outcome(2.8, Some(2.0)), Outcome::Pass);
        assert_eq!(outcome(2.81, Some(2.0)), Outcome::Warn);
        assert_eq!(outcome(2.8, None), Outcome::Unknown);
        assert_eq!(outcome(4.0, Some(f64::NAN)), Outcome::Warn);
        let glass = one(rule, &facts(Device::Glass));
        assert_eq!(glass.outcome, Outcome::NotApplicable);
    }

    #[test]
    fn volumes_and_methods_at_their_limits() {
        let tumour = |value: f64| {
            after(SafetyRule::LiverVolumes, |facts| {
                facts.tumour_volume = Some(ml(value))
            })
        };
        assert_eq!(tumour(1799.0), Outcome::Pass);
        assert_eq!(tumour(1800.0), Outcome::Pass);
        assert_eq!(tumour(1801.0), Outcome::Stop);
        assert_eq!(tumour(-1.0), Outcome::Stop);
        let territories = |left: f64, overlap: Option<f64>| {
            after(SafetyRule::TerritoryVolumes, |facts| {
                facts.territory_volumes = Some(vec![ml(1200.0), ml(left)]);
                facts.declared_overlap = overlap.map(ml);
            })
        };
        assert_eq!(territories(599.0, None), Outcome::Pass);
        assert_eq!(territories(600.0, None), Outcome::Pass);
        assert_eq!(territories(601.0, None), Outcome::Stop);
        assert_eq!(territories(601.0, Some(1.0)), Outcome::Pass);
        assert_eq!(territories(602.0, Some(1.0)), Outcome::Stop);
        let ratio = |value: f64| {
            after(SafetyRule::TumourToNormalRatio, |facts| {
                facts.tumour_to_normal_ratio = Some(value);
            })
        };
        assert_eq!(ratio(0.99), Outcome::Warn);
        assert_eq!(ratio(1.0), Outcome::Pass);
        assert_eq!(ratio(1.01), Outcome::Pass);
        assert_eq!(ratio(f64::NAN), Outcome::Warn);
        let methods = |count| {
            after(SafetyRule::MethodsCompared, |facts| {
                facts.methods_computed = Some(count)
            })
        };
        assert_eq!(methods(1), Outcome::Warn);
        assert_eq!(methods(2), Outcome::Pass);
        assert_eq!(methods(3), Outcome::Pass);
    }

    #[test]
    fn activities_and_vial_at_their_limits() {
        // TV-B15: 1.73764 of 1.80 GBq is -3.46 %.
        let delivered = one(SafetyRule::DeliveredActivity, &facts(Device::Resin));
        assert!(matches!(
            delivered.value,
            Some(RuleValue::Number { number, unit: "%" }) if (number + 3.46).abs() < 0.5e-2
        ));
        for (rule, given) in [
            (SafetyRule::DeliveredActivity, 0),
            (SafetyRule::VialActivity, 1),
        ] {
            let outcome = |prescribed: f64, value: f64| {
                after(rule, |facts| {
                    facts.prescribed_activity = gbq(prescribed);
                    if given == 0 {
                        facts.delivered_activity = gbq(value);
                    } else {
                        facts.vial_activity = gbq(value);
                    }
                })
            };
            assert_eq!(outcome(2.0, 1.81), Outcome::Pass);
            assert_eq!(outcome(2.0, 1.80), Outcome::Pass);
            assert_eq!(outcome(2.0, 1.79), Outcome::Warn);
            assert_eq!(outcome(2.0, 2.20), Outcome::Pass);
            assert_eq!(outcome(2.0, 2.21), Outcome::Warn);
            assert_eq!(outcome(0.0, 2.21), Outcome::Unknown);
            // TV-B16: the 5 GBq vial gives 2.912 of 3.2 GBq, -9.0 %.
            assert_eq!(outcome(3.2, 2.912), Outcome::Pass);
        }
        let window = |hours: f64| {
            let mut changed = facts(Device::Resin);
            changed.administered_after_calibration = Some(TimeSpan::from_hours(hours));
            one(SafetyRule::VialWindow, &changed)
        };
        assert_eq!(window(-72.1).outcome, Outcome::Warn);
        assert_eq!(window(-72.0).outcome, Outcome::Pass);
        assert_eq!(window(24.0).outcome, Outcome::Pass);
        assert_eq!(window(24.1).outcome, Outcome::Stop);
        assert_eq!(window(f64::NAN).outcome, Outcome::Stop);
        assert!(!window(24.1).overridable);
        assert_eq!(
            window(26.5).message,
            "the vial expired 2.5 h before administration"
        );
    }
}
