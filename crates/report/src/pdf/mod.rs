//! The report as PDF: laid out by typst from a template that is compiled in.

mod data;
mod world;

use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::document::Report;
use crate::error::ReportError;
use crate::numbered::numbered;

use world::Pages;

/// The report as PDF/A-2b on A4 pages, tagged, with its fonts inside; the same
/// report gives the same bytes.
///
/// The date of the file is the first date of the form 2026-03-16 in
/// [`Report::made_at`]; without one the file has no date.
/// Links of the reference list that begin with `https://` or `http://` can be
/// followed, others are printed only.
///
/// # Errors
/// [`ReportError`] of every kind but [`ReportError::Plot`]: what
/// [`html`](crate::html()) refuses, letters that none of the fonts has, and
/// pictures that cannot be laid out.
pub fn pdf(report: &Report) -> Result<Vec<u8>, ReportError> {
    let document = laid_out(report)?;
    let standards =
        PdfStandards::new(&[PdfStandard::A_2b]).map_err(|problem| ReportError::Layout {
            reason: problem.message().to_string(),
        })?;
    let options = PdfOptions {
        ident: Smart::Auto,
        creator: Smart::Custom(Some(report.program.clone())),
        standards,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|problems| layout_error(&problems))?;
    // What layout has remembered is of no use for the next report.
    typst::comemo::evict(0);
    Ok(bytes)
}

fn laid_out(report: &Report) -> Result<PagedDocument, ReportError> {
    let numbered = numbered(report)?;
    let pages = Pages::new(data::files(&numbered))?;
    typst::compile(&pages)
        .output
        .map_err(|problems| layout_error(&problems))
}

