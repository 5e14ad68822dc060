//! Small volumes on grids of every kind, and files that do not exist.

use proptest::prelude::*;
use sirt_image::{Grid, PatientPoint, PatientVector, Unspecified, Volume};

/// A grid from three angles, a permutation of axes and flips.
pub(crate) fn turned_grid(
    size: [usize; 3],
    spacing: [f64; 3],
    origin: [f64; 3],
    [a, b, c]: [f64; 3],
    order: usize,
    flips: usize,
) -> Grid {
    let ([sa, ca], [sb, cb], [sc, cc]) =
        ([a.sin(), a.cos()], [b.sin(), b.cos()], [c.sin(), c.cos()]);
    let columns = [
        [ca * cb, sa * cb, -sb],
        [ca * sb * sc - sa * cc, sa * sb * sc + ca * cc, cb * sc],
        [ca * sb * cc + sa * sc, sa * sb * cc - ca * sc, cb * cc],
    ];
    let orders = [
        [0, 1, 2],
        [1, 2, 0],
        [2, 0, 1],
        [0, 2, 1],
        [2, 1, 0],
        [1, 0, 2],
    ];
    let directions = std::array::from_fn(|axis| {
        let sign = if flips >> axis & 1 == 1 { -1.0 } else { 1.0 };
        PatientVector(columns[orders[order][axis]].map(|x| x * sign))
    });
    Grid::new(size, spacing, PatientPoint(origin), directions).unwrap()
}

/// Grids of any direction and handedness.
pub(crate) fn any_grid() -> impl Strategy<Value = Grid> {
    (
        prop::array::uniform3(1..6_usize),
        prop::array::uniform3(0.3..8.0_f64),
        prop::array::uniform3(-400.0..400.0_f64),
        prop::array::uniform3(-3.0..3.0_f64),
        0..6_usize,
        0..8_usize,
    )
        .prop_map(|(size, spacing, origin, angles, order, flips)| {
            turned_grid(size, spacing, origin, angles, order, flips)
        })
}

/// Different numbers in each voxel, some negative, none round.
pub(crate) fn numbered(grid: &Grid) -> Volume<Unspecified> {
    let values = (0..grid.voxel_count())
        .map(|at| 0.37 * at as f32 - 5.125)
        .collect();
    Volume::new(grid.clone(), None, values).unwrap()
}

/// Stands for a folder without files.
pub(crate) fn no_companion(name: &str) -> std::io::Result<Vec<u8>> {
    Err(std::io::Error::new(
        std::io::ErrorKind::NotFound,
        format!("no file {name}"),
    ))
}

/// Bytes of numbers, little endian.
pub(crate) fn shorts(values: &[i16]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}
