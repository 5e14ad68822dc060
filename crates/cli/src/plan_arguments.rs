//! The arguments of `sirt plan` and `sirt shunt`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sirt_dosimetry::Role;
use sirt_quantity::Length;
use sirt_store::{ImageUnits, PlanarViewName};

use crate::arguments::role;

/// Which case to plan.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// Folder of the case, with case.toml in it.
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Print the plan as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whose lung shunt to measure.
#[derive(Debug, Args)]
pub(crate) struct ShuntArguments {
    /// Folder of the case, with case.toml in it; or images by the options.
    #[arg(
        value_name = "CASE",
        required_unless_present_any = ["planar", "spect"],
        conflicts_with_all = ["planar", "spect"]
    )]
    pub(crate) case: Option<PathBuf>,
    /// Planar views of MAA (DICOM NM); twice for two files or folders.
    #[arg(long, value_name = "FILE-or-DIR", requires = "regions")]
    pub(crate) planar: Vec<PathBuf>,
    /// Outlines of lungs, liver and background in the planar views (TOML).
    #[arg(long, value_name = "FILE", requires = "planar")]
    pub(crate) regions: Option<PathBuf>,
    /// Views in the order of the frames, where the files do not say them, such
    /// as anterior,posterior.
    #[arg(
        long,
        value_name = "VIEW",
        value_delimiter = ',',
        value_enum,
        requires = "planar"
    )]
    pub(crate) views: Vec<ViewArgument>,
    /// SPECT of MAA: DICOM, NIfTI, NRRD or MetaImage.
    #[arg(long, value_name = "FILE-or-DIR", requires = "structures")]
    pub(crate) spect: Option<PathBuf>,
    /// Structures of liver and lungs: RTSTRUCT, SEG, .seg.nrrd or label map;
    /// may be repeated.
    #[arg(long, value_name = "FILE-or-DIR", requires = "spect")]
    pub(crate) structures: Vec<PathBuf>,
    /// CT for the volume and mass of the whole lungs.
    #[arg(long, value_name = "FILE-or-DIR", requires = "spect")]
    pub(crate) ct: Option<PathBuf>,
    /// Registration (DICOM REG, rigid) between frames of reference.
    #[arg(long, value_name = "FILE", requires = "spect")]
    pub(crate) registration: Option<PathBuf>,
    /// Say what a structure is, where its name does not: NAME=ROLE.
    #[arg(long, value_name = "NAME=ROLE", value_parser = role, requires = "spect")]
    pub(crate) role: Vec<(String, Role)>,
    /// Unit of the numbers of the SPECT: counts, Bq/mL, kBq/mL or MBq/mL.
    #[arg(long, value_parser = units, requires = "spect")]
    pub(crate) units: Option<ImageUnits>,
    /// Resolution (FWHM) of the SPECT; with it counts are corrected for blur.
    #[arg(long, value_name = "LENGTH", requires = "spect")]
    pub(crate) resolution: Option<Length>,
    /// The part of it that a filter after reconstruction adds.
    #[arg(long, value_name = "LENGTH", requires = "resolution")]
    pub(crate) filter: Option<Length>,
    /// Take a SPECT that lacks slices of its series, when it was cut on purpose;
    /// the result says so.
    #[arg(long, requires = "spect")]
    pub(crate) accept_missing_slices: bool,
    /// Take images of another patient, when it is one patient under two
    /// identifiers; the result says so.
    #[arg(long, conflicts_with = "case")]
    pub(crate) accept_other_patient: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// From where a planar view looks at the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewArgument {
    /// From the front.
    Anterior,
    /// From behind.
    Posterior,
}

impl From<ViewArgument> for PlanarViewName {
    fn from(view: ViewArgument) -> Self {
        match view {
            ViewArgument::Anterior => Self::Anterior,
            ViewArgument::Posterior => Self::Posterior,
        }
    }
}

fn units(text: &str) -> Result<ImageUnits, String> {
    match text {
        "counts" => Ok(ImageUnits::Counts),
        "Bq/mL" => Ok(ImageUnits::BqPerMl),
        "kBq/mL" => Ok(ImageUnits::KbqPerMl),
        "MBq/mL" => Ok(ImageUnits::MbqPerMl),
        _ => Err("allowed is counts, Bq/mL, kBq/mL or MBq/mL".to_owned()),
    }
}
