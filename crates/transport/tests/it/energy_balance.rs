//! Deposited and escaped energy is what was emitted.

use sirt_image::Volume;
use sirt_quantity::Density;
use sirt_transport::{Emission, RunSettings, Simulation, Source, World};

use crate::worlds::{grid, library, one_voxel};

/// A small world of three materials, from which much escapes.
fn balance(emission: Emission, replay: bool) -> f64 {
    let library = library();
    let grid = grid([6, 6, 6], [4.0, 3.0, 2.0]);
    let materials = ["soft tissue", "cortical bone", "air"]
        .map(|name| library.get(name).unwrap().clone())
        .to_vec();
    let count = grid.voxel_count();
    let numbers: Vec<u8> = (0..count).map(|v| (grid.index(v)[0] % 3) as u8).collect();
    let densities = numbers
        .iter()
        .map(|number| [1.0, 1.92, 0.0012][usize::from(*number)])
        .collect();
    let densities: Volume<Density> = Volume::new(grid.clone(), None, densities).unwrap();
    let world = World::new(materials, numbers, &densities).unwrap();
    let source = Source::from_weights(&world, &one_voxel(&grid, [3, 3, 2])).unwrap();
    let settings = RunSettings {
        replay,
        ..RunSettings::default()
    };
    let simulation = Simulation::new(world, source, emission, &library, settings).unwrap();
    let mut tally = simulation.empty_tally();
    simulation.run(&mut tally, 4);
    let [emitted, deposited, escaped] = tally.energy_balance_mev();
    assert!(
        escaped > 0.001 * emitted && deposited > 0.0,
        "{escaped} of {emitted}"
    );
    (deposited + escaped) / emitted - 1.0
}

#[test]
fn energy_is_conserved_in_every_kind_of_run() {
    for (name, emission, both) in [
        ("Y-90", Emission::of_nuclide("Y-90").unwrap(), false),
        ("Ho-166", Emission::of_nuclide("Ho-166").unwrap(), true),
        ("photons", Emission::photon(1.4).unwrap(), false),
        ("positrons", Emission::positron(0.6).unwrap(), false),
    ] {
        for replay in [true, false] {
            if !replay && !both {
                continue;
            }
            let off = balance(emission.clone(), replay);
            // The limit; single precision leaves 1e-7.
            assert!(off.abs() < 1e-6, "{name}, replay {replay}: {off}");
        }
    }
}
