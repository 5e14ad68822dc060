//! Real images and segmentations from the folder `shared` beside the project.
//!
//! A machine without the folder skips these tests and says so.

use sirt_image::{
    FileContent, ReadOptions, Structure, Unspecified, Volume, VolumeFile, read_volume_file,
    resample_conserving,
};

/// A file of `shared/data`; `None`, with a line, where the folder is absent.
fn shared(path: &str) -> Option<Vec<u8>> {
    let path = sirt_reference::shared_file(&format!("data/{path}"))?;
    Some(std::fs::read(path).unwrap())
}

fn content(path: &str) -> Option<FileContent> {
    let bytes = shared(path)?;
    let mut none = crate::fixtures::no_companion;
    Some(read_volume_file(&bytes, path, &ReadOptions::default(), &mut none).unwrap())
}

fn file(path: &str) -> Option<VolumeFile> {
    match content(path)? {
        FileContent::Volume(file) => Some(file),
        FileContent::Structures(_) => panic!("{path} holds structures"),
    }
}

fn volume(path: &str) -> Option<Volume<Unspecified>> {
    file(path).map(|file| file.volume)
}

fn structures(path: &str) -> Option<Vec<Structure>> {
    match content(path)? {
        FileContent::Structures(structures) => Some(structures),
        FileContent::Volume(file) => Some(file.label_structures().unwrap()),
    }
}

/// Names and volumes as the data's README prints them, mL to one decimal.
fn expect_volumes(structures: &[Structure], expected: &[(&str, f64)]) {
    let found: Vec<String> = structures
        .iter()
        .map(|structure| format!("{} {:.1}", structure.name, structure.capacity().as_ml()))
        .collect();
    let expected: Vec<String> = expected
        .iter()
        .map(|(name, volume)| format!("{name} {volume:.1}"))
        .collect();
    assert_eq!(found, expected);
}

/// README of the data: 1123 MBq, liver and six tumours on the MR grid.
#[test]
fn y90_pet_and_its_structures() {
    let Some(pet) = volume("taranis-y90/patient_1_Y90_PET.nrrd") else {
        return;
    };
    let total = pet.sum() * pet.grid().voxel_capacity().as_ml() * 1e-6;
    assert!((total - 1123.0).abs() < 0.5, "{total} MBq");
    let structures = structures("taranis-y90/patient_1_Segmentation.seg.nrrd").unwrap();
    expect_volumes(
        &structures,
        &[
            ("Liver", 1488.5),
            ("Tumor 1", 15.6),
            ("Tumor 2", 209.6),
            ("Tumor 3", 0.2),
            ("Tumor 4", 0.5),
            ("Tumor 5", 0.7),
            ("Tumor 6", 1.6),
            ("Normal Tissue", 1265.2),
        ],
    );
    // README: 93.5 % of the activity in the liver and 64.8 % in tumour 2, by
    // nearest neighbour; partial voxels differ by a few tenths.
    let share = |structure: &Structure| {
        let mask = structure.on_grid(pet.grid()).unwrap();
        let capacity = structure.capacity();
        // Both on parallel grids that cover each other: exact overlap.
        assert!((mask.capacity() / capacity - 1.0).abs() < 1e-5);
        let inside: f64 = mask
            .iter()
            .map(|(at, weight)| f64::from(weight) * f64::from(pet.values()[at]))
            .sum();
        100.0 * inside / pet.sum()
    };
    let (liver, tumour) = (share(&structures[0]), share(&structures[2]));
    assert!((liver - 93.5).abs() < 1.0, "{liver} %");
    assert!((tumour - 64.8).abs() < 1.0, "{tumour} %");
}

