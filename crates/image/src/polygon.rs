//! Area of planar polygons under the even-odd rule.
//!
//! A point belongs to a set of polygons when a ray from it meets an odd number
//! of edges, over all polygons together.
//! A polygon inside another is therefore a hole, keyhole seams cancel, and
//! what two crossing polygons share is outside (exclusive or).
//!
//! The plane is cut into horizontal bands at every corner, at every crossing
//! of two edges and, for a lattice, at every row.
//! Within a band no edges cross, so the inside is a set of trapezia between
//! the first and second, third and fourth … edge, whose areas in each cell of
//! the lattice are exact.
//! Assumes finite coordinates; rounding is that of double precision.

/// A corner in units of lattice cells: cell `c` reaches from `c` to `c + 1`.
pub(crate) type Corner = [f64; 2];

/// Crossings that are followed within one band; a contour that people or
/// programs draw has none or a handful.
const CROSSINGS_PER_BAND: usize = 1000;

/// Fractions of lattice cells that belong to a set of polygons.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Coverage {
    /// First column and row of the box that holds all fractions.
    pub(crate) lower: [usize; 2],
    /// Columns and rows of the box.
    pub(crate) size: [usize; 2],
    /// Fractions in 0..=1, columns fastest.
    pub(crate) fractions: Vec<f32>,
}

/// Area inside `polygons`, in units of their coordinates squared.
pub(crate) fn even_odd_area(polygons: &[&[Corner]]) -> f64 {
    let mut area = 0.0;
    sweep(edges(polygons), &[], |piece| {
        area -= piece.sign * 0.5 * (piece.x[0] + piece.x[1]) * (piece.y[1] - piece.y[0]);
    });
    area
}

/// Whether the sides of `polygons` cross each other more than `limit` times;
/// the count stops there, and where sides end on each other they do not cross.
///
/// Sides that overlap in height are compared, so a polygon that people or
/// programs draw costs little more than its corners.
pub(crate) fn crosses_more_than(polygons: &[&[Corner]], limit: usize) -> bool {
    let mut edges = edges(polygons);
    edges.sort_by(|a, b| a.low.total_cmp(&b.low));
    let mut crossings = 0;
    for (at, one) in edges.iter().enumerate() {
        for other in edges[at + 1..]
            .iter()
            .take_while(|other| other.low < one.high)
        {
            let [bottom, top] = [other.low, one.high.min(other.high)];
            let gap_at = |y: f64| one.x_at(y) - other.x_at(y);
            crossings += usize::from(gap_at(bottom) * gap_at(top) < 0.0);
            if crossings > limit {
                return true;
            }
        }
    }
    false
}

/// Fraction of each cell of a lattice of `size` columns and rows that is
/// inside `polygons`; what lies outside of the lattice is cut away.
pub(crate) fn even_odd_coverage(polygons: &[&[Corner]], size: [usize; 2]) -> Coverage {
    let corners = || polygons.iter().flat_map(|polygon| polygon.iter());
    let mut lower = [0; 2];
    let mut extent = [0; 2];
    for axis in 0..2 {
        let limit = size[axis] as f64;
        let first = corners().fold(f64::INFINITY, |least, corner| least.min(corner[axis]));
        let last = corners().fold(f64::NEG_INFINITY, |most, corner| most.max(corner[axis]));
        let first = first.floor().clamp(0.0, limit) as usize;
        let last = last.ceil().clamp(0.0, limit) as usize;
        lower[axis] = first;
        extent[axis] = last.saturating_sub(first);
    }
    if extent.contains(&0) {
        return Coverage {
            lower: [0; 2],
            size: [0; 2],
            fractions: Vec::new(),
        };
    }
    let rows: Vec<f64> = (lower[1]..=lower[1] + extent[1])
        .map(|row| row as f64)
        .collect();
    let within = edges(polygons)
        .into_iter()
        .filter_map(|edge| edge.between(rows[0], rows[rows.len() - 1]))
        .collect();
    // Each row holds the steps of its fractions: their running sum is the
    // fraction, so a wide inside costs nothing but the sum.
    let pitch = extent[0] + 1;
    let mut steps = vec![0.0_f64; pitch * extent[1]];
    sweep(within, &rows, |piece| {
        let middle = 0.5 * (piece.y[0] + piece.y[1]);
        let row = (middle.floor() as usize)
            .saturating_sub(lower[1])
            .min(extent[1] - 1);
        let shift = lower[0] as f64;
        add_right_of(
            &mut steps[row * pitch..(row + 1) * pitch],
            [piece.x[0] - shift, piece.x[1] - shift],
            piece.sign * (piece.y[1] - piece.y[0]),
        );
    });
    let mut fractions = Vec::with_capacity(extent[0] * extent[1]);
    for row in steps.chunks_exact(pitch) {
        let mut inside = 0.0;
        fractions.extend(row[..extent[0]].iter().map(|step| {
            inside += step;
            // Running sums end a few rounding errors beside 0 and 1.
            if inside < 1e-9 {
                0.0
            } else {
                inside.min(1.0) as f32
            }
        }));
    }
    Coverage {
        lower,
        size: extent,
        fractions,
    }
}

