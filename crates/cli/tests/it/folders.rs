//! Folders as inputs: which of their files are taken, and what is said of the rest.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use sirt_image::{
    Compression, Grid, PatientPoint, WeightMask, write_nifti, write_nifti_labels, write_nrrd,
};

use crate::dose::{activity, json, number, sirt, text, write};

fn grid() -> Grid {
    Grid::axis_aligned([12, 10, 8], [4.0; 3], PatientPoint::default()).unwrap()
}

/// A mask of the first eight planes of x, as a label map.
fn mask() -> Vec<u8> {
    let grid = grid();
    let weights: Vec<f32> = (0..grid.voxel_count())
        .map(|at| f32::from(u8::from(grid.index(at)[0] < 8)))
        .collect();
    let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
    write_nifti_labels(&grid, &[&mask], "", Compression::Gzip).unwrap()
}

fn image(factor: f32) -> Vec<u8> {
    let image = activity(&grid(), |[i, j, _]| factor * (i + 10 * j) as f32);
    write_nrrd(&image, Compression::None).unwrap()
}

fn dose(activity: &Path, structures: &Path, out: &Path) -> Output {
    sirt(&[
        "dose",
        "--activity",
        text(activity),
        "--structures",
        text(structures),
        "--units",
        "kBq/mL",
        "--since-administration",
        "0h",
        "--method",
        "local",
        "--out",
        text(out),
        "--json",
    ])
}

fn made(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir(&path).unwrap();
    path
}

fn about<'a>(result: &'a Value, subject: &str) -> Vec<&'a str> {
    result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["subject"] == subject)
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn the_only_volume_file_of_a_folder_is_the_image() {
    let folder = tempfile::tempdir().unwrap();
    let pet = made(folder.path(), "pet");
    let structures = made(folder.path(), "structures");
    write(&pet, "activity.nrrd", &image(1.0));
    write(&structures, "Tumour.nii.gz", &mask());
    let out = folder.path().join("out");
    let result = json(&dose(&pet, &structures, &out));
    let whole = json(&dose(&pet.join("activity.nrrd"), &structures, &out));
    assert!(number(&result, "/activity/total_mbq") > 0.0);
    assert_eq!(result["structures"], whole["structures"]);
    // With a second one it is not told which is meant.
    write(&pet, "other.nrrd", &image(2.0));
    let refused = dose(&pet, &structures, &out);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{message}");
    assert!(
        message.contains("activity.nrrd, other.nrrd"),
        "both are named: {message}"
    );
}

#[test]
fn an_image_beside_label_maps_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let pet = write(folder.path(), "activity.nrrd", &image(0.3));
    let structures = made(folder.path(), "structures");
    let out = folder.path().join("out");
    let dose_image = activity(&grid(), |[i, _, _]| 0.25 + i as f32);
    write(
        &structures,
        "dose.nii.gz",
        &write_nifti(&dose_image, "", Compression::Gzip).unwrap(),
    );
    let refused = dose(&pet, &structures, &out);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        message.contains("no structure in it") && message.contains("dose.nii.gz: 0.25 is not"),
        "{message}"
    );
    let alone = dose(&pet, &structures.join("dose.nii.gz"), &out);
    let message = String::from_utf8_lossy(&alone.stderr);
    assert!(
        message.contains("an image and no label map: 0.25 is not a whole number"),
        "{message}"
    );
    write(&structures, "Tumour.nii.gz", &mask());
    let result = json(&dose(&pet, &structures, &out));
    assert_eq!(result["structures"].as_array().unwrap().len(), 1);
    let told = about(&result, "dose.nii.gz");
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("0.25 is not a whole number"), "{told:?}");
}

#[test]
fn dicom_structures_beside_an_image_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let pet = write(folder.path(), "activity.nrrd", &image(0.3));
    let mask = write(folder.path(), "Tumour.nii.gz", &mask());
    let first = folder.path().join("first");
    let expected = json(&dose(&pet, &mask, &first));
    // The result of a run holds doses beside one segmentation once the
    // structure set is gone.
    std::fs::remove_file(first.join("structure_set.dcm")).unwrap();
    let again = json(&dose(&pet, &first, &folder.path().join("second")));
    let mean = |result: &Value| number(result, "/structures/0/dose_gy/mean");
    assert_eq!(again["structures"].as_array().unwrap().len(), 1);
    assert!((mean(&again) / mean(&expected) - 1.0).abs() < 1e-6);
    assert_eq!(about(&again, "dose.nii.gz").len(), 1);
    assert_eq!(about(&again, "dose.nrrd").len(), 1);
}
