//! The decay and units state machine, case by case.

use jiff::civil::{DateTime, date};
use sirt_dosimetry::{Calibration, CalibrationKind, Settlement, calibrate, relative_factor};
use sirt_image::{
    ActivityAcquisition, DecayCorrection, FrameTiming, InstantOf, PixelUnits, Recorded,
};
use sirt_quantity::{Activity, NuclideLibrary, TimeSpan, decay_factor, frame_average_factor};

const T: TimeSpan = TimeSpan::from_hours(64.1);

fn run(acquisition: &ActivityAcquisition, settlement: &Settlement) -> Result<Calibration, String> {
    calibrate(
        acquisition,
        settlement,
        &NuclideLibrary::built_in().unwrap(),
    )
    .map_err(|error| error.to_string())
}

fn noon() -> DateTime {
    date(2026, 3, 2).at(12, 0, 0, 0)
}

/// A PET of 20 h after administration that says everything.
fn pet() -> ActivityAcquisition {
    let scan = date(2026, 3, 3).at(8, 0, 0, 0);
    ActivityAcquisition {
        modality: "PT".to_owned(),
        units: Some(Recorded::new(
            PixelUnits::BecquerelPerMl,
            "(0054,1001) Units",
        )),
        decay_correction: Some(Recorded::new(
            DecayCorrection::Start,
            "(0054,1102) DecayCorrection",
        )),
        series_start: Some(Recorded::new(scan, "(0008,0031) SeriesTime")),
        nuclide: Some(Recorded::new(
            "^90^Yttrium".to_owned(),
            "(0054,0300) RadionuclideCodeSequence",
        )),
        half_life: Some(Recorded::new(T, "(0018,1075) RadionuclideHalfLife")),
        positron_fraction: Some(Recorded::new(
            32e-6,
            "(0018,1076) RadionuclidePositronFraction",
        )),
        administration_start: Some(Recorded::new(
            InstantOf::DateTime(noon()),
            "(0018,1078) RadiopharmaceuticalStartDateTime",
        )),
        frames: vec![
            FrameTiming {
                acquisition_start: Some(scan),
                frame_reference: Some(TimeSpan::from_minutes(15.0)),
                duration: Some(TimeSpan::from_minutes(30.0)),
                decay_factor: Some(1.0027),
            };
            2
        ],
        ..ActivityAcquisition::default()
    }
}

fn factor(calibration: &Calibration) -> f64 {
    calibration.slice_factors.as_ref().unwrap()[0]
}

fn close(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-9
}

#[test]
fn start_is_corrected_from_the_start_of_the_acquisition_past_midnight() {
    // TV-C1: 0.80 MBq/mL, series 20 h after administration: 0.99315 MBq/mL.
    let calibration = run(&pet(), &Settlement::default()).unwrap();
    assert!((0.80 * factor(&calibration) - 0.99315).abs() < 0.5e-5);
    assert!(close(
        calibration.since_administration.unwrap().as_hours(),
        20.0
    ));
    assert_eq!(calibration.kind, CalibrationKind::Scanner);
}

#[test]
fn administration_needs_no_correction_and_refuses_a_second_one() {
    let mut image = pet();
    image.decay_correction = Some(Recorded::new(
        DecayCorrection::Administration,
        "(0054,1102) DecayCorrection",
    ));
    assert!(close(
        factor(&run(&image, &Settlement::default()).unwrap()),
        1.0
    ));
    let twice = Settlement {
        since_administration: Some(TimeSpan::from_hours(20.0)),
        ..Settlement::default()
    };
    assert!(
        run(&image, &twice)
            .unwrap_err()
            .contains("already corrected to administration")
    );
}

