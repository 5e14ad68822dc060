//! The claims of a study as rules of whole numbers.
//!
//! Names of numbers: `at/J` patients that are followed to the break J;
//! `response/J/CATEGORY` at the time point J (or `best`); `marker/J` and
//! `marker/J/yes`; `symptoms`, `symptoms/yes`; `composite`; `analogue/on`,
//! `/halved`, `/stopped`; `lesion/CATEGORY`, `lesion-patients`; `deaths/CAUSE`;
//! `attribute/NAME=VALUE`; `toxicity/CLAIM/FIGURE`; `treatments`.

use super::course::Breaks;
use super::model::{Against, Model, Sum};
use super::structure::category_holds;
use crate::OutcomeError;
use crate::evidence::claim::{
    Claim, ClaimKind, PrintedPercent, Relation, RelationKind, Rounding, Solution, Study,
};
use crate::evidence::cohort::{
    AnalogueFall, Category, CohortRules, Composite, EventCount, Figure, GradeLimit, Point,
    Population, numbers as numbers_in,
};
use crate::response::{CauseOfDeath, CriterionRules};

/// Single categories, which share out everybody who can be judged.
pub(super) const SINGLE: [Category; 5] = [
    Category::Complete,
    Category::Partial,
    Category::Minor,
    Category::Stable,
    Category::Progressive,
];

/// Counts of a claim that a solver chooses among; more are inequalities.
const MOST_SOLUTIONS: usize = 400;

/// Events of a claim.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlannedEvents {
    pub(super) name: String,
    pub(super) term: String,
    pub(super) grade: GradeLimit,
    pub(super) count: EventCount,
}

/// A study as rules, with what is to be made of the numbers.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) model: Model,
    pub(super) enrolled: u64,
    pub(super) treated: u64,
    pub(super) criterion: Option<CriterionRules>,
    pub(super) breaks: Breaks,
    /// Months of responses, of markers, of lesions.
    pub(super) response_months: Vec<f64>,
    pub(super) best: bool,
    pub(super) marker: Option<(String, Vec<f64>)>,
    pub(super) lesion_months: Option<f64>,
    pub(super) lesion_falls: Option<[f64; 2]>,
    pub(super) symptom_grade: Option<u8>,
    pub(super) composite: Option<Composite>,
    pub(super) analogue: bool,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) events: Vec<PlannedEvents>,
    pub(super) causes: Vec<Option<CauseOfDeath>>,
    pub(super) not_reached: bool,
    pub(super) activities: Vec<(f64, String)>,
    pub(super) last_assessment: Option<f64>,
    pub(super) counts_treatments: bool,
}

/// Numerator and denominator of a figure.
struct Fraction {
    k: Sum,
    n: Sum,
}

fn unsupported(claim: &Claim, why: &str) -> OutcomeError {
    OutcomeError::NotEstimable {
        method: "reconstruction",
        reason: format!(
            "claim `{}` ({}): {why}; leave it out",
            claim.id,
            claim.printed()
        ),
    }
}

