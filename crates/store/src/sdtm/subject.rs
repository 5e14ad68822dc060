//! The rows of a patient and a reader as a record.

use std::collections::{BTreeMap, BTreeSet};

use sirt_outcome::{
    Assessment, Certainty, Day, DayScale, Lesion, LesionFinding, LesionKind, LesionRole,
    LesionState, MarkerValue, NewLesion, NewLesionEvidence, Organ, PatientMarker, PatientRecord,
};

use super::condition;
use super::course::Course;
use super::findings::{ResultRow, RowMeaning, complete_node};
use super::laboratory::{StudyLaboratory, event, laboratory};
use super::table::StudyTable;
use super::visit::{VisitDate, days};
use super::{StudyReader, StudySubject};
use crate::StoreError;

/// Each reader with the responses that were read off.
type ReaderResponses<'a> = Vec<(&'a ReaderKey, Vec<Option<String>>)>;

/// The tables of a study by domain.
pub(super) struct Domains<'a> {
    pub(super) tumours: Vec<&'a StudyTable>,
    pub(super) results: Vec<&'a StudyTable>,
    pub(super) responses: Vec<&'a StudyTable>,
    pub(super) exposure: Vec<&'a StudyTable>,
    pub(super) demography: Vec<&'a StudyTable>,
    pub(super) disposition: Vec<&'a StudyTable>,
    pub(super) laboratory: Vec<&'a StudyTable>,
    pub(super) events: Vec<&'a StudyTable>,
    /// DD: why patients died.
    pub(super) death: Vec<&'a StudyTable>,
    /// FA: symptoms.
    pub(super) symptoms: Vec<&'a StudyTable>,
    /// CM: somatostatin analogues.
    pub(super) medication: Vec<&'a StudyTable>,
    /// SC: what patients are.
    pub(super) characteristics: Vec<&'a StudyTable>,
}

/// Patients with results of a reader, and those without.
pub(super) struct Subjects {
    pub(super) imaged: Vec<StudySubject>,
    pub(super) others: BTreeMap<String, StudySubject>,
}

/// Patient, evaluator, identity of the evaluator.
type ReaderKey = (String, String, String);

/// A row by its table and its place there.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a StudyTable,
    at: usize,
}

impl<'a> Row<'a> {
    pub(super) fn get(self, column: &str) -> &'a str {
        self.table.cell(self.at, self.table.column(column))
    }

    /// Names of the columns of its table.
    pub(super) fn columns(self) -> &'a [String] {
        &self.table.columns
    }

    /// The row's place and what is wrong with it; holds no name of a patient.
    pub(super) fn wrong(self, column: &str, reason: String) -> String {
        self.table.wrong(self.at, column, reason).to_string()
    }
}

/// Rows by patient, and by reader where the table has them.
fn by_reader<'a>(
    tables: &[&'a StudyTable],
    prefix: &str,
) -> Result<BTreeMap<ReaderKey, Vec<Row<'a>>>, StoreError> {
    let mut found: BTreeMap<ReaderKey, Vec<Row<'a>>> = BTreeMap::new();
    for table in tables {
        let subject = table.needed("USUBJID")?;
        let evaluator = table.column(&format!("{prefix}EVAL"));
        let identity = table.column(&format!("{prefix}EVALID"));
        for at in 0..table.rows.len() {
            let key = (
                table.cell(at, Some(subject)).to_owned(),
                table.cell(at, evaluator).to_owned(),
                table.cell(at, identity).to_owned(),
            );
            found.entry(key).or_default().push(Row { table, at });
        }
    }
    Ok(found)
}

fn by_patient<'a>(tables: &[&'a StudyTable]) -> Result<BTreeMap<String, Vec<Row<'a>>>, StoreError> {
    let mut found: BTreeMap<String, Vec<Row<'a>>> = BTreeMap::new();
    for table in tables {
        let subject = table.needed("USUBJID")?;
        for at in 0..table.rows.len() {
            let id = table.cell(at, Some(subject)).to_owned();
            found.entry(id).or_default().push(Row { table, at });
        }
    }
    Ok(found)
}

