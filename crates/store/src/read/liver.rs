//! Liver, lungs, territories and the work-up.

use sirt_quantity::{Capacity, Density};

use super::range::{WORK_UP_GBQ, timed, within};
use crate::StoreError;
use crate::case::{Liver, PlanarCounts, StatedShunt, Territory, TissueMass, WorkUp};
use crate::follow_words::SiteWord;
use crate::place::{Places, joined};
use crate::row::{LiverRow, LungsRow, PlanarCountsRow, TerritoryRow, WorkUpRow};
use crate::written::Written;

/// Any tissue, from inflated lung to bone.
pub(super) fn density(
    value: Option<Written<Density>>,
    path: &str,
    places: &Places,
) -> Result<Option<Density>, StoreError> {
    let Some(Written(density)) = value else {
        return Ok(None);
    };
    within(
        density.as_g_per_ml(),
        [0.1, 2.0],
        "g/mL",
        &joined(path, "density"),
        places,
    )
    .map(|()| Some(density))
}

pub(super) fn volume(
    value: Option<Written<Capacity>>,
    low_ml: f64,
    path: &str,
    places: &Places,
) -> Result<Option<Capacity>, StoreError> {
    let Some(Written(volume)) = value else {
        return Ok(None);
    };
    within(volume.as_ml(), [low_ml, 12_000.0], "mL", path, places).map(|()| Some(volume))
}

pub(super) fn liver(row: &LiverRow, places: &Places) -> Result<Liver, StoreError> {
    let Some(density) = density(row.density, "liver", places)? else {
        return Err(StoreError::WithoutDensity {
            place: places.at("liver"),
            what: "the volume of the liver",
            elsewhere: "",
        });
    };
    within(
        row.volume.0.as_ml(),
        [100.0, 12_000.0],
        "mL",
        "liver.volume",
        places,
    )?;
    Ok(Liver {
        volume: row.volume.0,
        tumour_volume: volume(row.tumour_volume, 0.0, "liver.tumour_volume", places)?,
        density,
    })
}

pub(super) fn lungs(row: LungsRow, places: &Places) -> Result<TissueMass, StoreError> {
    let Some(density) = density(row.density, "lungs", places)? else {
        return Err(StoreError::WithoutDensity {
            place: places.at("lungs"),
            what: "the mass or volume of the lungs",
            elsewhere: "",
        });
    };
    let mass = match (row.mass, row.volume) {
        (Some(mass), None) => mass.0,
        (None, Some(volume)) => density * volume.0,
        (mass, _) => {
            return Err(StoreError::OneOf {
                place: places.at("lungs"),
                keys: "mass, volume",
                found: if mass.is_some() { 2 } else { 0 },
            });
        }
    };
    let key = if row.mass.is_some() { "mass" } else { "volume" };
    within(
        mass.as_kg(),
        [0.1, 5.0],
        "kg",
        &joined("lungs", key),
        places,
    )?;
    Ok(TissueMass {
        mass,
        density,
        source: row.source,
    })
}

pub(super) fn territory(
    row: TerritoryRow,
    liver_density: Option<Density>,
    path: &str,
    places: &Places,
) -> Result<Territory, StoreError> {
    let density = density(row.density, path, places)?.or(liver_density);
    if row.volume.is_none() && row.structure.is_none() {
        return Err(StoreError::OneOf {
            place: places.at(path),
            keys: "volume, structure (or both)",
            found: 0,
        });
    }
    if density.is_none() && (row.volume.is_some() || row.tumour_volume.is_some()) {
        return Err(StoreError::WithoutDensity {
            place: places.at(path),
            what: "the volume of a territory",
            elsewhere: " here or in [liver]",
        });
    }
    if let Some(ratio) = row.tumour_to_normal {
        within(
            ratio,
            [0.0, 100.0],
            "",
            &joined(path, "tumour_to_normal"),
            places,
        )?;
    }
    Ok(Territory {
        name: row.name,
        lobe: row.lobe,
        artery: row.artery,
        segments: row.segments,
        volume: volume(row.volume, 1.0, &joined(path, "volume"), places)?,
        tumour_volume: volume(
            row.tumour_volume,
            0.0,
            &joined(path, "tumour_volume"),
            places,
        )?,
        density,
        structure: row.structure,
        tumours: row.tumours,
        tumour_to_normal: row.tumour_to_normal,
        lung_shunt: row.lung_shunt.map(|value| value.0),
        overlaps_with: row.overlaps_with,
    })
}

pub(super) fn work_up(row: WorkUpRow, places: &Places) -> Result<WorkUp, StoreError> {
    let stated_shunt = match (row.lung_shunt, row.lung_shunt_source) {
        (Some(fraction), Some(source)) => Some(StatedShunt {
            fraction: fraction.0,
            source,
        }),
        (None, None) => None,
        (Some(_), None) => {
            return Err(StoreError::MissingKey {
                place: places.at("work_up"),
                key: "lung_shunt_source".to_owned(),
                meaning: "where the stated lung shunt comes from".to_owned(),
            });
        }
        (None, Some(_)) => {
            return Err(StoreError::WithoutMeaning {
                place: places.at("work_up.lung_shunt_source"),
                key: "lung_shunt_source",
                without: "without `lung_shunt`",
            });
        }
    };
    Ok(WorkUp {
        date: row.date.0.0,
        maa_activity: row
            .maa_activity
            .map(|row| timed(&row, WORK_UP_GBQ, "work_up.maa_activity", places))
            .transpose()?,
        stated_shunt,
        extrahepatic: row
            .extrahepatic
            .map(|sites| sites.into_iter().map(SiteWord::meant).collect()),
        planar_counts: row
            .planar_counts
            .map(|row| planar_counts(&row, places))
            .transpose()?,
    })
}

pub(super) fn planar_counts(
    row: &PlanarCountsRow,
    places: &Places,
) -> Result<PlanarCounts, StoreError> {
    const PATH: &str = "work_up.planar_counts";
    let regions = [
        (
            "lung_anterior",
            row.lung_anterior,
            row.lung_anterior_background,
        ),
        (
            "lung_posterior",
            row.lung_posterior,
            row.lung_posterior_background,
        ),
        (
            "liver_anterior",
            row.liver_anterior,
            row.liver_anterior_background,
        ),
        (
            "liver_posterior",
            row.liver_posterior,
            row.liver_posterior_background,
        ),
    ];
    for (key, counts, background) in regions {
        within(counts, [1.0, 1e12], "counts", &joined(PATH, key), places)?;
        // A region cannot hold more background than counts.
        if let Some(background) = background {
            within(
                background,
                [0.0, counts],
                "counts",
                &joined(PATH, &format!("{key}_background")),
                places,
            )?;
        }
    }
    let backgrounds = regions.map(|(_, _, background)| background);
    let background = match backgrounds {
        [Some(a), Some(b), Some(c), Some(d)] => Some([[a, b], [c, d]]),
        [None, None, None, None] => None,
        some => {
            return Err(StoreError::OneOf {
                place: places.at(PATH),
                keys: "all four backgrounds, no background",
                found: some.iter().flatten().count(),
            });
        }
    };
    Ok(PlanarCounts {
        lung: [row.lung_anterior, row.lung_posterior],
        liver: [row.liver_anterior, row.liver_posterior],
        background,
    })
}
