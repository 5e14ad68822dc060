//! Series made here, element by element, with one thing wrong in each.

mod derived;
mod foreign;

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use jiff::civil::date;
use sirt_dicom::{
    Catalogue, DicomError, Series, SeriesKind, Severity, read_activity, read_ct, read_dose,
    read_planar, read_registration, read_structures, scan_bytes,
};
use sirt_image::{FrameOfReference, InstantOf, Outline, PatientPoint, PatientVector};

type Object = InMemDicomObject;

const PATIENT: &str = "Nobody^Secret";

fn put(object: &mut Object, tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) {
    object.put(DataElement::new(tag, vr, value.into()));
}

fn sequence(object: &mut Object, tag: Tag, items: Vec<Object>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

fn item(elements: &[(Tag, VR, &str)]) -> Object {
    let mut object = Object::new_empty();
    for (tag, vr, value) in elements {
        put(&mut object, *tag, *vr, *value);
    }
    object
}

fn bytes_in(object: &Object, syntax: &str) -> Vec<u8> {
    let class = object
        .get(tags::SOP_CLASS_UID)
        .and_then(|element| element.to_str().ok())
        .map_or("1.2.3".to_owned(), |text| text.to_string());
    let file = object
        .clone()
        .with_meta(
            FileMetaTableBuilder::new()
                .transfer_syntax(syntax)
                .media_storage_sop_class_uid(class)
                .media_storage_sop_instance_uid("1.2.3"),
        )
        .unwrap();
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).unwrap();
    bytes
}

fn bytes_of(object: &Object) -> Vec<u8> {
    bytes_in(object, uids::EXPLICIT_VR_LITTLE_ENDIAN)
}

/// Image of 3 columns and 2 rows, 16 bits signed; pixels are `first`, `first` + 1, ….
fn image(class: &str, modality: &str, name: &str, first: i16) -> Object {
    let mut object = item(&[
        (tags::SOP_CLASS_UID, VR::UI, class),
        (tags::SOP_INSTANCE_UID, VR::UI, name),
        (tags::MODALITY, VR::CS, modality),
        (tags::PATIENT_NAME, VR::PN, PATIENT),
        (tags::PATIENT_ID, VR::LO, PATIENT),
        (tags::STUDY_INSTANCE_UID, VR::UI, "1.1"),
        (tags::SERIES_INSTANCE_UID, VR::UI, "1.1.1"),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, "1.1.9"),
        (tags::SERIES_DATE, VR::DA, "20260301"),
        (tags::SERIES_TIME, VR::TM, "101500"),
        (tags::PIXEL_SPACING, VR::DS, "2\\1.5"),
        (tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
    ]);
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1_u16),
        (tags::ROWS, 2),
        (tags::COLUMNS, 3),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 16),
        (tags::HIGH_BIT, 15),
        (tags::PIXEL_REPRESENTATION, 1),
    ] {
        put(&mut object, tag, VR::US, value);
    }
    pixels(&mut object, (0..6).map(|k| first + k));
    object
}

fn pixels(object: &mut Object, values: impl Iterator<Item = i16>) {
    let words: Vec<u16> = values.map(i16::cast_unsigned).collect();
    put(
        object,
        tags::PIXEL_DATA,
        VR::OW,
        PrimitiveValue::U16(words.into()),
    );
}

/// Slice `k` at (10, 20, `z`) with pixels from 100 `k` on, slope 2, intercept -1000.
fn ct_slice(k: i16, z: f64) -> Object {
    let mut object = image(uids::CT_IMAGE_STORAGE, "CT", &format!("1.1.1.{k}"), 100 * k);
    put(
        &mut object,
        tags::IMAGE_POSITION_PATIENT,
        VR::DS,
        format!("10\\20\\{z}"),
    );
    put(&mut object, tags::RESCALE_SLOPE, VR::DS, "2");
    put(&mut object, tags::RESCALE_INTERCEPT, VR::DS, "-1000");
    object
}

fn ct(places: &[f64]) -> Vec<Object> {
    (1..).zip(places).map(|(k, z)| ct_slice(k, *z)).collect()
}

