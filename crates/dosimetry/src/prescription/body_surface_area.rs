//! Body surface area and the activity prescribed by it (resin microspheres).
//!
//! DuBois: `S = 0.20247·H^0.725·W^0.425`; Mosteller: `S = √(H·W/36)`
//!
//! with the height `H` (m), the weight `W` (kg) and the surface `S` (m²), and
//!
//! - whole liver: `A = (S − 0.2) + V_T/V_liver`,
//! - lobe, form 1: `A = [(S − 0.2) + V_T/V_liver]·V_lobe/V_liver`,
//! - lobe, form 2: `A = [(S − 0.2) + V_T,lobe/V_lobe]·V_lobe/V_liver`,
//! - after resection: the whole-liver value of what remains, times the part of
//!   the original liver that remains,
//!
//! with the activity `A` (GBq) and volumes that include tumour (mL).
//! Both lobes together have the whole-liver activity in either form, so the
//! form is stored with the result.
//! The method knows neither the mass of the liver nor where the activity goes:
//! in 45 patients it did not correlate with the dose of the liver (r = −0.037,
//! `lam2014`; `grosser2015`). The lung shunt comes in by a table
//! ([`crate::ShuntReductionTable`]), not by this formula.
//! Sources: Du Bois 1916 (`dubois1916`), Mosteller 1987 (`mosteller1987`), van
//! Roekel 2021 (`vanroekel2021thesis`, p. 30); both lobar forms and the one
//! after resection are recalled.

use serde::{Deserialize, Serialize};
use sirt_quantity::{Activity, Area, Capacity, Fraction, Length, Mass};

use super::tumour_involvement::no_larger;
use super::{ActivityBeforeShunt, InvolvedVolume, allowed_range};
use crate::DosimetryError;

/// What is taken off the surface in square metres (`vanroekel2021thesis`, p. 30).
const SURFACE_OFFSET: f64 = 0.2;
/// Rounding that an involvement computed back from an activity may carry.
const ROUNDING: f64 = 1e-9;

/// A formula for the surface of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurfaceFormula {
    /// Du Bois 1916, which the prescription is defined with.
    #[default]
    DuBois,
    /// Mosteller 1987, for comparison.
    Mosteller,
}

impl SurfaceFormula {
    /// Surface of a body of 50 to 250 cm and 5 to 400 kg.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a height or weight outside, which is
    /// a slip of the unit far more often than a patient.
    pub fn area(self, height: Length, weight: Mass) -> Result<Area, DosimetryError> {
        let (height_m, weight_kg) = (height.as_m(), weight.as_kg());
        if !(0.5..=2.5).contains(&height_m) {
            return Err(DosimetryError::OutOfRange {
                what: "height",
                value: format!("{} cm", height.as_cm()),
                allowed: "50 cm to 250 cm",
            });
        }
        if !(5.0..=400.0).contains(&weight_kg) {
            return Err(DosimetryError::OutOfRange {
                what: "weight",
                value: format!("{weight_kg} kg"),
                allowed: "5 kg to 400 kg",
            });
        }
        Ok(Area::from_m2(match self {
            Self::DuBois => 0.20247 * height_m.powf(0.725) * weight_kg.powf(0.425),
            Self::Mosteller => (height_m * weight_kg / 36.0).sqrt(),
        }))
    }
}

/// Which of the two lobar forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LobarForm {
    /// Form 1: the whole-liver activity, shared out by volume.
    LiverInvolvement,
    /// Form 2: with the tumour involvement of the lobe.
    LobeInvolvement,
}

/// What a prescription by body surface was computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodySurfaceForm {
    /// The whole liver.
    WholeLiver,
    /// One lobe.
    Lobar(LobarForm),
    /// What remains of a liver after resection.
    RemainingLiver,
}

/// A prescription by body surface, before the table of lung shunts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BodySurfacePrescription {
    form: BodySurfaceForm,
    area: Area,
    involvement: Fraction,
    share: Fraction,
}

impl BodySurfacePrescription {
    /// For the whole liver.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a surface that is not over 0.2 m².
    pub fn whole_liver(area: Area, liver: InvolvedVolume) -> Result<Self, DosimetryError> {
        Ok(Self {
            form: BodySurfaceForm::WholeLiver,
            area: surface(area)?,
            involvement: liver.involvement()?,
            share: Fraction::from_fraction(1.0)?,
        })
    }

