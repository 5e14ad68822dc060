//! Pictures of the sample.

use sirt_report::plot::{
    DvhCurve, InfusionMark, MethodActivity, MethodCardPlot, PlannedDelivered, TerritoryMethods,
    VialRow, VialSchedulePlot, dose_volume, method_card, planned_delivered, vial_schedule,
};
use sirt_report::{Block, Figure, FigureWidth, Picture, ReportError};

fn half(caption: &str, alternative: &str, svg: String) -> Block {
    Block::Figure(Figure {
        caption: caption.to_owned(),
        alternative: alternative.to_owned(),
        picture: Picture::Svg(svg),
        width: FigureWidth::Half,
    })
}

/// The activity of each method, and the vials.
pub(crate) fn plan() -> Result<Vec<Block>, ReportError> {
    let method = |method: &str, activity_gbq: Option<f64>, spread: f64, chosen| MethodActivity {
        method: method.to_owned(),
        activity_gbq,
        interval_gbq: activity_gbq
            .map(|activity| [activity * (1.0 - spread), activity * (1.0 + spread)]),
        chosen,
    };
    let card = MethodCardPlot {
        territories: vec![
            TerritoryMethods {
                name: "Right lobe".to_owned(),
                methods: vec![
                    method("Body surface", Some(1.32), 0.05, false),
                    method("Empiric", Some(1.5), 0.0, false),
                    method("Single compartment", Some(1.18), 0.18, false),
                    method("Partition", Some(1.61), 0.32, true),
                    method("Partition, Kao", Some(1.58), 0.33, false),
                    method("Several volumes", Some(1.66), 0.30, false),
                    method("Voxels of MAA", Some(1.73), 0.38, false),
                ],
            },
            TerritoryMethods {
                name: "Left lobe".to_owned(),
                methods: vec![
                    method("Body surface", Some(0.61), 0.05, false),
                    method("Single compartment", Some(0.52), 0.18, false),
                    method("Partition", Some(0.74), 0.35, true),
                    method("Several volumes", None, 0.0, false),
                ],
            },
        ],
    };
    let schedule = VialSchedulePlot {
        days: ["Mon 16 Mar", "Tue 17 Mar", "Wed 18 Mar", "Thu 19 Mar"]
            .map(str::to_owned)
            .to_vec(),
        vials: vec![
            VialRow {
                name: "Vial 1, 3 GBq".to_owned(),
                calibration_h: 47.0,
                usable_h: [9.0, 71.0],
                infusions: vec![InfusionMark {
                    name: "Right lobe".to_owned(),
                    at_h: 34.0,
                    allowed_h: [28.0, 45.5],
                }],
            },
            VialRow {
                name: "Vial 2, 3 GBq".to_owned(),
                calibration_h: 71.0,
                usable_h: [33.0, 95.0],
                infusions: vec![InfusionMark {
                    name: "Left lobe".to_owned(),
                    at_h: 35.5,
                    allowed_h: [33.0, 52.0],
                }],
            },
        ],
    };
    Ok(vec![
        half(
            "Activity that each method asks for, with its interval; the band is ±20 % about the chosen one.",
            "Dots with intervals for seven methods of the right and four of the left lobe",
            method_card(&card)?,
        ),
        half(
            "When each vial may be used, and when the activity of an infusion is within ±10 % of the prescription.",
            "Two vials with their windows from Monday to Thursday",
            vial_schedule(&schedule)?,
        ),
    ])
}

/// Histograms, and what was given against what was planned.
pub(crate) fn doses() -> Result<Vec<Block>, ReportError> {
    // Invented curves: a normal distribution of doses, by its logistic likeness.
    let curve = |structure: &str, mean: f64, spread: f64| DvhCurve {
        structure: structure.to_owned(),
        points: (0..=400)
            .map(|step| {
                let dose = f64::from(step);
                let volume = 100.0 / (1.0 + ((dose - mean) / (0.55 * spread)).exp());
                let at_zero = 100.0 / (1.0 + (-mean / (0.55 * spread)).exp());
                (dose, 100.0 * volume / at_zero)
            })
            .collect(),
    };
    let curves = [
        curve("Tumour 1, segment VIII", 168.0, 62.0),
        curve("Tumour 2, segment VI", 131.0, 48.0),
        curve("Tumour 3, segment III", 104.0, 30.0),
        curve("Normal liver, right", 41.0, 22.0),
        curve("Normal liver, left", 28.0, 17.0),
        curve("Lungs", 4.1, 1.2),
    ];
    let pair = |structure: &str, planned: f64, delivered: f64, spared| PlannedDelivered {
        structure: structure.to_owned(),
        spared,
        planned_gy: planned,
        planned_interval_gy: Some([planned * 0.66, planned * 1.34]),
        delivered_gy: delivered,
        delivered_interval_gy: Some([delivered * 0.86, delivered * 1.14]),
    };
    let pairs = [
        pair("Tumour 1", 151.0, 168.0, false),
        pair("Tumour 2", 144.0, 131.0, false),
        pair("Tumour 3", 120.0, 104.0, false),
        pair("Normal liver", 37.0, 36.2, true),
    ];
    Ok(vec![
        half(
            "Cumulative histograms of the dose after treatment.",
            "Curves of six structures that fall from 100 % of the volume",
            dose_volume(&curves)?,
        ),
        half(
            "Planned and delivered mean doses; rows of tissue that is to be spared are shaded.",
            "Pairs of dots for three tumours and the normal liver",
            planned_delivered(&pairs)?,
        ),
    ])
}
