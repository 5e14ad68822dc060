//! Vials, hours, and what happens when an infusion is late or stops.

use anyhow::bail;
use sirt_dosimetry::OrderPlan;
use sirt_report::plot::{InfusionMark, VialRow, VialSchedulePlot, vial_schedule};
use sirt_report::{Block, Callout, Cell, Figure, FigureWidth, Mark, Picture, Row, Section, Table};

use super::figures::{difference, gbq, gy, optional};
use super::material::{Material, capital, numbers, row, text, words};
use super::references::plain;

pub(super) fn section(material: &Material<'_>) -> anyhow::Result<Section> {
    let order = &material.plan.order;
    let mut blocks = Vec::new();
    if let Some(outcome) = &order.outcome {
        if let Some(plan) = &outcome.plan {
            blocks.push(Block::Table(vials(material, plan)));
            blocks.push(Block::Figure(plot(material, plan)?));
            blocks.push(Block::Table(infusions(material, plan)));
            blocks.push(Block::Table(what_if(material)));
        }
        for obstacle in &outcome.obstacles {
            let mut texts = vec![plain(&obstacle.reason)];
            texts.extend(obstacle.needed_at_calibration.iter().take(3).map(|need| {
                format!(
                    "A vial of {} GBq at {} would serve.",
                    gbq(need.activity.as_gbq()),
                    material.clock.day_and_minute(need.calibrated_at)
                )
            }));
            blocks.push(Block::Callout(Callout {
                mark: Mark::Stop,
                heading: format!("No vial on offer serves {}", plain(&obstacle.territory)),
                texts,
            }));
        }
    } else {
        blocks.push(Block::Paragraph("No vials are planned.".to_owned()));
    }
    if !order.notes.is_empty() {
        blocks.push(Block::List(
            order
                .notes
                .iter()
                .map(|note| capital(&material.cited(note)))
                .collect(),
        ));
    }
    Ok(Section {
        heading: "Vials and hours".to_owned(),
        blocks,
    })
}

/// When each vial may be given, and when it is to be.
fn plot(material: &Material<'_>, plan: &OrderPlan) -> anyhow::Result<Figure> {
    let clock = material.clock;
    let instants = || {
        let of_vials = plan.vials.iter().flat_map(|planned| {
            let vial = &planned.vial;
            [vial.calibrated_at, vial.usable_from, vial.usable_until]
        });
        let of_infusions = plan.infusions.iter().flat_map(|infusion| {
            let window = &infusion.window;
            [infusion.order.planned_at, window.earliest, window.latest]
        });
        of_vials.chain(of_infusions)
    };
    let first = instants().min().map(|at| clock.day(at));
    let last = instants().max().map(|at| clock.day(at));
    let (Some(first), Some(last)) = (first, last) else {
        bail!("a plan of vials without a vial");
    };
    let days = first
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= last)
        .map(|day| day.strftime("%a %d %b").to_string())
        .collect();
    let hours = |at| clock.hours_since(first, at);
    let vials = plan
        .vials
        .iter()
        .enumerate()
        .map(|(at, planned)| {
            let vial = &planned.vial;
            let infusions = planned
                .infusions
                .iter()
                .filter_map(|infusion| plan.infusions.get(*infusion))
                .map(|infusion| {
                    Ok(InfusionMark {
                        name: infusion.order.territory.clone(),
                        at_h: hours(infusion.order.planned_at)?,
                        allowed_h: [
                            hours(infusion.window.earliest)?,
                            hours(infusion.window.latest)?,
                        ],
                    })
                })
                .collect::<anyhow::Result<_>>()?;
            Ok(VialRow {
                name: format!("{}: {} GBq", at + 1, gbq(vial.size.as_gbq())),
                calibration_h: hours(vial.calibrated_at)?,
                usable_h: [hours(vial.usable_from)?, hours(vial.usable_until)?],
                infusions,
            })
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Figure {
        caption: format!(
            "Vials and infusions on the clock of the site ({}): bars from first to last use, triangles at calibration, brackets where an infusion may start, dots where it is planned.",
            clock.zone()
        ),
        alternative: "When each vial may be given and when it is to be".to_owned(),
        picture: Picture::Svg(vial_schedule(&VialSchedulePlot { days, vials })?),
        width: FigureWidth::Medium,
    })
}

