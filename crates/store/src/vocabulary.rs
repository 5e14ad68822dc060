//! The words of a case file where a list of words allows no others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sirt_dosimetry::Role;

/// Defines a list of words, with the word of each in the file.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            JsonSchema,
        )]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word of the file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

vocabulary! {
    /// Kind of tumour, as limits and response models ask for it.
    TumourType {
        /// Metastases of a neuroendocrine tumour.
        Neuroendocrine = "neuroendocrine",
        /// Hepatocellular carcinoma.
        HepatocellularCarcinoma = "hcc",
        /// Intrahepatic cholangiocarcinoma.
        IntrahepaticCholangiocarcinoma = "icc",
        /// Metastases of colorectal cancer.
        ColorectalMetastases = "mcrc",
        /// Anything else, told in the description.
        Other = "other",
    }
}

vocabulary! {
    /// From where a planar view looks at the patient.
    PlanarViewName {
        /// From the front.
        Anterior = "anterior",
        /// From behind.
        Posterior = "posterior",
    }
}

vocabulary! {
    /// What an outline in a planar view is drawn around.
    PlanarRegionRole {
        /// A lung; all outlines of it are taken together.
        Lungs = "lungs",
        /// The liver.
        Liver = "liver",
        /// Tissue without uptake, for lungs and liver.
        Background = "background",
        /// Tissue without uptake, for the lungs alone.
        LungsBackground = "lungs_background",
        /// Tissue without uptake, for the liver alone.
        LiverBackground = "liver_background",
    }
}

vocabulary! {
    /// What places in a planar view are written in.
    PlanarUnit {
        /// Millimetre.
        Mm = "mm",
        /// Pixels of the image, the upper left corner of the first being 0.
        Pixel = "pixel",
    }
}

vocabulary! {
    /// What may differ between the images and the case.
    ImageDifference {
        /// Identifier or name among the images.
        Identifier = "identifier",
        /// Sex.
        Sex = "sex",
        /// Weight.
        Weight = "weight",
        /// Height.
        Height = "height",
        /// Day of the MAA images and that of the work-up, and of an image after
        /// treatment and the administration.
        Date = "date",
        /// Slices that a series was made of and those that are there.
        MissingSlices = "missing_slices",
    }
}

vocabulary! {
    /// What was done to the liver or the disease before.
    TherapyKind {
        /// Part of the liver was taken out.
        Resection = "resection",
        /// Liver transplantation.
        Transplantation = "transplantation",
        /// Ablation by heat, cold or current.
        Ablation = "ablation",
        /// Embolisation without drug.
        Embolisation = "embolisation",
        /// Embolisation with a drug.
        Chemoembolisation = "chemoembolisation",
        /// Microspheres with a radionuclide.
        Radioembolisation = "radioembolisation",
        /// Peptide receptor radionuclide therapy.
        Prrt = "prrt",
        /// External beam to the liver or the lungs.
        ExternalBeam = "external_beam",
        /// Chemotherapy or targeted therapy.
        Systemic = "systemic",
        /// Somatostatin analogue.
        SomatostatinAnalogue = "somatostatin_analogue",
        /// Anything else, told in the note.
        Other = "other",
    }
}

vocabulary! {
    /// Part of the liver that a territory lies in.
    Lobe {
        /// Right lobe, segments V to VIII.
        Right = "right",
        /// Left lobe, segments II to IV.
        Left = "left",
        /// The whole liver.
        Whole = "whole",
        /// Segments of either lobe.
        Segmental = "segmental",
    }
}

vocabulary! {
    /// Segment of the liver after Couinaud.
    Segment {
        /// Segment I, the caudate lobe; of neither lobe.
        I = "I",
        /// Segment II.
        Ii = "II",
        /// Segment III.
        Iii = "III",
        /// Segment IV.
        Iv = "IV",
        /// Upper part of segment IV.
        Iva = "IVa",
        /// Lower part of segment IV.
        Ivb = "IVb",
        /// Segment V.
        V = "V",
        /// Segment VI.
        Vi = "VI",
        /// Segment VII.
        Vii = "VII",
        /// Segment VIII.
        Viii = "VIII",
    }
}

impl Segment {
    /// The lobe it lies in; the caudate lobe (I) in neither.
    #[must_use]
    pub const fn lobe(self) -> Option<Lobe> {
        match self {
            Self::I => None,
            Self::Ii | Self::Iii | Self::Iv | Self::Iva | Self::Ivb => Some(Lobe::Left),
            Self::V | Self::Vi | Self::Vii | Self::Viii => Some(Lobe::Right),
        }
    }
}

