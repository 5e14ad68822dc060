//! Relief of symptoms: flushing, diarrhoea, pain.
//!
//! Evaluable is who had the symptom at baseline. Improved: a grade of the
//! scale less by at least one, or half the frequency or less; worse: a grade
//! more. The leaflet counts improvement among patients with moderate or severe
//! symptoms (2 of 3), so that a least grade at baseline can be asked for.

use crate::response::Day;

/// A symptom on a day: its grade on a scale, its frequency, or both.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SymptomValue {
    /// The day.
    pub day: Day,
    /// Grade on the scale; 0 is none.
    pub grade: Option<u8>,
    /// Times a day.
    pub per_day: Option<f64>,
}

/// What became of a symptom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymptomResponse {
    /// Gone.
    Resolved,
    /// Better.
    Improved,
    /// As it was.
    Same,
    /// Worse.
    Worse,
    /// It was not there at baseline, or less than was asked for.
    NotEvaluable,
}

/// The response of a symptom against its baseline; `least_grade` is what is
/// asked for at baseline (1 for any).
#[must_use]
pub fn symptom_response(
    baseline: SymptomValue,
    now: SymptomValue,
    least_grade: u8,
) -> SymptomResponse {
    let symptomatic = match (baseline.grade, baseline.per_day) {
        (Some(grade), _) => grade >= least_grade.max(1),
        (None, Some(often)) => often > 0.0 && least_grade <= 1,
        (None, None) => false,
    };
    if !symptomatic {
        return SymptomResponse::NotEvaluable;
    }
    let grades = baseline.grade.zip(now.grade);
    let often = baseline
        .per_day
        .zip(now.per_day)
        .filter(|(was, _)| *was > 0.0);
    if grades.is_none() && often.is_none() {
        return SymptomResponse::NotEvaluable;
    }
    if now.grade == Some(0) || (now.grade.is_none() && now.per_day.is_some_and(|now| now <= 0.0)) {
        return SymptomResponse::Resolved;
    }
    if grades.is_some_and(|(was, is)| is > was) {
        return SymptomResponse::Worse;
    }
    if grades.is_some_and(|(was, is)| is < was) || often.is_some_and(|(was, is)| 2.0 * is <= was) {
        return SymptomResponse::Improved;
    }
    SymptomResponse::Same
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(grade: Option<u8>, per_day: Option<f64>) -> SymptomValue {
        SymptomValue {
            day: Day::default(),
            grade,
            per_day,
        }
    }

    #[test]
    fn counts_a_grade_or_half_the_frequency() {
        // DOMAIN D.6: improvement of at least one grade or 50 % of the frequency.
        for (was, is, response) in [
            (
                of(Some(2), None),
                of(Some(1), None),
                SymptomResponse::Improved,
            ),
            (
                of(Some(2), None),
                of(Some(0), None),
                SymptomResponse::Resolved,
            ),
            (of(Some(2), None), of(Some(2), None), SymptomResponse::Same),
            (of(Some(2), None), of(Some(3), None), SymptomResponse::Worse),
            (
                of(None, Some(6.0)),
                of(None, Some(3.0)),
                SymptomResponse::Improved,
            ),
            (
                of(None, Some(6.0)),
                of(None, Some(3.1)),
                SymptomResponse::Same,
            ),
            (
                of(None, Some(6.0)),
                of(None, Some(0.0)),
                SymptomResponse::Resolved,
            ),
            (
                of(Some(0), None),
                of(Some(1), None),
                SymptomResponse::NotEvaluable,
            ),
            (
                of(Some(2), None),
                of(None, None),
                SymptomResponse::NotEvaluable,
            ),
        ] {
            assert_eq!(symptom_response(was, is, 1), response, "{was:?} {is:?}");
        }
        // Moderate or severe at baseline, as the leaflet's fourth study.
        assert_eq!(
            symptom_response(of(Some(1), None), of(Some(0), None), 2),
            SymptomResponse::NotEvaluable
        );
    }
}
