//! Whether the tables of a case agree with each other.
//!
//! Volumes: tumours fit into what holds them, territories that do not overlap
//! fit into the liver. Names: each stands once, and each that is referred to
//! exists. Sides: a lobe holds no segment of the other. Time: nothing is
//! before what has to come first.
//! Whether a vial is within its window, or a dose within its limit, is the
//! planner's question, not one of the file.

use jiff::civil::Date;
use sirt_quantity::Capacity;

use crate::case::{Case, Territory};
use crate::place::{Places, Suggestion, joined};
use crate::vocabulary::Lobe;
use crate::written_number::shortest;
use crate::{Instant, StoreError};

/// By how much a sum of volumes may be larger than the liver: volumes are
/// written to a millilitre or to three digits, and sums of them are not exact.
const ROUNDING: f64 = 0.005;

/// Refuses the first disagreement.
pub(crate) fn check_agreement(case: &Case, places: &Places) -> Result<(), StoreError> {
    check_names(case, places)?;
    check_references(case, places)?;
    check_sides(case, places)?;
    check_volumes(case, places)?;
    check_times(case, places)
}

fn at(places: &Places, table: &str, index: usize, key: &str) -> Box<crate::Place> {
    places.at(&joined(&joined(table, &index.to_string()), key))
}

fn check_names(case: &Case, places: &Places) -> Result<(), StoreError> {
    let once = |table, key, what, names: Vec<&String>| {
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(StoreError::NamedTwice {
                    place: at(places, table, index, key),
                    what,
                    name: (*name).clone(),
                });
            }
        }
        Ok(())
    };
    once(
        "territory",
        "name",
        "territory",
        case.territories.iter().map(|row| &row.name).collect(),
    )?;
    once(
        "structure",
        "name",
        "structure",
        case.structures.iter().map(|row| &row.name).collect(),
    )?;
    once(
        "vial",
        "label",
        "vial",
        case.vials.iter().map(|row| &row.label).collect(),
    )
}

fn check_references(case: &Case, places: &Places) -> Result<(), StoreError> {
    let unknown = |place, what, name: &str, known: Vec<&str>| StoreError::UnknownName {
        place,
        what,
        name: name.to_owned(),
        suggestion: Suggestion::among_names(name, known.iter().copied()),
        known: if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        },
    };
    let territory = |table: &str, index: usize, key: &str, name: &str| {
        if case.territory(name).is_some() {
            return Ok(());
        }
        let known = case.territories.iter().map(|row| &*row.name).collect();
        Err(unknown(
            at(places, table, index, key),
            "territory",
            name,
            known,
        ))
    };
    for (index, row) in case.prior_therapies.iter().enumerate() {
        if let Some(name) = &row.territory {
            territory("prior_therapy", index, "territory", name)?;
        }
    }
    for (index, row) in case.territories.iter().enumerate() {
        for (other, name) in row.overlaps_with.iter().enumerate() {
            let key = format!("overlaps_with.{other}");
            territory("territory", index, &key, name)?;
            if *name == row.name {
                return Err(StoreError::NamedTwice {
                    place: at(places, "territory", index, &key),
                    what: "territory",
                    name: name.clone(),
                });
            }
        }
    }
    for (index, row) in case.prescriptions.iter().enumerate() {
        territory("prescription", index, "territory", &row.territory)?;
    }
    for (index, row) in case.sessions.iter().enumerate() {
        for (other, name) in row.territories.iter().enumerate() {
            territory("session", index, &format!("territories.{other}"), name)?;
        }
    }
    for (index, row) in case.administrations.iter().enumerate() {
        territory("administration", index, "territory", &row.territory)?;
        let shown = row.image.iter().flat_map(|image| &image.territories);
        for (other, name) in shown.enumerate() {
            territory(
                "administration",
                index,
                &format!("image.territories.{other}"),
                name,
            )?;
        }
        if let Some(label) = &row.vial
            && case.vial(label).is_none()
        {
            let known = case.vials.iter().map(|row| &*row.label).collect();
            let place = at(places, "administration", index, "vial");
            return Err(unknown(place, "vial", label, known));
        }
    }
    Ok(())
}