vocabulary! {
    /// What a structure of the images is.
    StructureRole {
        /// A tumour or a part of one.
        Tumour = "tumour",
        /// Liver with tumour in it.
        Liver = "liver",
        /// Liver without tumour.
        NormalLiver = "normal_liver",
        /// Part of the liver that one artery feeds, with tumour in it.
        Territory = "territory",
        /// Lung, one or both.
        Lung = "lung",
        /// Stomach.
        Stomach = "stomach",
        /// Duodenum.
        Duodenum = "duodenum",
        /// Gallbladder.
        Gallbladder = "gallbladder",
        /// Pancreas.
        Pancreas = "pancreas",
        /// Bowel other than duodenum.
        Bowel = "bowel",
        /// Falciform ligament and the wall of the abdomen at it.
        Falciform = "falciform",
        /// Spleen.
        Spleen = "spleen",
        /// Kidney.
        Kidney = "kidney",
        /// Thyroid.
        Thyroid = "thyroid",
        /// Anything else.
        Other = "other",
    }
}

impl StructureRole {
    /// What it is to a liver treatment.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Tumour => Role::Tumour,
            Self::Liver => Role::Liver,
            Self::NormalLiver => Role::NormalLiver,
            Self::Lung => Role::Lung,
            _ => Role::Other,
        }
    }
}

vocabulary! {
    /// How a prescription was made.
    PrescriptionMethod {
        /// Body surface area, whole liver.
        Bsa = "bsa",
        /// Body surface area, lobe, with the involvement of the liver.
        BsaLobarForm1 = "bsa_lobar_form_1",
        /// Body surface area, lobe, with the involvement of the lobe.
        BsaLobarForm2 = "bsa_lobar_form_2",
        /// Body surface area, modified for a smaller part of the liver.
        BsaModified = "bsa_modified",
        /// By tumour involvement alone (historical).
        Empiric = "empiric",
        /// Single compartment.
        Mird = "mird",
        /// Tumour, normal liver and lungs.
        Partition = "partition",
        /// The same over several territories.
        MultiCompartment = "multi_compartment",
        /// Formula of the holmium label.
        Holmium = "holmium",
        /// Voxel dose predicted from the MAA image.
        Voxel = "voxel",
        /// Anything else.
        Other = "other",
    }
}

vocabulary! {
    /// What a treatment is for.
    Intent {
        /// To hold or shrink tumour.
        Palliative = "palliative",
        /// To have the untreated lobe grow.
        Lobectomy = "lobectomy",
        /// To ablate at most two segments.
        Segmentectomy = "segmentectomy",
        /// To make resection or transplantation possible.
        Downstaging = "downstaging",
        /// To bridge the time to transplantation.
        Bridging = "bridging",
    }
}

vocabulary! {
    /// How an adverse event stands to the treatment, as a person judged it.
    StatedAttribution {
        /// Certainly not caused by it.
        Unrelated = "unrelated",
        /// Hardly.
        Unlikely = "unlikely",
        /// It may be.
        Possible = "possible",
        /// It likely is.
        Probable = "probable",
        /// It is.
        Definite = "definite",
    }
}

vocabulary! {
    /// What was done about toxicity of the liver.
    ToxicityTreatment {
        /// Nothing: it went away.
        None = "none",
        /// Diuretics, ursodeoxycholic acid, steroids.
        NonInvasive = "non_invasive",
        /// Paracentesis, transfusion, dialysis, a shunt.
        Invasive = "invasive",
    }
}

vocabulary! {
    /// A laboratory test whose grade asks for the limits of the laboratory.
    LaboratoryTest {
        /// Total bilirubin.
        Bilirubin = "bilirubin",
        /// Alanine aminotransferase.
        Alt = "alt",
        /// Aspartate aminotransferase.
        Ast = "ast",
        /// Alkaline phosphatase.
        Alp = "alp",
        /// Gamma-glutamyltransferase.
        Ggt = "ggt",
        /// Albumin.
        Albumin = "albumin",
        /// Lymphocytes.
        Lymphocytes = "lymphocytes",
        /// Platelets.
        Platelets = "platelets",
        /// Haemoglobin.
        Haemoglobin = "haemoglobin",
        /// Creatinine.
        Creatinine = "creatinine",
        /// Lipase.
        Lipase = "lipase",
        /// Amylase.
        Amylase = "amylase",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_serde() {
        for method in PrescriptionMethod::ALL {
            assert_eq!(
                serde_json::to_value(method).unwrap(),
                serde_json::json!(method.name())
            );
        }
        assert_eq!(Lobe::ALL.len(), 4);
        assert_eq!(TumourType::HepatocellularCarcinoma.to_string(), "hcc");
    }

    #[test]
    fn segments_lie_in_the_lobes_of_couinaud() {
        let of = |lobe| {
            Segment::ALL
                .iter()
                .filter(|segment| segment.lobe() == lobe)
                .map(|segment| segment.name())
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Some(Lobe::Left)), ["II", "III", "IV", "IVa", "IVb"]);
        assert_eq!(of(Some(Lobe::Right)), ["V", "VI", "VII", "VIII"]);
        assert_eq!(of(None), ["I"]);
    }

    #[test]
    fn only_liver_tumour_and_lung_are_more_than_other_to_the_dose() {
        assert_eq!(StructureRole::NormalLiver.role(), Role::NormalLiver);
        assert_eq!(StructureRole::Duodenum.role(), Role::Other);
        assert_eq!(StructureRole::Territory.role(), Role::Other);
    }
}
