//! Dose of a gigabecquerel by the MAA image, by the method that the case names.

use anyhow::Context as _;
use sirt_dosimetry::{DecayData, DosimetryError, Medium, Method, TissueTable, VoxelPrediction};
use sirt_image::{Counts, Grid, Hounsfield, Volume, WeightMask};
use sirt_quantity::{Density, LungShuntFraction};
use sirt_store::DoseMethod;

use crate::ct_coverage;
use crate::result::Finding;

/// How dose is predicted, and through what.
pub(super) struct VoxelDose {
    stated: Option<DoseMethod>,
    /// Of the CT, for Monte Carlo.
    density: Option<Volume<Density>>,
}

/// A territory whose dose is predicted.
pub(super) struct PredictedTerritory<'a> {
    pub(super) mask: &'a WeightMask,
    pub(super) shunt: LungShuntFraction,
    pub(super) density: Density,
}

impl VoxelDose {
    /// By the method of the case; Monte Carlo goes through the densities of the
    /// CT where there is one.
    pub(super) fn new(
        stated: Option<DoseMethod>,
        ct: Option<&Volume<Hounsfield>>,
        grid: &Grid,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Self> {
        let density = match (stated, ct) {
            (Some(DoseMethod::Transport), Some(ct)) => {
                let (density, uncovered) =
                    ct_coverage::density_on(ct, grid, &TissueTable::built_in()?)?;
                findings.extend(uncovered);
                Some(density)
            }
            _ => None,
        };
        Ok(Self { stated, density })
    }

    /// What was used, in words.
    pub(super) fn named(&self, prediction: &VoxelPrediction) -> String {
        match (prediction.method, &self.density) {
            (Method::Transport, Some(_)) => "transport, densities of the CT".to_owned(),
            (method, _) => format!("{}, one density", method.name()),
        }
    }

    /// Dose of a gigabecquerel given to a territory.
    pub(super) fn predicted(
        &self,
        counts: &Volume<Counts>,
        territory: &PredictedTerritory<'_>,
        data: &DecayData,
        tissue: &TissueTable,
    ) -> anyhow::Result<VoxelPrediction> {
        let medium = self.density.as_ref().map_or(
            Medium::Homogeneous(territory.density),
            Medium::Heterogeneous,
        );
        let by = |method| {
            VoxelPrediction::new(
                counts,
                territory.mask,
                territory.shunt,
                method,
                medium,
                data,
                tissue,
            )
        };
        match self.stated {
            Some(DoseMethod::Transport) => by(Method::Transport),
            Some(DoseMethod::Kernel) => by(Method::Kernel),
            Some(DoseMethod::Local) => by(Method::LocalDeposition),
            None => by(Method::Kernel).or_else(|error| match error {
                // Ho-166 has no kernel here: its betas are short, and local deposition is told.
                DosimetryError::NoKernel { .. } => by(Method::LocalDeposition),
                other => Err(other),
            }),
        }
        .context("voxel prediction")
    }
}
