//! The first page: whom it is about, whether it may be given, what and when.

use sirt_dosimetry::{MethodRow, OrderPlan, Outcome, PlannedInfusion, RuleResult};
use sirt_report::{Block, Callout, Fact, Mark, Section, Status, Table};
use sirt_store::Age;

use super::figures::{
    NONE, difference, gbq, gy, gy_with_interval, instant, ml, optional, probability,
};
use super::material::{Material, capital, fact, numbers, row, spaced, words};
use super::methods::{chosen_in_words, vial_and_given};
use super::references::plain;
use crate::plan::SigningStatus;

/// Headings of the first section.
pub(super) const FIRST_OF_PLAN: &str = "What to give, and when";
pub(super) const FIRST_OF_RECORD: &str = "What was planned";
/// The rule that only a record can answer.
const DELIVERED_RULE: &str = "delivered-activity";

/// "Treatment plan", or "Treatment record" once something was given.
pub(super) fn title(material: &Material<'_>) -> String {
    if material.is_record() {
        "Treatment record".to_owned()
    } else {
        "Treatment plan".to_owned()
    }
}

/// The line of every page.
pub(super) fn subject(material: &Material<'_>) -> String {
    format!(
        "{} · {} · {}",
        plain(&material.plan.case.pseudonym),
        material.plan.product.name,
        tumour(&material.plan.case.tumour_type)
    )
}

fn tumour(name: &str) -> &str {
    match name {
        "neuroendocrine" => "neuroendocrine metastases",
        "hcc" => "hepatocellular carcinoma",
        "icc" => "intrahepatic cholangiocarcinoma",
        "mcrc" => "colorectal metastases",
        other => other,
    }
}

/// Signed where a signature stands under these contents.
pub(super) fn status(material: &Material<'_>) -> Status {
    let signatures = &material.plan.signing.signatures;
    match signatures.iter().rfind(|signature| signature.current) {
        Some(signature) => Status::Signed {
            by: format!("{}, {}", plain(&signature.name), plain(&signature.role)),
            at: signature.at.replace('T', " "),
        },
        None => Status::Draft,
    }
}

pub(super) fn facts(material: &Material<'_>) -> Vec<Fact> {
    let case = material.case;
    let patient = &case.patient;
    let age = match patient.age {
        Age::Years(years) => format!("{years} years"),
        Age::BornIn(year) => format!("born {year}"),
    };
    let mut disease = tumour(&material.plan.case.tumour_type).to_owned();
    if let Some(description) = &case.disease.description {
        disease.push_str(&format!("; {}", plain(description)));
    }
    if case.disease.cirrhosis {
        disease.push_str("; cirrhosis");
    }
    let mut facts = vec![
        fact("Patient", plain(&material.plan.case.pseudonym)),
        fact(
            "Sex, age, body",
            format!(
                "{}, {age}, {:.0} cm, {:.0} kg",
                patient.sex,
                patient.height.as_cm(),
                patient.weight.as_kg()
            ),
        ),
        fact("Disease", disease),
        fact(
            "Microspheres",
            format!(
                "{}, {} ({})",
                material.plan.product.name,
                material.plan.product.nuclide,
                material.plan.case.device
            ),
        ),
        fact("Treated", treated(material)),
    ];
    if let Some(work_up) = &case.work_up {
        facts.push(fact("Work-up", work_up.date.to_string()));
    }
    let when: Vec<String> = case
        .administrations
        .iter()
        .map(|given| format!("{}, {}", plain(&given.territory), instant(given.at)))
        .collect();
    if !when.is_empty() {
        facts.push(fact("Given", when.join("; ")));
    }
    let signing = &material.plan.signing;
    facts.push(fact(
        "Fingerprint",
        format!(
            "{} ({})",
            signing.content,
            match signing.status {
                SigningStatus::Draft => "not signed",
                SigningStatus::Signed => "signed",
                SigningStatus::Changed => "changed since they were signed",
            }
        ),
    ));
    facts
}

