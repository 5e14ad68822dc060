//! The anatomy is what its closed forms say, at every date.

use sirt_image::{Grid, PatientPoint, PatientVector};
use sirt_phantom::{FOLLOW_UP_MONTHS, LESIONS, Lobe, Organ, Part, Phantom, Solid, Treatment};

fn built_in() -> Phantom {
    Phantom::new(Treatment::built_in()).unwrap()
}

fn dates() -> impl Iterator<Item = Phantom> {
    FOLLOW_UP_MONTHS
        .into_iter()
        .map(|month| built_in().at_month(month).unwrap())
}

/// Points all over the trunk, 4 mm apart.
fn points() -> impl Iterator<Item = PatientPoint> {
    (-45..=45).flat_map(|i| {
        (-30..=30).flat_map(move |j| {
            (-49..=49).map(move |k| PatientPoint([i, j, k].map(|n: i32| 4.0 * f64::from(n))))
        })
    })
}

#[test]
fn organs_are_clear_of_each_other() {
    for phantom in dates() {
        let regions = phantom.anatomy().regions();
        for point in points() {
            let inside: Vec<Part> = regions
                .iter()
                .filter(|region| region.solid.contains(point))
                .map(|region| region.part)
                .collect();
            // Lesions lie in the liver, gas in the stomach; the rest of the
            // list is drawn clear. Fat, muscle and lung lie under others by
            // design, and the diaphragm separates lung from liver.
            let organs: Vec<Part> = inside
                .into_iter()
                .filter(|part| {
                    !matches!(
                        part,
                        Part::Fat | Part::Muscle | Part::RightLung | Part::LeftLung
                    )
                })
                .collect();
            let fine = match organs.as_slice() {
                [] | [_] => true,
                [Part::Stomach, Part::StomachGas] => true,
                [Part::Liver(lobe), Part::Lesion(number)] => LESIONS[*number].lobe == *lobe,
                _ => false,
            };
            assert!(fine, "month {}: {organs:?} at {point:?}", phantom.month());
        }
    }
}

#[test]
fn lungs_are_covered_by_nothing_but_the_diaphragm() {
    for phantom in dates() {
        let regions = phantom.anatomy().regions();
        for point in points() {
            let lung = regions.iter().any(|region| {
                matches!(region.part, Part::RightLung | Part::LeftLung)
                    && region.solid.contains(point)
            });
            if lung {
                let (part, _) = phantom.anatomy().at(point);
                let diaphragm = regions
                    .iter()
                    .filter(|region| region.part == Part::Muscle)
                    .skip(1)
                    .any(|region| region.solid.contains(point));
                assert!(
                    diaphragm || matches!(part, Part::RightLung | Part::LeftLung),
                    "month {}: {part:?} at {point:?}",
                    phantom.month()
                );
            }
        }
    }
}

/// Whether a sphere of this lesion's size, 0.5 mm larger in radius, is inside.
fn surrounds(outer: &Solid, centre: PatientPoint, radius_mm: f64) -> bool {
    (0..60).all(|ring| {
        (0..120).all(|step| {
            let (polar, around) = (
                std::f64::consts::PI * (f64::from(ring) + 0.5) / 60.0,
                std::f64::consts::TAU * f64::from(step) / 120.0,
            );
            let direction = PatientVector([
                polar.sin() * around.cos(),
                polar.sin() * around.sin(),
                polar.cos(),
            ]);
            outer.contains(centre + direction * (radius_mm + 0.5))
        })
    })
}

#[test]
fn lesions_lie_completely_within_their_lobe_and_apart() {
    for phantom in dates() {
        let lesions: Vec<_> = (0..LESIONS.len())
            .filter_map(|number| {
                let solid = phantom.anatomy().solid(Part::Lesion(number))?;
                let (lower, upper) = solid.bounds();
                let centre = lower + (upper - lower) * 0.5;
                let radius = phantom.lesion_diameter_mm(number)? / 2.0;
                Some((number, centre, radius))
            })
            .collect();
        for (number, centre, radius) in &lesions {
            let lobe = phantom
                .anatomy()
                .solid(Part::Liver(LESIONS[*number].lobe))
                .unwrap();
            assert!(
                surrounds(lobe, *centre, *radius),
                "month {}: lesion {number} leaves its lobe",
                phantom.month()
            );
            for (other, place, size) in &lesions {
                assert!(
                    number == other || (*place - *centre).length() > radius + size + 1.0,
                    "month {}: lesions {number} and {other} touch",
                    phantom.month()
                );
            }
        }
    }
}

