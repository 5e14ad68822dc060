//! Outlines of a mask as polygons, slice by slice (marching squares).
//!
//! The outline runs where the weight, linear between voxel centres, is one
//! half, with the structure on its left when seen from row × column.
//! Outside the grid the weight is 0, so every outline closes.
//! A cell with two opposite corners inside is joined where the mean of its
//! corners is at least one half.
//! Corners of a mask of 0 and 1 are cut: the polygon of a single voxel is the
//! half of it; fractions at the edge keep the area to second order.

use std::collections::BTreeMap;

use sirt_image::{Contour, Grid, WeightMask};

/// An edge between two neighbouring voxel centres of a slice: the lower one
/// (of the slice padded by one voxel) and the axis it runs along.
type Edge = (usize, usize, usize);

/// Weight at which the outline runs.
const LEVEL: f32 = 0.5;

/// Deviation from a straight line, in voxels, below which a corner carries
/// nothing.
const STRAIGHT_VOXELS: f64 = 1e-6;

/// Closed polygons around the voxels of a mask, on the planes of its slices.
///
/// A hole is a polygon of its own inside another.
#[must_use]
pub fn outline_mask(mask: &WeightMask) -> Vec<Contour> {
    let (lower, size) = mask.bounding_box();
    (lower[2]..lower[2] + size[2])
        .flat_map(|k| outline_slice(mask, k))
        .collect()
}

fn outline_slice(mask: &WeightMask, k: usize) -> Vec<Contour> {
    let (lower, size) = mask.bounding_box();
    // Node (0, 0) is the voxel before the box on both axes.
    let weight = |i: usize, j: usize| {
        if (1..=size[0]).contains(&i) && (1..=size[1]).contains(&j) {
            mask.weight([lower[0] + i - 1, lower[1] + j - 1, k])
        } else {
            0.0
        }
    };
    let mut next: BTreeMap<Edge, Edge> = BTreeMap::new();
    for j in 0..=size[1] {
        for i in 0..=size[0] {
            let corners = [
                weight(i, j),
                weight(i + 1, j),
                weight(i + 1, j + 1),
                weight(i, j + 1),
            ];
            next.extend(cell_segments(corners).map(|(from, to)| {
                let edge = |side| match side {
                    Side::Bottom => (i, j, 0),
                    Side::Right => (i + 1, j, 1),
                    Side::Top => (i, j + 1, 0),
                    Side::Left => (i, j, 1),
                };
                (edge(from), edge(to))
            }));
        }
    }
    let crossing = |(i, j, axis): Edge| {
        let [before, after] = [weight(i, j), weight(i + usize::from(axis == 0), j + axis)];
        let along = f64::from((LEVEL - before) / (after - before));
        let mut at = [
            i as f64 + lower[0] as f64 - 1.0,
            j as f64 + lower[1] as f64 - 1.0,
        ];
        at[axis] += along;
        at
    };

    let mut contours = Vec::new();
    while let Some((start, mut edge)) = next.pop_first() {
        let mut corners = vec![crossing(start)];
        while edge != start {
            corners.push(crossing(edge));
            // Each crossed edge starts one segment and ends another, so a
            // chain cannot stop before its start.
            let Some(following) = next.remove(&edge) else {
                break;
            };
            edge = following;
        }
        contours.extend(polygon(mask.grid(), &corners, k));
    }
    contours
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Bottom,
    Right,
    Top,
    Left,
}

/// The segments through a cell of four centres (from the lowest, turning from
/// the first axis to the second), inside on the left.
fn cell_segments(corners: [f32; 4]) -> impl Iterator<Item = (Side, Side)> {
    use Side::{Bottom, Left, Right, Top};
    let inside = corners.map(|weight| weight >= LEVEL);
    let joined = corners.iter().sum::<f32>() / 4.0 >= LEVEL;
    let segments = match inside {
        [false, false, false, false] | [true, true, true, true] => [None, None],
        [true, false, false, false] => [Some((Bottom, Left)), None],
        [false, true, false, false] => [Some((Right, Bottom)), None],
        [false, false, true, false] => [Some((Top, Right)), None],
        [false, false, false, true] => [Some((Left, Top)), None],
        [true, true, false, false] => [Some((Right, Left)), None],
        [false, true, true, false] => [Some((Top, Bottom)), None],
        [false, false, true, true] => [Some((Left, Right)), None],
        [true, false, false, true] => [Some((Bottom, Top)), None],
        [true, true, true, false] => [Some((Top, Left)), None],
        [false, true, true, true] => [Some((Left, Bottom)), None],
        [true, false, true, true] => [Some((Bottom, Right)), None],
        [true, true, false, true] => [Some((Right, Top)), None],
        [true, false, true, false] if joined => [Some((Bottom, Right)), Some((Top, Left))],
        [true, false, true, false] => [Some((Bottom, Left)), Some((Top, Right))],
        [false, true, false, true] if joined => [Some((Left, Bottom)), Some((Right, Top))],
        [false, true, false, true] => [Some((Right, Bottom)), Some((Left, Top))],
    };
    segments.into_iter().flatten()
}

