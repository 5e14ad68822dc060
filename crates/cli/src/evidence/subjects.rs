//! Times, events, entries and weights of a table.

use anyhow::{anyhow, bail};
use sirt_outcome::OutcomeError;
use sirt_outcome::evidence::survival::SurvivalColumns;

use super::columns::Columns;
use crate::evidence_arguments::SubjectArguments;
use crate::failure::Ambiguous;

/// Owned columns of subjects.
pub(super) struct Subjects {
    pub(super) entry: Option<Vec<f64>>,
    pub(super) time: Vec<f64>,
    pub(super) event: Vec<bool>,
    pub(super) weight: Option<Vec<f64>>,
}

impl Subjects {
    /// The names of the columns that these arguments want.
    pub(super) fn wanted(arguments: &SubjectArguments) -> Vec<&str> {
        let mut wanted = vec![arguments.time.as_str(), arguments.event.as_str()];
        wanted.extend(arguments.entry.as_deref());
        wanted.extend(arguments.weight.as_deref());
        wanted
    }

    /// Takes the rows in use out of a table.
    pub(super) fn of(columns: &Columns, arguments: &SubjectArguments) -> anyhow::Result<Self> {
        let time = columns.numbers(&arguments.time)?;
        if let Some(place) = time.iter().position(|time| *time < 0.0) {
            bail!(
                "{}: column `{}`, row {}: {} is not allowed; allowed is 0 or more",
                columns.file(),
                arguments.time,
                columns.row_numbers()[place],
                time[place]
            );
        }
        let subjects = Self {
            entry: numbers(columns, arguments.entry.as_deref())?,
            event: events(columns, arguments)?,
            weight: numbers(columns, arguments.weight.as_deref())?,
            time,
        };
        subjects
            .columns()
            .check()
            .map_err(|error| in_table(error, columns, arguments))?;
        Ok(subjects)
    }

    pub(super) fn columns(&self) -> SurvivalColumns<'_> {
        SurvivalColumns {
            entry: self.entry.as_deref(),
            time: &self.time,
            event: &self.event,
            weight: self.weight.as_deref(),
        }
    }

    /// The subjects at these places.
    pub(super) fn chosen(&self, places: &[usize]) -> Self {
        let pick = |column: &Vec<f64>| places.iter().map(|place| column[*place]).collect();
        Self {
            entry: self.entry.as_ref().map(pick),
            time: pick(&self.time),
            event: places.iter().map(|place| self.event[*place]).collect(),
            weight: self.weight.as_ref().map(pick),
        }
    }
}

/// An error about rows in use, by the names of the table and its own row numbers.
fn in_table(error: OutcomeError, columns: &Columns, arguments: &SubjectArguments) -> anyhow::Error {
    let OutcomeError::ColumnValue {
        column,
        row,
        value,
        allowed,
    } = error
    else {
        return anyhow::Error::new(error).context(columns.file());
    };
    let name = match column {
        "entry" => arguments.entry.as_deref(),
        "weight" => arguments.weight.as_deref(),
        _ => Some(arguments.time.as_str()),
    };
    anyhow!(
        "{}: column `{}`, row {}: {value} is not allowed; allowed is {allowed}",
        columns.file(),
        name.unwrap_or(column),
        columns.row_numbers().get(row - 1).copied().unwrap_or(row),
    )
}

fn numbers(columns: &Columns, name: Option<&str>) -> anyhow::Result<Option<Vec<f64>>> {
    name.map(|name| columns.numbers(name)).transpose()
}

fn events(columns: &Columns, arguments: &SubjectArguments) -> anyhow::Result<Vec<bool>> {
    let words = columns.words(&arguments.event);
    if let Some(wanted) = &arguments.event_is {
        let same = |word: &str| {
            word == wanted
                || matches!((word.parse::<f64>(), wanted.parse::<f64>()),
                    (Ok(one), Ok(other)) if one.total_cmp(&other).is_eq())
        };
        if !words.is_empty() && !words.iter().any(|word| same(word)) {
            let (_, known) = columns.levels(&arguments.event);
            bail!(
                "{}: column `{}` never has the value {wanted}; it has {}",
                columns.file(),
                arguments.event,
                few(&known)
            );
        }
        return Ok(words.iter().map(|word| same(word)).collect());
    }
    words
        .iter()
        .map(|word| match word.to_ascii_lowercase().as_str() {
            "1" | "1.0" | "true" | "t" | "yes" => Ok(true),
            "0" | "0.0" | "false" | "f" | "no" => Ok(false),
            _ => {
                let (_, known) = columns.levels(&arguments.event);
                Err(Ambiguous(format!(
                    "{}: column `{}` has the values {}; say with --event-is which one is the event",
                    columns.file(),
                    arguments.event,
                    few(&known)
                ))
                .into())
            }
        })
        .collect()
}

/// The first levels in words.
fn few(levels: &[String]) -> String {
    const NAMED: usize = 6;
    let mut text = levels[..levels.len().min(NAMED)].join(", ");
    if levels.len() > NAMED {
        text.push_str(", …");
    }
    text
}
