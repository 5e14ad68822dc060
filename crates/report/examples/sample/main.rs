//! Writes a sample report with invented numbers: `sample FOLDER` makes
//! `sample.pdf` and `sample.html` there.

use std::error::Error;
use std::path::PathBuf;

mod contents;
mod pictures;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .ok_or("name the folder that the sample is written to")?
        .into();
    let report = contents::report()?;
    std::fs::write(folder.join("sample.html"), sirt_report::html(&report)?)?;
    #[cfg(feature = "pdf")]
    std::fs::write(folder.join("sample.pdf"), sirt_report::pdf(&report)?)?;
    Ok(())
}
