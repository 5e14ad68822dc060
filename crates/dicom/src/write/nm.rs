//! Gamma camera images as NM objects (PS3.3 A.5): a reconstructed SPECT and
//! planar anterior and posterior views.
//!
//! NM objects have no rescale slope: stored values are counts, rounded to
//! whole numbers from 0 to 65535.
//! Slices of a SPECT climb along row × column from the position in the
//! detector's item, by Spacing Between Slices.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use jiff::civil::DateTime;
use sirt_image::{Counts, Volume};
use sirt_quantity::{Energy, TimeSpan};

use super::data_set::{DataSet, DicomFile};
use super::frames::Frames;
use super::radiopharmaceutical::{
    RadiopharmaceuticalRecord, TotalDoseUnit, put_radiopharmaceutical, put_supine_head_first,
};
use super::study::{
    frame_of, put_content_time, put_frame_of_reference, put_series_time, series_data_set,
};
use super::{Code, SeriesContext, StudyContext};
use crate::DicomError;

const OBJECT: &str = "nm";

/// What both kinds of gamma camera image tell.
#[derive(Debug, Clone, PartialEq)]
pub struct GammaCameraRecord {
    /// What was given.
    pub radiopharmaceutical: RadiopharmaceuticalRecord,
    /// Start of the acquisition, local time.
    pub acquired: DateTime,
    /// Duration of one view.
    pub view_duration: TimeSpan,
    /// Name of the energy window, at most 16 characters.
    pub window_name: String,
    /// Lower and upper edge of the energy window.
    pub window: [Energy; 2],
    /// Collimator, for example `LEHR`, at most 16 characters.
    pub collimator: String,
}

/// The views that a SPECT was reconstructed from.
#[derive(Debug, Clone, PartialEq)]
pub struct TomogramRecord {
    /// Number of views of one detector.
    pub views: u16,
    /// Arc of one detector, degrees.
    pub scan_arc_degrees: f64,
    /// First angle, degrees.
    pub start_angle_degrees: f64,
    /// Reconstruction in words, at most 1024 characters.
    pub reconstruction: String,
}

/// One planar image, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarView {
    /// Counts from 0 to 65535, row by row from the head.
    pub counts: Vec<f32>,
    /// Whether the detector looks at the back.
    pub posterior: bool,
}

/// Planar views of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarRecord {
    /// Number of columns and of rows.
    pub size: [usize; 2],
    /// Distance between columns and between rows, mm.
    pub spacing_mm: [f64; 2],
    /// The views, one for each detector.
    pub views: Vec<PlanarView>,
}

/// A reconstructed SPECT as one multi-frame NM object.
///
/// # Errors
/// [`DicomError::NotWritable`] without a frame of reference, for a value that
/// is not finite or outside 0..=65535, and for texts over DICOM's limits.
pub fn encode_nm_tomogram(
    study: &StudyContext,
    series: &SeriesContext,
    counts: &Volume<Counts>,
    camera: &GammaCameraRecord,
    tomogram: &TomogramRecord,
) -> Result<DicomFile, DicomError> {
    let frames = Frames::new(counts.grid());
    let mut data = camera_data_set(study, series, camera);
    put_frame_of_reference(&mut data, frame_of(counts, OBJECT)?);
    let slice_numbers: Vec<u16> = (1..=frames.count())
        .map(u16::try_from)
        .collect::<Result<_, _>>()
        .map_err(|_| {
            DicomError::not_writable(
                OBJECT,
                format!("{} slices are more than 65535", frames.count()),
            )
        })?;
    data.texts(
        tags::IMAGE_TYPE,
        VR::CS,
        &["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"],
    )
    .pointers(tags::FRAME_INCREMENT_POINTER, &[tags::SLICE_VECTOR])
    .words(tags::SLICE_VECTOR, &slice_numbers)
    .words(tags::NUMBER_OF_SLICES, &[slice_numbers.len() as u16])
    .words(tags::NUMBER_OF_DETECTORS, &[1])
    .words(tags::NUMBER_OF_ROTATIONS, &[1]);
    frames.put_count(&mut data);
    data.decimals(tags::PIXEL_SPACING, &frames.pixel_spacing())
        .decimals(tags::SLICE_THICKNESS, &[frames.spacing_mm()])
        .decimals(tags::SPACING_BETWEEN_SLICES, &[frames.spacing_mm()])
        .text(
            tags::DERIVATION_DESCRIPTION,
            VR::ST,
            &tomogram.reconstruction,
        );

    let mut detector = detector_item(camera);
    detector
        .decimals(tags::IMAGE_POSITION_PATIENT, &frames.position(0).0)
        .decimals(tags::IMAGE_ORIENTATION_PATIENT, &frames.orientation());
    data.sequence(tags::DETECTOR_INFORMATION_SEQUENCE, vec![detector]);
    data.sequence(
        tags::ROTATION_INFORMATION_SEQUENCE,
        vec![rotation_item(camera, tomogram)],
    );

    data.image_pixel(frames.plane(), 16, false)?;
    put_counts(
        &mut data,
        (0..frames.count()).flat_map(|frame| frames.values(counts, frame)),
    )?;
    seal(data, series)
}

