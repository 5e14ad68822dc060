//! Written objects through our own reader: grid, values, facts, names.

use jiff::civil::date;
use sirt_dicom::{
    BedRecord, Code, DicomFile, DoseVolume, GammaCameraRecord, InstanceReference, PetRecord,
    RadiopharmaceuticalRecord, RoiPurpose, RoiRecord, SegmentRecord, SegmentationKind, Series,
    SourceReference, TomogramRecord, encode_absorbed_dose, encode_bed, encode_nm_tomogram,
    encode_pet_series, encode_segmentation, encode_structure_set, read_activity, read_dose,
    read_structures, scan_bytes,
};
use sirt_image::{
    ContourStack, Counts, DecayCorrection, FrameTiming, Outline, PixelUnits, Volume, VoxelQuantity,
    WeightMask,
};
use sirt_quantity::{Activity, ActivityConcentration, AlphaBeta, Energy, TimeSpan};

use super::{dose, frame, oblique, record, series, study};

fn scanned(files: &[DicomFile]) -> Series {
    let files = files
        .iter()
        .enumerate()
        .map(|(at, file)| (format!("{at}.dcm"), file.to_bytes().unwrap()))
        .collect();
    let mut catalogue = scan_bytes(files);
    assert!(catalogue.skipped.is_empty());
    assert_eq!(catalogue.series.len(), 1);
    catalogue.series.remove(0)
}

/// Every voxel of `expected` is found at its place in `found`.
fn assert_same_places<Q: VoxelQuantity, R: VoxelQuantity>(
    found: &Volume<Q>,
    expected: &Volume<R>,
    tolerance: f64,
) {
    assert_eq!(found.frame_of_reference(), expected.frame_of_reference());
    for (at, wanted) in expected.values().iter().enumerate() {
        let index = expected.grid().index(at).map(|i| i as f64);
        let there = found.grid().to_index(expected.grid().to_patient(index));
        let nearest = there.map(|i| i.round() as usize);
        let apart = (0..3).map(|axis| (there[axis] - nearest[axis] as f64).abs());
        // Decimal strings have at least 13 digits.
        assert!(apart.fold(0.0, f64::max) < 1e-6);
        let value = found.get(nearest).unwrap();
        assert!(
            f64::from((value - wanted).abs()) <= tolerance,
            "{value} for {wanted}"
        );
    }
}

#[test]
fn doses_come_back_with_their_kind() {
    for climb in [1.0, -1.0] {
        let dose = dose(&oblique(climb));
        // Half a step of 16 bits of 200 Gy, and f32 rounding.
        let tolerance = 200.0 / 65_535.0 * 0.51;
        let file = encode_absorbed_dose(&study(), &series("dose"), &dose, &record()).unwrap();
        let read = read_dose(&scanned(&[file])).unwrap();
        let Some(DoseVolume::Physical(found)) = read.volume else {
            panic!("a physical dose came back as {:?}", read.volume);
        };
        assert_same_places(&found, &dose, tolerance);

        let bed = BedRecord {
            alpha_beta: AlphaBeta::from_gy(10.0),
            repair_half_time: TimeSpan::from_hours(1.5),
        };
        let file = encode_bed(
            &study(),
            &series("bed"),
            &dose.clone().reinterpret(),
            &record(),
            &bed,
        )
        .unwrap();
        let read = read_dose(&scanned(&[file])).unwrap();
        let Some(DoseVolume::Effective(found)) = read.volume else {
            panic!("an effective dose came back as {:?}", read.volume);
        };
        assert_same_places(&found, &dose, tolerance);
    }
}

