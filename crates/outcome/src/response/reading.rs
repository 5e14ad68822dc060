//! One lesion on one day, as a criterion counts it.
//!
//! | state | diameter | product, enhancing part, volume |
//! |---|---|---|
//! | measured | as measured; nodes by short axis where the criterion says so | as measured |
//! | gone | 0 | 0 |
//! | too small to measure | as measured, else 5 mm | as measured, else of 5 mm (volumes: missing) |
//! | grown into another | 0; the other is measured for both | 0 |
//! | not evaluable | missing | missing |
//!
//! A node whose short axis is below 10 mm is normal: it keeps its size in the
//! sum and does not stand against complete response (eisenhauer2009).

use super::timeline::{Timeline, is_there};
use super::trace::{Step, TraceRule};
use super::volumetric::{enhancing_volume, volume};
use super::{CriterionRules, LesionFinding, LesionState, Measure, SumUnit};

/// A lesion on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Cannot be said.
    Missing,
    /// Its measure in ticks, and whether it is no disease any more.
    Is { value: i64, gone: bool },
}

impl CriterionRules {
    /// The unit of the sums of this criterion.
    #[must_use]
    pub const fn unit(&self) -> SumUnit {
        match self.measure {
            Measure::Diameter | Measure::EnhancingDiameter | Measure::DiameterAndDensity => {
                SumUnit::Millimetre
            }
            Measure::Product | Measure::EnhancingProduct => SumUnit::SquareMillimetre,
            Measure::EnhancingVolume | Measure::Volume => SumUnit::Millilitre,
            Measure::HottestUptake | Measure::TotalUptake => SumUnit::Uptake,
            Measure::Visual => SumUnit::None,
        }
    }

    /// A lesion without its fragments.
    pub(crate) fn read_alone(
        &self,
        timeline: &Timeline<'_>,
        lesion: usize,
        finding: &LesionFinding,
        steps: &mut Vec<Step>,
    ) -> Reading {
        let number = finding.lesion;
        match finding.state {
            LesionState::Absent => {
                return Reading::Is {
                    value: 0,
                    gone: true,
                };
            }
            LesionState::NotEvaluable => return Reading::Missing,
            LesionState::MergedInto(_) => {
                steps.push(Step::of(TraceRule::Merged).lesion(number));
                return Reading::Is {
                    value: 0,
                    gone: true,
                };
            }
            LesionState::Present | LesionState::TooSmall | LesionState::Progressed => {}
        }
        let Some(of) = timeline.record().lesions.get(lesion) else {
            return Reading::Missing;
        };
        let value: Option<i64> = match self.measure {
            Measure::Diameter | Measure::DiameterAndDensity => self.diameter(of, finding),
            Measure::Product => self.product(finding),
            Measure::EnhancingDiameter => self.enhancing_diameter(of, finding),
            Measure::EnhancingProduct => self.enhancing_product(of, finding),
            Measure::EnhancingVolume => enhancing_volume(finding),
            Measure::Volume => volume(finding),
            Measure::HottestUptake => finding.sul_peak.map(|uptake| i64::from(uptake.ticks())),
            Measure::TotalUptake => finding.suv_max.map(|uptake| i64::from(uptake.ticks())),
            Measure::Visual => finding.visual.map(|_| 0),
        };
        let Some(value) = value else {
            return Reading::Missing;
        };
        if finding.state == LesionState::TooSmall {
            steps.push(
                Step::of(TraceRule::TooSmall)
                    .lesion(number)
                    .numbers(value, 0),
            );
        }
        let normal = self.is_node(of) && value < i64::from(self.node_normal_below_mm.ticks());
        Reading::Is {
            value,
            gone: value == 0 || normal,
        }
    }

    /// A lesion with its fragments, at a place of the timeline.
    pub(crate) fn read(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        lesion: usize,
        steps: &mut Vec<Step>,
    ) -> Reading {
        let Some(finding) = timeline.finding(at, lesion) else {
            return Reading::Missing;
        };
        let mut reading = self.read_alone(timeline, lesion, finding, steps);
        let mut split = false;
        for fragment in timeline.fragments(lesion) {
            let part = match timeline.finding(at, fragment) {
                Some(finding) => self.read_alone(timeline, fragment, finding, steps),
                // Not there yet.
                None if !timeline.was_seen(at, fragment) => continue,
                None => Reading::Missing,
            };
            split = true;
            reading = match (reading, part) {
                (
                    Reading::Is { value, gone },
                    Reading::Is {
                        value: part,
                        gone: part_gone,
                    },
                ) => Reading::Is {
                    value: value.saturating_add(part),
                    gone: gone && part_gone,
                },
                _ => Reading::Missing,
            };
        }
        if split && let Reading::Is { value, .. } = reading {
            steps.push(
                Step::of(TraceRule::Fragments)
                    .lesion(finding.lesion)
                    .numbers(value, 0),
            );
        }
        reading
    }

    /// Whether a lesion that is no target is there still.
    pub(crate) fn persists(
        &self,
        timeline: &Timeline<'_>,
        lesion: usize,
        finding: &LesionFinding,
    ) -> bool {
        if !is_there(finding) {
            return false;
        }
        let Some(of) = timeline.record().lesions.get(lesion) else {
            return false;
        };
        if self.is_node(of) {
            return finding
                .short_axis
                .is_none_or(|short| short >= self.node_normal_below_mm);
        }
        finding.long_axis.is_none_or(|long| long.ticks() > 0)
    }
}
