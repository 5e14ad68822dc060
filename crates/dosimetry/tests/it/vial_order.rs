//! Plans of vials and hours against the test vectors and against direct search.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sirt_dosimetry::{
    Device, DeviceLibrary, InfusionLimit, InfusionOrder, OrderConstraints, OrderPlan, Vial,
    WorkingHours, compare_offers, plan_orders, vial_offers, volume_to_draw,
};
use sirt_quantity::{AbsorbedDose, Activity, Capacity, Fraction, ResidualFraction, TimeSpan};

const Y90: TimeSpan = TimeSpan::from_hours(64.1);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn order(territory: &str, gbq: f64, residual_percent: f64, planned_at: &str) -> InfusionOrder {
    InfusionOrder {
        territory: territory.to_owned(),
        prescribed: Activity::from_gbq(gbq),
        residual_fraction: ResidualFraction::from_percent(residual_percent).unwrap(),
        tolerance: Fraction::from_percent(10.0).unwrap(),
        planned_at: at(planned_at),
    }
}

fn offers(device: Device, calibrations: &[&str]) -> Vec<Vial> {
    let library = DeviceLibrary::built_in().unwrap();
    let product = library.data(device);
    let calibrations: Vec<Timestamp> = calibrations.iter().map(|text| at(text)).collect();
    vial_offers(product, &product.vial_sizes(false), &calibrations, Y90).unwrap()
}

fn best(orders: &[InfusionOrder], offers: &[Vial]) -> OrderPlan {
    let outcome = plan_orders(orders, offers, &OrderConstraints::default()).unwrap();
    assert!(outcome.obstacles.is_empty());
    outcome.plan.unwrap()
}

fn second() -> SignedDuration {
    SignedDuration::from_secs(1)
}

/// Two territories from one resin vial that is calibrated at 18:00 of the day.
fn resin_session() -> (Vec<InfusionOrder>, Vec<Vial>) {
    (
        vec![
            order("right", 1.75, 2.0, "2026-06-08T10:00+02:00"),
            order("left", 0.9, 2.0, "2026-06-08T11:30+02:00"),
        ],
        offers(Device::Resin, &["2026-06-08T18:00+02:00"]),
    )
}

#[test]
fn glass_for_tuesday_afternoon_is_five_gbq_of_that_week() {
    // TV-B16: 3.2 GBq 50 h after Sunday noon; 5 GBq give 2.912 GBq, −9.0 %.
    let orders = [order("right", 3.2, 0.0, "2026-06-09T14:00-04:00")];
    let sundays = ["2026-05-31T16:00Z", "2026-06-07T16:00Z"];
    let plan = best(&orders, &offers(Device::Glass, &sundays));
    assert_eq!(plan.vials.len(), 1);
    assert_eq!(
        plan.vials[0].vial.to_string(),
        "glass vial of 5 GBq calibrated 2026-06-07T16:00:00Z"
    );
    assert!((plan.infusions[0].given.as_gbq() - 2.912).abs() <= 0.5e-3);
    assert!((plan.infusions[0].deviation_percent + 9.0).abs() <= 0.05);
    // −10 % follow at T·log₂(5/2.88) = 51.0146 h: 1.0146 h after the plan.
    assert!((plan.common_delay.as_hours() - 1.0146).abs() < 0.0005);
    assert_eq!(
        plan.infusions[0].window.latest_limit,
        InfusionLimit::TooLittleActivity
    );
    // 1488 Bq a sphere on day 2 is for 48 h (DOMAIN A.5); 2.912 GBq hold all 2 million.
    assert!((plan.infusions[0].spheres.number / 2e6 - 1.0).abs() < 1e-9);
    assert!((plan.infusions[0].spheres.mass.as_g() - 0.0524).abs() < 0.0005);
}

