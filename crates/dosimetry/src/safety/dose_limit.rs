//! Published dose targets and limits, each with what it was made for.
//!
//! A row holds a bound on the dose `D` (Gy) of a compartment, `D ≥ a`,
//! `D ≤ b` or `a ≤ D ≤ b`, with its device, tumours, scenario, conditions,
//! population and source.
//! Resin, glass and holmium doses are not interchangeable: a row speaks for
//! the devices it names and no others.
//! Perfused, normal perfused and normal whole liver are different
//! compartments and no row of one stands for another.
//! Rows are made from their populations; most of the glass limits from
//! cirrhotic hepatocellular carcinoma treated once in one lobe.
//! Sources: Weber 2022 (`weber2022eanm`, tables 2, 3 and 4), the labels and
//! the studies that `data/dose_limits.toml` names row by row.

use serde::{Deserialize, Serialize};
use sirt_quantity::AbsorbedDose;

use crate::{Device, DosimetryError};

const TABLE: &str = "table of dose limits";

/// What kind of tumour is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TumourType {
    /// Metastases of a neuroendocrine neoplasm.
    Neuroendocrine,
    /// Hepatocellular carcinoma.
    Hcc,
    /// Intrahepatic cholangiocarcinoma.
    Icc,
    /// Metastases of colorectal cancer.
    Mcrc,
    /// Anything else.
    Other,
}

/// How much of the liver is treated, and to what end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// At most two segments, to destroy them.
    Segmentectomy,
    /// A lobe, to shrink it while the other grows.
    Lobectomy,
    /// A lobe, sparing its normal liver.
    Unilobar,
    /// Both lobes, at once or one after the other.
    Bilobar,
    /// The whole liver in one session.
    WholeLiver,
}

macro_rules! named {
    ($type:ident, $what:literal, $( $variant:ident $name:literal ),+) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that files and options use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = DosimetryError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|one| one.name() == text)
                    .ok_or_else(|| DosimetryError::UnknownName {
                        what: $what,
                        name: text.to_owned(),
                        known: [$($name),+].join(", "),
                    })
            }
        }
    };
}

named!(TumourType, "tumour type",
    Neuroendocrine "neuroendocrine", Hcc "hcc", Icc "icc", Mcrc "mcrc", Other "other");
named!(Scenario, "scenario",
    Segmentectomy "segmentectomy", Lobectomy "lobectomy", Unilobar "unilobar",
    Bilobar "bilobar", WholeLiver "whole_liver");
named!(Compartment, "compartment",
    Perfused "perfused", NormalPerfused "normal_perfused", NormalWhole "normal_whole",
    WholeLiver "whole_liver", Tumour "tumour", Lung "lung", LungCumulative "lung_cumulative");

/// Which tissue a bound speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// The perfused volume with the tumour in it.
    Perfused,
    /// Normal liver within the perfused volume.
    NormalPerfused,
    /// All normal liver, perfused or not.
    NormalWhole,
    /// The whole liver with the tumour in it.
    WholeLiver,
    /// Tumour.
    Tumour,
    /// Lungs, one treatment.
    Lung,
    /// Lungs, all treatments.
    LungCumulative,
}

/// What a number bounds, with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitQuantity {
    /// Absorbed dose, Gy.
    #[default]
    AbsorbedDoseGy,
    /// Biologically effective dose, Gy.
    BedGy,
    /// Activity, GBq.
    ActivityGbq,
}

impl LimitQuantity {
    /// Symbol of the unit.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::AbsorbedDoseGy | Self::BedGy => "Gy",
            Self::ActivityGbq => "GBq",
        }
    }
}

/// What a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To be reached.
    Target,
    /// Not to be passed.
    Limit,
    /// A number seen to go with an effect; neither target nor limit.
    Evidence,
}

/// Where a row has its authority from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A guideline of a society.
    Guideline,
    /// Instructions for use of a product.
    Label,
    /// In general use without a guideline of its own.
    Convention,
    /// What some centres do.
    Practice,
    /// One study.
    Study,
    /// A person chose it for one patient.
    Case,
}

/// How grave it is to miss a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To be seen.
    Warn,
    /// To be overridden with name and reason, or not treated.
    Stop,
}

