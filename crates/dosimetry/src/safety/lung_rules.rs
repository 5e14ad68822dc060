//! Rules on the lungs: shunt, dose of one and of all treatments, activity.
//!
//! Dose `D_L` (Gy) and activity (GBq) are taken as computed by the plan; the
//! single and the cumulative limit are separate, and a part of the cumulative
//! dose that is too much alone stops whatever the rest is.
//! The reduction table is for BSA and empiric activities of resin alone:
//! other methods hold the shunt in their equations.
//! Planar and SPECT/CT shunts are compared by their published limits of
//! agreement, `|p − s − bias| ≤ half-width` (percentage points).
//! Sources: Bastiaannet (`bastiaannet2019`) for the agreement; the rows of
//! `data/dose_limits.toml` name theirs.

use sirt_quantity::{AbsorbedDose, LungShuntFraction};

use super::dose_limit::{Compartment, LimitQuantity};
use super::judgement::{NO_ROW, against, of_judged, rows};
use super::rule::{Outcome, RuleResult, RuleValue, SafetyRule, Said, number, short, unknown};
use super::safety_facts::{ChosenLimits, SafetyFacts, SafetyThresholds};
use crate::Device;

pub(super) fn lung_shunt_table(facts: &SafetyFacts, thresholds: &SafetyThresholds) -> RuleResult {
    let rule = SafetyRule::LungShuntTable;
    let threshold = &thresholds.lung_shunt_stop_percent;
    let said = |said: Said| said.of(rule, &threshold.source, threshold.doubtful);
    if facts.device != Device::Resin || facts.reduced_by_shunt_table == Some(false) {
        return said(Said::not_applicable(
            "the reduction table is for BSA and empiric activities of resin",
        ));
    }
    let (Some(_), Some(shunt)) = (facts.reduced_by_shunt_table, facts.lung_shunt) else {
        let mut missing = Vec::new();
        if facts.reduced_by_shunt_table.is_none() {
            missing.push("prescription method");
        }
        if facts.lung_shunt.is_none() {
            missing.push("lung shunt fraction");
        }
        return unknown(rule, &threshold.source, threshold.doubtful, &missing);
    };
    let percent = shunt.as_percent();
    // 0.2 as a fraction may come back as a hair over 20 %.
    let over = percent > threshold.value * (1.0 + 1e-12);
    said(Said::new(
        if over { Outcome::Stop } else { Outcome::Pass },
        number(percent, "%"),
        number(threshold.value, "%"),
        format!(
            "lung shunt of {} % is {} the {} % at which the reduction table ends",
            short(percent),
            if over { "over" } else { "not over" },
            threshold.value
        ),
    ))
}

pub(super) fn lung_dose_single(facts: &SafetyFacts, limits: &ChosenLimits) -> RuleResult {
    let rule = SafetyRule::LungDoseSingle;
    let rows = rows(limits, Compartment::Lung, LimitQuantity::AbsorbedDoseGy);
    let Some(dose) = facts.lung_dose else {
        return unknown(rule, NO_ROW, false, &["lung dose"]);
    };
    match against(dose.as_gy(), "Gy", &rows) {
        Some(judged) => of_judged(rule, dose.as_gy(), "Gy", judged),
        None => unknown(rule, NO_ROW, false, &["limit of lung dose"]),
    }
}

pub(super) fn lung_dose_cumulative(facts: &SafetyFacts, limits: &ChosenLimits) -> RuleResult {
    let rule = SafetyRule::LungDoseCumulative;
    let rows = rows(
        limits,
        Compartment::LungCumulative,
        LimitQuantity::AbsorbedDoseGy,
    );
    // Each part alone may already be too much, whatever the other is.
    let parts = [
        ("lung dose", facts.lung_dose),
        (
            "lung dose of earlier treatments, 0 Gy for none",
            facts.earlier_lung_dose,
        ),
    ];
    let missing: Vec<&'static str> = parts
        .iter()
        .filter(|(_, dose)| dose.is_none())
        .map(|(what, _)| *what)
        .collect();
    let total: AbsorbedDose = parts.iter().filter_map(|(_, dose)| *dose).sum();
    match against(total.as_gy(), "Gy", &rows) {
        Some(judged) if missing.is_empty() || judged.outcome == Outcome::Stop => RuleResult {
            missing,
            ..of_judged(rule, total.as_gy(), "Gy", judged)
        },
        Some(judged) => unknown(rule, &judged.row.selected.limit.source, false, &missing),
        None => unknown(rule, NO_ROW, false, &["limit of cumulative lung dose"]),
    }
}