#[test]
fn glass_of_the_week_before_is_not_orderable_as_one_vial() {
    // TV-B16: +218 h need 33.80 GBq at calibration, 20 GBq give 1.893.
    let orders = [order("right", 3.2, 0.0, "2026-06-09T14:00-04:00")];
    let constraints = OrderConstraints {
        further_calibrations: vec![at("2026-06-07T16:00Z")],
        ..OrderConstraints::default()
    };
    let glass = offers(Device::Glass, &["2026-05-31T16:00Z"]);
    let outcome = plan_orders(&orders, &glass, &constraints).unwrap();
    assert!(outcome.plan.is_none() && outcome.alternatives.is_empty());
    let obstacle = &outcome.obstacles[0];
    assert!((obstacle.needed_at_calibration[0].activity.as_gbq() - 33.80).abs() <= 0.5e-2);
    assert!((obstacle.offers[0].given.as_gbq() - 1.893).abs() <= 0.5e-3);
    let pair = &obstacle.two_vials[0];
    assert!((pair.given.as_gbq() - 1.893 * 35.0 / 20.0).abs() <= 1e-3);
    assert_eq!(obstacle.other_calibrations.len(), 1);
    assert!((obstacle.other_calibrations[0].deviation_percent + 9.0).abs() <= 0.05);
    // 20 GBq give 3.52 to 2.88 GBq T·log₂(20/3.52) = 160.6572 h to 179.2146 h after
    // calibration.
    let other = &obstacle.other_hours[0].window;
    assert_eq!(other.limit_at(at("2026-06-07T09:00Z")), None);
    assert_eq!(
        obstacle.to_string(),
        "territory `right`: no vial on offer gives 3.200 GBq within 10 % at 2026-06-09T18:00:00Z; \
         nearest is glass vial of 20 GBq calibrated 2026-05-31T16:00:00Z, 1.893 GBq (-40.8 %): too little activity; \
         one vial calibrated 2026-05-31T16:00:00Z would need 33.80 GBq; \
         two vials, glass vial of 20 GBq calibrated 2026-05-31T16:00:00Z and glass vial of 15 GBq calibrated 2026-05-31T16:00:00Z, 3.313 GBq (+3.5 %); \
         to be asked for: glass vial of 5 GBq calibrated 2026-06-07T16:00:00Z, 2.912 GBq (-9.0 %); \
         at another hour: glass vial of 20 GBq calibrated 2026-05-31T16:00:00Z from 2026-06-07T08:39:26Z to 2026-06-08T03:12:52Z"
    );
}

#[test]
fn glass_takes_a_vial_for_each_of_two_territories() {
    let orders = [
        order("right", 2.9, 0.6, "2026-06-09T14:00-04:00"),
        order("left", 1.0, 0.6, "2026-06-09T15:00-04:00"),
    ];
    let sundays = ["2026-05-31T16:00Z", "2026-06-07T16:00Z"];
    let outcome = plan_orders(
        &orders,
        &offers(Device::Glass, &sundays),
        &OrderConstraints::default(),
    )
    .unwrap();
    let plan = outcome.plan.unwrap();
    assert_eq!(plan.vials.len(), 2);
    // Right: 5 GBq give 2.912·0.994 = 2.894 GBq (−0.2 %). Left: 10 GBq of the week
    // before give 0.931 (−6.9 %); 3 GBq of this week would give 1.718 and 15 of
    // the week before 1.396.
    let labels: Vec<String> = plan
        .vials
        .iter()
        .map(|vial| vial.vial.to_string())
        .collect();
    assert_eq!(
        labels,
        [
            "glass vial of 5 GBq calibrated 2026-06-07T16:00:00Z",
            "glass vial of 10 GBq calibrated 2026-05-31T16:00:00Z",
        ]
    );
    assert!((plan.infusions[1].given.as_gbq() - 0.931).abs() <= 1e-3);
    assert!(
        plan.infusions
            .iter()
            .all(|infusion| infusion.draw.is_none())
    );
    // Spheres of the second week are more for the same activity.
    let per_gbq = |place: usize| {
        let infusion = &plan.infusions[place];
        infusion.spheres.number / infusion.given.as_gbq()
    };
    assert!(per_gbq(1) / per_gbq(0) > 6.0);
    // No other vials are within 10 % for both.
    assert!(outcome.alternatives.is_empty());
}

