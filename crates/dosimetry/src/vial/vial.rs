//! Vials: what they hold, when they may be given, which are on offer.
//!
//! A vial holds `A(t) = A_cal·2^(−(t − t_cal)/T)` and may be given in a window
//! around its calibration instant that the product sets.
//! Turned round, the activity at calibration of a vial that holds `A` at `t`
//! is `A·2^((t − t_cal)/T)`.
//! Spheres decay with the vial: an activity holds
//! `N = A·2^((t − t_cal)/T)·n` of them, with `n` spheres per GBq at
//! calibration, so a vial given later embolises more for the same activity.
//! Offers are sizes × calibration instants: what stands on labels or in the
//! order form, handed in as arguments.
//! Breaks down with the label: resin vials hold their size to ±10 %
//! (`sirtex2024spheres`), so an assay goes before the size.
//! Facts of the products stand with their sources in `data/devices.toml`.

use jiff::Timestamp;
use serde::Serialize;
use sirt_quantity::{Activity, Capacity, Mass, TimeSpan};

use super::dated_activity::{DatedActivity, in_gbq, shifted};
use crate::{Device, DeviceData, DosimetryError};

/// A vial of microspheres.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vial {
    /// The product.
    pub device: Device,
    /// Activity at calibration.
    #[serde(rename = "size_gbq", serialize_with = "in_gbq")]
    pub size: Activity,
    /// The calibration instant.
    pub calibrated_at: Timestamp,
    /// The first instant at which it may be given.
    pub usable_from: Timestamp,
    /// The last instant at which it may be given.
    pub usable_until: Timestamp,
    /// Where the window was taken from.
    pub window_source: String,
    /// Whether the window was not checked against its source.
    pub window_doubtful: bool,
    /// Volume that spheres are drawn from; none for a vial that is given whole.
    #[serde(rename = "draw_volume_ml")]
    pub draw_volume: Option<Capacity>,
    /// What to do before a draw.
    pub before_draw: Option<String>,
    /// Half-life of its nuclide.
    #[serde(rename = "half_life_h")]
    pub half_life: TimeSpan,
    /// Spheres in a gigabecquerel at calibration.
    pub spheres_per_gbq: f64,
    /// Mass of a sphere of the mean diameter.
    #[serde(skip)]
    pub sphere_mass: Mass,
}

/// How many spheres, and how much of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spheres {
    /// Their number.
    pub number: f64,
    /// Their mass by the mean diameter, g.
    #[serde(rename = "mass_g")]
    pub mass: Mass,
    /// Activity of one, Bq.
    pub bq_per_sphere: f64,
}

impl Vial {
    /// A vial of a product, with the window and the volume of its kind.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a size or half-life that is not
    /// positive.
    pub fn of(
        product: &DeviceData,
        size: Activity,
        calibrated_at: Timestamp,
        half_life: TimeSpan,
    ) -> Result<Self, DosimetryError> {
        if !(size.is_finite() && size > Activity::ZERO) {
            return Err(DosimetryError::OutOfRange {
                what: "vial size",
                value: format!("{} GBq", size.as_gbq()),
                allowed: ">0 GBq",
            });
        }
        if !(half_life.is_finite() && half_life > TimeSpan::ZERO) {
            return Err(DosimetryError::OutOfRange {
                what: "half-life",
                value: half_life.to_string(),
                allowed: ">0 h",
            });
        }
        let (first, last) = product.usable();
        let (before, after) = (&product.usable_before_h, &product.usable_after_h);
        let volume = product.vial_volume_ml.as_ref();
        Ok(Self {
            device: product.id,
            size,
            calibrated_at,
            usable_from: shifted(calibrated_at, first)?,
            usable_until: shifted(calibrated_at, last)?,
            window_source: format!("{}; {}", before.source, after.source),
            window_doubtful: before.doubtful || after.doubtful,
            draw_volume: volume
                .filter(|_| product.divisible)
                .map(|volume| Capacity::from_ml(volume.value)),
            before_draw: product.before_draw.as_ref().map(|note| note.value.clone()),
            half_life,
            spheres_per_gbq: product.spheres_per_gbq.value,
            sphere_mass: product.sphere_mass(),
        })
    }

    /// The same vial with the window of its label.
    ///
    /// # Errors
    /// [`DosimetryError::InstantsOutOfOrder`] for an end before the start.
    pub fn with_window(self, from: Timestamp, until: Timestamp) -> Result<Self, DosimetryError> {
        if until < from {
            return Err(DosimetryError::InstantsOutOfOrder {
                what: "end of the vial's window",
                at: until,
                other: "its start",
                other_at: from,
            });
        }
        Ok(Self {
            usable_from: from,
            usable_until: until,
            window_source: "label".to_owned(),
            window_doubtful: false,
            ..self
        })
    }

