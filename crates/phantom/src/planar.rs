//! Anterior and posterior planar views of the MAA.
//!
//! Conjugate views of a patient of uniform thickness `T` and attenuation `μ`:
//! the activity `S` of a pixel's column, at its mean depth `d` below the
//! front, shows as `S·e^(−μd)` from the front and `S·e^(−μ(T−d))` from the
//! back, so the geometric mean of a pixel is `S·e^(−μT/2)` wherever the
//! activity lies.
//! The thickness of the source itself is left out (it would raise the
//! geometric mean by `sinh(μw/2)/(μw/2)`, more for a lung than for a liver),
//! as is scatter. So without blur the lung shunt comes back from the views as
//! it was put in, but for the spread of depths within a region, under 1 % of it.
//! The collimator's blur, the same at every depth, carries liver counts into
//! the lung's region and lung counts out of it. At 4 % and 8 mm the two weigh
//! each other up; at a lower shunt the liver's share wins, as in patients.
//! [`PlanarTruth`] tells what the regions hold.

use rayon::prelude::*;
use sirt_image::{
    ActivityAcquisition, Counts, FrameTiming, Grid, ImageError, PatientPoint, PatientVector,
    Volume, WeightMask, gaussian_blur,
};
use sirt_quantity::{Length, TimeSpan};

use crate::PhantomError;
use crate::anatomy::{Part, SKIN_HALF_AXES_MM};
use crate::calendar::{Calendar, later};
use crate::noise::{NoiseOf, Stream};
use crate::phantom::Phantom;
use crate::raster::{Painter, rows_through_voxel};
use crate::scan::{FrameDecay, nuclide_facts};
use crate::spect::check_gamma_scan;

/// How the planar views are made.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarSettings {
    /// Pixels across and along the patient, around the middle of the trunk.
    pub pixels: [usize; 2],
    /// Pixel size, mm.
    pub pixel_mm: f64,
    /// Start after the injection.
    pub since_administration: TimeSpan,
    /// Duration.
    pub duration: TimeSpan,
    /// Counts of one view for each decay without attenuation.
    pub counts_per_decay: f64,
    /// Attenuation `μ` of 140 keV photons in a broad beam, 1/mm.
    pub attenuation_per_mm: f64,
    /// Resolution, FWHM, mm; 0 leaves the blur out.
    pub resolution_fwhm_mm: f64,
    /// Whether counts are random.
    pub noise: bool,
    /// Seed of the noise.
    pub seed: u64,
}

impl PlanarSettings {
    /// 192 × 192 pixels of 2.21 mm, 40 min after the injection, 5 min,
    /// 1 count for 10 000 decays, 0.012/mm, 8 mm FWHM.
    #[must_use]
    pub fn built_in(seed: u64) -> Self {
        Self {
            pixels: [192, 192],
            pixel_mm: 2.21,
            since_administration: TimeSpan::from_minutes(40.0),
            duration: TimeSpan::from_minutes(5.0),
            counts_per_decay: 1e-4,
            attenuation_per_mm: 0.012,
            resolution_fwhm_mm: 8.0,
            noise: true,
            seed,
        }
    }

    fn check(&self) -> Result<(), PhantomError> {
        check_gamma_scan(
            self.since_administration,
            self.duration,
            self.counts_per_decay,
        )?;
        let wrong = |name, value: f64, allowed| {
            Err(PhantomError::Setting {
                name,
                value: format!("{value}"),
                allowed,
            })
        };
        if !(0.0..=0.1).contains(&self.attenuation_per_mm) {
            return wrong("attenuation", self.attenuation_per_mm, "0..=0.1 per mm");
        }
        if !(0.0..=50.0).contains(&self.resolution_fwhm_mm) {
            return wrong("resolution", self.resolution_fwhm_mm, "0..=50 mm FWHM");
        }
        Ok(())
    }

    /// The pixels of a view: across the patient, then down; one pixel deep.
    fn grid(&self, from_front: bool) -> Result<Grid, ImageError> {
        let [across, along] = self.pixels;
        let sign = if from_front { 1.0 } else { -1.0 };
        let half = |count: usize| (count as f64 - 1.0) / 2.0 * self.pixel_mm;
        Grid::new(
            [across, along, 1],
            [self.pixel_mm, self.pixel_mm, PATIENT_THICKNESS_MM],
            PatientPoint([-sign * half(across), 0.0, half(along)]),
            [
                PatientVector([sign, 0.0, 0.0]),
                PatientVector([0.0, 0.0, -1.0]),
                PatientVector([0.0, sign, 0.0]),
            ],
        )
    }
}

