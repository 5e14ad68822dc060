//! Contours of the organs on axial planes.
//!
//! A plane cuts a convex solid in a convex figure. From a point inside it
//! rays go out at even angles, and a contour joins the ends of their chords;
//! with 180 of them a polygon has 0.02 % less area than its ellipse.
//! The liver is drawn around a point on the face that both lobes share, from
//! where all of it can be seen; a lung is drawn piece by piece between the
//! strips that the diaphragm takes.

use sirt_image::{Contour, ContourStack, Grid, Outline, PatientPoint, PatientVector, Structure};

use sirt_quantity::Length;

use crate::PhantomError;
use crate::anatomy::{Anatomy, Part};
use crate::lesion::Lobe;
use crate::organ::Organ;
use crate::phantom::Phantom;
use crate::solid::Solid;

/// Corners of a contour.
const CORNERS: u32 = 180;
/// Rows across a figure among which the longest chord is looked for.
const ROWS: u32 = 129;
/// Distance over which two pieces of a ray count as touching, mm.
const TOUCH_MM: f64 = 1e-6;

impl Phantom {
    /// Contours of all organs and lesions on the axial planes of a grid
    /// (usually the CT's).
    ///
    /// Structures that no plane cuts are left out.
    ///
    /// # Errors
    /// [`PhantomError::NotAxial`] when the grid's third axis does not run
    /// along z; those of [`ContourStack::with_single_plane_thickness`].
    pub fn structures(&self, grid: &Grid) -> Result<Vec<Structure>, PhantomError> {
        let direction = grid.directions()[2];
        if direction.0[0].abs() > 1e-6 || direction.0[1].abs() > 1e-6 {
            return Err(PhantomError::NotAxial {
                direction: direction.0,
            });
        }
        let planes: Vec<f64> = (0..grid.size()[2])
            .map(|k| grid.to_patient([0.0, 0.0, k as f64]).0[2])
            .collect();
        // A lesion that only one plane cuts is as thick as a slice.
        let thickness = Length::from_mm(grid.spacing_mm()[2]);
        let mut structures = Vec::new();
        for organ in self.organs() {
            let contours: Vec<Contour> = planes
                .iter()
                .flat_map(|z| self.section(organ, *z))
                .collect();
            if contours.is_empty() {
                continue;
            }
            structures.push(Structure {
                name: organ.name().to_owned(),
                number: organ.number(),
                colour: Some(organ.colour()),
                tracking_uid: None,
                frame_of_reference: None,
                outline: Outline::Contours(ContourStack::with_single_plane_thickness(
                    contours, thickness,
                )?),
            });
        }
        Ok(structures)
    }

    /// Contours of an organ on one plane.
    fn section(&self, organ: Organ, z: f64) -> Vec<Contour> {
        let single = |part: Part| {
            self.anatomy()
                .solid(part)
                .and_then(|solid| outline(&[solid], z))
                .into_iter()
                .collect()
        };
        let lung = |lobe| {
            Anatomy::lung_pieces(lobe, z)
                .iter()
                .filter_map(|piece| outline(&[piece], z))
                .collect()
        };
        match organ {
            Organ::Body => single(Part::Fat),
            Organ::RightLung => lung(Lobe::Right),
            Organ::LeftLung => lung(Lobe::Left),
            Organ::Liver => {
                let lobes: Vec<&Solid> = [Lobe::Right, Lobe::Left]
                    .into_iter()
                    .filter_map(|lobe| self.anatomy().solid(Part::Liver(lobe)))
                    .collect();
                outline(&lobes, z).into_iter().collect()
            }
            Organ::RightLobe => single(Part::Liver(Lobe::Right)),
            Organ::LeftLobe => single(Part::Liver(Lobe::Left)),
            Organ::Spleen => single(Part::Spleen),
            Organ::Spine => single(Part::Spine),
            Organ::Gallbladder => single(Part::Gallbladder),
            Organ::Stomach => single(Part::Stomach),
            Organ::Lesion(number) => single(Part::Lesion(number)),
        }
    }
}

/// The outline of touching solids in a plane; `None` where it cuts none.
fn outline(solids: &[&Solid], z: f64) -> Option<Contour> {
    let middle = point_that_sees_all(solids, z)?;
    let points = (0..CORNERS)
        .map(|corner| {
            let angle = std::f64::consts::TAU * f64::from(corner) / f64::from(CORNERS);
            let ray = PatientVector([libm::cos(angle), libm::sin(angle), 0.0]);
            middle + ray * reach(solids, middle, ray)
        })
        .collect();
    Some(Contour { points })
}

/// How far a ray from inside goes until it leaves the last touching solid.
fn reach(solids: &[&Solid], middle: PatientPoint, ray: PatientVector) -> f64 {
    let mut reach = 0.0_f64;
    // Two solids need two rounds in the order that they do not come in.
    for _ in 0..solids.len() {
        for (from, to) in solids.iter().filter_map(|solid| solid.chord(middle, ray)) {
            if from <= reach + TOUCH_MM {
                reach = reach.max(to);
            }
        }
    }
    reach
}

/// A point inside the figure; with two solids, one on the face they share,
/// found as the middle of the longest stretch of that face.
fn point_that_sees_all(solids: &[&Solid], z: f64) -> Option<PatientPoint> {
    let across = PatientVector([1.0, 0.0, 0.0]);
    let row_chord = |solid: &Solid, y: f64| solid.chord(PatientPoint([0.0, y, z]), across);
    let rows = |solid: &Solid| {
        let (lower, upper) = solid.bounds();
        let height = upper.0[1] - lower.0[1];
        let from = lower.0[1];
        (0..ROWS).map(move |row| from + height * (f64::from(row) + 0.5) / f64::from(ROWS))
    };
    if let [right, left] = solids {
        let shared: Vec<(f64, f64)> = rows(right)
            .filter_map(|y| {
                let (_, end) = row_chord(right, y)?;
                let (start, _) = row_chord(left, y)?;
                ((end - start).abs() < TOUCH_MM).then_some((y, end))
            })
            .collect();
        if let (Some((first, x)), Some((last, _))) = (shared.first(), shared.last()) {
            return Some(PatientPoint([*x, (first + last) / 2.0, z]));
        }
    }
    solids
        .iter()
        .flat_map(|solid| {
            rows(solid).filter_map(|y| {
                let (from, to) = row_chord(solid, y)?;
                Some((to - from, PatientPoint([(from + to) / 2.0, y, z])))
            })
        })
        .max_by(|(length, _), (other, _)| length.total_cmp(other))
        .map(|(_, point)| point)
}
