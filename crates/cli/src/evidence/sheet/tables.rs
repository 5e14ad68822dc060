//! The tables of an evidence sheet, in the document and as CSV.

use std::path::Path;

use anyhow::Context as _;
use sirt_outcome::evidence::cohort::{Endpoint, EndpointUnit, Figure};
use sirt_report::{Alignment, Block, Column, Row, Section, Table};

use super::{cell, column};
use crate::evidence::run::{Computed, estimate, flow};

/// A table of endpoints.
pub(super) fn of_endpoints(caption: &str, note: Option<&str>, endpoints: &[&Endpoint]) -> Table {
    let left_out = endpoints
        .iter()
        .any(|endpoint| !endpoint.left_out.is_empty());
    let in_time = endpoints
        .iter()
        .any(|endpoint| endpoint.time_point.is_some());
    let mut columns = vec![wide("Figure", 5)];
    if in_time {
        columns.push(wide("Time point", 3));
    }
    columns.extend([
        wide("Of", 4),
        column("n", Alignment::Right),
        column("N", Alignment::Right),
        column("Estimate", Alignment::Right),
        column("Interval", Alignment::Right),
    ]);
    if left_out {
        columns.push(wide("Left out", 5));
    }
    let number = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    let rows = endpoints
        .iter()
        .map(|endpoint| {
            let (shown, interval) = estimate(endpoint);
            let unit = match endpoint.unit {
                EndpointUnit::Lesion => " (lesions)",
                EndpointUnit::Event => " (events)",
                EndpointUnit::Patient | EndpointUnit::Treatment => "",
            };
            let mut cells = vec![cell(&format!("{}{unit}", endpoint.name))];
            if in_time {
                cells.push(cell(endpoint.time_point.as_deref().unwrap_or_default()));
            }
            cells.extend([
                cell(endpoint.denominator.as_deref().unwrap_or_default()),
                cell(&number(endpoint.n)),
                cell(&number(endpoint.total)),
                cell(&shown),
                cell(&interval),
            ]);
            if left_out {
                cells.push(cell(&reasons(endpoint)));
            }
            Row {
                cells,
                strong: false,
            }
        })
        .collect();
    Table {
        caption: caption.to_owned(),
        columns,
        rows,
        note: note.map(str::to_owned),
    }
}

fn wide(name: &str, width: u16) -> Column {
    Column {
        width,
        ..column(name, Alignment::Left)
    }
}

fn reasons(endpoint: &Endpoint) -> String {
    endpoint
        .left_out
        .iter()
        .map(|left_out| format!("{} {}", left_out.count, left_out.reason))
        .collect::<Vec<_>>()
        .join("; ")
}

/// Endpoints of a kind, in the order of the cohort.
pub(super) fn chosen(computed: &Computed, wanted: impl Fn(&Figure) -> bool) -> Vec<&Endpoint> {
    computed
        .endpoints
        .iter()
        .filter(|endpoint| {
            endpoint
                .key
                .parse::<Figure>()
                .is_ok_and(|figure| wanted(&figure))
        })
        .collect()
}

/// Who came in, who is judged, who is not and why.
pub(super) fn population(computed: &Computed) -> Section {
    let flow = flow(&computed.input.judged, false);
    let row = |what: &str, count: usize, strong: bool| Row {
        cells: vec![cell(what), cell(&count.to_string())],
        strong,
    };
    let mut rows = vec![row("read", flow.read, true)];
    for refused in &flow.refused {
        rows.push(row(
            &format!("refused: {}", refused.reason),
            refused.count,
            false,
        ));
    }
    rows.push(row("judged", flow.judged, true));
    rows.push(row("of them treated", flow.treated, false));
    for criterion in &computed.input.judged.criteria {
        let judged = criterion
            .barred
            .iter()
            .filter(|barred| barred.is_none())
            .count();
        rows.push(row(
            &format!("of them evaluable by {}", criterion.title),
            judged,
            false,
        ));
    }
    let mut blocks = vec![Block::Table(Table {
        caption: "Population flow: patients in = patients judged + patients refused".to_owned(),
        columns: vec![wide("Patients", 6), column("Count", Alignment::Right)],
        rows,
        note: Some(
            "Every table of this sheet says who is left out of it and why: N and those left out add up to the judged."
                .to_owned(),
        ),
    })];
    let before = chosen(computed, |figure| {
        matches!(figure, Figure::Attribute { .. })
    });
    if !before.is_empty() {
        blocks.push(Block::Table(of_endpoints(
            "Patients before treatment",
            None,
            &before,
        )));
    }
    Section {
        heading: "Patients".to_owned(),
        blocks,
    }
}

/// Symptoms and somatostatin analogues.
pub(super) fn symptoms(computed: &Computed) -> Option<Section> {
    let rows = chosen(computed, |figure| {
        matches!(
            figure,
            Figure::Symptom { .. } | Figure::Analogue { .. } | Figure::Composite { .. }
        )
    });
    (!rows.is_empty()).then(|| Section {
        heading: "Symptoms and somatostatin analogue".to_owned(),
        blocks: vec![Block::Table(of_endpoints(
            "Relief of symptoms, and dose of the analogue when last heard of",
            Some("Relief: a grade less or half the frequency, at any visit after treatment."),
            &rows,
        ))],
    })
}

