//! Follow-up: rows of the case and of the files beside it, to what became of
//! the patient.

mod course;
mod lesion;

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::DeserializeOwned;
use sirt_outcome::{Day, Diameter};
use sirt_quantity::Length;

use self::lesion::Readings;
use crate::case::{Administration, Laboratory, Territory};
use crate::follow_up::{FollowUp, counted};
use crate::instant::Day as WrittenDay;
use crate::place::{Places, joined};
use crate::row::{
    AnalogueRow, EventRow, FollowUpRow, LaboratoryRow, LaterTherapyRow, LesionRow, LiverVolumeRow,
    MarkerRow, MeasurementRow, NormalRangeRow, PerformanceRow, ScanRow, StatusRow, SymptomRow,
};
use crate::rows_file::{read_beside, rows};
use crate::schema::Node;
use crate::vocabulary::LaboratoryTest;
use crate::written::Written;
use crate::{Place, StoreError};

/// Everything of follow-up that the case file itself holds.
pub(super) struct FollowUpRows {
    pub(super) head: FollowUpRow,
    pub(super) lesion: Vec<LesionRow>,
    pub(super) scan: Vec<ScanRow>,
    pub(super) measurement: Vec<MeasurementRow>,
    pub(super) liver_volume: Vec<LiverVolumeRow>,
    pub(super) marker: Vec<MarkerRow>,
    pub(super) symptom: Vec<SymptomRow>,
    pub(super) analogue: Vec<AnalogueRow>,
    pub(super) normal_range: Vec<NormalRangeRow>,
    pub(super) event: Vec<EventRow>,
    pub(super) performance: Vec<PerformanceRow>,
    pub(super) later_therapy: Vec<LaterTherapyRow>,
    pub(super) status: Option<StatusRow>,
    pub(super) laboratory: Vec<LaboratoryRow>,
}

/// What rows refer to.
pub(super) struct Around<'a> {
    pub(super) territories: &'a [Territory],
    pub(super) administrations: &'a [Administration],
    /// Folder of the files beside the case; none for a text alone.
    pub(super) folder: Option<&'a Path>,
    pub(super) schema: &'a serde_json::Value,
    pub(super) places: &'a Places,
}

/// Where a row stands.
#[derive(Clone, Copy)]
pub(super) struct RowPlace<'a> {
    path: &'a str,
    places: &'a Places,
}

impl RowPlace<'_> {
    /// The place of a key.
    fn at(self, key: &str) -> Box<Place> {
        self.places.at(&joined(self.path, key))
    }

    fn path(self, key: &str) -> String {
        joined(self.path, key)
    }

    /// The place of the row.
    fn row(self) -> Box<Place> {
        self.places.at(self.path)
    }

    fn value(self, key: &str, reason: impl ToString) -> StoreError {
        StoreError::Value {
            place: self.at(key),
            reason: reason.to_string(),
        }
    }
}

/// Rows of one table: of the case, then of the file beside it.
struct Rows<R> {
    table: &'static str,
    of_case: Vec<R>,
    of_file: Option<(Vec<R>, Places)>,
}

