//! Counts of regions in an image of known resolution.
//!
//! A region `j` of uniform concentration `C_j` (counts/mL) and weights
//! `w_j(v)` shows in voxel `v` as `C_j·V·(h ∗ w_j)(v)` with the voxel volume
//! `V` and the point spread `h`. The counts that a region `i` holds are then
//!
//! `S_i = Σ_v w_i(v)·c(v) = Σ_j G_ij·C_j`,  `G_ij = V·Σ_v w_i·(h ∗ w_j)`
//!
//! so the concentrations are `C = G⁻¹·S`: the geometric transfer matrix.
//! Without a point spread `G` holds overlaps only, and `C_i` is the mean that
//! the image shows.
//!
//! Counting noise: the image is a filter `f` of independent Poisson counts
//! `n`, `c = f ∗ n`, so `S_i = Σ_v n·(f ∗ w_i)` has the covariance
//! `M_ij = Σ_v (f ∗ w_i)·(f ∗ w_j)·λ`, `λ ≈ c`, and `C` that of
//! `G⁻¹·M·G⁻ᵀ`. With an unknown filter (0) small regions get an upper bound.
//! Iterative reconstructions and images of scaled counts have another noise;
//! for them this is an estimate of its order.
//!
//! Assumes uniform regions, right contours and one Gaussian everywhere;
//! activity outside of all regions spills in uncorrected.
//! Source: Rousset 1998 (`rousset1998gtm`), equations 1 to 6;
//! `docs/methods/regional_counts.md`.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use sirt_image::{Counts, Grid, Volume, WeightMask, gaussian_blur};
use sirt_quantity::Length;

use crate::{DosimetryError, dvh::SAME_GRID_MM};

/// The point spread of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointSpread {
    /// Full width at half maximum of the image; 0 leaves counts as imaged.
    pub fwhm: Length,
    /// The part of it that a filter after reconstruction adds (in quadrature);
    /// 0 where unknown.
    pub filter_fwhm: Length,
}

impl PointSpread {
    /// No correction.
    pub const NONE: Self = Self {
        fwhm: Length::ZERO,
        filter_fwhm: Length::ZERO,
    };

    fn check(self) -> Result<(), DosimetryError> {
        let (fwhm, filter) = (self.fwhm.as_mm(), self.filter_fwhm.as_mm());
        if (0.0..=50.0).contains(&fwhm) && filter >= 0.0 && (filter <= fwhm || fwhm <= 0.0) {
            Ok(())
        } else {
            Err(DosimetryError::OutOfRange {
                what: "resolution and filter",
                value: format!("{fwhm} mm and {filter} mm"),
                allowed: "0 <= filter <= resolution <= 50 mm FWHM",
            })
        }
    }
}

/// How regions of a grid show in each other at a resolution; one for all
/// images on that grid.
#[derive(Debug, Clone)]
pub struct RegionalTransfer {
    grid: Grid,
    regions: Vec<WeightMask>,
    /// The box that holds all regions and their blur: first voxel and size.
    reach: ([usize; 3], [usize; 3]),
    /// Weights of each region after the filter alone, on that box.
    filtered: Vec<Vec<f64>>,
    inverse: DMatrix<f64>,
}

