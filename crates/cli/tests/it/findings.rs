//! What `sirt dose` tells of a result that is hard to believe, and what it refuses.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use sirt_image::{Compression, Grid, PatientPoint, WeightMask, write_nifti, write_nifti_labels};

use crate::dose::{activity, json, number, sirt, text, write};

/// 20 x 20 x 40 voxels of 3 mm with 1 MBq/mL in the planes 10 to 19 of z, and a
/// tumour that is all of them.
struct Case {
    folder: tempfile::TempDir,
    grid: Grid,
    image: PathBuf,
}

fn case() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([20, 20, 40], [3.0; 3], PatientPoint::default()).unwrap();
    let inside = |[_, _, k]: [usize; 3]| (10..20).contains(&k);
    let image = activity(&grid, |index| if inside(index) { 1e6 } else { 0.0 });
    let weights: Vec<f32> = (0..grid.voxel_count())
        .map(|at| f32::from(u8::from(inside(grid.index(at)))))
        .collect();
    let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
    let image = write(
        folder.path(),
        "pet.nii",
        &write_nifti(&image, "", Compression::None).unwrap(),
    );
    write(
        folder.path(),
        "Tumour.nii",
        &write_nifti_labels(&grid, &[&mask], "", Compression::None).unwrap(),
    );
    Case {
        folder,
        grid,
        image,
    }
}

impl Case {
    fn path(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    fn dose(&self, more: &[&str]) -> Output {
        let (structures, out) = (self.path("Tumour.nii"), self.path("out"));
        let mut arguments = vec![
            "dose",
            "--activity",
            text(&self.image),
            "--structures",
            &structures,
            "--resolution",
            "6mm",
            "--out",
            &out,
            "--json",
        ];
        arguments.extend(more);
        sirt(&arguments)
    }

    /// A CT with one number for each plane of z.
    fn ct(&self, hu: impl Fn(usize) -> f32) -> String {
        let ct = activity(&self.grid, |[_, _, k]| hu(k));
        write(
            self.folder.path(),
            "ct.nii",
            &write_nifti(&ct, "", Compression::None).unwrap(),
        );
        self.path("ct.nii")
    }
}

/// Subjects of the findings that weaken a result.
fn weakened(result: &Value) -> Vec<&str> {
    result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "weakens")
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect()
}

const TIMED: [&str; 4] = ["--units", "Bq/mL", "--since-administration", "20h"];

fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [base, more].concat()
}

#[test]
fn a_plain_case_has_nothing_to_tell() {
    let case = case();
    let result = json(&case.dose(&with(&TIMED, &["--method", "kernel"])));
    assert!(weakened(&result).is_empty(), "{result:#}");
}

#[test]
fn a_border_to_lung_is_told() {
    let case = case();
    // Lung at -741 HU right behind the activity; the last plane is air.
    let ct = case.ct(|k| match k {
        0..20 => 40.0,
        20..39 => -741.0,
        _ => -1000.0,
    });
    let result = json(&case.dose(&with(&TIMED, &["--method", "kernel", "--ct", &ct])));
    assert_eq!(weakened(&result), ["lung"], "{result:#}");
    // Away from the activity by more than the range of the betas: nothing.
    let ct = case.ct(|k| match k {
        0..30 => 40.0,
        30..39 => -741.0,
        _ => -1000.0,
    });
    let result = json(&case.dose(&with(&TIMED, &["--method", "kernel", "--ct", &ct])));
    assert!(weakened(&result).is_empty(), "{result:#}");
}

#[test]
fn activity_in_air_is_told() {
    let case = case();
    let ct = case.ct(|k| if k < 16 { 40.0 } else { -1000.0 });
    let result = json(&case.dose(&with(&TIMED, &["--method", "local", "--ct", &ct])));
    // Four of ten planes.
    assert!((number(&result, "/energy/parts/in_air/fraction") - 0.4).abs() < 1e-6);
    assert_eq!(
        weakened(&result),
        ["CT", "structure `Tumour`"],
        "{result:#}"
    );
}

