//! A file of rows beside a case: a CSV table whose columns are the keys of a
//! table of `case.toml`.
//!
//! A column is named as the key, or as the key with a unit in brackets
//! (`long_axis [mm]`), which then belongs to each of its cells. An empty cell
//! and `NA` are nothing; lines that begin with `#` are comments. What is wrong
//! is refused with file, line and column, as in the case itself.

use std::cell::Cell;
use std::path::{Component, Path};

use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::Value;

use crate::StoreError;
use crate::place::{Places, Suggestion, joined};
use crate::schema::Node;

/// Largest file that is read, bytes: far past one patient.
const LARGEST_FILE: u64 = 64 << 20;

/// The text of a file beside a case, named by `key` at its place in the case.
pub(crate) fn read_beside(
    folder: &Path,
    written: &str,
    key: &str,
    places: &Places,
) -> Result<String, StoreError> {
    let path = Path::new(written);
    let leaves = !path.is_absolute()
        && path
            .components()
            .any(|part| matches!(part, Component::ParentDir));
    if leaves {
        return Err(StoreError::LeavesCase {
            place: places.at(key),
            path: written.to_owned(),
        });
    }
    let file = folder.join(path);
    if !file.is_file() {
        return Err(StoreError::NothingThere {
            place: places.at(key),
            path: written.to_owned(),
        });
    }
    let failed = |source| StoreError::Read {
        file: file.clone(),
        source,
    };
    let size = std::fs::metadata(&file).map_err(failed)?.len();
    if size > LARGEST_FILE {
        return Err(StoreError::Value {
            place: places.at(key),
            reason: format!(
                "`{written}` has {size} bytes, more than the {LARGEST_FILE} that are read"
            ),
        });
    }
    std::fs::read_to_string(&file).map_err(failed)
}

/// A column: the key, and the unit of its cells.
struct Heading {
    key: String,
    unit: Option<String>,
}

/// Rows of `table` from the text of a file that errors name by `file`, with their places.
pub(crate) fn rows<T: DeserializeOwned>(
    file: &str,
    text: &str,
    table: &str,
    schema: Node<'_>,
) -> Result<(Vec<T>, Places), StoreError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let not_rows = |error: &csv::Error| {
        let line = error
            .position()
            .and_then(|position| usize::try_from(position.line()).ok())
            .unwrap_or(1);
        let reason = match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("{len} cells, the header has {expected_len}"),
            _ => "no table of comma-separated values".to_owned(),
        };
        StoreError::Value {
            place: Places::of_rows(file, table, &[line]).at(&joined(table, "0")),
            reason,
        }
    };
    let headings = headings(
        reader.headers().map_err(|error| not_rows(&error))?,
        schema,
        file,
    )?;
    let mut records = Vec::new();
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| not_rows(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        lines.push(usize::try_from(line).unwrap_or(usize::MAX));
        records.push(record);
    }
    let places = Places::of_rows(file, table, &lines);
    let mut rows = Vec::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        let path = joined(table, &index.to_string());
        rows.push(row(record, &headings, schema, &path, &places)?);
    }
    Ok((rows, places))
}

fn headings(
    header: &csv::StringRecord,
    schema: Node<'_>,
    file: &str,
) -> Result<Vec<Heading>, StoreError> {
    let mut found: Vec<Heading> = Vec::with_capacity(header.len());
    for cell in header {
        let (key, unit) = match cell.split_once('[') {
            Some((key, unit)) => (
                key.trim(),
                Some(unit.trim_end_matches(']').trim().to_owned()),
            ),
            None => (cell, None),
        };
        let place = || Places::column(file, key);
        if schema.property(key).is_none() {
            return Err(StoreError::UnknownColumn {
                place: place(),
                suggestion: Suggestion::among(key, schema.keys()),
                allowed: schema.keys().collect::<Vec<_>>().join(", "),
            });
        }
        if found.iter().any(|known| known.key == key) {
            return Err(StoreError::NamedTwice {
                place: place(),
                what: "column",
                name: key.to_owned(),
            });
        }
        found.push(Heading {
            key: key.to_owned(),
            unit,
        });
    }
    Ok(found)
}

