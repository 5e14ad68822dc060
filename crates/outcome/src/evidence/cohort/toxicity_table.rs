//! Adverse events and laboratory values by term: patients by their worst
//! grade, events, and how they stand to the treatment.

use std::collections::BTreeMap;

use serde::Serialize;

use super::judged::{EventColumns, LaboratoryColumns};
use crate::toxicity::Attribution;

/// A term of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToxicityRow {
    /// `event` or `laboratory`.
    pub kind: &'static str,
    /// The term.
    pub term: String,
    /// The organ system; empty where it is not said.
    pub system: String,
    /// Events; of a laboratory value patients alone are counted.
    pub events: Option<usize>,
    /// Patients with one or more; of a laboratory value those with a value.
    pub patients: usize,
    /// Patients by worst grade: without a grade, then 0 to 5.
    pub by_grade: [usize; 7],
    /// Patients by strongest attribution: probable, possible, unlikely; of
    /// laboratory values nothing is proposed.
    pub by_attribution: [usize; 3],
    /// How many of the events have an attribution of the record.
    pub attribution_stated: usize,
}

/// The events of a term.
#[derive(Default)]
struct Term {
    events: usize,
    stated: usize,
    patients: BTreeMap<u32, Worst>,
}

/// The worst of a patient's events of a term.
struct Worst {
    grade: Option<u8>,
    attribution: usize,
}

/// The table of a cohort, events first, each by term.
#[must_use]
pub fn toxicity_table(events: &EventColumns, laboratory: &LaboratoryColumns) -> Vec<ToxicityRow> {
    let mut by_term: BTreeMap<(&str, &str), Term> = BTreeMap::new();
    for row in 0..events.patient.len() {
        let term = by_term
            .entry((&events.term[row], &events.system[row]))
            .or_default();
        term.events += 1;
        term.stated += usize::from(events.stated[row]);
        let attribution = match events.attribution[row] {
            Attribution::Probable => 0,
            Attribution::Possible => 1,
            Attribution::Unlikely => 2,
        };
        let patient = term.patients.entry(events.patient[row]).or_insert(Worst {
            grade: None,
            attribution,
        });
        patient.grade = patient.grade.max(events.grade[row]);
        patient.attribution = patient.attribution.min(attribution);
    }
    let place = |grade: Option<u8>| grade.map_or(0, |grade| 1 + usize::from(grade.min(5)));
    let mut table: Vec<ToxicityRow> = by_term
        .into_iter()
        .map(|((term, system), found)| {
            let mut row = ToxicityRow {
                kind: "event",
                term: term.to_owned(),
                system: system.to_owned(),
                events: Some(found.events),
                patients: found.patients.len(),
                by_grade: [0; 7],
                by_attribution: [0; 3],
                attribution_stated: found.stated,
            };
            for patient in found.patients.values() {
                row.by_grade[place(patient.grade)] += 1;
                row.by_attribution[patient.attribution] += 1;
            }
            row
        })
        .collect();
    let mut of_values: BTreeMap<&str, [usize; 7]> = BTreeMap::new();
    for (term, grade) in laboratory.term.iter().zip(&laboratory.grade) {
        of_values.entry(term).or_default()[place(*grade)] += 1;
    }
    table.extend(of_values.into_iter().map(|(term, by_grade)| ToxicityRow {
        kind: "laboratory",
        term: term.to_owned(),
        system: String::new(),
        events: None,
        patients: by_grade.iter().sum(),
        by_grade,
        by_attribution: [0; 3],
        attribution_stated: 0,
    }));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_counts_once_with_the_worst_grade() {
        let events = EventColumns {
            patient: vec![0, 0, 1, 2],
            term: ["Ulcer", "Ulcer", "Ulcer", "Jaundice"]
                .map(str::to_owned)
                .to_vec(),
            system: vec![String::new(); 4],
            grade: vec![Some(2), Some(3), None, Some(1)],
            attribution: vec![
                Attribution::Possible,
                Attribution::Probable,
                Attribution::Unlikely,
                Attribution::Possible,
            ],
            stated: vec![true, false, false, false],
            before: 0,
        };
        let laboratory = LaboratoryColumns {
            patient: vec![0, 1],
            term: vec!["Blood bilirubin increased".to_owned(); 2],
            grade: vec![Some(0), None],
        };
        let table = toxicity_table(&events, &laboratory);
        assert_eq!(table.len(), 3);
        let ulcer = &table[1];
        assert_eq!((ulcer.events, ulcer.patients), (Some(3), 2));
        assert_eq!(ulcer.by_grade, [1, 0, 0, 0, 1, 0, 0]);
        assert_eq!(ulcer.by_attribution, [1, 0, 1]);
        assert_eq!(table[2].by_grade, [1, 1, 0, 0, 0, 0, 0]);
    }
}
