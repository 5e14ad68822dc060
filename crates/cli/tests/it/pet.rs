//! `sirt dose` and `sirt info` on DICOM with one thing wrong in it.

use std::path::PathBuf;
use std::process::Output;

use jiff::civil::date;
use serde_json::Value;
use sirt_dicom::{
    Code, PetRecord, RadiopharmaceuticalRecord, RoiPurpose, RoiRecord, SeriesContext, StudyContext,
    UidSeed, encode_pet_series, encode_structure_set,
};
use sirt_image::{
    Contour, DecayCorrection, FrameOfReference, FrameTiming, Grid, PatientPoint, Volume,
};
use sirt_quantity::{Activity, ActivityConcentration, TimeSpan};

use crate::dose::{json, sirt, text};

const PATIENT: &str = "Nobody^Secret";

fn study(patient: &str) -> StudyContext {
    StudyContext {
        patient_name: patient.to_owned(),
        patient_id: patient.to_owned(),
        patient_weight_kg: Some(70.0),
        study_uid: UidSeed::new(patient.as_bytes()).uid("study"),
        ..StudyContext::default()
    }
}

fn series(name: &str) -> SeriesContext {
    SeriesContext {
        series_uid: UidSeed::new(b"test").uid(name),
        number: 1,
        description: name.to_owned(),
        created: date(2026, 3, 3).at(8, 0, 0, 0),
    }
}

fn frame() -> FrameOfReference {
    FrameOfReference(UidSeed::new(b"test").uid("frame"))
}

/// A folder with 125 mL of 1 MBq/mL on slices of 5 mm, scanned 20 h after 200 MBq.
struct Case {
    folder: tempfile::TempDir,
}

fn case() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid::axis_aligned([10, 10, 10], [5.0; 3], PatientPoint::default()).unwrap();
    let values = vec![1e6; grid.voxel_count()];
    let pet = Volume::<ActivityConcentration>::new(grid, Some(frame()), values).unwrap();
    let start = date(2026, 3, 3).at(8, 0, 0, 0);
    let slice = FrameTiming {
        acquisition_start: Some(start),
        frame_reference: Some(TimeSpan::ZERO),
        duration: Some(TimeSpan::from_minutes(30.0)),
        decay_factor: Some(1.0),
    };
    let record = PetRecord {
        radiopharmaceutical: RadiopharmaceuticalRecord {
            name: "spheres".to_owned(),
            substance: Code::YTTRIUM_90_MICROSPHERES,
            nuclide: Code::YTTRIUM_90,
            half_life: TimeSpan::from_hours(64.1),
            positron_fraction: Some(3.186e-5),
            administered: Activity::from_mbq(200.0),
            administration_start: date(2026, 3, 2).at(12, 0, 0, 0),
            route: Code::INTRA_ARTERIAL,
        },
        decay_correction: DecayCorrection::Start,
        series_start: start,
        slices: vec![slice; 10],
        corrections: ["DECY", "ATTN", "SCAT"].map(str::to_owned).to_vec(),
        reconstruction: "none".to_owned(),
        attenuation_correction: "measured".to_owned(),
        scatter_correction: "model".to_owned(),
    };
    let pet_folder = folder.path().join("pet");
    std::fs::create_dir(&pet_folder).unwrap();
    encode_pet_series(&study(PATIENT), &series("pet"), &pet, &record)
        .unwrap()
        .write_to(&pet_folder)
        .unwrap();
    Case { folder }
}

