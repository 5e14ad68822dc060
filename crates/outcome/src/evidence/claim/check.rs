//! The verdict on each claim of a study, and what does not fit together.

use serde::Serialize;

use super::joint::{JointSearch, NumberedRelation};
use super::study::{Claim, ClaimKind, ClaimUnit, Denominator, SourceLevel, Study};
use super::{PrintedPercent, Rounding, Solution};
use crate::OutcomeError;
use crate::evidence::{ProportionInterval, ProportionMethod, proportion_interval};

/// Joint solutions kept; more are as good as any.
const MOST_JOINT_SOLUTIONS: usize = 100_000;
/// Counts that one claim may leave open; more make no study that can be checked.
const MOST_COUNTS: u64 = 1_000_000;
/// Counts listed of those that it would take.
const MOST_ALTERNATIVES: usize = 10_000;
/// Counts named in words before the rest is left to the list.
const NAMED_IN_WORDS: usize = 6;

/// What a printed figure leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Verdict {
    /// One count of one denominator prints so.
    #[serde(rename = "unique")]
    Unique,
    /// Several do, or the figure is no count.
    #[serde(rename = "ambiguous")]
    Ambiguous,
    /// None does.
    #[serde(rename = "impossible as printed")]
    Impossible,
}

impl Verdict {
    /// The verdict on a share that these counts can stand for.
    #[must_use]
    pub const fn of(solutions: &[Solution]) -> Self {
        match solutions.len() {
            0 => Self::Impossible,
            1 => Self::Unique,
            _ => Self::Ambiguous,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique",
            Self::Ambiguous => "ambiguous",
            Self::Impossible => "impossible as printed",
        })
    }
}

/// A claim with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedClaim {
    /// The study by name.
    pub study: String,
    /// Name of the claim.
    pub id: String,
    /// What is claimed.
    pub endpoint: String,
    /// The figure as printed.
    pub printed: String,
    /// The words.
    pub quote: String,
    /// Lines of the source.
    pub lines: Vec<u32>,
    /// What is counted.
    pub unit: ClaimUnit,
    /// Months from treatment.
    pub months: Option<f64>,
    /// The stated denominator.
    pub of: Option<u64>,
    /// The largest denominator that was tried.
    pub at_most: u64,
    /// What the figure leaves open, its relations taken in.
    pub verdict: Verdict,
    /// The counts that print so and fit every relation.
    pub solutions: Vec<Solution>,
    /// Counts of the stated n or fewer that would print so rounded, where none
    /// of the stated denominator does.
    pub smaller: Vec<Solution>,
    /// Counts that would print so if truncated, where none is there rounded.
    pub truncated: Vec<Solution>,
    /// Why, and what it would take.
    pub reason: String,
    /// The exact interval where the count is unique.
    pub interval: Option<ProportionInterval>,
    /// What is to be said about it.
    pub note: Option<String>,
}

/// A relation with what was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedRelation {
    /// The relation in words.
    pub relation: String,
    /// Whether any counts fit it, together with all that it touches.
    pub holds: bool,
    /// Denominators of its first part over all joint solutions.
    pub denominators: Vec<u64>,
    /// Joint solutions of all claims that it touches.
    pub solutions: usize,
    /// Whether there are more than were counted.
    pub more: bool,
}

/// What does not fit together, or is not what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Claims concerned.
    pub claims: Vec<String>,
    /// What is wrong or open.
    pub rule: String,
}

/// A study with its verdicts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedStudy {
    /// Short name.
    pub name: String,
    /// What it calls itself.
    pub title: String,
    /// Patients treated.
    pub n: u64,
    /// Where the claims stand.
    pub source: String,
    /// The claims in the order of the file.
    pub claims: Vec<CheckedClaim>,
    /// The relations.
    pub relations: Vec<CheckedRelation>,
    /// What does not fit together.
    pub findings: Vec<Finding>,
    /// What stays open, in words.
    pub ambiguous: Vec<String>,
}

