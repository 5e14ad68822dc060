//! What is written, read back: places, values, names and refusals.

mod round_trip;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{FileDicomObject, InMemDicomObject};
use jiff::civil::date;
use sirt_dicom::{
    BedRecord, Code, CtRecord, DicomError, DicomFile, DoseRecord, DoseSumRecord, DoseWord,
    Heterogeneity, HistogramRecord, InstanceReference, SegmentRecord, SegmentationKind,
    SeriesContext, StudyContext, UidSeed, encode_absorbed_dose, encode_bed, encode_ct_series,
    encode_dose_sum, encode_segmentation, read_ct, scan_bytes,
};
use sirt_image::{
    FrameOfReference, Grid, Hounsfield, PatientPoint, PatientVector, Volume, WeightMask,
};
use sirt_quantity::{AbsorbedDose, AlphaBeta, Capacity, DoseFactor, TimeSpan};

type Object = FileDicomObject<InMemDicomObject>;

fn study() -> StudyContext {
    StudyContext {
        patient_name: "Test^Synthetic".to_owned(),
        patient_id: "T-1".to_owned(),
        study_uid: UidSeed::new(b"test").uid("study"),
        ..StudyContext::default()
    }
}

fn series(name: &str) -> SeriesContext {
    SeriesContext {
        series_uid: UidSeed::new(b"test").uid(name),
        number: 1,
        description: name.to_owned(),
        created: date(2026, 1, 2).at(3, 4, 5, 0),
    }
}

fn frame() -> FrameOfReference {
    FrameOfReference(UidSeed::new(b"test").uid("frame"))
}

fn record() -> DoseRecord {
    DoseRecord {
        nuclide: "Y-90".to_owned(),
        half_life: TimeSpan::from_hours(64.1),
        dose_factor: DoseFactor::from_gy_kg_per_gbq(49.67),
        engine: "kernel".to_owned(),
        density: None,
        heterogeneity: Heterogeneity::Image,
        derivation: String::new(),
        site: Code::LIVER,
        sources: Vec::new(),
        structure_set: None,
        histograms: Vec::new(),
        word: DoseWord::Bits16,
    }
}

/// Turned by 0.4 rad about z; `climb` -1 makes it left-handed.
fn oblique(climb: f64) -> Grid {
    let (sin, cos) = 0.4_f64.sin_cos();
    Grid::new(
        [5, 7, 3],
        [2.0, 3.0, 4.5],
        PatientPoint([-10.0, 20.0, 30.0]),
        [
            PatientVector([cos, sin, 0.0]),
            PatientVector([-sin, cos, 0.0]),
            PatientVector([0.0, 0.0, climb]),
        ],
    )
    .unwrap()
}

/// A dose whose every voxel differs, 0 to 200 Gy.
fn dose(grid: &Grid) -> Volume<AbsorbedDose> {
    let last = (grid.voxel_count() - 1) as f32;
    let values = (0..grid.voxel_count())
        .map(|at| 200.0 * at as f32 / last)
        .collect();
    Volume::new(grid.clone(), Some(frame()), values).unwrap()
}

fn parse(file: &DicomFile) -> Object {
    let bytes = file.to_bytes().unwrap();
    dicom_object::from_reader(&bytes[128..]).unwrap()
}

fn numbers(object: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    object.element(tag).unwrap().to_multi_float64().unwrap()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    object
        .element(tag)
        .unwrap()
        .to_str()
        .unwrap()
        .trim_end()
        .to_owned()
}

/// Place of a voxel from the attributes of a dose alone.
fn place(object: &Object, [i, j, k]: [usize; 3]) -> PatientPoint {
    let vector = |values: &[f64]| PatientVector([values[0], values[1], values[2]]);
    let position = numbers(object, tags::IMAGE_POSITION_PATIENT);
    let orientation = numbers(object, tags::IMAGE_ORIENTATION_PATIENT);
    let spacing = numbers(object, tags::PIXEL_SPACING);
    let offset = numbers(object, tags::GRID_FRAME_OFFSET_VECTOR)[k];
    let (row, column) = (vector(&orientation[..3]), vector(&orientation[3..]));
    PatientPoint([position[0], position[1], position[2]])
        + row * (spacing[1] * i as f64)
        + column * (spacing[0] * j as f64)
        + row.cross(column) * offset
}

