//! What was measured before and after an infusion, and what was delivered.
//!
//! `A_delivered = A_assay(t) − A_residual(t)` at the instant `t` of
//! administration: the assay decayed on to it, the residual decayed back to
//! it, both in GBq and net of background.
//! Where vial, tubing and catheter are measured in a waste jar with a survey
//! meter, the residual is a fraction instead,
//! `R = S_after·2^(Δt/T)/S_before`, with net readings `S` in any one unit and
//! the same geometry, `Δt` apart.
//! An infusion that ends early (stasis) is the same sum with a large residual:
//! intended and delivered activity are both kept, and doses scale with
//! `A_delivered/A_planned`, since the dose of spheres that stay in place is
//! linear in activity.
//! Breaks down where the residual sits elsewhere than in the measured waste,
//! and where the meter is not calibrated for the geometry: a spectroscopic
//! assay found a resin vial 26 % above its label (`selwyn2008`), so the
//! traceability of the meter is kept with each reading.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sirt_quantity::{AbsorbedDose, Activity, Fraction, ResidualFraction, TimeSpan, decay_factor};

use super::dated_activity::{DatedActivity, in_gbq, span_between};
use crate::DosimetryError;

/// A reading of an activity meter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActivityMeterReading {
    /// What it shows.
    #[serde(rename = "reading_gbq", serialize_with = "in_gbq")]
    pub reading: Activity,
    /// What it shows without the source, in the same setting.
    #[serde(rename = "background_gbq", serialize_with = "in_gbq")]
    pub background: Activity,
    /// When it was read.
    pub at: Timestamp,
    /// Meter, setting and what its calibration goes back to, in words.
    pub traceability: String,
}

impl ActivityMeterReading {
    /// The reading without background.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a background above the reading, or a
    /// value that is negative or not finite.
    pub fn net(&self) -> Result<DatedActivity, DosimetryError> {
        let gbq = net(
            "activity meter background",
            self.reading.as_gbq(),
            self.background.as_gbq(),
            " GBq",
        )?;
        DatedActivity::new(Activity::from_gbq(gbq), self.at)
    }
}

/// A reading of a survey meter beside a jar, in any unit that stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WasteJarReading {
    /// What it shows.
    pub reading: f64,
    /// What it shows without the source.
    pub background: f64,
    /// When it was read.
    pub at: Timestamp,
}

/// Residual fraction from survey readings of the same jar before and after.
///
/// # Errors
/// [`DosimetryError::InstantsOutOfOrder`] when the second was read first,
/// [`DosimetryError::OutOfRange`] for a background above its reading, and for
/// more after than before.
pub fn waste_jar_residual(
    before: &WasteJarReading,
    after: &WasteJarReading,
    half_life: TimeSpan,
) -> Result<ResidualFraction, DosimetryError> {
    in_order(
        ("second reading of the jar", after.at),
        ("first reading of the jar", before.at),
    )?;
    let what = "survey meter background";
    let net_before = net(what, before.reading, before.background, "")?;
    let net_after = net(what, after.reading, after.background, "")?;
    if net_before <= 0.0 {
        return Err(DosimetryError::OutOfRange {
            what: "net reading before the infusion",
            value: net_before.to_string(),
            allowed: ">0",
        });
    }
    let decayed_back = net_after / decay_factor(span_between(before.at, after.at), half_life);
    Ok(ResidualFraction::from_fraction(decayed_back / net_before)?)
}

/// What stayed behind, as it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredResidual {
    /// By an activity meter, background taken off.
    Activity(DatedActivity),
    /// As part of what was dispensed, such as from [`waste_jar_residual`].
    Fraction(ResidualFraction),
}

/// How an infusion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndOfInfusion {
    /// All that was dispensed was infused.
    Complete,
    /// The artery took no more.
    Stasis,
    /// It was stopped for another reason.
    Stopped,
}

/// What was delivered beside what was intended, at the instant of administration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DeliveredActivity {
    /// The instant of administration, which all activities here hold at.
    pub administered_at: Timestamp,
    /// What was to be delivered.
    #[serde(rename = "intended_gbq", serialize_with = "in_gbq")]
    pub intended: Activity,
    /// What was dispensed, by the assay.
    #[serde(rename = "dispensed_gbq", serialize_with = "in_gbq")]
    pub dispensed: Activity,
    /// What stayed behind.
    #[serde(rename = "residual_gbq", serialize_with = "in_gbq")]
    pub residual: Activity,
    /// What stayed behind, as part of what was dispensed.
    pub residual_fraction: ResidualFraction,
    /// What was delivered.
    #[serde(rename = "delivered_gbq", serialize_with = "in_gbq")]
    pub delivered: Activity,
    /// What was delivered, as part of what was dispensed.
    pub delivered_fraction: Fraction,
    /// Delivered less intended over intended, percent.
    pub difference_percent: f64,
    /// How the infusion ended.
    pub end: EndOfInfusion,
}

