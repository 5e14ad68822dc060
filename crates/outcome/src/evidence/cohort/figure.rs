//! A figure by its key: what to compute, as text that a study file can hold.
//!
//! | key | figure |
//! |---|---|
//! | `treated`, `enrolled` | patients |
//! | `attribute/NAME=VALUE` | patients with a property before treatment |
//! | `response/CRITERION/CATEGORY/POINT/POPULATION` | rate of a response |
//! | `assessed/CRITERION/MONTHS` | patients that can be judged at a time point, of those treated |
//! | `lesion/CRITERION/CATEGORY/MONTHS` | single lesions, of those judged |
//! | `lesion-mean/CRITERION/MONTHS` | fall of the mean lesion of each patient, %: least and most |
//! | `marker/MARKER/DEFINITION/POINT/POPULATION` | response of a marker |
//! | `symptom/GRADE` | relief of those with a symptom of that grade or worse at baseline |
//! | `analogue/halved`, `analogue/stopped` | of those with an analogue at treatment |
//! | `composite/WORDS`, `analogue/halved/WORDS` | several responses at once; of its responders |
//! | `toxicity/WORDS/GRADE/patients`, `…/events` | adverse events by term or organ system |
//! | `survival/NAME` | a time to an event by Kaplan and Meier |
//! | `alive`, `deaths/CAUSE`, `death-months/CAUSE` | status when last heard of |
//! | `follow-up/median`, `follow-up/range` | months to the last contact or death |
//! | `treatments`, `activities` | number of treatments; GBq of each, in order |
//! | `last-assessment` | months to the last assessment of each patient |
//!
//! `POINT` is a number of months, `best` or `confirmed`; `POPULATION` is
//! `treated`, `evaluable` or `point`; `CATEGORY` a name of [`Category`];
//! `GRADE` is `any`, `3` or `3+`; `WORDS` of an event are parts of a term or a
//! system with `|` between; those of a composite are `imaging`, `marker` and
//! `symptoms` with ` or ` or ` and ` between.

use std::fmt;
use std::str::FromStr;

use super::at_time_point::Population;
use super::category::Category;
use crate::OutcomeError;
use crate::response::CauseOfDeath;

/// When a response counts.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Point {
    /// At a time point, months from the first treatment.
    Months(f64),
    /// The best of all.
    Best,
    /// The best of all, confirmed.
    Confirmed,
}

/// Which grades count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GradeLimit {
    /// All, those without a grade as well.
    Any,
    /// One grade.
    Exactly(u8),
    /// A grade and all worse.
    AtLeast(u8),
}

/// What of events is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventCount {
    /// Patients with one or more.
    Patients,
    /// Events.
    Events,
}

/// A response that is part of a composite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompositePart {
    /// Objective best response by the first criterion.
    Imaging,
    /// Response of any marker by the first definition, at any time.
    Marker,
    /// Relief of any symptom at any time.
    Symptoms,
}

/// Several responses at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composite {
    /// Its parts.
    pub parts: Vec<CompositePart>,
    /// Whether all are needed; else any is enough.
    pub all: bool,
}

/// How a dose of an analogue changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnalogueFall {
    /// By half or more, a stop included.
    Halved,
    /// Stopped for more than six months.
    Stopped,
}

/// A figure of a cohort.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the table of the module names every field")]
pub enum Figure {
    Treated,
    Enrolled,
    Attribute {
        name: String,
        value: String,
    },
    Response {
        criterion: String,
        category: Category,
        point: Point,
        population: Population,
    },
    Assessed {
        criterion: String,
        months: f64,
    },
    Lesion {
        criterion: String,
        category: Category,
        months: f64,
    },
    LesionMean {
        criterion: String,
        months: f64,
    },
    Marker {
        marker: String,
        definition: String,
        point: Point,
        population: Population,
    },
    Symptom {
        least_grade: u8,
    },
    Analogue {
        fall: AnalogueFall,
        among: Option<Composite>,
    },
    Composite {
        composite: Composite,
    },
    Toxicity {
        words: Vec<String>,
        grade: GradeLimit,
        count: EventCount,
    },
    Survival {
        name: String,
    },
    Alive,
    Deaths {
        cause: Option<CauseOfDeath>,
    },
    DeathMonths {
        cause: Option<CauseOfDeath>,
    },
    FollowUpMedian,
    FollowUpRange,
    Treatments,
    Activities,
    LastAssessment,
}

const CAUSES: [(&str, Option<CauseOfDeath>); 6] = [
    ("any", None),
    ("liver", Some(CauseOfDeath::LiverDisease)),
    ("extrahepatic", Some(CauseOfDeath::ExtrahepaticDisease)),
    ("treatment", Some(CauseOfDeath::Treatment)),
    ("other", Some(CauseOfDeath::Other)),
    ("unknown", Some(CauseOfDeath::Unknown)),
];

impl Point {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "confirmed" => Ok(Self::Confirmed),
            number => months(number).map(Self::Months),
        }
    }
}

fn months(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|months| *months > 0.0 && months.is_finite())
        .ok_or_else(|| format!("`{text}` is no number of months; allowed are numbers over 0"))
}

