//! `sirt new`: starts a case, by flags and, in a terminal, by asking.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use dialoguer::{Confirm, Input, Select};
use serde::Serialize;
use sirt_dosimetry::Device;
use sirt_outcome::Sex;
use sirt_quantity::{Capacity, Density, Length, Mass, QuantityError};
use sirt_store::{Age, CASE_FILE, CaseDocument, NewCase, Pseudonym, StoreError, TumourType};

use crate::arguments::Cli;
use crate::failure;
use crate::new_arguments::NewArguments;
use crate::result::Program;
use crate::table;

#[derive(Serialize)]
struct NewResult {
    program: Program,
    case: String,
    file: String,
}

/// Something that a case cannot start without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Pseudonym,
    Sex,
    Age,
    Height,
    Weight,
    TumourType,
    Device,
    LiverDensity,
}

impl Missing {
    const fn flag(self) -> &'static str {
        match self {
            Self::Pseudonym => "--pseudonym",
            Self::Sex => "--sex",
            Self::Age => "--birth-year (or --age)",
            Self::Height => "--height",
            Self::Weight => "--weight",
            Self::TumourType => "--tumour-type",
            Self::Device => "--device",
            Self::LiverDensity => "--density",
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &NewArguments) -> anyhow::Result<ExitCode> {
    let file = arguments.folder.join(CASE_FILE);
    // Asked for before any question is.
    if file.exists() {
        return Err(StoreError::AlreadyThere { file }.into());
    }
    let (mut new, missing) = given(arguments);
    // What was given is right before more is asked for.
    CaseDocument::start(&new)?;
    if !missing.is_empty() {
        if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
            return Ok(usage(&missing));
        }
        ask(&mut new, &missing, arguments).context("a question was not answered")?;
    }
    CaseDocument::start(&new)?.write_new(&arguments.folder)?;
    let result = NewResult {
        program: Program::THIS,
        case: arguments.folder.display().to_string(),
        file: file.display().to_string(),
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        let mut text = String::new();
        writeln!(text, "started {}", result.file)?;
        writeln!(
            text,
            "comments in it say what can be added: territories, work-up, prescriptions, ..."
        )?;
        table::print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The case of the flags, and what they leave open; what is open has a value
/// that is never written, since all of it is asked for or refused.
fn given(arguments: &NewArguments) -> (NewCase, Vec<Missing>) {
    let age = arguments
        .birth_year
        .map(Age::BornIn)
        .or(arguments.age.map(Age::Years));
    let missing = [
        (Missing::Pseudonym, arguments.pseudonym.is_none()),
        (Missing::Sex, arguments.sex.is_none()),
        (Missing::Age, age.is_none()),
        (Missing::Height, arguments.height.is_none()),
        (Missing::Weight, arguments.weight.is_none()),
        (Missing::TumourType, arguments.tumour_type.is_none()),
        (Missing::Device, arguments.device.is_none()),
        (
            Missing::LiverDensity,
            arguments.liver.is_some() && arguments.density.is_none(),
        ),
    ];
    let new = NewCase {
        pseudonym: Pseudonym::new(arguments.pseudonym.as_deref().unwrap_or("?")),
        sex: arguments.sex.unwrap_or(Sex::Female),
        age: age.unwrap_or(Age::Years(60)),
        height: arguments.height.unwrap_or(Length::from_cm(170.0)),
        weight: arguments.weight.unwrap_or(Mass::from_kg(70.0)),
        tumour_type: arguments.tumour_type.unwrap_or(TumourType::Other),
        cirrhosis: arguments.cirrhosis,
        device: arguments.device.unwrap_or(Device::Resin),
        liver: arguments.liver.map(|volume| {
            let open = Density::from_g_per_ml(1.0);
            (volume, arguments.density.unwrap_or(open))
        }),
        tumour_volume: arguments.tumour,
    };
    let missing = missing
        .into_iter()
        .filter_map(|(what, open)| open.then_some(what))
        .collect();
    (new, missing)
}

/// An error of use that names the flags.
fn usage(missing: &[Missing]) -> ExitCode {
    let flags: Vec<&str> = missing.iter().map(|what| what.flag()).collect();
    let text = format!(
        "without a terminal to ask in, a case needs {} as well",
        flags.join(", ")
    );
    let mut command = Cli::command();
    command.build();
    let error = match command.find_subcommand_mut("new") {
        Some(new) => new.error(ErrorKind::MissingRequiredArgument, text),
        None => command.error(ErrorKind::MissingRequiredArgument, text),
    };
    failure::usage(&error)
}

/// Asks for what is missing, and then for what a case may also start with.
fn ask(new: &mut NewCase, missing: &[Missing], arguments: &NewArguments) -> anyhow::Result<()> {
    for what in missing {
        match what {
            Missing::Pseudonym => {
                let read = |text: &str| Ok(Pseudonym::new(text.trim()));
                let set = |new: &mut NewCase, name| new.pseudonym = name;
                answer(new, "pseudonym (never the real name)", read, set)?;
            }
            Missing::Sex => {
                new.sex = choice("sex", &[Sex::Female, Sex::Male])?;
            }
            Missing::Age => {
                let set = |new: &mut NewCase, year| new.age = Age::BornIn(year);
                answer(new, "year of birth", year, set)?;
            }
            Missing::Height => {
                let set = |new: &mut NewCase, height| new.height = height;
                answer(new, "height, such as 170 cm", quantity::<Length>, set)?;
            }
            Missing::Weight => {
                let set = |new: &mut NewCase, weight| new.weight = weight;
                answer(new, "weight, such as 70 kg", quantity::<Mass>, set)?;
            }
            Missing::TumourType => {
                new.tumour_type = choice("kind of tumour", TumourType::ALL)?;
            }
            Missing::Device => {
                new.device = choice("microspheres", &Device::ALL)?;
            }
            Missing::LiverDensity => ask_density(new)?,
        }
    }
    if !arguments.cirrhosis {
        new.cirrhosis = Confirm::new()
            .with_prompt("is the liver cirrhotic?")
            .default(false)
            .interact()?;
    }
    if arguments.liver.is_none() {
        let set = |new: &mut NewCase, volume: Option<Capacity>| {
            new.liver = volume.map(|volume| (volume, Density::from_g_per_ml(1.0)));
        };
        let prompt = "volume of the liver with tumours, such as 1800 mL; empty for none";
        answer(new, prompt, quantity_or_none::<Capacity>, set)?;
        if new.liver.is_some() {
            ask_density(new)?;
        }
    }
    if new.liver.is_some() && arguments.tumour.is_none() {
        let set = |new: &mut NewCase, volume: Option<Capacity>| new.tumour_volume = volume;
        let prompt = "volume of all tumours, such as 450 mL; empty for none";
        answer(new, prompt, quantity_or_none::<Capacity>, set)?;
    }
    Ok(())
}

fn ask_density(new: &mut NewCase) -> anyhow::Result<()> {
    let set = |new: &mut NewCase, density| {
        new.liver = new.liver.map(|(volume, _)| (volume, density));
    };
    let prompt = "density of the liver, such as 1.05 g/mL";
    answer(new, prompt, quantity::<Density>, set)
}

/// Asks until the case with the answer in it would be accepted.
fn answer<T>(
    new: &mut NewCase,
    prompt: &str,
    read: impl Fn(&str) -> Result<T, String>,
    set: impl Fn(&mut NewCase, T),
) -> anyhow::Result<()> {
    let before = new.clone();
    let with = |text: &str| -> Result<NewCase, String> {
        let mut after = before.clone();
        set(&mut after, read(text)?);
        match CaseDocument::start(&after) {
            Ok(_) => Ok(after),
            // A line of a file that is not there yet says nothing.
            Err(error) => {
                let said = error.to_string();
                let of_key = said.split_once(": ").map(|(_, of_key)| of_key.to_owned());
                Err(of_key.unwrap_or(said))
            }
        }
    };
    let text: String = Input::new()
        .with_prompt(prompt)
        .allow_empty(true)
        .validate_with(|text: &String| with(text).map(|_| ()))
        .interact_text()?;
    *new = with(&text).map_err(anyhow::Error::msg)?;
    Ok(())
}

fn choice<T: Copy + std::fmt::Display>(prompt: &str, all: &[T]) -> anyhow::Result<T> {
    let chosen = Select::new()
        .with_prompt(prompt)
        .items(all)
        .default(0)
        .interact()?;
    all.get(chosen).copied().context("no choice")
}

fn year(text: &str) -> Result<i16, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a year, such as 1961"))
}

fn quantity<T: std::str::FromStr<Err = QuantityError>>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|error: QuantityError| error.to_string())
}

