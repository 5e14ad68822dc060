//! Response by the uptake of FDG: PERCIST 1.0 and EORTC 1999.
//!
//! PERCIST follows the SULpeak $u$ of the hottest lesion at each scan, which
//! need not be the same one. A lesion is measurable at baseline from
//! $1.5\,\bar u_\mathrm{liver} + 2\sigma_\mathrm{liver}$ on; in a diseased
//! liver from $2.0\,\bar u_\mathrm{blood} + 2\sigma_\mathrm{blood}$ on.
//!
//! - complete: all lesions below the mean of the reference, and no new one;
//! - partial: $u$ fell by 30 % and by 0.8 g/mL;
//! - progression: $u$ rose by 30 % and by 0.8 g/mL, or the total glycolysis by
//!   75 %, or a new lesion;
//! - stable: else.
//!
//! Scans compare only when the reference changed by at most 20 % and by less
//! than 0.3 g/mL, and the time from injection to scan by less than 15 min;
//! else the targets are not evaluable.
//!
//! EORTC follows the sum of SUV: a fall past 25 % is partial (15 % after one
//! cycle), a rise past 25 %, of the extent past 20 %, or a new lesion is
//! progression, and uptake as the surroundings is complete.
//!
//! Both are for FDG alone: ligands of the somatostatin receptor have no
//! validated limits, and a tracer that is not said is refused.
//! Sources: wahl2009, young1999.

use super::criterion::{History, TargetsNow, step_count};
use super::reading::Reading;
use super::selection::Selection;
use super::timeline::Timeline;
use super::trace::{Step, TraceRule};
use super::{
    Assessment, ChangeLimit, CriterionResult, CriterionRules, LesionFinding, Measure, NotComputed,
    PetReference, Response, TimePoint, Tracer, VisualUptake, overall_response,
};

/// The reference uptake in ticks: liver, or blood where the liver is diseased.
fn reference_mean(pet: &PetReference) -> Option<i64> {
    let uptake = if pet.liver_diseased {
        pet.blood_mean
    } else {
        pet.liver_mean
    };
    uptake.map(|uptake| i64::from(uptake.ticks()))
}

/// The least SULpeak of a measurable lesion in ticks, rounded up.
///
/// TV-D2: a liver of 1.6 ± 0.25 g/mL asks for 2.90 g/mL.
#[must_use]
pub fn measurable_uptake(pet: &PetReference) -> Option<super::Uptake> {
    let (halves, mean, deviation) = if pet.liver_diseased {
        (4, pet.blood_mean?, pet.blood_deviation?)
    } else {
        (3, pet.liver_mean?, pet.liver_deviation?)
    };
    let ticks = (halves * u64::from(mean.ticks())).div_ceil(2) + 2 * u64::from(deviation.ticks());
    u32::try_from(ticks).ok().map(super::Uptake::from_ticks)
}

impl CriterionRules {
    pub(crate) fn cannot_uptake(
        &self,
        timeline: &Timeline<'_>,
        selection: &Selection,
    ) -> Option<NotComputed> {
        let pet = timeline
            .assessment(0)
            .and_then(|(_, baseline)| baseline.pet);
        let Some(pet) = pet.filter(|pet| pet.tracer == Tracer::Fdg) else {
            return Some(if selection.targets.is_empty() {
                NotComputed::NotMeasured
            } else {
                NotComputed::OtherTracer
            });
        };
        if selection.targets.is_empty() {
            return Some(NotComputed::NoDisease);
        }
        if self.measure == Measure::TotalUptake {
            return None;
        }
        let hottest = selection.targets.iter().map(|(_, value)| *value).max();
        let least = measurable_uptake(&pet).map(|uptake| i64::from(uptake.ticks()));
        match (hottest, least) {
            (Some(hottest), Some(least)) if hottest >= least => None,
            _ => Some(NotComputed::NotAvid),
        }
    }