#[test]
fn what_the_image_holds_is_told_beside_what_was_administered() {
    let case = case();
    let untimed = [
        "--units",
        "Bq/mL",
        "--administered",
        "5GBq",
        "--method",
        "local",
    ];
    let result = json(&case.dose(&untimed));
    // 4000 voxels of 0.027 mL with 1 MBq/mL.
    assert!((number(&result, "/activity/total_mbq") / 108.0 - 1.0).abs() < 1e-6);
    assert!((number(&result, "/activity/at_administration_mbq") / 5000.0 - 1.0).abs() < 1e-6);
    assert_eq!(weakened(&result), ["calibration"], "{result:#}");
}

#[test]
fn numbers_beyond_any_treatment_are_told() {
    let case = case();
    let run = |more: &[&str]| json(&case.dose(&with(more, &["--method", "local"])));
    let result = run(&["--units", "MBq/mL", "--since-administration", "20h"]);
    assert_eq!(weakened(&result), ["activity", "dose"], "{result:#}");
    let result = run(&with(&TIMED, &["--half-life", "6.41h"]));
    assert_eq!(weakened(&result), ["half-life"], "{result:#}");
}

#[test]
fn options_that_contradict_each_other_are_refused_or_told() {
    let case = case();
    let refused = case.dose(&with(&TIMED, &["--lung-shunt", "5%", "--method", "local"]));
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--lung-shunt"));
    let counted = [
        "--units",
        "counts",
        "--administered",
        "1GBq",
        "--since-administration",
        "20h",
        "--method",
        "local",
    ];
    let result = json(&case.dose(&counted));
    let notes = result["findings"].as_array().unwrap();
    assert!(
        notes
            .iter()
            .any(|finding| finding["subject"] == "--since-administration")
    );
    assert!(Path::new(&case.path("out")).join("dose.dcm").exists());
}

#[test]
fn two_doses_of_one_image_compare_as_dicom() {
    let case = case();
    let mut doses = Vec::new();
    for method in ["local", "kernel"] {
        json(&case.dose(&with(&TIMED, &["--method", method])));
        let kept = case.path(&format!("{method}.dcm"));
        std::fs::rename(case.path("out/dose.dcm"), &kept).unwrap();
        doses.push(kept);
    }
    let result = json(&sirt(&["compare", &doses[0], &doses[1], "--json"]));
    assert!(number(&result, "/difference/voxels") > 0.0);
}

#[test]
fn the_structure_set_keeps_the_volume_of_a_small_tumour() {
    let case = case();
    // A ball of 4 mm radius on voxels of 3 mm, off the lattice: 0.268 mL.
    let ball = |index: [usize; 3]| {
        let inside = (0..1000)
            .filter(|point| {
                let offset = [point % 10, point / 10 % 10, point / 100];
                (0..3)
                    .map(|axis| {
                        let place = 3.0 * (index[axis] as f64 + (offset[axis] as f64 - 4.5) / 10.0);
                        (place - [31.0, 28.4, 46.1][axis]).powi(2)
                    })
                    .sum::<f64>()
                    < 16.0
            })
            .count();
        inside as f32 / 1000.0
    };
    let weights: Vec<f32> = (0..case.grid.voxel_count())
        .map(|at| ball(case.grid.index(at)))
        .collect();
    let mask = WeightMask::from_weights(case.grid.clone(), &weights).unwrap();
    let contours = sirt_image::mask_contours(&mask).unwrap();
    let stack = sirt_image::ContourStack::new(contours).unwrap();
    // One hundredth is what `mask_contours` promises.
    assert!((stack.capacity() / mask.capacity() - 1.0).abs() < 0.01);
    // 4/3 pi 4^3 mm3, by 1000 points a voxel.
    assert!((mask.capacity().as_ml() / 0.2681 - 1.0).abs() < 0.01);
}