    /// For one lobe of a liver.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a surface that is not over 0.2 m²;
    /// [`DosimetryError::PartLargerThanWhole`] for a lobe, a tumour in it or
    /// tumour-free tissue in it that the liver does not have.
    pub fn lobar(
        area: Area,
        lobe: InvolvedVolume,
        liver: InvolvedVolume,
        form: LobarForm,
    ) -> Result<Self, DosimetryError> {
        no_larger("lobe volume", lobe.total(), "liver volume", liver.total())?;
        no_larger(
            "tumour volume in the lobe",
            lobe.tumour(),
            "tumour volume in the liver",
            liver.tumour(),
        )?;
        no_larger(
            "normal volume of the lobe",
            lobe.total() - lobe.tumour(),
            "normal volume of the liver",
            liver.total() - liver.tumour(),
        )?;
        Ok(Self {
            form: BodySurfaceForm::Lobar(form),
            area: surface(area)?,
            involvement: match form {
                LobarForm::LiverInvolvement => liver.involvement()?,
                LobarForm::LobeInvolvement => lobe.involvement()?,
            },
            share: Fraction::from_fraction(lobe.total() / liver.total())?,
        })
    }

    /// For what remains of a liver of the given volume after resection.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a surface that is not over 0.2 m²;
    /// [`DosimetryError::PartLargerThanWhole`] for more than the original liver.
    pub fn remaining_liver(
        area: Area,
        remaining: InvolvedVolume,
        original: Capacity,
    ) -> Result<Self, DosimetryError> {
        no_larger(
            "remaining liver volume",
            remaining.total(),
            "original liver volume",
            original,
        )?;
        Ok(Self {
            form: BodySurfaceForm::RemainingLiver,
            area: surface(area)?,
            involvement: remaining.involvement()?,
            share: Fraction::from_fraction(remaining.total() / original)?,
        })
    }

    /// Whole liver, lobe and form, or remaining liver.
    #[must_use]
    pub const fn form(&self) -> BodySurfaceForm {
        self.form
    }

    /// The surface that it was computed with.
    #[must_use]
    pub const fn area(&self) -> Area {
        self.area
    }

    /// The tumour involvement in the formula.
    #[must_use]
    pub const fn involvement(&self) -> Fraction {
        self.involvement
    }

    /// The part of the liver that the activity is for.
    #[must_use]
    pub const fn share(&self) -> Fraction {
        self.share
    }

    /// The activity, before any reduction for the lung shunt.
    #[must_use]
    pub fn activity(&self) -> ActivityBeforeShunt {
        let whole = self.area.as_m2() - SURFACE_OFFSET + self.involvement.as_fraction();
        ActivityBeforeShunt::new(Activity::from_gbq(whole * self.share.as_fraction()))
    }

    /// The tumour involvement that an activity for a share of the liver implies;
    /// the inverse of [`BodySurfacePrescription::activity`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that no involvement of 0
    /// to 1 gives.
    pub fn involvement_for(
        activity: ActivityBeforeShunt,
        area: Area,
        share: Fraction,
    ) -> Result<Fraction, DosimetryError> {
        let whole = activity.activity().as_gbq() / share.as_fraction();
        let involvement = whole - (surface(area)?.as_m2() - SURFACE_OFFSET);
        if (-ROUNDING..=1.0 + ROUNDING).contains(&involvement) {
            Ok(Fraction::from_fraction(involvement.clamp(0.0, 1.0))?)
        } else {
            Err(DosimetryError::OutOfRange {
                what: "tumour involvement implied by the activity",
                value: format!("{involvement:.3}"),
                allowed: "0..=1",
            })
        }
    }
}

/// Whether an activity on record can be one whole-liver prescription by body
/// surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SinglePrescriptionCheck {
    /// All parts together.
    pub total: Activity,
    /// The most that the method prescribes to this patient: `S + 0.8` GBq, for
    /// a liver that is all tumour.
    pub ceiling: Activity,
    /// The surface that the total would need at least.
    pub needed_area: Area,
    /// Whether the total lies within the ceiling and the tolerance.
    pub possible: bool,
}

/// Compares the activities of a record, such as those of two lobes, with the
/// ceiling of one whole-liver prescription.
///
/// A record over the ceiling is to be flagged, not rejected: it may be of
/// several sessions or by another method.
/// `tolerance` is how far dispensing may exceed the prescription.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for an activity that is negative or not
/// finite, or a surface that is not over 0.2 m².
pub fn single_prescription_check(
    parts: &[Activity],
    area: Area,
    tolerance: Fraction,
) -> Result<SinglePrescriptionCheck, DosimetryError> {
    let mut total = Activity::ZERO;
    for part in parts {
        total += allowed_range::activity(*part)?;
    }
    let most_over_area = 1.0 - SURFACE_OFFSET;
    let allowed = 1.0 + tolerance.as_fraction();
    let ceiling = Activity::from_gbq(surface(area)?.as_m2() + most_over_area);
    Ok(SinglePrescriptionCheck {
        total,
        ceiling,
        needed_area: Area::from_m2((total.as_gbq() / allowed - most_over_area).max(0.0)),
        possible: total / ceiling <= allowed + ROUNDING,
    })
}

