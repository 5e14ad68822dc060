//! Fano's theorem at length: `fano replay|steps BATCHES SHORT LOSS`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example: its output is its result"
)]

use sirt_image::{Grid, PatientPoint, Volume};
use sirt_quantity::Density;
use sirt_transport::*;
fn main() {
    let replay = std::env::args().nth(1).unwrap() == "replay";
    let batches: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let short: f64 = std::env::args().nth(3).unwrap().parse().unwrap();
    let f: f64 = std::env::args().nth(4).unwrap().parse().unwrap();
    let lib = MaterialLibrary::built_in().unwrap();
    let n = 16;
    let grid = Grid::axis_aligned([n; 3], [3.0; 3], PatientPoint([0.0; 3])).unwrap();
    let count = grid.voxel_count();
    let mut stream = Stream::new(77, 0);
    let kinds: Vec<usize> = (0..count)
        .map(|_| (stream.uniform() * 3.0) as usize)
        .collect();
    let values: Vec<f32> = kinds.iter().map(|k| [0.4f32, 1.0, 1.9][*k]).collect();
    let density: Volume<Density> = Volume::new(grid.clone(), None, values.clone()).unwrap();
    let world = World::new(
        vec![lib.get("soft tissue").unwrap().clone()],
        vec![0; count],
        &density,
    )
    .unwrap();
    let source = Source::from_weights(&world, &values).unwrap();
    let total = source.total_weight();
    let mut sim = Simulation::new(
        world,
        source,
        Emission::electron(0.5).unwrap(),
        &lib,
        RunSettings {
            replay,
            short_share: short,
            steps: StepSettings {
                loss_per_step: f,
                ..Default::default()
            },
            ..Default::default()
        },
    )
    .unwrap();
    for kind in 0..3 {
        let w: Vec<f32> = (0..count)
            .map(|v| {
                f32::from(u8::from(
                    grid.index(v).iter().all(|i| (3..n - 3).contains(i)) && kinds[v] == kind,
                ))
            })
            .collect();
        sim.add_region(&w).unwrap();
    }
    let mut tally = sim.empty_tally();
    sim.run(&mut tally, batches);
    let em = tally.energy_balance_mev()[0] / tally.histories() as f64;
    for kind in 0..3 {
        let (e, s) = sim.region_energy_mev(&tally, kind).unwrap();
        let m = sim.region_mass_g(kind).unwrap();
        println!(
            "{replay} {kind}: {:.5} +- {:.5}",
            e / m / em * total * 0.027,
            s / m / em * total * 0.027
        );
    }
}