/// `T`: from the skin in front to the skin behind.
const PATIENT_THICKNESS_MM: f64 = 2.0 * SKIN_HALF_AXES_MM[1];

/// What the views give if their counts are not random.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct PlanarTruth {
    /// Lung shunt fraction that was put in.
    pub lung_shunt: f64,
    /// Geometric mean counts of the lung region.
    pub lungs_geometric_mean: f64,
    /// Geometric mean counts of the liver region.
    pub liver_geometric_mean: f64,
    /// Lungs over lungs and liver, from the two geometric means.
    pub lung_shunt_in_regions: f64,
}

/// One view with its regions.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarView {
    /// Counts; rows run down the patient, columns across as the detector sees
    /// it: from the front the patient's right comes first, from the back the
    /// left.
    pub counts: Volume<Counts>,
    /// Pixels that have lung before or behind them.
    pub lungs: WeightMask,
    /// Pixels that have liver before or behind them.
    pub liver: WeightMask,
}

/// Both views.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarViews {
    /// From the front.
    pub anterior: PlanarView,
    /// From the back.
    pub posterior: PlanarView,
    /// Facts of the acquisition; one frame for each view.
    pub acquisition: ActivityAcquisition,
    /// What the views give without noise.
    pub truth: PlanarTruth,
}

/// A pixel's column through the patient.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    /// Activity, Bq.
    activity: f64,
    /// Activity times depth below the front, Bq·mm.
    moment: f64,
    /// Length of lung and of liver, mm, summed over the rows.
    lung: f64,
    liver: f64,
}

impl Phantom {
    /// The planar views of the MAA.
    ///
    /// # Errors
    /// [`PhantomError::NoActivity`] at a later date,
    /// [`PhantomError::Setting`] for settings outside their ranges,
    /// [`PhantomError::Image`] for a pixel size or number without meaning.
    pub fn maa_planar(&self, settings: &PlanarSettings) -> Result<PlanarViews, PhantomError> {
        settings.check()?;
        let front = settings.grid(true)?;
        let back = settings.grid(false)?;
        let columns = self.columns(&front)?;
        let (half_life, _) = nuclide_facts("Tc-99m")?;
        let decay = FrameDecay::new(settings.since_administration, settings.duration, half_life);
        let counts = decay.at_start
            * decay.mean_over_frame
            * settings.duration.as_seconds()
            * settings.counts_per_decay;
        let mu = settings.attenuation_per_mm;
        let seen = |column: &Column, from_front: bool| {
            if column.activity <= 0.0 {
                return 0.0;
            }
            let depth = column.moment / column.activity;
            let path = if from_front {
                depth
            } else {
                PATIENT_THICKNESS_MM - depth
            };
            column.activity * counts * libm::exp(-mu * path)
        };
        let mut means = [true, false].map(|from_front| {
            columns
                .iter()
                .map(|column| seen(column, from_front))
                .collect::<Vec<f64>>()
        });
        for view in &mut means {
            gaussian_blur(view, &front, Length::from_mm(settings.resolution_fwhm_mm));
        }
        let truth = self.planar_truth(&columns, &means);
        let [anterior_means, posterior_means] = means;
        let regions = [
            columns.iter().map(|column| column.lung > 0.0).collect(),
            columns.iter().map(|column| column.liver > 0.0).collect(),
        ];
        let anterior = view(
            settings,
            &front,
            anterior_means,
            regions.clone(),
            NoiseOf::AnteriorView,
        )?;
        let mirrored = |row: &[f64]| row.iter().rev().copied().collect::<Vec<f64>>();
        let posterior = view(
            settings,
            &back,
            posterior_means
                .chunks(settings.pixels[0])
                .flat_map(mirrored)
                .collect(),
            regions.map(|region: Vec<bool>| {
                region
                    .chunks(settings.pixels[0])
                    .flat_map(|row| row.iter().rev().copied())
                    .collect()
            }),
            NoiseOf::PosteriorView,
        )?;
        let started = later(
            Calendar::BUILT_IN.maa_administration,
            settings.since_administration,
        )?;
        let frame = FrameTiming {
            acquisition_start: Some(started),
            duration: Some(settings.duration),
            ..FrameTiming::default()
        };
        Ok(PlanarViews {
            anterior,
            posterior,
            acquisition: ActivityAcquisition {
                frames: vec![frame; 2],
                ..self.maa_facts(started, half_life)
            },
            truth,
        })
    }

