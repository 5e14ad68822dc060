//! DICOM of a dose calculation: RTDOSE, BED, structure set and segmentation.

use std::path::Path;

use jiff::civil::DateTime;
use sirt_dicom::{
    BedRecord, Code, DicomFile, DoseRecord, DoseWord, Heterogeneity, HistogramRecord,
    InstanceReference, RoiPurpose, RoiRecord, SegmentRecord, SegmentationKind, SeriesContext,
    SourceReference, StudyContext, UidSeed, encode_absorbed_dose, encode_bed, encode_segmentation,
    encode_structure_set,
};
use sirt_dosimetry::{DoseVolumeHistogram, NamedMask, Role, TissueResponse};
use sirt_image::{FrameOfReference, Volume};
use sirt_quantity::{AbsorbedDose, Bed, Capacity};

use crate::colour::structure_colour;
use crate::dose::DoseCase;

/// Steps of a histogram in the DVH sequence.
const HISTOGRAM_STEPS: f64 = 1000.0;
/// First series number: behind what scanners use.
const SERIES_NUMBER: u32 = 901;

/// Where new objects belong: the study of the source, or one of their own.
struct Home {
    study: StudyContext,
    sources: Vec<SourceReference>,
    frame: FrameOfReference,
    seed: UidSeed,
    created: DateTime,
}

/// Writes dose.dcm, bed.dcm, and for structures structure_set.dcm and segmentation.dcm.
pub(crate) fn write(case: &DoseCase, out: &Path) -> anyhow::Result<Vec<String>> {
    let home = home(case);
    let dose = case
        .distribution
        .dose
        .clone()
        .with_frame_of_reference(Some(home.frame.clone()));
    let mut files: Vec<(&str, DicomFile)> = Vec::new();
    let structure_set = structure_set(case, &home)?;
    let reference = structure_set.as_ref().map(|file| file.reference().clone());
    if let Some(file) = structure_set {
        files.push(("structure_set.dcm", file));
    }
    if let Some(file) = segmentation(case, &home)? {
        files.push(("segmentation.dcm", file));
    }
    let record = dose_record(case, &home, reference)?;
    files.push((
        "dose.dcm",
        encode_absorbed_dose(&home.study, &home.series("dose", 0), &dose, &record)?,
    ));
    let liver = TissueResponse::named(Role::Liver.tissue())?;
    let record = DoseRecord {
        histograms: Vec::new(),
        structure_set: None,
        ..record
    };
    files.push((
        "bed.dcm",
        encode_bed(
            &home.study,
            &home.series("BED of liver", 1),
            &voxel_bed(&dose, &liver, case),
            &record,
            &BedRecord {
                alpha_beta: liver.alpha_beta,
                repair_half_time: liver.repair_half_time,
            },
        )?,
    ));
    let mut names = Vec::new();
    for (name, file) in files {
        file.write_to(out.join(name))?;
        names.push(name.to_owned());
    }
    Ok(names)
}

impl Home {
    fn series(&self, description: &str, offset: u32) -> SeriesContext {
        SeriesContext {
            series_uid: self.seed.uid(description),
            number: SERIES_NUMBER + offset,
            description: format!("OpenSIRT {description}"),
            created: self.created,
        }
    }
}

/// The study of the source; for an image that is no DICOM a study of its own,
/// named after nobody.
fn home(case: &DoseCase) -> Home {
    // Same numbers, same identifiers: the seed is what was computed.
    let mut seed = format!("{:?}", case.result.grid).into_bytes();
    seed.extend(case.result.method.name.bytes());
    seed.extend(case.activity.sum().to_le_bytes());
    seed.extend(case.distribution.dose.sum().to_le_bytes());
    let (study, sources) = match &case.source {
        Some(source) => {
            seed.extend(source.reference.series_uid.bytes());
            (source.study.clone(), vec![source.reference.clone()])
        }
        None => (StudyContext::default(), Vec::new()),
    };
    let seed = UidSeed::new(&seed);
    // The place in the patient is the image's, whatever is computed on it: two
    // doses of one image share it.
    let mut of_image = format!("{:?}", case.result.grid).into_bytes();
    of_image.extend(case.image_sum.to_le_bytes());
    let frame = case
        .distribution
        .dose
        .frame_of_reference()
        .cloned()
        .unwrap_or_else(|| FrameOfReference(UidSeed::new(&of_image).uid("frame of reference")));
    let study = if study.study_uid.is_empty() {
        StudyContext {
            patient_name: "UNNAMED^UNNAMED".to_owned(),
            patient_id: "UNNAMED".to_owned(),
            study_uid: seed.uid("study"),
            description: "OpenSIRT dosimetry".to_owned(),
            ..study
        }
    } else {
        study
    };
    Home {
        study,
        sources,
        frame,
        seed,
        created: now(),
    }
}

/// The present, UTC, to the second: creation dates of DICOM objects.
pub(crate) fn now() -> DateTime {
    let seconds = jiff::Timestamp::now().as_second();
    jiff::Timestamp::from_second(seconds)
        .map(|instant| jiff::tz::Offset::UTC.to_datetime(instant))
        .unwrap_or_default()
}

