//! The body as a list of solids, painted one over the other.
//!
//! Origin in the middle of the trunk, LPS, mm; the trunk reaches from
//! z = −195 to 195. Each solid belongs to a [`Part`]; where solids meet, the
//! later in the list wins, as paint does.
//! All organs but lung and muscle are drawn clear of each other, so that their
//! volumes are those of the closed forms; a test holds them apart.
//!
//! The liver is two half ellipsoids that share one elliptic face on the plane
//! x = −22 (the line of Cantlie); half axes 64 (front to back) and 76 mm (up)
//! in common, 118 to the right and 59 to the left, so that the volumes
//! `2π/3·a·64·76` mm³ stand as 2 to 1. Shears carry the right lobe to the back
//! and the left one up and to the front without a change of volume.
//!
//! The diaphragm is two elliptic cylinders that lie along y. So in a frontal
//! projection lung and liver never overlap, and the lungs' volumes need one
//! integral over height only ([`Anatomy::lung_capacity_mm3`]).

use sirt_image::{PatientPoint, PatientVector};

use crate::lesion::{LESIONS, Lobe};
use crate::solid::Solid;
use crate::tissue::Tissue;

/// Which part of the patient a place belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Air around the patient.
    Outside,
    /// Subcutaneous fat.
    Fat,
    /// Muscle and other soft tissue.
    Muscle,
    /// Right lung.
    RightLung,
    /// Left lung.
    LeftLung,
    /// Heart.
    Heart,
    /// Aorta.
    Aorta,
    /// Vertebral column.
    Spine,
    /// Kidneys.
    Kidney,
    /// Spleen.
    Spleen,
    /// Stomach without its gas.
    Stomach,
    /// Gas in the stomach.
    StomachGas,
    /// Gas in the bowel.
    BowelGas,
    /// Gallbladder.
    Gallbladder,
    /// Liver without tumour.
    Liver(Lobe),
    /// A metastasis by its position in [`LESIONS`].
    Lesion(usize),
    /// An extrahepatic deposit of microspheres.
    Deposit,
}

/// A solid with what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// The part of the patient.
    pub part: Part,
    /// Its tissue.
    pub tissue: Tissue,
    /// Its shape, before later regions are painted over it.
    pub solid: Solid,
}

/// The whole patient at one date.
#[derive(Debug, Clone, PartialEq)]
pub struct Anatomy {
    regions: Vec<Region>,
}

/// Trunk from bottom to top, mm.
pub const TRUNK_Z_MM: [f64; 2] = [-195.0, 195.0];
/// Half axes of the skin in x and y, mm.
pub const SKIN_HALF_AXES_MM: [f64; 2] = [180.0, 120.0];
const UNDER_SKIN_HALF_AXES_MM: [f64; 2] = [166.0, 106.0];

const LUNG_HALF_AXES_MM: [[f64; 3]; 2] = [[66.0, 88.0, 190.0], [60.0, 88.0, 190.0]];
const LUNG_X_MM: [f64; 2] = [-80.0, 84.0];
/// Centre (x, z) and half axes (x, z) of the diaphragm's cylinders: over the
/// liver, 5 mm from it, and over spleen and stomach.
const DIAPHRAGM_MM: [([f64; 2], [f64; 2]); 2] = [
    ([-22.0, -35.0], [123.0, 81.0]),
    ([84.0, -20.0], [66.0, 60.0]),
];

const LIVER_CENTRE: PatientPoint = PatientPoint([-22.0, -18.0, -35.0]);
const LIVER_HALF_DEPTH_MM: f64 = 64.0;
const LIVER_HALF_HEIGHT_MM: f64 = 76.0;
const RIGHT_LOBE_MM: f64 = 118.0;
const LEFT_LOBE_MM: f64 = 59.0;
/// Shear of each lobe: mm to the back and up for each mm away from the plane
/// between the lobes.
const RIGHT_LOBE_SHEAR: [f64; 2] = [0.12, 0.0];
const LEFT_LOBE_SHEAR: [f64; 2] = [-0.30, 0.25];

/// Volume of a lobe with its tumours at treatment, mm³.
#[must_use]
pub(crate) fn lobe_capacity_at_treatment_mm3(lobe: Lobe) -> f64 {
    let length = match lobe {
        Lobe::Right => RIGHT_LOBE_MM,
        Lobe::Left => LEFT_LOBE_MM,
    };
    2.0 / 3.0 * std::f64::consts::PI * length * LIVER_HALF_DEPTH_MM * LIVER_HALF_HEIGHT_MM
}