    /// The columns of all pixels of the front view, by chords along y.
    fn columns(&self, front: &Grid) -> Result<Vec<Column>, PhantomError> {
        let concentrations = self.maa_concentrations()?;
        let regions = self.anatomy().regions();
        let [across, along, _] = front.size();
        let [pixel_mm, _, _] = front.spacing_mm();
        let rows = rows_through_voxel(pixel_mm);
        let start_y = -PATIENT_THICKNESS_MM / 2.0;
        let direction = PatientVector([0.0, 1.0, 0.0]);
        // Bq/mL times mm times mm2, in Bq.
        let bq = pixel_mm * pixel_mm / f64::from(rows * rows) * 1e-3;
        let mut columns = vec![Column::default(); across * along];
        columns
            .par_chunks_mut(across)
            .enumerate()
            .for_each(|(j, row)| {
                let mut painter = Painter::default();
                for (i, column) in row.iter_mut().enumerate() {
                    for sub in 0..rows * rows {
                        let part = |number: u32| (f64::from(number) + 0.5) / f64::from(rows) - 0.5;
                        let mut origin = front.to_patient([
                            i as f64 + part(sub % rows),
                            j as f64 + part(sub / rows),
                            0.0,
                        ]);
                        origin.0[1] = start_y;
                        let all = regions.iter().enumerate();
                        for stretch in
                            painter.stretches(all, origin, direction, PATIENT_THICKNESS_MM)
                        {
                            let Some(region) = stretch.region else {
                                continue;
                            };
                            let part = regions[region].part;
                            let length = stretch.to_mm - stretch.from_mm;
                            let activity = concentrations.of(part).as_bq_per_ml() * length * bq;
                            column.activity += activity;
                            column.moment += activity * (stretch.from_mm + stretch.to_mm) / 2.0;
                            match part {
                                Part::RightLung | Part::LeftLung => column.lung += length,
                                Part::Liver(_) | Part::Lesion(_) => column.liver += length,
                                _ => {}
                            }
                        }
                    }
                }
            });
        Ok(columns)
    }

    fn planar_truth(&self, columns: &[Column], means: &[Vec<f64>; 2]) -> PlanarTruth {
        let region_sum = |view: &[f64], belongs: fn(&Column) -> bool| {
            columns
                .iter()
                .zip(view)
                .filter(|(column, _)| belongs(column))
                .map(|(_, counts)| counts)
                .sum::<f64>()
        };
        let geometric_mean = |belongs: fn(&Column) -> bool| {
            (region_sum(&means[0], belongs) * region_sum(&means[1], belongs)).sqrt()
        };
        let lungs = geometric_mean(|column| column.lung > 0.0);
        let liver = geometric_mean(|column| column.liver > 0.0);
        PlanarTruth {
            lung_shunt: self.treatment().lung_shunt,
            lungs_geometric_mean: lungs,
            liver_geometric_mean: liver,
            lung_shunt_in_regions: lungs / (lungs + liver),
        }
    }
}

fn view(
    settings: &PlanarSettings,
    grid: &Grid,
    means: Vec<f64>,
    [lungs, liver]: [Vec<bool>; 2],
    image: NoiseOf,
) -> Result<PlanarView, PhantomError> {
    let mut stream = Stream::new(settings.seed, image, 0.0, 0);
    let values = means
        .into_iter()
        .map(|mean| {
            let counts = if settings.noise {
                stream.poisson(mean)
            } else {
                mean
            };
            counts as f32
        })
        .collect();
    let mask = |region: Vec<bool>| {
        let weights: Vec<f32> = region
            .into_iter()
            .map(|inside| f32::from(u8::from(inside)))
            .collect();
        WeightMask::from_weights(grid.clone(), &weights)
    };
    Ok(PlanarView {
        counts: Volume::new(grid.clone(), None, values)?,
        lungs: mask(lungs)?,
        liver: mask(liver)?,
    })
}
