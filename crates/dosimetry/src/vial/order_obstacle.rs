//! Why no vial on offer serves a territory, and what would.
//!
//! Four ways out are looked at, the nearest few of each:
//! two vials together (given one after the other, or drawn from both), a vial
//! of a size on offer calibrated at another instant, and another hour for the
//! infusion with a vial on offer; beside them stands the activity at
//! calibration that one vial would need, `A_d·2^((t − t_cal)/T)`.
//! A size calibrated `s` before the infusion serves for
//! `T·log₂(A_size/(A_d·(1 + τ))) ≤ s ≤ T·log₂(A_size/(A_d·(1 − τ)))`.
//! They are suggestions: another calibration has to be asked for, and two
//! vials are twice the handling and more spheres.
//! Source: DOMAIN B.11 and the law of decay.

use jiff::Timestamp;
use serde::Serialize;
use sirt_quantity::{Activity, TimeSpan};

use super::dated_activity::{in_gbq, shifted, span_between};
use super::draw::activity_given;
use super::infusion_order::{InfusionOrder, OrderConstraints};
use super::infusion_window::InfusionWindow;
use super::offer_fit::{OfferFit, activity_window};
use super::vial::{Vial, activity_at_calibration};
use crate::DosimetryError;

/// How many suggestions of a kind are given.
const SUGGESTIONS: usize = 3;

/// What one vial calibrated at an instant would have to hold then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationNeed {
    /// The calibration instant.
    pub calibrated_at: Timestamp,
    /// The activity then.
    #[serde(rename = "activity_gbq", serialize_with = "in_gbq")]
    pub activity: Activity,
}

/// Two vials for one territory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VialPair {
    /// The vials; the same twice where two of a kind serve.
    pub vials: [Vial; 2],
    /// What they give together.
    #[serde(rename = "given_gbq", serialize_with = "in_gbq")]
    pub given: Activity,
    /// Given less prescribed over prescribed, percent.
    pub deviation_percent: f64,
}

/// Another hour for the infusion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OtherHour {
    /// The vial that serves then.
    pub vial: Vial,
    /// When it does; working hours are not looked at.
    pub window: InfusionWindow,
}

/// A territory that no vial on offer serves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderObstacle {
    /// Name of the territory.
    pub territory: String,
    /// The planned instant.
    pub planned_at: Timestamp,
    /// What has to be dispensed.
    #[serde(rename = "to_dispense_gbq", serialize_with = "in_gbq")]
    pub to_dispense: Activity,
    /// All vials on offer, nearest to the prescription first.
    pub offers: Vec<OfferFit>,
    /// What one vial would have to hold, for each calibration instant on offer.
    pub needed_at_calibration: Vec<CalibrationNeed>,
    /// Pairs of vials on offer that serve, nearest first.
    pub two_vials: Vec<VialPair>,
    /// Vials of the sizes on offer that serve at calibrations that can be
    /// asked for, nearest first.
    pub other_calibrations: Vec<OfferFit>,
    /// Other hours at which one vial on offer serves, nearest first.
    pub other_hours: Vec<OtherHour>,
    /// All of it in a sentence.
    pub reason: String,
}

impl OrderObstacle {
    /// Why no vial serves an order; none where one does.
    pub(super) fn of(
        order: &InfusionOrder,
        offers: &[Vial],
        arrival: Option<Timestamp>,
        constraints: &OrderConstraints,
    ) -> Result<Option<Self>, DosimetryError> {
        let fit = |vial: &Vial| OfferFit::of(order, vial, arrival, constraints);
        let mut fits = offers.iter().map(fit).collect::<Result<Vec<_>, _>>()?;
        if fits.iter().any(|fit| fit.miss.is_none()) {
            return Ok(None);
        }
        let to_dispense = order.to_dispense()?;
        let mut needed_at_calibration: Vec<CalibrationNeed> = offers
            .iter()
            .map(|vial| CalibrationNeed {
                calibrated_at: vial.calibrated_at,
                activity: activity_at_calibration(
                    to_dispense,
                    order.planned_at,
                    vial.calibrated_at,
                    vial.half_life,
                ),
            })
            .collect();
        needed_at_calibration.sort_by_key(|need| need.calibrated_at);
        needed_at_calibration.dedup_by_key(|need| need.calibrated_at);
        let mut other_calibrations = other_calibrations(offers, constraints)?
            .iter()
            .map(fit)
            .collect::<Result<Vec<_>, _>>()?;
        other_calibrations.retain(|fit| fit.miss.is_none());
        nearest_first(&mut fits);
        nearest_first(&mut other_calibrations);
        other_calibrations.truncate(SUGGESTIONS);
        let mut obstacle = Self {
            territory: order.territory.clone(),
            planned_at: order.planned_at,
            to_dispense,
            two_vials: two_vials(order, &fits, arrival, constraints),
            offers: fits,
            needed_at_calibration,
            other_calibrations,
            other_hours: other_hours(order, offers, arrival)?,
            reason: String::new(),
        };
        obstacle.reason = obstacle.sentence(order);
        Ok(Some(obstacle))
    }

