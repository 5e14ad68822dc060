//! The patient, what was done before, laboratory values, microspheres.

use sirt_outcome::LaboratoryValues;
use sirt_quantity::{AbsorbedDose, Inr, TimeSpan};

use super::range::{GIVEN_GBQ, above_zero, timed, within};
use crate::StoreError;
use crate::case::{Age, DeviceChoice, Laboratory, Patient, PriorTherapy, Pseudonym};
use crate::follow_up::BloodTests;
use crate::place::{Places, joined};
use crate::row::{DeviceRow, LaboratoryRow, PatientRow, PriorTherapyRow};
use crate::vocabulary::TherapyKind;
use crate::written::Written;

pub(super) fn patient(row: PatientRow, places: &Places) -> Result<Patient, StoreError> {
    let age = match (row.age, row.birth_year) {
        (Some(years), None) => {
            within(
                f64::from(years),
                [0.0, 120.0],
                "years",
                "patient.age",
                places,
            )?;
            Age::Years(years)
        }
        (None, Some(year)) => {
            within(
                f64::from(year),
                [1900.0, 2100.0],
                "",
                "patient.birth_year",
                places,
            )?;
            Age::BornIn(year)
        }
        (age, _) => {
            return Err(StoreError::OneOf {
                place: places.at("patient"),
                keys: "age, birth_year",
                found: if age.is_some() { 2 } else { 0 },
            });
        }
    };
    let (height, weight) = (row.height.0, row.weight.0);
    within(
        height.as_cm(),
        [50.0, 250.0],
        "cm",
        "patient.height",
        places,
    )?;
    within(
        weight.as_kg(),
        [10.0, 400.0],
        "kg",
        "patient.weight",
        places,
    )?;
    Ok(Patient {
        pseudonym: Pseudonym(row.pseudonym),
        sex: row.sex,
        age,
        height,
        weight,
    })
}

pub(super) fn prior_therapy(
    row: PriorTherapyRow,
    path: &str,
    places: &Places,
) -> Result<PriorTherapy, StoreError> {
    if row.kind == TherapyKind::Radioembolisation {
        if row.device.is_none() {
            return Err(StoreError::MissingKey {
                place: places.at(path),
                key: "device".to_owned(),
                meaning: "a dose of microspheres means nothing without their kind".to_owned(),
            });
        }
    } else {
        for (key, given) in [
            ("device", row.device.is_some()),
            ("activity", row.activity.is_some()),
            ("territory", row.territory.is_some()),
            ("lung_dose", row.lung_dose.is_some()),
            ("normal_liver_dose", row.normal_liver_dose.is_some()),
            ("tumour_dose", row.tumour_dose.is_some()),
        ] {
            if given {
                return Err(StoreError::WithoutMeaning {
                    place: places.at(&joined(path, key)),
                    key,
                    without: "unless kind is \"radioembolisation\"",
                });
            }
        }
    }
    let dose = |key: &str, dose: Option<Written<AbsorbedDose>>| {
        dose.map(|Written(dose)| {
            within(
                dose.as_gy(),
                [0.0, 10_000.0],
                "Gy",
                &joined(path, key),
                places,
            )
            .map(|()| dose)
        })
        .transpose()
    };
    Ok(PriorTherapy {
        kind: row.kind,
        date: row.date.0.0,
        note: row.note,
        device: row.device,
        activity: row
            .activity
            .map(|row| timed(&row, GIVEN_GBQ, &joined(path, "activity"), places))
            .transpose()?,
        territory: row.territory,
        lung_dose: dose("lung_dose", row.lung_dose)?,
        normal_liver_dose: dose("normal_liver_dose", row.normal_liver_dose)?,
        tumour_dose: dose("tumour_dose", row.tumour_dose)?,
    })
}

