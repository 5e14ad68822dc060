//! Contours around a mask, where an object wants polygons and only weights are there.
//!
//! In each slice of the third index axis the contour is where the weight,
//! linear between voxel centres, is one half (marching squares, by the crate
//! `contour`): partial-voxel weights move the line to where the area is right to
//! first order.
//! In structures of a few voxels that leaves out the slices and edges whose
//! weights stay below one half, up to a third of the volume; there the line
//! runs at the weight at which the contours enclose the volume of the mask.

use contour::ContourBuilder;

use crate::{Contour, ImageError, WeightMask};

/// Weight at which the contour runs where that keeps the volume.
const HALF: f64 = 0.5;

/// Relative difference of volumes that is let be: contours of large organs by
/// the half differ by less.
const SAME_VOLUME: f64 = 0.01;

/// Weights between which another level is looked for: beyond, the line would
/// follow voxels that the structure hardly touches or hardly leaves free.
const LEVELS: [f64; 2] = [0.02, 0.98];

/// Halvings of that span: to 4e-6, far below what moves a line.
const HALVINGS: usize = 18;

/// One ring in one slice, in fractional indices.
struct Ring {
    slice: usize,
    corners: Vec<[f64; 2]>,
    /// Whether it is the border of a hole.
    hole: bool,
}

/// Closed polygons around a mask, slice by slice; holes are polygons too, so
/// the even-odd rule of [`crate::ContourStack`] gives back the region.
///
/// They enclose the volume of the mask to a hundredth, or as near to it as one
/// level for the whole structure comes.
///
/// # Errors
/// [`ImageError::Contours`] when the contours of a slice cannot be formed.
pub fn mask_contours(mask: &WeightMask) -> Result<Vec<Contour>, ImageError> {
    let (lower, size) = mask.bounding_box();
    if size.contains(&0) {
        return Ok(Vec::new());
    }
    let rings = volume_keeping_rings(mask, size)?;
    Ok(rings
        .into_iter()
        .map(|ring| Contour {
            points: ring
                .corners
                .iter()
                .map(|[x, y]| {
                    mask.grid().to_patient([
                        lower[0] as f64 + x,
                        lower[1] as f64 + y,
                        (lower[2] + ring.slice) as f64,
                    ])
                })
                .collect(),
        })
        .collect())
}

/// Rings at the level nearest to one half at which they hold the mask's volume.
fn volume_keeping_rings(mask: &WeightMask, size: [usize; 3]) -> Result<Vec<Ring>, ImageError> {
    let wanted: f64 = mask.box_weights().iter().map(|w| f64::from(*w)).sum();
    let excess = |rings: &[Ring]| rings.iter().map(Ring::signed_area).sum::<f64>() / wanted - 1.0;
    let mut best = rings_at(mask, size, HALF)?;
    let mut off = excess(&best);
    if off.abs() <= SAME_VOLUME {
        return Ok(best);
    }
    // Lower levels enclose more.
    let [mut more, mut less] = if off < 0.0 {
        [LEVELS[0], HALF]
    } else {
        [HALF, LEVELS[1]]
    };
    for _ in 0..HALVINGS {
        let level = f64::midpoint(more, less);
        let rings = rings_at(mask, size, level)?;
        let now = excess(&rings);
        if now < 0.0 {
            less = level;
        } else {
            more = level;
        }
        if now.abs() < off.abs() {
            (best, off) = (rings, now);
        }
        if off.abs() <= SAME_VOLUME {
            break;
        }
    }
    Ok(best)
}

fn rings_at(mask: &WeightMask, size: [usize; 3], level: f64) -> Result<Vec<Ring>, ImageError> {
    // A frame of zeros closes every line inside the slice.
    let (nx, ny) = (size[0] + 2, size[1] + 2);
    let builder = ContourBuilder::new(nx, ny, true);
    let mut rings = Vec::new();
    for (slice, weights) in mask
        .box_weights()
        .chunks_exact(size[0] * size[1])
        .enumerate()
    {
        let mut values = vec![0.0; nx * ny];
        for (j, row) in weights.chunks_exact(size[0]).enumerate() {
            for (i, weight) in row.iter().enumerate() {
                values[(j + 1) * nx + i + 1] = f64::from(*weight);
            }
        }
        let found = builder
            .contours(&values, &[level])
            .map_err(|error| ImageError::Contours {
                reason: error.to_string(),
            })?;
        for polygon in found.iter().flat_map(|contour| contour.geometry()) {
            let exterior = std::iter::once((polygon.exterior(), false));
            let interiors = polygon.interiors().iter().map(|ring| (ring, true));
            for (ring, hole) in exterior.chain(interiors) {
                // The crate puts the centre of cell (0, 0) at (0.5, 0.5), repeats the
                // first corner at the end, and the frame moves all by one voxel.
                let corners = &ring.0[..ring.0.len().saturating_sub(1)];
                if corners.len() < 3 {
                    continue;
                }
                rings.push(Ring {
                    slice,
                    corners: corners.iter().map(|c| [c.x - 1.5, c.y - 1.5]).collect(),
                    hole,
                });
            }
        }
    }
    Ok(rings)
}

