//! The notation of `tests/data/response_cases.csv`, told in its head.

use sirt_outcome::{
    Assessment, Attenuation, Certainty, Day, DayScale, Diameter, Glycolysis, Lesion, LesionFinding,
    LesionKind, LesionRole, LesionState, LesionVolume, Measurability, Modality, NewLesion,
    NewLesionEvidence, Organ, PatientRecord, PetReference, StatedNonTarget, Tracer, Treatment,
    TreatmentKind, Uptake, VisualUptake,
};

fn number(text: &str) -> i32 {
    text.parse()
        .unwrap_or_else(|_| panic!("`{text}` is no day"))
}

fn lesion(text: &str) -> Lesion {
    let (name, rest) = text.split_once('@').expect("NAME@ORGAN");
    let mut parts = rest.split('/');
    let organ = parts.next().unwrap();
    let (organ, kind) = match organ {
        "node" => (Organ::LymphNode, LesionKind::Node),
        "hilar" => (Organ::LymphNode, LesionKind::HilarNode),
        "?" => (Organ::Unknown, LesionKind::Mass),
        other => (Organ::named(other), LesionKind::Mass),
    };
    let mut lesion = Lesion {
        tracking_id: name.to_owned(),
        organ,
        kind,
        ..Lesion::default()
    };
    for flag in parts {
        match flag {
            "T" => lesion.role = LesionRole::Target,
            "N" => lesion.role = LesionRole::NonTarget,
            "+" => lesion.role = LesionRole::New,
            "never" => lesion.measurability = Measurability::Never,
            "treated" => lesion.measurability = Measurability::LocallyTreated,
            other => {
                // Written f0, f1: the place of the lesion that this is a fragment of.
                let of = other.strip_prefix('f').expect("a known flag");
                lesion.fragment_of = Some(of.parse().unwrap());
            }
        }
    }
    lesion
}

fn place(record: &PatientRecord, name: &str) -> u32 {
    let at = record
        .lesions
        .iter()
        .position(|lesion| lesion.tracking_id == name)
        .unwrap_or_else(|| panic!("no lesion {name}"));
    u32::try_from(at).unwrap()
}

fn finding(record: &PatientRecord, name: &str, text: &str) -> LesionFinding {
    let at = place(record, name);
    let node = record.lesions[usize::try_from(at).unwrap()].kind.is_node();
    let mut finding = LesionFinding {
        lesion: at,
        ..LesionFinding::default()
    };
    for part in text.split(';') {
        match part {
            "0" => finding.state = LesionState::Absent,
            "NE" => finding.state = LesionState::NotEvaluable,
            "TS" => finding.state = LesionState::TooSmall,
            "PD" => finding.state = LesionState::Progressed,
            "P" => finding.state = LesionState::Present,
            "nod" => finding.new_nodule = true,
            "normal" => finding.visual = Some(VisualUptake::Normal),
            "less" => finding.visual = Some(VisualUptake::Less),
            "same" => finding.visual = Some(VisualUptake::Same),
            "more" => finding.visual = Some(VisualUptake::More),
            _ if part.starts_with('>') => {
                finding.state = LesionState::MergedInto(place(record, &part[1..]));
            }
            _ if part.as_bytes()[0].is_ascii_digit() => {
                let (long, across) = part.split_once('x').unwrap_or((part, ""));
                let size = Some(Diameter::parse(long).unwrap());
                if node {
                    finding.short_axis = size;
                } else {
                    finding.long_axis = size;
                }
                if !across.is_empty() {
                    finding.perpendicular = Some(Diameter::parse(across).unwrap());
                }
            }
            _ => {
                let (key, value) = part.split_at(1);
                let length = || Some(Diameter::parse(value).unwrap());
                match key {
                    "l" => finding.long_axis = length(),
                    "p" => finding.perpendicular = length(),
                    "s" => finding.short_axis = length(),
                    "e" => finding.enhancing_long_axis = length(),
                    "f" => finding.enhancing_perpendicular = length(),
                    "x" => finding.uptake_extent = length(),
                    "v" => finding.volume = Some(LesionVolume::parse(value).unwrap()),
                    "w" => finding.enhancing_volume = Some(LesionVolume::parse(value).unwrap()),
                    "h" => finding.density = Some(Attenuation::parse(value).unwrap()),
                    "u" => finding.suv_max = Some(Uptake::parse(value).unwrap()),
                    "k" => finding.sul_peak = Some(Uptake::parse(value).unwrap()),
                    "g" => finding.glycolysis = Some(Glycolysis::parse(value).unwrap()),
                    other => panic!("`{other}` in `{text}` is unknown"),
                }
            }
        }
    }
    finding
}

