//! Planar contours and the volume between them.
//!
//! A [`ContourStack`] is a set of closed polygons on parallel planes, as an
//! RTSTRUCT has them.
//! Its volume is `V = Σ A_p · t_p`: on each plane `p` the area `A_p` in mm²
//! inside the polygons, times the thickness `t_p` in mm of the slab that the
//! plane stands for.
//!
//! **Area.** Even-odd rule over all polygons of a plane (DICOM PS3.3
//! C.8.8.6.3 combines inner and outer contours by exclusive or): an inner
//! polygon is a hole, keyhole seams cancel.
//! **Slab.** Each plane stands for one plane distance, which is the median
//! distance between neighbouring planes: the slab reaches half way to a
//! neighbour, and half a plane distance where no neighbour is near.
//! A missing plane is therefore a hole in the structure, and is reported as
//! [`ContourFinding::Gap`]; nothing is interpolated.
//! Assumes that planes are parallel to 0.1 mm over each contour.

use sirt_quantity::{Capacity, Length};

use crate::polygon::{Corner, crosses_more_than, even_odd_area, is_inside, signed_area};
use crate::{ImageError, PatientPoint, PatientVector, RigidTransform};

/// Largest distance of a corner from its contour's plane, mm: files print
/// corners with one to three decimals.
const PLANE_TOLERANCE_MM: f64 = 0.1;

/// A neighbour further than this many plane distances leaves a gap.
const GAP_IN_PLANE_DISTANCES: f64 = 1.5;

/// Relative difference of plane distances that is worth a finding.
const UNEQUAL_PLANES: f64 = 0.02;

/// One closed polygon in a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Contour {
    /// Corners in order; the last joins the first.
    pub points: Vec<PatientPoint>,
}

/// Something about the contours that a user should know.
///
/// Contours are numbered from 0 in the order given; places along the normal
/// are in mm from the patient origin.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub enum ContourFinding {
    /// A contour of fewer than three corners bounds no area and was left out.
    TooFewPoints {
        /// Number of the contour.
        contour: usize,
        /// Its corners.
        points: usize,
    },
    /// A contour whose corners are on one line was left out.
    NoArea {
        /// Number of the contour.
        contour: usize,
    },
    /// A contour that repeats another one was left out: under the even-odd
    /// rule the two would cancel.
    Duplicate {
        /// Number of the contour.
        contour: usize,
        /// Number of the contour that it repeats.
        of: usize,
    },
    /// Contours on one plane that cross themselves or each other; what they
    /// share is outside.
    Crossing {
        /// Place of the plane.
        position_mm: f64,
        /// Area that is counted by the even-odd rule, mm².
        even_odd_mm2: f64,
        /// Area if every nested polygon were simple, mm².
        nested_mm2: f64,
    },
    /// No contour where planes are expected; the structure has a hole there.
    Gap {
        /// Place of the plane before the gap.
        from_mm: f64,
        /// Place of the plane after it.
        to_mm: f64,
        /// Median plane distance.
        plane_distance_mm: f64,
    },
    /// Planes at unequal distances; slabs meet half way between planes.
    UnequalPlanes {
        /// Smallest distance.
        smallest_mm: f64,
        /// Largest distance that is not a gap.
        largest_mm: f64,
    },
}

impl std::fmt::Display for ContourFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooFewPoints { contour, points } => write!(
                f,
                "contour {contour} has {points} corner(s), at least 3 bound an area: left out"
            ),
            Self::NoArea { contour } => {
                write!(f, "contour {contour} has all corners on one line: left out")
            }
            Self::Duplicate { contour, of } => {
                write!(f, "contour {contour} repeats contour {of}: left out")
            }
            Self::Crossing {
                position_mm,
                even_odd_mm2,
                nested_mm2,
            } => write!(
                f,
                "contours on the plane at {position_mm:.2} mm cross: {even_odd_mm2:.1} mm2 counted by the even-odd rule, {nested_mm2:.1} mm2 if they did not"
            ),
            Self::Gap {
                from_mm,
                to_mm,
                plane_distance_mm,
            } => write!(
                f,
                "no contour between {from_mm:.2} and {to_mm:.2} mm (plane distance {plane_distance_mm:.2} mm): left open"
            ),
            Self::UnequalPlanes {
                smallest_mm,
                largest_mm,
            } => write!(
                f,
                "contour planes are {smallest_mm:.2} to {largest_mm:.2} mm apart: slabs meet half way"
            ),
        }
    }
}

