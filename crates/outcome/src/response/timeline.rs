//! The assessments of one reader from baseline on, as a grid of lesions by days.

use super::{
    Assessment, Certainty, Day, LesionFinding, LesionState, NewLesionEvidence, NewLesionVerdict,
    Organ, PatientRecord, StatedNonTarget,
};

/// What criteria look at: built once per patient and reader, shared by all.
#[derive(Debug)]
pub struct Timeline<'a> {
    record: &'a PatientRecord,
    /// Place in the record, and the assessment; the first is baseline.
    assessments: Vec<(u32, &'a Assessment)>,
    /// By assessment, then lesion.
    grid: Vec<Option<&'a LesionFinding>>,
    /// By lesion: those that are fragments of it.
    fragments: Vec<(u32, u32)>,
    new: Vec<NewLesions>,
    liver_only: bool,
}

/// New lesions of one assessment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NewLesions {
    pub(crate) verdict: NewLesionVerdict,
    pub(crate) lesion: u32,
    pub(crate) confirmed: Option<Day>,
    pub(crate) known_site: Option<u32>,
}

impl<'a> Timeline<'a> {
    /// The timeline of a reader, by place in the record.
    ///
    /// The record should have passed [`PatientRecord::checked`]: findings of
    /// lesions that it does not have are left out here.
    #[must_use]
    pub fn of(record: &'a PatientRecord, reader: usize) -> Self {
        Self::within(record, reader, false)
    }

    /// The same of the liver alone: lesions elsewhere, and what a reader says
    /// of all that are no targets, are left out.
    #[must_use]
    pub fn of_liver(record: &'a PatientRecord, reader: usize) -> Self {
        Self::within(record, reader, true)
    }

    fn within(record: &'a PatientRecord, reader: usize, liver_only: bool) -> Self {
        let baseline = record.baseline_day(reader);
        let mut assessments: Vec<(u32, &Assessment)> = Vec::with_capacity(record.assessments.len());
        for (at, assessment) in record.assessments.iter().enumerate() {
            if usize::from(assessment.reader) == reader
                && baseline.is_some_and(|baseline| assessment.day >= baseline)
            {
                assessments.push((u32::try_from(at).unwrap_or(u32::MAX), assessment));
            }
        }
        let lesions = record.lesions.len();
        let mut grid = vec![None; lesions * assessments.len()];
        for (at, (_, assessment)) in assessments.iter().enumerate() {
            for finding in &assessment.findings {
                let lesion = usize::try_from(finding.lesion).unwrap_or(usize::MAX);
                let counts = record
                    .lesions
                    .get(lesion)
                    .is_some_and(|of| !liver_only || of.organ == Organ::Liver);
                if counts {
                    grid[at * lesions + lesion] = Some(finding);
                }
            }
        }
        let fragments = record
            .lesions
            .iter()
            .enumerate()
            .filter_map(|(at, lesion)| {
                Some((lesion.fragment_of?, u32::try_from(at).unwrap_or(u32::MAX)))
            })
            .collect();
        let mut timeline = Self {
            record,
            assessments,
            grid,
            fragments,
            new: Vec::new(),
            liver_only,
        };
        timeline.new = (0..timeline.assessments.len())
            .map(|at| timeline.new_lesions_at(at))
            .collect();
        timeline.carry_new_lesions();
        timeline
    }

    /// Once new, a lesion stays new until it is said to be gone: tables name it
    /// on the day it appears and often not again.
    fn carry_new_lesions(&mut self) {
        for at in 1..self.new.len() {
            let before = self.new[at - 1];
            if self.new[at].verdict.is_progression() || !before.verdict.is_progression() {
                continue;
            }
            let lesion = usize::try_from(before.lesion).unwrap_or(usize::MAX);
            let gone = lesion < self.record.lesions.len()
                && self
                    .finding(at, lesion)
                    .is_some_and(|finding| finding.state == LesionState::Absent);
            if !gone {
                self.new[at] = NewLesions {
                    verdict: NewLesionVerdict::Unequivocal,
                    confirmed: None,
                    ..before
                };
            }
        }
    }

