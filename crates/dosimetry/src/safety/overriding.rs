//! Overrides of rules: by whom, why and when.
//!
//! An override needs a name and a reason.
//! It stays in the record beside the outcome, which it does not change.
//! Only a warning or a stop can be overridden: an unknown rule wants its
//! fact, and some stops are data errors or must be cleared where they stand
//! ([`SafetyRule::overridable`]).
//! An override of a rule that now passes is not an error, since a plan that
//! got better must not stop by it; it is handed back as unused, so that it is
//! seen and taken out.

use serde::{Deserialize, Serialize};

use super::rule::{Outcome, RuleResult, SafetyRule};
use crate::DosimetryError;

/// Who takes on a rule's warning or stop, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Name of the person.
    pub by: String,
    /// Reason in words.
    pub reason: String,
    /// When.
    pub at: jiff::Timestamp,
}

/// An override of a rule as a case holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleOverride {
    /// The rule by its id.
    pub rule: String,
    /// Name of the person.
    pub by: String,
    /// Reason in words.
    pub reason: String,
    /// When.
    pub at: jiff::Timestamp,
}

/// An override that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnusedOverride {
    /// The override.
    #[serde(flatten)]
    pub given: RuleOverride,
    /// Why it changes nothing.
    pub why: String,
}

/// Results with their overrides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverriddenRules {
    /// Every rule with its original outcome, and the override where there is one.
    pub results: Vec<RuleResult>,
    /// Overrides of rules that pass or do not apply.
    pub unused: Vec<UnusedOverride>,
}

/// Puts overrides beside the results.
///
/// # Errors
/// [`DosimetryError::UnknownName`] for a rule that does not exist, with those
/// that look alike; [`DosimetryError::Override`] for an empty name or reason,
/// two overrides of one rule, a rule that lacks its fact, or a stop that
/// cannot be overridden.
pub fn apply_overrides(
    results: Vec<RuleResult>,
    overrides: &[RuleOverride],
) -> Result<OverriddenRules, DosimetryError> {
    let mut results = results;
    let mut unused = Vec::new();
    for (at, given) in overrides.iter().enumerate() {
        let refused = |reason: String| DosimetryError::Override {
            rule: given.rule.clone(),
            reason,
        };
        let result = results
            .iter_mut()
            .find(|result| result.id == given.rule)
            .ok_or_else(|| DosimetryError::UnknownName {
                what: "safety rule",
                name: given.rule.clone(),
                known: alike(&given.rule),
            })?;
        for (what, text) in [("name", &given.by), ("reason", &given.reason)] {
            if text.trim().is_empty() {
                return Err(refused(format!("the {what} is empty")));
            }
        }
        if overrides[..at].iter().any(|other| other.rule == given.rule) {
            return Err(refused("stands twice".to_owned()));
        }
        match result.outcome {
            Outcome::Unknown => {
                return Err(refused(format!(
                    "is unknown; state what is missing instead: {}",
                    result.missing.join(", ")
                )));
            }
            Outcome::Stop if !result.overridable => {
                return Err(refused("this stop cannot be overridden".to_owned()));
            }
            Outcome::Pass | Outcome::NotApplicable => unused.push(UnusedOverride {
                given: given.clone(),
                why: if result.outcome == Outcome::Pass {
                    "the rule passes".to_owned()
                } else {
                    "the rule does not apply".to_owned()
                },
            }),
            Outcome::Warn | Outcome::Stop => {
                result.overridden = Some(Override {
                    by: given.by.trim().to_owned(),
                    reason: given.reason.trim().to_owned(),
                    at: given.at,
                });
            }
        }
    }
    Ok(OverriddenRules { results, unused })
}

