//! Volumes, markers, symptoms, analogues, events, performance and status.

use sirt_outcome::{AnaloguePrescription, MarkerValue, Status, SymptomValue};
use sirt_quantity::{
    Albumin, Bilirubin, Capacity, Creatinine, EnzymeActivity, Haemoglobin, LymphocyteCount,
    PlateletCount,
};

use super::{RowPlace, day};
use crate::follow_up::{
    CaseEvent, LaterTherapy, LiverVolumes, MarkerSample, NormalRange, Performance, StatedStatus,
    SymptomReport,
};
use crate::follow_words::CauseWord;
use crate::read::range::within;
use crate::row::{
    AnalogueRow, EventRow, LaterTherapyRow, LiverVolumeRow, MarkerRow, NormalRangeRow,
    PerformanceRow, StatusRow, SymptomRow,
};
use crate::vocabulary::LaboratoryTest;
use crate::written::Written;
use crate::written_amount::{AnyAmount, DayWithin};
use crate::written_number::shortest;
use crate::{Instant, StoreError};

/// A patient without cause of death in the record.
const UNKNOWN_CAUSE: CauseWord = CauseWord::Unknown;

fn none_of(at: RowPlace<'_>, keys: &'static str) -> StoreError {
    StoreError::OneOf {
        place: at.row(),
        keys,
        found: 0,
    }
}

pub(super) fn liver_volumes(
    row: LiverVolumeRow,
    at: RowPlace<'_>,
) -> Result<LiverVolumes, StoreError> {
    let whole = row.liver.map(|Written(volume)| volume);
    let read = |key: &str, volume: Option<Written<Capacity>>, low: f64| {
        let Some(Written(volume)) = volume else {
            return Ok(None);
        };
        within(
            volume.as_ml(),
            [low, 12_000.0],
            "mL",
            &at.path(key),
            at.places,
        )?;
        match whole {
            Some(whole) if volume > whole => Err(StoreError::OutOfRange {
                place: at.at(key),
                value: format!("{} mL", shortest(volume.as_ml())),
                allowed: format!(
                    "0..={} mL, the whole liver of the day",
                    shortest(whole.as_ml())
                ),
            }),
            _ => Ok(Some(volume)),
        }
    };
    let read = LiverVolumes {
        day: day(row.date),
        liver: read("liver", row.liver, 100.0)?,
        right: read("right", row.right, 0.0)?,
        left: read("left", row.left, 0.0)?,
        tumour: read("tumour", row.tumour, 0.0)?,
        remnant: read("remnant", row.remnant, 0.0)?,
        note: row.note,
    };
    let any = [read.liver, read.right, read.left, read.tumour, read.remnant];
    if any.iter().all(Option::is_none) {
        return Err(none_of(at, "liver, right, left, tumour, remnant (or more)"));
    }
    Ok(read)
}

pub(super) fn marker(row: MarkerRow, at: RowPlace<'_>) -> Result<MarkerSample, StoreError> {
    let Written(AnyAmount { value, unit }) = row.value;
    let upper_limit = row
        .upper_limit
        .map(|Written(limit)| {
            if limit.unit == unit {
                within(
                    limit.value,
                    [f64::MIN_POSITIVE, 1e12],
                    &unit,
                    &at.path("upper_limit"),
                    at.places,
                )?;
                Ok(limit.value)
            } else {
                Err(StoreError::OtherUnit {
                    place: at.at("upper_limit"),
                    unit: limit.unit,
                    beside: unit.clone(),
                })
            }
        })
        .transpose()?;
    within(value, [0.0, 1e12], &unit, &at.path("value"), at.places)?;
    Ok(MarkerSample {
        name: row.name,
        value: MarkerValue {
            day: day(row.date),
            value,
            unit,
            upper_limit,
            assay: row.assay,
            confounded: row.confounded_by.is_some(),
        },
        confounded_by: row.confounded_by,
    })
}

pub(super) fn symptom(row: SymptomRow, at: RowPlace<'_>) -> Result<SymptomReport, StoreError> {
    if row.grade.is_none() && row.per_day.is_none() {
        return Err(none_of(at, "grade, per_day (or both)"));
    }
    if let Some(grade) = row.grade {
        within(
            f64::from(grade),
            [0.0, 10.0],
            "",
            &at.path("grade"),
            at.places,
        )?;
    }
    if let Some(often) = row.per_day {
        within(often, [0.0, 200.0], "a day", &at.path("per_day"), at.places)?;
    }
    Ok(SymptomReport {
        name: row.name,
        scale: row.scale,
        value: SymptomValue {
            day: day(row.date),
            grade: row.grade,
            per_day: row.per_day,
        },
    })
}

pub(super) fn analogue(
    row: AnalogueRow,
    at: RowPlace<'_>,
) -> Result<AnaloguePrescription, StoreError> {
    let dose_mg = row.dose.0.mg;
    let interval_days = match row.every {
        Some(Written(span)) => span.as_hours() / 24.0,
        // What is stopped has no interval; any gives nothing.
        None if dose_mg <= 0.0 => 28.0,
        None => {
            return Err(StoreError::MissingKey {
                place: at.row(),
                key: "every".to_owned(),
                meaning: "from one injection to the next".to_owned(),
            });
        }
    };
    let prescription = AnaloguePrescription {
        from: day(row.from),
        drug: row.drug,
        dose_mg,
        interval_days,
        rescue_mg_per_day: row.rescue_per_day.map_or(0.0, |rescue| rescue.0.mg),
    };
    prescription
        .monthly_mg()
        .map_err(|error| at.value("dose", error))?;
    Ok(prescription)
}

