//! A cohort as tables of SDTM, in the form that [`Study`](super::Study) reads.
//!
//! DM, EX, TU, TR, LB, FA, CM, AE, DD and SC as CSV, each only where it has
//! rows (TU and TR always). Made-up patients carry their mark in the column
//! SYNTHETIC of every row and in the name of every file.

use std::path::Path;

use sirt_outcome::evidence::cohort::CohortPatient;
use sirt_outcome::{
    Attribution, CauseOfDeath, Day, DayScale, Diameter, LesionFinding, LesionRole, LesionState,
    Organ, Status, TreatmentKind, VisualUptake,
};

use crate::{StoreError, write_whole};

/// The mark of made-up patients.
pub const SYNTHETIC: &str = "SYNTHETIC";

/// Tests of LB and how they are written: name here, LBTESTCD, LBTEST.
const TESTS: [(&str, &str, &str); 17] = [
    ("bilirubin", "BILI", "Bilirubin"),
    ("alt", "ALT", "Alanine Aminotransferase"),
    ("ast", "AST", "Aspartate Aminotransferase"),
    ("alp", "ALP", "Alkaline Phosphatase"),
    ("ggt", "GGT", "Gamma Glutamyl Transferase"),
    ("albumin", "ALB", "Albumin"),
    ("lymphocytes", "LYM", "Lymphocytes"),
    ("platelets", "PLAT", "Platelets"),
    ("haemoglobin", "HGB", "Hemoglobin"),
    ("inr", "INR", "Prothrombin Intl. Normalized Ratio"),
    ("creatinine", "CREAT", "Creatinine"),
    ("lipase", "LIPASE", "Lipase"),
    ("amylase", "AMYLASE", "Amylase"),
    ("chromogranin A", "CHROMGNA", "Chromogranin A"),
    ("neuron-specific enolase", "NSE", "Neuron Specific Enolase"),
    ("5-HIAA", "HIAA5", "5-Hydroxyindoleacetic Acid"),
    ("pancreastatin", "PNCRSTN", "Pancreastatin"),
];

/// A table that is being written.
struct Rows {
    domain: &'static str,
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn new(domain: &'static str, header: &[&'static str]) -> Self {
        Self {
            domain,
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }

    fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text of the file.
    fn text(&self, mark: Option<&str>) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let marks = mark.map(|_| "SYNTHETIC");
        writer.write_record(
            ["DOMAIN", "USUBJID"]
                .iter()
                .chain(&self.header)
                .copied()
                .chain(marks),
        )?;
        for row in &self.rows {
            writer.write_record(
                std::iter::once(self.domain)
                    .chain(row.iter().map(String::as_str))
                    .chain(mark),
            )?;
        }
        writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))
    }
}

/// Writes patients as tables into a folder, with the mark of made-up ones
/// where they are; gives the names of the files.
///
/// # Errors
/// [`StoreError`] for a folder that cannot be made, a file that cannot be
/// written, and a record whose days are no dates.
pub fn write_cohort(
    folder: &Path,
    patients: &[CohortPatient],
    mark: Option<&str>,
) -> Result<Vec<String>, StoreError> {
    if patients
        .iter()
        .any(|patient| patient.record.scale != DayScale::Calendar)
    {
        return Err(StoreError::Write {
            file: folder.to_owned(),
            source: std::io::Error::other("days of a study are no dates, and tables need dates"),
        });
    }
    std::fs::create_dir_all(folder).map_err(|source| StoreError::Write {
        file: folder.to_owned(),
        source,
    })?;
    let mut names = Vec::new();
    for table in tables(patients) {
        if table.rows.is_empty() && !matches!(table.domain, "TU" | "TR") {
            continue;
        }
        let domain = table.domain.to_lowercase();
        let name = mark.map_or_else(
            || format!("{domain}.csv"),
            |mark| format!("{domain}_{}.csv", mark.to_lowercase()),
        );
        let file = folder.join(&name);
        let text = table.text(mark).map_err(|error| StoreError::Write {
            file: file.clone(),
            source: std::io::Error::other(error),
        })?;
        write_whole(&file, &text)?;
        names.push(name);
    }
    Ok(names)
}

