//! One pass over a volume that convolves it with a kernel in separable form.
//!
//! Weighted sums of planes along z, of rows along y, of shifted rows along x.
//! The volume is cut into slabs of planes, one task each; a slab into tiles of
//! columns and rows. A tile is narrow enough that the rows in the making (a
//! ring of as many rows as the kernel is wide) stay in the first-level cache,
//! and low enough that the planes that it needs stay in the second. These are
//! copied side by side first: planes of a volume often lie a power of two
//! bytes apart, where they push each other out of the cache. Only the part of
//! each row that activity can reach is touched, in the input and in the
//! output: patients are mostly empty.
//!
//! Along x the rows of all x kernels are combined first, one combination for
//! each distance, and shifted then: loads that are not aligned cost most, and
//! so they are needed once for each distance, not for each kernel too.
//!
//! Results are the same bits with any number of threads: each voxel is summed
//! in one order, which depends on the input alone.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::row_sums::{MOST_OUTPUTS, RowSums, add_shifted};
use crate::separable::{MiddleBlock, SeparableKernel};

/// Columns are taken in steps of this many: one vector of the widest kind.
const STEP: usize = 16;

/// Planes of one task: enough that planes read by two tasks are few, few
/// enough that the last task does not keep the others waiting.
const SLAB: usize = 12;

/// Bytes that the ring of rows may take. More than a first-level cache holds,
/// found by trying: narrower tiles compute more around them than they save.
const RING_BYTES: usize = 80 * 1024;

/// Bytes that the planes of a tile may take: second-level caches hold 512 KiB
/// to 2 MiB, and 1 MB was the fastest where there is 1 MiB.
const PLANES_BYTES: usize = 1_000_000;

/// Narrowest and lowest tile: what lies around it is computed twice.
const NARROWEST_TILE: usize = 64;
const LOWEST_TILE: usize = 32;

/// Columns of a row that are not all zero.
type Columns = std::ops::Range<usize>;

/// Convolves `activity` of `size` voxels (x fastest) with a kernel; zero
/// outside the grid.
pub(crate) fn sweep(form: &SeparableKernel, activity: &[f32], size: [usize; 3]) -> Vec<f32> {
    sweep_on(pulp::Arch::new(), form, activity, size)
}

/// [`sweep`] by the vector instructions of `arch`.
fn sweep_on(
    arch: pulp::Arch,
    form: &SeparableKernel,
    activity: &[f32],
    size: [usize; 3],
) -> Vec<f32> {
    let [nx, ny, _] = size;
    let mut energy = vec![0.0_f32; activity.len()];
    if activity.is_empty() {
        return energy;
    }
    let filled: Vec<Columns> = activity.par_chunks(nx).map(filled_columns).collect();
    let task = Sweep::new(form, activity, size, filled);
    energy
        .par_chunks_mut(nx * ny * SLAB)
        .enumerate()
        .for_each_init(
            || Scratch::new(&task),
            |scratch, (slab, planes)| {
                arch.dispatch(Slab {
                    task: &task,
                    first: slab * SLAB,
                    scratch,
                    planes,
                });
            },
        );
    energy
}

/// Columns from the first to the last that is not zero.
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
    from..to
}

fn joined(a: Columns, b: &Columns) -> Columns {
    if a.is_empty() {
        b.clone()
    } else if b.is_empty() {
        a
    } else {
        a.start.min(b.start)..a.end.max(b.end)
    }
}

fn within(inner: &Columns, outer: &Columns) -> bool {
    inner.is_empty() || (outer.start <= inner.start && inner.end <= outer.end)
}

