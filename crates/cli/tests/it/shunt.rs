//! `sirt shunt` on images alone: planar views with outlines, and SPECT.

use std::path::Path;
use std::process::{Command, Output};

use jiff::civil::date;
use sirt_dicom::{
    Code, GammaCameraRecord, PlanarRecord, PlanarView, RadiopharmaceuticalRecord, SeriesContext,
    StudyContext, encode_nm_planar,
};
use sirt_quantity::{Activity, Energy, TimeSpan};

fn sirt(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sirt"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = sirt(folder, &[arguments, &["--json"]].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = sirt(folder, arguments);
    assert!(!output.status.success());
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

const COLUMNS: usize = 40;
const ROWS: usize = 50;

/// A view of background 2, lungs of `lung` in columns 5..15 (of the anterior
/// view) and rows 5..25, liver of `liver` in columns 5..25 and rows 30..45.
fn counts(lung: f32, liver: f32, posterior: bool) -> Vec<f32> {
    (0..COLUMNS * ROWS)
        .map(|at| {
            let (seen, y) = (at % COLUMNS, at / COLUMNS);
            let x = if posterior { COLUMNS - 1 - seen } else { seen };
            if (5..15).contains(&x) && (5..25).contains(&y) {
                2.0 + lung
            } else if (5..25).contains(&x) && (30..45).contains(&y) {
                2.0 + liver
            } else {
                2.0
            }
        })
        .collect()
}

fn write_planar(folder: &Path, name: &str, views: Vec<PlanarView>) {
    let at = date(2026, 3, 2).at(10, 0, 0, 0);
    let study = StudyContext {
        patient_id: "SECRET-1".to_owned(),
        study_uid: "1.2.826.0.1.3680043.10.1.1".to_owned(),
        study_start: Some(at),
        ..StudyContext::default()
    };
    let series = SeriesContext {
        series_uid: format!("1.2.826.0.1.3680043.10.1.{}", name.len()),
        number: 1,
        description: "planar".to_owned(),
        created: at,
    };
    let camera = GammaCameraRecord {
        radiopharmaceutical: RadiopharmaceuticalRecord {
            name: "Tc-99m MAA".to_owned(),
            substance: Code::TECHNETIUM_99M_MAA,
            nuclide: Code::TECHNETIUM_99M,
            half_life: TimeSpan::from_hours(6.0),
            positron_fraction: None,
            administered: Activity::from_mbq(150.0),
            administration_start: at,
            route: Code::INTRA_ARTERIAL,
        },
        acquired: at,
        view_duration: TimeSpan::from_minutes(5.0),
        window_name: "Tc-99m".to_owned(),
        window: [Energy::from_kev(130.0), Energy::from_kev(151.0)],
        collimator: "LEHR".to_owned(),
    };
    encode_nm_planar(
        &study,
        &series,
        &PlanarRecord {
            size: [COLUMNS, ROWS],
            spacing_mm: [4.0, 4.0],
            views,
        },
        &camera,
    )
    .unwrap()
    .write_to(folder.join(name))
    .unwrap();
}

fn view(lung: f32, liver: f32, posterior: bool) -> PlanarView {
    PlanarView {
        counts: counts(lung, liver, posterior),
        posterior,
    }
}

const REGIONS: &str = r#"schema = "opensirt-planar-regions/1"
unit = "mm"
[[region]]
role = "lungs"
polygon = [[20, 20], [60, 20], [60, 100], [20, 100]]
[[region]]
role = "liver"
polygon = [[20, 120], [100, 120], [100, 180], [20, 180]]
[[region]]
role = "background"
polygon = [[120, 20], [150, 20], [150, 180], [120, 180]]
"#;

#[test]
fn planar_views_with_outlines_give_the_geometric_mean() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write_planar(
        at,
        "both.dcm",
        vec![view(8.0, 100.0, false), view(18.0, 81.0, true)],
    );
    std::fs::write(at.join("r.toml"), REGIONS).unwrap();
    let arguments = ["shunt", "--planar", "both.dcm", "--regions", "r.toml"];
    let shunt = json(at, &arguments);
    // 200 pixels of √(8·18) and 300 of √(100·81), background of 2 taken off.
    let (lungs, liver) = (200.0 * 12.0, 300.0 * 90.0);
    let fraction = shunt["used"]["fraction"].as_f64().unwrap();
    assert!(
        (fraction - lungs / (lungs + liver)).abs() < 1e-6,
        "{fraction}"
    );
    assert_eq!(shunt["used"]["method"], "planar");
    assert_eq!(shunt["findings"].as_array().unwrap().len(), 0);
    // The same as two files, in either order: the headers say which is which.
    write_planar(at, "front.dcm", vec![view(8.0, 100.0, false)]);
    write_planar(at, "back.dcm", vec![view(18.0, 81.0, true)]);
    let apart = [
        "shunt",
        "--planar",
        "back.dcm",
        "--planar",
        "front.dcm",
        "--regions",
        "r.toml",
    ];
    assert_eq!(
        json(at, &apart)["used"]["fraction"],
        shunt["used"]["fraction"]
    );
    let contradicted = [&apart[..], &["--views", "anterior,posterior"]].concat();
    let (_, said) = refused(at, &contradicted);
    assert!(
        said.contains("frame 1 of back.dcm is posterior by (0054,0220) ViewCodeSequence and anterior by --views"),
        "{said}"
    );
    let twice = ["shunt", "--planar", "front.dcm", "--regions", "r.toml"];
    let (_, said) = refused(at, &twice);
    assert!(said.contains("0 posterior views among 1 frames"), "{said}");
    // Outlines drawn for each view as it lies.
    let of_views = r#"schema = "opensirt-planar-regions/1"
unit = "pixel"
[[region]]
role = "lungs"
view = "anterior"
polygon = [[5, 5], [15, 5], [15, 25], [5, 25]]
[[region]]
role = "lungs"
view = "posterior"
polygon = [[25, 5], [35, 5], [35, 25], [25, 25]]
[[region]]
role = "liver"
polygon = [[5, 30], [25, 30], [25, 45], [5, 45]]
"#;
    std::fs::write(at.join("r.toml"), of_views).unwrap();
    let fraction = json(at, &arguments)["used"]["fraction"].as_f64().unwrap();
    // Without background the 2 counts stay in.
    let (lungs, liver) = (200.0 * 200.0_f64.sqrt(), 300.0 * (102.0_f64 * 83.0).sqrt());
    assert!(
        (fraction - lungs / (lungs + liver)).abs() < 1e-6,
        "{fraction}"
    );
}

