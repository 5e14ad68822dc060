//! Dose grids as RT Dose objects (PS3.3 A.18.3, C.8.8.3, C.8.8.4).
//!
//! A stored value times Dose Grid Scaling is the dose in Gy.
//! With 16 bits the scaling is `max / 65535`, so that a value is off by at
//! most `max / 131070`, 7.6e-6 of the maximum; with 32 bits by 1.2e-10.
//!
//! There is no treatment plan behind a microsphere dose, so none is invented:
//! Dose Summation Type is `PLAN_OVERVIEW`, the one value that describes the
//! treatment in the dose itself, without an RT Plan or treatment record.
//! The sum of several treatments has an item for each of them; `MULTI_PLAN`
//! would need their RT Plans.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use sirt_image::{Volume, VoxelQuantity};
use sirt_quantity::{AbsorbedDose, AlphaBeta, Bed, Capacity, Density, DoseFactor, TimeSpan};

use super::data_set::{DataSet, DicomFile, code_item, decimal_string};
use super::frames::Frames;
use super::study::{
    frame_of, purpose_items, put_common_references, put_content_time, put_frame_of_reference,
    put_series_time, series_data_set,
};
use super::{Code, InstanceReference, SeriesContext, SourceReference, StudyContext};
use crate::DicomError;

/// Longest comment: a DICOM long string.
const COMMENT_CHARACTERS: usize = 64;

const OBJECT: &str = "dose";

/// Bits of a stored dose value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DoseWord {
    /// 16 bits: the default, since every reader and the validator `dciodvfy`
    /// take it and its rounding, 7.6e-6 of the maximum, is far below any
    /// uncertainty of a dose.
    #[default]
    Bits16,
    /// 32 bits: rounding at the limit of the `f32` that volumes hold.
    Bits32,
}

/// What the dose engine knew about tissue, (3004,0014).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heterogeneity {
    /// One medium everywhere.
    Water,
    /// Densities from an image.
    Image,
    /// Densities set for structures.
    RoiOverride,
}

/// A cumulative dose-volume histogram as it goes into an RT Dose object.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramRecord {
    /// ROI number in the structure set that the dose refers to.
    pub roi_number: u32,
    /// Width of every bin, Gy, over 0.
    pub bin_width_gy: f64,
    /// Volume that receives at least the dose of the bin's lower edge; the
    /// first is the whole structure.
    pub cumulative: Vec<Capacity>,
    /// Smallest dose, Gy.
    pub minimum_gy: f64,
    /// Largest dose, Gy.
    pub maximum_gy: f64,
    /// Mean dose, Gy.
    pub mean_gy: f64,
}

/// How a dose was computed, and from what.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseRecord {
    /// Nuclide, for example `Y-90`.
    pub nuclide: String,
    /// Half-life that the dose was computed with.
    pub half_life: TimeSpan,
    /// Dose factor that the dose was computed with.
    pub dose_factor: DoseFactor,
    /// Engine in a word or two (`kernel`, `local`), at most 12 characters.
    pub engine: String,
    /// Density of the medium; `None` where it comes voxel by voxel from a CT.
    pub density: Option<Density>,
    /// What was known about tissue.
    pub heterogeneity: Heterogeneity,
    /// How the dose came about in full, at most about 800 characters.
    pub derivation: String,
    /// Treated site with its code, usually [`Code::LIVER`].
    pub site: Code,
    /// Series that the dose was computed from: activity first.
    pub sources: Vec<SourceReference>,
    /// The structure set that histograms number their structures by.
    pub structure_set: Option<InstanceReference>,
    /// Histograms; need the structure set.
    pub histograms: Vec<HistogramRecord>,
    /// Bits of a stored value.
    pub word: DoseWord,
}

/// Parameters that a biologically effective dose depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BedRecord {
    /// α/β of the tissue.
    pub alpha_beta: AlphaBeta,
    /// Repair half-time.
    pub repair_half_time: TimeSpan,
}

/// The sum of several treatments: what the object says of them.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseSumRecord {
    /// When each treatment began, on one clock for all.
    pub begins: Vec<TimeSpan>,
    /// How the sum came about, at most about 800 characters.
    pub derivation: String,
    /// Treated site with its code, usually [`Code::LIVER`].
    pub site: Code,
    /// The doses that were added.
    pub sources: Vec<SourceReference>,
    /// Bits of a stored value.
    pub word: DoseWord,
}