/// The plan of a study.
///
/// # Errors
/// [`OutcomeError::NotEstimable`] for claims of a kind that is not reconstructed.
pub(super) fn plan(study: &Study, rules: &CohortRules) -> Result<Plan, OutcomeError> {
    let mut figures: Vec<Vec<Figure>> = Vec::new();
    for claim in &study.claims {
        if claim.figures.is_empty() {
            return Err(unsupported(claim, "no figure of a cohort is named for it"));
        }
        figures.push(
            claim
                .figures
                .iter()
                .map(|key| key.parse())
                .collect::<Result<_, _>>()?,
        );
    }
    let of_treated = study
        .claims
        .iter()
        .zip(&figures)
        .find(|(_, figures)| figures.contains(&Figure::Treated))
        .map(|(claim, _)| claim);
    let treated = of_treated.and_then(|claim| claim.count).unwrap_or(study.n);
    let enrolled = of_treated
        .and_then(|claim| claim.of)
        .unwrap_or(treated)
        .max(treated);
    let mut plan = Plan {
        model: Model::default(),
        enrolled,
        treated,
        criterion: None,
        breaks: Breaks::default(),
        response_months: Vec::new(),
        best: false,
        marker: None,
        lesion_months: None,
        lesion_falls: None,
        symptom_grade: None,
        composite: None,
        analogue: false,
        attributes: Vec::new(),
        events: Vec::new(),
        causes: Vec::new(),
        not_reached: false,
        activities: Vec::new(),
        last_assessment: None,
        counts_treatments: false,
    };
    for (claim, figures) in study.claims.iter().zip(&figures) {
        for figure in figures {
            plan.collect(claim, figure, rules)?;
        }
    }
    plan.criterion = plan.criterion.or_else(|| rules.criteria.first().cloned());
    plan.sort();
    plan.structure();
    let mut fractions: Vec<Option<Fraction>> = Vec::new();
    for (number, (claim, figures)) in study.claims.iter().zip(&figures).enumerate() {
        let mut first = None;
        for (place, figure) in figures.iter().enumerate() {
            let fraction = plan.fraction(claim, number, place, figure)?;
            if let Some(fraction) = fraction {
                plan.print(study, claim, number, &fraction)?;
                first.get_or_insert(fraction);
            }
        }
        if claim.kind == ClaimKind::Value {
            plan.value(claim, number, figures)?;
        }
        fractions.push(first);
    }
    for relation in &study.relations {
        plan.relation(study, relation, &fractions);
    }
    Ok(plan)
}

impl Plan {
    /// Takes from a figure what the plan has to know before its rules.
    fn collect(
        &mut self,
        claim: &Claim,
        figure: &Figure,
        rules: &CohortRules,
    ) -> Result<(), OutcomeError> {
        let add = |months: &mut Vec<f64>, new: f64| {
            if !months.iter().any(|known| known.total_cmp(&new).is_eq()) {
                months.push(new);
            }
        };
        match figure {
            Figure::Response {
                criterion, point, ..
            } => {
                self.use_criterion(claim, criterion, rules)?;
                match point {
                    Point::Months(months) => {
                        add(&mut self.response_months, *months);
                        self.breaks.add(*months);
                    }
                    Point::Best => self.best = true,
                    Point::Confirmed => {
                        return Err(unsupported(
                            claim,
                            "confirmed responses are not reconstructed",
                        ));
                    }
                }
            }
            Figure::Assessed { criterion, months }
            | Figure::Lesion {
                criterion, months, ..
            }
            | Figure::LesionMean { criterion, months } => {
                self.use_criterion(claim, criterion, rules)?;
                if self
                    .lesion_months
                    .is_some_and(|known| known.total_cmp(months).is_ne())
                {
                    return Err(unsupported(
                        claim,
                        "lesions at several time points are not reconstructed",
                    ));
                }
                self.lesion_months = Some(*months);
                self.breaks.add(*months);
            }
            Figure::Marker {
                marker,
                definition,
                point,
                ..
            } => {
                let Point::Months(months) = point else {
                    return Err(unsupported(
                        claim,
                        "best responses of markers are not reconstructed",
                    ));
                };
                if definition != "half" {
                    return Err(unsupported(
                        claim,
                        "marker responses by other definitions than `half` are not reconstructed",
                    ));
                }
                let known = self
                    .marker
                    .get_or_insert_with(|| (marker.clone(), Vec::new()));
                if known.0 != *marker {
                    return Err(unsupported(claim, "a second marker is not reconstructed"));
                }
                add(&mut known.1, *months);
                self.breaks.add(*months);
            }
            Figure::Symptom { least_grade } => {
                if self
                    .symptom_grade
                    .is_some_and(|known| known != *least_grade)
                {
                    return Err(unsupported(
                        claim,
                        "symptoms of a second grade are not reconstructed",
                    ));
                }
                self.symptom_grade = Some(*least_grade);
            }
            Figure::Composite { composite } => self.use_composite(claim, composite)?,
            Figure::Analogue { among, .. } => {
                self.analogue = true;
                if let Some(composite) = among {
                    self.use_composite(claim, composite)?;
                }
            }
            Figure::Attribute { name, value } => {
                self.attributes.push((name.clone(), value.clone()));
            }
            Figure::DeathMonths { cause } => {
                for (months, _) in numbers_in(&claim.printed()) {
                    self.breaks.add(months);
                    self.breaks.deaths.push((months, *cause));
                }
                self.add_cause(*cause);
            }
            Figure::Deaths { cause } => self.add_cause(*cause),
            // Deaths of no claimed cause.
            Figure::Alive => self.add_cause(None),
            Figure::FollowUpMedian => {
                if let Some((months, _)) = numbers_in(&claim.printed()).first() {
                    self.breaks.add(*months);
                    self.breaks.median = Some(*months);
                }
            }
            Figure::FollowUpRange => {
                let numbers = numbers_in(&claim.printed());
                if let [.., (least, _), (most, _)] = numbers[..] {
                    self.breaks.add(least);
                    self.breaks.add(most);
                    self.breaks.range = Some([least, most]);
                }
            }
            Figure::LastAssessment => {
                let months = numbers_in(&claim.printed());
                self.last_assessment = months.first().map(|(months, _)| *months);
                if let Some(months) = self.last_assessment {
                    self.breaks.add(months);
                }
            }
            Figure::Activities => {
                self.activities = claim
                    .printed()
                    .split(',')
                    .filter_map(|part| {
                        let (gbq, _) = *numbers_in(part).first()?;
                        let site = part.split_once("GBq").map_or("", |(_, site)| site.trim());
                        Some((gbq, site.to_owned()))
                    })
                    .collect();
            }
            Figure::Treatments => self.counts_treatments = true,
            Figure::Treated
            | Figure::Enrolled
            | Figure::Survival { .. }
            | Figure::Toxicity { .. } => {}
        }
        Ok(())
    }

