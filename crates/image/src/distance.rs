//! Distance of each voxel to a structure, and structures grown by a margin.
//!
//! Exact Euclidean distance between voxel centres, squared, by lower
//! envelopes of parabolas along one axis after the other, in linear time.
//! Source: Felzenszwalb and Huttenlocher 2012 (`felzenszwalb2012`).

use rayon::prelude::*;
use sirt_quantity::Length;

use crate::{ImageError, WeightMask};

/// Weight from which a voxel counts as part of the structure.
const HALF: f32 = 0.5;

impl WeightMask {
    /// The structure with everything within `margin` of it: voxels of weight 1
    /// whose centre is at most that far from the centre of a voxel that
    /// belongs to it by half or more, beside the weights that it has.
    ///
    /// # Errors
    /// [`ImageError::Weight`] is not met: grown weights are 0 to 1.
    pub fn grown(&self, margin: Length) -> Result<Self, ImageError> {
        let margin = margin.as_mm().max(0.0);
        let limit = (margin * margin * (1.0 + 1e-9)) as f32;
        // Nothing further away than the margin can belong to it.
        let whole = self.grid().size();
        let spacing = self.grid().spacing_mm();
        let (inner, extent) = self.bounding_box();
        let reach: [usize; 3] = std::array::from_fn(|axis| {
            let voxels = (margin / spacing[axis]).ceil() as usize;
            voxels.saturating_add(1).min(whole[axis])
        });
        let lower: [usize; 3] = std::array::from_fn(|axis| inner[axis].saturating_sub(reach[axis]));
        let size: [usize; 3] = std::array::from_fn(|axis| {
            (inner[axis] + extent[axis] + reach[axis]).min(whole[axis]) - lower[axis]
        });
        let mut weights = self.weights_in(lower, size);
        if margin > 0.0 {
            let distances = squared_distances_mm2(size, spacing, |at| weights[at] >= HALF);
            weights
                .par_iter_mut()
                .zip(&distances)
                .filter(|(_, distance)| **distance <= limit)
                .for_each(|(weight, _)| *weight = 1.0);
        }
        Ok(self.of_box_weights(lower, size, &weights))
    }
}

/// Squared distance of the centre of each voxel of a box to that of the nearest
/// voxel that `belongs`, mm²; infinite where none does.
fn squared_distances_mm2(
    [nx, ny, nz]: [usize; 3],
    [dx, dy, dz]: [f64; 3],
    belongs: impl Fn(usize) -> bool,
) -> Vec<f32> {
    let mut squared: Vec<f32> = (0..nx * ny * nz)
        .map(|at| if belongs(at) { 0.0 } else { f32::INFINITY })
        .collect();
    squared.par_chunks_mut(nx * ny).for_each(|slice| {
        let mut line = Envelope::of_length(nx.max(ny));
        for row in slice.chunks_mut(nx) {
            line.take(row.iter().copied());
            line.write(dx, |at, value| row[at] = value);
        }
        for i in 0..nx {
            line.take((0..ny).map(|j| slice[i + nx * j]));
            line.write(dy, |j, value| slice[i + nx * j] = value);
        }
    });
    // Columns along z, gathered so that each is worked on by one thread.
    let source = &squared;
    let columns: Vec<Vec<f32>> = (0..nx * ny)
        .into_par_iter()
        .map_init(
            || Envelope::of_length(nz),
            |line, column| {
                line.take((0..nz).map(|k| source[column + nx * ny * k]));
                let mut found = vec![f32::INFINITY; nz];
                line.write(dz, |k, value| found[k] = value);
                found
            },
        )
        .collect();
    for (column, values) in columns.iter().enumerate() {
        for (k, value) in values.iter().enumerate() {
            squared[column + nx * ny * k] = *value;
        }
    }
    squared
}

/// The lower envelope of the parabolas over one line of voxels.
struct Envelope {
    values: Vec<f64>,
    apexes: Vec<usize>,
    starts: Vec<f64>,
}

impl Envelope {
    fn of_length(length: usize) -> Self {
        Self {
            values: Vec::with_capacity(length),
            apexes: Vec::with_capacity(length),
            starts: Vec::with_capacity(length),
        }
    }

