//! Gamma between doses on different grids, against two other programs.
//!
//! The expected figures were printed by NumPy/SciPy from the definition alone
//! (every place of a cubic lattice with a step of a fortieth of the distance,
//! `RegularGridInterpolator`, no early end), and by pymedphys 0.41 (shells at
//! a tenth of the distance); both scripts are in `docs/methods/gamma.md`.

use sirt_dosimetry::{GammaCriteria, gamma_index};
use sirt_image::{Grid, PatientPoint, Volume};
use sirt_quantity::AbsorbedDose;

/// A dose of two hills, Gy, over a place in mm.
fn field([x, y, z]: [f64; 3]) -> f64 {
    100.0 * (-(x * x / 450.0 + y * y / 300.0 + z * z / 250.0)).exp()
        + 20.0 * (-((x - 12.0).powi(2) + (y + 9.0).powi(2) + z * z) / 60.0).exp()
}

/// `scale` times the field moved by `shift`, on a grid centred on the origin.
fn dose(size: [usize; 3], spacing: [f64; 3], scale: f64, shift: [f64; 3]) -> Volume<AbsorbedDose> {
    let start = std::array::from_fn(|axis| -0.5 * (size[axis] as f64 - 1.0) * spacing[axis]);
    let grid = Grid::axis_aligned(size, spacing, PatientPoint(start)).unwrap();
    let values = (0..grid.voxel_count())
        .map(|at| {
            let place = grid.to_patient(grid.index(at).map(|i| i as f64)).0;
            let moved = std::array::from_fn(|axis| place[axis] - shift[axis]);
            (scale * field(moved)) as f32
        })
        .collect();
    Volume::new(grid, None, values).unwrap()
}

/// What another program printed for one set of criteria.
struct Printed {
    criteria: GammaCriteria,
    pass_rate: f64,
    pymedphys_pass_rate: f64,
    mean: f64,
    p95: f64,
    max: f64,
    /// γ at the voxels of [`VOXELS`].
    at: [f64; 5],
}

const VOXELS: [[usize; 3]; 5] = [[7, 6, 5], [10, 6, 5], [11, 3, 5], [4, 8, 3], [7, 6, 8]];

#[test]
fn agrees_with_the_definition_evaluated_by_brute_force() {
    let reference = dose([15, 13, 11], [3.0; 3], 1.0, [0.0; 3]);
    let evaluated = dose([21, 23, 11], [2.5, 2.0, 4.0], 1.03, [2.5, -1.5, 1.0]);
    for printed in [
        Printed {
            criteria: GammaCriteria::global(0.03, 3.0),
            pass_rate: 0.99321,
            pymedphys_pass_rate: 0.98690,
            mean: 0.43102,
            p95: 0.8763,
            max: 1.0643,
            at: [0.0148, 0.5465, 0.7784, 0.8322, 0.3175],
        },
        Printed {
            criteria: GammaCriteria::global(0.02, 2.0),
            pass_rate: 0.75643,
            pymedphys_pass_rate: 0.74090,
            mean: 0.64551,
            p95: 1.3141,
            max: 1.5965,
            at: [0.0222, 0.8196, 1.1673, 1.2475, 0.4759],
        },
        Printed {
            criteria: GammaCriteria::local(0.05, 3.0),
            pass_rate: 0.98593,
            pymedphys_pass_rate: 0.97089,
            mean: 0.44250,
            p95: 0.9116,
            max: 1.0747,
            at: [0.0089, 0.5300, 0.7712, 0.8296, 0.3156],
        },
    ] {
        let result = gamma_index(&reference, &evaluated, &printed.criteria).unwrap();
        let summary = result.summary;
        println!(
            "{:?}: pass {:.5} mean {:.5} p95 {:.4} max {:.4}",
            printed.criteria, summary.pass_rate, summary.mean, summary.p95, summary.max
        );
        assert_eq!(summary.points, 2061);
        // Both err upward from the true minimum, the printed ones by up to half
        // a lattice diagonal, 0.87/40 = 0.02 of γ, and by 0.01 in the mean.
        let pairs = [
            (summary.mean, printed.mean, 0.01),
            (summary.p95, printed.p95, 0.02),
            (summary.max, printed.max, 0.02),
            (summary.pass_rate, printed.pass_rate, 0.005),
        ];
        for (ours, theirs, tolerance) in pairs {
            assert!((ours - theirs).abs() < tolerance, "{ours} {theirs}");
        }
        for (voxel, theirs) in VOXELS.into_iter().zip(printed.at) {
            let ours = f64::from(result.map.get(voxel).unwrap());
            assert!(
                ours < theirs + 1e-3 && ours > theirs - 0.02,
                "{voxel:?}: {ours} {theirs}"
            );
        }
        // Coarser shells find less: pymedphys passes fewer, by under 2 %.
        assert!(summary.pass_rate >= printed.pymedphys_pass_rate);
        assert!(summary.pass_rate - printed.pymedphys_pass_rate < 0.02);
    }
}
