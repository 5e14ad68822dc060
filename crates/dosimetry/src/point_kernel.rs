//! Radial beta point kernel: how far from a point source its energy ends up.
//!
//! The table gives the fraction of the emitted energy that each spherical
//! shell of water (1 g/cm3) takes up. The cumulative fraction `F(r)` is
//! interpolated by a monotone piecewise cubic Hermite polynomial (Fritsch and
//! Carlson 1980), so the density
//!
//! `p(r) = dF/dr` [1/mm], energy fraction per unit of radius,
//!
//! is continuous, never negative, and integrates to the tabulated shells
//! exactly. `p` stays finite at the source (0.22 per mm for Y-90); the
//! fraction per unit of volume is `p(r) / (4 pi r^2)`.
//!
//! Another medium of density `rho` is reached by scaling (Cross 1968):
//!
//! `p_m(r) = s [p_e(s r) + b p_b(s r)]`, `s = rho x range_factor`,
//!
//! with the electron part `p_e` and the bremsstrahlung part `p_b = p - p_e`
//! (all of `p` past the beta range, held constant within). The factors are in
//! `kernel_media.toml` with their provenance.
//!
//! Holds in one homogeneous medium. Scaling by density is good from lung to
//! soft tissue as long as the medium is one; next to an interface, in bone,
//! and in air it is not.

use sirt_quantity::Density;

use crate::DosimetryError;

/// Radius in water beyond which only bremsstrahlung deposits energy, mm.
///
/// The longest range in the table's spectrum (2.28 MeV) is 11.2 mm; this is the
/// middle of the first 1 mm shell that holds nothing but bremsstrahlung.
const BREMSSTRAHLUNG_ONLY_MM: f64 = 12.5;

/// Width of the buckets by which a radius finds its shell, mm.
const BUCKET_MM: f64 = 0.25;

/// Densities for which kernels are made, g/cm3: inflated lung to dense bone.
const DENSITY_RANGE: std::ops::RangeInclusive<f64> = 0.05..=3.0;

/// The medium in which betas are slowed down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelMedium {
    /// Liquid water.
    Water,
    /// ICRU four-component soft tissue.
    SoftTissue,
}

/// How a medium differs from water at the same density.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct MediumFactors {
    range_factor: f64,
    bremsstrahlung_factor: f64,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct MediaTable {
    water: MediumFactors,
    soft_tissue: MediumFactors,
}

impl KernelMedium {
    fn factors(self) -> Result<MediumFactors, DosimetryError> {
        let table: MediaTable = toml::from_str(include_str!("../data/kernel_media.toml")).map_err(
            |error: toml::de::Error| DosimetryError::DataTable {
                table: "kernel_media.toml",
                reason: error.to_string(),
            },
        )?;
        Ok(match self {
            Self::Water => table.water,
            Self::SoftTissue => table.soft_tissue,
        })
    }
}

/// One piece of the cumulative fraction: `F = f0 + t (a + t (b + t c))`, `t = r - r0`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    inner_mm: f64,
    outer_mm: f64,
    coefficients: [f64; 4],
}

/// Energy of a point source by distance, in water at 1 g/cm3.
#[derive(Debug, Clone, PartialEq)]
pub struct PointKernel {
    pieces: Vec<Piece>,
    /// Piece that holds the lower end of each bucket of radius.
    buckets: Vec<usize>,
}

impl PointKernel {
    /// The kernel of Y-90, one beta per decay.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the built-in table is damaged.
    pub fn y90() -> Result<Self, DosimetryError> {
        Self::from_csv(include_str!("../data/y90_point_kernel.csv"))
    }

