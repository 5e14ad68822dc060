//! What the template reads: the numbered report as JSON, pictures as files.
//!
//! Texts reach the layout as strings of JSON, never as markup.

use serde_json::{Value, json};

use crate::citation::Piece;
use crate::document::{Alignment, FigureWidth, Mark, Status};
use crate::numbered::{
    CleanPicture, Item, Numbered, NumberedCell, NumberedFact, NumberedFigure, NumberedTable,
};
use crate::sign;

/// Words of more letters than this may break anywhere, at every [`BREAK_EVERY`].
const LONG_WORD: usize = 28;
const BREAK_EVERY: usize = 12;

/// A file that the template reads.
pub(super) struct File {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// `report.json` and the pictures beside it.
pub(super) fn files(numbered: &Numbered<'_>) -> Vec<File> {
    let mut files: Vec<File> = sign::MARKS
        .iter()
        .map(|mark| File {
            path: format!("/sign-{}.svg", sign::name(*mark)),
            bytes: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\">{}</svg>",
                sign::elements(*mark),
                size = sign::SIGN_SIZE
            )
            .into_bytes(),
        })
        .collect();
    let sections: Vec<Value> = numbered
        .sections
        .iter()
        .map(|section| {
            json!({
                "number": section.number,
                "heading": text(&section.heading),
                "items": section
                    .items
                    .iter()
                    .map(|item| self::item(item, &mut files))
                    .collect::<Vec<_>>(),
            })
        })
        .collect();
    let report = numbered.report;
    let (by, at) = match &report.status {
        Status::Draft | Status::Sheet { .. } => (Value::Null, Value::Null),
        Status::Signed { by, at } => (json!(plain(by)), json!(plain(at))),
    };
    let (state, mark) = match &report.status {
        Status::Draft => ("Draft, not signed".to_owned(), json!("DRAFT")),
        Status::Signed { .. } => ("Signed".to_owned(), Value::Null),
        Status::Sheet { mark: Some(mark) } => (plain(mark), json!(plain(mark))),
        Status::Sheet { mark: None } => ("Computed, nothing to sign".to_owned(), Value::Null),
    };
    let date = iso_date(&report.made_at)
        .map(|[year, month, day]| json!({ "year": year, "month": month, "day": day }));
    let data = json!({
        "title": plain(&report.title),
        "subject": plain(&report.subject),
        "made_at": plain(&report.made_at),
        "program": plain(&report.program),
        "date": date,
        "draft": report.status == Status::Draft,
        "state": state,
        "mark": mark,
        "signed_by": by,
        "signed_at": at,
        "colours": sign::MARKS
            .iter()
            .map(|mark| (sign::name(*mark).to_owned(), json!(sign::colour(*mark))))
            .collect::<serde_json::Map<_, _>>(),
        "notice": text(&numbered.notice),
        "facts": facts(&numbered.facts),
        "sections": sections,
        "references": numbered
            .references
            .iter()
            .map(|work| json!({ "text": plain(&work.text), "link": web_link(work.link.as_deref()) }))
            .collect::<Vec<_>>(),
        "signatures": numbered
            .signatures
            .iter()
            .map(|line| {
                json!({
                    "role": plain(&line.role),
                    "name": line.name.as_deref().map(plain),
                    "date": line.date.as_deref().map(plain),
                })
            })
            .collect::<Vec<_>>(),
    });
    files.push(File {
        path: "/report.json".to_owned(),
        bytes: data.to_string().into_bytes(),
    });
    files
}

/// Year, month and day of the first date of the form 2026-03-16 in a text.
pub(super) fn iso_date(text: &str) -> Option<[u16; 3]> {
    let bytes = text.as_bytes();
    bytes.windows(10).enumerate().find_map(|(at, window)| {
        let alone = at == 0 || !bytes[at - 1].is_ascii_digit();
        if !alone || window[4] != b'-' || window[7] != b'-' {
            return None;
        }
        let number = |digits: &[u8]| -> Option<u16> {
            if !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            std::str::from_utf8(digits).ok()?.parse().ok()
        };
        let [year, month, day] = [
            number(&window[..4])?,
            number(&window[5..7])?,
            number(&window[8..])?,
        ];
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let days = match month {
            2 => 28 + u16::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some([year, month, day])
    })
}

/// The link, where it can be followed, and how it is printed.
fn web_link(link: Option<&str>) -> Value {
    let Some(link) = link else {
        return Value::Null;
    };
    let link: String = link.chars().filter(|letter| !letter.is_control()).collect();
    let followed = link.starts_with("https://") || link.starts_with("http://");
    json!({ "url": followed.then_some(&link), "shown": link })
}

/// A text on one line, without control characters.
fn plain(text: &str) -> String {
    breakable(&text.replace('\n', " "))
}

fn breakable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let longest = text
        .split_whitespace()
        .map(|word| word.chars().count())
        .max()
        .unwrap_or(0);
    let mut run = 0;
    for letter in text.chars() {
        if letter.is_whitespace() {
            run = 0;
            out.push(if letter == '\t' { ' ' } else { letter });
            continue;
        }
        if letter.is_control() {
            continue;
        }
        if longest > LONG_WORD && run > 0 && run % BREAK_EVERY == 0 {
            out.push('\u{200b}');
        }
        out.push(letter);
        run += 1;
    }
    out
}

