//! Voxel S values for any voxel size from a radial point kernel.
//!
//! The fraction of the energy emitted uniformly in voxel (0, 0, 0) that voxel
//! `(i, j, k)` takes up is a double integral over both boxes. The overlap of a
//! box with itself shifted by `u` is a product of triangles, so
//!
//! `f(i,j,k) = integral d3u  p(|u|) / (4 pi |u|^2)  prod_a tri(u_a / h_a - d_a)`
//!
//! with `tri(t) = max(0, 1 - |t|)`, the voxel spacing `h` [mm], the offset
//! `d = (i, j, k)` and the radial density `p` [1/mm] of
//! [`MediumKernel::energy_per_mm`](crate::MediumKernel::energy_per_mm).
//! The integrand is smooth in each cell between lattice planes, so every cell
//! has its own product Gauss rule. The cells around the source, where `1/u^2`
//! is singular, are cut into pyramids with their tips at the source: there
//! the singularity cancels against the volume element.
//!
//! The S value is `S = f E / m`: energy `E` per decay, mass `m` of a voxel.
//!
//! Triangles of all offsets add up to 1 everywhere, so no energy is made or
//! lost: what the box of offsets does not hold is reported by
//! [`VoxelKernel::radiated`]. Holds for one homogeneous medium in which source
//! and target are voxels of one lattice.
//! Quadrature error by refinement: under 1e-4 of each voxel's value, and where
//! that is below 1e-9 of the emitted energy, under 2e-3 of the value (end of
//! the beta range and beyond, where the table itself has 0.2 to 4 %).

use sirt_quantity::{Density, Energy};

use crate::{DosimetryError, KernelMedium, MediumKernel, PointKernel};

/// Abscissae and weights of the four-point Gauss-Legendre rule on 0..1
/// (Abramowitz and Stegun, table 25.4, moved from -1..1).
pub(crate) const GAUSS_4: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
    (0.330_009_478_207_571_87, 0.326_072_577_431_273_07),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
];

/// Fewest voxels on each side of the source, so that the 3 mm kernel is the
/// usual 11 x 11 x 11.
const LEAST_HALF_WIDTH: usize = 5;

/// Longest panel of a quadrature rule within the beta range, mm of water: two
/// shells of the radial table, whose interpolant bends at every shell.
const PANEL_MM: f64 = 0.5;

/// Most voxels in one octant of a kernel: 25 MB of numbers.
const MOST_OCTANT_VOXELS: usize = 3_000_000;

/// Fractions of the emitted energy in the voxels around a uniform source voxel.
#[derive(Debug, Clone, PartialEq)]
pub struct VoxelKernel {
    spacing_mm: [f64; 3],
    density: Density,
    medium: KernelMedium,
    half_width: [usize; 3],
    octant: Vec<f64>,
    radiated: f64,
    beta_range_mm: f64,
}

impl VoxelKernel {
    /// A kernel that reaches as far as betas do, and at least five voxels.
    ///
    /// # Errors
    /// As [`VoxelKernel::with_half_width`].
    pub fn new(
        kernel: &PointKernel,
        medium: KernelMedium,
        density: Density,
        spacing_mm: [f64; 3],
    ) -> Result<Self, DosimetryError> {
        check_spacing(spacing_mm)?;
        let range_mm = kernel.in_medium(medium, density)?.beta_range_mm();
        let half_width = spacing_mm.map(|h| {
            // Positive and checked against the number of voxels below.
            ((range_mm / h).ceil() as usize).max(LEAST_HALF_WIDTH)
        });
        Self::with_half_width(kernel, medium, density, spacing_mm, half_width)
    }

