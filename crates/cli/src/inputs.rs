//! Files and folders to images, structures and doses.
//!
//! A volume file (NIfTI, NRRD, MetaImage) is told by its signature; everything
//! else is looked at as DICOM.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sirt_dicom::{PatientMark, Registration, SeriesKind};
use sirt_dosimetry::doubt_about_dose;
use sirt_image::{
    ActivityAcquisition, FileContent, FileFormat, FrameOfReference, Hounsfield, ImageError,
    ReadOptions, Structure, Unspecified, Volume, VolumeFile, detect_format, read_volume_file,
};
use sirt_quantity::AbsorbedDose;

use crate::dicom_inputs::{self, ACTIVITY_KINDS, CT_KINDS, DOSE_KINDS};
use crate::failure;
use crate::plausibility;
use crate::result::Finding;
use crate::settled_by::SettledBy;

/// Folders nested deeper than this are not entered: links may run in circles.
const DEEPEST_FOLDER: usize = 32;

/// An activity image as stored, with what it says about itself.
pub(crate) struct ActivityImage {
    /// File or series, for messages; never a patient's name.
    pub(crate) label: String,
    pub(crate) volume: Volume<Unspecified>,
    pub(crate) acquisition: ActivityAcquisition,
    pub(crate) findings: Vec<Finding>,
    /// Whose image it is, where it is DICOM.
    pub(crate) patient: Option<PatientMark>,
    /// What new DICOM objects refer to, where the image is DICOM.
    pub(crate) source: Option<dicom_inputs::Source>,
}

/// Reads an activity image; one whose series lacks slices only where that is
/// accepted.
pub(crate) fn read_activity(
    path: &Path,
    series: Option<&str>,
    settled_by: SettledBy,
    accept_missing_slices: bool,
) -> anyhow::Result<ActivityImage> {
    match image_file(path, &ACTIVITY_KINDS, "activity image (PET, NM)")? {
        None => dicom_inputs::read_activity(path, series, settled_by, accept_missing_slices),
        Some((path, format)) => {
            let (file, findings) = read_image_file(&path, settled_by)?;
            Ok(ActivityImage {
                label: file_name(&path),
                volume: file.volume,
                acquisition: ActivityAcquisition {
                    modality: format!("{format:?}"),
                    ..ActivityAcquisition::default()
                },
                findings,
                patient: None,
                source: None,
            })
        }
    }
}

/// Reads a CT and brings it into the frame of the activity.
pub(crate) fn read_ct(
    path: &Path,
    frame: Option<&FrameOfReference>,
    registration: Option<&Registration>,
    settled_by: SettledBy,
) -> anyhow::Result<(Volume<Hounsfield>, Vec<Finding>)> {
    let (ct, mut findings) = match image_file(path, &CT_KINDS, "CT")? {
        None => dicom_inputs::read_ct(path)?,
        Some((path, _)) => {
            let (file, findings) = read_image_file(&path, settled_by)?;
            (file.volume.reinterpret(), findings)
        }
    };
    findings.extend(not_hounsfield(&ct, path)?);
    Ok((
        in_frame(ct, "CT", frame, registration, settled_by)?,
        findings,
    ))
}

/// A CT with what it was brought into a frame by, so that it is read once for
/// several purposes.
pub(crate) struct KnownCt {
    path: PathBuf,
    frame: Option<FrameOfReference>,
    registration: Option<PathBuf>,
    pub(crate) volume: Arc<Volume<Hounsfield>>,
    pub(crate) findings: Vec<Finding>,
}

impl KnownCt {
    /// Reads a CT and brings it into a frame, with the registration of a file.
    pub(crate) fn read(
        path: &Path,
        frame: Option<&FrameOfReference>,
        registration: Option<(&Path, &Registration)>,
        settled_by: SettledBy,
    ) -> anyhow::Result<Self> {
        let (volume, findings) = read_ct(
            path,
            frame,
            registration.map(|(_, motion)| motion),
            settled_by,
        )?;
        Ok(Self {
            path: path.to_owned(),
            frame: frame.cloned(),
            registration: registration.map(|(path, _)| path.to_owned()),
            volume: Arc::new(volume),
            findings,
        })
    }

    /// Whether reading these would give the same.
    pub(crate) fn is_of(
        &self,
        path: &Path,
        frame: Option<&FrameOfReference>,
        registration: Option<&Path>,
    ) -> bool {
        self.path == path
            && self.frame.as_ref() == frame
            && self.registration.as_deref() == registration
    }
}

