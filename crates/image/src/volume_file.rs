//! Volume file formats: what is common to NIfTI, NRRD and MetaImage.
//!
//! Readers take the bytes of a file and return volumes in LPS and mm; a
//! format that keeps its numbers in a second file asks for it by name through
//! a [`Companion`].
//! What a file does not say is refused, or accepted on request
//! ([`ReadOptions`]) and then noted in [`VolumeFile::notes`].

use crate::{
    FrameOfReference, Grid, ImageError, Outline, PatientPoint, PatientVector, Structure,
    Unspecified, Volume, WeightMask,
};

/// A volume file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum FileFormat {
    /// NIfTI-1 or NIfTI-2, one file, possibly compressed.
    Nifti,
    /// NRRD, attached or detached, with or without a segment table.
    Nrrd,
    /// MetaImage, `.mha` or `.mhd`.
    MetaImage,
}

/// Whether a written file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// As it is.
    None,
    /// gzip at its fastest level.
    #[default]
    Gzip,
}

/// What a user accepts where a file is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Take a file without orientation as if its axes ran to left, posterior
    /// and superior, its first voxel at the origin.
    pub accept_missing_orientation: bool,
}

/// Finds the bytes of a file that a header names.
///
/// Names are relative to the header's folder and never lead out of it.
pub type Companion<'a> = dyn FnMut(&str) -> std::io::Result<Vec<u8>> + 'a;

/// Name and colour of a value of a label map.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LabelName {
    /// The value.
    pub value: u16,
    /// Its name.
    pub name: String,
    /// Its colour, red, green, blue.
    pub colour: Option<[u8; 3]>,
}

/// A volume and what its file says beside the numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeFile {
    /// The numbers after the file's slope and intercept.
    pub volume: Volume<Unspecified>,
    /// The file's own names for label values, where it has any.
    pub labels: Vec<LabelName>,
    /// What was assumed or passed over, in words.
    pub notes: Vec<String>,
}

impl VolumeFile {
    /// The structures of a label map: one for each value above 0.
    ///
    /// Names are the file's own, else `label 5`.
    ///
    /// # Errors
    /// [`ImageError::NotLabelMap`] when a value is not a whole number in 0..=65535,
    /// or there are over 1000 different ones, which is an image and no map.
    pub fn label_structures(&self) -> Result<Vec<Structure>, ImageError> {
        let labels = self
            .volume
            .values()
            .iter()
            .map(|value| {
                let label = *value as u16;
                ((f32::from(label) - value).abs() <= 0.0)
                    .then_some(label)
                    .ok_or_else(|| ImageError::NotLabelMap {
                        reason: format!("{value} is not a whole number in 0..=65535"),
                    })
            })
            .collect::<Result<Vec<u16>, _>>()?;
        let regions = LabelRegions::of(self.volume.grid(), &labels)?;
        let mut budget = MaskBudget::new(self.volume.grid());
        regions
            .values()
            .map(|value| {
                budget.spend(regions.box_voxels(value))?;
                let known = self.labels.iter().find(|label| label.value == value);
                Ok(Structure {
                    name: known
                        .map_or_else(|| format!("label {value}"), |label| label.name.clone()),
                    number: u32::from(value),
                    colour: known.and_then(|label| label.colour),
                    tracking_uid: None,
                    frame_of_reference: self.volume.frame_of_reference().cloned(),
                    outline: Outline::Mask(regions.mask(value)?),
                })
            })
            .collect()
    }
}

/// What a volume file holds.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each file, never many"
)]
pub enum FileContent {
    /// Numbers on a grid; a label map too, see [`VolumeFile::label_structures`].
    Volume(VolumeFile),
    /// Named structures: a `.seg.nrrd`.
    Structures(Vec<Structure>),
}

