use sirt_report::{
    Block, Callout, Cell, FigureWidth, Mark, Picture, ReportError, Row, Status, Table, html,
};

use crate::fixture::{SIGNS, figure, line, reference, report, section, table};

fn plain(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[test]
fn the_page_holds_what_the_report_says_with_its_numbers() {
    let page = html(&report()).unwrap();
    for words in [
        "<title>Treatment plan, SIRT-017 · first treatment</title>",
        "<span class=\"number\">1</span>Methods",
        "<span class=\"number\">1.1</span>Side by side",
        "<span class=\"number\">2</span>Pictures",
        "<b>Table 1.</b> Doses by method",
        "<b>Figure 1.</b> A line.",
        "<b>Figure 3.</b> A line.",
        "<span class=\"unit\">GBq</span>",
        "<td class=\"right\">1.85</td>",
        "<td class=\"right\">–</td>",
        "<span class=\"word\">Warning:</span> Lung dose is near its limit",
        "holds</span>",
        "[<a href=\"#reference-1\">1</a>, <a href=\"#reference-2\">2</a>]",
        "<li id=\"reference-2\">",
        "href=\"https://doi.org/10.1000/first\"",
        "Medical physicist",
        "Intervals are k = 2.",
        "src=\"data:image/png;base64,iVBOR",
    ] {
        assert!(page.contains(words), "{words} is not in the page");
    }
}

#[test]
fn texts_stay_texts() {
    let mut report = report();
    report.title = SIGNS.to_owned();
    report.subject = format!("{SIGNS}</style><script>");
    report.sections[0].heading = SIGNS.to_owned();
    report.sections[0].blocks.push(Block::Callout(Callout {
        mark: Mark::Note,
        heading: SIGNS.to_owned(),
        texts: vec![SIGNS.to_owned()],
    }));
    report.references[0].link = Some("https://a.test/\"onclick=\"x".to_owned());
    let page = html(&report).unwrap();
    assert!(page.matches(&plain(SIGNS)).count() >= 6);
    assert!(!page.contains("<b>&amp;"));
    assert!(!page.contains("<script"));
    assert!(!page.contains("\"onclick"));
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let page = html(&report()).unwrap();
    let tags = tags_in(&page);
    for name in ["script", "link", "iframe", "object", "form"] {
        assert!(!page.contains(&format!("<{name}")), "{name}");
    }
    assert!(!page.contains("@import"));
    assert!(!page.contains("url("));
    assert!(!page.contains("href=\"javascript"));
    assert!(tags > 100);
}

/// The tags of the page, after checking that each that opens closes.
fn tags_in(page: &str) -> usize {
    let empty = ["meta", "img", "col", "br", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let mut tags = 0;
    let body = page.split_once("<style>").map(|(head, rest)| {
        let (_, behind) = rest.split_once("</style>").unwrap();
        format!("{head}{behind}")
    });
    let body = body.unwrap();
    for part in body.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        tags += 1;
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !empty.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    tags
}

#[test]
fn identifiers_stand_once() {
    let page = html(&report()).unwrap();
    let mut seen: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let all = seen.len();
    assert!(seen.contains(&"figure-1-rod") && seen.contains(&"figure-3-rod"));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all);
}

#[test]
fn a_draft_has_a_mark_and_a_signed_report_the_name() {
    let mut report = report();
    let draft = html(&report).unwrap();
    assert!(draft.contains("class=\"watermark\"") && draft.contains("Draft, not signed"));
    report.status = Status::Signed {
        by: "A. Physicist".to_owned(),
        at: "2026-03-17 08:00 +01:00".to_owned(),
    };
    report.signatures[0].name = Some("A. Physicist".to_owned());
    let signed = html(&report).unwrap();
    assert!(!signed.contains("class=\"watermark\""));
    assert!(signed.contains("Signed by A. Physicist, 2026-03-17 08:00 +01:00"));
    assert!(signed.contains("<span class=\"written\">A. Physicist</span>"));
}

#[test]
fn half_figures_that_follow_each_other_stand_side_by_side() {
    let mut report = report();
    report.sections = vec![section(
        "Pictures",
        vec![
            figure(FigureWidth::Half, line()),
            figure(FigureWidth::Half, line()),
            figure(FigureWidth::Half, line()),
            figure(FigureWidth::Full, line()),
            figure(FigureWidth::Medium, line()),
            figure(FigureWidth::Medium, line()),
        ],
    )];
    let page = html(&report).unwrap();
    assert_eq!(page.matches("<div class=\"figures half\">").count(), 2);
    // Those of medium width have their captions beside them, each on its own.
    assert_eq!(page.matches("<div class=\"figures medium\">").count(), 2);
    assert_eq!(page.matches("<div class=\"figures\">").count(), 1);
    assert_eq!(page.matches("<figure ").count(), 6);
}

#[test]
fn what_is_wrong_with_a_report_is_told_by_its_place() {
    let message = |change: &dyn Fn(&mut sirt_report::Report)| {
        let mut report = report();
        change(&mut report);
        let error: ReportError = html(&report).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        message(&|report| report.sections[0].heading = "[@nobody]".to_owned()),
        "section 1: [@nobody] cites no reference of the list; it holds first, second"
    );
    assert_eq!(
        message(&|report| {
            let mut ragged = table();
            ragged.rows.push(Row {
                cells: vec![Cell::Empty],
                strong: false,
            });
            report.sections[1].blocks.push(Block::Table(ragged));
        }),
        "table 2, row 3: 1 cells; its 3 columns need one each"
    );
    assert_eq!(
        message(&|report| {
            report.sections[0].blocks = vec![Block::Table(Table {
                columns: Vec::new(),
                rows: Vec::new(),
                ..table()
            })];
        }),
        "table 1 has no columns; at least one is needed"
    );
    assert_eq!(
        message(&|report| report.references.push(reference("first", None))),
        "references: the key first stands twice; a key names one work"
    );
    let broken = |picture: Picture| {
        message(&|report| {
            report.sections[0].blocks = vec![figure(FigureWidth::Full, picture.clone())];
        })
    };
    assert!(broken(Picture::Png(vec![1, 2, 3])).starts_with("figure 1: "));
    assert!(broken(Picture::Svg("<svg".to_owned())).starts_with("figure 1: "));
}
