//! Rows of lesions and of what readers saw of them.

use schemars::JsonSchema;
use serde::Deserialize;
use sirt_quantity::{AbsorbedDose, Capacity, Length};

use crate::follow_words::{
    CertaintyWord, EvidenceWord, KindWord, MeasurableWord, ModalityWord, NonTargetWord, OrganWord,
    RoleWord, StateWord, TracerWord, UptakeWord,
};
use crate::instant::Day;
use crate::written::Written;
use crate::written_amount::{WrittenAttenuation, WrittenGlycolysis, WrittenUptake};

/// A lesion: what stays the same from scan to scan.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "lesion")]
pub(crate) struct LesionRow {
    /// Name that lasts from scan to scan (DICOM Tracking Identifier).
    #[schemars(extend("examples" = ["L1"]))]
    pub(crate) id: String,
    /// DICOM Tracking UID.
    pub(crate) tracking_uid: Option<String>,
    /// Organ that holds it.
    pub(crate) organ: OrganWord,
    /// Where in the organ, in words.
    #[schemars(extend("examples" = ["segment VI"]))]
    pub(crate) site: Option<String>,
    /// Mass or lymph node; without it a node in lymph nodes and a mass elsewhere.
    pub(crate) kind: Option<KindWord>,
    /// What the reader made of it; without it criteria choose targets by their rules.
    pub(crate) role: Option<RoleWord>,
    /// Whether it can be a target; without it by its size.
    pub(crate) measurable: Option<MeasurableWord>,
    /// Territory by name.
    pub(crate) territory: Option<String>,
    /// Name of its structure in the images, which gives it its dose.
    pub(crate) structure: Option<String>,
    /// Lesion that it broke off from.
    pub(crate) fragment_of: Option<String>,
    /// Mean absorbed dose of all treatments, where no structure gives it.
    pub(crate) dose: Option<Written<AbsorbedDose>>,
    /// Where the stated dose comes from.
    pub(crate) dose_source: Option<String>,
}

/// One lesion on one day by one reader; what was not measured is left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "measurement")]
pub(crate) struct MeasurementRow {
    /// Lesion by its name.
    pub(crate) lesion: String,
    /// Day of the scan.
    pub(crate) date: Written<Day>,
    /// Who measured; without it the reader of `[follow_up]`.
    pub(crate) reader: Option<String>,
    /// Visit; scans of one visit are read as one, on its first day.
    pub(crate) visit: Option<String>,
    /// What made the image; without it that of the `[[scan]]` of the day.
    pub(crate) modality: Option<ModalityWord>,
    /// Thickness of the slices.
    #[schemars(extend("examples" = ["3 mm"]))]
    pub(crate) slice_thickness: Option<Written<Length>>,
    /// Whether it could be seen; without it `present`.
    pub(crate) state: Option<StateWord>,
    /// Lesion that it grew into; with `state = "merged"`.
    pub(crate) into: Option<String>,
    /// Longest diameter in the axial plane.
    #[schemars(extend("examples" = ["38 mm"]))]
    pub(crate) long_axis: Option<Written<Length>>,
    /// Longest diameter across the long axis.
    #[schemars(extend("examples" = ["31 mm"]))]
    pub(crate) perpendicular: Option<Written<Length>>,
    /// Short axis of a lymph node.
    #[schemars(extend("examples" = ["16 mm"]))]
    pub(crate) short_axis: Option<Written<Length>>,
    /// Longest diameter of the part that enhances in the arterial phase.
    #[schemars(extend("examples" = ["29 mm"]))]
    pub(crate) enhancing_long_axis: Option<Written<Length>>,
    /// Diameter of that part across the former.
    #[schemars(extend("examples" = ["24 mm"]))]
    pub(crate) enhancing_perpendicular: Option<Written<Length>>,
    /// Volume.
    #[schemars(extend("examples" = ["28 mL"]))]
    pub(crate) volume: Option<Written<Capacity>>,
    /// Volume of the part that enhances.
    #[schemars(extend("examples" = ["14 mL"]))]
    pub(crate) enhancing_volume: Option<Written<Capacity>>,
    /// Mean density on portal venous CT.
    pub(crate) density: Option<Written<WrittenAttenuation>>,
    /// Largest SUV by body weight.
    pub(crate) suv_max: Option<Written<WrittenUptake>>,
    /// Mean SUL in the hottest sphere of 1 cm³.
    pub(crate) sul_peak: Option<Written<WrittenUptake>>,
    /// Total lesion glycolysis.
    pub(crate) glycolysis: Option<Written<WrittenGlycolysis>>,
    /// Longest extent of the uptake.
    #[schemars(extend("examples" = ["35 mm"]))]
    pub(crate) uptake_extent: Option<Written<Length>>,
    /// Uptake as seen against baseline.
    pub(crate) uptake: Option<UptakeWord>,
    /// How sure the reader is that it was not there at baseline.
    pub(crate) new: Option<CertaintyWord>,
    /// What shows a new lesion; without it `anatomical`.
    pub(crate) evidence: Option<EvidenceWord>,
    /// Whether a nodule within it was not there before.
    #[serde(default)]
    pub(crate) new_nodule: bool,
    /// Organ as this reading says it, where it does.
    pub(crate) organ: Option<OrganWord>,
}

/// One scan as a whole by one reader.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "scan")]
pub(crate) struct ScanRow {
    /// Day of the scan.
    pub(crate) date: Written<Day>,
    /// Who read it; without it the reader of `[follow_up]`.
    pub(crate) reader: Option<String>,
    /// Visit; scans of one visit are read as one, on its first day.
    pub(crate) visit: Option<String>,
    /// What made the image.
    pub(crate) modality: ModalityWord,
    /// Thickness of the slices.
    #[schemars(extend("examples" = ["3 mm"]))]
    pub(crate) slice_thickness: Option<Written<Length>>,
    /// What the reader says of all lesions that are no targets.
    pub(crate) non_target: Option<NonTargetWord>,
    /// Overall response by RECIST 1.1 as the reader states it, to be compared.
    #[schemars(extend("examples" = ["PR"]))]
    pub(crate) stated_response: Option<String>,
    /// Tracer of a PET.
    pub(crate) tracer: Option<TracerWord>,
    /// Mean SUL of a 3 cm sphere in the right lobe of the liver.
    pub(crate) liver_mean: Option<Written<WrittenUptake>>,
    /// Standard deviation there.
    pub(crate) liver_deviation: Option<Written<WrittenUptake>>,
    /// Mean SUL of the blood pool.
    pub(crate) blood_mean: Option<Written<WrittenUptake>>,
    /// Standard deviation there.
    pub(crate) blood_deviation: Option<Written<WrittenUptake>>,
    /// Whether the liver is too diseased to be a reference.
    #[serde(default)]
    pub(crate) liver_diseased: bool,
    /// Minutes from injection to scan.
    pub(crate) uptake_minutes: Option<u16>,
}
