//! NIfTI: what is written is read back, and header rules one by one.

use proptest::prelude::*;
use sirt_image::{
    Compression, Grid, ImageError, PatientPoint, ReadOptions, VolumeFile, WeightMask, read_nifti,
    write_nifti, write_nifti_labels,
};

use crate::fixtures::{any_grid, numbered};

/// Single precision of a header over 400 mm, a few voxels away from the origin.
const PLACE_MM: f64 = 1e-3;

fn read(bytes: &[u8]) -> Result<VolumeFile, ImageError> {
    read_nifti(bytes, &ReadOptions::default())
}

fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    bytes[at..at + field.len()].copy_from_slice(field);
}

fn plain() -> Vec<u8> {
    let grid = Grid::axis_aligned([3, 2, 2], [1.0, 2.0, 3.0], PatientPoint([4.0, 5.0, 6.0]));
    write_nifti(&numbered(&grid.unwrap()), "", Compression::None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_grid_comes_back(grid in any_grid(), packed in any::<bool>()) {
        let volume = numbered(&grid);
        let compression = if packed { Compression::Gzip } else { Compression::None };
        let bytes = write_nifti(&volume, "dose, Gy", compression).unwrap();
        let file = read(&bytes).unwrap();
        prop_assert!(file.volume.grid().matches(&grid, PLACE_MM));
        prop_assert_eq!(file.volume.values(), volume.values());
        // sform and qform agree, else there would be a note.
        prop_assert!(file.notes.is_empty(), "{:?}", file.notes);
    }

    /// Without its sform a file is placed by its qform, to the same place.
    #[test]
    fn the_qform_alone_places_alike(grid in any_grid()) {
        let mut bytes = write_nifti(&numbered(&grid), "", Compression::None).unwrap();
        put(&mut bytes, 254, &0_i16.to_le_bytes());
        let file = read(&bytes).unwrap();
        prop_assert!(file.volume.grid().matches(&grid, 10.0 * PLACE_MM));
    }
}

#[test]
fn scaling_and_byte_order() {
    let mut bytes = plain();
    put(&mut bytes, 112, &2.0_f32.to_le_bytes());
    put(&mut bytes, 116, &(-1.0_f32).to_le_bytes());
    let file = read(&bytes).unwrap();
    // Stored -5.125 and -4.755.
    assert!((file.volume.values()[0] + 11.25).abs() < 1e-6);
    assert!((file.volume.values()[1] + 10.51).abs() < 1e-5);
}

#[test]
fn label_maps_are_bytes_and_become_structures() {
    let grid = Grid::axis_aligned([4, 3, 2], [1.0; 3], PatientPoint::default()).unwrap();
    let mut weights = vec![0.0; 24];
    weights[5] = 1.0;
    weights[6] = 0.6;
    weights[7] = 0.4;
    let first = WeightMask::from_weights(grid.clone(), &weights).unwrap();
    let mut weights = vec![0.0; 24];
    weights[6] = 0.5;
    weights[20] = 1.0;
    let second = WeightMask::from_weights(grid.clone(), &weights).unwrap();
    let bytes = write_nifti_labels(&grid, &[&first, &second], "", Compression::Gzip).unwrap();
    let structures = read(&bytes).unwrap().label_structures().unwrap();
    let found: Vec<_> = structures
        .iter()
        .map(|structure| (structure.name.as_str(), structure.number))
        .collect();
    assert_eq!(found, [("label 1", 1), ("label 2", 2)]);
    // 5; then 6 (covered by the second) and 20.
    assert!((structures[0].capacity().as_mm3() - 1.0).abs() < 1e-9);
    assert!((structures[1].capacity().as_mm3() - 2.0).abs() < 1e-9);
}

#[test]
fn numbers_that_are_no_labels_are_no_structures() {
    let error = read(&plain()).unwrap().label_structures().unwrap_err();
    assert!(
        error.to_string().contains("-5.125 is not a whole number"),
        "{error}"
    );
}

#[test]
fn refuses_by_name_of_the_field() {
    for (at, field, expected) in [
        (
            40,
            2_i16.to_le_bytes().to_vec(),
            "NIfTI: dim[0]: 2 dimensions",
        ),
        (
            40,
            9_i16.to_le_bytes().to_vec(),
            "NIfTI: dim[0]: 9 is outside 1..=7",
        ),
        (
            42,
            (-3_i16).to_le_bytes().to_vec(),
            "NIfTI: dim[1]: -3 is not positive",
        ),
        (
            42,
            32767_i16.to_le_bytes().to_vec(),
            "NIfTI: data: the file has",
        ),
        (70, 128_i16.to_le_bytes().to_vec(), "NIfTI: datatype: 128"),
        (108, f32::NAN.to_le_bytes().to_vec(), "NIfTI: vox_offset"),
        (
            108,
            1e9_f32.to_le_bytes().to_vec(),
            "NIfTI: data: the file has",
        ),
        (123, vec![7], "NIfTI: xyzt_units: 7"),
        (252, vec![0, 0, 0, 0], "NIfTI: sform_code and qform_code"),
        (280, 0.0_f32.to_le_bytes().to_vec(), "NIfTI: sform"),
        (284, 1.0_f32.to_le_bytes().to_vec(), "NIfTI: sform"),
        (
            344,
            b"ni1\0".to_vec(),
            "NIfTI: magic: header and data in two files",
        ),
        (344, b"abc\0".to_vec(), "NIfTI: magic: `abc"),
        (0, 12_i32.to_le_bytes().to_vec(), "NIfTI: sizeof_hdr: 12"),
    ] {
        let mut bytes = plain();
        put(&mut bytes, at, &field);
        let error = read(&bytes).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    // Several volumes: dim[0] = 4 and dim[4] = 2.
    let mut bytes = plain();
    put(&mut bytes, 40, &4_i16.to_le_bytes());
    put(&mut bytes, 48, &2_i16.to_le_bytes());
    let error = read(&bytes).unwrap_err().to_string();
    assert!(error.starts_with("NIfTI: dim[4]: 2 volumes"), "{error}");
}

#[test]
fn forms_that_disagree_and_missing_forms_are_noted() {
    let mut bytes = plain();
    put(&mut bytes, 268, &100.0_f32.to_le_bytes());
    let file = read(&bytes).unwrap();
    assert!(
        file.notes[0].contains("the sform was used"),
        "{:?}",
        file.notes
    );
    assert!((file.volume.grid().origin().0[0] - 4.0).abs() < 1e-6);
    let mut bytes = plain();
    put(&mut bytes, 252, &[0; 4]);
    let options = ReadOptions {
        accept_missing_orientation: true,
    };
    let file = read_nifti(&bytes, &options).unwrap();
    assert!(file.notes[0].contains("neither sform nor qform"));
    assert_eq!(file.volume.grid().size(), [3, 2, 2]);
}

#[test]
fn metres_and_no_unit() {
    let mut bytes = plain();
    put(&mut bytes, 123, &[1]);
    let file = read(&bytes).unwrap();
    assert!((file.volume.grid().spacing_mm()[1] - 2000.0).abs() < 1e-9);
    put(&mut bytes, 123, &[0]);
    let file = read(&bytes).unwrap();
    assert!(file.notes[0].contains("mm taken"));
}

/// NIfTI-2, big endian, 16-bit, made field by field after nifti2.h.
#[test]
fn reads_version_2_in_the_other_byte_order() {
    let mut bytes = vec![0_u8; 544];
    put(&mut bytes, 0, &540_i32.to_be_bytes());
    put(&mut bytes, 4, b"n+2\0\r\n\x1a\n");
    put(&mut bytes, 12, &4_i16.to_be_bytes());
    for (at, n) in [3_i64, 2, 1, 2, 1, 1, 1, 1].into_iter().enumerate() {
        put(&mut bytes, 16 + 8 * at, &n.to_be_bytes());
    }
    put(&mut bytes, 168, &544_i64.to_be_bytes());
    put(&mut bytes, 176, &1.0_f64.to_be_bytes());
    put(&mut bytes, 348, &1_i32.to_be_bytes());
    // Columns -2, 3, 4 in RAS and the origin (10, 20, 30).
    for (at, value) in [
        (0, -2.0_f64),
        (3, 10.0),
        (5, 3.0),
        (7, 20.0),
        (10, 4.0),
        (11, 30.0),
    ] {
        put(&mut bytes, 400 + 8 * at, &value.to_be_bytes());
    }
    put(&mut bytes, 500, &2_i32.to_be_bytes());
    for value in [1_i16, -2, 300, 4] {
        bytes.extend(value.to_be_bytes());
    }
    let file = read(&bytes).unwrap();
    let grid = file.volume.grid();
    assert_eq!(file.volume.values(), [1.0, -2.0, 300.0, 4.0]);
    let corner = grid.to_patient([1.0, 0.0, 1.0]).0;
    // RAS (8, 20, 34) is LPS (-8, -20, 34).
    for (got, wanted) in corner.into_iter().zip([-8.0, -20.0, 34.0]) {
        assert!((got - wanted).abs() < 1e-9);
    }
}
