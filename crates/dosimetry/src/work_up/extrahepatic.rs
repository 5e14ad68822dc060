//! Activity outside of liver and lungs in the MAA image.
//!
//! Two searches, since an organ that touches the liver lies in its blur:
//!
//! - **foci**: voxels beyond a margin around liver and lungs whose
//!   concentration, blurred by half the resolution against noise, passes
//!   `max(t·c̄_liver, b + z·σ_b)` with a threshold `t`, the liver's mean `c̄`,
//!   and background `b` and noise `σ_b` of all voxels searched (median, and
//!   median absolute deviation × 1.4826); neighbours make one focus;
//! - **organs** that are drawn (stomach, duodenum, gallbladder, …): their
//!   concentration by the transfer matrix, so that spill from the liver is
//!   taken off, even inside the margin.
//!
//! What lies inside the margin and in no drawn organ is not searched, and the
//! result says how much that is. A focus is a question to a person, never a
//! diagnosis: the plan stops until somebody answers it with a reason.
//! The reason for the search are gastrointestinal ulcers and pancreatitis
//! after radioembolisation (leaflet study S3: three duodenal ulcers, one
//! pancreatitis).
//! Source: limits ours, stated with every result; `docs/methods/extrahepatic.md`.

use serde::Serialize;
use sirt_image::{Counts, PatientPoint, Volume, WeightMask, gaussian_blur};
use sirt_quantity::{Capacity, Length};

use crate::DosimetryError;
use crate::work_up::organ_name::ExtrahepaticOrgan;
use crate::work_up::regional_counts::{PointSpread, RegionalCounts};

/// Scale from the median absolute deviation to the standard deviation of a
/// normal distribution, `1/Φ⁻¹(3/4)`.
const DEVIATION_PER_MEDIAN_DEVIATION: f64 = 1.482_602_218_505_602;

/// An organ by name on the grid of the image.
#[derive(Debug, Clone, Copy)]
pub struct NamedOrgan<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its weights.
    pub mask: &'a WeightMask,
}

/// What is searched, and how finely.
#[derive(Debug, Clone, Copy)]
pub struct ExtrahepaticSearch<'a> {
    /// Counts.
    pub image: &'a Volume<Counts>,
    /// Liver with its tumours.
    pub liver: &'a WeightMask,
    /// Lungs, where they are drawn.
    pub lungs: Option<&'a WeightMask>,
    /// Distance from both within which their blur hides everything.
    pub margin: Length,
    /// Resolution of the image, 0 where unknown.
    pub resolution: Length,
    /// Least concentration over the mean of the liver.
    pub threshold: f64,
    /// Least number of standard deviations over the background.
    pub deviations: f64,
    /// Least counts over those of the liver; smaller foci are left out.
    pub least_fraction: f64,
}

/// A place outside of liver and lungs with more activity than its surroundings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExtrahepaticFocus {
    /// Name to clear it by, made of its centre, such as `focus-L62-A14-I80`: a
    /// clearance does not pass to another focus when the search changes.
    pub id: String,
    /// Centre of its counts, LPS, mm.
    pub centre_mm: [f64; 3],
    /// Volume above the threshold.
    pub volume_ml: f64,
    /// Counts in it over those of the liver.
    pub fraction_of_liver_counts: f64,
    /// Highest concentration over the mean of the liver.
    pub peak_over_liver: f64,
    /// The highest over the background in standard deviations of it; none
    /// where the background has no noise.
    pub deviations: Option<f64>,
    /// Where it is, in words.
    pub place: String,
    /// What it may be, in words; for a person to judge.
    pub hint: Option<String>,
}

/// Uptake of a drawn organ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrganUptake {
    /// Name of the organ.
    pub name: String,
    /// Concentration over the mean of the liver, spill from the liver taken off.
    pub over_liver: f64,
    /// Its standard uncertainty by counting.
    pub standard_uncertainty: f64,
    /// Counts over those of the liver.
    pub fraction_of_liver_counts: f64,
    /// Whether it passes threshold and three standard uncertainties.
    pub suspicious: bool,
    /// What it may be, in words.
    pub hint: Option<String>,
}

