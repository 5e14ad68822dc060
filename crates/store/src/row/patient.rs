//! Rows of the patient: disease, laboratory, organs, territories, work-up.

use schemars::JsonSchema;
use serde::Deserialize;
use sirt_dosimetry::Device;
use sirt_outcome::{Ascites, Encephalopathy, Sex};
use sirt_quantity::{
    AbsorbedDose, Albumin, Bilirubin, Capacity, Creatinine, Density, Length, LungShuntFraction,
    Mass, PlateletCount, Sodium, TimeSpan,
};

use super::TimedActivityRow;
use crate::images::{DoseMethod, ImageUnits};
use crate::instant::Day;
use crate::vocabulary::{
    ImageDifference, Lobe, PlanarViewName, Segment, StructureRole, TherapyKind, TumourType,
};
use crate::written::{Words, Written, WrittenDoseFactor};

/// The patient.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "patient")]
pub(crate) struct PatientRow {
    /// Name of the patient in this case; never the real one.
    pub(crate) pseudonym: String,
    /// Sex, as formulas ask for it.
    #[schemars(with = "Words<Sex>")]
    pub(crate) sex: Sex,
    /// Age at the work-up in years; instead of `birth_year`.
    pub(crate) age: Option<u16>,
    /// Year of birth; instead of `age`.
    pub(crate) birth_year: Option<i16>,
    /// Height of the body.
    pub(crate) height: Written<Length>,
    /// Weight of the body.
    #[schemars(extend("examples" = ["70 kg"]))]
    pub(crate) weight: Written<Mass>,
}

/// The disease.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "disease")]
pub(crate) struct DiseaseRow {
    /// Kind of tumour.
    pub(crate) tumour_type: TumourType,
    /// Whether the liver is cirrhotic.
    #[serde(default)]
    pub(crate) cirrhosis: bool,
    /// Whether there is primary biliary cholangitis or primary sclerosing
    /// cholangitis, which have limits of bilirubin of their own in Child-Pugh.
    #[serde(default)]
    pub(crate) cholestatic_disease: bool,
    /// The disease in words.
    pub(crate) description: Option<String>,
}

/// One treatment before this one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "prior_therapy")]
pub(crate) struct PriorTherapyRow {
    /// What was done.
    pub(crate) kind: TherapyKind,
    /// Day of it, or of its last part.
    pub(crate) date: Written<Day>,
    /// More of it in words.
    pub(crate) note: Option<String>,
    /// Microspheres of an earlier radioembolisation.
    #[schemars(with = "Option<Words<Device>>")]
    pub(crate) device: Option<Device>,
    /// Activity of an earlier radioembolisation, with its instant.
    pub(crate) activity: Option<TimedActivityRow>,
    /// Territory of this case that an earlier radioembolisation went to.
    pub(crate) territory: Option<String>,
    /// Dose to the lungs from an earlier radioembolisation.
    pub(crate) lung_dose: Option<Written<AbsorbedDose>>,
    /// Dose to the normal liver that it went to.
    pub(crate) normal_liver_dose: Option<Written<AbsorbedDose>>,
    /// Dose to the tumours that it went to.
    pub(crate) tumour_dose: Option<Written<AbsorbedDose>>,
}

/// Laboratory values of one day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "laboratory")]
pub(crate) struct LaboratoryRow {
    /// Day on which blood was taken.
    pub(crate) taken: Written<Day>,
    /// Total bilirubin.
    pub(crate) bilirubin: Option<Written<Bilirubin>>,
    /// Albumin.
    pub(crate) albumin: Option<Written<Albumin>>,
    /// International normalised ratio, a number without unit.
    pub(crate) inr: Option<f64>,
    /// Creatinine.
    pub(crate) creatinine: Option<Written<Creatinine>>,
    /// Sodium.
    pub(crate) sodium: Option<Written<Sodium>>,
    /// Platelets.
    pub(crate) platelets: Option<Written<PlateletCount>>,
    /// Fluid in the abdomen.
    #[schemars(with = "Option<Words<Ascites>>")]
    pub(crate) ascites: Option<Ascites>,
    /// Hepatic encephalopathy.
    #[schemars(with = "Option<Words<Encephalopathy>>")]
    pub(crate) encephalopathy: Option<Encephalopathy>,
    /// Whether the patient was dialysed twice or more in the week before.
    #[serde(default)]
    pub(crate) dialysis: bool,
}

/// The microspheres.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "device")]
pub(crate) struct DeviceRow {
    /// Kind of microspheres.
    #[schemars(with = "Words<Device>")]
    pub(crate) kind: Device,
    /// Dose factor to compute with; without it that of the product.
    pub(crate) dose_factor: Option<Written<WrittenDoseFactor>>,
    /// Half-life to compute with; without it that of the nuclide.
    pub(crate) half_life: Option<Written<TimeSpan>>,
}

/// The liver as a whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "liver")]
pub(crate) struct LiverRow {
    /// Volume with the tumours in it.
    pub(crate) volume: Written<Capacity>,
    /// Volume of all tumours in it.
    #[schemars(extend("examples" = ["450 mL"]))]
    pub(crate) tumour_volume: Option<Written<Capacity>>,
    /// Density of liver and tumours.
    pub(crate) density: Option<Written<Density>>,
}

/// Both lungs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "lungs")]
pub(crate) struct LungsRow {
    /// Mass of both lungs; instead of `volume`.
    pub(crate) mass: Option<Written<Mass>>,
    /// Volume of both lungs; instead of `mass`.
    pub(crate) volume: Option<Written<Capacity>>,
    /// Density of lung.
    #[schemars(extend("examples" = ["0.26 g/mL"]))]
    pub(crate) density: Option<Written<Density>>,
    /// Where the figure comes from.
    pub(crate) source: Option<String>,
}

