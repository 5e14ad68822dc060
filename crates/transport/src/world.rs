//! The world: a box of voxels with a material and a density each.
//!
//! Transport runs along the index axes of the grid; lengths inside are cm.
//! What leaves the box is gone and counted as escaped.

use sirt_image::{Grid, Volume};
use sirt_quantity::Density;

use crate::{Material, TransportError};

/// A world of voxels.
#[derive(Debug, Clone)]
pub struct World {
    grid: Grid,
    materials: Vec<Material>,
    /// Number of the material of each voxel.
    material: Vec<u8>,
    /// Density of each voxel, g/cm³.
    density: Vec<f32>,
    /// Edges of a voxel, cm.
    edge_cm: [f64; 3],
}

/// Smallest density that a voxel may have, g/cm³: a tenth of air.
const THINNEST: f32 = 1e-4;

impl World {
    /// A world from densities, and for each voxel the number of its material.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] for a number without a material, for
    /// densities outside 1e-4..=25 g/mL and for more than 65535 voxels on an
    /// axis; [`TransportError::GridMismatch`] when the numbers are not as many
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
        if grid.size().iter().any(|n| *n > 65_535) || grid.voxel_count() > u32::MAX as usize - 1 {
            return Err(TransportError::OutOfRange {
                what: "size of the world",
                value: format!("{:?} voxels", grid.size()),
                allowed: "up to 65535 on an axis and 4e9 together",
            });
        }
        Ok(Self {
            edge_cm: grid.spacing_mm().map(|mm| 0.1 * mm),
            density: density.values().to_vec(),
            grid,
            materials,
            material,
        })
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

    #[inline(always)]
    pub(crate) fn material_at(&self, voxel: u32) -> usize {
        usize::from(self.material[voxel as usize])
    }

    #[inline(always)]
    pub(crate) fn density_at(&self, voxel: u32) -> f64 {
        f64::from(self.density[voxel as usize])
    }

    pub(crate) fn material_numbers(&self) -> &[u8] {
        &self.material
    }

    pub(crate) fn densities(&self) -> &[f32] {
        &self.density
    }

    /// Mass of a voxel, g.
    pub(crate) fn mass_g(&self, voxel: usize) -> f64 {
        f64::from(self.density[voxel]) * self.edge_cm.iter().product::<f64>()
    }
}

/// A place in the world: a voxel, and where in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub index: [i32; 3],
    pub voxel: u32,
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
        (way, self.step_over(world, axis, u[axis] > 0.0))
    }

    /// Steps into the neighbour; false when there is none.
    #[inline(always)]
    pub(crate) fn step_over(&mut self, world: &World, axis: usize, up: bool) -> bool {
        let size = world.grid.size();
        let stride = [1, size[0] as u32, (size[0] * size[1]) as u32][axis];
        if up {
            self.index[axis] += 1;
            self.at[axis] = 0.0;
            self.voxel = self.voxel.wrapping_add(stride);
            (self.index[axis] as usize) < size[axis]
        } else {
            self.index[axis] -= 1;
            self.at[axis] = world.edge_cm[axis];
            self.voxel = self.voxel.wrapping_sub(stride);
            self.index[axis] >= 0
        }
    }

    /// Distance to the nearest wall, cm.
    #[inline(always)]
    pub(crate) fn nearest_wall(&self, world: &World) -> f64 {
        (0..3)
            .map(|a| self.at[a].min(world.edge_cm[a] - self.at[a]))
            .fold(f64::INFINITY, f64::min)
    }
}
