//! A named rule of safety and what it says about a plan.
//!
//! Outcomes: pass, warn, stop, not applicable, or unknown where a fact is
//! missing.
//! An unknown rule names what is missing and never passes.
//! An override stands beside the outcome and does not change it.

use serde::Serialize;

use super::overriding::Override;

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing against it.
    Pass,
    /// To be seen.
    Warn,
    /// Not to be treated so.
    Stop,
    /// The rule does not speak about such a plan.
    NotApplicable,
    /// A fact is missing.
    Unknown,
}

/// A value or a limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RuleValue {
    /// A number with its unit.
    Number {
        /// The number.
        number: f64,
        /// Symbol of the unit; empty for a ratio or a count.
        unit: &'static str,
    },
    /// Words.
    Text(String),
}

impl std::fmt::Display for RuleValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number { number, unit: "" } => f.write_str(&short(*number)),
            Self::Number { number, unit } => write!(f, "{} {unit}", short(*number)),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Four to five digits without trailing zeros, for messages: enough to see on
/// which side of a limit a value lies.
pub(super) fn short(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        _ => 3,
    };
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number with its unit.
pub(super) fn number(number: f64, unit: &'static str) -> Option<RuleValue> {
    Some(RuleValue::Number { number, unit })
}

macro_rules! rules {
    ($( $(#[$doc:meta])* $variant:ident $id:literal $overridable:literal ),+ $(,)?) => {
        /// A rule of safety.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum SafetyRule { $( $(#[$doc])* $variant ),+ }

        impl SafetyRule {
            /// All of them, in the order in which a report shows them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that files, options and reports use.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// Whether a person with a name and a reason may override a stop.
            #[must_use]
            pub const fn overridable(self) -> bool {
                match self { $(Self::$variant => $overridable),+ }
            }
        }
    };
}

rules! {
    /// Lung shunt over the reduction table of BSA and empiric activity.
    LungShuntTable "lung-shunt-table" true,
    /// Lung dose of this treatment.
    LungDoseSingle "lung-dose-single" true,
    /// Lung dose of all treatments.
    LungDoseCumulative "lung-dose-cumulative" false,
    /// Activity that reaches the lungs.
    LungActivity "lung-activity" true,
    /// Lung dose that further planned treatments leave.
    LungToleranceRemaining "lung-tolerance-remaining" true,
    /// Planar against SPECT/CT shunt.
    ShuntMethodsAgree "shunt-methods-agree" true,
    /// Activity outside of liver and lungs.
    ExtrahepaticDeposition "extrahepatic-deposition" false,
    /// Normal liver against the chosen limits.
    NormalLiverDose "normal-liver-dose" true,
    /// Untreated part of normal liver.
    HepaticReserve "hepatic-reserve" true,
    /// Total bilirubin.
    Bilirubin "bilirubin" true,
    /// ALBI grade, for information.
    AlbiGrade "albi-grade" true,
    /// Child-Pugh points, for information.
    ChildPugh "child-pugh" true,
    /// Tumour within the liver.
    LiverVolumes "liver-volumes" false,
    /// Territories within the liver.
    TerritoryVolumes "territory-volumes" false,
    /// Tumour-to-normal ratio under one.
    TumourToNormalRatio "tumour-to-normal-ratio" true,
    /// At least two methods beside each other.
    MethodsCompared "methods-compared" true,
    /// An activity that no single BSA prescription gives.
    SingleBsaPrescription "single-bsa-prescription" true,
    /// Prescribed against vial activity.
    VialActivity "vial-activity" true,
    /// Administration within the window of the vial.
    VialWindow "vial-window" false,
    /// Prescribed against delivered activity.
    DeliveredActivity "delivered-activity" true,
    /// Dose factor and half-life disclosed.
    ConstantsDisclosed "constants-disclosed" true,
}

/// What a rule says about a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleResult {
    /// The rule by its id.
    pub id: &'static str,
    /// What it says, whether overridden or not.
    pub outcome: Outcome,
    /// What was judged.
    pub value: Option<RuleValue>,
    /// By what it was judged.
    pub limit: Option<RuleValue>,
    /// Where the limit has its authority from.
    pub reference: String,
    /// Whether the limit was not read in its source, or is this program's own.
    pub doubtful: bool,
    /// In a sentence.
    pub message: String,
    /// Facts that are missing.
    pub missing: Vec<&'static str>,
    /// Whether a stop may be overridden.
    pub overridable: bool,
    /// Who overrode it and why.
    pub overridden: Option<Override>,
}

impl RuleResult {
    /// Whether the plan stops here: a stop that nobody overrode.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.outcome == Outcome::Stop && self.overridden.is_none()
    }
}

/// Whether a plan is free to go on; unknown rules do not block and are to be
/// shown.
#[must_use]
pub fn is_blocked(results: &[RuleResult]) -> bool {
    results.iter().any(RuleResult::blocks)
}

/// The words of a result, from which [`RuleResult`] is made.
pub(super) struct Said {
    pub(super) outcome: Outcome,
    pub(super) value: Option<RuleValue>,
    pub(super) limit: Option<RuleValue>,
    pub(super) message: String,
}

impl Said {
    /// With value and limit.
    pub(super) fn new(
        outcome: Outcome,
        value: Option<RuleValue>,
        limit: Option<RuleValue>,
        message: String,
    ) -> Self {
        Self {
            outcome,
            value,
            limit,
            message,
        }
    }

    /// The rule does not speak about such a plan.
    pub(super) fn not_applicable(why: &str) -> Self {
        Self::new(Outcome::NotApplicable, None, None, why.to_owned())
    }

    /// As a result of a rule.
    pub(super) fn of(self, rule: SafetyRule, reference: &str, doubtful: bool) -> RuleResult {
        RuleResult {
            id: rule.id(),
            outcome: self.outcome,
            value: self.value,
            limit: self.limit,
            reference: reference.to_owned(),
            doubtful,
            message: self.message,
            missing: Vec::new(),
            overridable: rule.overridable(),
            overridden: None,
        }
    }
}

/// A rule that lacks facts.
pub(super) fn unknown(
    rule: SafetyRule,
    reference: &str,
    doubtful: bool,
    missing: &[&'static str],
) -> RuleResult {
    RuleResult {
        missing: missing.to_vec(),
        ..Said::new(
            Outcome::Unknown,
            None,
            None,
            format!("not known: {}", missing.join(", ")),
        )
        .of(rule, reference, doubtful)
    }
}
