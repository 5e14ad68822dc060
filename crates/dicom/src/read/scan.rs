//! A file or a folder to series.
//!
//! Headers only: a file is read in growing pieces until its pixels begin.
//! Files belong to one series by SeriesInstanceUID and are split further by
//! kind, frame of reference, orientation and size, so that a localiser never
//! becomes a slice; slices that repeat a place are split by image type and
//! acquisition number where these tell them apart.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dicom_dictionary_std::{tags, uids};
use rayon::prelude::*;

use super::element::Extent;
use super::instance::{Instance, SeriesKind, Source};
use super::object::ObjectBytes;
use super::plane::{SAME_PLACE_MM, is_same_spacing};
use super::series::Series;
use crate::{DicomError, Finding};

/// Bytes of the first piece of a file; most headers end before.
const FIRST_PIECE: usize = 16 << 10;

/// Folders nested deeper than this are not entered.
const DEEPEST_FOLDER: usize = 32;

/// What is in a file or folder.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Catalogue {
    /// Series in a fixed order: modality, start, number, UID.
    pub series: Vec<Series>,
    /// Files that are not used, with the reason.
    pub skipped: Vec<SkippedFile>,
    /// What concerns several series.
    pub findings: Vec<Finding>,
}

/// A file that is not used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SkippedFile {
    /// Name of the file, without its folders.
    pub file: String,
    /// Why.
    pub reason: String,
    /// Whether it seems to be DICOM that is damaged or cannot be read, so that
    /// something may be missing from a series.
    pub damaged: bool,
}

impl SkippedFile {
    fn new(file: String, error: &DicomError) -> Self {
        Self {
            file,
            reason: reason(error),
            damaged: !matches!(error, DicomError::NotDicom { .. }),
        }
    }
}

impl std::fmt::Display for SkippedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.reason)
    }
}

impl Catalogue {
    /// Series of the given kinds.
    pub fn of_kind<'a>(&'a self, kinds: &'a [SeriesKind]) -> impl Iterator<Item = &'a Series> {
        self.series
            .iter()
            .filter(move |series| kinds.contains(&series.kind))
    }

    /// Number of DICOM files.
    #[must_use]
    pub fn dicom_files(&self) -> usize {
        self.series.iter().map(|series| series.files).sum()
    }
}

/// Reads the headers of a file, or of all files under a folder.
///
/// Files in a folder that are not DICOM are listed, not fatal; so are damaged
/// ones.
///
/// # Errors
/// [`DicomError::ReadFile`] when `path` cannot be opened; for a single file
/// whatever makes it unusable.
pub fn scan(path: impl AsRef<Path>) -> Result<Catalogue, DicomError> {
    let path = path.as_ref();
    let metadata = std::fs::metadata(path).map_err(|source| DicomError::ReadFile {
        file: file_name(path),
        source,
    })?;
    if !metadata.is_dir() {
        let instance = read_file_header(path)?;
        return Ok(catalogue(vec![instance], Vec::new()));
    }
    let mut files = Vec::new();
    list_files(path, 0, &mut files)?;
    let read: Vec<_> = files
        .par_iter()
        .map(|path| {
            read_file_header(path).map_err(|error| SkippedFile::new(file_name(path), &error))
        })
        .collect();
    Ok(sort_out(read))
}

/// As [`scan`], over files that are in memory, each with its name.
#[must_use]
pub fn scan_bytes(files: Vec<(String, Vec<u8>)>) -> Catalogue {
    let read = files
        .into_iter()
        .map(|(file, bytes)| {
            let bytes: Arc<[u8]> = bytes.into();
            header_of_bytes(
                &file,
                &bytes,
                Source::Memory(Arc::clone(&bytes)),
                bytes.len() as u64,
            )
            .map_err(|error| SkippedFile::new(file, &error))
        })
        .collect();
    sort_out(read)
}

fn sort_out(read: Vec<Result<Instance, SkippedFile>>) -> Catalogue {
    let mut instances = Vec::new();
    let mut skipped = Vec::new();
    for one in read {
        match one {
            Ok(instance) => instances.push(instance),
            Err(file) => skipped.push(file),
        }
    }
    catalogue(instances, skipped)
}

