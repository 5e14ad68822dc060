//! Where criteria disagree about a patient, and since when.

use super::{CriterionResult, Day, Response};

/// Two criteria that say different things of the same days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discordance {
    /// One criterion.
    pub first: String,
    /// The other.
    pub second: String,
    /// The first day on which they disagree.
    pub since: Day,
    /// What the one says on that day.
    pub first_says: Response,
    /// What the other says on that day.
    pub second_says: Response,
    /// Days on which both say something and it differs.
    pub different: usize,
    /// Days on which both say something.
    pub compared: usize,
}

/// Every pair of criteria that disagrees; days on which one of them is not
/// evaluable are not compared, and NON-CR/NON-PD counts as stable disease.
#[must_use]
pub fn discordances(results: &[CriterionResult]) -> Vec<Discordance> {
    let mut found = Vec::new();
    for (at, first) in results.iter().enumerate() {
        for second in &results[at + 1..] {
            let mut different: Option<Discordance> = None;
            let mut compared = 0;
            for point in &first.time_points {
                let Some(one) = point.overall.and_then(comparable) else {
                    continue;
                };
                let other = second
                    .time_points
                    .iter()
                    .find(|other| other.day == point.day)
                    .and_then(|other| other.overall)
                    .and_then(comparable);
                let Some(other) = other else { continue };
                compared += 1;
                if one == other {
                    continue;
                }
                match &mut different {
                    Some(known) => known.different += 1,
                    None => {
                        different = Some(Discordance {
                            first: first.criterion.clone(),
                            second: second.criterion.clone(),
                            since: point.day,
                            first_says: one,
                            second_says: other,
                            different: 1,
                            compared: 0,
                        });
                    }
                }
            }
            if let Some(mut known) = different {
                known.compared = compared;
                found.push(known);
            }
        }
    }
    found
}

const fn comparable(response: Response) -> Option<Response> {
    match response {
        Response::NotEvaluable => None,
        Response::NonCompleteNonProgressive => Some(Response::Stable),
        other => Some(other),
    }
}
