//! From a figure's key to its endpoint, over the columns of a cohort.

use std::collections::BTreeSet;

use super::at_time_point::{DayColumns, Population, standing_at};
use super::category::Category;
use super::endpoint::{Endpoint, EndpointUnit, EstimateUnit};
use super::figure::{
    AnalogueFall, Composite, CompositePart, EventCount, Figure, GradeLimit, Point, cause_name,
};
use super::judged::{CriterionColumns, JudgedCohort, MarkerColumns};
use super::standing::{Standing, share};
use super::survival::survival_endpoint;
use super::time_point::{TimePoint, months};
use crate::OutcomeError;
use crate::biochemical::{AnalogueChange, SymptomResponse};
use crate::evidence::ProportionMethod;
use crate::evidence::survival::KaplanMeierOptions;
use crate::response::Response;

/// Months off the analogue that count as stopped, days: more than half a year.
const STOPPED_DAYS: i32 = 182;
const NOT_TREATED: &str = "not treated";

/// How endpoints are told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EndpointOptions {
    /// Two-sided level of all intervals.
    pub level: f64,
    /// Intervals of proportions.
    pub proportion: ProportionMethod,
    /// Intervals of curves.
    pub survival: KaplanMeierOptions,
}

impl Default for EndpointOptions {
    fn default() -> Self {
        Self {
            level: 0.95,
            proportion: ProportionMethod::ClopperPearson,
            survival: KaplanMeierOptions::default(),
        }
    }
}

impl JudgedCohort {
    /// The endpoint of a figure.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownCriterion`] and [`OutcomeError::UnknownTimePoint`]
    /// for what the cohort was not judged by, and those of the statistics.
    pub fn endpoint(
        &self,
        figure: &Figure,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let key = figure.to_string();
        match figure {
            Figure::Treated => self.rate(key, "treated", "enrolled", options, |row| {
                yes(self.course.treated[row])
            }),
            Figure::Enrolled => self.rate(key, "enrolled", "enrolled", options, |_| Standing::Yes),
            Figure::Attribute { name, value } => {
                let column = self
                    .attributes
                    .get(name)
                    .ok_or_else(|| unknown(name, self.attributes.keys().map(String::as_str)))?;
                let words = format!("{name} = {value}");
                self.rate(
                    key,
                    &words,
                    "enrolled, with a value",
                    options,
                    |row| match &column[row] {
                        Some(known) => yes(known == value),
                        None => Standing::Out("no value"),
                    },
                )
            }
            Figure::Response {
                criterion,
                category,
                point,
                population,
            } => self.response(key, criterion, *category, *point, *population, options),
            Figure::Assessed { criterion, months } => {
                self.assessed(key, criterion, *months, options)
            }
            Figure::Lesion {
                criterion,
                category,
                months,
            } => self.lesions(key, criterion, *category, *months, options),
            Figure::LesionMean { criterion, months } => self.lesion_means(key, criterion, *months),
            Figure::Marker {
                marker,
                definition,
                point,
                population,
            } => self.marker(key, marker, definition, *point, *population, options),
            Figure::Symptom { least_grade } => self.symptom(key, *least_grade, options),
            Figure::Analogue { fall, among } => self.analogue(key, *fall, among.as_ref(), options),
            Figure::Composite { composite } => {
                let column = self.composite(composite)?;
                let words = format!("response by {composite}");
                let mut endpoint =
                    self.rate(key, &words, Population::Treated.words(), options, |row| {
                        if self.course.treated[row] {
                            column[row]
                        } else {
                            Standing::Out(NOT_TREATED)
                        }
                    })?;
                endpoint.note = (!composite.all)
                    .then(|| "any of several responses: larger than each of them alone".to_owned());
                Ok(endpoint)
            }
            Figure::Toxicity {
                words,
                grade,
                count,
            } => self.toxicity(key, words, *grade, *count, options),
            Figure::Survival { name } => {
                let column = self
                    .times
                    .iter()
                    .find(|column| column.name == *name)
                    .ok_or_else(|| {
                        unknown(name, self.times.iter().map(|column| column.name.as_str()))
                    })?;
                let mut survival = options.survival;
                survival.level = options.level;
                let mut endpoint = survival_endpoint(key, column, &survival)?;
                endpoint.criterion = self.criteria.first().map(|first| first.name.clone());
                Ok(endpoint)
            }
            Figure::Alive => {
                let mut endpoint =
                    self.rate(key, "alive when last heard of", "treated", options, |row| {
                        if !self.course.treated[row] {
                            Standing::Out(NOT_TREATED)
                        } else if self.cause[row].is_some() {
                            Standing::No
                        } else if self.course.last[row].is_none() {
                            Standing::Out("no last contact")
                        } else {
                            Standing::Yes
                        }
                    })?;
                endpoint.note = Some(
                    "at a follow-up that differs between patients: no survival at one time"
                        .to_owned(),
                );
                Ok(endpoint)
            }
            Figure::Deaths { cause } => {
                let words = cause.map_or_else(
                    || "died".to_owned(),
                    |_| format!("died, cause {}", cause_name(*cause)),
                );
                self.rate(key, &words, "treated", options, |row| {
                    if self.course.treated[row] {
                        yes(self.cause[row].is_some_and(|known| cause.is_none_or(|of| of == known)))
                    } else {
                        Standing::Out(NOT_TREATED)
                    }
                })
            }
            Figure::DeathMonths { cause } => {
                let died = |row: usize| {
                    self.cause[row]
                        .filter(|known| cause.is_none_or(|of| of == *known))
                        .and(self.course.death[row])
                };
                Ok(self.list(key, "months to death", EstimateUnit::Months, died))
            }
            Figure::FollowUpMedian => {
                let mut endpoint = self.list(
                    key,
                    "median time from treatment to last contact or death",
                    EstimateUnit::Months,
                    |row| self.course.last[row],
                );
                endpoint.estimate = median(&endpoint.values);
                endpoint.values.clear();
                endpoint.method =
                    "median of observed times; a curve's follow-up is by the reverse curve"
                        .to_owned();
                Ok(endpoint)
            }
            Figure::FollowUpRange => {
                let mut endpoint = self.list(
                    key,
                    "shortest and longest time from treatment to last contact or death",
                    EstimateUnit::Months,
                    |row| self.course.last[row],
                );
                endpoint.values = ends(&endpoint.values);
                Ok(endpoint)
            }
            Figure::LastAssessment => Ok(self.list(
                key,
                "months to the last assessment",
                EstimateUnit::Months,
                |row| self.assessed[row].iter().copied().max(),
            )),
            Figure::Treatments | Figure::Activities => Ok(self.treatments(key, figure)),
        }
    }