/// Puts the functional groups that all frames share: axial planes of `measures`.
fn share_groups(object: &mut Object, measures: &[(Tag, VR, &str)]) {
    let mut shared = Object::new_empty();
    sequence(
        &mut shared,
        tags::PIXEL_MEASURES_SEQUENCE,
        vec![item(measures)],
    );
    let axial = (tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0");
    sequence(
        &mut shared,
        tags::PLANE_ORIENTATION_SEQUENCE,
        vec![item(&[axial])],
    );
    let tag = tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE;
    sequence(object, tag, vec![shared]);
}

/// Functional groups of a frame at (0, 0, `z`).
fn frame_at(z: f64) -> Object {
    let mut groups = Object::new_empty();
    let place = format!("0\\0\\{z}");
    sequence(
        &mut groups,
        tags::PLANE_POSITION_SEQUENCE,
        vec![item(&[(tags::IMAGE_POSITION_PATIENT, VR::DS, &place)])],
    );
    groups
}

/// Puts the first segment's number into the functional groups of a frame.
fn of_first_segment(groups: &mut Object) {
    let mut of = Object::new_empty();
    put(&mut of, tags::REFERENCED_SEGMENT_NUMBER, VR::US, 1_u16);
    sequence(groups, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![of]);
}

fn catalogue(objects: &[Object]) -> Catalogue {
    scan_bytes(
        objects
            .iter()
            .enumerate()
            .map(|(k, object)| (format!("{k}.dcm"), bytes_of(object)))
            .collect(),
    )
}

fn one_series(objects: &[Object]) -> Series {
    let catalogue = catalogue(objects);
    assert_eq!(catalogue.series.len(), 1, "{:?}", catalogue.series);
    catalogue.series.into_iter().next().unwrap()
}

/// The finding at `tag` whose rule contains `words`.
fn finds(series: &Series, severity: Severity, tag: &str, words: &str) {
    assert!(
        series
            .findings
            .iter()
            .any(|finding| finding.severity == severity
                && finding.tag.contains(tag)
                && finding.rule.contains(words)),
        "no {severity:?} {tag} {words:?} in {:#?}",
        series.findings
    );
}

#[test]
fn shuffled_slices_sort_themselves_and_are_calibrated() {
    let series = one_series(&ct(&[5.0, -5.0, 0.0]));
    let volume = read_ct(&series).unwrap();
    assert_eq!(volume.grid().size(), [3, 2, 3]);
    assert_eq!(volume.grid().origin(), PatientPoint([10.0, 20.0, -5.0]));
    let step = volume.grid().to_patient([1.0, 1.0, 1.0]) - volume.grid().origin();
    assert!((step - PatientVector([1.5, 2.0, 5.0])).length() < 1e-9);
    // Slice 2 is lowest: 200 x 2 - 1000, then 201 x 2 - 1000 beside it.
    assert_eq!(volume.get([0, 0, 0]), Some(-600.0));
    assert_eq!(volume.get([1, 0, 0]), Some(-598.0));
    // Slice 1 is highest; row 1, column 2 is its last pixel.
    assert_eq!(volume.get([2, 1, 2]), Some(-790.0));
    let reference = series.source_reference();
    assert_eq!(reference.instances[0].sop_instance_uid, "1.1.1.2");
}

#[test]
fn every_uncompressed_transfer_syntax_reads_the_same() {
    let slices = ct(&[0.0, 2.0]);
    let expected = read_ct(&one_series(&slices)).unwrap();
    for syntax in [
        uids::IMPLICIT_VR_LITTLE_ENDIAN,
        "1.2.840.10008.1.2.2",
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    ] {
        let files = slices
            .iter()
            .map(|slice| ("x.dcm".to_owned(), bytes_in(slice, syntax)))
            .collect();
        let catalogue = scan_bytes(files);
        assert!(catalogue.skipped.is_empty(), "{:?}", catalogue.skipped);
        assert_eq!(read_ct(&catalogue.series[0]).unwrap(), expected, "{syntax}");
    }
    // Without preamble and file meta, as the first PACS exports had it.
    let bare = slices
        .iter()
        .map(|slice| {
            let mut bytes = Vec::new();
            let syntax = dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;
            slice
                .write_dataset_with_ts(&mut bytes, &syntax.erased())
                .unwrap();
            ("x".to_owned(), bytes)
        })
        .collect();
    assert_eq!(read_ct(&scan_bytes(bare).series[0]).unwrap(), expected);
}

#[test]
fn gaps_unequal_distances_and_doubles_stop_a_series() {
    let series = one_series(&ct(&[0.0, 2.0, 4.0, 8.0, 10.0]));
    finds(&series, Severity::Stops, "(0020,0032)", "1 gaps");
    assert!(matches!(read_ct(&series), Err(DicomError::Refused { .. })));
    let series = one_series(&ct(&[0.0, 2.0, 4.3, 6.0]));
    finds(&series, Severity::Stops, "(0020,0032)", "unequally spaced");
    let series = one_series(&ct(&[0.0, 2.0, 2.0, 4.0]));
    finds(
        &series,
        Severity::Stops,
        "(0020,0032)",
        "at the place of another",
    );
}

#[test]
fn a_copied_file_counts_once() {
    let mut slices = ct(&[0.0, 2.0, 4.0]);
    slices.push(slices[1].clone());
    let series = one_series(&slices);
    finds(&series, Severity::Note, "(0008,0018)", "1 files repeat");
    assert_eq!(read_ct(&series).unwrap().grid().size()[2], 3);
}

#[test]
fn slices_that_overlap_are_a_note_and_spaces_between_them_weaken() {
    let thick = |thickness: &str| {
        let mut slices = ct(&[0.0, 2.0]);
        for slice in &mut slices {
            put(slice, tags::SLICE_THICKNESS, VR::DS, thickness);
        }
        one_series(&slices)
    };
    finds(&thick("3"), Severity::Note, "(0018,0050)", "overlap");
    finds(
        &thick("1"),
        Severity::Weakens,
        "(0018,0050)",
        "not all tissue",
    );
}

#[test]
fn a_tilted_gantry_is_named_with_its_angle() {
    let mut slices = ct(&[0.0, 10.0, 20.0]);
    for (k, slice) in slices.iter_mut().enumerate() {
        // y climbs with z by tan(10 degrees) = 0.17633.
        let z = 10.0 * k as f64;
        let position = format!("10\\{}\\{z}", 20.0 + 0.17633 * z);
        put(slice, tags::IMAGE_POSITION_PATIENT, VR::DS, position);
    }
    finds(
        &one_series(&slices),
        Severity::Stops,
        "(0020,0032)",
        "10.00 degrees",
    );
}

#[test]
fn missing_geometry_and_scale_are_named() {
    let without = |tag: Tag| {
        let mut slices = ct(&[0.0, 2.0]);
        slices[1].remove_element(tag);
        one_series(&slices)
    };
    let series = without(tags::IMAGE_POSITION_PATIENT);
    finds(&series, Severity::Stops, "ImagePositionPatient", "1 of 2");
    let series = without(tags::RESCALE_SLOPE);
    finds(&series, Severity::Stops, "RescaleSlope", "1 of 2");
    let error = read_ct(&series).unwrap_err().to_string();
    assert!(error.contains("(0028,1053) RescaleSlope"), "{error}");
}

#[test]
fn mixed_series_split_by_frame_orientation_and_size() {
    let mut slices = ct(&[0.0, 2.0]);
    let mut localiser = ct_slice(7, 0.0);
    put(
        &mut localiser,
        tags::IMAGE_ORIENTATION_PATIENT,
        VR::DS,
        "1\\0\\0\\0\\0\\-1",
    );
    slices.push(localiser);
    let mut elsewhere = ct_slice(8, 4.0);
    put(&mut elsewhere, tags::FRAME_OF_REFERENCE_UID, VR::UI, "9.9");
    slices.push(elsewhere);
    let catalogue = catalogue(&slices);
    let mut sizes: Vec<_> = catalogue.series.iter().map(|one| one.files).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 2]);
    assert!(catalogue.findings[0].rule.contains("2 frames of reference"));
}

