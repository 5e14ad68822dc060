//! A case: what the file says, in the types that a planner computes with.
//!
//! Fields are public and hold no default for what the file leaves open: that
//! is none, or empty. Cross-references (territories, vials) are by name and
//! were checked when the case was read.

use jiff::civil::Date;
use sirt_dosimetry::Device;
use sirt_outcome::{ExtrahepaticSite, LaboratoryValues, Sex};
use sirt_quantity::{
    AbsorbedDose, Activity, Capacity, Density, DoseFactor, Fraction, Length, LungShuntFraction,
    Mass, ResidualFraction, TimeSpan,
};

use crate::Instant;
use crate::follow_up::{BloodTests, FollowUp};
use crate::images::{DeliveredImage, Images};
use crate::vocabulary::{
    Intent, Lobe, PrescriptionMethod, Segment, StructureRole, TherapyKind, TumourType,
};

/// A case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The patient.
    pub patient: Patient,
    /// The disease.
    pub disease: Disease,
    /// What was done before, as the file orders it.
    pub prior_therapies: Vec<PriorTherapy>,
    /// Laboratory values, oldest first.
    pub laboratory: Vec<Laboratory>,
    /// The microspheres.
    pub device: DeviceChoice,
    /// The liver as a whole.
    pub liver: Option<Liver>,
    /// Both lungs.
    pub lungs: Option<TissueMass>,
    /// Where the images are.
    pub images: Images,
    /// What structures of the images are.
    pub structures: Vec<Structure>,
    /// Territories, as the file orders them.
    pub territories: Vec<Territory>,
    /// The work-up.
    pub work_up: Option<WorkUp>,
    /// Findings that a person cleared.
    pub clearances: Vec<Clearance>,
    /// The doses to reach and to stay below.
    pub goals: Goals,
    /// What is to be given.
    pub prescriptions: Vec<Prescription>,
    /// When the room is booked.
    pub sessions: Vec<Session>,
    /// Calibration instants on offer.
    pub calibrations: Vec<CalibrationOffer>,
    /// Vials that are ordered or there.
    pub vials: Vec<Vial>,
    /// What was given, oldest first.
    pub administrations: Vec<Administration>,
    /// What became of the patient.
    pub follow_up: FollowUp,
    /// Rules that a person set aside.
    pub overrides: Vec<Override>,
    /// Who signed, and what; as the file orders it.
    pub signatures: Vec<Signature>,
}

impl Case {
    /// The territory of a name.
    #[must_use]
    pub fn territory(&self, name: &str) -> Option<&Territory> {
        self.territories
            .iter()
            .find(|territory| territory.name == name)
    }

    /// The vial of a label.
    #[must_use]
    pub fn vial(&self, label: &str) -> Option<&Vial> {
        self.vials.iter().find(|vial| vial.label == label)
    }

    /// The last laboratory values that a treatment of this case could be planned
    /// by: none of after the last infusion, given or planned.
    #[must_use]
    pub fn laboratory_before_treatment(&self) -> Option<&Laboratory> {
        let given = self.administrations.iter().map(|given| given.at);
        let planned = self.prescriptions.iter().filter_map(|planned| planned.at);
        let last = given.chain(planned).map(Instant::date).max();
        self.laboratory
            .iter()
            .rev()
            .find(|day| last.is_none_or(|last| day.taken <= last))
    }

    /// Dose to the lungs from earlier radioembolisations, as far as it is stated.
    #[must_use]
    pub fn earlier_lung_dose(&self) -> AbsorbedDose {
        self.prior_therapies
            .iter()
            .filter_map(|therapy| therapy.lung_dose)
            .sum()
    }
}

/// The name of a patient in a case; not printed by `{:?}`, so that it enters
/// no error and no log by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Pseudonym(pub(crate) String);

impl Pseudonym {
    /// From text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonym(..)")
    }
}

