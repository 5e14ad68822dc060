//! Times of single patients from a published curve and its numbers at risk.
//!
//! A digitised curve has clicks $(t_k, S_k)$; the numbers at risk $n_i$ stand
//! at times $\tau_i$. Within an interval the number of censored is guessed,
//! spread evenly, and events follow the curve:
//! $d_k = \operatorname{round}(\hat n_k (1 - S_k/\hat S))$,
//! $\hat S \leftarrow \hat S (1 - d_k/\hat n_k)$,
//! $\hat n_{k+1} = \hat n_k - d_k - c_k$. The guess is changed by
//! $\hat n(\tau_{i+1}) - n_{i+1}$ until that is 0. Past the last number at
//! risk the censored are chosen so that the events add up to the total where
//! it is printed; else the mean rate of censoring before it goes on.
//!
//! Assumed: censoring is even within an interval. What comes out is one set
//! of times that draws the curve, and not the patients.
//! Source: guyot2012, algorithm of section 2.

use super::check_length;
use crate::OutcomeError;

/// Most patients of a curve: a row is made for each.
const MOST_PATIENTS: u64 = 1_000_000;

const METHOD: &str = "reconstruction of a curve (Guyot)";
/// Changes of a guess before it is left as it is: more than patients at risk
/// only where the curve and the numbers contradict each other.
const MOST_STEPS: usize = 2_000;

/// What is printed of a curve.
#[derive(Debug, Clone, Copy)]
pub struct PublishedCurve<'a> {
    /// Times of the clicks, ascending.
    pub time: &'a [f64],
    /// Survival at the clicks, 0..=1, never rising.
    pub survival: &'a [f64],
    /// Times of the numbers at risk, ascending from 0.
    pub risk_time: &'a [f64],
    /// Numbers at risk.
    pub at_risk: &'a [u64],
    /// Events in all, where they are printed.
    pub events: Option<u64>,
}

/// Times of single patients that draw the curve.
#[derive(Debug, Clone, PartialEq)]
pub struct ReconstructedCurve {
    /// Time of the event or of censoring.
    pub time: Vec<f64>,
    /// Whether it is an event.
    pub event: Vec<bool>,
    /// Largest distance of the product-limit curve of these times from the
    /// clicks.
    pub largest_difference: f64,
    /// At each number at risk how many there are here less those printed.
    pub risk_difference: Vec<i64>,
}

fn refused(reason: String) -> OutcomeError {
    OutcomeError::NotEstimable {
        method: METHOD,
        reason,
    }
}

/// The clicks of one interval, and the state of the curve in it.
struct Walk<'a> {
    time: &'a [f64],
    survival: &'a [f64],
    /// At risk, survival so far.
    at_risk: f64,
    level: f64,
    events: Vec<f64>,
    censored: Vec<f64>,
}

