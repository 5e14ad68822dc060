//! What earlier treatments leave: accumulated dose of a volume and of an
//! organ, remaining tolerance, and the untreated part of the liver.
//!
//! The same volume treated more than once (fractionated): mean doses `D_i`
//! (Gy) over the same mass add, `D = ΣD_i`, and
//! `BED = ΣD_i·(1 + G_i·D_i/(α/β)) + Σ_{i<j} 2·G_x·D_i·D_j/(α/β)` as voxel by
//! voxel ([`crate::accumulate`]).
//! That of means is the mean only where each dose is uniform: over an uneven
//! dose it is too low, so maps are added where there are maps.
//! Different volumes (sequential): mean doses of different masses do not add.
//! The organ's mean is the energy in it over its mass, `D = Σ D_i·m_i/M`, with
//! `m_i` and `M` in kg; it has no BED, which would need the dose of each part.
//! Remaining tolerance is limit minus accumulated dose; hepatic reserve is
//! `1 − (ΣV_treated − V_overlap)/V_normal` (mL, normal liver alone).
//! Assumes that the liver did not grow or shrink between treatments.
//! Sources: as [`crate::cross_term_factor`]; hepatic reserve as untreated
//! fraction, Weber 2022 (`weber2022eanm`, table 2, footnote).

use serde::Serialize;
use sirt_quantity::{AbsorbedDose, Bed, Capacity, Eqd2, Fraction, Mass, TimeSpan};

use super::dose_limit::{DoseLimit, LimitQuantity};
use crate::accumulation::AccumulatedBed;
use crate::{DosimetryError, TissueResponse, TreatmentInteraction};

/// Masses nearer than this, relative, are one mass that was written twice.
const SAME_MASS: f64 = 1e-6;

/// One treatment of one volume.
#[derive(Debug, Clone, PartialEq)]
pub struct TreatedVolume {
    /// Name of the volume; the same name is the same volume.
    pub volume: String,
    /// Mean dose over `mass`, until complete decay.
    pub mean_dose: AbsorbedDose,
    /// Mass of the volume.
    pub mass: Mass,
    /// Half-life with which the dose rate falls.
    pub effective_half_life: TimeSpan,
    /// Begin, on one clock for all treatments.
    pub begin: TimeSpan,
}

/// A volume with all its treatments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccumulatedVolume {
    /// Name of the volume.
    pub volume: String,
    /// Mass, g.
    pub mass_g: f64,
    /// How often it was treated.
    pub treatments: usize,
    /// Sum of the mean doses.
    pub dose: AbsorbedDose,
    /// BED of the mean doses with their interactions.
    pub bed: Bed,
    /// Its equieffective dose in 2 Gy fractions.
    pub eqd2: Eqd2,
    /// Each pair's interaction, positions counted within the volume.
    pub interactions: Vec<TreatmentInteraction>,
}

/// What a limit leaves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RemainingTolerance {
    /// The limit by its id.
    pub limit_id: String,
    /// Its upper value, Gy.
    pub limit_gy: f64,
    /// Dose so far, Gy.
    pub accumulated_gy: f64,
    /// What remains, Gy; negative when the limit is passed.
    pub remaining_gy: f64,
}

fn check(treated: &TreatedVolume) -> Result<(), DosimetryError> {
    let wrong = |what, value, allowed| {
        Err(DosimetryError::OutOfRange {
            what,
            value,
            allowed,
        })
    };
    let half_life = treated.effective_half_life;
    if !(treated.mean_dose.as_gy() >= 0.0 && treated.mean_dose.is_finite()) {
        return wrong(
            "mean dose of a treated volume",
            treated.mean_dose.to_string(),
            ">=0 Gy",
        );
    }
    if !(treated.mass.as_g() > 0.0 && treated.mass.is_finite()) {
        return wrong(
            "mass of a treated volume",
            treated.mass.to_string(),
            "positive values",
        );
    }
    if !(half_life.as_hours() > 0.0 && half_life.is_finite() && treated.begin.is_finite()) {
        return wrong(
            "effective half-life of a treatment",
            half_life.to_string(),
            "positive values, with a finite begin",
        );
    }
    Ok(())
}