/// Whether `point` is inside `polygon` by the even-odd rule.
pub(crate) fn is_inside(polygon: &[Corner], point: Corner) -> bool {
    let mut inside = false;
    for (a, b) in sides(polygon) {
        if (a[1] > point[1]) != (b[1] > point[1]) {
            let x = a[0] + (point[1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1]);
            inside ^= point[0] < x;
        }
    }
    inside
}

/// Signed area of one polygon by the shoelace formula.
pub(crate) fn signed_area(polygon: &[Corner]) -> f64 {
    // Relative to the first corner, so that a small polygon far from the
    // origin keeps its digits.
    let Some(base) = polygon.first() else {
        return 0.0;
    };
    sides(polygon)
        .map(|(a, b)| {
            let (a, b) = (
                [a[0] - base[0], a[1] - base[1]],
                [b[0] - base[0], b[1] - base[1]],
            );
            0.5 * (a[0] * b[1] - b[0] * a[1])
        })
        .sum()
}

/// Sorted places where the horizontal line at `y` meets the edges.
pub(crate) fn crossings_at(polygons: &[&[Corner]], y: f64) -> Vec<f64> {
    let mut places: Vec<f64> = polygons
        .iter()
        .flat_map(|polygon| sides(polygon))
        .filter(|(a, b)| (a[1] > y) != (b[1] > y))
        .map(|(a, b)| a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]))
        .collect();
    places.sort_by(f64::total_cmp);
    places
}

fn sides(polygon: &[Corner]) -> impl Iterator<Item = (Corner, Corner)> + '_ {
    (0..polygon.len()).map(|at| (polygon[at], polygon[(at + 1) % polygon.len()]))
}

/// An edge that is not horizontal, from its lower to its upper end.
#[derive(Debug, Clone, Copy)]
struct Edge {
    low: f64,
    high: f64,
    x: f64,
    slope: f64,
}

impl Edge {
    fn x_at(&self, y: f64) -> f64 {
        self.x + (y - self.low) * self.slope
    }

    fn between(self, low: f64, high: f64) -> Option<Self> {
        let from = self.low.max(low);
        let to = self.high.min(high);
        (from < to).then(|| Self {
            low: from,
            high: to,
            x: self.x_at(from),
            slope: self.slope,
        })
    }
}

fn edges(polygons: &[&[Corner]]) -> Vec<Edge> {
    polygons
        .iter()
        .flat_map(|polygon| sides(polygon))
        .filter_map(|(a, b)| {
            let (low, high) = if a[1] < b[1] { (a, b) } else { (b, a) };
            let slope = (high[0] - low[0]) / (high[1] - low[1]);
            (high[1] > low[1] && slope.is_finite()).then_some(Edge {
                low: low[1],
                high: high[1],
                x: low[0],
                slope,
            })
        })
        .collect()
}

/// Part of an edge within a band; `sign` is 1 where the inside begins to its
/// right and −1 where it ends.
struct Piece {
    x: [f64; 2],
    y: [f64; 2],
    sign: f64,
}

