//! What all territories of a treatment together give liver and lungs.
//!
//! `D_N,perfused = k·ΣA_N/Σm_N`, `D_N,whole = k·ΣA_N/m_N,whole`,
//! `D_T = k·ΣA_T/Σm_T`, `D_L = k·ΣA_L/m_L`: energies and masses add, mean
//! doses do not. Where one territory has no partition (no T/N), normal liver
//! and tumour have no common mean and are told as unknown; the lungs always
//! have one.
//! Territories that overlap leave those means unknown too: their doses add
//! voxel by voxel only.
//! Source: MIRD Pamphlet 29 (`mird29`); `docs/methods/multi_compartment.md`.

use serde::Serialize;
use sirt_quantity::{AbsorbedDose, Activity, Capacity};

use super::method_card::{CardPatient, CardTerritory};
use crate::{DosimetryError, Partition, PerfusedVolume, multi_compartment_doses};

/// Doses of a whole treatment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourseDoses {
    /// In all vials at administration, GBq.
    pub total_activity_gbq: f64,
    /// Activity that reaches the lungs, GBq.
    pub lung_activity_gbq: f64,
    /// Mean of the lungs, Gy.
    pub lung_gy: f64,
    /// Mean of perfused normal liver, Gy.
    pub normal_perfused_gy: Option<f64>,
    /// Mean of all normal liver, Gy; without the liver's volumes unknown.
    pub normal_whole_gy: Option<f64>,
    /// Mean of all perfused tumour, Gy.
    pub tumour_gy: Option<f64>,
    /// Why something is unknown.
    pub unknown: Vec<String>,
}

