//! `sirt evidence run`, `reconstruct` and `sheet` as a user runs them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::dose::{json, sirt, text};

fn studies(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../studies")
        .join(name)
}

/// Tables of four patients: P1 responds, P2 progresses and dies, P3 was treated
/// and never scanned, P4 was never treated.
fn cohort() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "dm.csv",
        "DOMAIN,USUBJID,SEX,RFPENDTC,DTHDTC\n\
         DM,P1,F,2020-12-01,\nDM,P2,M,,2020-09-01\nDM,P3,F,2020-03-01,\nDM,P4,F,2020-02-01,\n",
    );
    write(
        "ex.csv",
        "DOMAIN,USUBJID,EXDOSE,EXDOSU,EXSTDTC\n\
         EX,P1,1.8,GBq,2020-01-10\nEX,P2,1.5,GBq,2020-01-10\nEX,P3,1.2,GBq,2020-01-10\n",
    );
    write(
        "tu.csv",
        "DOMAIN,USUBJID,TULNKID,TULOC,TUORRES\nTU,P1,T01,LIVER,TARGET\nTU,P2,T01,LIVER,TARGET\n",
    );
    write(
        "tr.csv",
        "DOMAIN,USUBJID,TRLNKID,TRTESTCD,TRSTRESC,TRSTRESU,VISITNUM,TRDTC\n\
         TR,P1,T01,LDIAM,50,mm,1,2020-01-02\nTR,P1,T01,LDIAM,30,mm,2,2020-04-10\n\
         TR,P2,T01,LDIAM,50,mm,1,2020-01-02\nTR,P2,T01,LDIAM,70,mm,2,2020-04-12\n",
    );
    write(
        "fa.csv",
        "DOMAIN,USUBJID,FAOBJ,FATESTCD,FASTRESC,FADTC\n\
         FA,P1,FLUSHING,SEV,MODERATE,2020-01-08\nFA,P1,FLUSHING,SEV,MILD,2020-03-08\n\
         FA,P2,FLUSHING,SEV,SEVERE,2020-01-08\n",
    );
    write(
        "cm.csv",
        "DOMAIN,USUBJID,CMTRT,CMDOSE,CMDOSU,CMDOSFRQ,CMSTDTC,CMENDTC\n\
         CM,P1,OCTREOTIDE,30,mg,Q4W,2019-10-01,2020-03-01\n\
         CM,P2,OCTREOTIDE,30,mg,Q4W,2019-10-01,\n",
    );
    write(
        "ae.csv",
        "DOMAIN,USUBJID,AETERM,AEBODSYS,AETOXGR,AEREL,AESTDTC\n\
         AE,P1,DUODENAL ULCER,Gastrointestinal disorders,3,PROBABLE,2020-02-01\n\
         AE,P1,NAUSEA,Gastrointestinal disorders,1,,2020-01-11\n\
         AE,P2,NAUSEA,Gastrointestinal disorders,1,,2020-01-11\n",
    );
    write(
        "dd.csv",
        "DOMAIN,USUBJID,DDTESTCD,DDSTRESC\nDD,P2,PRCDTH,PROGRESSIVE LIVER DISEASE\n",
    );
    folder
}

fn run(folder: &Path, more: &[&str]) -> Value {
    let line = [&["evidence", "run", text(folder), "--json"], more].concat();
    json(&sirt(&line))
}

/// The endpoint of a key.
fn of<'a>(result: &'a Value, key: &str) -> &'a Value {
    result["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|endpoint| endpoint["key"] == key)
        .unwrap_or_else(|| panic!("no {key}"))
}

fn counts(endpoint: &Value) -> [u64; 2] {
    [
        endpoint["n"].as_u64().unwrap(),
        endpoint["N"].as_u64().unwrap(),
    ]
}

