//! A ball of 20 mm with uniform activity in water.

use sirt_reference::physics_table;
use sirt_transport::RunSettings;

use crate::worlds::{grid, homogeneous, library, y90};

const EDGE_MM: f64 = 0.4;

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
    let n = 110;
    let grid = grid([n; 3], [EDGE_MM; 3]);
    let centre = 0.5 * (n as f64 - 1.0);
    // Share of a voxel inside, from 4 x 4 x 4 points.
    let weights: Vec<f32> = (0..grid.voxel_count())
        .map(|voxel| {
            let index = grid.index(voxel).map(|i| i as f64 - centre);
            let inside = (0..64)
                .filter(|point| {
                    let part = [point % 4, point / 4 % 4, point / 16];
                    let r2: f64 = (0..3)
                        .map(|a| {
                            let x = index[a] + (f64::from(part[a]) - 1.5) / 4.0;
                            (x * EDGE_MM).powi(2)
                        })
                        .sum();
                    r2 < 100.0
                })
                .count();
            inside as f32 / 64.0
        })
        .collect();
    let mut simulation = homogeneous(
        &library,
        library.get("water").unwrap(),
        grid,
        &weights,
        y90(),
        RunSettings::default(),
    );
    let ball = simulation.add_region(&weights).unwrap();
    let mut tally = simulation.empty_tally();
    simulation.run(&mut tally, 12);
    let (energy, sigma) = simulation.region_energy_mev(&tally, ball).unwrap();
    let emitted = tally.energy_balance_mev()[0] / tally.histories() as f64;
    let ours = energy / emitted;
    // README of the tables: 0.7997 with 0.0004; the issue asks for 0.3 %.
    let spread = (sigma / emitted).hypot(0.0004);
    assert!(
        (ours / expected - 1.0).abs() < 0.003_f64.max(3.0 * spread / expected),
        "{ours} {expected} {spread}"
    );
}
