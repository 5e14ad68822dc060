//! What the columns of a spreadsheet are: as a file says, or as their names seem to.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use sirt_outcome::Day;

use super::spreadsheet::Spreadsheet;

/// How the rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Form {
    /// A row a lesion and scan.
    Long,
    /// A row a patient.
    Wide,
}

/// How dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum DateForm {
    #[serde(rename = "YYYY-MM-DD")]
    Iso,
    #[serde(rename = "DD.MM.YYYY")]
    Dots,
    #[serde(rename = "DD/MM/YYYY")]
    DayFirst,
    #[serde(rename = "MM/DD/YYYY")]
    MonthFirst,
}

/// In what lengths are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum LengthUnit {
    #[serde(rename = "mm")]
    Millimetre,
    #[serde(rename = "cm")]
    Centimetre,
}

/// What columns are, by meaning.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    pub(super) form: Form,
    #[serde(default)]
    pub(super) date_form: Option<DateForm>,
    #[serde(default)]
    pub(super) length_unit: Option<LengthUnit>,
    /// The day of every treatment, where the table has months and no dates.
    #[serde(default)]
    pub(super) treated_on: Option<String>,
    #[serde(default)]
    pub(super) sheet: Option<String>,
    pub(super) columns: BTreeMap<String, String>,
    /// Columns that say what a patient is, by the name that filters use.
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
}

/// Meanings of columns: name, the form that needs it, words of column names.
const MEANINGS: [(&str, Option<Form>, &[&str]); 11] = [
    (
        "patient",
        None,
        &[
            "patient",
            "subject",
            "usubjid",
            "pat",
            "id",
            "patientid",
            "subjectid",
        ],
    ),
    (
        "treated",
        None,
        &[
            "treatment",
            "treatmentdate",
            "sirt",
            "sirtdate",
            "redate",
            "dateofre",
            "dateofsirt",
        ],
    ),
    (
        "lesion",
        Some(Form::Long),
        &["lesion", "tumour", "tumor", "target", "lesionid"],
    ),
    (
        "scanned",
        Some(Form::Long),
        &["scan", "scandate", "date", "visitdate", "imagingdate"],
    ),
    (
        "diameter",
        Some(Form::Long),
        &["diameter", "size", "longaxis", "ldiam", "length"],
    ),
    ("organ", Some(Form::Long), &["organ", "site", "location"]),
    ("role", Some(Form::Long), &["role", "type", "targettype"]),
    (
        "died",
        Some(Form::Wide),
        &["died", "death", "dead", "event", "status"],
    ),
    (
        "months",
        Some(Form::Wide),
        &[
            "months",
            "time",
            "os",
            "osmonths",
            "followup",
            "followupmonths",
        ],
    ),
    (
        "death_date",
        Some(Form::Wide),
        &["deathdate", "dateofdeath"],
    ),
    (
        "last_contact",
        Some(Form::Wide),
        &["lastcontact", "lastfollowup", "lastvisit", "censordate"],
    ),
];

/// What each form cannot be read without.
const fn needed(form: Form) -> &'static [&'static str] {
    match form {
        Form::Long => &["patient", "lesion", "scanned", "diameter"],
        Form::Wide => &["patient"],
    }
}

impl Mapping {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = || path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(name)?;
        let mapping: Self = toml::from_str(&text).with_context(name)?;
        for meaning in mapping.columns.keys() {
            if !MEANINGS.iter().any(|(known, ..)| known == meaning) {
                bail!(
                    "{}: columns: `{meaning}` is no meaning; known are {}",
                    name(),
                    MEANINGS.map(|(known, ..)| known).join(", ")
                );
            }
        }
        for meaning in needed(mapping.form) {
            if !mapping.columns.contains_key(*meaning) {
                bail!("{}: columns: `{meaning}` is needed", name());
            }
        }
        if mapping.form == Form::Long && mapping.length_unit.is_none() {
            bail!("{}: `length_unit` is needed; allowed are mm and cm", name());
        }
        if mapping.columns.contains_key("months")
            && !mapping.columns.contains_key("treated")
            && mapping.treated_on.is_none()
        {
            bail!(
                "{}: months need a start: a column `treated`, or `treated_on` with the day that stands for every treatment",
                name()
            );
        }
        Ok(mapping)
    }

    /// Refuses a mapping that names columns which the table does not have.
    pub(super) fn check(&self, table: &Spreadsheet) -> anyhow::Result<()> {
        for name in self.columns.values().chain(self.attributes.values()) {
            if table.column(name).is_none() {
                bail!(
                    "{}: no column `{name}`; its columns are {}",
                    table.file,
                    table.header.join(", ")
                );
            }
        }
        Ok(())
    }

    /// What each column of the table is taken for.
    pub(super) fn taken(&self, table: &Spreadsheet) -> Vec<(String, Option<String>)> {
        taken(table, &self.columns, &self.attributes)
    }

    /// A date of the table.
    pub(super) fn day(&self, text: &str) -> Result<Day, String> {
        let Some(form) = self.date_form else {
            return Day::parse(text).map_err(|_| {
                format!("`{text}` is no date YYYY-MM-DD; `date_form` says how dates are written")
            });
        };
        let numbers: Vec<&str> = match form {
            DateForm::Iso => text.split('-').collect(),
            DateForm::Dots => text.split('.').collect(),
            DateForm::DayFirst | DateForm::MonthFirst => text.split('/').collect(),
        };
        let wrong = || format!("`{text}` is no date of the form that `date_form` says");
        let [first, second, third] = numbers[..] else {
            return Day::parse(text).map_err(|_| wrong());
        };
        let (year, month, day) = match form {
            DateForm::Iso => (first, second, third),
            DateForm::Dots | DateForm::DayFirst => (third, second, first),
            DateForm::MonthFirst => (third, first, second),
        };
        // 20 is no year of a patient.
        if year.trim().len() != 4 {
            return Err(wrong());
        }
        let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else {
            return Err(wrong());
        };
        Day::from_date(year, month, day).map_err(|_| wrong())
    }
}

