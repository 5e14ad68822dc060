//! What patients were before treatment (DM, SC), their symptoms (FA) and
//! somatostatin analogues (CM).
//!
//! | domain | row | read as |
//! |---|---|---|
//! | FA | FAOBJ, FATESTCD SEV or FREQ, FASTRESC or FASTRESN, FADTC | grade 0 to 3 (NONE, MILD, MODERATE, SEVERE), or times a day, of the symptom FAOBJ |
//! | CM | CMTRT or CMDECOD, CMDOSE in mg, CMDOSFRQ, CMSTDTC, CMENDTC | a prescription from its start; after its end the drug is stopped |
//! | DM | every column but identities and dates | by the name of the column |
//! | SC | SCTESTCD, SCSTRESC | by the name of the test |
//!
//! A row that cannot be read is left out with a note that names it.

use std::collections::BTreeMap;

use sirt_outcome::evidence::cohort::PatientSymptom;
use sirt_outcome::{AnaloguePrescription, Day, SymptomValue};

use super::subject::Row;
use super::visit::VisitDate;

/// Drugs that are somatostatin analogues, by a part of their names.
const ANALOGUES: [&str; 3] = ["OCTREOTIDE", "LANREOTIDE", "PASIREOTIDE"];

/// Columns of DM that say nothing of what a patient was.
const NOT_ATTRIBUTES: [&str; 8] = [
    "STUDYID",
    "DOMAIN",
    "USUBJID",
    "SUBJID",
    "SITEID",
    "SYNTHETIC",
    "INVID",
    "DTHFL",
];

fn day(row: Row<'_>, column: &str) -> Result<Option<Day>, String> {
    match VisitDate::parse(row.get(column)).map_err(|reason| row.wrong(column, reason))? {
        VisitDate::Exact(day) => Ok(Some(day)),
        VisitDate::None => Ok(None),
        VisitDate::Rough(from, to) => {
            Err(row.wrong(column, format!("from {from} to {to}; its day is needed")))
        }
    }
}