/// Every stored dose stands where the volume has it, to half a step.
fn assert_same_dose(object: &Object, expected: &Volume<AbsorbedDose>, levels: f64) {
    let scaling = numbers(object, tags::DOSE_GRID_SCALING)[0];
    let bytes = object
        .element(tags::PIXEL_DATA)
        .unwrap()
        .to_bytes()
        .unwrap();
    let size = expected.grid().size();
    let width = bytes.len() / expected.grid().voxel_count();
    for (at, stored) in bytes.chunks_exact(width).enumerate() {
        let stored = stored
            .iter()
            .rev()
            .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        let written = [
            at % size[0],
            (at / size[0]) % size[1],
            at / (size[0] * size[1]),
        ];
        let index = expected
            .grid()
            .to_index(place(object, written))
            .map(|i| i.round() as usize);
        let wanted = f64::from(expected.get(index).unwrap());
        // Half a step, and the half unit in the last place of an f32.
        let tolerance = 200.0 / levels * 0.501 + 200.0 * 6e-8;
        assert!((stored as f64 * scaling - wanted).abs() <= tolerance);
        let back = expected.grid().to_patient(index.map(|i| i as f64));
        // Decimal strings have at least 13 digits.
        assert!((back - place(object, written)).length() < 1e-9);
    }
}

