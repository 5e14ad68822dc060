//! Public images beside the repository (`../shared/data`), skipped with a
//! printed line when they are absent; its README names the sources.
//!
//! Expected numbers are those of pydicom 3.0.2: `pixel_array * RescaleSlope +
//! RescaleIntercept` stacked by ImagePositionPatient, sums of SEG frames, and
//! `pixel_array * DoseGridScaling`.

use std::path::PathBuf;

use sirt_dicom::{
    DoseVolume, Series, SeriesKind, read_activity, read_ct, read_dose, read_structures, scan,
};
use sirt_image::{DecayCorrection, InstantOf, Outline, PatientPoint, PixelUnits};

/// Sums of f32 voxels differ from double sums by rounding of each voxel.
const SUM: f64 = 1e-6;

fn data(part: &str) -> Option<PathBuf> {
    sirt_reference::shared_file(&format!("data/{part}"))
}

fn only(part: &str, kind: SeriesKind) -> Option<Series> {
    let catalogue = scan(data(part)?).unwrap();
    let found: Vec<_> = catalogue.of_kind(&[kind]).cloned().collect();
    assert_eq!(found.len(), 1, "{part}");
    found.into_iter().next()
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!(
        (found - expected).abs() <= relative * expected.abs(),
        "{found} where {expected} is expected"
    );
}

#[test]
fn portal_venous_ct() {
    let Some(series) = only("hcc-tace-048-ct", SeriesKind::Ct) else {
        return;
    };
    assert!(series.is_usable(), "{:?}", series.findings);
    let ct = read_ct(&series).unwrap();
    assert_eq!(ct.grid().size(), [512, 512, 89]);
    assert_eq!(ct.grid().origin(), PatientPoint([-180.0, -180.0, -396.0]));
    close(ct.grid().spacing_mm()[2], 2.5, 1e-9);
    close(ct.sum(), -18_064_819_027.0, SUM);
    assert_eq!(ct.get([236, 247, 44]), Some(71.0));
}

#[test]
fn jpeg_2000_ct_without_uids() {
    let Some(series) = only(
        "totalsegmentator/tests/reference_files/example_ct_dicom",
        SeriesKind::Ct,
    ) else {
        return;
    };
    let ct = read_ct(&series).unwrap();
    assert_eq!(ct.grid().size(), [512, 512, 20]);
    close(ct.grid().spacing_mm()[2], 2.0, 1e-9);
    close(ct.sum(), -3_272_217_339.0, SUM);
    assert_eq!(ct.get([236, 247, 10]), Some(106.0));
}

#[test]
fn pet_with_a_slope_for_each_slice() {
    let Some(series) = only("sts001-fdg-pet-rtstruct", SeriesKind::Pet) else {
        return;
    };
    let (pet, acquisition) = read_activity(&series).unwrap();
    assert_eq!(pet.grid().size(), [128, 128, 267]);
    close(pet.sum(), 2_688_853_840.001_746, SUM);
    close(
        f64::from(pet.get([44, 55, 133]).unwrap()),
        1_444.036_83,
        SUM,
    );
    let units = acquisition.units.unwrap();
    assert_eq!(units.value, PixelUnits::BecquerelPerMl);
    assert_eq!(units.field, "(0054,1001) Units");
    assert_eq!(
        acquisition.decay_correction.unwrap().value,
        DecayCorrection::Start
    );
    close(
        acquisition.half_life.unwrap().value.as_seconds(),
        6588.0,
        1e-12,
    );
    close(
        acquisition.administered.unwrap().value.as_mbq(),
        388.8,
        1e-3,
    );
    close(acquisition.patient_weight_kg.unwrap().value, 71.0, 1e-12);
    assert!(matches!(
        acquisition.administration_start.unwrap().value,
        InstantOf::TimeOnly(_)
    ));
    assert_eq!(acquisition.frames.len(), 267);
}

#[test]
fn structures_of_a_sarcoma() {
    let Some(series) = only("sts001-fdg-pet-rtstruct", SeriesKind::StructureSet) else {
        return;
    };
    let read = read_structures(&series).unwrap();
    let names: Vec<_> = read
        .structures
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["GTV_Mass", "GTV_Edema"]);
    assert!(
        read.structures
            .iter()
            .all(|one| one.capacity().as_ml() > 300.0)
    );
}

#[test]
fn dose_and_its_histograms() {
    let Some(series) = only("dicompyler-rtdose", SeriesKind::Dose) else {
        return;
    };
    let dose = read_dose(&series).unwrap();
    assert_eq!(dose.histograms.len(), 9);
    assert_eq!(dose.histograms[0].included_rois, [1]);
    assert_eq!(dose.histograms[0].bins.len(), 1470);
    close(
        dose.histograms[0].mean.unwrap(),
        3.299_074_506_859_77,
        1e-12,
    );
    let Some(DoseVolume::Physical(volume)) = dose.volume else {
        panic!("no physical dose");
    };
    assert_eq!(volume.grid().size(), [194, 129, 98]);
    assert_eq!(
        volume.grid().origin(),
        PatientPoint([-228.654_191_5, -419.244_477_6, -122.440_7])
    );
    close(volume.grid().spacing_mm()[2], 3.0, 1e-9);
    close(volume.sum(), 372_889.484_142, SUM);
    close(
        f64::from(volume.get([137, 51, 32]).unwrap()),
        14.680_764,
        SUM,
    );
}

/// Number of pixels (fractional: sum) of each segment, from pydicom.
fn segments(part: &str, expected: &[f64]) {
    let Some(file) = data(part) else {
        return;
    };
    let catalogue = scan(file).unwrap();
    let read = read_structures(&catalogue.series[0]).unwrap();
    assert_eq!(read.structures.len(), expected.len(), "{part}");
    for (structure, expected) in read.structures.iter().zip(expected) {
        let grid = match &structure.outline {
            Outline::Mask(mask) => Some(mask.grid()),
            Outline::Contours(_) => None,
        };
        let voxel = grid.unwrap().voxel_capacity();
        let voxels = structure.capacity().as_mm3() / voxel.as_mm3();
        close(voxels, *expected, SUM);
    }
}

#[test]
fn binary_overlapping_and_fractional_segments() {
    segments(
        "dcmqi-liver-seg-sr/data/segmentations/liver.dcm",
        &[107_098.0],
    );
    segments(
        "dcmqi-liver-seg-sr/data/segmentations/partial_overlaps.dcm",
        &[9602.0, 11888.0, 10743.0, 6693.0, 4713.0],
    );
    segments(
        "highdicom-seg-sr/data/test_files/seg_image_ct_true_fractional.dcm",
        &[326.023_529_411_764_7],
    );
    segments(
        "highdicom-seg-sr/data/test_files/seg_image_ct_binary_overlap.dcm",
        &[64.0, 16.0],
    );
}

#[test]
fn a_segmentation_agrees_with_the_report_beside_it() {
    let Some(file) = data("dcmqi-liver-seg-sr/data/sr-example/seg.dcm") else {
        return;
    };
    let catalogue = scan(file).unwrap();
    let read = read_structures(&catalogue.series[0]).unwrap();
    // Volume in the TID 1500 report of the same folder: 33.58 mL.
    close(read.structures[0].capacity().as_ml(), 33.58, 1e-3);
    assert!(read.structures[0].tracking_uid.is_none());
}
