//! The world: a box of voxels with a material and a density each.
//!
//! Transport runs along the index axes of the grid; lengths inside are cm.
//! What leaves the box is gone and counted as escaped.

use sirt_image::{Grid, Volume};
use sirt_quantity::Density;

use crate::{Material, TransportError};

/// Number of no material: around the world.
pub(crate) const OUTSIDE: u8 = u8::MAX;

/// A world of voxels.
///
/// Inside, voxels lie in a box that is one larger on every side, and are
/// numbered in it: a particle that steps over the last border meets a cell
/// that says so, and nobody counts indices.
#[derive(Debug, Clone)]
pub struct World {
    grid: Grid,
    materials: Vec<Material>,
    /// Number of the material of each cell.
    material: Vec<u8>,
    /// Density of each cell, g/cm³.
    density: Vec<f32>,
    /// Edges of a voxel, cm.
    edge_cm: [f64; 3],
    /// From a cell to the next on each axis.
    stride: [u32; 3],
}

/// Smallest density that a voxel may have, g/cm³: a tenth of air.
const THINNEST: f32 = 1e-4;

impl World {
    /// A world from densities, and for each voxel the number of its material.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] for a number without a material, for
    /// densities outside 1e-4..=25 g/mL and for more than 4e9 voxels; [`TransportError::GridMismatch`] when the numbers are not as many
    /// as the voxels.
    pub fn new(
        materials: Vec<Material>,
        material: Vec<u8>,
        density: &Volume<Density>,
    ) -> Result<Self, TransportError> {
        let grid = density.grid().clone();
        if material.len() != grid.voxel_count() {
            return Err(TransportError::GridMismatch {
                what: "materials and densities",
            });
        }
        if let Some(wrong) = material
            .iter()
            .find(|number| usize::from(**number) >= materials.len())
        {
            return Err(TransportError::OutOfRange {
                what: "number of a material",
                value: wrong.to_string(),
                allowed: "the materials of the world",
            });
        }
        if let Some(wrong) = density
            .values()
            .iter()
            .find(|value| !(THINNEST..=25.0).contains(*value))
        {
            return Err(TransportError::OutOfRange {
                what: "density of a voxel",
                value: format!("{wrong} g/mL"),
                allowed: "1e-4..=25 g/mL",
            });
        }
        let [nx, ny, nz] = grid.size().map(|n| n + 2);
        let cells = nx.saturating_mul(ny).saturating_mul(nz);
        if cells >= u32::MAX as usize {
            return Err(TransportError::OutOfRange {
                what: "size of the world",
                value: format!("{:?} voxels", grid.size()),
                allowed: "up to 4e9 voxels",
            });
        }
        let mut world = Self {
            edge_cm: grid.spacing_mm().map(|mm| 0.1 * mm),
            density: vec![0.0; cells],
            material: vec![OUTSIDE; cells],
            stride: [1, nx as u32, (nx * ny) as u32],
            grid,
            materials,
        };
        for (voxel, (number, density)) in material.iter().zip(density.values()).enumerate() {
            let cell = world.cell(voxel) as usize;
            world.material[cell] = *number;
            world.density[cell] = *density;
        }
        Ok(world)
    }

    /// A world of one material and density.
    ///
    /// # Errors
    /// As [`World::new`].
    pub fn homogeneous(
        material: &Material,
        density: Density,
        grid: Grid,
    ) -> Result<Self, TransportError> {
        let count = grid.voxel_count();
        let values = vec![density.as_g_per_ml() as f32; count];
        let volume = Volume::new(grid, None, values)?;
        Self::new(vec![material.clone()], vec![0; count], &volume)
    }

    /// The grid of the world.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The materials, by their numbers.
    #[must_use]
    pub fn materials(&self) -> &[Material] {
        &self.materials
    }

    pub(crate) const fn edge_cm(&self) -> [f64; 3] {
        self.edge_cm
    }

    /// The cell of a voxel.
    pub(crate) fn cell(&self, voxel: usize) -> u32 {
        let [i, j, k] = self.grid.index(voxel).map(|i| i as u32 + 1);
        i + j * self.stride[1] + k * self.stride[2]
    }

    pub(crate) const fn cells(&self) -> usize {
        self.material.len()
    }

    pub(crate) const fn stride(&self) -> [u32; 3] {
        self.stride
    }

    #[inline(always)]
    pub(crate) fn is_outside(&self, cell: u32) -> bool {
        self.material[cell as usize] == OUTSIDE
    }

    #[inline(always)]
    pub(crate) fn material_at(&self, cell: u32) -> usize {
        usize::from(self.material[cell as usize])
    }

    #[inline(always)]
    pub(crate) fn density_at(&self, cell: u32) -> f64 {
        f64::from(self.density[cell as usize])
    }

    /// Material (or [`OUTSIDE`]) and density of each cell.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (u8, f32)> {
        self.material
            .iter()
            .copied()
            .zip(self.density.iter().copied())
    }

    /// Mass of a voxel, g.
    #[must_use]
    pub fn mass_g(&self, voxel: usize) -> f64 {
        self.density_at(self.cell(voxel)) * self.edge_cm.iter().product::<f64>()
    }
}

/// A place in the world: a cell, and where in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub cell: u32,
    /// From the voxel's lowest corner, cm.
    pub at: [f64; 3],
}

impl Place {
    /// Flies a straight way of `length_cm` at most, up to the next border.
    ///
    /// Returns the way flown and whether the place is still in the world.
    #[inline(always)]
    pub(crate) fn fly(&mut self, world: &World, u: [f64; 3], length_cm: f64) -> (f64, bool) {
        let mut way = length_cm;
        let mut axis = 3;
        for a in 0..3 {
            let to_wall = if u[a] > 0.0 {
                (world.edge_cm[a] - self.at[a]) / u[a]
            } else if u[a] < 0.0 {
                -self.at[a] / u[a]
            } else {
                continue;
            };
            if to_wall < way {
                way = to_wall.max(0.0);
                axis = a;
            }
        }
        for a in 0..3 {
            self.at[a] = (self.at[a] + u[a] * way).clamp(0.0, world.edge_cm[a]);
        }
        if axis == 3 {
            return (way, true);
        }
        if u[axis] > 0.0 {
            self.at[axis] = 0.0;
            self.cell += world.stride[axis];
        } else {
            self.at[axis] = world.edge_cm[axis];
            self.cell -= world.stride[axis];
        }
        (way, !world.is_outside(self.cell))
    }

    /// Goes a straight way whatever lies in between; false when that is out of
    /// the world.
    pub(crate) fn jump(&mut self, world: &World, u: [f64; 3], length_cm: f64) -> bool {
        let size = world.grid.size();
        let [_, row, plane] = world.stride;
        let index = [self.cell % row, self.cell % plane / row, self.cell / plane];
        let mut cell = 0;
        for a in 0..3 {
            let edge = world.edge_cm[a];
            let to = self.at[a] + u[a] * length_cm;
            let steps = (to / edge).floor();
            let reached = f64::from(index[a]) + steps;
            if !(1.0..=size[a] as f64).contains(&reached) {
                return false;
            }
            self.at[a] = (to - steps * edge).clamp(0.0, edge);
            cell += reached as u32 * world.stride[a];
        }
        self.cell = cell;
        true
    }

    /// Distance to the nearest wall, cm.
    #[inline(always)]
    pub(crate) fn nearest_wall(&self, world: &World) -> f64 {
        (0..3)
            .map(|a| self.at[a].min(world.edge_cm[a] - self.at[a]))
            .fold(f64::INFINITY, f64::min)
    }
}
