//! Dose of what was delivered: the images after treatment through the
//! calculation of `sirt dose`, or what that wrote.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sirt_dosimetry::{
    MeanDose, MethodRow, NamedMask, Role, blurred_sphere_recovery, joint_mean_dose, sphere_diameter,
};
use sirt_image::WeightMask;
use sirt_quantity::{AbsorbedDose, Activity, Capacity, Length, Mass, TimeSpan, decay_factor};
use sirt_store::{
    Administration, Case, DeliveredImage, DeliveredSource, DoseMethod, ImageDifference, ImageUnits,
    Lobe,
};

use super::comparison::Compared;
use super::facts::{PlanFacts, Product};
use super::images::WorkUpImages;
use super::orders::Delivered;
use crate::arguments::{
    ActivityArguments, DoseArguments, FigureArguments, MethodArgument, TransportArguments, Units,
};
use crate::progress::Stages;
use crate::result::Finding;
use crate::settled_by::SettledBy;
use crate::{dose, inputs};

/// Activity of an earlier infusion that an image still shows, as a part of it.
const STILL_SHOWN: f64 = 0.01;
/// Header and case may differ in the instant of administration by this much.
const SAME_INFUSION: TimeSpan = TimeSpan::from_minutes(30.0);

/// An image after treatment and what was computed from it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DeliveredImageResult {
    /// Territories whose infusions it shows.
    pub(crate) territories: Vec<String>,
    /// Path as the case has it.
    pub(crate) source: String,
    pub(crate) method: String,
    /// In the image at administration.
    pub(crate) activity_gbq: f64,
    /// The same over what the assays say was delivered.
    pub(crate) over_delivered: f64,
}

/// A plan and what was given.
pub(crate) struct Treated<'a> {
    pub(crate) case: &'a Case,
    pub(crate) folder: &'a Path,
    pub(crate) product: &'a Product,
    pub(crate) facts: &'a PlanFacts,
    pub(crate) images: Option<&'a WorkUpImages>,
    pub(crate) chosen: &'a [MethodRow],
    /// In the order of the case's administrations.
    pub(crate) delivered: &'a [Delivered],
}

/// Infusions that are seen together: by one image, or by no image.
pub(crate) struct Group {
    pub(crate) image: Option<DeliveredImage>,
    /// Positions among the administrations.
    pub(crate) infusions: Vec<usize>,
}

pub(super) fn groups(treated: &Treated<'_>, compared: &mut Compared) -> anyhow::Result<Vec<Group>> {
    let notes = &mut compared.notes;
    let given = &treated.case.administrations;
    let half_life = treated.product.half_life;
    let mut groups: Vec<Group> = Vec::new();
    for (at, administration) in given.iter().enumerate() {
        let Some(image) = &administration.image else {
            continue;
        };
        let mut infusions = vec![at];
        for name in &image.territories {
            let nearest = (0..given.len())
                .filter(|other| given[*other].territory == *name)
                .min_by(|one, other| {
                    let apart =
                        |at: usize| given[at].at.since(administration.at).as_seconds().abs();
                    apart(*one).total_cmp(&apart(*other))
                });
            match nearest {
                Some(other) if !infusions.contains(&other) => infusions.push(other),
                Some(_) => {}
                None => notes.push(format!(
                    "the image after `{}` is said to show `{name}`, to which nothing was given",
                    administration.territory
                )),
            }
        }
        for (other, earlier) in given.iter().enumerate() {
            let since = administration.at.since(earlier.at);
            let left = decay_factor(since, half_life);
            if !infusions.contains(&other) && since > TimeSpan::ZERO && left > STILL_SHOWN {
                notes.push(format!(
                    "the image after `{}` still shows {:.0} % of what was given to `{}` before; where that lies near, territories in [administration.image] says so",
                    administration.territory,
                    left * 100.0,
                    earlier.territory
                ));
            }
        }
        infusions.sort_unstable();
        groups.push(Group {
            image: Some(image.clone()),
            infusions,
        });
    }
    let left: Vec<usize> = (0..given.len())
        .filter(|at| !groups.iter().any(|group| group.infusions.contains(at)))
        .collect();
    let (Some(first), Some(last)) = (left.first(), left.last()) else {
        if treated.case.images.y90.is_some() {
            compared.findings.push(Finding {
                severity: "note",
                subject: "[images] y90".to_owned(),
                rule: if given.is_empty() {
                    "not used: no [[administration]] says what it shows"
                } else {
                    "not used: each infusion is shown by an image of its own"
                }
                .to_owned(),
                fix: if given.is_empty() {
                    "give the [[administration]] of what it shows"
                } else {
                    "take it out, or take out the [administration.image] that it stands for"
                }
                .to_owned(),
            });
        }
        return Ok(groups);
    };
    let names = left.iter().map(|at| given[*at].territory.clone()).collect();
    let image = DeliveredImage::of_images(&treated.case.images, names);
    if image.is_some() && given[*last].at.since(given[*first].at) > half_life {
        anyhow::bail!(
            "[images] y90: infusions more than a half-life apart are not shown by one image; give each its own with [administration.image]"
        );
    }
    groups.push(Group {
        image,
        infusions: left,
    });
    Ok(groups)
}

