//! Microspheres by product: nuclide, dose factor by convention, vials.
//!
//! Resin, glass and holmium doses are not interchangeable, so a threshold or
//! a limit carries its [`Device`] and is only ever asked for that one.
//! What a product is stands in `data/devices.toml`, each value with its
//! source and, where it was recalled and not read again, with that mark.

use serde::{Deserialize, Serialize};
use sirt_quantity::{Activity, Density, DoseFactor, Mass, ResidualFraction, TimeSpan};

use crate::{CalibrationSchedule, DosimetryError};

const TABLE: &str = "table of devices";

/// A kind of microspheres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// Y-90 resin (SIR-Spheres).
    Resin,
    /// Y-90 glass (TheraSphere).
    Glass,
    /// Ho-166 poly-L-lactic acid (QuiremSpheres).
    Holmium,
}

impl Device {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Resin, Self::Glass, Self::Holmium];

    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resin => "resin",
            Self::Glass => "glass",
            Self::Holmium => "holmium",
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Device {
    type Err = DosimetryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|device| device.name() == text)
            .ok_or_else(|| DosimetryError::UnknownName {
                what: "device",
                name: text.to_owned(),
                known: "resin, glass, holmium".to_owned(),
            })
    }
}

/// A value of a data table with its source, and whether it was only recalled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cited<T> {
    /// The value.
    pub value: T,
    /// Bibliography key with place, or words.
    pub source: String,
    /// Whether the value was not checked against its source.
    #[serde(default)]
    pub doubtful: bool,
}

/// Evenly spaced activities that can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeSteps {
    /// The smallest, GBq at calibration.
    pub first_gbq: f64,
    /// The largest, GBq at calibration.
    pub last_gbq: f64,
    /// From one to the next, GBq.
    pub step_gbq: f64,
}

/// What is known about a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceData {
    /// Which device.
    pub id: Device,
    /// Trade name.
    pub name: String,
    /// What the spheres are made of.
    pub matrix: String,
    /// Symbol of the nuclide.
    pub nuclide: String,
    /// Dose factors in use with it, Gy·kg/GBq, the product's own convention first.
    pub dose_factor: Vec<Cited<f64>>,
    /// Spheres in a gigabecquerel at calibration.
    pub spheres_per_gbq: Cited<f64>,
    /// Density of a sphere, g/mL.
    pub sphere_density_g_per_ml: Cited<f64>,
    /// Mean diameter of a sphere, µm.
    pub sphere_diameter_um: Cited<f64>,
    /// Activities that can be ordered, GBq at calibration; none where a vial is
    /// made for the patient.
    #[serde(default)]
    pub vial_sizes_gbq: Option<Cited<Vec<f64>>>,
    /// Activities in even steps that can be ordered beside the usual sizes.
    #[serde(default)]
    pub custom_vial_sizes: Option<Cited<SizeSteps>>,
    /// Volume of a vial, mL, where it is drawn up.
    #[serde(default)]
    pub vial_volume_ml: Option<Cited<f64>>,
    /// Whether part of a vial can be drawn and given.
    pub divisible: bool,
    /// How long before its calibration instant a vial may be used, hours.
    pub usable_before_h: Cited<f64>,
    /// How long after its calibration instant a vial may be used, hours.
    pub usable_after_h: Cited<f64>,
    /// When a vial is calibrated, in words.
    pub calibration: Cited<String>,
    /// When a vial is calibrated, where that repeats with the week.
    #[serde(default)]
    pub calibration_schedule: Option<Cited<CalibrationSchedule>>,
    /// What to do before spheres are drawn from a vial.
    #[serde(default)]
    pub before_draw: Option<Cited<String>>,
    /// Part of what is dispensed that usually stays in vial and tubing.
    #[serde(default)]
    pub usual_residual: Option<Cited<ResidualFraction>>,
}

impl DeviceData {
    /// The product's own dose factor.
    #[must_use]
    pub fn default_dose_factor(&self) -> DoseFactor {
        DoseFactor::from_gy_kg_per_gbq(self.dose_factor[0].value)
    }