    /// A share over all patients, by row.
    fn rate(
        &self,
        key: String,
        name: &str,
        denominator: &str,
        options: &EndpointOptions,
        standing: impl Fn(usize) -> Standing,
    ) -> Result<Endpoint, OutcomeError> {
        let column: Vec<Standing> = (0..self.len()).map(standing).collect();
        let share = share(&column, options.level, options.proportion)?;
        Ok(Endpoint::named(key, name).with_share(share, denominator))
    }

    /// A list of numbers, one of each patient that has one, in order.
    fn list(
        &self,
        key: String,
        name: &str,
        unit: EstimateUnit,
        days: impl Fn(usize) -> Option<i32>,
    ) -> Endpoint {
        let mut endpoint = Endpoint::named(key, name);
        endpoint.estimate_unit = unit;
        endpoint.method = "as observed".to_owned();
        let mut found = Vec::new();
        for (row, at) in (0_u32..).zip(0..self.len()) {
            if let Some(day) = days(at) {
                found.push(months(day));
                endpoint.counted.push(row);
            }
        }
        found.sort_by(f64::total_cmp);
        endpoint.n = Some(found.len() as u64);
        endpoint.total = Some(self.len() as u64);
        endpoint.values = found;
        endpoint.within = endpoint.counted.clone();
        endpoint
    }

    pub(super) fn criterion(&self, name: &str) -> Result<&CriterionColumns, OutcomeError> {
        self.criteria
            .iter()
            .find(|columns| columns.name == name)
            .ok_or_else(|| unknown(name, self.criteria.iter().map(|known| known.name.as_str())))
    }

