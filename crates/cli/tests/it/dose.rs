//! `sirt dose` from file to file, against closed forms and the physics tables.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sirt_image::{
    Compression, Grid, PatientPoint, PatientVector, Unspecified, Volume, WeightMask, write_nifti,
    write_nifti_labels, write_nrrd,
};

pub(crate) fn sirt(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sirt"))
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn json(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

pub(crate) fn number(value: &Value, path: &str) -> f64 {
    value
        .pointer(path)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("{path} is no number in {value:#}"))
}

fn oblique_grid(size: [usize; 3], spacing: [f64; 3]) -> Grid {
    let (sin, cos) = 0.35_f64.sin_cos();
    Grid::new(
        size,
        spacing,
        PatientPoint([-31.0, 12.0, 55.0]),
        [
            PatientVector([cos, sin, 0.0]),
            PatientVector([-sin, cos, 0.0]),
            PatientVector([0.0, 0.0, 1.0]),
        ],
    )
    .unwrap()
}

pub(crate) fn activity(grid: &Grid, value: impl Fn([usize; 3]) -> f32) -> Volume<Unspecified> {
    let values = (0..grid.voxel_count())
        .map(|at| value(grid.index(at)))
        .collect();
    Volume::new(grid.clone(), None, values).unwrap()
}

#[test]
fn a_block_of_activity_gives_the_dose_of_the_formula() {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([20, 18, 16], [4.0, 3.0, 5.0], PatientPoint::default()).unwrap();
    let inside = |[i, j, k]: [usize; 3]| {
        (6..14).contains(&i) && (5..13).contains(&j) && (4..12).contains(&k)
    };
    let image = activity(&grid, |index| if inside(index) { 2e6 } else { 0.0 });
    let weights: Vec<f32> = (0..grid.voxel_count())
        .map(|at| f32::from(u8::from(inside(grid.index(at)))))
        .collect();
    let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
    let image = write(
        folder.path(),
        "a.nrrd",
        &write_nrrd(&image, Compression::Gzip).unwrap(),
    );
    let labels = write(
        folder.path(),
        "Tumour A.nii.gz",
        &write_nifti_labels(&grid, &[&mask], "", Compression::Gzip).unwrap(),
    );
    let out = folder.path().join("out");
    let result = json(&sirt(&[
        "dose",
        "--activity",
        text(&image),
        "--structures",
        text(&labels),
        "--units",
        "Bq/mL",
        "--since-administration",
        "64.1h",
        "--density",
        "1.05g/mL",
        "--dose-factor",
        "49.67",
        "--method",
        "local",
        "--out",
        text(&out),
        "--json",
    ]));
    // 512 voxels of 0.06 mL with 2 MBq/mL, one half-life after administration.
    assert!((number(&result, "/activity/total_mbq") / (512.0 * 0.06 * 2.0) - 1.0).abs() < 1e-6);
    assert!(
        (number(&result, "/activity/at_administration_mbq") / (512.0 * 0.06 * 4.0) - 1.0).abs()
            < 1e-6
    );
    assert!((number(&result, "/energy/closure") - 1.0).abs() < 1e-5);
    assert!((number(&result, "/nuclide/half_life_h") - 64.1).abs() < 1e-12);
    assert!((number(&result, "/nuclide/dose_factor_gy_kg_per_gbq") - 49.67).abs() < 1e-12);
    assert!((number(&result, "/medium/density_g_per_ml") - 1.05).abs() < 1e-12);
    assert_eq!(result["structures"][0]["name"], "Tumour A");
    assert!((number(&result, "/structures/0/volume_ml") - 512.0 * 0.06).abs() < 1e-4);
    // DOMAIN C.1: 4 MBq/mL at 49.67 over 1.05 g/mL.
    for figure in ["mean", "min", "max", "d95", "d70", "d50", "d2"] {
        let dose = number(&result, &format!("/structures/0/dose_gy/{figure}"));
        assert!(
            (dose / (4.0 * 49.67 / 1.05) - 1.0).abs() < 1e-5,
            "{figure} {dose}"
        );
    }
    // DOMAIN C.7: G = 1.5/(1.5 + 64.1), alpha/beta 10 Gy.
    let dose = 4.0 * 49.67 / 1.05;
    let bed = dose * (1.0 + 1.5 / 65.6 * dose / 10.0);
    assert!((number(&result, "/structures/0/bed_gy/mean") / bed - 1.0).abs() < 1e-4);
    assert!(number(&result, "/structures/0/uncertainty_gy") > 0.0);
    // Models of complications in normal liver have nothing to say of a tumour.
    let responses = result["structures"][0]["responses"].as_array().unwrap();
    assert!(!responses.is_empty());
    for response in responses {
        assert_eq!(response["model"]["applies_to"], "tumour");
    }
    // NRRD says neither PET nor SPECT: that the resolution is assumed is told.
    assert!(
        result["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["fix"].as_str().unwrap().contains("--resolution"))
    );
    for name in [
        "dose.dcm",
        "dose.nii.gz",
        "dvh.csv",
        "dvh.svg",
        "preview.png",
        "result.json",
    ] {
        assert!(out.join(name).metadata().unwrap().len() > 100, "{name}");
    }
}

#[test]
fn a_point_gives_the_voxel_s_values_of_the_physics_tables() {
    let Some(tables) = sirt_reference::shared_file("physics") else {
        return;
    };
    for (name, spacing) in [
        ("voxelS_y90_3.00mm_tissue.csv", 3.0),
        ("voxelS_y90_4.80mm_tissue.csv", 4.8),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let grid = Grid::axis_aligned([15; 3], [spacing; 3], PatientPoint::default()).unwrap();
        let image = activity(&grid, |index| if index == [7; 3] { 1e6 } else { 0.0 });
        let image = write(
            folder.path(),
            "point.nii",
            &write_nifti(&image, "", Compression::None).unwrap(),
        );
        let out = folder.path().join("out");
        let result = json(&sirt(&[
            "dose",
            "--activity",
            text(&image),
            "--units",
            "Bq/mL",
            "--since-administration",
            "0h",
            "--density",
            "1.0g/mL",
            "--method",
            "kernel",
            "--out",
            text(&out),
            "--json",
        ]));
        let bytes = std::fs::read(out.join("dose.nii.gz")).unwrap();
        let dose = sirt_image::read_nifti(&bytes, &sirt_image::ReadOptions::default())
            .unwrap()
            .volume;
        // Decays of the point, MBq s, and the table's energy per decay instead of ours.
        let decays = spacing.powi(3) * 1e-3 * number(&result, "/nuclide/half_life_h") * 3600.0
            / std::f64::consts::LN_2;
        let energy = 0.933_795 / number(&result, "/nuclide/energy_per_decay_mev");
        let table = std::fs::read_to_string(tables.join(name)).unwrap();
        let rows = table
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        let mut checked = 0;
        for row in rows {
            let cells: Vec<f64> = row.split(',').map(|cell| cell.parse().unwrap()).collect();
            let [i, j, k] = [cells[0] as usize, cells[1] as usize, cells[2] as usize];
            let (expected, sigma) = (cells[4], cells[5]);
            let dose = f64::from(dose.get([7 + i, 7 + j, 7 + k]).unwrap());
            let s_value = dose * 1e3 / decays * energy;
            // Issue: 1 %, or 3 sigma of the table.
            let allowed = (0.01 * expected).max(3.0 * sigma);
            assert!(
                (s_value - expected).abs() <= allowed,
                "{name} {i} {j} {k}: {s_value} {expected}"
            );
            checked += 1;
        }
        assert_eq!(checked, 56);
    }
}

#[test]
fn dose_stays_where_the_activity_was_on_an_oblique_grid() {
    let folder = tempfile::tempdir().unwrap();
    let grid = oblique_grid([14, 12, 10], [2.5, 3.5, 4.0]);
    let marker = [9, 3, 6];
    let image = activity(&grid, |index| if index == marker { 1e6 } else { 0.0 });
    let place = grid.to_patient(marker.map(|i| i as f64));
    for (name, bytes) in [
        (
            "a.nii.gz",
            write_nifti(&image, "", Compression::Gzip).unwrap(),
        ),
        ("a.nrrd", write_nrrd(&image, Compression::None).unwrap()),
    ] {
        let file = write(folder.path(), name, &bytes);
        let out = folder.path().join(format!("out of {name}"));
        json(&sirt(&[
            "dose",
            "--activity",
            text(&file),
            "--units",
            "Bq/mL",
            "--since-administration",
            "0h",
            "--method",
            "kernel",
            "--out",
            text(&out),
            "--json",
        ]));
        let bytes = std::fs::read(out.join("dose.nii.gz")).unwrap();
        let nifti = sirt_image::read_nifti(&bytes, &sirt_image::ReadOptions::default())
            .unwrap()
            .volume;
        let catalogue = sirt_dicom::scan(out.join("dose.dcm")).unwrap();
        let dicom = sirt_dicom::read_dose(&catalogue.series[0])
            .unwrap()
            .into_physical()
            .unwrap();
        let hottest = |values: &[f32], grid: &Grid| {
            let at = (0..values.len())
                .max_by(|a, b| values[*a].total_cmp(&values[*b]))
                .unwrap();
            grid.to_patient(grid.index(at).map(|i| i as f64))
        };
        for found in [
            hottest(nifti.values(), nifti.grid()),
            hottest(dicom.values(), dicom.grid()),
        ] {
            // Files keep places in single precision or six decimals.
            assert!(
                (found - place).length() < 1e-3,
                "{name}: {found:?} {place:?}"
            );
        }
    }
}

#[test]
fn what_is_ambiguous_is_refused_with_exit_code_3_and_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([8; 3], [3.0; 3], PatientPoint::default()).unwrap();
    let image = activity(&grid, |_| 1e5);
    let file = write(
        folder.path(),
        "a.nii",
        &write_nifti(&image, "", Compression::None).unwrap(),
    );
    let out = folder.path().join("out");
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "dose",
            "--activity",
            text(&file),
            "--method",
            "local",
            "--out",
            text(&out),
        ];
        arguments.extend(more);
        let output = sirt(&arguments);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    for (more, option) in [
        (&[][..], "--units"),
        (&["--units", "Bq/mL"][..], "--since-administration"),
        (&["--units", "counts"][..], "--administered"),
    ] {
        let (code, message) = run(more);
        assert_eq!(code, Some(3), "{message}");
        assert!(message.contains(option), "{message}");
        assert!(!out.exists(), "nothing is written by a refused run");
    }
    let (code, message) = run(&["--units", "Bq/mL", "--since-administration", "20"]);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("one of h, min, s, d"), "{message}");
}