#[test]
fn oblique_slices_keep_their_frame() {
    // Rows along +y, columns along -z: the normal is y x -z = -x.
    let mut slices = ct(&[0.0, 2.0]);
    for (k, slice) in slices.iter_mut().enumerate() {
        let position = format!("{}\\1\\2", 10.0 + 4.0 * k as f64);
        put(slice, tags::IMAGE_POSITION_PATIENT, VR::DS, position);
        put(
            slice,
            tags::IMAGE_ORIENTATION_PATIENT,
            VR::DS,
            "0\\1\\0\\0\\0\\-1",
        );
    }
    let volume = read_ct(&one_series(&slices)).unwrap();
    assert!(volume.grid().is_right_handed());
    // Ascending along -x: slice 2 at x = 14 comes first.
    assert_eq!(volume.grid().origin(), PatientPoint([14.0, 1.0, 2.0]));
    assert_eq!(volume.get([0, 0, 0]), Some(-600.0));
    // One row down is 2 mm along -z.
    let place = volume.grid().to_patient([0.0, 1.0, 1.0]);
    assert!((place - PatientPoint([10.0, 1.0, 0.0])).length() < 1e-9);
}

#[test]
fn what_is_no_dicom_or_cut_short_says_so() {
    let whole = bytes_of(&ct_slice(1, 0.0));
    let catalogue = scan_bytes(vec![
        ("empty.dcm".to_owned(), Vec::new()),
        ("text.txt".to_owned(), b"Dear colleague, ".repeat(20)),
        ("header.dcm".to_owned(), whole[..400].to_vec()),
        ("pixels.dcm".to_owned(), whole[..whole.len() - 4].to_vec()),
    ]);
    let reasons: Vec<_> = catalogue
        .skipped
        .iter()
        .map(|file| file.reason.as_str())
        .collect();
    assert!(reasons[0].contains("empty (0 bytes)"), "{reasons:?}");
    assert!(reasons[1].contains("is not DICOM"), "{reasons:?}");
    assert!(reasons[2].contains("truncated"), "{reasons:?}");
    finds(
        &catalogue.series[0],
        Severity::Stops,
        "PixelData",
        "end before their pixels",
    );
    assert!(read_ct(&catalogue.series[0]).is_err());
}

