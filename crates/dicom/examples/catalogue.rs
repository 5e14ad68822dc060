//! Prints what is in a file or folder as JSON: series, skipped files, findings.
//!
//! `catalogue PATH`

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("a file or a folder")?;
    let catalogue = sirt_dicom::scan(path)?;
    writeln!(
        std::io::stdout(),
        "{}",
        serde_json::to_string_pretty(&catalogue)?
    )?;
    Ok(())
}
