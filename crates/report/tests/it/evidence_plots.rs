use sirt_report::plot::{
    ForestPlot, ForestRow, RatePoint, RateSeries, SurvivalCurve, SurvivalPlot, SurvivalStep,
    SwimmerMark, SwimmerRow, forest, rate_over_time, survival_curve, swimmer,
};
use sirt_report::{Status, html};

use crate::fixture::report;

fn curve() -> SurvivalPlot {
    let step = |time, survival, censored| SurvivalStep {
        time,
        survival,
        lower: Some(survival / 2.0),
        upper: Some(1.0),
        censored,
    };
    SurvivalPlot {
        time: "Months".to_owned(),
        share: "Alive [%]".to_owned(),
        grid: vec![0.0, 6.0],
        curves: vec![SurvivalCurve {
            name: "All".to_owned(),
            steps: vec![step(2.0, 0.8, false), step(9.0, 0.8, true)],
            at_risk: vec![10, 7],
        }],
    }
}

fn series() -> RateSeries {
    RateSeries {
        name: "Response".to_owned(),
        points: vec![RatePoint {
            share: Some(0.3),
            interval: Some([0.07, 0.65]),
            n: 3,
            total: 10,
        }],
    }
}

fn studies() -> ForestPlot {
    let row = |name: &str| ForestRow {
        name: name.to_owned(),
        counts: "9/40".to_owned(),
        share: 0.225,
        interval: [0.11, 0.38],
        weight: 0.5,
    };
    ForestPlot {
        label: "Response [%]".to_owned(),
        studies: vec![row("A"), row("B")],
        pool: row("together"),
        prediction: Some([0.05, 0.6]),
    }
}

fn patient() -> SwimmerRow {
    SwimmerRow {
        months: 20.0,
        alive: true,
        marks: vec![
            (3.0, SwimmerMark::Response),
            (12.0, SwimmerMark::Progression),
        ],
    }
}

#[test]
fn numbers_stand_in_the_pictures() {
    for (svg, words) in [
        (
            survival_curve(&curve()).unwrap(),
            ["At risk", "10", "Alive [%]"],
        ),
        (
            rate_over_time(&["3 months".to_owned()], &[series()]).unwrap(),
            ["3/10", "3 months", "n/N"],
        ),
        (forest(&studies()).unwrap(), ["9/40", "new study", "22.5"]),
        (
            swimmer(&[patient()]).unwrap(),
            ["response", "progression", "alive when last heard of"],
        ),
    ] {
        assert!(svg.starts_with("<svg"));
        for word in words {
            assert!(svg.contains(word), "{word}");
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let mut plot = curve();
    plot.curves[0].at_risk.pop();
    let said = survival_curve(&plot).unwrap_err().to_string();
    assert!(said.contains("1 numbers at risk for 2 times"), "{said}");
    let mut plot = curve();
    plot.curves[0].steps[1].time = 1.0;
    assert!(survival_curve(&plot).is_err());
    let mut wrong = series();
    wrong.points[0].share = Some(1.2);
    assert!(rate_over_time(&["3 months".to_owned()], &[wrong]).is_err());
    assert!(rate_over_time(&[], &[series()]).is_err());
    let mut plot = studies();
    plot.studies.clear();
    assert!(forest(&plot).is_err());
    let mut wrong = patient();
    wrong.months = -1.0;
    assert!(swimmer(&[wrong]).is_err());
    assert!(swimmer(&[]).is_err());
}

#[test]
fn a_sheet_of_made_up_patients_carries_its_mark() {
    let mut report = report();
    report.status = Status::Sheet {
        mark: Some("SYNTHETIC".to_owned()),
    };
    let page = html(&report).unwrap();
    assert!(page.contains("watermark long") && page.contains("SYNTHETIC"));
    report.status = Status::Sheet { mark: None };
    let page = html(&report).unwrap();
    assert!(!page.contains("class=\"watermark") && page.contains("Computed, nothing to sign"));
}
