//! Sessions and vials that serve no infusion, and infusions outside of every
//! session.

use sirt_store::{Case, Instant, Prescription, Session};

use super::orders::VialPlan;
use crate::result::Finding;

/// What of the calendar does not fit together.
pub(super) fn unserved(case: &Case, order: &VialPlan) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(outside_of_sessions(case));
    findings.extend(idle_sessions(case));
    findings.extend(idle_vials(case, order));
    findings
}

fn planned(prescription: &Prescription) -> Option<Instant> {
    prescription
        .at
        .or(prescription.activity.map(|activity| activity.at))
}

fn names(session: &Session, territory: &str) -> bool {
    session.territories.is_empty() || session.territories.iter().any(|name| name == territory)
}

fn holds(session: &Session, territory: &str, at: Instant) -> bool {
    names(session, territory) && session.earliest <= at && at <= session.latest
}

fn outside_of_sessions(case: &Case) -> Vec<Finding> {
    let mut findings = Vec::new();
    for prescription in &case.prescriptions {
        let Some(at) = planned(prescription) else {
            continue;
        };
        let inside = case
            .sessions
            .iter()
            .any(|session| holds(session, &prescription.territory, at));
        if !case.sessions.is_empty() && !inside {
            findings.push(Finding {
                severity: "weakens",
                subject: format!("[[prescription]] of `{}`", prescription.territory),
                rule: format!("{at} lies outside of every [[session]] that names it"),
                fix: "move it, or book a session".to_owned(),
            });
        }
    }
    findings
}

fn idle_sessions(case: &Case) -> Vec<Finding> {
    // Without prescriptions the plan proposes activities for all territories.
    if case.prescriptions.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, session) in case.sessions.iter().enumerate() {
        let by_plan = case.prescriptions.iter().any(|prescription| {
            // Without an instant the plan takes a session that names it.
            planned(prescription).map_or_else(
                || names(session, &prescription.territory),
                |at| holds(session, &prescription.territory, at),
            )
        });
        let given = case
            .administrations
            .iter()
            .any(|given| holds(session, &given.territory, given.at));
        if !by_plan && !given {
            findings.push(Finding {
                severity: "note",
                subject: format!("[[session]] {}", number + 1),
                rule: format!(
                    "no infusion is planned or given from {} to {}",
                    session.earliest, session.latest
                ),
                fix: "cancel it, or name its territories".to_owned(),
            });
        }
    }
    findings
}

fn idle_vials(case: &Case, order: &VialPlan) -> Vec<Finding> {
    let plan = order
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.plan.as_ref());
    let mut findings = Vec::new();
    for vial in &case.vials {
        let given = case
            .administrations
            .iter()
            .any(|given| given.vial.as_ref() == Some(&vial.label));
        let ordered = plan.is_some_and(|plan| {
            plan.vials.iter().any(|planned| {
                planned.vial.size == vial.calibrated.activity
                    && planned.vial.calibrated_at == vial.calibrated.at.timestamp()
            })
        });
        if !given && !ordered {
            findings.push(Finding {
                severity: "note",
                subject: format!("[[vial]] `{}`", vial.label),
                rule: format!(
                    "no infusion is planned or given from it ({} at {})",
                    vial.calibrated.activity, vial.calibrated.at
                ),
                fix: "return it, or name it in an [[administration]]".to_owned(),
            });
        }
    }
    findings
}