/// A bound; numbers in the unit of the row's [`LimitQuantity`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Bound {
    /// `≥ value`, or `> value` where strict; `to` is the upper end where a
    /// range such as `≥ 100–120` is printed.
    AtLeast {
        /// Smallest value.
        value: f64,
        /// Upper end of a printed range.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<f64>,
        /// Whether the value itself does not suffice.
        #[serde(default)]
        strict: bool,
    },
    /// `≤ value`, or `< value` where strict.
    AtMost {
        /// Largest value.
        value: f64,
        /// Whether the value itself is too much.
        #[serde(default)]
        strict: bool,
    },
    /// `lower ≤ D ≤ upper`.
    Between {
        /// Smallest value.
        lower: f64,
        /// Largest value.
        upper: f64,
    },
    /// A number printed without a comparison.
    Nominal {
        /// The number.
        value: f64,
    },
    /// The source advises against planning by this compartment.
    NotRecommended,
}

impl Bound {
    /// Whether a value keeps to the bound; `None` where the bound compares nothing.
    ///
    /// A printed range `≥ a–b` is kept from `a` on.
    #[must_use]
    pub fn holds(self, number: f64) -> Option<bool> {
        match self {
            Self::AtLeast { value, strict, .. } => Some(if strict {
                number > value
            } else {
                number >= value
            }),
            Self::AtMost { value, strict } => Some(if strict {
                number < value
            } else {
                number <= value
            }),
            Self::Between { lower, upper } => Some((lower..=upper).contains(&number)),
            Self::Nominal { .. } | Self::NotRecommended => None,
        }
    }

    /// The value not to be passed, where the bound has one.
    #[must_use]
    pub fn upper(self) -> Option<f64> {
        match self {
            Self::AtMost { value, .. } | Self::Between { upper: value, .. } => Some(value),
            _ => None,
        }
    }

    fn numbers(self) -> Vec<f64> {
        match self {
            Self::AtLeast { value, to, .. } => std::iter::once(value).chain(to).collect(),
            Self::AtMost { value, .. } | Self::Nominal { value } => vec![value],
            Self::Between { lower, upper } => vec![lower, upper],
            Self::NotRecommended => Vec::new(),
        }
    }
}

impl std::fmt::Display for Bound {
    /// As a table prints it, without the unit.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::AtLeast { value, to, strict } => {
                write!(f, "{} {value}", if strict { ">" } else { "≥" })?;
                to.map_or(Ok(()), |to| write!(f, "–{to}"))
            }
            Self::AtMost { value, strict } => {
                // Limits of a case hold room for rounding, which is not theirs.
                let value = super::rule::short(value);
                write!(f, "{} {value}", if strict { "<" } else { "≤" })
            }
            Self::Between { lower, upper } => write!(f, "{lower}–{upper}"),
            Self::Nominal { value } => write!(f, "{value}"),
            Self::NotRecommended => f.write_str("not recommended"),
        }
    }
}

/// What a row was made for: anything, or some of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scope<T> {
    /// Everything.
    Any(Any),
    /// These.
    Only(Vec<T>),
}

/// The word `any`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Any {
    /// `any`.
    Any,
}

impl<T: PartialEq> Scope<T> {
    /// Whether the row was made for it.
    #[must_use]
    pub fn holds(&self, one: &T) -> bool {
        match self {
            Self::Any(_) => true,
            Self::Only(list) => list.contains(one),
        }
    }

