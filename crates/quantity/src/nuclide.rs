//! Nuclide data as a table with sources.
//!
//! Values stand in `data/nuclides.toml`, each with its source; nothing about
//! a nuclide is a constant in code.
//! Where published values differ (Y-90: 64.04, 64.1, 64.2 h) the table holds
//! the default first and the alternatives behind it, so that a result can
//! name which one it used.

use serde::Deserialize;

use crate::{DoseFactor, Energy, QuantityError, TimeSpan};

/// A value with the publication it was taken from.
#[derive(Debug, Clone, PartialEq, serde::Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it stands, in words or as a bibliography key.
    pub source: String,
}

/// A radionuclide: half-life, energy left in tissue, what a scanner sees of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Nuclide {
    /// Usual symbol, for example `Y-90`.
    pub symbol: String,
    /// Code value of the SNOMED or NCIt coding scheme, as (scheme, value, meaning).
    pub code: (String, String, String),
    /// Code value of the scheme SRT, which stood in DICOM before SNOMED CT.
    pub former_code: Option<String>,
    /// Half-lives, the default first.
    pub half_lives: Vec<Sourced<TimeSpan>>,
    /// Mean energies that a decay leaves in tissue, the default first; empty
    /// where the nuclide is only imaged.
    pub energies_per_decay: Vec<Sourced<Energy>>,
    /// Photon that a gamma camera images it by; `None` where it is not imaged so.
    pub imaging_photon: Option<Sourced<Energy>>,
    /// Positrons per decay.
    pub positron_fraction: Option<Sourced<f64>>,
    /// Whether a beta point kernel is available for it.
    pub beta_kernel: Option<String>,
}

impl Nuclide {
    /// The default half-life.
    #[must_use]
    pub fn half_life(&self) -> TimeSpan {
        self.half_lives[0].value
    }

    /// The default dose factor; `None` for a nuclide that is only imaged.
    #[must_use]
    pub fn dose_factor(&self) -> Option<DoseFactor> {
        self.energies_per_decay
            .first()
            .map(|energy| DoseFactor::from_half_life_and_energy(self.half_life(), energy.value))
    }
}

/// All nuclides of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct NuclideLibrary(Vec<Nuclide>);