/// The format of a file by its first bytes, and by its name where these do not tell.
///
/// MetaImage has no signature: it is known by its first field or its name.
#[must_use]
pub fn detect_format(bytes: &[u8], name: &str) -> Option<FileFormat> {
    let name = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if bytes.starts_with(b"NRRD000") {
        return Some(FileFormat::Nrrd);
    }
    if crate::nifti::has_signature(bytes) {
        return Some(FileFormat::Nifti);
    }
    if crate::stored::is_gzip(bytes) {
        let head = crate::stored::inflate_up_to(
            bytes,
            crate::stored::Packing::Gzip,
            crate::nifti::HEADER_2_BYTES,
            |reason| ImageError::Format {
                format: "gzip",
                field: "stream".to_owned(),
                reason,
            },
        );
        let is_nifti = head.is_ok_and(|head| crate::nifti::has_signature(&head));
        return (is_nifti || ends(&[".nii.gz"])).then_some(FileFormat::Nifti);
    }
    if crate::metaimage::has_signature(bytes) || ends(&[".mha", ".mhd"]) {
        return Some(FileFormat::MetaImage);
    }
    if ends(&[".nii"]) {
        return Some(FileFormat::Nifti);
    }
    ends(&[".nrrd", ".nhdr"]).then_some(FileFormat::Nrrd)
}

/// Reads a volume file of any format that is known.
///
/// # Errors
/// [`ImageError::Format`] with the field, its value and what is allowed.
pub fn read_volume_file(
    bytes: &[u8],
    name: &str,
    options: &ReadOptions,
    companion: &mut Companion<'_>,
) -> Result<FileContent, ImageError> {
    match detect_format(bytes, name) {
        Some(FileFormat::Nifti) => crate::read_nifti(bytes, options).map(FileContent::Volume),
        Some(FileFormat::Nrrd) => crate::read_nrrd(bytes, options, companion),
        Some(FileFormat::MetaImage) => {
            crate::read_metaimage(bytes, options, companion).map(FileContent::Volume)
        }
        None => Err(ImageError::Format {
            format: "volume file",
            field: "signature".to_owned(),
            reason: if bytes.is_empty() {
                "the file is empty".to_owned()
            } else {
                "neither NIfTI, NRRD nor MetaImage".to_owned()
            },
        }),
    }
}

/// Bytes of the file that a header of `format` names in `field`.
pub(crate) fn companion_bytes(
    companion: &mut Companion<'_>,
    format: &'static str,
    field: &str,
    name: &str,
) -> Result<Vec<u8>, ImageError> {
    let wrong = |reason: String| ImageError::Format {
        format,
        field: field.to_owned(),
        reason,
    };
    let leads_out = name.is_empty()
        || name.starts_with(['/', '\\'])
        || name.contains([':', '\0'])
        || name.split(['/', '\\']).any(|part| part == "..");
    if leads_out {
        return Err(wrong(format!(
            "`{name}` is not a file beside or beneath the header"
        )));
    }
    companion(name).map_err(|error| wrong(format!("`{name}` cannot be read: {error}")))
}

/// The grid of a header: one step vector for each axis, LPS, mm.
pub(crate) fn grid_of_steps(
    format: &'static str,
    field: &str,
    size: [usize; 3],
    steps: [PatientVector; 3],
    origin: PatientPoint,
) -> Result<Grid, ImageError> {
    Grid::new(size, steps.map(PatientVector::length), origin, steps).map_err(|error| {
        ImageError::Format {
            format,
            field: field.to_owned(),
            reason: match error {
                ImageError::Grid { reason } => reason,
                other => other.to_string(),
            },
        }
    })
}

/// A volume of a file, with a note where numbers are not finite.
pub(crate) fn volume_file(
    grid: Grid,
    values: Vec<f32>,
    mut notes: Vec<String>,
) -> Result<VolumeFile, ImageError> {
    let broken = values.iter().filter(|value| !value.is_finite()).count();
    if broken > 0 {
        notes.push(format!("{broken} value(s) are not finite"));
    }
    let frame: Option<FrameOfReference> = None;
    Ok(VolumeFile {
        volume: Volume::new(grid, frame, values)?,
        labels: Vec::new(),
        notes,
    })
}

/// Boxes of the values of a label map.
pub(crate) struct LabelRegions<'a> {
    grid: &'a Grid,
    labels: &'a [u16],
    /// Value, first voxel and one past the last voxel, by ascending value.
    boxes: Vec<(u16, [usize; 3], [usize; 3])>,
}

