//! The report against published reporting standards: what they want of one
//! patient's plan or treatment, and whether this case has it.

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sirt_report::{Block, Cell, Mark, Row, Section, Table};

use super::material::{Material, capital, text, words};

const STANDARDS: &str = include_str!("../../data/reporting_standards.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Standards {
    item: Vec<Item>,
}

/// Something that a standard wants to be reported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
    text: String,
    standard: String,
    section: String,
    source_seen: String,
    doubtful: bool,
}

/// Whether an item is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemState {
    Filled,
    Missing,
    NotApplicable,
}

/// One line of the check, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct SelfCheck {
    pub(crate) id: String,
    pub(crate) text: String,
    /// Key of docs/references.bib with its place.
    pub(crate) standard: String,
    /// Where in the report.
    pub(crate) section: String,
    pub(crate) result: ItemState,
    /// What was read of the standard.
    pub(crate) source_seen: String,
    pub(crate) doubtful: bool,
}

/// Every item against a case.
///
/// # Errors
/// For an item of the file that this program has no test for.
pub(super) fn of(material: &Material<'_>) -> anyhow::Result<Vec<SelfCheck>> {
    let standards: Standards = toml::from_str(STANDARDS).context("reporting_standards.toml")?;
    standards
        .item
        .into_iter()
        .map(|item| {
            let result = filled(&item.id, material)?;
            Ok(SelfCheck {
                id: item.id,
                text: item.text,
                standard: item.standard,
                section: item.section,
                result,
                source_seen: item.source_seen,
                doubtful: item.doubtful,
            })
        })
        .collect()
}

fn filled(id: &str, material: &Material<'_>) -> anyhow::Result<ItemState> {
    let case = material.case;
    let plan = material.plan;
    let if_there = |there: bool| {
        if there {
            ItemState::Filled
        } else {
            ItemState::Missing
        }
    };
    let of_record = |there: bool| {
        if material.is_record() {
            if_there(there)
        } else {
            ItemState::NotApplicable
        }
    };
    let every_row = |has: &dyn Fn(&sirt_dosimetry::MethodRow) -> bool| {
        !plan.chosen.is_empty()
            && plan.chosen.len() == plan.territories.len()
            && plan.chosen.iter().all(has)
    };
    Ok(match id {
        "primary-neoplasm" => if_there(
            case.disease.tumour_type != sirt_store::TumourType::Other
                || case.disease.description.is_some(),
        ),
        "tumour-distribution" => if_there(
            case.territories
                .iter()
                .zip(&plan.territories)
                .all(|(stated, found)| stated.tumour_volume.is_some() || found.images.is_some()),
        ),
        // A case cannot be read without them.
        "clinical-baseline" | "microspheres" | "shunt-formula" | "dose-formalism"
        | "limitations" | "uncertainty" | "volumes-masses" => ItemState::Filled,
        "performance-status" => {
            let first = case
                .administrations
                .iter()
                .map(|given| given.at.date())
                .min()
                .map(|date| sirt_outcome::Day::parse(&date.to_string()))
                .transpose()?;
            // A status of after treatment does not say how the patient was before.
            let before = |day| first.is_none_or(|first| day <= first);
            if_there(
                case.follow_up
                    .performance
                    .iter()
                    .any(|status| before(status.day)),
            )
        }
        // A case has no place for it yet.
        "staging" => ItemState::Missing,
        "laboratory-baseline" => if_there(!case.laboratory.is_empty()),
        "imaging-baseline" => if_there(case.images.ct.is_some()),
        "prior-treatments" => if_there(!case.prior_therapies.is_empty()),
        "dosimetry-details" => if_there(every_row(&|row| row.activity_gbq.is_some())),
        "dose-target" => if_there(every_row(&|row| row.tumour_gy.is_some())),
        "dose-other-tissue" => if_there(every_row(&|row| {
            row.normal_liver_gy.is_some() && row.lung_gy.is_some()
        })),
        "flow-stasis"
        | "administered-activity"
        | "technical-success"
        | "activity-within-ten-percent" => of_record(!plan.delivered.is_empty()),
        "sessions" => if_there(
            case.prescriptions
                .iter()
                .any(|prescription| prescription.at.is_some())
                || !case.sessions.is_empty(),
        ),
        "targeting" => if_there(
            case.territories
                .iter()
                .all(|territory| territory.artery.is_some()),
        ),
        "imaging-after-mapping" => {
            if_there(case.images.maa_spect.is_some() || !case.images.maa_planar.is_empty())
        }
        // One that shows no infusion of the case is used for nothing.
        "imaging-after-treatment" => of_record(!plan.delivered_images.is_empty()),
        "dose-after-treatment" => of_record(
            plan.comparison
                .iter()
                .any(|row| row.doses.delivered_gy.is_some()),
        ),
        "quantification" => {
            if case.images.maa_spect.is_some() {
                if_there(case.images.maa_spect_resolution.is_some())
            } else {
                ItemState::NotApplicable
            }
        }
        "tumour-apart-from-liver" => if_there(every_row(&|row| {
            row.tumour_gy.is_some() && row.normal_liver_gy.is_some() && row.lung_gy.is_some()
        })),
        "whole-normal-liver" => if_there(
            plan.course
                .as_ref()
                .is_some_and(|course| course.normal_whole_gy.is_some()),
        ),
        other => bail!("reporting_standards.toml: no test is known for item `{other}`"),
    })
}

