//! Dose across a plane, uniform Y-90 in 25 mm of tissue on one side.

use sirt_image::{Grid, PatientPoint, Volume};
use sirt_quantity::{Density, MEV_IN_JOULE};

use super::reference_table::columns;
use super::{ComparedPoint, Effort};
use crate::{Emission, MaterialLibrary, RunSettings, Simulation, Source, TransportError, World};

const ALLOWED: f64 = 0.02;
/// Part of the maximum from which slabs are compared.
const LEAST: f64 = 0.01;
/// Slabs of 1 mm to each side of the plane.
const HALF: usize = 60;
/// Slabs with activity.
const ACTIVE: std::ops::Range<usize> = 35..60;

pub(super) fn tissue_lung(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    compare(
        include_str!("../../data/egsnrc/slab_tissue_lung_y90.csv"),
        "lung",
        0.26,
        effort,
    )
}

pub(super) fn tissue_tissue(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    compare(
        include_str!("../../data/egsnrc/slab_tissue_tissue_y90.csv"),
        "soft tissue",
        1.0,
        effort,
    )
}

fn compare(
    text: &str,
    beyond: &str,
    density: f32,
    effort: Effort,
) -> Result<Vec<ComparedPoint>, TransportError> {
    let [low, high, dose, percent] = columns(
        "slabs of EGSnrc",
        text,
        [
            "z_lo_mm",
            "z_hi_mm",
            "dose_mGy_per_MBq_s_per_cm3",
            "rel_sigma_pct",
        ],
    )?;
    let library = MaterialLibrary::built_in()?;
    // 60 mm to each side, 600 mm across: what photons carry further is below
    // 0.1 % of the maximum. Decays in the middle column; a slab is all columns.
    let grid = Grid::axis_aligned(
        [3, 3, 2 * HALF],
        [400.0, 400.0, 1.0],
        PatientPoint([0.0; 3]),
    )?;
    let count = grid.voxel_count();
    let is_beyond = |voxel: usize| grid.index(voxel)[2] >= HALF;
    let densities = (0..count)
        .map(|v| if is_beyond(v) { density } else { 1.0 })
        .collect();
    let densities: Volume<Density> = Volume::new(grid.clone(), None, densities)?;
    let world = World::new(
        vec![
            library.get("soft tissue")?.clone(),
            library.get(beyond)?.clone(),
        ],
        (0..count).map(|v| u8::from(is_beyond(v))).collect(),
        &densities,
    )?;
    let weights: Vec<f32> = (0..count)
        .map(|v| {
            let [i, j, k] = grid.index(v);
            f32::from(u8::from(i == 1 && j == 1 && ACTIVE.contains(&k)))
        })
        .collect();
    let source = Source::from_weights(&world, &weights)?;
    let mut simulation = Simulation::new(
        world,
        source,
        Emission::of_nuclide("Y-90")?,
        &library,
        RunSettings::default(),
    )?;
    for k in 0..2 * HALF {
        let slab: Vec<f32> = (0..count)
            .map(|v| f32::from(u8::from(grid.index(v)[2] == k)))
            .collect();
        simulation.add_region(&slab)?;
    }
    let mut tally = simulation.empty_tally();
    simulation.run(&mut tally, effort.times(400, 40));
    let largest = dose.iter().copied().fold(0.0, f64::max);
    // 1e6 decays/cm³ for each MBq s/cm³ over 2.5 cm: decays per cm².
    let decays_per_cm2 = 1e6 * 0.1 * ACTIVE.len() as f64;
    Ok((0..low.len())
        .filter_map(|row| {
            let place = low[row] + HALF as f64;
            let is_slab = (high[row] - low[row] - 1.0).abs() < 1e-6;
            if !is_slab || !(0.0..2.0 * HALF as f64).contains(&place) || dose[row] < LEAST * largest
            {
                return None;
            }
            let slab = place.round() as usize;
            let (energy_mev, spread_mev) = simulation.region_energy_mev(&tally, slab)?;
            let g_per_ml = if slab >= HALF {
                f64::from(density)
            } else {
                1.0
            };
            // 0.1 cm of a slab times its density, in kg/cm².
            let milligray = decays_per_cm2 / (0.1 * g_per_ml * 1e-3) * MEV_IN_JOULE * 1e3;
            Some(ComparedPoint {
                at: format!("{} to {} mm", low[row], high[row]),
                ours: energy_mev * milligray,
                reference: dose[row],
                allowed: ALLOWED * dose[row],
                sigma: (spread_mev * milligray).hypot(dose[row] * percent[row] / 100.0),
            })
        })
        .collect())
}
