//! Lesions, scans and measurements.

use sirt_outcome::{
    Certainty, Day, Lesion, LesionFinding, LesionKind, LesionState, LesionVolume, Modality,
    NewLesionEvidence, Organ, PetReference, Response, Tracer, VisualUptake,
};
use sirt_quantity::Capacity;

use super::{Around, RowPlace, Rows, day, diameter};
use crate::StoreError;
use crate::follow_up::{FollowedLesion, Measurement, Scan};
use crate::follow_words::{
    CertaintyWord, EvidenceWord, KindWord, MeasurableWord, ModalityWord, NonTargetWord, OrganWord,
    RoleWord, StateWord, TracerWord, UptakeWord,
};
use crate::place::{Places, Suggestion};
use crate::row::{LesionRow, MeasurementRow, ScanRow};
use crate::written::Written;

/// What a reader is called whom no row names.
const UNNAMED: &str = "unnamed reader";

/// A name that stands in no list.
fn unknown<'k>(
    at: RowPlace<'_>,
    key: &str,
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'k str>,
) -> StoreError {
    let known: Vec<&str> = known.collect();
    StoreError::UnknownName {
        place: at.at(key),
        what,
        name: name.to_owned(),
        suggestion: Suggestion::among_names(name, known.iter().copied()),
        known: if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        },
    }
}

/// Refuses a reader that counts and by whom nothing is there, where there is
/// something by others.
pub(super) fn check_reader(
    name: &str,
    scans: &[Scan],
    measurements: &[Measurement],
    places: &Places,
) -> Result<(), StoreError> {
    let mut known: Vec<&str> = measurements
        .iter()
        .map(|row| &*row.reader)
        .chain(scans.iter().map(|scan| &*scan.reader))
        .collect();
    if known.is_empty() || known.contains(&name) {
        return Ok(());
    }
    known.sort_unstable();
    known.dedup();
    let at = RowPlace {
        path: "follow_up",
        places,
    };
    Err(unknown(at, "reader", "reader", name, known.into_iter()))
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// All lesions; a fragment comes after the lesion that it broke off from.
pub(super) fn lesions(
    rows: Rows<LesionRow>,
    around: &Around<'_>,
) -> Result<Vec<FollowedLesion>, StoreError> {
    let mut found: Vec<FollowedLesion> = Vec::new();
    rows.each(around.places, |row, at| {
        let lesion = lesion(row, &found, around, at)?;
        found.push(lesion);
        Ok(())
    })?;
    Ok(found)
}

fn lesion(
    row: LesionRow,
    known: &[FollowedLesion],
    around: &Around<'_>,
    at: RowPlace<'_>,
) -> Result<FollowedLesion, StoreError> {
    let names = || known.iter().map(|lesion| &*lesion.lesion.tracking_id);
    if names().any(|name| name == row.id) {
        return Err(StoreError::NamedTwice {
            place: at.at("id"),
            what: "lesion",
            name: row.id,
        });
    }
    let fragment_of = row
        .fragment_of
        .map(|of| {
            names()
                .position(|name| name == of)
                .map(number)
                .ok_or_else(|| unknown(at, "fragment_of", "lesion above this one", &of, names()))
        })
        .transpose()?;
    if let Some(name) = &row.territory
        && !around.territories.iter().any(|known| known.name == *name)
    {
        let known = around.territories.iter().map(|known| &*known.name);
        return Err(unknown(at, "territory", "territory", name, known));
    }
    let organ = row.organ.meant();
    let kind = match (row.kind.map(KindWord::meant), &organ) {
        (Some(kind), organ) if kind.is_node() != (*organ == Organ::LymphNode) => {
            return Err(StoreError::WithoutMeaning {
                place: at.at("kind"),
                key: "kind",
                without: "in that organ: lymph nodes are nodes, and nothing else is",
            });
        }
        (Some(kind), _) => kind,
        (None, Organ::LymphNode) => LesionKind::Node,
        (None, _) => LesionKind::Mass,
    };
    if row.dose_source.is_some() && row.dose.is_none() {
        return Err(StoreError::WithoutMeaning {
            place: at.at("dose_source"),
            key: "dose_source",
            without: "without `dose`",
        });
    }
    let dose = row.dose.map(|Written(dose)| dose.as_gy());
    if let Some(gy) = dose {
        super::super::range::within(gy, [0.0, 10_000.0], "Gy", &at.path("dose"), at.places)?;
    }
    Ok(FollowedLesion {
        lesion: Lesion {
            tracking_id: row.id,
            tracking_uid: row.tracking_uid,
            organ,
            kind,
            role: row.role.map(RoleWord::meant).unwrap_or_default(),
            measurability: row
                .measurable
                .map(MeasurableWord::meant)
                .unwrap_or_default(),
            fragment_of,
            mean_dose_gy: dose,
        },
        site: row.site,
        territory: row.territory,
        structure: row.structure,
        dose_source: row.dose_source,
    })
}

/// Scans and measurements that are being read.
pub(super) struct Readings<'a> {
    lesions: &'a [FollowedLesion],
    reader: &'a str,
    scans: Vec<Scan>,
    measurements: Vec<Measurement>,
}