pub(super) fn event(row: EventRow, at: RowPlace<'_>) -> Result<CaseEvent, StoreError> {
    if let Some(grade) = row.grade {
        within(
            f64::from(grade),
            [1.0, 5.0],
            "",
            &at.path("grade"),
            at.places,
        )?;
    }
    let onset = day(row.start);
    let resolved = row.end.map(day);
    if let Some(end) = resolved.filter(|end| *end < onset) {
        return Err(StoreError::WrongOrder {
            place: at.at("end"),
            event: "the end of the event",
            at: end.to_string(),
            after: "its start",
            after_at: onset.to_string(),
        });
    }
    Ok(CaseEvent {
        term: row.term,
        grade: row.grade,
        onset,
        resolved,
        organ: row.organ,
        attribution: row.attribution,
        finding: row.finding,
        treatment: row.treatment,
        note: row.note,
    })
}

pub(super) fn performance(
    row: PerformanceRow,
    at: RowPlace<'_>,
) -> Result<Performance, StoreError> {
    if row.ecog.is_none() && row.karnofsky.is_none() {
        return Err(none_of(at, "ecog, karnofsky (or both)"));
    }
    for (key, value, range) in [
        ("ecog", row.ecog, [0.0, 4.0]),
        ("karnofsky", row.karnofsky, [10.0, 100.0]),
    ] {
        if let Some(value) = value {
            within(f64::from(value), range, "", &at.path(key), at.places)?;
        }
    }
    Ok(Performance {
        day: day(row.date),
        ecog: row.ecog,
        karnofsky: row.karnofsky,
    })
}

/// A limit in the unit that grades of the test compare in.
fn limit(test: LaboratoryTest, amount: &AnyAmount) -> Result<f64, String> {
    let text = format!("{} {}", amount.value, amount.unit);
    macro_rules! read {
        ($type:ty, $as:ident) => {
            text.parse::<$type>()
                .map(<$type>::$as)
                .map_err(|error| error.to_string())
        };
    }
    match test {
        LaboratoryTest::Bilirubin => read!(Bilirubin, as_umol_per_l),
        LaboratoryTest::Albumin => read!(Albumin, as_g_per_l),
        LaboratoryTest::Creatinine => read!(Creatinine, as_umol_per_l),
        LaboratoryTest::Platelets => read!(PlateletCount, as_billion_per_l),
        LaboratoryTest::Lymphocytes => read!(LymphocyteCount, as_per_mm3),
        LaboratoryTest::Haemoglobin => read!(Haemoglobin, as_g_per_l),
        LaboratoryTest::Alt
        | LaboratoryTest::Ast
        | LaboratoryTest::Alp
        | LaboratoryTest::Ggt
        | LaboratoryTest::Lipase
        | LaboratoryTest::Amylase => read!(EnzymeActivity, as_u_per_l),
    }
}

pub(super) fn normal_range(
    row: NormalRangeRow,
    at: RowPlace<'_>,
) -> Result<NormalRange, StoreError> {
    if row.low.is_none() && row.high.is_none() {
        return Err(none_of(at, "low, high (or both)"));
    }
    let read = |key: &str, amount: Option<Written<AnyAmount>>| {
        amount
            .map(|Written(amount)| limit(row.test, &amount).map_err(|error| at.value(key, error)))
            .transpose()
    };
    let (low, high) = (read("low", row.low)?, read("high", row.high)?);
    if let (Some(low), Some(high)) = (low, high)
        && low >= high
    {
        return Err(at.value(
            "high",
            "the upper limit of normal has to lie above the lower one",
        ));
    }
    Ok(NormalRange {
        test: row.test,
        from: row.from.map(day),
        low,
        high,
    })
}

pub(super) fn later_therapy(
    row: LaterTherapyRow,
    first: Option<Instant>,
    at: RowPlace<'_>,
) -> Result<LaterTherapy, StoreError> {
    if let Some(first) = first
        .map(Instant::date)
        .filter(|first| row.date.0.0 < *first)
    {
        return Err(StoreError::WrongOrder {
            place: at.at("date"),
            event: "a later therapy",
            at: row.date.0.0.to_string(),
            after: "the first infusion",
            after_at: first.to_string(),
        });
    }
    Ok(LaterTherapy {
        kind: row.kind.meant(),
        name: row.kind.name(),
        day: day(row.date),
        note: row.note,
    })
}

pub(super) fn status(row: StatusRow, at: RowPlace<'_>) -> Result<StatedStatus, StoreError> {
    let cause = row.cause.unwrap_or(UNKNOWN_CAUSE).meant();
    let status = match (row.alive, row.died) {
        (Some(alive), None) => {
            for (key, given) in [
                ("cause", row.cause.is_some()),
                ("cause_in_words", row.cause_in_words.is_some()),
            ] {
                if given {
                    return Err(StoreError::WithoutMeaning {
                        place: at.at(key),
                        key,
                        without: "without `died`",
                    });
                }
            }
            Status::Alive {
                last_contact: day(alive),
            }
        }
        (None, Some(Written(DayWithin::On(day)))) => Status::Dead { day, cause },
        (None, Some(Written(DayWithin::Within(within)))) => Status::DeadOnUnknownDay {
            within: Some(within),
            cause,
        },
        (alive, _) => {
            return Err(StoreError::OneOf {
                place: at.row(),
                keys: "alive, died",
                found: if alive.is_some() { 2 } else { 0 },
            });
        }
    };
    Ok(StatedStatus {
        status,
        cause_in_words: row.cause_in_words,
    })
}
