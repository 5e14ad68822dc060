//! What the safety rules judge, and by what.
//!
//! A planner fills in what it knows; the rest stays `None` and makes the
//! rules that need it unknown.

use serde::{Deserialize, Serialize};
use sirt_quantity::{
    AbsorbedDose, Activity, Area, Capacity, DoseFactor, Fraction, LungShuntFraction, TimeSpan,
};

use super::dose_limit::{DoseLimit, DoseLimitTable, Scenario, Standing, TumourType};
use super::limit_selection::{LimitSelection, SelectedLimit};
use crate::{Cited, Device, DosimetryError};

const TABLE: &str = "table of safety rules";

/// Who cleared a finding, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// Name of the person.
    pub by: String,
    /// Reason in words, such as a coiled artery.
    pub reason: String,
}

/// Activity found outside of liver and lungs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtrahepaticFinding {
    /// Where, such as `duodenum`.
    pub site: String,
    /// Who cleared it; none while it stands.
    #[serde(default)]
    pub cleared: Option<Clearance>,
}

/// What is known about a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct SafetyFacts {
    /// Device of the plan.
    pub device: Device,
    /// How much of the liver is treated.
    pub scenario: Option<Scenario>,
    /// Whether the activity comes from BSA or the empiric table, which the
    /// shunt table reduces.
    pub reduced_by_shunt_table: Option<bool>,
    /// Lung shunt by which the plan computes.
    pub lung_shunt: Option<LungShuntFraction>,
    /// Lung shunt from planar views.
    pub planar_lung_shunt: Option<LungShuntFraction>,
    /// Lung shunt from SPECT/CT.
    pub spect_lung_shunt: Option<LungShuntFraction>,
    /// Lung dose of this treatment.
    pub lung_dose: Option<AbsorbedDose>,
    /// Lung dose of all earlier treatments; zero where there were none.
    pub earlier_lung_dose: Option<AbsorbedDose>,
    /// Lung dose of treatments still planned after this one; zero where none is.
    pub further_lung_dose: Option<AbsorbedDose>,
    /// Activity that reaches the lungs.
    pub lung_activity: Option<Activity>,
    /// Findings of the search outside of liver and lungs; empty when searched
    /// and nothing was found, `None` when not searched.
    pub extrahepatic: Option<Vec<ExtrahepaticFinding>>,
    /// Mean dose of normal liver within the perfused volume.
    pub normal_perfused_dose: Option<AbsorbedDose>,
    /// Mean dose of all normal liver.
    pub normal_whole_dose: Option<AbsorbedDose>,
    /// Untreated part of normal liver.
    pub hepatic_reserve: Option<Fraction>,
    /// Total bilirubin, mg/dL.
    pub bilirubin_mg_per_dl: Option<f64>,
    /// Whether a high bilirubin has a cause that passes or can be treated.
    pub bilirubin_reversible: Option<bool>,
    /// ALBI grade, 1 to 3.
    pub albi_grade: Option<u8>,
    /// Child-Pugh points, 5 to 15.
    pub child_pugh_points: Option<u8>,
    /// Volume of the whole liver, tumour included.
    pub liver_volume: Option<Capacity>,
    /// Volume of all tumour in the liver.
    pub tumour_volume: Option<Capacity>,
    /// Perfused volumes of the territories.
    pub territory_volumes: Option<Vec<Capacity>>,
    /// Volume that territories are declared to share.
    pub declared_overlap: Option<Capacity>,
    /// Ratio of concentrations, tumour to normal liver.
    pub tumour_to_normal_ratio: Option<f64>,
    /// Methods that gave an activity for this patient.
    pub methods_computed: Option<usize>,
    /// Activity of one session as a record has it.
    pub recorded_activity: Option<Activity>,
    /// Body surface area.
    pub body_surface: Option<Area>,
    /// Activity prescribed, at administration.
    pub prescribed_activity: Option<Activity>,
    /// What the vials, or the parts drawn, deliver at administration after
    /// the expected residual.
    pub vial_activity: Option<Activity>,
    /// Activity delivered, at administration.
    pub delivered_activity: Option<Activity>,
    /// From calibration of the vial to administration; negative before it.
    pub administered_after_calibration: Option<TimeSpan>,
    /// First and last span from calibration in which the vial may be given.
    pub vial_window: Option<(TimeSpan, TimeSpan)>,
    /// Dose factor of the plan.
    pub dose_factor: Option<DoseFactor>,
    /// Half-life of the plan.
    pub half_life: Option<TimeSpan>,
}

impl SafetyFacts {
    /// Nothing known but the device.
    #[must_use]
    pub fn of(device: Device) -> Self {
        Self {
            device,
            scenario: None,
            reduced_by_shunt_table: None,
            lung_shunt: None,
            planar_lung_shunt: None,
            spect_lung_shunt: None,
            lung_dose: None,
            earlier_lung_dose: None,
            further_lung_dose: None,
            lung_activity: None,
            extrahepatic: None,
            normal_perfused_dose: None,
            normal_whole_dose: None,
            hepatic_reserve: None,
            bilirubin_mg_per_dl: None,
            bilirubin_reversible: None,
            albi_grade: None,
            child_pugh_points: None,
            liver_volume: None,
            tumour_volume: None,
            territory_volumes: None,
            declared_overlap: None,
            tumour_to_normal_ratio: None,
            methods_computed: None,
            recorded_activity: None,
            body_surface: None,
            prescribed_activity: None,
            vial_activity: None,
            delivered_activity: None,
            administered_after_calibration: None,
            vial_window: None,
            dose_factor: None,
            half_life: None,
        }
    }
}

