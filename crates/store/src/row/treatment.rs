//! Rows of the treatment: goals, prescriptions, vials, administrations, and
//! what people decided and signed.

use schemars::JsonSchema;
use serde::Deserialize;
use sirt_quantity::{AbsorbedDose, Activity, Capacity, Fraction, Length, ResidualFraction};

use crate::Instant;
use crate::images::{DoseMethod, ImageUnits};
use crate::instant::Day;
use crate::vocabulary::{Intent, PrescriptionMethod};
use crate::written::Written;

/// An activity and the instant at which it is, or was, that.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "timed_activity")]
pub(crate) struct TimedActivityRow {
    /// The activity.
    pub(crate) activity: Written<Activity>,
    /// The instant that the activity refers to.
    pub(crate) at: Written<Instant>,
}

/// A finding that a person looked at and cleared.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "clearance")]
pub(crate) struct ClearanceRow {
    /// The finding, as the plan names it.
    pub(crate) finding: String,
    /// Who cleared it.
    pub(crate) by: String,
    /// Why it does not stop the treatment.
    pub(crate) reason: String,
    /// Day of the decision.
    pub(crate) date: Written<Day>,
}

/// The doses to reach and to stay below; each with its source.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "goals")]
pub(crate) struct GoalsRow {
    /// Mean dose that tumours should reach.
    pub(crate) tumour: Option<Written<AbsorbedDose>>,
    /// Where the tumour dose comes from.
    pub(crate) tumour_source: Option<String>,
    /// Mean dose that the perfused volume should reach.
    pub(crate) perfused: Option<Written<AbsorbedDose>>,
    /// Where the dose to the perfused volume comes from.
    pub(crate) perfused_source: Option<String>,
    /// Mean dose to normal liver to stay below.
    #[schemars(extend("examples" = ["40 Gy"]))]
    pub(crate) normal_liver: Option<Written<AbsorbedDose>>,
    /// Where the limit of normal liver comes from.
    pub(crate) normal_liver_source: Option<String>,
    /// Mean dose to the lungs to stay below.
    #[schemars(extend("examples" = ["30 Gy"]))]
    pub(crate) lung: Option<Written<AbsorbedDose>>,
    /// Where the limit of the lungs comes from.
    pub(crate) lung_source: Option<String>,
}

/// What is to be given to one territory.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "prescription")]
pub(crate) struct PrescriptionRow {
    /// Territory by name.
    pub(crate) territory: String,
    /// How the activity was found.
    pub(crate) method: PrescriptionMethod,
    /// Activity that the territory is to receive.
    pub(crate) activity: Option<Written<Activity>>,
    /// Planned instant of administration.
    pub(crate) at: Option<Written<Instant>>,
    /// What the treatment is for.
    pub(crate) intent: Intent,
    /// Part that is expected to stay in vial and tubing.
    pub(crate) expected_residual: Option<Written<ResidualFraction>>,
    /// By how much the administered activity may differ.
    #[schemars(extend("examples" = ["10 %"]))]
    pub(crate) tolerance: Option<Written<Fraction>>,
}

/// When the room is booked, and for what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "session")]
pub(crate) struct SessionRow {
    /// Earliest instant of an infusion.
    pub(crate) earliest: Written<Instant>,
    /// Latest instant of an infusion.
    pub(crate) latest: Written<Instant>,
    /// Territories to treat then; without them all.
    #[serde(default)]
    pub(crate) territories: Vec<String>,
}

/// A calibration instant on offer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "calibration")]
pub(crate) struct CalibrationRow {
    /// Calibration instant.
    pub(crate) at: Written<Instant>,
    /// Activities of vials at that instant.
    pub(crate) sizes: Vec<Written<Activity>>,
}

/// A vial.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "vial")]
pub(crate) struct VialRow {
    /// What its label says, such as the lot.
    pub(crate) label: String,
    /// Activity at the calibration instant.
    pub(crate) activity: Written<Activity>,
    /// Calibration instant.
    pub(crate) calibrated: Written<Instant>,
    /// Volume, where part of it is drawn.
    #[schemars(extend("examples" = ["5 mL"]))]
    pub(crate) volume: Option<Written<Capacity>>,
    /// Instant after which it may not be given.
    pub(crate) expires: Option<Written<Instant>>,
}

/// One infusion.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "administration")]
pub(crate) struct AdministrationRow {
    /// Territory by name.
    pub(crate) territory: String,
    /// Instant of the infusion.
    pub(crate) at: Written<Instant>,
    /// Measured before it, with the instant of the measurement.
    pub(crate) assay: TimedActivityRow,
    /// Measured in vial and tubing after it, with the instant of the measurement.
    pub(crate) residual: Option<TimedActivityRow>,
    /// Part of the assay that was given, where no residual was measured.
    pub(crate) delivered: Option<Written<Fraction>>,
    /// Whether flow stopped before the end.
    #[serde(default)]
    pub(crate) stasis: bool,
    /// Vial by label.
    pub(crate) vial: Option<String>,
    /// More of it in words.
    pub(crate) note: Option<String>,
    /// PET or SPECT that shows where it went.
    pub(crate) image: Option<DeliveredImageRow>,
}

/// PET or SPECT after an infusion, or the dose that was computed from it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "delivered_image")]
pub(crate) struct DeliveredImageRow {
    /// PET or SPECT.
    #[schemars(extend("examples" = ["y90/pet"]))]
    pub(crate) activity: Option<String>,
    /// `result.json` of an earlier `sirt dose`, in place of the image.
    #[schemars(extend("examples" = ["y90/dose/result.json"]))]
    pub(crate) result: Option<String>,
    /// Unit of its numbers, where the file does not say it.
    pub(crate) units: Option<ImageUnits>,
    /// Instant that its numbers refer to, where the file does not say it.
    pub(crate) at: Option<Written<Instant>>,
    /// Its resolution, full width at half maximum, for the uncertainty.
    #[schemars(extend("examples" = ["6.5 mm"]))]
    pub(crate) resolution: Option<Written<Length>>,
    /// CT; without it that of `[images]`.
    pub(crate) ct: Option<String>,
    /// Structures; without them those of `[images]`.
    #[serde(default)]
    pub(crate) structures: Vec<String>,
    /// Rigid registration between frames of reference.
    pub(crate) registration: Option<String>,
    /// How dose is computed; without it `kernel`.
    pub(crate) method: Option<DoseMethod>,
    /// Territories whose infusions it shows; without them its own.
    #[serde(default)]
    pub(crate) territories: Vec<String>,
}

/// A rule that a person set aside.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "override")]
pub(crate) struct OverrideRow {
    /// The rule, as the plan names it.
    pub(crate) rule: String,
    /// Who set it aside.
    pub(crate) by: String,
    /// Why.
    pub(crate) reason: String,
    /// Day of the decision.
    pub(crate) date: Written<Day>,
}

/// A signature; the program writes it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "signature")]
pub(crate) struct SignatureRow {
    /// In which role.
    #[schemars(extend("examples" = ["Medical physicist"]))]
    pub(crate) role: String,
    /// Who signed.
    pub(crate) name: String,
    /// When.
    pub(crate) at: Written<Instant>,
    /// Fingerprint of what was signed.
    pub(crate) content: String,
}
