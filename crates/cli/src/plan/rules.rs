//! Limits and safety rules of a case, with what was cleared and overridden.

use anyhow::Context as _;
use sirt_dosimetry::{
    ChosenLimits, Clearance, Compartment, CourseDoses, DoseLimit, DoseLimitTable,
    ExtrahepaticFinding, LimitFacts, LimitSelection, MethodRow, PlanMethod, RuleOverride,
    RuleResult, SafetyFacts, SafetyThresholds, ShuntEstimate, ShuntMethod, SurfaceFormula,
    UnusedOverride, apply_overrides, safety_rules, untreated_fraction,
};
use sirt_quantity::{AbsorbedDose, Activity, Capacity, Fraction, TimeSpan};
use sirt_store::{Case, TherapyKind};

use super::assumption::{Assumption, AssumptionKind};
use super::facts::{PlanFacts, Product, scenario, tumour_type};
use super::images::Extrahepatic;
use super::orders::{Delivered, VialPlan, of_territory};

/// What the rules are asked about.
pub(super) struct Judgement<'a> {
    pub(super) case: &'a Case,
    pub(super) facts: &'a PlanFacts,
    pub(super) product: &'a Product,
    pub(super) shunts: &'a [ShuntEstimate],
    pub(super) extrahepatic: Option<&'a Extrahepatic>,
    pub(super) chosen: &'a [MethodRow],
    pub(super) course: Option<&'a CourseDoses>,
    pub(super) methods: &'a [MethodRow],
    pub(super) order: &'a VialPlan,
    pub(super) delivered: &'a [Delivered],
    pub(super) albi_grade: Option<u8>,
    pub(super) child_pugh_points: Option<u8>,
}

/// Limits and rules.
pub(super) struct Judged {
    pub(super) limits: LimitSelection,
    pub(super) results: Vec<RuleResult>,
    pub(super) unused: Vec<UnusedOverride>,
    /// The rows that the rules went by.
    pub(super) chosen: ChosenLimits,
}