fn surface(area: Area) -> Result<Area, DosimetryError> {
    if area.is_finite() && area.as_m2() > SURFACE_OFFSET {
        Ok(area)
    } else {
        Err(DosimetryError::OutOfRange {
            what: "body surface area",
            value: area.to_string(),
            allowed: "finite values over 0.2 m2",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dubois(cm: f64, kg: f64) -> Area {
        SurfaceFormula::DuBois
            .area(Length::from_cm(cm), Mass::from_kg(kg))
            .unwrap()
    }

    fn liver(total: f64, tumour: f64) -> InvolvedVolume {
        InvolvedVolume::of_liver(Capacity::from_ml(total), Capacity::from_ml(tumour)).unwrap()
    }

    fn lobe(total: f64, tumour: f64) -> InvolvedVolume {
        InvolvedVolume::of_lobe(Capacity::from_ml(total), Capacity::from_ml(tumour)).unwrap()
    }

    fn gbq(prescription: &BodySurfacePrescription) -> f64 {
        prescription.activity().activity().as_gbq()
    }

    #[test]
    fn surface_of_four_patients() {
        // TV-B1, four decimals.
        for (cm, kg, expected) in [
            (170.0, 70.0, 1.8097),
            (180.0, 90.0, 2.0989),
            (160.0, 50.0, 1.5011),
            (175.0, 80.0, 1.9560),
        ] {
            assert!((dubois(cm, kg).as_m2() - expected).abs() <= 0.5e-4);
        }
        let mosteller = SurfaceFormula::Mosteller
            .area(Length::from_cm(170.0), Mass::from_kg(70.0))
            .unwrap();
        assert!((mosteller.as_m2() - 1.8181).abs() <= 0.5e-4);
    }

    #[test]
    fn whole_liver_with_a_quarter_of_tumour() {
        // TV-B2.
        let plan = BodySurfacePrescription::whole_liver(dubois(170.0, 70.0), liver(1800.0, 450.0))
            .unwrap();
        assert!((gbq(&plan) - 1.8597).abs() <= 0.5e-4);
        assert_eq!(plan.form(), BodySurfaceForm::WholeLiver);
    }

    #[test]
    fn lobes_in_both_forms() {
        // TV-B3.
        let (area, liver) = (dubois(170.0, 70.0), liver(1800.0, 450.0));
        for (form, right, left) in [
            (LobarForm::LiverInvolvement, 1.2398, 0.6199),
            (LobarForm::LobeInvolvement, 1.2953, 0.5643),
        ] {
            for (lobe, expected) in [(lobe(1200.0, 400.0), right), (lobe(600.0, 50.0), left)] {
                let plan = BodySurfacePrescription::lobar(area, lobe, liver, form).unwrap();
                assert!((gbq(&plan) - expected).abs() <= 0.5e-4);
                assert_eq!(plan.form(), BodySurfaceForm::Lobar(form));
            }
        }
    }

    #[test]
    fn remaining_liver_by_hand() {
        // 900 of 1800 mL remain, a third of it tumour: (1.8097 − 0.2 + 1/3)/2.
        let plan = BodySurfacePrescription::remaining_liver(
            dubois(170.0, 70.0),
            liver(900.0, 300.0),
            Capacity::from_ml(1800.0),
        )
        .unwrap();
        assert!((gbq(&plan) - 0.97152).abs() <= 0.5e-4);
        assert_eq!(plan.form(), BodySurfaceForm::RemainingLiver);
    }

    #[test]
    fn the_leaflet_record_is_no_single_prescription() {
        // DOMAIN B.1: 2.5 + 1.5 GBq against 2.8 GBq at 2.0 m².
        let parts = [Activity::from_gbq(2.5), Activity::from_gbq(1.5)];
        let tenth = Fraction::from_fraction(0.1).unwrap();
        let check = single_prescription_check(&parts, Area::from_m2(2.0), tenth).unwrap();
        assert!(!check.possible);
        assert!((check.total.as_gbq() - 4.0).abs() < 1e-12);
        assert!((check.ceiling.as_gbq() - 2.8).abs() < 1e-12);
        // 4.0/1.1 − 0.8 m²: nobody has it.
        assert!((check.needed_area.as_m2() - 2.836).abs() <= 0.5e-3);
        let within = |gbq: f64, tolerance: f64| {
            single_prescription_check(
                &[Activity::from_gbq(gbq)],
                Area::from_m2(2.0),
                Fraction::from_fraction(tolerance).unwrap(),
            )
            .unwrap()
            .possible
        };
        assert!(within(2.8, 0.0) && !within(2.81, 0.0) && within(3.08, 0.1));
    }

    #[test]
    fn refuses_slips_of_the_unit_and_volumes_that_do_not_fit() {
        let said = |cm: f64, kg: f64| {
            SurfaceFormula::DuBois
                .area(Length::from_cm(cm), Mass::from_kg(kg))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(said(1.7, 70.0), "height 1.7 cm is outside 50 cm to 250 cm");
        assert_eq!(
            said(f64::NAN, 70.0),
            "height NaN cm is outside 50 cm to 250 cm"
        );
        assert_eq!(said(170.0, 0.0), "weight 0 kg is outside 5 kg to 400 kg");
        let (area, liver) = (Area::from_m2(1.8), liver(1800.0, 450.0));
        let said = |lobe| {
            BodySurfacePrescription::lobar(area, lobe, liver, LobarForm::LobeInvolvement)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(lobe(1900.0, 0.0)),
            "lobe volume 1900 mL is larger than liver volume 1800 mL"
        );
        assert_eq!(
            said(lobe(1200.0, 460.0)),
            "tumour volume in the lobe 460 mL is larger than tumour volume in the liver 450 mL"
        );
        assert_eq!(
            said(lobe(1500.0, 50.0)),
            "normal volume of the lobe 1450 mL is larger than normal volume of the liver 1350 mL"
        );
        assert_eq!(
            BodySurfacePrescription::remaining_liver(area, liver, Capacity::from_ml(1500.0))
                .unwrap_err()
                .to_string(),
            "remaining liver volume 1800 mL is larger than original liver volume 1500 mL"
        );
        assert_eq!(
            BodySurfacePrescription::whole_liver(Area::from_m2(0.2), liver)
                .unwrap_err()
                .to_string(),
            "body surface area 0.2 m2 is outside finite values over 0.2 m2"
        );
    }

    #[test]
    fn refuses_an_activity_that_no_involvement_gives() {
        let said = BodySurfacePrescription::involvement_for(
            ActivityBeforeShunt::new(Activity::from_gbq(4.0)),
            Area::from_m2(2.0),
            Fraction::from_fraction(1.0).unwrap(),
        );
        assert_eq!(
            said.unwrap_err().to_string(),
            "tumour involvement implied by the activity 2.200 is outside 0..=1"
        );
    }

    proptest! {
        #[test]
        fn both_lobes_are_the_whole_liver_in_both_forms(
            area in 1.0..2.6_f64,
            right in 200.0..2000.0_f64,
            left in 100.0..1000.0_f64,
            in_right in 0.0..1.0_f64,
            in_left in 0.0..1.0_f64,
        ) {
            let area = Area::from_m2(area);
            let (tumour_right, tumour_left) = (right * in_right, left * in_left);
            let liver = liver(right + left, tumour_right + tumour_left);
            let whole = gbq(&BodySurfacePrescription::whole_liver(area, liver).unwrap());
            for form in [LobarForm::LiverInvolvement, LobarForm::LobeInvolvement] {
                let part = |total, tumour| {
                    gbq(&BodySurfacePrescription::lobar(area, lobe(total, tumour), liver, form)
                        .unwrap())
                };
                let sum = part(right, tumour_right) + part(left, tumour_left);
                prop_assert!((sum / whole - 1.0).abs() < 1e-9);
            }
        }

        #[test]
        fn involvement_comes_back_from_the_activity(
            area in 1.0..2.6_f64,
            total in 500.0..3000.0_f64,
            involvement in 0.0..=1.0_f64,
            remaining in 0.2..=1.0_f64,
        ) {
            let area = Area::from_m2(area);
            let remains = liver(total * remaining, total * remaining * involvement);
            let plan = BodySurfacePrescription::remaining_liver(
                area,
                remains,
                Capacity::from_ml(total),
            )
            .unwrap();
            let back =
                BodySurfacePrescription::involvement_for(plan.activity(), area, plan.share())
                    .unwrap();
            prop_assert!((back.as_fraction() - involvement).abs() < 1e-9);
            // No whole-liver prescription passes its ceiling.
            let whole = BodySurfacePrescription::whole_liver(area, remains).unwrap();
            let check = single_prescription_check(
                &[whole.activity().activity()],
                area,
                Fraction::ZERO,
            )
            .unwrap();
            prop_assert!(check.possible);
        }
    }
}
