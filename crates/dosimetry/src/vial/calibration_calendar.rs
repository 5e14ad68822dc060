//! The instants at which vials are calibrated, from the rule of a week.
//!
//! A rule is days of the week, an hour on the wall clock and a time zone, such
//! as Sunday 12:00 US Eastern; its instants are in UTC, so a week across a
//! change to daylight saving has 167 h or 169 h.
//! The rule is a convention: the label of the vial goes before it, and the
//! calendar that a plan is made from is an argument.
//! The time zone is a rule of POSIX (`EST5EDT,M3.2.0,M11.1.0`), which says
//! offset and changes itself, so that no time zone database is read; it holds
//! for years in which that law is in force.
//! Rules of the products stand with their sources in `data/devices.toml`.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::dated_activity::span_between;
use crate::DosimetryError;

/// The longest stretch that a calendar is made for, hours: 53 weeks.
const LONGEST_CALENDAR_H: f64 = 53.0 * 7.0 * 24.0;

/// Days of the week and the hour at which vials are calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationSchedule {
    /// The days, by name in lower case.
    #[serde(deserialize_with = "read_days", serialize_with = "write_days")]
    pub days: Vec<Weekday>,
    /// The hour on the wall clock.
    pub time: Time,
    /// The time zone as a rule of POSIX; none where it is that of the market.
    #[serde(default)]
    pub time_zone: Option<String>,
}

