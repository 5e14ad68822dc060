//! Rows of a spreadsheet as patients.

use std::collections::BTreeMap;

use sirt_outcome::evidence::cohort::{CohortPatient, days};
use sirt_outcome::{
    Assessment, CauseOfDeath, Day, Diameter, Lesion, LesionFinding, LesionKind, LesionRole,
    LesionState, Organ, PatientRecord, Status, Treatment, TreatmentKind,
};

use super::mapping::{Form, LengthUnit, Mapping};
use super::spreadsheet::Spreadsheet;

/// What a spreadsheet came to.
pub(super) struct Imported {
    pub(super) patients: Vec<CohortPatient>,
    /// Cells that cannot be read: row, column, reason.
    pub(super) refused: Vec<String>,
}

/// A row with what its columns mean.
struct Row<'a> {
    table: &'a Spreadsheet,
    mapping: &'a Mapping,
    number: usize,
    cells: &'a [String],
}

impl<'a> Row<'a> {
    fn get(&self, meaning: &str) -> &'a str {
        self.mapping
            .columns
            .get(meaning)
            .and_then(|name| self.table.column(name))
            .and_then(|place| self.cells.get(place))
            .map(String::as_str)
            .filter(|cell| !matches!(*cell, "NA" | "." | "-"))
            .unwrap_or("")
    }

    fn wrong(&self, meaning: &str, reason: &str) -> String {
        let name = self
            .mapping
            .columns
            .get(meaning)
            .map_or(meaning, String::as_str);
        format!("row {}, column `{name}`: {reason}", self.number)
    }

    fn day(&self, meaning: &str) -> Result<Option<Day>, String> {
        let text = self.get(meaning);
        if text.is_empty() {
            return Ok(None);
        }
        self.mapping
            .day(text)
            .map(Some)
            .map_err(|reason| self.wrong(meaning, &reason))
    }

    fn needed(&self, meaning: &str) -> Result<&'a str, String> {
        match self.get(meaning) {
            "" => Err(self.wrong(meaning, "is empty")),
            text => Ok(text),
        }
    }
}

/// Patients of all rows; a row that cannot be read is refused and says why.
pub(super) fn of(table: &Spreadsheet, mapping: &Mapping) -> anyhow::Result<Imported> {
    let treated_on = mapping
        .treated_on
        .as_deref()
        .map(|text| {
            mapping
                .day(text)
                .map_err(|reason| anyhow::anyhow!("treated_on: {reason}"))
        })
        .transpose()?;
    let mut patients: BTreeMap<String, CohortPatient> = BTreeMap::new();
    let mut refused = Vec::new();
    for (number, cells) in &table.rows {
        let row = Row {
            table,
            mapping,
            number: *number,
            cells,
        };
        let read = match mapping.form {
            Form::Long => measurement(&row, &mut patients),
            Form::Wide => patient(&row, &mut patients, treated_on),
        };
        if let Err(reason) = read {
            refused.push(reason);
        }
    }
    for patient in patients.values_mut() {
        patient
            .record
            .assessments
            .sort_by_key(|assessment| assessment.day);
    }
    Ok(Imported {
        patients: patients.into_values().collect(),
        refused,
    })
}

fn named(id: &str) -> CohortPatient {
    CohortPatient {
        record: PatientRecord {
            id: id.to_owned(),
            readers: vec!["reader".to_owned()],
            ..PatientRecord::default()
        },
        ..CohortPatient::default()
    }
}

fn treat(patient: &mut CohortPatient, row: &Row<'_>, day: Option<Day>) -> Result<(), String> {
    let Some(day) = day else { return Ok(()) };
    match patient.record.treatments.first() {
        None => patient.record.treatments.push(Treatment {
            day,
            kind: TreatmentKind::Radioembolisation,
            site: None,
            activity_gbq: None,
        }),
        Some(known) if known.day != day => {
            return Err(row.wrong(
                "treated",
                "is another day than in an earlier row of the patient",
            ));
        }
        Some(_) => {}
    }
    Ok(())
}

fn attributes(patient: &mut CohortPatient, row: &Row<'_>) {
    for (attribute, name) in &row.mapping.attributes {
        let cell = row
            .table
            .column(name)
            .and_then(|place| row.cells.get(place));
        if let Some(value) = cell.filter(|value| !value.is_empty()) {
            patient
                .attributes
                .entry(attribute.to_lowercase())
                .or_insert_with(|| value.clone());
        }
    }
}

