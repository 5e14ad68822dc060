//! What becomes of a plan when an infusion starts late or ends early.
//!
//! A late start by `d`: what was dispensed for the planned instant has decayed
//! by `2^(−d/T)` (half-life `T`, hours), so the activity given and all doses
//! fall with it; a vial that is drawn from can be drawn anew for the later
//! instant while it holds enough.
//! An early end after the part `f` of what would have been given: `f` of it is
//! in the territory, and doses scale with delivered over prescribed activity.
//! Assumes spheres that are infused in proportion to time and spread alike
//! from first to last; stasis changes where the last ones go.
//! Source: the law of decay; dose is linear in activity for spheres that stay.

use jiff::Timestamp;
use serde::Serialize;
use sirt_quantity::{AbsorbedDose, Activity, Capacity, Fraction, TimeSpan, decay_factor};

use super::dated_activity::{in_gbq, shifted};
use super::draw::{Draw, volume_to_draw};
use super::infusion_window::InfusionLimit;
use super::order_planner::{OrderPlan, PlannedInfusion, PlannedVial};
use crate::DosimetryError;

/// An infusion that starts later than planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LateStart {
    /// Name of the territory.
    pub territory: String,
    /// How much later.
    #[serde(rename = "delay_h")]
    pub delay: TimeSpan,
    /// When it starts.
    pub at: Timestamp,
    /// What is given of what was dispensed for the planned instant.
    #[serde(rename = "given_gbq", serialize_with = "in_gbq")]
    pub given: Activity,
    /// Given less prescribed over prescribed, percent.
    pub deviation_percent: f64,
    /// Whether the activity given is still within the tolerance.
    pub within_tolerance: bool,
    /// What the start runs into, by the window of the plan; none inside.
    pub limit: Option<InfusionLimit>,
    /// What to draw instead for the later instant; none for a vial given
    /// whole, and where the vial does not allow it.
    pub redraw: Option<Draw>,
    /// Why the vial allows no other draw, or may not be given; none where it may.
    pub refusal: Option<String>,
}

/// An infusion that ends before all is given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EarlyEnd {
    /// Name of the territory.
    pub territory: String,
    /// Part that was given of what would have been.
    pub given_fraction: Fraction,
    /// What was delivered, at the planned instant.
    #[serde(rename = "delivered_gbq", serialize_with = "in_gbq")]
    pub delivered: Activity,
    /// Delivered less prescribed over prescribed, percent.
    pub deviation_percent: f64,
    /// What was dispensed and not delivered, the usual residual included.
    #[serde(rename = "not_delivered_gbq", serialize_with = "in_gbq")]
    pub not_delivered: Activity,
    /// What all draws leave in the vial, at the planned instant; 0 for
    /// a vial given whole.
    #[serde(rename = "left_in_vial_gbq", serialize_with = "in_gbq")]
    pub left_in_vial: Activity,
    /// Delivered over prescribed activity: doses that were planned for the
    /// prescription scale with it.
    pub dose_scale: f64,
}

impl EarlyEnd {
    /// The dose of what was delivered, from the dose of the prescription.
    #[must_use]
    pub fn scaled_dose(&self, planned: AbsorbedDose) -> AbsorbedDose {
        planned * self.dose_scale
    }
}

impl OrderPlan {
    /// What an infusion gives that starts later than planned, the others as planned.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an infusion that the plan does not
    /// have, or a delay that is negative or past the calendar.
    pub fn late_start(
        &self,
        infusion: usize,
        delay: TimeSpan,
    ) -> Result<LateStart, DosimetryError> {
        if !(delay.is_finite() && delay >= TimeSpan::ZERO) {
            return Err(DosimetryError::OutOfRange {
                what: "delay of an infusion",
                value: delay.to_string(),
                allowed: "finite values from 0 h",
            });
        }
        let (planned, source) = self.infusion(infusion)?;
        let (order, vial) = (&planned.order, &source.vial);
        let at = shifted(order.planned_at, delay)?;
        let given = planned.given * decay_factor(delay, vial.half_life);
        let deviation_percent = order.deviation_percent(given);
        let redraw = match (vial.draw_volume, vial.check_usable(at)) {
            (_, Err(refusal)) => Err(refusal),
            (None, Ok(())) => Ok(None),
            (Some(_), Ok(())) => {
                let others = self.drawn(source, |other| other != infusion);
                volume_to_draw(vial, planned.to_dispense, others, at).map(Some)
            }
        };
        Ok(LateStart {
            territory: order.territory.clone(),
            delay,
            at,
            given,
            deviation_percent,
            within_tolerance: deviation_percent.abs() <= order.tolerance.as_percent(),
            limit: planned.window.limit_at(at),
            refusal: redraw.as_ref().err().map(ToString::to_string),
            redraw: redraw.ok().flatten(),
        })
    }

    /// What is delivered when an infusion ends after a part of it.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an infusion that the plan does not have.
    pub fn early_end(
        &self,
        infusion: usize,
        given_fraction: Fraction,
    ) -> Result<EarlyEnd, DosimetryError> {
        let (planned, source) = self.infusion(infusion)?;
        let order = &planned.order;
        let delivered = planned.given * given_fraction.as_fraction();
        let left_in_vial = source.vial.draw_volume.map_or(Activity::ZERO, |full| {
            let drawn = self.drawn(source, |_| true);
            source.vial.activity_at(order.planned_at) * ((full - drawn) / full)
        });
        Ok(EarlyEnd {
            territory: order.territory.clone(),
            given_fraction,
            delivered,
            deviation_percent: order.deviation_percent(delivered),
            not_delivered: planned.dispensed - delivered,
            left_in_vial,
            dose_scale: delivered / order.prescribed,
        })
    }

    fn infusion(&self, place: usize) -> Result<(&PlannedInfusion, &PlannedVial), DosimetryError> {
        self.infusions
            .get(place)
            .and_then(|infusion| Some((infusion, self.vials.get(infusion.vial)?)))
            .ok_or_else(|| DosimetryError::OutOfRange {
                what: "place of an infusion",
                value: place.to_string(),
                allowed: "0 to the number of infusions of the plan less 1",
            })
    }

    /// Volume that some of a vial's infusions take from it.
    fn drawn(&self, source: &PlannedVial, counted: impl Fn(usize) -> bool) -> Capacity {
        source
            .infusions
            .iter()
            .filter(|place| counted(**place))
            .filter_map(|place| self.infusions.get(*place)?.draw)
            .map(|draw| draw.volume)
            .sum()
    }
}