/// Reads structures of a file, or of every file of a folder.
///
/// Images among the volume files of a folder, such as a dose, are left out
/// with a finding; given alone, one is an error.
pub(crate) fn read_structures(path: &Path) -> anyhow::Result<(Vec<Structure>, Vec<Finding>)> {
    let files = volume_files_of(path)?;
    if files.is_empty() {
        return dicom_inputs::read_structures(path);
    }
    let mut structures = Vec::new();
    let mut findings = Vec::new();
    let mut images = Vec::new();
    for file in files {
        match structures_of_file(&file) {
            Ok((of_file, notes)) => {
                structures.extend(of_file);
                findings.extend(notes);
            }
            Err(error) => match error.downcast_ref::<ImageError>() {
                Some(ImageError::NotLabelMap { reason }) if path.is_dir() => {
                    images.push(format!("{}: {reason}", file_name(&file)));
                    findings.push(no_label_map(&file, reason));
                }
                _ => return Err(error),
            },
        }
    }
    if path.is_dir() {
        let (of_dicom, of_files) = dicom_inputs::read_structures_if_any(path)?;
        structures.extend(of_dicom);
        findings.extend(of_files);
    }
    if structures.is_empty() {
        bail!(
            "{}: no structure in it (label map, .seg.nrrd, RTSTRUCT, SEG){}",
            path.display(),
            if images.is_empty() {
                String::new()
            } else {
                format!("; images and no label maps: {}", images.join("; "))
            }
        );
    }
    Ok((structures, findings))
}

fn structures_of_file(file: &Path) -> anyhow::Result<(Vec<Structure>, Vec<Finding>)> {
    match read_file(file)? {
        FileContent::Structures(structures) => Ok((structures, Vec::new())),
        FileContent::Volume(volume) => {
            let mut structures = volume
                .label_structures()
                .with_context(|| format!("structures of {}", file.display()))?;
            // A mask of one unnamed label is the structure that its file is named after.
            if let ([only], true) = (structures.as_mut_slice(), volume.labels.is_empty()) {
                only.name = stem(file);
            }
            Ok((structures, notes(file, &volume.notes)))
        }
    }
}

fn no_label_map(file: &Path, reason: &str) -> Finding {
    Finding {
        severity: "weakens",
        subject: file_name(file),
        rule: format!("an image and no label map, not used as structures: {reason}"),
        fix: "none needed if it is a dose or another image; a mask must hold whole numbers"
            .to_owned(),
    }
}

/// Reads a dose: RTDOSE, or a volume file whose numbers are gray.
pub(crate) fn read_dose(path: &Path) -> anyhow::Result<(Volume<AbsorbedDose>, Vec<Finding>)> {
    read_dose_and_source(path).map(|(dose, findings, _)| (dose, findings))
}

/// As [`read_dose`], with what new DICOM objects refer to where it is DICOM.
pub(crate) fn read_dose_and_source(
    path: &Path,
) -> anyhow::Result<(
    Volume<AbsorbedDose>,
    Vec<Finding>,
    Option<dicom_inputs::Source>,
)> {
    let (dose, mut findings, source) = match image_file(path, &DOSE_KINDS, "RTDOSE")? {
        None => {
            let (dose, findings, source) = dicom_inputs::read_dose(path)?;
            (dose, findings, Some(source))
        }
        Some((path, _)) => {
            let (file, findings) = read_image_file(&path, SettledBy::Options)?;
            (file.volume.reinterpret(), findings, None)
        }
    };
    let (mut lowest, mut not_finite) = (0.0_f32, 0_usize);
    for value in dose.values() {
        not_finite += usize::from(!value.is_finite());
        lowest = lowest.min(*value);
    }
    if not_finite > 0 {
        bail!(
            "{}: {not_finite} voxels are NaN or infinite, allowed are finite doses",
            path.display()
        );
    }
    if lowest < 0.0 {
        findings.push(Finding {
            severity: "weakens",
            subject: "dose".to_owned(),
            rule: format!("down to {lowest} Gy; a dose is not negative"),
            fix: "check that the numbers are a dose and not a difference or another image"
                .to_owned(),
        });
    }
    findings.extend(doubt_about_dose(&dose).map(plausibility::finding));
    Ok((dose, findings, source))
}

/// Reads a rigid registration.
pub(crate) fn read_registration(path: &Path) -> anyhow::Result<Registration> {
    dicom_inputs::read_registration(path)
}

/// Content of a volume file.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<FileContent> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut companion = |name: &str| std::fs::read(folder.join(name));
    read_volume_file(
        &bytes,
        &file_name(path),
        &ReadOptions::default(),
        &mut companion,
    )
    .with_context(|| path.display().to_string())
}

fn read_image_file(
    path: &Path,
    settled_by: SettledBy,
) -> anyhow::Result<(VolumeFile, Vec<Finding>)> {
    match read_file(path)? {
        FileContent::Volume(file) => {
            let findings = notes(path, &file.notes);
            Ok((file, findings))
        }
        FileContent::Structures(_) => bail!(
            "{}: holds segments and no image; give it to {}",
            path.display(),
            settled_by.structures()
        ),
    }
}

