//! From the text of a case file to a [`Case`].

mod follow_up;
mod liver;
mod patient;
mod range;
mod treatment;

use std::path::Path;

use crate::agreement::check_agreement;
use crate::case::{
    CalibrationOffer, Case, Clearance, Disease, Goals, Override, Session, Structure,
};
use crate::check::checked_rows;
use crate::images::Images;
use crate::place::{Places, joined};
use crate::row::CaseRow;
use crate::schema::{SCHEMA_VERSION, json_schema};
use crate::{CASE_FILE, StoreError};

use self::follow_up::{Around, FollowUpRows, follow_up};
use self::liver::{liver, lungs, territory, work_up};
use self::patient::{device, laboratory_day, patient, prior_therapy};
use self::range::therapeutic;
use self::treatment::{administration, goals, prescription, signature, vial};

impl Case {
    /// Reads the case of a folder; its images have to be where it says.
    ///
    /// # Errors
    /// [`StoreError`] with file, line and key for whatever is wrong.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(CASE_FILE);
        let text = std::fs::read_to_string(&file).map_err(|source| StoreError::Read {
            file: file.clone(),
            source,
        })?;
        let (mut case, places) = as_filed(&file.display().to_string(), &text, Some(folder))?;
        case.images.check_there(folder, &places)?;
        for (index, administration) in case.administrations.iter().enumerate() {
            if let Some(image) = &administration.image {
                let path = format!("administration.{index}.image");
                image.check_there(folder, &path, &places)?;
            }
        }
        in_order(&mut case);
        Ok(case)
    }

    /// Reads a case from the text of its file; images are not looked for, and
    /// files of rows beside it are refused, since nobody knows where they are.
    ///
    /// # Errors
    /// [`StoreError`] with line and key for whatever is wrong.
    pub fn from_toml(text: &str) -> Result<Self, StoreError> {
        read_text(CASE_FILE, text, None).map(|(case, _)| case)
    }
}

/// Reads a text that errors name by `file`, with the rows beside it in `folder`.
pub(crate) fn read_text(
    file: &str,
    text: &str,
    folder: Option<&Path>,
) -> Result<(Case, Places), StoreError> {
    let (mut case, places) = as_filed(file, text, folder)?;
    in_order(&mut case);
    Ok((case, places))
}

/// Oldest first; places go by the order of the file, so this comes last.
fn in_order(case: &mut Case) {
    case.laboratory.sort_by_key(|day| day.taken);
    case.administrations
        .sort_by_key(|administration| administration.at);
}

/// Reads a text into a case with its tables in the order of the file.
fn as_filed(file: &str, text: &str, folder: Option<&Path>) -> Result<(Case, Places), StoreError> {
    let schema = json_schema();
    let (row, places): (CaseRow, Places) = checked_rows(file, text, SCHEMA_VERSION, &schema)?;
    let case = case(row, &places, folder, &schema)?;
    check_agreement(&case, &places)?;
    Ok((case, places))
}

fn case(
    row: CaseRow,
    places: &Places,
    folder: Option<&Path>,
    schema: &serde_json::Value,
) -> Result<Case, StoreError> {
    let liver = row.liver.map(|row| liver(&row, places)).transpose()?;
    let liver_density = liver.map(|liver| liver.density);
    let territories = each("territory", row.territory, |row, path| {
        territory(row, liver_density, path, places)
    })?;
    let administrations = each("administration", row.administration, |row, path| {
        administration(row, path, places)
    })?;
    let rows = FollowUpRows {
        head: row.follow_up.unwrap_or_default(),
        lesion: row.lesion,
        scan: row.scan,
        measurement: row.measurement,
        liver_volume: row.liver_volume,
        marker: row.marker,
        symptom: row.symptom,
        analogue: row.analogue,
        normal_range: row.normal_range,
        event: row.event,
        performance: row.performance,
        later_therapy: row.later_therapy,
        status: row.status,
        laboratory: row.laboratory,
    };
    let around = Around {
        territories: &territories,
        administrations: &administrations,
        folder,
        schema,
        places,
    };
    let (follow_up, laboratory) = follow_up(rows, &around)?;
    Ok(Case {
        patient: patient(row.patient, places)?,
        disease: Disease {
            tumour_type: row.disease.tumour_type,
            cirrhosis: row.disease.cirrhosis,
            cholestatic: row.disease.cholestatic_disease,
            description: row.disease.description,
        },
        prior_therapies: each("prior_therapy", row.prior_therapy, |row, path| {
            prior_therapy(row, path, places)
        })?,
        laboratory,
        device: device(&row.device, places)?,
        liver,
        lungs: row.lungs.map(|row| lungs(row, places)).transpose()?,
        images: row.images.map_or_else(
            || Ok(Images::default()),
            |row| Images::from_row(row, places),
        )?,
        structures: row
            .structure
            .into_iter()
            .map(|row| Structure {
                name: row.name,
                role: row.role,
            })
            .collect(),
        territories,
        work_up: row.work_up.map(|row| work_up(row, places)).transpose()?,
        clearances: row
            .clearance
            .into_iter()
            .map(|row| Clearance {
                finding: row.finding,
                by: row.by,
                reason: row.reason,
                date: row.date.0.0,
            })
            .collect(),
        goals: row
            .goals
            .map_or_else(|| Ok(Goals::default()), |row| goals(row, places))?,
        prescriptions: each("prescription", row.prescription, |row, path| {
            prescription(row, path, places)
        })?,
        sessions: row
            .session
            .into_iter()
            .map(|row| Session {
                earliest: row.earliest.0,
                latest: row.latest.0,
                territories: row.territories,
            })
            .collect(),
        calibrations: each("calibration", row.calibration, |row, path| {
            let sizes = row.sizes.into_iter().enumerate().map(|(index, size)| {
                therapeutic(size.0, &joined(path, &format!("sizes.{index}")), places)
            });
            Ok(CalibrationOffer {
                at: row.at.0,
                sizes: sizes.collect::<Result<_, _>>()?,
            })
        })?,
        vials: each("vial", row.vial, |row, path| vial(row, path, places))?,
        administrations,
        follow_up,
        overrides: row
            .overrides
            .into_iter()
            .map(|row| Override {
                rule: row.rule,
                by: row.by,
                reason: row.reason,
                date: row.date.0.0,
            })
            .collect(),
        signatures: each("signature", row.signature, |row, path| {
            signature(row, path, places)
        })?,
    })
}

/// Converts the rows of an array of tables, each with its path.
fn each<R, T>(
    table: &str,
    rows: Vec<R>,
    convert: impl Fn(R, &str) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| convert(row, &joined(table, &index.to_string())))
        .collect()
}
