//! Gamma index between two doses.
//!
//! For each voxel `r` of the reference, with dose `D_r`, over places `e` of the
//! evaluated dose:
//!
//! `γ(r) = min_e √( |e − r|²/Δd² + (D_e − D_r)²/ΔD² )`, passed where `γ ≤ 1`,
//!
//! with the distance to agreement `Δd` (mm) and the dose difference `ΔD` (Gy):
//! a fraction of one dose for the whole volume (global; the reference's
//! maximum where nothing else is named) or of `D_r` (local).
//! Voxels under a threshold dose are left out.
//!
//! The evaluated dose is interpolated linearly between its voxels, at places
//! on a cubic lattice around `r` with a step of a tenth of `Δd`, in the order
//! of their distance; the search ends where the distance alone exceeds what
//! was found, so the minimum over the lattice is exact.
//! From there the minimum between lattice places is approached in a few steps
//! along the dose gradient `g`: for a linear dose with the difference
//! `δ = D_e − g·e − D_r` extended to `r` it lies at
//! `e = −δ·Δd²·g/(ΔD² + Δd²·|g|²)`.
//! What remains errs upward.
//! Values stop at a largest `γ`, beyond which nothing is searched; where the
//! evaluated dose is not defined anywhere near, that value stands.
//! The grids may differ in every respect but the patient frame.
//! Sources: Low 1998 (`low1998`); Low and Dempsey 2003 (`low2003`) for the
//! step; Wendling 2007 (`wendling2007`) for the ordered search.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sirt_image::{Grid, PatientVector, Volume, VoxelQuantity};
use sirt_quantity::AbsorbedDose;

use crate::DosimetryError;

/// Slack of `γ ≤ 1`: doses are stored in single precision, whose rounding over
/// a dose difference of a few per cent reaches some 1e-6.
const PASS_TOLERANCE: f64 = 1e-5;

/// How far outside of its outermost voxel centres a grid is still read, in
/// voxels: the rounding of a change of coordinates.
const EDGE_TOLERANCE: f64 = 1e-6;

/// Steps from the best lattice place to the minimum; a linear dose needs one.
const REFINEMENTS: usize = 4;

/// What the dose difference is a fraction of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GammaNormalisation {
    /// The largest dose of the reference.
    GlobalMaximum,
    /// A dose by value, such as a prescription.
    GlobalDose {
        /// The dose, Gy.
        dose_gy: f64,
    },
    /// The reference dose of each voxel.
    Local,
}

/// What agreement means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GammaCriteria {
    /// Dose difference as a fraction (0.03 for 3 %).
    pub dose_difference: f64,
    /// Distance to agreement, mm.
    pub distance_mm: f64,
    /// What the dose difference is a fraction of.
    pub normalisation: GammaNormalisation,
    /// Reference doses under this fraction of the global dose (the maximum,
    /// for local normalisation) are left out.
    pub threshold: f64,
    /// Largest value that is searched for.
    pub max_gamma: f64,
    /// Steps of the search within one distance to agreement.
    pub steps_per_distance: usize,
}

impl GammaCriteria {
    /// Criteria with the usual threshold of 10 %, global, searched up to 2 in
    /// steps of a tenth of the distance.
    #[must_use]
    pub fn global(dose_difference: f64, distance_mm: f64) -> Self {
        Self {
            dose_difference,
            distance_mm,
            normalisation: GammaNormalisation::GlobalMaximum,
            threshold: 0.1,
            max_gamma: 2.0,
            steps_per_distance: 10,
        }
    }

    /// As [`GammaCriteria::global`] with local dose difference.
    #[must_use]
    pub fn local(dose_difference: f64, distance_mm: f64) -> Self {
        Self {
            normalisation: GammaNormalisation::Local,
            ..Self::global(dose_difference, distance_mm)
        }
    }
}

/// The quantity of a gamma map; `NaN` where the reference is under the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GammaIndex;

