//! The command line: one definition feeds parser, help, manual and completions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use jiff::civil::DateTime;
use sirt_dosimetry::{Method, Role, SphereMaterial};
use sirt_image::PatientPoint;
use sirt_quantity::{
    AbsorbedDose, Activity, Density, DoseFactor, Length, Mass, NuclideLibrary, TimeSpan,
};

use crate::activity_arguments::CalculatorArguments;
use crate::evidence_arguments::EvidenceArguments;
use crate::follow_arguments::FollowArguments;
use crate::new_arguments::NewArguments;
use crate::plan_arguments::{PlanArguments, ShuntArguments};
use crate::report_arguments::ReportArguments;

/// Absorbed dose in selective internal radiation therapy.
///
/// For research; not a medical device.
/// Exit codes: 0 done, 1 input or output failed, 2 wrong command line,
/// 3 ambiguous input that an option settles, 4 energy balance not closed,
/// 5 gamma pass rate below --require, 6 plan stopped by a safety rule,
/// 70 error of the program.
#[derive(Debug, Parser)]
#[command(name = "sirt", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what a file or folder holds, and what stops or weakens dosimetry.
    Info(InfoArguments),
    /// Compute the absorbed dose of an activity image.
    Dose(Box<DoseArguments>),
    /// Dose-volume histograms of a dose that is there already.
    Dvh(DvhArguments),
    /// Add up the doses of several treatments, and their BED.
    Add(AddArguments),
    /// Compare two doses: difference and gamma index.
    Compare(CompareArguments),
    /// Compare the program with known answers, on this machine.
    Check(CheckArguments),
    /// Write the built-in digital patient as DICOM.
    Phantom(PhantomArguments),
    /// The main job on the built-in patient.
    Demo(DemoArguments),
    /// The activity to prescribe by one method, or the doses of an activity.
    ///
    /// Exit code 1 where a value cannot be or the lung shunt forbids
    /// treatment; 2 where an option is missing or not used by the method.
    Activity(Box<CalculatorArguments>),
    /// Plan a case: methods, limits, rules, vials; planned against delivered.
    ///
    /// Exit code 6 where a safety rule stops the plan and nobody has cleared
    /// or overridden it; the plan is printed all the same.
    Plan(PlanArguments),
    /// Measure the lung shunt of a case by every way that it allows.
    Shunt(ShuntArguments),
    /// Write a plan, or the record of a treatment, as a document to be signed.
    Report(ReportArguments),
    /// Follow patients: response by every criterion, times to events.
    Follow(FollowArguments),
    /// Figures of cohorts, and what printed figures can mean.
    Evidence(EvidenceArguments),
    /// Start a case: a folder with a file that a person reads and writes.
    New(NewArguments),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages.
    Manual {
        /// Folder for the pages.
        #[arg(long)]
        out: PathBuf,
    },
}

