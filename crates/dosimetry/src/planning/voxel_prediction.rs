//! Dose to come, voxel by voxel, from the MAA image.
//!
//! Microspheres are taken to lodge where the MAA did: of a gigabecquerel given
//! to a territory, `1 − L` lies in it in proportion to its counts, and `L` in
//! the lungs. Dose is linear in activity, so one dose distribution per
//! gigabecquerel and territory answers both ways:
//!
//! `D = Σ_t A_t·(1 − R_t)·d_t`,  `A = D*/(m(d)·(1 − R))` for any figure `m` that is linear
//! in the dose (a mean, a minimum, a `Dx`) and one territory.
//!
//! Assumes that the spheres follow the MAA, of which a guideline says that it
//! holds for normal liver and often not for lesions (`chiesa2021sop`), and that
//! counts which blur carried across a territory's border are missing there
//! as much as they are in it.
//! Source: `chiesa2021sop`; `docs/methods/voxel_prediction.md`.

use rayon::prelude::*;
use sirt_image::{Counts, Volume, WeightMask};
use sirt_quantity::{
    AbsorbedDose, Activity, ActivityConcentration, LungShuntFraction, ResidualFraction,
};

use crate::{
    DecayData, DosimetryError, EnergyBalance, Medium, Method, TissueTable, dvh::SAME_GRID_MM,
    relative_factor,
};

/// Dose for each gigabecquerel given to one territory.
#[derive(Debug, Clone)]
pub struct VoxelPrediction {
    per_gbq: Volume<AbsorbedDose>,
    /// How it was computed.
    pub method: Method,
    /// Where the energy of a gigabecquerel in the liver goes.
    pub balance: EnergyBalance,
}

impl VoxelPrediction {
    /// From the counts of a territory; `medium` is what it lies in.
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] for a territory on another grid,
    /// [`DosimetryError::EmptyStructure`] for one without voxels,
    /// [`DosimetryError::OutOfRange`] for one without counts, and those of
    /// [`Method::absorbed_dose`].
    pub fn new(
        counts: &Volume<Counts>,
        territory: &WeightMask,
        shunt: LungShuntFraction,
        method: Method,
        medium: Medium<'_>,
        data: &DecayData,
        tissue: &TissueTable,
    ) -> Result<Self, DosimetryError> {
        let grid = counts.grid();
        if !grid.matches(territory.grid(), SAME_GRID_MM) {
            return Err(DosimetryError::GridMismatch {
                what: "MAA image and territory",
            });
        }
        if territory.is_empty() {
            return Err(DosimetryError::EmptyStructure);
        }
        // Reconstruction leaves a few voxels just below zero; no spheres are there.
        let mut values = vec![0.0_f32; grid.voxel_count()];
        let mut sum = 0.0;
        for (at, weight) in territory.iter() {
            let value = weight * counts.values()[at].max(0.0);
            values[at] = value;
            sum += f64::from(value);
        }
        let stays = Activity::from_gbq(shunt.rest());
        let factor = relative_factor(stays, sum, grid.voxel_capacity().as_ml())? as f32;
        values.par_iter_mut().for_each(|value| *value *= factor);
        let activity: Volume<ActivityConcentration> =
            Volume::new(grid.clone(), counts.frame_of_reference().cloned(), values)?;
        let predicted = method.absorbed_dose(&activity, medium, data, tissue)?;
        let balance = EnergyBalance::new(&predicted, medium, &[])?;
        balance.require_closed()?;
        Ok(Self {
            per_gbq: predicted.dose,
            method,
            balance,
        })
    }

    /// Dose of a gigabecquerel given, Gy/GBq.
    #[must_use]
    pub fn per_gbq(&self) -> &Volume<AbsorbedDose> {
        &self.per_gbq
    }

    /// Mean dose of a structure for each gigabecquerel given, Gy/GBq.
    ///
    /// # Errors
    /// Those of [`crate::DoseVolumeHistogram::of_structure`].
    pub fn mean_per_gbq(&self, structure: &WeightMask) -> Result<f64, DosimetryError> {
        Ok(crate::DoseVolumeHistogram::of_structure(&self.per_gbq, structure)?.mean())
    }
}

