//! Writes one DICOM object of every kind, with voxels whose place is known.
//!
//!     cargo run -p sirt-dicom --example write_samples -- FOLDER
//!     python tests/python/check_dicom.py FOLDER
//!
//! Three grids: `oblique` (turned about two axes), `left_handed` (third axis
//! runs to the feet, oblique too) and `axial` (a dose that rises linearly
//! through a sphere, whose DVH is known in closed form).
//! `expected.json` says where each marker voxel stands in the patient.

use std::error::Error;
use std::f64::consts::PI;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use serde_json::{Value, json};
use sirt_dicom::{
    BedRecord, Code, CtRecord, DoseRecord, DoseWord, GammaCameraRecord, Heterogeneity,
    HistogramRecord, PatientSex, PetRecord, PlanarRecord, PlanarView, RadiopharmaceuticalRecord,
    RoiPurpose, RoiRecord, SegmentRecord, SegmentationKind, SegmentationSource, SeriesContext,
    StudyContext, TomogramRecord, UidSeed, encode_absorbed_dose, encode_bed, encode_ct_series,
    encode_nm_planar, encode_nm_tomogram, encode_pet_series, encode_segmentation,
    encode_structure_set,
};
use sirt_image::{
    Contour, Counts, DecayCorrection, FrameOfReference, FrameTiming, Grid, Hounsfield,
    PatientPoint, PatientVector, Volume, WeightMask,
};
use sirt_quantity::{
    AbsorbedDose, Activity, ActivityConcentration, AlphaBeta, Capacity, Density, DoseFactor,
    Energy, TimeSpan,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(
        std::env::args()
            .nth(1)
            .ok_or("usage: write_samples FOLDER")?,
    );
    let mut expected = Vec::new();
    for (name, grid) in [("oblique", oblique(1.0)?), ("left_handed", oblique(-1.0)?)] {
        write_markers(&folder, name, &grid, &mut expected)?;
        write_emission(&folder, name, &grid, &mut expected)?;
    }
    write_gradient(&folder)?;
    std::fs::write(
        folder.join("expected.json"),
        serde_json::to_string_pretty(&json!({ "markers": expected }))?,
    )?;
    Ok(())
}

fn study(uids: &UidSeed) -> StudyContext {
    StudyContext {
        patient_name: "Sample^Synthetic".to_owned(),
        patient_id: "SAMPLE-1".to_owned(),
        patient_birth_date: Some(date(1900, 1, 1)),
        patient_sex: Some(PatientSex::Other),
        patient_weight_kg: Some(70.0),
        patient_height_m: Some(1.7),
        study_uid: uids.uid("study"),
        study_id: "1".to_owned(),
        study_start: Some(date(2026, 1, 2).at(8, 0, 0, 0)),
        accession_number: String::new(),
        description: "Synthetic samples".to_owned(),
    }
}

fn series(uids: &UidSeed, number: u32, description: &str) -> SeriesContext {
    SeriesContext {
        series_uid: uids.uid(description),
        number,
        description: description.to_owned(),
        created: date(2026, 1, 2).at(9, 30, 0, 0),
    }
}

fn record() -> DoseRecord {
    DoseRecord {
        nuclide: "Y-90".to_owned(),
        half_life: TimeSpan::from_hours(64.1),
        dose_factor: DoseFactor::from_gy_kg_per_gbq(49.67),
        engine: "local".to_owned(),
        density: Some(Density::from_g_per_ml(1.05)),
        heterogeneity: Heterogeneity::Water,
        derivation: "Synthetic values.".to_owned(),
        site: Code::LIVER,
        sources: Vec::new(),
        structure_set: None,
        histograms: Vec::new(),
        word: DoseWord::Bits16,
    }
}

/// Turned by 20 degrees about z, then by 10 degrees about x; a negative
/// `climb` turns the third axis round.
fn oblique(climb: f64) -> Result<Grid, sirt_image::ImageError> {
    let (sin_z, cos_z) = 20.0_f64.to_radians().sin_cos();
    let (sin_x, cos_x) = 10.0_f64.to_radians().sin_cos();
    Grid::new(
        [23, 17, 11],
        [2.0, 2.5, 4.0],
        PatientPoint([-31.25, 12.5, 40.0]),
        [
            PatientVector([cos_z, cos_x * sin_z, sin_x * sin_z]),
            PatientVector([-sin_z, cos_x * cos_z, sin_x * cos_z]),
            PatientVector([0.0, -sin_x * climb, cos_x * climb]),
        ],
    )
}