/// Adds treatments volume by volume, in the order in which volumes appear.
///
/// # Errors
/// [`DosimetryError::UnequalMasses`] for a volume whose mass differs between
/// treatments, for which [`whole_organ_dose`] stands;
/// [`DosimetryError::OutOfRange`] for a negative dose, or a mass or half-life
/// that is not positive.
pub fn accumulate_volumes(
    treatments: &[TreatedVolume],
    tissue: &TissueResponse,
) -> Result<Vec<AccumulatedVolume>, DosimetryError> {
    treatments.iter().try_for_each(check)?;
    let mut volumes: Vec<Vec<&TreatedVolume>> = Vec::new();
    for treated in treatments {
        match volumes
            .iter_mut()
            .find(|same| same[0].volume == treated.volume)
        {
            Some(same) => same.push(treated),
            None => volumes.push(vec![treated]),
        }
    }
    volumes
        .into_iter()
        .map(|same| {
            let first_g = same[0].mass.as_g();
            if let Some(other) = same
                .iter()
                .find(|treated| (treated.mass.as_g() / first_g - 1.0).abs() > SAME_MASS)
            {
                return Err(DosimetryError::UnequalMasses {
                    what: same[0].volume.clone(),
                    first_g,
                    other_g: other.mass.as_g(),
                });
            }
            let kinetics: Vec<(TimeSpan, TimeSpan)> = same
                .iter()
                .map(|treated| (treated.effective_half_life, treated.begin))
                .collect();
            let form = AccumulatedBed::new(&kinetics, tissue);
            let bed = Bed::from_gy(form.bed_gy(|i| same[i].mean_dose.as_gy()));
            Ok(AccumulatedVolume {
                volume: same[0].volume.clone(),
                mass_g: first_g,
                treatments: same.len(),
                dose: same.iter().map(|treated| treated.mean_dose).sum(),
                bed,
                eqd2: tissue.eqd2(bed),
                interactions: form.interactions,
            })
        })
        .collect()
}

/// Mean dose of an organ from treatments of parts of it: energy over mass.
///
/// A part that was treated more than once counts each time; parts may overlap.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for an organ without mass, a part that is
/// heavier than the organ, or as [`accumulate_volumes`].
pub fn whole_organ_dose(
    treatments: &[TreatedVolume],
    organ: Mass,
) -> Result<AbsorbedDose, DosimetryError> {
    treatments.iter().try_for_each(check)?;
    if !(organ.as_g() > 0.0 && organ.is_finite()) {
        return Err(DosimetryError::OutOfRange {
            what: "mass of an organ",
            value: organ.to_string(),
            allowed: "positive values",
        });
    }
    if let Some(heavy) = treatments
        .iter()
        .find(|treated| treated.mass.as_g() > organ.as_g() * (1.0 + SAME_MASS))
    {
        return Err(DosimetryError::OutOfRange {
            what: "mass of a treated volume",
            value: heavy.mass.to_string(),
            allowed: "at most the mass of the organ",
        });
    }
    Ok(treatments
        .iter()
        .map(|treated| treated.mean_dose * (treated.mass / organ))
        .sum())
}

/// What a limit leaves after the dose so far.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a row that bounds no absorbed dose from
/// above.
pub fn remaining_tolerance(
    accumulated: AbsorbedDose,
    limit: &DoseLimit,
) -> Result<RemainingTolerance, DosimetryError> {
    let upper = limit
        .bound
        .upper()
        .filter(|_| limit.quantity == LimitQuantity::AbsorbedDoseGy)
        .ok_or_else(|| DosimetryError::OutOfRange {
            what: "bound of a tolerance",
            value: format!("{} (`{}`)", limit.bound_text(), limit.id),
            allowed: "an upper value of absorbed dose",
        })?;
    Ok(RemainingTolerance {
        limit_id: limit.id.clone(),
        limit_gy: upper,
        accumulated_gy: accumulated.as_gy(),
        remaining_gy: upper - accumulated.as_gy(),
    })
}