#[test]
fn without_correction_each_frame_decays_from_its_own_start() {
    let mut image = pet();
    image.decay_correction = Some(Recorded::new(
        DecayCorrection::None,
        "(0054,1102) DecayCorrection",
    ));
    image.frames[1].acquisition_start = Some(date(2026, 3, 3).at(8, 30, 0, 0));
    let calibration = run(&image, &Settlement::default()).unwrap();
    let factors = calibration.slice_factors.unwrap();
    // DOMAIN C.1 steps 3 and 4: decay to administration, mean over the frame undone.
    let mean = frame_average_factor(TimeSpan::from_minutes(30.0), T);
    for (factor, hours) in factors.iter().zip([20.0, 20.5]) {
        let expected = 1.0 / decay_factor(TimeSpan::from_hours(hours), T) / mean;
        assert!(close(*factor, expected), "{factor} {expected}");
    }
}

#[test]
fn a_wrong_half_life_on_the_scanner_is_undone_and_redone() {
    let mut image = pet();
    let fluorine = TimeSpan::from_seconds(6586.2);
    image.half_life = Some(Recorded::new(fluorine, "(0018,1075) RadionuclideHalfLife"));
    let right = factor(&run(&pet(), &Settlement::default()).unwrap());
    let calibration = run(&image, &Settlement::default()).unwrap();
    // The frame's middle is 15 min after the reference.
    let middle = TimeSpan::from_minutes(15.0);
    let expected = right * decay_factor(middle, fluorine) / decay_factor(middle, T);
    assert!(close(factor(&calibration), expected));
    assert!(
        calibration
            .decisions
            .iter()
            .any(|decision| decision.about == "scanner half-life")
    );
}

#[test]
fn a_wrong_isotope_is_refused_until_the_user_settles_it() {
    let mut image = pet();
    image.nuclide = Some(Recorded::new(
        "F-18".to_owned(),
        "(0054,0300) RadionuclideCodeSequence",
    ));
    image.positron_fraction = Some(Recorded::new(
        0.967,
        "(0018,1076) RadionuclidePositronFraction",
    ));
    assert!(
        run(&image, &Settlement::default())
            .unwrap_err()
            .contains("--nuclide Y-90")
    );
    let settled = Settlement {
        nuclide: Some("Y-90".to_owned()),
        ..Settlement::default()
    };
    let calibration = run(&image, &settled).unwrap();
    let right = factor(&run(&pet(), &Settlement::default()).unwrap());
    // DOMAIN A.1: fraction used by the scanner over 31.86e-6.
    assert!(close(factor(&calibration) / right, 0.967 / 31.86e-6));
}

#[test]
fn a_positron_fraction_that_is_not_that_of_y90_is_refused() {
    let mut image = pet();
    image.positron_fraction = Some(Recorded::new(
        0.891,
        "(0018,1076) RadionuclidePositronFraction",
    ));
    let error = run(&image, &Settlement::default()).unwrap_err();
    assert!(
        error.contains("(0018,1076)") && error.contains("--scanner-positron-fraction"),
        "{error}"
    );
    let settled = Settlement {
        scanner_positron_fraction: Some(31.86e-6),
        ..Settlement::default()
    };
    assert!(run(&image, &settled).is_ok());
}

#[test]
fn a_time_without_date_is_refused() {
    let mut image = pet();
    image.administration_start = Some(Recorded::new(
        InstantOf::TimeOnly(noon().time()),
        "(0018,1072) RadiopharmaceuticalStartTime",
    ));
    let error = run(&image, &Settlement::default()).unwrap_err();
    assert!(
        error.contains("(0018,1072)") && error.contains("--administration-time"),
        "{error}"
    );
    let settled = Settlement {
        administration_time: Some(noon()),
        ..Settlement::default()
    };
    assert!(close(
        run(&image, &settled)
            .unwrap()
            .since_administration
            .unwrap()
            .as_hours(),
        20.0
    ));
}

#[test]
fn a_reprocessed_series_is_told_by_its_frames_or_refused() {
    let mut image = pet();
    image.series_start = Some(Recorded::new(
        date(2026, 3, 3).at(15, 0, 0, 0),
        "(0008,0031) SeriesTime",
    ));
    let calibration = run(&image, &Settlement::default()).unwrap();
    assert!(close(
        calibration.since_administration.unwrap().as_hours(),
        20.0
    ));
    for frame in &mut image.frames {
        frame.frame_reference = None;
    }
    assert!(
        run(&image, &Settlement::default())
            .unwrap_err()
            .contains("--reference-time")
    );
}

