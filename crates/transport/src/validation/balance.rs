//! Energy is neither made nor lost.

use sirt_image::{Grid, PatientPoint, Volume};
use sirt_quantity::Density;

use super::{ComparedPoint, Effort};
use crate::{Emission, MaterialLibrary, RunSettings, Simulation, Source, TransportError, World};

const ALLOWED: f64 = 1e-6;

pub(super) fn conserved(effort: Effort) -> Result<Vec<ComparedPoint>, TransportError> {
    [
        ("Y-90", Emission::of_nuclide("Y-90")?, true),
        ("Ho-166", Emission::of_nuclide("Ho-166")?, true),
        (
            "Ho-166 step by step",
            Emission::of_nuclide("Ho-166")?,
            false,
        ),
        ("photons of 1.4 MeV", Emission::photon(1.4)?, true),
        ("positrons of 0.6 MeV", Emission::positron(0.6)?, true),
    ]
    .into_iter()
    .map(|(name, emission, replay)| {
        let [emitted, kept] = balance(emission, replay, effort.times(4, 2))?;
        Ok(ComparedPoint {
            at: name.to_owned(),
            ours: kept / emitted,
            reference: 1.0,
            allowed: ALLOWED,
            sigma: 0.0,
        })
    })
    .collect()
}

/// Energy emitted, and deposited or escaped, MeV, in layers of tissue, bone and
/// air.
fn balance(emission: Emission, replay: bool, batches: u64) -> Result<[f64; 2], TransportError> {
    let library = MaterialLibrary::built_in()?;
    let grid = Grid::axis_aligned([6; 3], [4.0, 3.0, 2.0], PatientPoint([0.0; 3]))?;
    let materials = ["soft tissue", "cortical bone", "air"]
        .into_iter()
        .map(|name| library.get(name).cloned())
        .collect::<Result<Vec<_>, _>>()?;
    let count = grid.voxel_count();
    let numbers: Vec<u8> = (0..count).map(|v| (grid.index(v)[0] % 3) as u8).collect();
    let densities = numbers
        .iter()
        .map(|number| [1.0, 1.92, 0.0012][usize::from(*number)])
        .collect();
    let densities: Volume<Density> = Volume::new(grid.clone(), None, densities)?;
    let world = World::new(materials, numbers, &densities)?;
    let mut weights = vec![0.0; count];
    weights[grid.linear([3, 3, 2])] = 1.0;
    let source = Source::from_weights(&world, &weights)?;
    let settings = RunSettings {
        replay,
        ..RunSettings::default()
    };
    let simulation = Simulation::new(world, source, emission, &library, settings)?;
    let mut tally = simulation.empty_tally();
    simulation.run(&mut tally, batches);
    let [emitted, deposited, escaped] = tally.energy_balance_mev();
    Ok([emitted, deposited + escaped])
}