    /// A kernel with a chosen number of voxels on each side of the source.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] when a spacing is outside 0.1 to 100 mm,
    /// the density is one that no kernel is made for, or the kernel would have
    /// more than three million voxels in an octant.
    pub fn with_half_width(
        kernel: &PointKernel,
        medium: KernelMedium,
        density: Density,
        spacing_mm: [f64; 3],
        half_width: [usize; 3],
    ) -> Result<Self, DosimetryError> {
        check_spacing(spacing_mm)?;
        let voxels = half_width
            .iter()
            .try_fold(1_usize, |n, half| n.checked_mul(half.checked_add(1)?));
        if voxels.is_none_or(|n| n > MOST_OCTANT_VOXELS) {
            return Err(DosimetryError::OutOfRange {
                what: "half width of the voxel kernel",
                value: format!("{half_width:?} voxels"),
                allowed: "at most 3000000 voxels in an octant",
            });
        }
        let radial = kernel.in_medium(medium, density)?;
        let octant = integrate(&radial, spacing_mm, half_width, 1);
        let mut result = Self {
            spacing_mm,
            density,
            medium,
            half_width,
            octant,
            radiated: 0.0,
            beta_range_mm: radial.beta_range_mm(),
        };
        result.radiated = 1.0 - result.deposited();
        Ok(result)
    }

    /// Voxel spacing, mm.
    #[must_use]
    pub fn spacing_mm(&self) -> [f64; 3] {
        self.spacing_mm
    }

    /// Density of the medium.
    #[must_use]
    pub fn density(&self) -> Density {
        self.density
    }

    /// The medium.
    #[must_use]
    pub fn medium(&self) -> KernelMedium {
        self.medium
    }

    /// Voxels on each side of the source voxel, by axis.
    #[must_use]
    pub fn half_width(&self) -> [usize; 3] {
        self.half_width
    }

    /// Fractions for offsets from 0 to the half width, x fastest; every change
    /// of sign has the same fraction.
    #[must_use]
    pub fn octant(&self) -> &[f64] {
        &self.octant
    }

    /// Fraction of the emitted energy taken up by the voxel at `offset` from
    /// the source; 0 past the half width.
    #[must_use]
    pub fn fraction(&self, offset: [isize; 3]) -> f64 {
        let [i, j, k] = offset.map(isize::unsigned_abs);
        let [ni, nj, nk] = self.half_width.map(|half| half + 1);
        if i >= ni || j >= nj || k >= nk {
            return 0.0;
        }
        self.octant[i + ni * (j + nj * k)]
    }

    /// Whether betas cannot go as far as this offset, so that all its energy
    /// is bremsstrahlung but for the size of voxels.
    pub(crate) fn is_past_betas(&self, offset: [usize; 3]) -> bool {
        let distance = (0..3)
            .map(|a| (offset[a] as f64 * self.spacing_mm[a]).powi(2))
            .sum::<f64>()
            .sqrt();
        distance > self.beta_range_mm
    }

    /// Fraction of the emitted energy that the box of offsets holds.
    #[must_use]
    pub fn deposited(&self) -> f64 {
        let [ni, nj, nk] = self.half_width.map(|half| half + 1);
        let mut sum = 0.0;
        for k in 0..nk {
            for j in 0..nj {
                let row = &self.octant[ni * (j + nj * k)..][..ni];
                let along_x = row[0] + 2.0 * row[1..].iter().sum::<f64>();
                sum += along_x * mirror_images(j) * mirror_images(k);
            }
        }
        sum
    }

    /// Fraction of the emitted energy carried past the box of offsets
    /// (bremsstrahlung): with [`VoxelKernel::deposited`] it makes 1.
    #[must_use]
    pub fn radiated(&self) -> f64 {
        self.radiated
    }

    /// Mean dose to the voxel at `offset` per decay in the source voxel,
    /// mGy/(MBq s), for a mean energy emitted per decay.
    #[must_use]
    pub fn s_value_mgy_per_mbq_s(&self, offset: [isize; 3], energy_per_decay: Energy) -> f64 {
        const MGY_PER_GY: f64 = 1e3;
        const DECAYS_PER_MBQ_S: f64 = 1e6;
        let volume_mm3: f64 = self.spacing_mm.iter().product();
        let mass_kg = self.density.as_kg_per_m3() * volume_mm3 * 1e-9;
        self.fraction(offset) * energy_per_decay.as_joule() / mass_kg
            * MGY_PER_GY
            * DECAYS_PER_MBQ_S
    }
}

