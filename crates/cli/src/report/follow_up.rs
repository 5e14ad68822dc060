//! What became of the patient, where the case has follow-up.

use std::path::Path;

use sirt_outcome::ResponseCriteria;
use sirt_report::{
    Block, Callout, Cell, Column, Fact, Figure, FigureWidth, Mark, Picture, Row, Section, Table,
};

use super::figures::{NONE, difference, gbq, gy, ml, optional};
use super::material::{Material, capital, fact, numbers, row, text, words};
use super::references::plain;
use crate::follow::course::CourseResult;
use crate::follow::pictures;
use crate::follow::result::{CriterionJson, SubjectResult};

/// Scans that a table of responses shows beside each other; the last of more.
const SCANS: usize = 6;

/// None where the case has no follow-up.
pub(super) fn section(material: &Material<'_>, folder: &Path) -> anyhow::Result<Option<Section>> {
    let Some(subject) = crate::follow::of_case(material.case, folder, &material.plan.comparison)?
    else {
        return Ok(None);
    };
    let mut blocks = Vec::new();
    blocks.push(Block::Facts(facts(&subject)));
    if let Some(refused) = &subject.refused {
        blocks.push(Block::Callout(Callout {
            mark: Mark::Stop,
            heading: "The record of lesions contradicts itself".to_owned(),
            texts: vec![plain(refused)],
        }));
    }
    let mut drawn = pictures::of(&subject)?;
    blocks.extend(figures(&mut drawn));
    blocks.extend(responses(material, &subject)?);
    if let Some(course) = &subject.course {
        blocks.extend(lesions(course));
        blocks.extend(volumes(course));
        blocks.extend(markers(&subject, course));
        blocks.extend(symptoms(course));
    }
    blocks.extend(toxicity(&subject));
    blocks.extend(endpoints(&subject));
    blocks.extend(trace(&subject));
    let findings: Vec<String> = subject
        .findings
        .iter()
        .map(|finding| {
            plain(&format!(
                "{} {}: {}",
                finding.severity, finding.rule, finding.what
            ))
        })
        .chain(subject.notes.iter().map(|note| plain(note)))
        .collect();
    if !findings.is_empty() {
        blocks.push(Block::Subheading("Rules that the record breaks".to_owned()));
        blocks.push(Block::List(findings));
    }
    Ok(Some(Section {
        heading: "Follow-up".to_owned(),
        blocks,
    }))
}

fn facts(subject: &SubjectResult) -> Vec<Fact> {
    let mut found = vec![fact("Read by", plain(&subject.reader))];
    let baseline = subject
        .criteria
        .values()
        .find_map(|criterion| criterion.baseline_date.clone());
    if let Some(date) = baseline {
        found.push(fact("Baseline", date));
    }
    if let Some(status) = subject
        .course
        .as_ref()
        .and_then(|course| course.status.as_ref())
    {
        let cause = status.cause_in_words.as_deref().or(status.cause);
        let mut said = format!("{} on {}", status.state, status.date);
        if let Some(days) = status.days {
            said.push_str(&format!(
                ", {:.1} months after the first treatment",
                sirt_outcome::evidence::cohort::months(days)
            ));
        }
        if let Some(cause) = cause {
            said.push_str(&format!(": {}", plain(cause)));
        }
        found.push(fact("Status", capital(&said)));
    }
    let progression_free = subject
        .endpoints
        .iter()
        .find(|endpoint| endpoint.name == "pfs");
    if let Some((endpoint, days)) = progression_free.and_then(|row| Some((row, row.days?))) {
        found.push(fact(
            "Progression-free",
            format!(
                "{days} days by {}; {}",
                endpoint.criterion,
                plain(&endpoint.reason)
            ),
        ));
    }
    found
}

