//! The arguments of `sirt new`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use sirt_dosimetry::Device;
use sirt_outcome::Sex;
use sirt_quantity::{Capacity, Density, Length, Mass};
use sirt_store::TumourType;

/// What a case starts with. In a terminal, what is missing is asked for;
/// without one, it is an error that names the flag.
#[derive(Debug, Clone, Args)]
pub(crate) struct NewArguments {
    /// Folder of the case; made where there is none.
    #[arg(value_name = "CASE")]
    pub(crate) folder: PathBuf,
    /// Name of the patient in this case; never the real one.
    #[arg(long, value_name = "NAME")]
    pub(crate) pseudonym: Option<String>,
    /// Sex, as formulas ask for it.
    #[arg(long, value_parser = sex())]
    pub(crate) sex: Option<Sex>,
    /// Year of birth.
    #[arg(long, value_name = "YEAR", conflicts_with = "age")]
    pub(crate) birth_year: Option<i16>,
    /// Age at the work-up in years, instead of the year of birth.
    #[arg(long, value_name = "YEARS")]
    pub(crate) age: Option<u16>,
    /// Height of the body, such as 170cm.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) height: Option<Length>,
    /// Weight of the body, such as 70kg.
    #[arg(long, value_name = "MASS")]
    pub(crate) weight: Option<Mass>,
    /// Kind of tumour.
    #[arg(long, value_parser = tumour_type())]
    pub(crate) tumour_type: Option<TumourType>,
    /// The liver is cirrhotic.
    #[arg(long)]
    pub(crate) cirrhosis: bool,
    /// Kind of microspheres.
    #[arg(long, value_parser = device())]
    pub(crate) device: Option<Device>,
    /// Volume of the liver with its tumours, such as 1800mL; needs --density.
    #[arg(long, value_name = "VOLUME")]
    pub(crate) liver: Option<Capacity>,
    /// Volume of all tumours in the liver, such as 450mL.
    #[arg(long, value_name = "VOLUME", requires = "liver")]
    pub(crate) tumour: Option<Capacity>,
    /// Density of the liver, such as 1.05g/mL.
    #[arg(long, value_name = "DENSITY", requires = "liver")]
    pub(crate) density: Option<Density>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// One of several words, which help and completions list.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(|value| name(*value))).try_map(move |word| {
        all.iter()
            .copied()
            .find(|value| name(*value) == word)
            .ok_or("not one of the words")
    })
}

fn sex() -> impl TypedValueParser<Value = Sex> {
    one_of(&[Sex::Female, Sex::Male], Sex::name)
}

fn tumour_type() -> impl TypedValueParser<Value = TumourType> {
    one_of(TumourType::ALL, TumourType::name)
}

fn device() -> impl TypedValueParser<Value = Device> {
    one_of(&Device::ALL, Device::name)
}
