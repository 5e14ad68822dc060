//! Whether the images of a work-up and those after treatment are of the patient
//! of the case, and of their time.
//!
//! What DICOM says of identifier, sex, weight, height and day is held against
//! the other images and the case. A difference is refused unless the case
//! accepts it with a reason. No message holds an identifier.
//! Formats that say nothing of a patient are of any.

use std::path::{Path, PathBuf};

use anyhow::bail;
use jiff::civil::Date;
use sirt_dicom::{PatientMark, PatientSex, SeriesKind};
use sirt_dosimetry::WorkUpImageTolerance;
use sirt_outcome::Sex;
use sirt_store::{AcceptedDifferences, Case, DeliveredSource, ImageDifference, Instant};

use super::maa;
use crate::dicom_inputs::{self, ACTIVITY_KINDS, CT_KINDS, STRUCTURE_KINDS};
use crate::failure;
use crate::inputs;
use crate::result::Finding;

/// What may explain a date that cannot be.
const MOVED_DATES: &str = "dates were moved when the image was made anonymous";

/// What one series says of its patient and its time.
#[derive(Debug, Clone)]
struct ImageFacts {
    /// What the image is, and its file.
    what: String,
    patient: Option<PatientMark>,
    sex: Option<Sex>,
    weight_kg: Option<f64>,
    height_m: Option<f64>,
    /// Day of the series; none for structures, which are drawn at any time.
    day: Option<Date>,
    shows: Shown,
}

/// What an image shows, which says of what time it is.
#[derive(Debug, Clone, Copy)]
enum Shown {
    /// MAA: of the day of the work-up.
    Maa,
    /// The patient before treatment.
    BeforeTreatment,
    /// What was given, on this day where it is known.
    Given(Option<Date>),
    /// The patient after it.
    AfterTreatment(Option<Date>),
}

/// What the case says.
struct CaseFacts<'a> {
    sex: Sex,
    weight_kg: f64,
    height_m: f64,
    work_up: Option<Date>,
    /// Day of the first treatment.
    treatment: Option<Date>,
    accepted: &'a AcceptedDifferences,
}

/// Refuses images of a case that are of another patient or another time.
pub(super) fn of_case(case: &Case, folder: &Path) -> anyhow::Result<Vec<Finding>> {
    let images = case.images.in_folder(folder);
    let mut facts = of_work_up(
        images.maa_spect.as_deref(),
        &images.maa_planar,
        images.ct.as_deref(),
        &images.structures,
    )?;
    facts.extend(of_treatment(case, folder)?);
    let mut findings = one_patient(&facts, &case.images.accepted)?;
    let first: Option<Instant> = case
        .administrations
        .iter()
        .map(|administration| administration.at)
        .chain(case.prescriptions.iter().filter_map(|prescription| {
            prescription
                .at
                .or(prescription.activity.map(|activity| activity.at))
        }))
        .min();
    let stated = CaseFacts {
        sex: case.patient.sex,
        weight_kg: case.patient.weight.as_kg(),
        height_m: case.patient.height.as_mm() / 1000.0,
        work_up: case.work_up.as_ref().map(|work| work.date),
        treatment: first.map(Instant::date),
        accepted: &case.images.accepted,
    };
    let tolerance = WorkUpImageTolerance::built_in()?;
    findings.extend(as_stated(&facts, &stated, &tolerance)?);
    Ok(findings)
}

/// Refuses images of different patients; where that is accepted it is told.
pub(super) fn of_images(
    spect: Option<&Path>,
    planar: &[PathBuf],
    ct: Option<&Path>,
    structures: &[PathBuf],
    accept_other_patient: bool,
) -> anyhow::Result<Vec<Finding>> {
    let facts = of_work_up(spect, planar, ct, structures)?;
    let foreign = foreign(&facts);
    if foreign.is_empty() {
        return Ok(Vec::new());
    }
    if accept_other_patient {
        return Ok(vec![accepted_patient(&foreign, "--accept-other-patient")]);
    }
    bail!(failure::Ambiguous(format!(
        "{}; give images and structures of one patient, or --accept-other-patient if it is one under two identifiers",
        another_patient(&foreign)
    )))
}