    /// A kernel from text: `#` comments, one line of column names, then inner
    /// and outer radius in mm and the energy fraction of each shell; further
    /// columns are not read.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when a number is missing or not finite,
    /// shells do not join from radius 0 outwards, a fraction is negative, or
    /// the fractions add up to more than 1.
    pub fn from_csv(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: "point kernel",
            reason,
        };
        let mut radii = vec![0.0];
        let mut cumulative = vec![0.0];
        let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let mut numbers = [0.0; 3];
            let mut fields = line.split(',');
            for number in &mut numbers {
                *number = fields
                    .next()
                    .and_then(|field| field.trim().parse::<f64>().ok())
                    .filter(|value| value.is_finite())
                    .ok_or_else(|| wrong(format!("`{line}` does not start with three numbers")))?;
            }
            let [inner, outer, fraction] = numbers;
            let (reached, sum) = (radii[radii.len() - 1], cumulative[cumulative.len() - 1]);
            if (inner - reached).abs() > 1e-9 || outer <= inner {
                return Err(wrong(format!(
                    "shell {inner}..{outer} mm does not continue from {reached} mm"
                )));
            }
            if fraction < 0.0 || sum + fraction > 1.0 {
                return Err(wrong(format!(
                    "energy fraction {fraction} of shell {inner}..{outer} mm makes {} in all, allowed is 0..=1",
                    sum + fraction
                )));
            }
            radii.push(outer);
            cumulative.push(sum + fraction);
        }
        if radii.len() < 3 {
            return Err(wrong(format!(
                "{} shells, at least 2 are needed",
                radii.len() - 1
            )));
        }
        Ok(Self::from_cumulative(&radii, &cumulative))
    }

    fn from_cumulative(radii: &[f64], cumulative: &[f64]) -> Self {
        let slopes = monotone_slopes(radii, cumulative);
        let pieces: Vec<Piece> = (0..radii.len() - 1)
            .map(|i| {
                let width = radii[i + 1] - radii[i];
                let secant = (cumulative[i + 1] - cumulative[i]) / width;
                Piece {
                    inner_mm: radii[i],
                    outer_mm: radii[i + 1],
                    coefficients: [
                        cumulative[i],
                        slopes[i],
                        (3.0 * secant - 2.0 * slopes[i] - slopes[i + 1]) / width,
                        (slopes[i] + slopes[i + 1] - 2.0 * secant) / (width * width),
                    ],
                }
            })
            .collect();
        let mut buckets = Vec::new();
        let mut piece = 0;
        loop {
            let start = buckets.len() as f64 * BUCKET_MM;
            while piece < pieces.len() && pieces[piece].outer_mm <= start {
                piece += 1;
            }
            if piece == pieces.len() {
                break;
            }
            buckets.push(piece);
        }
        Self { pieces, buckets }
    }

    /// Radius up to which the kernel is tabulated in water, mm.
    #[must_use]
    pub fn extent_mm(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.outer_mm)
    }

    /// Fraction of the emitted energy within `radius_mm` in water at 1 g/cm3.
    ///
    /// Past the table it is the table's total: 0.99927 for Y-90, the rest
    /// escapes as bremsstrahlung.
    #[must_use]
    pub fn energy_within(&self, radius_mm: f64) -> f64 {
        if radius_mm <= 0.0 {
            return 0.0;
        }
        match self.piece_at(radius_mm) {
            Some(piece) => {
                let t = radius_mm - piece.inner_mm;
                let [f0, a, b, c] = piece.coefficients;
                f0 + t * (a + t * (b + t * c))
            }
            None => self.pieces.last().map_or(0.0, |piece| {
                let t = piece.outer_mm - piece.inner_mm;
                let [f0, a, b, c] = piece.coefficients;
                f0 + t * (a + t * (b + t * c))
            }),
        }
    }

    /// Fraction of the emitted energy per mm of radius in water at 1 g/cm3, 1/mm.
    #[must_use]
    pub fn energy_per_mm(&self, radius_mm: f64) -> f64 {
        self.piece_at(radius_mm).map_or(0.0, |piece| {
            let t = radius_mm - piece.inner_mm;
            let [_, a, b, c] = piece.coefficients;
            // A monotone cubic has no negative slope but for rounding.
            (a + t * (2.0 * b + t * 3.0 * c)).max(0.0)
        })
    }

    fn piece_at(&self, radius_mm: f64) -> Option<&Piece> {
        if !(0.0..self.extent_mm()).contains(&radius_mm) {
            return None;
        }
        // Not negative and below the extent, so the cast truncates a small number.
        let bucket = (radius_mm / BUCKET_MM) as usize;
        let first = *self.buckets.get(bucket)?;
        self.pieces[first..]
            .iter()
            .find(|piece| radius_mm < piece.outer_mm)
    }

    /// The kernel in a homogeneous medium.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a density outside 0.05 to 3 g/cm3.
    pub fn in_medium(
        &self,
        medium: KernelMedium,
        density: Density,
    ) -> Result<MediumKernel<'_>, DosimetryError> {
        let rho = density.as_g_per_cm3();
        if !DENSITY_RANGE.contains(&rho) {
            return Err(DosimetryError::OutOfRange {
                what: "density of the kernel's medium",
                value: format!("{rho} g/cm3"),
                allowed: "0.05..=3 g/cm3",
            });
        }
        let factors = medium.factors()?;
        Ok(MediumKernel {
            water: self,
            scale: rho * factors.range_factor,
            bremsstrahlung_factor: factors.bremsstrahlung_factor,
            bremsstrahlung_near: self.energy_per_mm(BREMSSTRAHLUNG_ONLY_MM),
        })
    }
}