/// What all slabs of one convolution share.
struct Sweep<'a> {
    form: &'a SeparableKernel,
    activity: &'a [f32],
    size: [usize; 3],
    /// By row, plane: columns that hold activity.
    filled: Vec<Columns>,
    /// The same for sums along z.
    filled_along_z: Vec<Columns>,
    /// Columns and rows of a tile without what lies around it.
    tile: [usize; 2],
    /// Columns of a tile with those around it, from which activity reaches in.
    width: usize,
    z_weights: Vec<Group>,
    /// By slot of the middle plane: the planes on both sides by distance, as
    /// columns of a row of the tile's planes.
    plane_pairs: Vec<Vec<[usize; 2]>>,
    /// By slot of the middle row, block of the y kernels: the rows of the ring
    /// on both sides, by z kernel, distance.
    ring_pairs: Vec<Vec<Vec<[usize; 2]>>>,
    /// By x kernel: start of its row of sums along y (twice).
    x_rows: Vec<[usize; 2]>,
    /// Weights by x kernel, distance along x (fastest).
    x_weights: Vec<Group>,
}

/// Outputs of one call of [`RowSums`] and their weights.
struct Group {
    outputs: std::ops::Range<usize>,
    /// By pair, output (fastest).
    weights: Vec<f32>,
}

/// Weights by pair, output (fastest), in groups of at most [`MOST_OUTPUTS`]
/// outputs.
fn in_groups(outputs: usize, weights: &[f32]) -> Vec<Group> {
    (0..outputs)
        .step_by(MOST_OUTPUTS)
        .map(|first| {
            let group = first..outputs.min(first + MOST_OUTPUTS);
            let weights = weights
                .chunks_exact(outputs)
                .flat_map(|weights| &weights[group.clone()])
                .copied()
                .collect();
            Group {
                outputs: group,
                weights,
            }
        })
        .collect()
}

/// Rows in the making, reused from plane to plane. Their columns are those of
/// the tile with a margin on each side; what lies outside the ranges that are
/// kept beside them is zero.
struct Scratch {
    /// Activity of the tile and around it: by row, plane modulo the kernel's
    /// width, column.
    planes: Vec<f32>,
    planes_filled: Vec<Columns>,
    /// Sums along z: by row modulo the kernel's width, z kernel, column.
    ring: Vec<f32>,
    ring_filled: Vec<Columns>,
    /// Sums along y: by x kernel, column.
    rows: Vec<f32>,
    /// Combinations of the rows for each distance along x: by distance, column.
    shares: Vec<f32>,
    shares_filled: Columns,
}

impl Scratch {
    fn new(task: &Sweep<'_>) -> Self {
        let (form, width) = (task.form, task.width);
        let [reach_x, reach_y, _] = form.half_width;
        let rows = task.tile[1] + 2 * reach_y;
        Self {
            planes: vec![0.0; rows * task.slots(2) * width],
            planes_filled: vec![0..0; rows * task.slots(2)],
            ring: vec![0.0; task.slots(1) * form.z_kernels * width],
            ring_filled: vec![0..0; task.slots(1)],
            rows: vec![0.0; form.x_kernels * width],
            shares: vec![0.0; (reach_x + 1) * width],
            shares_filled: 0..0,
        }
    }
}

/// One task, made for the vector instructions of the machine.
struct Slab<'a, 'b> {
    task: &'a Sweep<'b>,
    /// Its first plane.
    first: usize,
    scratch: &'a mut Scratch,
    /// Its planes of the result, zeros.
    planes: &'a mut [f32],
}

impl WithSimd for Slab<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.task.slab(simd, self.first, self.scratch, self.planes);
    }
}

/// The columns and rows that one tile computes.
struct Tile {
    columns: Columns,
    rows: std::ops::Range<usize>,
}