/// All patients of a study.
pub(super) fn subjects(
    domains: &Domains<'_>,
    notes: &mut Vec<String>,
) -> Result<Subjects, StoreError> {
    for table in &domains.results {
        for column in ["USUBJID", "TRLNKID", "TRTESTCD"] {
            table.needed(column)?;
        }
    }
    for table in &domains.tumours {
        for column in ["USUBJID", "TULNKID"] {
            table.needed(column)?;
        }
    }
    let results = by_reader(&domains.results, "TR")?;
    let tumours = by_reader(&domains.tumours, "TU")?;
    let responses = by_reader(&domains.responses, "RS")?;
    let exposure = by_patient(&domains.exposure)?;
    let demography = by_patient(&domains.demography)?;
    let disposition = by_patient(&domains.disposition)?;
    let death = by_patient(&domains.death)?;
    let empty = Vec::new();
    let course_of = |id: &str| Course {
        exposure: exposure.get(id).unwrap_or(&empty),
        demography: demography.get(id).unwrap_or(&empty),
        disposition: disposition.get(id).unwrap_or(&empty),
        death: death.get(id).unwrap_or(&empty),
    };
    let mut unread = BTreeSet::new();
    let mut visits_of: BTreeMap<ReaderKey, Visits> = BTreeMap::new();
    let mut subjects: BTreeMap<&str, StudySubject> = BTreeMap::new();
    for (key, rows) in &results {
        let (id, evaluator, identity) = key;
        let course = course_of(id);
        let name = reader_name(evaluator, identity);
        let accepted = rows.iter().all(|row| row.get("TRACPTFL") == "Y");
        let of_tumours = tumours.get(key).map_or(&[][..], Vec::as_slice);
        let mut built = Builder::new(id, &name, of_tumours, &mut unread);
        let record = built.record(rows, &course);
        if record.is_ok() {
            visits_of.insert(key.clone(), std::mem::take(&mut built.visits));
        }
        subjects
            .entry(id)
            .or_insert_with(|| StudySubject::named(id))
            .readers
            .push(StudyReader {
                name,
                accepted,
                record,
                stated: Vec::new(),
            });
    }
    state_responses(
        &domains.responses,
        &responses,
        &visits_of,
        &mut subjects,
        notes,
    );
    // Who was treated and has no result of a reader was treated all the same.
    let mut others: BTreeMap<String, StudySubject> = BTreeMap::new();
    let named = exposure
        .keys()
        .chain(demography.keys())
        .chain(disposition.keys());
    for id in named.filter(|id| !id.is_empty()) {
        if subjects.contains_key(id.as_str()) || others.contains_key(id) {
            continue;
        }
        let mut subject = StudySubject::named(id);
        subject.readers.push(StudyReader {
            name: String::new(),
            accepted: false,
            record: without_results(id, &course_of(id)),
            stated: Vec::new(),
        });
        others.insert(id.clone(), subject);
    }
    let mut all: BTreeMap<&str, &mut StudySubject> = subjects
        .iter_mut()
        .map(|(id, subject)| (*id, subject))
        .chain(
            others
                .iter_mut()
                .map(|(id, subject)| (id.as_str(), subject)),
        )
        .collect();
    beside(domains, &mut all, notes)?;
    notes.extend(
        unread
            .into_iter()
            .map(|test| format!("results of {test} are not read")),
    );
    Ok(Subjects {
        imaged: subjects.into_values().collect(),
        others,
    })
}

/// Adds the rows of a patient to it.
type Add<'a> = dyn FnMut(&mut StudySubject, &[Row<'_>], &mut Vec<String>) + 'a;

