//! Whether the CT lies where the activity is.
//!
//! A CT of another patient, of another frame or of the head has air, or
//! nothing, where the liver is; all energy then falls in air and every dose is
//! zero, with a perfect balance.

use anyhow::{Context as _, bail};
use sirt_dosimetry::{EnergyBalance, Medium, NamedMask, Role, TissueTable};
use sirt_image::{Grid, Hounsfield, Volume, resample_mean};
use sirt_quantity::Density;

use crate::failure;
use crate::result::Finding;

/// Energy in air past which a dose is refused, of what was emitted: a liver
/// beside lung and bowel leaves some percent there.
const MOST_IN_AIR: f64 = 0.5;
/// Part of a structure in air past which its dose is none of the structure.
const MOST_OF_STRUCTURE_IN_AIR: f64 = 0.5;

/// Densities of a CT on the grid of the activity; what it does not cover is air,
/// which is told.
pub(crate) fn density_on(
    ct: &Volume<Hounsfield>,
    grid: &Grid,
    tissue: &TissueTable,
) -> anyhow::Result<(Volume<Density>, Option<Finding>)> {
    // Density is averaged, not the CT number: mass is what is conserved.
    let air = tissue.density(-1000.0).as_g_per_ml() as f32;
    let averaged = resample_mean(&tissue.density_volume(ct), grid, air)
        .context("CT on the grid of the activity")?;
    let part = averaged.uncovered_fraction;
    Ok((averaged.volume, (part > 0.0).then(|| uncovered(part))))
}

/// Part of the activity's grid without CT, worth a note.
fn uncovered(fraction: f64) -> Finding {
    Finding {
        severity: "note",
        subject: "CT".to_owned(),
        rule: format!(
            "{:.2} % of the activity's grid have no CT under them and count as air; a finding tells if activity lies there",
            fraction * 100.0
        ),
        fix: "none needed if none does; else a CT that covers the activity".to_owned(),
    }
}

/// Refuses a dose of which most fell in air, and names structures that lie there.
pub(crate) fn require_tissue(
    medium: Medium<'_>,
    balance: &EnergyBalance,
    masks: &[NamedMask],
    air_limit: Density,
) -> anyhow::Result<Vec<Finding>> {
    let Medium::Heterogeneous(density) = medium else {
        return Ok(Vec::new());
    };
    let in_air = balance.in_air_j / balance.emitted_j;
    if in_air > MOST_IN_AIR {
        bail!(failure::Ambiguous(format!(
            "CT: {:.1} % of the emitted energy falls in air or outside the CT, allowed are up to {:.0} %; give the CT that covers the activity, the registration that joins them (--registration FILE), or no --ct and --density",
            in_air * 100.0,
            MOST_IN_AIR * 100.0
        )));
    }
    Ok(masks
        .iter()
        .filter(|named| named.role != Role::Other)
        .filter_map(|named| {
            let part = part_in_air(density, named, air_limit);
            (part > MOST_OF_STRUCTURE_IN_AIR).then(|| Finding {
                severity: "stops",
                subject: format!("structure `{}`", named.name),
                rule: format!(
                    "{:.1} % of it lie in air or outside the CT: its row is no dose of it",
                    part * 100.0
                ),
                fix:
                    "give a CT that covers it, or the registration that joins them (--registration)"
                        .to_owned(),
            })
        })
        .collect())
}

fn part_in_air(density: &Volume<Density>, named: &NamedMask, air_limit: Density) -> f64 {
    let limit = air_limit.as_g_per_ml() as f32;
    let (mut in_air, mut all) = (0.0, 0.0);
    for (at, weight) in named.mask.iter() {
        all += f64::from(weight);
        if density.values()[at] < limit {
            in_air += f64::from(weight);
        }
    }
    in_air / all
}
