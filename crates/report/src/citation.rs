//! Citations in texts: `[@key]`, or `[@first; @second]`, as numbers.

use crate::document::Reference;
use crate::error::ReportError;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// Works by their number, from 1.
    Citation(Vec<usize>),
}

/// The pieces of a text.
///
/// Brackets that do not begin with `[@`, or that nothing closes, are text.
///
/// # Errors
/// A key that no reference has; `place` tells where.
pub(crate) fn pieces<'a>(
    text: &'a str,
    references: &[Reference],
    place: &dyn Fn() -> String,
) -> Result<Vec<Piece<'a>>, ReportError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[@") {
        let Some((keys, behind)) = after.split_once(']') else {
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let mut numbers = Vec::new();
        for key in keys.split(';') {
            let key = key.trim().trim_start_matches('@');
            let Some(position) = references.iter().position(|work| work.key == key) else {
                return Err(ReportError::UnknownCitation {
                    place: place(),
                    key: key.to_owned(),
                    known: known(references),
                });
            };
            numbers.push(position + 1);
        }
        pieces.push(Piece::Citation(numbers));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// "1, 4" for the text between the brackets.
pub(crate) fn joined(numbers: &[usize]) -> String {
    let words: Vec<String> = numbers.iter().map(usize::to_string).collect();
    words.join(", ")
}

fn known(references: &[Reference]) -> String {
    if references.is_empty() {
        return "none".to_owned();
    }
    let keys: Vec<&str> = references.iter().map(|work| work.key.as_str()).collect();
    keys.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn works() -> Vec<Reference> {
        ["first", "second"]
            .map(|key| Reference {
                key: key.to_owned(),
                text: key.to_owned(),
                link: None,
            })
            .to_vec()
    }

    fn split(text: &str) -> Result<Vec<Piece<'_>>, ReportError> {
        pieces(text, &works(), &|| "section 1".to_owned())
    }

    #[test]
    fn a_key_becomes_the_number_of_its_work() {
        assert_eq!(
            split("as told [@second], and [@first; @second]").unwrap(),
            [
                Piece::Text("as told "),
                Piece::Citation(vec![2]),
                Piece::Text(", and "),
                Piece::Citation(vec![1, 2]),
            ]
        );
    }

    #[test]
    fn other_brackets_and_signs_are_text() {
        for text in ["[1]", "a@b.org", "[ @x]", "open [@first", "@first", ""] {
            let pieces = split(text).unwrap();
            let all: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => *text,
                    Piece::Citation(_) => "cited",
                })
                .collect();
            assert_eq!(all, text);
        }
    }

    #[test]
    fn a_key_of_no_work_is_refused_with_the_keys_there_are() {
        assert_eq!(
            split("[@third]").unwrap_err().to_string(),
            "section 1: [@third] cites no reference of the list; it holds first, second"
        );
    }
}