/// Symptoms by name, with the values of a day in one.
pub(super) fn symptoms(rows: &[Row<'_>], notes: &mut Vec<String>) -> Vec<PatientSymptom> {
    let mut found: BTreeMap<String, BTreeMap<Day, SymptomValue>> = BTreeMap::new();
    for row in rows {
        match symptom(*row) {
            Ok(Some((name, value))) => {
                let known =
                    found
                        .entry(name)
                        .or_default()
                        .entry(value.day)
                        .or_insert(SymptomValue {
                            day: value.day,
                            ..SymptomValue::default()
                        });
                known.grade = value.grade.or(known.grade);
                known.per_day = value.per_day.or(known.per_day);
            }
            Ok(None) => {}
            Err(note) => notes.push(note),
        }
    }
    found
        .into_iter()
        .map(|(name, values)| PatientSymptom {
            name,
            values: values.into_values().collect(),
        })
        .collect()
}

fn symptom(row: Row<'_>) -> Result<Option<(String, SymptomValue)>, String> {
    let test = row.get("FATESTCD").to_uppercase();
    if !matches!(test.as_str(), "SEV" | "FREQ") || row.get("FASTAT") == "NOT DONE" {
        return Ok(None);
    }
    let name = row.get("FAOBJ").to_lowercase();
    if name.is_empty() {
        return Err(row.wrong("FAOBJ", "a symptom without a name".to_owned()));
    }
    let day = day(row, "FADTC")?
        .ok_or_else(|| row.wrong("FADTC", "a symptom without a day".to_owned()))?;
    let text = [row.get("FASTRESN"), row.get("FASTRESC"), row.get("FAORRES")]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or("");
    let mut value = SymptomValue {
        day,
        ..SymptomValue::default()
    };
    if test == "SEV" {
        value.grade = Some(match text.to_uppercase().as_str() {
            "0" | "NONE" => 0,
            "1" | "MILD" => 1,
            "2" | "MODERATE" => 2,
            "3" | "SEVERE" => 3,
            _ => {
                return Err(row.wrong(
                    "FASTRESC",
                    format!("`{text}` is none of NONE, MILD, MODERATE, SEVERE, 0 to 3"),
                ));
            }
        });
    } else {
        value.per_day = Some(
            text.parse::<f64>()
                .ok()
                .filter(|often| (0.0..1000.0).contains(often))
                .ok_or_else(|| {
                    row.wrong("FASTRESN", format!("`{text}` is no number of times a day"))
                })?,
        );
    }
    Ok(Some((name, value)))
}

/// Prescriptions of somatostatin analogues; what ends is followed by a stop,
/// unless another dose begins by then.
pub(super) fn analogue(rows: &[Row<'_>], notes: &mut Vec<String>) -> Vec<AnaloguePrescription> {
    let mut found: Vec<Prescribed> = Vec::new();
    for row in rows {
        match prescription(*row) {
            Ok(prescribed) => found.extend(prescribed),
            Err(note) => notes.push(note),
        }
    }
    let mut stops = Vec::new();
    for (ended, end) in &found {
        let Some(end) = end else { continue };
        let goes_on = found.iter().any(|(other, until)| {
            other.from <= end.plus(1) && until.is_none_or(|until| until > *end)
        });
        if !goes_on {
            stops.push(AnaloguePrescription {
                from: end.plus(1),
                drug: ended.drug.clone(),
                dose_mg: 0.0,
                interval_days: 28.0,
                rescue_mg_per_day: 0.0,
            });
        }
    }
    let mut found: Vec<AnaloguePrescription> = found
        .into_iter()
        .map(|(prescription, _)| prescription)
        .chain(stops)
        .collect();
    found.sort_by_key(|prescription| prescription.from);
    found
}

type Prescribed = (AnaloguePrescription, Option<Day>);

fn prescription(row: Row<'_>) -> Result<Option<Prescribed>, String> {
    let standard = row.get("CMDECOD");
    let drug = if standard.is_empty() {
        row.get("CMTRT")
    } else {
        standard
    };
    let name = drug.to_uppercase();
    let is_analogue = ANALOGUES.iter().any(|known| name.contains(known));
    if !is_analogue || row.get("CMOCCUR").eq_ignore_ascii_case("N") {
        return Ok(None);
    }
    let unit = row.get("CMDOSU");
    if !unit.eq_ignore_ascii_case("mg") {
        return Err(row.wrong("CMDOSU", format!("{drug} in `{unit}`; allowed is mg")));
    }
    let text = row.get("CMDOSE");
    let dose_mg: f64 = text
        .parse()
        .map_err(|_| row.wrong("CMDOSE", format!("`{text}` is no number")))?;
    let from = day(row, "CMSTDTC")?
        .ok_or_else(|| row.wrong("CMSTDTC", "a prescription without its first day".to_owned()))?;
    let found = AnaloguePrescription {
        from,
        drug: drug.to_lowercase(),
        dose_mg,
        interval_days: interval(row)?,
        rescue_mg_per_day: 0.0,
    };
    found
        .monthly_mg()
        .map_err(|error| row.wrong("CMDOSE", error.to_string()))?;
    Ok(Some((found, day(row, "CMENDTC")?)))
}

/// Days from dose to dose: QD, QW, Q2W to Q12W, Q28D, QM.
fn interval(row: Row<'_>) -> Result<f64, String> {
    let text = row.get("CMDOSFRQ").to_uppercase();
    let number = |digits: &str| digits.parse::<f64>().ok().filter(|number| *number >= 1.0);
    let days = match text.as_str() {
        "QD" => Some(1.0),
        "QW" => Some(7.0),
        "QM" => Some(30.0),
        _ => text.strip_prefix('Q').and_then(|rest| {
            rest.strip_suffix('W')
                .and_then(number)
                .map(|weeks| 7.0 * weeks)
                .or_else(|| rest.strip_suffix('D').and_then(number))
        }),
    };
    days.ok_or_else(|| {
        row.wrong(
            "CMDOSFRQ",
            format!("`{text}` is no interval; allowed are QD, QW, QM, Q2W and its like, Q28D and its like"),
        )
    })
}

/// What DM says of a patient, by the names of its columns.
pub(super) fn demography(rows: &[Row<'_>], attributes: &mut BTreeMap<String, String>) {
    for row in rows {
        for column in row.columns() {
            let is_date = column.ends_with("DTC") || column.ends_with("DY");
            if is_date || NOT_ATTRIBUTES.contains(&column.as_str()) {
                continue;
            }
            let value = row.get(column);
            if !value.is_empty() {
                attributes.insert(column.to_lowercase(), value.to_owned());
            }
        }
    }
}

/// What SC says of a patient, by the names of its tests.
pub(super) fn characteristics(
    rows: &[Row<'_>],
    attributes: &mut BTreeMap<String, String>,
    notes: &mut Vec<String>,
) {
    for row in rows {
        let test = row.get("SCTESTCD").to_lowercase();
        let value = [row.get("SCSTRESC"), row.get("SCORRES")]
            .into_iter()
            .find(|value| !value.is_empty());
        match value {
            _ if test.is_empty() => {
                notes.push(row.wrong("SCTESTCD", "a characteristic without a name".to_owned()));
            }
            Some(value) => {
                attributes.insert(test, value.to_owned());
            }
            None => {}
        }
    }
}
