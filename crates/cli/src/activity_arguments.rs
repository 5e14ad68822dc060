//! Arguments of `sirt activity`, and which of them each method takes.

use clap::{Args, ValueEnum};
use sirt_quantity::{
    AbsorbedDose, Activity, Capacity, DoseFactor, Length, LungShuntFraction, Mass, ResidualFraction,
};

use crate::arguments::dose_factor;
use crate::failure::WrongUse;

// Values may begin with a hyphen so that a negative one is refused for what it is.
#[derive(Debug, Args)]
pub(crate) struct CalculatorArguments {
    /// How the activity is prescribed.
    #[arg(long, value_enum)]
    pub(crate) method: PrescriptionMethod,
    /// Height of the patient (bsa).
    #[arg(long, value_name = "LENGTH", allow_hyphen_values = true)]
    pub(crate) height: Option<Length>,
    /// Weight of the patient (bsa).
    #[arg(long, value_name = "MASS", allow_hyphen_values = true)]
    pub(crate) weight: Option<Mass>,
    /// Volume of the liver, tumour included (bsa, empiric).
    #[arg(long, value_name = "VOLUME", allow_hyphen_values = true)]
    pub(crate) liver: Option<Capacity>,
    /// Volume of the tumour (bsa, empiric).
    #[arg(long, value_name = "VOLUME", allow_hyphen_values = true)]
    pub(crate) tumour: Option<Capacity>,
    /// Mass of the perfused liver, tumour included (mird, holmium).
    #[arg(long, value_name = "MASS", allow_hyphen_values = true)]
    pub(crate) mass: Option<Mass>,
    /// Mass of the perfused tumour (partition).
    #[arg(long, value_name = "MASS", allow_hyphen_values = true)]
    pub(crate) tumour_mass: Option<Mass>,
    /// Mass of the perfused normal liver (partition).
    #[arg(long, value_name = "MASS", allow_hyphen_values = true)]
    pub(crate) normal_mass: Option<Mass>,
    /// Tumour-to-normal ratio of activity concentrations (partition).
    #[arg(long, value_name = "RATIO", allow_hyphen_values = true)]
    pub(crate) tn: Option<f64>,
    /// Mass of the lungs (mird, partition, holmium) [default: 1 kg by
    /// convention, and that is told].
    #[arg(long, value_name = "MASS", allow_hyphen_values = true)]
    pub(crate) lung_mass: Option<Mass>,
    /// Lung shunt fraction, such as 5% or 0.05 [default: 0, and that is told].
    #[arg(long, value_name = "FRACTION", allow_hyphen_values = true)]
    pub(crate) lsf: Option<LungShuntFraction>,
    /// Part of the vial's activity that stays behind (mird, partition,
    /// holmium) [default: 0, and that is told].
    #[arg(long, value_name = "FRACTION", allow_hyphen_values = true)]
    pub(crate) residual: Option<ResidualFraction>,
    /// Mean dose to reach: perfused=, tumour=, normal= or lung=DOSE (mird and
    /// holmium: perfused, lung; partition: all); of several the one that gives
    /// the least activity determines it.
    #[arg(long, value_name = "TISSUE=DOSE", value_parser = target, conflicts_with = "activity")]
    pub(crate) target: Vec<DoseTarget>,
    /// Activity in the vial at administration, to say the doses of; with bsa,
    /// one on record, to say whether it can be a single prescription.
    #[arg(long, value_name = "ACTIVITY", allow_hyphen_values = true)]
    pub(crate) activity: Option<Activity>,
    /// Dose factor in Gy kg/GBq (mird, partition, holmium) [default: 50 for
    /// mird, 49.67 for partition, 15.87 for holmium].
    #[arg(long, value_name = "GY_KG_PER_GBQ", value_parser = dose_factor, allow_hyphen_values = true)]
    pub(crate) dose_factor: Option<DoseFactor>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrescriptionMethod {
    /// Body surface area and tumour involvement (resin, whole liver).
    Bsa,
    /// By tumour involvement alone (resin, whole liver; historical).
    Empiric,
    /// One mean dose for the perfused volume (single compartment).
    Mird,
    /// Tumour, normal liver and lungs as compartments.
    Partition,
    /// 3780 MBq of Ho-166 for a kilogram of treated liver.
    Holmium,
}

impl PrescriptionMethod {
    /// As the option and the JSON name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bsa => "bsa",
            Self::Empiric => "empiric",
            Self::Mird => "mird",
            Self::Partition => "partition",
            Self::Holmium => "holmium",
        }
    }
}

