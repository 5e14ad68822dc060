//! How long patients are followed, and who dies when.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::claims::Plan;
use super::counts::Counts;
use super::model::{Against, Model, Sum};
use crate::evidence::cohort::{cause_name, days};
use crate::response::CauseOfDeath;

/// Follow-up beyond the last break that nothing binds, days.
const BEYOND_DAYS: i32 = 365;
/// Follow-up where no claim says anything of it, days: one to three years.
const FREE_DAYS: [i32; 2] = [365, 1095];
/// The first day on which a follow-up ends that nothing binds.
const EARLIEST_DAY: i32 = 7;

/// Months at which it matters who is still followed.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaks {
    months: Vec<f64>,
    /// Deaths whose months are printed.
    pub(super) deaths: Vec<(f64, Option<CauseOfDeath>)>,
    pub(super) median: Option<f64>,
    pub(super) range: Option<[f64; 2]>,
}

/// How a patient's follow-up ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    /// Days from treatment.
    pub(super) day: i32,
    /// The cause, of who dies then.
    pub(super) death: Option<CauseOfDeath>,
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

impl Breaks {
    pub(super) fn add(&mut self, months: f64) {
        if !self.months.iter().any(|known| same(*known, months)) {
            self.months.push(months);
        }
    }

    pub(super) fn sort(&mut self) {
        self.months.sort_by(f64::total_cmp);
    }

    /// The number of patients that are followed to a break.
    pub(super) fn followed(&self, model: &mut Model, treated: u64, months: f64) -> usize {
        model.whole(&format!("at/{months}"), treated)
    }

    fn followed_sum(&self, model: &mut Model, treated: u64, at: usize) -> Sum {
        self.months.get(at).map_or_else(Sum::default, |months| {
            Sum::of(self.followed(model, treated, *months))
        })
    }

    /// Who is followed to a break is followed to every earlier one.
    pub(super) fn structure(&self, model: &mut Model, treated: u64) {
        for at in 0..self.months.len() {
            let here = self.followed_sum(model, treated, at);
            let next = self.followed_sum(model, treated, at + 1);
            model.rule(next.minus(&here), Against::AtMost, &[]);
        }
    }

    /// That deaths come in these months, all of which are breaks.
    pub(super) fn deaths_at(
        &self,
        model: &mut Model,
        treated: u64,
        months: &[f64],
        claims: &[usize],
    ) {
        for at in 0..self.months.len() {
            let here = self.followed_sum(model, treated, at);
            let next = self.followed_sum(model, treated, at + 1);
            let of_break = self.months[at];
            let count = |wanted: &dyn Fn(f64) -> bool| {
                Sum::constant(months.iter().filter(|month| wanted(**month)).count() as f64)
            };
            let in_it = count(&|month| same(month, of_break));
            model.rule(
                here.clone().minus(&next).minus(&in_it),
                Against::AtLeast,
                claims,
            );
            let before = count(&|month| month < of_break && !same(month, of_break));
            let rest = here.plus(&before).minus(&Sum::constant(treated as f64));
            model.rule(rest, Against::AtMost, claims);
        }
    }

    /// How many patients end exactly at the median, and how many at it or later.
    fn middle(treated: u64) -> (u64, u64) {
        if treated.is_multiple_of(2) {
            (2, treated / 2 + 1)
        } else {
            (1, treated.div_ceil(2))
        }
    }

    /// That the median follow-up is the break of that name.
    pub(super) fn median_is(&self, model: &mut Model, treated: u64, claims: &[usize]) {
        let Some(at) = self
            .median
            .and_then(|median| self.months.iter().position(|known| same(*known, median)))
        else {
            return;
        };
        let (exactly, or_later) = Self::middle(treated);
        let here = self.followed_sum(model, treated, at);
        let next = self.followed_sum(model, treated, at + 1);
        let number = Sum::constant(or_later as f64);
        model.rule(here.clone().minus(&number), Against::Equal, claims);
        let there = here.minus(&next).minus(&Sum::constant(exactly as f64));
        model.rule(there, Against::AtLeast, claims);
    }

