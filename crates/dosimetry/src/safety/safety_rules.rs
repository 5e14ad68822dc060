//! The rules of safety on a plan; those of deposition and liver stand here,
//! the others in modules of their own.
//!
//! Each rule compares one fact with one threshold: a dose with the rows that
//! were chosen ([`ChosenLimits`]), anything else with `data/safety_rules.toml`.
//! A fact that is missing makes its rule unknown, never a pass.
//! The rules see single numbers: none of them knows a dose distribution.
//! Sources: each result names its own.

use super::dose_limit::{Compartment, LimitQuantity, Scenario};
use super::judgement::{NO_ROW, against, of_judged, rows};
use super::rule::{Outcome, RuleResult, SafetyRule, Said, number, short, unknown};
use super::safety_facts::{ChosenLimits, SafetyFacts, SafetyThresholds};
use super::{lung_rules, plan_rules};
use crate::{Cited, DosimetryError};

/// Judges a plan by every rule, in the order of [`SafetyRule::ALL`].
///
/// # Errors
/// [`DosimetryError::OtherDevice`] when a chosen row was not made for the
/// device of the plan.
pub fn safety_rules(
    facts: &SafetyFacts,
    limits: &ChosenLimits,
    thresholds: &SafetyThresholds,
) -> Result<Vec<RuleResult>, DosimetryError> {
    if let Some(limit) = limits.of_other_device(facts.device) {
        return Err(DosimetryError::OtherDevice {
            limit: limit.id.clone(),
            made_for: limit.devices.to_string(),
            device: facts.device,
        });
    }
    Ok(SafetyRule::ALL
        .iter()
        .map(|rule| judge(*rule, facts, limits, thresholds))
        .collect())
}

fn judge(
    rule: SafetyRule,
    facts: &SafetyFacts,
    limits: &ChosenLimits,
    thresholds: &SafetyThresholds,
) -> RuleResult {
    match rule {
        SafetyRule::LungShuntTable => lung_rules::lung_shunt_table(facts, thresholds),
        SafetyRule::LungDoseSingle => lung_rules::lung_dose_single(facts, limits),
        SafetyRule::LungDoseCumulative => lung_rules::lung_dose_cumulative(facts, limits),
        SafetyRule::LungActivity => lung_rules::lung_activity(facts, limits),
        SafetyRule::LungToleranceRemaining => lung_rules::lung_tolerance_remaining(facts, limits),
        SafetyRule::ShuntMethodsAgree => lung_rules::shunt_methods_agree(facts, thresholds),
        SafetyRule::ExtrahepaticDeposition => extrahepatic_deposition(facts),
        SafetyRule::NormalLiverDose => normal_liver_dose(facts, limits),
        SafetyRule::HepaticReserve => hepatic_reserve(facts, thresholds),
        SafetyRule::Bilirubin => bilirubin(facts, thresholds),
        SafetyRule::AlbiGrade => {
            let grade = facts.albi_grade.map(f64::from);
            liver_score(rule, "ALBI grade", grade, &thresholds.albi_grade)
        }
        SafetyRule::ChildPugh => {
            let points = facts.child_pugh_points.map(f64::from);
            liver_score(
                rule,
                "Child-Pugh points",
                points,
                &thresholds.child_pugh_points,
            )
        }
        SafetyRule::LiverVolumes => plan_rules::liver_volumes(facts),
        SafetyRule::TerritoryVolumes => plan_rules::territory_volumes(facts),
        SafetyRule::TumourToNormalRatio => plan_rules::tumour_to_normal_ratio(facts, thresholds),
        SafetyRule::MethodsCompared => plan_rules::methods_compared(facts, thresholds),
        SafetyRule::SingleBsaPrescription => plan_rules::single_bsa_prescription(facts, thresholds),
        SafetyRule::VialActivity => plan_rules::activity(
            rule,
            "vial activity",
            facts.prescribed_activity,
            facts.vial_activity,
            thresholds,
        ),
        SafetyRule::VialWindow => plan_rules::vial_window(facts),
        SafetyRule::DeliveredActivity => plan_rules::activity(
            rule,
            "delivered activity",
            facts.prescribed_activity,
            facts.delivered_activity,
            thresholds,
        ),
        SafetyRule::ConstantsDisclosed => plan_rules::constants_disclosed(facts),
    }
}