impl Ring {
    /// Area in voxels, negative for a hole.
    fn signed_area(&self) -> f64 {
        let next = self.corners.iter().cycle().skip(1);
        let twice: f64 = self
            .corners
            .iter()
            .zip(next)
            .map(|([x, y], [u, v])| x * v - u * y)
            .sum();
        let area = twice.abs() / 2.0;
        if self.hole { -area } else { area }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ContourStack, Grid, PatientPoint};

    /// Weights of a ball of 12 mm radius, with a hole of 5 mm, by 5 × 5 × 5 points per voxel.
    fn shell(grid: &Grid) -> WeightMask {
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| {
                let index = grid.index(at).map(|i| i as f64);
                let inside = (0..125)
                    .filter(|point| {
                        let offset = [point % 5, point / 5 % 5, point / 25]
                            .map(|n| (f64::from(n) - 2.0) / 5.0);
                        let place =
                            grid.to_patient(std::array::from_fn(|axis| index[axis] + offset[axis]));
                        let r = (place - PatientPoint([20.0, 20.0, 20.0])).length();
                        (5.0..12.0).contains(&r)
                    })
                    .count();
                inside as f32 / 125.0
            })
            .collect();
        WeightMask::from_weights(grid.clone(), &weights).unwrap()
    }

    #[test]
    fn contours_enclose_the_volume_of_the_mask() {
        let grid =
            Grid::axis_aligned([41, 41, 21], [1.0, 1.0, 2.0], PatientPoint::default()).unwrap();
        let mask = shell(&grid);
        let stack = ContourStack::new(mask_contours(&mask).unwrap()).unwrap();
        let ratio = stack.capacity() / mask.capacity();
        // Thin partial slices at the poles are the only part without a line: under 1.5 %.
        assert!((ratio - 1.0).abs() < 0.015, "{ratio}");
        let back = stack.on_grid(&grid).unwrap();
        assert!(back.weight([20, 20, 10]) < 0.5, "the hole stays open");
        assert!(back.weight([28, 20, 10]) > 0.5, "the shell is inside");
    }

    #[test]
    fn small_structures_keep_their_volume() {
        // Balls of 3.5 to 6 mm radius on voxels of 2.3 x 2.3 x 2.8 mm, off the lattice:
        // at one half they lose 27, 17 and 9 % of their volume.
        let grid = Grid::axis_aligned([15; 3], [2.3, 2.3, 2.8], PatientPoint::default()).unwrap();
        for radius in [3.5, 4.5, 6.0] {
            let weights: Vec<f32> = (0..grid.voxel_count())
                .map(|at| {
                    let index = grid.index(at).map(|i| i as f64);
                    let inside = (0..1000)
                        .filter(|point| {
                            let offset = [point % 10, point / 10 % 10, point / 100]
                                .map(|n| (f64::from(n) - 4.5) / 10.0);
                            let place = grid
                                .to_patient(std::array::from_fn(|axis| index[axis] + offset[axis]));
                            (place - PatientPoint([16.4, 15.7, 18.9])).length() < radius
                        })
                        .count();
                    inside as f32 / 1000.0
                })
                .collect();
            let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
            let stack = ContourStack::new(mask_contours(&mask).unwrap()).unwrap();
            let ratio = stack.capacity() / mask.capacity();
            assert!((ratio - 1.0).abs() <= SAME_VOLUME, "{radius} mm: {ratio}");
        }
    }

    #[test]
    fn at_one_half_a_block_loses_an_eighth_of_a_voxel_at_each_corner() {
        // Marching squares cut a corner voxel along the line between the middles
        // of its two free half edges: a triangle of 1/2 x 1/2 / 2.
        let grid = Grid::axis_aligned([6, 7, 3], [1.0; 3], PatientPoint::default()).unwrap();
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| {
                let [i, j, _] = grid.index(at);
                f32::from(u8::from((1..4).contains(&i) && (2..6).contains(&j)))
            })
            .collect();
        let mask = WeightMask::from_weights(grid, &weights).unwrap();
        let (_, size) = mask.bounding_box();
        let rings = rings_at(&mask, size, HALF).unwrap();
        assert_eq!(rings.len(), 3);
        for ring in rings {
            // 12 voxels less four eighths, to the rounding of the crate's corners.
            assert!((ring.signed_area() - 11.5).abs() < 1e-6);
        }
    }
}