fn of_work_up(
    spect: Option<&Path>,
    planar: &[PathBuf],
    ct: Option<&Path>,
    structures: &[PathBuf],
) -> anyhow::Result<Vec<ImageFacts>> {
    let mut all = Vec::new();
    if let Some(path) = spect {
        all.extend(facts_of(
            "SPECT of the work-up",
            path,
            &ACTIVITY_KINDS,
            Shown::Maa,
        )?);
    }
    for path in planar {
        all.extend(facts_of(
            "planar views",
            path,
            &[SeriesKind::Nm],
            Shown::Maa,
        )?);
    }
    if let Some(path) = ct {
        all.extend(facts_of("CT", path, &CT_KINDS, Shown::BeforeTreatment)?);
    }
    for path in structures {
        all.extend(undated(facts_of(
            "structures",
            path,
            &STRUCTURE_KINDS,
            Shown::BeforeTreatment,
        )?));
    }
    Ok(all)
}

/// The images after treatment, each with the CT and the structures that it has
/// of its own.
fn of_treatment(case: &Case, folder: &Path) -> anyhow::Result<Vec<ImageFacts>> {
    let mut all = Vec::new();
    for administration in &case.administrations {
        let Some(image) = &administration.image else {
            continue;
        };
        let image = image.in_folder(folder);
        let given = Some(administration.at.date());
        if let DeliveredSource::Activity(path) = &image.source {
            all.extend(facts_of(
                "image after treatment",
                path,
                &ACTIVITY_KINDS,
                Shown::Given(given),
            )?);
        }
        if let Some(path) = &image.ct {
            all.extend(facts_of(
                "CT after treatment",
                path,
                &CT_KINDS,
                Shown::AfterTreatment(given),
            )?);
        }
        for path in &image.structures {
            all.extend(undated(facts_of(
                "structures after treatment",
                path,
                &STRUCTURE_KINDS,
                Shown::AfterTreatment(given),
            )?));
        }
    }
    if let Some(path) = case.images.in_folder(folder).y90 {
        // It shows all infusions that no other image shows.
        let given = case
            .administrations
            .iter()
            .filter(|administration| administration.image.is_none())
            .filter(|administration| {
                !case
                    .administrations
                    .iter()
                    .filter_map(|other| other.image.as_ref())
                    .any(|image| image.territories.contains(&administration.territory))
            })
            .map(|administration| administration.at.date())
            .max();
        all.extend(facts_of(
            "image after treatment",
            &path,
            &ACTIVITY_KINDS,
            Shown::Given(given),
        )?);
    }
    Ok(all)
}

/// What the series of some kinds say; nothing for formats that know no patient.
fn facts_of(
    what: &str,
    path: &Path,
    kinds: &[SeriesKind],
    shows: Shown,
) -> anyhow::Result<Vec<ImageFacts>> {
    if inputs::volume_format(path)?.is_some() {
        return Ok(Vec::new());
    }
    dicom_inputs::identities(path, kinds)?
        .into_iter()
        .map(|identity| {
            // One of another nuclide is refused for that when it is read.
            let is_other = match &identity.nuclide {
                Some(nuclide) => !maa::is_nuclide_of_maa(nuclide)?,
                None => false,
            };
            Ok(ImageFacts {
                what: format!("{what} ({})", inputs::file_name(path)),
                patient: identity.patient,
                sex: match identity.study.patient_sex {
                    Some(PatientSex::Female) => Some(Sex::Female),
                    Some(PatientSex::Male) => Some(Sex::Male),
                    _ => None,
                },
                // Scanners write 0 for what nobody typed in.
                weight_kg: identity.study.patient_weight_kg.filter(|kg| *kg > 0.0),
                height_m: identity.study.patient_height_m.filter(|m| *m > 0.0),
                day: identity.start.map(|start| start.date()),
                shows: match shows {
                    Shown::Maa if is_other => Shown::BeforeTreatment,
                    _ => shows,
                },
            })
        })
        .collect()
}

/// The same of structures, which are drawn at any time.
fn undated(facts: Vec<ImageFacts>) -> impl Iterator<Item = ImageFacts> {
    facts
        .into_iter()
        .map(|facts| ImageFacts { day: None, ..facts })
}

