//! Names of keys, kinds of values and words, against the schema.

use toml_edit::{Item, TableLike, Value};

use crate::StoreError;
use crate::place::{Places, Suggestion, joined};
use crate::schema::Node;

/// Reads a text of a kind and version, held against its schema, with the places
/// of its keys; errors name it by `file`.
pub(crate) fn checked_rows<T: serde::de::DeserializeOwned>(
    file: &str,
    text: &str,
    version: &'static str,
    schema: &serde_json::Value,
) -> Result<(T, Places), StoreError> {
    let document = toml_edit::Document::parse(text).map_err(|error| StoreError::NotToml {
        place: Places::without_keys(file, text).around(error.span()),
        reason: error.message().to_owned(),
    })?;
    let places = Places::of(file, text, &document);
    let stated = document.get("schema").and_then(toml_edit::Item::as_str);
    if stated != Some(version) {
        return Err(StoreError::WrongSchema {
            place: places.at("schema"),
            expected: version,
        });
    }
    if let Some(root) = Node::root(schema) {
        check_table(document.as_table(), root, "", &places)?;
    }
    let rows = T::deserialize(toml_edit::de::Deserializer::from(document)).map_err(|error| {
        StoreError::Value {
            place: places.around(error.span()),
            reason: error.message().to_owned(),
        }
    })?;
    Ok((rows, places))
}

/// Refuses keys that the schema does not have, keys that are missing, values
/// of another kind and words that are in no list.
fn check_table(
    table: &dyn TableLike,
    schema: Node<'_>,
    path: &str,
    places: &Places,
) -> Result<(), StoreError> {
    for (key, item) in table.iter() {
        let inner = joined(path, key);
        let Some(property) = schema.property(key) else {
            return Err(StoreError::UnknownKey {
                place: places.at(&inner),
                suggestion: Suggestion::among(key, schema.keys()),
                allowed: schema.keys().collect::<Vec<_>>().join(", "),
            });
        };
        check_item(item, property, &inner, places)?;
    }
    for key in schema.required() {
        if !table.contains_key(key) {
            return Err(StoreError::MissingKey {
                place: places.at(path),
                key: key.to_owned(),
                meaning: schema.property(key).map(Node::meaning).unwrap_or_default(),
            });
        }
    }
    Ok(())
}

fn check_item(
    item: &Item,
    schema: Node<'_>,
    path: &str,
    places: &Places,
) -> Result<(), StoreError> {
    match schema.kind() {
        Some("object") => match item.as_table_like() {
            Some(table) => check_table(table, schema, path, places),
            None => Err(wrong_kind(expected_table(schema, path), path, places)),
        },
        Some("array") => check_array(item, schema, path, places),
        kind => match item {
            Item::Value(value) => check_scalar(value, kind, schema, path, places),
            _ => Err(wrong_kind("a value, not a table".to_owned(), path, places)),
        },
    }
}

fn check_array(
    item: &Item,
    schema: Node<'_>,
    path: &str,
    places: &Places,
) -> Result<(), StoreError> {
    let Some(element) = schema.items() else {
        return Ok(());
    };
    let inner = |index: usize| joined(path, &index.to_string());
    match item {
        Item::ArrayOfTables(tables) if element.kind() == Some("object") => {
            for (index, table) in tables.iter().enumerate() {
                check_table(table, element, &inner(index), places)?;
            }
            Ok(())
        }
        Item::Value(Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                check_item(&Item::Value(value.clone()), element, &inner(index), places)?;
            }
            Ok(())
        }
        _ if element.kind() == Some("object") => Err(wrong_kind(
            format!("[[{path}]], one table for each"),
            path,
            places,
        )),
        _ => Err(wrong_kind(
            "a list in square brackets, such as [\"a\", \"b\"]".to_owned(),
            path,
            places,
        )),
    }
}

fn check_scalar(
    value: &Value,
    kind: Option<&str>,
    schema: Node<'_>,
    path: &str,
    places: &Places,
) -> Result<(), StoreError> {
    let wrong = |expected: &str| Err(wrong_kind(expected.to_owned(), path, places));
    match kind {
        Some("string") => {
            let Some(text) = value.as_str() else {
                return wrong("text in quotes");
            };
            let words = schema.words();
            if words.is_empty() || words.contains(&text) {
                // A name of nothing is none.
                return if text.trim().is_empty() {
                    wrong("text that is not empty")
                } else {
                    Ok(())
                };
            }
            Err(StoreError::UnknownWord {
                place: places.at(path),
                name: text.to_owned(),
                allowed: words.join(", "),
                suggestion: Suggestion::among_names(text, words),
            })
        }
        Some("boolean") if value.as_bool().is_none() => wrong("true or false"),
        Some("integer") if value.as_integer().is_none_or(|number| number < 0) => {
            wrong("a whole number of 0 or more without quotes")
        }
        Some("number") if value.as_float().is_none() && value.as_integer().is_none() => {
            wrong("a number without quotes")
        }
        _ => Ok(()),
    }
}

/// What a table looks like: with an example where it is an activity.
fn expected_table(schema: Node<'_>, path: &str) -> String {
    if schema.keys().eq(["activity", "at"]) {
        return "the activity with its instant, such as { activity = \"1.85 GBq\", at = \"2026-03-15T10:00+01:00\" }"
            .to_owned();
    }
    format!("a table [{path}]")
}

fn wrong_kind(expected: String, path: &str, places: &Places) -> StoreError {
    StoreError::WrongKind {
        place: places.at(path),
        expected,
    }
}
