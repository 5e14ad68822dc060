//! Convolution of an activity volume with a voxel kernel.
//!
//! `E(x) = sum_d K(d) A(x - d)` over the kernel's box of offsets, zero outside
//! the grid. With `A` the activity (or decays) in each voxel, `E` is in the
//! same unit times the fraction of the emitted energy.
//!
//! The kernel is short, even along each axis, and nearly separable
//! (`separable.rs`), so the sum is taken axis by axis: weighted sums of planes
//! along z, of rows along y, of shifted rows along x. One output plane is
//! one task; its rows pass through a ring of as many rows as the kernel is
//! wide, so that all intermediate values stay in the cache and none is
//! computed twice. Only the part of each row that activity can reach is
//! touched, in the input and in the output: patients are mostly empty.
//!
//! Results are the same bits with any number of threads: each voxel is summed
//! in one order, which depends on the input alone.

use rayon::prelude::*;

use crate::row_sums::{MOST_OUTPUTS, RowSums};
use crate::separable::SeparableKernel;
use crate::voxel_s::mirror_images;
use crate::{DosimetryError, VoxelKernel};

/// Columns are taken in steps of this many, so that vector instructions need
/// no remainder except at the end of a row.
const STEP: usize = 8;

/// A voxel kernel made ready for convolution.
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    kernel: VoxelKernel,
    separable: SeparableKernel,
}

/// Columns of a row that are not all zero.
type Columns = std::ops::Range<usize>;

impl Convolution {
    /// Prepares a kernel: finds its shortest separable form.
    #[must_use]
    pub fn new(kernel: VoxelKernel) -> Self {
        let separable = SeparableKernel::new(&kernel);
        Self { kernel, separable }
    }

    /// The kernel.
    #[must_use]
    pub fn kernel(&self) -> &VoxelKernel {
        &self.kernel
    }

    /// Largest difference between [`Convolution::apply`] and direct summation,
    /// relative to the largest value of the result, proven for any activity
    /// without negative values; rounding in single precision (below 1e-6)
    /// comes on top.
    #[must_use]
    pub fn relative_error_bound(&self) -> f64 {
        self.separable.error_bound()
    }

    /// Energy deposited in each voxel, in units of `activity` times the energy
    /// emitted per decay.
    ///
    /// `activity` has `size` voxels, x fastest, all finite; its spacing is that of the
    /// kernel, which is the caller's to see to. Peak memory is the input, the
    /// result and a few rows.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] when `activity` has not as many voxels as
    /// `size` says.
    pub fn apply(&self, activity: &[f32], size: [usize; 3]) -> Result<Vec<f32>, DosimetryError> {
        check_size(activity, size)?;
        let [nx, ny, nz] = size;
        let mut energy = vec![0.0_f32; activity.len()];
        if activity.is_empty() {
            return Ok(energy);
        }
        let mut filled = vec![0..0; ny * nz];
        filled
            .par_chunks_mut(ny)
            .zip(activity.par_chunks(nx * ny))
            .for_each(|(filled, plane)| {
                for (columns, row) in filled.iter_mut().zip(plane.chunks_exact(nx)) {
                    *columns = filled_columns(row);
                }
            });
        let task = Task {
            form: &self.separable,
            activity,
            size,
            filled: &filled,
        };
        energy.par_chunks_mut(nx * ny).enumerate().for_each_init(
            || Scratch::new(&task),
            |scratch, (z, plane)| {
                task.plane(z, scratch, plane);
            },
        );
        debug_assert_eq!(energy.len(), nx * ny * nz);
        Ok(energy)
    }

    /// [`Convolution::apply`] by summing over every offset in double precision:
    /// the reference that the fast way is tested against, hundreds of times
    /// slower.
    ///
    /// # Errors
    /// As [`Convolution::apply`].
    pub fn apply_directly(
        &self,
        activity: &[f32],
        size: [usize; 3],
    ) -> Result<Vec<f64>, DosimetryError> {
        check_size(activity, size)?;
        let [nx, ny, nz] = size;
        let half = self.kernel.half_width();
        let [ni, nj, _] = half.map(|half| half + 1);
        let octant = self.kernel.octant();
        let mut energy = vec![0.0_f64; activity.len()];
        if activity.is_empty() {
            return Ok(energy);
        }
        energy
            .par_chunks_mut(nx)
            .enumerate()
            .for_each(|(row, target)| {
                let (y, z) = (row % ny, row / ny);
                for from_z in z.saturating_sub(half[2])..nz.min(z + half[2] + 1) {
                    for from_y in y.saturating_sub(half[1])..ny.min(y + half[1] + 1) {
                        let (dy, dz) = (y.abs_diff(from_y), z.abs_diff(from_z));
                        let weights = &octant[ni * (dy + nj * dz)..][..ni];
                        let source = &activity[nx * (from_y + ny * from_z)..][..nx];
                        for (x, sum) in target.iter_mut().enumerate() {
                            let first = x.saturating_sub(half[0]);
                            let last = nx.min(x + half[0] + 1);
                            for (from_x, value) in source[first..last].iter().enumerate() {
                                *sum += weights[x.abs_diff(first + from_x)] * f64::from(*value);
                            }
                        }
                    }
                }
            });
        Ok(energy)
    }

