//! Which lesions are targets.
//!
//! Where a reader chose targets, those are taken, the largest first, up to the
//! criterion's limits in all and per organ; one that the criterion would not
//! measure is kept and marked, because the reader saw the images.
//! Where nobody chose, the largest measurable lesions are taken.
//! Every other lesion of baseline is followed without being measured.

use super::reading::Reading;
use super::timeline::{Timeline, is_there};
use super::trace::{Step, TraceRule};
use super::{
    Assessment, CriterionRules, Diameter, Lesion, LesionKind, LesionRole, Measurability, Measure,
    Modality, Organ, Region,
};

/// Targets and other lesions of a criterion.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// With their measure at baseline in ticks.
    pub(crate) targets: Vec<(u32, i64)>,
    pub(crate) others: Vec<u32>,
    pub(crate) steps: Vec<Step>,
    /// Lesions that would be targets and lack the measure.
    pub(crate) unmeasured: usize,
}

impl CriterionRules {
    /// Targets and other lesions at baseline.
    pub(crate) fn select(&self, timeline: &Timeline<'_>) -> Selection {
        let mut selection = Selection::default();
        let Some((_, baseline)) = timeline.assessment(0) else {
            return selection;
        };
        let record = timeline.record();
        selection.steps.reserve(record.lesions.len() + 1);
        selection
            .steps
            .push(Step::of(TraceRule::Baseline).day(baseline.day));
        let chosen = record
            .lesions
            .iter()
            .any(|lesion| lesion.role == LesionRole::Target);
        let mut candidates: Vec<(u32, i64)> = Vec::with_capacity(record.lesions.len());
        for (at, lesion) in record.lesions.iter().enumerate() {
            let number = u32::try_from(at).unwrap_or(u32::MAX);
            let Some(finding) = timeline.finding(0, at) else {
                continue;
            };
            if !is_there(finding) || lesion.fragment_of.is_some() || lesion.role == LesionRole::New
            {
                continue;
            }
            let wanted = match lesion.role {
                LesionRole::Target => true,
                LesionRole::Unassigned => !chosen,
                LesionRole::NonTarget | LesionRole::New => false,
            };
            if !wanted {
                self.keep_other(timeline, at, number, &mut selection);
                continue;
            }
            if self.region == Region::Liver && lesion.organ != Organ::Liver {
                selection
                    .steps
                    .push(Step::of(TraceRule::TargetElsewhere).lesion(number));
                self.keep_other(timeline, at, number, &mut selection);
                continue;
            }
            if lesion.measurability != Measurability::BySize && !chosen {
                selection
                    .steps
                    .push(Step::of(TraceRule::TargetNotMeasurable).lesion(number));
                self.keep_other(timeline, at, number, &mut selection);
                continue;
            }
            let Reading::Is { value, gone } = self.read(timeline, 0, at, &mut selection.steps)
            else {
                selection
                    .steps
                    .push(Step::of(TraceRule::TargetUnmeasured).lesion(number));
                selection.unmeasured += 1;
                self.keep_other(timeline, at, number, &mut selection);
                continue;
            };
            if self.measure == Measure::Visual {
                candidates.push((number, value));
                continue;
            }
            if gone {
                if lesion.kind.is_node() && value > 0 {
                    selection.steps.push(
                        Step::of(TraceRule::NodeNormal)
                            .lesion(number)
                            .numbers(value, 0),
                    );
                } else {
                    selection
                        .steps
                        .push(Step::of(TraceRule::TargetUnmeasured).lesion(number));
                    self.keep_other(timeline, at, number, &mut selection);
                }
                continue;
            }
            if let Some((least, is)) = self.below_minimum(lesion, baseline, timeline, at) {
                if chosen {
                    selection.steps.push(
                        Step::of(TraceRule::TargetBelowMinimum)
                            .lesion(number)
                            .numbers(is, least),
                    );
                } else {
                    self.keep_other(timeline, at, number, &mut selection);
                    continue;
                }
            }
            candidates.push((number, value));
        }
        self.cap(timeline, candidates, &mut selection);
        selection.others.sort_unstable();
        selection
    }

