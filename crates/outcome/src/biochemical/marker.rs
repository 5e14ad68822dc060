//! The response of a tumour marker, by named definitions.
//!
//! Complete: at or below the upper limit of normal. Partial: fallen from
//! baseline by the definition's part. Progression: risen over the smallest
//! value (or baseline) by its part. Stable: neither. Not evaluable, with the
//! reason: no value at or before treatment, no upper limit of normal, a
//! baseline that was not high, or another assay than at baseline.
//!
//! Inhibitors of the proton pump and renal failure raise chromogranin A: such
//! a value is judged and marked. Definitions are data
//! (`data/markers.toml`); the leaflet names none for its response by CgA.

use serde::Deserialize;

use crate::OutcomeError;
use crate::response::{ChangeLimit, Day, Diameter, ProgressionReference, Response};

const TABLE: &str = "table of marker definitions";

/// A value of a marker.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MarkerValue {
    /// The day of the sample.
    pub day: Day,
    /// The value.
    pub value: f64,
    /// Its unit as the record has it; values in different ones are not compared.
    pub unit: String,
    /// Upper limit of normal of that assay, in the same unit.
    pub upper_limit: Option<f64>,
    /// Assay and laboratory; values of different ones are not compared.
    pub assay: Option<String>,
    /// Whether something else than the tumour raises it (proton pump inhibitor, renal failure).
    pub confounded: bool,
}

/// A definition of response.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkerDefinition {
    /// Name in files and options.
    pub name: String,
    /// In words.
    pub title: String,
    evaluable_above: String,
    /// Fall from baseline that is partial response.
    pub partial: ChangeLimit,
    /// Rise that is progression.
    pub progression: ChangeLimit,
    /// What progression counts from.
    pub progression_reference: ProgressionReference,
    /// Where it stands.
    pub source: String,
    /// Whether it was recalled.
    #[serde(default)]
    pub doubtful: bool,
}

#[derive(Debug, Deserialize)]
struct Written {
    definition: Vec<MarkerDefinition>,
}

/// Why a marker says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerNotEvaluable {
    /// No value at or before the first treatment.
    NoBaseline,
    /// No upper limit of normal at baseline, or on the day.
    NoUpperLimit,
    /// The baseline is not as high as the definition asks.
    BaselineNotHigh,
    /// Another assay or unit than at baseline.
    OtherAssay,
}

impl MarkerNotEvaluable {
    /// In words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoBaseline => "no value at or before treatment",
            Self::NoUpperLimit => "no upper limit of normal",
            Self::BaselineNotHigh => "the baseline is not as high as the definition asks",
            Self::OtherAssay => "another assay than at baseline",
        }
    }
}

/// What a definition says of one value.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerVerdict {
    /// The day; a day can have several values.
    pub day: Day,
    /// The value that is judged.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// The value over baseline, minus 1.
    pub change_from_baseline: Option<f64>,
    /// The category, or why there is none.
    pub response: Result<Response, MarkerNotEvaluable>,
    /// Whether something else than the tumour raises this value or the baseline.
    pub confounded: bool,
}

/// Definitions of marker response.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerDefinitions {
    definitions: Vec<MarkerDefinition>,
}

impl MarkerDefinitions {
    /// Those that OpenSIRT carries.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] when the table is damaged, which a unit test rules out.
    pub fn built_in() -> Result<Self, OutcomeError> {
        Self::from_toml(include_str!("../../data/markers.toml"))
    }