#[test]
fn segments_come_back_overlapping_and_fractional() {
    let grid = oblique(-1.0);
    let graded: Vec<f32> = (0..grid.voxel_count())
        .map(|at| (at % 6) as f32 / 5.0)
        .collect();
    let graded = WeightMask::from_weights(grid.clone(), &graded).unwrap();
    let block = WeightMask::from_box(grid.clone(), [1, 2, 0], [3, 4, 2], vec![1.0; 24]).unwrap();
    let segment = |label: &str, mask, tracking: &str| SegmentRecord {
        label: label.to_owned(),
        mask,
        category: Code::ANATOMICAL_STRUCTURE,
        property: Code::LIVER,
        region: None,
        tracking: Some((label.to_owned(), tracking.to_owned())),
        algorithm: Some("test".to_owned()),
        colour: Some([10, 200, 30]),
    };
    let segments = [
        segment("Graded", &graded, "2.25.11"),
        segment("Block", &block, "2.25.12"),
    ];
    for (kind, tolerance) in [
        // Half of 1/255.
        (SegmentationKind::FractionalOccupancy, 0.5 / 255.0 + 1e-6),
        (SegmentationKind::Binary, 0.0),
    ] {
        let file =
            encode_segmentation(&study(), &series("seg"), &segments, &frame(), kind, None).unwrap();
        let read = read_structures(&scanned(&[file])).unwrap();
        for (found, expected) in read.structures.iter().zip(&segments) {
            assert_eq!(found.name, expected.label);
            assert_eq!(
                found.tracking_uid.as_deref(),
                expected.tracking.as_ref().map(|(_, uid)| uid.as_str())
            );
            assert_eq!(found.frame_of_reference, Some(frame()));
            let Outline::Mask(mask) = &found.outline else {
                panic!("a segment came back as contours");
            };
            for at in 0..grid.voxel_count() {
                let index = grid.index(at);
                let place = grid.to_patient(index.map(|i| i as f64));
                let there = mask.grid().to_index(place).map(|i| i.round());
                // The reader's grid may hold only the planes that are stored.
                let weight = if there.iter().all(|i| *i >= 0.0) {
                    mask.weight(there.map(|i| i as usize))
                } else {
                    0.0
                };
                let mut wanted = expected.mask.weight(index);
                if kind == SegmentationKind::Binary {
                    wanted = f32::from(wanted >= 0.5);
                }
                assert!(
                    (weight - wanted).abs() <= tolerance as f32,
                    "{weight} for {wanted} at {index:?} of {}",
                    found.name
                );
            }
        }
        assert_eq!(read.structures.len(), 2);
    }
}

#[test]
fn contours_of_a_mask_come_back() {
    let grid = oblique(1.0);
    let mask = WeightMask::from_box(grid, [1, 2, 0], [3, 4, 3], vec![1.0; 36]).unwrap();
    let contours = sirt_image::mask_contours(&mask).unwrap();
    let source = SourceReference {
        study_uid: study().study_uid,
        series_uid: "2.25.5".to_owned(),
        instances: vec![InstanceReference {
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.2".to_owned(),
            sop_instance_uid: "2.25.6".to_owned(),
            position: None,
        }],
    };
    let roi = RoiRecord {
        number: 9,
        name: "Block".to_owned(),
        contours: &contours,
        purpose: RoiPurpose::Tumour,
        code: Some(Code::NEOPLASM),
        colour: Some([1, 2, 3]),
        automatic: true,
    };
    let rois = std::slice::from_ref(&roi);
    let file = encode_structure_set(
        &study(),
        &series("structures"),
        "TEST",
        rois,
        &frame(),
        Some(&source),
    )
    .unwrap();
    let read = read_structures(&scanned(&[file])).unwrap();
    let found = &read.structures[0];
    assert_eq!((found.name.as_str(), found.number), ("Block", 9));
    assert_eq!(found.colour, Some([1, 2, 3]));
    let Outline::Contours(stack) = &found.outline else {
        panic!("contours came back as a mask");
    };
    assert_eq!(stack.contours().len(), contours.len());
    for (found, expected) in stack.contours().iter().zip(&contours) {
        assert_eq!(found.points.len(), expected.points.len());
        for (a, b) in found.points.iter().zip(&expected.points) {
            // Corners are printed to 1e-4 mm on each axis.
            assert!((*a - *b).length() < 1e-4);
        }
    }
    // Where the line runs is `mask_contours`' to choose: what was written comes
    // back, and it holds the mask's 36 voxels to the hundredth that is promised.
    let volume = |stack: &ContourStack| stack.capacity().as_ml();
    let written = volume(&ContourStack::new(contours).unwrap());
    assert!((volume(stack) / written - 1.0).abs() < 1e-4);
    let expected_ml = 36.0 * 2.0 * 3.0 * 4.5 / 1000.0;
    assert!((volume(stack) / expected_ml - 1.0).abs() < 0.01);
}

fn tracer() -> RadiopharmaceuticalRecord {
    RadiopharmaceuticalRecord {
        name: "Y-90 microspheres".to_owned(),
        substance: Code::YTTRIUM_90_MICROSPHERES,
        nuclide: Code::YTTRIUM_90,
        half_life: TimeSpan::from_hours(64.1),
        positron_fraction: Some(3.19e-5),
        administered: Activity::from_gbq(1.5),
        administration_start: date(2026, 1, 2).at(22, 15, 0, 0),
        route: Code::INTRA_ARTERIAL,
    }
}