/// Checks all claims of a study.
///
/// # Errors
/// Those of [`Study::from_toml`], for a study that was not made by it.
pub fn check_study(study: &Study) -> Result<CheckedStudy, OutcomeError> {
    let domains: Vec<Vec<Solution>> = study
        .claims
        .iter()
        .map(|claim| counts(study, claim))
        .collect::<Result<_, _>>()?;
    let mut solutions = domains.clone();
    let mut relations: Vec<Option<CheckedRelation>> = vec![None; study.relations.len()];
    for group in groups(study) {
        let number = |id: &str| {
            group
                .claims
                .iter()
                .position(|claim| study.claims[*claim].id == id)
        };
        let search = JointSearch {
            domains: group
                .claims
                .iter()
                .map(|claim| domains[*claim].as_slice())
                .collect(),
            relations: group
                .relations
                .iter()
                .map(|relation| NumberedRelation::of(&study.relations[*relation], number))
                .collect(),
        };
        let found = search.run(MOST_JOINT_SOLUTIONS);
        // A claim that is impossible alone makes no other impossible.
        if !found.solutions.is_empty() {
            for (place, claim) in group.claims.iter().enumerate() {
                let mut fitting: Vec<Solution> =
                    found.solutions.iter().map(|joint| joint[place]).collect();
                fitting.sort_unstable_by_key(|solution| (solution.n, solution.k));
                fitting.dedup();
                solutions[*claim] = fitting;
            }
        }
        for relation in &group.relations {
            let part = study.relations[*relation]
                .parts
                .first()
                .and_then(|id| number(id));
            let mut denominators: Vec<u64> = part.map_or_else(Vec::new, |part| {
                found.solutions.iter().map(|joint| joint[part].n).collect()
            });
            denominators.sort_unstable();
            denominators.dedup();
            relations[*relation] = Some(CheckedRelation {
                relation: study.relations[*relation].words(),
                holds: !found.solutions.is_empty(),
                denominators,
                solutions: found.solutions.len(),
                more: found.more,
            });
        }
    }
    let claims = study
        .claims
        .iter()
        .zip(solutions)
        .map(|(claim, solutions)| judged(study, claim, solutions))
        .collect::<Result<Vec<_>, _>>()?;
    let relations: Vec<CheckedRelation> = relations.into_iter().flatten().collect();
    Ok(CheckedStudy {
        name: study.name.clone(),
        title: study.title.clone(),
        n: study.n,
        source: study.source.clone(),
        findings: findings(study, &claims, &relations),
        claims,
        relations,
        ambiguous: study.ambiguous.clone(),
    })
}

/// Counts that a claim can stand for by itself, rounded.
fn counts(study: &Study, claim: &Claim) -> Result<Vec<Solution>, OutcomeError> {
    if !is_share(claim) {
        return Ok(Vec::new());
    }
    let largest = study.largest_denominator(claim);
    let Some(percent) = &claim.percent else {
        let Some(k) = claim.count else {
            return Ok(Vec::new());
        };
        let smallest = claim.of.unwrap_or(k.max(1));
        return Ok((smallest..=largest).map(|n| Solution { k, n }).collect());
    };
    let printed: PrintedPercent = percent.parse()?;
    let rules: &[Rounding] = if claim.truncated {
        &[Rounding::Truncated]
    } else {
        &[Rounding::HalfUp, Rounding::HalfEven]
    };
    if claim.of.is_none() && claim.count.is_none() {
        let open = printed.count_to(largest, rules[0]);
        if open > MOST_COUNTS {
            return Err(OutcomeError::DataTable {
                table: "study",
                reason: format!(
                    "claim `{}`: {open} counts of {largest} or fewer print as {percent} %; allowed \
                     are {MOST_COUNTS}: state its denominator (`of`) or a smaller `at_most`",
                    claim.id
                ),
            });
        }
    }
    Ok(printing_so(
        claim,
        printed,
        claim.of,
        largest,
        rules,
        usize::MAX,
    ))
}

fn is_share(claim: &Claim) -> bool {
    matches!(
        claim.kind,
        ClaimKind::Proportion | ClaimKind::SurvivalAtFollowUp
    )
}