/// Half axes of a lobe whose volume is `relative_capacity` of that at
/// treatment: it gets longer or shorter, its face stays.
fn lobe_axes(lobe: Lobe, relative_capacity: f64) -> [PatientVector; 3] {
    let (along, [back, up]) = match lobe {
        Lobe::Right => (-RIGHT_LOBE_MM, RIGHT_LOBE_SHEAR),
        Lobe::Left => (LEFT_LOBE_MM, LEFT_LOBE_SHEAR),
    };
    let along = along * relative_capacity;
    let length = along.abs();
    [
        PatientVector([along, back * length, up * length]),
        PatientVector([0.0, LIVER_HALF_DEPTH_MM, 0.0]),
        PatientVector([0.0, 0.0, LIVER_HALF_HEIGHT_MM]),
    ]
}

/// Place of a point given in coordinates of a lobe.
fn place_in_lobe(lobe: Lobe, relative_capacity: f64, place: [f64; 3]) -> PatientPoint {
    lobe_axes(lobe, relative_capacity)
        .into_iter()
        .zip(place)
        .fold(LIVER_CENTRE, |point, (axis, coordinate)| {
            point + axis * coordinate
        })
}

/// What changes from date to date.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changes {
    /// Volume of the right and the left lobe over that at treatment.
    pub(crate) lobes: [f64; 2],
    /// Diameter of each of [`LESIONS`], mm; `None` while it is not there.
    pub(crate) diameters_mm: [Option<f64>; LESIONS.len()],
    /// Extrahepatic deposit: centre and diameter, mm.
    pub(crate) deposit: Option<(PatientPoint, f64)>,
}

impl Anatomy {
    pub(crate) fn new(changes: &Changes) -> Self {
        let mut regions = trunk();
        regions.extend(organs());
        for (lobe, relative) in [Lobe::Right, Lobe::Left].into_iter().zip(changes.lobes) {
            regions.push(Region {
                part: Part::Liver(lobe),
                tissue: Tissue::LIVER,
                solid: Solid::half_ellipsoid(LIVER_CENTRE, lobe_axes(lobe, relative)),
            });
        }
        for (number, (design, diameter)) in LESIONS.iter().zip(changes.diameters_mm).enumerate() {
            let Some(diameter) = diameter else { continue };
            let relative = changes.lobes[usize::from(design.lobe == Lobe::Left)];
            let centre = place_in_lobe(design.lobe, relative, design.place_in_lobe);
            regions.push(Region {
                part: Part::Lesion(number),
                tissue: Tissue::metastasis(design.hounsfield),
                solid: Solid::sphere(centre, diameter),
            });
        }
        if let Some((centre, diameter)) = changes.deposit {
            regions.push(Region {
                part: Part::Deposit,
                tissue: Tissue::STOMACH,
                solid: Solid::sphere(centre, diameter),
            });
        }
        Self { regions }
    }

    /// All regions, in the order in which they are painted.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Part and tissue at a place.
    #[must_use]
    pub fn at(&self, point: PatientPoint) -> (Part, Tissue) {
        self.regions
            .iter()
            .rev()
            .find(|region| region.solid.contains(point))
            .map_or((Part::Outside, Tissue::AIR), |region| {
                (region.part, region.tissue)
            })
    }

    /// The solid of a part, where it has one.
    #[must_use]
    pub fn solid(&self, part: Part) -> Option<&Solid> {
        self.regions
            .iter()
            .find(|region| region.part == part)
            .map(|region| &region.solid)
    }

    /// Volume of a lung in mm³: `∫ A(z) dz` over the height, where `A` is an
    /// ellipse less the strips in x that the diaphragm takes at that height,
    /// in closed form by the segment `(b/a)·(x√(a²−x²) + a²·asin(x/a))`.
    ///
    /// The midpoint rule with 20 000 steps is exact to 1e-6 (halving and
    /// doubling the steps changes less).
    #[must_use]
    pub fn lung_capacity_mm3(lobe: Lobe) -> f64 {
        const STEPS: u32 = 20_000;
        let side = usize::from(lobe == Lobe::Left);
        let [a, b, height] = LUNG_HALF_AXES_MM[side];
        let step = height / f64::from(STEPS);
        let mut sum = 0.0;
        for number in 0..STEPS {
            let z = (f64::from(number) + 0.5) * step;
            let shrink = (1.0 - z * z / (height * height)).sqrt();
            let (a, b) = (a * shrink, b * shrink);
            let segment = |x: f64| {
                let x = (x - LUNG_X_MM[side]).clamp(-a, a);
                b / a * (x * (a * a - x * x).max(0.0).sqrt() + a * a * libm::asin(x / a))
            };
            for [from, to] in clear_of_diaphragm(z) {
                sum += segment(to) - segment(from);
            }
        }
        sum * step
    }

