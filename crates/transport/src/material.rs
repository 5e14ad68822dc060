//! Materials: composition, nominal density, mean excitation energy.
//!
//! Mixtures follow Bragg's additivity: `ln I = Σ wᵢ(Z/A)ᵢ ln Iᵢ / Σ wᵢ(Z/A)ᵢ`
//! (icru37, eq. 2.14), with the values for condensed compounds where a
//! material names none itself.

use std::collections::BTreeMap;

use serde::Deserialize;
use sirt_quantity::Density;

use crate::TransportError;
use crate::element::{Element, ElementLibrary};

/// A material of the world.
#[derive(Debug, Clone, PartialEq)]
pub struct Material {
    name: String,
    density: Density,
    mean_excitation_ev: f64,
    gas: bool,
    /// Atomic number and mass fraction, ascending.
    fractions: Vec<(u32, f64)>,
}

/// The materials that the crate carries, and the elements that they are made of.
#[derive(Debug, Clone)]
pub struct MaterialLibrary {
    pub(crate) elements: ElementLibrary,
    materials: Vec<Material>,
    symbols: BTreeMap<String, u32>,
    condensed_ev: BTreeMap<u32, f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    material: Vec<MaterialRow>,
    element: Vec<ElementRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaterialRow {
    name: String,
    density_g_per_ml: f64,
    mean_excitation_ev: Option<f64>,
    #[serde(default)]
    gas: bool,
    fractions: BTreeMap<String, f64>,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementRow {
    symbol: String,
    z: u32,
    condensed_ev: f64,
}

impl Material {
    /// Name of the material.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Nominal density, at which the density effect is taken.
    #[must_use]
    pub const fn density(&self) -> Density {
        self.density
    }

    /// Mean excitation energy, eV.
    #[must_use]
    pub const fn mean_excitation_ev(&self) -> f64 {
        self.mean_excitation_ev
    }

    /// Whether it is a gas.
    #[must_use]
    pub(crate) const fn is_gas(&self) -> bool {
        self.gas
    }

    /// Elements with their mass fractions.
    pub(crate) fn elements<'a>(
        &self,
        library: &'a ElementLibrary,
    ) -> Result<Vec<(&'a Element, f64)>, TransportError> {
        self.fractions
            .iter()
            .map(|(z, w)| Ok((library.get(*z)?, *w)))
            .collect()
    }
}

impl MaterialLibrary {
    /// Reads `data/materials.toml` and the tables of elements.
    ///
    /// # Errors
    /// [`TransportError::DataTable`] for damaged tables, which a unit test
    /// rules out for those that are compiled in.
    pub fn built_in() -> Result<Self, TransportError> {
        let wrong = |reason: String| TransportError::DataTable {
            table: "materials.toml",
            reason,
        };
        let file: File = toml::from_str(include_str!("../data/materials.toml"))
            .map_err(|error| wrong(error.to_string()))?;
        let mut library = Self {
            elements: ElementLibrary::built_in()?,
            materials: Vec::new(),
            symbols: file
                .element
                .iter()
                .map(|row| (row.symbol.clone(), row.z))
                .collect(),
            condensed_ev: file
                .element
                .iter()
                .map(|row| (row.z, row.condensed_ev))
                .collect(),
        };
        for row in file.material {
            let fractions: Vec<(&str, f64)> = row
                .fractions
                .iter()
                .map(|(symbol, w)| (symbol.as_str(), *w))
                .collect();
            let material = library.compound(
                &row.name,
                Density::from_g_per_ml(row.density_g_per_ml),
                row.mean_excitation_ev,
                row.gas,
                &fractions,
            )?;
            library.materials.push(material);
        }
        Ok(library)
    }

    /// A material by its name.
    ///
    /// # Errors
    /// [`TransportError::Unknown`] for a name that the library has not.
    pub fn get(&self, name: &str) -> Result<&Material, TransportError> {
        self.materials
            .iter()
            .find(|material| material.name == name)
            .ok_or_else(|| TransportError::Unknown {
                what: "material",
                name: name.to_owned(),
                known: self.names().collect::<Vec<_>>().join(", "),
            })
    }

    /// Names of the materials.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.materials.iter().map(Material::name)
    }

