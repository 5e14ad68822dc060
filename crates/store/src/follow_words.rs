//! The words of follow-up in a case file, each with what it means elsewhere.

use schemars::JsonSchema;
use serde::Deserialize;
use sirt_outcome::{
    CauseOfDeath, Certainty, ExtrahepaticSite, LesionKind, LesionRole, Measurability, Modality,
    NewLesionEvidence, StatedNonTarget, Tracer, TreatmentKind, VisualUptake,
};

/// Defines words of the file for the values of a type that knows no files.
macro_rules! words_for {
    ($(#[$doc:meta])* $name:ident is $type:ty {
        $($(#[$word_doc:meta])* $variant:ident = $word:literal means $value:expr,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
        pub(crate) enum $name {
            $($(#[$word_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// What the word means.
            pub(crate) const fn meant(self) -> $type {
                match self {
                    $(Self::$variant => $value,)+
                }
            }
        }
    };
}

words_for! {
    /// Which diameter of a lesion counts.
    KindWord is LesionKind {
        /// A mass: its longest diameter.
        Mass = "mass" means LesionKind::Mass,
        /// A lymph node: its short axis.
        Node = "node" means LesionKind::Node,
        /// A lymph node at the hepatic hilum, of which mRECIST asks more.
        HilarNode = "hilar_node" means LesionKind::HilarNode,
    }
}

words_for! {
    /// What a reader made of a lesion at baseline.
    RoleWord is LesionRole {
        /// A target.
        Target = "target" means LesionRole::Target,
        /// Followed, not measured.
        NonTarget = "non_target" means LesionRole::NonTarget,
        /// Not there at baseline.
        New = "new" means LesionRole::New,
    }
}

words_for! {
    /// Whether a lesion can be a target at all.
    MeasurableWord is Measurability {
        /// When it is large enough.
        BySize = "by_size" means Measurability::BySize,
        /// Never: effusion, ascites, a cyst, bone without soft tissue.
        Never = "never" means Measurability::Never,
        /// Treated locally before, without progression since.
        LocallyTreated = "locally_treated" means Measurability::LocallyTreated,
    }
}

words_for! {
    /// What made the image, or the measure.
    ModalityWord is Modality {
        /// Spiral CT.
        Ct = "ct" means Modality::Ct,
        /// CT that is not spiral.
        ConventionalCt = "conventional_ct" means Modality::ConventionalCt,
        /// MRI.
        Mri = "mri" means Modality::Mri,
        /// PET, with or without CT.
        Pet = "pet" means Modality::Pet,
        /// A radiograph of the chest.
        ChestRadiograph = "chest_radiograph" means Modality::ChestRadiograph,
        /// A caliper on the skin.
        Caliper = "caliper" means Modality::Caliper,
    }
}

words_for! {
    /// What is visible of uptake against baseline.
    UptakeWord is VisualUptake {
        /// As its surroundings.
        Normal = "normal" means VisualUptake::Normal,
        /// Less than at baseline.
        Less = "less" means VisualUptake::Less,
        /// As at baseline.
        Same = "same" means VisualUptake::Same,
        /// More than at baseline.
        More = "more" means VisualUptake::More,
    }
}

words_for! {
    /// How sure a reader is of a new lesion.
    CertaintyWord is Certainty {
        /// Beyond doubt.
        Unequivocal = "unequivocal" means Certainty::Unequivocal,
        /// It might be something else.
        Equivocal = "equivocal" means Certainty::Equivocal,
    }
}

words_for! {
    /// What shows a new lesion.
    EvidenceWord is NewLesionEvidence {
        /// CT, MRI or the eye.
        Anatomical = "anatomical" means NewLesionEvidence::Anatomical,
        /// FDG-PET that was negative there at baseline.
        PetAfterNegativePet = "pet_after_negative_pet" means NewLesionEvidence::PetAfterNegativePet,
        /// FDG-PET without one at baseline, confirmed by CT.
        PetConfirmedByCt = "pet_confirmed_by_ct" means NewLesionEvidence::PetConfirmedByCt,
        /// FDG-PET without one at baseline, not on CT.
        PetAlone = "pet_alone" means NewLesionEvidence::PetAlone,
        /// FDG-PET at a site that CT knew and that did not grow.
        PetOfKnownSite = "pet_of_known_site" means NewLesionEvidence::PetOfKnownSite,
    }
}

words_for! {
    /// A reader's word on all lesions that are no targets.
    NonTargetWord is StatedNonTarget {
        /// All gone.
        Complete = "complete" means StatedNonTarget::Complete,
        /// Some there, none worse beyond doubt.
        Persistent = "persistent" means StatedNonTarget::Persistent,
        /// Worse beyond doubt.
        Progressed = "progressed" means StatedNonTarget::Progressed,
        /// Not all evaluated.
        NotEvaluable = "not_evaluable" means StatedNonTarget::NotEvaluable,
    }
}

words_for! {
    /// The tracer of a PET.
    TracerWord is Tracer {
        /// F-18 fluorodeoxyglucose.
        Fdg = "fdg" means Tracer::Fdg,
        /// A ligand of the somatostatin receptor (Ga-68, Cu-64).
        SomatostatinReceptor = "somatostatin_receptor" means Tracer::SomatostatinReceptor,
    }
}

words_for! {
    /// Why a patient died.
    CauseWord is CauseOfDeath {
        /// Progression in the liver.
        LiverDisease = "liver_disease" means CauseOfDeath::LiverDisease,
        /// Progression outside of the liver.
        ExtrahepaticDisease = "extrahepatic_disease" means CauseOfDeath::ExtrahepaticDisease,
        /// The treatment.
        Treatment = "treatment" means CauseOfDeath::Treatment,
        /// Something else.
        Other = "other" means CauseOfDeath::Other,
        /// Not known.
        Unknown = "unknown" means CauseOfDeath::Unknown,
    }
}

words_for! {
    /// An organ outside of the liver in which the work-up saw uptake.
    SiteWord is ExtrahepaticSite {
        /// Stomach.
        Stomach = "stomach" means ExtrahepaticSite::Stomach,
        /// Duodenum.
        Duodenum = "duodenum" means ExtrahepaticSite::Bowel,
        /// Another part of the bowel.
        Bowel = "bowel" means ExtrahepaticSite::Bowel,
        /// Pancreas.
        Pancreas = "pancreas" means ExtrahepaticSite::Pancreas,
        /// Gallbladder.
        Gallbladder = "gallbladder" means ExtrahepaticSite::Gallbladder,
        /// Lung, more than its shunt allows.
        Lung = "lung" means ExtrahepaticSite::Lung,
    }
}

words_for! {
    /// A treatment after radioembolisation.
    LaterTherapyWord is TreatmentKind {
        /// Embolisation with or without a drug.
        Embolisation = "embolisation" means TreatmentKind::OtherLiver,
        /// Ablation.
        Ablation = "ablation" means TreatmentKind::OtherLiver,
        /// Part of the liver was taken out.
        Resection = "resection" means TreatmentKind::OtherLiver,
        /// Liver transplantation.
        Transplantation = "transplantation" means TreatmentKind::OtherLiver,
        /// External beam to the liver.
        ExternalBeam = "external_beam" means TreatmentKind::OtherLiver,
        /// Chemotherapy or targeted therapy that is new since then.
        Systemic = "systemic" means TreatmentKind::Systemic,
        /// Peptide receptor radionuclide therapy.
        Prrt = "prrt" means TreatmentKind::Systemic,
        /// A treatment of the protocol, which ends no question of response.
        Protocol = "protocol" means TreatmentKind::Protocol,
    }
}

impl LaterTherapyWord {
    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Embolisation => "embolisation",
            Self::Ablation => "ablation",
            Self::Resection => "resection",
            Self::Transplantation => "transplantation",
            Self::ExternalBeam => "external beam",
            Self::Systemic => "systemic therapy",
            Self::Prrt => "PRRT",
            Self::Protocol => "treatment of the protocol",
        }
    }
}

/// Whether a lesion could be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateWord {
    /// There; what was measured stands beside.
    #[default]
    Present,
    /// Gone.
    Absent,
    /// There, but too small to measure.
    TooSmall,
    /// Not imaged, or the image does not show it.
    NotEvaluable,
    /// Grown into the lesion that `into` names, which is measured for both.
    Merged,
    /// There, and worse beyond doubt; of a lesion that is not measured.
    Progressed,
}

/// The organ of a lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrganWord {
    /// Liver.
    Liver,
    /// Lung.
    Lung,
    /// Lymph nodes of any place: one organ.
    LymphNode,
    /// Bone.
    Bone,
    /// Pancreas.
    Pancreas,
    /// Stomach or bowel.
    Bowel,
    /// Peritoneum.
    Peritoneum,
    /// Adrenal gland.
    Adrenal,
    /// Spleen.
    Spleen,
    /// Kidney.
    Kidney,
    /// Brain.
    Brain,
    /// Skin or soft tissue.
    SoftTissue,
}

impl OrganWord {
    /// What the word means.
    pub(crate) fn meant(self) -> sirt_outcome::Organ {
        use sirt_outcome::Organ;
        match self {
            Self::Liver => Organ::Liver,
            Self::Lung => Organ::Lung,
            Self::LymphNode => Organ::LymphNode,
            Self::Bone => Organ::Bone,
            Self::Pancreas => Organ::Pancreas,
            Self::Bowel => Organ::Other("bowel".to_owned()),
            Self::Peritoneum => Organ::Other("peritoneum".to_owned()),
            Self::Adrenal => Organ::Other("adrenal gland".to_owned()),
            Self::Spleen => Organ::Other("spleen".to_owned()),
            Self::Kidney => Organ::Other("kidney".to_owned()),
            Self::Brain => Organ::Other("brain".to_owned()),
            Self::SoftTissue => Organ::Other("soft tissue".to_owned()),
        }
    }
}