/// A plane of contours and the slab that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct ContourPlane {
    /// Place along the normal, mm from the patient origin.
    pub position_mm: f64,
    /// Both ends of the slab along the normal, mm.
    pub slab_mm: [f64; 2],
    /// Area inside by the even-odd rule, mm².
    pub area_mm2: f64,
    /// Its polygons, as positions in [`ContourStack::contours`].
    pub contours: Vec<usize>,
}

/// Closed polygons on parallel planes.
#[derive(Debug, Clone, PartialEq)]
pub struct ContourStack {
    normal: PatientVector,
    contours: Vec<Contour>,
    planes: Vec<ContourPlane>,
    plane_distance_mm: f64,
    findings: Vec<ContourFinding>,
}

impl ContourStack {
    /// A stack from its polygons, in any order and on planes of any direction.
    ///
    /// # Errors
    /// [`ImageError::Contours`] when a coordinate is not finite, corners of a
    /// contour leave their plane or planes are not parallel (by more than
    /// 0.1 mm), no contour bounds an area, or all are on a single plane:
    /// then the thickness must be given to
    /// [`ContourStack::with_single_plane_thickness`].
    pub fn new(contours: Vec<Contour>) -> Result<Self, ImageError> {
        Self::build(contours, None)
    }

    /// As [`ContourStack::new`]; a stack of one plane gets `thickness`, which
    /// the contours themselves do not say (the slice distance of the image
    /// that they were drawn on).
    ///
    /// # Errors
    /// As [`ContourStack::new`], and for a thickness that is not positive.
    pub fn with_single_plane_thickness(
        contours: Vec<Contour>,
        thickness: Length,
    ) -> Result<Self, ImageError> {
        let thickness_mm = thickness.as_mm();
        if !(thickness_mm.is_finite() && thickness_mm > 0.0) {
            return Err(wrong(format!(
                "plane thickness {thickness_mm} mm is not positive"
            )));
        }
        Self::build(contours, Some(thickness_mm))
    }

    /// The polygons that bound an area.
    #[must_use]
    pub fn contours(&self) -> &[Contour] {
        &self.contours
    }

    /// Normal of the planes, of length 1; its largest component is positive.
    #[must_use]
    pub fn normal(&self) -> PatientVector {
        self.normal
    }

    /// The planes in ascending order along the normal.
    #[must_use]
    pub fn planes(&self) -> &[ContourPlane] {
        &self.planes
    }

    /// Median distance between neighbouring planes, or the given thickness of
    /// a single one.
    #[must_use]
    pub fn plane_distance(&self) -> Length {
        Length::from_mm(self.plane_distance_mm)
    }

    /// What a user should know: gaps, contours left out, crossings.
    #[must_use]
    pub fn findings(&self) -> &[ContourFinding] {
        &self.findings
    }

