//! What `sirt dose` takes structures for by their names.

use serde_json::Value;
use sirt_image::{Compression, Grid, PatientPoint, WeightMask, write_nifti, write_nifti_labels};

use crate::dose::{activity, json, sirt, text, write};

/// Dose of a row of 40 voxels of activity, with structures of the voxels from
/// the first to before the second number.
fn dose(structures: &[(&str, usize, usize)], more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([40, 4, 4], [5.0; 3], PatientPoint::default()).unwrap();
    let image = write(
        folder.path(),
        "pet.nii",
        &write_nifti(&activity(&grid, |_| 1e6), "", Compression::None).unwrap(),
    );
    let masks = folder.path().join("masks");
    std::fs::create_dir(&masks).unwrap();
    for (name, first, end) in structures {
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| f32::from(u8::from((*first..*end).contains(&grid.index(at)[0]))))
            .collect();
        let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
        write(
            &masks,
            &format!("{name}.nii"),
            &write_nifti_labels(&grid, &[&mask], "", Compression::None).unwrap(),
        );
    }
    let out = folder.path().join("out");
    let mut arguments = vec![
        "dose",
        "--activity",
        text(&image),
        "--structures",
        text(&masks),
        "--units",
        "Bq/mL",
        "--since-administration",
        "0h",
        "--method",
        "local",
        "--out",
        text(&out),
        "--json",
    ];
    arguments.extend(more);
    json(&sirt(&arguments))
}

/// Role and its source of each structure by name.
fn roles(result: &Value) -> Vec<(&str, &str, &str)> {
    result["structures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |field: &str| one[field].as_str().unwrap();
            (text("name"), text("role"), text("role_source"))
        })
        .collect()
}

fn doubt_about(result: &Value, subject: &str) -> Option<String> {
    result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["subject"] == subject && finding["severity"] == "weakens")
        .map(|finding| format!("{}; {}", finding["rule"], finding["fix"]))
}

#[test]
fn liver_less_its_targets_is_no_tumour() {
    let structures = [("GTV", 0, 10), ("Liver", 0, 40), ("Liver-GTV", 10, 40)];
    let result = dose(&structures, &[]);
    assert_eq!(
        roles(&result),
        [
            ("GTV", "tumour", "name"),
            ("Liver-GTV", "normal_liver", "name"),
            ("Liver", "liver", "name"),
        ]
    );
    let doubt = doubt_about(&result, "structure `Liver-GTV`").unwrap();
    assert!(
        doubt.contains("gives it the role normal liver")
            && doubt.contains("--role 'Liver-GTV=ROLE'"),
        "{doubt}"
    );
    // Stated, it is beyond doubt.
    let result = dose(&structures, &["--role", "Liver-GTV=normal-liver"]);
    assert_eq!(roles(&result)[1], ("Liver-GTV", "normal_liver", "stated"));
    assert_eq!(doubt_about(&result, "structure `Liver-GTV`"), None);
}

#[test]
fn a_liver_that_is_given_twice_still_leaves_normal_liver() {
    let result = dose(
        &[("Liver", 0, 40), ("Liver 2", 0, 39), ("Tumour", 0, 10)],
        &[],
    );
    assert_eq!(
        roles(&result)[3],
        ("Normal liver", "normal_liver", "derived")
    );
    let result = dose(
        &[("Liver", 0, 40), ("Liver 2", 0, 20), ("Tumour", 0, 10)],
        &[],
    );
    assert_eq!(roles(&result).len(), 3);
    assert!(
        doubt_about(&result, "normal liver")
            .unwrap()
            .contains("differ")
    );
}
