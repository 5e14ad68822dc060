//! Tables of the HTML form.

use std::fmt::Write as _;

use crate::document::Alignment;
use crate::numbered::{NumberedCell, NumberedColumn, NumberedRow, NumberedTable};

use super::{escape, mark, text};

/// From so many columns on a table is set in smaller type.
const WIDE: usize = 7;

pub(super) fn write(table: &NumberedTable<'_>, out: &mut String) {
    let number = table.number;
    let _ = write!(
        out,
        "<div class=\"table{}\" id=\"table-{number}\" tabindex=\"0\">\n<table>\n\
         <caption><b>Table {number}.</b> {}</caption>\n",
        if table.columns.len() >= WIDE {
            " wide"
        } else {
            ""
        },
        text(&table.caption)
    );
    shares(&table.columns, out);
    out.push_str("<thead><tr>");
    for column in &table.columns {
        let _ = write!(
            out,
            "<th scope=\"col\"{}>{}",
            class(column.alignment),
            text(&column.name)
        );
        if let Some(unit) = column.unit {
            let _ = write!(out, "<span class=\"unit\">{}</span>", escape(unit));
        }
        out.push_str("</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        write_row(row, &table.columns, out);
    }
    out.push_str("</tbody>\n</table>\n");
    if let Some(note) = &table.note {
        let _ = writeln!(out, "<p class=\"table-note\">{}</p>", text(note));
    }
    out.push_str("</div>\n");
}

/// Widths in percent where columns state a share; a column without one takes
/// what its content needs.
fn shares(columns: &[NumberedColumn<'_>], out: &mut String) {
    let sum: u32 = columns.iter().map(|column| u32::from(column.share)).sum();
    if sum == 0 {
        return;
    }
    out.push_str("<colgroup>");
    for column in columns {
        if column.share == 0 {
            out.push_str("<col style=\"width:1%\">");
        } else {
            let percent = 100.0 * f64::from(column.share) / f64::from(sum);
            let _ = write!(out, "<col style=\"width:{percent:.1}%\">");
        }
    }
    out.push_str("</colgroup>\n");
}

fn class(alignment: Alignment) -> &'static str {
    match alignment {
        Alignment::Left => "",
        Alignment::Right => " class=\"right\"",
        Alignment::Centre => " class=\"centre\"",
    }
}

fn write_row(row: &NumberedRow<'_>, columns: &[NumberedColumn<'_>], out: &mut String) {
    out.push_str(if row.strong {
        "<tr class=\"strong\">"
    } else {
        "<tr>"
    });
    for (cell, column) in row.cells.iter().zip(columns) {
        let _ = write!(out, "<td{}>", class(column.alignment));
        match cell {
            NumberedCell::Text(words) => out.push_str(&text(words)),
            NumberedCell::Mark(kind, word) => {
                let _ = write!(
                    out,
                    "<span class=\"mark {}\">{}{}</span>",
                    crate::sign::name(*kind),
                    mark(*kind),
                    text(word)
                );
            }
            NumberedCell::Empty => out.push('–'),
        }
        out.push_str("</td>");
    }
    out.push_str("</tr>\n");
}