impl Command {
    /// Whether standard output is to hold JSON alone.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Info(arguments) => arguments.json,
            Self::Dose(arguments) => arguments.json,
            Self::Dvh(arguments) => arguments.json,
            Self::Add(arguments) => arguments.json,
            Self::Compare(arguments) => arguments.json,
            Self::Check(arguments) => match &arguments.what {
                CheckCommand::Transport(arguments) => arguments.json,
            },
            Self::Phantom(arguments) => arguments.json,
            Self::Demo(arguments) => arguments.json,
            Self::Activity(arguments) => arguments.json,
            Self::Plan(arguments) => arguments.json,
            Self::Shunt(arguments) => arguments.json,
            Self::Report(arguments) => arguments.json,
            Self::Follow(arguments) => arguments.json,
            Self::Evidence(arguments) => arguments.command.json(),
            Self::New(arguments) => arguments.json,
            Self::Completions { .. } | Self::Manual { .. } => false,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct InfoArguments {
    /// File or folder.
    pub(crate) path: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoseArguments {
    #[command(flatten)]
    pub(crate) activity: ActivityArguments,
    /// CT for density: DICOM folder, NIfTI, NRRD or MetaImage in HU.
    #[arg(long, value_name = "FILE-or-DIR")]
    pub(crate) ct: Option<PathBuf>,
    /// Structures: RTSTRUCT, SEG, .seg.nrrd or label map; may be repeated.
    #[arg(long, value_name = "FILE-or-DIR")]
    pub(crate) structures: Vec<PathBuf>,
    /// Registration (DICOM REG, rigid) between frames of reference.
    #[arg(long, value_name = "FILE")]
    pub(crate) registration: Option<PathBuf>,
    /// Say what a structure is, where its name does not: NAME=ROLE.
    #[arg(long, value_name = "NAME=ROLE", value_parser = role)]
    pub(crate) role: Vec<(String, Role)>,
    /// Density of the medium without CT [default: 1.05g/mL, liver].
    #[arg(long, value_name = "DENSITY", conflicts_with = "ct", value_parser = density, allow_hyphen_values = true)]
    pub(crate) density: Option<Density>,
    /// How dose is computed.
    #[arg(long, value_enum)]
    pub(crate) method: MethodArgument,
    #[command(flatten)]
    pub(crate) transport: TransportArguments,
    /// Dose factor in Gy kg/GBq, instead of the one of half-life and energy.
    #[arg(long, value_name = "GY_KG_PER_GBQ", value_parser = dose_factor, allow_hyphen_values = true)]
    pub(crate) dose_factor: Option<DoseFactor>,
    /// Resolution (FWHM) of the activity image, for the uncertainty.
    #[arg(long, value_name = "LENGTH", allow_hyphen_values = true)]
    pub(crate) resolution: Option<Length>,
    /// Recovery coefficients of the site (TOML); correct means of tumours only.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery: Option<PathBuf>,
    /// Relative uncertainty (k = 1) of the activity calibration [default: by modality].
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_hyphen_values = true)]
    pub(crate) calibration_uncertainty: Option<f64>,
    #[command(flatten)]
    pub(crate) figures: FigureArguments,
    /// Take CT and structures of another patient, when it is one patient under
    /// two identifiers; the result says so.
    #[arg(long)]
    pub(crate) accept_other_patient: bool,
    /// Folder for the results.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How Monte Carlo runs; with `--method transport` only.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct TransportArguments {
    /// Relative statistical uncertainty (k = 1) to go on to: the mean over voxels
    /// with more than half of the maximum, or that of --until-structure [default: 1%].
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_hyphen_values = true)]
    pub(crate) statistical_uncertainty: Option<f64>,
    /// Structure whose mean dose is to be known that well.
    #[arg(long, value_name = "STRUCTURE")]
    pub(crate) until_structure: Option<String>,
    /// Number of decays to follow, instead of an uncertainty.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..),
          conflicts_with_all = ["statistical_uncertainty", "until_structure"])]
    pub(crate) histories: Option<u64>,
    /// Longest time to follow decays, such as 60s; what is done by then is the result.
    #[arg(long, value_name = "TIME", value_parser = half_life, allow_hyphen_values = true)]
    pub(crate) time_limit: Option<TimeSpan>,
    /// Seed of the random numbers [default: 1].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// File that keeps the run: where it is there, the run goes on from it.
    #[arg(long, value_name = "FILE")]
    pub(crate) run_state: Option<PathBuf>,
    /// Write the dose to water in each voxel too, as dose_to_water.nii.gz.
    #[arg(long)]
    pub(crate) dose_to_water: bool,
    /// Microspheres that were given, where the CT does not show them yet:
    /// resin=MASS or glass=MASS, such as resin=1.1g; they lie where the activity is.
    #[arg(long, value_name = "MATERIAL=MASS", value_parser = microspheres)]
    pub(crate) microspheres: Option<(SphereMaterial, Mass)>,
}

