//! Registrations, doses, structure sets and segmentations, with one thing wrong in each.

use super::*;

fn registration(matrix: &str, kind: &str) -> Object {
    let mut object = item(&[
        (
            tags::SOP_CLASS_UID,
            VR::UI,
            uids::SPATIAL_REGISTRATION_STORAGE,
        ),
        (tags::SOP_INSTANCE_UID, VR::UI, "1.1.4.1"),
        (tags::MODALITY, VR::CS, "REG"),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, "7.0"),
    ]);
    let mut chain = Object::new_empty();
    sequence(
        &mut chain,
        tags::MATRIX_SEQUENCE,
        vec![item(&[
            (
                tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX_TYPE,
                VR::CS,
                kind,
            ),
            (
                tags::FRAME_OF_REFERENCE_TRANSFORMATION_MATRIX,
                VR::DS,
                matrix,
            ),
        ])],
    );
    let mut moving = item(&[(tags::FRAME_OF_REFERENCE_UID, VR::UI, "7.1")]);
    sequence(&mut moving, tags::MATRIX_REGISTRATION_SEQUENCE, vec![chain]);
    let fixed = item(&[(tags::FRAME_OF_REFERENCE_UID, VR::UI, "7.0")]);
    sequence(
        &mut object,
        tags::REGISTRATION_SEQUENCE,
        vec![fixed, moving],
    );
    object
}

#[test]
fn a_rigid_registration_joins_frames_both_ways() {
    // A quarter turn about z, then 5 mm along x.
    let matrix = "0\\-1\\0\\5\\1\\0\\0\\0\\0\\0\\1\\0\\0\\0\\0\\1";
    let read = read_registration(&one_series(&[registration(matrix, "RIGID")])).unwrap();
    let frame = |uid: &str| FrameOfReference(uid.to_owned());
    let there = read.between(&frame("7.1"), &frame("7.0")).unwrap();
    let moved = there.apply(PatientPoint([1.0, 0.0, 0.0]));
    assert!((moved - PatientPoint([5.0, 1.0, 0.0])).length() < 1e-12);
    let back = read.between(&frame("7.0"), &frame("7.1")).unwrap();
    assert!((back.apply(moved) - PatientPoint([1.0, 0.0, 0.0])).length() < 1e-12);
    assert!(read.between(&frame("7.1"), &frame("8")).is_none());
    let affine = one_series(&[registration(matrix, "AFFINE")]);
    assert!(read_registration(&affine).is_err());
    let scaled = "2\\0\\0\\0\\0\\2\\0\\0\\0\\0\\2\\0\\0\\0\\0\\1";
    assert!(read_registration(&one_series(&[registration(scaled, "RIGID")])).is_err());
}

fn dose(offsets: &str) -> Object {
    let mut object = image(uids::RT_DOSE_STORAGE, "RTDOSE", "1.1.5.1", 0);
    for (tag, vr, value) in [
        (tags::IMAGE_POSITION_PATIENT, VR::DS, "0\\0\\-30"),
        (tags::NUMBER_OF_FRAMES, VR::IS, "2"),
        (tags::GRID_FRAME_OFFSET_VECTOR, VR::DS, offsets),
        (tags::DOSE_GRID_SCALING, VR::DS, "0.5"),
        (tags::DOSE_UNITS, VR::CS, "GY"),
        (tags::DOSE_TYPE, VR::CS, "PHYSICAL"),
    ] {
        put(&mut object, tag, vr, value);
    }
    put(&mut object, tags::PIXEL_REPRESENTATION, VR::US, 0_u16);
    pixels(&mut object, 0..12);
    object
}

#[test]
fn frame_offsets_relative_absolute_and_falling() {
    for (offsets, lowest, first) in [
        ("0\\4", -30.0, 0.0),
        ("-30\\-26", -30.0, 0.0),
        ("0\\-4", -34.0, 3.0),
    ] {
        let read = read_dose(&one_series(&[dose(offsets)])).unwrap();
        let volume = read.into_physical().unwrap();
        assert_eq!(
            volume.grid().origin(),
            PatientPoint([0.0, 0.0, lowest]),
            "{offsets}"
        );
        assert_eq!(volume.get([0, 0, 0]), Some(first), "{offsets}");
    }
    assert!(read_dose(&one_series(&[dose("7\\11")])).is_err());
    let mut beam = dose("0\\4");
    put(&mut beam, tags::DOSE_SUMMATION_TYPE, VR::CS, "BEAM");
    let finding = read_dose(&one_series(&[beam])).unwrap().summation_finding();
    assert!(finding.unwrap().rule.contains("is BEAM"));
    let whole = read_dose(&one_series(&[dose("0\\4")])).unwrap();
    assert!(whole.summation_finding().is_none());
    let mut relative = dose("0\\4");
    put(&mut relative, tags::DOSE_UNITS, VR::CS, "RELATIVE");
    let error = read_dose(&one_series(&[relative])).unwrap_err().to_string();
    assert!(error.contains("DoseUnits is RELATIVE"), "{error}");
}

