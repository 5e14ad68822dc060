//! Amounts of follow-up as the file writes them: uptake, density, glycolysis,
//! amounts of any unit, and days that may be known to the month alone.

use std::str::FromStr;

use sirt_outcome::{Attenuation, Day, Glycolysis, OutcomeError, Uptake};

use crate::sdtm::VisitDate;
use crate::written::{InFile, NUMBER_AND_UNIT};

/// Number and unit of a text; an error names the unit that is needed.
fn with_unit<'t>(text: &'t str, what: &str, unit: &str) -> Result<&'t str, String> {
    text.trim()
        .strip_suffix(unit)
        .map(str::trim_end)
        .filter(|number| !number.is_empty())
        .ok_or_else(|| format!("`{text}` is not {what}: expected a number and its unit {unit}"))
}

macro_rules! amount_in_file {
    ($($(#[$doc:meta])* $name:ident of $type:ty, $what:literal, $short:literal, $unit:literal, $example:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub(crate) struct $name(pub(crate) $type);

            impl FromStr for $name {
                type Err = String;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    let number = with_unit(text, $what, $unit)?;
                    <$type>::parse(number)
                        .map(Self)
                        .map_err(|error: OutcomeError| error.to_string())
                }
            }

            impl InFile for $name {
                const NAME: &'static str = $short;
                const MEANING: &'static str = concat!($short, " in ", $unit);
                const PATTERN: &'static str = NUMBER_AND_UNIT;
                const EXAMPLE: &'static str = $example;
            }
        )+
    };
}

amount_in_file! {
    /// SUV or SUL.
    WrittenUptake of Uptake, "an uptake", "uptake", "g/mL", "4.2 g/mL";
    /// Density on CT.
    WrittenAttenuation of Attenuation, "a density on CT", "density on CT", "HU", "55 HU";
    /// Mean uptake by volume.
    WrittenGlycolysis of Glycolysis, "a glycolysis", "glycolysis", "g", "120 g";
}

/// A number with whatever unit it has; a marker's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AnyAmount {
    pub(crate) value: f64,
    pub(crate) unit: String,
}

impl FromStr for AnyAmount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = unit.trim();
        let value = number.parse::<f64>().ok().filter(|value| value.is_finite());
        match (value, unit) {
            // 1e+05, 1 480 and 1'480 go on with the number; 10^9/L is a unit.
            (Some(value), unit)
                if !unit.is_empty()
                    && (unit.starts_with("10^")
                        || !unit.starts_with(|c: char| {
                            c.is_ascii_digit() || ",'\u{2019}".contains(c)
                        }))
                    && !is_exponent(unit) =>
            {
                Ok(Self {
                    value,
                    unit: unit.to_owned(),
                })
            }
            _ => Err(format!(
                "`{text}` is not an amount: expected a number of 0 or more with a decimal point, and its unit, such as 812 ug/L"
            )),
        }
    }
}

/// Whether what follows a number is its power of ten.
fn is_exponent(rest: &str) -> bool {
    rest.strip_prefix(['e', 'E'])
        .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest))
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

impl InFile for AnyAmount {
    const NAME: &'static str = "amount";
    const MEANING: &'static str = "a number and its unit";
    const PATTERN: &'static str = NUMBER_AND_UNIT;
    const EXAMPLE: &'static str = "812 ug/L";
}

/// Mass of a drug.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WrittenDrug {
    pub(crate) mg: f64,
}

impl FromStr for WrittenDrug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || format!("`{text}` is not a dose of a drug: expected a number and mg, ug or g");
        let AnyAmount { value, unit } = text.parse().map_err(|_| wrong())?;
        let mg = match unit.replace(['\u{b5}', '\u{3bc}'], "u").as_str() {
            "mg" => value,
            "ug" => value * 1e-3,
            "g" => value * 1e3,
            _ => return Err(wrong()),
        };
        Ok(Self { mg })
    }
}

impl InFile for WrittenDrug {
    const NAME: &'static str = "dose of a drug";
    const MEANING: &'static str = "mass of a drug in mg, ug or g";
    const PATTERN: &'static str = NUMBER_AND_UNIT;
    const EXAMPLE: &'static str = "30 mg";
}

/// A day, or the month or the year in which it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayWithin {
    On(Day),
    Within([Day; 2]),
}

impl FromStr for DayWithin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match VisitDate::parse(text)? {
            VisitDate::Exact(day) => Ok(Self::On(day)),
            VisitDate::Rough(first, last) => Ok(Self::Within([first, last])),
            VisitDate::None => Err("expected a date, such as 2026-03-02".to_owned()),
        }
    }
}

impl InFile for DayWithin {
    const NAME: &'static str = "date or month";
    const MEANING: &'static str =
        "year, month and day; year and month, or year, where no more is known";
    const PATTERN: &'static str = r"^\d{4}(-\d{2}(-\d{2})?)?$";
    const EXAMPLE: &'static str = "2028-09-14";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts_with_their_units_and_refuses_them_without() {
        assert_eq!(
            "4.2 g/mL".parse::<WrittenUptake>().map(|read| read.0),
            Ok(Uptake::parse("4.2").unwrap())
        );
        assert_eq!(
            "-12.5 HU".parse::<WrittenAttenuation>().map(|read| read.0),
            Ok(Attenuation::parse("-12.5").unwrap())
        );
        assert_eq!(
            "4.2".parse::<WrittenUptake>(),
            Err("`4.2` is not an uptake: expected a number and its unit g/mL".to_owned())
        );
        let amount: AnyAmount = "812 ug/L".parse().unwrap();
        assert_eq!((amount.value, amount.unit.as_str()), (812.0, "ug/L"));
        let amount: AnyAmount = "150 10^9/L".parse().unwrap();
        assert_eq!((amount.value, amount.unit.as_str()), (150.0, "10^9/L"));
        for text in [
            "812",
            "8,5 ug/L",
            "-1 ug/L",
            "ug/L",
            "",
            "1e+05 ug/L",
            "1.48e3 ug/L",
            "1 480 ug/L",
            "1'480 ug/L",
        ] {
            assert!(text.parse::<AnyAmount>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_death_may_be_known_to_the_month() {
        let day = |text: &str| Day::parse(text).unwrap();
        assert_eq!(
            "2028-09".parse::<DayWithin>(),
            Ok(DayWithin::Within([day("2028-09-01"), day("2028-09-30")]))
        );
        assert_eq!(
            "2028-09-14".parse::<DayWithin>(),
            Ok(DayWithin::On(day("2028-09-14")))
        );
        assert!("14.9.2028".parse::<DayWithin>().is_err());
    }
}
