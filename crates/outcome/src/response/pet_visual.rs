//! PET as a reader sees it: the scale of the leaflet.
//!
//! The leaflet's first study counts PET-positive tumours that "became normal
//! (or complete response)", partial responses and stabilisations, and names
//! neither tracer nor limits. Here, over all lesions that were positive at
//! baseline: complete, when all are as their surroundings; progression, when
//! one takes up more or a new one is there; partial, when one takes up less;
//! stable, when all are as they were. It is an ordinal scale of one criterion
//! and never feeds PERCIST.

use super::criterion::step_count;
use super::selection::Selection;
use super::timeline::Timeline;
use super::trace::{Step, TraceRule};
use super::{
    CriterionResult, CriterionRules, LesionState, Response, TimePoint, VisualUptake,
    overall_response,
};

/// The response of lesions by what is seen of each; none: not seen.
fn seen_response(seen: &[Option<VisualUptake>]) -> Response {
    let any = |uptake| seen.contains(&Some(uptake));
    if any(VisualUptake::More) {
        Response::Progressive
    } else if seen.contains(&None) {
        Response::NotEvaluable
    } else if seen
        .iter()
        .all(|uptake| *uptake == Some(VisualUptake::Normal))
    {
        Response::Complete
    } else if any(VisualUptake::Less) || any(VisualUptake::Normal) {
        Response::Partial
    } else {
        Response::Stable
    }
}

impl CriterionRules {
    pub(crate) fn assess_visual(
        &self,
        timeline: &Timeline<'_>,
        selection: &Selection,
        result: &mut CriterionResult,
    ) {
        for at in 1..timeline.len() {
            let Some((place, assessment)) = timeline.assessment(at) else {
                continue;
            };
            let start = step_count(&result.steps);
            let seen: Vec<Option<VisualUptake>> = selection
                .targets
                .iter()
                .map(|(number, _)| {
                    let finding = usize::try_from(*number)
                        .ok()
                        .and_then(|lesion| timeline.finding(at, lesion))?;
                    result
                        .steps
                        .push(Step::of(TraceRule::Visual).lesion(*number));
                    match finding.state {
                        LesionState::Absent => Some(VisualUptake::Normal),
                        LesionState::NotEvaluable => None,
                        _ => finding.visual,
                    }
                })
                .collect();
            let target = seen_response(&seen);
            let other = self.other_lesions(timeline, at, &result.non_targets, &mut result.steps);
            let new = self.new_lesion_step(timeline, at, &mut result.steps);
            let overall = overall_response(Some(target), other, new.is_progression());
            result.steps.push(Step::overall(
                Some(target),
                other,
                new.is_progression(),
                Some(overall),
            ));
            result.time_points.push(TimePoint {
                day: assessment.day,
                assessment: place,
                sum: None,
                nadir: None,
                target: Some(target),
                non_target: other,
                new,
                overall: Some(overall),
                steps: start..step_count(&result.steps),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_what_is_seen() {
        use VisualUptake::{Less, More, Normal, Same};
        for (seen, response) in [
            (vec![Some(Normal), Some(Normal)], Response::Complete),
            (vec![Some(Normal), Some(Same)], Response::Partial),
            (vec![Some(Less), Some(Same)], Response::Partial),
            (vec![Some(Same)], Response::Stable),
            (vec![Some(Normal), Some(More)], Response::Progressive),
            (vec![None, Some(More)], Response::Progressive),
            (vec![None, Some(Normal)], Response::NotEvaluable),
        ] {
            assert_eq!(seen_response(&seen), response, "{seen:?}");
        }
    }
}
