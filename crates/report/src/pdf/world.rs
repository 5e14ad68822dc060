//! What layout may see: the template, the report's files, and fonts that are
//! compiled in. No folder, no network, no clock.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::error::ReportError;

use super::data::File;

const TEMPLATE: &str = include_str!("template.typ");

/// Noto Sans in four faces, and DejaVu Sans for signs that it lacks.
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    [
        notosans::REGULAR_TTF,
        notosans::BOLD_TTF,
        notosans::ITALIC_TTF,
        notosans::BOLD_ITALIC_TTF,
        dejavu::sans::regular(),
    ]
    .into_iter()
    .flat_map(|bytes| Font::iter(Bytes::new(bytes)))
    .collect()
});

static BOOK: LazyLock<LazyHash<FontBook>> =
    LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// The files of one report.
pub(super) struct Pages {
    template: Source,
    files: BTreeMap<String, Bytes>,
}

impl Pages {
    /// # Errors
    /// [`ReportError::NoGlyph`] for letters that none of the fonts has, so that
    /// no page shows a box in their place.
    pub(super) fn new(files: Vec<File>) -> Result<Self, ReportError> {
        let path = VirtualPath::new("/template.typ").map_err(|problem| ReportError::Layout {
            reason: problem.to_string(),
        })?;
        let id = RootedPath::new(VirtualRoot::Project, path).intern();
        for file in &files {
            if file.path.ends_with(".json") || file.path.ends_with(".svg") {
                known_letters(&String::from_utf8_lossy(&file.bytes))?;
            }
        }
        Ok(Self {
            template: Source::new(id, TEMPLATE.to_owned()),
            files: files
                .into_iter()
                .map(|file| (file.path, Bytes::new(file.bytes)))
                .collect(),
        })
    }
}

fn known_letters(text: &str) -> Result<(), ReportError> {
    for letter in text.chars() {
        // Nothing is drawn for a break or a joiner.
        if letter.is_control() || ('\u{200b}'..='\u{200f}').contains(&letter) {
            continue;
        }
        if !FONTS
            .iter()
            .any(|font| font.info().coverage.contains(u32::from(letter)))
        {
            return Err(ReportError::NoGlyph { letter });
        }
    }
    Ok(())
}

impl World for Pages {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            Ok(self.template.clone())
        } else {
            Err(missing(id))
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files
            .get(id.get().vpath().get_with_slash())
            .cloned()
            .ok_or_else(|| missing(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn missing(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_with_slash().into())
}
