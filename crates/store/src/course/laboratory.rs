//! Laboratory values with the limits of their day, and events, in the form
//! that a study's have.

use sirt_outcome::{Attribution, Day};

use crate::case::{Case, Laboratory};
use crate::follow_up::counted;
use crate::vocabulary::{LaboratoryTest, StatedAttribution};
use crate::{StudyEvent, StudyLaboratory};

/// Every value that has a grade, oldest first, in the unit that grades compare in.
pub(super) fn laboratory(case: &Case) -> Vec<StudyLaboratory> {
    let mut found = Vec::new();
    for of_day in &case.laboratory {
        let day = counted(of_day.taken);
        for (test, value, unit) in values(of_day) {
            let Some(value) = value else { continue };
            let [lower_limit, upper_limit] = limits(case, test, day);
            found.push(StudyLaboratory {
                test: test.to_owned(),
                is_marker: false,
                day,
                value,
                unit: unit.to_owned(),
                lower_limit,
                upper_limit,
                assay: None,
            });
        }
    }
    found
}

fn values(of_day: &Laboratory) -> [(&'static str, Option<f64>, &'static str); 13] {
    let (values, tests) = (&of_day.values, &of_day.tests);
    let enzyme = |value: Option<sirt_quantity::EnzymeActivity>| {
        value.map(sirt_quantity::EnzymeActivity::as_u_per_l)
    };
    [
        (
            "bilirubin",
            values.bilirubin.map(|value| value.as_umol_per_l()),
            "umol/L",
        ),
        ("alt", enzyme(tests.alt), "U/L"),
        ("ast", enzyme(tests.ast), "U/L"),
        ("alp", enzyme(tests.alp), "U/L"),
        ("ggt", enzyme(tests.ggt), "U/L"),
        (
            "albumin",
            values.albumin.map(|value| value.as_g_per_l()),
            "g/L",
        ),
        (
            "lymphocytes",
            tests.lymphocytes.map(|value| value.as_per_mm3()),
            "/mm3",
        ),
        (
            "platelets",
            values.platelets.map(|value| value.as_billion_per_l()),
            "10^9/L",
        ),
        (
            "haemoglobin",
            tests.haemoglobin.map(|value| value.as_g_per_l()),
            "g/L",
        ),
        ("inr", values.inr.map(|value| value.as_ratio()), ""),
        (
            "creatinine",
            values.creatinine.map(|value| value.as_umol_per_l()),
            "umol/L",
        ),
        ("lipase", enzyme(tests.lipase), "U/L"),
        ("amylase", enzyme(tests.amylase), "U/L"),
    ]
}

/// Lower and upper limit of normal on a day: of the range that began last.
fn limits(case: &Case, test: &str, day: Day) -> [Option<f64>; 2] {
    case.follow_up
        .normal_ranges
        .iter()
        .filter(|range| LaboratoryTest::name(range.test) == test)
        .filter(|range| range.from.is_none_or(|from| from <= day))
        .max_by_key(|range| range.from)
        .map_or([None, None], |range| [range.low, range.high])
}

/// What a person judged, in the words that a cohort counts.
const fn judged(stated: StatedAttribution) -> Attribution {
    match stated {
        StatedAttribution::Probable | StatedAttribution::Definite => Attribution::Probable,
        StatedAttribution::Possible => Attribution::Possible,
        StatedAttribution::Unlikely | StatedAttribution::Unrelated => Attribution::Unlikely,
    }
}

pub(super) fn events(case: &Case) -> Vec<StudyEvent> {
    case.follow_up
        .events
        .iter()
        .map(|event| StudyEvent {
            term: event.term.clone(),
            grade: event.grade,
            onset: event.onset,
            resolved: event.resolved,
            system: None,
            related: event.attribution.map(judged),
        })
        .collect()
}
