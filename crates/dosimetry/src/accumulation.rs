//! Several treatments added up.
//!
//! Absorbed dose adds voxel by voxel.
//! BED adds too, with the interaction of treatments that overlap in time:
//!
//! `BED = Σ_i D_i·(1 + G_i·D_i/(α/β)) + Σ_{i<j} 2·G_x(i,j)·D_i·D_j/(α/β)`
//!
//! with `G_i` and `G_x` of [`crate::cross_term_factor`] and doses `D_i` (Gy).
//! Only products of two dose rates occur, so pairs are all that is needed for
//! any number of treatments.
//! All doses must lie on one grid in one patient frame; [`dose_on_grid_of`]
//! brings a dose of the same frame onto the grid of another.
//! A liver that grew or moved between treatments needs a registration first, or
//! its compartments can only be compared as wholes.

use rayon::prelude::*;
use serde::Serialize;
use sirt_image::{Volume, resample_mean};
use sirt_quantity::{AbsorbedDose, Bed, TimeSpan};

use crate::{
    DosimetryError, TissueResponse, cross_term_factor, dvh::SAME_GRID_MM, lea_catcheside_factor,
};

const TWO_DOSES: &str = "the doses of two treatments";

/// One treatment: its dose map, how it decays and when it began.
#[derive(Debug, Clone, Copy)]
pub struct Treatment<'a> {
    /// Absorbed dose until complete decay.
    pub dose: &'a Volume<AbsorbedDose>,
    /// Half-life with which the dose rate falls.
    pub effective_half_life: TimeSpan,
    /// Begin, on one clock for all treatments.
    pub begin: TimeSpan,
}

/// The interaction of two treatments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TreatmentInteraction {
    /// Position of the earlier treatment in the list given.
    pub earlier: usize,
    /// Position of the later one.
    pub later: usize,
    /// Span between them, h.
    pub delay_h: f64,
    /// Share of the earlier one's decays that is still to come at the later begin.
    pub undecayed_fraction: f64,
    /// `G_x`.
    pub factor: f64,
}

/// Sum of several treatments.
#[derive(Debug, Clone, PartialEq)]
pub struct AccumulatedDose {
    /// Sum of absorbed doses.
    pub dose: Volume<AbsorbedDose>,
    /// BED of all treatments with their interactions.
    pub bed: Volume<Bed>,
    /// Each pair's interaction.
    pub interactions: Vec<TreatmentInteraction>,
}

/// A dose on the grid of another.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseOnGrid {
    /// The dose.
    pub dose: Volume<AbsorbedDose>,
    /// What that took; `None` where it lay on that grid already.
    pub resampling: Option<DoseResampling>,
}

/// What resampling did to a dose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DoseResampling {
    /// Share of the grid's voxels outside of the dose, which count as 0 Gy.
    pub uncovered_fraction: f64,
    /// Integral of dose over volume on the grid, over that before.
    pub kept_integral: f64,
}

/// Brings a dose onto the grid of another: the mean over each voxel, or linear
/// between voxel centres on axes where the grid is the finer one.
///
/// # Errors
/// [`DosimetryError::FrameMismatch`] where both name their patient frame and
/// these differ, [`DosimetryError::OutOfRange`] where the two have no place in
/// common.
pub fn dose_on_grid_of(
    first: &Volume<AbsorbedDose>,
    dose: Volume<AbsorbedDose>,
) -> Result<DoseOnGrid, DosimetryError> {
    require_one_frame(first, &dose)?;
    if first.grid().matches(dose.grid(), SAME_GRID_MM) {
        return Ok(DoseOnGrid {
            dose,
            resampling: None,
        });
    }
    let averaged = resample_mean(&dose, first.grid(), 0.0)?;
    if averaged.uncovered_fraction >= 1.0 {
        return Err(DosimetryError::OutOfRange {
            what: "number of voxels that two doses have in common",
            value: "0".to_owned(),
            allowed: "at least 1",
        });
    }
    let integral = |dose: &Volume<AbsorbedDose>| dose.sum() * dose.grid().voxel_capacity().as_ml();
    let before = integral(&dose);
    let kept_integral = if before > 0.0 {
        integral(&averaged.volume) / before
    } else {
        1.0
    };
    Ok(DoseOnGrid {
        dose: averaged
            .volume
            .with_frame_of_reference(first.frame_of_reference().cloned()),
        resampling: Some(DoseResampling {
            uncovered_fraction: averaged.uncovered_fraction,
            kept_integral,
        }),
    })
}

fn require_one_frame(
    first: &Volume<AbsorbedDose>,
    other: &Volume<AbsorbedDose>,
) -> Result<(), DosimetryError> {
    match (first.frame_of_reference(), other.frame_of_reference()) {
        (Some(a), Some(b)) if a != b => Err(DosimetryError::FrameMismatch { what: TWO_DOSES }),
        _ => Ok(()),
    }
}

