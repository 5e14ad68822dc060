//! From counts to patients: who has what follows a seed.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::claims::{Plan, SINGLE};
use super::counts::Counts;
use super::course::{Ending, endings};
use super::lesions::{BASELINE_MM, SINGLE_MM, at_baseline, finding, singles, sized};
use crate::OutcomeError;
use crate::biochemical::{AnaloguePrescription, MarkerValue, SymptomValue};
use crate::evidence::cohort::{
    Category, Cohort, CohortEvent, CohortPatient, CompositePart, EventCount, GradeLimit,
    PatientSymptom, days,
};
use crate::response::{
    Assessment, CriterionRules, Day, Lesion, LesionRole, LesionState, Measure, Modality, Organ,
    PatientMarker, PatientRecord, Status, Treatment, TreatmentKind,
};
use crate::toxicity::{AdverseEvent, EventKind};

/// Days of what comes before treatment, and of a scan that no claim places.
const BASELINE_SCAN: i32 = -14;
const BASELINE_MARKER: i32 = -7;
const BASELINE_SYMPTOM: i32 = -3;
const FREE_SCAN: i32 = 91;
const SYMPTOM_VISIT: i32 = 60;
/// A second treatment comes so many days after the first.
const NEXT_TREATMENT: i32 = 45;
/// An analogue that is stopped has been so for longer than half a year.
const OFF_ANALOGUE: i32 = 200;
/// Chromogranin A at baseline and its limit of normal, µg/L.
const MARKER_BASELINE: f64 = 400.0;
const MARKER_LIMIT: f64 = 100.0;

/// A patient that is being made.
struct Maker {
    patient: CohortPatient,
    ending: Ending,
    origin: Day,
    had_partial: bool,
    had_complete: bool,
    progressed: bool,
}

/// Patients of a plan with these counts.
pub(super) fn cohort(
    plan: &Plan,
    counts: &Counts,
    random: &mut ChaCha8Rng,
) -> Result<Cohort, OutcomeError> {
    let mut makers = Vec::new();
    for (number, ending) in endings(plan, counts, random).into_iter().enumerate() {
        let week = i32::try_from(number).unwrap_or(i32::MAX / 7);
        let origin = Day::from_date(2001, 1, 1)?.plus(7 * week);
        makers.push(maker(plan, ending, origin)?);
    }
    let criterion = plan.criterion.as_ref();
    if let Some(criterion) = criterion {
        responses(plan, counts, criterion, &mut makers, random)?;
        if plan.lesion_months.is_some() {
            single_lesions(plan, counts, criterion, &mut makers, random)?;
        }
        composite(plan, counts, criterion, &mut makers, random)?;
        if let Some(months) = plan.last_assessment {
            for maker in &mut makers {
                let category = if random.random_bool(0.5) {
                    Category::Partial
                } else {
                    Category::Stable
                };
                maker.scan(criterion, category, days(months), random)?;
            }
        }
    }
    markers(plan, counts, &mut makers, random);
    symptoms(plan, counts, &mut makers, random);
    analogue(plan, counts, &mut makers);
    events(plan, counts, &mut makers, random);
    treatments(plan, counts, &mut makers, random);
    let mut patients: Vec<CohortPatient> = makers.into_iter().map(|maker| maker.patient).collect();
    patients.shuffle(random);
    let enrolled = usize::try_from(plan.enrolled).unwrap_or(usize::MAX);
    while patients.len() < enrolled {
        patients.push(CohortPatient {
            record: PatientRecord {
                readers: vec![String::new()],
                ..PatientRecord::default()
            },
            ..CohortPatient::default()
        });
    }
    attributes(plan, counts, &mut patients, random);
    for (number, patient) in patients.iter_mut().enumerate() {
        patient.record.id = format!("SYNTHETIC-{:03}", number + 1);
        patient
            .record
            .assessments
            .sort_by_key(|assessment| assessment.day);
    }
    let (patients, untreated): (Vec<_>, Vec<_>) = patients
        .into_iter()
        .partition(|patient| !patient.record.treatments.is_empty());
    let mut cohort = Cohort {
        patients,
        refused: Vec::new(),
    };
    cohort.patients.extend(untreated);
    Ok(cohort)
}