/// A lesion in a scan.
fn measurement(
    row: &Row<'_>,
    patients: &mut BTreeMap<String, CohortPatient>,
) -> Result<(), String> {
    let id = row.needed("patient")?;
    let lesion = row.needed("lesion")?;
    let day = row
        .day("scanned")?
        .ok_or_else(|| row.wrong("scanned", "is empty"))?;
    let treated = row.day("treated")?;
    let text = row.needed("diameter")?;
    let length = match row.mapping.length_unit {
        Some(LengthUnit::Centimetre) => text
            .parse::<f64>()
            .map_err(|error| error.to_string())
            .and_then(|cm| Diameter::from_mm(10.0 * cm).map_err(|error| error.to_string())),
        _ => Diameter::parse(text).map_err(|error| error.to_string()),
    }
    .map_err(|reason| row.wrong("diameter", &reason))?;
    let role = match row.get("role").to_uppercase().as_str() {
        "" | "TARGET" => LesionRole::Target,
        "NON-TARGET" | "NONTARGET" => LesionRole::NonTarget,
        "NEW" => LesionRole::New,
        other => {
            return Err(row.wrong(
                "role",
                &format!("`{other}` is none of TARGET, NON-TARGET, NEW"),
            ));
        }
    };
    let organ = match row.get("organ") {
        "" => Organ::Unknown,
        name => Organ::named(name),
    };
    let patient = patients.entry(id.to_owned()).or_insert_with(|| named(id));
    treat(patient, row, treated)?;
    attributes(patient, row);
    let record = &mut patient.record;
    let known = record
        .lesions
        .iter()
        .position(|known| known.tracking_id == lesion);
    let place = known.unwrap_or_else(|| {
        record.lesions.push(Lesion {
            tracking_id: lesion.to_owned(),
            kind: if organ == Organ::LymphNode {
                LesionKind::Node
            } else {
                LesionKind::Mass
            },
            organ,
            role,
            ..Lesion::default()
        });
        record.lesions.len() - 1
    });
    let is_node = record.lesions[place].kind.is_node();
    let place = u32::try_from(place).map_err(|error| error.to_string())?;
    let scan = record.assessments.iter().position(|scan| scan.day == day);
    let scan = scan.unwrap_or_else(|| {
        record.assessments.push(Assessment {
            day,
            ..Assessment::default()
        });
        record.assessments.len() - 1
    });
    let findings = &mut record.assessments[scan].findings;
    if findings.iter().any(|finding| finding.lesion == place) {
        return Err(row.wrong("lesion", "is measured twice on this day"));
    }
    let mut finding = LesionFinding {
        lesion: place,
        ..LesionFinding::default()
    };
    if length == Diameter::ZERO {
        finding.state = LesionState::Absent;
    } else if is_node {
        finding.short_axis = Some(length);
    } else {
        finding.long_axis = Some(length);
    }
    findings.push(finding);
    Ok(())
}

/// A patient in one row.
fn patient(
    row: &Row<'_>,
    patients: &mut BTreeMap<String, CohortPatient>,
    treated_on: Option<Day>,
) -> Result<(), String> {
    let id = row.needed("patient")?;
    if patients.contains_key(id) {
        return Err(row.wrong("patient", "stands in an earlier row as well"));
    }
    let treated = row.day("treated")?.or(treated_on);
    let died = match row.get("died").to_lowercase().as_str() {
        "" => None,
        "1" | "y" | "yes" | "true" | "dead" | "died" => Some(true),
        "0" | "n" | "no" | "false" | "alive" => Some(false),
        other => {
            return Err(row.wrong("died", &format!("`{other}` is none of 0, 1, yes, no")));
        }
    };
    let end = match row.get("months") {
        "" => None,
        text => {
            let months: f64 = text
                .parse()
                .ok()
                .filter(|months| (0.0..1200.0).contains(months))
                .ok_or_else(|| row.wrong("months", &format!("`{text}` is outside 0..1200")))?;
            let start = treated
                .ok_or_else(|| row.wrong("treated", "is empty, and months count from it"))?;
            Some(start.plus(days(months)))
        }
    };
    let death = row.day("death_date")?;
    let last = row.day("last_contact")?;
    let cause = CauseOfDeath::Unknown;
    let is_mapped = row.mapping.columns.contains_key("died");
    let status = match (death, died, end.or(last)) {
        (Some(_), Some(false), _) => {
            return Err(row.wrong("died", "says alive beside a day of death"));
        }
        (Some(day), _, _) => Some(Status::Dead { day, cause }),
        // Months run to the death; a last contact is no day of death.
        (None, Some(true), _) => Some(match end {
            Some(day) => Status::Dead { day, cause },
            None => Status::DeadOnUnknownDay {
                within: None,
                cause,
            },
        }),
        (None, Some(false), Some(last_contact)) => Some(Status::Alive { last_contact }),
        (None, None, Some(_)) if is_mapped => {
            return Err(row.wrong("died", "is empty beside months or a last contact"));
        }
        (None, None, Some(last_contact)) => Some(Status::Alive { last_contact }),
        (None, _, None) => None,
    };
    let mut patient = named(id);
    treat(&mut patient, row, treated)?;
    attributes(&mut patient, row);
    patient.record.status = status;
    patients.insert(id.to_owned(), patient);
    Ok(())
}
