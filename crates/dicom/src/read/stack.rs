//! Slices to a rectangular grid.
//!
//! With the unit directions `r` of a row and `c` of a column, a slice at
//! position `p` (mm, LPS) stands at `d = p · n`, `n = r × c`.
//! Slices are sorted by `d`, so that the index axes (row, column, slice) turn
//! like the right hand; the distance of neighbours is the spacing, never
//! (0018,0050) SliceThickness.
//! Assumes parallel slices; what is sheared (gantry tilt), unequal or has a
//! gap is found and named, and makes no grid.
//! Source: DICOM PS3.3 C.7.6.2; page `docs/methods/dicom_geometry.md`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dicom_dictionary_std::tags;
use rayon::prelude::*;
use sirt_image::{Grid, PatientVector};

use super::instance::Instance;
use super::plane::{SAME_PLACE_MM, SHEAR_IN_PIXELS};
use crate::{Finding, finding::Severity};

/// Relative difference of a slice distance from the median that still is one
/// grid: bed positions of a PET join with a tenth of a millimetre of rounding.
const UNEQUAL_DISTANCE: f64 = 0.05;

/// Relative difference that is worth a note.
const NOTED_DISTANCE: f64 = 0.01;

/// Distance of a slice from its place on the grid, in slice distances, that
/// still is on the grid.
const OFF_GRID: f64 = 0.1;

/// A distance of this many medians is a missing slice.
const GAP_IN_DISTANCES: f64 = 1.5;

/// Slices in order with their grid.
pub(crate) struct Stack {
    /// Positions in the list of instances, along the normal.
    pub(crate) order: Vec<usize>,
    /// `None` when a finding stops it.
    pub(crate) grid: Option<Grid>,
    pub(crate) findings: Vec<Finding>,
}

/// Sorts single-frame slices of one orientation and size.
pub(crate) fn stack(instances: &[Instance]) -> Stack {
    let mut stack = Stack {
        order: (0..instances.len()).collect(),
        grid: None,
        findings: Vec::new(),
    };
    drop_copies(instances, &mut stack);
    if let Some(geometry) = common_geometry(instances, &mut stack) {
        stack.grid = sort_and_measure(instances, geometry, &mut stack);
    }
    if stack
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Stops)
    {
        stack.grid = None;
    }
    stack
}

/// The same object twice (a copied file) counts once.
fn drop_copies(instances: &[Instance], stack: &mut Stack) {
    let mut seen = BTreeMap::new();
    let mut copies = Vec::new();
    stack.order.retain(|at| {
        let Some(uid) = &instances[*at].sop_instance else {
            return true;
        };
        match seen.entry(uid.as_str()) {
            Entry::Vacant(place) => {
                place.insert(*at);
                true
            }
            Entry::Occupied(first) => {
                copies.push((&instances[*first.get()], &instances[*at]));
                false
            }
        }
    });
    stack.findings.extend(differing_copies(&copies));
    let copies = copies.len();
    if copies > 0 {
        stack.findings.push(Finding::note(
            tags::SOP_INSTANCE_UID,
            format!("{copies} files repeat an object that is already there and are not used"),
            "delete the copies if they were not meant",
        ));
    }
}

/// The first two files that say to be one object and are not.
pub(crate) fn differing_copies(copies: &[(&Instance, &Instance)]) -> Option<Finding> {
    // Whole files are read here, not headers.
    let (first, copy) = copies
        .par_iter()
        .find_first(|(first, copy)| !first.holds_the_same_as(copy))?;
    Some(Finding::stops(
        tags::SOP_INSTANCE_UID,
        format!(
            "{} and {} have one UID and different content",
            first.file, copy.file
        ),
        "keep the right one of the two",
    ))
}

struct CommonGeometry {
    row: PatientVector,
    column: PatientVector,
    normal: PatientVector,
    /// Along a row, then along a column.
    spacing: [f64; 2],
    size: [usize; 2],
}