fn maker(plan: &Plan, ending: Ending, origin: Day) -> Result<Maker, OutcomeError> {
    let end = origin.plus(ending.day);
    let mut record = PatientRecord {
        readers: vec!["reader".to_owned()],
        status: Some(match ending.death {
            Some(cause) => Status::Dead { day: end, cause },
            None => Status::Alive { last_contact: end },
        }),
        ..PatientRecord::default()
    };
    let mut given = plan.activities.clone();
    if given.is_empty() {
        given.push((f64::NAN, String::new()));
    }
    for (gbq, site) in given {
        record.treatments.push(Treatment {
            day: origin,
            kind: TreatmentKind::Radioembolisation,
            site: Some(site.to_uppercase()).filter(|site| !site.is_empty()),
            activity_gbq: Some(gbq).filter(|gbq| gbq.is_finite()),
        });
    }
    let mut maker = Maker {
        patient: CohortPatient {
            record,
            ..CohortPatient::default()
        },
        ending,
        origin,
        had_partial: false,
        had_complete: false,
        progressed: false,
    };
    if let Some(criterion) = plan.criterion.as_ref()
        && plan.lesion_months.is_none()
    {
        maker.lesions(criterion)?;
    }
    Ok(maker)
}

impl Maker {
    /// Two lesions of the liver, and the scan before treatment.
    fn lesions(&mut self, criterion: &CriterionRules) -> Result<(), OutcomeError> {
        let mut findings = Vec::new();
        for (number, size) in (0_u32..).zip(BASELINE_MM) {
            self.patient.record.lesions.push(target(number));
            let mut finding = at_baseline(criterion, size)?;
            finding.lesion = number;
            findings.push(finding);
        }
        self.assessed(criterion, BASELINE_SCAN, findings);
        Ok(())
    }

    fn assessed(
        &mut self,
        criterion: &CriterionRules,
        day: i32,
        findings: Vec<crate::response::LesionFinding>,
    ) {
        self.patient.record.assessments.push(Assessment {
            day: self.origin.plus(day),
            visit: Some(if day < 0 {
                "BASELINE".to_owned()
            } else {
                format!("DAY {day}")
            }),
            modality: if criterion.measure == Measure::Visual {
                Modality::Pet
            } else {
                Modality::Ct
            },
            findings,
            ..Assessment::default()
        });
    }

    /// A scan with a response.
    fn scan(
        &mut self,
        criterion: &CriterionRules,
        category: Category,
        day: i32,
        random: &mut ChaCha8Rng,
    ) -> Result<(), OutcomeError> {
        // One share for all lesions: their sum is as each of them.
        let share = random.random_range(0.1..0.9);
        let mut findings = Vec::new();
        for (number, size) in (0_u32..).zip(BASELINE_MM) {
            let mut found = finding(criterion, category, self.had_partial, size, share)?;
            found.lesion = number;
            findings.push(found);
        }
        self.assessed(criterion, day, findings);
        self.had_partial |= category == Category::Partial;
        self.had_complete |= category == Category::Complete;
        self.progressed |= category == Category::Progressive;
        Ok(())
    }

    fn day(&self, day: i32) -> Day {
        self.origin.plus(day)
    }
}

fn target(number: u32) -> Lesion {
    Lesion {
        tracking_id: format!("T{:02}", number + 1),
        organ: Organ::Liver,
        role: LesionRole::Target,
        ..Lesion::default()
    }
}

/// Patients at random among those who are eligible.
fn chosen(
    makers: &[Maker],
    number: usize,
    random: &mut ChaCha8Rng,
    eligible: impl Fn(&Maker) -> bool,
) -> Vec<usize> {
    let mut places: Vec<usize> = (0..makers.len())
        .filter(|place| eligible(&makers[*place]))
        .collect();
    places.shuffle(random);
    places.truncate(number);
    places
}

