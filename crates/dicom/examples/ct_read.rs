//! Reads a CT series several times and prints the time of each reading.
//!
//! `ct_read FOLDER [TIMES]`: for each reading one line with the seconds, and a
//! last line with grid and sum, so that another reader can be compared.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("a folder with a CT series")?;
    let times: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let mut summary = String::new();
    for _ in 0..times {
        let start = Instant::now();
        let catalogue = sirt_dicom::scan(&folder)?;
        let scanned = start.elapsed().as_secs_f64();
        let series = catalogue
            .of_kind(&[sirt_dicom::SeriesKind::Ct])
            .next()
            .ok_or("no CT series in the folder")?;
        let volume = sirt_dicom::read_ct(series)?;
        writeln(&format!(
            "seconds {:.4} of which headers {scanned:.4}",
            start.elapsed().as_secs_f64()
        ))?;
        summary = format!(
            "size {:?} origin {:?} sum {}",
            volume.grid().size(),
            volume.grid().origin().0,
            volume.sum()
        );
    }
    writeln(&summary)?;
    Ok(())
}

fn writeln(text: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}")
}