/// Times of single patients from a published curve.
///
/// # Errors
/// [`OutcomeError::ColumnLength`] and [`OutcomeError::NotEstimable`] for
/// columns that are no curve: survival that rises or is outside of 0 to 1,
/// times that do not ascend, numbers at risk that rise or do not start at 0.
pub fn reconstruct_curve(curve: &PublishedCurve<'_>) -> Result<ReconstructedCurve, OutcomeError> {
    check(curve)?;
    // The curve starts at 1 whether or not somebody clicked there.
    let mut time = curve.time.to_vec();
    let mut survival = curve.survival.to_vec();
    if time[0] > 0.0 {
        time.insert(0, 0.0);
        survival.insert(0, 1.0);
    }
    survival[0] = 1.0;
    // Each interval starts at the time of its number at risk, with the survival of
    // the click before: a plateau needs no click of its own.
    for at in curve.risk_time {
        let place = time.partition_point(|click| click < at);
        if time.get(place).is_none_or(|click| click > at) {
            time.insert(place, *at);
            survival.insert(place, survival[place - 1]);
        }
    }
    let clicks = time.len();
    let starts: Vec<usize> = curve
        .risk_time
        .iter()
        .map(|at| time.partition_point(|click| click < at))
        .collect();
    let mut events = vec![0.0; clicks];
    let mut censored = vec![0.0; clicks];
    let mut level = 1.0;
    let mut at_risk = curve.at_risk[0] as f64;
    let mut rates: Vec<f64> = Vec::new();
    for (interval, from) in starts.iter().enumerate() {
        let to = starts.get(interval + 1).copied().unwrap_or(clicks);
        let part = Walk {
            time: &time[*from..to],
            survival: &survival[*from..to],
            at_risk,
            level,
            events: Vec::new(),
            censored: Vec::new(),
        };
        let next = curve
            .at_risk
            .get(interval + 1)
            .filter(|_| interval + 1 < starts.len());
        let end = time.get(to).copied().unwrap_or(time[clicks - 1]);
        let found = match next {
            Some(next) => part.to_number(*next as f64, end),
            None => {
                let before: f64 = events.iter().sum();
                let rate = if rates.is_empty() {
                    0.0
                } else {
                    rates.iter().sum::<f64>() / rates.len() as f64
                };
                part.to_end(curve.events.map(|all| all as f64 - before), rate, end)
            }
        };
        if next.is_some() {
            let length = end - time[*from];
            if length > 0.0 && at_risk > 0.0 {
                rates.push(found.censored.iter().sum::<f64>() / at_risk / length);
            }
        }
        events[*from..to].copy_from_slice(&found.events);
        censored[*from..to].copy_from_slice(&found.censored);
        at_risk = found.at_risk;
        level = found.level;
    }
    let mut found = patients(&time, &survival, &events, &censored, at_risk);
    // Of the rows that were made, not of the walk that made them.
    found.risk_difference = curve
        .risk_time
        .iter()
        .zip(curve.at_risk)
        .map(|(at, printed)| {
            let made: i64 = found.time.iter().map(|time| i64::from(time >= at)).sum();
            made - i64::try_from(*printed).unwrap_or(i64::MAX)
        })
        .collect();
    Ok(found)
}

impl Walk<'_> {
    /// Events of the interval when so many are censored in it, evenly.
    fn walked(&self, number: f64, end: f64) -> Self {
        let clicks = self.time.len();
        let mut censored: Vec<f64> = vec![0.0; clicks];
        let start = self.time[0];
        for each in 1..=(number.max(0.0) as usize) {
            let at = start + each as f64 * (end - start) / (number + 1.0);
            let place = self.time.partition_point(|click| *click <= at);
            censored[place.saturating_sub(1)] += 1.0;
        }
        let (mut at_risk, mut level) = (self.at_risk, self.level);
        let mut events = vec![0.0; clicks];
        for click in 0..clicks {
            if at_risk > 0.0 && level > 0.0 {
                let lost = (at_risk * (1.0 - self.survival[click] / level)).round();
                events[click] = lost.clamp(0.0, at_risk);
                level *= 1.0 - events[click] / at_risk;
            }
            at_risk -= events[click];
            censored[click] = censored[click].min(at_risk);
            at_risk -= censored[click];
        }
        Self {
            time: self.time,
            survival: self.survival,
            at_risk,
            level,
            events,
            censored,
        }
    }

    /// The walk that comes to the next number at risk, or nearest to it.
    fn to_number(&self, next: f64, end: f64) -> Self {
        let last = self.survival[self.survival.len() - 1];
        let kept = if self.level > 0.0 {
            last / self.level
        } else {
            0.0
        };
        let mut number = (self.at_risk * kept - next).round().max(0.0);
        let mut best = self.walked(number, end);
        for _ in 0..MOST_STEPS {
            let apart = best.at_risk - next;
            if apart.abs() < 0.5 || (number <= 0.0 && apart < 0.0) {
                break;
            }
            let changed = (number + apart).max(0.0).min(self.at_risk);
            if (changed - number).abs() < 0.5 {
                break;
            }
            let walked = self.walked(changed, end);
            if (walked.at_risk - next).abs() >= apart.abs() {
                break;
            }
            number = changed;
            best = walked;
        }
        best
    }

    /// The walk past the last number at risk.
    fn to_end(&self, events: Option<f64>, rate: f64, end: f64) -> Self {
        let length = end - self.time[0];
        let by_rate = (rate * self.at_risk * length).round();
        let mut best = self.walked(by_rate.min(self.at_risk), end);
        let Some(wanted) = events else {
            return best;
        };
        let apart = |walk: &Self| (walk.events.iter().sum::<f64>() - wanted).abs();
        for number in 0..=(self.at_risk as usize) {
            let walked = self.walked(number as f64, end);
            if apart(&walked) < apart(&best) {
                best = walked;
            }
        }
        best
    }
}

