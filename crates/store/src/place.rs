//! Where in a case file something stands.
//!
//! Tables are told apart by their order in the file, counted from 1, and
//! never by what they say, so that a place holds nothing of a patient.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

/// A place in a case file: file, line and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key as it stands in the file, for example `[[territory]] 2, volume`;
    /// empty for the file as a whole.
    pub key: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if self.key.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.key)
    }
}

/// A name that was meant, perhaps; prints `; did you mean ...?` or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion(Option<String>);

impl Suggestion {
    /// The one of `known` that is nearest to `name`, if any is near.
    pub(crate) fn among<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        // One letter in three may be wrong, swapped letters counting once.
        let limit = name.chars().count().div_ceil(3).max(1);
        Self(
            known
                .into_iter()
                .map(|known| (strsim::osa_distance(&name.to_lowercase(), known), known))
                .filter(|(distance, _)| *distance <= limit)
                .min()
                .map(|(_, known)| known.to_owned()),
        )
    }

    /// Among names that may have capitals.
    pub(crate) fn among_names<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        let limit = name.chars().count().div_ceil(3).max(1);
        Self(
            known
                .into_iter()
                .map(|known| {
                    let distance =
                        strsim::osa_distance(&name.to_lowercase(), &known.to_lowercase());
                    (distance, known)
                })
                .filter(|(distance, _)| *distance <= limit)
                .min()
                .map(|(_, known)| known.to_owned()),
        )
    }

    /// The name, if any.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl std::fmt::Display for Suggestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// The places of all keys of a file.
///
/// A path is the keys from the root, joined by dots, with tables of an array
/// by their index: `territory.1.volume`.
#[derive(Debug)]
pub(crate) struct Places {
    file: String,
    /// Whether it is a table of rows, in which a line tells the row.
    of_rows: bool,
    line_starts: Vec<usize>,
    keys: BTreeMap<String, usize>,
    values: Vec<(Range<usize>, String)>,
}

impl Places {
    pub(crate) fn of(file: &str, text: &str, document: &toml_edit::Document<&str>) -> Self {
        let mut places = Self::without_keys(file, text);
        places.add_table(document.as_table(), "");
        places
    }

    /// Of a file that cannot be read any further.
    pub(crate) fn without_keys(file: &str, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            of_rows: false,
            line_starts: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
            keys: BTreeMap::new(),
            values: Vec::new(),
        }
    }

    /// Of a file of rows of `table`, each on its line.
    pub(crate) fn of_rows(file: &str, table: &str, lines: &[usize]) -> Self {
        let last = lines.iter().copied().max().unwrap_or(1);
        Self {
            file: file.to_owned(),
            of_rows: true,
            // One place for each line: what counts here is the line alone.
            line_starts: (0..last).collect(),
            keys: lines
                .iter()
                .enumerate()
                .map(|(index, line)| (joined(table, &index.to_string()), line.saturating_sub(1)))
                .collect(),
            values: Vec::new(),
        }
    }

    /// The place of a column in the head of a file of rows.
    pub(crate) fn column(file: &str, name: &str) -> Box<Place> {
        Box::new(Place {
            file: file.to_owned(),
            line: 1,
            key: name.to_owned(),
        })
    }

    /// The place of a path, or of what holds it where it is not in the file.
    pub(crate) fn at(&self, path: &str) -> Box<Place> {
        let mut known = path;
        let offset = loop {
            if let Some(offset) = self.keys.get(known) {
                break *offset;
            }
            match known.rsplit_once('.') {
                Some((parent, _)) => known = parent,
                None => break 0,
            }
        };
        // The line tells the row; the column is what is left of the path.
        let key = if self.of_rows {
            path.splitn(3, '.').nth(2).unwrap_or_default().to_owned()
        } else {
            shown(path)
        };
        self.place(offset, key)
    }

    /// The place of the innermost value around a span of bytes.
    pub(crate) fn around(&self, span: Option<Range<usize>>) -> Box<Place> {
        let Some(span) = span else {
            return self.place(0, String::new());
        };
        let inner = self
            .values
            .iter()
            .filter(|(range, _)| range.start <= span.start && span.end <= range.end)
            .min_by_key(|(range, _)| range.end - range.start);
        let key = inner.map_or_else(String::new, |(_, path)| shown(path));
        self.place(span.start, key)
    }

    fn place(&self, offset: usize, key: String) -> Box<Place> {
        Box::new(Place {
            file: self.file.clone(),
            line: self.line_starts.partition_point(|start| *start <= offset),
            key,
        })
    }

    fn add_table(&mut self, table: &dyn TableLike, path: &str) {
        for (name, item) in table.iter() {
            let inner = joined(path, name);
            let key_at = table.key(name).and_then(toml_edit::Key::span);
            let span = item.span();
            if let Some(at) = key_at.or_else(|| span.clone()) {
                self.keys.insert(inner.clone(), at.start);
            }
            self.add_item(item, span, &inner);
        }
    }

    fn add_item(&mut self, item: &Item, span: Option<Range<usize>>, path: &str) {
        if let Some(span) = span {
            self.values.push((span, path.to_owned()));
        }
        match item {
            Item::ArrayOfTables(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    let inner = joined(path, &index.to_string());
                    if let Some(span) = table.span() {
                        self.keys.insert(inner.clone(), span.start);
                    }
                    self.add_table(table, &inner);
                }
            }
            Item::Table(table) => self.add_table(table, path),
            Item::Value(value) => self.add_value(value, path),
            Item::None => {}
        }
    }

    fn add_value(&mut self, value: &Value, path: &str) {
        match value {
            Value::InlineTable(table) => self.add_table(table, path),
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    let inner = joined(path, &index.to_string());
                    if let Some(span) = value.span() {
                        self.keys.insert(inner.clone(), span.start);
                        self.values.push((span, inner.clone()));
                    }
                    self.add_value(value, &inner);
                }
            }
            _ => {}
        }
    }
}

