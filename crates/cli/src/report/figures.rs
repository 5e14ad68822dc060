//! Numbers and instants as a report prints them: no more digits than they deserve.

use jiff::Timestamp;
use jiff::tz::Offset;
use sirt_store::Case;

/// What stands where there is nothing.
pub(super) const NONE: &str = "–";

/// Activity in GBq: two decimals, three under 0.1.
pub(super) fn gbq(value: f64) -> String {
    if value.abs() < 0.095 && value != 0.0 {
        format!("{value:.3}")
    } else {
        format!("{value:.2}")
    }
}

/// Dose in Gy: one decimal, none from 100, two under 1.
pub(super) fn gy(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size < 0.995 && size > 0.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// Volume in mL or mass in g: whole from 100, one decimal under.
pub(super) fn ml(value: f64) -> String {
    if value.abs() >= 99.95 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// A text of a number with a minus sign for a hyphen, and none before zero.
fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| !('1'..='9').contains(&c)) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text.to_owned(),
    }
}

/// A fraction as percent, with one decimal.
pub(super) fn percent(fraction: f64) -> String {
    signed(&format!("{:.1} %", fraction * 100.0))
}

/// A lung shunt, or its uncertainty, as percent with two decimals.
pub(super) fn shunt(fraction: f64) -> String {
    format!("{:.2} %", fraction * 100.0)
}

/// A probability as percent: never certain, since it is sampled.
pub(super) fn probability(value: f64) -> String {
    match value * 100.0 {
        percent if percent < 1.0 => "< 1 %".to_owned(),
        percent if percent > 99.0 => "> 99 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// A ratio: two decimals, one from 10.
pub(super) fn ratio(value: f64) -> String {
    if value.abs() >= 9.995 {
        signed(&format!("{value:.1}"))
    } else {
        signed(&format!("{value:.2}"))
    }
}

/// A difference in percent, with its sign.
pub(super) fn difference(percent: f64) -> String {
    if percent.abs() < 0.05 {
        return "0.0 %".to_owned();
    }
    format!("{percent:+.1} %").replace('-', "−")
}

/// A dose with its interval, `160 (98–240)`.
pub(super) fn gy_with_interval(dose: Option<f64>, interval: Option<[f64; 2]>) -> String {
    match (dose, interval) {
        (Some(dose), Some([lower, upper])) => {
            format!("{} ({}–{})", gy(dose), gy(lower), gy(upper))
        }
        (Some(dose), None) => gy(dose),
        (None, _) => NONE.to_owned(),
    }
}

/// A value where there is one.
pub(super) fn optional(value: Option<f64>, print: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| NONE.to_owned(), print)
}

/// The clock of the place of treatment: the offset that the case itself uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(Offset);

impl Clock {
    pub(super) fn of(case: &Case) -> Self {
        let offset = case
            .prescriptions
            .iter()
            .filter_map(|prescription| prescription.at)
            .chain(case.sessions.iter().map(|session| session.earliest))
            .chain(case.administrations.iter().map(|given| given.at))
            .map(sirt_store::Instant::offset)
            .next();
        Self(offset.unwrap_or(Offset::UTC))
    }

    pub(super) const fn offset(self) -> Offset {
        self.0
    }

    /// The day of an instant.
    pub(super) fn day(self, at: Timestamp) -> jiff::civil::Date {
        self.0.to_datetime(at).date()
    }

    /// Hours from the beginning of a day to an instant.
    pub(super) fn hours_since(self, day: jiff::civil::Date, at: Timestamp) -> anyhow::Result<f64> {
        let start = self
            .0
            .to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))?;
        Ok(at.duration_since(start).as_secs_f64() / 3600.0)
    }

    /// `Mon 16 Mar, 11:30`: what a ward reads.
    pub(super) fn day_and_minute(self, at: Timestamp) -> String {
        self.0
            .to_datetime(at)
            .strftime("%a %d %b, %H:%M")
            .to_string()
    }

    /// The zone, said once beside the instants.
    pub(super) fn zone(self) -> String {
        if self.0 == Offset::UTC {
            "UTC".to_owned()
        } else {
            format!("UTC{}", self.0)
        }
    }
}

/// `2026-03-16 11:30 +01:00`, from an instant as a case writes it.
pub(super) fn instant(at: sirt_store::Instant) -> String {
    at.to_string().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_they_deserve() {
        assert_eq!(gbq(1.798_76), "1.80");
        assert_eq!(gbq(0.0512), "0.051");
        assert_eq!(gy(160.3), "160");
        assert_eq!(gy(99.97), "100");
        assert_eq!(gy(40.04), "40.0");
        assert_eq!(gy(0.123), "0.12");
        assert_eq!(ml(99.97), "100");
        assert_eq!(probability(0.9999), "> 99 %");
        assert_eq!(probability(0.5), "50 %");
        assert_eq!(difference(-3.46), "−3.5 %");
        assert_eq!(difference(-0.0001), "0.0 %");
        assert_eq!(percent(-0.0001), "0.0 %");
        assert_eq!(ratio(-0.5), "−0.50");
        assert_eq!(
            gy_with_interval(Some(160.0), Some([98.2, 240.0])),
            "160 (98.2–240)"
        );
    }
}