/// What stands beside the tumours: laboratory, events, symptoms, analogues,
/// what patients are.
fn beside(
    domains: &Domains<'_>,
    subjects: &mut BTreeMap<&str, &mut StudySubject>,
    notes: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut each = |tables: &[&StudyTable], add: &mut Add<'_>| -> Result<(), StoreError> {
        for (id, rows) in by_patient(tables)? {
            if let Some(subject) = subjects.get_mut(id.as_str()) {
                add(subject, &rows, notes);
            }
        }
        Ok(())
    };
    each(&domains.laboratory, &mut |subject, rows, notes| {
        for row in rows {
            match laboratory(*row) {
                Ok(value) => subject.laboratory.extend(value),
                Err(note) => notes.push(note),
            }
        }
        let markers = markers(&subject.laboratory);
        for reader in &mut subject.readers {
            if let Ok(record) = &mut reader.record {
                record.markers.clone_from(&markers);
            }
        }
    })?;
    each(&domains.events, &mut |subject, rows, notes| {
        for row in rows {
            match event(*row) {
                Ok(event) => subject.events.push(event),
                Err(note) => notes.push(note),
            }
        }
    })?;
    each(&domains.symptoms, &mut |subject, rows, notes| {
        subject.symptoms = condition::symptoms(rows, notes);
    })?;
    each(&domains.medication, &mut |subject, rows, notes| {
        subject.analogue = condition::analogue(rows, notes);
    })?;
    each(&domains.demography, &mut |subject, rows, _| {
        condition::demography(rows, &mut subject.attributes);
    })?;
    each(&domains.characteristics, &mut |subject, rows, notes| {
        condition::characteristics(rows, &mut subject.attributes, notes);
    })
}

/// The record of a patient whom no reader has a result of.
fn without_results(id: &str, course: &Course<'_>) -> Result<PatientRecord, String> {
    Ok(PatientRecord {
        id: id.to_owned(),
        readers: vec![String::new()],
        treatments: course.treatments()?,
        status: course.status(DayScale::Calendar, None)?,
        ..PatientRecord::default()
    })
}

/// Markers by name.
fn markers(laboratory: &[StudyLaboratory]) -> Vec<PatientMarker> {
    let mut found: BTreeMap<&str, Vec<MarkerValue>> = BTreeMap::new();
    for row in laboratory.iter().filter(|row| row.is_marker) {
        found.entry(&row.test).or_default().push(MarkerValue {
            day: row.day,
            value: row.value,
            unit: row.unit.clone(),
            upper_limit: row.upper_limit,
            assay: row.assay.clone(),
            confounded: false,
        });
    }
    found
        .into_iter()
        .map(|(name, values)| PatientMarker {
            name: name.to_owned(),
            values,
        })
        .collect()
}

/// A visit: its number and name, its date as text, its rows.
struct Visit<'a> {
    label: String,
    date: &'a str,
    rows: Vec<Row<'a>>,
}

struct Builder<'a> {
    record: PatientRecord,
    tumours: &'a [Row<'a>],
    places: BTreeMap<String, u32>,
    visits: Visits,
    unread: &'a mut BTreeSet<String>,
}

