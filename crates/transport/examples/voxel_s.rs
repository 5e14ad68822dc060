//! Voxel S values of Y-90 beside the reference tables, and speed.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_wrap,
    reason = "an example: its output is its result"
)]

use sirt_image::{Grid, PatientPoint};
use sirt_quantity::Density;
use sirt_transport::*;
fn main() {
    let arg = |i: usize, d: &str| std::env::args().nth(i).unwrap_or(d.into());
    let (mm, medium) = (arg(1, "3.00"), arg(2, "tissue"));
    let groups: u64 = arg(3, "20000").parse().unwrap();
    let f: f64 = arg(4, "0.06").parse().unwrap();
    let short: f64 = arg(5, "0.02").parse().unwrap();
    let replay = arg(6, "replay") == "replay";
    let text = std::fs::read_to_string(format!("../shared/physics/voxelS_y90_{mm}mm_{medium}.csv"))
        .unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .filter(|l| !l.starts_with('#'))
        .skip(1)
        .map(|l| l.split(',').map(|x| x.parse().unwrap()).collect())
        .collect();
    let lib = MaterialLibrary::built_in().unwrap();
    let h: f64 = mm.parse().unwrap();
    let n = 2 * (100.0 / h) as usize + 1;
    let grid = Grid::axis_aligned([n; 3], [h; 3], PatientPoint([0.0; 3])).unwrap();
    let material = lib
        .get(if medium == "water" {
            "water"
        } else {
            "soft tissue"
        })
        .unwrap();
    let world = World::homogeneous(material, Density::from_g_per_ml(1.0), grid.clone()).unwrap();
    let c = n / 2;
    let mut weights = vec![0.0; n * n * n];
    weights[grid.linear([c; 3])] = 1.0;
    let source = Source::from_weights(&world, &weights).unwrap();
    let settings = RunSettings {
        steps: StepSettings {
            loss_per_step: f,
            ..Default::default()
        },
        short_share: short,
        replay,
        ..Default::default()
    };
    let t = std::time::Instant::now();
    let sim = Simulation::new(
        world,
        source,
        Emission::of_nuclide("Y-90").unwrap(),
        &lib,
        settings,
    )
    .unwrap();
    println!("prepared in {:?}", t.elapsed());
    let mut tally = sim.empty_tally();
    let t = std::time::Instant::now();
    sim.run(&mut tally, groups);
    let s = t.elapsed().as_secs_f64();
    println!(
        "{:.0} histories/s, {:.2} us each",
        tally.histories() as f64 / s,
        1e6 * s / tally.histories() as f64
    );
    let [e, d, x] = tally.energy_balance_mev();
    println!(
        "balance {:.3e} mean {:.5} deposited {:.5}",
        (d + x) / e - 1.0,
        e / tally.histories() as f64,
        d / e
    );
    let e0 = 0.933795;
    let norm = e0 / (e / tally.histories() as f64);
    for r in rows.iter() {
        if r[4] < rows[0][4] * 1e-3 && r[0] + r[1] + r[2] < 14.0 {
            continue;
        }
        let (mut sum, mut var, mut count) = (0.0, 0.0, 0.0);
        for x in -5i64..=5 {
            for y in -5i64..=5 {
                for z in -5i64..=5 {
                    let mut a = [x.abs(), y.abs(), z.abs()];
                    a.sort();
                    if a == [r[0] as i64, r[1] as i64, r[2] as i64] {
                        let (m, sg) = sim.energy_per_history_mev(
                            &tally,
                            grid.linear([
                                (c as i64 + x) as usize,
                                (c as i64 + y) as usize,
                                (c as i64 + z) as usize,
                            ]),
                        );
                        sum += m;
                        var += sg * sg;
                        count += 1.0;
                    }
                }
            }
        }
        let ours = sum / count * norm / e0;
        let sg = var.sqrt() / count / e0;
        println!(
            "{:?} ref {:.4e} ours {:.4e} diff% {:6.2} sig% ours {:.2} ref {:.2}",
            &r[0..3],
            r[7],
            ours,
            100.0 * (ours / r[7] - 1.0),
            100.0 * sg / ours,
            r[6]
        );
    }
}
