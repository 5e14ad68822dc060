//! Fano's theorem: where every gram emits and scatters alike, the dose is the
//! same everywhere, however the density varies.

use sirt_image::{Grid, PatientPoint, Volume};
use sirt_quantity::Density;

use super::{ComparedPoint, Effort};
use crate::{
    Emission, MaterialLibrary, RunSettings, Simulation, Source, Stream, TransportError, World,
};

const DENSITIES: [f32; 3] = [0.4, 1.0, 1.9];
const ALLOWED: f64 = 0.003;
const EDGE_MM: f64 = 3.0;
/// Voxels along an edge, and those of the border that are left out: 24 mm of
/// mean density 1.1, two ranges.
const SIZE: usize = 128;
const BORDER: usize = 8;

pub(super) fn uniform_dose(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    let y90 = Emission::of_nuclide("Y-90")?;
    dose_by_density(
        RunSettings::default(),
        effort.times(12, 6),
        y90,
        SIZE,
        BORDER,
    )
}

/// Mean dose of the voxels of each density beside the mean of all, as parts of
/// the energy emitted per mass.
fn dose_by_density(
    settings: RunSettings,
    batches: u64,
    emission: Emission,
    size: usize,
    border: usize,
) -> Result<Vec<ComparedPoint>, TransportError> {
    let library = MaterialLibrary::built_in()?;
    let grid = Grid::axis_aligned([size; 3], [EDGE_MM; 3], PatientPoint([0.0; 3]))?;
    let count = grid.voxel_count();
    let mut stream = Stream::new(77, 0);
    let kinds: Vec<usize> = (0..count)
        .map(|_| (stream.uniform() * 3.0) as usize)
        .collect();
    let values: Vec<f32> = kinds.iter().map(|kind| DENSITIES[*kind]).collect();
    let density: Volume<Density> = Volume::new(grid.clone(), None, values.clone())?;
    let world = World::new(
        vec![library.get("soft tissue")?.clone()],
        vec![0; count],
        &density,
    )?;
    let source = Source::from_weights(&world, &values)?;
    let total = source.total_weight();
    let mut simulation = Simulation::new(world, source, emission, &library, settings)?;
    let inside = |voxel: usize| {
        grid.index(voxel)
            .iter()
            .all(|i| (border..size - border).contains(i))
    };
    for kind in 0..DENSITIES.len() {
        let weights: Vec<f32> = (0..count)
            .map(|v| f32::from(u8::from(inside(v) && kinds[v] == kind)))
            .collect();
        simulation.add_region(&weights)?;
    }
    let mut tally = simulation.empty_tally();
    simulation.run(&mut tally, batches);
    let emitted = tally.energy_balance_mev()[0] / tally.histories() as f64;
    let per_mass = emitted / (total * (0.1 * EDGE_MM).powi(3));
    let doses: Vec<(f64, f64)> = (0..DENSITIES.len())
        .filter_map(|kind| {
            let (energy, sigma) = simulation.region_energy_mev(&tally, kind)?;
            let mass = simulation.region_mass_g(kind)?;
            Some((energy / mass / per_mass, sigma / mass / per_mass))
        })
        .collect();
    let mean = doses.iter().map(|(dose, _)| dose).sum::<f64>() / doses.len() as f64;
    Ok(doses
        .iter()
        .zip(DENSITIES)
        .map(|((dose, sigma), density)| ComparedPoint {
            at: format!("{density} g/mL"),
            ours: *dose,
            reference: mean,
            allowed: ALLOWED * mean,
            sigma: *sigma,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::ValidationOutcome;

    #[test]
    fn steps_give_uniform_dose() {
        // 0.5 MeV reach 1.8 mm of water: three voxels are three ranges.
        let settings = RunSettings {
            replay: false,
            ..RunSettings::default()
        };
        let electrons = Emission::electron(0.5).unwrap();
        let points = dose_by_density(settings, 12, electrons, 16, 3).unwrap();
        // Bremsstrahlung takes 0.1 % of the energy of 0.5 MeV (estar).
        for point in &points {
            assert!((0.993..1.003).contains(&point.ours), "{point:?}");
        }
        assert!(ValidationOutcome { points }.passes());
    }
}
