//! The liver of a patient over time: volumes against baseline and the
//! treatment before, scores of function, disease after radiation.

use serde::Serialize;
use sirt_outcome::{
    Ascites, CriterionResult, Day, DefinitionVerdict, GradedValue, LaboratoryGrades, LesionVolume,
    LiverDiseaseDefinition, LiverDiseaseDefinitions, LiverEvent, LiverFunctionTable,
    LiverTreatment, OutcomeError, PatientRecord, Response, VolumeOnDay, liver_toxicity_grade,
    volume_changes,
};
use sirt_quantity::Capacity;
use sirt_store::{
    Case, CaseCourse, CaseEvent, LiverVolumes, StatedAttribution, StudyLaboratory,
    ToxicityTreatment,
};

use super::toxicity::treated_days;

/// One volume over time.
#[derive(Debug, Serialize)]
pub(crate) struct LiverVolumeJson {
    /// liver, right lobe, left lobe, tumours, future remnant.
    pub(crate) volume: &'static str,
    pub(crate) values: Vec<VolumePoint>,
}

#[derive(Debug, Serialize)]
pub(crate) struct VolumePoint {
    pub(crate) date: String,
    #[serde(skip)]
    pub(crate) day: Day,
    pub(crate) ml: f64,
    /// Per cent of that at baseline.
    pub(crate) of_baseline: Option<f64>,
    /// Per cent of change from baseline.
    pub(crate) change_from_baseline: Option<f64>,
    /// Day of the radioembolisation before.
    pub(crate) prior_treatment: Option<String>,
    /// Its activity, all territories of the day.
    pub(crate) prior_treatment_gbq: Option<f64>,
    /// Day and volume of the last image at or before that treatment.
    pub(crate) before_treatment: Option<(String, f64)>,
    /// Per cent of change from that volume.
    pub(crate) change_from_prior_treatment: Option<f64>,
}

/// Activity given on a day in all; none where one of them is not known.
pub(super) fn activity_on(course: &CaseCourse, day: Day) -> Option<f64> {
    course
        .treatments
        .iter()
        .filter(|treatment| treatment.day == day && treatment.is_radioembolisation())
        .map(|treatment| treatment.activity.map(|activity| activity.as_gbq()))
        .sum()
}

