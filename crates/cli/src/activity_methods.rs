//! The methods of `sirt activity`, each from arguments to its result.

use anyhow::bail;
use sirt_dosimetry::{
    ActivityBeforeShunt, BodySurfacePrescription, Decision, Delivery, Device, DeviceLibrary,
    DoseGoal, EmpiricTable, HolmiumFormula, InvolvedVolume, LimitedActivity, Partition,
    ShuntReductionTable, SingleCompartment, SurfaceFormula, TumourToNormal, conventional_lung_mass,
    single_prescription_check,
};
use sirt_quantity::{
    AbsorbedDose, Activity, DoseFactor, Fraction, LungShuntFraction, Mass, ResidualFraction,
};

use crate::activity::{CalculatorResult, Source};
use crate::activity_arguments::{
    CalculatorArguments, DoseTarget, PrescriptionMethod, TargetTissue,
};
use crate::failure::WrongUse;
use crate::result::Finding;

/// How far a dispensed activity may exceed its prescription: as a vial its
/// label (`sirtex2024spheres`, 3.0 GBq ± 10 %).
const DISPENSING_PERCENT: f64 = 10.0;

/// By body surface area; or, with an activity, whether that can be one.
pub(crate) fn body_surface(arguments: &CalculatorArguments) -> anyhow::Result<CalculatorResult> {
    let height = arguments.needed(arguments.height, "--height")?;
    let weight = arguments.needed(arguments.weight, "--weight")?;
    let area = SurfaceFormula::DuBois.area(height, weight)?;
    let mut inputs = vec![
        given(
            "height",
            &format!("{} cm", tidy(height.as_cm())),
            "--height",
        ),
        given(
            "weight",
            &format!("{} kg", tidy(weight.as_kg())),
            "--weight",
        ),
    ];
    let surface = source("body surface area", "dubois1916", false);
    let mut result = if let Some(record) = arguments.activity {
        let tolerance = Fraction::from_percent(DISPENSING_PERCENT)?;
        let check = single_prescription_check(&[record], area, tolerance)?;
        inputs.push(given("activity on record", &gbq(record), "--activity"));
        let mut result = CalculatorResult::of(arguments.method, record.as_gbq());
        if !check.possible {
            result.findings.push(Finding {
                severity: "weakens",
                subject: "activity on record".to_owned(),
                rule: format!(
                    "{} is over {}, the most that one prescription by body surface can be (surface + 0.8 for a liver that is all tumour), by more than the {DISPENSING_PERCENT} % of dispensing",
                    gbq(record),
                    gbq(check.ceiling)
                ),
                fix: "several sessions or another method; keep it as delivered".to_owned(),
            });
        }
        result
    } else {
        let liver = liver(arguments, &mut inputs)?;
        let plan = BodySurfacePrescription::whole_liver(area, liver)?;
        reduced(arguments, plan.activity(), plan.involvement())?
    };
    result.body_surface_area_m2 = Some(area.as_m2());
    result.decisions.splice(0..0, inputs);
    result.sources.insert(0, surface);
    result
        .sources
        .insert(1, source("formula", "vanroekel2021thesis, p. 30", false));
    Ok(result)
}

/// By the empiric table.
pub(crate) fn empiric(arguments: &CalculatorArguments) -> anyhow::Result<CalculatorResult> {
    let mut inputs = Vec::new();
    let involvement = liver(arguments, &mut inputs)?.involvement()?;
    let table = EmpiricTable::built_in()?;
    let mut result = reduced(arguments, table.activity(involvement)?, involvement)?;
    result.decisions.splice(0..0, inputs);
    result
        .sources
        .insert(0, source("table", &table.source, table.doubtful));
    Ok(result)
}

fn liver(
    arguments: &CalculatorArguments,
    inputs: &mut Vec<Decision>,
) -> anyhow::Result<InvolvedVolume> {
    let total = arguments.needed(arguments.liver, "--liver")?;
    let tumour = arguments.needed(arguments.tumour, "--tumour")?;
    inputs.push(given(
        "liver volume",
        &format!("{} mL", tidy(total.as_ml())),
        "--liver",
    ));
    inputs.push(given(
        "tumour volume",
        &format!("{} mL", tidy(tumour.as_ml())),
        "--tumour",
    ));
    Ok(InvolvedVolume::of_liver(total, tumour)?)
}