    pub(super) fn time_point(&self, months: f64) -> Result<&TimePoint, OutcomeError> {
        self.time_points
            .iter()
            .find(|point| (point.months - months).abs() < 1e-9)
            .ok_or_else(|| OutcomeError::UnknownTimePoint {
                months,
                known: self
                    .time_points
                    .iter()
                    .map(|point| point.months.to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    fn response(
        &self,
        key: String,
        criterion: &str,
        category: Category,
        point: Point,
        population: Population,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let columns = self.criterion(criterion)?;
        let column = self.standing(
            &columns.responses,
            [&columns.best, &columns.best_confirmed],
            &columns.barred,
            point,
            population,
            |response| category.holds(response),
        )?;
        let share = share(&column, options.level, options.proportion)?;
        let endpoint = Endpoint::named(key, category.words())
            .with_share(share, denominator(point, population));
        Ok(self.placed(endpoint, &columns.name, point))
    }

    /// With its criterion and time point in words.
    pub(super) fn placed(&self, mut endpoint: Endpoint, criterion: &str, point: Point) -> Endpoint {
        endpoint.criterion = Some(criterion.to_owned());
        endpoint.time_point = Some(match point {
            Point::Months(months) => {
                endpoint.months = Some(months);
                self.time_point(months)
                    .map_or_else(|_| format!("{months} months"), TimePoint::name)
            }
            Point::Best => "best".to_owned(),
            Point::Confirmed => "best, confirmed".to_owned(),
        });
        endpoint
    }

    /// How patients stand to a response, at a time point or at best.
    fn standing<T: Copy>(
        &self,
        columns: &DayColumns<T>,
        best: [&[Result<T, &'static str>]; 2],
        barred: &[Option<&'static str>],
        point: Point,
        population: Population,
        holds: impl Fn(T) -> bool,
    ) -> Result<Vec<Standing>, OutcomeError> {
        let best = match point {
            Point::Months(months) => {
                let point = self.time_point(months)?;
                let at = columns.at(point, self.len());
                return Ok(standing_at(
                    population,
                    point,
                    &self.course,
                    barred,
                    &at,
                    holds,
                ));
            }
            Point::Best => best[0],
            Point::Confirmed => best[1],
        };
        Ok(best
            .iter()
            .enumerate()
            .map(|(row, value)| match (population, value) {
                (Population::Treated, _) if !self.course.treated[row] => Standing::Out(NOT_TREATED),
                (_, Ok(value)) => yes(holds(*value)),
                (Population::Treated, Err(_)) => Standing::No,
                (_, Err(reason)) => Standing::Out(reason),
            })
            .collect())
    }

    fn assessed(
        &self,
        key: String,
        criterion: &str,
        months: f64,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let columns = self.criterion(criterion)?;
        let point = self.time_point(months)?;
        let [from, to] = point.window();
        let mut seen = vec![false; self.len()];
        if columns.of_lesions {
            let lesions = &columns.lesions;
            for ((patient, day), response) in lesions
                .patient
                .iter()
                .zip(&lesions.day)
                .zip(&lesions.response)
            {
                let judged = *response != Response::NotEvaluable && (from..=to).contains(day);
                if let (true, Ok(row)) = (judged, usize::try_from(*patient)) {
                    seen[row] = true;
                }
            }
        } else {
            let at = columns.responses.at(point, self.len());
            for (seen, value) in seen.iter_mut().zip(at) {
                *seen = matches!(value, Some(Ok(_)));
            }
        }
        let endpoint = self.rate(key, "can be judged", "treated", options, |row| {
            if self.course.treated[row] {
                yes(seen[row])
            } else {
                Standing::Out(NOT_TREATED)
            }
        })?;
        Ok(self.placed(endpoint, &columns.name, Point::Months(months)))
    }

    fn marker_columns(
        &self,
        marker: &str,
        definition: &str,
    ) -> Result<&MarkerColumns, OutcomeError> {
        self.markers
            .iter()
            .find(|columns| columns.marker == marker && columns.definition == definition)
            .ok_or_else(|| {
                let known: Vec<String> = self
                    .markers
                    .iter()
                    .map(|known| format!("{}/{}", known.marker, known.definition))
                    .collect();
                unknown(
                    &format!("{marker}/{definition}"),
                    known.iter().map(String::as_str),
                )
            })
    }

    fn marker(
        &self,
        key: String,
        marker: &str,
        definition: &str,
        point: Point,
        population: Population,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let columns = self.marker_columns(marker, definition)?;
        let best: Vec<Result<Response, &'static str>> = columns
            .responses
            .ever(self.len(), Response::is_objective)
            .into_iter()
            .zip(&columns.barred)
            .map(|(ever, barred)| match (ever, barred) {
                (Some(true), _) => Ok(Response::Partial),
                (Some(false), _) => Ok(Response::Stable),
                (None, reason) => Err(reason.unwrap_or("no value that can be judged")),
            })
            .collect();
        let column = self.standing(
            &columns.responses,
            [&best, &best],
            &columns.barred,
            point,
            population,
            Response::is_objective,
        )?;
        let share = share(&column, options.level, options.proportion)?;
        let mut endpoint = Endpoint::named(key, format!("{marker} response"))
            .with_share(share, denominator(point, population));
        endpoint.note = columns
            .doubtful
            .then(|| "the definition of the response is recalled usage".to_owned());
        Ok(self.placed(endpoint, definition, point))
    }

    fn symptom(
        &self,
        key: String,
        least_grade: u8,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let ever = self.relieved();
        let words = match least_grade {
            1 => "symptom relief".to_owned(),
            grade => format!("symptom relief, baseline grade {grade} or worse"),
        };
        self.rate(
            key,
            &words,
            "with symptoms at baseline and followed",
            options,
            |row| match (self.symptoms.baseline_grade[row], ever[row]) {
                (None, _) => Standing::Out("no symptom at baseline"),
                (Some(grade), _) if grade < least_grade => {
                    Standing::Out("symptoms at baseline less than asked for")
                }
                (Some(_), None) => {
                    Standing::Out("symptoms at baseline, none assessed after treatment")
                }
                (Some(_), Some(relieved)) => yes(relieved),
            },
        )
        .map(|mut endpoint| {
            endpoint.time_point = Some("best".to_owned());
            endpoint
        })
    }

    /// Whether any symptom of each patient was better or gone at any time.
    fn relieved(&self) -> Vec<Option<bool>> {
        self.symptoms.responses.ever(self.len(), |response| {
            matches!(
                response,
                SymptomResponse::Improved | SymptomResponse::Resolved
            )
        })
    }

    fn analogue(
        &self,
        key: String,
        fall: AnalogueFall,
        among: Option<&Composite>,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let responders = among
            .map(|composite| self.composite(composite))
            .transpose()?;
        let words = match fall {
            AnalogueFall::Halved => "somatostatin analogue reduced by half or more, stops included",
            AnalogueFall::Stopped => "somatostatin analogue stopped for more than six months",
        };
        let of = among.map_or_else(
            || "with an analogue at treatment".to_owned(),
            |composite| format!("responders by {composite} with an analogue at treatment"),
        );
        self.rate(key, words, &of, options, |row| {
            if let Some(responders) = &responders
                && responders[row] != Standing::Yes
            {
                return Standing::Out("no response");
            }
            match self.analogue[row] {
                Err(reason) => Standing::Out(reason),
                Ok(AnalogueChange::NotGiven) => Standing::Out("no analogue at treatment"),
                Ok(AnalogueChange::OtherDrug) => Standing::Out("changed to another analogue"),
                Ok(AnalogueChange::Stopped { days, .. }) => {
                    yes(fall == AnalogueFall::Halved || days > STOPPED_DAYS)
                }
                Ok(AnalogueChange::Halved { .. }) => yes(fall == AnalogueFall::Halved),
                Ok(
                    AnalogueChange::Reduced { .. }
                    | AnalogueChange::Same
                    | AnalogueChange::Increased { .. },
                ) => Standing::No,
            }
        })
    }

    /// How each patient stands to several responses at once.
    fn composite(&self, composite: &Composite) -> Result<Vec<Standing>, OutcomeError> {
        let mut columns = Vec::new();
        for part in &composite.parts {
            columns.push(match part {
                CompositePart::Imaging => {
                    let first = self.criteria.first();
                    (0..self.len())
                        .map(|row| {
                            let best = first.map(|first| first.best[row]);
                            matches!(best, Some(Ok(response)) if response.is_objective())
                        })
                        .collect::<Vec<bool>>()
                }
                CompositePart::Marker => {
                    let mut any = vec![false; self.len()];
                    let first = self.markers.first().map(|first| first.definition.as_str());
                    for marker in &self.markers {
                        if Some(marker.definition.as_str()) != first {
                            continue;
                        }
                        let ever = marker.responses.ever(self.len(), Response::is_objective);
                        for (any, ever) in any.iter_mut().zip(ever) {
                            *any |= ever == Some(true);
                        }
                    }
                    any
                }
                CompositePart::Symptoms => self
                    .relieved()
                    .into_iter()
                    .map(|relieved| relieved == Some(true))
                    .collect(),
            });
        }
        Ok((0..self.len())
            .map(|row| {
                let mut parts = columns.iter().map(|column| column[row]);
                yes(if composite.all {
                    parts.all(|part| part)
                } else {
                    parts.any(|part| part)
                })
            })
            .collect())
    }

    fn toxicity(
        &self,
        key: String,
        words: &[String],
        grade: GradeLimit,
        count: EventCount,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let wanted: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let events = &self.events;
        let rows: Vec<usize> = (0..events.patient.len())
            .filter(|row| grade.holds(events.grade[*row]))
            .filter(|row| {
                let text = format!("{} {}", events.term[*row], events.system[*row]).to_lowercase();
                wanted
                    .iter()
                    .any(|word| word == "any" || text.contains(word.as_str()))
            })
            .collect();
        let patients: BTreeSet<u32> = rows.iter().map(|row| events.patient[*row]).collect();
        let name = match grade {
            GradeLimit::Any => words.join(" or "),
            GradeLimit::Exactly(grade) => format!("{}, grade {grade}", words.join(" or ")),
            GradeLimit::AtLeast(grade) => {
                format!("{}, grade {grade} or worse", words.join(" or "))
            }
        };
        if count == EventCount::Events {
            let mut endpoint = Endpoint::named(key, name);
            endpoint.unit = EndpointUnit::Event;
            endpoint.estimate_unit = EstimateUnit::Count;
            endpoint.n = Some(rows.len() as u64);
            endpoint.estimate = Some(rows.len() as f64);
            endpoint.counted = patients.into_iter().collect();
            endpoint.method = "events: a patient can have several".to_owned();
            return Ok(endpoint);
        }
        self.rate(key, &name, Population::Treated.words(), options, |row| {
            let has = u32::try_from(row).is_ok_and(|row| patients.contains(&row));
            if self.course.treated[row] {
                yes(has)
            } else {
                Standing::Out(NOT_TREATED)
            }
        })
    }

    fn treatments(&self, key: String, figure: &Figure) -> Endpoint {
        let mut endpoint = Endpoint::named(key, "treatments");
        endpoint.unit = EndpointUnit::Treatment;
        endpoint.estimate_unit = EstimateUnit::Count;
        endpoint.method = "as recorded".to_owned();
        let count: usize = self.treatments.iter().map(Vec::len).sum();
        endpoint.n = Some(count as u64);
        endpoint.estimate = Some(count as f64);
        for (row, treatments) in (0_u32..).zip(&self.treatments) {
            if !treatments.is_empty() {
                endpoint.counted.push(row);
            }
        }
        endpoint.within = endpoint.counted.clone();
        if *figure == Figure::Activities {
            endpoint.name = "activity of each treatment".to_owned();
            endpoint.estimate_unit = EstimateUnit::Gbq;
            endpoint.values = self
                .treatments
                .iter()
                .flatten()
                .filter_map(|treatment| treatment.activity_gbq)
                .collect();
            endpoint.estimate = None;
            endpoint.n = Some(endpoint.values.len() as u64);
        }
        endpoint
    }
}

const fn yes(holds: bool) -> Standing {
    if holds { Standing::Yes } else { Standing::No }
}

const fn denominator(point: Point, population: Population) -> &'static str {
    match (point, population) {
        (Point::Best | Point::Confirmed, Population::AtTimePoint) => "evaluable",
        _ => population.words(),
    }
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> OutcomeError {
    OutcomeError::UnknownCriterion {
        name: name.to_owned(),
        known: known.collect::<Vec<_>>().join(", "),
    }
}

/// The median of numbers in any order; the mean of the two in the middle.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(*upper);
    }
    sorted
        .get(sorted.len() / 2 - 1)
        .map(|lower| f64::midpoint(*lower, *upper))
}

/// The least and the most, once where there is one.
pub(super) fn ends(values: &[f64]) -> Vec<f64> {
    let least = values.iter().copied().min_by(f64::total_cmp);
    let most = values.iter().copied().max_by(f64::total_cmp);
    least.into_iter().chain(most).collect()
}
