//! The JSON of `sirt evidence run`.

use std::collections::BTreeMap;

use serde::Serialize;
use sirt_outcome::evidence::cohort::{
    Endpoint, JudgedCohort, LeftOut, PrintedComparison, TimePoint, ToxicityRow,
};

use super::Computed;
use crate::result::Program;

/// What `--json` prints.
#[derive(Serialize)]
pub(crate) struct RunResult {
    program: Program,
    /// The mark of made-up patients; null of real ones.
    pub(super) synthetic: Option<String>,
    /// Domain and name of every file that was read.
    files: Vec<(String, String)>,
    pub(super) population_flow: Flow,
    /// Criteria, definitions and time points with their windows.
    rules: Rules,
    pub(super) endpoints: Vec<EndpointResult>,
    pub(super) toxicity: Vec<ToxicityRow>,
    /// Printed claims beside what was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) claims: Option<Vec<PrintedComparison>>,
    /// What was left out of tables, with place and reason.
    pub(super) notes: Vec<String>,
}

/// Patients in, judged, and refused with the reason.
#[derive(Serialize)]
pub(crate) struct Flow {
    pub(crate) read: usize,
    pub(crate) judged: usize,
    pub(crate) treated: usize,
    pub(crate) refused: Vec<LeftOut>,
    /// Names of those refused, by reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused_patients: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Serialize)]
struct Rules {
    criteria: Vec<Named>,
    markers: Vec<Named>,
    time_points: Vec<Window>,
}

#[derive(Serialize)]
struct Named {
    name: String,
    title: String,
    source: String,
}

#[derive(Serialize)]
struct Window {
    #[serde(flatten)]
    point: TimePoint,
    /// First and last day from treatment that count.
    days: [i32; 2],
}

/// An endpoint with its patients, where they are asked for.
#[derive(Serialize)]
pub(crate) struct EndpointResult {
    #[serde(flatten)]
    pub(super) endpoint: Endpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patients: Option<EndpointPatients>,
}

/// The patients of an endpoint by name.
#[derive(Serialize)]
pub(crate) struct EndpointPatients {
    /// Those of n.
    pub(super) counted: Vec<String>,
    /// Those of N.
    within: Vec<String>,
    /// Those who are in neither, by reason.
    left_out: BTreeMap<String, Vec<String>>,
}

impl RunResult {
    pub(super) fn of(
        computed: &Computed,
        claims: Option<Vec<PrintedComparison>>,
        patients: bool,
    ) -> Self {
        let input = &computed.input;
        let judged = &input.judged;
        Self {
            program: Program::THIS,
            synthetic: input.synthetic.clone(),
            files: input.files.clone(),
            population_flow: flow(judged, patients),
            rules: Rules {
                criteria: input
                    .rules
                    .criteria
                    .iter()
                    .map(|rules| Named {
                        name: rules.name.clone(),
                        title: rules.title.clone(),
                        source: rules.source.clone(),
                    })
                    .collect(),
                markers: input
                    .rules
                    .markers
                    .iter()
                    .map(|definition| Named {
                        name: definition.name.clone(),
                        title: definition.title.clone(),
                        source: definition.source.clone(),
                    })
                    .collect(),
                time_points: judged
                    .time_points
                    .iter()
                    .map(|point| Window {
                        days: point.window(),
                        point: point.clone(),
                    })
                    .collect(),
            },
            endpoints: computed
                .endpoints
                .iter()
                .map(|endpoint| EndpointResult {
                    patients: patients.then(|| EndpointPatients::of(endpoint, judged)),
                    endpoint: endpoint.clone(),
                })
                .collect(),
            toxicity: computed.toxicity.clone(),
            claims,
            notes: input.notes.clone(),
        }
    }
}

/// Who came in, and who is not judged and why.
pub(crate) fn flow(judged: &JudgedCohort, patients: bool) -> Flow {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for refused in &judged.refused {
        by_reason
            .entry(&refused.reason)
            .or_default()
            .push(refused.id.clone());
    }
    Flow {
        read: judged.len() + judged.refused.len(),
        judged: judged.len(),
        treated: judged
            .course
            .treated
            .iter()
            .filter(|treated| **treated)
            .count(),
        refused: by_reason
            .iter()
            .map(|(reason, ids)| LeftOut {
                reason: (*reason).to_owned(),
                count: ids.len(),
                rows: Vec::new(),
            })
            .collect(),
        refused_patients: patients.then(|| {
            by_reason
                .into_iter()
                .map(|(reason, ids)| (reason.to_owned(), ids))
                .collect()
        }),
    }
}

impl EndpointPatients {
    fn of(endpoint: &Endpoint, judged: &JudgedCohort) -> Self {
        let names = |rows: &[u32]| -> Vec<String> {
            rows.iter()
                .filter_map(|row| usize::try_from(*row).ok())
                .filter_map(|row| judged.ids.get(row).cloned())
                .collect()
        };
        Self {
            counted: names(&endpoint.counted),
            within: names(&endpoint.within),
            left_out: endpoint
                .left_out
                .iter()
                .map(|left_out| (left_out.reason.clone(), names(&left_out.rows)))
                .collect(),
        }
    }
}