impl<'a> Readings<'a> {
    pub(super) fn new(lesions: &'a [FollowedLesion], reader: Option<&'a str>) -> Self {
        Self {
            lesions,
            reader: reader.unwrap_or(UNNAMED),
            scans: Vec::new(),
            measurements: Vec::new(),
        }
    }

    pub(super) fn read(self) -> (Vec<Scan>, Vec<Measurement>) {
        (self.scans, self.measurements)
    }

    pub(super) fn add_scan(&mut self, row: ScanRow, at: RowPlace<'_>) -> Result<(), StoreError> {
        let modality = row.modality.meant();
        if let Some(stated) = &row.stated_response
            && Response::named(stated).is_none()
        {
            return Err(StoreError::UnknownWord {
                place: at.at("stated_response"),
                name: stated.clone(),
                allowed: "CR, PR, SD, PD, NE, NON-CR/NON-PD".to_owned(),
                suggestion: Suggestion::among_names(stated, ["CR", "PR", "SD", "PD", "NE"]),
            });
        }
        let is_pet = modality == Modality::Pet;
        for (key, given) in [
            ("tracer", row.tracer.is_some()),
            ("liver_mean", row.liver_mean.is_some()),
            ("liver_deviation", row.liver_deviation.is_some()),
            ("blood_mean", row.blood_mean.is_some()),
            ("blood_deviation", row.blood_deviation.is_some()),
            ("liver_diseased", row.liver_diseased),
            ("uptake_minutes", row.uptake_minutes.is_some()),
        ] {
            if given && !is_pet {
                return Err(StoreError::WithoutMeaning {
                    place: at.at(key),
                    key,
                    without: "unless modality is \"pet\"",
                });
            }
        }
        self.scans.push(Scan {
            day: day(row.date),
            reader: row.reader.unwrap_or_else(|| self.reader.to_owned()),
            visit: row.visit,
            modality,
            slice_thickness: diameter(row.slice_thickness, "slice_thickness", at)?,
            non_target: row.non_target.map(NonTargetWord::meant),
            stated_response: row.stated_response,
            pet: is_pet.then(|| PetReference {
                tracer: row.tracer.map_or(Tracer::Unknown, TracerWord::meant),
                liver_mean: row.liver_mean.map(|value| value.0.0),
                liver_deviation: row.liver_deviation.map(|value| value.0.0),
                blood_mean: row.blood_mean.map(|value| value.0.0),
                blood_deviation: row.blood_deviation.map(|value| value.0.0),
                liver_diseased: row.liver_diseased,
                uptake_minutes: row.uptake_minutes,
            }),
        });
        Ok(())
    }

