//! The report with its numbers: sections, tables, figures and citations are
//! counted, pairs of half figures found, and what is wrong is refused, once for
//! both forms.

use crate::citation::{self, Piece};
use crate::document::{
    Alignment, Block, Cell, Fact, Figure, FigureWidth, Mark, Picture, Reference, Report, Signature,
    Table,
};
use crate::error::ReportError;
use crate::svg;

/// A text in pieces.
pub(crate) type Text<'a> = Vec<Piece<'a>>;

/// A report whose texts are resolved.
#[derive(Debug)]
pub(crate) struct Numbered<'a> {
    pub(crate) report: &'a Report,
    pub(crate) notice: Text<'a>,
    pub(crate) facts: Vec<NumberedFact<'a>>,
    pub(crate) sections: Vec<NumberedSection<'a>>,
    pub(crate) references: &'a [Reference],
    pub(crate) signatures: &'a [Signature],
}

#[derive(Debug)]
pub(crate) struct NumberedFact<'a> {
    pub(crate) label: &'a str,
    pub(crate) value: Text<'a>,
    pub(crate) source: Option<Text<'a>>,
}

#[derive(Debug)]
pub(crate) struct NumberedSection<'a> {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) heading: Text<'a>,
    pub(crate) items: Vec<Item<'a>>,
}

#[derive(Debug)]
pub(crate) enum Item<'a> {
    Subheading {
        /// "2.1".
        number: String,
        text: Text<'a>,
    },
    Paragraph(Text<'a>),
    List(Vec<Text<'a>>),
    Facts(Vec<NumberedFact<'a>>),
    Table(NumberedTable<'a>),
    /// One figure, or two of half the width.
    Figures(Vec<NumberedFigure<'a>>),
    Callout {
        mark: Mark,
        heading: Text<'a>,
        texts: Vec<Text<'a>>,
    },
    PageBreak,
}

#[derive(Debug)]
pub(crate) struct NumberedTable<'a> {
    pub(crate) number: usize,
    pub(crate) caption: Text<'a>,
    pub(crate) columns: Vec<NumberedColumn<'a>>,
    pub(crate) rows: Vec<NumberedRow<'a>>,
    pub(crate) note: Option<Text<'a>>,
}

#[derive(Debug)]
pub(crate) struct NumberedColumn<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) unit: Option<&'a str>,
    pub(crate) alignment: Alignment,
    /// Share of the width; 0 where the content decides.
    pub(crate) share: u16,
}

#[derive(Debug)]
pub(crate) struct NumberedRow<'a> {
    pub(crate) cells: Vec<NumberedCell<'a>>,
    pub(crate) strong: bool,
}

#[derive(Debug)]
pub(crate) enum NumberedCell<'a> {
    Text(Text<'a>),
    Mark(Mark, Text<'a>),
    Empty,
}

#[derive(Debug)]
pub(crate) struct NumberedFigure<'a> {
    pub(crate) number: usize,
    pub(crate) caption: Text<'a>,
    pub(crate) alternative: &'a str,
    pub(crate) picture: CleanPicture<'a>,
    pub(crate) width: FigureWidth,
}

/// A picture that runs nothing and fetches nothing.
#[derive(Debug)]
pub(crate) enum CleanPicture<'a> {
    /// Elements that are known to be harmless, with identifiers that begin
    /// with the figure's number.
    Svg(svg::CleanSvg),
    Png(&'a [u8]),
}

/// Counts and checks.
///
/// # Errors
/// Citations without reference, keys that stand twice, tables without columns
/// or with ragged rows, pictures that are not what they say.
pub(crate) fn numbered(report: &Report) -> Result<Numbered<'_>, ReportError> {
    for (position, work) in report.references.iter().enumerate() {
        if report.references[..position]
            .iter()
            .any(|earlier| earlier.key == work.key)
        {
            return Err(ReportError::RepeatedReference {
                key: work.key.clone(),
            });
        }
    }
    let mut counter = Counter {
        references: &report.references,
        place: "first page".to_owned(),
        tables: 0,
        figures: 0,
    };
    let notice = counter.text(&report.notice)?;
    let facts = counter.facts(&report.facts)?;
    let mut sections = Vec::new();
    for (position, section) in report.sections.iter().enumerate() {
        let number = position + 1;
        counter.place = format!("section {number}");
        sections.push(NumberedSection {
            number,
            heading: counter.text(&section.heading)?,
            items: counter.items(number, &section.blocks)?,
        });
    }
    Ok(Numbered {
        report,
        notice,
        facts,
        sections,
        references: &report.references,
        signatures: &report.signatures,
    })
}

struct Counter<'a> {
    references: &'a [Reference],
    place: String,
    tables: usize,
    figures: usize,
}

