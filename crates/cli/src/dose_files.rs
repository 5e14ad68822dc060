//! The files of a dose calculation.

use std::path::Path;

use anyhow::{Context as _, bail};
use rayon::prelude::*;
use sirt_dosimetry::{DoseVolumeHistogram, Role};
use sirt_image::{Compression, Volume, WeightMask, write_nifti, write_nrrd};
use sirt_quantity::AbsorbedDose;

use crate::colour::{Rgb, structure_colour};
use crate::dose::DoseCase;
use crate::dose_dicom;
use crate::dvh_plot::{DvhCurve, dvh_svg};
use crate::output_folder::{self, OutputFolder};
use crate::preview::{
    ColourScale, OutlinedStructure, Preview, SCREEN_WIDTH, Underlay, preview_png,
};

/// Steps of a histogram in dvh.csv: fine enough to draw, whatever the maximum.
const CSV_STEPS: f64 = 500.0;

/// The record of a run: everything about it, with the names of its files.
const RECORD: &str = "result.json";
/// The histograms' table and picture.
const HISTOGRAMS: [&str; 2] = ["dvh.csv", "dvh.svg"];
/// Standard deviation of the dose by Monte Carlo, and its dose to water.
const UNCERTAINTY: &str = "dose_uncertainty.nii.gz";
const WATER: &str = "dose_to_water.nii.gz";
/// All files that a run may write.
const FILES: [&str; 12] = [
    "dose.nii.gz",
    UNCERTAINTY,
    WATER,
    "dose.nrrd",
    "dose.dcm",
    "bed.dcm",
    "structure_set.dcm",
    "segmentation.dcm",
    "preview.png",
    HISTOGRAMS[0],
    HISTOGRAMS[1],
    RECORD,
];

/// Refuses a folder with files that only look like those of an earlier run.
///
/// # Errors
/// Names the file and what to do.
pub(crate) fn require_ours(out: &Path) -> anyhow::Result<()> {
    output_folder::require_ours(out, RECORD, &FILES)
}

/// Writes `bytes` as a file of the folder.
pub(crate) fn write(out: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = out.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes everything, in place of the files of an earlier run, and lists the
/// names in the result.
pub(crate) fn write_all(case: &mut DoseCase, out: &Path) -> anyhow::Result<()> {
    let output = OutputFolder::begin(out)?;
    let folder = output.folder();
    let shared: &DoseCase = case;
    let mut files: Vec<String> = TASKS
        .par_iter()
        .map(|task| task(shared, &folder))
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    files.push(RECORD.to_owned());
    case.result.files = files;
    let json =
        serde_json::to_vec_pretty(&case.result).context("cannot express the result as JSON")?;
    write(&folder, RECORD, &json)?;
    // The folder may have changed while the dose was computed.
    require_ours(out)?;
    output.publish(RECORD, &output_folder::earlier(out, RECORD, &FILES))
}

/// Writes some files and names them.
type Task = fn(&DoseCase, &Path) -> anyhow::Result<Vec<String>>;

/// They run side by side.
const TASKS: [Task; 6] = [nifti, dicom, preview, histograms, nrrd, monte_carlo];

fn nifti(case: &DoseCase, out: &Path) -> anyhow::Result<Vec<String>> {
    let name = "dose.nii.gz";
    write(
        out,
        name,
        &write_nifti(
            &case.distribution.dose,
            "absorbed dose, Gy",
            Compression::Gzip,
        )?,
    )?;
    Ok(vec![name.to_owned()])
}

/// What Monte Carlo gives beside the dose.
fn monte_carlo(case: &DoseCase, out: &Path) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut add = |name: &str, volume: &Volume<AbsorbedDose>, what: &str| -> anyhow::Result<()> {
        write(out, name, &write_nifti(volume, what, Compression::Gzip)?)?;
        files.push(name.to_owned());
        Ok(())
    };
    let dose = &case.distribution.dose;
    if let Some(statistics) = &case.distribution.statistics {
        let values = dose
            .values()
            .iter()
            .zip(statistics.relative_uncertainty.values())
            .map(|(dose, relative)| dose * relative)
            .collect();
        let deviation = Volume::new(
            dose.grid().clone(),
            dose.frame_of_reference().cloned(),
            values,
        )?;
        add(UNCERTAINTY, &deviation, "standard deviation of dose, Gy")?;
    }
    if let Some(water) = &case.dose_to_water {
        add(WATER, water, "absorbed dose to water, Gy")?;
    }
    Ok(files)
}

