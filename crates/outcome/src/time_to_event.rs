//! Times to an event of one patient: OS, PFS, hepatic PFS, TTP, TTR, DOR.
//!
//! Start is the first treatment, without one baseline; of DOR the first
//! response. The rules (what is an event, what censors) are data
//! (`data/time_to_event.toml`), and the reason is said in words with every time.
//!
//! | name | event | censored |
//! |---|---|---|
//! | OS | death | last known alive |
//! | PFS | progression or death | last evaluable assessment |
//! | hepatic PFS | progression in the liver, or death | the same; progression elsewhere is no event |
//! | TTP | progression | the same; death without progression censors |
//! | TTR | first response | not defined without one |
//! | DOR | progression or death after a response | as PFS |
//!
//! Times are counted in days, from the start's day to the end's. Where death is
//! known and its day is not, a time that ends with it is not said: the patient
//! is neither alive nor dead on a day of ours.

use serde::Deserialize;

use crate::OutcomeError;
use crate::response::{CriterionResult, Day, PatientRecord, Response, Status};

const TABLE: &str = "table of times to an event";

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventOf {
    /// Death.
    Death,
    /// Progression.
    Progression,
    /// Complete or partial response.
    Response,
}

/// What another treatment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherTreatment {
    /// The time ends at the last assessment before it.
    Censor,
    /// Nothing.
    #[default]
    Ignore,
}

/// The rules of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointRules {
    /// Name in files and options.
    pub name: String,
    /// In words.
    pub title: String,
    /// What is waited for.
    pub event: EventOf,
    /// Whether death without progression is an event.
    #[serde(default)]
    pub death_is_event: bool,
    /// Whether progression outside of the liver does not count.
    #[serde(default)]
    pub liver_only: bool,
    /// Whether the start is the first response.
    #[serde(default)]
    pub from_response: bool,
    /// What another treatment does.
    #[serde(default)]
    pub other_treatment: OtherTreatment,
    /// Days without an assessment before an event that make it unknown.
    #[serde(default)]
    pub missed_days: Option<u16>,
    /// Where it stands.
    pub source: String,
}

/// A time to an event, or to where it is not known any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeToEvent {
    /// The endpoint by name.
    pub endpoint: String,
    /// The first day.
    pub start: Day,
    /// The last day.
    pub end: Day,
    /// Days between.
    pub days: i32,
    /// Whether the event came; else the time is censored.
    pub event: bool,
    /// Why it starts, ends and counts so.
    pub reason: String,
}

#[derive(Debug, Deserialize)]
struct Written {
    endpoint: Vec<EndpointRules>,
}

/// Rules of endpoints, in the order of the table.
///
/// # Errors
/// [`OutcomeError::DataTable`] for text that is not in the form of `data/time_to_event.toml`.
pub fn endpoints_from_toml(text: &str) -> Result<Vec<EndpointRules>, OutcomeError> {
    toml::from_str::<Written>(text)
        .map(|written| written.endpoint)
        .map_err(|error| OutcomeError::DataTable {
            table: TABLE,
            reason: error.to_string(),
        })
}

/// The rules that OpenSIRT carries.
///
/// # Errors
/// [`OutcomeError::DataTable`] when the table is damaged, which a unit test rules out.
pub fn built_in_endpoints() -> Result<Vec<EndpointRules>, OutcomeError> {
    endpoints_from_toml(include_str!("../data/time_to_event.toml"))
}

/// What an event is looked for in, by the endpoint's own criterion.
struct Course {
    /// Evaluable assessments, baseline included.
    assessed: Vec<Day>,
    progression: Option<Day>,
    response: Option<Day>,
}

fn course(result: &CriterionResult) -> Course {
    let mut course = Course {
        assessed: result.baseline_day.into_iter().collect(),
        progression: None,
        response: None,
    };
    for point in &result.time_points {
        match point.overall {
            None | Some(Response::NotEvaluable) => continue,
            Some(Response::Progressive) => {
                course.progression = course.progression.or(Some(point.day));
            }
            Some(response) if response.is_objective() && course.progression.is_none() => {
                course.response = course.response.or(Some(point.day));
            }
            Some(_) => {}
        }
        course.assessed.push(point.day);
    }
    course
}