    /// A material from mass fractions of elements by symbol.
    ///
    /// Without `mean_excitation_ev` it follows from the elements.
    ///
    /// # Errors
    /// [`TransportError::Unknown`] for an element without tables,
    /// [`TransportError::OutOfRange`] for fractions that do not add to 1
    /// within 1 % and for a density or an excitation energy of no use.
    pub fn compound(
        &self,
        name: &str,
        density: Density,
        mean_excitation_ev: Option<f64>,
        gas: bool,
        fractions: &[(&str, f64)],
    ) -> Result<Material, TransportError> {
        let mut by_number: BTreeMap<u32, f64> = BTreeMap::new();
        for (symbol, w) in fractions {
            let z = self
                .symbols
                .get(*symbol)
                .ok_or_else(|| TransportError::Unknown {
                    what: "element",
                    name: (*symbol).to_owned(),
                    known: self.symbols.keys().cloned().collect::<Vec<_>>().join(", "),
                })?;
            *by_number.entry(*z).or_default() += *w;
        }
        self.of_numbers(name, density, mean_excitation_ev, gas, by_number)
    }

    /// A mixture by mass: blood with iodine, liver with microspheres.
    ///
    /// # Errors
    /// As [`MaterialLibrary::compound`].
    pub fn mixture(
        &self,
        name: &str,
        density: Density,
        parts: &[(&Material, f64)],
    ) -> Result<Material, TransportError> {
        let mut by_number: BTreeMap<u32, f64> = BTreeMap::new();
        let (mut log, mut electrons) = (0.0, 0.0);
        for (part, share) in parts {
            let mut z_over_a = 0.0;
            for (z, w) in &part.fractions {
                *by_number.entry(*z).or_default() += w * share;
                z_over_a += w * f64::from(*z) / self.elements.get(*z)?.atomic_weight;
            }
            log += share * z_over_a * libm::log(part.mean_excitation_ev);
            electrons += share * z_over_a;
        }
        self.of_numbers(
            name,
            density,
            Some(libm::exp(log / electrons)),
            false,
            by_number,
        )
    }

    fn of_numbers(
        &self,
        name: &str,
        density: Density,
        mean_excitation_ev: Option<f64>,
        gas: bool,
        by_number: BTreeMap<u32, f64>,
    ) -> Result<Material, TransportError> {
        let total: f64 = by_number.values().sum();
        if total.is_nan() || (total - 1.0).abs() > 0.01 || by_number.values().any(|w| *w < 0.0) {
            return Err(TransportError::OutOfRange {
                what: "sum of mass fractions",
                value: total.to_string(),
                allowed: "0.99..=1.01, each 0 or more",
            });
        }
        let (mut log, mut electrons) = (0.0, 0.0);
        for (z, w) in &by_number {
            let z_over_a = w * f64::from(*z) / self.elements.get(*z)?.atomic_weight;
            let condensed = self
                .condensed_ev
                .get(z)
                .ok_or_else(|| TransportError::Unknown {
                    what: "mean excitation energy of element",
                    name: z.to_string(),
                    known: self.symbols.keys().cloned().collect::<Vec<_>>().join(", "),
                })?;
            log += z_over_a * libm::log(*condensed);
            electrons += z_over_a;
        }
        let excitation = mean_excitation_ev.unwrap_or_else(|| libm::exp(log / electrons));
        if !(density.as_g_per_ml() > 0.0 && (10.0..1000.0).contains(&excitation)) {
            return Err(TransportError::OutOfRange {
                what: "density or mean excitation energy",
                value: format!("{density}, {excitation} eV"),
                allowed: "above 0 g/mL and 10..1000 eV",
            });
        }
        Ok(Material {
            name: name.to_owned(),
            density,
            mean_excitation_ev: excitation,
            gas,
            fractions: by_number.into_iter().map(|(z, w)| (z, w / total)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_read() {
        let library = MaterialLibrary::built_in().unwrap();
        assert!(library.names().count() > 10);
        assert!(library.get("cheese").is_err());
    }

    #[test]
    fn excitation_energies_follow_from_the_elements() {
        let library = MaterialLibrary::built_in().unwrap();
        // icru44: cortical bone 1.92 g/mL has I = 112 eV, 4 % for the rounding
        // of the elements' values.
        let bone = library.get("cortical bone").unwrap().mean_excitation_ev();
        assert!((bone / 112.0 - 1.0).abs() < 0.04, "{bone}");
        let water = library.get("water").unwrap();
        let iodine = library.get("iodine").unwrap();
        let mixed = library
            .mixture(
                "contrast",
                Density::from_g_per_ml(1.07),
                &[(water, 0.99), (iodine, 0.01)],
            )
            .unwrap()
            .mean_excitation_ev();
        assert!(mixed > 75.0 && mixed < 77.0, "{mixed}");
    }
}
