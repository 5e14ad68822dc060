//! Objects as other programs write them: enhanced images, label maps,
//! fragments, unknown value representations, copies that differ.

use dicom_core::value::PixelFragmentSequence;

use super::*;
use sirt_image::{DecayCorrection, PixelUnits};

/// Real-world value mapping with a UCUM unit.
fn mapping(unit: &str, slope: f64) -> Object {
    let mut object = Object::new_empty();
    put(&mut object, tags::REAL_WORLD_VALUE_SLOPE, VR::FD, slope);
    put(&mut object, tags::REAL_WORLD_VALUE_INTERCEPT, VR::FD, 0.0);
    sequence(
        &mut object,
        tags::MEASUREMENT_UNITS_CODE_SEQUENCE,
        vec![item(&[
            (tags::CODE_VALUE, VR::SH, unit),
            (tags::CODING_SCHEME_DESIGNATOR, VR::SH, "UCUM"),
            (tags::CODE_MEANING, VR::LO, unit),
        ])],
    );
    object
}

/// Functional groups of a frame at `z` with its own rescale values.
fn frame(z: f64, slope: f64, unit: &str) -> Object {
    let mut groups = frame_at(z);
    let slope = slope.to_string();
    for (tag, elements) in [
        (
            tags::FRAME_CONTENT_SEQUENCE,
            vec![(
                tags::FRAME_ACQUISITION_DATE_TIME,
                VR::DT,
                if z > 0.0 {
                    "20260302000500"
                } else {
                    "20260301235000"
                },
            )],
        ),
        (
            tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE,
            vec![
                (tags::RESCALE_SLOPE, VR::DS, slope.as_str()),
                (tags::RESCALE_INTERCEPT, VR::DS, "0"),
                (tags::RESCALE_TYPE, VR::LO, unit),
            ],
        ),
    ] {
        sequence(&mut groups, tag, vec![item(&elements)]);
    }
    groups
}

fn measures(spacing: &str) -> [(Tag, VR, &str); 2] {
    [
        (tags::PIXEL_SPACING, VR::DS, spacing),
        (tags::SLICE_THICKNESS, VR::DS, "3"),
    ]
}

/// Two frames, the upper one first.
fn enhanced(class: &str, modality: &str, frames: Vec<Object>) -> Object {
    let mut object = image(class, modality, "1.1.8.1", 0);
    object.remove_element(tags::PIXEL_SPACING);
    object.remove_element(tags::IMAGE_ORIENTATION_PATIENT);
    put(&mut object, tags::NUMBER_OF_FRAMES, VR::IS, "2");
    share_groups(&mut object, &measures("2\\1.5"));
    sequence(
        &mut object,
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        frames,
    );
    pixels(&mut object, 0..12);
    object
}

/// Enhanced PET with a mapping to SUV before the one to Bq/mL.
fn enhanced_pet(class: &str, dose: &str) -> Object {
    let frames = [(3.0, 20.0), (0.0, 10.0)].map(|(z, slope)| {
        let mut groups = frame(z, 1.0, "US");
        sequence(
            &mut groups,
            tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE,
            vec![mapping("g/ml{SUVbw}", 0.1), mapping("Bq/ml", slope)],
        );
        groups
    });
    let mut object = enhanced(class, "PT", frames.into());
    put(&mut object, tags::DECAY_CORRECTED, VR::CS, "YES");
    put(
        &mut object,
        tags::DECAY_CORRECTION_DATE_TIME,
        VR::DT,
        "20260301120000",
    );
    sequence(
        &mut object,
        tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE,
        vec![item(&[(tags::RADIONUCLIDE_TOTAL_DOSE, VR::DS, dose)])],
    );
    object
}

