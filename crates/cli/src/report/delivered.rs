//! What was delivered against what was planned.

use sirt_dosimetry::{MethodRow, Role};
use sirt_report::plot::{PlannedDelivered, planned_delivered};
use sirt_report::{Block, Callout, Cell, Figure, FigureWidth, Mark, Picture, Row, Section, Table};

use super::figures::{difference, gbq, gy, optional, percent};
use super::material::{Material, numbers, row, text, words};
use super::references::plain;

/// Where the part that an image shows of a blurred tumour stands among the columns.
const AT_SHOWN: usize = 4;

/// None before anything was given.
pub(super) fn section(material: &Material<'_>) -> anyhow::Result<Option<Section>> {
    if material.plan.delivered.is_empty() {
        return Ok(None);
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
    blocks.extend(comparison(material)?);
    Ok(Some(Section {
        heading: "Planned against delivered".to_owned(),
        blocks,
    }))
}

/// Doses of what was delivered by the model of the plan, infusion by infusion.
fn doses(material: &Material<'_>) -> Table {
    let rows = material
        .plan
        .delivered
        .iter()
        .map(|delivered| {
            let dose = |of: fn(&MethodRow) -> Option<f64>| {
                optional(delivered.doses.as_ref().and_then(of), gy)
            };
            row(
                [
                    plain(&delivered.territory),
                    gbq(delivered.activity.delivered.as_gbq()),
                    dose(|row| row.tumour_gy),
                    dose(|row| row.normal_liver_gy),
                    dose(|row| row.lung_gy),
                ],
                false,
            )
        })
        .collect();
    Table {
        caption: "Mean doses of each infusion, by its assay and the model of the plan".to_owned(),
        columns: vec![
            words("Territory", 3),
            numbers("Delivered", "GBq"),
            numbers("Tumour", "Gy"),
            numbers("Normal liver", "Gy"),
            numbers("Lungs", "Gy"),
        ],
        rows,
        note: None,
    }
}

/// Structure by structure, with the image after treatment where there is one.
fn comparison(material: &Material<'_>) -> anyhow::Result<Vec<Block>> {
    let plan = material.plan;
    let mut blocks = Vec::new();
    if plan.comparison.is_empty() {
        blocks.extend(notes(plan.comparison_notes.iter().map(|note| plain(note))));
        return Ok(blocks);
    }
    let around = |dose: f64, interval: Option<[f64; 2]>| match interval {
        Some([lower, upper]) => format!("{} ({}–{})", gy(dose), gy(lower), gy(upper)),
        None => gy(dose),
    };
    let is_blurred = plan.comparison.iter().any(|row| row.blur.is_some());
    let rows = plan
        .comparison
        .iter()
        .map(|compared| {
            let doses = &compared.doses;
            let mut row = Row {
                cells: vec![
                    text(plain(&compared.structure)),
                    text(around(doses.planned_gy, doses.planned_interval_gy)),
                    text(gy(doses.expected_gy)),
                    text(optional(doses.delivered_gy, |dose| {
                        around(dose, doses.delivered_interval_gy)
                    })),
                    text(difference_of_doses(doses.by_activity_gy)),
                    text(match doses.by_distribution_gy {
                        Some(by) => match doses.by_distribution_uncertainty_gy {
                            Some(half) => format!("{} ± {}", difference_of_doses(by), gy(half)),
                            None => difference_of_doses(by),
                        },
                        None => String::new(),
                    }),
                    match doses.agrees {
                        Some(true) => Cell::Mark(Mark::Pass, "agrees".to_owned()),
                        Some(false) => Cell::Mark(Mark::Warn, "differs".to_owned()),
                        None => Cell::Empty,
                    },
                ],
                strong: false,
            };
            if is_blurred {
                let shown = text(optional(compared.blur.map(|blur| blur.recovery), percent));
                row.cells.insert(AT_SHOWN, shown);
            }
            row
        })
        .collect();
    let mut columns = vec![
        words("Structure", 0),
        numbers("Planned", "Gy"),
        numbers("Expected", "Gy"),
        numbers("Delivered", "Gy"),
        numbers("By activity", "Gy"),
        numbers("By distribution", "Gy"),
        words("", 0),
    ];
    if is_blurred {
        columns.insert(AT_SHOWN, numbers("Shown", "of mean"));
    }
    blocks.push(Block::Table(Table {
        caption: "Planned and delivered mean dose of each structure, k = 2".to_owned(),
        columns,
        rows,
        note: Some(format!(
            "Expected is what was planned for the activity that was delivered. What lies between planned and expected is due to activity, between expected and delivered to distribution; they agree where that is within its uncertainty.{}",
            if is_blurred {
                " Shown is the part of its mean that a sphere of the tumour’s volume shows in cold surroundings at the resolution of the image: part of what differs is blur."
            } else {
                ""
            }
        )),
    }));
    let measured: Vec<PlannedDelivered> = plan
        .comparison
        .iter()
        .filter_map(|compared| {
            let doses = &compared.doses;
            Some(PlannedDelivered {
                structure: compared.structure.clone(),
                spared: compared.role != Role::Tumour,
                planned_gy: doses.planned_gy,
                planned_interval_gy: doses.planned_interval_gy,
                delivered_gy: doses.delivered_gy?,
                delivered_interval_gy: doses.delivered_interval_gy,
            })
        })
        .collect();
    if measured.is_empty() {
        blocks.push(Block::Callout(Callout {
            mark: Mark::Note,
            heading: "Doses by the activity alone".to_owned(),
            texts: vec![
                "The case has no image after treatment: doses are those of the activity that was delivered, as if the spheres went where the MAA did.".to_owned(),
            ],
        }));
    } else {
        blocks.push(Block::Figure(Figure {
            caption: "Planned and delivered mean dose of each structure; shaded where dose is to be kept low.".to_owned(),
            alternative: "Two dots for each structure, planned and delivered mean dose, with intervals".to_owned(),
            picture: Picture::Svg(planned_delivered(&measured)?),
            width: FigureWidth::Medium,
        }));
    }
    blocks.extend(notes(
        plan.delivered_images
            .iter()
            .map(|image| {
                format!(
                    "{}: image {}, {} method, {} GBq at administration, {} of what was delivered",
                    plain(&image.territories.join(", ")),
                    plain(&image.source),
                    image.method,
                    gbq(image.activity_gbq),
                    percent(image.over_delivered)
                )
            })
            .chain(plan.comparison.iter().flat_map(|compared| {
                compared
                    .notes
                    .iter()
                    .map(|note| format!("{}: {}", plain(&compared.structure), plain(note)))
            }))
            .chain(plan.comparison_notes.iter().map(|note| plain(note))),
    ));
    Ok(blocks)
}

fn notes(texts: impl Iterator<Item = String>) -> Option<Block> {
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then_some(Block::List(texts))
}

/// With its sign.
fn difference_of_doses(value: f64) -> String {
    let size = gy(value.abs());
    if size.chars().all(|c| !('1'..='9').contains(&c)) {
        size
    } else if value < 0.0 {
        format!("−{size}")
    } else {
        format!("+{size}")
    }
}