/// The first counts that print so by any of the rules, in order.
fn printing_so(
    claim: &Claim,
    printed: PrintedPercent,
    of: Option<u64>,
    largest: u64,
    rules: &[Rounding],
    most: usize,
) -> Vec<Solution> {
    let fits = |solution: &Solution| claim.count.is_none_or(|count| count == solution.k);
    let mut all: Vec<Solution> = Vec::new();
    for rule in rules {
        match of {
            Some(n) => all.extend(printed.solutions_of(n, *rule).filter(fits).take(most)),
            None => all.extend(printed.solutions_to(largest, *rule).filter(fits).take(most)),
        }
    }
    all.sort_unstable_by_key(|solution| (solution.n, solution.k));
    all.dedup();
    all.truncate(most);
    all
}

fn judged(
    study: &Study,
    claim: &Claim,
    solutions: Vec<Solution>,
) -> Result<CheckedClaim, OutcomeError> {
    let largest = study.largest_denominator(claim);
    let (mut smaller, mut truncated) = (Vec::new(), Vec::new());
    let verdict = if is_share(claim) {
        Verdict::of(&solutions)
    } else {
        Verdict::Ambiguous
    };
    if verdict == Verdict::Impossible
        && let Some(percent) = &claim.percent
    {
        let printed: PrintedPercent = percent.parse()?;
        let alternatives =
            |rules| printing_so(claim, printed, None, largest, rules, MOST_ALTERNATIVES);
        smaller = alternatives(&[Rounding::HalfUp, Rounding::HalfEven]);
        truncated = alternatives(&[Rounding::Truncated]);
    }
    let reason = match verdict {
        _ if !is_share(claim) => match claim.kind {
            ClaimKind::Events => {
                "events: a patient can have several, so that they give no share of patients"
                    .to_owned()
            }
            _ => "a value, no count: the printed words leave the patients open".to_owned(),
        },
        Verdict::Unique => format!("only {}", named(&solutions)),
        Verdict::Ambiguous => format!(
            "{} counts of {} denominators fit: {}",
            solutions.len(),
            distinct_denominators(&solutions),
            named(&solutions)
        ),
        Verdict::Impossible => impossible_because(claim, largest, &smaller, &truncated)?,
    };
    let interval = match (verdict, solutions.as_slice()) {
        (Verdict::Unique, [one]) => Some(proportion_interval(
            one.k,
            one.n,
            0.95,
            ProportionMethod::ClopperPearson,
        )?),
        _ => None,
    };
    Ok(CheckedClaim {
        study: study.name.clone(),
        id: claim.id.clone(),
        endpoint: claim.endpoint.clone(),
        printed: claim.printed(),
        quote: claim.quote.clone(),
        lines: claim.lines.clone(),
        unit: claim.unit,
        months: claim.months,
        of: claim.of,
        at_most: largest,
        verdict,
        solutions,
        smaller,
        truncated,
        reason,
        interval,
        note: claim.note.clone(),
    })
}

fn impossible_because(
    claim: &Claim,
    largest: u64,
    smaller: &[Solution],
    truncated: &[Solution],
) -> Result<String, OutcomeError> {
    let Some(percent) = &claim.percent else {
        return Ok("no count fits the relations".to_owned());
    };
    let mut words = format!("no count of {largest} prints as {percent} %");
    if claim.of.is_none() {
        words = format!("no count of {largest} or fewer prints as {percent} %");
    } else if claim.count.is_none() {
        let beside: Vec<String> = super::check_figure(percent, largest)?
            .neighbours
            .iter()
            .map(|beside| format!("{}/{} is {:.1}", beside.k, beside.n, beside.percent))
            .collect();
        words.push_str(&format!(" ({})", beside.join(", ")));
    }
    let mut takes = Vec::new();
    if !smaller.is_empty() {
        takes.push(format!("a smaller denominator: {}", named(smaller)));
    }
    if !truncated.is_empty() {
        takes.push(format!("digits cut off: {}", named(truncated)));
    }
    if takes.is_empty() {
        words.push_str("; nothing that was tried prints so");
    } else {
        words.push_str(&format!("; it would take {}", takes.join(", or ")));
    }
    Ok(words)
}

fn named(solutions: &[Solution]) -> String {
    let first: Vec<String> = solutions
        .iter()
        .take(NAMED_IN_WORDS)
        .map(Solution::to_string)
        .collect();
    let dots = if solutions.len() > NAMED_IN_WORDS {
        " …"
    } else {
        ""
    };
    format!("{}{dots}", first.join(" "))
}

