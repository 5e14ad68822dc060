//! Grades of laboratory values by CTCAE, version 5.0.
//!
//! What rises is compared with multiples of the upper limit of normal at its
//! date, or, when the baseline was above it, with multiples of the baseline;
//! what falls with absolute limits below the lower limit of normal.
//! Values and limits are whole numbers of ten-thousandths, so that 1.05 is
//! exactly 1.5 times 0.7.
//!
//! Creatinine takes the worse of both comparisons. Lipase and amylase: between
//! two and five times the limit grade 2 without and 3 with symptoms, above it
//! grade 3 without and 4 with.
//! Table: `data/ctcae.toml`, source ctcae2017.

use serde::Deserialize;

use crate::OutcomeError;
use crate::response::Diameter;

const TABLE: &str = "table of laboratory grades";

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaboratoryGrading {
    /// Name of the test.
    pub name: String,
    /// The term of CTCAE.
    pub term: String,
    /// The unit of absolute limits.
    pub unit: String,
    #[serde(default)]
    rise: Vec<String>,
    #[serde(default)]
    from_baseline: Vec<String>,
    #[serde(default)]
    first_inclusive: bool,
    #[serde(default)]
    fall: Vec<String>,
    #[serde(default)]
    absolute_rise: Vec<String>,
    #[serde(default)]
    beside_baseline: Vec<String>,
    #[serde(default)]
    symptoms_decide: bool,
    /// Where it stands.
    pub source: String,
    /// Whether it was not read again there.
    #[serde(default)]
    pub doubtful: bool,
}

#[derive(Debug, Deserialize)]
struct Written {
    test: Vec<LaboratoryGrading>,
}

/// The laboratory grades of CTCAE.
#[derive(Debug, Clone, PartialEq)]
pub struct LaboratoryGrades {
    tests: Vec<LaboratoryGrading>,
}

/// A value with what it is compared with, all in the unit of the test.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GradedValue {
    /// The value.
    pub value: f64,
    /// Lower limit of normal of the laboratory on that day.
    pub lower_limit: Option<f64>,
    /// Upper limit of normal of the laboratory on that day.
    pub upper_limit: Option<f64>,
    /// The value at baseline.
    pub baseline: Option<f64>,
    /// Upper limit of normal at baseline; that of the day where none.
    pub baseline_upper_limit: Option<f64>,
    /// Whether there are signs or symptoms (lipase, amylase).
    pub symptomatic: bool,
    /// Whether an anticoagulant is given (INR).
    pub anticoagulated: bool,
}

/// A grade and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaboratoryGrade {
    /// The term of CTCAE.
    pub term: String,
    /// 0 to 4; 0 is none.
    pub grade: u8,
    /// What the value was compared with.
    pub compared_with: &'static str,
    /// Whether the limits were recalled.
    pub doubtful: bool,
}

/// Whole ten-thousandths.
fn ticks(value: f64, what: &'static str) -> Result<i128, OutcomeError> {
    Diameter::from_mm(value)
        .map(|ticks| i128::from(ticks.ticks()))
        .map_err(|_| OutcomeError::Implausible {
            what,
            value: value.to_string(),
            allowed: "0..=400000".to_owned(),
        })
}

fn limits(written: &[String]) -> Result<Vec<i128>, OutcomeError> {
    written
        .iter()
        .map(|limit| {
            Diameter::parse(limit)
                .map(|ticks| i128::from(ticks.ticks()))
                .map_err(|_| OutcomeError::DataTable {
                    table: TABLE,
                    reason: format!("`{limit}` is no limit"),
                })
        })
        .collect()
}

const WHOLE: i128 = 10_000;

/// How many of the multiples of `of` the value lies above.
fn multiples_passed(value: i128, of: i128, multiples: &[i128], first_inclusive: bool) -> usize {
    multiples
        .iter()
        .enumerate()
        .take_while(|(at, multiple)| {
            let (value, limit) = (value * WHOLE, **multiple * of);
            value > limit || (*at == 0 && first_inclusive && value == limit)
        })
        .count()
}