/// Dose of several territories with the activity given to each and the part
/// that stayed behind.
///
/// # Errors
/// [`DosimetryError::GridMismatch`] for predictions on different grids,
/// [`DosimetryError::OutOfRange`] for none, or a negative activity.
pub fn predicted_dose(
    territories: &[(&VoxelPrediction, Activity, ResidualFraction)],
) -> Result<Volume<AbsorbedDose>, DosimetryError> {
    let Some(((first, _, _), others)) = territories.split_first() else {
        return Err(DosimetryError::OutOfRange {
            what: "number of territories",
            value: "0".to_owned(),
            allowed: "at least 1",
        });
    };
    let grid = first.per_gbq.grid();
    if others
        .iter()
        .any(|(other, _, _)| !grid.matches(other.per_gbq.grid(), SAME_GRID_MM))
    {
        return Err(DosimetryError::GridMismatch {
            what: "predicted doses of two territories",
        });
    }
    let mut sum = first.per_gbq.clone().map::<AbsorbedDose>(|_| 0.0);
    for (prediction, activity, residual) in territories {
        let gbq = activity.as_gbq() * residual.rest();
        if !(gbq >= 0.0 && gbq.is_finite()) {
            return Err(DosimetryError::OutOfRange {
                what: "activity",
                value: activity.to_string(),
                allowed: "at least 0 MBq",
            });
        }
        let gbq = gbq as f32;
        sum.values_mut()
            .par_iter_mut()
            .zip(prediction.per_gbq.values())
            .for_each(|(sum, dose)| *sum += gbq * dose);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::{Grid, PatientPoint};
    use sirt_quantity::{Density, DoseFactor, TimeSpan};

    fn data() -> DecayData {
        DecayData {
            nuclide: "Y-90".to_owned(),
            half_life: TimeSpan::from_hours(64.1),
            dose_factor: DoseFactor::from_gy_kg_per_gbq(49.67),
            beta_kernel: Some("y90".to_owned()),
        }
    }

    /// Two voxels of 1 mL: tumour with 3, normal with 1 count, and one outside.
    fn scene() -> (Volume<Counts>, WeightMask) {
        let grid = Grid::axis_aligned([3, 1, 1], [10.0; 3], PatientPoint::default()).unwrap();
        let counts = Volume::new(grid.clone(), None, vec![3.0, 1.0, 9.0]).unwrap();
        let territory = WeightMask::from_weights(grid, &[1.0, 1.0, 0.0]).unwrap();
        (counts, territory)
    }

    fn predicted(shunt: f64) -> VoxelPrediction {
        let (counts, territory) = scene();
        VoxelPrediction::new(
            &counts,
            &territory,
            LungShuntFraction::from_fraction(shunt).unwrap(),
            Method::LocalDeposition,
            Medium::Homogeneous(Density::from_g_per_ml(1.0)),
            &data(),
            &TissueTable::built_in().unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn local_doses_are_those_of_the_partition_model() {
        // r 3, masses of 1 g each, L 5 %: D_N = k·A·(1 - L)/(r·m_T + m_N), D_T = 3·D_N.
        let prediction = predicted(0.05);
        let normal = 49.67 * 0.95 / 0.004;
        let per_gbq = prediction.per_gbq().values();
        assert!((f64::from(per_gbq[1]) / normal - 1.0).abs() < 1e-6);
        assert!((f64::from(per_gbq[0]) / (3.0 * normal) - 1.0).abs() < 1e-6);
        assert!(per_gbq[2].abs() < 1e-6);
    }

    #[test]
    fn several_territories_add_up_and_what_stays_behind_does_not_count() {
        let prediction = predicted(0.0);
        let half = ResidualFraction::from_fraction(0.5).unwrap();
        let sum = predicted_dose(&[
            (&prediction, Activity::from_gbq(1.0), ResidualFraction::ZERO),
            (&prediction, Activity::from_gbq(1.0), half),
        ])
        .unwrap();
        let ratio = sum.values()[0] / prediction.per_gbq().values()[0];
        assert!((ratio - 1.5).abs() < 1e-6);
    }

    #[test]
    fn refuses_a_territory_without_counts_and_a_negative_activity() {
        let (counts, _) = scene();
        let grid = counts.grid().clone();
        let empty = Volume::new(grid.clone(), None, vec![0.0; 3]).unwrap();
        let territory = WeightMask::from_weights(grid, &[1.0, 1.0, 0.0]).unwrap();
        let error = VoxelPrediction::new(
            &empty,
            &territory,
            LungShuntFraction::ZERO,
            Method::LocalDeposition,
            Medium::Homogeneous(Density::from_g_per_ml(1.0)),
            &data(),
            &TissueTable::built_in().unwrap(),
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "sum of counts 0 is outside above 0");
        let prediction = predicted(0.0);
        let error = predicted_dose(&[(
            &prediction,
            Activity::from_gbq(-1.0),
            ResidualFraction::ZERO,
        )])
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "activity -1000 MBq is outside at least 0 MBq"
        );
        assert!(predicted_dose(&[]).is_err());
    }
}
