//! How well an image knows a structure's volume, and what follows from it.
//!
//! A structure is taken as the sphere of its volume `v` whose diameter `d` is
//! known to voxel size `a` and resolution `FWHM` at both ends:
//! `u(d)² = a²/6 + FWHM²/(4 ln 2)`, `u(v)/v = 3·u(d)/d`.
//! Drawn larger, it gains the concentration at its boundary, so counts follow
//! the volume with `d ln C/d ln v = C_boundary/C_mean`: in theory for a sphere
//! blurred by a Gaussian in cold surroundings, or as measured in the image.
//! Source: Gear 2018 (`gear2018`); derivation in `docs/methods/uncertainty.md`.

use sirt_image::{Volume, VoxelQuantity, WeightMask};
use sirt_quantity::{Capacity, Length};

use crate::{DosimetryError, dvh::SAME_GRID_MM};

/// `u(d) = √(a²/6 + FWHM²/(4 ln 2))`: each end of the diameter is uncertain by
/// a rectangle of one voxel (`a²/12`) and by the standard deviation of the
/// blur (`FWHM²/(8 ln 2)`).
#[must_use]
pub fn diameter_uncertainty(voxel_size: Length, fwhm: Length) -> Length {
    let (a, fwhm) = (voxel_size.as_mm(), fwhm.as_mm());
    Length::from_mm((a * a / 6.0 + fwhm * fwhm / (4.0 * std::f64::consts::LN_2)).sqrt())
}

/// `u(v)/v = 3·u(d)/d` of a sphere of the same volume.
///
/// `voxel_size` is the edge of a cube of one voxel's volume where voxels are
/// not cubes.
#[must_use]
pub fn relative_volume_uncertainty(volume: Capacity, voxel_size: Length, fwhm: Length) -> f64 {
    3.0 * (diameter_uncertainty(voxel_size, fwhm) / sphere_diameter(volume))
}

/// Diameter of the sphere of a volume.
#[must_use]
pub fn sphere_diameter(volume: Capacity) -> Length {
    Length::from_mm((6.0 * volume.as_mm3() / std::f64::consts::PI).cbrt())
}

/// Concentration on the boundary of a structure over its mean inside.
///
/// The boundary is where weights change: each face between two voxels counts
/// with its area times the change, and with the mean of both voxels' values.
/// `image` is the activity or the dose.
///
/// # Errors
/// [`DosimetryError::GridMismatch`] for different grids,
/// [`DosimetryError::EmptyStructure`] for one without weights,
/// [`DosimetryError::OutOfRange`] when the mean inside is not positive.
pub fn boundary_to_mean_ratio<Q: VoxelQuantity>(
    image: &Volume<Q>,
    structure: &WeightMask,
) -> Result<f64, DosimetryError> {
    let grid = image.grid();
    if !grid.matches(structure.grid(), SAME_GRID_MM) {
        return Err(DosimetryError::GridMismatch {
            what: "image and structure",
        });
    }
    if structure.is_empty() {
        return Err(DosimetryError::EmptyStructure);
    }
    let spacing = grid.spacing_mm();
    let (mut inside, mut weight_sum) = (0.0, 0.0);
    let (mut boundary, mut area_sum) = (0.0, 0.0);
    let (lower, box_size) = structure.bounding_box();
    let weights = structure.box_weights();
    let values = image.values();
    let strides = |size: [usize; 3]| [1, size[0], size[0] * size[1]];
    let (in_box, in_grid) = (strides(box_size), strides(grid.size()));
    for (place, weight) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
        let inner = [
            place % box_size[0],
            place / in_box[1] % box_size[1],
            place / in_box[2],
        ];
        let index: [usize; 3] = std::array::from_fn(|axis| lower[axis] + inner[axis]);
        let at = grid.linear(index);
        let value = f64::from(values[at]);
        let weight = f64::from(*weight);
        inside += weight * value;
        weight_sum += weight;
        for axis in 0..3 {
            let area = spacing[(axis + 1) % 3] * spacing[(axis + 2) % 3];
            // Only toward less weight: every face is met once.
            let mut meet = |is_in_box: bool, place: usize, at: usize| {
                let other = if is_in_box {
                    f64::from(weights[place])
                } else {
                    0.0
                };
                let change = weight - other;
                if change > 0.0 {
                    boundary += area * change * (value + f64::from(values[at])) / 2.0;
                    area_sum += area * change;
                }
            };
            if index[axis] > 0 {
                let before = place.wrapping_sub(in_box[axis]);
                meet(inner[axis] > 0, before, at - in_grid[axis]);
            }
            if index[axis] + 1 < grid.size()[axis] {
                let behind = place + in_box[axis];
                meet(inner[axis] + 1 < box_size[axis], behind, at + in_grid[axis]);
            }
        }
    }
    let mean = inside / weight_sum;
    if !(mean > 0.0 && area_sum > 0.0) {
        return Err(DosimetryError::OutOfRange {
            what: "mean of the image inside a structure with a boundary",
            value: mean.to_string(),
            allowed: "positive values",
        });
    }
    Ok(boundary / area_sum / mean)
}