#[test]
fn a_pet_comes_back_with_its_facts_past_midnight() {
    let grid = oblique(-1.0);
    let mut values: Vec<f32> = (0..grid.voxel_count())
        .map(|at| at as f32 * 777.7)
        .collect();
    // One slice without activity.
    values[..35].fill(0.0);
    let largest = 777.7 * 104.0;
    let pet = Volume::<ActivityConcentration>::new(grid, Some(frame()), values).unwrap();
    let start = date(2026, 1, 3).at(0, 20, 0, 0);
    let slices: Vec<FrameTiming> = [5.0, 15.0, 25.0]
        .into_iter()
        .map(|minutes| FrameTiming {
            acquisition_start: Some(start),
            frame_reference: Some(TimeSpan::from_minutes(minutes)),
            duration: Some(TimeSpan::from_minutes(10.0)),
            decay_factor: Some(1.0 + minutes / 5000.0),
        })
        .collect();
    let record = PetRecord {
        radiopharmaceutical: tracer(),
        decay_correction: DecayCorrection::Start,
        series_start: start,
        slices: slices.clone(),
        corrections: vec!["DECY".to_owned(), "ATTN".to_owned()],
        reconstruction: "none".to_owned(),
        attenuation_correction: "none".to_owned(),
        scatter_correction: "none".to_owned(),
    };
    let written = encode_pet_series(&study(), &series("pet"), &pet, &record).unwrap();
    let (found, facts) = read_activity(&scanned(&written.files)).unwrap();
    // Half a step of 16 bits and f32 rounding of the largest value.
    assert_same_places(&found, &pet, largest * (0.5 / 65_535.0 + 2e-7));

    assert_eq!(facts.units.unwrap().value, PixelUnits::BecquerelPerMl);
    assert_eq!(
        facts.decay_correction.unwrap().value,
        DecayCorrection::Start
    );
    assert!((facts.half_life.unwrap().value.as_hours() - 64.1).abs() < 1e-9);
    assert!((facts.administered.unwrap().value.as_gbq() - 1.5).abs() < 1e-12);
    assert!((facts.positron_fraction.unwrap().value - 3.19e-5).abs() < 1e-15);
    assert_eq!(
        facts.administration_start.unwrap().value,
        sirt_image::InstantOf::DateTime(tracer().administration_start)
    );
    // Slices of the reader follow its own grid: match them by place.
    for (k, expected) in slices.iter().enumerate() {
        let place = pet.grid().to_patient([0.0, 0.0, k as f64]);
        let there = found.grid().to_index(place)[2].round() as usize;
        let timing = &facts.frames[there];
        assert_eq!(timing.acquisition_start, expected.acquisition_start);
        let reference = |timing: &FrameTiming| timing.frame_reference.unwrap().as_seconds();
        assert!((reference(timing) - reference(expected)).abs() < 1e-6);
        let factor = |timing: &FrameTiming| timing.decay_factor.unwrap();
        assert!((factor(timing) - factor(expected)).abs() < 1e-12);
    }
}

#[test]
fn a_tomogram_comes_back_in_its_place_with_its_activity() {
    for climb in [1.0, -1.0] {
        let grid = oblique(climb);
        let values = (0..grid.voxel_count()).map(|at| at as f32).collect();
        let counts = Volume::<Counts>::new(grid, Some(frame()), values).unwrap();
        let camera = GammaCameraRecord {
            radiopharmaceutical: RadiopharmaceuticalRecord {
                administered: Activity::from_mbq(150.0),
                ..tracer()
            },
            acquired: date(2026, 1, 3).at(0, 40, 0, 0),
            view_duration: TimeSpan::from_seconds(20.0),
            window_name: "window".to_owned(),
            window: [Energy::from_kev(75.0), Energy::from_kev(225.0)],
            collimator: "HEGP".to_owned(),
        };
        let tomogram = TomogramRecord {
            views: 60,
            scan_arc_degrees: 180.0,
            start_angle_degrees: 0.0,
            reconstruction: "none".to_owned(),
        };
        let file = encode_nm_tomogram(&study(), &series("nm"), &counts, &camera, &tomogram);
        let (found, facts) = read_activity(&scanned(&[file.unwrap()])).unwrap();
        assert_same_places(&found, &counts, 0.0);
        // NM tells MBq where PET tells Bq.
        assert!((facts.administered.unwrap().value.as_mbq() - 150.0).abs() < 1e-9);
    }
}