    /// That the shortest and the longest follow-up are breaks.
    pub(super) fn range_is(&self, model: &mut Model, treated: u64, claims: &[usize]) {
        let Some([least, most]) = self.range else {
            return;
        };
        for (at, months) in self.months.iter().enumerate() {
            let here = self.followed_sum(model, treated, at);
            let next = self.followed_sum(model, treated, at + 1);
            if same(*months, least) {
                let all = Sum::constant(treated as f64);
                model.rule(here.clone().minus(&all), Against::Equal, claims);
                let one = here.clone().minus(&next).minus(&Sum::constant(1.0));
                model.rule(one, Against::AtLeast, claims);
            }
            if same(*months, most) {
                let one = here.clone().minus(&Sum::constant(1.0));
                model.rule(one, Against::AtLeast, claims);
            }
            if *months > most && !same(*months, most) {
                model.rule(here, Against::Equal, claims);
            }
        }
    }

    /// Days on which the follow-up of patients ends, the longest first.
    fn ends(&self, plan: &Plan, counts: &Counts, random: &mut ChaCha8Rng) -> Vec<i32> {
        let treated = usize::try_from(plan.treated).unwrap_or(usize::MAX);
        let followed = |at: usize| {
            self.months
                .get(at)
                .map_or(0, |months| counts.of(plan, &format!("at/{months}")))
        };
        let mut found = Vec::new();
        if self.months.is_empty() {
            found.extend((0..treated).map(|_| random.random_range(FREE_DAYS[0]..=FREE_DAYS[1])));
        } else {
            let first = days(self.months[0]);
            for _ in 0..treated.saturating_sub(followed(0)) {
                found.push(random.random_range(EARLIEST_DAY.min(first - 1)..first));
            }
        }
        for (at, months) in self.months.iter().enumerate() {
            let here = days(*months);
            let number = followed(at).saturating_sub(followed(at + 1));
            let is_last = self.range.is_some_and(|[_, most]| same(most, *months));
            let mut exactly = self
                .deaths
                .iter()
                .filter(|(death, _)| same(*death, *months))
                .count();
            if self.median.is_some_and(|median| same(median, *months)) {
                let (middle, _) = Self::middle(plan.treated);
                exactly = exactly.max(usize::try_from(middle).unwrap_or(0));
            }
            if self.range.is_some_and(|[least, _]| same(least, *months)) {
                exactly = exactly.max(1);
            }
            let to = self
                .months
                .get(at + 1)
                .map_or(here + BEYOND_DAYS, |next| days(*next) - 1);
            for place in 0..number {
                found.push(if place < exactly || is_last || to <= here {
                    here
                } else {
                    random.random_range(here + 1..=to)
                });
            }
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        found
    }
}

/// How patients end, the longest follow-up first.
pub(super) fn endings(plan: &Plan, counts: &Counts, random: &mut ChaCha8Rng) -> Vec<Ending> {
    let mut endings: Vec<Ending> = plan
        .breaks
        .ends(plan, counts, random)
        .into_iter()
        .map(|day| Ending { day, death: None })
        .collect();
    let mut left: Vec<(Option<CauseOfDeath>, usize)> = plan
        .causes
        .iter()
        .map(|cause| {
            let name = format!("deaths/{}", cause_name(*cause));
            (*cause, counts.of(plan, &name))
        })
        .collect();
    let of = |cause: Option<CauseOfDeath>| cause.unwrap_or(CauseOfDeath::Unknown);
    for (months, cause) in &plan.breaks.deaths {
        let day = days(*months);
        let ending = endings
            .iter_mut()
            .find(|ending| ending.day == day && ending.death.is_none());
        let count = left.iter_mut().find(|(known, _)| known == cause);
        if let (Some(ending), Some((_, count))) = (ending, count)
            && *count > 0
        {
            ending.death = Some(of(*cause));
            *count -= 1;
        }
    }
    for (cause, count) in left {
        for _ in 0..count {
            let open: Vec<usize> = (0..endings.len())
                .filter(|place| endings[*place].death.is_none())
                .collect();
            // The shortest where the curve has to stay high.
            let chosen = if plan.not_reached {
                open.last().copied()
            } else {
                (!open.is_empty()).then(|| open[random.random_range(0..open.len())])
            };
            if let Some(place) = chosen {
                endings[place].death = Some(of(cause));
            }
        }
    }
    endings
}