impl LaboratoryGrades {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] when it is damaged, which a unit test rules out.
    pub fn built_in() -> Result<Self, OutcomeError> {
        Self::from_toml(include_str!("../../data/ctcae.toml"))
    }

    /// Reads a table in the form of `data/ctcae.toml`.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for text that is no such table, and for
    /// limits that do not rise (fall, of what falls).
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let written: Written = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for test in &written.test {
            for (row, rising) in [
                (&test.rise, true),
                (&test.from_baseline, true),
                (&test.absolute_rise, true),
                (&test.beside_baseline, true),
                (&test.fall, false),
            ] {
                let limits = limits(row)?;
                if !limits
                    .windows(2)
                    .all(|pair| (pair[0] < pair[1]) == rising && pair[0] != pair[1])
                {
                    return Err(wrong(format!("limits of {} are out of order", test.name)));
                }
            }
        }
        Ok(Self {
            tests: written.test,
        })
    }

    /// Every test.
    pub fn iter(&self) -> impl Iterator<Item = &LaboratoryGrading> {
        self.tests.iter()
    }

    /// The row of a test.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownCriterion`] for a test that is not in the table.
    pub fn named(&self, test: &str) -> Result<&LaboratoryGrading, OutcomeError> {
        self.tests
            .iter()
            .find(|row| row.name == test)
            .ok_or_else(|| OutcomeError::UnknownCriterion {
                name: test.to_owned(),
                known: self
                    .tests
                    .iter()
                    .map(|row| row.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// The grade of a value of a test.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownCriterion`] for a test that is not in the table,
    /// [`OutcomeError::MissingValue`] without a limit of normal that the grade
    /// turns on, [`OutcomeError::Implausible`] for values that cannot be.
    pub fn grade(&self, test: &str, given: GradedValue) -> Result<LaboratoryGrade, OutcomeError> {
        let row = self.named(test)?;
        let (grade, compared_with) = row.grade(given)?;
        Ok(LaboratoryGrade {
            term: row.term.clone(),
            grade: u8::try_from(grade).unwrap_or(4).min(4),
            compared_with,
            doubtful: row.doubtful,
        })
    }
}

impl LaboratoryGrading {
    fn grade(&self, given: GradedValue) -> Result<(usize, &'static str), OutcomeError> {
        let value = ticks(given.value, "laboratory value")?;
        let baseline = given
            .baseline
            .map(|value| ticks(value, "value at baseline"))
            .transpose()?;
        let missing = |what: &str| OutcomeError::MissingValue {
            score: "a grade of CTCAE",
            missing: what.to_owned(),
        };
        if !self.fall.is_empty() {
            // Below an absolute limit, the limit of normal no longer asks.
            let absolute = limits(&self.fall)?;
            let passed = absolute.iter().take_while(|limit| value < **limit).count();
            let grade = if passed > 0 {
                passed + 1
            } else {
                let lower = given
                    .lower_limit
                    .ok_or_else(|| missing("the lower limit of normal"))?;
                usize::from(value < ticks(lower, "lower limit of normal")?)
            };
            return Ok((grade, "absolute limits"));
        }
        if !self.absolute_rise.is_empty() {
            let absolute = limits(&self.absolute_rise)?;
            let grade = absolute.iter().take_while(|limit| value > **limit).count();
            if grade == 0 && given.anticoagulated && baseline.is_some_and(|was| value > was) {
                return Ok((1, "baseline under an anticoagulant"));
            }
            return Ok((grade, "absolute limits"));
        }
        let upper = given
            .upper_limit
            .map(|limit| ticks(limit, "upper limit of normal"))
            .transpose()?;
        let upper_then = given
            .baseline_upper_limit
            .map(|limit| ticks(limit, "upper limit of normal"))
            .transpose()?
            .or(upper);
        if !self.from_baseline.is_empty()
            && let Some(baseline) =
                baseline.filter(|baseline| upper_then.is_some_and(|limit| *baseline > limit))
        {
            let multiples = limits(&self.from_baseline)?;
            let grade = multiples_passed(value, baseline, &multiples, self.first_inclusive);
            return Ok((grade, "an abnormal baseline"));
        }
        let upper = upper.ok_or_else(|| missing("the upper limit of normal"))?;
        let grade = multiples_passed(value, upper, &limits(&self.rise)?, false);
        if self.symptoms_decide {
            // 1: to 1.5, 2: to 2; to 5 and above it symptoms decide.
            let grade = match (grade, given.symptomatic) {
                (3, false) => 2,
                (4, false) => 3,
                (grade, _) => grade,
            };
            return Ok((grade, "the upper limit of normal and symptoms"));
        }
        if !self.beside_baseline.is_empty()
            && let Some(baseline) = baseline
        {
            let passed = multiples_passed(value, baseline, &limits(&self.beside_baseline)?, false);
            let beside = if passed > 0 { passed + 1 } else { 0 };
            if beside > grade {
                return Ok((beside, "baseline"));
            }
        }
        Ok((grade, "the upper limit of normal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(test: &str, given: GradedValue) -> u8 {
        LaboratoryGrades::built_in()
            .unwrap()
            .grade(test, given)
            .unwrap()
            .grade
    }

    fn rising(value: f64, upper: f64, baseline: f64) -> GradedValue {
        GradedValue {
            value,
            upper_limit: Some(upper),
            baseline: Some(baseline),
            ..GradedValue::default()
        }
    }

    fn falling(value: f64, lower: f64) -> GradedValue {
        GradedValue {
            value,
            lower_limit: Some(lower),
            ..GradedValue::default()
        }
    }

    #[test]
    fn tv_e1() {
        // DOMAIN TV-E1.
        assert_eq!(grade("bilirubin", rising(25.0, 21.0, 15.0)), 1);
        assert_eq!(grade("bilirubin", rising(70.0, 21.0, 15.0)), 3);
        assert_eq!(grade("bilirubin", rising(50.0, 21.0, 30.0)), 2);
        assert_eq!(grade("bilirubin", rising(50.0, 21.0, 15.0)), 2);
        assert_eq!(grade("bilirubin", rising(31.5, 21.0, 15.0)), 1);
        assert_eq!(grade("platelets", falling(50.0, 150.0)), 2);
        assert_eq!(grade("platelets", falling(49.9, 150.0)), 3);
        assert_eq!(grade("lymphocytes", falling(800.0, 1000.0)), 1);
        assert_eq!(grade("lymphocytes", falling(799.0, 1000.0)), 2);
    }

    #[test]
    fn every_bound_from_both_sides() {
        for (test, bounds) in [
            ("bilirubin", [1.0, 1.5, 3.0, 10.0]),
            ("alt", [1.0, 3.0, 5.0, 20.0]),
            ("ast", [1.0, 3.0, 5.0, 20.0]),
            ("alp", [1.0, 2.5, 5.0, 20.0]),
            ("ggt", [1.0, 2.5, 5.0, 20.0]),
            ("creatinine", [1.0, 1.5, 3.0, 6.0]),
        ] {
            for (below, bound) in bounds.into_iter().enumerate() {
                let at = 40.0 * bound;
                let given = |value| GradedValue {
                    value,
                    upper_limit: Some(40.0),
                    ..GradedValue::default()
                };
                assert_eq!(usize::from(grade(test, given(at))), below, "{test} {bound}");
                assert_eq!(usize::from(grade(test, given(at + 0.001))), below + 1);
            }
        }
        for (test, bounds) in [
            ("albumin", vec![35.0, 30.0, 20.0]),
            ("platelets", vec![150.0, 75.0, 50.0, 25.0]),
            ("haemoglobin", vec![120.0, 100.0, 80.0]),
            ("lymphocytes", vec![1000.0, 800.0, 500.0, 200.0]),
        ] {
            let lower = bounds[0];
            for (before, bound) in bounds.iter().enumerate() {
                assert_eq!(usize::from(grade(test, falling(*bound, lower))), before);
                assert_eq!(
                    usize::from(grade(test, falling(bound - 0.001, lower))),
                    before + 1
                );
            }
        }
    }

    #[test]
    fn an_abnormal_baseline_replaces_the_limit_of_normal() {
        // ALT of 100 at a limit of 40: grade 1 starts at 150 and belongs to it.
        assert_eq!(grade("alt", rising(149.9, 40.0, 100.0)), 0);
        assert_eq!(grade("alt", rising(150.0, 40.0, 100.0)), 1);
        assert_eq!(grade("alt", rising(300.1, 40.0, 100.0)), 2);
        assert_eq!(grade("alp", rising(199.9, 40.0, 100.0)), 0);
        assert_eq!(grade("alp", rising(200.0, 40.0, 100.0)), 1);
        // A baseline at the limit is normal.
        assert_eq!(grade("alt", rising(41.0, 40.0, 40.0)), 1);
    }

    #[test]
    fn creatinine_takes_the_worse_and_symptoms_decide_on_lipase() {
        assert_eq!(grade("creatinine", rising(91.0, 100.0, 60.0)), 2);
        assert_eq!(grade("creatinine", rising(190.0, 100.0, 60.0)), 3);
        let lipase = |value, symptomatic| {
            grade(
                "lipase",
                GradedValue {
                    value,
                    upper_limit: Some(60.0),
                    symptomatic,
                    ..GradedValue::default()
                },
            )
        };
        assert_eq!([lipase(90.0, false), lipase(91.0, false)], [1, 2]);
        assert_eq!([lipase(121.0, false), lipase(121.0, true)], [2, 3]);
        assert_eq!([lipase(301.0, false), lipase(301.0, true)], [3, 4]);
        let inr = |value, anticoagulated| {
            grade(
                "inr",
                GradedValue {
                    value,
                    baseline: Some(1.0),
                    anticoagulated,
                    ..GradedValue::default()
                },
            )
        };
        assert_eq!(
            [inr(1.2, false), inr(1.1, true), inr(1.21, false)],
            [0, 1, 1]
        );
        assert_eq!([inr(1.51, false), inr(2.51, false)], [2, 3]);
    }

    #[test]
    fn floats_do_not_move_a_bound() {
        // 1.5 * 0.7 is 1.0499999999999998 in binary.
        assert_eq!(grade("bilirubin", rising(1.05, 0.7, 0.5)), 1);
    }

    #[test]
    fn a_limit_of_normal_is_asked_for_only_where_the_grade_turns_on_it() {
        // Below 75 and 25 · 10⁹/L platelets are of grade 2 and 4 (ctcae2017)
        // wherever normal begins.
        let platelets = |value| GradedValue {
            value,
            ..GradedValue::default()
        };
        assert_eq!(grade("platelets", platelets(74.0)), 2);
        assert_eq!(grade("platelets", platelets(20.0)), 4);
        // ALT of 100 at a limit of 40 at baseline: 301 is above 3 times 100,
        // with no limit on its own day.
        let alt = GradedValue {
            value: 301.0,
            baseline: Some(100.0),
            baseline_upper_limit: Some(40.0),
            ..GradedValue::default()
        };
        assert_eq!(grade("alt", alt), 2);
    }

    #[test]
    fn says_what_it_lacks() {
        let table = LaboratoryGrades::built_in().unwrap();
        let said = |test: &str, given| table.grade(test, given).unwrap_err().to_string();
        assert_eq!(
            said("alt", falling(30.0, 10.0)),
            "a grade of CTCAE needs the upper limit of normal"
        );
        assert_eq!(
            said("platelets", rising(80.0, 400.0, 300.0)),
            "a grade of CTCAE needs the lower limit of normal"
        );
        assert!(said("glucose", falling(1.0, 1.0)).starts_with("criterion `glucose` is unknown"));
        assert!(said("alt", rising(-1.0, 40.0, 30.0)).contains("outside 0..=400000"));
    }
}
