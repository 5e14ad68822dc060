//! Counts of several claims that fit all their relations at once.

use super::Solution;
use super::study::{Relation, RelationKind};

/// A search by trial and return over small sets of counts.
pub(super) struct JointSearch<'a> {
    /// The counts of each claim, by its number.
    pub(super) domains: Vec<&'a [Solution]>,
    /// Relations with the numbers of their claims.
    pub(super) relations: Vec<NumberedRelation>,
}

/// A relation by the numbers of its claims.
pub(super) struct NumberedRelation {
    pub(super) kind: RelationKind,
    pub(super) whole: Option<usize>,
    pub(super) parts: Vec<usize>,
}

impl NumberedRelation {
    pub(super) fn of(relation: &Relation, number: impl Fn(&str) -> Option<usize>) -> Self {
        Self {
            kind: relation.kind,
            whole: relation.whole.as_deref().and_then(&number),
            parts: relation.parts.iter().filter_map(|id| number(id)).collect(),
        }
    }

    /// Whether what is chosen so far can still fit.
    fn holds(&self, chosen: &[Option<Solution>]) -> bool {
        let whole = self.whole.and_then(|whole| chosen[whole]);
        let parts = || self.parts.iter().filter_map(|part| chosen[*part]);
        let complete = parts().count() == self.parts.len();
        let sum: u64 = parts().map(|part| part.k).sum();
        match self.kind {
            RelationKind::SameDenominator => one_denominator(parts()),
            RelationKind::Partition => {
                one_denominator(parts())
                    && parts()
                        .next()
                        .is_none_or(|first| sum <= first.n && (!complete || sum == first.n))
            }
            RelationKind::Sum => {
                one_denominator(parts().chain(whole))
                    && whole.is_none_or(|whole| sum <= whole.k && (!complete || sum == whole.k))
            }
            RelationKind::Within => whole.is_none_or(|whole| parts().all(|part| part.k <= whole.k)),
            RelationKind::DenominatorIsCount => {
                whole.is_none_or(|whole| parts().all(|part| part.n == whole.k))
            }
        }
    }
}

fn one_denominator(mut solutions: impl Iterator<Item = Solution>) -> bool {
    let Some(first) = solutions.next() else {
        return true;
    };
    solutions.all(|solution| solution.n == first.n)
}

/// What a search found.
pub(super) struct Found {
    /// Joint solutions, each with a count for every claim.
    pub(super) solutions: Vec<Vec<Solution>>,
    /// Whether the search stopped at its limit.
    pub(super) more: bool,
}

impl JointSearch<'_> {
    /// All joint solutions up to a limit of them.
    pub(super) fn run(&self, limit: usize) -> Found {
        let mut found = Found {
            solutions: Vec::new(),
            more: false,
        };
        let mut chosen = vec![None; self.domains.len()];
        self.choose(0, &mut chosen, limit, &mut found);
        found
    }

    fn choose(
        &self,
        claim: usize,
        chosen: &mut Vec<Option<Solution>>,
        limit: usize,
        found: &mut Found,
    ) {
        if claim == self.domains.len() {
            if found.solutions.len() == limit {
                found.more = true;
            } else {
                found
                    .solutions
                    .push(chosen.iter().filter_map(|solution| *solution).collect());
            }
            return;
        }
        for solution in self.domains[claim] {
            chosen[claim] = Some(*solution);
            if self.relations.iter().all(|relation| relation.holds(chosen)) {
                self.choose(claim + 1, chosen, limit, found);
            }
            if found.more {
                break;
            }
        }
        chosen[claim] = None;
    }
}