fn quantity_or_none<T: std::str::FromStr<Err = QuantityError>>(
    text: &str,
) -> Result<Option<T>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    quantity(text).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Command;
    use clap::Parser as _;

    fn arguments(line: &str) -> NewArguments {
        match Cli::try_parse_from(line.split_whitespace()) {
            Ok(Cli {
                command: Command::New(arguments),
            }) => arguments,
            other => panic!("`{line}` is no line of `sirt new`: {other:?}"),
        }
    }

    #[test]
    fn flags_alone_are_a_case() {
        let (new, missing) = given(&arguments(
            "sirt new c --pseudonym P-1 --sex male --age 64 --height 1.7m --weight 70kg \
             --tumour-type hcc --cirrhosis --device glass --liver 1800mL --tumour 450mL \
             --density 1.05g/mL",
        ));
        assert_eq!(missing, []);
        assert_eq!((new.sex, new.age), (Sex::Male, Age::Years(64)));
        assert_eq!(new.tumour_type, TumourType::HepatocellularCarcinoma);
        assert!(new.cirrhosis);
        let text = CaseDocument::start(&new).unwrap();
        let liver = text.case().liver.unwrap();
        assert!((liver.mass().as_kg() - 1.89).abs() < 1e-12);
    }

    #[test]
    fn says_what_is_open() {
        let (new, missing) = given(&arguments("sirt new c --sex female --liver 1.8L"));
        let flags: Vec<&str> = missing.iter().map(|what| what.flag()).collect();
        assert_eq!(
            flags,
            [
                "--pseudonym",
                "--birth-year (or --age)",
                "--height",
                "--weight",
                "--tumour-type",
                "--device",
                "--density",
            ]
        );
        // What stands in for what is open is accepted, so that only what was
        // given or answered is ever refused.
        CaseDocument::start(&new).unwrap();
    }

    #[test]
    fn answers_are_read_as_flags_are() {
        assert_eq!(quantity("170 cm"), Ok(Length::from_cm(170.0)));
        assert_eq!(
            quantity::<Length>("170"),
            Err("`170` is not a length: unit `` is not one of mm, cm, m".to_owned())
        );
        assert_eq!(quantity_or_none::<Capacity>(" "), Ok(None));
        assert_eq!(year(" 1961 "), Ok(1961));
        assert_eq!(
            year("61 or so"),
            Err("`61 or so` is not a year, such as 1961".to_owned())
        );
    }
}
