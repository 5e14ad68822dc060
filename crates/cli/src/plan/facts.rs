//! From a case to what methods and rules compute with, and every assumption
//! on the way.

use anyhow::{Context as _, bail};
use sirt_dosimetry::{
    CardGoals, CardPatient, CardTerritory, DecayData, Device, DeviceData, DeviceLibrary,
    InvolvedVolume, PlanMethod, PlanUncertainty, PlanarRegion, Scenario, ShuntEstimate,
    ShuntMethod, TumourToNormal, TumourType, ViewCounts, conventional_lung_mass, planar_lung_shunt,
};
use sirt_quantity::{Capacity, DoseFactor, Mass, NuclideLibrary, ResidualFraction, TimeSpan};
use sirt_store::{Case, Intent, Lobe, PrescriptionMethod, Territory};

use super::assumption::{Assumption, AssumptionKind};
use super::images::{TerritoryFigures, WorkUpImages};
use super::planar::PlanarWorkUp;

/// Stated and measured volumes or ratios further apart than this are told.
const WORTH_TELLING: f64 = 0.10;

/// By how much volumes of one structure differ from grid to grid.
const ROUNDING_OF_OUTLINES: f64 = 1.005;

/// The product with nuclide, half-life and dose factor.
pub(super) struct Product {
    pub(super) data: DeviceData,
    pub(super) half_life: TimeSpan,
    pub(super) dose_factor: DoseFactor,
    pub(super) decay: DecayData,
    /// Where half-life and dose factor come from.
    pub(super) sources: [String; 2],
}

impl Product {
    pub(super) fn of(case: &Case) -> anyhow::Result<Self> {
        let data = DeviceLibrary::built_in()?.data(case.device.device).clone();
        let nuclides = NuclideLibrary::built_in()?;
        let nuclide = nuclides.named(&data.nuclide)?;
        let half_life = case.device.half_life.unwrap_or_else(|| nuclide.half_life());
        let dose_factor = case
            .device
            .dose_factor
            .unwrap_or_else(|| data.default_dose_factor());
        let sources = [
            match case.device.half_life {
                Some(_) => "case".to_owned(),
                None => nuclide.half_lives[0].source.clone(),
            },
            match case.device.dose_factor {
                Some(_) => "case".to_owned(),
                None => data.dose_factor[0].source.clone(),
            },
        ];
        Ok(Self {
            decay: DecayData {
                nuclide: data.nuclide.clone(),
                half_life,
                dose_factor,
                beta_kernel: nuclide.beta_kernel.clone(),
            },
            data,
            half_life,
            dose_factor,
            sources,
        })
    }
}

/// All measurements of the lung shunt, the one that the plan uses first.
pub(super) fn shunts(
    case: &Case,
    images: Option<&WorkUpImages>,
    planar: Option<&PlanarWorkUp>,
) -> anyhow::Result<Vec<ShuntEstimate>> {
    let mut found = Vec::new();
    if let Some(stated) = case
        .work_up
        .as_ref()
        .and_then(|work| work.stated_shunt.as_ref())
    {
        found.push(ShuntEstimate {
            method: ShuntMethod::Stated,
            fraction: stated.fraction,
            standard_uncertainty: None,
            lung_counts: None,
            liver_counts: None,
            notes: Vec::new(),
            reference: stated.source.clone(),
        });
    }
    found.extend(by_images(images, planar)?);
    if let Some(counts) = case.work_up.as_ref().and_then(|work| work.planar_counts) {
        let region = |counts: [f64; 2], background: Option<[f64; 2]>| {
            let [front, back] = background.unwrap_or_default();
            PlanarRegion {
                anterior: ViewCounts::counted(counts[0], front),
                posterior: ViewCounts::counted(counts[1], back),
            }
        };
        let background = counts.background;
        let mut estimate = planar_lung_shunt(
            &region(counts.lung, background.map(|both| both[0])),
            &region(counts.liver, background.map(|both| both[1])),
        )
        .context("[work_up.planar_counts]")?;
        estimate
            .notes
            .push("counts as [work_up.planar_counts] states them".to_owned());
        found.push(estimate);
    }
    if found.is_empty() {
        bail!(
            "case.toml: no lung shunt; give lung_shunt with lung_shunt_source in [work_up], planar_counts, planar views with maa_planar_regions, or a SPECT with structures of liver and lungs in [images]"
        );
    }
    Ok(found)
}