    /// Sum over planes of area times slab thickness.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        Capacity::from_mm3(
            self.planes
                .iter()
                .map(|plane| plane.area_mm2 * (plane.slab_mm[1] - plane.slab_mm[0]))
                .sum(),
        )
    }

    /// The stack after a rigid motion into another patient frame.
    ///
    /// # Errors
    /// As [`ContourStack::new`]; a motion by more than a double can hold.
    pub fn moved(&self, motion: &RigidTransform) -> Result<Self, ImageError> {
        let contours = self
            .contours
            .iter()
            .map(|contour| Contour {
                points: contour
                    .points
                    .iter()
                    .map(|point| motion.apply(*point))
                    .collect(),
            })
            .collect();
        let mut moved = Self::build(contours, Some(self.plane_distance_mm))?;
        // What was left out at first does not come up again among the rest.
        let left_out = self.findings.iter().filter(|finding| {
            matches!(
                finding,
                ContourFinding::TooFewPoints { .. }
                    | ContourFinding::NoArea { .. }
                    | ContourFinding::Duplicate { .. }
            )
        });
        moved.findings = left_out.cloned().chain(moved.findings).collect();
        Ok(moved)
    }

    fn build(given: Vec<Contour>, single_plane_mm: Option<f64>) -> Result<Self, ImageError> {
        let mut findings = Vec::new();
        let mut kept = Vec::new();
        for (number, contour) in given.into_iter().enumerate() {
            if let Some(point) = contour
                .points
                .iter()
                .find(|point| !point.0.iter().all(|x| x.is_finite()))
            {
                return Err(wrong(format!(
                    "contour {number} has a corner at {:?} mm, which is not finite",
                    point.0
                )));
            }
            if contour.points.len() < 3 {
                findings.push(ContourFinding::TooFewPoints {
                    contour: number,
                    points: contour.points.len(),
                });
                continue;
            }
            kept.push((number, contour));
        }
        let normal = common_normal(&kept)?;
        let (kept, positions) = placed_on_planes(kept, normal, &mut findings)?;
        if kept.is_empty() {
            return Err(wrong("none of the contours bounds an area".to_owned()));
        }
        let (contours, mut planes) = grouped(kept, &positions, normal, &mut findings)?;
        let plane_distance_mm = set_slabs(&mut planes, single_plane_mm, &mut findings)?;
        Ok(Self {
            normal,
            contours,
            planes,
            plane_distance_mm,
            findings,
        })
    }
}

/// Two directions in the plane of `normal` that make a right-handed frame with it.
pub(crate) fn plane_axes(normal: PatientVector) -> [PatientVector; 2] {
    let mut smallest = 0;
    for axis in 1..3 {
        if normal.0[axis].abs() < normal.0[smallest].abs() {
            smallest = axis;
        }
    }
    let mut helper = [0.0; 3];
    helper[smallest] = 1.0;
    let helper = PatientVector(helper);
    let along = helper - normal * normal.dot(helper);
    // A unit vector has a component of at most 0.58 on its smallest axis, so
    // what is left of the helper has a length.
    let u = along.direction().unwrap_or(helper);
    [u, normal.cross(u)]
}

/// Corners of a contour along two axes of its plane, mm.
pub(crate) fn flattened(contour: &Contour, axes: [PatientVector; 2]) -> Vec<Corner> {
    contour
        .points
        .iter()
        .map(|point| {
            let place = PatientVector(point.0);
            [axes[0].dot(place), axes[1].dot(place)]
        })
        .collect()
}

fn wrong(reason: String) -> ImageError {
    ImageError::Contours { reason }
}

/// Twice the area of a polygon as a vector along its normal (Newell).
fn area_vector(contour: &Contour) -> PatientVector {
    let points = &contour.points;
    let base = points[0];
    (1..points.len() - 1).fold(PatientVector::default(), |sum, at| {
        sum + (points[at] - base).cross(points[at + 1] - base)
    })
}

