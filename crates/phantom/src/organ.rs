//! What the phantom has contours and masks of.

use crate::anatomy::Part;
use crate::lesion::{LESIONS, Lobe};

/// A structure of the phantom; each holds what lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Organ {
    /// Everything inside the skin.
    Body,
    /// Right lung.
    RightLung,
    /// Left lung.
    LeftLung,
    /// Liver with tumours.
    Liver,
    /// Right lobe with its tumours.
    RightLobe,
    /// Left lobe with its tumours.
    LeftLobe,
    /// Spleen.
    Spleen,
    /// Vertebral column.
    Spine,
    /// Gallbladder.
    Gallbladder,
    /// Stomach with its gas.
    Stomach,
    /// A metastasis by its position in [`LESIONS`].
    Lesion(usize),
}

impl Organ {
    /// The organs that are there at every date.
    pub const ALWAYS: [Self; 10] = [
        Self::Body,
        Self::RightLung,
        Self::LeftLung,
        Self::Liver,
        Self::RightLobe,
        Self::LeftLobe,
        Self::Spleen,
        Self::Spine,
        Self::Gallbladder,
        Self::Stomach,
    ];

    /// Name of the structure.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Body => "Body",
            Self::RightLung => "Lung right",
            Self::LeftLung => "Lung left",
            Self::Liver => "Liver",
            Self::RightLobe => "Liver right lobe",
            Self::LeftLobe => "Liver left lobe",
            Self::Spleen => "Spleen",
            Self::Spine => "Spine",
            Self::Gallbladder => "Gallbladder",
            Self::Stomach => "Stomach",
            Self::Lesion(number) => LESIONS.get(number).map_or("Tumour", |design| design.name),
        }
    }

    /// Number of the structure, the same at every date.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Body => 1,
            Self::RightLung => 2,
            Self::LeftLung => 3,
            Self::Liver => 4,
            Self::RightLobe => 5,
            Self::LeftLobe => 6,
            Self::Spleen => 7,
            Self::Spine => 8,
            Self::Gallbladder => 9,
            Self::Stomach => 10,
            // There are seven lesions, so this stays far from a wrap.
            Self::Lesion(number) => 11 + u32::try_from(number).unwrap_or(u32::MAX - 11),
        }
    }

    /// Colour for display, red, green, blue.
    #[must_use]
    pub fn colour(self) -> [u8; 3] {
        match self {
            Self::Body => [200, 170, 140],
            Self::RightLung => [120, 180, 230],
            Self::LeftLung => [90, 150, 210],
            Self::Liver => [150, 90, 50],
            Self::RightLobe => [180, 110, 60],
            Self::LeftLobe => [200, 140, 80],
            Self::Spleen => [140, 60, 120],
            Self::Spine => [230, 220, 190],
            Self::Gallbladder => [80, 160, 70],
            Self::Stomach => [230, 150, 160],
            Self::Lesion(number) => [
                [230, 30, 30],
                [240, 120, 0],
                [250, 200, 0],
                [0, 170, 170],
                [200, 0, 200],
                [60, 60, 240],
                [0, 200, 60],
            ][number % 7],
        }
    }

    /// Whether a part belongs to this structure.
    pub(crate) fn holds(self, part: Part) -> bool {
        let lobe_of = |number: usize| LESIONS.get(number).map(|design| design.lobe);
        match self {
            Self::Body => part != Part::Outside,
            Self::RightLung => part == Part::RightLung,
            Self::LeftLung => part == Part::LeftLung,
            Self::Liver => matches!(part, Part::Liver(_) | Part::Lesion(_)),
            Self::RightLobe => match part {
                Part::Liver(lobe) => lobe == Lobe::Right,
                Part::Lesion(number) => lobe_of(number) == Some(Lobe::Right),
                _ => false,
            },
            Self::LeftLobe => match part {
                Part::Liver(lobe) => lobe == Lobe::Left,
                Part::Lesion(number) => lobe_of(number) == Some(Lobe::Left),
                _ => false,
            },
            Self::Spleen => part == Part::Spleen,
            Self::Spine => part == Part::Spine,
            Self::Gallbladder => part == Part::Gallbladder,
            Self::Stomach => matches!(part, Part::Stomach | Part::StomachGas),
            Self::Lesion(number) => part == Part::Lesion(number),
        }
    }
}