    fn sentence(&self, order: &InfusionOrder) -> String {
        let mut parts = vec![format!(
            "territory `{}`: no vial on offer gives {:.3} GBq within {:.0} % at {}",
            order.territory,
            order.prescribed.as_gbq(),
            order.tolerance.as_percent(),
            order.planned_at
        )];
        if let Some(nearest) = self.offers.first() {
            parts.push(format!(
                "nearest is {}: {}",
                given(
                    &nearest.vial.to_string(),
                    nearest.given,
                    nearest.deviation_percent
                ),
                nearest.miss.map_or(String::new(), |miss| miss.to_string())
            ));
            let need = self
                .needed_at_calibration
                .iter()
                .find(|need| need.calibrated_at == nearest.vial.calibrated_at);
            parts.extend(need.map(|need| {
                format!(
                    "one vial calibrated {} would need {:.2} GBq",
                    need.calibrated_at,
                    need.activity.as_gbq()
                )
            }));
        }
        parts.extend(self.two_vials.first().map(|pair| {
            let [first, second] = &pair.vials;
            let vials = format!("two vials, {first} and {second}");
            given(&vials, pair.given, pair.deviation_percent)
        }));
        parts.extend(self.other_calibrations.first().map(|fit| {
            format!(
                "to be asked for: {}",
                given(&fit.vial.to_string(), fit.given, fit.deviation_percent)
            )
        }));
        parts.extend(self.other_hours.first().map(|other| {
            format!(
                "at another hour: {} from {} to {}",
                other.vial, other.window.earliest, other.window.latest
            )
        }));
        parts.join("; ")
    }
}

impl std::fmt::Display for OrderObstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

fn given(vials: &str, given: Activity, deviation_percent: f64) -> String {
    format!(
        "{vials}, {:.3} GBq ({deviation_percent:+.1} %)",
        given.as_gbq()
    )
}

/// Sorts by how far from the prescription; equal ones stay in their order.
fn nearest_first(fits: &mut [OfferFit]) {
    fits.sort_by(|a, b| {
        let (a, b) = (a.deviation_percent.abs(), b.deviation_percent.abs());
        a.total_cmp(&b)
    });
}

/// The sizes on offer at the calibrations that can be asked for.
fn other_calibrations(
    offers: &[Vial],
    constraints: &OrderConstraints,
) -> Result<Vec<Vial>, DosimetryError> {
    let mut kinds: Vec<&Vial> = Vec::new();
    for vial in offers {
        if !kinds.iter().any(|known| known.size == vial.size) {
            kinds.push(vial);
        }
    }
    let mut others = Vec::new();
    for calibrated_at in &constraints.further_calibrations {
        for kind in &kinds {
            let moved = |at| shifted(at, span_between(kind.calibrated_at, *calibrated_at));
            others.push(Vial {
                calibrated_at: *calibrated_at,
                usable_from: moved(kind.usable_from)?,
                usable_until: moved(kind.usable_until)?,
                ..(*kind).clone()
            });
        }
    }
    Ok(others)
}

/// Pairs of vials that serve together, nearest first, then with the least
/// activity at calibration.
fn two_vials(
    order: &InfusionOrder,
    fits: &[OfferFit],
    arrival: Option<Timestamp>,
    constraints: &OrderConstraints,
) -> Vec<VialPair> {
    let at = order.planned_at;
    let at_hand: Vec<&Vial> = fits
        .iter()
        .map(|fit| &fit.vial)
        .filter(|vial| {
            InfusionWindow::of_vial(vial, arrival)
                .on_the_day_of(at, constraints.working_hours.as_ref())
                .is_ok_and(|day| {
                    day.limit_at(at).is_none()
                        && span_between(at, day.latest) >= constraints.delay_margin
                })
        })
        .collect();
    let delay_left = |vials: [&Vial; 2], floor: Activity| {
        // Both decay alike: their sum reaches the floor as one vial would.
        let together = vials[0].activity_at(at) + vials[1].activity_at(at);
        vials[0].half_life * (together / floor).log2() >= constraints.delay_margin
    };
    let mut pairs = Vec::new();
    for (n, first) in at_hand.iter().enumerate() {
        for second in &at_hand[n..] {
            let held = first.activity_at(at) + second.activity_at(at);
            let all = activity_given(held, order.residual_fraction);
            let drawn = first.draw_volume.is_some();
            let (given, least) = if drawn && all >= order.prescribed {
                (order.prescribed, order.prescribed)
            } else {
                (all, order.prescribed * order.tolerance.rest())
            };
            let deviation_percent = order.deviation_percent(given);
            let serves = if drawn {
                all >= order.prescribed
            } else {
                deviation_percent.abs() <= order.tolerance.as_percent()
            };
            let floor = least / order.residual_fraction.rest();
            if serves && delay_left([first, second], floor) {
                pairs.push(VialPair {
                    vials: [(*first).clone(), (*second).clone()],
                    given,
                    deviation_percent,
                });
            }
        }
    }
    let ordered = |pair: &VialPair| (pair.vials[0].size + pair.vials[1].size).as_gbq();
    pairs.sort_by(|a, b| {
        let (x, y) = (a.deviation_percent.abs(), b.deviation_percent.abs());
        x.total_cmp(&y).then(ordered(a).total_cmp(&ordered(b)))
    });
    pairs.truncate(SUGGESTIONS);
    pairs
}

/// When each vial on offer would serve, the nearest to the planned instant first.
fn other_hours(
    order: &InfusionOrder,
    offers: &[Vial],
    arrival: Option<Timestamp>,
) -> Result<Vec<OtherHour>, DosimetryError> {
    let mut hours = Vec::new();
    for vial in offers {
        let window = activity_window(InfusionWindow::of_vial(vial, arrival), order, vial)?;
        if !window.is_empty() {
            hours.push(OtherHour {
                vial: vial.clone(),
                window,
            });
        }
    }
    let away = |other: &OtherHour| {
        let early = span_between(order.planned_at, other.window.earliest);
        let late = span_between(other.window.latest, order.planned_at);
        [early, late, TimeSpan::ZERO]
            .map(TimeSpan::as_hours)
            .into_iter()
            .fold(0.0, f64::max)
    };
    hours.sort_by(|a, b| away(a).total_cmp(&away(b)));
    hours.truncate(SUGGESTIONS);
    Ok(hours)
}