impl RegionalTransfer {
    /// The transfer matrix of regions, which are meant not to overlap beyond
    /// shared voxels.
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] for a region on another grid,
    /// [`DosimetryError::EmptyStructure`] for one without weights,
    /// [`DosimetryError::OutOfRange`] for a resolution outside 0..=50 mm, or
    /// regions that the image cannot tell apart.
    pub fn new(
        grid: &Grid,
        regions: &[&WeightMask],
        spread: PointSpread,
    ) -> Result<Self, DosimetryError> {
        spread.check()?;
        for region in regions {
            if !grid.matches(region.grid(), SAME_GRID_MM) {
                return Err(DosimetryError::GridMismatch {
                    what: "image and region",
                });
            }
            if region.is_empty() {
                return Err(DosimetryError::EmptyStructure);
            }
        }
        let voxel_ml = grid.voxel_capacity().as_ml();
        let (fwhm, filter) = (spread.fwhm.as_mm(), spread.filter_fwhm.as_mm());
        // The blur before the filter; both together are the whole.
        let before = Length::from_mm((fwhm * fwhm - filter * filter).max(0.0).sqrt());
        let reach = blurred_box(grid, regions, spread.fwhm);
        let part = grid.part(reach.0, reach.1)?;
        let filtered: Vec<Vec<f64>> = regions
            .iter()
            .map(|region| {
                let mut weights = vec![0.0; part.voxel_count()];
                for (at, weight) in region.iter() {
                    weights[position_in(reach, grid, at)] = f64::from(weight);
                }
                gaussian_blur(&mut weights, &part, spread.filter_fwhm);
                weights
            })
            .collect();
        let count = regions.len();
        let mut transfer = DMatrix::zeros(count, count);
        for (j, weights) in filtered.iter().enumerate() {
            let mut seen = weights.clone();
            gaussian_blur(&mut seen, &part, before);
            for (i, region) in regions.iter().enumerate() {
                transfer[(i, j)] = voxel_ml
                    * region
                        .iter()
                        .map(|(at, weight)| f64::from(weight) * seen[position_in(reach, grid, at)])
                        .sum::<f64>();
            }
        }
        let inverse = transfer.try_inverse().ok_or(DosimetryError::OutOfRange {
            what: "regions",
            value: format!("{count} of them"),
            allowed: "regions that differ by more than the image resolves",
        })?;
        Ok(Self {
            grid: grid.clone(),
            regions: regions.iter().map(|region| (*region).clone()).collect(),
            reach,
            filtered,
            inverse,
        })
    }

    /// Counts of the regions in an image.
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] for an image on another grid.
    pub fn counts(&self, image: &Volume<Counts>) -> Result<RegionalCounts, DosimetryError> {
        if !self.grid.matches(image.grid(), SAME_GRID_MM) {
            return Err(DosimetryError::GridMismatch {
                what: "image and region",
            });
        }
        let imaged: Vec<f64> = self
            .regions
            .iter()
            .map(|region| {
                region
                    .iter()
                    .map(|(at, weight)| f64::from(weight) * f64::from(image.values()[at]))
                    .sum()
            })
            .collect();
        let counts = part_of(image, self.reach);
        let count = self.regions.len();
        let mut noise = DMatrix::zeros(count, count);
        for i in 0..count {
            for j in i..count {
                let value = noise_between(&self.filtered[i], &self.filtered[j], &counts);
                noise[(i, j)] = value;
                noise[(j, i)] = value;
            }
        }
        let concentration = &self.inverse * DVector::from_column_slice(&imaged);
        let covariance = &self.inverse * noise * self.inverse.transpose();
        Ok(RegionalCounts {
            imaged,
            volume_ml: self
                .regions
                .iter()
                .map(|region| region.capacity().as_ml())
                .collect(),
            concentration,
            covariance,
        })
    }
}

/// Counts of several regions of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionalCounts {
    /// Counts in each region as imaged.
    imaged: Vec<f64>,
    /// Volume of each region, mL.
    volume_ml: Vec<f64>,
    /// Counts per mL of each region, corrected for the point spread.
    concentration: DVector<f64>,
    /// Covariance of the concentrations by counting.
    covariance: DMatrix<f64>,
}

impl RegionalCounts {
    /// Counts of the regions of one image; see [`RegionalTransfer`].
    ///
    /// # Errors
    /// Those of [`RegionalTransfer::new`].
    pub fn new(
        image: &Volume<Counts>,
        regions: &[&WeightMask],
        spread: PointSpread,
    ) -> Result<Self, DosimetryError> {
        RegionalTransfer::new(image.grid(), regions, spread)?.counts(image)
    }

    /// Counts in a region as imaged.
    #[must_use]
    pub fn imaged(&self, region: usize) -> f64 {
        self.imaged[region]
    }

    /// Volume of a region, mL.
    #[must_use]
    pub fn volume_ml(&self, region: usize) -> f64 {
        self.volume_ml[region]
    }

    /// Counts per mL of a region, corrected for the point spread.
    #[must_use]
    pub fn concentration(&self, region: usize) -> f64 {
        self.concentration[region]
    }

    /// Corrected counts of regions together, and their standard uncertainty by
    /// counting.
    #[must_use]
    pub fn total(&self, regions: &[usize]) -> (f64, f64) {
        let total = regions
            .iter()
            .map(|&region| self.concentration[region] * self.volume_ml[region])
            .sum();
        (total, self.covariance_of_totals(regions, regions).sqrt())
    }

    /// Covariance of the corrected counts of two groups of regions.
    #[must_use]
    pub fn covariance_of_totals(&self, one: &[usize], other: &[usize]) -> f64 {
        one.iter()
            .flat_map(|&i| other.iter().map(move |&j| (i, j)))
            .map(|(i, j)| self.covariance[(i, j)] * self.volume_ml[i] * self.volume_ml[j])
            .sum()
    }

