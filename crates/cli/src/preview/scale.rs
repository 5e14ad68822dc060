//! What the colours of a preview stand for.

use super::layout::{DOSED_PART, TUMOUR_PART};
use crate::colour::{Rgb, difference_colour, dose_colour};

/// What the colours of a preview stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColourScale {
    /// Absorbed dose, Gy.
    Dose,
    /// One absorbed dose less another, Gy: of either sign.
    Difference,
    /// Counts of a SPECT.
    Counts,
}

impl ColourScale {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Dose => "Dose [Gy]",
            Self::Difference => "Difference [Gy]",
            Self::Counts => "Counts",
        }
    }

    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Dose | Self::Difference => " Gy",
            Self::Counts => "",
        }
    }

    /// Whether values lie on both sides of zero.
    pub(super) const fn is_signed(self) -> bool {
        matches!(self, Self::Difference)
    }

    /// How far a value is from none, in the units of the scale.
    pub(super) fn magnitude(self, value: f32) -> f32 {
        if self.is_signed() { value.abs() } else { value }
    }

    /// Colour at a fraction of the top of the scale.
    pub(super) fn colour(self, fraction: f64) -> Rgb {
        match self {
            Self::Dose | Self::Counts => dose_colour(fraction),
            Self::Difference => difference_colour(fraction),
        }
    }

    /// Opacity over the underlay at a fraction of the top of the scale.
    pub(super) fn opacity(self, fraction: f64) -> f64 {
        match self {
            Self::Dose | Self::Counts => 0.85 * (fraction / 0.5).clamp(0.0, 1.0).powf(0.8),
            Self::Difference => 0.9 * fraction.abs().min(1.0).powf(0.7),
        }
    }

    /// Which voxels set the top of the scale, and how much of them.
    pub(super) const fn covered(self, by_tumours: bool) -> (f64, &'static str) {
        match (self, by_tumours) {
            (Self::Difference, _) => (DOSED_PART, "of differing"),
            (Self::Dose | Self::Counts, true) => (TUMOUR_PART, "of tumour"),
            (Self::Dose, false) => (DOSED_PART, "of dosed"),
            (Self::Counts, false) => (DOSED_PART, "of hot"),
        }
    }
}
