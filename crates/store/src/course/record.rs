//! Scans and measurements of each reader as a record.

use std::collections::BTreeMap;

use sirt_outcome::{
    Assessment, Certainty, Day, LesionRole, LesionState, Modality, NewLesion, NewLesionEvidence,
    PatientMarker, PatientRecord, Treatment,
};

use super::CourseTreatment;
use crate::StudyReader;
use crate::case::Case;
use crate::follow_up::{FollowUp, Measurement, Scan};

/// What a reader is called whom the case does not name.
const UNNAMED: &str = "unnamed reader";

/// Every reader with a record, and the place of the one that counts.
pub(super) fn readers(case: &Case, treatments: &[CourseTreatment]) -> (Vec<StudyReader>, usize) {
    let follow_up = &case.follow_up;
    let mut names: Vec<&str> = Vec::new();
    let measured = follow_up.measurements.iter().map(|row| &*row.reader);
    for name in measured.chain(follow_up.scans.iter().map(|scan| &*scan.reader)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(follow_up.reader.as_deref().unwrap_or(UNNAMED));
    }
    let counts = follow_up
        .reader
        .as_deref()
        .and_then(|wanted| names.iter().position(|name| *name == wanted))
        .unwrap_or(0);
    let markers = markers(follow_up);
    let marker_high = marker_high(follow_up);
    let given: Vec<Treatment> = treatments
        .iter()
        .map(|treatment| Treatment {
            day: treatment.day,
            kind: treatment.kind,
            site: treatment.territory.clone(),
            activity_gbq: treatment.activity.map(|activity| activity.as_gbq()),
        })
        .collect();
    let readers = names
        .iter()
        .map(|name| {
            let (assessments, stated) = assessments(follow_up, name);
            StudyReader {
                name: (*name).to_owned(),
                accepted: false,
                record: Ok(PatientRecord {
                    id: case.patient.pseudonym.as_str().to_owned(),
                    baseline: follow_up.baseline,
                    treatments: given.clone(),
                    readers: vec![(*name).to_owned()],
                    lesions: follow_up
                        .lesions
                        .iter()
                        .map(|lesion| lesion.lesion.clone())
                        .collect(),
                    assessments,
                    marker_high: marker_high.clone(),
                    markers: markers.clone(),
                    status: follow_up.status.as_ref().map(|status| status.status),
                    ..PatientRecord::default()
                }),
                stated,
            }
        })
        .collect();
    (readers, counts)
}

/// Markers by name, in the order of their names.
fn markers(follow_up: &FollowUp) -> Vec<PatientMarker> {
    let mut found: BTreeMap<&str, PatientMarker> = BTreeMap::new();
    for sample in &follow_up.markers {
        found
            .entry(&sample.name)
            .or_insert_with(|| PatientMarker {
                name: sample.name.clone(),
                values: Vec::new(),
            })
            .values
            .push(sample.value.clone());
    }
    found.into_values().collect()
}

/// By day of a sample: whether any marker is above its limit, each by its
/// latest sample up to then, what is raised by something else left aside; samples
/// without a limit say nothing.
fn marker_high(follow_up: &FollowUp) -> Vec<(Day, bool)> {
    let mut samples: Vec<(Day, &str, bool)> = follow_up
        .markers
        .iter()
        .filter(|sample| !sample.value.confounded)
        .filter_map(|sample| {
            let limit = sample.value.upper_limit?;
            let high = sample.value.value > limit;
            Some((sample.value.day, sample.name.as_str(), high))
        })
        .collect();
    samples.sort_by_key(|(day, _, _)| *day);
    let mut latest: BTreeMap<&str, bool> = BTreeMap::new();
    let mut found: BTreeMap<Day, bool> = BTreeMap::new();
    for (day, name, high) in samples {
        latest.insert(name, high);
        found.insert(day, latest.values().any(|high| *high));
    }
    found.into_iter().collect()
}

/// What belongs to one assessment.
#[derive(Default)]
struct Group<'a> {
    visit: Option<&'a str>,
    days: Vec<Day>,
    scans: Vec<&'a Scan>,
    measurements: Vec<&'a Measurement>,
}

