//! What earlier treatments leave: doses of lungs and normal liver over all
//! treatments of the case, their BED, and what the limits leave.

use anyhow::Context as _;
use serde::Serialize;
use sirt_dosimetry::{
    AccumulatedVolume, ChosenLimits, Compartment, DeviceLibrary, MethodRow, Purpose, Role,
    TissueResponse, TreatedVolume, accumulate_volumes, remaining_tolerance, whole_organ_dose,
};
use sirt_quantity::{AbsorbedDose, Mass, NuclideLibrary, TimeSpan};
use sirt_store::{Case, PriorTherapy, TherapyKind};

use super::facts::{PlanFacts, Product};
use super::orders::Delivered;

const LUNGS: &str = "lungs";
/// Two treatments this many half-lives apart do not meet (a part in a thousand).
const APART_HALF_LIVES: f64 = 10.0;

/// A treatment with the doses that are known of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TreatmentDoses {
    /// `earlier`, `given` or `planned`.
    pub(crate) kind: &'static str,
    /// Day of it, where it is known.
    pub(crate) date: Option<String>,
    pub(crate) territory: Option<String>,
    pub(crate) lung_gy: Option<f64>,
    pub(crate) normal_liver_gy: Option<f64>,
}

/// A limit and what is left of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Tolerance {
    /// What the limit speaks about, with the territory where it is one.
    pub(crate) volume: String,
    pub(crate) compartment: Compartment,
    pub(crate) limit_id: String,
    pub(crate) limit_gy: f64,
    /// From treatments before this case; none where one of them is not known.
    pub(crate) earlier_gy: Option<f64>,
    /// From what this case gave or plans.
    pub(crate) this_gy: f64,
    /// Whether the limit is for all treatments together.
    pub(crate) cumulative: bool,
    /// Limit less what counts against it: all treatments where it is
    /// cumulative, this one otherwise; none where that is not known.
    pub(crate) remaining_gy: Option<f64>,
    pub(crate) source: String,
    pub(crate) doubtful: bool,
    pub(crate) note: Option<String>,
}

/// All treatments of the case, and what they leave.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct TreatmentHistory {
    pub(crate) treatments: Vec<TreatmentDoses>,
    /// Lungs and normal liver of each territory, with BED.
    pub(crate) accumulated: Vec<AccumulatedVolume>,
    pub(crate) tolerance: Vec<Tolerance>,
    pub(crate) notes: Vec<String>,
}

/// One dose to one volume.
struct Dose {
    kind: &'static str,
    volume: TreatedVolume,
}