#[test]
fn custom_sizes_come_nearer_and_rank_by_deviation() {
    let orders = [order("right", 3.2, 0.6, "2026-06-09T14:00-04:00")];
    let library = DeviceLibrary::built_in().unwrap();
    let glass = library.data(Device::Glass);
    let sunday = [at("2026-06-07T16:00Z")];
    let custom = vial_offers(glass, &glass.vial_sizes(true), &sunday, Y90).unwrap();
    let outcome = plan_orders(&orders, &custom, &OrderConstraints::default()).unwrap();
    // 3.2/0.994 GBq are 5.528 at calibration; 5.5 is −0.5 %, 6 is +8.5 %, 5 is −9.5 %.
    let plans: Vec<&OrderPlan> = outcome.plan.iter().chain(&outcome.alternatives).collect();
    let sizes = plans.iter().map(|plan| plan.ordered.as_gbq());
    assert_eq!(sizes.collect::<Vec<_>>(), [5.5, 6.0, 5.0]);
    for (plan, expected) in plans.iter().zip([-0.5, 8.5, -9.5]) {
        let deviation = plan.infusions[0].deviation_percent;
        assert!((deviation - expected).abs() <= 0.06, "{deviation}");
    }
}

#[test]
fn two_territories_share_one_resin_vial() {
    let (orders, resin) = resin_session();
    let plan = best(&orders, &resin);
    assert_eq!(plan.vials.len(), 1);
    assert_eq!(plan.vials[0].infusions, [0, 1]);
    // TV-B14: 1.75 GBq with 2 % residual at 10:00 are 2.7295 mL of 5 mL.
    let draws = [0, 1].map(|place| plan.infusions[place].draw.unwrap());
    assert!((draws[0].volume.as_ml() - 2.7295).abs() <= 0.5e-4 + 1e-9);
    // 0.9/0.98 GBq of 3·2^(6.5/64.1) = 3.2185 GBq.
    assert!((draws[1].volume.as_ml() - 1.4267).abs() <= 0.5e-4);
    assert!((draws[1].left.as_ml() - (5.0 - 2.7295 - 1.4267)).abs() < 2e-4);
    assert!(plan.total_deviation_percent.abs() < 1e-12);
    // Both later by d fill the vial when 0.83124·2^(d/64.1) = 1: 17.09 h.
    assert!((plan.common_delay.as_hours() - 17.09).abs() < 0.01);
    // Right may start until 1.7857 GBq fill what left leaves, 16.9084 h
    // after calibration.
    let window = plan.infusions[0].window;
    assert_eq!(window.latest, at("2026-06-09T08:54:30Z"));
    assert_eq!(window.latest_limit, InfusionLimit::TooLittleActivity);
    let waste = plan.vials[0].unused + (draws[0].activity + draws[1].activity) * 0.02;
    assert!((plan.waste.as_gbq() - waste.as_gbq()).abs() < 1e-12);
}

#[test]
fn a_second_resin_vial_is_ordered_where_one_does_not_hold_both() {
    let (mut orders, resin) = resin_session();
    orders[1].prescribed = Activity::from_gbq(1.75);
    let plan = best(&orders, &resin);
    assert_eq!(plan.vials.len(), 2);
    assert_eq!(plan.infusions[1].vial, 1);
    // Alone in its vial, a draw may wait until the vial expires.
    assert_eq!(
        plan.infusions[1].window.latest_limit,
        InfusionLimit::Expired
    );
    // A vial made ready for later in the week holds both.
    let early = offers(
        Device::Resin,
        &["2026-06-08T18:00+02:00", "2026-06-09T18:00+02:00"],
    );
    let plan = best(&orders, &early);
    assert_eq!(plan.vials.len(), 1);
    assert_eq!(plan.vials[0].vial.calibrated_at, at("2026-06-09T16:00Z"));
}