    /// Energy that lands in the kernel's box of offsets but outside the grid,
    /// in the unit of [`Convolution::apply`].
    ///
    /// From the kernel and the activity near the faces alone, not from the
    /// result: `sum(activity) = sum(result) + left the grid + radiated` is a
    /// check of the convolution.
    ///
    /// # Errors
    /// As [`Convolution::apply`].
    pub fn energy_leaving_grid(
        &self,
        activity: &[f32],
        size: [usize; 3],
    ) -> Result<f64, DosimetryError> {
        check_size(activity, size)?;
        let [nx, ny, nz] = size;
        if activity.is_empty() {
            return Ok(0.0);
        }
        let corner = CornerSums::new(&self.kernel);
        let half = self.kernel.half_width();
        let all = self.kernel.deposited();
        let rows: Vec<f64> = activity
            .par_chunks(nx)
            .enumerate()
            .map(|(row, values)| {
                let (y, z) = (row % ny, row / ny);
                let inner_row =
                    y >= half[1] && y + half[1] < ny && z >= half[2] && z + half[2] < nz;
                let mut lost = 0.0;
                let mut x = 0;
                while x < nx {
                    if inner_row && x >= half[0] && x + half[0] < nx {
                        // All that lies between is far from every face.
                        x = nx - half[0];
                        continue;
                    }
                    let value = f64::from(values[x]);
                    if value.abs() > 0.0 {
                        lost += value * (all - corner.inside([x, y, z], size));
                    }
                    x += 1;
                }
                lost
            })
            .collect();
        Ok(rows.iter().sum())
    }
}

fn check_size(activity: &[f32], size: [usize; 3]) -> Result<(), DosimetryError> {
    let voxels = size
        .iter()
        .try_fold(1_usize, |n, axis| n.checked_mul(*axis));
    if voxels == Some(activity.len()) {
        return Ok(());
    }
    Err(DosimetryError::OutOfRange {
        what: "number of voxels of the activity",
        value: format!("{} for a size of {size:?}", activity.len()),
        allowed: "the product of the size",
    })
}

/// Columns from the first to the last that is not zero, widened to steps.
fn filled_columns(row: &[f32]) -> Columns {
    const BLOCK: usize = 32;
    // The sign bit shifted out, so that a negative zero is zero.
    let some = |values: &[f32]| values.iter().fold(0, |bits, v| bits | (v.to_bits() << 1)) != 0;
    let Some(first) = row.chunks(BLOCK).position(some) else {
        return 0..0;
    };
    let last = row.chunks(BLOCK).rposition(some).unwrap_or(first);
    let inside = &row[first * BLOCK..row.len().min((last + 1) * BLOCK)];
    let nonzero = |value: &f32| value.to_bits() << 1 != 0;
    let from = first * BLOCK + inside.iter().position(nonzero).unwrap_or(0);
    let to = first * BLOCK + inside.iter().rposition(nonzero).map_or(0, |last| last + 1);
    from / STEP * STEP..row.len().min(to.next_multiple_of(STEP))
}

fn joined(a: &Columns, b: &Columns) -> Columns {
    if a.is_empty() {
        b.clone()
    } else if b.is_empty() {
        a.clone()
    } else {
        a.start.min(b.start)..a.end.max(b.end)
    }
}

/// What all planes of one convolution share.
struct Task<'a> {
    form: &'a SeparableKernel,
    activity: &'a [f32],
    size: [usize; 3],
    /// By row: columns that hold activity.
    filled: &'a [Columns],
}

