//! Voxel S values of Y-90, as shares of the emitted energy.

use sirt_image::{Grid, PatientPoint};
use sirt_quantity::Density;

use super::reference_table::columns;
use super::{ComparedPoint, Effort};
use crate::{Emission, MaterialLibrary, RunSettings, Simulation, Source, TransportError, World};

/// At the centre, and elsewhere.
const CENTRE: f64 = 0.005;
const ELSEWHERE: f64 = 0.015;
/// Part of the central value from which voxels are compared.
const LEAST: f64 = 1e-3;
/// Half of the world's edge, mm: five ranges.
const HALF_WORLD_MM: f64 = 60.0;
const BATCHES: u64 = 1500;

pub(super) fn tissue_3mm(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    compare(
        include_str!("../../data/egsnrc/voxelS_y90_3.00mm_tissue.csv"),
        "soft tissue",
        3.0,
        RunSettings::default(),
        effort.times(BATCHES, 60),
    )
}

pub(super) fn water_3mm(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    compare(
        include_str!("../../data/egsnrc/voxelS_y90_3.00mm_water.csv"),
        "water",
        3.0,
        RunSettings::default(),
        effort.times(BATCHES, 60),
    )
}

pub(super) fn tissue_4_8mm(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    compare(
        include_str!("../../data/egsnrc/voxelS_y90_4.80mm_tissue.csv"),
        "soft tissue",
        4.8,
        RunSettings::default(),
        effort.times(BATCHES, 60),
    )
}

fn compare(
    text: &str,
    material: &str,
    edge_mm: f64,
    settings: RunSettings,
    batches: u64,
) -> Result<Vec<ComparedPoint>, TransportError> {
    let [i, j, k, count, fraction, percent] = columns(
        "voxel S values of EGSnrc",
        text,
        ["i", "j", "k", "n", "energy_fraction", "rel_sigma_pct"],
    )?;
    let library = MaterialLibrary::built_in()?;
    let n = 2 * (HALF_WORLD_MM / edge_mm) as usize + 1;
    let centre = n / 2;
    let grid = Grid::axis_aligned([n; 3], [edge_mm; 3], PatientPoint([0.0; 3]))?;
    let world = World::homogeneous(
        library.get(material)?,
        Density::from_g_per_ml(1.0),
        grid.clone(),
    )?;
    let mut weights = vec![0.0; grid.voxel_count()];
    weights[grid.linear([centre; 3])] = 1.0;
    let source = Source::from_weights(&world, &weights)?;
    let mut simulation = Simulation::new(
        world,
        source,
        Emission::of_nuclide("Y-90")?,
        &library,
        settings,
    )?;
    let wanted: Vec<[usize; 3]> = (0..i.len())
        .map(|row| [i[row], j[row], k[row]].map(|index| index as usize))
        .collect();
    // Voxels of one distance are a region: they are not independent.
    for wanted in &wanted {
        let members: Vec<f32> = (0..grid.voxel_count())
            .map(|voxel| {
                let mut offset = grid.index(voxel).map(|i| i.abs_diff(centre));
                offset.sort_unstable();
                f32::from(u8::from(offset == *wanted))
            })
            .collect();
        simulation.add_region(&members)?;
    }
    let mut tally = simulation.empty_tally();
    simulation.run(&mut tally, batches);
    let [emitted, ..] = tally.energy_balance_mev();
    let emitted = emitted / tally.histories() as f64;
    let central = fraction.first().copied().unwrap_or(0.0);
    Ok((0..fraction.len())
        .filter(|row| fraction[*row] >= LEAST * central)
        .filter_map(|row| {
            let (mean, sigma) = simulation.region_energy_mev(&tally, row)?;
            let each = count[row] * emitted;
            Some(ComparedPoint {
                at: format!("voxel {:?}", wanted[row]),
                ours: mean / each,
                reference: fraction[row],
                allowed: fraction[row] * if row == 0 { CENTRE } else { ELSEWHERE },
                sigma: (sigma / each).hypot(fraction[row] * percent[row] / 100.0),
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::ValidationOutcome;

    #[test]
    fn step_by_step_gives_the_same_as_replay() {
        let settings = RunSettings {
            replay: false,
            ..RunSettings::default()
        };
        let points = compare(
            include_str!("../../data/egsnrc/voxelS_y90_3.00mm_tissue.csv"),
            "soft tissue",
            3.0,
            settings,
            60,
        )
        .unwrap();
        let outcome = ValidationOutcome { points };
        assert!(outcome.points.len() >= 5 && outcome.passes(), "{outcome:?}");
    }
}