#[test]
fn ties_go_to_waste_then_to_the_order_of_the_offers() {
    // Both vials hold enough: the older one wastes less.
    let (orders, _) = resin_session();
    let late_first = offers(
        Device::Resin,
        &["2026-06-09T18:00+02:00", "2026-06-08T18:00+02:00"],
    );
    let outcome = plan_orders(&orders, &late_first, &OrderConstraints::default()).unwrap();
    let plan = outcome.plan.unwrap();
    assert_eq!(plan.vials[0].vial.calibrated_at, at("2026-06-08T16:00Z"));
    let waste: Vec<f64> = std::iter::once(&plan)
        .chain(&outcome.alternatives)
        .map(|plan| plan.waste.as_gbq())
        .collect();
    assert_eq!(waste.len(), 4);
    assert!(waste.windows(2).all(|pair| pair[0] <= pair[1]), "{waste:?}");
    // The same vial twice on offer, told apart by its window: the first is taken.
    let mut twice = vec![late_first[1].clone(), late_first[1].clone()];
    twice[1].usable_until = at("2026-06-09T10:00Z");
    let first = best(&orders, &twice);
    twice.reverse();
    let second = best(&orders, &twice);
    assert_eq!(first.vials[0].vial.usable_until, at("2026-06-09T16:00Z"));
    assert_eq!(second.vials[0].vial.usable_until, at("2026-06-09T10:00Z"));
}

#[test]
fn a_margin_for_delay_asks_for_a_fuller_vial() {
    let (orders, _) = resin_session();
    let both = offers(
        Device::Resin,
        &["2026-06-08T18:00+02:00", "2026-06-09T18:00+02:00"],
    );
    let with_margin = |hours: f64| {
        let constraints = OrderConstraints {
            delay_margin: TimeSpan::from_hours(hours),
            ..OrderConstraints::default()
        };
        plan_orders(&orders, &both, &constraints)
            .unwrap()
            .plan
            .unwrap()
    };
    assert_eq!(
        with_margin(17.0).vials[0].vial.calibrated_at,
        at("2026-06-08T16:00Z")
    );
    assert_eq!(with_margin(17.2).vials.len(), 1);
    assert_eq!(
        with_margin(17.2).vials[0].vial.calibrated_at,
        at("2026-06-09T16:00Z")
    );
}

#[test]
fn working_hours_and_delivery_cut_the_windows_of_a_plan() {
    let (orders, resin) = resin_session();
    let mut constraints = OrderConstraints {
        ordered_at: Some(at("2026-06-07T09:00+02:00")),
        lead_time: TimeSpan::from_hours(24.5),
        working_hours: Some(WorkingHours {
            days: vec![Weekday::Monday],
            opens: Time::constant(8, 0, 0, 0),
            closes: Time::constant(13, 0, 0, 0),
            time_zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        }),
        ..OrderConstraints::default()
    };
    let plan = plan_orders(&orders, &resin, &constraints)
        .unwrap()
        .plan
        .unwrap();
    for infusion in &plan.infusions {
        let window = infusion.window;
        assert_eq!(window.earliest, at("2026-06-08T09:30+02:00"));
        assert_eq!(window.earliest_limit, InfusionLimit::NotYetArrived);
        assert_eq!(window.latest, at("2026-06-08T13:00+02:00"));
        assert_eq!(window.latest_limit, InfusionLimit::OutsideWorkingHours);
    }
    // The second is planned for 11:30, so both may be an hour and a half late.
    assert!((plan.common_delay.as_hours() - 1.5).abs() < 1e-9);
    // Delivered at 10:15: the first infusion is at 10:00.
    constraints.lead_time = TimeSpan::from_hours(25.25);
    let outcome = plan_orders(&orders, &resin, &constraints).unwrap();
    assert_eq!(outcome.obstacles.len(), 1);
    assert_eq!(outcome.obstacles[0].territory, "right");
    assert_eq!(
        outcome.obstacles[0].offers[0].miss,
        Some(InfusionLimit::NotYetArrived)
    );
}

