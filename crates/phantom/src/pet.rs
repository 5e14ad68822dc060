//! The Y-90 PET, some 20 hours after the administration.
//!
//! Concentration in Bq/mL, corrected for decay to the start of the series
//! (`START`), from two bed positions. Noise has the size of true
//! coincidences: `y = positrons per decay × sensitivity`, so the few
//! positrons of Y-90 make it as grainy as patients are.

use sirt_image::{
    ActivityAcquisition, DecayCorrection, FrameTiming, Grid, InstantOf, PixelUnits, Recorded,
    Volume,
};
use sirt_quantity::{ActivityConcentration, TimeSpan};

use crate::PhantomError;
use crate::calendar::{Calendar, later};
use crate::noise::NoiseOf;
use crate::phantom::{IDENTITY, Phantom};
use crate::scan::{ActivityImage, FrameDecay, Reconstruction, nuclide_facts};

/// How the PET is made.
#[derive(Debug, Clone, PartialEq)]
pub struct PetSettings {
    /// Voxels.
    pub grid: Grid,
    /// Start of the series after the administration.
    pub since_administration: TimeSpan,
    /// Bed positions, from the lowest slice up; 1 to the number of slices.
    pub beds: usize,
    /// Time at each bed position.
    pub bed_duration: TimeSpan,
    /// Resolution with the filter, FWHM, mm.
    pub resolution_fwhm_mm: f64,
    /// The filter's part of it, FWHM, mm.
    pub filter_fwhm_mm: f64,
    /// True coincidences recorded for each positron.
    pub sensitivity: f64,
    /// Whether counts are random.
    pub noise: bool,
    /// Seed of the noise.
    pub seed: u64,
}

impl PetSettings {
    /// 96 × 96 × 130 voxels of 4.07 × 4.07 × 3 mm, 20.4 h after the
    /// administration, two beds of 20 min, 6 mm FWHM of which a 4 mm filter,
    /// 1 coincidence for 100 positrons.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn built_in(seed: u64) -> Result<Self, PhantomError> {
        Ok(Self {
            grid: Phantom::grid([96, 96], [4.07, 4.07, 3.0])?,
            since_administration: TimeSpan::from_hours(20.4),
            beds: 2,
            bed_duration: TimeSpan::from_minutes(20.0),
            resolution_fwhm_mm: 6.0,
            filter_fwhm_mm: 4.0,
            sensitivity: 0.01,
            noise: true,
            seed,
        })
    }

    fn reconstruction(&self) -> Result<Reconstruction, PhantomError> {
        let wrong = |name, value: String, allowed| {
            Err(PhantomError::Setting {
                name,
                value,
                allowed,
            })
        };
        if !(1..=self.grid.size()[2]).contains(&self.beds) {
            let value = format!("{}", self.beds);
            return wrong("number of beds", value, "1 to the number of slices");
        }
        if !(self.bed_duration.as_seconds() > 0.0 && self.bed_duration.as_hours() <= 2.0) {
            let value = format!("{}", self.bed_duration);
            return wrong("bed duration", value, "above 0, at most 2 h");
        }
        if !(0.0..=1000.0).contains(&self.since_administration.as_hours()) {
            let value = format!("{}", self.since_administration);
            return wrong("time since administration", value, "0..=1000 h");
        }
        if !(self.sensitivity > 0.0 && self.sensitivity <= 1.0) {
            let value = format!("{}", self.sensitivity);
            return wrong(
                "sensitivity",
                value,
                "above 0, at most 1 count per positron",
            );
        }
        let reconstruction = Reconstruction {
            resolution_fwhm_mm: self.resolution_fwhm_mm,
            filter_fwhm_mm: self.filter_fwhm_mm,
            noise: self.noise,
            seed: self.seed,
            image: NoiseOf::Pet,
        };
        reconstruction.check()?;
        Ok(reconstruction)
    }

    /// Bed position of a slice.
    fn bed(&self, slice: usize) -> usize {
        slice * self.beds / self.grid.size()[2]
    }
}