fn pet(text: &str) -> PetReference {
    let parts: Vec<&str> = text.split('/').collect();
    let uptake = |at: usize| parts.get(at).map(|text| Uptake::parse(text).unwrap());
    let mut pet = PetReference {
        tracer: Tracer::Fdg,
        ..PetReference::default()
    };
    match parts[0] {
        "fdg" => {
            pet.liver_mean = uptake(1);
            pet.liver_deviation = uptake(2);
        }
        "blood" => {
            pet.liver_diseased = true;
            pet.blood_mean = uptake(1);
            pet.blood_deviation = uptake(2);
        }
        "sstr" => pet.tracer = Tracer::SomatostatinReceptor,
        "unknown" => pet.tracer = Tracer::Unknown,
        other => panic!("pet `{other}` is unknown"),
    }
    pet.uptake_minutes = parts.get(3).map(|text| text.parse().unwrap());
    pet
}

fn assessment(record: &PatientRecord, text: &str) -> Assessment {
    let (day, rest) = text.split_once(':').expect("DAY: findings");
    let mut assessment = Assessment {
        day: Day::from_number(number(day.trim())),
        ..Assessment::default()
    };
    for token in rest.split_whitespace() {
        if let Some(new) = token.strip_prefix('+') {
            let (new, evidence) = match new.split_once('~') {
                None => (new, NewLesionEvidence::Anatomical),
                Some((new, "neg")) => (new, NewLesionEvidence::PetAfterNegativePet),
                Some((new, "ct")) => (new, NewLesionEvidence::PetConfirmedByCt),
                Some((new, "alone")) => (new, NewLesionEvidence::PetAlone),
                Some((new, "known")) => (new, NewLesionEvidence::PetOfKnownSite),
                Some((_, other)) => panic!("evidence `{other}` is unknown"),
            };
            let (name, certainty) = match new.strip_suffix('?') {
                Some(name) => (name, Certainty::Equivocal),
                None => (new, Certainty::Unequivocal),
            };
            assessment.new_lesions.push(NewLesion {
                lesion: place(record, name),
                certainty,
                evidence,
            });
            continue;
        }
        let (key, value) = token.split_once('=').expect("NAME=VALUE");
        match key {
            "NT" => {
                assessment.non_target = Some(match value {
                    "CR" => StatedNonTarget::Complete,
                    "NN" => StatedNonTarget::Persistent,
                    "PD" => StatedNonTarget::Progressed,
                    "NE" => StatedNonTarget::NotEvaluable,
                    other => panic!("NT={other} is unknown"),
                });
            }
            "pet" => assessment.pet = Some(pet(value)),
            "slice" => assessment.slice_thickness = Some(Diameter::parse(value).unwrap()),
            "mod" => {
                assessment.modality = match value {
                    "xray" => Modality::ChestRadiograph,
                    "conv" => Modality::ConventionalCt,
                    "mri" => Modality::Mri,
                    "caliper" => Modality::Caliper,
                    other => panic!("mod={other} is unknown"),
                };
            }
            name => {
                let found = finding(record, name, value);
                assessment.findings.push(found);
            }
        }
    }
    assessment
}

/// The patient of a case.
pub(crate) fn patient(lesions: &str, points: &str, extra: &str) -> PatientRecord {
    let mut record = PatientRecord {
        id: "case".to_owned(),
        scale: DayScale::Study,
        readers: vec!["reader".to_owned()],
        lesions: lesions.split_whitespace().map(lesion).collect(),
        ..PatientRecord::default()
    };
    for token in extra.split_whitespace() {
        let (key, value) = token.split_once('=').expect("KEY=VALUE");
        match key {
            "sirt" | "other" => record.treatments.push(Treatment {
                day: Day::from_number(number(value)),
                kind: if key == "sirt" {
                    TreatmentKind::Radioembolisation
                } else {
                    TreatmentKind::Systemic
                },
                site: None,
                activity_gbq: None,
            }),
            "high" | "normal" => record
                .marker_high
                .push((Day::from_number(number(value)), key == "high")),
            "baseline" => record.baseline = Some(Day::from_number(number(value))),
            other => panic!("`{other}` is unknown"),
        }
    }
    for point in points.split('|') {
        let assessment = assessment(&record, point);
        record.assessments.push(assessment);
    }
    record
}
