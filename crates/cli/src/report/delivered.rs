//! What was delivered against what was planned.

use sirt_report::{Block, Callout, Cell, Mark, Row, Section, Table};

use super::figures::{difference, gbq, gy, optional, percent};
use super::material::{Material, numbers, text, words};
use super::references::plain;

/// None before anything was given.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    if material.plan.delivered.is_empty() {
        return None;
    }
    let rows = material
        .plan
        .delivered
        .iter()
        .map(|delivered| {
            let activity = &delivered.activity;
            Row {
                cells: vec![
                    text(plain(&delivered.territory)),
                    text(material.clock.day_and_minute(activity.administered_at)),
                    text(gbq(activity.intended.as_gbq())),
                    text(gbq(activity.dispensed.as_gbq())),
                    text(gbq(activity.residual.as_gbq())),
                    text(gbq(activity.delivered.as_gbq())),
                    Cell::Mark(
                        if delivered.within_tolerance {
                            Mark::Pass
                        } else {
                            Mark::Warn
                        },
                        difference(activity.difference_percent),
                    ),
                    text(
                        match activity.end {
                            sirt_dosimetry::EndOfInfusion::Complete => "complete",
                            sirt_dosimetry::EndOfInfusion::Stasis => "stasis",
                            sirt_dosimetry::EndOfInfusion::Stopped => "stopped",
                        }
                        .to_owned(),
                    ),
                ],
                strong: false,
            }
        })
        .collect();
    let mut blocks = vec![
        Block::Table(Table {
            caption: "Activity delivered".to_owned(),
            columns: vec![
                words("Territory", 3),
                words("Given", 3),
                numbers("Intended", "GBq"),
                numbers("Dispensed", "GBq"),
                numbers("Residual", "GBq"),
                numbers("Delivered", "GBq"),
                words("Difference", 2),
                words("End", 2),
            ],
            rows,
            note: Some(format!(
                "All at the instant of infusion, in {}, by assay and residual of the case.",
                material.clock.zone()
            )),
        }),
        Block::Table(doses(material)),
    ];
    let notes: Vec<String> = material
        .case
        .administrations
        .iter()
        .filter_map(|given| {
            Some(format!(
                "{}: {}",
                plain(&given.territory),
                plain(given.note.as_deref()?)
            ))
        })
        .collect();
    if !notes.is_empty() {
        blocks.push(Block::List(notes));
    }
    if material.case.images.y90.is_none() {
        blocks.push(Block::Callout(Callout {
            mark: Mark::Note,
            heading: "Doses by the activity alone".to_owned(),
            texts: vec![
                "The case has no image after treatment: planned doses are scaled by what was delivered, as if the spheres went where the MAA did.".to_owned(),
            ],
        }));
    }
    Some(Section {
        heading: "Planned against delivered".to_owned(),
        blocks,
    })
}

/// Planned doses and the same by the activity that was delivered.
fn doses(material: &Material<'_>) -> Table {
    let rows = material
        .plan
        .delivered
        .iter()
        .filter_map(|delivered| {
            let chosen = material
                .plan
                .chosen
                .iter()
                .find(|row| row.territory == delivered.territory)?;
            let scale =
                delivered.activity.delivered.as_gbq() / delivered.activity.intended.as_gbq();
            let scaled = |dose: Option<f64>| optional(dose.map(|dose| dose * scale), gy);
            Some(Row {
                cells: [
                    plain(&delivered.territory),
                    optional(chosen.tumour_gy, gy),
                    scaled(chosen.tumour_gy),
                    optional(chosen.normal_liver_gy, gy),
                    scaled(chosen.normal_liver_gy),
                    optional(chosen.lung_gy, gy),
                    scaled(chosen.lung_gy),
                    percent(scale),
                ]
                .into_iter()
                .map(text)
                .collect(),
                strong: false,
            })
        })
        .collect();
    Table {
        caption: "Mean doses, planned and scaled to what was delivered".to_owned(),
        columns: vec![
            words("Territory", 3),
            numbers("Tumour", "Gy, planned"),
            numbers("Tumour", "Gy, delivered"),
            numbers("Normal", "Gy, planned"),
            numbers("Normal", "Gy, delivered"),
            numbers("Lungs", "Gy, planned"),
            numbers("Lungs", "Gy, delivered"),
            numbers("Delivered", "of intended"),
        ],
        rows,
        note: None,
    }
}