fn category(text: &str) -> Result<Category, String> {
    Category::named(text).ok_or_else(|| {
        format!(
            "`{text}` is no category; allowed are {}",
            Category::ALL.map(Category::name).join(", ")
        )
    })
}

fn population(text: &str) -> Result<Population, String> {
    Population::ALL
        .into_iter()
        .find(|population| population.name() == text)
        .ok_or_else(|| {
            format!(
                "`{text}` is no population; allowed are {}",
                Population::ALL.map(Population::name).join(", ")
            )
        })
}

fn cause(text: &str) -> Result<Option<CauseOfDeath>, String> {
    CAUSES
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, cause)| *cause)
        .ok_or_else(|| {
            format!(
                "`{text}` is no cause; allowed are {}",
                CAUSES.map(|(name, _)| name).join(", ")
            )
        })
}

/// The name of a cause in keys.
#[must_use]
pub fn cause_name(cause: Option<CauseOfDeath>) -> &'static str {
    CAUSES
        .iter()
        .find(|(_, known)| *known == cause)
        .map_or("any", |(name, _)| name)
}

impl GradeLimit {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "any" {
            return Ok(Self::Any);
        }
        let (number, more) = match text.strip_suffix('+') {
            Some(number) => (number, true),
            None => (text, false),
        };
        match number.parse::<u8>() {
            Ok(grade @ 1..=5) if more => Ok(Self::AtLeast(grade)),
            Ok(grade @ 1..=5) => Ok(Self::Exactly(grade)),
            _ => Err(format!(
                "`{text}` is no grade; allowed are any, 1 to 5, and 1+ to 5+"
            )),
        }
    }

    /// Whether an event of this grade counts.
    #[must_use]
    pub const fn holds(self, grade: Option<u8>) -> bool {
        match (self, grade) {
            (Self::Any, _) => true,
            (Self::Exactly(wanted), Some(grade)) => grade == wanted,
            (Self::AtLeast(least), Some(grade)) => grade >= least,
            (_, None) => false,
        }
    }
}

impl fmt::Display for GradeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Exactly(grade) => write!(f, "{grade}"),
            Self::AtLeast(grade) => write!(f, "{grade}+"),
        }
    }
}

impl CompositePart {
    const fn name(self) -> &'static str {
        match self {
            Self::Imaging => "imaging",
            Self::Marker => "marker",
            Self::Symptoms => "symptoms",
        }
    }
}

impl FromStr for Composite {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = text.contains(" and ");
        if all && text.contains(" or ") {
            return Err(format!(
                "`{text}` mixes `and` with `or`; one of them is allowed"
            ));
        }
        let parts = text
            .split(if all { " and " } else { " or " })
            .map(|part| {
                [
                    CompositePart::Imaging,
                    CompositePart::Marker,
                    CompositePart::Symptoms,
                ]
                .into_iter()
                .find(|known| known.name() == part.trim())
                .ok_or_else(|| {
                    format!(
                        "`{part}` is no part of a composite; allowed are imaging, marker, symptoms"
                    )
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { parts, all })
    }
}

impl fmt::Display for Composite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<&str> = self.parts.iter().map(|part| part.name()).collect();
        f.write_str(&parts.join(if self.all { " and " } else { " or " }))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Months(months) => write!(f, "{months}"),
            Self::Best => f.write_str("best"),
            Self::Confirmed => f.write_str("confirmed"),
        }
    }
}

impl FromStr for Figure {
    type Err = OutcomeError;

    fn from_str(key: &str) -> Result<Self, OutcomeError> {
        parsed(key).map_err(|reason| OutcomeError::FigureKey {
            key: key.to_owned(),
            reason,
        })
    }
}

