//! An activity with the instant that it holds at.
//!
//! `A(t) = A_ref · 2^(−(t − t_ref)/T)` and its inverse, the instant at which
//! an activity is reached: `t = t_ref + T·log₂(A_ref/A)`, with activities in
//! GBq, instants in UTC and the half-life `T` in hours.
//! An activity without an instant is no datum, so there is no way to make one.
//! Instants are compared in UTC: on a wall clock a day across a change to
//! daylight saving has 23 h, which for Y-90 is an error of 1.1 %.
//! Assumes that nothing is added or taken away between the two instants.
//! Source: the law of radioactive decay; half-lives stand with theirs in the
//! nuclide table.

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use sirt_quantity::{Activity, TimeSpan, decay_factor};

use crate::DosimetryError;

/// An activity and the instant that it holds at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DatedActivity {
    #[serde(rename = "activity_gbq", serialize_with = "in_gbq")]
    activity: Activity,
    at: Timestamp,
}

impl DatedActivity {
    /// An activity at an instant.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not finite.
    pub fn new(activity: Activity, at: Timestamp) -> Result<Self, DosimetryError> {
        if activity.is_finite() && activity >= Activity::ZERO {
            Ok(Self { activity, at })
        } else {
            Err(DosimetryError::OutOfRange {
                what: "activity",
                value: format!("{} GBq", activity.as_gbq()),
                allowed: "finite values from 0 GBq",
            })
        }
    }

    /// The activity at its own instant.
    #[must_use]
    pub const fn activity(&self) -> Activity {
        self.activity
    }

    /// The instant.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The activity at another instant, earlier or later.
    #[must_use]
    pub fn activity_at(&self, at: Timestamp, half_life: TimeSpan) -> Activity {
        self.activity * decay_factor(span_between(self.at, at), half_life)
    }

    /// The instant at which the activity is another one; the inverse of
    /// [`DatedActivity::activity_at`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is never reached (0,
    /// or any other where this one is 0) or an instant past the calendar.
    pub fn instant_of(
        &self,
        activity: Activity,
        half_life: TimeSpan,
    ) -> Result<Timestamp, DosimetryError> {
        shifted(self.at, half_life * (self.activity / activity).log2())
    }
}

impl std::str::FromStr for DatedActivity {
    type Err = DosimetryError;

    /// Reads `1.85GBq@2026-03-02T09:00+01:00`: activity, `@`, instant with its offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason: String| DosimetryError::UndatedActivity {
            text: text.to_owned(),
            reason,
        };
        let (activity, instant) = text
            .split_once('@')
            .ok_or_else(|| wrong("it has no instant".to_owned()))?;
        let activity: Activity = activity.parse()?;
        let at = instant.trim().parse().map_err(|_| {
            wrong(format!(
                "`{}` is no instant with an offset from UTC",
                instant.trim()
            ))
        })?;
        Self::new(activity, at)
    }
}

impl std::fmt::Display for DatedActivity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} GBq at {}", self.activity.as_gbq(), self.at)
    }
}

/// Signed time from one instant to another.
pub(crate) fn span_between(earlier: Timestamp, later: Timestamp) -> TimeSpan {
    TimeSpan::from_seconds(later.duration_since(earlier).as_secs_f64())
}

/// The instant that is a span later.
pub(crate) fn shifted(at: Timestamp, by: TimeSpan) -> Result<Timestamp, DosimetryError> {
    SignedDuration::try_from_secs_f64(by.as_seconds())
        .and_then(|by| at.checked_add(by))
        .map_err(|_| DosimetryError::OutOfRange {
            what: "time from an instant",
            value: format!("{} h", by.as_hours()),
            allowed: "the calendar of years -9999 to 9999",
        })
}

