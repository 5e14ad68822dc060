//! A table of a study: columns with names, rows of text.

use std::path::Path;

use super::xport;
use crate::{Place, StoreError};

/// Largest file that is read, bytes: far past any study, small enough for any machine.
const LARGEST_FILE: u64 = 1 << 30;

/// A table as it stands in a file; numbers are text as well.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StudyTable {
    /// The file by name.
    pub(super) file: String,
    /// Names of the columns, in capitals.
    pub(super) columns: Vec<String>,
    /// Rows with as many cells as there are columns.
    pub(super) rows: Vec<Vec<String>>,
}

impl StudyTable {
    /// Reads a CSV or XPT file; none for a file of another kind.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        if ending != "csv" && ending != "xpt" {
            return Ok(None);
        }
        let read = |source| StoreError::Read {
            file: path.to_owned(),
            source,
        };
        let file = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let size = std::fs::metadata(path).map_err(read)?.len();
        if size > LARGEST_FILE {
            return Err(wrong(
                &file,
                1,
                "",
                format!("{size} bytes are more than the {LARGEST_FILE} that are read"),
            ));
        }
        let bytes = std::fs::read(path).map_err(read)?;
        if ending == "xpt" {
            return xport::read(&file, &bytes).map(Some);
        }
        Self::from_csv(&file, &bytes).map(Some)
    }

    /// Reads text with commas, a header and quotes where they are needed.
    pub(super) fn from_csv(file: &str, bytes: &[u8]) -> Result<Self, StoreError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let failed = |error: &csv::Error| {
            let line = error
                .position()
                .and_then(|position| usize::try_from(position.line()).ok())
                .unwrap_or(1);
            let reason = match error.kind() {
                csv::ErrorKind::UnequalLengths {
                    expected_len, len, ..
                } => format!("{len} cells, the header has {expected_len}"),
                csv::ErrorKind::Utf8 { .. } => "text is not UTF-8".to_owned(),
                _ => "no table of comma-separated values".to_owned(),
            };
            wrong(file, line, "", reason)
        };
        let columns: Vec<String> = reader
            .headers()
            .map_err(|error| failed(&error))?
            .iter()
            .map(str::to_uppercase)
            .collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| failed(&error))?;
            rows.push(
                record
                    .iter()
                    // How R writes what is missing.
                    .map(|cell| {
                        if cell == "NA" {
                            String::new()
                        } else {
                            cell.to_owned()
                        }
                    })
                    .collect(),
            );
        }
        Ok(Self {
            file: file.to_owned(),
            columns,
            rows,
        })
    }

    /// The two letters of the domain that the table says, else that its name starts with.
    pub(super) fn domain(&self) -> String {
        let said = self
            .column("DOMAIN")
            .and_then(|column| self.rows.first()?.get(column))
            .filter(|said| !said.is_empty());
        said.map_or_else(
            || self.file.chars().take(2).collect::<String>(),
            String::clone,
        )
        .to_uppercase()
    }

    /// What a column SYNTHETIC says first, where there is one.
    pub(super) fn synthetic(&self) -> Option<String> {
        let column = self.column("SYNTHETIC")?;
        self.rows
            .iter()
            .filter_map(|row| row.get(column))
            .find(|mark| !mark.is_empty())
            .cloned()
    }

    /// Place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Place of a column that has to be there.
    pub(super) fn needed(&self, name: &str) -> Result<usize, StoreError> {
        self.column(name).ok_or_else(|| StoreError::MissingKey {
            place: Box::new(Place {
                file: self.file.clone(),
                line: 1,
                key: String::new(),
            }),
            key: name.to_owned(),
            meaning: "a column that the table cannot be read without".to_owned(),
        })
    }

    /// A cell; empty where there is no such column.
    pub(super) fn cell(&self, row: usize, column: Option<usize>) -> &str {
        column
            .and_then(|column| self.rows.get(row)?.get(column))
            .map_or("", String::as_str)
    }

    /// What is wrong with a row; rows are counted from the header on.
    pub(super) fn wrong(&self, row: usize, column: &str, reason: String) -> StoreError {
        wrong(&self.file, row + 2, column, reason)
    }
}

/// An error at a line of a file, with its column.
pub(super) fn wrong(file: &str, line: usize, column: &str, reason: String) -> StoreError {
    StoreError::Value {
        place: Box::new(Place {
            file: file.to_owned(),
            line,
            key: column.to_owned(),
        }),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quotes_and_what_r_writes() {
        let table = StudyTable::from_csv(
            "tu_x.csv",
            b"\xef\xbb\xbfdomain,USUBJID,TULOC\nTU,1,\"LIVER, RIGHT\"\nTU,2,NA\n",
        )
        .unwrap();
        assert_eq!(table.columns, ["DOMAIN", "USUBJID", "TULOC"]);
        assert_eq!(table.cell(0, table.column("TULOC")), "LIVER, RIGHT");
        assert_eq!(table.cell(1, table.column("TULOC")), "");
        assert_eq!(table.domain(), "TU");
    }

    #[test]
    fn says_the_line_that_is_no_row() {
        let said = StudyTable::from_csv("tr.csv", b"A,B\n1,2\n3\n").unwrap_err();
        assert_eq!(said.to_string(), "tr.csv:3: 1 cells, the header has 2");
    }
}
