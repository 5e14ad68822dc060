//! From prescription to vial and back: what to order, draw and infuse when,
//! and what was delivered.

mod assay;
mod calibration_calendar;
mod dated_activity;
mod draw;
mod infusion_order;
mod infusion_window;
mod late_or_partial_infusion;
mod offer_fit;
mod order_obstacle;
mod order_planner;
#[expect(
    clippy::module_inception,
    reason = "the folder is the way to the vial, the file is the vial itself"
)]
mod vial;

pub use assay::{
    ActivityMeterReading, DeliveredActivity, EndOfInfusion, MeasuredResidual, WasteJarReading,
    waste_jar_residual,
};
pub use calibration_calendar::CalibrationSchedule;
pub use dated_activity::DatedActivity;
pub use draw::{Draw, activity_given, activity_in_draw, activity_to_dispense, volume_to_draw};
pub use infusion_order::{InfusionOrder, OrderConstraints, WorkingHours, usual_activity_tolerance};
pub use infusion_window::{InfusionLimit, InfusionWindow};
pub use late_or_partial_infusion::{EarlyEnd, LateStart};
pub use offer_fit::{OfferFit, compare_offers};
pub use order_obstacle::{CalibrationNeed, OrderObstacle, OtherHour, VialPair};
pub use order_planner::{OrderOutcome, OrderPlan, PlannedInfusion, PlannedVial, plan_orders};
pub use vial::{Spheres, Vial, activity_at_calibration, vial_offers};