/// Adds treatments on one grid, for a tissue.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] without a treatment or with a half-life that
/// is not positive, [`DosimetryError::GridMismatch`] or
/// [`DosimetryError::FrameMismatch`] when doses are on different grids or in
/// different patient frames.
pub fn accumulate(
    treatments: &[Treatment<'_>],
    tissue: &TissueResponse,
) -> Result<AccumulatedDose, DosimetryError> {
    let [first, others @ ..] = treatments else {
        return Err(DosimetryError::OutOfRange {
            what: "number of treatments",
            value: "0".to_owned(),
            allowed: "at least 1",
        });
    };
    for other in others {
        require_one_frame(first.dose, other.dose)?;
        if !first.dose.grid().matches(other.dose.grid(), SAME_GRID_MM) {
            return Err(DosimetryError::GridMismatch { what: TWO_DOSES });
        }
    }
    for treatment in treatments {
        let half_life = treatment.effective_half_life;
        if !(half_life.is_finite() && half_life.as_hours() > 0.0 && treatment.begin.is_finite()) {
            return Err(DosimetryError::OutOfRange {
                what: "effective half-life of a treatment",
                value: half_life.to_string(),
                allowed: "positive values, with a finite begin",
            });
        }
    }
    let kinetics: Vec<(TimeSpan, TimeSpan)> = treatments
        .iter()
        .map(|treatment| (treatment.effective_half_life, treatment.begin))
        .collect();
    let form = AccumulatedBed::new(&kinetics, tissue);
    let bed_at = |at: usize| form.bed_gy(|i| f64::from(treatments[i].dose.values()[at])) as f32;
    let dose_at = |at: usize| {
        treatments
            .iter()
            .map(|treatment| f64::from(treatment.dose.values()[at]))
            .sum::<f64>() as f32
    };
    let (grid, frame) = (first.dose.grid(), first.dose.frame_of_reference());
    let voxels = grid.voxel_count();
    Ok(AccumulatedDose {
        dose: Volume::new(
            grid.clone(),
            frame.cloned(),
            (0..voxels).into_par_iter().map(dose_at).collect(),
        )?,
        bed: Volume::new(
            grid.clone(),
            frame.cloned(),
            (0..voxels).into_par_iter().map(bed_at).collect(),
        )?,
        interactions: form.interactions,
    })
}

/// The quadratic form of BED over treatments, for one tissue.
pub(crate) struct AccumulatedBed {
    /// `G_i/(α/β)`, Gy⁻¹.
    own: Vec<f64>,
    /// `2·G_x/(α/β)` of each pair, Gy⁻¹.
    pairs: Vec<(usize, usize, f64)>,
    pub(crate) interactions: Vec<TreatmentInteraction>,
}

impl AccumulatedBed {
    /// From effective half-life and begin of each treatment.
    pub(crate) fn new(kinetics: &[(TimeSpan, TimeSpan)], tissue: &TissueResponse) -> Self {
        let alpha_beta = tissue.alpha_beta.as_gy();
        let interactions = interactions(kinetics, tissue);
        Self {
            own: kinetics
                .iter()
                .map(|(half_life, _)| {
                    lea_catcheside_factor(*half_life, tissue.repair_half_time) / alpha_beta
                })
                .collect(),
            pairs: interactions
                .iter()
                .map(|pair| (pair.earlier, pair.later, 2.0 * pair.factor / alpha_beta))
                .collect(),
            interactions,
        }
    }

    /// BED of the doses (Gy) of all treatments.
    pub(crate) fn bed_gy(&self, dose_gy: impl Fn(usize) -> f64) -> f64 {
        let alone: f64 = (0..self.own.len())
            .map(|i| dose_gy(i) * (1.0 + self.own[i] * dose_gy(i)))
            .sum();
        let together: f64 = self
            .pairs
            .iter()
            .map(|(i, j, q)| q * dose_gy(*i) * dose_gy(*j))
            .sum();
        alone + together
    }
}

fn interactions(
    kinetics: &[(TimeSpan, TimeSpan)],
    tissue: &TissueResponse,
) -> Vec<TreatmentInteraction> {
    let mut interactions = Vec::new();
    for i in 0..kinetics.len() {
        for j in i + 1..kinetics.len() {
            let in_order = kinetics[i].1.as_hours() <= kinetics[j].1.as_hours();
            let (earlier, later) = if in_order { (i, j) } else { (j, i) };
            let delay = kinetics[later].1 - kinetics[earlier].1;
            let half_life = kinetics[earlier].0;
            interactions.push(TreatmentInteraction {
                earlier,
                later,
                delay_h: delay.as_hours(),
                undecayed_fraction: sirt_quantity::decay_factor(delay, half_life),
                factor: cross_term_factor(
                    half_life,
                    kinetics[later].0,
                    delay,
                    tissue.repair_half_time,
                ),
            });
        }
    }
    interactions
}

#[cfg(test)]
mod tests {
    use sirt_image::{FrameOfReference, Grid, PatientPoint};

    use super::*;

    const Y90: TimeSpan = TimeSpan::from_hours(64.1);

    fn dose(gy: f32) -> Volume<AbsorbedDose> {
        let grid = Grid::axis_aligned([2, 1, 1], [3.0; 3], PatientPoint::default()).unwrap();
        Volume::new(grid, None, vec![gy, 0.0]).unwrap()
    }

    fn treatment(dose: &Volume<AbsorbedDose>, begin_days: f64) -> Treatment<'_> {
        Treatment {
            dose,
            effective_half_life: Y90,
            begin: TimeSpan::from_days(begin_days),
        }
    }

    #[test]
    fn two_half_treatments_far_apart_spare_the_liver() {
        // TV-C8: 2 × 20 Gy are 52.012 Gy BED, 40 Gy at once 64.024 Gy.
        let liver = TissueResponse::named("liver").unwrap();
        let half = dose(20.0);
        let apart = accumulate(&[treatment(&half, 0.0), treatment(&half, 90.0)], &liver).unwrap();
        assert!((apart.bed.values()[0] - 52.012).abs() < 0.5e-3 + 1e-5);
        assert!((apart.dose.values()[0] - 40.0).abs() < 1e-6);
        assert!(apart.bed.values()[1].abs() < 1e-6);
        let together = accumulate(&[treatment(&half, 0.0), treatment(&half, 0.0)], &liver).unwrap();
        assert!((together.bed.values()[0] - 64.024).abs() < 0.5e-3 + 1e-5);
    }

    #[test]
    fn order_in_the_list_does_not_matter() {
        let liver = TissueResponse::named("liver").unwrap();
        let (a, b, c) = (dose(30.0), dose(15.0), dose(10.0));
        let list = [treatment(&a, 0.0), treatment(&b, 2.0), treatment(&c, 5.0)];
        let forward = accumulate(&list, &liver).unwrap();
        let backward = accumulate(&[list[2], list[0], list[1]], &liver).unwrap();
        assert!((forward.bed.values()[0] - backward.bed.values()[0]).abs() < 1e-4);
        assert_eq!(forward.interactions.len(), 3);
        let first_two = forward.interactions[0];
        // 48 h: 59.51 % of the decays left (DOMAIN A.3).
        assert!((first_two.undecayed_fraction - 0.5951).abs() < 0.5e-4);
    }

    #[test]
    fn refuses_what_does_not_add() {
        let liver = TissueResponse::named("liver").unwrap();
        assert!(accumulate(&[], &liver).is_err());
        let a = dose(1.0);
        let grid = Grid::axis_aligned([2, 1, 1], [4.0; 3], PatientPoint::default()).unwrap();
        let other_grid = Volume::new(grid, None, vec![1.0; 2]).unwrap();
        let error = accumulate(&[treatment(&a, 0.0), treatment(&other_grid, 1.0)], &liver);
        assert_eq!(
            error.unwrap_err().to_string(),
            "the doses of two treatments are on different grids"
        );
        let frame = |name: &str| Some(FrameOfReference(name.to_owned()));
        let (b, c) = (
            dose(1.0).with_frame_of_reference(frame("1.2")),
            dose(1.0).with_frame_of_reference(frame("1.3")),
        );
        assert!(accumulate(&[treatment(&b, 0.0), treatment(&c, 1.0)], &liver).is_err());
    }

    #[test]
    fn a_dose_on_finer_voxels_keeps_its_mean_on_coarser_ones() {
        let frame = |name: &str| Some(FrameOfReference(name.to_owned()));
        let on = |size: usize, spacing: f64, origin: f64, values: Vec<f32>| {
            let grid = Grid::axis_aligned(
                [size, 1, 1],
                [spacing, 4.0, 4.0],
                PatientPoint([origin, 0.0, 0.0]),
            )
            .unwrap();
            Volume::<AbsorbedDose>::new(grid, frame("1.2"), values).unwrap()
        };
        // Two voxels of 4 mm, from -2 mm on; four of 2 mm fill the second and go past it.
        let coarse = on(2, 4.0, 0.0, vec![0.0; 2]);
        let fine = on(4, 2.0, 3.0, vec![1.0, 3.0, 5.0, 7.0]);
        let brought = dose_on_grid_of(&coarse, fine.clone()).unwrap();
        assert_eq!(brought.dose.grid(), coarse.grid());
        assert!(brought.dose.values()[0].abs() < 1e-6);
        assert!((brought.dose.values()[1] - 2.0).abs() < 1e-6);
        let resampling = brought.resampling.unwrap();
        assert!((resampling.uncovered_fraction - 0.5).abs() < 1e-12);
        // 1 and 3 of 1 + 3 + 5 + 7.
        assert!((resampling.kept_integral - 0.25).abs() < 1e-6);
        let same = dose_on_grid_of(&coarse, coarse.clone()).unwrap();
        assert_eq!(same.resampling, None);
        let elsewhere = fine.clone().with_frame_of_reference(frame("1.3"));
        assert!(matches!(
            dose_on_grid_of(&coarse, elsewhere),
            Err(DosimetryError::FrameMismatch { .. })
        ));
        let far = on(4, 2.0, 100.0, vec![1.0; 4]);
        let error = dose_on_grid_of(&coarse, far).unwrap_err().to_string();
        assert!(error.contains("in common"), "{error}");
    }
}