fn row<T: DeserializeOwned>(
    record: &csv::StringRecord,
    headings: &[Heading],
    schema: Node<'_>,
    path: &str,
    places: &Places,
) -> Result<T, StoreError> {
    let mut cells: Vec<(&str, Value)> = Vec::with_capacity(headings.len());
    for (heading, cell) in headings.iter().zip(record) {
        if cell.is_empty() || cell == "NA" {
            continue;
        }
        let at = joined(path, &heading.key);
        cells.push((&heading.key, value(cell, heading, schema, &at, places)?));
    }
    for key in schema.required() {
        if !cells.iter().any(|(known, _)| *known == key) {
            return Err(StoreError::MissingKey {
                place: places.at(path),
                key: key.to_owned(),
                meaning: schema.property(key).map(Node::meaning).unwrap_or_default(),
            });
        }
    }
    // The column that was read last is the one that an error is about.
    let last = Cell::new("");
    let entries = cells.iter().map(|(key, value)| {
        last.set(key);
        (*key, value.clone())
    });
    T::deserialize(MapDeserializer::<_, serde_json::Error>::new(entries)).map_err(|error| {
        StoreError::Value {
            place: places.at(&joined(path, last.get())),
            reason: error.to_string(),
        }
    })
}

/// A cell as a value of the kind that the key has.
fn value(
    cell: &str,
    heading: &Heading,
    schema: Node<'_>,
    at: &str,
    places: &Places,
) -> Result<Value, StoreError> {
    let wrong = |expected: &str| StoreError::WrongKind {
        place: places.at(at),
        expected: expected.to_owned(),
    };
    let Some(property) = schema.property(&heading.key) else {
        return Ok(Value::Null);
    };
    if heading.unit.is_some() && property.kind().is_some() {
        return Err(wrong("a column without unit: this is no quantity"));
    }
    match property.kind() {
        // A quantity is read with its unit, be it of the cell or of the column.
        None => Ok(Value::String(match &heading.unit {
            Some(unit) => format!("{cell} {unit}"),
            None => cell.to_owned(),
        })),
        Some("string") => {
            let words = property.words();
            if words.is_empty() || words.contains(&cell) {
                return Ok(Value::String(cell.to_owned()));
            }
            Err(StoreError::UnknownWord {
                place: places.at(at),
                name: cell.to_owned(),
                allowed: words.join(", "),
                suggestion: Suggestion::among_names(cell, words),
            })
        }
        Some("boolean") => match cell {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(wrong("true or false")),
        },
        Some("integer") => cell
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| wrong("a whole number of 0 or more")),
        Some("number") => cell
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(Value::from)
            .ok_or_else(|| wrong("a number with a decimal point")),
        Some(_) => Err(wrong(
            "a key that stands in case.toml, not in a table of rows",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::MeasurementRow;
    use crate::schema::json_schema;

    fn read(text: &str) -> Result<(Vec<MeasurementRow>, Places), String> {
        let schema = json_schema();
        let node = Node::root(&schema)
            .and_then(|root| root.property("measurement")?.items())
            .unwrap();
        rows("m.csv", text, "measurement", node).map_err(|error| error.to_string())
    }

    #[test]
    fn a_unit_stands_in_the_cell_or_in_the_head_of_the_column() {
        let (rows, places) = read(
            "lesion,date,long_axis [mm],short_axis,new_nodule\n# a comment\nL1,2026-03-02,38,1.6 cm,true\nL1,2026-06-02,NA,,\n",
        )
        .unwrap();
        assert!((rows[0].long_axis.unwrap().0.as_mm() - 38.0).abs() < 1e-9);
        assert!((rows[0].short_axis.unwrap().0.as_mm() - 16.0).abs() < 1e-9);
        assert!(rows[0].new_nodule && !rows[1].new_nodule);
        assert!(rows[1].long_axis.is_none());
        assert_eq!(
            places.at("measurement.1.long_axis").to_string(),
            "m.csv:4: long_axis"
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_column() {
        for (text, said) in [
            (
                "lesion,date,long_axes\n",
                "m.csv:1: long_axes: no such column; did you mean `long_axis`?",
            ),
            (
                "lesion,date,long_axis\nL1,2026-03-02,38\n",
                "m.csv:2: long_axis: `38` is not a length: unit `` is not one of mm, cm, m",
            ),
            (
                "lesion,date\nL1,2026-03-02\nL2,2.3.2026\n",
                "m.csv:3: date: `2.3.2026` is not a date",
            ),
            (
                "lesion,date,state\nL1,2026-03-02,gone\n",
                "m.csv:2: state: `gone` is none of present, absent,",
            ),
            (
                "lesion,long_axis\nL1,38 mm\n",
                "m.csv:2: `date` is missing: day of the scan",
            ),
            ("lesion,date\nL1\n", "m.csv:2: 1 cells, the header has 2"),
            (
                "lesion,date,lesion\n",
                "m.csv:1: lesion: column `lesion` stands twice",
            ),
            (
                "lesion [mm],date\nL1,2026-03-02\n",
                "m.csv:2: lesion: expected a column without unit",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