fn taken(
    table: &Spreadsheet,
    columns: &BTreeMap<String, String>,
    attributes: &BTreeMap<String, String>,
) -> Vec<(String, Option<String>)> {
    table
        .header
        .iter()
        .map(|name| {
            let meaning = columns
                .iter()
                .find(|(_, column)| *column == name)
                .map(|(meaning, _)| meaning.clone());
            let attribute = attributes
                .iter()
                .find(|(_, column)| *column == name)
                .map(|(attribute, _)| format!("attribute {attribute}"));
            (name.clone(), meaning.or(attribute))
        })
        .collect()
}

/// A mapping as the names of columns suggest it.
pub(super) struct Proposal {
    form: Form,
    columns: BTreeMap<String, String>,
    attributes: BTreeMap<String, String>,
    unit: Option<&'static str>,
    date_form: Option<&'static str>,
    /// What the names leave open.
    pub(super) open: Vec<String>,
}

/// Letters and digits of a column's name before its unit, small.
fn plain(name: &str) -> String {
    name.split(['(', '['])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
}

impl Proposal {
    pub(super) fn of(table: &Spreadsheet) -> Self {
        let mut columns = BTreeMap::new();
        let mut attributes = BTreeMap::new();
        for name in &table.header {
            let words = plain(name);
            let meaning = MEANINGS
                .iter()
                .find(|(_, _, known)| known.contains(&words.as_str()));
            match meaning {
                Some((meaning, ..)) if !columns.contains_key(*meaning) => {
                    columns.insert((*meaning).to_owned(), name.clone());
                }
                _ if words.is_empty() => {}
                _ => {
                    attributes.insert(words, name.clone());
                }
            }
        }
        let form = if columns.contains_key("lesion") || columns.contains_key("diameter") {
            Form::Long
        } else {
            Form::Wide
        };
        // A meaning of the other form is none here.
        let foreign: Vec<String> = columns
            .keys()
            .filter(|meaning| {
                MEANINGS
                    .iter()
                    .any(|(known, of, _)| known == meaning && of.is_some_and(|of| of != form))
            })
            .cloned()
            .collect();
        for meaning in foreign {
            if let Some(name) = columns.remove(&meaning) {
                attributes.insert(plain(&name), name);
            }
        }
        let mut open: Vec<String> = needed(form)
            .iter()
            .filter(|meaning| !columns.contains_key(**meaning))
            .map(|meaning| format!("no column seems to be `{meaning}`, which is needed"))
            .collect();
        let unit = columns.get("diameter").and_then(|name| {
            let name = name.to_lowercase();
            ["mm", "cm"].into_iter().find(|unit| {
                name.contains(&format!("({unit})")) || name.contains(&format!("[{unit}]"))
            })
        });
        if form == Form::Long && unit.is_none() {
            open.push("no unit stands in the name of the diameter; set length_unit".to_owned());
        }
        let dates: Vec<&str> = ["scanned", "treated", "death_date", "last_contact"]
            .into_iter()
            .filter_map(|meaning| table.column(columns.get(meaning)?))
            .flat_map(|place| {
                table
                    .rows
                    .iter()
                    .filter_map(move |(_, cells)| cells.get(place))
            })
            .map(String::as_str)
            .filter(|cell| !cell.is_empty())
            .collect();
        let date_form = if dates.iter().all(|date| Day::parse(date).is_ok()) {
            Some("YYYY-MM-DD")
        } else if dates.iter().all(|date| date.split('.').count() == 3) {
            Some("DD.MM.YYYY")
        } else {
            open.push(
                "dates are not all YYYY-MM-DD nor DD.MM.YYYY; set date_form to how they are written"
                    .to_owned(),
            );
            None
        };
        Self {
            form,
            columns,
            attributes,
            unit,
            date_form,
            open,
        }
    }

    pub(super) fn taken(&self, table: &Spreadsheet) -> Vec<(String, Option<String>)> {
        taken(table, &self.columns, &self.attributes)
    }

    pub(super) fn to_toml(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut text = "# Proposed from the names of columns: look at every line.\n".to_owned();
        for open in &self.open {
            text.push_str(&format!("# Open: {open}.\n"));
        }
        text.push_str(match self.form {
            Form::Long => "form = \"long\" # a row a lesion and scan\n",
            Form::Wide => "form = \"wide\" # a row a patient\n",
        });
        if let Some(date_form) = self.date_form {
            text.push_str(&format!("date_form = {}\n", quoted(date_form)));
        }
        if let Some(unit) = self.unit {
            text.push_str(&format!("length_unit = {}\n", quoted(unit)));
        }
        text.push_str("\n[columns]\n");
        for (meaning, name) in &self.columns {
            text.push_str(&format!("{meaning} = {}\n", quoted(name)));
        }
        if !self.attributes.is_empty() {
            text.push_str("\n[attributes]\n");
        }
        for (attribute, name) in &self.attributes {
            text.push_str(&format!("{attribute} = {}\n", quoted(name)));
        }
        text
    }
}
