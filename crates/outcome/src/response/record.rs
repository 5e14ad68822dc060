//! One patient over time.

use super::{Assessment, Day, DayScale, Lesion};
use crate::biochemical::MarkerValue;

/// What was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreatmentKind {
    /// Radioembolisation.
    Radioembolisation,
    /// Another treatment of the liver (embolisation, ablation, resection).
    OtherLiver,
    /// A systemic treatment that is new since the first radioembolisation.
    Systemic,
    /// A treatment of the study's protocol that is no radioembolisation.
    Protocol,
}

/// A treatment on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Treatment {
    /// When.
    pub day: Day,
    /// What.
    pub kind: TreatmentKind,
    /// Where, in the words of the record.
    pub site: Option<String>,
    /// Activity at administration, GBq.
    pub activity_gbq: Option<f64>,
}

impl Treatment {
    /// Whether it is one that response is asked of, and not one that ends the question.
    #[must_use]
    pub const fn is_studied(&self) -> bool {
        matches!(
            self.kind,
            TreatmentKind::Radioembolisation | TreatmentKind::Protocol
        )
    }
}

/// Why a patient died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseOfDeath {
    /// Progressive disease of the liver.
    LiverDisease,
    /// Progressive disease outside of the liver.
    ExtrahepaticDisease,
    /// The treatment.
    Treatment,
    /// Something else.
    Other,
    /// Not known.
    Unknown,
}

/// How long a patient was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Alive when last heard of.
    Alive {
        /// That day.
        last_contact: Day,
    },
    /// Dead.
    Dead {
        /// The day of death.
        day: Day,
        /// Why.
        cause: CauseOfDeath,
    },
    /// Dead, on a day that is not known: times that end with death are not said.
    DeadOnUnknownDay {
        /// The first and the last day that it can have been; none where no
        /// date is known, not even in part.
        within: Option<[Day; 2]>,
        /// Why.
        cause: CauseOfDeath,
    },
}

/// A tumour marker of a patient.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PatientMarker {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<MarkerValue>,
}

/// One patient over time: lesions with identity, and what was seen of them.
///
/// Public fields hold no promise beyond their types; [`PatientRecord::check`]
/// says what contradicts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PatientRecord {
    /// Identity in the study; never shown in errors.
    pub id: String,
    /// What the numbers of days are.
    pub scale: DayScale,
    /// The day that responses are counted from, when it is not the last
    /// assessment before treatment.
    pub baseline: Option<Day>,
    /// All treatments, in order of days.
    pub treatments: Vec<Treatment>,
    /// Names of the readers.
    pub readers: Vec<String>,
    /// All lesions, of all readers.
    pub lesions: Vec<Lesion>,
    /// All assessments; those of a reader in order of days.
    pub assessments: Vec<Assessment>,
    /// Whether the tumour marker that belongs to complete response was high, by day.
    pub marker_high: Vec<(Day, bool)>,
    /// Tumour markers.
    pub markers: Vec<PatientMarker>,
    /// How long the patient was followed.
    pub status: Option<Status>,
}

impl PatientRecord {
    /// The day of the first treatment that response is asked of.
    #[must_use]
    pub fn first_treatment(&self) -> Option<Day> {
        self.treatments
            .iter()
            .filter(|treatment| treatment.is_studied())
            .map(|treatment| treatment.day)
            .min()
    }

    /// The first day of a treatment that ends the question: systemic or of the
    /// liver, after the first one that response is asked of.
    #[must_use]
    pub fn first_other_treatment(&self) -> Option<Day> {
        let first = self.first_treatment();
        self.treatments
            .iter()
            .filter(|treatment| !treatment.is_studied())
            .map(|treatment| treatment.day)
            .filter(|day| first.is_none_or(|first| *day > first))
            .min()
    }

    /// The name of a lesion, by its place in the record.
    #[must_use]
    pub fn lesion_name(&self, lesion: u32) -> &str {
        usize::try_from(lesion)
            .ok()
            .and_then(|at| self.lesions.get(at))
            .map_or("?", |lesion| lesion.tracking_id.as_str())
    }
}