/// Hands each piece of each edge to `take`, cut at corners, crossings and `rows`.
fn sweep(mut edges: Vec<Edge>, rows: &[f64], mut take: impl FnMut(Piece)) {
    edges.sort_by(|a, b| a.low.total_cmp(&b.low));
    let mut cuts: Vec<f64> = edges
        .iter()
        .flat_map(|edge| [edge.low, edge.high])
        .chain(rows.iter().copied())
        .collect();
    cuts.sort_by(f64::total_cmp);
    cuts.dedup_by(|a, b| a <= b);
    let mut coming = edges.into_iter().peekable();
    let mut active: Vec<Edge> = Vec::new();
    for band in cuts.windows(2) {
        let [bottom, top] = [band[0], band[1]];
        active.retain(|edge| edge.high > bottom);
        while let Some(edge) = coming.next_if(|edge| edge.low <= bottom) {
            active.push(edge);
        }
        sweep_band(&mut active, bottom, top, &mut take);
    }
}

/// One band that no edge begins or ends in, cut at crossings from its bottom up.
fn sweep_band(active: &mut [Edge], bottom: f64, top: f64, take: &mut impl FnMut(Piece)) {
    let mut from = bottom;
    for crossing in 0..=CROSSINGS_PER_BAND {
        // The order just above `from`: at a crossing itself two edges tie.
        let probe = from + 1e-6 * (top - from);
        active.sort_by(|a, b| a.x_at(probe).total_cmp(&b.x_at(probe)));
        let mut to = top;
        if crossing < CROSSINGS_PER_BAND {
            for pair in active.windows(2) {
                let (left, right) = (pair[0], pair[1]);
                if left.x_at(top) > right.x_at(top) {
                    let gap = right.x_at(probe) - left.x_at(probe);
                    let meet = probe + gap / (left.slope - right.slope);
                    if meet > probe && meet < to {
                        to = meet;
                    }
                }
            }
        }
        for (at, edge) in active.iter().enumerate() {
            take(Piece {
                x: [edge.x_at(from), edge.x_at(to)],
                y: [from, to],
                sign: if at % 2 == 0 { 1.0 } else { -1.0 },
            });
        }
        if to >= top {
            return;
        }
        from = to;
    }
}