    fn named(&self, name: &str, key: &str, at: RowPlace<'_>) -> Result<u32, StoreError> {
        let names = || {
            self.lesions
                .iter()
                .map(|lesion| &*lesion.lesion.tracking_id)
        };
        names()
            .position(|known| known == name)
            .map(number)
            .ok_or_else(|| unknown(at, key, "lesion", name, names()))
    }

    /// The scan of a reader on a day.
    fn scan(&self, reader: &str, day: Day) -> Option<&Scan> {
        self.scans
            .iter()
            .find(|scan| scan.reader == reader && scan.day == day)
    }

    pub(super) fn add_measurement(
        &mut self,
        row: MeasurementRow,
        at: RowPlace<'_>,
    ) -> Result<(), StoreError> {
        let day = day(row.date);
        let reader = row.reader.clone().unwrap_or_else(|| self.reader.to_owned());
        let scan = self.scan(&reader, day);
        let modality = row.modality.map(ModalityWord::meant);
        if modality.is_none() && scan.is_none() {
            return Err(StoreError::MissingKey {
                place: at.row(),
                key: "modality".to_owned(),
                meaning: "what made the image; here, or in a [[scan]] of the day".to_owned(),
            });
        }
        let visit = row
            .visit
            .clone()
            .or_else(|| scan.and_then(|scan| scan.visit.clone()));
        let state = self.state(&row, at)?;
        let new = match (row.new.map(CertaintyWord::meant), row.evidence) {
            (Some(certainty), evidence) => Some((
                certainty,
                evidence.map(EvidenceWord::meant).unwrap_or_default(),
            )),
            (None, None) => None,
            (None, Some(_)) => {
                return Err(StoreError::WithoutMeaning {
                    place: at.at("evidence"),
                    key: "evidence",
                    without: "without `new`",
                });
            }
        };
        let finding = LesionFinding {
            lesion: self.named(&row.lesion, "lesion", at)?,
            state,
            long_axis: diameter(row.long_axis, "long_axis", at)?,
            perpendicular: diameter(row.perpendicular, "perpendicular", at)?,
            short_axis: diameter(row.short_axis, "short_axis", at)?,
            enhancing_long_axis: diameter(row.enhancing_long_axis, "enhancing_long_axis", at)?,
            enhancing_perpendicular: diameter(
                row.enhancing_perpendicular,
                "enhancing_perpendicular",
                at,
            )?,
            volume: volume(row.volume, "volume", at)?,
            enhancing_volume: volume(row.enhancing_volume, "enhancing_volume", at)?,
            density: row.density.map(|value| value.0.0),
            suv_max: row.suv_max.map(|value| value.0.0),
            sul_peak: row.sul_peak.map(|value| value.0.0),
            glycolysis: row.glycolysis.map(|value| value.0.0),
            uptake_extent: diameter(row.uptake_extent, "uptake_extent", at)?,
            visual: row.uptake.map(UptakeWord::meant),
            new_nodule: row.new_nodule,
        };
        let measurement = Measurement {
            day,
            reader,
            visit,
            modality,
            slice_thickness: diameter(row.slice_thickness, "slice_thickness", at)?,
            finding,
            new,
            organ: row.organ.map(OrganWord::meant),
        };
        let same = |known: &&mut Measurement| {
            known.finding.lesion == measurement.finding.lesion
                && known.reader == measurement.reader
                && match (&known.visit, &measurement.visit) {
                    (Some(one), Some(other)) => one == other,
                    _ => known.day == measurement.day,
                }
        };
        match self.measurements.iter_mut().find(same) {
            Some(known) => known
                .join(measurement)
                .map_err(|key| StoreError::MeasuredTwice {
                    place: at.at(key),
                    key,
                }),
            None => {
                self.measurements.push(measurement);
                Ok(())
            }
        }
    }

