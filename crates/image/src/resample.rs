//! Volumes and masks on another grid.
//!
//! Three questions, three functions, never interchangeable:
//! - [`resample_mask`]: which fraction of each target voxel belongs to a structure;
//! - [`resample_conserving`]: an amount per space (activity concentration,
//!   counts per voxel volume), whose integral `Σ c·V` must stay;
//! - [`resample_mean`]: an intensive quantity (density, CT number, dose), whose
//!   mean over each target voxel is wanted.
//!
//! A source voxel is a box of constant value. With `V_st` the space that
//! source voxel `s` and target voxel `t` share and `V_t` that of the target
//! voxel, mask and conserving resampling give `x_t = Σ_s x_s·V_st / V_t`.
//! Where the axes of both grids run along each other in any order and sense
//! (to 0.1 mrad), `V_st` is a product of overlaps along the axes and exact.
//! On other grids each target voxel is sampled at 64 to 1728 points, where they
//! fit two per axis to a source voxel; conserving resampling then scales the result
//! so that the integral is that of the source ([`Conserved::correction`]).

use crate::overlap::{AxisMaps, AxisTable, apply};
use crate::sampling::IndexMap;
use crate::{Grid, ImageError, Volume, VoxelQuantity, WeightMask};

/// A conserving resampling and what it could not carry over.
#[derive(Debug, Clone, PartialEq)]
pub struct Conserved<Q> {
    /// The volume on the target grid.
    pub volume: Volume<Q>,
    /// Share of the source's integral that lies outside of the target grid.
    pub outside_fraction: f64,
    /// Factor that was applied to keep the integral: exactly 1 between grids
    /// with parallel axes, within a few thousandths of 1 otherwise.
    pub correction: f64,
}

/// An averaging resampling and what the source did not cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Averaged<Q> {
    /// The volume on the target grid.
    pub volume: Volume<Q>,
    /// Share of the target's voxels without any source under them.
    pub uncovered_fraction: f64,
}

/// The structure as partial-voxel weights on another grid.
///
/// What lies outside of the target is cut away; inside, the structure's volume
/// stays, to rounding between parallel axes and to 0.5 % otherwise (for
/// structures of a hundred voxels or more).
///
/// # Errors
/// [`ImageError::ValueCount`] or [`ImageError::Weight`] would mean a fault in
/// this function.
pub fn resample_mask(mask: &WeightMask, grid: &Grid) -> Result<WeightMask, ImageError> {
    let (lower, size) = mask.bounding_box();
    if mask.grid() == grid {
        return WeightMask::from_box(grid.clone(), lower, size, mask.box_weights().to_vec());
    }
    let empty = || WeightMask::from_box(grid.clone(), [0; 3], [0; 3], Vec::new());
    if size.contains(&0) {
        return empty();
    }
    let source = mask.grid().part(lower, size)?;
    let (first, extent, mut weights) = if let Some(maps) = AxisMaps::between(&source, grid) {
        let mut tables = maps.tables(AxisTable::overlaps);
        let ranges = tables.each_ref().map(AxisTable::used_range);
        if ranges.iter().any(std::ops::Range::is_empty) {
            return empty();
        }
        for (table, range) in tables.iter_mut().zip(&ranges) {
            table.keep(range.clone());
        }
        (
            ranges.each_ref().map(|range| range.start),
            ranges.each_ref().map(|range| range.len()),
            apply(mask.box_weights(), source.size(), &tables),
        )
    } else {
        let map = IndexMap::new(&source, grid);
        let Some((first, extent)) = map.reach(grid.size()) else {
            return empty();
        };
        let steps = map.steps(&source, grid);
        let weights = map.sampled_mean(mask.box_weights(), source.size(), first, extent, steps);
        (first, extent, weights)
    };
    for weight in &mut weights {
        // Sums of overlaps end a rounding error beside 0 and 1.
        *weight = if *weight < 1e-6 { 0.0 } else { weight.min(1.0) };
    }
    WeightMask::from_box(grid.clone(), first, extent, weights)
}