pub(super) fn laboratory_day(
    row: &LaboratoryRow,
    path: &str,
    places: &Places,
) -> Result<Laboratory, StoreError> {
    let refused = |key: &str, reason: String| StoreError::Value {
        place: places.at(&joined(path, key)),
        reason,
    };
    let inr = row
        .inr
        .map(|value| Inr::from_ratio(value).map_err(|error| refused("inr", error.to_string())))
        .transpose()?;
    let none = LaboratoryValues::default();
    let bilirubin = row.bilirubin.map(|value| value.0);
    let albumin = row.albumin.map(|value| value.0);
    let creatinine = row.creatinine.map(|value| value.0);
    let sodium = row.sodium.map(|value| value.0);
    let platelets = row.platelets.map(|value| value.0);
    // One value at a time, so that the refusal names its key.
    let alone = [
        (
            "bilirubin",
            LaboratoryValues {
                bilirubin,
                ..none.clone()
            },
        ),
        (
            "albumin",
            LaboratoryValues {
                albumin,
                ..none.clone()
            },
        ),
        (
            "inr",
            LaboratoryValues {
                inr,
                ..none.clone()
            },
        ),
        (
            "creatinine",
            LaboratoryValues {
                creatinine,
                ..none.clone()
            },
        ),
        (
            "sodium",
            LaboratoryValues {
                sodium,
                ..none.clone()
            },
        ),
        ("platelets", LaboratoryValues { platelets, ..none }),
    ];
    for (key, value) in alone {
        value
            .check()
            .map_err(|error| refused(key, error.to_string()))?;
    }
    let tests = BloodTests {
        alt: row.alt.map(|value| value.0),
        ast: row.ast.map(|value| value.0),
        alp: row.alp.map(|value| value.0),
        ggt: row.ggt.map(|value| value.0),
        lymphocytes: row.lymphocytes.map(|value| value.0),
        haemoglobin: row.haemoglobin.map(|value| value.0),
        lipase: row.lipase.map(|value| value.0),
        amylase: row.amylase.map(|value| value.0),
        bile_duct_obstruction: row.bile_duct_obstruction,
    };
    let enzymes = [
        ("alt", tests.alt),
        ("ast", tests.ast),
        ("alp", tests.alp),
        ("ggt", tests.ggt),
        ("lipase", tests.lipase),
        ("amylase", tests.amylase),
    ];
    for (key, value) in enzymes {
        if let Some(value) = value {
            within(
                value.as_u_per_l(),
                [0.0, 100_000.0],
                "U/L",
                &joined(path, key),
                places,
            )?;
        }
    }
    if let Some(count) = tests.lymphocytes {
        // A thousand times more or less is G/L for /uL, or the reverse.
        within(
            count.as_per_mm3(),
            [1.0, 500_000.0],
            "/mm3",
            &joined(path, "lymphocytes"),
            places,
        )?;
    }
    if let Some(haemoglobin) = tests.haemoglobin {
        within(
            haemoglobin.as_g_per_l(),
            [15.0, 250.0],
            "g/L",
            &joined(path, "haemoglobin"),
            places,
        )?;
    }
    Ok(Laboratory {
        tests,
        taken: row.taken.0.0,
        values: LaboratoryValues {
            bilirubin,
            albumin,
            inr,
            creatinine,
            sodium,
            platelets,
            ascites: row.ascites,
            encephalopathy: row.encephalopathy,
            dialysis: row.dialysis,
        },
    })
}

pub(super) fn device(row: &DeviceRow, places: &Places) -> Result<DeviceChoice, StoreError> {
    let half_life = row.half_life.map(|value| value.0);
    if let Some(span) = half_life {
        above_zero(span.as_hours(), 1000.0, "h", "device.half_life", places)?;
    }
    Ok(DeviceChoice {
        device: row.kind,
        dose_factor: row.dose_factor.map(|value| value.0.0),
        half_life: half_life.map(|span| TimeSpan::from_hours(span.as_hours())),
    })
}
