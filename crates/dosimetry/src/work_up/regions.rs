//! Regions of a work-up from the masks that are drawn: shared and joined
//! ones, parts of uniform uptake, a territory with its tumours and what is
//! around it, and whether lungs and lobes lie as they must.
//!
//! All weights are parts of voxels (0 to 1) on one grid. What two masks share
//! is the smaller weight of each voxel, what is in one and not in the other
//! the difference of weights, so that parts add up to their whole.
//! Under a millilitre a rest is the rounding of outlines on the grid.

use sirt_image::{PatientPoint, WeightMask};

use crate::DosimetryError;

/// A smaller rest of the liver is the rounding of outlines on the grid, mL.
const SMALLEST_REST_ML: f64 = 1.0;
/// A smaller part of a tumour outside of a territory is rounding, mL.
const SMALLEST_PART_ML: f64 = 0.05;
/// A tumour belongs to a territory that holds at least this part of it.
const PART_IN_TERRITORY: f64 = 0.5;

/// What two structures share: the smaller weight of each voxel.
///
/// # Errors
/// [`DosimetryError::Image`] for different grids.
pub fn shared_region(one: &WeightMask, other: &WeightMask) -> Result<WeightMask, DosimetryError> {
    let outside = one.without(other)?;
    Ok(one.without(&outside)?)
}

/// What is in any of several structures; none without any.
///
/// # Errors
/// [`DosimetryError::Image`] for different grids.
pub fn joined_regions<'a>(
    masks: impl IntoIterator<Item = &'a WeightMask>,
) -> Result<Option<WeightMask>, DosimetryError> {
    let mut joined: Option<WeightMask> = None;
    for mask in masks {
        joined = Some(match joined {
            None => mask.clone(),
            Some(before) => before.union(mask)?,
        });
    }
    Ok(joined)
}

/// Parts of the liver of uniform uptake: each tumour, normal liver of each
/// lobe that is drawn, and the rest.
///
/// # Errors
/// [`DosimetryError::Image`] for different grids.
pub fn uniform_liver_parts(
    liver: &WeightMask,
    tumours: &[&WeightMask],
    lobes: &[&WeightMask],
) -> Result<Vec<WeightMask>, DosimetryError> {
    let mut rest = liver.clone();
    let mut parts = Vec::with_capacity(tumours.len() + lobes.len() + 1);
    for tumour in tumours {
        rest = rest.without(tumour)?;
        parts.push((*tumour).clone());
    }
    for lobe in lobes {
        let lobe = shared_region(lobe, &rest)?;
        if lobe.capacity().as_ml() > SMALLEST_REST_ML {
            rest = rest.without(&lobe)?;
            parts.push(lobe);
        }
    }
    if rest.capacity().as_ml() > SMALLEST_REST_ML {
        parts.push(rest);
    }
    Ok(parts)
}

/// A territory cut into regions of uniform uptake, with those around it.
#[derive(Debug, Clone, PartialEq)]
pub struct TerritoryRegions {
    /// The part inside of each tumour that belongs to the territory, with the
    /// position of the tumour in the list; empty for one that was said to
    /// belong and lies outside.
    pub tumours: Vec<(usize, WeightMask)>,
    /// The territory without any tumour; may be empty.
    pub normal: WeightMask,
    /// What of the liver lies outside: parts of tumours, and the rest.
    pub outside: Vec<WeightMask>,
}

