//! Lesions that are no targets: gone, there, worse beyond doubt, or not evaluated.

use super::timeline::Timeline;
use super::trace::{Step, TraceRule};
use super::{CriterionRules, LesionState, Response, StatedNonTarget};

impl CriterionRules {
    /// The response of the lesions that are no targets; none where there are none.
    ///
    /// A reader's word on all of them goes before what the single ones say,
    /// except that a single one said to be worse is progression.
    pub(crate) fn other_lesions(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        others: &[u32],
        steps: &mut Vec<Step>,
    ) -> Option<Response> {
        let mut missing = None;
        let mut persists = None;
        for number in others {
            let Ok(lesion) = usize::try_from(*number) else {
                continue;
            };
            match timeline.finding(at, lesion) {
                None => missing = missing.or(Some(*number)),
                Some(finding) => match finding.state {
                    LesionState::Progressed => {
                        steps.push(Step::of(TraceRule::NonTargetProgressed).lesion(*number));
                        return Some(Response::Progressive);
                    }
                    LesionState::NotEvaluable => missing = missing.or(Some(*number)),
                    _ if self.persists(timeline, lesion, finding) => {
                        persists = persists.or(Some(*number));
                    }
                    _ => {}
                },
            }
        }
        let response = match timeline.stated_others(at) {
            Some(stated) => {
                steps.push(Step::of(TraceRule::NonTargetStated));
                match stated {
                    StatedNonTarget::Complete => Response::Complete,
                    StatedNonTarget::Persistent => Response::NonCompleteNonProgressive,
                    StatedNonTarget::Progressed => Response::Progressive,
                    StatedNonTarget::NotEvaluable => Response::NotEvaluable,
                }
            }
            None if others.is_empty() => return None,
            None => {
                if let Some(number) = missing {
                    steps.push(Step::of(TraceRule::NonTargetMissing).lesion(number));
                    Response::NotEvaluable
                } else if let Some(number) = persists {
                    steps.push(Step::of(TraceRule::NonTargetPersists).lesion(number));
                    Response::NonCompleteNonProgressive
                } else {
                    steps.push(Step::of(TraceRule::NonTargetGone));
                    Response::Complete
                }
            }
        };
        if response == Response::Complete && self.marker_is_high(timeline, at) {
            steps.push(Step::of(TraceRule::MarkerHigh));
            return Some(Response::NonCompleteNonProgressive);
        }
        Some(response)
    }

    /// Whether the marker that belongs to complete response was high at
    /// baseline and has not been normal at or before this assessment since.
    pub(crate) fn marker_is_high(&self, timeline: &Timeline<'_>, at: usize) -> bool {
        if !self.complete_needs_marker {
            return false;
        }
        let (Some((_, baseline)), Some((_, now))) =
            (timeline.assessment(0), timeline.assessment(at))
        else {
            return false;
        };
        let latest = |day| {
            timeline
                .record()
                .marker_high
                .iter()
                .filter(|(of, _)| *of <= day)
                .max_by_key(|(of, _)| *of)
                .map(|(_, high)| *high)
        };
        latest(baseline.day) == Some(true) && latest(now.day) == Some(true)
    }
}