#[test]
fn the_wrong_kind_is_refused_by_name() {
    let series = one_series(&ct(&[0.0, 2.0]));
    let error = read_activity(&series).unwrap_err().to_string();
    assert!(error.contains("a PET or NM series is wanted"), "{error}");
    assert!(read_structures(&series).is_err());
    assert!(read_dose(&series).is_err());
    assert!(read_registration(&series).is_err());
    assert!(read_planar(&series).is_err());
}

#[test]
fn nothing_tells_the_patient() {
    let catalogue = catalogue(&ct(&[0.0, 2.0, 2.0]));
    let text = format!(
        "{catalogue:?} {} {:?}",
        serde_json::to_string(&catalogue).unwrap(),
        read_ct(&catalogue.series[0])
    );
    assert!(!text.contains("Secret"));
}

/// Y-90 PET whose scan runs past midnight, each slice with its own slope.
fn pet(k: i16, z: f64) -> Object {
    let class = uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE;
    let mut object = image(class, "PT", &format!("1.1.2.{k}"), 10);
    for (tag, vr, value) in [
        (tags::IMAGE_POSITION_PATIENT, VR::DS, format!("0\\0\\{z}")),
        (tags::RESCALE_SLOPE, VR::DS, format!("{k}.5")),
        (tags::RESCALE_INTERCEPT, VR::DS, "0".to_owned()),
        (tags::UNITS, VR::CS, "BQML".to_owned()),
        (tags::DECAY_CORRECTION, VR::CS, "START".to_owned()),
        (tags::CORRECTED_IMAGE, VR::CS, "DECY\\ATTN\\SCAT".to_owned()),
        (tags::ACQUISITION_DATE, VR::DA, format!("202603{k:02}")),
        (
            tags::ACQUISITION_TIME,
            VR::TM,
            if k == 1 { "235000" } else { "000500" }.to_owned(),
        ),
        (tags::ACTUAL_FRAME_DURATION, VR::IS, "900000".to_owned()),
        (tags::FRAME_REFERENCE_TIME, VR::DS, "0".to_owned()),
        (tags::DECAY_FACTOR, VR::DS, "1.0".to_owned()),
        (tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH, "+0100".to_owned()),
    ] {
        put(&mut object, tag, vr, value);
    }
    let mut tracer = item(&[
        (tags::RADIONUCLIDE_HALF_LIFE, VR::DS, "230760"),
        (tags::RADIONUCLIDE_POSITRON_FRACTION, VR::DS, "3.2e-05"),
        (tags::RADIONUCLIDE_TOTAL_DOSE, VR::DS, "1.4e9"),
        (
            tags::RADIOPHARMACEUTICAL_START_DATE_TIME,
            VR::DT,
            "20260301100000+0000",
        ),
    ]);
    sequence(
        &mut tracer,
        tags::RADIONUCLIDE_CODE_SEQUENCE,
        vec![item(&[
            (tags::CODE_VALUE, VR::SH, "14691008"),
            (tags::CODING_SCHEME_DESIGNATOR, VR::SH, "SCT"),
            (tags::CODE_MEANING, VR::LO, "^90^Yttrium"),
        ])],
    );
    sequence(
        &mut object,
        tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE,
        vec![tracer],
    );
    object
}

