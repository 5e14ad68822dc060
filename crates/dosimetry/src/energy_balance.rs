//! Where the energy of all decays went.
//!
//! `emitted = Σ structures + elsewhere + air + left the grid + radiated`, J.
//! What is deposited is taken back from the dose itself (`D·ρ·V` voxel by
//! voxel), and what left the grid is summed from the tails of the kernel, so
//! the sum is a check and not a rearrangement.

use serde::Serialize;
use sirt_image::WeightMask;

use crate::{DoseDistribution, DosimetryError, Medium};

/// Where the energy of all decays went, J.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnergyBalance {
    /// Everything that the decays emitted.
    pub emitted_j: f64,
    /// Deposited in each structure, smallest first; what two structures share
    /// is counted for the smaller one only.
    pub structures: Vec<EnergyPart>,
    /// Deposited in the grid outside all structures.
    pub elsewhere_j: f64,
    /// Deposited in air, to which no dose is assigned.
    pub in_air_j: f64,
    /// Carried across the faces of the grid.
    pub left_grid_j: f64,
    /// Bremsstrahlung beyond the reach of the kernel.
    pub radiated_j: f64,
    /// All parts over what was emitted; 1 is perfect.
    pub closure: f64,
}

/// Energy deposited in one structure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnergyPart {
    /// Name of the structure.
    pub name: String,
    /// Deposited energy that no smaller structure was credited with, J.
    pub joule: f64,
}

/// Deviation of the closure from 1 that is only a warning.
pub const CLOSURE_TOLERANCE: f64 = 1e-3;
/// Deviation of the closure from 1 past which no result is given.
pub const CLOSURE_LIMIT: f64 = 5e-3;

impl EnergyBalance {
    /// Adds up the energy in structures and elsewhere, from the dose itself.
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] when a structure is on another grid.
    pub fn new(
        distribution: &DoseDistribution,
        medium: Medium<'_>,
        structures: &[(&str, &WeightMask)],
    ) -> Result<Self, DosimetryError> {
        let dose = &distribution.dose;
        let voxel_kg = dose.grid().voxel_capacity().as_ml() * 1e-3;
        let energy =
            |at: usize| f64::from(dose.values()[at]) * medium.density_g_per_ml(at) * voxel_kg;
        let mut smallest_first: Vec<_> = structures.to_vec();
        smallest_first.sort_by(|a, b| a.1.capacity().as_ml().total_cmp(&b.1.capacity().as_ml()));
        let mut free = vec![1.0_f32; dose.grid().voxel_count()];
        let mut parts = Vec::with_capacity(structures.len());
        for (name, mask) in smallest_first {
            if !mask.grid().matches(dose.grid(), crate::dvh::SAME_GRID_MM) {
                return Err(DosimetryError::GridMismatch {
                    what: "dose and structure",
                });
            }
            let mut joule = 0.0;
            for (at, weight) in mask.iter() {
                let taken = weight.min(free[at]);
                free[at] -= taken;
                joule += f64::from(taken) * energy(at);
            }
            parts.push(EnergyPart {
                name: name.to_owned(),
                joule,
            });
        }
        let elsewhere_j: f64 = free
            .iter()
            .enumerate()
            .filter(|(_, free)| **free > 0.0)
            .map(|(at, free)| f64::from(*free) * energy(at))
            .sum();
        let all = parts.iter().map(|part| part.joule).sum::<f64>()
            + elsewhere_j
            + distribution.in_air_j
            + distribution.left_grid_j
            + distribution.radiated_j;
        Ok(Self {
            emitted_j: distribution.emitted_j,
            structures: parts,
            elsewhere_j,
            in_air_j: distribution.in_air_j,
            left_grid_j: distribution.left_grid_j,
            radiated_j: distribution.radiated_j,
            closure: all / distribution.emitted_j,
        })
    }

    /// Refuses a balance that does not close.
    ///
    /// # Errors
    /// [`DosimetryError::EnergyNotClosed`] past [`CLOSURE_LIMIT`].
    pub fn require_closed(&self) -> Result<(), DosimetryError> {
        let deviation = self.closure - 1.0;
        if deviation.abs() <= CLOSURE_LIMIT {
            Ok(())
        } else {
            Err(DosimetryError::EnergyNotClosed {
                closure: self.closure,
            })
        }
    }
}