/// The patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Patient {
    /// Name in this case.
    pub pseudonym: Pseudonym,
    /// Sex.
    pub sex: Sex,
    /// Age or year of birth.
    pub age: Age,
    /// Height, 50 to 250 cm.
    pub height: Length,
    /// Weight, 10 to 400 kg.
    pub weight: Mass,
}

/// How old a patient is, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Years at the work-up, 0 to 120.
    Years(u16),
    /// Year of birth.
    BornIn(i16),
}

impl Age {
    /// Years on a day; to one year where only the year of birth is known.
    #[must_use]
    pub fn years_on(self, day: Date) -> u16 {
        match self {
            Self::Years(years) => years,
            Self::BornIn(year) => u16::try_from(day.year() - year).unwrap_or(0),
        }
    }
}

/// The disease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disease {
    /// Kind of tumour.
    pub tumour_type: TumourType,
    /// Whether the liver is cirrhotic.
    pub cirrhosis: bool,
    /// Whether there is PBC or PSC.
    pub cholestatic: bool,
    /// In words.
    pub description: Option<String>,
}

/// An activity and the instant at which it is, or was, that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedActivity {
    /// The activity.
    pub activity: Activity,
    /// The instant.
    pub at: Instant,
}

impl TimedActivity {
    /// The activity at another instant.
    #[must_use]
    pub fn decayed_to(self, at: Instant, half_life: TimeSpan) -> Activity {
        self.activity * sirt_quantity::decay_factor(at.since(self.at), half_life)
    }
}

/// One treatment before this one.
#[derive(Debug, Clone, PartialEq)]
pub struct PriorTherapy {
    /// What was done.
    pub kind: TherapyKind,
    /// Day of it.
    pub date: Date,
    /// In words.
    pub note: Option<String>,
    /// Microspheres; of a radioembolisation only, as all that follow.
    pub device: Option<Device>,
    /// Activity.
    pub activity: Option<TimedActivity>,
    /// Territory of this case that it went to.
    pub territory: Option<String>,
    /// Dose to the lungs.
    pub lung_dose: Option<AbsorbedDose>,
    /// Dose to the normal liver that it went to.
    pub normal_liver_dose: Option<AbsorbedDose>,
    /// Dose to the tumours that it went to.
    pub tumour_dose: Option<AbsorbedDose>,
}

/// Laboratory values of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Laboratory {
    /// Day on which blood was taken.
    pub taken: Date,
    /// The values that scores of liver function ask for.
    pub values: LaboratoryValues,
    /// Other tests of the blood.
    pub tests: BloodTests,
}

/// The microspheres and what to compute with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeviceChoice {
    /// Kind of microspheres.
    pub device: Device,
    /// Dose factor, where the case states one.
    pub dose_factor: Option<DoseFactor>,
    /// Half-life, where the case states one.
    pub half_life: Option<TimeSpan>,
}

/// The liver as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Liver {
    /// Volume with the tumours in it.
    pub volume: Capacity,
    /// Volume of all tumours in it.
    pub tumour_volume: Option<Capacity>,
    /// Density.
    pub density: Density,
}

impl Liver {
    /// Mass with the tumours in it.
    #[must_use]
    pub fn mass(&self) -> Mass {
        self.density * self.volume
    }

    /// Mass of the tumours.
    #[must_use]
    pub fn tumour_mass(&self) -> Option<Mass> {
        Some(self.density * self.tumour_volume?)
    }

    /// Mass without the tumours.
    #[must_use]
    pub fn normal_mass(&self) -> Option<Mass> {
        Some(self.mass() - self.tumour_mass()?)
    }
}

/// A mass with the density it was taken with.
#[derive(Debug, Clone, PartialEq)]
pub struct TissueMass {
    /// The mass.
    pub mass: Mass,
    /// The density.
    pub density: Density,
    /// Where the figure comes from.
    pub source: Option<String>,
}

impl TissueMass {
    /// The volume that mass and density give.
    #[must_use]
    pub fn volume(&self) -> Capacity {
        Capacity::from_ml(self.mass.as_g() / self.density.as_g_per_ml())
    }
}

