//! Solids with a closed form: ellipsoids, elliptic cylinders and their cuts.
//!
//! A round body is the set `|M·(p − c)|² ≤ 1` with centre `c` (mm) and a
//! matrix `M` (1/mm) that maps the body to the unit ball; a row of zeros in
//! `M` leaves that direction free, which makes an elliptic cylinder.
//! A [`Solid`] is the part that several round bodies and half-spaces
//! `n·p ≤ d` have in common, so it is convex and every straight line meets it
//! in at most one stretch: the chord, found by solving one quadratic.
//! Rasters, contours and projections are all built on chords, with additions,
//! products, quotients and square roots alone, which IEEE 754 rounds alike
//! on every machine.

use sirt_image::{PatientPoint, PatientVector};

/// A body that an affine map turns into the unit ball, or a cylinder.
#[derive(Debug, Clone, PartialEq)]
struct RoundBody {
    centre: PatientPoint,
    /// Rows of `M`, 1/mm.
    to_unit: [PatientVector; 3],
}

/// The side `normal · p ≤ offset` of a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
struct HalfSpace {
    normal: PatientVector,
    offset_mm: f64,
}

/// A convex solid: what round bodies and half-spaces have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Solid {
    bodies: Vec<RoundBody>,
    cuts: Vec<HalfSpace>,
    lower: PatientPoint,
    upper: PatientPoint,
    capacity_mm3: Option<f64>,
}

impl Solid {
    /// A sphere.
    pub(crate) fn sphere(centre: PatientPoint, diameter_mm: f64) -> Self {
        Self::aligned_ellipsoid(centre, [diameter_mm / 2.0; 3])
    }

    /// An ellipsoid along the patient axes, from its half axes in mm.
    pub(crate) fn aligned_ellipsoid(centre: PatientPoint, half_axes_mm: [f64; 3]) -> Self {
        let [a, b, c] = half_axes_mm;
        Self::ellipsoid(
            centre,
            [
                PatientVector([a, 0.0, 0.0]),
                PatientVector([0.0, b, 0.0]),
                PatientVector([0.0, 0.0, c]),
            ],
        )
    }

    /// The image of the unit ball under the map whose columns are `axes`
    /// (mm); the axes need not be perpendicular. Volume `4π/3·|det|`.
    pub(crate) fn ellipsoid(centre: PatientPoint, axes: [PatientVector; 3]) -> Self {
        let [a, b, c] = axes;
        let determinant = a.cross(b).dot(c);
        let to_unit = [b.cross(c), c.cross(a), a.cross(b)].map(|row| row * (1.0 / determinant));
        let reach = PatientVector(std::array::from_fn(|axis| {
            PatientVector([a.0[axis], b.0[axis], c.0[axis]]).length()
        }));
        Self {
            bodies: vec![RoundBody { centre, to_unit }],
            cuts: Vec::new(),
            lower: centre + -reach,
            upper: centre + reach,
            capacity_mm3: Some(4.0 / 3.0 * std::f64::consts::PI * determinant.abs()),
        }
    }

    /// The half of an ellipsoid on the side that its first axis points to.
    /// Volume `2π/3·|det|`.
    pub(crate) fn half_ellipsoid(centre: PatientPoint, axes: [PatientVector; 3]) -> Self {
        let mut solid = Self::ellipsoid(centre, axes);
        let normal = -solid.bodies[0].to_unit[0];
        solid.cuts.push(HalfSpace {
            normal,
            offset_mm: normal.dot(PatientVector(centre.0)),
        });
        solid.capacity_mm3 = solid.capacity_mm3.map(|whole| whole / 2.0);
        solid
    }

