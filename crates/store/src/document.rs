//! A case file that a program adds to: comments, order and spelling stay.
//!
//! Everything that is added is checked together with what is there: a change
//! that would not read back is refused, and the text stays as it was.

use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use crate::StoreError;
use crate::case::{Administration, Case, Clearance, Override, Signature, TimedActivity};
use crate::images::{DeliveredImage, DeliveredSource};
use crate::new_case::NewCase;
use crate::place::Places;
use crate::read::read_text;
use crate::whole_file::write_whole;
use crate::written_number::shortest;

/// Name of the file in the folder of a case.
pub const CASE_FILE: &str = "case.toml";

/// The text of a case file, with the case that it says.
#[derive(Debug, Clone)]
pub struct CaseDocument {
    /// The file as errors name it.
    file: PathBuf,
    /// Folder of the files beside it; none for a text alone.
    folder: Option<PathBuf>,
    /// What is on disk; none before the first writing.
    on_disk: Option<String>,
    text: String,
    case: Case,
}

impl CaseDocument {
    /// Reads the case file of a folder; images are not looked for.
    ///
    /// # Errors
    /// [`StoreError`] with file, line and key for whatever is wrong.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(CASE_FILE);
        let text = read_file(&file)?;
        Self::of(file, Some(folder.to_owned()), Some(text.clone()), text)
    }

    /// From the text of a case file.
    ///
    /// # Errors
    /// [`StoreError`] with line and key for whatever is wrong.
    pub fn from_toml(text: &str) -> Result<Self, StoreError> {
        Self::of(PathBuf::from(CASE_FILE), None, None, text.to_owned())
    }

    /// A new case with comments that say what can be added.
    ///
    /// # Errors
    /// [`StoreError`] for values that no case may have.
    pub fn start(new: &NewCase) -> Result<Self, StoreError> {
        Self::from_toml(&new.to_toml())
    }

    fn of(
        file: PathBuf,
        folder: Option<PathBuf>,
        on_disk: Option<String>,
        text: String,
    ) -> Result<Self, StoreError> {
        let (case, _) = read_text(&file.display().to_string(), &text, folder.as_deref())?;
        Ok(Self {
            file,
            folder,
            on_disk,
            text,
            case,
        })
    }

    /// The case that the text says.
    #[must_use]
    pub const fn case(&self) -> &Case {
        &self.case
    }

    /// The text.
    #[must_use]
    pub fn to_toml(&self) -> &str {
        &self.text
    }

    /// Adds an administration.
    ///
    /// # Errors
    /// [`StoreError`] when the case with it would be refused; it stays as it was.
    pub fn append_administration(
        &mut self,
        administration: &Administration,
    ) -> Result<(), StoreError> {
        let mut table = Table::new();
        table["territory"] = text(&administration.territory);
        table["at"] = text(&administration.at.to_string());
        table["assay"] = timed(&administration.assay);
        if let Some(residual) = &administration.residual {
            table["residual"] = timed(residual);
        }
        if let Some(delivered) = administration.delivered {
            let percent = shortest(delivered.as_percent());
            table["delivered"] = text(&format!("{percent} %"));
        }
        if administration.stasis {
            table["stasis"] = Item::Value(true.into());
        }
        if let Some(vial) = &administration.vial {
            table["vial"] = text(vial);
        }
        if let Some(note) = &administration.note {
            table["note"] = text(note);
        }
        if let Some(image) = &administration.image {
            table["image"] = Item::Table(image_table(image));
        }
        self.append("administration", table)
    }

    /// Adds a rule that a person set aside.
    ///
    /// # Errors
    /// [`StoreError`] when the case with it would be refused; it stays as it was.
    pub fn append_override(&mut self, overridden: &Override) -> Result<(), StoreError> {
        let mut table = Table::new();
        table["rule"] = text(&overridden.rule);
        table["by"] = text(&overridden.by);
        table["reason"] = text(&overridden.reason);
        table["date"] = text(&overridden.date.to_string());
        self.append("override", table)
    }

    /// Adds a finding that a person cleared.
    ///
    /// # Errors
    /// [`StoreError`] when the case with it would be refused; it stays as it was.
    pub fn append_clearance(&mut self, clearance: &Clearance) -> Result<(), StoreError> {
        let mut table = Table::new();
        table["finding"] = text(&clearance.finding);
        table["by"] = text(&clearance.by);
        table["reason"] = text(&clearance.reason);
        table["date"] = text(&clearance.date.to_string());
        self.append("clearance", table)
    }

    /// Adds a signature.
    ///
    /// # Errors
    /// [`StoreError`] when the case with it would be refused; it stays as it was.
    pub fn append_signature(&mut self, signature: &Signature) -> Result<(), StoreError> {
        let mut table = Table::new();
        table["role"] = text(&signature.role);
        table["name"] = text(&signature.name);
        table["at"] = text(&signature.at.to_string());
        table["content"] = text(&signature.content);
        self.append("signature", table)
    }

    /// What the file says but for its signatures, the same whatever its
    /// comments, its spelling and the order of its keys are: keys sorted, as
    /// JSON; with the texts of the files of rows beside it.
    ///
    /// # Errors
    /// [`StoreError::NotToml`] for a text that is none, [`StoreError::Read`]
    /// for a file beside it.
    pub fn contents(&self) -> Result<String, StoreError> {
        let mut contents: serde_json::Value =
            toml_edit::de::from_str(&self.text).map_err(|error| {
                let file = self.file.display().to_string();
                StoreError::NotToml {
                    place: Places::without_keys(&file, &self.text).around(error.span()),
                    reason: error.message().to_owned(),
                }
            })?;
        if let Some(tables) = contents.as_object_mut() {
            tables.remove("signature");
            if let Some(folder) = &self.folder {
                for name in &self.case.follow_up.files {
                    let text = read_file(&folder.join(name))?;
                    tables.insert(format!("file {name}"), text.into());
                }
            }
        }
        contents.sort_all_objects();
        Ok(contents.to_string())
    }

    fn append(&mut self, name: &'static str, table: Table) -> Result<(), StoreError> {
        let file = self.file.display().to_string();
        let not_toml = |error: &toml_edit::TomlError| StoreError::NotToml {
            place: Places::without_keys(&file, &self.text).around(error.span()),
            reason: error.message().to_owned(),
        };
        // toml_edit ends lines with a line feed alone.
        let windows = self.text.contains("\r\n");
        let unix = self.text.replace("\r\n", "\n");
        let parsed = toml_edit::Document::parse(&*unix).map_err(|error| not_toml(&error))?;
        let places = Places::of(&file, &unix, &parsed);
        let mut document: DocumentMut = parsed.into_mut();
        let mut table = table;
        // Behind the last of its kind, and at the end where there is none.
        let position = last_position(&document, name);
        table.set_position(Some(position));
        table
            .decor_mut()
            .set_prefix(if unix.is_empty() { "" } else { "\n" });
        match document
            .entry(name)
            .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()))
        {
            Item::ArrayOfTables(tables) => tables.push(table),
            _ => {
                return Err(StoreError::NotAppendable {
                    place: places.at(name),
                    table: name,
                });
            }
        }
        let mut text = document.to_string();
        if windows {
            text = text.replace('\n', "\r\n");
        }
        let (case, _) = read_text(&file, &text, self.folder.as_deref())?;
        self.case = case;
        self.text = text;
        Ok(())
    }

    /// Writes a new case into a folder, which is made where there is none.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`] where the folder has a case, and
    /// [`StoreError::Write`] from the system.
    pub fn write_new(&mut self, folder: &Path) -> Result<(), StoreError> {
        let file = folder.join(CASE_FILE);
        let failed = |source| StoreError::Write {
            file: file.clone(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let opened = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&file);
        match opened {
            Ok(mut new) => {
                std::io::Write::write_all(&mut new, self.text.as_bytes()).map_err(failed)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(StoreError::AlreadyThere { file });
            }
            Err(error) => return Err(failed(error)),
        }
        self.file = file;
        self.on_disk = Some(self.text.clone());
        Ok(())
    }

    /// Writes the text back to where it was read from: whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::ChangedOnDisk`] when somebody else wrote to it in
    /// between, and [`StoreError::Read`] or [`StoreError::Write`] from the
    /// system.
    pub fn write(&mut self) -> Result<(), StoreError> {
        let file = &self.file;
        if self.on_disk.as_ref() != Some(&read_file(file)?) {
            return Err(StoreError::ChangedOnDisk { file: file.clone() });
        }
        write_whole(file, self.text.as_bytes())?;
        self.on_disk = Some(self.text.clone());
        Ok(())
    }
}