/// Rows in the making, reused from plane to plane.
struct Scratch {
    /// Sums along z: by row modulo the ring's length, z kernel, column.
    ring: Vec<f32>,
    /// By row of the ring: columns that are not zero.
    ring_filled: Vec<Columns>,
    /// Sums along y: by x kernel, column, with a margin for the shifts along x.
    rows: Vec<f32>,
    rows_filled: Columns,
    pairs: Vec<[usize; 2]>,
    weights: Vec<f32>,
}

impl Scratch {
    fn new(task: &Task<'_>) -> Self {
        let form = task.form;
        let length = 2 * form.half_width[1] + 1;
        let stride = task.size[0].next_multiple_of(STEP);
        Self {
            ring: vec![0.0; length * form.z_kernels * stride],
            ring_filled: vec![0..0; length],
            rows: vec![0.0; form.x_kernels * task.row_stride()],
            rows_filled: 0..0,
            pairs: Vec::new(),
            weights: Vec::new(),
        }
    }
}

impl Task<'_> {
    /// Free columns on each side of a row of sums along y.
    fn margin(&self) -> usize {
        self.form.half_width[0].next_multiple_of(STEP)
    }

    fn row_stride(&self) -> usize {
        self.size[0].next_multiple_of(STEP) + 2 * self.margin()
    }

    /// Computes one plane of the result, given as zeros.
    fn plane(&self, z: usize, scratch: &mut Scratch, plane: &mut [f32]) {
        let [nx, ny, nz] = self.size;
        let [half_x, half_y, half_z] = self.form.half_width;
        let length = 2 * half_y + 1;
        let planes = z.saturating_sub(half_z)..nz.min(z + half_z + 1);
        for slot in 0..length {
            clear_slot(
                scratch,
                slot,
                self.form.z_kernels,
                nx.next_multiple_of(STEP),
            );
        }
        for reached in 0..ny + half_y {
            let slot = reached % length;
            clear_slot(
                scratch,
                slot,
                self.form.z_kernels,
                nx.next_multiple_of(STEP),
            );
            if reached < ny {
                let columns = planes
                    .clone()
                    .map(|from_z| &self.filled[reached + ny * from_z])
                    .fold(0..0, |sum, columns| joined(&sum, columns));
                if !columns.is_empty() {
                    self.sum_along_z(z, reached, slot, columns, scratch);
                }
            }
            let Some(y) = reached.checked_sub(half_y) else {
                continue;
            };
            let columns = scratch
                .ring_filled
                .iter()
                .fold(0..0, |sum, columns| joined(&sum, columns));
            if columns.is_empty() {
                continue;
            }
            self.sum_along_y(y, columns.clone(), scratch);
            let touched = columns.start.saturating_sub(half_x) / STEP * STEP
                ..nx.min((columns.end + half_x).next_multiple_of(STEP));
            self.sum_along_x(touched, scratch, &mut plane[nx * y..][..nx]);
        }
    }

    fn sum_along_z(&self, z: usize, y: usize, slot: usize, columns: Columns, s: &mut Scratch) {
        let [nx, ny, nz] = self.size;
        let stride = nx.next_multiple_of(STEP);
        let kernels = self.form.z_kernels;
        s.pairs.clear();
        s.weights.clear();
        for (distance, weights) in self.form.along_z.chunks_exact(kernels).enumerate() {
            let row = |from_z: usize| nx * (y + ny * from_z);
            let before = z.checked_sub(distance).map(row);
            let after = Some(z + distance).filter(|from_z| *from_z < nz).map(row);
            let (pair, factor) = match (before, after) {
                (Some(before), Some(after)) => ([before, after], 1.0),
                // Twice the one row that there is, at half the weight: exact.
                (Some(only), None) | (None, Some(only)) => ([only, only], 0.5),
                (None, None) => break,
            };
            s.pairs.push(pair);
            s.weights
                .extend(weights.iter().map(|weight| weight * factor));
        }
        s.ring_filled[slot] = columns.clone();
        let target = &mut s.ring[slot * kernels * stride..][..kernels * stride];
        in_groups(kernels, &s.pairs, &s.weights, |first, count, weights| {
            RowSums {
                source: self.activity,
                pairs: &s.pairs,
                weights,
                columns: columns.clone(),
                stride,
            }
            .write(count, &mut target[first * stride..]);
        });
    }

    fn sum_along_y(&self, y: usize, columns: Columns, s: &mut Scratch) {
        let stride = self.size[0].next_multiple_of(STEP);
        let half = self.form.half_width[1];
        let length = 2 * half + 1;
        let (margin, row_stride) = (self.margin(), self.row_stride());
        let old = std::mem::replace(&mut s.rows_filled, columns.clone());
        for row in s.rows.chunks_exact_mut(row_stride) {
            row[margin + old.start..margin + old.end].fill(0.0);
        }
        for block in &self.form.middle {
            s.pairs.clear();
            for p in block.from.clone() {
                for distance in 0..=half {
                    // One ring length more keeps the subtraction above zero.
                    let row = |y: usize| (y % length * self.form.z_kernels + p) * stride;
                    s.pairs
                        .push([row(y + length - distance), row(y + distance)]);
                }
            }
            RowSums {
                source: &s.ring,
                pairs: &s.pairs,
                weights: &block.weights,
                columns: columns.clone(),
                stride: row_stride,
            }
            .write(
                block.to.len(),
                &mut s.rows[block.to.start * row_stride + margin..],
            );
        }
    }

    fn sum_along_x(&self, columns: Columns, s: &mut Scratch, row: &mut [f32]) {
        let (margin, row_stride) = (self.margin(), self.row_stride());
        s.pairs.clear();
        for q in 0..self.form.x_kernels {
            let start = q * row_stride + margin;
            s.pairs
                .extend((0..=self.form.half_width[0]).map(|d| [start - d, start + d]));
        }
        RowSums {
            source: &s.rows,
            pairs: &s.pairs,
            weights: &self.form.along_x,
            columns,
            stride: row.len(),
        }
        .write(1, row);
    }
}

