//! The worst grade of each laboratory value of a patient after treatment.

use std::collections::BTreeMap;

use super::LaboratoryValue;
use crate::OutcomeError;
use crate::response::Day;
use crate::toxicity::{GradedValue, LaboratoryGrades};

/// For each term the worst grade after `origin`; none where no value can be graded.
///
/// # Errors
/// [`OutcomeError::UnknownCriterion`] for a test that has no grades.
pub(super) fn worst_grades(
    values: &[LaboratoryValue],
    origin: Day,
    grades: &LaboratoryGrades,
) -> Result<Vec<(String, Option<u8>)>, OutcomeError> {
    let mut by_test: BTreeMap<&str, Vec<&LaboratoryValue>> = BTreeMap::new();
    for value in values {
        by_test.entry(&value.test).or_default().push(value);
    }
    let mut found = Vec::new();
    for (test, mut rows) in by_test {
        let term = grades.named(test)?.term.clone();
        rows.sort_by_key(|row| row.day);
        let baseline = rows.iter().rev().find(|row| row.day <= origin).copied();
        let mut worst = None;
        let mut after = false;
        for row in rows.iter().filter(|row| row.day > origin) {
            after = true;
            let same_unit = baseline.filter(|baseline| baseline.unit == row.unit);
            let given = GradedValue {
                value: row.value,
                lower_limit: row.lower_limit,
                upper_limit: row.upper_limit,
                baseline: same_unit.map(|row| row.value),
                baseline_upper_limit: same_unit.and_then(|row| row.upper_limit),
                symptomatic: false,
                anticoagulated: false,
            };
            // A value without a range of reference has no grade: counted as such.
            if let Ok(grade) = grades.grade(test, given) {
                worst = worst.max(Some(grade.grade));
            }
        }
        if after {
            found.push((term, worst));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bilirubin(day: i32, value: f64, upper_limit: Option<f64>) -> LaboratoryValue {
        LaboratoryValue {
            test: "bilirubin".to_owned(),
            day: Day::from_number(day),
            value,
            unit: "umol/L".to_owned(),
            lower_limit: None,
            upper_limit,
        }
    }

    #[test]
    fn the_worst_value_after_treatment_counts() {
        let grades = LaboratoryGrades::built_in().unwrap();
        // CTCAE v5: 1.5 to 3 times the limit is grade 2; baseline was normal.
        let values = [
            bilirubin(-5, 15.0, Some(20.0)),
            bilirubin(30, 45.0, Some(20.0)),
            bilirubin(60, 18.0, Some(20.0)),
        ];
        let found = worst_grades(&values, Day::from_number(0), &grades).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, Some(2));
        let without = [bilirubin(30, 45.0, None)];
        let found = worst_grades(&without, Day::from_number(0), &grades).unwrap();
        assert_eq!(found[0].1, None);
    }
}
