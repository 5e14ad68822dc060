//! A study as a cohort: of each patient the record of the reader that counts,
//! with what stands beside it.

use sirt_outcome::evidence::cohort::{
    Cohort, CohortEvent, CohortPatient, LaboratoryValue, RefusedPatient,
};
use sirt_outcome::{AdverseEvent, EventKind, PatientRecord};

use super::{Study, StudyReader, StudySubject};

impl Study {
    /// The cohort of a study, by the named reader or by the one that counts
    /// for each patient; who cannot be judged is refused with the reason.
    #[must_use]
    pub fn cohort(&self, reader: Option<&str>) -> Cohort {
        let mut cohort = Cohort::default();
        for subject in &self.subjects {
            let chosen = match reader {
                None => subject.default_reader(),
                Some(name) => subject
                    .readers
                    .iter()
                    .find(|reader| reader.name.eq_ignore_ascii_case(name)),
            };
            add(&mut cohort, subject, chosen, "not read by this reader");
        }
        for left_out in &self.left_out {
            match &left_out.subject {
                Some(subject) => add(
                    &mut cohort,
                    subject,
                    subject.readers.first(),
                    &left_out.reason,
                ),
                None => cohort.refused.push(RefusedPatient {
                    id: left_out.id.clone(),
                    reason: left_out.reason.clone(),
                }),
            }
        }
        cohort
            .patients
            .sort_by(|one, other| one.record.id.cmp(&other.record.id));
        cohort.refused.sort_by(|one, other| one.id.cmp(&other.id));
        cohort
    }
}

fn add(cohort: &mut Cohort, subject: &StudySubject, reader: Option<&StudyReader>, missing: &str) {
    let refused = match reader.map(|reader| &reader.record) {
        Some(Ok(record)) => {
            cohort.patients.push(patient(subject, record));
            return;
        }
        Some(Err(reason)) => reason.clone(),
        None => missing.to_owned(),
    };
    cohort.refused.push(RefusedPatient {
        id: subject.id.clone(),
        reason: refused,
    });
}

fn patient(subject: &StudySubject, record: &PatientRecord) -> CohortPatient {
    CohortPatient {
        record: record.clone(),
        symptoms: subject.symptoms.clone(),
        analogue: subject.analogue.clone(),
        events: subject
            .events
            .iter()
            .map(|event| CohortEvent {
                event: AdverseEvent {
                    kind: EventKind::of_term(&event.term),
                    term: event.term.clone(),
                    grade: event.grade,
                    onset: event.onset,
                    resolved: event.resolved,
                },
                system: event.system.clone(),
                stated: event.related,
            })
            .collect(),
        laboratory: subject
            .laboratory
            .iter()
            .filter(|row| !row.is_marker)
            .map(|row| LaboratoryValue {
                test: row.test.clone(),
                day: row.day,
                value: row.value,
                unit: row.unit.clone(),
                lower_limit: row.lower_limit,
                upper_limit: row.upper_limit,
            })
            .collect(),
        attributes: subject.attributes.clone(),
    }
}