fn tables(patients: &[CohortPatient]) -> Vec<Rows> {
    let mut demography = Rows::new("DM", &["RFXSTDTC", "RFPENDTC", "DTHDTC", "DTHFL"]);
    let mut exposure = Rows::new("EX", &["EXTRT", "EXDOSE", "EXDOSU", "EXLOC", "EXSTDTC"]);
    let mut tumours = Rows::new("TU", &["TULNKID", "TULOC", "TUORRES"]);
    let mut results = Rows::new(
        "TR",
        &[
            "TRLNKID", "TRTESTCD", "TRSTRESC", "TRSTRESU", "VISITNUM", "VISIT", "TRDTC",
        ],
    );
    let mut laboratory = Rows::new(
        "LB",
        &[
            "LBTESTCD", "LBTEST", "LBSTRESN", "LBSTRESU", "LBSTNRLO", "LBSTNRHI", "LBNAM", "LBDTC",
        ],
    );
    let mut symptoms = Rows::new("FA", &["FAOBJ", "FATESTCD", "FASTRESC", "FADTC"]);
    let mut medication = Rows::new(
        "CM",
        &[
            "CMTRT", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMSTDTC", "CMENDTC",
        ],
    );
    let mut events = Rows::new(
        "AE",
        &[
            "AETERM", "AEBODSYS", "AETOXGR", "AEREL", "AESTDTC", "AEENDTC",
        ],
    );
    let mut death = Rows::new("DD", &["DDTESTCD", "DDSTRESC"]);
    let mut characteristics = Rows::new("SC", &["SCTESTCD", "SCSTRESC"]);
    for patient in patients {
        let id = &patient.record.id;
        demography.push(demography_row(patient));
        exposure_rows(patient, &mut exposure);
        tumour_rows(patient, &mut tumours, &mut results);
        laboratory_rows(patient, &mut laboratory);
        for symptom in &patient.symptoms {
            for value in &symptom.values {
                let mut add = |test: &str, result: String| {
                    symptoms.push([
                        id.clone(),
                        symptom.name.to_uppercase(),
                        test.to_owned(),
                        result,
                        value.day.to_string(),
                    ]);
                };
                if let Some(grade) = value.grade {
                    add("SEV", grade.to_string());
                }
                if let Some(often) = value.per_day {
                    add("FREQ", often.to_string());
                }
            }
        }
        medication_rows(patient, &mut medication);
        for event in &patient.events {
            events.push([
                id.clone(),
                event.event.term.clone(),
                event.system.clone().unwrap_or_default(),
                event
                    .event
                    .grade
                    .map_or_else(String::new, |grade| grade.to_string()),
                event.stated.map_or("", related).to_owned(),
                event.event.onset.to_string(),
                shown(event.event.resolved),
            ]);
        }
        if let Some(cause) = cause(patient) {
            death.push([id.clone(), "PRCDTH".to_owned(), cause.to_owned()]);
        }
        for (name, value) in &patient.attributes {
            characteristics.push([id.clone(), name.to_uppercase(), value.clone()]);
        }
    }
    vec![
        demography,
        exposure,
        tumours,
        results,
        laboratory,
        symptoms,
        medication,
        events,
        death,
        characteristics,
    ]
}

fn shown(day: Option<Day>) -> String {
    day.map_or_else(String::new, |day| day.to_string())
}

fn demography_row(patient: &CohortPatient) -> Vec<String> {
    let record = &patient.record;
    let (last, died, dead) = match record.status {
        Some(Status::Alive { last_contact }) => (Some(last_contact), None, false),
        Some(Status::Dead { day, .. }) => (None, Some(day), true),
        Some(Status::DeadOnUnknownDay { .. }) => (None, None, true),
        None => (None, None, false),
    };
    vec![
        record.id.clone(),
        shown(record.first_treatment()),
        shown(last),
        shown(died),
        if dead { "Y" } else { "" }.to_owned(),
    ]
}

fn exposure_rows(patient: &CohortPatient, exposure: &mut Rows) {
    for treatment in &patient.record.treatments {
        if !treatment.is_studied() {
            continue;
        }
        let embolisation = treatment.kind == TreatmentKind::Radioembolisation;
        exposure.push([
            patient.record.id.clone(),
            if embolisation {
                "RADIOEMBOLISATION"
            } else {
                "PROTOCOL TREATMENT"
            }
            .to_owned(),
            treatment
                .activity_gbq
                .map_or_else(String::new, |gbq| gbq.to_string()),
            if embolisation { "GBq" } else { "" }.to_owned(),
            treatment.site.clone().unwrap_or_default(),
            treatment.day.to_string(),
        ]);
    }
}

fn tumour_rows(patient: &CohortPatient, tumours: &mut Rows, results: &mut Rows) {
    let record = &patient.record;
    for lesion in &record.lesions {
        tumours.push([
            record.id.clone(),
            lesion.tracking_id.clone(),
            match &lesion.organ {
                Organ::Unknown => String::new(),
                organ => organ.name().to_uppercase(),
            },
            match lesion.role {
                LesionRole::Target => "TARGET",
                LesionRole::NonTarget => "NON-TARGET",
                LesionRole::New => "NEW",
                LesionRole::Unassigned => "",
            }
            .to_owned(),
        ]);
    }
    for (number, assessment) in record.assessments.iter().enumerate() {
        let visit = assessment
            .visit
            .clone()
            .unwrap_or_else(|| format!("VISIT {}", number + 1));
        for finding in &assessment.findings {
            let lesion = record.lesion_name(finding.lesion).to_owned();
            for (test, result, unit) in measured(finding) {
                results.push([
                    record.id.clone(),
                    lesion.clone(),
                    test.to_owned(),
                    result,
                    unit.to_owned(),
                    (number + 1).to_string(),
                    visit.clone(),
                    assessment.day.to_string(),
                ]);
            }
        }
    }
}