/// Planar views as one NM object with a frame for each detector.
///
/// # Errors
/// [`DicomError::NotWritable`] without views, for a view of another size, for
/// a value that is not finite or outside 0..=65535, and for texts over
/// DICOM's limits.
pub fn encode_nm_planar(
    study: &StudyContext,
    series: &SeriesContext,
    planar: &PlanarRecord,
    camera: &GammaCameraRecord,
) -> Result<DicomFile, DicomError> {
    let [columns, rows] = planar.size;
    let detectors: Vec<u16> = (1..).take(planar.views.len()).collect();
    if detectors.is_empty() {
        return Err(DicomError::not_writable(
            OBJECT,
            "no planar view is given".to_owned(),
        ));
    }
    for view in &planar.views {
        if view.counts.len() != columns * rows {
            return Err(DicomError::not_writable(
                OBJECT,
                format!(
                    "view has {} values where {columns} columns and {rows} rows need {}",
                    view.counts.len(),
                    columns * rows
                ),
            ));
        }
    }
    let mut data = camera_data_set(study, series, camera);
    data.texts(
        tags::IMAGE_TYPE,
        VR::CS,
        &["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"],
    )
    .pointers(
        tags::FRAME_INCREMENT_POINTER,
        &[tags::ENERGY_WINDOW_VECTOR, tags::DETECTOR_VECTOR],
    )
    .words(tags::ENERGY_WINDOW_VECTOR, &vec![1; detectors.len()])
    .words(tags::DETECTOR_VECTOR, &detectors)
    .words(tags::NUMBER_OF_DETECTORS, &[detectors.len() as u16])
    .integer(tags::NUMBER_OF_FRAMES, detectors.len())
    .integer(
        tags::ACTUAL_FRAME_DURATION,
        milliseconds(camera.view_duration),
    );
    let [between_columns, between_rows] = planar.spacing_mm;
    data.decimals(tags::PIXEL_SPACING, &[between_rows, between_columns]);
    let items = planar
        .views
        .iter()
        .map(|view| {
            let mut item = detector_item(camera);
            item.empty(tags::IMAGE_POSITION_PATIENT, VR::DS)
                .empty(tags::IMAGE_ORIENTATION_PATIENT, VR::DS)
                .code(
                    tags::VIEW_CODE_SEQUENCE,
                    if view.posterior {
                        &Code::POSTERIOR_VIEW
                    } else {
                        &Code::ANTERIOR_VIEW
                    },
                );
            item
        })
        .collect();
    data.sequence(tags::DETECTOR_INFORMATION_SEQUENCE, items);
    data.image_pixel(planar.size, 16, false)?;
    put_counts(&mut data, planar.views.iter().flat_map(|view| &view.counts))?;
    seal(data, series)
}

