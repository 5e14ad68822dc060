//! Patients that print every claim of a study at once.
//!
//! ```text
//! claims ──▶ whole numbers with linear rules ──solver──▶ counts ──seed──▶ patients ──judged──▶ claims again
//! ```
//!
//! Printed claims are rules of counts: a percentage that rounds so is two
//! inequalities of k and n, a relation an equation, a follow-up a bound on who
//! can still be judged. A mixed-integer solver finds counts that keep all of
//! them, or the smallest set of claims that cannot hold at once. What claims
//! leave open follows a seed. The patients then go through the code of a real
//! cohort, and every claim has to come out.
//!
//! Assumptions, each of which a real study may break: nobody is assessed after
//! progression; of an even number of patients the two in the middle of the
//! follow-up have the same; a patient whose follow-up ends in a month is still
//! assessed in it.

mod claims;
mod counts;
mod course;
mod lesions;
mod model;
mod patients;
mod structure;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use self::counts::Counts;
use crate::OutcomeError;
use crate::evidence::claim::Study;
use crate::evidence::cohort::{
    Cohort, CohortRules, EndpointOptions, JudgedCohort, PrintedComparison, compare_claim,
};

/// One set of patients.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconstruction {
    /// The seed that it came of.
    pub seed: u64,
    /// The patients.
    pub cohort: Cohort,
    /// The same, judged.
    pub judged: JudgedCohort,
    /// Every claim beside what the patients give.
    pub claims: Vec<PrintedComparison>,
}

/// Makes sets of patients, each by a seed of its own, counted from `seed`.
///
/// # Errors
/// [`OutcomeError::Irreconcilable`] with the claims that cannot hold at once;
/// [`OutcomeError::NotEstimable`] for claims of a kind that is not
/// reconstructed, and where the patients that were made do not print a claim.
pub fn reconstruct(
    study: &Study,
    rules: &CohortRules,
    seed: u64,
    sets: u32,
) -> Result<Vec<Reconstruction>, OutcomeError> {
    let plan = claims::plan(study, rules)?;
    let mut found = Vec::new();
    for number in 0..u64::from(sets) {
        let seed = seed.wrapping_add(number);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let counts = Counts::solved(study, &plan, &mut random)?;
        let cohort = patients::cohort(&plan, &counts, &mut random)?;
        let judged = JudgedCohort::of(&cohort, rules)?;
        let options = EndpointOptions::default();
        let claims = study
            .claims
            .iter()
            .map(|claim| compare_claim(study, claim, &judged, &options))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(wrong) = claims.iter().find(|claim| !claim.equal) {
            return Err(OutcomeError::NotEstimable {
                method: "reconstruction",
                reason: format!(
                    "no patients were found for claim `{}`, printed {}: the best gave {} ({})",
                    wrong.id,
                    wrong.printed,
                    wrong.computed,
                    wrong.reason.as_deref().unwrap_or_default()
                ),
            });
        }
        found.push(Reconstruction {
            seed,
            cohort,
            judged,
            claims,
        });
    }
    Ok(found)
}
