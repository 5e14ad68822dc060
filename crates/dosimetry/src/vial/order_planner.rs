//! Which vials to order, and when to infuse each territory.
//!
//! Every way to share the territories among vials is looked at: a vial that is
//! given whole serves one territory, one that is drawn from serves several
//! while `Σ A_d,i·2^((t_i − t_cal)/T)/A_cal ≤ 1`, with `A_d,i` to be dispensed
//! at the instant `t_i` (GBq), `A_cal` at calibration and the half-life `T`.
//! Every vial on offer can be ordered any number of times.
//! Plans rank by the sum of the |deviation| of given from prescribed activity,
//! then by waste (what stays in vials at their last infusion, and residuals),
//! then by number of vials, then by activity ordered at calibration, then by
//! the order of the offers. Numbers are compared to 1e-9 of the prescription
//! and to 1 Bq, so that rounding breaks no tie.
//! One vial per territory is planned; two for one territory are only suggested
//! where nothing else fits ([`OrderObstacle`]).
//! Assumes that vials hold what their label says; an assay goes before it.
//! Source: DOMAIN B.11 states the constraints; the ranking is ours
//! (`docs/methods/vial.md`).

use jiff::Timestamp;
use serde::Serialize;
use sirt_quantity::{Activity, Capacity, TimeSpan};

use super::dated_activity::{in_gbq, span_between};
use super::draw::{Draw, activity_given, volume_to_draw};
use super::infusion_order::{InfusionOrder, OrderConstraints};
use super::infusion_window::InfusionWindow;
use super::offer_fit::OfferFit;
use super::order_obstacle::OrderObstacle;
use super::vial::{Spheres, Vial};
use crate::DosimetryError;

/// Territories of a session at most: the ways to share them grow past any use.
const MOST_TERRITORIES: usize = 8;

/// Alternatives at most: the work grows with their square.
const MOST_ALTERNATIVES: usize = 20;

/// A vial to order and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedVial {
    /// The vial.
    #[serde(flatten)]
    pub vial: Vial,
    /// The infusions that it serves, by their place in the plan.
    pub infusions: Vec<usize>,
    /// What is left in it after the last of them, at that instant.
    #[serde(rename = "unused_gbq", serialize_with = "in_gbq")]
    pub unused: Activity,
    /// How much later all of them may start together.
    #[serde(rename = "common_delay_h")]
    pub common_delay: TimeSpan,
}

/// One infusion of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedInfusion {
    /// What is wanted.
    #[serde(flatten)]
    pub order: InfusionOrder,
    /// The vial, by its place in the plan.
    pub vial: usize,
    /// What has to be dispensed for the prescription.
    #[serde(rename = "to_dispense_gbq", serialize_with = "in_gbq")]
    pub to_dispense: Activity,
    /// What is dispensed.
    #[serde(rename = "dispensed_gbq", serialize_with = "in_gbq")]
    pub dispensed: Activity,
    /// What is expected to be given.
    #[serde(rename = "given_gbq", serialize_with = "in_gbq")]
    pub given: Activity,
    /// Given less prescribed over prescribed, percent.
    pub deviation_percent: f64,
    /// What to draw; none for a vial that is given whole.
    pub draw: Option<Draw>,
    /// When it may start, the others as planned.
    pub window: InfusionWindow,
    /// The spheres that are given.
    pub spheres: Spheres,
}

/// Vials and infusions that meet every constraint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderPlan {
    /// The vials to order.
    pub vials: Vec<PlannedVial>,
    /// The infusions, in the order that they were asked for.
    pub infusions: Vec<PlannedInfusion>,
    /// Sum of the deviations without their sign, percent.
    pub total_deviation_percent: f64,
    /// What stays in vials at their last infusion, and what stays behind in each infusion.
    #[serde(rename = "waste_gbq", serialize_with = "in_gbq")]
    pub waste: Activity,
    /// Activity of all vials at their calibration.
    #[serde(rename = "ordered_gbq", serialize_with = "in_gbq")]
    pub ordered: Activity,
    /// How much later the whole session may start.
    #[serde(rename = "common_delay_h")]
    pub common_delay: TimeSpan,
}

/// The best plan, the next best, and why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderOutcome {
    /// The best plan; none where a territory cannot be served.
    pub plan: Option<OrderPlan>,
    /// The next best plans, best first.
    pub alternatives: Vec<OrderPlan>,
    /// The territories that no vial on offer serves, with what would.
    pub obstacles: Vec<OrderObstacle>,
}

