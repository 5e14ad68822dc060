//! What each vial on offer would give in one territory, and why it does not fit.
//!
//! At the planned instant a vial given whole gives `A_vial(t)·(1 − R)`; one
//! that is drawn from gives what is prescribed, or all it holds where that is
//! less.
//! The window of the vial, its arrival and working hours are looked at first,
//! then activity, then the time that is left for a delay: the first that is
//! broken is named.
//! Source: DOMAIN B.11, which is arithmetic.

use jiff::Timestamp;
use serde::Serialize;
use sirt_quantity::Activity;

use super::dated_activity::{in_gbq, span_between};
use super::draw::activity_given;
use super::infusion_order::{InfusionOrder, OrderConstraints};
use super::infusion_window::{InfusionLimit, InfusionWindow};
use super::vial::Vial;
use crate::DosimetryError;

/// How one vial serves one territory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfferFit {
    /// The vial.
    #[serde(flatten)]
    pub vial: Vial,
    /// What it gives at the planned instant, at most what is prescribed where
    /// it is drawn from.
    #[serde(rename = "given_gbq", serialize_with = "in_gbq")]
    pub given: Activity,
    /// Given less prescribed over prescribed, percent.
    pub deviation_percent: f64,
    /// When the infusion may start with it; none where never on that day.
    pub window: Option<InfusionWindow>,
    /// Why it does not fit at the planned instant; none where it fits.
    pub miss: Option<InfusionLimit>,
}

impl OfferFit {
    pub(super) fn of(
        order: &InfusionOrder,
        vial: &Vial,
        arrival: Option<Timestamp>,
        constraints: &OrderConstraints,
    ) -> Result<Self, DosimetryError> {
        let at = order.planned_at;
        let whole = activity_given(vial.activity_at(at), order.residual_fraction);
        let given = if vial.draw_volume.is_some() && whole > order.prescribed {
            order.prescribed
        } else {
            whole
        };
        let day = InfusionWindow::of_vial(vial, arrival)
            .on_the_day_of(at, constraints.working_hours.as_ref());
        let (window, miss) = match day {
            Err(limit) => (None, Some(limit)),
            Ok(day) => {
                let window = activity_window(day, order, vial)?;
                let late = span_between(at, window.latest) < constraints.delay_margin;
                let miss = day
                    .limit_at(at)
                    .or_else(|| window.limit_at(at))
                    .or_else(|| late.then_some(InfusionLimit::MarginTooShort));
                ((!window.is_empty()).then_some(window), miss)
            }
        };
        Ok(Self {
            vial: vial.clone(),
            given,
            deviation_percent: order.deviation_percent(given),
            window,
            miss,
        })
    }
}

/// A window cut to where the vial alone serves the order.
pub(super) fn activity_window(
    window: InfusionWindow,
    order: &InfusionOrder,
    vial: &Vial,
) -> Result<InfusionWindow, DosimetryError> {
    match vial.draw_volume {
        Some(_) => window.of_draw(vial, order.to_dispense()?, 1.0),
        None => window.of_whole_vial(vial, order),
    }
}