impl VoxelQuantity for GammaIndex {
    const NAME: &'static str = "gamma index";
    const UNIT: &'static str = "1";
}

/// Result of a comparison, without its map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GammaSummary {
    /// The criteria.
    pub criteria: GammaCriteria,
    /// The dose that fractions refer to (thresholds only, for local normalisation), Gy.
    pub normalisation_gy: f64,
    /// Voxels of the reference over the threshold.
    pub points: usize,
    /// Those with γ ≤ 1.
    pub passed: usize,
    /// `passed/points`; 1 is perfect.
    pub pass_rate: f64,
    /// Mean γ, values cut at `max_gamma`.
    pub mean: f64,
    /// 95th percentile of γ.
    pub p95: f64,
    /// Largest γ.
    pub max: f64,
    /// Voxels over the threshold that lie outside the evaluated dose.
    pub points_outside: usize,
}

/// A gamma map on the grid of the reference, with its summary.
#[derive(Debug, Clone, PartialEq)]
pub struct GammaComparison {
    /// γ of each voxel of the reference.
    pub map: Volume<GammaIndex>,
    /// The figures of a report.
    pub summary: GammaSummary,
}

/// Compares an evaluated dose with a reference.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for criteria that are not positive, a search
/// of over 50 million places, a reference that is not finite or nowhere over
/// the threshold; [`DosimetryError::FrameMismatch`] for doses in different
/// patient frames.
pub fn gamma_index(
    reference: &Volume<AbsorbedDose>,
    evaluated: &Volume<AbsorbedDose>,
    criteria: &GammaCriteria,
) -> Result<GammaComparison, DosimetryError> {
    if let (Some(a), Some(b)) = (
        reference.frame_of_reference(),
        evaluated.frame_of_reference(),
    ) && a != b
    {
        return Err(DosimetryError::FrameMismatch {
            what: "the two doses",
        });
    }
    let normalisation_gy = normalisation(reference, criteria)?;
    let search = Search::new(evaluated, criteria)?;
    let threshold_gy = criteria.threshold * normalisation_gy;
    let difference_gy = |reference_gy: f64| match criteria.normalisation {
        GammaNormalisation::Local => criteria.dose_difference * reference_gy,
        _ => criteria.dose_difference * normalisation_gy,
    };
    let grid = reference.grid();
    let mut map = vec![f32::NAN; grid.voxel_count()];
    let points_outside: usize = map
        .par_chunks_mut(grid.size()[0])
        .enumerate()
        .map(|(row, values)| {
            let mut outside = 0;
            for (column, value) in values.iter_mut().enumerate() {
                let at = row * grid.size()[0] + column;
                let reference_gy = f64::from(reference.values()[at]);
                if reference_gy < threshold_gy || reference_gy <= 0.0 {
                    continue;
                }
                let place = grid.to_patient(grid.index(at).map(|i| i as f64));
                let index = evaluated.grid().to_index(place);
                outside += usize::from(search.dose_at(index).is_none());
                *value = search.gamma(index, reference_gy, difference_gy(reference_gy)) as f32;
            }
            outside
        })
        .sum();
    let summary = summarise(&map, criteria, normalisation_gy, points_outside)?;
    Ok(GammaComparison {
        map: Volume::new(grid.clone(), reference.frame_of_reference().cloned(), map)?,
        summary,
    })
}

