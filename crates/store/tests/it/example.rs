//! The worked example of docs/case.md, read.

use sirt_dosimetry::Device;
use sirt_outcome::{LiverFunctionTable, Sex};
use sirt_quantity::{AbsorbedDose, Activity, Capacity, TimeSpan};
use sirt_store::{
    Age, Case, ImageDifference, ImageUnits, Intent, Lobe, PlanarViewName, PrescriptionMethod,
    Segment, StructureRole, TherapyKind, TumourType,
};

use crate::example_text;

#[test]
fn says_what_it_says() {
    let case = Case::from_toml(&example_text()).unwrap();
    assert_eq!(case.patient.pseudonym.as_str(), "SIRT-017");
    assert_eq!(
        (case.patient.sex, case.patient.age),
        (Sex::Female, Age::BornIn(1961))
    );
    assert_eq!(case.disease.tumour_type, TumourType::Neuroendocrine);
    assert_eq!(case.device.device, Device::Resin);
    assert_eq!(case.device.half_life, Some(TimeSpan::from_hours(64.1)));
    assert_eq!(case.prior_therapies[1].kind, TherapyKind::Radioembolisation);
    assert_eq!(case.earlier_lung_dose(), AbsorbedDose::from_gy(2.0));
    let liver = case.liver.unwrap();
    assert!((liver.mass().as_kg() - 1.89).abs() < 1e-12);
    // Density of the liver where the territory states none.
    let right = case.territory("right").unwrap();
    assert_eq!((right.lobe, right.segments[0]), (Lobe::Right, Segment::V));
    assert!((right.normal_mass().unwrap().as_g() - 840.0).abs() < 1e-9);
    assert_eq!(case.structures[1].role, StructureRole::Stomach);
    assert_eq!(case.images.maa_spect_units, Some(ImageUnits::Counts));
    assert_eq!(
        case.images.maa_planar_views,
        [PlanarViewName::Anterior, PlanarViewName::Posterior]
    );
    assert!(case.images.accepted.holds(ImageDifference::Weight));
    assert!(!case.images.accepted.holds(ImageDifference::Sex));
    let work_up = case.work_up.as_ref().unwrap();
    let counts = work_up.planar_counts.unwrap();
    assert_eq!(
        counts.background,
        Some([[2000.0, 2500.0], [3000.0, 3500.0]])
    );
    let shunt = work_up.stated_shunt.as_ref().unwrap();
    assert!((shunt.fraction.as_fraction() - 0.05).abs() < 1e-12);
    assert_eq!(
        case.goals.normal_liver.as_ref().unwrap().dose,
        AbsorbedDose::from_gy(40.0)
    );
    let [first, second] = &case.prescriptions[..] else {
        panic!("two prescriptions");
    };
    assert_eq!(
        (first.method, first.intent),
        (PrescriptionMethod::Partition, Intent::Palliative)
    );
    assert!(second.activity.is_none() && second.at.is_some());
    assert_eq!(case.calibrations[0].sizes, [Activity::from_gbq(3.0)]);
    assert_eq!(case.vials[0].volume, Some(Capacity::from_ml(5.0)));
    assert!(case.administrations[1].stasis);
    assert_eq!(case.overrides.len(), 1);
    assert_eq!(case.signatures[0].at.to_string(), "2026-03-13T15:20+01:00");
}

#[test]
fn delivers_the_activity_of_the_test_vector() {
    // TV-B15: 1.850 GBq at 09:00 and 0.062 GBq left at 13:00 are 1.73764 GBq
    // delivered at 11:30, T = 64.1 h.
    let case = Case::from_toml(&example_text()).unwrap();
    let first = &case.administrations[0];
    let half_life = case.device.half_life.unwrap();
    let given = first.assay.decayed_to(first.at, half_life)
        - first.residual.unwrap().decayed_to(first.at, half_life);
    assert!((given.as_gbq() - 1.73764).abs() <= 0.5e-5, "{given}");
}

#[test]
fn its_laboratory_values_give_every_score() {
    let case = Case::from_toml(&example_text()).unwrap();
    let table = LiverFunctionTable::built_in().unwrap();
    let values = &case.laboratory[0].values;
    // 0.66·log10(12) − 0.085·41 = −2.7727: grade 1; five findings of one point.
    let albi = values.albi(&table).unwrap();
    assert!((albi.score + 2.7727).abs() <= 0.5e-4);
    let child_pugh = values.child_pugh(case.disease.cholestatic, &table).unwrap();
    assert_eq!(child_pugh.points, 5);
    assert_eq!(values.meld_3(case.patient.sex).unwrap().score, 7);
}

#[test]
fn reads_a_folder_and_finds_its_images() {
    let folder = tempfile::tempdir().unwrap();
    for inner in ["maa/spect", "maa/planar", "ct"] {
        std::fs::create_dir_all(folder.path().join(inner)).unwrap();
    }
    std::fs::write(folder.path().join("structures.dcm"), "").unwrap();
    std::fs::write(folder.path().join("maa/regions.toml"), "").unwrap();
    std::fs::write(folder.path().join("case.toml"), example_text()).unwrap();
    let case = Case::read(folder.path()).unwrap();
    let images = case.images.in_folder(folder.path());
    assert!(images.ct.unwrap().is_dir());

    std::fs::remove_file(folder.path().join("structures.dcm")).unwrap();
    let said = Case::read(folder.path()).unwrap_err().to_string();
    assert!(
        said.ends_with("[images] structures.1: there is nothing at `structures.dcm`"),
        "{said}"
    );
    let nowhere = Case::read(&folder.path().join("x")).unwrap_err();
    assert!(nowhere.to_string().ends_with("case.toml cannot be read"));
}

#[test]
fn is_read_within_the_time_of_a_plan() {
    // `sirt plan` has 0.2 s without images; this takes a few milliseconds.
    let text = example_text();
    let begin = std::time::Instant::now();
    Case::from_toml(&text).unwrap();
    let took = begin.elapsed();
    assert!(took.as_millis() < 200, "{took:?}");
}