#[test]
fn damaged_and_foreign_files_get_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([8; 3], [3.0; 3], PatientPoint::default()).unwrap();
    let good = write_nifti(&activity(&grid, |_| 1e5), "", Compression::None).unwrap();
    let out = folder.path().join("out");
    let mut shuffled = good.clone();
    shuffled[..300].reverse();
    let not_a_number = write_nifti(
        &activity(&grid, |index| if index == [1; 3] { f32::NAN } else { 1.0 }),
        "",
        Compression::None,
    )
    .unwrap();
    for (name, bytes, expected) in [
        ("empty.nii", &[][..], "empty"),
        ("short.nii", &good[..good.len() / 2], "short.nii"),
        ("shuffled.dcm", &shuffled[..], "shuffled.dcm"),
        ("text.txt", b"no image at all, just words\n", "text.txt"),
        ("nan.nii", &not_a_number[..], "NaN"),
    ] {
        let file = write(folder.path(), name, bytes);
        let output = sirt(&[
            "dose",
            "--activity",
            text(&file),
            "--units",
            "Bq/mL",
            "--since-administration",
            "0h",
            "--method",
            "local",
            "--out",
            text(&out),
            "--json",
        ]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {message}");
        assert!(message.contains(expected), "{name}: {message}");
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(printed["error"]["message"].is_string());
    }
    let missing = sirt(&["info", text(&folder.path().join("nowhere"))]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn counts_of_one_structure_stand_for_the_administered_activity() {
    let folder = tempfile::tempdir().unwrap();
    // TV-C4: 350 of 2.0e6 counts, 1.8 GBq, shunt 5 %, voxel 4.8 mm, 1.05 g/mL.
    // The liver holds 2.0e6 counts; half as many lie outside of it as scatter.
    let grid = Grid::axis_aligned([12, 10, 10], [4.8; 3], PatientPoint::default()).unwrap();
    let liver = |[i, _, _]: [usize; 3]| i < 6;
    let rest = (2.0e6 - 350.0) / 599.0;
    let image = activity(&grid, |index| match index {
        [3, 4, 5] => 350.0,
        [i, _, _] if i < 6 => rest as f32,
        _ => 1.0e6 / 600.0,
    });
    let voxel = |index| index == [3, 4, 5];
    let mask = |inside: &dyn Fn([usize; 3]) -> bool| {
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| f32::from(u8::from(inside(grid.index(at)))))
            .collect();
        let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
        write_nifti_labels(&grid, &[&mask], "", Compression::None).unwrap()
    };
    let image = write(
        folder.path(),
        "maa.nii",
        &write_nifti(&image, "", Compression::None).unwrap(),
    );
    let structures = folder.path().join("structures");
    std::fs::create_dir(&structures).unwrap();
    write(&structures, "Liver.nii", &mask(&liver));
    write(&structures, "Spot.nii", &mask(&voxel));
    let out = folder.path().join("out");
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "dose",
            "--activity",
            text(&image),
            "--structures",
            text(&structures),
            "--units",
            "counts",
            "--administered",
            "1.8GBq",
            "--lung-shunt",
            "5%",
            "--density",
            "1.05g/mL",
            "--dose-factor",
            "49.67",
            "--method",
            "local",
            "--out",
            text(&out),
            "--json",
        ];
        arguments.extend(more);
        sirt(&arguments)
    };
    let spot = |result: &Value| {
        let structures = result["structures"].as_array().unwrap();
        let spot = structures.iter().find(|one| one["name"] == "Spot").unwrap();
        number(spot, "/dose_gy/mean")
    };
    // 128.00 Gy where the counts of the liver are the denominator (TV-C4 has
    // k = 49.67), two thirds of it where those of the whole image are.
    let shared = json(&run(&["--share-within", "Liver"]));
    let expected: f64 = 49.67 * 1.8 * 0.95 * 350.0 / 2.0e6 / (0.110592e-3 * 1.05);
    assert!((expected - 128.0).abs() < 0.005);
    assert!((spot(&shared) / expected - 1.0).abs() < 1e-5);
    assert!(
        (number(&shared, "/activity/at_administration_mbq") / (1.5 * 1710.0) - 1.0).abs() < 1e-5
    );
    let whole = json(&run(&[]));
    assert!((spot(&whole) / (expected / 1.5) - 1.0).abs() < 1e-5);
    // A structure that is not there is refused by the names of those that are.
    let refused = run(&["--share-within", "Lebber"]);
    assert!(!refused.status.success());
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(
        message.contains("Lebber") && message.contains("Liver, Spot"),
        "{message}"
    );
}