impl<'a> Builder<'a> {
    fn new(
        id: &str,
        reader: &str,
        tumours: &'a [Row<'a>],
        unread: &'a mut BTreeSet<String>,
    ) -> Self {
        Self {
            record: PatientRecord {
                id: id.to_owned(),
                readers: vec![reader.to_owned()],
                ..PatientRecord::default()
            },
            tumours,
            places: BTreeMap::new(),
            visits: Vec::new(),
            unread,
        }
    }

    fn record(&mut self, rows: &[Row<'a>], course: &Course<'_>) -> Result<PatientRecord, String> {
        for row in self.tumours {
            self.tumour(*row)?;
        }
        let visits = visits(rows)?;
        let dates: Vec<VisitDate> = visits
            .iter()
            .map(|visit| {
                VisitDate::parse(visit.date).map_err(|reason| visit.rows[0].wrong("TRDTC", reason))
            })
            .collect::<Result<_, _>>()?;
        let days = if dates.iter().all(|date| *date == VisitDate::None) {
            self.record.scale = DayScale::Study;
            study_days(&visits)?
        } else {
            days(&dates).ok_or_else(|| {
                let at = dates.iter().position(|date| *date == VisitDate::None);
                at.map_or_else(String::new, |at| {
                    visits[at].rows[0].wrong("TRDTC", "a visit without a date".to_owned())
                })
            })?
        };
        for (visit, (day, rough)) in visits.iter().zip(days) {
            let assessment = self.assessment(visit, day, rough)?;
            let is_baseline = visit
                .rows
                .iter()
                .any(|row| row.get("TRLOBXFL") == "Y" || row.get("TRBLFL") == "Y");
            if is_baseline {
                self.record.baseline = Some(day);
            }
            self.visits
                .push((visit.label.clone(), visit.date.to_owned()));
            self.record.assessments.push(assessment);
        }
        if self.record.scale == DayScale::Calendar {
            self.record.treatments = course.treatments()?;
        }
        let scans = self.record.assessments.iter();
        let scanned = scans.map(|assessment| assessment.day).max();
        self.record.status = course.status(self.record.scale, scanned)?;
        Ok(std::mem::take(&mut self.record))
    }

    /// A lesion, by what is named in TU.
    fn tumour(&mut self, row: Row<'_>) -> Result<(), String> {
        let link = row.get("TULNKID");
        if link.is_empty() {
            return Err(row.wrong("TULNKID", "a tumour without identity".to_owned()));
        }
        let kind = row.get("TUSTRESC");
        let kind = if kind.is_empty() {
            row.get("TUORRES")
        } else {
            kind
        };
        let role = role(kind);
        let organ = Organ::named(row.get("TULOC"));
        if let Some(place) = self.places.get(link) {
            let known = usize::try_from(*place)
                .ok()
                .and_then(|place| self.record.lesions.get(place));
            if let Some(known) = known
                && known.organ != organ
                && organ != Organ::Unknown
            {
                return Err(row.wrong(
                    "TULOC",
                    format!(
                        "lesion.organ-changed: {link} is in {organ}, before in {}",
                        known.organ
                    ),
                ));
            }
            return Ok(());
        }
        self.add_lesion(link, organ, role);
        Ok(())
    }

    fn add_lesion(&mut self, link: &str, organ: Organ, role: LesionRole) -> u32 {
        let kind = if organ == Organ::LymphNode {
            LesionKind::Node
        } else {
            LesionKind::Mass
        };
        // T04.1 is a fragment of T04.
        let fragment_of = link
            .rsplit_once('.')
            .filter(|(_, part)| part.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|(parent, _)| self.places.get(parent).copied());
        let place = u32::try_from(self.record.lesions.len()).unwrap_or(u32::MAX);
        self.record.lesions.push(Lesion {
            tracking_id: link.to_owned(),
            organ,
            kind,
            role,
            fragment_of,
            ..Lesion::default()
        });
        self.places.insert(link.to_owned(), place);
        place
    }

    fn assessment(
        &mut self,
        visit: &Visit<'a>,
        day: Day,
        rough: bool,
    ) -> Result<Assessment, String> {
        let mut findings: BTreeMap<u32, LesionFinding> = BTreeMap::new();
        let mut equivocal = BTreeSet::new();
        for row in &visit.rows {
            let link = row.get("TRLNKID");
            // Sums and other results of the whole have no lesion.
            if link.is_empty() {
                continue;
            }
            // T01/T02 are two lesions that grew together and are measured as one.
            let mut links = link.split('/');
            let first = links.next().unwrap_or(link);
            let place = self.place(first, row.get("TRGRPID"));
            for merged in links {
                let merged = self.place(merged, row.get("TRGRPID"));
                findings.entry(merged).or_default().state = LesionState::MergedInto(place);
            }
            let is_node = usize::try_from(place)
                .ok()
                .and_then(|place| self.record.lesions.get(place))
                .is_some_and(|lesion| lesion.kind.is_node());
            let standard = [row.get("TRSTRESN"), row.get("TRSTRESC")]
                .into_iter()
                .find(|result| !result.is_empty());
            let (result, unit) = standard.map_or_else(
                || (row.get("TRORRES"), row.get("TRORRESU")),
                |result| (result, row.get("TRSTRESU")),
            );
            let finding = findings.entry(place).or_default();
            let meaning = ResultRow {
                test: row.get("TRTESTCD"),
                result,
                unit,
                status: row.get("TRSTAT"),
                is_node,
            }
            .read_into(finding)
            .map_err(|reason| row.wrong("TRSTRESC", reason))?;
            match meaning {
                RowMeaning::Finding => {}
                RowMeaning::Equivocal => {
                    equivocal.insert(place);
                }
                RowMeaning::NotRead => {
                    self.unread.insert(row.get("TRTESTCD").to_owned());
                }
            }
        }
        let mut assessment = Assessment {
            day,
            day_is_rough: rough,
            visit: Some(visit.label.clone()),
            ..Assessment::default()
        };
        for (place, mut finding) in findings {
            finding.lesion = place;
            let lesion = usize::try_from(place)
                .ok()
                .and_then(|place| self.record.lesions.get(place));
            if lesion.is_some_and(|lesion| lesion.kind.is_node()) {
                complete_node(&mut finding);
            }
            if lesion.is_some_and(|lesion| lesion.role == LesionRole::New)
                && !matches!(
                    finding.state,
                    LesionState::Absent | LesionState::NotEvaluable
                )
            {
                assessment.new_lesions.push(NewLesion {
                    lesion: place,
                    certainty: if equivocal.contains(&place) {
                        Certainty::Equivocal
                    } else {
                        Certainty::Unequivocal
                    },
                    evidence: NewLesionEvidence::Anatomical,
                });
            }
            assessment.findings.push(finding);
        }
        self.new_by_name(visit, &mut assessment);
        Ok(assessment)
    }

    /// Lesions that TU names as new at this visit, though TR has no row for them.
    fn new_by_name(&self, visit: &Visit<'_>, assessment: &mut Assessment) {
        for row in self.tumours {
            let Some(place) = self.places.get(row.get("TULNKID")).copied() else {
                continue;
            };
            let is_new = usize::try_from(place)
                .ok()
                .and_then(|place| self.record.lesions.get(place))
                .is_some_and(|lesion| lesion.role == LesionRole::New);
            let same_visit = !visit.label.is_empty() && row.get("VISIT") == visit.label
                || (!visit.date.is_empty() && row.get("TUDTC") == visit.date);
            if is_new
                && same_visit
                && !assessment
                    .findings
                    .iter()
                    .any(|finding| finding.lesion == place)
            {
                assessment.new_lesions.push(NewLesion {
                    lesion: place,
                    certainty: Certainty::Unequivocal,
                    evidence: NewLesionEvidence::Anatomical,
                });
            }
        }
    }

    fn place(&mut self, link: &str, group: &str) -> u32 {
        match self.places.get(link) {
            Some(place) => *place,
            None => self.add_lesion(link, Organ::Unknown, role(group)),
        }
    }
}

