//! Resampling between grids whose axes run along each other.
//!
//! With parallel axes, in any order and sense, the space that two voxels share
//! is a product of overlaps along the three axes.
//! Each axis has a table of coefficients, and a volume is carried over axis by
//! axis, one target layer at a time so that everything stays in cache.

use std::ops::Range;

use rayon::prelude::*;

use crate::Grid;

/// Sine of the angle up to which axes count as parallel.
const PARALLEL: f64 = 1e-4;

/// Borders of target voxels this near to one of a source voxel, in source
/// voxels, are on it.
const SNAP: f64 = 1e-6;

/// How one target axis runs over its source axis.
#[derive(Debug, Clone)]
pub(crate) struct AxisMap {
    source_axis: usize,
    source_size: usize,
    /// Borders of target voxels in source cells: cell `c` is `c..c + 1`.
    borders: Vec<f64>,
}

/// The three target axes over the source axes.
#[derive(Debug, Clone)]
pub(crate) struct AxisMaps([AxisMap; 3]);

impl AxisMaps {
    /// The maps between two grids; `None` where axes are at an angle.
    pub(crate) fn between(source: &Grid, target: &Grid) -> Option<Self> {
        let mut maps = Vec::with_capacity(3);
        let mut taken = [false; 3];
        let middle = target.size().map(|n| 0.5 * (n - 1) as f64);
        for axis in 0..3 {
            let along = target.directions()[axis];
            let source_axis = source
                .directions()
                .iter()
                .position(|direction| direction.cross(along).length() < PARALLEL)?;
            if std::mem::replace(&mut taken[source_axis], true) {
                return None;
            }
            let border = |place: f64| {
                let mut index = middle;
                index[axis] = place;
                source.to_index(target.to_patient(index))[source_axis] + 0.5
            };
            let count = target.size()[axis];
            let (first, last) = (border(-0.5), border(count as f64 - 0.5));
            let borders = (0..=count)
                .map(|at| {
                    let share = at as f64 / count as f64;
                    let place = first + (last - first) * share;
                    if (place - place.round()).abs() < SNAP {
                        place.round()
                    } else {
                        place
                    }
                })
                .collect();
            maps.push(AxisMap {
                source_axis,
                source_size: source.size()[source_axis],
                borders,
            });
        }
        maps.try_into().ok().map(Self)
    }

    /// A table for each target axis.
    pub(crate) fn tables(&self, table: impl Fn(&AxisMap) -> AxisTable) -> [AxisTable; 3] {
        self.0.each_ref().map(table)
    }

    /// For each *source* axis, the share of each of its voxels that the target covers.
    pub(crate) fn covered_shares(&self) -> [Vec<f64>; 3] {
        let mut shares = [Vec::new(), Vec::new(), Vec::new()];
        for map in &self.0 {
            let ends = [map.borders[0], map.borders[map.borders.len() - 1]];
            let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            shares[map.source_axis] = (0..map.source_size)
                .map(|cell| {
                    let cell = cell as f64;
                    (to.min(cell + 1.0) - from.max(cell)).max(0.0)
                })
                .collect();
        }
        shares
    }
}

/// Which source voxels make up each target voxel along one axis.
#[derive(Debug, Clone)]
pub(crate) struct AxisTable {
    source_axis: usize,
    /// First source voxel and position of the coefficients of each target voxel.
    rows: Vec<(usize, Range<usize>)>,
    coefficients: Vec<f32>,
}

impl AxisTable {
    /// Overlap of each source voxel with the target voxel, per target voxel.
    pub(crate) fn overlaps(map: &AxisMap) -> Self {
        Self::build(map, |from, to| {
            let (inside_from, inside_to) = (from.max(0.0), to.min(map.source_size as f64));
            box_row(inside_from, inside_to, to - from)
        })
    }

    /// Mean over the covered part where the target is as coarse as the source
    /// or coarser, linear interpolation at the target's centre where it is finer.
    pub(crate) fn means(map: &AxisMap) -> Self {
        let limit = map.source_size as f64;
        Self::build(map, |from, to| {
            if to - from > 1.0 - SNAP {
                let (inside_from, inside_to) = (from.max(0.0), to.min(limit));
                return box_row(inside_from, inside_to, inside_to - inside_from);
            }
            let centre = 0.5 * (from + to);
            if centre < 0.0 || centre > limit {
                return (0, Vec::new());
            }
            let index = (centre - 0.5).clamp(0.0, limit - 1.0);
            let first = index.floor();
            let share = index - first;
            let coefficients = if share > SNAP {
                vec![(1.0 - share) as f32, share as f32]
            } else {
                vec![1.0]
            };
            (first as usize, coefficients)
        })
    }

