//! Tumour control and normal-tissue complication from a histogram.
//!
//! - Lyman-Kutcher-Burman: `NTCP = Φ((EUD − TD50)/(m·TD50))` with
//!   `EUD = (Σ v_i·d_i^(1/n))^n`; `n = 1` is the mean dose.
//! - Logistic: `P = 1/(1 + e^(−(b₀ + b₁·D)))` of the mean `D`; `D50 = −b₀/b₁`,
//!   `γ50 = b₁·D50/4`.
//! - Poisson: `TCP = Π e^(−N_i·e^(−α·BED_i))` with `N_i` clonogens in part `i`.
//!
//! Models are data (`data/dose_response.toml`) with device, endpoint,
//! population and source, and none is a constant in code: a probability is
//! worth what its population is worth.
//! Where only a dose and no curve is known, the entry is a threshold and no
//! probability is made up.
//! Sources: Lyman 1985 (`lyman1985`), Kutcher and Burman 1989 (`kutcher1989`),
//! Okunieff 1995 (`okunieff1995`), Webb and Nahum 1993 (`webb1993`).

use serde::{Deserialize, Serialize};
use sirt_quantity::{AbsorbedDose, Bed};
use statrs::function::erf::erfc;

use crate::{
    DoseVolumeHistogram, DosimetryError, Role, Weighting, generalised_equivalent_uniform_dose,
    log_surviving_fraction,
};

const TABLE: &str = "dose-response table";

/// The curve of a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ResponseCurve {
    /// Lyman-Kutcher-Burman.
    Lyman {
        /// Uniform dose with a probability of one half, Gy.
        td50_gy: f64,
        /// Relative width of the curve.
        m: f64,
        /// Volume exponent; 1 for the mean dose.
        n: f64,
    },
    /// Logistic in the mean dose.
    Logistic {
        /// Constant.
        b0: f64,
        /// Slope, 1/Gy.
        b1_per_gy: f64,
    },
    /// Poisson statistics of surviving clonogens.
    Poisson {
        /// Clonogens in a millilitre.
        clonogens_per_ml: f64,
        /// Radiosensitivity, 1/Gy.
        alpha_per_gy: f64,
    },
    /// A dose without a curve.
    Threshold {
        /// The dose, Gy, compared with the mean.
        dose_gy: f64,
        /// Probability at this dose, where the source gives one.
        #[serde(default)]
        probability: Option<f64>,
    },
}

/// What the parameters of a model were fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseDose {
    /// Physical dose.
    AbsorbedDose,
    /// Biologically effective dose.
    Bed,
}

/// A dose-response model with the population it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseResponseModel {
    /// Short name.
    pub id: String,
    /// The curve and its parameters.
    pub curve: ResponseCurve,
    /// What the curve takes.
    pub dose: ResponseDose,
    /// The role of the structures it speaks about; of no others is it asked.
    pub applies_to: Role,
    /// The structure it speaks about, in words.
    pub tissue: String,
    /// Glass, resin, or another treatment.
    pub device: String,
    /// What happens with the probability.
    pub endpoint: String,
    /// Whom it was seen in.
    pub population: String,
    /// Bibliography keys.
    pub source: String,
    /// Whether a value was not checked against its source.
    pub doubtful: bool,
    /// What is in doubt; empty where nothing is.
    #[serde(default)]
    pub doubt: String,
}

/// What a model says about a structure; it always carries the model, so that
/// no probability is shown without device, population and doubt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponseEstimate {
    /// The model.
    pub model: DoseResponseModel,
    /// The dose that entered the curve, Gy: an equivalent uniform dose for
    /// Lyman, the mean otherwise.
    pub dose_gy: f64,
    /// Probability, 0 to 1; `None` for a threshold.
    pub probability: Option<f64>,
    /// Whether the dose reaches the threshold; `None` for a curve.
    pub reaches_threshold: Option<bool>,
}

