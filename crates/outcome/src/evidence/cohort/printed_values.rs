//! A printed claim beside what a cohort gives for it.

use serde::Serialize;

use super::compute::EndpointOptions;
use super::endpoint::{Endpoint, EstimateUnit};
use super::figure::Figure;
use super::judged::JudgedCohort;
use crate::OutcomeError;
use crate::evidence::claim::{Claim, ClaimKind, PrintedPercent, Rounding, Study};

/// A claim with what was computed for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrintedComparison {
    /// The claim by name.
    pub id: String,
    /// What is claimed.
    pub endpoint: String,
    /// As printed.
    pub printed: String,
    /// Keys of the figures that it stands for.
    pub figures: Vec<String>,
    /// What they give, in words.
    pub computed: String,
    /// Whether that prints as the claim does.
    pub equal: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Compares a claim of a study with a cohort.
///
/// # Errors
/// [`OutcomeError`] for figures that cannot be computed on the cohort.
pub fn compare_claim(
    study: &Study,
    claim: &Claim,
    cohort: &JudgedCohort,
    options: &EndpointOptions,
) -> Result<PrintedComparison, OutcomeError> {
    let mut endpoints = Vec::new();
    for key in &claim.figures {
        endpoints.push(cohort.endpoint(&key.parse::<Figure>()?, options)?);
    }
    let difference = if endpoints.is_empty() {
        Some("no figure is named for it".to_owned())
    } else if claim.kind == ClaimKind::Value {
        value_difference(&claim.printed(), &endpoints)
    } else {
        endpoints
            .iter()
            .find_map(|endpoint| count_difference(study, claim, endpoint))
    };
    Ok(PrintedComparison {
        id: claim.id.clone(),
        endpoint: claim.endpoint.clone(),
        printed: claim.printed(),
        figures: claim.figures.clone(),
        computed: endpoints.iter().map(shown).collect::<Vec<_>>().join("; "),
        equal: difference.is_none(),
        reason: difference,
    })
}

/// Why counts do not print as a claim does.
fn count_difference(study: &Study, claim: &Claim, endpoint: &Endpoint) -> Option<String> {
    let n = endpoint.n.unwrap_or(0);
    if let Some(count) = claim.count
        && count != n
    {
        return Some(format!("{n} counted, {count} printed"));
    }
    if claim.kind == ClaimKind::Events {
        return None;
    }
    let total = endpoint.total.unwrap_or(0);
    if let Some(of) = claim.of
        && of != total
    {
        return Some(format!("of {total}, {of} printed"));
    }
    let largest = study.largest_denominator(claim);
    if total > largest {
        return Some(format!("of {total}, at most {largest} allowed"));
    }
    let percent = claim.percent.as_ref()?;
    let Ok(printed) = percent.parse::<PrintedPercent>() else {
        return Some(format!("`{percent}` is no percentage"));
    };
    let rules: &[Rounding] = if claim.truncated {
        &[Rounding::Truncated]
    } else {
        &[Rounding::HalfUp, Rounding::HalfEven]
    };
    let prints = rules.iter().any(|rule| {
        printed
            .solutions_of(total, *rule)
            .any(|solution| solution.k == n)
    });
    (!prints).then(|| format!("{n}/{total} does not print as {percent} %"))
}

/// Why numbers do not print as a value does.
fn value_difference(printed: &str, endpoints: &[Endpoint]) -> Option<String> {
    if printed.trim().eq_ignore_ascii_case("not reached") {
        let reached = endpoints
            .iter()
            .any(|endpoint| !endpoint.not_reached.contains(&"estimate"));
        return reached.then(|| "it is reached".to_owned());
    }
    let wanted = numbers(printed);
    let found: Vec<f64> = endpoints.iter().flat_map(values).collect();
    if wanted.len() != found.len() {
        return Some(format!("{} numbers, {} printed", found.len(), wanted.len()));
    }
    wanted
        .iter()
        .zip(&found)
        .find(|((wanted, half), found)| (*wanted - **found).abs() > half + 1e-9)
        .map(|((wanted, _), found)| format!("{found:.3} does not print as {wanted}"))
}

fn values(endpoint: &Endpoint) -> Vec<f64> {
    if endpoint.values.is_empty() {
        endpoint.estimate.into_iter().collect()
    } else {
        endpoint.values.clone()
    }
}

/// Numbers in a text, each with half of its last printed digit.
pub(crate) fn numbers(text: &str) -> Vec<(f64, f64)> {
    text.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .map(|part| part.trim_matches('.'))
        .filter(|part| !part.is_empty())
        .filter_map(|part| {
            let decimals = part.split_once('.').map_or(0, |(_, digits)| digits.len());
            let decimals = i32::try_from(decimals).ok()?;
            Some((part.parse().ok()?, 0.5 * 10_f64.powi(-decimals)))
        })
        .collect()
}

/// An endpoint in few words.
fn shown(endpoint: &Endpoint) -> String {
    let list = |unit: &str| {
        let numbers: Vec<String> = values(endpoint)
            .iter()
            .map(|value| format!("{value:.1}"))
            .collect();
        format!("{} {unit}", numbers.join(", "))
    };
    match (endpoint.estimate_unit, endpoint.n, endpoint.total) {
        (EstimateUnit::Share, Some(n), Some(total)) => match endpoint.estimate {
            Some(share) => format!("{n}/{total} ({:.1} %)", 100.0 * share),
            None => format!("{n}/{total}"),
        },
        (EstimateUnit::Months, ..) if endpoint.not_reached.contains(&"estimate") => {
            "not reached".to_owned()
        }
        (EstimateUnit::Months, ..) => list("months"),
        (EstimateUnit::Percent, ..) => list("%"),
        (EstimateUnit::Gbq, ..) => list("GBq"),
        (_, n, _) => n.map_or_else(String::new, |n| n.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_last_digit() {
        assert_eq!(
            numbers("1, 4, 7 and 15 months"),
            [(1.0, 0.5), (4.0, 0.5), (7.0, 0.5), (15.0, 0.5)]
        );
        assert_eq!(numbers("9.8 months"), [(9.8, 0.05)]);
        assert_eq!(numbers("27 months (4–44)").len(), 3);
        assert_eq!(numbers("2.5 GBq right, 1.5 GBq left").len(), 2);
        assert!(numbers("not reached").is_empty());
    }
}
