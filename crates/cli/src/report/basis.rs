//! What the numbers rest on: uncertainty, assumptions, findings and every input.

use sirt_report::{Block, Fact, Section, Table};
use sirt_store::PriorTherapy;

use super::figures::{gbq, gy, instant, ml, percent, ratio};
use super::material::{Material, capital, numbers, sourced, spaced, words};
use super::references::plain;
use crate::plan::AssumptionKind;

pub(super) fn uncertainty(material: &Material<'_>) -> Section {
    let mut columns = vec![words("Of", 5)];
    let mut values: Vec<[f64; 6]> = Vec::new();
    for (territory, uncertainty) in material
        .plan
        .territories
        .iter()
        .zip(&material.planned.uncertainties)
    {
        columns.push(numbers(&plain(&territory.name), "k = 1"));
        values.push([
            uncertainty.tumour_mass,
            uncertainty.normal_mass,
            uncertainty.tumour_to_normal,
            uncertainty.lung_shunt,
            uncertainty.lung_mass,
            uncertainty.activity,
        ]);
    }
    let rows = [
        "mass of the tumour",
        "mass of normal liver",
        "tumour-to-normal ratio",
        "lung shunt",
        "mass of the lungs",
        "activity and dose factor",
    ]
    .iter()
    .enumerate()
    .map(|(at, what)| {
        let mut cells = vec![sirt_report::Cell::Text(capital(what))];
        cells.extend(
            values
                .iter()
                .map(|of_territory| sirt_report::Cell::Text(percent(of_territory[at]))),
        );
        sirt_report::Row {
            cells,
            strong: false,
        }
    })
    .collect();
    Section {
        heading: "Uncertainty".to_owned(),
        blocks: vec![
            Block::Table(Table {
                caption: "Relative standard uncertainties that the intervals come from".to_owned(),
                columns,
                rows,
                note: Some("Where nothing better is known these are OpenSIRT's own, of the order that the literature gives; counting of the images is added to T/N and lung shunt. They are sampled together; intervals are of k = 2, probabilities known to about 1 %. They do not hold that spheres may go elsewhere than MAA did: for tumours that is often the larger part [@chiesa2021sop].".to_owned()),
            }),
        ],
    }
}

pub(super) fn assumptions(material: &Material<'_>) -> Section {
    let mut blocks = Vec::new();
    if material.plan.assumptions.is_empty() {
        blocks.push(Block::Paragraph("Nothing was assumed.".to_owned()));
    } else {
        blocks.push(Block::List(
            material
                .plan
                .assumptions
                .iter()
                .map(|assumption| material.cited(&assumption.text))
                .collect(),
        ));
    }
    if !material.plan.findings.is_empty() {
        blocks.push(Block::Subheading("Findings on the images".to_owned()));
        blocks.push(Block::List(
            material
                .plan
                .findings
                .iter()
                .map(|finding| {
                    let mut text = format!(
                        "{} ({}): {}",
                        capital(&plain(&finding.subject)),
                        finding.severity,
                        plain(&finding.rule)
                    );
                    if !finding.fix.is_empty() {
                        text.push_str(&format!(" — {}", plain(&finding.fix)));
                    }
                    text
                })
                .collect(),
        ));
    }
    Section {
        heading: "Assumptions and findings".to_owned(),
        blocks,
    }
}

/// Every input with its source, and the constants.
pub(super) fn inputs(material: &Material<'_>) -> Section {
    Section {
        heading: "Inputs and constants".to_owned(),
        blocks: vec![
            Block::Subheading("Constants".to_owned()),
            Block::Facts(constants(material)),
            Block::Subheading("Patient and liver".to_owned()),
            Block::Facts(patient(material)),
            Block::Subheading("Territories and work-up".to_owned()),
            Block::Facts(territories(material)),
            Block::Subheading("Treatment".to_owned()),
            Block::Facts(treatment(material)),
        ],
    }
}

fn constants(material: &Material<'_>) -> Vec<Fact> {
    let product = &material.plan.product;
    let source = |source: &str, key: &str| {
        if source == "case" {
            format!("case.toml, [device] {key}")
        } else {
            material.cited(source)
        }
    };
    vec![
        sourced(
            format!("Half-life of {}", product.nuclide),
            format!("{:.2} h", product.half_life_h),
            source(&product.half_life_source, "half_life"),
        ),
        sourced(
            "Dose factor",
            format!("{:.2} Gy kg/GBq", product.dose_factor_gy_kg_per_gbq),
            source(&product.dose_factor_source, "dose_factor"),
        ),
        sourced(
            "Mass of the lungs",
            format!("{} g", ml(product.lung_mass_g)),
            match &material.case.lungs {
                Some(lungs) => lungs.source.as_deref().map_or_else(
                    || "case.toml, [lungs]".to_owned(),
                    |stated| format!("case.toml, [lungs]: {}", material.cited(stated)),
                ),
                None if material
                    .plan
                    .assumptions
                    .iter()
                    .any(|told| told.kind == AssumptionKind::LungMassByCt) =>
                {
                    "CT of the case".to_owned()
                }
                None => "convention; see the assumptions".to_owned(),
            },
        ),
        sourced(
            "Program",
            format!(
                "{} {}",
                material.plan.program.name, material.plan.program.version
            ),
            "this build".to_owned(),
        ),
    ]
}