fn check_spacing(spacing_mm: [f64; 3]) -> Result<(), DosimetryError> {
    if spacing_mm.iter().all(|h| (0.1..=100.0).contains(h)) {
        return Ok(());
    }
    Err(DosimetryError::OutOfRange {
        what: "voxel spacing of the kernel",
        value: format!("{spacing_mm:?} mm"),
        allowed: "0.1..=100 mm",
    })
}

/// Number of offsets along one axis with this distance: 1 for 0, else 2.
pub(crate) fn mirror_images(distance: usize) -> f64 {
    if distance == 0 { 1.0 } else { 2.0 }
}

/// Fractions of the octant, x fastest; `refinement` multiplies the panels of
/// every rule, for the test of convergence.
fn integrate(
    radial: &MediumKernel<'_>,
    spacing_mm: [f64; 3],
    half_width: [usize; 3],
    refinement: usize,
) -> Vec<f64> {
    let [ni, nj, nk] = half_width.map(|half| half + 1);
    let mut octant = vec![0.0; ni * nj * nk];
    let mut deposit = |cell: [usize; 3], corners: &[f64; 8]| {
        for (corner, energy) in corners.iter().enumerate() {
            let place = [
                cell[0] + (corner & 1),
                cell[1] + (corner >> 1 & 1),
                cell[2] + (corner >> 2 & 1),
            ];
            if place[0] < ni && place[1] < nj && place[2] < nk {
                octant[place[0] + ni * (place[1] + nj * place[2])] += energy;
            }
        }
    };
    for k in 0..nk {
        for j in 0..nj {
            for i in 0..ni {
                let cell = [i, j, k];
                let corners = if cell == [0, 0, 0] {
                    source_cell(radial, spacing_mm, refinement)
                } else {
                    smooth_cell(radial, spacing_mm, cell, refinement)
                };
                deposit(cell, &corners);
            }
        }
    }
    // The cells of one octant stand for all eight: an offset on a lattice
    // plane is reached from both sides of that plane.
    for k in 0..nk {
        for j in 0..nj {
            for i in 0..ni {
                let planes = [i, j, k].iter().filter(|index| **index == 0).count();
                octant[i + ni * (j + nj * k)] *= f64::from(1_u32 << planes);
            }
        }
    }
    octant
}

/// Energy that a cell gives to its eight corners, by a product Gauss rule on
/// panels no longer than half the distance to the source and, within the beta
/// range, [`PANEL_MM`] of water.
fn smooth_cell(
    radial: &MediumKernel<'_>,
    spacing_mm: [f64; 3],
    cell: [usize; 3],
    refinement: usize,
) -> [f64; 8] {
    let low: [f64; 3] = std::array::from_fn(|a| cell[a] as f64 * spacing_mm[a]);
    let nearest = low.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut longest = nearest / 2.0;
    if nearest < radial.beta_range_mm() {
        longest = longest.min(PANEL_MM / radial.water_equivalent());
    }
    let points: [Vec<(f64, f64)>; 3] =
        std::array::from_fn(|a| panels(panel_count(spacing_mm[a] / longest) * refinement));
    let volume: f64 = spacing_mm.iter().product();
    let mut corners = [0.0; 8];
    for &(tz, wz) in &points[2] {
        let z = low[2] + tz * spacing_mm[2];
        for &(ty, wy) in &points[1] {
            let y = low[1] + ty * spacing_mm[1];
            for &(tx, wx) in &points[0] {
                let x = low[0] + tx * spacing_mm[0];
                let r2 = x * x + y * y + z * z;
                let energy = radial.energy_per_mm(r2.sqrt()) / (4.0 * std::f64::consts::PI * r2)
                    * (wx * wy * wz * volume);
                share(&mut corners, [tx, ty, tz], energy);
            }
        }
    }
    corners
}

