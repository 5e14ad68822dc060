//! Patients that tables name and TR does not.

use std::collections::BTreeMap;

use super::subject::Domains;
use super::{LeftOutSubject, StudySubject};

/// Patients without results, in the order of their names, with the tables that name them.
pub(super) fn left_out(
    domains: &Domains<'_>,
    subjects: &[StudySubject],
    mut others: BTreeMap<String, StudySubject>,
) -> Vec<LeftOutSubject> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (domain, tables) in [
        ("DM", &domains.demography),
        ("EX", &domains.exposure),
        ("DS", &domains.disposition),
        ("TU", &domains.tumours),
        ("RS", &domains.responses),
        ("LB", &domains.laboratory),
        ("AE", &domains.events),
        ("DD", &domains.death),
        ("FA", &domains.symptoms),
        ("CM", &domains.medication),
        ("SC", &domains.characteristics),
    ] {
        for table in tables {
            let column = table.column("USUBJID");
            for row in 0..table.rows.len() {
                let id = table.cell(row, column);
                let known = subjects
                    .binary_search_by(|subject| subject.id.as_str().cmp(id))
                    .is_ok();
                if known || id.is_empty() {
                    continue;
                }
                let named = found.entry(id).or_default();
                if named.last() != Some(&domain) {
                    named.push(domain);
                }
            }
        }
    }
    found
        .into_iter()
        .map(|(id, named)| LeftOutSubject {
            id: id.to_owned(),
            reason: format!("no results (TR); named in {}", named.join(", ")),
            subject: others.remove(id),
        })
        .collect()
}
