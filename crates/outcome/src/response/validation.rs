//! What in a record contradicts itself: a rule each, with an id.
//!
//! A rule refuses the record when no criterion could be trusted with it, and
//! flags it when one can still be computed and a person should look.

use std::fmt;

use super::amount::TICKS;
use super::timeline::is_there;
use super::{Assessment, Day, LesionRole, LesionState, Modality, PatientRecord, Status};
use crate::OutcomeError;

/// A rule that a record can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordRule {
    /// Assessments of a reader are in the order of their days.
    DatesOutOfOrder,
    /// A reader assesses a day once.
    DayTwice,
    /// An assessment lies before the one that counts as baseline.
    BeforeBaseline,
    /// There is an assessment at or before the first treatment.
    NoBaseline,
    /// The day of baseline has an assessment.
    BaselineNotAssessed,
    /// Lengths look like centimetres among millimetres, or the reverse.
    UnitSuspect,
    /// A diameter that no lesion has.
    SizeImpossible,
    /// A lesion stays in its organ.
    OrganChanged,
    /// A lesion is one of those of the record.
    UnknownLesion,
    /// A lesion is assessed once in an assessment.
    LesionTwice,
    /// Two lesions have two names.
    NameTwice,
    /// A lymph node that is measured has its short axis.
    NodeWithoutShortAxis,
    /// The diameter across is not longer than the longest one.
    PerpendicularLonger,
    /// The enhancing part is not larger than the lesion.
    EnhancingLarger,
    /// What is gone has no size.
    AbsentWithSize,
    /// A lesion grows into another one, not into itself or around in a ring.
    MergeRing,
    /// A fragment is one of another lesion.
    FragmentOfItself,
    /// No scan is later than death.
    DeathBeforeScan,
    /// No treatment is later than death.
    DeathBeforeTreatment,
    /// The day of death is known.
    DeathDayUnknown,
    /// A scan is later than the last contact.
    ContactBeforeScan,
    /// A day was known only roughly.
    RoughDay,
    /// A lesion that is new was there at baseline.
    NewAtBaseline,
    /// A marker has the upper limit of its laboratory.
    MarkerWithoutLimit,
    /// A lesion that is there later was there at baseline, or is called new.
    LateLesion,
}

/// Whether a record can be used although it breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can; a person should look.
    Flagged,
    /// It cannot.
    Refused,
}

impl RecordRule {
    /// The rule's id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DatesOutOfOrder => "record.dates-out-of-order",
            Self::DayTwice => "record.day-twice",
            Self::BeforeBaseline => "record.measurement-before-baseline",
            Self::NoBaseline => "record.no-baseline",
            Self::BaselineNotAssessed => "record.baseline-not-assessed",
            Self::UnitSuspect => "measurement.unit-suspect",
            Self::SizeImpossible => "measurement.size-impossible",
            Self::OrganChanged => "lesion.organ-changed",
            Self::UnknownLesion => "lesion.unknown",
            Self::LesionTwice => "lesion.twice",
            Self::NameTwice => "lesion.name-twice",
            Self::NodeWithoutShortAxis => "node.no-short-axis",
            Self::PerpendicularLonger => "measurement.perpendicular-longer",
            Self::EnhancingLarger => "measurement.enhancing-larger",
            Self::AbsentWithSize => "measurement.absent-with-size",
            Self::MergeRing => "lesion.merge-ring",
            Self::FragmentOfItself => "lesion.fragment-of-itself",
            Self::DeathBeforeScan => "status.death-before-last-scan",
            Self::DeathBeforeTreatment => "status.death-before-treatment",
            Self::DeathDayUnknown => "status.death-day-unknown",
            Self::ContactBeforeScan => "status.contact-before-last-scan",
            Self::RoughDay => "record.rough-day",
            Self::NewAtBaseline => "lesion.new-at-baseline",
            Self::MarkerWithoutLimit => "marker.no-upper-limit",
            Self::LateLesion => "lesion.not-at-baseline",
        }
    }

    /// Whether breaking it forbids to use the record.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::DatesOutOfOrder
            | Self::DayTwice
            | Self::NoBaseline
            | Self::BaselineNotAssessed
            | Self::SizeImpossible
            | Self::OrganChanged
            | Self::UnknownLesion
            | Self::LesionTwice
            | Self::NameTwice
            | Self::AbsentWithSize
            | Self::MergeRing
            | Self::FragmentOfItself
            | Self::DeathBeforeScan
            | Self::DeathBeforeTreatment
            | Self::NewAtBaseline => Severity::Refused,
            Self::BeforeBaseline
            | Self::UnitSuspect
            | Self::NodeWithoutShortAxis
            | Self::PerpendicularLonger
            | Self::EnhancingLarger
            | Self::DeathDayUnknown
            | Self::ContactBeforeScan
            | Self::RoughDay
            | Self::MarkerWithoutLimit
            | Self::LateLesion => Severity::Flagged,
        }
    }
}

