//! `sirt report` as a user runs it.

use std::path::Path;

use serde_json::Value;

use crate::plan::{example, of_phantom, sirt};

/// The example of docs/case.md with nobody's signature.
fn unsigned() -> String {
    let case = example();
    let (before, _) = case.split_once("[[signature]]").unwrap();
    before.to_owned()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = sirt(folder, arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn with_case(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.toml"), text).unwrap();
    folder
}

/// The words of a page: no tags, no entities.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    for (entity, letter) in [
        ("&#39;", "'"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, letter);
    }
    text
}

/// Names that links inside the page lead to, and that are nowhere.
fn dead_links(html: &str) -> Vec<String> {
    html.split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| !html.contains(&format!("id=\"{name}\"")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_holds_methods_rules_territories_assumptions_and_works_cited() {
    let folder = with_case(&unsigned());
    let at = folder.path();
    let plan = json(at, &["plan", ".", "--json"]);
    let written = json(at, &["report", ".", "--out", "r.html", "--json"]);
    assert_eq!(written["file"], "r.html");
    assert_eq!(written["title"], "Treatment record");
    assert_eq!(written["status"], "draft");
    let html = std::fs::read_to_string(at.join("r.html")).unwrap();
    let page = words(&html);
    let names = |list: &Value, field: &str| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|row| row[field].as_str().unwrap().to_owned())
            .collect()
    };
    for name in names(&plan["methods"], "name")
        .into_iter()
        .chain(names(&plan["rules"], "id"))
        .chain(names(&plan["territories"], "name"))
        .chain(names(&written["self_check"], "id").into_iter().map(|id| {
            // The page says items in words.
            let items = written["self_check"].as_array().unwrap();
            let item = items.iter().find(|item| item["id"] == id.as_str()).unwrap();
            item["text"].as_str().unwrap()[1..].to_owned()
        }))
    {
        assert!(page.contains(&name), "{name}");
    }
    for assumption in plan["assumptions"].as_array().unwrap() {
        // Up to its source, which the page says as a citation.
        let said = assumption.as_str().unwrap().replace('`', "");
        let start = said.split('(').next().unwrap().trim();
        assert!(page.contains(start), "{start}");
    }
    assert!(!plan["assumptions"].as_array().unwrap().is_empty());
    // TV-B15: 1.73764 GBq delivered of 1.80, -3.46 %, as a person reads it.
    assert!(page.contains("1.74") && page.contains("−3.5 %"));
    assert!(page.contains("Dr. A. Example") && page.contains("stasis in the left lobe"));
    assert!(page.contains("not a medical device"));
    assert!(page.contains("Weber M, Lam M, Chiesa C et al."));
    assert!(html.contains("https://doi.org/"));
    assert!(dead_links(&html).is_empty(), "{:?}", dead_links(&html));
    // No number as the machine holds it: ten digits and more in a row.
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let raw: Vec<&str> = page
        .split_whitespace()
        .filter(|word| word.contains('.') && !word.contains("doi") && digits(word) > 9)
        .filter(|word| {
            word.trim_end_matches([',', ';', '.'])
                .parse::<f64>()
                .is_ok()
        })
        .collect();
    assert!(raw.is_empty(), "{raw:?}");
}

#[test]
fn a_signature_stands_until_the_contents_change() {
    let folder = with_case(&unsigned());
    let at = folder.path();
    let before = std::fs::read_to_string(at.join("case.toml")).unwrap();
    let signed = json(
        at,
        &[
            "report",
            ".",
            "--sign",
            "B. Example",
            "--role",
            "Medical physicist",
            "--out",
            "r.html",
            "--json",
        ],
    );
    assert_eq!(signed["status"], "signed");
    let after = std::fs::read_to_string(at.join("case.toml")).unwrap();
    assert!(
        after.starts_with(before.trim_end()),
        "comments and order stay"
    );
    let page = words(&std::fs::read_to_string(at.join("r.html")).unwrap());
    assert!(page.contains("B. Example") && !page.contains("Draft, not signed"));
    // Another spelling is the same contents, another weight is not.
    let respelled = after.replace(" # never the real name", "");
    std::fs::write(at.join("case.toml"), &respelled).unwrap();
    let again = json(at, &["report", ".", "--out", "r.html", "--json"]);
    assert_eq!(again["status"], "signed");
    assert_eq!(again["signing"]["content"], signed["signing"]["content"]);
    std::fs::write(
        at.join("case.toml"),
        respelled.replace("\"70 kg\"", "\"75 kg\""),
    )
    .unwrap();
    let changed = json(at, &["report", ".", "--out", "r.html", "--json"]);
    assert_eq!(changed["status"], "changed");
    let page = words(&std::fs::read_to_string(at.join("r.html")).unwrap());
    assert!(page.contains("changed after they were signed") && page.contains("Draft"));
}