/// Different values of a label map at most.
const LABELS: usize = 1000;

impl<'a> LabelRegions<'a> {
    pub(crate) fn of(grid: &'a Grid, labels: &'a [u16]) -> Result<Self, ImageError> {
        let [nx, ny, _] = grid.size();
        let mut position = vec![u16::MAX; usize::from(u16::MAX) + 1];
        let mut boxes: Vec<(u16, [usize; 3], [usize; 3])> = Vec::new();
        for (row, line) in labels.chunks_exact(nx).enumerate() {
            let (j, k) = (row % ny, row / ny);
            let mut i = 0;
            // Runs of one value: most of a map is background.
            for run in line.chunk_by(|a, b| a == b) {
                let (from, value) = (i, run[0]);
                i += run.len();
                if value == 0 {
                    continue;
                }
                let slot = &mut position[usize::from(value)];
                if *slot == u16::MAX {
                    if boxes.len() == LABELS {
                        return Err(ImageError::NotLabelMap {
                            reason: format!(
                                "more than {LABELS} different values, allowed are {LABELS}"
                            ),
                        });
                    }
                    *slot = boxes.len() as u16;
                    boxes.push((value, [from, j, k], [i, j + 1, k + 1]));
                }
                let (_, lower, upper) = &mut boxes[usize::from(*slot)];
                for (axis, (first, past)) in
                    [(from, i), (j, j + 1), (k, k + 1)].into_iter().enumerate()
                {
                    lower[axis] = lower[axis].min(first);
                    upper[axis] = upper[axis].max(past);
                }
            }
        }
        boxes.sort_unstable_by_key(|(value, _, _)| *value);
        Ok(Self {
            grid,
            labels,
            boxes,
        })
    }

    /// Values above 0, ascending.
    pub(crate) fn values(&self) -> impl Iterator<Item = u16> + '_ {
        self.boxes.iter().map(|(value, _, _)| *value)
    }

    /// Voxels of the box of a value.
    pub(crate) fn box_voxels(&self, value: u16) -> usize {
        self.boxes
            .iter()
            .find(|region| region.0 == value)
            .map_or(0, |(_, lower, upper)| {
                (0..3).map(|axis| upper[axis] - lower[axis]).product()
            })
    }

    /// The voxels of a value; empty for one that does not occur.
    pub(crate) fn mask(&self, value: u16) -> Result<WeightMask, ImageError> {
        let Some((_, lower, upper)) = self.boxes.iter().find(|region| region.0 == value) else {
            return WeightMask::from_box(self.grid.clone(), [0; 3], [0; 3], Vec::new());
        };
        let size: [usize; 3] = std::array::from_fn(|axis| upper[axis] - lower[axis]);
        let mut weights = Vec::with_capacity(size.iter().product());
        for k in lower[2]..upper[2] {
            for j in lower[1]..upper[1] {
                let start = self.grid.linear([lower[0], j, k]);
                weights.extend(
                    self.labels[start..start + size[0]]
                        .iter()
                        .map(|label| f32::from(u8::from(*label == value))),
                );
            }
        }
        WeightMask::from_box(self.grid.clone(), *lower, size, weights)
    }
}

/// Bounds what the masks of one file take in memory.
///
/// Structures lie in boxes that together are a small multiple of the grid;
/// labels scattered like noise would take a thousand times the grid.
pub(crate) struct MaskBudget {
    left: usize,
    allowed: usize,
}

impl MaskBudget {
    pub(crate) fn new(grid: &Grid) -> Self {
        let allowed = grid.voxel_count().saturating_mul(20).max(1 << 20);
        Self {
            left: allowed,
            allowed,
        }
    }

    pub(crate) fn spend(&mut self, voxels: usize) -> Result<(), ImageError> {
        self.left = self
            .left
            .checked_sub(voxels)
            .ok_or_else(|| ImageError::Format {
                format: "label map",
                field: "values".to_owned(),
                reason: format!(
                    "the boxes around all labels have more than {} voxels: labels are scattered over the image",
                    self.allowed
                ),
            })?;
        Ok(())
    }
}
