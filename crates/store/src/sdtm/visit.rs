//! The days of a reader's visits, some of which are only known to the month.

use sirt_outcome::Day;

/// A date as a table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VisitDate {
    /// A day.
    Exact(Day),
    /// From one day to another: a month or a year.
    Rough(Day, Day),
    /// Nothing.
    None,
}

impl VisitDate {
    /// Reads `2014-02-12`, `2014-02-12T10:30`, `2014-02` and `2014`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::None);
        }
        if let Ok(day) = Day::parse(text) {
            return Ok(Self::Exact(day));
        }
        let wrong = || format!("`{text}` is no date; expected YYYY-MM-DD, YYYY-MM or YYYY");
        let parts: Vec<&str> = text.split('-').collect();
        let (from, to) = match parts[..] {
            [year, month] => {
                let year = year.parse().map_err(|_| wrong())?;
                let month: u8 = month.parse().map_err(|_| wrong())?;
                let from = Day::from_date(year, month, 1).map_err(|_| wrong())?;
                let next = if month == 12 {
                    Day::from_date(year + 1, 1, 1)
                } else {
                    Day::from_date(year, month + 1, 1)
                };
                (from, next.map_err(|_| wrong())?.plus(-1))
            }
            [year] => {
                let year = year.parse().map_err(|_| wrong())?;
                (
                    Day::from_date(year, 1, 1).map_err(|_| wrong())?,
                    Day::from_date(year, 12, 31).map_err(|_| wrong())?,
                )
            }
            _ => return Err(wrong()),
        };
        Ok(Self::Rough(from, to))
    }
}

/// Days of visits in their order, each with whether it is only rough: such a
/// day is the middle of what its date and its neighbours leave.
pub(super) fn days(dates: &[VisitDate]) -> Option<Vec<(Day, bool)>> {
    let mut found: Vec<(Day, bool)> = Vec::with_capacity(dates.len());
    for (at, date) in dates.iter().enumerate() {
        match date {
            VisitDate::Exact(day) => found.push((*day, false)),
            VisitDate::Rough(from, to) => {
                let before = found.last().map(|(day, _)| day.plus(1));
                let after = dates[at + 1..].iter().find_map(|date| match date {
                    VisitDate::Exact(day) => Some(day.plus(-1)),
                    _ => None,
                });
                let low = before.map_or(*from, |before| before.max(*from));
                let high = after.map_or(*to, |after| after.min(*to)).max(low);
                found.push((low.plus(high.since(low) / 2), true));
            }
            VisitDate::None => return None,
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_a_month_between_its_neighbours() {
        let dates: Vec<VisitDate> = ["2014-01-23", "2014-02", "2014-02-11"]
            .iter()
            .map(|text| VisitDate::parse(text).unwrap())
            .collect();
        let found = days(&dates).unwrap();
        // From 1 to 10 February: the middle, rounded down.
        assert_eq!(found[1], (Day::parse("2014-02-05").unwrap(), true));
        assert!(VisitDate::parse("23.1.2014").is_err());
        assert_eq!(days(&[VisitDate::None]), None);
    }
}
