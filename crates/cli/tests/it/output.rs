//! What lies in a folder of results after runs that follow each other, fail or
//! are killed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use sirt_image::{Compression, Grid, PatientPoint, WeightMask, write_nifti, write_nifti_labels};

use crate::dose::{activity, json, number, sirt, text, write};

/// 12 x 10 x 8 voxels of 4 mm with 1 MBq/mL, and a tumour that is a corner of them.
struct Case {
    folder: tempfile::TempDir,
    image: PathBuf,
    tumour: PathBuf,
}

fn case() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([12, 10, 8], [4.0; 3], PatientPoint::default()).unwrap();
    let image = activity(&grid, |[i, _, _]| 1e6 + i as f32);
    let weights: Vec<f32> = (0..grid.voxel_count())
        .map(|at| f32::from(u8::from(grid.index(at).iter().all(|i| *i < 4))))
        .collect();
    let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
    let image = write(
        folder.path(),
        "pet.nii",
        &write_nifti(&image, "", Compression::None).unwrap(),
    );
    let tumour = write(
        folder.path(),
        "Tumour.nii",
        &write_nifti_labels(&grid, &[&mask], "", Compression::None).unwrap(),
    );
    Case {
        folder,
        image,
        tumour,
    }
}

impl Case {
    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn arguments<'a>(&'a self, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
        let fixed = [
            "dose",
            "--activity",
            text(&self.image),
            "--units",
            "Bq/mL",
            "--since-administration",
            "0h",
            "--method",
            "local",
            "--out",
            text(out),
            "--json",
        ];
        [&fixed[..], more].concat()
    }

    fn dose(&self, more: &[&str]) -> Output {
        sirt(&self.arguments(&self.out(), more))
    }

    fn with_tumour(&self) -> serde_json::Value {
        json(&self.dose(&["--structures", text(&self.tumour)]))
    }
}

/// Names and bytes of all that lies in a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            for (inner, bytes) in contents(&path) {
                found.insert(format!("{name}/{inner}"), bytes);
            }
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    contents(folder).into_keys().collect()
}

fn files_of(result: &serde_json::Value) -> Vec<String> {
    let mut files: Vec<_> = result["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    files.sort();
    files
}

#[test]
fn a_second_run_leaves_no_file_of_the_first() {
    let case = case();
    let first = case.with_tumour();
    assert_eq!(names(&case.out()), files_of(&first));
    assert!(names(&case.out()).contains(&"segmentation.dcm".to_owned()));
    write(&case.out(), "notes.txt", b"of the user");
    let second = json(&case.dose(&[]));
    let mut expected = files_of(&second);
    expected.push("notes.txt".to_owned());
    expected.sort();
    assert_eq!(names(&case.out()), expected);
    assert!(!expected.contains(&"segmentation.dcm".to_owned()));
}

#[test]
fn a_run_that_fails_leaves_the_earlier_result_as_it_was() {
    let case = case();
    case.with_tumour();
    let before = contents(&case.out());
    let refused = case.dose(&["--share-within", "Liver", "--half-life", "1h"]);
    assert!(!refused.status.success());
    assert_eq!(contents(&case.out()), before);
}

/// A limit on the size of files kills a run in the midst of writing.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_while_it_writes_leaves_the_earlier_result_as_it_was() {
    let case = case();
    case.with_tumour();
    let before = contents(&case.out());
    let killed = |out: &Path| {
        let output = std::process::Command::new("sh")
            .args([
                "-c",
                "ulimit -f 1; exec \"$@\"",
                "sh",
                env!("CARGO_BIN_EXE_sirt"),
            ])
            .args(case.arguments(out, &[]))
            .output()
            .unwrap();
        assert!(!output.status.success());
    };
    killed(&case.out());
    let mut after = contents(&case.out());
    after.retain(|name, _| !name.starts_with(".sirt-unfinished/"));
    assert_eq!(after, before);
    // The next run sweeps up.
    let next = case.with_tumour();
    assert_eq!(names(&case.out()), files_of(&next));
}

#[test]
fn files_that_no_run_lists_are_neither_removed_nor_replaced() {
    let case = case();
    for name in ["segmentation.dcm", "dose.nii.gz", "result.json"] {
        let out = case.folder.path().join(format!("with {name}"));
        std::fs::create_dir(&out).unwrap();
        write(&out, name, b"of the user");
        let before = contents(&out);
        let refused = sirt(&case.arguments(&out, &[]));
        let message = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{message}");
        assert!(message.contains(name), "{message}");
        assert_eq!(contents(&out), before);
    }
}

#[test]
fn histograms_alone_do_not_go_beside_the_dose_of_another_run() {
    let case = case();
    case.with_tumour();
    let before = contents(&case.out());
    let dose = case.out().join("dose.nii.gz");
    let dvh = |out: &Path| {
        sirt(&[
            "dvh",
            "--dose",
            text(&dose),
            "--structures",
            text(&case.tumour),
            "--out",
            text(out),
            "--json",
        ])
    };
    let refused = dvh(&case.out());
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(contents(&case.out()), before);
    let elsewhere = case.folder.path().join("histograms");
    for _ in 0..2 {
        let result = json(&dvh(&elsewhere));
        assert!(number(&result, "/structures/0/dose_gy/mean") > 0.0);
        assert_eq!(names(&elsewhere), ["dvh.csv", "dvh.svg"]);
    }
}

#[test]
fn a_patient_replaces_the_one_before_with_all_its_dates() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("patient");
    std::fs::create_dir_all(out.join("month_03/ct")).unwrap();
    // As a run with follow-up leaves it, and a file of the user's.
    write(&out, "month_03/ct/0001.dcm", b"earlier");
    write(&out, "month_03/mine.txt", b"of the user");
    write(&out, "month_03/structures.dcm", b"earlier");
    write(
        &out,
        "truth.json",
        br#"{"files": ["month_03/ct/0001.dcm", "month_03/structures.dcm", "truth.json"]}"#,
    );
    json(&sirt(&[
        "phantom",
        "--no-follow-up",
        "--out",
        text(&out),
        "--json",
    ]));
    let found = names(&out);
    assert!(found.contains(&"ct/0001.dcm".to_owned()));
    let of_month: Vec<_> = found
        .iter()
        .filter(|name| name.starts_with("month_03"))
        .collect();
    assert_eq!(of_month, ["month_03/mine.txt"]);
    let truth = std::fs::read(out.join("truth.json")).unwrap();
    let mut listed = files_of(&serde_json::from_slice(&truth).unwrap());
    listed.push("month_03/mine.txt".to_owned());
    listed.sort();
    assert_eq!(found, listed);
}
