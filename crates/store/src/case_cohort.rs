//! A folder of cases as a study: each case is a patient.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::document::CASE_FILE;
use crate::sdtm::{LeftOutSubject, Study, StudySubject};
use crate::{CaseDocument, StoreError};

impl Study {
    /// Reads a folder of case folders, or one case folder; none where there is
    /// no case file.
    ///
    /// A case that cannot be read, or has no follow-up, is left out with the reason,
    /// under the name of its folder.
    ///
    /// # Errors
    /// [`StoreError`] for a folder that cannot be read and for two cases of one
    /// pseudonym.
    pub fn of_cases(folder: &Path) -> Result<Option<Self>, StoreError> {
        let folders = case_folders(folder)?;
        if folders.is_empty() {
            return Ok(None);
        }
        let mut subjects: BTreeMap<String, (StudySubject, String)> = BTreeMap::new();
        let mut study = Self {
            subjects: Vec::new(),
            left_out: Vec::new(),
            files: Vec::new(),
            notes: Vec::new(),
            synthetic: None,
        };
        for path in folders {
            let name = path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            );
            study
                .files
                .push(("case".to_owned(), format!("{name}/{CASE_FILE}")));
            let left_out = |reason: String| LeftOutSubject {
                id: name.clone(),
                reason,
                subject: None,
            };
            let document = match CaseDocument::read(&path) {
                Ok(document) => document,
                Err(error) => {
                    study.left_out.push(left_out(error.to_string()));
                    continue;
                }
            };
            let Some(course) = document.case().course() else {
                study
                    .left_out
                    .push(left_out("the case has no follow-up".to_owned()));
                continue;
            };
            study.notes.extend(
                course
                    .findings
                    .iter()
                    .map(|finding| format!("{name}: {}", finding.reason)),
            );
            let mut subject = course.subject;
            // The case's reader is the one that counts.
            for (at, reader) in subject.readers.iter_mut().enumerate() {
                reader.accepted = at == course.reader;
            }
            if let Some((_, other)) = subjects.get(&subject.id) {
                return Err(StoreError::SamePseudonym {
                    folders: [other.clone(), name],
                });
            }
            subjects.insert(subject.id.clone(), (subject, name));
        }
        study.subjects = subjects.into_values().map(|(subject, _)| subject).collect();
        Ok(Some(study))
    }
}

/// Folders with a case file: the folder itself, or those in it, by name.
fn case_folders(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if folder.join(CASE_FILE).is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let read = |source| StoreError::Read {
        file: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.join(CASE_FILE).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