    /// An elliptic cylinder along z between two heights. Volume `π·a·b·h`.
    pub(crate) fn upright_cylinder(
        centre: [f64; 2],
        half_axes_mm: [f64; 2],
        heights_mm: [f64; 2],
    ) -> Self {
        let [x, y] = centre;
        let [a, b] = half_axes_mm;
        let [bottom, top] = heights_mm;
        let up = PatientVector([0.0, 0.0, 1.0]);
        Self {
            bodies: vec![RoundBody {
                centre: PatientPoint([x, y, 0.0]),
                to_unit: [
                    PatientVector([1.0 / a, 0.0, 0.0]),
                    PatientVector([0.0, 1.0 / b, 0.0]),
                    PatientVector::default(),
                ],
            }],
            cuts: vec![
                HalfSpace {
                    normal: up,
                    offset_mm: top,
                },
                HalfSpace {
                    normal: -up,
                    offset_mm: -bottom,
                },
            ],
            lower: PatientPoint([x - a, y - b, bottom]),
            upper: PatientPoint([x + a, y + b, top]),
            capacity_mm3: Some(std::f64::consts::PI * a * b * (top - bottom)),
        }
    }

    /// What an elliptic cylinder along y (centre and half axes in x and z, mm)
    /// leaves of this solid; the volume has no closed form.
    pub(crate) fn within_lying_cylinder(
        mut self,
        centre: [f64; 2],
        half_axes_mm: [f64; 2],
    ) -> Self {
        let [x, z] = centre;
        let [a, c] = half_axes_mm;
        self.bodies.push(RoundBody {
            centre: PatientPoint([x, 0.0, z]),
            to_unit: [
                PatientVector([1.0 / a, 0.0, 0.0]),
                PatientVector::default(),
                PatientVector([0.0, 0.0, 1.0 / c]),
            ],
        });
        self.lower = PatientPoint([
            self.lower.0[0].max(x - a),
            self.lower.0[1],
            self.lower.0[2].max(z - c),
        ]);
        self.upper = PatientPoint([
            self.upper.0[0].min(x + a),
            self.upper.0[1],
            self.upper.0[2].min(z + c),
        ]);
        self.capacity_mm3 = None;
        self
    }

    /// What the slab `from ≤ x ≤ to` (mm) leaves of this solid; the volume has
    /// no closed form.
    pub(crate) fn within_x(mut self, from: f64, to: f64) -> Self {
        let left = PatientVector([1.0, 0.0, 0.0]);
        self.cuts.push(HalfSpace {
            normal: left,
            offset_mm: to,
        });
        self.cuts.push(HalfSpace {
            normal: -left,
            offset_mm: -from,
        });
        self.lower.0[0] = self.lower.0[0].max(from);
        self.upper.0[0] = self.upper.0[0].min(to);
        self.capacity_mm3 = None;
        self
    }

    /// Volume in mm³ where it has a closed form.
    #[must_use]
    pub fn capacity_mm3(&self) -> Option<f64> {
        self.capacity_mm3
    }

    /// Corners of a box along the patient axes that holds the solid.
    #[must_use]
    pub fn bounds(&self) -> (PatientPoint, PatientPoint) {
        (self.lower, self.upper)
    }

    /// Whether a place is inside or on the surface.
    #[must_use]
    pub fn contains(&self, point: PatientPoint) -> bool {
        self.bodies.iter().all(|body| {
            let offset = point - body.centre;
            body.to_unit
                .iter()
                .map(|row| row.dot(offset) * row.dot(offset))
                .sum::<f64>()
                <= 1.0
        }) && self
            .cuts
            .iter()
            .all(|cut| cut.normal.dot(PatientVector(point.0)) <= cut.offset_mm)
    }

