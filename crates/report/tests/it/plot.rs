use sirt_report::plot::{
    DvhCurve, InfusionMark, LesionDosePoint, LiverVolumePlot, MarkerPlot, MarkerValuePoint,
    MethodActivity, MethodCardPlot, PatientTimelinePlot, PlannedDelivered, SpiderLine, SpiderPlot,
    TerritoryMethods, TimelineEnd, TimelineMark, TreatmentMark, VialRow, VialSchedulePlot,
    VolumeCourse, VolumeMark, WaterfallBar, dose_shrinkage, dose_volume, lesion_waterfall,
    liver_volume, marker_course, method_card, patient_timeline, planned_delivered, spider,
    vial_schedule,
};

fn card() -> MethodCardPlot {
    let method = |name: &str, activity_gbq, chosen| MethodActivity {
        method: name.to_owned(),
        activity_gbq,
        interval_gbq: Some([0.8, 1.4]),
        chosen,
    };
    MethodCardPlot {
        territories: vec![TerritoryMethods {
            name: "Right & <left>".to_owned(),
            methods: vec![
                method("Partition", Some(1.0), true),
                method("Body surface", Some(1.2), false),
                method("Several volumes", None, false),
            ],
        }],
    }
}

fn pairs() -> Vec<PlannedDelivered> {
    vec![PlannedDelivered {
        structure: "Normal liver".to_owned(),
        spared: true,
        planned_gy: 37.0,
        planned_interval_gy: None,
        delivered_gy: 41.0,
        delivered_interval_gy: Some([35.0, 47.0]),
    }]
}

fn schedule() -> VialSchedulePlot {
    VialSchedulePlot {
        days: vec!["Mon 16 Mar".to_owned(), "Tue 17 Mar".to_owned()],
        vials: vec![VialRow {
            name: "Vial 1".to_owned(),
            calibration_h: 30.0,
            usable_h: [6.0, 44.0],
            infusions: vec![InfusionMark {
                name: "Right lobe".to_owned(),
                at_h: 20.0,
                allowed_h: [15.0, 25.0],
            }],
        }],
    }
}

fn curves() -> Vec<DvhCurve> {
    vec![DvhCurve {
        structure: "Tumour <1>".to_owned(),
        points: vec![(0.0, 100.0), (50.0, 80.0), (120.0, 0.0)],
    }]
}

fn holds(svg: &str, texts: &[&str]) {
    assert!(svg.starts_with("<svg width=\"470\""), "{}", &svg[..60]);
    for text in texts {
        assert!(svg.contains(text), "{text} is not in the picture");
    }
    assert!(svg.contains("Noto Sans"));
}

#[test]
fn plots_hold_their_names_units_and_legends() {
    holds(
        &method_card(&card()).unwrap(),
        &[
            "Right &amp; &lt;left&gt;",
            "Partition",
            "Activity [GBq]",
            "no result",
            "chosen",
            "k = 2",
        ],
    );
    holds(
        &planned_delivered(&pairs()).unwrap(),
        &[
            "Normal liver",
            "Mean absorbed dose [Gy]",
            "planned",
            "delivered",
        ],
    );
    holds(
        &vial_schedule(&schedule()).unwrap(),
        &[
            "Vial 1",
            "Right lobe",
            "Mon 16 Mar",
            "calibration",
            "infusion allowed",
        ],
    );
    holds(
        &dose_volume(&curves()).unwrap(),
        &[
            "Tumour &lt;1&gt;",
            "Absorbed dose [Gy]",
            "Volume with at least this dose [%]",
        ],
    );
}

