//! Tables on standard output for people, and JSON for scripts.

use std::io::Write as _;

use anyhow::Context as _;
use serde::Serialize;

use crate::result::{DoseResult, Finding, StructureResult};
use crate::transport_run::TransportResult;

/// Bold, where the terminal shows it and `NO_COLOR` does not forbid.
const BOLD: anstyle::Style = anstyle::Style::new().bold();
const WEAK: anstyle::Style = anstyle::AnsiColor::Yellow.on_default();
const STOP: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();

/// Text in columns: words to the left, numbers to the right.
pub(crate) struct Table {
    header: Vec<String>,
    units: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of columns with their units; an empty unit leaves the place blank.
    pub(crate) fn new(columns: &[(&str, &str)]) -> Self {
        Self {
            header: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            units: columns.iter().map(|(_, unit)| (*unit).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row of as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as text: to the left go the first column and columns of words.
    pub(crate) fn to_text(&self) -> String {
        let has_units = self.units.iter().any(|unit| !unit.is_empty());
        let lines = std::iter::once(&self.header)
            .chain(has_units.then_some(&self.units))
            .chain(&self.rows);
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                lines
                    .clone()
                    .filter_map(|line| line.get(column))
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let left: Vec<bool> = (0..self.header.len())
            .map(|column| {
                let cells = || self.rows.iter().filter_map(|row| row.get(column));
                column == 0
                    || self.units[column].is_empty()
                        && cells().any(|cell| {
                            cell.starts_with(|c: char| c.is_alphabetic() || c == '→' || c == '≥')
                        })
            })
            .collect();
        let mut text = String::new();
        for (number, line) in lines.enumerate() {
            let mut written = String::new();
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                if column > 0 {
                    written.push_str("  ");
                }
                // By hand: a width of the formatter ends at 65,535 and panics above.
                let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
                if left[column] {
                    written.push_str(cell);
                    written.push_str(&blanks);
                } else {
                    written.push_str(&blanks);
                    written.push_str(cell);
                }
            }
            let style = if number == 0 {
                BOLD
            } else {
                anstyle::Style::new()
            };
            text.push_str(&format!("{style}{}{style:#}\n", written.trim_end()));
        }
        text
    }
}

/// Columns of a terminal that text is made for.
pub(crate) const TERMINAL: usize = 120;

impl Table {
    /// The table as text, the cells of its last column in lines that keep the
    /// whole within a width; numbers are never broken.
    pub(crate) fn to_text_within(&self, width: usize) -> String {
        const NARROWEST: usize = 24;
        let last = self.header.len().saturating_sub(1);
        let others: usize = (0..last)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let widest = cells
                    .chain([&self.header[column], &self.units[column]])
                    .map(|cell| cell.chars().count())
                    .max();
                widest.unwrap_or(0) + 2
            })
            .sum();
        let left = width.saturating_sub(others).max(NARROWEST);
        let mut folded = Self {
            header: self.header.clone(),
            units: self.units.clone(),
            rows: Vec::new(),
        };
        for row in &self.rows {
            let lines = row
                .last()
                .map_or_else(Vec::new, |cell| lines_of(cell, left, 0));
            for (number, line) in lines.into_iter().enumerate() {
                let mut cells = if number == 0 {
                    row[..last].to_vec()
                } else {
                    vec![String::new(); last]
                };
                cells.push(line);
                folded.rows.push(cells);
            }
        }
        folded.to_text()
    }
}

/// Text in lines of at most `width` characters, broken at blanks; lines after
/// the first are indented.
fn lines_of(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for (number, word) in text.split(' ').enumerate() {
        let taken = printed_width(&line);
        if !line.trim().is_empty() && taken + 1 + printed_width(word) > width {
            lines.push(std::mem::take(&mut line));
            line.push_str(&" ".repeat(indent));
        } else if number > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// Characters that a terminal shows, without colours.
pub(crate) fn printed_width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .to_string()
        .chars()
        .count()
}

/// Text with lines that are longer than a width broken at blanks.
pub(crate) fn within(text: &str, width: usize) -> String {
    let mut broken = String::new();
    for line in text.lines() {
        let lead = line.chars().take_while(|c| *c == ' ').count();
        let parts = if printed_width(line) <= width {
            vec![line.to_owned()]
        } else {
            lines_of(line, width, lead + 4)
        };
        for part in parts {
            broken.push_str(&part);
            broken.push('\n');
        }
    }
    broken
}

/// Prints text to standard output; a reader that went away is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text =
        serde_json::to_string_pretty(value).context("cannot express the result as JSON")?;
    text.push('\n');
    print(&text)
}

