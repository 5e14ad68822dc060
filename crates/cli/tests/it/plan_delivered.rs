//! `sirt plan` after treatment: planned against delivered, and what all
//! treatments leave.

use std::path::Path;

use crate::plan::{example, of_phantom, run, sirt};

/// Noon of the phantom's day of treatment, when its Y-90 was given.
const GIVEN: &str = "2000-03-01T14:00+00:00";
/// Tumours of the left lobe, by their number.
const LEFT: [usize; 2] = [2, 5];

/// Truth of one lobe: Y-90 that went to it, lungs included, and volume and
/// both ratios of its tumours by number.
struct LobeOfPhantom {
    gbq: f64,
    normal_ml: f64,
    tumours: Vec<(usize, f64, f64, f64)>,
}

fn lobe_of_phantom(at: &Path, left: bool) -> LobeOfPhantom {
    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(at.join("p/truth.json")).unwrap()).unwrap();
    let shunt = truth["treatment"]["lung_shunt"].as_f64().unwrap();
    let normal = &truth["liver_outside_tumours"][usize::from(left)];
    let mut mbq = normal["activity_mbq"].as_f64().unwrap();
    let mut tumours = Vec::new();
    for number in 1..=6 {
        if LEFT.contains(&number) != left {
            continue;
        }
        let name = format!("Tumour {number}");
        let structures = truth["structures"].as_array().unwrap();
        let tumour = structures.iter().find(|one| one["name"] == name).unwrap();
        let figure = |key: &str| tumour[key].as_f64().unwrap();
        mbq += figure("activity_mbq");
        tumours.push((
            number,
            figure("volume_ml"),
            figure("tumour_to_normal"),
            figure("maa_tumour_to_normal"),
        ));
    }
    LobeOfPhantom {
        gbq: mbq * 1e-3 / (1.0 - shunt),
        normal_ml: normal["volume_ml"].as_f64().unwrap(),
        tumours,
    }
}

/// The built-in patient who was to get 1.25 times in the right lobe, and 1.0
/// times in the left one, what he got.
fn treated_phantom(at: &Path, image: &str) -> String {
    let mut case = of_phantom("Liver right lobe", "Liver left lobe")
        .replace("2026-01-05", "2000-02-16")
        .replace(
            "kind = \"resin\"",
            "kind = \"resin\"\ndose_factor = \"49.67 Gy kg/GBq\"",
        );
    let mut given = String::new();
    for (name, left, planned) in [("right", false, 1.25), ("left", true, 1.0)] {
        let gbq = lobe_of_phantom(at, left).gbq;
        case.push_str(&format!(
            "[[prescription]]\nterritory = \"{name}\"\nmethod = \"partition\"\nactivity = \"{:.9} GBq\"\nat = \"{GIVEN}\"\nintent = \"palliative\"\n",
            planned * gbq
        ));
        given.push_str(&format!(
            "[[administration]]\nterritory = \"{name}\"\nat = \"{GIVEN}\"\nassay = {{ activity = \"{gbq:.9} GBq\", at = \"{GIVEN}\" }}\n"
        ));
    }
    // The image stands below the last administration.
    format!("{case}{given}{image}")
}

fn compared<'a>(plan: &'a serde_json::Value, structure: &str) -> &'a serde_json::Value {
    plan["comparison"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["structure"] == structure)
        .unwrap_or_else(|| panic!("no row of {structure}"))
}

