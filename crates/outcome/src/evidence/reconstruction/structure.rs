//! What holds of the numbers of a plan without any claim.

use std::collections::BTreeMap;

use super::claims::{Plan, SINGLE};
use super::model::{Against, Model, Sum};
use crate::evidence::cohort::{Category, cause_name};
use crate::response::CauseOfDeath;

impl Plan {
    /// What holds without any claim: who can be judged at a time point is
    /// followed to it and has not progressed before.
    pub(super) fn structure(&mut self) {
        let treated = self.treated;
        self.breaks.structure(&mut self.model, treated);
        // Two chains: who can be judged at all, and who can be anything but
        // complete, since complete responses stay complete.
        let mut before: Option<[Sum; 2]> = None;
        for months in self.response_months.clone() {
            let at = format!("{months}");
            let followed = Sum::of(self.breaks.followed(&mut self.model, treated, months));
            let judged = self.judged(&at);
            let progressed = self.category(&at, Category::Progressive);
            let complete = self.category(&at, Category::Complete);
            let open = Sum::of(self.model.whole(&format!("open/{months}"), treated));
            let fresh = Sum::of(self.model.whole(&format!("fresh/{months}"), treated));
            let not_complete = judged.clone().minus(&complete);
            let at_most = |model: &mut Model, one: &Sum, other: &Sum| {
                model.rule(one.clone().minus(other), Against::AtMost, &[]);
            };
            let model = &mut self.model;
            at_most(model, &open, &followed);
            at_most(model, &judged, &open);
            at_most(model, &fresh, &open);
            at_most(model, &not_complete, &fresh);
            if let Some([open_before, fresh_before]) = &before {
                at_most(model, &open, open_before);
                at_most(model, &fresh, fresh_before);
            }
            before = Some([
                open.minus(&progressed),
                fresh.minus(&progressed).minus(&complete),
            ]);
        }
        if self.best {
            let judged = self.judged("best");
            self.model.rule(
                judged.minus(&Sum::constant(treated as f64)),
                Against::AtMost,
                &[],
            );
        }
        if let Some((_, months)) = self.marker.clone() {
            for months in months {
                let followed = Sum::of(self.breaks.followed(&mut self.model, treated, months));
                let judged = Sum::of(self.model.whole(&format!("marker/{months}"), treated));
                let yes = Sum::of(self.model.whole(&format!("marker/{months}/yes"), treated));
                let model = &mut self.model;
                model.rule(judged.clone().minus(&followed), Against::AtMost, &[]);
                model.rule(yes.minus(&judged), Against::AtMost, &[]);
            }
        }
        for (part, whole) in [
            ("symptoms/yes", "symptoms"),
            ("analogue/halved", "analogue/on"),
            ("analogue/stopped", "analogue/halved"),
        ] {
            let whole = Sum::of(self.model.whole(whole, treated));
            let part = Sum::of(self.model.whole(part, treated));
            self.model.rule(part.minus(&whole), Against::AtMost, &[]);
        }
        if self.composite.is_some() {
            let on = Sum::of(self.model.whole("analogue/on", treated));
            let responders = Sum::of(self.model.whole("composite", treated));
            self.model.rule(on.minus(&responders), Against::Equal, &[]);
        }
        if let Some(months) = self.lesion_months {
            let followed = Sum::of(self.breaks.followed(&mut self.model, treated, months));
            let patients = Sum::of(self.model.whole("lesion-patients", treated));
            let lesions = self.lesions(&SINGLE);
            self.model
                .rule(patients.clone().minus(&followed), Against::AtMost, &[]);
            self.model
                .rule(patients.clone().minus(&lesions), Against::AtMost, &[]);
            // As many lesions as readers follow in a patient at most.
            let most = patients.times(10.0);
            self.model.rule(lesions.minus(&most), Against::AtMost, &[]);
        }
        let deaths = self.deaths(None);
        self.model.rule(
            deaths.minus(&Sum::constant(treated as f64)),
            Against::AtMost,
            &[],
        );
        let mut by_name: BTreeMap<String, Sum> = BTreeMap::new();
        for (name, value) in self.attributes.clone() {
            let number = self
                .model
                .whole(&format!("attribute/{name}={value}"), self.enrolled);
            let sum = by_name.entry(name).or_default();
            *sum = std::mem::take(sum).plus(&Sum::of(number));
        }
        for sum in by_name.into_values() {
            self.model.rule(
                sum.minus(&Sum::constant(self.enrolled as f64)),
                Against::AtMost,
                &[],
            );
        }
    }

    /// Those with a category at a time point.
    pub(super) fn category(&mut self, at: &str, category: Category) -> Sum {
        let treated = self.treated;
        SINGLE
            .into_iter()
            .filter(|single| category_holds(category, *single))
            .fold(Sum::default(), |sum, single| {
                let name = format!("response/{at}/{}", single.name());
                sum.plus(&Sum::of(self.model.whole(&name, treated)))
            })
    }

    /// Those who can be judged at a time point.
    pub(super) fn judged(&mut self, at: &str) -> Sum {
        let treated = self.treated;
        let minor = self
            .criterion
            .as_ref()
            .is_some_and(|criterion| criterion.minor.is_some());
        if !minor {
            let number = self.model.whole(
                &format!("response/{at}/{}", Category::Minor.name()),
                treated,
            );
            self.model.rule(Sum::of(number), Against::Equal, &[]);
        }
        SINGLE.into_iter().fold(Sum::default(), |sum, single| {
            sum.plus(&self.category(at, single))
        })
    }

    pub(super) fn lesions(&mut self, categories: &[Category]) -> Sum {
        let most = 10 * self.treated;
        categories.iter().fold(Sum::default(), |sum, category| {
            let name = format!("lesion/{}", category.name());
            sum.plus(&Sum::of(self.model.whole(&name, most)))
        })
    }

    pub(super) fn deaths(&mut self, cause: Option<CauseOfDeath>) -> Sum {
        let treated = self.treated;
        let causes = if cause.is_some() {
            vec![cause]
        } else {
            self.causes.clone()
        };
        causes.into_iter().fold(Sum::default(), |sum, cause| {
            let name = format!("deaths/{}", cause_name(cause));
            sum.plus(&Sum::of(self.model.whole(&name, treated)))
        })
    }
}

/// Whether a single category is part of a group.
pub(super) fn category_holds(group: Category, single: Category) -> bool {
    use crate::response::Response;
    group.holds(match single {
        Category::Complete => Response::Complete,
        Category::Partial => Response::Partial,
        Category::Minor => Response::Minor,
        Category::Progressive => Response::Progressive,
        Category::Stable | Category::Objective | Category::Fallen | Category::Control => {
            Response::Stable
        }
    })
}
