//! `sirt dose --method transport`: the run as a user makes it.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use sirt_image::{
    Compression, Grid, PatientPoint, ReadOptions, Unspecified, Volume, WeightMask, read_nifti,
    write_nifti, write_nifti_labels,
};

use crate::dose::{activity, json, number, sirt, text, write};

/// A block of liver with activity under a block of lung, in HU, and the liver
/// near the border as a structure.
struct Dome {
    folder: tempfile::TempDir,
    activity: PathBuf,
    ct: PathBuf,
    structures: PathBuf,
}

/// First slice of lung.
const LUNG: usize = 10;

impl Dome {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let grid = Grid::axis_aligned([16, 16, 18], [3.0; 3], PatientPoint::default()).unwrap();
        // Activity up to the border, away from the other sides.
        let active = |[i, j, k]: [usize; 3]| {
            (5..11).contains(&i) && (5..11).contains(&j) && (4..LUNG).contains(&k)
        };
        let image = activity(&grid, |at| if active(at) { 1e6 } else { 0.0 });
        // 50 HU is soft tissue, -700 HU lung of 0.32 g/mL (schneider2000).
        let ct = activity(&grid, |[_, _, k]| if k < LUNG { 50.0 } else { -700.0 });
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| f32::from(u8::from(active(grid.index(at)))))
            .collect();
        let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
        let save = |name: &str, volume: &Volume<Unspecified>| {
            write(
                folder.path(),
                name,
                &write_nifti(volume, "", Compression::Gzip).unwrap(),
            )
        };
        Self {
            activity: save("activity.nii.gz", &image),
            ct: save("ct.nii.gz", &ct),
            structures: write(
                folder.path(),
                "Tumour.nii.gz",
                &write_nifti_labels(&grid, &[&mask], "", Compression::Gzip).unwrap(),
            ),
            folder,
        }
    }

    fn run(&self, out: &str, method: &str, more: &[&str]) -> Output {
        let out = self.out(out);
        let mut arguments = vec![
            "dose",
            "--activity",
            text(&self.activity),
            "--ct",
            text(&self.ct),
            "--structures",
            text(&self.structures),
            "--units",
            "Bq/mL",
            "--since-administration",
            "0h",
            "--resolution",
            "6.5mm",
            "--method",
            method,
            "--out",
            text(&out),
            "--json",
        ];
        arguments.extend(more);
        sirt(&arguments)
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn volume(path: &Path) -> Vec<f32> {
    read_nifti(&std::fs::read(path).unwrap(), &ReadOptions::default())
        .unwrap()
        .volume
        .values()
        .to_vec()
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Mean dose of the slice at `k`.
fn slice_mean(values: &[f32], k: usize) -> f64 {
    let slice = &values[k * 256..(k + 1) * 256];
    slice.iter().map(|value| f64::from(*value)).sum::<f64>() / 256.0
}

#[test]
fn transport_reaches_into_lung_where_the_kernel_does_not() {
    let dome = Dome::new();
    let result = json(&dome.run("mc", "transport", &["--histories", "400000"]));
    let kernel = json(&dome.run("kernel", "kernel", &[]));
    assert_eq!(result["method"]["name"], "transport");
    assert!(number(&result, "/method/transport/histories") >= 400_000.0);
    assert_eq!(result["method"]["transport"]["ended_by"], "goal");
    assert_eq!(
        result["method"]["transport"]["materials"],
        serde_json::json!(["lung", "soft tissue"])
    );
    // Sums of whole numbers: to 1e-6 (issue 4); doses are written in single
    // precision.
    assert!(number(&result, "/method/transport/energy_error").abs() < 1e-6);
    assert!((number(&result, "/energy/closure") - 1.0).abs() < 1e-5);
    // In the middle of liver both are right; the structure's mean holds the
    // border, where the kernel is off by some per cent.
    let ratio = number(&result, "/structures/0/dose_gy/mean")
        / number(&kernel, "/structures/0/dose_gy/mean");
    assert!((ratio - 1.0).abs() < 0.03, "{ratio}");
    // Betas lose a third as much on a way through lung of 0.32 g/mL: 9 mm past
    // the border the kernel of liver has almost ended, transport has not.
    let [mc, by_kernel] = ["mc", "kernel"].map(|name| volume(&dome.out(name).join("dose.nii.gz")));
    assert!(slice_mean(&mc, LUNG + 3) > 3.0 * slice_mean(&by_kernel, LUNG + 3));
    // Noise: as a volume, for the structure, and in its budget.
    let deviation = volume(&dome.out("mc").join("dose_uncertainty.nii.gz"));
    let middle = 7 * 256 + 7 * 16 + 7;
    assert!(deviation[middle] > 0.0 && deviation[middle] < 0.05 * mc[middle]);
    let statistical = number(&result, "/structures/0/statistical_uncertainty_gy");
    assert!(statistical > 0.0 && statistical < number(&result, "/structures/0/uncertainty_gy"));
    let lines = result["structures"][0]["uncertainty"]["analytic"]["components"]
        .as_array()
        .unwrap();
    assert!(lines.iter().any(|line| line["name"] == "Monte Carlo"));
    assert_eq!(
        kernel["structures"][0]["statistical_uncertainty_gy"],
        Value::Null
    );
    // That betas reach into lung is said of the kernel alone.
    let says_lung = |result: &Value| {
        result["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["subject"] == "lung")
    };
    assert!(says_lung(&kernel) && !says_lung(&result));
}

#[test]
fn where_two_methods_differ_is_drawn_and_told() {
    let dome = Dome::new();
    json(&dome.run("mc", "transport", &["--histories", "400000"]));
    json(&dome.run("kernel", "kernel", &[]));
    let [mc, kernel] = ["mc", "kernel"].map(|name| dome.out(name).join("dose.nii.gz"));
    let out = dome.out("difference");
    let compare = |more: &[&str]| {
        let mut arguments = vec!["compare", text(&mc), text(&kernel)];
        arguments.extend([
            "--structures",
            text(&dome.structures),
            "--ct",
            text(&dome.ct),
        ]);
        arguments.extend(["--out", text(&out), "--json"]);
        arguments.extend(more);
        sirt(&arguments)
    };
    let result = json(&compare(&["--at", "24,24,33"]));
    // Evaluated less reference, voxel by voxel.
    let [a, b] = [&mc, &kernel].map(|path| volume(path));
    let difference = volume(&out.join("difference.nii.gz"));
    for (at, found) in difference.iter().enumerate() {
        assert!((found - (b[at] - a[at])).abs() < 1e-6);
    }
    // Where betas reach into lung, the kernel gives less.
    assert!(slice_mean(&difference, LUNG + 3) < 0.0);
    let structure = &result["structures"][0];
    assert_eq!(structure["name"], "Tumour");
    let (reference, evaluated) = (
        number(structure, "/reference_gy"),
        number(structure, "/evaluated_gy"),
    );
    let percent = number(structure, "/difference_percent");
    assert!((100.0 * (evaluated / reference - 1.0) - percent).abs() < 1e-9);
    assert!(percent.abs() < 3.0, "{percent}");
    let gamma = volume(&out.join("gamma.nii.gz"));
    assert_eq!(gamma.len(), difference.len());
    let picture = std::fs::read(out.join("difference.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let record: Value =
        serde_json::from_slice(&std::fs::read(out.join("comparison.json")).unwrap()).unwrap();
    assert_eq!(record["files"], result["files"]);
    // The same once more: files of an earlier run are replaced, others are not.
    json(&compare(&[]));
    let said = refusal(&compare(&["--at", "900,0,0"]));
    assert!(said.contains("--at 900,0,0: outside"), "{said}");
    std::fs::remove_file(out.join("comparison.json")).unwrap();
    let said = refusal(&compare(&[]));
    assert!(said.contains("not listed by a comparison.json"), "{said}");
}

#[test]
fn microspheres_make_tumour_heavier_and_are_told() {
    let dome = Dome::new();
    let run = |out: &str, more: &[&str]| {
        let histories = [&["--histories", "200000"], more].concat();
        json(&dome.run(out, "transport", &histories))
    };
    let bare = run("bare", &[]);
    let loaded = run("loaded", &["--microspheres", "glass=0.3g"]);
    let mass = |result: &Value| number(result, "/structures/0/mass_g");
    // 0.3 g of glass displace 0.3/3.3 mL of tissue of the CT's density.
    let density = mass(&bare) / number(&bare, "/structures/0/volume_ml");
    let expected = 0.3 * (1.0 - density / 3.3);
    let found = mass(&loaded) - mass(&bare);
    assert!((found / expected - 1.0).abs() < 1e-3, "{found}, {expected}");
    assert_eq!(loaded["medium"]["microspheres"]["material"], "glass");
    assert!((number(&loaded, "/energy/closure") - 1.0).abs() < 1e-5);
    assert_eq!(bare["medium"]["microspheres"], Value::Null);
    let materials = loaded["method"]["transport"]["materials"].to_string();
    assert!(
        materials.contains("soft tissue with 4 % glass"),
        "{materials}"
    );
    for (value, words) in [
        ("steel=1g", "resin=MASS or glass=MASS"),
        ("resin=1", "unit"),
        ("glass=30g", "at most 64 %"),
    ] {
        let said = refusal(&dome.run(
            "refused",
            "transport",
            &["--histories", "10", "--microspheres", value],
        ));
        assert!(said.contains(words), "{value}: {said}");
    }
    let said = refusal(&dome.run("refused", "kernel", &["--microspheres", "resin=1g"]));
    assert!(said.contains("belongs to --method transport"), "{said}");
}

#[test]
fn a_kept_run_goes_on_to_the_same_bits() {
    let dome = Dome::new();
    let state = dome.out("run");
    let kept = ["--run-state", text(&state)];
    let with = |histories: &'static str| [&["--histories", histories][..], &kept].concat();
    json(&dome.run("half", "transport", &with("60000")));
    let half = volume(&dome.out("half").join("dose.nii.gz"));
    json(&dome.run("whole", "transport", &with("200000")));
    json(&dome.run("once", "transport", &["--histories", "200000"]));
    let [whole, once] = ["whole", "once"].map(|name| volume(&dome.out(name).join("dose.nii.gz")));
    assert_eq!(whole, once);
    assert_ne!(half, once);
    // Another seed is another run.
    let other = dome.run(
        "other",
        "transport",
        &[
            "--histories",
            "200000",
            "--seed",
            "2",
            "--run-state",
            text(&state),
        ],
    );
    let said = refusal(&other);
    assert!(said.contains("was kept with other inputs"), "{said}");
    let seeded = json(&dome.run(
        "seeded",
        "transport",
        &["--histories", "200000", "--seed", "2"],
    ));
    assert_eq!(seeded["method"]["transport"]["seed"], 2);
    assert_ne!(volume(&dome.out("seeded").join("dose.nii.gz")), once);
}

#[test]
fn a_run_ends_at_its_time_and_says_so() {
    let dome = Dome::new();
    let result = json(&dome.run(
        "timed",
        "transport",
        &[
            "--statistical-uncertainty",
            "0.002%",
            "--time-limit",
            "1s",
            "--dose-to-water",
        ],
    ));
    assert_eq!(result["method"]["transport"]["ended_by"], "time limit");
    assert!(
        result["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["subject"] == "Monte Carlo" && finding["severity"] == "weakens")
    );
    let [medium, water] =
        ["dose.nii.gz", "dose_to_water.nii.gz"].map(|name| volume(&dome.out("timed").join(name)));
    let middle = 7 * 256 + 7 * 16 + 7;
    // Collision stopping power at 0.5 MeV: water 2.041 MeV cm²/g, soft tissue
    // 1 % less (estar).
    let ratio = water[middle] / medium[middle];
    assert!((1.0..1.03).contains(&ratio), "{ratio}");
}

#[test]
fn what_a_run_cannot_do_is_refused() {
    let dome = Dome::new();
    let said = refusal(&dome.run("a", "kernel", &["--histories", "1000"]));
    assert!(
        said.contains("--histories belongs to --method transport"),
        "{said}"
    );
    let said = refusal(&dome.run("b", "transport", &["--until-structure", "Spleen"]));
    assert!(said.contains("Spleen") && said.contains("Tumour"), "{said}");
    let said = refusal(&dome.run("c", "transport", &["--histories", "0"]));
    assert!(said.contains("--histories"), "{said}");
    let foreign = write(dome.folder.path(), "foreign", b"no run");
    let said = refusal(&dome.run(
        "d",
        "transport",
        &["--histories", "1000", "--run-state", text(&foreign)],
    ));
    assert!(said.contains("is no run"), "{said}");
}

#[test]
fn a_user_checks_monte_carlo_on_this_machine() {
    let check = |arguments: &[&str]| sirt(&[&["check", "transport"], arguments].concat());
    let result = json(&check(&[
        "--case",
        "energy",
        "--case",
        "voxel-3mm-tissue",
        "--effort",
        "0.1",
        "--json",
    ]));
    assert_eq!(result["passes"], true);
    let voxels = &result["cases"][1];
    assert_eq!(voxels["name"], "voxel-3mm-tissue");
    // The table's central voxel: a share of 0.28554 of the energy.
    assert!((number(voxels, "/points/0/reference") - 0.285_536_2).abs() < 1e-9);
    assert!((number(voxels, "/points/0/ours") / 0.285_536_2 - 1.0).abs() < 0.01);
    let text = String::from_utf8(check(&["--case", "energy"]).stdout).unwrap();
    assert!(text.contains("1 of 1 cases pass"), "{text}");
    let wrong = check(&["--case", "nothing"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(refusal(&wrong).contains("electron-1mev"));
    let wrong = check(&["--effort", "0"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(refusal(&wrong).contains("0.01..=1000"));
}
