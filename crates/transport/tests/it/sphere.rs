//! A ball of 20 mm with uniform activity in water.

use sirt_reference::physics_table;
use sirt_transport::{Emission, StepSettings, shell_energy};

use crate::worlds::library;

const RADIUS_MM: f64 = 10.0;

/// Probability that a point at distance `r` from a random point of the ball, in
/// a random direction, lies in the ball.
fn stays_inside(r: f64) -> f64 {
    let x = r / RADIUS_MM;
    if x >= 2.0 {
        return 0.0;
    }
    1.0 - 0.75 * x + x * x * x / 16.0
}

#[test]
fn mean_dose_of_a_ball() {
    let Some(table) = physics_table("sphere20mm_y90_water.csv").unwrap() else {
        return;
    };
    let outer = table.numbers("r_out_mm").unwrap();
    let fraction = table.numbers("energy_fraction").unwrap();
    let expected: f64 = outer
        .iter()
        .zip(&fraction)
        .filter(|(r, _)| **r < 10.5)
        .map(|(_, f)| f)
        .sum();
    let library = library();
    let y90 = Emission::of_nuclide("Y-90").unwrap();
    let radii: Vec<f64> = (1..=120).map(|i| 0.1 * f64::from(i)).collect();
    let shells = shell_energy(
        library.get("water").unwrap(),
        &library,
        StepSettings::default(),
        &radii,
        150_000,
        8,
        |stream| y90.sample_beta(stream),
    )
    .unwrap();
    let total: f64 = shells.mean_mev.iter().sum::<f64>() + shells.photon_mev;
    // Photons leave 0.4 % x 3 % in the ball: below 2e-4, left out.
    let inside: f64 = radii
        .iter()
        .zip(&shells.mean_mev)
        .map(|(r, energy)| energy * stays_inside(r - 0.05))
        .sum();
    let ours = inside / total;
    // README of the tables: 0.7997 with 0.0004; the issue asks for 0.3 %.
    assert!((ours / expected - 1.0).abs() < 0.003, "{ours} {expected}");
}
