//! A structure as weights on a grid.
//!
//! A [`WeightMask`] says for each voxel of a grid which fraction of it, 0 to
//! 1, belongs to a structure, and stores only the box where that is not zero.
//! A structure's volume is the sum of weights times the voxel volume, and
//! every mean or histogram is taken with these weights.

use sirt_quantity::Capacity;

use crate::{Grid, ImageError};

/// Fractions of voxels that belong to a structure.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightMask {
    grid: Grid,
    lower: [usize; 3],
    size: [usize; 3],
    weights: Vec<f32>,
}

impl WeightMask {
    /// A mask from weights of all voxels of a grid, the first axis fastest;
    /// what is zero around it is cut away.
    ///
    /// # Errors
    /// [`ImageError::ValueCount`] when there is not one weight for each voxel,
    /// [`ImageError::Weight`] for a weight outside 0..=1.
    pub fn from_weights(grid: Grid, weights: &[f32]) -> Result<Self, ImageError> {
        if weights.len() != grid.voxel_count() {
            return Err(ImageError::ValueCount {
                expected: grid.voxel_count(),
                found: weights.len(),
            });
        }
        if let Some(at) = weights
            .iter()
            .position(|weight| !(0.0..=1.0).contains(weight))
        {
            return Err(ImageError::Weight {
                voxel: grid.index(at),
                weight: weights[at],
            });
        }
        let mut lower = grid.size();
        let mut upper = [0; 3];
        for (at, _) in weights
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > 0.0)
        {
            let index = grid.index(at);
            for axis in 0..3 {
                lower[axis] = lower[axis].min(index[axis]);
                upper[axis] = upper[axis].max(index[axis] + 1);
            }
        }
        let size: [usize; 3] = std::array::from_fn(|axis| upper[axis].saturating_sub(lower[axis]));
        if size.contains(&0) {
            return Ok(Self {
                grid,
                lower: [0; 3],
                size: [0; 3],
                weights: Vec::new(),
            });
        }
        let mut inside = Vec::with_capacity(size.iter().product());
        for k in lower[2]..upper[2] {
            for j in lower[1]..upper[1] {
                let start = grid.linear([lower[0], j, k]);
                inside.extend_from_slice(&weights[start..start + size[0]]);
            }
        }
        Ok(Self {
            grid,
            lower,
            size,
            weights: inside,
        })
    }

    /// A mask whose weight at each voxel index is `weight(index)`, looked up
    /// only inside the box that starts at `lower` and has `size` voxels.
    ///
    /// # Errors
    /// [`ImageError::Grid`] when the box reaches outside the grid,
    /// [`ImageError::Weight`] for a weight outside 0..=1.
    pub fn from_box(
        grid: Grid,
        lower: [usize; 3],
        size: [usize; 3],
        weights: Vec<f32>,
    ) -> Result<Self, ImageError> {
        if (0..3).any(|axis| lower[axis] + size[axis] > grid.size()[axis]) {
            return Err(ImageError::Grid {
                reason: format!(
                    "box at {lower:?} of {size:?} voxels is outside {:?}",
                    grid.size()
                ),
            });
        }
        let expected = size.iter().product();
        if weights.len() != expected {
            return Err(ImageError::ValueCount {
                expected,
                found: weights.len(),
            });
        }
        if let Some(at) = weights
            .iter()
            .position(|weight| !(0.0..=1.0).contains(weight))
        {
            let [i, j] = [at % size[0], (at / size[0]) % size[1]];
            let k = at / (size[0] * size[1]);
            return Err(ImageError::Weight {
                voxel: [lower[0] + i, lower[1] + j, lower[2] + k],
                weight: weights[at],
            });
        }
        Ok(Self {
            grid,
            lower,
            size,
            weights,
        })
    }

    /// The grid that the weights belong to.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// First voxel and number of voxels of the box that holds all weights.
    #[must_use]
    pub fn bounding_box(&self) -> ([usize; 3], [usize; 3]) {
        (self.lower, self.size)
    }

    /// Weights of the box, the first axis fastest.
    #[must_use]
    pub fn box_weights(&self) -> &[f32] {
        &self.weights
    }

    /// Weight of a voxel; 0 outside.
    #[must_use]
    pub fn weight(&self, index: [usize; 3]) -> f32 {
        let mut at = 0;
        for axis in (0..3).rev() {
            let Some(offset) = index[axis].checked_sub(self.lower[axis]) else {
                return 0.0;
            };
            if offset >= self.size[axis] {
                return 0.0;
            }
            at = at * self.size[axis] + offset;
        }
        self.weights[at]
    }

    /// Position in a volume's values and weight of each voxel that belongs to
    /// the structure at least in part, in the order of positions.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        let [nx, ny, _] = self.size;
        self.weights
            .chunks_exact(nx.max(1))
            .enumerate()
            .flat_map(move |(row, weights)| {
                let start = self.grid.linear([
                    self.lower[0],
                    self.lower[1] + row % ny.max(1),
                    self.lower[2] + row / ny.max(1),
                ]);
                weights
                    .iter()
                    .enumerate()
                    .map(move |(i, weight)| (start + i, *weight))
            })
            .filter(|(_, weight)| *weight > 0.0)
    }

    /// Space of the structure: sum of weights times the voxel volume.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        let total: f64 = self.weights.iter().map(|weight| f64::from(*weight)).sum();
        self.grid.voxel_capacity() * total
    }

    /// Whether no voxel belongs to the structure.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.iter().all(|weight| *weight <= 0.0)
    }

    /// Weights of all voxels of the grid, the first axis fastest.
    #[must_use]
    pub fn dense(&self) -> Vec<f32> {
        let mut dense = vec![0.0; self.grid.voxel_count()];
        for (at, weight) in self.iter() {
            dense[at] = weight;
        }
        dense
    }

    /// The same weights on the grid after a rigid motion.
    #[must_use]
    pub fn moved(&self, motion: &crate::RigidTransform) -> Self {
        Self {
            grid: self.grid.moved(motion),
            ..self.clone()
        }
    }

    /// What is in this structure and not in `other`: `w·(1 − w′)` would count
    /// shared partial voxels twice, so the difference `max(w − w′, 0)` is taken.
    ///
    /// # Errors
    /// [`ImageError::GridMismatch`] when the grids differ.
    pub fn without(&self, other: &Self) -> Result<Self, ImageError> {
        self.require_same_grid(other)?;
        let mut dense = self.dense();
        for (at, weight) in other.iter() {
            dense[at] = (dense[at] - weight).max(0.0);
        }
        Self::from_weights(self.grid.clone(), &dense)
    }

    /// What is in either structure: the larger weight in each voxel.
    ///
    /// # Errors
    /// [`ImageError::GridMismatch`] when the grids differ.
    pub fn union(&self, other: &Self) -> Result<Self, ImageError> {
        self.require_same_grid(other)?;
        let mut dense = self.dense();
        for (at, weight) in other.iter() {
            dense[at] = dense[at].max(weight);
        }
        Self::from_weights(self.grid.clone(), &dense)
    }

    fn require_same_grid(&self, other: &Self) -> Result<(), ImageError> {
        // A hundredth of a millimetre is below any scanner's table position.
        if self.grid.matches(&other.grid, 0.01) {
            Ok(())
        } else {
            Err(ImageError::GridMismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PatientPoint;

    fn grid() -> Grid {
        Grid::axis_aligned([4, 3, 2], [1.0, 2.0, 5.0], PatientPoint::default()).unwrap()
    }

    fn mask(set: &[([usize; 3], f32)]) -> WeightMask {
        let mut weights = vec![0.0; grid().voxel_count()];
        for (index, weight) in set {
            weights[grid().linear(*index)] = *weight;
        }
        WeightMask::from_weights(grid(), &weights).unwrap()
    }

    #[test]
    fn keeps_only_the_box_and_finds_every_weight_again() {
        let mask = mask(&[([1, 1, 0], 1.0), ([2, 2, 1], 0.25)]);
        assert_eq!(mask.bounding_box(), ([1, 1, 0], [2, 2, 2]));
        let found: Vec<_> = mask.iter().collect();
        assert_eq!(
            found,
            [
                (grid().linear([1, 1, 0]), 1.0),
                (grid().linear([2, 2, 1]), 0.25)
            ]
        );
        assert!((mask.weight([2, 2, 1]) - 0.25).abs() < f32::EPSILON);
        assert!(mask.weight([0, 0, 0]).abs() < f32::EPSILON);
        // 1.25 voxels of 10 mm3.
        assert!((mask.capacity().as_mm3() - 12.5).abs() < 1e-9);
    }

    #[test]
    fn an_empty_mask_has_no_volume() {
        let empty = mask(&[]);
        assert!(empty.is_empty());
        assert_eq!(empty.iter().count(), 0);
        assert!(empty.capacity().as_ml().abs() < 1e-12);
    }

    #[test]
    fn normal_liver_is_liver_without_tumour() {
        let liver = mask(&[([1, 1, 0], 1.0), ([2, 1, 0], 0.5)]);
        let tumour = mask(&[([1, 1, 0], 0.25), ([2, 1, 0], 1.0)]);
        let normal = liver.without(&tumour).unwrap();
        assert!((normal.weight([1, 1, 0]) - 0.75).abs() < 1e-6);
        assert!(normal.weight([2, 1, 0]).abs() < 1e-6);
        assert!((liver.union(&tumour).unwrap().weight([2, 1, 0]) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_weight_over_one_is_refused() {
        let error = WeightMask::from_weights(grid(), &[1.5; 24]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "weight 1.5 of voxel [0, 0, 0] is outside 0..=1"
        );
    }
}
