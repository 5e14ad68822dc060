//! Lung shunt, extrahepatic activity and liver function.

use sirt_dosimetry::ShuntMethod;
use sirt_report::{Block, Cell, Mark, Row, Section, Table};

use super::figures::{NONE, ml, percent, ratio, shunt as shunt_percent};
use super::material::{Material, capital, fact, numbers, row, text, words};
use super::references::plain;

pub(super) fn shunt(material: &Material<'_>) -> Section {
    let shunt = &material.plan.shunt;
    let mut rows: Vec<Row> = shunt
        .estimates
        .iter()
        .enumerate()
        .map(|(at, estimate)| {
            row(
                [
                    format!(
                        "{}{}",
                        way(estimate.method),
                        if at == 0 { " (used)" } else { "" }
                    ),
                    shunt_percent(estimate.fraction.as_fraction()),
                    estimate
                        .standard_uncertainty
                        .map_or_else(|| NONE.to_owned(), |sigma| shunt_percent(2.0 * sigma)),
                    material.cited(&estimate.reference),
                ],
                at == 0,
            )
        })
        .collect();
    for territory in &material.case.territories {
        if let Some(own) = territory.lung_shunt {
            rows.push(row(
                [
                    format!("{} alone (used there)", plain(&territory.name)),
                    shunt_percent(own.as_fraction()),
                    NONE.to_owned(),
                    "case.toml, lung_shunt of the territory".to_owned(),
                ],
                true,
            ));
        }
    }
    let mut blocks = vec![Block::Table(Table {
        caption: "Lung shunt by every way that there is".to_owned(),
        columns: vec![
            words("Way", 3),
            numbers("Shunt", ""),
            numbers("±", "k = 2"),
            words("Source", 4),
        ],
        rows,
        note: Some(format!(
            "± is by counting, of planar views also by the borders of their outlines. Mass of the lungs: {} g. A shunt that was stated goes before those that were measured.",
            ml(material.plan.product.lung_mass_g)
        )),
    })];
    let notes: Vec<String> = shunt
        .estimates
        .iter()
        .flat_map(|estimate| &estimate.notes)
        .map(|note| capital(&material.cited(note)))
        .collect();
    if !notes.is_empty() {
        blocks.push(Block::List(notes));
    }
    blocks.extend(extrahepatic(material));
    Section {
        heading: "Lung shunt and activity outside of the liver".to_owned(),
        blocks,
    }
}

/// A way to measure a lung shunt, in words.
pub(super) const fn way(method: ShuntMethod) -> &'static str {
    match method {
        ShuntMethod::Planar => "Planar, geometric mean",
        ShuntMethod::SpectMargin => "SPECT, lungs away from the liver",
        ShuntMethod::SpectCorrected => "SPECT, corrected for resolution",
        ShuntMethod::Stated => "Stated",
    }
}