/// The file with the view codes of both frames overwritten.
fn without_view_codes(folder: &Path, from: &str, to: &str) {
    let mut bytes = std::fs::read(folder.join(from)).unwrap();
    for (code, meaning) in [
        (&b"399321004"[..], &b"Anterior projection"[..]),
        (&b"399001007"[..], &b"Posterior projection"[..]),
    ] {
        for (what, with) in [(code, b'0'), (meaning, b'x')] {
            let at = bytes
                .windows(what.len())
                .position(|window| window == what)
                .unwrap();
            bytes[at..at + what.len()].fill(with);
        }
    }
    std::fs::write(folder.join(to), bytes).unwrap();
}

#[test]
fn views_that_the_file_does_not_say_have_to_be_stated() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write_planar(
        at,
        "coded.dcm",
        vec![view(8.0, 100.0, false), view(18.0, 81.0, true)],
    );
    without_view_codes(at, "coded.dcm", "both.dcm");
    std::fs::write(at.join("r.toml"), REGIONS).unwrap();
    let arguments = ["shunt", "--planar", "both.dcm", "--regions", "r.toml"];
    let (code, said) = refused(at, &arguments);
    assert_eq!(code, 3);
    assert!(
        said.contains("frame 1 of both.dcm: (0054,0220) ViewCodeSequence is xxx")
            && said.contains("(--views)")
            && !said.contains("SECRET"),
        "{said}"
    );
    let stated = json(
        at,
        &[&arguments[..], &["--views", "anterior,posterior"]].concat(),
    );
    let fraction = stated["used"]["fraction"].as_f64().unwrap();
    assert!((fraction - 2400.0 / 29_400.0).abs() < 1e-6, "{fraction}");
    let (_, said) = refused(at, &[&arguments[..], &["--views", "anterior"]].concat());
    assert!(
        said.contains("--views names 1 view(s) where there are 2 frames"),
        "{said}"
    );
}