/// CT, doses and segmentations with one marked voxel each.
fn write_markers(
    folder: &Path,
    name: &str,
    grid: &Grid,
    expected: &mut Vec<Value>,
) -> Result<(), Box<dyn Error>> {
    let uids = UidSeed::new(format!("write_samples {name}").as_bytes());
    let (study, frame) = (study(&uids), FrameOfReference(uids.uid("frame")));
    let folder_of = |part: &str| folder.join(name).join(part);
    std::fs::create_dir_all(folder_of("ct"))?;
    let mut expect = |file: &str, marker: [usize; 3], value: f64| {
        expected.push(json!({
            "path": format!("{name}/{file}"),
            "lps_mm": grid.to_patient(marker.map(|i| i as f64)).0,
            "value": value,
        }));
    };
    let with_marker = |marker: [usize; 3], background: f32, value: f32| {
        let mut values = vec![background; grid.voxel_count()];
        values[grid.linear(marker)] = value;
        values
    };

    let marker = [19, 4, 8];
    let ct = Volume::<Hounsfield>::new(
        grid.clone(),
        Some(frame.clone()),
        with_marker(marker, -50.0, 1234.0),
    )?;
    let ct = encode_ct_series(
        &study,
        &series(&uids, 1, "CT"),
        &ct,
        &CtRecord {
            acquired: date(2026, 1, 2).at(8, 5, 0, 0),
            peak_kilovoltage: Some(120.0),
            contrast_agent: None,
            convolution_kernel: None,
        },
    )?;
    ct.write_to(folder_of("ct"))?;
    expect("ct", marker, 1234.0);

    let marker = [3, 14, 2];
    let dose = Volume::<AbsorbedDose>::new(
        grid.clone(),
        Some(frame.clone()),
        with_marker(marker, 1.5, 321.0),
    )?;
    let mut dose_record = DoseRecord {
        sources: vec![ct.reference.clone()],
        ..record()
    };
    for (file, word) in [
        ("dose.dcm", DoseWord::Bits16),
        ("dose_32_bit.dcm", DoseWord::Bits32),
    ] {
        dose_record.word = word;
        let number = if word == DoseWord::Bits16 { 2 } else { 3 };
        let series = series(&uids, number, &format!("Absorbed dose {file}"));
        encode_absorbed_dose(&study, &series, &dose, &dose_record)?.write_to(folder_of(file))?;
        expect(file, marker, 321.0);
    }
    dose_record.word = DoseWord::Bits16;
    let bed = encode_bed(
        &study,
        &series(&uids, 4, "BED"),
        &dose.reinterpret(),
        &dose_record,
        &BedRecord {
            alpha_beta: AlphaBeta::from_gy(2.5),
            repair_half_time: TimeSpan::from_hours(2.5),
        },
    )?;
    bed.write_to(folder_of("bed.dcm"))?;
    expect("bed.dcm", marker, 321.0);

    let marker = [7, 2, 9];
    let single = WeightMask::from_box(grid.clone(), marker, [1; 3], vec![1.0])?;
    // Overlaps the marker and has weights on both sides of one half.
    let weights: Vec<f32> = (0..4 * 5 * 6).map(|at| (at % 11) as f32 / 10.0).collect();
    let block = WeightMask::from_box(grid.clone(), [5, 1, 4], [4, 5, 6], weights)?;
    let segment = |label: &str, mask, property: Code, colour| SegmentRecord {
        label: label.to_owned(),
        mask,
        category: Code::MORPHOLOGICALLY_ABNORMAL,
        property,
        region: Some(Code::LIVER),
        tracking: Some((label.to_owned(), uids.uid(label))),
        algorithm: None,
        colour: Some(colour),
    };
    let segments = [
        segment("marker", &single, Code::NEOPLASM, [255, 40, 40]),
        segment("block", &block, Code::METASTASIS, [40, 40, 255]),
    ];
    for (number, file, kind) in [
        (5, "seg_binary.dcm", SegmentationKind::Binary),
        (
            6,
            "seg_fractional.dcm",
            SegmentationKind::FractionalOccupancy,
        ),
    ] {
        encode_segmentation(
            &study,
            &series(&uids, number, file),
            &segments,
            &frame,
            kind,
            Some(&SegmentationSource {
                reference: &ct.reference,
                same_slices: true,
            }),
        )?
        .write_to(folder_of(file))?;
        expect(file, marker, 1.0);
    }
    Ok(())
}

