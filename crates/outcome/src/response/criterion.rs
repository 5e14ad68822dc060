//! A criterion applied to a patient: one verb for all of them.
//!
//! At a time point with the sum $s$ of the targets, its value $s_0$ at
//! baseline and the smallest earlier one $s_n$ (baseline included):
//!
//! 1. complete, when every target is gone and every node normal;
//! 2. progression, when a target is there again after complete response;
//! 3. progression, when $s$ rose over $s_n$ by the percentage and the millimetres;
//! 4. partial, when $s$ fell below $s_0$ by the percentage;
//! 5. minor, where the criterion knows it;
//! 6. stable.
//!
//! With a target missing only the third can be proven, from those that are left.

use super::reading::Reading;
use super::selection::Selection;
use super::timeline::Timeline;
use super::trace::{Step, TraceRule};
use super::{
    BestReason, BestResponse, CriterionResult, CriterionRules, Day, LesionResponse, Level, Measure,
    NewLesionVerdict, NotComputed, ProgressionOf, ProgressionReference, Response, TimePoint,
    overall_response,
};

/// What the targets were before.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) baseline: i64,
    pub(crate) baseline_day: Day,
    pub(crate) nadir: i64,
    pub(crate) nadir_day: Day,
    /// Smallest measure of each target.
    pub(crate) lesion_nadir: Vec<i64>,
    pub(crate) was_complete: bool,
}

/// The targets at a time point.
#[derive(Debug, Default)]
pub(crate) struct TargetsNow {
    pub(crate) readings: Vec<Reading>,
    pub(crate) sum: i64,
    pub(crate) complete_set: bool,
}

impl CriterionRules {
    /// What this criterion says of a patient by one reader.
    #[must_use]
    pub fn assess(&self, timeline: &Timeline<'_>) -> CriterionResult {
        let mut result = CriterionResult {
            criterion: self.name.clone(),
            unit: self.unit(),
            baseline_day: None,
            baseline_sum: None,
            targets: Vec::new(),
            non_targets: Vec::new(),
            time_points: Vec::new(),
            best: nothing(),
            best_confirmed: nothing(),
            lesions: Vec::new(),
            not_computed: None,
            selection: Vec::new(),
            steps: Vec::new(),
        };
        let Some((_, baseline)) = timeline.assessment(0) else {
            result.not_computed = Some(NotComputed::NoAssessment);
            return result;
        };
        result.baseline_day = Some(baseline.day);
        let mut selection = self.select(timeline);
        result.selection = std::mem::take(&mut selection.steps);
        result.targets = selection
            .targets
            .iter()
            .map(|(number, _)| *number)
            .collect();
        result.non_targets = std::mem::take(&mut selection.others);
        result.not_computed = self.cannot(timeline, &selection, &result.non_targets);
        if result.not_computed.is_some() {
            return result;
        }
        match self.measure {
            Measure::HottestUptake | Measure::TotalUptake => {
                self.assess_uptake(timeline, &selection, &mut result);
            }
            Measure::Visual => self.assess_visual(timeline, &selection, &mut result),
            _ => self.assess_size(timeline, &selection, baseline.day, &mut result),
        }
        self.conclude(timeline, baseline.day, &mut result);
        result
    }

    fn cannot(
        &self,
        timeline: &Timeline<'_>,
        selection: &Selection,
        others: &[u32],
    ) -> Option<NotComputed> {
        if selection.targets.is_empty() && selection.unmeasured > 0 {
            return Some(NotComputed::NotMeasured);
        }
        if matches!(self.measure, Measure::HottestUptake | Measure::TotalUptake) {
            return self.cannot_uptake(timeline, selection);
        }
        let said = (1..timeline.len()).any(|at| {
            timeline.assessment(at).is_some_and(|(_, assessment)| {
                timeline.stated_others(at).is_some() || !assessment.new_lesions.is_empty()
            })
        });
        let for_lesions = self.level == Level::Lesion || self.measure == Measure::Visual;
        (selection.targets.is_empty() && (for_lesions || (others.is_empty() && !said)))
            .then_some(NotComputed::NoDisease)
    }

    fn conclude(&self, timeline: &Timeline<'_>, baseline: Day, result: &mut CriterionResult) {
        if self.level == Level::Lesion {
            return;
        }
        let points: Vec<(Day, Response)> = result
            .time_points
            .iter()
            .filter_map(|point| Some((point.day, point.overall?)))
            .collect();
        let other = timeline.record().first_other_treatment();
        [result.best, result.best_confirmed] = self.best_of(baseline, &points, other);
    }

