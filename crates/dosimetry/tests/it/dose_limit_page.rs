//! The table of docs/methods/dose_limits.md is the data, row by row.

use sirt_dosimetry::{DoseLimit, DoseLimitTable, Purpose, Severity};

const BEGIN: &str = "<!-- rows of dose_limits.toml: begin -->\n";
const END: &str = "<!-- rows of dose_limits.toml: end -->\n";

fn line(row: &DoseLimit) -> String {
    let conditions: Vec<String> = row.conditions.iter().map(ToString::to_string).collect();
    let mut compartment = row.compartment.to_string();
    if row.statistic != "mean" {
        compartment += &format!(", {}", row.statistic);
    }
    let purpose = match (row.purpose, row.severity(), row.only_if_chosen) {
        (Purpose::Target, _, false) => "target",
        (Purpose::Target, _, true) => "target, by choice",
        (Purpose::Limit, Severity::Stop, false) => "limit",
        (Purpose::Limit, Severity::Warn, false) => "limit, warns",
        (Purpose::Limit, _, true) => "limit, by choice",
        (Purpose::Evidence, ..) => "evidence",
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {}{} |\n",
        row.id,
        row.devices,
        row.tumour_types,
        row.scenarios,
        compartment,
        row.bound_text(),
        conditions.join("; "),
        purpose,
        row.source,
        if row.doubtful { " (doubtful)" } else { "" },
    )
}

#[test]
fn the_page_of_dose_limits_prints_every_row() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/methods/dose_limits.md"
    );
    let page = std::fs::read_to_string(path).unwrap();
    let expected: String = std::iter::once(
        "| id | device | tumour | scenario | compartment | bound | where | purpose | source |\n|---|---|---|---|---|---|---|---|---|\n"
            .to_owned(),
    )
    .chain(DoseLimitTable::built_in().unwrap().rows().iter().map(line))
    .collect();
    let printed = page
        .split_once(BEGIN)
        .and_then(|(_, rest)| rest.split_once(END))
        .map(|(rows, _)| rows);
    assert_eq!(
        printed,
        Some(&expected[..]),
        "write this between the marks of the page:\n{expected}"
    );
}