/// What the images say of the lung shunt: SPECT corrected for the resolution,
/// where it can be, SPECT with margin, planar views.
pub(super) fn by_images(
    images: Option<&WorkUpImages>,
    planar: Option<&PlanarWorkUp>,
) -> anyhow::Result<Vec<ShuntEstimate>> {
    let mut found = Vec::new();
    if let Some(images) = images {
        let mut by_image = images.shunts()?;
        // The one that is corrected for the resolution, where there is one.
        by_image.reverse();
        found.extend(by_image);
    }
    found.extend(planar.and_then(|planar| planar.shunt.clone()));
    Ok(found)
}

/// Patient, goals and territories of a plan.
pub(super) struct PlanFacts {
    pub(super) patient: CardPatient,
    pub(super) goals: CardGoals,
    pub(super) territories: Vec<CardTerritory>,
    pub(super) figures: Vec<Option<TerritoryFigures>>,
    pub(super) assumptions: Vec<Assumption>,
}

impl PlanFacts {
    pub(super) fn of(
        case: &Case,
        images: Option<&WorkUpImages>,
        product: &Product,
        shunt: &ShuntEstimate,
    ) -> anyhow::Result<Self> {
        let mut assumptions = Vec::new();
        let lung_mass = lung_mass(case, images, &mut assumptions)?;
        let liver = liver(case, images, &mut assumptions)?;
        let goals = CardGoals {
            perfused: case.goals.perfused.as_ref().map(|goal| goal.dose),
            tumour: case.goals.tumour.as_ref().map(|goal| goal.dose),
            normal_liver: case.goals.normal_liver.as_ref().map(|goal| goal.dose),
            lungs: case.goals.lung.as_ref().map(|goal| goal.dose),
        };
        let patient = CardPatient {
            device: case.device.device,
            dose_factor: product.dose_factor,
            body: Some((case.patient.height, case.patient.weight)),
            liver,
            lung_shunt: shunt.fraction,
            lung_mass,
        };
        if case.territories.is_empty() {
            bail!(
                "case.toml: no [[territory]]; give at least one, such as the whole liver with lobe = \"whole\""
            );
        }
        let tissue = sirt_dosimetry::TissueTable::built_in()?;
        let mut territories = Vec::new();
        let mut figures = Vec::new();
        for territory in &case.territories {
            let density = territory
                .density
                .or_else(|| case.liver.as_ref().map(|liver| liver.density))
                .with_context(|| format!("territory `{}` has no density", territory.name))?;
            let of_images = match images {
                Some(images) => images.territory(
                    territory,
                    territory.lung_shunt.unwrap_or(shunt.fraction),
                    density,
                    &product.decay,
                    &tissue,
                )?,
                None => None,
            };
            territories.push(card_territory(
                case,
                territory,
                density,
                of_images.as_ref(),
                product,
                (shunt, patient.liver),
                &mut assumptions,
            )?);
            figures.push(of_images);
        }
        Ok(Self {
            patient,
            goals,
            territories,
            figures,
            assumptions,
        })
    }
}

fn lung_mass(
    case: &Case,
    images: Option<&WorkUpImages>,
    assumptions: &mut Vec<Assumption>,
) -> anyhow::Result<Mass> {
    let by_ct = images.and_then(|images| images.lung_mass);
    if let Some(stated) = &case.lungs {
        if let Some(by_ct) = by_ct {
            tell_apart(
                "lung mass",
                stated.mass.as_g(),
                by_ct.mass().as_g(),
                "g",
                assumptions,
            );
        }
        return Ok(stated.mass);
    }
    if let Some(by_ct) = by_ct {
        assumptions.push(Assumption::new(
            AssumptionKind::LungMassByCt,
            format!(
                "lung mass {:.0} g by CT ({:.0} mL)",
                by_ct.mass().as_g(),
                by_ct.capacity().as_ml()
            ),
        ));
        return Ok(by_ct.mass());
    }
    let conventional = conventional_lung_mass()?;
    let instead = images
        .and_then(|images| images.cut_lungs)
        .map_or_else(String::new, |part| {
            format!(
                ", since the CT ends inside the lungs and shows {:.0} g of them only",
                part.mass().as_g()
            )
        });
    assumptions.push(Assumption::new(
        AssumptionKind::LungMassByConvention,
        format!(
            "lung mass {} kg by convention{instead} ({}{})",
            conventional.value,
            conventional.source,
            if conventional.doubtful {
                "; recalled"
            } else {
                ""
            }
        ),
    ));
    Ok(Mass::from_kg(conventional.value))
}

