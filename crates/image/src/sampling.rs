//! Resampling between grids at an angle, by points.
//!
//! Boxes of constant value are looked up at points that are spread evenly over
//! each target voxel, from another start for each: a regular lattice over all
//! voxels, or starts that follow one, beat with the lattice of the source.
//! Points and starts are fixed, so results are the same each time.
//! Linear interpolation, which is smooth, is taken at the middles of equal parts.

use rayon::prelude::*;

use crate::{Grid, Volume, VoxelQuantity};

/// Affine map from target to source indices.
#[derive(Debug, Clone)]
pub(crate) struct IndexMap {
    base: [f64; 3],
    /// Source index change for one step on each target axis.
    columns: [[f64; 3]; 3],
    source_size: [usize; 3],
    target: Grid,
    source: Grid,
}

impl IndexMap {
    pub(crate) fn new(source: &Grid, target: &Grid) -> Self {
        let base = source.to_index(target.to_patient([0.0; 3]));
        let columns = std::array::from_fn(|axis| {
            let mut index = [0.0; 3];
            index[axis] = 1.0;
            let moved = source.to_index(target.to_patient(index));
            std::array::from_fn(|row| moved[row] - base[row])
        });
        Self {
            base,
            columns,
            source_size: source.size(),
            target: target.clone(),
            source: source.clone(),
        }
    }

    fn source_index(&self, index: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|row| {
            self.base[row]
                + (0..3)
                    .map(|axis| self.columns[axis][row] * index[axis])
                    .sum::<f64>()
        })
    }

    /// Points per target axis: 4 to 12, at least three to the finest source voxel.
    pub(crate) fn steps(&self, source: &Grid, target: &Grid) -> [usize; 3] {
        let finest = source
            .spacing_mm()
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        target
            .spacing_mm()
            .map(|spacing| ((3.0 * spacing / finest).ceil() as usize).clamp(4, 12))
    }

    /// First voxel and size of the box of the target that the source reaches into.
    pub(crate) fn reach(&self, target_size: [usize; 3]) -> Option<([usize; 3], [usize; 3])> {
        let mut first = [f64::INFINITY; 3];
        let mut last = [f64::NEG_INFINITY; 3];
        for corner in 0..8_usize {
            let index = std::array::from_fn(|axis| {
                if corner >> axis & 1 == 1 {
                    self.source_size[axis] as f64 - 0.5
                } else {
                    -0.5
                }
            });
            let place = self.target.to_index(self.source.to_patient(index));
            for axis in 0..3 {
                first[axis] = first[axis].min(place[axis]);
                last[axis] = last[axis].max(place[axis]);
            }
        }
        let mut lower = [0; 3];
        let mut size = [0; 3];
        for axis in 0..3 {
            let limit = target_size[axis] as f64;
            lower[axis] = (first[axis] + 0.5).floor().clamp(0.0, limit) as usize;
            let upper = (last[axis] + 0.5).ceil().clamp(0.0, limit) as usize;
            size[axis] = upper.saturating_sub(lower[axis]);
        }
        (!size.contains(&0)).then_some((lower, size))
    }

    /// Source index changes to the middles of the parts of a target voxel.
    fn middle_offsets(&self, steps: [usize; 3]) -> Vec<[f64; 3]> {
        let mut offsets = Vec::with_capacity(steps.iter().product());
        for k in 0..steps[2] {
            for j in 0..steps[1] {
                for i in 0..steps[0] {
                    let part = [i, j, k];
                    offsets.push(std::array::from_fn(|row| {
                        (0..3)
                            .map(|axis| {
                                let share = (part[axis] as f64 + 0.5) / steps[axis] as f64 - 0.5;
                                self.columns[axis][row] * share
                            })
                            .sum()
                    }));
                }
            }
        }
        offsets
    }

    /// Source index changes to the points of a target voxel, `count` and
    /// [`STARTS`] more for voxels that begin further on.
    fn point_offsets(&self, count: usize) -> Vec<[f64; 3]> {
        (0..count + STARTS)
            .map(|point| {
                let share = spread_point(point);
                std::array::from_fn(|row| {
                    (0..3)
                        .map(|axis| self.columns[axis][row] * (share[axis] - 0.5))
                        .sum()
                })
            })
            .collect()
    }

    /// Mean over the points of each target voxel of the source voxel there, 0 outside.
    pub(crate) fn sampled_mean(
        &self,
        values: &[f32],
        size: [usize; 3],
        first: [usize; 3],
        extent: [usize; 3],
        steps: [usize; 3],
    ) -> Vec<f32> {
        let count = steps.iter().product();
        let points = self.point_offsets(count);
        let mut out = vec![0.0_f32; extent.iter().product()];
        if out.is_empty() {
            return out;
        }
        out.par_chunks_mut(extent[0])
            .enumerate()
            .for_each(|(row, out)| {
                let [j, k] = [row % extent[1] + first[1], row / extent[1] + first[2]];
                for (i, out) in out.iter_mut().enumerate() {
                    let centre = self.source_index([(first[0] + i) as f64, j as f64, k as f64]);
                    let start = start_of([first[0] + i, j, k]);
                    let sum: f64 = points[start..start + count]
                        .iter()
                        .filter_map(|offset| nearest(values, size, centre, offset))
                        .map(f64::from)
                        .sum();
                    *out = (sum / count as f64) as f32;
                }
            });
        out
    }

    /// Mean of linear interpolations over each target voxel, `outside` where
    /// no part meets the source; and the number of those voxels.
    pub(crate) fn interpolated_mean<Q: VoxelQuantity>(
        &self,
        volume: &Volume<Q>,
        grid: &Grid,
        outside: f32,
    ) -> (Vec<f32>, usize) {
        let finest = self
            .source
            .spacing_mm()
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let steps = grid
            .spacing_mm()
            .map(|spacing| ((spacing / finest - 1e-6).ceil() as usize).clamp(1, 12));
        let offsets = self.middle_offsets(steps);
        let [nx, ny, _] = grid.size();
        let mut out = vec![outside; grid.voxel_count()];
        let uncovered = out
            .par_chunks_mut(nx)
            .enumerate()
            .map(|(row, out)| {
                let [j, k] = [row % ny, row / ny];
                let mut uncovered = 0;
                for (i, out) in out.iter_mut().enumerate() {
                    let centre = self.source_index([i as f64, j as f64, k as f64]);
                    let (sum, count) = offsets
                        .iter()
                        .filter_map(|offset| {
                            let index = std::array::from_fn(|axis| centre[axis] + offset[axis]);
                            linear(volume.values(), self.source_size, index)
                        })
                        .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                    if count > 0.0 {
                        *out = (sum / count) as f32;
                    } else {
                        uncovered += 1;
                    }
                }
                uncovered
            })
            .sum();
        (out, uncovered)
    }

    /// Share of a voxel (of this map's target) whose parts lie in the source grid
    /// of `size`; 5 parts to an axis at its border.
    pub(crate) fn share_inside(&self, index: [usize; 3], size: [usize; 3]) -> f64 {
        let centre = self.source_index(index.map(|i| i as f64));
        let mut wholly = true;
        for row in 0..3 {
            let half: f64 = 0.5
                * self
                    .columns
                    .iter()
                    .map(|column| column[row].abs())
                    .sum::<f64>();
            let limit = size[row] as f64 - 0.5;
            if centre[row] + half < -0.5 || centre[row] - half > limit {
                return 0.0;
            }
            wholly &= centre[row] - half >= -0.5 && centre[row] + half <= limit;
        }
        if wholly {
            return 1.0;
        }
        let steps = 5_usize;
        let mut inside = 0_u32;
        for part in 0..steps.pow(3) {
            let share = [part % steps, part / steps % steps, part / (steps * steps)]
                .map(|step| (step as f64 + 0.5) / steps as f64 - 0.5);
            let met = (0..3).all(|row| {
                let place = centre[row]
                    + (0..3)
                        .map(|axis| self.columns[axis][row] * share[axis])
                        .sum::<f64>();
                (-0.5..=size[row] as f64 - 0.5).contains(&place)
            });
            inside += u32::from(met);
        }
        f64::from(inside) / steps.pow(3) as f64
    }
}