/// What an earlier or this calculation says, as `result.json` has it.
#[derive(Debug, Deserialize)]
struct FiledDose {
    method: FiledMethod,
    activity: FiledActivity,
    structures: Vec<FiledStructure>,
}

#[derive(Debug, Deserialize)]
struct FiledMethod {
    name: String,
}

#[derive(Debug, Deserialize)]
struct FiledActivity {
    at_administration_mbq: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FiledStructure {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) derived: Option<String>,
    pub(crate) volume_ml: f64,
    pub(crate) outline_volume_ml: Option<f64>,
    mass_g: f64,
    pub(crate) dose_gy: FiledMean,
    pub(crate) uncertainty_gy: f64,
    uncertainty: FiledBudget,
}

#[derive(Debug, Deserialize)]
struct FiledBudget {
    resolution_fwhm_mm: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FiledMean {
    pub(crate) mean: f64,
}

/// By how much the blur of an image lowers a tumour.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Blur {
    pub(crate) resolution_fwhm_mm: f64,
    /// Part of its mean that a sphere of the tumour's volume shows in cold
    /// surroundings.
    pub(crate) recovery: f64,
}

impl FiledStructure {
    /// How much blur lowers a tumour, where it shows less than this part of a
    /// sphere of its volume.
    pub(super) fn blur(&self) -> Option<Blur> {
        const WORTH_TELLING: f64 = 0.95;
        let resolution = Length::from_mm(self.uncertainty.resolution_fwhm_mm);
        let diameter = sphere_diameter(Capacity::from_ml(self.volume_ml));
        let shown = blurred_sphere_recovery(diameter, resolution);
        (shown < WORTH_TELLING).then_some(Blur {
            resolution_fwhm_mm: self.uncertainty.resolution_fwhm_mm,
            recovery: shown,
        })
    }

    pub(super) fn dose(&self) -> MeanDose {
        MeanDose::with_half_width(
            AbsorbedDose::from_gy(self.dose_gy.mean),
            AbsorbedDose::from_gy(self.uncertainty_gy),
        )
    }
}

/// Doses of an image after treatment.
pub(crate) struct Measured {
    pub(crate) source: String,
    pub(crate) structures: Vec<FiledStructure>,
}

impl Measured {
    pub(super) fn named(&self, name: &str) -> Option<&FiledStructure> {
        self.structures
            .iter()
            .find(|structure| structure.name == name)
    }

    /// Structures as one, with their volume; none where there is none.
    pub(super) fn joint<'a>(
        structures: impl Iterator<Item = &'a FiledStructure>,
    ) -> anyhow::Result<Option<(MeanDose, f64)>> {
        let mut volume_ml = 0.0;
        let parts: Vec<(MeanDose, Mass)> = structures
            .map(|structure| {
                volume_ml += structure.volume_ml;
                (structure.dose(), Mass::from_g(structure.mass_g))
            })
            .collect();
        if parts.is_empty() {
            return Ok(None);
        }
        Ok(Some((joint_mean_dose(&parts)?, volume_ml)))
    }
}

/// Name of a territory's normal liver in the dose after treatment.
pub(super) fn normal_of(territory: &str) -> String {
    format!("normal liver of {territory}")
}

