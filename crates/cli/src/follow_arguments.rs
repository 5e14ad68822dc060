//! The arguments of `sirt follow`.

use std::path::PathBuf;

use clap::Args;

/// Whom to follow, and by which criteria.
#[derive(Debug, Default, Args)]
pub(crate) struct FollowArguments {
    /// Folder of a case with follow-up (docs/case.md).
    #[arg(
        value_name = "CASE",
        required_unless_present = "sdtm",
        conflicts_with = "sdtm"
    )]
    pub(crate) case: Option<PathBuf>,
    /// Folder of a study's tables in the form of SDTM: TU and TR, and RS, EX,
    /// DM, DS, LB, AE where there are any, as CSV or SAS transport files.
    #[arg(long, value_name = "DIR")]
    pub(crate) sdtm: Option<PathBuf>,
    /// Criteria by name, with commas between; `all` for every one [default:
    /// all of a case, recist-1.1 of a study].
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) criteria: Vec<String>,
    /// The reader to follow by, as the tables name it [default: the one that
    /// the case names, or the accepted one, else the investigator, else the first].
    #[arg(long, value_name = "NAME")]
    pub(crate) reader: Option<String>,
    /// Follow by every reader, each as a subject of its own.
    #[arg(long, conflicts_with = "reader")]
    pub(crate) all_readers: bool,
    /// Doses of lesions from the images after treatment as well, which takes
    /// as long as `sirt plan`; without it from the case and from results of `sirt dose`.
    #[arg(long, requires = "case")]
    pub(crate) images: bool,
    /// Folder for result.json, lesions.csv and the pictures (SVG).
    #[arg(
        long,
        value_name = "DIR",
        requires = "case",
        conflicts_with = "all_readers"
    )]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