fn layout_error(problems: &[typst::diag::SourceDiagnostic]) -> ReportError {
    let reasons: Vec<String> = problems
        .iter()
        .map(|problem| problem.message.to_string())
        .collect();
    ReportError::Layout {
        reason: reasons.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use typst::layout::{Frame, FrameItem};

    use super::*;
    use crate::document::{
        Alignment, Block, Callout, Cell, Column, Fact, Figure, FigureWidth, Mark, Picture,
        Reference, Row, Section, Signature, Status, Table,
    };

    /// Signs with a meaning in Typst, JSON or HTML.
    const SIGNS: &str = "<b>&amp; \"q\" 'a' #let $x$ *s* _u_ `c` @ref \\ ~ // [z] {y} = - + / 1.";

    fn report(blocks: Vec<Block>) -> Report {
        Report {
            title: "Treatment plan".to_owned(),
            subject: "SIRT-017".to_owned(),
            made_at: "2026-03-16 09:00 +01:00".to_owned(),
            program: "OpenSIRT 0.1.0".to_owned(),
            notice: String::new(),
            status: Status::Draft,
            facts: Vec::new(),
            sections: vec![Section {
                heading: "Doses".to_owned(),
                blocks,
            }],
            references: vec![Reference {
                key: "first".to_owned(),
                text: "First work.".to_owned(),
                link: Some("https://a.test/first".to_owned()),
            }],
            signatures: Vec::new(),
        }
    }

    fn table(rows: usize, columns: usize, width: u16) -> Block {
        Block::Table(Table {
            caption: "Doses of all structures".to_owned(),
            columns: (0..columns)
                .map(|column| Column {
                    name: format!("Head{column}"),
                    unit: Some("Gy".to_owned()),
                    alignment: if column == 0 {
                        Alignment::Left
                    } else {
                        Alignment::Right
                    },
                    width,
                })
                .collect(),
            rows: (0..rows)
                .map(|row| Row {
                    cells: (0..columns)
                        .map(|column| match column {
                            0 => Cell::Mark(Mark::Pass, format!("row{row}")),
                            _ => Cell::Text(format!("{row}.{column}00 ± 0.{column}")),
                        })
                        .collect(),
                    strong: row == 1,
                })
                .collect(),
            note: Some("A note.".to_owned()),
        })
    }

    /// The words of each page, in order.
    fn page_texts(report: &Report) -> Vec<String> {
        let document = laid_out(report).unwrap();
        document
            .pages()
            .iter()
            .map(|page| {
                let mut text = String::new();
                collect(&page.frame, &mut text);
                text
            })
            .collect()
    }

    fn collect(frame: &Frame, out: &mut String) {
        for (_, item) in frame.items() {
            match item {
                FrameItem::Group(group) => collect(&group.frame, out),
                FrameItem::Text(text) => {
                    out.push_str(&text.text);
                    out.push(' ');
                }
                _ => {}
            }
        }
    }

    /// Without spaces: a line may break at any of them.
    fn solid(text: &str) -> String {
        text.chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '\u{200b}')
            .collect()
    }

    #[test]
    fn texts_are_printed_as_they_are() {
        let words = SIGNS.to_owned();
        let mut report = report(vec![
            Block::Subheading(words.clone()),
            Block::Paragraph(words.clone()),
            Block::List(vec![words.clone()]),
            Block::Facts(vec![Fact {
                label: words.clone(),
                value: words.clone(),
                source: Some(words.clone()),
            }]),
            Block::Callout(Callout {
                mark: Mark::Stop,
                heading: words.clone(),
                texts: vec![words.clone()],
            }),
        ]);
        report.title = words.clone();
        report.subject = words.clone();
        report.references[0].text = words;
        let text = solid(&page_texts(&report).join(" "));
        // Twice each title and subject, heading, paragraph, item, label, value,
        // source, callout's heading and text, and reference.
        assert_eq!(text.matches(&solid(SIGNS)).count(), 13, "{text}");
        assert!(text.contains("Stop:"));
    }

    #[test]
    fn a_long_table_has_its_head_on_every_page() {
        let texts = page_texts(&report(vec![table(120, 4, 0)]));
        assert!(texts.len() >= 3, "{} pages", texts.len());
        let with_rows: Vec<&String> = texts.iter().filter(|text| text.contains("± 0.1")).collect();
        assert!(with_rows.len() >= 3);
        for text in &with_rows {
            assert!(text.contains("Head3"), "{text}");
        }
        let all = solid(&texts.join(" "));
        for row in [0, 60, 119] {
            assert!(all.contains(&format!("{row}.200±0.2")), "row {row}");
        }
        assert!(all.contains("Table1.Dosesofallstructures") && all.contains("Anote."));
        let last = texts.len();
        assert!(texts[last - 1].contains(&format!("Page {last} of {last}")));
    }

    #[test]
    fn a_short_table_stays_whole_with_its_caption_and_note() {
        // At any place of the page: so many lines stand before it.
        for lines in (30..42).step_by(3) {
            let mut blocks = vec![Block::List(vec!["line".to_owned(); lines])];
            blocks.push(Block::Subheading("Before the table".to_owned()));
            blocks.push(table(6, 4, 0));
            let texts = page_texts(&report(blocks));
            let whole = texts
                .iter()
                .map(|text| solid(text))
                .find(|text| text.contains("Beforethetable"));
            let whole = whole.unwrap();
            for part in ["Table1.", "row0", "row5", "Anote."] {
                assert!(whole.contains(part), "{lines} lines: {part} in {whole}");
            }
        }
    }

    #[test]
    fn the_caption_of_a_long_table_is_on_the_page_of_its_first_row() {
        for lines in (30..48).step_by(3) {
            let texts = page_texts(&report(vec![
                Block::List(vec!["line".to_owned(); lines]),
                table(40, 4, 0),
            ]));
            let first = texts
                .iter()
                .map(|text| solid(text))
                .find(|text| text.contains("Table1."));
            let first = first.unwrap();
            assert!(first.contains("row0"), "{lines} lines: {first}");
        }
    }

    #[test]
    fn a_column_of_long_texts_takes_the_room_that_short_ones_leave() {
        let long =
            "a text of many words that can only stand on several lines of a page of this width "
                .repeat(2);
        let mut rows = vec![["one", "two", &long]; 8];
        // One long text among short ones does not make its column wide.
        rows[3][1] = "as long as it is alone in its column";
        let block = Block::Table(Table {
            caption: "Rules".to_owned(),
            columns: ["Says", "Value", "Why"]
                .map(|name| Column {
                    name: name.to_owned(),
                    unit: None,
                    alignment: Alignment::Left,
                    width: 0,
                })
                .to_vec(),
            rows: rows
                .iter()
                .map(|row| Row {
                    cells: row.map(|text| Cell::Text(text.to_owned())).to_vec(),
                    strong: false,
                })
                .collect(),
            note: None,
        });
        let document = laid_out(&report(vec![block])).unwrap();
        let starts = left_edges(&document.pages()[0].frame, "Why", 0.0);
        // The text is 499 pt wide from 48 pt on: the long column has more than half of it.
        assert!(
            starts.iter().all(|start| *start < 48.2 + 250.0),
            "{starts:?}"
        );
    }

    /// Where the words begin that start a line with a text, pt.
    fn left_edges(frame: &Frame, word: &str, left: f64) -> Vec<f64> {
        frame
            .items()
            .flat_map(|(at, item)| {
                let left = left + at.x.to_pt();
                match item {
                    FrameItem::Group(group) => left_edges(&group.frame, word, left),
                    FrameItem::Text(text) if text.text.starts_with(word) => vec![left],
                    _ => Vec::new(),
                }
            })
            .collect()
    }

    /// The right edge of everything that is printed on a page, pt.
    fn right_edge(frame: &Frame, left: f64) -> f64 {
        frame
            .items()
            .map(|(at, item)| {
                let left = left + at.x.to_pt();
                match item {
                    FrameItem::Group(group) => right_edge(&group.frame, left),
                    FrameItem::Text(text) => left + text.width().to_pt(),
                    _ => left,
                }
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn wide_tables_fit_the_page() {
        for width in [0, 1] {
            let mut wide = report(vec![table(3, 12, width)]);
            // Without the mark of a draft, which is turned and so has no edge.
            wide.status = Status::Signed {
                by: "A. Physicist".to_owned(),
                at: "2026-03-17".to_owned(),
            };
            let document = laid_out(&wide).unwrap();
            // A4 is 595.3 pt wide, its right margin 17 mm, 48.2 pt; half a point
            // for the rounding of widths.
            let edge = right_edge(&document.pages()[0].frame, 0.0);
            assert!(edge < 595.3 - 48.2 + 0.5, "{edge}");
        }
    }

    #[test]
    fn drafts_are_marked_on_every_page_and_signed_reports_are_not() {
        let mut report = report(vec![
            Block::Paragraph("One [@first].".to_owned()),
            Block::PageBreak,
            Block::Paragraph("Two.".to_owned()),
        ]);
        report.signatures = vec![Signature {
            role: "Medical physicist".to_owned(),
            name: Some("A. Physicist".to_owned()),
            date: None,
        }];
        let texts = page_texts(&report);
        assert_eq!(texts.len(), 2);
        for text in &texts {
            assert!(
                text.contains("DRAFT") && text.contains("SIRT-017"),
                "{text}"
            );
            assert!(text.contains("OpenSIRT 0.1.0"), "{text}");
        }
        assert!(solid(&texts[0]).contains("One[1]."));
        assert!(solid(&texts[1]).contains("Medicalphysicist"));
        report.status = Status::Signed {
            by: "A. Physicist".to_owned(),
            at: "2026-03-17 08:00".to_owned(),
        };
        let texts = page_texts(&report).join(" ");
        assert!(!texts.contains("DRAFT"));
        assert!(solid(&texts).contains(&solid("Signed by A. Physicist, 2026-03-17 08:00")));
    }

    #[test]
    fn a_letter_without_glyph_and_a_broken_picture_are_refused() {
        let problem = |block: Block| pdf(&report(vec![block])).unwrap_err();
        assert_eq!(
            problem(Block::Paragraph("\u{4e2d}".to_owned())),
            ReportError::NoGlyph { letter: '\u{4e2d}' }
        );
        let truncated = Picture::Png(b"\x89PNG\r\n\x1a\n".to_vec());
        let error = problem(Block::Figure(Figure {
            caption: String::new(),
            alternative: "nothing".to_owned(),
            picture: truncated,
            width: FigureWidth::Full,
        }));
        assert!(matches!(error, ReportError::Layout { .. }), "{error}");
    }
}
