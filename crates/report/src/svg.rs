//! SVG pictures that may stand inside a page: known elements only, nothing that
//! runs, nothing that is fetched, identifiers of their own.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use crate::html::escape;

const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// What a picture of this project may hold: shapes, texts, paints and clips.
const ELEMENTS: &[&str] = &[
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "g",
    "line",
    "linearGradient",
    "marker",
    "mask",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "svg",
    "symbol",
    "text",
    "title",
    "tspan",
    "use",
];

/// A picture whose elements are all known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CleanSvg {
    /// The view box: left, top, width, height.
    view_box: String,
    /// Other attributes of the root, each with a space before it.
    attributes: String,
    /// What the root holds.
    content: String,
}

impl CleanSvg {
    /// The picture as an element of a page, without a size of its own.
    pub(crate) fn in_page(&self, alternative: &str) -> String {
        format!(
            "<svg viewBox=\"{}\"{} role=\"img\" aria-label=\"{}\">{}</svg>",
            self.view_box,
            self.attributes,
            escape(alternative),
            self.content
        )
    }

    /// The picture as a file.
    #[cfg(feature = "pdf")]
    pub(crate) fn as_file(&self) -> String {
        format!(
            "<svg xmlns=\"{SVG}\" viewBox=\"{}\"{}>{}</svg>",
            self.view_box, self.attributes, self.content
        )
    }
}

/// Takes a picture over element by element; identifiers get `prefix`.
///
/// Attributes and elements of other namespaces (an editor's notes) and comments
/// are left out.
///
/// # Errors
/// Text that is not SVG, elements outside the list, attributes that run scripts
/// or point outside the picture: told as a sentence.
pub(crate) fn clean(text: &str, prefix: &str) -> Result<CleanSvg, String> {
    let document =
        Document::parse(text).map_err(|error| format!("the picture is not SVG: {error}"))?;
    let root = document.root_element();
    if root.tag_name().name() != "svg" || !in_svg(root) {
        return Err(format!(
            "the picture begins with <{}>; needed is <svg xmlns=\"{SVG}\">",
            root.tag_name().name()
        ));
    }
    let view_box = view_box(root)?;
    let mut attributes = String::new();
    write_attributes(root, prefix, &mut attributes)?;
    let mut content = String::new();
    for child in root.children() {
        write_node(child, prefix, &mut content)?;
    }
    Ok(CleanSvg {
        view_box,
        attributes,
        content,
    })
}

fn in_svg(node: Node<'_, '_>) -> bool {
    // Pictures that are made for pages leave the namespace out.
    node.tag_name()
        .namespace()
        .is_none_or(|namespace| namespace == SVG)
}

fn view_box(root: Node<'_, '_>) -> Result<String, String> {
    if let Some(stated) = root.attribute("viewBox") {
        let sides: Vec<f64> = stated
            .split([' ', ',', '\t', '\n'])
            .filter(|part| !part.is_empty())
            .filter_map(|part| part.parse().ok())
            .filter(|side: &f64| side.is_finite())
            .collect();
        return match sides[..] {
            [left, top, width, height] if width > 0.0 && height > 0.0 => {
                Ok(format!("{left} {top} {width} {height}"))
            }
            _ => Err(format!(
                "the picture's viewBox is \"{stated}\"; needed are left, top, width and height"
            )),
        };
    }
    let side = |name: &str| {
        root.attribute(name)
            .and_then(|value| value.trim().trim_end_matches("px").parse::<f64>().ok())
            .filter(|side| side.is_finite() && *side > 0.0)
    };
    match (side("width"), side("height")) {
        (Some(width), Some(height)) => Ok(format!("0 0 {width} {height}")),
        _ => Err("the picture has no viewBox, and no width and height in pixels".to_owned()),
    }
}

fn write_node(node: Node<'_, '_>, prefix: &str, out: &mut String) -> Result<(), String> {
    if node.is_text() {
        out.push_str(&escape(node.text().unwrap_or_default()));
        return Ok(());
    }
    if !node.is_element() || !in_svg(node) {
        return Ok(());
    }
    let name = node.tag_name().name();
    if name == "metadata" {
        return Ok(());
    }
    if !ELEMENTS.contains(&name) {
        return Err(format!(
            "the picture holds <{name}>; allowed are {}",
            ELEMENTS.join(", ")
        ));
    }
    out.push('<');
    out.push_str(name);
    write_attributes(node, prefix, out)?;
    out.push('>');
    for child in node.children() {
        write_node(child, prefix, out)?;
    }
    let _ = write!(out, "</{name}>");
    Ok(())
}