/// An absorbed dose as an RT Dose object, `PHYSICAL`.
///
/// # Errors
/// [`DicomError::NotWritable`] for a dose without a frame of reference, with
/// a value that is negative or not finite, for histograms without a structure
/// set, and for texts over DICOM's limits.
pub fn encode_absorbed_dose(
    study: &StudyContext,
    series: &SeriesContext,
    dose: &Volume<AbsorbedDose>,
    record: &DoseRecord,
) -> Result<DicomFile, DicomError> {
    encode(study, series, dose, account(record, "PHYSICAL", ""))
}

/// The sum of the absorbed doses of several treatments as an RT Dose object,
/// `PHYSICAL`.
///
/// # Errors
/// As [`encode_absorbed_dose`], and for less than two treatments.
pub fn encode_dose_sum(
    study: &StudyContext,
    series: &SeriesContext,
    sum: &Volume<AbsorbedDose>,
    record: &DoseSumRecord,
) -> Result<DicomFile, DicomError> {
    let treatments = record.begins.len();
    if treatments < 2 {
        return Err(DicomError::not_writable(
            OBJECT,
            format!("a sum of {treatments} treatments; at least 2 are needed"),
        ));
    }
    let begins: Vec<_> = record
        .begins
        .iter()
        .map(|begin| format!("{} h", rounded(begin.as_hours())))
        .collect();
    let comment = format!("sum of {treatments} treatments");
    let account = Account {
        dose_type: "PHYSICAL",
        derivation: format!(
            "Absorbed dose, {comment} begun at {}. {}",
            begins.join(", "),
            record.derivation
        ),
        comment,
        heterogeneity: None,
        plans: (1..=treatments)
            .map(|number| plan_overview(number, &format!("SIRT {number}"), &record.site, None))
            .collect(),
        sources: &record.sources,
        structure_set: None,
        histograms: &[],
        word: record.word,
    };
    encode(study, series, sum, account)
}

/// A biologically effective dose as an RT Dose object, `EFFECTIVE`.
///
/// # Errors
/// As [`encode_absorbed_dose`].
pub fn encode_bed(
    study: &StudyContext,
    series: &SeriesContext,
    dose: &Volume<Bed>,
    record: &DoseRecord,
    bed: &BedRecord,
) -> Result<DicomFile, DicomError> {
    let comment = format!(
        " BED a/b={}Gy Trep={}h",
        bed.alpha_beta.as_gy(),
        bed.repair_half_time.as_hours()
    );
    encode(study, series, dose, account(record, "EFFECTIVE", &comment))
}

/// What an object says beside its numbers.
struct Account<'a> {
    dose_type: &'a str,
    comment: String,
    derivation: String,
    heterogeneity: Option<Heterogeneity>,
    /// An overview for each treatment.
    plans: Vec<DataSet>,
    sources: &'a [SourceReference],
    structure_set: Option<&'a InstanceReference>,
    histograms: &'a [HistogramRecord],
    word: DoseWord,
}

fn account<'a>(record: &'a DoseRecord, dose_type: &'a str, more: &str) -> Account<'a> {
    let structure_set = record.structure_set.as_ref();
    Account {
        dose_type,
        comment: comment_text(record, more),
        derivation: derivation_text(record, more),
        heterogeneity: Some(record.heterogeneity),
        plans: vec![plan_overview(1, "SIRT", &record.site, structure_set)],
        sources: &record.sources,
        structure_set,
        histograms: &record.histograms,
        word: record.word,
    }
}