fn check_sides(case: &Case, places: &Places) -> Result<(), StoreError> {
    for (index, row) in case.territories.iter().enumerate() {
        if !matches!(row.lobe, Lobe::Right | Lobe::Left) {
            continue;
        }
        for (number, segment) in row.segments.iter().enumerate() {
            if let Some(lobe) = segment.lobe().filter(|lobe| *lobe != row.lobe) {
                return Err(StoreError::LobesSwapped {
                    place: at(places, "territory", index, &format!("segments.{number}")),
                    segment: segment.name(),
                    of: lobe.name(),
                    lobe: row.lobe.name(),
                });
            }
        }
    }
    Ok(())
}

fn check_volumes(case: &Case, places: &Places) -> Result<(), StoreError> {
    let fits =
        |place, tumour: Option<Capacity>, name, whole: Option<Capacity>| match (tumour, whole) {
            (Some(tumour), Some(whole)) if tumour > whole => Err(StoreError::TumourLarger {
                place,
                tumour: millilitres(tumour),
                whole_name: name,
                whole: millilitres(whole),
            }),
            _ => Ok(()),
        };
    if let Some(liver) = &case.liver {
        fits(
            places.at("liver.tumour_volume"),
            liver.tumour_volume,
            "the liver",
            Some(liver.volume),
        )?;
    }
    for (index, row) in case.territories.iter().enumerate() {
        let place = || at(places, "territory", index, "tumour_volume");
        fits(place(), row.tumour_volume, "its territory", row.volume)?;
        let liver = case.liver.map(|liver| liver.volume);
        fits(place(), row.tumour_volume, "the liver", liver)?;
    }
    let Some(liver) = &case.liver else {
        return Ok(());
    };
    for (what, key, whole, of) in [
        (
            "volumes add up to",
            "volume",
            Some(liver.volume),
            (|row| row.volume) as fn(&Territory) -> Option<Capacity>,
        ),
        (
            "tumour volumes add up to",
            "tumour_volume",
            liver.tumour_volume,
            |row| row.tumour_volume,
        ),
    ] {
        let Some(whole) = whole else { continue };
        let measured: Vec<(usize, Capacity)> = case
            .territories
            .iter()
            .enumerate()
            .filter_map(|(index, row)| Some((index, of(row)?)))
            .collect();
        let (sum, largest) = largest_apart(&case.territories, &measured, &[]);
        if sum > whole * (1.0 + ROUNDING) {
            let last = largest.last().copied().unwrap_or_default();
            return Err(StoreError::TerritoriesLarger {
                place: at(places, "territory", last, key),
                what,
                sum: millilitres(sum),
                territories: largest
                    .iter()
                    .map(|index| &*case.territories[*index].name)
                    .collect::<Vec<_>>()
                    .join(", "),
                whole: millilitres(whole),
            });
        }
    }
    Ok(())
}

fn millilitres(volume: Capacity) -> String {
    format!("{} mL", shortest(volume.as_ml()))
}

/// The largest sum of volumes of territories of which no two overlap, beside
/// those `taken`, and which they are.
fn largest_apart(
    territories: &[Territory],
    measured: &[(usize, Capacity)],
    taken: &[usize],
) -> (Capacity, Vec<usize>) {
    let Some(((index, volume), rest)) = measured.split_first() else {
        return (Capacity::ZERO, taken.to_vec());
    };
    let free = |others: &[usize]| {
        others
            .iter()
            .all(|other| !territories[*other].overlaps(&territories[*index]))
    };
    let without = || largest_apart(territories, rest, taken);
    if !free(taken) {
        return without();
    }
    let mut also = taken.to_vec();
    also.push(*index);
    let (sum, chosen) = largest_apart(territories, rest, &also);
    let with = (sum + *volume, chosen);
    // One that overlaps with none of the others is always part of the largest.
    let alone = rest
        .iter()
        .all(|(other, _)| !territories[*other].overlaps(&territories[*index]));
    if alone {
        return with;
    }
    let without = without();
    if with.0 >= without.0 { with } else { without }
}