/// Value on the surface of a uniform sphere of value 1 after a Gaussian blur.
///
/// `φ/2` of Gear 2018:
/// `½ erf(√2 r/σ) − σ/(√(2π) r)·(1 − e^(−2r²/σ²))` with the radius `r`.
#[must_use]
pub fn blurred_sphere_surface(diameter: Length, fwhm: Length) -> f64 {
    let ratio = radius_over_sigma(diameter, fwhm);
    let edge = (1.0 - (-2.0 * ratio * ratio).exp()) / ((2.0 * std::f64::consts::PI).sqrt() * ratio);
    statrs::function::erf::erf(std::f64::consts::SQRT_2 * ratio) / 2.0 - edge
}

/// Mean inside the surface of a uniform sphere of value 1 after a Gaussian
/// blur: its recovery in theory.
///
/// The blur's radial distribution, averaged over `1 − 3t/(4r) + t³/(16r³)`,
/// the overlap of the sphere with itself displaced by `t`.
#[must_use]
pub fn blurred_sphere_recovery(diameter: Length, fwhm: Length) -> f64 {
    let r = radius_over_sigma(diameter, fwhm);
    let a2 = 4.0 * r * r;
    let gauss = (-a2 / 2.0).exp();
    let front = (2.0 / std::f64::consts::PI).sqrt();
    let whole = statrs::function::erf::erf(std::f64::consts::SQRT_2 * r) - front * 2.0 * r * gauss;
    let linear = front * (2.0 - (2.0 + a2) * gauss);
    let cubic = front * (8.0 - (8.0 + 4.0 * a2 + a2 * a2) * gauss);
    whole - 0.75 * linear / r + cubic / (16.0 * r.powi(3))
}

fn radius_over_sigma(diameter: Length, fwhm: Length) -> f64 {
    let sigma_mm = fwhm.as_mm() / (8.0 * std::f64::consts::LN_2).sqrt();
    diameter.as_mm() / 2.0 / sigma_mm
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mm(value: f64) -> Length {
        Length::from_mm(value)
    }

    #[test]
    fn diameter_and_volume_of_the_test_vector() {
        // TV-C10: d 30 mm, a 4 mm, FWHM 6.5 mm.
        let u = diameter_uncertainty(mm(4.0), mm(6.5));
        assert!((u.as_mm() - 4.231).abs() < 0.5e-3);
        let volume = Capacity::from_mm3(std::f64::consts::PI * 30.0_f64.powi(3) / 6.0);
        assert!((sphere_diameter(volume).as_mm() - 30.0).abs() < 1e-9);
        let relative = relative_volume_uncertainty(volume, mm(4.0), mm(6.5));
        assert!((relative - 0.423).abs() < 0.5e-3);
    }

    /// Value at a distance from the centre of a blurred sphere of radius 1, by
    /// the closed form of the radial convolution.
    fn blurred(distance: f64, sigma: f64) -> f64 {
        let erf = |x: f64| statrs::function::erf::erf(x / (std::f64::consts::SQRT_2 * sigma));
        let gauss = |x: f64| (-x * x / (2.0 * sigma * sigma)).exp();
        0.5 * (erf(1.0 + distance) + erf(1.0 - distance))
            - sigma / ((2.0 * std::f64::consts::PI).sqrt() * distance)
                * (gauss(distance - 1.0) - gauss(distance + 1.0))
    }

    #[test]
    fn blurred_sphere_in_closed_form_is_its_integral() {
        for fwhm in [0.2, 1.0, 3.0] {
            let sigma = fwhm / (8.0 * std::f64::consts::LN_2).sqrt();
            let steps = 20_000;
            let mean: f64 = (0..steps)
                .map(|n| {
                    let t = (f64::from(n) + 0.5) / f64::from(steps);
                    3.0 * t * t * blurred(t, sigma) / f64::from(steps)
                })
                .sum();
            let closed = blurred_sphere_recovery(mm(2.0), mm(fwhm));
            assert!((closed - mean).abs() < 1e-7, "FWHM {fwhm}: {closed} {mean}");
            let surface = blurred_sphere_surface(mm(2.0), mm(fwhm));
            assert!((surface - blurred(1.0, sigma)).abs() < 1e-9);
        }
    }
}