/// The pictures with their captions, those of one width beside each other.
fn figures(drawn: &mut Vec<pictures::Picture>) -> Vec<Block> {
    let mut take = |start: &str| {
        drawn
            .iter()
            .position(|(name, _)| name.starts_with(start))
            .map(|at| drawn.remove(at).1)
    };
    let mut blocks = Vec::new();
    let mut push = |picture: Option<String>, caption: &str, alternative: &str, width| {
        if let Some(svg) = picture {
            blocks.push(Block::Figure(Figure {
                caption: caption.to_owned(),
                alternative: alternative.to_owned(),
                picture: Picture::Svg(svg),
                width,
            }));
        }
    };
    push(
        take("timeline"),
        "Treatments, scans with their responses, events and the end, in months from the first treatment.",
        "Rows of marks over months: treatments with GBq, scans, adverse events, end of follow-up",
        FigureWidth::Medium,
    );
    push(
        take("liver_volume"),
        "Volumes with the treatments marked by their activity; at the values mL and % change from the volume before the prior treatment.",
        "Lines of volumes over months with treatments as vertical lines",
        FigureWidth::Half,
    );
    push(
        take("spider"),
        "Change of each lesion and of the sum of targets from baseline; broken lines at −30 % and +20 %.",
        "Lines of change in percent over months",
        FigureWidth::Half,
    );
    push(
        take("waterfall"),
        "Best change of each lesion, with its mean dose.",
        "Bars of change in percent, one for each lesion",
        FigureWidth::Half,
    );
    push(
        take("dose_response"),
        "Mean dose of each lesion against its best change; full marks shrank.",
        "Marks of dose in gray against change in percent",
        FigureWidth::Half,
    );
    for _ in 0..3 {
        push(
            take("marker"),
            "Tumour marker on a logarithmic scale; broken line: upper limit of normal of its assay.",
            "A line of values over months",
            FigureWidth::Half,
        );
    }
    blocks
}

fn responses(material: &Material<'_>, subject: &SubjectResult) -> anyhow::Result<Vec<Block>> {
    let computed: Vec<(&String, &CriterionJson)> = subject
        .criteria
        .iter()
        .filter(|(_, criterion)| criterion.not_computed.is_none())
        .filter(|(_, criterion)| !criterion.timepoints.is_empty())
        .collect();
    let mut dates: Vec<&String> = computed
        .iter()
        .flat_map(|(_, criterion)| &criterion.timepoints)
        .filter_map(|point| point.date.as_ref())
        .collect();
    dates.sort();
    dates.dedup();
    if dates.is_empty() {
        return Ok(Vec::new());
    }
    let left_out = dates.len().saturating_sub(SCANS);
    let shown = &dates[left_out..];
    let mut columns: Vec<Column> = vec![words("Criterion", 3)];
    columns.extend(shown.iter().map(|date| words(date, 2)));
    columns.extend([words("Best", 1), words("Confirmed", 1)]);
    let rows = computed
        .iter()
        .map(|(name, criterion)| {
            let mut cells = vec![text((*name).clone())];
            cells.extend(shown.iter().map(|date| {
                let point = criterion
                    .timepoints
                    .iter()
                    .find(|point| point.date.as_ref() == Some(date));
                text(point.map_or_else(String::new, |point| {
                    if let Some(counts) = criterion.counts_on(date) {
                        return counts;
                    }
                    let said = point.overall.as_deref().unwrap_or(NONE);
                    point.change_from_baseline.map_or_else(
                        || said.to_owned(),
                        |change| format!("{said} ({change:+.0} %)").replace('-', "−"),
                    )
                }))
            }));
            let of_lesions = !criterion.lesions.is_empty();
            for best in [criterion.best, criterion.best_confirmed] {
                cells.push(text(if of_lesions { "" } else { best }.to_owned()));
            }
            Row {
                cells,
                strong: *name == "recist-1.1",
            }
        })
        .collect();
    let table = ResponseCriteria::built_in()?;
    let mut sources: Vec<String> = computed
        .iter()
        .filter_map(|(name, _)| table.named(name).ok())
        .map(|rules| material.cited(&rules.source))
        .collect();
    sources.sort();
    sources.dedup();
    let mut note = format!(
        "Change of the sum from baseline in brackets. {}.",
        sources.join("; ")
    );
    if left_out > 0 {
        note.push_str(&format!(" {left_out} earlier scans are not shown."));
    }
    let mut reasons: Vec<&str> = subject
        .criteria
        .values()
        .filter_map(|criterion| criterion.not_computed)
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons {
        let names: Vec<&str> = subject
            .criteria
            .iter()
            .filter(|(_, criterion)| criterion.not_computed == Some(reason))
            .map(|(name, _)| name.as_str())
            .collect();
        note.push_str(&format!(" Not computed, {reason}: {}.", names.join(", ")));
    }
    let mut blocks = vec![Block::Table(Table {
        caption: "Response by every criterion".to_owned(),
        columns,
        rows,
        note: Some(note),
    })];
    if let Some(first) = subject.discordance.first().map(|found| &found.first) {
        let items: Vec<String> = subject
            .discordance
            .iter()
            .filter(|found| found.first == *first)
            .map(|found| {
                format!(
                    "since {}: {} says {}, {} says {} ({} of {} scans differ)",
                    found.since,
                    found.first,
                    found.first_says,
                    found.second,
                    found.second_says,
                    found.different,
                    found.compared
                )
            })
            .collect();
        blocks.push(Block::Subheading("Where criteria disagree".to_owned()));
        blocks.push(Block::List(items));
    }
    Ok(blocks)
}