fn read_file(file: &Path) -> Result<String, StoreError> {
    std::fs::read_to_string(file).map_err(|source| StoreError::Read {
        file: file.to_owned(),
        source,
    })
}

/// Position of the last table of a name with all that is in it, or of the
/// last table of the file.
fn last_position(document: &DocumentMut, name: &str) -> isize {
    fn last_of(item: &Item) -> Option<isize> {
        match item {
            Item::Table(table) => last_in(table),
            Item::ArrayOfTables(tables) => tables.iter().filter_map(last_in).max(),
            Item::None | Item::Value(_) => None,
        }
    }
    fn last_in(table: &Table) -> Option<isize> {
        let inner = table.iter().filter_map(|(_, item)| last_of(item)).max();
        table.position().max(inner)
    }
    document
        .get(name)
        .and_then(last_of)
        .or_else(|| last_in(document.as_table()))
        .unwrap_or_default()
}

/// The image after an infusion, as it is read.
fn image_table(image: &DeliveredImage) -> Table {
    let path = |path: &Path| text(&path.to_string_lossy());
    let mut table = Table::new();
    match &image.source {
        DeliveredSource::Activity(at) => table["activity"] = path(at),
        DeliveredSource::Result(at) => table["result"] = path(at),
    }
    if let Some(units) = image.units {
        table["units"] = text(units.name());
    }
    if let Some(at) = image.at {
        table["at"] = text(&at.to_string());
    }
    if let Some(resolution) = image.resolution {
        table["resolution"] = text(&format!("{} mm", shortest(resolution.as_mm())));
    }
    if let Some(ct) = &image.ct {
        table["ct"] = path(ct);
    }
    let list = |texts: &mut dyn Iterator<Item = String>| {
        toml_edit::value(texts.collect::<toml_edit::Array>())
    };
    if !image.structures.is_empty() {
        let mut paths = image
            .structures
            .iter()
            .map(|at| at.to_string_lossy().into_owned());
        table["structures"] = list(&mut paths);
    }
    if let Some(registration) = &image.registration {
        table["registration"] = path(registration);
    }
    if let Some(method) = image.method {
        table["method"] = text(method.name());
    }
    if !image.territories.is_empty() {
        table["territories"] = list(&mut image.territories.iter().cloned());
    }
    table
}

fn text(value: &str) -> Item {
    toml_edit::value(value)
}

fn timed(timed: &TimedActivity) -> Item {
    let mut table = InlineTable::new();
    let activity = format!("{} GBq", shortest(timed.activity.as_gbq()));
    table.insert("activity", activity.into());
    table.insert("at", timed.at.to_string().into());
    Item::Value(Value::InlineTable(table))
}