fn extrahepatic_deposition(facts: &SafetyFacts) -> RuleResult {
    let rule = SafetyRule::ExtrahepaticDeposition;
    let reference = "ours: any deposition in the gut stops until cleared; the contraindication of therasphere2021label";
    let Some(findings) = &facts.extrahepatic else {
        return unknown(
            rule,
            reference,
            false,
            &["search for activity outside of liver and lungs"],
        );
    };
    let named = |text: &str| !text.trim().is_empty();
    let mut standing = Vec::new();
    let mut cleared = Vec::new();
    for finding in findings {
        match &finding.cleared {
            Some(clearance) if named(&clearance.by) && named(&clearance.reason) => {
                cleared.push(format!(
                    "{}, cleared by {}: {}",
                    finding.site, clearance.by, clearance.reason
                ));
            }
            Some(_) => standing.push(format!(
                "{} (cleared without a name or a reason)",
                finding.site
            )),
            None => standing.push(finding.site.clone()),
        }
    }
    let (outcome, message) = if !standing.is_empty() {
        (
            Outcome::Stop,
            format!(
                "activity in {}: clear it with a name and a reason",
                standing.join(", ")
            ),
        )
    } else if !cleared.is_empty() {
        (Outcome::Warn, format!("activity in {}", cleared.join("; ")))
    } else {
        (
            Outcome::Pass,
            "searched, nothing outside of liver and lungs".to_owned(),
        )
    };
    Said::new(
        outcome,
        number(findings.len() as f64, "findings"),
        number(0.0, "findings uncleared"),
        message,
    )
    .of(rule, reference, false)
}

fn normal_liver_dose(facts: &SafetyFacts, limits: &ChosenLimits) -> RuleResult {
    let rule = SafetyRule::NormalLiverDose;
    let mut results = Vec::new();
    let mut missing = Vec::new();
    for (compartment, dose, what) in [
        (
            Compartment::NormalPerfused,
            facts.normal_perfused_dose,
            "dose of perfused normal liver",
        ),
        (
            Compartment::NormalWhole,
            facts.normal_whole_dose,
            "dose of whole normal liver",
        ),
    ] {
        let rows = rows(limits, compartment, LimitQuantity::AbsorbedDoseGy);
        if rows.is_empty() {
            continue;
        }
        match dose.and_then(|dose| Some((dose, against(dose.as_gy(), "Gy", &rows)?))) {
            Some((dose, judged)) => results.push(of_judged(rule, dose.as_gy(), "Gy", judged)),
            None => missing.push(what),
        }
    }
    let gravity = |outcome: Outcome| match outcome {
        Outcome::Stop => 2,
        Outcome::Warn => 1,
        _ => 0,
    };
    let told: Vec<String> = results
        .iter()
        .map(|result| result.message.clone())
        .collect();
    // The first of the gravest, perfused normal liver before the whole.
    let gravest = results
        .into_iter()
        .rev()
        .max_by_key(|result| gravity(result.outcome));
    match gravest {
        Some(result) if missing.is_empty() || result.outcome == Outcome::Stop => RuleResult {
            message: told.join("; "),
            missing,
            ..result
        },
        Some(result) => unknown(rule, &result.reference, result.doubtful, &missing),
        None if missing.is_empty() && facts.scenario == Some(Scenario::Segmentectomy) => {
            Said::not_applicable("normal liver is not limited in a segmentectomy").of(
                rule,
                "weber2022eanm, tables 2, 3 and 4",
                false,
            )
        }
        None if missing.is_empty() => unknown(rule, NO_ROW, false, &["limit of normal-liver dose"]),
        None => unknown(rule, NO_ROW, false, &missing),
    }
}

fn hepatic_reserve(facts: &SafetyFacts, thresholds: &SafetyThresholds) -> RuleResult {
    let rule = SafetyRule::HepaticReserve;
    let threshold = &thresholds.hepatic_reserve_percent;
    let reference = (&threshold.source[..], threshold.doubtful);
    if matches!(
        facts.scenario,
        Some(Scenario::Bilobar | Scenario::WholeLiver)
    ) {
        return Said::not_applicable(
            "both lobes are treated and no reserve is meant to be left; the limits of normal liver decide",
        )
        .of(rule, reference.0, reference.1);
    }
    let Some(reserve) = facts.hepatic_reserve else {
        return unknown(rule, reference.0, reference.1, &["hepatic reserve"]);
    };
    let percent = reserve.as_percent();
    let enough = percent >= threshold.value * (1.0 - 1e-12);
    Said::new(
        if enough { Outcome::Pass } else { Outcome::Warn },
        number(percent, "%"),
        number(threshold.value, "%"),
        format!(
            "{} % of normal liver stays untreated; at least {} % is meant to",
            short(percent),
            threshold.value
        ),
    )
    .of(rule, reference.0, reference.1)
}