    /// Corrected concentration of one group of regions over that of another
    /// (counts per mL each), and its standard uncertainty by counting.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] when the other group holds no counts.
    pub fn concentration_ratio(
        &self,
        one: &[usize],
        other: &[usize],
    ) -> Result<(f64, f64), DosimetryError> {
        let volume = |group: &[usize]| group.iter().map(|&i| self.volume_ml[i]).sum::<f64>();
        let ratio = self.ratio(one, other)?;
        let scale = volume(other) / volume(one);
        Ok((ratio.0 * scale, ratio.1 * scale))
    }

    /// Corrected counts of one group of regions over those of another, and the
    /// standard uncertainty by counting, first order.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] when the other group holds no counts.
    pub fn ratio(&self, one: &[usize], other: &[usize]) -> Result<(f64, f64), DosimetryError> {
        let (a, b) = (self.total(one).0, self.total(other).0);
        if !(b > 0.0 && a.is_finite()) {
            return Err(DosimetryError::OutOfRange {
                what: "counts of the region to compare with",
                value: b.to_string(),
                allowed: "above 0",
            });
        }
        let ratio = a / b;
        let variance = self.covariance_of_totals(one, one)
            - 2.0 * ratio * self.covariance_of_totals(one, other)
            + ratio * ratio * self.covariance_of_totals(other, other);
        Ok((ratio, variance.max(0.0).sqrt() / b))
    }
}

/// Standard deviations of a Gaussian that [`gaussian_blur`] reaches to.
const REACH_IN_SIGMA: f64 = 4.0;

/// The box around all regions with room for their blur on every side.
fn blurred_box(grid: &Grid, regions: &[&WeightMask], fwhm: Length) -> ([usize; 3], [usize; 3]) {
    // Two blurs in a row reach √2 times as far as one of both at the most, and
    // each is rounded up to a voxel. A Gaussian's FWHM is 2√(2 ln 2) sigma.
    let reach_mm = REACH_IN_SIGMA * std::f64::consts::SQRT_2 * fwhm.as_mm()
        / (8.0 * std::f64::consts::LN_2).sqrt();
    let (mut lower, mut upper) = (grid.size(), [0; 3]);
    for region in regions {
        let (first, size) = region.bounding_box();
        for axis in 0..3 {
            lower[axis] = lower[axis].min(first[axis]);
            upper[axis] = upper[axis].max(first[axis] + size[axis]);
        }
    }
    for axis in 0..3 {
        let reach = (reach_mm / grid.spacing_mm()[axis]).ceil() as usize + 2;
        lower[axis] = lower[axis].saturating_sub(reach);
        upper[axis] = (upper[axis] + reach).min(grid.size()[axis]);
    }
    (lower, std::array::from_fn(|axis| upper[axis] - lower[axis]))
}

/// Position in a box's values of a voxel of the grid that lies in it.
fn position_in((lower, size): ([usize; 3], [usize; 3]), grid: &Grid, at: usize) -> usize {
    let [i, j, k] = grid.index(at);
    (i - lower[0]) + size[0] * ((j - lower[1]) + size[1] * (k - lower[2]))
}

/// The values of a box of an image.
fn part_of(image: &Volume<Counts>, (lower, size): ([usize; 3], [usize; 3])) -> Vec<f32> {
    let mut values = Vec::with_capacity(size.iter().product());
    for k in lower[2]..lower[2] + size[2] {
        for j in lower[1]..lower[1] + size[1] {
            let start = image.grid().linear([lower[0], j, k]);
            values.extend_from_slice(&image.values()[start..start + size[0]]);
        }
    }
    values
}

