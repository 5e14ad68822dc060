//! Units, decay and radiopharmaceutical of an activity image, as recorded.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use jiff::civil::DateTime;
use sirt_image::{DecayCorrection, InstantOf, PixelUnits, Recorded};
use sirt_quantity::{Activity, TimeSpan};

use super::attribute::{CodedConcept, attribute_name};
use super::element::DataSet;
use super::enhanced::group_items;
use super::instance::SeriesKind;
use super::instant::parse_time;
use super::object::Object;
use super::pixel::Rescale;
use crate::DicomError;

/// Facts of one object of an activity series.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct RadiopharmaceuticalFacts {
    pub(crate) units: Option<Recorded<PixelUnits>>,
    pub(crate) suv_type: Option<Recorded<String>>,
    /// Slices that the volume had when it was made.
    pub(crate) slices: Option<usize>,
    pub(crate) decay_correction: Option<Recorded<DecayCorrection>>,
    /// A decay correction that is none of the defined terms.
    pub(crate) decay_correction_unknown: Option<String>,
    pub(crate) decay_reference: Option<Recorded<DateTime>>,
    pub(crate) nuclide: Option<Recorded<String>>,
    pub(crate) half_life: Option<Recorded<TimeSpan>>,
    pub(crate) positron_fraction: Option<Recorded<f64>>,
    pub(crate) administered: Option<Recorded<Activity>>,
    /// An administered activity that nothing says to be in Bq or MBq.
    pub(crate) administered_without_unit: Option<f64>,
    pub(crate) administration_start: Option<Recorded<InstantOf>>,
    pub(crate) patient_weight_kg: Option<Recorded<f64>>,
    pub(crate) corrections: Option<Recorded<Vec<String>>>,
    pub(crate) attenuation_method: Option<String>,
    pub(crate) scatter_method: Option<String>,
    pub(crate) frame_reference: Option<TimeSpan>,
    pub(crate) frame_duration: Option<TimeSpan>,
    pub(crate) decay_factor: Option<f64>,
    /// GE's private scan date and time.
    pub(crate) ge_scan_start: Option<DateTime>,
    pub(crate) series_type: Vec<String>,
    pub(crate) radiopharmaceuticals: usize,
}

impl RadiopharmaceuticalFacts {
    /// Reads what `set` says.
    pub(crate) fn read(set: &DataSet<'_>, kind: SeriesKind, sop_class: Option<&str>) -> Self {
        let zone = set.zone_minutes();
        let pharmaceuticals = set.items(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE);
        let item = pharmaceuticals.first();
        let dose = item
            .and_then(|item| item.number(tags::RADIONUCLIDE_TOTAL_DOSE))
            .filter(|dose| *dose > 0.0);
        // Bq in PET slices and what was converted from them, MBq in NM and
        // enhanced PET objects (PS3.3 C.8.9.2, A.72, C.8.4.10, C.8.22.4).
        let unit = match (kind, sop_class) {
            (SeriesKind::Nm, _) => Some(Activity::from_mbq(1.0)),
            (SeriesKind::EnhancedPet, Some(uids::LEGACY_CONVERTED_ENHANCED_PET_IMAGE_STORAGE)) => {
                Some(Activity::from_bq(1.0))
            }
            (SeriesKind::EnhancedPet, Some(_)) => Some(Activity::from_mbq(1.0)),
            (SeriesKind::EnhancedPet, None) => None,
            _ => Some(Activity::from_bq(1.0)),
        };
        let correction = set.text(tags::DECAY_CORRECTION);
        let decay_correction = match correction.as_deref() {
            Some("NONE") => Some(DecayCorrection::None),
            Some("START") => Some(DecayCorrection::Start),
            Some("ADMIN") => Some(DecayCorrection::Administration),
            _ => None,
        };
        let mut facts = Self {
            units: set
                .text(tags::UNITS)
                .map(|units| recorded(pixel_units(&units), tags::UNITS)),
            suv_type: set
                .text(tags::SUV_TYPE)
                .map(|kind| recorded(kind, tags::SUV_TYPE)),
            slices: set.count(tags::NUMBER_OF_SLICES),
            decay_correction_unknown: correction.filter(|_| decay_correction.is_none()),
            decay_correction: decay_correction.map(|value| recorded(value, tags::DECAY_CORRECTION)),
            nuclide: item.and_then(nuclide),
            half_life: item
                .and_then(|item| item.number(tags::RADIONUCLIDE_HALF_LIFE))
                .filter(|seconds| *seconds > 0.0)
                .map(|seconds| {
                    recorded(
                        TimeSpan::from_seconds(seconds),
                        tags::RADIONUCLIDE_HALF_LIFE,
                    )
                }),
            positron_fraction: item
                .and_then(|item| item.number(tags::RADIONUCLIDE_POSITRON_FRACTION))
                .map(|fraction| recorded(fraction, tags::RADIONUCLIDE_POSITRON_FRACTION)),
            administered: dose
                .zip(unit)
                .map(|(dose, unit)| recorded(unit * dose, tags::RADIONUCLIDE_TOTAL_DOSE)),
            administered_without_unit: dose.filter(|_| unit.is_none()),
            administration_start: item.and_then(|item| administration(item, zone)),
            patient_weight_kg: set
                .number(tags::PATIENT_WEIGHT)
                .filter(|weight| *weight > 0.0)
                .map(|weight| recorded(weight, tags::PATIENT_WEIGHT)),
            corrections: set
                .get(tags::CORRECTED_IMAGE)
                .map(|_| recorded(set.texts(tags::CORRECTED_IMAGE), tags::CORRECTED_IMAGE)),
            attenuation_method: set.text(tags::ATTENUATION_CORRECTION_METHOD),
            scatter_method: set.text(tags::SCATTER_CORRECTION_METHOD),
            frame_reference: milliseconds(set, tags::FRAME_REFERENCE_TIME),
            frame_duration: milliseconds(set, tags::ACTUAL_FRAME_DURATION),
            decay_factor: set.number(tags::DECAY_FACTOR),
            ge_scan_start: set
                .private(0x0009, "GEMS_PETD_01", 0x0D)
                .and_then(|tag| set.local_date_time(tag, zone)),
            series_type: set.texts(tags::SERIES_TYPE),
            radiopharmaceuticals: pharmaceuticals.len(),
            ..Self::default()
        };
        if kind == SeriesKind::EnhancedPet {
            facts.add_enhanced(set, zone);
        }
        facts
    }