#[test]
fn body_holds_every_organ() {
    for phantom in dates() {
        let body = phantom.anatomy().solid(Part::Fat).unwrap();
        for point in points() {
            let (part, _) = phantom.anatomy().at(point);
            assert!(part == Part::Outside || body.contains(point));
        }
    }
}

#[test]
fn volumes_are_those_of_an_adult() {
    let phantom = built_in();
    let ml = |organ| phantom.capacity(organ).as_ml();
    // 2 pi/3 (118 + 59) 64 76 mm3 = 1803.12 mL.
    assert!(
        (ml(Organ::Liver) - 1803.12).abs() < 0.01,
        "{}",
        ml(Organ::Liver)
    );
    assert!((ml(Organ::RightLobe) / ml(Organ::LeftLobe) - 2.0).abs() < 1e-12);
    let tumours: f64 = (0..6).map(|n| ml(Organ::Lesion(n))).sum();
    // pi/6 (60^3 + 50^3 + 36^3 + 24^3 + 15^3 + 8^3) mm3 = 212.24 mL.
    assert!((tumours - 212.24).abs() < 0.01, "{tumours}");
    let lungs = ml(Organ::RightLung) + ml(Organ::LeftLung);
    assert!((3000.0..4000.0).contains(&lungs), "{lungs}");
    assert!((200.0..300.0).contains(&ml(Organ::Spleen)));
}

#[test]
fn masks_have_the_volume_of_the_closed_form() {
    // A PET grid, turned by 20 degrees about z.
    let (sin, cos) = 20.0_f64.to_radians().sin_cos();
    let turned = |x: f64, y: f64| PatientPoint([x * cos - y * sin, x * sin + y * cos, -200.0]);
    let grid = Grid::new(
        [110, 110, 134],
        [4.07, 4.07, 3.0],
        turned(-222.0, -222.0),
        [
            PatientVector([cos, sin, 0.0]),
            PatientVector([-sin, cos, 0.0]),
            PatientVector([0.0, 0.0, 1.0]),
        ],
    )
    .unwrap();
    for phantom in [built_in(), built_in().at_month(26.0).unwrap()] {
        for organ in phantom.organs() {
            let mask = phantom.mask(organ, &grid).unwrap();
            let relative = mask.capacity() / phantom.capacity(organ) - 1.0;
            // Rows of 0.6 mm over the smallest radius to the power 3/2, by a quarter.
            let tolerance = match organ {
                Organ::Lesion(_) => 1.5e-2,
                _ => 1e-3,
            };
            assert!(
                relative.abs() < tolerance,
                "{organ:?} at {}: {relative}",
                phantom.month()
            );
        }
    }
}

#[test]
fn the_series_shrinks_grows_and_finds_a_new_lesion() {
    let phantoms: Vec<_> = dates().collect();
    let diameter = |date: usize, lesion| phantoms[date].lesion_diameter_mm(lesion);
    // The largest lesion, well treated, falls to a scar; the cold one grows.
    assert!(diameter(5, 0).unwrap() < 0.55 * diameter(0, 0).unwrap());
    assert!(diameter(5, 3).unwrap() > 1.2 * diameter(0, 3).unwrap());
    // The new one is there from 18 months on: 12 mm, then 12·2^(8/12/3) = 13.999.
    assert_eq!(diameter(3, 6), None);
    assert!((diameter(4, 6).unwrap() - 12.0).abs() < 1e-9);
    assert!((diameter(5, 6).unwrap() - 13.999).abs() < 1e-3);
    for pair in phantoms.windows(2) {
        let of = |phantom: &Phantom, lobe| phantom.relative_lobe_capacity(lobe);
        assert!(of(&pair[1], Lobe::Right) < of(&pair[0], Lobe::Right));
        assert!(of(&pair[1], Lobe::Left) > of(&pair[0], Lobe::Left));
    }
    assert!(
        phantoms[5]
            .true_activity(&Phantom::truth_grid(20.0).unwrap())
            .is_err()
    );
}
