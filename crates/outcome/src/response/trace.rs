//! One step on the way to a verdict: a rule, its numbers, its days.
//!
//! Steps are kept as numbers and become words only when they are read, so that
//! a hundred thousand patients can be judged without writing a book.

use super::verdict::SumUnit;
use super::{Day, PatientRecord, Response, shown_percent};

/// What a step says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceRule {
    /// Baseline is this assessment.
    Baseline,
    /// The lesion is a target of this size.
    TargetChosen,
    /// The lesion was called a target and is below what the criterion measures.
    TargetBelowMinimum,
    /// The lesion is not a target: its organ has its share.
    TargetPastOrgan,
    /// The lesion is not a target: there are enough.
    TargetPastTotal,
    /// The lesion cannot be a target: no measure at baseline.
    TargetUnmeasured,
    /// The lesion cannot be a target: locally treated, or never measurable.
    TargetNotMeasurable,
    /// The lesion lies outside of the region of the criterion.
    TargetElsewhere,
    /// The node is normal at baseline and no disease.
    NodeNormal,
    /// Too small to measure: counted with its default.
    TooSmall,
    /// The lesion is missing.
    Missing,
    /// The fragments of the lesion count with it.
    Fragments,
    /// The lesion grew into another and counts there.
    Merged,
    /// The sum of the targets, with the sum at baseline.
    Sum,
    /// All targets are gone, nodes normal.
    AllGone,
    /// A target is there again after complete response.
    Reappeared,
    /// Fall from baseline that reaches partial response.
    FallReached,
    /// Fall from baseline that reaches minor response only.
    MinorFallReached,
    /// Change from baseline that is no response.
    FallNotReached,
    /// Rise over the reference that is progression.
    RiseReached,
    /// Rise over the reference that is none.
    RiseNotReached,
    /// Rise that reaches the percentage and not the millimetres.
    RiseBelowAbsolute,
    /// One lesion rose enough over its own reference.
    LesionRise,
    /// The lesions that are left prove progression although one is missing.
    ProgressionWithoutMissing,
    /// Not all targets are evaluable.
    NotAllEvaluable,
    /// Neither response nor progression.
    Stable,
    /// Density fell enough.
    DensityFall,
    /// Density did not fall enough.
    DensityNoFall,
    /// Density is missing.
    DensityMissing,
    /// A nodule within a lesion is new.
    NewNodule,
    /// Another lesion is worse beyond doubt.
    NonTargetProgressed,
    /// The reader says it of all other lesions.
    NonTargetStated,
    /// All other lesions are gone.
    NonTargetGone,
    /// Another lesion was not evaluated.
    NonTargetMissing,
    /// Other lesions are still there.
    NonTargetPersists,
    /// The marker is still high: not complete.
    MarkerHigh,
    /// A new lesion beyond doubt.
    NewLesion,
    /// A new lesion that may be none.
    NewEquivocal,
    /// An equivocal new lesion confirmed on a later day.
    NewDatedBack,
    /// A site on PET that CT knew before.
    NewKnownSite,
    /// The uptake of the hottest lesion, with that at baseline.
    HottestUptake,
    /// Uptake below the liver, as the background.
    UptakeNormal,
    /// Scans that cannot be compared.
    ScansNotComparable,
    /// Glycolysis rose enough.
    GlycolysisRise,
    /// The extent of uptake rose enough.
    ExtentRise,
    /// Uptake as seen.
    Visual,
    /// The row of the table that gives the overall response.
    Overall,
}

/// A step: rule, lesion, day, two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What it says.
    pub rule: TraceRule,
    /// The lesion it says it of.
    pub lesion: Option<u32>,
    /// The day of what it compares with.
    pub day: Option<Day>,
    /// The number now, in ticks of the criterion's unit, or of a percentage.
    pub now: i64,
    /// The number it is compared with.
    pub reference: i64,
}