fn with_tracer(mut object: Object, change: impl Fn(&mut Object)) -> Object {
    let tag = tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE;
    let mut tracer = object.get(tag).unwrap().items().unwrap()[0].clone();
    change(&mut tracer);
    sequence(&mut object, tag, vec![tracer]);
    object
}

#[test]
fn slices_lost_at_the_ends_are_told_by_their_number() {
    let slices = |made: u16| {
        [pet(1, 0.0), pet(2, 3.0)].map(|mut slice| {
            put(&mut slice, tags::NUMBER_OF_SLICES, VR::US, made);
            slice
        })
    };
    let series = one_series(&slices(3));
    finds(
        &series,
        Severity::Stops,
        "(0054,0081)",
        "is 3, but 2 slices are there: 1 are missing",
    );
    // The user may settle it, so it does not stop the reading itself.
    read_activity(&series).unwrap();
    // Two beds of 1 slice hold more than a bed does.
    for made in [1, 2] {
        let series = one_series(&slices(made));
        assert!(
            !series.findings.iter().any(|one| one.tag.contains("0081")),
            "{:?}",
            series.findings
        );
    }
}

#[test]
fn headers_alone_say_what_the_whole_series_does() {
    let series = one_series(&[pet(1, 0.0), pet(2, 3.0)]);
    let (_, acquisition) = read_activity(&series).unwrap();
    assert_eq!(
        sirt_dicom::activity_acquisition(&series).unwrap(),
        acquisition
    );
}

#[test]
fn the_kind_of_suv_and_a_code_without_meaning_are_kept() {
    let mut slice = pet(1, 0.0);
    put(&mut slice, tags::UNITS, VR::CS, "GML");
    put(&mut slice, tags::SUV_TYPE, VR::CS, "LBM");
    let slice = with_tracer(slice, |tracer| {
        let code = item(&[(tags::CODE_VALUE, VR::SH, "C-162A7")]);
        sequence(tracer, tags::RADIONUCLIDE_CODE_SEQUENCE, vec![code]);
    });
    let mut other = slice.clone();
    put(&mut other, tags::SOP_INSTANCE_UID, VR::UI, "1.1.2.9");
    put(&mut other, tags::IMAGE_POSITION_PATIENT, VR::DS, "0\\0\\3");
    let (_, acquisition) = read_activity(&one_series(&[slice, other])).unwrap();
    let kind = acquisition.suv_type.unwrap();
    assert_eq!(kind.value, "LBM");
    assert_eq!(kind.field, "(0054,1006) SUVType");
    assert_eq!(acquisition.nuclide.unwrap().value, "C-162A7");
}

