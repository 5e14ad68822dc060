//! A study as its claims: what was printed where, of how many, and what belongs together.
//!
//! Read from TOML; percentages are text, so that the printed decimals stay.

use serde::{Deserialize, Serialize};

use super::PrintedPercent;
use super::printed::LARGEST_DENOMINATOR;
use crate::OutcomeError;
use crate::evidence::cohort::{Figure, Population};

/// A study with its claims.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Short name.
    pub name: String,
    /// What it calls itself.
    pub title: String,
    /// Patients treated.
    pub n: u64,
    /// Where the claims stand: a document or a bibliography key.
    pub source: String,
    /// Primary (the study's own report) or secondary (somebody else's words).
    pub source_level: SourceLevel,
    /// A label that the source gives and that is not to be taken for a fact.
    pub label: Option<String>,
    /// What was done to whom.
    pub protocol: Protocol,
    /// What is printed.
    #[serde(default, rename = "claim")]
    pub claims: Vec<Claim>,
    /// Which claims belong together.
    #[serde(default, rename = "relation")]
    pub relations: Vec<Relation>,
    /// What stays open, in words.
    #[serde(default)]
    pub ambiguous: Vec<String>,
}

/// How far the source is from the patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceLevel {
    /// The study's own report.
    Primary,
    /// Somebody else's summary.
    Secondary,
}

/// What was done to whom, as the source says it; empty where it does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// Who was treated.
    pub population: String,
    /// With what.
    pub treatment: String,
    /// By which criteria response was told.
    pub criteria: String,
    /// When, in months from treatment.
    #[serde(default)]
    pub time_points_months: Vec<f64>,
    /// What was looked at.
    pub endpoints: Vec<String>,
    /// Criteria of OpenSIRT that figures are computed by, where the source's
    /// words leave them open; times to events follow the first.
    #[serde(default)]
    pub computed_by: Vec<String>,
}

/// What kind of figure a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// Some of all, as count, percentage or both.
    #[default]
    Proportion,
    /// Alive at a follow-up that differs between patients.
    SurvivalAtFollowUp,
    /// Events, of which a patient can have several.
    Events,
    /// A number with a unit that is no share: a median, a range.
    Value,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimUnit {
    /// Patients.
    #[default]
    Patient,
    /// Lesions.
    Lesion,
    /// Treatments.
    Procedure,
}

/// Which denominator the words state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denominator {
    /// All who were treated.
    Treated,
    /// Those who could be judged.
    Evaluable,
    /// Those with a property before treatment, as symptoms.
    Subgroup,
    /// The words do not say.
    #[default]
    Unstated,
}

/// A printed figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Name of the claim in its study.
    pub id: String,
    /// What is claimed; the same words for the same endpoint at other times.
    pub endpoint: String,
    /// What kind of figure it is.
    #[serde(default)]
    pub kind: ClaimKind,
    /// The percentage as printed.
    pub percent: Option<String>,
    /// The count as printed.
    pub count: Option<u64>,
    /// A number that is no share, as printed with its unit.
    pub value: Option<String>,
    /// The denominator as stated.
    pub of: Option<u64>,
    /// The largest denominator where none is stated [default: the study's n].
    pub at_most: Option<u64>,
    /// Which denominator it is.
    #[serde(default)]
    pub denominator: Denominator,
    /// What is counted.
    #[serde(default)]
    pub unit: ClaimUnit,
    /// Months from treatment.
    pub months: Option<f64>,
    /// The criterion that the words name.
    pub criterion: Option<String>,
    /// The words.
    pub quote: String,
    /// Lines of the source that hold the words, from 1.
    #[serde(default)]
    pub lines: Vec<u32>,
    /// What is to be said about it.
    pub note: Option<String>,
    /// Keys of the figures of a cohort that it stands for
    /// ([`Figure`](crate::evidence::cohort::Figure)); all have to print so, and
    /// of a value their numbers stand one after the other.
    #[serde(default)]
    pub figures: Vec<String>,
    /// Whether the percentage is read as cut off instead of rounded.
    #[serde(default)]
    pub truncated: bool,
}

impl Claim {
    /// The figure as printed.
    #[must_use]
    pub fn printed(&self) -> String {
        match (&self.value, self.count, &self.percent) {
            (Some(value), _, _) => value.clone(),
            (None, Some(count), Some(percent)) => format!("{count} ({percent} %)"),
            (None, Some(count), None) => match (self.kind, self.of) {
                (ClaimKind::Events, _) | (_, None) => count.to_string(),
                (_, Some(of)) => format!("{count} of {of}"),
            },
            (None, None, Some(percent)) => format!("{percent} %"),
            (None, None, None) => String::new(),
        }
    }
}

/// How claims belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// The parts share a denominator and add up to it.
    Partition,
    /// The parts share the denominator of the whole and add up to it.
    Sum,
    /// The parts are among the whole.
    Within,
    /// The denominator of each part is the count of the whole.
    DenominatorIsCount,
    /// All share one denominator.
    SameDenominator,
}

/// Claims that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// The claim that the parts make up or lie in.
    pub whole: Option<String>,
    /// The parts.
    pub parts: Vec<String>,
}

