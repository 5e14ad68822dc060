//! Pictures of a patient's follow-up: from the result to the plots of reports.

use sirt_outcome::Day;
use sirt_outcome::evidence::cohort::months;
use sirt_report::plot::{
    LesionDosePoint, LiverVolumePlot, MarkerPlot, MarkerValuePoint, PatientTimelinePlot,
    SpiderLine, SpiderPlot, TimelineEnd, TimelineMark, TreatmentMark, VolumeCourse, VolumeMark,
    WaterfallBar, dose_shrinkage, lesion_waterfall, liver_volume, marker_course, patient_timeline,
    spider,
};

use super::course::{CourseResult, MarkerCourse};
use super::result::{CriterionJson, SubjectResult};

/// Names of all files; of markers the first three have a picture.
pub(super) const NAMES: [&str; 8] = [
    TIMELINE, SPIDER, WATERFALL, VOLUMES, DOSES, MARKERS[0], MARKERS[1], MARKERS[2],
];
const TIMELINE: &str = "timeline.svg";
const SPIDER: &str = "spider.svg";
const WATERFALL: &str = "waterfall.svg";
const VOLUMES: &str = "liver_volume.svg";
const DOSES: &str = "dose_response.svg";
const MARKERS: [&str; 3] = ["marker_1.svg", "marker_2.svg", "marker_3.svg"];
/// Limits of response and progression that RECIST counts, %.
const LIMITS: [f64; 2] = [-30.0, 20.0];
/// Lesions with a line each in the spider; more could not be told apart.
const SPIDER_LESIONS: usize = 8;