/// A row by which a plan is judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChosenLimit {
    /// The row.
    #[serde(flatten)]
    pub selected: SelectedLimit,
    /// Whether it was made for other tumours or is practice of some centres;
    /// to miss it warns at most.
    pub borrowed: bool,
}

/// The rows by which a plan is judged.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ChosenLimits(pub Vec<ChosenLimit>);

impl ChosenLimits {
    /// The patient's own rows, without those that only a person chooses.
    #[must_use]
    pub fn from_selection(selection: &LimitSelection) -> Self {
        Self(
            selection
                .own
                .iter()
                .filter(|row| !row.limit.only_if_chosen)
                .map(|row| ChosenLimit {
                    selected: row.clone(),
                    borrowed: false,
                })
                .collect(),
        )
    }

    /// Adds a row that a person chose; it applies, whatever its conditions.
    ///
    /// The rows that are there stay: a looser limit does not do away with the
    /// stop of a stricter one, which takes an override.
    ///
    /// # Errors
    /// As [`DoseLimitTable::for_device`].
    pub fn choose(
        &mut self,
        table: &DoseLimitTable,
        id: &str,
        device: Device,
        tumour_type: TumourType,
    ) -> Result<(), DosimetryError> {
        let limit = table.for_device(id, device)?.clone();
        self.0.retain(|row| row.selected.limit.id != limit.id);
        self.0.push(ChosenLimit {
            borrowed: limit.standing == Standing::Practice
                || !limit.tumour_types.holds(&tumour_type),
            selected: SelectedLimit {
                limit,
                undecided: Vec::new(),
            },
        });
        Ok(())
    }

    /// Adds a limit that a person set for the patient, beside the others.
    pub fn add_of_case(&mut self, limit: DoseLimit) {
        self.0.push(ChosenLimit {
            borrowed: false,
            selected: SelectedLimit {
                limit,
                undecided: Vec::new(),
            },
        });
    }

    /// The first row that was not made for a device.
    pub(super) fn of_other_device(&self, device: Device) -> Option<&DoseLimit> {
        self.0
            .iter()
            .map(|row| &row.selected.limit)
            .find(|limit| !limit.devices.holds(&device))
    }
}

/// Thresholds of the rules that are no dose limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyThresholds {
    /// Largest lung shunt of the reduction table, %.
    pub lung_shunt_stop_percent: Cited<f64>,
    /// Largest difference from the prescribed activity, %.
    pub activity_tolerance_percent: Cited<f64>,
    /// Largest total bilirubin, mg/dL.
    pub bilirubin_mg_per_dl: Cited<f64>,
    /// What a BSA activity can exceed the body surface by, GBq over m².
    pub bsa_activity_over_surface_gbq: Cited<f64>,
    /// Largest body surface that is believed, m².
    pub largest_body_surface_m2: Cited<f64>,
    /// Smallest ratio of a tumour that is not cold.
    pub tumour_to_normal_ratio: Cited<f64>,
    /// Smallest hepatic reserve, %.
    pub hepatic_reserve_percent: Cited<f64>,
    /// Mean difference of planar and SPECT/CT shunt, percentage points.
    pub shunt_bias_points: Cited<f64>,
    /// Half-width of their limits of agreement, percentage points.
    pub shunt_agreement_points: Cited<f64>,
    /// Methods that should stand beside each other.
    pub methods_to_compare: Cited<f64>,
    /// ALBI grade from which on to warn.
    pub albi_grade: Cited<f64>,
    /// Child-Pugh points from which on to warn.
    pub child_pugh_points: Cited<f64>,
}

impl SafetyThresholds {
    /// The thresholds that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../../data/safety_rules.toml"))
    }

    /// Reads thresholds in the form of `data/safety_rules.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, or a value
    /// that is not positive.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let read: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for (name, threshold) in [
            ("lung_shunt_stop_percent", &read.lung_shunt_stop_percent),
            (
                "activity_tolerance_percent",
                &read.activity_tolerance_percent,
            ),
            ("bilirubin_mg_per_dl", &read.bilirubin_mg_per_dl),
            (
                "bsa_activity_over_surface_gbq",
                &read.bsa_activity_over_surface_gbq,
            ),
            ("largest_body_surface_m2", &read.largest_body_surface_m2),
            ("tumour_to_normal_ratio", &read.tumour_to_normal_ratio),
            ("hepatic_reserve_percent", &read.hepatic_reserve_percent),
            ("shunt_bias_points", &read.shunt_bias_points),
            ("shunt_agreement_points", &read.shunt_agreement_points),
            ("methods_to_compare", &read.methods_to_compare),
            ("albi_grade", &read.albi_grade),
            ("child_pugh_points", &read.child_pugh_points),
        ] {
            if !(threshold.value.is_finite() && threshold.value > 0.0) {
                return Err(wrong(format!(
                    "{name} {} is outside positive values",
                    threshold.value
                )));
            }
        }
        Ok(read)
    }
}
