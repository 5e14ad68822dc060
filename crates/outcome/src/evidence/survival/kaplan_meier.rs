//! Kaplan-Meier's product-limit estimate.
//!
//! `S(t) = ∏ (1 − dᵢ/nᵢ)` over the event times up to t (kaplan1958), variance
//! of ln S by Greenwood, `Σ dᵢ/(nᵢ(nᵢ − dᵢ))` (greenwood1926).
//! Intervals on S itself, on ln S, or on ln(−ln S) (kalbfleisch2002, section
//! 1.4); the last stays inside 0..=1 and is best in small groups.
//! Weights count as so many subjects. Left truncation enters the number at
//! risk; a risk set that empties early takes the curve to 0 for good, as in R.

use serde::{Deserialize, Serialize};

use super::{SurvivalColumns, order_by, sortable, unsortable};
use crate::OutcomeError;
use crate::evidence::check_level;
use crate::evidence::proportion::standard_normal_quantile;

/// The scale on which the interval is symmetric.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum SurvivalInterval {
    /// ln(−ln S).
    #[default]
    LogLog,
    /// ln S, cut at 1.
    Log,
    /// S, cut at 0 and 1.
    Plain,
}

impl SurvivalInterval {
    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogLog => "log-log",
            Self::Log => "log",
            Self::Plain => "plain",
        }
    }

    /// Ends for a survival and the standard error of its logarithm; none where
    /// the scale has no value.
    fn ends(self, survival: f64, error: f64, z: f64) -> (Option<f64>, Option<f64>) {
        match self {
            _ if survival <= 0.0 && self != Self::Plain => (None, None),
            Self::LogLog if survival >= 1.0 => (None, None),
            Self::LogLog => {
                let logarithm = survival.ln();
                let power = (z * error / logarithm).exp();
                // S^exp(±z·se/ln S); the exponent under 1 is the upper end.
                (
                    Some((logarithm / power).exp()),
                    Some((logarithm * power).exp()),
                )
            }
            Self::Log => (
                Some(survival * (-z * error).exp()),
                Some((survival * (z * error).exp()).min(1.0)),
            ),
            Self::Plain => {
                let half = survival * error * z;
                if half.is_nan() {
                    return (None, None);
                }
                (
                    Some((survival - half).max(0.0)),
                    Some((survival + half).min(1.0)),
                )
            }
        }
    }
}

impl std::fmt::Display for SurvivalInterval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How the curve's intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KaplanMeierOptions {
    /// The scale of the intervals.
    pub interval: SurvivalInterval,
    /// Two-sided confidence level of each time by itself, no band.
    pub level: f64,
}

impl Default for KaplanMeierOptions {
    fn default() -> Self {
        Self {
            interval: SurvivalInterval::LogLog,
            level: 0.95,
        }
    }
}

/// The curve at a time at which somebody had the event or was censored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KaplanMeierStep {
    /// The time.
    pub time: f64,
    /// At risk just before it (sum of weights).
    pub at_risk: f64,
    /// Events at it (sum of weights).
    pub events: f64,
    /// Censored at it (sum of weights).
    pub censored: f64,
    /// Survival from this time on.
    pub survival: f64,
    /// Standard error of the logarithm of survival; none once survival is 0.
    pub log_error: Option<f64>,
    /// Lower end; none where the scale has no value.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// A survival curve.
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    /// Rows.
    pub n: usize,
    /// Rows with the event.
    pub events: usize,
    /// Sum of weights of the rows.
    pub weight: f64,
    /// Sum of weights of the rows with the event.
    pub event_weight: f64,
    /// The steps in the order of time.
    pub steps: Vec<KaplanMeierStep>,
    /// How intervals were made.
    pub interval: SurvivalInterval,
    /// Their level.
    pub level: f64,
}

impl KaplanMeier {
    /// Survival at a time, with its interval; 1 before the first step.
    #[must_use]
    pub fn at(&self, time: f64) -> Option<&KaplanMeierStep> {
        let after = self.steps.partition_point(|step| step.time <= time);
        after.checked_sub(1).map(|last| &self.steps[last])
    }

    /// The method in words.
    #[must_use]
    pub fn method(&self) -> String {
        format!(
            "Kaplan-Meier, Greenwood, {} {} % intervals",
            self.interval,
            // 1e-9: the level as people write it.
            (self.level * 1e11).round() / 1e9
        )
    }
}

