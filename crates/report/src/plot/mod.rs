//! Plots for documents: functions from plain numbers to the text of an SVG
//! picture, legible at half the width of an A4 page, told apart in grey and by
//! every kind of colour vision through shape and dash.

mod axis;
mod canvas;
mod dose_shrinkage;
mod dose_volume;
mod forest;
mod lesion_waterfall;
mod liver_volume;
mod marker_course;
mod method_card;
mod months;
mod patient_timeline;
mod planned_delivered;
mod rate_over_time;
mod spider;
mod survival_curve;
mod swimmer;
mod vial_schedule;

pub use dose_shrinkage::{LesionDosePoint, dose_shrinkage};
pub use dose_volume::{DvhCurve, dose_volume};
pub use forest::{ForestPlot, ForestRow, forest};
pub use lesion_waterfall::{WaterfallBar, lesion_waterfall};
pub use liver_volume::{LiverVolumePlot, VolumeCourse, VolumeMark, liver_volume};
pub use marker_course::{MarkerPlot, MarkerValuePoint, marker_course};
pub use method_card::{MethodActivity, MethodCardPlot, TerritoryMethods, method_card};
pub use months::TreatmentMark;
pub use patient_timeline::{PatientTimelinePlot, TimelineEnd, TimelineMark, patient_timeline};
pub use planned_delivered::{PlannedDelivered, planned_delivered};
pub use rate_over_time::{RatePoint, RateSeries, rate_over_time};
pub use spider::{SpiderLine, SpiderPlot, spider};
pub use survival_curve::{SurvivalCurve, SurvivalPlot, SurvivalStep, survival_curve};
pub use swimmer::{SwimmerMark, SwimmerRow, swimmer};
pub use vial_schedule::{InfusionMark, VialRow, VialSchedulePlot, vial_schedule};