impl<'a> Sweep<'a> {
    fn new(
        form: &'a SeparableKernel,
        activity: &'a [f32],
        size: [usize; 3],
        filled: Vec<Columns>,
    ) -> Self {
        let [nx, ny, nz] = size;
        let [reach_x, reach_y, reach_z] = form.half_width;
        let [_, slots_y, slots_z] = form.half_width.map(|reach| 2 * reach + 1);

        let ring_column = (slots_y * form.z_kernels * size_of::<f32>()).max(1);
        let widest = (RING_BYTES / ring_column)
            .saturating_sub(2 * reach_x)
            .max(NARROWEST_TILE);
        let tile_columns = nx.div_ceil(nx.div_ceil(widest));
        let width = (tile_columns + 2 * reach_x).next_multiple_of(STEP);
        let planes_row = slots_z * width * size_of::<f32>();
        let fits = (PLANES_BYTES / planes_row).saturating_sub(2 * reach_y);
        let tile_rows = fits.max(LOWEST_TILE).min(ny);

        let filled_along_z = (0..nz)
            .into_par_iter()
            .flat_map_iter(|z| {
                let planes = z.saturating_sub(reach_z)..nz.min(z + reach_z + 1);
                let filled = &filled;
                (0..ny).map(move |y| {
                    let rows = planes.clone().map(|z| &filled[y + ny * z]);
                    rows.fold(0..0, joined)
                })
            })
            .collect();
        let ring_pairs = |middle: usize, block: &MiddleBlock| {
            let distances = block.distances;
            block
                .from
                .clone()
                .flat_map(|p| {
                    (0..distances).map(move |distance| {
                        let row = |slot: usize| (slot % slots_y * form.z_kernels + p) * width;
                        [row(middle + slots_y - distance), row(middle + distance)]
                    })
                })
                .collect()
        };
        let plane_pairs = |middle: usize| {
            (0..=reach_z)
                .map(|distance| {
                    [middle + slots_z - distance, middle + distance]
                        .map(|slot| slot % slots_z * width)
                })
                .collect()
        };
        Self {
            form,
            activity,
            size,
            filled,
            filled_along_z,
            tile: [tile_columns, tile_rows],
            width,
            z_weights: in_groups(form.z_kernels, &form.along_z),
            plane_pairs: (0..slots_z).map(plane_pairs).collect(),
            ring_pairs: (0..slots_y)
                .map(|middle| {
                    let blocks = form.middle.iter();
                    blocks.map(|block| ring_pairs(middle, block)).collect()
                })
                .collect(),
            x_rows: (0..form.x_kernels).map(|q| [q * width; 2]).collect(),
            x_weights: in_groups(reach_x + 1, &form.along_x),
        }
    }

    /// Voxels that the kernel is wide along an axis.
    fn slots(&self, axis: usize) -> usize {
        2 * self.form.half_width[axis] + 1
    }

    /// Computes the planes of the result from `first` on, given as zeros.
    #[inline(always)]
    fn slab<S: Simd>(&self, simd: S, first: usize, scratch: &mut Scratch, planes: &mut [f32]) {
        let [nx, ny, _] = self.size;
        let reach = self.form.half_width[2];
        for column in (0..nx).step_by(self.tile[0]) {
            for row in (0..ny).step_by(self.tile[1]) {
                let tile = Tile {
                    columns: column..nx.min(column + self.tile[0]),
                    rows: row..ny.min(row + self.tile[1]),
                };
                // Planes are counted from `reach` before the first of the grid.
                for z in first..first + 2 * reach {
                    self.load_plane(z, &tile, scratch);
                }
                for (z, plane) in planes.chunks_exact_mut(nx * ny).enumerate() {
                    self.load_plane(first + z + 2 * reach, &tile, scratch);
                    self.plane(simd, first + z, &tile, scratch, plane);
                }
            }
        }
    }

