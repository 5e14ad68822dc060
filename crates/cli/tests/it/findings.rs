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