impl fmt::Display for RecordRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A rule that a record breaks, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFinding {
    /// The rule.
    pub rule: RecordRule,
    /// Lesion, day and values.
    pub reason: String,
}

/// Largest diameter that is taken for one of a lesion, mm: more than any body holds.
const LARGEST_DIAMETER_MM: u32 = 500;

impl PatientRecord {
    /// Every rule that the record breaks, in a fixed order.
    #[must_use]
    pub fn check(&self) -> Vec<RecordFinding> {
        let mut found = Vec::new();
        self.check_lesions(&mut found);
        self.check_days(&mut found);
        for assessment in &self.assessments {
            self.check_findings(assessment, &mut found);
        }
        self.check_late_lesions(&mut found);
        self.check_units(&mut found);
        self.check_status(&mut found);
        self.check_markers(&mut found);
        found
    }

    /// The findings that only flag the record.
    ///
    /// # Errors
    /// [`OutcomeError::Record`] with the first rule that refuses it.
    pub fn checked(&self) -> Result<Vec<RecordFinding>, OutcomeError> {
        let found = self.check();
        match found
            .iter()
            .find(|finding| finding.rule.severity() == Severity::Refused)
        {
            Some(finding) => Err(OutcomeError::Record {
                rule: finding.rule.id(),
                reason: finding.reason.clone(),
            }),
            None => Ok(found),
        }
    }

    pub(super) fn shown(&self, day: Day) -> String {
        day.shown(self.scale)
    }

    fn reader_name(&self, reader: u16) -> &str {
        self.readers
            .get(usize::from(reader))
            .map_or("?", String::as_str)
    }

    fn check_lesions(&self, found: &mut Vec<RecordFinding>) {
        for (at, lesion) in self.lesions.iter().enumerate() {
            if self.lesions[..at]
                .iter()
                .any(|earlier| earlier.tracking_id == lesion.tracking_id)
            {
                found.push(RecordFinding {
                    rule: RecordRule::NameTwice,
                    reason: format!("two lesions are called {}", lesion.tracking_id),
                });
            }
            let parent = lesion.fragment_of.and_then(|of| usize::try_from(of).ok());
            if let Some(of) = parent {
                let chained = self
                    .lesions
                    .get(of)
                    .is_none_or(|parent| parent.fragment_of.is_some());
                if of == at || chained {
                    found.push(RecordFinding {
                        rule: RecordRule::FragmentOfItself,
                        reason: format!(
                            "lesion {} has to be a fragment of a lesion that is none itself",
                            lesion.tracking_id
                        ),
                    });
                }
            }
        }
    }