impl<R> Rows<R> {
    fn each<T>(
        self,
        places: &Places,
        mut convert: impl FnMut(R, RowPlace<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        let beside = self
            .of_file
            .map_or_else(|| (Vec::new(), None), |(rows, places)| (rows, Some(places)));
        let parts = [(self.of_case, Some(places)), (beside.0, beside.1.as_ref())];
        for (rows, places) in parts {
            let Some(places) = places else { continue };
            for (index, row) in rows.into_iter().enumerate() {
                let path = joined(self.table, &index.to_string());
                found.push(convert(
                    row,
                    RowPlace {
                        path: &path,
                        places,
                    },
                )?);
            }
        }
        Ok(found)
    }
}

/// What may stand once alone: of two values, neither is the one to take.
#[derive(Default)]
struct Once(BTreeSet<(&'static str, String)>);

impl Once {
    fn need(
        &mut self,
        (what, name): (&'static str, String),
        at: RowPlace<'_>,
    ) -> Result<(), StoreError> {
        if self.0.insert((what, name.clone())) {
            return Ok(());
        }
        Err(StoreError::NamedTwice {
            place: at.row(),
            what,
            name,
        })
    }
}

impl Around<'_> {
    /// Rows of a table, with those of the file that `key` of `[follow_up]` names.
    fn rows<R: DeserializeOwned>(
        &self,
        table: &'static str,
        of_case: Vec<R>,
        key: &str,
        written: Option<&String>,
        files: &mut Vec<String>,
    ) -> Result<Rows<R>, StoreError> {
        let mut of_file = None;
        if let Some(written) = written {
            let at = joined("follow_up", key);
            let Some(folder) = self.folder else {
                return Err(StoreError::NothingThere {
                    place: self.places.at(&at),
                    path: written.clone(),
                });
            };
            let text = read_beside(folder, written, &at, self.places)?;
            if let Some(node) =
                Node::root(self.schema).and_then(|root| root.property(table)?.items())
            {
                of_file = Some(rows(written, &text, table, node)?);
                files.push(written.clone());
            }
        }
        Ok(Rows {
            table,
            of_case,
            of_file,
        })
    }
}

/// What became of the patient, with the laboratory values of file and case.
pub(super) fn follow_up(
    rows: FollowUpRows,
    around: &Around<'_>,
) -> Result<(FollowUp, Vec<Laboratory>), StoreError> {
    let FollowUpRows {
        head,
        laboratory,
        lesion,
        scan,
        measurement,
        liver_volume,
        marker,
        symptom,
        analogue,
        normal_range,
        event,
        performance,
        later_therapy,
        status,
    } = rows;
    let places = around.places;
    let mut files = Vec::new();
    let mut once = Once::default();
    let laboratory = around
        .rows(
            "laboratory",
            laboratory,
            "laboratory",
            head.laboratory.as_ref(),
            &mut files,
        )?
        .each(places, |row, at| {
            let read = super::laboratory_day(&row, at.path, at.places)?;
            once.need(("laboratory values of", read.taken.to_string()), at)?;
            Ok(read)
        })?;
    let lesions = around.rows(
        "lesion",
        lesion,
        "lesions",
        head.lesions.as_ref(),
        &mut files,
    )?;
    let lesions = lesion::lesions(lesions, around)?;
    let mut readings = Readings::new(&lesions, head.reader.as_deref());
    around
        .rows("scan", scan, "scans", head.scans.as_ref(), &mut files)?
        .each(places, |row, at| readings.add_scan(row, at))?;
    around
        .rows(
            "measurement",
            measurement,
            "measurements",
            head.measurements.as_ref(),
            &mut files,
        )?
        .each(places, |row, at| readings.add_measurement(row, at))?;
    let (scans, measurements) = readings.read();
    if let Some(name) = &head.reader {
        lesion::check_reader(name, &scans, &measurements, places)?;
    }
    let mut liver_volumes = around
        .rows(
            "liver_volume",
            liver_volume,
            "liver_volumes",
            head.liver_volumes.as_ref(),
            &mut files,
        )?
        .each(places, |row, at| {
            let read = course::liver_volumes(row, at)?;
            once.need(("volumes of the liver on", read.day.to_string()), at)?;
            Ok(read)
        })?;
    let mut markers = around
        .rows(
            "marker",
            marker,
            "markers",
            head.markers.as_ref(),
            &mut files,
        )?
        .each(places, |row, at| {
            let read = course::marker(row, at)?;
            let name = format!("{} on {}", read.name, read.value.day);
            once.need(("marker", name), at)?;
            Ok(read)
        })?;
    let mut symptoms = around
        .rows(
            "symptom",
            symptom,
            "symptoms",
            head.symptoms.as_ref(),
            &mut files,
        )?
        .each(places, |row, at| {
            let read = course::symptom(row, at)?;
            let name = format!("{} on {}", read.name, read.value.day);
            once.need(("symptom", name), at)?;
            Ok(read)
        })?;
    let mut analogues = around
        .rows(
            "analogue",
            analogue,
            "analogues",
            head.analogues.as_ref(),
            &mut files,
        )?
        .each(places, |row, at| {
            let read = course::analogue(row, at)?;
            once.need(("somatostatin analogue from", read.from.to_string()), at)?;
            Ok(read)
        })?;
    let mut events = around
        .rows("event", event, "events", head.events.as_ref(), &mut files)?
        .each(places, course::event)?;
    let mut performances = around
        .rows(
            "performance",
            performance,
            "performance",
            head.performance.as_ref(),
            &mut files,
        )?
        .each(places, course::performance)?;
    let of_case = |table| Rows {
        table,
        of_case: normal_range,
        of_file: None,
    };
    let normal_ranges = of_case("normal_range").each(places, |row, at| {
        let read = course::normal_range(row, at)?;
        let from = read
            .from
            .map_or_else(|| "the beginning".to_owned(), |day| day.to_string());
        let name = format!("{} from {from}", LaboratoryTest::name(read.test));
        once.need(("normal range of", name), at)?;
        Ok(read)
    })?;
    let later = Rows {
        table: "later_therapy",
        of_case: later_therapy,
        of_file: None,
    };
    let first = around.administrations.iter().map(|given| given.at).min();
    let mut later_therapies =
        later.each(places, |row, at| course::later_therapy(row, first, at))?;
    let status = status
        .map(|row| {
            course::status(
                row,
                RowPlace {
                    path: "status",
                    places,
                },
            )
        })
        .transpose()?;
    liver_volumes.sort_by_key(|volume| volume.day);
    markers.sort_by_key(|sample| sample.value.day);
    symptoms.sort_by_key(|report| report.value.day);
    analogues.sort_by_key(|prescription| prescription.from);
    events.sort_by_key(|event| event.onset);
    performances.sort_by_key(|performance| performance.day);
    later_therapies.sort_by_key(|therapy| therapy.day);
    Ok((
        FollowUp {
            baseline: head.baseline.map(day),
            reader: head.reader,
            files,
            lesions,
            scans,
            measurements,
            liver_volumes,
            markers,
            symptoms,
            analogues,
            normal_ranges,
            events,
            performance: performances,
            later_therapies,
            status,
        },
        laboratory,
    ))
}

/// A day as criteria count it.
fn day(written: Written<WrittenDay>) -> Day {
    counted(written.0.0)
}

/// A length as criteria count it.
fn diameter(
    length: Option<Written<Length>>,
    key: &str,
    at: RowPlace<'_>,
) -> Result<Option<Diameter>, StoreError> {
    length
        .map(|Written(length)| {
            Diameter::from_mm(length.as_mm()).map_err(|error| at.value(key, error))
        })
        .transpose()
}
