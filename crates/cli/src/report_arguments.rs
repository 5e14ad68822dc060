//! The arguments of `sirt report`.

use std::path::PathBuf;

use clap::Args;

/// Which case to report on, and where to.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["out", "sign"])))]
pub(crate) struct ReportArguments {
    /// Folder of the case, with case.toml in it.
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// File to write: .pdf or .html.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Sign the contents as they are: writes a signature into case.toml.
    #[arg(long, value_name = "NAME", requires = "role")]
    pub(crate) sign: Option<String>,
    /// Role of who signs, such as "Medical physicist".
    #[arg(long, value_name = "ROLE", requires = "sign")]
    pub(crate) role: Option<String>,
    /// Print what was written, and the check against reporting standards, as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