/// Area-weighted normal of all contours, each turned to the side of the largest.
fn common_normal(contours: &[(usize, Contour)]) -> Result<PatientVector, ImageError> {
    let areas: Vec<PatientVector> = contours
        .iter()
        .map(|(_, contour)| area_vector(contour))
        .collect();
    let largest = areas
        .iter()
        .copied()
        .max_by(|a, b| a.length().total_cmp(&b.length()))
        .unwrap_or_default();
    let sum = areas.iter().fold(PatientVector::default(), |sum, area| {
        sum + *area * if area.dot(largest) < 0.0 { -1.0 } else { 1.0 }
    });
    // A bow tie has no area vector: then three corners that span most serve.
    let spanned = || {
        contours
            .iter()
            .map(|(_, contour)| widest_triangle(contour))
            .max_by(|a, b| a.length().total_cmp(&b.length()))
            .unwrap_or_default()
    };
    let normal = Some(sum)
        .filter(|sum| sum.length() > 1e-6)
        .unwrap_or_else(spanned)
        .direction()
        .ok_or_else(|| wrong("none of the contours bounds an area".to_owned()))?;
    let largest_component = normal
        .0
        .iter()
        .copied()
        .max_by(|a, b| a.abs().total_cmp(&b.abs()))
        .unwrap_or(1.0);
    Ok(if largest_component < 0.0 {
        -normal
    } else {
        normal
    })
}

/// Area vector of the widest of the triangles that fan out from the first corner.
fn widest_triangle(contour: &Contour) -> PatientVector {
    let base = contour.points[0];
    contour
        .points
        .windows(2)
        .map(|pair| (pair[0] - base).cross(pair[1] - base))
        .max_by(|a, b| a.length().total_cmp(&b.length()))
        .unwrap_or_default()
}

type Numbered = Vec<(usize, Contour)>;

/// Contours that bound an area, with their place along the normal.
fn placed_on_planes(
    contours: Numbered,
    normal: PatientVector,
    findings: &mut Vec<ContourFinding>,
) -> Result<(Numbered, Vec<f64>), ImageError> {
    let axes = plane_axes(normal);
    let mut kept = Vec::new();
    let mut positions = Vec::new();
    for (number, contour) in contours {
        let heights: Vec<f64> = contour
            .points
            .iter()
            .map(|point| normal.dot(PatientVector(point.0)))
            .collect();
        let position = heights.iter().sum::<f64>() / heights.len() as f64;
        let leaves = heights
            .iter()
            .map(|height| (height - position).abs())
            .fold(0.0, f64::max);
        if leaves > PLANE_TOLERANCE_MM {
            return Err(wrong(format!(
                "contour {number} leaves the common plane direction by {leaves:.2} mm (allowed {PLANE_TOLERANCE_MM} mm)"
            )));
        }
        let corners = flattened(&contour, axes);
        if crosses_more_than(&[&corners], corners.len()) {
            return Err(wrong(format!(
                "contour {number} of {} points crosses itself more often than it has points, and bounds nothing that can be told (allowed: once for each point)",
                corners.len()
            )));
        }
        if even_odd_area(&[&corners]) <= 1e-6 {
            findings.push(ContourFinding::NoArea { contour: number });
            continue;
        }
        kept.push((number, contour));
        positions.push(position);
    }
    Ok((kept, positions))
}