impl CalibrationSchedule {
    /// The calibration instants from one instant to another, both included, rising.
    ///
    /// `market` is the time zone of a rule that names none, and is not looked
    /// at otherwise.
    ///
    /// # Errors
    /// [`DosimetryError::Unsettled`] without any time zone,
    /// [`DosimetryError::DataTable`] for a time zone that is no rule of POSIX,
    /// [`DosimetryError::InstantsOutOfOrder`] for an end before the start, and
    /// [`DosimetryError::OutOfRange`] past 53 weeks.
    pub fn instants(
        &self,
        from: Timestamp,
        until: Timestamp,
        market: Option<&TimeZone>,
    ) -> Result<Vec<Timestamp>, DosimetryError> {
        if until < from {
            return Err(DosimetryError::InstantsOutOfOrder {
                what: "end of the calendar",
                at: until,
                other: "its start",
                other_at: from,
            });
        }
        let length_h = span_between(from, until).as_hours();
        if length_h > LONGEST_CALENDAR_H {
            return Err(DosimetryError::OutOfRange {
                what: "length of the calendar",
                value: format!("{length_h} h"),
                allowed: "0 h..=8904 h (53 weeks)",
            });
        }
        let zone = self.zone(market)?;
        let mut date = zone.to_datetime(from).date();
        let last = zone.to_datetime(until).date();
        let mut instants = Vec::new();
        while date <= last {
            if self.days.contains(&date.weekday())
                && let Ok(instant) = zone.to_timestamp(date.to_datetime(self.time))
                && (from..=until).contains(&instant)
            {
                instants.push(instant);
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        Ok(instants)
    }

    fn zone(&self, market: Option<&TimeZone>) -> Result<TimeZone, DosimetryError> {
        match (&self.time_zone, market) {
            (Some(rule), _) => TimeZone::posix(rule).map_err(|_| DosimetryError::DataTable {
                table: "calibration schedule",
                reason: format!(
                    "time zone `{rule}` is no rule of POSIX such as `EST5EDT,M3.2.0,M11.1.0`"
                ),
            }),
            (None, Some(market)) => Ok(market.clone()),
            (None, None) => Err(DosimetryError::Unsettled {
                field: "calibration schedule".to_owned(),
                reason: "its time zone is that of the market".to_owned(),
                settle_with: "a time zone".to_owned(),
            }),
        }
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

fn read_days<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Weekday>, D::Error> {
    Vec::<String>::deserialize(from)?
        .into_iter()
        .map(|name| {
            let found = DAYS.into_iter().find(|(known, _)| *known == name);
            found.map(|(_, day)| day).ok_or_else(|| {
                serde::de::Error::custom(format!(
                    "day `{name}` is none of monday, tuesday, wednesday, thursday, friday, saturday, sunday"
                ))
            })
        })
        .collect()
}

fn write_days<S: Serializer>(days: &[Weekday], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(
        days.iter()
            .filter_map(|day| DAYS.into_iter().find(|(_, known)| known == day))
            .map(|(name, _)| name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Device, DeviceLibrary};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(device: Device) -> CalibrationSchedule {
        let library = DeviceLibrary::built_in().unwrap();
        let cited = library.data(device).calibration_schedule.clone();
        cited.unwrap().value
    }

    #[test]
    fn sundays_at_noon_us_eastern_across_the_change_of_clocks() {
        // DOMAIN A.5: Sunday 12:00 US Eastern. Clocks change on 2026-03-08.
        let instants = schedule(Device::Glass)
            .instants(at("2026-02-22T00:00Z"), at("2026-03-15T16:00Z"), None)
            .unwrap();
        let expected = [
            "2026-02-22T17:00:00Z",
            "2026-03-01T17:00:00Z",
            "2026-03-08T16:00:00Z",
            "2026-03-15T16:00:00Z",
        ];
        assert_eq!(instants, expected.map(at));
        let hours: Vec<f64> = instants
            .windows(2)
            .map(|pair| span_between(pair[0], pair[1]).as_hours())
            .collect();
        assert_eq!(hours, [168.0, 167.0, 168.0]);
        // And back on 2026-11-01.
        let autumn = schedule(Device::Glass)
            .instants(at("2026-10-25T00:00Z"), at("2026-11-02T00:00Z"), None)
            .unwrap();
        assert_eq!(
            autumn,
            ["2026-10-25T16:00:00Z", "2026-11-01T17:00:00Z"].map(at)
        );
    }

    #[test]
    fn a_rule_without_time_zone_asks_for_that_of_the_market() {
        let resin = schedule(Device::Resin);
        let (from, until) = (at("2026-03-27T00:00Z"), at("2026-03-30T23:00Z"));
        // Central Europe changes on Sunday 2026-03-29; Friday and Monday at 18:00.
        let market = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(
            resin.instants(from, until, Some(&market)).unwrap(),
            ["2026-03-27T17:00:00Z", "2026-03-30T16:00:00Z"].map(at)
        );
        assert_eq!(
            resin.instants(from, until, None).unwrap_err().to_string(),
            "calibration schedule: its time zone is that of the market; settle it with a time zone"
        );
    }

    #[test]
    fn refuses_what_is_no_rule_or_no_stretch() {
        let mut glass = schedule(Device::Glass);
        let said = |schedule: &CalibrationSchedule, until: &str| {
            schedule
                .instants(at("2026-03-01T00:00Z"), at(until), None)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(&glass, "2026-02-01T00:00Z"),
            "end of the calendar at 2026-02-01T00:00:00Z is before its start at 2026-03-01T00:00:00Z"
        );
        assert_eq!(
            said(&glass, "2028-03-01T00:00Z"),
            "length of the calendar 17544 h is outside 0 h..=8904 h (53 weeks)"
        );
        glass.time_zone = Some("America/New_York".to_owned());
        assert_eq!(
            said(&glass, "2026-03-08T00:00Z"),
            "calibration schedule: time zone `America/New_York` is no rule of POSIX such as `EST5EDT,M3.2.0,M11.1.0`"
        );
        let error = toml::from_str::<CalibrationSchedule>("days = [\"Sonntag\"]\ntime = \"12:00\"");
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("day `Sonntag` is none of monday")
        );
    }

    #[test]
    fn writes_what_it_reads() {
        let glass = schedule(Device::Glass);
        let json = serde_json::to_string(&glass).unwrap();
        assert_eq!(
            json,
            r#"{"days":["sunday"],"time":"12:00:00","time_zone":"EST5EDT,M3.2.0,M11.1.0"}"#
        );
        assert_eq!(
            serde_json::from_str::<CalibrationSchedule>(&json).unwrap(),
            glass
        );
    }
}