fn nrrd(case: &DoseCase, out: &Path) -> anyhow::Result<Vec<String>> {
    let name = "dose.nrrd";
    write(
        out,
        name,
        &write_nrrd(&case.distribution.dose, Compression::None)?,
    )?;
    Ok(vec![name.to_owned()])
}

fn dicom(case: &DoseCase, out: &Path) -> anyhow::Result<Vec<String>> {
    dose_dicom::write(case, out)
}

fn preview(case: &DoseCase, out: &Path) -> anyhow::Result<Vec<String>> {
    let name = "preview.png";
    let colours = structure_colours(case);
    let structures: Vec<_> = case
        .masks
        .iter()
        .zip(&colours)
        // Normal liver runs along the lines of liver and tumours and would hide them.
        .filter(|(named, _)| named.role != Role::NormalLiver)
        .map(|(named, colour)| OutlinedStructure {
            name: &named.name,
            colour: *colour,
            mask: &named.mask,
            tumour: named.role == Role::Tumour,
        })
        .collect();
    let picture = preview_png(&Preview {
        overlay: &case.distribution.dose,
        scale: ColourScale::Dose,
        underlay: case
            .ct
            .as_deref()
            .map_or(Underlay::Activity(&case.activity), Underlay::Ct),
        structures: &structures,
        focus: middle_of_hottest_tumour(case),
        title: "Absorbed dose",
        subtitle: &title(case),
        width: SCREEN_WIDTH,
    })?;
    write(out, name, &picture)?;
    Ok(vec![name.to_owned()])
}

fn histograms(case: &DoseCase, out: &Path) -> anyhow::Result<Vec<String>> {
    if case.masks.is_empty() {
        return Ok(Vec::new());
    }
    let histograms = case
        .masks
        .par_iter()
        .map(|named| {
            let histogram = DoseVolumeHistogram::of_structure(&case.distribution.dose, &named.mask)
                .with_context(|| format!("structure `{}`", named.name))?;
            Ok((named.name.as_str(), histogram))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    write_histograms(
        out,
        &format!("Dose-volume histogram: {}", title(case)),
        &histograms,
    )
}

/// Doses at which a histogram is written: even steps to the first past its
/// own maximum, and the dose of every hundredth of its volume, so that each Dx
/// that is reported stands in the file.
fn doses_to_write(histogram: &DoseVolumeHistogram) -> Vec<f64> {
    let width = round_up_to_one_digit(histogram.max() / CSV_STEPS);
    // One step past the maximum, where no volume is left.
    let last = (histogram.max() / width).floor() as u32 + 1;
    let even = (0..=last).map(|step| f64::from(step) * width);
    let hundredths =
        (0..=100).map(|percent| histogram.dose_at_fraction(f64::from(percent) / 100.0));
    let mut doses: Vec<f64> = even.chain(hundredths).collect();
    doses.sort_by(f64::total_cmp);
    doses.dedup();
    doses
}

/// Writes the histograms of a dose from elsewhere into a folder.
///
/// # Errors
/// Also where the folder holds the result of `sirt dose`, whose histograms
/// belong to the dose beside them.
pub(crate) fn write_histograms_alone(
    out: &Path,
    histograms: &[(&str, DoseVolumeHistogram)],
) -> anyhow::Result<Vec<String>> {
    if !output_folder::earlier(out, RECORD, &HISTOGRAMS).is_empty() {
        bail!(
            "{}: holds a result of `sirt dose` with the histograms of its own dose; give another folder (--out)",
            out.display()
        );
    }
    let output = OutputFolder::begin(out)?;
    let files = write_histograms(&output.folder(), "Dose-volume histogram", histograms)?;
    output.publish(HISTOGRAMS[0], &[])?;
    Ok(files)
}

/// Writes dvh.csv and dvh.svg.
fn write_histograms(
    out: &Path,
    title: &str,
    histograms: &[(&str, DoseVolumeHistogram)],
) -> anyhow::Result<Vec<String>> {
    let mut csv = String::from("structure,dose_gy,volume_fraction,volume_ml\n");
    let mut curves = Vec::new();
    for (number, (name, histogram)) in histograms.iter().enumerate() {
        let total = histogram.total();
        let mut points = Vec::new();
        for dose_gy in doses_to_write(histogram) {
            let volume_ml = histogram.weight_at_dose(dose_gy);
            csv.push_str(&format!(
                "{},{dose_gy:.6},{:.8},{volume_ml:.6}\n",
                quoted(name),
                volume_ml / total
            ));
            points.push((dose_gy, 100.0 * volume_ml / total));
        }
        curves.push(DvhCurve {
            name: (*name).to_owned(),
            colour: structure_colour(number),
            points,
        });
    }
    let [table, picture] = HISTOGRAMS;
    write(out, table, csv.as_bytes())?;
    write(out, picture, dvh_svg(title, &curves)?.as_bytes())?;
    Ok(HISTOGRAMS.map(str::to_owned).to_vec())
}

/// A CSV cell after RFC 4180.
pub(crate) fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// The next number of the form 1, 2, 5 × 10ⁿ.
fn round_up_to_one_digit(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10.0_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= value)
        .unwrap_or(10.0 * power)
}

fn structure_colours(case: &DoseCase) -> Vec<Rgb> {
    (0..case.masks.len()).map(structure_colour).collect()
}

fn title(case: &DoseCase) -> String {
    let medium = &case.result.medium;
    format!(
        "{}, {} method, {} {:.2} g/mL, {:.0} MBq at administration",
        case.result.nuclide.symbol,
        case.result.method.name,
        if medium.kind == "ct" {
            "density from CT, mean"
        } else {
            "soft tissue"
        },
        medium.density_g_per_ml,
        case.result.activity.at_administration_mbq
    )
}

/// The voxel in the middle of the tumour with the highest mean dose; without
/// tumours, the voxel of the highest dose.
fn middle_of_hottest_tumour(case: &DoseCase) -> [usize; 3] {
    let hottest = case
        .masks
        .iter()
        .zip(&case.result.structures)
        .filter(|(named, _)| named.role == Role::Tumour)
        .max_by(|(_, a), (_, b)| a.dose.dose_gy.mean.total_cmp(&b.dose.dose_gy.mean));
    let dose = &case.distribution.dose;
    hottest
        .and_then(|(named, _)| middle(&named.mask))
        .unwrap_or_else(|| {
            let highest = dose
                .values()
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1));
            dose.grid().index(highest.map_or(0, |(at, _)| at))
        })
}

