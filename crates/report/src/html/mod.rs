//! The report as one HTML file: styles, pictures and signs inside it, nothing
//! fetched, nothing run.

mod table;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::citation::{Piece, joined};
use crate::document::{FigureWidth, Mark, Report, Signature, Status};
use crate::error::ReportError;
use crate::numbered::{
    CleanPicture, Item, Numbered, NumberedFact, NumberedFigure, NumberedSection, numbered,
};
use crate::sign;

const STYLE: &str = include_str!("style.css");

/// The report as one HTML file in UTF-8, for a screen and for A4 paper.
///
/// Links of the reference list that begin with `https://` or `http://` can be
/// followed, others are printed only.
///
/// # Errors
/// [`ReportError`] of every kind but [`ReportError::Plot`] and
/// [`ReportError::Layout`]: citations without reference, keys that stand twice,
/// ragged tables, pictures that are not what they say.
pub fn html(report: &Report) -> Result<String, ReportError> {
    let numbered = numbered(report)?;
    let mut out = String::new();
    head(report, &mut out);
    first_page(&numbered, &mut out);
    for section in &numbered.sections {
        write_section(section, &mut out);
    }
    references(&numbered, &mut out);
    signatures(&numbered, &mut out);
    let _ = write!(
        out,
        "</main>\n<footer class=\"foot\"><span>{}</span><span>{}</span></footer>\n</body>\n</html>\n",
        escape(&report.program),
        escape(&report.made_at)
    );
    Ok(out)
}

/// Text for content and for attributes in double quotes; control characters,
/// which HTML and XML do not take, are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            _ if letter.is_control() => {}
            _ => out.push(letter),
        }
    }
    out
}

/// A string of CSS, quotes included: whatever is not a letter, digit or space
/// as its code point, so that it ends neither the string nor the style.
fn css_string(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        if letter.is_alphanumeric() || letter == ' ' {
            out.push(letter);
        } else {
            let _ = write!(out, "\\{:x} ", u32::from(letter));
        }
    }
    out.push('"');
    out
}

fn head(report: &Report, out: &mut String) {
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"{}\">\n<title>{}, {}</title>\n<style>\n{STYLE}",
        escape(&report.program),
        escape(&report.title),
        escape(&report.subject),
    );
    let state = match &report.status {
        Status::Draft => "Draft, not signed",
        Status::Signed { .. } => "Signed",
        Status::Sheet { mark } => mark.as_deref().unwrap_or(COMPUTED),
    };
    let _ = write!(
        out,
        "@page {{\n  @top-left {{ content: {}; }}\n  @top-right {{ content: {}; }}\n  \
         @bottom-left {{ content: {}; }}\n}}\n</style>\n</head>\n",
        css_string(&report.subject),
        css_string(&format!("{} · {state}", report.title)),
        css_string(&format!("{} · {}", report.program, report.made_at)),
    );
}

/// The state of a sheet that nobody signs.
const COMPUTED: &str = "Computed, nothing to sign";

fn first_page(numbered: &Numbered<'_>, out: &mut String) {
    let report = numbered.report;
    out.push_str("<body>\n");
    signs(out);
    let state = match &report.status {
        Status::Draft => {
            out.push_str("<div class=\"watermark\" aria-hidden=\"true\">Draft</div>\n");
            "<span class=\"state draft\">Draft, not signed</span>".to_owned()
        }
        Status::Signed { by, at } => format!(
            "<span class=\"state signed\">Signed by {}, {}</span>",
            escape(by),
            escape(at)
        ),
        Status::Sheet { mark: Some(mark) } => {
            let mark = escape(mark);
            let _ = writeln!(
                out,
                "<div class=\"watermark long\" aria-hidden=\"true\">{mark}</div>"
            );
            format!("<span class=\"state draft\">{mark}</span>")
        }
        Status::Sheet { mark: None } => format!("<span class=\"state\">{COMPUTED}</span>"),
    };
    let _ = write!(
        out,
        "<div class=\"bar\"><span>{subject}</span><span>{program}</span></div>\n<main>\n\
         <header>\n<p class=\"made\"><span>{program}</span><span>{made_at}</span></p>\n\
         <h1>{title}</h1>\n<p class=\"subject\">{subject} {state}</p>\n",
        subject = escape(&report.subject),
        program = escape(&report.program),
        made_at = escape(&report.made_at),
        title = escape(&report.title),
    );
    facts(&numbered.facts, "identity", out);
    if !report.notice.is_empty() {
        let _ = writeln!(out, "<p class=\"notice\">{}</p>", text(&numbered.notice));
    }
    out.push_str("</header>\n");
}

/// The signs, once; [`mark`] points at them.
fn signs(out: &mut String) {
    out.push_str("<svg class=\"signs\" aria-hidden=\"true\"><defs>");
    for mark in sign::MARKS {
        let _ = write!(
            out,
            "<symbol id=\"sign-{}\" viewBox=\"0 0 {size} {size}\">{}</symbol>",
            sign::name(mark),
            sign::elements(mark),
            size = sign::SIGN_SIZE,
        );
    }
    out.push_str("</defs></svg>\n");
}

fn mark(mark: Mark) -> String {
    format!(
        "<svg class=\"sign\" aria-hidden=\"true\"><use href=\"#sign-{}\"/></svg>",
        sign::name(mark)
    )
}

fn text(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(&escape(text).replace('\n', "<br>")),
            Piece::Citation(numbers) => {
                out.push_str("<span class=\"citation\">[");
                for (position, number) in numbers.iter().enumerate() {
                    if position > 0 {
                        out.push_str(", ");
                    }
                    let _ = write!(out, "<a href=\"#reference-{number}\">{number}</a>");
                }
                out.push_str("]</span>");
            }
        }
    }
    out
}

