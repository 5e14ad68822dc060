//! Contours enclose the volumes that they outline.

use sirt_image::{Grid, Outline, PatientPoint, PatientVector};
use sirt_phantom::{CtSettings, Phantom, Treatment};

/// Area of a polygon in an axial plane, mm2, positive against the clock.
fn area(points: &[PatientPoint]) -> f64 {
    let next = points.iter().cycle().skip(1);
    points
        .iter()
        .zip(next)
        .map(|(a, b)| a.0[0] * b.0[1] - a.0[1] * b.0[0])
        .sum::<f64>()
        / 2.0
}

#[test]
fn polygon_areas_times_plane_distance_are_the_volumes() {
    let grid = CtSettings::whole_trunk(0).unwrap().grid;
    let start = Phantom::new(Treatment::built_in()).unwrap();
    for phantom in [start.clone(), start.at_month(26.0).unwrap()] {
        let structures = phantom.structures(&grid).unwrap();
        assert_eq!(structures.len(), phantom.organs().len());
        for (structure, organ) in structures.iter().zip(phantom.organs()) {
            assert_eq!(structure.name, organ.name());
            let Outline::Contours(stack) = &structure.outline else {
                panic!("the phantom draws contours");
            };
            let found: f64 = stack
                .contours()
                .iter()
                .map(|contour| 3.0 * area(&contour.points))
                .sum();
            assert!((stack.capacity().as_mm3() / found.abs() - 1.0).abs() < 1e-6);
            let relative = found / phantom.capacity(organ).as_mm3() - 1.0;
            // A sphere of diameter d in slabs of h has up to 1.0 h²/d² of its
            // volume more or less (largest over all offsets of the planes);
            // 0.3 % are for corners and other shapes.
            let diameter = (6.0 / std::f64::consts::PI * phantom.capacity(organ).as_mm3()).cbrt();
            let tolerance = 3.0 * 3.0 / (diameter * diameter) + 0.003;
            assert!(
                relative.abs() < tolerance,
                "{} at month {}: {relative}",
                structure.name,
                phantom.month()
            );
        }
    }
}

#[test]
fn corners_of_a_contour_are_on_the_surface() {
    let grid = CtSettings::whole_trunk(0).unwrap().grid;
    let phantom = Phantom::new(Treatment::built_in()).unwrap();
    for (structure, organ) in phantom
        .structures(&grid)
        .unwrap()
        .iter()
        .zip(phantom.organs())
    {
        let Outline::Contours(stack) = &structure.outline else {
            panic!("the phantom draws contours");
        };
        let mask_at = |point: PatientPoint| {
            let tiny = Grid::axis_aligned([1; 3], [1e-3; 3], point).unwrap();
            phantom.mask(organ, &tiny).unwrap().weight([0; 3]) > 0.5
        };
        for contour in stack.contours().iter().step_by(5) {
            let count = contour.points.len() as f64;
            let middle = contour
                .points
                .iter()
                .fold(PatientVector::default(), |sum, point| {
                    sum + PatientVector(point.0) * (1.0 / count)
                });
            for point in contour.points.iter().step_by(20) {
                let inward = (PatientPoint(middle.0) - *point).direction().unwrap();
                assert!(
                    mask_at(*point + inward * 0.05),
                    "{} {point:?}",
                    structure.name
                );
                assert!(
                    !mask_at(*point + inward * -0.05),
                    "{} {point:?}",
                    structure.name
                );
            }
        }
    }
}

#[test]
fn a_sagittal_grid_has_no_axial_planes() {
    let axis = |n: usize| {
        let mut unit = [0.0; 3];
        unit[n] = 1.0;
        PatientVector(unit)
    };
    let grid = Grid::new(
        [4; 3],
        [1.0; 3],
        PatientPoint::default(),
        [axis(1), axis(2), axis(0)],
    )
    .unwrap();
    let phantom = Phantom::new(Treatment::built_in()).unwrap();
    assert!(phantom.structures(&grid).is_err());
}