    fn build(map: &AxisMap, row: impl Fn(f64, f64) -> (usize, Vec<f32>)) -> Self {
        let mut coefficients = Vec::new();
        let rows = map
            .borders
            .windows(2)
            .map(|pair| {
                let (first, part) = row(pair[0].min(pair[1]), pair[0].max(pair[1]));
                let start = coefficients.len();
                coefficients.extend(part);
                (first, start..coefficients.len())
            })
            .collect();
        Self {
            source_axis: map.source_axis,
            rows,
            coefficients,
        }
    }

    /// Target voxels from the first to the last with a source voxel.
    pub(crate) fn used_range(&self) -> Range<usize> {
        let used = |row: &(usize, Range<usize>)| !row.1.is_empty();
        match self.rows.iter().position(used) {
            Some(first) => first..self.rows.iter().rposition(used).map_or(first, |at| at + 1),
            None => 0..0,
        }
    }

    /// Keeps the target voxels of a range alone.
    pub(crate) fn keep(&mut self, range: Range<usize>) {
        self.rows = self.rows[range].to_vec();
    }

    /// Source voxels and coefficients of a target voxel.
    fn row(&self, target: usize) -> (usize, &[f32]) {
        let (first, range) = &self.rows[target];
        (*first, &self.coefficients[range.clone()])
    }
}

/// Overlaps of unit cells with `from..to`, over `width`.
fn box_row(from: f64, to: f64, width: f64) -> (usize, Vec<f32>) {
    if to - from <= SNAP * width {
        return (0, Vec::new());
    }
    let first = from.floor() as usize;
    let coefficients = (first..to.ceil() as usize)
        .map(|cell| {
            let cell = cell as f64;
            ((to.min(cell + 1.0) - from.max(cell)) / width) as f32
        })
        .collect();
    (first, coefficients)
}

/// Carries `source` of `size` over to the target voxels of the tables.
pub(crate) fn apply(source: &[f32], size: [usize; 3], tables: &[AxisTable; 3]) -> Vec<f32> {
    let pitch = [1, size[0], size[0] * size[1]];
    // Strides and sizes of the source in the order of target axes.
    let stride = tables.each_ref().map(|table| pitch[table.source_axis]);
    let [m0, m1] = [0, 1].map(|axis: usize| size[tables[axis].source_axis]);
    let [n0, n1, n2] = tables.each_ref().map(|table| table.rows.len());
    let mut out = vec![0.0_f32; n0 * n1 * n2];
    if out.is_empty() {
        return out;
    }
    out.par_chunks_mut(n0 * n1).enumerate().for_each_init(
        || (vec![0.0_f32; m0 * m1], vec![0.0_f32; m0]),
        |(layer, line), (k, out)| {
            let (first, coefficients) = tables[2].row(k);
            if coefficients.is_empty() {
                return;
            }
            layer.fill(0.0);
            for (at, coefficient) in coefficients.iter().enumerate() {
                let start = (first + at) * stride[2];
                for (row, sums) in layer.chunks_exact_mut(m0).enumerate() {
                    let start = start + row * stride[1];
                    if stride[0] == 1 {
                        add_scaled(sums, &source[start..start + m0], *coefficient);
                    } else {
                        for (sum, value) in sums
                            .iter_mut()
                            .zip(source[start..].iter().step_by(stride[0]))
                        {
                            *sum += coefficient * value;
                        }
                    }
                }
            }
            for (j, out) in out.chunks_exact_mut(n0).enumerate() {
                let (first, coefficients) = tables[1].row(j);
                if coefficients.is_empty() {
                    continue;
                }
                line.fill(0.0);
                for (at, coefficient) in coefficients.iter().enumerate() {
                    let start = (first + at) * m0;
                    add_scaled(line, &layer[start..start + m0], *coefficient);
                }
                for (i, value) in out.iter_mut().enumerate() {
                    let (first, coefficients) = tables[0].row(i);
                    *value = coefficients
                        .iter()
                        .zip(&line[first.min(line.len())..])
                        .map(|(coefficient, value)| coefficient * value)
                        .sum();
                }
            }
        },
    );
    out
}

fn add_scaled(sums: &mut [f32], values: &[f32], coefficient: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += coefficient * value;
    }
}