    /// Those named; none where it is for anything.
    #[must_use]
    pub fn named(&self) -> &[T] {
        match self {
            Self::Any(_) => &[],
            Self::Only(list) => list,
        }
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Scope<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any(_) => f.write_str("any"),
            Self::Only(list) => {
                for (at, one) in list.iter().enumerate() {
                    write!(f, "{}{one}", if at == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

/// A fact on which a row depends; the boundary itself belongs to neither side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Total bilirubin over a value, mg/dL.
    BilirubinAboveMgPerDl(f64),
    /// Total bilirubin under a value, mg/dL.
    BilirubinBelowMgPerDl(f64),
    /// Untreated part of normal liver over a value, %.
    HepaticReserveAbovePercent(f64),
    /// Untreated part of normal liver under a value, %.
    HepaticReserveBelowPercent(f64),
    /// Mean dose of the whole liver under a value, Gy.
    WholeLiverDoseBelowGy(f64),
    /// Pretreated, or with compromised liver function.
    PretreatedOrCompromised(bool),
    /// More favourable liver function than usual, as a physician judges it.
    FavourableLiverFunction(bool),
    /// Cirrhosis.
    Cirrhosis(bool),
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::BilirubinAboveMgPerDl(value) => write!(f, "bilirubin > {value} mg/dL"),
            Self::BilirubinBelowMgPerDl(value) => write!(f, "bilirubin < {value} mg/dL"),
            Self::HepaticReserveAbovePercent(value) => write!(f, "hepatic reserve > {value} %"),
            Self::HepaticReserveBelowPercent(value) => write!(f, "hepatic reserve < {value} %"),
            Self::WholeLiverDoseBelowGy(value) => write!(f, "whole-liver dose < {value} Gy"),
            Self::PretreatedOrCompromised(true) => f.write_str("pretreated or compromised"),
            Self::PretreatedOrCompromised(false) => {
                f.write_str("neither pretreated nor compromised")
            }
            Self::FavourableLiverFunction(true) => f.write_str("more favourable liver function"),
            Self::FavourableLiverFunction(false) => {
                f.write_str("liver function not more favourable")
            }
            Self::Cirrhosis(true) => f.write_str("cirrhosis"),
            Self::Cirrhosis(false) => f.write_str("no cirrhosis"),
        }
    }
}

/// A target, a limit or a dose-effect number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseLimit {
    /// Short name.
    pub id: String,
    /// Devices it was made for.
    pub devices: Scope<Device>,
    /// Tumours it was made for.
    pub tumour_types: Scope<TumourType>,
    /// Scenarios it was made for.
    pub scenarios: Scope<Scenario>,
    /// Which tissue it speaks about.
    pub compartment: Compartment,
    /// What it bounds.
    #[serde(default)]
    pub quantity: LimitQuantity,
    /// Of the dose in the compartment.
    #[serde(default = "mean")]
    pub statistic: String,
    /// The bound.
    pub bound: Bound,
    /// What must hold for it, all of them.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it has its authority from.
    pub standing: Standing,
    /// How grave it is to miss it, where it says so.
    #[serde(default)]
    severity: Option<Severity>,
    /// Whether the program never takes it on its own.
    #[serde(default)]
    pub only_if_chosen: bool,
    /// Level of evidence as the guideline prints it.
    #[serde(default)]
    pub level_of_evidence: Option<String>,
    /// Bibliography key with place, or words.
    pub source: String,
    /// Whom it was seen in.
    pub population: String,
    /// Whether it was not read in the source.
    #[serde(default)]
    pub doubtful: bool,
    /// What is in doubt; empty where nothing is.
    #[serde(default)]
    pub doubt: String,
}

fn mean() -> String {
    "mean".to_owned()
}

impl DoseLimit {
    /// The largest mean dose that a person chose for a patient.
    #[must_use]
    pub fn of_case(
        device: Device,
        compartment: Compartment,
        dose: AbsorbedDose,
        source: &str,
    ) -> Self {
        Self {
            id: format!("case-{}", compartment.name().replace('_', "-")),
            devices: Scope::Only(vec![device]),
            tumour_types: Scope::Any(Any::Any),
            scenarios: Scope::Any(Any::Any),
            compartment,
            quantity: LimitQuantity::AbsorbedDoseGy,
            statistic: mean(),
            // An activity that was computed from the limit meets it to the last bits.
            bound: Bound::AtMost {
                value: dose.as_gy() * (1.0 + 1e-9),
                strict: false,
            },
            conditions: Vec::new(),
            purpose: Purpose::Limit,
            standing: Standing::Case,
            severity: None,
            only_if_chosen: false,
            level_of_evidence: None,
            source: source.to_owned(),
            population: "this patient".to_owned(),
            doubtful: false,
            doubt: String::new(),
        }
    }