/// Doses of the activities of several territories.
///
/// # Errors
/// Those of [`multi_compartment_doses`] but for overlaps, which leave the means
/// of normal liver and tumour unknown.
pub fn course_doses(
    patient: &CardPatient,
    territories: &[(&CardTerritory, Activity)],
    overlaps: &[(&str, &str)],
) -> Result<CourseDoses, DosimetryError> {
    let mut volumes = Vec::new();
    let mut unknown = Vec::new();
    let mut total = Activity::ZERO;
    let mut to_lungs = Activity::ZERO;
    let mut lungs = AbsorbedDose::ZERO;
    let mut perfused_normal = Capacity::ZERO;
    let mut normal_density = None;
    for (territory, activity) in territories {
        let delivery = territory.delivery(patient)?;
        total += *activity;
        to_lungs += delivery.activity_in_lungs(*activity)?;
        lungs += delivery.lung_dose(*activity, patient.lung_mass)?;
        let normal = territory.perfused.total() - territory.perfused.tumour();
        perfused_normal += normal;
        normal_density = Some(territory.density);
        match territory.tumour_to_normal {
            Some(ratio)
                if territory.perfused.tumour() > Capacity::ZERO && normal > Capacity::ZERO =>
            {
                volumes.push(PerfusedVolume {
                    name: territory.name.clone(),
                    activity: *activity,
                    partition: Partition::new(
                        ratio,
                        territory.density * territory.perfused.tumour(),
                        territory.density * normal,
                        delivery,
                    )?,
                });
            }
            _ => unknown.push(format!(
                "territory `{}` has no tumour-to-normal ratio, so that its tumour and normal liver have no dose of their own",
                territory.name
            )),
        }
    }
    for (one, other) in overlaps {
        unknown.push(format!(
            "territories `{one}` and `{other}` overlap: doses of tumour and normal liver add voxel by voxel only"
        ));
    }
    let mut course = CourseDoses {
        total_activity_gbq: total.as_gbq(),
        lung_activity_gbq: to_lungs.as_gbq(),
        lung_gy: lungs.as_gy(),
        normal_perfused_gy: None,
        normal_whole_gy: None,
        tumour_gy: None,
        unknown,
    };
    if !course.unknown.is_empty() || volumes.is_empty() {
        return Ok(course);
    }
    let unperfused = patient.liver.zip(normal_density).map(|(liver, density)| {
        let rest = liver.total() - liver.tumour() - perfused_normal;
        // Volumes on different grids differ in the last half percent.
        density * Capacity::from_ml(rest.as_ml().max(0.0))
    });
    let doses = multi_compartment_doses(
        &volumes,
        unperfused.unwrap_or_default(),
        patient.lung_mass,
        &[],
    )?;
    course.normal_perfused_gy = Some(doses.perfused_normal.as_gy());
    course.normal_whole_gy = unperfused.map(|_| doses.whole_normal.as_gy());
    course.tumour_gy = Some(doses.tumour.as_gy());
    if unperfused.is_none() {
        course
            .unknown
            .push("the volume of the whole liver is not known".to_owned());
    }
    Ok(course)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Device, InvolvedVolume, PlanUncertainty, TumourToNormal};
    use sirt_quantity::{Density, DoseFactor, LungShuntFraction, Mass, ResidualFraction};

    fn territory(name: &str, total: f64, tumour: f64, ratio: Option<f64>) -> CardTerritory {
        CardTerritory {
            name: name.to_owned(),
            perfused: InvolvedVolume::of_lobe(Capacity::from_ml(total), Capacity::from_ml(tumour))
                .unwrap(),
            density: Density::from_g_per_ml(1.0),
            tumour_to_normal: ratio.map(|ratio| TumourToNormal::from_ratio(ratio).unwrap()),
            voxel: None,
            lung_shunt: None,
            residual: ResidualFraction::ZERO,
            uncertainty: PlanUncertainty::built_in().unwrap(),
        }
    }

    fn patient() -> CardPatient {
        CardPatient {
            device: Device::Resin,
            dose_factor: DoseFactor::from_gy_kg_per_gbq(49.67),
            body: None,
            liver: Some(
                InvolvedVolume::of_liver(Capacity::from_ml(1700.0), Capacity::from_ml(400.0))
                    .unwrap(),
            ),
            lung_shunt: LungShuntFraction::from_fraction(0.05).unwrap(),
            lung_mass: Mass::from_kg(1.0),
        }
    }

    #[test]
    fn two_lobes_add_up_by_energy_and_mass() {
        // TV-B12: right r 5, 0.35 and 0.65 kg, shunt 6 %, 1.4 GBq; left r 3, 0.05
        // and 0.45 kg, shunt 4 %, 0.5 GBq; 0.2 kg of normal liver not perfused.
        let shunt = |percent| Some(LungShuntFraction::from_percent(percent).unwrap());
        let mut right = territory("right", 1000.0, 350.0, Some(5.0));
        right.lung_shunt = shunt(6.0);
        let mut left = territory("left", 500.0, 50.0, Some(3.0));
        left.lung_shunt = shunt(4.0);
        let activities = [
            (&right, Activity::from_gbq(1.4)),
            (&left, Activity::from_gbq(0.5)),
        ];
        let course = course_doses(&patient(), &activities, &[]).unwrap();
        // Three decimals are printed.
        let close = |found: f64, wanted: f64| (found - wanted).abs() <= 0.5e-3;
        assert!(close(course.normal_perfused_gy.unwrap(), 32.349));
        assert!(close(course.normal_whole_gy.unwrap(), 27.373));
        assert!(close(course.tumour_gy.unwrap(), 134.057));
        assert!(close(course.lung_gy, 5.166));
    }

    #[test]
    fn a_territory_without_ratio_leaves_only_the_lungs_known() {
        let right = territory("right", 1000.0, 350.0, None);
        let course = course_doses(&patient(), &[(&right, Activity::from_gbq(1.0))], &[]).unwrap();
        assert_eq!(course.tumour_gy, None);
        assert!((course.lung_gy - 49.67 * 0.05).abs() < 1e-9);
        assert!(course.unknown[0].contains("`right` has no tumour-to-normal ratio"));
    }

    #[test]
    fn overlaps_leave_only_the_lungs_known() {
        let right = territory("right", 1000.0, 350.0, Some(5.0));
        let left = territory("left", 500.0, 50.0, Some(3.0));
        let activities = [
            (&right, Activity::from_gbq(1.4)),
            (&left, Activity::from_gbq(0.5)),
        ];
        let course = course_doses(&patient(), &activities, &[("right", "left")]).unwrap();
        assert_eq!(course.normal_whole_gy, None);
        assert_eq!(course.tumour_gy, None);
        assert!((course.lung_gy - 49.67 * 0.05 * 1.9).abs() < 1e-9);
        assert!(course.unknown[0].contains("`right` and `left` overlap"));
    }
}
