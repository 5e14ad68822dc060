//! `sirt dose`: from activity image, CT and structures to absorbed dose.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sirt_dosimetry::{
    CLOSURE_TOLERANCE, DecayData, DoseDistribution, DoseResponseModel, EnergyBalance, Medium,
    Method, NamedMask, Role, SphereLoad, StructureDose, TissueTable, doubts_about_activity,
    doubts_about_distribution,
};
use sirt_image::{Contour, Hounsfield, InstantOf, Volume};
use sirt_quantity::{AbsorbedDose, Activity, ActivityConcentration, Density, DoseFactor};

use crate::activity_input::{self, CalibratedActivity};
use crate::arguments::DoseArguments;
use crate::ct_coverage;
use crate::dicom_inputs;
use crate::dose_files;
use crate::inputs::{self, KnownCt};
use crate::patients;
use crate::plausibility;
use crate::progress::Stages;
use crate::response_input;
use crate::result::{
    ActivityResult, DoseResult, EnergyPart, EnergyParts, EnergyResult, Finding, GridResult,
    KernelResult, MediumResult, MethodResult, MicrospheresResult, NuclideResult, Program,
    RoleSource, Share,
};
use crate::settled_by::SettledBy;
use crate::structure_input;
use crate::table;
use crate::transport_run::{self, Followed};
use crate::uncertainty_input::{self, StructureValues};

/// Density of liver where none is stated, g/mL: ICRP 89 and ICRU 46 liver.
const DEFAULT_DENSITY: Density = Density::from_g_per_ml(1.05);

/// Everything of one calculation: what the files and pictures are made from.
pub(crate) struct DoseCase {
    pub(crate) result: DoseResult,
    pub(crate) distribution: DoseDistribution,
    /// By Monte Carlo, where it was asked for.
    pub(crate) dose_to_water: Option<Volume<AbsorbedDose>>,
    pub(crate) masks: Vec<NamedMask>,
    /// Outlines of the masks, in their order.
    pub(crate) contours: Vec<Vec<Contour>>,
    /// Sum of the activity image's numbers as stored: with the grid, what
    /// tells one image from another.
    pub(crate) image_sum: f64,
    pub(crate) activity: Volume<ActivityConcentration>,
    pub(crate) ct: Option<Arc<Volume<Hounsfield>>>,
    pub(crate) source: Option<crate::dicom_inputs::Source>,
    pub(crate) data: DecayData,
    /// When the header says that the activity was given, with its field.
    pub(crate) recorded_administration: Option<(jiff::civil::DateTime, String)>,
}

