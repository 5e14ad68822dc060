//! What became of the patient of a case, as its file says it.

use jiff::civil::Date;
use sirt_outcome::{
    AnaloguePrescription, Certainty, Day, Diameter, Lesion, LesionFinding, MarkerValue, Modality,
    NewLesionEvidence, Organ, PetReference, StatedNonTarget, Status, SymptomValue, TreatmentKind,
};
use sirt_quantity::{Capacity, EnzymeActivity, Haemoglobin, LymphocyteCount};

use crate::vocabulary::{LaboratoryTest, StatedAttribution, ToxicityTreatment};

/// Follow-up of a case; empty where nobody followed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FollowUp {
    /// Day of the scan that responses are counted from, where the case states it.
    pub baseline: Option<Day>,
    /// Reader whose results count, where the case states one.
    pub reader: Option<String>,
    /// Files of rows beside the case, by name.
    pub files: Vec<String>,
    /// Lesions, as the file orders them.
    pub lesions: Vec<FollowedLesion>,
    /// Scans as a whole, as the file orders them.
    pub scans: Vec<Scan>,
    /// What was seen of each lesion, as the file orders it.
    pub measurements: Vec<Measurement>,
    /// Volumes of the liver, oldest first.
    pub liver_volumes: Vec<LiverVolumes>,
    /// Tumour markers, oldest first.
    pub markers: Vec<MarkerSample>,
    /// Symptoms, oldest first.
    pub symptoms: Vec<SymptomReport>,
    /// Somatostatin analogues, oldest first.
    pub analogues: Vec<AnaloguePrescription>,
    /// What is normal by the laboratory.
    pub normal_ranges: Vec<NormalRange>,
    /// Adverse events, oldest first.
    pub events: Vec<CaseEvent>,
    /// Performance status, oldest first.
    pub performance: Vec<Performance>,
    /// Treatments after the radioembolisations, oldest first.
    pub later_therapies: Vec<LaterTherapy>,
    /// Alive or dead.
    pub status: Option<StatedStatus>,
}

impl FollowUp {
    /// Whether nothing is there to follow by: a work-up alone has no follow-up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.measurements.is_empty()
            && self.scans.is_empty()
            && self.liver_volumes.is_empty()
            && self.markers.is_empty()
            && self.symptoms.is_empty()
            && self.events.is_empty()
            && self.performance.is_empty()
            && self.status.is_none()
    }
}

/// A lesion of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowedLesion {
    /// What criteria know of it; its dose is the stated one.
    pub lesion: Lesion,
    /// Where in the organ.
    pub site: Option<String>,
    /// Territory by name.
    pub territory: Option<String>,
    /// Name of its structure in the images.
    pub structure: Option<String>,
    /// Where the stated dose comes from.
    pub dose_source: Option<String>,
}

/// A scan as a whole by one reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// Day.
    pub day: Day,
    /// Reader by name.
    pub reader: String,
    /// Visit, where it is named.
    pub visit: Option<String>,
    /// What made the image.
    pub modality: Modality,
    /// Thickness of the slices.
    pub slice_thickness: Option<Diameter>,
    /// What is said of all lesions that are no targets.
    pub non_target: Option<StatedNonTarget>,
    /// Overall response by RECIST 1.1 as stated.
    pub stated_response: Option<String>,
    /// What a PET is compared by.
    pub pet: Option<PetReference>,
}

/// One lesion on one day by one reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Day of the scan.
    pub day: Day,
    /// Reader by name.
    pub reader: String,
    /// Visit, where it is named.
    pub visit: Option<String>,
    /// What made the image; none where the scan says it.
    pub modality: Option<Modality>,
    /// Thickness of the slices.
    pub slice_thickness: Option<Diameter>,
    /// The lesion, by its place in the list, and what was seen of it.
    pub finding: LesionFinding,
    /// Whether it is new, how sure, and by what.
    pub new: Option<(Certainty, NewLesionEvidence)>,
    /// The organ as this reading says it.
    pub organ: Option<Organ>,
}