    /// The record.
    #[must_use]
    pub const fn record(&self) -> &'a PatientRecord {
        self.record
    }

    /// Number of assessments, baseline included.
    pub(crate) fn len(&self) -> usize {
        self.assessments.len()
    }

    /// An assessment with its place in the record; baseline is the first.
    pub(crate) fn assessment(&self, at: usize) -> Option<(u32, &'a Assessment)> {
        self.assessments.get(at).copied()
    }

    /// What was seen of a lesion.
    pub(crate) fn finding(&self, at: usize, lesion: usize) -> Option<&'a LesionFinding> {
        self.grid
            .get(at * self.record.lesions.len() + lesion)
            .copied()
            .flatten()
    }

    /// The fragments of a lesion.
    pub(crate) fn fragments(&self, lesion: usize) -> impl Iterator<Item = usize> + '_ {
        self.fragments
            .iter()
            .filter(move |(of, _)| usize::try_from(*of) == Ok(lesion))
            .filter_map(|(_, fragment)| usize::try_from(*fragment).ok())
    }

    /// Whether a lesion was seen at or before an assessment.
    pub(crate) fn was_seen(&self, at: usize, lesion: usize) -> bool {
        (0..=at).any(|at| self.finding(at, lesion).is_some())
    }

    /// New lesions of an assessment.
    pub(crate) fn new_lesions(&self, at: usize) -> NewLesions {
        self.new.get(at).copied().unwrap_or_default()
    }

    /// Whether a lesion lies where this timeline looks.
    fn counts(&self, lesion: u32) -> bool {
        !self.liver_only
            || usize::try_from(lesion)
                .ok()
                .and_then(|at| self.record.lesions.get(at))
                .is_some_and(|lesion| lesion.organ == Organ::Liver)
    }

    /// What the reader says of all lesions that are no targets.
    pub(crate) fn stated_others(&self, at: usize) -> Option<StatedNonTarget> {
        self.assessment(at)
            .and_then(|(_, assessment)| assessment.non_target)
            .filter(|_| !self.liver_only)
    }

    fn new_lesions_at(&self, at: usize) -> NewLesions {
        let mut found = NewLesions::default();
        let Some((_, assessment)) = self.assessment(at) else {
            return found;
        };
        for new in &assessment.new_lesions {
            if !self.counts(new.lesion) {
                continue;
            }
            let certainty = match (new.evidence, new.certainty) {
                (NewLesionEvidence::PetOfKnownSite, _) => {
                    found.known_site = Some(new.lesion);
                    continue;
                }
                // PET alone waits for CT.
                (NewLesionEvidence::PetAlone, _) => Certainty::Equivocal,
                (_, certainty) => certainty,
            };
            if certainty == Certainty::Unequivocal {
                if found.verdict != NewLesionVerdict::Unequivocal {
                    found.lesion = new.lesion;
                }
                found.verdict = NewLesionVerdict::Unequivocal;
                continue;
            }
            let confirmed = self.assessments[at + 1..].iter().find(|(_, later)| {
                later.new_lesions.iter().any(|again| {
                    again.lesion == new.lesion
                        && again.certainty == Certainty::Unequivocal
                        && !matches!(
                            again.evidence,
                            NewLesionEvidence::PetAlone | NewLesionEvidence::PetOfKnownSite
                        )
                })
            });
            match (confirmed, found.verdict) {
                (Some((_, later)), NewLesionVerdict::None | NewLesionVerdict::Equivocal) => {
                    found.verdict = NewLesionVerdict::ConfirmedLater;
                    found.lesion = new.lesion;
                    found.confirmed = Some(later.day);
                }
                (None, NewLesionVerdict::None) => {
                    found.verdict = NewLesionVerdict::Equivocal;
                    found.lesion = new.lesion;
                }
                _ => {}
            }
        }
        found
    }
}

/// Whether a finding says that the lesion is there.
pub(crate) const fn is_there(finding: &LesionFinding) -> bool {
    matches!(
        finding.state,
        LesionState::Present | LesionState::TooSmall | LesionState::Progressed
    )
}