/// Rows of patients, and how near their curve is.
fn patients(
    time: &[f64],
    survival: &[f64],
    events: &[f64],
    censored: &[f64],
    left: f64,
) -> ReconstructedCurve {
    let mut found = ReconstructedCurve {
        time: Vec::new(),
        event: Vec::new(),
        largest_difference: 0.0,
        risk_difference: Vec::new(),
    };
    let mut at_risk: f64 = events.iter().sum::<f64>() + censored.iter().sum::<f64>() + left;
    let mut level: f64 = 1.0;
    let mut add = |at: f64, event: bool, number: f64| {
        for _ in 0..(number.round().max(0.0) as usize) {
            found.time.push(at);
            found.event.push(event);
        }
    };
    let mut largest: f64 = 0.0;
    for click in 0..time.len() {
        if at_risk > 0.0 {
            level *= 1.0 - events[click] / at_risk;
        }
        largest = largest.max((level - survival[click]).abs());
        add(time[click], true, events[click]);
        // Between this click and the next.
        let next = time.get(click + 1).copied().unwrap_or(time[click]);
        add(f64::midpoint(time[click], next), false, censored[click]);
        at_risk -= events[click] + censored[click];
    }
    add(time[time.len() - 1], false, left);
    found.largest_difference = largest;
    found
}

