//! The dose of a somatostatin analogue as its equivalent in 28 days.
//!
//! $d_{28} = 28\,d/i + 28\,r$ with $d$ mg every $i$ days and $r$ mg a day of
//! rescue. Doses of different drugs are not compared. The leaflet's second
//! study counts a reduction of at least 50 %, and those who are off the drug
//! for more than six months.

use crate::OutcomeError;
use crate::response::Day;

/// A prescription from a day on, until the next one of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct AnaloguePrescription {
    /// The first day.
    pub from: Day,
    /// The drug by name; of a stop any.
    pub drug: String,
    /// mg of one injection; 0 stops the drug.
    pub dose_mg: f64,
    /// Days from one injection to the next.
    pub interval_days: f64,
    /// Short-acting rescue of the same substance, mg a day.
    pub rescue_mg_per_day: f64,
}

impl AnaloguePrescription {
    /// mg in 28 days.
    ///
    /// # Errors
    /// [`OutcomeError::Implausible`] for doses that are negative or not
    /// finite, and an interval that is not positive.
    pub fn monthly_mg(&self) -> Result<f64, OutcomeError> {
        let check = |what: &'static str, value: f64, allowed: &str, holds: bool| {
            if holds {
                Ok(())
            } else {
                Err(OutcomeError::Implausible {
                    what,
                    value: value.to_string(),
                    allowed: allowed.to_owned(),
                })
            }
        };
        check(
            "dose of the analogue",
            self.dose_mg,
            "0..=500 mg",
            (0.0..=500.0).contains(&self.dose_mg),
        )?;
        check(
            "interval of injections",
            self.interval_days,
            "1..=120 days",
            (1.0..=120.0).contains(&self.interval_days),
        )?;
        check(
            "rescue",
            self.rescue_mg_per_day,
            "0..=10 mg a day",
            (0.0..=10.0).contains(&self.rescue_mg_per_day),
        )?;
        Ok(28.0 * self.dose_mg / self.interval_days + 28.0 * self.rescue_mg_per_day)
    }
}

/// How the dose stands against that at treatment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnalogueChange {
    /// No analogue at treatment.
    NotGiven,
    /// Another drug: not compared.
    OtherDrug,
    /// Off the drug, for so many days until the day that is asked for.
    Stopped {
        /// Since then.
        since: Day,
        /// Days.
        days: i32,
    },
    /// By half or more.
    Halved {
        /// Part of the dose at treatment that is left.
        fraction: f64,
    },
    /// Less, but not by half.
    Reduced {
        /// Part of the dose at treatment that is left.
        fraction: f64,
    },
    /// As it was.
    Same,
    /// More.
    Increased {
        /// Part of the dose at treatment.
        fraction: f64,
    },
}

/// The dose on `day` against that at `treatment`; prescriptions in any order.
///
/// # Errors
/// Those of [`AnaloguePrescription::monthly_mg`].
pub fn analogue_change(
    prescriptions: &[AnaloguePrescription],
    treatment: Day,
    day: Day,
) -> Result<AnalogueChange, OutcomeError> {
    let mut sorted: Vec<&AnaloguePrescription> = prescriptions.iter().collect();
    sorted.sort_by_key(|prescription| prescription.from);
    let at = |day: Day| {
        sorted
            .iter()
            .rposition(|prescription| prescription.from <= day)
    };
    let Some(before) = at(treatment) else {
        return Ok(AnalogueChange::NotGiven);
    };
    let was = sorted[before].monthly_mg()?;
    if was <= 0.0 {
        return Ok(AnalogueChange::NotGiven);
    }
    let now = at(day).unwrap_or(before);
    let is = sorted[now].monthly_mg()?;
    if is <= 0.0 {
        let mut since = sorted[now].from;
        for earlier in sorted[..now].iter().rev() {
            if earlier.monthly_mg()? > 0.0 {
                break;
            }
            since = earlier.from;
        }
        return Ok(AnalogueChange::Stopped {
            since,
            days: day.since(since),
        });
    }
    if !sorted[now].drug.eq_ignore_ascii_case(&sorted[before].drug) {
        return Ok(AnalogueChange::OtherDrug);
    }
    let fraction = is / was;
    Ok(match is.total_cmp(&was) {
        std::cmp::Ordering::Equal => AnalogueChange::Same,
        std::cmp::Ordering::Greater => AnalogueChange::Increased { fraction },
        // Half of what doses are written as is exact in binary.
        std::cmp::Ordering::Less if 2.0 * is <= was => AnalogueChange::Halved { fraction },
        std::cmp::Ordering::Less => AnalogueChange::Reduced { fraction },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(from: i32, drug: &str, dose_mg: f64, interval_days: f64) -> AnaloguePrescription {
        AnaloguePrescription {
            from: Day::from_number(from),
            drug: drug.to_owned(),
            dose_mg,
            interval_days,
            rescue_mg_per_day: 0.0,
        }
    }

    fn change(prescriptions: &[AnaloguePrescription], day: i32) -> AnalogueChange {
        analogue_change(prescriptions, Day::from_number(0), Day::from_number(day)).unwrap()
    }

    #[test]
    fn halves_by_dose_or_by_interval() {
        let before = given(-100, "octreotide LAR", 30.0, 28.0);
        let with = |dose, interval| {
            change(
                &[before.clone(), given(50, "octreotide LAR", dose, interval)],
                90,
            )
        };
        assert_eq!(with(15.0, 28.0), AnalogueChange::Halved { fraction: 0.5 });
        assert_eq!(with(30.0, 56.0), AnalogueChange::Halved { fraction: 0.5 });
        assert!(matches!(with(20.0, 28.0), AnalogueChange::Reduced { .. }));
        assert!(matches!(with(30.0, 21.0), AnalogueChange::Increased { .. }));
        assert_eq!(with(30.0, 28.0), AnalogueChange::Same);
        assert_eq!(change(&[before], 90), AnalogueChange::Same);
        assert_eq!(change(&[], 90), AnalogueChange::NotGiven);
    }

    #[test]
    fn counts_the_days_off_the_drug_and_never_compares_two_drugs() {
        let stopped = [
            given(-100, "lanreotide", 120.0, 28.0),
            given(60, "none", 0.0, 28.0),
            given(90, "none", 0.0, 28.0),
        ];
        // The leaflet's second study: off for more than six months.
        assert_eq!(
            change(&stopped, 260),
            AnalogueChange::Stopped {
                since: Day::from_number(60),
                days: 200
            }
        );
        let other = [
            given(-100, "lanreotide", 120.0, 28.0),
            given(60, "octreotide LAR", 30.0, 28.0),
        ];
        assert_eq!(change(&other, 90), AnalogueChange::OtherDrug);
        let rescue = AnaloguePrescription {
            rescue_mg_per_day: 0.3,
            ..given(0, "octreotide", 20.0, 28.0)
        };
        // 20 + 28 * 0.3 = 28.4 mg in 28 days.
        assert!((rescue.monthly_mg().unwrap() - 28.4).abs() < 1e-12);
        assert!(given(0, "octreotide", -1.0, 28.0).monthly_mg().is_err());
        assert!(given(0, "octreotide", 20.0, 0.0).monthly_mg().is_err());
    }
}