fn lesions(course: &CourseResult) -> Option<Block> {
    if course.lesions.is_empty() {
        return None;
    }
    let size = |value: Option<f64>| optional(value, |value| format!("{value:.1}"));
    let mut sources: Vec<String> = course
        .lesions
        .iter()
        .filter_map(|lesion| lesion.dose_source.as_deref().map(plain))
        .collect();
    sources.sort();
    sources.dedup();
    Some(Block::Table(Table {
        caption: "Lesions: dose beside fate".to_owned(),
        columns: vec![
            words("Lesion", 2),
            words("Where", 2),
            numbers("Dose", "Gy"),
            words("Measure", 2),
            numbers("First", ""),
            numbers("Smallest", ""),
            numbers("Last", ""),
            numbers("Change", ""),
            words("Fate", 4),
        ],
        rows: course
            .lesions
            .iter()
            .map(|lesion| {
                let place = [Some(lesion.organ.as_str()), lesion.site.as_deref()];
                let place: Vec<&str> = place.into_iter().flatten().collect();
                row(
                    [
                        plain(&lesion.lesion),
                        plain(&place.join(", ")),
                        optional(lesion.dose_gy, gy),
                        lesion
                            .measure
                            .map_or_else(String::new, |name| format!("{name}, {}", lesion.unit)),
                        size(lesion.baseline),
                        size(lesion.smallest),
                        size(lesion.last),
                        optional(lesion.last_change, difference),
                        plain(&lesion.fate),
                    ],
                    false,
                )
            })
            .collect(),
        note: Some(if sources.is_empty() {
            "No lesion has a dose.".to_owned()
        } else {
            format!("Doses: {}.", sources.join("; "))
        }),
    }))
}

fn volumes(course: &CourseResult) -> Option<Block> {
    let rows: Vec<Row> = course
        .liver_volumes
        .iter()
        .flat_map(|volume| {
            volume.values.iter().map(|point| {
                let prior = match (&point.prior_treatment, point.prior_treatment_gbq) {
                    (Some(day), Some(activity)) => format!("{day}, {} GBq", gbq(activity)),
                    (Some(day), None) => day.clone(),
                    (None, _) => String::new(),
                };
                row(
                    [
                        capital(volume.volume),
                        point.date.clone(),
                        ml(point.ml),
                        optional(point.of_baseline, |part| format!("{part:.1}")),
                        optional(point.change_from_prior_treatment, difference),
                        prior,
                    ],
                    false,
                )
            })
        })
        .collect();
    (!rows.is_empty()).then(|| {
        Block::Table(Table {
            caption: "Volumes over time".to_owned(),
            columns: vec![
                words("Volume", 2),
                words("Day", 2),
                numbers("Volume", "mL"),
                numbers("Of baseline", "%"),
                numbers("From prior treatment", ""),
                words("Prior treatment", 3),
            ],
            rows,
            note: Some(
                "Change from the last volume at or before the treatment that went before."
                    .to_owned(),
            ),
        })
    })
}