    pub(crate) fn assess_uptake(
        &self,
        timeline: &Timeline<'_>,
        selection: &Selection,
        result: &mut CriterionResult,
    ) {
        let values = selection.targets.iter().map(|(_, value)| *value);
        let hottest_alone = self.measure == Measure::HottestUptake;
        let baseline = if hottest_alone {
            values.max().unwrap_or(0)
        } else {
            values.sum()
        };
        result.baseline_sum = Some(baseline);
        let Some((_, first)) = timeline.assessment(0) else {
            return;
        };
        let mut history = History {
            baseline,
            baseline_day: first.day,
            nadir: baseline,
            nadir_day: first.day,
            lesion_nadir: selection.targets.iter().map(|(_, value)| *value).collect(),
            was_complete: false,
        };
        for at in 1..timeline.len() {
            let Some((place, assessment)) = timeline.assessment(at) else {
                continue;
            };
            let start = step_count(&result.steps);
            let now = self.uptake_now(timeline, at, selection, &mut result.steps);
            let target = self.uptake_response(
                timeline,
                at,
                (first, assessment),
                selection,
                &history,
                &now,
                &mut result.steps,
            );
            let other = self.other_lesions(timeline, at, &result.non_targets, &mut result.steps);
            let new = self.new_lesion_step(timeline, at, &mut result.steps);
            let overall = overall_response(Some(target), other, new.is_progression());
            result.steps.push(Step::overall(
                Some(target),
                other,
                new.is_progression(),
                Some(overall),
            ));
            let sum = now.complete_set.then_some(now.sum);
            result.time_points.push(TimePoint {
                day: assessment.day,
                assessment: place,
                sum,
                nadir: Some(history.nadir),
                target: Some(target),
                non_target: other,
                new,
                overall: Some(overall),
                steps: start..step_count(&result.steps),
            });
            if let Some(sum) = sum
                && sum < history.nadir
            {
                history.nadir = sum;
                history.nadir_day = assessment.day;
            }
        }
    }

    /// The hottest target, or the sum of all.
    fn uptake_now(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        selection: &Selection,
        steps: &mut Vec<Step>,
    ) -> TargetsNow {
        let mut now = TargetsNow {
            readings: Vec::with_capacity(selection.targets.len()),
            sum: 0,
            complete_set: true,
        };
        for (number, _) in &selection.targets {
            let reading = usize::try_from(*number).map_or(Reading::Missing, |lesion| {
                self.read(timeline, at, lesion, steps)
            });
            match reading {
                Reading::Is { value, .. } if self.measure == Measure::HottestUptake => {
                    now.sum = now.sum.max(value);
                }
                Reading::Is { value, .. } => now.sum += value,
                Reading::Missing => {
                    now.complete_set = false;
                    steps.push(Step::of(TraceRule::Missing).lesion(*number));
                }
            }
            now.readings.push(reading);
        }
        now
    }

    #[expect(clippy::too_many_arguments, reason = "what a verdict depends on")]
    fn uptake_response(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        (first, assessment): (&Assessment, &Assessment),
        selection: &Selection,
        history: &History,
        now: &TargetsNow,
        steps: &mut Vec<Step>,
    ) -> Response {
        let (Some(was), Some(pet)) = (first.pet, assessment.pet) else {
            steps.push(Step::of(TraceRule::ScansNotComparable));
            return Response::NotEvaluable;
        };
        if pet.tracer != Tracer::Fdg || !self.comparable(&was, &pet) {
            steps.push(Step::of(TraceRule::ScansNotComparable));
            return Response::NotEvaluable;
        }
        let glycolysis =
            |finding: &LesionFinding| finding.glycolysis.map(|mass| i64::from(mass.ticks()));
        let extent = |finding: &LesionFinding| {
            finding
                .uptake_extent
                .map(|length| i64::from(length.ticks()))
        };
        let mut rose_by = |limit, rule, of: &dyn Fn(&LesionFinding) -> Option<i64>| {
            rose(timeline, at, selection, limit, of).is_some_and(|(was, is)| {
                steps.push(Step::of(rule).numbers(is, was));
                true
            })
        };
        if rose_by(
            self.glycolysis_progression,
            TraceRule::GlycolysisRise,
            &glycolysis,
        ) || rose_by(self.extent_progression, TraceRule::ExtentRise, &extent)
        {
            return Response::Progressive;
        }
        if now.complete_set {
            let hottest =
                selection.targets.iter().zip(&now.readings).max_by_key(
                    |(_, reading)| match reading {
                        Reading::Is { value, .. } => *value,
                        Reading::Missing => -1,
                    },
                );
            if let Some(((number, _), _)) = hottest {
                steps.push(
                    Step::of(TraceRule::HottestUptake)
                        .lesion(*number)
                        .numbers(now.sum, history.baseline),
                );
            }
            if self.as_background(timeline, at, selection, now, &pet, steps) {
                return Response::Complete;
            }
        }
        if self.rose(selection, history, now, steps) {
            return Response::Progressive;
        }
        if !now.complete_set {
            steps.push(Step::of(TraceRule::NotAllEvaluable));
            return Response::NotEvaluable;
        }
        let enough = self.response_absolute.is_none_or(|least| {
            history.baseline.saturating_sub(now.sum) >= i64::from(least.ticks())
        });
        let step = |rule| Step::of(rule).numbers(now.sum, history.baseline);
        if enough && self.response.is_fall(history.baseline, now.sum) {
            steps.push(step(TraceRule::FallReached));
            return Response::Partial;
        }
        steps.push(step(TraceRule::FallNotReached));
        Response::Stable
    }