/// A prescription that knows no shunt, reduced by the table; an error where
/// the shunt forbids treatment.
fn reduced(
    arguments: &CalculatorArguments,
    before: ActivityBeforeShunt,
    involvement: Fraction,
) -> anyhow::Result<CalculatorResult> {
    let lung_shunt = arguments.lsf.unwrap_or(LungShuntFraction::ZERO);
    let table = ShuntReductionTable::built_in()?;
    let reduction = table.reduction(lung_shunt);
    let percent = tidy(lung_shunt.as_percent());
    let margin = table.border_margin_points;
    let (Some(activity), Some(factor)) = (reduction.apply(before), reduction.factor) else {
        let last = table.bands.last().map_or(0.0, |band| band.up_to_percent);
        let near = if reduction.boundary.is_some() {
            format!(", though within {margin} points of that border")
        } else {
            String::new()
        };
        bail!(
            "lung shunt fraction {percent} % is over {last} %{near}: treatment is contraindicated by the table of lung shunt reductions, no activity is given"
        );
    };
    let mut result = CalculatorResult::of(arguments.method, activity.as_gbq());
    result.lsf_factor = Some(factor);
    result.activity_before_shunt_gbq = Some(before.activity().as_gbq());
    result.tumour_involvement = Some(involvement.as_fraction());
    result.decisions.push(shunt_decision(arguments.lsf));
    result.sources.push(source(
        "table of lung shunt reductions",
        &table.source,
        table.doubtful,
    ));
    if arguments.lsf.is_none() {
        result.findings.push(Finding {
            severity: "weakens",
            subject: "lung shunt fraction".to_owned(),
            rule: "not given, taken as 0 %: the activity is not reduced".to_owned(),
            fix: "--lsf".to_owned(),
        });
    }
    if let Some(boundary) = reduction.boundary {
        let other = boundary.other_factor.map_or_else(
            || "treatment is contraindicated".to_owned(),
            |factor| format!("the factor is {factor}"),
        );
        result.findings.push(Finding {
            severity: "weakens",
            subject: "lung shunt fraction".to_owned(),
            rule: format!(
                "boundary: {percent} % is within {margin} points of {} %, on whose other side {other}",
                boundary.percent
            ),
            fix: "measure the shunt again, for example by SPECT/CT".to_owned(),
        });
    }
    Ok(result)
}

/// By one mean dose of the perfused volume.
pub(crate) fn single_compartment(
    arguments: &CalculatorArguments,
) -> anyhow::Result<CalculatorResult> {
    let mass = arguments.needed(arguments.mass, "--mass")?;
    let setting = Setting::of(arguments, Device::Glass)?;
    let model = SingleCompartment::new(mass, setting.delivery)?;
    let goals = goals(arguments, setting.lung_mass)?;
    let (activity, limiting) = match arguments.activity {
        Some(activity) => (activity, None),
        None if goals.is_empty() => return Err(needs_goal(arguments).into()),
        None => limited(model.limited_activity(&goals)?),
    };
    let mut result = single_result(arguments, &model, activity, &setting)?;
    result.limited_by = limiting;
    note_lungs_without_limit(&mut result, &goals, &setting);
    setting.tell(&mut result);
    result.sources.insert(
        0,
        source("formula", "vanroekel2021thesis, p. 30; mird29", false),
    );
    Ok(result)
}