fn common_geometry(instances: &[Instance], stack: &mut Stack) -> Option<CommonGeometry> {
    let used = || stack.order.iter().map(|at| &instances[*at]);
    let first = used().next()?;
    // Slices that lack something, and the file of the first.
    let without = |has: fn(&Instance) -> bool| {
        let mut lacking = used().filter(|one| !has(one));
        let first = lacking.next();
        first.map(|one| (1 + lacking.count(), &one.file))
    };
    let mut findings = Vec::new();
    let n = stack.order.len();
    for (tag, missing) in [
        (
            tags::IMAGE_POSITION_PATIENT,
            without(|one| one.position.is_some()),
        ),
        (
            tags::IMAGE_ORIENTATION_PATIENT,
            without(|one| one.orientation.is_some()),
        ),
        (
            tags::PIXEL_SPACING,
            without(|one| {
                one.pixel_spacing
                    .is_some_and(|spacing| spacing.iter().all(|d| *d > 0.0))
            }),
        ),
        (tags::ROWS, without(|one| one.layout.is_some())),
    ] {
        if let Some((missing, file)) = missing {
            findings.push(Finding::stops(
                tag,
                format!("missing or unusable in {missing} of {n} slices, first {file}"),
                "export the series again with its geometry; it cannot be guessed",
            ));
        }
    }
    let geometry = (|| {
        let [row, column] = first.orientation?;
        let [between_rows, between_columns] = first.pixel_spacing?;
        let layout = first.layout?;
        Some(CommonGeometry {
            row,
            column,
            normal: first.normal()?,
            spacing: [between_columns, between_rows],
            size: [layout.columns, layout.rows],
        })
    })();
    let complete = findings.is_empty();
    stack.findings.append(&mut findings);
    geometry.filter(|_| complete)
}

fn sort_and_measure(
    instances: &[Instance],
    geometry: CommonGeometry,
    stack: &mut Stack,
) -> Option<Grid> {
    let place = |at: usize| -> f64 {
        instances[at]
            .position
            .map_or(0.0, |point| PatientVector(point.0).dot(geometry.normal))
    };
    // Instance UIDs settle the order of slices at one place, so that the same
    // files in any order give the same findings.
    stack.order.sort_by(|a, b| {
        place(*a)
            .total_cmp(&place(*b))
            .then_with(|| instances[*a].sop_instance.cmp(&instances[*b].sop_instance))
    });
    let places: Vec<f64> = stack.order.iter().map(|at| place(*at)).collect();
    let distances: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let first = &instances[*stack.order.first()?];
    let last = &instances[*stack.order.last()?];

    let file = |k: usize| instances[stack.order[k]].file.as_str();
    let same = distances.iter().filter(|d| **d < SAME_PLACE_MM).count();
    if let Some(k) = distances.iter().position(|d| *d < SAME_PLACE_MM) {
        let (one, other) = (file(k), file(k + 1));
        stack.findings.push(Finding::stops(
            tags::IMAGE_POSITION_PATIENT,
            format!(
                "{same} of {} slices are at the place of another slice, first {one} and {other} \
                 (two passes, phases, gates or time points in one series)",
                places.len()
            ),
            "give a folder with one of them only",
        ));
        return None;
    }
    let spacing = if distances.is_empty() {
        single_slice_spacing(first, stack)?
    } else {
        let files: Vec<&str> = (0..places.len()).map(file).collect();
        check_distances(&places, &distances, &files, &mut stack.findings);
        (places[places.len() - 1] - places[0]) / distances.len() as f64
    };
    check_shear(first, last, &geometry, stack);
    check_thickness(first, spacing, distances.is_empty(), stack);
    let grid = Grid::new(
        [geometry.size[0], geometry.size[1], places.len()],
        [geometry.spacing[0], geometry.spacing[1], spacing],
        first.position?,
        [geometry.row, geometry.column, geometry.normal],
    );
    match grid {
        Ok(grid) => Some(grid),
        Err(error) => {
            stack.findings.push(Finding::stops(
                tags::PIXEL_SPACING,
                error.to_string(),
                "export the series again",
            ));
            None
        }
    }
}

fn single_slice_spacing(first: &Instance, stack: &mut Stack) -> Option<f64> {
    let spacing = [first.slice_spacing.map(f64::abs), first.thickness]
        .into_iter()
        .flatten()
        .find(|d| *d > 0.0);
    stack.findings.push(match spacing {
        Some(d) => Finding::weakens(
            tags::SLICE_THICKNESS,
            format!("a single slice: its recorded thickness of {d} mm stands for the spacing"),
            "give the whole series",
        ),
        None => Finding::stops(
            tags::SLICE_THICKNESS,
            "a single slice without thickness",
            "give the whole series",
        ),
    });
    spacing
}