#[test]
fn an_infusion_two_hours_late() {
    let (orders, resin) = resin_session();
    let plan = best(&orders, &resin);
    let late = plan.late_start(0, TimeSpan::from_hours(2.0)).unwrap();
    // DOMAIN A.3: 0.9786 after 2 h.
    assert!((late.given.as_gbq() / 1.75 - 0.9786).abs() <= 0.5e-4);
    assert!((late.deviation_percent + 2.14).abs() <= 0.01);
    assert!(late.within_tolerance);
    assert_eq!((late.limit, late.refusal), (None, None));
    // Drawn anew it takes 1/0.9786 of the volume.
    let volume_ml = late.redraw.unwrap().volume.as_ml();
    assert!((volume_ml * 0.9786 - 2.7295).abs() < 3e-4);
    // 10 h: 10.2 % less of what was drawn; the vial still holds a new draw of
    // 3.0412 mL beside the 1.4267 mL of the other.
    let late = plan.late_start(0, TimeSpan::from_hours(10.0)).unwrap();
    assert!(!late.within_tolerance);
    assert!((late.redraw.unwrap().volume.as_ml() - 3.0412).abs() < 1e-3);
    // 25 h: 3.5767 mL of the 3.5733 mL that the other leaves.
    let late = plan.late_start(0, TimeSpan::from_hours(25.0)).unwrap();
    assert_eq!(late.limit, Some(InfusionLimit::TooLittleActivity));
    assert_eq!(
        late.refusal.unwrap(),
        "resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z holds 1.7839 GBq at 2026-06-09T09:00:00Z, less than the 1.7857 GBq to be drawn"
    );
    let expired = plan.late_start(0, TimeSpan::from_hours(33.0)).unwrap();
    assert_eq!(
        expired.refusal.unwrap(),
        "resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z is expired at 2026-06-09T17:00:00Z; it may be given from 2026-06-05T16:00:00Z to 2026-06-09T16:00:00Z"
    );
    let said = |place, hours| {
        let late = plan.late_start(place, TimeSpan::from_hours(hours));
        late.unwrap_err().to_string()
    };
    assert_eq!(
        said(0, -1.0),
        "delay of an infusion -1 h is outside finite values from 0 h"
    );
    assert_eq!(
        said(2, 1.0),
        "place of an infusion 2 is outside 0 to the number of infusions of the plan less 1"
    );
}

#[test]
fn a_glass_vial_given_late_leaves_its_tolerance() {
    let orders = [order("right", 3.2, 0.0, "2026-06-09T14:00-04:00")];
    let plan = best(&orders, &offers(Device::Glass, &["2026-06-07T16:00Z"]));
    let late = plan.late_start(0, TimeSpan::from_hours(2.0)).unwrap();
    // 2.912·0.9786 = 2.850 GBq, −10.9 %.
    assert!((late.given.as_gbq() - 2.850).abs() <= 1e-3);
    assert!((late.deviation_percent + 10.9).abs() <= 0.06);
    assert!(!late.within_tolerance && late.redraw.is_none() && late.refusal.is_none());
    assert_eq!(late.limit, Some(InfusionLimit::TooLittleActivity));
}

#[test]
fn an_infusion_that_stops_at_sixty_percent() {
    let (orders, resin) = resin_session();
    let plan = best(&orders, &resin);
    let end = plan
        .early_end(0, Fraction::from_percent(60.0).unwrap())
        .unwrap();
    assert!((end.delivered.as_gbq() - 1.05).abs() < 1e-12);
    assert!((end.deviation_percent + 40.0).abs() < 1e-9);
    assert!((end.not_delivered.as_gbq() - (1.75 / 0.98 - 1.05)).abs() < 1e-12);
    assert!((end.scaled_dose(AbsorbedDose::from_gy(120.0)).as_gy() - 72.0).abs() < 1e-9);
    // Left beside both draws: (5 − 2.7295 − 1.4267)/5 of 3.2711 GBq.
    assert!((end.left_in_vial.as_gbq() - 0.8438 / 5.0 * 3.2711).abs() < 2e-4);
    let glass = [order("right", 3.2, 0.0, "2026-06-09T14:00-04:00")];
    let plan = best(&glass, &offers(Device::Glass, &["2026-06-07T16:00Z"]));
    let end = plan
        .early_end(0, Fraction::from_percent(60.0).unwrap())
        .unwrap();
    // 60 % of 2.912 GBq, of which the plan's 3.2 GBq scale doses to 0.546.
    assert!((end.dose_scale - 0.6 * 2.912 / 3.2).abs() < 2e-4);
    assert_eq!(end.left_in_vial, Activity::ZERO);
}