/// Images of another patient than the first one.
fn foreign(facts: &[ImageFacts]) -> Vec<String> {
    let Some((first, mark)) = facts
        .iter()
        .find_map(|facts| Some((&facts.what, facts.patient?)))
    else {
        return Vec::new();
    };
    let mut foreign: Vec<String> = facts
        .iter()
        .filter(|facts| {
            facts
                .patient
                .is_some_and(|patient| patient.is_another_than(&mark))
        })
        .map(|facts| facts.what.clone())
        .collect();
    foreign.dedup();
    if !foreign.is_empty() {
        foreign.insert(0, first.clone());
    }
    foreign
}

fn another_patient(foreign: &[String]) -> String {
    let (first, others) = foreign.split_at(1);
    format!(
        "another patient than the {}, by (0010,0020) PatientID or (0010,0010) PatientName: {}",
        first.join(""),
        others.join(", ")
    )
}

fn accepted_patient(foreign: &[String], by: &str) -> Finding {
    Finding {
        severity: "weakens",
        subject: "patient".to_owned(),
        rule: format!("{}; accepted by {by}", another_patient(foreign)),
        fix: "none needed if it is one patient under two identifiers".to_owned(),
    }
}

fn one_patient(
    facts: &[ImageFacts],
    accepted: &AcceptedDifferences,
) -> anyhow::Result<Vec<Finding>> {
    let foreign = foreign(facts);
    if foreign.is_empty() {
        return Ok(Vec::new());
    }
    if accepted.holds(ImageDifference::Identifier) {
        let by = format!("[images] accepted: {}", accepted.reason);
        return Ok(vec![accepted_patient(&foreign, &by)]);
    }
    bail!(
        "{}; give images and structures of one patient{}",
        another_patient(&foreign),
        unless_accepted(
            ImageDifference::Identifier,
            "it is one under two identifiers"
        )
    )
}

/// How a case accepts a difference.
fn unless_accepted(difference: ImageDifference, when: &str) -> String {
    format!(
        ", or accepted = [\"{difference}\"] with accepted_reason in [images] of case.toml where {when}"
    )
}

/// Holds images against the case.
fn as_stated(
    facts: &[ImageFacts],
    case: &CaseFacts<'_>,
    tolerance: &WorkUpImageTolerance,
) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for image in facts {
        for (difference, rule, when) in differences(image, case, tolerance) {
            if case.accepted.holds(difference) {
                let accepted = Finding {
                    severity: "weakens",
                    subject: image.what.clone(),
                    rule: format!("{rule}; accepted: {}", case.accepted.reason),
                    fix: "none needed if the reason holds".to_owned(),
                };
                // One image of many series says a thing once.
                if !findings.contains(&accepted) {
                    findings.push(accepted);
                }
                continue;
            }
            bail!(
                "{}: {rule}; is it another patient's? correct the case or the path{}",
                image.what,
                unless_accepted(difference, when)
            );
        }
        let late = out_of_time(image, case, tolerance)
            .filter(|_| !case.accepted.holds(ImageDifference::Date));
        findings.extend(late.filter(|finding| !findings.contains(finding)));
    }
    Ok(findings)
}

