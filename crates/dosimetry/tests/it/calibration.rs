//! The decay and units state machine, case by case.

use jiff::civil::{DateTime, date};
use sirt_dosimetry::{
    Calibration, CalibrationKind, Settlement, calibrate, calibration_refusals, relative_factor,
};
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

/// A PET in SUV: 1.4 GBq in 70 kg.
fn suv_pet() -> ActivityAcquisition {
    ActivityAcquisition {
        units: Some(Recorded::new(PixelUnits::GramPerMl, "(0054,1001) Units")),
        administered: Some(Recorded::new(
            Activity::from_gbq(1.4),
            "(0018,1074) RadionuclideTotalDose",
        )),
        patient_weight_kg: Some(Recorded::new(70.0, "(0010,1030) PatientWeight")),
        ..pet()
    }
}

/// Sets the scanner to Ga-68.
fn as_gallium(image: &mut ActivityAcquisition) {
    image.nuclide = Some(Recorded::new(
        "^68^Gallium".to_owned(),
        "(0054,0300) RadionuclideCodeSequence",
    ));
    image.half_life = Some(Recorded::new(
        TimeSpan::from_seconds(4062.6),
        "(0018,1075) RadionuclideHalfLife",
    ));
    image.positron_fraction = Some(Recorded::new(
        0.8891,
        "(0018,1076) RadionuclidePositronFraction",
    ));
}

fn as_yttrium() -> Settlement {
    Settlement {
        nuclide: Some("Y-90".to_owned()),
        ..Settlement::default()
    }
}

fn administration_corrected(image: &mut ActivityAcquisition) {
    image.decay_correction = Some(Recorded::new(
        DecayCorrection::Administration,
        "(0054,1102) DecayCorrection",
    ));
}

#[test]
fn suv_of_another_isotope_are_redone_from_administration() {
    for corrected_to_administration in [false, true] {
        let mut image = suv_pet();
        as_gallium(&mut image);
        if corrected_to_administration {
            administration_corrected(&mut image);
        }
        assert!(
            run(&image, &Settlement::default())
                .unwrap_err()
                .contains("--nuclide Y-90")
        );
        let calibration = run(&image, &as_yttrium()).unwrap();
        // By hand: 20000 Bq/mL for SUV 1, x 0.8891 / 31.86e-6 = 27906.466, and
        // over 20.25 h 2^(20.25/64.1 - 20.25/1.1285) = 2^-17.628261 = 4.93588e-6.
        let expected = 2e4 * 27_906.466 * 4.935_88e-6;
        let got = factor(&calibration);
        assert!((got / expected - 1.0).abs() < 2e-6, "{got} {expected}");
        // As imaged, at the instant that the numbers refer to: START is 20 h later.
        let hours = if corrected_to_administration {
            0.0
        } else {
            20.0
        };
        let at_reference = 2e4
            * 27_906.466
            * decay_factor(TimeSpan::from_hours(hours), TimeSpan::from_seconds(4062.6));
        assert!((calibration.imaged_factor.unwrap() / at_reference - 1.0).abs() < 1e-6);
        // START as ADMIN: the activity was brought to the scan by the same half-life.
        assert_eq!(calibration.slice_factors.unwrap().len(), 2);
    }
}

#[test]
fn an_instant_that_suv_have_no_use_for_is_refused() {
    let span = Settlement {
        since_administration: Some(TimeSpan::from_hours(44.0)),
        ..Settlement::default()
    };
    let error = run(&suv_pet(), &span).unwrap_err();
    assert!(
        error.contains("--since-administration") && error.contains("would change nothing"),
        "{error}"
    );
    let reference = Settlement {
        reference_time: Some(noon()),
        ..Settlement::default()
    };
    assert!(run(&suv_pet(), &reference).is_err());
    // With another isotope it is what an image without a dated administration needs.
    let mut image = suv_pet();
    as_gallium(&mut image);
    image.administration_start = None;
    let settled = Settlement {
        since_administration: Some(TimeSpan::from_hours(20.0)),
        ..as_yttrium()
    };
    let by_span = factor(&run(&image, &settled).unwrap());
    as_gallium(&mut image);
    image.administration_start = suv_pet().administration_start;
    assert!(close(by_span, factor(&run(&image, &as_yttrium()).unwrap())));
    assert!(
        run(&image, &settled)
            .unwrap_err()
            .contains("which goes before a stated one")
    );
}

