//! `sirt new` as a script runs it.

use sirt_store::Case;

use crate::dose::{json, sirt, text};

const FLAGS: [&str; 14] = [
    "--pseudonym",
    "SIRT-017",
    "--sex",
    "female",
    "--birth-year",
    "1961",
    "--height",
    "170cm",
    "--weight",
    "70kg",
    "--tumour-type",
    "neuroendocrine",
    "--device",
    "resin",
];

#[test]
fn starts_a_case_that_reads_back_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("017");
    let mut line = vec!["new", text(&case)];
    line.extend(FLAGS);
    line.extend(["--liver", "1800mL", "--density", "1.05g/mL", "--json"]);
    let result = json(&sirt(&line));
    assert_eq!(result["file"], text(&case.join("case.toml")));
    let read = Case::read(&case).unwrap();
    assert_eq!(read.patient.pseudonym.as_str(), "SIRT-017");
    assert!((read.liver.unwrap().mass().as_kg() - 1.89).abs() < 1e-12);

    let before = std::fs::read(case.join("case.toml")).unwrap();
    let again = sirt(&line);
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(
        said.contains("case.toml is there already; a case is never overwritten"),
        "{said}"
    );
    assert_eq!(std::fs::read(case.join("case.toml")).unwrap(), before);
}

#[test]
fn without_a_terminal_a_missing_value_names_its_flag() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("017");
    let output = sirt(&["new", text(&case), "--sex", "female", "--height", "170cm"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(
            "a case needs --pseudonym, --birth-year (or --age), --weight, --tumour-type, --device as well"
        ),
        "{said}"
    );
    assert!(!case.exists());
}

#[test]
fn refuses_impossible_values_without_naming_the_patient() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("017");
    let mut line = vec!["new", text(&case)];
    line.extend(FLAGS);
    let height = line.iter().position(|word| *word == "170cm").unwrap();
    line[height] = "1.7cm";
    let output = sirt(&line);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("[patient] height: 1.7 cm is outside 50..=250 cm"),
        "{said}"
    );
    assert!(!said.contains("SIRT-017") && !case.exists());
}