fn write_attributes(node: Node<'_, '_>, prefix: &str, out: &mut String) -> Result<(), String> {
    let is_root = node.parent().is_some_and(|parent| parent.is_root());
    for attribute in node.attributes() {
        let name = attribute.name();
        let value = attribute.value();
        let is_link = name == "href";
        match attribute.namespace() {
            None => {}
            Some(XLINK) if is_link => {}
            Some(_) => continue,
        }
        if is_root
            && [
                "viewBox",
                "width",
                "height",
                "role",
                "aria-label",
                "version",
            ]
            .contains(&name)
        {
            continue;
        }
        let refused = |why: &str| Err(format!("the picture's {name}=\"{value}\" {why}"));
        if name.len() > 2 && name[..2].eq_ignore_ascii_case("on") {
            return refused("runs a script, which is not allowed");
        }
        if name == "class" {
            continue;
        }
        if name == "id" {
            let _ = write!(out, " id=\"{}\"", escape(&format!("{prefix}{value}")));
            continue;
        }
        if is_link {
            let Some(target) = value.strip_prefix('#') else {
                return refused("points outside the picture; allowed is #id");
            };
            let _ = write!(out, " href=\"#{}\"", escape(&format!("{prefix}{target}")));
            continue;
        }
        let lower = value.to_ascii_lowercase();
        if value.contains('\\')
            || [
                "javascript:",
                "@import",
                "expression(",
                "image(",
                "image-set(",
                "src(",
            ]
            .iter()
            .any(|word| lower.contains(word))
        {
            return refused("may fetch or run something, which is not allowed");
        }
        let Some(scoped) = scoped_paints(value, prefix) else {
            return refused("points outside the picture; allowed is url(#id)");
        };
        let _ = write!(out, " {name}=\"{}\"", escape(&scoped));
    }
    Ok(())
}

/// The value with `prefix` in every `url(#id)`; none where a url is another.
fn scoped_paints(value: &str, prefix: &str) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    let mut scoped = String::new();
    let mut from = 0;
    while let Some(found) = lower[from..].find("url(") {
        let inside = from + found + "url(".len();
        let length = value[inside..].find(')')?;
        let target = value[inside..inside + length]
            .trim()
            .trim_matches(['"', '\''])
            .strip_prefix('#')?;
        scoped.push_str(&value[from..from + found]);
        let _ = write!(scoped, "url(#{prefix}{target})");
        from = inside + length + 1;
    }
    scoped.push_str(&value[from..]);
    Some(scoped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(content: &str) -> Result<String, String> {
        let text = format!(
            "<svg xmlns=\"{SVG}\" xmlns:xlink=\"{XLINK}\" width=\"40\" height=\"20px\">{content}</svg>"
        );
        clean(&text, "figure-3-").map(|svg| svg.in_page("a \"picture\""))
    }

    #[test]
    fn shapes_texts_and_paints_stay_and_identifiers_are_the_figures_own() {
        let svg = page(
            "<!-- note --><defs><linearGradient id=\"shade\"/></defs>\
             <rect fill=\"url(#shade)\" style=\"stroke: url( '#shade' )\"/>\
             <use xlink:href=\"#dot\"/><text x=\"1\">a &lt; b &amp; c</text>",
        )
        .unwrap();
        assert_eq!(
            svg,
            "<svg viewBox=\"0 0 40 20\" role=\"img\" aria-label=\"a &quot;picture&quot;\">\
             <defs><linearGradient id=\"figure-3-shade\"></linearGradient></defs>\
             <rect fill=\"url(#figure-3-shade)\" style=\"stroke: url(#figure-3-shade)\"></rect>\
             <use href=\"#figure-3-dot\"></use><text x=\"1\">a &lt; b &amp; c</text></svg>"
        );
    }

    #[test]
    fn what_runs_or_fetches_is_refused() {
        for (content, word) in [
            ("<script>1</script>", "<script>"),
            ("<style>@import 'x'</style>", "<style>"),
            ("<foreignObject/>", "<foreignObject>"),
            ("<image href=\"https://a.test/x.png\"/>", "<image>"),
            ("<a href=\"javascript:x\"><rect/></a>", "<a>"),
            ("<rect onload=\"x()\"/>", "script"),
            ("<rect OnClick=\"x()\"/>", "script"),
            ("<use href=\"https://a.test/x.svg#y\"/>", "outside"),
            ("<rect fill=\"url(https://a.test/x)\"/>", "outside"),
            ("<rect style=\"fill: u\\72l(x)\"/>", "fetch"),
            ("<set attributeName=\"href\"/>", "<set>"),
        ] {
            let error = page(content).unwrap_err();
            assert!(error.contains(word), "{content}: {error}");
        }
    }

    #[test]
    fn text_that_is_no_picture_is_refused() {
        for (text, word) in [
            ("", "not SVG"),
            ("<svg>", "not SVG"),
            ("<html/>", "begins with <html>"),
            ("<svg/>", "no viewBox"),
            ("<svg viewBox=\"0 0 0 5\"/>", "viewBox is"),
            (
                "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg viewBox=\"0 0 1 1\">&a;</svg>",
                "not SVG",
            ),
        ] {
            let error = clean(text, "").unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
