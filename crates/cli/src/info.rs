//! `sirt info`: what is there, and what stops or weakens dosimetry.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_dicom::{Catalogue, Series, SeriesKind};
use sirt_dosimetry::{DosimetryError, calibration_refusals};
use sirt_image::{ActivityAcquisition, FileContent, Outline, Structure, VolumeFile};

use sirt_quantity::NuclideLibrary;

use crate::arguments::InfoArguments;
use crate::dicom_inputs;
use crate::inputs;
use crate::progress::Stages;
use crate::result::{Finding, GridResult, Program};
use crate::table::{self, Table, digits};

#[derive(Serialize)]
struct InfoResult {
    program: Program,
    items: Vec<Item>,
    /// Files that are not used, with the reason.
    skipped: Vec<sirt_dicom::SkippedFile>,
    /// What concerns several series.
    findings: Vec<Finding>,
}

/// A series, or a volume file.
#[derive(Serialize)]
struct Item {
    kind: String,
    name: String,
    series_uid: Option<String>,
    frame_of_reference: Option<String>,
    start: Option<String>,
    files: usize,
    size: Option<[usize; 3]>,
    grid: Option<GridResult>,
    units: Option<String>,
    nuclide: Option<String>,
    numbers: Option<Numbers>,
    structures: Vec<StructureInfo>,
    histograms: usize,
    /// The why-not list.
    findings: Vec<Finding>,
}

/// What the numbers of a volume file are like, as it names no unit.
#[derive(Serialize)]
struct Numbers {
    min: f32,
    max: f32,
    sum: f64,
    /// Sum times voxel volume: MBq if the numbers are Bq/mL.
    sum_times_voxel_ml: f64,
}

#[derive(Serialize)]
struct StructureInfo {
    number: u32,
    name: String,
    volume_ml: f64,
    outline: &'static str,
}

