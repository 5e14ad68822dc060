//! `sirt add`: sums on one grid and on two, and what is written of them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sirt_image::{
    Compression, FrameOfReference, Grid, PatientPoint, Volume, WeightMask, write_nifti,
    write_nifti_labels,
};
use sirt_quantity::AbsorbedDose;

use crate::dose::{activity, json, number, sirt, text, write};

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let grid = grid(1);
        let weights = vec![1.0; grid.voxel_count()];
        let all = WeightMask::from_weights(grid.clone(), &weights).unwrap();
        write(
            case.folder.path(),
            "Liver.nii",
            &write_nifti_labels(&grid, &[&all], "", Compression::None).unwrap(),
        );
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds two doses, 42 days apart, into the folder `sum`.
    fn add(&self, first: &Path, second: &Path) -> std::process::Output {
        sirt(&[
            "add",
            &format!("{}@0d", text(first)),
            &format!("{}@42d", text(second)),
            "--structures",
            text(&self.path("Liver.nii")),
            "--out",
            text(&self.path("sum")),
            "--json",
        ])
    }

    fn nifti(&self, name: &str, dose: &Volume<sirt_image::Unspecified>) -> PathBuf {
        write(
            self.folder.path(),
            name,
            &write_nifti(dose, "", Compression::None).unwrap(),
        )
    }

    /// dose.dcm of an activity that fills a grid.
    fn dicom(&self, name: &str, becquerel_per_ml: f32) -> PathBuf {
        let image = self.nifti(
            &format!("{name}.nii"),
            &activity(&grid(1), |_| becquerel_per_ml),
        );
        let out = self.path(name);
        json(&sirt(&[
            "dose",
            "--activity",
            text(&image),
            "--units",
            "Bq/mL",
            "--since-administration",
            "0h",
            "--method",
            "local",
            "--out",
            text(&out),
            "--json",
        ]));
        out.join("dose.dcm")
    }
}

/// A cube of 48 mm in voxels of 4 mm, or of a part of that.
fn grid(parts: usize) -> Grid {
    let spacing = 4.0 / parts as f64;
    let origin = (spacing - 4.0) / 2.0;
    Grid::axis_aligned([12 * parts; 3], [spacing; 3], PatientPoint([origin; 3])).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn subjects(result: &Value) -> Vec<&str> {
    result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect()
}

#[test]
fn doses_that_are_dicom_add_up_to_dicom() {
    let case = Case::new();
    // Of one image, so in one frame of reference.
    let dose = case.dicom("first", 1e6);
    let result = json(&case.add(&dose, &dose));
    let one = number(&result, "/structures/0/mean_gy/0");
    assert!((number(&result, "/structures/0/sum_mean_gy") / (2.0 * one) - 1.0).abs() < 1e-6);
    assert!(result["resampling"][1].is_null());
    assert!(subjects(&result).is_empty(), "{result:#}");
    let expected = [
        "bed_sum_liver.nii.gz",
        "dose_sum.dcm",
        "dose_sum.nii.gz",
        "sum.json",
    ];
    assert_eq!(names(&case.path("sum")), expected);
    let read = |path: &Path| -> Volume<AbsorbedDose> {
        let catalogue = sirt_dicom::scan(path).unwrap();
        sirt_dicom::read_dose(&catalogue.series[0])
            .unwrap()
            .into_physical()
            .unwrap()
    };
    let (dose, sum) = (read(&dose), read(&case.path("sum/dose_sum.dcm")));
    assert_eq!(sum.grid(), dose.grid());
    let frame: Option<&FrameOfReference> = dose.frame_of_reference();
    assert_eq!(sum.frame_of_reference(), frame);
    for (sum, dose) in sum.values().iter().zip(dose.values()) {
        // Stored in 65535 steps each.
        assert!((sum / (2.0 * dose) - 1.0).abs() < 4e-5, "{sum} {dose}");
    }

    // A sum of volume files has no DICOM, also where one lay before.
    let plain = case.nifti("plain.nii", &activity(&grid(1), |_| 10.0));
    json(&case.add(&plain, &plain));
    let expected = ["bed_sum_liver.nii.gz", "dose_sum.nii.gz", "sum.json"];
    assert_eq!(names(&case.path("sum")), expected);
}

#[test]
fn a_dose_on_another_grid_is_brought_onto_the_first_and_that_is_told() {
    let case = Case::new();
    let first = case.nifti("first.nii", &activity(&grid(1), |_| 10.0));
    // 1 and 3 Gy in turn: a value at a voxel's centre is none of their mean.
    let second = case.nifti(
        "second.nii",
        &activity(&grid(4), |[i, _, _]| if i % 4 < 2 { 1.0 } else { 3.0 }),
    );
    let result = json(&case.add(&first, &second));
    assert!((number(&result, "/structures/0/sum_mean_gy") - 12.0).abs() < 1e-4);
    assert!((number(&result, "/resampling/1/kept_integral") - 1.0).abs() < 1e-5);
    assert!(number(&result, "/resampling/1/uncovered_fraction").abs() < 1e-12);
    assert_eq!(subjects(&result), ["second.nii"]);
}

#[test]
fn doses_in_different_frames_are_not_added() {
    let case = Case::new();
    // Two images that are no DICOM have a frame of their own each.
    let (first, second) = (case.dicom("first", 1e6), case.dicom("second", 2e6));
    let refused = case.add(&first, &second);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(message.contains("different patient frames"), "{message}");
    assert!(!case.path("sum").exists());
}
