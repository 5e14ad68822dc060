//! `sirt activity` against the worked examples of the prescription methods.

use serde_json::Value;

use crate::dose::{json, number, sirt};

/// The JSON of a line of options.
fn activity(line: &str) -> Value {
    json(&sirt(&options(line)))
}

fn options(line: &str) -> Vec<&str> {
    let mut options = vec!["activity"];
    options.extend(line.split_whitespace());
    options.push("--json");
    options
}

/// Exit code and message of a line that is refused, the message from the JSON.
fn refused(line: &str) -> (i32, String) {
    let output = sirt(&options(line));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document.get("activity_gbq").is_none());
    let message = document["error"]["message"].as_str().unwrap().to_owned();
    (output.status.code().unwrap(), message)
}

/// The text of a line that the parser of the command line refuses, exit code 2.
fn not_parsed(line: &str) -> String {
    let output = sirt(&options(line));
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Whether a number is the printed one to its last digit.
fn prints(value: &Value, key: &str, expected: f64, digit: f64) {
    let got = number(value, &format!("/{key}"));
    assert!((got - expected).abs() <= digit / 2.0, "{key}: {got}");
}

fn findings(value: &Value) -> Vec<String> {
    value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            format!(
                "{} {}: {}",
                finding["severity"].as_str().unwrap(),
                finding["subject"].as_str().unwrap(),
                finding["rule"].as_str().unwrap()
            )
        })
        .collect()
}

fn decided(value: &Value, about: &str) -> String {
    let decision = value["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|decision| decision["about"] == about)
        .unwrap_or_else(|| panic!("nothing says {about} in {value:#}"));
    format!(
        "{} [{}]",
        decision["value"].as_str().unwrap(),
        decision["source"].as_str().unwrap()
    )
}

const BODY: &str = "--method bsa --height 170cm --weight 70kg --liver 1800mL --tumour 450mL";
const LIVER: &str = "--method partition --tumour-mass 300g --normal-mass 1200g --tn 4";

#[test]
fn body_surface_of_the_worked_examples() {
    // TV-B1 and TV-B2.
    for (height, weight, expected) in [
        ("170cm", "70kg", 1.8097),
        ("1.8m", "90kg", 2.0989),
        ("160cm", "50kg", 1.5011),
        ("1750mm", "80000g", 1.9560),
    ] {
        let result = activity(&format!(
            "--method bsa --height {height} --weight {weight} --liver 1800mL --tumour 450mL --lsf 0"
        ));
        prints(&result, "body_surface_area_m2", expected, 1e-4);
    }
    let result = activity(BODY);
    prints(&result, "activity_gbq", 1.8597, 1e-4);
    assert_eq!(result["method"], "bsa");
    for none in [
        "perfused_gy",
        "tumour_gy",
        "normal_liver_gy",
        "lung_gy",
        "dose_factor_gy_kg_per_gbq",
        "limited_by",
    ] {
        assert_eq!(result.get(none), Some(&Value::Null), "{none}");
    }
    prints(&result, "lsf_factor", 1.0, 1e-12);
    prints(&result, "tumour_involvement", 0.25, 1e-12);
    assert_eq!(
        decided(&result, "lung shunt fraction"),
        "0 % [assumed: --lsf is not given]"
    );
    assert_eq!(
        findings(&result),
        ["weakens lung shunt fraction: not given, taken as 0 %: the activity is not reduced"]
    );
}

#[test]
fn lung_shunt_reduces_or_forbids() {
    // TV-B6.
    for (lsf, expected, factor) in [("12%", 1.4877, 0.8), ("0.17", 1.1158, 0.6)] {
        let result = activity(&format!("{BODY} --lsf {lsf}"));
        prints(&result, "activity_gbq", expected, 1e-4);
        prints(&result, "lsf_factor", factor, 1e-12);
        prints(&result, "activity_before_shunt_gbq", 1.8597, 1e-4);
        assert_eq!(findings(&result), [""; 0]);
        // The table is recalled and says so.
        let sources = result["sources"].as_array().unwrap();
        assert!(sources.iter().any(|source| source["doubtful"] == true));
    }
    assert_eq!(
        refused(&format!("{BODY} --lsf 21%")),
        (
            1,
            "lung shunt fraction 21 % is over 20 %: treatment is contraindicated by the table of lung shunt reductions, no activity is given".to_owned()
        )
    );
    let (code, near) = refused(&format!("{BODY} --lsf 20.3%"));
    assert!(code == 1 && near.contains("within 0.5 points of that border"));
}

#[test]
fn a_shunt_near_a_border_is_marked() {
    let result = activity(&format!("{BODY} --lsf 10.2%"));
    prints(&result, "lsf_factor", 0.8, 1e-12);
    assert_eq!(
        findings(&result),
        [
            "weakens lung shunt fraction: boundary: 10.2 % is within 0.5 points of 10 %, on whose other side the factor is 1"
        ]
    );
    let result = activity(&format!("{BODY} --lsf 20%"));
    prints(&result, "lsf_factor", 0.6, 1e-12);
    assert!(findings(&result)[0].ends_with("on whose other side treatment is contraindicated"));
}

#[test]
fn the_leaflet_record_is_flagged_and_kept() {
    // DOMAIN B.1: 2.5 GBq right and 1.5 GBq left; 188 cm and 80 kg are 2.06 m².
    let result = activity("--method bsa --height 188cm --weight 80kg --activity 4GBq");
    prints(&result, "activity_gbq", 4.0, 1e-12);
    assert_eq!(result["lsf_factor"], Value::Null);
    let findings = findings(&result);
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0].starts_with("weakens activity on record: 4 GBq is over 2.8603 GBq, the most"),
        "{findings:?}"
    );
    let plausible = activity("--method bsa --height 188cm --weight 80kg --activity 1.9GBq");
    assert_eq!(plausible["findings"], serde_json::json!([]));
}

