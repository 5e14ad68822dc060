//! Stated uncertainties are those that repetition shows.

use sirt_transport::RunSettings;

use crate::worlds::{grid, homogeneous, library, one_voxel, y90};

#[test]
fn deviations_over_a_hundred_seeds_are_as_stated() {
    let library = library();
    let grid = grid([7; 3], [3.0; 3]);
    let mut simulation = homogeneous(
        &library,
        library.get("soft tissue").unwrap(),
        grid.clone(),
        &one_voxel(&grid, [3; 3]),
        y90(),
        RunSettings::default(),
    );
    // Voxels at several distances, each deep in the statistics of its batches.
    let voxels = [
        [3, 3, 3],
        [3, 3, 4],
        [3, 2, 2],
        [2, 2, 4],
        [5, 3, 3],
        [3, 1, 2],
    ]
    .map(|index| grid.linear(index));
    let seeds = 100;
    let mut results = Vec::new();
    for seed in 0..seeds {
        simulation.set_seed(1000 + seed);
        let mut tally = simulation.empty_tally();
        simulation.run(&mut tally, 40);
        results.push(voxels.map(|voxel| simulation.energy_per_history_mev(&tally, voxel)));
    }
    let (mut sum, mut square, mut count) = (0.0, 0.0, 0.0);
    for at in 0..voxels.len() {
        let mean = results.iter().map(|row| row[at].0).sum::<f64>() / seeds as f64;
        for row in &results {
            let z = (row[at].0 - mean) / row[at].1;
            sum += z;
            square += z * z;
            count += 1.0;
        }
    }
    let mean = sum / count;
    let deviation = (square / count - mean * mean).sqrt();
    // The limits; 600 values leave 0.03 to chance.
    assert!(mean.abs() < 0.1, "mean {mean}");
    assert!((deviation - 1.0).abs() < 0.1, "deviation {deviation}");
}