/// The curve of all rows.
///
/// # Errors
/// As [`SurvivalColumns::check`], and [`OutcomeError::Argument`] for the level.
/// No rows give a curve without steps.
pub fn kaplan_meier(
    columns: &SurvivalColumns<'_>,
    options: &KaplanMeierOptions,
) -> Result<KaplanMeier, OutcomeError> {
    columns.check()?;
    check_level(options.level)?;
    let z = standard_normal_quantile(0.5 + options.level / 2.0);
    let entries = columns.entry.map(order_by);
    let rows = columns.len();
    let total: f64 = (0..rows).map(|row| columns.weight_of(row)).sum();
    let mut curve = KaplanMeier {
        n: rows,
        events: columns.event.iter().filter(|event| **event).count(),
        weight: total,
        event_weight: (0..rows)
            .filter(|row| columns.event[*row])
            .map(|row| columns.weight_of(row))
            .sum(),
        steps: Vec::new(),
        interval: options.interval,
        level: options.level,
    };
    // Sums of weights leave rounding behind: rows are counted beside them.
    let mut at_risk = if entries.is_some() { 0.0 } else { total };
    let mut rows_at_risk = if entries.is_some() { 0 } else { rows };
    let mut entered = 0;
    let mut survival = 1.0_f64;
    let mut variance = 0.0_f64;
    let mut ends = None;
    for Tied {
        time,
        events,
        censored,
        leaving,
    } in tied(columns)
    {
        if let (Some(entries), Some(entry)) = (&entries, columns.entry) {
            while entered < rows && entry[entries[entered] as usize] < time {
                at_risk += columns.weight_of(entries[entered] as usize);
                rows_at_risk += 1;
                entered += 1;
            }
        }
        if events > 0.0 {
            let all = leaving == rows_at_risk && censored <= 0.0;
            let staying = if all { 0.0 } else { at_risk - events };
            survival *= staying / at_risk;
            variance += events / (at_risk * staying);
            ends = None;
        }
        let error = variance.sqrt();
        let (lower, upper) = *ends.get_or_insert_with(|| options.interval.ends(survival, error, z));
        curve.steps.push(KaplanMeierStep {
            time,
            at_risk,
            events,
            censored,
            survival,
            log_error: error.is_finite().then_some(error),
            lower,
            upper,
        });
        rows_at_risk -= leaving;
        at_risk = if rows_at_risk == 0 {
            0.0
        } else {
            at_risk - events - censored
        };
    }
    Ok(curve)
}

/// What happens at one time.
struct Tied {
    time: f64,
    /// Sum of weights of the events.
    events: f64,
    /// Sum of weights of the censored.
    censored: f64,
    /// Rows.
    leaving: usize,
}

/// The distinct times in order.
fn tied(columns: &SurvivalColumns<'_>) -> Vec<Tied> {
    let mut times: Vec<Tied> = Vec::new();
    let mut add = |time: f64, weight: f64, event: bool, rows: usize| {
        if times.last().is_none_or(|last| time > last.time) {
            times.push(Tied {
                time,
                events: 0.0,
                censored: 0.0,
                leaving: 0,
            });
        }
        if let Some(last) = times.last_mut() {
            *(if event {
                &mut last.events
            } else {
                &mut last.censored
            }) += weight;
            last.leaving += rows;
        }
    };
    if columns.weight.is_some() {
        for row in order_by(columns.time) {
            let row = row as usize;
            add(
                columns.time[row],
                columns.weight_of(row),
                columns.event[row],
                1,
            );
        }
        return times;
    }
    // Rows that count alike need no place: times alone are sorted, which ties
    // make fast.
    let of = |event: bool| -> Vec<u64> {
        let mut keys: Vec<u64> = columns
            .time
            .iter()
            .zip(columns.event)
            .filter(|(_, own)| **own == event)
            .map(|(time, _)| sortable(*time))
            .collect();
        keys.sort_unstable();
        keys
    };
    let (events, censored) = (of(true), of(false));
    let (mut events, mut censored) = (events.as_slice(), censored.as_slice());
    while let Some(next) = [events.first(), censored.first()]
        .into_iter()
        .flatten()
        .min()
    {
        let next = *next;
        for (keys, event) in [(&mut events, true), (&mut censored, false)] {
            let rows = keys.iter().take_while(|key| **key == next).count();
            if rows > 0 {
                add(unsortable(next), rows as f64, event, rows);
                *keys = &keys[rows..];
            }
        }
    }
    times
}

/// Follow-up by the reverse curve: censoring is the event (schemper1996).
///
/// # Errors
/// As [`kaplan_meier`].
pub fn reverse_kaplan_meier(
    columns: &SurvivalColumns<'_>,
    options: &KaplanMeierOptions,
) -> Result<KaplanMeier, OutcomeError> {
    let censored: Vec<bool> = columns.event.iter().map(|event| !event).collect();
    kaplan_meier(
        &SurvivalColumns {
            event: &censored,
            ..*columns
        },
        options,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rows_and_one_row_have_curves() {
        let empty = kaplan_meier(&SurvivalColumns::new(&[], &[]), &Default::default()).unwrap();
        assert!(empty.steps.is_empty());
        let one =
            kaplan_meier(&SurvivalColumns::new(&[5.0], &[true]), &Default::default()).unwrap();
        assert_eq!(one.steps[0].survival.to_bits(), 0.0_f64.to_bits());
        assert_eq!(one.steps[0].lower, None);
        assert!(one.at(4.9).is_none());
    }

    #[test]
    fn six_patients_by_hand() {
        // Times 1, 2, 2+, 3, 4+, 5 with events at 1, 2, 3, 5: 5/6, then 4/5 of
        // it, then 2/3 of it, then 0.
        let time = [3.0, 1.0, 2.0, 2.0, 4.0, 5.0];
        let event = [true, true, true, false, false, true];
        let curve =
            kaplan_meier(&SurvivalColumns::new(&time, &event), &Default::default()).unwrap();
        let survival: Vec<f64> = curve.steps.iter().map(|step| step.survival).collect();
        for (found, expected) in
            survival
                .iter()
                .zip([5.0 / 6.0, 2.0 / 3.0, 4.0 / 9.0, 4.0 / 9.0, 0.0])
        {
            assert!((found - expected).abs() < 1e-15);
        }
        assert_eq!(
            curve.method(),
            "Kaplan-Meier, Greenwood, log-log 95 % intervals"
        );
    }
}
