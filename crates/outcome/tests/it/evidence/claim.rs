//! The leaflet's studies: verdicts, joint solutions, identities, and that the
//! words stand where the claims say.

use std::path::{Path, PathBuf};

use sirt_outcome::evidence::claim::{
    CheckedStudy, ClaimKind, Solution, Study, Verdict, check_study,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root().join("studies")).unwrap() {
        let Ok(files) = std::fs::read_dir(folder.unwrap().path()) else {
            continue;
        };
        found.extend(files.map(|file| file.unwrap().path()).filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        }));
    }
    found.sort();
    found
}

fn study(path: &Path) -> Study {
    Study::from_toml(&std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn checked(name: &str) -> CheckedStudy {
    check_study(&study(&root().join(format!("studies/{name}/study.toml")))).unwrap()
}

fn counts(study: &CheckedStudy, id: &str) -> String {
    let claim = study.claims.iter().find(|claim| claim.id == id).unwrap();
    let all: Vec<String> = claim.solutions.iter().map(Solution::to_string).collect();
    format!("{}: {}", claim.verdict, all.join(" "))
}

#[test]
fn every_claim_quotes_the_leaflet_at_its_lines() {
    let leaflet = std::fs::read_to_string(root().join("../shared/leaflet.txt")).unwrap();
    let lines: Vec<&str> = leaflet.lines().collect();
    let mut quoted = 0;
    for file in files() {
        let study = study(&file);
        if study.source != "leaflet" {
            continue;
        }
        for claim in &study.claims {
            assert!(!claim.lines.is_empty(), "{} {}", study.name, claim.id);
            let words: Vec<&str> = claim
                .lines
                .iter()
                .flat_map(|line| lines[*line as usize - 1].split_whitespace())
                .collect();
            let quote: Vec<&str> = claim.quote.split_whitespace().collect();
            assert!(
                words.join(" ").contains(&quote.join(" ")),
                "{} {}: `{}` is not in `{}`",
                study.name,
                claim.id,
                claim.quote,
                words.join(" ")
            );
            quoted += 1;
        }
    }
    assert!(quoted > 50, "{quoted}");
}

#[test]
fn every_percentage_of_the_leaflet_is_a_claim() {
    // Percentages that are thresholds, not results: "at least 50%", ">50%".
    let leaflet = std::fs::read_to_string(root().join("../shared/leaflet.txt")).unwrap();
    let printed = leaflet.matches('%').count() - " % change from prior Tx".matches('%').count();
    let claimed: usize = files()
        .iter()
        .map(|file| study(file))
        .filter(|study| study.source == "leaflet")
        .flat_map(|study| study.claims)
        .filter(|claim| {
            claim.percent.is_some()
                || (claim.kind == ClaimKind::Value && claim.printed().contains('%'))
        })
        .count();
    assert_eq!(claimed, printed - 2);
}

#[test]
fn reproduces_the_counts_of_the_34() {
    // DOMAIN F, S3 [C].
    let study = checked("fluorouracil-interim");
    for (id, expected) in [
        ("pr-1", "unique: 8/34"),
        ("sd-1", "unique: 23/34"),
        ("pd-1", "unique: 3/34"),
        ("dcr-1", "unique: 31/34"),
        (
            "dcr-3",
            "ambiguous: 5/6 10/12 15/18 19/23 20/24 24/29 25/30",
        ),
        ("dcr-12", "ambiguous: 4/5 8/10 12/15 16/20 20/25 24/30"),
        ("cga-1", "unique: 18/34"),
        ("cga-3", "impossible as printed: "),
        ("cga-6", "unique: 17/34"),
        ("cga-12", "impossible as printed: "),
        ("cga-18", "impossible as printed: "),
        ("deaths", "unique: 4/34"),
    ] {
        assert_eq!(counts(&study, id), expected, "{id}");
    }
    let twelve = study
        .claims
        .iter()
        .find(|claim| claim.id == "cga-12")
        .unwrap();
    let smaller: Vec<String> = twelve.smaller.iter().map(Solution::to_string).collect();
    assert_eq!(smaller, ["19/29", "21/32"]);
    assert!(twelve.truncated.contains(&Solution { k: 2, n: 3 }));
    assert_eq!(
        twelve.reason,
        "no count of 34 prints as 66 % (22/34 is 64.7, 23/34 is 67.6); it would take a smaller \
         denominator: 19/29 21/32, or digits cut off: 2/3 4/6 6/9 8/12 10/15 12/18 …"
    );
    assert!(study.findings.iter().any(|finding| {
        finding
            .rule
            .starts_with("chromogranin A response: no one denominator")
    }));
}

#[test]
fn reproduces_the_17_denominators_of_the_pet_figures() {
    // DOMAIN F, S1 [C].
    let study = checked("us-multicentre");
    let denominators: Vec<u64> = study
        .claims
        .iter()
        .find(|claim| claim.id == "pet-complete")
        .unwrap()
        .solutions
        .iter()
        .map(|solution| solution.n)
        .collect();
    assert_eq!(
        denominators,
        [
            21, 42, 46, 49, 51, 54, 58, 63, 67, 70, 72, 75, 76, 79, 82, 83, 84
        ]
    );
    assert!(study.relations.iter().all(|relation| relation.holds));
}

#[test]
fn every_identity_of_the_leaflet_holds_in_counts() {
    // DOMAIN F.7, 1.
    for (name, expected) in [
        (
            "us-multicentre-records",
            vec![
                ("response", "unique: 25/36"),
                ("analogue-halved", "unique: 18/25"),
                ("analogue-stopped", "unique: 4/25"),
            ],
        ),
        (
            "first-line-pilot",
            vec![
                ("first-line", "unique: 9/10"),
                ("pr-3", "unique: 3/10"),
                ("sd-3", "unique: 7/10"),
                ("alive", "unique: 7/10"),
                ("symptoms", "unique: 2/3"),
            ],
        ),
        (
            "salvage-pilot",
            vec![
                ("complete", "unique: 4/10"),
                ("partial", "unique: 5/10"),
                ("minor", "unique: 1/10"),
            ],
        ),
        (
            "fractionated-whole-liver",
            vec![
                ("response", "ambiguous: 8/9 16/18"),
                ("alive", "unique: 16/18"),
            ],
        ),
    ] {
        let study = checked(name);
        for (id, expected) in expected {
            assert_eq!(counts(&study, id), expected, "{name} {id}");
        }
        assert!(
            study.relations.iter().all(|relation| relation.holds),
            "{name}"
        );
    }
}

#[test]
fn tells_lesions_from_patients_and_follow_up_from_kaplan_meier() {
    let rules = |name: &str| -> Vec<String> {
        checked(name)
            .findings
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    };
    assert!(rules("salvage-pilot").contains(
        &"complete response of lesions: counted by lesion, while RECIST judges patients by a sum of diameters; it is no response rate".to_owned()
    ));
    for name in ["first-line-pilot", "fractionated-whole-liver"] {
        assert!(
            rules(name)
                .iter()
                .any(|rule| rule.ends_with("is no Kaplan-Meier estimate")),
            "{name}"
        );
    }
    assert!(
        rules("first-line-pilot").contains(
            &"`phase IV (II)` is a label of the source, no phase of a registry".to_owned()
        )
    );
}

#[test]
fn comparators_have_the_counts_of_their_sources() {
    for (name, id, expected) in [
        ("paprottka-2012", "pr-3", "unique: 9/40"),
        ("paprottka-2012", "sd-3", "unique: 30/40"),
        ("fan-2016", "sd", "unique: 21/35"),
        // DOMAIN F.8: 1, 52, 17 and 36 of 83 lesions.
        ("memon-2012", "who-cr", "unique: 1/83"),
        ("memon-2012", "who-pr", "unique: 52/83"),
        ("memon-2012", "easl-cr", "unique: 17/83"),
        ("memon-2012", "easl-pr", "unique: 36/83"),
        // 78 + 61 + 25 = 164 of 170.
        ("resin-2022", "ecog-0", "unique: 78/164"),
        ("braat-2019", "clinical-response", "unique: 15/23"),
    ] {
        let file = root().join(format!("studies/comparators/{name}.toml"));
        let checked = check_study(&study(&file)).unwrap();
        assert_eq!(counts(&checked, id), expected, "{name} {id}");
    }
}

#[test]
fn refuses_studies_that_cannot_be_with_claim_and_reason() {
    let text = std::fs::read_to_string(root().join("studies/first-line-pilot/study.toml")).unwrap();
    for (from, to, expected) in [
        (
            "percent = \"30\"",
            "percent = \"130\"",
            "study: claim `pr-3`: percentage `130` is not allowed; allowed is 0 to 100 in digits as printed, with up to six decimals, like 66 or 22.5",
        ),
        (
            "id = \"dead\"",
            "id = \"alive\"",
            "study: claim `alive`: its id stands twice",
        ),
        (
            "parts = [\"pr-3\", \"sd-3\"]",
            "parts = [\"pr-3\", \"sd-6\"]",
            "study: relation: no claim has the id `sd-6`",
        ),
        (
            "count = 2\nof = 3",
            "count = 4\nof = 3",
            "study: claim `symptoms`: count 4 is over its denominator 3",
        ),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert_eq!(
            Study::from_toml(&changed).unwrap_err().to_string(),
            expected
        );
    }
    assert!(Study::from_toml(&text.replacen("quote", "qoute", 1)).is_err());
}

#[test]
fn a_relation_without_solution_is_named() {
    let text = std::fs::read_to_string(root().join("studies/first-line-pilot/study.toml"))
        .unwrap()
        .replacen("percent = \"30\"", "percent = \"40\"", 1);
    let checked = check_study(&Study::from_toml(&text).unwrap()).unwrap();
    assert!(!checked.relations[0].holds);
    assert!(
        checked
            .findings
            .iter()
            .any(|finding| finding.rule.starts_with("no counts fit `pr-3 + sd-3 = n`"))
    );
    assert_eq!(checked.claims[2].verdict, Verdict::Unique);
}

/// A study of one claim and one relation, by its TOML.
fn small(claim: &str, relation: &str) -> String {
    format!(
        "name = 'a'\ntitle = 'A'\nn = 100000\nsource = 'leaflet'\nsource_level = 'primary'\n\
         [protocol]\npopulation = ''\ntreatment = ''\ncriteria = ''\nendpoints = []\n\
         [[claim]]\nid = 'one'\nendpoint = 'response'\nquote = ''\n{claim}\n{relation}"
    )
}

#[test]
fn a_relation_without_parts_is_refused_and_never_panics() {
    let text = small(
        "percent = '50'\nof = 10",
        "[[relation]]\nkind = 'same-denominator'\nparts = []\n",
    );
    assert!(Study::from_toml(&text).is_err());
    // Made by hand it has no denominators.
    let mut study = Study::from_toml(&small(
        "percent = '50'\nof = 10",
        "[[relation]]\nkind = 'same-denominator'\nparts = ['one']\n",
    ))
    .unwrap();
    study.relations[0].parts.clear();
    let checked = check_study(&study).unwrap();
    assert_eq!(checked.relations[0].denominators, Vec::<u64>::new());
    study.relations[0].parts.push("nobody".to_owned());
    assert!(check_study(&study).is_ok());
}

#[test]
fn a_claim_that_leaves_millions_of_counts_is_refused_with_what_it_needs() {
    let study = Study::from_toml(&small("percent = '50'", "")).unwrap();
    let said = check_study(&study).unwrap_err().to_string();
    assert!(
        said.starts_with("study: claim `one`: 50") && said.ends_with("a smaller `at_most`"),
        "{said}"
    );
    let study = Study::from_toml(&small("percent = '50'\nof = 100000", "")).unwrap();
    // 49,500 to 50,499, and with halves to even 50,500.
    assert_eq!(check_study(&study).unwrap().claims[0].solutions.len(), 1001);
}