fn markers(subject: &SubjectResult, course: &CourseResult) -> Vec<Block> {
    let mut blocks = Vec::new();
    for marker in &course.marker_values {
        let definitions: Vec<_> = subject
            .markers
            .iter()
            .filter(|definition| definition.marker == marker.marker)
            .collect();
        let mut columns = vec![
            words("Day", 2),
            numbers("Value", ""),
            numbers("Over ULN", ""),
            numbers("Change", ""),
        ];
        columns.extend(
            definitions
                .iter()
                .map(|definition| words(&definition.definition, 1)),
        );
        columns.push(words("Remark", 3));
        let rows = marker
            .values
            .iter()
            .map(|point| {
                let of = |at: usize| {
                    definitions
                        .get(at)?
                        .values
                        .iter()
                        .find(|verdict| verdict.date == point.date)
                };
                let first = of(0);
                let mut cells = vec![
                    text(point.date.clone()),
                    text(format!(
                        "{} {}",
                        crate::table::digits(point.value),
                        plain(&point.unit)
                    )),
                    text(optional(point.over_limit, |over| format!("{over:.1}"))),
                    text(optional(
                        first.and_then(|verdict| verdict.change_from_baseline),
                        difference,
                    )),
                ];
                for at in 0..definitions.len() {
                    cells.push(of(at).map_or(Cell::Empty, |verdict| {
                        Cell::Text(verdict.response.to_owned())
                    }));
                }
                let why = first.and_then(|verdict| verdict.reason).unwrap_or_default();
                let remark = point.confounded_by.as_deref().map_or_else(
                    || why.to_owned(),
                    |by| format!("{} {why}", plain(by)).trim().to_owned(),
                );
                cells.push(text(remark));
                Row {
                    cells,
                    strong: false,
                }
            })
            .collect();
        blocks.push(Block::Table(Table {
            caption: format!("Marker: {}", plain(&marker.marker)),
            columns,
            rows,
            note: Some(
                "Definitions of response of a marker are recalled usage; the first value is compared with the last before treatment.".to_owned(),
            ),
        }));
    }
    blocks
}

fn symptoms(course: &CourseResult) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !course.symptoms.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "Symptoms".to_owned(),
            columns: vec![
                words("Symptom", 3),
                words("Day", 2),
                numbers("Grade", ""),
                numbers("A day", ""),
                words("Against baseline", 3),
            ],
            rows: course
                .symptoms
                .iter()
                .flat_map(|symptom| {
                    symptom.values.iter().map(|point| {
                        row(
                            [
                                plain(&symptom.symptom),
                                point.date.clone(),
                                point
                                    .grade
                                    .map_or_else(String::new, |grade| grade.to_string()),
                                optional(point.per_day, |often| format!("{often:.1}")),
                                point.response.unwrap_or_default().to_owned(),
                            ],
                            false,
                        )
                    })
                })
                .collect(),
            note: None,
        }));
    }
    if !course.analogues.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "Somatostatin analogue".to_owned(),
            columns: vec![
                words("From", 2),
                words("Drug", 3),
                numbers("Dose", "mg in 28 d"),
                numbers("Of that at treatment", "%"),
                words("Change", 3),
            ],
            rows: course
                .analogues
                .iter()
                .map(|given| {
                    row(
                        [
                            given.date.clone(),
                            plain(&given.drug),
                            format!("{:.1}", given.mg_per_28_days),
                            optional(given.of_treatment_percent, |part| format!("{part:.0}")),
                            given.change.unwrap_or("before treatment").to_owned(),
                        ],
                        false,
                    )
                })
                .collect(),
            note: None,
        }));
    }
    if !course.performance.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "Performance status".to_owned(),
            columns: vec![
                words("Day", 2),
                numbers("ECOG", ""),
                numbers("Karnofsky", "%"),
            ],
            rows: course
                .performance
                .iter()
                .map(|point| {
                    row(
                        [
                            point.date.clone(),
                            point.ecog.map_or_else(String::new, |ecog| ecog.to_string()),
                            point
                                .karnofsky
                                .map_or_else(String::new, |part| part.to_string()),
                        ],
                        false,
                    )
                })
                .collect(),
            note: None,
        }));
    }
    blocks
}