fn encode<Q: VoxelQuantity>(
    study: &StudyContext,
    series: &SeriesContext,
    dose: &Volume<Q>,
    account: Account<'_>,
) -> Result<DicomFile, DicomError> {
    let frame_of_reference = frame_of(dose, OBJECT)?;
    let frames = Frames::new(dose.grid());
    let maximum = largest(dose)?;

    let mut data = series_data_set(study, series, "RTDOSE");
    put_series_time(&mut data, series);
    put_content_time(&mut data, series);
    put_frame_of_reference(&mut data, frame_of_reference);
    data.integer(tags::INSTANCE_NUMBER, 1)
        .texts(tags::IMAGE_TYPE, VR::CS, &["DERIVED", "SECONDARY", "DOSE"])
        .text(tags::DERIVATION_DESCRIPTION, VR::ST, &account.derivation);

    frames.put_plane(&mut data, 0);
    frames.put_count(&mut data);
    let offsets: Vec<f64> = (0..frames.count())
        .map(|frame| frame as f64 * frames.spacing_mm())
        .collect();
    data.pointers(
        tags::FRAME_INCREMENT_POINTER,
        &[tags::GRID_FRAME_OFFSET_VECTOR],
    )
    .decimals(tags::GRID_FRAME_OFFSET_VECTOR, &offsets);
    put_pixels(&mut data, dose, &frames, maximum, account.word)?;

    data.text(tags::DOSE_UNITS, VR::CS, "GY")
        .text(tags::DOSE_TYPE, VR::CS, account.dose_type)
        .text(tags::DOSE_COMMENT, VR::LO, &account.comment)
        .text(tags::DOSE_SUMMATION_TYPE, VR::CS, "PLAN_OVERVIEW");
    if let Some(heterogeneity) = account.heterogeneity {
        data.text(
            tags::TISSUE_HETEROGENEITY_CORRECTION,
            VR::CS,
            match heterogeneity {
                Heterogeneity::Water => "WATER",
                Heterogeneity::Image => "IMAGE",
                Heterogeneity::RoiOverride => "ROI_OVERRIDE",
            },
        );
    }
    if !account.sources.is_empty() {
        data.sequence(
            tags::REFERENCED_INSTANCE_SEQUENCE,
            purpose_items(account.sources, &Code::SOURCE_FOR_DERIVATION),
        );
        let sources: Vec<&SourceReference> = account.sources.iter().collect();
        put_common_references(&mut data, study, &sources);
    }
    put_histograms(&mut data, &account)?;
    data.sequence(tags::PLAN_OVERVIEW_SEQUENCE, account.plans);

    // Implicit VR: the length of a decimal string has 32 bits there and 16 in
    // explicit VR, and DVH Data of many bins is one decimal string.
    data.seal(
        uids::RT_DOSE_STORAGE,
        series,
        uids::IMPLICIT_VR_LITTLE_ENDIAN,
    )
}

/// The largest value, Gy; every value must be a finite number from 0.
fn largest<Q: VoxelQuantity>(dose: &Volume<Q>) -> Result<f64, DicomError> {
    let mut maximum = 0.0_f32;
    for (at, value) in dose.values().iter().enumerate() {
        if !value.is_finite() || *value < 0.0 {
            return Err(DicomError::not_writable(
                OBJECT,
                format!(
                    "value {value} Gy of voxel {:?} is not a finite dose from 0",
                    dose.grid().index(at)
                ),
            ));
        }
        maximum = maximum.max(*value);
    }
    Ok(f64::from(maximum))
}

fn put_pixels<Q: VoxelQuantity>(
    data: &mut DataSet,
    dose: &Volume<Q>,
    frames: &Frames<'_>,
    maximum_gy: f64,
    word: DoseWord,
) -> Result<(), DicomError> {
    let (bits, levels) = match word {
        DoseWord::Bits16 => (16, f64::from(u16::MAX)),
        DoseWord::Bits32 => (32, f64::from(u32::MAX)),
    };
    // Values are divided by the scaling as printed, so that printing adds no
    // error of its own.
    let printed = decimal_string(if maximum_gy > 0.0 {
        maximum_gy / levels
    } else {
        1.0
    });
    let scaling_gy: f64 = printed.parse().map_err(|_| {
        DicomError::not_writable(
            OBJECT,
            format!("dose grid scaling {printed} Gy is no number"),
        )
    })?;
    let stored = |value: f32| (f64::from(value) / scaling_gy).round().clamp(0.0, levels);
    data.image_pixel(frames.plane(), bits, false)?;
    data.text(tags::DOSE_GRID_SCALING, VR::DS, &printed);
    let values = (0..frames.count()).flat_map(|frame| frames.values(dose, frame));
    match word {
        DoseWord::Bits16 => data.pixels_u16(values.map(|v| stored(*v) as u16).collect()),
        DoseWord::Bits32 => data.pixels_u32(&values.map(|v| stored(*v) as u32).collect::<Vec<_>>()),
    };
    Ok(())
}

/// The sentence of at most 64 characters that most viewers show.
///
/// Parts that do not fit are left out from the end; the derivation has all.
fn comment_text(record: &DoseRecord, more: &str) -> String {
    let medium = record.density.map_or_else(
        || "CT".to_owned(),
        |density| format!("{}g/mL", rounded(density.as_g_per_ml())),
    );
    let parts = [
        format!("{} {}", record.nuclide, record.engine),
        more.to_owned(),
        format!(" k={:.3}", record.dose_factor.as_gy_kg_per_gbq()),
        format!(" T={}h", rounded(record.half_life.as_hours())),
        format!(" rho={medium}"),
    ];
    let mut comment = String::new();
    for part in parts {
        if comment.chars().count() + part.chars().count() <= COMMENT_CHARACTERS {
            comment.push_str(&part);
        }
    }
    comment
}