/// Responses at every time point, or at best.
fn responses(
    plan: &Plan,
    counts: &Counts,
    criterion: &CriterionRules,
    makers: &mut [Maker],
    random: &mut ChaCha8Rng,
) -> Result<(), OutcomeError> {
    let points = plan
        .response_months
        .iter()
        .map(|months| (format!("{months}"), days(*months)))
        .chain(plan.best.then(|| ("best".to_owned(), FREE_SCAN)));
    for (name, day) in points {
        let number =
            |category: Category| counts.of(plan, &format!("response/{name}/{}", category.name()));
        let mut scanned = vec![false; makers.len()];
        // Progression takes those who leave first: the others stay for later.
        let mut leaving: Vec<usize> = (0..makers.len())
            .filter(|place| makers[*place].ending.day >= day && !makers[*place].progressed)
            .collect();
        leaving.sort_by_key(|place| (makers[*place].ending.day, *place));
        leaving.truncate(number(Category::Progressive));
        for place in leaving {
            makers[place].scan(criterion, Category::Progressive, day, random)?;
            scanned[place] = true;
        }
        // Complete responses stay complete, and go first to those who have one.
        for category in SINGLE {
            if category == Category::Progressive {
                continue;
            }
            let mut places: Vec<usize> = (0..makers.len())
                .filter(|place| {
                    let maker = &makers[*place];
                    let fits = category == Category::Complete || !maker.had_complete;
                    maker.ending.day >= day && !maker.progressed && !scanned[*place] && fits
                })
                .collect();
            places.shuffle(random);
            if category == Category::Complete {
                places.sort_by_key(|place| {
                    let maker = &makers[*place];
                    (!maker.had_complete, maker.ending.day)
                });
            }
            places.truncate(number(category));
            for place in places {
                makers[place].scan(criterion, category, day, random)?;
                scanned[place] = true;
            }
        }
    }
    Ok(())
}

/// Lesions that are judged one by one.
fn single_lesions(
    plan: &Plan,
    counts: &Counts,
    criterion: &CriterionRules,
    makers: &mut [Maker],
    random: &mut ChaCha8Rng,
) -> Result<(), OutcomeError> {
    let lesions = singles(plan, counts, random)?;
    let day = days(plan.lesion_months.unwrap_or_default());
    let mut places = chosen(makers, lesions.len(), random, |maker| {
        maker.ending.day >= day
    });
    for (place, maker) in makers.iter_mut().enumerate() {
        let at = places.iter().position(|chosen| *chosen == place);
        let of_patient = at.map(|at| &lesions[at]);
        let number = of_patient.map_or(2, Vec::len);
        let mut baseline = Vec::new();
        let mut now = Vec::new();
        for lesion in 0..u32::try_from(number).unwrap_or(0) {
            maker.patient.record.lesions.push(target(lesion));
            let mut before = at_baseline(criterion, SINGLE_MM)?;
            before.lesion = lesion;
            let mut after = before.clone();
            let index = usize::try_from(lesion).unwrap_or(0);
            if let Some(single) = of_patient.and_then(|lesions| lesions.get(index)) {
                if single.category == Category::Complete {
                    after.state = LesionState::Absent;
                    after.long_axis = None;
                    after.perpendicular = None;
                } else {
                    let is_product = criterion.measure == Measure::Product;
                    sized(&mut after, SINGLE_MM, single.left, is_product)?;
                }
            }
            baseline.push(before);
            now.push(after);
        }
        maker.assessed(criterion, BASELINE_SCAN, baseline);
        if of_patient.is_some() {
            maker.assessed(criterion, day, now);
        }
    }
    places.clear();
    Ok(())
}

