//! Same seed, same bits: with any number of threads, in any number of calls.

use std::ops::ControlFlow;

use sirt_transport::{Goal, RunSettings, Simulation};

use crate::worlds::{grid, homogeneous, library, one_voxel, y90};

fn simulation(seed: u64) -> Simulation {
    let library = library();
    let grid = grid([15; 3], [3.0; 3]);
    homogeneous(
        &library,
        library.get("soft tissue").unwrap(),
        grid.clone(),
        &one_voxel(&grid, [7; 3]),
        y90(),
        RunSettings {
            seed,
            ..RunSettings::default()
        },
    )
}

fn on_threads(simulation: &Simulation, threads: usize, parts: &[u64]) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let mut tally = simulation.empty_tally();
        for part in parts {
            simulation.run(&mut tally, *part);
            // A run goes on from bytes as well.
            tally = simulation.tally_from_bytes(&tally.to_bytes()).unwrap();
        }
        tally.to_bytes()
    })
}

#[test]
fn threads_and_calls_do_not_change_a_bit() {
    let simulation = simulation(3);
    let one = on_threads(&simulation, 1, &[12]);
    assert_eq!(one, on_threads(&simulation, 2, &[12]));
    assert_eq!(one, on_threads(&simulation, 3, &[5, 1, 6]));
}

#[test]
fn a_goal_is_met_and_a_break_kept() {
    let mut simulation = simulation(4);
    let mut tally = simulation.empty_tally();
    let mut told = Vec::new();
    simulation
        .run_until(&mut tally, Goal::VoxelUncertainty(0.01), |progress| {
            told.push(*progress);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(simulation.voxel_uncertainty(&tally).unwrap() <= 0.01);
    assert_eq!(told.last().unwrap().histories, tally.histories());
    let before = tally.histories();
    simulation
        .run_until(&mut tally, Goal::Histories(u64::MAX), |progress| {
            if progress.histories > before {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert!(tally.histories() > before);
    assert!(
        simulation
            .run_until(&mut tally, Goal::VoxelUncertainty(0.0), |_| {
                ControlFlow::Break(())
            })
            .is_err()
    );
    simulation.set_seed(9);
    assert!(simulation.tally_from_bytes(&[0; 8]).is_err());
}