    fn check_days(&self, found: &mut Vec<RecordFinding>) {
        for reader in 0..self.readers.len() {
            let mut before: Option<&Assessment> = None;
            let mut of_reader = self
                .assessments
                .iter()
                .filter(|assessment| usize::from(assessment.reader) == reader)
                .peekable();
            let name = self.readers[reader].as_str();
            let first = of_reader.peek().map(|assessment| assessment.day);
            for assessment in of_reader {
                if let Some(before) = before {
                    let (rule, word) = match assessment.day.cmp(&before.day) {
                        std::cmp::Ordering::Less => {
                            (Some(RecordRule::DatesOutOfOrder), "comes after")
                        }
                        std::cmp::Ordering::Equal => {
                            (Some(RecordRule::DayTwice), "is there beside")
                        }
                        std::cmp::Ordering::Greater => (None, ""),
                    };
                    if let Some(rule) = rule {
                        found.push(RecordFinding {
                            rule,
                            reason: format!(
                                "the assessment of {} by {name} {word} that of {}",
                                self.shown(assessment.day),
                                self.shown(before.day)
                            ),
                        });
                    }
                }
                if assessment.day_is_rough {
                    found.push(RecordFinding {
                        rule: RecordRule::RoughDay,
                        reason: format!(
                            "the assessment counted as of {} has no exact date",
                            self.shown(assessment.day)
                        ),
                    });
                }
                before = Some(assessment);
            }
            let Some(first) = first else { continue };
            let treated = self.first_treatment();
            match (self.baseline, treated) {
                (Some(baseline), _) if !self.is_assessed(reader, baseline) => {
                    found.push(RecordFinding {
                        rule: RecordRule::BaselineNotAssessed,
                        reason: format!(
                            "baseline is {}, and {name} assessed nothing then",
                            self.shown(baseline)
                        ),
                    });
                }
                (None, Some(treated)) if first > treated => found.push(RecordFinding {
                    rule: RecordRule::NoBaseline,
                    reason: format!(
                        "the first assessment by {name} is of {}, after the first treatment of {}",
                        self.shown(first),
                        self.shown(treated)
                    ),
                }),
                _ => {}
            }
            let Some(baseline) = self.baseline_day(reader) else {
                continue;
            };
            for assessment in self.assessments.iter().filter(|assessment| {
                usize::from(assessment.reader) == reader && assessment.day < baseline
            }) {
                // PET and CT of a work-up may be days apart: each has its baseline.
                let is_pet = |scan: &Assessment| scan.modality == Modality::Pet;
                let own = self.baseline.or_else(|| {
                    self.baseline_among(reader, |scan| is_pet(scan) == is_pet(assessment))
                });
                if own.is_some_and(|own| assessment.day >= own) {
                    continue;
                }
                found.push(RecordFinding {
                    rule: RecordRule::BeforeBaseline,
                    reason: format!(
                        "the assessment of {} by {name} lies before baseline ({}) and counts for nothing",
                        self.shown(assessment.day),
                        self.shown(baseline)
                    ),
                });
            }
        }
    }

    fn is_assessed(&self, reader: usize, day: Day) -> bool {
        self.assessments
            .iter()
            .any(|assessment| usize::from(assessment.reader) == reader && assessment.day == day)
    }

    /// The day of the assessment that responses of a reader are counted from:
    /// the stated one, else the last at or before the first treatment, else the first.
    #[must_use]
    pub fn baseline_day(&self, reader: usize) -> Option<Day> {
        self.baseline
            .or_else(|| self.baseline_among(reader, |_| true))
    }

    /// The same among those assessments of a reader that `counts`: the stated
    /// day where one of them is of it.
    pub(crate) fn baseline_among(
        &self,
        reader: usize,
        counts: impl Fn(&Assessment) -> bool,
    ) -> Option<Day> {
        let treated = self.first_treatment();
        let mut first: Option<Day> = None;
        let mut last_before: Option<Day> = None;
        for assessment in &self.assessments {
            if usize::from(assessment.reader) != reader || !counts(assessment) {
                continue;
            }
            if self.baseline == Some(assessment.day) {
                return self.baseline;
            }
            first = Some(first.map_or(assessment.day, |day| day.min(assessment.day)));
            if treated.is_some_and(|treated| assessment.day <= treated) {
                last_before =
                    Some(last_before.map_or(assessment.day, |day| day.max(assessment.day)));
            }
        }
        last_before.or(first)
    }