/// Where the images are: paths inside the folder of the case, or whole paths.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "images")]
pub(crate) struct ImagesRow {
    /// SPECT or SPECT/CT of MAA, file or folder.
    pub(crate) maa_spect: Option<String>,
    /// Unit of its numbers, where the file does not say it.
    pub(crate) maa_spect_units: Option<ImageUnits>,
    /// Resolution (FWHM) of the image; with it counts are corrected for blur.
    #[schemars(extend("examples" = ["12 mm"]))]
    pub(crate) maa_spect_resolution: Option<Written<Length>>,
    /// Part of it that a filter after reconstruction adds (FWHM).
    #[schemars(extend("examples" = ["7 mm"]))]
    pub(crate) maa_spect_filter: Option<Written<Length>>,
    /// How dose is predicted from it; without it `kernel`.
    pub(crate) maa_spect_method: Option<DoseMethod>,
    /// Planar views of MAA, both in one file or folder.
    pub(crate) maa_planar: Option<String>,
    /// Planar view of MAA from the front; with `maa_planar_posterior`.
    pub(crate) maa_planar_anterior: Option<String>,
    /// Planar view of MAA from the back; with `maa_planar_anterior`.
    pub(crate) maa_planar_posterior: Option<String>,
    /// Views in the order of the frames, where the files do not say them.
    #[serde(default)]
    pub(crate) maa_planar_views: Vec<PlanarViewName>,
    /// Outlines of lungs, liver and background in the planar views.
    pub(crate) maa_planar_regions: Option<String>,
    /// CT, file or folder.
    pub(crate) ct: Option<String>,
    /// Structures: RTSTRUCT, SEG, .seg.nrrd or label maps.
    #[serde(default)]
    pub(crate) structures: Vec<String>,
    /// Rigid registration (DICOM REG) between frames of reference.
    pub(crate) registration: Option<String>,
    /// PET or SPECT after treatment, file or folder.
    pub(crate) y90: Option<String>,
    /// Unit of its numbers, where the file does not say it.
    pub(crate) y90_units: Option<ImageUnits>,
    /// What may differ between images and case; with `accepted_reason`.
    #[serde(default)]
    pub(crate) accepted: Vec<ImageDifference>,
    /// Why it may.
    pub(crate) accepted_reason: Option<String>,
}

/// What a structure of the images is, where its name does not tell.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "structure")]
pub(crate) struct StructureRow {
    /// Name of the structure in the images.
    pub(crate) name: String,
    /// What it is.
    pub(crate) role: StructureRole,
}

/// Part of the liver that is treated from one position of the catheter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "territory")]
pub(crate) struct TerritoryRow {
    /// Name of the territory in this case.
    pub(crate) name: String,
    /// Part of the liver that it lies in.
    pub(crate) lobe: Lobe,
    /// Artery that feeds it.
    pub(crate) artery: Option<String>,
    /// Segments that it holds.
    #[serde(default)]
    pub(crate) segments: Vec<Segment>,
    /// Perfused volume with the tumours in it.
    pub(crate) volume: Option<Written<Capacity>>,
    /// Volume of the tumours in it.
    pub(crate) tumour_volume: Option<Written<Capacity>>,
    /// Density; without it that of the liver.
    pub(crate) density: Option<Written<Density>>,
    /// Name of the territory in the images.
    pub(crate) structure: Option<String>,
    /// Names in the images of the tumours in it.
    #[serde(default)]
    pub(crate) tumours: Vec<String>,
    /// Ratio of activity concentrations, tumour over normal liver.
    pub(crate) tumour_to_normal: Option<f64>,
    /// Lung shunt of this territory, where it was measured apart.
    pub(crate) lung_shunt: Option<Written<LungShuntFraction>>,
    /// Territories that share volume with it.
    #[serde(default)]
    pub(crate) overlaps_with: Vec<String>,
}

/// The work-up with MAA.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "work_up")]
pub(crate) struct WorkUpRow {
    /// Day of the work-up.
    pub(crate) date: Written<Day>,
    /// MAA that was given, with its instant.
    pub(crate) maa_activity: Option<TimedActivityRow>,
    /// Lung shunt as it was reported.
    pub(crate) lung_shunt: Option<Written<LungShuntFraction>>,
    /// Where the stated lung shunt comes from.
    pub(crate) lung_shunt_source: Option<String>,
    /// Counts of the planar views.
    pub(crate) planar_counts: Option<PlanarCountsRow>,
}

/// Counts in regions of the planar views; backgrounds are those of the same
/// region, all four or none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "planar_counts")]
pub(crate) struct PlanarCountsRow {
    /// Counts of the lungs from the front.
    pub(crate) lung_anterior: f64,
    /// Counts of the lungs from the back.
    pub(crate) lung_posterior: f64,
    /// Counts of the liver from the front.
    pub(crate) liver_anterior: f64,
    /// Counts of the liver from the back.
    pub(crate) liver_posterior: f64,
    /// Background in the region of the lungs from the front.
    pub(crate) lung_anterior_background: Option<f64>,
    /// Background in the region of the lungs from the back.
    pub(crate) lung_posterior_background: Option<f64>,
    /// Background in the region of the liver from the front.
    pub(crate) liver_anterior_background: Option<f64>,
    /// Background in the region of the liver from the back.
    pub(crate) liver_posterior_background: Option<f64>,
}
