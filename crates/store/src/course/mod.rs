//! From a case to the record of its patient over time, and what stands beside it.
//!
//! This is what one patient's follow-up and a cohort of case folders begin
//! with: [`Case::course`].

mod findings;
mod laboratory;
mod record;

use std::collections::BTreeMap;

use sirt_dosimetry::{
    DatedActivity, DeliveredActivity, DosimetryError, EndOfInfusion, MeasuredResidual,
};
use sirt_outcome::evidence::cohort::PatientSymptom;
use sirt_outcome::{Day, ExtrahepaticSite, TreatmentKind};
use sirt_quantity::{Activity, ResidualFraction, TimeSpan};

pub use self::findings::{CourseFinding, CourseRule};
use crate::StudySubject;
use crate::case::{Administration, Case};
use crate::follow_up::counted;
use crate::new_case::usual_numbers;
use crate::vocabulary::TherapyKind;

/// A patient over time: readers with their records, and what stands beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseCourse {
    /// Identity, readers with their records, laboratory values and events, in
    /// the form that a study's patients have; at least one reader, and no record fails.
    pub subject: StudySubject,
    /// The reader that counts when none is asked for, by place among the readers.
    pub reader: usize,
    /// All treatments, oldest first.
    pub treatments: Vec<CourseTreatment>,
    /// Organs outside of the liver in which the work-up showed uptake; none
    /// where nobody says whether it did.
    pub sites: Option<Vec<ExtrahepaticSite>>,
    /// What contradicts beside the record.
    pub findings: Vec<CourseFinding>,
}

/// A treatment of a patient.
#[derive(Debug, Clone, PartialEq)]
pub struct CourseTreatment {
    /// Day.
    pub day: Day,
    /// What it is to response.
    pub kind: TreatmentKind,
    /// What was done, in words.
    pub name: String,
    /// Territory by name, of a radioembolisation.
    pub territory: Option<String>,
    /// Activity delivered at the infusion, of a radioembolisation.
    pub activity: Option<Activity>,
}

impl CourseTreatment {
    /// Whether it is a radioembolisation.
    #[must_use]
    pub fn is_radioembolisation(&self) -> bool {
        self.kind == TreatmentKind::Radioembolisation
    }
}

impl Case {
    /// The course of the patient; none where the case has no follow-up.
    #[must_use]
    pub fn course(&self) -> Option<CaseCourse> {
        if self.follow_up.is_empty() {
            return None;
        }
        let treatments = self.treatments();
        let (readers, reader) = record::readers(self, &treatments);
        Some(CaseCourse {
            subject: StudySubject {
                id: self.patient.pseudonym.as_str().to_owned(),
                readers,
                laboratory: laboratory::laboratory(self),
                events: laboratory::events(self),
                symptoms: self.symptoms(),
                analogue: self.follow_up.analogues.clone(),
                attributes: self.attributes(),
            },
            reader,
            treatments,
            sites: self.extrahepatic_sites(),
            findings: findings::findings(self),
        })
    }

    /// Symptoms by name, each with its reports.
    fn symptoms(&self) -> Vec<PatientSymptom> {
        let mut found: Vec<PatientSymptom> = Vec::new();
        for report in &self.follow_up.symptoms {
            match found.iter_mut().find(|known| known.name == report.name) {
                Some(known) => known.values.push(report.value),
                None => found.push(PatientSymptom {
                    name: report.name.clone(),
                    values: vec![report.value],
                }),
            }
        }
        found
    }