impl TerritoryRegions {
    /// Cuts a territory. `belonging` names tumours by their position; without
    /// it those belong of which half or more lies inside.
    ///
    /// # Errors
    /// [`DosimetryError::Image`] for different grids.
    pub fn new(
        territory: &WeightMask,
        liver: Option<&WeightMask>,
        tumours: &[&WeightMask],
        belonging: Option<&[usize]>,
    ) -> Result<Self, DosimetryError> {
        let mut inside = Vec::new();
        for (at, tumour) in tumours.iter().enumerate() {
            let part = shared_region(tumour, territory)?;
            let belongs = match belonging {
                Some(named) => named.contains(&at),
                None => part.capacity() / tumour.capacity() >= PART_IN_TERRITORY,
            };
            if belongs {
                inside.push((at, part));
            }
        }
        // Tumours of others that reach into the territory are not normal liver.
        let mut normal = territory.clone();
        for tumour in tumours {
            normal = normal.without(tumour)?;
        }
        // What lies outside is no one region: its tumours are as hot as these.
        let mut outside: Vec<WeightMask> = Vec::new();
        if let Some(liver) = liver {
            let mut rest = liver.without(territory)?;
            for (_, tumour) in &inside {
                rest = rest.without(tumour)?;
            }
            for tumour in tumours {
                let part = shared_region(tumour, &rest)?;
                if !part.is_empty() {
                    rest = rest.without(&part)?;
                    outside.push(part);
                }
            }
            if rest.capacity().as_ml() > SMALLEST_REST_ML {
                outside.push(rest);
            }
            outside.retain(|part| part.capacity().as_ml() > SMALLEST_PART_ML);
        }
        Ok(Self {
            tumours: inside,
            normal,
            outside,
        })
    }
}

/// Whether a structure reaches the first or the last slice of its image: then
/// the image may hold a part of it only.
#[must_use]
pub fn is_cut_by_image(mask: &WeightMask) -> bool {
    let [across, along, slices] = mask.grid().size();
    let plane = across * along;
    mask.iter()
        .any(|(at, _)| at / plane == 0 || at / plane + 1 == slices)
}

/// Centre of a structure, each voxel by its weight; none for an empty one.
#[must_use]
pub fn centre_of_region(mask: &WeightMask) -> Option<PatientPoint> {
    let mut index = [0.0; 3];
    let mut total = 0.0;
    for (at, weight) in mask.iter() {
        let weight = f64::from(weight);
        total += weight;
        for (sum, position) in index.iter_mut().zip(mask.grid().index(at)) {
            *sum += weight * position as f64;
        }
    }
    (total > 0.0).then(|| mask.grid().to_patient(index.map(|sum| sum / total)))
}

