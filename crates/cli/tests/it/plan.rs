//! `sirt plan` and `sirt shunt` as a user runs them.

use std::path::Path;
use std::process::{Command, Output};

/// The example of docs/case.md, without its images, which are not there.
pub(crate) fn example() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("docs/case.md")).unwrap();
    let start = text.find("```toml\n").unwrap() + 8;
    let end = start + text[start..].find("```").unwrap();
    let case = &text[start..end];
    let images = case.find("[images]").unwrap();
    let after = images + case[images..].find("\n\n").unwrap();
    format!("{}{}", &case[..images], &case[after..])
}

pub(crate) fn run(command: &str, case: &str) -> (Output, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.toml"), case).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sirt"))
        .arg(command)
        .arg(folder.path())
        .arg("--json")
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    // A plan that is stopped has an exit code of its own and is printed all the same.
    assert_eq!(output.status.code() == Some(6), json["blocked"] == true);
    (output, json)
}

fn method<'a>(plan: &'a serde_json::Value, territory: &str, name: &str) -> &'a serde_json::Value {
    plan["methods"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["territory"] == territory && row["name"] == name)
        .unwrap()
}

pub(crate) fn rule<'a>(plan: &'a serde_json::Value, id: &str) -> &'a serde_json::Value {
    plan["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["id"] == id)
        .unwrap()
}

#[test]
fn the_example_has_all_methods_limits_rules_and_vials() {
    let (output, plan) = run("plan", &example());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let near = |value: &serde_json::Value, wanted: f64, tolerance: f64| {
        assert!(
            (value.as_f64().unwrap() - wanted).abs() <= tolerance,
            "{value} {wanted}"
        );
    };
    // TV-B3: lobar forms of 170 cm, 70 kg, 1800 and 450 mL, 1200 and 400 mL.
    near(
        &method(&plan, "right", "bsa-lobar-1")["activity_gbq"],
        1.2398,
        0.5e-4,
    );
    near(
        &method(&plan, "right", "bsa-lobar-2")["activity_gbq"],
        1.2953,
        0.5e-4,
    );
    // By hand: 40·(4·0.42 + 0.84)/(49.67·0.95)/0.98, residual of 2 %.
    let partition = method(&plan, "right", "partition-limit");
    near(
        &partition["activity_gbq"],
        40.0 * 2.52 / (49.67 * 0.95) / 0.98,
        1e-9,
    );
    near(&partition["tumour_gy"], 160.0, 1e-9);
    // The left territory has its own shunt of 4 %.
    let left = method(&plan, "left", "partition-limit");
    near(
        &left["activity_gbq"],
        40.0 * (3.0 * 0.0525 + 0.5775) / (49.67 * 0.96),
        1e-9,
    );
    // TV-B15: delivered 1.73764 GBq of 1.80, -3.46 %.
    near(&plan["delivered"][0]["delivered_gbq"], 1.73764, 0.5e-5);
    near(&plan["delivered"][0]["difference_percent"], -3.46, 0.5e-2);
    // TV-B13 with subtraction, beside the stated 5 %.
    near(&plan["shunt"]["used"]["fraction"], 0.05, 1e-12);
    near(
        &plan["shunt"]["estimates"][1]["fraction"],
        0.055_249,
        0.5e-6,
    );
    assert_eq!(plan["limits"]["consensus"], false);
    assert!(!plan["limits"]["borrowed"].as_array().unwrap().is_empty());
    assert_eq!(rule(&plan, "extrahepatic-deposition")["outcome"], "unknown");
    // The second infusion stopped at 60 %: outside of 10 %, and overridden.
    let delivered = rule(&plan, "delivered-activity");
    assert_eq!(delivered["outcome"], "warn");
    assert_eq!(delivered["overridden"]["by"], "Dr. A. Example");
    assert_eq!(
        plan["vials"].as_array().unwrap().len(),
        1,
        "one vial is divided"
    );
    assert_eq!(plan["questions"].as_array().unwrap().len(), 2);
}

#[test]
fn a_shunt_past_the_lung_limit_stops_the_plan() {
    let case = example()
        .replace("lung_shunt = \"5 %\"", "lung_shunt = \"40 %\"")
        .replace("lung_shunt = \"4 %\" # where it was measured apart\n", "");
    let (output, plan) = run("plan", &case);
    // A plan that is stopped has an exit code of its own and is printed all the same.
    assert_eq!(output.status.code(), Some(6));
    assert_eq!(rule(&plan, "lung-dose-single")["outcome"], "stop");
    assert_eq!(plan["blocked"], true);
}

