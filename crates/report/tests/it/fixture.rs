//! A small report whose texts hold every sign that some language takes for its own.

use sirt_report::{
    Alignment, Block, Callout, Cell, Column, Fact, Figure, FigureWidth, Mark, Picture, Reference,
    Report, Row, Section, Signature, Status, Table,
};

/// Signs with a meaning in HTML, CSS, JSON, Typst or Markdown.
pub(crate) const SIGNS: &str =
    "<b>&amp; \"q\" 'a' #let $x$ *s* _u_ `c` @ref \\ ~ // [z] {y} = - + / 1. <lab>";

/// One pixel, grey: signature, header, data and end (written by Python's zlib).
pub(crate) const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

pub(crate) fn column(name: &str, unit: Option<&str>, alignment: Alignment) -> Column {
    Column {
        name: name.to_owned(),
        unit: unit.map(str::to_owned),
        alignment,
        width: 0,
    }
}

pub(crate) fn fact(label: &str, value: &str, source: Option<&str>) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.to_owned(),
        source: source.map(str::to_owned),
    }
}

pub(crate) fn table() -> Table {
    Table {
        caption: "Doses by method".to_owned(),
        columns: vec![
            column("Method", None, Alignment::Left),
            column("Activity", Some("GBq"), Alignment::Right),
            column("Rule", None, Alignment::Centre),
        ],
        rows: vec![
            Row {
                cells: vec![
                    Cell::Text("Partition [@second]".to_owned()),
                    Cell::Text("1.85".to_owned()),
                    Cell::Mark(Mark::Pass, "holds".to_owned()),
                ],
                strong: true,
            },
            Row {
                cells: vec![
                    Cell::Text("Body surface".to_owned()),
                    Cell::Empty,
                    Cell::Mark(Mark::Stop, "stopped".to_owned()),
                ],
                strong: false,
            },
        ],
        note: Some("Intervals are k = 2.".to_owned()),
    }
}

pub(crate) fn figure(width: FigureWidth, picture: Picture) -> Block {
    Block::Figure(Figure {
        caption: "A line.".to_owned(),
        alternative: "A line from left to right".to_owned(),
        picture,
        width,
    })
}

pub(crate) fn line() -> Picture {
    Picture::Svg(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"80\" height=\"40\">\
         <line id=\"rod\" x1=\"4\" y1=\"20\" x2=\"76\" y2=\"20\" stroke=\"#000000\"/>\
         <text x=\"10\" y=\"15\" font-family=\"sans-serif\" font-size=\"8\">rod</text></svg>"
            .to_owned(),
    )
}

pub(crate) fn reference(key: &str, link: Option<&str>) -> Reference {
    Reference {
        key: key.to_owned(),
        text: format!("Work named {key}. Journal 2022; 49: 1-10."),
        link: link.map(str::to_owned),
    }
}

pub(crate) fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        heading: heading.to_owned(),
        blocks,
    }
}

pub(crate) fn report() -> Report {
    Report {
        title: "Treatment plan".to_owned(),
        subject: "SIRT-017 · first treatment".to_owned(),
        made_at: "2026-03-16 09:00 +01:00".to_owned(),
        program: "OpenSIRT 0.1.0".to_owned(),
        notice: "For research. Not a medical device.".to_owned(),
        status: Status::Draft,
        facts: vec![
            fact("Half-life", "64.05 h", Some("nuclide data [@first]")),
            fact("Weight", "71 kg", None),
        ],
        sections: vec![
            section(
                "Methods",
                vec![
                    Block::Paragraph("The prescription follows [@first; @second].".to_owned()),
                    Block::Subheading("Side by side".to_owned()),
                    Block::List(vec!["first item".to_owned(), "second item".to_owned()]),
                    Block::Table(table()),
                    Block::Callout(Callout {
                        mark: Mark::Warn,
                        heading: "Lung dose is near its limit".to_owned(),
                        texts: vec!["27 Gy of 30 Gy.".to_owned()],
                    }),
                ],
            ),
            section(
                "Pictures",
                vec![
                    figure(FigureWidth::Half, line()),
                    figure(FigureWidth::Half, Picture::Png(PIXEL.to_vec())),
                    figure(FigureWidth::Full, line()),
                    Block::PageBreak,
                    Block::Facts(vec![fact("Signs", SIGNS, None)]),
                ],
            ),
        ],
        references: vec![
            reference("first", Some("https://doi.org/10.1000/first")),
            reference("second", Some("javascript:alert(1)")),
        ],
        signatures: vec![Signature {
            role: "Medical physicist".to_owned(),
            name: None,
            date: None,
        }],
    }
}
