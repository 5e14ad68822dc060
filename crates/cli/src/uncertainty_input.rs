//! The uncertainty of each structure's mean dose, and its recovery.

use anyhow::Context as _;
use sirt_dosimetry::{
    CountsOnVolume, ImagingUncertainty, ModalityUncertainty, NamedMask, NamedUncertainty,
    PhysicsUncertainty, RecoveryCurve, RecoveryTable, Role, StructureDose, UncertaintyBudget,
    blurred_sphere_recovery, boundary_to_mean_ratio, relative_volume_uncertainty, sphere_diameter,
};
use sirt_image::Volume;
use sirt_quantity::{AbsorbedDose, ActivityConcentration, Capacity, Length};

use crate::activity_input::CalibratedActivity;
use crate::arguments::DoseArguments;
use crate::response_input::Response;
use crate::result::{Finding, RecoveryResult, RoleSource, StructureResult};

/// Samples and seed of the sampled budget: enough for two digits of the interval.
const SAMPLES: usize = 5_000;
const SEED: u64 = 1;

/// What is known of a structure before its uncertainty.
pub(crate) struct StructureValues {
    pub(crate) dose: StructureDose,
    pub(crate) role_source: RoleSource,
    pub(crate) response: Response,
    /// Relative noise (k = 1) of its mean by Monte Carlo.
    pub(crate) statistical: Option<f64>,
}

/// What is the same for all structures of an image.
pub(crate) struct Budget {
    image: ModalityUncertainty,
    physics: PhysicsUncertainty,
    recovery: Option<RecoveryCurve>,
    delay_in_half_lives: f64,
}

impl Budget {
    /// From the options, the modality and the calibration.
    pub(crate) fn new(
        arguments: &DoseArguments,
        modality: &str,
        activity: &CalibratedActivity,
    ) -> anyhow::Result<Self> {
        let table = ImagingUncertainty::built_in()?;
        let mut image = table.of_modality(modality)?.clone();
        if let Some(resolution) = arguments.resolution {
            image.resolution_fwhm_mm = resolution.as_mm();
            image.source = format!("--resolution; {}", image.source);
        }
        if let Some(calibration) = arguments.calibration_uncertainty {
            image.relative_calibration = calibration;
            image.source = format!("--calibration-uncertainty; {}", image.source);
        }
        let recovery = arguments
            .recovery
            .as_ref()
            .map(|path| {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                RecoveryTable::from_toml(&text)
                    .and_then(|table| table.fit())
                    .with_context(|| format!("recovery coefficients of {}", path.display()))
            })
            .transpose()?;
        let calibration = &activity.calibration;
        Ok(Self {
            image,
            physics: table.physics,
            recovery,
            delay_in_half_lives: calibration
                .since_administration
                .map_or(0.0, |since| since / calibration.half_life),
        })
    }

    /// That the resolution was assumed, where neither the file nor the command
    /// line says what made the image.
    pub(crate) fn assumption(&self, arguments: &DoseArguments, modality: &str) -> Option<Finding> {
        let assumed = arguments.resolution.is_none() && self.image.name != modality;
        assumed.then(|| Finding {
            severity: "weakens",
            subject: "uncertainty".to_owned(),
            rule: format!(
                "the resolution of the image is needed for it; the file says neither PET nor SPECT, so that of SPECT, {} mm, was taken",
                self.image.resolution_fwhm_mm
            ),
            fix: "state it: --resolution 6.5mm for a PET".to_owned(),
        })
    }

