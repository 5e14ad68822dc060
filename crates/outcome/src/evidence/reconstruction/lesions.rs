//! Sizes of lesions that give wanted responses.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::claims::{Plan, SINGLE};
use super::counts::Counts;
use super::model::{Against, Model, Sum};
use crate::OutcomeError;
use crate::evidence::cohort::Category;
use crate::response::{
    CriterionRules, Diameter, LesionFinding, LesionState, Measure, VisualUptake,
};

/// Diameters at baseline, mm.
pub(super) const BASELINE_MM: [f64; 2] = [60.0, 40.0];
/// Diameters of lesions that are judged one by one, mm, both ways.
pub(super) const SINGLE_MM: f64 = 40.0;

/// What is left of the measure, from and to, for criteria of diameters and of products.
struct Left {
    partial: [f64; 2],
    /// Stable after a partial response: above its limit, below progression from it.
    stable_after: [f64; 2],
    stable: [f64; 2],
    minor: [f64; 2],
    progressive: [f64; 2],
}

/// Limits 30 and 20 % (RECIST): 0.78/0.66 is a rise of 18 %, 1.04/0.92 of 13 %.
const OF_DIAMETER: Left = Left {
    partial: [0.66, 0.69],
    stable_after: [0.72, 0.78],
    stable: [0.92, 1.04],
    minor: [0.75, 0.85],
    progressive: [1.5, 1.7],
};
/// Limits 50 and 25 % (WHO): 0.58/0.47 is a rise of 23 %.
const OF_PRODUCT: Left = Left {
    partial: [0.47, 0.49],
    stable_after: [0.52, 0.58],
    stable: [0.92, 1.04],
    minor: [0.55, 0.70],
    progressive: [1.5, 1.7],
};

/// The finding of a lesion of a size at baseline with a response.
pub(super) fn finding(
    criterion: &CriterionRules,
    category: Category,
    had_partial: bool,
    baseline_mm: f64,
    share: f64,
) -> Result<LesionFinding, OutcomeError> {
    let mut finding = LesionFinding::default();
    if criterion.measure == Measure::Visual {
        finding.visual = Some(match category {
            Category::Complete => VisualUptake::Normal,
            Category::Partial | Category::Minor => VisualUptake::Less,
            Category::Progressive => VisualUptake::More,
            _ => VisualUptake::Same,
        });
        return Ok(finding);
    }
    let (left, is_product) = match criterion.measure {
        Measure::Diameter => (OF_DIAMETER, false),
        Measure::Product => (OF_PRODUCT, true),
        _ => {
            return Err(OutcomeError::NotEstimable {
                method: "reconstruction",
                reason: format!(
                    "sizes by criterion `{}` are not made; diameters, products and uptake as seen are",
                    criterion.name
                ),
            });
        }
    };
    if category == Category::Complete {
        finding.state = LesionState::Absent;
        return Ok(finding);
    }
    let [from, to] = match category {
        Category::Partial => left.partial,
        Category::Minor => left.minor,
        Category::Progressive => left.progressive,
        _ if had_partial => left.stable_after,
        _ => left.stable,
    };
    sized(
        &mut finding,
        baseline_mm,
        from + (to - from) * share,
        is_product,
    )?;
    Ok(finding)
}

/// The finding at baseline.
pub(super) fn at_baseline(
    criterion: &CriterionRules,
    baseline_mm: f64,
) -> Result<LesionFinding, OutcomeError> {
    let mut finding = LesionFinding::default();
    if criterion.measure == Measure::Visual {
        finding.visual = Some(VisualUptake::Same);
    } else {
        sized(
            &mut finding,
            baseline_mm,
            1.0,
            criterion.measure == Measure::Product,
        )?;
    }
    Ok(finding)
}

/// Sets the diameters of what is left of a measure.
pub(super) fn sized(
    finding: &mut LesionFinding,
    baseline_mm: f64,
    left: f64,
    is_product: bool,
) -> Result<(), OutcomeError> {
    let length = Diameter::from_mm(baseline_mm * if is_product { left.sqrt() } else { left })?;
    finding.long_axis = Some(length);
    if is_product {
        finding.perpendicular = Some(length);
    }
    Ok(())
}

