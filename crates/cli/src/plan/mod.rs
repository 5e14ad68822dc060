//! `sirt plan` and `sirt shunt`: a case to methods, limits, rules and vials.

mod assumption;
mod comparison;
mod consistency;
mod delivered_dose;
mod facts;
mod history;
mod images;
mod maa;
mod orders;
mod planar;
mod rules;
mod shunt;
mod signing;
mod text;
mod unserved;
mod voxel_dose;
mod work_up;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_dosimetry::{
    CourseDoses, InvolvedVolume, LimitSelection, MethodQuestion, MethodRow, PlanMethod,
    PlanUncertainty, RuleResult, ShuntEstimate, UnusedOverride, course_doses, is_blocked,
    method_card, method_question, row_of_activity,
};
use sirt_outcome::{AlbiGrade, LaboratoryValues, LiverFunctionTable};
use sirt_quantity::{Activity, ResidualFraction};
use sirt_store::{Case, CaseDocument};

pub(crate) use self::assumption::{Assumption, AssumptionKind};
pub(crate) use self::comparison::ComparisonRow;
pub(crate) use self::delivered_dose::DeliveredImageResult;
use self::delivered_dose::Treated;
use self::facts::{PlanFacts, Product};
pub(crate) use self::history::TreatmentHistory;
pub(crate) use self::images::{Extrahepatic, TerritoryFigures, WorkUpImages};
pub(crate) use self::orders::{Delivered, VialPlan};
pub(crate) use self::shunt::run as run_shunt;
pub(crate) use self::signing::{Signing, SigningStatus};
use self::work_up::WorkUp;
use crate::failure::BLOCKED;
use crate::plan_arguments::PlanArguments;
use crate::progress::Stages;
use crate::result::{Finding, Program};
use crate::table;

/// A plan, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct PlanResult {
    pub(crate) program: Program,
    pub(crate) case: CaseResult,
    pub(crate) product: ProductResult,
    pub(crate) shunt: ShuntResult,
    pub(crate) liver_function: LiverFunctionResult,
    pub(crate) territories: Vec<TerritoryResult>,
    pub(crate) methods: Vec<MethodRow>,
    pub(crate) chosen: Vec<MethodRow>,
    /// Territories whose chosen row is prescribed; those of the others are proposed.
    pub(crate) prescribed: Vec<String>,
    pub(crate) questions: Vec<MethodQuestion>,
    pub(crate) course: Option<CourseDoses>,
    pub(crate) extrahepatic: Option<Extrahepatic>,
    pub(crate) limits: LimitSelection,
    pub(crate) rules: Vec<RuleResult>,
    pub(crate) unused_overrides: Vec<UnusedOverride>,
    /// Whether a stop stands that nobody has overridden or cleared.
    pub(crate) blocked: bool,
    pub(crate) vials: Vec<VialRow>,
    pub(crate) order: VialPlan,
    pub(crate) delivered: Vec<Delivered>,
    /// Images after treatment that doses were computed from.
    pub(crate) delivered_images: Vec<DeliveredImageResult>,
    /// Planned against delivered dose, structure by structure.
    pub(crate) comparison: Vec<ComparisonRow>,
    /// What could not be compared, and why.
    pub(crate) comparison_notes: Vec<String>,
    /// Doses over all treatments, and what they leave.
    pub(crate) history: TreatmentHistory,
    pub(crate) assumptions: Vec<Assumption>,
    pub(crate) findings: Vec<Finding>,
    /// What the contents are signed by.
    pub(crate) signing: Signing,
}

/// A plan with what it was made from.
pub(crate) struct Planned {
    pub(crate) case: Case,
    pub(crate) images: Option<WorkUpImages>,
    /// The whole liver, as the plan took it.
    pub(crate) liver: Option<InvolvedVolume>,
    /// Of each territory, in the order of the result's.
    pub(crate) uncertainties: Vec<PlanUncertainty>,
    pub(crate) result: PlanResult,
}

