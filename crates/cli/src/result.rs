//! The JSON of a dose calculation: what `--json` prints and `result.json` keeps.

use serde::Serialize;
use sirt_dosimetry::{CalibrationKind, Decision, ResponseEstimate, StructureDose};

use crate::histogram_figures::{SurvivalDose, VolumeAtDose};
use crate::response_input::UniformDose;
use crate::transport_run::TransportResult;

/// Everything about one dose calculation.
#[derive(Debug, Serialize)]
pub(crate) struct DoseResult {
    pub(crate) program: Program,
    pub(crate) method: MethodResult,
    pub(crate) medium: MediumResult,
    pub(crate) nuclide: NuclideResult,
    pub(crate) activity: ActivityResult,
    pub(crate) energy: EnergyResult,
    pub(crate) grid: GridResult,
    pub(crate) structures: Vec<StructureResult>,
    /// What weakens the result, with tag, rule and fix.
    pub(crate) findings: Vec<Finding>,
    /// Names of the files in the output folder.
    pub(crate) files: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Program {
    pub(crate) const THIS: Self = Self {
        name: "OpenSIRT",
        version: env!("CARGO_PKG_VERSION"),
    };
}

#[derive(Debug, Serialize)]
pub(crate) struct MethodResult {
    pub(crate) name: &'static str,
    /// Keys of docs/references.bib.
    pub(crate) citations: Vec<&'static str>,
    pub(crate) kernel: Option<KernelResult>,
    pub(crate) transport: Option<TransportResult>,
}

#[derive(Debug, Serialize)]
pub(crate) struct KernelResult {
    /// Density that the ranges were scaled by, g/mL.
    pub(crate) density_g_per_ml: f64,
    /// Voxels on each side of the centre.
    pub(crate) half_width: [usize; 3],
}

#[derive(Debug, Serialize)]
pub(crate) struct MediumResult {
    /// `homogeneous` or `ct`.
    pub(crate) kind: &'static str,
    pub(crate) material: String,
    /// Density of the medium; with CT the mean where the activity is.
    pub(crate) density_g_per_ml: f64,
    pub(crate) source: String,
    /// What was added to it, where that was stated.
    pub(crate) microspheres: Option<MicrospheresResult>,
}

/// Microspheres in the medium.
#[derive(Debug, Serialize)]
pub(crate) struct MicrospheresResult {
    /// `resin` or `glass`.
    pub(crate) material: &'static str,
    pub(crate) mass_g: f64,
    /// In the voxel with the most of them.
    pub(crate) largest_mass_fraction: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct NuclideResult {
    pub(crate) symbol: String,
    pub(crate) half_life_h: f64,
    pub(crate) half_life_source: String,
    pub(crate) dose_factor_gy_kg_per_gbq: f64,
    pub(crate) dose_factor_source: String,
    pub(crate) energy_per_decay_mev: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct ActivityResult {
    /// In the image, at the instant that its numbers refer to.
    pub(crate) total_mbq: f64,
    /// Whether the image is in counts, so that the total is not its own.
    #[serde(skip)]
    pub(crate) counted: bool,
    /// In the image, at administration.
    pub(crate) at_administration_mbq: f64,
    /// As stated by the user.
    pub(crate) administered_mbq: Option<f64>,
    /// Image at administration over administered.
    pub(crate) image_over_administered: Option<f64>,
    pub(crate) calibration: CalibrationKind,
    pub(crate) since_administration_h: Option<f64>,
    /// Sum of negative numbers that were set to zero, over the sum of positive ones.
    pub(crate) negative_fraction: f64,
    /// What was decided, and on what ground.
    pub(crate) decisions: Vec<Decision>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EnergyResult {
    /// All parts over what was emitted; 1 is perfect.
    pub(crate) closure: f64,
    pub(crate) emitted_j: f64,
    pub(crate) parts: EnergyParts,
}

#[derive(Debug, Serialize)]
pub(crate) struct EnergyParts {
    /// Each voxel's energy is credited to the smallest structure that holds it.
    pub(crate) structures: Vec<EnergyPart>,
    pub(crate) elsewhere: Share,
    pub(crate) in_air: Share,
    pub(crate) left_grid: Share,
    pub(crate) radiated: Share,
}

#[derive(Debug, Serialize)]
pub(crate) struct EnergyPart {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) share: Share,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Share {
    pub(crate) joule: f64,
    /// Of what was emitted.
    pub(crate) fraction: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct GridResult {
    pub(crate) size: [usize; 3],
    pub(crate) spacing_mm: [f64; 3],
    pub(crate) origin_lps_mm: [f64; 3],
    /// Direction of each index axis, LPS.
    pub(crate) directions_lps: [[f64; 3]; 3],
}

impl GridResult {
    pub(crate) fn of(grid: &sirt_image::Grid) -> Self {
        Self {
            size: grid.size(),
            spacing_mm: grid.spacing_mm(),
            origin_lps_mm: grid.origin().0,
            directions_lps: grid.directions().map(|direction| direction.0),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct StructureResult {
    #[serde(flatten)]
    pub(crate) dose: StructureDose,
    /// Where the role is from.
    pub(crate) role_source: RoleSource,
    /// Expanded uncertainty of the mean dose, k = 2, Gy.
    pub(crate) uncertainty_gy: f64,
    /// Part of it that is the noise of Monte Carlo, k = 2, Gy; none by the other
    /// methods.
    pub(crate) statistical_uncertainty_gy: Option<f64>,
    /// The budget behind it.
    pub(crate) uncertainty: serde_json::Value,
    /// Recovery coefficient and corrected mean, where the site gives a table.
    pub(crate) recovery: Option<RecoveryResult>,
    /// Generalised equivalent uniform dose.
    pub(crate) equivalent_uniform_dose: UniformDose,
    /// Equivalent uniform dose by surviving cells, where `--alpha` is stated.
    pub(crate) survival_equivalent_uniform_dose: Option<SurvivalDose>,
    /// Vx.
    pub(crate) volume_at_dose: Vec<VolumeAtDose>,
    /// What models of tumour control and of liver toxicity say, each with its population.
    pub(crate) responses: Vec<ResponseEstimate>,
}

/// Who said what a structure is to the treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleSource {
    /// Read from the structure's name.
    Name,
    /// Stated with `--role`.
    Stated,
    /// The program made the structure for this role.
    Derived,
}

#[derive(Debug, Serialize)]
pub(crate) struct RecoveryResult {
    pub(crate) coefficient: f64,
    pub(crate) corrected_mean_gy: f64,
    /// Whether the volume lies outside the measured spheres.
    pub(crate) extrapolated: bool,
}

/// A thing that stops or weakens dosimetry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    /// `stops`, `weakens` or `note`.
    pub(crate) severity: &'static str,
    /// Tag, column or thing.
    pub(crate) subject: String,
    pub(crate) rule: String,
    pub(crate) fix: String,
}