/// A single lesion: its category, and what is left of its measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SingleLesion {
    pub(super) category: Category,
    pub(super) left: f64,
}

/// What is left of a lesion by area, from and to, of a category.
const fn left_of(category: Category) -> [f64; 2] {
    match category {
        Category::Complete => [0.0, 0.0],
        Category::Partial => [0.08, 0.48],
        Category::Minor => [0.52, 0.74],
        Category::Progressive => [1.3, 1.7],
        Category::Stable | Category::Objective | Category::Fallen | Category::Control => [0.8, 1.1],
    }
}

/// Lesions of each patient that is judged lesion by lesion.
///
/// # Errors
/// [`OutcomeError::Irreconcilable`] where no lesions of these categories have
/// the wanted falls of their mean.
pub(super) fn singles(
    plan: &Plan,
    counts: &Counts,
    random: &mut ChaCha8Rng,
) -> Result<Vec<Vec<SingleLesion>>, OutcomeError> {
    let patients = counts.of(plan, "lesion-patients");
    let mut model = Model::default();
    let most = SINGLE
        .iter()
        .map(|category| counts.of(plan, &format!("lesion/{}", category.name())))
        .sum::<usize>();
    let number = |patient: usize, category: Category| format!("{patient}/{}", category.name());
    for category in SINGLE {
        let wanted = counts.of(plan, &format!("lesion/{}", category.name()));
        let mut sum = Sum::constant(-(wanted as f64));
        for patient in 0..patients {
            let name = number(patient, category);
            sum = sum.plus(&Sum::of(model.whole(&name, most as u64)));
        }
        model.rule(sum, Against::Equal, &[]);
    }
    for patient in 0..patients {
        let mut lesions = Sum::default();
        let mut rest = Sum::default();
        for category in SINGLE {
            let name = number(patient, category);
            let count = Sum::of(model.whole(&name, most as u64));
            let left = Sum::of(model.real(&format!("{name}/left"), 2.0 * most as f64));
            let [from, to] = left_of(category);
            model.rule(
                left.clone().minus(&count.clone().times(from)),
                Against::AtLeast,
                &[],
            );
            model.rule(
                left.clone().minus(&count.clone().times(to)),
                Against::AtMost,
                &[],
            );
            lesions = lesions.plus(&count);
            rest = rest.plus(&left);
        }
        model.rule(
            lesions.clone().minus(&Sum::constant(1.0)),
            Against::AtLeast,
            &[],
        );
        model.rule(
            lesions.clone().minus(&Sum::constant(10.0)),
            Against::AtMost,
            &[],
        );
        if let Some([least, most]) = plan.lesion_falls {
            // The first patient has the least fall, the last the most.
            let fall = match patient {
                0 => least,
                last if last + 1 == patients => most,
                _ => f64::midpoint(least, most),
            };
            let apart = rest.minus(&lesions.times(1.0 - fall / 100.0));
            model.rule(apart, Against::Equal, &[]);
        }
    }
    let goal: Vec<f64> = (0..model.len())
        .map(|_| random.random_range(-1.0..1.0))
        .collect();
    let solved = model
        .solve(&goal, |_| true)?
        .ok_or_else(|| OutcomeError::Irreconcilable {
            claims: "those of single lesions and of the fall of their mean".to_owned(),
            advice: "leave the fall of the mean out".to_owned(),
        })?;
    let value = |name: &str| {
        model
            .named(name)
            .and_then(|number| solved.get(number))
            .copied()
            .unwrap_or(0.0)
    };
    Ok((0..patients)
        .map(|patient| {
            let mut lesions = Vec::new();
            for category in SINGLE {
                let name = number(patient, category);
                let count = value(&name);
                let left = value(&format!("{name}/left"));
                let mut at = 0.0;
                while at + 0.5 < count {
                    lesions.push(SingleLesion {
                        category,
                        left: left / count,
                    });
                    at += 1.0;
                }
            }
            lesions
        })
        .collect())
}
