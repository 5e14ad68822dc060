//! What contradicts in follow-up beside the record of lesions: each by its
//! own rule. All are flags: responses can be computed, and a person looks.

use std::collections::BTreeMap;

use sirt_outcome::{Day, Status};

use sirt_quantity::Capacity;

use crate::case::Case;
use crate::follow_up::LiverVolumes;

/// A rule of what stands beside the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CourseRule {
    /// Nothing is measured after death.
    ValueAfterDeath,
    /// The last contact is not before a value.
    ContactBeforeValue,
    /// A listed lesion is measured.
    LesionNeverRead,
    /// Both lobes together are the liver.
    LobesDiffer,
    /// A volume does not change tenfold.
    VolumeUnitSuspect,
    /// A marker keeps its unit and its assay.
    MarkerAssayChanged,
    /// A marker does not change a thousandfold.
    MarkerUnitSuspect,
    /// An event goes back to a finding that the case has.
    EventFindingUnknown,
    /// Assay, residual and infusion agree.
    DeliveredActivityContradicts,
}

impl CourseRule {
    /// The rule's id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ValueAfterDeath => "status.death-before-value",
            Self::ContactBeforeValue => "status.contact-before-value",
            Self::LesionNeverRead => "lesion.never-read",
            Self::LobesDiffer => "volume.lobes-differ",
            Self::VolumeUnitSuspect => "volume.unit-suspect",
            Self::MarkerAssayChanged => "marker.assay-changed",
            Self::MarkerUnitSuspect => "marker.unit-suspect",
            Self::EventFindingUnknown => "event.finding-unknown",
            Self::DeliveredActivityContradicts => "administration.activity-contradicts",
        }
    }
}

/// A rule that the course breaks, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseFinding {
    /// The rule.
    pub rule: CourseRule,
    /// Days and values.
    pub reason: String,
}

/// By how much lobes may differ from the liver: they are drawn apart.
const LOBES: f64 = 0.05;
/// A volume that changes by more looks like another unit.
const VOLUME_RATIO: f64 = 7.0;
/// A marker that changes by more between two samples looks like another unit
/// (µg/L for mg/L); tumours raise chromogranin A a hundredfold.
const MARKER_RATIO: f64 = 500.0;

pub(super) fn findings(case: &Case) -> Vec<CourseFinding> {
    let mut found = Vec::new();
    after_the_end(case, &mut found);
    administrations(case, &mut found);
    lesions(case, &mut found);
    volumes(case, &mut found);
    markers(case, &mut found);
    events(case, &mut found);
    found
}

fn after_the_end(case: &Case, found: &mut Vec<CourseFinding>) {
    let follow_up = &case.follow_up;
    let Some(status) = follow_up.status.as_ref().map(|status| status.status) else {
        return;
    };
    let (rule, last, said) = match status {
        Status::Dead { day, .. } => (CourseRule::ValueAfterDeath, day, "death"),
        Status::DeadOnUnknownDay {
            within: Some([_, last]),
            ..
        } => (CourseRule::ValueAfterDeath, last, "death until"),
        Status::DeadOnUnknownDay { within: None, .. } => return,
        Status::Alive { last_contact } => {
            (CourseRule::ContactBeforeValue, last_contact, "last contact")
        }
    };
    let laboratory = case
        .laboratory
        .iter()
        .map(|day| ("laboratory value", crate::follow_up::counted(day.taken)));
    let days: Vec<(&str, Day)> = follow_up
        .liver_volumes
        .iter()
        .map(|volume| ("liver volume", volume.day))
        .chain(
            follow_up
                .markers
                .iter()
                .map(|row| ("marker", row.value.day)),
        )
        .chain(
            follow_up
                .symptoms
                .iter()
                .map(|row| ("symptom", row.value.day)),
        )
        .chain(follow_up.events.iter().map(|row| ("event", row.onset)))
        .chain(
            follow_up
                .performance
                .iter()
                .map(|row| ("performance status", row.day)),
        )
        .chain(
            follow_up
                .later_therapies
                .iter()
                .map(|row| ("later therapy", row.day)),
        )
        .chain(laboratory)
        .collect();
    for (what, day) in days {
        if day > last {
            found.push(CourseFinding {
                rule,
                reason: format!("{said} on {last} and a {what} of {day}"),
            });
        }
    }
}

