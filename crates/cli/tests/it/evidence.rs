//! `sirt evidence` as a user runs it; the numbers are held against R in the
//! tests of the crate outcome, here are the doors.

use std::path::Path;

use crate::dose::{json, number, sirt, text, write};

const COHORT: &str = "\
id,months,died,arm,age,stage
1,3,1,a,61,I
2,5,0,a,55,II
3,5,1,b,70,III
4,8,1,b,66,I
5,11,0,a,48,II
6,12,1,a,59,III
7,NA,1,b,63,I
8,15,1,b,71,II
9,20,0,b,52,I
10,24,1,a,,III
";

fn studies() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    text(&root.join("studies")).to_owned()
}

#[test]
fn one_figure_by_every_rule() {
    let result = json(&sirt(&[
        "evidence",
        "check",
        "--percent",
        "66",
        "--of",
        "34",
        "--json",
    ]));
    assert_eq!(result["verdict"], "impossible as printed");
    assert_eq!(result["solutions"].as_array().unwrap().len(), 0);
    assert_eq!(
        result["at_most"]["half_up"],
        serde_json::json!([{"k": 19, "n": 29}, {"k": 21, "n": 32}])
    );
    assert_eq!(
        result["at_most"]["truncated"][0],
        serde_json::json!({"k": 2, "n": 3})
    );
    let unique = json(&sirt(&[
        "evidence",
        "check",
        "--percent",
        "24%",
        "--of",
        "34",
        "--json",
    ]));
    assert_eq!(unique["solutions"], serde_json::json!([{"k": 8, "n": 34}]));
    for (line, code) in [
        (vec!["evidence", "check", "--percent", "66"], 2),
        (vec!["evidence", "check"], 2),
        (
            vec!["evidence", "check", "--percent", "166", "--of", "34"],
            1,
        ),
        (vec!["evidence", "check", "--percent", "66", "--of", "0"], 1),
    ] {
        assert_eq!(sirt(&line).status.code(), Some(code), "{line:?}");
    }
}

#[test]
fn all_studies_of_the_leaflet() {
    let result = json(&sirt(&["evidence", "check", &studies(), "--json"]));
    let claims = result["claims"].as_array().unwrap();
    assert!(claims.len() > 60);
    let claim = |id: &str| {
        claims
            .iter()
            .find(|claim| claim["study"] == "fluorouracil-interim" && claim["id"] == id)
            .unwrap()
    };
    assert_eq!(claim("cga-12")["verdict"], "impossible as printed");
    assert_eq!(claim("pr-1")["verdict"], "unique");
    assert_eq!(claim("dcr-3")["verdict"], "ambiguous");
    let printed = sirt(&["evidence", "check", &studies()]);
    let said = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(said.contains("22/34 is 64.7, 23/34 is 67.6"), "{said}");
    let nothing = tempfile::tempdir().unwrap();
    let output = sirt(&["evidence", "check", text(nothing.path())]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn curves_count_every_row_and_say_what_is_not_reached() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "cohort.csv", COHORT.as_bytes());
    let result = json(&sirt(&[
        "evidence",
        "km",
        text(&file),
        "--time",
        "months",
        "--event",
        "died",
        "--by",
        "arm",
        "--json",
    ]));
    assert_eq!(result["rows"]["read"], 10);
    assert_eq!(result["rows"]["used"], 9);
    assert_eq!(
        result["rows"]["excluded"],
        serde_json::json!([{"reason": "no value in column `months`", "count": 1, "rows": [7]}])
    );
    let groups = result["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    // By hand, arm b: 5, 8, 15 with the event, 20 without: 3/4, 1/2, 1/4.
    assert_eq!(groups[1]["n"], 4);
    assert_eq!(groups[1]["events"], 3);
    assert!((number(&groups[1], "/median") - 11.5).abs() < 1e-12);
    assert!(groups[1]["upper"].is_null());
    assert_eq!(groups[1]["not_reached"], serde_json::json!(["upper"]));
    assert!((number(&groups[1]["table"][2], "/survival") - 0.25).abs() < 1e-12);
    assert!(number(&result, "/log_rank/p") > 0.0);
    let landmark = json(&sirt(&[
        "evidence",
        "km",
        text(&file),
        "--time",
        "months",
        "--event",
        "died",
        "--landmark",
        "5",
        "--json",
    ]));
    assert_eq!(landmark["rows"]["used"], 6);
    assert_eq!(landmark["rows"]["excluded"].as_array().unwrap().len(), 3);
}

#[test]
fn events_that_are_not_0_and_1_are_settled_by_an_option() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "lung.csv", b"time,status\n5,2\n6,1\n7,2\n");
    let line = [
        "evidence",
        "km",
        text(&file),
        "--time",
        "time",
        "--event",
        "status",
    ];
    let output = sirt(&line);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains(
        "column `status` has the values 1, 2; say with --event-is which one is the event"
    ));
    let mut settled = line.to_vec();
    settled.extend(["--event-is", "2", "--json"]);
    assert_eq!(json(&sirt(&settled))["groups"][0]["events"], 2);
    let wrong = sirt(&[
        "evidence",
        "km",
        text(&file),
        "--time",
        "tme",
        "--event",
        "status",
    ]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&wrong.stderr)
            .contains("no column `tme`; its columns are time, status")
    );
}