    fn use_criterion(
        &mut self,
        claim: &Claim,
        name: &str,
        rules: &CohortRules,
    ) -> Result<(), OutcomeError> {
        if self
            .criterion
            .as_ref()
            .is_some_and(|known| known.name != name)
        {
            return Err(unsupported(
                claim,
                "a second criterion is not reconstructed",
            ));
        }
        self.criterion = rules
            .criteria
            .iter()
            .find(|criterion| criterion.name == name)
            .cloned();
        Ok(())
    }

    fn use_composite(&mut self, claim: &Claim, composite: &Composite) -> Result<(), OutcomeError> {
        if self
            .composite
            .as_ref()
            .is_some_and(|known| known != composite)
        {
            return Err(unsupported(
                claim,
                "a second composite is not reconstructed",
            ));
        }
        self.composite = Some(composite.clone());
        Ok(())
    }

    fn add_cause(&mut self, cause: Option<CauseOfDeath>) {
        if !self.causes.contains(&cause) {
            self.causes.push(cause);
        }
    }

    fn sort(&mut self) {
        self.breaks.sort();
        self.response_months.sort_by(f64::total_cmp);
        if let Some((_, months)) = &mut self.marker {
            months.sort_by(f64::total_cmp);
        }
        // Deaths of a cause and deaths of any cause: the latter are the rest.
        if self.causes.is_empty() {
            self.causes.push(None);
        }
    }