#[test]
fn contours_become_structures_and_the_rest_findings() {
    let mut object = item(&[
        (tags::SOP_CLASS_UID, VR::UI, uids::RT_STRUCTURE_SET_STORAGE),
        (tags::SOP_INSTANCE_UID, VR::UI, "1.1.6.1"),
        (tags::MODALITY, VR::CS, "RTSTRUCT"),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.1.9"),
    ]);
    let roi = |number: &str, name: &str| {
        item(&[
            (tags::ROI_NUMBER, VR::IS, number),
            (tags::ROI_NAME, VR::LO, name),
        ])
    };
    let square = |z: f64| {
        let corners = format!("0\\0\\{z}\\10\\0\\{z}\\10\\10\\{z}\\0\\10\\{z}");
        item(&[
            (tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, "CLOSED_PLANAR"),
            (tags::CONTOUR_DATA, VR::DS, &corners),
        ])
    };
    let contours = |number: &str, items: Vec<Object>| {
        let mut object = item(&[
            (tags::REFERENCED_ROI_NUMBER, VR::IS, number),
            (tags::ROI_DISPLAY_COLOR, VR::IS, "10\\20\\30"),
        ]);
        sequence(&mut object, tags::CONTOUR_SEQUENCE, items);
        object
    };
    let point = item(&[
        (tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, "POINT"),
        (tags::CONTOUR_DATA, VR::DS, "1\\2\\3"),
    ]);
    sequence(
        &mut object,
        tags::STRUCTURE_SET_ROI_SEQUENCE,
        vec![roi("1", "Cube"), roi("2", "Mark"), roi("3", "Plate")],
    );
    sequence(
        &mut object,
        tags::ROI_CONTOUR_SEQUENCE,
        vec![
            contours("1", vec![square(0.0), square(5.0)]),
            contours("2", vec![point]),
            contours("3", vec![square(0.0)]),
        ],
    );
    let read = read_structures(&one_series(&[object.clone()])).unwrap();
    assert_eq!(read.structures.len(), 1);
    // Two planes of 100 mm2, 5 mm each.
    assert!((read.structures[0].capacity().as_mm3() - 1000.0).abs() < 1e-9);
    assert_eq!(read.structures[0].colour, Some([10, 20, 30]));
    let rules: Vec<_> = read.findings.iter().map(|one| one.rule.as_str()).collect();
    assert!(
        rules.iter().any(|rule| rule.contains("type POINT")),
        "{rules:?}"
    );
    assert!(
        rules.iter().any(|rule| rule.contains("\"Plate\"")),
        "{rules:?}"
    );
    // Beside a CT of the same frame the plate has its slice spacing, 2 mm.
    let mut objects = ct(&[0.0, 2.0]);
    objects.push(object);
    let catalogue = catalogue(&objects);
    let set = catalogue
        .of_kind(&[SeriesKind::StructureSet])
        .next()
        .unwrap();
    let read = sirt_dicom::read_structures_on(set, &catalogue).unwrap();
    let plate = read
        .structures
        .iter()
        .find(|one| one.name == "Plate")
        .unwrap();
    assert!((plate.capacity().as_mm3() - 200.0).abs() < 1e-9);
}

/// A structure set of one structure of the given contours, in 5 mm planes.
fn one_structure(frame: Option<&str>, contours: &[&str]) -> Object {
    let mut object = item(&[
        (tags::SOP_CLASS_UID, VR::UI, uids::RT_STRUCTURE_SET_STORAGE),
        (tags::SOP_INSTANCE_UID, VR::UI, "1.1.6.2"),
        (tags::MODALITY, VR::CS, "RTSTRUCT"),
    ]);
    if let Some(frame) = frame {
        put(&mut object, tags::FRAME_OF_REFERENCE_UID, VR::UI, frame);
    }
    let roi = item(&[
        (tags::ROI_NUMBER, VR::IS, "1"),
        (tags::ROI_NAME, VR::LO, "L"),
    ]);
    sequence(&mut object, tags::STRUCTURE_SET_ROI_SEQUENCE, vec![roi]);
    let items = contours.iter().map(|corners| {
        item(&[
            (tags::CONTOUR_GEOMETRIC_TYPE, VR::CS, "CLOSED_PLANAR"),
            (tags::CONTOUR_DATA, VR::DS, corners),
        ])
    });
    let mut contour = item(&[(tags::REFERENCED_ROI_NUMBER, VR::IS, "1")]);
    sequence(&mut contour, tags::CONTOUR_SEQUENCE, items.collect());
    sequence(&mut object, tags::ROI_CONTOUR_SEQUENCE, vec![contour]);
    object
}

