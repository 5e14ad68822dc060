//! Parts of a whole, 0 to 1.
//!
//! Label tables speak in percent and formulas in fractions: a number past 1
//! without a percent sign is refused, never divided by 100.
//! A shunt and a residual are types of their own, so that neither is taken
//! for the other.

use crate::QuantityError;

/// Defines a type for a part of a whole.
macro_rules! fraction {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// None of the whole.
            pub const ZERO: Self = Self(0.0);

            /// From a value of 0 to 1.
            ///
            /// # Errors
            /// [`QuantityError::OutOfRange`] for a value outside, or none.
            pub fn from_fraction(value: f64) -> Result<Self, QuantityError> {
                if (0.0..=1.0).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err(QuantityError::OutOfRange {
                        what: $what,
                        value: value.to_string(),
                        allowed: "0..=1",
                    })
                }
            }

            /// From a value of 0 to 100.
            ///
            /// # Errors
            /// [`QuantityError::OutOfRange`] for a value outside, or none.
            pub fn from_percent(value: f64) -> Result<Self, QuantityError> {
                if (0.0..=100.0).contains(&value) {
                    Ok(Self(value / 100.0))
                } else {
                    Err(QuantityError::OutOfRange {
                        what: $what,
                        value: format!("{value} %"),
                        allowed: "0 %..=100 %",
                    })
                }
            }

            /// The value, 0 to 1.
            #[must_use]
            pub const fn as_fraction(self) -> f64 {
                self.0
            }

            /// The value, 0 to 100.
            #[must_use]
            pub const fn as_percent(self) -> f64 {
                self.0 * 100.0
            }

            /// What is not this part.
            #[must_use]
            pub const fn rest(self) -> f64 {
                1.0 - self.0
            }
        }

        impl std::fmt::Display for $name {
            /// The value in percent; honours a precision (`{:.1}`).
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.as_percent(), f)?;
                f.write_str(" %")
            }
        }

        impl std::str::FromStr for $name {
            type Err = QuantityError;

            /// Reads `5%`, `5 %` or `0.05`.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let none = || QuantityError::NotAFraction {
                    text: text.to_owned(),
                    what: $what,
                };
                let trimmed = text.trim();
                let number = |text: &str| -> Result<f64, QuantityError> {
                    let value: f64 = text.trim().parse().map_err(|_| none())?;
                    if value.is_finite() { Ok(value) } else { Err(none()) }
                };
                match trimmed.strip_suffix('%') {
                    Some(percent) => Self::from_percent(number(percent)?),
                    None => {
                        let value = number(trimmed)?;
                        if value > 1.0 {
                            return Err(QuantityError::PercentForFraction {
                                what: $what,
                                value,
                            });
                        }
                        Self::from_fraction(value)
                    }
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let value = f64::deserialize(from)?;
                Self::from_fraction(value).map_err(serde::de::Error::custom)
            }
        }
    };
}

fraction! {
    /// Part of the activity that goes to the lungs.
    LungShuntFraction, "lung shunt fraction"
}

fraction! {
    /// Part of the activity that stays behind in vial, tubing and catheter.
    ResidualFraction, "residual fraction"
}

fraction! {
    /// Part of a whole of any other kind, such as tumour in a liver.
    Fraction, "fraction"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_percent_and_fractions() {
        let five = LungShuntFraction::from_fraction(0.05);
        for text in ["5%", "5 %", " 0.05 ", "5.0%"] {
            assert_eq!(text.parse::<LungShuntFraction>(), five, "{text}");
        }
        assert_eq!("0".parse::<Fraction>(), Ok(Fraction::ZERO));
        assert_eq!("100%".parse::<Fraction>(), Fraction::from_fraction(1.0));
    }

    #[test]
    fn refuses_percent_without_its_sign_and_what_is_no_part() {
        let said = |text: &str| {
            text.parse::<LungShuntFraction>()
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            said("5"),
            Err("lung shunt fraction 5 is outside 0..=1; write `5 %` for percent".to_owned())
        );
        assert_eq!(
            said("-0.1"),
            Err("lung shunt fraction -0.1 is outside 0..=1".to_owned())
        );
        assert_eq!(
            said("120%"),
            Err("lung shunt fraction 120 % is outside 0 %..=100 %".to_owned())
        );
        for text in ["", "%", "nan", "inf", "a"] {
            assert!(
                said(text).is_err_and(|error| error.contains("expected a fraction such as 0.05")),
                "{text}"
            );
        }
    }

    #[test]
    fn prints_percent() {
        let shunt = LungShuntFraction::from_fraction(0.06455);
        assert_eq!(
            shunt.map(|shunt| format!("{shunt:.1}")),
            Ok("6.5 %".to_owned())
        );
    }
}