/// By mass of liver for Ho-166; with a target or activity as a single compartment.
pub(crate) fn holmium(arguments: &CalculatorArguments) -> anyhow::Result<CalculatorResult> {
    let mass = arguments.needed(arguments.mass, "--mass")?;
    let setting = Setting::of(arguments, Device::Holmium)?;
    let model = SingleCompartment::new(mass, setting.delivery)?;
    let goals = goals(arguments, setting.lung_mass)?;
    let formula = HolmiumFormula::built_in()?;
    let by_formula = arguments.activity.is_none() && goals.is_empty();
    let (activity, limiting) = match arguments.activity {
        Some(activity) => (activity, None),
        None if by_formula => (formula.activity(mass)?, None),
        None => limited(model.limited_activity(&goals)?),
    };
    let mut result = single_result(arguments, &model, activity, &setting)?;
    result.limited_by = limiting;
    note_lungs_without_limit(&mut result, &goals, &setting);
    if by_formula {
        result.decisions.push(assumed(
            "activity per mass",
            &format!(
                "{} MBq/kg for {} on average",
                formula.activity_mbq_per_kg.value,
                formula.mean_dose()
            ),
            "neither --target nor --activity is given",
        ));
        for (about, cited) in [
            ("activity per mass", &formula.activity_mbq_per_kg),
            ("mean dose of the formula", &formula.mean_dose_gy),
        ] {
            result
                .sources
                .push(source(about, &cited.source, cited.doubtful));
        }
        if arguments.lsf.is_some() || arguments.residual.is_some() {
            result.findings.push(Finding {
                severity: "note",
                subject: "formula of Ho-166".to_owned(),
                rule: "it contains neither lung shunt nor residual: they lower the doses here, not the activity".to_owned(),
                fix: format!("--target perfused={}Gy", formula.mean_dose_gy.value),
            });
        }
    }
    setting.tell(&mut result);
    result.sources.insert(
        0,
        source("doses", "vanroekel2021thesis, p. 30; mird29", false),
    );
    Ok(result)
}

/// By tumour, normal liver and lungs as compartments.
pub(crate) fn partition(arguments: &CalculatorArguments) -> anyhow::Result<CalculatorResult> {
    let tumour_mass = arguments.needed(arguments.tumour_mass, "--tumour-mass")?;
    let normal_mass = arguments.needed(arguments.normal_mass, "--normal-mass")?;
    let ratio = TumourToNormal::from_ratio(arguments.needed(arguments.tn, "--tn")?)?;
    let setting = Setting::of(arguments, Device::Resin)?;
    let model = Partition::new(ratio, tumour_mass, normal_mass, setting.delivery)?;
    let goals = goals(arguments, setting.lung_mass)?;
    let (activity, limiting) = match arguments.activity {
        Some(activity) => (activity, None),
        None if goals.is_empty() => return Err(needs_goal(arguments).into()),
        None => limited(model.limited_activity(&goals)?),
    };
    let doses = model.doses(activity)?;
    let mut result = setting.result(arguments.method, activity)?;
    result.limited_by = limiting;
    result.perfused_gy = Some(doses.perfused.as_gy());
    result.tumour_gy = Some(doses.tumour.as_gy());
    result.normal_liver_gy = Some(doses.normal_liver.as_gy());
    result.tumour_activity_gbq = Some(doses.tumour_activity.as_gbq());
    result.normal_activity_gbq = Some(doses.normal_activity.as_gbq());
    result.decisions.extend([
        given("tumour mass", &grams(tumour_mass), "--tumour-mass"),
        given("normal liver mass", &grams(normal_mass), "--normal-mass"),
        given(
            "tumour-to-normal ratio of concentrations",
            &tidy(ratio.as_ratio()),
            "--tn",
        ),
    ]);
    if ratio.is_hypovascular() {
        result.findings.push(Finding {
            severity: "weakens",
            subject: "tumour-to-normal ratio".to_owned(),
            rule: format!(
                "{} is below 1: the tumour takes up less than normal liver (hypovascular), and no activity spares the liver",
                tidy(ratio.as_ratio())
            ),
            fix: "check the ratio and its structures".to_owned(),
        });
    }
    note_lungs_without_limit(&mut result, &goals, &setting);
    setting.tell(&mut result);
    result.sources.insert(
        0,
        source(
            "formula",
            "ho1996partition; vanroekel2021thesis, p. 30",
            false,
        ),
    );
    Ok(result)
}