fn rounded(value: f64) -> String {
    decimal_string((value * 1e3).round() / 1e3)
}

/// The same in words, with units, and the caller's account.
fn derivation_text(record: &DoseRecord, more: &str) -> String {
    let medium = record.density.map_or_else(
        || "density from CT".to_owned(),
        |density| format!("density {} g/mL everywhere", density.as_g_per_ml()),
    );
    format!(
        "{} dose by {}: dose factor {:.4} Gy kg/GBq, half-life {} h, {medium}.{more} {}",
        record.nuclide,
        record.engine,
        record.dose_factor.as_gy_kg_per_gbq(),
        decimal_string(record.half_life.as_hours()),
        record.derivation,
    )
    .trim_end()
    .to_owned()
}

/// The description of a treatment that has no plan object.
fn plan_overview(
    number: usize,
    label: &str,
    site: &Code,
    structure_set: Option<&InstanceReference>,
) -> DataSet {
    let mut item = DataSet::new();
    item.words(
        tags::PLAN_OVERVIEW_INDEX,
        &[u16::try_from(number).unwrap_or(u16::MAX)],
    )
    .text(tags::RT_PLAN_LABEL, VR::SH, label)
    .text(tags::TREATMENT_SITE, VR::LO, site.meaning)
    .sequence(tags::TREATMENT_SITE_CODE_SEQUENCE, vec![code_item(site)])
    .empty(tags::PRESCRIPTION_OVERVIEW_SEQUENCE, VR::SQ);
    if let Some(structure_set) = structure_set {
        item.references(
            tags::REFERENCED_STRUCTURE_SET_SEQUENCE,
            std::slice::from_ref(structure_set),
        );
    }
    item
}

fn put_histograms(data: &mut DataSet, account: &Account<'_>) -> Result<(), DicomError> {
    let Some(structure_set) = account.structure_set else {
        if account.histograms.is_empty() {
            return Ok(());
        }
        return Err(DicomError::not_writable(
            OBJECT,
            format!(
                "{} histograms need the structure set that numbers their structures",
                account.histograms.len()
            ),
        ));
    };
    data.references(
        tags::REFERENCED_STRUCTURE_SET_SEQUENCE,
        std::slice::from_ref(structure_set),
    );
    if account.histograms.is_empty() {
        return Ok(());
    }
    let items = account
        .histograms
        .iter()
        .map(|histogram| histogram_item(histogram, account.dose_type))
        .collect::<Result<_, _>>()?;
    data.sequence(tags::DVH_SEQUENCE, items);
    Ok(())
}

fn histogram_item(histogram: &HistogramRecord, dose_type: &str) -> Result<DataSet, DicomError> {
    let width = histogram.bin_width_gy;
    if !(width.is_finite() && width > 0.0) || histogram.cumulative.is_empty() {
        return Err(DicomError::not_writable(
            OBJECT,
            format!(
                "histogram of structure {} has {} bins of {width} Gy; at least one of a positive width is needed",
                histogram.roi_number,
                histogram.cumulative.len()
            ),
        ));
    }
    let pairs: Vec<f64> = histogram
        .cumulative
        .iter()
        .flat_map(|volume| [width, volume.as_ml()])
        .collect();
    let mut roi = DataSet::new();
    roi.text(tags::DVHROI_CONTRIBUTION_TYPE, VR::CS, "INCLUDED")
        .integer(tags::REFERENCED_ROI_NUMBER, histogram.roi_number as usize);
    let mut item = DataSet::new();
    item.text(tags::DVH_TYPE, VR::CS, "CUMULATIVE")
        .text(tags::DOSE_UNITS, VR::CS, "GY")
        .text(tags::DOSE_TYPE, VR::CS, dose_type)
        .decimals(tags::DVH_DOSE_SCALING, &[1.0])
        .text(tags::DVH_VOLUME_UNITS, VR::CS, "CM3")
        .integer(tags::DVH_NUMBER_OF_BINS, histogram.cumulative.len())
        .decimals(tags::DVH_DATA, &pairs)
        .sequence(tags::DVH_REFERENCED_ROI_SEQUENCE, vec![roi])
        .decimals(tags::DVH_MINIMUM_DOSE, &[histogram.minimum_gy])
        .decimals(tags::DVH_MAXIMUM_DOSE, &[histogram.maximum_gy])
        .decimals(tags::DVH_MEAN_DOSE, &[histogram.mean_gy]);
    Ok(item)
}
