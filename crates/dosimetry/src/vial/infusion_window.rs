//! From when until when an infusion may start.
//!
//! A vial given whole: the activity stays within the tolerance `τ` between
//! `t₁ = t_cal + T·log₂(A_cal/(A_d·(1 + τ)))` and
//! `t₂ = t_cal + T·log₂(A_cal/(A_d·(1 − τ)))`, with `A_d` to be dispensed and
//! `A_cal` at calibration (GBq), half-life `T` (h).
//! A vial that is drawn from: it holds enough until
//! `t₂ = t_cal + T·log₂(A_cal·f/A_d)`, `f` being the part of it that the other
//! draws leave.
//! Both are cut by the window of the vial, its arrival and working hours; each
//! end names what cuts it.
//! Ends are whole seconds, rounded into the window, so that the constraint
//! holds on them and no longer a second outside.
//! Source: the law of decay solved for the time.

use jiff::Timestamp;
use serde::Serialize;
use sirt_quantity::Activity;

use super::infusion_order::{InfusionOrder, WorkingHours};
use super::vial::Vial;
use crate::DosimetryError;

/// What an infusion runs into at an end of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InfusionLimit {
    /// The vial may not be given yet.
    NotYetUsable,
    /// The vial is not delivered yet.
    NotYetArrived,
    /// Infusions do not start at that hour.
    OutsideWorkingHours,
    /// The vial still holds too much.
    TooMuchActivity,
    /// The vial no longer holds enough.
    TooLittleActivity,
    /// The vial is expired.
    Expired,
    /// The infusion could not start as much later as asked for.
    MarginTooShort,
}

impl std::fmt::Display for InfusionLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotYetUsable => "not yet usable",
            Self::NotYetArrived => "not yet delivered",
            Self::OutsideWorkingHours => "outside of working hours",
            Self::TooMuchActivity => "too much activity",
            Self::TooLittleActivity => "too little activity",
            Self::Expired => "expired",
            Self::MarginTooShort => "no time left for a delay",
        })
    }
}

/// The stretch of time in which an infusion may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InfusionWindow {
    /// Its first instant.
    pub earliest: Timestamp,
    /// What holds before it.
    pub earliest_limit: InfusionLimit,
    /// Its last instant.
    pub latest: Timestamp,
    /// What holds after it.
    pub latest_limit: InfusionLimit,
}

impl InfusionWindow {
    /// The window of a vial at hand, whatever it holds.
    pub(super) fn of_vial(vial: &Vial, arrival: Option<Timestamp>) -> Self {
        let window = Self {
            earliest: vial.usable_from,
            earliest_limit: InfusionLimit::NotYetUsable,
            latest: vial.usable_until,
            latest_limit: InfusionLimit::Expired,
        };
        match arrival {
            Some(at) => window.not_before(at, InfusionLimit::NotYetArrived),
            None => window,
        }
    }

    /// The same on the working day that an instant lies in.
    pub(super) fn on_the_day_of(
        self,
        at: Timestamp,
        hours: Option<&WorkingHours>,
    ) -> Result<Self, InfusionLimit> {
        let Some(hours) = hours else {
            return Ok(self);
        };
        let outside = InfusionLimit::OutsideWorkingHours;
        let (opens, closes) = hours.day_of(at).ok_or(outside)?;
        Ok(self.not_before(opens, outside).not_after(closes, outside))
    }

    /// Cut to where a vial given whole holds what is wanted.
    pub(super) fn of_whole_vial(
        self,
        vial: &Vial,
        order: &InfusionOrder,
    ) -> Result<Self, DosimetryError> {
        let wanted = order.to_dispense()?;
        let tolerance = order.tolerance.as_fraction();
        let first = vial.instant_of(wanted * (1.0 + tolerance))?;
        let last = vial.instant_of(wanted * (1.0 - tolerance))?;
        Ok(self
            .not_before(second_after(first), InfusionLimit::TooMuchActivity)
            .not_after(second_before(last), InfusionLimit::TooLittleActivity))
    }

    /// Cut to where a part of a vial still holds what is to be dispensed.
    pub(super) fn of_draw(
        self,
        vial: &Vial,
        dispensed: Activity,
        part_left_by_others: f64,
    ) -> Result<Self, DosimetryError> {
        let last = vial.instant_of(dispensed / part_left_by_others)?;
        Ok(self.not_after(second_before(last), InfusionLimit::TooLittleActivity))
    }

    fn not_before(self, at: Timestamp, limit: InfusionLimit) -> Self {
        if at <= self.earliest {
            return self;
        }
        Self {
            earliest: at,
            earliest_limit: limit,
            ..self
        }
    }

    fn not_after(self, at: Timestamp, limit: InfusionLimit) -> Self {
        if at >= self.latest {
            return self;
        }
        Self {
            latest: at,
            latest_limit: limit,
            ..self
        }
    }

    /// Whether there is no instant in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.latest < self.earliest
    }

    /// What an instant outside of the window runs into; none inside.
    #[must_use]
    pub fn limit_at(&self, at: Timestamp) -> Option<InfusionLimit> {
        if at < self.earliest {
            Some(self.earliest_limit)
        } else if at > self.latest {
            Some(self.latest_limit)
        } else {
            None
        }
    }
}

/// The last whole second not after an instant.
fn second_before(at: Timestamp) -> Timestamp {
    let past = i64::from(at.subsec_nanosecond() < 0);
    Timestamp::from_second(at.as_second() - past).unwrap_or(at)
}

