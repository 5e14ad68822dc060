//! `sirt follow` as a user runs it: tables of a study to responses.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const TUMOURS: &str = "\
DOMAIN,USUBJID,TULNKID,TULOC,TUORRES,TUEVAL,VISIT,TUDTC
TU,P1,T01,LIVER,TARGET,INVESTIGATOR,SCREENING,2024-01-02
TU,P1,T02,LYMPH NODE,TARGET,INVESTIGATOR,SCREENING,2024-01-02
TU,P1,NT01,BONE,NON-TARGET,INVESTIGATOR,SCREENING,2024-01-02
TU,P1,NEW01,LUNG,NEW,INVESTIGATOR,WEEK 24,2024-06-25
";

const RESULTS: &str = "\
DOMAIN,USUBJID,TRLNKID,TRGRPID,TRTESTCD,TRSTRESC,TRSTRESN,TRSTRESU,TREVAL,VISITNUM,VISIT,TRDTC
TR,P1,T01,TARGET,LDIAM,50,50,mm,INVESTIGATOR,1,SCREENING,2024-01-02
TR,P1,T02,TARGET,SAXIS,20,20,mm,INVESTIGATOR,1,SCREENING,2024-01-02
TR,P1,NT01,NON-TARGET,TUMSTATE,PRESENT,,,INVESTIGATOR,1,SCREENING,2024-01-02
TR,P1,T01,TARGET,LDIAM,3.9,3.9,cm,INVESTIGATOR,2,WEEK 12,2024-04-02
TR,P1,T02,TARGET,SAXIS,10,10,mm,INVESTIGATOR,2,WEEK 12,2024-04-02
TR,P1,NT01,NON-TARGET,TUMSTATE,PRESENT,,,INVESTIGATOR,2,WEEK 12,2024-04-02
TR,P1,T01,TARGET,LDIAM,39,39,mm,INVESTIGATOR,3,WEEK 24,2024-06-25
TR,P1,T02,TARGET,SAXIS,9,9,mm,INVESTIGATOR,3,WEEK 24,2024-06-25
TR,P1,NT01,NON-TARGET,TUMSTATE,PRESENT,,,INVESTIGATOR,3,WEEK 24,2024-06-25
";

const RESPONSES: &str = "\
DOMAIN,USUBJID,RSTESTCD,RSCAT,RSSTRESC,RSEVAL,VISIT,RSDTC
RS,P1,OVRLRESP,RECIST 1.1,PR,INVESTIGATOR,WEEK 12,2024-04-02
RS,P1,OVRLRESP,RECIST 1.1,PR,INVESTIGATOR,WEEK 24,2024-06-25
";

const EXPOSURE: &str = "\
DOMAIN,USUBJID,EXTRT,EXDOSE,EXDOSU,EXLOC,EXSTDTC
EX,P1,SIR-SPHERES,1.5,GBq,LIVER RIGHT,2024-01-10
";

const DEMOGRAPHY: &str = "\
DOMAIN,USUBJID,RFXSTDTC,DTHDTC
DM,P1,2024-01-10,2025-01-10
";

const LABORATORY: &str = "\
DOMAIN,USUBJID,LBTESTCD,LBTEST,LBSTRESN,LBSTRESU,LBSTNRLO,LBSTNRHI,LBDTC
LB,P1,BILI,Bilirubin,15,umol/L,3,21,2024-01-09
LB,P1,BILI,Bilirubin,70,umol/L,3,21,2024-02-20
LB,P1,PLAT,Platelets,49.9,10^9/L,150,400,2024-02-20
LB,P1,CGA,Chromogranin A,800,ug/L,,100,2024-01-09
LB,P1,CGA,Chromogranin A,400,ug/L,,100,2024-04-09
";

const EVENTS: &str = "\
DOMAIN,USUBJID,AETERM,AEDECOD,AETOXGR,AESTDTC
AE,P1,ulcer,Duodenal ulcer,3,2024-02-10
";

