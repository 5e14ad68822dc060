//! Energy in shells around a point source in water.

use super::reference_table::columns;
use super::{ComparedPoint, Effort};
use crate::{Emission, MaterialLibrary, StepSettings, Stream, TransportError, shell_energy};

/// Share of the energy up to which shells are compared.
const DEPTH: f64 = 0.99;
/// Of a shell's own energy, and of the largest energy per mm.
const OF_SHELL: f64 = 0.01;
const OF_LARGEST: f64 = 0.003;

pub(super) fn one_mev(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    compare(
        include_str!("../../data/egsnrc/dpk_1.0MeV_water.csv"),
        effort.times(150_000, 20_000),
        1.0,
        |_| 1.0,
    )
}

pub(super) fn two_mev(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    compare(
        include_str!("../../data/egsnrc/dpk_2.0MeV_water.csv"),
        effort.times(100_000, 20_000),
        2.0,
        |_| 2.0,
    )
}

pub(super) fn y90(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    let y90 = Emission::of_nuclide("Y-90")?;
    // Fractions of the table are of what its run emitted, ours are of our mean.
    compare(
        include_str!("../../data/egsnrc/dpk_y90_water.csv"),
        effort.times(200_000, 20_000),
        y90.mean_beta_mev(),
        |stream| y90.sample_beta(stream),
    )
}

fn compare(
    text: &str,
    histories: u64,
    mean_mev: f64,
    energy: impl Fn(&mut Stream) -> f64,
) -> Result<Vec<ComparedPoint>, TransportError> {
    let [outer, fraction, sigma, per_mm, cumulative] = columns(
        "point kernel of EGSnrc",
        text,
        [
            "r_out_mm",
            "energy_fraction",
            "sigma",
            "fraction_per_mm",
            "cumulative_fraction",
        ],
    )?;
    let library = MaterialLibrary::built_in()?;
    let ours = shell_energy(
        library.get("water")?,
        &library,
        StepSettings::default(),
        &outer,
        histories,
        4,
        energy,
    )?;
    let largest = per_mm.iter().copied().fold(0.0, f64::max);
    let last = cumulative.partition_point(|sum| *sum <= DEPTH);
    Ok((0..outer.len().min(last + 1))
        .map(|shell| {
            let inner = if shell == 0 { 0.0 } else { outer[shell - 1] };
            ComparedPoint {
                at: format!("{inner} to {} mm", outer[shell]),
                ours: ours.mean_mev[shell] / mean_mev,
                reference: fraction[shell],
                allowed: (OF_SHELL * fraction[shell])
                    .max(OF_LARGEST * largest * (outer[shell] - inner)),
                sigma: (ours.sigma_mev[shell] / mean_mev).hypot(sigma[shell]),
            }
        })
        .collect())
}