#[test]
fn what_stops_a_plan_is_on_its_first_page() {
    let case = unsigned().replace("activity = \"1.80 GBq\"", "activity = \"5 GBq\"");
    // A plan and no record yet: nothing given, so nothing to set aside.
    let (plan, rest) = case.split_once("[[administration]]").unwrap();
    assert!(rest.contains("[[override]]"));
    let folder = with_case(plan);
    let written = json(folder.path(), &["report", ".", "--out", "r.html", "--json"]);
    assert_eq!(written["title"], "Treatment plan");
    assert_eq!(written["blocked"], true);
    let page = words(&std::fs::read_to_string(folder.path().join("r.html")).unwrap());
    let stopped = page.find("Not to be given as it is").unwrap();
    assert!(stopped < page.find("Activity and time").unwrap());
    assert!(page[stopped..].contains("normal-liver-dose"));
}

#[test]
fn refuses_what_it_cannot_write() {
    let folder = with_case(&unsigned());
    let at = folder.path();
    let refused = |arguments: &[&str], code: i32| {
        let output = sirt(at, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = refused(&["report", ".", "--out", "r.docx"], 1);
    assert!(said.contains("written as .pdf or .html"), "{said}");
    std::fs::write(at.join("mine.html"), "<p>mine</p>").unwrap();
    let said = refused(&["report", ".", "--out", "mine.html"], 1);
    assert!(said.contains("give another name"), "{said}");
    assert_eq!(
        std::fs::read_to_string(at.join("mine.html")).unwrap(),
        "<p>mine</p>"
    );
    refused(&["report", "."], 2);
    refused(&["report", ".", "--sign", "B. Example"], 2);
    let said = refused(
        &["report", ".", "--sign", " ", "--role", "Medical physicist"],
        1,
    );
    assert!(said.contains("--sign is empty"), "{said}");
    let said = refused(&["report", "nowhere", "--out", "r.html"], 1);
    assert!(said.contains("case.toml"), "{said}");
}

#[test]
fn the_built_in_patient_has_pictures_and_a_predicted_dose() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(sirt(at, &["phantom", "--out", "p"]).status.success());
    std::fs::write(
        at.join("case.toml"),
        of_phantom("Liver right lobe", "Liver left lobe"),
    )
    .unwrap();
    let written = json(at, &["report", ".", "--out", "r.html", "--json"]);
    assert_eq!(written["title"], "Treatment plan");
    let html = std::fs::read_to_string(at.join("r.html")).unwrap();
    assert_eq!(html.matches("data:image/png").count(), 2);
    let page = words(&html);
    for said in [
        "MAA SPECT",
        "Dose to expect, voxel by voxel",
        "Tumour 3",
        "voxel-limit",
        // Where the mass of the lungs is from, and what the uncertainty of a shunt is.
        "CT of the case",
        "by counting, of planar views also by the borders of their outlines",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(dead_links(&html).is_empty());
    #[cfg(feature = "pdf")]
    {
        json(at, &["report", ".", "--out", "r.pdf", "--json"]);
        let pdf = std::fs::read(at.join("r.pdf")).unwrap();
        assert!(pdf.starts_with(b"%PDF") && pdf.len() > 100_000);
        // A report is replaced by the next.
        json(at, &["report", ".", "--out", "r.pdf", "--json"]);
    }
}
