//! Pooled proportions against R's metafor, and R's integrate and optim.

use sirt_outcome::evidence::pooling::{Between, PoolOptions, Scale, pool};

use super::r;

#[test]
fn pooled_proportions_are_those_of_metafor() {
    let document = r::run("pooling.R");
    let cases = document.as_array().unwrap();
    assert!(cases.len() > 30);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let counts =
            |key: &str| -> Vec<u64> { r::column(&case[key]).iter().map(|k| *k as u64).collect() };
        let scale = match case["scale"].as_str().unwrap() {
            "PLO" => Scale::Logit,
            "PLN" => Scale::Log,
            _ => Scale::DoubleArcsine,
        };
        let between = match case["method"].as_str().unwrap() {
            "FE" => Between::Fixed,
            "DL" => Between::DerSimonianLaird,
            "REML" => Between::Reml,
            "PM" => Between::PauleMandel,
            _ => Between::Glmm,
        };
        let options = PoolOptions {
            scale,
            between,
            hartung_knapp: r::number(&case["knha"]).unwrap() > 0.5,
            level: 0.95,
        };
        let found = pool(&counts("k"), &counts("n"), &options).unwrap();
        // Iterative fits to 1e-4 as asked for, closed formulas to 1e-6.
        let close = match between {
            Between::Reml | Between::Glmm => 1e-4,
            _ => 1e-6,
        };
        let prediction = found.prediction.unwrap_or([f64::NAN; 2]);
        for (key, value) in [
            ("mean", found.mean),
            ("error", found.error),
            ("tau2", found.tau_squared),
            ("q", found.q),
            ("q_p", found.q_p),
            ("i2", found.i_squared),
            ("estimate", found.estimate),
            ("lower", found.lower),
            ("upper", found.upper),
            ("prediction_lower", prediction[0]),
            ("prediction_upper", prediction[1]),
        ] {
            if let Some(expected) = case.get(key).and_then(r::number) {
                let what = format!("{name}: {key}");
                if key == "tau2" || key == "i2" {
                    // A variance at 0 is 0 to the precision of R's own iteration.
                    assert!(
                        (value - expected).abs() <= close * expected.abs() + 1e-6,
                        "{what}: {value} here, {expected} in R"
                    );
                } else {
                    r::assert_close(&what, value, expected, close);
                }
            }
        }
    }
}

#[test]
fn refuses_what_cannot_be_pooled() {
    let glmm = PoolOptions {
        between: Between::Glmm,
        ..PoolOptions::default()
    };
    assert_eq!(
        pool(&[0, 0], &[10, 12], &glmm).unwrap_err().to_string(),
        "pooling: nobody or everybody of all studies has it; the logit is infinite"
    );
    assert_eq!(
        pool(&[], &[], &PoolOptions::default())
            .unwrap_err()
            .to_string(),
        "pooling: there is no study"
    );
    assert!(pool(&[5], &[4], &PoolOptions::default()).is_err());
    let one = pool(&[4], &[10], &PoolOptions::default()).unwrap();
    assert!((one.estimate - 0.4).abs() < 1e-12);
}