/// The group of a visit, else of a day.
fn group<'g, 'a>(
    groups: &'g mut Vec<Group<'a>>,
    visit: Option<&'a str>,
    day: Day,
) -> &'g mut Group<'a> {
    let at = groups.iter().position(|group| match (group.visit, visit) {
        (Some(one), Some(other)) => one == other,
        _ => group.days.contains(&day),
    });
    let at = at.unwrap_or_else(|| {
        groups.push(Group::default());
        groups.len() - 1
    });
    let group = &mut groups[at];
    group.visit = group.visit.or(visit);
    if !group.days.contains(&day) {
        group.days.push(day);
    }
    group
}

/// The assessments of a reader, with the responses that the reader stated.
///
/// Scans keep the order of the file where it is that of no calendar, so that
/// the rule of dates sees it; else all are put in the order of days.
fn assessments(follow_up: &FollowUp, reader: &str) -> (Vec<Assessment>, Vec<Option<String>>) {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for scan in follow_up.scans.iter().filter(|scan| scan.reader == reader) {
        group(&mut groups, scan.visit.as_deref(), scan.day)
            .scans
            .push(scan);
    }
    let first = |group: &Group<'_>| group.days.iter().min().copied().unwrap_or_default();
    let is_calendar = groups.is_sorted_by_key(first);
    for row in follow_up
        .measurements
        .iter()
        .filter(|row| row.reader == reader)
    {
        group(&mut groups, row.visit.as_deref(), row.day)
            .measurements
            .push(row);
    }
    if is_calendar {
        groups.sort_by_key(first);
    }
    let named_new: Vec<u32> = follow_up
        .measurements
        .iter()
        .filter(|row| row.reader == reader && row.new.is_some())
        .map(|row| row.finding.lesion)
        .collect();
    groups
        .iter()
        .map(|group| {
            let assessment = assessment(group, first(group), follow_up, &named_new);
            let stated = group
                .scans
                .iter()
                .find_map(|scan| scan.stated_response.clone());
            (assessment, stated)
        })
        .unzip()
}

fn assessment(group: &Group<'_>, day: Day, follow_up: &FollowUp, named_new: &[u32]) -> Assessment {
    // Sizes come from what is no PET, where there is such an image.
    let modalities = group.scans.iter().map(|scan| scan.modality).chain(
        group
            .measurements
            .iter()
            .filter_map(|measurement| measurement.modality),
    );
    let anatomical = modalities
        .clone()
        .find(|modality| *modality != Modality::Pet);
    let modality = anatomical.or_else(|| modalities.clone().next());
    let slices = group
        .scans
        .iter()
        .filter(|scan| Some(scan.modality) == modality)
        .find_map(|scan| scan.slice_thickness);
    let mut made = Assessment {
        day,
        visit: group.visit.map(str::to_owned),
        modality: modality.unwrap_or_default(),
        slice_thickness: slices.or_else(|| {
            group
                .measurements
                .iter()
                .find_map(|measurement| measurement.slice_thickness)
        }),
        non_target: group.scans.iter().find_map(|scan| scan.non_target),
        pet: group.scans.iter().find_map(|scan| scan.pet),
        ..Assessment::default()
    };
    for measurement in &group.measurements {
        let finding = &measurement.finding;
        let lesion = finding.lesion;
        made.findings.push(finding.clone());
        if let Some(organ) = &measurement.organ {
            made.stated_organs.push((lesion, organ.clone()));
        }
        let is_there = !matches!(
            finding.state,
            LesionState::Absent | LesionState::NotEvaluable
        );
        // A lesion that the reader calls new is so from the first day on, where
        // no row says how sure that is.
        let called_new = usize::try_from(lesion)
            .ok()
            .and_then(|at| follow_up.lesions.get(at))
            .is_some_and(|followed| followed.lesion.role == LesionRole::New)
            && !named_new.contains(&lesion);
        let new = match measurement.new {
            Some(new) => Some(new),
            None if called_new && is_there => {
                Some((Certainty::Unequivocal, NewLesionEvidence::Anatomical))
            }
            None => None,
        };
        if let Some((certainty, evidence)) = new {
            made.new_lesions.push(NewLesion {
                lesion,
                certainty,
                evidence,
            });
        }
    }
    made
}