/// Contours by plane, without duplicates, with the area of each plane.
fn grouped(
    contours: Numbered,
    positions: &[f64],
    normal: PatientVector,
    findings: &mut Vec<ContourFinding>,
) -> Result<(Vec<Contour>, Vec<ContourPlane>), ImageError> {
    let axes = plane_axes(normal);
    let mut order: Vec<usize> = (0..contours.len()).collect();
    order.sort_by(|a, b| positions[*a].total_cmp(&positions[*b]).then(a.cmp(b)));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in order {
        match groups.last_mut() {
            Some(group) if positions[at] - positions[group[0]] <= PLANE_TOLERANCE_MM => {
                group.push(at);
            }
            _ => groups.push(vec![at]),
        }
    }
    let mut slots: Vec<Option<(usize, Contour)>> = contours.into_iter().map(Some).collect();
    let mut kept = Vec::new();
    let mut planes = Vec::new();
    for mut group in groups {
        group.sort_unstable();
        let position_mm = group.iter().map(|at| positions[*at]).sum::<f64>() / group.len() as f64;
        let mut seen: Vec<(usize, Vec<[i64; 2]>)> = Vec::new();
        let mut flat: Vec<Vec<Corner>> = Vec::new();
        let mut members = Vec::new();
        for at in group {
            let Some((number, contour)) = slots[at].take() else {
                continue;
            };
            let corners = flattened(&contour, axes);
            let key = corner_key(&corners);
            if let Some((of, _)) = seen.iter().find(|(_, other)| *other == key) {
                findings.push(ContourFinding::Duplicate {
                    contour: number,
                    of: *of,
                });
                continue;
            }
            seen.push((number, key));
            flat.push(corners);
            members.push(kept.len());
            kept.push(contour);
        }
        let slices: Vec<&[Corner]> = flat.iter().map(Vec::as_slice).collect();
        let points = slices.iter().map(|corners| corners.len()).sum();
        if slices.len() > 1 && crosses_more_than(&slices, points) {
            return Err(wrong(format!(
                "the {} contours of {points} points on the plane at {position_mm:.2} mm cross more often than they have points, and bound nothing that can be told (allowed: once for each point)",
                slices.len()
            )));
        }
        let area_mm2 = even_odd_area(&slices);
        let nested_mm2 = nested_area(&slices);
        if (area_mm2 - nested_mm2).abs() > 1e-3 * area_mm2.max(nested_mm2) {
            findings.push(ContourFinding::Crossing {
                position_mm,
                even_odd_mm2: area_mm2,
                nested_mm2,
            });
        }
        planes.push(ContourPlane {
            position_mm,
            slab_mm: [position_mm; 2],
            area_mm2,
            contours: members,
        });
    }
    Ok((kept, planes))
}

/// Corners in micrometres and sorted: equal for the same polygon begun
/// elsewhere or walked in the other sense.
fn corner_key(corners: &[Corner]) -> Vec<[i64; 2]> {
    let mut key: Vec<[i64; 2]> = corners
        .iter()
        .map(|corner| corner.map(|x| (x * 1e3).round() as i64))
        .collect();
    key.sort_unstable();
    key
}

/// Area if polygons only nest: inner ones counted off, those within them on again.
fn nested_area(polygons: &[&[Corner]]) -> f64 {
    polygons
        .iter()
        .enumerate()
        .map(|(at, polygon)| {
            let depth = polygons
                .iter()
                .enumerate()
                .filter(|(other, outer)| *other != at && is_inside(outer, polygon[0]))
                .count();
            let area = signed_area(polygon).abs();
            if depth % 2 == 0 { area } else { -area }
        })
        .sum()
}