fn liver(
    case: &Case,
    images: Option<&WorkUpImages>,
    assumptions: &mut Vec<Assumption>,
) -> anyhow::Result<Option<InvolvedVolume>> {
    let by_image = images.and_then(WorkUpImages::liver_volumes);
    let stated = case
        .liver
        .as_ref()
        .and_then(|liver| Some((liver.volume, liver.tumour_volume?)));
    match (stated, by_image) {
        (Some((total, tumour)), by_image) => {
            if let Some((measured, _)) = by_image {
                tell_apart(
                    "liver volume",
                    total.as_ml(),
                    measured.as_ml(),
                    "mL",
                    assumptions,
                );
            }
            Ok(Some(InvolvedVolume::of_liver(total, tumour)?))
        }
        (None, Some((total, tumour))) => {
            assumptions.push(Assumption::new(
                AssumptionKind::LiverByStructures,
                format!(
                    "liver {:.0} mL with {:.0} mL tumour by the structures",
                    total.as_ml(),
                    tumour.as_ml()
                ),
            ));
            Ok(Some(InvolvedVolume::of_liver(total, tumour)?))
        }
        (None, None) => Ok(None),
    }
}

fn card_territory(
    case: &Case,
    territory: &Territory,
    density: sirt_quantity::Density,
    figures: Option<&TerritoryFigures>,
    product: &Product,
    (shunt, liver): (&ShuntEstimate, Option<InvolvedVolume>),
    assumptions: &mut Vec<Assumption>,
) -> anyhow::Result<CardTerritory> {
    let name = &territory.name;
    let pick = |what: &str,
                stated: Option<f64>,
                measured: Option<f64>,
                unit: &str,
                told: &mut Vec<Assumption>| {
        if let (Some(stated), Some(measured)) = (stated, measured) {
            tell_apart(&format!("{what} of `{name}`"), stated, measured, unit, told);
        }
        stated.or(measured)
    };
    let total = pick(
        "volume",
        territory.volume.map(Capacity::as_ml),
        figures.map(|figures| figures.volume_ml),
        "mL",
        assumptions,
    )
    .with_context(|| {
        format!("territory `{name}` has neither a volume nor a structure in the images")
    })?;
    let tumour = pick(
        "tumour volume",
        territory.tumour_volume.map(Capacity::as_ml),
        figures.map(|figures| figures.tumour_volume_ml),
        "mL",
        assumptions,
    );
    // A part that passes its whole by the rounding of outlines is the whole.
    let within = |part: f64, whole: Option<Capacity>| match whole.map(Capacity::as_ml) {
        Some(whole) if part > whole && part <= whole * ROUNDING_OF_OUTLINES => whole,
        _ => part,
    };
    let total = within(total, liver.map(|liver| liver.total()));
    let tumour = tumour.map(|tumour| within(tumour, liver.map(|liver| liver.tumour())));
    if tumour.is_none() {
        assumptions.push(Assumption::new(
            AssumptionKind::NoTumour,
            format!("no tumour volume is stated for `{name}`: taken as none"),
        ));
    }
    let ratio = pick(
        "T/N",
        territory.tumour_to_normal,
        figures.and_then(|figures| figures.tumour_to_normal),
        "",
        assumptions,
    );
    let prescription = case
        .prescriptions
        .iter()
        .find(|prescription| prescription.territory == *name);
    let residual = prescription
        .and_then(|prescription| prescription.expected_residual)
        .unwrap_or_else(|| {
            let usual = format!(
                "no residual is expected in `{name}`{}",
                product
                    .data
                    .usual_residual
                    .as_ref()
                    .map_or_else(String::new, |usual| {
                        format!(
                            " (usual with {}: {:.2}, {})",
                            product.data.id, usual.value, usual.source
                        )
                    })
            );
            assumptions.push(Assumption::new(AssumptionKind::NoResidual, usual));
            ResidualFraction::ZERO
        });
    let mut uncertainty = PlanUncertainty::built_in()?;
    if let (None, Some(figures)) = (territory.tumour_to_normal, figures) {
        uncertainty.tumour_to_normal = uncertainty
            .tumour_to_normal
            .hypot(figures.relative_counting);
    }
    if let (Some(sigma), true) = (
        shunt.standard_uncertainty,
        shunt.fraction.as_fraction() > 0.0,
    ) {
        uncertainty.lung_shunt = uncertainty
            .lung_shunt
            .hypot(sigma / shunt.fraction.as_fraction());
    }
    Ok(CardTerritory {
        name: name.clone(),
        perfused: InvolvedVolume::of_lobe(
            Capacity::from_ml(total),
            Capacity::from_ml(tumour.unwrap_or(0.0)),
        )
        .with_context(|| format!("territory `{name}`"))?,
        density,
        tumour_to_normal: ratio
            .map(TumourToNormal::from_ratio)
            .transpose()
            .with_context(|| format!("territory `{name}`"))?,
        voxel: figures.and_then(|figures| figures.voxel),
        lung_shunt: territory.lung_shunt,
        residual,
        uncertainty,
    })
}