impl DoseResponseModel {
    /// The models that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Vec<Self>, DosimetryError> {
        Self::from_toml(include_str!("../data/dose_response.toml"))
    }

    /// Reads models in the form of `data/dose_response.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, a
    /// parameter out of range, or an id that stands twice.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, DosimetryError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            model: Vec<DoseResponseModel>,
        }
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Table = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for (at, model) in table.model.iter().enumerate() {
            if let Some(reason) = model.curve.fault() {
                return Err(wrong(format!("model `{}`: {reason}", model.id)));
            }
            if matches!(model.curve, ResponseCurve::Poisson { .. })
                && model.dose != ResponseDose::Bed
            {
                return Err(wrong(format!(
                    "model `{}`: a Poisson curve takes bed",
                    model.id
                )));
            }
            if table.model[..at].iter().any(|other| other.id == model.id) {
                return Err(wrong(format!("model `{}` stands twice", model.id)));
            }
        }
        Ok(table.model)
    }

    /// What this model says about a structure with these histograms.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for negative doses under a Lyman curve
    /// with `n` other than 1, or a Poisson curve over a histogram by mass.
    pub fn estimate(
        &self,
        dose: &DoseVolumeHistogram<AbsorbedDose>,
        bed: &DoseVolumeHistogram<Bed>,
    ) -> Result<ResponseEstimate, DosimetryError> {
        match self.dose {
            ResponseDose::AbsorbedDose => self.estimate_from(dose),
            ResponseDose::Bed => self.estimate_from(bed),
        }
    }

    fn estimate_from<Q: sirt_image::VoxelQuantity>(
        &self,
        histogram: &DoseVolumeHistogram<Q>,
    ) -> Result<ResponseEstimate, DosimetryError> {
        let mut dose_gy = histogram.mean();
        let probability = match self.curve {
            ResponseCurve::Lyman { td50_gy, m, n } => {
                // The mean itself for n = 1: noise may make single voxels negative.
                if (n - 1.0).abs() > f64::EPSILON {
                    dose_gy = generalised_equivalent_uniform_dose(histogram, 1.0 / n)?;
                }
                Some(lyman_probability(dose_gy, td50_gy, m))
            }
            ResponseCurve::Logistic { b0, b1_per_gy } => {
                Some(logistic_probability(dose_gy, b0, b1_per_gy))
            }
            ResponseCurve::Poisson {
                clonogens_per_ml,
                alpha_per_gy,
            } => Some(poisson_control(histogram, clonogens_per_ml, alpha_per_gy)?),
            ResponseCurve::Threshold { .. } => None,
        };
        let reaches_threshold = match self.curve {
            ResponseCurve::Threshold {
                dose_gy: threshold, ..
            } => Some(dose_gy >= threshold),
            _ => None,
        };
        Ok(ResponseEstimate {
            model: self.clone(),
            dose_gy,
            probability,
            reaches_threshold,
        })
    }
}

impl ResponseCurve {
    /// What is wrong with the parameters, if anything.
    fn fault(&self) -> Option<String> {
        let positive = |name: &str, value: f64| {
            (!(value.is_finite() && value > 0.0))
                .then(|| format!("{name} {value} is outside positive values"))
        };
        match *self {
            Self::Lyman { td50_gy, m, n } => positive("td50_gy", td50_gy)
                .or_else(|| positive("m", m))
                .or_else(|| positive("n", n)),
            Self::Logistic { b0, b1_per_gy } => (!b0.is_finite())
                .then(|| format!("b0 {b0} is not finite"))
                .or_else(|| positive("b1_per_gy", b1_per_gy)),
            Self::Poisson {
                clonogens_per_ml,
                alpha_per_gy,
            } => positive("clonogens_per_ml", clonogens_per_ml)
                .or_else(|| positive("alpha_per_gy", alpha_per_gy)),
            Self::Threshold {
                dose_gy,
                probability,
            } => positive("dose_gy", dose_gy).or_else(|| {
                probability
                    .filter(|value| !(0.0..=1.0).contains(value))
                    .map(|value| format!("probability {value} is outside 0..=1"))
            }),
        }
    }
}