#[test]
fn what_is_missing_is_refused_with_its_option() {
    for (missing, option) in [
        ("units", "--units"),
        ("decay", "--since-administration"),
        ("start", "--administration-time"),
    ] {
        let mut image = pet();
        match missing {
            "units" => image.units = None,
            "decay" => image.decay_correction = None,
            _ => image.administration_start = None,
        }
        let error = run(&image, &Settlement::default()).unwrap_err();
        assert!(error.contains(option), "{missing}: {error}");
    }
}

#[test]
fn an_image_without_facts_needs_units_and_an_instant() {
    let bare = ActivityAcquisition {
        modality: "NRRD".to_owned(),
        ..ActivityAcquisition::default()
    };
    let units = Settlement {
        units: Some(PixelUnits::BecquerelPerMl),
        ..Settlement::default()
    };
    assert!(
        run(&bare, &Settlement::default())
            .unwrap_err()
            .contains("--units")
    );
    assert!(
        run(&bare, &units)
            .unwrap_err()
            .contains("--since-administration")
    );
    let settled = Settlement {
        since_administration: Some(TimeSpan::from_hours(20.4)),
        ..units.clone()
    };
    // 1123 MBq decayed 20.4 h are 1400 MBq at administration (the real patient of the validation).
    assert!((1123.0 * factor(&run(&bare, &settled).unwrap()) - 1400.0).abs() < 1.0);
    let relative = Settlement {
        administered: Some(Activity::from_gbq(1.4)),
        ..units
    };
    assert_eq!(
        run(&bare, &relative).unwrap().kind,
        CalibrationKind::Relative
    );
}

#[test]
fn counts_need_the_administered_activity() {
    let bare = ActivityAcquisition {
        units: Some(Recorded::new(PixelUnits::Counts, "(0054,1001) Units")),
        nuclide: Some(Recorded::new(
            "Tc-99m".to_owned(),
            "(0054,0300) RadionuclideCodeSequence",
        )),
        ..ActivityAcquisition::default()
    };
    assert!(
        run(&bare, &Settlement::default())
            .unwrap_err()
            .contains("--administered")
    );
    let settled = Settlement {
        administered: Some(Activity::from_gbq(1.8)),
        lung_shunt: Some(0.05),
        ..Settlement::default()
    };
    let calibration = run(&bare, &settled).unwrap();
    assert_eq!(calibration.nuclide.symbol, "Y-90");
    // TV-C4: 350 of 2.0e6 counts, 1.8 GBq, LSF 5 %, voxel 0.110592 mL: 2.9925e-4 GBq.
    let to_share = calibration.to_distribute.unwrap();
    let per_count = relative_factor(to_share, 2.0e6, 0.110592).unwrap();
    let activity_gbq = 350.0 * per_count * 0.110592 * 1e-9;
    assert!((activity_gbq / 2.9925e-4 - 1.0).abs() < 1e-9);
}

#[test]
fn suv_is_undone_with_weight_and_activity() {
    let mut image = pet();
    image.units = Some(Recorded::new(PixelUnits::GramPerMl, "(0054,1001) Units"));
    image.administered = Some(Recorded::new(
        Activity::from_gbq(1.4),
        "(0018,1074) RadionuclideTotalDose",
    ));
    assert!(
        run(&image, &Settlement::default())
            .unwrap_err()
            .contains("weight")
    );
    image.patient_weight_kg = Some(Recorded::new(70.0, "(0010,1030) PatientWeight"));
    // SUV 1 is the activity spread over the body: 1.4e9 Bq in 70 kg.
    assert!(close(
        factor(&run(&image, &Settlement::default()).unwrap()),
        1.4e9 / 70e3
    ));
}

#[test]
fn administration_after_the_scan_is_refused() {
    let late = Settlement {
        administration_time: Some(date(2026, 3, 4).at(12, 0, 0, 0)),
        ..Settlement::default()
    };
    assert!(
        run(&pet(), &late)
            .unwrap_err()
            .contains("after the reference")
    );
}