/// What a finding has, as test, result and unit.
fn measured(finding: &LesionFinding) -> Vec<(&'static str, String, &'static str)> {
    let mut rows = Vec::new();
    let millimetres = |length: Diameter| length.to_string().replace(" mm", "");
    for (test, length) in [
        ("LDIAM", finding.long_axis),
        ("LPERP", finding.perpendicular),
        ("SAXIS", finding.short_axis),
        ("ELDIAM", finding.enhancing_long_axis),
        ("ELPERP", finding.enhancing_perpendicular),
    ] {
        if let Some(length) = length {
            rows.push((test, millimetres(length), "mm"));
        }
    }
    if let Some(volume) = finding.volume {
        rows.push(("VOLUME", volume.to_string().replace(" mL", ""), "mL"));
    }
    if let Some(visual) = finding.visual {
        let word = match visual {
            VisualUptake::Normal => "NORMAL",
            VisualUptake::Less => "LESS",
            VisualUptake::Same => "SAME",
            VisualUptake::More => "MORE",
        };
        rows.push(("VISUPT", word.to_owned(), ""));
    }
    let state = match finding.state {
        LesionState::Absent => Some("ABSENT"),
        LesionState::TooSmall => Some("TOO SMALL TO MEASURE"),
        LesionState::NotEvaluable => Some("NOT EVALUABLE"),
        LesionState::Progressed => Some("UNEQUIVOCAL PROGRESSION"),
        LesionState::Present if rows.is_empty() => Some("PRESENT"),
        LesionState::Present | LesionState::MergedInto(_) => None,
    };
    if let Some(state) = state {
        rows.push(("TUMSTATE", state.to_owned(), ""));
    }
    rows
}

fn laboratory_rows(patient: &CohortPatient, laboratory: &mut Rows) {
    let id = &patient.record.id;
    let mut add = |name: &str, cells: [String; 5], day: Day| {
        let (code, test) = TESTS
            .iter()
            .find(|(known, ..)| *known == name)
            .map_or(("", name), |(_, code, test)| (*code, *test));
        let [value, unit, lower, upper, assay] = cells;
        laboratory.push([
            id.clone(),
            code.to_owned(),
            test.to_owned(),
            value,
            unit,
            lower,
            upper,
            assay,
            day.to_string(),
        ]);
    };
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for marker in &patient.record.markers {
        for value in &marker.values {
            add(
                &marker.name,
                [
                    value.value.to_string(),
                    value.unit.clone(),
                    String::new(),
                    number(value.upper_limit),
                    value.assay.clone().unwrap_or_default(),
                ],
                value.day,
            );
        }
    }
    for value in &patient.laboratory {
        add(
            &value.test,
            [
                value.value.to_string(),
                value.unit.clone(),
                number(value.lower_limit),
                number(value.upper_limit),
                String::new(),
            ],
            value.day,
        );
    }
}

/// Prescriptions, each until the next; a stop is the end of the one before.
fn medication_rows(patient: &CohortPatient, medication: &mut Rows) {
    let mut sorted: Vec<_> = patient.analogue.iter().collect();
    sorted.sort_by_key(|prescription| prescription.from);
    for (number, prescription) in sorted.iter().enumerate() {
        if prescription.dose_mg <= 0.0 {
            continue;
        }
        let next = sorted.get(number + 1).map(|next| next.from.plus(-1));
        medication.push([
            patient.record.id.clone(),
            prescription.drug.to_uppercase(),
            prescription.dose_mg.to_string(),
            "mg".to_owned(),
            format!("Q{}D", prescription.interval_days),
            prescription.from.to_string(),
            shown(next),
        ]);
    }
}

const fn related(attribution: Attribution) -> &'static str {
    match attribution {
        Attribution::Probable => "PROBABLE",
        Attribution::Possible => "POSSIBLE",
        Attribution::Unlikely => "UNLIKELY",
    }
}

fn cause(patient: &CohortPatient) -> Option<&'static str> {
    match patient.record.status {
        Some(Status::Dead { cause, .. } | Status::DeadOnUnknownDay { cause, .. }) => {
            Some(match cause {
                CauseOfDeath::LiverDisease => "PROGRESSIVE DISEASE OF THE LIVER",
                CauseOfDeath::ExtrahepaticDisease => "PROGRESSIVE EXTRAHEPATIC DISEASE",
                CauseOfDeath::Treatment => "TREATMENT",
                CauseOfDeath::Other => "OTHER",
                CauseOfDeath::Unknown => "UNKNOWN",
            })
        }
        _ => None,
    }
}
