//! What must hold of every patient, whatever the numbers.

use proptest::prelude::*;
use sirt_outcome::{
    Assessment, Day, Diameter, Lesion, LesionFinding, LesionRole, LesionState, Organ,
    PatientRecord, Response, ResponseCriteria, Timeline,
};

/// Sizes in tenths of a millimetre by time point and lesion; 0 is gone.
fn record(sizes: &[Vec<u32>], order: &[usize]) -> PatientRecord {
    PatientRecord {
        readers: vec!["reader".to_owned()],
        lesions: order
            .iter()
            .map(|lesion| Lesion {
                tracking_id: format!("T{lesion}"),
                organ: Organ::Other(format!("organ {lesion}")),
                role: LesionRole::Target,
                ..Lesion::default()
            })
            .collect(),
        assessments: (0_i32..)
            .zip(sizes)
            .map(|(at, sizes)| Assessment {
                day: Day::from_number(60 * at),
                findings: (0_u32..)
                    .zip(order)
                    .map(|(place, lesion)| LesionFinding {
                        lesion: place,
                        state: if sizes[*lesion] == 0 {
                            LesionState::Absent
                        } else {
                            LesionState::Present
                        },
                        long_axis: Some(Diameter::from_tenths(sizes[*lesion])),
                        perpendicular: Some(Diameter::from_tenths(sizes[*lesion])),
                        ..LesionFinding::default()
                    })
                    .collect(),
                ..Assessment::default()
            })
            .collect(),
        ..PatientRecord::default()
    }
}

fn overall(record: &PatientRecord, criterion: &str) -> Vec<Option<Response>> {
    ResponseCriteria::built_in()
        .unwrap()
        .named(criterion)
        .unwrap()
        .assess(&Timeline::of(record, 0))
        .time_points
        .iter()
        .map(|point| point.overall)
        .collect()
}

fn courses() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let baseline = prop::collection::vec(100_u32..800, 3);
    let later = prop::collection::vec(prop::collection::vec(0_u32..900, 3), 1..6);
    (baseline, later).prop_map(|(baseline, later)| {
        let mut all = vec![baseline];
        all.extend(later);
        all
    })
}

proptest! {
    #[test]
    fn the_order_of_lesions_changes_nothing(sizes in courses()) {
        for criterion in ["recist-1.1", "recist-1.0", "who", "minor-response"] {
            prop_assert_eq!(
                overall(&record(&sizes, &[0, 1, 2]), criterion),
                overall(&record(&sizes, &[2, 0, 1]), criterion)
            );
        }
    }

    #[test]
    fn relative_criteria_know_no_scale(sizes in courses(), factor in 2_u32..5) {
        let larger: Vec<Vec<u32>> = sizes
            .iter()
            .map(|sizes| sizes.iter().map(|size| size * factor).collect())
            .collect();
        for criterion in ["recist-1.0", "who"] {
            prop_assert_eq!(
                overall(&record(&sizes, &[0, 1, 2]), criterion),
                overall(&record(&larger, &[0, 1, 2]), criterion)
            );
        }
    }

    #[test]
    fn the_absolute_rise_only_takes_progression_away(sizes in courses()) {
        let record = record(&sizes, &[0, 1, 2]);
        for (new, old) in overall(&record, "recist-1.1").iter().zip(overall(&record, "recist-1.0")) {
            if *new == Some(Response::Progressive) {
                prop_assert_eq!(old, Some(Response::Progressive));
            }
        }
    }

    #[test]
    fn recist_1_1_is_what_fractions_say(sizes in courses()) {
        let sums: Vec<u64> = sizes.iter().map(|of| of.iter().map(|size| u64::from(*size)).sum()).collect();
        let mut nadir = sums[0];
        let mut was_complete = false;
        let found = overall(&record(&sizes, &[0, 1, 2]), "recist-1.1");
        for (sum, found) in sums[1..].iter().zip(found) {
            // In tenths of a millimetre: 5 mm are 50.
            let expected = if *sum == 0 {
                Response::Complete
            } else if was_complete || (5 * sum >= 6 * nadir && *sum >= nadir + 50) {
                Response::Progressive
            } else if 10 * sum <= 7 * sums[0] {
                Response::Partial
            } else {
                Response::Stable
            };
            prop_assert_eq!(found, Some(expected));
            was_complete |= *sum == 0;
            nadir = nadir.min(*sum);
        }
    }
}