/// The heading of a plan's first section is another one in a record.
fn place(section: &str, material: &Material<'_>) -> String {
    if section == super::identity::FIRST_OF_PLAN && material.is_record() {
        super::identity::FIRST_OF_RECORD.to_owned()
    } else {
        section.to_owned()
    }
}

pub(super) fn section(material: &Material<'_>, check: &[SelfCheck]) -> Section {
    let missing = check
        .iter()
        .filter(|item| item.result == ItemState::Missing)
        .count();
    let filled = check
        .iter()
        .filter(|item| item.result == ItemState::Filled)
        .count();
    let mut sorted: Vec<&SelfCheck> = check.iter().collect();
    sorted.sort_by_key(|item| match item.result {
        ItemState::Missing => 0,
        ItemState::Filled => 1,
        ItemState::NotApplicable => 2,
    });
    let rows = sorted
        .into_iter()
        .map(|item| Row {
            cells: vec![
                match item.result {
                    ItemState::Filled => Cell::Mark(Mark::Pass, "filled".to_owned()),
                    ItemState::Missing => Cell::Mark(Mark::Warn, "missing".to_owned()),
                    ItemState::NotApplicable => Cell::Text("not applicable".to_owned()),
                },
                text(capital(&item.text)),
                text(place(&item.section, material)),
                text(format!(
                    "{}{}",
                    material.cited(&item.standard),
                    if item.doubtful { " *" } else { "" }
                )),
            ],
            strong: false,
        })
        .collect();
    Section {
        heading: "Check against reporting standards".to_owned(),
        blocks: vec![
            Block::Paragraph(format!(
                "Of {} items that published standards want of one patient, {filled} are filled and {missing} missing; the others are for after the treatment or do not apply. Items that only a study can report are left out.",
                check.len()
            )),
            Block::Table(Table {
                caption: "Items of the standards".to_owned(),
                columns: vec![
                    words("Item is", 0),
                    words("What is wanted", 0),
                    words("Where it is in this report", 0),
                    words("Standard", 0),
                ],
                rows,
                note: Some("* The standard itself was not read: items of Salem 2011 are those that Devcic 2014 [@devcic2014], table 1, appraises by; items of Lassmann 2011 are recalled.".to_owned()),
            }),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_names_what_it_is_and_no_id_stands_twice() {
        let standards: Standards = toml::from_str(STANDARDS).unwrap();
        let mut ids: Vec<&str> = standards.item.iter().map(|item| item.id.as_str()).collect();
        assert!(ids.len() >= 25);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), standards.item.len());
        for item in &standards.item {
            assert!(
                !item.text.is_empty() && !item.section.is_empty(),
                "{}",
                item.id
            );
            assert!(!item.source_seen.is_empty(), "{}", item.id);
        }
    }
}