    /// Numerator and denominator of a figure; none of a list of numbers.
    fn fraction(
        &mut self,
        claim: &Claim,
        number: usize,
        place: usize,
        figure: &Figure,
    ) -> Result<Option<Fraction>, OutcomeError> {
        let treated = Sum::constant(self.treated as f64);
        let enrolled = Sum::constant(self.enrolled as f64);
        let most = self.treated;
        Ok(Some(match figure {
            Figure::Treated => Fraction {
                k: treated,
                n: enrolled,
            },
            Figure::Enrolled => Fraction {
                k: enrolled.clone(),
                n: enrolled,
            },
            Figure::Attribute { name, value } => Fraction {
                k: Sum::of(
                    self.model
                        .whole(&format!("attribute/{name}={value}"), self.enrolled),
                ),
                n: enrolled,
            },
            Figure::Response {
                category,
                point,
                population,
                ..
            } => {
                let at = match point {
                    Point::Months(months) => format!("{months}"),
                    Point::Best | Point::Confirmed => "best".to_owned(),
                };
                let n = match (population, point) {
                    (Population::Treated, _) => treated,
                    (Population::AtTimePoint, _) | (Population::Evaluable, Point::Best) => {
                        self.judged(&at)
                    }
                    (Population::Evaluable, _) => {
                        return Err(unsupported(
                            claim,
                            "rates at a time point of all who are evaluable are not reconstructed",
                        ));
                    }
                };
                Fraction {
                    k: self.category(&at, *category),
                    n,
                }
            }
            Figure::Assessed { .. } => Fraction {
                k: Sum::of(self.model.whole("lesion-patients", most)),
                n: treated,
            },
            Figure::Lesion { category, .. } => {
                let those: Vec<Category> = SINGLE
                    .into_iter()
                    .filter(|single| category_holds(*category, *single))
                    .collect();
                Fraction {
                    k: self.lesions(&those),
                    n: self.lesions(&SINGLE),
                }
            }
            Figure::Marker {
                point, population, ..
            } => {
                let Point::Months(months) = point else {
                    return Err(unsupported(
                        claim,
                        "best responses of markers are not reconstructed",
                    ));
                };
                let n = match population {
                    Population::Treated => treated,
                    Population::AtTimePoint => {
                        Sum::of(self.model.whole(&format!("marker/{months}"), most))
                    }
                    Population::Evaluable => {
                        return Err(unsupported(
                            claim,
                            "rates at a time point of all who are evaluable are not reconstructed",
                        ));
                    }
                };
                Fraction {
                    k: Sum::of(self.model.whole(&format!("marker/{months}/yes"), most)),
                    n,
                }
            }
            Figure::Symptom { .. } => Fraction {
                k: Sum::of(self.model.whole("symptoms/yes", most)),
                n: Sum::of(self.model.whole("symptoms", most)),
            },
            Figure::Analogue { fall, .. } => Fraction {
                k: Sum::of(self.model.whole(
                    match fall {
                        AnalogueFall::Halved => "analogue/halved",
                        AnalogueFall::Stopped => "analogue/stopped",
                    },
                    most,
                )),
                n: Sum::of(self.model.whole("analogue/on", most)),
            },
            Figure::Composite { .. } => Fraction {
                k: Sum::of(self.model.whole("composite", most)),
                n: treated,
            },
            Figure::Toxicity {
                words,
                grade,
                count,
            } => {
                let name = format!("toxicity/{number}/{place}");
                let events = *count == EventCount::Events;
                self.events.push(PlannedEvents {
                    name: name.clone(),
                    term: words.first().cloned().unwrap_or_default(),
                    grade: *grade,
                    count: *count,
                });
                Fraction {
                    k: Sum::of(
                        self.model
                            .whole(&name, if events { 20 * most } else { most }),
                    ),
                    n: treated,
                }
            }
            Figure::Alive => Fraction {
                k: treated.clone().minus(&self.deaths(None)),
                n: treated,
            },
            Figure::Deaths { cause } => Fraction {
                k: self.deaths(*cause),
                n: treated,
            },
            Figure::Treatments => {
                let number = self.model.whole("treatments", 20 * most);
                self.model
                    .rule(Sum::of(number).minus(&treated), Against::AtLeast, &[]);
                Fraction {
                    k: Sum::of(number),
                    n: treated,
                }
            }
            Figure::LesionMean { .. }
            | Figure::Survival { .. }
            | Figure::DeathMonths { .. }
            | Figure::FollowUpMedian
            | Figure::FollowUpRange
            | Figure::Activities
            | Figure::LastAssessment => return Ok(None),
        }))
    }

