//! What one reader saw of a patient on one day.

use super::{Attenuation, Day, Diameter, Glycolysis, LesionVolume, Organ, Uptake};

/// What made the image, or the measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Modality {
    /// CT whose slices are known.
    #[default]
    Ct,
    /// CT that is not spiral.
    ConventionalCt,
    /// MRI.
    Mri,
    /// PET, with or without CT.
    Pet,
    /// A radiograph of the chest.
    ChestRadiograph,
    /// A caliper on the skin.
    Caliper,
}

/// Whether a lesion could be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LesionState {
    /// There; its measurements stand beside, or it is only followed.
    #[default]
    Present,
    /// Gone.
    Absent,
    /// There, but too small to measure.
    TooSmall,
    /// Not imaged, or the image does not show.
    NotEvaluable,
    /// Grown into another lesion, by its place in the record, which is measured for both.
    MergedInto(u32),
    /// There, and worse beyond doubt: said by the reader, of a lesion that is not measured.
    Progressed,
}

/// What is visible of the uptake of a lesion against its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisualUptake {
    /// As its surroundings.
    Normal,
    /// Less than at baseline.
    Less,
    /// As at baseline.
    Same,
    /// More than at baseline.
    More,
}

/// One lesion in one assessment; what was not measured is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LesionFinding {
    /// The lesion, by its place in the record.
    pub lesion: u32,
    /// Whether it could be seen.
    pub state: LesionState,
    /// Longest diameter in the axial plane.
    pub long_axis: Option<Diameter>,
    /// Longest diameter across the long axis, for products.
    pub perpendicular: Option<Diameter>,
    /// Short axis, for nodes.
    pub short_axis: Option<Diameter>,
    /// Longest diameter of the part that enhances in the arterial phase.
    pub enhancing_long_axis: Option<Diameter>,
    /// Diameter of that part across the former.
    pub enhancing_perpendicular: Option<Diameter>,
    /// Volume.
    pub volume: Option<LesionVolume>,
    /// Volume of the part that enhances in the arterial phase.
    pub enhancing_volume: Option<LesionVolume>,
    /// Mean density on portal venous CT.
    pub density: Option<Attenuation>,
    /// Largest SUV by body weight.
    pub suv_max: Option<Uptake>,
    /// Mean SUL in the hottest sphere of 1 cm³.
    pub sul_peak: Option<Uptake>,
    /// Total lesion glycolysis.
    pub glycolysis: Option<Glycolysis>,
    /// Longest extent of the uptake.
    pub uptake_extent: Option<Diameter>,
    /// Uptake as seen.
    pub visual: Option<VisualUptake>,
    /// A nodule within the lesion that was not there before.
    pub new_nodule: bool,
}

/// How sure a reader is of a new lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Beyond doubt.
    Unequivocal,
    /// It might be something else; treatment goes on.
    Equivocal,
}

/// What shows a new lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NewLesionEvidence {
    /// CT, MRI or the eye.
    #[default]
    Anatomical,
    /// FDG-PET, which was negative there at baseline.
    PetAfterNegativePet,
    /// FDG-PET without one at baseline, and CT shows a new site.
    PetConfirmedByCt,
    /// FDG-PET without one at baseline, and CT does not show it (yet).
    PetAlone,
    /// FDG-PET without one at baseline, at a site that CT knew before and that did not grow.
    PetOfKnownSite,
}

/// A lesion that was not there at baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLesion {
    /// The lesion, by its place in the record.
    pub lesion: u32,
    /// How sure the reader is.
    pub certainty: Certainty,
    /// What shows it.
    pub evidence: NewLesionEvidence,
}

/// A reader's word on all lesions that are not targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedNonTarget {
    /// All gone.
    Complete,
    /// Some there, none worse beyond doubt.
    Persistent,
    /// Worse beyond doubt.
    Progressed,
    /// Not all evaluated.
    NotEvaluable,
}

/// Which tracer a PET showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tracer {
    /// Not said.
    #[default]
    Unknown,
    /// F-18 fluorodeoxyglucose.
    Fdg,
    /// A ligand of the somatostatin receptor (Ga-68 or Cu-64).
    SomatostatinReceptor,
}

/// What a PET is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PetReference {
    /// The tracer.
    pub tracer: Tracer,
    /// Mean SUL of a 3 cm sphere in the right lobe of the liver.
    pub liver_mean: Option<Uptake>,
    /// Standard deviation there.
    pub liver_deviation: Option<Uptake>,
    /// Mean SUL of the blood pool.
    pub blood_mean: Option<Uptake>,
    /// Standard deviation there.
    pub blood_deviation: Option<Uptake>,
    /// Whether the liver is too diseased to be a reference.
    pub liver_diseased: bool,
    /// Minutes from injection to scan.
    pub uptake_minutes: Option<u16>,
}

/// What one reader saw on one day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assessment {
    /// The day of the scan.
    pub day: Day,
    /// Whether the day was only known roughly.
    pub day_is_rough: bool,
    /// The visit as the table calls it.
    pub visit: Option<String>,
    /// The reader, by place in the record.
    pub reader: u16,
    /// What made the image.
    pub modality: Modality,
    /// Thickness of its slices.
    pub slice_thickness: Option<Diameter>,
    /// What was seen of each lesion.
    pub findings: Vec<LesionFinding>,
    /// The organ of a lesion as this assessment says it, where it says so.
    pub stated_organs: Vec<(u32, Organ)>,
    /// What the reader says of the lesions that are not targets.
    pub non_target: Option<StatedNonTarget>,
    /// Lesions that were not there at baseline.
    pub new_lesions: Vec<NewLesion>,
    /// What a PET is compared by.
    pub pet: Option<PetReference>,
}