/// Plans vials and hours for the territories of a session.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for no territory or more than eight, nothing
/// on offer, more than twenty alternatives, or a prescription, residual or tolerance that cannot be;
/// [`DosimetryError::MixedDevices`] for vials of several products.
/// That nothing fits is no error: the outcome says why.
pub fn plan_orders(
    orders: &[InfusionOrder],
    offers: &[Vial],
    constraints: &OrderConstraints,
) -> Result<OrderOutcome, DosimetryError> {
    let session = Session::new(orders, offers, constraints)?;
    let mut plans = session
        .best_arrangements()?
        .iter()
        .map(|arrangement| session.plan(arrangement))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter();
    let plan = plans.next();
    let obstacles = if plan.is_some() {
        Vec::new()
    } else {
        session.obstacles()?
    };
    Ok(OrderOutcome {
        plan,
        alternatives: plans.collect(),
        obstacles,
    })
}

/// What plans rank by; whole numbers, so that sums do not depend on their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Rank {
    deviation_1e9: i64,
    waste_bq: i64,
    vials: i64,
    ordered_bq: i64,
}

impl std::ops::Add for Rank {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            deviation_1e9: self.deviation_1e9 + other.deviation_1e9,
            waste_bq: self.waste_bq + other.waste_bq,
            vials: self.vials + other.vials,
            ordered_bq: self.ordered_bq + other.ordered_bq,
        }
    }
}

/// One vial for some territories.
#[derive(Debug, Clone, PartialEq)]
struct Serving {
    rank: Rank,
    offer: usize,
    /// Territories with their windows, in the order of their infusion.
    infusions: Vec<(usize, InfusionWindow)>,
    unused: Activity,
    common_delay: TimeSpan,
}

/// Vials for all territories.
#[derive(Debug, Clone, PartialEq, Default)]
struct Arrangement {
    rank: Rank,
    servings: Vec<Serving>,
}

impl Arrangement {
    fn offers(&self) -> impl Iterator<Item = usize> + '_ {
        self.servings.iter().map(|serving| serving.offer)
    }
}

struct Session<'a> {
    orders: &'a [InfusionOrder],
    offers: &'a [Vial],
    constraints: &'a OrderConstraints,
    to_dispense: Vec<Activity>,
    arrival: Option<Timestamp>,
}

impl<'a> Session<'a> {
    fn new(
        orders: &'a [InfusionOrder],
        offers: &'a [Vial],
        constraints: &'a OrderConstraints,
    ) -> Result<Self, DosimetryError> {
        let none = |what: &'static str, count: usize, allowed: &'static str| {
            Err(DosimetryError::OutOfRange {
                what,
                value: count.to_string(),
                allowed,
            })
        };
        if !(1..=MOST_TERRITORIES).contains(&orders.len()) {
            return none("number of infusions in a session", orders.len(), "1..=8");
        }
        if constraints.alternatives > MOST_ALTERNATIVES {
            let what = "number of alternative plans";
            return none(what, constraints.alternatives, "0..=20");
        }
        let Some(first) = offers.first() else {
            return none("number of vials on offer", 0, "1 and more");
        };
        if let Some(other) = offers.iter().find(|vial| vial.device != first.device) {
            return Err(DosimetryError::MixedDevices {
                first: first.device,
                second: other.device,
            });
        }
        Ok(Self {
            orders,
            offers,
            constraints,
            to_dispense: orders
                .iter()
                .map(InfusionOrder::to_dispense)
                .collect::<Result<_, _>>()?,
            arrival: constraints.arrival()?,
        })
    }

    /// The best arrangement and the alternatives asked for, best first.
    ///
    /// Ranks add up over vials, so only the best few of each group of
    /// territories can be part of the best few of all.
    fn best_arrangements(&self) -> Result<Vec<Arrangement>, DosimetryError> {
        let wanted = self.constraints.alternatives + 1;
        let groups = 1_usize << self.orders.len();
        let servings: Vec<Vec<Serving>> = (0..groups)
            .map(|group| self.best_servings(group, wanted))
            .collect::<Result<_, _>>()?;
        let mut best: Vec<Arrangement> = Vec::new();
        for sharing in sharings(self.orders.len()) {
            let mut partial = vec![Arrangement::default()];
            for group in sharing {
                partial = partial
                    .iter()
                    .flat_map(|so_far| servings[group].iter().map(|next| extended(so_far, next)))
                    .collect();
                keep_best(&mut partial, wanted);
            }
            best.append(&mut partial);
            keep_best(&mut best, wanted);
        }
        Ok(best)
    }

