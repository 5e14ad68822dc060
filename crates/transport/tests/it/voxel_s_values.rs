//! Voxel S values of Y-90.

use sirt_reference::physics_table;
use sirt_transport::RunSettings;

use crate::worlds::{grid, homogeneous, library, one_voxel, y90};

/// The central voxel within 0.5 %, others over 0.1 % of it within 1.5 %, or
/// within three standard deviations.
fn agree(file: &str, material: &str, edge_mm: f64, replay: bool, batches: u64) {
    let Some(table) = physics_table(file).unwrap() else {
        return;
    };
    let library = library();
    let n = 2 * (60.0 / edge_mm) as usize + 1;
    let grid = grid([n; 3], [edge_mm; 3]);
    let centre = n / 2;
    let mut simulation = homogeneous(
        &library,
        library.get(material).unwrap(),
        grid.clone(),
        &one_voxel(&grid, [centre; 3]),
        y90(),
        RunSettings {
            replay,
            ..RunSettings::default()
        },
    );
    let columns = ["i", "j", "k", "energy_fraction", "rel_sigma_pct"]
        .map(|name| table.numbers(name).unwrap());
    // Voxels of one distance are a region: they are not independent.
    for ((i, j), k) in columns[0].iter().zip(&columns[1]).zip(&columns[2]) {
        let wanted = [i, j, k].map(|index| *index as usize);
        let members: Vec<f32> = (0..grid.voxel_count())
            .map(|voxel| {
                let mut offset = grid.index(voxel).map(|i| i.abs_diff(centre));
                offset.sort_unstable();
                f32::from(u8::from(offset == wanted))
            })
            .collect();
        simulation.add_region(&members).unwrap();
    }
    let mut tally = simulation.empty_tally();
    simulation.run(&mut tally, batches);
    let [emitted, ..] = tally.energy_balance_mev();
    let emitted = emitted / tally.histories() as f64;
    let counts = table.numbers("n").unwrap();
    let central = columns[3][0];
    let mut seen = 0;
    for (row, &expected) in columns[3].iter().enumerate() {
        if expected < 1e-3 * central {
            continue;
        }
        let (mean, sigma) = simulation.region_energy_mev(&tally, row).unwrap();
        let ours = mean / counts[row] / emitted;
        let relative = (sigma / mean).hypot(columns[4][row] / 100.0);
        let difference = ours / expected - 1.0;
        let allowed: f64 = if row == 0 { 0.005 } else { 0.015 };
        assert!(
            difference.abs() <= allowed.max(3.0 * relative),
            "{file}, row {row}: {:.2} %, allowed {:.2} %",
            100.0 * difference,
            100.0 * allowed.max(3.0 * relative)
        );
        seen += 1;
    }
    assert!(seen >= 5, "{file}: only {seen} voxels");
}

#[test]
fn three_millimetres_of_tissue() {
    agree(
        "voxelS_y90_3.00mm_tissue.csv",
        "soft tissue",
        3.0,
        true,
        1500,
    );
}

#[test]
fn three_millimetres_of_water() {
    agree("voxelS_y90_3.00mm_water.csv", "water", 3.0, true, 1500);
}

#[test]
fn nearly_five_millimetres_of_tissue() {
    agree(
        "voxelS_y90_4.80mm_tissue.csv",
        "soft tissue",
        4.8,
        true,
        1500,
    );
}

#[test]
fn step_by_step_gives_the_same_as_replay() {
    agree(
        "voxelS_y90_3.00mm_tissue.csv",
        "soft tissue",
        3.0,
        false,
        60,
    );
}