/// A point kernel scaled to a medium and its density.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MediumKernel<'a> {
    water: &'a PointKernel,
    scale: f64,
    bremsstrahlung_factor: f64,
    bremsstrahlung_near: f64,
}

impl MediumKernel<'_> {
    /// Fraction of the emitted energy per mm of radius, 1/mm.
    #[must_use]
    pub fn energy_per_mm(&self, radius_mm: f64) -> f64 {
        let radius = radius_mm * self.scale;
        let total = self.water.energy_per_mm(radius);
        let bremsstrahlung = if radius < BREMSSTRAHLUNG_ONLY_MM {
            total.min(self.bremsstrahlung_near)
        } else {
            total
        };
        self.scale * (total + (self.bremsstrahlung_factor - 1.0) * bremsstrahlung)
    }

    /// Millimetres of water at 1 g/cm3 that slow betas down like one millimetre of the medium.
    #[must_use]
    pub fn water_equivalent(&self) -> f64 {
        self.scale
    }

    /// Radius beyond which no beta deposits energy, mm.
    #[must_use]
    pub fn beta_range_mm(&self) -> f64 {
        BREMSSTRAHLUNG_ONLY_MM / self.scale
    }

    /// Fraction of the energy emitted uniformly in a sphere that the sphere
    /// itself absorbs.
    ///
    /// `phi = integral of p(r) (1 - 3 r / (4 R) + r^3 / (16 R^3)) dr` up to `2 R`:
    /// the polynomial is the chance that a point at distance `r` from a point
    /// of the sphere, in a random direction, is in the sphere as well.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] when the radius is not over 0.
    pub fn sphere_absorbed_fraction(&self, radius_mm: f64) -> Result<f64, DosimetryError> {
        if !(radius_mm.is_finite() && radius_mm > 0.0) {
            return Err(DosimetryError::OutOfRange {
                what: "radius of the sphere",
                value: format!("{radius_mm} mm"),
                allowed: "over 0 mm",
            });
        }
        // Each piece is a quadratic times a cubic: three Gauss points are exact
        // (degree 5), except across the end of the sphere, which cuts a piece.
        let mut sum = 0.0;
        for piece in &self.water.pieces {
            let inner = piece.inner_mm / self.scale;
            let outer = (piece.outer_mm / self.scale).min(2.0 * radius_mm);
            if outer <= inner {
                break;
            }
            for (x, w) in crate::voxel_s::GAUSS_4 {
                let r = inner + (outer - inner) * x;
                let t = r / radius_mm;
                let both_inside = 1.0 - 0.75 * t + t * t * t / 16.0;
                sum += w * (outer - inner) * self.energy_per_mm(r) * both_inside;
            }
        }
        Ok(sum)
    }
}

