//! What a criterion says, and how it came to say it.

use std::fmt;
use std::ops::Range;

use super::amount::shown_decimal;
use super::trace::Step;
use super::{BestResponse, Day};

/// A category of response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Response {
    /// Complete response, CR.
    Complete,
    /// Partial response, PR.
    Partial,
    /// Minor response, MR: only of criteria that know it.
    Minor,
    /// Stable disease, SD.
    Stable,
    /// Neither complete response nor progression of disease that is not measured.
    NonCompleteNonProgressive,
    /// Progressive disease, PD.
    Progressive,
    /// Not evaluable, NE.
    NotEvaluable,
}

impl Response {
    /// Its letters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "CR",
            Self::Partial => "PR",
            Self::Minor => "MR",
            Self::Stable => "SD",
            Self::NonCompleteNonProgressive => "NON-CR/NON-PD",
            Self::Progressive => "PD",
            Self::NotEvaluable => "NE",
        }
    }

    /// From its letters, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Complete,
            Self::Partial,
            Self::Minor,
            Self::Stable,
            Self::NonCompleteNonProgressive,
            Self::Progressive,
            Self::NotEvaluable,
        ]
        .into_iter()
        .find(|response| response.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Whether it is an objective response: complete or partial.
    #[must_use]
    pub const fn is_objective(self) -> bool {
        matches!(self, Self::Complete | Self::Partial)
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known of new lesions at a time point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewLesionVerdict {
    /// None.
    #[default]
    None,
    /// One that may be none, and never was confirmed.
    Equivocal,
    /// One that was equivocal and was confirmed later: progression from here on.
    ConfirmedLater,
    /// One beyond doubt.
    Unequivocal,
}

impl NewLesionVerdict {
    /// Whether it is progression.
    #[must_use]
    pub const fn is_progression(self) -> bool {
        matches!(self, Self::ConfirmedLater | Self::Unequivocal)
    }

    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Equivocal => "equivocal",
            Self::ConfirmedLater => "equivocal, confirmed later",
            Self::Unequivocal => "unequivocal",
        }
    }
}

/// The unit that a sum is counted in, with the decimals of its ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SumUnit {
    /// Diameters, mm.
    Millimetre,
    /// Products of diameters, mm².
    SquareMillimetre,
    /// Volumes, mL.
    Millilitre,
    /// Uptake, g/mL.
    Uptake,
    /// Nothing is summed.
    None,
}

impl SumUnit {
    /// Decimals of a tick.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        match self {
            Self::SquareMillimetre => 8,
            Self::Millimetre | Self::Millilitre | Self::Uptake | Self::None => 4,
        }
    }

    /// Its symbol.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Millimetre => "mm",
            Self::SquareMillimetre => "mm²",
            Self::Millilitre => "mL",
            Self::Uptake => "g/mL",
            Self::None => "",
        }
    }

    /// A number of ticks as a number of the unit.
    #[must_use]
    pub fn value(self, ticks: i64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "only for display; verdicts compare the integers"
        )]
        let ticks = ticks as f64;
        ticks / 10_f64.powi(i32::try_from(self.decimals()).unwrap_or(4))
    }

    /// A number of ticks with its unit.
    #[must_use]
    pub fn shown(self, ticks: i64) -> String {
        format!(
            "{} {}",
            shown_decimal(i128::from(ticks), self.decimals()),
            self.symbol()
        )
    }
}

/// What a criterion says at one time point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimePoint {
    /// The day of the scan.
    pub day: Day,
    /// Place of the assessment in the record.
    pub assessment: u32,
    /// Sum over the targets in ticks of the criterion's unit; none when one is missing.
    pub sum: Option<i64>,
    /// Smallest sum before, baseline included.
    pub nadir: Option<i64>,
    /// Response of the targets; none without targets.
    pub target: Option<Response>,
    /// Response of the other lesions; none where there are none.
    pub non_target: Option<Response>,
    /// New lesions.
    pub new: NewLesionVerdict,
    /// All together; none for criteria of single lesions.
    pub overall: Option<Response>,
    /// Its steps among those of the result.
    pub(crate) steps: Range<u32>,
}

/// What a criterion of single lesions says of one of them at one time point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LesionResponse {
    /// The lesion, by its place in the record.
    pub lesion: u32,
    /// The day.
    pub day: Day,
    /// Its measure in ticks.
    pub value: Option<i64>,
    /// Its measure at baseline.
    pub baseline: i64,
    /// What became of it.
    pub response: Response,
}

/// Why a criterion says nothing of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotComputed {
    /// No assessment at all.
    NoAssessment,
    /// No lesion has what the criterion measures at baseline.
    NotMeasured,
    /// There was nothing to follow at baseline.
    NoDisease,
    /// The tracer is not the criterion's, or is not said.
    OtherTracer,
    /// No lesion takes up enough at baseline, or the reference is missing.
    NotAvid,
}

impl NotComputed {
    /// In words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoAssessment => "there is no assessment",
            Self::NotMeasured => "no lesion has what the criterion measures at baseline",
            Self::NoDisease => "there is no lesion at baseline",
            Self::OtherTracer => "the tracer at baseline is not FDG, or is not said",
            Self::NotAvid => {
                "no lesion at baseline takes up more than the reference asks for, or there is no reference"
            }
        }
    }
}

/// What one criterion says of one patient, by one reader.
#[derive(Debug, Clone, PartialEq)]
pub struct CriterionResult {
    /// The criterion by name.
    pub criterion: String,
    /// The unit of all sums.
    pub unit: SumUnit,
    /// The day of the assessment that is counted from.
    pub baseline_day: Option<Day>,
    /// Sum at baseline, in ticks.
    pub baseline_sum: Option<i64>,
    /// The targets, by place in the record.
    pub targets: Vec<u32>,
    /// The other lesions of baseline.
    pub non_targets: Vec<u32>,
    /// Every assessment after baseline.
    pub time_points: Vec<TimePoint>,
    /// Best overall response without confirmation.
    pub best: BestResponse,
    /// Best overall response with confirmation.
    pub best_confirmed: BestResponse,
    /// For criteria of single lesions: each lesion at each time point.
    pub lesions: Vec<LesionResponse>,
    /// Why there is nothing else here.
    pub not_computed: Option<NotComputed>,
    pub(crate) selection: Vec<Step>,
    pub(crate) steps: Vec<Step>,
}

impl CriterionResult {
    /// How targets were chosen.
    #[must_use]
    pub fn selection_trace(&self) -> &[Step] {
        &self.selection
    }

    /// How the verdict of a time point came about.
    #[must_use]
    pub fn trace(&self, time_point: &TimePoint) -> &[Step] {
        let range = usize::try_from(time_point.steps.start).unwrap_or(0)
            ..usize::try_from(time_point.steps.end).unwrap_or(0);
        self.steps.get(range).unwrap_or(&[])
    }

    /// The first time point with progression.
    #[must_use]
    pub fn progression(&self) -> Option<&TimePoint> {
        self.time_points
            .iter()
            .find(|point| point.overall == Some(Response::Progressive))
    }
}