/// Dose factor, shunt, residual and lungs, with what was assumed of them.
struct Setting {
    delivery: Delivery,
    lung_mass: Mass,
    dose_factor_source: String,
    decisions: Vec<Decision>,
    sources: Vec<Source>,
    findings: Vec<Finding>,
}

impl Setting {
    /// From the arguments; the dose factor that is not given is the convention
    /// of a device.
    fn of(arguments: &CalculatorArguments, convention: Device) -> anyhow::Result<Self> {
        let (mut sources, mut findings) = (Vec::new(), Vec::new());
        let (factor, dose_factor_source) = match arguments.dose_factor {
            Some(factor) => (factor, "--dose-factor".to_owned()),
            None => {
                let library = DeviceLibrary::built_in()?;
                let device = library.data(convention);
                let cited = device.dose_factor.first();
                (
                    device.default_dose_factor(),
                    format!(
                        "convention of {convention} microspheres: {}; --dose-factor is not given",
                        cited.map_or("", |cited| cited.source.as_str())
                    ),
                )
            }
        };
        let lung_shunt = arguments.lsf.unwrap_or(LungShuntFraction::ZERO);
        let residual = arguments.residual.unwrap_or(ResidualFraction::ZERO);
        let mut decisions = vec![decision(
            "dose factor",
            &format!("{} Gy kg/GBq", factor.as_gy_kg_per_gbq()),
            &dose_factor_source,
        )];
        decisions.push(shunt_decision(arguments.lsf));
        if arguments.lsf.is_none() {
            findings.push(Finding {
                severity: "weakens",
                subject: "lung shunt fraction".to_owned(),
                rule: "not given, taken as 0 %: the lungs are given no dose".to_owned(),
                fix: "--lsf".to_owned(),
            });
        }
        decisions.push(match arguments.residual {
            Some(_) => given(
                "residual fraction",
                &format!("{} %", tidy(residual.as_percent())),
                "--residual",
            ),
            None => assumed("residual fraction", "0 %", "--residual is not given"),
        });
        let lung_mass = match arguments.lung_mass {
            Some(mass) => {
                decisions.push(given("lung mass", &grams(mass), "--lung-mass"));
                mass
            }
            None => {
                let convention = conventional_lung_mass()?;
                let mass = Mass::from_kg(convention.value);
                sources.push(source("lung mass", &convention.source, convention.doubtful));
                decisions.push(assumed(
                    "lung mass",
                    &grams(mass),
                    "--lung-mass is not given",
                ));
                if lung_shunt > LungShuntFraction::ZERO {
                    findings.push(Finding {
                        severity: "note",
                        subject: "lung mass".to_owned(),
                        rule: format!("not given, {} by convention", grams(mass)),
                        fix: "--lung-mass".to_owned(),
                    });
                }
                mass
            }
        };
        Ok(Self {
            delivery: Delivery::new(factor, lung_shunt, residual)?,
            lung_mass,
            dose_factor_source,
            decisions,
            sources,
            findings,
        })
    }

    /// A result with what the lungs get of an activity.
    fn result(
        &self,
        method: PrescriptionMethod,
        activity: Activity,
    ) -> anyhow::Result<CalculatorResult> {
        let mut result = CalculatorResult::of(method, activity.as_gbq());
        let lung_dose = self.delivery.lung_dose(activity, self.lung_mass)?;
        let in_lungs = self.delivery.activity_in_lungs(activity)?;
        result.lung_gy = Some(lung_dose.as_gy());
        result.lung_activity_gbq = Some(in_lungs.as_gbq());
        result.lsf_factor = Some(self.delivery.lung_shunt().rest());
        let factor: DoseFactor = self.delivery.dose_factor();
        result.dose_factor_gy_kg_per_gbq = Some(factor.as_gy_kg_per_gbq());
        result.dose_factor_source = Some(self.dose_factor_source.clone());
        Ok(result)
    }

    /// Adds what was given and assumed.
    fn tell(self, result: &mut CalculatorResult) {
        result.decisions.extend(self.decisions);
        result.sources.extend(self.sources);
        result.findings.extend(self.findings);
    }
}