/// `Φ((EUD − TD50)/(m·TD50))`, 0 to 1, doses in Gy.
#[must_use]
pub fn lyman_probability(equivalent_uniform_dose_gy: f64, td50_gy: f64, m: f64) -> f64 {
    let deviate = (equivalent_uniform_dose_gy - td50_gy) / (m * td50_gy);
    erfc(-deviate / std::f64::consts::SQRT_2) / 2.0
}

/// `1/(1 + e^(−(b₀ + b₁·D)))`, 0 to 1, dose in Gy.
#[must_use]
pub fn logistic_probability(dose_gy: f64, b0: f64, b1_per_gy: f64) -> f64 {
    1.0 / (1.0 + (-(b0 + b1_per_gy * dose_gy)).exp())
}

/// `(D50, γ50)` of a logistic curve: the dose (Gy) of one half and the
/// relative slope there.
#[must_use]
pub fn logistic_d50_and_gamma50(b0: f64, b1_per_gy: f64) -> (f64, f64) {
    let d50 = -b0 / b1_per_gy;
    (d50, b1_per_gy * d50 / 4.0)
}

/// `(b₀, b₁)` of a logistic curve from D50 (Gy) and γ50; the inverse of
/// [`logistic_d50_and_gamma50`].
#[must_use]
pub fn logistic_coefficients(d50_gy: f64, gamma50: f64) -> (f64, f64) {
    (-4.0 * gamma50, 4.0 * gamma50 / d50_gy)
}

