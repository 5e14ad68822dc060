//! Absorbed fraction of a 20 mm ball of water on voxels of a given edge.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example: its output is its result"
)]

use sirt_image::{Grid, PatientPoint};
use sirt_quantity::Density;
use sirt_transport::*;
fn main() {
    let h: f64 = std::env::args().nth(1).map_or(0.4, |s| s.parse().unwrap());
    let batches: u64 = std::env::args().nth(2).map_or(8, |s| s.parse().unwrap());
    let lib = MaterialLibrary::built_in().unwrap();
    let n = (44.0 / h) as usize;
    let grid = Grid::axis_aligned([n; 3], [h; 3], PatientPoint([0.0; 3])).unwrap();
    let c = 0.5 * (n as f64 - 1.0);
    let weights: Vec<f32> = (0..grid.voxel_count())
        .map(|v| {
            let i = grid.index(v).map(|i| i as f64 - c);
            (0..64)
                .filter(|p| {
                    let q = [p % 4, p / 4 % 4, p / 16];
                    (0..3)
                        .map(|a| ((i[a] + (f64::from(q[a]) - 1.5) / 4.0) * h).powi(2))
                        .sum::<f64>()
                        < 100.0
                })
                .count() as f32
                / 64.0
        })
        .collect();
    let world =
        World::homogeneous(lib.get("water").unwrap(), Density::from_g_per_ml(1.0), grid).unwrap();
    let source = Source::from_weights(&world, &weights).unwrap();
    let mut sim = Simulation::new(
        world,
        source,
        Emission::of_nuclide("Y-90").unwrap(),
        &lib,
        RunSettings::default(),
    )
    .unwrap();
    sim.add_region(&weights).unwrap();
    let mut tally = sim.empty_tally();
    sim.run(&mut tally, batches);
    let (e, s) = sim.region_energy_mev(&tally, 0).unwrap();
    let em = tally.energy_balance_mev()[0] / tally.histories() as f64;
    println!(
        "edge {h} mm: absorbed fraction {:.5} +- {:.5} (reference 0.79970 +- 0.0004)",
        e / em,
        s / em
    );
}