/// README of the data: an axis that runs negative, four layers.
#[test]
fn maa_spect_and_its_structures() {
    let Some(spect) = volume("taranis-y90/patient_2_SPECT.nrrd") else {
        return;
    };
    assert_eq!(spect.grid().size(), [128, 128, 160]);
    assert!(spect.grid().directions()[2].0[2] < -0.999);
    assert!(!spect.grid().is_right_handed());
    let least = spect.values().iter().copied().fold(f32::INFINITY, f32::min);
    assert!((least + 2.0).abs() < 1e-6);
    let structures = structures("taranis-y90/patient_2_Segmentation.seg.nrrd").unwrap();
    expect_volumes(
        &structures,
        &[
            ("gallbladder", 41.8),
            ("liver", 1726.4),
            ("Tumor 1", 112.8),
            ("Tumor 2", 128.5),
            ("perfused volume", 1082.2),
            ("whole liver normal", 1443.3),
            ("perfused normal", 799.4),
        ],
    );
    // The flipped axis is carried over: counts in the liver stay.
    let grid = structures[1].on_grid(spect.grid()).unwrap();
    assert!((grid.capacity().as_ml() - 1726.4).abs() < 0.2);
    let sirt_image::Outline::Mask(mask) = &structures[1].outline else {
        panic!("no mask")
    };
    let carried = resample_conserving(&spect, mask.grid()).unwrap();
    let whole = spect.sum() * spect.grid().voxel_capacity().as_ml();
    let inside = carried.volume.sum() * mask.grid().voxel_capacity().as_ml();
    assert!((inside / whole - (1.0 - carried.outside_fraction)).abs() < 1e-5);
}

/// README of the data: 61 labels with names; spleen 261, liver 1126 mL.
#[test]
fn label_map_with_names() {
    let path = "totalsegmentator/tests/reference_files/example_seg_fast_force_split.nii.gz";
    let Some(file) = file(path) else {
        return;
    };
    let structures = file.label_structures().unwrap();
    assert_eq!(structures.len(), 61);
    let volume_of = |name: &str| {
        structures
            .iter()
            .find(|structure| structure.name == name)
            .unwrap()
            .capacity()
            .as_ml()
    };
    assert!((volume_of("spleen") - 261.0).abs() < 0.6);
    assert!((volume_of("liver") - 1126.0).abs() < 0.6);
    let ct = volume("totalsegmentator/tests/reference_files/example_ct.nii.gz").unwrap();
    assert!(ct.grid().matches(file.volume.grid(), 1e-3));
    // README: non-contrast, liver 44 HU.
    let liver = structures
        .iter()
        .find(|structure| structure.name == "liver")
        .unwrap()
        .on_grid(ct.grid())
        .unwrap();
    let (sum, count) = liver.iter().fold((0.0, 0.0), |(sum, count), (at, weight)| {
        (
            sum + f64::from(weight) * f64::from(ct.values()[at]),
            count + f64::from(weight),
        )
    });
    assert!((sum / count - 44.0).abs() < 1.0);
}

/// Every NIfTI and NRRD file of the folder is read.
#[test]
fn all_files_are_read() {
    for path in [
        "dcmqi-liver-seg-sr/data/segmentations/liver_seg.nrrd",
        "dcmqi-liver-seg-sr/data/segmentations/liver_spine_gapped_seg.nrrd",
        "dcmqi-liver-seg-sr/data/segmentations/heart_seg.nrrd",
        "dcmqi-liver-seg-sr/data/segmentations/partial_overlaps-1.nrrd",
        "dcmqi-liver-seg-sr/data/segmentations/sparse_labelmap_ppv5_seg.nrrd",
        "dcmqi-liver-seg-sr/data/segmentations/24x38x3/nrrd/label.nrrd",
        "totalsegmentator/tests/reference_files/example_ct_sm.nii.gz",
        "totalsegmentator/tests/reference_files/example_seg.nii.gz",
        "totalsegmentator/tests/reference_files/example_seg_dicom.nii.gz",
        "totalsegmentator/tests/reference_files/example_seg_roi_subset.nii.gz",
    ] {
        if let Some(found) = file(path) {
            assert!(found.volume.grid().voxel_count() > 100, "{path}");
        }
    }
}
