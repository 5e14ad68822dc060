//! Worlds and runs that the tests share.

use sirt_image::{Grid, PatientPoint};
use sirt_quantity::Density;
use sirt_transport::{Emission, Material, MaterialLibrary, RunSettings, Simulation, Source, World};

/// Materials of the crate.
pub(crate) fn library() -> MaterialLibrary {
    MaterialLibrary::built_in().unwrap()
}

/// A grid with its first voxel at the origin.
pub(crate) fn grid(size: [usize; 3], edge_mm: [f64; 3]) -> Grid {
    Grid::axis_aligned(size, edge_mm, PatientPoint([0.0; 3])).unwrap()
}

/// A run in a homogeneous world with weights of the source.
pub(crate) fn homogeneous(
    library: &MaterialLibrary,
    material: &Material,
    grid: Grid,
    weights: &[f32],
    emission: Emission,
    settings: RunSettings,
) -> Simulation {
    let world = World::homogeneous(material, Density::from_g_per_ml(1.0), grid).unwrap();
    let source = Source::from_weights(&world, weights).unwrap();
    Simulation::new(world, source, emission, library, settings).unwrap()
}

/// Weights of a source in one voxel.
pub(crate) fn one_voxel(grid: &Grid, index: [usize; 3]) -> Vec<f32> {
    let mut weights = vec![0.0; grid.voxel_count()];
    weights[grid.linear(index)] = 1.0;
    weights
}

/// Y-90.
pub(crate) fn y90() -> Emission {
    Emission::of_nuclide("Y-90").unwrap()
}