    /// Copies the part of a plane that a tile needs. `place` counts planes
    /// from the kernel's reach before the first plane of the grid.
    fn load_plane(&self, place: usize, tile: &Tile, s: &mut Scratch) {
        let [nx, ny, nz] = self.size;
        let [reach_x, reach_y, reach_z] = self.form.half_width;
        let (width, slots) = (self.width, self.slots(2));
        let z = place.checked_sub(reach_z).filter(|z| *z < nz);
        let rows = tile.rows.len() + 2 * reach_y;
        for row in 0..rows {
            let y = (tile.rows.start + row)
                .checked_sub(reach_y)
                .filter(|y| *y < ny);
            let source = y.zip(z).map(|(y, z)| y + ny * z);
            let columns = source.map_or(0..0, |row| self.in_tile(&self.filled[row], tile));
            let index = row * slots + place % slots;
            let old = std::mem::replace(&mut s.planes_filled[index], columns.clone());
            let target = &mut s.planes[index * width..][..width];
            if !within(&old, &columns) {
                target[old].fill(0.0);
            }
            if let Some(source) = source
                && !columns.is_empty()
            {
                // Before and past the row there is nothing to copy.
                let inside = columns
                    .start
                    .max(reach_x.saturating_sub(tile.columns.start))
                    ..columns.end.min(nx + reach_x - tile.columns.start);
                target[columns.start..inside.start].fill(0.0);
                target[inside.end..columns.end].fill(0.0);
                let first = nx * source + tile.columns.start + inside.start - reach_x;
                target[inside.clone()].copy_from_slice(&self.activity[first..][..inside.len()]);
            }
        }
    }

    /// Computes one tile of a plane.
    #[inline(always)]
    fn plane<S: Simd>(&self, simd: S, z: usize, tile: &Tile, s: &mut Scratch, plane: &mut [f32]) {
        let [nx, ny, _] = self.size;
        let reach = self.form.half_width[1];
        let slots = self.slots(1);
        let mut slot = 0;
        for row in 0..tile.rows.len() + 2 * reach {
            let y = (tile.rows.start + row)
                .checked_sub(reach)
                .filter(|y| *y < ny);
            let columns = y.map_or(0..0, |y| {
                self.in_tile(&self.filled_along_z[y + ny * z], tile)
            });
            self.sum_along_z(simd, z, row, slot, columns, s);
            if row >= 2 * reach {
                let columns = s.ring_filled.iter().fold(0..0, joined);
                if !columns.is_empty() {
                    // The newest row is half a ring ahead of the middle one.
                    let middle = (slot + reach + 1) % slots;
                    let y = tile.rows.start + row - 2 * reach;
                    self.sum_along_y(simd, middle, columns.clone(), s);
                    self.sum_along_x(simd, &columns, tile, s, &mut plane[nx * y..][..nx]);
                }
            }
            slot = if slot + 1 == slots { 0 } else { slot + 1 };
        }
    }

    /// The columns of the grid as columns of the tile with its margins,
    /// widened to steps.
    fn in_tile(&self, columns: &Columns, tile: &Tile) -> Columns {
        let reach = self.form.half_width[0];
        let start = columns.start.max(tile.columns.start.saturating_sub(reach));
        let end = columns.end.min(tile.columns.end + reach);
        if start >= end {
            return 0..0;
        }
        let local = |column: usize| column + reach - tile.columns.start;
        local(start) / STEP * STEP..local(end).next_multiple_of(STEP)
    }

    /// Fills a slot of the ring with the sums along z of one row, or with
    /// zeros if there are no columns to sum.
    #[inline(always)]
    fn sum_along_z<S: Simd>(
        &self,
        simd: S,
        z: usize,
        row: usize,
        slot: usize,
        columns: Columns,
        s: &mut Scratch,
    ) {
        let (width, slots) = (self.width, self.slots(2));
        let size = self.form.z_kernels * width;
        let target = &mut s.ring[slot * size..][..size];
        let old = std::mem::replace(&mut s.ring_filled[slot], columns.clone());
        if !within(&old, &columns) {
            for row in target.chunks_exact_mut(width) {
                row[old.clone()].fill(0.0);
            }
        }
        if columns.is_empty() {
            return;
        }
        let middle = (z + self.form.half_width[2]) % slots;
        for group in &self.z_weights {
            RowSums {
                source: &s.planes[row * slots * width..][..slots * width],
                pairs: &self.plane_pairs[middle],
                weights: &group.weights,
                columns: columns.clone(),
                stride: width,
            }
            .write::<S, true>(
                simd,
                group.outputs.len(),
                &mut target[group.outputs.start * width..],
            );
        }
    }