#[test]
fn patients_are_told_apart_and_never_named() {
    let of = |id: &str, name: &str| {
        let mut slices = ct(&[0.0, 2.0]);
        for slice in &mut slices {
            put(slice, tags::PATIENT_ID, VR::LO, id);
            put(slice, tags::PATIENT_NAME, VR::PN, name);
        }
        one_series(&slices).patient().unwrap()
    };
    let a = of("17", "Nobody^Secret");
    assert!(a.is_another_than(&of("18", "Nobody^Secret")));
    assert!(!a.is_another_than(&of("17 ", "Somebody")));
    // Without identifiers the names decide, whatever their spelling.
    assert!(!a.is_another_than(&of("", "NOBODY^SECRET^^")));
    assert!(a.is_another_than(&of("", "Somebody")));
    assert!(!a.is_another_than(&of("", "")));
    assert_eq!(format!("{a:?}"), "PatientMark");
}

#[test]
fn a_scan_past_midnight_keeps_full_instants_and_zone() {
    let series = one_series(&[pet(2, 3.0), pet(1, 0.0)]);
    let (volume, acquisition) = read_activity(&series).unwrap();
    assert_eq!(volume.get([0, 0, 0]), Some(15.0));
    assert_eq!(volume.get([0, 0, 1]), Some(25.0));
    let starts: Vec<_> = acquisition
        .frames
        .iter()
        .map(|frame| frame.acquisition_start.unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            date(2026, 3, 1).at(23, 50, 0, 0),
            date(2026, 3, 2).at(0, 5, 0, 0)
        ]
    );
    // 10:00 at +0000 is 11:00 in the object's zone of +0100.
    assert_eq!(
        acquisition.administration_start.unwrap().value,
        InstantOf::DateTime(date(2026, 3, 1).at(11, 0, 0, 0))
    );
    assert!((acquisition.administered.unwrap().value.as_mbq() - 1400.0).abs() < 1e-9);
    assert!(series.is_usable(), "{:?}", series.findings);
}

#[test]
fn a_wrong_isotope_on_the_scanner_is_found() {
    let wrong = |k, z| {
        with_tracer(pet(k, z), |tracer| {
            put(tracer, tags::RADIONUCLIDE_HALF_LIFE, VR::DS, "6588");
            put(tracer, tags::RADIONUCLIDE_POSITRON_FRACTION, VR::DS, "0.97");
            tracer.remove_element(tags::RADIOPHARMACEUTICAL_START_DATE_TIME);
            put(
                tracer,
                tags::RADIOPHARMACEUTICAL_START_TIME,
                VR::TM,
                "235500",
            );
        })
    };
    let mut slices = vec![wrong(1, 0.0), wrong(2, 3.0)];
    for slice in &mut slices {
        put(slice, tags::SERIES_DATE, VR::DA, "20260305");
        put(slice, tags::CORRECTED_IMAGE, VR::CS, "DECY");
        put(slice, tags::FRAME_REFERENCE_TIME, VR::DS, "6588000");
    }
    let series = one_series(&slices);
    finds(&series, Severity::Weakens, "RadionuclideHalfLife", "6588 s");
    finds(&series, Severity::Stops, "PositronFraction", "0.97");
    finds(&series, Severity::Weakens, "SeriesTime", "processed again");
    finds(&series, Severity::Weakens, "StartTime", "midnight");
    finds(&series, Severity::Weakens, "CorrectedImage", "no scatter");
    // After one half-life of 6588 s the factor is 2, not 1.
    finds(&series, Severity::Weakens, "DecayFactor", "give 2.0");
}