impl TransportArguments {
    /// The options that are given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        [
            (
                self.statistical_uncertainty.is_some(),
                "--statistical-uncertainty",
            ),
            (self.until_structure.is_some(), "--until-structure"),
            (self.histories.is_some(), "--histories"),
            (self.time_limit.is_some(), "--time-limit"),
            (self.seed.is_some(), "--seed"),
            (self.run_state.is_some(), "--run-state"),
            (self.dose_to_water, "--dose-to-water"),
            (self.microspheres.is_some(), "--microspheres"),
        ]
        .into_iter()
        .filter_map(|(given, option)| given.then_some(option))
        .collect()
    }
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// What is checked.
    #[command(subcommand)]
    pub(crate) what: CheckCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// Monte Carlo, against EGSnrc and theory.
    Transport(CheckTransportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CheckTransportArguments {
    /// Case to run, by its name; may be repeated [default: all].
    #[arg(long, value_name = "NAME")]
    pub(crate) case: Vec<String>,
    /// Histories as a multiple of the usual number; fewer leave more to noise.
    #[arg(
        long,
        value_name = "FACTOR",
        default_value = "1",
        allow_hyphen_values = true
    )]
    pub(crate) effort: f64,
    /// Print JSON, with every point of every case.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Figures of histograms.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct FigureArguments {
    /// Doses of Vx, the volume that receives them or more, such as 70Gy,205Gy
    /// [default: 20, 30, 40, 70, 100, 120 and 205 Gy].
    #[arg(
        long,
        value_name = "DOSE",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) vx: Vec<AbsorbedDose>,
    /// Radiosensitivity in 1/Gy, for the equivalent uniform dose by surviving
    /// cells; without it that is not given, as no value holds for all tissues.
    #[arg(long, value_name = "PER_GY", value_parser = alpha, allow_hyphen_values = true)]
    pub(crate) alpha: Option<f64>,
}

