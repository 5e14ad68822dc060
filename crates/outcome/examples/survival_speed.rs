//! Times Kaplan-Meier and Cox on a table of raw numbers, for bench/survival.py.
//!
//!     survival_speed km|cox FILE ROWS COVARIATES REPEATS
//!
//! FILE holds little-endian 64-bit floats, column after column: time, event,
//! covariates. Prints JSON: seconds of each repeat and a few results to compare.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench's own voice; it may fail loudly"
)]

use std::time::Instant;

use sirt_outcome::evidence::cox::{CoxColumns, CoxOptions, cox};
use sirt_outcome::evidence::survival::{KaplanMeierOptions, SurvivalColumns, kaplan_meier};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, file, rows, covariates, repeats] = &arguments[..] else {
        println!("survival_speed km|cox FILE ROWS COVARIATES REPEATS");
        std::process::exit(2);
    };
    let rows: usize = rows.parse().unwrap();
    let p: usize = covariates.parse().unwrap();
    let bytes = std::fs::read(file).unwrap();
    let numbers: Vec<f64> = bytes
        .chunks_exact(8)
        .map(|eight| f64::from_le_bytes(eight.try_into().unwrap()))
        .collect();
    assert_eq!(numbers.len(), rows * (p + 2));
    let time = &numbers[..rows];
    let event: Vec<bool> = numbers[rows..2 * rows].iter().map(|e| *e > 0.5).collect();
    let columns: Vec<Vec<f64>> = (0..p)
        .map(|number| numbers[(2 + number) * rows..(3 + number) * rows].to_vec())
        .collect();
    let names: Vec<String> = (1..=p).map(|number| format!("x{number}")).collect();
    let survival = SurvivalColumns::new(time, &event);
    let mut seconds = Vec::new();
    let mut result = Vec::new();
    for _ in 0..repeats.parse().unwrap() {
        let start = Instant::now();
        result = if what == "km" {
            let curve = kaplan_meier(&survival, &KaplanMeierOptions::default()).unwrap();
            let median = curve.median();
            [median.estimate, median.lower, median.upper]
                .iter()
                .map(|time| time.reached().unwrap_or(f64::NAN))
                .collect()
        } else {
            let model = CoxColumns {
                survival,
                names: &names,
                covariates: &columns,
                strata: None,
                cluster: None,
            };
            let fit = cox(&model, &CoxOptions::default()).unwrap();
            let mut result = fit.coefficients();
            result.extend(fit.concordance.estimate);
            result
        };
        seconds.push(start.elapsed().as_secs_f64());
    }
    println!("{{\"seconds\": {seconds:?}, \"result\": {result:?}}}");
}