/// Hepatic reserve: the part of normal liver that no treatment reached.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a normal liver without volume, a
/// negative volume, an overlap larger than what is treated, or more treated
/// than there is.
pub fn untreated_fraction(
    normal_liver: Capacity,
    treated_normal: &[Capacity],
    overlap: Capacity,
) -> Result<Fraction, DosimetryError> {
    let wrong = |what, value: Capacity, allowed| {
        Err(DosimetryError::OutOfRange {
            what,
            value: value.to_string(),
            allowed,
        })
    };
    let whole_ml = normal_liver.as_ml();
    if !(whole_ml > 0.0 && whole_ml.is_finite()) {
        return wrong("volume of normal liver", normal_liver, "positive values");
    }
    if let Some(part) = treated_normal
        .iter()
        .find(|part| !(part.as_ml() >= 0.0 && part.is_finite()))
    {
        return wrong("treated volume of normal liver", *part, ">=0 mL");
    }
    let sum: Capacity = treated_normal.iter().copied().sum();
    if !(0.0..=sum.as_ml()).contains(&overlap.as_ml()) {
        return wrong(
            "overlap of treated volumes",
            overlap,
            "0 mL to the sum of the treated volumes",
        );
    }
    let treated = sum - overlap;
    let part = treated / normal_liver;
    if part > 1.0 + SAME_MASS {
        return wrong(
            "treated volume of normal liver without overlap",
            treated,
            "at most the volume of normal liver; declare the overlap",
        );
    }
    Ok(Fraction::from_fraction((1.0 - part).max(0.0))?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::DoseLimitTable;

    fn treated(volume: &str, gy: f64, kg: f64, days: f64) -> TreatedVolume {
        TreatedVolume {
            volume: volume.to_owned(),
            mean_dose: AbsorbedDose::from_gy(gy),
            mass: Mass::from_kg(kg),
            effective_half_life: TimeSpan::from_hours(64.1),
            begin: TimeSpan::from_days(days),
        }
    }

    fn liver() -> TissueResponse {
        TissueResponse::named("liver").unwrap()
    }

    #[test]
    fn two_fractions_of_one_volume_far_apart() {
        // TV-C8: 2 x 20 Gy are 52.012 Gy BED, 40 Gy at once 64.024 Gy.
        let list = [
            treated("liver", 20.0, 1.5, 0.0),
            treated("liver", 20.0, 1.5, 90.0),
        ];
        let volumes = accumulate_volumes(&list, &liver()).unwrap();
        assert_eq!(volumes.len(), 1);
        let volume = &volumes[0];
        assert_eq!(volume.treatments, 2);
        assert!((volume.dose.as_gy() - 40.0).abs() < 1e-12);
        assert!((volume.bed.as_gy() - 52.012).abs() < 0.5e-3 + 1e-9);
        // EQD2 = BED/(1 + 2/2.5).
        assert!((volume.eqd2.as_gy() - 52.012 / 1.8).abs() < 0.5e-3);
        let at_once = [
            treated("liver", 20.0, 1.5, 0.0),
            treated("liver", 20.0, 1.5, 0.0),
        ];
        let volumes = accumulate_volumes(&at_once, &liver()).unwrap();
        assert!((volumes[0].bed.as_gy() - 64.024).abs() < 0.5e-3 + 1e-9);
    }

    #[test]
    fn sequential_lobes_stay_apart_and_the_organ_is_weighted_by_mass() {
        // TV-B12: 27.236 Gy in 0.65 kg and 39.736 Gy in 0.45 kg of a normal
        // liver of 1.3 kg are 27.373 Gy, and not the 66.97 Gy of a bare sum.
        let list = [
            treated("right", 27.236, 0.65, 0.0),
            treated("left", 39.736, 0.45, 28.0),
        ];
        let volumes = accumulate_volumes(&list, &liver()).unwrap();
        assert_eq!(
            volumes
                .iter()
                .map(|volume| (&volume.volume[..], volume.treatments))
                .collect::<Vec<_>>(),
            [("right", 1), ("left", 1)]
        );
        let whole = whole_organ_dose(&list, Mass::from_kg(1.3)).unwrap();
        assert!((whole.as_gy() - 27.373).abs() < 0.5e-3 + 0.5e-3, "{whole}");
        let perfused = whole_organ_dose(&list, Mass::from_kg(1.1)).unwrap();
        assert!((perfused.as_gy() - 32.349).abs() < 1e-3, "{perfused}");
    }

    #[test]
    fn refuses_to_add_means_of_different_masses() {
        let list = [
            treated("lungs", 10.0, 1.0, 0.0),
            treated("lungs", 12.0, 0.9, 30.0),
        ];
        let said = accumulate_volumes(&list, &liver()).unwrap_err().to_string();
        assert_eq!(
            said,
            "mean doses of lungs are over 1000 g and 900 g and do not add; weight them by mass over the whole organ"
        );
        // 10 Gy·kg and 10.8 Gy·kg over 1 kg.
        let whole = whole_organ_dose(&list, Mass::from_kg(1.0)).unwrap();
        assert!((whole.as_gy() - 20.8).abs() < 1e-12);
    }

    #[test]
    fn lung_tolerance_after_two_treatments() {
        let table = DoseLimitTable::built_in().unwrap();
        let limit = |id| table.for_device(id, crate::Device::Resin).unwrap();
        let list = [
            treated("lungs", 18.0, 1.0, 0.0),
            treated("lungs", 14.5, 1.0, 60.0),
        ];
        let dose = accumulate_volumes(&list, &liver()).unwrap()[0].dose;
        let left = remaining_tolerance(dose, limit("lung-cumulative-50")).unwrap();
        assert!((left.accumulated_gy - 32.5).abs() < 1e-12);
        assert!((left.remaining_gy - 17.5).abs() < 1e-12);
        let over = remaining_tolerance(dose, limit("lung-single-30")).unwrap();
        assert!((over.remaining_gy + 2.5).abs() < 1e-12);
        let none = remaining_tolerance(dose, limit("eanm2022-resin-mcrc-tumour"));
        assert_eq!(
            none.unwrap_err().to_string(),
            "bound of a tolerance > 100 Gy (`eanm2022-resin-mcrc-tumour`) is outside an upper value of absorbed dose"
        );
    }

    #[test]
    fn reserve_is_what_no_treatment_reached() {
        let ml = Capacity::from_ml;
        let reserve = |parts: &[f64], overlap: f64| {
            let parts: Vec<Capacity> = parts.iter().copied().map(ml).collect();
            untreated_fraction(ml(1300.0), &parts, ml(overlap))
        };
        // (650 + 450) of 1300 mL leave 200 mL.
        let left = reserve(&[650.0, 450.0], 0.0).unwrap().as_fraction();
        assert!((left - 200.0 / 1300.0).abs() < 1e-12);
        // The same lobe twice is treated once.
        let left = reserve(&[650.0, 650.0], 650.0).unwrap().as_fraction();
        assert!((left - 0.5).abs() < 1e-12);
        assert!((reserve(&[], 0.0).unwrap().as_fraction() - 1.0).abs() < 1e-12);
        assert!(reserve(&[1300.0], 0.0).unwrap().as_fraction() < 1e-12);
        let said = |parts: &[f64], overlap| reserve(parts, overlap).unwrap_err().to_string();
        assert_eq!(
            said(&[900.0, 900.0], 0.0),
            "treated volume of normal liver without overlap 1800 mL is outside at most the volume of normal liver; declare the overlap"
        );
        assert_eq!(
            said(&[100.0], 200.0),
            "overlap of treated volumes 200 mL is outside 0 mL to the sum of the treated volumes"
        );
        assert_eq!(
            said(&[-1.0], 0.0),
            "treated volume of normal liver -1 mL is outside >=0 mL"
        );
        assert_eq!(
            untreated_fraction(ml(0.0), &[], ml(0.0))
                .unwrap_err()
                .to_string(),
            "volume of normal liver 0 mL is outside positive values"
        );
    }

    #[test]
    fn refuses_what_is_no_treatment() {
        let said = |one: TreatedVolume| {
            accumulate_volumes(&[one], &liver())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(treated("liver", -1.0, 1.0, 0.0)),
            "mean dose of a treated volume -1 Gy is outside >=0 Gy"
        );
        assert_eq!(
            said(treated("liver", 1.0, 0.0, 0.0)),
            "mass of a treated volume 0 g is outside positive values"
        );
        let mut still = treated("liver", 1.0, 1.0, 0.0);
        still.effective_half_life = TimeSpan::ZERO;
        assert_eq!(
            said(still),
            "effective half-life of a treatment 0 h is outside positive values, with a finite begin"
        );
        let organ = |kg: f64| {
            whole_organ_dose(&[treated("right", 1.0, 1.0, 0.0)], Mass::from_kg(kg))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            organ(0.9),
            "mass of a treated volume 1000 g is outside at most the mass of the organ"
        );
        assert_eq!(
            organ(0.0),
            "mass of an organ 0 g is outside positive values"
        );
    }

    proptest! {
        #[test]
        fn mean_by_mass_keeps_the_energy(
            parts in proptest::collection::vec((0.0..200.0_f64, 0.05..1.0_f64), 1..5),
            spare in 0.0..1.0_f64,
        ) {
            let list: Vec<TreatedVolume> = parts
                .iter()
                .enumerate()
                .map(|(at, (gy, kg))| treated(&at.to_string(), *gy, *kg, 0.0))
                .collect();
            let organ = parts.iter().map(|(_, kg)| kg).sum::<f64>() + spare;
            let mean = whole_organ_dose(&list, Mass::from_kg(organ)).unwrap();
            let energy: f64 = parts.iter().map(|(gy, kg)| gy * kg).sum();
            prop_assert!((mean.as_gy() * organ - energy).abs() <= 1e-9 * energy.max(1.0));
            // Apart they are never more than one dose of their sum at once.
            let bed = |days: f64| {
                let pair = [treated("a", 20.0, 1.0, 0.0), treated("a", parts[0].0, 1.0, days)];
                accumulate_volumes(&pair, &liver()).unwrap()[0].bed.as_gy()
            };
            prop_assert!(bed(60.0) <= bed(0.0) + 1e-9);
        }
    }
}
