//! The arguments of `sirt evidence`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sirt_outcome::evidence::cox::{Ties, TimeTransform};
use sirt_outcome::evidence::pooling::{Between, Scale};
use sirt_outcome::evidence::survival::SurvivalInterval;

use crate::evidence_cohort_arguments::{
    ImportArguments, ReconstructArguments, RunArguments, SheetArguments,
};

/// Figures of cohorts, and what printed figures can mean.
#[derive(Debug, Args)]
pub(crate) struct EvidenceArguments {
    #[command(subcommand)]
    pub(crate) command: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Say which counts printed figures can stand for: of a study, a folder of
    /// studies, or one percentage.
    Check(CheckArguments),
    /// Kaplan-Meier curves of a table, with medians, and the log-rank test
    /// between groups.
    Km(KaplanMeierArguments),
    /// Cox's proportional hazards on a table.
    Cox(CoxArguments),
    /// Pool the proportions of several studies.
    Pool(PoolArguments),
    /// Times of single patients from a published curve and its numbers at
    /// risk.
    Guyot(GuyotArguments),
    /// Turn a plain spreadsheet into the tables that `run` reads.
    ///
    /// Exit code 3 without a mapping: one is proposed, nothing is imported.
    Import(ImportArguments),
    /// Compute the endpoints of a cohort, and lay printed claims beside them.
    Run(RunArguments),
    /// Write the evidence of a cohort as one document.
    Sheet(SheetArguments),
    /// Make patients that print every claim of a study; marked SYNTHETIC.
    Reconstruct(ReconstructArguments),
}

impl EvidenceCommand {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Check(arguments) => arguments.json,
            Self::Km(arguments) => arguments.json,
            Self::Cox(arguments) => arguments.json,
            Self::Pool(arguments) => arguments.json,
            Self::Import(arguments) => arguments.json,
            Self::Guyot(arguments) => arguments.json,
            Self::Run(arguments) => arguments.json,
            Self::Sheet(arguments) => arguments.json,
            Self::Reconstruct(arguments) => arguments.json,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Study file (TOML), folder of a study, or folder of studies.
    #[arg(value_name = "PATH", required_unless_present = "percent", conflicts_with_all = ["percent", "of"])]
    pub(crate) path: Option<PathBuf>,
    /// One percentage as printed, like 66 or 22.5.
    #[arg(
        long,
        value_name = "PERCENT",
        requires = "of",
        allow_hyphen_values = true
    )]
    pub(crate) percent: Option<String>,
    /// Its stated denominator.
    #[arg(long, value_name = "N", requires = "percent")]
    pub(crate) of: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A table of subjects and its columns of time and event.
#[derive(Debug, Args)]
pub(crate) struct SubjectArguments {
    /// Table (CSV with a header; empty, NA and . are missing).
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Column of the time to event or censoring.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) time: String,
    /// Column of the event: 0 and 1, or true and false.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) event: String,
    /// The value of the event column that is the event, where it is not 1; all
    /// others are censored.
    #[arg(long, value_name = "VALUE")]
    pub(crate) event_is: Option<String>,
    /// Column of the time of entry (left truncation, or a row an interval).
    #[arg(long, value_name = "COLUMN")]
    pub(crate) entry: Option<String>,
    /// Column of weights.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) weight: Option<String>,
    /// Two-sided confidence level.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95)]
    pub(crate) level: f64,
}

#[derive(Debug, Args)]
pub(crate) struct KaplanMeierArguments {
    #[command(flatten)]
    pub(crate) subjects: SubjectArguments,
    /// Column of groups: a curve each, and a log-rank test.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    /// Column of strata of the log-rank test.
    #[arg(long, value_name = "COLUMN", requires = "by")]
    pub(crate) strata: Option<String>,
    /// Power of survival in the weights of the log-rank test.
    #[arg(
        long,
        value_name = "RHO",
        default_value_t = 0.0,
        requires = "by",
        allow_hyphen_values = true
    )]
    pub(crate) rho: f64,
    /// Scale of the intervals.
    #[arg(long, value_enum, default_value = "log-log")]
    pub(crate) ci: IntervalArgument,
    /// Horizon of the restricted mean.
    #[arg(long, value_name = "TIME")]
    pub(crate) horizon: Option<f64>,
    /// Count from this time on, with those who are at risk then.
    #[arg(long, value_name = "TIME")]
    pub(crate) landmark: Option<f64>,
    /// Draw the curves with the numbers at risk into this file (SVG).
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum IntervalArgument {
    LogLog,
    Log,
    Plain,
}

