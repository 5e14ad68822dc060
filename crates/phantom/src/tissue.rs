//! Tissues: CT number in the portal venous phase and mass density.
//!
//! CT numbers are those of a contrast CT, so density does not follow from
//! them: iodine raises a liver to 110 HU and leaves its mass alone.
//! Densities of lung, muscle, adipose tissue, spleen, kidney, blood and
//! spongy bone are those of ICRU 44 (1989), rounded to two digits; CT numbers
//! are usual values of the phase, chosen, not measured.

use sirt_quantity::Density;

/// What a scanner and a dose engine see of a tissue.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Tissue {
    /// CT number, HU.
    pub hounsfield: f64,
    /// Mass density.
    pub density: Density,
}

impl Tissue {
    const fn new(hounsfield: f64, density_g_per_ml: f64) -> Self {
        Self {
            hounsfield,
            density: Density::from_g_per_ml(density_g_per_ml),
        }
    }

    /// Around the patient.
    pub const AIR: Self = Self::new(-1000.0, 0.0012);
    /// Subcutaneous fat.
    pub const FAT: Self = Self::new(-100.0, 0.95);
    /// Muscle and all soft tissue that is nothing else.
    pub const MUSCLE: Self = Self::new(60.0, 1.05);
    /// Inflated lung.
    pub const LUNG: Self = Self::new(-740.0, 0.26);
    /// Vertebral bodies: spongy bone in a thin cortex.
    pub const BONE: Self = Self::new(300.0, 1.18);
    /// Blood in the heart and the aorta.
    pub const BLOOD: Self = Self::new(150.0, 1.06);
    /// Liver without tumour.
    pub const LIVER: Self = Self::new(110.0, 1.05);
    /// Spleen.
    pub const SPLEEN: Self = Self::new(120.0, 1.06);
    /// Kidney.
    pub const KIDNEY: Self = Self::new(190.0, 1.05);
    /// Bile.
    pub const BILE: Self = Self::new(10.0, 1.02);
    /// Wall and contents of the stomach.
    pub const STOMACH: Self = Self::new(35.0, 1.03);
    /// Gas in stomach and bowel.
    pub const GAS: Self = Self::new(-980.0, 0.0012);

    /// A metastasis, which differs from the next by its contrast.
    #[must_use]
    pub const fn metastasis(hounsfield: f64) -> Self {
        Self::new(hounsfield, 1.05)
    }
}
