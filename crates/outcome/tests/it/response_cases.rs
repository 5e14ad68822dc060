//! The table of response cases: each row names its rule and its source.

use sirt_outcome::{CriterionResult, Response, ResponseCriteria, Timeline};

use crate::notation::patient;

const CASES: &str = include_str!("../data/response_cases.csv");

struct Case<'a> {
    id: &'a str,
    criterion: &'a str,
    lesions: &'a str,
    points: &'a str,
    extra: &'a str,
    expected: &'a str,
    rule: &'a str,
    source: &'a str,
}

fn cases() -> Vec<Case<'static>> {
    CASES
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("id,") && !line.is_empty())
        .map(|line| {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            let [
                id,
                criterion,
                lesions,
                points,
                extra,
                expected,
                rule,
                source,
            ] = cells[..]
            else {
                panic!("{line}: {} cells", cells.len());
            };
            Case {
                id,
                criterion,
                lesions,
                points,
                extra,
                expected,
                rule,
                source,
            }
        })
        .collect()
}

fn response(text: &str) -> Response {
    match text {
        "NN" => Response::NonCompleteNonProgressive,
        other => Response::named(other).unwrap_or_else(|| panic!("response `{other}` is unknown")),
    }
}

/// What of the expectation is not so.
fn differences(case: &Case<'_>, criteria: &ResponseCriteria) -> Vec<String> {
    let record = patient(case.lesions, case.points, case.extra);
    let timeline = Timeline::of(&record, 0);
    let result = criteria.named(case.criterion).unwrap().assess(&timeline);
    let mut wrong = Vec::new();
    for token in case.expected.split_whitespace() {
        let said = said(token, &result, &record);
        let wanted = token.rsplit('=').next().unwrap();
        let wanted = match token.split_once(':') {
            Some((_, after)) if !after.contains('=') => after,
            _ => wanted,
        };
        let wanted_name = if ["targets", "others"].contains(&token.split('=').next().unwrap())
            || token.contains("sum=")
            || token.contains("rule=")
            || token.contains("new=")
            || token.starts_with("none=")
            || wanted == "-"
        {
            wanted.to_owned()
        } else {
            response(wanted).name().to_owned()
        };
        if said != wanted_name {
            wrong.push(format!(
                "{} ({}; {}): expected {token}, found {said}\n  {} | {} | {}",
                case.id, case.rule, case.source, case.lesions, case.points, case.extra
            ));
        }
    }
    wrong
}

fn names(lesions: &[u32], record: &sirt_outcome::PatientRecord) -> String {
    if lesions.is_empty() {
        return "-".to_owned();
    }
    lesions
        .iter()
        .map(|lesion| record.lesion_name(*lesion))
        .collect::<Vec<_>>()
        .join("+")
}

/// What the result says where the token expects something.
fn said(token: &str, result: &CriterionResult, record: &sirt_outcome::PatientRecord) -> String {
    let shown = |response: Option<Response>| {
        response.map_or_else(|| "-".to_owned(), |response| response.name().to_owned())
    };
    if let Some((day, what)) = token.split_once(':') {
        let day: i32 = day.parse().unwrap();
        let point = result
            .time_points
            .iter()
            .find(|point| point.day.number() == day)
            .unwrap_or_else(|| panic!("no time point {day}"));
        let Some((key, _)) = what.split_once('=') else {
            return shown(point.overall);
        };
        return match key {
            "t" => shown(point.target),
            "n" => shown(point.non_target),
            "new" => point.new.name().replace(' ', "_").replace(',', ""),
            "sum" => point.sum.map_or_else(
                || "-".to_owned(),
                |sum| result.unit.shown(sum).split(' ').next().unwrap().to_owned(),
            ),
            "rule" => {
                let wanted = what.split_once('=').unwrap().1;
                result
                    .trace(point)
                    .iter()
                    .map(|step| step.rule.id())
                    .find(|id| *id == wanted)
                    .unwrap_or("-")
                    .to_owned()
            }
            lesion => shown(
                result
                    .lesions
                    .iter()
                    .find(|of| of.day.number() == day && record.lesion_name(of.lesion) == lesion)
                    .map(|of| of.response),
            ),
        };
    }
    match token.split_once('=').unwrap().0 {
        "best" => result.best.response.name().to_owned(),
        "conf" => result.best_confirmed.response.name().to_owned(),
        "targets" => names(&result.targets, record),
        "others" => names(&result.non_targets, record),
        "none" => result
            .not_computed
            .map_or("-", |why| match why.reason() {
                reason if reason.contains("measures") => "unmeasured",
                reason if reason.contains("tracer") => "tracer",
                reason if reason.contains("takes up") => "avid",
                reason if reason.contains("no lesion at baseline") => "disease",
                _ => "assessment",
            })
            .to_owned(),
        other => panic!("`{other}` is unknown"),
    }
}

#[test]
fn every_case_of_the_table_holds() {
    let criteria = ResponseCriteria::built_in().unwrap();
    let cases = cases();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| differences(case, &criteria))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} expectations of {} cases fail:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn cases_have_ids_of_their_own_and_name_rule_and_source() {
    let cases = cases();
    for (at, case) in cases.iter().enumerate() {
        assert!(
            cases[..at].iter().all(|earlier| earlier.id != case.id),
            "{} stands twice",
            case.id
        );
        for cell in [case.rule, case.source, case.expected, case.points] {
            assert!(!cell.is_empty(), "{} has an empty cell", case.id);
        }
    }
}

#[test]
fn cases_reach_every_criterion() {
    let cases = cases();
    for rules in ResponseCriteria::built_in().unwrap().iter() {
        assert!(
            cases.iter().any(|case| case.criterion == rules.name),
            "{} has no case",
            rules.name
        );
    }
}

#[test]
fn every_verdict_has_a_trace_that_can_be_read() {
    let criteria = ResponseCriteria::built_in().unwrap();
    for case in cases() {
        let record = patient(case.lesions, case.points, case.extra);
        let result = criteria
            .named(case.criterion)
            .unwrap()
            .assess(&Timeline::of(&record, 0));
        for point in &result.time_points {
            let trace = result.trace(point);
            assert!(!trace.is_empty(), "{}", case.id);
            for step in trace.iter().chain(result.selection_trace()) {
                let text = step.text(result.unit, &record);
                assert!(
                    !text.is_empty() && !text.contains('?'),
                    "{}: {text}",
                    case.id
                );
            }
        }
    }
}
