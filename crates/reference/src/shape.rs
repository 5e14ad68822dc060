//! Shapes in a dose that rises linearly along z, after Nelms et al. 2015
//! (`nelms2015dvh`): every point of their histogram has a closed form.
//!
//! With the dose `D(z) = D₀ + g·z` (`g > 0`) the volume at or above a dose is
//! the volume at or above the height `(D − D₀)/g`:
//!
//! - sphere of radius `R`: `π·(2R³/3 − R²h + h³/3)` above the height `h`,
//! - upright cylinder of radius `R`, half height `H`: `πR²·(H − h)`,
//! - upright cone, apex up, base radius `R`, half height `H`:
//!   `π/3·(R/2H)²·(H − h)³`,
//! - slab of half thickness `H` and area `a`: `a·(H − h)`.
//!
//! All are centred on the origin; the cone by the middle of its height.

use std::f64::consts::PI;

use sirt_image::PatientPoint;

/// A shape around the origin; lengths in mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// A ball.
    Sphere {
        /// Radius, mm.
        radius_mm: f64,
    },
    /// A cylinder along z.
    Cylinder {
        /// Radius, mm.
        radius_mm: f64,
        /// Half of its height, mm.
        half_height_mm: f64,
    },
    /// A cone along z with its apex up.
    Cone {
        /// Radius of the base, mm.
        radius_mm: f64,
        /// Half of its height, mm.
        half_height_mm: f64,
    },
    /// A square plate across z.
    Slab {
        /// Half of its side, mm.
        half_side_mm: f64,
        /// Half of its thickness, mm.
        half_height_mm: f64,
    },
}

/// A dose `D₀ + g·z` with `g > 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearDose {
    /// `D₀`: dose at the origin, Gy.
    pub at_origin_gy: f64,
    /// `g`, Gy/mm, above 0.
    pub gradient_gy_per_mm: f64,
}

impl LinearDose {
    /// Dose at a place, Gy.
    #[must_use]
    pub fn at(&self, point: PatientPoint) -> f64 {
        self.at_origin_gy + self.gradient_gy_per_mm * point.0[2]
    }
}

impl Shape {
    /// Half of the shape's extent along z, mm.
    #[must_use]
    pub fn half_height_mm(&self) -> f64 {
        match *self {
            Self::Sphere { radius_mm } => radius_mm,
            Self::Cylinder { half_height_mm, .. }
            | Self::Cone { half_height_mm, .. }
            | Self::Slab { half_height_mm, .. } => half_height_mm,
        }
    }

    /// Whether a place is inside or on the surface.
    #[must_use]
    pub fn contains(&self, point: PatientPoint) -> bool {
        let [x, y, z] = point.0;
        let across = x * x + y * y;
        let along = z.abs() <= self.half_height_mm();
        match *self {
            Self::Sphere { radius_mm } => across + z * z <= radius_mm * radius_mm,
            Self::Cylinder { radius_mm, .. } => along && across <= radius_mm * radius_mm,
            Self::Cone {
                radius_mm,
                half_height_mm,
            } => {
                let radius = radius_mm * (half_height_mm - z) / (2.0 * half_height_mm);
                along && across <= radius * radius
            }
            Self::Slab { half_side_mm, .. } => {
                along && x.abs() <= half_side_mm && y.abs() <= half_side_mm
            }
        }
    }

    /// Volume, mm³.
    #[must_use]
    pub fn volume_mm3(&self) -> f64 {
        self.volume_above_mm3(-self.half_height_mm())
    }

    /// Volume at or above the height `z_mm`, mm³.
    #[must_use]
    pub fn volume_above_mm3(&self, z_mm: f64) -> f64 {
        let half = self.half_height_mm();
        let h = z_mm.clamp(-half, half);
        match *self {
            Self::Sphere { radius_mm: r } => {
                PI * (2.0 / 3.0 * r * r * r - r * r * h + h * h * h / 3.0)
            }
            Self::Cylinder { radius_mm: r, .. } => PI * r * r * (half - h),
            Self::Cone { radius_mm: r, .. } => {
                let slope = r / (2.0 * half);
                PI / 3.0 * slope * slope * (half - h).powi(3)
            }
            Self::Slab { half_side_mm, .. } => 4.0 * half_side_mm * half_side_mm * (half - h),
        }
    }