pub(super) fn history(
    case: &Case,
    product: &Product,
    facts: &PlanFacts,
    chosen: &[MethodRow],
    delivered: &[Delivered],
    limits: &ChosenLimits,
) -> anyhow::Result<TreatmentHistory> {
    let mut history = TreatmentHistory::default();
    let mut lungs: Vec<Dose> = Vec::new();
    let mut normal: Vec<Dose> = Vec::new();
    let lung_mass = facts.patient.lung_mass;
    let mass_of = |name: &str| {
        facts
            .territories
            .iter()
            .find(|territory| territory.name == name)
            .map(|territory| {
                territory.density * (territory.perfused.total() - territory.perfused.tumour())
            })
            .filter(|mass| *mass > Mass::ZERO)
    };
    let mut add = |kind: &'static str,
                   at: TimeSpan,
                   half_life: TimeSpan,
                   territory: Option<&str>,
                   lung_gy: Option<f64>,
                   normal_gy: Option<f64>| {
        let dose = |volume: &str, gy: f64, mass: Mass| Dose {
            kind,
            volume: TreatedVolume {
                volume: volume.to_owned(),
                mean_dose: AbsorbedDose::from_gy(gy),
                mass,
                effective_half_life: half_life,
                begin: at,
            },
        };
        if let Some(gy) = lung_gy {
            lungs.push(dose(LUNGS, gy, lung_mass));
        }
        if let (Some(gy), Some(name)) = (normal_gy, territory)
            && let Some(mass) = mass_of(name)
        {
            normal.push(dose(name, gy, mass));
        }
    };

    let mut latest = TimeSpan::ZERO;
    let mut earlier_lungs_known = true;
    let mut earlier_liver_known = true;
    for therapy in &case.prior_therapies {
        if therapy.kind != TherapyKind::Radioembolisation {
            continue;
        }
        let at = day(therapy)?;
        latest = if at > latest { at } else { latest };
        earlier_lungs_known &= therapy.lung_dose.is_some();
        earlier_liver_known &= therapy.normal_liver_dose.is_some() && therapy.territory.is_some();
        if let (Some(dose), None) = (therapy.normal_liver_dose, &therapy.territory) {
            history.notes.push(format!(
                "the {dose} to normal liver of {} have no territory and are not added to any",
                therapy.date
            ));
        }
        let gy = |dose: Option<AbsorbedDose>| dose.map(AbsorbedDose::as_gy);
        add(
            "earlier",
            at,
            half_life_of(therapy, product)?,
            therapy.territory.as_deref(),
            gy(therapy.lung_dose),
            gy(therapy.normal_liver_dose),
        );
        history.treatments.push(TreatmentDoses {
            kind: "earlier",
            date: Some(therapy.date.to_string()),
            territory: therapy.territory.clone(),
            lung_gy: gy(therapy.lung_dose),
            normal_liver_gy: gy(therapy.normal_liver_dose),
        });
    }
    for (administration, delivered) in case.administrations.iter().zip(delivered) {
        let at = hours(administration.at.timestamp());
        let doses = delivered.doses.as_ref();
        let (lung_gy, normal_liver_gy) = (
            doses.and_then(|row| row.lung_gy),
            doses.and_then(|row| row.normal_liver_gy),
        );
        latest = if at > latest { at } else { latest };
        let name = delivered.territory.as_str();
        add(
            "given",
            at,
            product.half_life,
            Some(name),
            lung_gy,
            normal_liver_gy,
        );
        history.treatments.push(TreatmentDoses {
            kind: "given",
            date: Some(administration.at.date().to_string()),
            territory: Some(name.to_owned()),
            lung_gy,
            normal_liver_gy,
        });
    }
    for row in chosen {
        if delivered
            .iter()
            .any(|given| given.territory == row.territory)
        {
            continue;
        }
        let planned = case
            .prescriptions
            .iter()
            .find(|prescription| prescription.territory == row.territory)
            .and_then(|prescription| prescription.at);
        let at = match planned {
            Some(at) => hours(at.timestamp()),
            None => latest + product.half_life * APART_HALF_LIVES,
        };
        let name = row.territory.as_str();
        add(
            "planned",
            at,
            product.half_life,
            Some(name),
            row.lung_gy,
            row.normal_liver_gy,
        );
        history.treatments.push(TreatmentDoses {
            kind: "planned",
            date: planned.map(|at| at.date().to_string()),
            territory: Some(name.to_owned()),
            lung_gy: row.lung_gy,
            normal_liver_gy: row.normal_liver_gy,
        });
    }
    let bare = |doses: &[Dose]| -> Vec<TreatedVolume> {
        doses.iter().map(|dose| dose.volume.clone()).collect()
    };
    for (doses, role) in [(&lungs, Role::Lung), (&normal, Role::NormalLiver)] {
        let tissue = TissueResponse::named(role.tissue())?;
        let mut sums =
            accumulate_volumes(&bare(doses), &tissue).context("doses over all treatments")?;
        if role == Role::NormalLiver {
            for sum in &mut sums {
                sum.volume = format!("normal liver of {}", sum.volume);
            }
        }
        history.accumulated.extend(sums);
    }
    if !lungs.is_empty() {
        history.notes.push(
            "BED by alpha/beta and repair of liver, also for lungs, of means (too low where dose is uneven); earlier doses are taken over the masses of today"
                .to_owned(),
        );
    }
    let whole = facts.patient.liver.zip(facts.territories.first());
    let whole_mass =
        whole.map(|(liver, territory)| territory.density * (liver.total() - liver.tumour()));
    tolerances(
        limits,
        &Known {
            lungs: &lungs,
            normal: &normal,
            whole: whole_mass,
            earlier_lungs_known,
            earlier_liver_known,
        },
        &mut history,
    )?;
    Ok(history)
}

/// What the tolerances are made from.
struct Known<'a> {
    lungs: &'a [Dose],
    normal: &'a [Dose],
    whole: Option<Mass>,
    earlier_lungs_known: bool,
    earlier_liver_known: bool,
}

