use sirt_report::plot::{
    DvhCurve, InfusionMark, MethodActivity, MethodCardPlot, PlannedDelivered, TerritoryMethods,
    VialRow, VialSchedulePlot, dose_volume, method_card, planned_delivered, vial_schedule,
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
