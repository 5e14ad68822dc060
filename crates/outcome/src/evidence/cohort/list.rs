//! The figures that are told of every cohort.

use std::collections::BTreeSet;

use super::at_time_point::Population;
use super::category::Category;
use super::figure::{AnalogueFall, EventCount, Figure, GradeLimit, Point};
use super::judged::JudgedCohort;
use crate::response::Response;

/// Properties with more different values than this are none to count.
const MOST_LEVELS: usize = 6;

/// The figures of a cohort, as far as it has what they are of.
#[must_use]
pub fn usual_figures(cohort: &JudgedCohort) -> Vec<Figure> {
    let mut figures = vec![Figure::Enrolled, Figure::Treated];
    attributes(cohort, &mut figures);
    let points: Vec<f64> = cohort
        .time_points
        .iter()
        .map(|point| point.months)
        .collect();
    for columns in &cohort.criteria {
        if columns.barred.iter().all(Option::is_some) {
            continue;
        }
        if columns.of_lesions {
            for months in &points {
                let days = cohort
                    .time_points
                    .iter()
                    .find(|point| point.months.total_cmp(months).is_eq())
                    .map_or([0, -1], super::TimePoint::window);
                let seen = columns
                    .lesions
                    .day
                    .iter()
                    .any(|day| (days[0]..=days[1]).contains(day));
                for category in Category::ALL.into_iter().filter(|_| seen) {
                    figures.push(Figure::Lesion {
                        criterion: columns.name.clone(),
                        category,
                        months: *months,
                    });
                }
            }
            continue;
        }
        let has_minor = columns.responses.value.contains(&Ok(Response::Minor));
        let at = points
            .iter()
            .map(|months| Point::Months(*months))
            .chain([Point::Best, Point::Confirmed]);
        for point in at {
            for category in Category::ALL {
                let of_minor = matches!(category, Category::Minor | Category::Fallen);
                if of_minor && !has_minor {
                    continue;
                }
                for population in populations(cohort, point) {
                    figures.push(Figure::Response {
                        criterion: columns.name.clone(),
                        category,
                        point,
                        population,
                    });
                }
            }
        }
    }
    for columns in &cohort.markers {
        let at = points
            .iter()
            .map(|months| Point::Months(*months))
            .chain([Point::Best]);
        for point in at {
            for population in populations(cohort, point) {
                figures.push(Figure::Marker {
                    marker: columns.marker.clone(),
                    definition: columns.definition.clone(),
                    point,
                    population,
                });
            }
        }
    }
    if cohort.symptoms.baseline_grade.iter().any(Option::is_some) {
        figures.extend([1, 2].map(|least_grade| Figure::Symptom { least_grade }));
    }
    if cohort.analogue.iter().any(Result::is_ok) {
        figures.extend(
            [AnalogueFall::Halved, AnalogueFall::Stopped]
                .map(|fall| Figure::Analogue { fall, among: None }),
        );
    }
    toxicity(cohort, &mut figures);
    for times in &cohort.times {
        figures.push(Figure::Survival {
            name: times.name.clone(),
        });
    }
    if cohort.cause.iter().any(Option::is_some) || cohort.course.last.iter().any(Option::is_some) {
        figures.extend([
            Figure::Alive,
            Figure::Deaths { cause: None },
            Figure::FollowUpMedian,
            Figure::FollowUpRange,
        ]);
    }
    if cohort.treatments.iter().any(|given| !given.is_empty()) {
        figures.push(Figure::Treatments);
    }
    figures
}

/// Populations that differ at a time point: who is treated only where anybody is.
fn populations(cohort: &JudgedCohort, point: Point) -> Vec<Population> {
    Population::ALL
        .into_iter()
        .filter(|population| {
            *population != Population::Treated || cohort.course.treated.contains(&true)
        })
        .filter(|population| {
            *population != Population::AtTimePoint || matches!(point, Point::Months(_))
        })
        .collect()
}

fn attributes(cohort: &JudgedCohort, figures: &mut Vec<Figure>) {
    for (name, column) in &cohort.attributes {
        let levels: BTreeSet<&str> = column.iter().flatten().map(String::as_str).collect();
        if levels.len() > MOST_LEVELS {
            continue;
        }
        for value in levels {
            figures.push(Figure::Attribute {
                name: name.clone(),
                value: value.to_owned(),
            });
        }
    }
}

fn toxicity(cohort: &JudgedCohort, figures: &mut Vec<Figure>) {
    if cohort.events.patient.is_empty() {
        return;
    }
    for (grade, count) in [
        (GradeLimit::Any, EventCount::Events),
        (GradeLimit::Any, EventCount::Patients),
        (GradeLimit::AtLeast(3), EventCount::Events),
        (GradeLimit::AtLeast(3), EventCount::Patients),
    ] {
        figures.push(Figure::Toxicity {
            words: vec!["any".to_owned()],
            grade,
            count,
        });
    }
}
