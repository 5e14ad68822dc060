//! Holds the shape of the workspace that ARCHITECTURE.md tells.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which of our crates each crate may depend on; what is not listed may not.
/// A new crate needs a line here, and so a decision.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("sirt-quantity", &[]),
    ("sirt-image", &["sirt-quantity"]),
    ("sirt-dicom", &["sirt-image", "sirt-quantity"]),
    ("sirt-phantom", &["sirt-image", "sirt-quantity"]),
    (
        "sirt-dosimetry",
        &["sirt-image", "sirt-quantity", "sirt-transport"],
    ),
    ("sirt-transport", &["sirt-image", "sirt-quantity"]),
    ("sirt-outcome", &["sirt-quantity"]),
    (
        "sirt-report",
        &[
            "sirt-dosimetry",
            "sirt-image",
            "sirt-outcome",
            "sirt-quantity",
        ],
    ),
    (
        "sirt-store",
        &[
            "sirt-dosimetry",
            "sirt-image",
            "sirt-outcome",
            "sirt-quantity",
        ],
    ),
    (
        "sirt-cli",
        &[
            "sirt-dicom",
            "sirt-dosimetry",
            "sirt-image",
            "sirt-outcome",
            "sirt-phantom",
            "sirt-quantity",
            "sirt-report",
            "sirt-store",
            "sirt-transport",
        ],
    ),
    ("sirt-reference", &["sirt-image", "sirt-quantity"]),
];

/// Crates that open no file, read no clock or environment and hold no global.
const PURE: [&str; 6] = [
    "quantity",
    "image",
    "transport",
    "dosimetry",
    "outcome",
    "phantom",
];

/// What a pure crate does not say outside of its tests.
const IMPURE: [&str; 10] = [
    "std::fs",
    "std::env::",
    "std::net",
    "std::process",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "static mut",
    "thread_local!",
    "println!",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn metadata() -> serde_json::Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// The code of a file without its inline tests, which stand last, and without comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    before_tests
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn arrows_between_crates_point_as_allowed() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() >= ALLOWED.len());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let may = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name} is in the workspace but not in this table"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let for_tests = dependency["kind"].as_str() == Some("dev");
            if !on.starts_with("sirt-") || (for_tests && on == "sirt-reference") {
                continue;
            }
            assert!(may.contains(&on), "{name} depends on {on}");
        }
    }
}

#[test]
fn libraries_for_files_plots_and_pages_stay_in_their_crates() {
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            assert!(
                name == "sirt-dicom" || !on.starts_with("dicom-"),
                "{name} depends on {on}"
            );
            assert!(
                name == "sirt-cli" || !["anyhow", "clap", "dialoguer", "png"].contains(&on),
                "{name} depends on {on}, which is the command line's"
            );
            assert!(
                ["sirt-cli", "sirt-report"].contains(&name) || on != "plotters",
                "{name} depends on {on}, which draws plots"
            );
            assert!(
                name == "sirt-report" || !on.starts_with("typst"),
                "{name} depends on {on}, which is the report's"
            );
        }
    }
}

#[test]
fn pure_crates_open_no_file_and_read_no_clock() {
    let mut seen = 0;
    for name in PURE {
        let mut files = Vec::new();
        sources(&root().join("crates").join(name).join("src"), &mut files);
        for file in files {
            seen += 1;
            let code = code(&file);
            for word in IMPURE {
                assert!(!code.contains(word), "{} says {word}", file.display());
            }
        }
    }
    assert!(seen > 20, "only {seen} source files were found");
}

#[test]
fn no_file_is_too_long_and_none_is_a_drawer() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    assert!(files.len() > 30);
    for file in files {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 800, "{} has {lines} lines", file.display());
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "common", "helpers", "misc"].contains(&name.as_str()),
            "{} is named after nothing",
            file.display()
        );
    }
}