#[test]
fn a_posterior_view_that_is_not_mirrored_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let turned = PlanarView {
        counts: counts(18.0, 81.0, false),
        posterior: true,
    };
    write_planar(at, "both.dcm", vec![view(8.0, 100.0, false), turned]);
    std::fs::write(
        at.join("r.toml"),
        REGIONS
            .split("[[region]]\nrole = \"background\"")
            .next()
            .unwrap(),
    )
    .unwrap();
    let shunt = json(
        at,
        &["shunt", "--planar", "both.dcm", "--regions", "r.toml"],
    );
    assert!(
        shunt["findings"][0]["rule"]
            .as_str()
            .unwrap()
            .contains("rather than mirrored"),
        "{shunt}"
    );
}

#[test]
fn the_built_in_patients_views_and_spect_give_the_shunt_that_was_put_in() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(
        sirt(at, &["phantom", "--out", "p", "--no-follow-up"])
            .status
            .success()
    );
    let planar = json(
        at,
        &[
            "shunt",
            "--planar",
            "p/maa_planar.dcm",
            "--regions",
            "p/maa_planar_regions.toml",
        ],
    );
    let fraction = planar["used"]["fraction"].as_f64().unwrap();
    let sigma = planar["used"]["standard_uncertainty"].as_f64().unwrap();
    // 4 % were put in; k = 2.
    assert!((fraction - 0.04).abs() < 2.0 * sigma, "{fraction} {sigma}");
    let spect = json(
        at,
        &[
            "shunt",
            "--spect",
            "p/maa_spect.dcm",
            "--structures",
            "p/structures.dcm",
            "--ct",
            "p/ct",
            "--resolution",
            "12mm",
            "--filter",
            "7mm",
        ],
    );
    assert_eq!(spect["used"]["method"], "spect_corrected");
    let fraction = spect["used"]["fraction"].as_f64().unwrap();
    // As the plan finds it: outlines on 3 mm slices, 1 %.
    assert!((fraction / 0.04 - 1.0).abs() < 0.01, "{fraction}");
    assert!(spect["lung_mass_g"].as_f64().unwrap() > 0.0);
    let both = json(
        at,
        &[
            "shunt",
            "--planar",
            "p/maa_planar.dcm",
            "--regions",
            "p/maa_planar_regions.toml",
            "--spect",
            "p/maa_spect.dcm",
            "--structures",
            "p/structures.dcm",
        ],
    );
    let methods: Vec<_> = both["estimates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|estimate| estimate["method"].as_str().unwrap())
        .collect();
    assert_eq!(methods, ["spect_margin", "planar"]);
    // The CT of its upper half alone ends inside the lungs, and so does one of
    // the lower half.
    let mut slices: Vec<_> = std::fs::read_dir(at.join("p/ct"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    slices.sort();
    let dropped = slices.len() / 4;
    for slice in slices.iter().rev().take(dropped) {
        std::fs::remove_file(slice).unwrap();
    }
    let cut = json(
        at,
        &[
            "shunt",
            "--spect",
            "p/maa_spect.dcm",
            "--structures",
            "p/structures.dcm",
            "--ct",
            "p/ct",
        ],
    );
    assert!(cut["lung_mass_g"].is_null(), "{}", cut["lung_mass_g"]);
    assert!(
        cut["findings"].as_array().unwrap().iter().any(|finding| {
            finding["rule"]
                .as_str()
                .unwrap()
                .contains("the CT ends inside the lungs")
        }),
        "{}",
        cut["findings"]
    );
}

#[test]
fn a_case_and_images_are_not_given_together() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = refused(
        folder.path(),
        &["shunt", ".", "--spect", "x", "--structures", "y"],
    );
    assert_eq!(code, 2, "{said}");
    let (code, said) = refused(folder.path(), &["shunt", "--planar", "x"]);
    assert_eq!(code, 2);
    assert!(said.contains("--regions"), "{said}");
    let (code, _) = refused(folder.path(), &["shunt"]);
    assert_eq!(code, 2);
}