/// A polygon in the patient without the corners that carry nothing.
fn polygon(grid: &Grid, corners: &[[f64; 2]], k: usize) -> Option<Contour> {
    let count = corners.len();
    let points: Vec<_> = (0..count)
        .filter(|at| {
            let [before, here, after] = [
                corners[(at + count - 1) % count],
                corners[*at],
                corners[(at + 1) % count],
            ];
            let (ax, ay) = (here[0] - before[0], here[1] - before[1]);
            let (bx, by) = (after[0] - here[0], after[1] - here[1]);
            (ax * by - ay * bx).abs() > STRAIGHT_VOXELS
        })
        .map(|at| grid.to_patient([corners[at][0], corners[at][1], k as f64]))
        .collect();
    (points.len() >= 3).then_some(Contour { points })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::{PatientPoint, PatientVector};

    fn plane(size: usize, weight: impl Fn(f64, f64) -> f32) -> WeightMask {
        let grid =
            Grid::axis_aligned([size, size, 1], [2.0, 3.0, 5.0], PatientPoint::default()).unwrap();
        let weights: Vec<f32> = (0..grid.voxel_count())
            .map(|at| {
                let [i, j, _] = grid.index(at);
                weight(i as f64, j as f64)
            })
            .collect();
        WeightMask::from_weights(grid, &weights).unwrap()
    }

    /// Signed area, mm2: positive when it turns from row to column.
    fn area(contour: &Contour) -> f64 {
        let first = contour.points[0];
        let twice = contour
            .points
            .windows(2)
            .fold(PatientVector::default(), |sum, pair| {
                sum + (pair[0] - first).cross(pair[1] - first)
            });
        twice.0[2] / 2.0
    }

    #[test]
    fn one_voxel_is_a_diamond_of_half_its_area() {
        let contours = outline_mask(&plane(
            5,
            |i, j| {
                if (i, j) == (2.0, 3.0) { 1.0 } else { 0.0 }
            },
        ));
        assert_eq!(contours.len(), 1);
        assert_eq!(contours[0].points.len(), 4);
        // Half of 2 mm x 3 mm.
        assert!((area(&contours[0]) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_block_at_the_edge_of_the_grid_closes_and_drops_straight_corners() {
        let contours = outline_mask(&plane(6, |i, j| if i < 4.0 && j < 3.0 { 1.0 } else { 0.0 }));
        assert_eq!(contours.len(), 1);
        assert_eq!(contours[0].points.len(), 8);
        // 4 x 3 voxels less an eighth of a voxel at each of four corners.
        assert!((area(&contours[0]) - (12.0 - 0.5) * 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_disc_with_a_soft_edge_keeps_its_area() {
        // Weight falls from 1 to 0 over one voxel around the radius 9.
        let contours = outline_mask(&plane(30, |i, j| {
            (9.5 - (i - 14.3).hypot(j - 15.1)).clamp(0.0, 1.0) as f32
        }));
        assert_eq!(contours.len(), 1);
        let exact = std::f64::consts::PI * 81.0 * 6.0;
        // Linear interpolation of a curved edge: second order in voxel / radius.
        assert!((area(&contours[0]) / exact - 1.0).abs() < 0.005);
    }

    #[test]
    fn a_hole_turns_the_other_way_and_touching_corners_stay_apart() {
        let ring = outline_mask(&plane(9, |i, j| {
            let (di, dj) = ((i - 4.0).abs(), (j - 4.0).abs());
            if di.max(dj) <= 3.0 && di.max(dj) >= 2.0 {
                1.0
            } else {
                0.0
            }
        }));
        assert_eq!(ring.len(), 2);
        assert!(area(&ring[0]) > 0.0 && area(&ring[1]) < 0.0);

        let weak_saddle = outline_mask(&plane(4, |i, j| {
            if (i, j) == (1.0, 1.0) || (i, j) == (2.0, 2.0) {
                0.9
            } else {
                0.0
            }
        }));
        assert_eq!(weak_saddle.len(), 2);
    }

    #[test]
    fn an_empty_mask_has_no_outline() {
        assert!(outline_mask(&plane(4, |_, _| 0.0)).is_empty());
    }
}
