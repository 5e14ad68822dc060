//! The lattice that an image is sampled on.
//!
//! A [`Grid`] maps a voxel index to the place of the voxel's centre:
//! `p = origin + i·d₀·e₀ + j·d₁·e₁ + k·d₂·e₂`, with spacings `d` in mm and
//! orthonormal directions `e` (LPS).
//! Directions may be oblique and may run negative; a skewed lattice (a tilted
//! gantry) is refused, since every volume and every kernel here assumes
//! rectangular voxels.

use crate::{ImageError, PatientPoint, PatientVector};

/// Largest deviation of direction products from 0 or 1 that is taken for
/// rounding in a file: six printed digits, squared and summed.
const ORTHONORMAL_TOLERANCE: f64 = 1e-3;

/// A rectangular lattice of voxels in the patient.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Grid {
    size: [usize; 3],
    spacing_mm: [f64; 3],
    origin: PatientPoint,
    directions: [PatientVector; 3],
}

impl Grid {
    /// A grid from the centre of voxel (0, 0, 0), the spacing in mm and the
    /// direction of each index axis.
    ///
    /// Directions are normalised; their lengths carry no meaning.
    ///
    /// # Errors
    /// [`ImageError::Grid`] when an axis has no voxel, a spacing is not a
    /// positive finite number, the origin is not finite, directions are not
    /// perpendicular to 1e-3, or the number of voxels overflows.
    pub fn new(
        size: [usize; 3],
        spacing_mm: [f64; 3],
        origin: PatientPoint,
        directions: [PatientVector; 3],
    ) -> Result<Self, ImageError> {
        let wrong = |reason: String| ImageError::Grid { reason };
        if size.contains(&0) {
            return Err(wrong(format!("size {size:?} has an axis without voxels")));
        }
        if size
            .iter()
            .try_fold(1_usize, |n, axis| n.checked_mul(*axis))
            .is_none()
        {
            return Err(wrong(format!(
                "size {size:?} has more voxels than can be counted"
            )));
        }
        if !spacing_mm.iter().all(|d| d.is_finite() && *d > 0.0) {
            return Err(wrong(format!(
                "spacing {spacing_mm:?} mm is not positive on every axis"
            )));
        }
        if !origin.0.iter().all(|x| x.is_finite()) {
            return Err(wrong(format!("origin {:?} mm is not finite", origin.0)));
        }
        let mut unit = [PatientVector::default(); 3];
        for (axis, given) in directions.iter().enumerate() {
            unit[axis] = given
                .direction()
                .ok_or_else(|| wrong(format!("direction of axis {axis} has no length")))?;
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let cosine = unit[a].dot(unit[b]);
            if cosine.abs() > ORTHONORMAL_TOLERANCE {
                return Err(wrong(format!(
                    "axes {a} and {b} are not perpendicular (cosine {cosine:.4}, allowed {ORTHONORMAL_TOLERANCE})"
                )));
            }
        }
        Ok(Self {
            size,
            spacing_mm,
            origin,
            directions: unit,
        })
    }

    /// A grid along the patient axes, all directions positive.
    ///
    /// # Errors
    /// As [`Grid::new`].
    pub fn axis_aligned(
        size: [usize; 3],
        spacing_mm: [f64; 3],
        origin: PatientPoint,
    ) -> Result<Self, ImageError> {
        let unit = |axis: usize| {
            PatientVector(std::array::from_fn(
                |other| if other == axis { 1.0 } else { 0.0 },
            ))
        };
        Self::new(size, spacing_mm, origin, [unit(0), unit(1), unit(2)])
    }

    /// Number of voxels on each index axis.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Distance between neighbouring voxel centres on each index axis, mm.
    #[must_use]
    pub fn spacing_mm(&self) -> [f64; 3] {
        self.spacing_mm
    }

    /// Centre of voxel (0, 0, 0).
    #[must_use]
    pub fn origin(&self) -> PatientPoint {
        self.origin
    }

    /// Unit vector of each index axis.
    #[must_use]
    pub fn directions(&self) -> [PatientVector; 3] {
        self.directions
    }

    /// Number of voxels.
    #[must_use]
    pub fn voxel_count(&self) -> usize {
        self.size.iter().product()
    }

    /// Space of one voxel.
    #[must_use]
    pub fn voxel_capacity(&self) -> sirt_quantity::Capacity {
        sirt_quantity::Capacity::from_mm3(self.spacing_mm.iter().product())
    }

    /// Position of a voxel in a volume's values: the first axis runs fastest.
    #[must_use]
    pub fn linear(&self, [i, j, k]: [usize; 3]) -> usize {
        i + self.size[0] * (j + self.size[1] * k)
    }

    /// The voxel at a position of a volume's values; inverse of [`Grid::linear`].
    #[must_use]
    pub fn index(&self, linear: usize) -> [usize; 3] {
        let [nx, ny, _] = self.size;
        [linear % nx, (linear / nx) % ny, linear / (nx * ny)]
    }