pub(super) fn lung_activity(facts: &SafetyFacts, limits: &ChosenLimits) -> RuleResult {
    let rule = SafetyRule::LungActivity;
    let rows = rows(limits, Compartment::Lung, LimitQuantity::ActivityGbq);
    let Some(activity) = facts.lung_activity else {
        return if rows.is_empty() {
            no_lung_activity(rule, facts.device)
        } else {
            unknown(rule, NO_ROW, false, &["activity to the lungs"])
        };
    };
    match against(activity.as_gbq(), "GBq", &rows) {
        Some(judged) => of_judged(rule, activity.as_gbq(), "GBq", judged),
        None => no_lung_activity(rule, facts.device),
    }
}

/// Glass has such a limit, so its absence is a missing choice there.
fn no_lung_activity(rule: SafetyRule, device: Device) -> RuleResult {
    if device == Device::Glass {
        unknown(rule, NO_ROW, false, &["limit of activity to the lungs"])
    } else {
        Said::not_applicable("the label limits no activity to the lungs").of(rule, "", false)
    }
}

pub(super) fn lung_tolerance_remaining(facts: &SafetyFacts, limits: &ChosenLimits) -> RuleResult {
    let rule = SafetyRule::LungToleranceRemaining;
    let parts = [
        ("lung dose", facts.lung_dose),
        (
            "lung dose of earlier treatments, 0 Gy for none",
            facts.earlier_lung_dose,
        ),
        (
            "lung dose of further planned treatments, 0 Gy for none",
            facts.further_lung_dose,
        ),
    ];
    let strictest = rows(
        limits,
        Compartment::LungCumulative,
        LimitQuantity::AbsorbedDoseGy,
    )
    .into_iter()
    .filter_map(|row| {
        row.selected
            .limit
            .bound
            .upper()
            .map(|upper| (upper, &row.selected.limit))
    })
    .min_by(|(a, _), (b, _)| a.total_cmp(b));
    let Some((upper, limit)) = strictest else {
        return unknown(rule, NO_ROW, false, &["limit of cumulative lung dose"]);
    };
    let missing: Vec<&'static str> = parts
        .iter()
        .filter(|(_, dose)| dose.is_none())
        .map(|(what, _)| *what)
        .collect();
    if !missing.is_empty() {
        return unknown(rule, &limit.source, limit.doubtful, &missing);
    }
    let total: AbsorbedDose = parts.iter().filter_map(|(_, dose)| *dose).sum();
    let left = upper - total.as_gy();
    Said::new(
        if left >= 0.0 {
            Outcome::Pass
        } else {
            Outcome::Warn
        },
        number(left, "Gy"),
        number(upper, "Gy"),
        format!(
            "{} Gy of {upper} Gy remain after all treatments, given and planned",
            short(left)
        ),
    )
    .of(rule, &limit.source, limit.doubtful)
}

pub(super) fn shunt_methods_agree(
    facts: &SafetyFacts,
    thresholds: &SafetyThresholds,
) -> RuleResult {
    let rule = SafetyRule::ShuntMethodsAgree;
    let (bias, half_width) = (
        &thresholds.shunt_bias_points,
        &thresholds.shunt_agreement_points,
    );
    let doubtful = bias.doubtful || half_width.doubtful;
    let (Some(planar), Some(spect)) = (facts.planar_lung_shunt, facts.spect_lung_shunt) else {
        let mut missing = Vec::new();
        if facts.planar_lung_shunt.is_none() {
            missing.push("lung shunt from planar views");
        }
        if facts.spect_lung_shunt.is_none() {
            missing.push("lung shunt from SPECT/CT");
        }
        return unknown(rule, &half_width.source, doubtful, &missing);
    };
    let percent = LungShuntFraction::as_percent;
    let points = percent(planar) - percent(spect);
    let agree = (points - bias.value).abs() <= half_width.value + 1e-9;
    Said::new(
        if agree { Outcome::Pass } else { Outcome::Warn },
        number(points, "percentage points"),
        Some(RuleValue::Text(format!(
            "{} to {} percentage points",
            short(bias.value - half_width.value),
            short(bias.value + half_width.value)
        ))),
        format!(
            "planar shunt {} % and SPECT/CT shunt {} % {}",
            short(percent(planar)),
            short(percent(spect)),
            if agree {
                "differ as the two methods do"
            } else {
                "differ by more than the two methods do; look at the images"
            }
        ),
    )
    .of(rule, &half_width.source, doubtful)
}