    /// What the full vial holds at an instant.
    #[must_use]
    pub fn activity_at(&self, at: Timestamp) -> Activity {
        // A size is positive and finite, so the datum is sound by construction.
        self.size * self.decayed(at)
    }

    /// The instant at which the full vial holds an activity.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that it never holds.
    pub fn instant_of(&self, activity: Activity) -> Result<Timestamp, DosimetryError> {
        DatedActivity::new(self.size, self.calibrated_at)?.instant_of(activity, self.half_life)
    }

    /// Refuses an instant outside of the vial's window.
    ///
    /// # Errors
    /// [`DosimetryError::VialExpired`] after it,
    /// [`DosimetryError::VialNotYetUsable`] before it.
    pub fn check_usable(&self, at: Timestamp) -> Result<(), DosimetryError> {
        let (vial, from, until) = (self.to_string(), self.usable_from, self.usable_until);
        if at > until {
            return Err(DosimetryError::VialExpired {
                vial,
                at,
                from,
                until,
            });
        }
        if at < from {
            return Err(DosimetryError::VialNotYetUsable {
                vial,
                at,
                from,
                until,
            });
        }
        Ok(())
    }

    /// The spheres that hold an activity at an instant.
    #[must_use]
    pub fn spheres(&self, activity: Activity, at: Timestamp) -> Spheres {
        let bq_per_sphere = 1e9 / self.spheres_per_gbq * self.decayed(at);
        let number = activity.as_bq() / bq_per_sphere;
        Spheres {
            number,
            mass: self.sphere_mass * number,
            bq_per_sphere,
        }
    }

    fn decayed(&self, at: Timestamp) -> f64 {
        let since = super::dated_activity::span_between(self.calibrated_at, at);
        sirt_quantity::decay_factor(since, self.half_life)
    }
}

impl std::fmt::Display for Vial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} vial of {} GBq calibrated {}",
            self.device,
            self.size.as_gbq(),
            self.calibrated_at
        )
    }
}

/// What a vial must hold at calibration to hold an activity at an instant.
#[must_use]
pub fn activity_at_calibration(
    activity: Activity,
    at: Timestamp,
    calibrated_at: Timestamp,
    half_life: TimeSpan,
) -> Activity {
    let before = super::dated_activity::span_between(at, calibrated_at);
    activity * sirt_quantity::decay_factor(before, half_life)
}