/// What a structure of the images is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// Name in the images.
    pub name: String,
    /// What it is.
    pub role: StructureRole,
}

/// Part of the liver that is treated from one position of the catheter.
#[derive(Debug, Clone, PartialEq)]
pub struct Territory {
    /// Name in this case.
    pub name: String,
    /// Part of the liver.
    pub lobe: Lobe,
    /// Artery that feeds it.
    pub artery: Option<String>,
    /// Segments that it holds.
    pub segments: Vec<Segment>,
    /// Perfused volume with the tumours in it.
    pub volume: Option<Capacity>,
    /// Volume of the tumours in it.
    pub tumour_volume: Option<Capacity>,
    /// Density, its own or that of the liver; there is one with every volume.
    pub density: Option<Density>,
    /// Name in the images.
    pub structure: Option<String>,
    /// Names in the images of the tumours in it.
    pub tumours: Vec<String>,
    /// Ratio of activity concentrations, tumour over normal liver, 0 to 100.
    pub tumour_to_normal: Option<f64>,
    /// Lung shunt of this territory, where it was measured apart.
    pub lung_shunt: Option<LungShuntFraction>,
    /// Territories that share volume with it.
    pub overlaps_with: Vec<String>,
}

impl Territory {
    /// Mass with the tumours in it.
    #[must_use]
    pub fn mass(&self) -> Option<Mass> {
        Some(self.density? * self.volume?)
    }

    /// Mass of the tumours in it.
    #[must_use]
    pub fn tumour_mass(&self) -> Option<Mass> {
        Some(self.density? * self.tumour_volume?)
    }

    /// Mass without the tumours.
    #[must_use]
    pub fn normal_mass(&self) -> Option<Mass> {
        Some(self.mass()? - self.tumour_mass()?)
    }

    /// Whether one of the two says that it overlaps with the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.overlaps_with.contains(&other.name) || other.overlaps_with.contains(&self.name)
    }
}

/// The work-up.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkUp {
    /// Day of it.
    pub date: Date,
    /// MAA that was given.
    pub maa_activity: Option<TimedActivity>,
    /// Lung shunt as it was reported.
    pub stated_shunt: Option<StatedShunt>,
    /// Organs outside of the liver in which it showed uptake; none where nobody says.
    pub extrahepatic: Option<Vec<ExtrahepaticSite>>,
    /// Counts of the planar views.
    pub planar_counts: Option<PlanarCounts>,
}

/// A lung shunt as it was reported.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedShunt {
    /// The shunt.
    pub fraction: LungShuntFraction,
    /// Where it comes from.
    pub source: String,
}

/// Counts in regions of the planar views, each anterior and posterior.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanarCounts {
    /// Counts of the lungs.
    pub lung: [f64; 2],
    /// Counts of the liver.
    pub liver: [f64; 2],
    /// Background in the same regions, lungs and liver.
    pub background: Option<[[f64; 2]; 2]>,
}

/// A finding that a person looked at and cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearance {
    /// The finding.
    pub finding: String,
    /// Who cleared it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Day of the decision.
    pub date: Date,
}

/// A dose to reach or to stay below.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// Mean dose.
    pub dose: AbsorbedDose,
    /// Where it comes from.
    pub source: Option<String>,
}

/// The doses to reach (tumour, perfused) and to stay below (normal liver, lung).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Goals {
    /// Of tumours.
    pub tumour: Option<Goal>,
    /// Of the perfused volume.
    pub perfused: Option<Goal>,
    /// Of normal liver.
    pub normal_liver: Option<Goal>,
    /// Of the lungs.
    pub lung: Option<Goal>,
}

/// What is to be given to one territory.
#[derive(Debug, Clone, PartialEq)]
pub struct Prescription {
    /// Territory by name.
    pub territory: String,
    /// How the activity was found.
    pub method: PrescriptionMethod,
    /// Activity that the territory is to receive, and when.
    pub activity: Option<TimedActivity>,
    /// Planned instant of administration.
    pub at: Option<Instant>,
    /// What the treatment is for.
    pub intent: Intent,
    /// Part that is expected to stay in vial and tubing.
    pub expected_residual: Option<ResidualFraction>,
    /// By how much the administered activity may differ.
    pub tolerance: Option<Fraction>,
}