impl Relation {
    /// The claims concerned.
    pub(super) fn claims(&self) -> impl Iterator<Item = &String> {
        self.whole.iter().chain(&self.parts)
    }

    /// The relation in words.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = self.parts.join(" + ");
        let whole = self.whole.as_deref().unwrap_or_default();
        match self.kind {
            RelationKind::Partition => format!("{parts} = n"),
            RelationKind::Sum => format!("{parts} = {whole}"),
            RelationKind::Within => format!("{} within {whole}", self.parts.join(", ")),
            RelationKind::DenominatorIsCount => {
                format!("n of {} = {whole}", self.parts.join(", "))
            }
            RelationKind::SameDenominator => format!("one n for {}", self.parts.join(", ")),
        }
    }
}

const TABLE: &str = "study";

impl Study {
    /// Reads a study.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] with the claim and key for text that is no
    /// study, ids that stand twice or that nothing has, percentages that are
    /// none, and claims without a figure or with a count over its denominator.
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let study: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if study.n == 0 {
            return Err(wrong("n 0 is not allowed; allowed is 1 or more".to_owned()));
        }
        for (number, claim) in study.claims.iter().enumerate() {
            let of_claim = |reason: String| wrong(format!("claim `{}`: {reason}", claim.id));
            if study.claims[..number]
                .iter()
                .any(|other| other.id == claim.id)
            {
                return Err(of_claim("its id stands twice".to_owned()));
            }
            if let Some(percent) = &claim.percent {
                percent
                    .parse::<PrintedPercent>()
                    .map_err(|error| of_claim(error.to_string()))?;
            }
            if claim.percent.is_none() && claim.count.is_none() && claim.value.is_none() {
                return Err(of_claim(
                    "it has no figure; `percent`, `count` or `value` is needed".to_owned(),
                ));
            }
            for key in &claim.figures {
                key.parse::<Figure>()
                    .map_err(|error| of_claim(error.to_string()))?;
            }
            if claim.of.is_some() && claim.at_most.is_some() {
                return Err(of_claim("`of` and `at_most` exclude each other".to_owned()));
            }
            let largest = study.largest_denominator(claim);
            if largest == 0 || largest > LARGEST_DENOMINATOR {
                return Err(of_claim(format!(
                    "denominator {largest} is not allowed; allowed is 1 to {LARGEST_DENOMINATOR}"
                )));
            }
            if claim.kind != ClaimKind::Events
                && let Some(count) = claim.count.filter(|count| *count > largest)
            {
                return Err(of_claim(format!(
                    "count {count} is over its denominator {largest}"
                )));
            }
        }
        for relation in &study.relations {
            for id in relation.claims() {
                let Some(claim) = study.claims.iter().find(|claim| claim.id == *id) else {
                    return Err(wrong(format!("relation: no claim has the id `{id}`")));
                };
                if !matches!(
                    claim.kind,
                    ClaimKind::Proportion | ClaimKind::SurvivalAtFollowUp
                ) {
                    return Err(wrong(format!(
                        "relation: claim `{id}` is no share of anything"
                    )));
                }
            }
            let needs_whole = matches!(
                relation.kind,
                RelationKind::Sum | RelationKind::Within | RelationKind::DenominatorIsCount
            );
            if needs_whole != relation.whole.is_some() || relation.parts.is_empty() {
                return Err(wrong(format!(
                    "relation `{}`: it needs parts, and {} whole",
                    relation.words(),
                    if needs_whole { "a" } else { "no" }
                )));
            }
        }
        Ok(study)
    }

    /// The study with claims read in another way than their words say: left
    /// out; of those who can be judged at the time point; cut off instead of
    /// rounded.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for ids that no claim has, and for a claim
    /// that is of no time point and yet to be taken of those at it.
    pub fn read_as(
        mut self,
        leave_out: &[String],
        of_evaluable: &[String],
        truncated: &[String],
    ) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        for id in leave_out.iter().chain(of_evaluable).chain(truncated) {
            if !self.claims.iter().any(|claim| claim.id == *id) {
                return Err(wrong(format!("no claim has the id `{id}`")));
            }
        }
        self.claims.retain(|claim| !leave_out.contains(&claim.id));
        self.relations
            .retain(|relation| !relation.claims().any(|id| leave_out.contains(id)));
        let n = self.n;
        for claim in &mut self.claims {
            if of_evaluable.contains(&claim.id) {
                claim.at_most = Some(claim.of.take().or(claim.at_most).unwrap_or(n));
                claim.denominator = Denominator::Evaluable;
                for key in &mut claim.figures {
                    let mut figure: Figure = key.parse()?;
                    let (Figure::Response { population, .. } | Figure::Marker { population, .. }) =
                        &mut figure
                    else {
                        return Err(wrong(format!(
                            "claim `{}`: its figure `{key}` is of no time point",
                            claim.id
                        )));
                    };
                    *population = Population::AtTimePoint;
                    *key = figure.to_string();
                }
            }
            claim.truncated |= truncated.contains(&claim.id);
        }
        Ok(self)
    }

    /// The largest denominator that a claim can have.
    #[must_use]
    pub fn largest_denominator(&self, claim: &Claim) -> u64 {
        claim.of.or(claim.at_most).unwrap_or(self.n)
    }
}