    /// Tumours that the blur of the image lowers by more than their uncertainty:
    /// without recovery coefficients the truth then lies outside of it.
    pub(crate) fn blurred(&self, structures: &[StructureResult]) -> Option<Finding> {
        let resolution = Length::from_mm(self.image.resolution_fwhm_mm);
        let low: Vec<String> = structures
            .iter()
            .filter(|structure| structure.dose.role == Role::Tumour && structure.recovery.is_none())
            .filter_map(|structure| {
                let diameter = sphere_diameter(Capacity::from_ml(structure.dose.volume_ml));
                let shown = blurred_sphere_recovery(diameter, resolution);
                let mean = structure.dose.dose_gy.mean;
                (1.0 - shown > structure.uncertainty_gy / mean)
                    .then(|| format!("{} {:.0} %", structure.dose.name, shown * 100.0))
            })
            .collect();
        (!low.is_empty()).then(|| Finding {
            severity: "weakens",
            subject: "recovery".to_owned(),
            rule: format!(
                "at a resolution of {} mm a sphere of its volume in cold surroundings shows this part of its mean: {}; ± does not hold that",
                self.image.resolution_fwhm_mm,
                low.join(", ")
            ),
            fix: "--recovery with the site's coefficients".to_owned(),
        })
    }

    /// A structure's row with its uncertainty and recovery.
    ///
    /// `image` is the activity at administration, on the grid of the mask.
    /// `background` is the mean dose around tumours, which spills into them.
    pub(crate) fn of_structure(
        &self,
        values: StructureValues,
        mask: &NamedMask,
        image: &Volume<ActivityConcentration>,
        background: AbsorbedDose,
    ) -> anyhow::Result<StructureResult> {
        let StructureValues {
            dose,
            role_source,
            response,
            statistical,
        } = values;
        let volume = Capacity::from_ml(dose.volume_ml);
        let voxel = Length::from_mm(image.grid().spacing_mm().iter().product::<f64>().cbrt());
        let resolution = Length::from_mm(self.image.resolution_fwhm_mm);
        let mean_dose = AbsorbedDose::from_gy(dose.dose_gy.mean);
        // Without activity inside there is no ratio, and counts stay as they are.
        let counts_on_volume = boundary_to_mean_ratio(image, &mask.mask)
            .map_or(CountsOnVolume::Fixed, |ratio| {
                CountsOnVolume::BoundaryRatio { ratio }
            });
        let recovery = self.recovery.as_ref().filter(|_| dose.role == Role::Tumour);
        let budget = UncertaintyBudget {
            mean_dose,
            volume,
            relative_volume: relative_volume_uncertainty(volume, voxel, resolution),
            counts_on_volume,
            recovery: recovery.cloned(),
            relative_calibration: self.image.relative_calibration,
            relative_counts: self.image.relative_counts,
            relative_density: self.physics.relative_density,
            relative_half_life: self.physics.relative_half_life,
            delay_in_half_lives: self.delay_in_half_lives,
            relative_energy: self.physics.relative_energy,
            others: statistical
                .map(|relative| NamedUncertainty {
                    name: "Monte Carlo".to_owned(),
                    relative,
                })
                .into_iter()
                .collect(),
        };
        let analytic = budget.propagate()?;
        let sampled = budget.sample(SAMPLES, SEED)?;
        let recovery = recovery.map(|curve| RecoveryResult {
            coefficient: curve.coefficient(volume),
            corrected_mean_gy: curve.corrected_mean(mean_dose, background, volume).as_gy(),
            extrapolated: curve.is_extrapolated(volume),
        });
        Ok(StructureResult {
            uncertainty_gy: analytic.expanded_gy,
            statistical_uncertainty_gy: statistical
                .map(|relative| 2.0 * relative * mean_dose.as_gy()),
            uncertainty: serde_json::json!({
                "analytic": analytic,
                "sampled": sampled,
                "resolution_fwhm_mm": self.image.resolution_fwhm_mm,
                "source": format!("{}; {}", self.image.source, self.physics.source),
            }),
            recovery,
            equivalent_uniform_dose: response.uniform,
            survival_equivalent_uniform_dose: response.survival,
            volume_at_dose: response.volume_at_dose,
            responses: response.estimates,
            role_source,
            dose,
        })
    }
}