/// When the room is booked, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Earliest instant of an infusion.
    pub earliest: Instant,
    /// Latest instant of an infusion.
    pub latest: Instant,
    /// Territories to treat then; empty for all.
    pub territories: Vec<String>,
}

/// A calibration instant on offer.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationOffer {
    /// The instant.
    pub at: Instant,
    /// Activities of vials at it.
    pub sizes: Vec<Activity>,
}

/// A vial.
#[derive(Debug, Clone, PartialEq)]
pub struct Vial {
    /// What its label says.
    pub label: String,
    /// Activity at the calibration instant.
    pub calibrated: TimedActivity,
    /// Volume, where part of it is drawn.
    pub volume: Option<Capacity>,
    /// Instant after which it may not be given.
    pub expires: Option<Instant>,
}

/// One infusion.
#[derive(Debug, Clone, PartialEq)]
pub struct Administration {
    /// Territory by name.
    pub territory: String,
    /// Instant of the infusion.
    pub at: Instant,
    /// Measured before it.
    pub assay: TimedActivity,
    /// Measured in vial and tubing after it.
    pub residual: Option<TimedActivity>,
    /// Part of the assay that was given, where no residual was measured.
    pub delivered: Option<Fraction>,
    /// Whether flow stopped before the end.
    pub stasis: bool,
    /// Vial by label.
    pub vial: Option<String>,
    /// In words.
    pub note: Option<String>,
    /// PET or SPECT that shows where it went.
    pub image: Option<DeliveredImage>,
}

/// A rule that a person set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The rule.
    pub rule: String,
    /// Who set it aside.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Day of the decision.
    pub date: Date,
}

/// A signature under a plan, or under the record of a treatment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// "Medical physicist".
    pub role: String,
    /// Who.
    pub name: String,
    /// When.
    pub at: Instant,
    /// Fingerprint of the contents that were signed; one that differs from that of the
    /// contents that are there now signs something else.
    pub content: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_come_from_volume_and_density() {
        // TV-B5: 1200 mL at 1.03 g/mL is 1.236 kg.
        let liver = Liver {
            volume: Capacity::from_ml(1200.0),
            tumour_volume: Some(Capacity::from_ml(200.0)),
            density: Density::from_g_per_ml(1.03),
        };
        assert!((liver.mass().as_kg() - 1.236).abs() < 1e-12);
        assert!((liver.normal_mass().unwrap().as_kg() - 1.03).abs() < 1e-12);
        let lungs = TissueMass {
            mass: Mass::from_kg(1.0),
            density: Density::from_g_per_ml(0.25),
            source: None,
        };
        assert!((lungs.volume().as_ml() - 4000.0).abs() < 1e-9);
    }

    #[test]
    fn an_activity_decays_to_another_instant() {
        // TV-B15: 1.850 GBq at 09:00 is 1.80066 GBq at 11:30.
        let assay = TimedActivity {
            activity: Activity::from_gbq(1.850),
            at: "2026-03-16T09:00+01:00".parse().unwrap(),
        };
        let at = "2026-03-16T11:30+01:00".parse().unwrap();
        let decayed = assay.decayed_to(at, TimeSpan::from_hours(64.1));
        assert!((decayed.as_gbq() - 1.80066).abs() <= 0.5e-5);
    }

    #[test]
    fn the_pseudonym_is_not_printed() {
        let pseudonym = Pseudonym::new("SIRT-017");
        assert!(!format!("{pseudonym:?}").contains("017"));
    }

    #[test]
    fn counts_years_from_the_year_of_birth() {
        let day = jiff::civil::date(2026, 3, 2);
        assert_eq!(Age::BornIn(1961).years_on(day), 65);
        assert_eq!(Age::Years(64).years_on(day), 64);
    }
}