    /// How grave it is to miss it: what the row says, else a limit stops and
    /// anything else warns.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity.unwrap_or(match self.purpose {
            Purpose::Limit => Severity::Stop,
            Purpose::Target | Purpose::Evidence => Severity::Warn,
        })
    }

    /// Whether a mean absorbed dose keeps to it; `None` where the row bounds
    /// something else or compares nothing.
    #[must_use]
    pub fn holds_for(&self, dose: AbsorbedDose) -> Option<bool> {
        if self.quantity != LimitQuantity::AbsorbedDoseGy || self.statistic != "mean" {
            return None;
        }
        self.bound.holds(dose.as_gy())
    }

    /// The bound as a table prints it, with its unit.
    #[must_use]
    pub fn bound_text(&self) -> String {
        match (self.bound, self.quantity) {
            (Bound::NotRecommended, _) => self.bound.to_string(),
            (bound, LimitQuantity::BedGy) => format!("{bound} Gy BED"),
            (bound, quantity) => format!("{bound} {}", quantity.unit()),
        }
    }

    fn fault(&self) -> Option<String> {
        let numbers = self.bound.numbers();
        if let Some(number) = numbers.iter().find(|n| !(n.is_finite() && **n > 0.0)) {
            return Some(format!("value {number} is outside positive values"));
        }
        if let [lower, upper] = numbers[..]
            && lower >= upper
        {
            return Some(format!("range {lower} to {upper} does not ascend"));
        }
        let scopes = [
            matches!(&self.devices, Scope::Only(list) if list.is_empty()),
            matches!(&self.tumour_types, Scope::Only(list) if list.is_empty()),
            matches!(&self.scenarios, Scope::Only(list) if list.is_empty()),
        ];
        if scopes.contains(&true) {
            return Some("a list of devices, tumour types or scenarios is empty".to_owned());
        }
        if self.source.is_empty() || self.population.is_empty() {
            return Some("source or population is empty".to_owned());
        }
        (self.doubtful && self.doubt.is_empty())
            .then(|| "is doubtful and does not say what is in doubt".to_owned())
    }
}

/// Rows of targets, limits and dose-effect numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseLimitTable(Vec<DoseLimit>);