/// A number with as many decimals as its size deserves: three to four digits.
pub(crate) fn digits(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "-".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if !(f64::MIN_POSITIVE..0.995).contains(&size) => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Prints the result of a dose calculation.
pub(crate) fn print_dose(result: &DoseResult, json: bool) -> anyhow::Result<()> {
    if json {
        print_json(result)
    } else {
        print(&dose_text(result))
    }
}

/// The result of a dose calculation for the terminal.
pub(crate) fn dose_text(result: &DoseResult) -> String {
    let mut text = format!(
        "{BOLD}{} {}: absorbed dose, {} method{BOLD:#}\n",
        result.program.name, result.program.version, result.method.name
    );
    text.push_str(&format!(
        "{}: half-life {} h ({}), dose factor {:.3} Gy kg/GBq ({})\n",
        result.nuclide.symbol,
        result.nuclide.half_life_h,
        result.nuclide.half_life_source,
        result.nuclide.dose_factor_gy_kg_per_gbq,
        result.nuclide.dose_factor_source,
    ));
    text.push_str(&format!(
        "medium: {}, {:.3} g/mL ({})\n",
        result.medium.material, result.medium.density_g_per_ml, result.medium.source
    ));
    if let Some(transport) = &result.method.transport {
        text.push_str(&transport_line(transport));
    }
    text.push_str(&activity_line(result));
    for decision in &result.activity.decisions {
        text.push_str(&format!(
            "  {}: {} [{}]\n",
            decision.about, decision.value, decision.source
        ));
    }
    text.push('\n');
    if result.structures.is_empty() {
        text.push_str("no structures given: see the dose volume and preview\n");
    } else {
        text.push_str(&structure_table(&result.structures).to_text());
        text.push_str("± is the expanded uncertainty of the mean (k = 2); D95, D70, D50, D2: dose that 95, 70, 50, 2 % of the volume receive at least, by whole voxels (`sirt dvh` resolves dose inside them)\n");
        text.push_str(
            "BED: alpha/beta and repair of tumours for tumours, of liver for everything else\n",
        );
        text.push_str("role: read from the name, unless --role NAME=ROLE says otherwise\n");
    }
    text.push('\n');
    text.push_str(&energy_line(result));
    text.push_str(&findings_text(&result.findings));
    if !result.files.is_empty() {
        text.push_str(&format!("\nwritten: {}\n", result.files.join(", ")));
    }
    text
}

fn transport_line(transport: &TransportResult) -> String {
    let reached = transport
        .voxel_uncertainty
        .map_or_else(String::new, |reached| {
            format!(
                ", voxels over half of the maximum to {:.2} % (k = 1)",
                reached * 100.0
            )
        });
    format!(
        "Monte Carlo: {:.2} million decays followed in {:.1} s, seed {}{reached}; materials: {}\n",
        transport.histories as f64 * 1e-6,
        transport.seconds,
        transport.seed,
        transport.materials.join(", ")
    )
}

fn activity_line(result: &DoseResult) -> String {
    let activity = &result.activity;
    let mut line = if activity.counted {
        // Counts hold no activity of their own.
        format!(
            "activity: {:.1} MBq at administration",
            activity.at_administration_mbq
        )
    } else {
        format!(
            "activity: {:.1} MBq as imaged, {:.1} MBq at administration",
            activity.total_mbq, activity.at_administration_mbq
        )
    };
    if let (Some(administered), Some(ratio)) =
        (activity.administered_mbq, activity.image_over_administered)
    {
        line.push_str(&format!(
            " ({:.1} % of the {administered:.1} MBq administered)",
            ratio * 100.0
        ));
    }
    line.push('\n');
    line
}

fn structure_table(structures: &[StructureResult]) -> Table {
    let mut table = Table::new(&[
        ("structure", ""),
        ("role", ""),
        ("volume", "mL"),
        ("mass", "g"),
        ("activity", "MBq"),
        ("mean", "Gy"),
        ("±", "Gy"),
        ("D95", "Gy"),
        ("D70", "Gy"),
        ("D50", "Gy"),
        ("D2", "Gy"),
        ("max", "Gy"),
        ("BED", "Gy"),
    ]);
    for structure in structures {
        let dose = &structure.dose;
        let role = serde_json::to_value(dose.role)
            .ok()
            .and_then(|role| role.as_str().map(|role| role.replace('_', " ")))
            .unwrap_or_default();
        let mut cells = vec![dose.name.clone(), role];
        cells.extend(
            [
                dose.volume_ml,
                dose.mass_g,
                dose.activity_mbq,
                dose.dose_gy.mean,
                structure.uncertainty_gy,
                dose.dose_gy.d95,
                dose.dose_gy.d70,
                dose.dose_gy.d50,
                dose.dose_gy.d2,
                dose.dose_gy.max,
                dose.bed_gy.mean,
            ]
            .map(digits),
        );
        table.row(cells);
    }
    table
}

/// Smaller shares of the energy stand in the JSON only.
const SHARE_WORTH_NAMING: f64 = 5e-4;

fn energy_line(result: &DoseResult) -> String {
    let energy = &result.energy;
    let parts = &energy.parts;
    let mut named: Vec<String> = parts
        .structures
        .iter()
        .filter(|part| part.share.fraction >= SHARE_WORTH_NAMING)
        .map(|part| format!("{} {:.2} %", part.name, part.share.fraction * 100.0))
        .collect();
    for (name, share) in [
        ("elsewhere", parts.elsewhere),
        ("air", parts.in_air),
        ("left the grid", parts.left_grid),
        ("radiated", parts.radiated),
    ] {
        named.push(format!("{name} {:.2} %", share.fraction * 100.0));
    }
    format!(
        "energy: {:.3} % of {:.2} J accounted for, each voxel's by the smallest structure that holds it: {}\n",
        energy.closure * 100.0,
        energy.emitted_j,
        named.join(", ")
    )
}

/// Findings, the worst first.
pub(crate) fn findings_text(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n");
    for severity in ["stops", "weakens", "note"] {
        for finding in findings
            .iter()
            .filter(|finding| finding.severity == severity)
        {
            let style = match severity {
                "stops" => STOP,
                "weakens" => WEAK,
                _ => anstyle::Style::new(),
            };
            text.push_str(&format!(
                "{style}{severity:<8}{style:#} {}: {}; {}\n",
                finding.subject, finding.rule, finding.fix
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new(&[("structure", ""), ("mean", "Gy")]);
        table.row(["Liver".to_owned(), "40.1".to_owned()]);
        table.row(["Tumour 12".to_owned(), "7.25".to_owned()]);
        let plain = anstream::adapter::strip_str(&table.to_text()).to_string();
        assert_eq!(
            plain,
            "structure  mean\n             Gy\nLiver      40.1\nTumour 12  7.25\n"
        );
    }

    #[test]
    fn a_cell_wider_than_any_width_of_the_formatter_is_a_wide_column() {
        let mut table = Table::new(&[("rule", ""), ("n", "Gy"), ("last", "")]);
        table.row(["a".to_owned(), "1".repeat(70_000), "b".to_owned()]);
        assert!(table.to_text().lines().all(|line| line.len() > 70_000));
    }

    #[test]
    fn long_lines_and_last_columns_break_at_blanks() {
        let mut table = Table::new(&[("rule", ""), ("why", "")]);
        table.row([
            "a".to_owned(),
            "one two three four five six seven".to_owned(),
        ]);
        let plain = anstream::adapter::strip_str(&table.to_text_within(30)).to_string();
        assert_eq!(
            plain,
            "rule  why\na     one two three four five\n      six seven\n"
        );
        assert_eq!(
            within("  one two three\nshort\n", 9),
            "  one two\n      three\nshort\n"
        );
        // A word that is longer than the line stays whole.
        assert_eq!(within("abcdefghij kl\n", 5), "abcdefghij\n    kl\n");
    }

    #[test]
    fn numbers_carry_three_to_four_digits() {
        assert_eq!(digits(1488.46), "1488");
        assert_eq!(digits(93.47), "93.5");
        assert_eq!(digits(1.0), "1.00");
        assert_eq!(digits(0.2), "0.200");
        assert_eq!(digits(0.0), "0.00");
    }
}