/// Differences between an image and the case beyond the tolerances, with what
/// may explain each.
fn differences(
    image: &ImageFacts,
    case: &CaseFacts<'_>,
    tolerance: &WorkUpImageTolerance,
) -> Vec<(ImageDifference, String, &'static str)> {
    let mut found = Vec::new();
    if let Some(sex) = image.sex
        && sex != case.sex
    {
        found.push((
            ImageDifference::Sex,
            format!(
                "(0010,0040) PatientSex is {}, the case states {}",
                sex_in_words(sex),
                sex_in_words(case.sex)
            ),
            "the entry of the image is wrong",
        ));
    }
    let beyond = |value: f64, stated: f64, allowed: f64| (value / stated - 1.0).abs() > allowed;
    if let Some(kg) = image.weight_kg
        && beyond(kg, case.weight_kg, tolerance.weight_relative.value)
    {
        found.push((
            ImageDifference::Weight,
            format!(
                "(0010,1030) PatientWeight is {kg:.0} kg, the case states {:.0} kg, allowed are {:.0} % of difference",
                case.weight_kg,
                tolerance.weight_relative.value * 100.0
            ),
            "the patient was weighed again or the entry is wrong",
        ));
    }
    if let Some(m) = image.height_m
        && beyond(m, case.height_m, tolerance.height_relative.value)
    {
        found.push((
            ImageDifference::Height,
            format!(
                "(0010,1020) PatientSize is {m:.2} m, the case states {:.2} m, allowed are {:.0} % of difference",
                case.height_m,
                tolerance.height_relative.value * 100.0
            ),
            "the entry of the image is wrong",
        ));
    }
    if let (Shown::Maa, Some(day), Some(work_up)) = (image.shows, image.day, case.work_up) {
        let apart = days(work_up, day).abs();
        if apart > tolerance.maa_image_to_work_up_days.value {
            found.push((
                ImageDifference::Date,
                format!(
                    "it is of {day} by (0008,0021) SeriesDate, {apart} days from the {work_up} of [work_up], allowed is {}",
                    tolerance.maa_image_to_work_up_days.value
                ),
                MOVED_DATES,
            ));
        }
    }
    if let (Shown::Given(Some(given)), Some(day)) = (image.shows, image.day)
        && day < given
    {
        found.push((
            ImageDifference::Date,
            format!(
                "it is of {day} by (0008,0021) SeriesDate, before the administration of {given}, allowed is that day or later"
            ),
            MOVED_DATES,
        ));
    }
    found
}

/// An image of a work-up after the treatment, or long before it, and a CT after
/// treatment of before it.
fn out_of_time(
    image: &ImageFacts,
    case: &CaseFacts<'_>,
    tolerance: &WorkUpImageTolerance,
) -> Option<Finding> {
    let day = image.day?;
    let treatment = match image.shows {
        Shown::Maa | Shown::BeforeTreatment => case.treatment?,
        Shown::Given(_) | Shown::AfterTreatment(None) => return None,
        Shown::AfterTreatment(Some(given)) => {
            return (day < given).then(|| Finding {
                severity: "weakens",
                subject: image.what.clone(),
                rule: format!("it is of {day}, before the administration of {given}"),
                fix: "give the CT that was made with the image after treatment, or none: that of [images] is then taken".to_owned(),
            });
        }
    };
    let before = days(day, treatment);
    let (rule, fix) = if before < 0 {
        (
            format!("it is of {day}, after the treatment of {treatment}"),
            "give the image of the work-up; what was given shows in it, and volumes change",
        )
    } else if before > 7 * tolerance.weeks_before_treatment.value {
        (
            format!(
                "it is of {day}, {before} days before the treatment of {treatment}, allowed are {} weeks",
                tolerance.weeks_before_treatment.value
            ),
            "image again, or judge whether tumours and vessels are as they were",
        )
    } else {
        return None;
    };
    Some(Finding {
        severity: "weakens",
        subject: image.what.clone(),
        rule,
        fix: fix.to_owned(),
    })
}

fn sex_in_words(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
    }
}