/// The dose that fractions refer to, Gy; checks reference and criteria.
fn normalisation(
    reference: &Volume<AbsorbedDose>,
    criteria: &GammaCriteria,
) -> Result<f64, DosimetryError> {
    let positive = |what: &'static str, value: f64| {
        if value.is_finite() && value > 0.0 {
            Ok(())
        } else {
            Err(DosimetryError::OutOfRange {
                what,
                value: value.to_string(),
                allowed: "positive values",
            })
        }
    };
    positive("dose difference of gamma", criteria.dose_difference)?;
    positive("distance to agreement (mm) of gamma", criteria.distance_mm)?;
    positive("largest gamma", criteria.max_gamma)?;
    positive(
        "steps per distance of gamma",
        criteria.steps_per_distance as f64,
    )?;
    if !(0.0..1.0).contains(&criteria.threshold) {
        return Err(DosimetryError::OutOfRange {
            what: "threshold of gamma",
            value: criteria.threshold.to_string(),
            allowed: "0..1",
        });
    }
    if let Some(value) = reference.values().iter().find(|value| !value.is_finite()) {
        return Err(DosimetryError::OutOfRange {
            what: "reference dose",
            value: format!("{value} Gy"),
            allowed: "finite values",
        });
    }
    let dose_gy = match criteria.normalisation {
        GammaNormalisation::GlobalDose { dose_gy } => dose_gy,
        GammaNormalisation::GlobalMaximum | GammaNormalisation::Local => reference
            .values()
            .iter()
            .fold(0.0_f64, |largest, value| largest.max(f64::from(*value))),
    };
    positive("dose (Gy) that gamma is normalised to", dose_gy)?;
    Ok(dose_gy)
}

/// A displacement of the search.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// In distances to agreement.
    along: [f64; 3],
    /// In voxels of the evaluated grid.
    index: [f64; 3],
    /// Square of length over the distance to agreement.
    distance: f64,
}

/// The evaluated dose with the ordered displacements around a place.
struct Search<'a> {
    values: &'a [f32],
    size: [usize; 3],
    steps: Vec<Step>,
    /// Voxels of the evaluated grid in one distance to agreement along each patient axis.
    columns: [[f64; 3]; 3],
    max_gamma: f64,
    /// Distance between lattice places, in distances to agreement.
    lattice_step: f64,
}

impl<'a> Search<'a> {
    fn new(
        evaluated: &'a Volume<AbsorbedDose>,
        criteria: &GammaCriteria,
    ) -> Result<Self, DosimetryError> {
        let reach = criteria.max_gamma * criteria.steps_per_distance as f64;
        // 4/3 π reach³ places; the bound keeps the table under 2 GB.
        if reach > 228.0 {
            return Err(DosimetryError::OutOfRange {
                what: "largest gamma times steps per distance",
                value: reach.to_string(),
                allowed: "values up to 228",
            });
        }
        let columns = voxels_per_distance(evaluated.grid(), criteria.distance_mm);
        Ok(Self {
            values: evaluated.values(),
            size: evaluated.grid().size(),
            steps: ordered_steps(columns, criteria.steps_per_distance, reach),
            columns,
            max_gamma: criteria.max_gamma,
            lattice_step: 1.0 / criteria.steps_per_distance as f64,
        })
    }

    /// γ of a place (index in the evaluated grid) with its reference dose.
    fn gamma(&self, place: [f64; 3], reference_gy: f64, difference_gy: f64) -> f64 {
        let mut best = self.max_gamma * self.max_gamma;
        let mut found = None;
        for step in &self.steps {
            if step.distance >= best {
                break;
            }
            let index = std::array::from_fn(|axis| place[axis] + step.index[axis]);
            if let Some(dose_gy) = self.dose_at(index) {
                let off = (dose_gy - reference_gy) / difference_gy;
                let square = step.distance + off * off;
                // A comparison, not `min`: a NaN in the evaluated dose is passed over.
                if square < best {
                    best = square;
                    found = Some(step.along);
                }
            }
        }
        // A place that the distance alone decides cannot be bettered.
        if let Some(along) = found.filter(|_| best > 0.0) {
            best = self.between_lattice_places(place, along, reference_gy, difference_gy, best);
        }
        best.sqrt()
    }

