//! What is known of each patient at a time point: of the rows of a table
//! (patient, day, value) the one nearest to it within its window.

use super::TimePoint;
use super::standing::Standing;

/// Columns of values that patients have on days, a row a value.
///
/// Days are counted from the first treatment; patients are rows of the cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct DayColumns<T> {
    /// The patient.
    pub patient: Vec<u32>,
    /// The day.
    pub day: Vec<i32>,
    /// The value, or why it says nothing.
    pub value: Vec<Result<T, &'static str>>,
}

impl<T> Default for DayColumns<T> {
    fn default() -> Self {
        Self {
            patient: Vec::new(),
            day: Vec::new(),
            value: Vec::new(),
        }
    }
}

impl<T: Copy> DayColumns<T> {
    /// Adds a row.
    pub fn push(&mut self, patient: u32, day: i32, value: Result<T, &'static str>) {
        self.patient.push(patient);
        self.day.push(day);
        self.value.push(value);
    }

    /// For each of so many patients the value nearest to the time point within
    /// its window; one that says nothing stands only where there is no other.
    /// Of two that are equally near the earlier counts.
    #[must_use]
    pub fn at(&self, point: &TimePoint, patients: usize) -> Vec<Option<Result<T, &'static str>>> {
        let [from, to] = point.window();
        let middle = point.day();
        let mut nearest: Vec<Option<(bool, i32, i32)>> = vec![None; patients];
        let mut found: Vec<Option<Result<T, &'static str>>> = vec![None; patients];
        for ((patient, day), value) in self.patient.iter().zip(&self.day).zip(&self.value) {
            let Ok(at) = usize::try_from(*patient) else {
                continue;
            };
            if at >= patients || !(from..=to).contains(day) {
                continue;
            }
            let key = (value.is_err(), (day - middle).abs(), *day);
            if nearest[at].is_none_or(|known| key < known) {
                nearest[at] = Some(key);
                found[at] = Some(*value);
            }
        }
        found
    }

    /// Whether any value of each patient that says something holds; none where
    /// there is no such value.
    #[must_use]
    pub fn ever(&self, patients: usize, holds: impl Fn(T) -> bool) -> Vec<Option<bool>> {
        let mut found = vec![None; patients];
        for (patient, value) in self.patient.iter().zip(&self.value) {
            let Ok(at) = usize::try_from(*patient) else {
                continue;
            };
            if let Ok(value) = value
                && at < patients
            {
                found[at] = Some(found[at] == Some(true) || holds(*value));
            }
        }
        found
    }
}

/// Which patients a rate is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Population {
    /// All who were treated: who was not assessed is counted as without.
    Treated,
    /// All whom the criterion can judge at all: with disease that it measures
    /// at baseline and at least one time point that can be judged.
    Evaluable,
    /// Those who can be judged at the time point itself.
    AtTimePoint,
}

impl Population {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Treated, Self::Evaluable, Self::AtTimePoint];

    /// The name in keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Treated => "treated",
            Self::Evaluable => "evaluable",
            Self::AtTimePoint => "point",
        }
    }

    /// The name in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Treated => "treated",
            Self::Evaluable => "evaluable",
            Self::AtTimePoint => "at the time point",
        }
    }
}

/// What is known of patients beside an endpoint, columns of equal length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CourseColumns {
    /// Whether the patient was treated.
    pub treated: Vec<bool>,
    /// Days from the first treatment to death.
    pub death: Vec<Option<i32>>,
    /// Days to the last that is known of the patient.
    pub last: Vec<Option<i32>>,
}

/// How patients stand to a property at a time point.
///
/// `barred` says why a patient cannot be judged by the endpoint at all; `at`
/// is what [`DayColumns::at`] found.
#[must_use]
pub fn standing_at<T: Copy>(
    population: Population,
    point: &TimePoint,
    course: &CourseColumns,
    barred: &[Option<&'static str>],
    at: &[Option<Result<T, &'static str>>],
    holds: impl Fn(T) -> bool,
) -> Vec<Standing> {
    let [from, _] = point.window();
    at.iter()
        .enumerate()
        .map(|(row, value)| {
            let judged = match value {
                Some(Ok(value)) => Some(holds(*value)),
                _ => None,
            };
            let yes_or_no = if judged == Some(true) {
                Standing::Yes
            } else {
                Standing::No
            };
            if !course.treated.get(row).copied().unwrap_or(false)
                && population == Population::Treated
            {
                return Standing::Out("not treated");
            }
            match population {
                Population::Treated => yes_or_no,
                Population::Evaluable => barred
                    .get(row)
                    .copied()
                    .flatten()
                    .map_or(yes_or_no, Standing::Out),
                Population::AtTimePoint => {
                    if judged.is_some() {
                        return yes_or_no;
                    }
                    if let Some(reason) = barred.get(row).copied().flatten() {
                        return Standing::Out(reason);
                    }
                    if let Some(Err(reason)) = value {
                        return Standing::Out(reason);
                    }
                    let before = |day: Option<i32>| day.is_some_and(|day| day < from);
                    if before(course.death.get(row).copied().flatten()) {
                        Standing::Out("died before the time point")
                    } else if before(course.last.get(row).copied().flatten()) {
                        Standing::Out("not followed to the time point")
                    } else {
                        Standing::Out("not assessed within the window")
                    }
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::cohort::TimePoints;

    #[test]
    fn takes_the_nearest_that_says_something_and_the_earlier_of_two() {
        let points = TimePoints::built_in().unwrap();
        let three = points.of_months(3.0).unwrap();
        let mut columns = DayColumns::default();
        columns.push(0, 91, Err("not evaluable"));
        columns.push(0, 120, Ok(2));
        columns.push(1, 101, Ok(3));
        columns.push(1, 81, Ok(4));
        columns.push(2, 60, Ok(5));
        let found = columns.at(three, 4);
        assert_eq!(found, [Some(Ok(2)), Some(Ok(4)), None, None]);
        assert_eq!(
            columns.ever(4, |value| value == 3),
            [Some(false), Some(true), Some(false), None]
        );
    }

    #[test]
    fn every_population_says_who_is_out_of_it() {
        let points = TimePoints::built_in().unwrap();
        let three = points.of_months(3.0).unwrap();
        let course = CourseColumns {
            treated: vec![true, true, true, true, false],
            death: vec![None, Some(50), None, None, None],
            last: vec![Some(200), Some(50), Some(55), Some(200), Some(200)],
        };
        let barred = [None, None, None, Some("no disease"), None];
        let at = [Some(Ok(true)), None, None, None, Some(Ok(false))];
        let of = |population| standing_at(population, three, &course, &barred, &at, |yes| yes);
        use Standing::{No, Out, Yes};
        assert_eq!(
            of(Population::Treated),
            [Yes, No, No, No, Out("not treated")]
        );
        assert_eq!(
            of(Population::Evaluable),
            [Yes, No, No, Out("no disease"), No]
        );
        assert_eq!(
            of(Population::AtTimePoint),
            [
                Yes,
                Out("died before the time point"),
                Out("not followed to the time point"),
                Out("no disease"),
                No
            ]
        );
    }
}