/// `Σ_v a·b·λ` with the counts `λ` as far as they are positive, summed slice by
/// slice in fixed order.
fn noise_between(one: &[f64], other: &[f64], counts: &[f32]) -> f64 {
    const PART: usize = 1 << 14;
    one.par_chunks(PART)
        .zip(other.par_chunks(PART))
        .zip(counts.par_chunks(PART))
        .map(|((one, other), counts)| {
            one.iter()
                .zip(other)
                .zip(counts)
                .map(|((a, b), counts)| a * b * f64::from(counts.max(0.0)))
                .sum::<f64>()
        })
        .collect::<Vec<f64>>()
        .into_iter()
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::PatientPoint;

    /// A cube in the middle of the grid and what is around it.
    fn two_regions(grid: &Grid) -> [WeightMask; 2] {
        let inside = |at: usize| grid.index(at).iter().all(|i| (8..13).contains(i));
        let around = |at: usize| grid.index(at).iter().all(|i| (5..16).contains(i));
        let weights = |belongs: &dyn Fn(usize) -> bool| -> Vec<f32> {
            (0..grid.voxel_count())
                .map(|at| f32::from(u8::from(belongs(at))))
                .collect()
        };
        [
            WeightMask::from_weights(grid.clone(), &weights(&inside)).unwrap(),
            WeightMask::from_weights(grid.clone(), &weights(&|at| around(at) && !inside(at)))
                .unwrap(),
        ]
    }

    fn grid() -> Grid {
        Grid::axis_aligned([21; 3], [4.0, 4.0, 5.0], PatientPoint::default()).unwrap()
    }

    /// The image of both regions at concentrations 50 and 10 counts/mL.
    fn image(grid: &Grid, masks: &[WeightMask; 2], spread: PointSpread) -> Volume<Counts> {
        let voxel = grid.voxel_capacity().as_ml();
        let mut values: Vec<f64> = masks[0]
            .dense()
            .iter()
            .zip(masks[1].dense())
            .map(|(a, b)| voxel * (50.0 * f64::from(*a) + 10.0 * f64::from(b)))
            .collect();
        let (whole, filter) = (spread.fwhm.as_mm(), spread.filter_fwhm.as_mm());
        let before = Length::from_mm((whole * whole - filter * filter).sqrt());
        gaussian_blur(&mut values, grid, before);
        gaussian_blur(&mut values, grid, spread.filter_fwhm);
        let values = values.into_iter().map(|value| value as f32).collect();
        Volume::new(grid.clone(), None, values).unwrap()
    }

    const SPREAD: PointSpread = PointSpread {
        fwhm: Length::from_mm(12.0),
        filter_fwhm: Length::from_mm(7.0),
    };

    #[test]
    fn gives_concentrations_back_that_a_blur_took_away() {
        let grid = grid();
        let masks = two_regions(&grid);
        let image = image(&grid, &masks, SPREAD);
        let regions = [&masks[0], &masks[1]];
        let as_imaged = RegionalCounts::new(&image, &regions, PointSpread::NONE).unwrap();
        assert!(
            as_imaged.concentration(0) < 45.0,
            "a blurred cube reads low"
        );
        let corrected = RegionalCounts::new(&image, &regions, SPREAD).unwrap();
        // f32 voxels hold 7 digits.
        assert!((corrected.concentration(0) - 50.0).abs() < 1e-4);
        assert!((corrected.concentration(1) - 10.0).abs() < 1e-4);
        let (ratio, _) = corrected.concentration_ratio(&[0], &[1]).unwrap();
        assert!((ratio - 5.0).abs() < 1e-5);
        let (total, _) = corrected.total(&[0, 1]);
        let volumes = corrected.volume_ml(0) * 50.0 + corrected.volume_ml(1) * 10.0;
        assert!((total / volumes - 1.0).abs() < 1e-6);
    }

    #[test]
    fn without_blur_counting_is_that_of_poisson() {
        let grid = grid();
        let masks = two_regions(&grid);
        let image = image(&grid, &masks, PointSpread::NONE);
        let counts =
            RegionalCounts::new(&image, &[&masks[0], &masks[1]], PointSpread::NONE).unwrap();
        for region in 0..2 {
            let (total, sigma) = counts.total(&[region]);
            assert!((sigma / total.sqrt() - 1.0).abs() < 1e-6);
        }
        // Ratio of independent counts: relative variances 1/a + 1/b.
        let (ratio, sigma) = counts.ratio(&[0], &[1]).unwrap();
        let expected = (1.0 / counts.total(&[0]).0 + 1.0 / counts.total(&[1]).0).sqrt();
        assert!((sigma / ratio / expected - 1.0).abs() < 1e-6);
    }

    #[test]
    fn refuses_regions_that_are_one_and_a_filter_wider_than_the_whole() {
        let grid = grid();
        let masks = two_regions(&grid);
        let image = image(&grid, &masks, PointSpread::NONE);
        let said = |regions: &[&WeightMask], spread| {
            RegionalCounts::new(&image, regions, spread)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(&[&masks[0], &masks[0]], PointSpread::NONE),
            "regions 2 of them is outside regions that differ by more than the image resolves"
        );
        let wide = PointSpread {
            fwhm: Length::from_mm(5.0),
            filter_fwhm: Length::from_mm(7.0),
        };
        assert_eq!(
            said(&[&masks[0]], wide),
            "resolution and filter 5 mm and 7 mm is outside 0 <= filter <= resolution <= 50 mm FWHM"
        );
    }
}