/// A picture with its file.
pub(crate) type Picture = (&'static str, String);

/// Every picture that there is something to show on.
pub(crate) fn of(subject: &SubjectResult) -> anyhow::Result<Vec<Picture>> {
    let Some(course) = &subject.course else {
        return Ok(Vec::new());
    };
    let Some(clock) = Months::of(subject, course) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let timeline = timeline(subject, course, &clock);
    if timeline.is_worth_drawing() {
        found.push((TIMELINE, patient_timeline(&timeline.0)?));
    }
    let lines = spider_lines(subject, course, &clock);
    if !lines.is_empty() {
        found.push((
            SPIDER,
            spider(&SpiderPlot {
                lines,
                limits: LIMITS.to_vec(),
                treatments: treatments(course, &clock),
            })?,
        ));
    }
    let bars: Vec<WaterfallBar> = course
        .lesions
        .iter()
        .filter_map(|lesion| {
            Some(WaterfallBar {
                lesion: lesion.lesion.clone(),
                change: lesion.best_change?,
                dose_gy: lesion.dose_gy,
                new: lesion.values.iter().any(|point| point.new),
            })
        })
        .collect();
    if !bars.is_empty() {
        found.push((WATERFALL, lesion_waterfall(&bars, &LIMITS)?));
    }
    if !course.liver_volumes.is_empty() {
        found.push((VOLUMES, liver_volume(&volumes(course, &clock))?));
    }
    for (name, marker) in MARKERS.iter().zip(&course.marker_values) {
        if let Some(plot) = marker_plot(marker, course, &clock) {
            found.push((name, marker_course(&plot)?));
        }
    }
    let points: Vec<LesionDosePoint> = course
        .lesions
        .iter()
        .filter_map(|lesion| {
            Some(LesionDosePoint {
                lesion: lesion.lesion.clone(),
                dose_gy: lesion.dose_gy?,
                half_width_gy: lesion.dose_uncertainty_gy,
                change: lesion.best_change?,
            })
        })
        .collect();
    if points.len() > 1 {
        found.push((DOSES, dose_shrinkage(&points)?));
    }
    Ok(found)
}

/// Months from the first treatment, else from baseline.
struct Months(Day);

impl Months {
    fn of(subject: &SubjectResult, course: &CourseResult) -> Option<Self> {
        let baseline = || {
            subject
                .criteria
                .values()
                .find_map(|criterion| criterion.baseline_date.clone())
        };
        let first = course.start.clone().or_else(baseline).or_else(|| {
            course
                .marker_values
                .iter()
                .flat_map(|marker| &marker.values)
                .map(|point| point.date.clone())
                .min()
        })?;
        Day::parse(&first).ok().map(Self)
    }

    fn at(&self, day: Day) -> f64 {
        months(day.since(self.0))
    }

    fn on(&self, date: &str) -> Option<f64> {
        Day::parse(date).ok().map(|day| self.at(day))
    }
}

/// Radioembolisations of a day together.
fn treatments(course: &CourseResult, clock: &Months) -> Vec<TreatmentMark> {
    let mut marks: Vec<(&str, Vec<String>)> = Vec::new();
    for treatment in course.treatments.iter().filter(|row| row.radioembolisation) {
        let label = label(treatment);
        match marks.iter_mut().find(|(known, _)| *known == treatment.date) {
            Some((_, labels)) => labels.push(label),
            None => marks.push((&treatment.date, vec![label])),
        }
    }
    marks
        .into_iter()
        .filter_map(|(date, labels)| {
            Some(TreatmentMark {
                month: clock.on(date)?,
                label: labels.join(" + "),
            })
        })
        .collect()
}

/// `2.50 GBq right`.
fn label(treatment: &super::course::TreatmentJson) -> String {
    let gbq = treatment
        .activity_gbq
        .map(|gbq| format!("{gbq:.2} GBq"))
        .unwrap_or_default();
    let territory = treatment.territory.clone().unwrap_or_default();
    format!("{gbq} {territory}").trim().to_owned()
}

struct Timeline(PatientTimelinePlot);

impl Timeline {
    fn is_worth_drawing(&self) -> bool {
        !(self.0.treatments.is_empty() && self.0.scans.is_empty() && self.0.end.is_none())
    }
}

/// The criterion that responses of the timeline are by.
fn main_criterion(subject: &SubjectResult) -> Option<(&String, &CriterionJson)> {
    let usable = |(_, criterion): &(&String, &CriterionJson)| criterion.not_computed.is_none();
    subject
        .criteria
        .get_key_value(super::case::TRACED)
        .filter(usable)
        .or_else(|| subject.criteria.iter().find(usable))
}

fn timeline(subject: &SubjectResult, course: &CourseResult, clock: &Months) -> Timeline {
    let mut plot = PatientTimelinePlot::default();
    for treatment in &course.treatments {
        let Some(month) = clock.on(&treatment.date) else {
            continue;
        };
        // Years before, the axis would leave no room for what came after.
        if month < -FIRST_MONTHS_SHOWN {
            continue;
        }
        let mark = |label| TimelineMark {
            month,
            until: None,
            label,
        };
        if treatment.radioembolisation {
            plot.treatments.push(mark(label(treatment)));
        } else {
            plot.other_treatments.push(mark(treatment.name.clone()));
        }
    }
    if let Some((name, criterion)) = main_criterion(subject) {
        plot.criterion = name.to_uppercase().replace('-', " ");
        plot.scans
            .extend(criterion.baseline_date.iter().filter_map(|date| {
                Some(TimelineMark {
                    month: clock.on(date)?,
                    until: None,
                    label: "baseline".to_owned(),
                })
            }));
        plot.scans
            .extend(criterion.timepoints.iter().filter_map(|point| {
                Some(TimelineMark {
                    month: clock.on(point.date.as_ref()?)?,
                    until: None,
                    label: point.overall.clone()?,
                })
            }));
    }
    plot.events = subject
        .toxicity
        .iter()
        .filter(|row| row.kind == "event")
        .filter_map(|row| {
            let ended = row.stated.as_ref().and_then(|stated| stated.ended.as_ref());
            Some(TimelineMark {
                month: clock.on(&row.date)?,
                until: ended.and_then(|date| clock.on(date)),
                label: row
                    .grade
                    .map_or_else(|| row.term.clone(), |grade| format!("{} {grade}", row.term)),
            })
        })
        .collect();
    plot.analogues = course
        .analogues
        .iter()
        .filter(|row| row.mg_per_28_days > 0.0)
        .filter_map(|row| {
            let from = clock.on(&row.date)?;
            let until = row.days.map(|days| from + months(days))?;
            let from = from.max(-FIRST_MONTHS_SHOWN);
            (until > from).then(|| TimelineMark {
                month: from,
                until: Some(until),
                label: format!("{:.0} mg/28 d", row.mg_per_28_days),
            })
        })
        .collect();
    plot.end = course.status.as_ref().and_then(|status| {
        let cause = status.cause_in_words.as_deref().or(status.cause);
        let dead = status.state == "dead";
        let months = clock.on(&status.date)?;
        Some(TimelineEnd {
            month: months,
            dead,
            label: match (dead, cause) {
                (true, Some(cause)) => format!("died at {months:.0} months: {cause}"),
                (true, None) => format!("died at {months:.0} months"),
                (false, _) => format!("alive at {months:.0} months"),
            },
        })
    });
    Timeline(plot)
}

/// Treatments of longer ago are not drawn, months.
const FIRST_MONTHS_SHOWN: f64 = 6.0;

fn spider_lines(subject: &SubjectResult, course: &CourseResult, clock: &Months) -> Vec<SpiderLine> {
    let mut lines: Vec<SpiderLine> = course
        .lesions
        .iter()
        .filter(|lesion| lesion.baseline.is_some())
        .take(SPIDER_LESIONS)
        .map(|lesion| SpiderLine {
            name: lesion.lesion.clone(),
            points: lesion
                .values
                .iter()
                .filter_map(|point| Some((clock.at(point.day), point.change_from_baseline?)))
                .collect(),
            strong: false,
        })
        .filter(|line| line.points.len() > 1)
        .collect();
    if let Some((_, criterion)) = main_criterion(subject) {
        let baseline = criterion
            .baseline_date
            .as_ref()
            .and_then(|date| clock.on(date))
            .filter(|_| criterion.baseline_sum.is_some());
        let mut points: Vec<(f64, f64)> = baseline.map(|month| (month, 0.0)).into_iter().collect();
        points.extend(criterion.timepoints.iter().filter_map(|point| {
            Some((clock.on(point.date.as_ref()?)?, point.change_from_baseline?))
        }));
        if points.len() > 1 {
            lines.push(SpiderLine {
                name: "sum".to_owned(),
                points,
                strong: true,
            });
        }
    }
    lines
}

fn volumes(course: &CourseResult, clock: &Months) -> LiverVolumePlot {
    LiverVolumePlot {
        volumes: course
            .liver_volumes
            .iter()
            .map(|volume| VolumeCourse {
                name: volume.volume.to_owned(),
                values: volume
                    .values
                    .iter()
                    .map(|point| VolumeMark {
                        month: clock.at(point.day),
                        ml: point.ml,
                        change_from_prior_treatment: point.change_from_prior_treatment,
                    })
                    .collect(),
            })
            .collect(),
        treatments: treatments(course, clock),
    }
}

/// The values of a marker that have the unit of the first; a value of 0 has no
/// place on a logarithmic scale.
fn marker_plot(marker: &MarkerCourse, course: &CourseResult, clock: &Months) -> Option<MarkerPlot> {
    let unit = marker.values.first()?.unit.clone();
    let mut before: Option<&Option<String>> = None;
    let values: Vec<MarkerValuePoint> = marker
        .values
        .iter()
        .filter(|point| point.unit == unit && point.value > 0.0)
        .map(|point| {
            let joined = before.is_some_and(|assay| *assay == point.assay);
            before = Some(&point.assay);
            MarkerValuePoint {
                month: clock.at(point.day),
                value: point.value,
                upper_limit: point.upper_limit,
                confounded: point.confounded_by.is_some(),
                joined,
            }
        })
        .collect();
    (!values.is_empty()).then(|| MarkerPlot {
        marker: marker.marker.clone(),
        unit,
        values,
        treatments: treatments(course, clock),
    })
}