/// The voxel of a mask that is nearest to its centre of mass; `None` where it
/// is empty.
pub(crate) fn middle(mask: &WeightMask) -> Option<[usize; 3]> {
    let grid = mask.grid();
    let (mut total, mut moment) = (0.0, [0.0; 3]);
    for (at, weight) in mask.iter() {
        let weight = f64::from(weight);
        total += weight;
        for (sum, i) in moment.iter_mut().zip(grid.index(at)) {
            *sum += weight * i as f64;
        }
    }
    let centre = grid.to_patient(moment.map(|sum| sum / total));
    let away = |at: usize| (grid.to_patient(grid.index(at).map(|i| i as f64)) - centre).length();
    mask.iter()
        .map(|(at, _)| at)
        .min_by(|a, b| away(*a).total_cmp(&away(*b)))
        .map(|at| grid.index(at))
}

#[cfg(test)]
mod tests {
    use sirt_image::{Grid, PatientPoint};

    use super::*;

    #[test]
    fn steps_are_round_numbers() {
        for (value, expected) in [
            (0.37, 0.5),
            (0.2, 0.2),
            (0.021, 0.05),
            (7.0, 10.0),
            (0.0, 1.0),
        ] {
            assert!(
                (round_up_to_one_digit(value) - expected).abs() < 1e-12,
                "{value}"
            );
        }
    }

    #[test]
    fn the_middle_of_a_ring_lies_on_the_ring() {
        let grid = Grid::axis_aligned([5, 5, 1], [2.0; 3], PatientPoint::default()).unwrap();
        let of = |inside: &dyn Fn(usize, usize) -> bool| {
            let weights: Vec<f32> = (0..25)
                .map(|at| f32::from(u8::from(inside(at % 5, at / 5))))
                .collect();
            middle(&WeightMask::from_weights(grid.clone(), &weights).unwrap())
        };
        assert_eq!(of(&|i, j| i > 1 && j < 3), Some([3, 1, 0]));
        let ring = of(&|i, j| [0, 4].contains(&i) || [0, 4].contains(&j)).unwrap();
        assert!(ring.contains(&2) && (ring.contains(&0) && ring[..2] != [0, 0]));
        assert_eq!(of(&|_, _| false), None);
    }

    #[test]
    fn a_name_with_a_comma_is_quoted() {
        assert_eq!(quoted("Tumour 1, \"dome\""), "\"Tumour 1, \"\"dome\"\"\"");
    }
}