    /// Whether two scans may be compared.
    fn comparable(&self, was: &PetReference, is: &PetReference) -> bool {
        if let (Some(limit), Some(was), Some(is)) = (
            self.reference_change,
            reference_mean(was),
            reference_mean(is),
        ) {
            let apart = self
                .reference_absolute
                .is_some_and(|most| (was - is).abs() >= i64::from(most.ticks()));
            if limit.is_fall(was, is) || limit.is_rise(was, is) || apart {
                return false;
            }
        }
        match (
            self.uptake_minutes_apart,
            was.uptake_minutes,
            is.uptake_minutes,
        ) {
            (Some(most), Some(was), Some(is)) => was.abs_diff(is) < most,
            _ => true,
        }
    }

    fn as_background(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        selection: &Selection,
        now: &TargetsNow,
        pet: &PetReference,
        steps: &mut Vec<Step>,
    ) -> bool {
        let reference = reference_mean(pet);
        let normal = selection
            .targets
            .iter()
            .zip(&now.readings)
            .all(|((number, _), reading)| {
                let seen = usize::try_from(*number)
                    .ok()
                    .and_then(|lesion| timeline.finding(at, lesion))
                    .and_then(|finding| finding.visual);
                let Reading::Is { value, .. } = *reading else {
                    return false;
                };
                if value == 0 {
                    return true;
                }
                if self.measure == Measure::TotalUptake {
                    return seen == Some(VisualUptake::Normal);
                }
                // Below the liver, and not told from its surroundings where somebody looked.
                reference.is_some_and(|reference| value < reference)
                    && seen.is_none_or(|seen| seen == VisualUptake::Normal)
            });
        if normal {
            steps.push(Step::of(TraceRule::UptakeNormal).numbers(now.sum, reference.unwrap_or(0)));
        }
        normal
    }
}

/// The sums of something over all targets at baseline and now, where they rose by a limit.
fn rose(
    timeline: &Timeline<'_>,
    at: usize,
    selection: &Selection,
    limit: Option<ChangeLimit>,
    of: impl Fn(&LesionFinding) -> Option<i64>,
) -> Option<(i64, i64)> {
    let limit = limit?;
    let was = total(timeline, 0, selection, &of)?;
    let is = total(timeline, at, selection, &of)?;
    limit.is_rise(was, is).then_some((was, is))
}

/// The sum of something over all targets; none when one lacks it.
fn total(
    timeline: &Timeline<'_>,
    at: usize,
    selection: &Selection,
    of: impl Fn(&LesionFinding) -> Option<i64>,
) -> Option<i64> {
    selection
        .targets
        .iter()
        .map(|(number, _)| {
            let lesion = usize::try_from(*number).ok()?;
            of(timeline.finding(at, lesion)?)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Uptake;

    #[test]
    fn tv_d2_gives_the_threshold_of_a_measurable_lesion() {
        let pet = PetReference {
            liver_mean: Some(Uptake::parse("1.6").unwrap()),
            liver_deviation: Some(Uptake::parse("0.25").unwrap()),
            ..PetReference::default()
        };
        // DOMAIN TV-D2: 1.5 * 1.6 + 2 * 0.25 = 2.90.
        assert_eq!(measurable_uptake(&pet), Some(Uptake::parse("2.9").unwrap()));
        let diseased = PetReference {
            liver_diseased: true,
            blood_mean: Some(Uptake::parse("1.2").unwrap()),
            blood_deviation: Some(Uptake::parse("0.2").unwrap()),
            ..pet
        };
        // 2.0 * 1.2 + 2 * 0.2 = 2.8.
        assert_eq!(
            measurable_uptake(&diseased),
            Some(Uptake::parse("2.8").unwrap())
        );
    }
}