fn distinct_denominators(solutions: &[Solution]) -> usize {
    let mut denominators: Vec<u64> = solutions.iter().map(|solution| solution.n).collect();
    denominators.sort_unstable();
    denominators.dedup();
    denominators.len()
}

/// Claims that relations tie together.
struct Group {
    claims: Vec<usize>,
    relations: Vec<usize>,
}

fn groups(study: &Study) -> Vec<Group> {
    let number = |id: &String| study.claims.iter().position(|claim| claim.id == *id);
    let mut groups: Vec<Group> = Vec::new();
    for (relation, stated) in study.relations.iter().enumerate() {
        let mut group = Group {
            claims: stated.claims().filter_map(number).collect(),
            relations: vec![relation],
        };
        let (touched, apart): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(|other| {
            other
                .claims
                .iter()
                .any(|claim| group.claims.contains(claim))
        });
        for other in touched {
            group.claims.extend(other.claims);
            group.relations.extend(other.relations);
        }
        group.claims.sort_unstable();
        group.claims.dedup();
        group.relations.sort_unstable();
        groups = apart;
        groups.push(group);
    }
    groups
}

fn findings(study: &Study, claims: &[CheckedClaim], relations: &[CheckedRelation]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |claims: Vec<String>, rule: String| found.push(Finding { claims, rule });
    if study.source_level == SourceLevel::Secondary {
        say(
            Vec::new(),
            format!("`{}` is not the study's own report", study.source),
        );
    }
    if let Some(label) = &study.label {
        say(
            Vec::new(),
            format!("`{label}` is a label of the source, no phase of a registry"),
        );
    }
    for relation in relations.iter().filter(|relation| !relation.holds) {
        say(
            Vec::new(),
            format!("no counts fit `{}` with what it touches", relation.relation),
        );
    }
    // One endpoint over time, of one denominator?
    let mut endpoints: Vec<&str> = claims.iter().map(|claim| claim.endpoint.as_str()).collect();
    endpoints.sort_unstable();
    endpoints.dedup();
    for endpoint in endpoints {
        let of_endpoint: Vec<&CheckedClaim> = claims
            .iter()
            .filter(|claim| {
                claim.endpoint == endpoint
                    && claim.months.is_some()
                    && claim.unit == ClaimUnit::Patient
            })
            .collect();
        let sets: Vec<Vec<u64>> = of_endpoint
            .iter()
            .map(|claim| {
                let counts = if claim.solutions.is_empty() {
                    &claim.smaller
                } else {
                    &claim.solutions
                };
                counts.iter().map(|solution| solution.n).collect()
            })
            .filter(|set: &Vec<u64>| !set.is_empty())
            .collect();
        let shared = sets.first().is_none_or(|first| {
            first
                .iter()
                .any(|n| sets.iter().all(|other| other.contains(n)))
        });
        if sets.len() > 1 && !shared {
            say(
                of_endpoint.iter().map(|claim| claim.id.clone()).collect(),
                format!(
                    "{endpoint}: no one denominator prints all time points, so it changes between them"
                ),
            );
        }
    }
    for (claim, checked) in study.claims.iter().zip(claims) {
        let one = || vec![claim.id.clone()];
        if claim.kind == ClaimKind::SurvivalAtFollowUp {
            say(
                one(),
                format!(
                    "{}: alive at a follow-up that differs between patients is no Kaplan-Meier estimate",
                    claim.endpoint
                ),
            );
        }
        if claim.unit == ClaimUnit::Lesion {
            let criterion = claim
                .criterion
                .as_deref()
                .filter(|criterion| criterion.contains("RECIST"));
            say(
                one(),
                match criterion {
                    Some(criterion) => format!(
                        "{}: counted by lesion, while {criterion} judges patients by a sum of diameters; it is no response rate",
                        claim.endpoint
                    ),
                    None => format!("{}: counted by lesion, not by patient", claim.endpoint),
                },
            );
        }
        if claim.denominator == Denominator::Unstated && is_share(claim) && claim.of.is_none() {
            say(
                one(),
                format!("{}: of how many is not stated", claim.endpoint),
            );
        }
        if checked.verdict == Verdict::Impossible {
            say(one(), format!("{}: {}", claim.endpoint, checked.reason));
        }
    }
    found
}
