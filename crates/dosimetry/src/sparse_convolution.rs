//! The kernel summed voxel by voxel, for activity in few voxels.
//!
//! The separable form of [`crate::Convolution`] is exact to 1e-5 of the
//! largest dose, which is far below any image's noise but not below the
//! bremsstrahlung tail of a lone voxel, five orders under its centre.
//! Where so few voxels hold activity that the plain sum costs no more than
//! milliseconds, it is taken, in double precision and fixed order.

use crate::VoxelKernel;

/// Products of activity and kernel up to which the plain sum is taken:
/// about 20 ms on one core.
const PRODUCTS: usize = 20_000_000;

/// Energy deposited in each voxel, x fastest, in the unit of
/// [`crate::Convolution::apply`]; `None` when too many voxels hold activity.
pub(crate) fn sparse_convolution(
    kernel: &VoxelKernel,
    activity: &[f32],
    size: [usize; 3],
) -> Option<Vec<f32>> {
    let half = kernel.half_width();
    let of_one: usize = half.iter().map(|half| 2 * half + 1).product();
    let most = PRODUCTS / of_one;
    let sources: Vec<usize> = activity
        .iter()
        .enumerate()
        .filter(|(_, value)| value.abs() > 0.0)
        .map(|(at, _)| at)
        .take(most + 1)
        .collect();
    if sources.len() > most {
        return None;
    }
    let [nx, ny, nz] = size;
    let [ni, nj, _] = half.map(|half| half + 1);
    let octant = kernel.octant();
    let mut energy = vec![0.0_f64; activity.len()];
    for source in sources {
        let value = f64::from(activity[source]);
        let (x, y, z) = (source % nx, source / nx % ny, source / (nx * ny));
        let reach =
            |at: usize, half: usize, n: usize| at.saturating_sub(half)..n.min(at + half + 1);
        for to_z in reach(z, half[2], nz) {
            for to_y in reach(y, half[1], ny) {
                let weights = &octant[ni * (y.abs_diff(to_y) + nj * z.abs_diff(to_z))..][..ni];
                let row = nx * (to_y + ny * to_z);
                for to_x in reach(x, half[0], nx) {
                    energy[row + to_x] += value * weights[x.abs_diff(to_x)];
                }
            }
        }
    }
    Some(energy.into_iter().map(|value| value as f32).collect())
}

#[cfg(test)]
mod tests {
    use sirt_quantity::Density;

    use super::*;
    use crate::{Convolution, KernelMedium, PointKernel};

    fn kernel() -> VoxelKernel {
        VoxelKernel::new(
            &PointKernel::y90().unwrap(),
            KernelMedium::SoftTissue,
            Density::from_g_per_ml(1.0),
            [3.0, 2.5, 4.0],
        )
        .unwrap()
    }

    #[test]
    fn equals_the_sum_over_all_offsets() {
        let size = [12, 9, 10];
        let mut activity = vec![0.0; 12 * 9 * 10];
        for (at, value) in [(0, 3.0), (100, 1.0), (777, 5.0), (1079, 2.0)] {
            activity[at] = value;
        }
        let sparse = sparse_convolution(&kernel(), &activity, size).unwrap();
        let direct = Convolution::new(kernel())
            .apply_directly(&activity, size)
            .unwrap();
        for (a, b) in sparse.iter().zip(&direct) {
            // Half an ulp of single precision.
            assert!((f64::from(*a) - b).abs() <= 6e-8 * b.abs());
        }
    }

    #[test]
    fn leaves_a_full_volume_to_the_separable_form() {
        let size = [64, 64, 64];
        assert!(sparse_convolution(&kernel(), &vec![1.0; 64 * 64 * 64], size).is_none());
    }
}