    fn assess_size(
        &self,
        timeline: &Timeline<'_>,
        selection: &Selection,
        baseline_day: Day,
        result: &mut CriterionResult,
    ) {
        let baseline: i64 = selection.targets.iter().map(|(_, value)| *value).sum();
        if !selection.targets.is_empty() {
            result.baseline_sum = Some(baseline);
        }
        let mut history = History {
            baseline,
            baseline_day,
            nadir: baseline,
            nadir_day: baseline_day,
            lesion_nadir: selection.targets.iter().map(|(_, value)| *value).collect(),
            was_complete: false,
        };
        result.time_points.reserve(timeline.len().saturating_sub(1));
        result.steps.reserve(6 * timeline.len());
        let mut now = TargetsNow::default();
        for at in 1..timeline.len() {
            let Some((place, assessment)) = timeline.assessment(at) else {
                continue;
            };
            let start = step_count(&result.steps);
            self.targets_now(timeline, at, selection, &mut now, &mut result.steps);
            let target = (!selection.targets.is_empty()).then(|| {
                if self.measure == Measure::DiameterAndDensity {
                    self.size_and_density(
                        timeline,
                        at,
                        selection,
                        &history,
                        &now,
                        &mut result.steps,
                    )
                } else {
                    self.target_response(selection, &history, &now, &mut result.steps)
                }
            });
            if self.level == Level::Lesion {
                self.each_lesion(
                    selection,
                    &history,
                    &now,
                    assessment.day,
                    &mut result.lesions,
                );
            }
            let mut other =
                self.other_lesions(timeline, at, &result.non_targets, &mut result.steps);
            if target == Some(Response::Complete)
                && other.is_none()
                && self.marker_is_high(timeline, at)
            {
                result.steps.push(Step::of(TraceRule::MarkerHigh));
                other = Some(Response::NonCompleteNonProgressive);
            }
            let new = self.new_lesion_step(timeline, at, &mut result.steps);
            let overall = (self.level == Level::Patient)
                .then(|| overall_response(target, other, new.is_progression()));
            result
                .steps
                .push(Step::overall(target, other, new.is_progression(), overall));
            let sum = (now.complete_set && !selection.targets.is_empty()).then_some(now.sum);
            result.time_points.push(TimePoint {
                day: assessment.day,
                assessment: place,
                sum,
                nadir: (!selection.targets.is_empty()).then_some(history.nadir),
                target,
                non_target: other,
                new,
                overall,
                steps: start..step_count(&result.steps),
            });
            if let Some(sum) = sum
                && sum < history.nadir
            {
                history.nadir = sum;
                history.nadir_day = assessment.day;
            }
            for (least, reading) in history.lesion_nadir.iter_mut().zip(&now.readings) {
                if let Reading::Is { value, .. } = reading {
                    *least = (*least).min(*value);
                }
            }
            history.was_complete |= target == Some(Response::Complete);
        }
    }

    /// Reads all targets into a buffer that time points share.
    fn targets_now(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        selection: &Selection,
        now: &mut TargetsNow,
        steps: &mut Vec<Step>,
    ) {
        now.readings.clear();
        now.sum = 0;
        now.complete_set = true;
        for (number, _) in &selection.targets {
            let reading = usize::try_from(*number).map_or(Reading::Missing, |lesion| {
                self.read(timeline, at, lesion, steps)
            });
            match reading {
                Reading::Is { value, .. } => now.sum = now.sum.saturating_add(value),
                Reading::Missing => {
                    now.complete_set = false;
                    steps.push(Step::of(TraceRule::Missing).lesion(*number));
                }
            }
            now.readings.push(reading);
        }
    }

    /// The response of measured targets.
    fn target_response(
        &self,
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
        if let Some(step) = self.reappeared(selection, history, now) {
            steps.push(step);
            return Response::Progressive;
        }
        if self.rose(selection, history, now, steps) {
            return Response::Progressive;
        }
        if !now.complete_set {
            steps.push(Step::of(TraceRule::NotAllEvaluable));
            return Response::NotEvaluable;
        }
        self.fell(history, now, steps)
    }

    /// Partial, minor or stable.
    pub(crate) fn fell(
        &self,
        history: &History,
        now: &TargetsNow,
        steps: &mut Vec<Step>,
    ) -> Response {
        let step = |rule| Step::of(rule).numbers(now.sum, history.baseline);
        if self.response.is_fall(history.baseline, now.sum) {
            steps.push(step(TraceRule::FallReached));
            return Response::Partial;
        }
        if self
            .minor
            .is_some_and(|minor| minor.is_fall(history.baseline, now.sum))
        {
            steps.push(step(TraceRule::MinorFallReached));
            return Response::Minor;
        }
        steps.push(step(TraceRule::FallNotReached));
        Response::Stable
    }

    /// A target that is there again although all were gone.
    pub(crate) fn reappeared(
        &self,
        selection: &Selection,
        history: &History,
        now: &TargetsNow,
    ) -> Option<Step> {
        if !self.reappearance_is_progression || !history.was_complete {
            return None;
        }
        selection
            .targets
            .iter()
            .zip(&now.readings)
            .zip(&history.lesion_nadir)
            .find_map(|(((number, _), reading), least)| match reading {
                // A node that was small and is again swollen is judged by the sum.
                Reading::Is { value, gone: false } if *least == 0 => Some(
                    Step::of(TraceRule::Reappeared)
                        .lesion(*number)
                        .numbers(*value, 0),
                ),
                _ => None,
            })
    }

