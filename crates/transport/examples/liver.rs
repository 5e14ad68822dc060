//! Histories until the mean uncertainty in a ball of 1.5 L at 3 mm is 1 %.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::needless_range_loop,
    reason = "an example: its output is its result"
)]

use sirt_image::{Grid, PatientPoint};
use sirt_quantity::Density;
use sirt_transport::*;
fn main() {
    let arg = |i: usize, d: &str| std::env::args().nth(i).unwrap_or(d.into());
    let groups: u64 = arg(1, "100000").parse().unwrap();
    let n: usize = arg(2, "64").parse().unwrap();
    let f: f64 = arg(3, "0.04").parse().unwrap();
    let lib = MaterialLibrary::built_in().unwrap();
    let grid = Grid::axis_aligned([n; 3], [3.0; 3], PatientPoint([0.0; 3])).unwrap();
    let world = World::homogeneous(
        lib.get("soft tissue").unwrap(),
        Density::from_g_per_ml(1.05),
        grid.clone(),
    )
    .unwrap();
    let c = n as f64 / 2.0 - 0.5;
    let weights: Vec<f32> = (0..n * n * n)
        .map(|v| {
            let r2: f64 = grid.index(v).iter().map(|i| (*i as f64 - c).powi(2)).sum();
            if r2.sqrt() * 3.0 < 71.0 { 1.0 } else { 0.0 }
        })
        .collect();
    let source = Source::from_weights(&world, &weights).unwrap();
    let settings = RunSettings {
        steps: StepSettings {
            loss_per_step: f,
            ..Default::default()
        },
        ..Default::default()
    };
    let sim = Simulation::new(
        world,
        source,
        Emission::of_nuclide("Y-90").unwrap(),
        &lib,
        settings,
    )
    .unwrap();
    let mut tally = sim.empty_tally();
    let cpu = |what: &str| {
        let s = std::fs::read_to_string("/proc/self/stat").unwrap();
        let v: Vec<&str> = s.split(' ').collect();
        println!("{what} cpu {:.2} s", v[13].parse::<f64>().unwrap() / 100.0);
        v[13].parse::<f64>().unwrap() / 100.0
    };
    let a = cpu("start");
    let t = std::time::Instant::now();
    sim.run(&mut tally, groups);
    let b = cpu("end");
    println!(
        "{:.0} histories per second, {:.0} histories per CPU second",
        tally.histories() as f64 / t.elapsed().as_secs_f64(),
        tally.histories() as f64 / (b - a)
    );
    let (mut sum, mut count) = (0.0, 0.0);
    for v in 0..n * n * n {
        if weights[v] > 0.0 {
            let (m, s) = sim.energy_per_history_mev(&tally, v);
            if m > 0.0 {
                sum += s / m;
            } else {
                sum += 1.0;
            }
            count += 1.0;
        }
    }
    let mean = sum / count;
    println!(
        "voxels {count} mean uncertainty {:.3} %, so {:.3e} histories for 1 %",
        100.0 * mean,
        tally.histories() as f64 * (mean / 0.01).powi(2)
    );
}