    /// The activities that can be ordered, at calibration and rising: the usual
    /// sizes, and with `custom` also those in even steps.
    /// None for a product that is made for the patient.
    #[must_use]
    pub fn vial_sizes(&self, custom: bool) -> Vec<Activity> {
        let usual = self.vial_sizes_gbq.iter().flat_map(|sizes| &sizes.value);
        let mut sizes_gbq: Vec<f64> = usual.copied().collect();
        if let (true, Some(steps)) = (custom, &self.custom_vial_sizes) {
            let steps = steps.value;
            let count = ((steps.last_gbq - steps.first_gbq) / steps.step_gbq).round();
            sizes_gbq.extend(
                (0..=count as u32).map(|n| steps.first_gbq + f64::from(n) * steps.step_gbq),
            );
        }
        sizes_gbq.sort_by(f64::total_cmp);
        // Steps that meet a usual size differ from it by rounding only.
        sizes_gbq.dedup_by(|larger, smaller| *larger - *smaller < 1e-6);
        sizes_gbq.into_iter().map(Activity::from_gbq).collect()
    }

    /// Mass of a sphere of the mean diameter.
    ///
    /// The mean mass of a batch is larger where diameters vary, by `1 + 3 c²`
    /// with their relative standard deviation `c`.
    #[must_use]
    pub fn sphere_mass(&self) -> Mass {
        let diameter_cm = self.sphere_diameter_um.value * 1e-4;
        let volume_ml = std::f64::consts::PI / 6.0 * diameter_cm.powi(3);
        let density = Density::from_g_per_ml(self.sphere_density_g_per_ml.value);
        Mass::from_g(density.as_g_per_ml() * volume_ml)
    }

    /// The time from calibration in which a vial may be given, first and last.
    #[must_use]
    pub fn usable(&self) -> (TimeSpan, TimeSpan) {
        (
            TimeSpan::from_hours(-self.usable_before_h.value),
            TimeSpan::from_hours(self.usable_after_h.value),
        )
    }
}

/// The products that OpenSIRT knows.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceLibrary(Vec<DeviceData>);

