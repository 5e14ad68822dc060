//! The JSON Schema of the case file, and its use as the first check.
//!
//! The schema is made from the rows that read the file, so that what it says
//! and what is read cannot differ. Names of keys, kinds of values and words
//! are checked against it before anything is read, which gives one place for
//! suggestions and keeps values out of these errors.

use serde_json::{Map, Value};

use crate::row::CaseRow;

/// What the key `schema` of a case has to say.
pub const SCHEMA_VERSION: &str = "opensirt-case/1";

/// The JSON Schema (draft 2020-12) of `case.toml`.
///
/// A file of TOML holds no null, and so do values by this schema not.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(CaseRow).to_value();
    without_null(&mut schema);
    schema
}

/// Takes out the null that an optional field may be in JSON.
pub(crate) fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(without_null),
        Value::Object(object) => {
            object.values_mut().for_each(without_null);
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            if let Some(Value::Array(words)) = object.get_mut("enum") {
                words.retain(|word| !word.is_null());
            }
            if let Some(Value::Array(kinds)) = object.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [kind] = &kinds[..] {
                    let kind = kind.clone();
                    object.insert("type".to_owned(), kind);
                }
            }
            if let Some(Value::Array(mut choices)) = object.remove("anyOf") {
                choices.retain(|choice| choice["type"] != "null");
                match choices.pop() {
                    Some(Value::Object(only)) if choices.is_empty() => {
                        for (key, value) in only {
                            object.entry(key).or_insert(value);
                        }
                    }
                    Some(last) => {
                        choices.push(last);
                        object.insert("anyOf".to_owned(), Value::Array(choices));
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
}

/// One schema inside of the schema, with the way to the others.
#[derive(Clone, Copy)]
pub(crate) struct Node<'s> {
    root: &'s Value,
    /// Where it is used, with the description of that use.
    used: &'s Map<String, Value>,
    /// What it says, behind a reference.
    said: &'s Map<String, Value>,
}

impl<'s> Node<'s> {
    /// The schema as a whole; none if it is no object, which it always is.
    pub(crate) fn root(root: &'s Value) -> Option<Self> {
        let object = root.as_object()?;
        Some(Self {
            root,
            used: object,
            said: object,
        })
    }

    fn of(self, schema: &'s Value) -> Option<Self> {
        let used = schema.as_object()?;
        let said = match used.get("$ref").and_then(Value::as_str) {
            Some(reference) => self
                .root
                .pointer(reference.trim_start_matches('#'))?
                .as_object()?,
            None => used,
        };
        Some(Self {
            root: self.root,
            used,
            said,
        })
    }

    pub(crate) fn property(self, key: &str) -> Option<Self> {
        self.of(self.said.get("properties")?.get(key)?)
    }

    pub(crate) fn keys(self) -> impl Iterator<Item = &'s str> {
        self.said
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
    }

    pub(crate) fn required(self) -> impl Iterator<Item = &'s str> {
        self.said
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    pub(crate) fn items(self) -> Option<Self> {
        self.of(self.said.get("items")?)
    }

    /// The words that are allowed; empty where any are.
    pub(crate) fn words(self) -> Vec<&'s str> {
        let listed = |key: &str| {
            self.said
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        listed("enum")
            .filter_map(Value::as_str)
            .chain(listed("oneOf").filter_map(|choice| choice.get("const")?.as_str()))
            .collect()
    }

    /// `object`, `array`, `string`, `number`, `integer` or `boolean`; none
    /// where the value is read by its quantity.
    pub(crate) fn kind(self) -> Option<&'s str> {
        let by_quantity =
            |node: &Map<String, Value>| node.contains_key("pattern") && node.contains_key("format");
        if by_quantity(self.said) {
            return None;
        }
        self.said.get("type").and_then(Value::as_str).or_else(|| {
            // Words with a description of each.
            self.said.contains_key("oneOf").then_some("string")
        })
    }

    /// First sentence of what it means where it is used.
    pub(crate) fn meaning(self) -> String {
        let text = self
            .used
            .get("description")
            .or_else(|| self.said.get("description"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        let sentence = text.split(['.', ';']).next().unwrap_or_default();
        let mut letters = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
        // Names such as MAA keep their capitals.
        let second_is_small = letters.chars().nth(1).is_none_or(|c| !c.is_uppercase());
        if second_is_small && let Some(first) = letters.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_no_null_and_forbids_other_keys() {
        let schema = json_schema();
        let text = schema.to_string();
        assert!(!text.contains("null"), "{text}");
        assert_eq!(schema["additionalProperties"], false);
        let patient = Node::root(&schema).unwrap().property("patient").unwrap();
        assert_eq!(
            patient.required().collect::<Vec<_>>(),
            ["pseudonym", "sex", "height", "weight"]
        );
        assert_eq!(patient.property("sex").unwrap().words(), ["female", "male"]);
        assert_eq!(
            patient.property("height").unwrap().meaning(),
            "height of the body"
        );
        let lobe = Node::root(&schema)
            .and_then(|root| root.property("territory")?.items()?.property("lobe"))
            .unwrap();
        assert_eq!(lobe.words(), ["right", "left", "whole", "segmental"]);
        assert_eq!(lobe.kind(), Some("string"));
    }

    #[test]
    fn is_the_published_one() {
        // Renewed by running this test with SIRT_RENEW=1.
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/schema/case.schema.json"
        );
        let made = format!("{:#}\n", json_schema());
        if std::env::var_os("SIRT_RENEW").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap();
        let published: Value = serde_json::from_str(&published).unwrap();
        assert!(
            published == json_schema(),
            "docs/schema/case.schema.json is stale: run this test with SIRT_RENEW=1"
        );
    }
}
