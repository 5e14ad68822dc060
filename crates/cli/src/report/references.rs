//! The works that a report cites, from the project's own bibliography.

use std::collections::BTreeMap;

use anyhow::anyhow;
use biblatex::{Bibliography, ChunksExt as _, Entry};
use sirt_report::{Block, Cell, Reference, Report};

const BIBLIOGRAPHY: &str = include_str!("../../../../docs/references.bib");
/// Authors that are named before "et al.".
const NAMED_AUTHORS: usize = 3;

/// The bibliography, by key.
#[derive(Debug)]
pub(crate) struct Library(BTreeMap<String, Work>);

#[derive(Debug)]
struct Work {
    /// "Weber 2022".
    short: String,
    text: String,
    link: Option<String>,
}

impl Library {
    pub(crate) fn built_in() -> anyhow::Result<Self> {
        let parsed = Bibliography::parse(BIBLIOGRAPHY)
            .map_err(|error| anyhow!("docs/references.bib: {error}"))?;
        Ok(Self(
            parsed
                .iter()
                .map(|entry| (entry.key.clone(), Work::of(entry)))
                .collect(),
        ))
    }

    /// A source in words, its keys turned into citations: `weber2022eanm,
    /// table 3` becomes `Weber 2022 [@weber2022eanm], table 3`.
    pub(crate) fn cited(&self, source: &str) -> String {
        let source = plain(source).replace('`', "");
        let mut text = String::with_capacity(source.len() + 16);
        let mut rest = source.as_str();
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
            let (before, from) = rest.split_at(start);
            let end = from
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
                .unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            text.push_str(before);
            match self.0.get(word) {
                Some(work) => text.push_str(&format!("{} [@{word}]", work.short)),
                None => text.push_str(word),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// The works that a report cites, in the order in which it does.
    pub(crate) fn of_report(&self, report: &Report) -> Vec<Reference> {
        let mut keys: Vec<&str> = Vec::new();
        for text in texts(report) {
            let mut rest = text;
            while let Some((_, after)) = rest.split_once("[@") {
                let Some((key, after)) = after.split_once(']') else {
                    break;
                };
                if !keys.contains(&key) {
                    keys.push(key);
                }
                rest = after;
            }
        }
        keys.into_iter()
            .filter_map(|key| {
                self.0.get(key).map(|work| Reference {
                    key: key.to_owned(),
                    text: work.text.clone(),
                    link: work.link.clone(),
                })
            })
            .collect()
    }
}

/// A text of a person, which must not be taken for a citation.
pub(crate) fn plain(text: &str) -> String {
    text.replace("[@", "[ @")
}

impl Work {
    fn of(entry: &Entry) -> Self {
        let field = |name: &str| {
            entry
                .get(name)
                .map(|chunks| chunks.format_verbatim().trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let year = field("year").or_else(|| field("date")).unwrap_or_default();
        let people = entry.author().unwrap_or_default();
        let named: Vec<String> = people
            .iter()
            .filter(|person| person.name != "others")
            .take(NAMED_AUTHORS)
            .map(|person| {
                let name = format!("{} {}", person.prefix, person.name);
                let initials: String = person
                    .given_name
                    .split([' ', '-', '.'])
                    .filter_map(|part| part.chars().next())
                    .collect();
                format!("{} {initials}", name.trim()).trim().to_owned()
            })
            .collect();
        let mut authors = named.join(", ");
        if people.len() > named.len() {
            authors.push_str(" et al.");
        }
        let first = people.first().map_or_else(
            || {
                field("institution")
                    .or_else(|| field("publisher"))
                    .unwrap_or_else(|| entry.key.clone())
            },
            |person| {
                format!("{} {}", person.prefix, person.name)
                    .trim()
                    .to_owned()
            },
        );
        let mut text = if authors.is_empty() {
            String::new()
        } else {
            format!("{}. ", authors.trim_end_matches('.'))
        };
        text.push_str(field("title").unwrap_or_default().trim_end_matches('.'));
        text.push('.');
        let place = field("journaltitle")
            .or_else(|| field("journal"))
            .or_else(|| field("booktitle"))
            .or_else(|| field("institution"))
            .or_else(|| field("publisher"))
            .or_else(|| field("school"))
            .or_else(|| field("howpublished"));
        if let Some(place) = place {
            text.push_str(&format!(" {place}"));
        }
        if !year.is_empty() {
            text.push_str(&format!(" {year}"));
        }
        if let Some(volume) = field("volume") {
            text.push_str(&format!("; {volume}"));
        }
        if let Some(pages) = field("pages") {
            text.push_str(&format!(": {}", pages.replace("--", "–")));
        }
        text.push('.');
        let link = field("doi")
            .map(|doi| format!("https://doi.org/{doi}"))
            .or_else(|| field("url"));
        Self {
            short: format!("{first} {year}").trim().to_owned(),
            text,
            link,
        }
    }
}

/// All texts of a report in which a citation may stand, in their order.
fn texts(report: &Report) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    for fact in &report.facts {
        texts.extend([fact.label.as_str(), &fact.value]);
        texts.extend(fact.source.as_deref());
    }
    for block in report.sections.iter().flat_map(|section| &section.blocks) {
        match block {
            Block::Subheading(text) | Block::Paragraph(text) => texts.push(text),
            Block::List(items) => texts.extend(items.iter().map(String::as_str)),
            Block::Facts(facts) => {
                for fact in facts {
                    texts.extend([fact.label.as_str(), &fact.value]);
                    texts.extend(fact.source.as_deref());
                }
            }
            Block::Table(table) => {
                texts.push(&table.caption);
                for cell in table.rows.iter().flat_map(|row| &row.cells) {
                    match cell {
                        Cell::Text(text) | Cell::Mark(_, text) => texts.push(text),
                        Cell::Empty => {}
                    }
                }
                texts.extend(table.note.as_deref());
            }
            Block::Figure(figure) => texts.push(&figure.caption),
            Block::Callout(callout) => {
                texts.push(&callout.heading);
                texts.extend(callout.texts.iter().map(String::as_str));
            }
            Block::PageBreak => {}
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_a_source_become_citations_and_words_of_people_do_not() {
        let library = Library::built_in().unwrap();
        assert_eq!(
            library.cited("weber2022eanm, table 3"),
            "Weber 2022 [@weber2022eanm], table 3"
        );
        assert_eq!(
            library.cited("ours; (`gear2018`)"),
            "ours; (Gear 2018 [@gear2018])"
        );
        assert_eq!(library.cited("tumour board [@x]"), "tumour board [ @x]");
    }

    #[test]
    fn every_entry_of_the_bibliography_reads_as_a_reference() {
        let library = Library::built_in().unwrap();
        assert!(library.0.len() > 50);
        for (key, work) in &library.0 {
            assert!(
                !work.short.is_empty() && work.text.len() > 20,
                "{key}: {work:?}"
            );
            assert!(
                !work.text.contains(['{', '}', '\\']),
                "{key}: {}",
                work.text
            );
        }
        assert!(library.0["weber2022eanm"].text.starts_with("Weber M"));
    }
}