/// Days from one to another; a span of calendar days never fails to be one.
fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn image() -> ImageFacts {
        ImageFacts {
            what: "SPECT of the work-up (maa)".to_owned(),
            patient: None,
            sex: Some(Sex::Female),
            weight_kg: Some(72.0),
            height_m: Some(1.69),
            day: Some(date(2026, 3, 2)),
            shows: Shown::Maa,
        }
    }

    fn told(image: ImageFacts, accepted: &AcceptedDifferences) -> anyhow::Result<Vec<Finding>> {
        let case = CaseFacts {
            sex: Sex::Female,
            weight_kg: 70.0,
            height_m: 1.70,
            work_up: Some(date(2026, 3, 2)),
            treatment: Some(date(2026, 3, 16)),
            accepted,
        };
        as_stated(&[image], &case, &WorkUpImageTolerance::built_in().unwrap())
    }

    #[test]
    fn each_difference_has_its_own_refusal_and_its_own_key() {
        let nothing = AcceptedDifferences::default();
        assert!(told(image(), &nothing).unwrap().is_empty());
        let wrong = [
            (
                ImageFacts {
                    sex: Some(Sex::Male),
                    ..image()
                },
                ImageDifference::Sex,
                "PatientSex is male, the case states female",
            ),
            (
                ImageFacts {
                    weight_kg: Some(92.0),
                    ..image()
                },
                ImageDifference::Weight,
                "PatientWeight is 92 kg, the case states 70 kg, allowed are 20 %",
            ),
            (
                ImageFacts {
                    height_m: Some(1.90),
                    ..image()
                },
                ImageDifference::Height,
                "PatientSize is 1.90 m, the case states 1.70 m, allowed are 10 %",
            ),
            (
                ImageFacts {
                    day: Some(date(2026, 3, 4)),
                    ..image()
                },
                ImageDifference::Date,
                "of 2026-03-04 by (0008,0021) SeriesDate, 2 days from the 2026-03-02",
            ),
        ];
        for (image, difference, rule) in wrong {
            let said = told(image.clone(), &nothing).unwrap_err().to_string();
            assert!(said.contains(rule), "{said}");
            assert!(
                said.contains(&format!("accepted = [\"{difference}\"]")),
                "{said}"
            );
            let accepted = AcceptedDifferences {
                differences: vec![difference],
                reason: "looked at".to_owned(),
            };
            let findings = told(image, &accepted).unwrap();
            assert_eq!(findings.len(), 1);
            assert!(findings[0].rule.ends_with("accepted: looked at"));
        }
    }

    #[test]
    fn images_after_or_long_before_the_treatment_are_told() {
        let nothing = AcceptedDifferences::default();
        let ct = |day| ImageFacts {
            what: "CT (ct)".to_owned(),
            shows: Shown::BeforeTreatment,
            day: Some(day),
            ..image()
        };
        let after = told(ct(date(2026, 3, 17)), &nothing).unwrap();
        assert!(after[0].rule.contains("after the treatment of 2026-03-16"));
        // 57 days, a day past eight weeks.
        let old = told(ct(date(2026, 1, 18)), &nothing).unwrap();
        assert!(
            old[0].rule.contains("57 days before the treatment"),
            "{old:?}"
        );
        assert!(told(ct(date(2026, 1, 19)), &nothing).unwrap().is_empty());
    }

    #[test]
    fn an_image_after_treatment_is_of_the_day_of_the_administration_or_later() {
        let nothing = AcceptedDifferences::default();
        let of = |day, shows| ImageFacts {
            what: "image after treatment (pet)".to_owned(),
            day: Some(day),
            shows,
            ..image()
        };
        let given = Some(date(2026, 3, 16));
        // Neither the day of the work-up nor the eight weeks are for it.
        for day in [date(2026, 3, 16), date(2026, 9, 16)] {
            assert!(
                told(of(day, Shown::Given(given)), &nothing)
                    .unwrap()
                    .is_empty()
            );
        }
        let early = of(date(2026, 3, 15), Shown::Given(given));
        let said = told(early.clone(), &nothing).unwrap_err().to_string();
        assert!(
            said.contains(
                "of 2026-03-15 by (0008,0021) SeriesDate, before the administration of 2026-03-16"
            ) && said.contains("accepted = [\"date\"]"),
            "{said}"
        );
        let accepted = AcceptedDifferences {
            differences: vec![ImageDifference::Date],
            reason: "moved dates".to_owned(),
        };
        let findings = told(early, &accepted).unwrap();
        assert!(findings[0].rule.ends_with("accepted: moved dates"));
        // A CT of before is told, as one of the work-up may be taken.
        let ct = told(
            of(date(2026, 3, 15), Shown::AfterTreatment(given)),
            &nothing,
        )
        .unwrap();
        assert!(ct[0].rule.contains("before the administration"), "{ct:?}");
    }

    #[test]
    fn what_nobody_typed_in_differs_from_nothing() {
        let silent = ImageFacts {
            sex: None,
            weight_kg: None,
            height_m: None,
            day: None,
            ..image()
        };
        assert!(
            told(silent, &AcceptedDifferences::default())
                .unwrap()
                .is_empty()
        );
    }
}