pub(super) fn measured(
    treated: &Treated<'_>,
    group: &Group,
    image: &DeliveredImage,
    stages: &Stages,
    compared: &mut Compared,
) -> anyhow::Result<Measured> {
    let territories = names(treated, group);
    let given: Activity = group
        .infusions
        .iter()
        .map(|at| treated.delivered[*at].activity.delivered)
        .sum();
    let (path, filed) = match &image.source {
        DeliveredSource::Result(path) => {
            let at = treated.folder.join(path);
            let text = std::fs::read_to_string(&at)
                .with_context(|| format!("cannot read {}", at.display()))?;
            let filed: FiledDose = serde_json::from_str(&text)
                .with_context(|| format!("{}: not a result.json of `sirt dose`", at.display()))?;
            (path, filed)
        }
        DeliveredSource::Activity(path) => {
            let filed = dose_of_image(treated, group, image, given, stages, compared)
                .with_context(|| {
                    format!(
                        "image after the infusion of {} ({}; the keys of [administration.image] settle it)",
                        territories.join(", "),
                        path.display()
                    )
                })?;
            (path, filed)
        }
    };
    let activity_gbq = filed.activity.at_administration_mbq * 1e-3;
    let source = path.display().to_string();
    compared.images.push(DeliveredImageResult {
        territories,
        source: source.clone(),
        method: filed.method.name.clone(),
        activity_gbq,
        over_delivered: activity_gbq / given.as_gbq(),
    });
    Ok(Measured {
        source: format!("{source}, {} method", filed.method.name),
        structures: filed.structures,
    })
}

/// The calculation of `sirt dose` on an image of the case.
fn dose_of_image(
    treated: &Treated<'_>,
    group: &Group,
    image: &DeliveredImage,
    given: Activity,
    stages: &Stages,
    compared: &mut Compared,
) -> anyhow::Result<FiledDose> {
    let method = method(image.method, &treated.product.decay)?;
    if method == MethodArgument::Local && image.method.is_none() {
        compared.findings.push(Finding {
            severity: "note",
            subject: "method of [administration.image]".to_owned(),
            rule: format!(
                "there is no voxel kernel of {}: all energy stays in the voxel of the decay (local)",
                treated.product.data.nuclide
            ),
            fix: "none needed; method = \"local\" says the same".to_owned(),
        });
    }
    let arguments = dose_arguments(treated, group, image, given, method)?;
    let territories = names(treated, group);
    let mut missing = Vec::new();
    let known_ct = treated.images.and_then(|images| images.ct.as_ref());
    let settled_by = SettledBy::Administration;
    let case = dose::calculated(&arguments, settled_by, known_ct, stages, |masks| {
        let mut further = Vec::new();
        for name in &territories {
            match normal_liver_of(treated.case, name, masks)? {
                Some(mask) => further.push(NamedMask {
                    name: normal_of(name),
                    role: Role::NormalLiver,
                    derived: Some("territory without tumours".to_owned()),
                    outline_volume_ml: None,
                    mask,
                }),
                None => missing.push(name.clone()),
            }
        }
        Ok(further)
    })?;
    for name in missing {
        compared.notes.push(format!(
            "territory `{name}` is not drawn in the structures after treatment, so that its normal liver is not compared"
        ));
    }
    if let Some((instant, field)) = &case.recorded_administration
        && let Some(first) = group.infusions.first()
    {
        let stated = treated.case.administrations[*first].at;
        let apart =
            TimeSpan::from_seconds(instant.duration_since(stated.civil()).as_secs_f64().abs());
        if apart > SAME_INFUSION {
            compared.findings.push(Finding {
                severity: "weakens",
                subject: field.clone(),
                rule: format!(
                    "the image says that it was given at {instant}, the case at {stated}; decay is counted from the former"
                ),
                fix: "check that it is the image of this infusion; at in [administration.image] counts from the case".to_owned(),
            });
        }
    }
    if let (Some(before), Some(after)) = (
        treated.images.and_then(WorkUpImages::frame),
        case.distribution.dose.frame_of_reference(),
    ) && before != after
        && image.registration.is_none()
    {
        compared.notes.push(
            "the structures after treatment lie in another frame of reference than those of the work-up: matched by name, compared by mean dose"
                .to_owned(),
        );
    }
    compared
        .findings
        .extend(case.result.findings.iter().cloned());
    let json = serde_json::to_value(&case.result).context("cannot express the dose as JSON")?;
    serde_json::from_value(json).context("cannot read the dose that was computed")
}

/// The method as it is stated, else by a kernel where the nuclide has one.
///
/// # Errors
/// For a stated kernel that there is not.
fn method(
    stated: Option<DoseMethod>,
    decay: &sirt_dosimetry::DecayData,
) -> anyhow::Result<MethodArgument> {
    Ok(match (stated, &decay.beta_kernel) {
        (Some(DoseMethod::Local), _) | (None, None) => MethodArgument::Local,
        (Some(DoseMethod::Transport), _) => MethodArgument::Transport,
        (_, Some(_)) => MethodArgument::Kernel,
        (Some(DoseMethod::Kernel), None) => anyhow::bail!(
            "method = \"kernel\": there is no voxel kernel of {}, allowed are \"local\" and \"transport\"",
            decay.nuclide
        ),
    })
}