    /// The pieces of a lung at a height, each convex: for contours.
    pub(crate) fn lung_pieces(lobe: Lobe, z: f64) -> Vec<Solid> {
        clear_of_diaphragm(z)
            .into_iter()
            .map(|[from, to]| lung(lobe).within_x(from, to))
            .collect()
    }
}

/// Stretches of x at a height that the diaphragm leaves free, mm.
fn clear_of_diaphragm(z: f64) -> Vec<[f64; 2]> {
    let mut free = vec![[-SKIN_HALF_AXES_MM[0], SKIN_HALF_AXES_MM[0]]];
    for ([x, middle], [a, c]) in DIAPHRAGM_MM {
        let rest = 1.0 - (z - middle) * (z - middle) / (c * c);
        if rest <= 0.0 {
            continue;
        }
        let half = a * rest.sqrt();
        free = free
            .into_iter()
            .flat_map(|[from, to]| [[from, to.min(x - half)], [from.max(x + half), to]])
            .filter(|[from, to]| from < to)
            .collect();
    }
    free
}

fn lung(lobe: Lobe) -> Solid {
    let side = usize::from(lobe == Lobe::Left);
    let [a, b, height] = LUNG_HALF_AXES_MM[side];
    Solid::half_ellipsoid(
        PatientPoint([LUNG_X_MM[side], 0.0, 0.0]),
        [
            PatientVector([0.0, 0.0, height]),
            PatientVector([a, 0.0, 0.0]),
            PatientVector([0.0, b, 0.0]),
        ],
    )
}

/// Skin, muscle, lungs and diaphragm.
fn trunk() -> Vec<Region> {
    let under_skin = || Solid::upright_cylinder([0.0; 2], UNDER_SKIN_HALF_AXES_MM, TRUNK_Z_MM);
    let mut regions = vec![
        Region {
            part: Part::Fat,
            tissue: Tissue::FAT,
            solid: Solid::upright_cylinder([0.0; 2], SKIN_HALF_AXES_MM, TRUNK_Z_MM),
        },
        Region {
            part: Part::Muscle,
            tissue: Tissue::MUSCLE,
            solid: under_skin(),
        },
    ];
    for (part, lobe) in [(Part::RightLung, Lobe::Right), (Part::LeftLung, Lobe::Left)] {
        regions.push(Region {
            part,
            tissue: Tissue::LUNG,
            solid: lung(lobe),
        });
    }
    for (centre, half_axes) in DIAPHRAGM_MM {
        regions.push(Region {
            part: Part::Muscle,
            tissue: Tissue::MUSCLE,
            solid: under_skin().within_lying_cylinder(centre, half_axes),
        });
    }
    regions
}

/// Organs beside the liver.
fn organs() -> Vec<Region> {
    let ellipsoid = |centre, half_axes| Solid::aligned_ellipsoid(PatientPoint(centre), half_axes);
    [
        (
            Part::Spine,
            Tissue::BONE,
            Solid::upright_cylinder([0.0, 64.0], [21.0, 17.0], TRUNK_Z_MM),
        ),
        (
            Part::Aorta,
            Tissue::BLOOD,
            Solid::upright_cylinder([18.0, 39.0], [8.0, 8.0], TRUNK_Z_MM),
        ),
        (
            Part::Heart,
            Tissue::BLOOD,
            ellipsoid([4.0, -50.0, 90.0], [32.0, 38.0, 45.0]),
        ),
        (
            Part::Kidney,
            Tissue::KIDNEY,
            ellipsoid([-68.0, 60.0, -138.0], [26.0, 26.0, 52.0]),
        ),
        (
            Part::Kidney,
            Tissue::KIDNEY,
            ellipsoid([66.0, 60.0, -132.0], [26.0, 26.0, 52.0]),
        ),
        (
            Part::Spleen,
            Tissue::SPLEEN,
            ellipsoid([105.0, 40.0, -25.0], [26.0, 42.0, 55.0]),
        ),
        (
            Part::Stomach,
            Tissue::STOMACH,
            ellipsoid([92.0, -42.0, -55.0], [38.0, 36.0, 45.0]),
        ),
        (
            Part::StomachGas,
            Tissue::GAS,
            ellipsoid([92.0, -60.0, -40.0], [17.0, 10.0, 17.0]),
        ),
        (
            Part::BowelGas,
            Tissue::GAS,
            ellipsoid([38.0, -62.0, -148.0], [22.0, 14.0, 18.0]),
        ),
        (
            Part::Gallbladder,
            Tissue::BILE,
            ellipsoid([-45.0, -48.0, -134.0], [15.0, 16.0, 28.0]),
        ),
    ]
    .into_iter()
    .map(|(part, tissue, solid)| Region {
        part,
        tissue,
        solid,
    })
    .collect()
}
