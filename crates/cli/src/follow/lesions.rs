//! Dose beside response: each lesion of a case with its mean dose and its fate.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sirt_outcome::{LesionFinding, LesionState, PatientRecord, Severity};
use sirt_store::{Case, DeliveredSource, FollowedLesion};

use super::result::CriterionJson;
use crate::plan::ComparisonRow;

/// A lesion over time.
#[derive(Debug, Serialize)]
pub(crate) struct LesionCourse {
    pub(crate) lesion: String,
    pub(crate) tracking_uid: Option<String>,
    pub(crate) organ: String,
    pub(crate) site: Option<String>,
    pub(crate) territory: Option<String>,
    pub(crate) node: bool,
    /// Mean absorbed dose, Gy.
    pub(crate) dose_gy: Option<f64>,
    /// Half the width of its interval with k = 2, Gy, where it is known.
    pub(crate) dose_uncertainty_gy: Option<f64>,
    pub(crate) dose_source: Option<String>,
    /// What is followed: long axis, short axis, enhancing long axis, volume or SUV.
    pub(crate) measure: Option<&'static str>,
    pub(crate) unit: &'static str,
    pub(crate) baseline: Option<f64>,
    /// Smallest after baseline.
    pub(crate) smallest: Option<f64>,
    pub(crate) last: Option<f64>,
    /// Per cent, of the smallest after baseline.
    pub(crate) best_change: Option<f64>,
    /// Per cent.
    pub(crate) last_change: Option<f64>,
    /// By the criterion of single lesions, at its last scan.
    pub(crate) response: Option<&'static str>,
    /// What became of it, in words.
    pub(crate) fate: String,
    pub(crate) values: Vec<LesionPoint>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LesionPoint {
    pub(crate) date: String,
    #[serde(skip)]
    pub(crate) day: sirt_outcome::Day,
    /// present, absent, too small, not evaluable, merged or progressed.
    pub(crate) state: &'static str,
    pub(crate) value: Option<f64>,
    /// Per cent.
    pub(crate) change_from_baseline: Option<f64>,
    pub(crate) new: bool,
}

/// Mean dose of a structure.
#[derive(Debug, Clone)]
struct StructureDose {
    gy: f64,
    half_width_gy: Option<f64>,
    source: String,
}

/// Mean doses of structures after treatment.
#[derive(Debug, Default)]
pub(super) struct StructureDoses {
    of: BTreeMap<String, StructureDose>,
    /// What is said of doses to which not every infusion adds.
    pub(super) partial: Option<String>,
    /// Territories whose infusions all add: lesions in them have their whole dose.
    whole: Vec<String>,
}

/// What is read of the `result.json` of `sirt dose`.
#[derive(Debug, Deserialize)]
struct FiledDose {
    structures: Vec<FiledStructure>,
}

#[derive(Debug, Deserialize)]
struct FiledStructure {
    name: String,
    dose_gy: FiledMean,
    uncertainty_gy: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct FiledMean {
    mean: f64,
}

impl StructureDoses {
    /// From the results of `sirt dose` that administrations name, all added up.
    pub(super) fn filed(case: &Case, folder: &Path) -> anyhow::Result<Self> {
        let mut paths: Vec<&Path> = Vec::new();
        for image in case
            .administrations
            .iter()
            .filter_map(|given| given.image.as_ref())
        {
            if let DeliveredSource::Result(path) = &image.source
                && !paths.contains(&path.as_path())
            {
                paths.push(path);
            }
        }
        let mut doses = Self::default();
        for path in paths {
            let at = folder.join(path);
            let text = std::fs::read_to_string(&at)
                .with_context(|| format!("cannot read {}", at.display()))?;
            let filed: FiledDose = serde_json::from_str(&text)
                .with_context(|| format!("{}: not a result.json of `sirt dose`", at.display()))?;
            for structure in filed.structures {
                doses.add(
                    structure.name,
                    structure.dose_gy.mean,
                    structure.uncertainty_gy,
                    &path.display().to_string(),
                );
            }
        }
        let shown = |territory: &str| {
            case.administrations
                .iter()
                .filter_map(|given| Some((given, given.image.as_ref()?)))
                .filter(|(_, image)| matches!(image.source, DeliveredSource::Result(_)))
                .any(|(given, image)| {
                    given.territory == territory
                        || image.territories.iter().any(|name| name == territory)
                })
        };
        let all = case.administrations.len();
        let seen = case
            .administrations
            .iter()
            .filter(|given| shown(&given.territory))
            .count();
        if seen < all && !doses.of.is_empty() {
            doses.whole = case
                .administrations
                .iter()
                .map(|given| given.territory.clone())
                .filter(|territory| shown(territory))
                .collect();
            doses.partial = Some(format!("of {seen} of {all} infusions"));
        }
        Ok(doses)
    }

