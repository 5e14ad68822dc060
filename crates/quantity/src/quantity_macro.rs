//! The one macro that defines a quantity type.

/// Defines a newtype over `f64` with a constructor, a reader and a parsed
/// spelling for each unit.
///
/// The first unit listed is the one that is stored and printed; the factor
/// of each unit says how many stored units it holds.
macro_rules! quantity {
    (
        $(#[$doc:meta])*
        $name:ident, $article:literal,
        { $( $(#[$unit_doc:meta])* $from:ident $as_:ident $symbol:literal $factor:expr ),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0.0);
            const UNITS: &'static [(&'static str, f64)] = &[$(($symbol, $factor)),+];

            $(
                #[doc = concat!("From a value in ", $symbol, ".")]
                $(#[$unit_doc])*
                #[must_use]
                pub const fn $from(value: f64) -> Self {
                    Self(value * $factor)
                }

                #[doc = concat!("The value in ", $symbol, ".")]
                #[must_use]
                pub const fn $as_(self) -> f64 {
                    self.0 / $factor
                }
            )+

            /// Whether the value is neither infinite nor NaN.
            #[must_use]
            pub const fn is_finite(self) -> bool {
                self.0.is_finite()
            }
        }

        impl std::fmt::Display for $name {
            /// The value with the unit that this type stores; honours a precision (`{:.1}`).
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)?;
                write!(f, " {}", Self::UNITS[0].0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::QuantityError;

            /// Reads a number and its unit, with or without a space between.
            ///
            /// The unit is required and its case counts (`mGy` is not `MGy`).
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::quantity_macro::parse(text, $article, Self::UNITS).map(Self)
            }
        }

        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self { Self(self.0 + other.0) }
        }
        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, other: Self) { self.0 += other.0; }
        }
        impl std::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self { Self(self.0 - other.0) }
        }
        impl std::ops::Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self { Self(self.0 * factor) }
        }
        impl std::ops::Div<f64> for $name {
            type Output = Self;
            fn div(self, divisor: f64) -> Self { Self(self.0 / divisor) }
        }
        impl std::ops::Div for $name {
            /// A pure ratio.
            type Output = f64;
            fn div(self, other: Self) -> f64 { self.0 / other.0 }
        }
        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::ZERO, |total, value| total + value)
            }
        }
    };
}
pub(crate) use quantity;

/// Splits `text` into number and unit and converts to the stored unit.
pub(crate) fn parse(
    text: &str,
    quantity: &'static str,
    units: &[(&'static str, f64)],
) -> Result<f64, crate::QuantityError> {
    let allowed = || {
        units
            .iter()
            .map(|(symbol, _)| *symbol)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let trimmed = text.trim();
    let (number, unit) = split_number(trimmed);
    let value: f64 = number
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| crate::QuantityError::NotANumber {
            text: text.to_owned(),
            quantity,
            allowed: allowed(),
        })?;
    // Both micro signs (U+00B5, U+03BC) stand for the letter u.
    let spelled = unit.replace(['\u{b5}', '\u{3bc}'], "u");
    units
        .iter()
        .find(|(symbol, _)| *symbol == spelled)
        .map(|(_, factor)| value * factor)
        .ok_or_else(|| crate::QuantityError::UnknownUnit {
            text: text.to_owned(),
            quantity,
            unit: unit.to_owned(),
            allowed: allowed(),
        })
}

/// The longest prefix that reads as a decimal number, and the rest without
/// leading space.
fn split_number(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
            at += 1;
        }
        at
    };
    let sign = |at: usize| at + usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let mut end = digits(sign(0));
    // An exponent counts only with digits behind it: `1e3 Bq`, but not `1 eV`.
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let after_sign = sign(end + 1);
        let after_digits = digits(after_sign);
        if after_digits > after_sign {
            end = after_digits;
        }
    }
    (&text[..end], text[end..].trim_start())
}