    /// γ² of the minimum near a lattice place, `along` in distances to
    /// agreement from `place`; never more than `best`.
    fn between_lattice_places(
        &self,
        place: [f64; 3],
        mut along: [f64; 3],
        reference_gy: f64,
        difference_gy: f64,
        mut best: f64,
    ) -> f64 {
        let off_at = |along: [f64; 3]| {
            self.dose_at(self.displaced(place, along))
                .map(|dose_gy| (dose_gy - reference_gy) / difference_gy)
        };
        let square_at = |along: [f64; 3]| {
            off_at(along).map(|off| off * off + along.iter().map(|x| x * x).sum::<f64>())
        };
        for _ in 0..REFINEMENTS {
            let Some(off) = off_at(along) else { break };
            // Gradient of the dose in dose differences per distance to
            // agreement, so that both terms of γ² have the unit 1.
            let half = self.lattice_step / 4.0;
            let gradient: [f64; 3] = std::array::from_fn(|axis| {
                let shifted = |by: f64| {
                    let mut other = along;
                    other[axis] += by;
                    off_at(other).unwrap_or(off)
                };
                (shifted(half) - shifted(-half)) / (2.0 * half)
            });
            let at_reference = off
                - gradient
                    .iter()
                    .zip(along)
                    .map(|(slope, x)| slope * x)
                    .sum::<f64>();
            let steepness: f64 = gradient.iter().map(|slope| slope * slope).sum();
            let target = gradient.map(|slope| -at_reference * slope / (1.0 + steepness));
            let halfway = std::array::from_fn(|axis| (along[axis] + target[axis]) / 2.0);
            let Some((square, moved)) = [target, halfway]
                .into_iter()
                .filter_map(|moved| Some((square_at(moved)?, moved)))
                .find(|(square, _)| *square < best)
            else {
                break;
            };
            (best, along) = (square, moved);
        }
        best
    }

    /// Index of a place displaced by `along` distances to agreement.
    fn displaced(&self, place: [f64; 3], along: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|axis| {
            place[axis]
                + (0..3)
                    .map(|patient| along[patient] * self.columns[patient][axis])
                    .sum::<f64>()
        })
    }

    /// Trilinear dose, Gy; `None` outside the outermost voxel centres.
    #[inline]
    fn dose_at(&self, index: [f64; 3]) -> Option<f64> {
        let mut lower = [0_usize; 3];
        let mut along = [0.0_f64; 3];
        for axis in 0..3 {
            let last = (self.size[axis] - 1) as f64;
            if !(-EDGE_TOLERANCE..=last + EDGE_TOLERANCE).contains(&index[axis]) {
                return None;
            }
            let inside = index[axis].clamp(0.0, last);
            // The last cell also takes the last centre.
            lower[axis] = (inside as usize).min(self.size[axis].saturating_sub(2));
            along[axis] = inside - lower[axis] as f64;
        }
        let [nx, ny, _] = self.size;
        let start = lower[0] + nx * (lower[1] + ny * lower[2]);
        // On an axis of one voxel both corners are that voxel.
        let next = [
            usize::from(self.size[0] > 1),
            nx * usize::from(self.size[1] > 1),
            nx * ny * usize::from(self.size[2] > 1),
        ];
        let row = |from: usize| {
            let (a, b) = (
                f64::from(self.values[from]),
                f64::from(self.values[from + next[0]]),
            );
            a + along[0] * (b - a)
        };
        let plane = |from: usize| {
            let (a, b) = (row(from), row(from + next[1]));
            a + along[1] * (b - a)
        };
        let (a, b) = (plane(start), plane(start + next[2]));
        Some(a + along[2] * (b - a))
    }
}

/// Displacement in voxels of a grid for one `distance_mm` along each patient axis.
fn voxels_per_distance(grid: &Grid, distance_mm: f64) -> [[f64; 3]; 3] {
    let zero = grid.to_index(grid.origin());
    std::array::from_fn(|patient| {
        let mut shift = PatientVector::default();
        shift.0[patient] = distance_mm;
        let index = grid.to_index(grid.origin() + shift);
        std::array::from_fn(|axis| index[axis] - zero[axis])
    })
}