#[test]
fn enhanced_pet_has_a_scale_for_each_frame_and_a_dose_in_mbq() {
    let object = enhanced_pet(uids::ENHANCED_PET_IMAGE_STORAGE, "1400");
    let (volume, acquisition) = read_activity(&one_series(&[object])).unwrap();
    assert_eq!(volume.grid().size(), [3, 2, 2]);
    let far = volume.grid().to_patient([1.0, 1.0, 1.0]);
    assert!((far - PatientPoint([1.5, 2.0, 3.0])).length() < 1e-9);
    // The second frame is the lower slice: stored 6, 10 Bq/mL each.
    assert_eq!(volume.get([0, 0, 0]), Some(60.0));
    assert_eq!(volume.get([1, 0, 1]), Some(20.0));
    assert_eq!(
        acquisition.units.unwrap().value,
        PixelUnits::BecquerelPerMl,
        "Bq/mL goes before SUV"
    );
    // PS3.3 C.8.22.4: MBq, where PET slices have Bq (C.8.9.2).
    assert!((acquisition.administered.unwrap().value.as_mbq() - 1400.0).abs() < 1e-9);
    assert_eq!(
        acquisition.decay_reference.unwrap().value,
        date(2026, 3, 1).at(12, 0, 0, 0)
    );
    let starts: Vec<_> = acquisition
        .frames
        .iter()
        .map(|frame| frame.acquisition_start.unwrap().date())
        .collect();
    assert_eq!(starts, [date(2026, 3, 1), date(2026, 3, 2)]);
}

#[test]
fn converted_pet_keeps_becquerel_and_the_mapping_names_the_unit() {
    let class = uids::LEGACY_CONVERTED_ENHANCED_PET_IMAGE_STORAGE;
    let mut object = enhanced_pet(class, "1.4e9");
    put(&mut object, tags::UNITS, VR::CS, "CNTS");
    let series = one_series(&[object]);
    let (volume, acquisition) = read_activity(&series).unwrap();
    assert_eq!(volume.get([0, 0, 0]), Some(60.0));
    assert_eq!(acquisition.units.unwrap().value, PixelUnits::BecquerelPerMl);
    assert!((acquisition.administered.unwrap().value.as_mbq() - 1400.0).abs() < 1e-9);
    assert!(series.is_usable(), "{:?}", series.findings);
}

#[test]
fn the_administered_activity_needs_a_class_that_tells_its_unit() {
    let of = |class: Option<&str>| {
        let mut object = enhanced_pet(uids::ENHANCED_PET_IMAGE_STORAGE, "1.4e9");
        object.remove_element(tags::SOP_CLASS_UID);
        let mut bytes = Vec::new();
        match class {
            Some(class) => object
                .with_meta(
                    FileMetaTableBuilder::new()
                        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
                        .media_storage_sop_class_uid(class),
                )
                .unwrap()
                .write_all(&mut bytes)
                .unwrap(),
            None => object
                .write_dataset_with_ts(
                    &mut bytes,
                    &dicom_transfer_syntax_registry::entries::EXPLICIT_VR_LITTLE_ENDIAN.erased(),
                )
                .unwrap(),
        }
        first_series(bytes)
    };
    // The class may stand in the file meta alone.
    let converted = of(Some(uids::LEGACY_CONVERTED_ENHANCED_PET_IMAGE_STORAGE));
    let (_, acquisition) = read_activity(&converted).unwrap();
    assert!((acquisition.administered.unwrap().value.as_mbq() - 1400.0).abs() < 1e-9);
    let unnamed = of(None);
    let (_, acquisition) = read_activity(&unnamed).unwrap();
    assert!(acquisition.administered.is_none());
    finds(&unnamed, Severity::Weakens, "(0018,1074)", "Bq or MBq");
}

#[test]
fn a_unit_is_that_of_the_mapping_that_was_applied() {
    let frames = |of: [Vec<Object>; 2]| {
        let tag = tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE;
        let mut object = enhanced_pet(uids::ENHANCED_PET_IMAGE_STORAGE, "1400");
        let mut frames = object.get(tag).unwrap().items().unwrap().to_vec();
        for (groups, mappings) in frames.iter_mut().zip(of) {
            sequence(groups, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE, mappings);
        }
        sequence(&mut object, tag, frames);
        read_activity(&one_series(&[object]))
    };
    // A table of values instead of a slope is not applied.
    let table = || {
        let mut table = mapping("Bq/ml", 5.0);
        table.remove_element(tags::REAL_WORLD_VALUE_SLOPE);
        vec![table]
    };
    let (volume, acquisition) = frames([table(), table()]).unwrap();
    assert_eq!(volume.get([0, 0, 0]), Some(6.0));
    assert_eq!(acquisition.units, None);
    // Whichever of the two frames comes first.
    for of in [
        [vec![], vec![mapping("Bq/ml", 5.0)]],
        [vec![mapping("Bq/ml", 5.0)], vec![]],
    ] {
        let error = frames(of).unwrap_err().to_string();
        assert!(error.contains("different between frames"), "{error}");
    }
}

