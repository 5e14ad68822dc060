//! Events that a treatment may have caused, and what speaks for it.
//!
//! Ulcer, pancreatitis, cholecystitis and pneumonitis can come from spheres
//! outside of the liver. A finding of the work-up at the place (uptake of MAA
//! in stomach, duodenum, pancreas or gallbladder; a lung shunt) is laid beside
//! the event. Attribution is a proposal with its reasons: a person decides.
//! Windows are data (`data/events.toml`), ours and marked doubtful.

use serde::Deserialize;

use crate::OutcomeError;
use crate::response::Day;

const TABLE: &str = "table of windows of events";

/// An event that non-target spheres can cause, or that stands beside a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Whether it turns on a window that is ours or recalled.
    pub doubtful: bool,
}

impl EventKind {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::GastroduodenalUlcer,
        Self::Pancreatitis,
        Self::Pneumonitis,
        Self::Cholecystitis,
        Self::CarcinoidCrisis,
        Self::Jaundice,
        Self::Other,
    ];

    /// What an event is by the words of its term.
    #[must_use]
    pub fn of_term(term: &str) -> Self {
        let term = term.to_lowercase();
        let has = |word: &str| term.contains(word);
        if has("ulcer") && (has("gastr") || has("duoden") || has("peptic") || has("stomach")) {
            Self::GastroduodenalUlcer
        } else if has("pancreatitis") {
            Self::Pancreatitis
        } else if has("pneumonitis") {
            Self::Pneumonitis
        } else if has("cholecystitis") {
            Self::Cholecystitis
        } else if has("carcinoid crisis") {
            Self::CarcinoidCrisis
        } else if has("jaundice") {
            Self::Jaundice
        } else {
            Self::Other
        }
    }

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
}

/// When an event of a kind is to be expected.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventWindow {
    /// The kind.
    pub kind: EventKind,
    /// Days after treatment, both included.
    pub window_days: [i32; 2],
    /// Where it stands.
    pub source: String,
    /// Whether it is ours or recalled.
    #[serde(default)]
    pub doubtful: bool,
}

#[derive(Debug, Deserialize)]
struct Written {
    event: Vec<EventWindow>,
}

/// When events are to be expected after treatment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventWindows {
    windows: [EventWindow; EventKind::ALL.len()],
}

impl EventWindows {
    /// Those that OpenSIRT carries.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] when the table is damaged, which a unit test rules out.
    pub fn built_in() -> Result<Self, OutcomeError> {
        Self::from_toml(include_str!("../../data/events.toml"))
    }

    /// Reads a table in the form of `data/events.toml`.
    ///
    /// # Errors
    /// [`OutcomeError::DataTable`] for text that is no such table, a kind that
    /// is missing or stands twice, and windows that end before they begin.
    pub fn from_toml(text: &str) -> Result<Self, OutcomeError> {
        let wrong = |reason: String| OutcomeError::DataTable {
            table: TABLE,
            reason,
        };
        let written: Written = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut windows = written.event;
        if let Some(event) = windows
            .iter()
            .find(|event| event.window_days[0] > event.window_days[1])
        {
            return Err(wrong(format!(
                "window_days of {:?} ends before it begins",
                event.kind
            )));
        }
        windows.sort_by_key(|event| event.kind as u8);
        let kinds: Vec<EventKind> = windows.iter().map(|event| event.kind).collect();
        match windows.try_into() {
            Ok(windows) if kinds == EventKind::ALL => Ok(Self { windows }),
            _ => Err(wrong("every kind of event is needed once".to_owned())),
        }
    }

    /// The window of a kind.
    #[must_use]
    pub const fn of(&self, kind: EventKind) -> &EventWindow {
        &self.windows[kind as usize]
    }

    /// Lays an event beside the treatments before it and the uptake that the work-up found.
    ///
    /// `sites` is none when nobody looked.
    #[must_use]
    pub fn link(
        &self,
        event: &AdverseEvent,
        treatments: &[Day],
        sites: Option<&[ExtrahepaticSite]>,
    ) -> EventLink {
        let window = self.of(event.kind);
        let days_after = treatments
            .iter()
            .filter(|day| **day <= event.onset)
            .map(|day| event.onset.since(*day))
            .min();
        let unlikely = |reason| EventLink {
            attribution: Attribution::Unlikely,
            days_after,
            site: None,
            reason,
            doubtful: window.doubtful && days_after.is_some(),
        };
        let Some(days) = days_after else {
            return unlikely("before any treatment");
        };
        let [from, to] = window.window_days;
        if !(from..=to).contains(&days) {
            return unlikely("outside of the time in which it is to be expected");
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
            doubtful: window.doubtful,
        }
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

    fn windows() -> EventWindows {
        EventWindows::built_in().unwrap()
    }

    #[test]
    fn every_kind_has_one_window_of_the_table() {
        for kind in EventKind::ALL {
            assert_eq!(windows().of(kind).kind, kind);
        }
        let text = include_str!("../../data/events.toml");
        for (from, to) in [
            ("\"other\"\n", "\"jaundice\"\n"),
            ("[14, 183]", "[183, 14]"),
            ("doubtful", "doubt"),
        ] {
            assert!(text.contains(from));
            assert!(EventWindows::from_toml(&text.replace(from, to)).is_err());
        }
        assert!(EventWindows::from_toml("event = []").is_err());
    }

    #[test]
    fn an_ulcer_where_the_work_up_saw_the_duodenum_is_probable() {
        let treated = [Day::from_number(0)];
        let ulcer = event(EventKind::GastroduodenalUlcer, 40);
        let link = windows().link(&ulcer, &treated, Some(&[ExtrahepaticSite::Bowel]));
        assert_eq!(link.attribution, Attribution::Probable);
        assert_eq!(link.days_after, Some(40));
        for sites in [Some(&[][..]), None, Some(&[ExtrahepaticSite::Lung][..])] {
            assert_eq!(
                windows().link(&ulcer, &treated, sites).attribution,
                Attribution::Possible
            );
        }
        assert_eq!(
            windows()
                .link(&event(EventKind::GastroduodenalUlcer, -3), &treated, None)
                .attribution,
            Attribution::Unlikely
        );
    }

    #[test]
    fn a_carcinoid_crisis_stands_within_a_day_of_the_procedure() {
        let treated = [Day::from_number(0), Day::from_number(60)];
        let link = windows().link(&event(EventKind::CarcinoidCrisis, 61), &treated, None);
        assert_eq!(
            (link.attribution, link.days_after),
            (Attribution::Possible, Some(1))
        );
        let late = windows().link(&event(EventKind::CarcinoidCrisis, 62), &treated, None);
        assert_eq!(late.attribution, Attribution::Unlikely);
    }
}