/// Runs the command.
pub(crate) fn run(arguments: &DoseArguments) -> anyhow::Result<ExitCode> {
    let case = computed(arguments)?;
    table::print_dose(&case.result, arguments.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Computes and writes everything; prints nothing.
pub(crate) fn computed(arguments: &DoseArguments) -> anyhow::Result<DoseCase> {
    dose_files::require_ours(&arguments.out)?;
    let stages = Stages::new();
    let mut case = calculated(arguments, SettledBy::Options, None, &stages, |_| {
        Ok(Vec::new())
    })?;
    stages.begin("writing");
    dose_files::write_all(&mut case, &arguments.out)?;
    Ok(case)
}

/// Computes everything and writes nothing; `more` makes further structures
/// from those of the files. A known CT is not read again.
///
/// Whether all is of one patient is settled here for a command line, and by
/// who calls for a case.
pub(crate) fn calculated(
    arguments: &DoseArguments,
    settled_by: SettledBy,
    known_ct: Option<&KnownCt>,
    stages: &Stages,
    more: impl FnOnce(&[NamedMask]) -> anyhow::Result<Vec<NamedMask>>,
) -> anyhow::Result<DoseCase> {
    transport_run::require_transport(arguments)?;
    stages.begin("reading the activity");
    let tissue = TissueTable::built_in()?;
    let image = inputs::read_activity(
        &arguments.activity.activity,
        arguments.activity.series.as_deref(),
        settled_by,
        arguments.activity.accept_missing_slices,
    )?;
    let of_patient = match settled_by {
        // A case holds all of its images against each other and against itself.
        SettledBy::Case | SettledBy::Administration => None,
        SettledBy::Options | SettledBy::ShuntOptions => patients::require_one(
            "activity",
            image.patient,
            &ct_and_structures(arguments),
            patients::Acceptance::by_option(arguments.accept_other_patient),
        )?,
    };
    let source = image.source.clone();
    let modality = image.acquisition.modality.clone();
    let recorded_administration =
        image
            .acquisition
            .administration_start
            .as_ref()
            .and_then(|fact| match fact.value {
                InstantOf::DateTime(instant) => Some((instant, fact.field.clone())),
                InstantOf::TimeOnly(_) => None,
            });
    let settlement = activity_input::settlement(&arguments.activity);
    let mut activity = activity_input::calibrated(image, &settlement)?;
    let mut findings = activity.findings.clone();
    findings.extend(of_patient);
    let frame = activity.concentration.frame_of_reference().cloned();
    let grid = activity.concentration.grid().clone();

    let registration = arguments
        .registration
        .as_deref()
        .map(inputs::read_registration)
        .transpose()?;
    let ct = match &arguments.ct {
        Some(path) => {
            let registered = arguments.registration.as_deref();
            let known = known_ct.filter(|ct| ct.is_of(path, frame.as_ref(), registered));
            let (ct, of_ct) = if let Some(known) = known {
                (Arc::clone(&known.volume), known.findings.clone())
            } else {
                stages.begin("reading the CT");
                let (ct, of_ct) =
                    inputs::read_ct(path, frame.as_ref(), registration.as_ref(), settled_by)?;
                (Arc::new(ct), of_ct)
            };
            findings.extend(of_ct);
            Some(ct)
        }
        None => None,
    };
    let density = match ct.as_deref() {
        Some(ct) => {
            let (density, uncovered) = ct_coverage::density_on(ct, &grid, &tissue)?;
            findings.extend(uncovered);
            Some(density)
        }
        None => None,
    };
    let before = match &density {
        Some(density) => Medium::Heterogeneous(density),
        None => Medium::Homogeneous(arguments.density.unwrap_or(DEFAULT_DENSITY)),
    };
    let spheres = arguments
        .transport
        .microspheres
        .map(|(material, mass)| {
            SphereLoad::new(material, mass, &activity.concentration, before, &tissue)
                .context("--microspheres")
        })
        .transpose()?;
    let medium = spheres
        .as_ref()
        .map_or(before, |load| Medium::Heterogeneous(load.density()));

    stages.begin("structures on the dose grid");
    let (mut masks, of_structures) = structure_input::on_grid(
        &arguments.structures,
        &grid,
        frame.as_ref(),
        registration.as_ref(),
        &arguments.role,
        settled_by,
    )?;
    findings.extend(of_structures);
    let further = more(&masks)?;
    masks.extend(further);
    let (contours, of_contours) = structure_input::contours(&masks)?;
    findings.extend(of_contours);

    if let Some(name) = &arguments.activity.share_within {
        activity.share_within(name, &masks)?;
    }

    stages.begin("absorbed dose");
    let method = Method::from(arguments.method);
    let (data, dose_factor_source, of_factor) = decay_data(&activity, arguments)?;
    findings.extend(of_factor);
    let (distribution, transport, dose_to_water) = if method == Method::Transport {
        let followed = Followed {
            activity: &activity.concentration,
            medium,
            data: &data,
            tissue: &tissue,
            masks: &masks,
            spheres: spheres.as_ref(),
        };
        let run = followed.run(&arguments.transport, stages)?;
        findings.extend(run.findings);
        (run.distribution, Some(run.result), run.dose_to_water)
    } else {
        let dose = method.absorbed_dose(&activity.concentration, medium, &data, &tissue)?;
        (dose, None, None)
    };
    let named: Vec<_> = masks
        .iter()
        .map(|named| (named.name.as_str(), &named.mask))
        .collect();
    let balance = EnergyBalance::new(&distribution, medium, &named)?;
    balance.require_closed()?;
    if (balance.closure - 1.0).abs() > CLOSURE_TOLERANCE {
        findings.push(Finding {
            severity: "weakens",
            subject: "energy balance".to_owned(),
            rule: format!(
                "{:.3} % of the emitted energy is accounted for, 100 % to {} % is expected",
                balance.closure * 100.0,
                CLOSURE_TOLERANCE * 100.0
            ),
            fix: "check the grid and structures; compare with --method local".to_owned(),
        });
    }

    findings.extend(ct_coverage::require_tissue(
        medium,
        &balance,
        &masks,
        tissue.air_limit(),
    )?);
    let doubts = doubts_about_activity(
        Activity::from_mbq(activity.at_administration_mbq),
        &activity.calibration,
    )
    .into_iter()
    .chain(doubts_about_distribution(
        &distribution,
        medium,
        &balance,
        &masks,
        tissue.air_limit(),
    ));
    findings.extend(doubts.map(plausibility::finding));

    let budget = uncertainty_input::Budget::new(arguments, &modality, &activity)?;
    findings.extend(budget.assumption(arguments, &modality));
    let mut doses = Vec::with_capacity(masks.len());
    for mask in &masks {
        let dose = StructureDose::new(
            mask,
            &distribution.dose,
            &activity.concentration,
            medium,
            data.half_life,
            &tissue,
        )
        .with_context(|| format!("structure `{}`", mask.name))?;
        doses.push(dose);
    }
    // Tumours lie in normal liver: its dose is what spills into them.
    let background = doses
        .iter()
        .find(|dose| dose.role == Role::NormalLiver)
        .map_or(AbsorbedDose::ZERO, |dose| {
            AbsorbedDose::from_gy(dose.dose_gy.mean)
        });
    let models = DoseResponseModel::built_in()?;
    let structures = doses
        .into_iter()
        .zip(&masks)
        .enumerate()
        .map(|(at, (dose, mask))| {
            let response = response_input::of_structure(
                mask,
                &distribution.dose,
                data.half_life,
                &models,
                &arguments.figures,
            )?;
            let role_source = if mask.derived.is_some() {
                RoleSource::Derived
            } else if structure_input::stated_role(&arguments.role, &mask.name).is_some() {
                RoleSource::Stated
            } else {
                RoleSource::Name
            };
            let values = StructureValues {
                dose,
                role_source,
                response,
                statistical: distribution
                    .statistics
                    .as_ref()
                    .and_then(|statistics| statistics.structures.get(at).copied()),
            };
            budget.of_structure(values, mask, &activity.concentration, background)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;

    findings.extend(budget.blurred(&structures));

    let result = DoseResult {
        program: Program::THIS,
        method: MethodResult {
            name: method.name(),
            citations: method.citations().to_vec(),
            kernel: distribution
                .kernel_density
                .zip(distribution.kernel_half_width)
                .map(|(density, half_width)| KernelResult {
                    density_g_per_ml: density.as_g_per_ml(),
                    half_width,
                }),
            transport,
        },
        medium: MediumResult {
            microspheres: arguments.transport.microspheres.zip(spheres.as_ref()).map(
                |((material, mass), load)| MicrospheresResult {
                    material: material.name(),
                    mass_g: mass.as_g(),
                    largest_mass_fraction: load.largest_fraction(),
                },
            ),
            ..medium_result(
                before,
                medium.mean_density(&activity.concentration)?,
                arguments,
                &tissue,
            )
        },
        nuclide: nuclide_result(&activity, &data, dose_factor_source),
        activity: activity_result(&activity),
        energy: energy_result(&balance),
        grid: GridResult::of(&grid),
        structures,
        findings,
        files: Vec::new(),
    };
    Ok(DoseCase {
        result,
        distribution,
        dose_to_water,
        masks,
        contours,
        image_sum: activity.image_sum,
        activity: activity.concentration,
        ct,
        source,
        data,
        recorded_administration,
    })
}

/// What must be of the activity's patient.
fn ct_and_structures(arguments: &DoseArguments) -> Vec<patients::Input<'_>> {
    let ct = arguments.ct.iter().map(|path| patients::Input {
        what: "CT",
        path,
        kinds: &dicom_inputs::CT_KINDS,
    });
    let structures = arguments.structures.iter().map(|path| patients::Input {
        what: "structures",
        path,
        kinds: &dicom_inputs::STRUCTURE_KINDS,
    });
    ct.chain(structures).collect()
}

/// A stated dose factor beside the one of half-life and energy: the published
/// ones of one nuclide lie within 1 % of each other.
fn judged_dose_factor(stated: DoseFactor, computed: DoseFactor) -> anyhow::Result<Option<Finding>> {
    let ratio = stated.as_gy_kg_per_gbq() / computed.as_gy_kg_per_gbq();
    if !(0.5..=2.0).contains(&ratio) {
        bail!(
            "--dose-factor {} Gy kg/GBq is {ratio:.3} times the {:.3} of half-life and energy per decay; allowed is half of that to twice",
            stated.as_gy_kg_per_gbq(),
            computed.as_gy_kg_per_gbq()
        );
    }
    Ok((!(0.95..=1.05).contains(&ratio)).then(|| Finding {
        severity: "weakens",
        subject: "--dose-factor".to_owned(),
        rule: format!(
            "{} Gy kg/GBq is {ratio:.3} times the {:.3} of half-life and energy per decay, 0.95 to 1.05 are expected",
            stated.as_gy_kg_per_gbq(),
            computed.as_gy_kg_per_gbq()
        ),
        fix: "check its unit and nuclide".to_owned(),
    }))
}

/// Nuclide data of the calculation, where the dose factor is from, and what
/// weakens it.
fn decay_data(
    activity: &CalibratedActivity,
    arguments: &DoseArguments,
) -> anyhow::Result<(DecayData, String, Option<Finding>)> {
    let calibration = &activity.calibration;
    let nuclide = &calibration.nuclide;
    let energy = nuclide
        .energies_per_decay
        .first()
        .with_context(|| format!("{} has no energy per decay", nuclide.symbol))?;
    let computed = DoseFactor::from_half_life_and_energy(calibration.half_life, energy.value);
    let finding = arguments
        .dose_factor
        .map(|stated| judged_dose_factor(stated, computed))
        .transpose()?
        .flatten();
    let (dose_factor, source) = match arguments.dose_factor {
        Some(stated) => (stated, "--dose-factor".to_owned()),
        None => (
            computed,
            format!(
                "half-life and {:.4} MeV per decay ({})",
                energy.value.as_mev(),
                energy.source
            ),
        ),
    };
    Ok((
        DecayData {
            nuclide: nuclide.symbol.clone(),
            half_life: calibration.half_life,
            dose_factor,
            beta_kernel: nuclide.beta_kernel.clone(),
        },
        source,
        finding,
    ))
}

fn nuclide_result(
    activity: &CalibratedActivity,
    data: &DecayData,
    dose_factor_source: String,
) -> NuclideResult {
    let half_life_source = activity
        .calibration
        .decisions
        .iter()
        .find(|decision| decision.about == "half-life")
        .map(|decision| decision.source.clone())
        .unwrap_or_default();
    NuclideResult {
        symbol: data.nuclide.clone(),
        half_life_h: data.half_life.as_hours(),
        half_life_source,
        dose_factor_gy_kg_per_gbq: data.dose_factor.as_gy_kg_per_gbq(),
        dose_factor_source,
        energy_per_decay_mev: data.dose_factor.energy_per_decay(data.half_life).as_mev(),
    }
}

fn activity_result(activity: &CalibratedActivity) -> ActivityResult {
    let calibration = &activity.calibration;
    ActivityResult {
        total_mbq: activity.imaged_mbq,
        counted: calibration.imaged_factor.is_none(),
        at_administration_mbq: activity.at_administration_mbq,
        administered_mbq: calibration
            .administered
            .map(|administered| administered.as_mbq()),
        image_over_administered: calibration
            .administered
            .map(|administered| activity.at_administration_mbq / administered.as_mbq()),
        calibration: calibration.kind,
        since_administration_h: calibration.since_administration.map(|span| span.as_hours()),
        negative_fraction: activity.negative_fraction,
        decisions: calibration.decisions.clone(),
    }
}

fn medium_result(
    medium: Medium<'_>,
    mean: Density,
    arguments: &DoseArguments,
    tissue: &TissueTable,
) -> MediumResult {
    match medium {
        Medium::Homogeneous(density) => MediumResult {
            kind: "homogeneous",
            material: "ICRU four-component soft tissue".to_owned(),
            density_g_per_ml: density.as_g_per_ml(),
            microspheres: None,
            source: if arguments.density.is_some() {
                "--density"
            } else {
                "default: liver of ICRP 89 and ICRU 46"
            }
            .to_owned(),
        },
        Medium::Heterogeneous(_) => MediumResult {
            kind: "ct",
            material: "density from CT numbers".to_owned(),
            density_g_per_ml: mean.as_g_per_ml(),
            microspheres: None,
            source: tissue.source().to_owned(),
        },
    }
}

fn energy_result(balance: &EnergyBalance) -> EnergyResult {
    let share = |joule: f64| Share {
        joule,
        fraction: joule / balance.emitted_j,
    };
    EnergyResult {
        closure: balance.closure,
        emitted_j: balance.emitted_j,
        parts: EnergyParts {
            structures: balance
                .structures
                .iter()
                .map(|part| EnergyPart {
                    name: part.name.clone(),
                    share: share(part.joule),
                })
                .collect(),
            elsewhere: share(balance.elsewhere_j),
            in_air: share(balance.in_air_j),
            left_grid: share(balance.left_grid_j),
            radiated: share(balance.radiated_j),
        },
    }
}