#[test]
fn populations_are_kept_apart_and_nobody_is_dropped() {
    let folder = cohort();
    let result = run(folder.path(), &["--patients"]);
    assert_eq!(result["population_flow"]["read"], 4);
    assert_eq!(result["population_flow"]["treated"], 3);
    for (key, expected) in [
        ("treated", [3, 4]),
        ("response/recist-1.1/objective/3/treated", [1, 3]),
        ("response/recist-1.1/objective/3/evaluable", [1, 2]),
        ("response/recist-1.1/control/3/point", [1, 2]),
        ("response/recist-1.1/control/12/point", [0, 0]),
        ("symptom/1", [1, 1]),
        ("analogue/halved", [1, 2]),
        ("analogue/stopped", [1, 2]),
        ("deaths/any", [1, 3]),
        ("toxicity/any/any/patients", [2, 3]),
        ("survival/os", [1, 3]),
        ("attribute/sex=F", [3, 4]),
    ] {
        assert_eq!(counts(of(&result, key)), expected, "{key}");
    }
    for endpoint in result["endpoints"].as_array().unwrap() {
        let of_patients = endpoint["unit"] == "patient" && endpoint["estimate_unit"] == "share";
        if !of_patients {
            continue;
        }
        let out: u64 = endpoint["left_out"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason["count"].as_u64().unwrap())
            .sum();
        assert_eq!(counts(endpoint)[1] + out, 4, "{}", endpoint["key"]);
    }
    let response = of(&result, "response/recist-1.1/objective/3/treated");
    assert_eq!(response["patients"]["counted"], serde_json::json!(["P1"]));
    assert_eq!(
        response["patients"]["left_out"],
        serde_json::json!({"not treated": ["P4"]})
    );
    // binom.test(1, 3)$conf.int[1]: 0.008403759.
    let lower = response["ci"][0].as_f64().unwrap();
    assert!((lower - 0.008_403_759).abs() < 1e-8);
    assert!(response["method"].as_str().unwrap().contains("Clopper"));
    let survival = of(&result, "survival/os");
    // Of 2 at risk one dies on day 235: the curve is level at a half until day
    // 326, and the median half way, as in R.
    let median = 0.5 * (235.0 + 326.0) / 30.4375;
    assert!((survival["estimate"].as_f64().unwrap() - median).abs() < 1e-9);
    assert_eq!(survival["at_risk"][0]["at_risk"], 3);
    assert!(survival["follow_up"].is_object());
    let ulcer = result["toxicity"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["term"] == "DUODENAL ULCER")
        .unwrap();
    assert_eq!(ulcer["by_grade"], serde_json::json!([0, 0, 0, 0, 1, 0, 0]));
    assert_eq!(ulcer["by_attribution"], serde_json::json!([1, 0, 0]));
    assert_eq!(ulcer["attribution_stated"], 1);
}

#[test]
fn text_names_who_is_left_out_and_figures_can_be_asked_for() {
    let folder = cohort();
    let output = sirt(&[
        "evidence",
        "run",
        text(folder.path()),
        "--figure",
        "toxicity/ulcer/3+/patients",
        "--patients",
    ]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("patients: 4 read, 4 judged (3 of them treated), 0 refused"),
        "{said}"
    );
    assert!(said.contains("1 not treated"), "{said}");
    assert!(said.contains("toxicity/ulcer/3+/patients: P1"), "{said}");
    let wrong = sirt(&[
        "evidence",
        "run",
        text(folder.path()),
        "--figure",
        "response/recist-1.1/good/3/treated",
    ]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("`good` is no category; allowed are"),
        "{wrong:?}"
    );
    let months = sirt(&["evidence", "run", text(folder.path()), "--months", "7"]);
    assert_eq!(months.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&months.stderr).contains("no time point at 7 months"));
}

/// Every study that can be printed, with the claims that have to be read in another way.
const STUDIES: [(&str, &[&str]); 7] = [
    ("us-multicentre", &[]),
    ("us-multicentre-records", &[]),
    (
        "fluorouracil-interim",
        &[
            "--of-evaluable",
            "cga-3,cga-12,cga-18",
            "--truncated",
            "cga-12",
        ],
    ),
    ("first-line-pilot", &[]),
    ("salvage-pilot", &[]),
    ("fractionated-whole-liver", &[]),
    ("ct-case", &[]),
];