/// Sets the slab of each plane; returns the plane distance.
fn set_slabs(
    planes: &mut [ContourPlane],
    single_plane_mm: Option<f64>,
    findings: &mut Vec<ContourFinding>,
) -> Result<f64, ImageError> {
    let steps: Vec<f64> = planes
        .windows(2)
        .map(|pair| pair[1].position_mm - pair[0].position_mm)
        .collect();
    let distance = match (steps.is_empty(), single_plane_mm) {
        (true, None) => {
            return Err(wrong(
                "all contours are on one plane, whose thickness they do not say: it must be given"
                    .to_owned(),
            ));
        }
        (true, Some(thickness)) => thickness,
        (false, _) => median(&steps),
    };
    let mut near: Vec<f64> = Vec::new();
    for (at, step) in steps.iter().copied().enumerate() {
        if step > GAP_IN_PLANE_DISTANCES * distance {
            findings.push(ContourFinding::Gap {
                from_mm: planes[at].position_mm,
                to_mm: planes[at + 1].position_mm,
                plane_distance_mm: distance,
            });
        } else {
            near.push(step);
        }
    }
    let smallest_mm = near.iter().copied().fold(f64::INFINITY, f64::min);
    let largest_mm = near.iter().copied().fold(0.0, f64::max);
    if largest_mm - smallest_mm > UNEQUAL_PLANES * distance {
        findings.push(ContourFinding::UnequalPlanes {
            smallest_mm,
            largest_mm,
        });
    }
    let half_way = |step: Option<&f64>| match step {
        Some(step) if *step <= GAP_IN_PLANE_DISTANCES * distance => 0.5 * step,
        _ => 0.5 * distance,
    };
    for (at, plane) in planes.iter_mut().enumerate() {
        let below = half_way(at.checked_sub(1).and_then(|before| steps.get(before)));
        let above = half_way(steps.get(at));
        plane.slab_mm = [plane.position_mm - below, plane.position_mm + above];
    }
    Ok(distance)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        0.5 * (sorted[middle - 1] + sorted[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rectangle in the plane z, walked from its lower left corner.
    fn rectangle([x0, y0]: [f64; 2], [x1, y1]: [f64; 2], z: f64) -> Contour {
        Contour {
            points: [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
                .map(|[x, y]| PatientPoint([x, y, z]))
                .to_vec(),
        }
    }

    fn box_at(z: f64) -> Contour {
        rectangle([-10.0, -5.0], [10.0, 5.0], z)
    }

    #[test]
    fn a_box_of_four_planes_has_its_volume() {
        let stack = ContourStack::new([6.0, 0.0, 3.0, 9.0].map(box_at).to_vec()).unwrap();
        // 20 x 10 mm, four slabs of 3 mm.
        assert!((stack.capacity().as_mm3() - 2400.0).abs() < 1e-9);
        assert_eq!(stack.planes().len(), 4);
        assert!(stack.findings().is_empty());
        assert!((stack.normal() - PatientVector([0.0, 0.0, 1.0])).length() < 1e-12);
    }

    #[test]
    fn a_missing_plane_stays_open_and_is_reported() {
        let stack = ContourStack::new([0.0, 3.0, 6.0, 12.0, 15.0].map(box_at).to_vec()).unwrap();
        assert!((stack.capacity().as_mm3() - 5.0 * 3.0 * 200.0).abs() < 1e-9);
        assert_eq!(
            stack.findings(),
            [ContourFinding::Gap {
                from_mm: 6.0,
                to_mm: 12.0,
                plane_distance_mm: 3.0
            }]
        );
    }

    #[test]
    fn unequal_planes_meet_half_way() {
        let stack = ContourStack::new([0.0, 2.0, 5.0].map(box_at).to_vec()).unwrap();
        // Median of 2 and 3 is 2.5: from -1.25 to 6.25, no overlap, no hole.
        assert!((stack.capacity().as_mm3() - 7.5 * 200.0).abs() < 1e-9);
        assert!(matches!(
            stack.findings(),
            [ContourFinding::UnequalPlanes { .. }]
        ));
    }

    #[test]
    fn holes_duplicates_and_scraps() {
        let mut contours: Vec<Contour> = [0.0, 2.0].map(box_at).to_vec();
        contours.push(rectangle([-2.0, -2.0], [2.0, 2.0], 0.0));
        let mut again = box_at(2.0);
        again.points.reverse();
        again.points.rotate_left(1);
        contours.push(again);
        contours.push(Contour {
            points: vec![PatientPoint([0.0; 3]), PatientPoint([1.0, 0.0, 0.0])],
        });
        contours.push(Contour {
            points: [0.0, 1.0, 2.0].map(|x| PatientPoint([x, x, 2.0])).to_vec(),
        });
        let stack = ContourStack::new(contours).unwrap();
        assert!((stack.capacity().as_mm3() - 2.0 * (200.0 + 184.0)).abs() < 1e-9);
        assert_eq!(stack.contours().len(), 3);
        assert_eq!(
            stack.findings(),
            [
                ContourFinding::TooFewPoints {
                    contour: 4,
                    points: 2
                },
                ContourFinding::NoArea { contour: 5 },
                ContourFinding::Duplicate { contour: 3, of: 1 },
            ]
        );
    }

    #[test]
    fn crossing_contours_are_counted_by_even_odd_and_reported() {
        let contours = vec![
            box_at(0.0),
            box_at(2.0),
            rectangle([5.0, -5.0], [15.0, 5.0], 2.0),
        ];
        let stack = ContourStack::new(contours).unwrap();
        // 200 + (200 + 100 - 2 * 50) on 2 mm.
        assert!((stack.capacity().as_mm3() - 2.0 * 400.0).abs() < 1e-6);
        assert!(matches!(
            stack.findings(),
            [ContourFinding::Crossing { .. }]
        ));
    }

    #[test]
    fn a_contour_without_order_is_refused_before_it_costs_minutes() {
        // 3000 points all over a square, in the order of a linear congruence.
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as f64 / 2.0_f64.powi(24) * 100.0
        };
        let tangle = Contour {
            points: (0..3000)
                .map(|_| PatientPoint([next(), next(), 0.0]))
                .collect(),
        };
        let error = ContourStack::new(vec![tangle, box_at(2.0)]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("contour 0 of 3000 points crosses itself more often"),
            "{error}"
        );
    }

    #[test]
    fn one_plane_needs_a_thickness() {
        let error = ContourStack::new(vec![box_at(1.0)]).unwrap_err();
        assert!(error.to_string().contains("must be given"), "{error}");
        let stack =
            ContourStack::with_single_plane_thickness(vec![box_at(1.0)], Length::from_mm(4.0))
                .unwrap();
        assert!((stack.capacity().as_mm3() - 800.0).abs() < 1e-9);
        assert!((stack.planes()[0].slab_mm[0] + 1.0).abs() < 1e-12);
        assert!(
            ContourStack::with_single_plane_thickness(vec![box_at(1.0)], Length::from_mm(0.0))
                .is_err()
        );
    }

    #[test]
    fn a_moved_stack_keeps_its_volume_and_what_was_left_out() {
        let mut contours: Vec<Contour> = [0.0, 3.0, 9.0, 12.0].map(box_at).to_vec();
        contours.push(Contour { points: Vec::new() });
        let stack = ContourStack::new(contours).unwrap();
        let (sin, cos) = 2.0_f64.sin_cos();
        let motion = RigidTransform::from_matrix(
            &[
                1.0, 0.0, 0.0, 5.0, 0.0, cos, -sin, 7.0, 0.0, sin, cos, -9.0, 0.0, 0.0, 0.0, 1.0,
            ],
            1e-9,
        )
        .unwrap();
        let moved = stack.moved(&motion).unwrap();
        assert!((moved.capacity() / stack.capacity() - 1.0).abs() < 1e-9);
        assert_eq!(moved.findings().len(), 2);
        assert!(motion.rotate(stack.normal()).cross(moved.normal()).length() < 1e-9);
    }

    #[test]
    fn refuses_what_is_not_planar_or_not_finite() {
        let mut bent = vec![box_at(0.0), box_at(2.0)];
        bent[1].points[0].0[2] = 3.0;
        let error = ContourStack::new(bent).unwrap_err().to_string();
        assert!(
            error.contains("leaves the common plane direction"),
            "{error}"
        );
        let mut missing = vec![box_at(0.0), box_at(2.0)];
        missing[0].points[2].0[1] = f64::NAN;
        assert!(ContourStack::new(missing).is_err());
        assert!(ContourStack::new(Vec::new()).is_err());
    }

    #[test]
    fn oblique_planes_find_their_normal() {
        let normal = PatientVector([0.2, -0.5, 0.8]).direction().unwrap();
        let [u, v] = plane_axes(normal);
        let contours = (0..5)
            .map(|plane| Contour {
                points: [[-6.0, -4.0], [6.0, -4.0], [6.0, 4.0], [-6.0, 4.0]]
                    .map(|[a, b]| {
                        PatientPoint([30.0, -20.0, 100.0])
                            + u * a
                            + v * b
                            + normal * (2.5 * f64::from(plane))
                    })
                    .to_vec(),
            })
            .collect();
        let stack = ContourStack::new(contours).unwrap();
        assert!((stack.normal() - normal).length() < 1e-9);
        assert!((stack.capacity().as_mm3() - 5.0 * 2.5 * 96.0).abs() < 1e-6);
    }
}
