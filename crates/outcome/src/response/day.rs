//! Days: whole numbers, from a calendar or from a study's day count.
//!
//! Intervals between scans are counted in days, so that a month has no length
//! of its own here. A calendar date is a number of days from 1 January 1970
//! (proleptic Gregorian); a study that shows no dates uses its own numbers.

use std::fmt;

use crate::OutcomeError;

/// A day as a whole number; later days are larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(i32);

/// What the numbers of a record's days are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DayScale {
    /// Dates: days from 1 January 1970.
    #[default]
    Calendar,
    /// Days of a study, from its own origin.
    Study,
}

impl Day {
    /// From a number of days.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// The number of days.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// From a date of the calendar, years 1 to 9999.
    ///
    /// # Errors
    /// [`OutcomeError::Day`] for a date that is in no calendar.
    pub fn from_date(year: i32, month: u8, day: u8) -> Result<Self, OutcomeError> {
        let wrong = || OutcomeError::Day {
            text: format!("{year:04}-{month:02}-{day:02}"),
        };
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
            return Err(wrong());
        }
        if day == 0 || day > days_in_month(year, month) {
            return Err(wrong());
        }
        // Years start in March, so that the leap day ends them.
        let shifted_year = if month > 2 { year } else { year - 1 };
        let shifted_month = (i32::from(month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i32::from(day) - 1;
        let days = 365 * shifted_year + shifted_year.div_euclid(4) - shifted_year.div_euclid(100)
            + shifted_year.div_euclid(400)
            + day_of_year;
        // 1 March of year 0 is 719 468 days before 1 January 1970.
        Ok(Self(days - 719_468))
    }

    /// Reads `2014-01-23`; a time of day behind a `T` is left out.
    ///
    /// # Errors
    /// [`OutcomeError::Day`] for any other text, partial dates included.
    pub fn parse(text: &str) -> Result<Self, OutcomeError> {
        let wrong = || OutcomeError::Day {
            text: text.to_owned(),
        };
        let date = text.split('T').next().unwrap_or_default();
        let parts: Vec<&str> = date.split('-').collect();
        let [year, month, day] = parts[..] else {
            return Err(wrong());
        };
        if year.len() != 4 || month.len() != 2 || day.len() != 2 {
            return Err(wrong());
        }
        let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else {
            return Err(wrong());
        };
        Self::from_date(year, month, day).map_err(|_| wrong())
    }

    /// Year, month and day of the calendar.
    #[must_use]
    pub fn date(self) -> (i32, u8, u8) {
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (
            i32::try_from(year).unwrap_or(i32::MAX),
            u8::try_from(month).unwrap_or(u8::MAX),
            u8::try_from(day).unwrap_or(u8::MAX),
        )
    }

    /// Days from `earlier` to this; negative when it is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day so many days later.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day as its scale writes it.
    #[must_use]
    pub fn shown(self, scale: DayScale) -> String {
        match scale {
            DayScale::Calendar => self.to_string(),
            DayScale::Study => format!("day {}", self.0),
        }
    }
}

/// As a date of the calendar.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Days of a month; 1 to 12.
pub(crate) const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_days_as_calendars_do() {
        // Python 3.11: (date(y, m, d) - date(1970, 1, 1)).days
        for (text, number) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2014-01-23", 16_093),
            ("2026-11-27", 20_784),
            ("1900-03-01", -25_508),
            ("0001-01-01", -719_162),
        ] {
            let day = Day::parse(text).unwrap();
            assert_eq!(day.number(), number, "{text}");
            assert_eq!(day.to_string(), text);
        }
        assert_eq!(
            Day::parse("2014-01-23T10:30").unwrap(),
            Day::from_number(16_093)
        );
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for number in -100_000..46_097 {
            let (year, month, day) = Day::from_number(number).date();
            assert_eq!(
                Day::from_date(year, month, day),
                Ok(Day::from_number(number))
            );
        }
    }

    #[test]
    fn refuses_what_is_no_day() {
        for text in ["2014-02", "2013-02-29", "2014-13-01", "14-01-02", "", "x"] {
            assert!(Day::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Day::parse("2014-02-30").unwrap_err().to_string(),
            "`2014-02-30` is no date; expected YYYY-MM-DD"
        );
    }
}
