//! `sirt shunt`: the lung shunt of a case, or of images alone.

use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use sirt_store::{AcceptedDifferences, Case, ImageDifference, Images, PlanarViewName};

use super::consistency;
use super::facts;
use super::images::{Settings, WorkUpImages};
use super::planar::{PlanarInputs, PlanarWorkUp};
use super::work_up::WorkUp;
use super::{ShuntResult, text};
use crate::plan_arguments::ShuntArguments;
use crate::result::Finding;
use crate::settled_by::SettledBy;
use crate::table::{self, findings_text};

/// What `sirt shunt` prints.
#[derive(Debug, Serialize)]
struct ShuntOutput {
    #[serde(flatten)]
    shunt: ShuntResult,
    /// Mass of the lungs by CT, where it shows all of them.
    lung_mass_g: Option<f64>,
    findings: Vec<Finding>,
}

/// Runs the command.
pub(crate) fn run(arguments: &ShuntArguments) -> anyhow::Result<ExitCode> {
    let work_up = match &arguments.case {
        Some(folder) => WorkUp::of_case(&Case::read(folder)?, folder)?,
        None => of_images(arguments)?,
    };
    let estimates = work_up.shunts;
    let used = estimates
        .first()
        .cloned()
        .context("no lung shunt: structures of both liver and lungs are needed")?;
    let output = ShuntOutput {
        shunt: ShuntResult { used, estimates },
        lung_mass_g: work_up
            .images
            .as_ref()
            .and_then(|images| images.lung_mass)
            .map(|lungs| lungs.mass().as_g()),
        findings: work_up.findings,
    };
    if arguments.json {
        table::print_json(&output)?;
    } else {
        let mut said = text::shunt(&output.shunt);
        said.push_str(&findings_text(&output.findings));
        table::print(&said)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the images that the command line names say.
fn of_images(arguments: &ShuntArguments) -> anyhow::Result<WorkUp> {
    let of_patient = consistency::of_images(
        arguments.spect.as_deref(),
        &arguments.planar,
        arguments.ct.as_deref(),
        &arguments.structures,
        arguments.accept_other_patient,
    )?;
    let images = WorkUpImages::of(
        &Images {
            maa_spect: arguments.spect.clone(),
            maa_spect_units: arguments.units,
            maa_spect_resolution: arguments.resolution,
            maa_spect_filter: arguments.filter,
            ct: arguments.ct.clone(),
            structures: arguments.structures.clone(),
            registration: arguments.registration.clone(),
            accepted: AcceptedDifferences {
                differences: if arguments.accept_missing_slices {
                    vec![ImageDifference::MissingSlices]
                } else {
                    Vec::new()
                },
                reason: "--accept-missing-slices".to_owned(),
            },
            ..Images::default()
        },
        &Settings {
            roles: &arguments.role,
            stated_lungs: None,
            settled_by: SettledBy::ShuntOptions,
        },
    )?;
    let planar = match &arguments.regions {
        Some(regions) => {
            let views: Vec<PlanarViewName> =
                arguments.views.iter().map(|view| (*view).into()).collect();
            Some(PlanarWorkUp::read(&PlanarInputs {
                paths: &arguments.planar,
                regions,
                views: &views,
                views_key: "--views",
            })?)
        }
        None => None,
    };
    let estimates = facts::by_images(images.as_ref(), planar.as_ref())?;
    Ok(WorkUp::new(of_patient, images, planar, estimates))
}