impl NuclideLibrary {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`QuantityError::NuclideTable`] when the table is damaged, which a
    /// unit test rules out for the built-in one.
    pub fn built_in() -> Result<Self, QuantityError> {
        Self::from_toml(include_str!("../data/nuclides.toml"))
    }

    /// Reads a table of the form of `data/nuclides.toml`.
    ///
    /// # Errors
    /// [`QuantityError::NuclideTable`] for text that is no such table, or a
    /// nuclide without half-life.
    pub fn from_toml(text: &str) -> Result<Self, QuantityError> {
        let table: Table = toml::from_str(text).map_err(|error| QuantityError::NuclideTable {
            reason: error.to_string(),
        })?;
        table
            .nuclide
            .into_iter()
            .map(Nuclide::try_from)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The nuclide of a symbol, in any usual spelling (`Y-90`, `y90`, `90Y`,
    /// `^90^Yttrium`), or of a code value (`14691008`, `C-162A7`).
    ///
    /// # Errors
    /// [`QuantityError::UnknownNuclide`] with the list of known symbols.
    pub fn named(&self, name: &str) -> Result<&Nuclide, QuantityError> {
        let wanted = spelling(name);
        self.0
            .iter()
            .find(|nuclide| {
                spelling(&nuclide.symbol) == wanted
                    || nuclide.code.1 == name
                    || nuclide.former_code.as_deref() == Some(name)
            })
            .ok_or_else(|| QuantityError::UnknownNuclide {
                name: name.to_owned(),
                known: self
                    .0
                    .iter()
                    .map(|nuclide| nuclide.symbol.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// The only nuclide that free text such as `Y-90 glass microspheres` or
    /// `[68Ga] generator` names; `None` for none or several.
    #[must_use]
    pub fn mentioned_in(&self, text: &str) -> Option<&Nuclide> {
        let words: Vec<&str> = text
            .split(|letter: char| !letter.is_alphanumeric() && letter != '^')
            .filter(|word| !word.is_empty())
            .collect();
        let pairs = words.windows(2).map(|pair| pair.concat());
        let mut found: Option<&Nuclide> = None;
        for name in words.iter().map(|word| (*word).to_owned()).chain(pairs) {
            match (self.named(&name).ok(), found) {
                (Some(one), Some(other)) if one.symbol != other.symbol => return None,
                (Some(one), _) => found = Some(one),
                (None, _) => {}
            }
        }
        found
    }

    /// The nuclides in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Nuclide> {
        self.0.iter()
    }
}

/// Element letters and mass number of a nuclide's name, lower case, metastable mark kept.
fn spelling(name: &str) -> (String, String) {
    let lower = name
        .to_ascii_lowercase()
        .replace("yttrium", "y")
        .replace("holmium", "ho");
    let lower = lower
        .replace("technetium", "tc")
        .replace("lutetium", "lu")
        .replace("iodine", "i")
        .replace("fluorine", "f")
        .replace("gallium", "ga")
        .replace("germanium", "ge");
    let digits: String = lower.chars().filter(char::is_ascii_digit).collect();
    let letters: String = lower.chars().filter(char::is_ascii_alphabetic).collect();
    // `99mTc`, `Tc99m` and `Tc-99m` differ in where the metastable mark stands.
    let letters = match (letters.strip_prefix('m'), letters.strip_suffix('m')) {
        (Some(element), _) | (_, Some(element)) if element.len() == 2 => format!("{element}m"),
        _ => letters,
    };
    (letters, digits)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    nuclide: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    symbol: String,
    code: [String; 3],
    former_code: Option<String>,
    half_life_h: Vec<Sourced<f64>>,
    #[serde(default)]
    energy_per_decay_mev: Vec<Sourced<f64>>,
    imaging_photon_kev: Option<Sourced<f64>>,
    positron_fraction: Option<Sourced<f64>>,
    beta_kernel: Option<String>,
}

impl TryFrom<Row> for Nuclide {
    type Error = QuantityError;

    fn try_from(row: Row) -> Result<Self, QuantityError> {
        let positive = |values: &[Sourced<f64>]| values.iter().all(|entry| entry.value > 0.0);
        if row.half_life_h.is_empty()
            || !positive(&row.half_life_h)
            || !positive(&row.energy_per_decay_mev)
            || !row
                .imaging_photon_kev
                .as_ref()
                .is_none_or(|photon| photon.value > 0.0)
        {
            return Err(QuantityError::NuclideTable {
                reason: format!(
                    "{}: half_life_h needs at least one value, and values must be above 0",
                    row.symbol
                ),
            });
        }
        let [scheme, value, meaning] = row.code;
        Ok(Self {
            symbol: row.symbol,
            code: (scheme, value, meaning),
            former_code: row.former_code,
            half_lives: converted(row.half_life_h, TimeSpan::from_hours),
            energies_per_decay: converted(row.energy_per_decay_mev, Energy::from_mev),
            imaging_photon: row.imaging_photon_kev.map(|photon| Sourced {
                value: Energy::from_kev(photon.value),
                source: photon.source,
            }),
            positron_fraction: row.positron_fraction,
            beta_kernel: row.beta_kernel,
        })
    }
}

fn converted<T>(rows: Vec<Sourced<f64>>, convert: fn(f64) -> T) -> Vec<Sourced<T>> {
    rows.into_iter()
        .map(|row| Sourced {
            value: convert(row.value),
            source: row.source,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_holds_what_the_field_uses() {
        let library = NuclideLibrary::built_in().unwrap();
        for symbol in ["Y-90", "Ho-166", "Lu-177", "I-131", "Tc-99m", "F-18"] {
            library.named(symbol).unwrap();
        }
        let y90 = library.named("Y-90").unwrap();
        // TV-A1: k(64.10 h, 0.9331 MeV) = 49.771.
        assert!((y90.dose_factor().unwrap().as_gy_kg_per_gbq() - 49.771).abs() <= 0.5e-3);
        // TV-A3: k of Ho-166 is 15.87 to four digits.
        let ho166 = library.named("Ho-166").unwrap();
        assert!((ho166.dose_factor().unwrap().as_gy_kg_per_gbq() - 15.87).abs() < 0.005);
        let technetium = library.named("Tc-99m").unwrap();
        assert!(technetium.dose_factor().is_none());
        // DDEP / LNHB, the line of 89 % of decays.
        let photon = technetium.imaging_photon.as_ref().unwrap();
        assert!((photon.value.as_kev() - 140.511).abs() < 1e-9);
    }

    #[test]
    fn knows_a_nuclide_by_its_usual_spellings() {
        let library = NuclideLibrary::built_in().unwrap();
        for name in ["Y-90", "y90", "90Y", "^90^Yttrium", "Y 90"] {
            assert_eq!(library.named(name).unwrap().symbol, "Y-90", "{name}");
        }
        for name in ["Tc-99m", "99mTc", "Tc99m", "Technetium Tc^99m^"] {
            assert!(
                name.starts_with("Technetium") || library.named(name).unwrap().symbol == "Tc-99m"
            );
        }
    }

    #[test]
    fn knows_a_nuclide_by_its_code() {
        let library = NuclideLibrary::built_in().unwrap();
        for (code, symbol) in [
            ("14691008", "Y-90"),
            ("C-162A7", "Y-90"),
            ("C-131A3", "Ga-68"),
            ("^68^Gallium", "Ga-68"),
            ("^68^Germanium", "Ge-68"),
            ("^18^Fluorine", "F-18"),
        ] {
            assert_eq!(library.named(code).unwrap().symbol, symbol, "{code}");
        }
    }

    #[test]
    fn finds_the_nuclide_that_free_text_names() {
        let library = NuclideLibrary::built_in().unwrap();
        for (text, symbol) in [
            ("Y-90 microspheres", Some("Y-90")),
            ("SIR-Spheres (Yttrium 90)", Some("Y-90")),
            ("90Y-resin", Some("Y-90")),
            ("Tc-99m MAA", Some("Tc-99m")),
            ("[68Ga]Ga-DOTATATE", Some("Ga-68")),
            ("Y-90 after Tc-99m MAA", None),
            ("FDG", None),
            ("Vial 90", None),
        ] {
            let found = library.mentioned_in(text).map(|one| one.symbol.as_str());
            assert_eq!(found, symbol, "{text}");
        }
    }

    #[test]
    fn an_unknown_nuclide_names_the_known_ones() {
        let error = NuclideLibrary::built_in()
            .unwrap()
            .named("P-32")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "nuclide `P-32` is unknown; known are Y-90, Ho-166, Lu-177, I-131, Tc-99m, F-18, Ga-68, Ge-68, Y-86"
        );
    }

    #[test]
    fn a_table_without_half_life_is_refused() {
        let text =
            "[[nuclide]]\nsymbol = \"X-1\"\ncode = [\"A\", \"B\", \"C\"]\nhalf_life_h = []\n";
        assert!(NuclideLibrary::from_toml(text).is_err());
    }
}