fn patient(material: &Material<'_>) -> Vec<Fact> {
    let case = material.case;
    let mut facts = vec![
        sourced(
            "Height",
            format!("{:.0} cm", case.patient.height.as_cm()),
            "case.toml, [patient]",
        ),
        sourced(
            "Weight",
            format!("{:.1} kg", case.patient.weight.as_kg()),
            "case.toml, [patient]",
        ),
    ];
    match (&case.liver, material.planned.liver) {
        (Some(liver), _) => {
            let mut value = format!("{} mL", ml(liver.volume.as_ml()));
            if let Some(tumour) = liver.tumour_volume {
                value.push_str(&format!(", {} mL of it tumour", ml(tumour.as_ml())));
            }
            facts.push(sourced(
                "Liver",
                format!("{value}, {:.2} g/mL", liver.density.as_g_per_ml()),
                "case.toml, [liver]",
            ));
        }
        (None, Some(liver)) => facts.push(sourced(
            "Liver",
            format!(
                "{} mL, {} mL of it tumour",
                ml(liver.total().as_ml()),
                ml(liver.tumour().as_ml())
            ),
            "structures of the images",
        )),
        (None, None) => {}
    }
    facts.extend(case.prior_therapies.iter().map(|therapy| {
        sourced(
            format!("Before: {}", spaced(therapy.kind.name())),
            prior(therapy),
            "case.toml, [[prior_therapy]]",
        )
    }));
    facts
}

fn prior(therapy: &PriorTherapy) -> String {
    let mut parts = vec![therapy.date.to_string()];
    if let Some(activity) = therapy.activity {
        parts.push(format!("{} GBq", gbq(activity.activity.as_gbq())));
    }
    if let Some(territory) = &therapy.territory {
        parts.push(plain(territory));
    }
    for (what, dose) in [
        ("lungs", therapy.lung_dose),
        ("normal liver", therapy.normal_liver_dose),
        ("tumour", therapy.tumour_dose),
    ] {
        if let Some(dose) = dose {
            parts.push(format!("{what} {} Gy", gy(dose.as_gy())));
        }
    }
    if let Some(note) = &therapy.note {
        parts.push(plain(note));
    }
    parts.join(", ")
}

fn territories(material: &Material<'_>) -> Vec<Fact> {
    let case = material.case;
    let mut facts = Vec::new();
    for (stated, result) in case.territories.iter().zip(&material.plan.territories) {
        let name = plain(&stated.name);
        let file = format!("case.toml, [[territory]] {name}");
        let by_image = |is_stated: bool| {
            if is_stated {
                file.clone()
            } else if let Some(structure) = &stated.structure {
                format!("structure “{}” of the images", plain(structure))
            } else {
                "structures of the images".to_owned()
            }
        };
        facts.push(sourced(
            format!("{name}: volume"),
            format!("{} mL", ml(result.volume_ml)),
            by_image(stated.volume.is_some()),
        ));
        facts.push(sourced(
            format!("{name}: tumour"),
            format!("{} mL", ml(result.tumour_volume_ml)),
            if stated.tumour_volume.is_none() && result.images.is_none() {
                "not stated; taken as none".to_owned()
            } else {
                by_image(stated.tumour_volume.is_some())
            },
        ));
        facts.push(sourced(
            format!("{name}: density"),
            format!("{:.2} g/mL", result.density_g_per_ml),
            if stated.density == case.liver.as_ref().map(|liver| liver.density) {
                "case.toml, [liver]".to_owned()
            } else {
                file.clone()
            },
        ));
        if let Some(tumour_to_normal) = result.tumour_to_normal {
            facts.push(sourced(
                format!("{name}: T/N"),
                ratio(tumour_to_normal),
                if stated.tumour_to_normal.is_some() {
                    file.clone()
                } else {
                    "MAA SPECT of the case".to_owned()
                },
            ));
        }
        if let Some(shunt) = stated.lung_shunt {
            facts.push(sourced(
                format!("{name}: lung shunt"),
                percent(shunt.as_fraction()),
                file.clone(),
            ));
        }
        facts.push(sourced(
            format!("{name}: residual"),
            format!("{:.1} %", result.residual_percent),
            if case
                .prescriptions
                .iter()
                .any(|p| p.territory == stated.name && p.expected_residual.is_some())
            {
                format!("case.toml, [[prescription]] {name}")
            } else {
                "assumed".to_owned()
            },
        ));
    }
    let used = &material.plan.shunt.used;
    facts.push(sourced(
        "Lung shunt",
        percent(used.fraction.as_fraction()),
        format!(
            "{}: {}",
            super::work_up::way(used.method),
            material.cited(&used.reference)
        ),
    ));
    if let Some(maa) = case
        .work_up
        .as_ref()
        .and_then(|work_up| work_up.maa_activity)
    {
        facts.push(sourced(
            "MAA",
            format!("{:.0} MBq at {}", maa.activity.as_mbq(), instant(maa.at)),
            "case.toml, [work_up]",
        ));
    }
    facts.extend(images(material));
    facts
}