impl DeviceLibrary {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../data/devices.toml"))
    }

    /// Reads a table in the form of `data/devices.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, a device
    /// that is missing or stands twice, or a value that cannot be.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            device: Vec<DeviceData>,
        }
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Table = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for device in Device::ALL {
            let count = table.device.iter().filter(|data| data.id == device).count();
            if count != 1 {
                return Err(wrong(format!(
                    "device `{device}` stands {count} times, allowed is once"
                )));
            }
        }
        for data in &table.device {
            let positive = |what: &str, value: f64| {
                if value > 0.0 && value.is_finite() {
                    Ok(())
                } else {
                    Err(wrong(format!(
                        "{what} {value} of device `{}` is outside >0",
                        data.id
                    )))
                }
            };
            if data.dose_factor.is_empty() {
                return Err(wrong(format!("device `{}` has no dose factor", data.id)));
            }
            for factor in &data.dose_factor {
                positive("dose factor", factor.value)?;
            }
            positive("spheres per GBq", data.spheres_per_gbq.value)?;
            positive("sphere density", data.sphere_density_g_per_ml.value)?;
            positive("sphere diameter", data.sphere_diameter_um.value)?;
            if let Some(steps) = &data.custom_vial_sizes {
                positive("first custom vial size", steps.value.first_gbq)?;
                positive("step of custom vial sizes", steps.value.step_gbq)?;
                positive(
                    "last custom vial size",
                    steps.value.last_gbq - steps.value.first_gbq,
                )?;
            }
            match &data.vial_volume_ml {
                Some(volume) => positive("vial volume", volume.value)?,
                None if data.divisible => {
                    return Err(wrong(format!(
                        "device `{}` is divisible and has no vial volume",
                        data.id
                    )));
                }
                None => {}
            }
            for size in data.vial_sizes_gbq.iter().flat_map(|sizes| &sizes.value) {
                positive("vial size", *size)?;
            }
        }
        Ok(Self(table.device))
    }

    /// What is known about a device.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "a library without one of the devices is refused when it is read"
    )]
    pub fn data(&self, device: Device) -> &DeviceData {
        self.0
            .iter()
            .find(|data| data.id == device)
            .expect("every device is in the table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_every_device_with_the_facts_of_its_label() {
        let library = DeviceLibrary::built_in().unwrap();
        // DOMAIN A.5: 3.0 GBq in 5 mL, divisible; glass in six sizes, whole.
        let resin = library.data(Device::Resin);
        assert!(resin.divisible);
        assert!((resin.vial_volume_ml.as_ref().unwrap().value - 5.0).abs() < 1e-12);
        let glass = library.data(Device::Glass);
        assert!(!glass.divisible);
        assert_eq!(glass.vial_sizes_gbq.as_ref().unwrap().value.len(), 6);
        // 3780 MBq/kg for 60 Gy is 15.87 Gy kg/GBq (DOMAIN A.4).
        let holmium = library.data(Device::Holmium).default_dose_factor();
        assert!((60.0 / holmium.as_gy_kg_per_gbq() - 3.780).abs() < 1e-3);
    }

    #[test]
    fn spheres_weigh_what_reviews_print() {
        let library = DeviceLibrary::built_in().unwrap();
        // cvir2019, table 4: 33 to 50 million resin spheres are 0.9 to 1.37 g,
        // 4 million of glass 110 mg, 33 million of holmium 600 mg: two digits,
        // "about", and densities that disagree by 10 %.
        for (device, millions, printed_g) in [
            (Device::Resin, 33.0, 0.9),
            (Device::Resin, 50.0, 1.37),
            (Device::Glass, 4.0, 0.110),
            (Device::Holmium, 33.0, 0.600),
        ] {
            let grams = library.data(device).sphere_mass().as_g() * millions * 1e6;
            assert!((grams / printed_g - 1.0).abs() < 0.1, "{device}: {grams} g");
        }
        // therasphere2016insert: 22 000 to 73 000 glass spheres in a milligram.
        let per_mg = 1e-3 / library.data(Device::Glass).sphere_mass().as_g();
        assert!((22_000.0..=73_000.0).contains(&per_mg), "{per_mg}");
    }

    #[test]
    fn lists_sizes_with_and_without_custom_steps() {
        let library = DeviceLibrary::built_in().unwrap();
        let glass = library.data(Device::Glass);
        let gbq = |custom: bool| -> Vec<f64> {
            let sizes = glass.vial_sizes(custom);
            sizes.into_iter().map(Activity::as_gbq).collect()
        };
        assert_eq!(gbq(false), [3.0, 5.0, 7.0, 10.0, 15.0, 20.0]);
        // 3.0, 3.5 … 20.0, the usual sizes among them.
        let custom = gbq(true);
        assert_eq!(custom.len(), 35);
        assert!(
            custom
                .windows(2)
                .all(|pair| (pair[1] - pair[0] - 0.5).abs() < 1e-9)
        );
        assert_eq!(library.data(Device::Resin).vial_sizes(true).len(), 1);
        assert!(library.data(Device::Holmium).vial_sizes(true).is_empty());
    }

    #[test]
    fn refuses_a_divisible_product_without_volume() {
        let text = include_str!("../data/devices.toml").replace(
            "vial_volume_ml = { value = 5.0, source = \"sirtex2024spheres\" }",
            "",
        );
        assert_eq!(
            DeviceLibrary::from_toml(&text).unwrap_err().to_string(),
            "table of devices: device `resin` is divisible and has no vial volume"
        );
    }

    #[test]
    fn refuses_a_table_that_lacks_a_device() {
        let text = include_str!("../data/devices.toml").replace("\"holmium\"", "\"glass\"");
        let said = DeviceLibrary::from_toml(&text).unwrap_err().to_string();
        assert_eq!(
            said,
            "table of devices: device `glass` stands 2 times, allowed is once"
        );
    }

    #[test]
    fn names_the_devices_it_knows() {
        assert_eq!("glass".parse(), Ok(Device::Glass));
        assert_eq!(
            "sirspheres".parse::<Device>().unwrap_err().to_string(),
            "device `sirspheres` is unknown; known are resin, glass, holmium"
        );
    }
}
