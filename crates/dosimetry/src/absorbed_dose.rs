//! Absorbed dose from activity: the methods and their one verb.
//!
//! Microspheres stay where they lodge, so every voxel receives, for complete
//! decay,
//!
//! `D_v = k · C′_v / ρ_v`, `C′ = C` (local deposition) or `C′ = C ∗ K` (kernel),
//!
//! with the concentration at administration `C` (GBq/mL), the dose factor `k`
//! (Gy·kg/GBq), the density `ρ` (kg/mL) and the fraction `K` of a decay's
//! energy that lands at an offset (`voxel_kernel`).
//! Dividing the deposited energy by the mass of the *target* voxel is the
//! density correction `D·ρ_ref/ρ_v`: it conserves energy, and it leaves the
//! range of the betas at that of the reference density, which is wrong at a
//! lung border and in bone (docs/methods/kernel.md).
//! Source: local deposition chiesa2021sop; voxel kernels bolch1999mird17;
//! density correction dieudonne2013.
//!
//! Monte Carlo ([`MonteCarlo`]) follows the electrons instead; it takes the
//! same inputs and gives the same result, with its statistics.

use std::ops::ControlFlow;

use rayon::prelude::*;
use serde::Serialize;
use sirt_image::Volume;
use sirt_quantity::{AbsorbedDose, ActivityConcentration, Density, DoseFactor, TimeSpan};
use sirt_transport::Goal;

use crate::monte_carlo::USUAL_VOXEL_UNCERTAINTY;
use crate::sparse_convolution::sparse_convolution;
use crate::{
    Convolution, DosimetryError, KernelMedium, Medium, MonteCarlo, PointKernel, TissueTable,
    TransportStatistics, VoxelKernel,
};

/// A way to compute absorbed dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All energy stays in the voxel of the decay.
    LocalDeposition,
    /// Betas are spread by a voxel kernel of one density.
    Kernel,
    /// Monte Carlo of electrons and photons through the densities and
    /// compositions of the CT.
    Transport,
}

/// Nuclide data that a dose depends on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecayData {
    /// Symbol of the nuclide.
    pub nuclide: String,
    /// Half-life, h.
    pub half_life: TimeSpan,
    /// Dose factor, Gy·kg/GBq.
    pub dose_factor: DoseFactor,
    /// Name of the beta point kernel, where there is one.
    pub beta_kernel: Option<String>,
}

/// A dose distribution and where the energy went.
#[derive(Debug, Clone)]
pub struct DoseDistribution {
    /// Absorbed dose after complete decay.
    pub dose: Volume<AbsorbedDose>,
    /// Density that the kernel's ranges were scaled by; `None` without kernel.
    pub kernel_density: Option<Density>,
    /// Voxels on each side of the centre that the kernel reaches.
    pub kernel_half_width: Option<[usize; 3]>,
    /// Energy emitted, J.
    pub emitted_j: f64,
    /// Energy that crossed the faces of the grid, J.
    pub left_grid_j: f64,
    /// Bremsstrahlung beyond the reach of the kernel, J.
    pub radiated_j: f64,
    /// Energy deposited in voxels of air, to which no dose is assigned, J.
    pub in_air_j: f64,
    /// What Monte Carlo knows of its noise; `None` by the other methods.
    pub statistics: Option<TransportStatistics>,
}