#[test]
fn refuses_what_is_no_session() {
    let (orders, resin) = resin_session();
    let said = |orders: &[InfusionOrder], offers: &[Vial]| {
        let outcome = plan_orders(orders, offers, &OrderConstraints::default());
        outcome.unwrap_err().to_string()
    };
    assert_eq!(
        said(&[], &resin),
        "number of infusions in a session 0 is outside 1..=8"
    );
    let nine = vec![orders[0].clone(); 9];
    assert_eq!(
        said(&nine, &resin),
        "number of infusions in a session 9 is outside 1..=8"
    );
    assert_eq!(
        said(&orders, &[]),
        "number of vials on offer 0 is outside 1 and more"
    );
    let mixed = [resin, offers(Device::Glass, &["2026-06-07T16:00Z"])].concat();
    assert_eq!(
        said(&orders, &mixed),
        "the vials on offer are of resin and glass; an order is for one device"
    );
    let many = OrderConstraints {
        alternatives: 21,
        ..OrderConstraints::default()
    };
    assert_eq!(
        plan_orders(&orders, &mixed[..1], &many)
            .unwrap_err()
            .to_string(),
        "number of alternative plans 21 is outside 0..=20"
    );
    let nothing = [order("right", 0.0, 2.0, "2026-06-08T10:00Z")];
    assert_eq!(
        said(&nothing, &mixed[..1]),
        "prescribed activity 0 GBq is outside >0 GBq"
    );
    let all = [order("right", 1.0, 100.0, "2026-06-08T10:00Z")];
    assert_eq!(
        said(&all, &mixed[..1]),
        "expected residual fraction 1 is outside 0..<1"
    );
}

#[test]
fn an_expired_vial_is_an_obstacle_with_its_hours() {
    let orders = [order("right", 1.2, 0.0, "2026-06-09T19:00+02:00")];
    let resin = offers(Device::Resin, &["2026-06-08T18:00+02:00"]);
    let outcome = plan_orders(&orders, &resin, &OrderConstraints::default()).unwrap();
    assert_eq!(
        outcome.obstacles[0].reason,
        "territory `right`: no vial on offer gives 1.200 GBq within 10 % at 2026-06-09T17:00:00Z; \
         nearest is resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z, 1.200 GBq (+0.0 %): expired; \
         one vial calibrated 2026-06-08T16:00:00Z would need 1.57 GBq; \
         at another hour: resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z from 2026-06-05T16:00:00Z to 2026-06-09T16:00:00Z"
    );
}

#[test]
fn a_resin_vial_that_holds_too_little_is_helped_by_a_second() {
    let orders = [order("right", 3.5, 0.0, "2026-06-08T10:00+02:00")];
    let resin = offers(Device::Resin, &["2026-06-08T18:00+02:00"]);
    let outcome = plan_orders(&orders, &resin, &OrderConstraints::default()).unwrap();
    let obstacle = &outcome.obstacles[0];
    assert_eq!(
        obstacle.offers[0].miss,
        Some(InfusionLimit::TooLittleActivity)
    );
    // All of it is 3.2711 GBq (TV-B14).
    assert!((obstacle.offers[0].given.as_gbq() - 3.2711).abs() <= 0.5e-4);
    assert_eq!(obstacle.two_vials.len(), 1);
    assert!(obstacle.two_vials[0].deviation_percent.abs() < 1e-12);
    // 3.5 GBq were in it T·log₂(3.5/3) = 14.2553 h before calibration.
    let latest = obstacle.other_hours[0].window.latest;
    assert_eq!(latest, at("2026-06-08T01:44:40Z"));
}