const LOW: &str = "0\\0\\0\\10\\0\\0\\10\\10\\0\\0\\10\\0";
const HIGH: &str = "0\\0\\5\\10\\0\\5\\10\\10\\5\\0\\10\\5";

#[test]
fn structures_in_no_frame_of_reference_are_told() {
    let read = |frame| read_structures(&one_series(&[one_structure(frame, &[LOW, HIGH])])).unwrap();
    assert!(read(Some("1.1.9")).findings.is_empty());
    let findings = read(None).findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Weakens);
    assert!(findings[0].tag.starts_with("(3006,0024)"), "{findings:?}");
}

#[test]
fn parts_that_overlap_weaken_in_words() {
    // 5 x 10 mm of both squares are shared on the upper plane.
    let beside = "5\\0\\5\\15\\0\\5\\15\\10\\5\\5\\10\\5";
    let object = one_structure(Some("1.1.9"), &[LOW, HIGH, beside]);
    let findings = read_structures(&one_series(&[object])).unwrap().findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Weakens);
    // 100 mm2 by even-odd and 200 nested, of 200 mm2 in all.
    let rule = &findings[0].rule;
    assert!(
        rule.contains("contours on the plane at 5.00 mm cross") && rule.contains("50.0 %"),
        "{rule}"
    );
    assert!(!rule.contains('{'), "{rule}");
}

/// SEG of 3 x 2 pixels: frames in falling order with a plane left out.
#[test]
fn packed_unsorted_frames_with_a_gap_find_their_planes() {
    let mut object = image(uids::SEGMENTATION_STORAGE, "SEG", "1.1.7.1", 0);
    for (tag, value) in [
        (tags::BITS_ALLOCATED, 1_u16),
        (tags::BITS_STORED, 1),
        (tags::HIGH_BIT, 0),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        put(&mut object, tag, VR::US, value);
    }
    put(&mut object, tags::NUMBER_OF_FRAMES, VR::IS, "3");
    put(&mut object, tags::SEGMENTATION_TYPE, VR::CS, "BINARY");
    let mut segment = item(&[
        (tags::SEGMENT_LABEL, VR::LO, "Tumour"),
        (tags::TRACKING_UID, VR::UI, "4.5.6"),
    ]);
    put(&mut segment, tags::SEGMENT_NUMBER, VR::US, 1_u16);
    sequence(&mut object, tags::SEGMENT_SEQUENCE, vec![segment]);
    share_groups(
        &mut object,
        &[
            (tags::PIXEL_SPACING, VR::DS, "2\\1.5"),
            (tags::SPACING_BETWEEN_SLICES, VR::DS, "4"),
        ],
    );
    let frame = |z: f64| {
        let mut frame = frame_at(z);
        of_first_segment(&mut frame);
        frame
    };
    // Planes 0, 1 and 3 of 4; the one at 8 mm has no frame.
    sequence(
        &mut object,
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        vec![frame(12.0), frame(4.0), frame(0.0)],
    );
    // 18 bits, lowest first: frame 1 pixel 0; frame 2 pixels 1 and 5; frame 3 all.
    let bits: u32 = 0b1 | (0b10_0010 << 6) | (0b11_1111 << 12);
    put(
        &mut object,
        tags::PIXEL_DATA,
        VR::OB,
        PrimitiveValue::U8(bits.to_le_bytes().as_slice().into()),
    );
    let read = read_structures(&one_series(&[object])).unwrap();
    let structure = &read.structures[0];
    assert_eq!(structure.name, "Tumour");
    assert_eq!(structure.tracking_uid.as_deref(), Some("4.5.6"));
    let Outline::Mask(mask) = &structure.outline else {
        panic!("a segment is a mask");
    };
    assert_eq!(mask.grid().size(), [3, 2, 4]);
    // 9 voxels of 1.5 x 2 x 4 mm.
    assert!((mask.capacity().as_mm3() - 108.0).abs() < 1e-4);
    let set = |index| mask.weight(index) > 0.5;
    assert!(set([0, 0, 3]) && !set([1, 0, 3]));
    assert!(set([1, 0, 1]) && set([2, 1, 1]) && !set([0, 0, 1]));
    assert!(set([2, 1, 0]) && !set([0, 0, 2]));
}
