//! Volumes of liver, lobe, tumour and future remnant over time.
//!
//! The leaflet's figure shows liver volume in mL with "% change from prior
//! Tx": each volume against the last one measured at or before the treatment
//! that went before it. With $V_0$ at baseline and $V_p$ that volume:
//! part of baseline $V/V_0$, change from baseline $V/V_0 - 1$, change from the
//! treatment before $V/V_p - 1$. There is none before the first treatment.

use crate::response::{Day, LesionVolume};

/// A volume on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolumeOnDay {
    /// The day.
    pub day: Day,
    /// The volume.
    pub volume: LesionVolume,
}

/// A volume beside those that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeChange {
    /// The day.
    pub day: Day,
    /// The volume.
    pub volume: LesionVolume,
    /// Over that at baseline; none before baseline and when that is 0.
    pub of_baseline: Option<f64>,
    /// The treatment before it, strictly.
    pub prior_treatment: Option<Day>,
    /// The volume that was measured last at or before that treatment.
    pub before_treatment: Option<VolumeOnDay>,
    /// Over that volume, minus 1.
    pub change_from_prior_treatment: Option<f64>,
}

/// Each volume with its changes, in order of days. Baseline is the last volume
/// at or before the first treatment, without treatment the first of all.
#[must_use]
pub fn volume_changes(volumes: &[VolumeOnDay], treatments: &[Day]) -> Vec<VolumeChange> {
    let mut sorted = volumes.to_vec();
    sorted.sort_by_key(|volume| volume.day);
    let first = treatments.iter().min().copied();
    let last_until = |day: Day| {
        sorted
            .iter()
            .rev()
            .find(|volume| volume.day <= day)
            .copied()
    };
    let baseline = first
        .and_then(last_until)
        .or_else(|| sorted.first().copied().filter(|_| first.is_none()));
    let over = |volume: LesionVolume, reference: LesionVolume| {
        (reference > LesionVolume::ZERO).then(|| volume.as_ml() / reference.as_ml())
    };
    sorted
        .iter()
        .map(|now| {
            let prior_treatment = treatments
                .iter()
                .copied()
                .filter(|treatment| *treatment < now.day)
                .max();
            let before_treatment = prior_treatment.and_then(last_until);
            VolumeChange {
                day: now.day,
                volume: now.volume,
                of_baseline: baseline
                    .filter(|baseline| baseline.day <= now.day)
                    .and_then(|baseline| over(now.volume, baseline.volume)),
                prior_treatment,
                before_treatment,
                change_from_prior_treatment: before_treatment
                    .and_then(|before| over(now.volume, before.volume))
                    .map(|over| over - 1.0),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: i32, ml: &str) -> VolumeOnDay {
        VolumeOnDay {
            day: Day::from_number(day),
            volume: LesionVolume::parse(ml).unwrap(),
        }
    }

    #[test]
    fn compares_with_baseline_and_with_the_treatment_before() {
        // Two lobes treated on days 0 and 60, as in the leaflet's figure.
        let volumes = [
            on(-5, "2000"),
            on(55, "1800"),
            on(150, "1620"),
            on(790, "1500"),
        ];
        let treatments = [Day::from_number(0), Day::from_number(60)];
        let changes = volume_changes(&volumes, &treatments);
        let prior: Vec<Option<f64>> = changes
            .iter()
            .map(|change| change.change_from_prior_treatment)
            .collect();
        // 1800/2000, 1620/1800, 1500/1800, each minus 1.
        assert_eq!(prior[0], None);
        for (found, expected) in prior[1..].iter().zip([-0.1, -0.1, -1.0 / 6.0]) {
            assert!((found.unwrap() - expected).abs() < 1e-12);
        }
        assert!((changes[3].of_baseline.unwrap() - 0.75).abs() < 1e-12);
        assert_eq!(changes[3].before_treatment, Some(volumes[1]));
    }

    #[test]
    fn a_volume_on_the_day_of_treatment_is_before_it() {
        let changes = volume_changes(&[on(0, "1000"), on(90, "900")], &[Day::from_number(0)]);
        assert_eq!(changes[0].change_from_prior_treatment, None);
        assert!((changes[1].change_from_prior_treatment.unwrap() + 0.1).abs() < 1e-12);
        let none = volume_changes(&[on(30, "1000"), on(90, "900")], &[Day::from_number(0)]);
        assert_eq!(none[1].change_from_prior_treatment, None);
        assert_eq!(none[1].of_baseline, None);
    }
}