impl Case {
    fn pet(&self) -> PathBuf {
        self.folder.path().join("pet")
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = std::fs::read_dir(self.pet())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    /// Replaces bytes in every slice by others of the same length.
    fn patched(self, from: &[u8], to: &[u8]) -> Self {
        assert_eq!(from.len(), to.len());
        for file in self.files() {
            let mut bytes = std::fs::read(&file).unwrap();
            let places: Vec<_> = bytes
                .windows(from.len())
                .enumerate()
                .filter(|(_, part)| *part == from)
                .map(|(at, _)| at)
                .collect();
            assert!(!places.is_empty(), "{from:?} is not in {}", file.display());
            for at in places {
                bytes[at..at + to.len()].copy_from_slice(to);
            }
            std::fs::write(&file, bytes).unwrap();
        }
        self
    }

    /// A structure set of one structure with these corners on two planes.
    fn structures(&self, patient: &str, name: &str, corners: &[[f64; 3]]) -> PathBuf {
        let contours: Vec<Contour> = [10.0, 15.0, 20.0]
            .into_iter()
            .map(|z| Contour {
                points: corners
                    .iter()
                    .map(|[x, y, climb]| PatientPoint([*x, *y, z + climb]))
                    .collect(),
            })
            .collect();
        let roi = RoiRecord {
            number: 1,
            name: name.to_owned(),
            contours: &contours,
            purpose: RoiPurpose::Tumour,
            code: None,
            colour: None,
            automatic: false,
        };
        let set = encode_structure_set(
            &study(patient),
            &series("set"),
            "set",
            &[roi],
            &frame(),
            None,
        )
        .unwrap();
        let path = self.folder.path().join("set.dcm");
        std::fs::write(&path, set.to_bytes().unwrap()).unwrap();
        path
    }

    fn dose(&self, more: &[&str]) -> Output {
        let (pet, out) = (self.pet(), self.folder.path().join("out"));
        let mut arguments = vec![
            "dose",
            "--activity",
            text(&pet),
            "--method",
            "local",
            "--out",
            text(&out),
            "--json",
        ];
        arguments.extend(more);
        sirt(&arguments)
    }

    /// Findings of the series by `sirt info`, as severity and text.
    fn info(&self) -> Vec<(String, String)> {
        let result = json(&sirt(&["info", text(&self.pet()), "--json"]));
        findings(&result["items"][0])
    }
}

const SQUARE: [[f64; 3]; 4] = [
    [10.0, 10.0, 0.0],
    [30.0, 10.0, 0.0],
    [30.0, 30.0, 0.0],
    [10.0, 30.0, 0.0],
];

fn findings(result: &Value) -> Vec<(String, String)> {
    result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let part = |name: &str| finding[name].as_str().unwrap().to_owned();
            (
                part("severity"),
                format!("{}: {}; {}", part("subject"), part("rule"), part("fix")),
            )
        })
        .collect()
}

/// Text of the refusal, with its exit code.
fn refused(output: &Output) -> (i32, String) {
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("Secret"), "{text}");
    (output.status.code().unwrap(), text)
}

#[test]
fn the_plain_case_weakens_nothing() {
    let case = case();
    let set = case.structures(PATIENT, "Tumour", &SQUARE);
    let result = json(&case.dose(&["--structures", text(&set)]));
    let weak: Vec<_> = findings(&result)
        .into_iter()
        .filter(|(severity, text)| severity != "note" && !text.starts_with("recovery"))
        .collect();
    assert!(weak.is_empty(), "{weak:?}");
    let weak: Vec<_> = case
        .info()
        .into_iter()
        .filter(|(severity, _)| severity != "note")
        .collect();
    assert!(weak.is_empty(), "{weak:?}");
}

#[test]
fn a_series_without_its_last_slices_is_refused_until_accepted() {
    let case = case();
    for file in case.files().iter().rev().take(2) {
        std::fs::remove_file(file).unwrap();
    }
    let (code, error) = refused(&case.dose(&[]));
    assert_eq!(code, 3);
    assert!(
        error.contains("(0054,0081) NumberOfSlices: is 10, but 8 slices are there")
            && error.contains("--accept-missing-slices"),
        "{error}"
    );
    assert!(
        case.info()
            .iter()
            .any(|(severity, text)| severity == "stops" && text.starts_with("(0054,0081)"))
    );
    let result = json(&case.dose(&["--accept-missing-slices"]));
    assert!(
        findings(&result)
            .iter()
            .any(|(severity, text)| severity == "weakens" && text.starts_with("(0054,0081)"))
    );
}

#[test]
fn structures_of_another_patient_are_refused_until_accepted() {
    let case = case();
    let set = case.structures("Somebody^Secret", "Tumour", &SQUARE);
    let structures = ["--structures", text(&set)];
    let (code, error) = refused(&case.dose(&structures));
    assert_eq!(code, 3);
    assert!(
        error.contains("structures (set.dcm)") && error.contains("--accept-other-patient"),
        "{error}"
    );
    let result = json(&case.dose(&[&structures[..], &["--accept-other-patient"]].concat()));
    assert!(
        findings(&result)
            .iter()
            .any(|(severity, text)| severity == "weakens" && text.starts_with("patient: "))
    );
    // A dose that is there already is of the activity's patient.
    let dose = case.folder.path().join("out/dose.dcm");
    let dvh = ["dvh", "--dose", text(&dose), "--structures", text(&set)];
    let (code, _) = refused(&sirt(&dvh));
    assert_eq!(code, 3);
    assert!(
        sirt(&[&dvh[..], &["--accept-other-patient"]].concat())
            .status
            .success()
    );
}