    /// Follows a lesion without measuring it, unless it is a normal node.
    fn keep_other(
        &self,
        timeline: &Timeline<'_>,
        at: usize,
        number: u32,
        selection: &mut Selection,
    ) {
        let persists = timeline
            .finding(0, at)
            .is_some_and(|finding| self.persists(timeline, at, finding));
        if persists {
            selection.others.push(number);
        } else {
            selection
                .steps
                .push(Step::of(TraceRule::NodeNormal).lesion(number));
        }
    }

    /// The least diameter that is asked for and the one there is, where it is too small.
    fn below_minimum(
        &self,
        lesion: &Lesion,
        baseline: &Assessment,
        timeline: &Timeline<'_>,
        at: usize,
    ) -> Option<(i64, i64)> {
        let finding = timeline.finding(0, at)?;
        let node = self.is_node(lesion);
        let (least, is): (Diameter, Diameter) = match self.measure {
            Measure::Diameter | Measure::DiameterAndDensity | Measure::EnhancingDiameter
                if node =>
            {
                let hilar = (lesion.kind == LesionKind::HilarNode)
                    .then_some(self.hilar_node_minimum_mm)
                    .flatten();
                (hilar.unwrap_or(self.node_minimum_mm), finding.short_axis?)
            }
            Measure::Diameter | Measure::DiameterAndDensity | Measure::Product => {
                (self.minimum_of(baseline), finding.long_axis?)
            }
            Measure::EnhancingDiameter | Measure::EnhancingProduct => (
                self.minimum_of(baseline),
                finding.enhancing_long_axis.or(finding.long_axis)?,
            ),
            Measure::EnhancingVolume
            | Measure::Volume
            | Measure::HottestUptake
            | Measure::TotalUptake
            | Measure::Visual => return None,
        };
        (is < least).then_some((i64::from(least.ticks()), i64::from(is.ticks())))
    }

    /// The smallest measurable diameter in an image.
    fn minimum_of(&self, baseline: &Assessment) -> Diameter {
        let by_modality = match baseline.modality {
            Modality::Ct | Modality::Mri | Modality::Pet | Modality::Caliper => self.minimum_mm,
            Modality::ConventionalCt => self.minimum_conventional_mm,
            Modality::ChestRadiograph => self.minimum_radiograph_mm,
        };
        let by_slices = baseline.slice_thickness.map_or(Diameter::ZERO, |slice| {
            Diameter::from_ticks(slice.ticks().saturating_mul(u32::from(self.minimum_slices)))
        });
        by_modality.max(by_slices)
    }

    /// The largest within the limits; equal ones in the order of the record.
    fn cap(
        &self,
        timeline: &Timeline<'_>,
        mut candidates: Vec<(u32, i64)>,
        selection: &mut Selection,
    ) {
        candidates.sort_by_key(|(number, value)| (std::cmp::Reverse(*value), *number));
        let lesions = &timeline.record().lesions;
        let organ = |number: u32| {
            usize::try_from(number)
                .ok()
                .and_then(|at| lesions.get(at))
                .map_or(&Organ::Unknown, |lesion| {
                    if lesion.kind.is_node() {
                        &Organ::LymphNode
                    } else {
                        &lesion.organ
                    }
                })
        };
        for (number, value) in candidates {
            let here = organ(number);
            let in_organ = selection
                .targets
                .iter()
                .filter(|(chosen, _)| organ(*chosen) == here)
                .count();
            let (rule, limit) = if selection.targets.len() >= usize::from(self.targets) {
                (TraceRule::TargetPastTotal, i64::from(self.targets))
            } else if *here != Organ::Unknown && in_organ >= usize::from(self.targets_per_organ) {
                (
                    TraceRule::TargetPastOrgan,
                    i64::from(self.targets_per_organ),
                )
            } else {
                selection.targets.push((number, value));
                selection.steps.push(
                    Step::of(TraceRule::TargetChosen)
                        .lesion(number)
                        .numbers(value, 0),
                );
                continue;
            };
            selection
                .steps
                .push(Step::of(rule).lesion(number).numbers(value, limit));
            if let Ok(at) = usize::try_from(number) {
                self.keep_other(timeline, at, number, selection);
            }
        }
        selection
            .targets
            .sort_unstable_by_key(|(number, _)| *number);
    }
}