/// The vials of a product that can be ordered: each size at each calibration
/// instant, by instant and then size.
///
/// Sizes come from [`DeviceData::vial_sizes`] or an order form, instants from
/// labels or [`crate::CalibrationSchedule::instants`].
///
/// # Errors
/// As [`Vial::of`].
pub fn vial_offers(
    product: &DeviceData,
    sizes: &[Activity],
    calibrations: &[Timestamp],
    half_life: TimeSpan,
) -> Result<Vec<Vial>, DosimetryError> {
    calibrations
        .iter()
        .flat_map(|at| sizes.iter().map(move |size| (*at, *size)))
        .map(|(at, size)| Vial::of(product, size, at, half_life))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeviceLibrary;

    const Y90: TimeSpan = TimeSpan::from_hours(64.1);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn vial(device: Device, gbq: f64, calibrated: &str) -> Vial {
        let library = DeviceLibrary::built_in().unwrap();
        let size = Activity::from_gbq(gbq);
        Vial::of(library.data(device), size, at(calibrated), Y90).unwrap()
    }

    #[test]
    fn sizes_of_the_test_vector_on_tuesday_afternoon() {
        // TV-B16: Sunday noon to Tuesday 14:00 US Eastern is 50 h; 3.2 GBq then
        // are 5.495 at calibration; vials give 1.747, 2.912, 4.076, 5.824 GBq.
        let (sunday, tuesday) = (at("2026-06-07T16:00Z"), at("2026-06-09T18:00Z"));
        let needed = activity_at_calibration(Activity::from_gbq(3.2), tuesday, sunday, Y90);
        assert!((needed.as_gbq() - 5.495).abs() <= 0.5e-3);
        for (size, expected) in [(3.0, 1.747), (5.0, 2.912), (7.0, 4.076), (10.0, 5.824)] {
            let held = vial(Device::Glass, size, "2026-06-07T16:00Z").activity_at(tuesday);
            assert!((held.as_gbq() - expected).abs() <= 0.5e-3 + 1e-9, "{held}");
        }
        // The week before: 33.80 GBq needed, 20 GBq gives 1.893.
        let sunday = at("2026-05-31T16:00Z");
        let needed = activity_at_calibration(Activity::from_gbq(3.2), tuesday, sunday, Y90);
        assert!((needed.as_gbq() - 33.80).abs() <= 0.5e-2);
        let held = vial(Device::Glass, 20.0, "2026-05-31T16:00Z").activity_at(tuesday);
        assert!((held.as_gbq() - 1.893).abs() <= 0.5e-3);
    }

    #[test]
    fn glass_spheres_fade_by_the_day() {
        // DOMAIN A.5 [C]: Bq of a sphere by days after calibration.
        let glass = vial(Device::Glass, 3.0, "2026-06-07T16:00Z");
        for (days, expected) in [
            (0, 2500.0),
            (1, 1929.0),
            (2, 1488.0),
            (3, 1148.0),
            (4, 885.0),
            (5, 683.0),
            (8, 314.0),
            (9, 242.0),
            (10, 187.0),
            (11, 144.0),
        ] {
            let later = glass.calibrated_at + jiff::SignedDuration::from_hours(24 * days);
            let spheres = glass.spheres(glass.activity_at(later), later);
            assert!((spheres.bq_per_sphere - expected).abs() <= 0.5, "{days} d");
            // The whole vial holds the same spheres on every day: 1.2 million.
            assert!((spheres.number / 1.2e6 - 1.0).abs() < 1e-9);
        }
        let resin = vial(Device::Resin, 3.0, "2026-06-08T16:00Z");
        let all = resin.spheres(resin.size, resin.calibrated_at);
        // 44 million in 3 GBq, to the digits of the table (14.67e6 per GBq).
        assert!((all.number / 44e6 - 1.0).abs() < 5e-4);
    }

    #[test]
    fn an_expired_vial_is_refused_with_its_window() {
        let resin = vial(Device::Resin, 3.0, "2026-06-08T16:00Z");
        assert_eq!(resin.check_usable(at("2026-06-09T16:00:00Z")), Ok(()));
        assert_eq!(
            resin
                .check_usable(at("2026-06-09T16:00:01Z"))
                .unwrap_err()
                .to_string(),
            "resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z is expired at 2026-06-09T16:00:01Z; it may be given from 2026-06-05T16:00:00Z to 2026-06-09T16:00:00Z"
        );
        assert_eq!(
            resin
                .check_usable(at("2026-06-05T15:00Z"))
                .unwrap_err()
                .to_string(),
            "resin vial of 3 GBq calibrated 2026-06-08T16:00:00Z may not be given yet at 2026-06-05T15:00:00Z; it may be given from 2026-06-05T16:00:00Z to 2026-06-09T16:00:00Z"
        );
        assert!(resin.window_doubtful);
        let labelled = resin
            .clone()
            .with_window(at("2026-06-08T10:00Z"), at("2026-06-08T20:00Z"));
        assert!(
            labelled
                .unwrap()
                .check_usable(at("2026-06-09T00:00Z"))
                .is_err()
        );
        assert_eq!(
            resin
                .with_window(at("2026-06-08T10:00Z"), at("2026-06-08T09:00Z"))
                .unwrap_err()
                .to_string(),
            "end of the vial's window at 2026-06-08T09:00:00Z is before its start at 2026-06-08T10:00:00Z"
        );
    }

    #[test]
    fn offers_are_sizes_by_calibration_instants() {
        let library = DeviceLibrary::built_in().unwrap();
        let glass = library.data(Device::Glass);
        let sundays = [at("2026-05-31T16:00Z"), at("2026-06-07T16:00Z")];
        let offers = vial_offers(glass, &glass.vial_sizes(false), &sundays, Y90).unwrap();
        assert_eq!(offers.len(), 12);
        assert!(
            offers[..6]
                .iter()
                .all(|vial| vial.calibrated_at == sundays[0])
        );
        assert!(offers.iter().all(|vial| vial.draw_volume.is_none()));
        // 12 days after calibration (DOMAIN A.5).
        assert_eq!(offers[0].usable_until, at("2026-06-12T16:00Z"));
        let none = vial_offers(glass, &[Activity::ZERO], &sundays, Y90);
        assert_eq!(
            none.unwrap_err().to_string(),
            "vial size 0 GBq is outside >0 GBq"
        );
        let stable = vial_offers(glass, &[Activity::from_gbq(3.0)], &sundays, TimeSpan::ZERO);
        assert_eq!(
            stable.unwrap_err().to_string(),
            "half-life 0 h is outside >0 h"
        );
    }

    #[test]
    fn json_names_its_units() {
        let json = serde_json::to_value(vial(Device::Resin, 3.0, "2026-06-08T16:00Z")).unwrap();
        assert_eq!(json["device"], "resin");
        assert_eq!(json["size_gbq"], 3.0);
        assert_eq!(json["calibrated_at"], "2026-06-08T16:00:00Z");
        assert_eq!(json["draw_volume_ml"], 5.0);
        assert_eq!(json["half_life_h"], 64.1);
        assert_eq!(
            json["before_draw"],
            "the spheres settle: agitate the vial right before the draw, and assay what was drawn"
        );
    }
}