/// A path with one key more.
pub(crate) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A path as a person writes it: `[patient] height`, `[[territory]] 2, volume`.
fn shown(path: &str) -> String {
    let mut keys = path.split('.');
    let Some(first) = keys.next().filter(|first| !first.is_empty()) else {
        return String::new();
    };
    if first == "schema" {
        return first.to_owned();
    }
    let rest: Vec<&str> = keys.collect();
    let number = rest.first().and_then(|key| key.parse::<usize>().ok());
    let (head, rest, comma) = match number {
        Some(index) => (format!("[[{first}]] {}", index + 1), &rest[1..], ","),
        None => (format!("[{first}]"), &rest[..], ""),
    };
    if rest.is_empty() {
        return head;
    }
    let inner: Vec<String> = rest
        .iter()
        .map(|key| {
            key.parse::<usize>()
                .map_or_else(|_| (*key).to_owned(), |index| (index + 1).to_string())
        })
        .collect();
    format!("{head}{comma} {}", inner.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "schema = \"x\"\n\n[patient]\nheight = \"1 m\"\n\n[[territory]]\nname = \"a\"\n[[territory]]\n# two\nassay = { activity = \"1 GBq\", at = \"x\" }\nsegments = [\"V\",\n  \"IX\"]\n";

    #[test]
    fn finds_the_line_of_keys_tables_and_parts_of_values() {
        let document = toml_edit::Document::parse(TEXT).unwrap();
        let places = Places::of("case.toml", TEXT, &document);
        for (path, expected) in [
            ("schema", "case.toml:1: schema"),
            ("patient", "case.toml:3: [patient]"),
            ("patient.height", "case.toml:4: [patient] height"),
            ("territory.1", "case.toml:8: [[territory]] 2"),
            (
                "territory.1.assay.at",
                "case.toml:10: [[territory]] 2, assay.at",
            ),
            (
                "territory.1.segments.1",
                "case.toml:12: [[territory]] 2, segments.2",
            ),
            // What is not there is shown at what would hold it.
            ("territory.1.volume", "case.toml:8: [[territory]] 2, volume"),
        ] {
            assert_eq!(places.at(path).to_string(), expected);
        }
        let at = TEXT.find("\"1 m\"").unwrap();
        assert_eq!(
            places.around(Some(at..at + 5)).to_string(),
            "case.toml:4: [patient] height"
        );
        assert_eq!(places.around(None).to_string(), "case.toml:1");
    }

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let known = ["height", "weight", "sex"];
        let meant = |name: &str| Suggestion::among(name, known).to_string();
        assert_eq!(meant("heigth"), "; did you mean `height`?");
        assert_eq!(meant("Weight"), "; did you mean `weight`?");
        assert_eq!(meant("sx"), "; did you mean `sex`?");
        assert_eq!(meant("pseudonym"), "");
        let territory = Suggestion::among_names("rigth lobe", ["Right lobe", "Left lobe"]);
        assert_eq!(territory.name(), Some("Right lobe"));
    }
}