/// The error of an enhanced PET whose functional groups were changed.
fn refusal(change: impl Fn(&mut Vec<Object>)) -> String {
    let tag = tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE;
    let mut object = enhanced_pet(uids::ENHANCED_PET_IMAGE_STORAGE, "1400");
    let mut frames = object.get(tag).unwrap().items().unwrap().to_vec();
    change(&mut frames);
    sequence(&mut object, tag, frames);
    read_activity(&one_series(&[object]))
        .unwrap_err()
        .to_string()
}

#[test]
fn frames_that_make_no_grid_are_refused_with_file_and_tag() {
    let sizes = refusal(|frames| {
        sequence(
            &mut frames[1],
            tags::PIXEL_MEASURES_SEQUENCE,
            vec![item(&measures("2\\2.5"))],
        );
    });
    assert!(sizes.contains("0.dcm: (0028,0030)"), "{sizes}");
    assert!(sizes.contains("[2.0, 2.5] mm"), "{sizes}");
    let none = refusal(|frames| {
        sequence(
            &mut frames[1],
            tags::PIXEL_MEASURES_SEQUENCE,
            vec![item(&measures("0\\1.5"))],
        );
    });
    assert!(none.contains("PixelSpacing is [0.0, 1.5]"), "{none}");
    let place = refusal(|frames| {
        sequence(
            &mut frames[1],
            tags::PLANE_POSITION_SEQUENCE,
            vec![item(&[(tags::IMAGE_POSITION_PATIENT, VR::DS, "0\\0\\3")])],
        );
    });
    assert!(place.contains("that of another frame in 1 of 2"), "{place}");
    let parts = refusal(|frames| {
        sequence(
            &mut frames[0],
            tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE,
            vec![mapping("Bq/ml", 1.0), mapping("Bq/ml", 2.0)],
        );
    });
    assert!(parts.contains("(0040,9225) RealWorldValueSlope"), "{parts}");
    let without = refusal(|frames| {
        frames[0].remove_element(tags::PLANE_POSITION_SEQUENCE);
    });
    assert!(without.contains("(0020,0032)"), "{without}");
    let fewer = refusal(|frames| {
        frames.pop();
    });
    assert!(
        fewer.contains("PerFrameFunctionalGroupsSequence"),
        "{fewer}"
    );
}

#[test]
fn enhanced_ct_scales_each_frame_and_must_be_in_hounsfield_units() {
    let class = uids::ENHANCED_CT_IMAGE_STORAGE;
    let of = |unit| {
        let frames = vec![frame(3.0, 2.0, unit), frame(0.0, 5.0, unit)];
        read_ct(&one_series(&[enhanced(class, "CT", frames)]))
    };
    let volume = of("HU").unwrap();
    assert_eq!(volume.get([0, 0, 0]), Some(30.0));
    assert_eq!(volume.get([2, 1, 1]), Some(10.0));
    let error = of("MGML").unwrap_err().to_string();
    assert!(error.contains("(0028,1054) RescaleType is MGML"), "{error}");
}

#[test]
fn several_frames_in_an_object_of_single_slices_stop_it() {
    let mut slices = ct(&[0.0, 2.0]);
    put(&mut slices[1], tags::NUMBER_OF_FRAMES, VR::IS, "2");
    pixels(&mut slices[1], 0..12);
    let series = one_series(&slices);
    finds(&series, Severity::Stops, "(0028,0008)", "is 2 in 1.dcm");
    assert!(read_ct(&series).is_err());
}