/// Voxels begin at one of so many places of the sequence of points.
const STARTS: usize = 251;

/// Point `n` of an evenly spread sequence in the unit cube: multiples of the
/// powers of `1/g` with `g⁴ = g + 1`, without their whole parts.
///
/// Every run of the sequence is as evenly spread as its beginning.
fn spread_point(n: usize) -> [f64; 3] {
    const G: f64 = 1.220_744_084_605_759_5;
    let n = n as f64 + 0.5;
    [n / G, n / (G * G), n / (G * G * G)].map(f64::fract)
}

/// Place of the sequence at which a voxel begins: its index, mixed so that what
/// one misses has nothing to do with what its neighbours miss.
///
/// The mixing is the finaliser of splitmix64 (steele2014).
fn start_of([i, j, k]: [usize; 3]) -> usize {
    let mut mixed = i as u64 | (j as u64) << 21 | (k as u64) << 42;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed % STARTS as u64) as usize
}

/// Value of the voxel that a point is in.
fn nearest(values: &[f32], size: [usize; 3], centre: [f64; 3], offset: &[f64; 3]) -> Option<f32> {
    let mut at = 0;
    for axis in (0..3).rev() {
        let cell = centre[axis] + offset[axis] + 0.5;
        if cell < 0.0 {
            return None;
        }
        let cell = cell as usize;
        if cell >= size[axis] {
            return None;
        }
        at = at * size[axis] + cell;
    }
    values.get(at).copied()
}

/// Linear interpolation at a fractional index; `None` outside of the voxels.
pub(crate) fn linear(values: &[f32], size: [usize; 3], index: [f64; 3]) -> Option<f64> {
    let mut first = [0_usize; 3];
    let mut share = [0.0; 3];
    for axis in 0..3 {
        let last = size[axis] as f64 - 1.0;
        if !(-0.5..=last + 0.5).contains(&index[axis]) {
            return None;
        }
        let place = index[axis].clamp(0.0, last);
        // On the last voxel the pair is the one before it, with all weight on
        // the second, unless there is only one.
        first[axis] = (place as usize).min(size[axis].saturating_sub(2));
        share[axis] = place - first[axis] as f64;
    }
    let pitch = [1, size[0], size[0] * size[1]];
    let mut sum = 0.0;
    for corner in 0..8_usize {
        let mut weight = 1.0;
        let mut at = 0;
        for axis in 0..3 {
            if corner >> axis & 1 == 1 {
                weight *= share[axis];
                at += (first[axis] + 1) * pitch[axis];
            } else {
                weight *= 1.0 - share[axis];
                at += first[axis] * pitch[axis];
            }
        }
        if weight > 0.0 {
            sum += weight * f64::from(*values.get(at)?);
        }
    }
    Some(sum)
}
