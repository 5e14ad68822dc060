//! Time points after treatment, and the days that count for each: data, not code.

use serde::{Deserialize, Serialize};

use crate::OutcomeError;

const TABLE: &str = "table of time points";

/// Days of a month: a year of 365.25 days in twelve parts.
pub const DAYS_PER_MONTH: f64 = 30.4375;

/// Days as months of [`DAYS_PER_MONTH`].
#[must_use]
pub fn months(days: i32) -> f64 {
    f64::from(days) / DAYS_PER_MONTH
}

/// Months as whole days, to the nearest.
#[must_use]
pub fn days(months: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond the range of days becomes its end, which no window reaches"
    )]
    let days = (months * DAYS_PER_MONTH).round() as i32;
    days
}

/// A time point with the days that count for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimePoint {
    /// Months from the first treatment.
    pub months: f64,
    /// First month that counts.
    pub from: f64,
    /// Last month that counts.
    pub to: f64,
    /// Whether it is told where nobody asks for others.
    #[serde(default)]
    pub usual: bool,
    /// Where it stands.
    pub source: String,
    /// Whether it is ours or recalled.
    #[serde(default)]
    pub doubtful: bool,
}

impl TimePoint {
    /// First and last day that count, from the first treatment.
    #[must_use]
    pub fn window(&self) -> [i32; 2] {
        [days(self.from), days(self.to)]
    }

    /// Its own day.
    #[must_use]
    pub fn day(&self) -> i32 {
        days(self.months)
    }

    /// As printed: `3 months`.
    #[must_use]
    pub fn name(&self) -> String {
        let unit = if self.months > 1.0 { "months" } else { "month" };
        format!("{} {unit}", self.months)
    }
}

#[derive(Debug, Deserialize)]
struct Written {
    time_point: Vec<TimePoint>,
}

/// Time points in their order, the windows apart.
#[derive(Debug, Clone, PartialEq)]
pub struct TimePoints {
    points: Vec<TimePoint>,
}

impl TimePoints {
    /// Those that OpenSIRT carries.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] when the table is damaged, which a unit test rules out.
    pub fn built_in() -> Result<Self, OutcomeError> {
        Self::from_toml(include_str!("../../../data/time_points.toml"))
    }

    /// Reads a table in the form of `data/time_points.toml`.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for text that is no such table, a window
    /// that does not hold its time point, and windows that overlap.
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let mut points = toml::from_str::<Written>(text)
            .map_err(|error| wrong(error.to_string()))?
            .time_point;
        points.sort_by(|one, other| one.months.total_cmp(&other.months));
        for point in &points {
            let holds = point.from <= point.months && point.months <= point.to;
            if !(holds && point.from > 0.0 && point.to < 1200.0) {
                return Err(wrong(format!(
                    "{}: from {} to {} does not hold it, or lies outside of 0 to 1200 months",
                    point.name(),
                    point.from,
                    point.to
                )));
            }
        }
        for pair in points.windows(2) {
            if pair[0].window()[1] >= pair[1].window()[0] {
                return Err(wrong(format!(
                    "the windows of {} and {} overlap",
                    pair[0].name(),
                    pair[1].name()
                )));
            }
        }
        Ok(Self { points })
    }

    /// Those that are told where nobody asks for others.
    pub fn usual(&self) -> impl Iterator<Item = &TimePoint> {
        self.points.iter().filter(|point| point.usual)
    }

    /// The time point of so many months.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownTimePoint`] with the time points of the table.
    pub fn of_months(&self, months: f64) -> Result<&TimePoint, OutcomeError> {
        self.points
            .iter()
            .find(|point| (point.months - months).abs() < 1e-9)
            .ok_or_else(|| OutcomeError::UnknownTimePoint {
                months,
                known: self
                    .points
                    .iter()
                    .map(|point| point.months.to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_its_windows_are_apart() {
        let points = TimePoints::built_in().unwrap();
        let usual: Vec<f64> = points.usual().map(|point| point.months).collect();
        assert_eq!(usual, [1.0, 3.0, 6.0, 12.0, 18.0]);
        // 3 months are 91.3 days, 2 to 4.4 months 60.9 to 133.9.
        let three = points.of_months(3.0).unwrap();
        assert_eq!((three.day(), three.window()), (91, [61, 134]));
        assert_eq!(
            points.of_months(7.0).unwrap_err().to_string(),
            "there is no time point at 7 months; known are 1, 3, 6, 9, 12, 18, 24, 36"
        );
    }

    #[test]
    fn refuses_windows_that_overlap_or_miss_their_time_point() {
        let table = |lines: &str| {
            let text = lines
                .split(';')
                .map(|line| {
                    let numbers: Vec<&str> = line.split(' ').collect();
                    format!(
                        "[[time_point]]\nmonths = {}\nfrom = {}\nto = {}\nsource = \"x\"\n",
                        numbers[0], numbers[1], numbers[2]
                    )
                })
                .collect::<String>();
            TimePoints::from_toml(&text)
        };
        assert!(table("1 0.5 1.5;3 2 4").is_ok());
        assert!(table("1 0.5 2;3 2 4").is_err());
        assert!(table("1 2 3").is_err());
        assert!(table("1 -1 3").is_err());
    }
}
