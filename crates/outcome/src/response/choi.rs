//! Choi: a tumour that answers by density before it answers by size.
//!
//! With $s$ the sum of longest diameters and $h$ the sum of mean densities (HU,
//! portal venous phase) of the targets that have one on both days:
//!
//! - complete: all gone;
//! - partial: $s$ fell by 10 % or $h$ by 15 % against baseline, and no new lesion;
//! - progression: $s$ rose by 10 % and density is no partial response, or a new
//!   lesion, or a new nodule within a lesion;
//! - stable: else.
//!
//! A rise of size without density on both days is not evaluable: the rule asks for it.
//! Made for gastrointestinal stromal tumours (choi2007); after
//! radioembolisation necrosis lowers density, so that it answers early, and
//! haemorrhage raises it.

use super::criterion::{History, TargetsNow, all_gone};
use super::reading::Reading;
use super::selection::Selection;
use super::timeline::Timeline;
use super::trace::{Step, TraceRule};
use super::{CriterionRules, Response};

/// What density says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DensityChange {
    Fell,
    Held,
    Unknown,
}

impl CriterionRules {
    /// The response of targets by size and density.
    pub(crate) fn size_and_density(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        selection: &Selection,
        history: &History,
        now: &TargetsNow,
        steps: &mut Vec<Step>,
    ) -> Response {
        if now.complete_set {
            steps.push(Step::of(TraceRule::Sum).numbers(now.sum, history.baseline));
            if all_gone(&now.readings) {
                steps.push(Step::of(TraceRule::AllGone));
                return Response::Complete;
            }
        }
        for (number, _) in &selection.targets {
            let nodule = usize::try_from(*number)
                .ok()
                .and_then(|lesion| timeline.finding(at, lesion))
                .is_some_and(|finding| finding.new_nodule);
            if nodule {
                steps.push(Step::of(TraceRule::NewNodule).lesion(*number));
                return Response::Progressive;
            }
        }
        if let Some(step) = self.reappeared(selection, history, now) {
            steps.push(step);
            return Response::Progressive;
        }
        let density = self.density_change(timeline, at, selection, now, steps);
        if self.rose(selection, history, now, steps) {
            match density {
                DensityChange::Held => return Response::Progressive,
                DensityChange::Unknown => return Response::NotEvaluable,
                // Larger and less dense: a partial response by density.
                DensityChange::Fell => {}
            }
        }
        if density == DensityChange::Fell {
            return Response::Partial;
        }
        if !now.complete_set {
            steps.push(Step::of(TraceRule::NotAllEvaluable));
            return Response::NotEvaluable;
        }
        self.fell(history, now, steps)
    }

    fn density_change(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        selection: &Selection,
        now: &TargetsNow,
        steps: &mut Vec<Step>,
    ) -> DensityChange {
        let Some(limit) = self.density_response else {
            return DensityChange::Unknown;
        };
        let (mut was, mut is) = (0_i64, 0_i64);
        for ((number, _), reading) in selection.targets.iter().zip(&now.readings) {
            if matches!(reading, Reading::Is { gone: true, .. }) {
                continue;
            }
            let pair = usize::try_from(*number).ok().and_then(|lesion| {
                let before = timeline.finding(0, lesion)?.density?;
                let now = timeline.finding(at, lesion)?.density?;
                Some((i64::from(before.ticks()), i64::from(now.ticks())))
            });
            let Some((before, now)) = pair else {
                steps.push(Step::of(TraceRule::DensityMissing).lesion(*number));
                return DensityChange::Unknown;
            };
            was += before;
            is += now;
        }
        if was <= 0 {
            steps.push(Step::of(TraceRule::DensityMissing));
            return DensityChange::Unknown;
        }
        let (rule, change) = if limit.is_fall(was, is) {
            (TraceRule::DensityFall, DensityChange::Fell)
        } else {
            (TraceRule::DensityNoFall, DensityChange::Held)
        };
        steps.push(Step::of(rule).numbers(is, was));
        change
    }
}
