//! Lung shunt fraction from SPECT, and what every way of measuring it gives.
//!
//! `L = N_lung/(N_lung + N_liver)` with the counts `N` of
//!
//! - SPECT with a margin: `N_lung = c̄·V_lung` from the mean concentration `c̄`
//!   of the lungs away from the liver and the volume of the *whole* lungs, so
//!   that the dome's motion and blur and missing apices are left out, and
//!   `N_liver` of everything within the margin less what lung of `c̄` is in it;
//! - SPECT with a known resolution: concentrations by the transfer matrix of
//!   all regions ([`crate::RegionalCounts`]), times their volumes.
//!
//! Planar views are in `planar_views.rs`.
//! Uncertainties are those of counting, first order. Contours, registration
//! and motion come on top and are not in them.
//! Source: margin and apices DOMAIN B.10 (recalled);
//! `docs/methods/lung_shunt.md`.

use serde::Serialize;
use sirt_image::{Counts, Volume, WeightMask};
use sirt_quantity::{Capacity, Length, LungShuntFraction};

use crate::DosimetryError;
use crate::work_up::regional_counts::{PointSpread, RegionalCounts};

/// How a lung shunt was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShuntMethod {
    /// Geometric mean of two planar views.
    Planar,
    /// SPECT, lungs away from a margin around the liver.
    SpectMargin,
    /// SPECT, corrected for the resolution.
    SpectCorrected,
    /// Stated by a person.
    Stated,
}

/// A lung shunt with what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShuntEstimate {
    /// How it was measured.
    pub method: ShuntMethod,
    /// The fraction.
    pub fraction: LungShuntFraction,
    /// Standard uncertainty of the fraction: by counting, for planar views with
    /// regions also by their borders; none where stated.
    pub standard_uncertainty: Option<f64>,
    /// Counts of the lungs (for planar views the geometric mean).
    pub lung_counts: Option<f64>,
    /// Counts of the liver.
    pub liver_counts: Option<f64>,
    /// What was assumed, one sentence each.
    pub notes: Vec<String>,
    /// Bibliography key and place, or who stated it.
    pub reference: String,
}

/// What a lung shunt from SPECT needs.
#[derive(Debug, Clone, Copy)]
pub struct TomographicShunt<'a> {
    /// Counts, corrected for attenuation and scatter.
    pub image: &'a Volume<Counts>,
    /// Both lungs as far as the image reaches.
    pub lungs: &'a WeightMask,
    /// The liver with its tumours.
    pub liver: &'a WeightMask,
    /// Volume of the whole lungs, where the image does not hold all of them.
    pub whole_lungs: Option<Capacity>,
}

impl TomographicShunt<'_> {
    /// Lung shunt from lungs that are at least `margin` away from the liver.
    ///
    /// # Errors
    /// [`DosimetryError::EmptyStructure`] when no lung is left beyond the
    /// margin; those of [`RegionalCounts::new`].
    pub fn with_margin(&self, margin: Length) -> Result<ShuntEstimate, DosimetryError> {
        let near = self.liver.grown(margin)?;
        let far_lung = self.lungs.without(&near)?;
        let within = near.union(self.liver)?;
        let regions = RegionalCounts::new(self.image, &[&far_lung, &within], PointSpread::NONE)?;
        let (volume, mut notes) = self.lung_volume()?;
        let mean = regions.imaged(0) / far_lung.capacity().as_ml();
        let lung_near_ml = self.lungs.capacity().as_ml() - far_lung.capacity().as_ml();
        let lung_counts = mean * volume.as_ml();
        let liver_counts = regions.imaged(1) - mean * lung_near_ml;
        notes.push(format!(
            "lungs nearer than {:.0} mm to the liver were left out ({:.0} of {:.0} mL) and filled with the mean of the rest",
            margin.as_mm(),
            lung_near_ml,
            self.lungs.capacity().as_ml()
        ));
        let relative = |counts: f64| counts.max(0.0).sqrt() / counts;
        let variance = relative(regions.imaged(0)).powi(2) + relative(regions.imaged(1)).powi(2);
        estimate(
            ShuntMethod::SpectMargin,
            lung_counts,
            liver_counts,
            |fraction| fraction * (1.0 - fraction) * variance.sqrt(),
            notes,
        )
    }

    /// Lung shunt from counts corrected for the resolution of the image;
    /// `parts` make up the liver, each of uniform uptake (tumours, lobes).
    ///
    /// # Errors
    /// Those of [`RegionalCounts::new`].
    pub fn corrected(
        &self,
        parts: &[&WeightMask],
        spread: PointSpread,
    ) -> Result<ShuntEstimate, DosimetryError> {
        let mut regions = vec![self.lungs];
        regions.extend(parts);
        let counts = RegionalCounts::new(self.image, &regions, spread)?;
        let liver: Vec<usize> = (1..regions.len()).collect();
        let (volume, mut notes) = self.lung_volume()?;
        let scale = volume / self.lungs.capacity();
        let lung_counts = counts.total(&[0]).0 * scale;
        let liver_counts = counts.total(&liver).0;
        let (ratio, sigma) = counts.ratio(&[0], &liver)?;
        notes.push(format!(
            "corrected for a resolution of {} mm FWHM with {} regions of uniform uptake",
            spread.fwhm.as_mm(),
            regions.len()
        ));
        estimate(
            ShuntMethod::SpectCorrected,
            lung_counts,
            liver_counts,
            // L = q/(1 + q): dL = dq/(1 + q)^2.
            |_| scale * sigma / (1.0 + scale * ratio).powi(2),
            notes,
        )
    }

    fn lung_volume(&self) -> Result<(Capacity, Vec<String>), DosimetryError> {
        let seen = self.lungs.capacity();
        if self.lungs.is_empty() {
            return Err(DosimetryError::EmptyStructure);
        }
        Ok(match self.whole_lungs {
            // Half a percent is what masks on different grids differ by.
            Some(whole) if whole > seen * 1.005 => (
                whole,
                vec![format!(
                    "the image holds {:.0} of {:.0} mL of lung; the rest was filled with the mean",
                    seen.as_ml(),
                    whole.as_ml()
                )],
            ),
            _ => (seen, Vec::new()),
        })
    }
}