#[derive(Debug, Serialize)]
pub(crate) struct CaseResult {
    pub(crate) pseudonym: String,
    pub(crate) tumour_type: String,
    pub(crate) device: String,
    pub(crate) scenario: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ProductResult {
    pub(crate) name: String,
    pub(crate) nuclide: String,
    pub(crate) half_life_h: f64,
    pub(crate) half_life_source: String,
    pub(crate) dose_factor_gy_kg_per_gbq: f64,
    pub(crate) dose_factor_source: String,
    pub(crate) lung_mass_g: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct ShuntResult {
    /// By which the plan computes.
    pub(crate) used: ShuntEstimate,
    /// All that there are, the used one included.
    pub(crate) estimates: Vec<ShuntEstimate>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct LiverFunctionResult {
    pub(crate) taken: Option<String>,
    pub(crate) albi: Option<f64>,
    pub(crate) albi_grade: Option<u8>,
    pub(crate) child_pugh_points: Option<u8>,
    pub(crate) child_pugh_class: Option<String>,
    pub(crate) meld_3: Option<f64>,
    /// Why a score is not there.
    pub(crate) missing: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TerritoryResult {
    pub(crate) name: String,
    pub(crate) volume_ml: f64,
    pub(crate) tumour_volume_ml: f64,
    pub(crate) density_g_per_ml: f64,
    pub(crate) mass_g: f64,
    pub(crate) tumour_mass_g: f64,
    pub(crate) tumour_to_normal: Option<f64>,
    pub(crate) residual_percent: f64,
    pub(crate) images: Option<TerritoryFigures>,
}

/// A vial of the best order plan, flat.
#[derive(Debug, Serialize)]
pub(crate) struct VialRow {
    pub(crate) territories: Vec<String>,
    pub(crate) size_gbq: f64,
    pub(crate) calibrated_at: jiff::Timestamp,
    pub(crate) usable_from: jiff::Timestamp,
    pub(crate) usable_until: jiff::Timestamp,
}

/// The activity of a territory that the plan goes on with.
pub(super) struct ChosenActivity {
    pub(super) territory: String,
    /// That the territory is to receive, at administration.
    pub(super) given: Activity,
    pub(super) residual: ResidualFraction,
}

/// Runs `sirt plan`.
pub(crate) fn run(arguments: &PlanArguments) -> anyhow::Result<ExitCode> {
    let result = planned(&arguments.case)?;
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text::plan(&result))?;
    }
    Ok(if result.blocked {
        ExitCode::from(BLOCKED)
    } else {
        ExitCode::SUCCESS
    })
}

/// The short way through a plan, as text.
pub(crate) fn summary(result: &PlanResult) -> String {
    text::summary(result)
}

/// Plans a case.
pub(crate) fn planned(folder: &Path) -> anyhow::Result<PlanResult> {
    Ok(planned_with_images(folder)?.result)
}

impl Planned {
    /// Reads the signatures of the case again, which may have got one since.
    pub(crate) fn read_signatures(&mut self, folder: &Path) -> anyhow::Result<()> {
        self.case.signatures = Case::read(folder)?.signatures;
        let contents = CaseDocument::read(folder)?.contents()?;
        self.result.signing = Signing::of(&self.case, &contents, &self.result)?;
        Ok(())
    }
}

/// Plans a case and keeps what the plan was made from.
pub(crate) fn planned_with_images(folder: &Path) -> anyhow::Result<Planned> {
    let stages = Stages::new();
    let case = Case::read(folder)?;
    let product = Product::of(&case)?;
    stages.begin("images of the work-up");
    let WorkUp {
        images,
        shunts: estimates,
        mut findings,
    } = WorkUp::of_case(&case, folder)?;
    let used = estimates
        .first()
        .cloned()
        .context("no lung shunt in the case")?;
    stages.begin("territories");
    let mut facts = PlanFacts::of(&case, images.as_ref(), &product, &used)?;
    let extrahepatic = match &images {
        Some(images) => images.extrahepatic(&case)?,
        None => None,
    };
    facts
        .assumptions
        .extend(rules::unused_clearances(&case, extrahepatic.as_ref()));
    stages.begin("methods");
    let mut methods = Vec::new();
    for territory in &facts.territories {
        let rows = method_card(&facts.patient, territory, &facts.goals)
            .with_context(|| format!("territory `{}`", territory.name))?;
        methods.extend(rows);
    }
    let chosen = chosen(&case, &facts, &methods)?;
    let questions = chosen
        .iter()
        .filter_map(|row| method_question(row, &methods))
        .collect();
    let activities: Vec<_> = facts
        .territories
        .iter()
        .filter_map(|territory| {
            let row = chosen.iter().find(|row| row.territory == territory.name)?;
            Some((territory, Activity::from_gbq(row.activity_gbq?)))
        })
        .collect();
    let overlaps: Vec<(&str, &str)> = case
        .territories
        .iter()
        .flat_map(|one| {
            one.overlaps_with
                .iter()
                .map(move |other| (one.name.as_str(), other.as_str()))
        })
        .collect();
    let course = if activities.len() == facts.territories.len() {
        Some(course_doses(&facts.patient, &activities, &overlaps)?)
    } else {
        None
    };
    let given: Vec<ChosenActivity> = activities
        .iter()
        .map(|(territory, activity)| ChosenActivity {
            territory: territory.name.clone(),
            given: *activity * territory.residual.rest(),
            residual: territory.residual,
        })
        .collect();
    let order = orders::vials(&case, &product, &given)?;
    let delivered = orders::delivered(&case, &product, &given, &facts, &chosen)?;
    let mut compared = comparison::compared(
        &Treated {
            case: &case,
            folder,
            product: &product,
            facts: &facts,
            images: images.as_ref(),
            chosen: &chosen,
            delivered: &delivered,
        },
        &stages,
    )?;
    let liver_function = liver_function(&case)?;
    let judged = rules::judged(&rules::Judgement {
        case: &case,
        facts: &facts,
        product: &product,
        shunts: &estimates,
        extrahepatic: extrahepatic.as_ref(),
        chosen: &chosen,
        course: course.as_ref(),
        methods: &methods,
        order: &order,
        delivered: &delivered,
        albi_grade: liver_function.albi_grade,
        child_pugh_points: liver_function.child_pugh_points,
    })?;
    let history = history::history(&case, &product, &facts, &chosen, &delivered, &judged.chosen)?;
    findings.append(&mut compared.findings);
    findings.extend(unserved::unserved(&case, &order));
    let mut result = PlanResult {
        program: Program::THIS,
        case: CaseResult {
            pseudonym: case.patient.pseudonym.as_str().to_owned(),
            tumour_type: facts::tumour_type(&case).to_string(),
            device: case.device.device.to_string(),
            scenario: facts::scenario(&case).to_string(),
        },
        product: ProductResult {
            name: product.data.name.clone(),
            nuclide: product.data.nuclide.clone(),
            half_life_h: product.half_life.as_hours(),
            half_life_source: product.sources[0].clone(),
            dose_factor_gy_kg_per_gbq: product.dose_factor.as_gy_kg_per_gbq(),
            dose_factor_source: product.sources[1].clone(),
            lung_mass_g: facts.patient.lung_mass.as_g(),
        },
        shunt: ShuntResult { used, estimates },
        liver_function,
        territories: territories(&facts),
        methods,
        chosen,
        prescribed: case
            .prescriptions
            .iter()
            .map(|prescription| prescription.territory.clone())
            .collect(),
        questions,
        course,
        extrahepatic,
        blocked: is_blocked(&judged.results),
        limits: judged.limits,
        rules: judged.results,
        unused_overrides: judged.unused,
        vials: vial_rows(&order),
        order,
        delivered,
        delivered_images: compared.images,
        comparison: compared.rows,
        comparison_notes: compared.notes,
        assumptions: facts.assumptions.clone(),
        history,
        findings,
        signing: Signing::default(),
    };
    let contents = CaseDocument::read(folder)?.contents()?;
    result.signing = Signing::of(&case, &contents, &result)?;
    Ok(Planned {
        case,
        images,
        liver: facts.patient.liver,
        uncertainties: facts
            .territories
            .iter()
            .map(|territory| territory.uncertainty)
            .collect(),
        result,
    })
}

/// The row of each territory that the plan goes on with: what is prescribed,
/// else what its method gives, else a proposal.
fn chosen(case: &Case, facts: &PlanFacts, methods: &[MethodRow]) -> anyhow::Result<Vec<MethodRow>> {
    let mut rows = Vec::new();
    for territory in &facts.territories {
        let of_method = |method: PlanMethod| {
            methods.iter().find(|row| {
                row.territory == territory.name && row.name == method && row.activity_gbq.is_some()
            })
        };
        let prescription = case
            .prescriptions
            .iter()
            .find(|prescription| prescription.territory == territory.name);
        match prescription {
            Some(prescription) => {
                let method = facts::plan_method(prescription.method, &facts.goals);
                if let Some(stated) = prescription.activity {
                    let vial = stated.activity / territory.residual.rest();
                    rows.push(
                        row_of_activity(method, vial, &facts.patient, territory, &facts.goals)
                            .with_context(|| format!("territory `{}`", territory.name))?,
                    );
                } else if let Some(row) = of_method(method) {
                    rows.push(row.clone());
                } else {
                    let why = methods
                        .iter()
                        .find(|row| row.territory == territory.name && row.name == method)
                        .and_then(|row| row.missing.clone())
                        .unwrap_or_else(|| format!("it is not made for {}", case.device.device));
                    bail!(
                        "territory `{}`: the prescribed method `{}` gives no activity: {why}",
                        territory.name,
                        method.name()
                    );
                }
            }
            None => {
                let proposal = facts::proposals(case.device.device)
                    .iter()
                    .find_map(|method| of_method(*method));
                if let Some(row) = proposal {
                    let mut row = row.clone();
                    row.notes
                        .push("proposed: nothing is prescribed for this territory".to_owned());
                    rows.push(row);
                }
            }
        }
    }
    Ok(rows)
}

fn territories(facts: &PlanFacts) -> Vec<TerritoryResult> {
    facts
        .territories
        .iter()
        .zip(&facts.figures)
        .map(|(territory, figures)| TerritoryResult {
            name: territory.name.clone(),
            volume_ml: territory.perfused.total().as_ml(),
            tumour_volume_ml: territory.perfused.tumour().as_ml(),
            density_g_per_ml: territory.density.as_g_per_ml(),
            mass_g: (territory.density * territory.perfused.total()).as_g(),
            tumour_mass_g: (territory.density * territory.perfused.tumour()).as_g(),
            tumour_to_normal: territory.tumour_to_normal.map(|ratio| ratio.as_ratio()),
            residual_percent: territory.residual.as_percent(),
            images: figures.clone(),
        })
        .collect()
}

fn vial_rows(order: &VialPlan) -> Vec<VialRow> {
    let Some(plan) = order
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.plan.as_ref())
    else {
        return Vec::new();
    };
    plan.vials
        .iter()
        .map(|planned| VialRow {
            territories: planned
                .infusions
                .iter()
                .filter_map(|at| plan.infusions.get(*at))
                .map(|infusion| infusion.order.territory.clone())
                .collect(),
            size_gbq: planned.vial.size.as_gbq(),
            calibrated_at: planned.vial.calibrated_at,
            usable_from: planned.vial.usable_from,
            usable_until: planned.vial.usable_until,
        })
        .collect()
}

/// Scores of the latest laboratory values.
fn liver_function(case: &Case) -> anyhow::Result<LiverFunctionResult> {
    let Some(latest) = case.laboratory.last() else {
        return Ok(LiverFunctionResult {
            missing: vec!["no laboratory values".to_owned()],
            ..LiverFunctionResult::default()
        });
    };
    let table = LiverFunctionTable::built_in()?;
    let values: &LaboratoryValues = &latest.values;
    let mut result = LiverFunctionResult {
        taken: Some(latest.taken.to_string()),
        ..LiverFunctionResult::default()
    };
    match values.albi(&table) {
        Ok(albi) => {
            result.albi = Some(albi.score);
            result.albi_grade = Some(match albi.grade {
                AlbiGrade::One => 1,
                AlbiGrade::Two => 2,
                AlbiGrade::Three => 3,
            });
        }
        Err(error) => result.missing.push(error.to_string()),
    }
    match values.child_pugh(case.disease.cholestatic, &table) {
        Ok(score) => {
            result.child_pugh_points = Some(score.points);
            result.child_pugh_class = Some(format!("{:?}", score.class));
        }
        Err(error) => result.missing.push(error.to_string()),
    }
    match values.meld_3(case.patient.sex) {
        Ok(meld) => result.meld_3 = Some(meld.unrounded),
        Err(error) => result.missing.push(error.to_string()),
    }
    Ok(result)
}
