//! The method card: every published method on this patient.

use sirt_dosimetry::{MethodQuestion, MethodRow, PlanMethod, Verdict};
use sirt_report::plot::{MethodActivity, MethodCardPlot, TerritoryMethods, method_card};
use sirt_report::{Block, Callout, Cell, Figure, FigureWidth, Mark, Picture, Row, Section, Table};

use super::figures::{difference, gbq, gy, optional, probability};
use super::material::{Material, numbers, row, spaced, text, words};
use super::references::plain;

/// Which column of the card is the dose of the perfused volume.
const PERFUSED: usize = 5;

/// A method in words.
pub(super) const fn in_words(method: PlanMethod) -> &'static str {
    match method {
        PlanMethod::Bsa => "BSA, whole liver",
        PlanMethod::BsaLobar1 => "BSA, lobar form 1",
        PlanMethod::BsaLobar2 => "BSA, lobar form 2",
        PlanMethod::Empiric => "Empiric",
        PlanMethod::Mird => "MIRD, one compartment",
        PlanMethod::PartitionLimit => "Partition to limits",
        PlanMethod::PartitionTarget => "Partition to target",
        PlanMethod::Holmium => "Ho-166 formula",
        PlanMethod::VoxelLimit => "Voxels to limits",
        PlanMethod::VoxelTarget => "Voxels to target",
        PlanMethod::Stated => "As stated",
    }
}

/// How the activity of a territory was chosen, in words.
pub(super) fn chosen_in_words(material: &Material<'_>, row: &MethodRow) -> String {
    let prescription = material
        .case
        .prescriptions
        .iter()
        .find(|prescription| prescription.territory == row.territory);
    match prescription {
        Some(stated) if stated.activity.is_some() => {
            format!("Prescribed ({})", spaced(stated.method.name()))
        }
        Some(_) => in_words(row.name).to_owned(),
        None => format!("{} (proposed)", in_words(row.name)),
    }
}

/// Activity in the vial and to the territory, GBq, both at infusion.
pub(super) fn vial_and_given(row: &MethodRow, residual_percent: f64) -> Option<[f64; 2]> {
    row.activity_gbq
        .map(|vial| [vial, vial * (1.0 - residual_percent / 100.0)])
}

const fn mark_of(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::WithinGoals => Mark::Pass,
        Verdict::BelowTarget => Mark::Warn,
        Verdict::OverLimit => Mark::Stop,
    }
}

pub(super) fn section(material: &Material<'_>) -> anyhow::Result<Section> {
    let mut blocks = vec![Block::Paragraph(
        "All activities go through the same dose model (partition where tumour and T/N are known, else one compartment; the voxel prediction for methods by voxels) with one dose factor, so that rows differ by the method alone. Activities are in the vial at infusion.".to_owned(),
    )];
    blocks.extend(plot(material)?);
    for territory in &material.plan.territories {
        blocks.push(Block::Subheading(format!(
            "Territory {}",
            plain(&territory.name)
        )));
        let question = material
            .plan
            .questions
            .iter()
            .find(|question| question.territory == territory.name);
        if let Some(question) = question {
            blocks.push(Block::Callout(answer(question)));
        }
        blocks.push(Block::Table(card(material, &territory.name)));
    }
    blocks.push(Block::Table(origins(material)));
    Ok(Section {
        heading: "All methods on this patient".to_owned(),
        blocks,
    })
}

/// Activities of all methods side by side.
fn plot(material: &Material<'_>) -> anyhow::Result<Option<Block>> {
    let territories: Vec<TerritoryMethods> = material
        .plan
        .territories
        .iter()
        .map(|territory| {
            let rows = material
                .plan
                .methods
                .iter()
                .filter(|row| row.territory == territory.name && row.activity_gbq.is_some());
            let planned = material
                .plan
                .chosen
                .iter()
                .filter(|row| row.territory == territory.name);
            let method = |row: &MethodRow, chosen: bool| MethodActivity {
                method: if chosen {
                    "Plan".to_owned()
                } else {
                    in_words(row.name).to_owned()
                },
                activity_gbq: row.activity_gbq,
                interval_gbq: None,
                chosen,
            };
            TerritoryMethods {
                name: territory.name.clone(),
                methods: planned
                    .map(|row| method(row, true))
                    .chain(rows.map(|row| method(row, false)))
                    .collect(),
            }
        })
        .filter(|territory| !territory.methods.is_empty())
        .collect();
    if territories.is_empty() {
        return Ok(None);
    }
    Ok(Some(Block::Figure(Figure {
        caption:
            "Activity in the vial by each method; the band is 20 % to both sides of the plan’s."
                .to_owned(),
        alternative: "Activity of each method for each territory".to_owned(),
        picture: Picture::Svg(method_card(&MethodCardPlot { territories })?),
        width: FigureWidth::Medium,
    })))
}

/// Would another published method change the activity by more than 20 %, or the decision?
fn answer(question: &MethodQuestion) -> Callout {
    let activity = if question.other_activity.is_empty() {
        "None changes the activity by more than 20 %.".to_owned()
    } else {
        let others: Vec<String> = question
            .other_activity
            .iter()
            .map(|(method, percent)| {
                format!(
                    "{} ({})",
                    in_words(*method),
                    format!("{percent:+.0} %").replace('-', "−")
                )
            })
            .collect();
        format!("Activity: {}.", others.join(", "))
    };
    let decision = if question.other_verdict.is_empty() {
        "The decision stays the same with all of them.".to_owned()
    } else {
        let others: Vec<String> = question
            .other_verdict
            .iter()
            .map(|(method, verdict)| format!("{} ({})", in_words(*method), verdict.in_words()))
            .collect();
        format!("Decision: {}.", others.join(", "))
    };
    let changes = !(question.other_activity.is_empty() && question.other_verdict.is_empty());
    Callout {
        mark: if changes { Mark::Note } else { Mark::Pass },
        heading: format!(
            "Would another published method change the activity by more than 20 %, or the decision? {}",
            if changes { "Yes" } else { "No" }
        ),
        texts: vec![activity, decision],
    }
}