fn estimate(
    method: ShuntMethod,
    lung_counts: f64,
    liver_counts: f64,
    sigma: impl FnOnce(f64) -> f64,
    mut notes: Vec<String>,
) -> Result<ShuntEstimate, DosimetryError> {
    if !(liver_counts > 0.0 && lung_counts.is_finite()) {
        return Err(DosimetryError::OutOfRange {
            what: "counts of the liver",
            value: liver_counts.to_string(),
            allowed: "above 0",
        });
    }
    let fraction = lung_counts / (lung_counts + liver_counts);
    if fraction < 0.0 {
        notes.push(format!(
            "the corrected counts of the lungs are below 0 ({lung_counts:.0}), so that the shunt was set to 0"
        ));
    }
    Ok(ShuntEstimate {
        method,
        fraction: LungShuntFraction::from_fraction(fraction.max(0.0))?,
        standard_uncertainty: Some(sigma(fraction.max(0.0))),
        lung_counts: Some(lung_counts),
        liver_counts: Some(liver_counts),
        notes,
        reference: match method {
            ShuntMethod::SpectCorrected => "rousset1998gtm".to_owned(),
            _ => "margin and apices recalled (docs/methods/lung_shunt.md)".to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::{Grid, PatientPoint};

    /// Lung above (k >= 10) and liver below, 1 mL voxels.
    fn chest() -> (Volume<Counts>, WeightMask, WeightMask) {
        let grid = Grid::axis_aligned([8, 8, 20], [10.0; 3], PatientPoint::default()).unwrap();
        let part = |lung: bool| {
            let weights: Vec<f32> = (0..grid.voxel_count())
                .map(|at| f32::from(u8::from((grid.index(at)[2] >= 10) == lung)))
                .collect();
            WeightMask::from_weights(grid.clone(), &weights).unwrap()
        };
        let (lungs, liver) = (part(true), part(false));
        let values: Vec<f32> = (0..grid.voxel_count())
            .map(|at| match grid.index(at)[2] {
                // The dome moved into two slices of lung.
                10 | 11 => 40.0,
                k if k > 11 => 5.0,
                _ => 100.0,
            })
            .collect();
        (Volume::new(grid, None, values).unwrap(), lungs, liver)
    }

    #[test]
    fn a_margin_leaves_the_dome_out_and_volume_fills_what_is_not_seen() {
        let (image, lungs, liver) = chest();
        let spect = TomographicShunt {
            image: &image,
            lungs: &lungs,
            liver: &liver,
            whole_lungs: None,
        };
        let shunt = spect.with_margin(Length::from_mm(20.0)).unwrap();
        // 640 mL of lung at 5; liver 640·100 and 128·(40 - 5) moved into lung.
        let lung: f64 = 640.0 * 5.0;
        let liver_counts = 640.0 * 100.0 + 128.0 * 35.0;
        let expected = lung / (lung + liver_counts);
        assert!((shunt.fraction.as_fraction() - expected).abs() < 1e-9);
        let whole = TomographicShunt {
            whole_lungs: Some(Capacity::from_ml(800.0)),
            ..spect
        };
        let shunt = whole.with_margin(Length::from_mm(20.0)).unwrap();
        let lung = 800.0 * 5.0;
        assert!((shunt.fraction.as_fraction() - lung / (lung + liver_counts)).abs() < 1e-9);
        assert!(shunt.notes[0].contains("holds 640 of 800 mL"));
    }

    #[test]
    fn a_margin_that_leaves_no_lung_is_refused() {
        let (image, lungs, liver) = chest();
        let spect = TomographicShunt {
            image: &image,
            lungs: &lungs,
            liver: &liver,
            whole_lungs: None,
        };
        assert_eq!(
            spect.with_margin(Length::from_mm(200.0)).unwrap_err(),
            DosimetryError::EmptyStructure
        );
    }
}