fn bilirubin(facts: &SafetyFacts, thresholds: &SafetyThresholds) -> RuleResult {
    let rule = SafetyRule::Bilirubin;
    let threshold = &thresholds.bilirubin_mg_per_dl;
    let Some(value) = facts.bilirubin_mg_per_dl else {
        return unknown(
            rule,
            &threshold.source,
            threshold.doubtful,
            &["total bilirubin"],
        );
    };
    let whole = !matches!(
        facts.scenario,
        Some(Scenario::Segmentectomy | Scenario::Lobectomy | Scenario::Unilobar)
    );
    let (outcome, why) = if value <= threshold.value {
        (Outcome::Pass, "not over")
    } else if facts.bilirubin_reversible == Some(true) {
        (Outcome::Warn, "over, with a reversible cause,")
    } else if whole {
        (
            Outcome::Stop,
            "over, with no reversible cause stated and more than a lobe treated,",
        )
    } else {
        (
            Outcome::Warn,
            "over, with no reversible cause stated and at most a lobe treated,",
        )
    };
    Said::new(
        outcome,
        number(value, "mg/dL"),
        number(threshold.value, "mg/dL"),
        format!(
            "total bilirubin of {} mg/dL is {why} {} mg/dL",
            short(value),
            threshold.value
        ),
    )
    .of(rule, &threshold.source, threshold.doubtful)
}

fn liver_score(
    rule: SafetyRule,
    what: &'static str,
    value: Option<f64>,
    threshold: &Cited<f64>,
) -> RuleResult {
    let Some(value) = value else {
        return unknown(rule, &threshold.source, threshold.doubtful, &[what]);
    };
    let high = value >= threshold.value;
    Said::new(
        if high { Outcome::Warn } else { Outcome::Pass },
        number(value, ""),
        number(threshold.value, ""),
        format!(
            "{what} {value} {} the {} from which on liver function is poor",
            if high { "reaches" } else { "is under" },
            threshold.value
        ),
    )
    .of(rule, &threshold.source, threshold.doubtful)
}

#[cfg(test)]
mod tests {
    use sirt_quantity::Fraction;

    use super::super::dose_limit::{DoseLimitTable, TumourType};
    use super::super::good_plan::{after, facts, gy, limits, one, run};
    use super::super::limit_selection::LimitFacts;
    use super::super::safety_facts::{Clearance, ExtrahepaticFinding};
    use super::*;
    use crate::Device;

    #[test]
    fn a_good_plan_passes_and_an_empty_one_is_unknown_and_never_passes() {
        for result in run(
            &facts(Device::Resin),
            &limits(&facts(Device::Resin), &LimitFacts::default()),
        ) {
            let expected = match result.id {
                "lung-activity" | "hepatic-reserve" => Outcome::NotApplicable,
                _ => Outcome::Pass,
            };
            assert_eq!(
                result.outcome, expected,
                "{}: {}",
                result.id, result.message
            );
            assert!(!result.message.is_empty());
        }
        for device in Device::ALL {
            let empty = SafetyFacts::of(device);
            let results = run(&empty, &limits(&empty, &LimitFacts::default()));
            assert_eq!(results.len(), SafetyRule::ALL.len());
            for result in results {
                assert!(
                    matches!(result.outcome, Outcome::Unknown | Outcome::NotApplicable),
                    "{}",
                    result.id
                );
                assert_eq!(
                    result.outcome == Outcome::Unknown,
                    !result.missing.is_empty(),
                    "{}",
                    result.id
                );
            }
            // Without any chosen limit the doses are not judged.
            for result in run(&facts(device), &ChosenLimits::default()) {
                if result.id.starts_with("lung-dose") || result.id == "normal-liver-dose" {
                    assert_eq!(result.outcome, Outcome::Unknown, "{}", result.id);
                }
            }
        }
    }