/// Runs the command.
pub(crate) fn run(arguments: &InfoArguments) -> anyhow::Result<ExitCode> {
    let stages = Stages::new();
    stages.begin("reading");
    let result = looked_at(&arguments.path)?;
    drop(stages);
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn looked_at(path: &Path) -> anyhow::Result<InfoResult> {
    let mut result = InfoResult {
        program: Program::THIS,
        items: Vec::new(),
        skipped: Vec::new(),
        findings: Vec::new(),
    };
    for file in inputs::volume_files_of(path)? {
        let name = inputs::file_name(&file);
        match inputs::read_file(&file) {
            Ok(content) => result.items.push(volume_item(name, content)),
            Err(error) if path.is_dir() => result.skipped.push(sirt_dicom::SkippedFile {
                file: name,
                reason: format!("{error:#}"),
                damaged: true,
            }),
            Err(error) => return Err(error),
        }
    }
    let volume_files: Vec<String> = result.items.iter().map(|item| item.name.clone()).collect();
    if path.is_dir() || result.items.is_empty() {
        let catalogue = sirt_dicom::scan(path).with_context(|| path.display().to_string())?;
        result.items.extend(
            catalogue
                .series
                .iter()
                .map(|series| series_item(series, &catalogue)),
        );
        result.skipped.extend(
            catalogue
                .skipped
                .into_iter()
                .filter(|skipped| !volume_files.contains(&skipped.file)),
        );
        result
            .findings
            .extend(catalogue.findings.iter().map(dicom_inputs::finding));
    }
    if result.items.is_empty() {
        let reasons = dicom_inputs::first_skipped(&result.skipped)
            .map_or_else(String::new, |reasons| format!("; {reasons}"));
        bail!(
            "{}: no image, structures or dose in it{reasons}",
            path.display()
        );
    }
    Ok(result)
}

fn series_item(series: &Series, catalogue: &Catalogue) -> Item {
    let mut findings = dicom_inputs::findings(series);
    let mut structures = Vec::new();
    let mut histograms = 0;
    let mut grid = series.grid.as_ref().map(GridResult::of);
    let unreadable = |error: sirt_dicom::DicomError| Finding {
        severity: "stops",
        subject: series.first_file.clone(),
        rule: format!("{:#}", anyhow::Error::new(error)),
        fix: "export the object again".to_owned(),
    };
    match series.kind {
        SeriesKind::StructureSet | SeriesKind::Segmentation => {
            match sirt_dicom::read_structures_on(series, catalogue) {
                Ok(read) => {
                    findings.extend(read.findings.iter().map(dicom_inputs::finding));
                    structures = read.structures.iter().map(structure_info).collect();
                }
                Err(error) => findings.push(unreadable(error)),
            }
        }
        SeriesKind::Dose => match sirt_dicom::read_dose(series) {
            Ok(dose) => {
                findings.extend(dose.summation_finding().as_ref().map(dicom_inputs::finding));
                histograms = dose.histograms.len();
                grid = dose.grid().map(GridResult::of);
            }
            Err(error) => findings.push(unreadable(error)),
        },
        SeriesKind::Registration => {
            if let Err(error) = sirt_dicom::read_registration(series) {
                findings.push(unreadable(error));
            }
        }
        SeriesKind::Nm if sirt_dicom::read_planar(series).is_ok() => findings.push(Finding {
            severity: "stops",
            subject: series.first_file.clone(),
            rule: "planar views hold no volume".to_owned(),
            fix: "give the reconstructed tomogram".to_owned(),
        }),
        SeriesKind::EnhancedCt => match sirt_dicom::read_ct(series) {
            Ok(volume) => grid = Some(GridResult::of(volume.grid())),
            Err(error) => findings.push(unreadable(error)),
        },
        SeriesKind::Nm | SeriesKind::EnhancedPet => match sirt_dicom::read_activity(series) {
            Ok((volume, acquisition)) => {
                grid = Some(GridResult::of(volume.grid()));
                add_refusals(&acquisition, &mut findings);
            }
            Err(error) => findings.push(unreadable(error)),
        },
        // What stops the reading stands in the series' own findings.
        SeriesKind::Pet => {
            if let Ok(acquisition) = sirt_dicom::activity_acquisition(series) {
                add_refusals(&acquisition, &mut findings);
            }
        }
        _ => {}
    }
    Item {
        kind: kind_name(series),
        name: if series.description.is_empty() {
            series.first_file.clone()
        } else {
            series.description.clone()
        },
        series_uid: Some(series.series_uid.clone()).filter(|uid| !uid.is_empty()),
        frame_of_reference: series
            .frame_of_reference
            .as_ref()
            .map(|frame| frame.0.clone()),
        start: series.start.map(|start| start.to_string()),
        files: series.files,
        size: series.size,
        grid,
        units: series.units.clone(),
        nuclide: series.nuclide.clone(),
        numbers: None,
        structures,
        histograms,
        findings,
    }
}

/// What `sirt dose` refuses without an option, in the place of what is said of
/// the same attribute otherwise.
fn add_refusals(acquisition: &ActivityAcquisition, findings: &mut Vec<Finding>) {
    let Ok(nuclides) = NuclideLibrary::built_in() else {
        return;
    };
    let refusals = calibration_refusals(acquisition, &nuclides).into_iter();
    let stops: Vec<Finding> = refusals
        .map(|refusal| match refusal {
            DosimetryError::Unsettled {
                field,
                reason,
                settle_with,
            } => Finding {
                severity: "stops",
                subject: field,
                rule: reason,
                fix: settle_with,
            },
            other => Finding {
                severity: "stops",
                subject: "calibration".to_owned(),
                rule: other.to_string(),
                fix: "the option of `sirt dose` for it".to_owned(),
            },
        })
        .collect();
    findings.retain(|other| {
        other.severity == "note"
            || !stops
                .iter()
                .any(|stop| stop.subject.contains(other.subject.as_str()))
    });
    findings.extend(stops);
}

fn kind_name(series: &Series) -> String {
    match series.kind {
        SeriesKind::Ct => "CT",
        SeriesKind::EnhancedCt => "enhanced CT",
        SeriesKind::Pet => "PET",
        SeriesKind::EnhancedPet => "enhanced PET",
        SeriesKind::Nm => "NM",
        SeriesKind::Mr => "MR",
        SeriesKind::StructureSet => "RTSTRUCT",
        SeriesKind::Segmentation => "SEG",
        SeriesKind::Registration => "REG",
        SeriesKind::Dose => "RTDOSE",
        _ => {
            return if series.modality.is_empty() {
                "other".to_owned()
            } else {
                series.modality.clone()
            };
        }
    }
    .to_owned()
}

fn volume_item(name: String, content: FileContent) -> Item {
    let item = |kind: &str, structures: Vec<StructureInfo>| Item {
        kind: kind.to_owned(),
        name,
        series_uid: None,
        frame_of_reference: None,
        start: None,
        files: 1,
        size: None,
        grid: None,
        units: None,
        nuclide: None,
        numbers: None,
        structures,
        histograms: 0,
        findings: Vec::new(),
    };
    match content {
        FileContent::Structures(structures) => {
            item("segments", structures.iter().map(structure_info).collect())
        }
        FileContent::Volume(file) => {
            let labels = label_structures(&file);
            let is_map = !labels.is_empty();
            let mut item = item(if is_map { "label map" } else { "volume" }, labels);
            let grid = file.volume.grid();
            item.size = Some(grid.size());
            item.grid = Some(GridResult::of(grid));
            let values = file.volume.values();
            item.numbers = Some(Numbers {
                min: values.iter().copied().fold(f32::INFINITY, f32::min),
                max: values.iter().copied().fold(f32::NEG_INFINITY, f32::max),
                sum: file.volume.sum(),
                sum_times_voxel_ml: file.volume.sum() * grid.voxel_capacity().as_ml(),
            });
            item.findings.extend(file.notes.iter().map(|note| Finding {
                severity: "note",
                subject: item.name.clone(),
                rule: note.clone(),
                fix: "none needed if that is so".to_owned(),
            }));
            if !is_map {
                item.findings.push(Finding {
                    severity: "stops",
                    subject: "units and time".to_owned(),
                    rule: "this format names neither unit nor instant of its numbers".to_owned(),
                    fix: "as activity: --units and --since-administration, or --administered; as CT or dose: nothing".to_owned(),
                });
            }
            item
        }
    }
}

/// Structures of a volume that looks like a label map: few whole numbers from 0.
fn label_structures(file: &VolumeFile) -> Vec<StructureInfo> {
    const LABELS: f32 = 255.0;
    let whole = file
        .volume
        .values()
        .iter()
        .all(|value| (0.0..=LABELS).contains(value) && value.fract().abs() <= 0.0);
    if !whole {
        return Vec::new();
    }
    file.label_structures()
        .map(|structures| structures.iter().map(structure_info).collect())
        .unwrap_or_default()
}

fn structure_info(structure: &Structure) -> StructureInfo {
    StructureInfo {
        number: structure.number,
        name: structure.name.clone(),
        volume_ml: structure.capacity().as_ml(),
        outline: match structure.outline {
            Outline::Contours(_) => "contours",
            Outline::Mask(_) => "mask",
        },
    }
}

fn text(result: &InfoResult) -> String {
    let mut text = String::new();
    for item in &result.items {
        text.push_str(&item_text(item));
        text.push('\n');
    }
    if !result.skipped.is_empty() {
        text.push_str("not used:\n");
        for skipped in &result.skipped {
            text.push_str(&format!("  {skipped}\n"));
        }
    }
    let general = table::findings_text(&result.findings);
    if !general.is_empty() {
        text.push_str("about all of it:");
        text.push_str(&general);
    }
    text
}

fn item_text(item: &Item) -> String {
    let bold = anstyle::Style::new().bold();
    let mut text = format!("{bold}{}{bold:#}  {}", item.kind, item.name);
    if item.files > 1 {
        text.push_str(&format!(", {} files", item.files));
    }
    if let Some(start) = &item.start {
        text.push_str(&format!(", {start}"));
    }
    text.push('\n');
    if let Some(uid) = &item.series_uid {
        text.push_str(&format!("  series     {uid}\n"));
    }
    match (&item.grid, item.size) {
        (Some(grid), _) => {
            let [nx, ny, nz] = grid.size;
            let [dx, dy, dz] = grid.spacing_mm;
            let [x, y, z] = grid.origin_lps_mm;
            text.push_str(&format!(
                "  grid       {nx} x {ny} x {nz} voxels of {dx:.4} x {dy:.4} x {dz:.4} mm, first at LPS {x:.1}, {y:.1}, {z:.1} mm\n"
            ));
        }
        (None, Some([nx, ny, nz])) => {
            text.push_str(&format!("  size       {nx} x {ny} x {nz}, no grid\n"))
        }
        _ => {}
    }
    if let Some(units) = &item.units {
        text.push_str(&format!("  units      {units}\n"));
    }
    if let Some(nuclide) = &item.nuclide {
        text.push_str(&format!("  nuclide    {nuclide}\n"));
    }
    if let Some(numbers) = &item.numbers {
        text.push_str(&format!(
            "  numbers    {} to {}, sum {:.6e}, sum x voxel {:.6e} mL\n",
            numbers.min, numbers.max, numbers.sum, numbers.sum_times_voxel_ml
        ));
    }
    if item.histograms > 0 {
        text.push_str(&format!("  histograms {}\n", item.histograms));
    }
    if !item.structures.is_empty() {
        let mut table = Table::new(&[
            ("  structure", ""),
            ("number", ""),
            ("volume", "mL"),
            ("as", ""),
        ]);
        for structure in &item.structures {
            table.row([
                format!("  {}", structure.name),
                structure.number.to_string(),
                digits(structure.volume_ml),
                structure.outline.to_owned(),
            ]);
        }
        text.push_str(&table.to_text());
    }
    for line in table::findings_text(&item.findings)
        .lines()
        .filter(|line| !line.is_empty())
    {
        text.push_str(&format!("  {line}\n"));
    }
    text
}
