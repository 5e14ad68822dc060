//! Plots for documents: functions from plain numbers to the text of an SVG
//! picture, legible at half the width of an A4 page, told apart in grey and by
//! every kind of colour vision through shape and dash.

mod axis;
mod canvas;
mod dose_volume;
mod forest;
mod method_card;
mod planned_delivered;
mod rate_over_time;
mod survival_curve;
mod swimmer;
mod vial_schedule;

pub use dose_volume::{DvhCurve, dose_volume};
pub use forest::{ForestPlot, ForestRow, forest};
pub use method_card::{MethodActivity, MethodCardPlot, TerritoryMethods, method_card};
pub use planned_delivered::{PlannedDelivered, planned_delivered};
pub use rate_over_time::{RatePoint, RateSeries, rate_over_time};
pub use survival_curve::{SurvivalCurve, SurvivalPlot, SurvivalStep, survival_curve};
pub use swimmer::{SwimmerMark, SwimmerRow, swimmer};
pub use vial_schedule::{InfusionMark, VialRow, VialSchedulePlot, vial_schedule};