#[test]
fn json_says_units_and_instants() {
    let (orders, resin) = resin_session();
    let outcome = plan_orders(&orders, &resin, &OrderConstraints::default()).unwrap();
    let json = serde_json::to_value(&outcome).unwrap();
    let (vial, infusion) = (&json["plan"]["vials"][0], &json["plan"]["infusions"][1]);
    assert_eq!(vial["size_gbq"], 3.0);
    assert_eq!(vial["calibrated_at"], "2026-06-08T16:00:00Z");
    assert_eq!(vial["infusions"], serde_json::json!([0, 1]));
    assert!(vial["unused_gbq"].is_f64() && vial["common_delay_h"].is_f64());
    assert_eq!(infusion["territory"], "left");
    assert_eq!(infusion["prescribed_gbq"], 0.9);
    assert_eq!(infusion["planned_at"], "2026-06-08T09:30:00Z");
    assert!(infusion["draw"]["volume_ml"].is_f64());
    assert_eq!(infusion["window"]["latest"], "2026-06-09T16:00:00Z");
    assert_eq!(infusion["window"]["latest_limit"], "expired");
    assert!(infusion["spheres"]["number"].is_f64() && infusion["spheres"]["mass_g"].is_f64());
    assert_eq!(json["obstacles"], serde_json::json!([]));
}