impl Method {
    /// Name as options and results spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LocalDeposition => "local",
            Self::Kernel => "kernel",
            Self::Transport => "transport",
        }
    }

    /// Bibliography keys of the method.
    #[must_use]
    pub fn citations(self) -> &'static [&'static str] {
        match self {
            Self::LocalDeposition => &["chiesa2021sop"],
            Self::Kernel => &["bolch1999mird17", "dieudonne2011", "dieudonne2013"],
            Self::Transport => &["icru37", "schneider2000"],
        }
    }

    /// Dose of an activity at administration that decays where it is.
    ///
    /// [`Method::Transport`] runs until voxels are known to
    /// [`USUAL_VOXEL_UNCERTAINTY`]; [`MonteCarlo`] itself stops at other goals.
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] when density and activity are on
    /// different grids, [`DosimetryError::OutOfRange`] for a density that is
    /// not positive, [`DosimetryError::NoKernel`] for a nuclide without point
    /// kernel, [`DosimetryError::Transport`] for one without spectrum.
    pub fn absorbed_dose(
        self,
        activity: &Volume<ActivityConcentration>,
        medium: Medium<'_>,
        data: &DecayData,
        tissue: &TissueTable,
    ) -> Result<DoseDistribution, DosimetryError> {
        medium.check(activity)?;
        let voxel_ml = activity.grid().voxel_capacity().as_ml();
        // Gy·mL/kg per Bq/mL is J per voxel after multiplication with mL: k·1e-9 J/Bq.
        let joule_per_bq = data.dose_factor.as_gy_kg_per_gbq() * 1e-9;
        let joule_per_concentration = joule_per_bq * voxel_ml;
        let emitted_j = activity.sum() * joule_per_concentration;
        let deposited = match self {
            Self::Transport => {
                let mut run = MonteCarlo::new(activity, medium, data, tissue, &[], None, 1)?;
                run.run(Goal::VoxelUncertainty(USUAL_VOXEL_UNCERTAINTY), |_| {
                    ControlFlow::Continue(())
                })?;
                return run.distribution();
            }
            Self::LocalDeposition => Deposited {
                concentration: activity.clone(),
                density: None,
                half_width: None,
                left_grid: 0.0,
                radiated: 0.0,
            },
            Self::Kernel => spread(activity, medium, data)?,
        };
        let gy_per_concentration = joule_per_bq * 1e3;
        let (dose, in_air) = match medium {
            Medium::Homogeneous(density) => {
                let factor = (gy_per_concentration / density.as_g_per_ml()) as f32;
                (
                    deposited
                        .concentration
                        .map(|concentration| concentration * factor),
                    0.0,
                )
            }
            Medium::Heterogeneous(density) => divide_by_density(
                deposited.concentration,
                density,
                gy_per_concentration,
                tissue.air_limit(),
            ),
        };
        Ok(DoseDistribution {
            dose,
            kernel_density: deposited.density,
            kernel_half_width: deposited.half_width,
            emitted_j,
            left_grid_j: deposited.left_grid * joule_per_concentration,
            radiated_j: deposited.radiated * joule_per_concentration,
            in_air_j: in_air * joule_per_concentration,
            statistics: None,
        })
    }
}

/// Concentration by which tissue is irradiated, and sums of what is lost, in
/// the unit of the concentration summed over voxels.
struct Deposited {
    concentration: Volume<ActivityConcentration>,
    density: Option<Density>,
    half_width: Option<[usize; 3]>,
    left_grid: f64,
    radiated: f64,
}

fn spread(
    activity: &Volume<ActivityConcentration>,
    medium: Medium<'_>,
    data: &DecayData,
) -> Result<Deposited, DosimetryError> {
    if data.beta_kernel.as_deref() != Some("y90") {
        return Err(DosimetryError::NoKernel {
            nuclide: data.nuclide.clone(),
        });
    }
    let density = medium.mean_density(activity)?;
    let kernel = VoxelKernel::new(
        &PointKernel::y90()?,
        KernelMedium::SoftTissue,
        density,
        activity.grid().spacing_mm(),
    )?;
    let half_width = kernel.half_width();
    let radiated = activity.sum() * kernel.radiated();
    let size = activity.grid().size();
    let sparse = sparse_convolution(&kernel, activity.values(), size);
    let convolution = Convolution::new(kernel);
    let left_grid = convolution.energy_leaving_grid(activity.values(), size)?;
    let values = match sparse {
        Some(values) => values,
        None => convolution.apply(activity.values(), size)?,
    };
    let concentration = Volume::new(
        activity.grid().clone(),
        activity.frame_of_reference().cloned(),
        values,
    )?;
    Ok(Deposited {
        concentration,
        density: Some(density),
        half_width: Some(half_width),
        left_grid,
        radiated,
    })
}

/// Dose in each voxel, 0 in air, and the concentration summed over air.
fn divide_by_density(
    concentration: Volume<ActivityConcentration>,
    density: &Volume<Density>,
    gy_per_concentration: f64,
    air_limit: Density,
) -> (Volume<AbsorbedDose>, f64) {
    let air = air_limit.as_g_per_ml() as f32;
    let mut dose: Volume<AbsorbedDose> = concentration.reinterpret();
    let slice = dose.grid().size()[0] * dose.grid().size()[1];
    // Sums run slice by slice in order, so their bits do not depend on threads.
    let in_air: Vec<f64> = dose
        .values_mut()
        .par_chunks_mut(slice)
        .zip(density.values().par_chunks(slice))
        .map(|(values, densities)| {
            let mut in_air = 0.0;
            for (value, density) in values.iter_mut().zip(densities) {
                if *density < air {
                    in_air += f64::from(*value);
                    *value = 0.0;
                } else {
                    *value =
                        (f64::from(*value) * gy_per_concentration / f64::from(*density)) as f32;
                }
            }
            in_air
        })
        .collect();
    (dose, in_air.iter().sum())
}
