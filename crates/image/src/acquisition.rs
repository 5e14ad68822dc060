//! What an activity image says about itself.
//!
//! Facts as recorded by the scanner, each with the name of the field that it
//! stands in, before anybody decides what they mean.
//! Turning them into activity at administration is the work of the decay and
//! units state machine (`sirt-dosimetry`, module `calibration`), which refuses
//! what is ambiguous; this module judges nothing.

use jiff::civil::{DateTime, Time};
use sirt_quantity::{Activity, TimeSpan};

/// A fact and the field it was read from, for example `(0054,1001) Units`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Recorded<T> {
    /// The value as recorded.
    pub value: T,
    /// Name of the field, so that a message can point at it.
    pub field: String,
}

impl<T> Recorded<T> {
    /// A value read from `field`.
    #[must_use]
    pub fn new(value: T, field: impl Into<String>) -> Self {
        Self {
            value,
            field: field.into(),
        }
    }
}

/// Unit of the stored numbers after slope and intercept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub enum PixelUnits {
    /// `BQML`: activity concentration, Bq/mL.
    BecquerelPerMl,
    /// `CNTS`: counts.
    Counts,
    /// `PROPCNTS`: proportional to counts.
    ProportionalToCounts,
    /// `GML`: standardised uptake value, g/mL.
    GramPerMl,
    /// Anything else, as spelt in the file.
    Other(String),
}

impl std::fmt::Display for PixelUnits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::BecquerelPerMl => "Bq/mL",
            Self::Counts => "counts",
            Self::ProportionalToCounts => "proportional to counts",
            Self::GramPerMl => "SUV, g/mL",
            Self::Other(unit) => unit,
        })
    }
}

/// Instant to which the stored numbers were corrected for decay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum DecayCorrection {
    /// `NONE`: each frame is as it was when acquired.
    None,
    /// `START`: to the start of the acquisition.
    Start,
    /// `ADMIN`: to the administration.
    Administration,
}

/// An instant, or a clock time that lacks its date.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub enum InstantOf {
    /// Date and time, in the local time of the acquisition.
    DateTime(DateTime),
    /// A time alone: for Y-90, where the scan is often the next day, it is
    /// ambiguous by whole days.
    TimeOnly(Time),
}

/// When one frame (slice of a classic series, frame of an enhanced one) was measured.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct FrameTiming {
    /// Start of the frame's acquisition, local time.
    pub acquisition_start: Option<DateTime>,
    /// Reference time of the frame after the series' reference (PET: (0054,1300)).
    pub frame_reference: Option<TimeSpan>,
    /// Duration of the frame.
    pub duration: Option<TimeSpan>,
    /// Decay factor that was applied to the stored numbers.
    pub decay_factor: Option<f64>,
}

/// Everything that an activity image records about units, decay and nuclide.
///
/// `None` means that the file does not say.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct ActivityAcquisition {
    /// Kind of image by its DICOM modality or file format (`PT`, `NM`, `NRRD`).
    pub modality: String,
    /// Unit of the numbers.
    pub units: Option<Recorded<PixelUnits>>,
    /// What body measure standardised uptake values were made with (`BW`,
    /// `LBM`, …).
    pub suv_type: Option<Recorded<String>>,
    /// What decay correction was applied.
    pub decay_correction: Option<Recorded<DecayCorrection>>,
    /// Instant to which an enhanced image says it was corrected.
    pub decay_reference: Option<Recorded<DateTime>>,
    /// Date and time of the series, which re-processing moves.
    pub series_start: Option<Recorded<DateTime>>,
    /// Nuclide as the scanner was told.
    pub nuclide: Option<Recorded<String>>,
    /// Half-life that the scanner used.
    pub half_life: Option<Recorded<TimeSpan>>,
    /// Positron fraction that the scanner used.
    pub positron_fraction: Option<Recorded<f64>>,
    /// Administered activity as typed in at the scanner.
    pub administered: Option<Recorded<Activity>>,
    /// Start of the administration.
    pub administration_start: Option<Recorded<InstantOf>>,
    /// Patient weight, kg, that SUV were made with.
    pub patient_weight_kg: Option<Recorded<f64>>,
    /// Corrections that the scanner lists (`ATTN`, `SCAT`, `DECY`, …).
    pub corrections: Option<Recorded<Vec<String>>>,
    /// Timing of each frame, in the order of the volume's slices.
    pub frames: Vec<FrameTiming>,
}

impl ActivityAcquisition {
    /// Earliest start of a frame, where every frame records one.
    #[must_use]
    pub fn earliest_frame_start(&self) -> Option<DateTime> {
        self.frames
            .iter()
            .map(|frame| frame.acquisition_start)
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .min()
    }
}
