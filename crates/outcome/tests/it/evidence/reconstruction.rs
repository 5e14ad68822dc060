//! The leaflet's studies as patients: every printed figure comes out, or it is
//! shown that it cannot.

use sirt_outcome::evidence::claim::Study;
use sirt_outcome::evidence::cohort::{CohortRules, Figure, Point, TimePoints};
use sirt_outcome::evidence::reconstruction::{Reconstruction, reconstruct};
use sirt_outcome::{
    EventWindows, LaboratoryGrades, MarkerDefinitions, OutcomeError, ResponseCriteria,
    built_in_endpoints,
};

fn study(name: &str) -> Study {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../studies")
        .join(name)
        .join("study.toml");
    Study::from_toml(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// What the figures of a study need.
fn rules(study: &Study) -> CohortRules {
    let criteria = ResponseCriteria::built_in().unwrap();
    let points = TimePoints::built_in().unwrap();
    let mut months = vec![1.0, 3.0, 6.0, 12.0, 18.0];
    for key in study.claims.iter().flat_map(|claim| &claim.figures) {
        match key.parse().unwrap() {
            Figure::Response {
                point: Point::Months(at),
                ..
            }
            | Figure::Lesion { months: at, .. } => months.push(at),
            _ => {}
        }
    }
    months.sort_by(f64::total_cmp);
    months.dedup();
    CohortRules {
        criteria: study
            .protocol
            .computed_by
            .iter()
            .map(|name| criteria.named(name).unwrap().clone())
            .collect(),
        markers: vec![
            MarkerDefinitions::built_in()
                .unwrap()
                .named("half")
                .unwrap()
                .clone(),
        ],
        endpoints: built_in_endpoints().unwrap(),
        time_points: months
            .iter()
            .map(|months| points.of_months(*months).unwrap().clone())
            .collect(),
        grades: LaboratoryGrades::built_in().unwrap(),
        windows: EventWindows::built_in().unwrap(),
    }
}

fn made(study: &Study, sets: u32) -> Result<Vec<Reconstruction>, OutcomeError> {
    reconstruct(study, &rules(study), 1, sets)
}

fn named(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn five_studies_and_the_case_come_out_as_printed() {
    for name in [
        "us-multicentre",
        "us-multicentre-records",
        "first-line-pilot",
        "salvage-pilot",
        "fractionated-whole-liver",
        "ct-case",
    ] {
        let study = study(name);
        let sets = made(&study, 5).unwrap_or_else(|error| panic!("{name}: {error}"));
        for set in &sets {
            assert_eq!(set.claims.len(), study.claims.len());
            for claim in &set.claims {
                assert!(claim.equal, "{name}: {claim:?}");
            }
            assert!(set.judged.ids.iter().all(|id| id.starts_with("SYNTHETIC")));
            assert!(set.judged.refused.is_empty());
        }
    }
}

#[test]
fn the_interim_study_is_impossible_as_printed_and_says_which_claims() {
    let printed = study("fluorouracil-interim");
    // 60, 66 and 80 % of 34 cannot be: DOMAIN F, S3.
    let error = made(&printed, 1).unwrap_err().to_string();
    assert!(error.contains("no count of 34 prints as"), "{error}");
    // Of those evaluable, 66 % is 19/29 or 21/32, and a median follow-up of
    // 9.8 months leaves at most 16 of 34 at 12 months.
    let evaluable = named(&["cga-3", "cga-12", "cga-18"]);
    let of_evaluable = printed.clone().read_as(&[], &evaluable, &[]).unwrap();
    let error = made(&of_evaluable, 1).unwrap_err().to_string();
    assert!(
        error.contains("cga-12 (66 %)") && error.contains("follow-up (9.8 months)"),
        "{error}"
    );
    assert!(!error.contains("cga-18"), "{error}");
    // Left out, or cut off instead of rounded, everything else comes out.
    for (leave_out, truncated) in [(named(&["cga-12"]), vec![]), (vec![], named(&["cga-12"]))] {
        let evaluable: Vec<String> = evaluable
            .iter()
            .filter(|id| !leave_out.contains(id))
            .cloned()
            .collect();
        let read = printed
            .clone()
            .read_as(&leave_out, &evaluable, &truncated)
            .unwrap();
        let sets = made(&read, 4).unwrap();
        for claim in sets.iter().flat_map(|set| &set.claims) {
            assert!(claim.equal, "{claim:?}");
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_patients_and_another_one_others() {
    let study = study("us-multicentre");
    let sets = made(&study, 3).unwrap();
    let again = made(&study, 1).unwrap();
    assert_eq!(sets[0].cohort, again[0].cohort);
    assert_ne!(sets[0].cohort, sets[1].cohort);
}