impl<'a> Counter<'a> {
    fn text(&self, text: &'a str) -> Result<Text<'a>, ReportError> {
        citation::pieces(text, self.references, &|| self.place.clone())
    }

    fn texts(&self, texts: &'a [String]) -> Result<Vec<Text<'a>>, ReportError> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn optional(&self, text: Option<&'a String>) -> Result<Option<Text<'a>>, ReportError> {
        text.map(|text| self.text(text)).transpose()
    }

    fn facts(&self, facts: &'a [Fact]) -> Result<Vec<NumberedFact<'a>>, ReportError> {
        facts
            .iter()
            .map(|fact| {
                Ok(NumberedFact {
                    label: &fact.label,
                    value: self.text(&fact.value)?,
                    source: self.optional(fact.source.as_ref())?,
                })
            })
            .collect()
    }

    fn items(&mut self, section: usize, blocks: &'a [Block]) -> Result<Vec<Item<'a>>, ReportError> {
        let mut items: Vec<Item<'a>> = Vec::new();
        let mut subheadings = 0;
        for block in blocks {
            let item = match block {
                Block::Subheading(text) => {
                    subheadings += 1;
                    Item::Subheading {
                        number: format!("{section}.{subheadings}"),
                        text: self.text(text)?,
                    }
                }
                Block::Paragraph(text) => Item::Paragraph(self.text(text)?),
                Block::List(texts) => Item::List(self.texts(texts)?),
                Block::Facts(facts) => Item::Facts(self.facts(facts)?),
                Block::Table(table) => Item::Table(self.table(table)?),
                Block::Figure(figure) => {
                    let figure = self.figure(figure)?;
                    match items.last_mut() {
                        Some(Item::Figures(before))
                            if before.len() == 1
                                && [&figure, &before[0]]
                                    .iter()
                                    .all(|one| one.width == FigureWidth::Half) =>
                        {
                            before.push(figure);
                            continue;
                        }
                        _ => Item::Figures(vec![figure]),
                    }
                }
                Block::Callout(callout) => Item::Callout {
                    mark: callout.mark,
                    heading: self.text(&callout.heading)?,
                    texts: self.texts(&callout.texts)?,
                },
                Block::PageBreak => Item::PageBreak,
            };
            items.push(item);
        }
        Ok(items)
    }

    fn table(&mut self, table: &'a Table) -> Result<NumberedTable<'a>, ReportError> {
        self.tables += 1;
        let number = self.tables;
        if table.columns.is_empty() {
            return Err(ReportError::NoColumns { table: number });
        }
        let outer = std::mem::replace(&mut self.place, format!("table {number}"));
        let columns = table
            .columns
            .iter()
            .map(|column| {
                Ok(NumberedColumn {
                    name: self.text(&column.name)?,
                    unit: column.unit.as_deref(),
                    alignment: column.alignment,
                    share: column.width,
                })
            })
            .collect::<Result<Vec<_>, ReportError>>()?;
        let mut rows = Vec::new();
        for (position, row) in table.rows.iter().enumerate() {
            if row.cells.len() != columns.len() {
                return Err(ReportError::RaggedTable {
                    table: number,
                    row: position + 1,
                    cells: row.cells.len(),
                    columns: columns.len(),
                });
            }
            let cells = row
                .cells
                .iter()
                .map(|cell| {
                    Ok(match cell {
                        Cell::Text(text) => NumberedCell::Text(self.text(text)?),
                        Cell::Mark(mark, word) => NumberedCell::Mark(*mark, self.text(word)?),
                        Cell::Empty => NumberedCell::Empty,
                    })
                })
                .collect::<Result<Vec<_>, ReportError>>()?;
            rows.push(NumberedRow {
                cells,
                strong: row.strong,
            });
        }
        let numbered = NumberedTable {
            number,
            caption: self.text(&table.caption)?,
            columns,
            rows,
            note: self.optional(table.note.as_ref())?,
        };
        self.place = outer;
        Ok(numbered)
    }

    fn figure(&mut self, figure: &'a Figure) -> Result<NumberedFigure<'a>, ReportError> {
        self.figures += 1;
        let number = self.figures;
        let refused = |reason| ReportError::Picture {
            figure: number,
            reason,
        };
        let picture = match &figure.picture {
            Picture::Svg(text) => {
                CleanPicture::Svg(svg::clean(text, &format!("figure-{number}-")).map_err(refused)?)
            }
            Picture::Png(bytes) => {
                if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
                    return Err(refused(
                        "the picture does not begin like a PNG file".to_owned(),
                    ));
                }
                CleanPicture::Png(bytes)
            }
        };
        Ok(NumberedFigure {
            number,
            caption: self.text(&figure.caption)?,
            alternative: &figure.alternative,
            picture,
            width: figure.width,
        })
    }
}
