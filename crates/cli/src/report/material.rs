//! What every part of a report is made from, and short ways to its pieces.

use sirt_report::{Alignment, Cell, Column, Fact, Row};
use sirt_store::Case;

use super::figures::Clock;
use super::references::Library;
use crate::plan::{PlanResult, Planned};

/// A plan with the case, the clock and the library that it is told with.
pub(super) struct Material<'a> {
    pub(super) planned: &'a Planned,
    pub(super) case: &'a Case,
    pub(super) plan: &'a PlanResult,
    pub(super) clock: Clock,
    pub(super) library: &'a Library,
}

impl<'a> Material<'a> {
    pub(super) fn new(planned: &'a Planned, library: &'a Library) -> Self {
        Self {
            planned,
            case: &planned.case,
            plan: &planned.result,
            clock: Clock::of(&planned.case),
            library,
        }
    }

    /// Whether something was given already.
    pub(super) fn is_record(&self) -> bool {
        !self.case.administrations.is_empty()
    }

    /// A source with its keys as citations.
    pub(super) fn cited(&self, source: &str) -> String {
        self.library.cited(source)
    }
}

/// A column of words that takes a share of the width.
pub(super) fn words(name: &str, width: u16) -> Column {
    Column {
        name: name.to_owned(),
        unit: None,
        alignment: Alignment::Left,
        width,
    }
}

/// A column of numbers.
pub(super) fn numbers(name: &str, unit: &str) -> Column {
    Column {
        name: name.to_owned(),
        unit: (!unit.is_empty()).then(|| unit.to_owned()),
        alignment: Alignment::Right,
        width: 0,
    }
}

/// A row of texts; an empty one is a dash.
pub(super) fn row<const N: usize>(texts: [String; N], strong: bool) -> Row {
    Row {
        cells: texts.into_iter().map(text).collect(),
        strong,
    }
}

/// A cell of text; an empty one is a dash.
pub(super) fn text(text: String) -> Cell {
    if text.is_empty() || text == super::figures::NONE {
        Cell::Empty
    } else {
        Cell::Text(text)
    }
}

pub(super) fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.into(),
        source: None,
    }
}

pub(super) fn sourced(
    label: impl Into<String>,
    value: impl Into<String>,
    source: impl Into<String>,
) -> Fact {
    Fact {
        label: label.into(),
        value: value.into(),
        source: Some(source.into()),
    }
}

/// A word of a file as words: `normal_perfused` is "normal perfused".
pub(super) fn spaced(word: &str) -> String {
    word.replace(['_', '-'], " ")
}

/// The first letter large, for the beginning of a cell or a line.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