/// A tissue that a dose is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetTissue {
    Perfused,
    Tumour,
    Normal,
    Lung,
}

impl TargetTissue {
    /// As the option and the JSON name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Perfused => "perfused",
            Self::Tumour => "tumour",
            Self::Normal => "normal",
            Self::Lung => "lung",
        }
    }
}

/// A mean dose of a tissue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DoseTarget {
    pub(crate) tissue: TargetTissue,
    pub(crate) dose: AbsorbedDose,
}

fn target(text: &str) -> Result<DoseTarget, String> {
    let (tissue, dose) = text
        .split_once('=')
        .ok_or("expected TISSUE=DOSE, such as perfused=120Gy")?;
    let tissue = match tissue.trim() {
        "perfused" => TargetTissue::Perfused,
        "tumour" | "tumor" => TargetTissue::Tumour,
        "normal" => TargetTissue::Normal,
        "lung" => TargetTissue::Lung,
        _ => return Err("expected a tissue of perfused, tumour, normal or lung".to_owned()),
    };
    let dose = dose
        .parse::<AbsorbedDose>()
        .map_err(|error| error.to_string())?;
    Ok(DoseTarget { tissue, dose })
}

impl CalculatorArguments {
    /// Refuses options that the method does not use: ignored ones would look
    /// as if they had counted.
    pub(crate) fn refuse_unused(&self) -> anyhow::Result<()> {
        let method = self.method;
        let record = method == PrescriptionMethod::Bsa && self.activity.is_some();
        let used: &[&str] = match method {
            PrescriptionMethod::Bsa if record => &["--height", "--weight", "--activity"],
            PrescriptionMethod::Bsa => &["--height", "--weight", "--liver", "--tumour", "--lsf"],
            PrescriptionMethod::Empiric => &["--liver", "--tumour", "--lsf"],
            PrescriptionMethod::Mird | PrescriptionMethod::Holmium => &[
                "--mass",
                "--lung-mass",
                "--lsf",
                "--residual",
                "--target",
                "--activity",
                "--dose-factor",
            ],
            PrescriptionMethod::Partition => &[
                "--tumour-mass",
                "--normal-mass",
                "--tn",
                "--lung-mass",
                "--lsf",
                "--residual",
                "--target",
                "--activity",
                "--dose-factor",
            ],
        };
        let given = [
            ("--height", self.height.is_some()),
            ("--weight", self.weight.is_some()),
            ("--liver", self.liver.is_some()),
            ("--tumour", self.tumour.is_some()),
            ("--mass", self.mass.is_some()),
            ("--tumour-mass", self.tumour_mass.is_some()),
            ("--normal-mass", self.normal_mass.is_some()),
            ("--tn", self.tn.is_some()),
            ("--lung-mass", self.lung_mass.is_some()),
            ("--lsf", self.lsf.is_some()),
            ("--residual", self.residual.is_some()),
            ("--target", !self.target.is_empty()),
            ("--activity", self.activity.is_some()),
            ("--dose-factor", self.dose_factor.is_some()),
        ];
        let unused = given
            .iter()
            .find(|(name, given)| *given && !used.contains(name));
        let Some((name, _)) = unused else {
            return Ok(());
        };
        let of = if record {
            " for an activity on record"
        } else {
            ""
        };
        Err(WrongUse(format!(
            "{name} is not used by method {}{of}, which takes {}",
            method.name(),
            used.join(", ")
        ))
        .into())
    }

    /// The value of an option that the method needs.
    pub(crate) fn needed<T: Copy>(&self, value: Option<T>, option: &str) -> anyhow::Result<T> {
        value
            .ok_or_else(|| WrongUse(format!("method {} needs {option}", self.method.name())).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_tissue_and_a_dose_with_its_unit() {
        assert_eq!(
            target("lung=30Gy"),
            Ok(DoseTarget {
                tissue: TargetTissue::Lung,
                dose: AbsorbedDose::from_gy(30.0)
            })
        );
        assert_eq!(
            target("spleen=30Gy"),
            Err("expected a tissue of perfused, tumour, normal or lung".to_owned())
        );
        assert_eq!(
            target("120Gy"),
            Err("expected TISSUE=DOSE, such as perfused=120Gy".to_owned())
        );
        assert!(target("lung=30").is_err_and(|error| error.contains("unit `` is not one of Gy")));
    }
}
