//! The arguments of `sirt plan` and `sirt shunt`.

use std::path::PathBuf;

use clap::Args;

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
    /// Folder of the case, with case.toml in it.
    #[arg(value_name = "CASE")]
    pub(crate) case: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