/// SEG of one frame with 8-bit `values` and segments 1 up to `segments`.
fn eight_bit_segmentation(class: &str, kind: &str, segments: u16, values: &[u8]) -> Object {
    let mut object = enhanced(class, "SEG", vec![frame(0.0, 1.0, "US")]);
    put(&mut object, tags::NUMBER_OF_FRAMES, VR::IS, "1");
    put(&mut object, tags::SEGMENTATION_TYPE, VR::CS, kind);
    for (tag, value) in [
        (tags::BITS_ALLOCATED, 8_u16),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        put(&mut object, tag, VR::US, value);
    }
    let described = (1..=segments).map(|number| {
        let mut segment = item(&[(tags::SEGMENT_LABEL, VR::LO, "part")]);
        put(&mut segment, tags::SEGMENT_NUMBER, VR::US, number);
        segment
    });
    sequence(&mut object, tags::SEGMENT_SEQUENCE, described.collect());
    let bytes = PrimitiveValue::U8(values.into());
    put(&mut object, tags::PIXEL_DATA, VR::OB, bytes);
    object
}

#[test]
fn a_label_map_gives_a_structure_for_each_label_in_it() {
    let object = eight_bit_segmentation(
        uids::LABEL_MAP_SEGMENTATION_STORAGE,
        "LABELMAP",
        20,
        &[0, 1, 1, 0, 2, 0],
    );
    let read = read_structures(&one_series(&[object])).unwrap();
    let volumes: Vec<_> = read
        .structures
        .iter()
        .map(|one| (one.number, one.capacity().as_mm3()))
        .collect();
    // Voxels of 1.5 x 2 x 3 mm.
    assert_eq!(volumes, [(1, 18.0), (2, 9.0)]);
    let [finding] = read.findings.as_slice() else {
        panic!("{:?}", read.findings);
    };
    assert_eq!(finding.severity, Severity::Note);
    assert!(finding.rule.starts_with("18 segments have no pixel"));
}

#[test]
fn a_label_map_names_its_background() {
    let mut object = eight_bit_segmentation(
        uids::LABEL_MAP_SEGMENTATION_STORAGE,
        "LABELMAP",
        1,
        &[9, 1, 1, 9, 9, 9],
    );
    put(&mut object, tags::PIXEL_PADDING_VALUE, VR::US, 9_u16);
    let read = read_structures(&one_series(&[object])).unwrap();
    assert_eq!(read.structures.len(), 1);
    assert!((read.structures[0].capacity().as_mm3() - 18.0).abs() < 1e-9);
    assert!(read.findings.is_empty(), "{:?}", read.findings);
}

#[test]
fn fractions_are_weights_and_probabilities_weaken() {
    let of = |meaning: &str| {
        let class = uids::SEGMENTATION_STORAGE;
        let mut object = eight_bit_segmentation(class, "FRACTIONAL", 1, &[0, 100, 50, 0, 0, 0]);
        put(&mut object, tags::MAXIMUM_FRACTIONAL_VALUE, VR::US, 100_u16);
        put(
            &mut object,
            tags::SEGMENTATION_FRACTIONAL_TYPE,
            VR::CS,
            meaning,
        );
        let tag = tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE;
        let mut frames = object.get(tag).unwrap().items().unwrap().to_vec();
        of_first_segment(&mut frames[0]);
        sequence(&mut object, tag, frames);
        read_structures(&one_series(&[object])).unwrap()
    };
    let occupancy = of("OCCUPANCY");
    assert!((occupancy.structures[0].capacity().as_mm3() - 13.5).abs() < 1e-4);
    assert!(occupancy.findings.is_empty(), "{:?}", occupancy.findings);
    let probability = of("PROBABILITY");
    assert!(probability.findings[0].rule.contains("PROBABILITY"));
    assert_eq!(probability.findings[0].severity, Severity::Weakens);
}

/// Bytes of a run of RLE segments, one for each byte plane.
fn rle(high: u8, low: u8) -> Vec<u8> {
    let mut stream = vec![0_u8; 64];
    (stream[0], stream[4], stream[8]) = (2, 64, 66);
    // Six times the same byte.
    stream.extend([251, high, 251, low]);
    stream
}