/// Energy that the cell at the source gives to its eight corners.
///
/// The cell is three pyramids with tips at the source, one for each face
/// opposite to it: `u = t (h_a, v h_b, w h_c)` with `t`, `v`, `w` in 0..1 has
/// the volume element `t^2 h_a h_b h_c`, and `|u| = t r(v, w)`, so `t^2`
/// cancels.
fn source_cell(radial: &MediumKernel<'_>, spacing_mm: [f64; 3], refinement: usize) -> [f64; 8] {
    let diagonal = spacing_mm.iter().map(|h| h * h).sum::<f64>().sqrt();
    let along =
        panels(panel_count(diagonal * radial.water_equivalent() / PANEL_MM).max(4) * refinement);
    let volume: f64 = spacing_mm.iter().product();
    let mut corners = [0.0; 8];
    for axis in 0..3 {
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        let across = |other: usize| {
            panels(2 * panel_count(2.0 * spacing_mm[other] / spacing_mm[axis]) * refinement)
        };
        let (over_b, over_c) = (across(b), across(c));
        for &(v, wv) in &over_b {
            for &(w, ww) in &over_c {
                let face = [spacing_mm[axis], v * spacing_mm[b], w * spacing_mm[c]];
                let r2: f64 = face.iter().map(|x| x * x).sum();
                let weight = wv * ww * volume / (4.0 * std::f64::consts::PI * r2);
                let length = r2.sqrt();
                for &(t, wt) in &along {
                    let mut place = [t; 3];
                    place[b] = t * v;
                    place[c] = t * w;
                    let energy = radial.energy_per_mm(t * length) * weight * wt;
                    share(&mut corners, place, energy);
                }
            }
        }
    }
    corners
}

/// Shares energy among the corners of a cell by the triangles' values at `t`.
fn share(corners: &mut [f64; 8], t: [f64; 3], energy: f64) {
    let x = [1.0 - t[0], t[0]];
    let y = [1.0 - t[1], t[1]];
    let z = [energy * (1.0 - t[2]), energy * t[2]];
    for (corner, sum) in corners.iter_mut().enumerate() {
        *sum += x[corner & 1] * y[corner >> 1 & 1] * z[corner >> 2 & 1];
    }
}

fn panel_count(length: f64) -> usize {
    // Lengths are ratios of checked spacings: small, positive, finite.
    (length.ceil() as usize).max(1)
}

