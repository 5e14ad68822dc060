//! Whole numbers under linear rules, each rule with the claims that it stands for.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem};

use crate::OutcomeError;

/// A sum of numbers times factors, and a constant.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sum {
    terms: BTreeMap<usize, f64>,
    constant: f64,
}

impl Sum {
    pub(super) fn constant(value: f64) -> Self {
        Self {
            terms: BTreeMap::new(),
            constant: value,
        }
    }

    /// The constant, where there is nothing else.
    pub(super) fn as_constant(&self) -> Option<f64> {
        self.terms.is_empty().then_some(self.constant)
    }

    pub(super) fn of(variable: usize) -> Self {
        Self {
            terms: BTreeMap::from([(variable, 1.0)]),
            constant: 0.0,
        }
    }

    pub(super) fn plus(mut self, other: &Self) -> Self {
        for (variable, factor) in &other.terms {
            *self.terms.entry(*variable).or_insert(0.0) += factor;
        }
        self.constant += other.constant;
        self
    }

    pub(super) fn times(mut self, factor: f64) -> Self {
        for value in self.terms.values_mut() {
            *value *= factor;
        }
        self.constant *= factor;
        self
    }

    pub(super) fn minus(self, other: &Self) -> Self {
        self.plus(&other.clone().times(-1.0))
    }
}

/// How a sum stands to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Against {
    Equal,
    AtMost,
    AtLeast,
}

#[derive(Debug, Clone)]
struct Rule {
    sum: Sum,
    against: Against,
    /// Claims by number: the rule stands where all of them are kept.
    claims: Vec<usize>,
}

/// Numbers by name with their bounds, and rules.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    names: BTreeMap<String, usize>,
    variables: Vec<(f64, f64, bool)>,
    rules: Vec<Rule>,
}

impl Model {
    /// The whole number of a name, from 0 to `most` when it is new.
    pub(super) fn whole(&mut self, name: &str, most: u64) -> usize {
        self.variable(name, most as f64, true)
    }

    /// The real number of a name, from 0 to `most` when it is new.
    pub(super) fn real(&mut self, name: &str, most: f64) -> usize {
        self.variable(name, most, false)
    }

    fn variable(&mut self, name: &str, most: f64, whole: bool) -> usize {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let number = self.variables.len();
        self.variables.push((0.0, most, whole));
        self.names.insert(name.to_owned(), number);
        number
    }

    /// The number of a name, where there is one.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }

    /// Adds a rule: the sum against zero, as long as these claims are kept.
    pub(super) fn rule(&mut self, sum: Sum, against: Against, claims: &[usize]) {
        self.rules.push(Rule {
            sum,
            against,
            claims: claims.to_vec(),
        });
    }

    /// Numbers that keep all rules of the kept claims and make the goal large;
    /// none where there are none.
    ///
    /// # Errors
    /// [`OutcomeError::NotEstimable`] where the solver fails.
    pub(super) fn solve(
        &self,
        goal: &[f64],
        kept: impl Fn(usize) -> bool,
    ) -> Result<Option<Vec<f64>>, OutcomeError> {
        let failed = |reason: String| OutcomeError::NotEstimable {
            method: "mixed-integer solver",
            reason,
        };
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let variables: Vec<_> = self
            .variables
            .iter()
            .enumerate()
            .map(|(number, (least, most, whole))| {
                let factor = goal.get(number).copied().unwrap_or(0.0);
                if *whole {
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "counts of patients, far below the end"
                    )]
                    let bounds = (*least as i32, *most as i32);
                    problem.add_integer_var(factor, bounds)
                } else {
                    problem.add_var(factor, (*least, *most))
                }
            })
            .collect();
        for rule in &self.rules {
            if !rule.claims.iter().all(|claim| kept(*claim)) {
                continue;
            }
            let against = match rule.against {
                Against::Equal => ComparisonOp::Eq,
                Against::AtMost => ComparisonOp::Le,
                Against::AtLeast => ComparisonOp::Ge,
            };
            let terms: Vec<_> = rule
                .sum
                .terms
                .iter()
                .filter(|(_, factor)| factor.abs() > 0.0)
                .map(|(variable, factor)| (variables[*variable], *factor))
                .collect();
            if terms.is_empty() {
                let constant = rule.sum.constant;
                let holds = match rule.against {
                    Against::Equal => constant.abs() < 1e-9,
                    Against::AtMost => constant < 1e-9,
                    Against::AtLeast => constant > -1e-9,
                };
                if !holds {
                    return Ok(None);
                }
                continue;
            }
            problem.add_constraint(terms, against, -rule.sum.constant);
        }
        match problem.solve() {
            Ok(outcome) => {
                let solution = outcome
                    .solution()
                    .ok_or_else(|| failed("it was interrupted".to_owned()))?;
                Ok(Some(
                    variables
                        .iter()
                        .zip(&self.variables)
                        .map(|(variable, (_, _, whole))| {
                            let value = solution.var_value(*variable);
                            if *whole { value.round() } else { value }
                        })
                        .collect(),
                ))
            }
            Err(Error::Infeasible) => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// The smallest set of claims among those up to `claims` that has no
    /// numbers: leaving any of them out would.
    ///
    /// # Errors
    /// As [`Self::solve`].
    pub(super) fn conflict(&self, claims: usize) -> Result<Vec<usize>, OutcomeError> {
        let mut kept: Vec<bool> = vec![true; claims];
        for claim in 0..claims {
            kept[claim] = false;
            if self.solve(&[], |number| kept[number])?.is_some() {
                kept[claim] = true;
            }
        }
        Ok((0..claims).filter(|claim| kept[*claim]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_numbers_or_the_claims_in_conflict() {
        let mut model = Model::default();
        let x = model.whole("x", 10);
        let y = model.whole("y", 10);
        // x + y = 7 by claim 0; x at least 5 by claim 1; y at least 4 by claim 2.
        let both = Sum::of(x).plus(&Sum::of(y)).plus(&Sum::constant(-7.0));
        model.rule(both, Against::Equal, &[0]);
        model.rule(
            Sum::of(x).minus(&Sum::constant(5.0)),
            Against::AtLeast,
            &[1],
        );
        let found = model.solve(&[-1.0, 0.0], |_| true).unwrap().unwrap();
        assert_eq!(found, [5.0, 2.0]);
        model.rule(
            Sum::of(y).minus(&Sum::constant(4.0)),
            Against::AtLeast,
            &[2],
        );
        model.rule(Sum::of(y).minus(&Sum::constant(9.0)), Against::AtMost, &[3]);
        assert_eq!(model.solve(&[], |_| true).unwrap(), None);
        assert_eq!(model.conflict(4).unwrap(), [0, 1, 2]);
    }
}
