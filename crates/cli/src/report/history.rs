//! What all treatments of the case gave, and what limits leave.

use sirt_report::{Block, Row, Section, Table};

use super::figures::{gy, optional};
use super::material::{Material, capital, numbers, row, spaced, text, words};
use super::references::plain;

/// None where no treatment has a dose.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let history = &material.plan.history;
    if history.treatments.is_empty() && history.tolerance.is_empty() {
        return None;
    }
    let mut blocks = Vec::new();
    if !history.treatments.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "Treatments".to_owned(),
            columns: vec![
                words("Treatment", 2),
                words("Day", 2),
                words("Territory", 3),
                numbers("Lungs", "Gy"),
                numbers("Normal liver", "Gy"),
            ],
            rows: history
                .treatments
                .iter()
                .map(|treatment| {
                    row(
                        [
                            capital(treatment.kind),
                            treatment.date.clone().unwrap_or_default(),
                            plain(treatment.territory.as_deref().unwrap_or_default()),
                            optional(treatment.lung_gy, gy),
                            optional(treatment.normal_liver_gy, gy),
                        ],
                        false,
                    )
                })
                .collect(),
            note: None,
        }));
    }
    if !history.tolerance.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "What limits leave".to_owned(),
            columns: vec![
                words("Volume", 3),
                numbers("Limit", "Gy"),
                numbers("Earlier", "Gy"),
                numbers("This", "Gy"),
                numbers("Left", "Gy"),
                words("Counts", 2),
                words("Source", 4),
            ],
            rows: history
                .tolerance
                .iter()
                .map(|tolerance| Row {
                    cells: vec![
                        text(plain(&spaced(&tolerance.volume))),
                        text(gy(tolerance.limit_gy)),
                        text(optional(tolerance.earlier_gy, gy)),
                        text(gy(tolerance.this_gy)),
                        text(optional(tolerance.remaining_gy, gy)),
                        text(
                            if tolerance.cumulative {
                                "all treatments"
                            } else {
                                "one treatment"
                            }
                            .to_owned(),
                        ),
                        text(material.cited(&tolerance.source)),
                    ],
                    strong: false,
                })
                .collect(),
            note: Some(
                "Earlier doses are taken off a limit only where it is for all treatments together. A dash is what is not known.".to_owned(),
            ),
        }));
    }
    if !history.notes.is_empty() {
        blocks.push(Block::List(
            history.notes.iter().map(|note| plain(note)).collect(),
        ));
    }
    Some(Section {
        heading: "All treatments".to_owned(),
        blocks,
    })
}
