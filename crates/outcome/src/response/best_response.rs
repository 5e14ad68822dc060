//! Best overall response, with and without confirmation.
//!
//! Without: the best of all time points up to progression or another
//! treatment, in the order CR, PR, MR, SD (NON-CR/NON-PD), PD, NE, where stable
//! disease counts from a least time after baseline on.
//!
//! With: a response counts when a second one at least four weeks later shows it
//! again, by the table of pairs of eisenhauer2009 (table 3):
//!
//! | first | next | best |
//! |---|---|---|
//! | CR | CR | CR |
//! | CR | PR, SD, PD | SD when CR lasted the least time of stable disease, else PD |
//! | CR | NE or none | SD when the least time is met, else NE |
//! | PR | CR, PR | PR |
//! | PR | SD | SD |
//! | PR | PD | SD when the least time is met, else PD |
//! | PR | NE or none | SD when the least time is met, else NE |
//!
//! For CR and then PR a protocol may say that CR was none and the best is PR.
//! Between the two of a pair, a number of assessments may be not evaluable.

use super::{CompleteThenPartial, CriterionRules, Day, Response};

/// Why the best response is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BestReason {
    /// The best of all time points.
    BestSeen,
    /// It was seen again on that day.
    Confirmed(Day),
    /// A response that was not confirmed counts as stable disease.
    Unconfirmed,
    /// Stable disease for long enough.
    LongEnough,
    /// Stable disease did not last the least time, and progression came.
    TooShortThenProgression,
    /// Stable disease did not last the least time, and nothing more is known.
    TooShort,
    /// Disease came back after complete response before the least time.
    BackAfterComplete,
    /// Only progression.
    OnlyProgression,
    /// Nothing could be evaluated.
    NothingEvaluable,
}

impl BestReason {
    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::BestSeen => "the best of all time points up to progression or another treatment",
            Self::Confirmed(_) => "seen again after the time that confirms it",
            Self::Unconfirmed => {
                "a response that was not confirmed is stable disease when it came late enough"
            }
            Self::LongEnough => "stable for at least the least time after baseline",
            Self::TooShortThenProgression => {
                "not stable for the least time before progression came"
            }
            Self::TooShort => "not followed for the least time of stable disease",
            Self::BackAfterComplete => {
                "disease came back after complete response before the least time of stable disease"
            }
            Self::OnlyProgression => "progression at the first evaluable time point",
            Self::NothingEvaluable => "no time point is evaluable",
        }
    }
}

/// The best response of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestResponse {
    /// The category.
    pub response: Response,
    /// The day on which it was first seen.
    pub day: Option<Day>,
    /// Why.
    pub reason: BestReason,
}

impl BestResponse {
    const fn of(response: Response, day: Option<Day>, reason: BestReason) -> Self {
        Self {
            response,
            day,
            reason,
        }
    }
}

/// Rank of a response: smaller is better.
const fn rank(response: Response) -> u8 {
    match response {
        Response::Complete => 0,
        Response::Partial => 1,
        Response::Minor => 2,
        Response::Stable => 3,
        Response::NonCompleteNonProgressive => 4,
        Response::Progressive => 5,
        Response::NotEvaluable => 6,
    }
}

/// The points that count: up to and with progression, before another treatment.
fn counted(
    points: impl Iterator<Item = (Day, Response)>,
    other_treatment: Option<Day>,
) -> Vec<(Day, Response)> {
    let mut counted = Vec::new();
    for (day, response) in points {
        if other_treatment.is_some_and(|other| day > other) {
            break;
        }
        counted.push((day, response));
        if response == Response::Progressive {
            break;
        }
    }
    counted
}

impl CriterionRules {
    /// Best response without and with confirmation of a sequence of overall
    /// responses in order of days, counted from the day of baseline.
    #[must_use]
    pub fn best_of(
        &self,
        baseline: Day,
        points: &[(Day, Response)],
        other_treatment: Option<Day>,
    ) -> [BestResponse; 2] {
        let points = counted(points.iter().copied(), other_treatment);
        [
            self.best_seen(baseline, &points),
            self.best_confirmed(baseline, &points),
        ]
    }

    fn long_enough(&self, baseline: Day, day: Day) -> bool {
        day.since(baseline) >= i32::from(self.stable_days)
    }

    fn best_seen(&self, baseline: Day, points: &[(Day, Response)]) -> BestResponse {
        let best = points
            .iter()
            .filter(|(_, response)| rank(*response) <= rank(Response::Minor))
            .min_by_key(|(_, response)| rank(*response));
        if let Some((day, response)) = best {
            return BestResponse::of(*response, Some(*day), BestReason::BestSeen);
        }
        self.without_response(baseline, points, BestReason::LongEnough)
    }