/// What a user would type for `sirt dose`.
fn dose_arguments(
    treated: &Treated<'_>,
    group: &Group,
    image: &DeliveredImage,
    given: Activity,
    method: MethodArgument,
) -> anyhow::Result<DoseArguments> {
    let case = treated.case;
    let image = image.in_folder(treated.folder);
    let of_work_up = case.images.in_folder(treated.folder);
    let DeliveredSource::Activity(activity) = image.source else {
        anyhow::bail!("a result.json is no image");
    };
    let own_structures = !image.structures.is_empty();
    let structures = if own_structures {
        image.structures
    } else {
        of_work_up.structures
    };
    if structures.is_empty() {
        anyhow::bail!("no structures: give them in [administration.image] or [images]");
    }
    let mut role: Vec<(String, Role)> = case
        .structures
        .iter()
        .map(|structure| (structure.name.clone(), structure.role.role()))
        .collect();
    if own_structures && !role.is_empty() {
        // A structure of the work-up may not be drawn again.
        let mut drawn = Vec::new();
        for path in &structures {
            drawn.extend(inputs::read_structures(path)?.0);
        }
        role.retain(|(name, _)| drawn.iter().any(|structure| structure.name == *name));
    }
    let first = group
        .infusions
        .first()
        .map(|at| &case.administrations[*at])
        .context("no infusion")?;
    let since_administration = image
        .at
        .map(|at| at.since(mean_instant(treated, group, first)));
    Ok(DoseArguments {
        activity: ActivityArguments {
            activity,
            series: None,
            units: image.units.map(|units| match units {
                ImageUnits::Counts => Units::Counts,
                other => Units::Concentration(other.pixel_units().1),
            }),
            administered: Some(given),
            lung_shunt: None,
            share_within: None,
            since_administration,
            administration_time: None,
            reference_time: None,
            decay_correction: None,
            nuclide: Some(treated.product.data.nuclide.clone()),
            half_life: case.device.half_life,
            scanner_positron_fraction: None,
            accept_missing_slices: case.images.accepted.holds(ImageDifference::MissingSlices),
        },
        ct: image.ct.or(of_work_up.ct),
        structures,
        registration: image.registration.or(of_work_up.registration),
        role,
        density: case.liver.as_ref().map(|liver| liver.density),
        method,
        transport: TransportArguments::default(),
        dose_factor: Some(treated.product.dose_factor),
        resolution: image.resolution,
        recovery: None,
        calibration_uncertainty: None,
        figures: FigureArguments::default(),
        // Whose the images are is held against the case, with what it accepts.
        accept_other_patient: false,
        out: std::path::PathBuf::new(),
        json: false,
    })
}

/// The instant at which all infusions of a group at once would leave the same
/// activity, to first order in the decay between them.
fn mean_instant(
    treated: &Treated<'_>,
    group: &Group,
    first: &Administration,
) -> sirt_store::Instant {
    let (mut sum, mut moment) = (0.0, 0.0);
    for at in &group.infusions {
        let gbq = treated.delivered[*at].activity.delivered.as_gbq();
        sum += gbq;
        moment += gbq
            * treated.case.administrations[*at]
                .at
                .since(first.at)
                .as_seconds();
    }
    let later = if sum > 0.0 { moment / sum } else { 0.0 };
    jiff::SignedDuration::try_from_secs_f64(later)
        .ok()
        .and_then(|later| first.at.timestamp().checked_add(later).ok())
        .map_or(first.at, |at| {
            sirt_store::Instant::new(at, first.at.offset())
        })
}

/// Normal liver of a territory among the structures after treatment.
fn normal_liver_of(
    case: &Case,
    name: &str,
    masks: &[NamedMask],
) -> anyhow::Result<Option<WeightMask>> {
    let Some(territory) = case.territory(name) else {
        return Ok(None);
    };
    let whole = match (&territory.structure, territory.lobe) {
        (Some(structure), _) => masks.iter().find(|named| named.name == *structure),
        (None, Lobe::Whole) => masks
            .iter()
            .find(|named| named.role == Role::Liver && named.derived.is_none()),
        (None, _) => None,
    };
    let Some(whole) = whole else {
        return Ok(None);
    };
    let mut normal = whole.mask.clone();
    for tumour in masks.iter().filter(|named| named.role == Role::Tumour) {
        normal = normal.without(&tumour.mask)?;
    }
    Ok((!normal.is_empty()).then_some(normal))
}

/// Territories of a group, each once.
pub(super) fn names(treated: &Treated<'_>, group: &Group) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for at in &group.infusions {
        let name = &treated.case.administrations[*at].territory;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}