#[test]
fn missing_units_and_decay_correction_stop_a_pet() {
    let mut slices = vec![pet(1, 0.0), pet(2, 3.0)];
    for slice in &mut slices {
        slice.remove_element(tags::UNITS);
        slice.remove_element(tags::DECAY_CORRECTION);
        slice.remove_element(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE);
    }
    let series = one_series(&slices);
    finds(&series, Severity::Stops, "(0054,1001)", "missing");
    finds(&series, Severity::Stops, "(0054,1102)", "missing");
    finds(&series, Severity::Weakens, "(0054,0016)", "missing");
    // A user may settle these, so that the numbers are read all the same.
    let (_, acquisition) = read_activity(&series).unwrap();
    assert!(acquisition.units.is_none() && acquisition.half_life.is_none());
}

/// Tomogram of 2 slices with 4 mm between them, stacked by the sign of `step`.
fn tomogram(step: &str) -> Object {
    let mut object = image(uids::NUCLEAR_MEDICINE_IMAGE_STORAGE, "NM", "1.1.3.1", 0);
    put(
        &mut object,
        tags::IMAGE_TYPE,
        VR::CS,
        "ORIGINAL\\PRIMARY\\RECON TOMO\\EMISSION",
    );
    put(&mut object, tags::NUMBER_OF_FRAMES, VR::IS, "2");
    put(&mut object, tags::SPACING_BETWEEN_SLICES, VR::DS, step);
    put(
        &mut object,
        tags::SLICE_VECTOR,
        VR::US,
        PrimitiveValue::U16([1_u16, 2].as_slice().into()),
    );
    let orientation = "1\\0\\0\\0\\1\\0";
    sequence(
        &mut object,
        tags::DETECTOR_INFORMATION_SEQUENCE,
        vec![item(&[
            (tags::IMAGE_POSITION_PATIENT, VR::DS, "0\\0\\100"),
            (tags::IMAGE_ORIENTATION_PATIENT, VR::DS, orientation),
        ])],
    );
    pixels(&mut object, 0..12);
    object
}

#[test]
fn a_tomogram_stacks_by_the_sign_of_its_spacing() {
    let (up, _) = read_activity(&one_series(&[tomogram("4")])).unwrap();
    assert_eq!(up.grid().origin(), PatientPoint([0.0, 0.0, 100.0]));
    assert_eq!(up.get([0, 0, 0]), Some(0.0));
    let (down, acquisition) = read_activity(&one_series(&[tomogram("-4")])).unwrap();
    // The first frame stays at 100 mm and is now the upper slice.
    assert_eq!(down.grid().origin(), PatientPoint([0.0, 0.0, 96.0]));
    assert_eq!(down.get([0, 0, 1]), Some(0.0));
    assert_eq!(down.get([0, 0, 0]), Some(6.0));
    assert_eq!(acquisition.frames.len(), 2);
    let mut two_windows = tomogram("4");
    put(
        &mut two_windows,
        tags::ENERGY_WINDOW_VECTOR,
        VR::US,
        PrimitiveValue::U16([1_u16, 2].as_slice().into()),
    );
    let error = read_activity(&one_series(&[two_windows])).unwrap_err();
    assert!(error.to_string().contains("EnergyWindowVector"), "{error}");
}

/// Every reader over a damaged file: an error or values, never a panic.
fn read_all(bytes: Vec<u8>) {
    let catalogue = scan_bytes(vec![("one.dcm".to_owned(), bytes)]);
    for series in &catalogue.series {
        let _ = read_ct(series);
        let _ = read_activity(series);
        let _ = read_planar(series);
        let _ = read_structures(series);
        let _ = read_registration(series);
        let _ = read_dose(series);
    }
}

#[test]
fn damaged_bytes_never_end_the_program() {
    let objects = [ct_slice(1, 0.0), pet(1, 0.0), tomogram("-4")];
    // A fixed sequence (Knuth's MMIX multiplier), the same on every machine.
    let mut state = 1_u64;
    let mut next = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for object in &objects {
        let whole = bytes_of(object);
        for end in (0..whole.len()).step_by(7) {
            read_all(whole[..end].to_vec());
        }
        for _ in 0..3000 {
            let mut bytes = whole.clone();
            for _ in 0..=next(4) {
                let at = 132 + next(bytes.len() - 132);
                bytes[at] = next(256) as u8;
            }
            read_all(bytes);
        }
    }
}