/// A PET and a SPECT with one marked voxel each, and planar views.
fn write_emission(
    folder: &Path,
    name: &str,
    grid: &Grid,
    expected: &mut Vec<Value>,
) -> Result<(), Box<dyn Error>> {
    let uids = UidSeed::new(format!("write_samples {name}").as_bytes());
    let (study, frame) = (study(&uids), FrameOfReference(uids.uid("frame")));
    let folder_of = |part: &str| folder.join(name).join(part);
    std::fs::create_dir_all(folder_of("pet"))?;
    let marker = [4, 11, 7];
    let mut values: Vec<f32> = (0..grid.voxel_count())
        .map(|at| (grid.index(at)[2] * 100) as f32)
        .collect();
    values[grid.linear(marker)] = 123_456.0;
    let pet = Volume::<ActivityConcentration>::new(grid.clone(), Some(frame.clone()), values)?;
    let acquired = date(2026, 1, 3).at(0, 20, 0, 0);
    let pet_record = PetRecord {
        radiopharmaceutical: RadiopharmaceuticalRecord {
            name: "Y-90 microspheres".to_owned(),
            substance: Code::YTTRIUM_90_MICROSPHERES,
            nuclide: Code::YTTRIUM_90,
            half_life: TimeSpan::from_hours(64.1),
            positron_fraction: Some(3.19e-5),
            administered: Activity::from_gbq(1.5),
            administration_start: date(2026, 1, 2).at(10, 15, 0, 0),
            route: Code::INTRA_ARTERIAL,
        },
        decay_correction: DecayCorrection::Start,
        series_start: acquired,
        slices: vec![
            FrameTiming {
                acquisition_start: Some(acquired),
                frame_reference: Some(TimeSpan::from_minutes(10.0)),
                duration: Some(TimeSpan::from_minutes(20.0)),
                decay_factor: Some(1.001_803),
            };
            grid.size()[2]
        ],
        corrections: ["DECY", "ATTN", "SCAT", "RAN", "NORM"]
            .map(str::to_owned)
            .to_vec(),
        reconstruction: "none, synthetic".to_owned(),
        attenuation_correction: "none, synthetic".to_owned(),
        scatter_correction: "none, synthetic".to_owned(),
    };
    encode_pet_series(&study, &series(&uids, 7, "PET"), &pet, &pet_record)?
        .write_to(folder_of("pet"))?;
    let place = |marker: [usize; 3]| grid.to_patient(marker.map(|i| i as f64)).0;
    expected
        .push(json!({"path": format!("{name}/pet"), "lps_mm": place(marker), "value": 123_456.0}));

    let camera = GammaCameraRecord {
        radiopharmaceutical: RadiopharmaceuticalRecord {
            name: "Tc-99m MAA".to_owned(),
            substance: Code::TECHNETIUM_99M_MAA,
            nuclide: Code::TECHNETIUM_99M,
            half_life: TimeSpan::from_hours(6.0067),
            positron_fraction: None,
            administered: Activity::from_mbq(150.0),
            administration_start: date(2026, 1, 2).at(8, 0, 0, 0),
            route: Code::INTRA_ARTERIAL,
        },
        acquired: date(2026, 1, 2).at(8, 40, 0, 0),
        view_duration: TimeSpan::from_seconds(20.0),
        window_name: "Tc-99m".to_owned(),
        window: [Energy::from_kev(126.0), Energy::from_kev(154.0)],
        collimator: "LEHR".to_owned(),
    };
    let marker = [20, 3, 1];
    let mut values = vec![3.0; grid.voxel_count()];
    values[grid.linear(marker)] = 4321.0;
    let counts = Volume::<Counts>::new(grid.clone(), Some(frame), values)?;
    let tomogram = TomogramRecord {
        views: 60,
        scan_arc_degrees: 180.0,
        start_angle_degrees: 0.0,
        reconstruction: "none, synthetic".to_owned(),
    };
    encode_nm_tomogram(
        &study,
        &series(&uids, 8, "SPECT"),
        &counts,
        &camera,
        &tomogram,
    )?
    .write_to(folder_of("nm_tomogram.dcm"))?;
    expected.push(json!({
        "path": format!("{name}/nm_tomogram.dcm"), "lps_mm": place(marker), "value": 4321.0
    }));

    let view = |posterior: bool| PlanarView {
        counts: (0..32 * 48)
            .map(|at| {
                if posterior {
                    (at % 7) as f32
                } else {
                    (at % 5) as f32
                }
            })
            .collect(),
        posterior,
    };
    let planar = PlanarRecord {
        size: [32, 48],
        spacing_mm: [4.8, 4.8],
        views: vec![view(false), view(true)],
    };
    encode_nm_planar(&study, &series(&uids, 9, "Planar"), &planar, &camera)?
        .write_to(folder_of("nm_planar.dcm"))?;
    Ok(())
}

