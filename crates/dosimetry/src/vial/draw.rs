//! How much to draw from a vial that can be divided.
//!
//! `A_dispensed = A_prescribed/(1 − R)` with the expected residual fraction
//! `R`, and `v = V·A_dispensed/A_vial(t)` with the volume `V` of the full vial
//! in mL and activities in GBq at the same instant `t`, that of infusion.
//! Activity and vial decay alike, so `v` does not depend on when it is drawn,
//! only on when it is infused.
//! Assumes spheres that are evenly suspended: they settle within minutes, so
//! the vial is agitated right before the draw and what was drawn is assayed.
//! Source: DOMAIN B.11, which is arithmetic; volumes and the note on agitation
//! stand with their sources in `data/devices.toml`.

use jiff::Timestamp;
use serde::Serialize;
use sirt_quantity::{Activity, Capacity, Fraction, ResidualFraction};

use super::dated_activity::in_gbq;
use super::vial::Vial;
use crate::DosimetryError;

/// Rounding that a draw of all that is left may have, relative.
const ROUNDING: f64 = 1e-9;

/// A draw from a vial.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Draw {
    /// The instant of infusion that it is for.
    pub at: Timestamp,
    /// Activity in it at that instant.
    #[serde(rename = "activity_gbq", serialize_with = "in_gbq")]
    pub activity: Activity,
    /// Activity of the full vial at that instant.
    #[serde(rename = "full_vial_gbq", serialize_with = "in_gbq")]
    pub full_vial: Activity,
    /// Part of the full vial.
    pub part: Fraction,
    /// Volume to draw.
    #[serde(rename = "volume_ml")]
    pub volume: Capacity,
    /// Volume that is left in the vial.
    #[serde(rename = "left_ml")]
    pub left: Capacity,
}

/// What has to be dispensed so that the prescribed activity is given.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] where all of it stays behind, or for an
/// activity that is not positive.
pub fn activity_to_dispense(
    prescribed: Activity,
    residual: ResidualFraction,
) -> Result<Activity, DosimetryError> {
    if !(prescribed.is_finite() && prescribed > Activity::ZERO) {
        return Err(DosimetryError::OutOfRange {
            what: "prescribed activity",
            value: format!("{} GBq", prescribed.as_gbq()),
            allowed: ">0 GBq",
        });
    }
    if residual.rest() <= 0.0 {
        return Err(DosimetryError::OutOfRange {
            what: "expected residual fraction",
            value: residual.as_fraction().to_string(),
            allowed: "0..<1",
        });
    }
    Ok(prescribed / residual.rest())
}

/// What is given of a dispensed activity; the inverse of [`activity_to_dispense`].
#[must_use]
pub fn activity_given(dispensed: Activity, residual: ResidualFraction) -> Activity {
    dispensed * residual.rest()
}

/// The volume that holds an activity at the instant of infusion.
///
/// `drawn_before` is the volume that earlier draws have taken.
///
/// # Errors
/// [`DosimetryError::VialIndivisible`] for a vial that is given whole,
/// [`DosimetryError::VialExpired`] and [`DosimetryError::VialNotYetUsable`]
/// outside of its window, [`DosimetryError::VialHoldsTooLittle`] where too
/// little is left, [`DosimetryError::OutOfRange`] for a volume outside of the vial.
pub fn volume_to_draw(
    vial: &Vial,
    activity: Activity,
    drawn_before: Capacity,
    at: Timestamp,
) -> Result<Draw, DosimetryError> {
    let full = full_volume(vial)?;
    vial.check_usable(at)?;
    inside(drawn_before, full)?;
    let full_vial = vial.activity_at(at);
    let rest = full - drawn_before;
    let volume = full * (activity / full_vial);
    if !(activity.is_finite() && activity >= Activity::ZERO) || volume > rest * (1.0 + ROUNDING) {
        return Err(DosimetryError::VialHoldsTooLittle {
            vial: vial.to_string(),
            at,
            held_gbq: (full_vial * (rest / full)).as_gbq(),
            needed_gbq: activity.as_gbq(),
        });
    }
    let volume = if volume > rest { rest } else { volume };
    Ok(Draw {
        at,
        activity,
        full_vial,
        part: Fraction::from_fraction(volume / full)?,
        volume,
        left: rest - volume,
    })
}

/// The activity of a drawn volume; the inverse of [`volume_to_draw`].
///
/// # Errors
/// As [`volume_to_draw`].
pub fn activity_in_draw(
    vial: &Vial,
    volume: Capacity,
    at: Timestamp,
) -> Result<Activity, DosimetryError> {
    let full = full_volume(vial)?;
    vial.check_usable(at)?;
    inside(volume, full)?;
    Ok(vial.activity_at(at) * (volume / full))
}

fn full_volume(vial: &Vial) -> Result<Capacity, DosimetryError> {
    vial.draw_volume
        .ok_or_else(|| DosimetryError::VialIndivisible {
            vial: vial.to_string(),
        })
}