fn parsed(key: &str) -> Result<Figure, String> {
    let parts: Vec<&str> = key.split('/').collect();
    Ok(match parts[..] {
        ["treated"] => Figure::Treated,
        ["enrolled"] => Figure::Enrolled,
        ["attribute", pair] => {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("`{pair}` is no NAME=VALUE"))?;
            Figure::Attribute {
                name: name.to_owned(),
                value: value.to_owned(),
            }
        }
        ["response", criterion, of, point, population_of] => Figure::Response {
            criterion: criterion.to_owned(),
            category: category(of)?,
            point: Point::parse(point)?,
            population: population(population_of)?,
        },
        ["assessed", criterion, at] => Figure::Assessed {
            criterion: criterion.to_owned(),
            months: months(at)?,
        },
        ["lesion", criterion, of, at] => Figure::Lesion {
            criterion: criterion.to_owned(),
            category: category(of)?,
            months: months(at)?,
        },
        ["lesion-mean", criterion, at] => Figure::LesionMean {
            criterion: criterion.to_owned(),
            months: months(at)?,
        },
        ["marker", marker, definition, point, population_of] => Figure::Marker {
            marker: marker.to_owned(),
            definition: definition.to_owned(),
            point: Point::parse(point)?,
            population: population(population_of)?,
        },
        ["symptom", grade] => Figure::Symptom {
            least_grade: grade
                .parse()
                .ok()
                .filter(|grade| (1..=3).contains(grade))
                .ok_or_else(|| format!("`{grade}` is no grade of a symptom; allowed are 1 to 3"))?,
        },
        ["analogue", fall, ref among @ ..] if among.len() < 2 => Figure::Analogue {
            fall: match fall {
                "halved" => AnalogueFall::Halved,
                "stopped" => AnalogueFall::Stopped,
                other => return Err(format!("`{other}` is neither halved nor stopped")),
            },
            among: among.first().map(|words| words.parse()).transpose()?,
        },
        ["composite", words] => Figure::Composite {
            composite: words.parse()?,
        },
        ["toxicity", words, grade, count] => Figure::Toxicity {
            words: words.split('|').map(str::to_owned).collect(),
            grade: GradeLimit::parse(grade)?,
            count: match count {
                "patients" => EventCount::Patients,
                "events" => EventCount::Events,
                other => return Err(format!("`{other}` is neither patients nor events")),
            },
        },
        ["survival", name] => Figure::Survival {
            name: name.to_owned(),
        },
        ["alive"] => Figure::Alive,
        ["deaths", of] => Figure::Deaths { cause: cause(of)? },
        ["death-months", of] => Figure::DeathMonths { cause: cause(of)? },
        ["follow-up", "median"] => Figure::FollowUpMedian,
        ["follow-up", "range"] => Figure::FollowUpRange,
        ["treatments"] => Figure::Treatments,
        ["activities"] => Figure::Activities,
        ["last-assessment"] => Figure::LastAssessment,
        _ => {
            return Err(
                "it is none that is known; docs/methods/cohort.md lists the forms".to_owned(),
            );
        }
    })
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Treated => f.write_str("treated"),
            Self::Enrolled => f.write_str("enrolled"),
            Self::Attribute { name, value } => write!(f, "attribute/{name}={value}"),
            Self::Response {
                criterion,
                category,
                point,
                population,
            } => write!(
                f,
                "response/{criterion}/{}/{point}/{}",
                category.name(),
                population.name()
            ),
            Self::Assessed { criterion, months } => write!(f, "assessed/{criterion}/{months}"),
            Self::Lesion {
                criterion,
                category,
                months,
            } => write!(f, "lesion/{criterion}/{}/{months}", category.name()),
            Self::LesionMean { criterion, months } => {
                write!(f, "lesion-mean/{criterion}/{months}")
            }
            Self::Marker {
                marker,
                definition,
                point,
                population,
            } => write!(
                f,
                "marker/{marker}/{definition}/{point}/{}",
                population.name()
            ),
            Self::Symptom { least_grade } => write!(f, "symptom/{least_grade}"),
            Self::Analogue { fall, among } => {
                f.write_str(match fall {
                    AnalogueFall::Halved => "analogue/halved",
                    AnalogueFall::Stopped => "analogue/stopped",
                })?;
                among
                    .as_ref()
                    .map_or(Ok(()), |composite| write!(f, "/{composite}"))
            }
            Self::Composite { composite } => write!(f, "composite/{composite}"),
            Self::Toxicity {
                words,
                grade,
                count,
            } => write!(
                f,
                "toxicity/{}/{grade}/{}",
                words.join("|"),
                match count {
                    EventCount::Patients => "patients",
                    EventCount::Events => "events",
                }
            ),
            Self::Survival { name } => write!(f, "survival/{name}"),
            Self::Alive => f.write_str("alive"),
            Self::Deaths { cause } => write!(f, "deaths/{}", cause_name(*cause)),
            Self::DeathMonths { cause } => write!(f, "death-months/{}", cause_name(*cause)),
            Self::FollowUpMedian => f.write_str("follow-up/median"),
            Self::FollowUpRange => f.write_str("follow-up/range"),
            Self::Treatments => f.write_str("treatments"),
            Self::Activities => f.write_str("activities"),
            Self::LastAssessment => f.write_str("last-assessment"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in [
            "treated",
            "attribute/line=1",
            "response/recist-1.0/partial/3/treated",
            "response/recist-1.1/objective/confirmed/evaluable",
            "assessed/lesion-level/9",
            "lesion/lesion-level/minor/9",
            "marker/chromogranin A/half/12/point",
            "symptom/2",
            "analogue/halved/imaging or symptoms",
            "analogue/stopped",
            "composite/imaging and marker",
            "toxicity/ulcer|gastr/3+/patients",
            "toxicity/gastrointestinal/3/events",
            "survival/os",
            "deaths/liver",
            "death-months/any",
            "follow-up/median",
        ] {
            let figure: Figure = key.parse().unwrap();
            assert_eq!(figure.to_string(), key);
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_key() {
        for (key, said) in [
            ("response/who/good/3/treated", "`good` is no category"),
            (
                "response/who/partial/0/treated",
                "`0` is no number of months",
            ),
            ("toxicity/ulcer/6/patients", "`6` is no grade"),
            ("composite/imaging or tea", "`tea` is no part"),
            ("composite/imaging or marker and symptoms", "mixes"),
            ("something", "none that is known"),
        ] {
            let error = key.parse::<Figure>().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