/// What each vial on offer would give in a territory, in the order of the offers.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a prescription, residual or tolerance
/// that cannot be, or an instant past the calendar.
pub fn compare_offers(
    order: &InfusionOrder,
    offers: &[Vial],
    constraints: &OrderConstraints,
) -> Result<Vec<OfferFit>, DosimetryError> {
    let arrival = constraints.arrival()?;
    offers
        .iter()
        .map(|vial| OfferFit::of(order, vial, arrival, constraints))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Time, Weekday};
    use jiff::tz::TimeZone;
    use sirt_quantity::{Fraction, ResidualFraction, TimeSpan};

    use super::*;
    use crate::{Device, DeviceLibrary, WorkingHours, vial_offers};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// 3.2 GBq on Tuesday 14:00 US Eastern, no residual, 10 %.
    fn order() -> InfusionOrder {
        InfusionOrder {
            territory: "right".to_owned(),
            prescribed: Activity::from_gbq(3.2),
            residual_fraction: ResidualFraction::ZERO,
            tolerance: Fraction::from_percent(10.0).unwrap(),
            planned_at: at("2026-06-09T18:00Z"),
        }
    }

    fn offers(device: Device, calibrated: &str) -> Vec<Vial> {
        let library = DeviceLibrary::built_in().unwrap();
        let product = library.data(device);
        let half_life = TimeSpan::from_hours(64.1);
        vial_offers(
            product,
            &product.vial_sizes(false),
            &[at(calibrated)],
            half_life,
        )
        .unwrap()
    }

    #[test]
    fn six_sizes_of_the_test_vector() {
        // TV-B16: 1.747, 2.912, 4.076, 5.824 GBq of 3, 5, 7, 10; only 5 fits, −9.0 %.
        let fits = compare_offers(
            &order(),
            &offers(Device::Glass, "2026-06-07T16:00Z"),
            &OrderConstraints::default(),
        )
        .unwrap();
        for (fit, expected) in fits.iter().zip([1.747, 2.912, 4.076, 5.824]) {
            assert!(
                (fit.given.as_gbq() - expected).abs() <= 0.5e-3 + 1e-9,
                "{fit:?}"
            );
        }
        assert_eq!(fits[0].miss, Some(InfusionLimit::TooLittleActivity));
        assert_eq!(fits[1].miss, None);
        assert!((fits[1].deviation_percent + 9.0).abs() <= 0.05);
        assert!(
            fits[2..]
                .iter()
                .all(|fit| fit.miss == Some(InfusionLimit::TooMuchActivity))
        );
    }

    #[test]
    fn what_is_drawn_is_never_too_much() {
        let order = InfusionOrder {
            prescribed: Activity::from_gbq(1.75),
            ..order()
        };
        let fits = |calibrated: &str| {
            let offers = offers(Device::Resin, calibrated);
            compare_offers(&order, &offers, &OrderConstraints::default()).unwrap()
        };
        assert_eq!(fits("2026-06-09T22:00Z")[0].miss, None);
        assert_eq!(fits("2026-06-09T22:00Z")[0].given, order.prescribed);
        // 26 h after calibration: enough, but past the shelf life of 24 h.
        assert_eq!(
            fits("2026-06-08T16:00Z")[0].miss,
            Some(InfusionLimit::Expired)
        );
        assert_eq!(
            fits("2026-06-12T19:00Z")[0].miss,
            Some(InfusionLimit::NotYetUsable)
        );
    }

    #[test]
    fn delivery_hours_and_delay_bind_in_turn() {
        let offers = offers(Device::Glass, "2026-06-07T16:00Z");
        let miss = |constraints: &OrderConstraints| {
            compare_offers(&order(), &offers, constraints).unwrap()[1].miss
        };
        let mut constraints = OrderConstraints {
            ordered_at: Some(at("2026-06-08T18:00Z")),
            lead_time: TimeSpan::from_hours(24.0),
            ..OrderConstraints::default()
        };
        assert_eq!(miss(&constraints), None);
        constraints.lead_time = TimeSpan::from_hours(24.1);
        assert_eq!(miss(&constraints), Some(InfusionLimit::NotYetArrived));
        // The vial holds enough until 51.01 h, the infusion is at 50 h.
        let margin = |hours: f64| OrderConstraints {
            delay_margin: TimeSpan::from_hours(hours),
            ..OrderConstraints::default()
        };
        assert_eq!(miss(&margin(1.0)), None);
        assert_eq!(miss(&margin(1.1)), Some(InfusionLimit::MarginTooShort));
        let hours = |day: Weekday| OrderConstraints {
            working_hours: Some(WorkingHours {
                days: vec![day],
                opens: Time::constant(8, 0, 0, 0),
                closes: Time::constant(14, 30, 0, 0),
                time_zone: TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap(),
            }),
            ..OrderConstraints::default()
        };
        assert_eq!(
            miss(&hours(Weekday::Monday)),
            Some(InfusionLimit::OutsideWorkingHours)
        );
        let fits = compare_offers(&order(), &offers, &hours(Weekday::Tuesday)).unwrap();
        let window = fits[1].window.unwrap();
        assert_eq!(window.latest, at("2026-06-09T18:30Z"));
        assert_eq!(window.latest_limit, InfusionLimit::OutsideWorkingHours);
        assert_eq!(window.earliest, at("2026-06-09T12:00Z"));
    }
}