fn compressed(fragments: Vec<Vec<u8>>, frames: &str) -> Vec<u8> {
    let mut object = tomogram("4");
    put(&mut object, tags::NUMBER_OF_FRAMES, VR::IS, frames);
    object.put(DataElement::new(
        tags::PIXEL_DATA,
        VR::OB,
        PixelFragmentSequence::new(Vec::<u32>::new(), fragments),
    ));
    bytes_in(&object, uids::RLE_LOSSLESS)
}

fn first_series(bytes: Vec<u8>) -> Series {
    let catalogue = scan_bytes(vec![("one.dcm".to_owned(), bytes)]);
    catalogue.series.into_iter().next().unwrap()
}

#[test]
fn fragments_that_break_off_are_named_truncated() {
    let whole = compressed(vec![rle(1, 2), rle(0, 7)], "2");
    let (volume, _) = read_activity(&first_series(whole.clone())).unwrap();
    assert_eq!(volume.get([2, 1, 0]), Some(258.0));
    assert_eq!(volume.get([0, 0, 1]), Some(7.0));
    // The delimiter of 8 bytes, then into the last fragment of 68.
    let cut = whole[..whole.len() - 20].to_vec();
    let error = read_activity(&first_series(cut)).unwrap_err().to_string();
    assert!(
        error.contains("one.dcm is truncated: (7FE0,0010) PixelData needs 68 bytes"),
        "{error}"
    );
}

#[test]
fn a_file_may_not_claim_more_than_its_compression_can_hold() {
    let mut object = tomogram("4");
    for tag in [tags::ROWS, tags::COLUMNS] {
        put(&mut object, tag, VR::US, 16000_u16);
    }
    object.remove_element(tags::PIXEL_DATA);
    let series = first_series(bytes_in(&object, uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN));
    finds(
        &series,
        Severity::Stops,
        "(7FE0,0010)",
        "one.dcm claims more",
    );
    let sparse = compressed(vec![rle(0, 0), rle(0, 0)], "2");
    assert!(first_series(sparse).is_usable());
}

#[test]
fn known_attributes_of_unknown_representation_are_read() {
    let expected = read_ct(&one_series(&ct(&[0.0, 2.0]))).unwrap();
    let files = ct(&[0.0, 2.0])
        .iter()
        .map(|slice| {
            let mut slice = slice.clone();
            for tag in [tags::ROWS, tags::COLUMNS, tags::BITS_ALLOCATED] {
                let value = slice.get(tag).unwrap().to_int::<u16>().unwrap();
                let bytes = PrimitiveValue::U8(value.to_le_bytes().as_slice().into());
                put(&mut slice, tag, VR::UN, bytes);
            }
            ("x.dcm".to_owned(), bytes_of(&slice))
        })
        .collect();
    let catalogue = scan_bytes(files);
    assert_eq!(read_ct(&catalogue.series[0]).unwrap(), expected);
}

#[test]
fn copies_that_differ_stop_a_series_with_both_names() {
    for change in [
        |copy: &mut Object| pixels(copy, 7..13),
        |copy: &mut Object| put(copy, tags::RESCALE_SLOPE, VR::DS, "9"),
    ] {
        let mut slices = ct(&[0.0, 2.0, 4.0]);
        let mut copy = slices[1].clone();
        change(&mut copy);
        slices.push(copy);
        let series = one_series(&slices);
        finds(
            &series,
            Severity::Stops,
            "(0008,0018)",
            "1.dcm and 3.dcm have one UID",
        );
        assert!(read_ct(&series).is_err());
    }
    // Another transfer syntax and another description: the same image.
    let slices = ct(&[0.0, 2.0]);
    let mut files: Vec<_> = slices
        .iter()
        .map(|slice| ("x.dcm".to_owned(), bytes_of(slice)))
        .collect();
    let mut copy = slices[0].clone();
    put(&mut copy, tags::INSTITUTION_NAME, VR::LO, "Elsewhere");
    files.push((
        "y.dcm".to_owned(),
        bytes_in(&copy, uids::IMPLICIT_VR_LITTLE_ENDIAN),
    ));
    let catalogue = scan_bytes(files);
    finds(
        &catalogue.series[0],
        Severity::Note,
        "(0008,0018)",
        "1 files repeat",
    );
    assert_eq!(read_ct(&catalogue.series[0]).unwrap().grid().size()[2], 2);
}