    /// What the enhanced PET object says in other attributes.
    fn add_enhanced(&mut self, set: &DataSet<'_>, zone: Option<i64>) {
        self.decay_reference = set
            .local_date_time(tags::DECAY_CORRECTION_DATE_TIME, zone)
            .map(|instant| recorded(instant, tags::DECAY_CORRECTION_DATE_TIME));
        let mappings = group_items(set, 0, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE);
        let units = match known_mappings(mappings) {
            Some((units, _)) => Some(units),
            // An SUV that cannot be undone is better named than left out.
            None => mappings
                .iter()
                .filter_map(|mapping| mapping.code(tags::MEASUREMENT_UNITS_CODE_SEQUENCE))
                .find(|code| code.value.to_ascii_lowercase().contains("{suv"))
                .map(|code| PixelUnits::Other(code.value)),
        };
        if let Some(units) = units {
            self.units = Some(recorded(units, tags::MEASUREMENT_UNITS_CODE_SEQUENCE));
        }
        if self.decay_correction.is_none() {
            self.decay_correction = match set.text(tags::DECAY_CORRECTED).as_deref() {
                Some("NO") => Some(recorded(DecayCorrection::None, tags::DECAY_CORRECTED)),
                // The instant stands in (0018,9701), which goes before the term.
                Some("YES") if self.decay_reference.is_some() => {
                    Some(recorded(DecayCorrection::Start, tags::DECAY_CORRECTED))
                }
                _ => None,
            };
        }
        if self.corrections.is_none() {
            let yes = |tag: Tag| set.text(tag).as_deref() == Some("YES");
            let listed: Vec<String> = [
                (tags::ATTENUATION_CORRECTED, "ATTN"),
                (tags::SCATTER_CORRECTED, "SCAT"),
                (tags::DECAY_CORRECTED, "DECY"),
                (tags::DEAD_TIME_CORRECTED, "DTIM"),
                (tags::RANDOMS_CORRECTED, "RAN"),
            ]
            .into_iter()
            .filter(|(tag, _)| yes(*tag))
            .map(|(_, term)| term.to_owned())
            .collect();
            if set.get(tags::ATTENUATION_CORRECTED).is_some() {
                self.corrections = Some(recorded(listed, tags::ATTENUATION_CORRECTED));
            }
        }
    }
}

pub(crate) fn recorded<T>(value: T, tag: Tag) -> Recorded<T> {
    Recorded::new(value, attribute_name(tag))
}