/// Rules that share a word with a name; all where none does.
fn alike(name: &str) -> String {
    let words: Vec<String> = name
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(str::to_owned)
        .collect();
    let ids = || SafetyRule::ALL.iter().map(|rule| rule.id());
    let near: Vec<&str> = ids()
        .filter(|id| {
            id.split('-')
                .any(|part| words.iter().any(|word| word == part))
        })
        .collect();
    if near.is_empty() {
        ids().collect::<Vec<_>>().join(", ")
    } else {
        near.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::rule::{Said, unknown};

    fn results() -> Vec<RuleResult> {
        let said = |rule: SafetyRule, outcome| {
            Said::new(outcome, None, None, "said".to_owned()).of(rule, "source", false)
        };
        vec![
            said(SafetyRule::LungDoseSingle, Outcome::Stop),
            said(SafetyRule::HepaticReserve, Outcome::Warn),
            said(SafetyRule::VialWindow, Outcome::Stop),
            said(SafetyRule::LiverVolumes, Outcome::Pass),
            said(SafetyRule::LungActivity, Outcome::NotApplicable),
            unknown(SafetyRule::Bilirubin, "source", false, &["total bilirubin"]),
        ]
    }

    fn given(rule: &str) -> RuleOverride {
        RuleOverride {
            rule: rule.to_owned(),
            by: "A. Physicist ".to_owned(),
            reason: "shunt is of an earlier catheter position".to_owned(),
            at: "2026-03-01T09:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn an_override_stands_beside_the_outcome() {
        let blocked = results();
        assert!(blocked[0].blocks());
        let overrides = [given("lung-dose-single"), given("hepatic-reserve")];
        let after = apply_overrides(blocked, &overrides).unwrap();
        assert_eq!(after.results[0].outcome, Outcome::Stop);
        assert!(!after.results[0].blocks());
        assert_eq!(after.results[1].outcome, Outcome::Warn);
        let overridden = after.results[0].overridden.as_ref().unwrap();
        assert_eq!(overridden.by, "A. Physicist");
        assert!(after.unused.is_empty());
        // The expired vial still blocks.
        assert!(crate::safety::is_blocked(&after.results));
        let json = serde_json::to_value(&after.results[0]).unwrap();
        assert_eq!(json["outcome"], "stop");
        assert_eq!(json["overridden"]["at"], "2026-03-01T09:00:00Z");
    }

    #[test]
    fn an_override_of_a_rule_that_passes_is_handed_back_as_unused() {
        let overrides = [given("liver-volumes"), given("lung-activity")];
        let after = apply_overrides(results(), &overrides).unwrap();
        assert_eq!(after.results, results());
        let why: Vec<&str> = after.unused.iter().map(|one| &one.why[..]).collect();
        assert_eq!(why, ["the rule passes", "the rule does not apply"]);
    }

    #[test]
    fn refuses_what_cannot_stand() {
        let said = |overrides: &[RuleOverride]| {
            apply_overrides(results(), overrides)
                .unwrap_err()
                .to_string()
        };
        let without = |by: &str, reason: &str| RuleOverride {
            by: by.to_owned(),
            reason: reason.to_owned(),
            ..given("lung-dose-single")
        };
        assert_eq!(
            said(&[without(" ", "why")]),
            "override of rule `lung-dose-single`: the name is empty"
        );
        assert_eq!(
            said(&[without("who", "")]),
            "override of rule `lung-dose-single`: the reason is empty"
        );
        assert_eq!(
            said(&[given("vial-window")]),
            "override of rule `vial-window`: this stop cannot be overridden"
        );
        assert_eq!(
            said(&[given("bilirubin")]),
            "override of rule `bilirubin`: is unknown; state what is missing instead: total bilirubin"
        );
        assert_eq!(
            said(&[given("hepatic-reserve"), given("hepatic-reserve")]),
            "override of rule `hepatic-reserve`: stands twice"
        );
        assert_eq!(
            said(&[given("Vial_expired")]),
            "safety rule `Vial_expired` is unknown; known are vial-activity, vial-window"
        );
        let all = said(&[given("nonsense")]);
        assert!(
            SafetyRule::ALL.iter().all(|rule| all.contains(rule.id())),
            "{all}"
        );
    }
}
