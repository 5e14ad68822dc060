//! A liver or lobe with the tumour in it, and the part of it that is tumour.
//!
//! `TI = V_T/V` with the volume `V` including tumour and that of the tumour
//! `V_T` (mL); 0 to 1.
//! Label tables print it in percent; it is carried as a fraction.
//! A tumour that does not fit into its liver is refused here, for all methods.
//! Source: van Roekel 2021 (`vanroekel2021thesis`, p. 30).

use sirt_quantity::{Capacity, Fraction};

use crate::DosimetryError;

/// A liver or lobe with the tumour that is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InvolvedVolume {
    total: Capacity,
    tumour: Capacity,
}

impl InvolvedVolume {
    /// A liver, from its volume including tumour and that of the tumour.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a liver that is not over 0 mL or a
    /// negative tumour; [`DosimetryError::PartLargerThanWhole`].
    pub fn of_liver(total: Capacity, tumour: Capacity) -> Result<Self, DosimetryError> {
        Self::of("liver volume", "tumour volume", total, tumour)
    }

    /// A lobe, from its volume including tumour and that of the tumour in it.
    ///
    /// # Errors
    /// As [`InvolvedVolume::of_liver`].
    pub fn of_lobe(total: Capacity, tumour: Capacity) -> Result<Self, DosimetryError> {
        Self::of("lobe volume", "tumour volume in the lobe", total, tumour)
    }

    fn of(
        whole: &'static str,
        part: &'static str,
        total: Capacity,
        tumour: Capacity,
    ) -> Result<Self, DosimetryError> {
        if !(total.is_finite() && total > Capacity::ZERO) {
            return Err(DosimetryError::OutOfRange {
                what: whole,
                value: total.to_string(),
                allowed: "finite values over 0 mL",
            });
        }
        if !(tumour.is_finite() && tumour >= Capacity::ZERO) {
            return Err(DosimetryError::OutOfRange {
                what: part,
                value: tumour.to_string(),
                allowed: "finite values from 0 mL",
            });
        }
        no_larger(part, tumour, whole, total)?;
        Ok(Self { total, tumour })
    }

    /// Volume, tumour included.
    #[must_use]
    pub const fn total(&self) -> Capacity {
        self.total
    }

    /// Volume of the tumour.
    #[must_use]
    pub const fn tumour(&self) -> Capacity {
        self.tumour
    }

    /// Part of the volume that is tumour.
    ///
    /// # Errors
    /// None for the volumes that this type holds.
    pub fn involvement(&self) -> Result<Fraction, DosimetryError> {
        Ok(Fraction::from_fraction(self.tumour / self.total)?)
    }
}

/// Refuses a part that does not fit into its whole.
pub(super) fn no_larger(
    part: &'static str,
    part_volume: Capacity,
    whole: &'static str,
    whole_volume: Capacity,
) -> Result<(), DosimetryError> {
    // A sum of volumes may miss the whole by the last bit.
    if part_volume.as_ml() <= whole_volume.as_ml() * (1.0 + 1e-12) {
        Ok(())
    } else {
        Err(DosimetryError::PartLargerThanWhole {
            part,
            part_value: part_volume.to_string(),
            whole,
            whole_value: whole_volume.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_liver() {
        // TV-B2: 450 of 1800 mL.
        let liver =
            InvolvedVolume::of_liver(Capacity::from_ml(1800.0), Capacity::from_ml(450.0)).unwrap();
        assert!((liver.involvement().unwrap().as_fraction() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let said = |total: f64, tumour: f64| {
            InvolvedVolume::of_liver(Capacity::from_ml(total), Capacity::from_ml(tumour))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(400.0, 450.0),
            "tumour volume 450 mL is larger than liver volume 400 mL"
        );
        assert_eq!(
            said(0.0, 0.0),
            "liver volume 0 mL is outside finite values over 0 mL"
        );
        assert_eq!(
            said(1800.0, -1.0),
            "tumour volume -1 mL is outside finite values from 0 mL"
        );
        let lobe = InvolvedVolume::of_lobe(Capacity::from_ml(400.0), Capacity::from_ml(f64::NAN));
        assert_eq!(
            lobe.unwrap_err().to_string(),
            "tumour volume in the lobe NaN mL is outside finite values from 0 mL"
        );
    }
}