fn study(tables: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in tables {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn follow(folder: &Path, options: &[&str]) -> (Output, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_sirt"))
        .args(["follow", "--json", "--sdtm"])
        .arg(folder)
        .args(options)
        .output()
        .unwrap();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output, json)
}

fn whole() -> tempfile::TempDir {
    study(&[
        ("tu.csv", TUMOURS),
        ("tr.csv", RESULTS),
        ("rs.csv", RESPONSES),
        ("ex.csv", EXPOSURE),
        ("dm.csv", DEMOGRAPHY),
        ("lb.csv", LABORATORY),
        ("ae.csv", EVENTS),
    ])
}

#[test]
fn follows_a_patient_from_tables_to_times() {
    let folder = whole();
    let (output, json) = follow(folder.path(), &["--criteria", "recist-1.1,recist-1.0"]);
    assert!(output.status.success(), "{output:?}");
    let subject = &json["subjects"][0];
    assert_eq!(subject["id"], "P1");
    let recist = &subject["criteria"]["recist-1.1"];
    assert_eq!(recist["baseline_sum"], 70.0);
    // 39 + 10 = 49 mm of 70 mm: -30 % exactly.
    let first = &recist["timepoints"][0];
    assert_eq!(first["date"], "2024-04-02");
    assert_eq!(first["sum"], 49.0);
    assert_eq!(first["target"], "PR");
    assert_eq!(first["non_target"], "NON-CR/NON-PD");
    assert_eq!(first["overall"], "PR");
    assert_eq!(first["new"], false);
    let second = &recist["timepoints"][1];
    assert_eq!(second["new"], true);
    assert_eq!(second["overall"], "PD");
    assert!(
        second["trace"]
            .as_array()
            .unwrap()
            .iter()
            .any(|step| step["rule"] == "new.unequivocal")
    );
    assert_eq!(recist["best"], "PR");
    assert_eq!(recist["best_confirmed"], "SD");
    assert_eq!(json["agreement"]["compared"], 2);
    assert_eq!(json["agreement"]["same"], 1);
    let time = |name: &str| {
        let found = subject["endpoints"]
            .as_array()
            .unwrap()
            .iter()
            .find(|endpoint| endpoint["name"] == name)
            .unwrap();
        (found["days"].as_i64(), found["event"].as_bool())
    };
    // Python: (date(2025, 1, 10) - date(2024, 1, 10)).days and so on.
    assert_eq!(time("os"), (Some(366), Some(true)));
    assert_eq!(time("pfs"), (Some(167), Some(true)));
    assert_eq!(time("hepatic-pfs"), (Some(366), Some(true)));
    assert_eq!(time("ttr"), (Some(83), Some(true)));
}

#[test]
fn grades_laboratory_values_and_links_events() {
    let folder = whole();
    let (_, json) = follow(folder.path(), &[]);
    let subject = &json["subjects"][0];
    let toxicity = |term: &str| {
        subject["toxicity"]
            .as_array()
            .unwrap()
            .iter()
            .find(|found| found["term"] == term)
            .unwrap()
            .clone()
    };
    // DOMAIN TV-E1.
    assert_eq!(toxicity("Blood bilirubin increased")["grade"], 3);
    assert_eq!(toxicity("Platelet count decreased")["grade"], 3);
    let ulcer = toxicity("Duodenal ulcer");
    assert_eq!(ulcer["attribution"], "possible");
    assert_eq!(ulcer["days_after_treatment"], 31);
    let half = subject["markers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|marker| marker["definition"] == "half")
        .unwrap()
        .clone();
    assert_eq!(half["values"][0]["response"], "PR");
}

#[test]
fn values_without_a_reference_range_are_counted_and_never_hide_a_grade() {
    let folder = with_laboratory(
        "LB,P1,BILI,Bilirubin,25,umol/L,,,2024-02-09\n\
         LB,P1,BILI,Bilirubin,70,umol/L,,21,2024-04-09\n\
         LB,P1,ALT,Alanine Aminotransferase,900,U/L,,,2024-02-09\n\
         LB,P1,ALT,Alanine Aminotransferase,950,U/L,,,2024-04-09\n\
         LB,P1,PLAT,Platelets,20,10^9/L,,,2024-04-09\n",
    );
    let (_, json) = follow(folder.path(), &[]);
    let seen: Vec<_> = json["subjects"][0]["toxicity"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["kind"] == "laboratory")
        .map(|found| {
            (
                found["grade"].as_u64(),
                found["not_graded"].as_u64().unwrap(),
                found["reason"].as_str().unwrap(),
            )
        })
        .collect();
    // 70 is above 3 times 21: grade 3 (ctcae2017); 20 · 10⁹/L platelets are of
    // grade 4 without a range.
    assert_eq!(
        seen,
        [
            (
                None,
                2,
                "cannot be graded: no reference range (2 of 2 values)"
            ),
            (
                Some(3),
                1,
                "compared with the upper limit of normal; \
                 cannot be graded: no reference range (1 of 2 values)"
            ),
            (Some(4), 0, "compared with absolute limits"),
        ]
    );
}

/// The whole study with other laboratory values.
fn with_laboratory(rows: &str) -> tempfile::TempDir {
    let folder = whole();
    let head = LABORATORY.lines().next().unwrap();
    std::fs::write(folder.path().join("lb.csv"), format!("{head}\n{rows}")).unwrap();
    folder
}

#[test]
fn two_markers_of_a_day_show_their_own_values() {
    let folder = with_laboratory(
        "LB,P1,CGA,Chromogranin A,800,ug/L,,100,2024-01-09\n\
         LB,P1,CGA,Chromogranin A,1200,ug/L,,100,2024-04-09\n\
         LB,P1,CGA,Chromogranin A,300,ug/L,,100,2024-04-09\n",
    );
    let (_, json) = follow(folder.path(), &[]);
    let half = &json["subjects"][0]["markers"][0];
    assert_eq!(half["definition"], "half");
    let seen: Vec<_> = half["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| (value["value"].as_f64().unwrap(), value["response"].clone()))
        .collect();
    assert_eq!(seen, [(1200.0, "PD".into()), (300.0, "PR".into())]);
}

#[test]
fn a_marker_that_cannot_be_ends_no_study() {
    let folder = with_laboratory(
        "LB,P1,CGA,Chromogranin A,800,ug/L,,100,2024-01-09\n\
         LB,P1,CGA,Chromogranin A,-1,ug/L,,100,2024-04-09\n",
    );
    let (output, json) = follow(folder.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        json["notes"][0],
        "lb.csv:3: LBSTRESN: chromogranin A -1 is outside 0..1e12 of its unit"
    );
    assert_eq!(json["subjects"][0]["criteria"]["recist-1.1"]["best"], "PR");
}

#[test]
fn refuses_a_patient_by_the_rule_and_follows_the_others() {
    let results = RESULTS.replace("2024-06-25", "2024-03-25");
    let other = RESULTS
        .lines()
        .skip(1)
        .map(|line| line.replace(",P1,", ",P2,"))
        .collect::<Vec<_>>()
        .join("\n");
    let tumours = format!(
        "{TUMOURS}{}",
        TUMOURS
            .lines()
            .skip(1)
            .map(|line| line.replace(",P1,", ",P2,"))
            .collect::<Vec<_>>()
            .join("\n")
    );
    let folder = study(&[
        ("tu.csv", &tumours),
        ("tr.csv", &format!("{results}{other}\n")),
    ]);
    let (output, json) = follow(folder.path(), &[]);
    assert!(output.status.success());
    let refused = json["subjects"][0]["refused"].as_str().unwrap();
    assert!(
        refused.starts_with("record.dates-out-of-order: "),
        "{refused}"
    );
    assert!(json["subjects"][1]["refused"].is_null());
    assert_eq!(
        json["subjects"][1]["criteria"]["recist-1.1"]["timepoints"][0]["overall"],
        "PR"
    );
}

/// What people see.
fn printed(folder: &Path, options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sirt"))
        .args(["follow", "--sdtm"])
        .arg(folder)
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn who_is_not_followed_is_listed() {
    let by_another = |text: &str| -> String {
        text.lines()
            .skip(1)
            .map(|line| {
                line.replace(",P1,", ",P2,")
                    .replace("INVESTIGATOR", "CENTRAL")
                    + "\n"
            })
            .collect()
    };
    let folder = study(&[
        ("tu.csv", &format!("{TUMOURS}{}", by_another(TUMOURS))),
        ("tr.csv", &format!("{RESULTS}{}", by_another(RESULTS))),
        ("dm.csv", "DOMAIN,USUBJID,DTHFL\nDM,P1,\nDM,P2,\nDM,P3,Y\n"),
    ]);
    let (_, json) = follow(folder.path(), &["--reader", "INVESTIGATOR"]);
    assert_eq!(json["subjects"].as_array().unwrap().len(), 1);
    assert_eq!(
        json["left_out"],
        serde_json::json!([
            {
                "id": "P2",
                "reason": "no results by the reader `INVESTIGATOR`; read by CENTRAL"
            },
            {"id": "P3", "reason": "no results (TR); named in DM"},
        ])
    );
    let said = printed(folder.path(), &["--reader", "INVESTIGATOR"]);
    assert!(said.contains("2 patients are not followed"), "{said}");
    assert!(
        said.contains("  P3: no results (TR); named in DM\n"),
        "{said}"
    );
}

#[test]
fn says_where_a_length_has_no_unit_and_which_names_are_known() {
    let results = RESULTS.replace("3.9,3.9,cm", "39,39,");
    let folder = study(&[("tu.csv", TUMOURS), ("tr.csv", &results)]);
    let (_, json) = follow(folder.path(), &[]);
    assert_eq!(
        json["subjects"][0]["refused"],
        "tr.csv:5: TRSTRESC: LDIAM 39 has no unit; allowed are mm, cm"
    );
    let (output, _) = follow(folder.path(), &["--criteria", "recist"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("criterion `recist` is unknown; known are recist-1.1")
    );
    let empty = tempfile::tempdir().unwrap();
    let (output, _) = follow(empty.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tables of tumours (TU)"));
}

/// The tables of pharmaversesdtm, where this machine has them.
fn pharmaverse() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/tables/pharmaversesdtm-onco");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_difference_to_the_tables_of_pharmaverse_is_a_known_one() {
    let Some(folder) = pharmaverse() else {
        eprintln!("../shared/data/tables/pharmaversesdtm-onco is not there: not compared");
        return;
    };
    let (output, json) = follow(&folder, &["--all-readers"]);
    assert!(output.status.success());
    // docs/validation/response.md explains each of them.
    let agreement = &json["agreement"];
    assert_eq!(agreement["compared"], 66);
    assert_eq!(agreement["same"], 65);
    let difference = &agreement["differences"][0];
    assert_eq!(difference["id"], "01-701-1133");
    assert_eq!(difference["reader"], "INDEPENDENT ASSESSOR RADIOLOGIST 2");
    assert_eq!(difference["visit"], "WEEK 9");
    assert_eq!(difference["ours"], "PD");
    assert_eq!(difference["stated"], "PR");
}
