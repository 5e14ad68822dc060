//! `sirt evidence import`, and `--where`, as a user runs them.

use std::path::Path;

use serde_json::Value;

use crate::dose::{json, sirt, text, write};

const LESIONS: &str = "\
Patient,Lesion,Scan date,Size (mm),Site,SIRT date,Grade
A1,T1,02.01.2020,50,liver,10.01.2020,G1
A1,T1,10.04.2020,30,liver,10.01.2020,G1
A2,T1,03.01.2020,40,liver,12.01.2020,G2
A2,T1,15.04.2020,52,liver,12.01.2020,G2
";

fn import(file: &Path, mapping: Option<&Path>, out: &Path, more: &[&str]) -> std::process::Output {
    let mut line = vec!["evidence", "import", text(file), "--out", text(out)];
    if let Some(mapping) = mapping {
        line.extend(["--mapping", text(mapping)]);
    }
    line.extend(more);
    sirt(&line)
}

fn rate(folder: &Path, more: &[&str]) -> Value {
    let line = [&["evidence", "run", text(folder), "--json"], more].concat();
    let result = json(&sirt(&line));
    let found = result["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|endpoint| endpoint["key"] == "response/recist-1.1/objective/3/treated");
    serde_json::json!([
        found.map(|rate| rate["n"].clone()),
        found.map(|rate| rate["N"].clone()),
        result["population_flow"]["refused"]
    ])
}

#[test]
fn columns_are_proposed_and_imported_as_the_mapping_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "lesions.csv", LESIONS.as_bytes());
    let first = import(&file, None, &folder.path().join("proposal"), &[]);
    // Nothing is imported before somebody looked at the mapping.
    assert_eq!(first.status.code(), Some(3), "{first:?}");
    let mapping = folder.path().join("proposal/mapping.toml");
    let proposed = std::fs::read_to_string(&mapping).unwrap();
    for line in [
        "form = \"long\"",
        "date_form = \"DD.MM.YYYY\"",
        "length_unit = \"mm\"",
        "diameter = \"Size (mm)\"",
        "treated = \"SIRT date\"",
        "grade = \"Grade\"",
    ] {
        assert!(proposed.contains(line), "{line} in {proposed}");
    }
    let out = folder.path().join("cohort");
    let imported = import(&file, Some(&mapping), &out, &["--json"]);
    assert_eq!(json(&imported)["patients"], 2);
    // A1 falls by 40 % (PR), A2 rises by 30 % (PD).
    assert_eq!(rate(&out, &[]), serde_json::json!([1, 2, []]));
    assert_eq!(
        rate(&out, &["--where", "grade = 'G1'"]),
        serde_json::json!([1, 1, [{"reason": "left out by --where", "count": 1}]])
    );
    let unknown = sirt(&["evidence", "run", text(&out), "--where", "line = 1"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("no column `line`; known are grade"),
        "{unknown:?}"
    );
}

#[test]
fn a_workbook_gives_what_its_csv_gives() {
    let folder = tempfile::tempdir().unwrap();
    let workbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lesions.xlsx");
    let mapping = write(
        folder.path(),
        "mapping.toml",
        b"form = \"long\"\nlength_unit = \"mm\"\n[columns]\npatient = \"Patient\"\n\
          lesion = \"Lesion\"\nscanned = \"Scan date\"\ndiameter = \"Size (mm)\"\n\
          organ = \"Site\"\ntreated = \"SIRT date\"\n[attributes]\ngrade = \"Grade\"\n",
    );
    let out = folder.path().join("cohort");
    let imported = import(&workbook, Some(&mapping), &out, &["--json"]);
    assert_eq!(json(&imported)["patients"], 2);
    assert_eq!(rate(&out, &[]), serde_json::json!([1, 2, []]));
}

#[test]
fn a_row_a_patient_gives_survival_and_wrong_cells_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = write(
        folder.path(),
        "mapping.toml",
        b"form = \"wide\"\ntreated_on = \"2000-01-01\"\n[columns]\npatient = \"id\"\n\
          months = \"os\"\ndied = \"dead\"\n[attributes]\nresponse = \"best\"\n",
    );
    let file = write(
        folder.path(),
        "patients.csv",
        b"id,os,dead,best\nB1,6,1,PD\nB2,12.5,0,PR\nB3,soon,0,PR\nB4,20,maybe,SD\nB5,30,0,SD\n",
    );
    let out = folder.path().join("cohort");
    let refused = import(&file, Some(&mapping), &out, &[]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("row 4, column `os`: `soon` is outside 0..1200"),
        "{said}"
    );
    assert!(
        said.contains("row 5, column `dead`: `maybe` is none of 0, 1, yes, no"),
        "{said}"
    );
    assert!(!out.exists());
    let imported = import(
        &file,
        Some(&mapping),
        &out,
        &["--leave-out-refused", "--json"],
    );
    assert_eq!(json(&imported)["refused"].as_array().unwrap().len(), 2);
    let result = json(&sirt(&["evidence", "run", text(&out), "--json"]));
    let survival = result["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|endpoint| endpoint["key"] == "survival/os")
        .unwrap();
    assert_eq!(
        (survival["n"].as_u64(), survival["N"].as_u64()),
        (Some(1), Some(3))
    );
    let wrong = write(
        folder.path(),
        "wrong.toml",
        b"form = \"wide\"\n[columns]\npat = \"id\"\n",
    );
    let refused = import(&file, Some(&wrong), &folder.path().join("x"), &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("`pat` is no meaning; known are patient")
    );
}

#[test]
fn a_last_contact_is_no_day_of_death_and_a_year_has_four_digits() {
    let folder = tempfile::tempdir().unwrap();
    let run = |rows: &str| {
        let file = write(folder.path(), "patients.csv", rows.as_bytes());
        let mapping = write(
            folder.path(),
            "mapping.toml",
            b"form = \"wide\"\ndate_form = \"DD.MM.YYYY\"\n[columns]\npatient = \"id\"\ntreated = \"treated\"\ndied = \"died\"\nlast_contact = \"last\"\n",
        );
        let out = folder.path().join("cohort");
        let _ = std::fs::remove_dir_all(&out);
        (import(&file, Some(&mapping), &out, &[]), out)
    };
    let head = "id,treated,died,last\n";
    let (imported, out) = run(&format!(
        "{head}A,01.02.2020,1,01.03.2021\nB,01.02.2020,0,01.03.2022\n"
    ));
    assert!(imported.status.success(), "{imported:?}");
    let written: String = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default())
        .collect();
    assert!(!written.contains("2021-03-01"), "{written}");
    assert!(written.contains("2022-03-01"), "{written}");
    for (row, words) in [
        ("A,01.02.20,0,01.03.2021", "01.02.20"),
        (
            "A,01.02.2020,,01.03.2021",
            "is empty beside months or a last contact",
        ),
    ] {
        let (refused, _) = run(&format!("{head}{row}\n"));
        assert!(!refused.status.success(), "{row}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(words), "{said}");
    }
}
