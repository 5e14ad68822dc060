//! Vials to order, and what was delivered.

use anyhow::Context as _;
use serde::Serialize;
use sirt_dosimetry::{
    DatedActivity, DeliveredActivity, EarlyEnd, EndOfInfusion, InfusionOrder, LateStart,
    MeasuredResidual, MethodRow, OrderConstraints, OrderOutcome, PlanMethod, Vial, plan_orders,
    row_of_activity, usual_activity_tolerance, vial_offers,
};
use sirt_quantity::{Activity, Fraction, ResidualFraction, TimeSpan};
use sirt_store::{Case, Instant};

use super::ChosenActivity;
use super::facts::{PlanFacts, Product};

/// Two weeks before and three days behind an infusion, for usual calibrations.
const CALENDAR_BEFORE_H: f64 = 14.0 * 24.0;
const CALENDAR_AFTER_H: f64 = 3.0 * 24.0;

/// The plan of vials, or why there is none.
#[derive(Debug, Serialize)]
pub(crate) struct VialPlan {
    #[serde(flatten)]
    pub(crate) outcome: Option<OrderOutcome>,
    /// What happens when the first infusion starts two hours late.
    pub(crate) two_hours_late: Vec<LateStart>,
    /// What is given when an infusion stops at 60 %.
    pub(crate) stopped_at_60_percent: Vec<EarlyEnd>,
    /// What is missing or assumed.
    pub(crate) notes: Vec<String>,
}

pub(super) fn vials(
    case: &Case,
    product: &Product,
    chosen: &[ChosenActivity],
) -> anyhow::Result<VialPlan> {
    let mut notes = Vec::new();
    let mut orders = Vec::new();
    let usual = usual_activity_tolerance()?;
    for choice in chosen {
        let prescription = case
            .prescriptions
            .iter()
            .find(|prescription| prescription.territory == choice.territory);
        let at: Option<Instant> = prescription
            .and_then(|p| p.at.or(p.activity.map(|activity| activity.at)))
            .or_else(|| {
                case.sessions
                    .iter()
                    .find(|session| {
                        session.territories.is_empty()
                            || session.territories.contains(&choice.territory)
                    })
                    .map(|session| session.earliest)
            });
        let Some(at) = at else {
            notes.push(format!(
                "territory `{}` has no planned instant; give at in its [[prescription]] or a [[session]]",
                choice.territory
            ));
            continue;
        };
        orders.push(InfusionOrder {
            territory: choice.territory.clone(),
            prescribed: choice.given,
            residual_fraction: choice.residual,
            tolerance: prescription
                .and_then(|p| p.tolerance)
                .unwrap_or(usual.value),
            planned_at: at.timestamp(),
        });
    }
    let offers = offers(case, product, &orders, &mut notes)?;
    if orders.is_empty() || offers.is_empty() {
        if offers.is_empty() {
            notes.push("no vial is on offer; give [[calibration]] or [[vial]]".to_owned());
        }
        return Ok(VialPlan {
            outcome: None,
            two_hours_late: Vec::new(),
            stopped_at_60_percent: Vec::new(),
            notes,
        });
    }
    let outcome = plan_orders(&orders, &offers, &OrderConstraints::default())?;
    let mut two_hours_late = Vec::new();
    let mut stopped = Vec::new();
    if let Some(plan) = &outcome.plan {
        for at in 0..plan.infusions.len() {
            two_hours_late.push(plan.late_start(at, TimeSpan::from_hours(2.0))?);
            stopped.push(plan.early_end(at, Fraction::from_percent(60.0)?)?);
        }
    }
    Ok(VialPlan {
        outcome: Some(outcome),
        two_hours_late,
        stopped_at_60_percent: stopped,
        notes,
    })
}

/// Vials that are there, those of the stated calibrations, and where nothing
/// is stated those of the product's usual calendar.
fn offers(
    case: &Case,
    product: &Product,
    orders: &[InfusionOrder],
    notes: &mut Vec<String>,
) -> anyhow::Result<Vec<Vial>> {
    let mut offers = Vec::new();
    for vial in &case.vials {
        let made = Vial::of(
            &product.data,
            vial.calibrated.activity,
            vial.calibrated.at.timestamp(),
            product.half_life,
        )
        .with_context(|| format!("[[vial]] `{}`", vial.label))?;
        offers.push(match vial.expires {
            Some(expires) => {
                let from = made.usable_from;
                made.with_window(from, expires.timestamp())
                    .with_context(|| format!("[[vial]] `{}`", vial.label))?
            }
            None => made,
        });
    }
    let usual: Vec<Activity> = product
        .data
        .vial_sizes_gbq
        .iter()
        .flat_map(|sizes| &sizes.value)
        .map(|gbq| Activity::from_gbq(*gbq))
        .collect();
    for calibration in &case.calibrations {
        let sizes = if calibration.sizes.is_empty() {
            &usual
        } else {
            &calibration.sizes
        };
        offers.extend(vial_offers(
            &product.data,
            sizes,
            &[calibration.at.timestamp()],
            product.half_life,
        )?);
    }
    let (Some(first), Some(last)) = (
        orders.iter().map(|order| order.planned_at).min(),
        orders.iter().map(|order| order.planned_at).max(),
    ) else {
        return Ok(offers);
    };
    if offers.is_empty()
        && let Some(schedule) = product
            .data
            .calibration_schedule
            .as_ref()
            .filter(|schedule| schedule.value.time_zone.is_some())
    {
        let hours = |h: f64| jiff::SignedDuration::from_secs_f64(h * 3600.0);
        let calibrations = schedule.value.instants(
            first.checked_sub(hours(CALENDAR_BEFORE_H))?,
            last.checked_add(hours(CALENDAR_AFTER_H))?,
            None,
        )?;
        notes.push(format!(
            "no calibration is stated: the usual calendar of {} was taken ({}{})",
            product.data.name,
            schedule.source,
            if schedule.doubtful {
                "; to be checked"
            } else {
                ""
            }
        ));
        offers.extend(vial_offers(
            &product.data,
            &usual,
            &calibrations,
            product.half_life,
        )?);
    }
    Ok(offers)
}

