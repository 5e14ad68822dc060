//! `sirt follow CASE` as a user runs it: a case folder to its course.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::plan::example;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// 2.5 GBq right, 1.5 GBq left, CT at baseline and 26 months, dead at 30 months.
fn leaflet_case() -> PathBuf {
    root().join("docs/examples/leaflet_case")
}

/// The example of follow-up in docs/case.md behind that of the case, without images.
fn followed() -> String {
    let page = include_str!("../../../../docs/case.md");
    let (_, rest) = page.split_once("## Follow-up\n").unwrap();
    let (_, rest) = rest.split_once("```toml\n").unwrap();
    format!("{}\n{}", example(), rest.split_once("```").unwrap().0)
}

fn with_case(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.toml"), text).unwrap();
    folder
}

fn sirt(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sirt"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn json(folder: &Path, options: &[&str]) -> Value {
    let mut arguments = vec!["follow", text(folder), "--json"];
    arguments.extend(options);
    let output = sirt(&arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn close(value: &Value, expected: f64, tolerance: f64) {
    let found = value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"));
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected}"
    );
}

#[test]
fn the_case_of_the_leaflet_is_followed_to_its_end() {
    let result = json(&leaflet_case(), &[]);
    let subject = &result["subjects"][0];
    let given: Vec<f64> = subject["treatments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|treatment| treatment["activity_gbq"].as_f64().unwrap())
        .collect();
    assert_eq!(given, [2.5, 1.5]);
    let recist = &subject["criteria"]["recist-1.1"];
    // Two of one organ: 98 + 71 = 169 mm to 49 + 30 = 79 mm, -53.25 %.
    let point = &recist["timepoints"][0];
    assert_eq!(point["date"], "2010-05-10");
    assert_eq!(recist["baseline_sum"], 169.0);
    assert_eq!(point["sum"], 79.0);
    close(
        &point["change_from_baseline"],
        100.0 * (79.0 / 169.0 - 1.0),
        1e-9,
    );
    assert_eq!(point["overall"], "PR");
    assert_eq!(recist["best"], "PR");
    // Seen once: not confirmed.
    assert_eq!(recist["best_confirmed"], "SD");
    // 98·84 + 71·60 + 54·47 + 66·52 + 41·36 mm² at baseline by WHO.
    assert_eq!(
        subject["criteria"]["who"]["baseline_sum"],
        f64::from(98 * 84 + 71 * 60 + 54 * 47 + 66 * 52 + 41 * 36)
    );
    let liver = &subject["liver_volumes"][0]["values"][1];
    close(&liver["of_baseline"], 100.0 * 1870.0 / 3240.0, 1e-9);
    close(
        &liver["change_from_prior_treatment"],
        100.0 * (1870.0 / 3240.0 - 1.0),
        1e-9,
    );
    assert_eq!(liver["prior_treatment_gbq"], 4.0);
    let status = &subject["status"];
    assert_eq!(status["state"], "dead");
    assert_eq!(status["cause_in_words"], "pulmonary disease");
    // 10 March 2008 to 10 September 2010: 914 days (Python's datetime).
    assert_eq!(status["days"], 914);
    let os = &subject["endpoints"][0];
    assert_eq!(
        (&os["name"], &os["days"], &os["event"]),
        (&"os".into(), &914.into(), &true.into())
    );
    let fates: Vec<&str> = subject["lesions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lesion| lesion["fate"].as_str().unwrap())
        .collect();
    assert_eq!(fates[2], "gone on 2010-05-10");
    assert_eq!(fates[4], "too small to measure on 2010-05-10");
    let cga = subject["markers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|marker| marker["definition"] == "half")
        .unwrap();
    let said: Vec<&str> = cga["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value["response"].as_str().unwrap())
        .collect();
    // 1480 at baseline: 910 is -38.5 %, 620 and below more than half.
    assert_eq!(said, ["SD", "PR", "PR", "PR", "PR"]);
    assert_eq!(subject["findings"], serde_json::json!([]));
}

#[test]
fn everything_of_a_case_stands_beside_responses() {
    let folder = with_case(&followed());
    let result = json(folder.path(), &[]);
    let subject = &result["subjects"][0];
    assert_eq!(result["criteria"].as_array().unwrap().len(), 21);
    assert_eq!(result["agreement"]["compared"], 1);
    assert_eq!(result["agreement"]["same"], 1);
    let lesion = |name: &str| {
        subject["lesions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|lesion| lesion["lesion"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(lesion("L2")["dose_gy"], 96.0);
    assert_eq!(lesion("L2")["response"], "CR");
    close(
        &lesion("L1")["best_change"],
        100.0 * (34.0 / 62.0 - 1.0),
        1e-9,
    );
    assert_eq!(lesion("N1")["measure"], "short axis");
    assert_eq!(lesion("L3")["fate"], "new; there on 2026-12-15");
    let flushing = &subject["symptoms"][0];
    assert_eq!(flushing["baseline"], "2026-03-10");
    assert_eq!(flushing["values"][1]["response"], "improved");
    let analogue = &subject["analogues"][1];
    // 30 + 28·0.3 = 38.4 mg at treatment, 20 mg after: 52 %.
    close(&analogue["of_treatment_percent"], 100.0 * 20.0 / 38.4, 1e-9);
    assert_eq!(analogue["change"], "reduced by less than half");
    let toxicity = |term: &str| {
        subject["toxicity"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["term"] == term)
            .unwrap()
            .clone()
    };
    // 25 µmol/L at a limit of 21, baseline 12 (TV-E1): grade 1; 700 lymphocytes: grade 2.
    assert_eq!(toxicity("Blood bilirubin increased")["grade"], 1);
    assert_eq!(toxicity("Lymphocyte count decreased")["grade"], 2);
    assert_eq!(toxicity("Platelet count decreased")["grade"], 1);
    let ulcer = toxicity("Duodenal ulcer");
    assert_eq!(ulcer["attribution"], "probable");
    assert_eq!(ulcer["site"], "bowel");
    assert_eq!(ulcer["stated"]["finding"], "uptake at the duodenum");
    assert!(
        ulcer["stated"]["cleared"]
            .as_str()
            .unwrap()
            .starts_with("cleared by Dr. A. Example on 2026-03-03")
    );
    // New grade 1 of bilirubin, none of enzymes (ALT has no limit): 2 at least
    // (braat2019), and what was done is not said.
    let liver = &subject["liver_toxicity"];
    assert_eq!(liver["grade"], Value::Null);
    assert_eq!(
        (&liver["at_least"], &liver["function"]),
        (&2.into(), &1.into())
    );
    assert_eq!(liver["enzymes"], Value::Null);
    assert_eq!(subject["performance"][0]["ecog"], 1);
    assert_eq!(subject["liver_function"][0]["child_pugh"], 5);
    // PRRT censors progression at the last scan before it.
    let pfs = &subject["endpoints"][1];
    assert_eq!(
        (&pfs["name"], &pfs["event"]),
        (&"pfs".into(), &false.into())
    );
    assert_eq!(pfs["end"], "2026-12-15");
}

#[test]
fn a_lesion_has_the_dose_of_the_result_that_the_case_names() {
    let result = "[administration.image]\nresult = \"dose.json\"\n\n[[administration]]\nterritory = \"left\"";
    let case = followed().replacen("[[administration]]\nterritory = \"left\"", result, 1);
    let folder = with_case(&case);
    std::fs::write(
        folder.path().join("dose.json"),
        r#"{"structures": [{"name": "GTV 1", "dose_gy": {"mean": 143.5}, "uncertainty_gy": 20.0}]}"#,
    )
    .unwrap();
    let subject = &json(folder.path(), &[])["subjects"][0];
    let lesion = &subject["lesions"][0];
    assert_eq!(lesion["dose_gy"], 143.5);
    assert_eq!(lesion["dose_uncertainty_gy"], 20.0);
    assert_eq!(lesion["dose_source"], "dose.json");
}

#[test]
fn a_record_that_contradicts_itself_is_refused_by_its_rule() {
    let case = followed().replacen("alive = \"2027-03-01\"", "died = \"2026-11-01\"", 1);
    let folder = with_case(&case);
    let subject = &json(folder.path(), &[])["subjects"][0];
    assert!(
        subject["refused"]
            .as_str()
            .unwrap()
            .starts_with("status.death-before-last-scan: death on 2026-11-01"),
        "{}",
        subject["refused"]
    );
    assert_eq!(subject["criteria"], serde_json::json!({}));
    let rules: Vec<&str> = subject["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"status.death-before-value"), "{rules:?}");
}

#[test]
fn toxicity_of_the_liver_is_graded_by_what_was_done() {
    let event = "\n[[event]]\nterm = \"Ascites\"\ngrade = 3\nstart = \"2026-05-02\"\ntreatment = \"invasive\"\n";
    let folder = with_case(&format!("{}{event}", followed()));
    let liver = &json(folder.path(), &[])["subjects"][0]["liver_toxicity"];
    // Paracentesis: 4 (braat2019).
    assert_eq!(liver["grade"], 4);
    // The same years later, or put down to something else, is none of the treatment.
    for other in [
        event.replace("2026-05-02", "2028-06-02"),
        format!("{event}attribution = \"unrelated\"\n"),
    ] {
        let folder = with_case(&format!("{}{other}", followed()));
        let liver = &json(folder.path(), &[])["subjects"][0]["liver_toxicity"];
        assert_eq!(liver["grade"], Value::Null, "{liver}");
        let why = liver["why"].as_str().unwrap();
        assert!(why.contains("left out: Ascites"), "{why}");
    }
}

#[test]
fn readers_are_followed_apart() {
    let second = "\n[[measurement]]\nlesion = \"L1\"\ndate = \"2026-02-27\"\nreader = \"B\"\nmodality = \"ct\"\nlong_axis = \"60 mm\"\n\n[[measurement]]\nlesion = \"L1\"\ndate = \"2026-06-16\"\nreader = \"B\"\nmodality = \"ct\"\nlong_axis = \"58 mm\"\n";
    let folder = with_case(&format!("{}{second}", followed()));
    let all = json(folder.path(), &["--all-readers"]);
    assert_eq!(all["subjects"].as_array().unwrap().len(), 2);
    let of_b = json(
        folder.path(),
        &["--reader", "B", "--criteria", "recist-1.1"],
    );
    let recist = &of_b["subjects"][0]["criteria"]["recist-1.1"];
    assert_eq!(recist["timepoints"][0]["overall"], "SD");
    let output = sirt(&["follow", text(folder.path()), "--reader", "C"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("no results by the reader `C`; the case has A. Example, B"),
        "{said}"
    );
}

#[test]
fn writes_the_result_the_lesions_and_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = sirt(&["follow", text(&leaflet_case()), "--out", text(&out)]);
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let widest = lines
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap();
    assert!(widest <= 100, "{widest}");
    for words in [
        "2.50",
        "pulmonary disease",
        "partial response",
        "-42.3",
        "1 CR 4 PR",
    ] {
        assert!(lines.contains(words), "{words}\n{lines}");
    }
    let record: Value =
        serde_json::from_slice(&std::fs::read(out.join("result.json")).unwrap()).unwrap();
    let files: Vec<&str> = record["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    for name in [
        "result.json",
        "lesions.csv",
        "timeline.svg",
        "spider.svg",
        "waterfall.svg",
        "liver_volume.svg",
        "marker_1.svg",
    ] {
        assert!(files.contains(&name), "{name}: {files:?}");
        assert!(out.join(name).is_file(), "{name}");
    }
    let volumes = std::fs::read_to_string(out.join("liver_volume.svg")).unwrap();
    for words in ["2.50 GBq right + 1.50 GBq left", "−42 %", "1870"] {
        assert!(volumes.contains(words), "{words}");
    }
    let lesions = std::fs::read_to_string(out.join("lesions.csv")).unwrap();
    assert!(
        lesions.contains(
            "L1,liver,segment VIII,right,,,long axis,mm,2010-05-10,present,false,49.0000,-50.0000"
        ),
        "{lesions}"
    );
    // Again, in place of the files of the run before.
    let again = sirt(&["follow", text(&leaflet_case()), "--out", text(&out)]);
    assert!(again.status.success(), "{again:?}");
}

#[test]
fn a_case_or_a_study_has_to_be_named() {
    let none = sirt(&["follow"]);
    assert!(!none.status.success());
    let both = sirt(&["follow", "x", "--sdtm", "y"]);
    assert!(!both.status.success());
    let bare = with_case(&example());
    let output = sirt(&["follow", text(bare.path())]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the case has no follow-up"), "{said}");
    assert!(!said.contains("SIRT-017"), "{said}");
}

#[test]
fn the_report_tells_the_follow_up() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report.html");
    let output = sirt(&["report", text(&leaflet_case()), "--out", text(&out)]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let page = std::fs::read_to_string(&out).unwrap();
    for words in [
        "Follow-up",
        "Response by every criterion",
        "pulmonary disease",
        "30.0 months after the first treatment",
        "How RECIST 1.1 came to it",
        "Times to events, by recist-1.1",
        "From prior treatment",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("2.50 GBq right + 1.50 GBq left"));
}

/// The leaflet's case with its lobes two months apart, and a CT between.
fn sequential() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["lesions.csv", "measurements.csv", "markers.csv"] {
        std::fs::copy(leaflet_case().join(name), folder.path().join(name)).unwrap();
    }
    let case = std::fs::read_to_string(leaflet_case().join("case.toml"))
        .unwrap()
        .replace("2008-03-10T12:10+01:00", "2008-05-12T12:10+02:00")
        .replacen(
            "[[liver_volume]]\ndate = \"2010-05-10\"",
            "[[liver_volume]]\ndate = \"2008-05-05\"\nliver = \"2900 mL\"\n\n[[liver_volume]]\ndate = \"2010-05-10\"",
            1,
        );
    std::fs::write(folder.path().join("case.toml"), case).unwrap();
    folder
}

#[test]
fn a_volume_is_compared_with_that_of_before_the_treatment_before_it() {
    let folder = sequential();
    let subject = &json(folder.path(), &["--criteria", "recist-1.1"])["subjects"][0];
    let liver = &subject["liver_volumes"][0]["values"];
    assert_eq!(liver[1]["prior_treatment"], "2008-03-10");
    assert_eq!(liver[1]["prior_treatment_gbq"], 2.5);
    close(
        &liver[1]["change_from_prior_treatment"],
        100.0 * (2900.0 / 3240.0 - 1.0),
        1e-9,
    );
    assert_eq!(liver[2]["prior_treatment"], "2008-05-12");
    assert_eq!(liver[2]["prior_treatment_gbq"], 1.5);
    assert_eq!(
        liver[2]["before_treatment"],
        serde_json::json!(["2008-05-05", 2900.0])
    );
    close(
        &liver[2]["change_from_prior_treatment"],
        100.0 * (1870.0 / 2900.0 - 1.0),
        1e-9,
    );
    close(&liver[2]["of_baseline"], 100.0 * 1870.0 / 3240.0, 1e-9);
    // One criterion was asked for.
    let criteria = subject["criteria"].as_object().unwrap();
    assert_eq!(criteria.keys().collect::<Vec<_>>(), ["recist-1.1"]);
}