fn seal(data: DataSet, series: &SeriesContext) -> Result<DicomFile, DicomError> {
    data.seal(
        uids::NUCLEAR_MEDICINE_IMAGE_STORAGE,
        series,
        uids::EXPLICIT_VR_LITTLE_ENDIAN,
    )
}

fn camera_data_set(
    study: &StudyContext,
    series: &SeriesContext,
    camera: &GammaCameraRecord,
) -> DataSet {
    let mut data = series_data_set(study, series, "NM");
    put_series_time(&mut data, series);
    put_content_time(&mut data, series);
    put_supine_head_first(&mut data);
    put_radiopharmaceutical(
        &mut data,
        &camera.radiopharmaceutical,
        TotalDoseUnit::Megabecquerel,
    );
    let [lower, upper] = camera.window;
    let mut range = DataSet::new();
    range
        .decimals(tags::ENERGY_WINDOW_LOWER_LIMIT, &[lower.as_kev()])
        .decimals(tags::ENERGY_WINDOW_UPPER_LIMIT, &[upper.as_kev()]);
    let mut window = DataSet::new();
    window
        .text(tags::ENERGY_WINDOW_NAME, VR::SH, &camera.window_name)
        .sequence(tags::ENERGY_WINDOW_RANGE_SEQUENCE, vec![range]);
    data.integer(tags::INSTANCE_NUMBER, 1)
        .text(tags::BODY_PART_EXAMINED, VR::CS, "ABDOMEN")
        .date(tags::ACQUISITION_DATE, camera.acquired.date())
        .time(tags::ACQUISITION_TIME, camera.acquired.time())
        .words(tags::NUMBER_OF_ENERGY_WINDOWS, &[1])
        .sequence(tags::ENERGY_WINDOW_INFORMATION_SEQUENCE, vec![window]);
    data
}

fn detector_item(camera: &GammaCameraRecord) -> DataSet {
    let mut item = DataSet::new();
    item.text(tags::COLLIMATOR_TYPE, VR::CS, "PARA")
        .text(tags::COLLIMATOR_GRID_NAME, VR::SH, &camera.collimator)
        .empty(tags::FOCAL_DISTANCE, VR::IS);
    item
}

fn rotation_item(camera: &GammaCameraRecord, tomogram: &TomogramRecord) -> DataSet {
    let mut item = DataSet::new();
    item.decimals(tags::START_ANGLE, &[tomogram.start_angle_degrees])
        .decimals(
            tags::ANGULAR_STEP,
            &[tomogram.scan_arc_degrees / f64::from(tomogram.views.max(1))],
        )
        .text(tags::ROTATION_DIRECTION, VR::CS, "CW")
        .decimals(tags::SCAN_ARC, &[tomogram.scan_arc_degrees])
        .integer(
            tags::ACTUAL_FRAME_DURATION,
            milliseconds(camera.view_duration),
        )
        .words(tags::NUMBER_OF_FRAMES_IN_ROTATION, &[tomogram.views]);
    item
}

fn milliseconds(span: TimeSpan) -> usize {
    (span.as_seconds() * 1000.0).round() as usize
}

fn put_counts<'a>(
    data: &mut DataSet,
    values: impl Iterator<Item = &'a f32>,
) -> Result<(), DicomError> {
    let mut total = 0_u64;
    let stored = values
        .map(|value| {
            let rounded = value.round();
            if (0.0..=f32::from(u16::MAX)).contains(&rounded) {
                total += rounded as u64;
                Ok(rounded as u16)
            } else {
                Err(DicomError::not_writable(
                    OBJECT,
                    format!("value {value} is outside the 0..=65535 counts that are stored"),
                ))
            }
        })
        .collect::<Result<Vec<u16>, _>>()?;
    // An integer string goes to 2^31 - 1; past it the total is left empty,
    // which the object allows.
    match i32::try_from(total) {
        Ok(total) => data.integer(tags::COUNTS_ACCUMULATED, total.unsigned_abs() as usize),
        Err(_) => data.empty(tags::COUNTS_ACCUMULATED, VR::IS),
    };
    data.pixels_u16(stored);
    Ok(())
}