/// Slopes at the nodes of a monotone cubic Hermite interpolant: the weighted
/// harmonic mean of neighbouring secants inside (Fritsch and Butland 1984), a
/// one-sided three-point slope, limited, at the ends.
fn monotone_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let n = x.len();
    let width = |i: usize| x[i + 1] - x[i];
    let secant = |i: usize| (y[i + 1] - y[i]) / width(i);
    let end = |near: usize, far: usize| {
        let (h0, h1, d0, d1) = (width(near), width(far), secant(near), secant(far));
        let slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
        if slope * d0 <= 0.0 {
            0.0
        } else if d0 * d1 < 0.0 && slope.abs() > 3.0 * d0.abs() {
            3.0 * d0
        } else {
            slope
        }
    };
    let mut slopes = vec![0.0; n];
    slopes[0] = end(0, 1);
    slopes[n - 1] = end(n - 2, n - 3);
    for (i, slope) in slopes.iter_mut().enumerate().take(n - 1).skip(1) {
        let (d0, d1) = (secant(i - 1), secant(i));
        if d0 * d1 > 0.0 {
            let w0 = 2.0 * width(i) + width(i - 1);
            let w1 = width(i) + 2.0 * width(i - 1);
            *slope = (w0 + w1) / (w0 / d0 + w1 / d1);
        }
    }
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn y90() -> PointKernel {
        PointKernel::y90().expect("the built-in table reads")
    }

    #[test]
    fn holds_the_shells_of_the_table_exactly() {
        let kernel = y90();
        // Cumulative fractions as printed in the original table (eight digits).
        for (radius, expected) in [
            (0.25, 0.055_380_92),
            (2.5, 0.528_028_93),
            (8.0, 0.989_080_49),
            (12.0, 0.996_067_56),
            (50.0, 0.996_796_00),
            (300.0, 0.999_270_48),
            (400.0, 0.999_270_48),
        ] {
            // Ninety shells of seven digits add up to a few units of 1e-8.
            assert!((kernel.energy_within(radius) - expected).abs() < 1e-7);
        }
        // r50 and r90 of the reference report: 2.35 and 5.44 mm.
        assert!((kernel.energy_within(2.35) - 0.5).abs() < 0.001);
        assert!((kernel.energy_within(5.44) - 0.9).abs() < 0.001);
    }

    #[test]
    fn density_is_the_derivative_and_never_negative() {
        let kernel = y90();
        let mut radius = 0.05;
        while radius < 299.0 {
            let step = 1e-4;
            let slope = (kernel.energy_within(radius + step) - kernel.energy_within(radius - step))
                / (2.0 * step);
            let density = kernel.energy_per_mm(radius);
            assert!(density > 0.0);
            // Central difference of a cubic: its curvature changes at the nodes only.
            assert!((slope - density).abs() < 1e-5, "at {radius} mm");
            radius += 0.173;
        }
    }

    #[test]
    fn water_at_unit_density_is_the_table_itself() {
        let kernel = y90();
        let water = kernel
            .in_medium(KernelMedium::Water, Density::from_g_per_cm3(1.0))
            .expect("1 g/cm3 is allowed");
        for radius in [0.1, 3.3, 11.9, 40.0, 310.0] {
            assert!((water.energy_per_mm(radius) - kernel.energy_per_mm(radius)).abs() < 1e-15);
        }
        // Twice the density halves every distance.
        let dense = kernel
            .in_medium(KernelMedium::Water, Density::from_g_per_cm3(2.0))
            .expect("2 g/cm3 is allowed");
        assert!((dense.energy_per_mm(1.5) - 2.0 * kernel.energy_per_mm(3.0)).abs() < 1e-15);
    }

    #[test]
    fn a_large_sphere_keeps_nearly_all_and_a_small_one_p0_times_mean_chord() {
        let kernel = y90();
        let water = kernel
            .in_medium(KernelMedium::Water, Density::from_g_per_cm3(1.0))
            .expect("1 g/cm3 is allowed");
        let large = water.sphere_absorbed_fraction(5000.0).expect("positive");
        assert!(large < kernel.energy_within(400.0) && large > 0.998);
        // R -> 0: phi = p(0) x 3 R / 4, the mean distance to the surface.
        let small = water.sphere_absorbed_fraction(1e-3).expect("positive");
        assert!((small / (water.energy_per_mm(0.0) * 0.75e-3) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn refuses_damaged_tables_and_impossible_media() {
        for text in [
            "a,b,c\n0,1,0.5\n",
            "a,b,c\n0,1,0.5\n2,3,0.1\n",
            "a,b,c\n0,1,0.5\n1,2,-0.1\n",
            "a,b,c\n0,1,0.5\n1,2,0.6\n",
            "a,b,c\n0,1,nan\n1,2,0.1\n",
            "a,b,c\n0,1\n",
        ] {
            assert!(matches!(
                PointKernel::from_csv(text),
                Err(DosimetryError::DataTable { .. })
            ));
        }
        let kernel = y90();
        for rho in [0.0, 0.0012, f64::NAN, 19.3] {
            assert!(matches!(
                kernel.in_medium(KernelMedium::Water, Density::from_g_per_cm3(rho)),
                Err(DosimetryError::OutOfRange { .. })
            ));
        }
    }
}
