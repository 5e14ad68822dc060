//! The Tc-99m MAA SPECT: whole counts, not corrected for decay.

use sirt_image::{
    ActivityAcquisition, Counts, DecayCorrection, FrameTiming, Grid, InstantOf, PixelUnits,
    Recorded, Volume,
};
use sirt_quantity::TimeSpan;

use crate::PhantomError;
use crate::calendar::{Calendar, later};
use crate::noise::NoiseOf;
use crate::phantom::Phantom;
use crate::scan::{ActivityImage, FrameDecay, Reconstruction, nuclide_facts};

/// How the SPECT is made.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectSettings {
    /// Voxels.
    pub grid: Grid,
    /// Start of the rotation after the injection.
    pub since_administration: TimeSpan,
    /// Duration of the rotation.
    pub duration: TimeSpan,
    /// Resolution with the filter, FWHM, mm.
    pub resolution_fwhm_mm: f64,
    /// The filter's part of it, FWHM, mm.
    pub filter_fwhm_mm: f64,
    /// Counts in the image for each decay, attenuation corrected.
    pub counts_per_decay: f64,
    /// Whether counts are random.
    pub noise: bool,
    /// Seed of the noise.
    pub seed: u64,
}

impl SpectSettings {
    /// 96 × 96 × 89 voxels of 4.42 mm, an hour after the injection, 20 min,
    /// 12 mm FWHM of which a 7 mm filter, 5 counts for 100 000 decays.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn built_in(seed: u64) -> Result<Self, PhantomError> {
        Ok(Self {
            grid: Phantom::grid([96, 96], [4.42; 3])?,
            since_administration: TimeSpan::from_hours(1.0),
            duration: TimeSpan::from_minutes(20.0),
            resolution_fwhm_mm: 12.0,
            filter_fwhm_mm: 7.0,
            counts_per_decay: 5e-5,
            noise: true,
            seed,
        })
    }
}

/// A SPECT before its counts are drawn: one for many seeds.
#[derive(Debug, Clone)]
pub struct SpectMeans {
    settings: SpectSettings,
    reconstruction: Reconstruction,
    /// Means of what is counted, Bq/mL.
    means: Vec<f64>,
    /// Mean counts of a voxel for 1 Bq/mL.
    counts_per_unit: f64,
    acquisition: ActivityAcquisition,
    started: jiff::civil::DateTime,
    half_life: TimeSpan,
}

impl SpectMeans {
    /// The image of a seed: counts of each voxel, rounded to whole numbers
    /// when they are random and exact means when not.
    ///
    /// # Errors
    /// Those of [`Volume::new`], which the settings rule out.
    pub fn image(&self, seed: u64) -> Result<ActivityImage<Counts>, PhantomError> {
        let reconstruction = Reconstruction {
            seed,
            ..self.reconstruction
        };
        let counts = self.counts_per_unit;
        let mut image = self.means.clone();
        reconstruction.count(&mut image, &self.settings.grid, &|_| counts);
        let values = image
            .into_iter()
            .map(|value| {
                let counts = value * counts;
                let stored = if self.settings.noise {
                    counts.round()
                } else {
                    counts
                };
                stored as f32
            })
            .collect();
        Ok(ActivityImage {
            volume: Volume::new(self.settings.grid.clone(), None, values)?,
            acquisition: self.acquisition.clone(),
            started: self.started,
            half_life: self.half_life,
        })
    }
}

impl Phantom {
    /// The MAA SPECT: counts of each voxel, rounded to whole numbers when they
    /// are random and exact means when not.
    ///
    /// # Errors
    /// [`PhantomError::NoActivity`] at a later date,
    /// [`PhantomError::Setting`] for settings outside their ranges.
    pub fn maa_spect(
        &self,
        settings: &SpectSettings,
    ) -> Result<ActivityImage<Counts>, PhantomError> {
        self.maa_spect_means(settings)?.image(settings.seed)
    }