fn treated(material: &Material<'_>) -> String {
    let mut text = capital(&spaced(&material.plan.case.scenario));
    let territories: Vec<String> = material
        .case
        .territories
        .iter()
        .map(|territory| {
            let segments: Vec<&str> = territory
                .segments
                .iter()
                .map(|segment| segment.name())
                .collect();
            let mut details = Vec::new();
            if let Some(artery) = &territory.artery {
                details.push(plain(artery));
            }
            if !segments.is_empty() {
                details.push(segments.join(", "));
            }
            if details.is_empty() {
                plain(&territory.name)
            } else {
                format!("{} ({})", plain(&territory.name), details.join("; "))
            }
        })
        .collect();
    text.push_str(&format!(": {}", territories.join("; ")));
    text
}

/// The verdict, what to give and when, and the doses to expect.
pub(super) fn section(material: &Material<'_>) -> Section {
    let mut blocks = vec![Block::Callout(verdict(material))];
    if material.plan.signing.status == SigningStatus::Changed {
        blocks.push(Block::Callout(changed(material)));
    }
    blocks.push(Block::Table(activities(material)));
    blocks.extend(order(material));
    blocks.push(Block::Table(doses(material)));
    if let Some(course) = &material.plan.course
        && !course.unknown.is_empty()
    {
        blocks.push(Block::List(
            course
                .unknown
                .iter()
                .map(|text| capital(&plain(text)))
                .collect(),
        ));
    }
    Section {
        heading: if material.is_record() {
            FIRST_OF_RECORD.to_owned()
        } else {
            FIRST_OF_PLAN.to_owned()
        },
        blocks,
    }
}

fn said(rule: &RuleResult) -> String {
    format!(
        "{} ({}): {}",
        rule_in_words(rule.id),
        rule.id,
        plain(&rule.message)
    )
}

/// The id of a rule as words.
fn rule_in_words(id: &str) -> String {
    let words = spaced(id)
        .replace("albi", "ALBI")
        .replace("bsa", "BSA")
        .replace("child pugh", "Child-Pugh");
    capital(&words)
}

fn verdict(material: &Material<'_>) -> Callout {
    let rules = &material.plan.rules;
    let of = |wanted: &dyn Fn(&RuleResult) -> bool| -> Vec<&RuleResult> {
        rules.iter().filter(|rule| wanted(rule)).collect()
    };
    let stops = of(&|rule| rule.blocks());
    let overridden = of(&|rule| rule.overridden.is_some());
    let warnings = of(&|rule| rule.outcome == Outcome::Warn && rule.overridden.is_none());
    let record = material.is_record();
    // What was delivered is not known before.
    let unknown =
        of(&|rule| rule.outcome == Outcome::Unknown && (record || rule.id != DELIVERED_RULE));
    let no_vial = !record && vial_plan(material).is_none();
    let (mark, heading) = if !stops.is_empty() {
        let count = counted(stops.len(), "stop stands", "stops stand");
        (
            Mark::Stop,
            if record {
                format!("Given although {count}")
            } else {
                format!("Not to be given as it is: {count}")
            },
        )
    } else if material.plan.chosen.len() < material.plan.territories.len() {
        (
            Mark::Warn,
            "Not complete: a territory has no activity".to_owned(),
        )
    } else if !warnings.is_empty() || !unknown.is_empty() || no_vial {
        let mut parts = Vec::new();
        if no_vial {
            parts.push("no vial is planned".to_owned());
        }
        if !warnings.is_empty() {
            parts.push(counted(warnings.len(), "warning", "warnings"));
        }
        if !unknown.is_empty() {
            parts.push(format!(
                "{} not judged for want of data",
                counted(unknown.len(), "rule", "rules")
            ));
        }
        (
            Mark::Warn,
            format!(
                "{} {}",
                if record {
                    "Given with"
                } else {
                    "No stop stands; look at:"
                },
                parts.join(", ")
            ),
        )
    } else {
        (
            Mark::Pass,
            if record {
                "Every rule passes".to_owned()
            } else {
                "Every rule passes: ready to be signed".to_owned()
            },
        )
    };
    let mut texts: Vec<String> = stops.iter().map(|rule| said(rule)).collect();
    texts.extend(warnings.iter().map(|rule| said(rule)));
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.iter().map(|rule| rule_in_words(rule.id)).collect();
        texts.push(format!("Not judged: {}.", names.join(", ")));
    }
    if no_vial {
        texts.extend(
            material
                .plan
                .order
                .notes
                .iter()
                .map(|note| capital(&plain(note))),
        );
    }
    for rule in overridden {
        if let Some(given) = &rule.overridden {
            texts.push(format!(
                "{} was set aside by {}: {}",
                rule_in_words(rule.id),
                plain(&given.by),
                plain(&given.reason)
            ));
        }
    }
    Callout {
        mark,
        heading,
        texts,
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn changed(material: &Material<'_>) -> Callout {
    Callout {
        mark: Mark::Warn,
        heading: "A draft again: the contents changed after they were signed".to_owned(),
        texts: material
            .plan
            .signing
            .signatures
            .iter()
            .map(|signature| {
                format!(
                    "{}, {}, signed other contents at {}.",
                    plain(&signature.name),
                    plain(&signature.role),
                    signature.at.replace('T', " ")
                )
            })
            .collect(),
    }
}

fn vial_plan<'a>(material: &Material<'a>) -> Option<&'a OrderPlan> {
    material.plan.order.outcome.as_ref()?.plan.as_ref()
}

