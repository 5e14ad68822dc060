//! Files that are cut off, empty or shuffled give an error, never a panic or
//! an allocation of what a header merely claims.

use proptest::prelude::*;
use sirt_image::{
    Compression, FileFormat, Grid, PatientPoint, ReadOptions, WeightMask, detect_format,
    read_metaimage, read_nifti, read_nrrd, read_volume_file, write_nifti, write_nrrd,
    write_seg_nrrd,
};

use crate::fixtures::{no_companion, numbered, shorts};

/// One small file of each kind, with a name.
pub(crate) fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let grid = Grid::axis_aligned([5, 4, 3], [1.0, 2.0, 3.0], PatientPoint([1.0; 3])).unwrap();
    let volume = numbered(&grid);
    let mask = WeightMask::from_weights(grid.clone(), &vec![1.0; 60]).unwrap();
    let metaimage = [
        b"ObjectType = Image\nNDims = 3\nBinaryDataByteOrderMSB = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nDimSize = 2 2 1\nElementType = MET_SHORT\nElementDataFile = LOCAL\n".to_vec(),
        shorts(&[1, 2, 3, 4]),
    ]
    .concat();
    vec![
        (
            "a.nii",
            write_nifti(&volume, "", Compression::None).unwrap(),
        ),
        (
            "a.nii.gz",
            write_nifti(&volume, "", Compression::Gzip).unwrap(),
        ),
        ("a.nrrd", write_nrrd(&volume, Compression::None).unwrap()),
        ("b.nrrd", write_nrrd(&volume, Compression::Gzip).unwrap()),
        (
            "a.seg.nrrd",
            write_seg_nrrd(&grid, &[("Liver", None, &mask)], Compression::Gzip).unwrap(),
        ),
        ("a.mha", metaimage),
    ]
}

fn is_read(bytes: &[u8], name: &str) -> bool {
    read_volume_file(bytes, name, &ReadOptions::default(), &mut no_companion).is_ok()
}

#[test]
fn whole_files_are_read_and_every_shorter_one_is_refused() {
    for (name, bytes) in samples() {
        assert!(is_read(&bytes, name), "{name}");
        // The trailer of a gzip stream (length and check sum) is not needed.
        let needed = if bytes.ends_with(&[0, 0])
            || name.contains("gz")
            || name == "b.nrrd"
            || name == "a.seg.nrrd"
        {
            bytes.len() - 12
        } else {
            bytes.len()
        };
        for length in 0..needed {
            assert!(!is_read(&bytes[..length], name), "{name} cut at {length}");
        }
    }
}

#[test]
fn empty_and_foreign_files_are_named() {
    let read = |bytes: &[u8], name: &str| {
        read_volume_file(bytes, name, &ReadOptions::default(), &mut no_companion)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(read(b"", "a"), "volume file: signature: the file is empty");
    for name in ["a.nii", "a.nrrd", "a.mha"] {
        assert!(read(b"", name).contains("empty"), "{name}");
    }
    assert!(read(b"\x89PNG....", "a.png").contains("neither NIfTI, NRRD nor MetaImage"));
    assert!(read(b"\x1f\x8b\x08garbage", "a.nii.gz").starts_with("NIfTI: gzip stream"));
}

#[test]
fn formats_are_known_by_content_before_name() {
    for (name, bytes) in samples() {
        let expected = match name.rsplit('.').next() {
            Some("nrrd") => FileFormat::Nrrd,
            Some("mha") => FileFormat::MetaImage,
            _ => FileFormat::Nifti,
        };
        assert_eq!(detect_format(&bytes, name), Some(expected));
        assert_eq!(detect_format(&bytes, "unnamed"), Some(expected), "{name}");
    }
    assert_eq!(detect_format(b"anything", "unnamed"), None);
}

#[test]
fn announced_terabytes_are_refused_at_once() {
    let nrrd = b"NRRD0004\ntype: double\nendian: little\ndimension: 3\nsizes: 99999 99999 9999\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: gzip\n\n\x1f\x8b";
    let error = read_nrrd(nrrd, &ReadOptions::default(), &mut no_companion).unwrap_err();
    assert!(error.to_string().contains("cannot hold"), "{error}");
    let text = String::from_utf8_lossy(nrrd);
    for encoding in ["raw", "ascii", "hex"] {
        let bytes = text.replace("gzip", encoding);
        assert!(read_nrrd(bytes.as_bytes(), &ReadOptions::default(), &mut no_companion).is_err());
    }
    let huge = text.replace("99999 99999 9999", "18446744073709551615 3 3");
    let error = read_nrrd(huge.as_bytes(), &ReadOptions::default(), &mut no_companion).unwrap_err();
    assert!(error.to_string().contains("counted"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Bytes changed, moved or doubled: read or refused, no more.
    #[test]
    fn shuffled_files_do_not_panic(
        which in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        swap in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let (name, mut bytes) = samples().swap_remove(which);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some((a, b)) = swap {
            let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
            bytes.rotate_left(a);
            bytes.truncate(b.max(1));
        }
        let _ = is_read(&bytes, name);
        let options = ReadOptions { accept_missing_orientation: true };
        let _ = read_nifti(&bytes, &options);
        let _ = read_nrrd(&bytes, &options, &mut no_companion);
        let _ = read_metaimage(&bytes, &options, &mut no_companion);
    }
}
