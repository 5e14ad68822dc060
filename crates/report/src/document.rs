//! What a report is made of, before it is a page.

/// A report: what both the PDF and the HTML are made from.
///
/// Texts are plain, without markup; `[@key]` in a text cites the reference of
/// that key and is printed as its number. A reference that no text cites
/// stands in the list all the same; a citation without reference is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// "Treatment plan".
    pub title: String,
    /// Whom it is about: the pseudonym and the treatment, on every page.
    pub subject: String,
    /// When it was made, as printed.
    pub made_at: String,
    /// Which program made it, with its version, on every page.
    pub program: String,
    /// What the program is not for; said once, on the first page.
    pub notice: String,
    /// Draft until signed, or nothing to be signed.
    pub status: Status,
    /// The lines of identity at the head of the first page.
    pub facts: Vec<Fact>,
    /// The body.
    pub sections: Vec<Section>,
    /// The works cited, in the order of their numbers.
    pub references: Vec<Reference>,
    /// Lines to be signed on the last page.
    pub signatures: Vec<Signature>,
}

/// Whether anyone has signed, or is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nobody has: a mark over every page.
    Draft,
    /// Signed by name, at an instant, as printed.
    Signed {
        /// Who.
        by: String,
        /// When.
        at: String,
    },
    /// A sheet that nobody signs.
    Sheet {
        /// A word over every page: of made-up patients, `SYNTHETIC`.
        mark: Option<String>,
    },
}

/// A label with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// "Half-life".
    pub label: String,
    /// "64.05 h".
    pub value: String,
    /// Where it is from: "case.toml, [patient] weight", "nuclide data [@nndc]".
    pub source: Option<String>,
}

/// A part with a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Without a number; the document counts.
    pub heading: String,
    /// What stands in it, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading below the section's.
    Subheading(String),
    /// A paragraph.
    Paragraph(String),
    /// Items, each on its line.
    List(Vec<String>),
    /// Labels with values, in two columns, with a third where one has a source.
    Facts(Vec<Fact>),
    /// A table that may run over pages, its head repeated.
    Table(Table),
    /// A picture with its caption.
    Figure(Figure),
    /// What nobody should miss.
    Callout(Callout),
    /// A new page.
    PageBreak,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Above it, without a number.
    pub caption: String,
    /// At least one.
    pub columns: Vec<Column>,
    /// Each with a cell for every column.
    pub rows: Vec<Row>,
    /// Small print below it.
    pub note: Option<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// "Activity".
    pub name: String,
    /// "GBq", below the name.
    pub unit: Option<String>,
    /// Numbers stand right.
    pub alignment: Alignment,
    /// Share of the width against the others'; 0 takes what the content needs.
    pub width: u16,
}

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// Text.
    Left,
    /// Numbers, set in figures of equal width.
    Right,
    /// Marks.
    Centre,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As many as there are columns.
    pub cells: Vec<Cell>,
    /// Printed strong: the chosen method, a total.
    pub strong: bool,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// As printed.
    Text(String),
    /// A mark with a word beside it, so that it is read without colour.
    Mark(Mark, String),
    /// Nothing: a dash.
    Empty,
}

/// How a rule or a callout is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Holds.
    Pass,
    /// Look at it.
    Warn,
    /// Not as it stands.
    Stop,
    /// Told, not judged.
    Note,
}

/// A box in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callout {
    /// Its colour and its sign.
    pub mark: Mark,
    /// "This plan is stopped".
    pub heading: String,
    /// Paragraphs.
    pub texts: Vec<String>,
}

/// A picture with its caption.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Below it, without a number.
    pub caption: String,
    /// For whoever cannot see it.
    pub alternative: String,
    /// Its content.
    pub picture: Picture,
    /// How wide.
    pub width: FigureWidth,
}

/// The width of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureWidth {
    /// The text's.
    Full,
    /// Three fifths of it, the caption beside it.
    Medium,
    /// Half of it; two half figures that follow each other stand side by side.
    Half,
}

/// The content of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// Vectors, with texts in the report's own fonts.
    Svg(String),
    /// Pixels.
    Png(Vec<u8>),
}

/// A work cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The key in `[@key]`.
    pub key: String,
    /// As printed in the list.
    pub text: String,
    /// Where it is on the web.
    pub link: Option<String>,
}

/// A line for a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// "Medical physicist".
    pub role: String,
    /// Filled when signed.
    pub name: Option<String>,
    /// Filled when signed.
    pub date: Option<String>,
}