impl DeliveredActivity {
    /// What was delivered, from the assay and what stayed behind.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an intended or assayed activity that
    /// is not positive and a residual above what was dispensed;
    /// [`DosimetryError::InstantsOutOfOrder`] for an assay after the
    /// administration or a residual measured before it.
    pub fn from_measurements(
        intended: Activity,
        assay: &DatedActivity,
        residual: &MeasuredResidual,
        administered_at: Timestamp,
        end: EndOfInfusion,
        half_life: TimeSpan,
    ) -> Result<Self, DosimetryError> {
        for (what, activity) in [
            ("intended activity", intended),
            ("assayed activity", assay.activity()),
        ] {
            if !(activity.is_finite() && activity > Activity::ZERO) {
                return Err(DosimetryError::OutOfRange {
                    what,
                    value: format!("{} GBq", activity.as_gbq()),
                    allowed: ">0 GBq",
                });
            }
        }
        let administration = ("administration", administered_at);
        in_order(administration, ("assay", assay.at()))?;
        let dispensed = assay.activity_at(administered_at, half_life);
        let left = match residual {
            MeasuredResidual::Activity(measured) => {
                in_order(
                    ("measurement of the residual", measured.at()),
                    administration,
                )?;
                measured.activity_at(administered_at, half_life)
            }
            MeasuredResidual::Fraction(fraction) => dispensed * fraction.as_fraction(),
        };
        if left > dispensed {
            return Err(DosimetryError::OutOfRange {
                what: "residual activity at administration",
                value: format!("{:.4} GBq", left.as_gbq()),
                allowed: "0 GBq to what was dispensed",
            });
        }
        let delivered = dispensed - left;
        Ok(Self {
            administered_at,
            intended,
            dispensed,
            residual: left,
            residual_fraction: ResidualFraction::from_fraction(left / dispensed)?,
            delivered,
            delivered_fraction: Fraction::from_fraction(delivered / dispensed)?,
            difference_percent: (delivered / intended - 1.0) * 100.0,
            end,
        })
    }

    /// Whether delivered and intended differ by no more than a part of the intended.
    #[must_use]
    pub fn is_within(&self, tolerance: Fraction) -> bool {
        self.difference_percent.abs() <= tolerance.as_percent()
    }

    /// The dose of what was delivered, from the dose that was planned for an
    /// activity at the same instant: linear, for spheres that spread alike.
    #[must_use]
    pub fn scaled_dose(&self, planned: AbsorbedDose, planned_for: Activity) -> AbsorbedDose {
        planned * (self.delivered / planned_for)
    }
}

/// A reading without its background.
fn net(
    what: &'static str,
    reading: f64,
    background: f64,
    unit: &str,
) -> Result<f64, DosimetryError> {
    if reading.is_finite() && background >= 0.0 && background <= reading {
        Ok(reading - background)
    } else {
        Err(DosimetryError::OutOfRange {
            what,
            value: format!("{background}{unit} of a reading of {reading}{unit}"),
            allowed: "0 to the reading",
        })
    }
}

