//! The liver metastases: where they are, how large, how they take up.
//!
//! A lesion keeps its place in its lobe: its position is stated in the lobe's
//! own coordinates (0 to 1 from the plane between the lobes to the lobe's tip,
//! −1 to 1 from front to back and from bottom to top), so it moves along when
//! the lobe shrinks or grows.

/// A lobe of the liver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lobe {
    /// On the patient's right.
    Right,
    /// On the patient's left.
    Left,
}

/// A spherical metastasis as the phantom was drawn.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LesionDesign {
    /// Name of its structure.
    pub name: &'static str,
    /// Lobe that it lies in.
    pub lobe: Lobe,
    /// Centre in coordinates of the lobe, each without unit.
    pub place_in_lobe: [f64; 3],
    /// Diameter when first seen, mm.
    pub diameter_mm: f64,
    /// CT number in the portal venous phase, HU: below the liver's 110 it
    /// shows dark, above it bright.
    pub hounsfield: f64,
    /// Month in which it is first there; 0 for what was treated.
    pub appears_at_month: f64,
}

/// Number of lesions that are there at treatment.
pub const TREATED_LESIONS: usize = 6;

/// All lesions, those that are treated first.
///
/// The fourth takes up less than the liver and progresses; the third lies
/// under the dome, close to the lung; the sixth is below the resolution of
/// any scanner; the seventh appears at 18 months.
pub const LESIONS: [LesionDesign; TREATED_LESIONS + 1] = [
    LesionDesign {
        name: "Tumour 1",
        lobe: Lobe::Right,
        place_in_lobe: [0.42, 0.10, -0.30],
        diameter_mm: 60.0,
        hounsfield: 75.0,
        appears_at_month: 0.0,
    },
    LesionDesign {
        name: "Tumour 2",
        lobe: Lobe::Left,
        place_in_lobe: [0.455, 0.0, -0.08],
        diameter_mm: 50.0,
        hounsfield: 80.0,
        appears_at_month: 0.0,
    },
    LesionDesign {
        name: "Tumour 3",
        lobe: Lobe::Right,
        place_in_lobe: [0.34, 0.05, 0.65],
        diameter_mm: 36.0,
        hounsfield: 140.0,
        appears_at_month: 0.0,
    },
    LesionDesign {
        name: "Tumour 4",
        lobe: Lobe::Right,
        place_in_lobe: [0.78, 0.10, 0.05],
        diameter_mm: 24.0,
        hounsfield: 70.0,
        appears_at_month: 0.0,
    },
    LesionDesign {
        name: "Tumour 5",
        lobe: Lobe::Left,
        place_in_lobe: [0.30, -0.10, 0.70],
        diameter_mm: 15.0,
        hounsfield: 135.0,
        appears_at_month: 0.0,
    },
    LesionDesign {
        name: "Tumour 6",
        lobe: Lobe::Right,
        place_in_lobe: [0.20, -0.60, -0.35],
        diameter_mm: 8.0,
        hounsfield: 80.0,
        appears_at_month: 0.0,
    },
    LesionDesign {
        name: "Tumour 7",
        lobe: Lobe::Left,
        place_in_lobe: [0.35, 0.50, 0.35],
        diameter_mm: 12.0,
        hounsfield: 75.0,
        appears_at_month: 18.0,
    },
];
