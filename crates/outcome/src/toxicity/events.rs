//! Events that a treatment may have caused, and what speaks for it.
//!
//! Ulcer, pancreatitis, cholecystitis and pneumonitis can come from spheres
//! outside of the liver. A finding of the work-up at the place (uptake of MAA
//! in stomach, duodenum, pancreas or gallbladder; a lung shunt) is laid beside
//! the event. Attribution is a proposal with its reasons: a person decides.
//! Windows are ours, after DOMAIN E.2 and E.5.

use crate::response::Day;

/// An event that non-target spheres can cause, or that stands beside a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Ulcer of stomach or duodenum.
    GastroduodenalUlcer,
    /// Pancreatitis.
    Pancreatitis,
    /// Radiation pneumonitis.
    Pneumonitis,
    /// Cholecystitis.
    Cholecystitis,
    /// Carcinoid crisis: flushing, instability of circulation, bronchospasm.
    CarcinoidCrisis,
    /// Jaundice.
    Jaundice,
    /// Anything else.
    Other,
}

/// Where the work-up found uptake outside of the liver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtrahepaticSite {
    /// Stomach.
    Stomach,
    /// Duodenum or another part of the bowel.
    Bowel,
    /// Pancreas.
    Pancreas,
    /// Gallbladder.
    Gallbladder,
    /// Lung, by the shunt.
    Lung,
}

/// An adverse event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdverseEvent {
    /// What.
    pub kind: EventKind,
    /// The term of the record.
    pub term: String,
    /// Grade of CTCAE, 1 to 5.
    pub grade: Option<u8>,
    /// Day of onset.
    pub onset: Day,
    /// Day of its end, where it ended.
    pub resolved: Option<Day>,
}

/// How an event stands to a treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribution {
    /// In its window, and the work-up found uptake there.
    Probable,
    /// In its window; the work-up found nothing there, or did not look.
    Possible,
    /// Outside of its window, or before treatment.
    Unlikely,
}

/// The proposal for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLink {
    /// How it stands to the treatment.
    pub attribution: Attribution,
    /// Days from the last treatment before the onset; none when there is none.
    pub days_after: Option<i32>,
    /// The site of the work-up that fits.
    pub site: Option<ExtrahepaticSite>,
    /// Why.
    pub reason: &'static str,
}

impl EventKind {
    /// Sites of uptake that fit.
    const fn sites(self) -> &'static [ExtrahepaticSite] {
        match self {
            Self::GastroduodenalUlcer => &[ExtrahepaticSite::Stomach, ExtrahepaticSite::Bowel],
            Self::Pancreatitis => &[ExtrahepaticSite::Pancreas, ExtrahepaticSite::Bowel],
            Self::Pneumonitis => &[ExtrahepaticSite::Lung],
            Self::Cholecystitis => &[ExtrahepaticSite::Gallbladder],
            Self::CarcinoidCrisis | Self::Jaundice | Self::Other => &[],
        }
    }

    /// Days after treatment in which it is to be expected.
    const fn window(self) -> [i32; 2] {
        match self {
            // Around the procedure: within a day.
            Self::CarcinoidCrisis => [0, 1],
            // One to six months.
            Self::Pneumonitis => [14, 183],
            Self::GastroduodenalUlcer | Self::Pancreatitis | Self::Cholecystitis => [0, 183],
            Self::Jaundice | Self::Other => [0, 120],
        }
    }
}

/// Lays an event beside the treatments before it and the uptake that the work-up found.
///
/// `sites` is none when nobody looked.
#[must_use]
pub fn link_event(
    event: &AdverseEvent,
    treatments: &[Day],
    sites: Option<&[ExtrahepaticSite]>,
) -> EventLink {
    let days_after = treatments
        .iter()
        .filter(|day| **day <= event.onset)
        .map(|day| event.onset.since(*day))
        .min();
    let Some(days) = days_after else {
        return EventLink {
            attribution: Attribution::Unlikely,
            days_after: None,
            site: None,
            reason: "before any treatment",
        };
    };
    let [from, to] = event.kind.window();
    if !(from..=to).contains(&days) {
        return EventLink {
            attribution: Attribution::Unlikely,
            days_after,
            site: None,
            reason: "outside of the time in which it is to be expected",
        };
    }
    let fits = event.kind.sites();
    let site = sites.and_then(|sites| sites.iter().copied().find(|site| fits.contains(site)));
    let (attribution, reason) = match (site, sites, fits.is_empty()) {
        (Some(_), _, _) => (
            Attribution::Probable,
            "in its time, and the work-up found uptake there",
        ),
        (None, _, true) => (Attribution::Possible, "in its time"),
        (None, Some(_), false) => (
            Attribution::Possible,
            "in its time; the work-up found no uptake there",
        ),
        (None, None, false) => (
            Attribution::Possible,
            "in its time; nobody looked for uptake there",
        ),
    };
    EventLink {
        attribution,
        days_after,
        site,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind, onset: i32) -> AdverseEvent {
        AdverseEvent {
            kind,
            term: "event".to_owned(),
            grade: Some(3),
            onset: Day::from_number(onset),
            resolved: None,
        }
    }

    #[test]
    fn an_ulcer_where_the_work_up_saw_the_duodenum_is_probable() {
        let treated = [Day::from_number(0)];
        let ulcer = event(EventKind::GastroduodenalUlcer, 40);
        let link = link_event(&ulcer, &treated, Some(&[ExtrahepaticSite::Bowel]));
        assert_eq!(link.attribution, Attribution::Probable);
        assert_eq!(link.days_after, Some(40));
        for sites in [Some(&[][..]), None, Some(&[ExtrahepaticSite::Lung][..])] {
            assert_eq!(
                link_event(&ulcer, &treated, sites).attribution,
                Attribution::Possible
            );
        }
        assert_eq!(
            link_event(&event(EventKind::GastroduodenalUlcer, -3), &treated, None).attribution,
            Attribution::Unlikely
        );
    }

    #[test]
    fn a_carcinoid_crisis_stands_within_a_day_of_the_procedure() {
        let treated = [Day::from_number(0), Day::from_number(60)];
        let link = link_event(&event(EventKind::CarcinoidCrisis, 61), &treated, None);
        assert_eq!(
            (link.attribution, link.days_after),
            (Attribution::Possible, Some(1))
        );
        let late = link_event(&event(EventKind::CarcinoidCrisis, 62), &treated, None);
        assert_eq!(late.attribution, Attribution::Unlikely);
    }
}
