//! Starts R on a script of `tests/r` and reads the JSON that it prints.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the R scripts.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/r")
}

/// What the script prints, as JSON.
///
/// R and its packages are Debian's (`scripts/bootstrap` installs them); a test
/// that needs them fails when they are missing, and says so.
pub(crate) fn run(script: &str) -> serde_json::Value {
    let output = Command::new("Rscript")
        .args(["--vanilla", script])
        .current_dir(scripts())
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "R is missing ({error}): scripts/bootstrap installs r-base-core and its packages"
            )
        });
    assert!(
        output.status.success(),
        "tests/r/{script} failed; are the R packages of scripts/bootstrap there?\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("tests/r/{script} printed no JSON: {error}"))
}

/// Column of numbers; R's NA comes as null.
pub(crate) fn numbers(value: &serde_json::Value) -> Vec<Option<f64>> {
    match value {
        serde_json::Value::Array(values) => values.iter().map(number).collect(),
        one => vec![number(one)],
    }
}

/// Column of numbers without gaps.
pub(crate) fn column(value: &serde_json::Value) -> Vec<f64> {
    numbers(value).into_iter().map(Option::unwrap).collect()
}

/// One number; R writes its infinities as words.
pub(crate) fn number(value: &serde_json::Value) -> Option<f64> {
    match value {
        serde_json::Value::Number(number) => number.as_f64(),
        serde_json::Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        serde_json::Value::String(word) => match word.as_str() {
            "Inf" => Some(f64::INFINITY),
            "-Inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        serde_json::Value::Array(values) if values.len() == 1 => number(&values[0]),
        _ => None,
    }
}

/// Holds a number against R's, relative to its size; `what` names it.
pub(crate) fn assert_close(what: &str, found: f64, expected: f64, relative: f64) {
    // Near zero R's own rounding is what is left of a difference.
    let allowed = relative * expected.abs().max(found.abs()) + 1e-12;
    assert!(
        (found - expected).abs() <= allowed
            || (found.is_infinite() && found.to_bits() == expected.to_bits()),
        "{what}: {found:e} here, {expected:e} in R"
    );
}

/// Holds a number that may be missing against R's.
pub(crate) fn assert_same(what: &str, found: Option<f64>, expected: Option<f64>, relative: f64) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert_close(what, found, expected, relative),
        (found, expected) => assert_eq!(found, expected, "{what}"),
    }
}
