//! A dose that an activity is to give or not to exceed, and the least of
//! several.
//!
//! A goal is a tissue with its mean dose; whether it is a target or a limit
//! is for the plan to say: the activity is the same.
//! `A = min_i A_i` over the goals `i`, with the goal that determines it.
//! The lungs set no limit when nothing is shunted.
//! Source: Ho 1996 (`ho1996partition`).

use sirt_quantity::{AbsorbedDose, Activity, Mass};

use crate::DosimetryError;

/// A mean dose of a tissue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DoseGoal {
    /// Of everything that is perfused, tumour included.
    Perfused(AbsorbedDose),
    /// Of the tumour.
    Tumour(AbsorbedDose),
    /// Of the perfused normal liver.
    NormalLiver(AbsorbedDose),
    /// Of the lungs.
    Lungs {
        /// The dose.
        dose: AbsorbedDose,
        /// Mass of the lungs.
        lung_mass: Mass,
    },
}

impl DoseGoal {
    /// The tissue by name.
    #[must_use]
    pub const fn tissue(&self) -> &'static str {
        match self {
            Self::Perfused(_) => "perfused volume",
            Self::Tumour(_) => "tumour",
            Self::NormalLiver(_) => "normal liver",
            Self::Lungs { .. } => "lungs",
        }
    }

    /// The dose.
    #[must_use]
    pub const fn dose(&self) -> AbsorbedDose {
        match self {
            Self::Perfused(dose)
            | Self::Tumour(dose)
            | Self::NormalLiver(dose)
            | Self::Lungs { dose, .. } => *dose,
        }
    }
}

/// The largest activity that exceeds none of several goals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitedActivity {
    /// In the vial at administration.
    pub activity: Activity,
    /// The goal that it reaches.
    pub limiting: DoseGoal,
}

impl LimitedActivity {
    /// The least activity over the goals; those that set no limit are left out.
    ///
    /// # Errors
    /// What `activity_for` says of a goal; [`DosimetryError::Unreachable`]
    /// when no goal sets a limit; [`DosimetryError::OutOfRange`] for no goals.
    pub(super) fn least_of(
        goals: &[DoseGoal],
        activity_for: impl Fn(&DoseGoal) -> Result<Activity, DosimetryError>,
    ) -> Result<Self, DosimetryError> {
        let mut least: Option<Self> = None;
        let mut without_limit = DosimetryError::OutOfRange {
            what: "number of dose goals",
            value: "0".to_owned(),
            allowed: "at least 1",
        };
        for goal in goals {
            match activity_for(goal) {
                Ok(activity) => {
                    if least.is_none_or(|least| activity < least.activity) {
                        least = Some(Self {
                            activity,
                            limiting: *goal,
                        });
                    }
                }
                Err(error @ DosimetryError::Unreachable { .. })
                    if matches!(goal, DoseGoal::Lungs { .. }) =>
                {
                    without_limit = error;
                }
                Err(error) => return Err(error),
            }
        }
        least.ok_or(without_limit)
    }
}