    /// Place of a (fractional) voxel index; whole numbers are voxel centres.
    #[must_use]
    pub fn to_patient(&self, index: [f64; 3]) -> PatientPoint {
        (0..3).fold(self.origin, |point, axis| {
            point + self.directions[axis] * (index[axis] * self.spacing_mm[axis])
        })
    }

    /// Fractional voxel index of a place; inverse of [`Grid::to_patient`].
    #[must_use]
    pub fn to_index(&self, point: PatientPoint) -> [f64; 3] {
        // With directions perpendicular to 1e-3 the dual basis is computed,
        // not assumed to be the basis: index and place stay exact inverses.
        let [a, b, c] = self.directions;
        let volume = a.cross(b).dot(c);
        let offset = point - self.origin;
        [
            b.cross(c).dot(offset) / volume / self.spacing_mm[0],
            c.cross(a).dot(offset) / volume / self.spacing_mm[1],
            a.cross(b).dot(offset) / volume / self.spacing_mm[2],
        ]
    }

    /// Whether the index axes turn like the right hand.
    #[must_use]
    pub fn is_right_handed(&self) -> bool {
        let [a, b, c] = self.directions;
        a.cross(b).dot(c) > 0.0
    }

    /// Whether both grids have the same voxels, to `tolerance_mm` at every corner.
    #[must_use]
    pub fn matches(&self, other: &Self, tolerance_mm: f64) -> bool {
        self.size == other.size
            && self.corner_indices().into_iter().all(|corner| {
                (self.to_patient(corner) - other.to_patient(corner)).length() <= tolerance_mm
            })
    }

    /// Indices of the eight outermost voxel centres.
    fn corner_indices(&self) -> [[f64; 3]; 8] {
        std::array::from_fn(|corner| {
            std::array::from_fn(|axis| {
                if corner >> axis & 1 == 1 {
                    (self.size[axis] - 1) as f64
                } else {
                    0.0
                }
            })
        })
    }

    /// The same lattice after a rigid motion, in the frame that it moves to.
    #[must_use]
    pub fn moved(&self, motion: &crate::RigidTransform) -> Self {
        Self {
            size: self.size,
            spacing_mm: self.spacing_mm,
            origin: motion.apply(self.origin),
            directions: self.directions.map(|direction| motion.rotate(direction)),
        }
    }

    /// The part of the grid that starts at voxel `lower` and has `size` voxels.
    ///
    /// # Errors
    /// [`ImageError::Grid`] when the part reaches outside.
    pub fn part(&self, lower: [usize; 3], size: [usize; 3]) -> Result<Self, ImageError> {
        if (0..3).any(|axis| lower[axis] + size[axis] > self.size[axis]) {
            return Err(ImageError::Grid {
                reason: format!(
                    "part at {lower:?} of {size:?} voxels is outside {:?}",
                    self.size
                ),
            });
        }
        Self::new(
            size,
            self.spacing_mm,
            self.to_patient(lower.map(|i| i as f64)),
            self.directions,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn oblique() -> Grid {
        let (sin, cos) = 0.4_f64.sin_cos();
        Grid::new(
            [5, 7, 3],
            [2.0, 3.0, 4.5],
            PatientPoint([-10.0, 20.0, 30.0]),
            [
                PatientVector([cos, sin, 0.0]),
                PatientVector([-sin, cos, 0.0]),
                PatientVector([0.0, 0.0, -1.0]),
            ],
        )
        .unwrap()
    }

    proptest! {
        #[test]
        fn index_and_place_are_inverse(i in -5.0..10.0_f64, j in -5.0..10.0_f64, k in -5.0..10.0_f64) {
            let grid = oblique();
            let back = grid.to_index(grid.to_patient([i, j, k]));
            for (got, wanted) in back.iter().zip([i, j, k]) {
                prop_assert!((got - wanted).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn linear_and_index_are_inverse_and_the_first_axis_is_fastest() {
        let grid = oblique();
        assert_eq!(grid.linear([1, 0, 0]), 1);
        assert_eq!(grid.linear([0, 1, 0]), 5);
        for linear in 0..grid.voxel_count() {
            assert_eq!(grid.linear(grid.index(linear)), linear);
        }
    }

    #[test]
    fn a_negative_axis_makes_it_left_handed() {
        assert!(!oblique().is_right_handed());
    }

    #[test]
    fn refuses_what_is_no_lattice() {
        let aligned = |size, spacing| Grid::axis_aligned(size, spacing, PatientPoint::default());
        assert!(aligned([0, 1, 1], [1.0; 3]).is_err());
        assert!(aligned([1, 1, 1], [1.0, 0.0, 1.0]).is_err());
        assert!(aligned([1, 1, 1], [1.0, f64::NAN, 1.0]).is_err());
        assert!(aligned([usize::MAX, 2, 1], [1.0; 3]).is_err());
        let skewed = Grid::new(
            [2; 3],
            [1.0; 3],
            PatientPoint::default(),
            [
                PatientVector([1.0, 0.0, 0.0]),
                PatientVector([0.0, 1.0, 0.2]),
                PatientVector([0.0, 0.0, 1.0]),
            ],
        );
        assert!(
            skewed
                .unwrap_err()
                .to_string()
                .contains("axes 1 and 2 are not perpendicular")
        );
    }
}