#[test]
fn made_patients_print_the_leaflet_through_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    for (name, readings) in STUDIES {
        let out = folder.path().join(name);
        let study = studies(name);
        let line = [
            &[
                "evidence",
                "reconstruct",
                text(&study),
                "--out",
                text(&out),
                "--json",
            ],
            readings,
        ]
        .concat();
        let made = json(&sirt(&line));
        assert_eq!(made["synthetic"], "SYNTHETIC");
        for file in std::fs::read_dir(&out).unwrap() {
            let path = file.unwrap().path();
            assert!(text(&path).contains("synthetic"), "{path:?}");
            let table = std::fs::read_to_string(&path).unwrap();
            let mut lines = table.lines();
            assert!(lines.next().unwrap().ends_with(",SYNTHETIC"));
            assert!(lines.all(|line| line.ends_with(",SYNTHETIC")));
        }
        let compared = run(&out, &[&["--study", text(&study)], readings].concat());
        assert_eq!(compared["synthetic"], "SYNTHETIC");
        let claims = compared["claims"].as_array().unwrap();
        assert_eq!(claims.len(), made["claims"].as_array().unwrap().len());
        for claim in claims {
            assert_eq!(claim["equal"], true, "{name}: {claim}");
        }
        // Made-up patients are not put among other files.
        assert_eq!(sirt(&line).status.code(), Some(1));
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_claims_and_sets_have_a_range() {
    let folder = tempfile::tempdir().unwrap();
    let study = studies("fluorouracil-interim");
    let out = folder.path().join("refused");
    let refused = sirt(&["evidence", "reconstruct", text(&study), "--out", text(&out)]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("no count of 34 prints as"), "{said}");
    assert!(!out.exists());
    let sets = json(&sirt(&[
        "evidence",
        "reconstruct",
        text(&studies("us-multicentre")),
        "--out",
        text(&folder.path().join("sets")),
        "--sets",
        "12",
        "--json",
    ]));
    assert_eq!(sets["sets"].as_array().unwrap().len(), 12);
    let range = sets["ranges"]
        .as_array()
        .unwrap()
        .iter()
        .find(|range| range["key"] == "symptom/1")
        .unwrap();
    // 36 denominators up to 84 print 80 %: several of them among twelve sets.
    assert!(range["N"][0].as_u64() < range["N"][1].as_u64(), "{range}");
}

#[test]
fn the_sheet_shows_flow_curves_and_limits_and_marks_made_up_patients() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made");
    let study = studies("first-line-pilot");
    json(&sirt(&[
        "evidence",
        "reconstruct",
        text(&study),
        "--out",
        text(&made),
        "--json",
    ]));
    let out = folder.path().join("sheet.html");
    let tables = folder.path().join("tables");
    let result = json(&sirt(&[
        "evidence",
        "sheet",
        text(&made),
        "--criteria",
        "recist-1.0",
        "--study",
        text(&study),
        "--out",
        text(&out),
        "--tables",
        text(&tables),
        "--json",
    ]));
    assert_eq!(result["tables"].as_array().unwrap().len(), 3);
    let page = std::fs::read_to_string(&out).unwrap();
    for words in [
        "Population flow",
        "SYNTHETIC",
        "At risk",
        "3/10",
        "What these data do not say",
        "as printed",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let endpoints = std::fs::read_to_string(tables.join("endpoints.csv")).unwrap();
    assert!(
        endpoints
            .lines()
            .skip(1)
            .all(|line| line.ends_with(",SYNTHETIC"))
    );
    // What is no sheet is not replaced.
    std::fs::write(&out, "mine").unwrap();
    let refused = sirt(&["evidence", "sheet", text(&made), "--out", text(&out)]);
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn curves_and_forests_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("km.csv");
    std::fs::write(
        &table,
        "months,died,arm\n3,1,a\n9,0,a\n4,1,b\n12,1,b\n20,0,b\n",
    )
    .unwrap();
    let curve = folder.path().join("plots/km.svg");
    json(&sirt(&[
        "evidence",
        "km",
        text(&table),
        "--time",
        "months",
        "--event",
        "died",
        "--by",
        "arm",
        "--out",
        text(&curve),
        "--json",
    ]));
    let svg = std::fs::read_to_string(&curve).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("At risk"));
    let studies = folder.path().join("studies.csv");
    std::fs::write(&studies, "study,k,n\nA,9,40\nB,9,35\nC,14,24\n").unwrap();
    let forest = folder.path().join("forest.svg");
    json(&sirt(&[
        "evidence",
        "pool",
        text(&studies),
        "--events",
        "k",
        "--total",
        "n",
        "--study",
        "study",
        "--out",
        text(&forest),
        "--json",
    ]));
    assert!(std::fs::read_to_string(&forest).unwrap().contains("9/40"));
    let wrong = sirt(&[
        "evidence",
        "km",
        text(&table),
        "--time",
        "months",
        "--event",
        "died",
        "--out",
        "km.png",
    ]);
    assert_eq!(wrong.status.code(), Some(1));
}