    /// Whether the targets rose to progression.
    pub(crate) fn rose(
        &self,
        selection: &Selection,
        history: &History,
        now: &TargetsNow,
        steps: &mut Vec<Step>,
    ) -> bool {
        if self.progression_of == ProgressionOf::AnyLesion {
            for ((at, (number, value)), reading) in
                selection.targets.iter().enumerate().zip(&now.readings)
            {
                let reference = match self.progression_reference {
                    ProgressionReference::Baseline => *value,
                    ProgressionReference::Nadir => {
                        history.lesion_nadir.get(at).copied().unwrap_or(*value)
                    }
                };
                if let Reading::Is { value, .. } = reading
                    && self.progression.is_rise(reference, *value)
                {
                    steps.push(
                        Step::of(TraceRule::LesionRise)
                            .lesion(*number)
                            .numbers(*value, reference),
                    );
                    return true;
                }
            }
            return false;
        }
        let (reference, day) = match self.progression_reference {
            ProgressionReference::Baseline => (history.baseline, history.baseline_day),
            ProgressionReference::Nadir => (history.nadir, history.nadir_day),
        };
        let step = |rule| Step::of(rule).day(day).numbers(now.sum, reference);
        let rises = self.progression.is_rise(reference, now.sum);
        let enough =
            now.sum.saturating_sub(reference) >= i64::from(self.progression_absolute_mm.ticks());
        match (rises && enough, now.complete_set) {
            (true, true) => steps.push(step(TraceRule::RiseReached)),
            (true, false) => steps.push(step(TraceRule::ProgressionWithoutMissing)),
            (false, true) if rises => steps.push(step(TraceRule::RiseBelowAbsolute)),
            (false, true) => steps.push(step(TraceRule::RiseNotReached)),
            (false, false) => {}
        }
        rises && enough
    }

    /// Each target by itself.
    fn each_lesion(
        &self,
        selection: &Selection,
        history: &History,
        now: &TargetsNow,
        day: Day,
        lesions: &mut Vec<LesionResponse>,
    ) {
        for ((at, (number, baseline)), reading) in
            selection.targets.iter().enumerate().zip(&now.readings)
        {
            let least = history.lesion_nadir.get(at).copied().unwrap_or(*baseline);
            let reference = match self.progression_reference {
                ProgressionReference::Baseline => *baseline,
                ProgressionReference::Nadir => least,
            };
            let (value, response) = match reading {
                Reading::Missing => (None, Response::NotEvaluable),
                Reading::Is { value, gone: true } => (Some(*value), Response::Complete),
                Reading::Is { value, gone: false } => {
                    let response = if self.progression.is_rise(reference, *value) {
                        Response::Progressive
                    } else if self.response.is_fall(*baseline, *value) {
                        Response::Partial
                    } else if self
                        .minor
                        .is_some_and(|minor| minor.is_fall(*baseline, *value))
                    {
                        Response::Minor
                    } else {
                        Response::Stable
                    };
                    (Some(*value), response)
                }
            };
            lesions.push(LesionResponse {
                lesion: *number,
                day,
                value,
                baseline: *baseline,
                response,
            });
        }
    }

    /// New lesions, with their step.
    pub(crate) fn new_lesion_step(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        steps: &mut Vec<Step>,
    ) -> NewLesionVerdict {
        let new = timeline.new_lesions(at);
        if let Some(site) = new.known_site {
            steps.push(Step::of(TraceRule::NewKnownSite).lesion(site));
        }
        match new.verdict {
            NewLesionVerdict::None => {}
            NewLesionVerdict::Equivocal => {
                steps.push(Step::of(TraceRule::NewEquivocal).lesion(new.lesion));
            }
            NewLesionVerdict::ConfirmedLater => {
                let step = Step::of(TraceRule::NewDatedBack).lesion(new.lesion);
                steps.push(new.confirmed.map_or(step, |day| step.day(day)));
            }
            NewLesionVerdict::Unequivocal => {
                steps.push(Step::of(TraceRule::NewLesion).lesion(new.lesion));
            }
        }
        new.verdict
    }
}

/// Whether every target is gone, or a normal node.
pub(crate) fn all_gone(readings: &[Reading]) -> bool {
    readings
        .iter()
        .all(|reading| matches!(reading, Reading::Is { gone: true, .. }))
}

pub(crate) fn step_count(steps: &[Step]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

const fn nothing() -> BestResponse {
    BestResponse {
        response: Response::NotEvaluable,
        day: None,
        reason: BestReason::NothingEvaluable,
    }
}
