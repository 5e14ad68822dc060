//! Centimetres among millimetres, in a record whose numbers have no unit of
//! their own any more.

use super::amount::TICKS;
use super::{Assessment, Day, LesionFinding, PatientRecord, RecordFinding, RecordRule};

/// A lesion that is this many times smaller or larger than in the assessment
/// before looks as if the unit changed; ten is the factor, its neighbours are
/// what a lesion does meanwhile.
const UNIT_RATIO: [u64; 2] = [7, 14];

impl PatientRecord {
    /// Centimetres among millimetres: every measured lesion of an assessment
    /// is about ten times smaller, or larger, than in the one before.
    pub(super) fn check_units(&self, found: &mut Vec<RecordFinding>) {
        for reader in 0..self.readers.len() {
            let mut before: Option<&Assessment> = None;
            for assessment in self
                .assessments
                .iter()
                .filter(|assessment| usize::from(assessment.reader) == reader)
            {
                if let Some(before) = before {
                    self.compare_units(before, assessment, found);
                } else {
                    self.first_units(assessment, found);
                }
                before = Some(assessment);
            }
            self.check_unit_of_one(reader, found);
        }
    }

    /// One lesion ten times smaller, or larger, at one scan than at the scans
    /// before and after it: a unit was mixed in one cell.
    fn check_unit_of_one(&self, reader: usize, found: &mut Vec<RecordFinding>) {
        // Ten times the odd one fits between its neighbours, give or take half.
        let fits = |tenfold: u64, one: u64, other: u64| {
            2 * tenfold <= 3 * one.max(other) && 3 * tenfold >= 2 * one.min(other)
        };
        for lesion in 0..self.lesions.len() {
            let lengths: Vec<(Day, u64)> = self
                .assessments
                .iter()
                .filter(|assessment| usize::from(assessment.reader) == reader)
                .filter_map(|assessment| {
                    let finding = assessment
                        .findings
                        .iter()
                        .find(|finding| usize::try_from(finding.lesion) == Ok(lesion))?;
                    Some((
                        assessment.day,
                        length_of(finding).filter(|length| *length > 0)?,
                    ))
                })
                .collect();
            for triple in lengths.windows(3) {
                let [(_, before), (day, now), (_, after)] = [triple[0], triple[1], triple[2]];
                let dips = before.min(after) >= 5 * now && fits(10 * now, before, after);
                let peaks = now >= 5 * before.max(after) && fits(now / 10, before, after);
                if dips || peaks {
                    let shown = |ticks: u64| {
                        super::amount::shown_ticks(i64::try_from(ticks).unwrap_or(i64::MAX))
                    };
                    found.push(RecordFinding {
                        rule: RecordRule::UnitSuspect,
                        reason: format!(
                            "lesion {} is {} mm on {} between {} and {} mm; are these centimetres?",
                            self.lesions[lesion].tracking_id,
                            shown(now),
                            self.shown(day),
                            shown(before),
                            shown(after)
                        ),
                    });
                }
            }
        }
    }

    fn first_units(&self, assessment: &Assessment, found: &mut Vec<RecordFinding>) {
        let mut lengths = assessment
            .findings
            .iter()
            .filter_map(length_of)
            .filter(|length| *length > 0)
            .peekable();
        // Nobody follows lesions below 5 mm by their diameter; 5 cm are common.
        if lengths.peek().is_some() && lengths.all(|length| length < 5 * u64::from(TICKS)) {
            found.push(RecordFinding {
                rule: RecordRule::UnitSuspect,
                reason: format!(
                    "all lesions on {} are smaller than 5 mm; are these centimetres?",
                    self.shown(assessment.day)
                ),
            });
        }
    }

    fn compare_units(&self, before: &Assessment, now: &Assessment, found: &mut Vec<RecordFinding>) {
        let [least, most] = UNIT_RATIO;
        let (mut pairs, mut smaller, mut larger) = (0, 0, 0);
        let mut first = None;
        for finding in &now.findings {
            let Some(earlier) = before
                .findings
                .iter()
                .find(|earlier| earlier.lesion == finding.lesion)
            else {
                continue;
            };
            let (Some(was), Some(is)) = (length_of(earlier), length_of(finding)) else {
                continue;
            };
            if was == 0 || is == 0 {
                continue;
            }
            pairs += 1;
            first.get_or_insert((finding.lesion, was, is));
            smaller += i32::from(was >= least * is && was <= most * is);
            larger += i32::from(is >= least * was && is <= most * was);
        }
        let Some((lesion, was, is)) = first else {
            return;
        };
        if smaller == pairs || larger == pairs {
            let shown =
                |ticks: u64| super::amount::shown_ticks(i64::try_from(ticks).unwrap_or(i64::MAX));
            found.push(RecordFinding {
                rule: RecordRule::UnitSuspect,
                reason: format!(
                    "lesion {} is {} mm on {} and {} mm on {}, and so are all others about ten times {}; are these centimetres?",
                    self.lesion_name(lesion),
                    shown(was),
                    self.shown(before.day),
                    shown(is),
                    self.shown(now.day),
                    if smaller == pairs { "smaller" } else { "larger" },
                ),
            });
        }
    }
}

/// The length that shows a change of unit.
fn length_of(finding: &LesionFinding) -> Option<u64> {
    finding
        .long_axis
        .or(finding.short_axis)
        .or(finding.enhancing_long_axis)
        .map(|length| u64::from(length.ticks()))
}