/// Pieces: a text, a break of the line, or the numbers of works.
fn text(pieces: &[Piece<'_>]) -> Value {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                for (position, line) in text.split('\n').enumerate() {
                    if position > 0 {
                        out.push(json!({ "kind": "break" }));
                    }
                    if !line.is_empty() {
                        out.push(json!({ "kind": "text", "text": breakable(line) }));
                    }
                }
            }
            Piece::Citation(numbers) => {
                out.push(json!({ "kind": "citation", "numbers": numbers }));
            }
        }
    }
    Value::Array(out)
}

fn facts(facts: &[NumberedFact<'_>]) -> Value {
    facts
        .iter()
        .map(|fact| {
            json!({
                "label": plain(fact.label),
                "value": text(&fact.value),
                "source": fact.source.as_ref().map(|source| text(source)),
            })
        })
        .collect()
}

fn item(item: &Item<'_>, files: &mut Vec<File>) -> Value {
    match item {
        Item::Subheading { text: words, .. } => {
            json!({ "kind": "subheading", "text": text(words) })
        }
        Item::Paragraph(words) => json!({ "kind": "paragraph", "text": text(words) }),
        Item::List(items) => json!({
            "kind": "list",
            "items": items.iter().map(|words| text(words)).collect::<Vec<_>>(),
        }),
        Item::Facts(items) => json!({ "kind": "facts", "facts": facts(items) }),
        Item::Table(table) => self::table(table),
        Item::Figures(figures) => json!({
            "kind": "figures",
            "figures": figures
                .iter()
                .map(|figure| self::figure(figure, files))
                .collect::<Vec<_>>(),
        }),
        Item::Callout {
            mark,
            heading,
            texts,
        } => json!({
            "kind": "callout",
            "mark": sign::name(*mark),
            "word": sign::word(*mark),
            "heading": text(heading),
            "texts": texts.iter().map(|words| text(words)).collect::<Vec<_>>(),
        }),
        Item::PageBreak => json!({ "kind": "page_break" }),
    }
}

fn table(table: &NumberedTable<'_>) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": text(&column.name),
                "unit": column.unit.map(plain),
                "alignment": match column.alignment {
                    Alignment::Left => "left",
                    Alignment::Right => "right",
                    Alignment::Centre => "center",
                },
                "share": column.share,
            })
        })
        .collect();
    let rows: Vec<Value> = table
        .rows
        .iter()
        .map(|row| {
            json!({
                "strong": row.strong,
                "cells": row.cells.iter().map(cell).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "kind": "table",
        "number": table.number,
        "caption": text(&table.caption),
        "columns": columns,
        "rows": rows,
        "note": table.note.as_ref().map(|note| text(note)),
    })
}

fn cell(cell: &NumberedCell<'_>) -> Value {
    let (mark, words): (Option<Mark>, Value) = match cell {
        NumberedCell::Text(words) => (None, text(words)),
        NumberedCell::Mark(mark, word) => (Some(*mark), text(word)),
        NumberedCell::Empty => (None, text(&[Piece::Text("–")])),
    };
    json!({ "mark": mark.map(sign::name), "text": words })
}

fn figure(figure: &NumberedFigure<'_>, files: &mut Vec<File>) -> Value {
    let (ending, bytes) = match &figure.picture {
        CleanPicture::Svg(svg) => ("svg", svg.as_file().into_bytes()),
        CleanPicture::Png(bytes) => ("png", bytes.to_vec()),
    };
    let path = format!("/figure-{}.{ending}", figure.number);
    files.push(File {
        path: path.clone(),
        bytes,
    });
    json!({
        "number": figure.number,
        "caption": text(&figure.caption),
        "alternative": plain(figure.alternative),
        "path": path,
        "width": match figure.width {
            FigureWidth::Full => "full",
            FigureWidth::Medium => "medium",
            FigureWidth::Half => "half",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_the_first_one_in_the_text() {
        for (text, date) in [
            ("2026-03-16 09:00 +01:00", Some([2026, 3, 16])),
            ("made 2024-02-29T10:00Z", Some([2024, 2, 29])),
            ("2023-02-29", None),
            ("12026-03-16", None),
            ("16 March 2026", None),
            ("2026-13-01 but 2026-12-01", Some([2026, 12, 1])),
            ("ä-2026-1-01", None),
        ] {
            assert_eq!(iso_date(text), date, "{text}");
        }
    }

    #[test]
    fn long_words_may_break_and_short_ones_stay() {
        assert_eq!(breakable("short words only"), "short words only");
        let uid = "1.2.826.0.1.3680043.8.498.123456789";
        let broken = breakable(uid);
        assert!(broken.contains('\u{200b}'));
        assert_eq!(broken.replace('\u{200b}', ""), uid);
        assert_eq!(breakable("a\u{7}b\tc"), "ab c");
    }

    #[test]
    fn links_are_followed_only_on_the_web() {
        assert_eq!(web_link(Some("https://a.test"))["url"], "https://a.test");
        assert!(web_link(Some("javascript:x"))["url"].is_null());
        assert!(web_link(Some("file:///etc"))["url"].is_null());
    }
}