fn inside(volume: Capacity, full: Capacity) -> Result<(), DosimetryError> {
    if (Capacity::ZERO..=full).contains(&volume) {
        return Ok(());
    }
    Err(DosimetryError::OutOfRange {
        what: "drawn volume",
        value: format!("{volume} of a vial of {full}"),
        allowed: "0 mL to the volume of the vial",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::TimeSpan;

    use super::*;
    use crate::{Device, DeviceLibrary};

    const NONE: Capacity = Capacity::ZERO;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// 3 GBq, calibrated at 18:00 on the wall clock of Central Europe.
    fn vial(device: Device) -> Vial {
        let library = DeviceLibrary::built_in().unwrap();
        let (size, half_life) = (Activity::from_gbq(3.0), TimeSpan::from_hours(64.1));
        let calibrated = at("2026-06-08T18:00+02:00");
        Vial::of(library.data(device), size, calibrated, half_life).unwrap()
    }

    #[test]
    fn volume_of_the_test_vector() {
        // TV-B14, four decimals: at 10:00 of the same day.
        let ten = at("2026-06-08T10:00+02:00");
        let draw = |residual: f64| {
            let residual = ResidualFraction::from_percent(residual).unwrap();
            let needed = activity_to_dispense(Activity::from_gbq(1.75), residual).unwrap();
            volume_to_draw(&vial(Device::Resin), needed, NONE, ten).unwrap()
        };
        assert!((draw(0.0).full_vial.as_gbq() - 3.2711).abs() <= 0.5e-4);
        assert!((draw(0.0).volume.as_ml() - 2.6750).abs() <= 0.5e-4);
        assert!((draw(2.0).volume.as_ml() - 2.7295).abs() <= 0.5e-4 + 1e-9);
        assert!((draw(0.0).left.as_ml() - 2.3250).abs() <= 0.5e-4);
    }

    #[test]
    fn refuses_what_the_vial_does_not_hold() {
        let resin = vial(Device::Resin);
        let said = |gbq: f64, before_ml: f64, hour: &str| {
            let (gbq, before) = (Activity::from_gbq(gbq), Capacity::from_ml(before_ml));
            volume_to_draw(&resin, gbq, before, at(hour))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(3.5, 0.0, "2026-06-08T10:00+02:00"),
            "resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z holds 3.2711 GBq at 2026-06-08T08:00:00Z, less than the 3.5000 GBq to be drawn"
        );
        assert_eq!(
            said(1.75, 2.675, "2026-06-08T10:00+02:00"),
            "resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z holds 1.5211 GBq at 2026-06-08T08:00:00Z, less than the 1.7500 GBq to be drawn"
        );
        assert!(said(1.0, 0.0, "2026-06-09T18:01+02:00").contains("is expired at"));
        assert!(said(1.0, 0.0, "2026-06-05T17:59+02:00").contains("may not be given yet"));
        assert_eq!(
            said(1.0, 5.5, "2026-06-08T10:00+02:00"),
            "drawn volume 5.5 mL of a vial of 5 mL is outside 0 mL to the volume of the vial"
        );
        let glass = vial(Device::Glass);
        assert_eq!(
            volume_to_draw(
                &glass,
                Activity::from_gbq(1.0),
                NONE,
                at("2026-06-09T18:00Z")
            )
            .unwrap_err()
            .to_string(),
            "glass vial of 3 GBq calibrated 2026-06-08T16:00:00Z is given whole; no part of it can be drawn"
        );
    }

    #[test]
    fn refuses_a_residual_of_all_and_a_prescription_of_nothing() {
        let all = ResidualFraction::from_fraction(1.0).unwrap();
        assert_eq!(
            activity_to_dispense(Activity::from_gbq(1.0), all)
                .unwrap_err()
                .to_string(),
            "expected residual fraction 1 is outside 0..<1"
        );
        assert_eq!(
            activity_to_dispense(Activity::ZERO, ResidualFraction::ZERO)
                .unwrap_err()
                .to_string(),
            "prescribed activity 0 GBq is outside >0 GBq"
        );
    }

    #[test]
    fn the_volume_does_not_depend_on_when_it_is_drawn() {
        let resin = vial(Device::Resin);
        let (draw_at, infuse_at) = (at("2026-06-08T09:00+02:00"), at("2026-06-08T15:00+02:00"));
        let needed = Activity::from_gbq(1.2);
        let here = volume_to_draw(&resin, needed, NONE, infuse_at).unwrap();
        // What is drawn at 9:00 for 15:00 is more activity by the decay until then.
        let there = activity_in_draw(&resin, here.volume, draw_at).unwrap();
        assert!((there / needed - (6.0_f64 / 64.1).exp2()).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn volume_and_activity_are_inverse(
            part in 0.0..1.0_f64,
            hours in -72.0..24.0_f64,
            residual in 0.0..0.9_f64,
        ) {
            let resin = vial(Device::Resin);
            let at = super::super::dated_activity::shifted(resin.calibrated_at, TimeSpan::from_hours(hours)).unwrap();
            let volume = Capacity::from_ml(5.0 * part);
            let activity = activity_in_draw(&resin, volume, at).unwrap();
            let draw = volume_to_draw(&resin, activity, NONE, at).unwrap();
            prop_assert!((draw.volume - volume).as_ml().abs() < 1e-9);
            let residual = ResidualFraction::from_fraction(residual).unwrap();
            let given = activity_given(activity, residual);
            if given > Activity::ZERO {
                let back = activity_to_dispense(given, residual).unwrap();
                prop_assert!((back / activity - 1.0).abs() < 1e-9);
            }
        }
    }
}