    /// The MAA SPECT before its counts are drawn.
    ///
    /// # Errors
    /// As [`Phantom::maa_spect`].
    pub fn maa_spect_means(&self, settings: &SpectSettings) -> Result<SpectMeans, PhantomError> {
        let concentrations = self.maa_concentrations()?;
        let reconstruction = Reconstruction {
            resolution_fwhm_mm: settings.resolution_fwhm_mm,
            filter_fwhm_mm: settings.filter_fwhm_mm,
            noise: settings.noise,
            seed: settings.seed,
            image: NoiseOf::Spect,
        };
        reconstruction.check()?;
        check_gamma_scan(
            settings.since_administration,
            settings.duration,
            settings.counts_per_decay,
        )?;
        let (half_life, _) = nuclide_facts("Tc-99m")?;
        let decay = FrameDecay::new(settings.since_administration, settings.duration, half_life);
        let counts_per_unit = settings.grid.voxel_capacity().as_ml()
            * decay.at_start
            * decay.mean_over_frame
            * settings.duration.as_seconds()
            * settings.counts_per_decay;
        let regions = self.anatomy().regions();
        let started = later(
            Calendar::BUILT_IN.maa_administration,
            settings.since_administration,
        )?;
        let frame = FrameTiming {
            acquisition_start: Some(started),
            frame_reference: None,
            duration: Some(settings.duration),
            decay_factor: None,
        };
        Ok(SpectMeans {
            reconstruction,
            means: reconstruction.means(&settings.grid, regions, &concentrations),
            counts_per_unit,
            acquisition: ActivityAcquisition {
                frames: vec![frame; settings.grid.size()[2]],
                ..self.maa_facts(started, half_life)
            },
            started,
            half_life,
            settings: settings.clone(),
        })
    }

    /// What the gamma camera records on every MAA image.
    pub(crate) fn maa_facts(
        &self,
        started: jiff::civil::DateTime,
        half_life: TimeSpan,
    ) -> ActivityAcquisition {
        ActivityAcquisition {
            modality: "NM".to_owned(),
            units: Some(Recorded::new(PixelUnits::Counts, "(0008,0060) Modality")),
            decay_correction: Some(Recorded::new(
                DecayCorrection::None,
                "(0028,0051) CorrectedImage",
            )),
            series_start: Some(Recorded::new(
                started,
                "(0008,0021) SeriesDate, (0008,0031) SeriesTime",
            )),
            nuclide: Some(Recorded::new(
                "Tc-99m".to_owned(),
                "(0054,0300) RadionuclideCodeSequence",
            )),
            half_life: Some(Recorded::new(half_life, "(0018,1075) RadionuclideHalfLife")),
            administered: Some(Recorded::new(
                self.treatment().maa_administered,
                "(0018,1074) RadionuclideTotalDose",
            )),
            administration_start: Some(Recorded::new(
                InstantOf::DateTime(Calendar::BUILT_IN.maa_administration),
                "(0018,1078) RadiopharmaceuticalStartDateTime",
            )),
            ..ActivityAcquisition::default()
        }
    }
}

/// Refuses times and yields without meaning.
pub(crate) fn check_gamma_scan(
    since_administration: TimeSpan,
    duration: TimeSpan,
    counts_per_decay: f64,
) -> Result<(), PhantomError> {
    let wrong = |name, value: String, allowed| {
        Err(PhantomError::Setting {
            name,
            value,
            allowed,
        })
    };
    if !(0.0..=48.0).contains(&since_administration.as_hours()) {
        let value = format!("{since_administration}");
        return wrong("time since administration", value, "0..=48 h");
    }
    if !(duration.as_seconds() > 0.0 && duration.as_hours() <= 2.0) {
        return wrong("duration", format!("{duration}"), "above 0, at most 2 h");
    }
    if !(counts_per_decay > 0.0 && counts_per_decay <= 1.0) {
        let value = format!("{counts_per_decay}");
        return wrong("counts per decay", value, "above 0, at most 1");
    }
    Ok(())
}