/// Foci beyond the margin, those with most counts first, and the volume inside
/// the margin that was not searched.
///
/// # Errors
/// [`DosimetryError::GridMismatch`] for a structure on another grid,
/// [`DosimetryError::EmptyStructure`] for a liver without voxels,
/// [`DosimetryError::OutOfRange`] for a liver without counts or a threshold
/// that is not positive.
pub fn extrahepatic_foci(
    search: &ExtrahepaticSearch<'_>,
    organs: &[NamedOrgan<'_>],
) -> Result<(Vec<ExtrahepaticFocus>, Capacity), DosimetryError> {
    for (what, value) in [
        ("threshold of extrahepatic foci", search.threshold),
        ("deviations of extrahepatic foci", search.deviations),
    ] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(DosimetryError::OutOfRange {
                what,
                value: value.to_string(),
                allowed: "above 0",
            });
        }
    }
    let grid = search.image.grid();
    let voxel_ml = grid.voxel_capacity().as_ml();
    let liver = RegionalCounts::new(search.image, &[search.liver], PointSpread::NONE)?;
    let liver_mean = liver.concentration(0);
    if !(liver_mean > 0.0 && liver_mean.is_finite()) {
        return Err(DosimetryError::OutOfRange {
            what: "mean counts of the liver",
            value: liver_mean.to_string(),
            allowed: "above 0",
        });
    }
    let mut near = search.liver.grown(search.margin)?;
    let mut drawn = search.liver.capacity();
    if let Some(lungs) = search.lungs {
        near = near.union(&lungs.grown(search.margin)?)?;
        drawn += lungs.capacity();
    }
    let hidden = near.dense();
    let mut smooth: Vec<f64> = search
        .image
        .values()
        .iter()
        .map(|value| f64::from(*value) / voxel_ml)
        .collect();
    gaussian_blur(&mut smooth, grid, search.resolution / 2.0);
    let searched: Vec<usize> = (0..smooth.len()).filter(|&at| hidden[at] <= 0.0).collect();
    let (background, deviation) = median_and_deviation(searched.iter().map(|&at| smooth[at]));
    let limit = (search.threshold * liver_mean).max(background + search.deviations * deviation);
    let mut above = vec![false; smooth.len()];
    for &at in &searched {
        above[at] = smooth[at] > limit;
    }
    let mut foci: Vec<ExtrahepaticFocus> = connected(&above, grid.size())
        .into_iter()
        .map(|voxels| {
            let counts: f64 = voxels.iter().map(|&at| smooth[at] * voxel_ml).sum();
            let mut index = [0.0; 3];
            let mut peak = 0.0_f64;
            for &at in &voxels {
                let weight = smooth[at] * voxel_ml / counts;
                for (sum, position) in index.iter_mut().zip(grid.index(at)) {
                    *sum += weight * position as f64;
                }
                peak = peak.max(smooth[at]);
            }
            let centre = grid.to_patient(index);
            let (place, hint) = place(centre, search.liver, organs);
            ExtrahepaticFocus {
                id: String::new(),
                centre_mm: centre.0,
                volume_ml: voxels.len() as f64 * voxel_ml,
                fraction_of_liver_counts: counts / liver.imaged(0),
                peak_over_liver: peak / liver_mean,
                deviations: (deviation > 0.0).then(|| (peak - background) / deviation),
                place,
                hint,
            }
        })
        .collect();
    foci.retain(|focus| focus.fraction_of_liver_counts >= search.least_fraction);
    foci.sort_by(|a, b| {
        b.fraction_of_liver_counts
            .total_cmp(&a.fraction_of_liver_counts)
    });
    for focus in &mut foci {
        focus.id = name_by_place(focus.centre_mm);
    }
    Ok((foci, near.capacity() - drawn))
}

/// `focus-` with left or right, anterior or posterior, superior or inferior and
/// whole millimetres of each coordinate.
fn name_by_place(centre_mm: [f64; 3]) -> String {
    let parts: Vec<String> = centre_mm
        .iter()
        .zip([["R", "L"], ["A", "P"], ["I", "S"]])
        .map(|(value, letters)| {
            let value = value.round();
            format!("{}{:.0}", letters[usize::from(value >= 0.0)], value.abs())
        })
        .collect();
    format!("focus-{}", parts.join("-"))
}