/// An amount per space on another grid, its integral kept.
///
/// For activity concentration, never for CT numbers.
/// Target voxels without source under them are 0; what of the source lies
/// outside of the target is reported and lost.
///
/// # Errors
/// [`ImageError::ValueCount`] would mean a fault in this function.
pub fn resample_conserving<Q: VoxelQuantity>(
    volume: &Volume<Q>,
    grid: &Grid,
) -> Result<Conserved<Q>, ImageError> {
    let source = volume.grid();
    let frame = volume.frame_of_reference().cloned();
    if source == grid {
        return Ok(Conserved {
            volume: volume.clone(),
            outside_fraction: 0.0,
            correction: 1.0,
        });
    }
    if let Some(maps) = AxisMaps::between(source, grid) {
        let values = apply(
            volume.values(),
            source.size(),
            &maps.tables(AxisTable::overlaps),
        );
        let covered = maps.covered_shares();
        let outside_fraction = outside_of_total(volume, |[i, j, k]| {
            covered[0][i] * covered[1][j] * covered[2][k]
        });
        return Ok(Conserved {
            volume: Volume::new(grid.clone(), frame, values)?,
            outside_fraction,
            correction: 1.0,
        });
    }
    let map = IndexMap::new(source, grid);
    let steps = map.steps(source, grid);
    let values = map.sampled_mean(volume.values(), source.size(), [0; 3], grid.size(), steps);
    let back = IndexMap::new(grid, source);
    let outside_fraction = outside_of_total(volume, |index| back.share_inside(index, grid.size()));
    let mut result = Volume::new(grid.clone(), frame, values)?;
    let wanted = volume.sum() * (1.0 - outside_fraction) * source.voxel_capacity().as_mm3();
    let found = result.sum() * grid.voxel_capacity().as_mm3();
    let magnitude: f64 = result.values().iter().map(|x| f64::from(x.abs())).sum();
    // Where positive and negative values cancel, the ratio of two small sums
    // says nothing about the sampling: then nothing is scaled.
    let trusted = found.abs() > 0.01 * magnitude * grid.voxel_capacity().as_mm3();
    let correction = if trusted { wanted / found } else { 1.0 };
    for value in result.values_mut() {
        *value = (f64::from(*value) * correction) as f32;
    }
    Ok(Conserved {
        volume: result,
        outside_fraction,
        correction,
    })
}

/// The mean of an intensive quantity over each voxel of another grid.
///
/// On an axis where the target's voxels are as large as the source's or
/// larger, the mean is taken over the boxes; where they are smaller, the
/// source is interpolated linearly between its voxel centres.
/// Target voxels that the source covers in part take the mean of that part;
/// those without source get `outside` (−1000 for a CT, 0 for a dose).
///
/// # Errors
/// [`ImageError::ValueCount`] would mean a fault in this function.
pub fn resample_mean<Q: VoxelQuantity>(
    volume: &Volume<Q>,
    grid: &Grid,
    outside: f32,
) -> Result<Averaged<Q>, ImageError> {
    let source = volume.grid();
    if source == grid {
        return Ok(Averaged {
            volume: volume.clone(),
            uncovered_fraction: 0.0,
        });
    }
    let (values, uncovered) = if let Some(maps) = AxisMaps::between(source, grid) {
        let tables = maps.tables(AxisTable::means);
        let mut values = apply(volume.values(), source.size(), &tables);
        let used = tables.each_ref().map(AxisTable::used_range);
        let mut uncovered = 0_usize;
        let [nx, ny, _] = grid.size();
        for (row, line) in values.chunks_exact_mut(nx).enumerate() {
            let covered = used[1].contains(&(row % ny)) && used[2].contains(&(row / ny));
            for (i, value) in line.iter_mut().enumerate() {
                if !(covered && used[0].contains(&i)) {
                    *value = outside;
                    uncovered += 1;
                }
            }
        }
        (values, uncovered)
    } else {
        IndexMap::new(source, grid).interpolated_mean(volume, grid, outside)
    };
    Ok(Averaged {
        volume: Volume::new(grid.clone(), volume.frame_of_reference().cloned(), values)?,
        uncovered_fraction: uncovered as f64 / grid.voxel_count() as f64,
    })
}

/// Value at a fractional voxel index, linear between voxel centres.
///
/// In the outer half of border voxels the border value holds; `None` outside
/// of the voxels.
#[must_use]
pub fn sample_linear<Q: VoxelQuantity>(volume: &Volume<Q>, index: [f64; 3]) -> Option<f32> {
    crate::sampling::linear(volume.values(), volume.grid().size(), index).map(|x| x as f32)
}

