//! A point in time with the offset from UTC at which it was written.
//!
//! An activity is nothing without the instant it refers to, and a clock time
//! is none without its offset: a calendar that crosses the change to summer
//! time shifts by an hour, which is 1.1 % of Y-90.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use sirt_quantity::TimeSpan;

/// A point in time with the offset at which it was written.
///
/// Two of them are equal when they are the same point in time.
#[derive(Clone, Copy)]
pub struct Instant {
    timestamp: Timestamp,
    offset: Offset,
}

impl Instant {
    /// From a point in time and the offset to show it with.
    #[must_use]
    pub const fn new(timestamp: Timestamp, offset: Offset) -> Self {
        Self { timestamp, offset }
    }

    /// The point in time.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.timestamp
    }

    /// The offset from UTC.
    #[must_use]
    pub const fn offset(self) -> Offset {
        self.offset
    }

    /// What a clock at this offset shows.
    #[must_use]
    pub fn civil(self) -> DateTime {
        self.offset.to_datetime(self.timestamp)
    }

    /// What a calendar at this offset shows.
    #[must_use]
    pub fn date(self) -> Date {
        self.civil().date()
    }

    /// From `earlier` to this; negative when it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> TimeSpan {
        let span = self.timestamp.duration_since(earlier.timestamp);
        TimeSpan::from_seconds(span.as_secs_f64())
    }
}

impl PartialEq for Instant {
    fn eq(&self, other: &Self) -> bool {
        self.timestamp == other.timestamp
    }
}

impl Eq for Instant {}

impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.timestamp.cmp(&other.timestamp)
    }
}

impl std::fmt::Display for Instant {
    /// Date, time and offset, seconds only where there are some:
    /// `2026-03-15T10:00+01:00`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let civil = self.civil();
        write!(
            f,
            "{}T{:02}:{:02}",
            civil.date(),
            civil.hour(),
            civil.minute()
        )?;
        if civil.second() != 0 {
            write!(f, ":{:02}", civil.second())?;
        }
        let seconds = self.offset.seconds();
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl std::fmt::Debug for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Instant({self})")
    }
}

/// Text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an instant: expected date, time and offset from UTC, such as 2026-03-15T10:00+01:00"
)]
pub struct NotAnInstant {
    text: String,
}

impl std::str::FromStr for Instant {
    type Err = NotAnInstant;

    /// Reads `2026-03-15T10:00+01:00`; `Z` is an offset of zero.
    ///
    /// Fractions of a second are cut, and a time zone by name is refused: what
    /// it means depends on tables that change.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let none = || NotAnInstant {
            text: text.to_owned(),
        };
        let pieces = Pieces::parse(text.trim()).map_err(|_| none())?;
        let (Some(time), Some(offset), None) = (
            pieces.time(),
            pieces.to_numeric_offset(),
            pieces.time_zone_annotation(),
        ) else {
            return Err(none());
        };
        let timestamp = offset
            .to_timestamp(pieces.date().to_datetime(time))
            .and_then(|exact| Timestamp::from_second(exact.as_second()))
            .map_err(|_| none())?;
        Ok(Self { timestamp, offset })
    }
}

/// Text that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date: expected year, month and day, such as 2026-03-02")]
pub(crate) struct NotADate {
    text: String,
}

/// A day of the calendar as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) Date);

impl std::str::FromStr for Day {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        // A date with a time of day is something else.
        Some(trimmed)
            .filter(|text| text.len() == "2026-03-02".len())
            .and_then(|text| text.parse().ok())
            .map(Self)
            .ok_or_else(|| NotADate {
                text: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_offset_it_was_written_with() {
        let morning: Instant = "2026-03-15T10:00+01:00".parse().unwrap();
        assert_eq!(morning.to_string(), "2026-03-15T10:00+01:00");
        assert_eq!(morning.date().to_string(), "2026-03-15");
        let same: Instant = "2026-03-15T09:00:00Z".parse().unwrap();
        assert_eq!(morning, same);
        assert_eq!(same.to_string(), "2026-03-15T09:00+00:00");
        let exact: Instant = "2026-03-15T10:00:30.7-03:30".parse().unwrap();
        assert_eq!(exact.to_string(), "2026-03-15T10:00:30-03:30");
    }

    #[test]
    fn counts_an_hour_of_summer_time() {
        // 28 March 18:00 to 29 March 18:00 on a Central European clock is 23 h.
        let before: Instant = "2026-03-28T18:00+01:00".parse().unwrap();
        let after: Instant = "2026-03-29T18:00+02:00".parse().unwrap();
        assert!((after.since(before).as_hours() - 23.0).abs() < 1e-12);
        assert!(after > before);
    }

    #[test]
    fn refuses_a_time_without_offset() {
        for text in [
            "2026-03-15T10:00",
            "2026-03-15",
            "10:00+01:00",
            "2026-03-15T10:00+01:00[Europe/Berlin]",
            "2026-02-30T10:00+01:00",
            "soon",
        ] {
            assert_eq!(
                text.parse::<Instant>().unwrap_err().to_string(),
                format!(
                    "`{text}` is not an instant: expected date, time and offset from UTC, such as 2026-03-15T10:00+01:00"
                )
            );
        }
    }

    #[test]
    fn a_day_has_no_time() {
        assert_eq!(
            "2026-03-02".parse::<Day>().unwrap().0.to_string(),
            "2026-03-02"
        );
        for text in ["2026-03-02T10:00", "2.3.2026", "2026-02-30"] {
            assert_eq!(
                text.parse::<Day>().unwrap_err().to_string(),
                format!("`{text}` is not a date: expected year, month and day, such as 2026-03-02")
            );
        }
    }
}