fn check_times(case: &Case, places: &Places) -> Result<(), StoreError> {
    let work_up = case.work_up.as_ref();
    if let Some(work_up) = work_up {
        if let Some(maa) = &work_up.maa_activity {
            let place = || places.at("work_up.maa_activity.at");
            let (given, day) = (maa.at.date(), work_up.date);
            let (event, after) = ("MAA activity", "the day of the work-up");
            in_order(place, event, given, after, day)?;
            let (event, after) = ("the day of the work-up", "the MAA activity");
            in_order(place, event, day, after, given)?;
        }
        let born = case.patient.age;
        if let crate::Age::BornIn(year) = born
            && year > work_up.date.year()
        {
            return Err(StoreError::WrongOrder {
                place: places.at("work_up.date"),
                event: "the work-up",
                at: work_up.date.to_string(),
                after: "the year of birth",
                after_at: year.to_string(),
            });
        }
    }
    for (index, row) in case.clearances.iter().enumerate() {
        let Some(work_up) = work_up else { break };
        let place = || at(places, "clearance", index, "date");
        let (event, after) = ("the clearance", "the work-up");
        in_order(place, event, row.date, after, work_up.date)?;
    }
    for (index, row) in case.prescriptions.iter().enumerate() {
        let (Some(work_up), Some(planned)) = (work_up, row.at) else {
            continue;
        };
        let place = || at(places, "prescription", index, "at");
        let (event, after) = ("the planned administration", "the work-up");
        in_order(place, event, planned.date(), after, work_up.date)?;
    }
    for (index, row) in case.sessions.iter().enumerate() {
        let place = || at(places, "session", index, "latest");
        let (event, after) = ("the latest infusion", "the earliest");
        in_order(place, event, row.latest, after, row.earliest)?;
    }
    for (index, row) in case.vials.iter().enumerate() {
        let Some(expires) = row.expires else { continue };
        let place = || at(places, "vial", index, "expires");
        let (event, after) = ("the end of use", "the calibration");
        in_order(place, event, expires, after, row.calibrated.at)?;
    }
    for (index, row) in case.administrations.iter().enumerate() {
        let place = || at(places, "administration", index, "at");
        if let Some(work_up) = work_up {
            let (event, after) = ("the administration", "the work-up");
            in_order(place, event, row.at.date(), after, work_up.date)?;
        }
        let (event, after) = ("the administration", "its assay");
        in_order(place, event, row.at, after, row.assay.at)?;
        if let Some(imaged) = row.image.as_ref().and_then(|image| image.at) {
            let place = || at(places, "administration", index, "image.at");
            let (event, after) = ("the image", "the administration");
            in_order(place, event, imaged, after, row.at)?;
        }
        if let Some(residual) = &row.residual {
            let place = || at(places, "administration", index, "residual.at");
            let (event, after) = ("the residual", "the administration");
            in_order(place, event, residual.at, after, row.at)?;
        }
    }
    Ok(())
}

/// What can be put in order and shown.
trait Moment: PartialOrd + std::fmt::Display {}
impl Moment for Date {}
impl Moment for Instant {}

fn in_order<T: Moment>(
    place: impl Fn() -> Box<crate::Place>,
    event: &'static str,
    event_at: T,
    after: &'static str,
    after_at: T,
) -> Result<(), StoreError> {
    if event_at >= after_at {
        return Ok(());
    }
    Err(StoreError::WrongOrder {
        place: place(),
        event,
        at: event_at.to_string(),
        after,
        after_at: after_at.to_string(),
    })
}