fn check(curve: &PublishedCurve<'_>) -> Result<(), OutcomeError> {
    check_length("survival", curve.survival.len(), curve.time.len())?;
    check_length("at risk", curve.at_risk.len(), curve.risk_time.len())?;
    if curve.time.is_empty() || curve.at_risk.is_empty() {
        return Err(refused(
            "a curve needs a click and a number at risk".to_owned(),
        ));
    }
    let ascending = |times: &[f64]| {
        times.iter().all(|time| time.is_finite() && *time >= 0.0)
            && times.windows(2).all(|pair| pair[0] <= pair[1])
    };
    if !ascending(curve.time) {
        return Err(refused(
            "times of clicks do not ascend from 0 on".to_owned(),
        ));
    }
    if !curve.risk_time.windows(2).all(|pair| pair[0] < pair[1])
        || !ascending(curve.risk_time)
        || curve.risk_time[0] > 0.0
    {
        return Err(refused(
            "times of the numbers at risk do not ascend from 0".to_owned(),
        ));
    }
    if curve.at_risk[0] > MOST_PATIENTS {
        return Err(refused(format!(
            "{} patients at risk; allowed are up to {MOST_PATIENTS}",
            curve.at_risk[0]
        )));
    }
    if let Some(row) =
        (0..curve.time.len()).find(|row| !(0.0..=1.0).contains(&curve.survival[*row]))
    {
        return Err(refused(format!(
            "click {}: survival {} is outside 0..=1",
            row + 1,
            curve.survival[row]
        )));
    }
    for (row, pair) in curve.survival.windows(2).enumerate() {
        if pair[1] > pair[0] {
            return Err(refused(format!(
                "click {}: survival rises from {} to {}",
                row + 2,
                pair[0],
                pair[1]
            )));
        }
    }
    if let Some(row) = curve.at_risk.windows(2).position(|pair| pair[1] > pair[0]) {
        return Err(refused(format!(
            "number at risk {} rises from {} to {}",
            row + 2,
            curve.at_risk[row],
            curve.at_risk[row + 1]
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::survival::{KaplanMeierOptions, SurvivalColumns, kaplan_meier};

    /// A known cohort: 60 patients, a death every half month, three of four
    /// of those who are left censored late.
    fn known() -> (Vec<f64>, Vec<bool>) {
        let mut time = Vec::new();
        let mut event = Vec::new();
        for patient in 0..60 {
            let of = f64::from(patient);
            time.push(1.0 + 0.5 * of);
            event.push(patient % 3 != 0);
        }
        (time, event)
    }

    fn published(time: &[f64], event: &[bool]) -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<u64>) {
        let columns = SurvivalColumns::new(time, event);
        let curve = kaplan_meier(&columns, &KaplanMeierOptions::default()).unwrap();
        let (mut at, mut level) = (Vec::new(), Vec::new());
        for step in curve.steps.iter().filter(|step| step.events > 0.0) {
            at.push(step.time);
            level.push(step.survival);
        }
        let risk_time: Vec<f64> = (0..6).map(|number| 6.0 * f64::from(number)).collect();
        let at_risk = risk_time
            .iter()
            .map(|from| time.iter().filter(|time| *time >= from).count() as u64)
            .collect();
        (at, level, risk_time, at_risk)
    }

    #[test]
    fn a_known_cohort_comes_back() {
        let (time, event) = known();
        let (at, level, risk_time, at_risk) = published(&time, &event);
        let events = event.iter().filter(|event| **event).count() as u64;
        let found = reconstruct_curve(&PublishedCurve {
            time: &at,
            survival: &level,
            risk_time: &risk_time,
            at_risk: &at_risk,
            events: Some(events),
        })
        .unwrap();
        assert_eq!(found.time.len(), 60);
        // Clicks are exact, and events are whole: with 12 and more at risk up
        // to month 24 one event too many or too few moves the curve by 0.03
        // at most; of the last three patients one is a third of what is left.
        let at_times = |time: &[f64], event: &[bool]| {
            let columns = SurvivalColumns::new(time, event);
            let curve = kaplan_meier(&columns, &KaplanMeierOptions::default()).unwrap();
            [6.0, 12.0, 18.0, 24.0].map(|at| curve.at(at).unwrap().survival)
        };
        for (was, is) in at_times(&time, &event)
            .into_iter()
            .zip(at_times(&found.time, &found.event))
        {
            assert!((was - is).abs() < 0.03, "{was} became {is}");
        }
        assert!(found.largest_difference < 0.1, "{found:?}");
        let made = found.event.iter().filter(|event| **event).count() as u64;
        assert!(made.abs_diff(events) <= 1, "{made} of {events}");
        assert!(found.risk_difference.iter().all(|apart| apart.abs() <= 1));
        let median = |time: &[f64], event: &[bool]| {
            kaplan_meier(
                &SurvivalColumns::new(time, event),
                &KaplanMeierOptions::default(),
            )
            .unwrap()
            .median()
            .estimate
            .reached()
            .unwrap()
        };
        let (was, is) = (median(&time, &event), median(&found.time, &found.event));
        assert!((is / was - 1.0).abs() < 0.05, "{was} became {is}");
    }

    #[test]
    fn refuses_what_is_no_curve() {
        let with = |survival: &[f64], at_risk: &[u64]| {
            reconstruct_curve(&PublishedCurve {
                time: &[1.0, 2.0],
                survival,
                risk_time: &[0.0, 1.5],
                at_risk,
                events: None,
            })
            .map_err(|error| error.to_string())
        };
        assert!(with(&[0.9, 0.8], &[10, 8]).is_ok());
        assert!(
            with(&[0.8, 0.9], &[10, 8])
                .unwrap_err()
                .contains("click 2: survival rises")
        );
        assert!(
            with(&[1.8, 0.9], &[10, 8])
                .unwrap_err()
                .contains("outside 0..=1")
        );
        assert!(
            with(&[0.9, 0.8], &[10, 12])
                .unwrap_err()
                .contains("number at risk 2 rises")
        );
        assert!(with(&[0.9], &[10, 8]).is_err());
    }

    #[test]
    fn plateaus_and_numbers_after_the_last_click_are_walked() {
        // Two numbers at risk between two clicks, and two after the last.
        let curve = PublishedCurve {
            time: &[1.0, 2.0, 10.0],
            survival: &[0.95, 0.9, 0.8],
            risk_time: &[0.0, 3.0, 5.0, 12.0],
            at_risk: &[100, 85, 80, 10],
            events: None,
        };
        let found = reconstruct_curve(&curve).unwrap();
        assert_eq!(found.time.len(), 100);
        let at_risk = |at: f64| found.time.iter().filter(|time| **time >= at).count();
        // As printed, to the one patient that rounding of events can move.
        for (at, printed) in [(3.0, 85), (5.0, 80), (12.0, 10)] {
            assert!(at_risk(at).abs_diff(printed) <= 1, "{at}: {}", at_risk(at));
        }
        let many = PublishedCurve {
            risk_time: &[0.0],
            at_risk: &[4_000_000_000_000],
            ..curve
        };
        assert!(
            reconstruct_curve(&many)
                .unwrap_err()
                .to_string()
                .contains("1000000")
        );
    }
}
