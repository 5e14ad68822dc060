//! Integration tests of the case on disk.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod document;
mod example;
mod follow_up;
mod refusals;
mod sdtm;

/// The worked example of docs/case.md.
fn example_text() -> String {
    let page = include_str!("../../../../docs/case.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The example with one part of it in other words; the part has to be there.
fn example_with(part: &str, instead: &str) -> String {
    let text = example_text();
    assert!(text.contains(part), "the example has no `{part}`");
    text.replacen(part, instead, 1)
}