    #[test]
    fn normal_liver_against_the_limits_of_glass_by_bilirubin() {
        let glass = |dose: f64, bilirubin: Option<f64>| {
            let mut changed = facts(Device::Glass);
            changed.normal_whole_dose = gy(dose);
            changed.bilirubin_mg_per_dl = bilirubin;
            one(SafetyRule::NormalLiverDose, &changed)
        };
        // Low: 75 Gy warns, 90 Gy stops.
        assert_eq!(glass(74.9, Some(0.7)).outcome, Outcome::Pass);
        assert_eq!(glass(75.0, Some(0.7)).outcome, Outcome::Warn);
        assert_eq!(glass(89.9, Some(0.7)).outcome, Outcome::Warn);
        assert_eq!(glass(90.0, Some(0.7)).outcome, Outcome::Stop);
        // High: 50 Gy stops.
        assert_eq!(glass(49.9, Some(1.5)).outcome, Outcome::Pass);
        let stop = glass(50.0, Some(1.5));
        assert_eq!(stop.outcome, Outcome::Stop);
        assert_eq!(stop.limit, number(50.0, "Gy"));
        // Unknown: warns from 50 Gy on, and stops where neither row is kept.
        assert_eq!(glass(49.9, None).outcome, Outcome::Pass);
        let open = glass(60.0, None);
        assert_eq!(open.outcome, Outcome::Warn);
        assert!(
            open.message
                .contains("undecided: total bilirubin is not stated")
        );
        assert_eq!(glass(90.0, None).outcome, Outcome::Stop);
    }

    #[test]
    fn normal_liver_of_resin_and_a_borrowed_limit() {
        let resin = |dose: f64| {
            after(SafetyRule::NormalLiverDose, |facts| {
                facts.normal_perfused_dose = gy(dose);
            })
        };
        assert_eq!(resin(39.9), Outcome::Pass);
        assert_eq!(resin(40.0), Outcome::Stop);
        assert_eq!(resin(f64::NAN), Outcome::Stop);
        // Hypertrophy wanted: 70 Gy is a minimum, and missing it warns.
        let lobe = |dose: f64| {
            after(SafetyRule::NormalLiverDose, |facts| {
                facts.scenario = Some(Scenario::Lobectomy);
                facts.normal_perfused_dose = gy(dose);
            })
        };
        assert_eq!(lobe(70.0), Outcome::Warn);
        assert_eq!(lobe(70.1), Outcome::Pass);
        // Neuroendocrine: unknown until a person chooses; then it warns.
        let table = DoseLimitTable::built_in().unwrap();
        let mut plan = facts(Device::Resin);
        plan.normal_perfused_dose = gy(45.0);
        let mut chosen = ChosenLimits::from_selection(&table.applicable(
            Device::Resin,
            TumourType::Neuroendocrine,
            Scenario::Bilobar,
            &LimitFacts::default(),
        ));
        let liver = |chosen: &ChosenLimits| {
            let mut results = run(&plan, chosen);
            results.retain(|result| result.id == "normal-liver-dose");
            results.remove(0)
        };
        assert_eq!(liver(&chosen).missing, ["limit of normal-liver dose"]);
        for id in [
            "practice-resin-neuroendocrine-normal",
            "eanm2022-resin-bilobar-normal-perfused-40",
        ] {
            chosen
                .choose(&table, id, Device::Resin, TumourType::Neuroendocrine)
                .unwrap();
        }
        let result = liver(&chosen);
        assert_eq!(result.outcome, Outcome::Warn);
        assert_eq!(result.message.matches("borrowed from").count(), 2);
        // A row whose dose is not known stays unknown.
        chosen
            .choose(
                &table,
                "label-resin-partition-normal-80",
                Device::Resin,
                TumourType::Neuroendocrine,
            )
            .unwrap();
        plan.normal_whole_dose = None;
        let mut results = run(&plan, &chosen);
        results.retain(|result| result.id == "normal-liver-dose");
        assert_eq!(results[0].missing, ["dose of whole normal liver"]);
    }

    #[test]
    fn a_limit_of_glass_is_never_applied_to_resin() {
        let table = DoseLimitTable::built_in().unwrap();
        let glass = limits(&facts(Device::Glass), &LimitFacts::default());
        let error = safety_rules(
            &facts(Device::Resin),
            &glass,
            &SafetyThresholds::built_in().unwrap(),
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "dose limit `eanm2022-glass-lobar-perfused` is for glass, not for resin"
        );
        let mut chosen = ChosenLimits::default();
        let refused = chosen.choose(
            &table,
            "eanm2022-glass-normal-whole-90",
            Device::Resin,
            TumourType::Mcrc,
        );
        assert!(refused.is_err() && chosen == ChosenLimits::default());
    }