/// Probability that no clonogen of a structure survives, from a histogram by
/// volume whose doses are BED.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a histogram by mass or an α that is not
/// positive.
pub fn poisson_control<Q: sirt_image::VoxelQuantity>(
    histogram: &DoseVolumeHistogram<Q>,
    clonogens_per_ml: f64,
    alpha_per_gy: f64,
) -> Result<f64, DosimetryError> {
    if histogram.weighting() != Weighting::Volume {
        return Err(DosimetryError::OutOfRange {
            what: "weighting of a Poisson tumour control probability",
            value: "by mass".to_owned(),
            allowed: "by volume, since clonogens are counted per mL",
        });
    }
    let log_survivors = (clonogens_per_ml * histogram.total()).ln()
        + log_surviving_fraction(histogram, alpha_per_gy)?;
    Ok((-log_survivors.exp()).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniform<Q: sirt_image::VoxelQuantity>(dose_gy: f64, ml: f64) -> DoseVolumeHistogram<Q> {
        DoseVolumeHistogram::from_samples([(dose_gy, ml)], Weighting::Volume).unwrap()
    }

    #[test]
    fn lyman_of_the_test_vectors() {
        // TV-C9, four decimals.
        for (dose, expected) in [(30.0, 0.0654), (40.0, 0.2049), (52.0, 0.5), (70.0, 0.8918)] {
            let probability = lyman_probability(dose, 52.0, 0.28);
            assert!(
                (probability - expected).abs() < 0.5e-4 + 1e-9,
                "{dose}: {probability}"
            );
        }
    }

    #[test]
    fn the_built_in_model_gives_the_test_vector_with_its_doubt() {
        let models = DoseResponseModel::built_in().unwrap();
        let strigari = models
            .iter()
            .find(|model| model.id == "strigari2010-ntcp")
            .unwrap();
        let estimate = strigari
            .estimate(&uniform(40.0, 100.0), &uniform(64.0, 100.0))
            .unwrap();
        assert!((estimate.probability.unwrap() - 0.2049).abs() < 0.5e-4);
        assert!(estimate.model.doubtful);
        let json = serde_json::to_string(&estimate).unwrap();
        assert!(
            json.contains("\"doubtful\":true") && json.contains("resin"),
            "{json}"
        );
    }

    #[test]
    fn every_built_in_model_names_device_population_and_source() {
        for model in DoseResponseModel::built_in().unwrap() {
            for text in [
                &model.tissue,
                &model.device,
                &model.endpoint,
                &model.population,
                &model.source,
            ] {
                assert!(!text.is_empty(), "{}", model.id);
            }
            assert!(!model.doubtful || !model.doubt.is_empty(), "{}", model.id);
        }
    }

    #[test]
    fn a_threshold_makes_up_no_probability() {
        let models = DoseResponseModel::built_in().unwrap();
        let model = models
            .iter()
            .find(|m| m.id == "dewaraja2020-tcp50-bed")
            .unwrap();
        let estimate = model
            .estimate(&uniform(292.0, 1.0), &uniform(441.0, 1.0))
            .unwrap();
        assert_eq!(estimate.probability, None);
        assert_eq!(estimate.reaches_threshold, Some(true));
        assert!((estimate.dose_gy - 441.0).abs() < 1e-12);
    }

    #[test]
    fn logistic_middle_and_slope_are_inverse() {
        let (b0, b1) = logistic_coefficients(292.0, 0.8);
        assert!((logistic_probability(292.0, b0, b1) - 0.5).abs() < 1e-12);
        let (d50, gamma50) = logistic_d50_and_gamma50(b0, b1);
        assert!((d50 - 292.0).abs() < 1e-9 && (gamma50 - 0.8).abs() < 1e-12);
        // γ50 is dP per relative dose: 1 % more dose at D50 gives γ50 percent points.
        let rise = logistic_probability(292.0 * 1.001, b0, b1) - 0.5;
        assert!((rise - 0.8e-3).abs() < 1e-6);
    }

    #[test]
    fn poisson_counts_survivors() {
        // 1e7 clonogens/mL · 2 mL · e^(−0.3·60) = 0.30460 survive; e^(−0.30460) = 0.7374.
        let tcp = poisson_control::<Bed>(&uniform(60.0, 2.0), 1e7, 0.3).unwrap();
        let survivors: f64 = 2e7 * (-18.0_f64).exp();
        assert!((tcp - (-survivors).exp()).abs() < 1e-12);
        assert!((tcp - 0.7374).abs() < 1e-4);
        // A part at 0 BED decides alone.
        let cold = DoseVolumeHistogram::<Bed>::from_samples(
            [(0.0, 0.01), (5000.0, 2.0)],
            Weighting::Volume,
        )
        .unwrap();
        assert!(poisson_control(&cold, 1e7, 0.3).unwrap() < 1e-300);
        let by_mass =
            DoseVolumeHistogram::<Bed>::from_samples([(1.0, 1.0)], Weighting::Mass).unwrap();
        assert!(poisson_control(&by_mass, 1e7, 0.3).is_err());
    }

    #[test]
    fn a_wrong_table_is_refused_with_the_reason() {
        let table = |curve: &str, dose: &str| {
            format!(
                "[[model]]\nid = \"x\"\ncurve = {curve}\ndose = \"{dose}\"\napplies_to = \"tumour\"\ntissue = \"t\"\ndevice = \"d\"\nendpoint = \"e\"\npopulation = \"p\"\nsource = \"s\"\ndoubtful = false\n"
            )
        };
        let reason = |text: &str| DoseResponseModel::from_toml(text).unwrap_err().to_string();
        let lyman = table("{ kind = \"lyman\", td50_gy = 52, m = -1.0, n = 1 }", "bed");
        assert!(reason(&lyman).contains("model `x`: m -1 is outside positive values"));
        let poisson = table(
            "{ kind = \"poisson\", clonogens_per_ml = 1e7, alpha_per_gy = 0.3 }",
            "absorbed_dose",
        );
        assert!(reason(&poisson).contains("takes bed"));
        let logistic = table(
            "{ kind = \"logistic\", b0 = -3.2, b1_per_gy = 0.01 }",
            "bed",
        );
        assert!(DoseResponseModel::from_toml(&logistic).is_ok());
        assert!(reason(&(logistic.clone() + &logistic)).contains("stands twice"));
        assert!(DoseResponseModel::from_toml("x = 1").is_err());
    }
}