/// What to order, in a sentence.
fn order(material: &Material<'_>) -> Option<Block> {
    let plan = vial_plan(material)?;
    let vials: Vec<String> = plan
        .vials
        .iter()
        .map(|planned| {
            format!(
                "{} GBq calibrated {}",
                gbq(planned.vial.size.as_gbq()),
                material.clock.day_and_minute(planned.vial.calibrated_at)
            )
        })
        .collect();
    Some(Block::Paragraph(format!(
        "{}: {}.",
        if vials.len() == 1 { "Vial" } else { "Vials" },
        vials.join("; ")
    )))
}

/// The infusion of a territory in the plan of vials.
fn infusion_of<'a>(material: &Material<'a>, territory: &str) -> Option<&'a PlannedInfusion> {
    vial_plan(material)?
        .infusions
        .iter()
        .find(|infusion| infusion.order.territory == territory)
}

fn activities(material: &Material<'_>) -> Table {
    let clock = material.clock;
    let mut rows = Vec::new();
    let mut total = [0.0; 2];
    for territory in &material.plan.territories {
        let chosen = material
            .plan
            .chosen
            .iter()
            .find(|row| row.territory == territory.name);
        let both = chosen.and_then(|row| vial_and_given(row, territory.residual_percent));
        if let Some([vial, given]) = both {
            total = [total[0] + vial, total[1] + given];
        }
        let planned = infusion_of(material, &territory.name);
        let at = planned
            .map(|infusion| infusion.order.planned_at)
            .or_else(|| {
                material
                    .case
                    .prescriptions
                    .iter()
                    .find(|prescription| prescription.territory == territory.name)
                    .and_then(|prescription| prescription.at)
                    .map(sirt_store::Instant::timestamp)
            });
        rows.push(row(
            [
                plain(&territory.name),
                chosen.map_or_else(
                    || "nothing prescribed or proposed".to_owned(),
                    |row| chosen_in_words(material, row),
                ),
                optional(both.map(|both| both[1]), gbq),
                optional(both.map(|both| both[0]), gbq),
                at.map_or_else(|| NONE.to_owned(), |at| clock.day_and_minute(at)),
                planned.map_or_else(
                    || NONE.to_owned(),
                    |infusion| {
                        format!(
                            "{} to {}",
                            clock.day_and_minute(infusion.window.earliest),
                            clock.day_and_minute(infusion.window.latest)
                        )
                    },
                ),
            ],
            false,
        ));
    }
    if material.plan.territories.len() > 1 {
        rows.push(row(
            [
                "All".to_owned(),
                String::new(),
                gbq(total[1]),
                gbq(total[0]),
                String::new(),
                String::new(),
            ],
            true,
        ));
    }
    Table {
        caption: "Activity and time".to_owned(),
        columns: vec![
            words("Territory", 2),
            words("Method", 4),
            numbers("To infuse", "GBq"),
            numbers("In the vial", "GBq"),
            words("Planned", 3),
            words("Possible from – to", 5),
        ],
        rows,
        note: Some(format!(
            "Both activities are at the hour of infusion: what the territory is to receive, and what is to be dispensed for it with the residual expected in vial and tubing. Possible is what vial and activity allow{}. Instants in {}; vials and draws are under “Vials and hours”.",
            rooms(material),
            clock.zone()
        )),
    }
}