pub(super) fn volumes(
    case: &Case,
    course: &CaseCourse,
) -> Result<Vec<LiverVolumeJson>, OutcomeError> {
    let mut days: Vec<Day> = course
        .treatments
        .iter()
        .filter(|treatment| treatment.is_radioembolisation())
        .map(|treatment| treatment.day)
        .collect();
    days.dedup();
    type Part = fn(&LiverVolumes) -> Option<Capacity>;
    let parts: [(&'static str, Part); 5] = [
        ("liver", |row| row.liver),
        ("right lobe", |row| row.right),
        ("left lobe", |row| row.left),
        ("tumours", |row| row.tumour),
        ("future remnant", |row| row.remnant),
    ];
    let mut found = Vec::new();
    for (volume, part) in parts {
        let measured: Vec<VolumeOnDay> = case
            .follow_up
            .liver_volumes
            .iter()
            .filter_map(|row| Some((row.day, part(row)?)))
            .map(|(day, volume)| {
                LesionVolume::from_ml(volume.as_ml()).map(|volume| VolumeOnDay { day, volume })
            })
            .collect::<Result<_, _>>()?;
        if measured.is_empty() {
            continue;
        }
        let values = volume_changes(&measured, &days)
            .into_iter()
            .map(|change| VolumePoint {
                date: change.day.to_string(),
                day: change.day,
                ml: change.volume.as_ml(),
                of_baseline: change.of_baseline.map(|part| 100.0 * part),
                change_from_baseline: change.of_baseline.map(|part| 100.0 * (part - 1.0)),
                prior_treatment: change.prior_treatment.map(|day| day.to_string()),
                prior_treatment_gbq: change
                    .prior_treatment
                    .and_then(|day| activity_on(course, day)),
                before_treatment: change
                    .before_treatment
                    .map(|before| (before.day.to_string(), before.volume.as_ml())),
                change_from_prior_treatment: change
                    .change_from_prior_treatment
                    .map(|change| 100.0 * change),
            })
            .collect();
        found.push(LiverVolumeJson { volume, values });
    }
    Ok(found)
}

/// Scores of liver function on one day.
#[derive(Debug, Serialize)]
pub(crate) struct LiverFunctionJson {
    pub(crate) date: String,
    pub(crate) albi: Option<f64>,
    pub(crate) albi_grade: Option<String>,
    pub(crate) child_pugh: Option<u8>,
    pub(crate) child_pugh_class: Option<String>,
    pub(crate) meld: Option<u8>,
}

/// Days on which at least one score has its values.
pub(super) fn function(case: &Case) -> Result<Vec<LiverFunctionJson>, OutcomeError> {
    let table = LiverFunctionTable::built_in()?;
    Ok(case
        .laboratory
        .iter()
        .map(|day| {
            let albi = day.values.albi(&table).ok();
            let child_pugh = day.values.child_pugh(case.disease.cholestatic, &table).ok();
            LiverFunctionJson {
                date: day.taken.to_string(),
                albi: albi.as_ref().map(|albi| albi.score),
                albi_grade: albi.as_ref().map(|albi| albi.grade.to_string()),
                child_pugh: child_pugh.as_ref().map(|score| score.points),
                child_pugh_class: child_pugh.as_ref().map(|score| score.class.to_string()),
                meld: day.values.meld().ok().map(|meld| meld.score),
            }
        })
        .filter(|scores| {
            scores.albi.is_some() || scores.child_pugh.is_some() || scores.meld.is_some()
        })
        .collect())
}

/// A definition of liver disease after radiation on the day of laboratory values.
#[derive(Debug, Serialize)]
pub(crate) struct LiverDiseaseJson {
    pub(crate) date: String,
    pub(crate) definition: String,
    pub(crate) title: String,
    /// `met` or `possible`.
    pub(crate) verdict: &'static str,
    /// What nobody looked for.
    pub(crate) missing: Vec<String>,
    pub(crate) days_after_treatment: i32,
    pub(crate) doubtful: bool,
}

/// Definitions that are met, or that at least one sign speaks for, on days
/// after treatment. Progression is by `found`.
pub(super) fn disease(
    case: &Case,
    record: &PatientRecord,
    laboratory: &[StudyLaboratory],
    found: Option<&CriterionResult>,
) -> Result<Vec<LiverDiseaseJson>, OutcomeError> {
    let definitions = LiverDiseaseDefinitions::built_in()?;
    let table = LiverFunctionTable::built_in()?;
    let treated = treated_days(record);
    let Some(first) = treated.iter().min().copied() else {
        return Ok(Vec::new());
    };
    let points = |values: &sirt_outcome::LaboratoryValues| {
        values
            .child_pugh(case.disease.cholestatic, &table)
            .ok()
            .and_then(|score| i8::try_from(score.points).ok())
    };
    let mut baseline_points = None;
    let mut said = Vec::new();
    for of_day in &case.laboratory {
        let day = Day::parse(&of_day.taken.to_string())?;
        let Some(last) = treated.iter().copied().filter(|given| *given < day).max() else {
            baseline_points = points(&of_day.values).or(baseline_points);
            continue;
        };
        let value = |test: &str| {
            laboratory
                .iter()
                .find(|row| row.test == test && row.day == day)
        };
        // Multiples of the limit, or of a baseline that was above its own.
        let multiple = |test: &str| {
            let now = value(test)?;
            let before = laboratory
                .iter()
                .rev()
                .find(|row| row.test == test && row.day <= first)
                .filter(|row| row.upper_limit.is_some_and(|limit| row.value > limit))
                .map(|row| row.value);
            before.or(now.upper_limit).map(|over| now.value / over)
        };
        let bilirubin = value("bilirubin");
        let mg_per_dl =
            |value: f64| sirt_quantity::Bilirubin::from_umol_per_l(value).as_mg_per_dl();
        let event = LiverEvent {
            days_after_treatment: day.since(last),
            bilirubin_mg_per_dl: bilirubin.map(|row| mg_per_dl(row.value)),
            bilirubin_limit_mg_per_dl: bilirubin.and_then(|row| row.upper_limit).map(mg_per_dl),
            jaundice: None,
            ascites: of_day
                .values
                .ascites
                .map(|ascites| ascites != Ascites::None),
            alp_multiple: multiple("alp"),
            transaminase_multiple: [multiple("alt"), multiple("ast")]
                .into_iter()
                .flatten()
                .reduce(f64::max),
            child_pugh_rise: points(&of_day.values)
                .zip(baseline_points)
                .map(|(now, before)| now - before),
            progression: progressed(found, day),
            obstruction: of_day.tests.bile_duct_obstruction,
        };
        for definition in definitions.iter() {
            let (verdict, missing) = match definition.judge(&event) {
                DefinitionVerdict::Met => ("met", Vec::new()),
                DefinitionVerdict::Possible { missing }
                    if suspicious(&event) && has_a_sign(definition, &event, &missing) =>
                {
                    ("possible", missing)
                }
                DefinitionVerdict::Possible { .. } | DefinitionVerdict::NotMet { .. } => continue,
            };
            said.push(LiverDiseaseJson {
                date: day.to_string(),
                definition: definition.name.clone(),
                title: definition.title.clone(),
                verdict,
                missing,
                days_after_treatment: event.days_after_treatment,
                doubtful: definition.doubtful,
            });
        }
    }
    Ok(said)
}

/// Whether one of the signs that a definition asks for is there: fewer are
/// missing than where nobody looked for any.
fn has_a_sign(definition: &LiverDiseaseDefinition, event: &LiverEvent, missing: &[String]) -> bool {
    let nobody_looked = LiverEvent {
        days_after_treatment: event.days_after_treatment,
        progression: event.progression,
        obstruction: event.obstruction,
        ..LiverEvent::default()
    };
    match definition.judge(&nobody_looked) {
        DefinitionVerdict::Possible { missing: all } => missing.len() < all.len(),
        _ => false,
    }
}

/// Whether anything speaks for disease of the liver: where everything is
/// normal or unknown, nothing is said.
fn suspicious(event: &LiverEvent) -> bool {
    event.ascites == Some(true)
        || event
            .bilirubin_mg_per_dl
            .zip(event.bilirubin_limit_mg_per_dl)
            .is_some_and(|(value, limit)| value > limit)
        || event.bilirubin_mg_per_dl.is_some_and(|value| value >= 3.0)
        || event.alp_multiple.is_some_and(|multiple| multiple > 2.0)
        || event
            .transaminase_multiple
            .is_some_and(|multiple| multiple > 5.0)
        || event.child_pugh_rise.is_some_and(|rise| rise >= 2)
}

/// The grade of toxicity of the liver after radioembolisation, 0 to 5.
#[derive(Debug, Serialize)]
pub(crate) struct LiverToxicityJson {
    /// None where no event of the liver says what was done.
    pub(crate) grade: Option<u8>,
    /// What laboratory values alone give.
    pub(crate) at_least: u8,
    /// The worst new grade of ALT, AST, ALP and GGT; null where none could be graded.
    pub(crate) enzymes: Option<u8>,
    /// The worst new grade of bilirubin, albumin and INR; null where none could be.
    pub(crate) function: Option<u8>,
    pub(crate) why: String,
}

/// Enzymes, and what tells of the liver's function.
const ENZYMES: [&str; 4] = ["alt", "ast", "alp", "ggt"];
const FUNCTION: [&str; 3] = ["bilirubin", "albumin", "inr"];
/// Days after a treatment in which grades are ascribed to it: the longest
/// window of liver disease after radiation.
const TOXIC_DAYS: i32 = 120;
/// Words of terms of the liver.
const OF_LIVER: [&str; 6] = ["hepat", "liver", "reild", "rild", "ascites", "jaundice"];
/// One that is not, though it holds such a word.
const NOT_OF_LIVER: &str = "extrahepatic";

/// Graded from laboratory values that are worse than at baseline, and from
/// what events of the liver say was done; none without such values.
pub(super) fn toxicity(
    case: &Case,
    course: &CaseCourse,
    record: &PatientRecord,
    grades: &LaboratoryGrades,
) -> Option<LiverToxicityJson> {
    let treated = treated_days(record);
    let first = treated.iter().min().copied()?;
    let laboratory = &course.subject.laboratory;
    let in_time = |day: Day| {
        treated
            .iter()
            .any(|given| (1..=TOXIC_DAYS).contains(&day.since(*given)))
    };
    let worst_of = |tests: &[&str]| {
        let mut worst: Option<u8> = None;
        for row in laboratory.iter().filter(|row| tests.contains(&&*row.test)) {
            if !in_time(row.day) {
                continue;
            }
            let before = laboratory
                .iter()
                .rev()
                .find(|other| other.test == row.test && other.day <= first);
            let of = |row: &StudyLaboratory, before: Option<&StudyLaboratory>| {
                let given = GradedValue {
                    value: row.value,
                    lower_limit: row.lower_limit,
                    upper_limit: row.upper_limit,
                    baseline: before.map(|before| before.value),
                    baseline_upper_limit: before.and_then(|before| before.upper_limit),
                    ..GradedValue::default()
                };
                grades.grade(&row.test, given).ok()
            };
            let Some(now) = of(row, before) else { continue };
            let was = before
                .and_then(|before| of(before, None))
                .map_or(0, |grade| grade.grade);
            let is_new = now.compared_with == "an abnormal baseline" || now.grade > was;
            worst = worst.max(Some(if is_new { now.grade } else { 0 }));
        }
        worst
    };
    let (enzymes, function) = (worst_of(&ENZYMES), worst_of(&FUNCTION));
    let is_of_liver = |event: &&CaseEvent| {
        let term = event.term.to_lowercase().replace(NOT_OF_LIVER, "");
        let organ = event.organ.as_deref().unwrap_or_default().to_lowercase();
        organ == "liver" || OF_LIVER.iter().any(|word| term.contains(word))
    };
    // An event long after, or one that a person put down to something else, is
    // none of the treatment.
    let (of_liver, left_out): (Vec<&CaseEvent>, Vec<&CaseEvent>) = case
        .follow_up
        .events
        .iter()
        .filter(is_of_liver)
        .partition(|event| {
            in_time(event.onset) && event.attribution != Some(StatedAttribution::Unrelated)
        });
    if enzymes.is_none() && function.is_none() && of_liver.is_empty() {
        return None;
    }
    let done = of_liver
        .iter()
        .filter_map(|event| event.treatment)
        .map(|treatment| match treatment {
            ToxicityTreatment::None => LiverTreatment::None,
            ToxicityTreatment::NonInvasive => LiverTreatment::NonInvasive,
            ToxicityTreatment::Invasive => LiverTreatment::Invasive,
        })
        .max();
    let fatal = of_liver.iter().any(|event| event.grade == Some(5));
    let graded = [enzymes, function].map(Option::unwrap_or_default);
    let at_least = liver_toxicity_grade(graded[0], graded[1], LiverTreatment::None, fatal);
    // Where both were looked at and nothing is worse than before, nothing had to be done.
    let looked = enzymes.is_some() && function.is_some();
    let nothing = looked && at_least == 0 && of_liver.is_empty();
    let grade = done
        .or((nothing || fatal).then_some(LiverTreatment::None))
        .map(|done| liver_toxicity_grade(graded[0], graded[1], done, fatal));
    let told =
        |grade: Option<u8>| grade.map_or_else(|| "not known".to_owned(), |grade| grade.to_string());
    let mut why = format!(
        "new grades within {TOXIC_DAYS} days: {} of enzymes, {} of bilirubin, albumin and INR",
        told(enzymes),
        told(function)
    );
    if grade.is_none() && at_least > 0 {
        why.push_str("; no event of the liver says what was done about it");
    }
    for event in left_out {
        why.push_str(&format!(
            "; left out: {} on {}, {}",
            event.term,
            event.onset,
            if in_time(event.onset) {
                "unrelated as a person judged it".to_owned()
            } else {
                format!("not within {TOXIC_DAYS} days after a treatment")
            }
        ));
    }
    Some(LiverToxicityJson {
        grade,
        at_least,
        enzymes,
        function,
        why,
    })
}

/// Whether the tumour had progressed by a day; none where nobody looked since
/// within a half year.
fn progressed(found: Option<&CriterionResult>, day: Day) -> Option<bool> {
    const LOOKED_WITHIN_DAYS: i32 = 183;
    let found = found?;
    let until = |limit: Day| {
        found
            .time_points
            .iter()
            .filter(move |point| point.day <= limit)
            .filter_map(|point| Some((point.day, point.overall?)))
    };
    if until(day).any(|(_, response)| response == Response::Progressive) {
        return Some(true);
    }
    // The scan that shows no progression may come a little after the blood; one
    // that shows it by then leaves open which came first.
    let soon = day.plus(LOOKED_WITHIN_DAYS / 2);
    if until(soon).any(|(_, response)| response == Response::Progressive) {
        return None;
    }
    let mut looked = until(soon)
        .filter(|(_, response)| *response != Response::NotEvaluable)
        .filter(|(scanned, _)| day.since(*scanned) <= LOOKED_WITHIN_DAYS);
    looked.next().is_some().then_some(false)
}