#[test]
fn a_prescription_past_the_cases_own_limit_stops_the_plan() {
    let case = example().replace("activity = \"1.80 GBq\"", "activity = \"5 GBq\"");
    let (_, plan) = run("plan", &case);
    let liver = rule(&plan, "normal-liver-dose");
    assert_eq!(liver["outcome"], "stop");
    // Right lobe alone: 49.67·5·0.95/(4·0.42 + 0.84) Gy, over the 40 Gy of [goals].
    let dose = liver["value"]["number"].as_f64().unwrap();
    assert!((dose - 49.67 * 5.0 * 0.95 / 2.52).abs() < 1e-6, "{dose}");
}

/// The built-in patient's MAA SPECT with territories.
pub(crate) fn of_phantom(right: &str, left: &str) -> String {
    format!(
        r#"schema = "opensirt-case/1"
[patient]
pseudonym = "P"
sex = "male"
age = 60
height = "175 cm"
weight = "75 kg"
[disease]
tumour_type = "neuroendocrine"
cirrhosis = false
[device]
kind = "resin"
[liver]
volume = "1803 mL"
tumour_volume = "212 mL"
density = "1.06 g/mL"
[images]
maa_spect = "p/maa_spect.dcm"
maa_spect_resolution = "12 mm"
maa_spect_filter = "7 mm"
maa_planar = "p/maa_planar.dcm"
maa_planar_regions = "p/maa_planar_regions.toml"
ct = "p/ct"
structures = ["p/structures.dcm"]
[[territory]]
name = "right"
lobe = "right"
structure = "{right}"
[[territory]]
name = "left"
lobe = "left"
structure = "{left}"
[work_up]
date = "2000-02-16"
[goals]
tumour = "120 Gy"
normal_liver = "40 Gy"
"#
    )
}