/// Adverse events and laboratory values.
pub(super) fn toxicity(computed: &Computed) -> Option<Section> {
    if computed.toxicity.is_empty() {
        return None;
    }
    let treated = computed
        .input
        .judged
        .course
        .treated
        .iter()
        .filter(|treated| **treated)
        .count();
    let mut columns = vec![wide("Term", 6), column("Events", Alignment::Right)];
    for name in [
        "Patients", "no grade", "0", "1", "2", "3", "4", "5", "probable", "possible", "unlikely",
    ] {
        columns.push(column(name, Alignment::Right));
    }
    let rows = computed
        .toxicity
        .iter()
        .map(|row| {
            let mut cells = vec![
                cell(&row.term),
                cell(
                    &row.events
                        .map_or_else(String::new, |events| events.to_string()),
                ),
                cell(&row.patients.to_string()),
            ];
            cells.extend(row.by_grade.iter().map(|count| cell(&count.to_string())));
            cells.extend(row.by_attribution.iter().map(|count| {
                if row.events.is_some() {
                    cell(&count.to_string())
                } else {
                    cell("")
                }
            }));
            Row {
                cells,
                strong: row.by_grade[4..].iter().any(|count| *count > 0),
            }
        })
        .collect();
    let all = chosen(computed, |figure| matches!(figure, Figure::Toxicity { .. }));
    Some(Section {
        heading: "Toxicity".to_owned(),
        blocks: vec![
            Block::Table(Table {
                caption: format!(
                    "Patients by worst grade (CTCAE) and by attribution to treatment, of {treated} treated"
                ),
                columns,
                rows,
                note: Some(
                    "Strong: grade 3 or worse. Events and patients are counted apart. An attribution is the record's where it has one, else proposed by the days after treatment."
                        .to_owned(),
                ),
            }),
            Block::Table(of_endpoints("All terms together", None, &all)),
        ],
    })
}

/// Writes endpoints, numbers at risk and toxicity as CSV; gives the names.
pub(super) fn write_csv(computed: &Computed, folder: &Path) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mark = computed.input.synthetic.clone().unwrap_or_default();
    let mut written = Vec::new();
    let mut write = |name: &str, header: &[&str], rows: Vec<Vec<String>>| -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header.iter().copied().chain(["synthetic"]))?;
        for row in rows {
            writer.write_record(row.iter().map(String::as_str).chain([mark.as_str()]))?;
        }
        let bytes = writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        let file = folder.join(name);
        sirt_store::write_whole(&file, &bytes)?;
        written.push(file.display().to_string());
        Ok(())
    };
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    write(
        "endpoints.csv",
        &[
            "key",
            "name",
            "criterion",
            "time_point",
            "unit",
            "denominator",
            "n",
            "N",
            "estimate",
            "lower",
            "upper",
            "not_reached",
            "method",
            "left_out",
        ],
        computed
            .endpoints
            .iter()
            .map(|endpoint| {
                let [lower, upper] = endpoint.ci.unwrap_or([None, None]);
                let count =
                    |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
                vec![
                    endpoint.key.clone(),
                    endpoint.name.clone(),
                    endpoint.criterion.clone().unwrap_or_default(),
                    endpoint.time_point.clone().unwrap_or_default(),
                    match endpoint.unit {
                        EndpointUnit::Patient => "patient",
                        EndpointUnit::Lesion => "lesion",
                        EndpointUnit::Event => "event",
                        EndpointUnit::Treatment => "treatment",
                    }
                    .to_owned(),
                    endpoint.denominator.clone().unwrap_or_default(),
                    count(endpoint.n),
                    count(endpoint.total),
                    text(endpoint.estimate),
                    text(lower),
                    text(upper),
                    endpoint.not_reached.join(" "),
                    endpoint.method.clone(),
                    reasons(endpoint),
                ]
            })
            .collect(),
    )?;
    write(
        "at_risk.csv",
        &["key", "months", "at_risk", "survival", "lower", "upper"],
        computed
            .endpoints
            .iter()
            .flat_map(|endpoint| endpoint.at_risk.iter().map(move |row| (endpoint, row)))
            .map(|(endpoint, row)| {
                vec![
                    endpoint.key.clone(),
                    row.months.to_string(),
                    row.at_risk.to_string(),
                    text(row.survival),
                    text(row.lower),
                    text(row.upper),
                ]
            })
            .collect(),
    )?;
    write(
        "toxicity.csv",
        &[
            "kind", "term", "system", "events", "patients", "no_grade", "grade_0", "grade_1",
            "grade_2", "grade_3", "grade_4", "grade_5", "probable", "possible", "unlikely",
        ],
        computed
            .toxicity
            .iter()
            .map(|row| {
                let mut cells = vec![
                    row.kind.to_owned(),
                    row.term.clone(),
                    row.system.clone(),
                    row.events
                        .map_or_else(String::new, |events| events.to_string()),
                    row.patients.to_string(),
                ];
                cells.extend(row.by_grade.iter().map(usize::to_string));
                cells.extend(row.by_attribution.iter().map(usize::to_string));
                cells
            })
            .collect(),
    )?;
    Ok(written)
}