fn lesions(case: &Case, found: &mut Vec<CourseFinding>) {
    for (at, lesion) in case.follow_up.lesions.iter().enumerate() {
        let read = case
            .follow_up
            .measurements
            .iter()
            .any(|row| usize::try_from(row.finding.lesion) == Ok(at));
        if !read {
            found.push(CourseFinding {
                rule: CourseRule::LesionNeverRead,
                reason: format!("nobody measured lesion {}", lesion.lesion.tracking_id),
            });
        }
    }
}

fn administrations(case: &Case, found: &mut Vec<CourseFinding>) {
    for (at, given) in case.administrations.iter().enumerate() {
        if let Some(Err(error)) = case.delivered_activity(given) {
            found.push(CourseFinding {
                rule: CourseRule::DeliveredActivityContradicts,
                reason: format!(
                    "[[administration]] {}: {error}; no delivered activity is taken",
                    at + 1
                ),
            });
        }
    }
}

fn volumes(case: &Case, found: &mut Vec<CourseFinding>) {
    let volumes = &case.follow_up.liver_volumes;
    for volume in volumes {
        let (Some(liver), Some(right), Some(left)) = (volume.liver, volume.right, volume.left)
        else {
            continue;
        };
        let lobes = right + left;
        if (lobes / liver - 1.0).abs() > LOBES {
            found.push(CourseFinding {
                rule: CourseRule::LobesDiffer,
                reason: format!(
                    "on {} both lobes hold {:.0} mL and the liver {:.0} mL",
                    volume.day,
                    lobes.as_ml(),
                    liver.as_ml()
                ),
            });
        }
    }
    type Part = fn(&LiverVolumes) -> Option<Capacity>;
    let parts: [(&str, Part); 3] = [
        ("liver", |volume| volume.liver),
        ("right lobe", |volume| volume.right),
        ("left lobe", |volume| volume.left),
    ];
    for (name, part) in parts {
        // A lobe that was taken out has no volume, in no unit.
        let known: Vec<(Day, Capacity)> = volumes
            .iter()
            .filter_map(|volume| Some((volume.day, part(volume)?)))
            .filter(|(_, volume)| *volume > Capacity::ZERO)
            .collect();
        for pair in known.windows(2) {
            let [(first, before), (second, now)] = [pair[0], pair[1]];
            let ratio = now / before;
            if !(1.0 / VOLUME_RATIO..=VOLUME_RATIO).contains(&ratio) {
                found.push(CourseFinding {
                    rule: CourseRule::VolumeUnitSuspect,
                    reason: format!(
                        "the {name} has {:.0} mL on {} and {:.0} mL on {}; is the unit right?",
                        before.as_ml(),
                        first,
                        now.as_ml(),
                        second
                    ),
                });
            }
        }
    }
}

fn markers(case: &Case, found: &mut Vec<CourseFinding>) {
    let mut last: BTreeMap<&str, &crate::MarkerSample> = BTreeMap::new();
    for sample in &case.follow_up.markers {
        if let Some(before) = last.insert(&sample.name, sample) {
            let (was, is) = (&before.value, &sample.value);
            let days = format!("{} of {} and of {}", sample.name, was.day, is.day);
            if was.unit != is.unit || was.assay != is.assay {
                found.push(CourseFinding {
                    rule: CourseRule::MarkerAssayChanged,
                    reason: format!("{days} are of different units or assays and not compared"),
                });
            } else if was.value > 0.0
                && is.value > 0.0
                && (is.value / was.value > MARKER_RATIO || was.value / is.value > MARKER_RATIO)
            {
                found.push(CourseFinding {
                    rule: CourseRule::MarkerUnitSuspect,
                    reason: format!(
                        "{days} are {} and {} {}; is the unit right?",
                        was.value, is.value, is.unit
                    ),
                });
            }
        }
    }
}

fn events(case: &Case, found: &mut Vec<CourseFinding>) {
    for event in &case.follow_up.events {
        let Some(finding) = &event.finding else {
            continue;
        };
        let known = case
            .clearances
            .iter()
            .any(|clearance| clearance.finding == *finding)
            // The plan names foci by where they lie; it is not asked here.
            || finding.starts_with("focus-")
            || super::site_in(finding).is_some_and(|site| {
                case.work_up
                    .as_ref()
                    .and_then(|work_up| work_up.extrahepatic.as_ref())
                    .is_some_and(|sites| sites.contains(&site))
            });
        if !known {
            found.push(CourseFinding {
                rule: CourseRule::EventFindingUnknown,
                reason: format!(
                    "{} of {} goes back to `{finding}`, which neither the work-up nor a clearance names",
                    event.term, event.onset
                ),
            });
        }
    }
}