#[test]
fn suv_by_another_measure_than_body_weight_are_refused() {
    for kind in ["LBM", "LBMJAMES128", "LBMJANMA", "IBW", "BSA"] {
        let mut image = suv_pet();
        image.suv_type = Some(Recorded::new(kind.to_owned(), "(0054,1006) SUVType"));
        let error = run(&image, &Settlement::default()).unwrap_err();
        assert!(
            error.contains("(0054,1006) SUVType")
                && error.contains(&format!("`{kind}`"))
                && error.contains("allowed is BW"),
            "{error}"
        );
    }
    let mut image = pet();
    image.units = Some(Recorded::new(
        PixelUnits::Other("g/ml{SUVlbm}".to_owned()),
        "(0040,08EA) MeasurementUnitsCodeSequence",
    ));
    let error = run(&image, &Settlement::default()).unwrap_err();
    assert!(error.contains("allowed is g/ml{SUVbw}"), "{error}");
    let mut image = suv_pet();
    image.suv_type = Some(Recorded::new("BW".to_owned(), "(0054,1006) SUVType"));
    assert!(close(
        factor(&run(&image, &Settlement::default()).unwrap()),
        2e4
    ));
}

#[test]
fn the_activity_that_suv_were_made_with_undoes_them() {
    let stated = Settlement {
        administered: Some(Activity::from_gbq(2.0)),
        ..Settlement::default()
    };
    let calibration = run(&suv_pet(), &stated).unwrap();
    assert!(close(factor(&calibration), 1.4e9 / 70e3));
    assert_eq!(calibration.administered, Some(Activity::from_gbq(2.0)));
    let told = calibration
        .decisions
        .iter()
        .find(|decision| decision.about == "administered activity")
        .unwrap();
    assert!(
        told.value.contains("scale nothing") && told.source.contains("(0018,1074)"),
        "{told:?}"
    );
    // An image that does not record it needs the stated one.
    let mut image = suv_pet();
    image.administered = None;
    assert!(
        run(&image, &Settlement::default())
            .unwrap_err()
            .contains("--administered")
    );
    assert!(close(factor(&run(&image, &stated).unwrap()), 2.0e9 / 70e3));
}

#[test]
fn numbers_at_administration_are_redone_from_the_middle_of_frames() {
    let mut image = pet();
    as_gallium(&mut image);
    administration_corrected(&mut image);
    let calibration = run(&image, &as_yttrium()).unwrap();
    // By hand, docs/methods/calibration.md eq. (3): the frames' middle is
    // 20.25 h after administration; 27906.466 x 2^(20.25/64.1 - 20.25/1.1285)
    // = 27906.466 x 4.93588e-6 = 0.137743.
    assert!((factor(&calibration) / 0.137_743 - 1.0).abs() < 4e-6);
    // A span to administration is none where the numbers are there already.
    let zero = Settlement {
        since_administration: Some(TimeSpan::ZERO),
        ..as_yttrium()
    };
    assert!(close(
        factor(&run(&image, &zero).unwrap()),
        factor(&calibration)
    ));
    image.administration_start = None;
    let error = run(&image, &as_yttrium()).unwrap_err();
    assert!(
        error.contains("--administration-time") && !error.contains("--since-administration"),
        "{error}"
    );
}

#[test]
fn a_stated_reference_settles_a_wrong_half_life() {
    let mut image = pet();
    as_gallium(&mut image);
    let right = factor(&run(&image, &as_yttrium()).unwrap());
    // Processed again, and no frame reference says which of the two it was.
    image.series_start = Some(Recorded::new(
        date(2026, 3, 3).at(15, 0, 0, 0),
        "(0008,0031) SeriesTime",
    ));
    for frame in &mut image.frames {
        frame.frame_reference = None;
    }
    let span = Settlement {
        since_administration: Some(TimeSpan::from_hours(20.0)),
        ..as_yttrium()
    };
    let error = run(&image, &span).unwrap_err();
    assert!(
        error.contains("--reference-time") && !error.contains("or --since-administration"),
        "{error}"
    );
    let at = |hour: i8| Settlement {
        reference_time: Some(date(2026, 3, 3).at(hour, 0, 0, 0)),
        ..as_yttrium()
    };
    assert!(close(factor(&run(&image, &at(8)).unwrap()), right));
    // Numbers at 09:00 were brought there from the middle, 45 min before:
    // 2^(21/64.1) x 2^(-0.75/64.1 + 0.75/1.1285), x 27906.466.
    let expected = 27_906.466 * (21.0_f64 / 64.1 - 0.75 / 64.1 + 0.75 / 1.1285).exp2();
    let got = factor(&run(&image, &at(9)).unwrap());
    assert!((got / expected - 1.0).abs() < 1e-6, "{got} {expected}");
}