/// The least waste of all ways to draw from `copies` of each vial, GBq, from
/// the definition; none where no way is possible.
fn least_waste_by_trying_all(orders: &[InfusionOrder], offers: &[Vial]) -> Option<f64> {
    let copies = orders.len();
    let choices = offers.len() * copies;
    let mut least: Option<f64> = None;
    for way in 0..choices.pow(orders.len() as u32) {
        let vial_of = |i: usize| way / choices.pow(i as u32) % choices;
        let mut waste_gbq = Some(0.0);
        for vial in 0..choices {
            let mut drawn = Capacity::ZERO;
            let mut last = None;
            let served = orders
                .iter()
                .enumerate()
                .filter(|(i, _)| vial_of(*i) == vial);
            for (_, order) in served {
                let needed = order.prescribed / order.residual_fraction.rest();
                match volume_to_draw(&offers[vial / copies], needed, drawn, order.planned_at) {
                    Ok(draw) => {
                        drawn += draw.volume;
                        last = last.max(Some(order.planned_at));
                        let residual = needed - order.prescribed;
                        waste_gbq = waste_gbq.map(|sum| sum + residual.as_gbq());
                    }
                    Err(_) => waste_gbq = None,
                }
            }
            if let Some(last) = last {
                let left = 1.0 - drawn.as_ml() / 5.0;
                let unused = offers[vial / copies].activity_at(last) * left;
                waste_gbq = waste_gbq.map(|sum| sum + unused.as_gbq());
            }
        }
        least = match (least, waste_gbq) {
            (Some(a), Some(b)) => Some(f64::min(a, b)),
            (a, b) => a.or(b),
        };
    }
    least
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_way_to_draw_wastes_less_than_the_plan(
        wanted in prop::collection::vec((0.3..3.0_f64, 0..20_i64), 1..=3),
        calibrations in prop::collection::vec(-20..70_i64, 1..=3),
    ) {
        let ten = at("2026-06-08T08:00Z");
        let orders: Vec<InfusionOrder> = wanted
            .iter()
            .map(|(gbq, half_hours)| InfusionOrder {
                planned_at: ten + SignedDuration::from_mins(30 * half_hours),
                ..order("somewhere", *gbq, 3.0, "2026-06-08T08:00Z")
            })
            .collect();
        let library = DeviceLibrary::built_in().unwrap();
        let calibrations: Vec<Timestamp> = calibrations
            .iter()
            .map(|hours| ten + SignedDuration::from_hours(*hours))
            .collect();
        let resin = library.data(Device::Resin);
        let offers = vial_offers(resin, &resin.vial_sizes(false), &calibrations, Y90).unwrap();
        let outcome = plan_orders(&orders, &offers, &OrderConstraints::default()).unwrap();
        let least = least_waste_by_trying_all(&orders, &offers);
        prop_assert_eq!(outcome.plan.is_some(), least.is_some());
        prop_assert_eq!(outcome.obstacles.is_empty(), least.is_some());
        if let (Some(plan), Some(least)) = (&outcome.plan, least) {
            // Waste is ranked to 1 Bq for each of at most three vials.
            prop_assert!((plan.waste.as_gbq() - least).abs() < 1e-8, "{} {}", plan.waste, least);
        }
    }

    #[test]
    fn windows_of_shared_draws_end_where_the_vial_is_empty(
        wanted in prop::collection::vec((0.2..1.0_f64, 0..20_i64), 2..=3),
    ) {
        let ten = at("2026-06-08T08:00Z");
        let orders: Vec<InfusionOrder> = wanted
            .iter()
            .map(|(gbq, half_hours)| InfusionOrder {
                planned_at: ten + SignedDuration::from_mins(30 * half_hours),
                ..order("somewhere", *gbq, 3.0, "2026-06-08T08:00Z")
            })
            .collect();
        let vial = offers(Device::Resin, &["2026-06-08T16:00Z"])
            .remove(0)
            .with_window(at("2020-01-01T00:00Z"), at("2030-01-01T00:00Z"))
            .unwrap();
        let plan = plan_orders(&orders, std::slice::from_ref(&vial), &OrderConstraints::default())
            .unwrap()
            .plan
            .unwrap();
        // One vial holds all at these activities or the case says nothing.
        prop_assume!(plan.vials.len() == 1);
        let filled = |starts: &[Timestamp]| -> f64 {
            let parts = orders.iter().zip(starts).map(|(order, start)| {
                order.prescribed / order.residual_fraction.rest() / vial.activity_at(*start)
            });
            parts.sum()
        };
        let planned: Vec<Timestamp> = orders.iter().map(|order| order.planned_at).collect();
        for (place, infusion) in plan.infusions.iter().enumerate() {
            let mut moved = planned.clone();
            moved[place] = infusion.window.latest;
            prop_assert!(filled(&moved) <= 1.0 + 1e-9);
            moved[place] = infusion.window.latest + second();
            prop_assert!(filled(&moved) > 1.0);
        }
        let later = |seconds: f64| -> Vec<Timestamp> {
            let by = SignedDuration::from_secs_f64(plan.common_delay.as_seconds() + seconds);
            planned.iter().map(|start| *start + by).collect()
        };
        prop_assert!(filled(&later(-1.0)) <= 1.0 && filled(&later(1.0)) > 1.0);
    }

    #[test]
    fn the_plan_for_one_glass_vial_is_the_nearest_that_fits(
        gbq in 0.2..6.0_f64,
        hours in 0..280_i64,
        residual in 0.0..10.0_f64,
    ) {
        let glass = offers(Device::Glass, &["2026-05-31T16:00Z", "2026-06-07T16:00Z"]);
        let wanted = [InfusionOrder {
            planned_at: at("2026-05-31T16:00Z") + SignedDuration::from_hours(hours),
            ..order("right", gbq, residual, "2026-06-07T16:00Z")
        }];
        let outcome = plan_orders(&wanted, &glass, &OrderConstraints::default()).unwrap();
        let fits = compare_offers(&wanted[0], &glass, &OrderConstraints::default()).unwrap();
        let nearest = fits
            .iter()
            .filter(|fit| fit.vial.check_usable(wanted[0].planned_at).is_ok())
            .map(|fit| fit.deviation_percent.abs())
            .filter(|deviation| *deviation <= 10.0)
            .fold(f64::INFINITY, f64::min);
        prop_assert_eq!(outcome.plan.is_some(), nearest.is_finite());
        if let Some(plan) = outcome.plan {
            prop_assert!((plan.total_deviation_percent - nearest).abs() < 1e-6);
            prop_assert_eq!(plan.infusions[0].window.limit_at(wanted[0].planned_at), None);
        }
    }
}
