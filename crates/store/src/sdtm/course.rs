//! What a patient was given, and how it ended: EX, DM, DS and DD.
//!
//! A treatment needs its day, and a rough one is refused with its place. Death
//! that is known to the month, or not at all, stays death: the record has its
//! first and last possible day. Somebody who is alive in a month is so on its
//! first day at least.

use sirt_outcome::{CauseOfDeath, Day, DayScale, Status, Treatment, TreatmentKind};

use super::subject::Row;
use super::visit::VisitDate;

/// The rows of a patient that say it.
pub(super) struct Course<'a> {
    pub(super) exposure: &'a [Row<'a>],
    pub(super) demography: &'a [Row<'a>],
    pub(super) disposition: &'a [Row<'a>],
    /// DD.
    pub(super) death: &'a [Row<'a>],
}

/// What tables say of death.
#[derive(Clone, Copy)]
enum Death {
    /// Nothing.
    NotSaid,
    /// That it came.
    Said,
    /// From one day to another: a month or a year.
    Within(Day, Day),
    /// The day.
    On(Day),
}

impl Death {
    fn on(date: VisitDate) -> Self {
        match date {
            VisitDate::Exact(day) => Self::On(day),
            VisitDate::Rough(first, last) => Self::Within(first, last),
            VisitDate::None => Self::Said,
        }
    }

    /// This, or what a later table knows better and does not contradict.
    fn or(self, later: Self) -> Self {
        match (self, later) {
            (Self::NotSaid | Self::Said, Self::NotSaid) => self,
            (Self::NotSaid | Self::Said, _) => later,
            (Self::Within(first, last), Self::On(day)) if (first..=last).contains(&day) => later,
            _ => self,
        }
    }
}

/// The date of a column.
fn date(row: Row<'_>, column: &str) -> Result<VisitDate, String> {
    VisitDate::parse(row.get(column)).map_err(|reason| row.wrong(column, reason))
}

/// The day of a treatment, which has to be one; none where nothing stands.
fn treated(row: Row<'_>, column: &str) -> Result<Option<Day>, String> {
    match date(row, column)? {
        VisitDate::Exact(day) => Ok(Some(day)),
        VisitDate::Rough(first, last) => Err(row.wrong(
            column,
            format!("a treatment from {first} to {last}; its day is needed"),
        )),
        VisitDate::None => Ok(None),
    }
}

/// The first day on which somebody was seen.
fn seen(row: Row<'_>, column: &str) -> Result<Option<Day>, String> {
    Ok(match date(row, column)? {
        VisitDate::Exact(day) | VisitDate::Rough(day, _) => Some(day),
        VisitDate::None => None,
    })
}

impl Course<'_> {
    /// All treatments in order of days; by DM where EX has none.
    pub(super) fn treatments(&self) -> Result<Vec<Treatment>, String> {
        let mut found = Vec::new();
        for row in self.exposure {
            let not_given = row.get("EXOCCUR").eq_ignore_ascii_case("N")
                || row.get("EXSTAT").eq_ignore_ascii_case("NOT DONE");
            if not_given {
                continue;
            }
            let day = treated(*row, "EXSTDTC")?
                .ok_or_else(|| row.wrong("EXSTDTC", "a treatment without a day".to_owned()))?;
            let gbq = row.get("EXDOSU").eq_ignore_ascii_case("GBq");
            found.push(Treatment {
                day,
                kind: if gbq {
                    TreatmentKind::Radioembolisation
                } else {
                    TreatmentKind::Protocol
                },
                site: Some(row.get("EXLOC").to_owned()).filter(|site| !site.is_empty()),
                activity_gbq: gbq.then(|| row.get("EXDOSE").parse().ok()).flatten(),
            });
        }
        for row in self.demography {
            if found.is_empty()
                && let Some(day) = treated(*row, "RFXSTDTC")?
            {
                found.push(Treatment {
                    day,
                    kind: TreatmentKind::Protocol,
                    site: None,
                    activity_gbq: None,
                });
            }
        }
        found.sort_by_key(|treatment| treatment.day);
        Ok(found)
    }

    /// Why the patient died, by DD (DDTESTCD PRCDTH): the words `liver` or
    /// `hepatic`, `extrahepatic`, `treatment` or `toxicity`, `unknown`.
    fn cause(&self) -> Result<CauseOfDeath, String> {
        let mut found = CauseOfDeath::Unknown;
        for row in self.death {
            if !row.get("DDTESTCD").eq_ignore_ascii_case("PRCDTH") {
                continue;
            }
            let standard = row.get("DDSTRESC");
            let words = if standard.is_empty() {
                row.get("DDORRES")
            } else {
                standard
            };
            if words.is_empty() {
                return Err(row.wrong("DDSTRESC", "a cause of death without words".to_owned()));
            }
            let words = words.to_lowercase();
            let has = |word: &str| words.contains(word);
            found = if has("unknown") {
                CauseOfDeath::Unknown
            } else if has("treatment") || has("toxicity") {
                CauseOfDeath::Treatment
            } else if has("extrahepatic") || has("extra-hepatic") {
                CauseOfDeath::ExtrahepaticDisease
            } else if has("liver") || has("hepatic") {
                CauseOfDeath::LiverDisease
            } else {
                CauseOfDeath::Other
            };
        }
        Ok(found)
    }

    /// How it ended; `scanned` is the last day of a scan. Days of a study have
    /// no dates to compare with: there only death itself is known.
    pub(super) fn status(
        &self,
        scale: DayScale,
        scanned: Option<Day>,
    ) -> Result<Option<Status>, String> {
        let mut death = Death::NotSaid;
        let mut alive = scanned;
        for row in self.demography {
            let died = date(*row, "DTHDTC")?;
            if died != VisitDate::None || row.get("DTHFL").eq_ignore_ascii_case("Y") {
                death = death.or(Death::on(died));
            }
            alive = alive.max(seen(*row, "RFPENDTC")?);
        }
        for row in self.disposition {
            if row.get("DSDECOD").eq_ignore_ascii_case("DEATH") {
                death = death.or(Death::on(date(*row, "DSSTDTC")?));
            } else {
                alive = alive.max(seen(*row, "DSSTDTC")?);
            }
        }
        let cause = self.cause()?;
        let unknown = |within| Some(Status::DeadOnUnknownDay { within, cause });
        Ok(match (death, scale) {
            (Death::NotSaid, DayScale::Study) => None,
            (Death::NotSaid, DayScale::Calendar) => alive
                .filter(|_| !self.demography.is_empty() || !self.disposition.is_empty())
                .map(|last_contact| Status::Alive { last_contact }),
            (Death::On(day), DayScale::Calendar) => Some(Status::Dead { day, cause }),
            (Death::Within(first, last), DayScale::Calendar) => unknown(Some([first, last])),
            (Death::Said, DayScale::Calendar) | (_, DayScale::Study) => unknown(None),
        })
    }
}