fn tolerances(
    limits: &ChosenLimits,
    known: &Known<'_>,
    history: &mut TreatmentHistory,
) -> anyhow::Result<()> {
    let sum = |doses: &[&Dose]| -> f64 {
        let sum: AbsorbedDose = doses.iter().map(|dose| dose.volume.mean_dose).sum();
        sum.as_gy()
    };
    for row in &limits.0 {
        let limit = &row.selected.limit;
        if limit.purpose != Purpose::Limit || limit.statistic != "mean" || !row.selected.applies() {
            continue;
        }
        // Volume, doses of earlier treatments and of this case, and whether the
        // former are all known.
        let mut sets: Vec<(String, f64, f64, bool)> = Vec::new();
        let split = |doses: &[&Dose]| {
            let (earlier, this): (Vec<&Dose>, Vec<&Dose>) = doses
                .iter()
                .copied()
                .partition(|dose| dose.kind == "earlier");
            (sum(&earlier), sum(&this))
        };
        match limit.compartment {
            Compartment::Lung | Compartment::LungCumulative => {
                let all: Vec<&Dose> = known.lungs.iter().collect();
                let (earlier, this) = split(&all);
                sets.push((LUNGS.to_owned(), earlier, this, known.earlier_lungs_known));
            }
            Compartment::NormalPerfused => {
                let mut names: Vec<&str> = Vec::new();
                for dose in known.normal {
                    if !names.contains(&dose.volume.volume.as_str()) {
                        names.push(&dose.volume.volume);
                    }
                }
                for name in names {
                    let mine: Vec<&Dose> = known
                        .normal
                        .iter()
                        .filter(|dose| dose.volume.volume == name)
                        .collect();
                    let (earlier, this) = split(&mine);
                    sets.push((
                        format!("normal liver of {name}"),
                        earlier,
                        this,
                        known.earlier_liver_known,
                    ));
                }
            }
            Compartment::NormalWhole => {
                let Some(whole) = known.whole else { continue };
                let mean = |earlier: bool| -> anyhow::Result<f64> {
                    let parts: Vec<TreatedVolume> = known
                        .normal
                        .iter()
                        .filter(|dose| (dose.kind == "earlier") == earlier)
                        .map(|dose| dose.volume.clone())
                        .collect();
                    let organ = parts
                        .iter()
                        .map(|part| part.mass)
                        .fold(whole, |a, b| if b > a { b } else { a });
                    Ok(whole_organ_dose(&parts, organ)?.as_gy())
                };
                sets.push((
                    "normal liver".to_owned(),
                    mean(true)?,
                    mean(false)?,
                    known.earlier_liver_known,
                ));
            }
            Compartment::Perfused | Compartment::WholeLiver | Compartment::Tumour => continue,
        }
        let cumulative = limit.compartment.is_cumulative();
        for (volume, earlier, this, earlier_known) in sets {
            let counted = if cumulative { earlier + this } else { this };
            let Ok(left) = remaining_tolerance(AbsorbedDose::from_gy(counted), limit) else {
                continue;
            };
            let note = if !cumulative && earlier > 0.0 {
                Some(format!(
                    "the limit is for one treatment: the earlier {earlier:.1} Gy are not taken off; the sum is {:.1} Gy",
                    earlier + this
                ))
            } else if !earlier_known {
                Some("the dose of an earlier treatment is not stated".to_owned())
            } else {
                None
            };
            history.tolerance.push(Tolerance {
                volume,
                compartment: limit.compartment,
                limit_id: left.limit_id,
                limit_gy: left.limit_gy,
                earlier_gy: earlier_known.then_some(earlier),
                this_gy: this,
                cumulative,
                remaining_gy: (earlier_known || !cumulative).then_some(left.remaining_gy),
                source: limit.source.clone(),
                doubtful: limit.doubtful,
                note,
            });
        }
    }
    Ok(())
}

/// Noon of the day of an earlier treatment, on the clock of [`hours`].
fn day(therapy: &PriorTherapy) -> anyhow::Result<TimeSpan> {
    let noon = therapy.date.at(12, 0, 0, 0);
    let at = jiff::tz::TimeZone::UTC
        .to_timestamp(noon)
        .context("[[prior_therapy]] date")?;
    Ok(hours(at))
}

/// One clock for all treatments.
fn hours(at: jiff::Timestamp) -> TimeSpan {
    TimeSpan::from_seconds(at.as_second() as f64)
}

/// Half-life of the spheres of an earlier treatment.
fn half_life_of(therapy: &PriorTherapy, product: &Product) -> anyhow::Result<TimeSpan> {
    let Some(device) = therapy.device else {
        return Ok(product.half_life);
    };
    let library = DeviceLibrary::built_in()?;
    let nuclides = NuclideLibrary::built_in()?;
    let nuclide = nuclides.named(&library.data(device).nuclide)?;
    Ok(nuclide.half_life())
}