/// Adds the area to the right of a slanted piece of height `height` to the
/// steps of a row of cells.
fn add_right_of(steps: &mut [f64], x: [f64; 2], height: f64) {
    let columns = steps.len() - 1;
    let limit = columns as f64;
    let (left, right) = if x[0] <= x[1] {
        (x[0], x[1])
    } else {
        (x[1], x[0])
    };
    if right <= 0.0 {
        steps[0] += height;
        return;
    }
    if left >= limit {
        return;
    }
    let width = right - left;
    if width < 1e-12 {
        let middle = (0.5 * (left + right)).max(0.0);
        let column = (middle as usize).min(columns - 1);
        let share = (middle - column as f64).min(1.0);
        steps[column] += height * (1.0 - share);
        steps[column + 1] += height * share;
        return;
    }
    let per_width = height / width;
    let mut from = left;
    if left < 0.0 {
        steps[0] -= left * per_width;
        from = 0.0;
    }
    let end = right.min(limit);
    let mut column = from as usize;
    while from < end && column < columns {
        let to = end.min((column + 1) as f64);
        let part = (to - from) * per_width;
        let share = 0.5 * (from + to) - column as f64;
        steps[column] += part * (1.0 - share);
        steps[column + 1] += part * share;
        from = to;
        column += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rectangle([x0, y0]: Corner, [x1, y1]: Corner) -> Vec<Corner> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    }

    fn total(coverage: &Coverage) -> f64 {
        coverage.fractions.iter().map(|f| f64::from(*f)).sum()
    }

    #[test]
    fn a_rectangle_covers_parts_of_its_border_cells() {
        let shape = rectangle([0.25, 0.5], [2.5, 2.0]);
        let coverage = even_odd_coverage(&[&shape], [4, 4]);
        assert_eq!((coverage.lower, coverage.size), ([0, 0], [3, 2]));
        let expected = [0.375, 0.5, 0.25, 0.75, 1.0, 0.5];
        for (got, wanted) in coverage.fractions.iter().zip(expected) {
            assert!((got - wanted).abs() < 1e-6);
        }
    }

    #[test]
    fn a_polygon_within_another_is_a_hole_and_a_seam_is_nothing() {
        let outer = rectangle([1.0, 1.0], [9.0, 9.0]);
        let inner = rectangle([3.0, 3.0], [5.0, 5.0]);
        assert!((even_odd_area(&[&outer, &inner]) - 60.0).abs() < 1e-9);
        // The same as one keyhole polygon, the seam walked in both senses.
        let keyhole = vec![
            [1.0, 1.0],
            [9.0, 1.0],
            [9.0, 9.0],
            [1.0, 9.0],
            [1.0, 1.0],
            [3.0, 3.0],
            [3.0, 5.0],
            [5.0, 5.0],
            [5.0, 3.0],
            [3.0, 3.0],
        ];
        assert!((even_odd_area(&[&keyhole]) - 60.0).abs() < 1e-9);
        assert!((total(&even_odd_coverage(&[&keyhole], [10, 10])) - 60.0).abs() < 1e-5);
    }

    #[test]
    fn what_crossing_polygons_share_is_outside() {
        let a = rectangle([0.0, 0.0], [4.0, 4.0]);
        let b = rectangle([2.0, 2.0], [6.0, 6.0]);
        assert!((even_odd_area(&[&a, &b]) - 24.0).abs() < 1e-9);
        // A bow tie: two triangles of area 1 each; its shoelace area is 0.
        let bow = vec![[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]];
        assert!(signed_area(&bow).abs() < 1e-12);
        assert!((even_odd_area(&[&bow]) - 2.0).abs() < 1e-6);
    }

    proptest! {
        /// Cells add up to the area, and a star shape's area is its shoelace area.
        #[test]
        fn cells_add_up_to_the_area(radii in prop::collection::vec(2.0..9.0_f64, 3..40), x in 10.0..20.0_f64, y in 10.0..20.0_f64) {
            let n = radii.len() as f64;
            let star: Vec<Corner> = radii.iter().enumerate().map(|(at, radius)| {
                let (sin, cos) = (std::f64::consts::TAU * at as f64 / n).sin_cos();
                [x + radius * cos, y + radius * sin]
            }).collect();
            let shoelace = signed_area(&star).abs();
            prop_assert!((even_odd_area(&[&star]) / shoelace - 1.0).abs() < 1e-9);
            let coverage = even_odd_coverage(&[&star], [30, 30]);
            prop_assert!((total(&coverage) / shoelace - 1.0).abs() < 1e-5);
        }

        /// What is cut away at the border of the lattice is exactly what lies outside.
        #[test]
        fn a_lattice_cuts(x in -4.0..8.0_f64, y in -4.0..8.0_f64) {
            let shape = vec![[x, y + 2.0], [x + 2.0, y], [x + 4.0, y + 2.0], [x + 2.0, y + 4.0]];
            let big: Vec<Corner> = shape.iter().map(|c| [c[0] + 10.0, c[1] + 10.0]).collect();
            let small = even_odd_coverage(&[&shape], [6, 6]);
            let whole = even_odd_coverage(&[&big], [30, 30]);
            for row in 0..6 {
                for column in 0..6 {
                    let at = |c: &Coverage, column: usize, row: usize| {
                        let (Some(i), Some(j)) = (column.checked_sub(c.lower[0]), row.checked_sub(c.lower[1])) else { return 0.0 };
                        if i < c.size[0] && j < c.size[1] { c.fractions[i + j * c.size[0]] } else { 0.0 }
                    };
                    prop_assert!((at(&small, column, row) - at(&whole, column + 10, row + 10)).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn counts_crossings_and_no_touches() {
        let bow = vec![[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]];
        assert!(crosses_more_than(&[&bow], 0) && !crosses_more_than(&[&bow], 1));
        // The upper two sides cross the lower two of the other square.
        let squares = [[0.0, 0.0], [1.0, 1.0]].map(|[x, y]: [f64; 2]| {
            vec![
                [x, y + 2.0],
                [x + 2.0, y],
                [x + 4.0, y + 2.0],
                [x + 2.0, y + 4.0],
            ]
        });
        let [a, b] = &squares;
        assert!(!crosses_more_than(&[a, b], 2));
        assert!(!crosses_more_than(&[a], 0));
    }

    #[test]
    fn finds_inside_and_crossings() {
        let shape = rectangle([1.0, 1.0], [3.0, 3.0]);
        assert!(is_inside(&shape, [2.0, 2.0]));
        assert!(!is_inside(&shape, [4.0, 2.0]));
        assert_eq!(crossings_at(&[&shape], 2.0).len(), 2);
    }
}
