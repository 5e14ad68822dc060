//! `sirt activity`: one prescription method, without a case.

use std::process::ExitCode;

use serde::Serialize;
use sirt_dosimetry::{Decision, Device, DoseLimitTable};
use sirt_quantity::AbsorbedDose;

use crate::activity_arguments::{CalculatorArguments, PrescriptionMethod};
use crate::activity_methods;
use crate::result::{Finding, Program};
use crate::table::{self, Table};

/// What a method says. Doses and parts are none where the method knows none.
#[derive(Debug, Serialize)]
pub(crate) struct CalculatorResult {
    pub(crate) program: Program,
    pub(crate) method: &'static str,
    /// In the vial at administration.
    pub(crate) activity_gbq: f64,
    /// Mean dose of all that is perfused.
    pub(crate) perfused_gy: Option<f64>,
    pub(crate) tumour_gy: Option<f64>,
    /// Mean dose of the perfused normal liver.
    pub(crate) normal_liver_gy: Option<f64>,
    pub(crate) lung_gy: Option<f64>,
    /// What the lung shunt multiplies by: for bsa and empiric the factor of the
    /// reduction table on the activity; for mird, partition and holmium the
    /// part `1 - LSF` of what is delivered that reaches the liver.
    pub(crate) lsf_factor: Option<f64>,
    /// The target that determines the activity.
    pub(crate) limited_by: Option<&'static str>,
    pub(crate) dose_factor_gy_kg_per_gbq: Option<f64>,
    pub(crate) dose_factor_source: Option<String>,
    pub(crate) body_surface_area_m2: Option<f64>,
    /// Part of the liver that is tumour, 0 to 1.
    pub(crate) tumour_involvement: Option<f64>,
    /// By the formula, before the reduction table.
    pub(crate) activity_before_shunt_gbq: Option<f64>,
    pub(crate) tumour_activity_gbq: Option<f64>,
    pub(crate) normal_activity_gbq: Option<f64>,
    pub(crate) lung_activity_gbq: Option<f64>,
    /// What was computed with, and whether it was given or assumed.
    pub(crate) decisions: Vec<Decision>,
    pub(crate) sources: Vec<Source>,
    pub(crate) findings: Vec<Finding>,
}

/// Where a formula or value comes from.
#[derive(Debug, Serialize)]
pub(crate) struct Source {
    pub(crate) about: &'static str,
    /// Bibliography keys, or words.
    pub(crate) source: String,
    /// Whether a value was not checked against its source.
    pub(crate) doubtful: bool,
}

impl CalculatorResult {
    /// A result of a method without any number yet.
    pub(crate) fn of(method: PrescriptionMethod, activity_gbq: f64) -> Self {
        Self {
            program: Program::THIS,
            method: method.name(),
            activity_gbq,
            perfused_gy: None,
            tumour_gy: None,
            normal_liver_gy: None,
            lung_gy: None,
            lsf_factor: None,
            limited_by: None,
            dose_factor_gy_kg_per_gbq: None,
            dose_factor_source: None,
            body_surface_area_m2: None,
            tumour_involvement: None,
            activity_before_shunt_gbq: None,
            tumour_activity_gbq: None,
            normal_activity_gbq: None,
            lung_activity_gbq: None,
            decisions: Vec::new(),
            sources: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// A lung dose over the limit of one treatment, told beside the doses.
fn lung_finding(result: &CalculatorResult) -> anyhow::Result<Option<Finding>> {
    let table = DoseLimitTable::built_in()?;
    let limit = table.for_device("lung-single-30", Device::Resin)?;
    let Some(dose) = result.lung_gy else {
        return Ok(None);
    };
    Ok(
        (limit.holds_for(AbsorbedDose::from_gy(dose)) == Some(false)).then(|| Finding {
            severity: "weakens",
            subject: "lung dose".to_owned(),
            rule: format!(
                "{dose:.1} Gy is not {} ({})",
                limit.bound_text(),
                limit.source
            ),
            fix: "--target lung=30Gy beside the other target, or treat otherwise".to_owned(),
        }),
    )
}

/// Runs the command.
pub(crate) fn run(arguments: &CalculatorArguments) -> anyhow::Result<ExitCode> {
    arguments.refuse_unused()?;
    let mut result = match arguments.method {
        PrescriptionMethod::Bsa => activity_methods::body_surface(arguments)?,
        PrescriptionMethod::Empiric => activity_methods::empiric(arguments)?,
        PrescriptionMethod::Mird => activity_methods::single_compartment(arguments)?,
        PrescriptionMethod::Partition => activity_methods::partition(arguments)?,
        PrescriptionMethod::Holmium => activity_methods::holmium(arguments)?,
    };
    result.findings.extend(lung_finding(&result)?);
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(result: &CalculatorResult) -> String {
    let mut table = Table::new(&[(result.method, ""), ("", "")]);
    // Four digits, as prescriptions are written.
    let activity =
        |name: &str, gbq: Option<f64>| gbq.map(|gbq| (name.to_owned(), format!("{gbq:.3} GBq")));
    let dose = |name: &str, gy: Option<f64>| {
        gy.map(|gy| (name.to_owned(), format!("{} Gy", table::digits(gy))))
    };
    let rows = [
        result
            .body_surface_area_m2
            .map(|m2| ("body surface area".to_owned(), format!("{m2:.4} m2"))),
        result.tumour_involvement.map(|part| {
            (
                "tumour involvement".to_owned(),
                format!("{:.1} %", part * 100.0),
            )
        }),
        activity(
            "activity before lung shunt",
            result.activity_before_shunt_gbq,
        ),
        result.lsf_factor.map(|factor| {
            (
                "factor of the lung shunt".to_owned(),
                format!("{factor:.3}"),
            )
        }),
        activity("activity", Some(result.activity_gbq)),
        activity("  in the tumour", result.tumour_activity_gbq),
        activity("  in normal liver", result.normal_activity_gbq),
        activity("  in the lungs", result.lung_activity_gbq),
        dose("dose of the perfused volume", result.perfused_gy),
        dose("dose of the tumour", result.tumour_gy),
        dose("dose of perfused normal liver", result.normal_liver_gy),
        dose("dose of the lungs", result.lung_gy),
    ];
    for (name, value) in rows.into_iter().flatten() {
        table.row([name, value]);
    }
    let mut text = table.to_text();
    if let Some(target) = result.limited_by {
        text.push_str(&format!(
            "the activity is determined by --target {target}\n"
        ));
    }
    text.push('\n');
    for decision in &result.decisions {
        text.push_str(&format!(
            "  {}: {} [{}]\n",
            decision.about, decision.value, decision.source
        ));
    }
    for source in &result.sources {
        let doubt = if source.doubtful {
            " (not checked against it)"
        } else {
            ""
        };
        text.push_str(&format!("  {}: {}{doubt}\n", source.about, source.source));
    }
    text.push_str(&table::findings_text(&result.findings));
    text
}
