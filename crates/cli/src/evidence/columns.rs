//! Columns of a CSV table by name, and the rows that cannot be used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;

/// Rows of a table that were left out, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Excluded {
    /// Why.
    pub(crate) reason: String,
    /// How many.
    pub(crate) count: usize,
    /// Their numbers, the first row below the header being 1.
    pub(crate) rows: Vec<usize>,
}

/// How many rows came in and went where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Rows {
    /// Rows of the table.
    pub(crate) read: usize,
    /// Rows in the result.
    pub(crate) used: usize,
    /// Rows that are not, by reason.
    pub(crate) excluded: Vec<Excluded>,
}

impl Rows {
    /// In words, for people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("rows: {} read, {} used", self.read, self.used);
        for excluded in &self.excluded {
            text.push_str(&format!(
                "\n  {} left out: {}",
                excluded.count, excluded.reason
            ));
        }
        text.push('\n');
        text
    }
}

/// The wanted columns of a table, as text.
pub(crate) struct Columns {
    path: PathBuf,
    names: Vec<String>,
    cells: Vec<Vec<String>>,
    /// Why a row is not used; the first reason counts.
    excluded: Vec<Option<String>>,
}

/// What tables write where there is no value.
fn is_missing(cell: &str) -> bool {
    matches!(cell, "" | "NA" | "." | "NaN" | "nan" | "null")
}

impl Columns {
    /// Reads the columns of these names; a name that stands twice is one column.
    pub(crate) fn read(path: &Path, wanted: &[&str]) -> anyhow::Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .with_context(|| path.display().to_string())?;
        let header = reader
            .headers()
            .with_context(|| format!("{}: no header", path.display()))?
            .clone();
        let mut names: Vec<String> = Vec::new();
        let mut places = Vec::new();
        for name in wanted {
            if names.iter().any(|known| known == name) {
                continue;
            }
            let mut found = header
                .iter()
                .enumerate()
                .filter(|(_, cell)| cell.trim_start_matches('\u{feff}') == *name);
            let Some((place, _)) = found.next() else {
                bail!(
                    "{}: no column `{name}`; its columns are {}",
                    path.display(),
                    header.iter().collect::<Vec<_>>().join(", ")
                );
            };
            if found.next().is_some() {
                bail!("{}: column `{name}` stands twice", path.display());
            }
            names.push((*name).to_owned());
            places.push(place);
        }
        let mut cells = vec![Vec::new(); names.len()];
        let mut record = csv::StringRecord::new();
        while reader
            .read_record(&mut record)
            .with_context(|| path.display().to_string())?
        {
            for (column, place) in cells.iter_mut().zip(&places) {
                column.push(record.get(*place).unwrap_or_default().to_owned());
            }
        }
        let rows = cells.first().map_or(0, Vec::len);
        let mut excluded = vec![None; rows];
        for (name, column) in names.iter().zip(&cells) {
            for (cell, excluded) in column.iter().zip(&mut excluded) {
                if is_missing(cell) && excluded.is_none() {
                    *excluded = Some(format!("no value in column `{name}`"));
                }
            }
        }
        Ok(Self {
            path: path.to_owned(),
            names,
            cells,
            excluded,
        })
    }

    /// Cells of the rows in use, with their row numbers from 1.
    fn used(&self, name: &str) -> impl Iterator<Item = (usize, &str)> {
        let column = self.names.iter().position(|known| known == name);
        let cells = column.map_or(&[][..], |column| self.cells[column].as_slice());
        cells
            .iter()
            .zip(&self.excluded)
            .enumerate()
            .filter(|(_, (_, excluded))| excluded.is_none())
            .map(|(row, (cell, _))| (row + 1, cell.as_str()))
    }

    /// Numbers of the rows in use.
    pub(crate) fn numbers(&self, name: &str) -> anyhow::Result<Vec<f64>> {
        self.used(name)
            .map(|(row, cell)| {
                cell.parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite())
                    .with_context(|| {
                        format!(
                            "{}: column `{name}`, row {row}: `{cell}` is no number",
                            self.path.display()
                        )
                    })
            })
            .collect()
    }

    /// Words of the rows in use.
    pub(crate) fn words(&self, name: &str) -> Vec<&str> {
        self.used(name).map(|(_, cell)| cell).collect()
    }

    /// Row numbers in use, from 1.
    pub(crate) fn row_numbers(&self) -> Vec<usize> {
        (1..=self.excluded.len())
            .filter(|row| self.excluded[*row - 1].is_none())
            .collect()
    }

    /// Levels of the rows in use by number, and their names in order: as
    /// numbers where all are, else as words.
    pub(crate) fn levels(&self, name: &str) -> (Vec<u32>, Vec<String>) {
        let words = self.words(name);
        let mut names: Vec<&str> = words.clone();
        names.sort_unstable();
        names.dedup();
        let numbers: Option<Vec<f64>> = names.iter().map(|name| name.parse().ok()).collect();
        if numbers.is_some() {
            let value = |name: &&str| name.parse().unwrap_or(f64::NAN);
            names.sort_by(|one, other| value(one).total_cmp(&value(other)));
        }
        let number: BTreeMap<&str, u32> = names.iter().copied().zip(0_u32..).collect();
        let levels = words
            .iter()
            .map(|word| number.get(word).copied().unwrap_or(0))
            .collect();
        (levels, names.into_iter().map(str::to_owned).collect())
    }

    /// Whether all words of the rows in use are numbers.
    pub(crate) fn is_numeric(&self, name: &str) -> bool {
        self.used(name).all(|(_, cell)| cell.parse::<f64>().is_ok())
    }

    /// Leaves rows out, given by row number from 1.
    pub(crate) fn exclude(&mut self, rows: &[usize], reason: &str) {
        for row in rows {
            self.excluded[*row - 1].get_or_insert_with(|| reason.to_owned());
        }
    }

    /// What became of the rows.
    pub(crate) fn rows(&self) -> Rows {
        let mut reasons: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, reason) in self.excluded.iter().enumerate() {
            if let Some(reason) = reason {
                reasons.entry(reason).or_default().push(row + 1);
            }
        }
        let read = self.excluded.len();
        let excluded: Vec<Excluded> = reasons
            .into_iter()
            .map(|(reason, rows)| Excluded {
                reason: reason.to_owned(),
                count: rows.len(),
                rows,
            })
            .collect();
        let left_out: usize = excluded.iter().map(|excluded| excluded.count).sum();
        Rows {
            read,
            used: read - left_out,
            excluded,
        }
    }

    /// The file, for messages.
    pub(crate) fn file(&self) -> String {
        self.path.display().to_string()
    }
}
