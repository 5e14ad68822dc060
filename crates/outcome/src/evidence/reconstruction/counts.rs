//! Counts that keep every rule of a plan, chosen by a goal at random.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::claims::Plan;
use crate::OutcomeError;
use crate::evidence::claim::{Study, Verdict, check_study};

/// The counts of a set of patients.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    values: Vec<f64>,
}

impl Counts {
    /// Solves a plan for a goal at random, so that each seed reaches another
    /// corner of what the claims leave open.
    pub(super) fn solved(
        study: &Study,
        plan: &Plan,
        random: &mut ChaCha8Rng,
    ) -> Result<Self, OutcomeError> {
        let goal: Vec<f64> = (0..plan.model.len())
            .map(|_| random.random_range(-1.0..1.0))
            .collect();
        match plan.model.solve(&goal, |_| true)? {
            Some(values) => Ok(Self { values }),
            None => Err(irreconcilable(study, plan)?),
        }
    }

    /// The count of a name; 0 where claims know no such count.
    pub(super) fn of(&self, plan: &Plan, name: &str) -> usize {
        let value = plan
            .model
            .named(name)
            .and_then(|number| self.values.get(number))
            .copied()
            .unwrap_or(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rounded count of patients, 0 or more"
        )]
        let value = value.round() as usize;
        value
    }
}

/// Which claims cannot hold at once, and why.
fn irreconcilable(study: &Study, plan: &Plan) -> Result<OutcomeError, OutcomeError> {
    let conflict = plan.model.conflict(study.claims.len())?;
    let checked = check_study(study)?;
    let mut reasons = Vec::new();
    for claim in &conflict {
        let (claim, checked) = (&study.claims[*claim], &checked.claims[*claim]);
        let alone = if checked.verdict == Verdict::Impossible {
            format!(", {}: {}", checked.verdict, checked.reason)
        } else {
            String::new()
        };
        reasons.push(format!("{} ({}){alone}", claim.id, claim.printed()));
    }
    Ok(OutcomeError::Irreconcilable {
        claims: reasons.join("; "),
        advice: if conflict.is_empty() {
            "the study's own numbers of patients contradict each other".to_owned()
        } else {
            "leave one of them out, or read one in another way".to_owned()
        },
    })
}