pub(super) fn judged(judgement: &Judgement<'_>) -> anyhow::Result<Judged> {
    let case = judgement.case;
    let facts = safety_facts(judgement)?;
    let limits = DoseLimitTable::built_in()?.applicable(
        case.device.device,
        tumour_type(case),
        scenario(case),
        &LimitFacts {
            bilirubin_mg_per_dl: facts.bilirubin_mg_per_dl,
            hepatic_reserve: facts.hepatic_reserve,
            pretreated: Some(case.prior_therapies.iter().any(|therapy| {
                matches!(
                    therapy.kind,
                    TherapyKind::Radioembolisation
                        | TherapyKind::Chemoembolisation
                        | TherapyKind::Systemic
                        | TherapyKind::ExternalBeam
                )
            })),
            cirrhosis: Some(case.disease.cirrhosis),
            ..LimitFacts::default()
        },
    );
    let mut chosen = ChosenLimits::from_selection(&limits);
    for (goal, compartment) in [
        (&case.goals.normal_liver, Compartment::NormalPerfused),
        (&case.goals.lung, Compartment::Lung),
    ] {
        if let Some(goal) = goal {
            chosen.add_of_case(DoseLimit::of_case(
                case.device.device,
                compartment,
                goal.dose,
                goal.source.as_deref().unwrap_or("[goals] of the case"),
            ));
        }
    }
    let results = safety_rules(&facts, &chosen, &SafetyThresholds::built_in()?)?;
    let overrides = case
        .overrides
        .iter()
        .map(|given| {
            Ok(RuleOverride {
                rule: given.rule.clone(),
                by: given.by.clone(),
                reason: given.reason.clone(),
                // A case dates decisions by the day: the start of it in UTC.
                at: jiff::tz::TimeZone::UTC
                    .to_timestamp(given.date.to_datetime(jiff::civil::Time::midnight()))
                    .context("[[override]] date")?,
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let overridden = apply_overrides(results, &overrides).context("[[override]]")?;
    Ok(Judged {
        limits,
        results: overridden.results,
        unused: overridden.unused,
        chosen,
    })
}

fn safety_facts(judgement: &Judgement<'_>) -> anyhow::Result<SafetyFacts> {
    let Judgement {
        case,
        facts,
        product,
        course,
        chosen,
        ..
    } = judgement;
    let mut known = SafetyFacts::of(case.device.device);
    known.scenario = Some(scenario(case));
    known.reduced_by_shunt_table = (!chosen.is_empty()).then(|| {
        chosen.iter().any(|row| {
            matches!(
                row.name,
                PlanMethod::Bsa
                    | PlanMethod::BsaLobar1
                    | PlanMethod::BsaLobar2
                    | PlanMethod::Empiric
            )
        })
    });
    known.lung_shunt = Some(facts.patient.lung_shunt);
    let by = |wanted: &[ShuntMethod]| {
        judgement
            .shunts
            .iter()
            .find(|shunt| wanted.contains(&shunt.method))
            .map(|shunt| shunt.fraction)
    };
    known.planar_lung_shunt = by(&[ShuntMethod::Planar]);
    known.spect_lung_shunt = by(&[ShuntMethod::SpectCorrected, ShuntMethod::SpectMargin]);
    // An earlier treatment without its lung dose leaves the sum unknown.
    let all_stated = case.prior_therapies.iter().all(|therapy| {
        therapy.kind != TherapyKind::Radioembolisation || therapy.lung_dose.is_some()
    });
    known.earlier_lung_dose = all_stated.then(|| case.earlier_lung_dose());
    // A case holds no treatments beyond its own prescriptions.
    known.further_lung_dose = Some(AbsorbedDose::ZERO);
    if let Some(course) = course {
        known.lung_dose = Some(AbsorbedDose::from_gy(course.lung_gy));
        known.lung_activity = Some(Activity::from_gbq(course.lung_activity_gbq));
        known.normal_whole_dose = course.normal_whole_gy.map(AbsorbedDose::from_gy);
    }
    // Each territory by itself: a mean over all would hide the one that is over.
    known.normal_perfused_dose = chosen
        .iter()
        .filter_map(|row| row.normal_liver_gy)
        .max_by(f64::total_cmp)
        .map(AbsorbedDose::from_gy);
    known.extrahepatic = extrahepatic(judgement);
    if let Some(liver) = facts.patient.liver {
        known.liver_volume = Some(liver.total());
        known.tumour_volume = Some(liver.tumour());
        let normal = liver.total() - liver.tumour();
        let treated: Vec<Capacity> = facts
            .territories
            .iter()
            .map(|territory| territory.perfused.total() - territory.perfused.tumour())
            .collect();
        let sum: Capacity = treated.iter().copied().sum();
        // Volumes on different grids differ in the last half percent.
        known.hepatic_reserve = if sum > normal && sum < normal * 1.005 {
            Some(Fraction::ZERO)
        } else {
            untreated_fraction(normal, &treated, Capacity::ZERO).ok()
        };
    }
    known.territory_volumes = Some(
        facts
            .territories
            .iter()
            .map(|territory| territory.perfused.total())
            .collect(),
    );
    if let Some(laboratory) = case.laboratory_before_treatment() {
        known.bilirubin_mg_per_dl = laboratory
            .values
            .bilirubin
            .map(sirt_quantity::Bilirubin::as_mg_per_dl);
    }
    known.albi_grade = judgement.albi_grade;
    known.child_pugh_points = judgement.child_pugh_points;
    known.tumour_to_normal_ratio = facts
        .territories
        .iter()
        .filter_map(|territory| territory.tumour_to_normal.map(|ratio| ratio.as_ratio()))
        .min_by(f64::total_cmp);
    // Forms of one method count once.
    let mut computed: Vec<&str> = judgement
        .methods
        .iter()
        .filter(|row| row.activity_gbq.is_some())
        .map(|row| row.name.name().split('-').next().unwrap_or_default())
        .collect();
    computed.sort_unstable();
    computed.dedup();
    known.methods_computed = Some(computed.len());
    if let Some((height, weight)) = facts.patient.body {
        known.body_surface = Some(SurfaceFormula::DuBois.area(height, weight)?);
    }
    let recorded: Activity = if judgement.delivered.is_empty() {
        case.prescriptions
            .iter()
            .filter_map(|prescription| prescription.activity)
            .map(|stated| stated.activity)
            .sum()
    } else {
        judgement
            .delivered
            .iter()
            .map(|delivered| delivered.activity.delivered)
            .sum()
    };
    if recorded > Activity::ZERO {
        known.recorded_activity = Some(recorded);
    }
    if let Some(plan) = judgement
        .order
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.plan.as_ref())
    {
        known.prescribed_activity = Some(plan.infusions.iter().map(|i| i.order.prescribed).sum());
        known.vial_activity = Some(plan.infusions.iter().map(|i| i.given).sum());
    }
    if !judgement.delivered.is_empty() {
        // A sum over all would let one territory make up for another.
        let worst = judgement
            .delivered
            .iter()
            .map(|one| of_territory(judgement.delivered, &one.territory))
            .max_by(|a, b| {
                let off =
                    |[intended, delivered]: &[Activity; 2]| (*delivered / *intended - 1.0).abs();
                off(a).total_cmp(&off(b))
            });
        known.prescribed_activity = worst.map(|[intended, _]| intended);
        known.delivered_activity = worst.map(|[_, delivered]| delivered);
        known.vial_activity = None;
    }
    let (first, usual_last) = product.data.usable();
    let windows: Vec<(TimeSpan, TimeSpan)> = case
        .administrations
        .iter()
        .filter_map(|administration| {
            let vial = case.vial(administration.vial.as_deref()?)?;
            let calibrated = vial.calibrated.at;
            let last = vial
                .expires
                .map_or(usual_last, |expires| expires.since(calibrated));
            Some((administration.at.since(calibrated), last))
        })
        .collect();
    let outside = windows
        .iter()
        .find(|(after, last)| *after < first || *after > *last);
    if let Some((after, last)) = outside.or(windows.first()) {
        known.administered_after_calibration = Some(*after);
        known.vial_window = Some((first, *last));
    } else if let Some(plan) = judgement
        .order
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.plan.as_ref())
        && let Some(infusion) = plan.infusions.first()
    {
        let vial = &plan.vials[infusion.vial].vial;
        let hours = |later: jiff::Timestamp| {
            TimeSpan::from_seconds(later.duration_since(vial.calibrated_at).as_secs_f64())
        };
        known.administered_after_calibration = Some(hours(infusion.order.planned_at));
        known.vial_window = Some((hours(vial.usable_from), hours(vial.usable_until)));
    }
    known.dose_factor = Some(product.dose_factor);
    known.half_life = Some(product.half_life);
    Ok(known)
}

/// What was found outside of liver and lungs, with who cleared it: a clearance
/// names the focus by its id or the organ by its name.
fn extrahepatic(judgement: &Judgement<'_>) -> Option<Vec<ExtrahepaticFinding>> {
    let search = judgement.extrahepatic?;
    let finding = |name: &str, site: String| ExtrahepaticFinding {
        site,
        cleared: judgement
            .case
            .clearances
            .iter()
            .find(|clearance| names(&clearance.finding, name))
            .map(|clearance| Clearance {
                by: clearance.by.clone(),
                reason: clearance.reason.clone(),
            }),
    };
    let foci = search
        .foci
        .iter()
        .map(|focus| finding(&focus.id, format!("{}: {}", focus.id, focus.place)));
    let organs = search
        .organs
        .iter()
        .filter(|organ| organ.suspicious)
        .map(|organ| finding(&organ.name, organ.name.clone()));
    Some(foci.chain(organs).collect())
}

/// Clearances that name nothing that was found, in words.
pub(super) fn unused_clearances(case: &Case, search: Option<&Extrahepatic>) -> Vec<Assumption> {
    let Some(search) = search else {
        return Vec::new();
    };
    let found: Vec<&str> = search
        .foci
        .iter()
        .map(|focus| focus.id.as_str())
        .chain(search.organs.iter().map(|organ| organ.name.as_str()))
        .collect();
    case.clearances
        .iter()
        .filter(|clearance| !found.iter().any(|name| names(&clearance.finding, name)))
        .map(|clearance| {
            Assumption::new(
                AssumptionKind::UnusedClearance,
                format!(
                    "the clearance of `{}` names nothing that the search found; name a focus by its id or an organ by its name",
                    clearance.finding
                ),
            )
        })
        .collect()
}

/// Whether a text names a finding, as words of its own.
fn names(text: &str, name: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| !(c.is_alphanumeric() || c == '-'))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (text, name) = (words(text), words(name));
    !name.is_empty() && text.windows(name.len()).any(|part| part == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clearance_names_one_finding_and_no_longer_name_of_it() {
        assert!(names("focus-L1-A2-S3, seen in CT", "focus-L1-A2-S3"));
        assert!(!names("focus-L1-A2-S30", "focus-L1-A2-S3"));
        assert!(names("uptake of the Stomach", "stomach"));
        assert!(!names("stomachache", "stomach"));
        assert!(!names("anything", ""));
    }
}