/// Points and weights of the four-point rule on equal panels of 0..1.
fn panels(count: usize) -> Vec<(f64, f64)> {
    let width = 1.0 / count as f64;
    (0..count)
        .flat_map(|panel| GAUSS_4.map(|(x, w)| ((panel as f64 + x) * width, w * width)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Density {
        Density::from_g_per_cm3(1.0)
    }

    #[test]
    fn a_finer_rule_changes_no_voxel_past_the_stated_error() {
        let kernel = PointKernel::y90().expect("the built-in table reads");
        for (rho, spacing) in [
            (1.0, [3.0, 3.0, 3.0]),
            (1.04, [4.42, 4.42, 2.5]),
            (1.0, [0.8, 0.8, 2.2]),
            (0.26, [4.0, 4.0, 4.0]),
            (1.0, [9.6, 4.8, 4.8]),
        ] {
            let radial = kernel
                .in_medium(KernelMedium::SoftTissue, Density::from_g_per_cm3(rho))
                .expect("allowed density");
            let coarse = integrate(&radial, spacing, [6, 6, 6], 1);
            let fine = integrate(&radial, spacing, [6, 6, 6], 2);
            for (a, b) in coarse.iter().zip(&fine) {
                let difference = (a - b).abs();
                assert!(
                    difference < 1e-4 * b + 1e-9,
                    "{spacing:?} at {rho}: {a} {b}"
                );
                assert!(difference < 2e-3 * b, "{spacing:?} at {rho}: {a} {b}");
            }
        }
    }

    #[test]
    fn a_wide_box_holds_what_the_radial_table_says() {
        // The box of half width n voxels holds all offsets up to n h and
        // parts up to (n + 1) h, so its sum lies between the radial table at
        // n h and at the corner.
        let kernel = PointKernel::y90().expect("the built-in table reads");
        for (spacing, n) in [(3.0, 6), (4.8, 9), (2.0, 12)] {
            let voxels = VoxelKernel::with_half_width(
                &kernel,
                KernelMedium::Water,
                unit(),
                [spacing; 3],
                [n; 3],
            )
            .expect("allowed");
            let edge = n as f64 * spacing;
            assert!(voxels.deposited() > kernel.energy_within(edge));
            assert!(voxels.deposited() < kernel.energy_within((edge + spacing) * 3.0_f64.sqrt()));
            assert!((voxels.deposited() + voxels.radiated() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn a_voxel_larger_than_the_range_loses_what_geometry_says() {
        // Flat density up to R = 2 mm; the mean of prod (1 - |u_a| / h_a) over
        // directions has <|w_a|> = 1/2 and <|w_a w_b|> = 2 / (3 pi); the triple
        // product is <|w_x w_y w_z|> = 1 / (4 pi).
        let text = "a,b,c\n0,1,0.5\n1,2,0.5\n";
        let kernel = PointKernel::from_csv(text).expect("well formed");
        let h = [20.0, 30.0, 40.0];
        let voxels = VoxelKernel::new(&kernel, KernelMedium::Water, unit(), h).expect("allowed");
        let (r1, r2, r3) = (1.0, 4.0 / 3.0, 2.0);
        let pi = std::f64::consts::PI;
        let expected = 1.0 - 0.5 * r1 * (1.0 / h[0] + 1.0 / h[1] + 1.0 / h[2])
            + 2.0 / (3.0 * pi) * r2 * (h[0] + h[1] + h[2]) / (h[0] * h[1] * h[2])
            - r3 / (4.0 * pi) / (h[0] * h[1] * h[2]);
        // The step at R costs the Gauss rule some accuracy that real, smooth kernels keep.
        assert!((voxels.fraction([0, 0, 0]) - expected).abs() < 1e-3);
        assert!((voxels.deposited() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn axes_permute_and_signs_mirror() {
        let kernel = PointKernel::y90().expect("the built-in table reads");
        let make = |spacing, half| {
            VoxelKernel::with_half_width(&kernel, KernelMedium::SoftTissue, unit(), spacing, half)
                .expect("allowed")
        };
        let a = make([2.0, 3.0, 4.0], [4, 3, 2]);
        let b = make([4.0, 2.0, 3.0], [2, 4, 3]);
        for (i, j, k) in [(0, 0, 0), (1, 2, 0), (4, 3, 2), (-3, 1, -1), (5, 0, 0)] {
            let (left, right) = (a.fraction([i, j, k]), b.fraction([k, i, j]));
            assert!((left - right).abs() <= 1e-12 * left);
            assert!((left - a.fraction([-i, -j, -k])).abs() <= 0.0);
        }
    }

    #[test]
    fn refuses_spacings_and_sizes_past_reason() {
        let kernel = PointKernel::y90().expect("the built-in table reads");
        for spacing in [[0.0, 1.0, 1.0], [3.0, f64::NAN, 3.0], [3.0, 3.0, 1000.0]] {
            assert!(VoxelKernel::new(&kernel, KernelMedium::Water, unit(), spacing).is_err());
        }
        assert!(
            VoxelKernel::with_half_width(
                &kernel,
                KernelMedium::Water,
                unit(),
                [3.0; 3],
                [usize::MAX, 5, 5]
            )
            .is_err()
        );
    }
}
