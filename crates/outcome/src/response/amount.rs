//! What is measured on a lesion, as whole numbers.
//!
//! A verdict at a boundary must not depend on how a percentage is rounded, so
//! measurements are integers: lengths in ten-thousandths of a millimetre,
//! volumes of a millilitre, uptake of one g/mL, density of one HU.
//! Every tenth of a millimetre is exact, and so are the digits of those who
//! write more; changes are compared as fractions of integers.

use std::fmt;

use crate::OutcomeError;

/// Ticks in one unit of every amount.
pub const TICKS: u32 = 10_000;

/// Reads a decimal number into ticks, exactly to four decimals; further ones are rounded half up.
fn ticks(text: &str) -> Option<u64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 9 {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut value = whole * u64::from(TICKS);
    let mut place = u64::from(TICKS) / 10;
    for byte in fraction.bytes().take(4) {
        value += u64::from(byte - b'0') * place;
        place /= 10;
    }
    if fraction.as_bytes().get(4).is_some_and(|byte| *byte >= b'5') {
        value += 1;
    }
    Some(value)
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $what:literal, $from:ident, $as:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(u32);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// From ten-thousandths of the unit.
            #[must_use]
            pub const fn from_ticks(ticks: u32) -> Self {
                Self(ticks)
            }

            /// Ten-thousandths of the unit.
            #[must_use]
            pub const fn ticks(self) -> u32 {
                self.0
            }

            #[doc = concat!("From a number of ", $unit, ", to its nearest ten-thousandth.")]
            ///
            /// # Errors
            /// [`OutcomeError::Amount`] for what is negative, not finite or beyond 400 000.
            pub fn $from(value: f64) -> Result<Self, OutcomeError> {
                Self::parse(&format!("{value:.4}"))
            }

            #[doc = concat!("As a number of ", $unit, ".")]
            #[must_use]
            pub fn $as(self) -> f64 {
                f64::from(self.0) / f64::from(TICKS)
            }

            #[doc = concat!("Reads a decimal number of ", $unit, " without going through a float.")]
            ///
            /// # Errors
            /// [`OutcomeError::Amount`] for any other text, and beyond 400 000.
            pub fn parse(text: &str) -> Result<Self, OutcomeError> {
                ticks(text)
                    .and_then(|ticks| u32::try_from(ticks).ok())
                    .map(Self)
                    .ok_or_else(|| OutcomeError::Amount {
                        what: $what,
                        text: text.to_owned(),
                        unit: $unit,
                    })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", shown_ticks(i64::from(self.0)), $unit)
            }
        }
    };
}

amount!(
    /// A diameter of a lesion.
    Diameter, "mm", "diameter", from_mm, as_mm
);
amount!(
    /// A volume of a lesion, a lobe or the liver.
    LesionVolume, "mL", "volume", from_ml, as_ml
);
amount!(
    /// An uptake: SUV or SUL.
    Uptake, "g/mL", "uptake", from_g_per_ml, as_g_per_ml
);
amount!(
    /// Total lesion glycolysis: mean uptake by volume.
    Glycolysis, "g", "glycolysis", from_g, as_g
);

impl Diameter {
    /// From tenths of a millimetre, as radiologists write; none past 40 m.
    #[must_use]
    pub const fn from_tenths(tenths: u32) -> Self {
        Self(tenths.saturating_mul(TICKS / 10))
    }
}

/// A mean density on CT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Attenuation(i32);

impl Attenuation {
    /// From ten-thousandths of a HU.
    #[must_use]
    pub const fn from_ticks(ticks: i32) -> Self {
        Self(ticks)
    }

    /// Ten-thousandths of a HU.
    #[must_use]
    pub const fn ticks(self) -> i32 {
        self.0
    }

    /// Reads a decimal number of HU, also a negative one.
    ///
    /// # Errors
    /// [`OutcomeError::Amount`] for any other text, and beyond ±200 000.
    pub fn parse(text: &str) -> Result<Self, OutcomeError> {
        let (sign, digits) = text
            .trim()
            .strip_prefix('-')
            .map_or((1, text), |digits| (-1, digits));
        ticks(digits)
            .and_then(|ticks| i32::try_from(ticks).ok())
            .map(|ticks| Self(sign * ticks))
            .ok_or_else(|| OutcomeError::Amount {
                what: "density",
                text: text.to_owned(),
                unit: "HU",
            })
    }
}

impl fmt::Display for Attenuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} HU", shown_ticks(i64::from(self.0)))
    }
}

/// Ticks as a decimal number, without zeros at its end.
pub(crate) fn shown_ticks(ticks: i64) -> String {
    shown_decimal(i128::from(ticks), 4)
}

/// A whole number as a decimal with so many decimals, without zeros at its end.
pub(crate) fn shown_decimal(value: i128, decimals: u32) -> String {
    let one = 10_i128.pow(decimals);
    let sign = if value < 0 { "-" } else { "" };
    let whole = value.abs() / one;
    let rest = value.abs() % one;
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(decimals).unwrap_or(0);
    let fraction = format!("{rest:0width$}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimals_exactly() {
        for (text, ticks) in [
            ("0", 0),
            ("21", 210_000),
            ("33.6128", 336_128),
            ("33.61285", 336_129),
            ("33.61284", 336_128),
            (".5", 5000),
            ("5.", 50_000),
        ] {
            assert_eq!(Diameter::parse(text).unwrap().ticks(), ticks, "{text}");
        }
        assert_eq!(Diameter::from_tenths(49), Diameter::parse("4.9").unwrap());
        assert_eq!(Diameter::from_mm(4.9).unwrap(), Diameter::from_tenths(49));
        assert_eq!(Attenuation::parse("-12.5").unwrap().to_string(), "-12.5 HU");
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in ["", ".", "-1", "1e3", "12 mm", "NaN", "9999999"] {
            assert!(Diameter::parse(text).is_err(), "{text}");
        }
        assert!(Diameter::from_mm(f64::NAN).is_err());
        assert_eq!(
            Diameter::parse("2,4").unwrap_err().to_string(),
            "diameter `2,4` is no number of mm from 0 to 400000 with a decimal point"
        );
    }

    #[test]
    fn shows_what_it_read() {
        assert_eq!(Diameter::from_tenths(305).to_string(), "30.5 mm");
        assert_eq!(Diameter::ZERO.to_string(), "0 mm");
        assert_eq!(
            LesionVolume::parse("12.34").unwrap().to_string(),
            "12.34 mL"
        );
    }
}