#[derive(Debug, Args, Clone)]
pub(crate) struct ActivityArguments {
    /// Activity image: DICOM (PET, SPECT), NIfTI, NRRD or MetaImage.
    #[arg(long, value_name = "FILE-or-DIR")]
    pub(crate) activity: PathBuf,
    /// Series to take where a folder holds several: UID or its end.
    #[arg(long, value_name = "UID")]
    pub(crate) series: Option<String>,
    /// Unit of the numbers: Bq/mL, kBq/mL, MBq/mL or counts.
    #[arg(long, value_parser = units)]
    pub(crate) units: Option<Units>,
    /// Administered activity; with counts, or without any instant, it is
    /// shared out over the image (relative calibration).
    #[arg(long, value_name = "ACTIVITY", allow_hyphen_values = true)]
    pub(crate) administered: Option<Activity>,
    /// Fraction of the administered activity in the lungs, in relative calibration.
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_hyphen_values = true)]
    pub(crate) lung_shunt: Option<f64>,
    /// Structure whose counts stand for the administered activity, such as the
    /// liver, in relative calibration; without it those of the whole image do.
    #[arg(long, value_name = "STRUCTURE")]
    pub(crate) share_within: Option<String>,
    /// Time from administration to the instant that the numbers refer to.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) since_administration: Option<TimeSpan>,
    /// Instant of administration, local time, such as 2026-03-02T12:00.
    #[arg(long, value_name = "DATETIME")]
    pub(crate) administration_time: Option<DateTime>,
    /// Instant that the numbers refer to, local time.
    #[arg(long, value_name = "DATETIME", conflicts_with = "since_administration")]
    pub(crate) reference_time: Option<DateTime>,
    /// Decay correction of the numbers.
    #[arg(long, value_enum)]
    pub(crate) decay_correction: Option<DecayArgument>,
    /// Nuclide that was administered [default: what the image says, else Y-90, and
    /// that is told].
    #[arg(long, value_parser = nuclide)]
    pub(crate) nuclide: Option<String>,
    /// Half-life to compute with.
    #[arg(long, value_name = "TIME", value_parser = half_life, allow_hyphen_values = true)]
    pub(crate) half_life: Option<TimeSpan>,
    /// Positrons per decay that the scanner divided by.
    #[arg(long, value_name = "FRACTION", allow_hyphen_values = true)]
    pub(crate) scanner_positron_fraction: Option<f64>,
    /// Take a series that holds fewer slices than it says it was made of; the
    /// result says so.
    #[arg(long)]
    pub(crate) accept_missing_slices: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DvhArguments {
    /// Dose: RTDOSE, or NIfTI or NRRD in Gy.
    #[arg(long, value_name = "FILE")]
    pub(crate) dose: PathBuf,
    /// Structures: RTSTRUCT, SEG, .seg.nrrd or label map.
    #[arg(long, value_name = "FILE-or-DIR", required = true)]
    pub(crate) structures: Vec<PathBuf>,
    /// Registration (DICOM REG, rigid) between frames of reference.
    #[arg(long, value_name = "FILE")]
    pub(crate) registration: Option<PathBuf>,
    /// Say what a structure is, where its name does not: NAME=ROLE.
    #[arg(long, value_name = "NAME=ROLE", value_parser = role)]
    pub(crate) role: Vec<(String, Role)>,
    /// Take the dose as constant inside each voxel, instead of resolving its
    /// slope at 31 points.
    #[arg(long)]
    pub(crate) whole_voxels: bool,
    #[command(flatten)]
    pub(crate) figures: FigureArguments,
    /// Take structures of another patient, when it is one patient under two
    /// identifiers; the result says so.
    #[arg(long)]
    pub(crate) accept_other_patient: bool,
    /// Folder for dvh.csv and dvh.svg.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// Dose of a treatment and when it began on any one clock: FILE@TIME,
    /// such as first/dose.dcm@0d second/dose.dcm@42d.
    #[arg(required = true, num_args = 2.., value_name = "FILE@TIME", value_parser = dated_dose)]
    pub(crate) treatments: Vec<(PathBuf, TimeSpan)>,
    /// Half-life of the nuclide in all of them [default: that of Y-90].
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) half_life: Option<TimeSpan>,
    /// Structures: RTSTRUCT, SEG, .seg.nrrd or label map.
    #[arg(long, value_name = "FILE-or-DIR", required = true)]
    pub(crate) structures: Vec<PathBuf>,
    /// Say what a structure is, where its name does not: NAME=ROLE.
    #[arg(long, value_name = "NAME=ROLE", value_parser = role)]
    pub(crate) role: Vec<(String, Role)>,
    /// Folder for the summed dose: NIfTI, and RTDOSE where all doses are DICOM.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Dose to compare with: RTDOSE, or NIfTI or NRRD in Gy.
    pub(crate) reference: PathBuf,
    /// Dose that is judged.
    pub(crate) evaluated: PathBuf,
    /// Dose difference that counts as 1, in percent.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) dose_percent: f64,
    /// Distance that counts as 1.
    #[arg(long, default_value = "3mm", value_parser = distance)]
    pub(crate) distance: Length,
    /// Doses below this percentage of the maximum are not judged.
    #[arg(long, default_value_t = 10.0, value_parser = percent)]
    pub(crate) threshold_percent: f64,
    /// Percentages of the local dose instead of the maximum.
    #[arg(long)]
    pub(crate) local: bool,
    /// Fail with exit code 5 when less than this percentage passes.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) require: Option<f64>,
    /// Structures, for the mean doses of each: RTSTRUCT, SEG, .seg.nrrd or label
    /// map; may be repeated.
    #[arg(long, value_name = "FILE-or-DIR")]
    pub(crate) structures: Vec<PathBuf>,
    /// Say what a structure is, where its name does not: NAME=ROLE.
    #[arg(long, value_name = "NAME=ROLE", value_parser = role)]
    pub(crate) role: Vec<(String, Role)>,
    /// CT under the picture of the difference.
    #[arg(long, value_name = "FILE-or-DIR", requires = "out")]
    pub(crate) ct: Option<PathBuf>,
    /// Registration (DICOM REG, rigid) between frames of reference.
    #[arg(long, value_name = "FILE")]
    pub(crate) registration: Option<PathBuf>,
    /// Place that the picture's slices go through, LPS in mm [default: that of
    /// the largest difference].
    #[arg(long, value_name = "X,Y,Z", value_parser = place, requires = "out", allow_hyphen_values = true)]
    pub(crate) at: Option<PatientPoint>,
    /// Take structures or a CT of another patient, when it is one patient under
    /// two identifiers; the result says so.
    #[arg(long)]
    pub(crate) accept_other_patient: bool,
    /// Folder for difference.png, difference.nii.gz, gamma.nii.gz and
    /// comparison.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PhantomArguments {
    /// Folder for the DICOM files.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Seed of noise and identifiers.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Leave out the follow-up dates (3, 6, 12, 18, 26 months).
    #[arg(long)]
    pub(crate) no_follow_up: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Folder for the results.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub(crate) out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodArgument {
    /// All energy stays in the voxel of the decay.
    Local,
    /// Betas are spread by a voxel kernel.
    Kernel,
    /// Monte Carlo of electrons and photons through the CT.
    Transport,
}