#[test]
fn empiric_by_involvement() {
    // DOMAIN B.2.
    for (tumour, expected) in [
        ("450mL", 2.0),
        ("451mL", 2.5),
        ("900mL", 2.5),
        ("901mL", 3.0),
    ] {
        let result = activity(&format!(
            "--method empiric --liver 1800mL --tumour {tumour} --lsf 5%"
        ));
        prints(&result, "activity_gbq", expected, 1e-12);
        assert_eq!(result["lung_gy"], Value::Null);
    }
    let reduced = activity("--method empiric --liver 1.8L --tumour 450mL --lsf 12%");
    prints(&reduced, "activity_gbq", 1.6, 1e-12);
}

#[test]
fn single_compartment_of_the_worked_examples() {
    // TV-B4.
    let line = "--method mird --mass 1.5kg --lung-mass 1kg --lsf 5% --target perfused=120Gy";
    let result = activity(&format!("{line} --residual 1%"));
    prints(&result, "activity_gbq", 3.8278, 1e-4);
    prints(&result, "lung_activity_gbq", 0.18947, 1e-5);
    prints(&result, "lung_gy", 9.474, 1e-3);
    prints(&result, "perfused_gy", 120.0, 1e-9);
    prints(&result, "lsf_factor", 0.95, 1e-12);
    prints(&result, "dose_factor_gy_kg_per_gbq", 50.0, 1e-12);
    assert_eq!(result["limited_by"], "perfused");
    assert_eq!(result["tumour_gy"], Value::Null);
    assert_eq!(findings(&result), [""; 0]);
    assert_eq!(
        result["dose_factor_source"],
        "convention of glass microspheres: vanroekel2021thesis, p. 30 (MIRD); --dose-factor is not given"
    );
    let result = activity(line);
    prints(&result, "activity_gbq", 3.7895, 1e-4);
    assert_eq!(
        decided(&result, "residual fraction"),
        "0 % [assumed: --residual is not given]"
    );
    let result = activity(&format!("{line} --dose-factor 49.67"));
    prints(&result, "activity_gbq", 3.8147, 1e-4);
    assert_eq!(result["dose_factor_source"], "--dose-factor");
    // TV-B5, forward.
    let result = activity("--method mird --mass 1.236kg --lsf 8% --residual 2% --activity 2.5GBq");
    prints(&result, "perfused_gy", 91.18, 1e-2);
    assert_eq!(result["limited_by"], Value::Null);
    assert_eq!(
        decided(&result, "lung mass"),
        "1000 g [assumed: --lung-mass is not given]"
    );
    let sources = result["sources"].as_array().unwrap();
    assert!(
        sources
            .iter()
            .any(|source| source["about"] == "lung mass" && source["doubtful"] == true)
    );
    assert_eq!(
        findings(&result),
        ["note lung mass: not given, 1000 g by convention"]
    );
}

