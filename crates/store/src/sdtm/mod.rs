//! Tables of a study in the form of CDISC SDTM, as records of patients.
//!
//! Tumours are named in TU and measured in TR; RS holds what readers said, and
//! is only laid beside what criteria say. EX and DM give the day of the first
//! treatment, DM, DS and DD the end, LB and AE what happened meanwhile, FA
//! symptoms, CM somatostatin analogues, DM and SC what patients are. A file is
//! CSV or a SAS transport file of version 5; its domain is what its column
//! DOMAIN says. A column SYNTHETIC marks made-up patients.
//!
//! A visit of a reader is one assessment, on the first day of its scans.

mod cohort;
mod condition;
mod course;
mod findings;
mod laboratory;
mod left_out;
mod subject;
mod table;
mod visit;
mod write;
mod xport;

use std::collections::BTreeMap;
use std::path::Path;

use sirt_outcome::evidence::cohort::PatientSymptom;
use sirt_outcome::{AnaloguePrescription, PatientRecord};

pub use self::laboratory::{StudyEvent, StudyLaboratory};
use self::table::StudyTable;
pub(crate) use self::visit::VisitDate;
pub use self::write::{SYNTHETIC, write_cohort};
use crate::StoreError;

/// Domains that are read.
const DOMAINS: [&str; 12] = [
    "TU", "TR", "RS", "EX", "DM", "DS", "LB", "AE", "DD", "FA", "CM", "SC",
];

/// A study.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Its patients with results of a reader, in the order of their names.
    pub subjects: Vec<StudySubject>,
    /// Patients of its other tables, of whom no reader has a result: who looks
    /// at the others alone counts a part of the study for the whole.
    pub left_out: Vec<LeftOutSubject>,
    /// Files that were read, by domain.
    pub files: Vec<(String, String)>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// The mark of made-up patients, where any table has one.
    pub synthetic: Option<String>,
}

/// A patient of a study without results of a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOutSubject {
    /// USUBJID.
    pub id: String,
    /// Why.
    pub reason: String,
    /// What is known all the same, where DM, EX or DS name the patient; the
    /// record of its one reader has no assessment.
    pub subject: Option<StudySubject>,
}

/// A patient of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct StudySubject {
    /// USUBJID.
    pub id: String,
    /// What each reader saw.
    pub readers: Vec<StudyReader>,
    /// Laboratory values, in the order of the table.
    pub laboratory: Vec<StudyLaboratory>,
    /// Adverse events, in the order of the table.
    pub events: Vec<StudyEvent>,
    /// Symptoms by name.
    pub symptoms: Vec<PatientSymptom>,
    /// Somatostatin analogues.
    pub analogue: Vec<AnaloguePrescription>,
    /// What the patient was before treatment, by name in small letters.
    pub attributes: BTreeMap<String, String>,
}

/// What one reader saw of a patient.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyReader {
    /// Evaluator and its identity, as the table has them.
    pub name: String,
    /// Whether the table marks this reader's as the accepted ones.
    pub accepted: bool,
    /// The record, or why there is none.
    pub record: Result<PatientRecord, String>,
    /// By assessment: the overall response by RECIST 1.1 that RS has for it.
    pub stated: Vec<Option<String>>,
}

impl StudySubject {
    fn named(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            readers: Vec::new(),
            laboratory: Vec::new(),
            events: Vec::new(),
            symptoms: Vec::new(),
            analogue: Vec::new(),
            attributes: BTreeMap::new(),
        }
    }

    /// The reader that counts when none is named: the accepted one, else the
    /// investigator, else the first.
    #[must_use]
    pub fn default_reader(&self) -> Option<&StudyReader> {
        self.readers
            .iter()
            .find(|reader| reader.accepted)
            .or_else(|| {
                self.readers
                    .iter()
                    .find(|reader| reader.name.starts_with("INVESTIGATOR"))
            })
            .or_else(|| self.readers.first())
    }
}

impl Study {
    /// Reads all tables of a folder.
    ///
    /// # Errors
    /// [`StoreError`] for a folder or a file that cannot be read, a table
    /// without the columns that it needs, and a folder without TU or TR. A row
    /// that cannot be understood refuses its patient's reader and no other.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let read = |source| StoreError::Read {
            file: folder.to_owned(),
            source,
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(read)? {
            paths.push(entry.map_err(read)?.path());
        }
        paths.sort();
        let mut tables = Vec::new();
        let mut notes = Vec::new();
        for path in paths.iter().filter(|path| path.is_file()) {
            let ending = path.extension().map(|ending| ending.to_string_lossy());
            if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
                notes.push(format!(
                    "{}: Parquet is not read; write it as CSV or XPT",
                    path.file_name().unwrap_or_default().to_string_lossy()
                ));
            }
            if let Some(table) = StudyTable::read(path)? {
                tables.push(table);
            }
        }
        Self::of(&tables, notes, folder)
    }

    fn of(
        tables: &[StudyTable],
        mut notes: Vec<String>,
        folder: &Path,
    ) -> Result<Self, StoreError> {
        let of_domain = |domain: &str| -> Vec<&StudyTable> {
            tables
                .iter()
                .filter(|table| table.domain() == domain)
                .collect()
        };
        let results = of_domain("TR");
        let tumours = of_domain("TU");
        if results.is_empty() || tumours.is_empty() {
            return Err(table::wrong(
                &folder.display().to_string(),
                1,
                "",
                "there have to be tables of tumours (TU) and of their results (TR), as CSV or XPT"
                    .to_owned(),
            ));
        }
        let files = tables
            .iter()
            .filter(|table| DOMAINS.contains(&table.domain().as_str()))
            .map(|table| (table.domain(), table.file.clone()))
            .collect();
        let domains = subject::Domains {
            tumours,
            results,
            responses: of_domain("RS"),
            exposure: of_domain("EX"),
            demography: of_domain("DM"),
            disposition: of_domain("DS"),
            laboratory: of_domain("LB"),
            events: of_domain("AE"),
            death: of_domain("DD"),
            symptoms: of_domain("FA"),
            medication: of_domain("CM"),
            characteristics: of_domain("SC"),
        };
        let subject::Subjects { imaged, others } = subject::subjects(&domains, &mut notes)?;
        Ok(Self {
            left_out: left_out::left_out(&domains, &imaged, others),
            subjects: imaged,
            files,
            notes,
            synthetic: tables.iter().find_map(StudyTable::synthetic),
        })
    }
}