/// By how many mm the centre of what is called the right lobe lies to the
/// patient's left of that of the left lobe; none where it lies to the right,
/// as it must.
#[must_use]
pub fn swapped_lobes_mm(right: &WeightMask, left: &WeightMask) -> Option<f64> {
    let (right, left) = (centre_of_region(right)?, centre_of_region(left)?);
    // LPS: the first coordinate grows to the patient's left.
    let to_the_left = right.0[0] - left.0[0];
    (to_the_left > 0.0).then_some(to_the_left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::{Grid, PatientVector};

    /// 20 x 4 x 6 voxels of 10 mm, 1 mL.
    fn grid() -> Grid {
        Grid::axis_aligned([20, 4, 6], [10.0; 3], PatientPoint([0.0; 3])).unwrap()
    }

    /// Voxels from `x[0]` up to `x[1]` in slices `z`.
    fn slab(grid: &Grid, x: [usize; 2], z: [usize; 2]) -> WeightMask {
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| {
                let [i, _, k] = grid.index(at);
                f32::from(u8::from(
                    (x[0]..x[1]).contains(&i) && (z[0]..z[1]).contains(&k),
                ))
            })
            .collect();
        WeightMask::from_weights(grid.clone(), &weights).unwrap()
    }

    fn ml(mask: &WeightMask) -> f64 {
        mask.capacity().as_ml()
    }

    #[test]
    fn parts_of_the_liver_add_up_to_it() {
        let grid = grid();
        let liver = slab(&grid, [2, 18], [1, 5]);
        let tumours = [slab(&grid, [4, 6], [1, 3]), slab(&grid, [14, 15], [2, 4])];
        let lobes = [slab(&grid, [0, 10], [0, 6]), slab(&grid, [10, 17], [0, 6])];
        let parts = uniform_liver_parts(
            &liver,
            &tumours.iter().collect::<Vec<_>>(),
            &lobes.iter().collect::<Vec<_>>(),
        )
        .unwrap();
        // Voxels of 1 mL, 4 in depth: tumours 16 and 8; lobes 8·16 - 16 and
        // 7·16 - 8; one layer of 16 is in no lobe.
        let volumes: Vec<f64> = parts.iter().map(ml).collect();
        assert_eq!(volumes, [16.0, 8.0, 112.0, 104.0, 16.0]);
        assert!((volumes.iter().sum::<f64>() - ml(&liver)).abs() < 1e-9);
    }

    #[test]
    fn shared_and_joined_regions_keep_partial_voxels() {
        let grid = Grid::axis_aligned([3, 1, 1], [10.0; 3], PatientPoint([0.0; 3])).unwrap();
        let mask = |weights: &[f32]| WeightMask::from_weights(grid.clone(), weights).unwrap();
        let (one, other) = (mask(&[1.0, 0.5, 0.0]), mask(&[0.0, 0.75, 1.0]));
        assert_eq!(
            shared_region(&one, &other).unwrap().dense(),
            [0.0, 0.5, 0.0]
        );
        let joined = joined_regions([&one, &other]).unwrap().unwrap();
        assert_eq!(joined.dense(), [1.0, 0.75, 1.0]);
        assert!(joined_regions(std::iter::empty()).unwrap().is_none());
    }

    #[test]
    fn tumours_belong_by_half_or_by_name() {
        let grid = grid();
        let liver = slab(&grid, [0, 20], [1, 5]);
        let territory = slab(&grid, [0, 10], [1, 5]);
        // A quarter of the second lies inside, three quarters of the third.
        let tumours = [
            slab(&grid, [2, 4], [1, 3]),
            slab(&grid, [9, 13], [1, 2]),
            slab(&grid, [7, 11], [3, 4]),
        ];
        let all: Vec<&WeightMask> = tumours.iter().collect();
        let cut = TerritoryRegions::new(&territory, Some(&liver), &all, None).unwrap();
        let taken: Vec<usize> = cut.tumours.iter().map(|(at, _)| *at).collect();
        assert_eq!(taken, [0, 2]);
        assert!((ml(&cut.tumours[1].1) - 12.0).abs() < 1e-9);
        // 160 mL less 16, 4 of the second and 12 of the third.
        assert!((ml(&cut.normal) - 128.0).abs() < 1e-9);
        // Outside: 12 of the second, 4 of the third, and the rest of 160.
        let outside: Vec<f64> = cut.outside.iter().map(ml).collect();
        assert_eq!(outside, [12.0, 4.0, 144.0]);
        let named = TerritoryRegions::new(&territory, None, &all, Some(&[1])).unwrap();
        assert_eq!(named.tumours.len(), 1);
        assert!((ml(&named.tumours[0].1) - 4.0).abs() < 1e-9);
        assert!(named.outside.is_empty());
    }

    #[test]
    fn a_structure_in_an_end_slice_may_be_cut() {
        let grid = grid();
        assert!(!is_cut_by_image(&slab(&grid, [0, 20], [1, 5])));
        assert!(is_cut_by_image(&slab(&grid, [0, 2], [0, 3])));
        assert!(is_cut_by_image(&slab(&grid, [0, 2], [4, 6])));
    }

    #[test]
    fn lobes_are_told_apart_by_the_patients_sides() {
        let grid = grid();
        let (right, left) = (slab(&grid, [0, 10], [1, 5]), slab(&grid, [10, 20], [1, 5]));
        assert_eq!(swapped_lobes_mm(&right, &left), None);
        // Centres at 45 and 145 mm.
        assert_eq!(swapped_lobes_mm(&left, &right), Some(100.0));
        // A grid that runs from the left has the same patient on it.
        let turned = Grid::new(
            [20, 4, 6],
            [10.0; 3],
            PatientPoint([190.0, 0.0, 0.0]),
            [
                PatientVector([-1.0, 0.0, 0.0]),
                PatientVector([0.0, 1.0, 0.0]),
                PatientVector([0.0, 0.0, 1.0]),
            ],
        )
        .unwrap();
        let (right, left) = (
            slab(&turned, [10, 20], [1, 5]),
            slab(&turned, [0, 10], [1, 5]),
        );
        assert_eq!(swapped_lobes_mm(&right, &left), None);
    }
}