impl TraceRule {
    /// The rule's id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::TargetChosen => "target.chosen",
            Self::TargetBelowMinimum => "target.below-minimum",
            Self::TargetPastOrgan => "target.cap-organ",
            Self::TargetPastTotal => "target.cap-total",
            Self::TargetUnmeasured => "target.unmeasured",
            Self::TargetNotMeasurable => "target.not-measurable",
            Self::TargetElsewhere => "target.outside-region",
            Self::NodeNormal => "node.normal",
            Self::TooSmall => "lesion.too-small",
            Self::Missing => "lesion.not-evaluable",
            Self::Fragments => "lesion.split",
            Self::Merged => "lesion.merged",
            Self::Sum => "target.sum",
            Self::AllGone => "target.cr",
            Self::Reappeared => "target.reappeared",
            Self::FallReached => "target.pr",
            Self::MinorFallReached => "target.mr",
            Self::FallNotReached => "target.no-pr",
            Self::RiseReached => "target.pd",
            Self::RiseNotReached => "target.no-pd",
            Self::RiseBelowAbsolute => "target.pd-absolute",
            Self::LesionRise => "target.pd-lesion",
            Self::ProgressionWithoutMissing => "target.pd-without-missing",
            Self::NotAllEvaluable => "target.ne",
            Self::Stable => "target.sd",
            Self::DensityFall => "density.pr",
            Self::DensityNoFall => "density.no-pr",
            Self::DensityMissing => "density.missing",
            Self::NewNodule => "nodule.new",
            Self::NonTargetProgressed => "non-target.pd",
            Self::NonTargetStated => "non-target.stated",
            Self::NonTargetGone => "non-target.cr",
            Self::NonTargetMissing => "non-target.ne",
            Self::NonTargetPersists => "non-target.persists",
            Self::MarkerHigh => "marker.high",
            Self::NewLesion => "new.unequivocal",
            Self::NewEquivocal => "new.equivocal",
            Self::NewDatedBack => "new.dated-back",
            Self::NewKnownSite => "new.known-site",
            Self::HottestUptake => "pet.hottest",
            Self::UptakeNormal => "pet.cmr",
            Self::ScansNotComparable => "pet.not-comparable",
            Self::GlycolysisRise => "pet.glycolysis",
            Self::ExtentRise => "pet.extent",
            Self::Visual => "pet.visual",
            Self::Overall => "overall",
        }
    }
}

impl Step {
    pub(crate) const fn of(rule: TraceRule) -> Self {
        Self {
            rule,
            lesion: None,
            day: None,
            now: 0,
            reference: 0,
        }
    }

    pub(crate) const fn lesion(mut self, lesion: u32) -> Self {
        self.lesion = Some(lesion);
        self
    }

    pub(crate) const fn day(mut self, day: Day) -> Self {
        self.day = Some(day);
        self
    }

    pub(crate) const fn numbers(mut self, now: i64, reference: i64) -> Self {
        self.now = now;
        self.reference = reference;
        self
    }

    /// The row of the table that gives the overall response.
    pub(crate) fn overall(
        target: Option<Response>,
        non_target: Option<Response>,
        new: bool,
        overall: Option<Response>,
    ) -> Self {
        let code = |response: Option<Response>| {
            response.map_or(0, |response| 1 + i64::from(response as u8))
        };
        Self::of(TraceRule::Overall).numbers(
            code(target) + 16 * code(non_target) + 256 * i64::from(new),
            code(overall),
        )
    }