impl Phantom {
    /// The Y-90 PET: Bq/mL at the start of the series.
    ///
    /// # Errors
    /// [`PhantomError::NoActivity`] at a later date,
    /// [`PhantomError::Setting`] for settings outside their ranges.
    pub fn y90_pet(
        &self,
        settings: &PetSettings,
    ) -> Result<ActivityImage<ActivityConcentration>, PhantomError> {
        let concentrations = self.y90_concentrations()?;
        let reconstruction = settings.reconstruction()?;
        let (half_life, positron_fraction) = nuclide_facts("Y-90")?;
        let positron_fraction = positron_fraction.unwrap_or(0.0);
        let to_series_start =
            FrameDecay::new(settings.since_administration, TimeSpan::ZERO, half_life).at_start;
        let bed_start = |bed: usize| settings.bed_duration * bed as f64;
        let decay: Vec<FrameDecay> = (0..settings.beds)
            .map(|bed| FrameDecay::new(bed_start(bed), settings.bed_duration, half_life))
            .collect();
        let voxel_ml = settings.grid.voxel_capacity().as_ml();
        // Counts of 1 Bq/mL at administration.
        let counts = |slice: usize| {
            let bed = &decay[settings.bed(slice)];
            voxel_ml
                * to_series_start
                * bed.at_start
                * bed.mean_over_frame
                * positron_fraction
                * settings.sensitivity
                * settings.bed_duration.as_seconds()
        };
        let regions = self.anatomy().regions();
        let image = reconstruction.see(&settings.grid, regions, &concentrations, &counts);
        let values = image
            .into_iter()
            .map(|value| (value * to_series_start) as f32)
            .collect();
        let administration = Calendar::BUILT_IN.administration;
        let started = later(administration, settings.since_administration)?;
        let frames = (0..settings.grid.size()[2])
            .map(|slice| {
                let bed = settings.bed(slice);
                Ok(FrameTiming {
                    acquisition_start: Some(later(started, bed_start(bed))?),
                    frame_reference: Some(bed_start(bed) + decay[bed].mean_time),
                    duration: Some(settings.bed_duration),
                    decay_factor: Some(1.0 / (decay[bed].at_start * decay[bed].mean_over_frame)),
                })
            })
            .collect::<Result<_, PhantomError>>()?;
        let corrections = ["DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"];
        let acquisition = ActivityAcquisition {
            modality: "PT".to_owned(),
            units: Some(Recorded::new(
                PixelUnits::BecquerelPerMl,
                "(0054,1001) Units",
            )),
            suv_type: None,
            decay_correction: Some(Recorded::new(
                DecayCorrection::Start,
                "(0054,1102) DecayCorrection",
            )),
            series_start: Some(Recorded::new(
                started,
                "(0008,0021) SeriesDate, (0008,0031) SeriesTime",
            )),
            nuclide: Some(Recorded::new(
                "Y-90".to_owned(),
                "(0054,0300) RadionuclideCodeSequence",
            )),
            half_life: Some(Recorded::new(half_life, "(0018,1075) RadionuclideHalfLife")),
            positron_fraction: Some(Recorded::new(
                positron_fraction,
                "(0018,1076) RadionuclidePositronFraction",
            )),
            administered: Some(Recorded::new(
                self.treatment().administered,
                "(0018,1074) RadionuclideTotalDose",
            )),
            administration_start: Some(Recorded::new(
                InstantOf::DateTime(administration),
                "(0018,1078) RadiopharmaceuticalStartDateTime",
            )),
            patient_weight_kg: Some(Recorded::new(
                IDENTITY.patient_weight_kg,
                "(0010,1030) PatientWeight",
            )),
            corrections: Some(Recorded::new(
                corrections.map(str::to_owned).to_vec(),
                "(0028,0051) CorrectedImage",
            )),
            decay_reference: None,
            frames,
        };
        Ok(ActivityImage {
            volume: Volume::new(settings.grid.clone(), None, values)?,
            acquisition,
            started,
            half_life,
        })
    }
}
