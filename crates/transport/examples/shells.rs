//! Radial dose of 1 MeV electrons in water beside the reference table.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example: its output is its result"
)]

use sirt_transport::{MaterialLibrary, StepSettings, shell_energy};
fn main() {
    let name = std::env::args().nth(1).unwrap_or("1.0".into());
    let n: u64 = std::env::args()
        .nth(2)
        .map_or(100_000, |s| s.parse().unwrap());
    let f: f64 = std::env::args().nth(3).map_or(0.06, |s| s.parse().unwrap());
    let e0: f64 = name.parse().unwrap();
    let text =
        std::fs::read_to_string(format!("../shared/physics/dpk_{name}MeV_water.csv")).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .filter(|l| !l.starts_with('#'))
        .skip(1)
        .map(|l| l.split(',').map(|x| x.parse().unwrap()).collect())
        .collect();
    let outer: Vec<f64> = rows.iter().map(|r| r[1]).collect();
    let lib = MaterialLibrary::built_in().unwrap();
    let t = std::time::Instant::now();
    let s = shell_energy(
        lib.get("water").unwrap(),
        &lib,
        StepSettings {
            loss_per_step: f,
            ..Default::default()
        },
        &outer,
        n,
        1,
        |_| e0,
    )
    .unwrap();
    println!("{:?} per history {:?}", t.elapsed(), t.elapsed() / n as u32);
    let max = rows.iter().map(|r| r[4]).fold(0.0, f64::max);
    for (i, r) in rows.iter().enumerate() {
        if r[6] > 0.997 {
            break;
        }
        let ours = s.mean_mev[i] / e0;
        let sg = s.sigma_mev[i] / e0;
        println!(
            "{:6.3} ref {:.5} ours {:.5} diff% {:6.2} (sig {:.2}) ofmax% {:5.2}",
            r[1],
            r[2],
            ours,
            100.0 * (ours / r[2] - 1.0),
            100.0 * ((sg / r[2]).powi(2) + (r[3] / r[2]).powi(2)).sqrt(),
            100.0 * (ours - r[2]) / (r[1] - r[0]) / max
        );
    }
    println!("photons {}", s.photon_mev);
}