    /// Reads a table in the form of `data/markers.toml`.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for text that is no such table.
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let written: Written = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for definition in &written.definition {
            Diameter::parse(&definition.evaluable_above).map_err(|_| {
                wrong(format!(
                    "evaluable_above of {} is no number",
                    definition.name
                ))
            })?;
        }
        Ok(Self {
            definitions: written.definition,
        })
    }

    /// Every definition.
    pub fn iter(&self) -> impl Iterator<Item = &MarkerDefinition> {
        self.definitions.iter()
    }

    /// A definition by name.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownCriterion`] with the names that are known.
    pub fn named(&self, name: &str) -> Result<&MarkerDefinition, OutcomeError> {
        self.definitions
            .iter()
            .find(|definition| definition.name == name)
            .ok_or_else(|| OutcomeError::UnknownCriterion {
                name: name.to_owned(),
                known: self
                    .definitions
                    .iter()
                    .map(|definition| definition.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

/// Whole ten-thousandths, so that half of a value is exactly half.
fn ticks(value: f64) -> Result<i64, OutcomeError> {
    if !value.is_finite() || !(0.0..1.0e12).contains(&value) {
        return Err(OutcomeError::Implausible {
            what: "marker",
            value: value.to_string(),
            allowed: "0..1e12".to_owned(),
        });
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 1e16")]
    let ticks = (value * 1.0e4).round() as i64;
    Ok(ticks)
}

impl MarkerDefinition {
    /// What the definition says of every value after treatment, in order of days.
    ///
    /// # Errors
    /// [`OutcomeError::Implausible`] for values that are negative or not finite.
    pub fn judge(
        &self,
        values: &[MarkerValue],
        treatment: Day,
    ) -> Result<Vec<MarkerVerdict>, OutcomeError> {
        let mut sorted: Vec<&MarkerValue> = values.iter().collect();
        sorted.sort_by_key(|value| value.day);
        let baseline = sorted
            .iter()
            .rev()
            .find(|value| value.day <= treatment)
            .copied();
        let mut least = baseline.map(|value| ticks(value.value)).transpose()?;
        let mut verdicts = Vec::new();
        for value in sorted.iter().filter(|value| value.day > treatment) {
            let now = ticks(value.value)?;
            let response = match (baseline, least) {
                (Some(baseline), Some(nadir)) => self.response(baseline, nadir, value, now)?,
                _ => Err(MarkerNotEvaluable::NoBaseline),
            };
            if response.is_ok() {
                least = least.map(|least| least.min(now));
            }
            verdicts.push(MarkerVerdict {
                day: value.day,
                value: value.value,
                unit: value.unit.clone(),
                // Numbers of another unit or assay are no change.
                change_from_baseline: baseline
                    .filter(|baseline| baseline.value > 0.0)
                    .filter(|baseline| baseline.unit == value.unit && baseline.assay == value.assay)
                    .map(|baseline| value.value / baseline.value - 1.0),
                response,
                confounded: value.confounded
                    || baseline.is_some_and(|baseline| baseline.confounded),
            });
        }
        Ok(verdicts)
    }

    fn response(
        &self,
        baseline: &MarkerValue,
        nadir: i64,
        value: &MarkerValue,
        now: i64,
    ) -> Result<Result<Response, MarkerNotEvaluable>, OutcomeError> {
        let was = ticks(baseline.value)?;
        let (Some(limit_then), Some(limit)) = (baseline.upper_limit, value.upper_limit) else {
            return Ok(Err(MarkerNotEvaluable::NoUpperLimit));
        };
        if baseline.assay != value.assay || baseline.unit != value.unit {
            return Ok(Err(MarkerNotEvaluable::OtherAssay));
        }
        let multiple = Diameter::parse(&self.evaluable_above).map_or(10_000, Diameter::ticks);
        if i128::from(was) * 10_000 <= i128::from(multiple) * i128::from(ticks(limit_then)?) {
            return Ok(Err(MarkerNotEvaluable::BaselineNotHigh));
        }
        let reference = match self.progression_reference {
            ProgressionReference::Nadir => nadir,
            ProgressionReference::Baseline => was,
        };
        Ok(Ok(if now <= ticks(limit)? {
            Response::Complete
        } else if self.progression.is_rise(reference, now) {
            Response::Progressive
        } else if self.partial.is_fall(was, now) {
            Response::Partial
        } else {
            Response::Stable
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[(i32, f64)]) -> Vec<MarkerValue> {
        values
            .iter()
            .map(|(day, value)| MarkerValue {
                day: Day::from_number(*day),
                value: *value,
                unit: "ug/L".to_owned(),
                upper_limit: Some(100.0),
                assay: None,
                confounded: false,
            })
            .collect()
    }

    fn judged(name: &str, values: &[MarkerValue]) -> Vec<Result<Response, MarkerNotEvaluable>> {
        MarkerDefinitions::built_in()
            .unwrap()
            .named(name)
            .unwrap()
            .judge(values, Day::from_number(0))
            .unwrap()
            .into_iter()
            .map(|verdict| verdict.response)
            .collect()
    }

    #[test]
    fn follows_chromogranin_over_the_months_of_the_leaflet() {
        use Response::{Complete, Partial, Progressive, Stable};
        // DOMAIN D.6; values at 1, 3, 6, 12, 18 months.
        let values = series(&[
            (0, 800.0),
            (30, 500.0),
            (91, 400.0),
            (183, 399.9),
            (365, 100.0),
            (548, 125.0),
        ]);
        assert_eq!(
            judged("half", &values),
            [
                Ok(Stable),
                Ok(Partial),
                Ok(Partial),
                Ok(Complete),
                Ok(Progressive)
            ]
        );
        let last = judged("half-rise-half", &values)[4];
        assert_eq!(last, Ok(Partial));
        assert_eq!(judged("third", &values)[0], Ok(Partial));
    }

    #[test]
    fn says_why_it_is_not_evaluable() {
        use MarkerNotEvaluable::{BaselineNotHigh, NoBaseline, NoUpperLimit, OtherAssay};
        assert_eq!(
            judged("half", &series(&[(0, 100.0), (30, 50.0)])),
            [Err(BaselineNotHigh)]
        );
        assert_eq!(
            judged("half-twice-normal", &series(&[(0, 200.0), (30, 90.0)])),
            [Err(BaselineNotHigh)]
        );
        assert_eq!(judged("half", &series(&[(30, 50.0)])), [Err(NoBaseline)]);
        let mut unlimited = series(&[(0, 400.0), (30, 50.0)]);
        unlimited[1].upper_limit = None;
        assert_eq!(judged("half", &unlimited), [Err(NoUpperLimit)]);
        let mut other = series(&[(0, 400.0), (30, 50.0)]);
        other[1].assay = Some("another".to_owned());
        assert_eq!(judged("half", &other), [Err(OtherAssay)]);
        let mut other = series(&[(0, 400.0), (30, 50.0)]);
        other[1].unit = "nmol/L".to_owned();
        assert_eq!(judged("half", &other), [Err(OtherAssay)]);
    }

    #[test]
    fn two_values_of_a_day_keep_their_verdicts() {
        let definitions = MarkerDefinitions::built_in().unwrap();
        let verdicts = definitions
            .named("half")
            .unwrap()
            .judge(
                &series(&[(0, 400.0), (30, 500.0), (30, 150.0)]),
                Day::from_number(0),
            )
            .unwrap();
        let seen: Vec<_> = verdicts
            .iter()
            .map(|verdict| (verdict.value, verdict.unit.as_str(), verdict.response))
            .collect();
        assert_eq!(
            seen,
            [
                (500.0, "ug/L", Ok(Response::Progressive)),
                (150.0, "ug/L", Ok(Response::Partial)),
            ]
        );
    }

    #[test]
    fn bounds_are_exact() {
        use Response::{Partial, Progressive, Stable};
        assert_eq!(
            judged("half", &series(&[(0, 400.2), (9, 200.1)])),
            [Ok(Partial)]
        );
        assert_eq!(
            judged("half", &series(&[(0, 400.2), (9, 200.2)])),
            [Ok(Stable)]
        );
        assert_eq!(
            judged("half", &series(&[(0, 400.0), (9, 500.0)])),
            [Ok(Progressive)]
        );
        assert_eq!(
            judged("half", &series(&[(0, 400.0), (9, 499.9)])),
            [Ok(Stable)]
        );
        assert_eq!(
            judged("third", &series(&[(0, 400.0), (9, 280.0)])),
            [Ok(Stable)]
        );
        assert_eq!(
            judged("third", &series(&[(0, 400.0), (9, 279.9)])),
            [Ok(Partial)]
        );
    }
}
