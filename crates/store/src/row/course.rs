//! Rows of what became of a patient beside lesions.

use schemars::JsonSchema;
use serde::Deserialize;
use sirt_quantity::{Capacity, TimeSpan};

use crate::follow_words::{CauseWord, LaterTherapyWord};
use crate::instant::Day;
use crate::vocabulary::{LaboratoryTest, StatedAttribution, ToxicityTreatment};
use crate::written::Written;
use crate::written_amount::{AnyAmount, DayWithin, WrittenDrug};

/// Follow-up: what its tables are counted from, and files of rows beside the case.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "follow_up")]
pub(crate) struct FollowUpRow {
    /// Day of the scan that responses are counted from; without it the last at or before the first treatment.
    pub(crate) baseline: Option<Written<Day>>,
    /// Reader whose results count; without it the first of the tables.
    pub(crate) reader: Option<String>,
    /// Rows of `[[lesion]]` in a CSV file.
    #[schemars(extend("examples" = ["lesions.csv"]))]
    pub(crate) lesions: Option<String>,
    /// Rows of `[[scan]]` in a CSV file.
    pub(crate) scans: Option<String>,
    /// Rows of `[[measurement]]` in a CSV file.
    #[schemars(extend("examples" = ["measurements.csv"]))]
    pub(crate) measurements: Option<String>,
    /// Rows of `[[liver_volume]]` in a CSV file.
    pub(crate) liver_volumes: Option<String>,
    /// Rows of `[[marker]]` in a CSV file.
    #[schemars(extend("examples" = ["markers.csv"]))]
    pub(crate) markers: Option<String>,
    /// Rows of `[[symptom]]` in a CSV file.
    pub(crate) symptoms: Option<String>,
    /// Rows of `[[analogue]]` in a CSV file.
    pub(crate) analogues: Option<String>,
    /// Rows of `[[laboratory]]` in a CSV file.
    #[schemars(extend("examples" = ["laboratory.csv"]))]
    pub(crate) laboratory: Option<String>,
    /// Rows of `[[event]]` in a CSV file.
    pub(crate) events: Option<String>,
    /// Rows of `[[performance]]` in a CSV file.
    pub(crate) performance: Option<String>,
}

/// Volumes of the liver and its parts on one day, all with the tumours in them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "liver_volume")]
pub(crate) struct LiverVolumeRow {
    /// Day of the image.
    pub(crate) date: Written<Day>,
    /// Whole liver.
    pub(crate) liver: Option<Written<Capacity>>,
    /// Right lobe.
    #[schemars(extend("examples" = ["1200 mL"]))]
    pub(crate) right: Option<Written<Capacity>>,
    /// Left lobe.
    #[schemars(extend("examples" = ["600 mL"]))]
    pub(crate) left: Option<Written<Capacity>>,
    /// All tumours of the liver.
    #[schemars(extend("examples" = ["450 mL"]))]
    pub(crate) tumour: Option<Written<Capacity>>,
    /// Future remnant: what a resection would leave.
    #[schemars(extend("examples" = ["600 mL"]))]
    pub(crate) remnant: Option<Written<Capacity>>,
    /// How it was measured.
    pub(crate) note: Option<String>,
}

/// A tumour marker on one day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "marker")]
pub(crate) struct MarkerRow {
    /// Name of the marker.
    #[schemars(extend("examples" = ["chromogranin A"]))]
    pub(crate) name: String,
    /// Day of the sample.
    pub(crate) date: Written<Day>,
    /// Its value.
    pub(crate) value: Written<AnyAmount>,
    /// Upper limit of normal of that assay, in the unit of the value.
    #[schemars(extend("examples" = ["102 ug/L"]))]
    pub(crate) upper_limit: Option<Written<AnyAmount>>,
    /// Assay and laboratory; values of different ones are not compared.
    pub(crate) assay: Option<String>,
    /// What else raises it, such as a proton pump inhibitor.
    pub(crate) confounded_by: Option<String>,
}