#[test]
fn a_name_for_two_structures_and_two_livers_are_told() {
    let case = case();
    let structures = case.path("Tumour.nii");
    let result = json(&case.dose(&with(
        &TIMED,
        &["--method", "local", "--structures", &structures],
    )));
    assert_eq!(weakened(&result), ["structure `Tumour`"], "{result:#}");
    for name in ["Liver.nii", "Whole liver.nii"] {
        std::fs::copy(&structures, case.path(name)).unwrap();
    }
    let (one, two) = (case.path("Liver.nii"), case.path("Whole liver.nii"));
    let livers = [
        "--method",
        "local",
        "--structures",
        &one,
        "--structures",
        &two,
    ];
    let result = json(&case.dose(&with(&TIMED, &livers)));
    assert_eq!(weakened(&result), ["normal liver"], "{result:#}");
}

#[test]
fn doses_that_are_none_are_refused_or_told() {
    let case = case();
    let structures = case.path("Tumour.nii");
    let dvh = |value: f32| {
        let dose = activity(
            &case.grid,
            |index| if index == [1, 2, 3] { value } else { 10.0 },
        );
        write(
            case.folder.path(),
            "dose.nii",
            &write_nifti(&dose, "", Compression::None).unwrap(),
        );
        let dose = case.path("dose.nii");
        sirt(&[
            "dvh",
            "--dose",
            &dose,
            "--structures",
            &structures,
            "--json",
        ])
    };
    assert!(weakened(&json(&dvh(10.0))).is_empty());
    assert_eq!(weakened(&json(&dvh(-10.0))), ["dose"]);
    assert_eq!(weakened(&json(&dvh(1.9e7))), ["dose"]);
    let refused = dvh(f32::NAN);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("1 voxels are NaN"));
}

