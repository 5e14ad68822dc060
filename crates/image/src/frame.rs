//! Points and directions in the patient, and indices in a grid.
//!
//! The patient frame is LPS in millimetres everywhere inside OpenSIRT: x grows
//! to the patient's left, y to posterior, z to superior (DICOM PS3.3 C.7.6.2).
//! Formats that speak RAS or centimetres are turned at the door.
//!
//! A [`PatientPoint`] is a place and a [`PatientVector`] a difference of
//! places; `point - point` is a vector and `point + point` does not compile.
//! Both tell the *kind* of space.
//! *Which* patient frame a point is in (the frame-of-reference UID) is known
//! only at run time and is carried by whoever owns the points; see
//! [`FrameOfReference`].

use std::ops::{Add, Mul, Neg, Sub};

/// A place in the patient, LPS, mm.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct PatientPoint(pub [f64; 3]);

/// A displacement in the patient, LPS, mm.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct PatientVector(pub [f64; 3]);

/// The identity of a patient frame: two images agree in space only when their
/// frames of reference are the same, or a registration joins them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FrameOfReference(pub String);

impl PatientVector {
    /// Scalar product, mm².
    #[must_use]
    pub fn dot(self, other: Self) -> f64 {
        self.0[0] * other.0[0] + self.0[1] * other.0[1] + self.0[2] * other.0[2]
    }

    /// Vector product, mm².
    #[must_use]
    pub fn cross(self, other: Self) -> Self {
        let ([a, b, c], [d, e, f]) = (self.0, other.0);
        Self([b * f - c * e, c * d - a * f, a * e - b * d])
    }

    /// Length, mm.
    #[must_use]
    pub fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The vector of length 1 in the same direction; `None` for a vector
    /// without length or with a component that is not finite.
    #[must_use]
    pub fn direction(self) -> Option<Self> {
        let length = self.length();
        (length.is_finite() && length > 0.0).then(|| self * (1.0 / length))
    }
}

impl Sub for PatientPoint {
    type Output = PatientVector;
    fn sub(self, other: Self) -> PatientVector {
        PatientVector(std::array::from_fn(|axis| self.0[axis] - other.0[axis]))
    }
}

impl Add<PatientVector> for PatientPoint {
    type Output = Self;
    fn add(self, step: PatientVector) -> Self {
        Self(std::array::from_fn(|axis| self.0[axis] + step.0[axis]))
    }
}

impl Add for PatientVector {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|axis| self.0[axis] + other.0[axis]))
    }
}

impl Sub for PatientVector {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|axis| self.0[axis] - other.0[axis]))
    }
}

impl Mul<f64> for PatientVector {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self(self.0.map(|component| component * factor))
    }
}

impl Neg for PatientVector {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}

/// A rigid motion from one patient frame into another: rotation, then shift.
///
/// Chains only through the points that it maps; which frames it joins is
/// checked at run time by the owner.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RigidTransform {
    rotation: [[f64; 3]; 3],
    shift: PatientVector,
}

impl RigidTransform {
    /// The motion that moves nothing.
    pub const IDENTITY: Self = Self {
        rotation: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        shift: PatientVector([0.0; 3]),
    };

    /// From a row-major 4 × 4 homogeneous matrix.
    ///
    /// # Errors
    /// [`crate::ImageError::NotRigid`] when the upper left 3 × 3 is no
    /// rotation to `tolerance` (largest deviation of `RᵀR` from 1; 1e-4 suits
    /// matrices printed with six digits), mirrors, or the last row is not
    /// `0 0 0 1`.
    pub fn from_matrix(matrix: &[f64; 16], tolerance: f64) -> Result<Self, crate::ImageError> {
        let rotation: [[f64; 3]; 3] =
            std::array::from_fn(|row| std::array::from_fn(|column| matrix[4 * row + column]));
        let columns: [PatientVector; 3] =
            std::array::from_fn(|column| PatientVector(rotation.map(|row| row[column])));
        let mut deviation = 0.0_f64;
        for (i, a) in columns.iter().enumerate() {
            for (j, b) in columns.iter().enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                let difference = (a.dot(*b) - expected).abs();
                // A NaN must not be swallowed by `max`.
                deviation = if difference.is_nan() {
                    f64::INFINITY
                } else {
                    deviation.max(difference)
                };
            }
        }
        let last_row = (0..3)
            .map(|column| matrix[12 + column].abs())
            .fold((matrix[15] - 1.0).abs(), f64::max);
        let mirrored = columns[0].cross(columns[1]).dot(columns[2]) < 0.0;
        if deviation.is_nan() || deviation > tolerance || last_row > tolerance || mirrored {
            return Err(crate::ImageError::NotRigid {
                deviation,
                mirrored,
            });
        }
        Ok(Self {
            rotation,
            shift: PatientVector([matrix[3], matrix[7], matrix[11]]),
        })
    }

    /// The place that a point moves to.
    #[must_use]
    pub fn apply(&self, point: PatientPoint) -> PatientPoint {
        PatientPoint(self.rotate(PatientVector(point.0)).0) + self.shift
    }

    /// The direction that a direction turns to.
    #[must_use]
    pub fn rotate(&self, vector: PatientVector) -> PatientVector {
        PatientVector(self.rotation.map(|row| PatientVector(row).dot(vector)))
    }

    /// The motion back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let rotation =
            std::array::from_fn(|row| std::array::from_fn(|column| self.rotation[column][row]));
        let turned = Self {
            rotation,
            shift: PatientVector::default(),
        };
        Self {
            shift: -turned.rotate(self.shift),
            ..turned
        }
    }

    /// `self` after `first`.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        let rotation = std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                (0..3)
                    .map(|k| self.rotation[row][k] * first.rotation[k][column])
                    .sum()
            })
        });
        Self {
            rotation,
            shift: self.rotate(first.shift) + self.shift,
        }
    }

    /// The row-major 4 × 4 homogeneous matrix.
    #[must_use]
    pub fn matrix(&self) -> [f64; 16] {
        let [a, b, c] = self.rotation;
        let [x, y, z] = self.shift.0;
        [
            a[0], a[1], a[2], x, b[0], b[1], b[2], y, c[0], c[1], c[2], z, 0.0, 0.0, 0.0, 1.0,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rigid_transform_and_its_inverse_cancel() {
        let (sin, cos) = 0.3_f64.sin_cos();
        let matrix = [
            cos, -sin, 0.0, 10.0, sin, cos, 0.0, -5.0, 0.0, 0.0, 1.0, 2.5, 0.0, 0.0, 0.0, 1.0,
        ];
        let transform = RigidTransform::from_matrix(&matrix, 1e-9).unwrap();
        let point = PatientPoint([12.0, -40.0, 7.0]);
        let back = transform.inverse().apply(transform.apply(point));
        assert!((back - point).length() < 1e-12);
        let identity = transform.inverse().after(&transform);
        assert!((identity.apply(point) - point).length() < 1e-12);
    }

    #[test]
    fn a_mirror_or_a_scale_is_not_rigid() {
        let mut mirror = RigidTransform::IDENTITY.matrix();
        mirror[0] = -1.0;
        assert!(RigidTransform::from_matrix(&mirror, 1e-4).is_err());
        let mut scale = RigidTransform::IDENTITY.matrix();
        scale[5] = 1.01;
        assert!(RigidTransform::from_matrix(&scale, 1e-4).is_err());
        let mut missing = RigidTransform::IDENTITY.matrix();
        missing[0] = f64::NAN;
        assert!(RigidTransform::from_matrix(&missing, 1e-4).is_err());
    }
}
