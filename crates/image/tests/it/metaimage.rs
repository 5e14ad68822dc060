//! MetaImage: local, detached and compressed data, and header rules.

use std::io::Write;

use sirt_image::{ImageError, ReadOptions, VolumeFile, read_metaimage};

use crate::fixtures::{no_companion, shorts};

fn header(rest: &str) -> Vec<u8> {
    format!(
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nTransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 10 20 30\nCenterOfRotation = 0 0 0\nAnatomicalOrientation = RAI\nElementSpacing = 2 3 4\nDimSize = 2 1 2\nElementType = MET_SHORT\n{rest}"
    )
    .into_bytes()
}

fn read(bytes: &[u8]) -> Result<VolumeFile, ImageError> {
    read_metaimage(bytes, &ReadOptions::default(), &mut no_companion)
}

#[test]
fn local_data_and_the_directions_of_axes() {
    let bytes = [
        header("ElementDataFile = LOCAL\n"),
        shorts(&[1, -2, 300, 4]),
    ]
    .concat();
    let file = read(&bytes).unwrap();
    assert_eq!(file.volume.values(), [1.0, -2.0, 300.0, 4.0]);
    // Row 0 of the matrix is the direction of axis 0: 2 mm towards +y.
    let place = file.volume.grid().to_patient([1.0, 0.0, 1.0]).0;
    for (got, wanted) in place.into_iter().zip([10.0, 22.0, 34.0]) {
        assert!((got - wanted).abs() < 1e-9);
    }
}

#[test]
fn compressed_and_detached_data() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&shorts(&[5, 6, 7, 8])).unwrap();
    let packed = encoder.finish().unwrap();
    let local = [
        header("CompressedData = True\nElementDataFile = LOCAL\n"),
        packed.clone(),
    ]
    .concat();
    assert_eq!(read(&local).unwrap().volume.values(), [5.0, 6.0, 7.0, 8.0]);
    let mut folder = |name: &str| match name {
        "x.zraw" => Ok(packed.clone()),
        "a.raw" => Ok(shorts(&[5, 6])),
        "b.raw" => Ok([vec![0; 9], shorts(&[7, 8])].concat()),
        _ => no_companion(name),
    };
    for rest in [
        "CompressedData = True\nElementDataFile = x.zraw\n",
        "HeaderSize = -1\nElementDataFile = LIST\na.raw\nb.raw\n",
    ] {
        let file = read_metaimage(&header(rest), &ReadOptions::default(), &mut folder).unwrap();
        assert_eq!(file.volume.values(), [5.0, 6.0, 7.0, 8.0]);
    }
}

#[test]
fn a_header_without_data_file_is_refused() {
    let error = read(&header("")).unwrap_err().to_string();
    assert_eq!(error, "MetaImage: ElementDataFile: the field is missing");
}

#[test]
fn refuses_by_name_of_the_field() {
    let text = String::from_utf8(header("ElementDataFile = LOCAL\n")).unwrap();
    for (from, to, expected) in [
        ("NDims = 3", "NDims = 2", "MetaImage: NDims: 2"),
        ("DimSize = 2 1 2", "DimSize = 2 0 2", "MetaImage: DimSize"),
        (
            "DimSize = 2 1 2",
            "DimSize = 99999 99999 99999",
            "MetaImage: data",
        ),
        (
            "MET_SHORT",
            "MET_LONG",
            "MetaImage: ElementType: `MET_LONG`",
        ),
        (
            "BinaryDataByteOrderMSB = False\n",
            "",
            "MetaImage: BinaryDataByteOrderMSB: missing",
        ),
        (
            "BinaryData = True",
            "BinaryData = False",
            "MetaImage: BinaryData",
        ),
        ("Offset = 10 20 30\n", "", "MetaImage: Offset: missing"),
        (
            "-1 0 0 0 0 1",
            "-1 0.5 0 0 0 1",
            "MetaImage: TransformMatrix: axes 0 and 1",
        ),
        (
            "LOCAL",
            "../x.raw",
            "MetaImage: ElementDataFile: `../x.raw`",
        ),
        (
            "LOCAL",
            "s%03d.raw 1 2 1",
            "MetaImage: ElementDataFile: `s%03d.raw 1 2 1` is a pattern",
        ),
        (
            "ElementDataFile = LOCAL\n",
            "",
            "MetaImage: header: line 12 is not `Key = Value`",
        ),
        (
            "CenterOfRotation = 0",
            "CompressedData = maybe",
            "MetaImage: CompressedData",
        ),
    ] {
        let damaged = [text.replace(from, to).into_bytes(), shorts(&[1, 2, 3, 4])].concat();
        let error = read(&damaged).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error} for {to}");
    }
}
