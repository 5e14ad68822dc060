//! Coded concepts, as DICOM names them.
//!
//! Values stand in PS3.16 (context groups named at each constant); meanings
//! are spelt as there.

/// A coded concept: value, scheme and meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Code Value (0008,0100), at most 16 characters.
    pub value: &'static str,
    /// Coding Scheme Designator (0008,0102).
    pub scheme: &'static str,
    /// Code Meaning (0008,0104), at most 64 characters.
    pub meaning: &'static str,
}

impl Code {
    const fn sct(value: &'static str, meaning: &'static str) -> Self {
        Self {
            value,
            scheme: "SCT",
            meaning,
        }
    }

    const fn dcm(value: &'static str, meaning: &'static str) -> Self {
        Self {
            value,
            scheme: "DCM",
            meaning,
        }
    }

    /// Category of organs (CID 7150).
    pub const ANATOMICAL_STRUCTURE: Self = Self::sct("91723000", "Anatomical Structure");
    /// Category of lesions (CID 7150).
    pub const MORPHOLOGICALLY_ABNORMAL: Self =
        Self::sct("49755003", "Morphologically Abnormal Structure");
    /// Category of tissues (CID 7150).
    pub const TISSUE: Self = Self::sct("85756007", "Tissue");

    /// Whole liver (CID 7151).
    pub const LIVER: Self = Self::sct("10200004", "Liver");
    /// Lung (CID 7151).
    pub const LUNG: Self = Self::sct("39607008", "Lung");
    /// Spleen (CID 7151).
    pub const SPLEEN: Self = Self::sct("78961009", "Spleen");
    /// Stomach (CID 7151).
    pub const STOMACH: Self = Self::sct("69695003", "Stomach");
    /// Gallbladder (CID 7151).
    pub const GALLBLADDER: Self = Self::sct("28231008", "Gallbladder");
    /// Spine (CID 7151).
    pub const SPINE: Self = Self::sct("421060004", "Spine");
    /// The patient's outline.
    pub const BODY: Self = Self::sct("38266002", "Entire body");
    /// Tumour of unstated origin (CID 7159).
    pub const NEOPLASM: Self = Self::sct("108369006", "Neoplasm");
    /// Metastasis (CID 7159).
    pub const METASTASIS: Self = Self::sct("14799000", "Neoplasm, Secondary");
    /// A region without a better name (CID 7166).
    pub const ORGAN: Self = Self::sct("91772007", "Organ");

    /// Y-90 (CID 18, CID 4020).
    pub const YTTRIUM_90: Self = Self::sct("14691008", "^90^Yttrium");
    /// Tc-99m (CID 18).
    pub const TECHNETIUM_99M: Self = Self::sct("72454006", "^99m^Technetium");
    /// F-18 (CID 18, CID 4020).
    pub const FLUORINE_18: Self = Self::sct("77004003", "^18^Fluorine");
    /// Ga-68 (CID 18, CID 4020).
    pub const GALLIUM_68: Self = Self::sct("35337001", "^68^Gallium");
    /// Y-90 microspheres as a substance (CID 25).
    pub const YTTRIUM_90_MICROSPHERES: Self = Self::sct("764678003", "Yttrium^90^ microspheres");
    /// Tc-99m MAA (CID 25).
    pub const TECHNETIUM_99M_MAA: Self =
        Self::sct("85693008", "Technetium Tc^99m^ aggregated albumin");
    /// Intra-arterial administration (CID 11).
    pub const INTRA_ARTERIAL: Self = Self::sct("58100008", "Intra-arterial route");

    /// Anterior view (CID 26).
    pub const ANTERIOR_VIEW: Self = Self::sct("399321004", "Anterior projection");
    /// Posterior view (CID 26).
    pub const POSTERIOR_VIEW: Self = Self::sct("399001007", "Posterior projection");
    /// Patient lying down (CID 19).
    pub const RECUMBENT: Self = Self::sct("102538003", "recumbent");
    /// Patient on the back (CID 20).
    pub const SUPINE: Self = Self::sct("40199007", "supine");
    /// Head first into the gantry (CID 21).
    pub const HEADFIRST: Self = Self::sct("102540008", "headfirst");

    /// What a derived object was computed from (CID 7202).
    pub const SOURCE_FOR_DERIVATION: Self =
        Self::dcm("121322", "Source image for image processing operation");
    /// A segmentation was made (CID 7203).
    pub const SEGMENTATION: Self = Self::dcm("113076", "Segmentation");
}