fn toxicity(subject: &SubjectResult) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !subject.toxicity.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "Toxicity: worst grade of each test after treatment, and events".to_owned(),
            columns: vec![
                words("Term", 3),
                numbers("Grade", ""),
                words("Day", 2),
                numbers("After", "d"),
                words("Why", 6),
            ],
            rows: subject
                .toxicity
                .iter()
                .map(|found| {
                    let mut why: Vec<String> = Vec::new();
                    why.extend(found.attribution.map(str::to_owned));
                    why.push(found.reason.clone());
                    if let Some(stated) = &found.stated {
                        why.extend(stated.attribution.map(|word| format!("stated: {word}")));
                        why.extend(stated.finding.as_ref().map(|finding| format!("by {finding}")));
                        why.extend(stated.cleared.clone());
                        why.extend(stated.ended.as_ref().map(|day| format!("ended {day}")));
                    }
                    row(
                        [
                            plain(&found.term),
                            found.grade.map_or_else(String::new, |grade| grade.to_string()),
                            found.date.clone(),
                            found
                                .days_after_treatment
                                .map_or_else(String::new, |days| days.to_string()),
                            plain(&why.join("; ")),
                        ],
                        found.grade.is_some_and(|grade| grade >= 3),
                    )
                })
                .collect(),
            note: Some(
                "Grades of laboratory values by CTCAE 5.0 [@ctcae2017]; attribution is a proposal with its reason, and a person decides.".to_owned(),
            ),
        }));
    }
    let mut disease: Vec<String> = subject
        .course
        .iter()
        .flat_map(|course| &course.liver_disease)
        .map(|row| {
            let missing = if row.missing.is_empty() {
                String::new()
            } else {
                format!("; nobody looked for {}", row.missing.join(", "))
            };
            format!(
                "{}: {} on {}, {} days after treatment{missing}",
                row.title, row.verdict, row.date, row.days_after_treatment
            )
        })
        .collect();
    let graded = subject
        .course
        .as_ref()
        .and_then(|course| course.liver_toxicity.as_ref());
    disease.extend(graded.map(|graded| {
        let grade = graded.grade.map_or_else(
            || match graded.at_least {
                0 => "not known".to_owned(),
                least => format!("at least {least}"),
            },
            |grade| grade.to_string(),
        );
        format!(
            "Toxicity of the liver, 0 to 5 [@braat2019]: {grade} ({})",
            graded.why
        )
    }));
    if !disease.is_empty() {
        blocks.push(Block::List(disease));
    }
    blocks
}

fn endpoints(subject: &SubjectResult) -> Option<Block> {
    let criterion = &subject.endpoints.first()?.criterion;
    Some(Block::Table(Table {
        caption: format!("Times to events, by {criterion}"),
        columns: vec![
            words("Endpoint", 2),
            numbers("Time", "d"),
            words("Event", 2),
            words("Why", 7),
        ],
        rows: subject
            .endpoints
            .iter()
            .map(|endpoint| {
                row(
                    [
                        endpoint.title.clone(),
                        endpoint
                            .days
                            .map_or_else(String::new, |days| days.to_string()),
                        match endpoint.event {
                            Some(true) => "yes".to_owned(),
                            Some(false) => "censored".to_owned(),
                            None => String::new(),
                        },
                        plain(&endpoint.reason),
                    ],
                    false,
                )
            })
            .collect(),
        note: None,
    }))
}

/// How RECIST 1.1 came to each verdict, so that a reader follows it by hand.
fn trace(subject: &SubjectResult) -> Vec<Block> {
    let Some(criterion) = subject
        .criteria
        .get("recist-1.1")
        .filter(|criterion| criterion.not_computed.is_none())
    else {
        return Vec::new();
    };
    let mut items: Vec<String> = criterion
        .selection()
        .iter()
        .map(|step| plain(&step.text))
        .collect();
    for point in &criterion.timepoints {
        let steps: Vec<&str> = point.trace.iter().map(|step| step.text.as_str()).collect();
        items.push(plain(&format!(
            "{}: {}",
            point.date.as_deref().unwrap_or_default(),
            steps.join("; ")
        )));
    }
    vec![
        Block::Subheading("How RECIST 1.1 came to it".to_owned()),
        Block::List(items),
    ]
}