    #[test]
    fn extrahepatic_activity_stops_until_cleared_with_name_and_reason() {
        let finding = |by: &str, reason: &str| ExtrahepaticFinding {
            site: "duodenum".to_owned(),
            cleared: Some(Clearance {
                by: by.to_owned(),
                reason: reason.to_owned(),
            }),
        };
        let standing = ExtrahepaticFinding {
            site: "stomach".to_owned(),
            cleared: None,
        };
        let result = |findings: Option<Vec<ExtrahepaticFinding>>| {
            let mut changed = facts(Device::Resin);
            changed.extrahepatic = findings;
            one(SafetyRule::ExtrahepaticDeposition, &changed)
        };
        assert_eq!(result(None).outcome, Outcome::Unknown);
        assert_eq!(result(Some(Vec::new())).outcome, Outcome::Pass);
        let both = result(Some(vec![
            finding("B. Radiologist", "gastroduodenal artery coiled"),
            standing,
        ]));
        assert_eq!(both.outcome, Outcome::Stop);
        assert_eq!(
            both.message,
            "activity in stomach: clear it with a name and a reason"
        );
        assert!(!both.overridable);
        let cleared = result(Some(vec![finding(
            "B. Radiologist",
            "gastroduodenal artery coiled",
        )]));
        assert_eq!(cleared.outcome, Outcome::Warn);
        assert_eq!(
            cleared.message,
            "activity in duodenum, cleared by B. Radiologist: gastroduodenal artery coiled"
        );
        assert_eq!(
            result(Some(vec![finding("", "coiled")])).outcome,
            Outcome::Stop
        );
        assert_eq!(
            result(Some(vec![finding("B.", " ")])).outcome,
            Outcome::Stop
        );
    }

    #[test]
    fn liver_rules_at_their_limits() {
        let bilirubin = |value: f64, scenario, reversible| {
            after(SafetyRule::Bilirubin, |facts| {
                facts.bilirubin_mg_per_dl = Some(value);
                facts.scenario = scenario;
                facts.bilirubin_reversible = reversible;
            })
        };
        let (bilobar, lobe) = (Some(Scenario::Bilobar), Some(Scenario::Unilobar));
        assert_eq!(bilirubin(1.9, bilobar, None), Outcome::Pass);
        assert_eq!(bilirubin(2.0, bilobar, None), Outcome::Pass);
        assert_eq!(bilirubin(2.1, bilobar, None), Outcome::Stop);
        assert_eq!(bilirubin(2.1, None, Some(false)), Outcome::Stop);
        assert_eq!(bilirubin(2.1, lobe, Some(false)), Outcome::Warn);
        assert_eq!(bilirubin(2.1, bilobar, Some(true)), Outcome::Warn);
        let reserve = |percent: f64| {
            after(SafetyRule::HepaticReserve, |facts| {
                facts.scenario = Some(Scenario::Unilobar);
                facts.hepatic_reserve = Fraction::from_percent(percent).ok();
            })
        };
        assert_eq!(reserve(29.9), Outcome::Warn);
        assert_eq!(reserve(30.0), Outcome::Pass);
        assert_eq!(reserve(30.1), Outcome::Pass);
        let albi = |grade| {
            after(SafetyRule::AlbiGrade, |facts| {
                facts.albi_grade = Some(grade)
            })
        };
        assert_eq!(albi(2), Outcome::Pass);
        assert_eq!(albi(3), Outcome::Warn);
        let child = |points| {
            after(SafetyRule::ChildPugh, |facts| {
                facts.child_pugh_points = Some(points)
            })
        };
        assert_eq!(child(7), Outcome::Pass);
        assert_eq!(child(8), Outcome::Warn);
        assert_eq!(child(9), Outcome::Warn);
    }

    #[test]
    fn constants_are_told_and_results_become_json() {
        let result = one(SafetyRule::ConstantsDisclosed, &facts(Device::Resin));
        assert_eq!(
            result.message,
            "dose factor 49.67 Gy kg/GBq, half-life 64.1 h"
        );
        let lung = one(SafetyRule::LungDoseSingle, &facts(Device::Resin));
        let json = serde_json::to_value(lung).unwrap();
        assert_eq!(json["id"], "lung-dose-single");
        assert_eq!(json["outcome"], "pass");
        assert_eq!(
            json["value"],
            serde_json::json!({"number": 5.0, "unit": "Gy"})
        );
        assert_eq!(
            json["limit"],
            serde_json::json!({"number": 30.0, "unit": "Gy"})
        );
        assert_eq!(json["reference"], "vanroekel2021thesis, p. 30");
    }

    #[test]
    fn a_damaged_table_of_thresholds_is_refused() {
        let text =
            include_str!("../../data/safety_rules.toml").replace("value = 20.0", "value = 0");
        assert_eq!(
            SafetyThresholds::from_toml(&text).unwrap_err().to_string(),
            "table of safety rules: lung_shunt_stop_percent 0 is outside positive values"
        );
        assert!(SafetyThresholds::from_toml("x = 1").is_err());
    }
}