    /// The best vials for a group of territories, given as bits.
    fn best_servings(&self, group: usize, wanted: usize) -> Result<Vec<Serving>, DosimetryError> {
        let mut territories: Vec<usize> = (0..self.orders.len())
            .filter(|territory| group >> territory & 1 == 1)
            .collect();
        territories.sort_by_key(|territory| self.orders[*territory].planned_at);
        let mut servings = Vec::new();
        for offer in 0..self.offers.len() {
            servings.extend(self.serving(&territories, offer)?);
        }
        // Stable: equal ranks stay in the order of the offers.
        servings.sort_by_key(|serving| serving.rank);
        servings.truncate(wanted);
        Ok(servings)
    }

    /// One vial for some territories, where it meets every constraint.
    fn serving(
        &self,
        territories: &[usize],
        offer: usize,
    ) -> Result<Option<Serving>, DosimetryError> {
        let (Some(last), vial) = (territories.last(), &self.offers[offer]) else {
            return Ok(None);
        };
        let at_last = self.orders[*last].planned_at;
        let (deviation, used, windows, common_delay) = if let [territory] = territories {
            let order = &self.orders[*territory];
            let fit = OfferFit::of(order, vial, self.arrival, self.constraints)?;
            let (None, Some(window)) = (fit.miss, fit.window) else {
                return Ok(None);
            };
            let (deviation, used) = match vial.draw_volume {
                Some(_) => (0.0, self.part(*territory, vial)),
                None => (fit.deviation_percent, 1.0),
            };
            let common_delay = span_between(order.planned_at, window.latest);
            (deviation, used, vec![window], common_delay)
        } else {
            let used: f64 = territories.iter().map(|i| self.part(*i, vial)).sum();
            if vial.draw_volume.is_none() || used > 1.0 {
                return Ok(None);
            }
            let Some((windows, common_delay)) = self.shared_windows(territories, vial, used)?
            else {
                return Ok(None);
            };
            (0.0, used, windows, common_delay)
        };
        if common_delay < self.constraints.delay_margin {
            return Ok(None);
        }
        let unused = vial.activity_at(at_last) * (1.0 - used);
        let residual: Activity = territories
            .iter()
            .map(|i| self.dispensed(*i, vial) * self.orders[*i].residual_fraction.as_fraction())
            .sum();
        Ok(Some(Serving {
            rank: Rank {
                deviation_1e9: (deviation.abs() * 1e7).round() as i64,
                waste_bq: (unused + residual).as_bq().round() as i64,
                vials: 1,
                ordered_bq: vial.size.as_bq().round() as i64,
            },
            offer,
            infusions: territories.iter().copied().zip(windows).collect(),
            unused,
            common_delay,
        }))
    }

    /// The part of a vial that a territory takes.
    fn part(&self, territory: usize, vial: &Vial) -> f64 {
        self.to_dispense[territory] / vial.activity_at(self.orders[territory].planned_at)
    }

    /// What a territory takes from a vial.
    fn dispensed(&self, territory: usize, vial: &Vial) -> Activity {
        match vial.draw_volume {
            Some(_) => self.to_dispense[territory],
            None => vial.activity_at(self.orders[territory].planned_at),
        }
    }

    /// When each of several draws from one vial may start, the others as
    /// planned, and how much later all of them may.
    fn shared_windows(
        &self,
        territories: &[usize],
        vial: &Vial,
        used: f64,
    ) -> Result<Option<(Vec<InfusionWindow>, TimeSpan)>, DosimetryError> {
        // All parts grow alike with a common delay, until they fill the vial.
        let mut common_delay = vial.half_life * -used.log2();
        let mut windows = Vec::new();
        for territory in territories {
            let at = self.orders[*territory].planned_at;
            let hours = self.constraints.working_hours.as_ref();
            let Ok(day) = InfusionWindow::of_vial(vial, self.arrival).on_the_day_of(at, hours)
            else {
                return Ok(None);
            };
            let others = used - self.part(*territory, vial);
            let window = day.of_draw(vial, self.to_dispense[*territory], 1.0 - others)?;
            if window.limit_at(at).is_some() {
                return Ok(None);
            }
            let left = span_between(at, day.latest);
            common_delay = if left < common_delay {
                left
            } else {
                common_delay
            };
            windows.push(window);
        }
        Ok(Some((windows, common_delay)))
    }