/// The volume file that a path stands for as an image: itself, or the only one
/// of a folder without DICOM of these kinds; `None` where DICOM is to be read.
fn image_file(
    path: &Path,
    kinds: &[SeriesKind],
    what: &str,
) -> anyhow::Result<Option<(PathBuf, FileFormat)>> {
    if !path.is_dir() {
        return Ok(volume_format(path)?.map(|format| (path.to_path_buf(), format)));
    }
    let files = volume_files_of(path)?;
    if files.is_empty() || dicom_inputs::holds(path, kinds)? {
        return Ok(None);
    }
    if let [only] = files.as_slice() {
        return Ok(volume_format(only)?.map(|format| (only.clone(), format)));
    }
    let names: Vec<_> = files
        .iter()
        .map(|file| {
            file.strip_prefix(path)
                .unwrap_or(file)
                .display()
                .to_string()
        })
        .collect();
    bail!(failure::Ambiguous(format!(
        "{}: no DICOM {what} and {} volume files in it: {}; give one of them instead of the folder",
        path.display(),
        names.len(),
        names.join(", ")
    )))
}

/// Format of a volume file; `None` for a folder and for anything else.
pub(crate) fn volume_format(path: &Path) -> anyhow::Result<Option<FileFormat>> {
    let metadata =
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if metadata.is_dir() {
        return Ok(None);
    }
    if metadata.len() == 0 {
        bail!("{}: the file is empty (0 bytes)", path.display());
    }
    let mut start = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(4096).read_to_end(&mut start))
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(detect_format(&start, &file_name(path)))
}

/// The volume files that a path stands for: itself, or those under the folder.
pub(crate) fn volume_files_of(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(volume_format(path)?
            .map(|_| path.to_path_buf())
            .into_iter()
            .collect());
    }
    let mut files = Vec::new();
    collect_volume_files(path, 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect_volume_files(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    let cannot_read = || format!("cannot read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(cannot_read)? {
        let path = entry.with_context(cannot_read)?.path();
        let metadata = std::fs::metadata(&path).with_context(cannot_read)?;
        if metadata.is_dir() && depth < DEEPEST_FOLDER {
            collect_volume_files(&path, depth + 1, files)?;
        } else if metadata.is_file() && metadata.len() > 0 && volume_format(&path)?.is_some() {
            files.push(path);
        }
    }
    Ok(())
}

fn in_frame<Q: sirt_image::VoxelQuantity>(
    volume: Volume<Q>,
    what: &str,
    frame: Option<&FrameOfReference>,
    registration: Option<&Registration>,
    settled_by: SettledBy,
) -> anyhow::Result<Volume<Q>> {
    let (Some(of_volume), Some(wanted)) = (volume.frame_of_reference().cloned(), frame) else {
        return Ok(volume);
    };
    if of_volume == *wanted {
        return Ok(volume);
    }
    match registration.and_then(|registration| registration.between(&of_volume, wanted)) {
        Some(motion) => Ok(volume.moved(&motion, Some(wanted.clone()))),
        None => bail!(
            "{what} is in another frame of reference, (0020,0052) FrameOfReferenceUID, than the activity; give the registration that joins them ({})",
            settled_by.registration()
        ),
    }
}

/// Refuses numbers that are no CT numbers.
fn not_hounsfield(ct: &Volume<Hounsfield>, path: &Path) -> anyhow::Result<Option<Finding>> {
    let (mut lowest, mut highest) = (f32::INFINITY, f32::NEG_INFINITY);
    for value in ct.values() {
        if !value.is_finite() {
            bail!("{}: CT number {value} is not finite", path.display());
        }
        lowest = lowest.min(*value);
        highest = highest.max(*value);
    }
    if lowest >= 0.0 {
        bail!(
            "{}: CT numbers run from {lowest} to {highest}, but air must be near -1000 HU; stored values without rescale, or another modality",
            path.display()
        );
    }
    Ok((lowest < -2100.0 || highest > 32_767.0).then(|| Finding {
        severity: "note",
        subject: "CT numbers".to_owned(),
        rule: format!("{lowest} to {highest} HU go beyond -2048..32767"),
        fix: "check padding and rescale".to_owned(),
    }))
}

fn notes(path: &Path, notes: &[String]) -> Vec<Finding> {
    notes
        .iter()
        .map(|note| Finding {
            severity: "note",
            subject: file_name(path),
            rule: note.clone(),
            fix: "none needed if that is so".to_owned(),
        })
        .collect()
}

/// Last part of a path.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// File name without the endings of its format.
fn stem(path: &Path) -> String {
    let name = file_name(path);
    let lower = name.to_lowercase();
    [
        ".nii.gz",
        ".nii",
        ".seg.nrrd",
        ".nrrd",
        ".nhdr",
        ".mha",
        ".mhd",
    ]
    .iter()
    .find(|ending| lower.ends_with(**ending))
    .map_or(name.clone(), |ending| {
        name[..name.len() - ending.len()].to_owned()
    })
}