    /// Fraction of the volume that receives `dose_gy` or more.
    #[must_use]
    pub fn fraction_at_or_above(&self, dose: &LinearDose, dose_gy: f64) -> f64 {
        let height = (dose_gy - dose.at_origin_gy) / dose.gradient_gy_per_mm;
        self.volume_above_mm3(height) / self.volume_mm3()
    }

    /// The largest dose that `fraction` (0 to 1) of the volume receives at
    /// least, Gy: `D(z)` at the height above which that part lies, by bisection
    /// to 1e-12 of the shape's height.
    #[must_use]
    pub fn dose_at_fraction_gy(&self, dose: &LinearDose, fraction: f64) -> f64 {
        let (mut low, mut high) = (-self.half_height_mm(), self.half_height_mm());
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if self.volume_above_mm3(middle) >= fraction * self.volume_mm3() {
                low = middle;
            } else {
                high = middle;
            }
        }
        dose.at(PatientPoint([0.0, 0.0, low]))
    }

    /// Mean dose, Gy: that at the centroid, which for a cone lies at a quarter
    /// of its height above the base.
    #[must_use]
    pub fn mean_dose_gy(&self, dose: &LinearDose) -> f64 {
        let centroid = match *self {
            Self::Cone { half_height_mm, .. } => -half_height_mm / 2.0,
            _ => 0.0,
        };
        dose.at(PatientPoint([0.0, 0.0, centroid]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOSE: LinearDose = LinearDose {
        at_origin_gy: 50.0,
        gradient_gy_per_mm: 1.5,
    };

    const SHAPES: [Shape; 4] = [
        Shape::Sphere { radius_mm: 15.0 },
        Shape::Cylinder {
            radius_mm: 12.0,
            half_height_mm: 10.0,
        },
        Shape::Cone {
            radius_mm: 12.0,
            half_height_mm: 14.0,
        },
        Shape::Slab {
            half_side_mm: 10.0,
            half_height_mm: 5.0,
        },
    ];

    #[test]
    fn volumes_are_those_of_school() {
        let expected = [
            4.0 / 3.0 * PI * 15.0 * 15.0 * 15.0,
            PI * 12.0 * 12.0 * 20.0,
            PI / 3.0 * 12.0 * 12.0 * 28.0,
            20.0 * 20.0 * 10.0,
        ];
        for (shape, volume) in SHAPES.iter().zip(expected) {
            assert!(
                (shape.volume_mm3() / volume - 1.0).abs() < 1e-12,
                "{shape:?}"
            );
        }
    }

    #[test]
    fn closed_forms_agree_with_counted_points() {
        // Points 0.25 mm apart, 0.125 mm off the middle: an error of volume
        // near 0.25 mm over the radius, to the power 3/2: 0.3 %.
        let points: Vec<f64> = (-64..64).map(|n| 0.25 * (f64::from(n) + 0.5)).collect();
        for shape in SHAPES {
            let (mut all, mut above, mut sum) = (0.0, 0.0, 0.0);
            for z in &points {
                for y in &points {
                    for x in &points {
                        let point = PatientPoint([*x, *y, *z]);
                        if shape.contains(point) {
                            all += 1.0;
                            sum += DOSE.at(point);
                            above += f64::from(u8::from(DOSE.at(point) >= 53.0));
                        }
                    }
                }
            }
            let volume = all * 0.25 * 0.25 * 0.25;
            assert!(
                (volume / shape.volume_mm3() - 1.0).abs() < 3e-3,
                "{shape:?}"
            );
            assert!((above / all - shape.fraction_at_or_above(&DOSE, 53.0)).abs() < 3e-3);
            assert!(
                (sum / all - shape.mean_dose_gy(&DOSE)).abs() < 0.02,
                "{shape:?}"
            );
        }
    }

    #[test]
    fn a_histogram_starts_at_one_and_ends_at_zero() {
        for shape in SHAPES {
            assert!((shape.fraction_at_or_above(&DOSE, 0.0) - 1.0).abs() < 1e-12);
            assert!(shape.fraction_at_or_above(&DOSE, 100.0).abs() < 1e-12);
        }
    }
}
