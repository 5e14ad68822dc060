//! Convolution of an activity volume with a voxel kernel.
//!
//! `E(x) = sum_d K(d) A(x - d)` over the kernel's box of offsets, zero outside
//! the grid. With `A` the activity (or decays) in each voxel, `E` is in the
//! same unit times the fraction of the emitted energy.
//!
//! The kernel is short, even along each axis, and nearly separable
//! (`separable.rs`), so the sum is taken axis by axis (`separable_sweep.rs`).

use rayon::prelude::*;

use crate::separable::SeparableKernel;
use crate::separable_sweep::sweep;
use crate::voxel_s::mirror_images;
use crate::{DosimetryError, VoxelKernel};

/// A voxel kernel made ready for convolution.
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    kernel: VoxelKernel,
    separable: SeparableKernel,
}

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
        Ok(sweep(&self.separable, activity, size))
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