fn images(material: &Material<'_>) -> Vec<Fact> {
    let images = &material.case.images;
    let file = "case.toml, [images]";
    let mut facts = Vec::new();
    let shown = |path: &std::path::Path| plain(&path.display().to_string());
    for (label, path) in [
        ("MAA SPECT", &images.maa_spect),
        ("CT", &images.ct),
        ("Registration", &images.registration),
        ("Image after treatment", &images.y90),
    ] {
        if let Some(path) = path {
            facts.push(sourced(label, shown(path), file));
        }
    }
    for path in &images.structures {
        facts.push(sourced("Structures", shown(path), file));
    }
    for (label, length) in [
        (
            "Resolution of the SPECT (FWHM)",
            images.maa_spect_resolution,
        ),
        ("Filter in it (FWHM)", images.maa_spect_filter),
    ] {
        if let Some(length) = length {
            facts.push(sourced(label, format!("{:.1} mm", length.as_mm()), file));
        }
    }
    facts
}

fn treatment(material: &Material<'_>) -> Vec<Fact> {
    let case = material.case;
    let mut facts = Vec::new();
    for prescription in &case.prescriptions {
        let mut value = vec![spaced(prescription.method.name())];
        if let Some(stated) = prescription.activity {
            value.push(format!("{} GBq to receive", gbq(stated.activity.as_gbq())));
        }
        if let Some(at) = prescription.at {
            value.push(instant(at));
        }
        value.push(spaced(prescription.intent.name()));
        if let Some(tolerance) = prescription.tolerance {
            value.push(format!("tolerance {:.0} %", tolerance.as_percent()));
        }
        facts.push(sourced(
            format!("Prescription, {}", plain(&prescription.territory)),
            value.join(", "),
            "case.toml, [[prescription]]",
        ));
    }
    facts.extend(case.sessions.iter().map(|session| {
        sourced(
            "Room",
            format!(
                "{} to {}",
                instant(session.earliest),
                instant(session.latest)
            ),
            "case.toml, [[session]]",
        )
    }));
    facts.extend(case.calibrations.iter().map(|offer| {
        let sizes: Vec<String> = offer.sizes.iter().map(|size| gbq(size.as_gbq())).collect();
        let sizes = if sizes.is_empty() {
            "usual sizes".to_owned()
        } else {
            format!("{} GBq", sizes.join(", "))
        };
        sourced(
            "On offer",
            format!("{sizes} at {}", instant(offer.at)),
            "case.toml, [[calibration]]",
        )
    }));
    facts.extend(case.vials.iter().map(|vial| {
        sourced(
            format!("Vial {}", plain(&vial.label)),
            format!(
                "{} GBq at {}",
                gbq(vial.calibrated.activity.as_gbq()),
                instant(vial.calibrated.at)
            ),
            "case.toml, [[vial]]",
        )
    }));
    facts.extend(case.administrations.iter().map(|given| {
        let mut value = vec![
            instant(given.at),
            format!(
                "assay {:.3} GBq at {}",
                given.assay.activity.as_gbq(),
                instant(given.assay.at)
            ),
        ];
        if let Some(residual) = given.residual {
            value.push(format!(
                "residual {:.3} GBq at {}",
                residual.activity.as_gbq(),
                instant(residual.at)
            ));
        }
        if let Some(part) = given.delivered {
            value.push(format!("{:.0} % delivered", part.as_percent()));
        }
        if given.stasis {
            value.push("stasis".to_owned());
        }
        sourced(
            format!("Given, {}", plain(&given.territory)),
            value.join(", "),
            "case.toml, [[administration]]",
        )
    }));
    facts
}
