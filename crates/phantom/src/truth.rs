//! What is true of the patient, to be written beside the images.

use crate::PhantomError;
use crate::calendar::Calendar;
use crate::course::{CourseLaw, FOLLOW_UP_MONTHS};
use crate::lesion::{LESIONS, Lobe, TREATED_LESIONS};
use crate::organ::Organ;
use crate::phantom::{IDENTITY, Identity, Phantom};
use crate::tissue::Tissue;
use crate::treatment::Treatment;

/// Everything that was put into the phantom, in closed form.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Truth {
    /// The patient.
    pub identity: Identity,
    /// Instants, local time.
    pub calendar: Calendar,
    /// The treatment.
    pub treatment: Treatment,
    /// Structures at treatment.
    pub structures: Vec<StructureTruth>,
    /// Liver of each lobe outside tumours, right then left.
    pub liver_outside_tumours: [LobeTruth; 2],
    /// The law of the course.
    pub course_law: CourseLaw,
    /// The dates of the series.
    pub course: Vec<DateTruth>,
}

/// A structure at treatment.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StructureTruth {
    /// Its name, as in the structure set.
    pub name: &'static str,
    /// Its number, as in the structure set.
    pub number: u32,
    /// Volume, mL.
    pub volume_ml: f64,
    /// Diameter of a sphere, mm.
    pub diameter_mm: Option<f64>,
    /// Mass, g, where the structure is of one density.
    pub mass_g: Option<f64>,
    /// Y-90 at administration, MBq.
    pub activity_mbq: f64,
    /// Mean concentration of Y-90 at administration, Bq/mL.
    pub concentration_bq_per_ml: f64,
    /// Tumour-to-normal ratio of Y-90 within the lobe.
    pub tumour_to_normal: Option<f64>,
    /// Tumour-to-normal ratio of MAA within the lobe.
    pub maa_tumour_to_normal: Option<f64>,
    /// Mean dose if all energy stayed where it is released, Gy; what a
    /// structure gives off and receives across its border is in the true dose.
    pub local_dose_gy: Option<f64>,
}

/// The liver of a lobe outside tumours.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LobeTruth {
    /// Which lobe.
    pub lobe: Lobe,
    /// Volume, mL.
    pub volume_ml: f64,
    /// Y-90 at administration, MBq.
    pub activity_mbq: f64,
    /// Mean dose if all energy stayed where it is released, Gy.
    pub local_dose_gy: f64,
}

/// One date of the series.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DateTruth {
    /// Months after treatment.
    pub month: f64,
    /// Date and time of its CT.
    pub imaged_at: jiff::civil::DateTime,
    /// Volumes of all structures that are there.
    pub structures: Vec<DatedStructure>,
}

/// A structure at one date.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DatedStructure {
    /// Its name, as in the structure set.
    pub name: &'static str,
    /// Volume, mL.
    pub volume_ml: f64,
    /// Diameter of a sphere, mm.
    pub diameter_mm: Option<f64>,
}

impl Phantom {
    /// The truth of this patient, from the treatment on.
    ///
    /// # Errors
    /// Those of the nuclide table and of the calendar.
    pub fn truth(&self) -> Result<Truth, PhantomError> {
        let start = self.at_month(0.0)?;
        let doses = start.local_lesion_doses()?;
        let structures = start
            .organs()
            .into_iter()
            .map(|organ| {
                let capacity = start.capacity(organ);
                let activity = start.administered_to(organ);
                let lesion = match organ {
                    Organ::Lesion(number) if number < TREATED_LESIONS => Some(number),
                    _ => None,
                };
                let treatment = &self.treatment;
                StructureTruth {
                    name: organ.name(),
                    number: organ.number(),
                    volume_ml: capacity.as_ml(),
                    diameter_mm: lesion.map(|number| LESIONS[number].diameter_mm),
                    mass_g: density_g_per_ml(organ).map(|density| density * capacity.as_ml()),
                    activity_mbq: activity.as_mbq(),
                    concentration_bq_per_ml: activity.as_bq() / capacity.as_ml(),
                    tumour_to_normal: lesion.map(|number| treatment.tumour_to_normal[number]),
                    maa_tumour_to_normal: lesion
                        .map(|number| treatment.maa_tumour_to_normal[number]),
                    local_dose_gy: lesion.map(|number| doses[number].as_gy()),
                }
            })
            .collect();
        let lobe_truth = |lobe| -> Result<LobeTruth, PhantomError> {
            let (capacity, activity) = start.liver_outside_tumours(lobe);
            Ok(LobeTruth {
                lobe,
                volume_ml: capacity.as_ml(),
                activity_mbq: activity.as_mbq(),
                local_dose_gy: start.local_lobe_dose(lobe)?.as_gy(),
            })
        };
        Ok(Truth {
            identity: IDENTITY,
            calendar: Calendar::BUILT_IN,
            treatment: self.treatment.clone(),
            structures,
            liver_outside_tumours: [lobe_truth(Lobe::Right)?, lobe_truth(Lobe::Left)?],
            course_law: self.law,
            course: FOLLOW_UP_MONTHS
                .into_iter()
                .map(|month| self.at_month(month)?.date_truth())
                .collect::<Result<_, _>>()?,
        })
    }

    /// Volumes and diameters of this date.
    ///
    /// # Errors
    /// Those of the calendar.
    pub fn date_truth(&self) -> Result<DateTruth, PhantomError> {
        Ok(DateTruth {
            month: self.month(),
            imaged_at: self.imaged_at()?,
            structures: self
                .organs()
                .into_iter()
                .map(|organ| DatedStructure {
                    name: organ.name(),
                    volume_ml: self.capacity(organ).as_ml(),
                    diameter_mm: match organ {
                        Organ::Lesion(number) => self.lesion_diameter_mm(number),
                        _ => None,
                    },
                })
                .collect(),
        })
    }
}

/// Density of a structure that has but one.
fn density_g_per_ml(organ: Organ) -> Option<f64> {
    let tissue = match organ {
        Organ::RightLung | Organ::LeftLung => Tissue::LUNG,
        // Tumours are as dense as liver.
        Organ::Liver | Organ::RightLobe | Organ::LeftLobe | Organ::Lesion(_) => Tissue::LIVER,
        Organ::Spleen => Tissue::SPLEEN,
        Organ::Spine => Tissue::BONE,
        Organ::Gallbladder => Tissue::BILE,
        Organ::Body | Organ::Stomach => return None,
    };
    Some(tissue.density.as_g_per_ml())
}