    fn check_findings(&self, assessment: &Assessment, found: &mut Vec<RecordFinding>) {
        let mut say = |rule, lesion: u32, what: String| {
            found.push(RecordFinding {
                rule,
                reason: format!(
                    "lesion {} on {} by {}: {what}",
                    self.lesion_name(lesion),
                    self.shown(assessment.day),
                    self.reader_name(assessment.reader)
                ),
            });
        };
        let is_baseline = self.baseline_day(usize::from(assessment.reader)) == Some(assessment.day);
        for (at, finding) in assessment.findings.iter().enumerate() {
            let number = finding.lesion;
            let Some(lesion) = usize::try_from(number)
                .ok()
                .and_then(|at| self.lesions.get(at))
            else {
                say(
                    RecordRule::UnknownLesion,
                    number,
                    format!("there is no lesion number {number} in the record"),
                );
                continue;
            };
            if assessment.findings[..at]
                .iter()
                .any(|earlier| earlier.lesion == number)
            {
                say(RecordRule::LesionTwice, number, "assessed twice".to_owned());
            }
            let lengths = [
                finding.long_axis,
                finding.perpendicular,
                finding.short_axis,
                finding.enhancing_long_axis,
                finding.enhancing_perpendicular,
            ];
            for length in lengths.into_iter().flatten() {
                if length.ticks() > LARGEST_DIAMETER_MM * TICKS {
                    say(
                        RecordRule::SizeImpossible,
                        number,
                        format!("{length} is longer than {LARGEST_DIAMETER_MM} mm"),
                    );
                }
            }
            if finding.state == LesionState::Absent
                && lengths
                    .into_iter()
                    .flatten()
                    .any(|length| length.ticks() > 0)
            {
                say(
                    RecordRule::AbsentWithSize,
                    number,
                    "gone, and yet with a size".to_owned(),
                );
            }
            if lesion.kind.is_node()
                && finding.short_axis.is_none()
                && finding.long_axis.is_some_and(|length| length.ticks() > 0)
            {
                say(
                    RecordRule::NodeWithoutShortAxis,
                    number,
                    "a lymph node with a long axis and no short one; criteria that ask for the short axis count it as not evaluable".to_owned(),
                );
            }
            for (shorter, longer) in [
                (finding.perpendicular, finding.long_axis),
                (finding.short_axis, finding.long_axis),
                (finding.enhancing_perpendicular, finding.enhancing_long_axis),
            ] {
                if let (Some(shorter), Some(longer)) = (shorter, longer)
                    && shorter > longer
                {
                    say(
                        RecordRule::PerpendicularLonger,
                        number,
                        format!("{shorter} across is longer than {longer} along"),
                    );
                }
            }
            let larger_length = finding
                .enhancing_long_axis
                .zip(finding.long_axis)
                .filter(|(part, whole)| part > whole)
                .map(|(part, whole)| format!("{part} enhance of {whole}"));
            let larger_volume = finding
                .enhancing_volume
                .zip(finding.volume)
                .filter(|(part, whole)| part > whole)
                .map(|(part, whole)| format!("{part} enhance of {whole}"));
            if let Some(what) = larger_length.or(larger_volume) {
                say(RecordRule::EnhancingLarger, number, what);
            }
            if let LesionState::MergedInto(into) = finding.state {
                let into_itself = into == number;
                let into_merged = assessment.findings.iter().any(|other| {
                    other.lesion == into && matches!(other.state, LesionState::MergedInto(_))
                });
                if into_itself || into_merged {
                    say(
                        RecordRule::MergeRing,
                        number,
                        "grown into a lesion that is itself grown into another".to_owned(),
                    );
                }
            }
        }
        for (number, organ) in &assessment.stated_organs {
            let lesion = usize::try_from(*number)
                .ok()
                .and_then(|at| self.lesions.get(at));
            if let Some(lesion) = lesion
                && lesion.organ != *organ
            {
                say(
                    RecordRule::OrganChanged,
                    *number,
                    format!("in {organ}, before in {}", lesion.organ),
                );
            }
        }
        if is_baseline {
            for new in &assessment.new_lesions {
                say(
                    RecordRule::NewAtBaseline,
                    new.lesion,
                    "new, and yet seen at baseline".to_owned(),
                );
            }
        }
    }

