//! A ball with uniform activity in water: the share of the energy that stays.
//!
//! By the energy in shells around a point and the probability that a way of
//! their radius, from anywhere in the ball, ends in it.

use super::reference_table::columns;
use super::{ComparedPoint, Effort};
use crate::{Emission, MaterialLibrary, StepSettings, TransportError, shell_energy};

const RADIUS_MM: f64 = 10.0;
const ALLOWED: f64 = 0.003;
/// Width of the shells, mm.
const WIDTH_MM: f64 = 0.1;

/// Probability that a point at distance `r_mm` from a random point of the ball,
/// in a random direction, lies in the ball.
fn stays_inside(r_mm: f64) -> f64 {
    let x = r_mm / RADIUS_MM;
    if x >= 2.0 {
        return 0.0;
    }
    1.0 - 0.75 * x + x * x * x / 16.0
}

pub(super) fn absorbed_fraction(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    let [outer, fraction, sigma] = columns(
        "sphere of EGSnrc",
        include_str!("../../data/egsnrc/sphere20mm_y90_water.csv"),
        ["r_out_mm", "energy_fraction", "sigma"],
    )?;
    let inside = |row: &usize| outer[*row] <= RADIUS_MM + 0.5;
    let reference: f64 = (0..outer.len())
        .filter(inside)
        .map(|row| fraction[row])
        .sum();
    let variance: f64 = (0..outer.len())
        .filter(inside)
        .map(|row| sigma[row] * sigma[row])
        .sum();
    let library = MaterialLibrary::built_in()?;
    let y90 = Emission::of_nuclide("Y-90")?;
    let radii: Vec<f64> = (1..=120).map(|i| WIDTH_MM * f64::from(i)).collect();
    let shells = shell_energy(
        library.get("water")?,
        &library,
        StepSettings::default(),
        &radii,
        effort.times(150_000, 50_000),
        8,
        |stream| y90.sample_beta(stream),
    )?;
    let total: f64 = shells.mean_mev.iter().sum::<f64>() + shells.photon_mev;
    // Photons leave 0.4 % x 3 % in the ball: below 2e-4, left out.
    let stays: f64 = radii
        .iter()
        .zip(&shells.mean_mev)
        .map(|(r, energy)| energy * stays_inside(r - 0.5 * WIDTH_MM))
        .sum();
    Ok(vec![ComparedPoint {
        at: "whole ball".to_owned(),
        ours: stays / total,
        reference,
        allowed: ALLOWED * reference,
        // That of the table; ours is a tenth of it.
        sigma: variance.sqrt(),
    }])
}