    /// Sums along y around the row in the slot `middle`, and their
    /// combinations for each distance along x.
    #[inline(always)]
    fn sum_along_y<S: Simd>(&self, simd: S, middle: usize, columns: Columns, s: &mut Scratch) {
        let width = self.width;
        for (block, pairs) in self.form.middle.iter().zip(&self.ring_pairs[middle]) {
            RowSums {
                source: &s.ring,
                pairs,
                weights: &block.weights,
                columns: columns.clone(),
                stride: width,
            }
            .write::<S, true>(
                simd,
                block.to.len(),
                &mut s.rows[block.to.start * width..],
            );
        }
        let old = std::mem::replace(&mut s.shares_filled, columns.clone());
        if !within(&old, &columns) {
            for share in s.shares.chunks_exact_mut(width) {
                share[old.clone()].fill(0.0);
            }
        }
        for group in &self.x_weights {
            RowSums {
                source: &s.rows,
                pairs: &self.x_rows,
                weights: &group.weights,
                columns: columns.clone(),
                stride: width,
            }
            .write::<S, false>(
                simd,
                group.outputs.len(),
                &mut s.shares[group.outputs.start * width..],
            );
        }
    }

    /// Shifts the combinations along x by their distances and adds them.
    #[inline(always)]
    fn sum_along_x<S: Simd>(
        &self,
        simd: S,
        columns: &Columns,
        tile: &Tile,
        s: &Scratch,
        row: &mut [f32],
    ) {
        let reach = self.form.half_width[0];
        let first = columns.start.saturating_sub(reach).max(reach);
        let end = (columns.end + reach).min(reach + tile.columns.len());
        if first < end {
            let target = &mut row[tile.columns.start + first - reach..][..end - first];
            add_shifted(simd, &s.shares, self.width, first, target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Convolution, KernelMedium, PointKernel, VoxelKernel};
    use sirt_quantity::Density;

    /// Every kind of vector instructions that this machine has.
    fn kinds() -> Vec<pulp::Arch> {
        let mut kinds = vec![pulp::Arch::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            kinds.extend(pulp::x86::V3::try_new().map(pulp::Arch::V3));
            kinds.extend(pulp::x86::V4::try_new().map(pulp::Arch::V4));
        }
        kinds
    }

    #[test]
    fn all_vector_instructions_give_the_direct_sum() {
        // Narrower, wider and longer than a vector, a tile and a slab; activity up
        // to the faces, with empty rows and planes between.
        for size in [[7, 5, 3], [70, 37, 29], [300, 9, 13]] {
            let voxels = VoxelKernel::new(
                &PointKernel::y90().unwrap(),
                KernelMedium::SoftTissue,
                Density::from_g_per_cm3(1.05),
                [3.0, 2.4, 4.0],
            )
            .unwrap();
            let convolution = Convolution::new(voxels);
            let mut state = 1_u32;
            let activity: Vec<f32> = (0..size.iter().product::<usize>())
                .map(|at| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let row = at / size[0];
                    let filled = row % 3 != 1 && row / size[1] % 5 != 2;
                    if filled { (state >> 8) as f32 } else { 0.0 }
                })
                .collect();
            let direct = convolution.apply_directly(&activity, size).unwrap();
            let largest = direct.iter().copied().fold(0.0, f64::max);
            for arch in kinds() {
                let form = SeparableKernel::new(convolution.kernel());
                let swept = sweep_on(arch, &form, &activity, size);
                let worst = swept
                    .iter()
                    .zip(&direct)
                    .map(|(a, b)| (f64::from(*a) - b).abs())
                    .fold(0.0, f64::max);
                // What is proven of the form, and rounding below 1e-6.
                assert!(
                    worst <= (form.error_bound() + 1e-6) * largest,
                    "{arch:?} {size:?}: {}",
                    worst / largest
                );
            }
        }
    }
}