/// The x of the corners of every filled box with part of its colour, pixels.
fn boxes(svg: &str, opacity: &str) -> Vec<[f64; 2]> {
    let number = |tag: &str, name: &str| -> f64 {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    svg.split("<rect")
        .skip(1)
        .map(|rest| rest.split_once("/>").unwrap().0)
        .filter(|tag| tag.contains(&format!(" opacity=\"{opacity}\"")))
        .map(|tag| {
            let left = number(tag, "x") / 4.0;
            [left, left + number(tag, "width") / 4.0]
        })
        .collect()
}

#[test]
fn the_band_is_a_fifth_to_both_sides_of_the_chosen_activity() {
    let svg = method_card(&card()).unwrap();
    // 0 GBq stands at 176 px, 1.04 times 1.4 GBq at 454 px.
    let scale = (454.0 - 176.0) / (1.04 * 1.4);
    let [low, high] = boxes(&svg, "0.13")[0];
    // The lattice is a quarter of a pixel.
    assert!((low - (176.0 + 0.8 * scale)).abs() <= 0.25, "{low}");
    assert!((high - (176.0 + 1.2 * scale)).abs() <= 0.25, "{high}");
}

#[test]
fn values_that_cannot_be_drawn_are_refused_by_name() {
    let mut negative = card();
    negative.territories[0].methods[1].activity_gbq = Some(-1.0);
    let mut swapped = card();
    swapped.territories[0].methods[1].interval_gbq = Some([2.0, 1.0]);
    let mut endless = pairs();
    endless[0].delivered_gy = f64::NAN;
    let mut window = schedule();
    window.vials[0].usable_h = [9.0, 3.0];
    let mut descending = curves();
    descending[0].points.swap(1, 2);
    for (error, words) in [
        (
            method_card(&negative),
            "plot of methods: territory 1, Body surface: -1 GBq",
        ),
        (method_card(&swapped), "in 2..1 GBq"),
        (
            method_card(&MethodCardPlot {
                territories: Vec::new(),
            }),
            "no territory",
        ),
        (planned_delivered(&endless), "Normal liver: NaN Gy"),
        (planned_delivered(&[]), "no structure"),
        (vial_schedule(&window), "vial 1: a window of 9..3 h"),
        (
            dose_volume(&descending),
            "Tumour <1> has the point 50 Gy, 80 %",
        ),
        (dose_volume(&[]), "no curve"),
    ] {
        let message = error.unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}

fn treatments() -> Vec<TreatmentMark> {
    [(0.0, "2.50 GBq right"), (2.0, "1.50 GBq left")]
        .into_iter()
        .map(|(month, label)| TreatmentMark {
            month,
            label: label.to_owned(),
        })
        .collect()
}

fn spider_plot() -> SpiderPlot {
    let line = |name: &str, points: &[(f64, f64)], strong| SpiderLine {
        name: name.to_owned(),
        points: points.to_vec(),
        strong,
    };
    SpiderPlot {
        lines: vec![
            line("L<1>", &[(-0.5, 0.0), (3.0, -35.0), (26.0, -100.0)], false),
            line("sum", &[(-0.5, 0.0), (3.0, -20.0), (26.0, 400.0)], true),
        ],
        limits: vec![-30.0, 20.0],
        treatments: treatments(),
    }
}

fn marker_plot() -> MarkerPlot {
    let point = |month, value, confounded| MarkerValuePoint {
        month,
        value,
        upper_limit: Some(98.0),
        confounded,
        joined: month > 0.0,
    };
    MarkerPlot {
        marker: "chromogranin A".to_owned(),
        unit: "ug/L".to_owned(),
        values: vec![point(-0.2, 1480.0, false), point(3.0, 310.0, true)],
        treatments: treatments(),
    }
}

fn volume_plot() -> LiverVolumePlot {
    let mark = |month, ml, change| VolumeMark {
        month,
        ml,
        change_from_prior_treatment: change,
    };
    LiverVolumePlot {
        volumes: vec![VolumeCourse {
            name: "liver".to_owned(),
            values: vec![mark(-0.2, 3240.0, None), mark(26.0, 1870.0, Some(-42.3))],
        }],
        treatments: treatments(),
    }
}

fn bars() -> Vec<WaterfallBar> {
    [("L1", -48.0, Some(112.0), false), ("L7", 30.0, None, true)]
        .into_iter()
        .map(|(lesion, change, dose_gy, new)| WaterfallBar {
            lesion: lesion.to_owned(),
            change,
            dose_gy,
            new,
        })
        .collect()
}

fn doses() -> Vec<LesionDosePoint> {
    [("L1", 112.0, -48.0), ("L2", 20.0, 12.0)]
        .into_iter()
        .map(|(lesion, dose_gy, change)| LesionDosePoint {
            lesion: lesion.to_owned(),
            dose_gy,
            half_width_gy: Some(9.0),
            change,
        })
        .collect()
}

fn timeline() -> PatientTimelinePlot {
    let mark = |month, until, label: &str| TimelineMark {
        month,
        until,
        label: label.to_owned(),
    };
    PatientTimelinePlot {
        treatments: vec![mark(0.0, None, "2.50 GBq right")],
        scans: vec![mark(-0.2, None, "baseline"), mark(26.0, None, "PR")],
        criterion: "RECIST 1.1".to_owned(),
        events: vec![mark(1.0, Some(2.0), "Ulcer 3")],
        end: Some(TimelineEnd {
            month: 30.0,
            dead: true,
            label: "died at 30 months".to_owned(),
        }),
        ..PatientTimelinePlot::default()
    }
}

#[test]
fn plots_of_follow_up_hold_their_names_units_and_marks() {
    holds(
        &spider(&spider_plot()).unwrap(),
        &[
            "L&lt;1&gt;",
            "sum",
            "Change from baseline [%]",
            "2.50 GBq right",
            "−100",
        ],
    );
    holds(
        &marker_course(&marker_plot()).unwrap(),
        &[
            "chromogranin A [ug/L], log scale",
            "ULN 98",
            "raised by something else as well",
        ],
    );
    holds(
        &liver_volume(&volume_plot()).unwrap(),
        &[
            "Volume [mL]",
            "1870",
            "−42 %",
            "1.50 GBq left",
            "Months from the first treatment",
        ],
    );
    holds(
        &lesion_waterfall(&bars(), &[-30.0, 20.0]).unwrap(),
        &["L1", "L7*", "112 Gy", "Best change from baseline [%]"],
    );
    holds(
        &dose_shrinkage(&doses()).unwrap(),
        &["L1", "L2", "Mean absorbed dose [Gy]"],
    );
    holds(
        &patient_timeline(&timeline()).unwrap(),
        &[
            "radioembolisation",
            "RECIST 1.1",
            "Ulcer 3",
            "died at 30 months",
        ],
    );
}

#[test]
fn the_volume_stands_at_its_height() {
    let svg = liver_volume(&volume_plot()).unwrap();
    // The axis ends at 1.2 times 3240 mL; its foot and top are 212 px apart.
    let centres: Vec<f64> = svg
        .split("<circle")
        .skip(1)
        .map(|rest| {
            let (_, rest) = rest.split_once(" cy=\"").unwrap();
            rest.split_once('"').unwrap().0.parse::<f64>().unwrap() / 4.0
        })
        .collect();
    let [high, low] = [centres[0], centres[1]];
    // The lattice is a quarter of a pixel, twice.
    let expected = (3240.0 - 1870.0) / (1.2 * 3240.0) * 212.0;
    assert!((low - high - expected).abs() <= 0.5, "{}", low - high);
}

#[test]
fn follow_up_that_cannot_be_drawn_is_refused_by_name() {
    let mut below = spider_plot();
    below.lines[0].points[1].1 = -120.0;
    let mut nothing = marker_plot();
    nothing.values[0].value = 0.0;
    let mut negative = volume_plot();
    negative.volumes[0].values[0].ml = -1.0;
    let mut endless = bars();
    endless[0].change = f64::NAN;
    let mut dose = doses();
    dose[0].dose_gy = -1.0;
    let mut backwards = timeline();
    backwards.events[0].until = Some(0.5);
    for (error, words) in [
        (spider(&below), "L<1> has -120 % at month 3"),
        (marker_course(&nothing), "chromogranin A has 0 ug/L"),
        (liver_volume(&negative), "-1 mL at month -0.2"),
        (lesion_waterfall(&endless, &[]), "L1 has NaN %"),
        (lesion_waterfall(&[], &[]), "no lesion"),
        (dose_shrinkage(&dose), "L1 has -1 Gy"),
        (
            patient_timeline(&backwards),
            "Ulcer 3 ends before it begins",
        ),
        (
            patient_timeline(&PatientTimelinePlot::default()),
            "nothing to show",
        ),
    ] {
        let message = error.unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}