fn vials(material: &Material<'_>, plan: &OrderPlan) -> Table {
    let clock = material.clock;
    Table {
        caption: "Vials to order".to_owned(),
        columns: vec![
            words("Vial", 0),
            numbers("Activity", "GBq, at calibration"),
            words("Calibrated", 0),
            words("May be given from – to", 0),
            words("For", 0),
            numbers("Not used", "GBq"),
        ],
        rows: plan
            .vials
            .iter()
            .enumerate()
            .map(|(at, planned)| {
                let territories: Vec<String> = planned
                    .infusions
                    .iter()
                    .filter_map(|infusion| plan.infusions.get(*infusion))
                    .map(|infusion| plain(&infusion.order.territory))
                    .collect();
                row(
                    [
                        (at + 1).to_string(),
                        gbq(planned.vial.size.as_gbq()),
                        clock.day_and_minute(planned.vial.calibrated_at),
                        format!(
                            "{} to {}",
                            clock.day_and_minute(planned.vial.usable_from),
                            clock.day_and_minute(planned.vial.usable_until)
                        ),
                        territories.join(", "),
                        gbq(planned.unused.as_gbq()),
                    ],
                    false,
                )
            })
            .collect(),
        note: Some({
            let mut sources: Vec<String> = plan
                .vials
                .iter()
                .map(|planned| {
                    format!(
                        "{}{}",
                        material.cited(&planned.vial.window_source),
                        if planned.vial.window_doubtful {
                            " (doubtful)"
                        } else {
                            ""
                        }
                    )
                })
                .collect();
            sources.dedup();
            format!(
                "Instants in {}. Windows: {}.",
                clock.zone(),
                sources.join("; ")
            )
        }),
    }
}

fn infusions(material: &Material<'_>, plan: &OrderPlan) -> Table {
    let clock = material.clock;
    Table {
        caption: "Infusions".to_owned(),
        columns: vec![
            words("Territory", 0),
            words("Vial", 0),
            words("Planned", 0),
            numbers("Dispense", "GBq"),
            numbers("Draw", "mL"),
            numbers("Given", "GBq"),
            numbers("Off", "%"),
            words("Earliest", 0),
            words("Latest", 0),
            numbers("Spheres", "million"),
        ],
        rows: plan
            .infusions
            .iter()
            .map(|infusion| {
                row(
                    [
                        plain(&infusion.order.territory),
                        (infusion.vial + 1).to_string(),
                        clock.day_and_minute(infusion.order.planned_at),
                        gbq(infusion.dispensed.as_gbq()),
                        infusion
                            .draw
                            .as_ref()
                            .map_or_else(|| "whole".to_owned(), |draw| format!("{:.2}", draw.volume.as_ml())),
                        gbq(infusion.given.as_gbq()),
                        difference(infusion.deviation_percent),
                        format!(
                            "{} ({})",
                            clock.day_and_minute(infusion.window.earliest),
                            infusion.window.earliest_limit
                        ),
                        format!(
                            "{} ({})",
                            clock.day_and_minute(infusion.window.latest),
                            infusion.window.latest_limit
                        ),
                        format!("{:.1}", infusion.spheres.number / 1e6),
                    ],
                    false,
                )
            })
            .collect(),
        note: Some(
            "Activities at the planned instant. In brackets what an earlier or later start runs into.".to_owned(),
        ),
    }
}

fn what_if(material: &Material<'_>) -> Table {
    let order = &material.plan.order;
    let doses = |territory: &str, scale: f64| {
        let chosen = material
            .plan
            .chosen
            .iter()
            .find(|row| row.territory == territory);
        let scaled = |dose: Option<f64>| optional(dose.map(|dose| dose * scale), gy);
        [
            scaled(chosen.and_then(|row| row.tumour_gy)),
            scaled(chosen.and_then(|row| row.normal_liver_gy)),
        ]
    };
    let line = |territory: &str,
                what: String,
                activity: f64,
                off: f64,
                within: bool,
                scale: f64,
                then: String| {
        let [tumour, normal] = doses(territory, scale);
        Row {
            cells: vec![
                text(plain(territory)),
                text(what),
                text(gbq(activity)),
                Cell::Mark(
                    if within { Mark::Pass } else { Mark::Warn },
                    difference(off),
                ),
                text(tumour),
                text(normal),
                text(then),
            ],
            strong: false,
        }
    };
    let mut rows = Vec::new();
    for late in &order.two_hours_late {
        let then = late.refusal.as_deref().map(plain).or_else(|| {
            late.redraw
                .as_ref()
                .map(|draw| format!("draw {:.2} mL instead", draw.volume.as_ml()))
        });
        rows.push(line(
            &late.territory,
            format!("starts {:.0} h late", late.delay.as_hours()),
            late.given.as_gbq(),
            late.deviation_percent,
            late.within_tolerance,
            1.0 + late.deviation_percent / 100.0,
            then.unwrap_or_default(),
        ));
    }
    for end in &order.stopped_at_60_percent {
        rows.push(line(
            &end.territory,
            format!("stops at {:.0} %", end.given_fraction.as_percent()),
            end.delivered.as_gbq(),
            end.deviation_percent,
            false,
            end.dose_scale,
            format!("{} GBq not delivered", gbq(end.not_delivered.as_gbq())),
        ));
    }
    Table {
        caption: "If the infusion is late or stops".to_owned(),
        columns: vec![
            words("Territory", 3),
            words("What happens", 3),
            numbers("Delivered", "GBq"),
            words("Off", 2),
            numbers("Tumour", "Gy"),
            numbers("Normal liver", "Gy"),
            words("Then", 4),
        ],
        rows,
        note: None,
    }
}