fn structure_set(case: &DoseCase, home: &Home) -> anyhow::Result<Option<DicomFile>> {
    if case.masks.is_empty() {
        return Ok(None);
    }
    let rois: Vec<_> = case
        .masks
        .iter()
        .zip(&case.contours)
        .enumerate()
        .map(|(at, (named, contours))| RoiRecord {
            number: roi_number(at),
            name: shortened(&named.name),
            contours,
            purpose: match named.role {
                Role::Tumour => RoiPurpose::Tumour,
                _ => RoiPurpose::Organ,
            },
            code: codes(named.role).map(|(_, property)| property),
            colour: Some(structure_colour(at)),
            automatic: true,
        })
        .collect();
    let file = encode_structure_set(
        &home.study,
        &home.series("structures", 2),
        "OpenSIRT",
        &rois,
        &home.frame,
        home.sources.first(),
    )?;
    Ok(Some(file))
}

fn segmentation(case: &DoseCase, home: &Home) -> anyhow::Result<Option<DicomFile>> {
    let segments: Vec<_> = case
        .masks
        .iter()
        .enumerate()
        .map(|(at, named)| {
            let (category, property) =
                codes(named.role).unwrap_or((Code::ANATOMICAL_STRUCTURE, Code::ORGAN));
            SegmentRecord {
                label: shortened(&named.name),
                mask: &named.mask,
                category,
                property,
                region: None,
                tracking: None,
                algorithm: Some("OpenSIRT resampling".to_owned()),
                colour: Some(structure_colour(at)),
            }
        })
        .collect();
    if segments.is_empty() {
        return Ok(None);
    }
    let file = encode_segmentation(
        &home.study,
        &home.series("segmentation", 3),
        &segments,
        &home.frame,
        SegmentationKind::FractionalOccupancy,
        None,
    )?;
    Ok(Some(file))
}

fn dose_record(
    case: &DoseCase,
    home: &Home,
    structure_set: Option<InstanceReference>,
) -> anyhow::Result<DoseRecord> {
    let result = &case.result;
    let homogeneous = result.medium.kind == "homogeneous";
    let histograms = match structure_set {
        Some(_) => histograms(&case.distribution.dose, &case.masks)?,
        None => Vec::new(),
    };
    Ok(DoseRecord {
        nuclide: case.data.nuclide.clone(),
        half_life: case.data.half_life,
        dose_factor: case.data.dose_factor,
        engine: result.method.name.to_owned(),
        density: homogeneous
            .then(|| sirt_quantity::Density::from_g_per_ml(result.medium.density_g_per_ml)),
        heterogeneity: if homogeneous {
            Heterogeneity::Water
        } else {
            Heterogeneity::Image
        },
        derivation: format!(
            "{} {}; {:.1} MBq at administration; energy closure {:.5}",
            result.program.name,
            result.program.version,
            result.activity.at_administration_mbq,
            result.energy.closure
        ),
        site: Code::LIVER,
        sources: home.sources.clone(),
        structure_set,
        histograms,
        word: DoseWord::Bits16,
    })
}

fn histograms(
    dose: &Volume<AbsorbedDose>,
    masks: &[NamedMask],
) -> anyhow::Result<Vec<HistogramRecord>> {
    masks
        .iter()
        .enumerate()
        .map(|(at, named)| {
            let histogram = DoseVolumeHistogram::of_structure(dose, &named.mask)?;
            let bin_width_gy = (histogram.max() / HISTOGRAM_STEPS).max(1e-6);
            Ok(HistogramRecord {
                roi_number: roi_number(at),
                bin_width_gy,
                cumulative: histogram
                    .sampled(bin_width_gy)?
                    .at_least
                    .into_iter()
                    .map(Capacity::from_ml)
                    .collect(),
                minimum_gy: histogram.min(),
                maximum_gy: histogram.max(),
                mean_gy: histogram.mean(),
            })
        })
        .collect()
}

/// BED of each voxel with the parameters of liver.
fn voxel_bed(dose: &Volume<AbsorbedDose>, liver: &TissueResponse, case: &DoseCase) -> Volume<Bed> {
    let half_life = case.data.half_life;
    dose.mapped(|gy| {
        liver
            .bed(AbsorbedDose::from_gy(f64::from(gy)), half_life)
            .as_gy() as f32
    })
}

fn codes(role: Role) -> Option<(Code, Code)> {
    match role {
        Role::Tumour => Some((Code::MORPHOLOGICALLY_ABNORMAL, Code::NEOPLASM)),
        Role::Liver | Role::NormalLiver => Some((Code::ANATOMICAL_STRUCTURE, Code::LIVER)),
        Role::Lung => Some((Code::ANATOMICAL_STRUCTURE, Code::LUNG)),
        Role::Other => None,
    }
}

fn roi_number(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

/// A name within the 64 characters of a DICOM long string, without its
/// separator and without control characters.
fn shortened(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '\\' => '/',
            control if control.is_control() => ' ',
            other => other,
        })
        .take(64)
        .collect()
}
