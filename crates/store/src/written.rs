//! Values as the file writes them, read by the types they are.
//!
//! A quantity is text with its unit and read by the quantity's own reader, so
//! that a number without unit, or percent without its sign, is refused there.

use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use sirt_quantity::{
    AbsorbedDose, Activity, Albumin, Bilirubin, Capacity, Creatinine, Density, DoseFactor,
    EnzymeActivity, Fraction, Haemoglobin, Length, LungShuntFraction, LymphocyteCount, Mass,
    PlateletCount, ResidualFraction, Sodium, TimeSpan,
};

use crate::Instant;
use crate::instant::Day;

/// Text that a number with a unit has: the unit itself is left to its reader.
/// Only 10^9/L begins with a digit.
pub(crate) const NUMBER_AND_UNIT: &str =
    r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?(\s*[^0-9.\s].*|\s+10\^.*)$";
/// Percent with its sign, or a fraction of 0 to 1.
const FRACTION: &str = r"^\s*([0-9.]+\s*%|0?\.[0-9]+|[01](\.0*)?)\s*$";
const INSTANT: &str = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:\d{2})$";
const DAY: &str = r"^\d{4}-\d{2}-\d{2}$";

/// A type that the file writes as text.
pub(crate) trait InFile: FromStr {
    /// Its name in the schema.
    const NAME: &'static str;
    /// What it is, and how it is written.
    const MEANING: &'static str;
    /// The form of the text.
    const PATTERN: &'static str;
    /// A value.
    const EXAMPLE: &'static str;
    /// Whether a bare number can be one.
    const NUMBER: bool = false;
}

macro_rules! in_file {
    ($($type:ty, $name:literal, $pattern:expr, $meaning:literal, $example:literal;)+) => {
        $(impl InFile for $type {
            const NAME: &'static str = $name;
            const MEANING: &'static str = $meaning;
            const PATTERN: &'static str = $pattern;
            const EXAMPLE: &'static str = $example;
        })+
    };
}

in_file! {
    Activity, "activity", NUMBER_AND_UNIT, "activity in GBq, MBq, kBq or Bq", "1.85 GBq";
    AbsorbedDose, "absorbed dose", NUMBER_AND_UNIT, "absorbed dose in Gy, cGy or mGy", "100 Gy";
    Mass, "mass", NUMBER_AND_UNIT, "mass in kg or g", "1.0 kg";
    Density, "density", NUMBER_AND_UNIT, "density in g/mL, g/cm3 or kg/m3", "1.05 g/mL";
    Capacity, "volume", NUMBER_AND_UNIT, "volume in mL, L or mm3", "1800 mL";
    Length, "length", NUMBER_AND_UNIT, "length in cm, m or mm", "170 cm";
    TimeSpan, "span of time", NUMBER_AND_UNIT, "span of time in h, d, min or s", "64.1 h";
    Bilirubin, "bilirubin", NUMBER_AND_UNIT, "bilirubin in umol/L or mg/dL", "12 umol/L";
    Albumin, "albumin", NUMBER_AND_UNIT, "albumin in g/L or g/dL", "41 g/L";
    Creatinine, "creatinine", NUMBER_AND_UNIT, "creatinine in umol/L or mg/dL", "72 umol/L";
    Sodium, "sodium", NUMBER_AND_UNIT, "sodium in mmol/L", "139 mmol/L";
    PlateletCount, "platelets", NUMBER_AND_UNIT, "platelets in 10^9/L, G/L, /nL or /uL", "210 10^9/L";
    EnzymeActivity, "enzyme", NUMBER_AND_UNIT, "activity of an enzyme in U/L, IU/L or ukat/L", "35 U/L";
    LymphocyteCount, "lymphocytes", NUMBER_AND_UNIT, "lymphocytes in /uL, /mm3, 10^9/L, G/L or /nL", "1500 /uL";
    Haemoglobin, "haemoglobin", NUMBER_AND_UNIT, "haemoglobin in g/L or g/dL", "135 g/L";
    WrittenDoseFactor, "dose factor", NUMBER_AND_UNIT, "dose factor in Gy kg/GBq", "49.67 Gy kg/GBq";
    Instant, "instant", INSTANT, "date, time and offset from UTC", "2026-03-15T10:00+01:00";
    Day, "date", DAY, "year, month and day", "2026-03-02";
}

macro_rules! fraction_in_file {
    ($($type:ty, $name:literal, $example:literal;)+) => {
        $(impl InFile for $type {
            const NAME: &'static str = $name;
            const MEANING: &'static str = "percent with its sign, or a fraction of 0 to 1";
            const PATTERN: &'static str = FRACTION;
            const EXAMPLE: &'static str = $example;
            const NUMBER: bool = true;
        })+
    };
}

fraction_in_file! {
    LungShuntFraction, "lung shunt fraction", "5 %";
    ResidualFraction, "residual fraction", "1 %";
    Fraction, "fraction", "60 %";
}

/// A dose factor with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WrittenDoseFactor(pub(crate) DoseFactor);