impl From<MethodArgument> for Method {
    fn from(argument: MethodArgument) -> Self {
        match argument {
            MethodArgument::Local => Self::LocalDeposition,
            MethodArgument::Kernel => Self::Kernel,
            MethodArgument::Transport => Self::Transport,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DecayArgument {
    /// Not corrected.
    None,
    /// To the start of the acquisition.
    Start,
    /// To administration.
    Admin,
}

/// A unit of stored numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Units {
    /// Activity concentration, with the factor to Bq/mL.
    Concentration(f64),
    /// Counts.
    Counts,
}

fn units(text: &str) -> Result<Units, String> {
    match text {
        "Bq/mL" | "BQML" => Ok(Units::Concentration(1.0)),
        "kBq/mL" => Ok(Units::Concentration(1e3)),
        "MBq/mL" => Ok(Units::Concentration(1e6)),
        "counts" | "CNTS" | "PROPCNTS" => Ok(Units::Counts),
        _ => Err("expected Bq/mL, kBq/mL, MBq/mL or counts".to_owned()),
    }
}

/// A fraction such as `0.05` or `5%`.
fn fraction(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 0.01),
        None => (text, 1.0),
    };
    number
        .parse::<f64>()
        .ok()
        .map(|value| value * scale)
        .filter(|value| (0.0..1.0).contains(value))
        .ok_or_else(|| "expected a fraction from 0 to below 1, such as 0.05 or 5%".to_owned())
}

/// A quantity whose number in its unit is finite and above 0.
fn above_zero<T>(text: &str, number: fn(T) -> f64) -> Result<T, String>
where
    T: std::str::FromStr<Err = sirt_quantity::QuantityError> + Copy,
{
    let value: T = text.parse().map_err(|error: T::Err| error.to_string())?;
    if number(value).is_finite() && number(value) > 0.0 {
        Ok(value)
    } else {
        Err("expected a finite value above 0".to_owned())
    }
}

fn density(text: &str) -> Result<Density, String> {
    above_zero(text, Density::as_g_per_ml)
}

fn half_life(text: &str) -> Result<TimeSpan, String> {
    above_zero(text, TimeSpan::as_hours)
}

fn distance(text: &str) -> Result<Length, String> {
    above_zero(text, Length::as_mm)
}

fn microspheres(text: &str) -> Result<(SphereMaterial, Mass), String> {
    let allowed = || "expected resin=MASS or glass=MASS, such as resin=1.1g".to_owned();
    let (material, mass) = text.split_once('=').ok_or_else(allowed)?;
    let material = [SphereMaterial::Resin, SphereMaterial::Glass]
        .into_iter()
        .find(|known| known.name() == material.trim())
        .ok_or_else(allowed)?;
    let mass = mass
        .trim()
        .parse()
        .map_err(|error: sirt_quantity::QuantityError| error.to_string())?;
    Ok((material, mass))
}