    /// From what a plan computed of the images after treatment.
    pub(super) fn compared(rows: &[ComparisonRow]) -> Self {
        let mut doses = Self::default();
        for row in rows {
            if let Some(gy) = row.doses.delivered_gy {
                let half_width = row
                    .doses
                    .delivered_interval_gy
                    // The lower end is held at 0.
                    .map(|[_, high]| high - gy);
                doses.add(row.structure.clone(), gy, half_width, &row.delivered_source);
            }
        }
        doses
    }

    fn add(&mut self, name: String, gy: f64, half_width_gy: Option<f64>, source: &str) {
        let known = self.of.entry(name).or_insert_with(|| StructureDose {
            gy: 0.0,
            half_width_gy: Some(0.0),
            source: String::new(),
        });
        known.gy += gy;
        // Images of different days: their errors are taken as independent.
        known.half_width_gy = known
            .half_width_gy
            .zip(half_width_gy)
            .map(|(one, other)| one.hypot(other));
        if !known.source.is_empty() {
            known.source.push_str(" + ");
        }
        known.source.push_str(source);
    }

    /// The dose of a lesion: of its structure, else the one that the case states.
    fn of(&self, lesion: &FollowedLesion) -> Option<StructureDose> {
        let measured = lesion
            .structure
            .as_ref()
            .and_then(|structure| self.of.get(structure))
            .cloned();
        let stated = lesion.lesion.mean_dose_gy.map(|gy| StructureDose {
            gy,
            half_width_gy: None,
            source: lesion
                .dose_source
                .clone()
                .unwrap_or_else(|| "stated in the case".to_owned()),
        });
        let is_whole = lesion
            .territory
            .as_ref()
            .is_some_and(|territory| self.whole.contains(territory));
        match self.partial.as_ref().filter(|_| !is_whole) {
            None => measured.or(stated),
            // A part of the dose does not displace all of it.
            Some(partial) => stated.or_else(|| {
                measured.map(|part| StructureDose {
                    source: format!("{} ({partial})", part.source),
                    ..part
                })
            }),
        }
    }
}

/// What a lesion counts that is too small to measure (eisenhauer2009), mm.
const TOO_SMALL_MM: f64 = 5.0;

/// What of a finding can be followed, and how.
type Measure = (
    &'static str,
    &'static str,
    fn(&LesionFinding) -> Option<f64>,
);

const MEASURES: [Measure; 5] = [
    ("long axis", "mm", |finding| {
        finding.long_axis.map(|length| length.as_mm())
    }),
    ("short axis", "mm", |finding| {
        finding.short_axis.map(|length| length.as_mm())
    }),
    ("enhancing long axis", "mm", |finding| {
        finding.enhancing_long_axis.map(|length| length.as_mm())
    }),
    ("volume", "mL", |finding| {
        finding.volume.map(|volume| volume.as_ml())
    }),
    ("SUVmax", "g/mL", |finding| {
        finding.suv_max.map(|uptake| uptake.as_g_per_ml())
    }),
];

/// Every lesion of a case by one reader, in the order of the case.
pub(super) fn lesions(
    case: &Case,
    record: &PatientRecord,
    doses: &StructureDoses,
    by_lesion: Option<&CriterionJson>,
) -> Vec<LesionCourse> {
    // A record that is refused has no course that could be trusted.
    if record
        .check()
        .iter()
        .any(|finding| finding.rule.severity() == Severity::Refused)
    {
        return Vec::new();
    }
    case.follow_up
        .lesions
        .iter()
        .enumerate()
        .map(|(at, followed)| lesion(at, followed, record, doses, by_lesion))
        .collect()
}

fn lesion(
    at: usize,
    followed: &FollowedLesion,
    record: &PatientRecord,
    doses: &StructureDoses,
    by_lesion: Option<&CriterionJson>,
) -> LesionCourse {
    let name = &followed.lesion.tracking_id;
    let baseline_day = record.baseline_day(0);
    let seen: Vec<(sirt_outcome::Day, &LesionFinding, bool)> = record
        .assessments
        .iter()
        .filter_map(|scan| {
            let of_lesion = |lesion: u32| usize::try_from(lesion) == Ok(at);
            let finding = scan.findings.iter().find(|row| of_lesion(row.lesion))?;
            let new = scan.new_lesions.iter().any(|new| of_lesion(new.lesion));
            Some((scan.day, finding, new))
        })
        .collect();
    let node = followed.lesion.kind.is_node();
    let measured = |(_, _, of): &&Measure| seen.iter().any(|(_, finding, _)| of(finding).is_some());
    let measure = MEASURES
        .iter()
        .filter(|(name, _, _)| !node || *name != "long axis")
        .find(measured);
    let value = |finding: &LesionFinding| {
        let measured = measure.and_then(|(_, _, of)| of(finding));
        match (finding.state, measure) {
            (LesionState::Absent, _) => Some(0.0),
            // As criteria count what is there and too small to measure.
            (LesionState::TooSmall, Some((_, "mm", _))) => measured.or(Some(TOO_SMALL_MM)),
            _ => measured,
        }
    };
    // The last value at or before baseline; a lesion that came later, or was not
    // measured then, has none.
    let baseline = seen
        .iter()
        .filter(|(day, _, _)| baseline_day.is_none_or(|baseline| *day <= baseline))
        .filter_map(|(day, finding, _)| Some((*day, value(finding)?)))
        .next_back()
        .filter(|(_, value)| *value > 0.0);
    let change = |value: Option<f64>| {
        value
            .zip(baseline)
            .map(|(now, (_, before))| 100.0 * (now / before - 1.0))
    };
    let later: Vec<f64> = seen
        .iter()
        .filter(|(day, _, _)| {
            let first = baseline.map(|(first, _)| first).or(baseline_day);
            first.is_some_and(|first| *day > first)
        })
        .filter_map(|(_, finding, _)| value(finding))
        .collect();
    let smallest = later.iter().copied().reduce(f64::min);
    let last = later.last().copied();
    let response = by_lesion.and_then(|criterion| {
        criterion
            .lesions
            .iter()
            .rev()
            .find(|row| row.lesion == *name)
            .map(|row| row.response)
    });
    let dose = doses.of(followed);
    LesionCourse {
        lesion: name.clone(),
        tracking_uid: followed.lesion.tracking_uid.clone(),
        organ: followed.lesion.organ.name().to_owned(),
        site: followed.site.clone(),
        territory: followed.territory.clone(),
        node,
        dose_gy: dose.as_ref().map(|dose| dose.gy),
        dose_uncertainty_gy: dose.as_ref().and_then(|dose| dose.half_width_gy),
        dose_source: dose.map(|dose| dose.source),
        measure: measure.map(|(name, _, _)| *name),
        unit: measure.map_or("", |(_, unit, _)| *unit),
        baseline: baseline.map(|(_, value)| value),
        smallest,
        last,
        best_change: change(smallest),
        last_change: change(last),
        response,
        fate: fate(record, &seen, change(last), &later, response == Some("PD")),
        values: seen
            .iter()
            .map(|(day, finding, new)| LesionPoint {
                date: day.to_string(),
                day: *day,
                state: state(finding.state),
                value: value(finding),
                change_from_baseline: change(value(finding)),
                new: *new,
            })
            .collect(),
    }
}

const fn state(state: LesionState) -> &'static str {
    match state {
        LesionState::Present => "present",
        LesionState::Absent => "absent",
        LesionState::TooSmall => "too small",
        LesionState::NotEvaluable => "not evaluable",
        LesionState::MergedInto(_) => "merged",
        LesionState::Progressed => "progressed",
    }
}

/// What became of a lesion at the last scan that shows it.
fn fate(
    record: &PatientRecord,
    seen: &[(sirt_outcome::Day, &LesionFinding, bool)],
    change: Option<f64>,
    later: &[f64],
    progressed: bool,
) -> String {
    let Some((day, finding, _)) = seen
        .iter()
        .rev()
        .find(|(_, finding, _)| finding.state != LesionState::NotEvaluable)
    else {
        return "not evaluable".to_owned();
    };
    let new = seen.iter().any(|(_, _, new)| *new);
    let told = match (finding.state, change) {
        (LesionState::Absent, _) => format!("gone on {day}"),
        (LesionState::TooSmall, _) => format!("too small to measure on {day}"),
        (LesionState::MergedInto(into), _) => {
            format!("grown into {} by {day}", record.lesion_name(into))
        }
        (LesionState::Progressed, _) => format!("worse beyond doubt on {day}"),
        (_, Some(change)) if !later.is_empty() && change < 0.0 => {
            format!("smaller by {:.0} % on {day}", -change)
        }
        (_, Some(change)) if !later.is_empty() && change > 0.0 => {
            format!("larger by {change:.0} % on {day}")
        }
        (_, Some(_)) if !later.is_empty() => format!("as at baseline on {day}"),
        _ => format!("there on {day}"),
    };
    let told = if progressed && change.is_some_and(|change| change < 0.0) {
        format!("{told}, growing again")
    } else {
        told
    };
    if new { format!("new; {told}") } else { told }
}
