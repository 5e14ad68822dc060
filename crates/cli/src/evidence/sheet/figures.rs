//! The sections of an evidence sheet that hold pictures.

use sirt_outcome::Response;
use sirt_outcome::evidence::cohort::{
    Category, Endpoint, Figure as CohortFigure, Point, Population, months,
};
use sirt_report::plot::{
    RatePoint, RateSeries, SurvivalPlot, SwimmerMark, SwimmerRow, rate_over_time, survival_curve,
    swimmer,
};
use sirt_report::{Block, Figure, FigureWidth, Picture, Section};

use super::tables::{chosen, of_endpoints};
use crate::evidence::plots;
use crate::evidence::run::Computed;

fn picture(svg: String, caption: &str, alternative: &str, width: FigureWidth) -> Block {
    Block::Figure(Figure {
        caption: caption.to_owned(),
        alternative: alternative.to_owned(),
        picture: Picture::Svg(svg),
        width,
    })
}

/// Of endpoints at time points those with anybody in them, as points of a plot.
fn series(name: &str, points: &[Option<&Endpoint>]) -> RateSeries {
    RateSeries {
        name: name.to_owned(),
        points: points
            .iter()
            .map(|endpoint| RatePoint {
                share: endpoint.and_then(|endpoint| endpoint.estimate),
                interval: endpoint.and_then(|endpoint| match endpoint.ci {
                    Some([Some(lower), Some(upper)]) => Some([lower, upper]),
                    _ => None,
                }),
                n: endpoint.and_then(|endpoint| endpoint.n).unwrap_or(0),
                total: endpoint.and_then(|endpoint| endpoint.total).unwrap_or(0),
            })
            .collect(),
    }
}

/// Response by criterion: over time, and in a table.
pub(super) fn response(computed: &Computed) -> anyhow::Result<Section> {
    let mut blocks = Vec::new();
    for criterion in &computed.input.judged.criteria {
        let of_criterion = |wanted: &dyn Fn(Category, Point, Population) -> bool| {
            chosen(computed, |figure| match figure {
                CohortFigure::Response {
                    criterion: name,
                    category,
                    point,
                    population,
                } => *name == criterion.name && wanted(*category, *point, *population),
                _ => false,
            })
        };
        let lesions = chosen(
            computed,
            |figure| matches!(figure, CohortFigure::Lesion { criterion: name, .. } if *name == criterion.name),
        );
        let barred = criterion.barred.iter().all(Option::is_some);
        if barred || (criterion.of_lesions && lesions.is_empty()) {
            continue;
        }
        blocks.push(Block::Subheading(criterion.title.clone()));
        if criterion.of_lesions {
            blocks.push(Block::Table(of_endpoints(
                "Single lesions; several of one patient are not independent",
                None,
                &lesions,
            )));
            continue;
        }
        let at_point = |category: Category| -> Vec<Option<&Endpoint>> {
            computed
                .input
                .judged
                .time_points
                .iter()
                .map(|point| {
                    of_criterion(&|of, at, population| {
                        of == category
                            && population == Population::AtTimePoint
                            && at == Point::Months(point.months)
                    })
                    .first()
                    .copied()
                })
                .collect()
        };
        let names: Vec<String> = computed
            .input
            .judged
            .time_points
            .iter()
            .map(sirt_outcome::evidence::cohort::TimePoint::name)
            .collect();
        let both = [
            series(
                "response (CR + PR), of those at the time point",
                &at_point(Category::Objective),
            ),
            series(
                "disease control (CR + PR + SD), of those at the time point",
                &at_point(Category::Control),
            ),
        ];
        let judged = |at: usize| both.iter().any(|one| one.points[at].total > 0);
        let shown: Vec<usize> = (0..names.len()).filter(|at| judged(*at)).collect();
        if !shown.is_empty() {
            let names: Vec<String> = shown.iter().map(|at| names[*at].clone()).collect();
            let both: Vec<RateSeries> = both
                .iter()
                .map(|one| RateSeries {
                    name: one.name.clone(),
                    points: shown.iter().map(|at| one.points[*at]).collect(),
                })
                .collect();
            blocks.push(picture(
                rate_over_time(&names, &both)?,
                "Response and disease control at each time point with n/N: N are those who could be judged then, and differs between time points",
                "Shares of patients with response and with disease control by time point, with exact intervals; the numbers stand in the table",
                FigureWidth::Medium,
            ));
        }
        let mut rows = of_criterion(&|category, point, population| match point {
            Point::Months(months) => {
                category.is_group()
                    && category != Category::Fallen
                    && shown_months(computed, &shown, months)
                    && population != Population::Evaluable
            }
            Point::Best | Point::Confirmed => population == Population::Evaluable,
        });
        rows.dedup_by(|one, other| one.key == other.key);
        blocks.push(Block::Table(of_endpoints(
            "Response by time point, of all treated and of those at the time point; best response of all evaluable",
            Some("Who was treated and not assessed counts as without response in the rate of the treated."),
            &rows,
        )));
    }
    if blocks.is_empty() {
        blocks.push(Block::Paragraph(
            "No patient can be judged by the criteria that were asked for.".to_owned(),
        ));
    }
    Ok(Section {
        heading: "Response".to_owned(),
        blocks,
    })
}

