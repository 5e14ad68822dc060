//! Every source that code, data and methods name stands in docs/references.bib.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files with one of the endings, below a folder.
fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            files(&path, endings, found);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

/// Words of the form of our keys: an author, a year of four digits, perhaps a
/// word; or a report of a body with its number.
fn keys(text: &str) -> BTreeSet<String> {
    // A hyphen binds: `eanm2022-glass` is the name of a model, not a key.
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
        .filter(|word| is_key(word))
        .map(str::to_owned)
        .collect()
}

fn is_key(word: &str) -> bool {
    let author: String = word.chars().take_while(char::is_ascii_lowercase).collect();
    let rest = &word[author.len()..];
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let suffix = &rest[digits.len()..];
    if ["icru", "icrp", "mird", "jcgm"].contains(&author.as_str()) {
        return !digits.is_empty() && suffix.is_empty();
    }
    // Not every word with a year is a source.
    author.len() >= 3
        && author != "jpeg"
        && digits.len() == 4
        && (digits.starts_with("19") || digits.starts_with("20"))
        && !suffix.starts_with(|letter: char| letter.is_ascii_digit())
        && suffix
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

fn bibliography() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs/references.bib")).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix('@')?.split_once('{'))
        .map(|(_, key)| key.trim_end_matches(',').trim().to_owned())
        .collect()
}

#[test]
fn every_key_in_use_is_in_the_bibliography() {
    let known = bibliography();
    let mut found = Vec::new();
    files(&root().join("docs"), &[".md"], &mut found);
    files(
        &root().join("crates"),
        &[".rs", ".toml", ".csv"],
        &mut found,
    );
    let mut used: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in found {
        // This file names keys that exist only as examples.
        if file.ends_with("it/references.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        for key in keys(&text) {
            used.entry(key).or_insert_with(|| file.clone());
        }
    }
    assert!(used.len() > 20, "only {} keys were found", used.len());
    let missing: Vec<_> = used
        .iter()
        .filter(|(key, _)| !known.contains(*key))
        .collect();
    assert!(
        missing.is_empty(),
        "not in docs/references.bib: {missing:?}"
    );
}

#[test]
fn every_entry_has_what_finds_it_again() {
    let text = std::fs::read_to_string(root().join("docs/references.bib")).unwrap();
    let entries: Vec<&str> = text.split("\n@").skip(1).collect();
    assert!(entries.len() > 20);
    for entry in entries {
        let key = entry.lines().next().unwrap_or_default();
        for field in ["title", "year"] {
            assert!(
                entry.contains(&format!("{field} = ")),
                "{key} has no {field}"
            );
        }
        assert_eq!(
            entry.matches('{').count(),
            entry.matches('}').count(),
            "{key} has unequal braces"
        );
    }
    assert_eq!(
        bibliography().len(),
        text.matches("\n@").count(),
        "a key stands twice"
    );
}

#[test]
fn keys_are_told_from_other_words() {
    let found = keys(
        "see `gear2018` (eq. 5), willowson2015quest; icru83, y1990, IEC61217, v2025a, a2022-b",
    );
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["gear2018", "icru83", "willowson2015quest"]
    );
}
