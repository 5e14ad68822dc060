//! Units, physical constants, nuclide and decay data.
//!
//! Each quantity is its own type over one `f64`, so a mass is never taken for
//! a volume nor a physical dose for a biologically effective one.
//! Constructors and readers carry the unit: `Activity::from_gbq`, `as_mbq`.
//! Only physical products are operators (density × volume = mass).
//!
//! This crate opens no file, reads no clock and holds no global.

mod decay;
mod dose_factor;
mod error;
mod fraction;
mod laboratory;
mod nuclide;
mod quantities;
mod quantity_macro;

pub use decay::{decay_factor, frame_average_factor, number_of_decays};
pub use dose_factor::{DoseFactor, MEV_IN_JOULE};
pub use error::QuantityError;
pub use fraction::{Fraction, LungShuntFraction, ResidualFraction};
pub use laboratory::{
    Albumin, Bilirubin, Creatinine, EnzymeActivity, Haemoglobin, Inr, LymphocyteCount,
    PlateletCount, Sodium,
};
pub use nuclide::{Nuclide, NuclideLibrary, Sourced};
pub use quantities::{
    AbsorbedDose, Activity, ActivityConcentration, AlphaBeta, Area, Bed, Capacity, Density, Energy,
    Eqd2, Length, Mass, TimeSpan,
};
