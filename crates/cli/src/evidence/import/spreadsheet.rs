//! A spreadsheet as text: CSV, or a sheet of an XLSX or ODS file.

use std::path::Path;

use anyhow::{Context as _, bail};
use calamine::{Data, Reader as _, open_workbook_auto};
use sirt_outcome::Day;

/// Largest file that is read, bytes.
const LARGEST_FILE: u64 = 1 << 28;

/// A table with its header; rows keep their numbers of the file.
pub(super) struct Spreadsheet {
    /// The file by name.
    pub(super) file: String,
    pub(super) header: Vec<String>,
    /// Row of the file, from 1, and its cells.
    pub(super) rows: Vec<(usize, Vec<String>)>,
}

impl Spreadsheet {
    /// Reads a file; `sheet` names one of several.
    pub(super) fn read(path: &Path, sheet: Option<&str>) -> anyhow::Result<Self> {
        let file = path.display().to_string();
        let size = std::fs::metadata(path).with_context(|| file.clone())?.len();
        if size > LARGEST_FILE {
            bail!("{file}: {size} bytes are more than the {LARGEST_FILE} that are read");
        }
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let lines = match ending.as_str() {
            "csv" => Self::csv(path, &file)?,
            "xlsx" | "xlsm" | "xls" | "ods" => Self::workbook(path, &file, sheet)?,
            _ => bail!("{file}: allowed are .csv, .xlsx, .xls and .ods"),
        };
        let mut lines = lines
            .into_iter()
            .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
        let Some((_, header)) = lines.next() else {
            bail!("{file}: no header");
        };
        for (place, name) in header.iter().enumerate() {
            if !name.is_empty() && header[..place].contains(name) {
                bail!("{file}: column `{name}` stands twice");
            }
        }
        Ok(Self {
            file,
            header,
            rows: lines.collect(),
        })
    }

    fn csv(path: &Path, file: &str) -> anyhow::Result<Vec<(usize, Vec<String>)>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_path(path)
            .with_context(|| file.to_owned())?;
        let mut lines = Vec::new();
        for (number, record) in reader.records().enumerate() {
            let record = record.with_context(|| file.to_owned())?;
            let cells = record
                .iter()
                .map(|cell| cell.trim_start_matches('\u{feff}').to_owned())
                .collect();
            lines.push((number + 1, cells));
        }
        Ok(lines)
    }

    fn workbook(
        path: &Path,
        file: &str,
        sheet: Option<&str>,
    ) -> anyhow::Result<Vec<(usize, Vec<String>)>> {
        let mut workbook = open_workbook_auto(path).with_context(|| file.to_owned())?;
        let names = workbook.sheet_names();
        let name = match (sheet, names.as_slice()) {
            (Some(sheet), _) => sheet.to_owned(),
            (None, [only]) => only.clone(),
            (None, _) => bail!(
                "{file}: which sheet? name one of {} as `sheet` in the mapping",
                names.join(", ")
            ),
        };
        let range = workbook.worksheet_range(&name).with_context(|| {
            format!(
                "{file}: sheet `{name}`; its sheets are {}",
                names.join(", ")
            )
        })?;
        let first = range.start().map_or(0, |(row, _)| row as usize);
        range
            .rows()
            .enumerate()
            .map(|(number, row)| {
                let number = first + number + 1;
                let cells = row
                    .iter()
                    .map(|cell| shown(cell).with_context(|| format!("{file}: row {number}")))
                    .collect::<anyhow::Result<_>>()?;
                Ok((number, cells))
            })
            .collect()
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| known == name)
    }
}

/// A cell as text; a date as YYYY-MM-DD.
fn shown(cell: &Data) -> anyhow::Result<String> {
    Ok(match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.trim().to_owned(),
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Bool(is) => u8::from(*is).to_string(),
        Data::DateTime(date) if date.is_datetime() => {
            // By the epoch of the file, 1900 or 1904.
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Day::from_date(year.into(), month, day)?.to_string()
        }
        Data::DateTime(_) => bail!("a cell holds a duration, where a date or a number is wanted"),
        Data::DateTimeIso(text) => text.chars().take(10).collect(),
        Data::DurationIso(text) => text.clone(),
        Data::Error(error) => bail!("a cell holds the error {error}"),
    })
}