/// Volumes of the liver and its parts on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct LiverVolumes {
    /// Day of the image.
    pub day: Day,
    /// Whole liver with the tumours in it.
    pub liver: Option<Capacity>,
    /// Right lobe with its tumours.
    pub right: Option<Capacity>,
    /// Left lobe with its tumours.
    pub left: Option<Capacity>,
    /// All tumours.
    pub tumour: Option<Capacity>,
    /// Future remnant.
    pub remnant: Option<Capacity>,
    /// How it was measured.
    pub note: Option<String>,
}

/// A value of a marker, with what else raises it.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerSample {
    /// Name of the marker.
    pub name: String,
    /// The value.
    pub value: MarkerValue,
    /// What else raises it, in words.
    pub confounded_by: Option<String>,
}

/// A symptom on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct SymptomReport {
    /// Which one.
    pub name: String,
    /// Scale of the grade.
    pub scale: Option<String>,
    /// Grade and frequency.
    pub value: SymptomValue,
}

/// What is normal by the laboratory of a test, from one day on, in the unit
/// that grades compare in.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalRange {
    /// The test.
    pub test: LaboratoryTest,
    /// First day; none from the beginning.
    pub from: Option<Day>,
    /// Lower limit.
    pub low: Option<f64>,
    /// Upper limit.
    pub high: Option<f64>,
}

/// Tests of the blood that scores of liver function do not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BloodTests {
    /// Alanine aminotransferase.
    pub alt: Option<EnzymeActivity>,
    /// Aspartate aminotransferase.
    pub ast: Option<EnzymeActivity>,
    /// Alkaline phosphatase.
    pub alp: Option<EnzymeActivity>,
    /// Gamma-glutamyltransferase.
    pub ggt: Option<EnzymeActivity>,
    /// Lymphocytes.
    pub lymphocytes: Option<LymphocyteCount>,
    /// Haemoglobin.
    pub haemoglobin: Option<Haemoglobin>,
    /// Lipase.
    pub lipase: Option<EnzymeActivity>,
    /// Amylase.
    pub amylase: Option<EnzymeActivity>,
    /// Whether bile ducts are obstructed, where somebody looked.
    pub bile_duct_obstruction: Option<bool>,
}

/// An adverse event of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEvent {
    /// Term of CTCAE, or in words.
    pub term: String,
    /// Grade, 1 to 5.
    pub grade: Option<u8>,
    /// Day of onset.
    pub onset: Day,
    /// Day of its end.
    pub resolved: Option<Day>,
    /// Organ.
    pub organ: Option<String>,
    /// How it stands to the treatment, as a person judged it.
    pub attribution: Option<StatedAttribution>,
    /// Finding of the work-up that it goes back to.
    pub finding: Option<String>,
    /// What was done about it.
    pub treatment: Option<ToxicityTreatment>,
    /// In words.
    pub note: Option<String>,
}

/// Performance status on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Performance {
    /// Day of the visit.
    pub day: Day,
    /// ECOG, 0 to 4.
    pub ecog: Option<u8>,
    /// Karnofsky, percent.
    pub karnofsky: Option<u8>,
}

/// A treatment after the radioembolisations of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterTherapy {
    /// What it is to response.
    pub kind: TreatmentKind,
    /// What was done, in words.
    pub name: &'static str,
    /// Day.
    pub day: Day,
    /// More of it in words.
    pub note: Option<String>,
}

/// Alive or dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedStatus {
    /// Day and cause.
    pub status: Status,
    /// The cause in words.
    pub cause_in_words: Option<String>,
}

/// The day of the calendar as criteria count it.
pub(crate) fn counted(date: Date) -> Day {
    let epoch = jiff::civil::date(1970, 1, 1);
    // Dates of a case are of four digits; the span in days fits by far.
    let days = date.since(epoch).map_or(0, |span| span.get_days());
    Day::from_number(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_days_as_outcome_does() {
        for text in ["1969-12-31", "1970-01-01", "2000-02-29", "2028-09-14"] {
            let date: Date = text.parse().unwrap();
            assert_eq!(counted(date), Day::parse(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_case_without_follow_up_is_empty() {
        assert!(FollowUp::default().is_empty());
    }
}