/// Uptake of drawn organs; `liver_parts` make up the liver, and all organs are
/// solved together with them and the lungs.
///
/// # Errors
/// Those of [`RegionalCounts::new`].
pub fn organ_uptake(
    search: &ExtrahepaticSearch<'_>,
    liver_parts: &[&WeightMask],
    organs: &[NamedOrgan<'_>],
) -> Result<Vec<OrganUptake>, DosimetryError> {
    let spread = PointSpread {
        fwhm: search.resolution,
        filter_fwhm: Length::ZERO,
    };
    let organs: Vec<&NamedOrgan<'_>> = organs
        .iter()
        .filter(|organ| !organ.mask.is_empty())
        .collect();
    if organs.is_empty() {
        return Ok(Vec::new());
    }
    let mut regions: Vec<&WeightMask> = organs.iter().map(|organ| organ.mask).collect();
    regions.extend(liver_parts);
    let liver: Vec<usize> = (organs.len()..regions.len()).collect();
    regions.extend(search.lungs.filter(|lungs| !lungs.is_empty()));
    let counts = RegionalCounts::new(search.image, &regions, spread)?;
    organs
        .iter()
        .enumerate()
        .map(|(at, organ)| {
            let (over_liver, sigma) = counts.concentration_ratio(&[at], &liver)?;
            Ok(OrganUptake {
                name: organ.name.to_owned(),
                over_liver,
                standard_uncertainty: sigma,
                fraction_of_liver_counts: counts.ratio(&[at], &liver)?.0,
                suspicious: over_liver > search.threshold && over_liver > 3.0 * sigma,
                hint: hint_of_organ(organ.name),
            })
        })
        .collect()
}

/// Median, and standard deviation by the median absolute deviation.
fn median_and_deviation(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut values: Vec<f64> = values.collect();
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let middle = median(&mut values);
    for value in &mut values {
        *value = (*value - middle).abs();
    }
    (middle, median(&mut values) * DEVIATION_PER_MEDIAN_DEVIATION)
}

/// Groups of marked voxels that share a face, in the order of their first voxel.
fn connected(marked: &[bool], size: [usize; 3]) -> Vec<Vec<usize>> {
    let strides = [1, size[0], size[0] * size[1]];
    let mut left: Vec<bool> = marked.to_vec();
    let mut groups = Vec::new();
    for first in 0..left.len() {
        if !left[first] {
            continue;
        }
        left[first] = false;
        let mut group = vec![first];
        let mut next = 0;
        while let Some(&at) = group.get(next) {
            next += 1;
            for axis in 0..3 {
                let position = at / strides[axis] % size[axis];
                let below = (position > 0).then(|| at - strides[axis]);
                let above = (position + 1 < size[axis]).then(|| at + strides[axis]);
                for neighbour in below.into_iter().chain(above) {
                    if std::mem::take(&mut left[neighbour]) {
                        group.push(neighbour);
                    }
                }
            }
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups
}

/// Where a point is: in or beside a drawn organ, else as seen from the liver.
fn place(
    point: PatientPoint,
    liver: &WeightMask,
    organs: &[NamedOrgan<'_>],
) -> (String, Option<String>) {
    let nearest = organs
        .iter()
        .filter_map(|organ| Some((nearest_mm(point, organ.mask)?, organ)))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((distance, organ)) = nearest {
        let half_voxel = liver.grid().spacing_mm().iter().sum::<f64>() / 6.0;
        if distance <= half_voxel * 1.8 {
            return (format!("in {}", organ.name), hint_of_organ(organ.name));
        }
        if distance <= 15.0 {
            return (
                format!("{distance:.0} mm from {}", organ.name),
                hint_of_organ(organ.name),
            );
        }
    }
    let bounds = patient_bounds(liver);
    let words = [["right", "left"], ["front", "back"], ["below", "above"]];
    let mut parts: Vec<String> = Vec::new();
    for axis in 0..3 {
        let [lower, upper] = bounds[axis];
        let value = point.0[axis];
        let beyond = (lower - value).max(value - upper);
        if beyond > 0.0 {
            let word = words[axis][usize::from(value > upper)];
            parts.push(match axis {
                0 => format!("{beyond:.0} mm to the {word} of"),
                1 if word == "front" => format!("{beyond:.0} mm in front of"),
                1 => format!("{beyond:.0} mm behind"),
                _ => format!("{beyond:.0} mm {word}"),
            });
        }
    }
    let anterior = point.0[1] < bounds[1][0] + 20.0;
    let within_x = (bounds[0][0]..=bounds[0][1]).contains(&point.0[0]);
    let hint = (anterior && within_x)
        .then(|| "anterior abdominal wall in front of the liver: falciform artery?".to_owned());
    if parts.is_empty() {
        return ("beside the liver, within its extent".to_owned(), hint);
    }
    (format!("{} the liver", parts.join(" and ")), hint)
}

/// Distance to the nearest voxel that belongs to a structure, mm.
fn nearest_mm(point: PatientPoint, mask: &WeightMask) -> Option<f64> {
    let grid = mask.grid();
    mask.iter()
        .filter(|(_, weight)| *weight >= 0.5)
        .map(|(at, _)| (grid.to_patient(grid.index(at).map(|i| i as f64)) - point).length())
        .min_by(f64::total_cmp)
}

/// Smallest and largest coordinate of the box around a structure on each axis.
fn patient_bounds(mask: &WeightMask) -> [[f64; 2]; 3] {
    let (lower, size) = mask.bounding_box();
    let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
    for corner in 0..8_usize {
        let index = std::array::from_fn(|axis| {
            let last = size[axis].saturating_sub(1);
            (lower[axis] + if corner >> axis & 1 == 1 { last } else { 0 }) as f64
        });
        let point = mask.grid().to_patient(index);
        for (bound, value) in bounds.iter_mut().zip(point.0) {
            bound[0] = bound[0].min(value);
            bound[1] = bound[1].max(value);
        }
    }
    bounds
}

/// What uptake in an organ may mean.
fn hint_of_organ(name: &str) -> Option<String> {
    ExtrahepaticOrgan::by_name(name)?.hint().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::Grid;

    /// A 20 x 20 x 20 grid of 10 mm with a liver of 6 x 6 x 6 voxels at 100
    /// counts, background 1, and a lit voxel.
    fn scene(lit: Option<([usize; 3], f32)>) -> (Volume<Counts>, WeightMask) {
        let grid = Grid::axis_aligned([20; 3], [10.0; 3], PatientPoint([0.0; 3])).unwrap();
        let liver: Vec<f32> = (0..grid.voxel_count())
            .map(|at| f32::from(u8::from(grid.index(at).iter().all(|i| (4..10).contains(i)))))
            .collect();
        let mut values: Vec<f32> = liver.iter().map(|weight| 1.0 + 99.0 * weight).collect();
        if let Some((index, value)) = lit {
            values[grid.linear(index)] = value;
        }
        let mask = WeightMask::from_weights(grid.clone(), &liver).unwrap();
        (Volume::new(grid, None, values).unwrap(), mask)
    }

    fn search<'a>(image: &'a Volume<Counts>, liver: &'a WeightMask) -> ExtrahepaticSearch<'a> {
        ExtrahepaticSearch {
            image,
            liver,
            lungs: None,
            margin: Length::from_mm(15.0),
            resolution: Length::ZERO,
            threshold: 0.1,
            deviations: 5.0,
            least_fraction: 0.0,
        }
    }

    #[test]
    fn finds_and_places_a_focus_and_nothing_else() {
        let (image, liver) = scene(Some(([15, 6, 6], 50.0)));
        let (foci, hidden) = extrahepatic_foci(&search(&image, &liver), &[]).unwrap();
        assert_eq!(foci.len(), 1);
        let focus = &foci[0];
        // LPS: voxel (15, 6, 6) of 10 mm from the origin.
        assert_eq!(focus.id, "focus-L150-P60-S60");
        assert_eq!(focus.place, "60 mm to the left of the liver");
        assert!((focus.peak_over_liver - 0.5).abs() < 1e-6);
        // 50 of 21 600 counts.
        assert!((focus.fraction_of_liver_counts - 50.0 / 21_600.0).abs() < 1e-9);
        assert!((focus.volume_ml - 1.0).abs() < 1e-9);
        assert!(hidden.as_ml() > 0.0);
        let larger = ExtrahepaticSearch {
            least_fraction: 0.01,
            ..search(&image, &liver)
        };
        assert!(extrahepatic_foci(&larger, &[]).unwrap().0.is_empty());
        let (image, liver) = scene(None);
        assert!(
            extrahepatic_foci(&search(&image, &liver), &[])
                .unwrap()
                .0
                .is_empty()
        );
    }

    #[test]
    fn a_focus_in_a_drawn_organ_bears_its_name() {
        let (image, liver) = scene(Some(([15, 6, 6], 50.0)));
        let grid = image.grid().clone();
        let mut weights = vec![0.0; grid.voxel_count()];
        weights[grid.linear([15, 6, 6])] = 1.0;
        let stomach = WeightMask::from_weights(grid, &weights).unwrap();
        let organs = [NamedOrgan {
            name: "Stomach",
            mask: &stomach,
        }];
        let search = search(&image, &liver);
        let (foci, _) = extrahepatic_foci(&search, &organs).unwrap();
        assert_eq!(foci[0].place, "in Stomach");
        assert!(foci[0].hint.as_ref().unwrap().contains("pertechnetate"));
        let uptake = organ_uptake(&search, &[&liver], &organs).unwrap();
        assert!((uptake[0].over_liver - 0.5).abs() < 1e-6);
        assert!(uptake[0].suspicious);
    }

    #[test]
    fn an_organ_that_touches_the_liver_is_judged_without_its_spill() {
        let (image, liver) = scene(None);
        let grid = image.grid().clone();
        let mut values: Vec<f64> = liver
            .dense()
            .iter()
            .map(|w| 100.0 * f64::from(*w))
            .collect();
        gaussian_blur(&mut values, &grid, Length::from_mm(20.0));
        let values = values.into_iter().map(|value| value as f32).collect();
        let image = Volume::new(grid.clone(), None, values).unwrap();
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| {
                f32::from(u8::from(
                    grid.index(at)[0] == 10
                        && liver.weight([9, grid.index(at)[1], grid.index(at)[2]]) > 0.0,
                ))
            })
            .collect();
        let gallbladder = WeightMask::from_weights(grid, &weights).unwrap();
        let organs = [NamedOrgan {
            name: "Gallbladder",
            mask: &gallbladder,
        }];
        let blurred = ExtrahepaticSearch {
            resolution: Length::from_mm(20.0),
            ..search(&image, &liver)
        };
        let uptake = organ_uptake(&blurred, &[&liver], &organs).unwrap();
        assert!(uptake[0].over_liver.abs() < 1e-4 && !uptake[0].suspicious);
        // As imaged, spill alone would have been taken for uptake.
        let sharp = search(&image, &liver);
        assert!(organ_uptake(&sharp, &[&liver], &organs).unwrap()[0].suspicious);
    }

    #[test]
    fn neighbours_by_a_face_are_one_and_by_a_corner_are_two() {
        let marked = [true, true, false, false, false, true, false, true];
        // 2 x 2 x 2: (0,0,0)+(1,0,0); (1,0,1) joins (1,0,0); (1,1,1) joins (1,0,1).
        assert_eq!(connected(&marked, [2, 2, 2]), vec![vec![0, 1, 5, 7]]);
        let corners = [true, false, false, false, false, false, false, true];
        assert_eq!(connected(&corners, [2, 2, 2]).len(), 2);
    }

    #[test]
    fn refuses_a_liver_without_counts() {
        let (image, liver) = scene(None);
        let empty = image.map(|_| 0.0);
        assert_eq!(
            extrahepatic_foci(&search(&empty, &liver), &[])
                .unwrap_err()
                .to_string(),
            "mean counts of the liver 0 is outside above 0"
        );
    }
}