    /// What the patient was before treatment, by name in small letters.
    fn attributes(&self) -> BTreeMap<String, String> {
        [
            ("sex", self.patient.sex.to_string()),
            ("tumour_type", self.disease.tumour_type.to_string()),
            ("device", self.device.device.name().to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// Activity that an infusion left in the patient, at its instant.
    ///
    /// Assay and residual are brought to the infusion by the half-life of the
    /// case, without one by that of the product's nuclide; none where neither is known.
    ///
    /// # Errors
    /// Those of [`DeliveredActivity::from_measurements`], for a residual above
    /// the assay and instants out of order.
    pub(crate) fn delivered_activity(
        &self,
        given: &Administration,
    ) -> Option<Result<Activity, DosimetryError>> {
        let half_life: TimeSpan = self
            .device
            .half_life
            .or_else(|| usual_numbers(self.device.device).map(|(_, half_life)| half_life))?;
        Some(delivered(given, half_life))
    }

    /// All treatments, oldest first. A radioembolisation elsewhere before those
    /// of this case is one that response is asked of only where the case has
    /// none of its own; else it is one of the past.
    fn treatments(&self) -> Vec<CourseTreatment> {
        let mut found: Vec<CourseTreatment> = self
            .administrations
            .iter()
            .map(|given| CourseTreatment {
                day: counted(given.at.date()),
                kind: TreatmentKind::Radioembolisation,
                name: "radioembolisation".to_owned(),
                territory: Some(given.territory.clone()),
                // What contradicts has a finding of its own.
                activity: self.delivered_activity(given).and_then(Result::ok),
            })
            .collect();
        let own = !found.is_empty();
        found.extend(self.prior_therapies.iter().map(|therapy| {
            let again = therapy.kind == TherapyKind::Radioembolisation;
            CourseTreatment {
                day: counted(therapy.date),
                kind: match therapy.kind {
                    TherapyKind::Radioembolisation if !own => TreatmentKind::Radioembolisation,
                    TherapyKind::Prrt
                    | TherapyKind::Systemic
                    | TherapyKind::SomatostatinAnalogue => TreatmentKind::Systemic,
                    _ => TreatmentKind::OtherLiver,
                },
                name: if again && own {
                    "earlier radioembolisation".to_owned()
                } else {
                    therapy.kind.name().replace('_', " ")
                },
                territory: therapy.territory.clone(),
                activity: therapy.activity.map(|activity| activity.activity),
            }
        }));
        found.extend(
            self.follow_up
                .later_therapies
                .iter()
                .map(|therapy| CourseTreatment {
                    day: therapy.day,
                    kind: therapy.kind,
                    name: therapy.name.to_owned(),
                    territory: None,
                    activity: None,
                }),
        );
        found.sort_by_key(|treatment| treatment.day);
        found
    }

    /// What the work-up is said to have shown, and what a person cleared.
    fn extrahepatic_sites(&self) -> Option<Vec<ExtrahepaticSite>> {
        let stated = self
            .work_up
            .as_ref()
            .and_then(|work_up| work_up.extrahepatic.clone());
        let cleared: Vec<ExtrahepaticSite> = self
            .clearances
            .iter()
            .filter_map(|clearance| site_in(&clearance.finding))
            .collect();
        if stated.is_none() && cleared.is_empty() {
            return None;
        }
        let mut sites = stated.unwrap_or_default();
        for site in cleared {
            if !sites.contains(&site) {
                sites.push(site);
            }
        }
        Some(sites)
    }
}

fn delivered(given: &Administration, half_life: TimeSpan) -> Result<Activity, DosimetryError> {
    let assay = DatedActivity::new(given.assay.activity, given.assay.at.timestamp())?;
    let residual = match (&given.residual, given.delivered) {
        (Some(residual), _) => MeasuredResidual::Activity(DatedActivity::new(
            residual.activity,
            residual.at.timestamp(),
        )?),
        (None, Some(part)) => {
            MeasuredResidual::Fraction(ResidualFraction::from_fraction(part.rest())?)
        }
        (None, None) => MeasuredResidual::Fraction(ResidualFraction::ZERO),
    };
    // What was meant to be given does not matter to what was.
    let delivered = DeliveredActivity::from_measurements(
        given.assay.activity,
        &assay,
        &residual,
        given.at.timestamp(),
        EndOfInfusion::Complete,
        half_life,
    )?;
    Ok(delivered.delivered)
}

/// The organ that a finding names, if it names one.
fn site_in(finding: &str) -> Option<ExtrahepaticSite> {
    let finding = finding.to_lowercase();
    [
        ("stomach", ExtrahepaticSite::Stomach),
        ("gastric", ExtrahepaticSite::Stomach),
        ("duoden", ExtrahepaticSite::Bowel),
        ("bowel", ExtrahepaticSite::Bowel),
        ("jejun", ExtrahepaticSite::Bowel),
        ("pancrea", ExtrahepaticSite::Pancreas),
        ("gallbladder", ExtrahepaticSite::Gallbladder),
        ("lung", ExtrahepaticSite::Lung),
    ]
    .into_iter()
    .find(|(word, _)| finding.contains(word))
    .map(|(_, site)| site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_name_organs_in_words() {
        assert_eq!(
            site_in("uptake at the duodenum"),
            Some(ExtrahepaticSite::Bowel)
        );
        assert_eq!(site_in("Stomach wall"), Some(ExtrahepaticSite::Stomach));
        assert_eq!(site_in("focus-L62-A14-I80"), None);
    }
}
