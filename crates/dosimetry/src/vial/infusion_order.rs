//! What is wanted: an activity in a territory at an hour, and what binds it.
//!
//! The prescription `A` (GBq) holds at the instant of administration;
//! `A/(1 − R)` has to be dispensed for it with the expected residual `R`, and
//! the activity given may differ by a tolerance, 10 % unless said otherwise
//! (`konijnenberg2021article56`, ICRU level 1).
//! Constraints of place and order form are arguments: nothing here knows the
//! hour it is.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sirt_quantity::{Activity, Fraction, ResidualFraction, TimeSpan};

use super::dated_activity::{in_gbq, shifted};
use super::draw::activity_to_dispense;
use crate::{Cited, DosimetryError};

/// One infusion that is wanted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InfusionOrder {
    /// Name of the territory.
    pub territory: String,
    /// Activity to be given, at the planned instant.
    #[serde(rename = "prescribed_gbq", serialize_with = "in_gbq")]
    pub prescribed: Activity,
    /// Part of what is dispensed that is expected to stay behind.
    pub residual_fraction: ResidualFraction,
    /// How far the given activity may differ, as part of the prescribed.
    pub tolerance: Fraction,
    /// The planned instant of infusion.
    pub planned_at: Timestamp,
}

impl InfusionOrder {
    /// What has to be dispensed.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a prescription that is not positive,
    /// a residual of all, or a tolerance of all.
    pub fn to_dispense(&self) -> Result<Activity, DosimetryError> {
        if self.tolerance.rest() <= 0.0 {
            return Err(DosimetryError::OutOfRange {
                what: "tolerance of the given activity",
                value: self.tolerance.as_fraction().to_string(),
                allowed: "0..<1",
            });
        }
        activity_to_dispense(self.prescribed, self.residual_fraction)
    }

    /// How far an activity is from the prescribed one, percent.
    pub(super) fn deviation_percent(&self, given: Activity) -> f64 {
        (given / self.prescribed - 1.0) * 100.0
    }
}

/// How far a given activity may be from the intended one, with its source.
///
/// # Errors
/// [`DosimetryError::DataTable`] when the table is damaged, which a unit test
/// rules out.
pub fn usual_activity_tolerance() -> Result<Cited<Fraction>, DosimetryError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        given_of_intended: Cited<Fraction>,
    }
    toml::from_str(include_str!("../../data/activity_tolerance.toml"))
        .map(|table: Table| table.given_of_intended)
        .map_err(|error| DosimetryError::DataTable {
            table: "activity tolerance",
            reason: error.to_string(),
        })
}

/// Hours of the week in which infusions may start.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkingHours {
    /// The days.
    pub days: Vec<Weekday>,
    /// The first hour of a day, on the wall clock.
    pub opens: Time,
    /// The last hour of a day, on the wall clock.
    pub closes: Time,
    /// The time zone of that clock.
    pub time_zone: TimeZone,
}

impl WorkingHours {
    /// Start and end of the working day that an instant lies in.
    #[must_use]
    pub fn day_of(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let date = self.time_zone.to_datetime(at).date();
        if !self.days.contains(&date.weekday()) {
            return None;
        }
        let instant = |time| self.time_zone.to_timestamp(date.to_datetime(time)).ok();
        let (opens, closes) = (instant(self.opens)?, instant(self.closes)?);
        (opens..=closes).contains(&at).then_some((opens, closes))
    }
}

/// What binds a plan beside activities and vials.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderConstraints {
    /// When the order is placed; none where delivery does not bind.
    pub ordered_at: Option<Timestamp>,
    /// From the order until a vial is at hand.
    pub lead_time: TimeSpan,
    /// Hours in which infusions may start; none for all.
    pub working_hours: Option<WorkingHours>,
    /// How much later than planned all infusions must be able to start.
    pub delay_margin: TimeSpan,
    /// How many plans to give beside the best.
    pub alternatives: usize,
    /// Calibration instants that are not on offer but can be asked for: they
    /// are looked at where nothing on offer fits.
    pub further_calibrations: Vec<Timestamp>,
}

impl Default for OrderConstraints {
    /// Nothing binds; three alternatives.
    fn default() -> Self {
        Self {
            ordered_at: None,
            lead_time: TimeSpan::ZERO,
            working_hours: None,
            delay_margin: TimeSpan::ZERO,
            alternatives: 3,
            further_calibrations: Vec::new(),
        }
    }
}

impl OrderConstraints {
    /// The first instant at which an ordered vial is at hand.
    pub(super) fn arrival(&self) -> Result<Option<Timestamp>, DosimetryError> {
        self.ordered_at
            .map(|at| shifted(at, self.lead_time))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn ten_percent_is_the_tolerance_with_its_source() {
        // DOMAIN B.11 (iv).
        let tolerance = usual_activity_tolerance().unwrap();
        assert_eq!(tolerance.value, Fraction::from_percent(10.0).unwrap());
        assert!(tolerance.source.starts_with("konijnenberg2021article56"));
        assert!(!tolerance.doubtful);
    }

    #[test]
    fn refuses_a_tolerance_of_everything() {
        let order = InfusionOrder {
            territory: "right".to_owned(),
            prescribed: Activity::from_gbq(1.0),
            residual_fraction: ResidualFraction::ZERO,
            tolerance: Fraction::from_fraction(1.0).unwrap(),
            planned_at: at("2026-06-09T18:00Z"),
        };
        assert_eq!(
            order.to_dispense().unwrap_err().to_string(),
            "tolerance of the given activity 1 is outside 0..<1"
        );
    }

    #[test]
    fn a_working_day_follows_the_wall_clock() {
        let hours = WorkingHours {
            days: vec![Weekday::Monday, Weekday::Friday],
            opens: Time::constant(8, 0, 0, 0),
            closes: Time::constant(16, 30, 0, 0),
            time_zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        };
        // The Friday before and the Monday after the change of clocks.
        let day = |text: &str| hours.day_of(at(text));
        assert_eq!(
            day("2026-03-27T09:00Z"),
            Some((at("2026-03-27T07:00Z"), at("2026-03-27T15:30Z")))
        );
        assert_eq!(
            day("2026-03-30T09:00Z"),
            Some((at("2026-03-30T06:00Z"), at("2026-03-30T14:30Z")))
        );
        // Too late in the day; a Tuesday.
        assert_eq!(day("2026-03-30T15:00Z"), None);
        assert_eq!(day("2026-03-31T09:00Z"), None);
    }
}
