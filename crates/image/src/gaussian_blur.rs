//! The point spread of a scanner: a Gaussian, one axis after the other.
//!
//! Weight of a neighbour at `d` voxels: `Φ((d + ½)·Δ/σ) − Φ((d − ½)·Δ/σ)`,
//! with the voxel size `Δ`, `σ = FWHM/(2√(2 ln 2))` and the normal
//! distribution `Φ`, cut at 4σ and scaled to the sum 1.
//! So a blur keeps the sum of all voxels but for what it carries past the
//! border of the grid, which is lost, as it is for a scanner.

use rayon::prelude::*;
use sirt_quantity::Length;

use crate::Grid;

/// `2√(2 ln 2)`: full width at half maximum of a Gaussian over its σ.
const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_3;

/// Blurs the values of all voxels of a grid in place, the first axis fastest;
/// a full width at half maximum of 0 changes nothing.
///
/// Values past the last whole slice are left as they are.
pub fn gaussian_blur(values: &mut [f64], grid: &Grid, fwhm: Length) {
    let fwhm_mm = fwhm.as_mm();
    let [nx, ny, nz] = grid.size();
    let weights = grid.spacing_mm().map(|spacing| weights(fwhm_mm / spacing));
    // x and y inside a slice, which stays in the cache.
    values.par_chunks_mut(nx * ny).for_each(|slice| {
        let mut before = slice.to_vec();
        for (row, source) in slice.chunks_mut(nx).zip(before.chunks(nx)) {
            row.fill(0.0);
            for (tap, weight) in weights[0].iter().enumerate() {
                add_shifted(row, source, *weight, tap, weights[0].len() / 2);
            }
        }
        before.copy_from_slice(slice);
        slice.fill(0.0);
        for (tap, weight) in weights[1].iter().enumerate() {
            add_shifted(slice, &before, *weight, tap * nx, weights[1].len() / 2 * nx);
        }
    });
    if weights[2].len() == 1 {
        return;
    }
    let source = values.to_vec();
    values
        .par_chunks_mut(nx * ny)
        .enumerate()
        .for_each(|(k, slice)| {
            slice.fill(0.0);
            let reach = weights[2].len() / 2;
            for (tap, weight) in weights[2].iter().enumerate() {
                let Some(from) = (k + tap).checked_sub(reach).filter(|from| *from < nz) else {
                    continue;
                };
                let other = &source[from * nx * ny..(from + 1) * nx * ny];
                for (value, neighbour) in slice.iter_mut().zip(other) {
                    *value += weight * neighbour;
                }
            }
        });
}

/// Adds the weighted value that stands `tap − reach` further on, where there is one.
fn add_shifted(values: &mut [f64], source: &[f64], weight: f64, tap: usize, reach: usize) {
    let behind = reach.saturating_sub(tap).min(values.len());
    let ahead = tap.saturating_sub(reach).min(source.len());
    for (value, neighbour) in values[behind..].iter_mut().zip(&source[ahead..]) {
        *value += weight * neighbour;
    }
}

/// Weights of the neighbours for a width in voxels, an odd number of them.
fn weights(fwhm_voxels: f64) -> Vec<f64> {
    let sigma = fwhm_voxels / FWHM_PER_SIGMA;
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let reach = (4.0 * sigma).ceil();
    let scale = 1.0 / (sigma * std::f64::consts::SQRT_2);
    let mut weights = Vec::new();
    let mut d = -reach;
    while d <= reach {
        weights.push(libm::erf((d + 0.5) * scale) - libm::erf((d - 0.5) * scale));
        d += 1.0;
    }
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PatientPoint;

    #[test]
    fn keeps_the_sum_and_has_the_width() {
        let grid =
            Grid::axis_aligned([41, 41, 31], [2.0, 2.0, 3.0], PatientPoint::default()).unwrap();
        let mut values = vec![0.0; grid.voxel_count()];
        values[grid.linear([20, 20, 15])] = 8.0;
        gaussian_blur(&mut values, &grid, Length::from_mm(12.0));
        assert!((values.iter().sum::<f64>() - 8.0).abs() < 1e-9);
        let variance = |axis: usize| {
            values
                .iter()
                .enumerate()
                .map(|(at, value)| {
                    let middle = [20.0, 20.0, 15.0][axis];
                    let d = (grid.index(at)[axis] as f64 - middle) * grid.spacing_mm()[axis];
                    value * d * d
                })
                .sum::<f64>()
                / 8.0
        };
        let sigma2 = (12.0 / FWHM_PER_SIGMA) * (12.0 / FWHM_PER_SIGMA);
        for axis in 0..3 {
            // A voxel integral widens by the variance of a box, d^2/12; the
            // cut at 4 sigma takes under 0.2 % of the variance.
            let spacing = grid.spacing_mm()[axis];
            let expected = sigma2 + spacing * spacing / 12.0;
            assert!((variance(axis) / expected - 1.0).abs() < 2e-3);
        }
    }

    #[test]
    fn no_width_changes_nothing() {
        let grid = Grid::axis_aligned([3, 3, 3], [2.0; 3], PatientPoint::default()).unwrap();
        let before: Vec<f64> = (0..27).map(f64::from).collect();
        let mut values = before.clone();
        gaussian_blur(&mut values, &grid, Length::ZERO);
        assert_eq!(values, before);
    }
}
