//! Results that come to lie in their folder all at once.
//!
//! A run writes into a folder of its own inside the folder of results and moves
//! its files out when all of them are there; files of an earlier run that they
//! replace are moved aside first and put back if that fails.
//! A run that fails or is killed leaves the earlier result as it was, and files
//! of two runs never lie beside each other.
//!
//! Which files an earlier run wrote is what its own record lists (`result.json`,
//! `sum.json`, `truth.json`); nothing else is removed.

use std::fs::{File, TryLockError};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Holds a run's files until they are complete; lies inside the folder of
/// results, since files move at once only within one file system.
const UNFINISHED: &str = ".sirt-unfinished";
const NEW: &str = "new";
const EARLIER: &str = "earlier";
const LOCK: &str = "lock";

/// The files of one run on their way into a folder.
#[derive(Debug)]
pub(crate) struct OutputFolder {
    out: PathBuf,
    /// Whether this run made the folder, and so removes it if it fails.
    made: bool,
    /// Held while this run writes; where the file system has no locks, nothing
    /// keeps a second run away.
    _lock: File,
    /// Whether what was moved aside is still needed.
    keep: bool,
}

impl OutputFolder {
    /// Makes the folder with its parents, and an empty one inside for the files
    /// of this run.
    pub(crate) fn begin(out: &Path) -> anyhow::Result<Self> {
        let made = !out.exists();
        let unfinished = out.join(UNFINISHED);
        let cannot_make = || format!("cannot make folder {}", out.display());
        std::fs::create_dir_all(&unfinished).with_context(cannot_make)?;
        let lock = File::create(unfinished.join(LOCK)).with_context(cannot_make)?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            bail!(
                "{}: another run is writing its results there; wait for it, or give another folder",
                out.display()
            );
        }
        let folder = Self {
            out: out.to_path_buf(),
            made,
            _lock: lock,
            keep: false,
        };
        // A run that was killed leaves its files behind.
        for left in [NEW, EARLIER].map(|name| unfinished.join(name)) {
            if left.exists() {
                std::fs::remove_dir_all(&left)
                    .with_context(|| format!("cannot remove {}", left.display()))?;
            }
        }
        std::fs::create_dir(folder.folder()).with_context(cannot_make)?;
        Ok(folder)
    }

    /// Where this run writes.
    pub(crate) fn folder(&self) -> PathBuf {
        self.out.join(UNFINISHED).join(NEW)
    }

    /// Names of the files that this run has written so far, sorted, with `/`
    /// between folders.
    pub(crate) fn written(&self) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        collect(&self.folder(), "", &mut names)?;
        names.sort();
        Ok(names)
    }

    /// Moves all files into the folder of results in place of the `earlier`
    /// ones there; `record` is the file that lists them.
    ///
    /// The record is the first to come and the last to go: also a run that is
    /// killed here leaves files of one run with the record of them.
    pub(crate) fn publish(mut self, record: &str, earlier: &[String]) -> anyhow::Result<()> {
        let mut new = self.written()?;
        new.sort_by_key(|name| (name != record, name.clone()));
        let mut old: Vec<&String> = earlier
            .iter()
            .chain(&new)
            .filter(|name| self.out.join(name).symlink_metadata().is_ok())
            .collect();
        old.sort_by_key(|name| (name.as_str() == record, name.as_str()));
        old.dedup();
        let aside = self.out.join(UNFINISHED).join(EARLIER);
        let moves = old
            .iter()
            .map(|name| (self.out.join(name), aside.join(name)))
            .chain(
                new.iter()
                    .map(|name| (self.folder().join(name), self.out.join(name))),
            );
        let mut done = Vec::new();
        for (from, to) in moves {
            let moved = to
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::rename(&from, &to));
            if let Err(error) = moved {
                self.undo(&done);
                return Err(error).with_context(|| {
                    let kept = if self.keep {
                        format!("; the earlier files are in {}", aside.display())
                    } else {
                        String::new()
                    };
                    format!("cannot move {} to {}{kept}", from.display(), to.display())
                });
            }
            done.push((from, to));
        }
        // Folders that held nothing but earlier files.
        for folder in old.iter().filter_map(|name| Path::new(name).parent()) {
            for folder in folder.ancestors().filter(|part| *part != Path::new("")) {
                // One that is not empty stays.
                let _ = std::fs::remove_dir(self.out.join(folder));
            }
        }
        self.made = false;
        Ok(())
    }

    fn undo(&mut self, done: &[(PathBuf, PathBuf)]) {
        for (from, to) in done.iter().rev() {
            self.keep |= std::fs::rename(to, from).is_err();
        }
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // What cannot be removed does not belong to a result and harms none.
        let _ = std::fs::remove_dir_all(self.out.join(UNFINISHED));
        if self.made {
            let _ = std::fs::remove_dir(&self.out);
        }
    }
}