#[test]
fn cox_takes_words_as_levels() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "cohort.csv", COHORT.as_bytes());
    let line = [
        "evidence",
        "cox",
        text(&file),
        "--time",
        "months",
        "--event",
        "died",
        "--covariates",
        "age,stage",
    ];
    let mut with_json = line.to_vec();
    with_json.push("--json");
    let result = json(&sirt(&with_json));
    let names: Vec<&str> = result["terms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|term| term["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["age", "stage=II", "stage=III"]);
    assert_eq!(result["n"], 8);
    assert!(number(&result, "/concordance") > 0.5);
    for key in ["coef", "se", "hr", "lower", "upper", "p"] {
        assert!(result["terms"][0][key].is_number(), "{key}");
    }
    assert!(sirt(&line).status.success());
    let constant = sirt(&[
        "evidence",
        "cox",
        text(&file),
        "--time",
        "months",
        "--event",
        "died",
        "--covariates",
        "died,age,died",
    ]);
    assert_eq!(constant.status.code(), Some(1));
}

#[test]
fn pooling_names_method_and_heterogeneity() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "studies.csv",
        b"study,k,n\npaprottka,9,40\nfan,9,35\nfrilling,14,24\n",
    );
    for method in ["fixed", "dl", "reml", "pm", "glmm"] {
        let result = json(&sirt(&[
            "evidence",
            "pool",
            text(&file),
            "--events",
            "k",
            "--total",
            "n",
            "--study",
            "study",
            "--method",
            method,
            "--json",
        ]));
        let estimate = number(&result, "/estimate");
        assert!(number(&result, "/lower") < estimate && estimate < number(&result, "/upper"));
        assert_eq!(result["names"][2], "frilling");
        assert!(!result["method"].as_str().unwrap().is_empty());
    }
    let wrong = sirt(&[
        "evidence",
        "pool",
        text(&file),
        "--events",
        "k",
        "--total",
        "n",
        "--method",
        "glmm",
        "--hartung-knapp",
    ]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn large_denominators_are_counted_and_absurd_ones_refused() {
    let figure = |of: &str, rest: &[&str]| {
        let mut line = vec!["evidence", "check", "--percent", "50", "--of", of];
        line.extend(rest);
        sirt(&line)
    };
    for of in ["1500", "100000"] {
        let output = figure(of, &[]);
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("in all)"), "{said}");
        assert!(said.lines().all(|line| line.len() < 2000));
    }
    // One count of two prints 50 %, none of one or three: 1/2 and 2/4.
    let small = json(&figure("4", &["--json"]));
    assert_eq!(small["at_most"]["counts"]["half_up"], 2);
    assert_eq!(small["at_most"]["half_up"].as_array().unwrap().len(), 2);
    for absurd in ["100001", "18446744073709551615"] {
        let refused = figure(absurd, &[]);
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(
            said.contains("is not allowed; allowed is 1 to 100000"),
            "{said}"
        );
    }
}

/// `sirt evidence km` of a table with the column `months`.
fn kaplan_meier(file: &std::path::Path, more: &[&str]) -> std::process::Output {
    sirt(&[&["evidence", "km", text(file), "--time", "months"], more].concat())
}