impl DoseLimitTable {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../../data/dose_limits.toml"))
    }

    /// Reads a table in the form of `data/dose_limits.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, a value
    /// that is not positive, a range that does not ascend, an empty list,
    /// source or population, doubt without words, or an id that stands twice.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            limit: Vec<DoseLimit>,
        }
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Table = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for (at, limit) in table.limit.iter().enumerate() {
            if let Some(reason) = limit.fault() {
                return Err(wrong(format!("limit `{}`: {reason}", limit.id)));
            }
            if table.limit[..at].iter().any(|other| other.id == limit.id) {
                return Err(wrong(format!("limit `{}` stands twice", limit.id)));
            }
        }
        Ok(Self(table.limit))
    }

    /// All rows in the order of the table.
    #[must_use]
    pub fn rows(&self) -> &[DoseLimit] {
        &self.0
    }

    /// A row by its id, for a plan with a device.
    ///
    /// # Errors
    /// [`DosimetryError::UnknownName`] for an id that stands nowhere,
    /// [`DosimetryError::OtherDevice`] for a row of another device.
    pub fn for_device(&self, id: &str, device: Device) -> Result<&DoseLimit, DosimetryError> {
        let row = self.0.iter().find(|limit| limit.id == id).ok_or_else(|| {
            let known = self
                .0
                .iter()
                .filter(|limit| limit.purpose != Purpose::Evidence && limit.devices.holds(&device));
            DosimetryError::UnknownName {
                what: "dose limit",
                name: id.to_owned(),
                known: known
                    .map(|limit| limit.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }
        })?;
        if row.devices.holds(&device) {
            Ok(row)
        } else {
            Err(DosimetryError::OtherDevice {
                limit: id.to_owned(),
                made_for: row.devices.to_string(),
                device,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_as_they_are_printed() {
        // `< 40` and `> 100` are missed by the value itself, `≥ 205` is kept.
        let holds = |id: &str, gy: f64| {
            let table = DoseLimitTable::built_in().unwrap();
            let row = table.rows().iter().find(|row| row.id == id).unwrap();
            row.holds_for(AbsorbedDose::from_gy(gy))
        };
        let resin = "eanm2022-resin-unilobar-normal-perfused";
        assert_eq!(holds(resin, 39.999), Some(true));
        assert_eq!(holds(resin, 40.0), Some(false));
        assert_eq!(holds("eanm2022-resin-mcrc-tumour", 100.0), Some(false));
        assert_eq!(holds("eanm2022-resin-mcrc-tumour", 100.001), Some(true));
        assert_eq!(holds("eanm2022-glass-hcc-tumour", 205.0), Some(true));
        assert_eq!(holds("eanm2022-glass-hcc-tumour", 204.999), Some(false));
        assert_eq!(holds("lung-single-30", 30.0), Some(true));
        assert_eq!(holds("lung-single-30", 30.001), Some(false));
        assert_eq!(holds("eanm2022-glass-lobar-perfused", 80.0), Some(true));
        assert_eq!(holds("eanm2022-glass-lobar-perfused", 150.1), Some(false));
        // Nothing to compare: 60 Gy without a sign, an activity, a D95.
        assert_eq!(holds("eanm2022-holmium-perfused", 61.0), None);
        assert_eq!(holds("label-glass-lung-activity", 0.1), None);
        assert_eq!(holds("bentham2023-complete-d95", 200.0), None);
    }

    #[test]
    fn every_row_names_source_and_population_and_recalled_ones_their_doubt() {
        let table = DoseLimitTable::built_in().unwrap();
        for row in table.rows() {
            // What was only recalled is shown so.
            assert!(
                row.doubtful || !row.source.starts_with("recalled"),
                "{}",
                row.id
            );
            assert!(row.population.len() > 10, "{}", row.id);
        }
        // No guideline row for neuroendocrine tumours exists.
        assert!(!table.rows().iter().any(|row| {
            row.standing == Standing::Guideline
                && row.tumour_types.holds(&TumourType::Neuroendocrine)
        }));
    }

    #[test]
    fn refuses_a_row_of_another_device() {
        let table = DoseLimitTable::built_in().unwrap();
        assert_eq!(
            table
                .for_device("eanm2022-glass-normal-whole-90", Device::Resin)
                .unwrap_err()
                .to_string(),
            "dose limit `eanm2022-glass-normal-whole-90` is for glass, not for resin"
        );
        assert!(table.for_device("lung-single-30", Device::Holmium).is_ok());
        let said = table
            .for_device("normal-40", Device::Holmium)
            .unwrap_err()
            .to_string();
        assert!(
            said.starts_with("dose limit `normal-40` is unknown; known are eanm2022-holmium-")
                && !said.contains("resin"),
            "{said}"
        );
    }

    #[test]
    fn refuses_a_damaged_table_with_the_reason() {
        let row = |bound: &str, more: &str| {
            format!(
                "[[limit]]\nid = \"x\"\ndevices = [\"resin\"]\ntumour_types = \"any\"\nscenarios = \"any\"\ncompartment = \"lung\"\nbound = {bound}\npurpose = \"limit\"\nstanding = \"label\"\nsource = \"s\"\npopulation = \"p\"\n{more}\n"
            )
        };
        let reason = |text: &str| DoseLimitTable::from_toml(text).unwrap_err().to_string();
        let good = row("{ kind = \"at_most\", value = 30 }", "");
        assert!(DoseLimitTable::from_toml(&good).is_ok());
        assert_eq!(
            reason(&(good.clone() + &good)),
            "table of dose limits: limit `x` stands twice"
        );
        assert_eq!(
            reason(&row("{ kind = \"at_most\", value = -3 }", "")),
            "table of dose limits: limit `x`: value -3 is outside positive values"
        );
        assert_eq!(
            reason(&row("{ kind = \"between\", lower = 9, upper = 8 }", "")),
            "table of dose limits: limit `x`: range 9 to 8 does not ascend"
        );
        assert_eq!(
            reason(&row("{ kind = \"at_most\", value = 3 }", "doubtful = true")),
            "table of dose limits: limit `x`: is doubtful and does not say what is in doubt"
        );
        assert_eq!(
            reason(&good.replace("[\"resin\"]", "[]")),
            "table of dose limits: limit `x`: a list of devices, tumour types or scenarios is empty"
        );
        assert_eq!(
            reason(&good.replace("\"s\"", "\"\"")),
            "table of dose limits: limit `x`: source or population is empty"
        );
        assert!(reason(&good.replace("\"resin\"", "\"plastic\"")).contains("line"));
        assert!(reason(&row("{ kind = \"at_most\", value = 3, lower = 1 }", "")).contains("lower"));
    }

    #[test]
    fn names_read_back() {
        for tumour in TumourType::ALL {
            assert_eq!(tumour.name().parse(), Ok(*tumour));
        }
        for scenario in Scenario::ALL {
            assert_eq!(scenario.name().parse(), Ok(*scenario));
        }
        assert_eq!(
            "net".parse::<TumourType>().unwrap_err().to_string(),
            "tumour type `net` is unknown; known are neuroendocrine, hcc, icc, mcrc, other"
        );
    }
}