#[test]
fn partition_planned_by_each_compartment() {
    // TV-B7.
    let line = format!("{LIVER} --lung-mass 1kg --lsf 5%");
    let result = activity(&format!("{line} --target normal=40Gy"));
    prints(&result, "activity_gbq", 2.0345, 1e-4);
    prints(&result, "tumour_gy", 160.0, 1e-1);
    prints(&result, "normal_liver_gy", 40.0, 1e-9);
    prints(&result, "lung_gy", 5.053, 1e-3);
    prints(&result, "tumour_activity_gbq", 0.96638, 1e-5);
    prints(&result, "normal_activity_gbq", 0.96638, 1e-5);
    prints(&result, "lung_activity_gbq", 0.10172, 1e-5);
    prints(&result, "dose_factor_gy_kg_per_gbq", 49.67, 1e-12);
    assert!(
        result["dose_factor_source"]
            .as_str()
            .unwrap()
            .starts_with("convention of resin microspheres: vanroekel2021thesis")
    );
    // TV-B8.
    for (target, expected, digit) in [
        ("tumour=120Gy", 1.52586, 1e-5),
        ("normal=70Gy", 3.5603, 1e-4),
        ("normal=80Gy", 4.0690, 1e-4),
        ("lung=30Gy", 12.080, 1e-3),
        ("lung=25Gy", 10.066, 1e-3),
    ] {
        let result = activity(&format!("{line} --target {target}"));
        prints(&result, "activity_gbq", expected, digit);
    }
    // TV-B9, forward.
    let result = activity(&format!("{line} --activity 1500MBq"));
    prints(&result, "tumour_gy", 117.966, 1e-3);
    prints(&result, "normal_liver_gy", 29.492, 1e-3);
    prints(&result, "lung_gy", 3.7253, 1e-4);
    // The mean over 1.5 kg: 49.67 · 1.5 · 0.95/1.5.
    prints(&result, "perfused_gy", 47.1865, 1e-4);
}

#[test]
fn the_least_of_several_targets_determines_the_activity() {
    // TV-B10: LSF 15 %.
    let line = format!("{LIVER} --lung-mass 1kg --lsf 15%");
    let lung = activity(&format!("{line} --target lung=30Gy"));
    prints(&lung, "activity_gbq", 4.0266, 1e-4);
    let both = activity(&format!("{line} --target lung=30Gy --target normal=40Gy"));
    prints(&both, "activity_gbq", 2.2738, 1e-4);
    assert_eq!(both["limited_by"], "normal");
    let both = activity(&format!("{line} --target lung=30Gy --target normal=80Gy"));
    assert_eq!(both["limited_by"], "lung");
    // Lungs without shunt limit nothing, which is told beside another target
    // and refused alone.
    let without = format!("{LIVER} --lung-mass 1kg --lsf 0%");
    let beside = activity(&format!(
        "{without} --target lung=30Gy --target normal=40Gy"
    ));
    assert_eq!(
        findings(&beside),
        ["note --target lung: with a lung shunt fraction of 0 % the lungs set no limit"]
    );
    assert_eq!(
        refused(&format!("{without} --target lung=30Gy")),
        (
            1,
            "no activity gives a lung dose of 30 Gy: with a lung shunt fraction of 0 % the lungs set no limit".to_owned()
        )
    );
}

#[test]
fn residual_counts_both_ways_and_inverse_undoes_forward() {
    for method in [
        "--method mird --mass 1.5kg",
        LIVER,
        "--method holmium --mass 1.6kg",
    ] {
        let line = format!("{method} --lung-mass 1kg --lsf 7% --residual 3%");
        let forward = activity(&format!("{line} --activity 2GBq"));
        let without = activity(&format!(
            "{method} --lung-mass 1kg --lsf 7% --activity 2GBq"
        ));
        for (key, target) in [
            ("perfused_gy", "perfused"),
            ("tumour_gy", "tumour"),
            ("normal_liver_gy", "normal"),
            ("lung_gy", "lung"),
        ] {
            let Some(dose) = forward[key].as_f64() else {
                continue;
            };
            let ratio = dose / number(&without, &format!("/{key}"));
            assert!((ratio - 0.97).abs() < 1e-9, "{key}: {ratio}");
            let back = activity(&format!("{line} --target {target}={dose}Gy"));
            assert!((number(&back, "/activity_gbq") - 2.0).abs() < 1e-9);
        }
    }
}