/// Responses of several kinds at once.
fn composite(
    plan: &Plan,
    counts: &Counts,
    criterion: &CriterionRules,
    makers: &mut [Maker],
    random: &mut ChaCha8Rng,
) -> Result<(), OutcomeError> {
    let Some(composite) = &plan.composite else {
        return Ok(());
    };
    // Who is followed longest responds first, so that an analogue can be
    // stopped for long enough; of equal ones nothing is known.
    let responders = counts.of(plan, "composite");
    for (place, maker) in makers.iter_mut().enumerate() {
        let responds = place < responders;
        let mut has = vec![responds; composite.parts.len()];
        if responds != composite.all {
            // Any but none of them is enough; all but one is not.
            for part in &mut has {
                *part = random.random_bool(0.5);
            }
            let one = random.random_range(0..has.len());
            has[one] = responds;
        }
        for (part, has) in composite.parts.iter().zip(has) {
            match part {
                CompositePart::Imaging => {
                    let category = match (has, random.random_bool(0.3)) {
                        (true, true) => Category::Complete,
                        (true, false) => Category::Partial,
                        (false, _) => Category::Stable,
                    };
                    let day = FREE_SCAN.min(maker.ending.day);
                    maker.scan(criterion, category, day, random)?;
                }
                CompositePart::Marker => {
                    let day = FREE_SCAN.min(maker.ending.day);
                    marker_values(maker, "chromogranin A", &[(day, has)], random);
                }
                CompositePart::Symptoms => {
                    if has || random.random_bool(0.5) {
                        symptom_values(maker, 2, has);
                    }
                }
            }
        }
    }
    Ok(())
}

fn markers(plan: &Plan, counts: &Counts, makers: &mut [Maker], random: &mut ChaCha8Rng) {
    let Some((name, months)) = &plan.marker else {
        return;
    };
    let mut values: Vec<Vec<(i32, bool)>> = vec![Vec::new(); makers.len()];
    for months in months {
        let day = days(*months);
        let judged = counts.of(plan, &format!("marker/{months}"));
        let yes = counts.of(plan, &format!("marker/{months}/yes"));
        let places = chosen(makers, judged, random, |maker| maker.ending.day >= day);
        for (number, place) in places.into_iter().enumerate() {
            values[place].push((day, number < yes));
        }
    }
    for (maker, values) in makers.iter_mut().zip(values) {
        marker_values(maker, name, &values, random);
    }
}

/// A marker before treatment and on days, with or without a response.
fn marker_values(maker: &mut Maker, name: &str, values: &[(i32, bool)], random: &mut ChaCha8Rng) {
    let value = |day: i32, value: f64| MarkerValue {
        day: maker.day(day),
        value: value.round(),
        unit: "ug/L".to_owned(),
        upper_limit: Some(MARKER_LIMIT),
        assay: None,
        confounded: false,
    };
    let mut made = vec![value(BASELINE_MARKER, MARKER_BASELINE)];
    for (day, responds) in values {
        // Half or less of baseline, and never a quarter above an earlier value.
        let share = if *responds {
            random.random_range(0.4..0.48)
        } else {
            random.random_range(0.7..1.1)
        };
        made.push(value(*day, MARKER_BASELINE * share));
    }
    maker.patient.record.markers.push(PatientMarker {
        name: name.to_owned(),
        values: made,
    });
}

fn symptoms(plan: &Plan, counts: &Counts, makers: &mut [Maker], random: &mut ChaCha8Rng) {
    let Some(grade) = plan.symptom_grade else {
        return;
    };
    let symptomatic = counts.of(plan, "symptoms");
    let relieved = counts.of(plan, "symptoms/yes");
    for (number, place) in chosen(makers, symptomatic, random, |_| true)
        .into_iter()
        .enumerate()
    {
        symptom_values(&mut makers[place], grade, number < relieved);
    }
}

fn symptom_values(maker: &mut Maker, grade: u8, relieved: bool) {
    let after = SYMPTOM_VISIT.min(maker.ending.day);
    let value = |day: i32, grade: u8| SymptomValue {
        day: maker.day(day),
        grade: Some(grade),
        per_day: None,
    };
    let now = if relieved { grade - 1 } else { grade };
    let values = vec![value(BASELINE_SYMPTOM, grade), value(after, now)];
    maker.patient.symptoms.push(PatientSymptom {
        name: "flushing".to_owned(),
        values,
    });
}