/// Writes an activity in GBq, as the names of the fields say.
pub(crate) fn in_gbq<S: Serializer>(activity: &Activity, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(activity.as_gbq())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const Y90: TimeSpan = TimeSpan::from_hours(64.1);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn follows_the_decay_calendar() {
        // DOMAIN A.3 [C], GBq of a 3.0 GBq and of a 10 GBq vial, three decimals.
        let noon = at("2026-06-07T16:00:00Z");
        for (size_gbq, hours, expected_gbq) in [
            (3.0, -72.0, 6.535),
            (3.0, -48.0, 5.041),
            (3.0, -24.0, 3.889),
            (3.0, -18.0, 3.645),
            (3.0, -12.0, 3.416),
            (3.0, -6.0, 3.201),
            (3.0, 0.0, 3.000),
            (3.0, 2.0, 2.936),
            (3.0, 4.0, 2.873),
            (3.0, 6.0, 2.812),
            (3.0, 8.0, 2.751),
            (3.0, 12.0, 2.635),
            (3.0, 18.0, 2.469),
            (10.0, 24.0, 7.714),
            (10.0, 36.0, 6.775),
            (10.0, 48.0, 5.951),
            (10.0, 72.0, 4.591),
            (10.0, 96.0, 3.541),
            (10.0, 120.0, 2.732),
            (10.0, 144.0, 2.107),
            (10.0, 168.0, 1.626),
            (10.0, 192.0, 1.254),
            (10.0, 216.0, 0.967),
            (10.0, 240.0, 0.746),
            (10.0, 264.0, 0.576),
            (10.0, 288.0, 0.444),
        ] {
            let vial = DatedActivity::new(Activity::from_gbq(size_gbq), noon).unwrap();
            let later = shifted(noon, TimeSpan::from_hours(hours)).unwrap();
            let got_gbq = vial.activity_at(later, Y90).as_gbq();
            assert!(
                (got_gbq - expected_gbq).abs() <= 0.5e-3,
                "{hours} h: {got_gbq}"
            );
        }
    }

    #[test]
    fn a_day_across_the_change_to_daylight_saving_has_23_hours() {
        // US Eastern, night to 2026-03-08: 18:00 EST to 18:00 EDT.
        let before = at("2026-03-07T18:00:00-05:00");
        let after = at("2026-03-08T18:00:00-04:00");
        let vial = DatedActivity::new(Activity::from_gbq(3.0), before).unwrap();
        let expected_gbq = 3.0 * (-23.0_f64 / 64.1).exp2();
        let got_gbq = vial.activity_at(after, Y90).as_gbq();
        assert!((got_gbq - expected_gbq).abs() < 1e-12);
        // The wall clock's 24 h would be 1.1 % off (DOMAIN A.3).
        let by_wall_clock_gbq = 3.0 * (-24.0_f64 / 64.1).exp2();
        assert!((got_gbq / by_wall_clock_gbq - 1.011).abs() < 0.5e-3);
    }

    #[test]
    fn reads_an_activity_with_its_instant_and_no_other() {
        let dated: DatedActivity = "1.85 GBq@2026-03-02T09:00+01:00".parse().unwrap();
        assert_eq!(dated.activity(), Activity::from_gbq(1.85));
        assert_eq!(dated.at(), at("2026-03-02T08:00:00Z"));
        assert_eq!(
            serde_json::to_string(&dated).unwrap(),
            r#"{"activity_gbq":1.85,"at":"2026-03-02T08:00:00Z"}"#
        );
        let said = |text: &str| text.parse::<DatedActivity>().unwrap_err().to_string();
        assert_eq!(
            said("1.85GBq"),
            "`1.85GBq` is no dated activity: it has no instant; expected such as `1.85GBq@2026-03-02T09:00+01:00`"
        );
        assert_eq!(
            said("1.85GBq@2026-03-02T09:00"),
            "`1.85GBq@2026-03-02T09:00` is no dated activity: `2026-03-02T09:00` is no instant with an offset from UTC; expected such as `1.85GBq@2026-03-02T09:00+01:00`"
        );
        assert_eq!(
            said("1.85@2026-03-02T09:00Z"),
            "`1.85` is not an activity: unit `` is not one of MBq, Bq, kBq, GBq"
        );
        assert_eq!(
            said("-1GBq@2026-03-02T09:00Z"),
            "activity -1 GBq is outside finite values from 0 GBq"
        );
    }

    #[test]
    fn nothing_is_never_reached() {
        let vial = DatedActivity::new(Activity::from_gbq(3.0), at("2026-03-02T09:00Z")).unwrap();
        assert_eq!(
            vial.instant_of(Activity::ZERO, Y90)
                .unwrap_err()
                .to_string(),
            "time from an instant inf h is outside the calendar of years -9999 to 9999"
        );
    }

    proptest! {
        #[test]
        fn instant_and_activity_are_inverse(
            size_gbq in 0.1..20.0_f64,
            hours in -100.0..300.0_f64,
            half_life_h in 20.0..200.0_f64,
        ) {
            let half_life = TimeSpan::from_hours(half_life_h);
            let noon = at("2026-06-07T16:00:00Z");
            let vial = DatedActivity::new(Activity::from_gbq(size_gbq), noon).unwrap();
            let later = shifted(noon, TimeSpan::from_hours(hours)).unwrap();
            let activity = vial.activity_at(later, half_life);
            let back = vial.instant_of(activity, half_life).unwrap();
            // Instants hold nanoseconds; logarithms of doubles are finer.
            prop_assert!(span_between(later, back).as_seconds().abs() < 1e-6);
            let there_and_back = DatedActivity::new(activity, later)
                .unwrap()
                .activity_at(noon, half_life);
            prop_assert!((there_and_back / vial.activity() - 1.0).abs() < 1e-9);
        }
    }
}