/// Centre, radius (mm), dose at the centre (Gy) and rise (Gy/mm) of the
/// sphere in a gradient.
const CENTRE: PatientPoint = PatientPoint([-60.0, 10.0, 200.0]);
const RADIUS_MM: f64 = 25.0;
const CENTRE_GY: f64 = 100.0;
const RISE_GY_PER_MM: f64 = 0.8;

/// An axial CT, a sphere as contours and a dose that rises with x.
fn write_gradient(folder: &Path) -> Result<(), Box<dyn Error>> {
    let uids = UidSeed::new(b"write_samples axial");
    let (study, frame) = (study(&uids), FrameOfReference(uids.uid("frame")));
    let folder = folder.join("axial");
    std::fs::create_dir_all(folder.join("ct"))?;
    let grid = Grid::axis_aligned(
        [80, 72, 32],
        [1.0, 1.0, 2.0],
        PatientPoint([-99.5, -25.5, 169.0]),
    )?;
    let ct = Volume::<Hounsfield>::new(
        grid.clone(),
        Some(frame.clone()),
        vec![40.0; grid.voxel_count()],
    )?;
    let ct = encode_ct_series(
        &study,
        &series(&uids, 1, "CT"),
        &ct,
        &CtRecord {
            acquired: date(2026, 1, 2).at(8, 5, 0, 0),
            peak_kilovoltage: Some(120.0),
            contrast_agent: Some("iodine".to_owned()),
            convolution_kernel: None,
        },
    )?;
    ct.write_to(folder.join("ct"))?;

    let contours = sphere_contours(&grid);
    let structure_set = encode_structure_set(
        &study,
        &series(&uids, 2, "Structures"),
        "SPHERE",
        &[RoiRecord {
            number: 7,
            name: "Sphere".to_owned(),
            contours: &contours,
            purpose: RoiPurpose::Tumour,
            code: Some(Code::NEOPLASM),
            colour: Some([255, 128, 0]),
            automatic: true,
        }],
        &frame,
        Some(&ct.reference),
    )?;
    structure_set.write_to(folder.join("structures.dcm"))?;

    let values = (0..grid.voxel_count())
        .map(|at| {
            let place = grid.to_patient(grid.index(at).map(|i| i as f64));
            (CENTRE_GY + RISE_GY_PER_MM * (place - CENTRE).0[0]) as f32
        })
        .collect();
    let dose = Volume::<AbsorbedDose>::new(grid, Some(frame), values)?;
    let dose_record = DoseRecord {
        sources: vec![ct.reference],
        structure_set: Some(structure_set.reference().clone()),
        histograms: vec![sphere_histogram()],
        ..record()
    };
    encode_absorbed_dose(&study, &series(&uids, 3, "Dose"), &dose, &dose_record)?
        .write_to(folder.join("dose.dcm"))?;
    Ok(())
}

/// Circles of the sphere on the planes of the grid's slices.
fn sphere_contours(grid: &Grid) -> Vec<Contour> {
    (0..grid.size()[2])
        .filter_map(|k| {
            let z = grid.to_patient([0.0, 0.0, k as f64]).0[2];
            let square = RADIUS_MM.powi(2) - (z - CENTRE.0[2]).powi(2);
            (square > 0.0).then(|| Contour {
                points: (0..180)
                    .map(|step| {
                        let (sin, cos) = (f64::from(step) * PI / 90.0).sin_cos();
                        let radius = square.sqrt();
                        PatientPoint([CENTRE.0[0] + radius * cos, CENTRE.0[1] + radius * sin, z])
                    })
                    .collect(),
            })
        })
        .collect()
}

/// The DVH of a sphere in a linear gradient: the part that receives at least
/// `D` is the cap beyond `x = (D - D0) / rise`, of volume `pi h^2 (3R - h) / 3`.
fn sphere_histogram() -> HistogramRecord {
    let span_gy = RISE_GY_PER_MM * RADIUS_MM;
    let bin_width_gy = 0.1;
    let bins = ((CENTRE_GY + span_gy) / bin_width_gy).ceil() as usize + 1;
    let cumulative = (0..bins)
        .map(|bin| {
            let beyond_mm = (bin as f64 * bin_width_gy - CENTRE_GY) / RISE_GY_PER_MM;
            let height = (RADIUS_MM - beyond_mm).clamp(0.0, 2.0 * RADIUS_MM);
            Capacity::from_mm3(PI * height.powi(2) * (3.0 * RADIUS_MM - height) / 3.0)
        })
        .collect();
    HistogramRecord {
        roi_number: 7,
        bin_width_gy,
        cumulative,
        minimum_gy: CENTRE_GY - span_gy,
        maximum_gy: CENTRE_GY + span_gy,
        mean_gy: CENTRE_GY,
    }
}
