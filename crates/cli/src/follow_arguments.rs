//! The arguments of `sirt follow`.

use std::path::PathBuf;

use clap::Args;

/// Whom to follow, and by which criteria.
#[derive(Debug, Args)]
pub(crate) struct FollowArguments {
    /// Folder of a study's tables in the form of SDTM: TU and TR, and RS, EX,
    /// DM, DS, LB, AE where there are any, as CSV or SAS transport files.
    #[arg(long, value_name = "DIR")]
    pub(crate) sdtm: PathBuf,
    /// Criteria by name, with commas between; `all` for every one.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "recist-1.1"
    )]
    pub(crate) criteria: Vec<String>,
    /// The reader to follow by, as the tables name it [default: the accepted
    /// one, else the investigator, else the first].
    #[arg(long, value_name = "NAME")]
    pub(crate) reader: Option<String>,
    /// Follow by every reader, each as a subject of its own.
    #[arg(long, conflicts_with = "reader")]
    pub(crate) all_readers: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