/// The first whole second not before an instant.
fn second_after(at: Timestamp) -> Timestamp {
    let past = i64::from(at.subsec_nanosecond() > 0);
    Timestamp::from_second(at.as_second() + past).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::{Fraction, ResidualFraction, TimeSpan};

    use super::*;
    use crate::{Device, DeviceLibrary};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn vial(device: Device, gbq: f64) -> Vial {
        let library = DeviceLibrary::built_in().unwrap();
        let (size, half_life) = (Activity::from_gbq(gbq), TimeSpan::from_hours(64.1));
        let sunday = at("2026-06-07T16:00Z");
        Vial::of(library.data(device), size, sunday, half_life).unwrap()
    }

    fn order(gbq: f64, tolerance: f64) -> InfusionOrder {
        InfusionOrder {
            territory: "right".to_owned(),
            prescribed: Activity::from_gbq(gbq),
            residual_fraction: ResidualFraction::from_percent(1.0).unwrap(),
            tolerance: Fraction::from_fraction(tolerance).unwrap(),
            planned_at: at("2026-06-09T18:00Z"),
        }
    }

    #[test]
    fn five_gbq_give_three_point_two_for_a_morning() {
        // TV-B16: 5 GBq give 2.912 GBq 50 h after calibration, −9.0 % of 3.2.
        // Without residual −10 % (2.88) follow at T·log₂(5/2.88) = 51.01 h.
        let order = InfusionOrder {
            residual_fraction: ResidualFraction::ZERO,
            ..order(3.2, 0.1)
        };
        let glass = vial(Device::Glass, 5.0);
        let window = InfusionWindow::of_vial(&glass, None)
            .of_whole_vial(&glass, &order)
            .unwrap();
        let after_h =
            |at| super::super::dated_activity::span_between(glass.calibrated_at, at).as_hours();
        assert!((after_h(window.latest) - 51.01).abs() < 0.005);
        assert_eq!(window.latest_limit, InfusionLimit::TooLittleActivity);
        // +10 % (3.52) at T·log₂(5/3.52) = 32.46 h.
        assert!((after_h(window.earliest) - 32.46).abs() < 0.005);
        assert_eq!(window.earliest_limit, InfusionLimit::TooMuchActivity);
        assert_eq!(window.limit_at(order.planned_at), None);
    }

    #[test]
    fn the_tightest_constraint_names_the_end() {
        let glass = vial(Device::Glass, 5.0);
        // 0.25 GBq of 5 GBq after 277 h: the 12 days of the product come first.
        let window = InfusionWindow::of_vial(&glass, Some(at("2026-06-15T06:00Z")));
        let window = window.of_whole_vial(&glass, &order(0.23, 0.1)).unwrap();
        assert_eq!(window.latest, at("2026-06-19T16:00Z"));
        assert_eq!(window.latest_limit, InfusionLimit::Expired);
        assert_eq!(
            window.limit_at(at("2026-06-19T16:00:01Z")),
            Some(InfusionLimit::Expired)
        );
        let window = InfusionWindow::of_vial(&glass, Some(at("2026-06-20T06:00Z")));
        assert!(window.is_empty());
        assert_eq!(window.earliest_limit, InfusionLimit::NotYetArrived);
    }

    #[test]
    fn whole_seconds_lie_on_their_side() {
        for text in ["2026-03-02T09:00:00.25Z", "1960-03-02T09:00:00.25Z"] {
            let between = at(text);
            assert!(second_before(between) < between && between < second_after(between));
            let width = second_after(between).duration_since(second_before(between));
            assert_eq!(width, jiff::SignedDuration::from_secs(1));
            let whole = second_before(between);
            assert_eq!((second_before(whole), second_after(whole)), (whole, whole));
        }
    }

    proptest! {
        #[test]
        fn tolerance_turns_at_the_ends_of_a_whole_vial(
            size_gbq in 3.0..20.0_f64,
            wanted_gbq in 0.3..5.0_f64,
            tolerance in 0.01..0.3_f64,
        ) {
            let glass = vial(Device::Glass, size_gbq);
            let order = order(wanted_gbq, tolerance);
            // A window of years leaves the activity alone to cut.
            let wide = glass.with_window(at("2020-01-01T00:00Z"), at("2030-01-01T00:00Z")).unwrap();
            let window = InfusionWindow::of_vial(&wide, None).of_whole_vial(&wide, &order).unwrap();
            let holds = |at: Timestamp| {
                let given = super::super::draw::activity_given(wide.activity_at(at), order.residual_fraction);
                order.deviation_percent(given).abs() <= tolerance * 100.0
            };
            let second = jiff::SignedDuration::from_secs(1);
            prop_assert!(holds(window.earliest) && holds(window.latest));
            prop_assert!(!holds(window.earliest - second) && !holds(window.latest + second));
        }

        #[test]
        fn a_vial_holds_enough_until_the_end_of_its_window(
            wanted_gbq in 0.2..3.0_f64,
            part in 0.1..1.0_f64,
        ) {
            let wide = vial(Device::Resin, 3.0)
                .with_window(at("2020-01-01T00:00Z"), at("2030-01-01T00:00Z"))
                .unwrap();
            let wanted = Activity::from_gbq(wanted_gbq);
            let window = InfusionWindow::of_vial(&wide, None).of_draw(&wide, wanted, part).unwrap();
            let holds = |at: Timestamp| wanted <= wide.activity_at(at) * part;
            prop_assert_eq!(window.latest_limit, InfusionLimit::TooLittleActivity);
            prop_assert!(holds(window.latest));
            prop_assert!(!holds(window.latest + jiff::SignedDuration::from_secs(1)));
        }
    }
}