#[test]
fn a_cold_tumour_is_marked() {
    let result = activity(
        "--method partition --tumour-mass 300g --normal-mass 1200g --tn 0.8 --lung-mass 1kg --lsf 5% --activity 1GBq",
    );
    assert_eq!(
        findings(&result),
        [
            "weakens tumour-to-normal ratio: 0.8 is below 1: the tumour takes up less than normal liver (hypovascular), and no activity spares the liver"
        ]
    );
}

#[test]
fn holmium_by_formula_and_by_dose() {
    // TV-A3: 6048 MBq by 3780 MBq/kg, 6049 MBq by 15.87 Gy kg/GBq.
    let result = activity("--method holmium --mass 1.6kg");
    prints(&result, "activity_gbq", 6.048, 1e-9);
    prints(&result, "perfused_gy", 59.99, 1e-2);
    prints(&result, "dose_factor_gy_kg_per_gbq", 15.87, 1e-12);
    assert_eq!(
        decided(&result, "activity per mass"),
        "3780 MBq/kg for 60 Gy on average [assumed: neither --target nor --activity is given]"
    );
    let result = activity("--method holmium --mass 1.6kg --target perfused=60Gy");
    prints(&result, "activity_gbq", 6.049, 1e-3);
    // The formula has no shunt: the dose falls, the activity stays.
    let result = activity("--method holmium --mass 1.6kg --lsf 5% --lung-mass 1kg");
    prints(&result, "activity_gbq", 6.048, 1e-9);
    prints(&result, "perfused_gy", 56.99, 1e-2);
    assert!(findings(&result)[0].starts_with("note formula of Ho-166"));
}

#[test]
fn refuses_options_that_are_missing_or_not_used() {
    for (line, message) in [
        (
            "--method bsa --height 170cm --liver 1800mL --tumour 450mL",
            "method bsa needs --weight",
        ),
        (
            "--method bsa --height 170cm --weight 70kg --liver 1800mL",
            "method bsa needs --tumour",
        ),
        (
            "--method empiric --tumour 450mL",
            "method empiric needs --liver",
        ),
        (
            "--method mird --target perfused=120Gy",
            "method mird needs --mass",
        ),
        (
            "--method mird --mass 1.5kg",
            "method mird needs --target or --activity",
        ),
        (
            "--method partition --tumour-mass 300g --normal-mass 1200g --target normal=40Gy",
            "method partition needs --tn",
        ),
        ("--method holmium", "method holmium needs --mass"),
        (
            "--method bsa --height 170cm --weight 70kg --liver 1800mL --tumour 450mL --tn 4",
            "--tn is not used by method bsa, which takes --height, --weight, --liver, --tumour, --lsf",
        ),
        (
            "--method bsa --height 170cm --weight 70kg --lsf 5% --activity 4GBq",
            "--lsf is not used by method bsa for an activity on record, which takes --height, --weight, --activity",
        ),
        (
            "--method empiric --liver 1800mL --tumour 450mL --residual 1%",
            "--residual is not used by method empiric, which takes --liver, --tumour, --lsf",
        ),
        (
            "--method mird --mass 1.5kg --tumour 450mL --activity 1GBq",
            "--tumour is not used by method mird, which takes --mass, --lung-mass, --lsf, --residual, --target, --activity, --dose-factor",
        ),
        (
            "--method partition --mass 1.5kg --tn 4 --activity 1GBq",
            "--mass is not used by method partition, which takes --tumour-mass, --normal-mass, --tn, --lung-mass, --lsf, --residual, --target, --activity, --dose-factor",
        ),
        (
            "--method mird --mass 1.5kg --target lung=30Gy --target lung=25Gy",
            "--target lung is given twice",
        ),
    ] {
        assert_eq!(refused(line), (2, message.to_owned()), "{line}");
    }
    assert!(
        not_parsed("--method mird --mass 1.5kg --target perfused=120Gy --activity 1GBq")
            .contains("cannot be used with")
    );
}

