//! One series: what a volume, a set of structures or a dose is read from.

use dicom_dictionary_std::tags;
use jiff::civil::DateTime;
use sirt_image::{FrameOfReference, Grid};

use super::activity_findings::activity_findings;
use super::instance::{Instance, SeriesKind};
use super::patient::PatientMark;
use super::pixel::{MOST_PIXELS_PER_BYTE, is_native};
use super::stack::{Stack, differing_copies, stack};
use crate::finding::Severity;
use crate::{DicomError, Finding, InstanceReference, SourceReference};

/// Most bytes for each deflated byte: the longest match, 258 bytes, in two codes
/// of one bit (RFC 1951).
const MOST_DEFLATION: u64 = 258 * 4;

/// Files that belong together, with what was found out from their headers.
///
/// Holds no name and no identifier of the patient.
#[derive(Clone, serde::Serialize)]
pub struct Series {
    /// Kind of object.
    pub kind: SeriesKind,
    /// (0008,0060) Modality as recorded.
    pub modality: String,
    /// (0020,000E) SeriesInstanceUID; empty when the file has none.
    pub series_uid: String,
    /// (0020,000D) StudyInstanceUID; empty when the file has none.
    pub study_uid: String,
    /// (0020,0052) FrameOfReferenceUID.
    pub frame_of_reference: Option<FrameOfReference>,
    /// (0008,103E) SeriesDescription.
    pub description: String,
    /// (0020,0011) SeriesNumber.
    pub number: Option<usize>,
    /// (0008,0008) ImageType of the first file.
    pub image_type: Vec<String>,
    /// Start of the series, or of the study when the series has none.
    pub start: Option<DateTime>,
    /// Files in it.
    pub files: usize,
    /// Columns, rows and slices (or frames).
    pub size: Option<[usize; 3]>,
    /// Distance of voxels along a row, along a column, between slices, mm.
    pub spacing_mm: Option<[f64; 3]>,
    /// The grid, where slices in separate files make one.
    pub grid: Option<Grid>,
    /// Transfer syntax UID of the first file.
    pub transfer_syntax: String,
    /// What the numbers are in, as recorded, for activity images and CT.
    pub units: Option<String>,
    /// Radionuclide as recorded.
    pub nuclide: Option<String>,
    /// The why-not list.
    pub findings: Vec<Finding>,
    /// The first file's name, for messages.
    pub first_file: String,
    /// In the order of slices.
    #[serde(skip)]
    pub(crate) instances: Vec<Instance>,
}

impl std::fmt::Debug for Series {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Series")
            .field("kind", &self.kind)
            .field("series_uid", &self.series_uid)
            .field("files", &self.files)
            .field("size", &self.size)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

impl Series {
    /// A series of at least one instance.
    pub(crate) fn new(mut instances: Vec<Instance>) -> Option<Self> {
        let head = instances.first()?.clone();
        let files = instances.len();
        let mut findings = Vec::new();
        let mut grid = None;
        if head.kind.is_slices() {
            let Stack {
                order,
                grid: found,
                findings: stacked,
            } = stack(&instances);
            instances = order.iter().map(|at| instances[*at].clone()).collect();
            grid = found;
            findings = stacked;
        } else if files > 1 {
            let copies: Vec<_> = instances.iter().skip(1).map(|copy| (&head, copy)).collect();
            findings.extend(differing_copies(&copies));
            instances.truncate(1);
            findings.push(Finding::note(
                tags::SOP_INSTANCE_UID,
                format!("{files} files hold the same object; one is used"),
                "delete the copies if they were not meant",
            ));
        }
        findings.extend(image_findings(&instances));
        findings.extend(activity_findings(&instances));
        findings.sort_by(|a, b| (a.severity, &a.tag, &a.rule).cmp(&(b.severity, &b.tag, &b.rule)));
        if findings
            .iter()
            .any(|finding| finding.severity == Severity::Stops && finding.tag.starts_with("(0020"))
        {
            grid = None;
        }
        let frames = |layout: super::pixel::PixelLayout| {
            if head.kind.is_slices() {
                instances.len()
            } else {
                layout.frames
            }
        };
        Some(Self {
            kind: head.kind,
            modality: head.modality.clone(),
            series_uid: head.series.clone().unwrap_or_default(),
            study_uid: head.study.clone().unwrap_or_default(),
            frame_of_reference: head.frame_of_reference.clone().map(FrameOfReference),
            description: head.description.clone().unwrap_or_default(),
            number: head.series_number,
            image_type: head.image_type.clone(),
            start: head.series_start,
            files,
            size: head
                .layout
                .map(|layout| [layout.columns, layout.rows, frames(layout)]),
            spacing_mm: grid.as_ref().map(Grid::spacing_mm),
            grid,
            transfer_syntax: head.transfer_syntax.clone(),
            units: head
                .radiopharmaceutical
                .as_ref()
                .and_then(|facts| facts.units.as_ref())
                .map(|units| units.value.to_string())
                .or_else(|| head.rescale_type.clone()),
            nuclide: head
                .radiopharmaceutical
                .as_ref()
                .and_then(|facts| facts.nuclide.as_ref())
                .map(|nuclide| nuclide.value.clone()),
            findings,
            first_file: head.file.clone(),
            instances,
        })
    }

    /// How new objects refer to this series: its instances in the order of slices.
    #[must_use]
    pub fn source_reference(&self) -> SourceReference {
        SourceReference {
            study_uid: self.study_uid.clone(),
            series_uid: self.series_uid.clone(),
            instances: self
                .instances
                .iter()
                .filter_map(|instance| {
                    Some(InstanceReference {
                        sop_class_uid: instance.sop_class.clone()?,
                        sop_instance_uid: instance.sop_instance.clone()?,
                        position: instance.position,
                    })
                })
                .collect(),
        }
    }