/// When the room is booked, as the end of a sentence.
fn rooms(material: &Material<'_>) -> String {
    let booked: Vec<String> = material
        .case
        .sessions
        .iter()
        .map(|session| {
            format!(
                "{} to {}",
                material.clock.day_and_minute(session.earliest.timestamp()),
                material.clock.day_and_minute(session.latest.timestamp())
            )
        })
        .collect();
    if booked.is_empty() {
        String::new()
    } else {
        format!("; the room is booked from {}", booked.join("; "))
    }
}

fn doses(material: &Material<'_>) -> Table {
    let rows_of = |chosen: &MethodRow| {
        row(
            [
                plain(&chosen.territory),
                gy_with_interval(chosen.tumour_gy, chosen.tumour_interval_gy),
                gy_with_interval(chosen.normal_liver_gy, chosen.normal_liver_interval_gy),
                optional(chosen.perfused_gy, gy),
                gy_with_interval(chosen.lung_gy, chosen.lung_interval_gy),
                optional(chosen.probability_tumour_reaches_goal, probability),
                optional(chosen.probability_normal_within_limit, probability),
            ],
            false,
        )
    };
    let mut rows: Vec<_> = material.plan.chosen.iter().map(rows_of).collect();
    if let Some(course) = &material.plan.course
        && material.plan.territories.len() > 1
    {
        rows.push(row(
            [
                "All".to_owned(),
                optional(course.tumour_gy, gy),
                optional(course.normal_perfused_gy, gy),
                String::new(),
                gy(course.lung_gy),
                String::new(),
                String::new(),
            ],
            true,
        ));
    }
    let goals = &material.case.goals;
    let mut aims = Vec::new();
    for (what, goal) in [
        ("tumour at least", &goals.tumour),
        ("perfused volume at least", &goals.perfused),
        ("normal liver at most", &goals.normal_liver),
        ("lungs at most", &goals.lung),
    ] {
        if let Some(goal) = goal {
            let source = goal.source.as_deref().map_or_else(String::new, |source| {
                format!(" ({})", material.cited(source))
            });
            aims.push(format!("{what} {} Gy{source}", gy(goal.dose.as_gy())));
        }
    }
    let mut note = if aims.is_empty() {
        "No goals are stated.".to_owned()
    } else {
        format!("Goals: {}.", aims.join("; "))
    };
    note.push_str(" In brackets the interval of k = 2; P is the probability to reach the goal of the tumour and to keep that of normal liver.");
    if let Some(whole) = material
        .plan
        .course
        .as_ref()
        .and_then(|course| course.normal_whole_gy)
    {
        note.push_str(&format!(
            " All normal liver, perfused or not: {} Gy.",
            gy(whole)
        ));
    }
    Table {
        caption: "Mean doses to expect".to_owned(),
        columns: vec![
            words("Territory", 2),
            numbers("Tumour", "Gy"),
            numbers("Normal liver", "Gy, perfused"),
            numbers("All perfused", "Gy"),
            numbers("Lungs", "Gy"),
            numbers("P tumour", ""),
            numbers("P normal", ""),
        ],
        rows,
        note: Some(note),
    }
}