#[test]
fn refuses_values_that_cannot_be() {
    for (line, message) in [
        (
            "--method bsa --height 170cm --weight 70kg --liver 400mL --tumour 450mL",
            "tumour volume 450 mL is larger than liver volume 400 mL",
        ),
        (
            "--method empiric --liver 400mL --tumour 450mL",
            "tumour volume 450 mL is larger than liver volume 400 mL",
        ),
        (
            "--method bsa --height 1.7cm --weight 70kg --liver 1800mL --tumour 450mL",
            "height 1.7 cm is outside 50 cm to 250 cm",
        ),
        (
            "--method mird --mass 0kg --activity 1GBq",
            "perfused mass 0 g is outside finite values over 0 g",
        ),
        (
            "--method mird --mass -1.5kg --activity 1GBq",
            "perfused mass -1500 g is outside finite values over 0 g",
        ),
        (
            "--method mird --mass 1.5kg --activity -1GBq",
            "activity -1 GBq is outside finite values from 0 GBq",
        ),
        (
            "--method mird --mass 1.5kg --target tumour=120Gy",
            "no activity gives a tumour dose of 120 Gy: a single compartment has one dose for all of the perfused volume",
        ),
        (
            "--method mird --mass 1.5kg --lsf 100% --target perfused=120Gy",
            "no activity gives 3.6 GBq in the liver: a lung shunt fraction of 100 % leaves nothing for the liver",
        ),
        (
            "--method partition --tumour-mass 300g --normal-mass 1200g --tn 0 --activity 1GBq",
            "tumour-to-normal ratio 0 is outside finite values over 0",
        ),
        (
            "--method partition --tumour-mass 300g --normal-mass 1200g --tn nan --activity 1GBq",
            "tumour-to-normal ratio NaN is outside finite values over 0",
        ),
        (
            "--method partition --tumour-mass 300g --normal-mass 1200g --tn 4 --lung-mass 0kg --activity 1GBq",
            "lung mass 0 g is outside finite values over 0 g",
        ),
        (
            "--method partition --tumour-mass 300g --normal-mass 1200g --tn 4 --target normal=-40Gy",
            "normal liver dose -40 Gy is outside finite values over 0 Gy",
        ),
    ] {
        assert_eq!(refused(line), (1, message.to_owned()), "{line}");
    }
}

#[test]
fn refuses_percent_for_fraction_and_missing_units() {
    for (options, message) in [
        (
            "--lsf 5",
            "lung shunt fraction 5 is outside 0..=1; write `5 %` for percent",
        ),
        (
            "--lsf -5%",
            "lung shunt fraction -5 % is outside 0 %..=100 %",
        ),
        ("--lsf nan", "`nan` is not a lung shunt fraction"),
        ("--residual 2", "residual fraction 2 is outside 0..=1"),
        (
            "--lung-mass 1",
            "`1` is not a mass: unit `` is not one of g, kg",
        ),
        (
            "--target 120Gy",
            "expected TISSUE=DOSE, such as perfused=120Gy",
        ),
        ("--target perfused=120", "unit `` is not one of Gy"),
        ("--dose-factor 0", "expected a number above 0 in Gy kg/GBq"),
    ] {
        let said = not_parsed(&format!("--method mird --mass 1.5kg {options}"));
        assert!(said.contains(message), "{options}: {said}");
    }
}

#[test]
fn people_read_a_table_with_units() {
    let output = sirt(&[
        "activity",
        "--method",
        "partition",
        "--tumour-mass",
        "300g",
        "--normal-mass",
        "1200g",
        "--tn",
        "4",
        "--lsf",
        "5%",
        "--target",
        "normal=40Gy",
    ]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "activity                       2.034 GBq",
        "dose of the tumour             160 Gy",
        "the activity is determined by --target normal",
        "  residual fraction: 0 % [assumed: --residual is not given]",
    ] {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.lines().any(|printed| words(printed) == words(line)),
            "{line} is not in\n{text}"
        );
    }
}
