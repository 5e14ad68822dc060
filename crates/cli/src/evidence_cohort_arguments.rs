//! Arguments of the commands of `sirt evidence` that read a cohort.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sirt_outcome::evidence::ProportionMethod;

/// A cohort, and by what it is judged.
#[derive(Debug, Args)]
pub(crate) struct CohortArguments {
    /// Folder of a cohort: case folders, or tables in the form of SDTM (TU and
    /// TR, and EX, DM, DS, DD, LB, FA, CM, AE, SC where there are any), as CSV
    /// or SAS transport files.
    #[arg(value_name = "COHORT")]
    pub(crate) cohort: PathBuf,
    /// Criteria by name, with commas between; `all` for every one. Times to
    /// events follow the first [default: those of --study, else recist-1.1].
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) criteria: Vec<String>,
    /// Definitions of marker response, with commas between.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "half"
    )]
    pub(crate) markers: Vec<String>,
    /// Time points in months, with commas between [default: 1,3,6,12,18, and
    /// those of --study].
    #[arg(long, value_name = "MONTHS", value_delimiter = ',')]
    pub(crate) months: Vec<f64>,
    /// The reader that counts, as the tables name it [default: the accepted
    /// one, else the investigator, else the first].
    #[arg(long, value_name = "NAME")]
    pub(crate) reader: Option<String>,
    /// Patients that count, as a condition of SQL over what they are (DM and
    /// SC), such as "grade = 'G1' AND line = 1".
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// How intervals of proportions are made.
    #[arg(long, value_enum, default_value = "exact")]
    pub(crate) interval: ProportionArgument,
    /// Two-sided confidence level.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95)]
    pub(crate) level: f64,
    #[command(flatten)]
    pub(crate) readings: ReadingArguments,
}

/// How printed claims are read.
#[derive(Debug, Args)]
pub(crate) struct ReadingArguments {
    /// Claims that are left out, by id, with commas between.
    #[arg(long, value_name = "CLAIMS", value_delimiter = ',')]
    pub(crate) leave_out: Vec<String>,
    /// Claims that are taken of those who can be judged at their time point,
    /// whatever denominator their words state.
    #[arg(long, value_name = "CLAIMS", value_delimiter = ',')]
    pub(crate) of_evaluable: Vec<String>,
    /// Claims whose percentage is taken as cut off instead of rounded.
    #[arg(long, value_name = "CLAIMS", value_delimiter = ',')]
    pub(crate) truncated: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) cohort: CohortArguments,
    /// Study (TOML or its folder) whose printed claims are compared.
    #[arg(long, value_name = "STUDY")]
    pub(crate) study: Option<PathBuf>,
    /// Further figures by key, such as `response/who/partial/3/treated` or
    /// `toxicity/ulcer/3+/patients`; may be repeated.
    #[arg(long, value_name = "KEY")]
    pub(crate) figure: Vec<String>,
    /// List the patients of every figure, by their names in the cohort.
    #[arg(long)]
    pub(crate) patients: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SheetArguments {
    #[command(flatten)]
    pub(crate) cohort: CohortArguments,
    /// Name of the cohort, as the sheet prints it [default: that of its folder].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Study (TOML or its folder) whose printed claims are laid beside.
    #[arg(long, value_name = "STUDY")]
    pub(crate) study: Option<PathBuf>,
    /// The sheet: .html or .pdf, by the ending of its name.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Folder for its tables as CSV.
    #[arg(long, value_name = "DIR")]
    pub(crate) tables: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProportionArgument {
    /// Clopper and Pearson: covers at least its level.
    Exact,
    Wilson,
    AgrestiCoull,
    Jeffreys,
}

impl From<ProportionArgument> for ProportionMethod {
    fn from(argument: ProportionArgument) -> Self {
        match argument {
            ProportionArgument::Exact => Self::ClopperPearson,
            ProportionArgument::Wilson => Self::Wilson,
            ProportionArgument::AgrestiCoull => Self::AgrestiCoull,
            ProportionArgument::Jeffreys => Self::Jeffreys,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReconstructArguments {
    /// Study (TOML or its folder).
    #[arg(value_name = "STUDY")]
    pub(crate) study: PathBuf,
    /// Folder for the made-up patients; it must not be there yet, or be empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// How many sets of patients are made.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) sets: u32,
    /// Seed of everything that the claims leave open.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Figures whose range over all sets is told, by key; may be repeated.
    #[arg(long, value_name = "KEY")]
    pub(crate) figure: Vec<String>,
    #[command(flatten)]
    pub(crate) readings: ReadingArguments,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// Spreadsheet: CSV, XLSX, XLS or ODS, its first row the names of the columns.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What the columns are (TOML); without it one is proposed.
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) mapping: Option<PathBuf>,
    /// Folder for the tables, or for the proposed mapping.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Go on without the rows that cannot be read.
    #[arg(long)]
    pub(crate) leave_out_refused: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