pub(crate) fn sirt(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sirt"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_built_in_patient_comes_back_and_wrong_images_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(sirt(at, &["phantom", "--out", "p"]).status.success());
    let write = |text: &str| std::fs::write(at.join("case.toml"), text).unwrap();
    write(&of_phantom("Liver right lobe", "Liver left lobe"));
    let output = sirt(at, &["plan", ".", "--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // Put in: 4 % shunt; T/N 4.2, 4.0, 6.5, 0.9, 3.2, 3.0. Contours of 3 mm slices
    // differ from the solids by up to 1 % of a tumour over 24 mm, 5 % under.
    let shunt = plan["shunt"]["used"]["fraction"].as_f64().unwrap();
    assert!((shunt / 0.04 - 1.0).abs() < 0.01, "{shunt}");
    for (name, truth, tolerance) in [
        ("Tumour 1", 4.2, 0.01),
        ("Tumour 2", 4.0, 0.01),
        ("Tumour 3", 6.5, 0.01),
        ("Tumour 4", 0.9, 0.01),
        ("Tumour 5", 3.2, 0.05),
    ] {
        let found = plan["territories"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|territory| territory["images"]["tumours"].as_array().unwrap())
            .find(|tumour| tumour["name"] == name)
            .unwrap()["tumour_to_normal"]
            .as_f64()
            .unwrap();
        assert!((found / truth - 1.0).abs() < tolerance, "{name}: {found}");
    }
    assert_eq!(rule(&plan, "extrahepatic-deposition")["outcome"], "pass");
    let planar = plan["shunt"]["estimates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|estimate| estimate["method"] == "planar")
        .unwrap();
    let (fraction, sigma) = (&planar["fraction"], &planar["standard_uncertainty"]);
    let (fraction, sigma) = (fraction.as_f64().unwrap(), sigma.as_f64().unwrap());
    // 4 % were put in; k = 2.
    assert!((fraction - 0.04).abs() < 2.0 * sigma, "{fraction} {sigma}");
    assert!(sigma < 0.005, "{sigma}");
    let refused = |text: &str| {
        write(text);
        let output = sirt(at, &["plan", "."]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = refused(&of_phantom("Liver left lobe", "Liver left lobe"));
    assert!(said.contains("`right` and `left` share 60"), "{said}");
    let pet = of_phantom("Liver right lobe", "Liver left lobe").replace("p/maa_spect.dcm", "p/pet");
    assert!(refused(&pet).contains("allowed is Tc-99m"));
    let whole = of_phantom("Liver right lobe", "Liver left lobe");
    let swapped = refused(&of_phantom("Liver left lobe", "Liver right lobe"));
    assert!(
        swapped.contains("the structure of the right lobe lies") && swapped.contains("swapped?"),
        "{swapped}"
    );
    // The lung shunt of the case is no way around it.
    let shunt = sirt(at, &["shunt", "."]);
    assert_eq!(shunt.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&shunt.stderr).contains("swapped?"));
    let heavy = refused(&whole.replace("weight = \"75 kg\"", "weight = \"95 kg\""));
    assert!(
        heavy.contains("PatientWeight is 75 kg, the case states 95 kg")
            && heavy.contains("accepted = [\"weight\"]"),
        "{heavy}"
    );
    let another_day = refused(&whole.replace("2000-02-16", "2000-02-20"));
    assert!(
        another_day.contains("accepted = [\"date\"]"),
        "{another_day}"
    );
    // Monte Carlo in place of the kernel: the same voxels, another dose model, which
    // agrees in liver (issue 4) to its noise of 1 % in voxels.
    let gy_per_gbq = |plan: &serde_json::Value| -> Vec<f64> {
        let territories = plan["territories"].as_array().unwrap();
        territories
            .iter()
            .map(|row| {
                row["images"]["voxel"]["normal_liver_gy_per_gbq"]
                    .as_f64()
                    .unwrap()
            })
            .collect()
    };
    let by_kernel = gy_per_gbq(&plan);
    write(&whole.replace("[images]\n", "[images]\nmaa_spect_method = \"transport\"\n"));
    let output = sirt(at, &["plan", ".", "--json"]);
    let by_transport: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = &by_transport["territories"][0]["images"];
    assert_eq!(row["voxel_method"], "transport, densities of the CT");
    assert!((row["energy_closure"].as_f64().unwrap() - 1.0).abs() < 1e-5);
    for (kernel, transport) in by_kernel.iter().zip(gy_per_gbq(&by_transport)) {
        assert!(
            (transport / kernel - 1.0).abs() < 0.02,
            "{kernel} {transport}"
        );
    }
    // Nothing says whose they are.
    for said in [swapped, heavy, another_day] {
        assert!(!said.contains("PHANTOM"), "{said}");
    }
    let moved = whole.replace("2000-02-16", "2000-02-20").replace(
        "[images]\n",
        "[images]\naccepted = [\"date\"]\naccepted_reason = \"moved dates\"\n",
    );
    write(&moved);
    let output = sirt(at, &["shunt", ".", "--json"]);
    let shunt: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        shunt["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["rule"]
                .as_str()
                .unwrap()
                .ends_with("accepted: moved dates")),
        "{shunt}"
    );
    // What a reader leaves open is settled by keys, not by options.
    let role = format!("{whole}[[structure]]\nname = \"GTV 9\"\nrole = \"tumour\"\n");
    let said = refused(&role);
    assert!(
        said.contains("[[structure]] name = \"GTV 9\"") && !said.contains("--role"),
        "{said}"
    );
}

#[test]
fn what_is_not_stated_is_unknown_and_sums_hide_nothing() {
    let (_, plan) = run("plan", &example().replace("lung_dose = \"2 Gy\"\n", ""));
    assert_eq!(rule(&plan, "lung-dose-cumulative")["outcome"], "unknown");
    // The left lobe got 60 % of its assay; the right one was within 10 %.
    let delivered = rule(&plan, "delivered-activity");
    assert!(
        delivered["value"]["number"].as_f64().unwrap().abs() > 40.0,
        "{delivered}"
    );
    // The vial that the right lobe was given from had expired the day before.
    let case = example()
        .replace(
            "calibrated = \"2026-03-16T18:00+01:00\"",
            "calibrated = \"2026-03-14T18:00+01:00\"",
        )
        .replace(
            "expires = \"2026-03-17T18:00+01:00\"",
            "expires = \"2026-03-15T18:00+01:00\"",
        );
    let (_, plan) = run("plan", &case);
    assert_eq!(rule(&plan, "vial-window")["outcome"], "stop");
    assert_eq!(rule(&plan, "vial-window")["overridable"], false);
    assert_eq!(plan["blocked"], true);
}

#[test]
fn the_leaflets_case_is_flagged_and_accepted() {
    // "2.5 GBq in right, 1.5 GBq in left lobe" = 4.0 GBq, over BSA + 0.8.
    let case = example()
        .replace("activity = \"1.80 GBq\"", "activity = \"2.5 GBq\"")
        .replace(
            "method = \"partition\"\nat = \"2026-03-16T12:15+01:00\" # the activity is left to the plan",
            "method = \"other\"\nactivity = \"1.5 GBq\"\nat = \"2026-03-16T12:15+01:00\"",
        )
        .replace("assay = { activity = \"1.850 GBq\"", "assay = { activity = \"2.6 GBq\"")
        .replace("assay = { activity = \"0.55 GBq\"", "assay = { activity = \"1.57 GBq\"")
        .replace("delivered = \"60 %\" # where no residual was measured\nstasis = true", "delivered = \"99 %\"")
        .replace("activity = \"3.0 GBq\"", "activity = \"5.0 GBq\"");
    let (output, plan) = run("plan", &case);
    // Accepted and told; stopped by the 40 Gy that the example's goals set for one lobe.
    assert_eq!(
        output.status.code(),
        Some(6),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(rule(&plan, "single-bsa-prescription")["outcome"], "warn");
    assert!(plan["delivered"].as_array().unwrap().len() == 2);
}

#[test]
fn wrong_cases_have_their_own_refusal() {
    for (from, to, wanted) in [
        (
            "lung_shunt = \"5 %\"",
            "lung_shunt = \"5\"",
            "write `5 %` for percent",
        ),
        (
            "lung_shunt = \"5 %\"",
            "lung_shunt = \"-5 %\"",
            "is outside 0 %..=100 %",
        ),
        ("volume = \"1200 mL\"", "volume = \"1200\"", "unit"),
        (
            "tumour_volume = \"450 mL\"",
            "tumour_volume = \"2450 mL\"",
            "tumour",
        ),
        (
            "segments = [\"V\", \"VI\", \"VII\", \"VIII\"]",
            "segments = [\"II\", \"III\"]",
            "lobe",
        ),
        (
            "rule = \"delivered-activity\"",
            "rule = \"delivered\"",
            "is unknown; known are",
        ),
        (
            "expires = \"2026-03-17T18:00+01:00\"",
            "expires = \"2026-03-17T18:00\"",
            "offset",
        ),
    ] {
        let case = example();
        assert!(case.contains(from), "{from}");
        let (output, _) = run("plan", &case.replacen(from, to, 1));
        assert_eq!(output.status.code(), Some(1), "{to}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(wanted), "{to}: {said}");
        assert!(!said.contains("SIRT-017"), "{said}");
    }
}

#[test]
fn the_real_maa_image_gives_ratios_and_voxel_doses() {
    let Some(data) = sirt_reference::shared_file("data/taranis-y90") else {
        return;
    };
    let case = format!(
        r#"schema = "opensirt-case/1"
[patient]
pseudonym = "T-2"
sex = "male"
age = 60
height = "175 cm"
weight = "80 kg"
[disease]
tumour_type = "hcc"
cirrhosis = false
[device]
kind = "resin"
[liver]
volume = "1726 mL"
tumour_volume = "241 mL"
density = "1.05 g/mL"
[images]
maa_spect = "{0}/patient_2_SPECT.nrrd"
maa_spect_units = "counts"
structures = ["{0}/patient_2_Segmentation.seg.nrrd"]
[[territory]]
name = "right"
lobe = "right"
structure = "perfused volume"
[work_up]
date = "2026-03-02"
lung_shunt = "5 %"
lung_shunt_source = "assumed; no lungs are drawn"
[goals]
tumour = "120 Gy"
normal_liver = "40 Gy"
"#,
        data.display()
    );
    let (output, plan) = run("plan", &case);
    assert!(
        [Some(0), Some(6)].contains(&output.status.code()),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tumours = plan["territories"][0]["images"]["tumours"]
        .as_array()
        .unwrap();
    assert_eq!(tumours.len(), 2);
    let voxel = method(&plan, "right", "voxel-limit");
    assert!((voxel["normal_liver_gy"].as_f64().unwrap() - 40.0).abs() < 1e-9);
    // Energy closes to what the product promises.
    let closure = &plan["territories"][0]["images"]["energy_closure"];
    assert!((closure.as_f64().unwrap() - 1.0).abs() < 1e-3);
    // Both predictions share T/N: they differ by what leaves the structures.
    let partition = method(&plan, "right", "partition-limit")["tumour_gy"]
        .as_f64()
        .unwrap();
    assert!((voxel["tumour_gy"].as_f64().unwrap() / partition - 1.0).abs() < 0.1);
}