#[test]
fn what_the_built_in_patient_got_stands_beside_what_was_planned() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(
        sirt(at, &["phantom", "--no-follow-up", "--out", "p"])
            .status
            .success()
    );
    let planned = |image: &str| -> serde_json::Value {
        std::fs::write(at.join("case.toml"), treated_phantom(at, image)).unwrap();
        let output = sirt(at, &["plan", ".", "--json"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"))
    };
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let plan = planned(
        "[administration.image]\nactivity = \"p/pet\"\nterritories = [\"right\", \"left\"]\n",
    );
    // All that was given is in the image, but for noise and the lungs' ends.
    let image = &plan["delivered_images"][0];
    assert!(
        (number(&image["over_delivered"]) - 1.0).abs() < 0.03,
        "{image}"
    );
    assert_eq!(image["method"], "kernel");
    // By closed form: D_i = k·A·(1 - L)·r_i/(rho·(Σ r·V + V_N)), with MAA's ratios
    // for what is expected and those of Y-90 for what came. Contours and counts
    // leave 2 % of the expected. A border that is blurred by s = 2.5 mm (PET, 6 mm
    // FWHM) and the range of betas, as much again, takes s/√(2π) times surface over
    // volume each: up to 30 % of the mean at 30 mm.
    for (name, left, over_planned) in [("right", false, 0.8), ("left", true, 1.0)] {
        let lobe = lobe_of_phantom(at, left);
        let normal = |ratio: fn(&(usize, f64, f64, f64)) -> f64| {
            let weighted: f64 = lobe.tumours.iter().map(|one| ratio(one) * one.1).sum();
            49.67e3 * lobe.gbq * 0.96 / (1.06 * (weighted + lobe.normal_ml))
        };
        let (by_maa, by_spheres) = (normal(|one| one.3), normal(|one| one.2));
        for (tumour, volume_ml, spheres, maa) in &lobe.tumours {
            if *volume_ml < 14.0 {
                continue;
            }
            let row = compared(&plan, &format!("Tumour {tumour}"));
            assert_eq!(row["territories"], serde_json::json!([name]));
            let expected = number(&row["expected_gy"]);
            assert!((expected / (maa * by_maa) - 1.0).abs() < 0.02, "{row}");
            let ratio = expected / number(&row["planned_gy"]);
            assert!((ratio - over_planned).abs() < 1e-6, "{row}");
            let delivered = number(&row["delivered_gy"]) / (spheres * by_spheres);
            assert!((0.7..1.02).contains(&delivered), "{delivered} {row}");
        }
        let row = compared(&plan, &format!("normal liver of {name}"));
        assert!(
            (number(&row["expected_gy"]) / by_maa - 1.0).abs() < 0.02,
            "{row}"
        );
        // Spill from tumours and over the borders of the liver.
        let delivered = number(&row["delivered_gy"]) / by_spheres;
        assert!((delivered - 1.0).abs() < 0.07, "{delivered} {row}");
        // MAA and spheres agree where the plan said so.
        assert_eq!(row["agrees"], true, "{row}");
    }
    for row in plan["comparison"].as_array().unwrap() {
        let sum = number(&row["by_activity_gy"]) + number(&row["by_distribution_gy"]);
        assert!((sum - number(&row["difference_gy"])).abs() < 1e-9, "{row}");
    }
    assert_eq!(compared(&plan, "lungs")["agrees"], true);

    // The same through the files of `sirt dose`, but for what they do not hold.
    let right = format!(
        "{:.9}GBq",
        lobe_of_phantom(at, false).gbq + lobe_of_phantom(at, true).gbq
    );
    let output = sirt(
        at,
        &[
            "dose",
            "--activity",
            "p/pet",
            "--ct",
            "p/ct",
            "--structures",
            "p/structures.dcm",
            "--method",
            "kernel",
            "--dose-factor",
            "49.67",
            "--administered",
            &right,
            "--nuclide",
            "Y-90",
            "--out",
            "d",
        ],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let filed = planned(
        "[administration.image]\nresult = \"d/result.json\"\nterritories = [\"right\", \"left\"]\n",
    );
    for structure in ["Tumour 1", "Tumour 5", "normal liver", "lungs"] {
        let delivered =
            |plan: &serde_json::Value| number(&compared(plan, structure)["delivered_gy"]);
        // Text keeps 17 digits.
        assert!((delivered(&filed) / delivered(&plan) - 1.0).abs() < 1e-12);
    }
    assert!(compared(&filed, "normal liver of right")["delivered_gy"].is_null());

    // Without an image what was delivered is known by the assays alone.
    let bare = planned("");
    let row = compared(&bare, "Tumour 1");
    assert_eq!(row["delivered_source"], "assays");
    assert!(row["delivered_gy"].is_null());
    assert!((number(&row["difference_percent"]) + 20.0).abs() < 1e-4);
    let doses = &bare["delivered"][0]["doses"];
    let together = number(&doses["tumour_gy"]) / number(&bare["chosen"][0]["tumour_gy"]);
    assert!((together - 0.8).abs() < 1e-6, "{doses}");
}

#[test]
fn earlier_treatments_count_where_the_limit_is_for_all_of_them() {
    let (_, plan) = run("plan", &example());
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let history = &plan["history"];
    let kinds: Vec<_> = history["treatments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|treatment| treatment["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["earlier", "given", "given"]);
    // 18 Gy in October 2024 and what the left lobe got 17 months later: BED is
    // D·(1 + G·D/2.5) of each, G = 2.5/(2.5 + 64.1); half-lives of library and
    // case differ in the fourth digit.
    let left = history["accumulated"]
        .as_array()
        .unwrap()
        .iter()
        .find(|volume| volume["volume"] == "normal liver of left")
        .unwrap();
    let second = number(&plan["delivered"][1]["doses"]["normal_liver_gy"]);
    assert!(
        (number(&left["dose"]) - 18.0 - second).abs() < 1e-9,
        "{left}"
    );
    let bed = |gy: f64| gy * (1.0 + 2.5 / 66.6 * gy / 2.5);
    let wanted = bed(18.0) + bed(second);
    assert!((number(&left["bed"]) / wanted - 1.0).abs() < 1e-3, "{left}");
    assert_eq!(left["treatments"], 2);
    let tolerance = |plan: &serde_json::Value, volume: &str, limit: f64| {
        let rows = plan["history"]["tolerance"].as_array().unwrap();
        rows.iter()
            .find(|row| row["volume"] == volume && (number(&row["limit_gy"]) - limit).abs() < 1e-6)
            .unwrap_or_else(|| panic!("no {limit} Gy of {volume} in {rows:?}"))
            .clone()
    };
    // Lungs: 50 Gy for a life, 2 Gy of them by the earlier treatment.
    let lungs = tolerance(&plan, "lungs", 50.0);
    let this: f64 = [0, 1]
        .iter()
        .map(|at| number(&plan["delivered"][*at]["doses"]["lung_gy"]))
        .sum();
    assert_eq!(lungs["earlier_gy"], 2.0);
    assert!((number(&lungs["remaining_gy"]) - (48.0 - this)).abs() < 1e-9);
    assert_eq!(lungs["source"], "vanroekel2021thesis, p. 30");
    // Normal liver: the case's 40 Gy are for one treatment, and that is said.
    let liver = tolerance(&plan, "normal liver of left", 40.0);
    assert_eq!(liver["cumulative"], false);
    assert!((number(&liver["remaining_gy"]) - (40.0 - second)).abs() < 1e-6);
    assert!(
        liver["note"]
            .as_str()
            .unwrap()
            .contains("are not taken off"),
        "{liver}"
    );
    // An earlier treatment without its lung dose leaves the rest unknown.
    let (_, plan) = run("plan", &example().replace("lung_dose = \"2 Gy\"\n", ""));
    let unknown = tolerance(&plan, "lungs", 50.0);
    assert!(unknown["remaining_gy"].is_null() && unknown["earlier_gy"].is_null());
}

#[test]
fn a_prescription_given_in_two_infusions_counts_once() {
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let (_, whole) = run("plan", &example());
    let given = "[[administration]]\nterritory = \"right\"\nat = \"2026-03-16T11:30+01:00\"\nassay = { activity = \"1.850 GBq\", at = \"2026-03-16T09:00+01:00\" }\nresidual = { activity = \"0.062 GBq\", at = \"2026-03-16T13:00+01:00\" }\nvial = \"LOT 4711\"\n";
    // A third and two thirds of the same vial, at the same instants.
    let part = |of: f64| {
        given
            .replace("1.850", &format!("{:.9}", 1.850 * of))
            .replace("0.062", &format!("{:.9}", 0.062 * of))
    };
    let case = example().replace(given, &format!("{}{}", part(1.0 / 3.0), part(2.0 / 3.0)));
    let (output, parted) = run("plan", &case);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let delivered = parted["delivered"].as_array().unwrap();
    assert_eq!(delivered.len(), 3);
    let intended =
        |plan: &serde_json::Value, at: usize| number(&plan["delivered"][at]["intended_gbq"]);
    assert!((intended(&parted, 0) - intended(&whole, 0) / 3.0).abs() < 1e-8);
    assert!((intended(&parted, 1) - intended(&whole, 0) * 2.0 / 3.0).abs() < 1e-8);
    // Activities were written with nine decimals.
    let rows = whole["comparison"].as_array().unwrap();
    assert_eq!(rows.len(), parted["comparison"].as_array().unwrap().len());
    for row in rows {
        let other = compared(&parted, row["structure"].as_str().unwrap());
        for key in ["planned_gy", "expected_gy", "difference_percent"] {
            assert!(
                (number(&other[key]) - number(&row[key])).abs() < 1e-6,
                "{key}: {other} {row}"
            );
        }
        assert_eq!(
            other["planned_interval_gy"].is_null(),
            row["planned_interval_gy"].is_null()
        );
    }
    // The second infusion alone is far from what was prescribed, both are not.
    let rule = |plan: &serde_json::Value| {
        let rules = plan["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["id"] == "delivered-activity");
        rule.unwrap()["outcome"].clone()
    };
    let without_stop = |case: &str| {
        let case = case.replace(
            "delivered = \"60 %\" # where no residual was measured\nstasis = true\n",
            "",
        );
        rule(&run("plan", &case).1)
    };
    assert_eq!(without_stop(&case), without_stop(&example()));
}

#[test]
fn sessions_and_vials_that_serve_no_infusion_are_told() {
    let subjects = |case: &str| -> Vec<String> {
        let (_, plan) = run("plan", case);
        plan["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["subject"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(subjects(&example()), Vec::<String>::new());
    let case = example()
        .replace(
            "[[calibration]]",
            "[[session]]\nearliest = \"2026-03-20T09:00+01:00\"\nlatest = \"2026-03-20T15:00+01:00\"\n\n[[calibration]]",
        )
        .replace(
            "[[administration]]\nterritory = \"right\"",
            "[[vial]]\nlabel = \"SPARE\"\nactivity = \"2.9 GBq\"\ncalibrated = \"2026-03-09T18:00+01:00\"\n\n[[administration]]\nterritory = \"right\"",
        );
    assert_eq!(subjects(&case), ["[[session]] 2", "[[vial]] `SPARE`"]);
    let outside = example().replace(
        "latest = \"2026-03-16T15:00+01:00\"",
        "latest = \"2026-03-16T12:00+01:00\"",
    );
    assert_eq!(subjects(&outside), ["[[prescription]] of `left`"]);
}

#[test]
fn the_text_fits_a_terminal_and_says_which_activity_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.toml"), example()).unwrap();
    let output = sirt(folder.path(), &["plan", "."]);
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
    for part in [
        "→ prescribed",
        "in vial",
        "to reach",
        "planned against delivered",
        "over all treatments",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