#[test]
fn what_a_wrong_half_life_cannot_be_redone_without_is_named() {
    let without = |change: fn(&mut ActivityAcquisition)| {
        let mut image = pet();
        as_gallium(&mut image);
        change(&mut image);
        run(&image, &as_yttrium())
    };
    // The nuclide tells the half-life that the scanner took.
    let by_nuclide = without(|image| image.half_life = None).unwrap();
    assert!(
        by_nuclide
            .decisions
            .iter()
            .any(|one| one.about == "scanner half-life" && one.source.contains("Ga-68"))
    );
    let error = without(|image| image.frames[1].duration = None).unwrap_err();
    assert!(error.contains("(0018,1242) ActualFrameDuration"), "{error}");
    let error = without(|image| image.frames[1].acquisition_start = None).unwrap_err();
    assert!(error.contains("AcquisitionTime"), "{error}");
}

#[test]
fn a_product_or_free_text_names_its_nuclide() {
    for (text, source) in [
        ("SIR-Spheres", "names SIR-Spheres"),
        ("TheraSphere(tm) 3 GBq", "names TheraSphere"),
        ("Y-90 microspheres", "(0018,0031) Radiopharmaceutical"),
        ("14691008", "(0018,0031) Radiopharmaceutical"),
    ] {
        let mut image = pet();
        image.nuclide = Some(Recorded::new(
            text.to_owned(),
            "(0018,0031) Radiopharmaceutical",
        ));
        let calibration = run(&image, &Settlement::default()).unwrap();
        assert_eq!(calibration.nuclide.symbol, "Y-90", "{text}");
        let decision = calibration
            .decisions
            .iter()
            .find(|decision| decision.about == "nuclide")
            .unwrap();
        assert!(decision.source.contains(source), "{decision:?}");
    }
    let mut image = pet();
    image.nuclide = Some(Recorded::new(
        "QuiremSpheres".to_owned(),
        "(0018,0031) Radiopharmaceutical",
    ));
    let settled = Settlement {
        scanner_positron_fraction: None,
        ..Settlement::default()
    };
    assert_eq!(run(&image, &settled).unwrap().nuclide.symbol, "Ho-166");
    image.nuclide = Some(Recorded::new(
        "glass beads".to_owned(),
        "(0018,0031) Radiopharmaceutical",
    ));
    assert_eq!(
        run(&image, &settled).unwrap_err(),
        "(0018,0031) Radiopharmaceutical: `glass beads` names no nuclide that is known; settle it with --nuclide Y-90 if that was given"
    );
}

#[test]
fn all_that_stops_an_image_is_listed_at_once() {
    let refusals = |image: &ActivityAcquisition| -> Vec<String> {
        calibration_refusals(image, &NuclideLibrary::built_in().unwrap())
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert!(refusals(&pet()).is_empty());
    let mut image = suv_pet();
    as_gallium(&mut image);
    image.patient_weight_kg = None;
    image.administration_start = Some(Recorded::new(
        InstantOf::TimeOnly(noon().time()),
        "(0018,1072) RadiopharmaceuticalStartTime",
    ));
    let found = refusals(&image);
    for (at, field) in ["(0054,0300)", "(0010,1030)", "(0018,1072)"]
        .iter()
        .enumerate()
    {
        assert!(found[at].starts_with(field), "{found:#?}");
    }
    let mut late = pet();
    late.administration_start = Some(Recorded::new(
        InstantOf::DateTime(date(2026, 3, 4).at(12, 0, 0, 0)),
        "(0018,1078) RadiopharmaceuticalStartDateTime",
    ));
    assert!(refusals(&late)[0].contains("after the reference"));
    // A gamma camera's counts: unit, and the activity to share out.
    let spect = ActivityAcquisition {
        modality: "NM".to_owned(),
        nuclide: Some(Recorded::new("Tc-99m".to_owned(), "(0054,0300)")),
        ..ActivityAcquisition::default()
    };
    let found = refusals(&spect);
    assert!(
        found.len() == 2 && found[1].contains("--administered"),
        "{found:#?}"
    );
}