    /// Stable disease when it lasted, else progression, else not evaluable.
    fn without_response(
        &self,
        baseline: Day,
        points: &[(Day, Response)],
        reason: BestReason,
    ) -> BestResponse {
        let stable = points
            .iter()
            .filter(|(day, response)| {
                rank(*response) < rank(Response::Progressive) && self.long_enough(baseline, *day)
            })
            .min_by_key(|(_, response)| rank(*response));
        if let Some((day, response)) = stable {
            let response = match response {
                Response::NonCompleteNonProgressive => *response,
                _ => Response::Stable,
            };
            return BestResponse::of(response, Some(*day), reason);
        }
        let early = points
            .iter()
            .any(|(_, response)| rank(*response) < rank(Response::Progressive));
        let progression = points
            .iter()
            .find(|(_, response)| *response == Response::Progressive);
        match (progression, early) {
            (Some((day, _)), true) => BestResponse::of(
                Response::Progressive,
                Some(*day),
                BestReason::TooShortThenProgression,
            ),
            (Some((day, _)), false) => BestResponse::of(
                Response::Progressive,
                Some(*day),
                BestReason::OnlyProgression,
            ),
            (None, true) => BestResponse::of(Response::NotEvaluable, None, BestReason::TooShort),
            (None, false) => {
                BestResponse::of(Response::NotEvaluable, None, BestReason::NothingEvaluable)
            }
        }
    }

    /// The day on which a response at `first` is seen again.
    fn confirmation(
        &self,
        points: &[(Day, Response)],
        first: usize,
        again: impl Fn(Response) -> bool,
    ) -> Option<Day> {
        let (day, _) = *points.get(first)?;
        let mut missed = 0;
        for (later, response) in points.get(first + 1..)? {
            if again(*response) {
                if later.since(day) >= i32::from(self.confirmation_days) {
                    return Some(*later);
                }
            } else if *response == Response::NotEvaluable && missed < self.missed_between {
                missed += 1;
            } else {
                return None;
            }
        }
        None
    }

    fn best_confirmed(&self, baseline: Day, points: &[(Day, Response)]) -> BestResponse {
        for (at, (day, response)) in points.iter().enumerate() {
            if *response != Response::Complete {
                continue;
            }
            let again = self.confirmation(points, at, |response| response == Response::Complete);
            if let Some(later) = again {
                return BestResponse::of(
                    Response::Complete,
                    Some(*day),
                    BestReason::Confirmed(later),
                );
            }
        }
        for (at, (day, response)) in points.iter().enumerate() {
            let starts = *response == Response::Partial
                || (*response == Response::Complete && self.cr_then_pr == CompleteThenPartial::Pr);
            if !starts {
                continue;
            }
            if let Some(later) = self.confirmation(points, at, Response::is_objective) {
                return BestResponse::of(
                    Response::Partial,
                    Some(*day),
                    BestReason::Confirmed(later),
                );
            }
        }
        if let Some((day, _)) = points
            .iter()
            .find(|(_, response)| *response == Response::Minor)
        {
            return BestResponse::of(Response::Minor, Some(*day), BestReason::BestSeen);
        }
        // What comes back after complete response is progression.
        if let Some(at) = points
            .iter()
            .position(|(_, response)| *response == Response::Complete)
            && let Some(back) = points[at + 1..].iter().position(|(_, response)| {
                !matches!(response, Response::Complete | Response::NotEvaluable)
            })
        {
            let until = at + 1 + back;
            let (day, _) = points[until];
            let best = self.without_response(baseline, &points[..until], BestReason::Unconfirmed);
            if best.response == Response::NotEvaluable {
                return BestResponse::of(
                    Response::Progressive,
                    Some(day),
                    BestReason::BackAfterComplete,
                );
            }
            return best;
        }
        let responded = points.iter().any(|(_, response)| response.is_objective());
        // A partial response and then stable disease is stable disease.
        if let Some(pair) = points
            .windows(2)
            .find(|pair| pair[0].1 == Response::Partial && pair[1].1 == Response::Stable)
        {
            return BestResponse::of(Response::Stable, Some(pair[0].0), BestReason::Unconfirmed);
        }
        let reason = if responded {
            BestReason::Unconfirmed
        } else {
            BestReason::LongEnough
        };
        self.without_response(baseline, points, reason)
    }
}