/// Displacements of the cubic lattice within `reach` steps, nearest first.
fn ordered_steps(columns: [[f64; 3]; 3], steps_per_distance: usize, reach: f64) -> Vec<Step> {
    let per_step = 1.0 / steps_per_distance as f64;
    let n = reach.floor() as i32;
    let mut steps = Vec::new();
    for z in -n..=n {
        for y in -n..=n {
            for x in -n..=n {
                let squared = f64::from(x * x + y * y + z * z);
                if squared <= reach * reach {
                    let along = [x, y, z].map(|n| f64::from(n) * per_step);
                    let index = std::array::from_fn(|axis| {
                        (0..3)
                            .map(|patient| along[patient] * columns[patient][axis])
                            .sum()
                    });
                    steps.push(Step {
                        along,
                        index,
                        distance: squared * per_step * per_step,
                    });
                }
            }
        }
    }
    // Stable, so that the order of equal distances is the same on every machine.
    steps.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    steps
}

fn summarise(
    map: &[f32],
    criteria: &GammaCriteria,
    normalisation_gy: f64,
    points_outside: usize,
) -> Result<GammaSummary, DosimetryError> {
    let mut values: Vec<f64> = map
        .iter()
        .filter(|value| !value.is_nan())
        .map(|value| f64::from(*value))
        .collect();
    values.sort_by(f64::total_cmp);
    let (Some(largest), points) = (values.last(), values.len()) else {
        return Err(DosimetryError::OutOfRange {
            what: "largest reference dose",
            value: "below the threshold".to_owned(),
            allowed: "doses over the threshold in at least one voxel",
        });
    };
    let passed = values.partition_point(|value| *value <= 1.0 + PASS_TOLERANCE);
    let p95 = values[((0.95 * points as f64).ceil() as usize).clamp(1, points) - 1];
    Ok(GammaSummary {
        criteria: *criteria,
        normalisation_gy,
        points,
        passed,
        pass_rate: passed as f64 / points as f64,
        mean: values.iter().sum::<f64>() / points as f64,
        p95,
        max: *largest,
        points_outside,
    })
}

#[cfg(test)]
mod tests {
    use sirt_image::{FrameOfReference, PatientPoint};

    use super::*;

    /// A smooth hill of 100 Gy on a grid of 3 mm.
    fn hill(shift_mm: f64) -> Volume<AbsorbedDose> {
        let n = 13;
        let grid = Grid::axis_aligned([n; 3], [3.0; 3], PatientPoint([-18.0; 3])).unwrap();
        let values = (0..grid.voxel_count())
            .map(|at| {
                let [x, y, z] = grid.to_patient(grid.index(at).map(|i| i as f64)).0;
                let square = (x - shift_mm).powi(2) + y * y + z * z;
                (100.0 * (-square / 400.0).exp()) as f32
            })
            .collect();
        Volume::new(grid, None, values).unwrap()
    }

    #[test]
    fn the_same_dose_agrees_everywhere() {
        // DOMAIN C.10: identical grids give 0 everywhere.
        let dose = hill(0.0);
        let result = gamma_index(&dose, &dose, &GammaCriteria::global(0.03, 3.0)).unwrap();
        assert!(result.summary.max.abs() < 1e-12);
        assert!((result.summary.pass_rate - 1.0).abs() < 1e-12);
        assert_eq!(result.summary.points_outside, 0);
    }

