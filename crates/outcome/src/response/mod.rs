//! One patient over time, and what criteria of response say of it.
//!
//! ```text
//! PatientRecord ──check──▶ findings: what contradicts itself
//!       │
//!       └─▶ Timeline (one reader, from baseline) ──▶ CriterionRules::assess ──▶ CriterionResult
//!                                                    (every criterion is such a value)
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `day`, `amount`, `change` | days, measured amounts and their changes as integers |
//! | `lesion`, `assessment`, `record`, `validation`, `unit_suspicion` | the record and its rules |
//! | `rules` | criteria and variants as data |
//! | `selection`, `reading`, `criterion`, `other_lesions`, `overall` | from lesions to a verdict |
//! | `recist`, `who`, `mrecist`, `volumetric` | what these measure on a lesion |
//! | `choi`, `percist`, `pet_visual` | what these add |
//! | `best_response`, `discordance` | over all time points |
//! | `verdict`, `trace` | what is said, and why |

mod amount;
mod assessment;
mod best_response;
mod change;
mod choi;
mod criterion;
mod day;
mod discordance;
mod lesion;
mod mrecist;
mod other_lesions;
mod overall;
mod percist;
mod pet_visual;
mod reading;
mod recist;
mod record;
mod rules;
mod selection;
mod timeline;
mod trace;
mod unit_suspicion;
mod validation;
mod verdict;
mod volumetric;
mod who;

pub use amount::{Attenuation, Diameter, Glycolysis, LesionVolume, TICKS, Uptake};
pub use assessment::{
    Assessment, Certainty, LesionFinding, LesionState, Modality, NewLesion, NewLesionEvidence,
    PetReference, StatedNonTarget, Tracer, VisualUptake,
};
pub use best_response::{BestReason, BestResponse};
pub use change::ChangeLimit;
pub(crate) use change::shown_percent;
pub use day::{Day, DayScale};
pub use discordance::{Discordance, discordances};
pub use lesion::{Lesion, LesionKind, LesionRole, Measurability, Organ};
pub use overall::overall_response;
pub use percist::measurable_uptake;
pub use record::{CauseOfDeath, PatientMarker, PatientRecord, Status, Treatment, TreatmentKind};
pub use rules::{
    CompleteThenPartial, CriterionRules, Level, Measure, ProgressionOf, ProgressionReference,
    Region, ResponseCriteria,
};
pub use timeline::Timeline;
pub use trace::{Step, TraceRule};
pub use validation::{RecordFinding, RecordRule, Severity};
pub use verdict::{
    CriterionResult, LesionResponse, NewLesionVerdict, NotComputed, Response, SumUnit, TimePoint,
};