fn place(text: &str) -> Result<PatientPoint, String> {
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|x: &f64| x.is_finite()))
        .collect();
    numbers
        .and_then(|numbers| <[f64; 3]>::try_from(numbers).ok())
        .map(PatientPoint)
        .ok_or_else(|| "expected three coordinates in mm, such as -52.5,10,-120".to_owned())
}

fn percent(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|value| (0.0..=100.0).contains(value))
        .ok_or_else(|| "expected a percentage from 0 to 100".to_owned())
}

fn nuclide(text: &str) -> Result<String, String> {
    NuclideLibrary::built_in()
        .and_then(|library| library.named(text).map(|nuclide| nuclide.symbol.clone()))
        .map_err(|error| error.to_string())
}

fn alpha(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && *value > 0.0)
        .ok_or_else(|| "expected a number above 0 in 1/Gy, such as 0.01".to_owned())
}

pub(crate) fn dose_factor(text: &str) -> Result<DoseFactor, String> {
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && *value > 0.0)
        .map(DoseFactor::from_gy_kg_per_gbq)
        .ok_or_else(|| "expected a number above 0 in Gy kg/GBq, such as 49.67".to_owned())
}

fn dated_dose(text: &str) -> Result<(PathBuf, TimeSpan), String> {
    let (path, begin) = text
        .rsplit_once('@')
        .ok_or("expected FILE@TIME, such as dose.dcm@42d")?;
    let begin = begin
        .parse::<TimeSpan>()
        .map_err(|error| error.to_string())?;
    Ok((PathBuf::from(path), begin))
}

pub(crate) fn role(text: &str) -> Result<(String, Role), String> {
    let (name, role) = text.rsplit_once('=').ok_or("expected NAME=ROLE")?;
    let role = match role {
        "tumour" | "tumor" => Role::Tumour,
        "liver" => Role::Liver,
        "normal-liver" => Role::NormalLiver,
        "lung" => Role::Lung,
        "other" => Role::Other,
        _ => {
            return Err("expected a role of tumour, liver, normal-liver, lung or other".to_owned());
        }
    };
    Ok((name.to_owned(), role))
}

/// Writes one manual page for `sirt` and each of its commands.
pub(crate) fn write_manual(out: &Path) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    clap_mangen::generate_to(Cli::command(), out)
        .with_context(|| format!("cannot write manual pages to {}", out.display()))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_fixed_interface_parses() {
        let line = "sirt dose --activity a.nrrd --ct ct --structures s --units Bq/mL \
            --administered 1400MBq --since-administration 20.4h --method kernel --out o --json";
        let Ok(Cli {
            command: Command::Dose(arguments),
        }) = Cli::try_parse_from(line.split_whitespace())
        else {
            panic!("the line of the fixed interface must parse");
        };
        assert_eq!(
            arguments.activity.administered,
            Some(Activity::from_gbq(1.4))
        );
        assert_eq!(
            arguments.activity.since_administration,
            Some(TimeSpan::from_hours(20.4))
        );
        assert_eq!(arguments.activity.units, Some(Units::Concentration(1.0)));
        assert!(arguments.json);
    }

    #[test]
    fn a_negative_quantity_is_a_value_and_no_option() {
        let parse = |option: &str, value: &str| {
            Cli::try_parse_from([
                "sirt",
                "dose",
                "--activity",
                "a",
                "--method",
                "local",
                "--out",
                "o",
                option,
                value,
            ])
        };
        // What it means is said where it is used.
        assert!(parse("--since-administration", "-1h").is_ok());
        let error = parse("--density", "-1g/mL").unwrap_err().to_string();
        assert!(error.contains("expected a finite value above 0"), "{error}");
        let error = parse("--lung-shunt", "-5%").unwrap_err().to_string();
        assert!(error.contains("expected a fraction"), "{error}");
    }

    #[test]
    fn a_fraction_may_be_a_percentage() {
        assert_eq!(fraction("5%"), Ok(0.05));
        assert_eq!(fraction("0.05"), Ok(0.05));
        assert!(fraction("5").is_err() && fraction("-1%").is_err() && fraction("nan").is_err());
    }
}
