//! The assessments of one reader from baseline on, as a grid of lesions by days.

use super::{
    Assessment, Certainty, Day, LesionFinding, LesionState, Measure, Modality, NewLesionEvidence,
    NewLesionVerdict, Organ, PatientRecord, StatedNonTarget,
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
        Self::within(record, reader, false, |_| true)
    }

    /// The timeline that criteria of a measure look at: a PET on a day of its
    /// own is no scan of sizes, and a CT none of uptake. Where no scan is of
    /// the measure, all are kept.
    #[must_use]
    pub fn of_measure(record: &'a PatientRecord, reader: usize, measure: Measure) -> Self {
        Self::showing(record, reader, measure, false)
    }

    /// The same of the liver alone.
    #[must_use]
    pub fn of_measure_in_liver(record: &'a PatientRecord, reader: usize, measure: Measure) -> Self {
        Self::showing(record, reader, measure, true)
    }

    fn showing(
        record: &'a PatientRecord,
        reader: usize,
        measure: Measure,
        liver_only: bool,
    ) -> Self {
        let any = record
            .assessments
            .iter()
            .any(|scan| usize::from(scan.reader) == reader && shows(scan, measure));
        Self::within(record, reader, liver_only, |scan| {
            !any || shows(scan, measure)
        })
    }

    /// The same of the liver alone: lesions elsewhere, and what a reader says
    /// of all that are no targets, are left out.
    #[must_use]
    pub fn of_liver(record: &'a PatientRecord, reader: usize) -> Self {
        Self::within(record, reader, true, |_| true)
    }

    fn within(
        record: &'a PatientRecord,
        reader: usize,
        liver_only: bool,
        counts: impl Fn(&Assessment) -> bool,
    ) -> Self {
        let baseline = record.baseline_among(reader, &counts);
        let mut assessments: Vec<(u32, &Assessment)> = Vec::with_capacity(record.assessments.len());
        for (at, assessment) in record.assessments.iter().enumerate() {
            if usize::from(assessment.reader) == reader
                && counts(assessment)
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

/// Whether a scan is one of what a measure asks for.
fn shows(scan: &Assessment, measure: Measure) -> bool {
    let of_uptake = |finding: &LesionFinding| {
        finding.sul_peak.is_some()
            || finding.suv_max.is_some()
            || finding.glycolysis.is_some()
            || finding.visual.is_some()
    };
    let of_size = |finding: &LesionFinding| {
        finding.long_axis.is_some()
            || finding.short_axis.is_some()
            || finding.enhancing_long_axis.is_some()
            || finding.volume.is_some()
            || finding.enhancing_volume.is_some()
            || finding.density.is_some()
    };
    match measure {
        Measure::HottestUptake | Measure::TotalUptake | Measure::Visual => {
            scan.modality == Modality::Pet
                || scan.pet.is_some()
                || scan.findings.iter().any(of_uptake)
        }
        // What PET says of new and of other lesions counts for sizes as well.
        _ => {
            scan.modality != Modality::Pet
                || scan.findings.iter().any(of_size)
                || !scan.new_lesions.is_empty()
                || scan.non_target.is_some()
        }
    }
}

/// Whether a finding says that the lesion is there.
pub(crate) const fn is_there(finding: &LesionFinding) -> bool {
    matches!(
        finding.state,
        LesionState::Present | LesionState::TooSmall | LesionState::Progressed
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::{Diameter, Lesion, Uptake};

    #[test]
    fn a_pet_on_a_day_of_its_own_is_no_scan_of_sizes() {
        let scan = |day, modality, finding: LesionFinding| Assessment {
            day: Day::from_number(day),
            modality,
            findings: vec![finding],
            ..Assessment::default()
        };
        let size = |mm: u32| LesionFinding {
            long_axis: Some(Diameter::from_tenths(10 * mm)),
            ..LesionFinding::default()
        };
        let uptake = || LesionFinding {
            sul_peak: Uptake::parse("6").ok(),
            ..LesionFinding::default()
        };
        let record = PatientRecord {
            readers: vec!["reader".to_owned()],
            lesions: vec![Lesion::default()],
            assessments: vec![
                scan(0, Modality::Ct, size(50)),
                scan(4, Modality::Pet, uptake()),
                scan(90, Modality::Ct, size(30)),
                scan(95, Modality::Pet, uptake()),
            ],
            ..PatientRecord::default()
        };
        let days = |measure| {
            let timeline = Timeline::of_measure(&record, 0, measure);
            (0..timeline.len())
                .filter_map(|at| timeline.assessment(at))
                .map(|(place, scan)| (place, scan.day.number()))
                .collect::<Vec<_>>()
        };
        assert_eq!(days(Measure::Diameter), [(0, 0), (2, 90)]);
        assert_eq!(days(Measure::HottestUptake), [(1, 4), (3, 95)]);
        // Without any PET all scans stand, and the criterion says what it lacks.
        let ct = PatientRecord {
            assessments: vec![record.assessments[0].clone()],
            ..record.clone()
        };
        assert_eq!(Timeline::of_measure(&ct, 0, Measure::Visual).len(), 1);
    }
}