fn collect(folder: &Path, within: &str, names: &mut Vec<String>) -> anyhow::Result<()> {
    let cannot_read = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(cannot_read)? {
        let entry = entry.with_context(cannot_read)?;
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

/// Those of the `known` files that the record of an earlier run lists.
pub(crate) fn earlier(out: &Path, record: &str, known: &[&str]) -> Vec<String> {
    let mut files = listed(out, record);
    files.retain(|name| known.contains(&name.as_str()));
    files
}

/// Refuses a folder where one of the `known` files lies that no earlier run is
/// known to have written.
///
/// # Errors
/// Names the file and what to do.
pub(crate) fn require_ours(out: &Path, record: &str, known: &[&str]) -> anyhow::Result<()> {
    let earlier = earlier(out, record, known);
    for name in known {
        let path = out.join(name);
        if path.symlink_metadata().is_ok() && !earlier.iter().any(|ours| ours == name) {
            bail!(
                "{}: not listed by a {record} beside it, so it may be no result of an earlier run and is not replaced; move it away, or give another folder (--out)",
                path.display()
            );
        }
    }
    Ok(())
}

/// The files that the record of an earlier run lists (under `files`) and that
/// are inside the folder; none without a record.
pub(crate) fn listed(out: &Path, record: &str) -> Vec<String> {
    let Some(record) = std::fs::read(out.join(record))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
    else {
        return Vec::new();
    };
    let inside = |name: &str| {
        Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
    };
    record["files"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|name| inside(name) && out.join(name).is_file())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn contents(folder: &Path) -> Vec<(String, String)> {
        let mut names = Vec::new();
        collect(folder, "", &mut names).unwrap();
        names.sort();
        names
            .into_iter()
            .map(|name| {
                let text = std::fs::read_to_string(folder.join(&name)).unwrap();
                (name, text)
            })
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn a_run_replaces_what_the_record_of_the_one_before_lists() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a/b");
        put(&out, "notes.txt", "mine");
        put(&out, "month/ct/1.dcm", "old");
        put(&out, "dose", "old");
        put(
            &out,
            "record",
            r#"{"files": ["month/ct/1.dcm", "dose", "../b/notes.txt"]}"#,
        );
        let run = OutputFolder::begin(&out).unwrap();
        put(&run.folder(), "dose", "new");
        put(&run.folder(), "record", "new");
        let earlier = listed(&out, "record");
        assert_eq!(earlier, ["month/ct/1.dcm", "dose"]);
        assert!(
            OutputFolder::begin(&out)
                .unwrap_err()
                .to_string()
                .contains("another run")
        );
        run.publish("record", &earlier).unwrap();
        let expected = [("dose", "new"), ("notes.txt", "mine"), ("record", "new")];
        assert_eq!(contents(&out), pairs(&expected));
        assert!(!out.join("month").exists());
    }

    #[test]
    fn a_run_that_cannot_move_its_files_puts_the_earlier_ones_back() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        put(out, "dose", "old");
        put(out, "record", "old");
        let run = OutputFolder::begin(out).unwrap();
        put(&run.folder(), "dose", "new");
        put(&run.folder(), "record", "new");
        put(&run.folder(), "sub/dvh", "new");
        // A file where a folder must be.
        put(out, "sub", "mine");
        let error = run
            .publish("record", &["dose".to_owned(), "record".to_owned()])
            .unwrap_err();
        assert!(error.to_string().contains("dvh"), "{error:#}");
        let expected = [("dose", "old"), ("record", "old"), ("sub", "mine")];
        assert_eq!(contents(out), pairs(&expected));
    }

    #[test]
    fn a_run_that_fails_leaves_no_folder_that_was_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("result");
        let run = OutputFolder::begin(&out).unwrap();
        put(&run.folder(), "dose", "new");
        drop(run);
        assert!(!out.exists());
    }
}