#[test]
fn doses_without_a_common_place_are_not_compared() {
    let case = case();
    let at = |name: &str, x: f64| {
        let grid = Grid::axis_aligned([5; 3], [3.0; 3], PatientPoint([x, 0.0, 0.0])).unwrap();
        let dose = activity(&grid, |_| 10.0);
        write(
            case.folder.path(),
            name,
            &write_nifti(&dose, "", Compression::None).unwrap(),
        )
    };
    let (near, far) = (at("near.nii", 0.0), at("far.nii", 1000.0));
    let refused = sirt(&["compare", text(&near), text(&far)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no place in common"));
}

#[test]
fn a_full_disk_is_no_fault_of_the_program() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let case = case();
    let image = text(&case.image).to_owned();
    for arguments in [vec!["info", &image, "--json"], vec!["completions", "bash"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_sirt"))
            .args(&arguments)
            .stdout(full.try_clone().unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
    }
}

#[test]
fn every_reported_dx_stands_in_the_table() {
    let case = case();
    let result = json(&case.dose(&with(&TIMED, &["--method", "kernel"])));
    let csv = std::fs::read_to_string(case.path("out/dvh.csv")).unwrap();
    // The curve comes down to nothing.
    assert!(csv.trim_end().ends_with(",0.00000000,0.000000"), "{csv}");
    for (figure, fraction) in [("d95", 0.95), ("d70", 0.7), ("d50", 0.5), ("d2", 0.02)] {
        let dose = number(&result, &format!("/structures/0/dose_gy/{figure}"));
        let row = csv
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>())
            // Printed to six decimals.
            .find(|row| (row[1].parse::<f64>().unwrap() - dose).abs() < 1e-6)
            .unwrap_or_else(|| panic!("{figure} = {dose} is not in dvh.csv"));
        assert!(row[2].parse::<f64>().unwrap() >= fraction - 1e-7, "{row:?}");
    }
}

#[test]
fn a_wrong_value_on_the_command_line_is_an_error_of_use() {
    let case = case();
    for wrong in [
        ["--density", "0g/mL"],
        ["--half-life", "0h"],
        ["--nuclide", "Y-91x"],
        ["--lung-shunt", "1.5"],
    ] {
        let refused = case.dose(&with(&TIMED, &with(&wrong, &["--method", "local"])));
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(wrong[1]));
    }
}

fn refusal(output: &Output) -> (Option<i32>, String) {
    assert!(!output.status.success());
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_dose_that_falls_in_air_is_refused() {
    let case = case();
    // Six of the ten planes of activity in air.
    let ct = case.ct(|k| if k < 14 { 40.0 } else { -1000.0 });
    let (code, error) = refusal(&case.dose(&with(&TIMED, &["--method", "local", "--ct", &ct])));
    assert_eq!(code, Some(3));
    assert!(
        error.contains("60.0 % of the emitted energy falls in air")
            && error.contains("--registration"),
        "{error}"
    );
}

#[test]
fn a_structure_in_air_has_no_dose() {
    let case = case();
    // A second tumour where the CT has air and the activity nothing.
    let weights: Vec<f32> = (0..case.grid.voxel_count())
        .map(|at| f32::from(u8::from(case.grid.index(at)[2] >= 30)))
        .collect();
    let mask = WeightMask::from_weights(case.grid.clone(), &weights).unwrap();
    write(
        case.folder.path(),
        "Tumour 2.nii",
        &write_nifti_labels(&case.grid, &[&mask], "", Compression::None).unwrap(),
    );
    let ct = case.ct(|k| if k < 25 { 40.0 } else { -1000.0 });
    let more = case.path("Tumour 2.nii");
    let options = ["--method", "local", "--ct", &ct, "--structures", &more];
    let result = json(&case.dose(&with(&TIMED, &options)));
    let stops: Vec<_> = result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "stops")
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect();
    assert_eq!(stops, ["structure `Tumour 2`"]);
}

#[test]
fn a_dose_factor_of_another_unit_is_refused_and_a_doubtful_one_told() {
    let case = case();
    let dose = |factor: &str| {
        case.dose(&with(
            &TIMED,
            &["--method", "local", "--dose-factor", factor],
        ))
    };
    let (code, error) = refusal(&dose("500"));
    assert_eq!(code, Some(1));
    assert!(error.contains("is 10.046 times the 49.771"), "{error}");
    assert_eq!(weakened(&json(&dose("45"))), ["--dose-factor"]);
    assert!(weakened(&json(&dose("49.38"))).is_empty());
}

#[test]
fn vx_and_survival_dose_stand_in_the_result() {
    let case = case();
    let figures = ["--method", "local", "--vx", "50Gy,70Gy", "--alpha", "0.01"];
    let result = json(&case.dose(&with(&TIMED, &figures)));
    let structure = &result["structures"][0];
    // 1 MBq/mL everywhere: 47.401 Gy x 2^(20 h/64.1 h) = 58.85 Gy (TV-C2 by 49.771).
    let vx = structure["volume_at_dose"].as_array().unwrap();
    assert_eq!(vx.len(), 2);
    assert!((number(&vx[0], "/fraction") - 1.0).abs() < 1e-9);
    assert!((number(&vx[0], "/volume_ml") - number(structure, "/volume_ml")).abs() < 1e-6);
    assert!(number(&vx[1], "/fraction").abs() < 1e-9);
    let survival = &structure["survival_equivalent_uniform_dose"];
    assert!((number(survival, "/gy") - number(structure, "/dose_gy/mean")).abs() < 1e-3);
    // Without a stated radiosensitivity there is none, and Vx are the usual ones.
    let result = json(&case.dose(&with(&TIMED, &["--method", "local"])));
    let structure = &result["structures"][0];
    assert!(structure["survival_equivalent_uniform_dose"].is_null());
    let doses: Vec<_> = structure["volume_at_dose"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| number(at, "/dose_gy"))
        .collect();
    assert_eq!(doses, [20.0, 30.0, 40.0, 70.0, 100.0, 120.0, 205.0]);
    // `sirt dvh` gives the same.
    let dose = case.path("out/dose.dcm");
    let structures = case.path("Tumour.nii");
    let result = json(&sirt(&[
        "dvh",
        "--dose",
        &dose,
        "--structures",
        &structures,
        "--vx",
        "50Gy",
        "--alpha",
        "0.01",
        "--whole-voxels",
        "--json",
    ]));
    let row = &result["structures"][0];
    assert!((number(row, "/volume_at_dose/0/fraction") - 1.0).abs() < 1e-9);
    assert!(number(row, "/survival_equivalent_uniform_dose/gy") > 58.0);
}
