//! Prints what structure sets, segmentations, registrations, doses and gamma
//! camera objects of a file or folder hold.
//!
//! `objects PATH`

use std::io::Write;

use sirt_dicom::SeriesKind;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("a file or a folder")?;
    let mut out = std::io::stdout();
    let catalogue = sirt_dicom::scan(path)?;
    for series in &catalogue.series {
        writeln!(out, "{} {:?}", series.first_file, series.kind)?;
        match series.kind {
            SeriesKind::StructureSet | SeriesKind::Segmentation => {
                match sirt_dicom::read_structures_on(series, &catalogue) {
                    Ok(read) => {
                        for one in &read.structures {
                            writeln!(
                                out,
                                "  {} {} {} {:?}",
                                one.number,
                                one.name,
                                one.capacity(),
                                one.colour
                            )?;
                        }
                        for finding in &read.findings {
                            writeln!(out, "  {finding}")?;
                        }
                    }
                    Err(error) => writeln!(out, "  {error}")?,
                }
            }
            SeriesKind::Registration => {
                writeln!(out, "  {:?}", sirt_dicom::read_registration(series))?;
            }
            SeriesKind::Dose => match sirt_dicom::read_dose(series) {
                Ok(dose) => {
                    writeln!(out, "  {:?}", dose.grid())?;
                    for histogram in &dose.histograms {
                        writeln!(
                            out,
                            "  ROI {:?} {} bins, mean {:?} max {:?}",
                            histogram.included_rois,
                            histogram.bins.len(),
                            histogram.mean,
                            histogram.maximum
                        )?;
                    }
                }
                Err(error) => writeln!(out, "  {error}")?,
            },
            SeriesKind::Pet | SeriesKind::EnhancedPet | SeriesKind::Nm => {
                match sirt_dicom::read_activity(series) {
                    Ok((volume, acquisition)) => {
                        writeln!(out, "  {:?}", volume.grid())?;
                        writeln!(out, "  sum {} units {:?}", volume.sum(), acquisition.units)?;
                    }
                    Err(error) => writeln!(out, "  {error}")?,
                }
            }
            _ => {}
        }
    }
    Ok(())
}