    fn take(&mut self, values: impl Iterator<Item = f32>) {
        self.values.clear();
        self.values.extend(values.map(f64::from));
    }

    /// Writes `min_q (spacing·(p − q))² + value(q)` for each position `p`.
    fn write(&mut self, spacing: f64, mut write: impl FnMut(usize, f32)) {
        self.apexes.clear();
        self.starts.clear();
        let square = spacing * spacing;
        for (q, value) in self.values.iter().enumerate() {
            if !value.is_finite() {
                continue;
            }
            // Height over the square of the spacing, so that positions count as 1.
            let height = |at: usize| self.values[at] / square + (at * at) as f64;
            let mut start = f64::NEG_INFINITY;
            while let Some(&last) = self.apexes.last() {
                start = (height(q) - height(last)) / (2.0 * (q - last) as f64);
                if self.starts.last().is_some_and(|before| start <= *before) {
                    self.apexes.pop();
                    self.starts.pop();
                    start = f64::NEG_INFINITY;
                } else {
                    break;
                }
            }
            self.apexes.push(q);
            self.starts.push(start);
        }
        if self.apexes.is_empty() {
            return;
        }
        let mut piece = 0;
        for p in 0..self.values.len() {
            while self
                .starts
                .get(piece + 1)
                .is_some_and(|start| *start < p as f64)
            {
                piece += 1;
            }
            let apex = self.apexes[piece];
            let offset = p.abs_diff(apex) as f64 * spacing;
            write(p, (offset * offset + self.values[apex]) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grid, PatientPoint};
    use proptest::prelude::*;

    fn grid() -> Grid {
        Grid::axis_aligned([7, 6, 5], [2.0, 3.0, 4.5], PatientPoint::default()).unwrap()
    }

    proptest! {
        /// Against the smallest of all distances, one by one.
        #[test]
        fn is_the_smallest_of_all_distances(seeds in proptest::collection::vec(0..210_usize, 1..8)) {
            let grid = grid();
            let found = squared_distances_mm2(grid.size(), grid.spacing_mm(), |at| seeds.contains(&at));
            for (at, found) in found.iter().enumerate() {
                let here = grid.to_patient(grid.index(at).map(|i| i as f64));
                let nearest = seeds
                    .iter()
                    .map(|seed| {
                        let there = grid.to_patient(grid.index(*seed).map(|i| i as f64));
                        let length = (here - there).length();
                        length * length
                    })
                    .fold(f64::INFINITY, f64::min);
                // f32 holds 7 digits of up to 700 mm2.
                prop_assert!((f64::from(*found) - nearest).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn grows_by_a_margin_and_keeps_what_it_had() {
        let grid = grid();
        let mut weights = vec![0.0; grid.voxel_count()];
        weights[grid.linear([3, 3, 2])] = 1.0;
        weights[grid.linear([0, 0, 0])] = 0.3;
        let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
        let grown = mask.grown(Length::from_mm(3.0)).unwrap();
        // Along x 2 mm is within 3 mm, 4 mm is not; along y exactly 3 mm is;
        // along z 4.5 mm is not.
        for (index, weight) in [
            ([2, 3, 2], 1.0),
            ([1, 3, 2], 0.0),
            ([3, 4, 2], 1.0),
            ([3, 3, 3], 0.0),
            ([0, 0, 0], 0.3),
            ([1, 0, 0], 0.0),
        ] {
            assert!((grown.weight(index) - weight).abs() < 1e-6, "{index:?}");
        }
        assert_eq!(mask.grown(Length::ZERO).unwrap(), mask);
    }

    #[test]
    fn grows_up_to_the_border_of_the_grid() {
        let grid = grid();
        let mut weights = vec![0.0; grid.voxel_count()];
        weights[grid.linear([6, 0, 4])] = 1.0;
        let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
        for margin in [1e3, f64::INFINITY] {
            let grown = mask.grown(Length::from_mm(margin)).unwrap();
            assert!(grown.dense().iter().all(|weight| *weight >= 1.0));
        }
    }

    #[test]
    fn nothing_grows_to_nothing() {
        let grid = grid();
        let mask = WeightMask::from_weights(grid.clone(), &vec![0.0; grid.voxel_count()]).unwrap();
        assert!(mask.grown(Length::from_cm(10.0)).unwrap().is_empty());
    }
}