fn card(material: &Material<'_>, territory: &str) -> Table {
    let chosen = material
        .plan
        .chosen
        .iter()
        .find(|row| row.territory == territory);
    let against = chosen.and_then(|row| row.activity_gbq);
    let line = |row: &MethodRow, name: String, strong: bool| Row {
        cells: vec![
            Cell::Text(name),
            text(optional(row.activity_gbq, gbq)),
            text(match (row.activity_gbq, against) {
                (Some(activity), Some(against)) if !strong && against > 0.0 => {
                    difference((activity / against - 1.0) * 100.0)
                }
                _ => String::new(),
            }),
            text(optional(row.tumour_gy, gy)),
            text(optional(row.normal_liver_gy, gy)),
            text(optional(row.perfused_gy, gy)),
            text(optional(row.lung_gy, gy)),
            text(optional(row.probability_tumour_reaches_goal, probability)),
            text(optional(row.probability_normal_within_limit, probability)),
            row.verdict.map_or(Cell::Empty, |verdict| {
                Cell::Mark(mark_of(verdict), verdict.in_words().to_owned())
            }),
        ],
        strong,
    };
    let mut rows: Vec<Row> = chosen
        .iter()
        .map(|row| {
            line(
                row,
                format!("Plan: {}", chosen_in_words(material, row)),
                true,
            )
        })
        .collect();
    let of_territory = || {
        material
            .plan
            .methods
            .iter()
            .filter(|row| row.territory == territory)
    };
    rows.extend(
        of_territory()
            .filter(|row| row.activity_gbq.is_some())
            .map(|row| line(row, in_words(row.name).to_owned(), false)),
    );
    let mut notes: Vec<String> = chosen
        .map(relative_intervals)
        .into_iter()
        .flatten()
        .collect();
    let missing = of_territory().filter_map(|row| {
        let missing = row.missing.as_deref()?;
        Some(format!("{}: {}", in_words(row.name), plain(missing)))
    });
    notes.extend(missing);
    for row in of_territory().chain(chosen) {
        if let Some(limited) = row.limited_by {
            notes.push(format!(
                "{}: set by the limit of the {limited}",
                in_words(row.name)
            ));
        }
        if let Some(factor) = row.shunt_factor
            && (factor - 1.0).abs() > 1e-9
        {
            notes.push(format!(
                "{}: × {factor:.2} by the shunt table",
                in_words(row.name)
            ));
        }
        notes.extend(
            row.notes
                .iter()
                .map(|note| format!("{}: {}", in_words(row.name), material.cited(note))),
        );
    }
    let mut seen = Vec::new();
    notes.retain(|note| {
        let new = !seen.contains(note);
        seen.push(note.clone());
        new
    });
    let mut columns = vec![
        words("Method", 4),
        numbers("Activity", "GBq"),
        numbers("Δ", "to plan"),
        numbers("Tumour", "Gy"),
        numbers("Normal", "Gy"),
        numbers("Perfused", "Gy"),
        numbers("Lungs", "Gy"),
        numbers("P tumour", ""),
        numbers("P normal", ""),
        words("Verdict", 3),
    ];
    // One compartment is told only where tumour and normal liver are not.
    let parted = of_territory()
        .chain(chosen)
        .all(|row| row.activity_gbq.is_none() || row.tumour_gy.is_some());
    if parted {
        columns.remove(PERFUSED);
        for row in &mut rows {
            row.cells.remove(PERFUSED);
        }
    }
    Table {
        caption: format!("Method card, {}", plain(territory)),
        columns,
        rows,
        note: (!notes.is_empty()).then(|| format!("{}.", notes.join("; "))),
    }
}

/// How far the doses may be off, as parts of them: the same in all rows of one model.
fn relative_intervals(row: &MethodRow) -> Option<String> {
    let of = |what: &str, dose: Option<f64>, interval: Option<[f64; 2]>| {
        let (dose, [lower, upper]) = (dose?, interval?);
        Some(format!(
            "{what} {} to {}",
            difference((lower / dose - 1.0) * 100.0),
            difference((upper / dose - 1.0) * 100.0)
        ))
    };
    let parts: Vec<String> = [
        of("tumour", row.tumour_gy, row.tumour_interval_gy),
        of(
            "normal liver",
            row.normal_liver_gy,
            row.normal_liver_interval_gy,
        ),
        of("lungs", row.lung_gy, row.lung_interval_gy),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("Interval of k = 2 about each dose: {}", parts.join(", ")))
}

/// Which method is which, and where it comes from.
fn origins(material: &Material<'_>) -> Table {
    let mut seen: Vec<PlanMethod> = Vec::new();
    let mut rows = Vec::new();
    for of_card in material.plan.methods.iter().chain(&material.plan.chosen) {
        if seen.contains(&of_card.name) {
            continue;
        }
        seen.push(of_card.name);
        rows.push(row(
            [
                in_words(of_card.name).to_owned(),
                of_card.name.name().to_owned(),
                material.cited(of_card.reference),
            ],
            false,
        ));
    }
    Table {
        caption: "Where the methods come from".to_owned(),
        columns: vec![
            words("Method", 0),
            words("In files and options", 0),
            words("Source", 0),
        ],
        rows,
        note: None,
    }
}