    /// Whose it is, to be compared and nothing else.
    #[must_use]
    pub fn patient(&self) -> Option<PatientMark> {
        self.instances.first().map(|first| first.patient)
    }

    /// Whether nothing stops the series from being read.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.first_stop().is_none()
    }

    /// The first finding that stops.
    #[must_use]
    pub fn first_stop(&self) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.severity == Severity::Stops)
    }

    pub(crate) fn require_kind(
        &self,
        kinds: &[SeriesKind],
        wanted: &'static str,
    ) -> Result<&Instance, DicomError> {
        match self.instances.first() {
            Some(first) if kinds.contains(&self.kind) => Ok(first),
            _ => Err(DicomError::WrongKind {
                found: format!("{} ({:?}, {})", self.first_file, self.kind, self.modality),
                wanted,
            }),
        }
    }
}

/// What the headers say about pixels, for every kind of image.
fn image_findings(instances: &[Instance]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(head) = instances.first() else {
        return findings;
    };
    if let Some(problem) = instances.iter().find_map(|one| one.layout_problem.as_ref()) {
        findings.push(Finding::stops(
            tags::PIXEL_DATA,
            problem.clone(),
            "export the images uncompressed and in grey values",
        ));
    }
    let cut: Vec<&Instance> = instances
        .iter()
        .filter(|one| {
            let wanted = one.layout.and_then(|layout| layout.native_bytes(layout.frames));
            matches!((wanted, one.native_pixels), (Some(wanted), Some((_, there))) if there < wanted as u64)
        })
        .collect();
    if let Some(first) = cut.first() {
        findings.push(Finding::stops(
            tags::PIXEL_DATA,
            format!(
                "{} of {} files end before their pixels do, first {}",
                cut.len(),
                instances.len(),
                first.file
            ),
            "copy or export the files again",
        ));
    }
    let hollow = |one: &&Instance| {
        let Some(layout) = one.layout.filter(|_| one.native_pixels.is_none()) else {
            return false;
        };
        if is_native(&one.transfer_syntax) {
            let wanted = layout.native_bytes(layout.frames).unwrap_or(usize::MAX) as u64;
            return wanted > one.file_bytes.saturating_mul(MOST_DEFLATION);
        }
        let pixels = layout.pixels_per_frame() as u64;
        let most = one.file_bytes.saturating_mul(MOST_PIXELS_PER_BYTE as u64);
        pixels.saturating_mul(layout.frames as u64) > most
    };
    if let Some(one) = instances.iter().find(hollow) {
        findings.push(Finding::stops(
            tags::PIXEL_DATA,
            format!(
                "{} claims more pixels than its compressed bytes can hold",
                one.file
            ),
            "copy or export the files again",
        ));
    }
    if instances.iter().any(|one| one.lossy) {
        findings.push(Finding::weakens(
            tags::LOSSY_IMAGE_COMPRESSION,
            "the images were compressed with loss",
            "use the originals",
        ));
    }
    if instances.iter().any(|one| one.has_modality_table) {
        findings.push(Finding::stops(
            tags::MODALITY_LUT_SEQUENCE,
            "numbers stand in a modality table",
            "export with rescale slope and intercept",
        ));
    }
    let of_frames = instances
        .iter()
        .find(|one| one.layout.is_some_and(|layout| layout.frames != 1));
    if let Some(one) = of_frames.filter(|one| one.kind.is_slices()) {
        findings.push(Finding::stops(
            tags::NUMBER_OF_FRAMES,
            format!(
                "is {} in {}, allowed 1 in an object of single slices",
                one.layout.map_or(0, |layout| layout.frames),
                one.file
            ),
            "export as slices, or as an enhanced object that places its frames",
        ));
    }
    let unscaled: Vec<&Instance> = instances
        .iter()
        .filter(|one| one.rescale.is_none())
        .collect();
    if let Some(first) = unscaled.first()
        && matches!(head.kind, SeriesKind::Ct | SeriesKind::Pet)
    {
        findings.push(Finding::stops(
            tags::RESCALE_SLOPE,
            format!(
                "missing in {} of {} slices, first {}",
                unscaled.len(),
                instances.len(),
                first.file
            ),
            "export the series with its rescale values",
        ));
    }
    if head.kind == SeriesKind::Ct
        && head
            .rescale_type
            .as_deref()
            .is_some_and(|unit| unit != "HU")
    {
        findings.push(Finding::stops(
            tags::RESCALE_TYPE,
            format!(
                "is {}, allowed HU",
                head.rescale_type.as_deref().unwrap_or_default()
            ),
            "give the CT in Hounsfield units",
        ));
    }
    if head.layout.is_some() && head.frame_of_reference.is_none() {
        findings.push(Finding::weakens(
            tags::FRAME_OF_REFERENCE_UID,
            "missing: nothing says that other images share this frame",
            "anonymise with consistent UIDs, or check the overlay by eye",
        ));
    }
    if let Some([between_rows, between_columns]) = head.pixel_spacing
        && (between_rows - between_columns).abs() > 1e-3 * between_rows.abs()
    {
        findings.push(Finding::note(
            tags::PIXEL_SPACING,
            format!("pixels are not square: {between_columns} x {between_rows} mm"),
            "nothing to do: both are used",
        ));
    }
    if let Some(normal) = head.normal()
        && normal.0.iter().all(|x| x.abs() < 0.9999)
    {
        findings.push(Finding::note(
            tags::IMAGE_ORIENTATION_PATIENT,
            format!("slices are oblique, normal {:.3?}", normal.0),
            "nothing to do: the orientation is used",
        ));
    }
    findings
}