#[cfg(test)]
mod tests {
    use super::super::dose_limit::{DoseLimitTable, TumourType};
    use super::super::good_plan::{after, facts, gbq, gy, limits, one, run, shunt};
    use super::super::limit_selection::LimitFacts;
    use super::*;

    #[test]
    fn lung_rules_at_their_limits() {
        let table = |percent: f64| {
            after(SafetyRule::LungShuntTable, |facts| {
                facts.lung_shunt = shunt(percent);
            })
        };
        assert_eq!(table(19.9), Outcome::Pass);
        assert_eq!(table(20.0), Outcome::Pass);
        assert_eq!(table(20.1), Outcome::Stop);
        // TV-B6: 21 % is refused; a partition plan does not meet the table.
        assert_eq!(table(21.0), Outcome::Stop);
        let partition = after(SafetyRule::LungShuntTable, |facts| {
            facts.lung_shunt = shunt(21.0);
            facts.reduced_by_shunt_table = Some(false);
        });
        assert_eq!(partition, Outcome::NotApplicable);
        let single = |dose: f64| {
            after(SafetyRule::LungDoseSingle, |facts| {
                facts.lung_dose = gy(dose)
            })
        };
        assert_eq!(single(29.9), Outcome::Pass);
        assert_eq!(single(30.0), Outcome::Pass);
        assert_eq!(single(30.1), Outcome::Stop);
        let cumulative = |earlier: Option<f64>, dose: f64| {
            after(SafetyRule::LungDoseCumulative, |facts| {
                facts.earlier_lung_dose = earlier.and_then(gy);
                facts.lung_dose = gy(dose);
            })
        };
        assert_eq!(cumulative(Some(30.0), 19.9), Outcome::Pass);
        assert_eq!(cumulative(Some(30.0), 20.0), Outcome::Pass);
        assert_eq!(cumulative(Some(30.0), 20.1), Outcome::Stop);
        assert_eq!(cumulative(None, 20.0), Outcome::Unknown);
        assert_eq!(cumulative(None, 50.1), Outcome::Stop);
        let left = |further: f64| {
            let mut changed = facts(Device::Resin);
            changed.earlier_lung_dose = gy(30.0);
            changed.lung_dose = gy(10.0);
            changed.further_lung_dose = gy(further);
            one(SafetyRule::LungToleranceRemaining, &changed)
        };
        assert_eq!(left(10.0).outcome, Outcome::Pass);
        assert_eq!(left(10.1).outcome, Outcome::Warn);
        assert_eq!(left(4.0).value, number(6.0, "Gy"));
        let glass = |activity: f64| {
            let mut changed = facts(Device::Glass);
            changed.lung_activity = gbq(activity);
            one(SafetyRule::LungActivity, &changed)
        };
        assert_eq!(glass(0.6).outcome, Outcome::Pass);
        assert_eq!(glass(0.61).outcome, Outcome::Pass);
        assert_eq!(glass(0.62).outcome, Outcome::Stop);
        assert!(glass(0.62).reference.contains("therasphere2021label"));
        let agree = |planar: f64, spect: f64| {
            after(SafetyRule::ShuntMethodsAgree, |facts| {
                facts.planar_lung_shunt = shunt(planar);
                facts.spect_lung_shunt = shunt(spect);
            })
        };
        // 2.7 ± 8.1 percentage points.
        assert_eq!(agree(15.7, 5.0), Outcome::Pass);
        assert_eq!(agree(15.8, 5.0), Outcome::Pass);
        assert_eq!(agree(15.9, 5.0), Outcome::Warn);
        assert_eq!(agree(4.6, 10.0), Outcome::Pass);
        assert_eq!(agree(4.5, 10.0), Outcome::Warn);
    }

    #[test]
    fn a_chosen_25_gy_to_the_lungs_stops_earlier() {
        let table = DoseLimitTable::built_in().unwrap();
        let mut changed = facts(Device::Resin);
        changed.lung_dose = gy(27.0);
        let mut chosen = limits(&changed, &LimitFacts::default());
        let lung = |chosen: &ChosenLimits| run(&changed, chosen)[1].clone();
        assert_eq!(lung(&chosen).outcome, Outcome::Pass);
        chosen
            .choose(
                &table,
                "label-resin-lung-25",
                Device::Resin,
                TumourType::Mcrc,
            )
            .unwrap();
        let result = lung(&chosen);
        assert_eq!(result.outcome, Outcome::Stop);
        assert_eq!(result.limit, number(25.0, "Gy"));
        assert!(result.doubtful, "{}", result.reference);
    }
}
