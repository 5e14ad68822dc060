//! Contours around a mask, where an object wants polygons and only weights are there.
//!
//! In each slice of the third index axis the contour is where the weight,
//! linear between voxel centres, is one half (marching squares, by the crate
//! `contour`).
//! Partial-voxel weights move the line to where the area is right to first
//! order; structures thinner than a voxel, whose weights stay below one half,
//! have no contour.

use contour::ContourBuilder;

use crate::{Contour, ImageError, WeightMask};

/// Weight at which the contour runs.
const HALF: f64 = 0.5;

/// Closed polygons around a mask, slice by slice; holes are polygons too, so
/// the even-odd rule of [`crate::ContourStack`] gives back the region.
///
/// # Errors
/// [`ImageError::Contours`] when the contours of a slice cannot be formed.
pub fn mask_contours(mask: &WeightMask) -> Result<Vec<Contour>, ImageError> {
    let (lower, size) = mask.bounding_box();
    let mut contours = Vec::new();
    if size.contains(&0) {
        return Ok(contours);
    }
    // A frame of zeros closes every line inside the slice.
    let (nx, ny) = (size[0] + 2, size[1] + 2);
    let builder = ContourBuilder::new(nx, ny, true);
    for (k, slice) in mask
        .box_weights()
        .chunks_exact(size[0] * size[1])
        .enumerate()
    {
        let mut values = vec![0.0; nx * ny];
        for (j, row) in slice.chunks_exact(size[0]).enumerate() {
            for (i, weight) in row.iter().enumerate() {
                values[(j + 1) * nx + i + 1] = f64::from(*weight);
            }
        }
        let found = builder
            .contours(&values, &[HALF])
            .map_err(|error| ImageError::Contours {
                reason: error.to_string(),
            })?;
        let rings = found
            .iter()
            .flat_map(|contour| contour.geometry())
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        for ring in rings {
            // The crate puts the centre of cell (0, 0) at (0.5, 0.5), repeats the
            // first corner at the end, and the frame moves all by one voxel.
            let corners = &ring.0[..ring.0.len().saturating_sub(1)];
            if corners.len() < 3 {
                continue;
            }
            contours.push(Contour {
                points: corners
                    .iter()
                    .map(|corner| {
                        mask.grid().to_patient([
                            lower[0] as f64 + corner.x - 1.5,
                            lower[1] as f64 + corner.y - 1.5,
                            (lower[2] + k) as f64,
                        ])
                    })
                    .collect(),
            });
        }
    }
    Ok(contours)
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
}
