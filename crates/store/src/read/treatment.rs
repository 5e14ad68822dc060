//! Goals, prescriptions, vials and administrations.

use sirt_quantity::AbsorbedDose;

use super::range::{GIVEN_GBQ, LEFT_GBQ, above_zero, therapeutic, timed};
use crate::StoreError;
use crate::case::{Administration, Goal, Goals, Prescription, Signature, TimedActivity, Vial};
use crate::images::DeliveredImage;
use crate::place::{Places, joined};
use crate::row::{AdministrationRow, GoalsRow, PrescriptionRow, SignatureRow, VialRow};
use crate::written::Written;

const EXAMPLE_INSTANT: &str = "at = \"2026-03-15T10:00+01:00\"";

pub(super) fn goals(row: GoalsRow, places: &Places) -> Result<Goals, StoreError> {
    let goal = |key: &'static str,
                source_key: &'static str,
                dose: Option<Written<AbsorbedDose>>,
                source: Option<String>| {
        let path = joined("goals", key);
        match dose {
            Some(Written(dose)) => above_zero(dose.as_gy(), 10_000.0, "Gy", &path, places)
                .map(|()| Some(Goal { dose, source })),
            None if source.is_some() => Err(StoreError::WithoutMeaning {
                place: places.at(&joined("goals", source_key)),
                key: source_key,
                without: "without its dose",
            }),
            None => Ok(None),
        }
    };
    Ok(Goals {
        tumour: goal("tumour", "tumour_source", row.tumour, row.tumour_source)?,
        perfused: goal(
            "perfused",
            "perfused_source",
            row.perfused,
            row.perfused_source,
        )?,
        normal_liver: goal(
            "normal_liver",
            "normal_liver_source",
            row.normal_liver,
            row.normal_liver_source,
        )?,
        lung: goal("lung", "lung_source", row.lung, row.lung_source)?,
    })
}

pub(super) fn prescription(
    row: PrescriptionRow,
    path: &str,
    places: &Places,
) -> Result<Prescription, StoreError> {
    let at = row.at.map(|at| at.0);
    let activity = match (row.activity, at) {
        (Some(Written(activity)), Some(at)) => {
            therapeutic(activity, &joined(path, "activity"), places)?;
            Some(TimedActivity { activity, at })
        }
        (Some(_), None) => {
            return Err(StoreError::ActivityWithoutInstant {
                place: places.at(&joined(path, "activity")),
                key: "at",
                example: EXAMPLE_INSTANT,
            });
        }
        (None, _) => None,
    };
    Ok(Prescription {
        territory: row.territory,
        method: row.method,
        activity,
        at,
        intent: row.intent,
        expected_residual: row.expected_residual.map(|value| value.0),
        tolerance: row.tolerance.map(|value| value.0),
    })
}

pub(super) fn vial(row: VialRow, path: &str, places: &Places) -> Result<Vial, StoreError> {
    let activity = therapeutic(row.activity.0, &joined(path, "activity"), places)?;
    let volume = row.volume.map(|value| value.0);
    if let Some(volume) = volume {
        above_zero(volume.as_ml(), 100.0, "mL", &joined(path, "volume"), places)?;
    }
    Ok(Vial {
        label: row.label,
        calibrated: TimedActivity {
            activity,
            at: row.calibrated.0,
        },
        volume,
        expires: row.expires.map(|value| value.0),
    })
}

pub(super) fn administration(
    row: AdministrationRow,
    path: &str,
    places: &Places,
) -> Result<Administration, StoreError> {
    if row.residual.is_some() && row.delivered.is_some() {
        return Err(StoreError::WithoutMeaning {
            place: places.at(&joined(path, "delivered")),
            key: "delivered",
            without: "beside a measured `residual`, from which it follows",
        });
    }
    Ok(Administration {
        assay: timed(&row.assay, GIVEN_GBQ, &joined(path, "assay"), places)?,
        residual: row
            .residual
            .map(|row| timed(&row, LEFT_GBQ, &joined(path, "residual"), places))
            .transpose()?,
        territory: row.territory,
        at: row.at.0,
        delivered: row.delivered.map(|value| value.0),
        stasis: row.stasis,
        vial: row.vial,
        note: row.note,
        image: row
            .image
            .map(|image| DeliveredImage::from_row(image, &joined(path, "image"), places))
            .transpose()?,
    })
}

pub(super) fn signature(
    row: SignatureRow,
    path: &str,
    places: &Places,
) -> Result<Signature, StoreError> {
    for (key, text) in [
        ("role", &row.role),
        ("name", &row.name),
        ("content", &row.content),
    ] {
        if text.trim().is_empty() {
            return Err(StoreError::WithoutMeaning {
                place: places.at(&joined(path, key)),
                key,
                without: "without a letter in it",
            });
        }
    }
    Ok(Signature {
        role: row.role,
        name: row.name,
        at: row.at.0,
        content: row.content,
    })
}