#[test]
fn an_error_names_the_row_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    // Row 1 is left out, so that the wrong row is the second in use.
    let file = write(
        folder.path(),
        "rows.csv",
        b"arm,months,died,joined,share\nA,NA,1,0,1\nA,5,1,1,1\nB,6,0,7,1\nB,7,1,2,-3\n",
    );
    let said = |more: &[&str]| {
        let output = kaplan_meier(&file, &[&["--event", "died"], more].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for by in [&[][..], &["--by", "arm"][..]] {
        let entry = said(&[by, &["--entry", "joined"]].concat());
        assert!(
            entry.contains("column `joined`, row 3: 7 is not allowed"),
            "{entry}"
        );
        let weight = said(&[by, &["--weight", "share"]].concat());
        assert!(
            weight.contains("column `share`, row 4: -3 is not allowed"),
            "{weight}"
        );
    }
}

#[test]
fn a_test_that_cannot_be_made_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "groups.csv",
        b"arm,months,died,share,age\nA,4,0,1,50\nA,5,0,1,61\nB,6,0,1,55\nB,7,1,1,70\n",
    );
    let km = |more: &[&str]| {
        json(&kaplan_meier(
            &file,
            &[&["--json", "--by", "arm"], more].concat(),
        ))
    };
    let weighted = km(&["--event", "died", "--weight", "share"]);
    assert!(weighted["log_rank"].is_null());
    assert_eq!(
        weighted["log_rank_missing"],
        "the log-rank test takes no weights; a Cox model does"
    );
    // The only event comes when nobody of the other group is at risk.
    let lone = km(&["--event", "died"]);
    assert!(lone["log_rank"].is_null());
    assert!(
        lone["log_rank_missing"]
            .as_str()
            .unwrap()
            .starts_with("log-rank test: ")
    );
    let cox = json(&sirt(&[
        "evidence",
        "cox",
        text(&write(
            folder.path(),
            "cox.csv",
            b"months,died,age\n4,1,50\n5,1,61\n6,0,55\n7,1,52\n8,0,40\n",
        )),
        "--time",
        "months",
        "--event",
        "died",
        "--covariates",
        "age",
        "--ties",
        "exact",
        "--json",
    ]));
    assert!(cox["proportional_hazards"].is_null());
    assert!(
        cox["proportional_hazards_missing"]
            .as_str()
            .unwrap()
            .contains("exact ties")
    );
}

/// A folder of cases is a cohort; who cannot be judged is told, and nobody is
/// counted twice.
#[test]
fn cases_are_a_cohort() {
    let folder = tempfile::tempdir().unwrap();
    let source =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/leaflet_case");
    let put = |name: &str, change: &dyn Fn(String) -> String| {
        let case = folder.path().join(name);
        std::fs::create_dir_all(&case).unwrap();
        for entry in std::fs::read_dir(&source).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let text = if path.ends_with("case.toml") {
                change(text)
            } else {
                text
            };
            std::fs::write(case.join(path.file_name().unwrap()), text).unwrap();
        }
    };
    let pseudonym = |text: String, name: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("pseudonym"))
            .unwrap()
            .to_owned();
        text.replace(&line, &format!("pseudonym = \"{name}\""))
    };
    put("one", &|text| pseudonym(text, "C-1"));
    put("two", &|text| pseudonym(text, "C-2"));
    put("broken", &|text| {
        pseudonym(text, "C-3").replace("[patient]", "[patient]\nheigth = \"1 m\"")
    });
    let run = || crate::dose::sirt(&["evidence", "run", folder.path().to_str().unwrap(), "--json"]);
    let result = crate::dose::json(&run());
    let text = result.to_string();
    assert!(text.contains("broken") && text.contains("heigth"), "{text}");
    // Both died at 30 months (leaflet.txt): every one an event of survival.
    let survival = result["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| {
            row["name"]
                .as_str()
                .unwrap()
                .starts_with("overall survival")
        })
        .unwrap();
    assert_eq!(survival["N"], 2, "{survival}");
    put("three", &|text| pseudonym(text, "C-2"));
    let refused = run();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("three and two") || said.contains("two and three"),
        "{said}"
    );
    assert!(!said.contains("C-2"), "{said}");
}
