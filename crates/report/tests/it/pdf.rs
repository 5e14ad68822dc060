use sirt_report::pdf;

use crate::fixture::report;

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|window| window == words.as_bytes())
}

#[test]
fn the_file_is_a_tagged_pdf_for_archives_with_the_reports_date() {
    let bytes = pdf(&report()).unwrap();
    assert!(bytes.starts_with(b"%PDF-1."));
    // Metadata of an archive file stand uncompressed (ISO 19005-2, 6.6.2).
    for words in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>B</pdfaid:conformance>",
        "2026-03-16",
        "OpenSIRT 0.1.0",
        "/MarkInfo",
        "/StructTreeRoot",
        "https://doi.org/10.1000/first",
    ] {
        assert!(holds(&bytes, words), "{words} is not in the file");
    }
    // A link that runs a script is printed, not followed.
    assert!(!holds(&bytes, "javascript:"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let first = pdf(&report()).unwrap();
    let second = std::thread::spawn(|| pdf(&report()).unwrap())
        .join()
        .unwrap();
    assert!(first == second);
}

#[test]
fn a_sheet_that_nobody_signs_has_its_mark_or_none() {
    let mut report = report();
    for mark in [Some("SYNTHETIC".to_owned()), None] {
        report.status = sirt_report::Status::Sheet { mark };
        assert!(pdf(&report).unwrap().starts_with(b"%PDF-1."));
    }
}
