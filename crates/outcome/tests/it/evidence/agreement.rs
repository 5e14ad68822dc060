//! Agreement and dose-response against R's formulas and glm.

use sirt_outcome::evidence::agreement::{
    KappaWeights, cohen_kappa, fleiss_kappa, limits_of_agreement,
};
use sirt_outcome::evidence::dose_response::dose_response;

use super::r;

#[test]
fn logistic_models_are_those_of_glm() {
    let document = r::run("dose_response.R");
    for case in document.as_array().unwrap() {
        let dose = r::column(&case["dose"]);
        let response: Vec<bool> = r::column(&case["response"])
            .iter()
            .map(|y| *y > 0.5)
            .collect();
        let cluster: Option<Vec<u32>> = case
            .get("cluster")
            .map(|c| r::column(c).iter().map(|c| *c as u32).collect());
        let found = dose_response(&dose, &response, cluster.as_deref(), 0.95).unwrap();
        let get = |key: &str| r::number(&case[key]).unwrap();
        // glm stops at 1e-14 of the deviance in the script.
        for (key, value) in [
            ("intercept", found.intercept),
            ("slope", found.slope),
            ("se0", found.errors[0]),
            ("se1", found.errors[1]),
            ("log_likelihood", found.log_likelihood),
            ("d50", found.d50.estimate),
            ("d50_lower", found.d50.lower.unwrap()),
            ("d50_upper", found.d50.upper.unwrap()),
        ] {
            r::assert_close(key, value, get(key), 1e-6);
        }
        let auc = found.cross_validated_auc.unwrap();
        assert!((0.5..1.0).contains(&auc));
    }
}

#[test]
fn refuses_doses_that_part_the_responses() {
    let error = dose_response(
        &[10.0, 20.0, 30.0, 40.0],
        &[false, false, true, true],
        None,
        0.95,
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "logistic dose-response: a dose parts those who respond from those who do not"
    );
}

#[test]
fn kappas_are_those_of_the_publications() {
    // fleiss1971, table 1: 30 subjects, 6 readers, 5 categories gives 0.430; here
    // the ten-subject example of 14 readers: 0.210 (worked out by its formulas).
    let counts: Vec<Vec<u64>> = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    .map(|row| row.to_vec())
    .to_vec();
    let found = fleiss_kappa(&counts, 0.95).unwrap();
    assert!((found.estimate - 0.210).abs() < 5e-4, "{found:?}");
    // 20 and 15 agreements of 50: observed 0.7, chance 0.5, kappa 0.4.
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (one, other, times) in [(0, 0, 20), (0, 1, 5), (1, 0, 10), (1, 1, 15)] {
        first.extend(vec![one; times]);
        second.extend(vec![other; times]);
    }
    for weights in [
        KappaWeights::None,
        KappaWeights::Linear,
        KappaWeights::Quadratic,
    ] {
        // With two categories all weights are one.
        let found = cohen_kappa(&first, &second, weights, 0.95).unwrap();
        assert!((found.estimate - 0.4).abs() < 1e-12);
        assert!((found.error - 0.126_996).abs() < 1e-5, "{found:?}");
    }
    let same = cohen_kappa(&[0, 1, 2, 1], &[0, 1, 2, 1], KappaWeights::None, 0.95).unwrap();
    assert!((same.estimate - 1.0).abs() < 1e-12 && same.error < 1e-9);
}

#[test]
fn kappa_is_undefined_where_all_are_in_one_category() {
    // Observed and expected agreement are 1, so that kappa is 0/0 (cohen1960).
    // Of 49 subjects 1/49, added up, is less than 1 in binary.
    for subjects in [1, 3, 10, 49, 1000] {
        for category in [0, 1, 3] {
            let all = vec![category; subjects];
            for weights in [
                KappaWeights::None,
                KappaWeights::Linear,
                KappaWeights::Quadratic,
            ] {
                assert_eq!(
                    cohen_kappa(&all, &all, weights, 0.95)
                        .unwrap_err()
                        .to_string(),
                    "Cohen's kappa: it is undefined where both readers put all subjects into \
                     one category"
                );
            }
        }
        assert_eq!(
            fleiss_kappa(&vec![vec![0, 3]; subjects], 0.95)
                .unwrap_err()
                .to_string(),
            "Fleiss' kappa: it is undefined where all readers put all subjects into one category"
        );
    }
    // One category each, but not the same: no agreement, and none expected.
    let found = cohen_kappa(&[0; 49], &[1; 49], KappaWeights::None, 0.95).unwrap();
    assert!(found.estimate.abs() < 1e-15, "{found:?}");
    assert!(cohen_kappa(&[], &[], KappaWeights::None, 0.95).is_err());
}

#[test]
fn limits_of_agreement_by_hand() {
    // Differences 1, −1, 1, −1: bias 0, deviation √(4/3).
    let found = limits_of_agreement(&[2.0, 2.0, 4.0, 4.0], &[1.0, 3.0, 3.0, 5.0], 0.95).unwrap();
    assert!(found.bias.estimate.abs() < 1e-15);
    assert!((found.deviation - (4.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    assert!((found.upper_limit.estimate - 1.959_963_984_540 * found.deviation).abs() < 1e-9);
    assert!(limits_of_agreement(&[1.0], &[1.0], 0.95).is_err());
}