    /// That a fraction prints as a claim does.
    fn print(
        &mut self,
        study: &Study,
        claim: &Claim,
        number: usize,
        fraction: &Fraction,
    ) -> Result<(), OutcomeError> {
        let by = [number];
        let model = &mut self.model;
        if let Some(count) = claim.count {
            let is = fraction.k.clone().minus(&Sum::constant(count as f64));
            model.rule(is, Against::Equal, &by);
        }
        if claim.kind == ClaimKind::Events {
            return Ok(());
        }
        let largest = Sum::constant(study.largest_denominator(claim) as f64);
        let against = if claim.of.is_some() {
            Against::Equal
        } else {
            Against::AtMost
        };
        model.rule(fraction.n.clone().minus(&largest), against, &by);
        let one = Sum::constant(1.0);
        model.rule(fraction.n.clone().minus(&one), Against::AtLeast, &by);
        let parts_whole = fraction.k.clone().minus(&fraction.n);
        model.rule(parts_whole, Against::AtMost, &by);
        let Some(percent) = &claim.percent else {
            return Ok(());
        };
        let printed: PrintedPercent = percent.parse()?;
        let rounding = if claim.truncated {
            Rounding::Truncated
        } else {
            Rounding::HalfUp
        };
        let count = |solution: &Solution| claim.count.is_none_or(|count| count == solution.k);
        let largest = study.largest_denominator(claim);
        let known = fraction.n.as_constant();
        let solutions: Vec<Solution> = match known {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count of patients"
            )]
            Some(n) => printed
                .solutions_of(n as u64, rounding)
                .filter(count)
                .collect(),
            None => printed
                .solutions_to(largest, rounding)
                .filter(count)
                .take(MOST_SOLUTIONS + 1)
                .collect(),
        };
        if solutions.len() > MOST_SOLUTIONS {
            // low n <= scale k < high n, in whole numbers.
            let [low, high, scale] = printed.edges(rounding);
            let scaled = fraction.k.clone().times(scale);
            let model = &mut self.model;
            let from = scaled.clone().minus(&fraction.n.clone().times(low));
            model.rule(from, Against::AtLeast, &by);
            let to = scaled
                .minus(&fraction.n.clone().times(high))
                .plus(&Sum::constant(1.0));
            model.rule(to, Against::AtMost, &by);
            return Ok(());
        }
        // One of the counts that print so: their hull is all that a solver
        // has to look into.
        let mut one = Sum::constant(-1.0);
        let mut k = Sum::default();
        let mut n = Sum::default();
        for (place, solution) in solutions.iter().enumerate() {
            let chosen = self.model.whole(&format!("print/{number}/{place}"), 1);
            one = one.plus(&Sum::of(chosen));
            k = k.plus(&Sum::of(chosen).times(solution.k as f64));
            n = n.plus(&Sum::of(chosen).times(solution.n as f64));
        }
        self.model.rule(one, Against::Equal, &by);
        self.model.rule(k.minus(&fraction.k), Against::Equal, &by);
        if known.is_none() {
            self.model.rule(n.minus(&fraction.n), Against::Equal, &by);
        }
        Ok(())
    }

    /// What a list of numbers asks for.
    fn value(
        &mut self,
        claim: &Claim,
        number: usize,
        figures: &[Figure],
    ) -> Result<(), OutcomeError> {
        let treated = self.treated;
        let by = [number];
        for figure in figures {
            match figure {
                Figure::DeathMonths { cause } => {
                    let months: Vec<f64> = numbers_in(&claim.printed())
                        .iter()
                        .map(|(months, _)| *months)
                        .collect();
                    let deaths = self.deaths(*cause);
                    let count = Sum::constant(months.len() as f64);
                    self.model.rule(deaths.minus(&count), Against::Equal, &by);
                    self.breaks
                        .deaths_at(&mut self.model, treated, &months, &by);
                }
                Figure::FollowUpMedian => {
                    self.breaks.median_is(&mut self.model, treated, &by);
                }
                Figure::FollowUpRange => {
                    self.breaks.range_is(&mut self.model, treated, &by);
                }
                Figure::LastAssessment => {
                    if let Some(months) = self.last_assessment {
                        let followed =
                            Sum::of(self.breaks.followed(&mut self.model, treated, months));
                        let all = Sum::constant(treated as f64);
                        self.model.rule(followed.minus(&all), Against::Equal, &by);
                    }
                }
                Figure::Survival { name } => {
                    let words = claim.printed();
                    if name != "os" || !words.trim().eq_ignore_ascii_case("not reached") {
                        return Err(unsupported(
                            claim,
                            "of times to events only overall survival that is not reached is reconstructed",
                        ));
                    }
                    self.not_reached = true;
                    // Deaths before every censoring keep the curve highest.
                    let twice = self.deaths(None).times(2.0);
                    let room = Sum::constant(treated as f64 - 1.0);
                    self.model.rule(twice.minus(&room), Against::AtMost, &by);
                }
                Figure::LesionMean { .. } => {
                    let numbers = numbers_in(&claim.printed());
                    let [(least, _), (most, _)] = numbers[..] else {
                        return Err(unsupported(claim, "it is no range of two numbers"));
                    };
                    self.lesion_falls = Some([least, most]);
                }
                Figure::Activities => {
                    if treated != 1 {
                        return Err(unsupported(
                            claim,
                            "activities of more than one patient are not reconstructed",
                        ));
                    }
                }
                _ => return Err(unsupported(claim, "it is a share and printed as a value")),
            }
        }
        Ok(())
    }

    fn relation(&mut self, study: &Study, relation: &Relation, fractions: &[Option<Fraction>]) {
        let find = |id: &String| {
            let number = study.claims.iter().position(|claim| claim.id == *id)?;
            Some((number, fractions[number].as_ref()?))
        };
        let whole = relation.whole.as_ref().and_then(find);
        let parts: Vec<(usize, &Fraction)> = relation.parts.iter().filter_map(find).collect();
        let Some((first, first_fraction)) = parts.first().copied() else {
            return;
        };
        let mut all: Vec<usize> = parts.iter().map(|(number, _)| *number).collect();
        all.extend(whole.map(|(number, _)| number));
        let sum = parts
            .iter()
            .fold(Sum::default(), |sum, (_, part)| sum.plus(&part.k));
        if matches!(
            relation.kind,
            RelationKind::Partition | RelationKind::Sum | RelationKind::SameDenominator
        ) {
            for (number, part) in parts.iter().skip(1) {
                let apart = part.n.clone().minus(&first_fraction.n);
                self.model.rule(apart, Against::Equal, &[first, *number]);
            }
        }
        match (relation.kind, whole) {
            (RelationKind::Partition, _) => {
                let apart = sum.minus(&first_fraction.n);
                self.model.rule(apart, Against::Equal, &all);
            }
            (RelationKind::Sum, Some((number, whole))) => {
                let apart = whole.n.clone().minus(&first_fraction.n);
                self.model.rule(apart, Against::Equal, &[first, number]);
                let apart = sum.minus(&whole.k);
                self.model.rule(apart, Against::Equal, &all);
            }
            (RelationKind::Within, Some((number, whole))) => {
                for (part_number, part) in &parts {
                    let apart = part.k.clone().minus(&whole.k);
                    self.model
                        .rule(apart, Against::AtMost, &[*part_number, number]);
                }
            }
            (RelationKind::DenominatorIsCount, Some((number, whole))) => {
                for (part_number, part) in &parts {
                    let apart = part.n.clone().minus(&whole.k);
                    self.model
                        .rule(apart, Against::Equal, &[*part_number, number]);
                }
            }
            _ => {}
        }
    }
}