impl FromStr for WrittenDoseFactor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = ["Gy kg/GBq", "Gy.kg/GBq", "Gy*kg/GBq", "Gy·kg/GBq"]
            .into_iter()
            .find_map(|unit| text.trim().strip_suffix(unit));
        number
            .and_then(|number| number.trim().parse::<f64>().ok())
            .filter(|value| value.is_finite() && *value > 0.0)
            .map(|value| Self(DoseFactor::from_gy_kg_per_gbq(value)))
            .ok_or_else(|| {
                format!(
                    "`{text}` is not a dose factor: expected a number above 0 and its unit, such as 49.67 Gy kg/GBq"
                )
            })
    }
}

/// A value that the file writes as text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Written<T>(pub(crate) T);

impl<'de, T> Deserialize<'de> for Written<T>
where
    T: InFile,
    T::Err: Display,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Scalar(text) = from.deserialize_any(ScalarVisitor(T::NAME))?;
        text.parse().map(Self).map_err(Error::custom)
    }
}

impl<T: InFile> JsonSchema for Written<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({
            "type": "string",
            // An annotation: checkers pass over formats that they do not know.
            "format": T::NAME,
            "pattern": T::PATTERN,
            "examples": [T::EXAMPLE],
            "description": T::MEANING,
        });
        if T::NUMBER {
            schema.insert("type".to_owned(), serde_json::json!(["string", "number"]));
            schema.insert("minimum".to_owned(), 0.into());
            schema.insert("maximum".to_owned(), 1.into());
        }
        schema
    }
}

/// The text of any value that is not a table or an array.
struct Scalar(String);

struct ScalarVisitor(&'static str);

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} as text", self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }

    // A bare number goes to the same reader, which says which unit it lacks.
    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    // The dates of TOML itself come as a table with one text.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((key, text)) if key.starts_with("$__toml") => Ok(Scalar(text)),
            _ => Err(Error::custom(format!("expected {} as text", self.0))),
        }
    }
}

/// Names that a list of words allows, for types of other crates.
pub(crate) struct Words<T>(PhantomData<T>);

macro_rules! words {
    ($($type:ty, $name:literal, [$($word:literal),+];)+) => {
        $(impl JsonSchema for Words<$type> {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": [$($word),+] })
            }
        })+
    };
}

words! {
    sirt_dosimetry::Device, "device", ["resin", "glass", "holmium"];
    sirt_outcome::Sex, "sex", ["female", "male"];
    sirt_outcome::Ascites, "ascites", ["none", "slight", "moderate_or_severe"];
    sirt_outcome::Encephalopathy, "encephalopathy", ["none", "grade_1_or_2", "grade_3_or_4"];
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Row {
        volume: Option<Written<Capacity>>,
        shunt: Option<Written<LungShuntFraction>>,
        at: Option<Written<Instant>>,
        date: Option<Written<Day>>,
        factor: Option<Written<WrittenDoseFactor>>,
    }

    fn read(text: &str) -> Result<Row, String> {
        toml_edit::de::from_str(text)
            .map_err(|error: toml_edit::de::Error| error.message().to_owned())
    }

    #[test]
    fn reads_text_numbers_and_the_dates_of_toml() {
        let row = read(
            "volume = \"1.8 L\"\nshunt = 0.05\nat = 2026-03-15T10:00:00+01:00\ndate = 2026-03-02\nfactor = \"49.67 Gy kg/GBq\"\n",
        )
        .unwrap();
        assert_eq!(row.volume, Some(Written(Capacity::from_ml(1800.0))));
        assert_eq!(row.shunt.map(|shunt| shunt.0.as_percent()), Some(5.0));
        assert_eq!(
            row.at.map(|at| at.0.to_string()),
            Some("2026-03-15T10:00+01:00".to_owned())
        );
        assert_eq!(
            row.date.map(|day| day.0.0.to_string()),
            Some("2026-03-02".to_owned())
        );
        assert_eq!(
            row.factor.map(|factor| factor.0.0),
            Some(DoseFactor::from_gy_kg_per_gbq(49.67))
        );
    }

    #[test]
    fn refuses_a_number_without_unit_and_percent_without_sign() {
        for (text, expected) in [
            (
                "volume = 1200",
                "`1200` is not a volume: unit `` is not one of mL, mm3, L",
            ),
            (
                "shunt = 5",
                "lung shunt fraction 5 is outside 0..=1; write `5 %` for percent",
            ),
            (
                "shunt = \"-1 %\"",
                "lung shunt fraction -1 % is outside 0 %..=100 %",
            ),
            (
                "factor = 49.67",
                "`49.67` is not a dose factor: expected a number above 0 and its unit, such as 49.67 Gy kg/GBq",
            ),
            (
                "at = 2026-03-15T10:00:00",
                "`2026-03-15T10:00:00` is not an instant: expected date, time and offset from UTC, such as 2026-03-15T10:00+01:00",
            ),
            ("volume = { a = \"b\" }", "expected volume as text"),
        ] {
            assert_eq!(read(text).unwrap_err(), expected);
        }
    }
}