/// A symptom on one day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "symptom")]
pub(crate) struct SymptomRow {
    /// Which one.
    #[schemars(extend("examples" = ["flushing"]))]
    pub(crate) name: String,
    /// Day of the report.
    pub(crate) date: Written<Day>,
    /// Scale of the grade.
    #[schemars(extend("examples" = ["0 none to 3 severe"]))]
    pub(crate) scale: Option<String>,
    /// Grade on the scale, 0 is none; beside `per_day` or instead.
    pub(crate) grade: Option<u8>,
    /// Times a day; beside `grade` or instead.
    pub(crate) per_day: Option<f64>,
}

/// A somatostatin analogue from one day on, until the next row.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "analogue")]
pub(crate) struct AnalogueRow {
    /// First day.
    pub(crate) from: Written<Day>,
    /// Drug by name.
    #[schemars(extend("examples" = ["octreotide LAR"]))]
    pub(crate) drug: String,
    /// One injection, in mg; 0 mg stops it.
    #[schemars(extend("examples" = ["30 mg"]))]
    pub(crate) dose: Written<WrittenDrug>,
    /// From one injection to the next; not for 0 mg.
    #[schemars(extend("examples" = ["28 d"]))]
    pub(crate) every: Option<Written<TimeSpan>>,
    /// Short-acting rescue of the same drug in a day.
    #[schemars(extend("examples" = ["0.3 mg"]))]
    pub(crate) rescue_per_day: Option<Written<WrittenDrug>>,
}

/// What is normal by the laboratory of a test, from one day on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "normal_range")]
pub(crate) struct NormalRangeRow {
    /// Test by name.
    pub(crate) test: LaboratoryTest,
    /// First day; without it from the beginning.
    pub(crate) from: Option<Written<Day>>,
    /// Lower limit.
    #[schemars(extend("examples" = ["35 g/L"]))]
    pub(crate) low: Option<Written<AnyAmount>>,
    /// Upper limit.
    #[schemars(extend("examples" = ["21 umol/L"]))]
    pub(crate) high: Option<Written<AnyAmount>>,
}

/// An adverse event.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "event")]
pub(crate) struct EventRow {
    /// Term of CTCAE, or in words.
    #[schemars(extend("examples" = ["Duodenal ulcer"]))]
    pub(crate) term: String,
    /// Grade of CTCAE, 1 to 5.
    pub(crate) grade: Option<u8>,
    /// Day of onset.
    pub(crate) start: Written<Day>,
    /// Day of its end, where it ended.
    pub(crate) end: Option<Written<Day>>,
    /// Organ that it is of.
    pub(crate) organ: Option<String>,
    /// How it stands to the treatment, as a person judged it.
    pub(crate) attribution: Option<StatedAttribution>,
    /// Finding of the work-up that it goes back to, as `[[clearance]]` or the plan names it.
    pub(crate) finding: Option<String>,
    /// What was done about it.
    pub(crate) treatment: Option<ToxicityTreatment>,
    /// More of it in words.
    pub(crate) note: Option<String>,
}

/// Performance status on one day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "performance")]
pub(crate) struct PerformanceRow {
    /// Day of the visit.
    pub(crate) date: Written<Day>,
    /// ECOG, 0 to 4.
    pub(crate) ecog: Option<u8>,
    /// Karnofsky in percent, 10 to 100.
    pub(crate) karnofsky: Option<u8>,
}

/// A treatment after the radioembolisations of this case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "later_therapy")]
pub(crate) struct LaterTherapyRow {
    /// What was done.
    pub(crate) kind: LaterTherapyWord,
    /// Day of it, or of its first part.
    pub(crate) date: Written<Day>,
    /// More of it in words.
    pub(crate) note: Option<String>,
}

/// Alive or dead, by the last that is known.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "status")]
pub(crate) struct StatusRow {
    /// Last day on which the patient was known to be alive; instead of `died`.
    pub(crate) alive: Option<Written<Day>>,
    /// Day of death; instead of `alive`.
    pub(crate) died: Option<Written<DayWithin>>,
    /// Why; with `died`.
    pub(crate) cause: Option<CauseWord>,
    /// Why, in words.
    #[schemars(extend("examples" = ["pulmonary disease"]))]
    pub(crate) cause_in_words: Option<String>,
}