    fn state(&self, row: &MeasurementRow, at: RowPlace<'_>) -> Result<LesionState, StoreError> {
        let state = row.state.unwrap_or_default();
        match (state, &row.into) {
            (StateWord::Merged, Some(into)) => {
                Ok(LesionState::MergedInto(self.named(into, "into", at)?))
            }
            (StateWord::Merged, None) => Err(StoreError::MissingKey {
                place: at.row(),
                key: "into".to_owned(),
                meaning: "the lesion that it grew into".to_owned(),
            }),
            (_, Some(_)) => Err(StoreError::WithoutMeaning {
                place: at.at("into"),
                key: "into",
                without: "unless state is \"merged\"",
            }),
            (StateWord::Present, None) => Ok(LesionState::Present),
            (StateWord::Absent, None) => Ok(LesionState::Absent),
            (StateWord::TooSmall, None) => Ok(LesionState::TooSmall),
            (StateWord::NotEvaluable, None) => Ok(LesionState::NotEvaluable),
            (StateWord::Progressed, None) => Ok(LesionState::Progressed),
        }
    }
}

fn volume(
    volume: Option<Written<Capacity>>,
    key: &str,
    at: RowPlace<'_>,
) -> Result<Option<LesionVolume>, StoreError> {
    volume
        .map(|Written(volume)| {
            LesionVolume::from_ml(volume.as_ml()).map_err(|error| at.value(key, error))
        })
        .transpose()
}

/// Takes over what is not there yet; the key of what is there with another value.
fn joined<T: PartialEq>(
    known: &mut Option<T>,
    other: Option<T>,
    key: &'static str,
) -> Result<(), &'static str> {
    match (known.as_ref(), &other) {
        (Some(one), Some(another)) if one != another => Err(key),
        (None, Some(_)) => {
            *known = other;
            Ok(())
        }
        _ => Ok(()),
    }
}

impl Measurement {
    /// Takes over what another row says of the same lesion, day and reader: a
    /// PET/CT is one scan with two kinds of numbers.
    fn join(&mut self, other: Self) -> Result<(), &'static str> {
        let one = &mut self.finding;
        let two = other.finding;
        if one.state != two.state {
            return Err("state");
        }
        joined(&mut one.long_axis, two.long_axis, "long_axis")?;
        joined(&mut one.perpendicular, two.perpendicular, "perpendicular")?;
        joined(&mut one.short_axis, two.short_axis, "short_axis")?;
        joined(
            &mut one.enhancing_long_axis,
            two.enhancing_long_axis,
            "enhancing_long_axis",
        )?;
        joined(
            &mut one.enhancing_perpendicular,
            two.enhancing_perpendicular,
            "enhancing_perpendicular",
        )?;
        joined(&mut one.volume, two.volume, "volume")?;
        joined(
            &mut one.enhancing_volume,
            two.enhancing_volume,
            "enhancing_volume",
        )?;
        joined(&mut one.density, two.density, "density")?;
        joined(&mut one.suv_max, two.suv_max, "suv_max")?;
        joined(&mut one.sul_peak, two.sul_peak, "sul_peak")?;
        joined(&mut one.glycolysis, two.glycolysis, "glycolysis")?;
        joined(&mut one.uptake_extent, two.uptake_extent, "uptake_extent")?;
        joined::<VisualUptake>(&mut one.visual, two.visual, "uptake")?;
        one.new_nodule |= two.new_nodule;
        joined::<(Certainty, NewLesionEvidence)>(&mut self.new, other.new, "new")?;
        joined(&mut self.organ, other.organ, "organ")?;
        joined(
            &mut self.slice_thickness,
            other.slice_thickness,
            "slice_thickness",
        )?;
        // Sizes come from what is no PET.
        if self
            .modality
            .is_none_or(|modality| modality == Modality::Pet)
        {
            self.modality = other.modality.or(self.modality);
        }
        self.day = self.day.min(other.day);
        Ok(())
    }
}