    /// The step as a sentence, with the names and days of its record.
    #[must_use]
    pub fn text(&self, unit: SumUnit, record: &PatientRecord) -> String {
        let lesion = self.lesion.map_or("", |lesion| record.lesion_name(lesion));
        let day = self
            .day
            .map_or_else(String::new, |day| day.shown(record.scale));
        let now = unit.shown(self.now);
        let was = unit.shown(self.reference);
        let change = shown_percent(self.now, self.reference);
        match self.rule {
            TraceRule::Baseline => format!("baseline is the assessment of {day}"),
            TraceRule::TargetChosen => format!("{lesion} is a target of {now}"),
            TraceRule::TargetBelowMinimum => {
                format!("{lesion} was called a target; its {now} are below {was}")
            }
            TraceRule::TargetPastOrgan => format!(
                "{lesion} ({now}) is not a target: its organ has the {} that the criterion allows",
                self.reference
            ),
            TraceRule::TargetPastTotal => format!(
                "{lesion} ({now}) is not a target: there are the {} that the criterion allows",
                self.reference
            ),
            TraceRule::TargetUnmeasured => {
                format!("{lesion} cannot be a target: it was not measured at baseline")
            }
            TraceRule::TargetNotMeasurable => {
                format!("{lesion} cannot be a target: treated locally before, or never measurable")
            }
            TraceRule::TargetElsewhere => {
                format!("{lesion} lies outside of the region of the criterion")
            }
            TraceRule::NodeNormal => format!("{lesion} is a normal node ({now})"),
            TraceRule::TooSmall => format!("{lesion} is too small to measure and counts {now}"),
            TraceRule::Missing => format!("{lesion} is not evaluable"),
            TraceRule::Fragments => format!("{lesion} and its fragments count {now} together"),
            TraceRule::Merged => format!("{lesion} grew into another lesion and counts there"),
            TraceRule::Sum => format!("sum {now}, {change} of {was} at baseline"),
            TraceRule::AllGone => "all targets are gone, nodes are normal".to_owned(),
            TraceRule::Reappeared => {
                format!("{lesion} ({now}) is there again after complete response")
            }
            TraceRule::FallReached => format!("{now} is {change} of {was}: partial response"),
            TraceRule::MinorFallReached => format!("{now} is {change} of {was}: minor response"),
            TraceRule::FallNotReached => format!("{now} is {change} of {was}: no response"),
            TraceRule::RiseReached => {
                format!("{now} is {change} over {was} of {day}: progression")
            }
            TraceRule::RiseNotReached => {
                format!("{now} is {change} over {was} of {day}: no progression")
            }
            TraceRule::RiseBelowAbsolute => format!(
                "{now} is {change} over {was} of {day}, but only {} more: no progression",
                unit.shown(self.now - self.reference)
            ),
            TraceRule::LesionRise => {
                format!("{lesion}: {now} is {change} over {was}: progression")
            }
            TraceRule::ProgressionWithoutMissing => {
                format!(
                    "the lesions that are there make {now}, {change} over {was} of {day}: progression whatever the others are"
                )
            }
            TraceRule::NotAllEvaluable => "not all targets are evaluable".to_owned(),
            TraceRule::Stable => "neither response nor progression".to_owned(),
            TraceRule::DensityFall => format!(
                "density {} HU is {change} of {} HU: response",
                super::amount::shown_ticks(self.now),
                super::amount::shown_ticks(self.reference)
            ),
            TraceRule::DensityNoFall => format!(
                "density {} HU is {change} of {} HU: no response",
                super::amount::shown_ticks(self.now),
                super::amount::shown_ticks(self.reference)
            ),
            TraceRule::DensityMissing => "density was not measured on both days".to_owned(),
            TraceRule::NewNodule => format!("{lesion} has a new nodule: progression"),
            TraceRule::NonTargetProgressed => format!("{lesion} is worse beyond doubt"),
            TraceRule::NonTargetStated => "the reader says it of all other lesions".to_owned(),
            TraceRule::NonTargetGone => "all other lesions are gone, nodes normal".to_owned(),
            TraceRule::NonTargetMissing => format!("{lesion} (no target) was not evaluated"),
            TraceRule::NonTargetPersists => format!("{lesion} (no target) is still there"),
            TraceRule::MarkerHigh => "the marker is above its limit: not complete".to_owned(),
            TraceRule::NewLesion => format!("{lesion} is new beyond doubt"),
            TraceRule::NewEquivocal => format!("{lesion} may be new; treatment goes on"),
            TraceRule::NewDatedBack => {
                format!(
                    "{lesion} was seen here first and confirmed on {day}: progression is dated to its first appearance"
                )
            }
            TraceRule::NewKnownSite => {
                format!("{lesion} on PET is a site that CT knew before: not new")
            }
            TraceRule::HottestUptake => {
                format!("hottest lesion {lesion}: {now}, {change} of {was} at baseline")
            }
            TraceRule::UptakeNormal => format!("all uptake is below {was}: as the background"),
            TraceRule::ScansNotComparable => {
                "reference uptake or time after injection differ too much from baseline".to_owned()
            }
            TraceRule::GlycolysisRise => format!(
                "glycolysis {} g is {change} of {} g: progression",
                super::amount::shown_ticks(self.now),
                super::amount::shown_ticks(self.reference)
            ),
            TraceRule::ExtentRise => format!(
                "extent of uptake {} mm is {change} of {} mm: progression",
                super::amount::shown_ticks(self.now),
                super::amount::shown_ticks(self.reference)
            ),
            TraceRule::Visual => format!("{lesion}: uptake as seen"),
            TraceRule::Overall => format!(
                "targets {}, others {}, progression by a new lesion {}: {}",
                coded(self.now % 16),
                coded(self.now / 16 % 16),
                if self.now >= 256 { "yes" } else { "no" },
                coded(self.reference)
            ),
        }
    }
}

/// The letters of a response by its code in a step; none is a dash.
fn coded(code: i64) -> &'static str {
    [
        Response::Complete,
        Response::Partial,
        Response::Minor,
        Response::Stable,
        Response::NonCompleteNonProgressive,
        Response::Progressive,
        Response::NotEvaluable,
    ]
    .into_iter()
    .find(|response| 1 + i64::from(*response as u8) == code)
    .map_or("-", Response::name)
}