fn extrahepatic(material: &Material<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::Subheading(
        "Activity outside of liver and lungs".to_owned(),
    )];
    let clearances = clearances(material);
    let Some(search) = &material.plan.extrahepatic else {
        blocks.push(Block::Paragraph(
            "Not searched for: the case has no SPECT with a liver in its structures. Whoever treats judges it by the images themselves.".to_owned(),
        ));
        blocks.extend(clearances);
        return blocks;
    };
    let mut rows: Vec<Row> = search
        .foci
        .iter()
        .map(|focus| Row {
            cells: vec![
                Cell::Mark(Mark::Warn, focus.id.clone()),
                text(plain(&focus.place)),
                text(format!("{} mL", ml(focus.volume_ml))),
                text(percent(focus.fraction_of_liver_counts)),
                text(ratio(focus.peak_over_liver)),
                text(focus.hint.clone().unwrap_or_default()),
            ],
            strong: false,
        })
        .collect();
    rows.extend(search.organs.iter().map(|organ| Row {
        cells: vec![
            Cell::Mark(
                if organ.suspicious { Mark::Warn } else { Mark::Pass },
                plain(&organ.name),
            ),
            text("drawn organ".to_owned()),
            Cell::Empty,
            text(percent(organ.fraction_of_liver_counts)),
            text(format!(
                "{} ± {}",
                ratio(organ.over_liver),
                ratio(2.0 * organ.standard_uncertainty)
            )),
            text(
                organ
                    .hint
                    .clone()
                    .filter(|_| organ.suspicious)
                    .unwrap_or_default(),
            ),
        ],
        strong: false,
    }));
    let searched = format!(
        "Searched for above {} of the liver's mean concentration, {:.0} mm and more from liver and lungs; foci with less than {} of the liver's counts are left out. {} mL within that margin, and in no drawn organ, were not searched.",
        percent(search.threshold_over_liver),
        search.margin_mm,
        percent(search.least_fraction),
        ml(search.not_searched_ml)
    );
    if rows.is_empty() {
        blocks.push(Block::Paragraph(format!("Nothing was found. {searched}")));
    } else {
        blocks.push(Block::Table(Table {
            caption: "Foci and organs".to_owned(),
            columns: vec![
                words("Focus or organ", 3),
                words("Place", 3),
                numbers("Volume", ""),
                numbers("Counts", "of the liver"),
                numbers("Uptake", "over liver"),
                words("May be", 3),
            ],
            rows,
            note: Some(searched),
        }));
    }
    blocks.extend(clearances);
    blocks
}

fn clearances(material: &Material<'_>) -> Option<Block> {
    let items: Vec<String> = material
        .case
        .clearances
        .iter()
        .map(|clearance| {
            format!(
                "{} was cleared by {} on {}: {}",
                capital(&plain(&clearance.finding)),
                plain(&clearance.by),
                clearance.date,
                plain(&clearance.reason)
            )
        })
        .collect();
    (!items.is_empty()).then_some(Block::List(items))
}

/// Scores of liver function with the values that they come from.
pub(super) fn liver_function(material: &Material<'_>) -> Section {
    let found = &material.plan.liver_function;
    let mut facts = Vec::new();
    if let Some(latest) = material.case.laboratory_before_treatment() {
        let values = &latest.values;
        facts.push(fact("Taken", latest.taken.to_string()));
        for (label, value) in [
            (
                "Bilirubin",
                values
                    .bilirubin
                    .map(|v| format!("{:.2} mg/dL", v.as_mg_per_dl())),
            ),
            (
                "Albumin",
                values.albumin.map(|v| format!("{:.1} g/L", v.as_g_per_l())),
            ),
            ("INR", values.inr.map(|v| format!("{:.2}", v.as_ratio()))),
            (
                "Creatinine",
                values
                    .creatinine
                    .map(|v| format!("{:.2} mg/dL", v.as_mg_per_dl())),
            ),
        ] {
            if let Some(value) = value {
                facts.push(fact(label, value));
            }
        }
    }
    if let (Some(score), Some(grade)) = (found.albi, found.albi_grade) {
        facts.push(fact(
            "ALBI",
            format!(
                "{} (grade {grade}) [@johnson2015albi]",
                format!("{score:.2}").replace('-', "−")
            ),
        ));
    }
    if let (Some(points), Some(class)) = (found.child_pugh_points, &found.child_pugh_class) {
        facts.push(fact(
            "Child-Pugh",
            format!("{points} points (class {class}) [@pugh1973]"),
        ));
    }
    if let Some(score) = found.meld_3 {
        facts.push(fact("MELD 3.0", format!("{score:.0} [@kim2021meld]")));
    }
    let mut blocks = Vec::new();
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    if !found.missing.is_empty() {
        blocks.push(Block::List(
            found
                .missing
                .iter()
                .map(|reason| format!("Not computed: {}", plain(reason)))
                .collect(),
        ));
    }
    Section {
        heading: "Liver function".to_owned(),
        blocks,
    }
}