/// The overall response by RECIST 1.1 that a table of responses has for each visit of a reader.
fn stated(
    table: &StudyTable,
    rows: &[Row<'_>],
    visits: &[(String, String)],
) -> Vec<Option<String>> {
    visits
        .iter()
        .map(|(label, date)| {
            rows.iter()
                .filter(|row| std::ptr::eq(row.table, table))
                .find(|row| {
                    let criterion = row.get("RSCAT");
                    row.get("RSTESTCD") == "OVRLRESP"
                        && (criterion.is_empty() || criterion == "RECIST 1.1")
                        && row.get("VISIT") == label
                        && row.get("RSDTC") == date
                })
                .map(|row| {
                    let standard = row.get("RSSTRESC");
                    let said = if standard.is_empty() {
                        row.get("RSORRES")
                    } else {
                        standard
                    };
                    said.to_owned()
                })
        })
        .collect()
}

/// Visits of a reader: name and date as the table has them.
type Visits = Vec<(String, String)>;

/// Lays beside each reader's visits the table of responses that knows most of
/// them: a study may have several, of which one was made from its tumours.
fn state_responses(
    tables: &[&StudyTable],
    responses: &BTreeMap<ReaderKey, Vec<Row<'_>>>,
    visits: &BTreeMap<ReaderKey, Visits>,
    subjects: &mut BTreeMap<&str, StudySubject>,
    notes: &mut Vec<String>,
) {
    let of_table = |table: &StudyTable| -> Vec<(&ReaderKey, Vec<Option<String>>)> {
        visits
            .iter()
            .map(|(key, visits)| {
                let rows = responses.get(key).map_or(&[][..], Vec::as_slice);
                (key, stated(table, rows, visits))
            })
            .collect()
    };
    let known = |found: &[(&ReaderKey, Vec<Option<String>>)]| -> usize {
        found
            .iter()
            .map(|(_, stated)| stated.iter().flatten().count())
            .sum()
    };
    let mut best: Option<(usize, &str, ReaderResponses<'_>)> = None;
    for table in tables {
        let found = of_table(table);
        let count = known(&found);
        if count > best.as_ref().map_or(0, |(most, _, _)| *most) {
            best = Some((count, &table.file, found));
        }
    }
    let Some((_, file, found)) = best else { return };
    for table in tables.iter().filter(|table| table.file != file) {
        notes.push(format!(
            "{} is not compared: {file} knows more of the visits",
            table.file
        ));
    }
    for ((id, evaluator, identity), stated) in found {
        let name = reader_name(evaluator, identity);
        let reader = subjects.get_mut(id.as_str()).and_then(|subject| {
            subject
                .readers
                .iter_mut()
                .find(|reader| reader.name == name)
        });
        if let Some(reader) = reader {
            reader.stated = stated;
        }
    }
}

/// Evaluator and its identity in one name.
fn reader_name(evaluator: &str, identity: &str) -> String {
    let name = format!("{evaluator} {identity}").trim().to_owned();
    if name.is_empty() {
        "reader".to_owned()
    } else {
        name
    }
}

/// What a table calls a tumour.
fn role(words: &str) -> LesionRole {
    let words = words.to_uppercase();
    if words.contains("NON-TARGET") || words.contains("NON TARGET") || words.contains("NONTARGET") {
        LesionRole::NonTarget
    } else if words.contains("NEW") {
        LesionRole::New
    } else if words.contains("TARGET") {
        LesionRole::Target
    } else {
        LesionRole::Unassigned
    }
}

/// The rows of a reader by visit: in the order of the visits' numbers where all
/// have one, else of their dates where all have one; no other order is known.
fn visits<'a>(rows: &[Row<'a>]) -> Result<Vec<Visit<'a>>, String> {
    let mut found: Vec<(Option<f64>, Visit<'a>)> = Vec::new();
    for row in rows {
        let number = row.get("VISITNUM");
        let number = if number.is_empty() {
            None
        } else {
            let parsed: f64 = number
                .parse()
                .map_err(|_| row.wrong("VISITNUM", format!("`{number}` is no number")))?;
            Some(parsed)
        };
        let date = row.get("TRDTC");
        let known = found.iter_mut().find(|(of, visit)| match (of, number) {
            (Some(of), Some(number)) => of.total_cmp(&number).is_eq(),
            (None, None) => {
                visit.date == date
                    && (!date.is_empty() || visit.rows[0].get("TRDY") == row.get("TRDY"))
            }
            _ => false,
        });
        match known {
            Some((_, visit)) => {
                if visit.date.is_empty() || (!date.is_empty() && date < visit.date) {
                    visit.date = date;
                }
                visit.rows.push(*row);
            }
            None => found.push((
                number,
                Visit {
                    label: row.get("VISIT").to_owned(),
                    date,
                    rows: vec![*row],
                },
            )),
        }
    }
    if found.iter().all(|(number, _)| number.is_some()) {
        found.sort_by(|(one, _), (other, _)| {
            one.unwrap_or_default()
                .total_cmp(&other.unwrap_or_default())
        });
    } else if found.len() > 1 {
        let undated = found.iter().find(|(_, visit)| visit.date.is_empty());
        if let Some((number, visit)) = undated {
            return Err(visit.rows[0].wrong(
                if number.is_some() {
                    "TRDTC"
                } else {
                    "VISITNUM"
                },
                "the order of the visits is not known; all need VISITNUM, or all TRDTC".to_owned(),
            ));
        }
        found.sort_by(|(_, one), (_, other)| one.date.cmp(other.date));
    }
    Ok(found.into_iter().map(|(_, visit)| visit).collect())
}

/// Days of a study without dates.
fn study_days(visits: &[Visit<'_>]) -> Result<Vec<(Day, bool)>, String> {
    visits
        .iter()
        .map(|visit| {
            let row = visit.rows[0];
            let text = row.get("TRDY");
            let number: f64 = text.parse().map_err(|_| {
                row.wrong("TRDY", format!("`{text}` is no day, and TRDTC has no date"))
            })?;
            if number.fract() != 0.0 || !(-1.0e6..1.0e6).contains(&number) {
                return Err(row.wrong("TRDY", format!("`{text}` is no whole day")));
            }
            #[expect(clippy::cast_possible_truncation, reason = "a whole number in range")]
            let number = number as i32;
            Ok((Day::from_number(number), false))
        })
        .collect()
}