impl EndpointRules {
    /// The time of a patient; an error says why there is none.
    ///
    /// `result` is what the criterion says of the whole patient, `in_liver` of
    /// the liver alone ([`Timeline::of_liver`](crate::Timeline::of_liver)).
    ///
    /// # Errors
    /// [`OutcomeError::MissingValue`] where the endpoint is not defined for the patient.
    pub fn time(
        &self,
        record: &PatientRecord,
        result: &CriterionResult,
        in_liver: &CriterionResult,
    ) -> Result<TimeToEvent, OutcomeError> {
        let missing = |what: &str| OutcomeError::MissingValue {
            score: "a time to an event",
            missing: what.to_owned(),
        };
        if self.liver_only && in_liver.not_computed.is_some() {
            return Err(missing("disease of the liver at baseline"));
        }
        let found = course(if self.liver_only { in_liver } else { result });
        let (origin, from) = match (record.first_treatment(), result.baseline_day) {
            (Some(day), _) => (day, "first treatment"),
            (None, Some(day)) => (day, "baseline"),
            (None, None) => return Err(missing("a treatment or a baseline")),
        };
        let shown = |day: Day| day.shown(record.scale);
        let made = |start: Day, end: Day, event: bool, reason: String| TimeToEvent {
            endpoint: self.name.clone(),
            start,
            end,
            days: end.since(start),
            event,
            reason,
        };
        let died = match record.status {
            Some(Status::Dead { day, .. }) => Some(day),
            _ => None,
        };
        let died_sometime = match record.status {
            Some(Status::DeadOnUnknownDay { within, .. }) => Some(within.map_or_else(
                || "the day of death, which has no date".to_owned(),
                |[first, last]| {
                    format!(
                        "the day of death, which lies from {} to {}",
                        shown(first),
                        shown(last)
                    )
                },
            )),
            _ => None,
        };
        let (start, from) = if self.from_response {
            let day = found.response.ok_or_else(|| missing("a response"))?;
            (day, "first response")
        } else {
            (origin, from)
        };
        let from = format!("from {from} on {}", shown(start));
        match self.event {
            EventOf::Death => {
                if let Some(day) = died {
                    return Ok(made(
                        start,
                        day,
                        true,
                        format!("{from}: died on {}", shown(day)),
                    ));
                }
                if let Some(unknown) = died_sometime {
                    return Err(missing(&unknown));
                }
                let scanned = found.assessed.iter().max().copied();
                let alive = match record.status {
                    Some(Status::Alive { last_contact }) => Some(last_contact).max(scanned),
                    _ => scanned,
                }
                .ok_or_else(|| missing("a last contact"))?;
                Ok(made(
                    start,
                    alive,
                    false,
                    format!("{from}: censored, last known alive on {}", shown(alive)),
                ))
            }
            EventOf::Response => {
                let day = found.response.ok_or_else(|| missing("a response"))?;
                Ok(made(
                    start,
                    day,
                    true,
                    format!("{from}: response first seen on {}", shown(day)),
                ))
            }
            EventOf::Progression => {
                let last_until = |limit: Day| {
                    found
                        .assessed
                        .iter()
                        .copied()
                        .filter(|day| *day <= limit)
                        .max()
                        .unwrap_or(start)
                        .max(start)
                };
                let counted_death = died.filter(|_| self.death_is_event);
                let (event, word) = match (found.progression, counted_death) {
                    (Some(day), Some(death)) if death < day => (Some(death), "died"),
                    (Some(day), _) => (Some(day), "progression"),
                    (None, Some(death)) => (Some(death), "died"),
                    (None, None) => (None, ""),
                };
                let other = record
                    .first_other_treatment()
                    .filter(|_| self.other_treatment == OtherTreatment::Censor)
                    .filter(|other| event.is_none_or(|event| *other < event));
                if let Some(other) = other {
                    let end = last_until(other);
                    return Ok(made(
                        start,
                        end,
                        false,
                        format!(
                            "{from}: censored on {}, the last evaluable assessment before another treatment on {}",
                            shown(end),
                            shown(other)
                        ),
                    ));
                }
                let Some(day) = event else {
                    // Progression is seen in the living, and so comes before an unknown death.
                    if let Some(unknown) = died_sometime.filter(|_| self.death_is_event) {
                        return Err(missing(&unknown));
                    }
                    let end = last_until(died.unwrap_or(Day::from_number(i32::MAX)));
                    let why = match died {
                        Some(death) => format!(
                            "{from}: censored on {}, the last evaluable assessment; died on {} without progression",
                            shown(end),
                            shown(death)
                        ),
                        None => format!(
                            "{from}: censored on {}, the last evaluable assessment, without progression",
                            shown(end)
                        ),
                    };
                    return Ok(made(start, end, false, why));
                };
                let before = last_until(day.plus(-1));
                if let Some(most) = self.missed_days
                    && day.since(before) > i32::from(most)
                {
                    return Ok(made(
                        start,
                        before,
                        false,
                        format!(
                            "{from}: censored on {}, because nothing was assessed in the {} days before {word} on {}",
                            shown(before),
                            day.since(before),
                            shown(day)
                        ),
                    ));
                }
                Ok(made(
                    start,
                    day,
                    true,
                    format!("{from}: {word} on {}", shown(day)),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::{
        Assessment, CauseOfDeath, Certainty, Diameter, Lesion, LesionFinding, LesionRole,
        NewLesion, NewLesionEvidence, Organ, ResponseCriteria, Timeline, Treatment, TreatmentKind,
    };

    /// Treated on day 0; a liver lesion with these sizes in mm on these days.
    fn treated(sizes: &[(i32, u32)]) -> PatientRecord {
        let lesion = |name: &str, organ, role| Lesion {
            tracking_id: name.to_owned(),
            organ,
            role,
            ..Lesion::default()
        };
        PatientRecord {
            readers: vec!["reader".to_owned()],
            lesions: vec![
                lesion("A", Organ::Liver, LesionRole::Target),
                lesion("X", Organ::Lung, LesionRole::New),
            ],
            treatments: vec![treatment(0, TreatmentKind::Radioembolisation)],
            assessments: sizes
                .iter()
                .map(|(day, mm)| Assessment {
                    day: Day::from_number(*day),
                    findings: vec![LesionFinding {
                        long_axis: Some(Diameter::from_tenths(10 * mm)),
                        ..LesionFinding::default()
                    }],
                    ..Assessment::default()
                })
                .collect(),
            ..PatientRecord::default()
        }
    }

    fn treatment(day: i32, kind: TreatmentKind) -> Treatment {
        Treatment {
            day: Day::from_number(day),
            kind,
            site: None,
            activity_gbq: None,
        }
    }

    fn died(day: i32) -> Option<Status> {
        Some(Status::Dead {
            day: Day::from_number(day),
            cause: CauseOfDeath::Other,
        })
    }

    fn time(name: &str, record: &PatientRecord) -> Result<(i32, bool), String> {
        let criteria = ResponseCriteria::built_in().unwrap();
        let rules = criteria.named("recist-1.1").unwrap();
        let result = rules.assess(&Timeline::of(record, 0));
        let in_liver = rules.assess(&Timeline::of_liver(record, 0));
        built_in_endpoints()
            .unwrap()
            .into_iter()
            .find(|endpoint| endpoint.name == name)
            .unwrap()
            .time(record, &result, &in_liver)
            .map(|time| (time.days, time.event))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_patient_who_responds_progresses_and_dies() {
        let mut record = treated(&[(-10, 50), (60, 30), (120, 30), (300, 45)]);
        record.status = died(900);
        for (name, expected) in [
            ("os", (900, true)),
            ("pfs", (300, true)),
            ("hepatic-pfs", (300, true)),
            ("ttp", (300, true)),
            ("ttr", (60, true)),
            ("dor", (240, true)),
        ] {
            assert_eq!(time(name, &record), Ok(expected), "{name}");
        }
    }

    #[test]
    fn progression_outside_of_the_liver_is_no_hepatic_event() {
        let mut record = treated(&[(-10, 50), (60, 50), (120, 50), (300, 65)]);
        record.assessments[2].new_lesions = vec![NewLesion {
            lesion: 1,
            certainty: Certainty::Unequivocal,
            evidence: NewLesionEvidence::Anatomical,
        }];
        assert_eq!(time("pfs", &record), Ok((120, true)));
        assert_eq!(time("hepatic-pfs", &record), Ok((300, true)));
    }

    #[test]
    fn without_disease_of_the_liver_there_is_no_hepatic_time() {
        let mut record = treated(&[(-10, 50), (60, 50)]);
        record.lesions[0].organ = Organ::Bone;
        assert_eq!(
            time("hepatic-pfs", &record),
            Err("a time to an event needs disease of the liver at baseline".to_owned())
        );
        assert_eq!(time("pfs", &record), Ok((60, false)));
    }

    #[test]
    fn an_equivocal_lesion_that_is_confirmed_dates_progression_back() {
        let mut record = treated(&[(-10, 50), (60, 50), (120, 50)]);
        for (at, certainty) in [(1, Certainty::Equivocal), (2, Certainty::Unequivocal)] {
            record.assessments[at].new_lesions = vec![NewLesion {
                lesion: 1,
                certainty,
                evidence: NewLesionEvidence::Anatomical,
            }];
        }
        assert_eq!(time("pfs", &record), Ok((60, true)));
    }

    #[test]
    fn death_is_an_event_of_pfs_and_censors_ttp() {
        let mut record = treated(&[(-10, 50), (60, 50)]);
        record.status = died(200);
        assert_eq!(time("pfs", &record), Ok((200, true)));
        assert_eq!(time("ttp", &record), Ok((60, false)));
        assert_eq!(
            time("dor", &record),
            Err("a time to an event needs a response".to_owned())
        );
    }

    #[test]
    fn another_treatment_censors_before_it_and_not_after_progression() {
        let mut record = treated(&[(-10, 50), (60, 50), (120, 50), (300, 65)]);
        record
            .treatments
            .push(treatment(150, TreatmentKind::Systemic));
        assert_eq!(time("pfs", &record), Ok((120, false)));
        record.treatments[1].day = Day::from_number(301);
        assert_eq!(time("pfs", &record), Ok((300, true)));
    }

    #[test]
    fn alive_without_event_is_censored_where_it_was_last_known() {
        let mut record = treated(&[(-10, 50), (60, 50)]);
        record.status = Some(Status::Alive {
            last_contact: Day::from_number(400),
        });
        assert_eq!(time("os", &record), Ok((400, false)));
        assert_eq!(time("pfs", &record), Ok((60, false)));
        record.status = None;
        assert_eq!(time("os", &record), Ok((60, false)));
    }

    #[test]
    fn who_died_on_an_unknown_day_is_not_alive() {
        let mut record = treated(&[(-10, 50), (60, 50)]);
        for (within, said) in [
            (None, "which has no date"),
            (
                Some([Day::from_number(150), Day::from_number(180)]),
                "which lies from 1970-05-31 to 1970-06-30",
            ),
        ] {
            record.status = Some(Status::DeadOnUnknownDay {
                within,
                cause: CauseOfDeath::Unknown,
            });
            for name in ["os", "pfs", "hepatic-pfs"] {
                assert_eq!(
                    time(name, &record),
                    Err(format!("a time to an event needs the day of death, {said}"))
                );
            }
            assert_eq!(time("ttp", &record), Ok((60, false)));
        }
        // Progression came before; another treatment censors before.
        let mut progressed = record.clone();
        progressed.assessments.push(Assessment {
            day: Day::from_number(120),
            findings: vec![LesionFinding {
                long_axis: Some(Diameter::from_tenths(650)),
                ..LesionFinding::default()
            }],
            ..Assessment::default()
        });
        assert_eq!(time("pfs", &progressed), Ok((120, true)));
        record
            .treatments
            .push(treatment(100, TreatmentKind::Systemic));
        assert_eq!(time("pfs", &record), Ok((60, false)));
    }

    #[test]
    fn a_long_gap_before_the_event_censors_where_the_protocol_says_so() {
        let record = treated(&[(-10, 50), (60, 50), (400, 65)]);
        let criteria = ResponseCriteria::built_in().unwrap();
        let result = criteria
            .named("recist-1.1")
            .unwrap()
            .assess(&Timeline::of(&record, 0));
        let mut rules = built_in_endpoints().unwrap().remove(1);
        rules.missed_days = Some(180);
        let time = rules.time(&record, &result, &result).unwrap();
        assert_eq!((time.days, time.event), (60, false));
        assert!(time.reason.contains("in the 340 days before progression"));
    }
}