#[test]
fn copies_that_differ_beside_their_pixels_stop_a_series_too() {
    let whole = enhanced_pet(uids::ENHANCED_PET_IMAGE_STORAGE, "1400");
    let changed = |change: &dyn Fn(&mut Object)| {
        let tag = tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE;
        let mut copy = whole.clone();
        let mut frames = copy.get(tag).unwrap().items().unwrap().to_vec();
        change(&mut frames[1]);
        sequence(&mut copy, tag, frames);
        one_series(&[whole.clone(), copy])
    };
    let named = "0.dcm and 1.dcm have one UID";
    // Scales and places of frames stand in sequences.
    let scaled = changed(&|groups| {
        sequence(
            groups,
            tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE,
            vec![mapping("Bq/ml", 9.0)],
        );
    });
    finds(&scaled, Severity::Stops, "(0008,0018)", named);
    let moved = changed(&|groups| {
        let place = [(tags::IMAGE_POSITION_PATIENT, VR::DS, "0\\0\\-1")];
        sequence(groups, tags::PLANE_POSITION_SEQUENCE, vec![item(&place)]);
    });
    finds(&moved, Severity::Stops, "(0008,0018)", named);
    let same = changed(&|_| {});
    finds(
        &same,
        Severity::Note,
        "(0008,0018)",
        "2 files hold the same",
    );
    assert!(same.is_usable(), "{:?}", same.findings);
    for (tag, vr, value) in [
        (tags::UNITS, VR::CS, "CNTS"),
        (tags::DECAY_CORRECTION, VR::CS, "NONE"),
        (tags::ACQUISITION_TIME, VR::TM, "120000"),
    ] {
        let mut copy = pet(1, 0.0);
        put(&mut copy, tag, vr, value);
        let series = one_series(&[pet(1, 0.0), pet(2, 3.0), copy]);
        let named = "0.dcm and 2.dcm have one UID";
        finds(&series, Severity::Stops, "(0008,0018)", named);
    }
}

#[test]
fn rounding_of_orientation_and_spacing_splits_no_series() {
    let mut slices = ct(&[0.0, 2.0, 4.0, 6.0]);
    for (k, slice) in slices.iter_mut().enumerate() {
        // Hundredths that round up and down in turn, and still do where the
        // directions are made unit vectors: 0.005 x (1 - 1.25e-5).
        let (sine, spacing) = if k % 2 == 0 {
            ("0.0049999", "2.00499999")
        } else {
            ("0.0050001", "2.00500001")
        };
        let cosines = format!("1\\{sine}\\0\\-{sine}\\1\\0");
        put(slice, tags::IMAGE_ORIENTATION_PATIENT, VR::DS, cosines);
        put(
            slice,
            tags::PIXEL_SPACING,
            VR::DS,
            format!("{spacing}\\1.5"),
        );
    }
    assert_eq!(
        read_ct(&one_series(&slices)).unwrap().grid().size(),
        [3, 2, 4]
    );
}

#[test]
fn findings_name_a_file_and_damaged_files_are_marked() {
    let mut slices = ct(&[0.0, 2.0, 4.0]);
    slices[1].remove_element(tags::IMAGE_POSITION_PATIENT);
    let series = one_series(&slices);
    finds(&series, Severity::Stops, "(0020,0032)", "first 1.dcm");
    // A missing slice of three is a gap and no unequal distance.
    let series = one_series(&ct(&[0.0, 2.0, 6.0]));
    finds(
        &series,
        Severity::Stops,
        "(0020,0032)",
        "after 2.00 mm (1.dcm)",
    );
    let series = one_series(&ct(&[0.0, 2.0, 2.0]));
    finds(&series, Severity::Stops, "(0020,0032)", "1.dcm and 2.dcm");
    let mut units = vec![pet(1, 0.0), pet(2, 3.0)];
    put(&mut units[1], tags::UNITS, VR::CS, "CNTS");
    finds(
        &one_series(&units),
        Severity::Stops,
        "(0054,1001)",
        "first in 1.dcm",
    );
    let whole = bytes_of(&ct_slice(1, 0.0));
    let skipped = scan_bytes(vec![
        ("empty.dcm".to_owned(), Vec::new()),
        ("text.txt".to_owned(), b"Dear colleague, ".repeat(20)),
        ("header.dcm".to_owned(), whole[..400].to_vec()),
    ])
    .skipped;
    let damaged: Vec<_> = skipped.iter().map(|file| file.damaged).collect();
    assert_eq!(damaged, [true, false, true]);
}