/// An infusion as it was delivered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Delivered {
    pub(crate) territory: String,
    #[serde(flatten)]
    pub(crate) activity: DeliveredActivity,
    /// Whether it is within the tolerance of what was intended for this infusion.
    pub(crate) within_tolerance: bool,
    /// Doses of what was delivered, by the model of the plan; its activity is
    /// that of a vial which leaves the expected residual.
    pub(crate) doses: Option<MethodRow>,
}

/// What was delivered by each infusion; `chosen` holds what was intended for
/// the territories. Infusions of one territory share it as their assays do,
/// so that a prescription counts once, however many infusions it is given in.
pub(super) fn delivered(
    case: &Case,
    product: &Product,
    chosen: &[ChosenActivity],
    facts: &PlanFacts,
    rows: &[MethodRow],
) -> anyhow::Result<Vec<Delivered>> {
    let usual = usual_activity_tolerance()?.value;
    let place_of = |number: usize| format!("[[administration]] {}", number + 1);
    let assays = case
        .administrations
        .iter()
        .enumerate()
        .map(|(number, administration)| {
            DatedActivity::new(
                administration.assay.activity,
                administration.assay.at.timestamp(),
            )
            .with_context(|| place_of(number))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let assayed: Vec<Activity> = case
        .administrations
        .iter()
        .zip(&assays)
        .map(|(administration, assay)| {
            assay.activity_at(administration.at.timestamp(), product.half_life)
        })
        .collect();
    case.administrations
        .iter()
        .enumerate()
        .map(|(number, administration)| {
            let place = || place_of(number);
            let residual = match (&administration.residual, administration.delivered) {
                (Some(residual), _) => MeasuredResidual::Activity(
                    DatedActivity::new(residual.activity, residual.at.timestamp())
                        .with_context(place)?,
                ),
                (None, Some(part)) => {
                    MeasuredResidual::Fraction(ResidualFraction::from_fraction(part.rest())?)
                }
                (None, None) => MeasuredResidual::Fraction(ResidualFraction::ZERO),
            };
            let at = administration.at.timestamp();
            let intended = chosen
                .iter()
                .find(|choice| choice.territory == administration.territory)
                .map_or(assayed[number], |choice| {
                    let of_territory: Activity = case
                        .administrations
                        .iter()
                        .zip(&assayed)
                        .filter(|(other, _)| other.territory == administration.territory)
                        .map(|(_, assayed)| *assayed)
                        .sum();
                    choice.given * (assayed[number] / of_territory)
                });
            let end = if administration.stasis {
                EndOfInfusion::Stasis
            } else if administration
                .delivered
                .is_some_and(|part| part.rest() > 0.0)
            {
                EndOfInfusion::Stopped
            } else {
                EndOfInfusion::Complete
            };
            let activity = DeliveredActivity::from_measurements(
                intended,
                &assays[number],
                &residual,
                at,
                end,
                product.half_life,
            )
            .with_context(place)?;
            let tolerance = case
                .prescriptions
                .iter()
                .find(|p| p.territory == administration.territory)
                .and_then(|p| p.tolerance)
                .unwrap_or(usual);
            let territory = facts
                .territories
                .iter()
                .find(|territory| territory.name == administration.territory);
            let method = rows
                .iter()
                .find(|row| row.territory == administration.territory)
                .map_or(PlanMethod::Stated, |row| row.name);
            let doses = territory
                .map(|territory| {
                    row_of_activity(
                        method,
                        activity.delivered / territory.residual.rest(),
                        &facts.patient,
                        territory,
                        &facts.goals,
                    )
                })
                .transpose()
                .with_context(place)?;
            Ok(Delivered {
                territory: administration.territory.clone(),
                within_tolerance: activity.is_within(tolerance),
                activity,
                doses,
            })
        })
        .collect()
}

/// Intended for a territory and delivered to it by all its infusions.
pub(super) fn of_territory(delivered: &[Delivered], territory: &str) -> [Activity; 2] {
    let of_it = || {
        delivered
            .iter()
            .filter(|delivered| delivered.territory == territory)
    };
    [
        of_it().map(|one| one.activity.intended).sum(),
        of_it().map(|one| one.activity.delivered).sum(),
    ]
}