fn facts(facts: &[NumberedFact<'_>], class: &str, out: &mut String) {
    if facts.is_empty() {
        return;
    }
    let sourced = facts.iter().any(|fact| fact.source.is_some());
    let _ = writeln!(
        out,
        "<dl class=\"facts {class}{}\">",
        if sourced { " sourced" } else { "" }
    );
    for fact in facts {
        let _ = write!(
            out,
            "<div><dt>{}</dt><dd>{}</dd>",
            escape(fact.label),
            text(&fact.value)
        );
        if let Some(source) = &fact.source {
            let _ = write!(out, "<dd class=\"source\">{}</dd>", text(source));
        }
        out.push_str("</div>\n");
    }
    out.push_str("</dl>\n");
}

fn write_section(section: &NumberedSection<'_>, out: &mut String) {
    let number = section.number;
    let _ = writeln!(
        out,
        "<section id=\"section-{number}\">\n<h2><span class=\"number\">{number}</span>{}</h2>",
        text(&section.heading)
    );
    for item in &section.items {
        write_item(item, out);
    }
    out.push_str("</section>\n");
}

fn write_item(item: &Item<'_>, out: &mut String) {
    match item {
        Item::Subheading {
            number,
            text: words,
        } => {
            let _ = writeln!(
                out,
                "<h3><span class=\"number\">{number}</span>{}</h3>",
                text(words)
            );
        }
        Item::Paragraph(words) => {
            let _ = writeln!(out, "<p>{}</p>", text(words));
        }
        Item::List(items) => {
            out.push_str("<ul>\n");
            for words in items {
                let _ = writeln!(out, "<li>{}</li>", text(words));
            }
            out.push_str("</ul>\n");
        }
        Item::Facts(items) => facts(items, "inner", out),
        Item::Table(table) => table::write(table, out),
        Item::Figures(figures) => write_figures(figures, out),
        Item::Callout {
            mark: kind,
            heading,
            texts,
        } => {
            let _ = writeln!(
                out,
                "<div class=\"callout {}\" role=\"note\">\n<p class=\"heading\">{}<span><span \
                 class=\"word\">{}:</span> {}</span></p>",
                sign::name(*kind),
                mark(*kind),
                sign::word(*kind),
                text(heading)
            );
            for words in texts {
                let _ = writeln!(out, "<p>{}</p>", text(words));
            }
            out.push_str("</div>\n");
        }
        Item::PageBreak => out.push_str("<div class=\"new-page\"></div>\n"),
    }
}

fn write_figures(figures: &[NumberedFigure<'_>], out: &mut String) {
    let width = figures
        .first()
        .map_or(FigureWidth::Full, |figure| figure.width);
    let _ = writeln!(
        out,
        "<div class=\"figures{}\">",
        match width {
            FigureWidth::Full => "",
            FigureWidth::Medium => " medium",
            FigureWidth::Half => " half",
        }
    );
    for figure in figures {
        let _ = writeln!(out, "<figure id=\"figure-{}\">", figure.number);
        match &figure.picture {
            CleanPicture::Svg(svg) => out.push_str(&svg.in_page(figure.alternative)),
            CleanPicture::Png(bytes) => {
                let _ = write!(
                    out,
                    "<img src=\"data:image/png;base64,{}\" alt=\"{}\">",
                    STANDARD.encode(bytes),
                    escape(figure.alternative)
                );
            }
        }
        let _ = writeln!(
            out,
            "\n<figcaption><b>Figure {}.</b> {}</figcaption>\n</figure>",
            figure.number,
            text(&figure.caption)
        );
    }
    out.push_str("</div>\n");
}

fn references(numbered: &Numbered<'_>, out: &mut String) {
    if numbered.references.is_empty() {
        return;
    }
    out.push_str("<section class=\"references\" id=\"references\">\n<h2>References</h2>\n<ol>\n");
    for (position, work) in numbered.references.iter().enumerate() {
        let number = position + 1;
        let _ = write!(
            out,
            "<li id=\"reference-{number}\"><span class=\"key\">[{}]</span><span>{}",
            joined(&[number]),
            escape(&work.text)
        );
        if let Some(link) = &work.link {
            let shown = escape(link);
            if link.starts_with("https://") || link.starts_with("http://") {
                let _ = write!(
                    out,
                    " <a href=\"{shown}\" rel=\"noopener noreferrer\">{shown}</a>"
                );
            } else {
                let _ = write!(out, " {shown}");
            }
        }
        out.push_str("</span></li>\n");
    }
    out.push_str("</ol>\n</section>\n");
}

fn signatures(numbered: &Numbered<'_>, out: &mut String) {
    if numbered.signatures.is_empty() {
        return;
    }
    out.push_str("<section class=\"signatures\" id=\"signatures\">\n<h2>Signatures</h2>\n");
    if numbered.report.status == Status::Draft {
        out.push_str("<p>A draft until it is signed.</p>\n");
    }
    out.push_str("<div class=\"lines\">\n");
    for signature in numbered.signatures {
        write_signature(signature, out);
    }
    out.push_str("</div>\n</section>\n");
}

fn write_signature(signature: &Signature, out: &mut String) {
    let filled = |value: &Option<String>| value.as_deref().map(escape).unwrap_or_default();
    let _ = writeln!(
        out,
        "<div class=\"line\"><p class=\"role\">{}</p>\
         <p class=\"blank\"><span class=\"written\">{}</span><span class=\"label\">Name</span></p>\
         <p class=\"blank\"><span class=\"written\">{}</span><span class=\"label\">Date</span></p>\
         <p class=\"blank\"><span class=\"written\"></span><span \
         class=\"label\">Signature</span></p></div>",
        escape(&signature.role),
        filled(&signature.name),
        filled(&signature.date),
    );
}