    /// Lesions that turn up after baseline and that nobody calls new: criteria
    /// neither measure nor count them.
    fn check_late_lesions(&self, found: &mut Vec<RecordFinding>) {
        for reader in 0..self.readers.len() {
            let Some(baseline) = self.baseline_day(reader) else {
                continue;
            };
            for (at, lesion) in self.lesions.iter().enumerate() {
                if lesion.fragment_of.is_some() || lesion.role == LesionRole::New {
                    continue;
                }
                let mut seen = self
                    .assessments
                    .iter()
                    .filter(|scan| usize::from(scan.reader) == reader)
                    .filter(|scan| {
                        scan.findings.iter().any(|finding| {
                            usize::try_from(finding.lesion) == Ok(at) && is_there(finding)
                        })
                    })
                    .peekable();
                let called_new = self.assessments.iter().any(|scan| {
                    scan.new_lesions
                        .iter()
                        .any(|new| usize::try_from(new.lesion) == Ok(at))
                });
                if called_new {
                    continue;
                }
                if let Some(first) = seen.peek().map(|scan| scan.day)
                    && first > baseline
                {
                    found.push(RecordFinding {
                        rule: RecordRule::LateLesion,
                        reason: format!(
                            "lesion {} is first there on {}, after baseline ({}), and nobody calls it new: it counts for nothing",
                            lesion.tracking_id,
                            self.shown(first),
                            self.shown(baseline)
                        ),
                    });
                }
            }
        }
    }

    fn check_markers(&self, found: &mut Vec<RecordFinding>) {
        for marker in &self.markers {
            for value in &marker.values {
                if value.upper_limit.is_none() {
                    found.push(RecordFinding {
                        rule: RecordRule::MarkerWithoutLimit,
                        reason: format!(
                            "{} of {} has no upper limit of normal and is not evaluable",
                            marker.name,
                            self.shown(value.day)
                        ),
                    });
                }
            }
        }
    }

    fn check_status(&self, found: &mut Vec<RecordFinding>) {
        let Some(status) = self.status else { return };
        let last_scan = self
            .assessments
            .iter()
            .map(|assessment| assessment.day)
            .max();
        let last_treatment = self.treatments.iter().map(|treatment| treatment.day).max();
        let mut say = |rule, reason| found.push(RecordFinding { rule, reason });
        // The last day that death can have been, and how that is said.
        let died = match status {
            Status::Dead { day, .. } => Some((day, "on")),
            Status::DeadOnUnknownDay { within, .. } => within.map(|[_, last]| (last, "until")),
            Status::Alive { .. } => None,
        };
        if let Some((day, word)) = died {
            if let Some(scan) = last_scan.filter(|scan| *scan > day) {
                say(
                    RecordRule::DeathBeforeScan,
                    format!(
                        "death {word} {} and a scan on {}",
                        self.shown(day),
                        self.shown(scan)
                    ),
                );
            }
            if let Some(treated) = last_treatment.filter(|treated| *treated > day) {
                say(
                    RecordRule::DeathBeforeTreatment,
                    format!(
                        "death {word} {} and a treatment on {}",
                        self.shown(day),
                        self.shown(treated)
                    ),
                );
            }
        }
        match status {
            Status::Dead { .. } => {}
            Status::DeadOnUnknownDay { within, .. } => say(
                RecordRule::DeathDayUnknown,
                match within {
                    Some([first, last]) => format!(
                        "death from {} to {}, and no day of it",
                        self.shown(first),
                        self.shown(last)
                    ),
                    None => "death without a date".to_owned(),
                },
            ),
            Status::Alive { last_contact } => {
                if let Some(scan) = last_scan.filter(|scan| *scan > last_contact) {
                    say(
                        RecordRule::ContactBeforeScan,
                        format!(
                            "last contact on {} and a scan on {}",
                            self.shown(last_contact),
                            self.shown(scan)
                        ),
                    );
                }
            }
        }
    }
}
