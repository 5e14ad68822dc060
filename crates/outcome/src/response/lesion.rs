//! A lesion: what stays the same from scan to scan.

use std::fmt;

/// The organ that holds a lesion; lymph nodes count as one organ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Organ {
    /// Not said: limits per organ cannot be applied.
    #[default]
    Unknown,
    /// Liver.
    Liver,
    /// Lung.
    Lung,
    /// Lymph nodes of any place.
    LymphNode,
    /// Bone.
    Bone,
    /// Pancreas.
    Pancreas,
    /// Any other, by its name.
    Other(String),
}

impl Organ {
    /// From the name that a table uses, in any case and number.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let lower = name.trim().to_lowercase();
        match lower.as_str() {
            "" => Self::Unknown,
            "liver" | "hepatic" => Self::Liver,
            "lung" | "lungs" => Self::Lung,
            "bone" | "bones" => Self::Bone,
            "pancreas" => Self::Pancreas,
            _ if lower.contains("lymph node") || lower == "node" || lower == "nodes" => {
                Self::LymphNode
            }
            _ if lower.starts_with("liver") => Self::Liver,
            _ => Self::Other(lower),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown => "unknown organ",
            Self::Liver => "liver",
            Self::Lung => "lung",
            Self::LymphNode => "lymph node",
            Self::Bone => "bone",
            Self::Pancreas => "pancreas",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Organ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which diameter of a lesion counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LesionKind {
    /// A mass: its longest diameter.
    #[default]
    Mass,
    /// A lymph node: its short axis.
    Node,
    /// A lymph node at the hepatic hilum, which some criteria ask more of.
    HilarNode,
}

impl LesionKind {
    /// Whether it is a lymph node.
    #[must_use]
    pub const fn is_node(self) -> bool {
        matches!(self, Self::Node | Self::HilarNode)
    }
}

/// What a reader made of a lesion at baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LesionRole {
    /// Nothing: criteria select targets by their own rules.
    #[default]
    Unassigned,
    /// A target, as the reader chose.
    Target,
    /// Followed, not measured.
    NonTarget,
    /// Not there at baseline.
    New,
}

/// Whether a lesion may be measurable at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measurability {
    /// When it is large enough.
    #[default]
    BySize,
    /// Never: effusion, ascites, a cyst, bone without soft tissue.
    Never,
    /// It was irradiated or treated locally before and has not progressed since.
    LocallyTreated,
}

/// A lesion with the identity that lasts from scan to scan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lesion {
    /// Name that readers use (DICOM Tracking Identifier, SDTM TULNKID).
    pub tracking_id: String,
    /// DICOM Tracking UID, where there is one.
    pub tracking_uid: Option<String>,
    /// Where it is.
    pub organ: Organ,
    /// Mass or node.
    pub kind: LesionKind,
    /// What the reader made of it.
    pub role: LesionRole,
    /// Whether it can be measurable.
    pub measurability: Measurability,
    /// The lesion, by its place in the record, that this is a fragment of.
    pub fragment_of: Option<u32>,
    /// Mean absorbed dose in Gy of all treatments, where it is known.
    pub mean_dose_gy: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_organs_by_the_names_of_tables() {
        assert_eq!(Organ::named("LIVER"), Organ::Liver);
        assert_eq!(Organ::named("Liver, segment VIII"), Organ::Liver);
        assert_eq!(Organ::named("MESENTERIC LYMPH NODES"), Organ::LymphNode);
        assert_eq!(
            Organ::named("Adrenal gland"),
            Organ::Other("adrenal gland".to_owned())
        );
        assert_eq!(Organ::named(" "), Organ::Unknown);
    }
}