    #[test]
    fn three_per_cent_more_is_one_at_the_maximum() {
        // DOMAIN C.10: uniform +3 % with 3 % global. The maximum is a crest, so
        // no place nearby agrees better; a tiny distance isolates the dose term.
        let dose = hill(0.0);
        let more = dose.clone().map::<AbsorbedDose>(|gy| gy * 1.03);
        let result = gamma_index(&dose, &more, &GammaCriteria::global(0.03, 0.01)).unwrap();
        let centre = result.map.get([6, 6, 6]).unwrap();
        assert!((f64::from(centre) - 1.0).abs() < 1e-5, "{centre}");
        // Everywhere else the difference is under 3 % of the maximum.
        assert!((result.summary.pass_rate - 1.0).abs() < 1e-12);
        // Locally it is 3 % of each dose, all over.
        let local = gamma_index(&dose, &more, &GammaCriteria::local(0.03, 0.01)).unwrap();
        assert!((local.summary.mean - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_shift_is_found_by_distance() {
        // A shift by 1.5 mm with 3 mm to agreement and a strict dose difference
        // is γ = 0.5 where the dose falls along the shift.
        let dose = hill(0.0);
        let moved = hill(1.5);
        let criteria = GammaCriteria::global(0.0005, 3.0);
        let steep = gamma_index(&dose, &moved, &criteria).unwrap();
        let flank = f64::from(steep.map.get([9, 6, 6]).unwrap());
        // Linear interpolation of this hill at 3 mm is off by up to
        // 3²/8 · 0.5 Gy/mm² = 0.6 Gy, at 3.7 Gy/mm 0.15 mm or 0.05 of γ.
        assert!((flank - 0.5).abs() < 0.05, "{flank}");
    }

    #[test]
    fn grids_may_differ() {
        let dose = hill(0.0);
        let grid = Grid::new(
            [40, 40, 40],
            [1.0, 1.0, 1.0],
            PatientPoint([20.0, -20.0, -20.0]),
            [
                PatientVector([-1.0, 0.0, 0.0]),
                PatientVector([0.0, 1.0, 0.0]),
                PatientVector([0.0, 0.0, 1.0]),
            ],
        )
        .unwrap();
        let values = (0..grid.voxel_count())
            .map(|at| {
                let [x, y, z] = grid.to_patient(grid.index(at).map(|i| i as f64)).0;
                (100.0 * (-(x * x + y * y + z * z) / 400.0).exp()) as f32
            })
            .collect();
        let fine = Volume::new(grid, None, values).unwrap();
        let result = gamma_index(&dose, &fine, &GammaCriteria::global(0.01, 1.0)).unwrap();
        assert!((result.summary.pass_rate - 1.0).abs() < 1e-12);
        assert!(result.summary.max < 0.2, "{}", result.summary.max);
    }

    #[test]
    fn what_lies_outside_is_said_and_cut() {
        let dose = hill(0.0);
        let grid = Grid::axis_aligned([2; 3], [3.0; 3], PatientPoint([0.0; 3])).unwrap();
        let part = Volume::new(grid, None, vec![100.0; 8]).unwrap();
        let result = gamma_index(&dose, &part, &GammaCriteria::global(0.03, 3.0)).unwrap();
        assert_eq!(result.summary.points_outside, result.summary.points - 8);
        assert!((result.summary.max - 2.0).abs() < 1e-6);
    }

    #[test]
    fn refuses_what_it_cannot_compare() {
        let dose = hill(0.0);
        let compare = |criteria| gamma_index(&dose, &dose, &criteria);
        let usual = GammaCriteria::global(0.03, 3.0);
        assert!(
            compare(GammaCriteria {
                dose_difference: 0.0,
                ..usual
            })
            .is_err()
        );
        assert!(
            compare(GammaCriteria {
                threshold: 1.0,
                ..usual
            })
            .is_err()
        );
        assert!(
            compare(GammaCriteria {
                max_gamma: 100.0,
                ..usual
            })
            .is_err()
        );
        let nothing = dose.clone().map::<AbsorbedDose>(|_| 0.0);
        assert!(gamma_index(&nothing, &dose, &usual).is_err());
        let frame = |name: &str| Some(FrameOfReference(name.to_owned()));
        let error = gamma_index(
            &dose.clone().with_frame_of_reference(frame("1.2")),
            &dose.clone().with_frame_of_reference(frame("1.3")),
            &usual,
        );
        assert!(matches!(error, Err(DosimetryError::FrameMismatch { .. })));
    }
}