fn single_result(
    arguments: &CalculatorArguments,
    model: &SingleCompartment,
    activity: Activity,
    setting: &Setting,
) -> anyhow::Result<CalculatorResult> {
    let mut result = setting.result(arguments.method, activity)?;
    result.perfused_gy = Some(model.perfused_dose(activity)?.as_gy());
    result.decisions.push(given(
        "perfused mass",
        &grams(model.perfused_mass()),
        "--mass",
    ));
    Ok(result)
}

fn goals(arguments: &CalculatorArguments, lung_mass: Mass) -> anyhow::Result<Vec<DoseGoal>> {
    let mut goals = Vec::new();
    for (index, DoseTarget { tissue, dose }) in arguments.target.iter().enumerate() {
        let before = &arguments.target[..index];
        if before.iter().any(|other| other.tissue == *tissue) {
            return Err(WrongUse(format!("--target {} is given twice", tissue.name())).into());
        }
        goals.push(goal(*tissue, *dose, lung_mass));
    }
    Ok(goals)
}

fn goal(tissue: TargetTissue, dose: AbsorbedDose, lung_mass: Mass) -> DoseGoal {
    match tissue {
        TargetTissue::Perfused => DoseGoal::Perfused(dose),
        TargetTissue::Tumour => DoseGoal::Tumour(dose),
        TargetTissue::Normal => DoseGoal::NormalLiver(dose),
        TargetTissue::Lung => DoseGoal::Lungs { dose, lung_mass },
    }
}

/// An activity with the option's name of the goal that determines it.
fn limited(limited: LimitedActivity) -> (Activity, Option<&'static str>) {
    let tissue = match limited.limiting {
        DoseGoal::Perfused(_) => TargetTissue::Perfused,
        DoseGoal::Tumour(_) => TargetTissue::Tumour,
        DoseGoal::NormalLiver(_) => TargetTissue::Normal,
        DoseGoal::Lungs { .. } => TargetTissue::Lung,
    };
    (limited.activity, Some(tissue.name()))
}

fn needs_goal(arguments: &CalculatorArguments) -> WrongUse {
    WrongUse(format!(
        "method {} needs --target or --activity",
        arguments.method.name()
    ))
}

fn note_lungs_without_limit(result: &mut CalculatorResult, goals: &[DoseGoal], setting: &Setting) {
    let asked = goals
        .iter()
        .any(|goal| matches!(goal, DoseGoal::Lungs { .. }));
    if asked && setting.delivery.lung_shunt() <= LungShuntFraction::ZERO {
        result.findings.push(Finding {
            severity: "note",
            subject: "--target lung".to_owned(),
            rule: "with a lung shunt fraction of 0 % the lungs set no limit".to_owned(),
            fix: "--lsf".to_owned(),
        });
    }
}

fn shunt_decision(lung_shunt: Option<LungShuntFraction>) -> Decision {
    match lung_shunt {
        Some(shunt) => given(
            "lung shunt fraction",
            &format!("{} %", tidy(shunt.as_percent())),
            "--lsf",
        ),
        None => assumed("lung shunt fraction", "0 %", "--lsf is not given"),
    }
}

fn given(about: &'static str, value: &str, option: &str) -> Decision {
    decision(about, value, option)
}

fn assumed(about: &'static str, value: &str, why: &str) -> Decision {
    decision(about, value, &format!("assumed: {why}"))
}

fn decision(about: &'static str, value: &str, source: &str) -> Decision {
    Decision {
        about,
        value: value.to_owned(),
        source: source.to_owned(),
    }
}

fn source(about: &'static str, source: &str, doubtful: bool) -> Source {
    Source {
        about,
        source: source.to_owned(),
        doubtful,
    }
}

fn grams(mass: Mass) -> String {
    format!("{} g", tidy(mass.as_g()))
}

fn gbq(activity: Activity) -> String {
    // Four decimals, as prescriptions are printed.
    format!("{} GBq", (activity.as_gbq() * 1e4).round() / 1e4)
}

/// A number without the last digits of binary fractions.
fn tidy(value: f64) -> String {
    ((value * 1e6).round() / 1e6).to_string()
}