fn check_distances(places: &[f64], distances: &[f64], files: &[&str], findings: &mut Vec<Finding>) {
    let mut sorted = distances.to_vec();
    sorted.sort_by(f64::total_cmp);
    // The lower one of two: a gap is longer than what it stands beside.
    let median = sorted[(sorted.len() - 1) / 2];
    let gaps: Vec<String> = distances
        .iter()
        .zip(places.iter().zip(files))
        .filter(|(d, _)| **d > GAP_IN_DISTANCES * median)
        .map(|(d, (place, file))| format!("{d:.2} mm after {place:.2} mm ({file})"))
        .collect();
    if !gaps.is_empty() {
        let shown = gaps.len().min(3);
        findings.push(Finding::stops(
            tags::IMAGE_POSITION_PATIENT,
            format!(
                "{} gaps where slices are {median:.2} mm apart: {}{}",
                gaps.len(),
                gaps[..shown].join(", "),
                if gaps.len() > shown { ", …" } else { "" }
            ),
            "find the missing files; slices are not interpolated",
        ));
        return;
    }
    let (worst, worst_file) =
        distances
            .iter()
            .zip(files)
            .fold((0.0, ""), |(worst, at), (d, file)| {
                let off = (d - median).abs();
                if off > worst {
                    (off, file)
                } else {
                    (worst, at)
                }
            });
    let mean = (places[places.len() - 1] - places[0]) / distances.len() as f64;
    let off = places
        .iter()
        .enumerate()
        .map(|(k, place)| (place - places[0] - k as f64 * mean).abs())
        .fold(0.0, f64::max);
    let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
    if worst > UNEQUAL_DISTANCE * median || off > OFF_GRID * median {
        findings.push(Finding::stops(
            tags::IMAGE_POSITION_PATIENT,
            format!(
                "slices are unequally spaced: {low:.3} to {high:.3} mm, allowed {:.0} % around \
                 {median:.3}; worst after {worst_file}",
                100.0 * UNEQUAL_DISTANCE
            ),
            "resample to equal spacing first, or split the series",
        ));
    } else if worst > NOTED_DISTANCE * median {
        findings.push(Finding::note(
            tags::IMAGE_POSITION_PATIENT,
            format!(
                "slices are {low:.3} to {high:.3} mm apart; the grid has {mean:.4} mm, no slice is \
                 off by more than {off:.3} mm"
            ),
            "nothing to do",
        ));
    }
}

fn check_shear(first: &Instance, last: &Instance, geometry: &CommonGeometry, stack: &mut Stack) {
    let (Some(a), Some(b)) = (first.position, last.position) else {
        return;
    };
    let whole = b - a;
    let along = whole.dot(geometry.normal);
    let shift = (whole - geometry.normal * along).length();
    let allowed = SHEAR_IN_PIXELS * geometry.spacing[0].min(geometry.spacing[1]);
    if shift > allowed {
        let degrees = shift.atan2(along).to_degrees();
        stack.findings.push(Finding::stops(
            tags::IMAGE_POSITION_PATIENT,
            format!(
                "slices are sheared by {degrees:.2} degrees against their normal ({shift:.2} mm over \
                 the stack, allowed {allowed:.2}): a tilted gantry"
            ),
            "correct the tilt (resample) before use",
        ));
    } else if let Some(tilt) = first.gantry_tilt.filter(|tilt| tilt.abs() > 0.1) {
        stack.findings.push(Finding::note(
            tags::GANTRY_DETECTOR_TILT,
            format!("gantry tilt of {tilt} degrees is recorded, yet slices stand straight"),
            "nothing to do if the tilt was corrected on export",
        ));
    }
}

fn check_thickness(first: &Instance, spacing: f64, single: bool, stack: &mut Stack) {
    let Some(thickness) = first.thickness.filter(|d| *d > 0.0 && !single) else {
        return;
    };
    if thickness > 1.05 * spacing {
        stack.findings.push(Finding::note(
            tags::SLICE_THICKNESS,
            format!("slices of {thickness} mm overlap: they are {spacing:.3} mm apart"),
            "nothing to do: the spacing is used",
        ));
    } else if thickness < 0.95 * spacing {
        stack.findings.push(Finding::weakens(
            tags::SLICE_THICKNESS,
            format!("slices of {thickness} mm are {spacing:.3} mm apart: not all tissue is seen"),
            "reconstruct without gaps where possible",
        ));
    }
}
