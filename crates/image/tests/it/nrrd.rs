//! NRRD: round trips, detached data, encodings, segment tables.

use proptest::prelude::*;
use sirt_image::{
    Compression, FileContent, Grid, ImageError, PatientPoint, ReadOptions, Structure, Unspecified,
    Volume, WeightMask, read_nrrd, write_nrrd, write_seg_nrrd,
};

use crate::fixtures::{any_grid, no_companion, numbered, shorts};

fn read(bytes: &[u8]) -> Result<FileContent, ImageError> {
    read_nrrd(bytes, &ReadOptions::default(), &mut no_companion)
}

fn volume(content: FileContent) -> Volume<Unspecified> {
    match content {
        FileContent::Volume(file) => file.volume,
        FileContent::Structures(_) => panic!("structures where a volume was expected"),
    }
}

fn structures(content: FileContent) -> Vec<Structure> {
    match content {
        FileContent::Structures(structures) => structures,
        FileContent::Volume(_) => panic!("a volume where structures were expected"),
    }
}

const PLACE: &str =
    "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (0,0,0)\n";

fn short_header(rest: &str) -> Vec<u8> {
    format!("NRRD0004\ntype: short\nendian: little\ndimension: 3\nsizes: 2 1 2\n{PLACE}{rest}")
        .into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_grid_comes_back(grid in any_grid(), packed in any::<bool>()) {
        let written = numbered(&grid);
        let compression = if packed { Compression::Gzip } else { Compression::None };
        let found = volume(read(&write_nrrd(&written, compression).unwrap()).unwrap());
        // Doubles are written so that they read back: only a normalisation rounds.
        prop_assert!(found.grid().matches(&grid, 1e-9));
        prop_assert_eq!(found.values(), written.values());
    }
}

#[test]
fn encodings_say_the_same() {
    let expected = [1.0, -2.0, 300.0, 4.0];
    let raw = [short_header("encoding: raw\n\n"), shorts(&[1, -2, 300, 4])].concat();
    let text = [
        short_header("encoding: ascii\n\n"),
        b"1 -2\n300 4\n".to_vec(),
    ]
    .concat();
    let hex = [
        short_header("encoding: hex\n\n"),
        b"0100feff 2c010400\n".to_vec(),
    ]
    .concat();
    let skipped = [
        short_header("encoding: raw\nline skip: 1\nbyte skip: 2\n\n"),
        b"a line\nxx".to_vec(),
        shorts(&[1, -2, 300, 4]),
    ]
    .concat();
    let from_end = [
        short_header("encoding: raw\nbyte skip: -1\n\n"),
        b"any prefix".to_vec(),
        shorts(&[1, -2, 300, 4]),
    ]
    .concat();
    for bytes in [raw, text, hex, skipped, from_end] {
        assert_eq!(volume(read(&bytes).unwrap()).values(), expected);
    }
}

#[test]
fn data_may_be_in_other_files() {
    let mut asked = Vec::new();
    let mut folder = |name: &str| {
        asked.push(name.to_owned());
        match name {
            "whole.raw" => Ok(shorts(&[1, 2, 3, 4])),
            "s1.raw" => Ok(shorts(&[1, 2])),
            "s2.raw" => Ok(shorts(&[3, 4])),
            _ => no_companion(name),
        }
    };
    for place in ["whole.raw", "s%d.raw 1 2 1", "LIST\ns1.raw\ns2.raw\n"] {
        let bytes = short_header(&format!("encoding: raw\ndata file: {place}\n"));
        let content = read_nrrd(&bytes, &ReadOptions::default(), &mut folder).unwrap();
        assert_eq!(volume(content).values(), [1.0, 2.0, 3.0, 4.0]);
    }
    assert_eq!(asked, ["whole.raw", "s1.raw", "s2.raw", "s1.raw", "s2.raw"]);
}

#[test]
fn data_files_stay_beside_their_header() {
    for name in ["/etc/x", "../x.raw", "a/../../x", "C:\\x", "\\\\host\\x"] {
        let mut never = |name: &str| -> std::io::Result<Vec<u8>> { panic!("asked for {name}") };
        let bytes = short_header(&format!("encoding: raw\ndata file: {name}\n"));
        let error = read_nrrd(&bytes, &ReadOptions::default(), &mut never).unwrap_err();
        assert!(error.to_string().contains("beside or beneath"), "{error}");
    }
}

