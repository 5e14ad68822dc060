//! Intervals of proportions against R's qbeta, prop.test and formulas.

use sirt_outcome::evidence::{ProportionMethod, proportion_interval};

use super::r;

#[test]
fn intervals_are_those_of_r() {
    let document = r::run("proportion.R");
    let cases = document.as_array().unwrap();
    assert!(cases.len() > 100);
    for case in cases {
        let get = |key: &str| r::number(&case[key]).unwrap();
        let (k, n) = (get("k") as u64, get("n") as u64);
        for method in ProportionMethod::ALL {
            let found = proportion_interval(k, n, get("level"), method).unwrap();
            let expected = r::column(&case[method.name()]);
            let what = format!("{method} of {k}/{n}");
            // R's own qbeta stops at 1e-15 of the probability: 1e-9 is far above both.
            r::assert_close(&what, found.lower, expected[0], 1e-9);
            r::assert_close(&what, found.upper, expected[1], 1e-9);
        }
    }
}
