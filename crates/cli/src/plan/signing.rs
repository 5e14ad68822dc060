//! Whether the contents of a plan are those that somebody signed.
//!
//! What is signed is a fingerprint of what the case file says, its signatures
//! left out, and of the plan's result, the program's version left out and
//! numbers taken to six digits: comments and spelling may change, contents may
//! not. It shows that something changed; it is no proof against forgery.

use serde::Serialize;
use serde_json::Value;
use sirt_store::Case;
use uuid::Uuid;

use super::PlanResult;

/// Name space of fingerprints (version 5 of the project's name as a DNS name).
const NAME_SPACE: Uuid = Uuid::from_u128(0x5d5f_4f0e_9d0c_5d0a_9b1e_2f6c_7a4d_9e11);

/// Fields of a plan that are not what is signed.
const NOT_SIGNED: [&str; 2] = ["program", "signing"];

/// Whether a plan is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SigningStatus {
    /// Nobody signed it.
    #[default]
    Draft,
    /// Somebody signed these contents.
    Signed,
    /// Who signed, signed other contents: a draft again.
    Changed,
}

/// The signatures of a case against its contents.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Signing {
    /// Fingerprint of the contents as they are.
    pub(crate) content: String,
    pub(crate) status: SigningStatus,
    pub(crate) signatures: Vec<SignatureOfContents>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct SignatureOfContents {
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) at: String,
    /// Whether it stands under the contents as they are.
    pub(crate) current: bool,
}

impl Signing {
    /// `contents` is what the case file says without its signatures.
    pub(super) fn of(case: &Case, contents: &str, result: &PlanResult) -> anyhow::Result<Self> {
        let content = fingerprint(contents, result)?;
        let signatures: Vec<SignatureOfContents> = case
            .signatures
            .iter()
            .map(|signature| SignatureOfContents {
                role: signature.role.clone(),
                name: signature.name.clone(),
                at: signature.at.to_string(),
                current: signature.content == content,
            })
            .collect();
        let status = if signatures.iter().any(|signature| signature.current) {
            SigningStatus::Signed
        } else if signatures.is_empty() {
            SigningStatus::Draft
        } else {
            SigningStatus::Changed
        };
        Ok(Self {
            content,
            status,
            signatures,
        })
    }
}

fn fingerprint(contents: &str, result: &PlanResult) -> anyhow::Result<String> {
    let mut plan = serde_json::to_value(result)?;
    if let Some(fields) = plan.as_object_mut() {
        for name in NOT_SIGNED {
            fields.remove(name);
        }
    }
    plan.sort_all_objects();
    let mut text = String::from(contents);
    write(&plan, &mut text);
    Ok(Uuid::new_v5(&NAME_SPACE, text.as_bytes()).to_string())
}

/// A value as text, its numbers to six digits.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(number) => text.push_str(&format!("{number:.5e}")),
            None => text.push_str(&number.to_string()),
        },
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (name, value) in fields {
                text.push_str(name);
                text.push(':');
                write(value, text);
                text.push(',');
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_agree_in_six_digits_are_the_same() {
        let written = |value: Value| {
            let mut text = String::new();
            write(&value, &mut text);
            text
        };
        let one = written(serde_json::json!({"a": [1.000_000_1, null, "x"]}));
        assert_eq!(one, written(serde_json::json!({"a": [1.0, null, "x"]})));
        assert_ne!(
            one,
            written(serde_json::json!({"a": [1.000_01, null, "x"]}))
        );
    }
}