fn shown_months(computed: &Computed, shown: &[usize], months: f64) -> bool {
    shown.iter().any(|at| {
        computed
            .input
            .judged
            .time_points
            .get(*at)
            .is_some_and(|point| point.months.total_cmp(&months).is_eq())
    })
}

/// Tumour markers over time.
pub(super) fn markers(computed: &Computed) -> anyhow::Result<Option<Section>> {
    let mut blocks = Vec::new();
    for marker in &computed.input.judged.markers {
        let of = |wanted: &dyn Fn(Point, Population) -> bool| {
            chosen(computed, |figure| match figure {
                CohortFigure::Marker {
                    marker: name,
                    definition,
                    point,
                    population,
                } => {
                    *name == marker.marker
                        && *definition == marker.definition
                        && wanted(*point, *population)
                }
                _ => false,
            })
        };
        let points: Vec<(String, Option<&Endpoint>)> = computed
            .input
            .judged
            .time_points
            .iter()
            .map(|point| {
                let endpoint = of(&|at, population| {
                    at == Point::Months(point.months) && population == Population::AtTimePoint
                })
                .first()
                .copied();
                (point.name(), endpoint)
            })
            .filter(|(_, endpoint)| {
                endpoint.is_some_and(|endpoint| endpoint.total.is_some_and(|total| total > 0))
            })
            .collect();
        if !points.is_empty() {
            let (names, points): (Vec<String>, Vec<Option<&Endpoint>>) = points.into_iter().unzip();
            let name = format!(
                "{} response (definition {}), of those at the time point",
                marker.marker, marker.definition
            );
            blocks.push(picture(
                rate_over_time(&names, &[series(&name, &points)])?,
                &format!("Response of {} by time point with n/N", marker.marker),
                "Share of patients with a response of the marker by time point, with exact intervals",
                FigureWidth::Medium,
            ));
        }
        let rows = of(&|_, population| population != Population::Evaluable);
        let rows: Vec<&Endpoint> = rows
            .into_iter()
            .filter(|endpoint| endpoint.n.is_some_and(|n| n > 0) || endpoint.months.is_none())
            .collect();
        if !rows.is_empty() {
            blocks.push(Block::Table(of_endpoints(
                &format!("{}, definition {}", marker.marker, marker.definition),
                marker
                    .doubtful
                    .then_some("The definition is recalled usage, not read in a source."),
                &rows,
            )));
        }
    }
    Ok((!blocks.is_empty()).then(|| Section {
        heading: "Tumour markers".to_owned(),
        blocks,
    }))
}

