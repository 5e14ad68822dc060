//! Stated standard deviations are those that repetition shows.

use sirt_image::{Grid, PatientPoint};
use sirt_quantity::Density;

use super::{ComparedPoint, Effort};
use crate::{Emission, MaterialLibrary, RunSettings, Simulation, Source, TransportError, World};

const ALLOWED: f64 = 0.1;
const SEEDS: u64 = 100;
/// Batches of a run, and how many runs the one is as long as that stands for the
/// truth: its noise then moves the mean of z by 0.03.
const BATCHES: u64 = 40;
const LONG: u64 = 200;

pub(super) fn honest(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    let library = MaterialLibrary::built_in()?;
    let grid = Grid::axis_aligned([7; 3], [3.0; 3], PatientPoint([0.0; 3]))?;
    let world = World::homogeneous(
        library.get("soft tissue")?,
        Density::from_g_per_ml(1.0),
        grid.clone(),
    )?;
    let mut weights = vec![0.0; grid.voxel_count()];
    weights[grid.linear([3; 3])] = 1.0;
    let source = Source::from_weights(&world, &weights)?;
    let mut simulation = Simulation::new(
        world,
        source,
        Emission::of_nuclide("Y-90")?,
        &library,
        RunSettings::default(),
    )?;
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
    let seeds = effort.times(SEEDS, SEEDS);
    let mut energies = |seed: u64, batches: u64| {
        simulation.set_seed(seed);
        let mut tally = simulation.empty_tally();
        simulation.run(&mut tally, batches);
        voxels.map(|voxel| simulation.energy_per_history_mev(&tally, voxel))
    };
    // The truth is a run of its own: about their own mean, deviations have the
    // mean 0 whatever they are.
    let truth = energies(999, LONG * BATCHES);
    let (mut sum, mut square, mut count) = (0.0, 0.0, 0.0);
    for seed in 0..seeds {
        for (short, truth) in energies(1000 + seed, BATCHES).into_iter().zip(truth) {
            let z = (short.0 - truth.0) / short.1.hypot(truth.1);
            sum += z;
            square += z * z;
            count += 1.0;
        }
    }
    let mean: f64 = sum / count;
    let point = |at: &str, ours: f64, reference: f64| ComparedPoint {
        at: at.to_owned(),
        ours,
        reference,
        allowed: ALLOWED,
        sigma: 0.0,
    };
    Ok(vec![
        point("mean of z", mean, 0.0),
        point("deviation of z", (square / count - mean * mean).sqrt(), 1.0),
    ])
}
