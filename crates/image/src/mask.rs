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
        let size = grid.size();
        Ok(Self::trimmed(grid, [0; 3], size, weights))
    }

    /// A mask from the weights of a box, the first axis fastest; what is zero
    /// around it is cut away.
    fn trimmed(grid: Grid, corner: [usize; 3], size: [usize; 3], weights: &[f32]) -> Self {
        let [nx, ny, _] = size.map(|voxels| voxels.max(1));
        let (mut lower, mut upper) = (size, [0; 3]);
        for (at, row) in weights.chunks_exact(nx).enumerate() {
            let belongs = |weight: &f32| *weight > 0.0;
            let (Some(first), Some(last)) =
                (row.iter().position(belongs), row.iter().rposition(belongs))
            else {
                continue;
            };
            for (axis, [from, to]) in [[first, last], [at % ny; 2], [at / ny; 2]]
                .into_iter()
                .enumerate()
            {
                lower[axis] = lower[axis].min(from);
                upper[axis] = upper[axis].max(to + 1);
            }
        }
        let inner: [usize; 3] = std::array::from_fn(|axis| upper[axis].saturating_sub(lower[axis]));
        if inner.contains(&0) {
            return Self {
                grid,
                lower: [0; 3],
                size: [0; 3],
                weights: Vec::new(),
            };
        }
        let mut inside = Vec::with_capacity(inner.iter().product());
        for k in lower[2]..upper[2] {
            for j in lower[1]..upper[1] {
                let start = lower[0] + nx * (j + ny * k);
                inside.extend_from_slice(&weights[start..start + inner[0]]);
            }
        }
        Self {
            grid,
            lower: std::array::from_fn(|axis| corner[axis] + lower[axis]),
            size: inner,
            weights: inside,
        }
    }

    /// Weights of all voxels of a box of the grid, the first axis fastest.
    pub(crate) fn weights_in(&self, corner: [usize; 3], size: [usize; 3]) -> Vec<f32> {
        let mut weights = vec![0.0; size.iter().product()];
        // Of each axis: where the boxes share voxels, on the grid.
        let shared: [[usize; 2]; 3] = std::array::from_fn(|axis| {
            let end = (corner[axis] + size[axis]).min(self.lower[axis] + self.size[axis]);
            [corner[axis].max(self.lower[axis]), end]
        });
        if shared.iter().any(|[from, to]| from >= to) {
            return weights;
        }
        let [[left, right], [front, back], [bottom, top]] = shared;
        let row_of = |lower: [usize; 3], size: [usize; 3], j: usize, k: usize| {
            left - lower[0] + size[0] * ((j - lower[1]) + size[1] * (k - lower[2]))
        };
        for k in bottom..top {
            for j in front..back {
                let from = row_of(self.lower, self.size, j, k);
                let to = row_of(corner, size, j, k);
                let row = &self.weights[from..from + right - left];
                weights[to..to + right - left].copy_from_slice(row);
            }
        }
        weights
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
        // Outside of its own box there is nothing to take away.
        let others = other.weights_in(self.lower, self.size);
        let left: Vec<f32> = self
            .weights
            .iter()
            .zip(others)
            .map(|(weight, other)| (weight - other).max(0.0))
            .collect();
        Ok(Self::trimmed(
            self.grid.clone(),
            self.lower,
            self.size,
            &left,
        ))
    }

    /// What is in either structure: the larger weight in each voxel.
    ///
    /// # Errors
    /// [`ImageError::GridMismatch`] when the grids differ.
    pub fn union(&self, other: &Self) -> Result<Self, ImageError> {
        self.require_same_grid(other)?;
        for (one, empty) in [(self, other), (other, self)] {
            if empty.weights.is_empty() {
                let (lower, size) = one.bounding_box();
                return Ok(one.of_box_weights(lower, size, &one.weights));
            }
        }
        let lower = std::array::from_fn(|axis| self.lower[axis].min(other.lower[axis]));
        let size = std::array::from_fn(|axis| {
            let ends = [self, other].map(|mask| mask.lower[axis] + mask.size[axis]);
            ends[0].max(ends[1]) - lower[axis]
        });
        let mut both = self.weights_in(lower, size);
        for (weight, other) in both.iter_mut().zip(other.weights_in(lower, size)) {
            *weight = weight.max(other);
        }
        Ok(Self::trimmed(self.grid.clone(), lower, size, &both))
    }

    /// The mask on the same grid whose weights of a box are these.
    pub(crate) fn of_box_weights(
        &self,
        corner: [usize; 3],
        size: [usize; 3],
        weights: &[f32],
    ) -> Self {
        Self::trimmed(self.grid.clone(), corner, size, weights)
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
    use proptest::prelude::*;

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

    proptest! {
        /// Against the weights of all voxels, one by one.
        #[test]
        fn parts_and_wholes_are_those_of_all_voxels(
            [one, other] in prop::array::uniform2(prop::collection::vec(
                prop_oneof![4 => Just(0.0_f32), 1 => 0.0_f32..=1.0],
                24,
            ))
        ) {
            let of = |weights: &[f32]| WeightMask::from_weights(grid(), weights).unwrap();
            let each = |by: fn(f32, f32) -> f32| -> Vec<f32> {
                one.iter().zip(&other).map(|(a, b)| by(*a, *b)).collect()
            };
            let (first, second) = (of(&one), of(&other));
            prop_assert_eq!(first.dense(), one.clone());
            let less = each(|a, b| (a - b).max(0.0));
            prop_assert_eq!(first.without(&second).unwrap(), of(&less));
            prop_assert_eq!(first.union(&second).unwrap(), of(&each(f32::max)));
        }
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