impl From<IntervalArgument> for SurvivalInterval {
    fn from(argument: IntervalArgument) -> Self {
        match argument {
            IntervalArgument::LogLog => Self::LogLog,
            IntervalArgument::Log => Self::Log,
            IntervalArgument::Plain => Self::Plain,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CoxArguments {
    #[command(flatten)]
    pub(crate) subjects: SubjectArguments,
    /// Columns of covariates, with commas between; words become 0 and 1 for
    /// each but the first in order.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', required = true)]
    pub(crate) covariates: Vec<String>,
    /// What is done about events at one time.
    #[arg(long, value_enum, default_value = "efron")]
    pub(crate) ties: TiesArgument,
    /// Column of strata, each with its own baseline.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) strata: Option<String>,
    /// Column of clusters: errors become robust.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) cluster: Option<String>,
    /// Robust errors, the rows by themselves.
    #[arg(long)]
    pub(crate) robust: bool,
    /// The function of time in the test of proportional hazards.
    #[arg(long, value_enum, default_value = "km")]
    pub(crate) transform: TransformArgument,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TiesArgument {
    Efron,
    Breslow,
    Exact,
}

impl From<TiesArgument> for Ties {
    fn from(argument: TiesArgument) -> Self {
        match argument {
            TiesArgument::Efron => Self::Efron,
            TiesArgument::Breslow => Self::Breslow,
            TiesArgument::Exact => Self::Exact,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TransformArgument {
    Km,
    Rank,
    Identity,
    Log,
}

impl From<TransformArgument> for TimeTransform {
    fn from(argument: TransformArgument) -> Self {
        match argument {
            TransformArgument::Km => Self::KaplanMeier,
            TransformArgument::Rank => Self::Rank,
            TransformArgument::Identity => Self::Identity,
            TransformArgument::Log => Self::Log,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct PoolArguments {
    /// Table of studies (CSV with a header), a row a study.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Column of those with the property.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) events: String,
    /// Column of all that could have it.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) total: String,
    /// Column of names.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) study: Option<String>,
    /// How the variance between studies is estimated.
    #[arg(long, value_enum, default_value = "reml")]
    pub(crate) method: BetweenArgument,
    /// The scale of pooling [default: logit].
    #[arg(long, value_enum)]
    pub(crate) scale: Option<ScaleArgument>,
    /// Interval after Hartung and Knapp.
    #[arg(long)]
    pub(crate) hartung_knapp: bool,
    /// Draw the forest into this file (SVG).
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) out: Option<PathBuf>,
    /// Two-sided confidence level.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95)]
    pub(crate) level: f64,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BetweenArgument {
    /// One proportion for all.
    #[value(alias = "fe")]
    Fixed,
    /// Moments, after DerSimonian and Laird.
    #[value(alias = "dersimonian-laird")]
    Dl,
    /// Restricted maximum likelihood.
    Reml,
    /// After Paule and Mandel.
    #[value(alias = "paule-mandel")]
    Pm,
    /// Binomial counts with a normal logit between studies.
    Glmm,
}

impl From<BetweenArgument> for Between {
    fn from(argument: BetweenArgument) -> Self {
        match argument {
            BetweenArgument::Fixed => Self::Fixed,
            BetweenArgument::Dl => Self::DerSimonianLaird,
            BetweenArgument::Reml => Self::Reml,
            BetweenArgument::Pm => Self::PauleMandel,
            BetweenArgument::Glmm => Self::Glmm,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScaleArgument {
    Logit,
    Log,
    /// Freeman and Tukey's double arcsine.
    DoubleArcsine,
}

impl From<ScaleArgument> for Scale {
    fn from(argument: ScaleArgument) -> Self {
        match argument {
            ScaleArgument::Logit => Self::Logit,
            ScaleArgument::Log => Self::Log,
            ScaleArgument::DoubleArcsine => Self::DoubleArcsine,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct GuyotArguments {
    /// Table of clicks on the curve (CSV with a header).
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Table of numbers at risk (CSV with a header), the first at time 0.
    #[arg(long, value_name = "FILE")]
    pub(crate) at_risk: PathBuf,
    /// Column of times, in both tables.
    #[arg(long, value_name = "COLUMN", default_value = "time")]
    pub(crate) time: String,
    /// Column of survival.
    #[arg(long, value_name = "COLUMN", default_value = "survival")]
    pub(crate) survival: String,
    /// Column of numbers at risk.
    #[arg(long, value_name = "COLUMN", default_value = "n")]
    pub(crate) number: String,
    /// Survival is in per cent.
    #[arg(long)]
    pub(crate) percent: bool,
    /// Events in all, where they are printed.
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<u64>,
    /// Write the times into this file (CSV); without it they are printed.
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