    fn plan(&self, arrangement: &Arrangement) -> Result<OrderPlan, DosimetryError> {
        let mut vials = Vec::new();
        let mut infusions: Vec<Option<PlannedInfusion>> = vec![None; self.orders.len()];
        for (place, serving) in arrangement.servings.iter().enumerate() {
            let vial = &self.offers[serving.offer];
            let mut drawn = Capacity::ZERO;
            for (territory, window) in &serving.infusions {
                let infusion = self.infusion(*territory, place, vial, *window, drawn)?;
                drawn += infusion.draw.map_or(Capacity::ZERO, |draw| draw.volume);
                infusions[*territory] = Some(infusion);
            }
            let mut served: Vec<usize> = serving.infusions.iter().map(|(i, _)| *i).collect();
            served.sort_unstable();
            vials.push(PlannedVial {
                vial: vial.clone(),
                infusions: served,
                unused: serving.unused,
                common_delay: serving.common_delay,
            });
        }
        let infusions: Vec<PlannedInfusion> = infusions.into_iter().flatten().collect();
        let residuals: Activity = infusions
            .iter()
            .map(|infusion| infusion.dispensed - infusion.given)
            .sum();
        let delays = vials.iter().map(|vial| vial.common_delay.as_hours());
        Ok(OrderPlan {
            total_deviation_percent: infusions
                .iter()
                .map(|infusion| infusion.deviation_percent.abs())
                .sum(),
            waste: vials.iter().map(|vial| vial.unused).sum::<Activity>() + residuals,
            ordered: vials.iter().map(|vial| vial.vial.size).sum(),
            common_delay: TimeSpan::from_hours(delays.fold(f64::INFINITY, f64::min)),
            vials,
            infusions,
        })
    }

    fn infusion(
        &self,
        territory: usize,
        place: usize,
        vial: &Vial,
        window: InfusionWindow,
        drawn: Capacity,
    ) -> Result<PlannedInfusion, DosimetryError> {
        let order = &self.orders[territory];
        let at = order.planned_at;
        let dispensed = self.dispensed(territory, vial);
        let (given, deviation_percent, draw) = if vial.draw_volume.is_some() {
            let draw = volume_to_draw(vial, dispensed, drawn, at)?;
            (order.prescribed, 0.0, Some(draw))
        } else {
            let given = activity_given(dispensed, order.residual_fraction);
            (given, order.deviation_percent(given), None)
        };
        Ok(PlannedInfusion {
            order: order.clone(),
            vial: place,
            to_dispense: self.to_dispense[territory],
            dispensed,
            given,
            deviation_percent,
            draw,
            window,
            spheres: vial.spheres(given, at),
        })
    }

    /// The territories that no vial serves alone; every plan fails on them.
    fn obstacles(&self) -> Result<Vec<OrderObstacle>, DosimetryError> {
        let mut obstacles = Vec::new();
        for order in self.orders {
            obstacles.extend(OrderObstacle::of(
                order,
                self.offers,
                self.arrival,
                self.constraints,
            )?);
        }
        Ok(obstacles)
    }
}

fn extended(so_far: &Arrangement, next: &Serving) -> Arrangement {
    let mut servings = so_far.servings.clone();
    servings.push(next.clone());
    Arrangement {
        rank: so_far.rank + next.rank,
        servings,
    }
}

/// Sorts by rank, then by the order of the offers, and keeps the first.
fn keep_best(arrangements: &mut Vec<Arrangement>, wanted: usize) {
    arrangements.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.offers().cmp(b.offers())));
    arrangements.truncate(wanted);
}

/// All ways to share territories among vials: groups as bits, each way once.
fn sharings(territories: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for territory in 0..territories {
        let bit = 1_usize << territory;
        all = all
            .iter()
            .flat_map(|groups: &Vec<usize>| {
                let alone = groups.iter().copied().chain([bit]).collect();
                let joined = (0..groups.len()).map(move |joins| {
                    let mut groups = groups.clone();
                    groups[joins] |= bit;
                    groups
                });
                std::iter::once(alone).chain(joined)
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_territories_in_every_way_once() {
        // Bell numbers: the ways to part a set.
        for (territories, ways) in [(1, 1), (2, 2), (3, 5), (4, 15), (5, 52), (8, 4140)] {
            let mut all = sharings(territories);
            let everyone = (1_usize << territories) - 1;
            for groups in &mut all {
                // Disjoint groups that add up to everyone.
                assert_eq!(groups.iter().sum::<usize>(), everyone);
                assert_eq!(
                    groups.iter().fold(0, |union, group| union | group),
                    everyone
                );
                groups.sort_unstable();
            }
            all.sort();
            all.dedup();
            assert_eq!(all.len(), ways);
        }
    }

    #[test]
    fn ranks_by_deviation_then_waste_then_vials_then_size() {
        let rank = |deviation_1e9, waste_bq, vials, ordered_bq| Rank {
            deviation_1e9,
            waste_bq,
            vials,
            ordered_bq,
        };
        let rising = [
            rank(1, 9, 9, 9),
            rank(2, 1, 9, 9),
            rank(2, 2, 1, 9),
            rank(2, 2, 2, 1),
            rank(2, 2, 2, 2),
        ];
        assert!(rising.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(rank(1, 2, 3, 4) + rank(4, 3, 2, 1), rank(5, 5, 5, 5));
    }
}