/// Analogues of the responders; who is followed longest stops.
fn analogue(plan: &Plan, counts: &Counts, makers: &mut [Maker]) {
    if !plan.analogue {
        return;
    }
    let on = counts.of(plan, "analogue/on");
    let halved = counts.of(plan, "analogue/halved");
    let stopped = counts.of(plan, "analogue/stopped");
    for (place, maker) in makers.iter_mut().enumerate().take(on) {
        let dose = |day: i32, dose_mg: f64| AnaloguePrescription {
            from: maker.day(day),
            drug: "octreotide".to_owned(),
            dose_mg,
            interval_days: 28.0,
            rescue_mg_per_day: 0.0,
        };
        let mut prescriptions = vec![dose(-90, 30.0)];
        if place < stopped {
            prescriptions.push(dose((maker.ending.day - OFF_ANALOGUE).max(1), 0.0));
        } else if place < halved {
            prescriptions.push(dose(SYMPTOM_VISIT.min(maker.ending.day), 15.0));
        }
        maker.patient.analogue = prescriptions;
    }
}

fn events(plan: &Plan, counts: &Counts, makers: &mut [Maker], random: &mut ChaCha8Rng) {
    for planned in &plan.events {
        let number = counts.of(plan, &planned.name);
        let places: Vec<usize> = match planned.count {
            EventCount::Patients => chosen(makers, number, random, |_| true),
            EventCount::Events => (0..number)
                .map(|_| random.random_range(0..makers.len()))
                .collect(),
        };
        for place in places {
            let maker = &mut makers[place];
            let day = random.random_range(1..=28).min(maker.ending.day);
            maker.patient.events.push(CohortEvent {
                event: AdverseEvent {
                    kind: EventKind::of_term(&planned.term),
                    term: planned.term.to_uppercase(),
                    grade: Some(match planned.grade {
                        GradeLimit::Any => random.random_range(1..=2),
                        GradeLimit::Exactly(grade) | GradeLimit::AtLeast(grade) => grade,
                    }),
                    onset: maker.day(day),
                    resolved: None,
                },
                system: None,
                stated: None,
            });
        }
    }
}

/// Further treatments, where their number is claimed.
fn treatments(plan: &Plan, counts: &Counts, makers: &mut [Maker], random: &mut ChaCha8Rng) {
    if !plan.counts_treatments || makers.is_empty() {
        return;
    }
    let more = counts.of(plan, "treatments").saturating_sub(makers.len());
    let mut places: Vec<usize> = (0..makers.len()).collect();
    places.shuffle(random);
    for number in 0..more {
        let maker = &mut makers[places[number % places.len()]];
        let given = i32::try_from(maker.patient.record.treatments.len()).unwrap_or(1);
        let day = maker.day((NEXT_TREATMENT * given).min(maker.ending.day));
        maker.patient.record.treatments.push(Treatment {
            day,
            kind: TreatmentKind::Radioembolisation,
            site: None,
            activity_gbq: None,
        });
    }
}

/// What patients were before treatment, of all who were enrolled.
fn attributes(
    plan: &Plan,
    counts: &Counts,
    patients: &mut [CohortPatient],
    random: &mut ChaCha8Rng,
) {
    let mut names: Vec<&String> = plan.attributes.iter().map(|(name, _)| name).collect();
    names.dedup();
    for name in names {
        let mut places: Vec<usize> = (0..patients.len()).collect();
        places.shuffle(random);
        let mut rest = places.into_iter();
        let values: Vec<&String> = plan
            .attributes
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value)
            .collect();
        for value in &values {
            let number = counts.of(plan, &format!("attribute/{name}={value}"));
            for place in rest.by_ref().take(number) {
                patients[place]
                    .attributes
                    .insert(name.clone(), (*value).clone());
            }
        }
        for place in rest {
            patients[place]
                .attributes
                .insert(name.clone(), other(&values));
        }
    }
}

/// A value that is none of those.
fn other(values: &[&String]) -> String {
    if values.iter().all(|value| value.as_str() == "Y") {
        return "N".to_owned();
    }
    let largest = values
        .iter()
        .map(|value| value.parse::<u32>())
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .and_then(|numbers| numbers.into_iter().max());
    largest.map_or_else(|| "other".to_owned(), |largest| (largest + 1).to_string())
}
