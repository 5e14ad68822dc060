//! The built-in digital patient: anatomy, activity, images with noise, truth.
//!
//! A patient made of analytic solids, whose volumes and activities are known
//! in closed form, and what scanners would see of it: a contrast CT, a Tc-99m
//! MAA SPECT and planar views, a Y-90 PET, contours and masks, and a series
//! of dates after treatment.
//! The same settings and seed give the same bits on every machine and at any
//! number of threads.
//!
//! This crate opens no file and reads no clock; DICOM and the true dose are
//! made by others from what is here.

mod anatomy;
mod calendar;
mod course;
mod ct;
mod error;
mod lesion;
mod noise;
mod organ;
mod outline;
mod pet;
mod phantom;
mod planar;
mod raster;
mod scan;
mod solid;
mod spect;
mod tissue;
mod treatment;
mod truth;

pub use anatomy::{Anatomy, Part, Region, SKIN_HALF_AXES_MM, TRUNK_Z_MM};
pub use calendar::Calendar;
pub use course::{CourseLaw, FOLLOW_UP_MONTHS};
pub use ct::CtSettings;
pub use error::PhantomError;
pub use lesion::{LESIONS, LesionDesign, Lobe, TREATED_LESIONS};
pub use organ::Organ;
pub use pet::PetSettings;
pub use phantom::{IDENTITY, Identity, Phantom};
pub use planar::{PlanarSettings, PlanarTruth, PlanarView, PlanarViews};
pub use raster::ROW_SPACING_MM;
pub use scan::ActivityImage;
pub use solid::Solid;
pub use spect::{SpectMeans, SpectSettings};
pub use tissue::Tissue;
pub use treatment::{ExtrahepaticDeposit, Treatment};
pub use truth::{DateTruth, DatedStructure, LobeTruth, StructureTruth, Truth};
