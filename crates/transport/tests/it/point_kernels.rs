//! Energy in shells around a point source in water.

use sirt_reference::physics_table;
use sirt_transport::{Emission, StepSettings, Stream, shell_energy};

use crate::worlds::library;

/// Shells may deviate by 1 % of their value, by 0.3 % of the largest energy per
/// mm, or by three standard deviations of both.
fn agree(file: &str, histories: u64, mean_mev: f64, energy: impl Fn(&mut Stream) -> f64) {
    let Some(table) = physics_table(file).unwrap() else {
        return;
    };
    let outer = table.numbers("r_out_mm").unwrap();
    let fraction = table.numbers("energy_fraction").unwrap();
    let sigma = table.numbers("sigma").unwrap();
    let per_mm = table.numbers("fraction_per_mm").unwrap();
    let cumulative = table.numbers("cumulative_fraction").unwrap();
    let library = library();
    let settings = StepSettings::default();
    let ours = shell_energy(
        library.get("water").unwrap(),
        &library,
        settings,
        &outer,
        histories,
        4,
        energy,
    )
    .unwrap();
    let largest = per_mm.iter().copied().fold(0.0, f64::max);
    let (mut seen, mut squares) = (0.0, 0.0);
    for shell in 0..outer.len() {
        if shell > 0 && cumulative[shell - 1] > 0.99 {
            break;
        }
        let inner = if shell == 0 { 0.0 } else { outer[shell - 1] };
        let difference = ours.mean_mev[shell] / mean_mev - fraction[shell];
        let spread = (ours.sigma_mev[shell] / mean_mev).hypot(sigma[shell]);
        let allowed = (0.01 * fraction[shell])
            .max(0.003 * largest * (outer[shell] - inner))
            .max(3.0 * spread);
        assert!(
            difference.abs() <= allowed,
            "{file}: shell to {} mm differs by {:.2} %, allowed {:.2} %",
            outer[shell],
            100.0 * difference / fraction[shell],
            100.0 * allowed / fraction[shell]
        );
        seen += 1.0;
        squares += (difference / spread).powi(2);
    }
    // Together: no systematic deviation as large as three times the noise.
    assert!(
        seen > 20.0 && squares / seen < 9.0,
        "{file}: {}",
        squares / seen
    );
}

#[test]
fn one_mev_electrons_in_water() {
    agree("dpk_1.0MeV_water.csv", 150_000, 1.0, |_| 1.0);
}

#[test]
fn two_mev_electrons_in_water() {
    agree("dpk_2.0MeV_water.csv", 100_000, 2.0, |_| 2.0);
}

#[test]
fn y90_in_water() {
    let y90 = Emission::of_nuclide("Y-90").unwrap();
    // 0.93427 MeV is the mean that the reference run sampled; fractions are of
    // what was emitted, so ours are of our mean.
    agree(
        "dpk_y90_water.csv",
        200_000,
        y90.mean_beta_mev(),
        |stream| y90.sample_beta(stream),
    );
}