/// Refuses instants in the wrong order.
fn in_order(
    (what, at): (&'static str, Timestamp),
    (other, other_at): (&'static str, Timestamp),
) -> Result<(), DosimetryError> {
    if at < other_at {
        return Err(DosimetryError::InstantsOutOfOrder {
            what,
            at,
            other,
            other_at,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const Y90: TimeSpan = TimeSpan::from_hours(64.1);

    fn at(hour: &str) -> Timestamp {
        format!("2026-06-08T{hour}:00+02:00").parse().unwrap()
    }

    fn dated(gbq: f64, hour: &str) -> DatedActivity {
        DatedActivity::new(Activity::from_gbq(gbq), at(hour)).unwrap()
    }

    fn delivery(
        assay: DatedActivity,
        residual: MeasuredResidual,
    ) -> Result<DeliveredActivity, DosimetryError> {
        DeliveredActivity::from_measurements(
            Activity::from_gbq(1.80),
            &assay,
            &residual,
            at("11:30"),
            EndOfInfusion::Complete,
            Y90,
        )
    }

    #[test]
    fn assay_less_residual_of_the_test_vector() {
        // TV-B15, to the printed digits.
        let residual = MeasuredResidual::Activity(dated(0.062, "13:00"));
        let got = delivery(dated(1.850, "09:00"), residual).unwrap();
        assert!((got.dispensed.as_gbq() - 1.80066).abs() <= 0.5e-5);
        assert!((got.residual.as_gbq() - 0.063014).abs() <= 0.5e-6);
        assert!(
            (got.delivered.as_gbq() - 1.73764).abs() <= 0.5e-5 + 1e-9,
            "{got:?}"
        );
        assert!((got.delivered_fraction.as_percent() - 96.5).abs() <= 0.05);
        assert!((got.difference_percent + 3.46).abs() <= 0.005 + 1e-9);
        assert!(got.is_within(Fraction::from_percent(10.0).unwrap()));
        assert!(!got.is_within(Fraction::from_percent(3.0).unwrap()));
    }

    #[test]
    fn residual_of_the_waste_jar() {
        // TV-B17: 0.01742.
        let before = WasteJarReading {
            reading: 4.20,
            background: 0.05,
            at: at("10:00"),
        };
        let after = WasteJarReading {
            reading: 0.09,
            background: 0.02,
            at: at("13:00"),
        };
        let residual = waste_jar_residual(&before, &after, Y90).unwrap();
        assert!((residual.as_fraction() - 0.01742).abs() <= 0.5e-5);
        let got = delivery(dated(1.850, "09:00"), MeasuredResidual::Fraction(residual)).unwrap();
        assert!((got.delivered.as_gbq() - 1.80066 * (1.0 - 0.01742)).abs() < 1e-5);
        let said = |before, after| {
            waste_jar_residual(before, after, Y90)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(&after, &before),
            "second reading of the jar at 2026-06-08T08:00:00Z is before first reading of the jar at 2026-06-08T11:00:00Z"
        );
        let swapped = WasteJarReading {
            at: at("14:00"),
            ..before
        };
        assert!(said(&after, &swapped).starts_with("residual fraction 59.9"));
        let dark = WasteJarReading {
            background: 4.3,
            ..before
        };
        assert_eq!(
            said(&dark, &after),
            "survey meter background 4.3 of a reading of 4.2 is outside 0 to the reading"
        );
        let empty = WasteJarReading {
            background: 4.2,
            ..before
        };
        assert_eq!(
            said(&empty, &after),
            "net reading before the infusion 0 is outside >0"
        );
    }

    #[test]
    fn a_meter_reading_is_net_of_background() {
        let mut reading = ActivityMeterReading {
            reading: Activity::from_mbq(1862.0),
            background: Activity::from_mbq(12.0),
            at: at("09:00"),
            traceability: "chamber of the ward, yearly against the national standard".to_owned(),
        };
        assert!((reading.net().unwrap().activity().as_gbq() - 1.85).abs() < 1e-12);
        assert_eq!(reading.net().unwrap().at(), at("09:00"));
        reading.background = Activity::from_mbq(2000.0);
        assert_eq!(
            reading.net().unwrap_err().to_string(),
            "activity meter background 2 GBq of a reading of 1.862 GBq is outside 0 to the reading"
        );
    }

    #[test]
    fn an_infusion_that_ends_early_scales_the_doses() {
        // 60 % delivered: 40 % of what was dispensed stays behind.
        let residual = MeasuredResidual::Fraction(ResidualFraction::from_percent(40.0).unwrap());
        let got = DeliveredActivity {
            end: EndOfInfusion::Stasis,
            ..delivery(dated(1.80, "11:30"), residual).unwrap()
        };
        assert!((got.delivered.as_gbq() - 1.08).abs() < 1e-12);
        assert!((got.difference_percent + 40.0).abs() < 1e-9);
        let dose = got.scaled_dose(AbsorbedDose::from_gy(120.0), got.intended);
        assert!((dose.as_gy() - 72.0).abs() < 1e-9);
        let json = serde_json::to_value(got).unwrap();
        assert_eq!(json["end"], "stasis");
        assert_eq!(json["administered_at"], "2026-06-08T09:30:00Z");
        assert_eq!(json["intended_gbq"], 1.8);
    }

    #[test]
    fn refuses_what_cannot_have_been_measured() {
        let said = |assay, residual| {
            delivery(assay, MeasuredResidual::Activity(residual))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(dated(1.85, "12:00"), dated(0.06, "13:00")),
            "administration at 2026-06-08T09:30:00Z is before assay at 2026-06-08T10:00:00Z"
        );
        assert_eq!(
            said(dated(1.85, "09:00"), dated(0.06, "11:00")),
            "measurement of the residual at 2026-06-08T09:00:00Z is before administration at 2026-06-08T09:30:00Z"
        );
        assert_eq!(
            said(dated(1.85, "09:00"), dated(1.85, "13:00")),
            "residual activity at administration 1.8803 GBq is outside 0 GBq to what was dispensed"
        );
        assert_eq!(
            said(dated(0.0, "09:00"), dated(0.0, "13:00")),
            "assayed activity 0 GBq is outside >0 GBq"
        );
    }

    proptest! {
        #[test]
        fn parts_add_up_and_the_instant_of_the_assay_does_not_matter(
            gbq in 0.1..20.0_f64,
            residual in 0.0..1.0_f64,
            minutes in 0_i64..600,
        ) {
            let administered = at("11:30");
            let earlier = administered.checked_add(jiff::SignedDuration::from_mins(-minutes)).unwrap();
            let here = DatedActivity::new(Activity::from_gbq(gbq), administered).unwrap();
            let assay = DatedActivity::new(here.activity_at(earlier, Y90), earlier).unwrap();
            let fraction = ResidualFraction::from_fraction(residual).unwrap();
            let got = delivery(assay, MeasuredResidual::Fraction(fraction)).unwrap();
            prop_assert!((got.dispensed.as_gbq() / gbq - 1.0).abs() < 1e-12);
            prop_assert!(((got.delivered + got.residual) / got.dispensed - 1.0).abs() < 1e-12);
            prop_assert!((got.delivered_fraction.as_fraction() + residual - 1.0).abs() < 1e-12);
        }
    }
}