/// Share of a volume's sum that is outside, `share` being the inside part of
/// each voxel.
fn outside_of_total<Q: VoxelQuantity>(
    volume: &Volume<Q>,
    share: impl Fn([usize; 3]) -> f64 + Sync,
) -> f64 {
    use rayon::prelude::*;
    let [nx, ny, _] = volume.grid().size();
    // Sums per row, added in the order of rows: the same at any thread count.
    let rows: Vec<[f64; 2]> = volume
        .values()
        .par_chunks(nx)
        .enumerate()
        .map(|(row, values)| {
            let (j, k) = (row % ny, row / ny);
            values
                .iter()
                .enumerate()
                .fold([0.0; 2], |[all, outside], (i, value)| {
                    let value = f64::from(*value);
                    [all + value, outside + value * (1.0 - share([i, j, k]))]
                })
        })
        .collect();
    let all: f64 = rows.iter().map(|row| row[0]).sum();
    let outside: f64 = rows.iter().map(|row| row[1]).sum();
    if all.abs() > 0.0 { outside / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hounsfield, PatientPoint, PatientVector};
    use proptest::prelude::*;
    use sirt_quantity::ActivityConcentration;

    fn axes(order: usize, flips: usize) -> [PatientVector; 3] {
        let orders = [
            [0, 1, 2],
            [1, 2, 0],
            [2, 0, 1],
            [0, 2, 1],
            [2, 1, 0],
            [1, 0, 2],
        ];
        std::array::from_fn(|axis| {
            let mut unit = [0.0; 3];
            unit[orders[order][axis]] = if flips >> axis & 1 == 1 { -1.0 } else { 1.0 };
            PatientVector(unit)
        })
    }

    fn tilted(angle: f64) -> [PatientVector; 3] {
        let (sin, cos) = angle.sin_cos();
        [
            PatientVector([cos, sin, 0.0]),
            PatientVector([-sin * cos, cos * cos, sin]),
            PatientVector([sin * sin, -sin * cos, cos]),
        ]
    }

    /// A grid whose middle is at `middle`.
    fn grid(
        size: [usize; 3],
        spacing: [f64; 3],
        middle: PatientPoint,
        directions: [PatientVector; 3],
    ) -> Grid {
        let origin = (0..3).fold(middle, |point, axis| {
            point + directions[axis] * (-0.5 * (size[axis] - 1) as f64 * spacing[axis])
        });
        Grid::new(size, spacing, origin, directions).unwrap()
    }

    /// A ball of activity with a smooth border, and the same as a mask.
    fn ball(grid: &Grid, middle: PatientPoint, radius: f64) -> Vec<f32> {
        (0..grid.voxel_count())
            .map(|at| {
                let place = grid.to_patient(grid.index(at).map(|i| i as f64));
                (radius - (place - middle).length()).clamp(0.0, 1.0) as f32
            })
            .collect()
    }

    fn integral<Q: VoxelQuantity>(volume: &Volume<Q>) -> f64 {
        volume.sum() * volume.grid().voxel_capacity().as_mm3()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Parallel axes in any order and sense: the integral stays to f32 rounding.
        #[test]
        fn parallel_resampling_conserves(order in 0..6_usize, flips in 0..8_usize, dx in 1.0..5.0_f64, dy in 1.0..5.0_f64, dz in 1.0..5.0_f64, shift in -2.0..2.0_f64) {
            let source = grid([24, 20, 18], [2.0, 2.5, 3.0], PatientPoint::default(), axes(0, 0));
            let size = [dx, dy, dz].map(|d| (70.0 / d) as usize + 1);
            let target = grid(size, [dx, dy, dz], PatientPoint([shift, -shift, 0.3]), axes(order, flips));
            let values = ball(&source, PatientPoint([3.0, -2.0, 1.0]), 15.0);
            let volume = Volume::<ActivityConcentration>::new(source.clone(), None, values.clone()).unwrap();
            let carried = resample_conserving(&volume, &target).unwrap();
            prop_assert!((integral(&carried.volume) / integral(&volume) - 1.0).abs() < 1e-5);
            prop_assert!(carried.outside_fraction.abs() < 1e-9);
            prop_assert!((carried.correction - 1.0).abs() < 1e-12);
            let mask = WeightMask::from_weights(source, &values).unwrap();
            let moved = resample_mask(&mask, &target).unwrap();
            prop_assert!((moved.capacity() / mask.capacity() - 1.0).abs() < 1e-5);
        }

        /// Oblique axes: the volume of a mask stays to 0.5 %, an integral exactly.
        #[test]
        fn oblique_resampling_conserves(angle in 0.05..0.7_f64, d in 1.2..5.0_f64) {
            let source = grid([24, 20, 18], [2.0, 2.5, 3.0], PatientPoint::default(), axes(0, 0));
            let size = [(90.0 / d) as usize; 3];
            let target = grid(size, [d, d, d], PatientPoint([0.4, 0.1, -0.2]), tilted(angle));
            let values = ball(&source, PatientPoint([3.0, -2.0, 1.0]), 15.0);
            let volume = Volume::<ActivityConcentration>::new(source.clone(), None, values.clone()).unwrap();
            let carried = resample_conserving(&volume, &target).unwrap();
            prop_assert!((integral(&carried.volume) / integral(&volume) - 1.0).abs() < 1e-5);
            prop_assert!((carried.correction - 1.0).abs() < 5e-3, "{}", carried.correction);
            let mask = WeightMask::from_weights(source, &values).unwrap();
            let moved = resample_mask(&mask, &target).unwrap();
            prop_assert!((moved.capacity() / mask.capacity() - 1.0).abs() < 5e-3);
        }

        /// A linear field is reproduced away from the border, at any angle and size.
        #[test]
        fn the_mean_of_a_linear_field_is_its_value_at_the_centre(angle in 0.01..0.7_f64, d in 0.7..6.0_f64) {
            let source = grid([30, 30, 30], [2.0, 2.5, 3.0], PatientPoint::default(), axes(0, 0));
            let field = |p: PatientPoint| 100.0 + 2.0 * p.0[0] - 1.5 * p.0[1] + 0.5 * p.0[2];
            let values = (0..source.voxel_count())
                .map(|at| field(source.to_patient(source.index(at).map(|i| i as f64))) as f32)
                .collect();
            let volume = Volume::<Hounsfield>::new(source, None, values).unwrap();
            let target = grid([6; 3], [d, d, d], PatientPoint([0.4, 0.1, -0.2]), tilted(angle));
            let mean = resample_mean(&volume, &target, -1000.0).unwrap();
            prop_assert!(mean.uncovered_fraction.abs() < 1e-12);
            for (at, value) in mean.volume.values().iter().enumerate() {
                let expected = field(target.to_patient(target.index(at).map(|i| i as f64)));
                prop_assert!((f64::from(*value) - expected).abs() < 1e-2, "{} {}", value, expected);
            }
        }
    }

    #[test]
    fn the_mean_over_whole_boxes_is_exact() {
        let source = grid([4, 4, 4], [1.0; 3], PatientPoint::default(), axes(0, 0));
        let values: Vec<f32> = (0..64_u8).map(f32::from).collect();
        let volume = Volume::<Hounsfield>::new(source, None, values).unwrap();
        let target = grid([2, 2, 3], [2.0; 3], PatientPoint::default(), axes(0, 0));
        let mean = resample_mean(&volume, &target, -1000.0).unwrap();
        // Layers of the target end at -3, -1, 1, 3 mm, of the source at -2 … 2:
        // the first covers one source layer of two, (0+1+4+5)/4 is its mean.
        assert!((mean.volume.values()[0] - 2.5).abs() < 1e-5);
        // The second covers source layers 1 and 2: 2.5 + 16 + 8.
        assert!((mean.volume.values()[4] - 26.5).abs() < 1e-5);
        let far = grid(
            [2, 2, 2],
            [2.0; 3],
            PatientPoint([3.0, 0.0, 0.0]),
            axes(0, 0),
        );
        let mean = resample_mean(&volume, &far, -1000.0).unwrap();
        assert!((mean.uncovered_fraction - 0.5).abs() < 1e-12);
        assert!((mean.volume.values()[1] + 1000.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_cut_away_is_reported() {
        let source = grid([10, 10, 10], [2.0; 3], PatientPoint::default(), axes(0, 0));
        let volume = Volume::<ActivityConcentration>::new(source, None, vec![5.0; 1000]).unwrap();
        // A target that covers the half x > 0, and a quarter more of nothing.
        let target = grid(
            [5, 10, 10],
            [3.0; 3],
            PatientPoint([7.5, 0.0, 0.0]),
            axes(0, 0),
        );
        let carried = resample_conserving(&volume, &target).unwrap();
        assert!((carried.outside_fraction - 0.5).abs() < 1e-9);
        assert!((integral(&carried.volume) / integral(&volume) - 0.5).abs() < 1e-6);
        let turned = grid([5, 20, 20], [3.0; 3], PatientPoint([7.5, 0.0, 0.0]), {
            let (sin, cos) = 0.5_f64.sin_cos();
            [[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]].map(PatientVector)
        });
        let carried = resample_conserving(&volume, &turned).unwrap();
        assert!((carried.outside_fraction - 0.5).abs() < 1e-6);
        assert!((integral(&carried.volume) / integral(&volume) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_mask_on_its_own_grid_is_the_same_mask() {
        let source = grid([8, 8, 8], [2.0; 3], PatientPoint::default(), axes(0, 0));
        let mask =
            WeightMask::from_weights(source.clone(), &ball(&source, PatientPoint::default(), 6.0))
                .unwrap();
        assert_eq!(resample_mask(&mask, &source).unwrap(), mask);
    }

    #[test]
    fn linear_sampling_ends_at_the_outer_faces() {
        let source = grid([2, 1, 1], [1.0; 3], PatientPoint::default(), axes(0, 0));
        let volume = Volume::<Hounsfield>::new(source, None, vec![10.0, 20.0]).unwrap();
        let at = |i: f64| sample_linear(&volume, [i, 0.0, 0.0]);
        assert_eq!(at(0.5), Some(15.0));
        assert_eq!(at(-0.4), Some(10.0));
        assert_eq!(at(1.5), Some(20.0));
        assert_eq!(at(1.6), None);
        assert_eq!(at(f64::NAN), None);
    }
}