#[test]
fn a_dose_stands_where_it_was_on_either_hand() {
    for climb in [1.0, -1.0] {
        let dose = dose(&oblique(climb));
        for (word, levels) in [
            (DoseWord::Bits16, 65_535.0),
            (DoseWord::Bits32, 4_294_967_295.0),
        ] {
            let record = DoseRecord { word, ..record() };
            let file = encode_absorbed_dose(&study(), &series("dose"), &dose, &record).unwrap();
            assert_same_dose(&parse(&file), &dose, levels);
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_another_dose_another_name() {
    let write = |dose: &Volume<AbsorbedDose>| {
        encode_absorbed_dose(&study(), &series("dose"), dose, &record()).unwrap()
    };
    let first = dose(&oblique(1.0));
    let mut second = first.clone();
    second.values_mut()[3] += 1.0;
    let bytes = write(&first).to_bytes().unwrap();
    assert_eq!(bytes, write(&first).to_bytes().unwrap());
    assert_ne!(
        write(&first).reference().sop_instance_uid,
        write(&second).reference().sop_instance_uid
    );
}

#[test]
fn a_dose_says_how_it_was_made() {
    let dose = dose(&oblique(1.0));
    let physical = encode_absorbed_dose(&study(), &series("dose"), &dose, &record()).unwrap();
    let physical = parse(&physical);
    assert_eq!(text(&physical, tags::DOSE_TYPE), "PHYSICAL");
    assert_eq!(
        text(&physical, tags::DOSE_COMMENT),
        "Y-90 kernel k=49.670 T=64.1h rho=CT"
    );
    let bed = BedRecord {
        alpha_beta: AlphaBeta::from_gy(2.5),
        repair_half_time: TimeSpan::from_hours(1.5),
    };
    let effective = encode_bed(
        &study(),
        &series("bed"),
        &dose.reinterpret(),
        &record(),
        &bed,
    )
    .unwrap();
    let effective = parse(&effective);
    assert_eq!(text(&effective, tags::DOSE_TYPE), "EFFECTIVE");
    assert_eq!(
        text(&effective, tags::DOSE_COMMENT),
        "Y-90 kernel BED a/b=2.5Gy Trep=1.5h k=49.670 T=64.1h rho=CT"
    );
}

#[test]
fn a_sum_describes_each_of_its_treatments() {
    let dose = dose(&oblique(1.0));
    let record = |days: &[f64]| DoseSumRecord {
        begins: days.iter().map(|day| TimeSpan::from_days(*day)).collect(),
        derivation: "test".to_owned(),
        site: Code::LIVER,
        sources: Vec::new(),
        word: DoseWord::Bits16,
    };
    let sum = |days: &[f64]| encode_dose_sum(&study(), &series("sum"), &dose, &record(days));
    let object = parse(&sum(&[0.0, 42.0]).unwrap());
    assert_eq!(text(&object, tags::DOSE_TYPE), "PHYSICAL");
    assert_eq!(text(&object, tags::DOSE_SUMMATION_TYPE), "PLAN_OVERVIEW");
    assert_eq!(text(&object, tags::DOSE_COMMENT), "sum of 2 treatments");
    assert_eq!(
        text(&object, tags::DERIVATION_DESCRIPTION),
        "Absorbed dose, sum of 2 treatments begun at 0 h, 1008 h. test"
    );
    let plans = object.element(tags::PLAN_OVERVIEW_SEQUENCE).unwrap();
    let labels: Vec<_> = plans
        .items()
        .unwrap()
        .iter()
        .map(|item| {
            let label = item.element(tags::RT_PLAN_LABEL).unwrap();
            label.to_str().unwrap().trim().to_owned()
        })
        .collect();
    assert_eq!(labels, ["SIRT 1", "SIRT 2"]);
    let refused = sum(&[0.0]).unwrap_err().to_string();
    assert!(refused.contains("at least 2"), "{refused}");
}

#[test]
fn a_histogram_of_many_bins_survives() {
    // 20 000 bins are 220 kB of decimal string; explicit VR would cut at 64 kB.
    let bins = 20_000;
    let record = DoseRecord {
        structure_set: Some(InstanceReference {
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.481.3".to_owned(),
            sop_instance_uid: "2.25.1".to_owned(),
            position: None,
        }),
        histograms: vec![HistogramRecord {
            roi_number: 4,
            bin_width_gy: 0.01,
            cumulative: (0..bins)
                .map(|bin| Capacity::from_ml(f64::from(bins - bin) / 16.0))
                .collect(),
            minimum_gy: 0.0,
            maximum_gy: 200.0,
            mean_gy: 100.0,
        }],
        ..record()
    };
    let file =
        encode_absorbed_dose(&study(), &series("dose"), &dose(&oblique(1.0)), &record).unwrap();
    let object = parse(&file);
    let items = object.element(tags::DVH_SEQUENCE).unwrap().items().unwrap();
    let pairs = numbers(&items[0], tags::DVH_DATA);
    assert_eq!(pairs.len(), 40_000);
    assert!((pairs[1] - 1250.0).abs() < 1e-9 && (pairs[39_999] - 1.0 / 16.0).abs() < 1e-9);
}

#[test]
fn a_binary_segmentation_packs_bits_over_frames_without_padding() {
    let grid = oblique(-1.0);
    // 5 x 7 voxels: no frame ends at a byte.
    let weights: Vec<f32> = (0..grid.voxel_count())
        .map(|at| (at % 3) as f32 / 2.0)
        .collect();
    let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
    let segment = SegmentRecord {
        label: "Liver".to_owned(),
        mask: &mask,
        category: Code::ANATOMICAL_STRUCTURE,
        property: Code::LIVER,
        region: None,
        tracking: None,
        algorithm: None,
        colour: None,
    };
    let write = |kind| {
        let segments = std::slice::from_ref(&segment);
        parse(
            &encode_segmentation(&study(), &series("seg"), segments, &frame(), kind, None).unwrap(),
        )
    };
    let plane = 35;
    let slice_of = |frame: usize| 2 - frame;
    let binary = write(SegmentationKind::Binary);
    let bits = binary
        .element(tags::PIXEL_DATA)
        .unwrap()
        .to_bytes()
        .unwrap();
    // 105 bits are 14 bytes.
    assert_eq!(bits.len(), 14);
    let fractional = write(SegmentationKind::FractionalOccupancy);
    let bytes = fractional
        .element(tags::PIXEL_DATA)
        .unwrap()
        .to_bytes()
        .unwrap();
    for at in 0..grid.voxel_count() {
        let weight = weights[at % plane + plane * slice_of(at / plane)];
        let bit = bits[at / 8] >> (at % 8) & 1;
        assert_eq!(bit == 1, weight >= 0.5, "voxel {at}");
        assert_eq!(bytes[at], (weight * 255.0).round() as u8, "voxel {at}");
    }
}

#[test]
fn a_ct_comes_back_on_its_grid() {
    let grid = oblique(1.0);
    let values: Vec<f32> = (0..grid.voxel_count())
        .map(|at| at as f32 * 7.0 - 1000.0)
        .collect();
    let ct = Volume::<Hounsfield>::new(grid, Some(frame()), values).unwrap();
    let acquired = CtRecord {
        acquired: date(2026, 1, 2).at(3, 0, 0, 0),
        peak_kilovoltage: None,
        contrast_agent: None,
        convolution_kernel: None,
    };
    let written = encode_ct_series(&study(), &series("ct"), &ct, &acquired).unwrap();
    let files = written
        .files
        .iter()
        .enumerate()
        .map(|(at, file)| (format!("{at}.dcm"), file.to_bytes().unwrap()))
        .collect();
    let catalogue = scan_bytes(files);
    let back = read_ct(&catalogue.series[0]).unwrap();
    assert!(back.grid().matches(ct.grid(), 1e-6));
    assert_eq!(back.values(), ct.values());
    assert_eq!(back.frame_of_reference(), ct.frame_of_reference());
}

fn refusal(result: Result<DicomFile, DicomError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn what_dicom_cannot_hold_is_refused_with_the_reason() {
    let dose = dose(&oblique(1.0));
    let write = |dose: &Volume<AbsorbedDose>, record: &DoseRecord| {
        encode_absorbed_dose(&study(), &series("dose"), dose, record)
    };

    let nowhere = dose.clone().with_frame_of_reference(None);
    assert!(refusal(write(&nowhere, &record())).contains("no frame of reference"));

    let mut negative = dose.clone();
    negative.values_mut()[9] = -0.5;
    assert_eq!(
        refusal(write(&negative, &record())),
        "dose cannot be written: value -0.5 Gy of voxel [4, 1, 0] is not a finite dose from 0"
    );

    let no_set = DoseRecord {
        histograms: vec![HistogramRecord {
            roi_number: 1,
            bin_width_gy: 1.0,
            cumulative: vec![Capacity::from_ml(1.0)],
            minimum_gy: 0.0,
            maximum_gy: 1.0,
            mean_gy: 0.5,
        }],
        ..record()
    };
    assert!(refusal(write(&dose, &no_set)).contains("need the structure set"));

    let long = StudyContext {
        patient_id: "7".repeat(65),
        ..study()
    };
    let refused = refusal(encode_absorbed_dose(
        &long,
        &series("dose"),
        &dose,
        &record(),
    ));
    assert!(refused.contains("PatientID has 65 characters") && !refused.contains("77"));
}

#[test]
fn a_dose_comment_that_is_too_long_drops_parts_and_the_derivation_keeps_them() {
    let record = DoseRecord {
        engine: "an engine whose name fills most of a comment".to_owned(),
        ..record()
    };
    let file =
        encode_absorbed_dose(&study(), &series("dose"), &dose(&oblique(1.0)), &record).unwrap();
    let object = parse(&file);
    let comment = text(&object, tags::DOSE_COMMENT);
    assert!(comment.len() <= 64 && comment.contains("k=49.670") && !comment.contains("rho"));
    assert!(text(&object, tags::DERIVATION_DESCRIPTION).contains("density from CT"));
}