#[test]
fn a_file_without_orientation_is_refused_or_accepted_on_request() {
    let bytes = [
        b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 1 1\nspacings: 1 2 3\nencoding: raw\n\n"
            .to_vec(),
        vec![7, 8],
    ]
    .concat();
    let error = read(&bytes).unwrap_err().to_string();
    assert!(error.starts_with("NRRD: space: missing"), "{error}");
    let options = ReadOptions {
        accept_missing_orientation: true,
    };
    let FileContent::Volume(file) = read_nrrd(&bytes, &options, &mut no_companion).unwrap() else {
        panic!("no volume")
    };
    assert_eq!(file.volume.values(), [7.0, 8.0]);
    assert!((file.volume.grid().spacing_mm()[2] - 3.0).abs() < 1e-12);
    assert_eq!(file.notes.len(), 1);
}

#[test]
fn segments_may_overlap_and_keep_name_and_colour() {
    let grid = Grid::axis_aligned([4, 3, 2], [1.0, 1.0, 2.0], PatientPoint::default()).unwrap();
    let mask = |set: &[usize]| {
        let mut weights = vec![0.0; 24];
        for at in set {
            weights[*at] = 1.0;
        }
        WeightMask::from_weights(grid.clone(), &weights).unwrap()
    };
    let (liver, tumour) = (mask(&[4, 5, 6, 7, 18]), mask(&[5, 6]));
    let bytes = write_seg_nrrd(
        &grid,
        &[
            ("Liver", Some([240, 10, 0]), &liver),
            ("Tumour 1", None, &tumour),
        ],
        Compression::Gzip,
    )
    .unwrap();
    let found = structures(read(&bytes).unwrap());
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].name.as_str(), found[0].number, found[0].colour),
        ("Liver", 1, Some([240, 10, 0]))
    );
    assert_eq!(found[1].name, "Tumour 1");
    assert_eq!(found[0].on_grid(&grid).unwrap(), liver);
    assert_eq!(found[1].on_grid(&grid).unwrap(), tumour);
}

#[test]
fn a_layer_axis_that_is_not_fastest_and_labels_in_one_layer() {
    let head = "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 1 1 2\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1) none\nspace origin: (0,0,0)\nencoding: raw\nSegment0_Name:=a\nSegment0_LabelValue:=3\nSegment0_Layer:=1\nSegment1_ID:=b\nSegment1_LabelValue:=5\nSegment1_Layer:=1\n\n";
    let bytes = [head.as_bytes(), &[3, 3, 5, 3]].concat();
    let found = structures(read(&bytes).unwrap());
    assert_eq!(found[0].name, "a");
    assert_eq!(found[1].name, "b");
    let grid = Grid::axis_aligned([2, 1, 1], [1.0; 3], PatientPoint::default()).unwrap();
    assert!((found[0].on_grid(&grid).unwrap().weight([1, 0, 0]) - 1.0).abs() < 1e-6);
    assert!((found[1].on_grid(&grid).unwrap().weight([0, 0, 0]) - 1.0).abs() < 1e-6);
    assert!((found[0].capacity().as_mm3() - 1.0).abs() < 1e-9);
    // A table that names a layer that the file has not.
    let bytes = [
        head.replace("Segment1_Layer:=1", "Segment1_Layer:=2")
            .as_bytes(),
        &[0; 4],
    ]
    .concat();
    let error = read(&bytes).unwrap_err().to_string();
    assert!(
        error.starts_with("NRRD: Segment1_Layer: layer 2"),
        "{error}"
    );
}

#[test]
fn components_without_a_table_are_refused() {
    let head = "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 3 2 1 1\nspace: LPS\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n\n";
    let bytes = [head.as_bytes(), &[0; 6]].concat();
    let error = read(&bytes).unwrap_err().to_string();
    assert!(error.contains("3 numbers for each voxel"), "{error}");
}