#[test]
fn the_reason_of_the_only_structure_comes_through() {
    let case = case();
    let mut tilted = SQUARE;
    tilted[0][2] = 3.0;
    let set = case.structures(PATIENT, "Tilted", &tilted);
    let (_, error) = refused(&case.dose(&["--structures", text(&set)]));
    assert!(
        error.contains("structure \"Tilted\" is left out")
            && error.contains("leaves the common plane"),
        "{error}"
    );
}

#[test]
fn what_dose_refuses_stands_in_the_list_of_info() {
    // Administration after the scan, in both fields that tell it.
    let late = case().patched(b"20260302", b"20260305");
    let (code, error) = refused(&late.dose(&[]));
    assert_eq!(code, 3);
    assert!(
        error.contains("after the reference of the numbers"),
        "{error}"
    );
    assert!(
        late.info()
            .iter()
            .any(|(severity, text)| severity == "stops" && text.contains("after the reference"))
    );
    // Ga-68 on the scanner.
    let gallium = case()
        .patched(b"14691008", b"35337001")
        .patched(b"^90^Yttrium", b"^68^Gallium");
    let (code, error) = refused(&gallium.dose(&[]));
    assert_eq!(code, 3);
    assert!(error.contains("nuclide Ga-68"), "{error}");
    assert!(
        gallium
            .info()
            .iter()
            .any(|(severity, text)| severity == "stops" && text.contains("Ga-68"))
    );
    // SUV without a weight: the weight's element gets the tag of a blank one.
    let light = case()
        .patched(b"BQML", b"GML ")
        .patched(b"\x10\x00\x30\x10DS", b"\x10\x00\x31\x10DS");
    let (code, error) = refused(&light.dose(&[]));
    assert_eq!(code, 3);
    assert!(error.contains("(0010,1030) PatientWeight"), "{error}");
    assert!(
        light
            .info()
            .iter()
            .any(|(severity, text)| severity == "stops" && text.contains("(0010,1030)"))
    );
}

#[test]
fn a_header_that_the_image_does_not_bear_out_is_told() {
    // 200 MBq in the header, 155 in the image: nothing. 1900: 8 %.
    let case = case().patched(b"200000000 ", b"1900000000");
    let result = json(&case.dose(&[]));
    assert!(
        findings(&result)
            .iter()
            .any(|(severity, text)| severity == "weakens"
                && text.starts_with("(0018,1074) RadionuclideTotalDose: 1900.0 MBq")
                && text.contains("8.2 %")),
        "{:?}",
        findings(&result)
    );
}

#[test]
fn series_of_one_uid_are_not_to_be_named_by_it() {
    let case = case();
    // Half of the slices with another spacing: two grids, one UID.
    for file in case.files().iter().take(5) {
        let mut bytes = std::fs::read(file).unwrap();
        let at = bytes
            .windows(8)
            .position(|part| {
                part == b"\x28\x00\x30\x00DS\x04\x00" || part == b"\x28\x00\x30\x00DS\x03\x00"
            })
            .unwrap();
        let value = at + 8;
        assert_eq!(bytes[value], b'5');
        bytes[value] = b'4';
        std::fs::write(file, bytes).unwrap();
    }
    let (code, error) = refused(&case.dose(&[]));
    assert_eq!(code, 3);
    assert!(
        error.contains("they have one UID") && !error.contains("--series"),
        "{error}"
    );
}

#[test]
fn options_that_an_error_names_are_on_the_command() {
    let help =
        |command: &str| String::from_utf8_lossy(&sirt(&[command, "--help"]).stdout).into_owned();
    for (command, options) in [
        (
            "dose",
            &[
                "--registration",
                "--role",
                "--series",
                "--accept-missing-slices",
                "--accept-other-patient",
                "--vx",
                "--alpha",
            ][..],
        ),
        (
            "dvh",
            &[
                "--registration",
                "--role",
                "--accept-other-patient",
                "--vx",
                "--alpha",
            ],
        ),
        ("add", &["--role"]),
    ] {
        for option in options {
            assert!(help(command).contains(option), "{command} {option}");
        }
    }
}