/// An error with its causes.
fn reason(error: &DicomError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || "path".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn list_files(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), DicomError> {
    let unreadable = |source| DicomError::ReadFile {
        file: file_name(folder),
        source,
    };
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(unreadable)?;
        let path = entry.path();
        // A link to a folder may lead round in a circle; a link to a file is a file.
        if kind.is_dir() {
            if depth < DEEPEST_FOLDER {
                list_files(&path, depth + 1, files)?;
            }
        } else if kind.is_file() || path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn read_file_header(path: &Path) -> Result<Instance, DicomError> {
    let name = file_name(path);
    let unreadable = |source| DicomError::ReadFile {
        file: name.clone(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut bytes = Vec::new();
    let mut piece = FIRST_PIECE;
    loop {
        let got = (&mut file)
            .take(piece as u64)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let whole = got < piece || bytes.len() as u64 >= length;
        match header_of_bytes(&name, &bytes, Source::File(path.to_owned()), length) {
            // Without pixels in sight the header may go on in the next piece.
            Ok(instance) if whole || instance.pixels_seen => return Ok(instance),
            Err(error) if whole => return Err(error),
            Err(error @ DicomError::NotDicom { .. }) if bytes.len() > 132 => return Err(error),
            _ => piece = 3 * bytes.len(),
        }
    }
}

fn header_of_bytes(
    name: &str,
    bytes: &[u8],
    source: Source,
    file_bytes: u64,
) -> Result<Instance, DicomError> {
    let object = ObjectBytes::open(name, bytes)?;
    if object.is_deflated() && (bytes.len() as u64) < file_bytes {
        return Err(DicomError::Truncated {
            file: name.to_owned(),
            tag: "deflated data set".to_owned(),
            wanted: usize::try_from(file_bytes).unwrap_or(usize::MAX),
            left: bytes.len(),
        });
    }
    let header = object.parse(Extent::Header)?;
    if header.sop_class().as_deref() == Some(uids::MEDIA_STORAGE_DIRECTORY_STORAGE) {
        return Err(DicomError::NotDicom {
            file: name.to_owned(),
            reason: "a DICOMDIR lists files and holds no image".to_owned(),
        });
    }
    let named = header.sop_class().is_some() || header.set.get(tags::MODALITY).is_some();
    if !named {
        return Err(DicomError::NotDicom {
            file: name.to_owned(),
            reason: "neither (0008,0016) SOPClassUID nor (0008,0060) Modality".to_owned(),
        });
    }
    Ok(Instance::read(&header, source, file_bytes))
}

fn catalogue(instances: Vec<Instance>, skipped: Vec<SkippedFile>) -> Catalogue {
    let mut groups: BTreeMap<GroupKey, Vec<Instance>> = BTreeMap::new();
    for (at, instance) in instances.into_iter().enumerate() {
        groups
            .entry(GroupKey::of(&instance, at))
            .or_default()
            .push(instance);
    }
    let mut series: Vec<Series> = joined_over_rounding(groups)
        .into_iter()
        .flat_map(split_repeated_places)
        .filter_map(Series::new)
        .collect();
    series.sort_by(|a, b| {
        (&a.modality, a.start, a.number, &a.series_uid, &a.first_file).cmp(&(
            &b.modality,
            b.start,
            b.number,
            &b.series_uid,
            &b.first_file,
        ))
    });
    Catalogue {
        findings: frame_findings(&series),
        series,
        skipped,
    }
}

/// What files of one series have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    identity: GroupIdentity,
    /// Direction cosines in hundredths.
    orientation: Option<[i64; 6]>,
    /// Pixel spacing in hundredths of a millimetre.
    spacing: Option<[i64; 2]>,
}

/// What they have in common to the letter.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct GroupIdentity {
    study: Option<String>,
    series: Option<String>,
    kind: SeriesKind,
    number: Option<usize>,
    description: Option<String>,
    frame_of_reference: Option<String>,
    size: Option<[usize; 2]>,
    /// Objects that are whole in themselves stand alone.
    object: Option<String>,
}

impl GroupKey {
    fn of(instance: &Instance, at: usize) -> Self {
        let slices = instance.kind.is_slices();
        // Only where the UID is missing do number and description decide.
        let nameless = instance.series.is_none();
        Self {
            identity: GroupIdentity {
                study: instance.study.clone(),
                series: instance.series.clone(),
                kind: instance.kind,
                number: instance.series_number.filter(|_| nameless),
                description: instance.description.clone().filter(|_| nameless),
                frame_of_reference: instance.frame_of_reference.clone(),
                size: instance.layout.map(|layout| [layout.rows, layout.columns]),
                object: (!slices).then(|| {
                    instance
                        .sop_instance
                        .clone()
                        .unwrap_or_else(|| format!("without UID {at:08}"))
                }),
            },
            orientation: instance.orientation.map(|[row, column]| {
                std::array::from_fn(|i| {
                    let cosine = if i < 3 { row.0[i] } else { column.0[i - 3] };
                    (100.0 * cosine).round() as i64
                })
            }),
            spacing: instance
                .pixel_spacing
                .map(|spacing| spacing.map(|d| (100.0 * d).round() as i64)),
        }
    }
}

/// Joins slices that differ by less than rounding in orientation and pixel
/// spacing and still fell on two sides of a hundredth.
fn joined_over_rounding(groups: BTreeMap<GroupKey, Vec<Instance>>) -> Vec<Vec<Instance>> {
    let mut joined: Vec<(GroupIdentity, Vec<Instance>)> = Vec::new();
    for (GroupKey { identity, .. }, instances) in groups {
        // Groups of one identity follow each other.
        let near = joined
            .iter_mut()
            .rev()
            .take_while(|(other, _)| *other == identity)
            .find(|(_, found)| is_same_plane_size(&found[0], &instances[0]));
        match near {
            Some((_, found)) if identity.object.is_none() => found.extend(instances),
            _ => joined.push((identity, instances)),
        }
    }
    joined.into_iter().map(|(_, instances)| instances).collect()
}

/// Whether orientations agree to 1e-3 and pixel spacings but for rounding.
fn is_same_plane_size(a: &Instance, b: &Instance) -> bool {
    let (Some(turned), Some(other)) = (a.orientation, b.orientation) else {
        return false;
    };
    let (Some(spacing), Some(second)) = (a.pixel_spacing, b.pixel_spacing) else {
        return false;
    };
    turned
        .iter()
        .zip(&other)
        .all(|(one, two)| one.0.iter().zip(two.0).all(|(x, y)| (x - y).abs() < 1e-3))
        && is_same_spacing(spacing, second)
}

/// Splits slices that repeat places by image type, else by acquisition number,
/// where that leaves each part without repeats.
fn split_repeated_places(group: Vec<Instance>) -> Vec<Vec<Instance>> {
    if !repeats_a_place(&group) {
        return vec![group];
    }
    let keys: [fn(&Instance) -> String; 2] = [
        |one| one.image_type.join("\\"),
        |one| format!("{:?}", one.acquisition_number),
    ];
    for key in keys {
        let mut parts: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
        for instance in &group {
            parts
                .entry(key(instance))
                .or_default()
                .push(instance.clone());
        }
        if parts.len() > 1 && !parts.values().any(|part| repeats_a_place(part)) {
            return parts.into_values().collect();
        }
    }
    vec![group]
}

fn repeats_a_place(group: &[Instance]) -> bool {
    let mut objects = std::collections::BTreeSet::new();
    let mut places: Vec<[f64; 3]> = group
        .iter()
        .filter(|one| {
            one.sop_instance
                .as_ref()
                .is_none_or(|uid| objects.insert(uid.clone()))
        })
        .filter_map(|one| one.position.map(|point| point.0))
        .collect();
    places.sort_by(|a, b| {
        a[2].total_cmp(&b[2])
            .then(a[1].total_cmp(&b[1]))
            .then(a[0].total_cmp(&b[0]))
    });
    places.windows(2).any(|pair| {
        pair[0]
            .iter()
            .zip(pair[1])
            .all(|(a, b)| (a - b).abs() < SAME_PLACE_MM)
    })
}

/// Images in several patient frames need a registration between them.
fn frame_findings(series: &[Series]) -> Vec<Finding> {
    let frames: std::collections::BTreeSet<_> = series
        .iter()
        .filter(|one| {
            !matches!(one.kind, SeriesKind::Other | SeriesKind::Registration)
                && one.kind != SeriesKind::StructureSet
        })
        .filter_map(|one| one.frame_of_reference.as_ref())
        .collect();
    let registered = series
        .iter()
        .any(|one| one.kind == SeriesKind::Registration);
    if frames.len() < 2 {
        return Vec::new();
    }
    let rule = format!("{} frames of reference among the images", frames.len());
    vec![if registered {
        Finding::note(
            tags::FRAME_OF_REFERENCE_UID,
            rule,
            "the registration in the folder may join them",
        )
    } else {
        Finding::weakens(
            tags::FRAME_OF_REFERENCE_UID,
            rule,
            "give a spatial registration, or images and structures of one frame",
        )
    }]
}