/// Anterior and posterior view of one camera.
fn planar() -> Object {
    let mut object = tomogram("4");
    put(
        &mut object,
        tags::IMAGE_TYPE,
        VR::CS,
        "ORIGINAL\\PRIMARY\\STATIC\\EMISSION",
    );
    let vector = |values: [u16; 2]| PrimitiveValue::U16(values.as_slice().into());
    put(&mut object, tags::DETECTOR_VECTOR, VR::US, vector([1, 2]));
    put(
        &mut object,
        tags::ENERGY_WINDOW_VECTOR,
        VR::US,
        vector([1, 1]),
    );
    let detector = |view: &str| {
        let mut detector = item(&[(tags::ACTUAL_FRAME_DURATION, VR::IS, "60000")]);
        let code = item(&[
            (tags::CODE_VALUE, VR::SH, "1"),
            (tags::CODE_MEANING, VR::LO, view),
        ]);
        sequence(&mut detector, tags::VIEW_CODE_SEQUENCE, vec![code]);
        detector
    };
    sequence(
        &mut object,
        tags::DETECTOR_INFORMATION_SEQUENCE,
        vec![detector("anterior"), detector("posterior")],
    );
    object
}

#[test]
fn planar_views_have_counts_and_no_volume() {
    let series = one_series(&[planar()]);
    let read = read_planar(&series).unwrap();
    let views: Vec<_> = read
        .views
        .iter()
        .map(|one| (one.view.as_deref().unwrap(), one.counts[0]))
        .collect();
    assert_eq!(views, [("anterior", 0.0), ("posterior", 6.0)]);
    assert_eq!(read.spacing_mm, Some([1.5, 2.0]));
    let error = read_activity(&series).unwrap_err().to_string();
    assert!(error.contains("0.dcm: (0008,0008) ImageType is"), "{error}");
}

#[test]
fn a_tomogram_is_refused_by_the_attribute_that_is_wrong() {
    let with = |change: &dyn Fn(&mut Object)| {
        let mut object = tomogram("4");
        change(&mut object);
        read_activity(&one_series(&[object]))
    };
    let refused = |change: &dyn Fn(&mut Object)| with(change).unwrap_err().to_string();
    let spacing = refused(&|object| put(object, tags::PIXEL_SPACING, VR::DS, "0\\1.5"));
    assert!(spacing.contains("PixelSpacing is [0.0, 1.5]"), "{spacing}");
    let ones = PrimitiveValue::U16([1_u16, 1].as_slice().into());
    let slices = refused(&|object| put(object, tags::SLICE_VECTOR, VR::US, ones.clone()));
    assert!(slices.contains("missing or repeated"), "{slices}");
    let kind = refused(&|object| {
        object.remove_element(tags::IMAGE_TYPE);
    });
    assert!(kind.contains("ImageType is missing"), "{kind}");
    // Without the vector, frames stand in the order of slices.
    let (volume, _) = with(&|object| {
        object.remove_element(tags::SLICE_VECTOR);
    })
    .unwrap();
    assert_eq!(volume.get([0, 0, 1]), Some(6.0));
}

#[test]
fn decay_corrections_of_classic_pet_are_all_three_known() {
    for (term, expected) in [
        ("NONE", DecayCorrection::None),
        ("START", DecayCorrection::Start),
        ("ADMIN", DecayCorrection::Administration),
    ] {
        let mut slices = [pet(1, 0.0), pet(2, 3.0)];
        for slice in &mut slices {
            put(slice, tags::DECAY_CORRECTION, VR::CS, term);
        }
        let (_, acquisition) = read_activity(&one_series(&slices)).unwrap();
        assert_eq!(acquisition.decay_correction.unwrap().value, expected);
    }
}
