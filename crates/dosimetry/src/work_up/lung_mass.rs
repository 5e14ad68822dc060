//! Mass of the lungs from CT.
//!
//! `m = Σ_v w_v·V·ρ(HU_v)`, `ρ = (HU + 1000)/1000 g/mL` with HU clipped to
//! −1000..=0: lung is air and tissue of the density of water, and nothing
//! inside of it (vessels with contrast) is denser.
//! The mass is that at the moment of the CT: a deep breath changes the volume
//! and hardly the mass.
//! Source: DOMAIN B.10 (recalled); `docs/methods/lung_shunt.md`.

use serde::Serialize;
use sirt_image::{Hounsfield, Volume, WeightMask};
use sirt_quantity::{Capacity, Mass};

use crate::{DosimetryError, dvh::SAME_GRID_MM};

/// Lungs as a CT sees them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LungMass {
    /// Mass, g.
    #[serde(rename = "mass_g")]
    mass_g: f64,
    /// Volume, mL.
    volume_ml: f64,
}

impl LungMass {
    /// The mass.
    #[must_use]
    pub fn mass(self) -> Mass {
        Mass::from_g(self.mass_g)
    }

    /// The volume in the CT.
    #[must_use]
    pub fn capacity(self) -> Capacity {
        Capacity::from_ml(self.volume_ml)
    }
}

/// Mass of the lungs in a CT, whose grid the structure is on.
///
/// # Errors
/// [`DosimetryError::GridMismatch`] for different grids,
/// [`DosimetryError::EmptyStructure`] for one without weights,
/// [`DosimetryError::OutOfRange`] where the structure holds air only.
pub fn lung_mass_from_ct(
    ct: &Volume<Hounsfield>,
    lungs: &WeightMask,
) -> Result<LungMass, DosimetryError> {
    if !ct.grid().matches(lungs.grid(), SAME_GRID_MM) {
        return Err(DosimetryError::GridMismatch {
            what: "CT and lungs",
        });
    }
    if lungs.is_empty() {
        return Err(DosimetryError::EmptyStructure);
    }
    let sum: f64 = lungs
        .iter()
        .map(|(at, weight)| {
            let hounsfield = f64::from(ct.values()[at]).clamp(-1000.0, 0.0);
            f64::from(weight) * (hounsfield + 1000.0) / 1000.0
        })
        .sum();
    let mass_g = sum * ct.grid().voxel_capacity().as_ml();
    if mass_g > 0.0 {
        Ok(LungMass {
            mass_g,
            volume_ml: lungs.capacity().as_ml(),
        })
    } else {
        Err(DosimetryError::OutOfRange {
            what: "mass of the lungs in the CT",
            value: format!("{mass_g} g"),
            allowed: "above 0 g",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::{Grid, PatientPoint};

    #[test]
    fn air_weighs_nothing_and_contrast_no_more_than_water() {
        let grid = Grid::axis_aligned([4, 1, 1], [10.0; 3], PatientPoint::default()).unwrap();
        let ct = Volume::new(grid.clone(), None, vec![-700.0, -1024.0, 250.0, -200.0]).unwrap();
        let lungs = WeightMask::from_weights(grid, &[1.0, 1.0, 1.0, 0.5]).unwrap();
        // Voxels of 1 mL: 0.3 + 0 + 1 + 0.5 * 0.8 g.
        let mass = lung_mass_from_ct(&ct, &lungs).unwrap();
        assert!((mass.mass().as_g() - 1.7).abs() < 1e-6);
        assert!((mass.capacity().as_ml() - 3.5).abs() < 1e-6);
    }
}