/// Tells that a stated value was taken over a measured one that differs.
fn tell_apart(what: &str, stated: f64, measured: f64, unit: &str, told: &mut Vec<Assumption>) {
    if (measured / stated - 1.0).abs() > WORTH_TELLING {
        let space = if unit.is_empty() { "" } else { " " };
        told.push(Assumption::new(
            AssumptionKind::StatedOverMeasured,
            format!(
                "{what}: the case states {stated:.4}{space}{unit}, the images show {measured:.4}{space}{unit}; the stated one was taken"
            ),
        ));
    }
}

/// The tumour in the words of the limits.
pub(super) fn tumour_type(case: &Case) -> TumourType {
    match case.disease.tumour_type {
        sirt_store::TumourType::Neuroendocrine => TumourType::Neuroendocrine,
        sirt_store::TumourType::HepatocellularCarcinoma => TumourType::Hcc,
        sirt_store::TumourType::IntrahepaticCholangiocarcinoma => TumourType::Icc,
        sirt_store::TumourType::ColorectalMetastases => TumourType::Mcrc,
        sirt_store::TumourType::Other => TumourType::Other,
    }
}

/// How much of the liver is treated, and to what end.
pub(super) fn scenario(case: &Case) -> Scenario {
    let intent = |intent: Intent| case.prescriptions.iter().any(|p| p.intent == intent);
    let lobes = |lobe: Lobe| case.territories.iter().any(|t| t.lobe == lobe);
    if intent(Intent::Segmentectomy) {
        Scenario::Segmentectomy
    } else if intent(Intent::Lobectomy) {
        Scenario::Lobectomy
    } else if lobes(Lobe::Whole) {
        Scenario::WholeLiver
    } else if lobes(Lobe::Right) && lobes(Lobe::Left) {
        Scenario::Bilobar
    } else {
        Scenario::Unilobar
    }
}

/// The method of a prescription in the words of the card.
pub(super) fn plan_method(method: PrescriptionMethod, goals: &CardGoals) -> PlanMethod {
    let limited = goals.normal_liver.is_some();
    match method {
        PrescriptionMethod::Bsa | PrescriptionMethod::BsaModified => PlanMethod::Bsa,
        PrescriptionMethod::BsaLobarForm1 => PlanMethod::BsaLobar1,
        PrescriptionMethod::BsaLobarForm2 => PlanMethod::BsaLobar2,
        PrescriptionMethod::Empiric => PlanMethod::Empiric,
        PrescriptionMethod::Mird => PlanMethod::Mird,
        PrescriptionMethod::Partition | PrescriptionMethod::MultiCompartment if limited => {
            PlanMethod::PartitionLimit
        }
        PrescriptionMethod::Partition | PrescriptionMethod::MultiCompartment => {
            PlanMethod::PartitionTarget
        }
        PrescriptionMethod::Holmium => PlanMethod::Holmium,
        PrescriptionMethod::Voxel if limited => PlanMethod::VoxelLimit,
        PrescriptionMethod::Voxel => PlanMethod::VoxelTarget,
        PrescriptionMethod::Other => PlanMethod::Stated,
    }
}

/// What a plan proposes where nothing is prescribed: the first that gives an activity.
pub(super) fn proposals(device: Device) -> &'static [PlanMethod] {
    match device {
        Device::Holmium => &[PlanMethod::PartitionLimit, PlanMethod::Holmium],
        _ => &[
            PlanMethod::PartitionLimit,
            PlanMethod::VoxelLimit,
            PlanMethod::Mird,
            PlanMethod::Bsa,
            PlanMethod::BsaLobar2,
        ],
    }
}