/// Makes a row of the ring zero again.
fn clear_slot(scratch: &mut Scratch, slot: usize, kernels: usize, stride: usize) {
    let old = std::mem::replace(&mut scratch.ring_filled[slot], 0..0);
    if !old.is_empty() {
        for row in
            scratch.ring[slot * kernels * stride..][..kernels * stride].chunks_exact_mut(stride)
        {
            row[old.clone()].fill(0.0);
        }
    }
}

/// Calls `sum` for groups of at most [`MOST_OUTPUTS`] of `outputs` with the
/// weights of that group.
fn in_groups(
    outputs: usize,
    pairs: &[[usize; 2]],
    weights: &[f32],
    mut sum: impl FnMut(usize, usize, &[f32]),
) {
    if outputs <= MOST_OUTPUTS {
        return sum(0, outputs, weights);
    }
    for first in (0..outputs).step_by(MOST_OUTPUTS) {
        let count = MOST_OUTPUTS.min(outputs - first);
        let group: Vec<f32> = (0..pairs.len())
            .flat_map(|pair| &weights[pair * outputs + first..][..count])
            .copied()
            .collect();
        sum(first, count, &group);
    }
}

/// Sums of the kernel over boxes with one corner at the source.
struct CornerSums {
    n: [usize; 3],
    /// Sum over distances 0 to (i, j, k), those at 0 counted half for each axis.
    sums: Vec<f64>,
}

impl CornerSums {
    fn new(kernel: &VoxelKernel) -> Self {
        let n = kernel.half_width().map(|half| half + 1);
        let mut sums = kernel.octant().to_vec();
        let index = |place: [usize; 3]| place[0] + n[0] * (place[1] + n[1] * place[2]);
        for k in 0..n[2] {
            for j in 0..n[1] {
                for i in 0..n[0] {
                    let shared = mirror_images(i) * mirror_images(j) * mirror_images(k) / 8.0;
                    sums[index([i, j, k])] *= shared;
                }
            }
        }
        for axis in 0..3 {
            for k in 0..n[2] {
                for j in 0..n[1] {
                    for i in 0..n[0] {
                        let place = [i, j, k];
                        if place[axis] > 0 {
                            let mut previous = place;
                            previous[axis] -= 1;
                            sums[index(place)] += sums[index(previous)];
                        }
                    }
                }
            }
        }
        Self { n, sums }
    }

    /// Fraction of what a voxel emits that lands in the grid.
    fn inside(&self, place: [usize; 3], size: [usize; 3]) -> f64 {
        // Voxels of the grid on either side of the place, as far as the kernel goes.
        let sides: [[usize; 2]; 3] = std::array::from_fn(|axis| {
            let most = self.n[axis] - 1;
            [
                place[axis].min(most),
                (size[axis] - 1 - place[axis]).min(most),
            ]
        });
        let mut sum = 0.0;
        for k in sides[2] {
            for j in sides[1] {
                for i in sides[0] {
                    sum += self.sums[i + self.n[0] * (j + self.n[1] * k)];
                }
            }
        }
        sum
    }
}