    /// Stretch of the line `origin + t·direction` inside the solid, as the two
    /// values of `t`; `None` where the line misses it.
    #[must_use]
    pub fn chord(&self, origin: PatientPoint, direction: PatientVector) -> Option<(f64, f64)> {
        let (mut from, mut to) = (f64::NEG_INFINITY, f64::INFINITY);
        for body in &self.bodies {
            let offset = origin - body.centre;
            let start = body.to_unit.map(|row| row.dot(offset));
            let step = body.to_unit.map(|row| row.dot(direction));
            let dot = |p: [f64; 3], q: [f64; 3]| p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
            let square = dot(step, step);
            let constant = dot(start, start) - 1.0;
            if square <= 0.0 {
                // The line runs along the free direction of a cylinder.
                if constant > 0.0 {
                    return None;
                }
                continue;
            }
            let middle = -dot(start, step) / square;
            let discriminant = middle * middle - constant / square;
            if discriminant <= 0.0 {
                return None;
            }
            let half = discriminant.sqrt();
            from = from.max(middle - half);
            to = to.min(middle + half);
        }
        for cut in &self.cuts {
            let slope = cut.normal.dot(direction);
            let room = cut.offset_mm - cut.normal.dot(PatientVector(origin.0));
            if slope > 0.0 {
                to = to.min(room / slope);
            } else if slope < 0.0 {
                from = from.max(room / slope);
            } else if room < 0.0 {
                return None;
            }
        }
        (from < to).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sum of chords along x over fine rows: volume by another road.
    fn capacity_by_chords(solid: &Solid) -> f64 {
        let (lower, upper) = solid.bounds();
        let rows = 400;
        let step = [1, 2].map(|axis| (upper.0[axis] - lower.0[axis]) / f64::from(rows));
        let mut total = 0.0;
        for k in 0..rows {
            for j in 0..rows {
                let origin = PatientPoint([
                    0.0,
                    lower.0[1] + (f64::from(j) + 0.5) * step[0],
                    lower.0[2] + (f64::from(k) + 0.5) * step[1],
                ]);
                if let Some((from, to)) = solid.chord(origin, PatientVector([1.0, 0.0, 0.0])) {
                    total += (to - from) * step[0] * step[1];
                }
            }
        }
        total
    }

    #[test]
    fn closed_volumes_are_the_sum_of_chords() {
        let centre = PatientPoint([3.0, -7.0, 11.0]);
        let sheared = [
            PatientVector([40.0, -12.0, 10.0]),
            PatientVector([0.0, 30.0, 0.0]),
            PatientVector([0.0, 5.0, 25.0]),
        ];
        for solid in [
            Solid::sphere(centre, 60.0),
            Solid::ellipsoid(centre, sheared),
            Solid::half_ellipsoid(centre, sheared),
            Solid::upright_cylinder([1.0, 2.0], [30.0, 20.0], [-40.0, 55.0]),
        ] {
            let closed = solid.capacity_mm3().unwrap();
            // Midpoint rows miss the rim of an ellipse by (1/400)^1.5 of it.
            assert!(
                (capacity_by_chords(&solid) / closed - 1.0).abs() < 3e-4,
                "{solid:?}"
            );
        }
        // 4/3 pi 30^3.
        let sphere = Solid::sphere(centre, 60.0).capacity_mm3().unwrap();
        assert!((sphere - 113_097.336).abs() < 1e-3);
    }

    #[test]
    fn the_ends_of_a_chord_are_on_the_surface() {
        let solid = Solid::half_ellipsoid(
            PatientPoint([-20.0, 0.0, 0.0]),
            [
                PatientVector([-50.0, 8.0, 0.0]),
                PatientVector([0.0, 30.0, 0.0]),
                PatientVector([0.0, 0.0, 40.0]),
            ],
        );
        let origin = PatientPoint([0.0, 3.0, 5.0]);
        let direction = PatientVector([-0.8, 0.6, 0.0]);
        let (from, to) = solid.chord(origin, direction).unwrap();
        for (t, inside) in [
            (from - 1e-6, false),
            (from + 1e-6, true),
            (to - 1e-6, true),
            (to + 1e-6, false),
        ] {
            assert_eq!(solid.contains(origin + direction * t), inside);
        }
        assert!(
            solid
                .chord(PatientPoint([0.0, 0.0, 90.0]), direction)
                .is_none()
        );
    }

    #[test]
    fn a_lying_cylinder_and_a_slab_cut() {
        let solid = Solid::upright_cylinder([0.0, 0.0], [50.0, 50.0], [-50.0, 50.0])
            .within_lying_cylinder([0.0, 0.0], [20.0, 10.0])
            .within_x(-5.0, 5.0);
        assert!(solid.contains(PatientPoint([4.0, 40.0, 0.0])));
        assert!(!solid.contains(PatientPoint([6.0, 0.0, 0.0])));
        assert!(!solid.contains(PatientPoint([0.0, 0.0, 11.0])));
        assert!(solid.capacity_mm3().is_none());
    }
}