/// Volumes and masses of liver and territories.
pub(super) fn volumes(material: &Material<'_>) -> Section {
    let mut rows = Vec::new();
    if let Some(liver) = material.planned.liver {
        let density = material.case.liver.as_ref().map(|liver| liver.density);
        let mass = |volume: f64| optional(density.map(|d| d.as_g_per_ml() * volume), ml);
        rows.push(row(
            [
                "Whole liver".to_owned(),
                ml(liver.total().as_ml()),
                ml(liver.tumour().as_ml()),
                format!(
                    "{:.1}",
                    100.0 * liver.tumour().as_ml() / liver.total().as_ml()
                ),
                mass(liver.total().as_ml()),
                mass(liver.tumour().as_ml()),
                String::new(),
            ],
            true,
        ));
    }
    for territory in &material.plan.territories {
        rows.push(row(
            [
                plain(&territory.name),
                ml(territory.volume_ml),
                ml(territory.tumour_volume_ml),
                format!(
                    "{:.1}",
                    100.0 * territory.tumour_volume_ml / territory.volume_ml
                ),
                ml(territory.mass_g),
                ml(territory.tumour_mass_g),
                optional(territory.tumour_to_normal, super::figures::ratio),
            ],
            false,
        ));
        for tumour in territory.images.iter().flat_map(|images| &images.tumours) {
            rows.push(row(
                [
                    format!(" {}", plain(&tumour.name)),
                    String::new(),
                    ml(tumour.volume_ml),
                    String::new(),
                    String::new(),
                    ml(tumour.volume_ml * territory.density_g_per_ml),
                    format!(
                        "{} ± {}",
                        super::figures::ratio(tumour.tumour_to_normal),
                        super::figures::ratio(2.0 * tumour.standard_uncertainty)
                    ),
                ],
                false,
            ));
        }
    }
    let densities: Vec<String> = material
        .plan
        .territories
        .iter()
        .map(|territory| {
            format!(
                "{} {:.2} g/mL",
                plain(&territory.name),
                territory.density_g_per_ml
            )
        })
        .collect();
    let mut note = format!(
        "Volumes include the tumours in them. Densities: {}. T/N is the ratio of concentrations, tumour over normal liver of the territory; ± is counting alone, k = 2.",
        densities.join(", ")
    );
    let compared = stated_against_measured(material);
    if !compared.is_empty() {
        note.push_str(&format!(" {compared}"));
    }
    Section {
        heading: "Volumes and masses".to_owned(),
        blocks: vec![Block::Table(Table {
            caption: "Volumes, masses and uptake".to_owned(),
            columns: vec![
                words("Volume", 3),
                numbers("Volume", "mL"),
                numbers("Tumour", "mL"),
                numbers("Part", "%"),
                numbers("Mass", "g"),
                numbers("Tumour", "g"),
                numbers("T/N", ""),
            ],
            rows,
            note: Some(note),
        })],
    }
}

/// Volumes that the case states beside those of the images.
fn stated_against_measured(material: &Material<'_>) -> String {
    let mut told = Vec::new();
    for (territory, result) in material
        .case
        .territories
        .iter()
        .zip(&material.plan.territories)
    {
        if let (Some(stated), Some(images)) = (territory.volume, &result.images) {
            told.push(format!(
                "{}: stated {} mL, by the structure {} mL ({})",
                plain(&result.name),
                ml(stated.as_ml()),
                ml(images.volume_ml),
                difference((images.volume_ml / stated.as_ml() - 1.0) * 100.0)
            ));
        }
    }
    told.join("; ")
}