/// Times to events: curves with numbers at risk, a table, a bar a patient.
pub(super) fn times(computed: &Computed) -> anyhow::Result<Option<Section>> {
    let endpoints = chosen(computed, |figure| {
        matches!(figure, CohortFigure::Survival { .. })
    });
    let mut blocks = Vec::new();
    for endpoint in &endpoints {
        let Some(curve) = &endpoint.curve else {
            continue;
        };
        if !matches!(
            endpoint.key.as_str(),
            "survival/os" | "survival/pfs" | "survival/hepatic-pfs" | "survival/ttp"
        ) {
            continue;
        }
        let grid: Vec<f64> = endpoint.at_risk.iter().map(|row| row.months).collect();
        let mut drawn = plots::curve(&endpoint.name, &curve.steps, &grid);
        drawn.at_risk = endpoint.at_risk.iter().map(|row| row.at_risk).collect();
        let plot = SurvivalPlot {
            time: "Months from treatment".to_owned(),
            share: format!("{} [%]", capital(&short(&endpoint.name))),
            grid,
            curves: vec![drawn],
        };
        blocks.push(picture(
            survival_curve(&plot)?,
            &format!(
                "{}: {} events in {} patients; band: log-log intervals; ticks: censored",
                capital(&endpoint.name),
                endpoint.n.unwrap_or(0),
                endpoint.total.unwrap_or(0)
            ),
            "Kaplan-Meier curve with the numbers at risk below it; the medians stand in the table",
            FigureWidth::Half,
        ));
    }
    if endpoints.is_empty() {
        return Ok(None);
    }
    let follow_up: Vec<String> = endpoints
        .iter()
        .filter_map(|endpoint| {
            let months = endpoint.follow_up?.estimate.reached()?;
            Some(format!("{} {months:.1}", endpoint.name))
        })
        .collect();
    blocks.push(Block::Table(of_endpoints(
        "Medians in months by Kaplan and Meier; n are events",
        Some(&format!(
            "Median follow-up by the reverse curve, months: {}.",
            if follow_up.is_empty() {
                "not reached".to_owned()
            } else {
                follow_up.join("; ")
            }
        )),
        &endpoints,
    )));
    let status = chosen(computed, |figure| {
        matches!(
            figure,
            CohortFigure::Alive
                | CohortFigure::Deaths { .. }
                | CohortFigure::FollowUpMedian
                | CohortFigure::FollowUpRange
                | CohortFigure::Treatments
        )
    });
    if !status.is_empty() {
        blocks.push(Block::Table(of_endpoints(
            "Status when last heard of",
            Some("Alive at a follow-up that differs between patients is no survival at one time."),
            &status,
        )));
    }
    if let Some(svg) = swimmers(computed)? {
        blocks.push(picture(
            svg,
            "Each patient from treatment to the last that is known, with response and progression by the first criterion",
            "Swimmer plot: a bar for each patient with signs for response, progression, death and further treatment",
            FigureWidth::Medium,
        ));
    }
    Ok(Some(Section {
        heading: "Survival and progression".to_owned(),
        blocks,
    }))
}

/// A bar a patient.
fn swimmers(computed: &Computed) -> anyhow::Result<Option<String>> {
    /// More bars than this are no picture.
    const MOST_PATIENTS: usize = 120;
    let judged = &computed.input.judged;
    if judged.len() > MOST_PATIENTS {
        return Ok(None);
    }
    let mut rows = Vec::new();
    for row in 0..judged.len() {
        let Some(last) = judged.course.last[row].filter(|last| *last >= 0) else {
            continue;
        };
        let death = judged.course.death[row];
        let mut marks = Vec::new();
        for treatment in judged.treatments[row].iter().filter(|given| given.day > 0) {
            marks.push((months(treatment.day), SwimmerMark::Treatment));
        }
        if let Some(criterion) = judged.criteria.first() {
            let of_patient = |wanted: &dyn Fn(Response) -> bool| {
                let columns = &criterion.responses;
                (0..columns.day.len())
                    .filter(|at| usize::try_from(columns.patient[*at]).is_ok_and(|of| of == row))
                    .filter(|at| columns.day[*at] >= 0)
                    .find(|at| columns.value[*at].is_ok_and(wanted))
                    .map(|at| months(columns.day[at]))
            };
            if let Some(at) = of_patient(&Response::is_objective) {
                marks.push((at, SwimmerMark::Response));
            }
            if let Some(at) = of_patient(&|response| response == Response::Progressive) {
                marks.push((at, SwimmerMark::Progression));
            }
        }
        if let Some(death) = death {
            marks.push((months(death), SwimmerMark::Death));
        }
        rows.push(SwimmerRow {
            months: months(last),
            alive: judged.cause[row].is_none(),
            marks,
        });
    }
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(swimmer(&rows)?))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// What fits beside an axis.
fn short(name: &str) -> String {
    match name {
        "progression-free survival of the liver" => "hepatic PFS".to_owned(),
        other => other.to_owned(),
    }
}