/// Defined terms of (0054,1001).
fn pixel_units(term: &str) -> PixelUnits {
    match term {
        "BQML" => PixelUnits::BecquerelPerMl,
        "CNTS" => PixelUnits::Counts,
        "PROPCNTS" => PixelUnits::ProportionalToCounts,
        "GML" => PixelUnits::GramPerMl,
        other => PixelUnits::Other(other.to_owned()),
    }
}

/// UCUM units of a real-world value mapping.
fn ucum_units(code: &CodedConcept) -> PixelUnits {
    match code.value.to_ascii_lowercase().as_str() {
        "bq/ml" => PixelUnits::BecquerelPerMl,
        "{counts}" | "{count}" => PixelUnits::Counts,
        "{propcounts}" => PixelUnits::ProportionalToCounts,
        // By body weight; the others, such as g/ml{SUVlbm}, cannot be undone.
        "g/ml{suvbw}" | "g/ml{suv}" => PixelUnits::GramPerMl,
        _ => PixelUnits::Other(code.value.clone()),
    }
}

/// Real-world value mappings in Bq/mL where there are any, else in the first
/// known unit: that unit with the scale of each.
fn known_mappings(mappings: &[DataSet<'_>]) -> Option<(PixelUnits, Vec<Rescale>)> {
    let known: Vec<(PixelUnits, Rescale)> = mappings
        .iter()
        .filter_map(|mapping| {
            let units = ucum_units(&mapping.code(tags::MEASUREMENT_UNITS_CODE_SEQUENCE)?);
            let rescale = Rescale {
                slope: mapping.number(tags::REAL_WORLD_VALUE_SLOPE)?,
                intercept: mapping
                    .number(tags::REAL_WORLD_VALUE_INTERCEPT)
                    .unwrap_or(0.0),
            };
            (!matches!(units, PixelUnits::Other(_))).then_some((units, rescale))
        })
        .collect();
    let units = known
        .iter()
        .map(|(units, _)| units)
        .find(|units| **units == PixelUnits::BecquerelPerMl)
        .or(known.first().map(|(units, _)| units))?
        .clone();
    let scales = known
        .into_iter()
        .filter(|(unit, _)| *unit == units)
        .map(|(_, rescale)| rescale)
        .collect();
    Some((units, scales))
}

/// The real-world value mapping in Bq/mL where there is one, else the first in
/// another known unit; mappings of one unit that disagree are refused.
pub(crate) fn real_world(
    object: &Object<'_>,
    mappings: &[DataSet<'_>],
) -> Result<Option<(Rescale, Recorded<PixelUnits>)>, DicomError> {
    let Some((units, scales)) = known_mappings(mappings) else {
        return Ok(None);
    };
    // Parts of a range with slopes of their own are not told apart here.
    if scales.iter().any(|other| *other != scales[0]) {
        return Err(object.refused(
            tags::REAL_WORLD_VALUE_SLOPE,
            format!("different between mappings to {units}"),
            "one linear mapping for each unit",
        ));
    }
    let units = recorded(units, tags::MEASUREMENT_UNITS_CODE_SEQUENCE);
    Ok(Some((scales[0], units)))
}

/// Nuclide by its code's meaning, `^90^Yttrium`, or by its code alone.
fn nuclide(item: &DataSet<'_>) -> Option<Recorded<String>> {
    let code = item
        .code(tags::RADIONUCLIDE_CODE_SEQUENCE)
        .map(|code| {
            if code.meaning.is_empty() {
                code.value
            } else {
                code.meaning
            }
        })
        .map(|name| recorded(name, tags::RADIONUCLIDE_CODE_SEQUENCE));
    code.or_else(|| {
        item.text(tags::RADIOPHARMACEUTICAL)
            .map(|name| recorded(name, tags::RADIOPHARMACEUTICAL))
    })
}

fn administration(item: &DataSet<'_>, zone: Option<i64>) -> Option<Recorded<InstantOf>> {
    let full = tags::RADIOPHARMACEUTICAL_START_DATE_TIME;
    if let Some(instant) = item.local_date_time(full, zone) {
        return Some(recorded(InstantOf::DateTime(instant), full));
    }
    let bare = tags::RADIOPHARMACEUTICAL_START_TIME;
    let time = parse_time(&item.text(bare)?)?;
    Some(recorded(InstantOf::TimeOnly(time), bare))
}

fn milliseconds(set: &DataSet<'_>, tag: Tag) -> Option<TimeSpan> {
    set.number(tag)
        .map(|ms| TimeSpan::from_seconds(ms / 1000.0))
}
